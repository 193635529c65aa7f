#!/bin/sh
# socket-buffers.t - sender and receiver: the buffers are full
# shellcheck source=tests/socket.sh
. "${0%/*}/socket.sh"
needs_loopback

start_waiting_sender() {
	begin 'now it waits' sender socket/sender -p "$port"
}

# What the lines say, and that both wait, is in the sheet; here are the figures.
# How much the buffers hold depends on the system. Both sides' clocks run, and
# the sender sleeps in send, before the 0.2 seconds begin.
send_waits() {
	start_with_keys receiver socket/receiver -w -p 0
	await receiver 'Receiver listening on 127.0.0.1:'
	port=$(port_of receiver)
	start_waiting_sender
	await_error receiver 'press Enter to read'
	await_that waits sender
	! "$build/scripts/await" line "$work/sender.out" sent 0.2 ||
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

# A peer takes a sender's numbers down; then receivers get them as they were,
# and with the second and third block of them exchanged.
numbers_are_checked() {
	start_peer wait-file "$work/go" read
	run socket/sender -n -p "$port" localhost
	succeeds
	go
	ends_well peer
	tail -n +3 "$out" >"$work/numbers"
	for block in 0 2 1; do
		dd if="$work/numbers" bs=65536 skip="$block" count=1
	done >"$work/disorder" 2>/dev/null
	serve receiver
	peer_client send-file "$work/numbers"
	ends_well receiver
	prints_line 'all in order'
	serve receiver
	peer_client send-file "$work/disorder"
	finish receiver
	fails_with 1 'in their order'
	prints_like 'received 196608 bytes in '
	! has_text "$out" 'all in order' || fail 'disorder'
}
check 'receiver tells whether what came is in order' numbers_are_checked

# What comes after the end-of-file is no SIGPIPE either.
receiver_goes() {
	start_peer wait-file "$work/go" shutdown reset
	start_waiting_sender
	go
	finish sender
	fails_with 1 'sender: send: after '
	! grep -q '^sent' "$out" || fail 'nothing sent to a dead receiver'
}
check 'a sender that waits ends when its receiver does' receiver_goes

# To the receiver a sender that was killed seems to have closed.
sender_goes() {
	serve receiver
	stop receiver STOP
	start_waiting_sender
	end sender KILL
	filled=$(figure sender bytes)
	stop receiver CONT
	ends_well receiver
	prints_line 'all in order'
	received=$(figure receiver bytes)
	holds "$received >= $filled && $received < 67108864"

	serve receiver
	peer_client send Hello reset
	finish receiver
	fails_with 1 'receiver: recv: after '
	! has_text "$out" received || fail 'no count'
	! grep -q '^received' "$out" || fail 'no count'
}
check "receiver counts a killed sender's bytes, tells of a reset" sender_goes

finish_tests
