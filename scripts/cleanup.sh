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

# Nothing to be done is said in one line at the end.
say() { # WHAT HAPPENS
	echo "$1"
	found=yes
}

clean_object() { # KIND KEY
	missing=0
	state=$("$sysv" state "$1" "$2") || missing=$?
	[ "$missing" -le 1 ] || failed=1
	[ "$missing" -eq 0 ] || return 0
	id=${state%% *}
	owner=${state#* }
	owner=${owner% *}
	users=${state##* }
	[ "$1$force" != queueyes ] || users=0
	what="$1 $2 (id $id)"
	case $owner:$users in
	unknown:*) say "$leave $what: it may not be read" ;;
	"$me":0)
		gone=0
		[ "$dry" = yes ] || "$sysv" remove "$1" "$id" || gone=$?
		case $gone in
		0) say "$remove $what" ;;
		3) ;; # somebody was quicker
		*) failed=1 ;;
		esac
		;;
	"$me":1) say "$leave $what: 1 process is using it" ;;
	"$me":*) say "$leave $what: $users processes are using it" ;;
	*) say "$leave $what: it was made by another user" ;;
	esac
}

clean_socket() { # PATH
	state=$("$sysv" socket "$1") || failed=1
	case $state in
	live) say "$leave socket $1: a server is there" ;;
	young) say "$leave socket $1: it was made just now: try again in 3 s" ;;
	foreign) say "$leave socket $1: it was made by another user" ;;
	other) say "$leave $1: it is no socket" ;;
	dead)
		if [ "$dry" = yes ] || rm -f "$1"; then
			say "$remove socket $1"
		else
			failed=1
		fi
		;;
	esac
}

refuse() { # [WHY]
	[ $# -eq 0 ] || echo "cleanup.sh: $1" >&2
	echo "$usage" >&2
	exit 2
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
	*) refuse ;;
	esac
done
shift $((OPTIND - 1))
[ $# -eq 0 ] || refuse "unexpected argument '$1'"

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
