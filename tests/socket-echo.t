#!/bin/sh
# socket-echo.t - echo_server and echo_client: many clients, and how all end
# shellcheck source=tests/socket.sh
. "${0%/*}/socket.sh"

has_accepted() { # COUNT
	[ "$(grep -c '^Accepted connection$' "$work/echo.out")" -eq "$1" ]
}

# Not so if it asks the kernel the same again and again.
server_rests() {
	await_that waits echo
}

# More than the descriptors that it is started with, but it may have more.
# Before each client's message, and its echo, stands the client's number.
many_clients() {
	# shellcheck disable=SC3045 # no shell of ours is without -n
	ulimit -S -n 200 || skip 'ulimit -S cannot be had here'
	start_echo -q
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

# It is killed at last. Another one leaves with its echo unread: a reset.
client_never_reads() {
	start_echo
	start_peer_client flood stay
	crowd 100 others send 1 hear send 2 hear
	ends_well others
	await peer '(full)'
	server_rests
	still_serves
	! has_ended "$(pid peer)" || fail 'a peer that cannot send more'
	end peer KILL
	start_peer_client send unread wait-file "$work/go"
	await echo 'Received: unread'
	still_serves
	go
	ends_well peer
	still_serves
	server_rests
	end_echo
	[ ! -s "$err" ] || fail 'nothing on standard error'
}
check 'a client that does not read stalls nobody; if it dies it is just gone' \
	client_never_reads

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
	gives "Echoed: $message
Echoed: " socket/echo_client -u "$socket" "$message" ''
}
check '10 MiB of any bytes, byte after byte, and nothing come back exactly' \
	much_is_sent

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

start_that_stays() { # NAME [MESSAGE]
	name=$1
	shift
	start_with_keys "$name" socket/echo_client -w -u "$socket" "$@"
	await_error "$name" 'echo_client: printing what comes: press Enter to '
}

# What is typed before Enter does not count. At the end of input it ends too.
stays_until_enter() {
	start_echo -b
	crowd 2 others read
	await_that has_accepted 2
	start_that_stays stays first
	printf typed >&9
	say later
	await stays 'Echoed: later'
	! has_ended "$(pid stays)" || fail 'a client that stays'
	press_enter
	finish stays
	exits 0
	prints 'Echoed: first
Echoed: later'
	say -w last </dev/null
	exits 0
	prints 'Echoed: last'
	end_echo
	ends_well others
	prints_bytes 'connected\nfirstlaterlastfirstlaterlast'
}
check 'with -b all clients get each message; -w stays until Enter, or the end' \
	stays_until_enter

others_get_the_rest() {
	run scripts/watch/faults socket-echo-all 1 send 1 short
	[ "$status" -ne 77 ] || skip 'no program can be watched here'
	succeeds
	prints_line '1 injections, 0 wrong'
}
check 'with -b others get the rest after a part' others_get_the_rest

removes_its_path() {
	# shellcheck disable=SC3045 # no shell of ours is without -c
	ulimit -c 0 # SIGQUIT would leave a core file
	while read -r signal number; do
		start_echo
		still_serves
		end echo "$signal"
		exits "$((128 + number))"
		[ ! -e "$socket" ] || fail "no $socket any more"
	done <<-END
		INT 2
		QUIT 3
		HUP 1
		TERM 15
	END
}
check 'ended by a signal, the server removes its path' removes_its_path

# As nohup starts it.
hangup_ignored() {
	trap '' HUP
	start_echo
	trap - HUP
	stop echo HUP
	still_serves
	end_echo
}
check 'a server that was started with SIGHUP ignored stays' hangup_ignored

# Process 1 has no default for signals: to raise one again does nothing.
as_process_1() {
	unshare -fp true 2>/dev/null || skip 'no process 1 can be made here'
	socket=$work/echo
	unshare -fp "$build/socket/echo_server" -u "$socket" \
		>"$work/echo.out" 2>"$work/echo.err" &
	echo "$!" >"$work/echo.pid"
	await echo 'Server listening'
	server=$(child_of "$(pid echo)")
	kill -s TERM "$server"
	await_that has_ended "$server"
	finish echo
	exits 143
	[ ! -e "$socket" ] || fail "no $socket any more"
}
check 'as process 1 of a container the server ends too' as_process_1

# While a client stays; before it was accepted, which is a reset.
server_dies() {
	start_echo
	start_that_stays stays Hello
	stop echo STOP
	start_that_stays early
	kill_echo
	for name in stays early; do
		finish "$name"
		exits 1
		says 'echo_client: the server closed the connection'
	done
}
check 'clients say when the server dies' server_dies

# When the second of the others has its echo, both have been sent to all.
among_others() {
	start_echo -b
	stop echo STOP
	start halfway socket/echo_client -u "$socket" ours
	await_that waits halfway
	stop halfway STOP
	stop echo CONT
	await echo 'Received: '
	say theirs theirs
	succeeds
	stop halfway CONT
	ends_well halfway
	prints 'Echoed: ours'
}
check 'with -b a client reads as much as it has sent, and ends' among_others

finish_tests
