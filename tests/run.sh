#!/bin/sh
# run.sh - run the tests: of all labs, or of those that are named.
#
# usage: tests/run.sh [LAB ...]
#
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

# A file of tests ends what it has started, and removes what it has made.
stopped() {
	trap '' HUP INT TERM
	if [ "$state" = running ]; then
		kill "$!" 2>/dev/null
		wait "$!" 2>/dev/null
	fi
	rm -f "$counts"
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
	[ -f "tests/$lab.t" ] || {
		echo "run.sh: there is no lab '$lab'" >&2
		usage >&2
		exit 2
	}
done
[ "$#" -gt 0 ] || eval "set -- $labs"

# Each file of tests writes a line there when it is through.
state=
counts=${TMPDIR:-/tmp}/ipc-test-counts.$$
trap 'stopped HUP' HUP
trap 'stopped INT' INT
trap 'stopped TERM' TERM
(set -C && : >"$counts") || exit 1

for lab in "$@"; do
	echo "# $lab"
	state=running
	TEST_COUNTS=$counts ${TEST_SHELL:-sh} "tests/$lab.t" &
	wait "$!"
	state=
done

# A file that did not get through counts as one failure.
awk -v files="$#" '
	{ passed += $1; failed += $2; skipped += $3 }
	END {
		failed += files - NR
		print passed + 0 " passed, " failed " failed, " skipped + 0 " skipped"
		exit failed > 0
	}' "$counts"
result=$?
rm -f "$counts"
exit "$result"
