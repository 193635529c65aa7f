#!/bin/sh
# socket.t - sockets: TCP, many processes, many receivers
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

# Each test takes a port that the kernel finds free (-p 0): none that another
# copy of the tests, or a person, is using.
start_server() { # [OPTION ...]; sets $port
	start server socket/server -p 0 "$@"
	await server 'Server listening on'
	port=$(port_of server)
}

# A port that is taken, and where nobody listens; sets $port
reserve_port() { # [OPTION]
	start reserve tests/tcp_peer "$@" reserve
	await reserve ''
	port=$(cat "$work/reserve.out")
}

# A server that does the peer's actions.
start_peer() { # [ACTION ...]; sets $port
	start peer tests/tcp_peer listen "$@"
	await peer 'listening on'
	port=$(port_of peer)
}

start_client() { # [OPTION ...]
	start client socket/client -p "$port" "$@"
}

# It listens, or has failed.
has_spoken() { # NAME
	[ -s "$work/$1.out" ] || [ -s "$work/$1.err" ]
}

# What a peer waits for with wait-file.
go() {
	: >"$work/go"
}

# As prints, byte for byte, no newline added.
prints_file() { # FILE
	cmp -s "$1" "$work/out" || fail "this standard output, exactly:
$(cat -v "$1")"
}

# All that the server prints when its client's message is in FILE.
server_prints_message() { # FILE
	{
		echo "Server listening on 127.0.0.1:$port"
		cat "$1"
		printf '\nHello message sent to client\n'
	} >"$work/expected"
	prints_file "$work/expected"
}

client_prints_answer() { # FILE
	{
		echo 'Hello message sent to server'
		cat "$1"
		echo
	} >"$work/expected"
	prints_file "$work/expected"
}

# ---- the pair ------------------------------------------------------------

pair_talks() {
	start_server
	run socket/client -p "$port"
	succeeds
	prints 'Hello message sent to server
Hello from server'
	finish server
	succeeds
	prints "Server listening on 127.0.0.1:$port
Hello from client
Hello message sent to client"
}
check 'server and client print what they say to each other' pair_talks

three_sockets() {
	start_server -v
	run socket/client -v -p "$port"
	succeeds
	own=$(sed -n 's/^connected socket: 127.0.0.1:\([0-9]*\),.*/\1/p' \
		"$work/out")
	[ "$own" != "$port" ] || fail "a port of the client's own"
	prints "connected socket: 127.0.0.1:$own, peer 127.0.0.1:$port
Hello message sent to server
Hello from server"
	finish server
	succeeds
	prints "Server listening on 127.0.0.1:$port
listening socket: 127.0.0.1:$port, no peer
accepted socket: 127.0.0.1:$port, peer 127.0.0.1:$own
Hello from client
Hello message sent to client"
}
check 'listening, accepted and connected are three sockets' three_sockets

ipv6_pair() {
	"$build/tests/tcp_peer" -6 probe 2>/dev/null || skip 'no IPv6 here'
	start_server -v -a ::1
	run socket/client -v -p "$port" ::1
	succeeds
	own=$(sed -n 's/^connected socket: \[::1\]:\([0-9]*\),.*/\1/p' \
		"$work/out")
	prints "connected socket: [::1]:$own, peer [::1]:$port
Hello message sent to server
Hello from server"
	finish server
	succeeds
	prints "Server listening on [::1]:$port
listening socket: [::1]:$port, no peer
accepted socket: [::1]:$port, peer [::1]:$own
Hello from client
Hello message sent to client"
}
check 'the pair talks over IPv6, addresses in brackets' ipv6_pair

# Somebody may be using the port that is to be had at the other address: then
# once more with another.
reach_localhost() { # ADDRESS of the server, OPTION of the peer at the other
	for _ in 1 2 3 4 5; do
		reserve_port ${2:+"$2"}
		start server socket/server -p "$port" -a "$1"
		await_that has_spoken server
		[ ! -s "$work/server.out" ] || break
		stop reserve
	done
	run socket/client -p "$port" localhost
	succeeds
	prints_line 'Hello from server'
	finish server
	succeeds
	stop reserve
}

# One family's address is tried in vain (the port is held there), the other's
# not, and the other way round: whichever comes first.
host_by_name() {
	grep -q '^127\.0\.0\.1.*[[:space:]]localhost' /etc/hosts ||
		skip 'no localhost in /etc/hosts'
	start_server
	run socket/client -p "$port" localhost
	succeeds
	prints_line 'Hello from server'
	finish server
	succeeds

	grep -q '^::1.*[[:space:]]localhost' /etc/hosts || return 0
	"$build/tests/tcp_peer" -6 probe 2>/dev/null || return 0
	reach_localhost ::1 ''
	reach_localhost 127.0.0.1 -6
}
check 'client takes the name of a host and tries its addresses' host_by_name

# ---- who waits, and who does not -----------------------------------------

recv_waits_for_late_client() {
	start_server -v
	start peer tests/tcp_peer connect "$port" wait-file "$work/go" \
		send 'late, but here' read
	await server 'accepted socket:'
	go
	finish server
	succeeds
	prints_line 'late, but here'
	prints_line 'Hello message sent to client'
	finish peer
	succeeds
	prints_like 'Hello from server'
}
check 'recv waits until the late client has sent' recv_waits_for_late_client

# The client is stopped in its delay, so that the server is through before
# the message is sent, however busy this machine is.
nonblocking_goes_on_without() {
	start_server -n
	start peer tests/tcp_peer connect "$port" wait-file "$work/go" read
	finish server
	succeeds
	prints "Server listening on 127.0.0.1:$port
recv: no data yet (EAGAIN)
Hello message sent to client"
	go
	finish peer
	succeeds
	prints_like 'Hello from server'

	start_server -n
	start_client -v -d 0.2
	await client 'connected socket:'
	stop client STOP
	finish server
	stop client CONT
	succeeds
	prints "Server listening on 127.0.0.1:$port
recv: no data yet (EAGAIN)
Hello message sent to client"
	finish client
	succeeds
	prints_line 'Hello message sent to server'
	prints_line 'Hello from server'
}
check 'server -n goes on without the message of a late client' \
	nonblocking_goes_on_without

