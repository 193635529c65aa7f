#!/bin/sh
# shm-race.t - race, torn, counter: what luck decides. For -s of torn and
# counter see shm-guarded.t; `race -w` is in the sheet
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

# On a busy machine the child may be late once, hardly ten times.
child_can_win() {
	run shm/race -d -n 10
	succeeds
	read -r _ _ _ zeros _ _ ones _ <"$out"
	prints "parent saw 0: $zeros times, 1: $ones times"
	[ "$((zeros + ones))" -eq 10 ] || fail 'two counts that make 10'
	[ "$ones" -gt 0 ] || fail 'a run in which the parent saw 1'
	gives 'Parent process has created a shared memory segment.
shared_int in child process: 1
shared_int in parent process: 1
Child has exited.' shm/race -wd
	gives 'parent saw 0: 0 times, 1: 3 times' shm/race -n 3 -wd
}
check 'race: with -d the child can win, with -w it wins; -n counts' \
	child_can_win

# "20000 reads, torn N", and an example that is made of both texts.
torn_was_seen() { # COMMAND
	run_command "$@"
	succeeds
	{
		read -r _ _ _ torn
		read -r _ _ example
	} <"$out"
	prints "20000 reads, torn $torn
for example: $example"
	[ "$torn" -gt 0 ] || fail 'reads that were torn'
	echo "$example" | grep -Eqx '([ot][nw][eo] ?){8}' ||
		fail 'an example of eight words, or of parts of them'
	case $example in
	*one*two* | *two*one*) ;;
	*) fail 'an example that is made of both texts' ;;
	esac
}

reads_are_torn() {
	command=shm/torn
	torn_was_seen "$build/shm/torn"
	note "torn $torn"
	taskset -c 0 true 2>/dev/null || skip 'no taskset here, or no core 0'
	command='taskset -c 0 shm/torn'
	torn_was_seen taskset -c 0 "$build/shm/torn"
}
check 'torn: the reader gets half of each text, also on one core' reads_are_torn

# "expected E, got G, lost L", where G and L make E.
increments_get_lost() {
	for increments in 700 20000; do
		run shm/counter -n "$increments"
		succeeds
		expected=$((2 * increments))
		read -r _ _ _ got _ lost <"$out"
		prints "expected $expected, got $got lost $lost"
		[ "$((${got%,} + lost))" -eq "$expected" ] ||
			fail "got and lost to make $expected"
	done
	[ "$lost" -gt 0 ] || fail 'increments that got lost'
	gives 'expected 202, got 202, lost 0' shm/counter -n 101 -s
}
check 'counter: unguarded increments get lost; -n sets how many there are' \
	increments_get_lost

no_semaphores_are_made() {
	run scripts/watch/watch -n -c semget 'shm/counter -n 1'
	! has_text "$err" watched || skip "$(head -n 1 "$err")"
	succeeds
	! has_text "$out" semget || fail 'no call of semget'
	prints_like 'counter -n 1'
}
check 'counter: without -s it makes no semaphores' no_semaphores_are_made

finish_tests
