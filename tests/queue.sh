#!/bin/sh
# queue.sh - what the tests of message queues share
# shellcheck disable=SC2034,SC2154 # lib.sh and the tests set and use them

sends() { # TEXT [OPTION ...]
	message=$1
	shift
	gives "Data send is : $message" msgqueue/writer -f "$path" "$@" \
		"$message"
}

takes() { # TEXT [OPTION ...]; the queue stays
	message=$1
	shift
	gives "Data Received is : $message" msgqueue/reader -l -f "$path" "$@"
}

# Another program's message: standard input, byte for byte.
send_bytes() { # PATH TYPE
	"$build/tests/odd" send "$@" || fail "a message in the queue of $1"
}

begin_server() { # sets $path
	new_path
	begin 'Server waiting' server msgqueue/server -f "$path"
}

limit_queues() { # BYTES
	"$build/tests/odd" limit "requests:$path" "$1"
	"$build/tests/odd" limit "answers:$path" "$1"
}

look_at_queue() { # PATH; sets $messages, $room in bytes, and $mode
	"$build/tests/odd" state "$1" >"$work/state"
	read -r messages room mode <"$work/state"
}

queue_holds() { # PATH COUNT of messages
	look_at_queue "$1"
	[ "$messages" = "$2" ]
}

# The server has taken a request before, so clients know it. One message may
# still be given to a server that waited when it was stopped: let it be one
# that the server will ignore. Then requests stay in the queue.
stop_server_for_a_while() {
	gives FIRST msgqueue/client -f "$path" first
	stop server STOP
	printf x | send_bytes "requests:$path" 1
	look_at_queue "requests:$path"
	before=$messages
}

# So many requests have come since then, or more.
requests_come() { # COUNT
	look_at_queue "requests:$path"
	[ "$messages" -ge $((before + $1)) ]
}

no_queue_left() {
	queue_gone "$path"
	queue_gone "$path" requests
	queue_gone "$path" answers
}
