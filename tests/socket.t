#!/bin/sh
# socket.t - TCP sockets: server and client
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

# Each test takes a port that the kernel finds free (-p 0): none that another
# copy of the tests, or a person, is using.
start_server() { # [OPTION ...]; sets $port
	start server socket/server -p 0 "$@"
	await server 'Server listening on'
	port=$(port_of server)
}

# A port that is taken, and where nobody listens; sets $port
reserve_port() { # [OPTION]
	start reserve tests/tcp_peer "$@" reserve
	await reserve ''
	port=$(cat "$work/reserve.out")
}

# A server that does the peer's actions.
start_peer() { # [ACTION ...]; sets $port
	start peer tests/tcp_peer listen "$@"
	await peer 'listening on'
	port=$(port_of peer)
}

start_client() { # [OPTION ...]
	start client socket/client -p "$port" "$@"
}

# It listens, or has failed.
has_spoken() { # NAME
	[ -s "$work/$1.out" ] || [ -s "$work/$1.err" ]
}

# What a peer waits for with wait-file.
go() {
	: >"$work/go"
}

# As prints, byte for byte, no newline added.
prints_file() { # FILE
	cmp -s "$1" "$work/out" || fail "this standard output, exactly:
$(cat -v "$1")"
}

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

# ---- the pair ------------------------------------------------------------

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

# ---- who waits, and who does not -----------------------------------------

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

# The client is stopped in its delay, so that the server is through before
# the message is sent, however busy this machine is.
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
	start_client -v -d 0.2
	await client 'connected socket:'
	stop client STOP
	finish server
	stop client CONT
	succeeds
	prints "Server listening on 127.0.0.1:$port
recv: no data yet (EAGAIN)
Hello message sent to client"
	finish client
	succeeds
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

# It sends, after its delay, where nobody is any more: FIN and RST have come.
client_waits_before_sending() {
	start_peer wait-file "$work/go" shutdown reset
	start_client -v -d 0.3
	await client 'connected socket:'
	stop client STOP
	go
	finish peer
	succeeds
	stop client CONT
	finish client
	fails_with 1 'client: send:'
	prints "$(grep '^connected socket: ' "$work/out")"
}
check 'client -d waits before it sends; a dead peer is no SIGPIPE' \
	client_waits_before_sending

late_pair() {
	start_server
	run socket/client -d 0.02 -p "$port"
	succeeds
	prints 'Hello message sent to server
Hello from server'
	finish server
	prints_line 'Hello from client'
}
check 'a late client and a patient server talk as any pair' late_pair

# ---- bytes, not messages -------------------------------------------------

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

# ---- no peer, a dead peer, an odd peer -----------------------------------

nobody_listens() {
	reserve_port
	run socket/client -p "$port"
	fails_with 1 'start server first'
	says "connect to 127.0.0.1 port $port"
	prints_nothing
}
check 'a client without a server delivers nothing' nobody_listens

# The server's kernel takes connection and message; the server never wakes up.
message_to_dead_peer_is_lost() {
	start_server
	stop server STOP
	start_client
	await client 'Hello message sent to server'
	stop server KILL
	finish client
	fails_with 1 'client: recv:'
	prints 'Hello message sent to server'
	finish server
	prints "Server listening on 127.0.0.1:$port"
}
check 'what was sent to a peer that died is lost' message_to_dead_peer_is_lost

client_closes_without_message() {
	start_server
	run tests/tcp_peer connect "$port" close
	finish server
	fails_with 1 'the client closed without a message'
	prints "Server listening on 127.0.0.1:$port"
}
check 'server says when its client closes without a message' \
	client_closes_without_message

client_resets_without_message() {
	start_server -v
	start peer tests/tcp_peer connect "$port" wait-file "$work/go" reset
	await server 'accepted socket:'
	go
	finish server
	fails_with 1 'server: recv: Connection reset'
}
check 'server says when its client resets without a message' \
	client_resets_without_message

# Message, FIN and RST come while the server is stopped: its send fails with
# EPIPE. Should the RST be late, so that it does not fail, then once more.
client_dies_before_answer() {
	for _ in 1 2 3 4 5; do
		start_server
		stop server STOP
		run tests/tcp_peer connect "$port" send Hello shutdown reset
		stop server CONT
		finish server
		[ "$status" -eq 0 ] || break
	done
	fails_with 1 'server: '
}
check 'server says when its client is gone before the answer' \
	client_dies_before_answer

server_closes_without_answer() {
	start_peer shutdown read
	run socket/client -p "$port"
	fails_with 1 'the server closed without an answer'
	prints 'Hello message sent to server'
}
check 'client says when its server closes without an answer' \
	server_closes_without_answer

