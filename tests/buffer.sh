#!/bin/sh
# buffer.sh - what the tests of producer and consumer share
# shellcheck disable=SC2034,SC2154 # lib.sh and the tests set and use them

# What goes in comes out, and then nothing is left.
transfer() { # FIRST SECOND, the two sides in the order of their start
	for side in "$1" "$2"; do
		start_from "$work/data" "$side" "shm/$side" -k "$key"
		if [ "$side" = "$1" ]; then
			await_that joined "$side"
		fi
	done
	finish producer
	succeeds
	prints_nothing
	finish consumer
	succeeds
	cmp "$work/data" "$work/out" || fail 'the bytes that went in'
	buffer_gone
}

joined() { # SIDE, by its seat; 1 instead of 2: it has ended
	case $1 in
	producer) semaphore_is 2 "${2:-2}" ;;
	consumer) semaphore_is 3 "${2:-2}" ;;
	esac
}

buffer_gone() {
	segment_gone "$key"
	semaphores_gone "$key"
}

random_bytes() { # COUNT
	head -c "$1" /dev/urandom
}

semaphore_is() { # NUMBER VALUE
	[ "$("$build/tests/odd" semaphore "$key" "$1" 2>&1)" = "$2" ]
}

# Both have joined; fd 4 is the producer's input.
start_both() {
	[ -p "$work/in" ] || mkfifo "$work/in"
	start consumer shm/consumer -k "$key"
	start_from "$work/in" producer shm/producer -k "$key"
	exec 4>"$work/in"
	await_that joined consumer
	await_that joined producer
}

survivor() { # NAME OTHER
	finish "$1"
	fails_with 1 "the $2 has gone"
	buffer_gone
}
