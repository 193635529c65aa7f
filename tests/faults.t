#!/bin/sh
# faults.t - tests of scripts/watch: the library that sees the calls, and
# faults, which lets each fail once.
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

library=$(cd "$build" && pwd)/scripts/watch/library.so

# Why nothing can be watched here, if so.
if [ -z "$inside" ]; then
	unwatchable=
	if [ ! -f "$library" ]; then
		unwatchable='there is no library to watch with'
	elif ! found=$("$build/scripts/watch/faults" -l faulty-none); then
		unwatchable=${found%%
*}
	fi
	export unwatchable
fi

unless_watchable() {
	[ -z "$unwatchable" ] || skip "$unwatchable"
}

# Run a program with the library; then as after run. $work/events gets what it
# has seen.
run_watched() { # FAULT PROGRAM [ARGUMENT ...]
	command="$* (watched)"
	WATCH_FAULT=$1
	program=$2
	shift 2
	: >"$work/events"
	WATCH_FAULT=$WATCH_FAULT WATCH_EVENTS=$work/events \
		LD_PRELOAD=$library DYLD_INSERT_LIBRARIES=$library \
		"$build/$program" "$@" >"$out" 2>"$err"
	status=$?
}

# Is there such an event? TEXT is how its line begins after the time; it may
# be a pattern.
has_event() { # TEXT [or_not]
	while read -r _ event; do
		# shellcheck disable=SC2254 # a pattern
		case $event in
		$1) return 0 ;;
		esac
	done <"$work/events"
	[ "${2:-}" = or_not ] || {
		cat "$work/events"
		fail "an event '$1'"
	}
	return 1
}

faults() { # ARGUMENT ...
	run scripts/watch/faults "$@"
}

calls_are_told() {
	unless_watchable
	new_key
	run_watched '' shm/writer -k "$key" text
	succeeds
	hex=$(printf '%#x' "$key")
	has_event "1 begin shmget 1 key=$hex size=1024 flags=*"
	has_event '1 return shmget 1 [0-9]*'
	has_event '1 begin shmat 1 id=[0-9]* address=0 flags=0'
	has_event '1 end'
	run_watched '' shm/reader -k "$key"
	succeeds
	has_event '1 begin shmctl [0-9] id=[0-9]* command=IPC_RMID'
	run_watched '' shm/reader -k "$key"
	exits 1
	has_event '1 return shmget 1 -1 ENOENT'
}
check 'each call is told with its arguments, its result and its errno' \
	calls_are_told

children_are_told() {
	unless_watchable
	run_watched '' tests/faulty none
	succeeds
	has_event '1 return fork 1 [0-9]*'
	has_event '1.1 child [0-9]*'
	has_event '1.1 begin send 1 fd=[0-9]* bytes="a text of some length*'
	has_event '1 return recv 1 22 bytes="a text of some length\\n"'
	has_event '1.1 begin _exit 1 status=0'
	has_event '1 return waitpid 1 [0-9]* exit=0'

	# What it becomes is seen, unless it is to be alone.
	run_watched '' scripts/limit 5 "$build/tests/faulty" none
	succeeds
	has_event '1.1 start [0-9]*'
	export WATCH_ALONE=1
	run_watched '' scripts/limit 5 "$build/tests/faulty" none
	succeeds
	has_event '1.1 child [0-9]*'
	! has_event '1.1 start *' or_not || fail 'only limit to be seen'
}
check 'a child has its own name and counts, also as another program' \
	children_are_told

# There nobody may ask what a descriptor is.
sandbox_is_cut_short() {
	unless_watchable
	run_watched '1.1 write 1 short' fork_demo/browser
	succeeds
	prints_like 'tab 1 (news): drew: Rain until noon [process'
	has_event '1.1 fault write 1 short'
}
check 'in a strict sandbox a call is cut short as elsewhere' \
	sandbox_is_cut_short

