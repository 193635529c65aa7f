#!/bin/sh
# shm-torn.t - torn: half of one text and half of another
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/keyless.sh
. "${0%/*}/keyless.sh"

# "20000 reads, torn N", and if there is one, an example.
torn_was_seen() {
	succeeds
	torn=$(sed -n 's/^20000 reads, torn \([1-9][0-9]*\)$/\1/p' "$work/out")
	[ -n "$torn" ] || fail 'reads that were torn'
	tail -n 1 "$work/out" >"$work/example"
	grep -Eqx 'for example: ((one|two) ?){8}' "$work/example" ||
		fail 'an example of eight words'
	if ! grep -q 'one' "$work/example" || ! grep -q 'two' "$work/example"
	then
		fail 'an example that is made of both texts'
	fi
	[ "$(wc -l <"$work/out")" -eq 2 ] || fail 'two lines'
}

torn_tears() {
	run shm/torn
	torn_was_seen
	note "torn $torn"
}
check 'torn: the reader gets half of each text' torn_tears

torn_on_one_core() {
	taskset -c 0 true 2>/dev/null || skip 'no taskset here, or no core 0'
	command='taskset -c 0 shm/torn'
	status=0
	taskset -c 0 "$build/shm/torn" >"$work/out" 2>"$work/err" || status=$?
	torn_was_seen
}
check 'torn: also on one core' torn_on_one_core

torn_guarded() {
	note_semaphores
	start torn shm/torn -s
	finish torn
	succeeds
	prints '20000 reads, torn 0'
	no_semaphores_left
	no_segment_left "$(pid torn)"
}
check 'torn: -s guards the copies, and none is torn' torn_guarded

needs_ps() {
	[ -n "$(ps -A -o ppid= -o pid= 2>/dev/null)" ] ||
		skip 'no ps with -A and -o here'
}

semaphores_seen_or_ended() {
	"$build/tests/keyless" list "$(pid torn)" >"$work/keyless" ||
		skip 'objects without a key cannot be seen here'
	grep -q '^semaphores' "$work/keyless" || has_ended "$(pid torn)"
}

# Stop the parent once both have begun, so that it does not end before what is
# to come. It may have ended already, but not each time.
hold_torn() { # the child, if there is one, goes into $work/child
	start torn shm/torn -s
	await_that semaphores_seen_or_ended
	child_of "$(pid torn)" >"$work/child"
	stop torn STOP 2>/dev/null
}

signal_torn() { # SIGNAL STATUS [both]
	tries=0
	status=0
	note_semaphores
	while [ "$status" -eq 0 ]; do
		tries=$((tries + 1))
		[ "$tries" -le 20 ] || fail 'a run that the signal ends'
		hold_torn
		stop torn "$1" 2>/dev/null
		[ -z "${3-}" ] || kill -s "$1" "$(cat "$work/child")" \
			2>/dev/null
		stop torn CONT 2>/dev/null
		finish torn
	done
	exits "$2"
	prints_nothing
	[ ! -s "$work/err" ] || fail 'nothing on standard error'
	[ ! -s "$work/child" ] || await_that has_ended "$(cat "$work/child")"
	no_semaphores_left
	no_segment_left "$(pid torn)"
}

# As Ctrl-C does it: both get the signal.
torn_is_interrupted() {
	needs_ps
	# shellcheck disable=SC3045 # where SIGQUIT would leave a core file
	ulimit -c 0 2>/dev/null
	signal_torn HUP 129 both
	signal_torn INT 130 both
	signal_torn QUIT 131 both
	signal_torn TERM 143 both
	signal_torn TERM 143
}
check 'torn: a signal ends it, and nothing is left' torn_is_interrupted

torn_writer_is_killed() {
	needs_ps
	killed=0
	tries=0
	while [ "$killed" -lt 3 ]; do
		tries=$((tries + 1))
		[ "$tries" -le 20 ] || fail 'a writer that was killed'
		hold_torn
		kill -s KILL "$(cat "$work/child")" 2>/dev/null
		stop torn CONT 2>/dev/null
		finish torn
		[ "$status" -ne 0 ] || continue
		killed=$((killed + 1))
		fails_with 1 'the writer failed'
		prints_nothing
	done
}
check 'torn: a killed writer blocks nobody' torn_writer_is_killed

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

torn_is_not_read() {
	note_semaphores
	unread shm/torn -s
	fails_with 1 'cannot write to standard output'
	no_semaphores_left
	no_segment_left "$(pid unread)"
}
check 'torn: a pipe that nobody reads leaves nothing' torn_is_not_read

torn_needs_its_output() {
	fails_on_full_output 'standard output' shm/torn
}
check 'torn: fails when its output cannot be written' torn_needs_its_output

torn_usage() {
	shows_usage shm/torn
	refused shm/torn -x
	refused shm/torn surplus
}
check 'torn: -h tells the usage, bad input is refused' torn_usage

finish_tests
