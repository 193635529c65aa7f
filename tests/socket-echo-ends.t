#!/bin/sh
# socket-echo-ends.t - how echo_server and echo_client end
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/socket.sh
. "${0%/*}/socket.sh"
# shellcheck source=tests/echo.sh
. "${0%/*}/echo.sh"

echo_removes_its_path() {
	# shellcheck disable=SC3045 # no shell of ours is without -c
	ulimit -c 0 # SIGQUIT would leave a core file
	for signal in INT QUIT TERM HUP; do
		start_echo
		still_serves
		stop_echo "$signal"
		case $signal:$status in
		INT:130 | QUIT:131 | TERM:143 | HUP:129) ;;
		*) fail "death by SIG$signal" ;;
		esac
	done
}
check 'echo: ended by a signal, the server removes its path' \
	echo_removes_its_path

# As nohup starts it.
echo_ignores_hangup() {
	trap '' HUP
	start_echo
	trap - HUP
	stop echo HUP
	still_serves
	stop_echo
	exits 143
}
check 'echo: a server that was started with SIGHUP ignored stays' \
	echo_ignores_hangup

# Process 1 has no default for signals: to raise one again does nothing.
echo_as_process_1() {
	unshare -fp true 2>/dev/null || skip 'no process 1 can be made here'
	socket=$work/echo
	unshare -fp "$build/socket/echo_server" -u "$socket" \
		>"$work/echo.out" 2>"$work/echo.err" &
	echo "$!" >"$work/echo.pid"
	await echo 'Server listening'
	server=$(child_of "$(pid echo)")
	kill -s TERM "$server"
	await_that has_ended "$server"
	finish echo
	exits 143
	[ ! -e "$socket" ] || fail "no $socket any more"
}
check 'echo: as process 1 of a container the server ends too' \
	echo_as_process_1

echo_server_dies() {
	start_echo
	open_keys
	start_from "$work/keys" client socket/echo_client -w -u "$socket" Hello
	await_that grep -q 'press Enter' "$work/client.err"
	stop echo KILL
	finish client
	exits 1
	says 'echo_client: the server closed the connection'
	prints 'Echoed: Hello'
}
check 'echo: client says when the server dies' echo_server_dies

# A server that does not even accept. Should it die before the client has
# connected, then once more.
echo_server_dies_first() {
	[ -r /proc/self/stat ] || skip 'no /proc here'
	socket=$work/echo
	for _ in 1 2 3 4 5; do
		rm -f "$socket"
		start server tests/odd socket "$socket"
		await server listening
		start client socket/echo_client -u "$socket"
		comes_to_rest client
		stop server
		finish server
		finish client
		grep -q 'start echo_server first' "$work/err" || break
	done
	fails_with 1 'echo_client: the server closed the connection'
	prints_nothing
}
check 'echo: client says when the server dies before it has answered' \
	echo_server_dies_first

# A client that stands still while the first echo waits for it.
start_halfway() { # MESSAGE
	[ -r /proc/self/stat ] || skip 'no /proc here'
	stop echo STOP
	start halfway socket/echo_client -u "$socket" "$1"
	await_that sleeps halfway
	stop halfway STOP
	stop echo CONT
	await echo 'Received: '
}

echo_server_dies_halfway() {
	start_echo
	start_halfway "$(letters 5000)"
	stop echo KILL
	finish echo
	stop halfway CONT
	finish halfway
	fails_with 1 'echo_client: the server closed the connection'
}
check 'echo: a server that dies halfway is no SIGPIPE for its client' \
	echo_server_dies_halfway

# When the second of the others has its echo, both have been sent to all.
echo_among_others() {
	start_echo -b
	start_halfway ours
	say theirs
	say theirs
	succeeds
	stop halfway CONT
	finish halfway
	succeeds
	prints 'Echoed: ours'
}
check 'echo: with -b a client reads as much as it has sent, and ends' \
	echo_among_others

# Each call fails with an error that no call of this program has.
echo_names_failed_call() {
	can_trace
	socket=$work/echo
	set -- socket/echo_server -u "$socket"
	names_failed_call socket:error=EDOM socket "$@"
	names_failed_call bind:error=EDOM "bind $socket" "$@"
	names_failed_call listen:error=EDOM "listen on $socket" "$@"
	names_failed_call '?fcntl,?fcntl64:error=EDOM' 'fcntl F_GETFL' "$@"
	names_failed_call '?poll,?ppoll,?ppoll_time64:error=EDOM' poll "$@"
	[ ! -e "$socket" ] || fail "no $socket any more"
	start_echo
	set -- socket/echo_client -u "$socket"
	names_failed_call socket:error=EDOM socket "$@"
	names_failed_call connect:error=EDOM "connect to $socket" "$@"
	names_failed_call sendto:error=EDOM send "$@"
	names_failed_call recvfrom:error=EDOM recv "$@"
}
check 'echo: both name the call that has failed' echo_names_failed_call

end_traced_echo() { # then as after run
	kill -s TERM "$(child_of "$(pid echo)")"
	finish echo
	exits 143
}

# There is no other client that could leave: the server tries again by itself.
echo_accepts_later() {
	can_inject
	socket=$work/echo
	start_with accept error=EMFILE:when=1 echo \
		socket/echo_server -u "$socket"
	await echo 'Server listening'
	say
	succeeds
	prints 'Echoed: Hello, server!'
	end_traced_echo
	says 'echo_server: accept: new clients wait until one leaves: '
	[ ! -e "$socket" ] || fail "no $socket any more"
}
check 'echo: a client that cannot be accepted at once is accepted later' \
	echo_accepts_later

echo_says_what_it_leaves() {
	can_inject
	socket=$work/echo
	start_with '?unlink,?unlinkat' error=EPERM echo \
		socket/echo_server -u "$socket"
	await echo 'Server listening'
	end_traced_echo
	says 'echo_server: unlink: the path is left'
	[ -S "$socket" ] || fail "$socket, which could not be removed"
}
check 'echo: a server that cannot remove its path says so' \
	echo_says_what_it_leaves

echo_usage() {
	shows_usage socket/echo_server
	shows_usage socket/echo_client
}
check 'echo: -h shows the usage of both' echo_usage

echo_refuses_options() {
	for half in echo_server echo_client; do
		refused "socket/$half" -x
		refused "socket/$half" -u
		refused "socket/$half" -u ''
	done
	refused socket/echo_server surplus
	says "unexpected argument 'surplus'"
}
check 'echo: both refuse what they cannot take' echo_refuses_options

echo_output_full() {
	socket=$work/echo
	fails_on_full_output 'standard output' socket/echo_server -u "$socket"
	[ ! -e "$socket" ] || fail "no $socket any more"
	start_echo
	fails_on_full_output 'standard output' socket/echo_client -u "$socket"
	open_keys
	fails_on_full_output 'standard output' socket/echo_client -w \
		-u "$socket" Hello <"$work/keys"
}
check 'echo: both fail when they cannot write their output' echo_output_full

# Who reads the server's output leaves after the first line.
echo_output_closed() {
	socket=$work/echo
	mkfifo "$work/echo.out" || skip 'no named pipe here'
	start echo socket/echo_server -u "$socket"
	read -r line <"$work/echo.out"
	[ "$line" = "Server listening... $socket" ] || fail 'the first line'
	say
	wait "$(pid echo)"
	status=$?
	cp "$work/echo.err" "$work/err"
	fails_with 1 'standard output'
	[ ! -e "$socket" ] || fail "no $socket any more"
}
check 'echo: server ends when nobody reads its output any more' \
	echo_output_closed

finish_tests
