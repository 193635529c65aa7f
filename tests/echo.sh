#!/bin/sh
# echo.sh - what the tests of the echo pair share
# shellcheck disable=SC2034,SC2154 # lib.sh and the tests set and use them

start_echo() { # [OPTION ...]; sets $socket
	socket=$work/echo
	start echo socket/echo_server -u "$socket" "$@"
	await echo 'Server listening'
}

stop_echo() { # [SIGNAL]; then as after run
	stop echo "${1:-TERM}"
	finish echo
	[ ! -e "$socket" ] || fail "no $socket any more"
}

# Many clients' bytes, each compared with what it had sent.
load() { # [OPTION ...]
	run tests/echo_load "$@" "$socket"
	succeeds
}

say() { # [ARGUMENT ...]
	run socket/echo_client -u "$socket" "$@"
}

# Not so if it asks the kernel the same again and again.
sleeps() { # NAME
	[ "$(awk '{ print $3 }' "/proc/$(pid "$1")/stat")" = S ]
}

comes_to_rest() { # NAME
	[ ! -r "/proc/$(pid "$1")/stat" ] || await_that sleeps "$1"
}

still_serves() {
	say 'still there?'
	succeeds
	prints 'Echoed: still there?'
}

# An input that stays open: a client with -w that has it (start_from
# "$work/keys") waits until a key is pressed. One Enter is for one client.
open_keys() {
	mkfifo "$work/keys" || skip 'no named pipe here'
	exec 8<>"$work/keys"
}

press_enter() {
	echo >&8
}
