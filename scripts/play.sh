#!/bin/sh
# play.sh - play the sessions of lab sheets with the real programs, or check
#
# A section is what is below a heading, 23 lines of 80 columns at most. In it
# each indented block that begins with a prompt is a session:
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
# -c checks, and prints TAP; -a does not stop for Enter; -n begins at a section,
# or checks only that. Keys are lines: Enter, q quits, b goes back, r repeats,
# a runs through, a number goes to that section.
#
# shellcheck source=scripts/private.sh

set -u
usage='usage: play.sh [-ach] [-n SECTION] [SHEET ...]'
root=$(CDPATH='' cd -- "${0%play.sh}./.." && pwd) || exit
scripts=$root/scripts
build=$(CDPATH='' cd -- "${BUILD:-$root}" && pwd) || exit
. "$scripts/private.sh"
labs='fork_demo/README.md shm/README.md socket/README.md msgqueue/README.md'
lanes=0 stops=1 plain=0 only='' limit=20 missing='' fifos='' failed=0

# What programs have made under keys, and for files of their folders.
tidy_up() {
	for path in "$private"/[0-9].*[0-9] "$private"/[0-9].*[0-9]/*; do
		if [ -d "$path" ] || [ ! -x "$path" ]; then
			[ -h "$path" ] || echo "path $path"
		fi
	done 2>/dev/null >>"$private/made"
	"$build/scripts/sysv" clear <"$private/made"
}

give_up() { # REASON
	echo "play.sh: $1" >&2
	exit 2
}

look_at_screen() {
	limit=100000
	size=$(stty size </dev/tty 2>/dev/null) || size='24 80'
	if [ "${size% *}" -lt 24 ] || [ "${size#* }" -lt 80 ]; then
		echo 'This terminal is smaller than 80x24: no columns.'
		plain=1
	fi
}

find_missing_tools() { # SHEET ...
	for tool in ipcs ipcrm ss strace; do
		command -v "$tool" >/dev/null || missing="$missing $tool"
	done
	grep -q '[$] .*watch/watch' "$@" || return 0
	ln -s "$build/scripts" "$private/scripts"
	"$build/scripts/watch/watch" -n "sh -c '$build/scripts/await; :'" \
		>/dev/null 2>&1 || missing="$missing ../scripts/watch/watch"
}

# For stand_in.sh: what programs share by default.
find_names() {
	# shellcheck disable=SC2046 # the words are of one kind each
	set -- $(sed -n 's/^#define .*PORT "\(.*\)"/\1/p' socket/port.h \
		socket/multicast.h) $("$build/scripts/sysv" names 2>/dev/null)
	export port="$1" group_port="$2" segment_key="$4" buffer_key="$6" \
		socket="${10}"
}

# What each section with programs of this folder gets a copy of: links, and
# stand-ins for the programs that share something.
prepare() { # FOLDER
	built=$build/$1
	[ -d "$built" ] || built=$1
	copy=$private/copies$built
	[ ! -d "$copy" ] || return 0
	mkdir -p "$copy"
	shares='^ \* usage: .*\[-(k KEY|p PORT|u PATH)\]'
	(
		cd "$1" || exit
		set --
		# shellcheck disable=SC2013 # names of programs
		for file in $(grep -lE "$shares" ./*.c); do
			set -- "$@" "$copy/${file%.c}"
		done
		if [ $# -gt 0 ]; then
			tee "$@" <"$scripts/stand_in.sh" >/dev/null
			chmod u+x "$@"
		fi
		ln -s "$built"/* "$PWD"/* "$copy"
	) 2>/dev/null
}

# When awk has gone nobody listens to its terminals, and they end, too.
play_lane() { # NUMBER SHEET ...
	lane=$1
	shift
	# shellcheck disable=SC2086 # words
	awk $interactive -v lane="$lane" -v only="$only" -v stops="$stops" \
		-v plain="$plain" -v limit="$limit" \
		-v scale="${TEST_TIME_SCALE:-1}" -f scripts/play.awk \
		$labs wanted=1 "$@" <"$private/events$lane" >&4 &
	children="$children $!"
	"$build/scripts/terminal" <>"$private/commands$lane" \
		>"$private/events$lane" 4>&- &
	children="$children $!"
}

while getopts ahcn: option; do
	case $option in
	a) stops=0 ;;
	c) stops=0 lanes='1 2 3 4' ;;
	n) only=$OPTARG ;;
	h)
		echo "$usage"
		exit 0
		;;
	*)
		echo "$usage" >&2
		exit 2
		;;
	esac
done
shift $((OPTIND - 1))
for program in terminal sysv; do
	[ -x "$build/scripts/$program" ] || give_up 'build first: make'
done
for sheet; do
	[ -r "$sheet" ] || give_up "there is no sheet $sheet"
	case $sheet in */*) ;; *) sheet=./$sheet ;; esac
	sheet=$(CDPATH='' cd -- "${sheet%/*}/" && pwd)/${sheet##*/}
	case $sheet in
	"$root"/*/*) sheet=${sheet#"$root"/} ;;
	esac
	shift
	set -- "$@" "$sheet"
done
cd "$root" || exit
# shellcheck disable=SC2086 # words
[ $# -gt 0 ] || set -- $labs
[ "$lanes" = 0 ] || [ -z "$only" ] || lanes=1
if [ "$lanes" = 0 ] && [ -t 1 ]; then
	look_at_screen
else
	stops=0
fi
interactive=-Winteractive # so mawk passes on each line that comes at once
[ -z "$(awk -Winteractive 'BEGIN { exit }' 2>&1)" ] || interactive=

private_folder ipc-play
trap_signals
find_missing_tools "$@"
find_names
system=$(uname)
export LC_ALL=C scripts build private missing system pid=$$ \
	user_home="${HOME:-}"
for sheet; do
	prepare "${sheet%/*}"
done
exec 4>&1
[ "$lanes" = 0 ] || exec 4>/dev/null
for lane in $lanes; do
	fifos="$fifos commands$lane events$lane"
done
# shellcheck disable=SC2086 # words
(cd "$private" && mkfifo $fifos)
for lane in $lanes; do
	play_lane "$lane" "$@"
done
for child in $children; do
	wait "$child" || failed=$?
done
children=
[ "$lanes" = 0 ] || cat "$private"/tap*
remove_private
exit "$failed"
