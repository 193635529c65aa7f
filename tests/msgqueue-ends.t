#!/bin/sh
# msgqueue-ends.t - all four programs: whose queues they use, and how they end
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/queue.sh
. "${0%/*}/queue.sh"

usage() {
	new_path
	for side in writer reader server client; do
		shows_usage "msgqueue/$side"
		refused "msgqueue/$side" -x
		refused "msgqueue/$side" -f
	done
	for side in writer reader; do
		refused "msgqueue/$side" -t
		for bad in '' x 1x 99999999999999999999; do
			refused "msgqueue/$side" -f "$path" -t "$bad"
		done
		refused "msgqueue/$side" -f "$path" text surplus
	done
	refused msgqueue/writer -f "$path" -t 0 text
	refused msgqueue/writer -f "$path" -t -1 text
	refused msgqueue/server -f "$path" surplus
	no_queue_left
}
check '-h tells the usage, and bad input gets it' usage

default_path() {
	unset HOME
	for side in writer reader server client; do
		fails 1 'choose a path with -f' "msgqueue/$side"
		fails 1 'No such file' "msgqueue/$side" -f "$work/nowhere"
	done
	new_path
	sends 'without HOME'
	takes 'without HOME'
	export HOME="$path"
	gives 'Data send is : home' msgqueue/writer home
	takes home
	sends 'home again'
	gives 'Data Received is : home again' msgqueue/reader
	begin "Server waiting for requests of $path" server msgqueue/server
	gives HOME msgqueue/client home
	gives AGAIN msgqueue/client -f "$path" again
}
check "the default path is HOME, and without it -f is needed" default_path

begin_both() { # reader and server
	start reader msgqueue/reader -f "$path"
	begin 'Server waiting' server msgqueue/server -f "$path"
	await_that waits reader
}

interrupted() {
	# shellcheck disable=SC3045 # no shell of ours is without -c
	ulimit -c 0 # SIGQUIT would leave a core file
	new_path
	for signal in HUP=129 INT=130 QUIT=131 TERM=143; do
		begin_both
		for side in reader server; do
			end "$side" "${signal%=*}"
			exits "${signal#*=}"
		done
		no_queue_left
	done
}
check 'reader, server: interrupted, remove what they have made' interrupted

under_nohup() {
	new_path
	trap '' HUP
	begin_both
	trap - HUP
	stop reader HUP
	stop server HUP
	sends 'after the terminal'
	ends_well reader
	prints 'Data Received is : after the terminal'
	gives TEXT msgqueue/client -f "$path" text
}
check 'reader, server: started under nohup, they ignore SIGHUP' under_nohup

# As process 1 of a container: there, raise(SIGTERM) does nothing.
process_one() {
	unshare -pf true 2>/dev/null || skip 'no new pid namespace here'
	new_path
	for side in reader server; do
		unshare -pf "$build/msgqueue/$side" -f "$path" \
			>"$work/$side.out" 2>"$work/$side.err" &
		echo "$!" >"$work/$side.pid"
	done
	await_that queue_exists "$path"
	await server 'Server waiting'
	for side in reader server; do
		kill "$(child_of "$(pid "$side")")"
		finish "$side"
		exits 143
	done
	no_queue_left
}
check 'reader, server: as process 1 they end too' process_one

full_output() {
	new_path
	echo text >"$work/in"
	for side in server writer reader; do
		fails_on_full_output 'standard output' "msgqueue/$side" \
			-f "$path" <"$work/in"
	done
	no_queue_left
	begin_server
	fails_on_full_output 'standard output' msgqueue/client -f "$path"
}
check 'all fail when their output cannot be written' full_output

# The output goes into a pipe that nobody reads any more.
unread_output() {
	new_path
	for side in reader server; do
		mkfifo "$work/$side.out"
		start "$side" "msgqueue/$side" -f "$path"
		exec 9<"$work/$side.out"
		[ "$side" = reader ] || read -r _ <&9
		exec 9<&-
	done
	await_that waits reader
	sends text
	run msgqueue/client -f "$path" text
	for side in reader server; do
		finish "$side"
		fails_with 1 'standard output'
	done
	no_queue_left
}
check 'reader, server: no queue stays when nobody reads' unread_output

# Whichever of them is first: one lives, and it works.
servers_at_once() {
	new_path
	for number in 1 2 3 4 5 6; do
		start "server$number" msgqueue/server -f "$path"
	done
	await_that five_refused
	gives TEXT msgqueue/client -f "$path" text
	for number in 1 2 3 4 5 6; do
		stop "server$number" 2>/dev/null
		finish "server$number"
		[ "$status" -eq 143 ] || fails_with 1 'there is a server'
	done
	no_queue_left
}

five_refused() {
	cat "$work"/server?.err >"$work/refused"
	has_lines "$work/refused" 5
}
check 'server: of several at once one stays' servers_at_once

# One of its queues is somebody else's: the other one does not stay either.
not_made_by_us() {
	new_path
	fails 1 'start writer first' msgqueue/reader -n -f "$path"
	fails 1 'start server first' msgqueue/client -f "$path" text
	no_queue_left
	for whose in requests answers; do
		run tests/odd queue "$whose:$path" 600
		fails 1 'make clean-ipc' msgqueue/server -f "$path"
		run tests/odd remove "$whose:$path"
		succeeds
		no_queue_left
	done
}
check 'reader -n, client: make no queue; server: takes none' not_made_by_us

