#!/bin/sh
# shm-buffer-joins.t - producer and consumer: which of them may join, and where
# shellcheck source=tests/buffer.sh
. "${0%/*}/buffer.sh"

# A process that asks again and again is hardly ever found asleep.
both_sleep() {
	await_that waits producer
	await_that waits consumer
}

second_one_is_refused() {
	new_key
	mkfifo "$work/in"
	exec 4<>"$work/in"
	begin_side producer "$work/in"
	gives 600 tests/odd mode segment "$key"
	gives 600 tests/odd mode semaphores "$key"
	fails 1 'has a producer' shm/producer -k "$key"
	begin_side consumer
	both_sleep
	pass_on one
	both_sleep
	fails 1 'has a consumer' shm/consumer -k "$key"
	fails 1 'has a producer' shm/producer -k "$key"
	pass_on two # they have only looked
	both_sleep
	end_side producer TERM 143
	survives consumer
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

# The other one finds a seat that was taken, but empty, and removes all.
one_was_killed_alone() {
	new_key
	head -c 1000 /dev/urandom >"$work/data"
	mkfifo "$work/in"
	exec 4<>"$work/in"
	for killed in producer consumer; do
		next=$(other_side "$killed")
		begin_side "$killed" "$work/in"
		end "$killed" KILL
		begin_side "$next" "$work/in"
		stop "$next" ALRM
		survives "$next"
		transfer consumer
	done
}
check 'producer, consumer: one that was killed alone is told to the other' \
	one_was_killed_alone

# Each side fails on these objects, and leaves them as they are.
both_refuse() { # TEXT STATE
	for side in producer consumer; do
		fails 1 "$1" "shm/$side" -k "$key"
		ring_is "$2"
	done
}

other_programs_are_left_alone() {
	new_key
	gives 'Data written to memory: mine' shm/writer -k "$key" mine
	both_refuse "key $(printf '0x%x' "$key")" '- - - - yes'
	gives 'Data read from memory: mine' shm/reader -k "$key"
	run tests/odd segment "$key" 2000000 600 </dev/null
	succeeds
	both_refuse "another program's" '- - - - yes'
	for set in '7|7 - - - no' '7 0 0 0 0 0|7 0 0 0 no'; do
		new_key
		# shellcheck disable=SC2086 # one value or six
		run tests/odd set "$key" 600 ${set%|*}
		succeeds
		both_refuse "key $(printf '0x%x' "$key")" "${set#*|}"
	done
}
check 'producer, consumer: objects of other programs are left alone' \
	other_programs_are_left_alone

# Another user was first, and lets everybody use both objects, or one of them.
others_buffer_refused() {
	two_users shm/producer shm/consumer tests/odd scripts/sysv scripts/limit
	run_as "$me" sysv names
	key=$(sed -n 's/^semaphores \(0x[0-9a-f]*\)$/\1/p' "$out")
	printf 'segment %s\nsemaphores %s\n' "$key" "$key" >"$work/buffer"
	trap remove_others_buffer EXIT
	while IFS='|' read -r kinds state expected; do
		[ "$kinds" = segment ] ||
			run_as "$other" odd set "$key" 666 0 0 0 0
		[ "$kinds" = set ] ||
			run_as "$other" odd segment "$key" "$((16 * 65540))" \
				666 </dev/null
		for side in producer consumer; do
			run_as "$me" limit 5 "./$side" </dev/null
			fails_with 1 "$expected"
			says 'another user'
			prints_nothing
		done
		ring_is "$state"
		remove_others_buffer
		buffer_gone
	done <<-END
		set|0 0 0 0 no|was made by another user
		segment|- - - - yes|already has a segment
		both|0 0 0 0 yes|was made by another user
	END
}

remove_others_buffer() {
	run_as "$other" sysv clear <"$work/buffer"
	run_as "$me" sysv clear <"$work/buffer"
}
check "producer, consumer: another user's objects are refused" \
	others_buffer_refused

# Whatever a set's values are: each of the two gives up, or waits and can be
# ended, and does not ask again and again.
no_values_make_it_run() {
	for values in '1 0 0 0' '0 1 0 0' '0 0 1 0' '0 0 0 1' '0 0 1 1' \
		'9 9 9 9'; do
		for side in producer consumer; do
			new_key
			# shellcheck disable=SC2086 # these are four
			run tests/odd set "$key" 600 $values
			succeeds
			start "$key" "shm/$side" -k "$key"
			await_that is_in_state "$key" '[SIZ]*'
			end "$key"
			case $status in
			0 | 1 | 143) ;;
			*) fail "an end of $side with $values" ;;
			esac
		done
	done
}
check 'producer, consumer: no set of values makes one run for ever' \
	no_values_make_it_run

# A semaphore that holds all that it can: it is not the other side's end.
failing_semop_is_named() {
	new_key
	run tests/odd set "$key" 600 0 32767 0 0
	succeeds
	fails 1 'semop: give to set' shm/producer -k "$key" </dev/null
	buffer_gone
}
check 'producer: a semop that fails is named' failing_semop_is_named

finish_tests
