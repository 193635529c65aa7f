#!/bin/sh
# shm-buffer.t - producer and consumer: what goes in comes out; which of them
# may join. For calls that fail or are interrupted see scripts/watch/faults.c
# shellcheck source=tests/buffer.sh
. "${0%/*}/buffer.sh"

# One slot, one byte more, all slots, more than all and no multiple of one.
any_length_arrives() {
	new_key
	while read -r size first; do
		head -c "$size" /dev/urandom >"$work/data"
		begin_side "$first" "$work/data"
		second=$(other_side "$first")
		start_from "$work/data" "$second" "shm/$second" -k "$key"
		has_come_through
	done <<-END
		0 producer
		1 consumer
		65536 producer
		65537 consumer
		1048576 producer
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
	stop consumer ALRM
	await_that is_at_rest consumer
	halt consumer
	stop producer CONT
	ends_well producer
	buffer_gone
	stop consumer CONT
	ends_well consumer
}
check 'producer, consumer: when either has ended, nothing is left' ends_together

# They sleep: a process that asks again and again is hardly ever found so.
second_one_is_refused() {
	new_key
	begin_both one
	gives 600 tests/odd mode segment "$key"
	gives 600 tests/odd mode semaphores "$key"
	await_that waits producer
	await_that waits consumer
	for side in producer consumer; do
		fails 1 "has a $side" "shm/$side" -k "$key"
	done
	pass_on two # they have only looked
	await_that waits producer
	await_that waits consumer
}
check 'producer, consumer: both sleep, a second one of either is refused' \
	second_one_is_refused

# Nobody could tidy up.
both_were_killed() {
	new_key
	begin_both
	stop consumer STOP
	end producer KILL
	end consumer KILL
	for side in producer consumer; do
		fails 1 "a $side was killed here: run make clean-ipc" \
			"shm/$side" -k "$key"
	done
	ring_is '15 0 1 1 yes'
}
check 'producer, consumer: where two were killed, the next one says so' \
	both_were_killed

# Each side fails on these objects, and leaves them as they are.
both_refuse() { # TEXT STATE
	for side in producer consumer; do
		fails 1 "$1" "shm/$side" -k "$key"
		ring_is "$2"
	done
}

# Another program's set.
make_set() { # VALUE ...
	new_key
	run tests/odd set "$key" 600 "$@"
	succeeds
}

other_programs_are_left_alone() {
	new_key
	gives 'Data written to memory: mine' shm/writer -k "$key" mine
	both_refuse "key $(printf '0x%x' "$key")" '- - - - yes'
	make_set 7
	both_refuse "key $(printf '0x%x' "$key")" '7 - - - no'
	make_set 7 0 0 0 0 0
	both_refuse "key $(printf '0x%x' "$key")" '7 0 0 0 no'
}
check 'producer, consumer: objects of other programs are left alone' \
	other_programs_are_left_alone

# Each of the two gives up, or waits and can be ended, and does not ask again
# and again.
no_values_make_it_run() {
	for values in '1 0 0 0' '0 1 0 0' '9 9 9 9'; do
		for side in producer consumer; do
			# shellcheck disable=SC2086 # these are four
			make_set $values
			start "$side" "shm/$side" -k "$key"
			await_that is_at_rest "$side"
			end "$side"
			case $status in
			0 | 1 | 143) ;;
			*) fail "an end of $side with $values" ;;
			esac
		done
	done
}
check 'producer, consumer: no set of values makes one run for ever' \
	no_values_make_it_run

# A length in the segment is another process's word.
length_is_checked() {
	new_key
	echo text >"$work/data"
	printf '\001\000\001\000' >"$work/length"
	begin_side producer "$work/data"
	await_ring '14 2 2 0 yes' # filled: the text, and the end
	run tests/odd poke "$key" <"$work/length"
	fails 1 '65537 bytes in a slot of 65536' shm/consumer -k "$key"
	survives producer
}
check 'consumer: does not believe a length that no slot can have' \
	length_is_checked

finish_tests
