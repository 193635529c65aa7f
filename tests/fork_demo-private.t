#!/bin/sh
# fork_demo-private.t - private: fork shares nothing
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

# The child's two lines may come before, after or between the parent's.
keeps_values_apart() {
	run fork_demo/private
	succeeds
	prints_line 'shared_int in child process: 11'
	prints_line 'shared_float in child process: 28.500000'
	prints_line 'shared_int in parent process: 10'
	prints_line 'shared_float in parent process: 25.500000'
	[ "$(tail -n 1 "$work/out")" = 'Child has exited.' ] ||
		fail 'the last line is: Child has exited.'
}
check 'private: what the child changes, the parent does not see' \
	keeps_values_apart

# What is still in the buffer when fork copies it would come out twice. A file
# is no terminal, so the output here would be buffered as in a pipe.
prints_each_line_once() {
	run fork_demo/private
	[ "$(wc -l <"$work/out")" -eq 5 ] || fail 'five lines'
	[ "$(sort -u "$work/out" | wc -l)" -eq 5 ] || fail 'no line twice'
}
check 'private: fork duplicates no output' prints_each_line_once

# Were they kept in a buffer until the end, the parent's would never come first.
lines_leave_at_once() {
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		run fork_demo/private
		succeeds
		case $(head -n 1 "$work/out") in *parent*) return ;; esac
	done
	fail 'a line of the parent, first in one of twenty runs'
}
check 'private: each line leaves at once, also into a file' lines_leave_at_once

# In a file the line waits in the buffer until the process ends. The child ends
# first, since its parent waits for it.
buffered_line_comes_twice() {
	run fork_demo/private -b
	succeeds
	prints 'Parent process is about to fork.
shared_int in child process: 11
shared_float in child process: 28.500000
Parent process is about to fork.
shared_int in parent process: 10
shared_float in parent process: 25.500000
Child has exited.'
}
check 'private -b: fork copies the buffer, and its line comes twice' \
	buffered_line_comes_twice

# On a terminal it has left before fork.
buffered_line_comes_once() {
	run tests/on_terminal "$build/fork_demo/private" -b
	[ "$status" -ne 77 ] || skip 'there are no pseudo-terminals here'
	succeeds
	has_lines "$work/out" 6 || fail 'six lines'
	[ "$(grep -c 'about to fork' "$work/out")" -eq 1 ] ||
		fail 'the line once'
}
check 'private -b: on a terminal the line comes once' buffered_line_comes_once

tells_usage() {
	shows_usage fork_demo/private
}
check 'private: -h tells the usage' tells_usage

refuses_bad_usage() {
	refused fork_demo/private -x
	refused fork_demo/private surplus
}
check 'private: an unknown option and an argument are refused' \
	refuses_bad_usage

needs_its_output() {
	fails_on_full_output 'the child failed' fork_demo/private
	fails_on_full_output 'the child failed' fork_demo/private -b
}
check 'private: fails when its output cannot be written' needs_its_output

# The reader has gone before anything is written.
unread() { # PROGRAM [ARGUMENT ...]
	command="$* | true"
	rm -f "$work/fifo" "$work/gone"
	mkfifo "$work/fifo"
	(
		exec 3>"$work/fifo"
		await_that test -e "$work/gone"
		program=$1
		shift
		exec "$build/$program" "$@" >&3 2>"$work/err"
	) &
	echo "$!" >"$work/unread.pid"
	: <"$work/fifo"
	: >"$work/gone"
	status=0
	wait "$(pid unread)" || status=$?
	: >"$work/out"
}

private_is_not_read() {
	unread fork_demo/private
	fails_with 1 'the child failed'
}
check 'private: fails when nobody reads its output' private_is_not_read

finish_tests
