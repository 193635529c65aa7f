#!/bin/sh
# run.sh - run the tests: of all labs, or of those that are named.
#
# usage: tests/run.sh [LAB ...]
#
# The long checks, soak, are run only when they are named.
# The output is TAP; the last line counts. BUILD says where the binaries are,
# TEST_SHELL which shell is to run tests and scripts.
set -u
cd "${0%/*}/.." || exit 1

usage() {
	echo 'usage: tests/run.sh [LAB ...]'
	echo "labs: $labs"
}

all_labs() {
	for file in tests/*.t; do
		file=${file##*/}
		printf '%s ' "${file%.t}"
	done
}

file_of() { # LAB
	case $1 in
	soak) echo tests/soak.sh ;;
	*) echo "tests/$1.t" ;;
	esac
}

# A file of tests ends what it has started, and removes what it has made. $! is
# the one that has just been started, if it is not in $running yet.
stopped() {
	trap '' HUP INT TERM PIPE
	[ -z "$starting" ] || running="$running ${!-}"
	for pid in $running; do
		kill "$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	rm -rf "$results"
	trap - "$1"
	kill -s "$1" "$$"
}

labs=$(all_labs)
case ${1:-} in
-h)
	usage
	exit 0
	;;
-*)
	usage >&2
	exit 2
	;;
esac
for lab in "$@"; do
	[ -f "$(file_of "$lab")" ] || {
		echo "run.sh: there is no lab '$lab'" >&2
		usage >&2
		exit 2
	}
done
[ "$#" -gt 0 ] || eval "set -- $labs"

running=
starting=
results=${TMPDIR:-/tmp}/ipc-test-results.$$
trap 'stopped HUP' HUP
trap 'stopped INT' INT
trap 'stopped TERM' TERM
trap 'stopped PIPE' PIPE
mkdir "$results" || exit 1

# The labs side by side; their outputs one after the other. Each file of tests
# adds a line to counts when it is through.
export TEST_COUNTS="$results/counts"
: >"$TEST_COUNTS"
for lab in "$@"; do
	starting=yes
	${TEST_SHELL:-sh} "$(file_of "$lab")" >"$results/$lab" 2>&1 &
	running="$running $!"
	starting=
done
for lab in "$@"; do
	running=${running# }
	wait "${running%% *}"
	case $running in
	*' '*) running=${running#* } ;;
	*) running= ;;
	esac
	echo "# $lab"
	cat "$results/$lab"
done

# A file that did not get through counts as one failure.
awk -v files="$#" '
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
