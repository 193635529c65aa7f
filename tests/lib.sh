#!/bin/sh
# lib.sh - what the test files share; each of them reads it at its top.
#
# A test is a function, which `check SENTENCE FUNCTION` runs: in a shell of its
# own, in a process group of its own, for at most 10 seconds, with a folder of
# its own ($work). The words of a test are below, from `run` on. All output is
# TAP. `sh tests/shm.t FUNCTION ...` runs these tests alone.
#
# From the environment: BUILD, where the binaries are (default: beside their
# sources); TEST_SHELL, the shell for tests and scripts (default: sh).
set -u

cd "${0%/*}/.." || exit 1
file=tests/${0##*/}
build=${BUILD:-.}
shell=${TEST_SHELL:-sh}
number=0
failures=0
skipped=0
time_limit=30

if [ ! -x "$build/scripts/limit" ]; then
	echo "Bail out! there is no $build/scripts/limit: build first (make)"
	exit 1
fi

# ---- around a test -------------------------------------------------------

remove_object() { # KIND KEY
	if id=$("$build/scripts/sysv" find "$1" "$2"); then
		"$build/scripts/sysv" remove "$1" "$id"
	fi
}

# The keys and paths that the test took are in $work/made: whatever it, or a
# program that it broke, left there goes, and nothing else. A path goes after
# its queues: then its inode, and so its keys, may be somebody else's.
remove_queues() { # PATH
	for whose in '' requests answers; do
		# shellcheck disable=SC2086 # no word, or one
		key=$("$build/scripts/sysv" key "$1" $whose) || continue
		remove_object queue "$key"
	done
}

remove_made() {
	[ -f "$work/made" ] || return 0
	while read -r kind name; do
		if [ "$kind" = path ]; then
			remove_queues "$name"
			rm -f "$name"
		else
			remove_object segment "$name"
			remove_object semaphores "$name"
		fi
	done <"$work/made" 2>/dev/null
	return 0
}

clean_up() {
	remove_made
	rm -rf "$work"
}

# A trap runs when the command that is being waited for has ended, so whatever
# takes long runs in the background, and `wait` can be interrupted.
stopped() {
	trap '' HUP INT TERM PIPE
	if [ "$state" = running ] && [ -n "${!-}" ]; then
		kill "$!" 2>/dev/null
		wait "$!" 2>/dev/null
	fi
	clean_up
	trap - "$1"
	kill -s "$1" "$$"
}

# Each line of a text as a TAP comment.
comment() {
	sed 's/^/#   /'
}

show() { # TITLE FILE
	[ ! -s "$2" ] || {
		echo "# $1"
		head -n 40 "$2" | comment
	}
}

check() { # SENTENCE FUNCTION
	if [ -n "$inside" ]; then
		[ "$2" = "$inside" ] || return 0
		"$2"
		exit 0
	fi
	case $selected in
	'' | *" $2 "*) ;;
	*) return 0 ;;
	esac
	number=$((number + 1))
	state=starting
	mkdir "$work"
	state=running
	# shellcheck disable=SC2086 # the shell may be two words: busybox sh
	work=$work TEST_INSIDE=$2 "$build/scripts/limit" "$time_limit" \
		$shell "$file" >"$work/log" 2>&1 &
	wait "$!"
	result=$?
	state=
	case $result in
	0)
		echo "ok $number - $1"
		[ ! -f "$work/notes" ] || comment <"$work/notes"
		;;
	77)
		skipped=$((skipped + 1))
		echo "ok $number - $1 # SKIP $(cat "$work/skipped")"
		;;
	*)
		failures=$((failures + 1))
		echo "not ok $number - $1"
		comment <"$work/log"
		if [ "$result" -eq 124 ]; then
			echo "#   it hung: ended after $time_limit seconds"
			for printed in "$work"/*out "$work"/*err; do
				show "${printed##*/}:" "$printed"
			done
		fi
		echo "# alone: ${BUILD:+BUILD=$BUILD }sh $file $2"
		;;
	esac
	clean_up
}

finish_tests() {
	echo "1..$number"
	passed=$((number - failures - skipped))
	[ -z "${TEST_COUNTS:-}" ] ||
		echo "$passed $failures $skipped" >>"$TEST_COUNTS"
	[ "$failures" -eq 0 ]
	exit
}

