#!/bin/sh
# socket-prefork.t - prefork: one socket, many processes
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/socket.sh
. "${0%/*}/socket.sh"
needs_loopback

workers() { # the process ids of all that have been started
	sed -n 's/^worker \([0-9]*\) started$/\1/p' "$work/prefork.out"
}

has_workers() { # COUNT
	[ "$(workers | wc -l)" -eq "$1" ]
}

start_prefork() { # WORKERS; sets $port
	start prefork socket/prefork -p 0 -w "$1"
	await prefork 'Server listening on 127.0.0.1:'
	port=$(port_of prefork)
	await_that has_workers "$1"
}

# Who is stopped takes no client: so it is known who does.
worker_answers() { # PID
	run socket/client -p "$port"
	succeeds
	prints "Hello message sent to server
Hello from worker $1"
}

workers_share_socket() {
	start_prefork 2
	one=$(workers | head -n 1)
	other=$(workers | tail -n 1)
	for _ in 1 2; do
		kill -s STOP "$one"
		worker_answers "$other"
		kill -s CONT "$one"
		kill -s STOP "$other"
		worker_answers "$one"
		kill -s CONT "$other"
	done
}
check 'workers of prefork accept on one listening socket' workers_share_socket

clients_at_once() {
	start prefork socket/prefork -p 0
	await prefork 'Server listening on 127.0.0.1:'
	port=$(port_of prefork)
	await_that has_workers 3
	for client in 1 2 3 4 5 6 7 8 9 10; do
		start "client$client" socket/client -p "$port"
	done
	for client in 1 2 3 4 5 6 7 8 9 10; do
		finish "client$client"
		succeeds
		worker=$(sed -n 's/^Hello from worker //p' "$work/out")
		workers | grep -qx "$worker" || fail 'an answer of a worker'
	done
	has_workers 3 || fail 'no other workers than the first'
}
check 'three workers answer ten clients at once' clients_at_once

killed_worker_is_replaced() {
	start_prefork 1
	for count in 2 3; do
		killed=$(workers | tail -n 1)
		kill -s KILL "$killed"
		run socket/client -p "$port"
		succeeds
		await prefork "worker $killed was ended by signal 9"
		await_that has_workers "$count"
		prints_line "Hello from worker $(workers | tail -n 1)"
	done
}
check 'a killed worker is replaced, and the client gets its answer' \
	killed_worker_is_replaced

nobody_listens_any_more() {
	! "$build/socket/client" -p "$port" >"$work/client.out" \
		2>"$work/client.err" &&
		grep -q 'start server first' "$work/client.err"
}

# The port is refused when the last process that had the socket has ended. A
# client that says nothing holds one of them.
ends_with_workers() { # SIGNAL NUMBER
	start_prefork 3
	rm -f "$work/go"
	start peer tests/tcp_peer connect "$port" wait-file "$work/go" read
	await peer connected
	stop prefork "$1"
	finish prefork
	exits "$((128 + $2))"
	await_that nobody_listens_any_more
	go
}

parent_ends_alone() {
	# shellcheck disable=SC3045 # no shell of ours is without -c
	ulimit -c 0 # SIGQUIT would leave a core file
	ends_with_workers INT 2
	ends_with_workers QUIT 3
	ends_with_workers TERM 15
	ends_with_workers HUP 1
	ends_with_workers KILL 9
}
check 'workers end with their parent, whatever ends it' parent_ends_alone

# A client wakes many workers, and one gets it. Whoever is not told EAGAIN but
# waits in accept does not see the parent's end. End-of-file comes when the
# last of them has closed its output.
nobody_waits_in_accept() {
	mkfifo "$work/fifo" || skip 'no named pipe here'
	cat "$work/fifo" >"$work/prefork.out" &
	reader=$!
	"$build/socket/prefork" -p 0 -w 30 >"$work/fifo" 2>"$work/prefork.err" &
	echo "$!" >"$work/prefork.pid"
	await_that has_workers 30
	port=$(port_of prefork)
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		run socket/client -p "$port"
		succeeds
	done
	stop prefork KILL
	wait "$reader"
	finish prefork
	[ ! -s "$work/prefork.err" ] || fail 'nothing on standard error'
}
check 'workers that did not get a client do not wait for it' \
	nobody_waits_in_accept

silent_client() {
	start_prefork 2
	start peer tests/tcp_peer connect "$port" wait-file "$work/go" close
	await peer connected
	for _ in 1 2 3; do
		run socket/client -p "$port"
		succeeds
	done
	go
	finish peer
	succeeds
}
check 'a client that says nothing holds one worker, not the others' \
	silent_client

# What makes a worker's recv or send fail: it goes on with the next client.
odd_client() { # ACTION ...
	kill -s STOP "$worker"
	run tests/tcp_peer connect "$port" "$@"
	succeeds
	kill -s CONT "$worker"
	worker_answers "$worker"
}

# Who closes, or resets with or without a message. Without one none is answered.
odd_clients() {
	start_prefork 1
	worker=$(workers)
	odd_client reset
	odd_client close
	[ ! -s "$work/prefork.err" ] || fail 'no answer that cannot be sent'
	odd_client send Hello reset
	odd_client send Hello shutdown reset
	run tests/tcp_peer connect "$port" shutdown read
	succeeds
	prints connected
}
check 'a worker survives clients that close or reset' odd_clients

