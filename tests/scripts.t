#!/bin/sh
# scripts.t - the scripts, the Makefile, and the tests themselves
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

absolute=$(cd "$build" && pwd)

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

replace() { # PROGRAM, by what comes from standard input
	rm "$work/build/$1"
	cat >"$work/build/$1"
	chmod +x "$work/build/$1"
}

# ---- demo.sh -------------------------------------------------------------

demo_usage() {
	usage_is_checked scripts/demo.sh
	run_script scripts/demo.sh nonsense
	exits 2
	says 'nonsense'
}

demo_of_a_lab() {
	mkdir "$work/tmp"
	export TMPDIR="$work/tmp"
	run_script scripts/demo.sh fork_demo msgqueue
	succeeds # and no shell says "Terminated" where a server is ended
	prints_like 'shared_int in child process: 11'
	prints_like 'shared_int in parent process: 10'
	prints_like 'CLIENT 3'
	[ -z "$(ls -A "$work/tmp")" ] || fail 'no file left behind'
}

demo_is_plain_in_a_file() {
	run_script scripts/demo.sh fork_demo
	[ -z "$(LC_ALL=C tr -d '\011\012\040-\176' <"$work/out")" ] ||
		fail 'plain ASCII text, without colours'
	[ -z "$(awk 'length > 80' "$work/out")" ] || fail '80 columns at most'
}

demo_notices_a_fault() {
	own_build
	replace fork_demo/private <<-'END'
		#!/bin/sh
		echo shared_int in parent process: 11
	END
	BUILD=$work/build run_script scripts/demo.sh fork_demo
	exits 1
	says 'failed'
}

demo_notices_a_status() {
	own_build
	replace fork_demo/private <<-END
		#!/bin/sh
		'$absolute/fork_demo/private'
		exit 1
	END
	BUILD=$work/build run_script scripts/demo.sh fork_demo
	exits 1
}

# Ended in the middle: no process, no object, no file is left. What the demo
# starts is replaced by a writer that makes a segment and stays.
demo_can_be_stopped() {
	own_build
	mkdir "$work/tmp"
	replace shm/writer <<-END
		#!/bin/sh
		echo "\$*" | sed 's/.*-k \([^ ]*\).*/\1/' >'$work/key'
		echo "\$\$" >'$work/writer.pid'
		exec '$absolute/shm/writer' -v -d 60 "\$@"
	END
	for signal in TERM HUP INT; do
		rm -f "$work/key"
		# shellcheck disable=SC2086 # the shell may be two words
		BUILD=$work/build TMPDIR=$work/tmp "$build/tests/limit" 8 \
			$shell scripts/demo.sh shm >"$work/demo.out" 2>&1 &
		echo "$!" >"$work/demo.pid"
		await_that test -s "$work/key"
		await_that segment_exists "$(cat "$work/key")"
		stop demo "$signal"
		wait "$(pid demo)"
		status=$?
		[ "$status" -gt 128 ] || fail "death by SIG$signal"
		segment_gone "$(cat "$work/key")"
		"$build/tests/await" exit "$(pid writer)" ||
			fail 'no process left'
		[ -z "$(ls -A "$work/tmp")" ] || fail 'no file left'
	done
}

demo_stops_before_each_step() {
	run_script scripts/demo.sh -s fork_demo
	exits 1
	! grep -q 'shared_int in child process' "$work/out" ||
		fail 'nothing shown when no Enter came'
	yes '' 2>/dev/null | head -n 50 >"$work/in"
	run_script scripts/demo.sh -s fork_demo <"$work/in"
	exits 0
	prints_like 'shared_int in child process: 11'
}

# ---- cleanup.sh ----------------------------------------------------------

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

default_names() {
	new_path
	server_key=$("$build/scripts/sysv" key "$path" server)
	HOME=$path run scripts/sysv names
	succeeds
	prints "$(
		printf 'segment %#x\n' $((0x53480000 + $(id -u)))
		printf 'segment %#x\n' $((0x42520000 + $(id -u)))
		printf 'semaphores %#x\n' $((0x42520000 + $(id -u)))
		echo "queue $("$build/scripts/sysv" key "$path") $path"
		echo "queue $server_key $path"
		echo "semaphores $server_key $path"
		echo "socket /tmp/ipc_echo_$(id -u)"
	)"
}

# ---- the tests themselves ------------------------------------------------

# A project with nothing but a file of tests, from standard input.
own_tests() {
	mkdir "$work/own" "$work/own/tests"
	cp tests/lib.sh tests/run.sh "$work/own/tests"
	{
		# shellcheck disable=SC2016 # it is for the other file
		echo '. "${0%/*}/lib.sh"'
		echo 'time_limit=1'
		cat
		echo 'finish_tests'
	} >"$work/own/tests/own.t"
	export BUILD="$absolute"
	unset TEST_COUNTS
}

