#!/bin/sh
# fork_demo-private.t - private: fork shares nothing. What it prints is in the
# sheet, and at its top
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

# Were they kept in a buffer until the end, the parent's would never come first.
lines_leave_at_once() {
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		run fork_demo/private
		succeeds
		has_lines "$work/out" 5 || fail 'five lines'
		read -r line <"$work/out"
		case $line in
		*parent*) return ;;
		esac
	done
	fail 'a line of the parent, first in one of twenty runs'
}
check 'private: each line leaves at once, also into a file' lines_leave_at_once

options_are_checked() {
	shows_usage fork_demo/private
	refused fork_demo/private -x
	refused fork_demo/private surplus
}
check 'private: -h tells the usage, bad input is refused' options_are_checked

output_is_needed() {
	fails_on_full_output 'the child failed' fork_demo/private
	fails_on_full_output 'the child failed' fork_demo/private -b
}
check 'private: fails when its output cannot be written' output_is_needed

# fd 3 lets fd 4, the other end of the pipe, be opened.
output_is_not_read() {
	mkfifo "$work/unread"
	# shellcheck disable=SC2094
	exec 3<>"$work/unread" 4>"$work/unread" 3<&-
	command='fork_demo/private | true'
	"$build/fork_demo/private" >&4 2>"$work/err"
	status=$?
	: >"$work/out"
	fails_with 1 'the child failed'
}
check 'private: fails when nobody reads its output' output_is_not_read

finish_tests
