#!/bin/sh
# shm-no_syscalls.t - no_syscalls: after attaching, no system call is needed
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

# What the parent reads is luck: a number on the way to a million. It looks
# while the child works, so that number is not always the last.
updates_are_seen_meanwhile() {
	tries=0
	seen=1000000
	while [ "$seen" -eq 1000000 ]; do
		tries=$((tries + 1))
		[ "$tries" -le 100 ] || fail 'a look before the end'
		run shm/no_syscalls
		[ "$status" -ne 77 ] || skip "$(cat "$err")"
		succeeds
		read -r _ _ seen <"$out"
		prints "Parent reads $seen
Child has made 1000000 updates without a system call.
Then it made one, and was killed for it."
		if [ "$seen" -lt 1 ] || [ "$seen" -gt 1000000 ]; then
			fail 'a number of 1 to 1000000'
		fi
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
	done <<-END
		22 77 1 is refused
		5 1 2 no_syscalls: prctl:
		0 1 1 the child was not killed for its call
	END
}
check 'no_syscalls: exit status 77 where the kernel refuses, only there' \
	kernel_refuses

finish_tests