# The message is in the kernel before the server goes on: the peer's close
# waits for that.
nonblocking_takes_what_is_there() {
	start_server -n
	stop server STOP
	run tests/tcp_peer connect "$port" send 'already here' close
	succeeds
	stop server CONT
	finish server
	succeeds
	prints_line 'already here'
}
check 'server -n prints a message that is there in time' \
	nonblocking_takes_what_is_there

# It sends, after its delay, where nobody is any more: FIN and RST have come.
client_waits_before_sending() {
	start_peer wait-file "$work/go" shutdown reset
	start_client -v -d 0.3
	await client 'connected socket:'
	stop client STOP
	go
	finish peer
	succeeds
	stop client CONT
	finish client
	fails_with 1 'client: send:'
	prints "$(grep '^connected socket: ' "$work/out")"
}
check 'client -d waits before it sends; a dead peer is no SIGPIPE' \
	client_waits_before_sending

late_pair() {
	start_server
	run socket/client -d 0.02 -p "$port"
	succeeds
	prints 'Hello message sent to server
Hello from server'
	finish server
	prints_line 'Hello from client'
}
check 'a late client and a patient server talk as any pair' late_pair

# ---- bytes, not messages -------------------------------------------------

# The peer goes on only after the server: no end-of-file, no second piece.
first_recv_is_the_message() {
	start_server
	start peer tests/tcp_peer connect "$port" send 'one piece' \
		wait-file "$work/go" read
	finish server
	succeeds
	prints_line 'one piece'
	go
	finish peer
	succeeds
	printf 'connected\nHello from server' >"$work/expected"
	prints_file "$work/expected"
}
check 'server takes one recv for the message, and answers without a NUL' \
	first_recv_is_the_message

client_reads_in_order() {
	start_peer wait-file "$work/go" send 'one, ' wait-file "$work/go" \
		send 'two, ' wait-file "$work/go" send three shutdown read
	start_client
	await client 'Hello message sent to server'
	go
	finish client
	succeeds
	prints 'Hello message sent to server
one, two, three'
	finish peer
	succeeds
	printf 'listening on 127.0.0.1:%s\naccepted\nHello from client' \
		"$port" >"$work/expected"
	prints_file "$work/expected"
}
check 'client reads pieces in order, up to end-of-file' client_reads_in_order

# Sends FILE to the server: it must be through with exit status 0.
send_to_server() { # FILE
	start_server
	"$build/tests/tcp_peer" connect "$port" send-file "$1" read \
		>"$work/peer.out"
	finish server
	succeeds
}

answer_to_client() { # FILE
	start_peer send-file "$1" shutdown read
	run socket/client -p "$port"
	succeeds
}

message_up_to_nul() {
	printf 'seen\000hidden\000' >"$work/message"
	printf 'seen' >"$work/text"
	send_to_server "$work/message"
	server_prints_message "$work/text"
	answer_to_client "$work/message"
	client_prints_answer "$work/text"
}
check 'a message with NULs is printed up to the first' message_up_to_nul

message_of_a_nul() {
	printf '\000hidden' >"$work/message"
	send_to_server "$work/message"
	server_prints_message /dev/null
	answer_to_client "$work/message"
	client_prints_answer /dev/null
}
check 'a message that begins with a NUL is an empty line' message_of_a_nul

message_is_not_text() {
	printf '\001\033\177\200\300%%s%%n\376\377\r' >"$work/message"
	send_to_server "$work/message"
	server_prints_message "$work/message"
	answer_to_client "$work/message"
	client_prints_answer "$work/message"
}
check 'bytes that are not text are printed as they came' message_is_not_text

message_of_1023_bytes() {
	letters 1023 >"$work/message"
	send_to_server "$work/message"
	server_prints_message "$work/message"
	answer_to_client "$work/message"
	client_prints_answer "$work/message"
}
check 'a message of 1023 bytes without a NUL is printed whole' \
	message_of_1023_bytes

message_of_3000_bytes() {
	letters 3000 >"$work/message"
	letters 1023 >"$work/text"
	send_to_server "$work/message"
	server_prints_message "$work/text"
	answer_to_client "$work/message"
	client_prints_answer "$work/text"
}
check 'of a longer message both print the first 1023 bytes' \
	message_of_3000_bytes

client_floods() {
	start_server
	run tests/tcp_peer connect "$port" flood
	succeeds
	finish server
	succeeds
	prints_line 'Hello message sent to client'
	awk 'NR == 2 && /^f+$/ && length($0) <= 1023 { right = 1 }
		END { exit !right || NR != 3 }' "$work/out" ||
		fail 'a message of 1 to 1023 times f'
}
check 'server ends well while its client floods it' client_floods

server_floods() {
	start_peer flood
	run socket/client -p "$port"
	succeeds
	letters 1023 | tr x f >"$work/text"
	client_prints_answer "$work/text"
	finish peer
	succeeds
}
check 'client ends well while its server floods it' server_floods

# ---- no peer, a dead peer, an odd peer -----------------------------------

nobody_listens() {
	reserve_port
	run socket/client -p "$port"
	fails_with 1 'start server first'
	says "connect to 127.0.0.1 port $port"
	prints_nothing
}
check 'a client without a server delivers nothing' nobody_listens

# The server's kernel takes connection and message; the server never wakes up.
message_to_dead_peer_is_lost() {
	start_server
	stop server STOP
	start_client
	await client 'Hello message sent to server'
	stop server KILL
	finish client
	fails_with 1 'client: recv:'
	prints 'Hello message sent to server'
	finish server
	prints "Server listening on 127.0.0.1:$port"
}
check 'what was sent to a peer that died is lost' message_to_dead_peer_is_lost

client_closes_without_message() {
	start_server
	run tests/tcp_peer connect "$port" close
	finish server
	fails_with 1 'the client closed without a message'
	prints "Server listening on 127.0.0.1:$port"
}
check 'server says when its client closes without a message' \
	client_closes_without_message

