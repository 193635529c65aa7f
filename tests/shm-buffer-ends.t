#!/bin/sh
# shm-buffer-ends.t - producer and consumer: how a transfer ends
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/buffer.sh
. "${0%/*}/buffer.sh"

no_core_file() { # of SIGQUIT
	# shellcheck disable=SC3045 # not POSIX, but all these shells have it
	ulimit -c 0
}

# The producer waits for input, the consumer for the producer.
transfer_ends_while_idle() {
	new_key
	no_core_file
	for signal in KILL INT TERM HUP QUIT; do
		for killed in producer consumer; do
			start_both
			echo one >&4
			await consumer one
			[ "$signal" != KILL ] || # it has checked once
				"$build/scripts/await" line /dev/null '' 1.2
			stopped=$(date +%s)
			stop "$killed" "$signal"
			case $killed in
			producer) survivor consumer producer ;;
			consumer) survivor producer consumer ;;
			esac
			[ "$(($(date +%s) - stopped))" -le 2 ] ||
				fail 'an end within two seconds'
			exec 4>&-
			finish "$killed"
			[ "$status" -gt 128 ] || fail "an end by SIG$signal"
		done
	done
}
check 'producer, consumer: any signal to one ends both, nothing is left' \
	transfer_ends_while_idle

# The consumer has not found the segment yet, which is now its to remove.
transfer_ends_before_it_begins() {
	new_key
	start_both
	await_that segment_exists "$key"
	stop producer KILL
	survivor consumer producer
}
check 'consumer: removes all also before anything was sent' \
	transfer_ends_before_it_begins

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
	await_that joined consumer
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
	no_core_file
	for alone in producer consumer; do
		for signal in INT=130 TERM=143 HUP=129 QUIT=131; do
			start "$alone" "shm/$alone" -k "$key"
			await_that joined "$alone"
			[ "$alone" = consumer ] ||
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

# The other side does not even know yet: what it does later, here after a stop,
# must not touch the next transfer of the same key.
transfer_first_removes() {
	new_key
	random_bytes 200000 >"$work/data"
	for last in consumer producer; do
		case $last in
		consumer) first=producer ;;
		producer) first=consumer ;;
		esac
		start_both
		if [ "$first" = consumer ]; then # it has to know the segment
			echo one >&4
			await consumer one
		fi
		stop "$last" STOP
		cp "$work/$last.pid" "$work/late.pid"
		stop "$first"
		finish "$first"
		exits 143
		exec 4>&-
		buffer_gone
		mv "$work/$last.out" "$work/late.out"
		mv "$work/$last.err" "$work/late.err"
		start_from "$work/data" producer shm/producer -k "$key"
		await_that joined producer
		await_that segment_exists "$key"
		stop late CONT
		finish late
		fails_with 1 "the $first has gone"
		start consumer shm/consumer -k "$key"
		finish producer
		succeeds
		finish consumer
		succeeds
		cmp "$work/data" "$work/out" || fail 'the bytes that went in'
		buffer_gone
	done
}
check 'producer, consumer: who leaves first removes both, the last no more' \
	transfer_first_removes

# It does not know the producer's segment yet, so that stays as long as the
# producer does.
transfer_left_early() {
	new_key
	random_bytes 1000 >"$work/data"
	start_both
	stop producer STOP
	stop consumer
	finish consumer
	exits 143
	exec 4>&-
	run shm/producer -k "$key"
	fails_with 1 'already has a segment'
	segment_exists "$key" || fail 'the segment of the first producer'
	stop producer CONT
	survivor producer consumer
	transfer producer consumer
}
check 'consumer: leaves a segment that it has not found to its producer' \
	transfer_left_early

# As Ctrl-C does it where both are in the foreground.
transfer_both_interrupted() {
	new_key
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		start_both
		kill -s INT "$(pid producer)" "$(pid consumer)"
		exec 4>&-
		finish producer
		finish consumer
		buffer_gone
	done
}
check 'producer, consumer: Ctrl-C for both, and nothing is left' \
	transfer_both_interrupted

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

# Somebody has removed the producer's segment.
transfer_without_segment() {
	new_key
	echo text >"$work/data"
	start_from "$work/data" producer shm/producer -k "$key"
	await_that semaphore_is 1 2 # filled: the text, and the end
	run scripts/sysv remove segment \
		"$("$build/scripts/sysv" find segment "$key")"
	succeeds
	run shm/consumer -k "$key"
	exits 1
	prints_nothing
	survivor producer consumer
}
check 'consumer: fails where the segment was removed' transfer_without_segment

# Nobody reads what it says: it has its objects to remove all the same.
transfer_unread_message() {
	new_key
	mkfifo "$work/producer.out" "$work/producer.err" "$work/in"
	start consumer shm/consumer -k "$key"
	start_from "$work/in" producer shm/producer -k "$key"
	exec 4>"$work/in" 5<"$work/producer.out" 6<"$work/producer.err"
	await_that joined producer
	await_that joined consumer
	exec 6<&-
	stop consumer KILL
	wait "$(pid producer)"
	status=$?
	[ "$status" -eq 1 ] || fail "exit status 1, not $status"
	buffer_gone
}
check 'producer: removes all where nobody reads what it says' \
	transfer_unread_message

# As nohup starts it.
transfer_ignores_hangup() {
	new_key
	for side in producer consumer; do
		trap '' HUP
		start_from /dev/null "$side" "shm/$side" -k "$key"
		trap - HUP
		await_that joined "$side"
		stop "$side" HUP
		"$build/scripts/await" line /dev/null '' 0.2
		joined "$side" || fail "$side after a SIGHUP that it ignores"
		stop "$side"
		finish "$side"
		exits 143
		buffer_gone
	done
}
check 'producer, consumer: started with SIGHUP ignored, it stays ignored' \
	transfer_ignores_hangup

# Process 1 of a container is not ended by a signal that it sends itself.
transfer_as_process_1() {
	unshare --pid --fork true 2>/dev/null ||
		skip 'no process can be process 1 here'
	new_key
	for side in producer consumer; do
		unshare --pid --fork "$build/shm/$side" -k "$key" </dev/null &
		outer=$!
		await_that joined "$side"
		[ "$side" = consumer ] || await_that segment_exists "$key"
		kill -s TERM "$(child_of "$outer")"
		wait "$outer"
		status=$?
		command="unshare --pid --fork shm/$side"
		exits 143
		buffer_gone
	done
}
check 'producer, consumer: a signal ends also process 1' transfer_as_process_1

finish_tests
