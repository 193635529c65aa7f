#!/bin/sh
# socket-prefork.t - prefork: one socket, many processes
# shellcheck source=tests/socket.sh
. "${0%/*}/socket.sh"
needs_loopback

# The process ids of all that have been started: $workers.
has_workers() { # COUNT
	count=0
	workers=
	while read -r _ worker what; do
		[ "$what" = started ] || continue
		workers="$workers $worker"
		count=$((count + 1))
	done <"$work/prefork.out"
	[ "$count" -eq "$1" ]
}

start_prefork() { # WORKERS; sets $port, $workers
	serve prefork -w "$1"
	await_that has_workers "$1"
}

# A worker that is stopped takes no client: so it is known which one does.
worker_answers() { # PID
	gives "Hello message sent to server
Hello from worker $1" socket/client -p "$port"
}

workers_share_socket() {
	start_prefork 2
	# shellcheck disable=SC2086 # two words
	set -- $workers
	kill -s STOP "$1"
	worker_answers "$2"
	kill -s CONT "$1"
	kill -s STOP "$2"
	worker_answers "$1"
	kill -s CONT "$2"
}
check 'workers of prefork accept on one listening socket' workers_share_socket

# One more, which says nothing, holds one worker.
clients_at_once() {
	serve prefork
	await_that has_workers 3
	start_peer_client stay
	crowd 10 clients send Hello read
	ends_well clients
	answers=$(awk '{ sum += gsub(/Hello from worker [0-9]/, "") }
		END { print sum }' "$out")
	[ "$answers" -eq 10 ] || fail 'ten answers of workers'
	has_workers 3 || fail 'no other workers than the first'
}
check 'three workers answer ten clients while one is silent' clients_at_once

parent_ends_alone() {
	# shellcheck disable=SC3045 # no shell of ours is without -c
	ulimit -c 0 # SIGQUIT would leave a core file
	while read -r signal number; do
		start_prefork 3
		start_peer_client stay
		end prefork "$signal"
		exits "$((128 + number))"
		for worker in $workers; do
			await_that has_ended "$worker"
		done
	done <<-END
		INT 2
		QUIT 3
		TERM 15
		HUP 1
		KILL 9
	END
}
check 'workers end with their parent, whatever ends it' parent_ends_alone

# All that it does is done before the worker takes it.
odd_client() { # ACTION ...
	kill -s STOP "$worker"
	peer_client "$@"
	kill -s CONT "$worker"
	worker_answers "$worker"
}

# Clients that close, or reset with or without a message. Without one there is
# no answer, which could not be sent.
odd_clients() {
	start_prefork 1
	worker=${workers# }
	odd_client reset
	odd_client
	[ ! -s "$work/prefork.err" ] || fail 'no answer that cannot be sent'
	odd_client send Hello reset
	odd_client send Hello shutdown reset
	peer_client shutdown read
	prints connected
}
check 'a worker survives clients that close or reset' odd_clients

# The workers inherit it.
hangup_is_ignored() {
	trap '' HUP
	start_prefork 1
	trap - HUP
	worker=${workers# }
	stop prefork HUP
	kill -s HUP "$worker"
	worker_answers "$worker"
}
check 'prefork that was started with SIGHUP ignored stays' hangup_is_ignored

finish_tests
