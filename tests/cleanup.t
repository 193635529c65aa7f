#!/bin/sh
# cleanup.t - make clean-ipc: cleanup.sh and sysv
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

absolute=$(cd "$build" && pwd)

replace() { # PROGRAM, by what comes from standard input
	rm "$work/build/$1"
	cat >"$work/build/$1"
	chmod +x "$work/build/$1"
}

# A build folder of which the test may replace parts.
own_build() {
	mkdir "$work/build"
	for lab in fork_demo shm socket msgqueue scripts tests; do
		mkdir "$work/build/$lab"
		for program in "$lab"/*.c; do
			ln -s "$absolute/${program%.c}" "$work/build/$lab/"
		done
	done
}

# The test's own key and path in place of the user's, who may be at work.
own_names() {
	own_build
	new_key
	new_path
	queue_key=$("$build/scripts/sysv" key "$path")
	replace scripts/sysv <<-END
		#!/bin/sh
		[ "\$1" != names ] || {
			echo 'segment $(printf '%#x' "$key")'
			echo 'queue $queue_key $path'
			echo 'socket $work/socket'
			exit
		}
		exec '$absolute/scripts/sysv' "\$@"
	END
	export BUILD="$work/build"
}

cleanup_usage() {
	usage_is_checked scripts/cleanup.sh
	run_script scripts/cleanup.sh surplus
	exits 2
}
check 'cleanup: -h, an unknown option and an argument' cleanup_usage

cleanup_removes() {
	own_names
	run shm/writer -k "$key"
	run msgqueue/writer -f "$path" text
	new_key
	run shm/writer -k "$key" 'not the default key'
	run_script scripts/cleanup.sh -n
	succeeds
	prints_like 'would remove segment'
	prints_like 'would remove queue'
	queue_exists "$path" || fail 'with -n nothing is removed'
	run_script scripts/cleanup.sh
	succeeds
	prints_like "removed segment"
	prints_like "removed queue $queue_key"
	queue_gone "$path"
	segment_exists "$key" || fail 'a segment at another key is not touched'
	run_script scripts/cleanup.sh
	succeeds
	prints 'nothing to remove'
}
check "cleanup: removes the labs' own objects and no others" cleanup_removes

cleanup_leaves_what_is_used() {
	own_names
	start writer shm/writer -k "$key" -v -d 60
	await writer 'attached at'
	start reader msgqueue/reader -f "$path"
	await_that queue_exists "$path"
	if [ ! -d /proc/self ]; then
		stop reader # a waiting process cannot be seen there
		finish reader
	fi
	run_script scripts/cleanup.sh
	succeeds
	prints_like 'left segment'
	segment_exists "$key" || fail 'the segment of the writer'
	if [ -d /proc/self ]; then
		prints_like 'left queue'
		queue_exists "$path" || fail 'the queue of the reader'
		stop reader
		finish reader
	fi
	stop writer
	finish writer
	run_script scripts/cleanup.sh
	prints_like 'removed segment'
	segment_gone "$key"
}
check 'cleanup: leaves what a process is using' cleanup_leaves_what_is_used

cleanup_of_a_socket() {
	own_names
	start server tests/odd socket "$work/socket"
	await server listening
	run_script scripts/cleanup.sh
	succeeds
	prints_like "left socket $work/socket: a server is there"
	[ -S "$work/socket" ] || fail 'the socket of a living server'
	stop server
	finish server
	run_script scripts/cleanup.sh -n
	prints "would remove socket $work/socket"
	run_script scripts/cleanup.sh
	succeeds
	prints "removed socket $work/socket"
	[ ! -e "$work/socket" ] || fail 'no socket of a dead server'
	echo precious >"$work/socket"
	run_script scripts/cleanup.sh
	prints_like 'it is no socket'
	[ -s "$work/socket" ] || fail 'a file that is no socket stays'
}
check 'cleanup: removes a socket that no server answers at' \
	cleanup_of_a_socket

# Lists all of the user's, so it is only asked, and told no.
cleanup_asks() {
	new_key
	run shm/writer -k "$key"
	id=$("$build/scripts/sysv" find segment "$key")
	run_script scripts/cleanup.sh -a -n
	succeeds
	prints_like "(id $id)"
	echo n >"$work/in"
	run_script scripts/cleanup.sh -a <"$work/in"
	prints_like 'Remove th'
	segment_exists "$key" || fail 'the answer was no'
	run_script scripts/cleanup.sh -a </dev/null
	segment_exists "$key" || fail 'there was no answer'
}
check 'cleanup: -a lists all, and asks before it removes' cleanup_asks

default_names() {
	new_path
	HOME=$path run scripts/sysv names
	succeeds
	prints "$(
		printf 'segment %#x\n' $((0x53480000 + $(id -u)))
		printf 'segment %#x\n' $((0x42520000 + $(id -u)))
		printf 'semaphores %#x\n' $((0x42520000 + $(id -u)))
		echo "queue $("$build/scripts/sysv" key "$path") $path"
		echo "queue $("$build/scripts/sysv" key "$path" requests) $path"
		echo "queue $("$build/scripts/sysv" key "$path" answers) $path"
		echo "socket /tmp/ipc_echo_$(id -u)"
	)"
}
check "sysv: names the labs' default objects" default_names

finish_tests
