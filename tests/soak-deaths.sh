#!/bin/sh
# soak-deaths.sh - the long checks: many sudden deaths, at random moments
#
# For `make soak`; SOAK=short asks less of each. SEED chooses another series of
# random moments.
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

case ${SOAK:-full} in
short) rounds=15 ;;
*) rounds=200 ;;
esac
SEED=${SEED:-$$}
export SEED

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

queue_server_is_gone() {
	! queue_exists "$path" requests && ! queue_exists "$path" answers
}

# Each line of $work/rounds: who gets which signal, and after how long. SIGINT
# is not among them: in the background it is ignored, but for a handler.
random_rounds() { # NAME ...
	awk -v rounds="$rounds" -v seed="$SEED" -v names="$*" 'BEGIN {
		srand(seed)
		count = split(names, name)
		split("KILL KILL TERM HUP", sign)
		for (i = 1; i <= rounds; i++)
			print name[int(rand() * count) + 1], \
				sign[int(rand() * 4) + 1], rand() * rand() * 0.1
	}' >"$work/rounds"
	note "SEED=$SEED, $rounds rounds"
}

# As start. A process that has ended is one only when its parent has noticed:
# this one's parent does at once, and leaves its status in NAME.end.
launch() { # NAME PROGRAM [ARGUMENT ...]
	name=$1
	program=$2
	shift 2
	[ -p "$work/$name.out" ] || rm -f "$work/$name.out"
	rm -f "$work/$name.err" "$work/$name.pid" "$work/$name.end"
	{
		"$build/$program" "$@" <"${input:-/dev/null}" \
			>"$work/$name.out" 2>"$work/$name.err" &
		echo "$!" >"$work/$name.pid"
		wait "$!"
		echo "status $?" >"$work/$name.end"
	} 2>/dev/null &
	await_line "$name.pid" ''
}

await_line() { # FILE TEXT [SECONDS]
	"$build/scripts/await" line "$work/$1" "$2" "${3:-5}" ||
		fail "within ${3:-5} seconds a line with '$2' in $1 ($round)"
}

# Kill as the round says.
strike() { # VICTIM SIGNAL DELAY
	round="round $number_of_round: $*"
	"$build/scripts/await" line /dev/null '' "$3"
	kill -s "$2" "$(pid "$1")" 2>/dev/null || :
}

each_round() { # FUNCTION
	number_of_round=0
	round=start
	while read -r victim signal delay <&7; do
		number_of_round=$((number_of_round + 1))
		"$1" "$victim" "$signal" "$delay"
	done 7<"$work/rounds"
}

ends() { # NAME ...
	for name; do
		await_line "$name.end" status "${within:-2}"
	done
}

# Who was killed after the other side had gone normally ended well.
transfer_round() {
	launch consumer shm/consumer -k "$key"
	case $((number_of_round % 3)) in
	0) input=/dev/zero ;;
	1) input=$work/data ;;
	*) input=$work/never ;;
	esac
	launch producer shm/producer -k "$key"
	input=
	await_that joined_or_gone
	strike "$@"
	ends producer consumer
	segment_gone "$key"
	semaphores_gone "$key"
}

joined_or_gone() {
	[ -s "$work/producer.end" ] || {
		[ "$("$build/tests/odd" semaphore "$key" 2 2>&1)" = 2 ] &&
			[ "$("$build/tests/odd" semaphore "$key" 3 2>&1)" = 2 ]
	}
}

deaths_of_transfer() {
	new_key
	head -c 30000000 /dev/urandom >"$work/data"
	mkfifo "$work/never"
	exec 8<>"$work/never"
	random_rounds producer consumer
	each_round transfer_round
}

# Enter, after SECONDS, for the next program that is launched.
enter_comes_after() { # SECONDS
	rm -f "$work/keys"
	mkfifo "$work/keys"
	exec 8<>"$work/keys"
	input=$work/keys
	{
		"$build/scripts/await" line /dev/null '' "$1"
		echo >&8
	} &
}

message_round() {
	launch server socket/server -p 0
	await_line server.out 'listening on'
	enter_comes_after 0.05
	launch client socket/client -w -p "$(port_of server)"
	input=
	strike "$@"
	ends client
	# Before a client has connected the server waits for one.
	[ -s "$work/server.end" ] || "$build/scripts/await" line \
		"$work/server.end" status 0.2 || stop server
	ends server
}

deaths_of_message() {
	random_rounds server client
	each_round message_round
}

stream_round() {
	enter_comes_after 0.05
	launch receiver socket/receiver -w -p 0
	input=
	await_line receiver.out 'listening on'
	launch sender socket/sender -p "$(port_of receiver)"
	await_that connected_or_gone
	strike "$@"
	ends receiver sender
}

connected_or_gone() {
	[ -s "$work/sender.end" ] || grep -q connected "$work/receiver.err"
}

deaths_of_stream() {
	random_rounds receiver sender
	each_round stream_round
}

echo_round() {
	launch server socket/echo_server -u "$work/echo"
	await_line server.out 'Server listening'
	input=$work/keys
	launch client socket/echo_client -w -u "$work/echo" one two three
	input=
	await_line client.out 'Echoed: one'
	strike "$@"
	if [ "$1" = client ]; then
		ends client
		run socket/echo_client -u "$work/echo" still there
		prints 'Echoed: still
Echoed: there'
		stop server
	fi
	ends client server
	[ "$2" = KILL ] && [ "$1" = server ] || [ ! -e "$work/echo" ] ||
		fail "no path ($round)"
}

