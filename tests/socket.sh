#!/bin/sh
# socket.sh - what the tests of sockets share
# shellcheck disable=SC2034,SC2154 # lib.sh and the tests set and use them

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

# As start; its Enter comes from press_enter.
start_with_keys() { # NAME PROGRAM [ARGUMENT ...]
	rm -f "$work/keys"
	mkfifo "$work/keys" 2>/dev/null || skip 'no named pipe here'
	exec 9<>"$work/keys"
	start_from "$work/keys" "$@"
}

press_enter() {
	echo >&9
}

# As await, on standard error.
await_error() { # NAME TEXT
	"$build/scripts/await" line "$work/$1.err" "$2" ||
		fail "a line with '$2' on standard error of $1"
}

start_receiver() { # [OPTION ...]; sets $port
	start receiver socket/receiver -p 0 "$@"
	await receiver 'Receiver listening on 127.0.0.1:'
	port=$(port_of receiver)
}

# The number before WORDS in a program's output.
figure() { # NAME WORDS
	sed -n "s/^\(.* \)\{0,1\}\([0-9][0-9.]*\) $2.*/\2/p" "$work/$1.out"
}

holds() { # CONDITION, as awk writes it
	awk "BEGIN { exit !($1) }" || fail "$1"
}

# LeakSanitizer does not work under strace.
trace() { # OPTION NAME PROGRAM [ARGUMENT ...]
	option=$1
	name=$2
	program=$3
	shift 3
	rm -f "$work/$name.out" "$work/$name.err"
	ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 \
		strace -f -o "$work/$name.trace" -e "$option" \
		"$build/$program" "$@" >"$work/$name.out" 2>"$work/$name.err" &
	echo "$!" >"$work/$name.pid"
}

# Not where libc makes a call in another way than strace knows it.
was_injected() { # NAME of a program that was traced with inject=
	grep -q INJECTED "$work/$1.trace" ||
		skip 'strace does not change what these calls return here'
}

# The program says which call it was that failed. CALL is as for strace.
names_failed_call() { # CALL MESSAGE PROGRAM [ARGUMENT ...]
	option=inject=$1
	message="${3##*/}: $2: "
	shift 2
	trace "$option" failing "$@"
	finish failing
	was_injected failing
	exits 1
	says "$message"
}

can_trace() {
	command -v strace >/dev/null || skip 'no strace here'
	strace -o "$work/trace" true 2>/dev/null ||
		skip 'nothing may be traced here'
}

can_inject() {
	can_trace
	strace -o "$work/trace" -e inject=chdir:error=EPERM true \
		2>/dev/null || skip 'strace cannot make calls fail here'
}

# As start; but strace makes a call fail, or return a number, without doing it:
# no port is touched, and what was "sent" is lost.
start_with() { # CALL WHAT NAME PROGRAM [ARGUMENT ...]
	case $1 in # some of these are other processors' names
	accept) calls='?accept,?accept4' ;;
	recv) calls='?recv,?recvfrom' ;;
	send) calls='?send,?sendto' ;;
	fcntl) calls='?fcntl,?fcntl64' ;;
	*) calls=$1 ;;
	esac
	option=inject=$calls:$2
	shift 2
	trace "$option" "$@"
}

# MESSAGE is what such a program says, before the system's own words.
names_call() { # CALL WHAT MESSAGE PROGRAM [ARGUMENT ...]
	faulty=$1
	what=$2
	message=$3
	shift 3
	start_with "$faulty" "$what" failing "$@"
	finish failing
	fails_with 1 "${program#*/}: $message: "
}
