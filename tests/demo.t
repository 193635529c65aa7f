#!/bin/sh
# demo.t - make demo
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

demo_usage() {
	usage_is_checked scripts/demo.sh
	run_script scripts/demo.sh nonsense
	exits 2
	says 'nonsense'
}
check 'demo: -h, an unknown option and an unknown lab' demo_usage

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
check 'demo: shows labs and leaves no file' demo_of_a_lab

demo_is_plain_in_a_file() {
	run_script scripts/demo.sh fork_demo
	[ -z "$(LC_ALL=C tr -d '\011\012\040-\176' <"$work/out")" ] ||
		fail 'plain ASCII text, without colours'
	[ -z "$(awk 'length > 80' "$work/out")" ] || fail '80 columns at most'
}
check 'demo: is plain text of 80 columns in a file' demo_is_plain_in_a_file

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
check 'demo: notices what a program printed wrong' demo_notices_a_fault

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
check 'demo: notices that a program failed' demo_notices_a_status

# Ended in the middle: no process, no object, no file is left. What the demo
# starts is replaced by a writer that makes a segment and stays.
demo_can_be_stopped() {
	own_build
	mkdir "$work/tmp"
	mkfifo "$work/never"
	exec 4<>"$work/never"
	replace shm/writer <<-END
		#!/bin/sh
		echo "\$*" | sed 's/.*-k \([^ ]*\).*/\1/' >'$work/key'
		echo "\$\$" >'$work/writer.pid'
		exec '$absolute/shm/writer' -v -w "\$@" <'$work/never'
	END
	for signal in TERM HUP INT; do
		rm -f "$work/key"
		# shellcheck disable=SC2086 # the shell may be two words
		BUILD=$work/build TMPDIR=$work/tmp "$build/scripts/limit" 8 \
			$shell scripts/demo.sh shm >"$work/demo.out" 2>&1 &
		echo "$!" >"$work/demo.pid"
		await_that test -s "$work/key"
		await_that segment_exists "$(cat "$work/key")"
		stop demo "$signal"
		wait "$(pid demo)"
		status=$?
		[ "$status" -gt 128 ] || fail "death by SIG$signal"
		segment_gone "$(cat "$work/key")"
		"$build/scripts/await" exit "$(pid writer)" ||
			fail 'no process left'
		[ -z "$(ls -A "$work/tmp")" ] || fail 'no file left'
	done
}
check 'demo: stopped, leaves nothing behind' demo_can_be_stopped

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
check 'demo: -s waits for Enter before each step' demo_stops_before_each_step

finish_tests
