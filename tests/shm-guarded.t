#!/bin/sh
# shm-guarded.t - counter -s and torn -s: two processes and a semaphore, which
# must go with them. That they are right is in the sheet
# shellcheck source=tests/shm.sh
. "${0%/*}/shm.sh"

# shellcheck disable=SC3045 # where SIGQUIT would leave a core file
ulimit -c 0 2>/dev/null

nohup_is_respected() {
	needs_children
	trap '' HUP
	for guarded in counter torn; do
		start guarded "shm/$guarded" -s
		await_child guarded
		kill -s HUP ${child:+"$child"} "$(pid guarded)"
		ends_well guarded
	done
}
check 'counter -s, torn -s: nohup keeps both processes going' \
	nohup_is_respected

# Its output is a FIFO, of which nothing has come when both have ended. Should a
# busy machine have let them come through before, try again.
until_it_fails() { # FUNCTION [ARGUMENT ...]
	[ -p "$work/guarded.out" ] || mkfifo "$work/guarded.out"
	tries=0
	status=0
	while [ "$status" -eq 0 ]; do
		tries=$((tries + 1))
		[ "$tries" -le 20 ] || fail 'a run that is long enough'
		start guarded "shm/$guarded" -s
		exec 7<"$work/guarded.out"
		await_child guarded
		"$@"
		finish guarded
		printed=
		read -r printed <&7
	done
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
	for guarded in counter torn; do
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

# One of the two is stopped where it has taken the semaphore, and the other one
# waits for it. Where nobody can tell, it is stopped anywhere.
kill_inside() { # parent|child
	[ "$1" = child ] || child=$(pid guarded)
	"$build/tests/odd" stop "$child" >"$work/set" 2>"$work/cannot"
	kill -s KILL "$child"
}

# A parent that is killed leaves the set, but no child that waits for ever.
killed_one_blocks_nobody() {
	needs_children
	for guarded in counter torn; do
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

finish_tests