client_resets_without_message() {
	start_server -v
	start peer tests/tcp_peer connect "$port" wait-file "$work/go" reset
	await server 'accepted socket:'
	go
	finish server
	fails_with 1 'server: recv: Connection reset'
}
check 'server says when its client resets without a message' \
	client_resets_without_message

# Message, FIN and RST come while the server is stopped: its send fails with
# EPIPE. Should the RST be late, so that it does not fail, then once more.
client_dies_before_answer() {
	for _ in 1 2 3 4 5; do
		start_server
		stop server STOP
		run tests/tcp_peer connect "$port" send Hello shutdown reset
		stop server CONT
		finish server
		[ "$status" -eq 0 ] || break
	done
	fails_with 1 'server: '
}
check 'server says when its client is gone before the answer' \
	client_dies_before_answer

server_closes_without_answer() {
	start_peer shutdown read
	run socket/client -p "$port"
	fails_with 1 'the server closed without an answer'
	prints 'Hello message sent to server'
}
check 'client says when its server closes without an answer' \
	server_closes_without_answer

server_resets_without_answer() {
	start_peer wait-file "$work/go" reset
	start_client
	await client 'Hello message sent to server'
	go
	finish client
	fails_with 1 'client: recv: Connection reset'
	prints 'Hello message sent to server'
}
check 'client says when its server resets without an answer' \
	server_resets_without_answer

reset_after_answer() {
	start_peer send 'an answer' wait-file "$work/go" reset
	start_client
	await client 'Hello message sent to server'
	go
	finish client
	succeeds
	prints 'Hello message sent to server
an answer'
}
check 'a reset after the answer is no error of the client' reset_after_answer

# ---- ports ---------------------------------------------------------------

port_is_taken() {
	reserve_port
	run socket/server -p "$port"
	fails_with 1 "port $port is taken: choose another with -p"
	prints_nothing
}
check 'server says when its port is taken' port_is_taken

no_shared_port() {
	start_server
	start second socket/server -p "$port"
	finish second
	fails_with 1 "port $port is taken: choose another with -p"
	prints_nothing
	run socket/client -p "$port"
	succeeds
	finish server
	succeeds
}
check 'a second server never shares the port of the first' no_shared_port

# The server has closed first, so its port is in TIME_WAIT. Somebody else may
# happen to get the port: then once more with another.
port_is_free_again() {
	for _ in 1 2 3; do
		start_server
		run socket/client -p "$port"
		succeeds
		finish server
		start again socket/server -p "$port"
		await_that has_spoken again
		if [ -s "$work/again.out" ]; then
			run socket/client -p "$port"
			succeeds
			finish again
			succeeds
			return
		fi
	done
	finish again
	succeeds
}
check 'the port of a server that has ended is free at once' port_is_free_again

# Neither gets as far as the port, which a person may be using: the first is
# nobody's address, the second cannot be connected to.
default_port() {
	run socket/server -a 192.0.2.1
	fails_with 1 'bind 192.0.2.1 port 12345'
	prints_nothing
	run socket/client 224.0.0.1
	fails_with 1 'connect to 224.0.0.1 port 12345'
	prints_nothing
}
check 'without -p both take port 12345' default_port

# Longer than any name: nobody is asked.
no_such_host() {
	name=$(letters 300)
	run socket/client -p 1 "$name"
	fails_with 1 "client: $name: "
	prints_nothing
}
check 'client says when there is no such host' no_such_host

# ---- sender and receiver: the buffers are full ---------------------------

start_receiver() { # [OPTION ...]; sets $port
	start receiver socket/receiver -p 0 "$@"
	await receiver 'Receiver listening on 127.0.0.1:'
	port=$(port_of receiver)
}

# It listens, but does nothing until it gets CONT: its kernel takes the
# connection and as many bytes as the buffers hold.
start_stopped_receiver() { # sets $port
	start_receiver -d 0
	stop receiver STOP
}

# The number before WORDS in a program's output.
figure() { # NAME WORDS
	sed -n "s/^\(.* \)\{0,1\}\([0-9][0-9.]*\) $2.*/\2/p" "$work/$1.out"
}

