#!/bin/sh
# socket-udp.t - udp_server and udp_client: messages without a connection
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/socket.sh
. "${0%/*}/socket.sh"
needs_loopback

# Both are in the server's kernel before it reads the first. The port is that
# of the client's socket: one for its two messages.
two_sends_are_two_messages() {
	serve udp_server
	stop udp_server STOP
	gives "Sent to 127.0.0.1:$port: Hello from client
Sent to 127.0.0.1:$port: Goodbye" socket/udp_client -p "$port"
	stop udp_server CONT
	await udp_server Goodbye
	end udp_server
	exits 143
	from=$(sed -n 's/^Received from 127.0.0.1:\([0-9]*\): Goodbye/\1/p' \
		"$work/out")
	prints "Server listening on 127.0.0.1:$port
Received from 127.0.0.1:$from: Hello from client
Received from 127.0.0.1:$from: Goodbye"
	[ "$from" != "$port" ] || fail "a port of the client's own"
}
check 'two sends are two messages' two_sends_are_two_messages

# The same with the TCP server.
two_sends_are_one_stream() {
	serve server
	stop server STOP
	peer_client send 'one message' send 'another one' close
	stop server CONT
	ends_well server
	prints_line 'one messageanother one'
}
check 'with TCP one recv finds what two sends have sent' \
	two_sends_are_one_stream

# Nothing; a NUL; as much as fits, and one byte more. All formats, as of printf.
odd_datagrams() {
	serve udp_server
	expected="Server listening on 127.0.0.1:$port"
	full=$(letters 1023)
	for datagram in '' 'seen\000hidden' "$full" "${full}x" end; do
		# shellcheck disable=SC2059
		printf "$datagram" >"$work/datagram"
		run tests/datagram 127.0.0.1 "$port" <"$work/datagram"
		succeeds
		read -r from <"$work/out"
		text=${datagram%%\\*}
		[ "$text" != "${full}x" ] || text=$full
		expected="$expected
Received from 127.0.0.1:$from: $text"
	done
	await udp_server end
	end udp_server
	prints "$expected"
}
check 'a datagram may be empty, have a NUL, be longer than the buffer' \
	odd_datagrams

port_is_not_shared() {
	serve udp_server
	fails 1 "port $port is taken: choose another with -p" \
		socket/udp_server -p "$port"
}
check 'a second udp_server never shares the port of the first' \
	port_is_not_shared

finish_tests
