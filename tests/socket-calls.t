#!/bin/sh
# socket-calls.t - with strace: how many system calls, and what programs do when
# one fails, is interrupted or does a part
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/socket.sh
. "${0%/*}/socket.sh"
# shellcheck source=tests/echo.sh
. "${0%/*}/echo.sh"
needs_loopback

trace_network() { # NAME PROGRAM [ARGUMENT ...]
	trace trace=network "$@"
}

has_calls() { # NAME COUNT PATTERN
	count=$(grep -c "$3" "$work/$1.trace")
	[ "$count" -eq "$2" ] ||
		fail "$2 times '$3' in the trace of $1, not $count"
}

message_is_system_call() {
	can_trace
	trace_network server socket/server -p 0
	await server 'Server listening on'
	trace_network client socket/client -p "$(port_of server)"
	ends_well client
	ends_well server
	for way in client:server server:client; do
		has_calls "${way%:*}" 1 " send.*\"Hello from ${way%:*}\""
		has_calls "${way#*:}" 1 " recv.*\"Hello from ${way%:*}\""
	done

	trace_network receiver socket/receiver -p 0
	await receiver 'Receiver listening on'
	trace_network sender socket/sender -p "$(port_of receiver)"
	ends_well sender
	has_calls sender "$(figure sender 'calls of send')" ' send'
	ends_well receiver
	has_calls receiver "$(figure receiver 'calls of recv')" ' recv'
}
check 'each message costs a system call on each side' message_is_system_call

no_connection() {
	can_trace
	trace_network udp_server socket/udp_server -p 0
	await udp_server 'Server listening on'
	trace_network udp_client socket/udp_client -p "$(port_of udp_server)"
	ends_well udp_client
	await udp_server Goodbye
	! grep -E '(listen|accept[4]?|connect)\(' "$work"/*.trace ||
		fail 'no listen, accept or connect'
	has_calls udp_client 2 ' sendto('
}
check 'with UDP there is no listen, no accept and no connect' no_connection

# Each line is CALL:ERROR and what the program says of that.
names_calls() { # PROGRAM [ARGUMENT ...]
	while read -r call message; do
		start_with "${call%%:*}:error=${call#*:}" failing "$@"
		finish failing
		was_injected failing
		fails_with 1 "${program#*/}: $message: "
	done
}

tcp_calls_are_named() {
	can_inject
	for side in server receiver; do
		names_calls "socket/$side" -p 0 <<-END
			socket:EMFILE socket
			setsockopt:EINVAL setsockopt SO_REUSEADDR
			bind:EACCES bind 127.0.0.1 port 0
			listen:EADDRINUSE listen on 127.0.0.1 port 0
			getsockname:ENOBUFS getsockname
			accept:EMFILE accept
		END
	done
	for side in client sender; do
		names_calls "socket/$side" <<-END
			socket:EMFILE socket
			connect:ETIMEDOUT connect to 127.0.0.1 port 12345
			connect:EACCES connect to 127.0.0.1 port 12345
			connect:EINTR connect to 127.0.0.1 port 12345
		END
	done
	serve server
	names_calls socket/client -v -p "$port" <<-END
		getsockname:ENOTCONN getsockname
	END
	for use in 1:F_GETFL 2:F_SETFL; do
		start_with "fcntl:error=EINVAL:when=${use%:*}" server \
			socket/server -n -p 0
		await server 'listening on '
		run socket/client -p "$(port_of server)"
		finish server
		fails_with 1 "server: fcntl ${use#*:}: "
	done
	names_calls socket/prefork -p 0 <<-END
		socket:EMFILE socket
		fcntl:EINVAL fcntl F_GETFL
		fcntl:EINVAL:when=2 fcntl F_SETFL
		setsockopt:EINVAL setsockopt SO_REUSEADDR
		bind:EACCES bind 127.0.0.1 port 0
		listen:EADDRINUSE listen
		getsockname:ENOBUFS getsockname
		pipe:EMFILE pipe
		fork|clone:EAGAIN fork
		wait:EDOM waitpid
	END
}
check 'TCP programs name the call that failed, hint only at a missing server' \
	tcp_calls_are_named

