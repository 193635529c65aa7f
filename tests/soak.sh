#!/bin/sh
# soak.sh - the long checks: much data, many clients
#
# For `make soak`, with soak-deaths.sh; SOAK=short asks less of each. Figures
# are told beside the results, as comments.
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

case ${SOAK:-full} in
short) megabytes=64 connections=1000 clients=60 orders=20 ;;
*) megabytes=1024 connections=5000 clients=300 orders=200 ;;
esac

# ---- much data -----------------------------------------------------------

transfer_is_exact() {
	new_key
	mkfifo "$work/original"
	head -c "$((megabytes * 1048576))" /dev/urandom | tee "$work/original" |
		"$build/shm/producer" -k "$key" &
	producer=$!
	"$build/shm/consumer" -k "$key" | cmp - "$work/original" ||
		fail 'the bytes that went in'
	wait "$producer" || fail 'a producer that is content'
	note "$megabytes MiB of random bytes went through"
}

seconds_of() { # COMMAND, a line for sh
	(time -p sh -c "$1") 2>&1 >/dev/null | awk '$1 == "real" { print $2 }'
}

# In turn, so that whatever else the machine does hits both.
transfer_beside_pipe() {
	new_key
	dd if=/dev/null of="$work/holes" bs=1048576 seek="$megabytes" \
		2>/dev/null
	pipe="dd bs=65536 <'$work/holes' | dd bs=65536"
	shm="'$build/shm/producer' -k $key <'$work/holes' &
		'$build/shm/consumer' -k $key; wait"
	for _ in 1 2 3 4 5; do
		echo "$(seconds_of "$pipe") $(seconds_of "$shm")"
	done >"$work/seconds"
	note "$(awk -v size="$megabytes" '
		NR == 1 || $1 < pipe { pipe = $1 }
		NR == 1 || $2 < shm { shm = $2 }
		END {
			if (!(pipe > 0 && shm > 0))
				exit 1
			printf "%d MiB in blocks of 64 KiB, best of 5: pipe " \
				"%.2f s, shared memory %.2f s, ratio %.2f",
				size, pipe, shm, pipe / shm
		}' "$work/seconds")"
}

# ---- many clients --------------------------------------------------------

resident() { # NAME, in KiB; only Linux tells
	awk '/^VmRSS:/ { print $2 }' "/proc/$(pid "$1")/status"
}

# The programs raise the soft limit to the hard one.
needs_descriptors() { # COUNT
	# shellcheck disable=SC3045 # all shells that we know have it
	hard=$(ulimit -Hn)
	[ "$hard" = unlimited ] || [ "$hard" -ge "$1" ] ||
		skip "a process may have $hard descriptors, not $1"
}

echo_for_many() {
	needs_descriptors "$((connections + 50))"
	start server socket/echo_server -q -u "$work/echo"
	await server 'Server listening'
	if [ -r "/proc/$(pid server)/status" ]; then
		before=$(resident server)
		start load tests/echo_load -k -c "$connections" "$work/echo"
		await_long load 'round trips'
		after=$(resident server)
		stop load
		finish load
		bytes=$(((after - before) * 1024 / connections))
		note "$connections idle clients: $before KiB resident before," \
			"$after KiB after: $bytes bytes each"
		[ "$bytes" -lt 16384 ] || fail 'less than 16 KiB for each'
	fi
	run tests/echo_load -n -c "$connections" -r 20 "$work/echo"
	succeeds
	note "with one more that never reads: $(cat "$work/out")"
	stop server
	finish server
	[ ! -e "$work/echo" ] || fail 'no path'
}

await_long() { # NAME TEXT
	"$build/scripts/await" line "$work/$1.out" "$2" 60 ||
		fail "a line with '$2' within 60 seconds"
}

# Twenty texts of client $1, each of $2 letters or more.
client_texts() {
	awk -v client="$1" -v width="$2" 'BEGIN {
		while (++i <= 20) {
			text = "client" client "-request" i "-"
			while (length(text) < width)
				text = text "x"
			print text
		}
	}'
}

