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
	line=
	{
		read -r line && ! read -r second && [ -z "$second" ]
	} <"$work/out" || fail 'one line'
	rest=${line#"mechanism=$1 wait=$2 bytes=$3 rounds=$4 "}
	[ "$rest" != "$line" ] || fail "a line of $1, $2, $3 bytes, $4 rounds"
	for name in setup_us round_trip_us cpu_us switches $more; do
		figure=${rest%% *}
		rest=${rest#"$figure"}
		rest=${rest# }
		case $figure in
		"$name="*[!0-9.]* | "$name="*.*.*) fail "a figure: $name" ;;
		"$name="[0-9]*.[0-9][0-9][0-9] | segment=[0-9]*) ;;
		*) fail "$name, with three digits after the point" ;;
		esac
	done
	[ -z "$rest" ] || fail 'no more figures'
}

# Relations of the figures of the last output: 'setup_us > attach_us'
figures_hold() { # RELATION, as awk has it
	read -r line <"$work/out" || fail 'a line'
	figures=
	for figure in $line; do
		figures="$figures -v $figure"
	done
	# shellcheck disable=SC2086 # these are words
	awk $figures "BEGIN { exit !($1) }" </dev/null ||
		fail "this to hold: $1"
}

# What objects others have. Such an object may be of a dead process that had
# the number which a process of ours has now.
note_old() {
	[ -f "$work/old" ] ||
		"$build/tests/keyless" list >"$work/old" 2>"$work/cannot"
}

# Start it, with $parent as its process.
start_parent() { # NAME PROGRAM [ARGUMENT ...]
	note_old
	start "$@"
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

# A set that no process has used yet is no process's for the kernel. Both sleep
# for 60 ms at first.
uses_semaphores() {
	[ -r /proc/sysvipc/sem ] || return 0
	"$build/scripts/await" line /dev/null '' 0.06
	"$build/tests/keyless" list "$parent" >"$work/new"
	while read -r kind _; do
		[ "$kind" != semaphores ] || return 0
	done <"$work/new"
	return 1
}

# Linux tells without a start of ps, so it is asked often: a start takes long.
child_is_there() {
	child=
	looks=0
	if [ ! -r "/proc/$parent/task/$parent/children" ]; then
		child=$(child_of "$parent")
	else
		while [ -z "$child" ] && [ "$looks" -lt 500 ]; do
			looks=$((looks + 1))
			read -r child <"/proc/$parent/task/$parent/children"
		done
		child=${child% }
	fi
	[ -n "$child" ]
}

# Nobody may have waited for them yet: then they are zombies.
are_gone() { # PID ...
	for process; do
		if [ ! -d /proc/self ]; then
			has_ended "$process" || return 1
		elif read -r whole <"/proc/$process/stat"; then
			case ${whole##*) } in
			Z*) ;;
			*) return 1 ;;
			esac
		fi
	done
} 2>/dev/null

# Linux can tell: no segment, queue or semaphores of theirs are left.
no_keyless() { # PID ...
	"$build/tests/keyless" list "$@" >"$work/left" 2>"$work/cannot"
	[ -s "$work/left" ] || return 0
	cp "$work/left" "$work/new"
	cat "$work/old" "$work/old" "$work/new" | sort | uniq -u >"$work/left"
	[ ! -s "$work/left" ]
}

# All that start_endless has started has ended, and left nothing.
all_is_gone() {
	# shellcheck disable=SC2086 # these are numbers
	await_that are_gone $started
	# shellcheck disable=SC2086 # these are numbers
	await_that no_keyless $started
}

