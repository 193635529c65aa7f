#!/bin/sh
# socket-pair.t - server and client: who waits for whom, and what arrives
# shellcheck source=tests/socket.sh
. "${0%/*}/socket.sh"
needs_loopback

has_ipv6() {
	run socket/client -p 1 ::1
	has_text "$err" refused
}

ipv6_pair() {
	has_ipv6 || skip 'no IPv6 here'
	serve server -v -a ::1
	run socket/client -v -p "$port" ::1
	succeeds
	own=$(sed -n 's/^connected socket: \[::1\]:\([0-9]*\),.*/\1/p' \
		"$out")
	prints "connected socket: [::1]:$own, peer [::1]:$port
Hello message sent to server
Hello from server"
	ends_well server
	prints "Server listening on [::1]:$port
listening socket: [::1]:$port, no peer
accepted socket: [::1]:$port, peer [::1]:$own
Hello from client
Hello message sent to client"
}
check 'the pair talks over IPv6, addresses in brackets' ipv6_pair

client_reaches() { # HOST
	run socket/client -p "$port" "$1"
	succeeds
	prints_line 'Hello from server'
	ends_well server
}

# Whichever address comes first: one is tried in vain.
host_by_name() {
	grep -q '^127\.0\.0\.1.*[[:space:]]localhost' /etc/hosts ||
		skip 'no localhost in /etc/hosts'
	serve server
	client_reaches localhost
	grep -q '^::1.*[[:space:]]localhost' /etc/hosts && has_ipv6 || return 0
	reserve_port
	begin 'listening on ' server socket/server -p "$port" -a ::1
	client_reaches localhost
}
check 'client takes the name of a host and tries its addresses' host_by_name

# The end of the input will do too.
client_reads_up_to_enter() {
	printf 'other keys\nrest' >"$work/typed"
	serve server
	{
		run socket/client -w -p "$port"
		read -r rest
	} <"$work/typed"
	exits 0
	[ "$rest" = rest ] || fail 'keys up to Enter read, and no more'
	serve server
	run socket/client -w -p "$port" </dev/null
	exits 0
	prints_line 'Hello from server'
}
check 'client -w reads up to Enter, and no further' client_reads_up_to_enter

# On a terminal, if $terminal is the tool that makes one.
serve_there() { # PROGRAM; sets $port
	begin 'Server listening on ' "$1" "${terminal:-socket/$1}" \
		${terminal:+"$build/socket/$1"} -p 0
	port=$(port_of "$1")
}

# These are formats, as of printf. The server does not wait for end-of-file, and
# sends no NUL.
both_print() { # TEXT MESSAGE [HOW the server's answer ends]
	# shellcheck disable=SC2059
	printf "$2" >"$work/message"
	serve_there server
	peer_client send-file "$work/message" read
	prints_bytes "connected\nHello from server${3:-}"
	ends_well server
	prints_bytes "Server listening on 127.0.0.1:$port\n$1
Hello message sent to client\n"
	start_peer send-file "$work/message" shutdown read
	run "${terminal:-socket/client}" \
		${terminal:+"$build/socket/client"} -p "$port"
	succeeds
	prints_bytes "Hello message sent to server\n$1\n"
}

odd_messages() {
	terminal=
	both_print seen 'seen\000hidden\000'
	both_print '' '\000hidden'
	bytes='\001\033\177\200\300%%s%%n\376\377\r'
	both_print "$bytes" "$bytes"
	most=$(letters 1023)
	both_print "$most" "$most"
	# A socket that is closed with something unread resets.
	both_print "$most" "$most$most$most" '(reset)\n'
}
check 'any bytes are printed, up to a NUL, 1023 at most' odd_messages

client_leaves() {
	serve server
	peer_client
	finish server
	fails_with 1 'server: recv: the client closed without a message'
	! has_text "$out" Hello || fail 'no answer'
}
check 'server says when its client leaves without a message' client_leaves

# With wait-file there is a pause: what is sent comes in pieces.
answer_in_pieces() {
	go
	for end in shutdown reset; do
		client_meets hear send 'one, ' wait-file "$work/go" \
			send 'two, ' wait-file "$work/go" send three \
			wait-file "$work/go" "$end"
		succeeds
		prints 'Hello message sent to server
one, two, three'
	done
}
check 'client reads an answer to its end, also if that is a reset' \
	answer_in_pieces

# It has got what fits, and does not wait for an end that never comes.
server_floods() {
	client_meets flood
	succeeds
	prints "Hello message sent to server
$(letters 1023 | tr x f)"
	ends_well peer
}
check 'client ends well while its server floods it' server_floods

# The sequences that set a terminal's title and clear it, tab and DEL, and the
# same beginning of a sequence (CSI) as one character of UTF-8; then umlauts,
# the euro sign, and a letter with the byte 0x9b in it.
rest='\303\204\303\244\342\202\254\303\233\302\251\nend'
controls="\033]0;owned\007\033[2J\t\177\302\2332J\r$rest"
harmless="?]0;owned??[2J??\302?2J?$rest"

terminals_are_protected() {
	terminal=tests/on_terminal
	run "$terminal" "$build/socket/client" -h
	[ -s "$out" ] || skip 'no pseudo-terminal here'
	both_print "$harmless" "$controls"
	serve_there udp_server
	run tests/peer datagram "$port" <"$work/message"
	read -r from <"$out"
	await udp_server end
	kill "$(child_of "$(pid udp_server)")"
	finish udp_server
	prints_bytes "Server listening on 127.0.0.1:$port\n\
Received from 127.0.0.1:$from: $harmless\n"
}
check 'terminals are shown no control characters' terminals_are_protected

finish_tests
