#!/bin/sh
# requests.sh - what the tests of the queue's server and client share
# shellcheck disable=SC2034,SC2154 # lib.sh and the tests set and use them

start_server() { # sets $path
	new_path
	start server msgqueue/server -f "$path"
	await server 'Server waiting for requests'
}

# How many messages lie in one of the server's queues.
holds() { # requests|answers COUNT
	[ "$("$build/tests/odd" waiting "$1:$path")" = "$2" ]
}

send_request() { # PID NUMBER; standard input is the text
	"$build/tests/odd" request "requests:$path" "$1" "$2" ||
		fail 'that the queue takes a request'
}

# The server has taken a request before, so clients know it. One message may
# still be given to a server that waited when it was stopped: let it be one
# that the server will ignore. Then requests stay in the queue.
stop_server_for_a_while() {
	run msgqueue/client -f "$path" first
	stop server STOP
	printf x >"$work/in"
	run tests/odd send "requests:$path" 1 <"$work/in"
	before=$("$build/tests/odd" waiting "requests:$path")
}

# So many requests have come since the server was stopped, or more.
requests_come() { # COUNT
	waiting=$("$build/tests/odd" waiting "requests:$path")
	[ "$waiting" -ge $((before + $1)) ]
}

continue_server() {
	stop server CONT
}

queues_gone() {
	queue_gone "$path" requests
	queue_gone "$path" answers
}
