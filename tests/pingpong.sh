#!/bin/sh
# pingpong.sh - what each program of scripts/compare has to pass
#
# For its file of tests to read. It has said what is particular:
#   $pingpong    the program
#   $mechanism   as it names it
#   $sizes       bytes of messages that it can send, the largest at the end
#   $more        the names of what else its line tells
# The rest is from lib.sh.
# shellcheck disable=SC2034,SC2154 # names of those files

# ---- words ---------------------------------------------------------------

# One line: what was asked for, and figures.
prints_figures() { # MECHANISM WAIT BYTES ROUNDS
	succeeds
	has_lines "$out" 1 || fail 'one line'
	read -r line <"$out"
	rest=${line#"mechanism=$1 wait=$2 bytes=$3 rounds=$4 "}
	[ "$rest" != "$line" ] || fail "a line of $1, $2, $3 bytes, $4 rounds"
	names=
	for figure in $rest; do
		case $figure in
		segment=*[!0-9]* | *=*[!0-9.]* | *=*.*.*) fail 'figures' ;;
		segment=[0-9]* | *=[0-9]*.[0-9][0-9][0-9]) ;;
		*) fail "three digits after the point: $figure" ;;
		esac
		names="$names${figure%=*} "
	done
	[ "$names" = "setup_us round_trip_us cpu_us switches $more" ] ||
		fail "setup_us, round_trip_us, cpu_us, switches, $more"
}

# Relations of the figures of the last output: 'setup_us > attach_us'
figures_hold() { # RELATION, as awk has it
	read -r line <"$out" || fail 'a line'
	figures=
	for figure in $line; do
		figures="$figures -v $figure"
	done
	# shellcheck disable=SC2086 # these are words
	awk $figures "BEGIN { exit !($1) }" </dev/null ||
		fail "this to hold: $1"
}

# Messages of these sizes arrive, in both ways of waiting.
carries() { # MECHANISM SIZES PROGRAM [ARGUMENT ...]
	name=$1
	list=$2
	shift 2
	for wait in block poll; do
		for size in $list; do
			run "$@" -w "$wait" -s "$size" -n 3
			prints_figures "$name" "$wait" "$size" 3
		done
	done
}

# Objects that are there already may be of a dead process that had the number
# which one of ours has now.
note_old() {
	[ -f "$work/old" ] ||
		"$build/tests/odd" list >"$work/old" 2>"$work/cannot"
}

start_parent() { # NAME PROGRAM [ARGUMENT ...]; sets $parent
	note_old
	start "$@"
	child=
	read -r parent <"$work/$1.pid"
}

# One that has long to play, with $child as its child. All such are $started.
start_endless() { # NAME PROGRAM [ARGUMENT ...]
	start_parent "$@" -n 1000000000
	await_that child_is_there
	started="${started-} $parent $child"
	case "$*" in
	*shm*poll*) ;;
	*shm*) await_that uses_semaphores ;;
	esac
}

# Linux tells without a start of ps, so it is asked often.
child_is_there() {
	children=/proc/$parent/task/$parent/children
	[ -r "$children" ] || child=$(child_of "$parent")
	looks=0
	while [ -z "$child" ] && [ "$looks" -lt 500 ]; do
		looks=$((looks + 1))
		read -r child <"$children"
	done 2>/dev/null
	child=${child% }
	[ -n "$child" ]
}

# A set that no process has used yet is no process's for the kernel. Both sleep
# for 60 ms at first.
uses_semaphores() {
	[ -r /proc/sysvipc/sem ] || return 0
	"$build/scripts/await" line /dev/null '' 0.06
	"$build/tests/odd" list "$parent" >"$work/new"
	has_text "$work/new" semaphores
}

# Linux can tell: no segment, queue or semaphores of theirs are left.
no_keyless() { # PID ...
	"$build/tests/odd" list "$@" >"$work/left" 2>"$work/cannot"
	[ -s "$work/left" ] || return 0
	[ -s "$work/old" ] || return 1
	mv "$work/left" "$work/new"
	! grep -vxF -f "$work/old" "$work/new" >"$work/left"
}

