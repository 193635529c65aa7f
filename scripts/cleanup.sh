#!/bin/sh
#
# cleanup.sh - remove what the labs may have left in the kernel
#
#     $ scripts/cleanup.sh
#     removed segment 0x534803e8 (id 5)
#     left queue 0x8002c4f1 (id 2): 1 process is using it
#
# Removes the labs' own objects of this user: those that have a default key.
# What a process is using stays, and so does everything of other users, also
# when root runs this.
#
# -n  only say what would be removed
# -a  list every System V object of this user (also those of other programs,
#     those made with -k or -f, and private ones), ask once, and remove them;
#     with -n only list
#
# The binary is $BUILD/scripts/sysv; BUILD is the project's root by default.

set -eu

usage='usage: cleanup.sh [-h] [-n] [-a]'

# Says why on standard error, and what is left undone.
complain() {
	printf 'cleanup.sh: %s\n' "$1" >&2
}

describe_users() { # COUNT
	case $1 in
	1) echo '1 process is using it' ;;
	unreadable) echo 'it may not be read: another user has it?' ;;
	foreign) echo 'it belongs to another user' ;;
	unknown) echo 'cannot tell whether a process is using it' ;;
	*) echo "$1 processes are using it" ;;
	esac
}

# Prints how many processes use the object, or why it must be left: foreign,
# unreadable, unknown. Prints nothing when it is gone.
ask_users() { # KIND ID
	asked=0
	owner=$("$sysv" owner "$1" "$2") || asked=$?
	case $asked:$owner in
	3:*) return 0 ;;
	"0:$me") ;;
	0:unknown) echo unreadable && return 0 ;;
	0:*) echo foreign && return 0 ;;
	*) echo unknown && return 0 ;;
	esac
	count=$("$sysv" users "$1" "$2") || asked=$?
	case $asked in
	0) echo "$count" ;;
	3) ;;
	*) echo unknown ;;
	esac
}

# Removes the object, or says why not. Fails if it cannot be told or done.
remove_object() { # KIND KEY ID
	users=$(ask_users "$1" "$3")
	case $users in
	'') return 0 ;;
	0) ;;
	*)
		echo "$leave $1 $2 (id $3): $(describe_users "$users")"
		[ "$users" != unknown ]
		return
		;;
	esac
	if [ "$dry" = yes ]; then
		echo "would remove $1 $2 (id $3)"
		return 0
	fi
	removed=0
	"$sysv" remove "$1" "$3" || removed=$?
	case $removed in
	0) echo "removed $1 $2 (id $3)" ;;
	3) ;; # somebody was quicker
	*) return 1 ;;
	esac
}

# A socket of this user that no server answers at. Sets found.
remove_socket() { # PATH
	state=$("$sysv" socket "$1") || return 1
	[ "$state" != none ] || return 0
	found=yes
	case $state in
	live) echo "$leave socket $1: a server is there" ;;
	foreign) echo "$leave socket $1: it belongs to another user" ;;
	other) echo "$leave $1: it is no socket" ;;
	dead)
		if [ "$dry" = yes ]; then
			echo "would remove socket $1"
		else
			rm -f "$1" || return 1
			echo "removed socket $1"
		fi
		;;
	esac
}

# Reads the lines of `sysv names`.
remove_defaults() {
	found=no
	failed=0
	while read -r kind name; do
		case $kind in
		socket)
			remove_socket "$name" || failed=1
			continue
			;;
		segment | queue | semaphores) ;;
		*)
			complain "sysv names: unknown kind '$kind'"
			failed=1
			continue
			;;
		esac
		key=${name%% *} # a path may follow
		missing=0
		id=$("$sysv" find "$kind" "$key") || missing=$?
		case $missing in
		0)
			found=yes
			remove_object "$kind" "$key" "$id" || failed=1
			;;
		1) ;; # there is none
		*) failed=1 ;;
		esac
	done
	if [ "$found:$failed" = no:0 ]; then
		echo 'nothing to remove'
	fi
	return "$failed"
}

