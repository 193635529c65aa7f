#!/bin/sh
# socket-buffers.t - sender and receiver: the buffers are full
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/socket.sh
. "${0%/*}/socket.sh"
needs_loopback

# It listens, but does nothing until it gets CONT: its kernel takes the
# connection and as many bytes as the buffers hold.
start_stopped_receiver() { # sets $port
	start_receiver
	stop receiver STOP
}

start_waiting_receiver() { # sets $port
	start_with_keys receiver socket/receiver -w -p 0
	await receiver 'Receiver listening on 127.0.0.1:'
	port=$(port_of receiver)
}

# What the sender offers, and what was in the buffers when they were full:
# how much that is depends on the system, but it is more than nothing.
sender_met_full_buffers() {
	offered=$(sed -n 's/^sent [0-9]* of \([0-9]*\) bytes.*/\1/p' \
		"$work/sender.out")
	filled=$(figure sender bytes | head -n 1)
	holds "$filled > 0 && $filled < $offered"
}

# How long the longest send takes is the machine's matter when it is busy:
# then once more. That nothing goes on for 0.2 seconds is sure.
send_waits_until_receiver_reads() {
	for _ in 1 2 3 4 5; do
		start_waiting_receiver
		start sender socket/sender -p "$port"
		await sender 'now it waits'
		! "$build/scripts/await" line "$work/sender.out" sent 0.2 ||
			fail 'a sender that waits for its receiver'
		! grep -q received "$work/receiver.out" ||
			fail 'a receiver that waits for Enter'
		press_enter
		finish sender
		succeeds
		sender_met_full_buffers
		full="send: buffers full after $filled bytes"
		prints_line "$full (now it waits)"
		[ "$(grep -c 'buffers full' "$work/out")" -eq 1 ] ||
			fail 'full buffers only once: then it waits'
		prints_like "sent $offered of $offered bytes in "
		whole=$(sed -n 's/^sent .* in \(.*\) s$/\1/p' \
			"$work/sender.out")
		holds "$whole >= 0.2"
		holds "$(figure sender 'calls of send') >= $offered / 65536"
		finish receiver
		fails_with 0 'nothing read yet: press Enter to read'
		prints_like "received $offered bytes in "
		prints_line 'all in order'
		holds "$(figure receiver 's, ') >= 0.2"
		holds "$(figure receiver 'calls of recv') > $offered / 65536"
		longest=$(figure sender s | tail -n 1)
		[ "${longest#0.[1-9]}" = "$longest" ] || return 0
	done
	fail 'a send that took 0.1 s or more'
}
check 'send waits while the buffers are full, until the receiver reads' \
	send_waits_until_receiver_reads

receiver_reads_at_once() {
	start_receiver
	run socket/sender -p "$port"
	succeeds
	finish receiver
	succeeds
	prints_like 'received 67108864 bytes in '
	prints_line 'all in order'
}
check 'without -w the receiver reads at once' receiver_reads_at_once

# A peer takes a sender's numbers down; then a receiver gets them as they were,
# and with the second and third block of them exchanged.
numbers_are_checked() {
	start_peer wait-file "$work/go" read
	run socket/sender -n -p "$port"
	succeeds
	go
	finish peer
	succeeds
	lines=$(printf 'listening on 127.0.0.1:%s\naccepted\n' "$port" | wc -c)
	tail -c "+$((lines + 1))" "$work/peer.out" >"$work/numbers"
	for blocks in '0 1 2' '0 2 1'; do
		for block in $blocks; do
			dd if="$work/numbers" bs=65536 skip="$block" count=1 \
				2>/dev/null
		done >"$work/blocks"
		start_receiver
		run tests/tcp_peer connect "$port" \
			send-file "$work/blocks" close
		succeeds
		finish receiver
		prints_like 'received 196608 bytes in '
		if [ "$blocks" = '0 1 2' ]; then
			succeeds
			prints_line 'all in order'
		else
			fails_with 1 'in their order'
			! grep 'all in order' "$work/out" || fail 'disorder'
		fi
	done
}
check 'receiver tells whether what came is in order' numbers_are_checked

send_goes_on() {
	start_stopped_receiver
	start sender socket/sender -p "$port"
	await sender 'now it waits'
	! grep -q '^sent' "$work/sender.out" || fail 'a sender that waits'
	stop receiver CONT
	finish sender
	succeeds
	sender_met_full_buffers
	finish receiver
	succeeds
	prints_like "received $offered bytes in "
	prints_line 'all in order'
}
check 'send waits for a stopped receiver, and all arrives later' send_goes_on

nonblocking_send() {
	start_stopped_receiver
	start sender socket/sender -n -p "$port" localhost
	finish sender
	succeeds
	sender_met_full_buffers
	prints_line "send: buffers full after $filled bytes (EAGAIN)"
	prints_like "sent $filled of $offered bytes in "
	stop receiver CONT
	finish receiver
	succeeds
	prints_like "received $filled bytes in "
	prints_line 'all in order'
}
check 'sender -n gets EAGAIN; what was taken arrives, and no more' \
	nonblocking_send

