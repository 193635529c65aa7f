#!/bin/sh
# compare-programs.t - scripts/compare: shm, socket and msgqueue
#
# What a mechanism can get wrong by itself is tested with each; what they have
# in common, in pingpong.h, with one of them.
# shellcheck source=tests/shm.sh
. "${0%/*}/shm.sh"

shm=scripts/compare/shm
socket=scripts/compare/socket
msgqueue=scripts/compare/msgqueue
[ -n "$inside" ] || has_loopback || export no_tcp=1

# ---- words ---------------------------------------------------------------

each() { # FUNCTION, which gets MECHANISM PROGRAM [-u]
	"$1" shm "$shm"
	"$1" unix "$socket" -u
	"$1" msgqueue "$msgqueue"
	[ -z "${no_tcp:-}" ] || skip 'there is no loopback interface for TCP'
	"$1" tcp "$socket"
}

# One line: what was asked for, and figures.
prints_figures() { # MECHANISM WAIT BYTES ROUNDS
	succeeds
	n='[0-9]*.[0-9][0-9][0-9]'
	form="mechanism=$1 wait=$2 bytes=$3 rounds=$4 setup_us=$n"
	form="$form round_trip_us=$n cpu_us=$n switches=$n"
	[ "$1" != shm ] || form="$form attach_us=$n touch_us=$n segment=[0-9]*"
	has_lines "$out" 1 || fail 'one line'
	read -r line <"$out"
	# shellcheck disable=SC2254 # a pattern is meant
	case $line in
	$form) ;;
	*) fail "a line like $form" ;;
	esac
}

# Relations of these figures: 'setup_us > attach_us'.
figures_hold() { # RELATION, as awk has it
	# shellcheck disable=SC2046 # these are words
	awk $(sed 's/[a-z_]*=/-v &/g' "$out") "BEGIN { exit !($1) }" \
		</dev/null || fail "this to hold: $1"
}

# One that has long to play, with $child as its child. A set of semaphores is
# known by the processes that have used it: they begin after 60 ms.
start_endless() { # NAME PROGRAM [ARGUMENT ...]
	note_old
	start "$@" -n 1000000000
	await_child "$1"
	for _ in 1 2 3 4 5 6 7 8; do
		tick
	done
}