# A path that was left by a killed server is the next one's.
deaths_of_echo() {
	mkfifo "$work/keys" # nobody presses one: the client stays
	exec 8<>"$work/keys"
	random_rounds server client
	echo 'client TERM 0' >>"$work/rounds"
	each_round echo_round
	[ ! -e "$work/echo" ] || fail 'no path'
}

prefork_round() {
	launch server socket/prefork -w 3 -p 0
	await_that has_workers
	enter_comes_after 0.02
	launch client socket/client -w -p "$(port_of server)"
	input=
	strike "$@"
	ends client
	if [ "$1" = client ]; then
		run socket/client -p "$(port_of server)"
		prints_like 'Hello from worker'
		stop server
	fi
	ends server
	await_that nobody_listens
}

# The port is closed when the last of the workers has ended.
nobody_listens() {
	run socket/client -p "$(port_of server)"
	[ "$status" -eq 1 ] && grep -q 'start server first' "$work/err"
}

has_workers() {
	[ "$(grep -c started "$work/server.out")" -eq 3 ]
}

deaths_of_prefork() {
	random_rounds server client
	each_round prefork_round
}

# Clients that lose their server end; those that do not get all answers. The
# clients of a server that has never taken a request wait 5 seconds for it.
queue_round() {
	launch server msgqueue/server -f "$path"
	await_line server.out 'Server waiting for requests'
	for client in client1 client2 client3; do
		# shellcheck disable=SC2046 # each word is a text
		launch "$client" msgqueue/client -f "$path" \
			$(client_texts 1 50) $(client_texts 2 50)
	done
	strike "$@"
	within=8
	ends client1 client2 client3
	within=
	if [ "$1" != server ]; then
		for client in client1 client2 client3; do
			[ "$client" = "$1" ] ||
				[ "$(wc -l <"$work/$client.out")" -eq 40 ] ||
				fail "40 answers for $client ($round)"
		done
		stop server
	fi
	ends server
	if [ "$1 $2" = 'server KILL' ]; then
		clear_made
	fi
	queue_server_is_gone || fail "no queue of the server ($round)"
}

deaths_of_queue() {
	new_path
	random_rounds server client1 server client2 server client3
	each_round queue_round
}

# A parent and its child share an object without a name. Nothing may be left
# of it, nor of the one that was not killed, whose output then ends.
family_round() {
	mkfifo "$work/family.out"
	cat "$work/family.out" >"$work/family.text" &
	reader=$!
	# shellcheck disable=SC2086 # a program and its options
	launch family $family
	if [ "$1" = child ]; then
		ps -A -o ppid= -o pid= | awk -v parent="$(pid family)" \
			'$1 == parent { print $2 }' >"$work/child.pid"
		[ -s "$work/child.pid" ] || set -- family "$2" "$3"
	fi
	# Killed, it would leave its semaphores, as it says itself.
	[ "$family $1 $2" != 'shm/counter -s family KILL' ] ||
		set -- family TERM "$3"
	strike "$@"
	ends family
	{
		wait "$reader"
		echo 'status 0' >"$work/reader.end"
	} 2>/dev/null &
	ends reader
	rm "$work/family.out" "$work/reader.end"
}

deaths_of_families() {
	[ -n "$(ps -A -o ppid= -o pid= 2>/dev/null)" ] ||
		skip 'no ps with -A and -o here'
	rounds=$((rounds / 4)) # of each
	"$build/tests/keyless" list | sort >"$work/before"
	for family in 'shm/counter -s' shm/counter shm/no_syscalls \
		'shm/race -d -n 100' fork_demo/browser \
		'scripts/compare/shm -n 1000000' \
		'scripts/compare/shm -w poll -n 9000000' \
		'scripts/compare/socket -n 1000000' \
		'scripts/compare/socket -u -n 1000000' \
		'scripts/compare/msgqueue -n 1000000' \
		'scripts/compare/msgqueue -w poll -n 1000000'; do
		random_rounds family child
		each_round family_round
	done
	await_that nothing_new
}

nothing_new() {
	"$build/tests/keyless" list | sort | cmp -s "$work/before" -
}

# Ctrl-Z while tabs are opened and draw, and fg later than the browser would
# have waited: each tab meets its fate all the same.
browser_round() { # DELAY
	start browser scripts/limit 30 sh -c "echo \$\$
		'$build/fork_demo/browser' &
		'$build/scripts/await' line /dev/null '' $1
		kill -s STOP 0
		wait \$!"
	await_line browser.out ''
	group=$(head -n 1 "$work/browser.out")
	"$build/scripts/await" line /dev/null '' 1.2
	await_that continued
	finish browser
	succeeds
}

continued() {
	kill -s CONT -- "-$group" 2>/dev/null || :
	grep -q 'still up' "$work/browser.out"
}

stops_of_browser() {
	rounds=$((rounds / 7))
	random_rounds browser
	round=start
	while read -r _ _ delay <&7; do
		browser_round "0.00${delay#*.}"
	done 7<"$work/rounds"
}

time_limit=600
check 'producer, consumer: sudden deaths' deaths_of_transfer
check 'server, client: sudden deaths' deaths_of_message
check 'receiver, sender: sudden deaths' deaths_of_stream
check 'echo_server, echo_client: sudden deaths' deaths_of_echo
check 'prefork, client: sudden deaths' deaths_of_prefork
check 'queue server, clients: sudden deaths' deaths_of_queue
check 'parents and children: sudden deaths' deaths_of_families
check 'browser: Ctrl-Z at any moment, and fg' stops_of_browser
finish_tests
