#!/bin/sh
# shm-buffer.t - producer and consumer: what goes in comes out
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/buffer.sh
. "${0%/*}/buffer.sh"

transfer_either_first() {
	new_key
	random_bytes 5000 >"$work/data"
	transfer producer consumer
	transfer consumer producer
}
check 'producer, consumer: either may be first' transfer_either_first

transfer_nothing() {
	new_key
	: >"$work/data"
	transfer producer consumer
	transfer consumer producer
}
check 'producer, consumer: no input, no output' transfer_nothing

has_state() { # PATTERN PID
	# shellcheck disable=SC2254 # it is a pattern
	case $(ps -o stat= -p "$2" 2>/dev/null) in
	$1) ;;
	*) false ;;
	esac
}

halt() { # NAME
	stop "$1" STOP
	await_that has_state 'T*' "$(pid "$1")"
}

# All is written and given back. Now the consumer waits for the producer, and
# leaves the removal to it: so the next run may begin when either has ended.
transfer_ends_well() {
	has_state '[SR]*' "$$" || skip 'no ps with -o and -p here'
	new_key
	start_both
	halt consumer
	exec 4>&-
	await_that semaphore_is 1 1 # filled: the end
	halt producer
	stop consumer CONT
	await_that semaphore_is 0 16 # free: all
	"$build/scripts/await" line /dev/null '' 1.2 # it has checked once
	halt consumer
	stop producer CONT
	finish producer
	succeeds
	buffer_gone
	stop consumer CONT
	finish consumer
	succeeds
}
check 'producer, consumer: when either has ended, nothing is left' \
	transfer_ends_well

# More than all slots, and no multiple of one; one slot; one byte more.
transfer_sizes() {
	new_key
	for size in 3333333 1048576 65536 65537 1; do
		random_bytes "$size" >"$work/data"
		transfer producer consumer
	done
}
check 'producer, consumer: any length, byte for byte' transfer_sizes

# What a terminal or a pipe has brought so far is passed on at once.
transfer_passes_on_at_once() {
	new_key
	start consumer shm/consumer -k "$key"
	mkfifo "$work/in"
	start_from "$work/in" producer shm/producer -k "$key"
	exec 4>"$work/in"
	for line in one two three; do
		echo "$line" >&4
		await consumer "$line"
	done
	exec 4>&-
	finish producer
	succeeds
	finish consumer
	succeeds
	prints 'one
two
three'
	buffer_gone
}
check 'producer, consumer: what is there is passed on at once' \
	transfer_passes_on_at_once

# Interrupted by the timer, write may have written a part.
transfer_slow_reader() {
	new_key
	random_bytes 500000 >"$work/data"
	mkfifo "$work/consumer.out"
	start consumer shm/consumer -k "$key"
	exec 5<"$work/consumer.out"
	echo first >"$work/consumer.out" # so that no whole number of slots fits
	start_from "$work/data" producer shm/producer -k "$key"
	"$build/scripts/await" line /dev/null '' 1.2
	cat <&5 | tail -n +2 >"$work/got"
	cmp "$work/data" "$work/got" || fail 'the bytes that went in'
	finish producer
	succeeds
}
check 'consumer: writes all also to a slow reader' transfer_slow_reader

transfer_bad_input() {
	new_key
	start consumer shm/consumer -k "$key"
	await_that joined consumer
	start_from . producer shm/producer -k "$key"
	finish producer
	fails_with 1 'read standard input'
	survivor consumer producer
}
check 'producer: input that cannot be read ends both' transfer_bad_input

transfer_full_output() {
	[ -c /dev/full ] || skip 'no /dev/full here'
	new_key
	start_from /dev/zero producer shm/producer -k "$key"
	await_that joined producer
	fails_on_full_output 'write standard output' shm/consumer -k "$key"
	survivor producer consumer
}
check 'consumer: output that cannot be written ends both' transfer_full_output

transfer_broken_pipe() {
	new_key
	start_from /dev/zero producer shm/producer -k "$key"
	await_that joined producer
	{
		"$build/shm/consumer" -k "$key" 2>"$work/err"
		echo "$?" >"$work/status"
	} | head -c 1 >"$work/out"
	command='shm/consumer | head -c 1'
	status=$(cat "$work/status")
	fails_with 1 'write standard output'
	survivor producer consumer
}
check 'consumer: a reader that has gone ends both' transfer_broken_pipe

asleep() { # NAME
	case $(ps -o stat= -p "$(pid "$1")") in
	S* | I*) ;;
	*) false ;;
	esac
}

# Who waits sleeps. Whoever asks again and again is never found asleep.
transfer_sleeps() {
	ps -o stat= -p $$ >/dev/null 2>&1 || skip 'no ps with -o and -p here'
	new_key
	mkfifo "$work/in"
	start consumer shm/consumer -k "$key"
	start_from "$work/in" producer shm/producer -k "$key"
	exec 4>"$work/in"
	echo one >&4
	await consumer one
	for _ in 1 2 3; do
		await_that asleep producer
		await_that asleep consumer
	done
	stop producer
}
check 'producer, consumer: who waits sleeps' transfer_sleeps

transfer_tells_usage() {
	shows_usage shm/producer
	shows_usage shm/consumer
}
check 'producer, consumer: -h tells the usage' transfer_tells_usage

transfer_refuses_bad_usage() {
	for side in producer consumer; do
		refused "shm/$side" -x
		refused "shm/$side" surplus
		for bad in '' 0 -1 x 1x 0x100000000; do
			refused "shm/$side" -k "$bad"
		done
	done
}
check 'producer, consumer: bad input is refused' transfer_refuses_bad_usage

finish_tests
