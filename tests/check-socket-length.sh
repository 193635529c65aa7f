#!/bin/sh
# check-socket-length.sh - the task "A length before the message" of
# socket/README.md
# shellcheck source=tests/socket.sh
. "${0%/*}/socket.sh"

# LENGTH, four bytes in octal, and TEXT: a message as the task has it.
message() { # LENGTH TEXT
	# shellcheck disable=SC2059 # the length is a format
	printf "$1"
	printf %s "$2"
}
seventeen='\000\000\000\021'

# A client sends these files, each a while after the one before; then it reads.
send_pieces() { # FILE ...
	go
	set -- "$@" end
	while [ "$1" != end ]; do
		set -- "$@" send-file "$work/$1" wait-file "$work/go"
		shift
	done
	shift
	start_peer_client "$@" read
}

server_ends() { # [HINT]
	tries=0
	until has_ended "$(pid server)"; do
		tries=$((tries + 1))
		[ "$tries" -le 50 ] || {
			stop server
			fail "the server ends within 5 seconds.
hint: ${1:-does it wait for more bytes than the length says?}"
		}
		"$build/scripts/await" /dev/null '' 0.1
	done
	finish server
}

server_takes_pieces() {
	serve server
	message '\000\000' '' >"$work/one"
	message '\000\021' 'Hello' >"$work/two"
	message '' ' from client' >"$work/three"
	send_pieces one two three
	server_ends
	has_line "$out" 'Hello from client' || fail "the line 'Hello from \
client', though length and message come in pieces.
hint: call recv until you have the 4 bytes of the length, then until you have \
as many bytes as it says"
}
check 'the server prints a message whose length and text come in pieces' \
	server_takes_pieces

server_takes_no_more() {
	serve server
	message '\000\000\000\005' 'HelloGoodbye' >"$work/two messages"
	send_pieces 'two messages'
	server_ends
	has_line "$out" 'Hello' || fail "the line 'Hello', without what \
comes behind it.
hint: the length was 5, so receive 5 bytes and no more"
}
check 'the server takes as many bytes as the length says' server_takes_no_more

server_sends_length() {
	serve server
	message "$seventeen" 'Hello from client' >"$work/question"
	message "$seventeen" 'Hello from server' >"$work/answer"
	send_pieces question
	server_ends
	finish peer
	{
		echo connected
		cat "$work/answer"
	} | cmp -s - "$out" || fail "the bytes 0, 0, 0, 17 and then the \
answer.
hint: the length in the order of the network, htonl(17), goes first"
}
check 'the server sends the length of its answer first' server_sends_length

client_needs_no_end() {
	message '\000\000\000' '' >"$work/one"
	message '\021' 'Hello' >"$work/two"
	message '' ' from server' >"$work/three"
	go
	start_peer send-file "$work/one" wait-file "$work/go" \
		send-file "$work/two" wait-file "$work/go" \
		send-file "$work/three" read
	start client socket/client -p "$port"
	"$build/scripts/await" "$work/client.out" 'from server' 5 || {
		stop client
		finish client
		fail "the line 'Hello from server', while the server still has \
the connection open.
hint: the length tells where the answer ends: do not wait for end-of-file"
	}
	finish client
	exits 0
	message "$seventeen" 'Hello from client' >"$work/question"
	finish peer
	tail -n +3 "$out" | cmp -s - "$work/question" || fail "the bytes \
0, 0, 0, 17 and then the message.
hint: the length in the order of the network, htonl(17), goes first"
}
check 'the client sends a length, and reads as much as the length says' \
	client_needs_no_end

server_refuses_nonsense() {
	serve server
	message '\377\377\377\377' 'Hello' >"$work/nonsense"
	send_pieces nonsense
	server_ends 'is there room for 4294967295 bytes? If not, say so; end'
	case $status$(cat "$err") in
	1?*) ;;
	*) fail "an error, exit status 1: this length is 4294967295.
hint: never trust a length that another process sends: does it fit?" ;;
	esac
}
check 'the server refuses a length that does not fit' server_refuses_nonsense

together() {
	serve server
	start client socket/client -p "$port"
	finish client
	has_line "$out" 'Hello from server' ||
		fail "the line 'Hello from server' of your client"
	server_ends
	has_line "$out" 'Hello from client' ||
		fail "the line 'Hello from client' of your server"
}
check 'your server and your client understand each other' together

finish_tests
