#!/bin/sh
# tests.t - the tests themselves, and what is written about them
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

absolute=$(cd "$build" && pwd)

# A project with nothing but a file of tests, from standard input.
own_tests() {
	mkdir "$work/own" "$work/own/tests" "$work/own/scripts" "$work/tmp"
	cp tests/lib.sh tests/run.sh "$work/own/tests"
	cp scripts/private.sh "$work/own/scripts"
	{
		# shellcheck disable=SC2016 # it is for the other file
		echo '. "${0%/*}/lib.sh"'
		echo 'time_limit=1'
		cat
		echo 'finish_tests'
	} >"$work/own/tests/own.t"
	export BUILD="$absolute"
	unset TEST_COUNTS TEST_TIME_SCALE
}

run_own() {
	TMPDIR=$work/tmp run_script "$work/own/tests/run.sh" "$@"
}

ends_with() { # THE LAST LINE
	[ "$(tail -n 1 "$work/out")" = "$1" ] || fail "$1, in the last line"
}

failing_test_is_told() {
	own_tests <<-'END'
		good() { run fork_demo/private; succeeds; }
		check 'a good one' good
		bad() { run fork_demo/private; prints nothing; }
		check 'a bad one' bad
		none() { skip 'for a reason'; }
		check 'one that cannot be' none
	END
	run_own own
	exits 1
	prints_line 'ok 1 - a good one'
	prints_line 'not ok 2 - a bad one'
	prints_line 'ok 3 - one that cannot be # SKIP for a reason'
	prints_line "# alone: BUILD=$absolute sh tests/own.t bad"
	prints_like 'expected: this standard output'
	prints_like '| shared_int in parent process: 10'
	ends_with '1 passed, 1 failed, 1 skipped'
	[ -z "$(ls -A "$work/tmp")" ] || fail 'no file left'
}
check 'tests: a failure says what was expected and what came' \
	failing_test_is_told

hanging_test_is_ended() {
	own_tests <<-'END'
		time_limit=5
		hangs() {
			new_path
			start reader msgqueue/reader -f "$path"
			pid reader >"$TMPDIR/../pid"
			letters 90000 >"$work/much.out"
			finish reader
		}
		check 'it waits for ever' hangs
	END
	TEST_TIME_SCALE=0.4 run_own
	exits 1
	prints_like '#   it hung: ended after 2 seconds'
	prints_like ' (or the machine is busy: load '
	has_lines "$work/out" 8 || fail 'eight lines'
	[ "$(wc -c <"$work/out")" -lt 4000 ] || fail 'some KiB'
	read -r pid <"$work/pid"
	! kill -0 "$pid" 2>/dev/null || fail 'no survivor'
	ends_with '0 passed, 1 failed, 0 skipped'
}
check 'tests: a hanging program is ended, and fails its test' \
	hanging_test_is_ended

slow_test_is_told() {
	own_tests <<-'END'
		time_limit=30
		slow() { "$build/scripts/await" line /dev/null '' 10 || :; }
		check 'a slow one' slow
	END
	TEST_TIME_SCALE=0.1 run_own
	succeeds
	prints_line 'ok 1 - a slow one (1 s)'
}
check 'tests: a slow test says its seconds' slow_test_is_told

broken_file_counts_as_failed() {
	own_tests </dev/null
	echo 'exit 0' >"$work/own/tests/own.t"
	run_own
	exits 1
	prints_line '0 passed, 1 failed, 0 skipped'
}
check 'tests: a file that does not get through is a failure' \
	broken_file_counts_as_failed

tests_can_be_stopped() {
	own_tests <<-'END'
		time_limit=30
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
	for signal in TERM QUIT; do
		: >"$work/reader.pid"
		# In the background INT and QUIT are ignored; limit mends that.
		# shellcheck disable=SC2086 # the shell may be two words
		TMPDIR=$work/tmp "$build/scripts/limit" 20 \
			$shell "$work/own/tests/run.sh" >"$work/own.out" 2>&1 &
		tests=$!
		await_that test -s "$work/reader.pid"
		kill -s "$signal" "$tests"
		wait "$tests"
		status=$?
		[ "$status" -gt 128 ] || fail "death by $signal"
		read -r pid <"$work/reader.pid"
		! kill -0 "$pid" 2>/dev/null || fail 'no process left'
		run scripts/sysv remove queue "$(cat "$work/queue")"
		exits 3 # it is gone
		[ -z "$(ls -A "$work/tmp")" ] || fail 'no file left'
	done
}
check 'tests: stopped, leave nothing behind' tests_can_be_stopped

# Somebody else made each folder first, and a file in it that names another.
private_folder_is_new() {
	own_tests <<-'END'
		good() { echo "$work" >"$TMPDIR/../where"; }
		check 'a good one' good
	END
	echo precious >"$work/file"
	# shellcheck disable=SC2016 # the shell that is started has this pid
	TMPDIR=$work/tmp $shell -c 'for name in ipc-test ipc-test-results; do
			mkdir "$TMPDIR/$name.$$" "$TMPDIR/$name.$$/1"
			echo "path '"$work"'/file" >"$TMPDIR/$name.$$/1/made"
		done
		exec '"$shell"' "$1"' sh "$work/own/tests/own.t" >"$work/out"
	status=$?
	command='tests in a folder where somebody was first'
	exits 0
	read -r where <"$work/where"
	case $where in
	*/ipc-test.*.1/1) ;;
	*) fail "another folder than that of somebody else: $where" ;;
	esac
	[ -s "$work/file" ] || fail 'nothing is removed by a name in a file'
	[ ! -d "$where" ] || fail 'no folder left'
}
check 'tests: a private folder is never one that was there' \
	private_folder_is_new

no_room() {
	own_tests </dev/null
	TMPDIR=$work/nowhere run_script "$work/own/tests/run.sh"
	exits 1
	fails_with 1 'cannot make a folder in '
	[ "$(id -u)" -eq 0 ] || skip 'only root can make a file system'
	mount -t tmpfs -o size=1m tmpfs "$work/tmp" 2>/dev/null ||
		skip 'no file system can be mounted here'
	run_own
	umount "$work/tmp"
	fails_with 1 'no room for 4 MiB in '
}
check 'tests: without a TMPDIR, or room in it, there is one clear line' no_room

tests_usage() {
	run_script tests/run.sh -h
	succeeds
	prints_like 'usage: '
	run_script tests/run.sh nonsense
	exits 2
	says 'nonsense'
}
check 'tests: -h, and a file that is not there' tests_usage

limit_ends_groups() {
	run scripts/limit 20 true
	succeeds
	run scripts/limit 20 sh -c 'exit 3'
	exits 3
	run scripts/limit 0.1 sh -c 'trap "" TERM; while :; do :; done'
	exits 124
	TEST_TIME_SCALE=0.01 run scripts/limit 10 sh -c 'while :; do :; done'
	exits 124
	TEST_TIME_SCALE=x run scripts/limit 10 true
	fails_with 125 TEST_TIME_SCALE
	run scripts/limit 20 nonsense-program
	exits 127
	run scripts/limit x true
	fails_with 125 usage
}
check 'limit: exit status, time, and the end of a group' limit_ends_groups

finish_tests
