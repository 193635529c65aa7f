#!/bin/sh
# shm-buffer-ends.t - producer and consumer: how a transfer ends too early
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/buffer.sh
. "${0%/*}/buffer.sh"

no_core_file() { # of SIGQUIT
	# shellcheck disable=SC3045 # not POSIX, but all these shells have it
	ulimit -c 0
}

signal_ends_both() {
	new_key
	no_core_file
	while read -r signal side expected; do
		begin_both one
		end_side "$side" "$signal" "$expected"
		survives "$(other_side "$side")"
		exec 4>&-
	done <<-END
		HUP consumer 129
		INT producer 130
		QUIT consumer 131
		TERM producer 143
	END
}
check 'producer, consumer: any signal to one ends both, nothing is left' \
	signal_ends_both

# Nobody tells the survivor: it looks each second, here for the second time.
killed_side_is_missed() {
	for side in producer consumer; do
		mkdir "$work/$side"
		new_key
		survivor_notices "$side" >"$work/$side.log" 2>&1 &
		echo "$!" >"$work/$side.pid"
	done
	for side in producer consumer; do
		wait "$(pid "$side")" || fail "the $side to be missed:
$(cat "$work/$side.log")"
	done
}

survivor_notices() { # SIDE that is killed
	work=$work/$1
	begin_both one
	"$build/scripts/await" line /dev/null '' 1.2
	stop "$1" KILL
	survives "$(other_side "$1")"
}
check 'producer, consumer: where one is killed the other one notices' \
	killed_side_is_missed

signal_ends_one_alone() {
	new_key
	no_core_file
	for side in producer consumer; do
		for signal in HUP=129 INT=130 QUIT=131 TERM=143; do
			begin_side "$side"
			end "$side" "${signal%=*}"
			exits "${signal#*=}"
			buffer_gone
		done
	done
}
check 'producer, consumer: interrupted while alone, nothing is left' \
	signal_ends_one_alone

# The consumer has not found the segment yet, which is now its to remove.
killed_before_it_began() {
	new_key
	begin_both
	end_side producer KILL 137
	survives consumer
}
check 'consumer: removes all also before anything was sent' \
	killed_before_it_began

killed_while_full() {
	new_key
	begin_side consumer
	stop consumer STOP
	begin_side producer /dev/zero
	await_ring '0 1[56] 2 2 yes'
	end_side consumer KILL 137
	survives producer
}
check 'producer: ends when the consumer dies with the buffer full' \
	killed_while_full

# Nobody reads what the consumer writes: it waits in write.
killed_while_writing() {
	new_key
	mkfifo "$work/consumer.out"
	start consumer shm/consumer -k "$key"
	exec 5<"$work/consumer.out"
	begin_side producer /dev/zero
	await_ring '0 1[56] 2 2 yes'
	end_side producer KILL 137
	survives consumer
}
check 'consumer: ends when the producer dies and nobody reads' \
	killed_while_writing

# Nobody waits for the killed one: the kernel keeps its process number, so
# that kill(2) would find it, but its semaphore tells.
zombie_is_dead() {
	new_key
	mkfifo "$work/hold"
	# shellcheck disable=SC2016,SC2086 # for that shell, of one word or two
	$shell -c '"$0" -k "$1" >/dev/null & echo "$!" >"$2"; exec cat "$3"' \
		"$build/shm/consumer" "$key" "$work/zombie.pid" "$work/hold" &
	exec 6>"$work/hold"
	mkfifo "$work/in"
	exec 4<>"$work/in"
	begin_side producer "$work/in"
	await_ring '* * 2 2 yes'
	await_that test -s "$work/zombie.pid"
	stop zombie KILL
	await_ring '* * 2 1 yes'
	stop producer ALRM
	survives producer
	exec 6>&-
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
stops_lose_nothing() {
	new_key
	head -c 2000000 /dev/urandom >"$work/data"
	begin_side consumer
	await_that waits consumer
	stop consumer STOP
	stop consumer CONT
	await_that waits consumer
	stop consumer STOP
	begin_side producer "$work/data"
	await_ring '0 1[56] 2 2 yes'
	await_that waits producer
	stop producer STOP
	stop producer CONT
	await_that waits producer
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
		begin_both one
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
	head -c 1000 /dev/urandom >"$work/data"
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

# A length in the segment is another process's word.
length_is_checked() {
	new_key
	echo text >"$work/data"
	begin_side producer "$work/data"
	await_ring '14 2 2 0 yes' # filled: the text, and the end
	printf '\001\000\001\000' >"$work/length"
	run tests/odd poke "$key" <"$work/length"
	succeeds
	fails 1 '65537 bytes in a slot of 65536' shm/consumer -k "$key"
	survives producer
}
check 'consumer: a slot cannot hold more than a slot' length_is_checked

segment_is_removed() {
	new_key
	echo text >"$work/data"
	begin_side producer "$work/data"
	await_ring '14 2 2 0 yes'
	run scripts/sysv clear <<-END
		segment $key
	END
	succeeds
	ring_is '14 2 2 0 no'
	run shm/consumer -k "$key"
	exits 1
	prints_nothing
	survives producer
}
check 'consumer: fails where somebody has removed the segment' \
	segment_is_removed

# Nobody reads what it says: it has its objects to remove all the same.
nobody_reads_the_error() {
	new_key
	mkfifo "$work/producer.out" "$work/producer.err" "$work/in"
	begin_side consumer
	start_from "$work/in" producer shm/producer -k "$key"
	exec 4>"$work/in" 5<"$work/producer.out" 6<"$work/producer.err"
	await_ring '* * 2 2 yes'
	exec 6<&-
	end_side consumer KILL 137
	finish producer
	exits 1
	buffer_gone
}
check 'producer: removes all where nobody reads what it says' \
	nobody_reads_the_error

# As nohup starts it.
hangup_stays_ignored() {
	for side in producer consumer; do
		new_key
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
check 'producer, consumer: started with SIGHUP ignored, it stays ignored' \
	hangup_stays_ignored

process_1_ends() {
	for side in producer consumer; do
		new_key
		start_as_process_1 container "shm/$side" -k "$key"
		case $side in
		producer) await_ring '* * 2 * yes' ;;
		consumer) await_ring '* * * 2 *' ;;
		esac
		kill -s TERM "$child"
		finish container
		exits 143
		buffer_gone
	done
}
check 'producer, consumer: a signal ends also process 1' process_1_ends

finish_tests
