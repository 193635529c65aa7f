#!/bin/sh
# socket-udp.t - udp_server and udp_client: messages without a connection
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/socket.sh
. "${0%/*}/socket.sh"
needs_loopback

start_udp_server() { # sets $port
	start server socket/udp_server -p 0
	await server 'Server listening on 127.0.0.1:'
	port=$(port_of server)
}

send_two() {
	run socket/udp_client -p "$port"
	succeeds
	prints "Sent to 127.0.0.1:$port: Hello from client
Sent to 127.0.0.1:$port: Goodbye"
}

# The port is that of a client's socket: one for its two messages.
received_from() { # LINE NUMBER
	sed -n "$1s/^Received from 127.0.0.1:\([0-9]*\): .*/\1/p" \
		"$work/server.out"
}

end_server() {
	stop server
	finish server
	exits 143
}

# Both are in the server's kernel before it reads the first.
two_sends_are_two_messages() {
	start_udp_server
	stop server STOP
	send_two
	stop server CONT
	await server Goodbye
	end_server
	from=$(received_from 2)
	prints "Server listening on 127.0.0.1:$port
Received from 127.0.0.1:$from: Hello from client
Received from 127.0.0.1:$from: Goodbye"
	[ "$from" != "$port" ] || fail "a port of the client's own"
}
check 'two sends are two messages' two_sends_are_two_messages

# The same with the TCP server.
two_sends_are_one_stream() {
	start_server
	stop server STOP
	run tests/tcp_peer connect "$port" send 'one message' \
		send 'another one' close
	succeeds
	stop server CONT
	finish server
	succeeds
	prints_line 'one messageanother one'
}
check 'with TCP one recv finds what two sends have sent' \
	two_sends_are_one_stream

one_socket_for_all_clients() {
	start_udp_server
	send_two
	send_two
	await_that goodbyes 2
	end_server
	[ "$(received_from 2)" = "$(received_from 3)" ] ||
		fail 'one port for the two messages of a client'
	[ "$(received_from 4)" = "$(received_from 5)" ] ||
		fail 'one port for the two messages of the other'
	[ "$(received_from 4)" != "$(received_from 2)" ] ||
		fail 'another port for another client'
}

goodbyes() { # COUNT
	[ "$(grep -c Goodbye "$work/server.out")" -eq "$1" ]
}
check 'one socket serves client after client' one_socket_for_all_clients

nobody_is_no_error() {
	start_udp_server
	end_server
	send_two
}
check 'what is sent to nobody is no error' nobody_is_no_error

