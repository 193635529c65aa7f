#!/bin/sh
# msgqueue-pair.t - writer and reader: a queue between two processes
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

pair_passes_a_message() {
	new_path
	run msgqueue/writer -f "$path" 'Hello, queue'
	succeeds
	prints 'Data send is : Hello, queue'
	run msgqueue/reader -f "$path"
	succeeds
	prints 'Data Received is : Hello, queue'
	queue_gone "$path"
}
check 'the reader gets what the writer sent, and removes the queue' \
	pair_passes_a_message

# Without -f both meet at the user's home, each user at another queue.
default_path_is_home() {
	new_path
	HOME=$path run msgqueue/writer home
	succeeds
	run msgqueue/reader -f "$path"
	succeeds
	prints 'Data Received is : home'
	run msgqueue/writer -f "$path" 'home again'
	HOME=$path run msgqueue/reader
	prints 'Data Received is : home again'
}
check "the default path is the user's home" default_path_is_home

without_home() {
	(
		unset HOME
		run msgqueue/writer text
		fails_with 1 'choose a path with -f'
		run msgqueue/reader
		fails_with 1 'choose a path with -f'
	) || exit
	new_path
	(
		unset HOME
		run msgqueue/writer -f "$path" text
		succeeds
	)
}
check 'without HOME a path is asked for' without_home

queue_outlives_writer() {
	new_path
	start writer msgqueue/writer -f "$path" 'from a dead process'
	finish writer
	succeeds
	queue_exists "$path" || fail 'the queue after its writer'
	run msgqueue/reader -f "$path"
	prints 'Data Received is : from a dead process'
}
check 'a message needs no live writer' queue_outlives_writer

reader_waits() {
	new_path
	start reader msgqueue/reader -f "$path"
	await_that waits reader
	[ ! -s "$work/reader.out" ] || fail 'nothing received yet'
	run msgqueue/writer -f "$path" 'at last'
	succeeds
	finish reader
	succeeds
	prints 'Data Received is : at last'
	queue_gone "$path"
}
check 'reader: may start first, and waits' reader_waits

reader_removes_messages() {
	new_path
	run msgqueue/writer -f "$path" read
	run msgqueue/writer -f "$path" lost
	run msgqueue/reader -f "$path"
	prints 'Data Received is : read'
	queue_gone "$path"
	run msgqueue/reader -n -f "$path"
	fails_with 1 'start writer first'
}
check 'reader: removes the queue with the messages still in it' \
	reader_removes_messages

reader_leaves() {
	new_path
	run msgqueue/writer -f "$path" first
	run msgqueue/writer -f "$path" second
	run msgqueue/reader -l -f "$path"
	prints 'Data Received is : first'
	run msgqueue/reader -l -f "$path"
	prints 'Data Received is : second'
	queue_exists "$path" || fail 'the queue after -l'
}
check 'reader: -l leaves the queue' reader_leaves

keeps_order() {
	new_path
	for word in one two three four; do
		run msgqueue/writer -f "$path" "$word"
	done
	for word in one two three four; do
		run msgqueue/reader -l -f "$path"
		prints "Data Received is : $word"
	done
}
check 'messages keep their order' keeps_order

types_route() {
	new_path
	run msgqueue/writer -f "$path" -t 3 'for three'
	run msgqueue/writer -f "$path" -t 2 'for two'
	run msgqueue/writer -f "$path" 'for one'
	run msgqueue/writer -f "$path" -t 2 'two again'
	run msgqueue/reader -l -f "$path" -t 2
	prints 'Data Received is : for two'
	run msgqueue/reader -l -f "$path"
	prints 'Data Received is : for one'
	run msgqueue/reader -l -f "$path" -t -2
	prints 'Data Received is : two again'
	run msgqueue/reader -l -f "$path" -t 0
	prints 'Data Received is : for three'
}
check 'types say who takes which message' types_route

# 0: the oldest of all; -3: of the types up to 3 the lowest.
types_zero_and_negative() {
	new_path
	for type in 5 3 2 4; do
		run msgqueue/writer -f "$path" -t "$type" "type $type"
	done
	run msgqueue/reader -l -f "$path" -t -3
	prints 'Data Received is : type 2'
	run msgqueue/reader -l -f "$path" -t 0
	prints 'Data Received is : type 5'
	run msgqueue/reader -n -l -f "$path" -t -2
	fails_with 1 'ENOMSG'
}
check 'type 0 takes the oldest, a negative one the lowest' \
	types_zero_and_negative

does_not_wait() {
	new_path
	run msgqueue/reader -n -f "$path"
	fails_with 1 'no queue'
	queue_gone "$path"
	run msgqueue/writer -f "$path" -t 7 seven
	run msgqueue/reader -n -f "$path"
	fails_with 1 'no message of this type, -t 1 (ENOMSG)'
	run msgqueue/reader -n -f "$path" -t 7
	succeeds
	prints 'Data Received is : seven'
}
check 'reader: -n does not wait, and makes no queue' does_not_wait

