#!/bin/sh
# socket-peers.t - nobody there, peers that leave, and ports
# shellcheck source=tests/socket.sh
. "${0%/*}/socket.sh"
needs_loopback

client_leaves() {
	serve server
	peer_client
	finish server
	fails_with 1 'server: recv: the client closed without a message'
	! has_text "$out" Hello || fail 'no answer'
}
check 'server says when its client leaves without a message' client_leaves

# With wait-file there is a pause: what is sent comes in pieces.
servers_leave() {
	client_meets hear shutdown read
	fails_with 1 'client: recv: the server closed without an answer'
	prints 'Hello message sent to server'
	ends_well peer
	prints_bytes "listening on 127.0.0.1:$port\naccepted\nHello from client"
	go
	for end in shutdown reset; do
		client_meets hear send 'one, ' wait-file "$work/go" \
			send 'two, ' wait-file "$work/go" send three \
			wait-file "$work/go" "$end"
		succeeds
		prints 'Hello message sent to server
one, two, three'
	done
}
check 'client says when there is no answer, reads it to its end' servers_leave

# By a socket that does not listen, by another one of the same program. The
# first port is refused to those that connect.
ports_are_not_shared() {
	reserve_port
	fails 1 "connect to 127.0.0.1 port $port (start receiver first): " \
		socket/sender -p "$port"
	for side in server receiver prefork; do
		taken="$side: port $port is taken, or was until a minute ago: \
wait, or choose another with -p"
		fails 1 "$taken" "socket/$side" -p "$port"
	done
	for side in server receiver prefork udp_server; do
		serve "$side"
		fails 1 "$side: port $port is taken" "socket/$side" -p "$port"
	done
	says "taken: choose another with -p"
}
check 'a port that is taken is told, and never shared' ports_are_not_shared

# Those that have closed first: a receiver that was killed, and a worker that
# has served its client. Somebody else may happen to get the port: then once
# more with another.
is_free_again() { # PROGRAM
	start again "socket/$1" -p "$port"
	await_that has_spoken again
	[ -s "$work/again.out" ]
}

receiver_leaves_port() {
	serve receiver -w
	start_peer_client wait-file "$work/go" read
	await_error receiver 'nothing read yet'
	end receiver KILL
	go
	finish peer
	is_free_again receiver
}

prefork_leaves_port() {
	serve prefork -w 1
	run socket/client -p "$port"
	succeeds
	end prefork KILL
	await_that port_is_refused
	is_free_again prefork
}

ports_are_free_again() {
	for side in receiver prefork; do
		"${side}_leaves_port" || "${side}_leaves_port" ||
			"${side}_leaves_port" || fail 'the port once more'
		end again
	done
}
check 'a port whose program was killed is free at once' ports_are_free_again

this_machine_only() {
	[ "$(uname)" = Linux ] || skip 'elsewhere 127.0.0.2 is not this machine'
	serve receiver
	fails 1 'Connection refused' socket/sender -p "$port" 127.0.0.2
	serve prefork -w 1
	fails 1 'Connection refused' socket/client -p "$port" 127.0.0.2
}
check 'receiver and prefork listen on 127.0.0.1 only' this_machine_only

finish_tests
