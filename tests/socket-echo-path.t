#!/bin/sh
# socket-echo-path.t - whose path the echo server takes and leaves
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

finish_tests
