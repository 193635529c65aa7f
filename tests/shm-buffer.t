#!/bin/sh
# shm-buffer.t - producer and consumer: what goes in comes out
# shellcheck source=tests/buffer.sh
. "${0%/*}/buffer.sh"

# One slot, one byte more, all slots, more than all and no multiple of one.
any_length_arrives() {
	new_key
	while read -r size first; do
		head -c "$size" /dev/urandom >"$work/data"
		transfer "$first"
	done <<-END
		0 producer
		0 consumer
		1 producer
		65536 producer
		65537 producer
		1048576 producer
		3333333 producer
		3333333 consumer
	END
}
check 'producer, consumer: any length, byte for byte; either may be first' \
	any_length_arrives

halt() { # NAME
	stop "$1" STOP
	await_that is_in_state "$1" '[Tt]*'
}

# All is written and given back. Now the consumer waits for the producer, and
# leaves the removal to it: so the next run may begin when either has ended.
ends_together() {
	new_key
	begin_both
	halt consumer
	exec 4>&-
	await_ring '15 1 2 2 yes' # filled: the end
	halt producer
	stop consumer CONT
	await_ring '16 0 2 2 yes'
	look_now consumer
	halt consumer
	stop producer CONT
	ends_well producer
	buffer_gone
	stop consumer CONT
	ends_well consumer
}
check 'producer, consumer: when either has ended, nothing is left' ends_together

# The signal of each second makes write return when a part, or nothing, has
# been written: here after the 64 KiB that a pipe holds, or fewer.
slow_reader_gets_all() {
	new_key
	head -c 500000 /dev/urandom >"$work/data"
	mkfifo "$work/consumer.out"
	start consumer shm/consumer -k "$key"
	exec 5<"$work/consumer.out"
	echo first >"$work/consumer.out" # so that no whole number of slots fits
	start_from "$work/data" producer shm/producer -k "$key"
	await_ring '[78] [78] 2 2 yes'
	for _ in 1 2 3; do
		look_now consumer
	done
	tail -n +2 <&5 >"$work/got"
	cmp "$work/data" "$work/got" || fail 'the bytes that went in'
	ends_well producer
	ends_well consumer
}
check 'consumer: writes all also to a slow reader' slow_reader_gets_all

failing_side_ends_both() {
	new_key
	begin_side consumer
	start_from . producer shm/producer -k "$key"
	finish producer
	fails_with 1 'read standard input'
	survives consumer

	begin_side producer /dev/zero
	new_output
	{
		"$build/shm/consumer" -k "$key" 2>"$err"
		echo "$?" >"$work/status"
	} | head -c 1 >"$out"
	command='shm/consumer | head -c 1'
	read -r status <"$work/status"
	fails_with 1 'write standard output'
	survives producer

	begin_side producer /dev/zero
	fails_on_full_output 'write standard output' shm/consumer -k "$key"
	survives producer
}
check 'producer, consumer: input or output that fails ends both' \
	failing_side_ends_both

finish_tests
