#!/bin/sh
# msgqueue-messages.t - writer and reader: what a message may be, whose queue
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

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
	await_that waits reader
	stop reader
	finish reader
	run msgqueue/reader -f "$path" -t 9
	prints 'Data Received is : still wanted'
}
check 'reader: interrupted, removes a queue of its own only' \
	interrupted_reader

# SIGSTOP and SIGCONT make some calls return EINTR.
stopped_and_continued() {
	new_path
	start reader msgqueue/reader -f "$path"
	await_that waits reader
	stop reader STOP
	stop reader CONT
	run msgqueue/writer -f "$path" 'after Ctrl-Z'
	finish reader
	succeeds
	prints 'Data Received is : after Ctrl-Z'
}
check 'reader: goes on after Ctrl-Z and fg' stopped_and_continued

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
check 'writer: takes one line of standard input' reads_standard_input

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
check 'writer: prompts on a terminal' prompts_on_a_terminal

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
check 'writer: refuses a line that is none' bad_standard_input

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
check 'an empty message works' empty_message

bytes_are_kept() {
	new_path
	text=$(printf '\001\377\200\033[31m\t%%s.')
	run msgqueue/writer -f "$path" "$text"
	succeeds
	run msgqueue/reader -f "$path"
	succeeds
	prints "Data Received is : $text"
}
check 'bytes that are not text arrive as they are' bytes_are_kept

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
check '99 bytes fit, 100 are refused and not cut' longest_message

# The text and its NUL, and not a byte of what stands behind it.
sends_text_and_nul() {
	new_path
	run msgqueue/writer -f "$path" 'Hello'
	run tests/odd receive "$path" 1
	printf 'Hello\000' | cmp -s - "$work/out" || fail 'Hello and one NUL'
}
check 'writer: sends the text and its NUL, no more' sends_text_and_nul

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
check "other programs' messages need no NUL" foreign_messages

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
check "the lecture's own writer is understood" lecture_writer

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
check 'reader: what is longer than fits stays in the queue' \
	too_long_for_reader

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
check 'a queue whose mode denies access stays closed' refuses_denied_queue

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
check 'the queue is for its owner only' queue_is_private

no_such_path() {
	run msgqueue/writer -f "$work/nowhere" text
	fails_with 1 'No such file'
	run msgqueue/reader -f "$work/nowhere"
	fails_with 1 'No such file'
}
check 'a path that does not exist is told' no_such_path

finish_tests