# A queue that holds three of these messages: the real limit is larger.
full_queue_refuses() {
	new_path
	"$build/tests/odd" limit "$path" 30
	for word in 123456789 223456789 323456789; do
		run msgqueue/writer -n -f "$path" "$word"
		succeeds
	done
	run msgqueue/writer -n -f "$path" 423456789
	fails_with 1 'full'
	prints_nothing
	run msgqueue/reader -l -f "$path"
	run msgqueue/writer -n -f "$path" 423456789
	succeeds
}
check 'writer: -n says when the queue is full' full_queue_refuses

# As the systems come: the administrator may have given queues more room.
queue_holds_less_than_socket() {
	has_loopback || skip 'there is no loopback interface'
	new_path
	run msgqueue/writer -f "$path" text
	room=$("$build/tests/odd" room "$path")
	start receiver tests/tcp_peer listen wait-file "$work/never"
	await receiver 'listening on'
	run socket/sender -n -p "$(port_of receiver)"
	sent=$(sed -n 's/^sent \([0-9]*\) of .*/\1/p' "$work/out")
	[ "${sent:-0}" -gt "$room" ] || fail "more than a queue's $room bytes"
}
check 'a default queue holds less than a TCP connection' \
	queue_holds_less_than_socket

full_queue_waits() {
	new_path
	"$build/tests/odd" limit "$path" 10
	run msgqueue/writer -f "$path" 123456789
	start writer msgqueue/writer -f "$path" 223456789
	run msgqueue/writer -n -f "$path" 323456789
	fails_with 1 'full'
	[ ! -s "$work/writer.out" ] || fail 'nothing sent yet'
	run msgqueue/reader -l -f "$path"
	prints 'Data Received is : 123456789'
	finish writer
	succeeds
	prints 'Data send is : 223456789'
	run msgqueue/reader -f "$path"
	prints 'Data Received is : 223456789'
}
check 'writer: waits while the queue is full' full_queue_waits

removed_under_reader() {
	new_path
	start reader msgqueue/reader -f "$path"
	await_that queue_exists "$path"
	"$build/scripts/sysv" remove queue "$(queue_id "$path")"
	finish reader
	fails_with 1 'removed'
	prints_nothing
}
check 'reader: says when the queue is removed meanwhile' removed_under_reader

removed_under_writer() {
	[ -d /proc/self ] || skip 'a waiting process cannot be seen here'
	new_path
	"$build/tests/odd" limit "$path" 10
	run msgqueue/writer -f "$path" 123456789
	start writer msgqueue/writer -f "$path" 223456789
	await_that waits writer
	run msgqueue/reader -f "$path"
	finish writer
	case $status in
	0) prints 'Data send is : 223456789' ;; # the reader made room first
	*) fails_with 1 'removed' ;;
	esac
	queue_gone "$path"
}
check 'writer: says when the queue is removed meanwhile' removed_under_writer

tells_usage() {
	shows_usage msgqueue/writer
	shows_usage msgqueue/reader
	shows_usage msgqueue/server
	shows_usage msgqueue/client
}
check '-h tells the usage' tells_usage

refuses_bad_usage() {
	new_path
	for program in msgqueue/writer msgqueue/reader; do
		pair=$program
		refused "$pair" -x
		refused "$pair" -t
		for bad in '' x 1x 99999999999999999999; do
			refused "$pair" -f "$path" -t "$bad"
		done
	done
	refused msgqueue/writer -f "$path" -t 0 text
	refused msgqueue/writer -f "$path" -t -1 text
	refused msgqueue/writer -f "$path" message surplus
	refused msgqueue/reader -f "$path" surplus
	refused msgqueue/server -x
	refused msgqueue/server -f
	refused msgqueue/server -f "$path" surplus
	refused msgqueue/client -x
	refused msgqueue/client -f
	queue_gone "$path"
}
check 'bad input is refused' refuses_bad_usage

needs_its_output() {
	new_path
	fails_on_full_output 'standard output' msgqueue/writer -f "$path" text
	fails_on_full_output 'standard output' msgqueue/reader -f "$path"
}
check 'both fail when their output cannot be written' needs_its_output

# Whether the reader or an earlier writer has made the queue.
output_that_nobody_reads() {
	for maker in reader writer; do
		new_path
		[ "$maker" = reader ] ||
			run msgqueue/writer -f "$path" -t 9 'of another type'
		mkfifo "$work/reader.out"
		: <"$work/reader.out" & # opens it, and reads nothing
		nobody=$!
		start reader msgqueue/reader -f "$path"
		wait "$nobody"
		await_that waits reader
		run msgqueue/writer -f "$path" text
		wait "$(pid reader)"
		status=$?
		cp "$work/reader.err" "$work/err"
		rm "$work/reader.out"
		fails_with 1 'standard output'
		queue_gone "$path"
	done
}
check 'reader: no queue stays when nobody reads its output' \
	output_that_nobody_reads

finish_tests
