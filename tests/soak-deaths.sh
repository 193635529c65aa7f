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
time_limit=1800

pause() { # SECONDS
	"$build/scripts/await" line /dev/null '' "$1"
}

# Call the function with each of many random $victim, $signal and $delay. SIGINT
# is not among them: in the background it is ignored, but for a handler. A
# failure tells the last round, and so does a test that hangs.
each_round() { # FUNCTION VICTIM ...
	function=$1
	shift
	awk -v rounds="$rounds" -v seed="$SEED" -v names="$*" 'BEGIN {
		srand(seed)
		count = split(names, name)
		split("KILL KILL TERM HUP", sign)
		for (i = 1; i <= rounds; i++)
			print i, name[int(rand() * count) + 1], \
				sign[int(rand() * 4) + 1], rand() * rand() * 0.1
	}' >"$work/rounds"
	note "SEED=$SEED, $rounds rounds"
	trap 'cat "$work/round.out"' EXIT
	while read -r number victim signal delay <&7; do
		echo "round $number: $victim $signal $delay" >"$work/round.out"
		"$function"
	done 7<"$work/rounds"
}

strike() {
	pause "$delay"
	stop "$victim" "$signal" 2>/dev/null || :
}

transfer_round() {
	case $((number % 3)) in
	0) input=/dev/zero ;;
	1) input=$work/data ;;
	2) input=$work/never ;;
	esac
	start_from "$input" producer shm/producer -k "$key"
	start consumer shm/consumer -k "$key"
	await_that joined_or_gone
	strike
	finish producer
	finish consumer
	command= # its output is of no use
	buffer_gone
}

joined_or_gone() {
	has_ended "$(pid producer)" || case $("$build/tests/ring" "$key") in
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
	# shellcheck disable=SC2086 # programs and their arguments
	start_from "$work/keys" server $server
	await server "$ready"
	# shellcheck disable=SC2046,SC2086
	start_from "$work/keys" client $client $(port_of server)
	[ $((number % 2)) -eq 0 ] || echo >&8
	strike
	echo >&8
	finish client
	if [ -n "$another" ] && [ "$victim" = client ]; then
		# shellcheck disable=SC2046,SC2086
		run $another $(port_of server)
		succeeds
	fi
	has_text "$work/server.out" "$met" ||
		has_text "$work/server.err" "$met" ||
		stop server 2>/dev/null || :
	finish server
	await_that "$nothing_left"
}

# The last process that had the socket has ended.
no_port() {
	run socket/client -p "$(port_of server)"
	[ "$status" -eq 1 ] && has_text "$err" 'start server first'
}

# A path that was left by a killed server is the next one's.
no_path() {
	[ "$victim $signal" = 'server KILL' ] || [ ! -e "$echo" ]
}

no_queue() {
	[ "$victim $signal" != 'server KILL' ] || "$sysv" clear <"$made"
	no_queue_left
}

deaths_of_servers() {
	echo=$work/echo
	new_path
	texts=$(letters 3000 | sed 's/x/ text/g')
	while IFS=';' read -r server ready met nothing_left <&9; do
		IFS=';' read -r client another <&9
		each_round server_round server client
	done 9<<-END
		socket/server -v -p 0;listening;accepted socket;no_port
		socket/client -w -p
		socket/receiver -w -p 0;listening;connected;no_port
		socket/sender -p
		socket/prefork -w 3 -p 0;started;nobody;no_port
		socket/client -w -p;socket/client -p
		socket/echo_server -u $echo;listening;nobody;no_path
		socket/echo_client -w -u $echo 1;socket/echo_client -u $echo 2
		msgqueue/server -f $path;waiting;nobody;no_queue
		msgqueue/client -f $path$texts;msgqueue/client -f $path still
	END
}
check 'servers, clients: sudden deaths' deaths_of_servers

# A parent and its child share an object without a name. Nothing may be left
# of it, nor of the one that was not killed, whose output then ends.
family_round() {
	cat "$work/family.out" >"$work/family.text" &
	reader=$!
	# shellcheck disable=SC2086 # a program and its options
	start family $family
	child=$(child_of "$(pid family)")
	echo "$child" >"$work/child.pid"
	[ -n "$child" ] || victim=family
	# Killed, it would leave its semaphores, as it says itself.
	[ "$family $victim $signal" != 'shm/counter -s family KILL' ] ||
		signal=TERM
	strike
	finish family
	wait "$reader"
	# shellcheck disable=SC2086 # none, or some
	nothing_left_of "$(pid family)" $child
}

deaths_of_families() {
	needs_children
	note_old
	rounds=$((rounds / 4)) # of each
	mkfifo "$work/family.out"
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
}
check 'parents and children: sudden deaths' deaths_of_families

# Ctrl-Z while tabs are opened and draw, and fg later than the browser would
# have waited: each tab meets its fate all the same.
browser_round() {
	begin '' browser scripts/limit 30 sh -c "echo \$\$
		'$build/fork_demo/browser' &
		'$build/scripts/await' line /dev/null '' 0.00${delay#*.}
		kill -s STOP 0
		wait \$!"
	read -r group <"$work/browser.out"
	echo "$group" >"$work/group.pid"
	await_that is_in_state group '[Tt]*'
	pause 1.2
	kill -s CONT -- "-$group"
	ends_well browser
	prints_line 'browser: still up'
}

stops_of_browser() {
	rounds=$((rounds / 7))
	each_round browser_round browser
}
check 'browser: Ctrl-Z at any moment, and fg' stops_of_browser

finish_tests