udp_calls_are_named() {
	can_inject
	names_calls socket/udp_server -p 0 <<-END
		socket:EMFILE socket
		bind:EACCES bind 127.0.0.1 port 0
		getsockname:ENOBUFS getsockname
		recv:ENOMEM recvfrom
	END
	names_calls socket/udp_client <<-END
		socket:EMFILE socket
		send:ENOBUFS sendto 127.0.0.1 port 12345
	END
	new_group
	set -- -g "$group" -p "$group_port"
	joined="$group on 127.0.0.1"
	names_calls socket/multicast_receiver "$@" <<-END
		socket:EMFILE socket
		setsockopt:EINVAL setsockopt SO_REUSEADDR
		bind:EACCES bind $group port $group_port
		setsockopt:ENODEV:when=2 setsockopt IP_ADD_MEMBERSHIP $joined
		recv:ENOMEM recvfrom
	END
	names_calls socket/multicast_sender "$@" <<-END
		socket:EMFILE socket
		setsockopt:EINVAL setsockopt IP_MULTICAST_IF 127.0.0.1
		send:ENOBUFS sendto $group:$group_port
	END
}
check 'UDP programs name the call that failed' udp_calls_are_named

echo_calls_are_named() {
	can_inject
	socket=$work/echo
	names_calls socket/echo_server -u "$socket" <<-END
		socket:EMFILE socket
		bind:EACCES bind $socket
		listen:EADDRINUSE listen
		fcntl:EINVAL fcntl F_GETFL
		fcntl:EINVAL:when=2 fcntl F_SETFL
		poll:ENOMEM poll
	END
	[ ! -e "$socket" ] || fail "no $socket any more"
	start_echo
	names_calls socket/echo_client -u "$socket" <<-END
		socket:EMFILE socket
		connect:EACCES connect to $socket
		send:ENOBUFS send
		recv:ENOMEM recv
	END
}
check 'echo: both name the call that failed' echo_calls_are_named

# The kernel gives the address in no bytes at all.
no_address() {
	empty=poke_exit=@arg3=00000000
	can_trace "inject=chdir:$empty"
	start_with "getsockname:$empty" failing socket/server -p 0
	finish failing
	fails_with 1 'server: getnameinfo: '
	start_peer shutdown
	start_with "getsockname:$empty" failing socket/client -v -p "$port"
	finish failing
	fails_with 1 'client: getnameinfo: '
}
check 'an address that cannot be told is a failure' no_address

# Without care, new workers would fail for ever.
worker_fails() {
	can_inject
	start_with accept:error=ENFILE prefork socket/prefork -p 0 -w 1
	await prefork 'listening on '
	run socket/client -p "$(port_of prefork)"
	finish prefork
	was_injected prefork
	exits 1
	says 'prefork: accept: '
	says ' failed'
}
check 'prefork ends when its workers cannot work' worker_fails

# There is no other client that could leave: the server tries again by itself.
echo_accepts_later() {
	can_inject
	socket=$work/echo
	start_with accept:error=EMFILE:when=1 echo \
		socket/echo_server -u "$socket"
	await echo 'Server listening'
	still_serves
	end_echo
	says 'echo_server: accept: new clients wait until one leaves: '
}
check 'echo: a client that cannot be accepted at once is accepted later' \
	echo_accepts_later

echo_says_what_it_leaves() {
	can_inject
	start_with unlink:error=EPERM echo socket/echo_server -u "$work/echo"
	await echo 'Server listening'
	end echo
	exits 143
	says 'echo_server: unlink: the path is left'
	[ -S "$work/echo" ] || fail "$work/echo, which could not be removed"
}
check 'echo: a server that cannot remove its path says so' \
	echo_says_what_it_leaves