holds() { # CONDITION, as awk writes it
	awk "BEGIN { exit !($1) }" || fail "$1"
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

# ---- a message costs a system call on each side --------------------------

# LeakSanitizer does not work under strace.
trace() { # OPTION NAME PROGRAM [ARGUMENT ...]
	option=$1
	name=$2
	program=$3
	shift 3
	ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 \
		strace -f -o "$work/$name.trace" -e "$option" \
		"$build/$program" "$@" >"$work/$name.out" 2>"$work/$name.err" &
	echo "$!" >"$work/$name.pid"
}

can_trace() {
	command -v strace >/dev/null || skip 'no strace here'
	strace -o "$work/trace" true 2>/dev/null ||
		skip 'nothing may be traced here'
}

has_calls() { # NAME COUNT PATTERN
	count=$(grep -c "$3" "$work/$1.trace")
	[ "$count" -eq "$2" ] || fail "$2 times '$3' in the trace of $1, \
not $count"
}

message_is_system_call() {
	can_trace
	trace trace=network server socket/server -p 0
	await server 'Server listening on'
	port=$(port_of server)
	trace trace=network client socket/client -p "$port"
	finish client
	succeeds
	finish server
	succeeds
	has_calls client 1 ' send.*"Hello from client"'
	has_calls server 1 ' recv.*"Hello from client"'
	has_calls server 1 ' send.*"Hello from server"'
	has_calls client 1 ' recv.*"Hello from server"'

	trace trace=network receiver socket/receiver -d 0 -p 0
	await receiver 'Receiver listening on'
	port=$(port_of receiver)
	trace trace=network sender socket/sender -p "$port"
	finish sender
	succeeds
	has_calls sender "$(figure sender 'calls of send')" ' send'
	finish receiver
	succeeds
	has_calls receiver "$(figure receiver 'calls of recv')" ' recv'
}
check 'each message costs a system call on each side' message_is_system_call

# ---- prefork: one socket, many processes ---------------------------------

workers() { # the process ids of all that have been started
	sed -n 's/^worker \([0-9]*\) started$/\1/p' "$work/prefork.out"
}

has_workers() { # COUNT
	[ "$(workers | wc -l)" -eq "$1" ]
}

start_prefork() { # WORKERS; sets $port
	start prefork socket/prefork -p 0 -w "$1"
	await prefork 'Server listening on 127.0.0.1:'
	port=$(port_of prefork)
	await_that has_workers "$1"
}

# Who is stopped takes no client: so it is known who does.
worker_answers() { # PID
	run socket/client -p "$port"
	succeeds
	prints "Hello message sent to server
Hello from worker $1"
}

workers_share_socket() {
	start_prefork 2
	one=$(workers | head -n 1)
	other=$(workers | tail -n 1)
	for _ in 1 2; do
		kill -s STOP "$one"
		worker_answers "$other"
		kill -s CONT "$one"
		kill -s STOP "$other"
		worker_answers "$one"
		kill -s CONT "$other"
	done
}
check 'workers of prefork accept on one listening socket' workers_share_socket

clients_at_once() {
	start prefork socket/prefork -p 0
	await prefork 'Server listening on 127.0.0.1:'
	port=$(port_of prefork)
	await_that has_workers 3
	for client in 1 2 3 4 5 6 7 8 9 10; do
		start "client$client" socket/client -d 0.05 -p "$port"
	done
	for client in 1 2 3 4 5 6 7 8 9 10; do
		finish "client$client"
		succeeds
		worker=$(sed -n 's/^Hello from worker //p' "$work/out")
		workers | grep -qx "$worker" || fail 'an answer of a worker'
	done
	has_workers 3 || fail 'no other workers than the first'
}
check 'three workers answer ten clients at once' clients_at_once

killed_worker_is_replaced() {
	start_prefork 1
	for count in 2 3; do
		killed=$(workers | tail -n 1)
		kill -s KILL "$killed"
		run socket/client -p "$port"
		succeeds
		await prefork "worker $killed was ended by signal 9"
		await_that has_workers "$count"
		prints_line "Hello from worker $(workers | tail -n 1)"
	done
}
check 'a killed worker is replaced, and the client gets its answer' \
	killed_worker_is_replaced

nobody_listens_any_more() {
	! "$build/socket/client" -p "$port" >"$work/client.out" \
		2>"$work/client.err" &&
		grep -q 'start server first' "$work/client.err"
}

# The port is refused when the last process that had the socket has ended. A
# client that says nothing holds one of them.
ends_with_workers() { # SIGNAL NUMBER
	start_prefork 3
	rm -f "$work/go"
	start peer tests/tcp_peer connect "$port" wait-file "$work/go" read
	await peer connected
	stop prefork "$1"
	finish prefork
	exits "$((128 + $2))"
	await_that nobody_listens_any_more
	go
}

parent_ends_alone() {
	ends_with_workers INT 2
	ends_with_workers TERM 15
	ends_with_workers HUP 1
	ends_with_workers KILL 9
}
time_limit=4 # not the 5 seconds that a silent client may take
check 'workers end with their parent, whatever ends it' parent_ends_alone
time_limit=10

# A client wakes many workers, and one gets it. Whoever is not told EAGAIN but
# waits in accept does not see the parent's end. End-of-file comes when the
# last of them has closed its output.
nobody_waits_in_accept() {
	mkfifo "$work/fifo" || skip 'no named pipe here'
	cat "$work/fifo" >"$work/prefork.out" &
	reader=$!
	"$build/socket/prefork" -p 0 -w 30 >"$work/fifo" 2>"$work/prefork.err" &
	echo "$!" >"$work/prefork.pid"
	await_that has_workers 30
	port=$(port_of prefork)
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		run socket/client -p "$port"
		succeeds
	done
	stop prefork KILL
	wait "$reader"
	finish prefork
	[ ! -s "$work/prefork.err" ] || fail 'nothing on standard error'
}
time_limit=4
check 'workers that did not get a client do not wait for it' \
	nobody_waits_in_accept
time_limit=10

silent_client() {
	start_prefork 2
	start peer tests/tcp_peer connect "$port" wait-file "$work/go" close
	await peer connected
	for _ in 1 2 3; do
		run socket/client -p "$port"
		succeeds
	done
	go
	finish peer
	succeeds
}
check 'a client that says nothing holds one worker, not the others' \
	silent_client

# What makes a worker's recv or send fail: it goes on with the next client.
odd_client() { # ACTION ...
	kill -s STOP "$worker"
	run tests/tcp_peer connect "$port" "$@"
	succeeds
	kill -s CONT "$worker"
	worker_answers "$worker"
}

# Who closes, or resets with or without a message. Without one none is answered.
odd_clients() {
	start_prefork 1
	worker=$(workers)
	odd_client reset
	odd_client close
	[ ! -s "$work/prefork.err" ] || fail 'no answer that cannot be sent'
	odd_client send Hello reset
	odd_client send Hello shutdown reset
	run tests/tcp_peer connect "$port" shutdown read
	succeeds
	prints connected
}
check 'a worker survives clients that close or reset' odd_clients

# accept fails in every worker: without care, new ones would fail for ever.
worker_fails() {
	can_trace
	trace inject=accept,accept4:error=ENFILE prefork socket/prefork -p 0 \
		-w 1
	await prefork 'Server listening on'
	port=$(port_of prefork)
	run socket/client -p "$port"
	[ "$status" -ne 0 ] || skip 'strace does not make accept fail here'
	finish prefork
	exits 1
	says 'prefork: accept: '
	says ' failed'
}
check 'prefork ends when its workers cannot work' worker_fails

prefork_port() {
	reserve_port
	run socket/prefork -p "$port"
	fails_with 1 "port $port is taken: choose another with -p"
	prints_nothing
	start_prefork 1
	start second socket/prefork -p "$port"
	finish second
	fails_with 1 "port $port is taken: choose another with -p"
	stop prefork
	for _ in 1 2 3; do
		start_prefork 1
		run socket/client -p "$port"
		succeeds
		stop prefork KILL
		finish prefork
		await_that nobody_listens_any_more
		start again socket/prefork -p "$port"
		await_that has_spoken again
		[ ! -s "$work/again.out" ] || return 0
	done
	finish again
	succeeds
}
check 'prefork says when its port is taken, and leaves it free' prefork_port

this_machine_only() {
	[ "$(uname)" = Linux ] || skip 'elsewhere 127.0.0.2 is not this machine'
	start_receiver -d 0
	run socket/sender -p "$port" 127.0.0.2
	fails_with 1 'Connection refused'
	start_prefork 1
	run socket/client -p "$port" 127.0.0.2
	fails_with 1 'Connection refused'
}
check 'receiver and prefork listen on 127.0.0.1 only' this_machine_only

prefork_options() {
	shows_usage socket/prefork
	refused socket/prefork -x
	refused socket/prefork -p
	refused socket/prefork -p 0 surplus
	for value in 0x 70000 65536 -1 '' '1 ' 99999999999999999999; do
		refused socket/prefork -p "$value"
		says "-p '$value'"
	done
	for value in 0 101 -1 '' 2x 99999999999999999999; do
		refused socket/prefork -p 0 -w "$value"
		says "-w '$value'"
	done
	fails_on_full_output 'standard output' socket/prefork -p 0
}
check 'prefork refuses wrong options, and fails without its output' \
	prefork_options

# Who reads its output leaves when it has seen the worker.
prefork_output_closed() {
	mkfifo "$work/prefork.out" || skip 'no named pipe here'
	start prefork socket/prefork -p 0 -w 1
	exec 3<"$work/prefork.out"
	read -r line <&3
	read -r line <&3
	exec 3<&-
	worker=${line#worker }
	kill -s KILL "${worker% started}"
	command='(started as prefork)'
	wait "$(pid prefork)"
	status=$?
	cp "$work/prefork.err" "$work/err"
	: >"$work/out"
	fails_with 1 'standard output'
}
check 'prefork ends when nobody reads its output any more' \
	prefork_output_closed

# ---- multicast: one datagram, many receivers -----------------------------

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

# ---- options and output --------------------------------------------------

server_shows_usage() {
	shows_usage socket/server
}
check 'server -h shows its usage' server_shows_usage

client_shows_usage() {
	shows_usage socket/client
}
check 'client -h shows its usage' client_shows_usage

server_refuses_options() {
	refused socket/server -x
	refused socket/server -p
	refused socket/server -a
	refused socket/server -p 0 surplus
}
check 'server refuses unknown, incomplete and surplus arguments' \
	server_refuses_options

server_refuses_values() {
	for value in 0x 70000 65536 -1 '' '1 ' 99999999999999999999; do
		refused socket/server -p "$value"
		says "-p '$value'"
	done
	for value in nonsense '' localhost 127.0.0.256 127.0.0.1:80; do
		refused socket/server -p 0 -a "$value"
		says "-a '$value'"
	done
}
check 'server refuses what is no port or no address' server_refuses_values

client_refuses_options() {
	refused socket/client -x
	refused socket/client -d
	refused socket/client -p
	refused socket/client -p 1 127.0.0.1 surplus
}
check 'client refuses unknown, incomplete and surplus arguments' \
	client_refuses_options

client_refuses_values() {
	for value in 0x 70000 65536 -1 '' '1 ' 0 99999999999999999999; do
		refused socket/client -p "$value"
		says "-p '$value'"
	done
	for value in -1 nan '' inf 1x; do
		refused socket/client -p 1 -d "$value"
		says "-d '$value'"
	done
}
check 'client refuses what is no port or no time' client_refuses_values

client_output_full() {
	start_server
	fails_on_full_output 'standard output' socket/client -p "$port"
}
check 'client fails when it cannot write its output' client_output_full

# Who reads the server's output leaves after the first line.
server_output_closed() {
	mkfifo "$work/server.out" || skip 'no named pipe here'
	start server socket/server -p 0
	read -r line <"$work/server.out"
	run tests/tcp_peer connect "${line##*:}" send Hello read
	command='(started as server)'
	wait "$(pid server)"
	status=$?
	cp "$work/server.err" "$work/err"
	: >"$work/out"
	fails_with 1 'standard output'
}
check 'server fails when nobody reads its output any more' \
	server_output_closed

# ---- one server, many clients --------------------------------------------

start_echo() { # [OPTION ...]; sets $socket
	socket=$work/echo
	start echo socket/echo_server -u "$socket" "$@"
	await echo 'Server listening'
}

stop_echo() { # [SIGNAL]; then as after run
	stop echo "${1:-TERM}"
	finish echo
	[ ! -e "$socket" ] || fail "no $socket any more"
}

# Many clients' bytes, each compared with what it had sent.
load() { # [OPTION ...]
	run tests/echo_load "$@" "$socket"
	succeeds
}

say() { # [ARGUMENT ...]
	run socket/echo_client -u "$socket" "$@"
}

# Not so if it asks the kernel the same again and again.
sleeps() { # NAME
	[ "$(awk '{ print $3 }' "/proc/$(pid "$1")/stat")" = S ]
}

comes_to_rest() { # NAME
	[ ! -r "/proc/$(pid "$1")/stat" ] || await_that sleeps "$1"
}

still_serves() {
	say 'still there?'
	succeeds
	prints 'Echoed: still there?'
}

has_accepted() { # COUNT
	[ "$(grep -c '^Accepted connection$' "$work/echo.out")" -ge "$1" ]
}

echo_pair() {
	start_echo
	say
	succeeds
	prints 'Echoed: Hello, server!'
	await echo 'Received: Hello, server!'
	stop_echo
	exits 143
	[ ! -s "$work/err" ] || fail 'nothing on standard error'
	prints "Server listening... $socket
Accepted connection
Received: Hello, server!"
}
check 'echo: server and client print what they say to each other' echo_pair

echo_keeps_order() {
	start_echo
	say one '' 'two words' three
	succeeds
	prints 'Echoed: one
Echoed: 
Echoed: two words
Echoed: three'
	await echo 'Received: three'
	stop_echo
	prints "Server listening... $socket
Accepted connection
Received: one
Received: two words
Received: three"
}
check 'echo: messages come back in the order in which they were sent' \
	echo_keeps_order

echo_many_clients() {
	start_echo -q
	load -c 300 -r 10
	prints_like 'clients 300, busy 300, round trips 3000,'
	load -c 300 -b 3 -r 100
	stop_echo
	[ "$(grep -c '^Accepted connection$' "$work/out")" -eq 600 ] ||
		fail '600 times: Accepted connection'
	! grep -q Received "$work/out" || fail 'no line for a message with -q'
}
check 'echo: 300 clients at once each get their echoes' echo_many_clients

echo_client_that_never_reads() {
	start_echo -q
	load -n -c 100 -r 20
	prints_like 'one that never reads has sent '
	start load tests/echo_load -n -k "$socket"
	await load 'one that never reads has sent '
	comes_to_rest echo
	still_serves
}
check 'echo: a client that does not read is not read from, and stalls nobody' \
	echo_client_that_never_reads

echo_of_much() {
	start_echo
	load -s 10485760
	load -c 5 -s 300000
	load -p 1 -s 2000
	letters 120000 >"$work/message"
	say "$(cat "$work/message")"
	succeeds
	prints "Echoed: $(cat "$work/message")"
}
check 'echo: 10 MiB, and byte after byte, come back exactly' echo_of_much

echo_after_half_close() {
	start_echo -q
	load -e
	load -e -c 20 -s 1000000
	load -e -s 2000 -p 1
}
check 'echo: who says that it has sent all gets the rest, then end-of-file' \
	echo_after_half_close

echo_is_not_text() {
	start_echo
	# All 256 bytes, from 0 on: three digits each, in octal.
	# shellcheck disable=SC2059 # it is the format that makes bytes
	printf "$(awk 'BEGIN { for (i = 0; i < 256; i++)
		printf "\\%d%d%d", i / 64, i / 8 % 8, i % 8 }')" \
		>"$work/bytes"
	run tests/tcp_peer connect "$socket" send-file "$work/bytes" \
		shutdown read
	succeeds
	{ echo connected && cat "$work/bytes"; } >"$work/expected"
	prints_file "$work/expected"
}
check 'echo: any byte comes back, a NUL too' echo_is_not_text

# Closed with an echo unread, which is a reset; closed while echoes wait.
echo_of_a_dead_client() {
	start_echo
	letters 100000 >"$work/message"
	run tests/tcp_peer connect "$socket" send-file "$work/message" close
	succeeds
	start load tests/echo_load -n -k -c 2 "$socket"
	await load 'never reads'
	stop load KILL
	finish load
	still_serves
	comes_to_rest echo
	stop_echo
	exits 143
	[ ! -s "$work/err" ] || fail 'nothing on standard error'
}
check 'echo: a client that dies is just gone' echo_of_a_dead_client

echo_stopped_and_continued() {
	start_echo
	stop echo STOP
	start client socket/echo_client -u "$socket" one two
	stop echo CONT
	finish client
	succeeds
	prints 'Echoed: one
Echoed: two'
}
check 'echo: Ctrl-Z and fg do no harm' echo_stopped_and_continued

# Open files are limited for all that this test starts. Of the second load
# most clients wait for descriptors, and so do those after it. When the first
# load's leave, there are some, but again not enough: that is told once only.
echo_without_descriptors() {
	# shellcheck disable=SC3045 # no shell of ours is without -n
	ulimit -n 40 2>/dev/null || skip 'ulimit -n cannot be had here'
	start_echo
	start first tests/echo_load -k -c 30 -r 5 "$socket"
	await first 'per second'
	start second tests/echo_load -k -c 30 -b 1 -r 5 "$socket"
	await second 'per second'
	await_that test -s "$work/echo.err"
	start client tests/echo_load -k "$socket"
	await client connected
	start third tests/echo_load -k -c 30 -r 0 "$socket"
	await third 'per second'
	comes_to_rest echo
	stop first
	finish first
	await client 'per second'
	stop_echo
	exits 143
	says 'new clients wait until one leaves'
	[ "$(wc -l <"$work/err")" -eq 1 ] || fail 'one line on standard error'
}
check 'echo: without descriptors left it serves those it has, and waits' \
	echo_without_descriptors

# It is started with few, and may have more.
echo_raises_limit() {
	# shellcheck disable=SC3045 # no shell of ours is without -n
	ulimit -S -n 40 2>/dev/null || skip 'ulimit -S cannot be had here'
	# shellcheck disable=SC3045
	most=$(ulimit -H -n)
	[ "$most" = unlimited ] || [ "$most" -ge 100 ] ||
		skip "a process may have $most descriptors here"
	start_echo -q
	load -c 60
	stop_echo
	[ ! -s "$work/err" ] || fail 'nothing on standard error'
}
check 'echo: the server takes as many descriptors as it may' echo_raises_limit

echo_to_all() {
	start_echo -b
	for name in one two three; do
		start "$name" socket/echo_client -w 60 -u "$socket"
	done
	await_that has_accepted 3
	say 'to all' again
	succeeds
	prints 'Echoed: to all
Echoed: again'
	for name in one two three; do
		await "$name" again
		stop "$name"
		finish "$name"
		prints_like 'Echoed: to all'
	done
}
check 'echo: with -b all clients get each message' echo_to_all

# The slow one is cut off, and gets what was sent to it before that.
echo_to_a_slow_one() {
	start_echo -b -q
	start slow tests/tcp_peer connect "$socket" wait-file "$work/go" read
	await_that has_accepted 1
	load -s 3000000
	await_that test -s "$work/echo.err"
	go
	finish slow
	succeeds
	[ "$(wc -c <"$work/out")" -lt 3000000 ] || fail 'less than all'
	load -s 100000
	stop_echo
	exits 143
	says 'a client that does not keep up is disconnected'
	[ "$(wc -l <"$work/err")" -eq 1 ] || fail 'one line on standard error'
}
check 'echo: with -b a client that does not keep up is disconnected' \
	echo_to_a_slow_one

# ---- the server's path ---------------------------------------------------

echo_path_is_private() {
	(umask 0 && start_echo && pid echo >"$work/server")
	socket=$work/echo
	case $(ls -l "$socket") in
	srw-------*) ;;
	*) fail 'mode 0600' ;;
	esac
	kill "$(cat "$work/server")"
}
check 'echo: only the owner may connect' echo_path_is_private

