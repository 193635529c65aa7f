#!/bin/sh
# socket-echo.t - echo_server and echo_client: one server, many clients
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/socket.sh
. "${0%/*}/socket.sh"
# shellcheck source=tests/echo.sh
. "${0%/*}/echo.sh"

has_accepted() { # COUNT
	[ "$(grep -c '^Accepted connection$' "$work/echo.out")" -ge "$1" ]
}

# Ctrl-Z and fg do no harm either.
echo_keeps_order() {
	start_echo
	stop echo STOP
	start client socket/echo_client -u "$socket" one '' 'two words' three
	stop echo CONT
	ends_well client
	prints 'Echoed: one
Echoed: 
Echoed: two words
Echoed: three'
	await echo 'Received: three'
	end_echo
	prints_no_error
	prints "Server listening... $socket
Accepted connection
Received: one
Received: two words
Received: three"
}
check 'echo: messages come back in the order in which they were sent' \
	echo_keeps_order

echo_many_clients() {
	start_echo -q
	load -c 300 -r 10
	prints_like 'clients 300, round trips 3000,'
	begin_load connected idle -r 0 -c 297
	load -c 3 -r 100
	end_echo
	[ "$(grep -c '^Accepted connection$' "$work/out")" -eq 600 ] ||
		fail '600 times: Accepted connection'
	! grep -q Received "$work/out" || fail 'no line for a message with -q'
}
check 'echo: 300 clients at once each get their echoes' echo_many_clients

echo_client_that_never_reads() {
	start_echo -q
	load -n -c 100 -r 20
	begin_load 'one that never reads has sent ' load -n
	comes_to_rest echo
	still_serves
}
check 'echo: a client that does not read is not read from, and stalls nobody' \
	echo_client_that_never_reads

# With -e a client shuts its sending side, and wants the rest, then EOF.
echo_of_much() {
	start_echo -q
	load -s 10485760
	load -c 5 -s 300000
	load -p 1 -s 2000
	load -e
	load -e -c 20 -s 1000000
	load -e -p 1 -s 2000
	message=$(letters 120000)
	say "$message"
	succeeds
	prints "Echoed: $message"
}
check 'echo: 10 MiB, and byte after byte, come back exactly, then EOF' \
	echo_of_much

# All 256 bytes, from 0 on: three digits each, in octal.
echo_is_not_text() {
	start_echo
	bytes=$(awk 'BEGIN { for (i = 0; i < 256; i++)
		printf "\\%d%d%d", i / 64, i / 8 % 8, i % 8 }')
	# shellcheck disable=SC2059 # it is the format that makes bytes
	printf "$bytes" >"$work/bytes"
	port=$socket
	peer_client send-file "$work/bytes" shutdown read
	prints_bytes "connected\n$bytes"
}
check 'echo: any byte comes back, a NUL too' echo_is_not_text

# Closed with an echo unread, which is a reset; closed while echoes wait.
echo_of_a_dead_client() {
	start_echo
	letters 100000 >"$work/message"
	port=$socket
	peer_client send-file "$work/message" close
	begin_load 'never reads' load -n -c 2
	end load KILL
	still_serves
	comes_to_rest echo
	end_echo
	prints_no_error
}
check 'echo: a client that dies is just gone' echo_of_a_dead_client

# Open files are limited for all that this test starts. Of the second load
# most clients wait for descriptors, and so do those after it. When the first
# load's leave, there are some, but again not enough: that is told once only.
echo_without_descriptors() {
	# shellcheck disable=SC3045 # no shell of ours is without -n
	ulimit -n 40 2>/dev/null || skip 'ulimit -n cannot be had here'
	start_echo
	begin_load 'per second' first -c 30 -r 5
	begin_load connected second -c 30 -r 0
	await_that test -s "$work/echo.err"
	begin_load connected client
	begin_load connected third -c 30 -r 0
	comes_to_rest echo
	end first
	await client 'per second'
	end_echo
	fails_with 143 'new clients wait until one leaves'
}
check 'echo: without descriptors left it serves those it has, and waits' \
	echo_without_descriptors

# It is started with few, and may have more.
echo_raises_limit() {
	# shellcheck disable=SC3045 # no shell of ours is without -n
	ulimit -S -n 40 2>/dev/null || skip 'ulimit -S cannot be had here'
	# shellcheck disable=SC3045
	most=$(ulimit -H -n)
	[ "$most" = unlimited ] || [ "$most" -ge 100 ] ||
		skip "a process may have $most descriptors here"
	start_echo -q
	load -c 60
	end_echo
	prints_no_error
}
check 'echo: the server takes as many descriptors as it may' echo_raises_limit

# Each Enter ends one of the clients that stay.
echo_to_all() {
	start_echo -b
	for name in one two three; do
		start_with_keys "$name" socket/echo_client -w -u "$socket"
	done
	await_that has_accepted 3
	say 'to all' again
	succeeds
	prints 'Echoed: to all
Echoed: again'
	for name in one two three; do
		await "$name" again
		press_enter
	done
	for name in one two three; do
		finish "$name"
		exits 0
		prints_like 'Echoed: to all'
	done
}
check 'echo: with -b all clients get each message' echo_to_all

# What is typed before Enter does not count. At the end of input it ends too.
echo_stays_until_enter() {
	start_echo -b
	start_with_keys stays socket/echo_client -w -u "$socket" first
	await_error stays 'echo_client: printing what comes: press Enter to '
	say later
	await stays 'Echoed: later'
	printf typed >&9
	say 'still later'
	await stays 'Echoed: still later'
	! has_ended "$(pid stays)" || fail 'a client that stays'
	press_enter
	finish stays
	exits 0
	prints 'Echoed: first
Echoed: later
Echoed: still later'
	say -w last </dev/null
	exits 0
	prints 'Echoed: last'
}
check 'echo: client with -w stays until Enter, or the end of its input' \
	echo_stays_until_enter

finish_tests
