#!/bin/sh
# msgqueue.t - System V message queues: writer and reader
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

# A process waits at the queue. Without /proc that cannot be seen; there, it is
# enough that the queue is there.
has_user() { # PATH
	[ -d /proc/self ] || {
		queue_exists "$1"
		return
	}
	users=$(queue_id "$1") &&
		users=$("$build/scripts/sysv" users queue "$users") &&
		[ "$users" -gt 0 ]
}

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

queue_outlives_writer() {
	new_path
	start writer msgqueue/writer -f "$path" 'from a dead process'
	finish writer
	succeeds
	queue_exists "$path" || fail 'the queue after its writer'
	run msgqueue/reader -f "$path"
	prints 'Data Received is : from a dead process'
}

reader_waits() {
	new_path
	start reader msgqueue/reader -f "$path"
	await_that has_user "$path"
	[ ! -s "$work/reader.out" ] || fail 'nothing received yet'
	run msgqueue/writer -f "$path" 'at last'
	succeeds
	finish reader
	succeeds
	prints 'Data Received is : at last'
	queue_gone "$path"
}

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

does_not_wait() {
	new_path
	run msgqueue/reader -n -f "$path"
	fails_with 1 'no queue'
	queue_gone "$path"
	run msgqueue/writer -f "$path" -t 7 seven
	run msgqueue/reader -n -f "$path"
	fails_with 1 'ENOMSG'
	run msgqueue/reader -n -f "$path" -t 7
	succeeds
	prints 'Data Received is : seven'
}

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

removed_under_reader() {
	new_path
	start reader msgqueue/reader -f "$path"
	await_that queue_exists "$path"
	"$build/scripts/sysv" remove queue "$(queue_id "$path")"
	finish reader
	fails_with 1 'removed'
	prints_nothing
}

removed_under_writer() {
	[ -d /proc/self ] || skip 'a waiting process cannot be seen here'
	new_path
	"$build/tests/odd" limit "$path" 10
	run msgqueue/writer -f "$path" 123456789
	start writer msgqueue/writer -f "$path" 223456789
	await_that has_user "$path"
	run msgqueue/reader -f "$path"
	finish writer
	case $status in
	0) prints 'Data send is : 223456789' ;; # the reader made room first
	*) fails_with 1 'removed' ;;
	esac
	queue_gone "$path"
}

# Whoever made the queue removes it; a queue with messages in it stays.
interrupted_reader() {
	for signal in INT TERM HUP; do
		new_path
		start reader msgqueue/reader -f "$path"
		await_that queue_exists "$path"
		stop reader "$signal"
		finish reader
		[ "$status" -gt 128 ] || fail "death by SIG$signal"
		queue_gone "$path"
	done
	run msgqueue/writer -f "$path" -t 9 'still wanted'
	start reader msgqueue/reader -f "$path"
	await_that has_user "$path"
	stop reader
	finish reader
	run msgqueue/reader -f "$path" -t 9
	prints 'Data Received is : still wanted'
}

# SIGSTOP and SIGCONT make some calls return EINTR.
stopped_and_continued() {
	new_path
	start reader msgqueue/reader -f "$path"
	await_that has_user "$path"
	stop reader STOP
	stop reader CONT
	run msgqueue/writer -f "$path" 'after Ctrl-Z'
	finish reader
	succeeds
	prints 'Data Received is : after Ctrl-Z'
}

reads_standard_input() {
	new_path
	printf 'a line of input\nanother line\n' >"$work/in"
	run msgqueue/writer -f "$path" <"$work/in"
	succeeds
	prints 'Data send is : a line of input'
	run msgqueue/reader -f "$path"
	prints 'Data Received is : a line of input'
	printf 'no newline' >"$work/in"
	run msgqueue/writer -f "$path" <"$work/in"
	prints 'Data send is : no newline'
}

# script(1) of util-linux gives a command a terminal.
prompts_on_a_terminal() {
	script --version 2>/dev/null | grep -q util-linux ||
		skip 'no script(1) of util-linux here'
	new_path
	printf 'typed\n' |
		script -qec "'$build/msgqueue/writer' -f '$path'" /dev/null \
			>"$work/out" 2>"$work/err"
	prints_like 'Write Data : '
	prints_like 'Data send is : typed'
}

bad_standard_input() {
	new_path
	run msgqueue/writer -f "$path" </dev/null
	fails_with 1 'no message'
	(letters 100 && echo) >"$work/in"
	run msgqueue/writer -f "$path" <"$work/in"
	fails_with 1 'at most 99 bytes fit'
	printf 'a\000b\n' >"$work/in"
	run msgqueue/writer -f "$path" <"$work/in"
	fails_with 1 'NUL'
	run msgqueue/writer -f "$path" </dev/zero
	fails_with 1 'at most 99 bytes fit'
	prints_nothing
	queue_gone "$path"
}

empty_message() {
	new_path
	run msgqueue/writer -f "$path" ''
	succeeds
	prints 'Data send is : '
	run msgqueue/reader -f "$path"
	succeeds
	prints 'Data Received is : '
	echo >"$work/in"
	run msgqueue/writer -f "$path" <"$work/in"
	succeeds
	prints 'Data send is : '
}

bytes_are_kept() {
	new_path
	text=$(printf '\001\377\200\033[31m\t%%s.')
	run msgqueue/writer -f "$path" "$text"
	succeeds
	run msgqueue/reader -f "$path"
	succeeds
	prints "Data Received is : $text"
}

