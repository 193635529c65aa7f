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
where=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=${where%/*}
build=$(CDPATH='' cd -- "${BUILD:-$root}" && pwd)
. "$where/private.sh"
newline='
'
limit=100000 rows=24 mode=columns stops=yes only='' failed=0
section='' answers=''

# 7 and 8 are the ends of a FIFO that all that was started has open.
tidy_up() {
	[ "$stops" = no ] || printf '\033[%s;1H\n' "$rows"
	exec 7>&-
	cat <&8 >/dev/null
	{
		cat "$private"/*/made
		find "$private"/*/lab -type f | sed 's/^/path /'
	} 2>/dev/null | "$build/scripts/sysv" clear
}

give_up() { # REASON
	echo "play.sh: $1" >&2
	[ -z "$private" ] || remove_private
	exit 2
}

# ipcs and ss print what belongs to this folder, as its user would see it; ids
# of other objects ipcrm does not know.
make_tools() {
	cat >"$private/bin/ipcs" <<-END
		#!/bin/sh
		PATH=\${PATH#*:}
		{
			cat "\$HOME/../back"
			'$build/scripts/sysv' names |
				sed -n 's/^queue \([^ ]*\) .*/s,\1,\1,/p'
			printf '%s\n' t '/0x[0-9a-f]/d' '/:[0-9]/d'
		} >"\$HOME/../filter"
		"\${0##*/}" "\$@" | sed -f "\$HOME/../filter"
	END
	cat >"$private/bin/ipcrm" <<-'END'
		#!/bin/sh
		if ! ipcs "$1" | grep -Eq "^([mqs]|0x[0-9a-f]+) +$2 "; then
			echo "ipcrm: invalid id ($2)" >&2
			exit 1
		fi
		PATH=${PATH#*:}
		exec ipcrm "$1" "$2"
	END
	ln "$private/bin/ipcs" "$private/bin/ss"
	chmod -R u+x "$private/bin" "$private/programs"
}

# What the programs of these labs share with others, for play.awk.
find_options() {
	folders=
	while read -r sheet; do
		case $newline$folders in *"$newline${sheet%/*}$newline"*) ;; *)
			folders=$folders${sheet%/*}$newline
			mkdir -p "$private/programs${sheet%/*}"
			grep -e '^ \* usage: ' -e '^#include "' -e 'KEY (' \
				-e 'PORT "' "${sheet%/*}"/*.h "${sheet%/*}"/*.c
			;;
		esac
	done >"$private/options" 2>/dev/null
}

# One section after the other, whichever no other lane has taken.
run_lane() { # LANE
	trap 'kill "$!" 2>/dev/null; wait "$!" 2>/dev/null; exit 143' TERM
	answers=$private/answers$1
	while read -r section _; do
		(set -C && : >"$private/taken$section") 2>/dev/null || continue
		run_awk >"$private/log$section" &
		wait "$!"
		echo "$?" >"$private/status$section"
	done <"$private/list"
}

run_awk() {
	export section answers
	set -f
	IFS=$newline
	# shellcheck disable=SC2086 # a name a line
	exec awk -f "$where/play.awk" $sheets 3<&3
}

check_all() {
	for lane in 1 2 3 4; do
		run_lane "$lane" &
		children="$children $!"
	done
	for lane in $children; do
		wait "$lane"
	done
	children='' count=0
	while read -r section title; do
		count=$((count + 1))
		read -r log <"$private/log$section" || log='it was ended'
		case $(cat "$private/status$section") in
		0) echo "ok $count - $title" ;;
		77) echo "ok $count - $title # SKIP $log" ;;
		*)
			failed=1
			printf '%s\n' "not ok $count - $title" "#   $log"
			;;
		esac
	done <"$private/list"
	echo "1..$count"
}

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
for program in terminal sysv; do
	[ -x "$build/scripts/$program" ] || give_up 'build first: make'
done

# The labs' sheets count as if all were played, so numbers are the same always.
labs=
for lab in fork_demo shm socket msgqueue; do
	labs=$labs$root/$lab/README.md$newline
done
wanted=
for sheet; do
	[ -r "$sheet" ] || give_up "there is no sheet $sheet"
	case $sheet in */*) ;; *) sheet=./$sheet ;; esac
	folder=$(CDPATH='' cd -- "${sheet%/*}/" && pwd)
	wanted=$wanted$folder/${sheet##*/}$newline
done
wanted=${wanted:-$labs}
sheets=$wanted
case $newline$wanted in *"$newline$root/"*) sheets=$labs$wanted ;; esac

private_folder ipc-play
trap_signals
mkdir "$private/bin"
mkfifo "$private/life" "$private/answers1" "$private/answers2" \
	"$private/answers3" "$private/answers4"
# shellcheck disable=SC2094 # both ends of it
exec 3<&0 7<>"$private/life" 8<"$private/life"
printf %s "$wanted" | find_options
names=$("$build/scripts/sysv" names)
socket=${names##*socket } user=$(id -u) pid=$$ system=$(uname) missing=
for tool in ipcs ipcrm ss strace ltrace gdb netstat lsof; do
	command -v "$tool" >/dev/null || missing="$missing|$tool"
done
missing="(^|[^a-z_./-])(${missing#|})([^a-z_./-]|\$)"
[ "$missing" != "(^|[^a-z_./-])()([^a-z_./-]|\$)" ] || missing='^$ '
home=${HOME-}
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
export LC_ALL root build private wanted missing mode stops rows limit socket \
	user pid system home
(run_awk) >"$private/list" || give_up 'the sheets cannot be read'
make_tools
if [ -n "$only" ]; then
	list=$(grep "^$only " "$private/list") ||
		give_up "there is no section $only"
	[ "$mode" != check ] || echo "$list" >"$private/list"
fi
case $mode in
check) check_all ;;
*)
	read -r section _ <"$private/list"
	section=${only:-$section} answers=$private/answers1
	run_awk &
	children=$!
	wait "$children" || failed=1
	children=
	;;
esac
remove_private
exit "$failed"
