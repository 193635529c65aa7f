#!/bin/sh
# shm-buffer-ends.t - producer and consumer: how a transfer ends, who may join
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/buffer.sh
. "${0%/*}/buffer.sh"

transfer_others_refused() {
	new_key
	mkfifo "$work/in"
	start_from "$work/in" producer shm/producer -k "$key"
	exec 4>"$work/in"
	await_that segment_exists "$key"
	run shm/producer -k "$key"
	fails_with 1 'has a producer'
	start consumer shm/consumer -k "$key"
	echo one >&4
	await consumer one
	run shm/consumer -k "$key" 4>&-
	fails_with 1 'has a consumer'
	run shm/producer -k "$key" 4>&-
	fails_with 1 'has a producer'
	# They were no more than looked at: the transfer goes on.
	echo two >&4
	await consumer two
	stop producer
	exec 4>&-
	finish consumer
	buffer_gone
}
check 'producer, consumer: a second one of either is refused' \
	transfer_others_refused

# The producer waits for input, the consumer for the producer.
transfer_ends_while_idle() {
	new_key
	mkfifo "$work/in"
	for signal in KILL INT TERM HUP; do
		for killed in producer consumer; do
			start consumer shm/consumer -k "$key"
			start_from "$work/in" producer shm/producer -k "$key"
			exec 4>"$work/in"
			echo one >&4
			await consumer one
			stop "$killed" "$signal"
			case $killed in
			producer) survivor consumer producer ;;
			consumer) survivor producer consumer ;;
			esac
			exec 4>&-
			finish "$killed"
			[ "$status" -gt 128 ] || fail "an end by SIG$signal"
		done
	done
}
check 'producer, consumer: any signal to one ends both, nothing is left' \
	transfer_ends_while_idle

all_slots_filled() {
	case $("$build/tests/odd" semaphore "$key" 1 2>&1) in
	15 | 16) ;;
	*) false ;;
	esac
}

# The consumer has stopped reading: the producer waits for a free slot.
transfer_ends_while_full() {
	new_key
	start consumer shm/consumer -k "$key"
	await_that segment_exists "$key"
	stop consumer STOP
	start_from /dev/zero producer shm/producer -k "$key"
	await_that all_slots_filled
	stop consumer KILL
	survivor producer consumer
}
check 'producer: ends when the consumer dies with the buffer full' \
	transfer_ends_while_full

# Nobody reads what the consumer writes: it waits in write.
transfer_ends_while_writing() {
	new_key
	mkfifo "$work/consumer.out"
	start consumer shm/consumer -k "$key"
	exec 5<"$work/consumer.out"
	start_from /dev/zero producer shm/producer -k "$key"
	await_that all_slots_filled
	stop producer KILL
	wait "$(pid consumer)"
	status=$?
	cp "$work/consumer.err" "$work/err"
	fails_with 1 'the producer has gone'
	buffer_gone
}
check 'consumer: ends when the producer dies and nobody reads' \
	transfer_ends_while_writing

# Nobody waits for the killed one: the kernel keeps its process number, so
# that kill(2) would find it, but its semaphore tells.
transfer_ends_beside_a_zombie() {
	new_key
	mkfifo "$work/hold" "$work/in"
	# shellcheck disable=SC2016,SC2086 # for that shell, of one word or two
	$shell -c '"$0" -k "$1" >/dev/null & echo "$!" >"$2"; exec cat "$3"' \
		"$build/shm/consumer" "$key" "$work/zombie" "$work/hold" &
	exec 6>"$work/hold"
	await_that test -s "$work/zombie"
	await_that joined consumer
	start_from "$work/in" producer shm/producer -k "$key"
	exec 4>"$work/in"
	await_that joined producer
	kill -s KILL "$(cat "$work/zombie")"
	survivor producer consumer
	exec 6>&-
}
check 'producer: a dead consumer that is still a zombie is dead' \
	transfer_ends_beside_a_zombie

transfer_interrupted_alone() {
	new_key
	for alone in producer consumer; do
		for signal in INT=130 TERM=143 HUP=129; do
			start "$alone" "shm/$alone" -k "$key"
			await_that segment_exists "$key"
			stop "$alone" "${signal%=*}"
			finish "$alone"
			exits "${signal#*=}"
			buffer_gone
		done
	done
}
check 'producer, consumer: interrupted while alone, nothing is left' \
	transfer_interrupted_alone

