#!/bin/sh
# socket-echo-path.t - whose path the echo server takes and leaves
# shellcheck source=tests/socket.sh
. "${0%/*}/socket.sh"

path_is_private() {
	umask 0
	start_echo
	case $(ls -l "$socket") in
	srw-------*) ;;
	*) fail 'mode 0600' ;;
	esac
}
check 'only the owner may connect' path_is_private

# Nobody accepts, and no more connections can wait for it: a server that would
# wait with them would not start, and not end.
full_queue() {
	[ "$(uname)" = Linux ] || skip 'elsewhere a full queue refuses'
	socket=$work/echo
	port=$socket
	begin listening server tests/odd socket "$socket"
	crowd 4 clients stay
	fails 1 "a server is already listening at $socket" \
		socket/echo_server -u "$socket"
	[ -S "$socket" ] || fail "the other server's path"
}
check "a server that accepts nobody is not waited for, its path not stolen" \
	full_queue

# What becomes of a server that another one comes before, at each step, is seen
# by faults.
takes_over() {
	start_echo
	kill_echo
	say
	fails_with 1 'start echo_server first'
	start_echo
	still_serves
	end_echo
}
check "a dead server's path is taken over" takes_over

keeps_other_files() {
	echo precious >"$work/file"
	ln -s file "$work/link"
	for path in "$work/file" "$work/link"; do
		fails 1 "$path is not a socket: choose another path with -u" \
			socket/echo_server -u "$path"
	done
	[ "$(cat "$work/file")" = precious ] || fail 'the file as it was'
	[ -h "$work/link" ] || fail 'the link'
	path=$work/datagrams
	begin listening odd tests/odd datagram "$path"
	fails 1 "connect to $path: " socket/echo_server -u "$path"
	[ -S "$path" ] || fail "the other program's socket"
	fails 1 "bind $work/none/echo: No such file" \
		socket/echo_server -u "$work/none/echo"
}
check 'a path that is no socket is never removed' keeps_other_files

refuses_default() { # PROGRAM WHOSE
	run_as "$me" "$1"
	fails_with 1 "$default $2: choose another path"
	prints_nothing
	[ -S "$default" ] || fail 'the path of the other user'
}

# The other user's server is at our default path, and lets everybody connect.
others_server() {
	two_users socket/echo_server socket/echo_client
	default=/tmp/ipc_echo_$me
	[ ! -e "$default" ] || fail "no $default yet"
	trap 'rm -f "$default"' EXIT
	as_user "$other" echo_server -u "$default" >"$work/echo.out" 2>&1 &
	echo "$!" >"$work/echo.pid"
	await echo 'Server listening'
	chmod 666 "$default"
	refuses_default echo_client 'was made by another user'
	! grep -q Accepted "$work/echo.out" || fail 'nobody has connected'
	run_as "$me" echo_client -u "$default" 'I mean it'
	succeeds
	prints 'Echoed: I mean it'
	refuses_default echo_server "is another user's"
	end echo KILL
	refuses_default echo_server "is another user's"
}
check "another user's server at our default path is left alone" others_server

# Somebody removes the first one's path, and a second server takes it.
leaves_new_path() {
	start_echo
	rm "$socket"
	begin 'Server listening' second socket/echo_server -u "$socket"
	end echo
	still_serves
}
check 'the path of another server is not removed' leaves_new_path

# Nothing is sent: it may be somebody's server.
default_path() {
	run socket/echo_client -w </dev/null
	prints_nothing
	[ "$status" -eq 0 ] || fails_with 1 \
		"connect to /tmp/ipc_echo_$(id -u) (start echo_server first)"
}
check 'the default path has the user id in it' default_path

# How long it may be differs by system: they say it.
longest_path() {
	refused socket/echo_server -u "$(letters 1000)"
	most=$(sed -n 's/.*: must be 1 to \([0-9]*\) bytes$/\1/p' "$err")
	[ "${#work}" -lt "$((most - 1))" ] || skip "$work is too long"
	socket=$work/$(letters "$((most - ${#work} - 1))")
	begin "Server listening... $socket" echo socket/echo_server -u "$socket"
	still_serves
	refused socket/echo_server -u "${socket}x"
	refused socket/echo_client -u "${socket}x"
	end_echo
}
check 'a path is never cut; the longest is served' longest_path

finish_tests
