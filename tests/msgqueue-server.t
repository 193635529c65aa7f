#!/bin/sh
# msgqueue-server.t - server and client: requests and answers
#
# From the environment, for `make soak`: QUEUE_CLIENTS, how many there are (30);
# QUEUE_WORDS, the beginnings of their texts; QUEUE_BYTES, what a queue holds.
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/queue.sh
. "${0%/*}/queue.sh"

clients=${QUEUE_CLIENTS:-30}
words=${QUEUE_WORDS:-a b c d e}
[ "$clients" -le 30 ] || time_limit=600

server_answers() {
	begin_server
	text=$(printf '\001\377\303\244z\033[31m')
	gives "HELLO
TWO WORDS
A-1.%S
$(printf '\001\377\303\244Z\033[31M')

$(letters 99 | tr x X)" msgqueue/client -f "$path" hello 'two Words' 'a-1.%s' \
		"$text" '' "$(letters 99)"
	gives 'HELLO WORLD' msgqueue/client -f "$path"
	fails 1 'at most 99 bytes fit' msgqueue/client -f "$path" before \
		"$(letters 100)"
	queue_holds "answers:$path" 0 || fail 'each answer once'
	end server
	! has_text "$out" before || fail 'nothing sent beside a long text'
}
check 'server: answers any 99 bytes in capitals, once' server_answers

texts_of() { # NUMBER WORD ...
	of=$1
	shift
	printf "%s$of\n" "$@"
}

numbers() { # FIRST LAST
	awk -v i="$1" -v last="$2" 'BEGIN { while (i <= last) print i++ }'
}

# Each has sent a request. A third of them is killed: their answers are more
# than the queue holds, which is six of these messages.
many_clients() {
	begin_server
	stop_server_for_a_while
	answers=$(echo "$words" | awk '{ print toupper($0) }')
	for number in $(numbers 1 "$clients"); do
		# shellcheck disable=SC2046,SC2086 # each word is a text
		start "client$number" msgqueue/client -f "$path" \
			$(texts_of "$number" $words)
	done
	await_that requests_come "$clients"
	dead=$((clients / 3))
	for number in $(numbers 1 "$dead"); do
		end "client$number" KILL
	done
	limit_queues "${QUEUE_BYTES:-50}"
	stop server CONT
	for number in $(numbers $((dead + 1)) "$clients"); do
		ends_well "client$number"
		# shellcheck disable=SC2086 # each word is one
		prints "$(texts_of "$number" $answers)"
	done
}
check 'server: each client gets its own, though some are killed' many_clients

# Process 1 takes no answers. Where root is here, another user's server is to
# take it for alive though it may not send it signals.
begin_server_of_another() {
	new_path
	if setpriv --reuid=1 true 2>/dev/null; then
		two_users msgqueue/server
		ln "$path" "$work/bin/queue"
		as_user "$me" server -f ./queue >"$work/server.out" &
		echo "$!" >"$work/server.pid"
	else
		start server msgqueue/server -f "$path"
	fi
	await server 'Server waiting'
}

# Far more requests than the queue has room for answers. Answers of another
# process fill the queue: only when that process dies is there room for ours. No
# request comes that would wake the server. A text begins with a request's
# number, of four bytes.
takes_on() {
	begin_server_of_another
	limit_queues 30 # three of the answers
	start client scripts/await /dev/null ''
	run tests/odd send "requests:$path" "$(pid client)" \
		0000drop 0000drop 0000drop
	await_that queue_holds "answers:$path" 3
	# shellcheck disable=SC2046 # each word is a text
	run tests/odd send "requests:$path" 1 \
		$(printf '0000r%s ' $(numbers 1 40))
	await server ': r40'
	end client
	run tests/odd take "answers:$path" 1 40
	# The server may look through the answers meanwhile: then their order
	# is another one.
	tr '\000' '\n' <"$out" | sort >"$work/sorted"
	# shellcheck disable=SC2046 # a line each
	printf '0000R%s\n' $(numbers 1 40) | sort | cmp -s - "$work/sorted" ||
		fail 'each of the 40 answers'
	gives AFTER msgqueue/client -f "$path" after
}
check 'server: takes requests while answers wait; throws out the dead' takes_on

no_requests() {
	begin_server
	for text in xyz 1234 1234xxxxx; do # a number, then a text without a NUL
		printf %s "$text" | send_bytes "requests:$path" 1
	done
	stop server STOP # so at least one is taken after another message
	for _ in 1 2; do
		letters 300 | send_bytes "requests:$path" 1
	done
	stop server CONT
	gives 'STILL
THERE' msgqueue/client -f "$path" still there
	queue_holds "answers:$path" 0 || fail 'no answer to any of them'
	end server
	[ "$(grep -c 'ignored' "$err")" -eq 5 ] || fail 'five lines'
}
check 'server: ignores what is no request' no_requests

# From an earlier process of this pid there may be answers to other requests.
# The right one is the request itself, seven bytes without its NUL, and comes
# twice. One byte is less than a number.
odd_answers() {
	new_path
	run tests/odd queue "requests:$path" 600
	run tests/odd queue "answers:$path" 600
	start client msgqueue/client -f "$path" one two
	read -r pid <"$work/client.pid"
	run tests/odd send "answers:$path" "$pid" 0000other "0000$(letters 300)"
	for _ in one two; do
		run tests/odd take "requests:$path" "$pid" 1
		for size in 1 7 7; do
			head -c "$size" "$out" |
				send_bytes "answers:$path" "$pid"
		done
	done
	ends_well client
	prints 'one
two'
}
check 'client: takes only the answer to its request, and once' odd_answers

finish_tests
