#!/bin/sh
# play.sh - play the sessions of lab sheets with the real programs, or check
#
# session.sh says what a session looks like. -c checks, and prints TAP; -a does
# not stop for Enter; -n begins at a section, or checks only that. Keys are
# lines: Enter, q quits, b goes back, r repeats, a runs through, a number goes
# to that section.

set -u
usage='usage: play.sh [-ach] [-n SECTION] [SHEET ...]'
root=$(CDPATH='' cd -- "${0%play.sh}./.." && pwd) || exit
# shellcheck source=scripts/private.sh
. "$root/scripts/private.sh"
labs='fork_demo/README.md shm/README.md socket/README.md msgqueue/README.md'
lanes=0 stops=1 plain=0 only='' failed=0

give_up() { # REASON
	echo "play.sh: $1" >&2
	exit 2
}

tidy_up() {
	[ ! -f "$private/made" ] || "$build/scripts/sysv" clear <"$private/made"
}

# A terminal ends when its awk has, and nobody else can write to it.
end_children() {
	exec 5>&- 6>&-
	# shellcheck disable=SC2086 # pids
	[ -z "$children" ] || kill $children 2>/dev/null
	wait
}

while getopts ahcn: option; do
	case $option in
	a) stops=0 ;;
	c) lanes='1 2 3 4' ;;
	n) only=$OPTARG ;;
	h) exec echo "$usage" ;;
	*) give_up "$usage" ;;
	esac
done
shift $((OPTIND - 1))
for sheet; do
	folder=$(CDPATH='' cd -- "$(dirname -- "$sheet")" && pwd)/
	[ -r "$sheet" ] || give_up "there is no sheet $sheet"
	shift
	sheet=$folder${sheet##*/}
	set -- "$@" "${sheet#"$root/"}"
done
cd "$root" && build=$(CDPATH='' cd -- "${BUILD:-.}" && pwd) || exit
# shellcheck disable=SC2086 # words
[ $# -gt 0 ] || set -- $labs
[ "$lanes" = 0 ] || [ -z "$only" ] || lanes=1
[ -x "$build/scripts/terminal" ] || give_up 'build first: make'

exec 4>&1
[ "$lanes" = 0 ] || exec 4>/dev/null
[ -t 4 ] || stops=0
size=$(stty size <&4 2>/dev/null) || size='24 80'
if [ "${size% *}" -lt 24 ] || [ "${size#* }" -lt 80 ]; then
	echo 'This terminal is smaller than 80x24: no columns.' >&4
	plain=1
fi
interactive=-Winteractive # so mawk passes on each line that comes at once
[ -z "$(awk -Winteractive 'BEGIN { exit }' 2>&1)" ] || interactive=

trap_signals
private_folder ipc-play
: >"$private/made"
# Where programs can be watched, there is a watch for the pages that use it.
grep -q '[$] .*watch/watch' "$@" &&
	"$build/scripts/watch/watch" -n "sh -c '$build/scripts/await; :'" \
		>/dev/null 2>&1 && ln -s "$build/scripts" "$private/scripts"
{ # the defaults, for stand_in.sh
	sed -n 's/^#define .*PORT "\(.*\)"/port \1/p' socket/port.h \
		socket/multicast.h
	"$build/scripts/sysv" names 2>/dev/null
} >"$private/names"
export LC_ALL=C root build private pid=$$ scale="${TEST_TIME_SCALE:-1}"
# shellcheck disable=SC2086 # words
for lane in $lanes; do
	mkfifo "$private/commands$lane" "$private/answers$lane"
	# Open, so that nobody has to wait until the other one opens it.
	exec 5<>"$private/commands$lane" 6<>"$private/answers$lane"
	"$build/scripts/terminal" <"$private/commands$lane" \
		>"$private/answers$lane" 4>&- 5>&- 6>&- &
	awk $interactive -v lane="$lane" -v only="$only" -v stops="$stops" \
		-v plain="$plain" -f scripts/given.awk -f scripts/play.awk \
		$labs wanted=1 "$@" <"$private/answers$lane" >&4 \
		5>"$private/commands$lane" 6>&- &
	children="$children $!"
done
exec 5>&- 6>&-
for child in $children; do
	wait "$child"
	status=$?
	[ "$status" -le "$failed" ] || failed=$status
done
children=
wait # for the terminals
cat "$private"/tap* 2>/dev/null
# A lane that was cut short, with a status above 1, has told too few: no plan.
[ "$failed" -gt 1 ] || cat "$private/plan" 2>/dev/null
remove_private
exit "$failed"