echo_removes_its_path() {
	for signal in INT TERM HUP; do
		start_echo
		still_serves
		stop_echo "$signal"
		case $signal:$status in
		INT:130 | TERM:143 | HUP:129) ;;
		*) fail "death by SIG$signal" ;;
		esac
	done
}
check 'echo: ended by a signal, the server removes its path' \
	echo_removes_its_path

echo_path_is_not_stolen() {
	start_echo
	run socket/echo_server -u "$socket"
	fails_with 1 "a server is already listening at $socket"
	prints_nothing
	still_serves
	# Stopped it is not dead: the kernel takes the connection.
	stop echo STOP
	start load tests/echo_load -k -r 0 -c 20 "$socket"
	await load 'per second'
	run socket/echo_server -u "$socket"
	fails_with 1 "a server is already listening at $socket"
	stop echo CONT
	still_serves
}
check "echo: a living server's path is not stolen" echo_path_is_not_stolen

echo_takes_dead_path() {
	start_echo
	stop echo KILL
	finish echo
	[ -S "$socket" ] || fail 'a path that outlives its server'
	say
	fails_with 1 'start echo_server first'
	start_echo
	still_serves
	stop_echo
}
check 'echo: the path of a server that was killed is taken over' \
	echo_takes_dead_path

# Nobody accepts, and no more connections can wait for it: a server that would
# wait with them would keep all the others from taking a path.
echo_path_with_full_queue() {
	[ "$(uname)" = Linux ] || skip 'elsewhere a full queue refuses'
	socket=$work/echo
	start server tests/odd socket "$socket"
	await server listening
	start load tests/echo_load -k -r 0 -c 4 "$socket"
	await load 'per second'
	run socket/echo_server -u "$socket"
	fails_with 1 "bind $socket (see -u): "
	[ -S "$socket" ] || fail "the other server's path"
}
check 'echo: the path of a server whose queue is full is not waited for' \
	echo_path_with_full_queue

