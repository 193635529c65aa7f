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

joined() { # SIDE, by the semaphore that says so
	case $1 in
	producer) semaphore_is 2 1 ;;
	consumer) semaphore_is 3 1 ;;
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

survivor() { # NAME OTHER
	finish "$1"
	fails_with 1 "the $2 has gone"
	buffer_gone
}
