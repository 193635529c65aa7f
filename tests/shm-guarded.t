#!/bin/sh
# shm-guarded.t - counter -s and torn -s: two processes and a semaphore, which
# must go with them
# shellcheck source=tests/shm.sh
. "${0%/*}/shm.sh"

# shellcheck disable=SC3045 # where SIGQUIT would leave a core file
ulimit -c 0 2>/dev/null

all_went_well() {
	ends_well guarded
	case $program in
	*counter) prints 'expected 40000, got 40000, lost 0' ;;
	*torn) prints '20000 reads, torn 0' ;;
	esac
}

nothing_is_left() {
	needs_children
	note_old
	trap '' HUP # as nohup does
	for program in shm/counter shm/torn; do
		start guarded "$program" -s
		await_child guarded
		kill -s HUP ${child:+"$child"} "$(pid guarded)"
		all_went_well
		nothing_left_of "$(pid guarded)" ${child:+"$child"}
	done
}
check 'counter -s, torn -s: right, nothing is left, and nohup is respected' \
	nothing_is_left

# Their output is fd 7, of which nothing has come when both have ended. Should a
# busy machine have let them come through before, try again.
until_it_fails() { # FUNCTION [ARGUMENT ...]
	[ -p "$work/guarded.out" ] || mkfifo "$work/guarded.out"
	tries=0
	status=0
	while [ "$status" -eq 0 ]; do
		tries=$((tries + 1))
		[ "$tries" -le 20 ] || fail 'a run that is long enough'
		start guarded "$program" -s
		exec 7<"$work/guarded.out"
		await_child guarded
		"$@"
		finish guarded
		printed=
		read -r printed <&7
	done
	exec 7<&-
	[ -z "$printed" ] || fail "no output, not '$printed'"
}

send() { # SIGNAL WHOM
	stop guarded STOP
	[ "$2" = parent ] || kill -s "$1" "$child"
	stop guarded "$1"
	stop guarded CONT
}

# As Ctrl-C does it, or to the parent alone: its child ends without a word.
signal_ends_both() {
	needs_children
	note_old
	for program in shm/counter shm/torn; do
		while read -r signal expected whom; do
			until_it_fails send "$signal" "$whom"
			exits "$expected"
			[ ! -s "$err" ] || fail 'no word about it'
			nothing_left_of "$(pid guarded)" ${child:+"$child"}
		done <<-END
			HUP 129 both
			INT 130 both
			QUIT 131 both
			TERM 143 both
			TERM 143 parent
		END
	done
}
check 'counter -s, torn -s: a signal ends both, and nothing is left' \
	signal_ends_both

# The reader goes before anything is written.
close_output() {
	exec 7</dev/null
}

unread_output_is_a_failure() {
	needs_children
	note_old
	for program in shm/counter shm/torn; do
		until_it_fails close_output
		fails_with 1 'cannot write to standard output'
		nothing_left_of "$(pid guarded)" ${child:+"$child"}
	done
}
check 'counter -s, torn -s: a pipe that nobody reads leaves nothing' \
	unread_output_is_a_failure

# One of the two is stopped where it has taken the semaphore, and the other one
# waits for it. Where nobody can tell, it is stopped anywhere.
stop_inside() { # PID
	"$build/tests/odd" stop "$1" >"$work/set" 2>"$work/cannot"
}

kill_inside() { # parent|child
	[ "$1" = child ] || child=$(pid guarded)
	stop_inside "$child"
	kill -s KILL "$child"
}

# A parent that is killed leaves the set, but no child that waits for ever.
killed_one_blocks_nobody() {
	needs_children
	for program in shm/counter shm/torn; do
		until_it_fails kill_inside child
		fails_with 1 ' failed (wait status 0x9)'
		[ -r /proc/sysvipc/sem ] || continue
		until_it_fails kill_inside parent
		exits 137
		[ ! -s "$err" ] || fail 'no word about it'
		read -r set <"$work/set"
		grep -q "^ *0 *$set *600 " /proc/sysvipc/sem ||
			fail 'semaphores that are for their owner only'
		run scripts/sysv remove semaphores "$set"
		succeeds
	done
}
check 'counter -s, torn -s: one that is killed inside blocks nobody' \
	killed_one_blocks_nobody

# As Ctrl-Z and fg do, to each of the two while it waits for the other.
stops_do_not_disturb() {
	needs_children
	for program in shm/counter shm/torn; do
		start guarded "$program" -s
		await_child guarded
		stop_inside "$child"
		stop guarded STOP
		stop guarded CONT
		kill -s CONT "$child"
		stop_inside "$(pid guarded)"
		kill -s STOP "$child"
		kill -s CONT "$child"
		stop guarded CONT
		all_went_well
	done
}
check 'counter -s, torn -s: Ctrl-Z and fg do not disturb them' \
	stops_do_not_disturb

process_1_ends() {
	note_old
	start_as_process_1 container shm/counter -s -n 1000000
	echo "$child" >"$work/counter.pid"
	await_child counter
	stop counter
	finish container
	exits 143
	prints_nothing
	nothing_left_of "$(pid counter)" ${child:+"$child"}
}
check 'counter -s: ends also as process 1 of a container' process_1_ends

finish_tests
