#!/bin/sh
# cleanup.t - make clean-ipc: cleanup.sh and sysv
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

absolute=$(cd "$build" && pwd)

# The test's own keys and path in place of the user's, who may be at work.
own_names() {
	new_key
	new_path
	queue_key=$("$build/scripts/sysv" key "$path")
	mkdir "$work/build" "$work/build/scripts"
	cat >"$work/build/scripts/sysv" <<-END
		#!/bin/sh
		[ "\$1" != names ] || {
			printf 'segment %#x\nsemaphores %#x\n' $key $key
			echo 'queue $queue_key $path'
			echo 'socket $work/socket'
			exit
		}
		exec '$absolute/scripts/sysv' "\$@"
	END
	chmod +x "$work/build/scripts/sysv"
}

cleanup() { # [OPTION ...]
	BUILD=$work/build run_script scripts/cleanup.sh "$@"
}

cleanup_usage() {
	usage_is_checked scripts/cleanup.sh
	run_script scripts/cleanup.sh -h
	prints 'usage: cleanup.sh [-hnf]'
	run_script scripts/cleanup.sh argument
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
	new_key
	run shm/writer -k "$key" 'not the default key'
	cleanup -n
	succeeds
	has_lines "$work/out" 3 || fail 'three objects'
	prints_like 'would remove segment'
	prints_like 'would remove queue'
	queue_exists "$path" || fail 'with -n nothing is removed'
	cleanup
	succeeds
	prints_like "removed segment $(printf '%#x' "$default")"
	prints_like "removed semaphores $(printf '%#x' "$default")"
	prints_like "removed queue $queue_key"
	queue_gone "$path"
	segment_gone "$default"
	segment_exists "$key" || fail 'a segment at another key is not touched'
	cleanup
	succeeds
	prints 'nothing to remove'
}
check "cleanup: removes the labs' own objects and no others" cleanup_removes

cleanup_leaves_attached() {
	own_names
	"$build/tests/odd" hold "$key" >"$work/holder.out" &
	echo $! >"$work/holder.pid"
	await holder attached
	cleanup
	succeeds
	prints_like 'left segment'
	prints_like '1 process is using it'
	cleanup -f
	prints_like 'left segment'
	stop holder
	wait
	cleanup
	prints_like 'removed segment'
	segment_gone "$key"
}
check 'cleanup: leaves a segment that is attached' cleanup_leaves_attached

# A reader that waits for its first message cannot be told from a dead one.
cleanup_leaves_used_queue() {
	own_names
	start reader msgqueue/reader -f "$path"
	await_that queue_exists "$path"
	cleanup -n
	prints "would remove queue $queue_key (id $(queue_id "$path"))"
	stop reader
	finish reader
	"$build/tests/odd" used "$path" >"$work/user.out" &
	echo $! >"$work/user.pid"
	await user sent
	cleanup
	succeeds
	prints_like "left queue $queue_key (id $(queue_id "$path"))"
	prints_like '1 process is using it'
	cleanup -f
	prints_like 'removed queue'
	queue_gone "$path"
	stop user
	wait
}
check 'cleanup: leaves a queue while its last user is there; -f does not' \
	cleanup_leaves_used_queue

cleanup_of_a_socket() {
	own_names
	start server tests/odd socket "$work/socket"
	await server listening
	cleanup
	succeeds
	prints "left socket $work/socket: a server is there"
	[ -S "$work/socket" ] || fail 'the socket of a living server'
	stop server
	finish server
	cleanup
	prints_like 'it was made just now'
	[ -S "$work/socket" ] || fail 'a socket that may be just begun'
	touch -t 202001010000 "$work/socket"
	cleanup -n
	prints "would remove socket $work/socket"
	cleanup
	succeeds
	prints "removed socket $work/socket"
	[ ! -e "$work/socket" ] || fail 'no socket of a dead server'
	echo precious >"$work/socket"
	cleanup
	prints_like 'it is no socket'
	[ -s "$work/socket" ] || fail 'a file that is no socket stays'
}
check 'cleanup: removes a socket that no server answers at' \
	cleanup_of_a_socket

others_objects_stay() {
	two_users scripts/sysv shm/writer
	run_as "$me" writer
	run_as "$me" sysv names
	read -r _ key <"$work/out" # some shells reckon with 32 bits only
	id=$("$build/scripts/sysv" find segment "$key")
	run_as "$other" sysv remove segment "$id"
	fails_with 1 'not permitted'
	run scripts/sysv remove segment "$id"
	fails_with 1 'made by another user'
	run_as "$other" sysv owner segment "$id"
	prints unknown
	run_as "$me" sysv remove segment "$id"
	succeeds
}
check "cleanup: another user's objects stay, also when root runs it" \
	others_objects_stay

default_names() {
	new_path
	HOME=$path run scripts/sysv names
	succeeds
	prints "$(
		printf 'segment %#x\n' $((0x53480000 + $(id -u)))
		printf 'segment %#x\n' $((0x42520000 + $(id -u)))
		printf 'semaphores %#x\n' $((0x42520000 + $(id -u)))
		echo "socket /tmp/ipc_echo_$(id -u)"
		echo "queue $("$build/scripts/sysv" key "$path") $path"
		echo "queue $("$build/scripts/sysv" key "$path" requests) $path"
		echo "queue $("$build/scripts/sysv" key "$path" answers) $path"
	)"
	HOME=$work/nowhere run scripts/sysv names
	fails_with 1 "ftok $work/nowhere"
	prints_line "socket /tmp/ipc_echo_$(id -u)"
}
check "sysv: names the labs' default objects" default_names

sysv_usage() {
	for bad in '' nonsense 'find segment' 'find thing 5' 'find segment -5' \
		'key /nowhere other' 'users segment five' \
		'users segment 99999999999'; do
		# shellcheck disable=SC2086 # these are words
		run scripts/sysv $bad
		exits 2
		says 'usage: sysv'
	done
	run scripts/sysv -h
	succeeds
	run scripts/sysv users segment -5 # a number, as macOS gives them
	exits 3
	run scripts/sysv key "$work/nowhere"
	fails_with 1 'ftok'
}
check 'sysv: -h, and what it cannot take' sysv_usage

finish_tests
