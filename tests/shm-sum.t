#!/bin/sh
# shm-sum.t - sum: several processes add up the same numbers
# shellcheck source=tests/shm.sh
. "${0%/*}/shm.sh"

# The sum, two times and their ratio.
adds_up() { # NUMBERS SUM 'COUNT processes'
	run shm/sum -n "$1" -p "${3%% *}"
	succeeds
	sed 's/: [0-9][0-9]*\.[0-9]\{3\} s$/: SECONDS/
		s/^ratio: [0-9][0-9]*\.[0-9]\{2\}$/ratio: RATIO/' \
		"$out" >"$work/shape"
	printf '%s\n' "sum of 1 to $1: $2" '1 process: SECONDS' \
		"$3: SECONDS" 'ratio: RATIO' |
		cmp -s - "$work/shape" || fail "the sum $2, and times"
}

sums_are_right() {
	adds_up 100 5050 '1 process'
	adds_up 10 55 '3 processes'
	adds_up 1 1 '64 processes'
}
check 'sum: the sum, the time with one and with several, the ratio' \
	sums_are_right

# First one child, then three: the last of them ends before the others do.
processes_work_together() {
	run scripts/watch/watch -n \
		-x '1:waitpid 1.1 1+ 1:waitpid 1.4 1.3 1.2 1' \
		'shm/sum -n 600 -p 3'
	! has_text "$err" watched || skip "$(head -n 1 "$err")"
	succeeds
	prints_like '1.4: ends'
}
check 'sum: -p processes work at the same time' processes_work_together

# Somebody writes over the first part, again and again.
sum_is_checked() {
	note_old
	needs_children
	start sum shm/sum -n 300000000
	await_child sum # it has attached its segment
	segment_of "$(pid sum)" || fail 'its segment'
	"$build/tests/odd" spoil segment "$id" 8192 2>"$work/spoil"
	finish sum
	fails_with 1 'the sum is '
	says ' instead of 45000000150000000'
	prints_nothing
}
check 'sum: a wrong sum is not passed over' sum_is_checked

killed_child_is_missed() {
	needs_children
	note_old
	start sum shm/sum -n 2000000000
	await_child sum
	kill -s KILL "$child"
	finish sum
	fails_with 1 'a child failed'
	prints_nothing
	nothing_left_of "$(pid sum)"
}
check 'sum: a killed child is a failure' killed_child_is_missed

finish_tests
