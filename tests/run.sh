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

give_up() { # REASON [STATUS]
	echo "run.sh: $1" >&2
	remove_private
	exit "${2:-1}"
}

# One file after the other, whichever no other lane has taken: with -C only one
# lane can make its output. Each file of tests ends what it has started; a line
# in the FIFO says that it is through.
run_lane() {
	trap 'end_children; exit 143' HUP INT QUIT TERM
	file_number=0
	for file in $files; do
		file_number=$((file_number + 1))
		output=$results/$file_number.out
		(set -C && echo "# $file" >"$output") 2>/dev/null || continue
		${TEST_SHELL:-sh} "$file" >>"$output" 2>&1 3>&- &
		children=$!
		wait "$children"
		children=
		echo "$file_number" >&3
	done
}

case ${1:-} in
-h)
	echo "$usage"
	exit 0
	;;
-*) give_up "unknown option $1
$usage" 2 ;;
esac
files=
[ $# -gt 0 ] || files=$(echo tests/*.t)
for name; do
	suffix=.t
	[ "$name" != soak ] || suffix=.sh
	named=$(ls "tests/$name$suffix" "tests/$name-"*$suffix 2>/dev/null)
	[ -n "$named" ] || give_up "there is no file of tests '$name'
$usage" 2
	files="$files $named"
done
# Each once: shm-buffer is also the beginning of shm-buffer-ends.
# shellcheck disable=SC2086 # names without blanks
files=$(printf '%s\n' $files | awk '!seen[$0]++')
[ -x "${BUILD:-.}/scripts/limit" ] ||
	give_up "there is no ${BUILD:-.}/scripts/limit: build first (make)"

trap_signals
private_folder ipc-tests
results=$private
dd if=/dev/zero of="$results/room" bs=65536 count=1024 2>/dev/null ||
	give_up "no room for 64 MiB in $TMPDIR"
: >"$results/room"

mkfifo "$results/through" || give_up 'no FIFO can be made'
exec 3<>"$results/through"

if [ -t 1 ] && [ -t 2 ]; then # where a terminal can show what is going on
	export TEST_PROGRESS=/dev/tty
fi
lane=0
while [ "$lane" -lt "${TEST_JOBS:-4}" ]; do
	lane=$((lane + 1))
	run_lane &
	children="$children $!"
done

for file in $files; do
	read -r file_number <&3
	[ -z "${TEST_PROGRESS:-}" ] || printf '%79s\r' ''
	cat "$results/$file_number.out"
done
for lane in $children; do
	wait "$lane"
done
children=

# Each file tells at its end how many tests it has had: one that did not get
# there is a failure.
awk '/^1[.][.]/ { ends++ }
	/^(ok .*|1[.][.]0) # SKIP/ { skipped++; next }
	/^ok / { passed++ }
	/^not ok / { failed++ }
	END {
		failed += ARGC - 1 - ends
		printf "%d passed, %d failed, %d skipped\n", passed, failed,
			skipped
		exit failed > 0
	}' "$results"/*.out
status=$?
remove_private
exit "$status"
