#!/bin/sh
# cleanup.t - make clean-ipc: cleanup.sh and sysv
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

absolute=$(cd "$build" && pwd)

# The test's own keys and path in place of the user's, who may be at work.
own_names() {
	new_key
	new_path
	hex=$(printf '%#x' "$key")
	queue_key=$("$sysv" key "$path")
	mkdir "$work/build" "$work/build/scripts"
	cat >"$work/build/scripts/sysv" <<-END
		#!/bin/sh
		[ "\$1" != names ] || {
			printf '%s\n' 'segment $hex' 'semaphores $hex' \\
				'queue $queue_key $path' 'socket $work/socket'
			exit
		}
		exec '$absolute/scripts/sysv' "\$@"
	END
	chmod +x "$work/build/scripts/sysv"
}

cleanup() { # [OPTION ...]
	BUILD=$work/build run_script scripts/cleanup.sh "$@"
}

# A line for each object that is there.
cleans() { # OPTIONS LINES
	cleanup ${1:+"$1"}
	succeeds
	prints "$2"
}

cleanup_usage() {
	usage_is_checked scripts/cleanup.sh
	cleans -h 'usage: cleanup.sh [-hnf]'
	cleanup argument
	exits 2
	says "unexpected argument 'argument'"
}
check 'cleanup: -h, an unknown option and an argument' cleanup_usage

cleanup_removes() {
	own_names
	default=$key
	run shm/writer -k "$default"
	"$build/tests/odd" semaphores "$default" 1
	"$build/tests/odd" queue "$path" 600
	objects="segment $hex (id $("$sysv" find segment "$default"))
semaphores $hex (id $("$sysv" find semaphores "$default"))
queue $queue_key (id $(queue_id "$path"))"
	new_key
	run shm/writer -k "$key" 'not the default key'
	cleans -n "$(echo "$objects" | sed 's/^/would remove /')"
	cleans '' "$(echo "$objects" | sed 's/^/removed /')"
	cleans '' 'nothing to remove'
	segment_exists "$key" || fail 'a segment at another key is not touched'
}
check "cleanup: removes the labs' own objects and no others" cleanup_removes

cleanup_leaves_attached() {
	own_names
	begin attached holder tests/odd hold "$key"
	object="segment $hex (id $("$sysv" find segment "$key"))"
	cleans '' "left $object: 1 process is using it"
	cleans -f "left $object: 1 process is using it"
	end holder
	cleans '' "removed $object"
	segment_gone "$key"
}
check 'cleanup: leaves a segment that is attached' cleanup_leaves_attached

# A reader that waits for its first message cannot be told from a dead one.
cleanup_leaves_used_queue() {
	own_names
	start reader msgqueue/reader -f "$path"
	await_that queue_exists "$path"
	cleans -n "would remove queue $queue_key (id $(queue_id "$path"))"
	end reader
	begin sent user tests/odd used "$path"
	object="queue $queue_key (id $(queue_id "$path"))"
	cleans '' "left $object: 1 process is using it"
	cleans -f "removed $object"
	queue_gone "$path"
	end user
}
check 'cleanup: leaves a queue while its last user is there; -f does not' \
	cleanup_leaves_used_queue

# A busy machine may take two seconds for it, but not each time.
young_socket_is_left() {
	touch "$work/socket"
	cleanup -n
	why='it was made just now: try again in 3 s'
	has_line "$out" "would leave socket $work/socket: $why"
}

cleanup_of_a_socket() {
	own_names
	socket="socket $work/socket"
	begin listening server tests/odd socket "$work/socket"
	cleans '' "left $socket: a server is there"
	[ -S "$work/socket" ] || fail 'the socket of a living server'
	end server
	await_that young_socket_is_left
	touch -t 202001010000 "$work/socket"
	cleans -n "would remove $socket"
	cleans '' "removed $socket"
	[ ! -e "$work/socket" ] || fail 'no socket of a dead server'
	echo precious >"$work/socket"
	cleans '' "left $work/socket: it is no socket"
	[ -s "$work/socket" ] || fail 'a file that is no socket stays'
}
check 'cleanup: removes a socket that no server answers at' \
	cleanup_of_a_socket

others_objects_stay() {
	two_users scripts/sysv shm/writer
	run_as "$me" writer
	run_as "$me" sysv names
	read -r _ key <"$out" # some shells reckon with 32 bits only
	id=$("$sysv" find segment "$key")
	run_as "$other" sysv remove segment "$id"
	fails_with 1 'not permitted'
	fails 1 'made by another user' scripts/sysv remove segment "$id"
	gives "$id $me 0" scripts/sysv state segment "$key"
	run_as "$other" sysv state segment "$key"
	prints "$id unknown unknown"
	run_as "$me" sysv remove segment "$id"
	succeeds
}
check "sysv: removes no other user's objects, also when root runs it" \
	others_objects_stay

others_default_objects_stay() {
	two_users shm/writer scripts/sysv
	own_names
	run_as "$me" writer -k "$key"
	id=$("$sysv" find segment "$key")
	# shellcheck disable=SC2064 # its id is known now
	trap "run_as $me sysv remove segment $id" EXIT
	begin listening server tests/odd socket "$work/socket"
	end server
	chown "$me" "$work/socket"
	why='it was made by another user'
	cleans -f "left segment $hex (id $id): $why
left socket $work/socket: $why"
	[ -S "$work/socket" ] || fail 'the socket stays'
	segment_exists "$key" || fail 'the segment stays'
}
check "cleanup: another user's objects at the default names stay" \
	others_default_objects_stay

default_names() {
	new_path
	wanted=$(
		printf 'segment %#x\n' $((0x53480000 + $(id -u)))
		printf 'segment %#x\n' $((0x42520000 + $(id -u)))
		printf 'semaphores %#x\n' $((0x42520000 + $(id -u)))
		echo "socket /tmp/ipc_echo_$(id -u)"
		echo "queue $("$sysv" key "$path") $path"
		echo "queue $("$sysv" key "$path" requests) $path"
		echo "queue $("$sysv" key "$path" answers) $path"
	)
	HOME=$path gives "$wanted" scripts/sysv names
	HOME=$work/nowhere run scripts/sysv names
	fails_with 1 "ftok $work/nowhere"
	prints_line "socket /tmp/ipc_echo_$(id -u)"
}
check "sysv: names the labs' default objects" default_names

sysv_usage() {
	for bad in '' nonsense 'find segment' 'find thing 5' 'find segment -5' \
		'key /nowhere other' 'state segment 5 6 7' \
		'remove segment five' 'remove segment 5 6' \
		'remove segment 99999999999'; do
		# shellcheck disable=SC2086 # these are words
		run scripts/sysv $bad
		exits 2
		says 'usage: sysv'
	done
	run scripts/sysv -h
	succeeds
	prints_like 'usage: sysv'
	run scripts/sysv remove segment -5 # a number, as macOS gives them
	exits 3
	fails 1 'ftok' scripts/sysv key "$work/nowhere"
}
check 'sysv: -h, and what it cannot take' sysv_usage

finish_tests
