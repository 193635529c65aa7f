#!/bin/sh
# msgqueue.t - System V message queues: writer and reader, server and clients
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

# As the systems come: the administrator may have given queues more room.
queue_holds_less_than_socket() {
	new_path
	run msgqueue/writer -f "$path" text
	room=$("$build/tests/odd" room "$path")
	start receiver socket/receiver -d 0.2 -p 0
	await receiver 'listening on'
	run socket/sender -n -p "$(port_of receiver)"
	sent=$(sed -n 's/^sent \([0-9]*\) of .*/\1/p' "$work/out")
	[ "${sent:-0}" -gt "$room" ] || fail "more than a queue's $room bytes"
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

# ---- server and client ---------------------------------------------------

start_server() { # sets $path
	new_path
	start server msgqueue/server -f "$path"
	await server 'Server waiting for requests'
}

# How many messages lie in the server's queue.
holds() { # COUNT
	[ "$("$build/tests/odd" waiting "server:$path")" = "$1" ]
}

holds_more() { # COUNT than when the server was stopped
	[ "$("$build/tests/odd" waiting "server:$path")" -ge $((before + $1)) ]
}

send_request() { # TYPE PID NUMBER; standard input is the text
	"$build/tests/odd" request "server:$path" "$1" "$2" "$3" ||
		fail 'that the queue takes a request'
}

# One message may still be given to a server that waited when it was stopped:
# let it be ours. Then requests stay in the queue.
stop_server_for_a_while() {
	stop server STOP
	printf 'first\000' | send_request 1 $$ 1
	before=$("$build/tests/odd" waiting "server:$path")
}

server_objects_gone() {
	queue_gone "$path" server
	semaphores_gone "$("$build/scripts/sysv" key "$path" server)"
}

server_objects_are_gone() {
	! queue_exists "$path" server &&
		! "$build/scripts/sysv" find semaphores \
			"$("$build/scripts/sysv" key "$path" server)" \
			>"$work/found"
}

server_answers() {
	start_server
	run msgqueue/client -f "$path" hello 'two Words' 'a-1.%s' ''
	succeeds
	prints 'HELLO
TWO WORDS
A-1.%S
'
	await server ': a-1.%s'
	run msgqueue/client -f "$path"
	prints 'HELLO WORLD'
	stop server
	finish server
	prints_like "Server waiting for requests of $path (queue "
	prints_like ': two Words'
}

request_bytes() {
	start_server
	text=$(printf '\001\377\303\244z\033[31m')
	run msgqueue/client -f "$path" "$text"
	prints "$(printf '\001\377\303\244Z\033[31M')"
	run msgqueue/client -f "$path" "$(letters 99)"
	succeeds
	prints "$(letters 99 | tr x X)"
	run msgqueue/client -f "$path" before "$(letters 100)"
	fails_with 1 'at most 99 bytes fit'
	prints_nothing
	! grep -q before "$work/server.out" || fail 'nothing was sent'
}

# All at once, and a queue that holds three of their requests: a server that
# waited with an answer would never end.
many_clients() {
	start_server
	"$build/tests/odd" limit "server:$path" 50
	stop_server_for_a_while
	for number in 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 \
		28 29 30 31 32 33 34 35 36 37 38 39; do
		start "client$number" msgqueue/client -f "$path" \
			"a$number" "b$number" "c$number" "d$number" "e$number"
	done
	await_that holds_more 3
	stop server CONT
	for number in 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 \
		28 29 30 31 32 33 34 35 36 37 38 39; do
		finish "client$number"
		succeeds
		prints "A$number
B$number
C$number
D$number
E$number"
	done
}

# Answers of processes that live stay. Their pids: this shell's, and one whose
# process has ended.
dead_client_is_forgotten() {
	start_server
	# shellcheck disable=SC2016 # the other shell's
	dead=$($shell -c 'echo $$')
	! kill -0 "$dead" 2>/dev/null || skip 'the pid was used anew'
	printf 'stays\000' | send_request 1 $$ 7
	for number in 1 2 3; do
		printf 'goes\000' | send_request 1 "$dead" "$number"
		await_that holds 1
	done
	! grep -q STAYS "$work/server.out" || fail 'answers are no requests'
	run tests/odd receive "server:$path" $$
	tail -c 6 "$work/out" >"$work/text"
	printf 'STAYS\000' | cmp -s - "$work/text" || fail 'our answer'
	run msgqueue/client -f "$path" next
	prints 'NEXT'
}

# It dies later, and no request comes that would wake the server.
idle_server_looks() {
	start_server
	start client tests/await line /dev/null '' 9
	for number in 1 2; do
		printf 'unread\000' | send_request 1 "$(pid client)" "$number"
		await_that holds "$number"
	done
	stop client
	finish client
	await_that holds 0
}

# One that has been killed while the queue was full of its answer.
killed_client() {
	start_server
	stop_server_for_a_while
	start client msgqueue/client -f "$path" "$(letters 99)"
	await_that holds_more 1
	stop client KILL
	finish client
	"$build/tests/odd" limit "server:$path" 130
	stop server CONT
	run msgqueue/client -f "$path" "$(letters 99)" more
	succeeds
	prints "$(letters 99 | tr x X)
MORE"
}

# A pid is used anew, and the queue holds an answer to the former process; or
# another program sends what is no answer.
not_the_answer() {
	start_server
	stop_server_for_a_while
	start client msgqueue/client -f "$path" mine
	await_that holds_more 1
	for number in 0 1 2; do
		printf 'OLD\000' | send_request "$(pid client)" 4 "$number"
	done
	letters 300 >"$work/in"
	run tests/odd send "server:$path" "$(pid client)" <"$work/in"
	printf 'x' >"$work/in"
	run tests/odd send "server:$path" "$(pid client)" <"$work/in"
	await_that holds "$((before + 1))" # the client has looked at all
	stop server CONT
	finish client
	succeeds
	prints 'MINE'
}

# The test takes the server's place, so it knows the numbers: an answer that
# comes twice is one answer, and there need not be a NUL.
answers_are_read_with_care() {
	start_server
	stop_server_for_a_while
	start client msgqueue/client -f "$path" one two
	for request in one two; do
		await_that got_request "$request"
		head -c 8 "$work/out" >"$work/head"
		letters 300 >"$work/in"
		run tests/odd send "server:$path" "$(pid client)" <"$work/in"
		{ cat "$work/head" && printf %s "$request"; } >"$work/in"
		for _ in once again; do
			run tests/odd send "server:$path" "$(pid client)" \
				<"$work/in"
		done
	done
	finish client
	succeeds
	prints 'one
two'
}

got_request() { # TEXT
	run tests/odd receive "server:$path" 1
	grep -q "$1" "$work/out"
}

no_requests() {
	start_server
	letters 5 | send_request 1 $$ 1
	printf 'x\000' | send_request 1 1 1
	printf 'x\000' | send_request 1 0 1
	printf 'x\000' | send_request 1 -5 1
	printf '' | send_request 1 $$ 1
	printf 'xyz' >"$work/in"
	run tests/odd send "server:$path" 1 <"$work/in"
	letters 300 >"$work/in"
	stop server STOP # so at least one is taken after another message
	run tests/odd send "server:$path" 1 <"$work/in"
	run tests/odd send "server:$path" 1 <"$work/in"
	stop server CONT
	run msgqueue/client -f "$path" still there
	prints 'STILL
THERE'
	holds 0 || fail 'no answer to any of them'
	stop server
	finish server
	[ "$(grep -c 'ignored' "$work/err")" -eq 8 ] || fail 'eight lines'
}

no_server() {
	new_path
	run msgqueue/client -f "$path" text
	fails_with 1 'start server first'
	server_objects_gone
}

second_server() {
	start_server
	run msgqueue/server -f "$path"
	fails_with 1 'there is a server'
	prints_nothing
	run msgqueue/client -f "$path" text
	prints 'TEXT'
}

# Whatever another program has made of the semaphore, nobody tries for ever.
foreign_semaphore() {
	new_path
	server_key=$("$build/scripts/sysv" key "$path" server)
	run tests/odd semaphores "$server_key" 1
	run msgqueue/server -f "$path"
	fails_with 1 'there is a server'
	"$build/scripts/sysv" find semaphores "$server_key" >"$work/found" ||
		fail 'the other program keeps its semaphore'
	queue_gone "$path" server
}

# Whoever of them is first: one lives, and it works.
servers_at_once() {
	new_path
	for number in 1 2 3 4 5 6; do
		start "server$number" msgqueue/server -f "$path"
	done
	await_that five_refused
	run msgqueue/client -f "$path" text
	prints 'TEXT'
	for number in 1 2 3 4 5 6; do
		kill "$(pid "server$number")" 2>/dev/null
		finish "server$number"
		[ "$status" -eq 143 ] || fails_with 1 'there is a server'
	done
	server_objects_gone
}

five_refused() {
	[ "$(cat "$work"/server?.err | wc -l)" -eq 5 ] &&
		grep -q 'Server waiting' "$work"/server?.out
}

interrupted_server() {
	for signal in INT TERM HUP; do
		start_server
		guard=$(child_of "$(pid server)")
		stop_server_for_a_while
		start client msgqueue/client -f "$path" "$signal"
		await_that holds_more 1
		stop server "$signal"
		stop server CONT
		finish server
		[ "$status" -gt 128 ] || fail "death by SIG$signal"
		server_objects_gone
		[ -z "$guard" ] || ! kill -0 "$guard" 2>/dev/null ||
			fail "no child of the server"
		finish client
		fails_with 1 'the server has ended'
		prints_nothing
	done
}

killed_server() {
	start_server
	stop_server_for_a_while
	start client msgqueue/client -f "$path" text
	await_that holds_more 1
	stop server KILL
	finish client
	fails_with 1 'the server has ended'
	await_that server_objects_are_gone
	run msgqueue/client -f "$path" text
	fails_with 1 'start server first'
}

# As a whole group: limit makes one.
killed_group() {
	new_path
	start limit tests/limit 9 "$build/msgqueue/server" -f "$path"
	await limit 'Server waiting for requests'
	group=$(child_of "$(pid limit)")
	[ -n "$group" ] || skip 'no ps that tells parents here'
	kill -s KILL -- "-$group"
	finish limit
	await_that server_objects_are_gone
}

# A full queue: the client waits for room.
killed_while_full() {
	start_server
	"$build/tests/odd" limit "server:$path" 30
	stop_server_for_a_while
	start first msgqueue/client -f "$path" first
	await_that holds_more 1
	start client msgqueue/client -f "$path" 'a longer text'
	stop server KILL
	finish first
	fails_with 1 'the server has ended'
	finish client
	[ "$status" -eq 1 ] || fail 'exit status 1'
	await_that server_objects_are_gone
}

# Server and child, both killed: nobody has removed anything.
nothing_was_tidied_up() {
	start_server
	guard=$(child_of "$(pid server)")
	[ -n "$guard" ] || skip 'no ps that tells parents here'
	stop_server_for_a_while
	start client msgqueue/client -f "$path" text
	await_that holds_more 1
	# The client looks each second: this is not its first time.
	"$build/tests/await" line /dev/null '' 1.2
	kill -s KILL "$guard" "$(pid server)"
	finish server
	finish client
	fails_with 1 'the server has ended'
	queue_exists "$path" server || fail 'a queue that is left'
	run msgqueue/client -f "$path" text
	fails_with 1 'start server first'
	start server msgqueue/server -f "$path"
	await server 'Server waiting for requests'
	holds 0 || fail 'no request from before'
	run msgqueue/client -f "$path" new
	prints 'NEW'
	stop server
	finish server
	server_objects_gone
}

# A look each second finds that all is well; Ctrl-Z and fg on both sides.
client_is_patient() {
	start_server
	stop_server_for_a_while
	start client msgqueue/client -f "$path" patient
	await_that holds_more 1
	stop client ALRM
	stop client STOP
	stop client CONT
	stop client ALRM
	stop server CONT
	finish client
	succeeds
	prints 'PATIENT'
}

# The child is killed first: so it is the server that removes the rest.
server_queue_removed() {
	start_server
	guard=$(child_of "$(pid server)")
	[ -z "$guard" ] || kill -s KILL "$guard"
	"$build/scripts/sysv" remove queue "$(queue_id "$path" server)"
	finish server
	fails_with 1 'msgrcv: queue'
	server_objects_gone
}

server_is_private() {
	start_server
	run tests/odd mode queue "server:$path"
	prints 600
	run tests/odd mode semaphores \
		"$("$build/scripts/sysv" key "$path" server)"
	prints 600
	run msgqueue/writer -f "$path" "the pair's"
	run msgqueue/client -f "$path" other
	prints 'OTHER'
	stop server
	finish server
	run msgqueue/reader -n -f "$path"
	prints "Data Received is : the pair's"
}

server_without_path() {
	new_path
	(
		unset HOME
		run msgqueue/server
		fails_with 1 'choose a path with -f'
		run msgqueue/client text
		fails_with 1 'choose a path with -f'
	) || exit
	run msgqueue/server -f "$work/nowhere"
	fails_with 1 'No such file'
	run msgqueue/client -f "$work/nowhere" text
	fails_with 1 'No such file'
	HOME=$path start server msgqueue/server
	await server "Server waiting for requests of $path"
	HOME=$path run msgqueue/client home
	prints 'HOME'
	run msgqueue/client -f "$path" again
	prints 'AGAIN'
}

server_denied() {
	"$build/tests/odd" denied || skip 'this user is denied nothing (root)'
	new_path
	run tests/odd queue "server:$path" 000
	run msgqueue/client -f "$path" text
	exits 1
	prints_nothing
	run tests/odd mode queue "server:$path"
	queue_exists "$path" server || fail 'the other program keeps its queue'
}

process_one() {
	unshare -pf true 2>/dev/null || skip 'no new pid namespace here'
	start_server
	command='unshare -pf client'
	unshare -pf "$build/msgqueue/client" -f "$path" text \
		>"$work/out" 2>"$work/err"
	status=$?
	fails_with 1 'process 1 cannot be a client'
	prints_nothing
}

server_needs_its_output() {
	new_path
	[ ! -c /dev/full ] ||
		(fails_on_full_output 'standard output' \
			msgqueue/server -f "$path") || exit
	server_objects_gone
	mkfifo "$work/server.out"
	head -n 1 "$work/server.out" >"$work/copy" &
	reader=$!
	start server msgqueue/server -f "$path"
	wait "$reader" # nobody reads any more
	run msgqueue/client -f "$path" text
	command='msgqueue/server, without a reader of its output'
	wait "$(pid server)"
	status=$?
	cp "$work/server.err" "$work/err"
	fails_with 1 'standard output'
	server_objects_gone
	rm "$work/server.out"
	start_server
	fails_on_full_output 'standard output' msgqueue/client -f "$path" text
}

tells_usage() {
	shows_usage msgqueue/writer
	shows_usage msgqueue/reader
	shows_usage msgqueue/server
	shows_usage msgqueue/client
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
	refused msgqueue/server -x
	refused msgqueue/server -f
	refused msgqueue/server -f "$path" surplus
	refused msgqueue/client -x
	refused msgqueue/client -f
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
check 'a default queue holds less than a TCP connection' \
	queue_holds_less_than_socket
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
check 'server: answers in capitals, one answer a text' server_answers
check 'server: any bytes, 99 of them, and no more' request_bytes
check 'server: many clients at once in a small queue, each gets its own' \
	many_clients
check 'server: an answer to a dead process does not stay' \
	dead_client_is_forgotten
check 'server: looks after answers also when no request comes' \
	idle_server_looks
check 'server: a killed client leaves room for others' killed_client
check 'client: takes no answer that is not to its request' not_the_answer
check 'client: takes an answer once, as long as it is' \
	answers_are_read_with_care
check 'server: ignores what is no request' no_requests
check 'client: without a server says so' no_server
check 'server: is the only one' second_server
check "server: another program's semaphore is no place to wait at" \
	foreign_semaphore
check 'server: of several at once one stays' servers_at_once
check 'server: interrupted, removes all, and waiting clients end' \
	interrupted_server
check 'server: killed, all is removed, and waiting clients end' killed_server
check 'server: killed with its group, all is removed' killed_group
check 'client: waiting for room, ends when the server is killed' \
	killed_while_full
check 'server: takes over what nobody could remove' nothing_was_tidied_up
check 'client: waits on while there is a server' client_is_patient
check 'server: says when the queue is removed' server_queue_removed
check "server: its owner's only, and beside the pair's queue" server_is_private
check 'server: the default path is home, and is needed' server_without_path
check "client: another's closed queue stays" server_denied
check 'client: cannot be process 1' process_one
check 'server: fails when its output cannot be written' \
	server_needs_its_output
check '-h tells the usage' tells_usage
check 'bad input is refused' refuses_bad_usage
check 'both fail when their output cannot be written' needs_its_output

# ---- pingpong ------------------------------------------------------------

pingpong=msgqueue/pingpong
mechanism=msgqueue
sizes='1 2 3 64 2048'
more=
# shellcheck source=tests/pingpong.sh
. tests/pingpong.sh

# Somebody else puts messages into the queue.
pingpong_verifies() {
	for size in 64 100; do
		start_endless spoilt msgqueue/pingpong -s "$size"
		await_that has_queue
		start spoiler tests/keyless spoil queue "$id"
		finish spoilt
		exits 1
		case $size in
		64) says 'not what was sent' ;;
		*) says '64 bytes came, not 100' ;;
		esac
		prints_nothing
		finish spoiler
		no_keyless "$parent" "$child" || fail 'nothing is left'
	done
}

# It is known by who was last to send to it.
has_queue() {
	[ -r /proc/sysvipc/msg ] || skip 'no /proc/sysvipc/msg to look into'
	no_keyless "$parent" "$child"
	id=$(sed -n 's/^queue //p' "$work/left")
	[ -n "$id" ]
}

# Where a queue holds more than a gigabyte it would not be told.
pingpong_too_large() {
	for wait in block poll; do
		run msgqueue/pingpong -w "$wait" -s 1073741824
		fails_with 77 'a message of 1073741824 bytes'
		prints_nothing
	done
	[ -r /proc/sys/kernel/msgmax ] || return 0
	most=$(cat /proc/sys/kernel/msgmax)
	run msgqueue/pingpong -n 1 -s "$((most + 1))"
	fails_with 77 "a message of $((most + 1)) bytes"
}

check_pingpong
check 'pingpong: Ctrl-C leaves nothing' pingpong_interrupted
check 'pingpong: notices a message that was not sent' pingpong_verifies
check 'pingpong: what is too large for the system, exit 77' pingpong_too_large

finish_tests
