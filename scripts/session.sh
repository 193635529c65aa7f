#!/bin/sh
# session.sh - the shell in which a session of a sheet is typed
#
# Each command that play.awk types reads it in first. It goes to the folder of
# the session's section, which is HOME there, a copy of what play.sh has
# prepared. ipcs, ipcrm and ss know only what belongs to the section. The file
# $HOME.names has lines TEXT=TEXT_OF_THE_PAGE, and stand_in.sh adds to them.
# shellcheck disable=SC2154 # play.sh and play.awk set what it takes

export HOME TMPDIR="$private" keys ports built
if [ ! -d "$HOME" ]; then
	printf '%s\n' "$HOME=$user_home" "./socket=$socket" >"$HOME.names"
	cp -RP "$private/copies$built" "$HOME"
	# ftok gives some folders the same key: not one that has a queue.
	until "$build/scripts/sysv" unused "$HOME"; do
		mv "$HOME" "$HOME.taken"
		cp -RP "$private/copies$built" "$HOME" || exit
	done
fi
cd "$HOME" || exit

# What the real tool prints of this section, with the names that were given.
show_own() { # TOOL [ARGUMENT ...]
	{
		"$build/scripts/sysv" names
		command "$@"
	} | awk -v is_filter=1 -v home="$HOME" -f "$scripts/play.awk"
}

ipcs() {
	show_own ipcs "$@"
}

ss() {
	show_own ss "$@"
}

ipcrm() { # -m|-q|-s ID
	if ipcs "$1" | grep -Eq "^([mqs]|0x[0-9a-f]+) +$2 "; then
		command ipcrm "$@"
	else
		echo "ipcrm: invalid id ($2)" >&2
		return 1
	fi
}

# As at a prompt, Ctrl-C ends what sh runs, and sh after it.
trap exit INT QUIT