receiver_dies() {
	start_stopped_receiver
	start sender socket/sender -p "$port"
	await sender 'now it waits'
	stop receiver KILL
	finish sender
	fails_with 1 'sender: send: after '
	! grep -q '^sent' "$work/out" || fail 'nothing sent to a dead receiver'
}
check 'a sender that waits ends when its receiver is killed' receiver_dies

receiver_shuts_down_and_resets() {
	start_peer wait-file "$work/go" shutdown reset
	start sender socket/sender -p "$port"
	await sender 'now it waits'
	go
	finish sender
	fails_with 1 'sender: send: after '
}
check 'a receiver that has gone is no SIGPIPE for its sender' \
	receiver_shuts_down_and_resets

# For the receiver it is as if the sender had closed.
sender_dies() {
	start_stopped_receiver
	start sender socket/sender -p "$port"
	await sender 'now it waits'
	stop sender KILL
	finish sender
	filled=$(figure sender bytes)
	stop receiver CONT
	finish receiver
	succeeds
	prints_line 'all in order'
	holds "$(figure receiver bytes) >= $filled"
	holds "$(figure receiver bytes) < 67108864"
}
check 'receiver counts what a killed sender had sent' sender_dies

sender_resets() {
	start_waiting_receiver
	start peer tests/tcp_peer connect "$port" send Hello \
		wait-file "$work/go" reset
	await_error receiver 'press Enter to read'
	go
	finish peer
	press_enter
	finish receiver
	exits 1
	says 'receiver: recv: after '
	says 'Connection reset'
	! grep -q '^received' "$work/out" || fail 'no count'
}
check 'receiver says when its sender resets' sender_resets

sender_without_receiver() {
	reserve_port
	run socket/sender -p "$port"
	fails_with 1 "connect to 127.0.0.1 port $port (start receiver first)"
	prints_nothing
	name=$(letters 300)
	run socket/sender "$name"
	fails_with 1 "sender: getaddrinfo $name: "
	run socket/sender 224.0.0.1
	fails_with 1 'connect to 224.0.0.1 port 12345: '
}
check 'sender says when there is no receiver, or no such host' \
	sender_without_receiver

receiver_port_is_taken() {
	reserve_port
	run socket/receiver -p "$port"
	fails_with 1 "port $port is taken, "
	prints_nothing
	start_receiver
	run socket/receiver -p "$port"
	fails_with 1 "port $port is taken, "
	run tests/tcp_peer connect "$port"
	finish receiver
	succeeds
}
check 'receiver says when its port is taken' receiver_port_is_taken

# A receiver that was killed has closed first: its port is in TIME_WAIT.
# Somebody else may happen to get the port: then once more with another.
receiver_port_is_free_again() {
	for _ in 1 2 3; do
		start_waiting_receiver
		start peer tests/tcp_peer connect "$port" \
			wait-file "$work/go" read
		await_error receiver 'press Enter to read'
		stop receiver KILL
		finish receiver
		go
		finish peer
		start again socket/receiver -p "$port"
		await_that has_spoken again
		[ ! -s "$work/again.out" ] || return 0
		rm "$work/go"
	done
	finish again
	succeeds
}
check 'the port of a receiver that was killed is free at once' \
	receiver_port_is_free_again

sender_and_receiver_options() {
	shows_usage socket/sender
	shows_usage socket/receiver
	refused socket/sender -x
	refused socket/sender -p
	refused socket/sender -p 1 127.0.0.1 unexpected
	says "unexpected argument 'unexpected'"
	refused socket/receiver -x
	refused socket/receiver -d 1
	refused socket/receiver -p 0 unexpected
	says "unexpected argument 'unexpected'"
	for value in 0x 70000 65536 -1 '' '1 ' 99999999999999999999; do
		refused socket/sender -p "$value"
		says "-p '$value': must be 1 to 65535"
		refused socket/receiver -p "$value"
		says "-p '$value': must be 0 to 65535"
	done
	refused socket/sender -p 0
}
check 'sender and receiver show their usage and refuse wrong options' \
	sender_and_receiver_options

# A port that was free a moment ago.
sender_or_receiver_output_full() {
	start_receiver
	fails_on_full_output 'standard output' socket/sender -p "$port"
	reserve_port
	stop reserve
	finish reserve
	command='socket/receiver >/dev/full'
	: >"$work/out"
	"$build/socket/receiver" -p "$port" >/dev/full 2>"$work/err" &
	await_that "$build/tests/tcp_peer" connect "$port" close \
		>"$work/peer.out" 2>&1
	wait "$!"
	status=$?
	fails_with 1 'standard output'
}
check 'sender and receiver fail when they cannot write their output' \
	sender_or_receiver_output_full

finish_tests