# One client waits for its answer, another one for room.
killed_server() {
	begin_client 'this takes most'
	"$build/tests/odd" limit "requests:$path" 30
	start second msgqueue/client -f "$path" 'a longer text'
	end server KILL
	for call in client=msgrcv second=msgsnd; do
		finish "${call%=*}"
		fails_with 1 "${call#*=}: the server (pid "
		says 'has ended, its queues are left behind'
	done
}
check 'client: ends when the server is killed' killed_server

# Queues that no server has ever used: there is no process to look for.
never_served() {
	new_path
	run tests/odd queue "requests:$path" 600
	run tests/odd queue "answers:$path" 600
	fails 1 'for 5 seconds no server has taken a request' \
		msgqueue/client -f "$path"
}
check 'client: gives up when nobody has ever taken a request' never_served

# A look each second finds that all is well; Ctrl-Z and fg on both sides.
client_is_patient() {
	begin_client patient
	for signal in ALRM STOP CONT ALRM; do
		stop client "$signal"
	done
	stop server CONT
	ends_well client
	prints PATIENT
}
check 'client: waits on while there is a server' client_is_patient

queues_are_removed() {
	for whose in requests=msgrcv answers=msgsnd; do
		begin_client text
		run tests/odd remove "${whose%=*}:$path"
		stop server CONT
		finish server
		exits 1
		says "${whose#*=}: queue "
		finish client
		fails_with 1 'msgrcv: '
		[ "${whose%=*}" = answers ] || says 'the server has ended'
		no_queue_left
	done
}
check 'server, client: say when a queue is removed' queues_are_removed

# The server and the pair, by the same path, do not meet.
queues_are_private() {
	begin_server
	sends "the pair's"
	for queue in "$path" "requests:$path" "answers:$path"; do
		gives 600 tests/odd mode queue "$queue"
	done
	gives OTHER msgqueue/client -f "$path" other
	gives "Data Received is : the pair's" msgqueue/reader -f "$path"
	start reader msgqueue/reader -f "$path"
	await_that queue_exists "$path"
	gives 600 tests/odd mode queue "$path"
}
check 'each queue is for its owner only, and for its pair' queues_are_private

denied_queues() {
	"$build/tests/odd" denied || skip 'this user is denied nothing (root)'
	new_path
	for queue in "$path" "requests:$path" "answers:$path"; do
		run tests/odd queue "$queue" 000
	done
	for side in writer reader 'reader -n' server client; do
		# shellcheck disable=SC2086 # a program and its option
		fails 1 'Permission denied' msgqueue/$side -f "$path" <"$file"
	done
	for whose in '' requests answers; do
		# shellcheck disable=SC2086 # one or none
		queue_exists "$path" $whose || fail 'a queue that stays'
	done
}
check 'a queue whose mode denies access stays closed' denied_queues

refused_to_us() { # PROGRAM [ARGUMENT ...]
	run_as "$me" "$@"
	fails_with 1 'made by another user'
	prints_nothing
}

# Another user has made queues at our keys, for all to read and write. The path
# has a name that both users can look up.
anothers_queues() {
	two_users msgqueue/writer msgqueue/reader msgqueue/server \
		msgqueue/client tests/odd
	new_path
	ln "$path" "$work/bin/queue"
	export HOME=./queue
	trap remove_all EXIT
	run_as "$other" odd queue ./queue 666
	refused_to_us writer text
	echo theirs | send_bytes "$path" 1
	for option in -l -n -ln; do
		refused_to_us reader "$option"
	done
	# A path that is given is not checked: that is what -f is for.
	run_as "$me" reader -l -f ./queue
	prints_like 'Data Received is : theirs'
	for whose in 'requests answers' 'answers requests'; do
		run_as "$other" odd queue "${whose% *}:./queue" 666
		refused_to_us server
		run_as "$me" odd queue "${whose#* }:./queue" 600
		refused_to_us client
		holds requests 0 || fail 'no request'
		remove_all
	done
}

# sysv does not let even root remove what another user has made.
remove_all() {
	for queue in "$path" "requests:$path" "answers:$path"; do
		"$build/tests/odd" remove "$queue" 2>/dev/null || :
	done
}
check "another user's queues at the default keys are refused" anothers_queues

# In an IPC namespace of its own, root can set the limits.
kernel_limits() {
	unshare -i true 2>/dev/null || skip 'no new IPC namespace here'
	new_path
	for case in 'writer msgmni 0' 'reader msgmni 0' 'server msgmni 0' \
		'writer msgmax 3'; do
		command="msgqueue/$case"
		# shellcheck disable=SC2016,SC2086 # another shell; three words
		echo text | unshare -i sh -c '
			echo "$5" >"/proc/sys/kernel/$4" && exec "$1/$3" -f "$2"
			' sh "$build/msgqueue" "$path" $case \
			>"$out" 2>"$err"
		status=$?
		case $case in
		*msgmni*) fails_with 1 'msgget: the limit of queues is' ;;
		*msgmax*) fails_with 1 'msgsnd: 5 bytes to queue' ;;
		esac
	done
	says 'Invalid argument'
}
check "limits of the kernel are told by the call's name" kernel_limits

finish_tests
