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
# is to run tests and scripts; TEST_JOBS, how many files at a time (default: 4).
set -u
cd "${0%/*}/.." || exit 1

usage='usage: tests/run.sh [-h] [NAME ...]'

files_of() { # NAME
	case $1 in
	soak) echo tests/soak.sh ;;
	*) for file in tests/"$1".t tests/"$1"-*.t; do
		[ ! -f "$file" ] || echo "$file"
	done ;;
	esac
}

# A file of tests ends what it has started, and removes what it has made.
stopped() {
	trap '' HUP INT TERM PIPE
	for pid in $lanes; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	rm -rf "$results"
	trap - "$1"
	kill -s "$1" "$$"
}

# One file after the other, whichever no other lane has taken: only one can
# make a folder of a name.
run_lane() {
	running=
	trap '[ -z "$running" ] || kill "$running" 2>/dev/null
		[ -z "$running" ] || wait "$running" 2>/dev/null
		exit 143' HUP INT TERM PIPE
	for file in $files; do
		name=${file##*/}
		mkdir "$results/$name" 2>/dev/null || continue
		${TEST_SHELL:-sh} "$file" >"$results/$name/out" 2>&1 &
		running=$!
		wait "$running"
		running=
		: >"$results/$name/through"
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
	files="$files $found"
done

lanes=
results=${TMPDIR:-/tmp}/ipc-test-results.$$
trap 'stopped HUP' HUP
trap 'stopped INT' INT
trap 'stopped TERM' TERM
trap 'stopped PIPE' PIPE
mkdir "$results" || exit 1

# Each file of tests adds a line to counts when it is through.
export TEST_COUNTS="$results/counts"
: >"$TEST_COUNTS"
lane=0
while [ "$lane" -lt "${TEST_JOBS:-4}" ]; do
	lane=$((lane + 1))
	run_lane &
	lanes="$lanes $!"
done
for pid in $lanes; do
	wait "$pid"
done
count=0
for file in $files; do
	count=$((count + 1))
	echo "# $file"
	cat "$results/${file##*/}/out"
done

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
rm -rf "$results"
exit "$result"
