#!/bin/sh
# socket-buffers.t - sender and receiver: the buffers are full
# shellcheck source=tests/socket.sh
. "${0%/*}/socket.sh"
needs_loopback

# What the lines say, and that both wait, is in the sheet; here are the figures.
# How much the buffers hold depends on the system. Both sides' clocks run, and
# the sender sleeps in send, before the 0.2 seconds begin.
send_waits() {
	start_with_keys receiver socket/receiver -w -p 0
	await receiver 'Receiver listening on 127.0.0.1:'
	port=$(port_of receiver)
	begin 'now it waits' sender socket/sender -p "$port"
	await_error receiver 'press Enter to read'
	await_that waits sender
	! "$build/scripts/await" "$work/sender.out" sent 0.2 ||
		fail 'a sender that waits for its receiver'
	press_enter
	ends_well sender
	filled=$(figure sender bytes | head -n 1)
	seconds=$(sed -n 's/^sent .* in \(.*\) s$/\1/p' "$work/sender.out")
	longest=$(figure sender s | tail -n 1)
	holds "$filled > 0 && $filled < 67108864 && $seconds >= 0.2 &&
		$(figure sender 'calls of send') >= 67108864 / 65536 &&
		$longest >= 0.1 && $longest <= $seconds"
	finish receiver
	exits 0
	prints_line 'all in order'
	holds "$(figure receiver 's, ') >= 0.2 &&
		$(figure receiver 'calls of recv') > 67108864 / 65536"
}
check 'send waits while the buffers are full; the figures are right' send_waits

# The first block of a sender's numbers, and the same once more.
numbers_are_checked() {
	start_peer read
	run socket/sender -n -p "$port" localhost
	succeeds
	ends_well peer
	tail -n +3 "$out" | head -c 65536 >"$work/block"
	cat "$work/block" "$work/block" >"$work/disorder"
	serve receiver
	peer_client send-file "$work/disorder"
	finish receiver
	fails_with 1 'in their order'
	prints_like 'received 131072 bytes in '
	! has_text "$out" 'all in order' || fail 'disorder'
}
check 'receiver tells that what came is not in order' numbers_are_checked

finish_tests
