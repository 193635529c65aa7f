#!/bin/sh
# soak.sh - the long checks: much data, many clients, many times
#
# For `make soak`; SOAK=short asks less of each. Figures are told beside the
# results, as comments. For sudden deaths see scripts/watch/errors.h.
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

case ${SOAK:-full} in
short) megabytes=64 connections=1000 clients=60 orders=20 ;;
*) megabytes=1024 connections=5000 clients=150 orders=200 ;;
esac

# Tests of a file of tests, with other figures, which are in the environment.
again() { # NAME FUNCTION ...
	file=$1
	shift
	$shell "tests/$file.t" "$@" >"$work/tap" ||
		fail "that all is well again: $(cat "$work/tap")"
}

transfer_is_exact() {
	new_key
	mkfifo "$work/original"
	head -c "$((megabytes * 1048576))" /dev/urandom | tee "$work/original" |
		"$build/shm/producer" -k "$key" &
	producer=$!
	"$build/shm/consumer" -k "$key" | cmp - "$work/original" ||
		fail 'the bytes that went in'
	wait "$producer" || fail 'a producer that is content'
}

resident() { # NAME, in KiB; only Linux tells
	awk '/^VmRSS:/ { print $2 }' "/proc/$(pid "$1")/status" 2>/dev/null
}

echo_for_many() {
	# shellcheck disable=SC3045 # all shells that we know have it
	ulimit -S -n "$((connections + 50))" 2>/dev/null ||
		skip "a process may have $(ulimit -H -n) descriptors only"
	begin listening server socket/echo_server -q -u "$work/echo"
	before=$(resident server)
	begin connected never_reads tests/peer connect "$work/echo" flood stay
	begin "$((connections - 1)) 1" load tests/peer clients "$connections" \
		connect "$work/echo" send 1 hear send 2 hear send 3 hear stay
	if [ -n "$before" ]; then
		bytes=$((($(resident server) - before) * 1024 / connections))
		note "$connections clients: $bytes bytes each"
		[ "$bytes" -lt 16384 ] || fail 'less than 16 KiB for each'
	fi
	await load "$((connections - 1)) 3"
	end load
	end server
	[ ! -e "$work/echo" ] || fail 'no path'
}

# Many short texts in queues that hold a dozen; a few that are as long as may
# be, in queues that hold nine of them.
queue_for_many() {
	export QUEUE_CLIENTS="$clients" QUEUE_WORDS QUEUE_BYTES
	QUEUE_WORDS='a b c d e f g h i j k l m n o p q r s t'
	for QUEUE_BYTES in 1000 200 100; do
		again msgqueue-server many_clients
	done
	long=$(letters 95)
	QUEUE_WORDS="a$long b$long c$long"
	QUEUE_BYTES=1000
	again msgqueue-server many_clients
}

# The only worker waits 5 seconds for it, and then takes the next one.
silent_client() {
	begin 'worker ' server socket/prefork -w 1 -p 0
	port=$(port_of server)
	begin connected silent tests/peer connect "$port" read
	run socket/client -p "$port"
	succeeds
	prints_like 'Hello from worker '
	ends_well silent
	prints connected
}

orders_hold() {
	export WATCH_TIMES="$orders"
	again watch-step reader_comes_early writer_overwrites \
		race_is_won_and_lost increments_are_lost recv_waits \
		nonblocking_recv_does_not_wait nonblocking_recv_is_late \
		queue_is_filled
}

time_limit=600
check "$megabytes MiB of any bytes come through a buffer" transfer_is_exact
check "one echo server has $connections clients at once" echo_for_many
check "$clients clients of a queue, and a third is killed" queue_for_many
check 'prefork gives up a client that says nothing' silent_client
time_limit=3000
check "a chosen order has the same outcome $orders times" orders_hold
finish_tests
