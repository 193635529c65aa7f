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
LC_ALL=C
export LC_ALL
where=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=${where%/*}
build=$(CDPATH='' cd -- "${BUILD:-$root}" && pwd)
. "$where/private.sh"
newline='
'

# ---- all of them ----

tidy_up() {
	[ "$stops" = no ] || printf '\033[%s;1H\n' "$rows"
	exec 7>&-
	cat <&8 >/dev/null # until all that was started has ended
	for folder in "$private"/session*; do
		[ ! -d "$folder/lab" ] || $run "$where/apart.sh" -r "$folder"
	done
}

# One section after the other, whichever no other lane has taken.
run_lane() {
	trap 'kill "$!" 2>/dev/null; wait "$!" 2>/dev/null; exit 143' TERM
	for number in $numbers; do
		mkdir "$private/taken$number" 2>/dev/null || continue
		$run "$where/session.sh" "$number" 3<&3 7<&7 &
		wait "$!"
		echo "$?" >"$private/status$number"
	done
}

check_all() {
	[ -z "$only" ] || numbers=$only
	for lane in 1 2 3 4; do
		run_lane &
		children="$children $!"
	done
	for lane in $children; do
		wait "$lane"
	done
	children='' count=0
	for number in $numbers; do
		count=$((count + 1))
		title="$count - $(title_of "$number")"
		log=$(cat "$private/log$number" 2>/dev/null)
		case $(cat "$private/status$number") in
		0) echo "ok $title" ;;
		77) echo "ok $title # SKIP $log" ;;
		*)
			failed=1
			printf '%s\n' "not ok $title" "#   ${log:-it was ended}"
			;;
		esac
	done
	echo "1..$count"
}

title_of() { # NUMBER
	awk -v root="$root/" -v number="$1" '
		/^F/ {
			sheet = substr($0, 2)
			if (index(sheet, root) == 1)
				sheet = substr(sheet, length(root) + 1)
		}
		/^H/ { title = substr($0, 2) }
		END { print sheet " " number ": " title }' "$private/$1"
}

play_all() {
	# shellcheck disable=SC2086 # words
	set -- $numbers
	first=$1
	number=${only:-$first}
	for last; do :; done
	while [ "$number" -le "$last" ]; do
		$run "$where/session.sh" "$number" 3<&3 7<&7 &
		children=$!
		wait "$children" || [ "$?" -eq 77 ] || failed=1
		children=
		pressed=$(cat "$private/pressed")
		case $pressed in
		q) break ;;
		r) ;;
		b) [ "$number" -eq "$first" ] || number=$((number - 1)) ;;
		*[!0-9]*) ;;
		'') number=$((number + 1)) ;;
		*)
			case " $numbers " in
			*" $pressed "*) number=$pressed ;;
			esac
			;;
		esac
	done
}

# The labs' sheets count as if all were played, so numbers are the same always.
take_sheets_apart() { # SHEET ...
	known=
	for lab in fork_demo shm socket msgqueue; do
		known="$known$root/$lab/README.md$newline"
	done
	wanted=
	[ $# -gt 0 ] || wanted=$known
	for sheet; do
		[ -r "$sheet" ] || give_up "there is no sheet $sheet"
		folder=$(CDPATH='' cd -- "$(dirname -- "$sheet")" && pwd)
		wanted="$wanted$folder/${sheet##*/}$newline"
	done
	all=$wanted
	case $newline$wanted in *"$newline$root"/*/README.md"$newline"*)
		all=$(printf %s "$known$wanted" | awk '!seen[$0]++')
		;;
	esac
	set -f
	IFS=$newline
	# shellcheck disable=SC2086 # a name a line
	last=$(awk -v folder="$private" -v section=0 -f "$where/play.awk" $all) ||
		give_up 'the sheets cannot be read'
	IFS=' 	'$newline
	set +f
	numbers=
	number=0
	while [ "$number" -lt "$last" ]; do
		number=$((number + 1))
		sheet=$(sed -n 's/^F//p' "$private/$number")
		case $newline$wanted in *"$newline$sheet$newline"*)
			numbers="$numbers $number"
			;;
		esac
	done
}

give_up() { # REASON
	echo "play.sh: $1" >&2
	remove_private
	exit 2
}

run=${TEST_SHELL:-sh} mode=columns stops=yes only=''
while getopts ahcn: option; do
	case $option in
	a) stops=no ;;
	c) mode=check ;;
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
for program in terminal ports sysv; do
	[ -x "$build/scripts/$program" ] || give_up 'build first: make'
done

limit=100000 failed=0 rows=24
private_folder ipc-play
trap_signals
mkfifo "$private/life"
# shellcheck disable=SC2094 # both ends of it
exec 3<&0 7<>"$private/life" 8<"$private/life"
take_sheets_apart "$@"
case " $numbers " in
*" ${only:-${numbers##* }} "*) ;;
*) give_up "there is no section $only" ;;
esac
if [ "$mode" = check ] || [ ! -t 1 ]; then
	stops=no
	limit=$(awk -v scale="${TEST_TIME_SCALE:-1}" \
		'BEGIN { print int(20 * scale + 0.9) }')
else
	size=$(stty size </dev/tty 2>/dev/null) || size='24 80'
	rows=${size% *}
	if [ "$rows" -lt 24 ] || [ "${size#* }" -lt 80 ]; then
		echo 'This terminal is smaller than 80x24: no columns.'
		mode=plain
	fi
fi
export private mode stops rows limit
case $mode in
check) check_all ;;
*) play_all ;;
esac
remove_private
exit "$failed"
