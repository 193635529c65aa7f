#!/bin/sh
# shm.sh - what the tests of shm share: children, what is left of objects
# without a key, pipes that nobody reads, namespaces
# shellcheck disable=SC2034,SC2154 # lib.sh and the tests set and use them

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

# As start. fd 7 is its output, of which nothing has come when the last of its
# processes has ended.
start_family() { # NAME PROGRAM [ARGUMENT ...]
	[ -p "$work/$1.out" ] || mkfifo "$work/$1.out"
	start "$@"
	exec 7<"$work/$1.out"
}

family_has_ended() {
	! read -r line <&7 || fail "no output, not '$line'"
	exec 7<&-
}

# Segments without a key are known by the process that made them.
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

no_segment_left() { # PID
	[ ! -r /proc/sysvipc/shm ] || segment_of_gone "$1" ||
		fail "no segment made by $1"
}

# Nobody tells who made a set of semaphores. So those without a key are looked
# at that have come since; another run's go too, soon.
semaphores() { # prints a line each: ID MODE
	[ ! -r /proc/sysvipc/sem ] || while read -r key set mode _; do
		[ "$key" != 0 ] || echo "$set $mode"
	done </proc/sysvipc/sem
}

note_semaphores() {
	semaphores >"$work/before"
}

new_semaphores() {
	semaphores | while read -r set; do
		has_line "$work/before" "$set" || echo "$set"
	done
}

semaphores_went() { # 'ID MODE'
	semaphores >"$work/now"
	! has_line "$work/now" "$1"
}

no_semaphores_left() {
	new_semaphores >"$work/new"
	while read -r set; do
		await_that semaphores_went "$set"
	done <"$work/new"
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
