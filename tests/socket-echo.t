#!/bin/sh
# socket-echo.t - echo_server and echo_client: one server, many clients
# shellcheck source=tests/echo.sh
. "${0%/*}/echo.sh"

has_accepted() { # COUNT
	[ "$(grep -c '^Accepted connection$' "$work/echo.out")" -ge "$1" ]
}

# Ctrl-Z and fg do no harm either.
order_is_kept() {
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
check 'messages come back in the order in which they were sent' order_is_kept

many_clients() {
	start_echo -q
	load_echo -c 300 -r 10
	prints 'clients 300, round trips 3000'
	begin_load connected idle -r 0 -c 297
	load_echo -c 3 -r 100
	end_echo
	[ "$(grep -c '^Accepted connection$' "$out")" -eq 600 ] ||
		fail '600 times: Accepted connection'
	! grep -q Received "$out" || fail 'no line for a message with -q'
}
check '300 clients at once each get their echoes' many_clients

client_never_reads() {
	start_echo -q
	load_echo -n -c 100 -r 20
	begin_load 'one that never reads has sent ' load -n
	comes_to_rest echo
	still_serves
}
check 'a client that does not read stalls nobody' client_never_reads

# With -e a client shuts its sending side, and wants the rest, then EOF.
much_is_sent() {
	start_echo -q
	load_echo -s 10485760
	load_echo -c 5 -s 300000
	load_echo -p 1 -s 2000
	load_echo -e
	load_echo -e -c 20 -s 1000000
	load_echo -e -p 1 -s 2000
	message=$(letters 120000)
	say "$message"
	succeeds
	prints "Echoed: $message"
}
check '10 MiB, and byte after byte, come back exactly, then EOF' much_is_sent

# All 256 bytes, from 0 on: three digits each, in octal.
bytes_are_no_text() {
	start_echo
	bytes=$(awk 'BEGIN { for (i = 0; i < 256; i++)
		printf "\\%d%d%d", i / 64, i / 8 % 8, i % 8 }')
	# shellcheck disable=SC2059 # it is the format that makes bytes
	printf "$bytes" >"$work/bytes"
	port=$socket
	peer_client send-file "$work/bytes" shutdown read
	prints_bytes "connected\n$bytes"
}
check 'any byte comes back, a NUL too' bytes_are_no_text

# Closed with an echo unread, which is a reset; closed while echoes wait.
client_dies() {
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
check 'a client that dies is just gone' client_dies

# Open files are limited for all that this test starts. Of the second load
# most clients wait for descriptors, and so do those after it. When the first
# load's leave, there are some, but again not enough: that is told once only.
no_descriptors() {
	# shellcheck disable=SC3045 # no shell of ours is without -n
	ulimit -n 40 2>/dev/null || skip 'ulimit -n cannot be had here'
	start_echo
	begin_load 'round trips' first -c 30 -r 5
	begin_load connected second -c 30 -r 0
	await_that test -s "$work/echo.err"
	begin_load connected client
	begin_load connected third -c 30 -r 0
	comes_to_rest echo
	end first
	await client 'round trips'
	end_echo
	fails_with 143 'new clients wait until one leaves'
}
check 'without descriptors it serves those it has, and waits' no_descriptors

# It is started with few, and may have more.
limit_is_raised() {
	# shellcheck disable=SC3045 # no shell of ours is without -n
	ulimit -S -n 40 2>/dev/null || skip 'ulimit -S cannot be had here'
	# shellcheck disable=SC3045
	most=$(ulimit -H -n)
	[ "$most" = unlimited ] || [ "$most" -ge 100 ] ||
		skip "a process may have $most descriptors here"
	start_echo -q
	load_echo -c 60
	end_echo
	prints_no_error
}
check 'the server takes as many descriptors as it may' limit_is_raised

all_get_it() {
	start_echo -b
	for name in one two three; do
		start "$name" tests/tcp_peer connect "$socket" read
	done
	await_that has_accepted 3
	say 'to all, ' again
	succeeds
	prints 'Echoed: to all, 
Echoed: again'
	end_echo
	for name in one two three; do
		ends_well "$name"
		prints_bytes 'connected\nto all, again'
	done
}
check 'with -b all clients get each message' all_get_it

# What is typed before Enter does not count. At the end of input it ends too.
stays_until_enter() {
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
check 'client -w stays until Enter, or the end of its input' stays_until_enter

finish_tests
