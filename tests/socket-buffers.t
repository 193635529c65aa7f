#!/bin/sh
# socket-buffers.t - sender and receiver: the buffers are full
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/socket.sh
. "${0%/*}/socket.sh"

# It listens, but does nothing until it gets CONT: its kernel takes the
# connection and as many bytes as the buffers hold.
start_stopped_receiver() { # sets $port
	start_receiver -d 0
	stop receiver STOP
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
# then once more. The receiver's sleep and the sender's whole time are sure.
send_waits_until_receiver_reads() {
	for _ in 1 2 3 4 5; do
		start_receiver -d 0.2
		start sender socket/sender -p "$port"
		finish sender
		succeeds
		sender_met_full_buffers
		full="send: buffers full after $filled bytes"
		prints_like "$full (now it waits)"
		prints_like "sent $offered of $offered bytes in "
		whole=$(sed -n 's/^sent .* in \(.*\) s$/\1/p' \
			"$work/sender.out")
		holds "$whole >= 0.2"
		holds "$(figure sender 'calls of send') >= $offered / 65536"
		finish receiver
		succeeds
		prints_line 'connected: recv begins in 0.2 s'
		prints_like "received $offered bytes in "
		holds "$(figure receiver 's, ') >= 0.2"
		holds "$(figure receiver 'calls of recv') > $offered / 65536"
		longest=$(figure sender s | tail -n 1)
		[ "${longest#0.[1-9]}" = "$longest" ] || return 0
	done
	fail 'a send that took 0.1 s or more'
}
check 'send waits while the buffers are full, until the receiver reads' \
	send_waits_until_receiver_reads

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
	holds "$(figure receiver bytes) >= $filled"
	holds "$(figure receiver bytes) < 67108864"
}
check 'receiver counts what a killed sender had sent' sender_dies

sender_resets() {
	start_receiver -d 0
	start peer tests/tcp_peer connect "$port" send Hello \
		wait-file "$work/go" reset
	await receiver 'connected: '
	go
	finish receiver
	fails_with 1 'receiver: recv: after '
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
	fails_with 1 "sender: $name: "
	run socket/sender 224.0.0.1
	fails_with 1 'connect to 224.0.0.1 port 12345 '
}
check 'sender says when there is no receiver, or no such host' \
	sender_without_receiver

receiver_port_is_taken() {
	reserve_port
	run socket/receiver -p "$port"
	fails_with 1 "port $port is taken: choose another with -p"
	prints_nothing
	start_receiver
	run socket/receiver -p "$port"
	fails_with 1 "port $port is taken: choose another with -p"
	run tests/tcp_peer connect "$port"
	await receiver 'connected: recv begins in 2 s'
}
check 'receiver says when its port is taken' receiver_port_is_taken

# A receiver that was killed has closed first: its port is in TIME_WAIT.
# Somebody else may happen to get the port: then once more with another.
receiver_port_is_free_again() {
	for _ in 1 2 3; do
		start_receiver -d 60
		start peer tests/tcp_peer connect "$port" \
			wait-file "$work/go" read
		await receiver 'connected: '
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
	refused socket/sender -p 1 127.0.0.1 surplus
	refused socket/receiver -x
	refused socket/receiver -d
	refused socket/receiver -p 0 surplus
	for value in 0x 70000 65536 -1 '' '1 ' 99999999999999999999; do
		refused socket/sender -p "$value"
		says "-p '$value'"
		refused socket/receiver -p "$value"
		says "-p '$value'"
	done
	refused socket/sender -p 0
	for value in -1 nan '' inf 1x 86401; do
		refused socket/receiver -p 0 -d "$value"
		says "-d '$value'"
	done
}
check 'sender and receiver show their usage and refuse wrong options' \
	sender_and_receiver_options

# A port that was free a moment ago.
sender_or_receiver_output_full() {
	start_receiver -d 0
	fails_on_full_output 'standard output' socket/sender -p "$port"
	reserve_port
	stop reserve
	finish reserve
	command='socket/receiver >/dev/full'
	: >"$work/out"
	"$build/socket/receiver" -d 0 -p "$port" >/dev/full 2>"$work/err" &
	await_that "$build/tests/tcp_peer" connect "$port" close \
		>"$work/peer.out" 2>&1
	wait "$!"
	status=$?
	fails_with 1 'standard output'
}
check 'sender and receiver fail when they cannot write their output' \
	sender_or_receiver_output_full

finish_tests
