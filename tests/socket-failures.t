#!/bin/sh
# socket-failures.t - each failed call is named; calls that stop half-way go on
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/socket.sh
. "${0%/*}/socket.sh"
needs_loopback

listening_side_names_calls() {
	can_inject
	for side in socket/server socket/receiver; do
		names_call socket error=EMFILE socket "$side"
		names_call setsockopt error=EINVAL \
			'setsockopt SO_REUSEADDR' "$side"
		names_call bind error=EACCES 'bind 127.0.0.1 port 12345' \
			"$side"
		names_call listen error=EADDRINUSE \
			'listen on 127.0.0.1 port 0' "$side" -p 0
		names_call getsockname error=ENOBUFS getsockname "$side" -p 0
		names_call accept error=EMFILE accept "$side" -p 0
	done
}
check 'server and receiver name the call that failed' \
	listening_side_names_calls

connecting_side_names_calls() {
	can_inject
	where='connect to 127.0.0.1 port 12345'
	for side in socket/client socket/sender; do
		names_call socket error=EMFILE socket "$side"
		for error in ETIMEDOUT EACCES EINTR; do
			names_call connect "error=$error" "$where" "$side"
		done
	done
	names_call connect error=ECONNREFUSED \
		"$where (start server first)" socket/client
	names_call connect error=ECONNREFUSED \
		"$where (start receiver first)" socket/sender
}
check 'client and sender name it, and hint only where nobody listens' \
	connecting_side_names_calls

# The kernel gives the address in no bytes at all.
no_address() {
	can_inject
	empty=poke_exit=@arg3=00000000
	strace -o "$work/trace" -e "inject=chdir:$empty" true 2>/dev/null ||
		skip 'strace cannot change what a call returns here'
	names_call getsockname "$empty" getnameinfo socket/server -p 0

	start_server
	names_call getsockname error=ENOTCONN getsockname \
		socket/client -v -p "$port"
	start_peer shutdown
	names_call getsockname "$empty" getnameinfo \
		socket/client -v -p "$port"
}
check 'an address that cannot be told is a failure' no_address

nonblocking_fails() {
	can_inject
	for call in 1:F_GETFL 2:F_SETFL; do
		start_with fcntl "error=EINVAL:when=${call%:*}" server \
			socket/server -n -p 0
		await server 'Server listening on'
		run tests/tcp_peer connect "$(port_of server)"
		finish server
		fails_with 1 "server: fcntl ${call#*:}: "
	done
}
check 'server -n names the fcntl that failed' nonblocking_fails

# The first send says that it took one byte: all from the second on is to come.
short_sends() {
	can_inject
	start_with send retval=1:when=1 server socket/server -p 0
	await server 'Server listening on'
	run tests/tcp_peer connect "$(port_of server)" send Hello read
	succeeds
	printf 'connected\nello from server' >"$work/expected"
	prints_file "$work/expected"
	finish server
	succeeds

	start_peer send answer shutdown read
	start_with send retval=1:when=1 client socket/client -p "$port"
	finish client
	succeeds
	prints_line 'Hello message sent to server'
	finish peer
	succeeds
	prints_like 'ello from client'
	! grep -q Hello "$work/out" || fail 'a first send that did nothing'
}
check 'server and client go on where a send took a part only' short_sends

interrupted_calls() {
	can_inject
	for call in accept recv send; do
		start_with "$call" error=EINTR:when=1 server socket/server -p 0
		await server 'Server listening on'
		port=$(port_of server)
		start_with "$call" error=EINTR:when=1 client \
			socket/client -p "$port"
		finish client
		succeeds
		prints 'Hello message sent to server
Hello from server'
		finish server
		succeeds
		prints "Server listening on 127.0.0.1:$port
Hello from client
Hello message sent to client"

		start_with "$call" error=EINTR:when=1+2 receiver \
			socket/receiver -p 0
		await receiver 'Receiver listening on'
		start_with "$call" error=EINTR:when=1+2 sender \
			socket/sender -p "$(port_of receiver)"
		finish sender
		succeeds
		finish receiver
		succeeds
		prints_like 'received 67108864 bytes in '
		prints_line 'all in order'
	done
}
check 'all four take up a call again that a signal interrupted' \
	interrupted_calls

# The one read that is interrupted is that of the file, not one of the loader's.
interrupted_enter() {
	can_inject
	echo >"$work/keys"
	exec 9<"$work/keys"
	start_server
	command="client -w, read interrupted"
	ASAN_OPTIONS=detect_leaks=0 strace -o "$work/trace" -P "$work/keys" \
		-e inject=read:error=EINTR:when=1 "$build/socket/client" -w \
		-p "$port" <&9 >"$work/out" 2>"$work/err"
	status=$?
	grep -q 'EINTR.*INJECTED' "$work/trace" ||
		skip 'strace cannot follow a file here'
	fails_with 0 'press Enter to send'
	prints_line 'Hello from server'
}
check 'a signal is no Enter, and no failure' interrupted_enter

# A server without SO_REUSEADDR, as the notes' own, has closed first.
port_in_time_wait() {
	[ "$(uname)" = Linux ] || skip 'elsewhere the port is free'
	start_peer shutdown read
	run tests/tcp_peer connect "$port" read
	succeeds
	finish peer
	succeeds
	for side in server receiver; do
		run "socket/$side" -p "$port"
		fails_with 1 "$side: port $port is taken, or was until a \
minute ago: wait, or choose another with -p"
		prints_nothing
	done
}
check 'a port in TIME-WAIT is told as one that may be' port_in_time_wait

finish_tests
