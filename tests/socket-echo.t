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

echo_pair() {
	start_echo
	say
	succeeds
	prints 'Echoed: Hello, server!'
	await echo 'Received: Hello, server!'
	stop_echo
	exits 143
	[ ! -s "$work/err" ] || fail 'nothing on standard error'
	prints "Server listening... $socket
Accepted connection
Received: Hello, server!"
}
check 'echo: server and client print what they say to each other' echo_pair

echo_keeps_order() {
	start_echo
	say one '' 'two words' three
	succeeds
	prints 'Echoed: one
Echoed: 
Echoed: two words
Echoed: three'
	await echo 'Received: three'
	stop_echo
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
	prints_like 'clients 300, busy 300, round trips 3000,'
	load -c 300 -b 3 -r 100
	stop_echo
	[ "$(grep -c '^Accepted connection$' "$work/out")" -eq 600 ] ||
		fail '600 times: Accepted connection'
	! grep -q Received "$work/out" || fail 'no line for a message with -q'
}
check 'echo: 300 clients at once each get their echoes' echo_many_clients

echo_client_that_never_reads() {
	start_echo -q
	load -n -c 100 -r 20
	prints_like 'one that never reads has sent '
	start load tests/echo_load -n -k "$socket"
	await load 'one that never reads has sent '
	comes_to_rest echo
	still_serves
}
check 'echo: a client that does not read is not read from, and stalls nobody' \
	echo_client_that_never_reads

echo_of_much() {
	start_echo
	load -s 10485760
	load -c 5 -s 300000
	load -p 1 -s 2000
	letters 120000 >"$work/message"
	say "$(cat "$work/message")"
	succeeds
	prints "Echoed: $(cat "$work/message")"
}
check 'echo: 10 MiB, and byte after byte, come back exactly' echo_of_much

echo_after_half_close() {
	start_echo -q
	load -e
	load -e -c 20 -s 1000000
	load -e -s 2000 -p 1
}
check 'echo: a client that shuts its sending side gets the rest, then EOF' \
	echo_after_half_close

echo_is_not_text() {
	start_echo
	# All 256 bytes, from 0 on: three digits each, in octal.
	# shellcheck disable=SC2059 # it is the format that makes bytes
	printf "$(awk 'BEGIN { for (i = 0; i < 256; i++)
		printf "\\%d%d%d", i / 64, i / 8 % 8, i % 8 }')" \
		>"$work/bytes"
	run tests/tcp_peer connect "$socket" send-file "$work/bytes" \
		shutdown read
	succeeds
	{ echo connected && cat "$work/bytes"; } >"$work/expected"
	prints_file "$work/expected"
}
check 'echo: any byte comes back, a NUL too' echo_is_not_text

# Closed with an echo unread, which is a reset; closed while echoes wait.
echo_of_a_dead_client() {
	start_echo
	letters 100000 >"$work/message"
	run tests/tcp_peer connect "$socket" send-file "$work/message" close
	succeeds
	start load tests/echo_load -n -k -c 2 "$socket"
	await load 'never reads'
	stop load KILL
	finish load
	still_serves
	comes_to_rest echo
	stop_echo
	exits 143
	[ ! -s "$work/err" ] || fail 'nothing on standard error'
}
check 'echo: a client that dies is just gone' echo_of_a_dead_client

echo_stopped_and_continued() {
	start_echo
	stop echo STOP
	start client socket/echo_client -u "$socket" one two
	stop echo CONT
	finish client
	succeeds
	prints 'Echoed: one
Echoed: two'
}
check 'echo: Ctrl-Z and fg do no harm' echo_stopped_and_continued

# Open files are limited for all that this test starts. Of the second load
# most clients wait for descriptors, and so do those after it. When the first
# load's leave, there are some, but again not enough: that is told once only.
echo_without_descriptors() {
	# shellcheck disable=SC3045 # no shell of ours is without -n
	ulimit -n 40 2>/dev/null || skip 'ulimit -n cannot be had here'
	start_echo
	start first tests/echo_load -k -c 30 -r 5 "$socket"
	await first 'per second'
	start second tests/echo_load -k -c 30 -b 1 -r 5 "$socket"
	await second 'per second'
	await_that test -s "$work/echo.err"
	start client tests/echo_load -k "$socket"
	await client connected
	start third tests/echo_load -k -c 30 -r 0 "$socket"
	await third 'per second'
	comes_to_rest echo
	stop first
	finish first
	await client 'per second'
	stop_echo
	exits 143
	says 'new clients wait until one leaves'
	[ "$(wc -l <"$work/err")" -eq 1 ] || fail 'one line on standard error'
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
	stop_echo
	[ ! -s "$work/err" ] || fail 'nothing on standard error'
}
check 'echo: the server takes as many descriptors as it may' echo_raises_limit