events_are_dropped() {
	unless_watchable
	mkfifo "$work/fifo" "$work/keys"
	exec 3<>"$work/fifo" 4<>"$work/keys"
	export WATCH_EVENTS="$work/fifo"
	LD_PRELOAD=$library DYLD_INSERT_LIBRARIES=$library \
		"$build/shm/counter" -s -n 2000 >"$out" 2>"$err"
	status=$?
	command='counter, with a FIFO for events that nobody reads'
	succeeds
	prints_line 'expected 4000, got 4000, lost 0'

	# While nothing fits in, another one begins.
	new_key
	LD_PRELOAD=$library DYLD_INSERT_LIBRARIES=$library \
		"$build/shm/writer" -w -k "$key" <&4 2>"$work/writer.err" \
		>"$work/writer.out" &
	"$build/scripts/await" "$work/writer.err" 'press Enter' ||
		fail 'writer to wait for Enter'
	dd bs=65536 count=1 <&3 >"$work/first" 2>/dev/null
	echo >&4
	wait "$!"
	dd bs=65536 count=1 <&3 >"$work/events" 2>/dev/null
	exec 3>&- 4>&-
	has_event '1 dropped [1-9]*'
	has_event '1 begin shmdt 1 *'
	! grep -q shmget "$work/events" || fail 'no event that was dropped'
}
check 'a program never waits for the reader of its events: they are dropped' \
	events_are_dropped

calls_fail() {
	unless_watchable
	run_watched '1 shmdt 1 EINVAL' tests/faulty none
	fails_with 1 'faulty: shmdt: segment '
	has_event '1 fault shmdt 1 EINVAL'
	has_event '1 return shmdt 1 -1 EINVAL'
	run_watched '1.1 send 1 short' tests/faulty none
	succeeds
	prints 'a text of some length'
	has_event '1.1 return send 1 1'
	has_event '1.1 return send 2 21'
	run_watched '1 recv 1 EINTR' tests/faulty none
	succeeds
	prints 'a text of some length'
	has_event '1 return recv 1 -1 EINTR'
	run_watched '1 recv 1 SIGTERM' tests/faulty none
	exits 143
	has_event '1 fault recv 1 SIGTERM'
	! has_event '1 return recv 1 *' or_not || fail 'no return of recv'
	run_watched '1.1 recv 1 EINTR' tests/faulty none # not that process
	succeeds

	# Each call that waits is interrupted first; one byte a call.
	run_watched '1 all 0 EINTR' tests/faulty none
	succeeds
	prints 'a text of some length'
	has_event '1 return recv 1 -1 EINTR'
	has_event '1 return recv 3 -1 EINTR'
	has_event '1 return waitpid 1 -1 EINTR'
	run_watched '1.1 all 0 short' tests/faulty none
	succeeds
	prints 'a text of some length'
	has_event '1.1 return send 22 1'
}
check 'the named use of a call fails, is cut short, interrupted or the last' \
	calls_fail

faults_are_found() {
	unless_watchable
	faults -t 1/2 faulty-none
	exits 0
	prints_like ' injections, 0 wrong'
	while IFS=: read -r fault verdict; do
		# shellcheck disable=SC2086 # words
		faults $fault
		exits 1
		prints_like "wrong: faults $fault:$verdict"
	done <<-END
		faulty-exit 1 shmget 1 ENOMEM: other output: tests/faulty
		faulty-name 1 shmat 1 EACCES: another call's name: tests/faulty
		faulty-errno 1 semctl 1 EACCES: not the error: tests/faulty
		faulty-left 1 shmdt 1 EINVAL: semaphores is left: tests/faulty
		faulty-file 1 shmdt 1 EINVAL: file left is left: tests/faulty
		faulty-eintr 1 recv 1 EINTR: not as without: tests/faulty
		faulty-eintr 1 all 0 EINTR: not as without: tests/faulty
		faulty-short 1.1 send 1 short: other output: tests/faulty
		faulty-rest 1.1 all 0 short: other output: tests/faulty
		faulty-hang 1 recv 1 ENOMEM: a hang: tests/faulty
		faulty-lines 1 waitpid 1 ECHILD: a second line that misleads
		faulty-deaf 1 fork 1 SIGTERM: semaphores is left: tests/faulty
		faulty-hang 1 fork 1 SIGKILL: semaphores is left: tests/faulty
		faulty-death 1.1 send 1 SIGKILL: not told: tests/faulty
	END
}
check 'a program with a fault is found out, one without is not' \
	faults_are_found