# Nobody may have waited for them yet: then they are zombies.
are_gone() { # PID ...
	ps -A -o pid= -o stat= | awk -v pids=" $* " '
		index(pids, " " $1 " ") && $2 !~ /^Z/ { live = 1 }
		END { exit live }'
}

# All that start_endless has started has ended, and left nothing.
all_is_gone() {
	# shellcheck disable=SC2086 # these are numbers
	await_that are_gone $started
	# shellcheck disable=SC2086 # these are numbers
	await_that no_keyless $started
}

# The line is told once and nothing stays, whichever process ends first. Ctrl-C
# reaches both: one has to remove what there is.
endless_ends() { # PROGRAM [ARGUMENT ...]
	while read -r who signal end <&3; do
		start_endless "$who.$signal" "$@"
		case $who in
		parent) kill -s "$signal" "$parent" ;;
		child) kill -s "$signal" "$child" ;;
		both) kill -s "$signal" "$child" "$parent" ;;
		esac
		finish "$who.$signal"
		exits "$end"
		prints_nothing
		[ "$who" != child ] ||
			fails_with 1 'the other process has ended'
	done 3<<-'END'
		parent KILL 137
		child KILL 1
		child TERM 1
		parent HUP 129
		parent QUIT 131
		parent TERM 143
		both INT 130
	END
	all_is_gone
}

# Another process writes to the object of one that was started as spoilt, if it
# has not ended. An object is known by which process was last to use it.
spoil() { # KIND [BYTE of a segment, 1 is the last one]
	await_that can_be_spoilt "$1"
	# shellcheck disable=SC2086 # one word or none
	[ -z "$id" ] || start spoiler tests/odd spoil "$1" "$id" ${2-}
	finish spoilt
}

can_be_spoilt() { # KIND
	no_keyless "$parent" ${child:+"$child"}
	[ ! -s "$work/cannot" ] || skip "$(cat "$work/cannot")"
	id=
	while read -r kind number; do
		[ "$kind" != "$1" ] || id=$number
	done <"$work/left"
	[ -n "$id" ] || has_ended "$parent"
}

# It has seen that, and left nothing.
has_noticed() { # TEXT
	exits 1
	says "$1"
	prints_nothing
	finish spoiler
	no_keyless "$parent" ${child:+"$child"} || fail 'nothing is left'
}

run_on_one_core() { # PROGRAM [ARGUMENT ...]
	taskset -c 0 true 2>/dev/null || skip 'no taskset here'
	command="taskset -c 0 $*"
	program=$1
	shift
	taskset -c 0 "$build/$program" "$@" >"$out" 2>"$err"
	status=$?
}

# ---- tests ---------------------------------------------------------------

# A process that blocks sleeps once in a round, or its message is there. One
# that polls does not; on some systems giving the core away counts. Two
# processes cannot use more than two cores (some milliseconds are left to the
# clocks, and on a busy machine one that polls may wait a time slice for each
# answer), and all rounds together took less than this test may take.
pingpong_figures() {
	run "$pingpong"
	prints_figures "$mechanism" block 64 10000
	figures_hold "switches > 0.9 && switches < 3 && setup_us > 0 &&
		cpu_us > 0 && cpu_us < 2 * round_trip_us + 10 &&
		10000 * round_trip_us < $time_limit * 1000000"
	run "$pingpong" -n 1
	prints_figures "$mechanism" block 64 1
	figures_hold 'switches < 4'
	for size in 64 "${sizes##* }"; do
		run "$pingpong" -w poll -s "$size" -n 100
		prints_figures "$mechanism" poll "$size" 100
		figures_hold "setup_us > 0 &&
			cpu_us > 0 && cpu_us < 2 * round_trip_us + 200 &&
			100 * round_trip_us < $time_limit * 1000000"
		[ "$(uname)" != Linux ] || figures_hold 'switches < 0.5'
	done
}
check "$mechanism: prints a line of figures, those of one round" \
	pingpong_figures

