#!/bin/sh
# shm-race.t - race, torn, counter: what luck decides. `race -w` is in the
# sheet, and that -s of the others is right; for signals at each of their calls
# see scripts/watch/errors.h
# shellcheck source=tests/shm.sh
. "${0%/*}/shm.sh"

# On a busy machine the child may be late once, hardly ten times.
child_can_win() {
	run shm/race -d -n 10
	succeeds
	read -r _ _ _ zeros _ _ ones _ <"$out"
	prints "parent saw 0: $zeros times, 1: $ones times"
	[ "$((zeros + ones))" -eq 10 ] || fail 'two counts that make 10'
	[ "$ones" -gt 0 ] || fail 'a run in which the parent saw 1'
	gives 'parent saw 0: 0 times, 1: 3 times' shm/race -n 3 -wd
}
check 'race: with -d the child can win, with -w it wins; -n counts' \
	child_can_win

# "20000 reads, torn N", and an example that is made of both texts.
torn_was_seen() { # COMMAND
	command=$*
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
	torn_was_seen "$build/shm/torn"
	note "torn $torn"
	taskset -c 0 true 2>/dev/null || skip 'no taskset here, or no core 0'
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

# What only its calls tell: of some, those that it makes, or none.
options_decide_on_calls() {
	while IFS=';' read -r program call drawn; do
		run scripts/watch/watch -n -c "$call" "shm/$program"
		! has_text "$err" watched || skip "$(head -n 1 "$err")"
		succeeds
		if [ -n "$drawn" ]; then
			prints_like "$drawn"
		elif has_text "$out" "$call"; then
			fail "no call of $call"
		fi
	done <<-END
		race;nanosleep;
		race -d;nanosleep;nanosleep(10 ms)
		counter -n 1;semget;
		counter -s -n 1;semget;IPC_CREAT|0600) = #1
		torn;semget;
		torn -s;semget;IPC_CREAT|0600) = #1
	END
}
check 'race: only -d waits; counter, torn: only -s makes semaphores, mode 600' \
	options_decide_on_calls

nohup_is_respected() {
	needs_children
	trap '' HUP
	for guarded in counter torn; do
		start guarded "shm/$guarded" -s
		await_child guarded
		kill -s HUP ${child:+"$child"} "$(pid guarded)"
		ends_well guarded
	done
}
check 'counter -s, torn -s: nohup keeps both processes going' \
	nohup_is_respected

# As Ctrl-C does it: the parent must not find its child gone before. Should a
# busy machine have let them come through, try again.
both_are_interrupted() {
	needs_children
	note_old
	for guarded in counter torn; do
		status=0
		while [ "$status" -eq 0 ] || [ -s "$out" ]; do
			start guarded "shm/$guarded" -s
			await_child guarded
			stop guarded STOP
			kill -s INT ${child:+"$child"} "$(pid guarded)"
			stop guarded CONT
			finish guarded
		done
		exits 130
		[ ! -s "$err" ] || fail 'no word about it'
		nothing_left_of "$(pid guarded)" ${child:+"$child"}
	done
}
check 'counter -s, torn -s: Ctrl-C ends both, and nothing is left' \
	both_are_interrupted

finish_tests
