#!/bin/sh
# stand_in.sh - starts a lab's program, with names of its own for what it shares
#
# In a session of a sheet ./PROGRAM is a copy of this script (see play.sh). So
# that nothing is touched that this user may have, a program gets a key, a port
# or a path of this section's own in place of its default, and of those that are
# given. $HOME.names lists them with what they stand for: "12801 7000" for a
# port, "0x600a3b1 42" for a key.
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
	while read -r ours given; do
		[ "$given" != "$1" ] || return
		count=$((count + 1))
	done <"$HOME.names"
	ours=$((ports + count))
	[ "$option" = p ] || ours=$keys$count
	echo "$ours $1" >>"$HOME.names"
}

replace() { # VALUE; sets $ours
	case $option$1 in
	p0 | *[!kp0-9A-Fa-fx]*) ours=$1 ;; # any free port, or one that is refused
	p*) look_up "$1" ;;
	k*)
		look_up "$(($1))"
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
exec "${0%/*}/.built/$name" "$@"
