#!/bin/sh
# shm-no_syscalls.t - no_syscalls: after attaching, no system call is needed
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/keyless.sh
. "${0%/*}/keyless.sh"

# What the parent reads is luck: a number on the way to a million.
no_syscalls_works() {
	start no_syscalls shm/no_syscalls
	finish no_syscalls
	[ "$status" -ne 77 ] || skip "$(cat "$work/err")"
	succeeds
	no_segment_left "$(pid no_syscalls)"
	seen=$(sed -n '1s/^Parent reads \([1-9][0-9]*\)$/\1/p' "$work/out")
	[ "${seen:-1000001}" -le 1000000 ] ||
		fail 'Parent reads, and a number of 1 to 1000000'
	prints "Parent reads $seen
Child has made 1000000 updates without a system call.
Then it made one, and was killed for it."
}
check 'no_syscalls: a million updates, then killed at the first call' \
	no_syscalls_works

# The parent looks while the child works, so the number is not always the last.
no_syscalls_is_read_meanwhile() {
	tries=0
	while
		run shm/no_syscalls
		[ "$status" -ne 77 ] || skip "$(cat "$work/err")"
		succeeds
		has_line "$work/out" 'Parent reads 1000000'
	do
		tries=$((tries + 1))
		[ "$tries" -le 100 ] || fail 'a look before the end'
	done
}
check 'no_syscalls: the parent sees the child at work' \
	no_syscalls_is_read_meanwhile

# As in some containers: the child may not give up its system calls.
no_syscalls_refused() {
	run tests/confined 22 "$build/shm/no_syscalls"
	[ "$status" -ne 125 ] || skip "$(cat "$work/err")"
	fails_with 77 'is refused'
	prints_nothing
}
check 'no_syscalls: says so where the kernel refuses' no_syscalls_refused

# Another error is a failure, not "not possible here": EIO here.
no_syscalls_fails() {
	run tests/confined 5 "$build/shm/no_syscalls"
	[ "$status" -ne 125 ] || skip "$(cat "$work/err")"
	exits 1
	says 'no_syscalls: prctl: '
	prints_nothing
}
check 'no_syscalls: exit status 77 means "not possible here" only' \
	no_syscalls_fails

# A kernel that says yes, and then lets the child make its call.
no_syscalls_not_killed() {
	run tests/confined 0 "$build/shm/no_syscalls"
	[ "$status" -ne 125 ] || skip "$(cat "$work/err")"
	fails_with 1 'the child was not killed for its call'
	! grep -q 'without a system call' "$work/out" ||
		fail 'no word of success'
}
check 'no_syscalls: a child that lives on is a failure' no_syscalls_not_killed

no_syscalls_usage() {
	shows_usage shm/no_syscalls
	refused shm/no_syscalls -x
	refused shm/no_syscalls surplus
}
check 'no_syscalls: -h tells the usage, bad input is refused' no_syscalls_usage

no_syscalls_needs_its_output() {
	run shm/no_syscalls
	[ "$status" -ne 77 ] || skip "$(cat "$work/err")"
	fails_on_full_output 'standard output' shm/no_syscalls
}
check 'no_syscalls: fails when its output cannot be written' \
	no_syscalls_needs_its_output

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

no_syscalls_is_not_read() {
	run shm/no_syscalls
	[ "$status" -ne 77 ] || skip "$(cat "$work/err")"
	unread shm/no_syscalls
	fails_with 1 'cannot write to standard output'
	no_segment_left "$(pid unread)"
}
check 'no_syscalls: fails when nobody reads its output' \
	no_syscalls_is_not_read

finish_tests
