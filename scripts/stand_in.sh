#!/bin/sh
# stand_in.sh - starts a lab's program, with names of its own for what it shares
#
# In a session of a sheet ./PROGRAM is a copy of this script: see session.sh. So
# that nothing is touched that this user may have, a program gets a key, a port
# or a path of this section's own in place of its default, and of those that are
# given. $HOME.names gets what puts back what was given, and remembers both as
# "# OURS GIVEN". $private/made lists what `sysv clear` is to remove.
#
# It must start nothing else: watch and strace would show that.
# shellcheck disable=SC2154 # play.sh and session.sh set what it takes

name=${0##*/} option='' last=''
while read -r _ word usage; do
	[ "$word" != usage: ] || break
done <"${0%/*}/$name.c"
{
	read -r _ port
	read -r _ group_port
	read -r _ segment_key
	read -r _ buffer_key
	read -r _ _
	read -r _ socket
} <"$private/names"

case $usage in
*'[-k KEY]'*) option=k default=$segment_key ;;
*'[-p PORT]'*) option=p default=$port ;;
*'[-u PATH]'*)
	echo "|./socket|$socket" >>"$HOME.names"
	set -- -u ./socket "$@"
	;;
*'[-f PATH]'*) option=f default='' ;;
esac
case $name in
producer | consumer) default=$buffer_key ;;
multicast_*) default=$group_port ;;
esac

look_up() { # GIVEN FIRST; sets $ours
	ours=$2
	while read -r mark ours_then given; do
		[ "$mark" = '#' ] || continue
		ours=$ours_then
		[ "$given" != "$1" ] || return
		ours=$((ours + 1))
	done <"$HOME.names"
}

replace() { # VALUE; sets $ours
	case $option$1 in
	f*)
		ours=$1
		echo "path $PWD/$1" >>"$private/made"
		;;
	p0 | *[!kp0-9A-Fa-fx]*) # any free port, or one that is refused
		ours=$1
		;;
	p*)
		look_up "$1" "$ports"
		printf '%s\n' "|:$ours|:$1" "|port $ours|port $1" \
			"# $ours $1" >>"$HOME.names"
		;;
	k*)
		look_up "$(($1))" "$keys"
		printf '|0x%x|0x%x\n# %d %d\n' "$ours" "$(($1))" "$ours" \
			"$(($1))" >>"$HOME.names"
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
	if [ -n "$default" ]; then
		replace "$default"
		set -- "-$option" "$ours" "$@"
	fi
fi
exec "$built/$name" "$@"
