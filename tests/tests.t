#!/bin/sh
# tests.t - the tests themselves, and what is written about them
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

absolute=$(cd "$build" && pwd)

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
check 'tests: a failure says what was expected and what came' \
	failing_test_is_told

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
check 'tests: a hanging program is ended, and fails its test' \
	hanging_test_is_ended

broken_file_counts_as_failed() {
	own_tests </dev/null
	echo 'exit 0' >"$work/own/tests/own.t"
	run_script "$work/own/tests/run.sh"
	exits 1
	prints_line '0 passed, 1 failed, 0 skipped'
}
check 'tests: a file that does not get through is a failure' \
	broken_file_counts_as_failed

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
check 'tests: stopped, leave nothing behind' tests_can_be_stopped

tests_usage() {
	run_script tests/run.sh -h
	succeeds
	prints_like 'usage: '
	run_script tests/run.sh nonsense
	exits 2
	says 'nonsense'
}
check 'tests: -h, and an unknown lab' tests_usage

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
check 'make help tells every target' help_is_complete

named_tests_exist() {
	grep -o '[a-z_-]*\.t [a-z_]*' README.md | sort -u >"$work/named"
	[ "$(wc -l <"$work/named")" -gt 15 ] || fail 'README.md names tests'
	while read -r named function; do
		grep -q "^$function() {" "tests/$named" ||
			fail "a test $function in tests/$named (README.md)"
	done <"$work/named"
}
check 'the tests that README.md names are there' named_tests_exist

finish_tests