# One gets it, and it is not taken away from that one.
echo_race_for_dead_path() {
	for _ in 1 2 3; do
		start_echo
		stop echo KILL
		finish echo
		for name in one two three four; do
			start "$name" socket/echo_server -u "$socket"
		done
		won=0
		for name in one two three four; do
			await_that has_spoken "$name"
			[ ! -s "$work/$name.out" ] || won=$((won + 1))
		done
		[ "$won" -eq 1 ] || fail "one server at $socket, not $won"
		still_serves
		for name in one two three four; do
			stop "$name" 2>/dev/null
			finish "$name"
		done
		[ ! -e "$socket" ] || fail "no $socket any more"
	done
}
check 'echo: of several servers that start at once one gets the path' \
	echo_race_for_dead_path

# The test has the lock, as a server has that is about to take its path.
echo_waits_for_its_turn() {
	[ -r /proc/self/stat ] || skip 'no /proc here'
	start lock tests/odd lock /
	await lock locked
	socket=$work/echo
	start echo socket/echo_server -u "$socket"
	await_that sleeps echo
	[ ! -e "$socket" ] || fail 'no path before the other one is through'
	stop lock
	await echo 'Server listening'
	still_serves
}
check 'echo: a server waits while another one is taking its path' \
	echo_waits_for_its_turn

