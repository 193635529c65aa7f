#!/bin/sh
# stand_in.sh - starts a lab's program, with names of its own for what it shares
#
# In a session of a sheet ./PROGRAM is a copy of this script (see play.sh). So
# that nothing is touched that this user may have, a program gets a key, a port
# or a path of this section's own in place of its default, and of those that are
# given. $HOME.names gets lines TEXT=TEXT_OF_THE_PAGE=OURS=GIVEN: what a program
# may print, what that would be with the name that was given, and both names.
# $private/made lists what `sysv clear` is to remove.
#
# It must start nothing else: watch and strace would show that.
# shellcheck disable=SC2154 # play.sh and play.awk set what it takes

name=${0##*/} option='' last=''
while read -r _ word usage; do
	[ "$word" != usage: ] || break
done <"${0%/*}/$name.c"

case $usage in
*'[-k KEY]'*) option=k default=$segment_key ;;
*'[-p PORT]'*) option=p default=$port ;;
*'[-u PATH]'*) set -- -u ./socket "$@" ;;
esac
case $name in
producer | consumer) default=$buffer_key ;;
multicast_*) default=$group_port ;;
esac

look_up() { # NAME; sets $ours
	count=0
	while IFS='=' read -r _ _ ours given; do
		[ "$given" != "$1" ] || return
		count=$((count + 1))
	done <"$HOME.names"
	ours=$(($2 + count))
}

replace() { # VALUE; sets $ours
	case $option$1 in
	p0 | *[!kp0-9A-Fa-fx]*) # any free port, or one that is refused
		ours=$1
		;;
	p*)
		look_up "$1" "$ports"
		printf '%s\n' ":$ours=:$1=$ours=$1" "port $ours=port $1" \
			>>"$HOME.names"
		;;
	k*)
		look_up "$(($1))" "$keys"
		printf '0x%x=0x%x=%s=%s\n' "$ours" "$(($1))" "$ours" "$(($1))" \
			>>"$HOME.names"
		printf '%s\n' "segment $ours" "semaphores $ours" \
			>>"$private/made"
		;;
	esac
}

if [ -n "$option" ]; then
	for word; do
		ours=$word
		case $last:$word in
		-*"$option":*) # -k 42
			replace "$word"
			;;
		*:-*"$option"?*) # -k42
			replace "${word#*"$option"}"
			ours=${word%%"$option"*}$option$ours
			;;
		esac
		last=$word
		shift
		set -- "$@" "$ours"
	done
	replace "$default"
	set -- "-$option" "$ours" "$@"
fi
exec "$built/$name" "$@"
