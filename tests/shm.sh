#!/bin/sh
# shm.sh - what the tests of shm share: children, what is left of objects
# without a key, pipes that nobody reads
# shellcheck disable=SC2034,SC2154 # lib.sh and the tests set and use them
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

needs_children() {
	[ -r "/proc/$$/task/$$/children" ] ||
		[ -n "$(ps -A -o ppid= -o pid= 2>/dev/null)" ] ||
		skip 'no ps with -A and -o here'
}

# Where the program has ended before it was found, there is no $child.
has_child_or_ended() { # NAME; sets $child
	read -r parent <"$work/$1.pid"
	look_for_children "$parent"
	for child in $born; do
		return 0
	done
	child=
	is_in_state "$1" 'Z*'
}

await_child() { # NAME
	await_that has_child_or_ended "$1"
}

# Objects without a key are known by the processes that used them. What there is
# before may be of a dead process that had the same number.
note_old() {
	"$build/tests/odd" list >"$work/old" 2>"$work/cannot"
}

# An object that is not one of those, and that this process has used.
find_used() { # KIND PID; sets $id
	"$build/tests/odd" list "$2" >"$work/used" 2>"$work/cannot" ||
		skip "$(cat "$work/cannot")"
	while read -r kind id; do
		[ "$kind" != "$1" ] || has_line "$work/old" "$kind $id" ||
			return 0
	done <"$work/used"
	return 1
}

# Neither a segment nor semaphores, where anybody can tell. A child may end a
# little later than its parent, and has its segment attached until then.
nothing_left_of() { # PID ...
	for process; do
		await_that has_ended "$process"
	done
	"$build/tests/odd" list "$@" >"$work/left" 2>"$work/cannot"
	while read -r object; do
		has_line "$work/old" "$object" || fail "no $object left"
	done <"$work/left"
}

# Have fd 4 write into a pipe that nobody reads any more.
open_unread() {
	[ -p "$work/unread" ] || mkfifo "$work/unread"
	# shellcheck disable=SC2094 # fd 3 lets fd 4 be opened
	exec 3<>"$work/unread" 4>"$work/unread" 3<&-
}

# Its output is such a pipe; then as after run.
run_unread() { # PROGRAM [ARGUMENT ...]; sets $pid
	command="$* | true"
	program=$1
	shift
	open_unread
	new_output
	"$build/$program" "$@" >&4 2>"$err" &
	pid=$!
	exec 4>&-
	wait "$pid"
	status=$?
}
