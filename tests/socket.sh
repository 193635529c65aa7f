#!/bin/sh
# socket.sh - what the tests of sockets share
# shellcheck disable=SC2034,SC2154 # lib.sh and the tests set and use them
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

# Each test takes a port that the kernel finds free (-p 0): none that another
# copy of the tests, or a person, is using.
serve() { # PROGRAM [OPTION ...]; sets $port
	server=$1
	shift
	begin 'listening on ' "$server" "socket/$server" -p 0 "$@"
	port=$(port_of "$server")
}

# A group and a port that no other test has: they are made of this one's
# process id. Ports from 32768 on are those that kernels give away.
new_group() { # sets $group, $group_port
	group=239.255.$(($$ / 250 % 250 + 1)).$(($$ % 250 + 1))
	group_port=$((20000 + $$ % 12000))
}

# The echo server. Its path is its port.
start_echo() { # [OPTION ...]; sets $socket, $port
	socket=$work/echo
	port=$socket
	begin 'Server listening' echo socket/echo_server -u "$socket" "$@"
}

# The server ends by SIGTERM, and its path is gone.
end_echo() { # then as after run
	end echo
	exits 143
	[ ! -e "$socket" ] || fail "no $socket any more"
}

kill_echo() {
	end echo KILL
	[ -S "$socket" ] || fail 'a path that outlives its server'
}

say() { # [ARGUMENT ...]
	run socket/echo_client -u "$socket" "$@"
}

still_serves() {
	gives 'Echoed: still there?' \
		socket/echo_client -u "$socket" 'still there?'
}

# A port that is taken, and where nobody listens.
reserve_port() { # sets $port
	begin '' reserve tests/peer reserve stay
	read -r port <"$work/reserve.out"
}

# A server that does these actions.
start_peer() { # [ACTION ...]; sets $port
	begin 'listening on ' peer tests/peer listen "$@"
	port=$(port_of peer)
}

# Our client, with such a server; then as after run.
client_meets() { # [ACTION ...]
	start_peer "$@"
	run socket/client -p "$port"
}

# A client that does them: to its end, or in the background.
peer_client() { # [ACTION ...]
	run tests/peer connect "$port" "$@"
	succeeds
}

start_peer_client() { # [ACTION ...]
	begin connected peer tests/peer connect "$port" "$@"
}

# So many of them, in one process.
crowd() { # COUNT NAME [ACTION ...]
	count=$1
	name=$2
	shift 2
	begin connected "$name" tests/peer clients "$count" connect "$port" "$@"
}

# What a peer waits for with wait-file.
go() { # [NAME]
	: >"$work/${1:-go}"
}

# As start; its Enter comes from press_enter, one for one program.
start_with_keys() { # NAME PROGRAM [ARGUMENT ...]
	[ -p "$work/keys" ] || mkfifo "$work/keys" || skip 'no named pipe here'
	exec 9<>"$work/keys"
	start_from "$work/keys" "$@"
}

press_enter() {
	echo >&9
}

# As await, on standard error.
await_error() { # NAME TEXT
	await_that has_text "$work/$1.err" "$2"
}

# As prints, byte for byte, no newline added.
prints_bytes() { # FORMAT, as printf takes it
	# shellcheck disable=SC2059 # it is the format that makes bytes
	printf "$1" | cmp -s - "$out" ||
		fail "this standard output, exactly: $1"
}

# The number before WORDS in a program's output.
figure() { # NAME WORDS
	sed -n "s/^\(.* \)\{0,1\}\([0-9][0-9.]*\) $2.*/\2/p" "$work/$1.out"
}

holds() { # CONDITION, as awk writes it
	awk "BEGIN { exit !($1) }" || fail "$1"
}
