#!/bin/sh
# shm-buffer-ends.t - producer and consumer: how a transfer ends too early. For
# signals at each of their calls see scripts/watch/errors.h
# shellcheck source=tests/buffer.sh
. "${0%/*}/buffer.sh"

# It looks for the producer now, not within a second.
waiting_write_is_interrupted() {
	new_key
	mkfifo "$work/consumer.out"
	start consumer shm/consumer -k "$key"
	exec 5<"$work/consumer.out"
	begin_side producer /dev/zero
	await_ring '0 1[56] 2 2 yes'
	end producer KILL
	stop consumer ALRM
	survives consumer
}
check 'consumer: misses a killed producer also where its own reader waits' \
	waiting_write_is_interrupted

# No SIGPIPE ends it.
nobody_hears_its_message() {
	new_key
	open_unread
	"$build/shm/producer" -k "$key" <. 2>&4
	status=$?
	command='shm/producer <. 2>&1 | true'
	exits 1
	buffer_gone
}
check 'producer: fails and removes all, also where nobody hears why' \
	nobody_hears_its_message

# Nobody tells the survivor: it looks each second, here for the second time.
# And nobody waits for the killed one, which stays a zombie: kill(2) would find
# it, but its seat tells.
killed_side_is_missed() {
	new_key
	mkfifo "$work/in"
	exec 4<>"$work/in"
	for side in producer consumer; do
		(
			begin_side "$side" "$work/in"
			exec "$build/scripts/await" /dev/null ''
		) &
		begin_side "$(other_side "$side")" "$work/in"
		await_ring '15 0 2 2 yes'
		"$build/scripts/await" /dev/null '' 1.2
		stop "$side" KILL
		survives "$(other_side "$side")"
	done
}
check 'producer, consumer: where one is killed the other one notices' \
	killed_side_is_missed

nohup_is_respected() {
	new_key
	trap '' HUP
	begin_both one
	stop producer HUP
	stop consumer HUP
	pass_on two
	exec 4>&-
	ends_well producer
	ends_well consumer
}
check 'producer, consumer: nohup keeps both going' nohup_is_respected

# As Ctrl-C does it where both are in the foreground: either may be later.
both_are_interrupted() {
	new_key
	for last in producer consumer; do
		begin_both one
		stop "$last" STOP
		stop "$last" INT
		end "$(other_side "$last")" INT
		exits 130
		stop "$last" CONT
		exec 4>&-
		finish "$last"
		exits 130
		buffer_gone
	done
}
check 'producer, consumer: Ctrl-C for both, and nothing is left' \
	both_are_interrupted

# The last one does not know yet that the first has left.
first_leaves() { # SIDE
	last=$(other_side "$1")
	stop "$last" STOP
	end "$1"
	exits 143
	exec 4>&-
}

# What it does later must not touch the next transfer of the same key.
last_to_leave_removes_nothing() {
	new_key
	head -c 200000 /dev/urandom >"$work/data"
	for first in producer consumer; do
		begin_both
		[ "$first" = producer ] || pass_on one # it knows the segment
		first_leaves "$first"
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
	begin_both
	first_leaves consumer
	fails 1 'already has a segment' shm/producer -k "$key"
	ring_is '- - - - yes'
	stop producer CONT
	survives producer
}
check 'consumer: leaves a segment that it has not found to its producer' \
	unknown_segment_stays

finish_tests