# accept fails in every worker: without care, new ones would fail for ever.
worker_fails() {
	can_trace
	trace inject=accept,accept4:error=ENFILE prefork socket/prefork -p 0 \
		-w 1
	await prefork 'Server listening on'
	port=$(port_of prefork)
	run socket/client -p "$port"
	[ "$status" -ne 0 ] || skip 'strace does not make accept fail here'
	finish prefork
	exits 1
	says 'prefork: accept: '
	says ' failed'
}
check 'prefork ends when its workers cannot work' worker_fails

prefork_port() {
	reserve_port
	run socket/prefork -p "$port"
	fails_with 1 "port $port is taken, or was until a minute ago: "
	prints_nothing
	start_prefork 1
	start second socket/prefork -p "$port"
	finish second
	fails_with 1 "port $port is taken, or was until a minute ago: "
	stop prefork
	for _ in 1 2 3; do
		start_prefork 1
		run socket/client -p "$port"
		succeeds
		stop prefork KILL
		finish prefork
		await_that nobody_listens_any_more
		start again socket/prefork -p "$port"
		await_that has_spoken again
		[ ! -s "$work/again.out" ] || return 0
	done
	finish again
	succeeds
}
check 'prefork says when its port is taken, and leaves it free' prefork_port

this_machine_only() {
	[ "$(uname)" = Linux ] || skip 'elsewhere 127.0.0.2 is not this machine'
	start_receiver
	run socket/sender -p "$port" 127.0.0.2
	fails_with 1 'Connection refused'
	start_prefork 1
	run socket/client -p "$port" 127.0.0.2
	fails_with 1 'Connection refused'
}
check 'receiver and prefork listen on 127.0.0.1 only' this_machine_only

# The workers inherit it.
prefork_ignores_hangup() {
	trap '' HUP
	start_prefork 1
	trap - HUP
	worker=$(workers)
	stop prefork HUP
	kill -s HUP "$worker"
	worker_answers "$worker"
}
check 'prefork that was started with SIGHUP ignored stays' \
	prefork_ignores_hangup

# Each call fails once as if a signal had come. Then a first send that seems to
# have taken one byte, which is lost: the rest must follow.
prefork_short_counts() {
	can_trace
	option='inject=accept,accept4,recvfrom,sendto,?poll,?ppoll,?wait4'
	trace "$option:error=EINTR:when=1+2" prefork socket/prefork -p 0 -w 1
	await_that has_workers 1
	port=$(port_of prefork)
	worker_answers "$(workers)"
	was_injected prefork
	trace inject=sendto:retval=1:when=1 prefork socket/prefork -p 0 -w 1
	await_that has_workers 1
	run tests/tcp_peer connect "$(port_of prefork)" send Hello read
	succeeds
	was_injected prefork
	prints_like "ello from worker $(workers)"
}
check 'prefork sends its whole answer, signals or not' prefork_short_counts

# Each call fails with an error that no call of this program has.
prefork_names_failed_call() {
	can_trace
	set -- socket/prefork -p 0
	names_failed_call socket:error=EDOM socket "$@"
	names_failed_call '?fcntl,?fcntl64:error=EDOM' 'fcntl F_GETFL' "$@"
	names_failed_call setsockopt:error=EDOM 'setsockopt SO_REUSEADDR' "$@"
	names_failed_call bind:error=EDOM 'bind 127.0.0.1 port 0' "$@"
	names_failed_call listen:error=EDOM 'listen on 127.0.0.1 port 0' "$@"
	names_failed_call getsockname:error=EDOM getsockname "$@"
	names_failed_call '?pipe,?pipe2:error=EDOM' pipe "$@"
	names_failed_call '?fork,?clone,?clone3:error=EDOM' fork "$@"
	names_failed_call '?waitpid,?wait4:error=EDOM' 'waitpid: a worker' \
		"$@"
}
check 'prefork names the call that has failed' prefork_names_failed_call

prefork_options() {
	shows_usage socket/prefork
	refused socket/prefork -x
	refused socket/prefork -p
	refused socket/prefork -p 0 surplus
	for value in 0x 70000 65536 -1 '' '1 ' 99999999999999999999; do
		refused socket/prefork -p "$value"
		says "-p '$value'"
	done
	for value in 0 101 -1 '' 2x 99999999999999999999; do
		refused socket/prefork -p 0 -w "$value"
		says "-w '$value'"
	done
	fails_on_full_output 'standard output' socket/prefork -p 0
}
check 'prefork refuses wrong options, and fails without its output' \
	prefork_options

# Who reads its output leaves when it has seen the worker.
prefork_output_closed() {
	mkfifo "$work/prefork.out" || skip 'no named pipe here'
	start prefork socket/prefork -p 0 -w 1
	exec 3<"$work/prefork.out"
	read -r line <&3
	read -r line <&3
	exec 3<&-
	worker=${line#worker }
	kill -s KILL "${worker% started}"
	command='(started as prefork)'
	wait "$(pid prefork)"
	status=$?
	cp "$work/prefork.err" "$work/err"
	: >"$work/out"
	fails_with 1 'standard output'
}
check 'prefork ends when nobody reads its output any more' \
	prefork_output_closed

finish_tests
