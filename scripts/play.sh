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
# usage: play.sh [-ach] [-n SECTION] [SHEET ...]
# shellcheck source=scripts/private.sh

set -u
usage='usage: play.sh [-ach] [-n SECTION] [SHEET ...]'
case $0 in
*/*) scripts=$(CDPATH='' cd -- "${0%/*}" && pwd) ;;
*) scripts=$PWD ;;
esac
root=${scripts%/*}
build=$(CDPATH='' cd -- "${BUILD:-$root}" && pwd)
. "$scripts/private.sh"
newline='
'
lanes=0 stops=1 plain=0 only='' back='' limit=20 failed=0

# What programs have made under keys, and for files of their folders.
tidy_up() {
	{
		cat "$private"/*.made
		find "$private"/?.[0-9]* ! -type l ! -perm -100 -o -type d |
			sed 's/^/path /'
	} 2>/dev/null | "$build/scripts/sysv" clear
}

give_up() { # REASON
	echo "play.sh: $1" >&2
	exit 2
}

# The labs' sheets count as if all were played, so numbers are the same always.
find_sheets() { # SHEET ...
	wanted='' labs=''
	for sheet; do
		[ -r "$sheet" ] || give_up "there is no sheet $sheet"
		case $sheet in */*) ;; *) sheet=./$sheet ;; esac
		folder=$(CDPATH='' cd -- "${sheet%/*}/" && pwd)
		wanted=$wanted$folder/${sheet##*/}$newline
	done
	for lab in fork_demo shm socket msgqueue; do
		labs=$labs$root/$lab/README.md$newline
	done
	wanted=${wanted:-$labs} sheets=$wanted
	case $newline$wanted in
	*"$newline$root/"*) sheets=$labs$wanted ;;
	esac
}

find_missing_tools() {
	missing=
	for tool in ipcs ipcrm ss strace; do
		command -v "$tool" >/dev/null || missing="$missing $tool"
	done
	# shellcheck disable=SC2086 # a sheet a line
	(IFS=$newline && set -f && grep -q '[$] .*watch/watch' $wanted) ||
		return 0
	"$build/scripts/watch/watch" -n "sh -c '$build/scripts/await; :'" \
		>/dev/null 2>&1 || missing="$missing ../scripts/watch/watch"
}

look_at_screen() {
	limit=100000
	size=$(stty size </dev/tty 2>/dev/null) || size='24 80'
	if [ "${size% *}" -lt 24 ] || [ "${size#* }" -lt 80 ]; then
		echo 'This terminal is smaller than 80x24: no columns.'
		plain=1
	fi
}

# When awk has gone nobody listens to its terminals, and they end, too.
play_lane() { # NUMBER
	(
		set -f
		IFS=$newline
		# shellcheck disable=SC2086 # a sheet a line
		exec awk $interactive -v lane="$1" -v only="$only" \
			-v limit="$limit" -v scale="${TEST_TIME_SCALE:-1}" \
			-v stops="$stops" -v plain="$plain" -v back="$back" \
			-f "$scripts/play.awk" $sheets
	) <"$private/events$1" >&4 &
	children="$children $!"
	"$build/scripts/terminal" <>"$private/commands$1" \
		>"$private/events$1" 4>&- &
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
find_sheets "$@"
find_missing_tools
[ "$lanes" = 0 ] || [ -z "$only" ] || lanes=1
if [ "$lanes" = 0 ] && [ -t 1 ]; then
	look_at_screen
else
	stops=0
fi
interactive=-Winteractive # so mawk passes on each line that comes at once
[ -z "$(awk -Winteractive 'BEGIN { exit }' 2>&1)" ] || interactive=

# For those that stand in for programs: what these share by default.
# shellcheck disable=SC2046 # the words are of one kind each
set -- $("$build/scripts/sysv" names 2>/dev/null)
segment_key=$2 buffer_key=$4 socket=$8
# shellcheck disable=SC2046
set -- $(sed -n 's/^#define .*PORT "\(.*\)"/\1/p' "$root/socket/port.h" \
	"$root/socket/multicast.h")
port=$1 group_port=$2 LC_ALL=C pid=$$ system=$(uname)
export LC_ALL scripts root build private wanted missing segment_key buffer_key \
	socket port group_port pid system

private_folder ipc-play
trap_signals
exec 4>&1
[ "$lanes" = 0 ] || exec 4>/dev/null
while :; do
	ln -s "$build/scripts" "$private/scripts"
	set --
	for lane in $lanes; do
		set -- "$@" "$private/commands$lane" "$private/events$lane"
	done
	mkfifo "$@"
	for lane in $lanes; do
		play_lane "$lane"
	done
	for child in $children; do
		wait "$child" || failed=$?
	done
	children=
	[ -f "$private/next" ] || break
	read -r only back <"$private/next"
	tidy_up
	rm -rf "${private:?}"/*
done
[ "$lanes" = 0 ] || cat "$private"/tap*
remove_private
exit "$failed"
