#!/bin/sh
# shm-counter.t - counter: lost increments, and a semaphore that keeps them
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/keyless.sh
. "${0%/*}/keyless.sh"

# "expected E, got G, lost L", where G and L make E.
counter_adds_up() { # EXPECTED
	succeeds
	line='^expected \([0-9]*\), got \([0-9]*\), lost \([0-9]*\)$'
	got=$(sed -n "s/$line/\2/p" "$work/out")
	lost=$(sed -n "s/$line/\3/p" "$work/out")
	prints "expected $1, got ${got:-?}, lost ${lost:-?}"
	[ "$((got + lost))" -eq "$1" ] || fail "got and lost make $1 together"
}

counter_loses() {
	run shm/counter
	counter_adds_up 40000
	[ "$lost" -gt 0 ] || fail 'increments that got lost'
}
check 'counter: unguarded increments get lost' counter_loses

needs_ps() {
	[ -n "$(ps -A -o ppid= -o pid= 2>/dev/null)" ] ||
		skip 'no ps with -A and -o here'
}

has_child() { # NAME; its process number goes into $work/child
	ps -A -o ppid= -o pid= | awk -v parent="$(pid "$1")" \
		'$1 == parent { print $2 }' >"$work/child"
	[ -s "$work/child" ]
}

# Objects without a key that a process has made or used last.
objects_of() { # KIND PID ...
	kind=$1
	shift
	"$build/tests/keyless" list "$@" >"$work/keyless" ||
		skip 'objects without a key cannot be seen here'
	grep "^$kind" "$work/keyless"
}

counter_keeps() {
	note_semaphores
	start counter shm/counter -s
	finish counter
	succeeds
	prints 'expected 40000, got 40000, lost 0'
	no_semaphores_left
	no_segment_left "$(pid counter)"
}
check 'counter: -s guards them, and none is lost' counter_keeps

counter_makes_no_set() {
	needs_ps
	start counter shm/counter -n 1000000
	await_that has_child counter
	await_that objects_of segment "$(pid counter)"
	! objects_of semaphores "$(pid counter)" "$(cat "$work/child")" ||
		fail 'no semaphores without -s'
	stop counter KILL
	kill -s KILL "$(cat "$work/child")"
	finish counter
	exits 137
}
check 'counter: without -s it makes no semaphores' counter_makes_no_set

counter_counts_as_told() {
	run shm/counter -n 700
	counter_adds_up 1400
	for increments in 1 100 101; do
		run shm/counter -n "$increments" -s
		sum=$((2 * increments))
		prints "expected $sum, got $sum, lost 0"
	done
}
check 'counter: -n sets how many' counter_counts_as_told

# As Ctrl-Z and fg do: the stopped process may wait for the other one, or the
# other one for it.
counter_survives_stops() {
	start counter shm/counter -s
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		stop counter STOP
		"$build/scripts/await" line /dev/null '' 0
		stop counter CONT
		"$build/scripts/await" line /dev/null '' 0
	done
	finish counter
	succeeds
	prints 'expected 40000, got 40000, lost 0'
}
check 'counter: Ctrl-Z and fg do not disturb it' counter_survives_stops

# A long run gets a signal. Its output is a FIFO, which ends when the last of
# its processes has.
signal_counter() { # SIGNAL INCREMENTS [both]
	rm -f "$work/counter.out" "$work/ended"
	mkfifo "$work/counter.out"
	note_semaphores
	(cat "$work/counter.out" && echo ended >"$work/ended") >"$work/out" &
	start counter shm/counter -s -n "$2"
	await_that has_child counter
	! new_semaphores | grep -vq ' 600$' || fail 'a semaphore of mode 600'
	# shellcheck disable=SC2046 # one word or none
	kill -s "$1" $([ -z "${3-}" ] || cat "$work/child") "$(pid counter)" ||
		fail 'two processes for a signal'
	wait "$(pid counter)"
	status=$?
	command="shm/counter -s -n $2, which gets SIG$1"
	await_that test -s "$work/ended"
	cp "$work/counter.err" "$work/err"
	prints_nothing
	no_semaphores_left
	no_segment_left "$(pid counter)"
}

# As Ctrl-C does it: all get the signal.
counter_is_interrupted() {
	needs_ps
	# shellcheck disable=SC3045 # where SIGQUIT would leave a core file
	ulimit -c 0 2>/dev/null
	for signal in HUP:129 INT:130 QUIT:131 TERM:143; do
		signal_counter "${signal%:*}" 1000000 both
		exits "${signal#*:}"
		[ ! -s "$work/err" ] || fail 'nothing on standard error'
	done
}
check 'counter: a signal ends it, and nothing is left' counter_is_interrupted

# The parent alone: it removes the set, and its child ends without a word.
counter_is_ended_alone() {
	needs_ps
	signal_counter TERM 1000000
	exits 143
	[ ! -s "$work/err" ] || fail 'nothing on standard error'
}
check 'counter: its child ends after it, and nothing is left' \
	counter_is_ended_alone