# Each Enter ends one of the clients that stay.
echo_to_all() {
	start_echo -b
	open_keys
	for name in one two three; do
		start_from "$work/keys" "$name" socket/echo_client -w \
			-u "$socket"
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

has_said() { # NAME TEXT within standard error
	grep -Fq -- "$2" "$work/$1.err"
}

# What is typed before Enter does not count. At the end of input it ends too.
echo_stays_until_enter() {
	start_echo -b
	open_keys
	start_from "$work/keys" stays socket/echo_client -w -u "$socket" first
	await_that has_said stays 'echo_client: '
	has_said stays 'press Enter to ' || fail 'what the client waits for'
	say later
	await stays 'Echoed: later'
	printf typed >&8
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

# The slow one is cut off, and gets what was sent to it before that.
echo_to_a_slow_one() {
	start_echo -b -q
	start slow tests/tcp_peer connect "$socket" wait-file "$work/go" read
	await_that has_accepted 1
	load -s 3000000
	await_that test -s "$work/echo.err"
	go
	finish slow
	succeeds
	[ "$(wc -c <"$work/out")" -lt 3000000 ] || fail 'less than all'
	load -s 100000
	stop_echo
	exits 143
	says 'a client that does not keep up is disconnected'
	[ "$(wc -l <"$work/err")" -eq 1 ] || fail 'one line on standard error'
}
check 'echo: with -b a client that does not keep up is disconnected' \
	echo_to_a_slow_one

# The kernel lets each first call fail as if a signal had come, and each
# second one work.
echo_interrupted() {
	can_trace
	option='inject=?poll,?ppoll,?ppoll_time64,recvfrom,sendto:error=EINTR'
	socket=$work/echo
	trace "$option:when=1+2" echo socket/echo_server -u "$socket"
	await echo 'Server listening'
	trace "$option:when=1+2" client socket/echo_client \
		-u "$socket" one two
	finish client
	succeeds
	prints 'Echoed: one
Echoed: two'
	was_injected echo
	was_injected client
	say one
	succeeds
	await_that has_accepted 2
	trace "$option:when=1+2" client socket/echo_client \
		-w -u "$socket" three </dev/null
	finish client
	exits 0
	prints 'Echoed: three'
}
check 'echo: calls that a signal interrupts are made again' echo_interrupted

# Not strace, but the server that it started.
stop_traced() {
	kill "$(child_of "$(pid echo)")"
	finish echo
}

# The first send seems to have taken one byte, which is lost: the rest must
# follow.
echo_short_send() {
	can_trace
	start_echo
	trace inject=sendto:retval=1:when=1 client socket/echo_client \
		-u "$socket" 'xall the rest'
	await echo 'all the rest'
	was_injected client
	await echo 'Received: all the rest'
	stop_echo
	trace inject=sendto:retval=1:when=1 echo socket/echo_server \
		-u "$socket"
	await echo 'Server listening'
	run tests/tcp_peer connect "$socket" send 'xall the rest' shutdown read
	succeeds
	prints_like 'all the rest'
	! grep -q x "$work/out" || fail 'not the byte that is lost'
	stop_traced
	trace inject=sendto:retval=1:when=1 echo socket/echo_server \
		-b -u "$socket"
	await echo 'Server listening'
	start other tests/tcp_peer connect "$socket" read
	await_that has_accepted 1
	say 'xto the other'
	was_injected echo
	prints 'Echoed: xto the other'
	stop_traced
	finish other
	prints_like 'to the other'
	! grep -q x "$work/out" || fail 'not the byte that is lost'
}
check 'echo: a send that takes one byte is followed by the rest' \
	echo_short_send

finish_tests
