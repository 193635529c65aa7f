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
	run shm/race -d 0.02 -n 10
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

# The segment has no key, so it is looked for among all of this user.
race_leaves_nothing() {
	start race shm/race -d 60
	await race 'Parent process'
	stop race KILL
	finish race
	exits 137
	race=$(pid race)
	if [ -r /proc/sysvipc/shm ]; then
		awk -v pid="$race" '$5 == pid' /proc/sysvipc/shm >"$work/left"
		[ ! -s "$work/left" ] || fail "no segment made by $race"
	else
		skip 'no /proc/sysvipc/shm to look into'
	fi
}
check 'race: its segment goes with it, even when it is killed' \
	race_leaves_nothing

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
	for bad in '' -1 nan 2x; do
		refused shm/race -d "$bad"
	done
}
check 'race: bad input is refused' race_refuses_bad_usage

finish_tests
