#!/bin/sh
# cleanup.sh - remove what the labs may have left in the kernel
#
#     $ scripts/cleanup.sh
#     removed segment 0x534803e8 (id 5)
#     left queue 0x8002c4f1 (id 2): a process is using it
#
# Looks at this user's objects that have a default key, and at the default path
# of a socket. What a process is using stays (sysv.c says how that is known); so
# does everything of other users, also when root runs this. Objects made with -k
# or -f are not looked at: ipcs shows them, ipcrm removes them.
#
# -n  only say what would be removed
# -f  remove queues also while the process that used them last is there
#
# From the environment: BUILD, where the binaries are.
set -u

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
sysv=${BUILD:-$root}/scripts/sysv
if [ ! -x "$sysv" ]; then
	echo 'cleanup.sh: build first: make' >&2
	exit 1
fi
status=0
names=$("$sysv" names) || status=$?
echo "$names" | "$sysv" clean "$@" || status=$?
exit "$status"
