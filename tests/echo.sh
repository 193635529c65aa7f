#!/bin/sh
# echo.sh - what the tests of the echo pair share
# shellcheck disable=SC2034,SC2154 # lib.sh and the tests set and use them
# shellcheck source=tests/socket.sh
. "${0%/*}/socket.sh"

start_echo() { # [OPTION ...]; sets $socket
	socket=$work/echo
	begin 'Server listening' echo socket/echo_server -u "$socket" "$@"
}

# The server ends by the signal, prints no error, and its path is gone.
end_echo() { # [SIGNAL]; then as after run
	end echo "${1:-TERM}"
	case ${1:-TERM}:$status in
	TERM:143 | INT:130 | QUIT:131 | HUP:129) ;;
	*) fail "death by SIG${1:-TERM}" ;;
	esac
	[ ! -e "$socket" ] || fail "no $socket any more"
}

kill_echo() {
	end echo KILL
	[ -S "$socket" ] || fail 'a path that outlives its server'
}

prints_no_error() {
	[ ! -s "$err" ] || fail 'nothing on standard error'
}

# Many clients' bytes, each compared with what it had sent.
load_echo() { # [OPTION ...]
	run tests/echo_load "$@" "$socket"
	succeeds
}

# As load_echo, in the background, as far as a line with this text.
begin_load() { # TEXT NAME [OPTION ...]
	text=$1
	name=$2
	shift 2
	begin "$text" "$name" tests/echo_load -k "$@" "$socket"
}

say() { # [ARGUMENT ...]
	run socket/echo_client -u "$socket" "$@"
}

still_serves() {
	say 'still there?'
	succeeds
	prints 'Echoed: still there?'
}

# Not so if it asks the kernel the same again and again.
comes_to_rest() { # NAME
	await_that waits "$1"
}