inside=${TEST_INSIDE:-}
unset TEST_INSIDE
if [ -n "$inside" ]; then
	: >"$work/made"
else
	selected=${*:+" $* "}
	# So mkdir makes a new one, or fails: nobody else's is used.
	work=${TMPDIR:-/tmp}/ipc-test.$$
	while [ -e "$work" ]; do
		work=$work+
	done
	state=
	trap 'stopped HUP' HUP
	trap 'stopped INT' INT
	trap 'stopped TERM' TERM
	trap 'stopped PIPE' PIPE
fi

# ---- the words of a test -------------------------------------------------

# Run a program to its end. Then $status, $work/out and $work/err tell.
run() { # PROGRAM [ARGUMENT ...]
	command=$*
	program=$1
	shift
	"$build/$program" "$@" >"$work/out" 2>"$work/err"
	status=$?
}

# Run one of the project's scripts as run does with programs.
run_script() { # SCRIPT [ARGUMENT ...]
	command=$*
	$shell "$@" >"$work/out" 2>"$work/err"
	status=$?
}

# Two users of this machine, $me and $other, who need no account; and copies of
# some programs that both may run.
two_users() { # PROGRAM ...
	[ "$(id -u)" -eq 0 ] || skip 'only root can be two users'
	me=$((1000000000 + $$ % 4194304 * 16))
	# shellcheck disable=SC2034 # for the tests
	other=$((me + 1))
	mkdir "$work/bin"
	for program in "$@"; do
		cp "$build/$program" "$work/bin/"
	done
	chmod 755 "$work/bin" "$work"/bin/*
}

# Run one of these copies as one of the two; then as after run.
run_as() { # USER PROGRAM [ARGUMENT ...], without its folder
	command=$*
	user=$1
	program=$2
	shift 2
	"$build/tests/as_user" "$user" "$work/bin" "./$program" "$@" \
		>"$work/out" 2>"$work/err"
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
	[ -p "$work/$name.out" ] || rm -f "$work/$name.out" "$work/$name.err"
	"$build/$program" "$@" <"${input:-/dev/null}" >"$work/$name.out" \
		2>"$work/$name.err" &
	echo "$!" >"$work/$name.pid"
}

pid() { # NAME
	cat "$work/$1.pid"
}

stop() { # NAME [SIGNAL]
	kill -s "${2:-TERM}" "$(pid "$1")"
}

# Wait for the end of a started program; then as after run.
finish() { # NAME
	command="(started as $1)"
	wait "$(pid "$1")"
	status=$?
	cp "$work/$1.out" "$work/out"
	cp "$work/$1.err" "$work/err"
}

# Wait until a started program has printed a line with this text.
await() { # NAME TEXT
	"$build/scripts/await" line "$work/$1.out" "$2" && return
	command="(started as $1)"
	status='(has not ended)'
	cp "$work/$1.out" "$work/out"
	cp "$work/$1.err" "$work/err"
	fail "a line with '$2' within the time limit"
}

child_of() { # PID; prints the child's
	ps -A -o ppid= -o pid= 2>/dev/null |
		awk -v parent="$1" '$1 == parent { print $2 }'
}

# Nobody may have waited for it yet: then it is a zombie.
has_ended() { # PID
	! ps -A -o pid= -o stat= 2>/dev/null |
		awk -v pid="$1" '$1 == pid && $2 !~ /^Z/ { live = 1 }
			END { exit !live }'
}

# Wait until a command succeeds.
await_that() { # COMMAND [ARGUMENT ...]
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ "$tries" -le 1000 ] || fail "that at last: $*"
		"$build/scripts/await" line /dev/null '' 0 # 5 milliseconds
	done
}

port_of() { # NAME of a server that has said where it listens
	sed -n 's/.*listening on .*:\([0-9]*\)$/\1/p' "$work/$1.out"
}

# A key, and a path whose queues' keys, that nobody else has. The paths stand
# all in one folder: ftok takes only the low bits of the inode's number.
keys_taken=0
new_key() { # sets $key
	keys_taken=$((keys_taken + 1))
	key=$((0x70000000 + $$ % 4194304 * 16 + keys_taken))
	echo "segment $key" >>"$work/made"
}

new_path() { # sets $path
	keys_taken=$((keys_taken + 1))
	path=${TMPDIR:-/tmp}/ipc-test-queue.$$.$keys_taken
	echo "path $path" >>"$work/made" # first: a signal may end us any time
	(set -C && : >"$path") || fail "a new file $path"
	if queue_exists "$path" || queue_exists "$path" requests ||
		queue_exists "$path" answers; then
		new_path # another file happens to have the same key
	fi
}

semaphores_gone() { # KEY
	! "$build/scripts/sysv" find semaphores "$1" >/dev/null ||
		fail "no semaphores with key $1 any more"
}

segment_exists() { # KEY
	"$build/scripts/sysv" find segment "$1" >/dev/null
}

# The queue of writer and reader, or one of the server's.
queue_id() { # PATH [requests | answers]
	"$build/scripts/sysv" find queue "$("$build/scripts/sysv" key "$@")"
}

queue_exists() { # PATH [requests | answers]
	queue_id "$@" >/dev/null
}

segment_gone() { # KEY
	! segment_exists "$1" || fail "no segment with key $1 any more"
}

queue_gone() { # PATH [requests | answers]
	! queue_exists "$@" || fail "no queue of $* any more"
}

letters() { # COUNT of the letter x
	awk -v count="$1" 'BEGIN { while (count-- > 0) printf "x" }'
}

# For people: a terminal's control characters do nothing here.
show_printed() {
	LC_ALL=C tr -c '[:print:]\n\t' '?' | head -n 40 | sed 's/^/  | /'
}

# A figure, to be shown also when the test has passed.
note() { # TEXT ...
	echo "$*" >>"$work/notes"
}

fail() { # WHAT WAS EXPECTED
	echo "expected: $1"
	if [ -n "${command:-}" ]; then
		echo "command: $command"
		echo "came: exit status $status"
		echo "standard output:"
		show_printed <"$work/out" 2>/dev/null
		echo "standard error:"
		show_printed <"$work/err" 2>/dev/null
	fi
	exit 1
}

skip() { # REASON
	echo "$1" >"$work/skipped"
	exit 77
}

exits() { # STATUS
	[ "$status" = "$1" ] || fail "exit status $1"
}

succeeds() {
	exits 0
	[ ! -s "$work/err" ] || fail 'nothing on standard error'
}

prints() { # TEXT, all of standard output
	printf '%s\n' "$1" | cmp -s - "$work/out" ||
		fail "this standard output, exactly:
$1"
}

prints_nothing() {
	[ ! -s "$work/out" ] || fail 'nothing on standard output'
}

prints_line() { # TEXT, a whole line
	grep -Fqx -- "$1" "$work/out" || fail "the line '$1'"
}

prints_like() { # TEXT within standard output
	grep -Fq -- "$1" "$work/out" || fail "'$1' in standard output"
}

says() { # TEXT within standard error
	grep -Fq -- "$1" "$work/err" || fail "'$1' on standard error"
}

# The program failed, and one clear line says why.
fails_with() { # STATUS TEXT
	exits "$1"
	says "$2"
	[ "$(wc -l <"$work/err")" -eq 1 ] || fail 'one line on standard error'
}

# A wrong command line: what is wrong, the usage, and nothing was done.
refused() { # PROGRAM [ARGUMENT ...]
	run "$@"
	exits 2
	prints_nothing
	says "usage: ${program##*/} "
	[ "$(wc -l <"$work/err")" -eq 2 ] ||
		fail 'a line that says what is wrong, and the usage'
}

# -h prints the usage that the program's source has at its top.
shows_usage() { # PROGRAM
	run "$1" -h
	succeeds
	prints "$(sed -n 's/^ \* \(usage: .*\)/\1/p' "$1.c")"
}

# -h and an unknown option, of a script.
usage_is_checked() { # SCRIPT
	run_script "$1" -h
	succeeds
	prints_like 'usage: '
	run_script "$1" -x
	exits 2
	prints_nothing
	says 'usage: '
}

# A program that cannot write its output must not say that all went well.
fails_on_full_output() { # TEXT PROGRAM [ARGUMENT ...]
	text=$1
	shift
	[ -c /dev/full ] || skip 'no /dev/full here'
	command="$* >/dev/full"
	program=$1
	shift
	: >"$work/out"
	"$build/$program" "$@" >/dev/full 2>"$work/err"
	status=$?
	fails_with 1 "$text"
}
