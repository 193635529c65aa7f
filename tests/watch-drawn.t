#!/bin/sh
# watch-drawn.t - what watch draws of rare events, and of rare arguments
# shellcheck source=tests/watch.sh
. "${0%/*}/watch.sh"

needs_watch

# Draw these calls of process 1.1, and of 1.2, which is gone.
tell() { # CALLS [OPTION ...]; the events come from standard input
	calls=$1
	shift
	{
		echo '10 1.1 child 999999998 0'
		echo '20 1.2 child 999999999 0'
		cat
	} >"$work/events"
	watch -q -c "$calls" "$@" "tests/teller $work/events"
	succeeds
}

results_come_after_causes() {
	# Also of processes that were held, and have been let go.
	for order in '' '-x 1+'; do
		# shellcheck disable=SC2086 # two words
		tell waitpid,send,recv $order <<-END
			30 1.1 begin recv 1 fd=3 size=9 flags=0
			40 1.2 begin send 1 fd=3 bytes="x" size=1 flags=0
			50 1.2 return send 1 1
			60 1.1 return recv 1 1 bytes="x"
			70 1.1 begin waitpid 1 pid=999999999 options=WNOHANG
			80 1.2 begin send 2 fd=3 bytes="y" size=1 flags=0
			90 1.2 return send 2 1
			100 1.1 return waitpid 1 999999999 signal=SIGKILL
		END
		in_order '| recv(3, 9 bytes)' 'send(3, "x") = 1' \
			'| recv = 1 "x"' 'waitpid(pid' 'send(3, "y") = 1' \
			'| waitpid = 999999999'
		! has_text "$out" ' : ' || fail 'no dotted line: nobody waits'
	done
	tell msgsnd,msgrcv <<-END
		30 1.2 begin msgsnd 1 id=7 message=1:"x" size=1 flags=0
		40 1.1 begin msgrcv 1 id=7 size=9 type=0 flags=0
		50 1.2 return msgsnd 1 0
		60 1.1 return msgrcv 1 1 message=1:"x"
		70 1.1 begin msgrcv 2 id=7 size=9 type=0 flags=IPC_NOWAIT
		80 1.2 begin msgsnd 2 id=7 message=1:"y" size=1 flags=0
		90 1.1 return msgrcv 2 -1 ENOMSG
		100 1.2 return msgsnd 2 0
	END
	in_order '"x"' '| msgrcv(' 'ENOMSG' '"y"'
	! has_text "$out" '| msgrcv =' || fail 'one row for each msgrcv'
}
check 'the result of a call is not drawn above what it comes from' \
	results_come_after_causes

some_calls_never_wait() {
	tell shmat <<-END
		30 1.1 begin shmat 1 id=7 address=0 flags=0
		90 1.1 return shmat 1 0x7000 waited=1
	END
	in_order 'shmat(id 7) = 0x7000'
	! has_text "$out" ' waited' || fail 'no wait'
}
check 'a call in which nobody waits for another is not drawn as a wait' \
	some_calls_never_wait

end_of_child_is_not_folded() {
	time=100
	while [ "$time" -lt 110 ]; do
		echo "$time 1.1 begin waitpid $time pid=1 options=WNOHANG"
		echo "$time 1.1 return waitpid $time 0"
		time=$((time + 1))
	done >"$work/loop"
	tell waitpid <<-END
		$(cat "$work/loop")
		200 1.1 begin waitpid 9 pid=1 options=WNOHANG
		210 1.1 return waitpid 9 999999999 exit=3
		300 1.1 begin waitpid 9 pid=1 options=WNOHANG
		310 1.1 return waitpid 9 0
	END
	in_order 'waitpid(pid' ' more waitpid' '999999999, exit 3' \
		' 1 more waitpid'
}
check 'a child that is found to have ended has a row among folded calls' \
	end_of_child_is_not_folded

# The shell's read of an end of file would have one more row.
no_rows_are_left() {
	unless_watchable 'sh -c :'
	awk 'BEGIN { for (i = 0; i < 5000; i++) print i }' >"$work/lines"
	watch -t 20 "sh -c 'cat $work/lines; read _ </dev/null'"
	succeeds
	in_order '>4600' 'ends, exit status 1' ' more lines were not drawn'
	folds_some
}
check 'where no row is left, no less than no call is folded' no_rows_are_left

dots_stay_together() {
	long=$(letters 16)
	shorter=$(letters 15)
	tell send <<-END
		30 1.1 begin send 1 fd=3 bytes="$long"... size=99 flags=0
		40 1.1 return send 1 99
		50 1.1 begin send 2 fd=3 bytes="$shorter"... size=99 flags=0
		60 1.1 return send 2 99
	END
	in_order "\"$long\" " '..., 99' "\"$shorter\" " '..., 99'
}
check 'what is cut off is not cut once more, within its dots' \
	dots_stay_together

waits_are_told_without_output() {
	unless_watchable 'sh -c :'
	watch -x '1:waitpid 1~ 1.1' "sh -c 'exec $build/shm/race -w >$work/x'"
	succeeds
	in_order '| waitpid(pid ' '| _exit(0)' ': waited' '| waitpid = '
	has_text "$work/x" 'Child has exited.' || fail 'what it has printed'
}
check 'a program whose output goes elsewhere is seen to wait, too' \
	waits_are_told_without_output

options_have_names() {
	watch -q socket/multicast_sender
	in_order '| setsockopt(3, IPPROTO_IP, IP_MULTICAST_IF)'
	new_port
	watch -q "socket/server -p $port" "socket/client -p $port"
	in_order '| setsockopt(3, SOL_SOCKET,' 'SO_REUSEADDR) = 0'
}
check 'an option has the name that it has at its level' options_have_names

finish_tests