pingpong_sizes() {
	carries "$mechanism" "$sizes" "$pingpong"
}
check "$mechanism: messages of any size arrive" pingpong_sizes

# This shell's ended children were both processes: user and system time, like
# 0m0.25s, but for what is not timed.
pingpong_counts_both() {
	run "$pingpong" -n 30000
	times >"$work/times" # not in a pipe: that is another shell
	{ read -r _ && read -r user system; } <"$work/times"
	user=${user%s}
	system=${system%s}
	seconds="((${user%m*} + ${system%m*}) * 60 + ${user#*m} + ${system#*m})"
	figures_hold "30000 * cpu_us > 0.7 * $seconds * 1000000 - 20000 &&
		30000 * cpu_us < 1.1 * $seconds * 1000000 + 20000"
}
check "$mechanism: its cpu time is that of both" pingpong_counts_both

# Then the two have to take turns, and together compute as long as it takes. A
# look that does not give the core away costs what is left of a time slice.
pingpong_on_one_core() {
	run_on_one_core "$pingpong" -n 1000
	prints_figures "$mechanism" block 64 1000
	figures_hold 'cpu_us < 1.1 * round_trip_us + 2'
	run_on_one_core "$pingpong" -w poll -n 50
	prints_figures "$mechanism" poll 64 50
	figures_hold 'cpu_us < 1000'
}
check "$mechanism: one core is enough" pingpong_on_one_core

pingpong_ends() {
	endless_ends "$pingpong"
}
check "$mechanism: nothing is left, whichever process ends" pingpong_ends

pingpong_ends_while_polling() {
	endless_ends "$pingpong" -w poll
}
check "$mechanism: the same while it polls" pingpong_ends_while_polling

# Under nohup, the end of the terminal does not end it.
pingpong_nohup() {
	trap '' HUP
	start_parent ignoring "$pingpong" -n 30000
	await_that child_is_there
	kill -s HUP "$parent" "$child"
	finish ignoring
	prints_figures "$mechanism" block 64 30000
}
check "$mechanism: nohup keeps it going" pingpong_nohup

# Nobody reads its line: `pingpong | true`. Or the line cannot be written.
pingpong_unread() {
	note_old
	# shellcheck disable=SC2016 # another shell's
	sh -c 'echo "$$" >"$1/pid" && shift && exec "$@"' - "$work" \
		"$build/$pingpong" -n 5 2>"$err" | true
	says 'cannot write to standard output'
	read -r parent <"$work/pid"
	no_keyless "$parent" || fail 'nothing is left'
	fails_on_full_output 'standard output' "$pingpong" -n 1
}
check "$mechanism: fails when nothing can be written, and leaves nothing" \
	pingpong_unread

# What valgrind finds ends a process with status 9, also the child.
pingpong_sends_what_was_set() {
	memcheck='valgrind -q --error-exitcode=9'
	$memcheck "$build/$pingpong" -h >"$out" 2>&1 ||
		skip 'no valgrind for such a program here'
	$memcheck "$build/$pingpong" -s 100 -n 2 >"$out" 2>"$err"
	status=$?
	! has_text "$err" 'unhandled dwarf' ||
		skip 'this valgrind cannot read what this compiler writes'
	command="$memcheck $pingpong -s 100 -n 2"
	prints_figures "$mechanism" block 100 2
}
check "$mechanism: sends no byte that was not set" pingpong_sends_what_was_set

# Which numbers are refused is the same for all: see compare-msgqueue.t.
pingpong_usage() {
	shows_usage "$pingpong"
	refused "$pingpong" -x
	refused "$pingpong" surplus
	says "unexpected argument 'surplus'"
	for option in w s n; do
		refused "$pingpong" "-$option" 0
		says "-$option '0': must be "
	done
}
check "$mechanism: -h tells the usage, bad input is refused" pingpong_usage
