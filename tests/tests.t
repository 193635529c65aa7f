#!/bin/sh
# tests.t - the tests themselves, and limit, which each of them is run by
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

absolute=$(cd "$build" && pwd)

# A project with nothing but a file of tests, from standard input.
own_tests() {
	mkdir "$work/own" "$work/own/tests" "$work/own/scripts" "$work/tmp"
	cp tests/lib.sh tests/expect.sh tests/run.sh "$work/own/tests"
	cp scripts/private.sh "$work/own/scripts"
	{
		# shellcheck disable=SC2016 # it is for the other file
		echo '. "${0%/*}/lib.sh"'
		cat
		echo 'finish_tests'
	} >"$work/own/tests/own.t"
	export BUILD="$absolute"
	unset TEST_COUNTS TEST_TIME_SCALE
}

run_own() {
	TMPDIR=$work/tmp run_script "$work/own/tests/run.sh" "$@"
}

no_file_is_left() {
	[ -z "$(ls -A "$work/tmp")" ] || fail 'no file left'
}

is_gone() { # KIND, of the id that is in the file of this name
	read -r id <"$work/$1"
	run scripts/sysv remove "$1" "$id"
	exits 3
}

failing_test_is_told() {
	own_tests <<-'END'
		good() {
			new_key
			new_path
			run shm/writer -k "$key"
			run msgqueue/writer -f "$path" text
			"$sysv" find segment "$key" >"$TMPDIR/../segment"
			queue_id "$path" >"$TMPDIR/../queue"
		}
		check 'a good one' good
		bad() { run fork_demo/private; prints nothing; }
		check 'a bad one' bad
		none() { skip 'for a reason'; }
		check 'one that cannot be' none
	END
	run_own own own # once
	exits 1
	prints_line 'ok 1 - a good one'
	prints_line 'not ok 2 - a bad one'
	prints_line 'ok 3 - one that cannot be # SKIP for a reason'
	prints_line "# alone: BUILD=$absolute sh tests/own.t bad"
	prints_like 'expected: this standard output'
	prints_like '| shared_int in parent process: 10'
	prints_line '1 passed, 1 failed, 1 skipped'
	no_file_is_left
	is_gone segment
	is_gone queue
}
check 'tests: a failure says what was expected and came; nothing is left' \
	failing_test_is_told

# One test hangs, one waits in vain until little time is left; one is slow.
hanging_test_is_ended() {
	own_tests <<-'END'
		time_limit=10
		hangs() {
			new_path
			start reader msgqueue/reader -f "$path"
			pid reader >"$TMPDIR/../pid"
			letters 90000 >"$work/much.out"
			finish reader
		}
		check 'it waits for ever' hangs
		waits_in_vain() {
			start private fork_demo/private
			await private nonsense
		}
		check 'it waits in vain' waits_in_vain
		tries_in_vain() { await_that false; }
		check 'it tries in vain' tries_in_vain
		slow() { "$build/scripts/await" line /dev/null '' 6 || :; }
		check 'a slow one' slow
	END
	TEST_TIME_SCALE=0.4 run_own
	exits 1
	prints_like '#   it hung: ended after '
	prints_like ' (or the machine is busy: load '
	prints_like "expected: a line with 'nonsense' within the time limit"
	prints_like '| Child has exited.'
	prints_like 'expected: that at last: false'
	prints_like 'ok 4 - a slow one ('
	[ "$(wc -c <"$out")" -lt 4000 ] || fail 'some KiB'
	read -r pid <"$work/pid"
	! kill -0 "$pid" 2>/dev/null || fail 'no survivor'
	prints_line '1 passed, 3 failed, 0 skipped'
}
check 'tests: what hangs is ended and fails; what is slow says its seconds' \
	hanging_test_is_ended

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
		is_gone queue
		no_file_is_left
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
	command='tests in a folder where somebody was first'
	# The shell that is started has this pid.
	# shellcheck disable=SC2016,SC2086
	TMPDIR=$work/tmp run_command $shell -c '
		for name in ipc-test ipc-test-results; do
			mkdir "$TMPDIR/$name.$$" "$TMPDIR/$name.$$/1"
			echo "path '"$work"'/file" >"$TMPDIR/$name.$$/1/made"
		done
		exec '"$shell"' "$1"' sh "$work/own/tests/own.t"
	succeeds
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
	fails_with 1 'cannot make a folder in '
	[ "$(id -u)" -eq 0 ] || skip 'only root can make a file system'
	mount -t tmpfs -o size=1m tmpfs "$work/tmp" 2>/dev/null ||
		skip 'no file system can be mounted here'
	run_own
	fails_with 1 'no room for 4 MiB in '
	dd if=/dev/zero of="$work/tmp/all" 2>/dev/null
	run_own
	umount "$work/tmp"
	fails_with 1 'no room in '
}
check 'tests: without a TMPDIR, or room in it, there is one clear line' no_room

tests_usage() {
	usage_is_checked tests/run.sh
	run_script tests/run.sh nonsense
	exits 2
	says "there is no file of tests 'nonsense'"
}
check 'tests: -h, and a file that is not there' tests_usage

limit_exits() { # STATUS SECONDS COMMAND [ARGUMENT ...]
	wanted=$1
	shift
	run scripts/limit "$@"
	exits "$wanted"
}

limit_ends_groups() {
	limit_exits 0 20 true
	limit_exits 3 20 sh -c 'exit 3'
	limit_exits 143 20 sh -c 'kill "$$"'
	limit_exits 124 0.1 sh -c 'trap "" TERM; echo "$$"; while :; do :; done'
	read -r pid <"$out"
	await_that has_ended "$pid"
	TEST_TIME_SCALE=0.01 limit_exits 124 10 sh -c 'while :; do :; done'
	limit_exits 127 20 nonsense-program
	TEST_TIME_SCALE=x fails 125 TEST_TIME_SCALE scripts/limit 10 true
	fails 125 usage scripts/limit x true
	fails 125 usage scripts/limit -d "$work/new" 1
	fails 125 "mkdir $work" scripts/limit -d "$work" 1 true
}
check 'limit: exit status, time, and the end of a group' limit_ends_groups

finish_tests