no_connection() {
	can_trace
	trace trace=network server socket/udp_server -p 0
	await server 'Server listening on'
	port=$(port_of server)
	trace trace=network client socket/udp_client -p "$port"
	finish client
	succeeds
	await server Goodbye
	! grep -E '(listen|accept[4]?|connect)\(' "$work"/*.trace ||
		fail 'no listen, accept or connect'
	[ "$(grep -c ' sendto(' "$work/client.trace")" -eq 2 ] ||
		fail 'two sends'
	kill -s TERM "$(child_of "$(pid server)")"
	finish server
}
check 'there is no listen, no accept and no connect' no_connection

# In the datagrams: nothing; a NUL; as much as fits, and one byte more.
odd_datagrams() {
	start_udp_server
	: >"$work/empty"
	printf 'seen\000hidden' >"$work/nul"
	letters 1023 >"$work/full"
	letters 1024 >"$work/long"
	echo "Server listening on 127.0.0.1:$port" >"$work/expected"
	for datagram in empty nul full long; do
		run tests/datagram 127.0.0.1 "$port" <"$work/$datagram"
		succeeds
		printf 'Received from 127.0.0.1:%s: ' "$(cat "$work/out")"
		case $datagram in
		nul) echo seen ;;
		long) cat "$work/full" && echo ;;
		*) cat "$work/$datagram" && echo ;;
		esac
	done >>"$work/expected"
	lines=$(wc -l <"$work/expected")
	await_that server_has_lines "$lines"
	end_server
	prints_file "$work/expected"
}

server_has_lines() { # COUNT
	[ "$(wc -l <"$work/server.out")" -eq "$1" ]
}
check 'a datagram may be empty, have a NUL, be longer than the buffer' \
	odd_datagrams

udp_server_on_a_terminal() {
	start server tests/on_terminal "$build/socket/udp_server" -p 0
	await_that has_spoken server
	[ -s "$work/server.out" ] || skip 'no pseudo-terminal here'
	await server 'Server listening on'
	port=$(port_of server)
	printf '\033[2J\302\2332J\007\303\233\nend' >"$work/message"
	run tests/datagram 127.0.0.1 "$port" <"$work/message"
	from=$(cat "$work/out")
	await server end
	kill -s TERM "$(child_of "$(pid server)")"
	finish server
	{
		echo "Server listening on 127.0.0.1:$port"
		printf 'Received from 127.0.0.1:%s: ' "$from"
		printf '?[2J\302?2J?\303\233\nend\n'
	} >"$work/expected"
	prints_file "$work/expected"
}
check 'udp_server shows a terminal no control characters of a client' \
	udp_server_on_a_terminal

udp_calls_fail() {
	can_inject
	names_call socket error=EMFILE socket socket/udp_server
	names_call bind error=EACCES 'bind 127.0.0.1 port 12345' \
		socket/udp_server
	names_call getsockname error=ENOBUFS getsockname \
		socket/udp_server -p 0
	names_call recv error=ENOMEM recvfrom socket/udp_server -p 0
	names_call socket error=EMFILE socket socket/udp_client
	names_call send error=ENOBUFS 'sendto 127.0.0.1 port 12345' \
		socket/udp_client
}
check 'udp_server and udp_client name the call that failed' udp_calls_fail

udp_calls_are_interrupted() {
	can_inject
	start_with recv error=EINTR:when=1 server socket/udp_server -p 0
	await server 'Server listening on'
	port=$(port_of server)
	start_with send error=EINTR:when=1 client socket/udp_client -p "$port"
	finish client
	succeeds
	await server Goodbye
	[ "$(wc -l <"$work/server.out")" -eq 3 ] || fail 'two messages'
	kill -s TERM "$(child_of "$(pid server)")"
	finish server
}
check 'both take up a call again that a signal interrupted' \
	udp_calls_are_interrupted

udp_port_is_taken() {
	start_udp_server
	run socket/udp_server -p "$port"
	fails_with 1 "port $port is taken: choose another with -p"
	prints_nothing
	send_two
	await server Goodbye
	end_server
}
check 'a second udp_server never shares the port of the first' \
	udp_port_is_taken

udp_options() {
	for side in udp_server udp_client; do
		shows_usage "socket/$side"
		refused "socket/$side" -x
		refused "socket/$side" -p
		refused "socket/$side" -p 1 unexpected
		says "unexpected argument 'unexpected'"
		for value in 0x 65536 -1 '' '1 ' 99999999999999999999; do
			refused "socket/$side" -p "$value"
			says "-p '$value': must be "
		done
	done
	refused socket/udp_client -p 0
}
check 'udp_server and udp_client show their usage and refuse wrong options' \
	udp_options

udp_output_full() {
	start_udp_server
	fails_on_full_output 'standard output' socket/udp_client -p "$port"
	end_server
	fails_on_full_output 'standard output' socket/udp_server -p 0
}
check 'udp_server and udp_client fail when they cannot write their output' \
	udp_output_full

# The reader of the server's output leaves after the first line.
udp_output_closed() {
	mkfifo "$work/server.out" 2>/dev/null || skip 'no named pipe here'
	start server socket/udp_server -p 0
	read -r line <"$work/server.out"
	run tests/datagram 127.0.0.1 "${line##*:}" </dev/null
	command='(started as server)'
	wait "$(pid server)"
	status=$?
	cp "$work/server.err" "$work/err"
	: >"$work/out"
	fails_with 1 'standard output'
}
check 'udp_server ends when nobody reads its output any more' \
	udp_output_closed

finish_tests
