#!/bin/sh
# socket-echo-ends.t - the echo server's path, and how the two end
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/socket.sh
. "${0%/*}/socket.sh"
# shellcheck source=tests/echo.sh
. "${0%/*}/echo.sh"

echo_path_is_private() {
	(umask 0 && start_echo && pid echo >"$work/server")
	socket=$work/echo
	case $(ls -l "$socket") in
	srw-------*) ;;
	*) fail 'mode 0600' ;;
	esac
	kill "$(cat "$work/server")"
}
check 'echo: only the owner may connect' echo_path_is_private

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

echo_path_is_not_stolen() {
	start_echo
	run socket/echo_server -u "$socket"
	fails_with 1 "a server is already listening at $socket"
	prints_nothing
	still_serves
	# Stopped it is not dead: the kernel takes the connection.
	stop echo STOP
	start load tests/echo_load -k -r 0 -c 20 "$socket"
	await load 'per second'
	run socket/echo_server -u "$socket"
	fails_with 1 "a server is already listening at $socket"
	stop echo CONT
	still_serves
}
check "echo: a living server's path is not stolen" echo_path_is_not_stolen

echo_takes_dead_path() {
	start_echo
	stop echo KILL
	finish echo
	[ -S "$socket" ] || fail 'a path that outlives its server'
	say
	fails_with 1 'start echo_server first'
	start_echo
	still_serves
	stop_echo
}
check 'echo: the path of a server that was killed is taken over' \
	echo_takes_dead_path

# Nobody accepts, and no more connections can wait for it: a server that would
# wait with them would not start, and not end.
echo_path_with_full_queue() {
	[ "$(uname)" = Linux ] || skip 'elsewhere a full queue refuses'
	socket=$work/echo
	start server tests/odd socket "$socket"
	await server listening
	start load tests/echo_load -k -r 0 -c 4 "$socket"
	await load 'per second'
	run socket/echo_server -u "$socket"
	fails_with 1 "a server is already listening at $socket"
	[ -S "$socket" ] || fail "the other server's path"
}
check 'echo: the path of a server whose queue is full is not waited for' \
	echo_path_with_full_queue

# They may take the path from each other, but one has it at last; none waits,
# and none leaves it.
echo_race_for_dead_path() {
	for _ in 1 2 3; do
		start_echo
		stop echo KILL
		finish echo
		for name in one two three four; do
			start "$name" socket/echo_server -u "$socket"
		done
		for name in one two three four; do
			await_that has_spoken "$name"
		done
		still_serves
		for name in one two three four; do
			stop "$name" 2>/dev/null
			finish "$name"
		done
		[ ! -e "$socket" ] || fail "no $socket any more"
	done
}
check 'echo: of several servers that start at once one can be reached' \
	echo_race_for_dead_path

echo_keeps_other_files() {
	socket=$work/echo
	echo precious >"$socket"
	run socket/echo_server -u "$socket"
	fails_with 1 "$socket is not a socket: choose another path with -u"
	[ "$(cat "$socket")" = precious ] || fail 'the file as it was'
	ln -s echo "$work/link"
	run socket/echo_server -u "$work/link"
	fails_with 1 "$work/link is not a socket: choose another path with -u"
	[ -h "$work/link" ] || fail 'the link'
	start odd tests/odd datagram "$work/datagrams"
	await odd listening
	run socket/echo_server -u "$work/datagrams"
	fails_with 1 "connect to $work/datagrams: "
	[ -S "$work/datagrams" ] || fail 'the other program'"'"'s socket'
	run socket/echo_server -u "$work/none/echo"
	fails_with 1 "bind $work/none/echo: No such file"
	prints_nothing
}
check 'echo: a path that is no socket is never removed' echo_keeps_other_files

# Root could remove it, and does not.
echo_keeps_path_of_another_user() {
	start_echo
	stop echo KILL
	finish echo
	chown 1 "$socket" 2>/dev/null || skip 'only root gives a file away'
	run socket/echo_server -u "$socket"
	fails_with 1 "$socket is another user's: choose another path with -u"
	[ -S "$socket" ] || fail 'the path of the other user'
}
check "echo: another user's path is not removed" \
	echo_keeps_path_of_another_user

# The other user's server is at our default path, and lets everybody connect.
echo_of_another_user() {
	two_users socket/echo_server socket/echo_client
	default=/tmp/ipc_echo_$me
	[ ! -e "$default" ] || fail "no $default yet"
	trap 'rm -f "$default"' EXIT
	start echo tests/as_user "$other" "$work/bin" ./echo_server \
		-u "$default"
	await echo 'Server listening'
	chmod 666 "$default"
	run_as "$me" echo_client
	fails_with 1 "$default was made by another user: choose another path"
	prints_nothing
	! grep -q Accepted "$work/echo.out" || fail 'nobody has connected'
	run_as "$me" echo_client -u "$default" 'I mean it'
	succeeds
	prints 'Echoed: I mean it'
	run_as "$me" echo_server
	fails_with 1 "$default is another user's: choose another path with -u"
	stop echo KILL
	finish echo
	run_as "$me" echo_server
	fails_with 1 "$default is another user's: choose another path with -u"
	[ -S "$default" ] || fail 'the path of the other user'
}
check "echo: another user's server at our default path is left alone" \
	echo_of_another_user

# Somebody removes the first one's path, and a second server takes it.
echo_leaves_path_of_another() {
	start_echo
	rm "$socket"
	start second socket/echo_server -u "$socket"
	await second 'Server listening'
	stop echo
	finish echo
	still_serves
}
check 'echo: the path of another server is not removed' \
	echo_leaves_path_of_another

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

# Nothing is sent: it may be somebody's server.
echo_default_path() {
	run socket/echo_client -w </dev/null
	prints_nothing
	[ "$status" -eq 0 ] || fails_with 1 \
		"connect to /tmp/ipc_echo_$(id -u) (start echo_server"
	start_echo
	say -w </dev/null
	exits 0
	prints_nothing
}
check 'echo: a default path for each user; -w alone sends nothing' \
	echo_default_path

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

# How long it may be differs by system: they say it.
echo_longest_path() {
	refused socket/echo_server -u "$(letters 1000)"
	most=$(sed -n 's/.*: must be 1 to \([0-9]*\) bytes$/\1/p' "$work/err")
	[ "${#work}" -lt "$((most - 1))" ] || skip "$work is too long"
	socket=$work/$(letters "$((most - ${#work} - 1))")
	start echo socket/echo_server -u "$socket"
	await echo "Server listening... $socket"
	say
	succeeds
	refused socket/echo_server -u "${socket}x"
	refused socket/echo_client -u "${socket}x"
	stop_echo
}
check 'echo: a path is never cut; the longest is served' echo_longest_path

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