# It has said so, both have ended, and no segment, queue or semaphores of theirs
# are left.
has_ended_by() { # STATUS [TEXT]
	exits "$1"
	prints_nothing
	[ $# -eq 1 ] || says "$2"
	await_that has_ended "$parent"
	await_that has_ended "$child"
	nothing_left_of "$parent" "$child"
}

# ---- messages and figures ------------------------------------------------

# From one byte to more than the buffers hold. A process that blocks sleeps once
# in a round, or its message is there; one that polls does not sleep, here on
# Linux. What came before the rounds is not counted.
carries() { # MECHANISM PROGRAM [-u]
	mechanism=$1
	shift
	large=1048576
	[ "$mechanism" != msgqueue ] || large=2048
	for size in 1 2 3 "$large"; do
		run "$@" -w block -s "$size" -n 3
		prints_figures "$mechanism" block "$size" 3
		run "$@" -w poll -s "$size" -n 3
		prints_figures "$mechanism" poll "$size" 3
	done
	[ "$(uname)" != Linux ] || figures_hold 'switches < 0.5'
	run "$@" -n 1000
	prints_figures "$mechanism" block 64 1000
	figures_hold 'switches > 0.5 && switches < 3 && setup_us > 0'
}

messages_arrive() { each carries; }
check 'messages of any size arrive; a line says what they cost' messages_arrive

run_on_one_core() { # PROGRAM [ARGUMENT ...]
	command="taskset -c 0 $*"
	program=$1
	shift
	run_command taskset -c 0 "$build/$program" "$@"
}

# A look that does not give the core away costs what is left of a time slice.
takes_turns() { # MECHANISM PROGRAM [-u]
	mechanism=$1
	shift
	run_on_one_core "$@" -w poll -n 50
	prints_figures "$mechanism" poll 64 50
	figures_hold 'cpu_us < 1000'
}

# What both processes computed: in all it is what this shell's ended children
# used, user and system time, like 0m0.25s, but for what is not timed. On one
# core it is no more than has passed, and that is less than this test may take.
one_core_is_enough() {
	taskset -c 0 true 2>/dev/null || skip 'no taskset here'
	run_on_one_core "$msgqueue" -n 30000
	times >"$work/times" # not in a pipe: that is another shell
	{ read -r _ && read -r user system; } <"$work/times"
	user=${user%s}
	system=${system%s}
	seconds="((${user%m*} + ${system%m*}) * 60 + ${user#*m} + ${system#*m})"
	prints_figures msgqueue block 64 30000
	figures_hold "30000 * cpu_us > 0.7 * $seconds * 1000000 - 20000 &&
		30000 * cpu_us < 1.1 * $seconds * 1000000 + 20000 &&
		cpu_us < 1.1 * round_trip_us + 2 &&
		30000 * round_trip_us < $time_limit * 1000000"
	each takes_turns
}
check 'one core is enough; the cpu time is that of both' one_core_is_enough

# 4 MiB is what a segment may have on macOS.
segments() {
	run "$shm" -s 1000 -n 1
	prints_figures shm block 1000 1
	figures_hold 'segment > 1000 && segment < 2000'
	run "$shm" -n 1 -S 4194304
	prints_figures shm block 64 1
	figures_hold 'segment == 4194304 && attach_us > 0 && touch_us > 0 &&
		setup_us > attach_us + touch_us'
	has_text /proc/self/status RssShmem: 2>/dev/null ||
		skip 'what a process has in memory is not told here'
	start_endless large "$shm" -S 4194304
	await_that has_touched_all "$parent"
	await_that has_touched_all "$child"
	end large
}

has_touched_all() { # PID
	while read -r name kib _; do
		[ "$name" != RssShmem: ] || break
	done <"/proc/$1/status"
	[ "${kib:-0}" -ge 4096 ]
}
check 'shm: both processes touch each page of a segment' segments

# What valgrind finds ends a process with status 9, also the child.
sends_what_was_set() {
	command="valgrind $msgqueue"
	run_command valgrind -q --error-exitcode=9 "$build/$msgqueue" -h
	if [ "$status" -ne 0 ] || [ -s "$err" ]; then
		skip 'no valgrind for such a program here'
	fi
	run_command valgrind -q --error-exitcode=9 "$build/$msgqueue" -n 2
	succeeds
}
check 'msgqueue: no byte is sent that was not set' sends_what_was_set

# ---- verification --------------------------------------------------------

# Another process writes to the object of one that was started as spoilt, until
# that has ended.
spoil() { # KIND [BYTE of a segment, 1 is the last one]
	await_that can_be_spoilt "$1"
	start spoiler tests/odd spoil "$1" "$id" ${2:+"$2"}
	finish spoiler
	finish spoilt
}

can_be_spoilt() { # KIND; sets $id, to 0 if the process has ended
	find_used "$1" "$parent" && return 0
	id=0
	has_ended "$parent"
}

# One byte in the middle has to be wrong in the last message: on a busy machine
# that may take some tries.
spoilt_messages() {
	start_endless spoilt "$shm"
	spoil segment 1
	says 'round '
	has_ended_by 1 'not what was sent'
	status=0
	while [ "$status" -eq 0 ]; do
		start spoilt "$shm" -s 4000000 -n 20
		await_child spoilt
		spoil segment 2000000
	done
	has_ended_by 1 'byte 2000000: not what was sent'
	start_endless spoilt "$msgqueue" -s 100
	spoil queue
	has_ended_by 1 '64 bytes came, not 100'
}
check 'a message that is not the one that was sent is noticed' spoilt_messages

# ---- ends ----------------------------------------------------------------

# Each mechanism has its own way to see that the other process has gone.
is_killed() { # MECHANISM PROGRAM [-u]
	shift
	for wait in block poll; do
		start_endless family "$@" -w "$wait"
		end family KILL
		has_ended_by 137
		start_endless family "$@" -w "$wait"
		kill -s KILL "$child"
		finish family
		has_ended_by 1 'the other process has ended'
	done
}

either_is_killed() { each is_killed; }
check 'nothing is left if one of the two is killed' either_is_killed

# Ctrl-C reaches both: one has to remove what there is. Under nohup, the end of
# the terminal does not end them.
signals() {
	while read -r who signal end program <&3; do
		start_endless "$signal" "$program"
		case $who in
		parent) kill -s "$signal" "$parent" ;;
		child) kill -s "$signal" "$child" ;;
		both) kill -s "$signal" "$child" "$parent" ;;
		esac
		finish "$signal"
		has_ended_by "$end"
	done 3<<-END
		child TERM 1 $msgqueue
		parent HUP 129 $msgqueue
		parent QUIT 131 $msgqueue
		parent TERM 143 $shm
		both INT 130 $shm
	END
	trap '' HUP
	start ignoring "$msgqueue" -n 30000
	await_child ignoring
	kill -s HUP "$parent" "$child"
	ends_well ignoring
}
check 'and nothing if they get a signal; nohup keeps them going' signals

nobody_reads() {
	note_old
	run_unread "$msgqueue" -n 5
	fails_with 1 'cannot write to standard output'
	nothing_left_of "$pid"
}
check 'a line that cannot be written is a failure' nobody_reads

# ---- what is refused -----------------------------------------------------

bad_input() {
	for program in "$shm" "$socket" "$msgqueue"; do
		shows_usage "$program"
		refused "$program" -x
	done
	refused "$msgqueue" surplus
	says "unexpected argument 'surplus'"
	for bad in w=spin w=blocked s= s=0 s=1x s=1073741825 \
		s=99999999999999999999 n=0 n=1000000001; do
		refused "$msgqueue" "-${bad%=*}" "${bad#*=}"
		says "-${bad%=*} '${bad#*=}': must be "
	done
	for bad in 0 64 2147483648; do # 64 bytes are the message alone
		refused "$shm" -S "$bad"
	done
}
check '-h tells the usage, bad input is refused' bad_input

# In namespaces of our own we choose the limit for segments (macOS has one of
# 4 MiB), that for messages is 8192, and there is no loopback interface.
limited() { # PROGRAM [ARGUMENT ...]
	command="with limits: $*"
	program=$1
	shift
	run_command unshare -r -i -n sh "$work/limited" "$build/$program" "$@"
}

too_large() {
	echo 'ulimit -v 200000 && echo 100000 >/proc/sys/kernel/shmmax &&
		exec "$@"' >"$work/limited"
	limited "$shm" -n 1
	[ "$status" -eq 0 ] || skip 'no namespaces of our own to be had here'
	limited "$shm" -S 1000000
	fails_with 77 'shmget: a segment of 1000000 bytes'
	limited "$shm" -s 1073741824
	fails_with 77 'no memory for a message of 1073741824 bytes'
	limited "$msgqueue" -s 8193
	fails_with 77 'a message of 8193 bytes'
	prints_nothing
	limited "$socket" -u -n 1
	succeeds
}
check 'what is too large for the system: exit 77; -u needs no network' too_large

finish_tests
