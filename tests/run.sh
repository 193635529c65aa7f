#!/bin/sh
# run.sh - run the tests: all files, or those that are named.
#
# usage: tests/run.sh [-h] [NAME ...]
#
# NAME is a file, tests/NAME.t, or the beginning of some, as far as a hyphen:
# `shm` is all of tests/shm-*.t. The long checks, soak, are run only when they
# are named. The output is TAP; the last line counts.
#
# From the environment: BUILD, where the binaries are; TEST_SHELL, which shell
# is to run tests and scripts; TEST_JOBS, how many files at a time (default: 4);
# TEST_TIME_SCALE, a factor for all time limits.
set -u
cd "${0%/*}/.." || exit 1
# shellcheck source=scripts/private.sh
. scripts/private.sh

usage='usage: tests/run.sh [-h] [NAME ...]'
limit=${BUILD:-.}/scripts/limit

files_of() { # NAME
	case $1 in
	soak) echo tests/soak.sh tests/soak-deaths.sh ;;
	*) for file in tests/"$1".t tests/"$1"-*.t; do
		[ ! -f "$file" ] || echo "$file"
	done ;;
	esac
}

# One file after the other, whichever no other lane has taken: with -C only one
# lane can make its log. Each file of tests ends what it has started.
run_lane() {
	trap 'end_children; exit 143' HUP INT QUIT TERM
	for file in $files; do
		log=$results/${file##*/}
		(set -C && : >"$log") 2>/dev/null || continue
		${TEST_SHELL:-sh} "$file" >"$log" 2>&1 &
		children=$!
		wait "$children"
		children=
		echo "$file" >>"$results/through"
	done
}

files=
case ${1:-} in
-h)
	echo "$usage"
	exit 0
	;;
-*)
	echo "$usage" >&2
	exit 2
	;;
'')
	for file in tests/*.t; do
		files="$files $file"
	done
	;;
esac
for name in "$@"; do
	found=$(files_of "$name")
	[ -n "$found" ] || {
		echo "run.sh: there is no file of tests '$name'" >&2
		echo "$usage" >&2
		exit 2
	}
	for file in $found; do # each once
		[ "${files#*"$file"}" != "$files" ] || files="$files $file"
	done
done
[ -x "$limit" ] || {
	echo "run.sh: there is no $limit: build first (make)" >&2
	exit 1
}

trap_signals
private_folder ipc-test-results
results=$private
dd if=/dev/zero of="$results/room" bs=65536 count=64 2>/dev/null || {
	echo "run.sh: no room for 4 MiB in ${TMPDIR:-/tmp}" >&2
	remove_private
	exit 1
}
rm "$results/room"

# Each file of tests adds a line to counts when it is through.
export TEST_COUNTS="$results/counts"
: >"$TEST_COUNTS"
if [ -t 1 ] && [ -t 2 ]; then # where a terminal can show what is going on
	export TEST_PROGRESS=/dev/tty
fi
lane=0
while [ "$lane" -lt "${TEST_JOBS:-4}" ]; do
	lane=$((lane + 1))
	run_lane &
	children="$children $!"
done
count=0
for file in $files; do
	count=$((count + 1))
	"${BUILD:-.}/scripts/await" line "$results/through" "$file" 86400 &
	waiting=$!
	children="$children $waiting"
	wait "$waiting"
	children=${children% *}
	[ -z "${TEST_PROGRESS:-}" ] || printf '%79s\r' ''
	echo "# $file"
	cat "$results/${file##*/}"
done

# No lane looks for another file in a folder that is being removed.
for lane in $children; do
	wait "$lane"
done
children=

# A file that did not get through counts as one failure.
awk -v files="$count" '
	{ passed += $1; failed += $2; skipped += $3 }
	END {
		failed += files - NR
		print passed + 0 " passed, " failed " failed, " \
			skipped + 0 " skipped"
		exit failed > 0
	}' "$TEST_COUNTS"
result=$?
remove_private
exit "$result"
