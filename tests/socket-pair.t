#!/bin/sh
# socket-pair.t - server and client: who waits for whom, and what arrives
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/socket.sh
. "${0%/*}/socket.sh"
needs_loopback

# All that the server prints when its client's message is in FILE.
server_prints_message() { # FILE
	{
		echo "Server listening on 127.0.0.1:$port"
		cat "$1"
		printf '\nHello message sent to client\n'
	} >"$work/expected"
	prints_file "$work/expected"
}

client_prints_answer() { # FILE
	{
		echo 'Hello message sent to server'
		cat "$1"
		echo
	} >"$work/expected"
	prints_file "$work/expected"
}

pair_talks() {
	start_server
	run socket/client -p "$port"
	succeeds
	prints 'Hello message sent to server
Hello from server'
	finish server
	succeeds
	prints "Server listening on 127.0.0.1:$port
Hello from client
Hello message sent to client"
}
check 'server and client print what they say to each other' pair_talks

three_sockets() {
	start_server -v
	run socket/client -v -p "$port"
	succeeds
	own=$(sed -n 's/^connected socket: 127.0.0.1:\([0-9]*\),.*/\1/p' \
		"$work/out")
	[ "$own" != "$port" ] || fail "a port of the client's own"
	prints "connected socket: 127.0.0.1:$own, peer 127.0.0.1:$port
Hello message sent to server
Hello from server"
	finish server
	succeeds
	prints "Server listening on 127.0.0.1:$port
listening socket: 127.0.0.1:$port, no peer
accepted socket: 127.0.0.1:$port, peer 127.0.0.1:$own
Hello from client
Hello message sent to client"
}
check 'listening, accepted and connected are three sockets' three_sockets

ipv6_pair() {
	"$build/tests/tcp_peer" -6 probe 2>/dev/null || skip 'no IPv6 here'
	start_server -v -a ::1
	run socket/client -v -p "$port" ::1
	succeeds
	own=$(sed -n 's/^connected socket: \[::1\]:\([0-9]*\),.*/\1/p' \
		"$work/out")
	prints "connected socket: [::1]:$own, peer [::1]:$port
Hello message sent to server
Hello from server"
	finish server
	succeeds
	prints "Server listening on [::1]:$port
listening socket: [::1]:$port, no peer
accepted socket: [::1]:$port, peer [::1]:$own
Hello from client
Hello message sent to client"
}
check 'the pair talks over IPv6, addresses in brackets' ipv6_pair

# Somebody may be using the port that is to be had at the other address: then
# once more with another.
reach_localhost() { # ADDRESS of the server, OPTION of the peer at the other
	for _ in 1 2 3 4 5; do
		reserve_port ${2:+"$2"}
		start server socket/server -p "$port" -a "$1"
		await_that has_spoken server
		[ ! -s "$work/server.out" ] || break
		stop reserve
	done
	run socket/client -p "$port" localhost
	succeeds
	prints_line 'Hello from server'
	finish server
	succeeds
	stop reserve
}

# One family's address is tried in vain (the port is held there), the other's
# not, and the other way round: whichever comes first.
host_by_name() {
	grep -q '^127\.0\.0\.1.*[[:space:]]localhost' /etc/hosts ||
		skip 'no localhost in /etc/hosts'
	start_server
	run socket/client -p "$port" localhost
	succeeds
	prints_line 'Hello from server'
	finish server
	succeeds

	grep -q '^::1.*[[:space:]]localhost' /etc/hosts || return 0
	"$build/tests/tcp_peer" -6 probe 2>/dev/null || return 0
	reach_localhost ::1 ''
	reach_localhost 127.0.0.1 -6
}
check 'client takes the name of a host and tries its addresses' host_by_name

recv_waits_for_late_client() {
	start_server -v
	start peer tests/tcp_peer connect "$port" wait-file "$work/go" \
		send 'late, but here' read
	await server 'accepted socket:'
	go
	finish server
	succeeds
	prints_line 'late, but here'
	prints_line 'Hello message sent to client'
	finish peer
	succeeds
	prints_like 'Hello from server'
}
check 'recv waits until the late client has sent' recv_waits_for_late_client

nonblocking_goes_on_without() {
	start_server -n
	start peer tests/tcp_peer connect "$port" wait-file "$work/go" read
	finish server
	succeeds
	prints "Server listening on 127.0.0.1:$port
recv: no data yet (EAGAIN)
Hello message sent to client"
	go
	finish peer
	succeeds
	prints_like 'Hello from server'

	start_server -n
	start_with_keys client socket/client -w -p "$port"
	await_error client 'press Enter to send'
	finish server
	succeeds
	prints "Server listening on 127.0.0.1:$port
recv: no data yet (EAGAIN)
Hello message sent to client"
	press_enter
	finish client
	exits 0
	prints_line 'Hello message sent to server'
	prints_line 'Hello from server'
}
check 'server -n goes on without the message of a late client' \
	nonblocking_goes_on_without

# The message is in the kernel before the server goes on: the peer's close
# waits for that.
nonblocking_takes_what_is_there() {
	start_server -n
	stop server STOP
	run tests/tcp_peer connect "$port" send 'already here' close
	succeeds
	stop server CONT
	finish server
	succeeds
	prints_line 'already here'
}
check 'server -n prints a message that is there in time' \
	nonblocking_takes_what_is_there

