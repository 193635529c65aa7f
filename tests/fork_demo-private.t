#!/bin/sh
# fork_demo-private.t - private: fork shares nothing. What it prints is in the
# sheet, and at its top. And the options of all programs of fork_demo
# shellcheck source=tests/shm.sh
. "${0%/*}/shm.sh" # for run_unread

# Were they kept in a buffer until the end, the parent's would never come first.
lines_leave_at_once() {
	tries=0
	line=
	while [ "${line#*parent}" = "$line" ]; do
		tries=$((tries + 1))
		[ "$tries" -le 20 ] ||
			fail 'a line of the parent, first in one of 20 runs'
		run fork_demo/private
		succeeds
		has_lines "$out" 5 || fail 'five lines'
		read -r line <"$out"
	done
}
check 'private: each line leaves at once, also into a file' lines_leave_at_once

options_are_checked() {
	for source in fork_demo/*.c; do
		shows_usage "${source%.c}"
		refused "${source%.c}" -x
		refused "${source%.c}" surplus
	done
}
check 'private, browser: -h tells the usage, bad input is refused' \
	options_are_checked

output_is_needed() {
	run_unread fork_demo/private
	fails_with 1 'the child failed'
	fails_on_full_output 'the child failed' fork_demo/private -b
}
check 'private: fails when its output is not read, or is full' output_is_needed

finish_tests
