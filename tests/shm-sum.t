#!/bin/sh
# shm-sum.t - sum: several processes add up the same numbers
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

# The sum, two times and their ratio.
sum_prints() { # NUMBERS SUM 'COUNT processes'
	succeeds
	[ "$(head -n 1 "$work/out")" = "sum of 1 to $1: $2" ] ||
		fail "the sum $2 in the first line"
	sed -n 2p "$work/out" | grep -Eqx '1 process: [0-9]+\.[0-9]{3} s' ||
		fail 'the time with 1 process'
	sed -n 3p "$work/out" | grep -Eqx "$3: [0-9]+\.[0-9]{3} s" ||
		fail "the time with $3"
	sed -n 4p "$work/out" | grep -Eqx 'ratio: [0-9]+\.[0-9]{2}' ||
		fail 'the ratio'
	[ "$(wc -l <"$work/out")" -eq 4 ] || fail 'four lines'
}

sum_adds_up() {
	run shm/sum
	sum_prints 300000000 45000000150000000 '2 processes'
	note "$(tail -n 1 "$work/out")"
	run shm/sum -n 100 -p 1
	sum_prints 100 5050 '1 process'
	run shm/sum -n 10 -p 3
	sum_prints 10 55 '3 processes'
	run shm/sum -n 1 -p 64
	sum_prints 1 1 '64 processes'
}
check 'sum: the sum, the time with one and with several, the ratio' sum_adds_up

# What this process has made without a key.
segment_of() { # PID
	"$build/tests/keyless" list "$1" >"$work/keyless" ||
		skip 'objects without a key cannot be seen here'
	id=$(sed -n 's/^segment //p' "$work/keyless")
	[ -n "$id" ]
}

segment_of_gone() { # PID
	! segment_of "$1"
}

# Somebody writes over the first part, again and again.
sum_is_checked() {
	start sum shm/sum -n 300000000
	await_that segment_of "$(pid sum)"
	"$build/tests/keyless" spoil segment "$id" 8192 2>"$work/spoil"
	finish sum
	fails_with 1 'the sum is '
	says ' instead of 45000000150000000'
	prints_nothing
}
check 'sum: a wrong sum is not passed over' sum_is_checked

child_found() {
	child_of "$(pid sum)" >"$work/children"
	[ -s "$work/children" ]
}

needs_ps() {
	[ -n "$(ps -A -o ppid= -o pid= 2>/dev/null)" ] ||
		skip 'no ps with -A and -o here'
}

three_children() {
	[ "$(child_of "$(pid sum)" | wc -l)" -eq 3 ]
}

sum_has_processes() {
	needs_ps
	start sum shm/sum -p 3 -n 600000000
	await_that three_children
	finish sum
	sum_prints 600000000 180000000300000000 '3 processes'
}
check 'sum: -p processes work at the same time' sum_has_processes

sum_child_is_killed() {
	needs_ps
	start sum shm/sum -n 2000000000
	await_that child_found
	kill -s KILL "$(head -n 1 "$work/children")"
	finish sum
	fails_with 1 'a child failed'
	prints_nothing
	await_that segment_of_gone "$(pid sum)"
}
check 'sum: a killed child is a failure' sum_child_is_killed

# Its children end a little later.
sum_leaves_nothing() {
	start sum shm/sum -p 4
	await_that segment_of "$(pid sum)"
	stop sum KILL
	finish sum
	exits 137
	await_that segment_of_gone "$(pid sum)"
}
check 'sum: its segment goes with it, even when it is killed' sum_leaves_nothing

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

sum_is_not_read() {
	unread shm/sum -n 1000
	fails_with 1 'cannot write to standard output'
}
check 'sum: fails when nobody reads its output' sum_is_not_read

sum_needs_its_output() {
	fails_on_full_output 'standard output' shm/sum -n 1
}
check 'sum: fails when its output cannot be written' sum_needs_its_output

sum_usage() {
	shows_usage shm/sum
	refused shm/sum -x
	refused shm/sum -n
	refused shm/sum surplus
	for bad in '' -1 0 1.5 x 1x 2000000001 99999999999999999999; do
		refused shm/sum -n "$bad"
	done
	for bad in '' -1 0 1.5 x 1x 65; do
		refused shm/sum -p "$bad"
	done
}
check 'sum: -h tells the usage, bad input is refused' sum_usage

finish_tests
