#!/bin/sh
# compare-programs.t - scripts/compare: shm, socket and msgqueue
#
# What a mechanism can get wrong by itself is tested with each; what they have
# in common, in pingpong.h, with one of them. That bytes and figures are those
# of the options is seen in the sessions of their page, too.
# shellcheck source=tests/shm.sh
. "${0%/*}/shm.sh"

shm=scripts/compare/shm
socket=scripts/compare/socket
msgqueue=scripts/compare/msgqueue

# ---- words ---------------------------------------------------------------

each() { # FUNCTION, which gets MECHANISM PROGRAM [-u]
	"$1" shm "$shm"
	"$1" unix "$socket" -u
	"$1" msgqueue "$msgqueue"
	has_loopback || skip 'there is no loopback interface for TCP'
	"$1" tcp "$socket"
}

# One line: what was asked for, and figures.
measures() { # MECHANISM WAIT BYTES ROUNDS PROGRAM [ARGUMENT ...]
	n='[0-9]*[.][0-9][0-9][0-9]'
	form="mechanism=$1 wait=$2 bytes=$3 rounds=$4 setup_us=$n"
	form="$form round_trip_us=$n cpu_us=$n switches=$n"
	[ "$1" != shm ] || form="$form attach_us=$n touch_us=$n segment=[0-9]*"
	shift 4
	run "$@"
	succeeds
	has_lines "$out" 1 || fail 'one line'
	grep -q "^$form\$" "$out" || fail "a line like $form"
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
		for wait in block poll; do
			measures "$mechanism" "$wait" "$size" 3 \
				"$@" -w "$wait" -s "$size" -n 3
		done
	done
	[ "$(uname)" != Linux ] || figures_hold 'switches < 0.5'
	measures "$mechanism" block 64 1000 "$@" -n 1000
	figures_hold 'switches > 0.5 && switches < 3 && setup_us > 0'
}

messages_arrive() { each carries; }
check 'messages of any size arrive; a line says what they cost' messages_arrive

# A look that does not give the core away costs what is left of a time slice.
takes_turns() { # MECHANISM PROGRAM [-u]
	mechanism=$1
	shift
	measures "$mechanism" poll 64 50 "$@" -w poll -n 50
	figures_hold 'cpu_us < 1000'
}

# What both processes computed: in all it is what this shell's ended children
# used, user and system time, like 0m0.25s, but for what is not timed. On one
# core it is no more than has passed, and that is less than this test may take.
one_core_is_enough() {
	taskset -p 1 "$$" >"$work/pinned" 2>&1 || skip 'no taskset here'
	measures msgqueue block 64 30000 "$msgqueue" -n 30000
	times >"$work/times" # not in a pipe: that is another shell
	seconds=$(awk 'NR == 2 { gsub(/[ms]/, " ")
		print ($1 + $3) * 60 + $2 + $4 }' "$work/times")
	figures_hold "30000 * cpu_us > 0.7 * $seconds * 1000000 - 20000 &&
		30000 * cpu_us < 1.1 * $seconds * 1000000 + 20000 &&
		cpu_us < 1.1 * round_trip_us + 2 &&
		30000 * round_trip_us < $time_limit * 1000000"
	each takes_turns
}
check 'one core is enough; the cpu time is that of both' one_core_is_enough

# 4 MiB is what a segment may have on macOS.
segments() {
	measures shm block 64 1 "$shm" -n 1 -S 4194304
	figures_hold 'attach_us > 0 && touch_us > 0 &&
		setup_us > attach_us + touch_us'
	has_text /proc/self/status RssShmem: 2>/dev/null ||
		skip 'what a process has in memory is not told here'
	start_endless large "$shm" -S 4194304
	await_that has_touched_all "$parent"
	await_that has_touched_all "$child"
	end large
}

has_touched_all() { # PID
	has_text "/proc/$1/status" RssShmem: # sets $line
	kib=${line#*:}
	[ $((${kib%kB})) -ge 4096 ]
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
	start spoiler tests/odd spoil "$1" "${id:--1}" ${2:+"$2"}
	finish spoiler
	finish spoilt
}

# Sets $id, to nothing if the process has ended before.
can_be_spoilt() { find_used "$1" "$parent" || has_ended "$parent"; } # KIND

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

ends() { # WHO SIGNAL STATUS PROGRAM [ARGUMENT ...]
	who=$1 signal=$2 wanted=$3
	shift 3
	start_endless family "$@"
	case $who in
	parent) kill -s "$signal" "$parent" ;;
	child) kill -s "$signal" "$child" ;;
	both) kill -s "$signal" "$child" "$parent" ;;
	esac
	finish family
	has_ended_by "$wanted"
}

# Each mechanism has its own way to see that the other process has gone.
is_killed() { # MECHANISM PROGRAM [-u]
	shift
	for wait in block poll; do
		ends parent KILL 137 "$@" -w "$wait"
		ends child KILL 1 "$@" -w "$wait"
		says 'the other process has ended'
	done
}

either_is_killed() { each is_killed; }
check 'nothing is left if one of the two is killed' either_is_killed

# Ctrl-C reaches both: one has to remove what there is. Under nohup, the end of
# the terminal does not end them.
signals() {
	ends child TERM 1 "$msgqueue"
	ends parent HUP 129 "$msgqueue"
	ends parent QUIT 131 "$msgqueue"
	ends parent TERM 143 "$shm"
	ends both INT 130 "$shm"
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
limited() { # COMMAND [ARGUMENT ...]
	command="with limits: $*"
	run_command unshare -r -i -n sh -c 'ulimit -v 200000 &&
		echo 100000 >/proc/sys/kernel/shmmax && exec "$@"' - "$@"
}

too_large() {
	limited "$build/$shm" -n 1
	[ "$status" -eq 0 ] || skip 'no namespaces of our own to be had here'
	limited "$build/$shm" -S 1000000
	fails_with 77 'shmget: a segment of 1000000 bytes'
	limited "$build/$shm" -s 1073741824
	fails_with 77 'no memory for a message of 1073741824 bytes'
	limited "$build/$msgqueue" -s 8193
	fails_with 77 'a message of 8193 bytes'
	prints_nothing
	limited "$build/$socket" -u -n 1
	succeeds
}
check 'what is too large for the system: exit 77; -u needs no network' too_large

finish_tests