echo_keeps_other_files() {
	socket=$work/echo
	echo precious >"$socket"
	run socket/echo_server -u "$socket"
	fails_with 1 "bind $socket (see -u): "
	[ "$(cat "$socket")" = precious ] || fail 'the file as it was'
	ln -s echo "$work/link"
	run socket/echo_server -u "$work/link"
	fails_with 1 "bind $work/link (see -u): "
	[ -h "$work/link" ] || fail 'the link'
	start odd tests/odd datagram "$work/datagrams"
	await odd listening
	run socket/echo_server -u "$work/datagrams"
	fails_with 1 "bind $work/datagrams (see -u): "
	[ -S "$work/datagrams" ] || fail 'the other program'"'"'s socket'
	run socket/echo_server -u "$work/none/echo"
	fails_with 1 "bind $work/none/echo (see -u): No such file"
	prints_nothing
}
check 'echo: a path that is no socket is never removed' echo_keeps_other_files

# Root could remove it, and does not.
echo_keeps_path_of_another_user() {
	start_echo
	stop echo KILL
	finish echo
	chown 1 "$socket" 2>/dev/null || skip 'only root gives a file away'
	run socket/echo_server -u "$socket"
	fails_with 1 "bind $socket (see -u): "
	[ -S "$socket" ] || fail 'the path of the other user'
}
check "echo: another user's path is not removed" \
	echo_keeps_path_of_another_user

# Somebody removes the first one's path, and a second server takes it.
echo_leaves_path_of_another() {
	start_echo
	rm "$socket"
	start second socket/echo_server -u "$socket"
	await second 'Server listening'
	stop echo
	finish echo
	still_serves
}
check 'echo: the path of another server is not removed' \
	echo_leaves_path_of_another

echo_server_dies() {
	start_echo
	start client socket/echo_client -w 60 -u "$socket" Hello
	await client 'Echoed: Hello'
	"$build/tests/await" line /dev/null '' 0.2 # it stays, for 60 seconds
	stop echo KILL
	finish client
	fails_with 1 'echo_client: the server closed the connection'
	prints 'Echoed: Hello'
}
check 'echo: client says when the server dies' echo_server_dies

