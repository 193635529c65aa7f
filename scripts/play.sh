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
mode=columns stops=yes only='' limit=100000 rows=24 lanes=0 failed=0

# 7 and 8 are the ends of a FIFO that all that was started has open.
tidy_up() {
	[ "$stops" = no ] || printf '\033[%s;1H\n' "$rows"
	exec 7>&-
	cat <&8 >/dev/null
	{
		cat "$private"/*/made
		find "$private"/*/lab -type f ! -perm -100 | sed 's/^/path /'
	} 2>/dev/null | "$build/scripts/sysv" clear
}

give_up() { # REASON
	echo "play.sh: $1" >&2
	exit 2
}

# ipcs and ss print what belongs to their session, as its user would see it;
# ids of other objects ipcrm does not know.
make_tools() {
	mkdir "$private/bin"
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
	mkdir "$private/scripts" "$private/scripts/watch"
	ln -s "$build/scripts/watch/watch" "$private/scripts/watch/watch"
	chmod u+x "$private"/bin/*
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
	missing=0/0
	for tool in ipcs ipcrm ss strace ltrace gdb netstat lsof; do
		command -v "$tool" >/dev/null || missing="$missing|$tool"
	done
	"$build/scripts/watch/watch" -n "sh -c '$build/scripts/await; :'" \
		>/dev/null 2>&1 ||
		missing="$missing|[.][.]/scripts/watch/watch"
	missing="(^|[^a-z_./-])($missing)([^a-z_./-]|\$)"
}

look_at_screen() {
	size=$(stty size </dev/tty 2>/dev/null) || size='24 80'
	rows=${size% *}
	if [ "$rows" -lt 24 ] || [ "${size#* }" -lt 80 ]; then
		echo 'This terminal is smaller than 80x24: no columns.'
		mode=plain
	fi
}

play_lane() { # NUMBER
	lane=$1
	export lane
	set -f
	IFS=$newline
	# shellcheck disable=SC2086 # a name a line
	exec awk -f "$where/play.awk" $sheets 3<&3 7>&7
}

while getopts ahcn: option; do
	case $option in
	a) stops=no ;;
	c) mode=check lanes='1 2 3 4' ;;
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
if [ "$mode" = check ] || [ ! -t 1 ]; then
	stops=no
	limit=$(awk -v scale="${TEST_TIME_SCALE:-1}" \
		'BEGIN { print int(20 * scale + 0.9) }')
else
	look_at_screen
fi

private_folder ipc-play
trap_signals
mkfifo "$private/life"
# shellcheck disable=SC2094 # both ends of it
exec 3<&0 7<>"$private/life" 8<"$private/life"
make_tools
names=$("$build/scripts/sysv" names)
socket=${names##*socket }
socket=${socket%%"$newline"*} user=$(id -u) pid=$$ system=$(uname) home=${HOME-}
export LC_ALL root build private wanted missing mode stops only rows limit \
	socket user pid system home
for lane in $lanes; do
	mkfifo "$private/answers$lane"
	play_lane "$lane" &
	children="$children $!"
done
for child in $children; do
	wait "$child" || failed=$?
done
children=
[ "$mode" != check ] || cat "$private"/tap*
remove_private
exit "$failed"
