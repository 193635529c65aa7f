#!/bin/sh
# socket-datagrams.t - udp_server, and multicast: one datagram, many receivers
# shellcheck source=tests/socket.sh
. "${0%/*}/socket.sh"
needs_loopback

# As another program sends it.
send_datagram() { # FORMAT, as printf takes it, [ACTION ...] PLACE; sets $from
	# shellcheck disable=SC2059 # it is the format that makes bytes
	printf "$1" >"$work/datagram"
	shift
	run tests/peer "$@" <"$work/datagram"
	succeeds
	read -r from <"$out"
}

# Nothing; a NUL; as much as fits, and one byte more. All formats, as of printf.
odd_datagrams() {
	serve udp_server
	expected="Server listening on 127.0.0.1:$port"
	full=$(letters 1023)
	for datagram in '' 'seen\000hidden' "$full" "${full}x" end; do
		send_datagram "$datagram" datagram "$port"
		text=${datagram%%\\*}
		[ "$text" != "${full}x" ] || text=$full
		expected="$expected
Received from 127.0.0.1:$from: $text"
	done
	await udp_server end
	end udp_server
	prints "$expected"
}
check 'udp_server: a datagram may be empty, too long, have a NUL' odd_datagrams

start_member() { # NAME
	begin 'Receiver listening on ' "$1" \
		socket/multicast_receiver -g "$group" -p "$group_port"
}

member_received() { # NAME TEXT; sets $sender
	ends_well "$1"
	{
		read -r _
		read -r _ _ sender _
	} <"$out"
	prints "Receiver listening on $group:$group_port
Received from $sender $2"
}

send_to_group() { # [MESSAGE]
	gives "Sent to $group:$group_port: ${1-Hello all}" \
		socket/multicast_sender -g "$group" -p "$group_port" "$@"
}

# The other group has the same port on this machine. What comes first is
# printed, and that must be what was sent to one's own group.
only_own_group() {
	new_group
	start_member own
	first=$group
	group=${group%.*}.251
	start_member other
	send_datagram 'to the port alone' datagram "$group_port"
	send_to_group 'for the other'
	member_received other 'for the other'
	group=$first
	send_to_group 'for us'
	member_received own 'for us'
}
check 'a receiver gets what is sent to its group, nothing else' only_own_group

# A stranger joins the group on another interface, and sends there. Linux gives
# that to our socket as well, if IP_MULTICAST_ALL is not switched off. The test
# runs itself once more, in a network of its own.
only_own_interface() {
	if [ "${TEST_NETWORK:-}" != own ]; then
		unshare -n ip link add elsewhere type bridge 2>/dev/null ||
			skip 'no network of its own with two interfaces here'
		# shellcheck disable=SC2154,SC2086 # lib.sh's; may be two words
		TEST_NETWORK=own TEST_INSIDE=only_own_interface \
			unshare -n $shell "$file" || exit 1
		return
	fi
	ip link set lo up
	ip link add elsewhere type bridge
	ip address add 10.9.8.7/24 dev elsewhere
	ip link set elsewhere up
	new_group
	start_member member
	send_datagram 'from elsewhere' \
		interface 10.9.8.7 host "$group" datagram "$group_port"
	send_to_group 'from loopback'
	member_received member 'from loopback'
}
check 'a receiver gets nothing from another interface' only_own_interface

any_message() {
	new_group
	most=$(letters 1024)
	for message in '' "$most"; do
		start_member member
		send_to_group "$message"
		member_received member "$message"
	done
	fails 1 'the message is longer than 1024 bytes' \
		socket/multicast_sender -g "$group" -p "$group_port" "${most}x"
	start_member odd
	send_datagram 'a\000b\033[31mc\177\n\200' \
		host "$group" datagram "$group_port"
	member_received odd 'a?b?[31mc???'
	[ "$sender" = "127.0.0.1:$from:" ] || fail "its sender's port"
	start_member long
	send_datagram "${most}x" host "$group" datagram "$group_port"
	finish long
	fails_with 1 'a datagram with more than 1024 bytes came'
}
check '0 to 1024 bytes arrive, made harmless; none is cut' any_message

finish_tests