longest_message() {
	new_path
	run msgqueue/writer -f "$path" "$(letters 99)"
	succeeds
	run msgqueue/reader -f "$path"
	prints "Data Received is : $(letters 99)"
	run msgqueue/writer -f "$path" "$(letters 100)"
	fails_with 1 'at most 99 bytes fit'
	prints_nothing
	queue_gone "$path"
}

# The text and its NUL, and not a byte of what stands behind it.
sends_text_and_nul() {
	new_path
	run msgqueue/writer -f "$path" 'Hello'
	run tests/odd receive "$path" 1
	printf 'Hello\000' | cmp -s - "$work/out" || fail 'Hello and one NUL'
}

foreign_messages() {
	new_path
	letters 100 >"$work/in"
	run tests/odd send "$path" 1 <"$work/in"
	run msgqueue/reader -l -f "$path"
	succeeds
	prints "Data Received is : $(letters 100)"
	printf 'two\000words' >"$work/in"
	run tests/odd send "$path" 1 <"$work/in"
	run msgqueue/reader -l -f "$path"
	prints 'Data Received is : two'
	: >"$work/in"
	run tests/odd send "$path" 1 <"$work/in"
	run msgqueue/reader -l -f "$path"
	succeeds
	prints 'Data Received is : '
}

# It sends as many bytes as the struct has: 112 where a long has 8, 104 where
# it has 4.
lecture_writer() {
	new_path
	size=$("$build/tests/odd" size)
	{
		printf 'from the notes\n'
		head -c $((size - 15)) /dev/zero
	} >"$work/in"
	run tests/odd send "$path" 1 <"$work/in"
	run msgqueue/reader -f "$path"
	succeeds
	prints 'Data Received is : from the notes
'
}

too_long_for_reader() {
	new_path
	letters 300 >"$work/in"
	run tests/odd send "$path" 1 <"$work/in"
	run msgqueue/reader -f "$path"
	fails_with 1 'stays in the queue'
	prints_nothing
	run tests/odd receive "$path" 1
	[ "$(wc -c <"$work/out")" -eq 300 ] || fail 'the whole message'
}

refuses_denied_queue() {
	"$build/tests/odd" denied || skip 'this user is denied nothing (root)'
	new_path
	run tests/odd queue "$path" 000
	run msgqueue/writer -f "$path" text
	fails_with 1 'Permission denied'
	run msgqueue/reader -n -f "$path"
	fails_with 1 'Permission denied'
	run msgqueue/reader -f "$path"
	fails_with 1 'Permission denied'
	queue_exists "$path" || fail 'the other program keeps its queue'
}

queue_is_private() {
	new_path
	run msgqueue/writer -f "$path" text
	run tests/odd mode queue "$path"
	prints 600
	run msgqueue/reader -f "$path"
	start reader msgqueue/reader -f "$path"
	await_that queue_exists "$path"
	run tests/odd mode queue "$path"
	prints 600
	stop reader
}

no_such_path() {
	run msgqueue/writer -f "$work/nowhere" text
	fails_with 1 'No such file'
	run msgqueue/reader -f "$work/nowhere"
	fails_with 1 'No such file'
}

tells_usage() {
	shows_usage msgqueue/writer
	shows_usage msgqueue/reader
}

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
	queue_gone "$path"
}

needs_its_output() {
	new_path
	fails_on_full_output 'standard output' msgqueue/writer -f "$path" text
	fails_on_full_output 'standard output' msgqueue/reader -f "$path"
}

check 'the reader gets what the writer sent, and removes the queue' \
	pair_passes_a_message
check "the default path is the user's home" default_path_is_home
check 'without HOME a path is asked for' without_home
check 'a message needs no live writer' queue_outlives_writer
check 'reader: may start first, and waits' reader_waits
check 'reader: removes the queue with the messages still in it' \
	reader_removes_messages
check 'reader: -l leaves the queue' reader_leaves
check 'messages keep their order' keeps_order
check 'types say who takes which message' types_route
check 'type 0 takes the oldest, a negative one the lowest' \
	types_zero_and_negative
check 'reader: -n does not wait, and makes no queue' does_not_wait
check 'writer: -n says when the queue is full' full_queue_refuses
check 'writer: waits while the queue is full' full_queue_waits
check 'reader: says when the queue is removed meanwhile' removed_under_reader
check 'writer: says when the queue is removed meanwhile' removed_under_writer
check 'reader: interrupted, removes a queue of its own only' \
	interrupted_reader
check 'reader: goes on after Ctrl-Z and fg' stopped_and_continued
check 'writer: takes one line of standard input' reads_standard_input
check 'writer: prompts on a terminal' prompts_on_a_terminal
check 'writer: refuses a line that is none' bad_standard_input
check 'an empty message works' empty_message
check 'bytes that are not text arrive as they are' bytes_are_kept
check '99 bytes fit, 100 are refused and not cut' longest_message
check 'writer: sends the text and its NUL, no more' sends_text_and_nul
check "other programs' messages need no NUL" foreign_messages
check "the lecture's own writer is understood" lecture_writer
check 'reader: what is longer than fits stays in the queue' \
	too_long_for_reader
check 'a queue whose mode denies access stays closed' refuses_denied_queue
check 'the queue is for its owner only' queue_is_private
check 'a path that does not exist is told' no_such_path
check '-h tells the usage' tells_usage
check 'bad input is refused' refuses_bad_usage
check 'both fail when their output cannot be written' needs_its_output
finish_tests
