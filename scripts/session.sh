#!/bin/sh
# session.sh - the shell in which a session of a sheet is typed
#
# A section of a sheet is what is below a heading, 23 lines of 80 columns at
# most. In it each indented block that begins with a prompt is a session:
#
#     terminal 1                      terminal 2       (only if there are two)
#     $ ./writer -w                                    what is typed
#     writer: attached: press Enter   $ ./reader -l    the other lines come
#     (waits)                         (Enter)          it waits; a key; or
#     Data written: Hello             [1]              Ctrl-C; exit status 1
#
# Rows are played from the top, their cells from the left. Above a block stand
#     <!-- differs: 5 0x7f01 -->      words for which others may come: a number
#                                     for a number, words in a row for some
#     <!-- any order -->  <!-- Linux only -->  <!-- not run: why -->
# In a top comment (FILE.c) three dots in one character are any text.
#
# Each command that play.awk types reads this file in first. It makes a folder
# for the section, which is HOME there. ipcs, ipcrm and ss know only what the
# section has made. What is printed has not the names that were given: given.awk
# puts them back, as $HOME.names says, to which stand_in.sh adds.
# shellcheck disable=SC2154 # play.sh and play.awk set what it takes

export HOME="$private/$lane.$serial" TMPDIR="$private" keys ports built
# Not those of other sections, nor of copies of play.sh that run side by side.
number=$((serial * 5 + lane))
keys=$((1610612736 + pid % 32768 * 4096 + number % 256 * 16))
ports=$((10000 + (pid * 331 + number) % 5500 * 4)) # enough for a section
cd "${sheet%/*}" || exit
built=$build/${sheet%/*}
[ -d "$built" ] || built=$PWD

# Links to all that the lab's folder has, but stand-ins for the programs: made
# once in a lane, copied for each section.
make_copy() {
	mkdir -p "$copy"
	for program in *.c; do
		set -- "$@" "$copy/${program%.c}"
	done
	tee "$@" <"$root/scripts/stand_in.sh" >/dev/null
	chmod u+x "$@"
	ln -s "$built"/* "$PWD"/* "$copy" 2>/dev/null
}

# ftok gives some folders the same key: not one that has a queue, and not one
# that another section may make a queue for.
make_home() {
	copy=$private/copy.$lane$built
	[ -d "$copy" ] || make_copy
	cp -RP "$copy" "$HOME"
	until key=$("$build/scripts/sysv" unused "$HOME") &&
		mkdir "$private/$key" 2>/dev/null; do
		mv "$HOME" "$HOME.taken"
		cp -RP "$copy" "$HOME" || exit
	done
	echo "path $HOME" >>"$private/made"
	echo "|$HOME|YOUR_HOME" >"$HOME.names"
}

# By the first command. On a busy machine the next one may come meanwhile.
if [ ! -f "$HOME.names" ]; then
	if (set -C && : >"$HOME.first") 2>/dev/null; then
		make_home
	fi
	until [ -f "$HOME.names" ]; do
		sleep 1
	done
fi
cd "$HOME" || exit

show_own() { # TOOL [ARGUMENT ...]
	{
		"$build/scripts/sysv" names
		command "$@"
	} | awk -v names="$HOME.names" \
		-f "$root/scripts/given.awk" -f "$root/scripts/own.awk"
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
