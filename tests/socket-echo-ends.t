#!/bin/sh
# socket-echo-ends.t - how echo_server and echo_client end
# shellcheck source=tests/socket.sh
. "${0%/*}/socket.sh"

removes_its_path() {
	# shellcheck disable=SC3045 # no shell of ours is without -c
	ulimit -c 0 # SIGQUIT would leave a core file
	while read -r signal number; do
		start_echo
		still_serves
		end echo "$signal"
		exits "$((128 + number))"
		[ ! -e "$socket" ] || fail "no $socket any more"
	done <<-END
		INT 2
		QUIT 3
		HUP 1
		TERM 15
	END
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
	await_that waits halfway
	stop halfway STOP
	stop echo CONT
	await echo 'Received: '
}

start_that_stays() { # NAME [MESSAGE]
	name=$1
	shift
	start_with_keys "$name" socket/echo_client -w -u "$socket" "$@"
	await_error "$name" 'press Enter'
}

# While a client sends, without a SIGPIPE; while it stays; before it was
# accepted, which is a reset.
server_dies() {
	start_echo
	start_halfway "$(letters 5000)"
	start_that_stays stays Hello
	stop echo STOP
	start_that_stays early
	kill_echo
	stop halfway CONT
	for name in halfway stays early; do
		finish "$name"
		exits 1
		says 'echo_client: the server closed the connection'
	done
	has_line "$work/stays.out" 'Echoed: Hello' || fail 'an echo before'
}
check 'clients say when the server dies, also halfway: no SIGPIPE' server_dies

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
