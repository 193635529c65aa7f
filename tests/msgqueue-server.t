#!/bin/sh
# msgqueue-server.t - server and client: many clients, requests and answers
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/requests.sh
. "${0%/*}/requests.sh"

has_answers() { # COUNT, or more
	[ "$("$build/tests/odd" waiting "answers:$path")" -ge "$1" ]
}

limit_queues() { # BYTES
	"$build/tests/odd" limit "requests:$path" "$1"
	"$build/tests/odd" limit "answers:$path" "$1"
}

dead_process() { # sets $dead to the pid of a process that has ended
	# shellcheck disable=SC2016 # the other shell's
	dead=$($shell -c 'echo $$')
	! kill -0 "$dead" 2>/dev/null || skip 'the kernel has reused the pid'
}

text_of_answer() { # TYPE; takes one answer, the text goes to $work/text
	run tests/odd receive "answers:$path" "$1"
	exits 0
	tail -c +5 "$work/out" | tr -d '\000' >"$work/text"
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
	prints_like "Server waiting for requests of $path (queues "
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

start_clients() { # NUMBER ...
	for number; do
		start "client$number" msgqueue/client -f "$path" \
			"a$number" "b$number" "c$number" "d$number" "e$number"
	done
}

clients_are_content() { # NUMBER ...
	for number; do
		finish "client$number"
		succeeds
		prints "A$number
B$number
C$number
D$number
E$number"
	done
}

# All at once, and queues that hold six of their messages.
many_clients() {
	start_server
	stop_server_for_a_while
	limit_queues 50
	some='10 11 12 13 14 15 16 17 18 19 20 21 22 23 24'
	others='25 26 27 28 29 30 31 32 33 34 35 36 37 38 39'
	# shellcheck disable=SC2086 # numbers
	start_clients $some $others
	await_that requests_come 6
	continue_server
	# shellcheck disable=SC2086 # numbers
	clients_are_content $some $others
	holds answers 0 || fail 'no answer is left'
}
check 'server: many clients at once in small queues, each gets its own' \
	many_clients

# Each of the killed ones has sent a request, and will not take its answer. All
# their answers are more than the queue holds.
some_clients_are_killed() {
	start_server
	stop_server_for_a_while
	dead='10 11 12 13 14 15 16 17 18 19'
	alive='20 21 22 23 24 25 26 27 28 29'
	# shellcheck disable=SC2086 # numbers
	start_clients $dead
	await_that requests_come 10
	for number in $dead; do
		stop "client$number" KILL
		finish "client$number"
	done
	limit_queues 50
	# shellcheck disable=SC2086 # numbers
	start_clients $alive
	continue_server
	# shellcheck disable=SC2086 # numbers
	clients_are_content $alive
}
check 'server: killed clients leave room for others' some_clients_are_killed

# Answers of processes that live stay. Their pids: this shell's, and one whose
# process has ended.
dead_client_is_forgotten() {
	start_server
	dead_process
	limit_queues 30 # three of the answers
	printf 'keep\000' | send_request $$ 7
	for number in 1 2 3 4 5 6; do
		printf 'drop\000' | send_request "$dead" "$number"
	done
	await_that has_answers 1
	run msgqueue/client -f "$path" next
	succeeds
	prints 'NEXT'
	text_of_answer $$
	[ "$(cat "$work/text")" = KEEP ] || fail 'our answer'
}
check 'server: throws out answers of dead processes when it needs room' \
	dead_client_is_forgotten

# Far more requests than the answers' queue has room for answers, from a
# process that lives and takes none: the server takes them all. Then the
# answers come in order, and none is missing.
takes_requests_meanwhile() {
	start_server
	limit_queues 30
	taken=0
	while [ "$((taken += 1))" -le 40 ]; do
		await_that holds requests 0
		printf 'r%s\000' "$taken" | send_request $$ "$taken"
	done
	await server ': r40'
	taken=0
	while [ "$((taken += 1))" -le 40 ]; do
		await_that has_answers 1
		text_of_answer $$
		[ "$(cat "$work/text")" = "R$taken" ] || fail "answer $taken"
	done
	run msgqueue/client -f "$path" after
	prints AFTER
}
check 'server: takes requests while answers wait for room' \
	takes_requests_meanwhile

# A process dies while its answers fill the queue, and no request comes that
# would wake the server.
looks_again() {
	start_server
	limit_queues 20
	start client scripts/await line /dev/null '' 20
	for number in 1 2; do
		printf 'one\000' | send_request "$(pid client)" "$number"
	done
	printf 'two\000' | send_request $$ 3
	await server ': two'
	holds answers 2 || fail 'no room for the third answer'
	stop client
	finish client
	await_that holds answers 1
	text_of_answer $$
	[ "$(cat "$work/text")" = TWO ] || fail 'the answer that has waited'
}
check 'server: tries again to send, also when no request comes' looks_again

# Requests cannot take the room of answers.
queue_full_of_requests() {
	start_server
	stop_server_for_a_while
	"$build/tests/odd" limit "requests:$path" 50
	for number in 1 2 3 4 5; do
		printf 'fill\000' | send_request $$ "$number"
	done
	start client msgqueue/client -f "$path" last
	continue_server
	finish client
	succeeds
	prints LAST
}
check 'server: answers when its queue is full of requests' \
	queue_full_of_requests

# A pid is reused, and the queue holds an answer to the former process; or
# another program sends what is no answer.
not_the_answer() {
	start_server
	stop_server_for_a_while
	start client msgqueue/client -f "$path" mine
	await_that requests_come 1
	for number in 0 1 2; do
		printf 'OLD\000' | "$build/tests/odd" request "answers:$path" \
			"$(pid client)" "$number"
	done
	letters 300 >"$work/in"
	run tests/odd send "answers:$path" "$(pid client)" <"$work/in"
	printf 'x' >"$work/in"
	run tests/odd send "answers:$path" "$(pid client)" <"$work/in"
	await_that holds answers 0 # the client has looked at all
	continue_server
	finish client
	succeeds
	prints 'MINE'
}
check 'client: takes no answer that is not to its request' not_the_answer

got_request() { # TEXT
	run tests/odd receive "requests:$path" 0
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
		head -c 4 "$work/out" >"$work/number"
		letters 300 >"$work/in"
		run tests/odd send "answers:$path" "$(pid client)" <"$work/in"
		{ cat "$work/number" && printf %s "$request"; } >"$work/in"
		for _ in once again; do
			run tests/odd send "answers:$path" "$(pid client)" \
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
	letters 5 | send_request $$ 1
	printf '' | send_request $$ 1
	printf 'xyz' >"$work/in"
	run tests/odd send "requests:$path" 1 <"$work/in"
	letters 300 >"$work/in"
	stop server STOP # so at least one is taken after another message
	run tests/odd send "requests:$path" 1 <"$work/in"
	run tests/odd send "requests:$path" 1 <"$work/in"
	continue_server
	run msgqueue/client -f "$path" still there
	prints 'STILL
THERE'
	holds answers 0 || fail 'no answer to any of them'
	stop server
	finish server
	[ "$(grep -c 'ignored' "$work/err")" -eq 5 ] || fail 'five lines'
}
check 'server: ignores what is no request' no_requests

finish_tests
