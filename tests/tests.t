#!/bin/sh
# tests.t - the tests themselves, and limit, which each of them is run by
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

BUILD=$(cd "$build" && pwd)

# A project with nothing but a file of tests, from standard input. TMPDIR is a
# folder in it, of a short name. What a test is to tell goes to own/told.
own_tests() {
	mkdir "$work/own" "$work/own/tests" "$work/own/scripts" "$work/own/tmp"
	cp tests/lib.sh tests/expect.sh tests/run.sh "$work/own/tests"
	cp scripts/private.sh "$work/own/scripts"
	cat - >"$work/own/tests/own.t" <<-'END'
		. "${0%/*}/lib.sh"
		leaves() {
			new_key
			new_path
			run shm/writer -k "$key"
			run msgqueue/writer -f "$path" text
			segment_exists "$key" && queue_exists "$path" ||
				fail 'two objects'
			echo "$key $("$sysv" key "$path")" >told
		}
	END
	cat >>"$work/own/tests/own.t"
	echo 'finish_tests' >>"$work/own/tests/own.t"
	export BUILD TMPDIR=tmp
	unset TEST_TIME_SCALE
}

nothing_is_left() {
	read -r key queue_key <"$work/own/told"
	gone segment "$key"
	gone queue "$queue_key"
	[ -z "$(ls -A "$work/own/tmp")" ] || fail 'no file left'
}

# One test hangs, two wait in vain until little time is left; one is slow.
results_are_told() {
	own_tests <<-'END'
		check 'a good one' leaves
		bad() { run fork_demo/private; prints nothing; }
		check 'a bad one' bad
		none() { skip 'for a reason'; }
		check 'one that cannot be' none
		time_limit=10
		hangs() {
			start waits scripts/await /dev/null ''
			pid waits >pid
			letters 90000 | fold -w 300 >"$work/much.out"
			finish waits
		}
		check 'it waits for ever' hangs
		waits_in_vain() {
			start private fork_demo/private
			await private nonsense
		}
		check 'it waits in vain' waits_in_vain
		tries_in_vain() { await_that false; }
		check 'it tries in vain' tries_in_vain
		slow() { "$build/scripts/await" /dev/null '' 6 || :; }
		check 'a slow one' slow
	END
	echo 'exit 0' >"$work/own/tests/broken.t"
	# Each file once.
	TEST_TIME_SCALE=0.4 run_script "$work/own/tests/run.sh" own broken own
	exits 1
	prints_line 'ok 1 - a good one'
	prints_line 'not ok 2 - a bad one'
	prints_line 'ok 3 - one that cannot be # SKIP for a reason'
	prints_line "# alone: BUILD=$BUILD sh tests/own.t bad"
	prints_like 'expected: this standard output'
	prints_like '| shared_int in parent process: 10'
	prints_like '#   it hung: ended after '
	prints_like ' (or the machine is busy: load '
	prints_like "expected: a line with 'nonsense' within the time limit"
	prints_like '| Child has exited.'
	prints_like 'expected: that at last: false'
	prints_like 'ok 7 - a slow one ('
	prints_line '2 passed, 5 failed, 1 skipped'
	[ "$(wc -c <"$out")" -lt 16000 ] || fail 'some KiB'
	read -r pid <"$work/own/pid"
	has_ended "$pid" || fail 'no survivor'
	nothing_is_left
}
check 'tests: what fails, hangs or is slow is told; nothing is left' \
	results_are_told

tests_can_be_stopped() {
	own_tests <<-'END'
		waits() {
			leaves
			start reader msgqueue/reader -t 9 -f "$path"
			pid reader >pid
			finish reader
		}
		check 'it waits' waits
	END
	for signal in TERM QUIT; do
		: >"$work/own/pid"
		# In the background INT and QUIT are ignored; limit mends that.
		# shellcheck disable=SC2086 # the shell may be two words
		start own scripts/limit 20 $shell "$work/own/tests/run.sh"
		await_that test -s "$work/own/pid"
		end own "$signal"
		[ "$status" -gt 128 ] || fail "death by $signal"
		read -r pid <"$work/own/pid"
		has_ended "$pid" || fail 'no process left'
		nothing_is_left
	done
}
check 'tests: stopped, leave nothing behind' tests_can_be_stopped

# One line says why the tests cannot be run after this command; what is mounted
# is mounted in a namespace of our own.
cannot_be_run() { # TEXT COMMAND [WHERE]
	command="tests/run.sh after $2"
	# shellcheck disable=SC2086
	run_command ${3:-} $shell -c "cd '$work/own' && $2
		exec $shell tests/run.sh"
	fails_with 1 "$1"
	prints_nothing
}

no_folder() {
	own_tests </dev/null
	cannot_be_run 'File exists' "mkdir \"tmp/ipc-tests.\$\$\""
	cannot_be_run 'nowhere/ipc-tests.' 'TMPDIR=nowhere'
	unshare -rm mount -t tmpfs tmpfs "$work/own/tmp" 2>/dev/null ||
		skip 'no file system can be mounted here'
	mount='mount -t tmpfs -o size=1m tmpfs tmp'
	cannot_be_run 'no room for 64 MiB in ' "$mount" 'unshare -rm'
	cannot_be_run 'no room in ' \
		"$mount; dd if=/dev/zero of=tmp/all 2>/dev/null" 'unshare -rm'
}
check 'tests: where no new folder, or no room, can be had one line says so' \
	no_folder

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
	limit_exits 124 1 sh -c 'trap "" TERM; echo "$$"; while :; do :; done'
	read -r pid <"$out"
	await_that has_ended "$pid"
	TEST_TIME_SCALE=0.0001 limit_exits 124 3000 sh -c 'while :; do :; done'
	limit_exits 127 20 nonsense-program
	start outer scripts/limit 60 "$build/scripts/limit" 60 \
		sh -c 'echo "$$"; exec sleep 60'
	await_that test -s "$work/outer.out"
	stop outer KILL
	read -r pid <"$work/outer.out"
	await_that has_ended "$pid"
	TEST_TIME_SCALE=x fails 125 TEST_TIME_SCALE scripts/limit 10 true
	fails 125 usage scripts/limit x true
	fails 125 usage scripts/limit -d "$work/new" 1
	fails 125 "mkdir $work" scripts/limit -d "$work" 1 true
}
check 'limit: exit status, time, and the end of a group' limit_ends_groups

finish_tests
