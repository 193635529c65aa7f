#!/bin/sh
# shm-no_syscalls.t - no_syscalls: after attaching, no system call is needed
# shellcheck source=tests/shm.sh
. "${0%/*}/shm.sh"

# What the parent reads is luck: a number on the way to a million.
million_updates() {
	start no_syscalls shm/no_syscalls
	finish no_syscalls
	[ "$status" -ne 77 ] || skip "$(cat "$err")"
	succeeds
	nothing_left_of "$(pid no_syscalls)"
	read -r _ _ seen <"$out"
	prints "Parent reads $seen
Child has made 1000000 updates without a system call.
Then it made one, and was killed for it."
	if [ "$seen" -lt 1 ] || [ "$seen" -gt 1000000 ]; then
		fail 'a number of 1 to 1000000'
	fi
}

# The parent looks while the child works, so the number is not always the last.
updates_are_seen_meanwhile() {
	note_old
	tries=0
	seen=1000000
	while [ "$seen" -eq 1000000 ]; do
		tries=$((tries + 1))
		[ "$tries" -le 100 ] || fail 'a look before the end'
		million_updates
	done
}
check 'no_syscalls: a million updates, seen on the way, then killed' \
	updates_are_seen_meanwhile

# prctl fails with an error, as in some containers, or it lies.
kernel_refuses() {
	while read -r number expected lines text; do
		run tests/confined "$number" "$build/shm/no_syscalls"
		[ "$status" -ne 125 ] || skip "$(cat "$err")"
		exits "$expected"
		says "$text"
		has_lines "$err" "$lines" || fail "$lines lines about it"
		! has_text "$out" 'without a system call' ||
			fail 'no word of success'
		[ "$number" -eq 0 ] || prints_nothing
	done <<-END
		22 77 1 is refused
		5 1 2 no_syscalls: prctl:
		0 1 1 the child was not killed for its call
	END
}
check 'no_syscalls: exit status 77 where the kernel refuses, only there' \
	kernel_refuses

output_is_needed() {
	note_old
	run shm/no_syscalls
	[ "$status" -ne 77 ] || skip "$(cat "$err")"
	run_unread shm/no_syscalls
	fails_with 1 'cannot write to standard output'
	nothing_left_of "$pid"
	fails_on_full_output 'standard output' shm/no_syscalls
}
check 'no_syscalls: fails when its output cannot be written or is not read' \
	output_is_needed

finish_tests