failing_test_is_told() {
	own_tests <<-'END'
		good() { run fork_demo/private; succeeds; }
		bad() { run fork_demo/private; prints nothing; }
		none() { skip 'for a reason'; }
		check 'a good one' good
		check 'a bad one' bad
		check 'one that cannot be' none
	END
	run_script "$work/own/tests/run.sh" own
	exits 1
	prints_line 'ok 1 - a good one'
	prints_line 'not ok 2 - a bad one'
	prints_line 'ok 3 - one that cannot be # SKIP for a reason'
	prints_line "# alone: BUILD=$absolute sh tests/own.t bad"
	prints_like 'expected: this standard output'
	prints_like '| shared_int in parent process: 10'
	[ "$(tail -n 1 "$work/out")" = '1 passed, 1 failed, 1 skipped' ] ||
		fail 'the counts in the last line'
}

hanging_test_is_ended() {
	own_tests <<-'END'
		hangs() {
			new_path
			start reader msgqueue/reader -f "$path"
			pid reader >"${TMPDIR}/pid"
			finish reader
		}
		check 'it waits for ever' hangs
	END
	mkdir "$work/tmp"
	TMPDIR=$work/tmp run_script "$work/own/tests/run.sh"
	exits 1
	prints_line '#   it hung: ended after 1 seconds'
	! kill -0 "$(cat "$work/tmp/pid")" 2>/dev/null || fail 'no survivor'
	[ "$(tail -n 1 "$work/out")" = '0 passed, 1 failed, 0 skipped' ] ||
		fail 'the counts in the last line'
}

broken_file_counts_as_failed() {
	own_tests </dev/null
	echo 'exit 0' >"$work/own/tests/own.t"
	run_script "$work/own/tests/run.sh"
	exits 1
	prints_line '0 passed, 1 failed, 0 skipped'
}

tests_can_be_stopped() {
	own_tests <<-'END'
		time_limit=10
		waits() {
			new_path
			start reader msgqueue/reader -f "$path"
			await_that queue_exists "$path"
			queue_id "$path" >"$TMPDIR/../queue"
			pid reader >"$TMPDIR/../reader.pid"
			finish reader
		}
		check 'it waits' waits
	END
	mkdir "$work/tmp"
	TMPDIR=$work/tmp $shell "$work/own/tests/run.sh" >"$work/own.out" 2>&1 &
	tests=$!
	await_that test -s "$work/reader.pid"
	kill "$tests"
	wait "$tests"
	status=$?
	[ "$status" -eq 143 ] || fail 'death by SIGTERM'
	! kill -0 "$(pid reader)" 2>/dev/null || fail 'no process left'
	run scripts/sysv users queue "$(cat "$work/queue")"
	exits 3 # it is gone
	[ -z "$(ls -A "$work/tmp")" ] || fail 'no file left'
}

tests_usage() {
	run_script tests/run.sh -h
	succeeds
	prints_like 'usage: '
	run_script tests/run.sh nonsense
	exits 2
	says 'nonsense'
}

# ---- what is written about them ------------------------------------------

help_is_complete() {
	command='make help'
	MAKEFLAGS='' ${MAKE:-make} help >"$work/out" 2>"$work/err" </dev/null
	status=$?
	succeeds
	for target in demo demo-LAB compare test test-LAB lint sanitize \
		clean clean-ipc help; do
		grep -q "^make $target  *[a-z]" "$work/out" ||
			fail "a line about make $target"
	done
}

named_tests_exist() {
	grep -o '[a-z_]*\.t [a-z_]*' README.md | sort -u >"$work/named"
	[ "$(wc -l <"$work/named")" -gt 15 ] || fail 'README.md names tests'
	while read -r named function; do
		grep -q "^$function() {" "tests/$named" ||
			fail "a test $function in tests/$named (README.md)"
	done <"$work/named"
}

check 'demo: -h, an unknown option and an unknown lab' demo_usage
time_limit=30 # two labs of it
check 'demo: shows labs and leaves no file' demo_of_a_lab
time_limit=10
check 'demo: is plain text of 80 columns in a file' demo_is_plain_in_a_file
check 'demo: notices what a program printed wrong' demo_notices_a_fault
check 'demo: notices that a program failed' demo_notices_a_status
check 'demo: stopped, leaves nothing behind' demo_can_be_stopped
check 'demo: -s waits for Enter before each step' demo_stops_before_each_step
check 'cleanup: -h, an unknown option and an argument' cleanup_usage
check "cleanup: removes the labs' own objects and no others" cleanup_removes
check 'cleanup: leaves what a process is using' cleanup_leaves_what_is_used
check 'cleanup: removes a socket that no server answers at' \
	cleanup_of_a_socket
check 'cleanup: -a lists all, and asks before it removes' cleanup_asks
check "sysv: names the labs' default objects" default_names
check 'tests: a failure says what was expected and what came' \
	failing_test_is_told
check 'tests: a hanging program is ended, and fails its test' \
	hanging_test_is_ended
check 'tests: a file that does not get through is a failure' \
	broken_file_counts_as_failed
check 'tests: stopped, leave nothing behind' tests_can_be_stopped
check 'tests: -h, and an unknown lab' tests_usage
check 'make help tells every target' help_is_complete
check 'the tests that README.md names are there' named_tests_exist
finish_tests
