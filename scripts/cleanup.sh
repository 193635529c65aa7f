#!/bin/sh
# cleanup.sh - remove what the labs may have left in the kernel
#
#     $ scripts/cleanup.sh
#     removed segment 0x534803e8 (id 5)
#     left queue 0x8002c4f1 (id 2): 1 process is using it
#
# Looks at this user's objects that have a default key, and at the default path
# of a socket. What a process is using stays; so does everything of other users,
# also when root runs this. A queue is in use while the process that sent or
# received last is there: before its first message a server cannot be told from
# a dead one, and its queues are removed. Objects made with -k or -f are not
# looked at: ipcs shows them, ipcrm removes them.
#
# -n  only say what would be removed
# -f  remove queues also while those who used them last are there
#
# From the environment: BUILD, where the binaries are.
set -eu

usage='usage: cleanup.sh [-hnf]'

complain() {
	echo "cleanup.sh: $1" >&2
	failed=1
}

# What is left, and why. Nothing to be done is said in one line at the end.
leave() { # WHAT WHY
	echo "$leave $1: $2"
	found=yes
}

removed() { # WHAT
	echo "$remove $1"
	found=yes
}

# Exit status 3: somebody was quicker, the object is gone.
clean_object() { # KIND KEY
	missing=0
	id=$("$sysv" find "$1" "$2") || missing=$?
	case $missing in
	0) ;;
	1) return 0 ;;
	*)
		failed=1
		return 0
		;;
	esac
	what="$1 $2 (id $id)"
	gone=0
	owner=$("$sysv" owner "$1" "$id") || gone=$?
	[ "$gone" -ne 0 ] || users=$("$sysv" users "$1" "$id" 2>&1) || gone=$?
	case $gone:$owner in
	3:*) return 0 ;;
	?:unknown) leave "$what" 'it may not be read' && return 0 ;;
	0:"$me") ;;
	0:*) leave "$what" 'it was made by another user' && return 0 ;;
	*) complain "$what: $users" && return 0 ;;
	esac
	[ "$1$force" != queueyes ] || users=0
	case $users in
	0) ;;
	1) leave "$what" '1 process is using it' && return 0 ;;
	*) leave "$what" "$users processes are using it" && return 0 ;;
	esac
	[ "$dry" = yes ] || "$sysv" remove "$1" "$id" || gone=$?
	case $gone in
	0) removed "$what" ;;
	3) ;;
	*) failed=1 ;;
	esac
}

clean_socket() { # PATH
	state=$("$sysv" socket "$1") || failed=1
	case $state in
	live) leave "socket $1" 'a server is there' ;;
	young) leave "socket $1" 'it was made just now: try again in 3 s' ;;
	foreign) leave "socket $1" 'it was made by another user' ;;
	other) leave "$1" 'it is no socket' ;;
	dead)
		[ "$dry" = yes ] || rm -f "$1" || failed=1
		[ "$failed" -ne 0 ] || removed "socket $1"
		;;
	esac
}

dry=no
force=no
leave=left
remove=removed
while getopts hnf option; do
	case $option in
	h)
		echo "$usage"
		exit 0
		;;
	n)
		dry=yes
		leave='would leave'
		remove='would remove'
		;;
	f) force=yes ;;
	*)
		echo "$usage" >&2
		exit 2
		;;
	esac
done
shift $((OPTIND - 1))
if [ $# -gt 0 ]; then
	echo "cleanup.sh: unexpected argument '$1'" >&2
	echo "$usage" >&2
	exit 2
fi

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
sysv=${BUILD:-$root}/scripts/sysv
if [ ! -x "$sysv" ]; then
	echo 'cleanup.sh: build first: make' >&2
	exit 1
fi
me=$(id -u)
found=no
failed=0
names=$("$sysv" names) || failed=1 # of what there is to look for
while read -r kind name; do
	case $kind in
	socket) clean_socket "$name" ;;
	*) clean_object "$kind" "${name%% *}" ;; # a path may follow the key
	esac
done <<END
$names
END
[ "$found" = yes ] || [ "$failed" -ne 0 ] || echo 'nothing to remove'
exit "$failed"
