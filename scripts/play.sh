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

tidy_up() {
	"$build/scripts/sysv" clear <"$private/made"
}

give_up() { # REASON
	echo "play.sh: $1" >&2
	exit 2
}

while getopts ahcn: option; do
	case $option in
	a) stops=0 ;;
	c) lanes='1 2 3 4' ;;
	n) only=$OPTARG ;;
	h) exec echo "$usage" ;;
	*)
		echo "$usage" >&2
		exit 2
		;;
	esac
done
shift $((OPTIND - 1))
for sheet; do
	[ -r "$sheet" ] || give_up "there is no sheet $sheet"
	folder=$(CDPATH='' cd -- "$(dirname -- "$sheet")" && pwd) || exit
	sheet=$folder/${sheet##*/}
	shift
	set -- "$@" "${sheet#"$root/"}"
done
cd "$root" || exit
# shellcheck disable=SC2086 # words
[ $# -gt 0 ] || set -- $labs
build=$(CDPATH='' cd -- "${BUILD:-.}" && pwd) || exit
[ -x "$build/scripts/terminal" ] || give_up 'build first: make'
[ "$lanes" = 0 ] || [ -z "$only" ] || lanes=1

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

private_folder ipc-play
trap_signals
# Where programs can be watched, there is a watch for the pages that use it.
grep -q '[$] .*watch/watch' "$@" &&
	"$build/scripts/watch/watch" -n "sh -c '$build/scripts/await; :'" \
		>/dev/null 2>&1 && ln -s "$build/scripts" "$private/scripts"
{ # the defaults, for stand_in.sh
	sed -n 's/^#define .*PORT "\(.*\)"/port \1/p' \
		socket/port.h socket/multicast.h
	"$build/scripts/sysv" names 2>/dev/null
} >"$private/names"
: >"$private/made"
export LC_ALL=C root build private pid=$$ scale="${TEST_TIME_SCALE:-1}"
for lane in $lanes; do
	mkfifo "$private/commands$lane" "$private/events$lane"
	# shellcheck disable=SC2086 # words
	awk $interactive -v lane="$lane" -v only="$only" -v stops="$stops" \
		-v plain="$plain" -f scripts/given.awk -f scripts/play.awk \
		$labs wanted=1 "$@" <"$private/events$lane" >&4 &
	children="$children $!"
	# When awk has gone nobody listens to its terminals, and they end, too.
	"$build/scripts/terminal" <>"$private/commands$lane" \
		>"$private/events$lane" 4>&- &
	children="$children $!"
done
for child in $children; do
	status=0
	wait "$child" || status=$?
	[ "$status" -le "$failed" ] || failed=$status
done
children=
# A lane that was cut short, with a status above 1, has told too few: no plan.
[ "$lanes" = 0 ] || awk -v failed="$failed" '
	/^(not )?ok/ { sub(/ok/, "ok " ++tests) }
	{ print }
	END {
		if (failed < 2)
			print "1.." tests
	}' "$private"/tap* 2>/dev/null
remove_private
exit "$failed"