# The server is stopped until all clients have begun: the queue is full. It has
# taken a request before, so they know that there is one, and wait for it.
queue_clients() { # LETTERS [BYTES of the queues [each so many is killed]]
	new_path
	start server msgqueue/server -f "$path"
	await server 'Server waiting for requests'
	run msgqueue/client -f "$path" first
	if [ $# -ge 2 ]; then
		"$build/tests/odd" limit "requests:$path" "$2"
		"$build/tests/odd" limit "answers:$path" "$2"
	fi
	stop server STOP
	client=0
	while [ "$((client += 1))" -le "$clients" ]; do
		# shellcheck disable=SC2046 # each word is a text
		start "client$client" msgqueue/client -f "$path" \
			$(client_texts "$client" "$1")
	done
	stop server CONT
	client=0
	while [ "$((client += ${3:-clients + 1}))" -le "$clients" ]; do
		stop "client$client" KILL
	done
	answered=0
	client=0
	while [ "$((client += 1))" -le "$clients" ]; do
		finish "client$client"
		[ "$status:$((client % ${3:-1000}))" != 137:0 ] || continue
		answered=$((answered + 1))
		succeeds
		prints "$(client_texts "$client" "$1" |
			tr '[:lower:]' '[:upper:]')"
	done
	note "$((answered * 20)) right answers to $answered clients"
	stop server
	finish server
	queue_server_is_gone || fail 'no queue of the server any more'
}

queue_server_is_gone() {
	! queue_exists "$path" requests && ! queue_exists "$path" answers
}

queue_for_many() {
	queue_clients 20
	queue_clients 20
	queue_clients 20
}

queue_long_texts() {
	queue_clients 99
}

# Answers to the killed clients are more than the queue holds.
queue_is_small() {
	queue_clients 20 200
	queue_clients 99 1000 5
	queue_clients 20 100 5
}

# ---- a client that says nothing ------------------------------------------

# The only worker waits 5 seconds for it, and then takes the next one.
silent_client() {
	start server socket/prefork -w 1 -p 0
	await server 'worker '
	port=$(port_of server)
	start silent tests/tcp_peer connect "$port" read
	await silent connected
	run socket/client -p "$port"
	succeeds
	prints_like 'Hello from worker '
	finish silent
	succeeds
	prints connected
}

# ---- orders --------------------------------------------------------------

orders_hold() {
	unset TEST_COUNTS # it is this file that counts
	WATCH_TIMES=$orders $shell tests/watch-step.t reader_comes_early \
		writer_overwrites race_is_won_and_lost increments_are_lost \
		recv_waits nonblocking_recv_does_not_wait \
		nonblocking_recv_is_late queue_is_filled >"$work/orders" ||
		fail "the same outcome each time: $(cat "$work/orders")"
}

# ---- comparing -----------------------------------------------------------

compare_for_real() {
	run_script scripts/compare/compare.sh -q -o "$work"
	succeeds
	[ -s "$work/compare.csv" ] || fail 'compare.csv'
	[ -s "$work/compare.svg" ] || fail 'compare.svg'
}

time_limit=600
check "$megabytes MiB of any bytes come through a buffer as they are" \
	transfer_is_exact
check 'a buffer in shared memory beside a pipe' transfer_beside_pipe
check "one echo server has $connections clients at once" echo_for_many
check "$clients clients have 20 requests each answered, three times" \
	queue_for_many
check "$clients clients of a queue, texts as long as they may be" \
	queue_long_texts
check "$clients clients of small queues, and a fifth of them is killed" \
	queue_is_small
check 'prefork gives up a client that says nothing' silent_client
time_limit=3000
check "a chosen order has the same outcome $orders times" orders_hold
time_limit=600
check 'compare.sh: a quick run' compare_for_real
finish_tests