# What the shell's ended children have computed: user and system time.
note_times() { # sets $computed, an expression
	times >"$work/times" # not in a pipe: that is another shell
	{
		read -r computed
		read -r computed
	} <"$work/times"
	user=${computed% *}
	system=${computed#* }
	computed="(${user%m*} + ${system%m*}) * 60"
	user=${user#*m}
	system=${system#*m}
	computed="$computed + ${user%s} + ${system%s}"
}

run_on_one_core() { # PROGRAM [ARGUMENT ...]
	taskset -c 0 true 2>/dev/null || skip 'no taskset here'
	command="taskset -c 0 $*"
	program=$1
	shift
	taskset -c 0 "$build/$program" "$@" >"$work/out" 2>"$work/err"
	status=$?
}

# ---- tests ---------------------------------------------------------------

pingpong_prints_figures() {
	run "$pingpong"
	prints_figures "$mechanism" block 64 10000
	run "$pingpong" -w poll -s 1000 -n 20
	prints_figures "$mechanism" poll 1000 20
	run "$pingpong" -w block -s 1000 -n 20
	prints_figures "$mechanism" block 1000 20
}

pingpong_sizes() {
	for wait in block poll; do
		for size in $sizes; do
			run "$pingpong" -w "$wait" -s "$size" -n 3
			prints_figures "$mechanism" "$wait" "$size" 3
		done
	done
}

# A process that blocks sleeps once in a round, or its message is there. One
# that polls does not; on some systems giving the core away counts.
pingpong_sleeps_or_polls() {
	run "$pingpong" -n 200
	figures_hold 'switches > 0.9 && switches < 3 &&
		round_trip_us > 0 && setup_us > 0 && cpu_us > 0'
	run "$pingpong" -n 1
	figures_hold 'switches < 4'
	run "$pingpong" -w poll -n 50
	figures_hold 'round_trip_us > 0 && setup_us > 0 && cpu_us > 0'
	[ "$(uname)" = Linux ] || skip 'what counts as sleeping is not known'
	figures_hold 'switches < 0.5'
	run "$pingpong" -w poll -s "${sizes##* }" -n 20
	figures_hold 'switches < 0.5'
}

# Two processes cannot use more than two cores (some milliseconds are left to
# the clocks), and all rounds together took less than this test may take. On a
# busy machine one that polls may wait a time slice for each answer.
pingpong_tells_of_a_round() {
	run "$pingpong" -n 2000
	figures_hold "cpu_us < 2 * round_trip_us + 10 &&
		2000 * round_trip_us < $time_limit * 1000000"
	run "$pingpong" -w poll -n 100
	figures_hold "cpu_us < 2 * round_trip_us + 200 &&
		100 * round_trip_us < $time_limit * 1000000"
}

# Both processes' time, as the shell has it too, but for what is not timed.
pingpong_counts_both() {
	note_times
	before=$computed
	run "$pingpong" -n 30000
	note_times
	seconds="($computed - ($before))"
	figures_hold "30000 * cpu_us > 0.7 * $seconds * 1000000 - 20000 &&
		30000 * cpu_us < 1.1 * $seconds * 1000000 + 20000"
}

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

# The line is told once and nothing stays, whoever ends first.
endless_ends() { # PROGRAM [ARGUMENT ...]
	start_endless parent "$@"
	kill -s KILL "$parent"
	for signal in KILL TERM; do
		start_endless "child.$signal" "$@"
		kill -s "$signal" "$child"
		finish "child.$signal"
		fails_with 1 'the other process has ended'
		prints_nothing
	done
	for signal in HUP=129 QUIT=131 TERM=143; do
		start_endless "$signal" "$@"
		kill -s "${signal%=*}" "$parent"
		finish "$signal"
		exits "${signal#*=}"
	done
	all_is_gone
}

pingpong_ends() {
	endless_ends "$pingpong"
}

pingpong_ends_while_polling() {
	endless_ends "$pingpong" -w poll
}

# Ctrl-C reaches both: one has to remove what there is.
pingpong_interrupted() {
	for wait in block poll; do
		start_endless "$wait" "$pingpong" -w "$wait"
		kill -s INT "$child" "$parent"
		finish "$wait"
		exits 130
	done
	all_is_gone
}

# Under nohup, the end of the terminal does not end it.
pingpong_nohup() {
	trap '' HUP
	start_parent ignoring "$pingpong" -n 30000
	await_that child_is_there
	kill -s HUP "$parent" "$child"
	finish ignoring
	prints_figures "$mechanism" block 64 30000
}

# `pingpong | true`: nobody reads its line.
pingpong_unread() {
	note_old
	# shellcheck disable=SC2016 # another shell's
	sh -c 'echo "$$" >"$1/pid" && shift && exec "$@"' - "$work" \
		"$build/$pingpong" -n 5 2>"$work/err" | true
	says 'cannot write to standard output'
	read -r parent <"$work/pid"
	no_keyless "$parent" || fail 'nothing is left'
}

# What valgrind finds ends a process with status 9, also the child.
pingpong_sends_what_was_set() {
	memcheck='valgrind -q --error-exitcode=9'
	$memcheck "$build/$pingpong" -h >"$work/out" 2>&1 ||
		skip 'no valgrind for such a program here'
	$memcheck "$build/$pingpong" -s 100 -n 2 >"$work/out" 2>"$work/err"
	status=$?
	! has_text "$work/err" 'unhandled dwarf' ||
		skip 'this valgrind cannot read what this compiler writes'
	command="$memcheck $pingpong -s 100 -n 2"
	prints_figures "$mechanism" block 100 2
}

pingpong_checks_usage() {
	shows_usage "$pingpong"
	refused "$pingpong" -x
	refused "$pingpong" surplus
	says "unexpected argument 'surplus'"
	for bad in w= w=spin w=blocked \
		s= s=0 s=-1 s=x s=1x s=1.5 s=1073741825 s=99999999999999999999 \
		n= n=0 n=-1 n=x n=1x n=1000000001; do
		refused "$pingpong" "-${bad%=*}" "${bad#*=}"
		says "-${bad%=*} '${bad#*=}': must be "
		[ "${bad%=*}" != n ] || says 'must be 1 to 1000000000'
	done
}

pingpong_needs_its_output() {
	fails_on_full_output 'standard output' "$pingpong" -n 1
}

check_pingpong() {
	while read -r function sentence <&3; do
		check "${pingpong##*/}: $sentence" "$function"
	done 3<<-'END'
		pingpong_prints_figures prints a line of figures
		pingpong_sizes messages of any size arrive
		pingpong_sleeps_or_polls sleeps or polls, as it is told
		pingpong_tells_of_a_round its times are those of one round
		pingpong_counts_both its cpu time is that of both
		pingpong_on_one_core one core is enough
		pingpong_ends nothing is left, whoever is killed
		pingpong_ends_while_polling the same while it polls
		pingpong_interrupted the same when both are interrupted
		pingpong_nohup nohup keeps it going
		pingpong_unread nothing is left when nobody reads
		pingpong_sends_what_was_set sends no byte that was not set
		pingpong_checks_usage -h tells the usage, bad input is refused
		pingpong_needs_its_output fails when nothing can be written
	END
}
