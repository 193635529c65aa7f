#!/bin/sh
# socket-syscalls.t - a message costs a system call on each side
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/socket.sh
. "${0%/*}/socket.sh"
needs_loopback

has_calls() { # NAME COUNT PATTERN
	count=$(grep -c "$3" "$work/$1.trace")
	[ "$count" -eq "$2" ] || fail "$2 times '$3' in the trace of $1, \
not $count"
}

message_is_system_call() {
	can_trace
	trace trace=network server socket/server -p 0
	await server 'Server listening on'
	port=$(port_of server)
	trace trace=network client socket/client -p "$port"
	finish client
	succeeds
	finish server
	succeeds
	has_calls client 1 ' send.*"Hello from client"'
	has_calls server 1 ' recv.*"Hello from client"'
	has_calls server 1 ' send.*"Hello from server"'
	has_calls client 1 ' recv.*"Hello from server"'

	trace trace=network receiver socket/receiver -p 0
	await receiver 'Receiver listening on'
	port=$(port_of receiver)
	trace trace=network sender socket/sender -p "$port"
	finish sender
	succeeds
	has_calls sender "$(figure sender 'calls of send')" ' send'
	finish receiver
	succeeds
	has_calls receiver "$(figure receiver 'calls of recv')" ' recv'
}
check 'each message costs a system call on each side' message_is_system_call

finish_tests
