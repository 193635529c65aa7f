#!/bin/sh
# buffer.sh - what the tests of producer and consumer share
# shellcheck disable=SC2154 # lib.sh and the tests set them
# shellcheck source=tests/shm.sh
. "${0%/*}/shm.sh"

# The state of both objects: see tests/ring.c.
await_ring() { # PATTERN
	"$build/tests/ring" "$key" "$1" || fail "the ring to become '$1'"
}

ring_is() { # STATE
	ring=$("$build/tests/ring" "$key")
	[ "$ring" = "$1" ] || fail "the ring to be '$1', not '$ring'"
}

buffer_gone() {
	ring_is '- - - - no'
}

# It has met the last signal, and waits or has ended.
is_at_rest() { # NAME
	is_in_state "$1" '[SIZ]*'
}

other_side() { # SIDE
	case $1 in
	producer) echo consumer ;;
	consumer) echo producer ;;
	esac
}

# It has its seat, and knows what it has made: a producer has also given a
# slot, a consumer waits for one.
begin_side() { # SIDE [INPUT]
	start_from "${2:-/dev/null}" "$1" "shm/$1" -k "$key"
	case $1 in
	producer) await_ring '*[1-9]* 2 ? yes' ;;
	consumer)
		await_ring '* * * 2 *'
		await_that is_at_rest consumer
		;;
	esac
}

# Both have joined and wait. fd 4 is the producer's input. Where there is a TEXT
# it has come through: so the consumer knows the segment.
begin_both() { # [TEXT]
	[ -p "$work/in" ] || mkfifo "$work/in"
	start consumer shm/consumer -k "$key"
	start_from "$work/in" producer shm/producer -k "$key"
	exec 4>"$work/in"
	await_ring '15 0 2 2 yes'
	[ -z "${1:-}" ] || pass_on "$1"
}

pass_on() { # TEXT
	echo "$1" >&4
	await consumer "$1"
}

# What went in comes out, and then nothing is left.
has_come_through() {
	ends_well producer
	prints_nothing
	ends_well consumer
	cmp "$work/data" "$out" || fail 'the bytes that went in'
	buffer_gone
}

# The other side has gone.
survives() { # SIDE
	finish "$1"
	fails_with 1 "the $(other_side "$1") has gone"
	buffer_gone
}
