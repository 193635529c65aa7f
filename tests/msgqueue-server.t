#!/bin/sh
# msgqueue-server.t - server and client: many clients, requests and answers
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

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
check 'server: answers in capitals, one answer a text' server_answers

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
check 'server: any bytes, 99 of them, and no more' request_bytes

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
check 'server: many clients at once in a small queue, each gets its own' \
	many_clients

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
check 'server: an answer to a dead process does not stay' \
	dead_client_is_forgotten

# It dies later, and no request comes that would wake the server.
idle_server_looks() {
	start_server
	start client scripts/await line /dev/null '' 9
	for number in 1 2; do
		printf 'unread\000' | send_request 1 "$(pid client)" "$number"
		await_that holds "$number"
	done
	stop client
	finish client
	await_that holds 0
}
check 'server: looks after answers also when no request comes' \
	idle_server_looks

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
check 'server: a killed client leaves room for others' killed_client

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
check 'client: takes no answer that is not to its request' not_the_answer

got_request() { # TEXT
	run tests/odd receive "server:$path" 1
	grep -q "$1" "$work/out"
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
check 'client: takes an answer once, as long as it is' \
	answers_are_read_with_care

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
check 'server: ignores what is no request' no_requests

no_server() {
	new_path
	run msgqueue/client -f "$path" text
	fails_with 1 'start server first'
	server_objects_gone
}
check 'client: without a server says so' no_server

second_server() {
	start_server
	run msgqueue/server -f "$path"
	fails_with 1 'there is a server'
	prints_nothing
	run msgqueue/client -f "$path" text
	prints 'TEXT'
}
check 'server: is the only one' second_server

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
check "server: another program's semaphore is no place to wait at" \
	foreign_semaphore

five_refused() {
	[ "$(cat "$work"/server?.err | wc -l)" -eq 5 ] &&
		grep -q 'Server waiting' "$work"/server?.out
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
check 'server: of several at once one stays' servers_at_once

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
check 'server: interrupted, removes all, and waiting clients end' \
	interrupted_server

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
check 'server: killed, all is removed, and waiting clients end' killed_server

# As a whole group: limit makes one.
killed_group() {
	new_path
	start limit scripts/limit 9 "$build/msgqueue/server" -f "$path"
	await limit 'Server waiting for requests'
	group=$(child_of "$(pid limit)")
	[ -n "$group" ] || skip 'no ps that tells parents here'
	kill -s KILL -- "-$group"
	finish limit
	await_that server_objects_are_gone
}
check 'server: killed with its group, all is removed' killed_group

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
check 'client: waiting for room, ends when the server is killed' \
	killed_while_full

# Server and child, both killed: nobody has removed anything.
nothing_was_tidied_up() {
	start_server
	guard=$(child_of "$(pid server)")
	[ -n "$guard" ] || skip 'no ps that tells parents here'
	stop_server_for_a_while
	start client msgqueue/client -f "$path" text
	await_that holds_more 1
	# The client looks each second: this is not its first time.
	"$build/scripts/await" line /dev/null '' 1.2
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
check 'server: takes over what nobody could remove' nothing_was_tidied_up

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
check 'client: waits on while there is a server' client_is_patient

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
check 'server: says when the queue is removed' server_queue_removed

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
check "server: its owner's only, and beside the pair's queue" server_is_private

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
check 'server: the default path is home, and is needed' server_without_path

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
check "client: another's closed queue stays" server_denied

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
check 'client: cannot be process 1' process_one

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
check 'server: fails when its output cannot be written' \
	server_needs_its_output

finish_tests
