#!/bin/sh
# socket-peers.t - server and client: peers that leave, ports, options
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/socket.sh
. "${0%/*}/socket.sh"
needs_loopback

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

port_is_taken() {
	reserve_port
	run socket/server -p "$port"
	fails_with 1 "port $port is taken, or was until a minute ago: \
wait, or choose another with -p"
	prints_nothing
}
check 'server says when its port is taken' port_is_taken

no_shared_port() {
	start_server
	start second socket/server -p "$port"
	finish second
	fails_with 1 "port $port is taken, "
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
	fails_with 1 'connect to 224.0.0.1 port 12345: '
	prints_nothing
}
check 'without -p both take port 12345' default_port

# Longer than any name: nobody is asked.
no_such_host() {
	name=$(letters 300)
	run socket/client -p 1 "$name"
	fails_with 1 "client: getaddrinfo $name: "
	prints_nothing
}
check 'client says when there is no such host' no_such_host

# The sequences that set a terminal's title and clear it, tab and DEL, and the
# same beginning of a sequence (CSI) as one character of UTF-8; then umlauts,
# the euro sign, and a letter with the byte 0x9b in it.
control_characters() {
	printf '\033]0;owned\007\033[2J\t\177\302\2332J\r'
	printf '\303\204\303\244\342\202\254\303\233\302\251\nend'
}

harmless_characters() {
	printf '?]0;owned??[2J??\302?2J?'
	printf '\303\204\303\244\342\202\254\303\233\302\251\nend'
}

server_on_a_terminal() {
	control_characters >"$work/message"
	start server tests/on_terminal "$build/socket/server" -p 0
	await_that has_spoken server
	[ -s "$work/server.out" ] || skip 'no pseudo-terminal here'
	await server 'Server listening on'
	port=$(port_of server)
	run tests/tcp_peer connect "$port" send-file "$work/message" read
	succeeds
	finish server
	succeeds
	{
		echo "Server listening on 127.0.0.1:$port"
		harmless_characters
		printf '\nHello message sent to client\n'
	} >"$work/expected"
	prints_file "$work/expected"
}
check 'server shows a terminal no control characters of its client' \
	server_on_a_terminal

client_on_a_terminal() {
	control_characters >"$work/message"
	start_peer send-file "$work/message" shutdown read
	run tests/on_terminal "$build/socket/client" -p "$port"
	[ "$status" -ne 77 ] || skip 'no pseudo-terminal here'
	succeeds
	{
		echo 'Hello message sent to server'
		harmless_characters
		echo
	} >"$work/expected"
	prints_file "$work/expected"
}
check 'client shows a terminal no control characters of its server' \
	client_on_a_terminal

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
	refused socket/server -p 0 unexpected
	says "unexpected argument 'unexpected'"
}
check 'server refuses unknown, incomplete and unexpected arguments' \
	server_refuses_options

server_refuses_values() {
	for value in 0x 70000 65536 -1 '' '1 ' 99999999999999999999; do
		refused socket/server -p "$value"
		says "-p '$value': must be 0 to 65535"
	done
	for value in nonsense '' localhost 127.0.0.256 127.0.0.1:80; do
		refused socket/server -p 0 -a "$value"
		says "-a '$value': must be a numeric address"
	done
}
check 'server refuses what is no port or no address' server_refuses_values

client_refuses_options() {
	refused socket/client -x
	refused socket/client -d 1
	refused socket/client -p
	refused socket/client -p 1 127.0.0.1 unexpected
	says "unexpected argument 'unexpected'"
}
check 'client refuses unknown, incomplete and unexpected arguments' \
	client_refuses_options

client_refuses_values() {
	for value in 0x 70000 65536 -1 '' '1 ' 0 99999999999999999999; do
		refused socket/client -p "$value"
		says "-p '$value': must be 1 to 65535"
	done
}
check 'client refuses what is no port' client_refuses_values

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
