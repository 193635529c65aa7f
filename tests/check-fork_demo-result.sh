#!/bin/sh
# check-fork_demo-result.sh - a task of fork_demo/README.md: the child's result
# comes back to its parent as the exit status
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

result="The child's shared_int was"

# Exactly these lines; the child's may come before, after or between.
tells_result() {
	run fork_demo/private
	! has_text "$out" "$result 2816" ||
		fail "$result 11. hint: 2816 is 11 times 256: waitpid stores
more than the exit status. WEXITSTATUS takes it out"
	! has_text "$err" 'the child failed' ||
		fail "no error. hint: private takes each status but 0 for a
failure. Now it is the result: WIFEXITED tells whether the child has ended by
itself"
	has_text "$out" "$result" ||
		fail "a line '$result 11.' hint: let the child leave with
_exit(shared_int), and let the parent print WEXITSTATUS(status)"
	prints_line "$result 11."
	exits 0
}
check 'the parent tells the result of its child' tells_result

# The same program with another number in the child.
result_is_the_childs() {
	has_text fork_demo/private.c 'shared_int++;' ||
		fail 'a child with the line: shared_int++; hint: leave it there'
	sed 's/shared_int++;/shared_int += 7;/' fork_demo/private.c \
		>"$work/private.c"
	${CC:-cc} "$work/private.c" -o "$work/private" || fail 'it compiles'
	command='private, with shared_int += 7 in place of shared_int++'
	status=0
	"$work/private" >"$out" 2>"$err" || status=$?
	has_line "$out" "$result 17." ||
		fail "a line '$result 17.' hint: the number must come
from the child. The parent's shared_int is still 10, and it cannot know"
}
check 'the number is what the child had, not a guess' result_is_the_childs

rest_is_as_before() {
	run fork_demo/private
	for line in 'int in child process: 11' 'int in parent process: 10' \
		'float in child process: 28.500000' \
		'float in parent process: 25.500000'; do
		prints_line "shared_$line"
	done
	[ "$(tail -n 1 "$out")" = 'Child has exited.' ] ||
		fail "'Child has exited.' as the last line. hint: print the
result before it, but after waitpid"
	has_lines "$out" 6 ||
		fail 'six lines. hint: only the parent prints the result'
	succeeds
}
check 'all else is as it was' rest_is_as_before

finish_tests
