#!/bin/sh
# stand_in.sh - starts a lab's program, with names of its own for what it shares
#
# In a session of a sheet ./PROGRAM is a copy of this script (see session.sh).
# So that nothing is touched that this user may have, a program gets a key, a
# port or a path of this section's own in place of its default, and of those
# that are given. Line n of $HOME.names, "k 42" or "p 7000", says what was given
# where the key $keys + n or the port $ports + n is used; the first is line 0.
#
# It must start nothing else: watch and strace would show that.
# shellcheck disable=SC2154 # play.sh and session.sh set what it takes

name=${0##*/} option='' last=''
while read -r _ word usage; do
	[ "$word" != usage: ] || break
done <"$lab/$name.c"

case $usage in
*'[-k KEY]'*) option=k default=$segment_key ;;
*'[-p PORT]'*) option=p default=$port ;;
*'[-u PATH]'*) set -- -u ./socket "$@" ;;
esac
case $name in
producer | consumer) default=$buffer_key ;;
multicast_*) default=$group_port ;;
esac

look_up() { # NAME; sets $number
	for _ in known new; do
		number=0
		while read -r line; do
			[ "$line" != "$1" ] || return 0
			number=$((number + 1))
		done <"$HOME.names"
		echo "$1" >>"$HOME.names"
	done
}

replace() { # VALUE; sets $ours
	ours=$1
	case $option$1 in
	p0 | *[!kp0-9A-Fa-fx]*) ;; # any free port, or one that is refused
	p*)
		look_up "p $1"
		ours=$((ports + number))
		;;
	k*)
		look_up "k $(($1))"
		ours=$((keys + number))
		echo "segment $ours" >>"$HOME.made"
		echo "semaphores $ours" >>"$HOME.made"
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
