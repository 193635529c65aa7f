#!/bin/sh
# shm-sum.t - sum: several processes add up the same numbers
# shellcheck source=tests/shm.sh
. "${0%/*}/shm.sh"

# The times and their ratio are in the sheet.
sums_are_right() {
	while read -r numbers sum processes; do
		run shm/sum -n "$numbers" -p "${processes%% *}"
		succeeds
		has_lines "$out" 4 || fail 'the sum, two times and a ratio'
		prints_line "sum of 1 to $numbers: $sum"
		label=$(sed -n 's/: [0-9.]* s$//p' "$out" | tail -n 1)
		[ "$label" = "$processes" ] || fail "the time of $processes"
	done <<-END
		100 5050 1 process
		10 55 3 processes
		1 1 64 processes
	END
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
	needs_children
	note_old
	start sum shm/sum -n 300000000
	await_child sum # it has attached the segment
	find_used segment "$(pid sum)" || fail 'its segment'
	"$build/tests/odd" spoil segment "$id" 8192 2>"$work/spoil"
	finish sum
	fails_with 1 'the sum is '
	says ' instead of 45000000150000000'
	prints_nothing
}
check 'sum: a wrong sum is not passed over' sum_is_checked

finish_tests
