#!/bin/sh
# shm-race.t - race: parent and child, one int
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

race_once() {
	run shm/race
	succeeds
	[ "$(head -n 1 "$work/out")" = \
		'Parent process has created a shared memory segment.' ] ||
		fail 'first the line about the segment'
	prints_line 'shared_int in child process: 1'
	grep -qx 'shared_int in parent process: [01]' "$work/out" ||
		fail 'the parent sees 0 or 1'
	[ "$(tail -n 1 "$work/out")" = 'Child has exited.' ] ||
		fail 'the last line is: Child has exited.'
	[ "$(wc -l <"$work/out")" -eq 4 ] || fail 'four lines'
}
check 'race: prints its four lines' race_once

race_is_ordered_by_wait() {
	run shm/race -w -n 200
	succeeds
	prints 'parent saw 0: 0 times, 1: 200 times'
	run shm/race -w
	prints 'Parent process has created a shared memory segment.
shared_int in child process: 1
shared_int in parent process: 1
Child has exited.'
}
check 'race: with -w the parent always sees 1' race_is_ordered_by_wait

# On a busy machine the child may be late once, hardly ten times.
race_other_outcome() {
	run shm/race -d -n 10
	succeeds
	grep -Eqx 'parent saw 0: [0-9] times, 1: [0-9]+ times' "$work/out" ||
		fail 'the parent saw 1 at least once'
}
check 'race: with -d the child can win' race_other_outcome

race_counts() {
	run shm/race -n 50
	succeeds
	counts='^parent saw 0: \([0-9]*\) times, 1: \([0-9]*\) times$'
	sum=$(sed -n "s/$counts/\1 + \2/p" "$work/out")
	[ "$((${sum:-0}))" -eq 50 ] ||
		fail 'two counts that make 50 together'
	[ "$(wc -l <"$work/out")" -eq 1 ] || fail 'only the counts'
}
check 'race: -n counts its runs and prints nothing else' race_counts

race_waits_and_delays() {
	run shm/race -n 3 -wd
	succeeds
	prints 'parent saw 0: 0 times, 1: 3 times'
}
check 'race: -d takes no value and goes together with -w' race_waits_and_delays

# The segments without a key that this process, or its child, has used.
segments_of() { # PID
	"$build/tests/keyless" list "$1" >"$work/keyless" ||
		skip 'objects without a key cannot be seen here'
	grep '^segment' "$work/keyless"
}

segments_gone() { # PID
	! segments_of "$1"
}

# Its child may be alive a moment longer.
race_leaves_nothing() {
	start race shm/race -d -n 10000
	await_that segments_of "$(pid race)"
	stop race KILL
	finish race
	exits 137
	await_that segments_gone "$(pid race)"
}
check 'race: its segment goes with it, even when it is killed' \
	race_leaves_nothing

# A new namespace of objects, in which there may be no segment.
race_meets_the_limit() {
	unshare --user --map-root-user --ipc sh -c \
		'echo 0 >/proc/sys/kernel/shmmni' 2>/dev/null ||
		skip 'the limit of objects cannot be changed here'
	command='shm/race, where no segment is allowed'
	status=0
	unshare --user --map-root-user --ipc sh -c \
		"echo 0 >/proc/sys/kernel/shmmni && exec '$build/shm/race'" \
		>"$work/out" 2>"$work/err" || status=$?
	fails_with 1 'shmget: the limit of objects is reached, see ipcs'
	prints_nothing
}
check 'race: says so when there are too many segments' race_meets_the_limit

# The reader has gone before anything is written.
unread() { # PROGRAM [ARGUMENT ...]
	command="$* | true"
	rm -f "$work/fifo" "$work/gone"
	mkfifo "$work/fifo"
	(
		exec 3>"$work/fifo"
		await_that test -e "$work/gone"
		program=$1
		shift
		exec "$build/$program" "$@" >&3 2>"$work/err"
	) &
	echo "$!" >"$work/unread.pid"
	: <"$work/fifo"
	: >"$work/gone"
	status=0
	wait "$(pid unread)" || status=$?
	: >"$work/out"
}

race_is_not_read() {
	unread shm/race -n 1
	fails_with 1 'cannot write to standard output'
}
check 'race: fails when nobody reads its output' race_is_not_read

race_needs_its_output() {
	fails_on_full_output 'standard output' shm/race -n 1
}
check 'race: fails when its output cannot be written' race_needs_its_output

race_tells_usage() {
	shows_usage shm/race
}
check 'race: -h tells the usage' race_tells_usage

race_refuses_bad_usage() {
	refused shm/race -x
	refused shm/race surplus
	for bad in '' -1 0 3.5 x 1000001; do
		refused shm/race -n "$bad"
	done
	refused shm/race -d 0.2
}
check 'race: bad input is refused' race_refuses_bad_usage

finish_tests
