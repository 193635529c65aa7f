#!/bin/sh
# shm.sh - what the tests of shm share: children, what is left of objects
# without a key, pipes that nobody reads, namespaces
# shellcheck disable=SC2034,SC2154 # lib.sh and the tests set and use them
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

needs_children() {
	[ -r "/proc/$$/task/$$/children" ] ||
		[ -n "$(ps -A -o ppid= -o pid= 2>/dev/null)" ] ||
		skip 'no ps with -A and -o here'
}

# Has a started program a child?
has_child() { # NAME; sets $child
	read -r parent <"$work/$1.pid"
	look_for_children "$parent"
	for child in $born; do
		return 0
	done
	child=
	return 1
}

# Where the program has ended before, there is no $child.
await_child() { # NAME
	await_that has_child_or_ended "$1"
}

has_child_or_ended() { # NAME
	has_child "$1" || is_in_state "$1" 'Z*'
}

# Objects without a key are known by the processes that used them. What there is
# before may be of a dead process that had the same number.
note_old() {
	"$build/tests/odd" list >"$work/old" 2>"$work/cannot"
}

segment_of() { # PID, its maker; sets $id
	[ -r /proc/sysvipc/shm ] || skip 'no objects can be seen here'
	while read -r key id _ _ maker _; do
		if [ "$key" = 0 ] && [ "$maker" = "$1" ] &&
			! has_line "$work/old" "segment $id"; then
			return 0
		fi
	done </proc/sysvipc/shm
	return 1
}

segment_of_gone() { # PID
	! segment_of "$1"
}

# Neither a segment nor semaphores, where anybody can tell.
nothing_left_of() { # PID ...
	"$build/tests/odd" list "$@" >"$work/left" 2>"$work/cannot"
	while read -r object; do
		has_line "$work/old" "$object" || fail "no $object left"
	done <"$work/left"
}

# Its output is a pipe that nobody reads any more; then as after run.
run_unread() { # PROGRAM [ARGUMENT ...]; sets $pid
	command="$* | true"
	program=$1
	shift
	[ -p "$work/unread" ] || mkfifo "$work/unread"
	# shellcheck disable=SC2094 # fd 3 lets fd 4 be opened
	exec 3<>"$work/unread" 4>"$work/unread" 3<&-
	new_output
	"$build/$program" "$@" >&4 2>"$err" &
	pid=$!
	exec 4>&-
	wait "$pid"
	status=$?
}

# A namespace of our own: root can make one, others where they may be root in
# one of users.
needs_namespace() { # OPTION of unshare ...; sets $unshare
	for unshare in "unshare $*" "unshare --user --map-root-user $*"; do
		! $unshare true 2>/dev/null || return 0
	done
	skip "there is no $unshare here"
}

# Process 1 of a container is not ended by a signal that it sends itself.
start_as_process_1() { # NAME PROGRAM [ARGUMENT ...]; sets $child, process 1
	needs_children
	needs_namespace --pid --fork
	name=$1
	program=$2
	shift 2
	$unshare "$build/$program" "$@" </dev/null >"$work/$name.out" \
		2>"$work/$name.err" &
	echo "$!" >"$work/$name.pid"
	await_child "$name"
}
