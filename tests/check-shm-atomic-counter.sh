#!/bin/sh
# check-shm-atomic-counter.sh - a task of shm/README.md: counter -a adds with
# atomic operations, and loses nothing without a semaphore
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

option_is_known() {
	run shm/counter -a -n 1
	[ "$status" -ne 2 ] ||
		fail 'no usage line. hint: parse_options knows no -a yet'
	succeeds
	prints 'expected 2, got 2, lost 0'
}
check 'counter knows -a' option_is_known

nothing_is_lost() {
	for increments in 20000 1000000 1000000 1000000; do
		run shm/counter -a -n "$increments"
		exits 0
		grep ' lost 0$' "$out" >/dev/null ||
			fail 'lost 0. hint: is it one step, or two?'
		prints_like "expected $((2 * increments)), got"
	done
}
check 'counter -a loses nothing' nothing_is_lost

without_semaphore() {
	command -v strace >/dev/null || skip 'no strace here'
	strace -f -o "$work/calls" true 2>/dev/null ||
		skip 'strace is not allowed here'
	strace -f -o "$work/calls" "$build/shm/counter" -a -n 100 >"$out"
	grep '^[0-9 ]*shmget' "$work/calls" >/dev/null || skip 'no calls seen'
	! grep '^[0-9 ]*sem' "$work/calls" >/dev/null ||
		fail 'no semaphore. hint: <stdatomic.h> needs no kernel'
}
check 'counter -a does not use a semaphore' without_semaphore

others_are_as_before() {
	run shm/counter
	! grep ' lost 0$' "$out" >/dev/null ||
		fail 'lost increments. hint: without -a they still get lost'
	run shm/counter -s
	grep ' lost 0$' "$out" >/dev/null ||
		fail 'lost 0. hint: with -s the semaphore still keeps them'
}
check 'counter and counter -s do what they did before' others_are_as_before

finish_tests
