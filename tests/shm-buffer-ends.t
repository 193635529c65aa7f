#!/bin/sh
# shm-buffer-ends.t - producer and consumer: how a transfer ends too early
# shellcheck source=tests/buffer.sh
. "${0%/*}/buffer.sh"

# shellcheck disable=SC3045 # where SIGQUIT would leave a core file
ulimit -c 0 2>/dev/null

begin_in() { # STATE
	case $1 in
	idle) # the producer waits for input, the consumer for the producer
		begin_both one
		;;
	unsent) # the consumer does not know the segment yet
		begin_both
		;;
	full) # the producer waits for a free slot
		begin_side consumer
		stop consumer STOP
		begin_side producer /dev/zero
		await_ring '0 1[56] 2 2 yes'
		;;
	unread) # the consumer waits in write
		rm -f "$work/consumer.out"
		mkfifo "$work/consumer.out"
		start consumer shm/consumer -k "$key"
		exec 5<"$work/consumer.out"
		begin_side producer /dev/zero
		await_ring '0 1[56] 2 2 yes'
		;;
	esac
}

early_end_ends_both() {
	new_key
	while read -r state side signal expected; do
		echo "$state: $side gets SIG$signal"
		begin_in "$state"
		end_side "$side" "$signal" "$expected"
		survives "$(other_side "$side")"
		exec 4>&-
	done <<-END
		idle consumer HUP 129
		idle producer INT 130
		idle consumer QUIT 131
		idle producer TERM 143
		unsent producer KILL 137
		full consumer KILL 137
		unread producer KILL 137
	END
}
check 'producer, consumer: a signal to one ends both, and nothing is left' \
	early_end_ends_both

# Nobody tells the survivor: it looks each second, here for the second time.
killed_side_is_missed() {
	new_key
	for side in producer consumer; do
		begin_both one
		"$build/scripts/await" line /dev/null '' 1.2
		stop "$side" KILL
		survives "$(other_side "$side")"
		exec 4>&-
	done
}
check 'producer, consumer: where one is killed the other one notices' \
	killed_side_is_missed

signal_ends_one_alone() {
	new_key
	for side in producer consumer; do
		for signal in HUP=129 INT=130 QUIT=131 TERM=143; do
			begin_side "$side"
			end "$side" "${signal%=*}"
			exits "${signal#*=}"
			buffer_gone
		done
		# As nohup starts it.
		trap '' HUP
		begin_side "$side"
		trap - HUP
		stop "$side" HUP
		look_now "$side"
		end "$side"
		exits 143
		buffer_gone
	done
}
check 'producer, consumer: interrupted while alone, nothing is left' \
	signal_ends_one_alone

process_1_ends() {
	new_key
	for side in producer consumer; do
		start_as_process_1 container "shm/$side" -k "$key"
		echo "$child" >"$work/$side.pid"
		await_seat "$side"
		kill -s TERM "$child"
		finish container
		exits 143
		buffer_gone
	done
}
check 'producer, consumer: a signal ends also process 1' process_1_ends

# Nobody waits for the killed one: the kernel keeps its process number, so
# that kill(2) would find it, but its semaphore tells.
zombie_is_dead() {
	new_key
	mkfifo "$work/in"
	exec 4<>"$work/in"
	(
		start consumer shm/consumer -k "$key"
		exec "$build/scripts/await" line /dev/null ''
	) &
	await_that test -s "$work/consumer.pid"
	await_seat consumer
	begin_side producer "$work/in"
	stop consumer KILL
	await_ring '* * 2 1 yes'
	stop producer ALRM
	survives producer
}
check 'producer: a dead consumer that is still a zombie is dead' zombie_is_dead

# As Ctrl-C does it where both are in the foreground: here at the same moment.
both_are_interrupted() {
	new_key
	for first in producer consumer producer consumer; do
		begin_both one
		stop producer STOP
		stop consumer STOP
		kill -s INT "$(pid producer)" "$(pid consumer)"
		stop "$first" CONT
		stop "$(other_side "$first")" CONT
		exec 4>&-
		finish producer
		finish consumer
		buffer_gone
	done
}
check 'producer, consumer: Ctrl-C for both, and nothing is left' \
	both_are_interrupted

# As Ctrl-Z and fg do: each of the two while it waits for the other.
stop_and_go_on() { # SIDE
	await_that waits "$1"
	stop "$1" STOP
	stop "$1" CONT
	await_that waits "$1"
}

stops_lose_nothing() {
	new_key
	head -c 2000000 /dev/urandom >"$work/data"
	begin_side consumer
	stop_and_go_on consumer
	stop consumer STOP
	begin_side producer "$work/data"
	await_ring '0 1[56] 2 2 yes'
	stop_and_go_on producer
	stop consumer CONT
	has_come_through
}
check 'producer, consumer: Ctrl-Z and fg lose nothing' stops_lose_nothing

# The other side does not even know yet: what it does later, here after a stop,
# must not touch the next transfer of the same key.
last_to_leave_removes_nothing() {
	new_key
	head -c 200000 /dev/urandom >"$work/data"
	for last in consumer producer; do
		first=$(other_side "$last")
		begin_both
		[ "$first" = producer ] || pass_on one # so it knows the segment
		stop "$last" STOP
		end "$first"
		exits 143
		exec 4>&-
		buffer_gone
		for kind in pid out err; do
			mv "$work/$last.$kind" "$work/late.$kind"
		done
		begin_side producer "$work/data"
		stop late CONT
		finish late
		fails_with 1 "the $first has gone"
		start consumer shm/consumer -k "$key"
		has_come_through
	done
}
check 'producer, consumer: the first to leave removes both, the last nothing' \
	last_to_leave_removes_nothing

# It does not know the producer's segment yet, so that stays as long as the
# producer does.
unknown_segment_stays() {
	new_key
	echo text >"$work/data"
	begin_both
	stop producer STOP
	end consumer
	exits 143
	exec 4>&-
	fails 1 'already has a segment' shm/producer -k "$key"
	ring_is '- - - - yes'
	stop producer CONT
	survives producer
	transfer producer
}
check 'consumer: leaves a segment that it has not found to its producer' \
	unknown_segment_stays

# A length in the segment is another process's word; and somebody may remove
# the segment.
spoiled_segment_ends_both() {
	new_key
	echo text >"$work/data"
	printf '\001\000\001\000' >"$work/length"
	begin_side producer "$work/data"
	await_ring '14 2 2 0 yes' # filled: the text, and the end
	run tests/odd poke "$key" <"$work/length"
	fails 1 '65537 bytes in a slot of 65536' shm/consumer -k "$key"
	survives producer

	echo "segment $key" >"$work/segment"
	begin_side producer "$work/data"
	await_ring '14 2 2 0 yes'
	run scripts/sysv clear <"$work/segment"
	ring_is '14 2 2 0 no'
	run shm/consumer -k "$key"
	exits 1
	prints_nothing
	survives producer
}
check 'consumer: fails where a slot has a wrong length, or no segment is left' \
	spoiled_segment_ends_both

# It has its objects to remove all the same.
nobody_reads_the_error() {
	new_key
	mkfifo "$work/producer.out" "$work/producer.err" "$work/in"
	begin_side consumer
	start_from "$work/in" producer shm/producer -k "$key"
	exec 4>"$work/in" 5<"$work/producer.out" 6<"$work/producer.err"
	await_ring '15 0 2 2 yes'
	exec 6<&-
	end_side consumer KILL 137
	finish producer
	exits 1
	buffer_gone
}
check 'producer: removes all where nobody reads what it says' \
	nobody_reads_the_error

finish_tests
