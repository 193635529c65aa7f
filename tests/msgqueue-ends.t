#!/bin/sh
# msgqueue-ends.t - all four programs: whose queues they use, and how they end
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/queue.sh
. "${0%/*}/queue.sh"

usage() {
	unset HOME
	new_path
	for side in writer reader server client; do
		shows_usage "msgqueue/$side"
		refused "msgqueue/$side" -x
		refused "msgqueue/$side" -f
		fails 1 'choose a path with -f' "msgqueue/$side"
	done
	for side in writer reader; do
		for bad in '' x 1x 99999999999999999999; do
			refused "msgqueue/$side" -f "$path" -t "$bad"
		done
		refused "msgqueue/$side" -f "$path" text surplus
	done
	refused msgqueue/writer -f "$path" -t 0 text
	refused msgqueue/server -f "$path" surplus
	fails 1 'start server first' msgqueue/client -f "$path"
	no_queue_left
}
check '-h tells the usage, bad input gets it, and no queue is made' usage

begin_both() { # [COMMAND ...] that starts reader and server
	new_path
	for side in reader server; do
		: >"$work/$side.out" # what an earlier one has printed
		"$@" "$build/msgqueue/$side" -f "$path" \
			>"$work/$side.out" 2>"$work/$side.err" &
		echo "$!" >"$work/$side.pid"
	done
	await server 'Server waiting'
	await_that queue_exists "$path"
	await_that waits reader
}

# As process 1 of a container raise(SIGTERM) does nothing.
interrupted() {
	# shellcheck disable=SC3045 # no shell of ours is without -c
	ulimit -c 0 # SIGQUIT would leave a core file
	while read -r signal code starter; do
		$starter true 2>/dev/null || skip 'no new pid namespace here'
		# shellcheck disable=SC2086 # a command and its options
		begin_both $starter
		for side in reader server; do
			read -r pid <"$work/$side.pid"
			[ -z "$starter" ] || pid=$(child_of "$pid")
			kill -s "$signal" "$pid"
			finish "$side"
			exits "$code"
		done
		no_queue_left
	done <<-END
		HUP 129
		INT 130
		QUIT 131
		TERM 143
		TERM 143 unshare -pf
	END
}
check 'reader, server: interrupted, remove what they have made' interrupted

under_nohup() {
	trap '' HUP
	begin_both
	trap - HUP
	stop reader HUP
	stop server HUP
	sends 'after the terminal'
	ends_well reader
	gives TEXT msgqueue/client -f "$path" text
}
check 'reader, server: started under nohup, they ignore SIGHUP' under_nohup

# What they print goes into a pipe that nobody reads any more. The server's
# first line was read.
unread_output() {
	new_path
	mkfifo "$work/server.out" "$work/unread"
	start server msgqueue/server -f "$path"
	exec 9<"$work/server.out"
	read -r _ <&9
	# shellcheck disable=SC2094 # fd 3 lets fd 4 be opened
	exec 3<>"$work/unread" 4>"$work/unread" 3<&-
	for command in 'writer text' 'reader -t1' 'client text'; do
		new_output
		"$build/msgqueue/${command% *}" -f "$path" "${command#* }" \
			>&4 2>"$err"
		status=$?
		fails_with 1 'standard output'
	done
	exec 9<&-
	run msgqueue/client -f "$path" text
	finish server
	fails_with 1 'standard output'
	no_queue_left
}
check 'all fail when they cannot print, and no queue stays' unread_output

# One client waits for its answer, another one for room, when the server is
# killed or interrupted, or somebody removes its queue.
server_ends() {
	while read -r how words; do
		begin_server
		stop_server_for_a_while
		start client msgqueue/client -f "$path" 'this takes most'
		await_that requests_come 1
		"$build/tests/odd" limit "requests:$path" 30
		start second msgqueue/client -f "$path" 'a longer text'
		await_that waits second
		id=$(queue_id "$path" requests)
		case $how in
		removal) run scripts/sysv remove queue "$id" ;;
		*) stop server "$how" ;;
		esac
		stop server CONT
		for call in client=msgrcv second=msgsnd; do
			finish "${call%=*}"
			fails_with 1 "${call#*=}: the server "
			says "$words"
		done
		finish server
		[ "$how" != removal ] || says "msgrcv: queue $id: "
	done <<-'END'
		KILL has ended, its queues are left behind
		TERM has ended, its queue is gone
		removal has ended, its queue is gone
	END
	no_queue_left
}
check 'client: says how the server has ended' server_ends

# There is no process to look for.
nobody_has_used_them() {
	new_path
	run tests/odd queue "requests:$path" 600
	run tests/odd queue "answers:$path" 600
	fails 1 'for 5 seconds no server has taken a request' \
		msgqueue/client -f "$path"
}
check 'client: gives up where no server has taken a request' \
	nobody_has_used_them

refused_to_us() { # PROGRAM [ARGUMENT ...]
	run_as "$me" "$@"
	fails_with 1 'made by another user'
	prints_nothing
}

# Another user has made queues at our keys, for all to read and write. The path
# has a name that both users can look up.
anothers_queues() {
	two_users msgqueue/writer msgqueue/reader msgqueue/server \
		msgqueue/client tests/odd scripts/sysv
	new_path
	ln "$path" "$work/bin/queue"
	export HOME=./queue
	trap remove_all EXIT
	run_as "$other" odd queue ./queue 666
	refused_to_us writer text
	echo theirs | send_bytes "$path" 1
	refused_to_us reader -l
	refused_to_us reader -n
	# A path that is given is not checked: that is what -f is for.
	run_as "$me" reader -l -f ./queue
	prints_like 'Data Received is : theirs'
	for whose in 'requests answers' 'answers requests'; do
		run_as "$other" odd queue "${whose% *}:./queue" 666
		refused_to_us server
		run_as "$me" odd queue "${whose#* }:./queue" 600
		refused_to_us client
		queue_holds "requests:$path" 0 || fail 'no request'
		remove_all
	done
}

remove_all() {
	echo 'path ./queue' >"$work/path"
	run_as "$me" sysv clear <"$work/path"
	run_as "$other" sysv clear <"$work/path"
}
check "another user's queues at the default keys are refused" anothers_queues

finish_tests
