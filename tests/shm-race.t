#!/bin/sh
# shm-race.t - race, torn, counter: what luck decides. For -s of torn and
# counter see shm-guarded.t
# shellcheck source=tests/shm.sh
. "${0%/*}/shm.sh"

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
	read -r _ _ _ zeros _ _ ones _ <"$out"
	prints "parent saw 0: $zeros times, 1: $ones times"
	[ "$((zeros + ones))" -eq 10 ] || fail 'two counts that make 10'
	[ "$ones" -gt 0 ] || fail 'a run in which the parent saw 1'
}
check 'race: with -d the child can win; -n prints the counts only' child_can_win

# "20000 reads, torn N", and an example that is made of both texts.
torn_was_seen() {
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
	run shm/torn
	torn_was_seen
	note "torn $torn"
	taskset -c 0 true 2>/dev/null || skip 'no taskset here, or no core 0'
	command='taskset -c 0 shm/torn'
	taskset -c 0 "$build/shm/torn" >"$out" 2>"$err"
	status=$?
	torn_was_seen
}
check 'torn: the reader gets half of each text, also on one core' reads_are_torn

# "expected E, got G, lost L", where G and L make E.
adds_up() { # E
	succeeds
	read -r _ _ _ got _ lost <"$out"
	prints "expected $1, got $got lost $lost"
	[ "$((${got%,} + lost))" -eq "$1" ] || fail "got and lost to make $1"
}

increments_get_lost() {
	run shm/counter
	adds_up 40000
	[ "$lost" -gt 0 ] || fail 'increments that got lost'
	run shm/counter -n 700
	adds_up 1400
	for increments in 1 100 101; do
		sum=$((2 * increments))
		gives "expected $sum, got $sum, lost 0" \
			shm/counter -n "$increments" -s
	done
}
check 'counter: unguarded increments get lost; -n sets how many there are' \
	increments_get_lost

no_semaphores_are_made() {
	needs_children
	note_old
	start counter shm/counter -n 1000000
	await_child counter
	segment_of "$(pid counter)" || fail 'its segment'
	"$build/tests/odd" list "$(pid counter)" "$child" >"$work/used"
	kill -s KILL "$child" "$(pid counter)"
	while read -r object; do
		case $object in
		segment*) ;;
		*) has_line "$work/old" "$object" || fail 'no semaphores' ;;
		esac
	done <"$work/used"
}
check 'counter: without -s it makes no semaphores' no_semaphores_are_made

finish_tests