# A parent that is killed leaves the set, but no child that waits for ever: if
# it had the semaphore, the kernel gives that back.
counter_is_killed() {
	needs_ps
	for _ in 1 2 3; do
		rm -f "$work/counter.out" "$work/ended"
		mkfifo "$work/counter.out"
		(cat "$work/counter.out" && echo ended >"$work/ended") &
		start counter shm/counter -s -n 60000
		await_that has_child counter
		await_that objects_of semaphores "$(pid counter)" \
			"$(cat "$work/child")"
		set=$(sed -n 's/^semaphores //p' "$work/keyless")
		stop counter KILL
		finish_killed
		await_that test -s "$work/ended"
		"$build/scripts/sysv" remove semaphores "$set"
	done
}

finish_killed() {
	wait "$(pid counter)"
	status=$?
	exits 137
	[ ! -s "$work/counter.err" ] || fail 'nothing on standard error'
}
check 'counter: when it is killed, its child does not wait for ever' \
	counter_is_killed

# As nohup starts it: SIGHUP is ignored, and stays so.
counter_under_nohup() {
	needs_ps
	trap '' HUP
	start counter shm/counter -s -n 30000
	await_that has_child counter
	await_that objects_of semaphores "$(pid counter)" "$(cat "$work/child")"
	stop counter HUP
	kill -s HUP "$(cat "$work/child")"
	finish counter
	succeeds
	prints 'expected 60000, got 60000, lost 0'
}
check 'counter: nohup is respected' counter_under_nohup

# In a container of its own: the kernel does not end process 1 by a signal that
# it sends to itself.
counter_is_process_1() {
	needs_ps
	unshare --fork --pid --user --map-root-user true 2>/dev/null ||
		skip 'no process 1 of our own here'
	note_semaphores
	unshare --fork --pid --user --map-root-user "$build/shm/counter" -s \
		-n 1000000 >"$work/container.out" 2>"$work/container.err" &
	echo "$!" >"$work/container.pid"
	await_that has_child container
	cp "$work/child" "$work/counter.pid"
	await_that has_child counter
	stop counter TERM
	finish container
	exits 143
	prints_nothing
	no_semaphores_left
}
check 'counter: ends also as process 1 of a container' counter_is_process_1

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

counter_is_not_read() {
	note_semaphores
	for guarded in '' -s; do
		# shellcheck disable=SC2086 # no word, or one
		unread shm/counter -n 100 $guarded
		fails_with 1 'cannot write to standard output'
		no_semaphores_left
		no_segment_left "$(pid unread)"
	done
}
check 'counter: a pipe that nobody reads leaves nothing' counter_is_not_read

# A new namespace of objects, in which there may be no semaphores.
counter_meets_the_limit() {
	unshare --user --map-root-user --ipc sh -c \
		'echo "250 32000 32 0" >/proc/sys/kernel/sem' 2>/dev/null ||
		skip 'the limit of objects cannot be changed here'
	command='shm/counter -s, where no semaphores are allowed'
	status=0
	unshare --user --map-root-user --ipc sh -c \
		"echo '250 32000 32 0' >/proc/sys/kernel/sem &&
			exec '$build/shm/counter' -s" \
		>"$work/out" 2>"$work/err" || status=$?
	fails_with 1 'semget: the limit of objects is reached, see ipcs'
	prints_nothing
}
check 'counter: says so when there are too many semaphores' \
	counter_meets_the_limit

child_found_or_ended() {
	has_child counter || has_ended "$(pid counter)"
}

# Half of the time it has the semaphore when it is killed. It may have ended
# before it was found, but not each time.
counter_child_is_killed() {
	needs_ps
	killed=0
	for _ in 1 2 3 4 5 6; do
		start counter shm/counter -s
		await_that child_found_or_ended
		kill -s KILL "$(cat "$work/child")" 2>/dev/null
		finish counter
		[ "$status" -ne 0 ] || continue
		killed=$((killed + 1))
		fails_with 1 'the child failed'
		prints_nothing
	done
	[ "$killed" -gt 0 ] || fail 'a child that was killed'
}
check 'counter: a killed child blocks nobody' counter_child_is_killed

counter_tells_usage() {
	shows_usage shm/counter
}
check 'counter: -h tells the usage' counter_tells_usage

counter_refuses_bad_usage() {
	refused shm/counter -x
	refused shm/counter -n
	refused shm/counter surplus
	for bad in '' -1 0 3.5 x 1x 1000001 99999999999999999999; do
		refused shm/counter -n "$bad"
	done
}
check 'counter: bad input is refused' counter_refuses_bad_usage

counter_needs_its_output() {
	fails_on_full_output 'standard output' shm/counter -n 1
}
check 'counter: fails when its output cannot be written' \
	counter_needs_its_output

finish_tests