# The first send says that it took one byte, which is lost: all from the second
# on must follow.
short=send:retval=1:when=1

# The first use of each of these calls fails as if a signal had come, and then
# each second one.
signals='accept|recv|send|poll|wait:error=EINTR:when=1+2'

# Both sides of a pair have that, and go on: each prints this line.
pair_goes_on() { # DISTURBANCE SERVER LINE CLIENT LINE
	# shellcheck disable=SC2086 # there may be an option
	start_with "$1" server socket/$2 -p 0
	await server 'listening on '
	port=$(port_of server)
	start_with "$1" client "socket/$4" -p "$port"
	ends_well client
	was_injected client
	prints_like "$5"
	await server "$3"
	was_injected server
	stop server 2>/dev/null
	finish server
	[ ! -s "$work/err" ] || fail 'nothing on standard error'
}

pairs_go_on() {
	can_inject
	pair_goes_on "$short" server 'ello from client' client \
		'ello from server'
	! grep Hello.from "$work/server.out" "$work/client.out" ||
		fail 'a first send that did nothing'
	pair_goes_on "$short" 'prefork -w 1' 'worker ' client 'ello from worker'
	! grep Hello.from "$work/client.out" ||
		fail 'a first send that did nothing'
	pair_goes_on "$signals" server 'Hello message sent to client' client \
		'Hello from server'
	prints_line 'Hello from client'
	pair_goes_on "$signals" receiver 'all in order' sender 'sent 67108864'
	pair_goes_on "$signals" 'prefork -w 1' 'worker ' client \
		'Hello from worker'
	pair_goes_on "$signals" udp_server ': Goodbye' udp_client ': Goodbye'
	prints_like ': Hello from client'
	has_lines "$work/out" 3 || fail 'two messages'
}
check 'a send of one byte is followed by the rest, signals end nothing' \
	pairs_go_on

multicast_goes_on() {
	can_inject
	new_group
	set -- -g "$group" -p "$group_port"
	start_with "$signals" member socket/multicast_receiver "$@"
	await member 'Receiver listening on '
	start_with "$signals" sender socket/multicast_sender "$@"
	ends_well sender
	ends_well member
	was_injected member
	prints_like ': Hello all'
}
check 'a signal does not end the programs of a group' multicast_goes_on

echo_with() { # DISTURBANCE [OPTION ...]; sets $port, for a peer
	socket=$work/echo
	port=$socket
	disturbance=$1
	shift
	start_with "$disturbance" echo socket/echo_server -u "$socket" "$@"
	await echo 'Server listening'
}

# What is sent is 'xall the rest'.
echo_sends_all() {
	can_inject
	start_echo
	start_with "$short" client socket/echo_client -u "$socket" \
		'xall the rest'
	await echo 'Received: all the rest'
	was_injected client
	end_echo
	echo_with "$short"
	peer_client send 'xall the rest' shutdown read
	prints_bytes 'connected\nall the rest'
	end_echo
	echo_with "$short" -b
	start_peer_client read
	await echo 'Accepted connection'
	say 'xto the other'
	prints 'Echoed: xto the other'
	end_echo
	ends_well peer
	prints_bytes 'connected\nto the other'
}
check 'echo: a send that takes one byte is followed by the rest' echo_sends_all

echo_is_interrupted() {
	can_inject
	echo_with "$signals"
	start_with "$signals" client socket/echo_client -u "$socket" one two
	ends_well client
	was_injected client
	was_injected echo
	prints 'Echoed: one
Echoed: two'
	start_with "$signals" client socket/echo_client -w -u "$socket" three
	finish client
	exits 0
	prints 'Echoed: three'
}
check 'echo: calls that a signal interrupts are made again' \
	echo_is_interrupted

# The one read that is interrupted is that of the file, not one of the loader's.
interrupted_enter() {
	can_inject
	echo >"$work/keys"
	exec 9<"$work/keys"
	serve server
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

finish_tests
