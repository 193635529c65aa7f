#!/bin/sh
# shm-counter.t - counter: increments get lost; what -s adds is in shm-guarded.t
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/shm.sh
. "${0%/*}/shm.sh"

# "expected E, got G, lost L", where G and L make E.
adds_up() { # E
	succeeds
	read -r _ _ _ got _ lost <"$work/out"
	got=${got%,}
	prints "expected $1, got $got, lost $lost"
	[ "$((got + lost))" -eq "$1" ] || fail "got and lost to make $1"
}

increments_get_lost() {
	run shm/counter
	adds_up 40000
	[ "$lost" -gt 0 ] || fail 'increments that got lost'
}
check 'counter: unguarded increments get lost' increments_get_lost

counts_as_told() {
	run shm/counter -n 700
	adds_up 1400
	for increments in 1 100 101; do
		sum=$((2 * increments))
		gives "expected $sum, got $sum, lost 0" \
			shm/counter -n "$increments" -s
	done
}
check 'counter: -n sets how many' counts_as_told

makes_no_semaphores() {
	needs_children
	start counter shm/counter -n 1000000
	await_child counter
	run tests/keyless list "$(pid counter)" "$child"
	kill -s KILL "$child" "$(pid counter)"
	[ "$status" -ne 77 ] || skip 'no objects can be seen here'
	succeeds
	prints_like segment
	! has_text "$work/out" semaphores || fail 'no semaphores'
}
check 'counter: without -s it makes no semaphores' makes_no_semaphores

finish_tests
