#!/bin/sh
# compare-socket.t - scripts/compare/socket, messages through sockets
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
needs_loopback

pingpong=scripts/compare/socket
mechanism=tcp
sizes='1 2 3 64 4097 1048576'
more=
# shellcheck source=tests/pingpong.sh
. tests/pingpong.sh

pingpong_unix_pair() {
	carries unix '1 64 1048576' "$pingpong" -u
	# It is more than the buffers hold, and polling does not sleep for it.
	run_on_one_core "$pingpong" -u -w poll -s 1048576 -n 3
	figures_hold 'switches < 0.5'
}
check 'unix: the same through a Unix-domain pair' pingpong_unix_pair

# Linux lists the numbers of all Unix-domain sockets.
pingpong_unix_pair_is_one() {
	[ -r /proc/net/unix ] || skip 'no /proc/net/unix to look into'
	start_endless pair "$pingpong" -u
	number=$(find "/proc/$parent/fd" -exec readlink '{}' ';' |
		sed -n 's/^socket:\[\([0-9]*\)\]$/\1/p')
	awk -v number="$number" '$7 == number { found = 1 }
		END { exit !found }' /proc/net/unix ||
		fail "the socket '$number' in /proc/net/unix"
	end pair
}
check 'unix: and it is one' pingpong_unix_pair_is_one

pingpong_unix_pair_ends() {
	endless_ends "$pingpong" -u
	endless_ends "$pingpong" -u -w poll
}
check 'unix: and that leaves nothing either' pingpong_unix_pair_ends

finish_tests
