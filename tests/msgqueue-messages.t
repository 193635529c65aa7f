#!/bin/sh
# msgqueue-messages.t - writer and reader: what a message may be, whose queue
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

# Whoever made the queue removes it; a queue with messages in it stays.
interrupted_reader() {
	for signal in INT QUIT TERM HUP; do
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

under_nohup() {
	new_path
	(
		trap '' HUP
		start reader msgqueue/reader -f "$path"
	)
	await_that waits reader
	stop reader HUP
	run msgqueue/writer -f "$path" 'after the terminal'
	await reader 'Data Received is : after the terminal'
	await_that has_ended "$(pid reader)"
}
check 'reader: started under nohup, it ignores SIGHUP' under_nohup

# As process 1 of a container: there, raise(SIGTERM) does nothing.
process_one() {
	unshare -pf true 2>/dev/null || skip 'no new pid namespace here'
	new_path
	unshare -pf "$build/msgqueue/reader" -f "$path" >"$work/reader.out" \
		2>"$work/reader.err" &
	echo "$!" >"$work/reader.pid"
	await_that queue_exists "$path"
	kill "$(child_of "$(pid reader)")"
	finish reader
	[ "$status" -eq 143 ] || fail 'exit status 143'
	queue_gone "$path"
}
check 'reader: as process 1 it ends too' process_one

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

# sysv does not let even root remove what another user has made.
remove_theirs() {
	"$build/tests/odd" remove "$path" 2>/dev/null || :
}

# Another user has made a queue at our key, for all to read and write.
queue_of_another_user() {
	two_users msgqueue/writer msgqueue/reader tests/odd
	new_path
	ln "$path" "$work/bin/queue" # the same key, by a name for both users
	export HOME=./queue
	trap remove_theirs EXIT
	run_as "$other" odd queue ./queue 666
	exits 0
	run_as "$me" writer text
	fails_with 1 'made by another user'
	prints_nothing
	[ "$("$build/tests/odd" waiting "$path")" = 0 ] || fail 'nothing sent'
	echo theirs >"$work/in"
	run tests/odd send "$path" 1 <"$work/in"
	for option in -l -n -ln; do
		run_as "$me" reader "$option"
		fails_with 1 'made by another user'
		prints_nothing
	done
	[ "$("$build/tests/odd" waiting "$path")" = 1 ] || fail 'it stays'
	# A path that is given is not checked: that is what -f is for.
	run_as "$me" reader -l -f ./queue
	prints_like 'Data Received is : theirs'
}
check "another user's queue at the default key is left alone" \
	queue_of_another_user

# In an IPC namespace of its own, root can set the limits.
run_limited() { # LIMIT=VALUE PROGRAM [ARGUMENT ...]
	command="($1) $2"
	limit=$1
	program=$build/$2
	shift 2
	# shellcheck disable=SC2016 # the other shell's
	unshare -i sh -c 'echo "${1#*=}" >"/proc/sys/kernel/${1%=*}" &&
		shift && exec "$@"' sh "$limit" "$program" -f "$path" "$@" \
		>"$work/out" 2>"$work/err"
	status=$?
}

kernel_limits() {
	unshare -i sh -c 'echo 50 >/proc/sys/kernel/msgmax' 2>/dev/null ||
		skip 'no new IPC namespace here'
	new_path
	echo text >"$work/in"
	for program in writer reader server; do
		run_limited msgmni=0 "msgqueue/$program" <"$work/in"
		fails_with 1 'msgget: the limit of queues is reached, see ipcs'
	done
	run_limited msgmax=3 msgqueue/writer text
	fails_with 1 'msgsnd: 5 bytes to queue'
	says 'Invalid argument'
}
check "limits of the kernel are told by the call's name" kernel_limits

no_such_path() {
	run msgqueue/writer -f "$work/nowhere" text
	fails_with 1 'No such file'
	run msgqueue/reader -f "$work/nowhere"
	fails_with 1 'No such file'
}
check 'a path that does not exist is told' no_such_path

finish_tests
