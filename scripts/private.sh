#!/bin/sh
# private.sh - a private folder, and how a script ends. Scripts and tests read
# it in.
#
#     private_folder NAME   make a folder of this user's only; sets $private
#     tidy_up               what else is to be undone, for a script to define
#     end_children          how they end: a script may define it, too
#     trap_signals          from now on a signal ends what was started, then
#                           tidies up, removes the folder and ends the script
#     remove_private        the same without a signal, at the end
#
# A script keeps the pids of what runs in the background in $children. A trap
# runs only when the foreground command has ended: whatever takes long runs in
# the background, and the script waits for it with `wait`.

private=
children=

tidy_up() {
	:
}

# mkdir makes a new folder or fails, so nobody else's is ever used. A socket's
# path has some 100 bytes: where TMPDIR takes too many, /tmp takes its place.
private_folder() { # NAME
	[ -n "${TMPDIR:-}" ] && [ "${#TMPDIR}" -le 60 ] || TMPDIR=/tmp
	export TMPDIR
	private=$TMPDIR/$1.$$ # a signal may come as soon as it is there
	mkdir -m 700 "$private" || {
		private=
		exit 1
	}
	{ echo room >"$private/room"; } 2>/dev/null || {
		echo "$1: no room in $TMPDIR" >&2
		remove_private
		exit 1
	}
}

end_children() {
	for child in $children; do
		kill "$child" 2>/dev/null || :
		wait "$child" 2>/dev/null || : # set -e does not end it here
	done
	children=
}

remove_private() {
	tidy_up
	[ -z "$private" ] || rm -rf "$private"
	private=
}

end_by() { # SIGNAL
	trap '' HUP INT QUIT TERM PIPE
	trap - EXIT # mksh would end by it, with status 0
	end_children
	remove_private
	trap - "$1"
	kill -s "$1" "$$"
	exit 131 # bash and ash ignore SIGQUIT
}

trap_signals() {
	for signal in HUP INT QUIT TERM PIPE; do
		# shellcheck disable=SC2064 # this signal, now
		trap "end_by $signal" "$signal"
	done
}
