#!/bin/sh
# shm-guarded.t - counter -s and torn -s: two processes and a semaphore, which
# must go with them
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/shm.sh
. "${0%/*}/shm.sh"

# What all goes well ends with.
outcome() { # PROGRAM
	case $1 in
	*counter) echo 'expected 40000, got 40000, lost 0' ;;
	*torn) echo '20000 reads, torn 0' ;;
	esac
}

nothing_is_left() {
	note_semaphores
	for program in shm/counter shm/torn; do
		start guarded "$program" -s
		ends_well guarded
		prints "$(outcome "$program")"
		no_semaphores_left
		no_segment_left "$(pid guarded)"
	done
}
check 'counter -s, torn -s: nothing is lost or torn, and nothing is left' \
	nothing_is_left

# Should a busy machine have let it end, try again.
until_it_fails() { # FUNCTION [ARGUMENT ...]; it leaves $status
	tries=0
	status=0
	while [ "$status" -eq 0 ]; do
		tries=$((tries + 1))
		[ "$tries" -le 20 ] || fail 'a run that is long enough'
		"$@"
	done
}

# As Ctrl-C does it, or to the parent alone: its child ends without a word.
send() { # SIGNAL PROGRAM WHOM
	start_family guarded "$2" -s
	await_child guarded
	stop guarded STOP
	new_semaphores >"$work/new"
	while read -r _ mode; do
		[ "$mode" = 600 ] || fail 'a semaphore of mode 600'
	done <"$work/new"
	[ "$3" = parent ] || kill -s "$1" "$child"
	stop guarded "$1"
	stop guarded CONT
	finish guarded
	command="$2 -s, where $3 got SIG$1"
	family_has_ended
	no_semaphores_left
	no_segment_left "$(pid guarded)"
}

signal_ends_both() {
	needs_children
	note_semaphores
	# shellcheck disable=SC3045 # where SIGQUIT would leave a core file
	ulimit -c 0 2>/dev/null
	for program in shm/counter shm/torn; do
		while read -r signal expected whom; do
			until_it_fails send "$signal" "$program" \
				"$whom"
			exits "$expected"
			[ ! -s "$work/err" ] || fail 'no word about it'
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

# One of the two is stopped where it has taken the semaphore; the other one
# waits for it. $inside is its pid. Where nobody can tell, it is anywhere.
stop_inside() { # parent|child
	case $1 in
	parent) inside=$(pid guarded) ;;
	child) inside=$child ;;
	esac
	"$build/tests/keyless" stop "$inside" >"$work/set" 2>"$work/cannot"
}

kill_child_inside() { # PROGRAM
	start guarded "$1" -s
	await_child guarded
	stop_inside child
	kill -s KILL "$child"
	finish guarded
}

killed_child_blocks_nobody() {
	needs_children
	for program in shm/counter shm/torn; do
		until_it_fails kill_child_inside "$program"
		fails_with 1 ' failed (wait status 0x9)'
		prints_nothing
	done
}
check 'counter -s, torn -s: a killed child blocks nobody' \
	killed_child_blocks_nobody

kill_parent_inside() { # PROGRAM
	start_family guarded "$1" -s
	await_child guarded
	stop_inside parent
	end guarded KILL
	family_has_ended
}

# It leaves the set, but no child that waits for ever.
killed_parent_blocks_nobody() {
	needs_children
	[ -r /proc/sysvipc/sem ] || skip 'no objects can be seen here'
	for program in shm/counter shm/torn; do
		until_it_fails kill_parent_inside "$program"
		exits 137
		[ ! -s "$work/err" ] || fail 'no word about it'
		read -r set <"$work/set"
		run scripts/sysv remove semaphores "$set"
		succeeds
	done
}
check 'counter -s, torn -s: where the parent is killed, its child goes on' \
	killed_parent_blocks_nobody

# As Ctrl-Z and fg do, to each of the two while it waits for the other.
stops_do_not_disturb() {
	needs_children
	for program in shm/counter shm/torn; do
		start guarded "$program" -s
		await_child guarded
		stop_inside child
		stop guarded STOP
		stop guarded CONT
		kill -s CONT "$child"
		stop_inside parent
		kill -s STOP "$child"
		kill -s CONT "$child"
		stop guarded CONT
		ends_well guarded
		prints "$(outcome "$program")"
	done
}
check 'counter -s, torn -s: Ctrl-Z and fg do not disturb them' \
	stops_do_not_disturb

# SIGHUP is ignored, and stays so.
nohup_is_respected() {
	needs_children
	trap '' HUP
	for program in shm/counter shm/torn; do
		start guarded "$program" -s
		await_child guarded
		kill -s HUP "$child" "$(pid guarded)"
		ends_well guarded
		prints "$(outcome "$program")"
	done
}
check 'counter -s, torn -s: nohup is respected' nohup_is_respected

process_1_ends() {
	note_semaphores
	start_as_process_1 container shm/counter -s -n 1000000
	echo "$child" >"$work/counter.pid"
	await_child counter
	stop counter
	finish container
	exits 143
	prints_nothing
	no_semaphores_left
}
check 'counter -s: ends also as process 1 of a container' process_1_ends

finish_tests
