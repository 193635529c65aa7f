#!/bin/sh
# socket-calls.t - with strace: how many system calls, and what programs do when
# one fails, is interrupted or does a part
# shellcheck source=tests/echo.sh
. "${0%/*}/echo.sh"
needs_loopback
[ -n "$inside" ] ||
	strace -o /dev/null -e inject=chdir:error=EPERM true 2>/dev/null ||
	skip_all='there is no strace here that makes calls fail'

# As start. With -D the process is the program, not strace. LeakSanitizer does
# not work under strace.
trace() { # OPTION NAME PROGRAM [ARGUMENT ...]
	option=$1
	name=$2
	program=$3
	shift 3
	rm -f "$work/$name.out" "$work/$name.err"
	ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 \
		strace -D -f -o "$work/$name.trace" -e "$option" \
		"$build/$program" "$@" </dev/null >"$work/$name.out" \
		2>"$work/$name.err" &
	echo "$!" >"$work/$name.pid"
}

# As trace; CALL fails, or returns a number, without being made: no port is
# touched, and what was "sent" is lost. On some processors a call has another
# name: recvfrom for recv, ppoll for poll.
start_with() { # CALL:WHAT NAME PROGRAM [ARGUMENT ...]
	call="/^p?(${1%%:*})(2|3|4|64|at|from|pid|to|_time64)?\$"
	option=inject=$call:${1#*:}
	shift
	trace "$option" "$@"
}

# Not where libc makes a call in another way than strace knows it.
was_injected() { # NAME
	grep -q INJECTED "$work/$1.trace" ||
		skip 'strace does not change what these calls return here'
}

# Both sides of a pair, to the end of the client.
trace_pair() { # SERVER CLIENT
	trace trace=network "$1" "socket/$1" -p 0
	await "$1" 'listening on '
	trace trace=network "$2" "socket/$2" -p "$(port_of "$1")"
	ends_well "$2"
}

has_calls() { # NAME COUNT PATTERN
	count=$(grep -c "$3" "$work/$1.trace")
	[ "$count" -eq "$2" ] ||
		fail "$2 times '$3' in the trace of $1, not $count"
}

calls_are_counted() {
	trace_pair receiver sender
	ends_well receiver
	has_calls sender "$(figure sender 'calls of send')" ' send'
	has_calls receiver "$(figure receiver 'calls of recv')" ' recv'
	trace_pair udp_server udp_client
	await udp_server Goodbye
	has_calls udp_client 2 ' sendto('
	! grep -E '(listen|accept[4]?|connect)\(' "$work"/udp_*.trace ||
		fail 'no listen, accept or connect'
}
check 'sender and receiver count right, UDP has no connection' calls_are_counted

# Each line is CALL:ERROR and what the program says of that.
names_calls() { # PROGRAM [ARGUMENT ...]
	while read -r call message; do
		start_with "${call%%:*}:error=${call#*:}" failing "$@"
		finish failing
		was_injected failing
		fails_with 1 "${program#*/}: $message: "
	done
}

listeners_name_calls() {
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
	for use in 1:F_GETFL 2:F_SETFL; do
		start_with "fcntl:error=EINVAL:when=${use%:*}" server \
			socket/server -n -p 0
		await server 'listening on '
		run socket/client -p "$(port_of server)"
		finish server
		fails_with 1 "server: fcntl ${use#*:}: "
	done
}
check 'server and receiver name the call that failed' listeners_name_calls

tcp_calls_are_named() {
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
	names_calls socket/prefork -p 0 <<-END
		socket:EMFILE socket
		fcntl:EINVAL fcntl F_GETFL
		fcntl:EINVAL:when=2 fcntl F_SETFL
		setsockopt:EINVAL setsockopt SO_REUSEADDR
		bind:EACCES bind 127.0.0.1 port 0
		listen:EADDRINUSE listen on 127.0.0.1 port 0
		getsockname:ENOBUFS getsockname
		pipe:EMFILE pipe
		fork|clone:EAGAIN fork
		wait:EDOM waitpid: a worker
	END
}
check 'client, sender and prefork name it too' tcp_calls_are_named

udp_calls_are_named() {
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
	socket=$work/echo
	names_calls socket/echo_server -u "$socket" <<-END
		socket:EMFILE socket
		bind:EACCES bind $socket
		listen:EADDRINUSE listen on $socket
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

# Without care, new workers would fail for ever.
worker_fails() {
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

start_echo_with() { # DISTURBANCE [OPTION ...]; sets $socket
	socket=$work/echo
	start_with "$1" echo socket/echo_server -u "$socket" ${2:+"$2"}
	await echo 'Server listening'
}

# There is no other client that could leave: the server tries again by itself.
accepts_later() {
	start_echo_with accept:error=EMFILE:when=1
	still_serves
	end_echo
	says 'echo_server: accept: new clients wait until one leaves: '
}
check 'echo: a client that cannot be accepted is accepted later' accepts_later

path_is_left() {
	start_echo_with unlink:error=EPERM
	end echo
	exits 143
	says 'echo_server: unlink: the path is left'
	[ -S "$socket" ] || fail "$socket, which could not be removed"
}
check 'echo: a server that cannot remove its path says so' path_is_left

# The first send says that it took one byte, which is lost: all from the second
# on must follow.
short=send:retval=1:when=1

# The first use of each of these calls fails as if a signal had come, and then
# each second one.
signals='accept|recv|send|poll|wait:error=EINTR:when=1+2'

# Both sides of a pair have that, and go on: each prints such a line. A server
# has the option -p 0, its client PORT.
pair_goes_on() { # DISTURBANCE SERVER LINE CLIENT LINE
	# shellcheck disable=SC2086 # these are words
	start_with "$1" server socket/$2
	await server 'istening'
	port=$(port_of server)
	client=${4%PORT}
	[ "$client" = "$4" ] || client=$client$port
	# shellcheck disable=SC2086
	start_with "$1" client socket/$client
	finish client
	exits 0
	was_injected client
	prints_like "$5"
	await server "$3"
	was_injected server
	stop server 2>/dev/null
	finish server
	[ ! -s "$err" ] || fail 'nothing on standard error'
}

first_send_did_nothing() {
	! grep Hello.from "$work/server.out" "$work/client.out" ||
		fail 'a first send that did nothing'
}

all_go_on() {
	pair_goes_on "$short" 'server -p 0' 'ello from client' \
		'client -p PORT' 'ello from server'
	first_send_did_nothing
	pair_goes_on "$short" 'prefork -w 1 -p 0' 'worker ' \
		'client -p PORT' 'ello from worker'
	first_send_did_nothing
	pair_goes_on "$signals" 'server -p 0' 'Hello from client' \
		'client -p PORT' 'Hello from server'
	prints_line 'Hello message sent to client'
	pair_goes_on "$signals" 'receiver -p 0' 'all in order' \
		'sender -p PORT' 'sent 67108864 of 67108864 bytes'
	pair_goes_on "$signals" 'prefork -w 1 -p 0' 'worker ' \
		'client -p PORT' 'Hello from worker'
	pair_goes_on "$signals" 'udp_server -p 0' ': Goodbye' \
		'udp_client -p PORT' ': Goodbye'
	prints_like ': Hello from client'
	has_lines "$out" 3 || fail 'two messages'
	new_group
	set -- -g "$group" -p "$group_port"
	pair_goes_on "$signals" "multicast_receiver $*" ': Hello all' \
		"multicast_sender $*" ': Hello all'
	set -- -u "$work/echo"
	pair_goes_on "$signals" "echo_server $*" 'Received: two' \
		"echo_client $* one two" 'Echoed: two'
	pair_goes_on "$signals" "echo_server $*" 'Received: three' \
		"echo_client -w $* three" 'Echoed: three'
}
check 'after a short send the rest follows, signals end nothing' all_go_on

# What is sent is 'xall the rest'.
echo_sends_all() {
	start_echo
	start_with "$short" client socket/echo_client -u "$socket" \
		'xall the rest'
	await echo 'Received: all the rest'
	was_injected client
	end_echo

	port=$socket
	start_echo_with "$short"
	peer_client send 'xall the rest' shutdown read
	prints_bytes 'connected\nall the rest'
	end_echo

	start_echo_with "$short" -b
	start_peer_client read
	await echo 'Accepted connection'
	say 'xall the rest'
	prints 'Echoed: xall the rest'
	end_echo
	ends_well peer
	prints_bytes 'connected\nall the rest'
}
check 'echo: a send that takes one byte is followed by the rest' echo_sends_all

finish_tests
