#!/bin/sh
# lib.sh - what the test files share; each of them reads it at its top.
#
# A test is a function, and `check SENTENCE FUNCTION` under it runs it: in a
# shell and a process group of its own, for at most 30 seconds, with a folder
# of its own ($work). The words of a test are below, from `run` on, and in
# expect.sh. All output is TAP. `sh tests/shm-race.t FUNCTION ...` runs these
# tests alone.
#
# From the environment: BUILD, where the binaries are (default: beside their
# sources); TEST_SHELL, the shell for tests and scripts (default: sh);
# TEST_TIME_SCALE, a factor for all time limits (default: 1).
# shellcheck disable=SC2086 # $shell may be two words: busybox sh
set -u

cd "${0%/*}/.." || exit 1
# shellcheck source=scripts/private.sh
. scripts/private.sh
export LC_ALL=C # the words of messages that tests look for
file=tests/${0##*/}
build=${BUILD:-.}
shell=${TEST_SHELL:-sh}
sysv=$build/scripts/sysv
number=0
failures=0
skip_all= # why no test of this file can be run
time_limit=30

# ---- around a test -------------------------------------------------------

inside=${TEST_INSIDE:-} # the test that this shell is to run
unset TEST_INSIDE
if [ -n "$inside" ]; then
	folder=${work%.*} out=$work/out err=$work/err
else
	selected=${*:+" $* "}
	trap_signals
	private_folder ipc-test
	folder=$private/test
fi
made=$folder.made

# The keys and paths that tests took are in the file $made: what they, or a
# program that they broke, left in the kernel there goes, and nothing else.
tidy_up() {
	[ -n "$inside" ] || [ ! -s "$made" ] || "$sysv" clear <"$made"
}

# Some KiB for people, with PREFIX before each line. A terminal's control
# characters do nothing here; busybox tr knows no classes.
show() { # PREFIX FILE
	tr -c '\040-\176\n\t' '?' <"$2" | cut -c 1-160 |
		sed -e "s/^/$1/" -e 60q
}

# What else may be the reason that something hung.
load() {
	load=$(uptime)
	load=${load##*: }
	echo "or the machine is busy: load ${load%%[ ,]*}"
}

run_test() { # FUNCTION; sets $work, $result, $slow
	export work="$folder.$number"
	TEST_INSIDE=$1 "$build/scripts/limit" -d "$work" "$time_limit" \
		$shell "$file" >"$folder.log" 2>&1 &
	children=$!
	wait "$children"
	result=$?
	children=
	slow=
	[ ! -f "$work/slow" ] || read -r slow <"$work/slow"
	[ ! -f "$work/skipped" ] || read -r reason <"$work/skipped"
}

check() { # SENTENCE FUNCTION
	if [ -n "$inside" ]; then
		[ "$2" = "$inside" ] || return 0
		"$2"
		[ ! -f "$work/failed" ] || exit 1 # in a pipeline, say
		exit 0
	fi
	case $selected in
	'' | *" $2 "*) ;;
	*) return 0 ;;
	esac
	number=$((number + 1))
	[ -z "${TEST_PROGRESS:-}" ] || # a terminal shows which test is running
		printf '\r%-78.78s\r' "$file: $1" >"$TEST_PROGRESS"
	result=77
	reason=$skip_all
	[ -n "$skip_all" ] || run_test "$2"
	case $result in
	0)
		echo "ok $number - $1${slow:+ ($slow s)}"
		[ ! -f "$work/notes" ] || show '#   ' "$work/notes"
		;;
	77) echo "ok $number - $1 # SKIP $reason" ;;
	*)
		failures=$((failures + 1))
		echo "not ok $number - $1"
		show '#   ' "$folder.log"
		if [ "$result" -eq 124 ]; then
			echo "#   it hung: ended after $slow seconds ($(load))"
			for printed in "$work"/*out "$work"/*err; do
				[ -s "$printed" ] || continue
				echo "# ${printed##*/}:"
				show '#   ' "$printed"
			done
		fi
		echo "# alone: ${BUILD:+BUILD=$BUILD }sh $file $2"
		;;
	esac
}

finish_tests() {
	echo "1..$number"
	remove_private
	[ "$failures" -eq 0 ]
	exit
}

# Without a loopback interface no TCP or UDP socket reaches another.
has_loopback() {
	! "$build/socket/client" -p 1 2>&1 | grep -q unreachable
}

needs_loopback() { # for a whole file of tests: at its top
	[ -n "$inside" ] || has_loopback ||
		skip_all='there is no loopback interface'
}

# ---- the words of a test: programs ---------------------------------------

new_output() {
	out=$work/out err=$work/err
	: >"$out"
	: >"$err"
}

# Run a command to its end. Then $status tells, and the files $out and $err.
run_command() {
	new_output
	"$@" >"$out" 2>"$err"
	status=$?
}

run() { # PROGRAM [ARGUMENT ...]
	command=$*
	program=$1
	shift
	run_command "$build/$program" "$@"
}

run_script() { # SCRIPT [ARGUMENT ...]
	command=$*
	run_command $shell "$@"
}

