#!/bin/sh
# soak-deaths.sh - the long checks: many sudden deaths, at random moments
#
# For `make soak`; SOAK=short asks less of each. SEED chooses another series of
# random moments.
# shellcheck source=tests/buffer.sh
. "${0%/*}/buffer.sh"
# shellcheck source=tests/queue.sh
. "${0%/*}/queue.sh"

case ${SOAK:-full} in
short) rounds=15 ;;
*) rounds=200 ;;
esac
SEED=${SEED:-$$}
export SEED
time_limit=600

# Call the function with each of many random $victim, $signal and $delay. SIGINT
# is not among them: in the background it is ignored, but for a handler.
each_round() { # FUNCTION VICTIM ...
	function=$1
	shift
	awk -v rounds="$rounds" -v seed="$SEED" -v names="$*" 'BEGIN {
		srand(seed)
		count = split(names, name)
		split("KILL KILL TERM HUP", sign)
		for (i = 1; i <= rounds; i++)
			print name[int(rand() * count) + 1], \
				sign[int(rand() * 4) + 1], rand() * rand() * 0.1
	}' >"$work/rounds"
	note "SEED=$SEED, $rounds rounds"
	number=0
	while read -r victim signal delay <&7; do
		number=$((number + 1))
		round="round $number: $victim, SIG$signal, $delay seconds"
		"$function"
	done 7<"$work/rounds"
}

# As start; but its parent waits for it, so that it goes when it has ended.
launch() { # NAME PROGRAM [ARGUMENT ...]
	rm -f "$work/$1.pid"
	{
		start "$@"
		wait
	} 2>/dev/null &
	await_line "$1.pid" ''
}

await_line() { # FILE TEXT [SECONDS]
	"$build/scripts/await" line "$work/$1" "$2" "${3:-5}" ||
		fail "a line with '$2' in $1 within ${3:-5} seconds ($round)"
}

strike() {
	"$build/scripts/await" line /dev/null '' "$delay"
	stop "$victim" "$signal" 2>/dev/null || :
}

has_gone() { # NAME [SECONDS]
	"$build/scripts/await" exit "$(pid "$1")" "${2:-0}"
}

ends() { # NAME ...
	for name; do
		has_gone "$name" "${within:-2}" || fail "$name ends ($round)"
	done
}

transfer_round() {
	launch consumer shm/consumer -k "$key"
	case $((number % 3)) in
	0) input=/dev/zero ;;
	1) input=$work/data ;;
	2) input=$work/never ;;
	esac
	launch producer shm/producer -k "$key"
	input=
	await_that joined_or_gone
	strike
	ends producer consumer
	buffer_gone
}

joined_or_gone() {
	has_gone producer || case $("$build/tests/ring" "$key") in
	*' 2 2 yes') ;;
	*) return 1 ;;
	esac
}

deaths_of_transfer() {
	new_key
	head -c 30000000 /dev/urandom >"$work/data"
	mkfifo "$work/never"
	exec 8<>"$work/never"
	each_round transfer_round producer consumer
}
check 'producer, consumer: sudden deaths' deaths_of_transfer

# One of the two is struck, and both end. In every other round those that wait
# for Enter get it before. A server that has not met its client yet waits for
# one, and some servers take others: these are stopped.
server_round() {
	rm -f "$work/keys"
	mkfifo "$work/keys"
	exec 8<>"$work/keys"
	input=$work/keys
	# shellcheck disable=SC2086 # programs and their arguments
	launch server $server
	await_line server.out "$ready"
	# shellcheck disable=SC2046,SC2086
	launch client $client $(port_of server)
	input=
	[ $((number % 2)) -eq 0 ] || echo >&8
	strike
	echo >&8
	ends client
	if [ -n "$another" ] && [ "$victim" = client ]; then
		# shellcheck disable=SC2046,SC2086
		run $another $(port_of server)
		succeeds
	fi
	cat "$work/server.out" "$work/server.err" >"$work/server"
	has_text "$work/server" "$met" || stop server 2>/dev/null || :
	ends server
	await_that "$nothing_left" "$round"
}

# The last process that had the socket has ended.
nobody_listens() {
	run socket/client -p "$(port_of server)"
	[ "$status" -eq 1 ] && has_text "$err" 'start server first'
}

ready=listening met=nobody another="" nothing_left=nobody_listens

