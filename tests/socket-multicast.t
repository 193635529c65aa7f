#!/bin/sh
# socket-multicast.t - multicast: one datagram, many receivers
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

# A group and a port that no other test has: they are made of this one's
# process id. Ports from 32768 on are those that kernels give away.
new_group() { # sets $group, $port
	group=239.255.$(($$ / 250 % 250 + 1)).$(($$ % 250 + 1))
	port=$((20000 + $$ % 12000))
}

start_member() { # NAME [OPTION ...]
	name=$1
	shift
	start "$name" socket/multicast_receiver -g "$group" -p "$port" "$@"
	await "$name" "Receiver listening on $group:$port"
}

member_received() { # NAME TEXT
	finish "$1"
	succeeds
	from=$(sed -n 's/^Received from 127.0.0.1:\([0-9]*\): .*/\1/p' \
		"$work/out")
	prints "Receiver listening on $group:$port
Received from 127.0.0.1:$from: $2"
}

send_to_group() { # [MESSAGE]
	run socket/multicast_sender -g "$group" -p "$port" "$@"
	succeeds
	prints "Sent to $group:$port: ${1-Hello all}"
}

one_datagram_many_receivers() {
	new_group
	for member in one two three; do
		start_member "$member"
	done
	send_to_group 'Hello group'
	for member in one two three; do
		member_received "$member" 'Hello group'
		echo "$from" >>"$work/from"
	done
	[ "$(sort -u "$work/from" | wc -l)" -eq 1 ] || fail 'one sender'
}
check 'one datagram reaches three receivers on one port' \
	one_datagram_many_receivers

no_receiver_no_error() {
	new_group
	send_to_group
	start_member late -t 0.1
	finish late
	fails_with 1 'nobody has sent anything in 0.1 s'
	prints "Receiver listening on $group:$port"
}
check 'sender succeeds without a receiver, who waits in vain afterwards' \
	no_receiver_no_error

# The other group has the same port on this machine. What comes first is
# printed, and that must be what was sent to one's own group.
only_own_group() {
	new_group
	start_member own -t 9
	first=$group
	group=${group%.*}.251
	start_member other -t 9
	echo 'to the port alone' |
		"$build/tests/datagram" 127.0.0.1 "$port" >"$work/own" ||
		fail 'a datagram'
	send_to_group 'for the other'
	member_received other 'for the other'
	group=$first
	send_to_group 'for us'
	member_received own 'for us'
}
check 'a receiver gets what is sent to its group, and nothing else' \
	only_own_group

datagrams_of_others() {
	new_group
	start_member odd
	printf 'a\000b\033[31mc\177\n\200' |
		"$build/tests/datagram" "$group" "$port" >"$work/own" ||
		fail 'a datagram'
	member_received odd 'a?b?[31mc???'
	[ "$from" = "$(cat "$work/own")" ] || fail "its sender's port"
	start_member long
	letters 1025 | "$build/tests/datagram" "$group" "$port" \
		>"$work/own" || fail 'a datagram'
	finish long
	fails_with 1 'recvfrom: it has more than 1024 bytes'
}
check 'bytes that are not text are made harmless, a long datagram is told' \
	datagrams_of_others

datagram_sizes() {
	new_group
	for text in '' x "$(letters 1024)"; do
		start_member member
		send_to_group "$text"
		member_received member "$text"
	done
	run socket/multicast_sender -g "$group" -p "$port" "$(letters 1025)"
	fails_with 1 'the message is too long: at most 1024 bytes fit'
	prints_nothing
}
check 'a message may have 0 to 1024 bytes; a longer one is not cut' \
	datagram_sizes

# On the sender's defaults a person's receivers may be waiting.
default_group() {
	run socket/multicast_receiver -t 0
	exits 1
	prints 'Receiver listening on 239.255.12.34:12346'
}
check 'without -g and -p it is group 239.255.12.34, port 12346' default_group

multicast_options() {
	for program in socket/multicast_sender socket/multicast_receiver; do
		shows_usage "$program"
		refused "$program" -x
		refused "$program" -g
		refused "$program" -p
		for value in 10.0.0.1 223.255.255.255 240.0.0.0 '' localhost \
			239.255.0.256; do
			refused "$program" -p 1 -g "$value"
			says "-g '$value'"
		done
		for value in 0 0x 65536 -1 '' '1 ' 99999999999999999999; do
			refused "$program" -p "$value"
			says "-p '$value'"
		done
	done
	refused socket/multicast_sender -p 1 text surplus
	refused socket/multicast_receiver -p 1 surplus
	for value in -1 nan '' inf 1x 86401; do
		refused socket/multicast_receiver -p 1 -t "$value"
		says "-t '$value'"
	done
}
check 'sender and receiver of a group refuse wrong options' multicast_options

# Sent once more until it is there to get it.
keep_sending() {
	while sleep 0.1; do
		"$build/socket/multicast_sender" -g "$group" -p "$port"
	done
}

multicast_output_full() {
	new_group
	fails_on_full_output 'standard output' socket/multicast_sender \
		-g "$group" -p "$port"
	keep_sending >"$work/sent" 2>&1 &
	fails_on_full_output 'standard output' socket/multicast_receiver \
		-g "$group" -p "$port"
}
check 'both fail when they cannot write their output' multicast_output_full

finish_tests