# A server that does not even accept. Should it die before the client has
# connected, then once more.
echo_server_dies_first() {
	[ -r /proc/self/stat ] || skip 'no /proc here'
	socket=$work/echo
	for _ in 1 2 3 4 5; do
		rm -f "$socket"
		start server tests/odd socket "$socket"
		await server listening
		start client socket/echo_client -u "$socket"
		comes_to_rest client
		stop server
		finish server
		finish client
		grep -q 'start echo_server first' "$work/err" || break
	done
	fails_with 1 'echo_client: the server closed the connection'
	prints_nothing
}
check 'echo: client says when the server dies before it has answered' \
	echo_server_dies_first

# A client that stands still while the first echo waits for it.
start_halfway() { # MESSAGE
	[ -r /proc/self/stat ] || skip 'no /proc here'
	stop echo STOP
	start halfway socket/echo_client -u "$socket" "$1"
	await_that sleeps halfway
	stop halfway STOP
	stop echo CONT
	await echo 'Received: '
}

echo_server_dies_halfway() {
	start_echo
	start_halfway "$(letters 5000)"
	stop echo KILL
	finish echo
	stop halfway CONT
	finish halfway
	fails_with 1 'echo_client: the server closed the connection'
}
check 'echo: a server that dies halfway is no SIGPIPE for its client' \
	echo_server_dies_halfway

# When the second of the others has its echo, both have been sent to all.
echo_among_others() {
	start_echo -b
	start_halfway ours
	say theirs
	say theirs
	succeeds
	stop halfway CONT
	finish halfway
	succeeds
	prints 'Echoed: ours'
}
check 'echo: with -b a client reads as much as it has sent, and ends' \
	echo_among_others

# Nothing is sent: it may be somebody's server.
echo_default_path() {
	run socket/echo_client -w 0
	prints_nothing
	[ "$status" -eq 0 ] || fails_with 1 \
		"connect to /tmp/ipc_echo_$(id -u) (start echo_server"
	start_echo
	say -w 0.01
	succeeds
	prints_nothing
}
check 'echo: a default path for each user; -w alone sends nothing' \
	echo_default_path

echo_usage() {
	shows_usage socket/echo_server
	shows_usage socket/echo_client
}
check 'echo: -h shows the usage of both' echo_usage

echo_refuses_options() {
	for half in echo_server echo_client; do
		refused "socket/$half" -x
		refused "socket/$half" -u
		refused "socket/$half" -u ''
	done
	refused socket/echo_server surplus
	says "surplus argument 'surplus'"
	refused socket/echo_client -w
	for value in -1 nan '' inf 1x 86401; do
		refused socket/echo_client -w "$value"
		says "-w '$value'"
	done
}
check 'echo: both refuse what they cannot take' echo_refuses_options

# How long it may be differs by system: they say it.
echo_longest_path() {
	refused socket/echo_server -u "$(letters 1000)"
	most=$(sed -n 's/.*: not 1 to \([0-9]*\) bytes$/\1/p' "$work/err")
	[ "${#work}" -lt "$((most - 1))" ] || skip "$work is too long"
	socket=$work/$(letters "$((most - ${#work} - 1))")
	start echo socket/echo_server -u "$socket"
	await echo "Server listening... $socket"
	say
	succeeds
	refused socket/echo_server -u "${socket}x"
	refused socket/echo_client -u "${socket}x"
	stop_echo
}
check 'echo: a path is never cut; the longest is served' echo_longest_path

echo_output_full() {
	socket=$work/echo
	fails_on_full_output 'standard output' socket/echo_server -u "$socket"
	[ ! -e "$socket" ] || fail "no $socket any more"
	start_echo
	fails_on_full_output 'standard output' socket/echo_client -u "$socket"
	fails_on_full_output 'standard output' socket/echo_client -w 60 \
		-u "$socket" Hello
}
check 'echo: both fail when they cannot write their output' echo_output_full

# Who reads the server's output leaves after the first line.
echo_output_closed() {
	socket=$work/echo
	mkfifo "$work/echo.out" || skip 'no named pipe here'
	start echo socket/echo_server -u "$socket"
	read -r line <"$work/echo.out"
	[ "$line" = "Server listening... $socket" ] || fail 'the first line'
	say
	wait "$(pid echo)"
	status=$?
	cp "$work/echo.err" "$work/err"
	fails_with 1 'standard output'
	[ ! -e "$socket" ] || fail "no $socket any more"
}
check 'echo: server ends when nobody reads its output any more' \
	echo_output_closed

# ---- pingpong ------------------------------------------------------------

pingpong=socket/pingpong
mechanism=tcp
sizes='1 2 3 64 4097 1048576'
more=
# shellcheck source=tests/pingpong.sh
. tests/pingpong.sh

pingpong_unix_pair() {
	for wait in block poll; do
		for size in 1 64 1048576; do
			run socket/pingpong -u -w "$wait" -s "$size" -n 3
			prints_figures unix "$wait" "$size" 3
		done
	done
	# It is more than the buffers hold, and who polls does not sleep for it.
	run_on_one_core socket/pingpong -u -w poll -s 1048576 -n 3
	figures_hold 'switches < 0.5'
}

# Linux lists the numbers of all Unix-domain sockets.
pingpong_unix_pair_is_one() {
	[ -r /proc/net/unix ] || skip 'no /proc/net/unix to look into'
	start_endless pair socket/pingpong -u
	readlink "/proc/$parent/fd/"* >"$work/links"
	number=$(sed -n 's/^socket:\[\([0-9]*\)\]$/\1/p' "$work/links")
	awk -v number="$number" '$7 == number { found = 1 }
		END { exit !found }' /proc/net/unix ||
		fail "the socket '$number' in /proc/net/unix"
	stop pair
	finish pair
}

pingpong_unix_pair_ends() {
	endless_ends socket/pingpong -u
	endless_ends socket/pingpong -u -w poll
}

check_pingpong
check 'pingpong: the same through a Unix-domain pair' pingpong_unix_pair
check 'pingpong: and it is one' pingpong_unix_pair_is_one
check 'pingpong: and that leaves nothing either' pingpong_unix_pair_ends

finish_tests
