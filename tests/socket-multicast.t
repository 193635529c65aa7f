#!/bin/sh
# socket-multicast.t - multicast: one datagram, many receivers
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/socket.sh
. "${0%/*}/socket.sh"
needs_loopback

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

# What was sent before it came is lost.
no_receiver_no_error() {
	new_group
	send_to_group 'for nobody'
	start_member late
	send_to_group 'for the late one'
	member_received late 'for the late one'
}
check 'sender succeeds without a receiver; a late one gets what comes later' \
	no_receiver_no_error

# The other group has the same port on this machine. What comes first is
# printed, and that must be what was sent to one's own group.
only_own_group() {
	new_group
	start_member own
	first=$group
	group=${group%.*}.251
	start_member other
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

# A stranger joins the group on another interface, and sends there. Linux gives
# that to our socket as well, if IP_MULTICAST_ALL is not switched off.
stranger_elsewhere() {
	ip link set lo up
	ip link add elsewhere type bridge
	ip address add 10.9.8.7/24 dev elsewhere
	ip link set elsewhere up
	new_group
	start_member member
	echo 'from elsewhere' | "$build/tests/datagram" "$group" "$port" \
		10.9.8.7 >"$work/stranger" || fail 'a datagram'
	send_to_group 'from loopback'
	member_received member 'from loopback'
}

# The test runs itself once more, in a network of its own.
only_own_interface() {
	if [ "${TEST_NETWORK:-}" = own ]; then
		stranger_elsewhere
		return
	fi
	unshare -n ip link add elsewhere type bridge 2>/dev/null ||
		skip 'no network of its own with a second interface here'
	# shellcheck disable=SC2154,SC2086 # lib.sh sets them; it may be words
	TEST_NETWORK=own TEST_INSIDE=only_own_interface \
		unshare -n $shell "$file" || exit 1
}
check 'a receiver gets nothing that is sent on another interface' \
	only_own_interface

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
	fails_with 1 'a datagram with more than 1024 bytes came'
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
	fails_with 1 'the message is longer than 1024 bytes'
	prints_nothing
}
check 'a message may have 0 to 1024 bytes; a longer one is not cut' \
	datagram_sizes

# The first call fails as if a signal had come.
multicast_interrupted() {
	can_trace
	new_group
	option=inject=recvfrom,sendto:error=EINTR:when=1
	trace "$option" member socket/multicast_receiver -g "$group" -p "$port"
	await member 'Receiver listening on '
	trace "$option" sender socket/multicast_sender -g "$group" -p "$port"
	finish sender
	succeeds
	was_injected sender
	member_received member 'Hello all'
	was_injected member
}
check 'sender and receiver of a group go on after a signal' \
	multicast_interrupted

# Each call fails with an error that no call of this program has.
multicast_names_failed_call() {
	can_trace
	new_group
	set -- socket/multicast_receiver -g "$group" -p "$port"
	names_failed_call socket:error=EDOM socket "$@"
	names_failed_call bind:error=EDOM "bind $group port $port" "$@"
	names_failed_call setsockopt:error=EDOM 'setsockopt SO_REUSEADDR' "$@"
	names_failed_call setsockopt:error=EDOM:when=2 \
		"setsockopt IP_ADD_MEMBERSHIP $group on 127.0.0.1" "$@"
	names_failed_call recvfrom:error=EDOM recvfrom "$@"
	set -- socket/multicast_sender -g "$group" -p "$port"
	names_failed_call socket:error=EDOM socket "$@"
	names_failed_call setsockopt:error=EDOM \
		'setsockopt IP_MULTICAST_IF 127.0.0.1' "$@"
	names_failed_call sendto:error=EDOM "sendto $group:$port" "$@"
}
check 'sender and receiver of a group name the call that has failed' \
	multicast_names_failed_call

# On the sender's defaults a person's receivers may be waiting.
default_group() {
	start receiver socket/multicast_receiver
	await receiver 'Receiver listening on 239.255.12.34:12346'
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