# Reads a table of objects with a header line, as Linux shows it in
# /proc/sysvipc and every ipcs prints it, and prints "KIND KEY ID" of each that
# is this user's. Columns are found by their names, which differ in case and
# order; keys are decimal or hexadecimal. ipcs may cut long user names: whose
# such an object is, sysv decides.
pick_mine() { # KIND
	awk -v kind="$1" -v uid="$me" -v name="$(id -un)" '
	function hexadecimal(key) {
		if (key ~ /^0x/) {
			sub(/^0x0*/, "", key)
			return key == "" ? "private" : "0x" key
		}
		key += 0
		if (key == 0)
			return "private"
		if (key < 0)
			key += 4294967296
		if (key < 65536)
			return sprintf("0x%x", key)
		return sprintf("0x%x%04x", int(key / 65536), key % 65536)
	}
	function is_mine(owner) {
		return owner == uid || owner == name ||
			length(owner) >= 8 && index(name, owner) == 1
	}
	tolower($0) ~ /(^|[ \t])key([ \t]|$)/ {
		owner_column = 0
		for (i = 1; i <= NF; i++) {
			column = tolower($i)
			if (column == "key")
				key_column = i
			else if (column ~ /^(id|shmid|msqid|semid)$/)
				id_column = i
			else if (column == "owner" || column == "uid")
				owner_column = i
		}
		next
	}
	owner_column && $id_column ~ /^[0-9]+$/ && is_mine($owner_column "") {
		print kind, hexadecimal($key_column), $id_column
	}'
}

# Prints "KIND KEY ID" of every object that is this user's.
list_objects() {
	for pair in segment:shm:m queue:msg:q semaphores:sem:s; do
		kind=${pair%%:*}
		letter=${pair##*:}
		file=${pair#*:}
		file=/proc/sysvipc/${file%:*}
		if [ -r "$file" ]; then
			pick_mine "$kind" <"$file" || return 1
		elif command -v ipcs >/dev/null 2>&1; then
			table=$(LC_ALL=C ipcs "-$letter") || return 1
			printf '%s\n' "$table" | pick_mine "$kind" || return 1
		else
			complain '-a: no /proc/sysvipc and no ipcs to list with'
			return 1
		fi
	done
}

# Reads "KIND KEY ID", adds who uses each; what is gone or not ours drops out.
add_users() {
	while read -r kind key id; do
		users=$(ask_users "$kind" "$id")
		case $users in
		'' | foreign) ;;
		*) echo "$kind $key $id $users" ;;
		esac
	done
}

print_list() {
	while read -r kind key id users; do
		if [ "$users" = 0 ]; then
			echo "$kind $key (id $id)"
		else
			echo "$kind $key (id $id): $(describe_users "$users")"
		fi
	done
}

# Who has begun to use an object since it was listed keeps it.
remove_listed() {
	failed=0
	while read -r kind key id users; do
		remove_object "$kind" "$key" "$id" || failed=1
	done
	return "$failed"
}

remove_all() {
	objects=$(list_objects) || exit 1
	if [ -n "$objects" ]; then
		objects=$(printf '%s\n' "$objects" | add_users)
	fi
	if [ -z "$objects" ]; then
		echo 'nothing to remove'
		return 0
	fi
	printf '%s\n' "$objects" | print_list
	unused=$(printf '%s\n' "$objects" | awk '$4 == "0"')
	if [ "$dry" = yes ]; then
		return 0
	fi
	if [ -z "$unused" ]; then
		echo 'nothing to remove: all of these are left'
		return 0
	fi
	number=$(printf '%s\n' "$unused" | awk 'END { print NR }')
	these="these $number objects"
	if [ "$number" -eq 1 ]; then
		these='this 1 object'
	fi
	printf 'Remove %s? [y/N] ' "$these"
	answer=
	read -r answer || echo # end of input: the line is still open
	case $answer in
	y | Y | yes | Yes | YES) printf '%s\n' "$unused" | remove_listed ;;
	*) echo 'nothing removed' ;;
	esac
}

all=no
dry=no
leave=left
while getopts hna option; do
	case $option in
	h)
		echo "$usage"
		exit 0
		;;
	n)
		dry=yes
		leave='would leave'
		;;
	a) all=yes ;;
	*)
		echo "$usage" >&2
		exit 2
		;;
	esac
done
shift $((OPTIND - 1))
if [ $# -gt 0 ]; then
	complain "surplus argument '$1'"
	echo "$usage" >&2
	exit 2
fi

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
sysv=${BUILD:-$root}/scripts/sysv
if [ ! -x "$sysv" ]; then
	complain 'build first: make'
	exit 1
fi
me=$(id -u)

if [ "$all" = yes ]; then
	remove_all
else
	names=$("$sysv" names)
	printf '%s\n' "$names" | remove_defaults
fi
