#!/bin/sh
# check-socket-time-out.sh - the task "A time-out" of socket/README.md
# shellcheck source=tests/socket.sh
. "${0%/*}/socket.sh"

comes() { # NAME TEXT SECONDS
	"$build/scripts/await" "$work/$1.out" "$2" "$3"
}

# A second is a second, also where TEST_TIME_SCALE makes time limits longer.
pause() { # SECONDS
	TEST_TIME_SCALE=1 "$build/scripts/await" /dev/null '' "$1"
	:
}

late='recv: no data in 1 s'

start_late_client() {
	start_with_keys client socket/client -w -p "$port"
	await_error client 'press Enter to send'
}

server_gives_up() {
	serve server
	start_late_client
	pause 0.2
	! has_text "$work/server.out" "$late" ||
		fail "no line '$late' before the second is over.
hint: the time-out begins when recv waits; tv_sec is in seconds"
	comes server "$late" 4 || {
		stop server 2>/dev/null
		finish server
		fail "the line '$late' after a second.
hint: setsockopt(accepted, SOL_SOCKET, SO_RCVTIMEO, ...) lets recv fail with \
EAGAIN then; or let poll wait for the second"
	}
	finish server
	has_line "$out" 'Hello message sent to client' ||
		fail 'after the time-out the server answers, as with -n'
	[ "$status" -eq 0 ] || fail 'and it ends with exit status 0, as with -n'
}
check 'the server waits a second for the message, and no longer' \
	server_gives_up

prompt_message() {
	serve server
	start client socket/client -p "$port"
	comes server 'Hello from client' 0.8 || fail "the line 'Hello from \
client' at once.
hint: wait in recv or in poll, which end when data comes; not in sleep"
	finish server
	exits 0
}
check 'a message that is there is printed at once' prompt_message

message_in_time() {
	serve server
	start_late_client
	pause 0.2
	press_enter
	finish server
	has_line "$out" 'Hello from client' || fail "the line 'Hello from \
client': it was sent a fifth of a second after connecting.
hint: is your time-out shorter than a second?"
}
check 'a message that comes within the second is printed' message_in_time

waits_for_client() {
	serve server
	pause 1.4
	! has_ended "$(pid server)" || {
		finish server
		fail "the server still waits for a client.
hint: the time-out is for recv, so set it on the accepted socket; a listening \
socket that has one lets accept fail"
	}
	start client socket/client -p "$port"
	finish client
	has_line "$out" 'Hello from server' ||
		fail "an answer for a client that comes later than that"
	finish server
}
check 'the server waits for its client as long as before' waits_for_client

nonblocking_as_before() {
	serve server -n
	start_late_client
	finish server
	has_line "$out" 'recv: no data yet (EAGAIN)' || fail "with -n the \
line 'recv: no data yet (EAGAIN)', as before.
hint: both fail with EAGAIN: look at the option to tell them apart"
}
check 'with -n the server does not wait' nonblocking_as_before

finish_tests
