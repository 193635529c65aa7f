#!/bin/sh
# shm-buffer-joins.t - producer and consumer: who may join, and where
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

# Both killed: nobody could tidy up, and the next ones say who can.
transfer_both_killed() {
	new_key
	start_both
	stop producer STOP
	stop consumer STOP
	stop producer KILL
	stop consumer KILL
	finish producer
	finish consumer
	for side in producer consumer; do
		run "shm/$side" -k "$key"
		fails_with 1 "a $side was killed here: run make clean-ipc"
		segment_exists "$key" || fail 'the segment that was left'
	done
}
check 'producer, consumer: where two were killed, the next one says so' \
	transfer_both_killed

# Killed before the other side has come: that one finds an empty seat that was
# taken, says so, and removes all.
transfer_killed_alone() {
	new_key
	mkfifo "$work/in"
	random_bytes 1000 >"$work/data"
	for killed in producer consumer; do
		case $killed in
		producer) next=consumer ;;
		consumer) next=producer ;;
		esac
		start_from "$work/in" producer shm/producer -k "$key"
		exec 4>"$work/in"
		if [ "$killed" = consumer ]; then
			stop producer
			finish producer
			start consumer shm/consumer -k "$key"
		fi
		await_that joined "$killed"
		[ "$killed" = consumer ] || await_that segment_exists "$key"
		stop "$killed" KILL
		finish "$killed"
		start_from "$work/in" "$next" "shm/$next" -k "$key"
		survivor "$next" "$killed"
		exec 4>&-
		transfer consumer producer
	done
}
check 'producer, consumer: one that was killed alone is told to the other' \
	transfer_killed_alone

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

# Another user was first, and lets everybody use both objects, or one of them.
others_buffer_refused() {
	two_users shm/producer shm/consumer tests/odd scripts/sysv scripts/limit
	run_as "$me" sysv names
	key=$(sed -n 's/^semaphores \(0x[0-9a-f]*\)$/\1/p' "$work/out")
	trap remove_others_buffer EXIT
	for kinds in set segment both; do
		expected='was made by another user'
		if [ "$kinds" != segment ]; then
			run_as "$other" odd set "$key" 666 0 0 0 0
			succeeds
		fi
		if [ "$kinds" != set ]; then
			run_as "$other" odd segment "$key" "$buffer_size" 666 \
				</dev/null
			succeeds
		fi
		[ "$kinds" != segment ] || expected='already has a segment'
		for side in producer consumer; do
			run_as "$me" limit 5 "./$side" </dev/null
			fails_with 1 "$expected"
			says "another user"
			prints_nothing
		done
		case $kinds in
		segment) semaphores_gone "$key" ;; # those that we made
		*) for number in 0 1 2 3; do
			semaphore_is "$number" 0 || fail 'a set left alone'
		done ;;
		esac
		[ "$kinds" = set ] || segment_exists "$key" ||
			fail 'a segment left alone'
		remove_others_buffer
	done
}

buffer_size=$((16 * 65540))

remove_others_buffer() {
	for kind in segment semaphores; do
		id=$("$build/scripts/sysv" find "$kind" "$key") || continue
		run_as "$other" sysv remove "$kind" "$id"
		run_as "$me" sysv remove "$kind" "$id"
	done
}
check "producer, consumer: another user's objects are refused" \
	others_buffer_refused

# Whatever a set's values are: each of the two gives up, or waits and can be
# ended, and does not ask again and again.
transfer_odd_values() {
	for values in '1 0 0 0' '0 1 0 0' '0 0 1 0' '0 0 0 1' '0 0 1 1' \
		'9 9 9 9'; do
		for side in producer consumer; do
			new_key
			# shellcheck disable=SC2086 # these are four
			run tests/odd set "$key" 600 $values
			succeeds
			start "$side" "shm/$side" -k "$key"
			await_that ended_or_asleep "$side"
			kill -s TERM "$(pid "$side")" 2>/dev/null
			finish "$side"
			case $status in
			0 | 1 | 143) ;;
			*) fail "an end of $side with $values" ;;
			esac
		done
	done
}

ended_or_asleep() { # NAME
	case $(ps -o stat= -p "$(pid "$1")" 2>/dev/null) in
	'' | S* | I* | Z*) ;;
	*) false ;;
	esac
}
check 'producer, consumer: no set of values makes one run for ever' \
	transfer_odd_values

# What fails is named, and it is not the other side's end: a semaphore that
# holds all that it can, a limit of the kernel.
transfer_names_the_call() {
	new_key
	run tests/odd set "$key" 600 0 32767 0 0
	succeeds
	run shm/producer -k "$key" </dev/null
	fails_with 1 'semop: give to set'
	buffer_gone
}
check 'producer: a semop that fails is named' transfer_names_the_call

transfer_at_a_limit() {
	unshare -i true 2>/dev/null || skip 'no IPC namespace can be made here'
	new_key
	for limit in 'sem 250 32000 32 0' 'shmmni 0' 'shmmax 5000'; do
		command="shm/producer with $limit"
		# shellcheck disable=SC2016 # for that shell
		unshare -i sh -c 'echo "$1" >"/proc/sys/kernel/$2" &&
			exec "$3" -k "$4"' sh "${limit#* }" "${limit%% *}" \
			"$build/shm/producer" "$key" </dev/null \
			>"$work/out" 2>"$work/err"
		status=$?
		case $limit in
		sem*) fails_with 1 'semget: the limit of objects is' ;;
		shmmni*) fails_with 1 'shmget: the limit of objects is' ;;
		shmmax*) fails_with 1 'Invalid argument' ;;
		esac
	done
}
check 'producer: a limit of the kernel is told as what it is' \
	transfer_at_a_limit

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
