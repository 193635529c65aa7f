#!/bin/sh
# shm-race.t - race: parent and child, one int
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

prints_four_lines() {
	run shm/race
	succeeds
	has_lines "$work/out" 4 || fail 'four lines'
	prints_line 'shared_int in child process: 1'
	case $(cat "$work/out") in
	'Parent process has created a shared memory segment.
'*'shared_int in parent process: '[01]*'
Child has exited.') ;;
	*) fail 'what the parent prints, in order' ;;
	esac
}
check 'race: prints its four lines' prints_four_lines

wait_orders_them() {
	gives 'Parent process has created a shared memory segment.
shared_int in child process: 1
shared_int in parent process: 1
Child has exited.' shm/race -w
	gives 'parent saw 0: 0 times, 1: 3 times' shm/race -n 3 -wd
}
check 'race: with -w the parent always sees 1, also with -d' wait_orders_them

# On a busy machine the child may be late once, hardly ten times.
child_can_win() {
	run shm/race -d -n 10
	succeeds
	read -r _ _ _ zeros _ _ ones _ <"$work/out"
	prints "parent saw 0: $zeros times, 1: $ones times"
	[ "$((zeros + ones))" -eq 10 ] || fail 'two counts that make 10'
	[ "$ones" -gt 0 ] || fail 'a run in which the parent saw 1'
}
check 'race: with -d the child can win; -n prints the counts only' child_can_win

finish_tests
