#!/bin/sh
# socket-calls.t - with strace: how many system calls a transfer takes, and what
# follows where one takes a part only. (What programs do when a call fails is
# seen by `make faults`.)
# shellcheck source=tests/socket.sh
. "${0%/*}/socket.sh"
needs_loopback
[ -n "$inside" ] ||
	strace -o /dev/null -e inject=chdir:error=EPERM true 2>/dev/null ||
	skip_all='there is no strace here that changes what calls return'

# As begin. With -D the process is the program, not strace. LeakSanitizer does
# not work under strace.
begin_traced() { # EXPRESSION TEXT NAME PROGRAM [ARGUMENT ...]
	expression=$1
	text=$2
	name=$3
	program=$4
	shift 4
	ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 \
		strace -D -o "$work/$name.trace" -e "$expression" \
		"$build/$program" "$@" </dev/null >"$work/$name.out" \
		2>"$work/$name.err" &
	echo "$!" >"$work/$name.pid"
	await "$name" "$text"
}

has_calls() { # NAME COUNT PATTERN
	count=$(grep -c "$3" "$work/$1.trace")
	[ "$count" -eq "$2" ] ||
		fail "$2 times '$3' in the trace of $1, not $count"
}

stream_is_counted() {
	begin_traced trace=network listening receiver socket/receiver -p 0
	begin_traced trace=network 'calls of send' sender socket/sender \
		-p "$(port_of receiver)"
	ends_well sender
	ends_well receiver
	has_calls sender "$(figure sender 'calls of send')" '^send'
	has_calls receiver "$(figure receiver 'calls of recv')" '^recv'
}
check 'sender and receiver count their calls right' stream_is_counted

no_connection() {
	begin_traced trace=network listening server socket/udp_server -p 0
	begin_traced trace=network Goodbye client socket/udp_client \
		-p "$(port_of server)"
	ends_well client
	await server Goodbye
	has_calls client 2 '^sendto('
	! grep -E '^(listen|accept[4]?|connect)\(' "$work"/*.trace ||
		fail 'no listen, accept or connect'
}
check 'UDP makes no connection: a call of sendto for each message' no_connection

# The first send says that it took one byte, which is lost: all from the second
# on must follow. On some processors it is called sendto.
others_get_the_rest() {
	begin_traced 'inject=/^send(to)?$:retval=1:when=1' listening echo \
		socket/echo_server -b -u "$work/echo"
	socket=$work/echo port=$work/echo
	start_peer_client read
	await echo 'Accepted connection'
	say 'xall the rest'
	grep -q INJECTED "$work/echo.trace" ||
		skip 'strace does not change what send returns here'
	prints 'Echoed: xall the rest'
	end_echo
	ends_well peer
	prints_bytes 'connected\nall the rest'
}
check 'echo_server -b sends others the rest after a part' others_get_the_rest

finish_tests
