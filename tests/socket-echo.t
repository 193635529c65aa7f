#!/bin/sh
# socket-echo.t - echo_server and echo_client: one server, many clients
# shellcheck source=tests/socket.sh
. "${0%/*}/socket.sh"

has_accepted() { # COUNT
	[ "$(grep -c '^Accepted connection$' "$work/echo.out")" -eq "$1" ]
}

# Not so if it asks the kernel the same again and again.
server_rests() {
	await_that waits echo
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
	prints "Server listening... $socket
Accepted connection
Received: one
Received: two words
Received: three"
	[ ! -s "$err" ] || fail 'nothing on standard error'
}
check 'messages come back in the order in which they were sent' order_is_kept

# The server is started with few descriptors, and may have more. Before each
# client's message, and its echo, stands the client's number.
many_clients() {
	# shellcheck disable=SC3045 # no shell of ours is without -n
	limit=$(ulimit -S -n)
	# shellcheck disable=SC3045
	ulimit -S -n 40 || skip 'ulimit -S cannot be had here'
	start_echo -q
	# shellcheck disable=SC3045
	ulimit -S -n "$limit"
	for name in some others; do
		crowd 150 "$name" send 1 hear send 2 hear send 3 hear stay
	done
	awk 'BEGIN { print "connected"
		for (message = 1; message <= 3; message++)
			for (i = 0; i < 150; i++)
				print i, message }' >"$work/echoes"
	for name in some others; do
		await "$name" '149 3'
		cmp "$work/echoes" "$work/$name.out" || fail 'their echoes'
	done
	has_accepted 300 || fail '300 times: Accepted connection'
	! grep -q Received "$work/echo.out" ||
		fail 'no line for a message with -q'
}
check '300 clients at once each get their echoes' many_clients

client_never_reads() {
	start_echo -q
	start_peer_client flood stay
	crowd 100 others send 1 hear send 2 hear
	ends_well others
	await peer '(full)'
	server_rests
	still_serves
	! has_ended "$(pid peer)" || fail 'a peer that cannot send more'
}
check 'a client that does not read stalls nobody' client_never_reads

# With all of it sent a peer shuts its side down, and wants the rest, then EOF.
# It reads only when it cannot send: what can wait in between does so.
much_is_sent() {
	start_echo
	head -c 10485760 /dev/urandom >"$work/much"
	head -c 1000000 "$work/much" >"$work/some"
	head -c 2000 "$work/much" >"$work/little"
	while read -r name file options; do
		# shellcheck disable=SC2086 # words
		start "$name" tests/peer $options connect "$socket" \
			send-file "$work/$file" shutdown read
		echo "$name $file"
	done >"$work/peers" <<-END
		much much
		one some
		two some
		three some
		bytes little piece 1
	END
	while read -r name file; do
		ends_well "$name"
		tail -n +2 "$out" | cmp - "$work/$file" ||
			fail "exactly what $name had sent"
	done <"$work/peers"
	message=$(letters 120000)
	gives "Echoed: $message" socket/echo_client -u "$socket" "$message"
}
check '10 MiB of any bytes, and byte after byte, come back exactly, then EOF' \
	much_is_sent

# Closed with an echo unread, which is a reset; killed while echoes wait.
client_dies() {
	start_echo -q
	letters 100000 >"$work/message"
	peer_client send-file "$work/message"
	start_peer_client flood stay
	await peer '(full)'
	end peer KILL
	still_serves
	server_rests
	end_echo
	[ ! -s "$err" ] || fail 'nothing on standard error'
}
check 'a client that dies is just gone' client_dies

# Open files are limited for all that this test starts. Of the second crowd
# most clients wait for descriptors, and so do those after it. When the first
# crowd leaves, there are some, but again not enough: that is told once only.
no_descriptors() {
	# shellcheck disable=SC3045 # no shell of ours is without -n
	ulimit -n 40 2>/dev/null || skip 'ulimit -n cannot be had here'
	start_echo
	crowd 30 first send 1 hear stay
	await first '29 1'
	crowd 30 second stay
	await_that test -s "$work/echo.err"
	crowd 1 client send hello hear
	crowd 30 third stay
	server_rests
	end first
	await client hello
	end_echo
	fails_with 143 'new clients wait until one leaves'
}
check 'without descriptors it serves those it has, and waits' no_descriptors

# What is typed before Enter does not count. At the end of input it ends too.
stays_until_enter() {
	start_echo -b
	crowd 2 others read
	await_that has_accepted 2
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
	end_echo
	ends_well others
	all='firstlaterstill laterlast'
	prints_bytes "connected\n$all$all"
}
check 'with -b all clients get each message; -w stays until Enter, or the end' \
	stays_until_enter

finish_tests
