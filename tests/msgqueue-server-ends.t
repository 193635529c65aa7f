#!/bin/sh
# msgqueue-server-ends.t - server and client: whose queues, and how both end
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/requests.sh
. "${0%/*}/requests.sh"

no_server() {
	new_path
	run msgqueue/client -f "$path" text
	fails_with 1 'start server first'
	queues_gone
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

# One of its queues is somebody else's: the other one does not stay either.
one_queue_is_taken() {
	new_path
	for whose in requests answers; do
		run tests/odd queue "$whose:$path" 600
		run msgqueue/server -f "$path"
		fails_with 1 'exists'
		queue_exists "$path" "$whose" || fail 'the queue that was there'
		run tests/odd remove "$whose:$path"
		queues_gone
	done
}
check 'server: uses no queue that it has not made' one_queue_is_taken

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
	queues_gone
}
check 'server: of several at once one stays' servers_at_once

interrupted_server() {
	for signal in INT QUIT TERM HUP; do
		start_server
		stop_server_for_a_while
		start client msgqueue/client -f "$path" "$signal"
		await_that requests_come 1
		stop server "$signal"
		continue_server
		finish server
		[ "$status" -gt 128 ] || fail "death by SIG$signal"
		queues_gone
		finish client
		fails_with 1 'the server has ended'
		prints_nothing
	done
}
check 'server: interrupted, removes all, and waiting clients end' \
	interrupted_server

under_nohup() {
	new_path
	(
		trap '' HUP
		start server msgqueue/server -f "$path"
	)
	await server 'Server waiting for requests'
	stop server HUP
	run msgqueue/client -f "$path" text
	prints TEXT
	stop server
	await_that has_ended "$(pid server)"
	queues_gone
}
check 'server: started under nohup, it ignores SIGHUP' under_nohup

# As process 1 of a container: there, raise(SIGTERM) does nothing.
process_one() {
	unshare -pf true 2>/dev/null || skip 'no new pid namespace here'
	new_path
	unshare -pf "$build/msgqueue/server" -f "$path" >"$work/server.out" \
		2>"$work/server.err" &
	echo "$!" >"$work/server.pid"
	await server 'Server waiting for requests'
	kill "$(child_of "$(pid server)")"
	finish server
	[ "$status" -eq 143 ] || fail 'exit status 143'
	queues_gone
}
check 'server: as process 1 it ends too' process_one

killed_server() {
	start_server
	stop_server_for_a_while
	start client msgqueue/client -f "$path" text
	await_that requests_come 1
	stop server KILL
	finish server
	finish client
	fails_with 1 'has ended, its queues are left behind'
	queue_exists "$path" requests || fail 'a queue that is left'
	queue_exists "$path" answers || fail 'a queue that is left'
	run msgqueue/client -f "$path" text
	fails_with 1 'has ended, its queues are left behind'
	run msgqueue/server -f "$path"
	fails_with 1 'make clean-ipc'
	queue_exists "$path" requests || fail 'a queue that is left'
	queue_exists "$path" answers || fail 'a queue that is left'
}
check 'server: killed, its clients end, and the next one says what to do' \
	killed_server

# A full queue: the client waits for room.
killed_while_full() {
	start_server
	stop_server_for_a_while
	"$build/tests/odd" limit "requests:$path" 30
	start first msgqueue/client -f "$path" 'this takes most'
	await_that requests_come 1
	start client msgqueue/client -f "$path" 'a longer text'
	stop server KILL
	finish server
	finish first
	fails_with 1 'has ended, its queues are left behind'
	finish client
	fails_with 1 'msgsnd: the server'
}
check 'client: waiting for room, ends when the server is killed' \
	killed_while_full

# Queues that no server has ever used: there is no process to look for.
never_served() {
	new_path
	run tests/odd queue "requests:$path" 600
	run tests/odd queue "answers:$path" 600
	run msgqueue/client -f "$path" text
	fails_with 1 'for 5 seconds no server has taken a request'
	prints_nothing
}
check 'client: gives up when nobody has ever taken a request' never_served

# A look each second finds that all is well; Ctrl-Z and fg on both sides.
client_is_patient() {
	start_server
	stop_server_for_a_while
	start client msgqueue/client -f "$path" patient
	await_that requests_come 1
	stop client ALRM
	stop client STOP
	stop client CONT
	stop client ALRM
	continue_server
	finish client
	succeeds
	prints 'PATIENT'
}
check 'client: waits on while there is a server' client_is_patient

server_queue_removed() {
	for whose in requests answers; do
		start_server
		run tests/odd remove "$whose:$path"
		[ "$whose" = requests ] ||
			printf 'text\000' | send_request $$ 1
		finish server
		exits 1
		case $whose in
		requests) says 'msgrcv: queue' ;;
		answers) says 'msgsnd: queue' ;;
		esac
		queues_gone
	done
}
check 'server: says when a queue is removed' server_queue_removed

server_is_private() {
	start_server
	for whose in requests answers; do
		run tests/odd mode queue "$whose:$path"
		prints 600
	done
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
	run tests/odd queue "requests:$path" 000
	run tests/odd queue "answers:$path" 000
	run msgqueue/client -f "$path" text
	fails_with 1 'Permission denied'
	prints_nothing
	queue_exists "$path" requests || fail 'the other keeps its queue'
}
check "client: another's closed queue stays" server_denied

# sysv does not let even root remove what another user has made.
remove_theirs() {
	for whose in requests answers; do
		"$build/tests/odd" remove "$whose:$path" 2>/dev/null || :
	done
}

# Another user has made queues at our keys, for all to read and write.
queues_of_another_user() {
	two_users msgqueue/server msgqueue/client tests/odd
	new_path
	ln "$path" "$work/bin/queue" # the same keys, by a name for both users
	export HOME=./queue
	trap remove_theirs EXIT
	run_as "$other" odd queue requests:./queue 666
	exits 0
	run_as "$other" odd queue answers:./queue 666
	exits 0
	run_as "$me" client text
	fails_with 1 'made by another user'
	prints_nothing
	holds requests 0 || fail 'no request in their queue'
	run_as "$me" server
	fails_with 1 'made by another user'
	prints_nothing
	queue_exists "$path" requests || fail 'the other user keeps the queue'
	remove_theirs
	# Only the answers' queue is theirs.
	run_as "$other" odd queue answers:./queue 666
	run_as "$me" odd queue requests:./queue 666
	run_as "$me" client text
	fails_with 1 'made by another user'
	holds requests 0 || fail 'no request is sent'
	run_as "$me" server
	fails_with 1 'made by another user'
}
check "server, client: leave another user's queues alone" \
	queues_of_another_user

server_needs_its_output() {
	new_path
	[ ! -c /dev/full ] ||
		(fails_on_full_output 'standard output' \
			msgqueue/server -f "$path") || exit
	queues_gone
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
	queues_gone
	rm "$work/server.out"
	start_server
	fails_on_full_output 'standard output' msgqueue/client -f "$path" text
}
check 'server: fails when its output cannot be written' \
	server_needs_its_output

finish_tests