server_resets_without_answer() {
	start_peer wait-file "$work/go" reset
	start_client
	await client 'Hello message sent to server'
	go
	finish client
	fails_with 1 'client: recv: Connection reset'
	prints 'Hello message sent to server'
}
check 'client says when its server resets without an answer' \
	server_resets_without_answer

reset_after_answer() {
	start_peer send 'an answer' wait-file "$work/go" reset
	start_client
	await client 'Hello message sent to server'
	go
	finish client
	succeeds
	prints 'Hello message sent to server
an answer'
}
check 'a reset after the answer is no error of the client' reset_after_answer

# ---- ports ---------------------------------------------------------------

port_is_taken() {
	reserve_port
	run socket/server -p "$port"
	fails_with 1 "port $port is taken: choose another with -p"
	prints_nothing
}
check 'server says when its port is taken' port_is_taken

no_shared_port() {
	start_server
	start second socket/server -p "$port"
	finish second
	fails_with 1 "port $port is taken: choose another with -p"
	prints_nothing
	run socket/client -p "$port"
	succeeds
	finish server
	succeeds
}
check 'a second server never shares the port of the first' no_shared_port

# The server has closed first, so its port is in TIME_WAIT. Somebody else may
# happen to get the port: then once more with another.
port_is_free_again() {
	for _ in 1 2 3; do
		start_server
		run socket/client -p "$port"
		succeeds
		finish server
		start again socket/server -p "$port"
		await_that has_spoken again
		if [ -s "$work/again.out" ]; then
			run socket/client -p "$port"
			succeeds
			finish again
			succeeds
			return
		fi
	done
	finish again
	succeeds
}
check 'the port of a server that has ended is free at once' port_is_free_again

# Neither gets as far as the port, which a person may be using: the first is
# nobody's address, the second cannot be connected to.
default_port() {
	run socket/server -a 192.0.2.1
	fails_with 1 'bind 192.0.2.1 port 12345'
	prints_nothing
	run socket/client 224.0.0.1
	fails_with 1 'connect to 224.0.0.1 port 12345'
	prints_nothing
}
check 'without -p both take port 12345' default_port

# Longer than any name: nobody is asked.
no_such_host() {
	name=$(letters 300)
	run socket/client -p 1 "$name"
	fails_with 1 "client: $name: "
	prints_nothing
}
check 'client says when there is no such host' no_such_host

# ---- options and output --------------------------------------------------

server_shows_usage() {
	shows_usage socket/server
}
check 'server -h shows its usage' server_shows_usage

client_shows_usage() {
	shows_usage socket/client
}
check 'client -h shows its usage' client_shows_usage

server_refuses_options() {
	refused socket/server -x
	refused socket/server -p
	refused socket/server -a
	refused socket/server -p 0 surplus
}
check 'server refuses unknown, incomplete and surplus arguments' \
	server_refuses_options

server_refuses_values() {
	for value in 0x 70000 65536 -1 '' '1 ' 99999999999999999999; do
		refused socket/server -p "$value"
		says "-p '$value'"
	done
	for value in nonsense '' localhost 127.0.0.256 127.0.0.1:80; do
		refused socket/server -p 0 -a "$value"
		says "-a '$value'"
	done
}
check 'server refuses what is no port or no address' server_refuses_values

client_refuses_options() {
	refused socket/client -x
	refused socket/client -d
	refused socket/client -p
	refused socket/client -p 1 127.0.0.1 surplus
}
check 'client refuses unknown, incomplete and surplus arguments' \
	client_refuses_options

client_refuses_values() {
	for value in 0x 70000 65536 -1 '' '1 ' 0 99999999999999999999; do
		refused socket/client -p "$value"
		says "-p '$value'"
	done
	for value in -1 nan '' inf 1x; do
		refused socket/client -p 1 -d "$value"
		says "-d '$value'"
	done
}
check 'client refuses what is no port or no time' client_refuses_values

client_output_full() {
	start_server
	fails_on_full_output 'standard output' socket/client -p "$port"
}
check 'client fails when it cannot write its output' client_output_full

# Who reads the server's output leaves after the first line.
server_output_closed() {
	mkfifo "$work/server.out" || skip 'no named pipe here'
	start server socket/server -p 0
	read -r line <"$work/server.out"
	run tests/tcp_peer connect "${line##*:}" send Hello read
	command='(started as server)'
	wait "$(pid server)"
	status=$?
	cp "$work/server.err" "$work/err"
	: >"$work/out"
	fails_with 1 'standard output'
}
check 'server fails when nobody reads its output any more' \
	server_output_closed

finish_tests