deaths_of_message() {
	server='socket/server -v -p 0' met='accepted socket'
	client='socket/client -w -p'
	each_round server_round server client
}
check 'server, client: sudden deaths' deaths_of_message

deaths_of_stream() {
	server='socket/receiver -w -p 0' met='connected'
	client='socket/sender -p'
	each_round server_round server client
}
check 'receiver, sender: sudden deaths' deaths_of_stream

deaths_of_prefork() {
	server='socket/prefork -w 3 -p 0' ready=started
	client='socket/client -w -p' another='socket/client -p'
	each_round server_round server client
}
check 'prefork, client: sudden deaths' deaths_of_prefork

# A path that was left by a killed server is the next one's.
no_path() {
	[ "$victim $signal" = 'server KILL' ] || [ ! -e "$work/echo" ]
}

deaths_of_echo() {
	server="socket/echo_server -u $work/echo" nothing_left=no_path
	client="socket/echo_client -w -u $work/echo one two three"
	another="socket/echo_client -u $work/echo still"
	each_round server_round server client
}
check 'echo_server, echo_client: sudden deaths' deaths_of_echo

no_queue() {
	[ "$victim $signal" != 'server KILL' ] || "$sysv" clear <"$made"
	no_queue_left
}

# The client of a server that has never taken a request waits 5 seconds for it.
deaths_of_queue() {
	new_path
	server="msgqueue/server -f $path" ready=waiting nothing_left=no_queue
	another="msgqueue/client -f $path still"
	client="msgqueue/client -f $path$(letters 3000 | sed 's/x/ text/g')"
	within=8
	each_round server_round server client
}
check 'queue server, client: sudden deaths' deaths_of_queue

# A parent and its child share an object without a name. Nothing may be left
# of it, nor of the one that was not killed, whose output then ends.
family_round() {
	{
		cat "$work/family.out" >"$work/family.text" &
		echo "$!" >"$work/reader.pid"
		wait
	} &
	# shellcheck disable=SC2086 # a program and its options
	launch family $family
	if [ "$victim" = child ]; then
		child_of "$(pid family)" >"$work/child.pid"
		[ -s "$work/child.pid" ] || victim=family
	fi
	# Killed, it would leave its semaphores, as it says itself.
	[ "$family $victim $signal" != 'shm/counter -s family KILL' ] ||
		signal=TERM
	strike
	ends family reader
}

deaths_of_families() {
	[ -n "$(ps -A -o ppid= -o pid= 2>/dev/null)" ] ||
		skip 'no ps with -A and -o here'
	rounds=$((rounds / 4)) # of each
	mkfifo "$work/family.out"
	"$build/tests/odd" list | sort >"$work/before"
	for family in 'shm/counter -s' shm/counter shm/no_syscalls \
		'shm/race -d -n 100' fork_demo/browser \
		'scripts/compare/shm -n 1000000' \
		'scripts/compare/shm -w poll -n 9000000' \
		'scripts/compare/socket -n 1000000' \
		'scripts/compare/socket -u -n 1000000' \
		'scripts/compare/msgqueue -n 1000000' \
		'scripts/compare/msgqueue -w poll -n 1000000'; do
		each_round family_round family child
	done
	"$build/tests/odd" list | sort >"$work/after"
	comm -13 "$work/before" "$work/after" >"$work/new"
	await_that new_are_gone
}

# Those of other processes of this machine come and go.
new_are_gone() {
	[ -z "$("$build/tests/odd" list | sort | comm -12 - "$work/new")" ]
}
check 'parents and children: sudden deaths' deaths_of_families

# Ctrl-Z while tabs are opened and draw, and fg later than the browser would
# have waited: each tab meets its fate all the same.
browser_round() {
	start browser scripts/limit 30 sh -c "echo \$\$
		'$build/fork_demo/browser' &
		'$build/scripts/await' line /dev/null '' 0.00${delay#*.}
		kill -s STOP 0
		wait \$!"
	await_line browser.out ''
	read -r group <"$work/browser.out"
	"$build/scripts/await" line /dev/null '' 1.2
	await_that continued
	ends_well browser
}

continued() {
	kill -s CONT -- "-$group" 2>/dev/null || :
	has_text "$work/browser.out" 'still up'
}

stops_of_browser() {
	rounds=$((rounds / 7))
	each_round browser_round browser
}
check 'browser: Ctrl-Z at any moment, and fg' stops_of_browser

finish_tests
