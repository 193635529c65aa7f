#!/bin/sh
# shm.sh - what the tests of shm share: children, what is left of objects
# without a key, pipes that nobody reads, namespaces
# shellcheck disable=SC2034,SC2154 # lib.sh and the tests set and use them
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

# As ps has it: S, I it waits; T, t it was stopped; Z it has ended.
is_in_state() { # NAME of a started program, PATTERN
	waits "$1" || : # this sets $state
	# shellcheck disable=SC2254 # it is a pattern
	case ${state:-Z} in
	$2) ;;
	*) false ;;
	esac
}

needs_children() {
	[ -r "/proc/$$/task/$$/children" ] ||
		[ -n "$(ps -A -o ppid= -o pid= 2>/dev/null)" ] ||
		skip 'no ps with -A and -o here'
}

# Has a started program a child? Linux tells that without a start of ps.
has_child() { # NAME; sets $child
	read -r parent <"$work/$1.pid"
	child=
	if [ -r "/proc/$parent/task/$parent/children" ]; then
		read -r child _ <"/proc/$parent/task/$parent/children"
	else
		child=$(child_of "$parent")
	fi 2>/dev/null
	[ -n "$child" ]
}

# Where the program has ended before, there is no $child.
await_child() { # NAME
	await_that has_child_or_ended "$1"
}

has_child_or_ended() { # NAME
	has_child "$1" || is_in_state "$1" 'Z*'
}

# A segment without a key is known by the process that made it.
segment_of() { # PID; sets $id
	[ -r /proc/sysvipc/shm ] || skip 'no objects can be seen here'
	while read -r _ id _ _ maker _; do
		[ "$maker" != "$1" ] || return 0
	done </proc/sysvipc/shm
	return 1
}

segment_of_gone() { # PID
	! segment_of "$1"
}

# Neither a segment nor semaphores, where anybody can tell.
nothing_left_of() { # PID ...
	"$build/tests/keyless" list "$@" >"$work/left" 2>"$work/cannot"
	[ ! -s "$work/left" ] || fail "nothing left, not $(cat "$work/left")"
}

# Its output is a pipe that nobody reads any more; then as after run.
run_unread() { # PROGRAM [ARGUMENT ...]; sets $pid
	command="$* | true"
	program=$1
	shift
	[ -p "$work/unread" ] || mkfifo "$work/unread"
	# shellcheck disable=SC2094 # fd 3 lets fd 4 be opened
	exec 3<>"$work/unread" 4>"$work/unread" 3<&-
	"$build/$program" "$@" >&4 2>"$work/err" &
	pid=$!
	exec 4>&-
	wait "$pid"
	status=$?
	: >"$work/out"
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