# The other side may not have found the segment yet. Were its set removed, it
# would take, or remove, that of the next ones to come.
transfer_last_removes() {
	new_key
	mkfifo "$work/in"
	for last in consumer producer; do
		case $last in
		consumer) first=producer ;;
		producer) first=consumer ;;
		esac
		start consumer shm/consumer -k "$key"
		start_from "$work/in" producer shm/producer -k "$key"
		exec 4>"$work/in"
		await_that joined consumer
		await_that joined producer
		stop "$last" STOP
		stop "$first"
		finish "$first"
		exits 143
		for side in producer consumer; do
			run "shm/$side" -k "$key" 4>&-
			fails_with 1 "has a $side, or just had"
		done
		segment_exists "$key" || fail 'a segment for who is left'
		stop "$last" CONT
		survivor "$last" "$first"
		exec 4>&-
	done
}
check 'producer, consumer: who goes first leaves the objects to the last' \
	transfer_last_removes

# As Ctrl-C does it where both are in the foreground.
transfer_both_interrupted() {
	new_key
	mkfifo "$work/in"
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		start consumer shm/consumer -k "$key"
		start_from "$work/in" producer shm/producer -k "$key"
		exec 4>"$work/in"
		await_that joined consumer
		await_that joined producer
		kill -s INT "$(pid producer)" "$(pid consumer)"
		exec 4>&-
		finish producer
		finish consumer
		buffer_gone
	done
}
check 'producer, consumer: Ctrl-C for both, and nothing is left' \
	transfer_both_interrupted

# Both killed: nobody could tidy up, so the next ones do.
transfer_takes_over() {
	new_key
	random_bytes 100000 >"$work/data"
	for first in producer consumer; do
		start consumer shm/consumer -k "$key"
		start_from /dev/zero producer shm/producer -k "$key"
		await_that test -s "$work/consumer.out"
		stop producer STOP
		stop consumer STOP
		stop producer KILL
		stop consumer KILL
		finish producer
		finish consumer
		segment_exists "$key" || fail 'a segment that was left'
		case $first in
		producer) transfer producer consumer ;;
		consumer) transfer consumer producer ;;
		esac
	done
	start producer shm/producer -k "$key"
	await_that joined producer
	stop producer KILL
	finish producer
	transfer consumer producer
}
check 'producer, consumer: what two killed ones left is taken over' \
	transfer_takes_over

# As Ctrl-Z and fg do.
transfer_survives_stops() {
	new_key
	random_bytes 20000000 >"$work/data"
	start consumer shm/consumer -k "$key"
	start_from "$work/data" producer shm/producer -k "$key"
	for side in producer consumer producer consumer producer consumer; do
		stop "$side" STOP 2>/dev/null || break
		"$build/scripts/await" line /dev/null '' 0
		stop "$side" CONT
	done
	finish producer
	succeeds
	finish consumer
	succeeds
	cmp "$work/data" "$work/out" || fail 'the bytes that went in'
	buffer_gone
}
check 'producer, consumer: Ctrl-Z and fg lose nothing' transfer_survives_stops

# A length in the segment is somebody else's word.
transfer_wrong_length() {
	new_key
	echo text >"$work/data"
	start_from "$work/data" producer shm/producer -k "$key"
	await_that semaphore_is 1 2 # filled: the text, and the end
	printf '\001\000\001\000' >"$work/length"
	run tests/odd poke "$key" <"$work/length"
	succeeds
	run shm/consumer -k "$key"
	fails_with 1 '65537 bytes in a slot of 65536'
	survivor producer consumer
}
check 'consumer: a slot cannot hold more than a slot' transfer_wrong_length

# Others' objects that happen to have the key are neither used nor removed.
transfer_foreign_objects() {
	new_key
	run shm/writer -k "$key" mine
	for side in producer consumer; do
		run "shm/$side" -k "$key"
		exits 1
		says "key $(printf '0x%x' "$key")"
		semaphores_gone "$key"
	done
	run shm/reader -k "$key" -l
	prints 'Data read from memory: mine'
	run shm/reader -k "$key"
	run tests/odd segment "$key" 2000000 600 </dev/null
	succeeds
	for side in producer consumer; do
		run "shm/$side" -k "$key"
		fails_with 1 "another program's"
		segment_exists "$key" || fail "the segment that is somebody's"
	done
	run shm/reader -k "$key"
	for number in 1 6; do
		new_key
		run tests/odd semaphores "$key" "$number"
		succeeds
		for side in producer consumer; do
			run "shm/$side" -k "$key"
			exits 1
			says "key $(printf '0x%x' "$key")"
		done
		run tests/odd semaphore "$key" 0
		prints 7
	done
}
check 'producer, consumer: objects of other programs are left alone' \
	transfer_foreign_objects

transfer_is_private() {
	new_key
	start producer shm/producer -k "$key"
	await_that segment_exists "$key"
	run tests/odd mode segment "$key"
	prints 600
	run tests/odd mode semaphores "$key"
	prints 600
	stop producer
}
check 'producer, consumer: their objects are for their owner only' \
	transfer_is_private

finish_tests