one_is_made_again() {
	unless_watchable
	faults faulty-name 1 shmat 1 EACCES
	exits 1
	prints_line '1 injections, 1 wrong'
	prints_line '  tests/faulty name'
	prints_like 'faulty: semctl: segment '
	faults faulty-none 1 shmat 7 EACCES
	exits 0
	prints_line '0 injections, 0 wrong'

	# Five names of runs are no injection.
	faults -l faulty-name faulty-none faulty-name faulty-none faulty-none
	exits 0
	prints_line 'faults faulty-name 1 shmat 1 EACCES'
	prints_line 'faults faulty-none 1.1 all 0 short'
}
check 'the line of a wrong ending makes it again' one_is_made_again

parts_are_whole() {
	unless_watchable
	faults -l faulty-none
	sort "$out" >"$work/all"
	for part in 1 2 3; do
		faults -l -s 5 -t "$part/3" faulty-none
		[ -s "$out" ] || fail 'some in each part'
		cat "$out" >>"$work/parts"
	done
	sort "$work/parts" | cmp -s - "$work/all" ||
		fail 'the three parts to be the whole'
}
check 'parts are chosen by a number, and are the whole together' \
	parts_are_whole

unwatchable_is_said() {
	mkdir -p "$work/bin/scripts/watch" "$work/bin/tests"
	cp "$build/tests/faulty" "$work/bin/tests/"
	chmod 755 "${work%/*}" "$work" "$work/bin" "$work/bin/tests"
	command='faults, with a library that cannot be loaded'
	: >"$work/bin/scripts/watch/library.so"
	BUILD=$work/bin "$build/scripts/watch/faults" faulty-none \
		>"$out" 2>"$err"
	status=$?
	exits 77
	prints_like 'cannot be watched: it is static, set-user-id'
}
check 'what cannot be watched is said, exit 77' unwatchable_is_said

lessons_are_right() {
	has_loopback || skip 'there is no loopback interface'
	unless_watchable
	faults -j 2 -t 1/50 shm-pair shm-buffer socket-pair socket-echo \
		msgqueue-server sysv-segment
	while read -r line; do
		last=$line
	done <"$out"
	note "$last"
	exits 0
}
check 'a sample of the failing calls of all labs ends as it should' \
	lessons_are_right

# The tests' own helpers are no subject of faults.
each_program_has_a_run() {
	sed -n '/HELPER/d; s/.*{"\([a-z_]*\/[a-z_\/]*\).*/\1/p' \
		scripts/watch/runs.h >"$work/programs"
	for source in fork_demo/*.c shm/*.c socket/*.c msgqueue/*.c \
		scripts/*.c scripts/*/*.c; do
		[ "$source" != scripts/watch/library.c ] || continue
		has_line "$work/programs" "${source%.c}" ||
			fail "a run of ${source%.c} in scripts/watch/runs.h"
	done
}
check 'each program of labs and scripts has a run' each_program_has_a_run

usage_of_faults() {
	run scripts/watch/faults -h
	succeeds
	for arguments in -x '-j 0' '-j 65' '-t 3' '-t 0/3' '-t 4/3' '-s x' \
		no-such-run; do
		# shellcheck disable=SC2086 # words
		run scripts/watch/faults $arguments
		exits 2
		prints_nothing
		says 'usage: faults '
	done
}
check 'faults -h prints its usage, a wrong command line is refused' \
	usage_of_faults

finish_tests