# It sends, at Enter, where nobody is any more: FIN and RST have come.
client_waits_before_sending() {
	start_peer wait-file "$work/go" shutdown reset
	start_with_keys client socket/client -v -w -p "$port"
	await_error client 'press Enter to send'
	go
	finish peer
	succeeds
	press_enter
	finish client
	exits 1
	says 'client: connected, nothing sent yet: press Enter to send'
	says 'client: send:'
	prints "$(grep '^connected socket: ' "$work/out")"
}
check 'client -w waits before it sends; a dead peer is no SIGPIPE' \
	client_waits_before_sending

# It reads up to the newline and no further; the end of the input will do too.
late_pair() {
	printf 'other keys\nrest' >"$work/keys"
	for keys in "$work/keys" /dev/null; do
		start_server
		{
			run socket/client -w -p "$port"
			cat >"$work/rest"
		} <"$keys"
		fails_with 0 'client: connected, nothing sent yet: press Enter'
		prints 'Hello message sent to server
Hello from server'
		[ "$keys" = /dev/null ] || [ "$(cat "$work/rest")" = rest ] ||
			fail 'keys up to Enter read, and no more'
		finish server
		succeeds
		prints_line 'Hello from client'
	done
}
check 'a late client and a patient server talk as any pair' late_pair

# The peer goes on only after the server: no end-of-file, no second piece.
first_recv_is_the_message() {
	start_server
	start peer tests/tcp_peer connect "$port" send 'one piece' \
		wait-file "$work/go" read
	finish server
	succeeds
	prints_line 'one piece'
	go
	finish peer
	succeeds
	printf 'connected\nHello from server' >"$work/expected"
	prints_file "$work/expected"
}
check 'server takes one recv for the message, and answers without a NUL' \
	first_recv_is_the_message

client_reads_in_order() {
	start_peer wait-file "$work/go" send 'one, ' wait-file "$work/go" \
		send 'two, ' wait-file "$work/go" send three shutdown read
	start_client
	await client 'Hello message sent to server'
	go
	finish client
	succeeds
	prints 'Hello message sent to server
one, two, three'
	finish peer
	succeeds
	printf 'listening on 127.0.0.1:%s\naccepted\nHello from client' \
		"$port" >"$work/expected"
	prints_file "$work/expected"
}
check 'client reads pieces in order, up to end-of-file' client_reads_in_order

# Sends FILE to the server: it must be through with exit status 0.
send_to_server() { # FILE
	start_server
	"$build/tests/tcp_peer" connect "$port" send-file "$1" read \
		>"$work/peer.out"
	finish server
	succeeds
}

answer_to_client() { # FILE
	start_peer send-file "$1" shutdown read
	run socket/client -p "$port"
	succeeds
}

message_up_to_nul() {
	printf 'seen\000hidden\000' >"$work/message"
	printf 'seen' >"$work/text"
	send_to_server "$work/message"
	server_prints_message "$work/text"
	answer_to_client "$work/message"
	client_prints_answer "$work/text"
}
check 'a message with NULs is printed up to the first' message_up_to_nul

message_of_a_nul() {
	printf '\000hidden' >"$work/message"
	send_to_server "$work/message"
	server_prints_message /dev/null
	answer_to_client "$work/message"
	client_prints_answer /dev/null
}
check 'a message that begins with a NUL is an empty line' message_of_a_nul

message_is_not_text() {
	printf '\001\033\177\200\300%%s%%n\376\377\r' >"$work/message"
	send_to_server "$work/message"
	server_prints_message "$work/message"
	answer_to_client "$work/message"
	client_prints_answer "$work/message"
}
check 'bytes that are not text are printed as they came' message_is_not_text

message_of_1023_bytes() {
	letters 1023 >"$work/message"
	send_to_server "$work/message"
	server_prints_message "$work/message"
	answer_to_client "$work/message"
	client_prints_answer "$work/message"
}
check 'a message of 1023 bytes without a NUL is printed whole' \
	message_of_1023_bytes

message_of_3000_bytes() {
	letters 3000 >"$work/message"
	letters 1023 >"$work/text"
	send_to_server "$work/message"
	server_prints_message "$work/text"
	answer_to_client "$work/message"
	client_prints_answer "$work/text"
}
check 'of a longer message both print the first 1023 bytes' \
	message_of_3000_bytes

client_floods() {
	start_server
	run tests/tcp_peer connect "$port" flood
	succeeds
	finish server
	succeeds
	prints_line 'Hello message sent to client'
	awk 'NR == 2 && /^f+$/ && length($0) <= 1023 { right = 1 }
		END { exit !right || NR != 3 }' "$work/out" ||
		fail 'a message of 1 to 1023 times f'
}
check 'server ends well while its client floods it' client_floods

server_floods() {
	start_peer flood
	run socket/client -p "$port"
	succeeds
	letters 1023 | tr x f >"$work/text"
	client_prints_answer "$work/text"
	finish peer
	succeeds
}
check 'client ends well while its server floods it' server_floods

finish_tests
