#!/bin/sh
# socket-echo-ends.t - how echo_server and echo_client end
# shellcheck source=tests/echo.sh
. "${0%/*}/echo.sh"

removes_its_path() {
	# shellcheck disable=SC3045 # no shell of ours is without -c
	ulimit -c 0 # SIGQUIT would leave a core file
	for signal in INT QUIT TERM HUP; do
		start_echo
		still_serves
		end_echo "$signal"
	done
}
check 'ended by a signal, the server removes its path' removes_its_path

# As nohup starts it.
hangup_ignored() {
	trap '' HUP
	start_echo
	trap - HUP
	stop echo HUP
	still_serves
	end_echo
}
check 'a server that was started with SIGHUP ignored stays' hangup_ignored

# Process 1 has no default for signals: to raise one again does nothing.
as_process_1() {
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
check 'as process 1 of a container the server ends too' as_process_1

# A client that stands still while the first echo waits for it.
start_halfway() { # MESSAGE
	stop echo STOP
	start halfway socket/echo_client -u "$socket" "$1"
	comes_to_rest halfway
	stop halfway STOP
	stop echo CONT
	await echo 'Received: '
}

# While the client stays, and while it sends, without a SIGPIPE.
server_dies() {
	start_echo
	start_halfway "$(letters 5000)"
	start_with_keys client socket/echo_client -w -u "$socket" Hello
	await_error client 'press Enter'
	kill_echo
	finish client
	exits 1
	says 'echo_client: the server closed the connection'
	prints 'Echoed: Hello'
	stop halfway CONT
	finish halfway
	fails_with 1 'echo_client: the server closed the connection'
}
check 'client says when the server dies, also halfway: no SIGPIPE' server_dies

# A server that does not even accept. Should it die before the client has
# connected, then once more.
dies_first() {
	socket=$work/echo
	for _ in 1 2 3 4 5; do
		rm -f "$socket"
		begin listening server tests/odd socket "$socket"
		start client socket/echo_client -u "$socket"
		comes_to_rest client
		end server
		finish client
		has_text "$err" 'start echo_server first' || break
	done
	fails_with 1 'echo_client: the server closed the connection'
	prints_nothing
}
check 'client says when the server dies before it has answered' dies_first

# When the second of the others has its echo, both have been sent to all.
among_others() {
	start_echo -b
	start_halfway ours
	say theirs theirs
	succeeds
	stop halfway CONT
	ends_well halfway
	prints 'Echoed: ours'
}
check 'with -b a client reads as much as it has sent, and ends' among_others

finish_tests
