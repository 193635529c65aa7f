#!/bin/sh
# screen.sh - a terminal for the tests that need one, which read this in
#
# scripts/terminal is asked for what it shows, line after line, in
# $work/screen.out: = and a line, x and an exit status.
# shellcheck disable=SC2154 # lib.sh sets what it takes

ask() { # ORDER
	printf '%s\n' "$1" >&5
	IFS= read -r answer <&6 || fail 'an answer of scripts/terminal'
}

open_screen() {
	mkfifo "$work/keys" "$work/answers"
	"$build/scripts/terminal" >"$work/answers" <"$work/keys" &
	exec 6<"$work/answers" 5>"$work/keys"
	: >"$work/screen.out"
}

type_there() { # COMMAND
	ask "1\$$1"
}

press() { # KEY ..., as printf reads numbers
	for key; do
		ask "$(printf '1k%d' "$key")"
	done
}

# A part of a line comes when it has stood for half a second.
comes() { # TEXT
	silent=0 order=1l
	until has_text "$work/screen.out" "$1"; do
		ask "$order"
		[ -z "$answer" ] || echo "$answer" >>"$work/screen.out"
		[ -z "$answer" ] || continue
		ask 0w
		silent=$((silent + answer)) order=1l
		[ $((silent % 1000)) -lt 500 ] || order=1p
		[ "$silent" -lt 20000 ] || fail "'$1' on the screen ($(load))"
	done
}

shown() {
	sed -n 's/^=//p' "$work/screen.out" | tr -d '\015'
}