# Two users of this machine, $me and $other, who need no account; and copies of
# some programs that both may run.
two_users() { # PROGRAM ...
	setpriv --reuid=1 true 2>/dev/null ||
		skip 'only root can be two users, with setpriv'
	me=$((1000000000 + $$ % 4194304 * 16))
	# shellcheck disable=SC2034 # for the tests
	other=$((me + 1))
	mkdir "$work/bin"
	for program in "$@"; do
		cp "$build/$program" "$work/bin/"
	done
	chmod 755 "$work/bin" "$work"/bin/*
}

# One of these copies takes the place of this shell, for one of the two.
as_user() { # USER PROGRAM [ARGUMENT ...], without its folder
	user=$1
	program=$2
	shift 2
	cd "$work/bin" || exit
	exec setpriv --reuid="$user" --regid="$user" --clear-groups \
		"./$program" "$@"
}

run_as() { # USER PROGRAM [ARGUMENT ...]
	command=$*
	new_output
	(as_user "$@") >"$out" 2>"$err"
	status=$?
}

# Start a program in the background. $work/NAME.out and .err get its output.
# Its input is empty, or comes from FILE.
start_from() { # FILE NAME PROGRAM [ARGUMENT ...]
	input=$1
	shift
	start "$@"
	input=
}

start() { # NAME PROGRAM [ARGUMENT ...]
	name=$1
	program=$2
	shift 2
	# What an earlier one of this name has printed must not be found.
	[ -p "$work/$name.out" ] || : >"$work/$name.out"
	[ -p "$work/$name.err" ] || : >"$work/$name.err"
	"$build/$program" "$@" <"${input:-/dev/null}" >"$work/$name.out" \
		2>"$work/$name.err" &
	echo "$!" >"$work/$name.pid"
}

# Start a program that does not end, as far as its line with this text.
begin() { # TEXT NAME PROGRAM [ARGUMENT ...]
	text=$1
	shift
	start "$@"
	await "$1" "$text"
}

pid() { # NAME; sets $pid
	read -r pid <"$work/$1.pid"
	echo "$pid"
}

stop() { # NAME [SIGNAL]
	kill -s "${2:-TERM}" "$(pid "$1")"
}

# Wait for the end of a started program; then as after run.
finish() { # NAME
	read -r pid <"$work/$1.pid"
	wait "$pid"
	take_output "$1" "$?"
}

# As after run, with what a started program has printed so far. What it has put
# into a FIFO is not there.
take_output() { # NAME [STATUS]
	command="(started as $1)"
	status=${2:-'(has not ended)'}
	new_output
	[ ! -f "$work/$1.out" ] || out=$work/$1.out
	[ ! -f "$work/$1.err" ] || err=$work/$1.err
}

end() { # NAME [SIGNAL], SIGTERM by default; then as after run
	stop "$@"
	finish "$1"
}

ends_well() { # NAME
	finish "$1"
	succeeds
}

# Where a server has said that it listens.
port_of() { # NAME
	has_text "$work/$1.out" 'listening on ' && echo "${line##*:}"
}

# ---- waiting -------------------------------------------------------------

# Pause for some 10 ms, by limit's clock. Fails when the time is nearly up.
tick() {
	read -r ticked <"$work/ticks"
	[ "${ticked:-}" != late ]
}

# Wait until a started program has printed a line with this text. Our programs
# write a line by one call: it is there as a whole.
await() { # NAME TEXT
	until has_text "$work/$1.out" "$2"; do
		tick && continue
		take_output "$1"
		fail "a line with '$2' within the time limit ($(load))"
	done
}

# Wait until a command succeeds; after some tries with longer pauses.
await_that() { # COMMAND [ARGUMENT ...]
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		for _ in 1 2 3 4; do
			tick || fail "that at last: $* ($(load))"
			[ "$tries" -gt 4 ] || break
		done
	done
}

# Does a process do this? As ps says it: S or I waits, T or t was stopped, Z or
# X, or no process, has ended: nobody may have waited for it yet.
process_is() { # PID PATTERN
	state=
	# None of our programs has a blank in its name.
	{ read -r _ _ state _ <"/proc/$1/stat" || [ -d /proc/self ] ||
		state=$(ps -o stat= -p "$1"); } 2>/dev/null
	# shellcheck disable=SC2254 # it is a pattern
	case ${state:-Z} in
	$2) ;;
	*) return 1 ;;
	esac
}

has_ended() { process_is "$1" '[ZX]*'; }         # PID
is_in_state() { process_is "$(pid "$1")" "$2"; } # NAME PATTERN

# Does it wait for something? Our programs do so only where they are meant to.
waits() { is_in_state "$1" '[SI]*'; } # NAME of a started program

# Also those that have ended, as long as nobody has waited for them.
look_for_children() { # PID; sets $born
	born=
	if [ -r "/proc/$1/task/$1/children" ]; then
		read -r born <"/proc/$1/task/$1/children"
	else
		born=$(ps -A -o ppid= -o pid= |
			awk -v parent="$1" '$1 == parent { print $2 }')
	fi 2>/dev/null
}

child_of() { # PID; prints those that are no zombies
	look_for_children "$1"
	for born in $born; do
		has_ended "$born" || echo "$born"
	done
}

# shellcheck source=tests/expect.sh
. tests/expect.sh
