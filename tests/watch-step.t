#!/bin/sh
# watch-step.t - an order that is chosen has the same outcome every time
#
# WATCH_TIMES, from the environment: how often each order is played, by default
# those of the chapter's races 5 times, others once.
# shellcheck source=tests/watch.sh
. "${0%/*}/watch.sh"
# shellcheck source=tests/screen.sh
. "${0%/*}/screen.sh"

times=${WATCH_TIMES:-5}
[ "$times" -le 20 ] || time_limit=600

orders_are_checked() {
	for order in '' x 1: 1:: 1! '1+ +' 1.1:sem-op; do
		run scripts/watch/watch -x "$order" shm/race
		exits 2
		prints_nothing
		says "-x '$order': must be steps"
	done
}
check 'an order that is none is refused' orders_are_checked

needs_watch

# Play an order some times; each must end well, and show these texts in order.
# $prepare is done before each.
each_time() { # SCHEDULE COMMAND ... -- TEXT ...
	order=$1
	shift
	count=0
	for word in "$@"; do
		[ "$word" != -- ] || break
		count=$((count + 1))
	done
	played=0
	while [ "$played" -lt "$times" ]; do
		${prepare:-:}
		case $count in
		1) watch -x "$order" "$1" ;;
		2) watch -x "$order" "$1" "$2" ;;
		3) watch -x "$order" "$1" "$2" "$3" ;;
		esac
		succeeds
		(
			shift "$((count + 1))"
			in_order "$@"
		) || exit 1
		played=$((played + 1))
	done
}

# Orders that are no race of the chapter's.
once() { # as each_time
	times=${WATCH_TIMES:-1}
	each_time "$@"
}

reader_comes_early() {
	new_key
	each_time '1:shmat 2 1' "shm/writer -k $key text" \
		"shm/reader -l -k $key" -- \
		'>Data read from memory:' '>Data written to memory: text'
	not_in_column 2 'memory: text'
	each_time '1 2' "shm/writer -k $key text" "shm/reader -k $key" \
		-- '>Data written to memory: text' \
		'>Data read from memory: text'
}
check 'a reader comes before the text, or after it' reader_comes_early

writer_overwrites() {
	new_key
	each_time '1 3 2' "shm/writer -k $key one" "shm/reader -k $key" \
		"shm/writer -k $key two" -- 'memory: one' 'memory: two' \
		'memory: two' 'exit status 0'
	each_time '1 2:shmdt 3 2' "shm/writer -k $key one" \
		"shm/reader -k $key" "shm/writer -k $key two" -- \
		'written to' 'Data read' 'memory: one' 'memory: two'
}
check 'a writer overwrites a text before it is read, or after' \
	writer_overwrites

race_is_won_and_lost() {
	each_time '1:waitpid 1.1 1' shm/race -- \
		'shared_int in parent process: 0' \
		'shared_int in child process: 1' 'Child has exited.'
	each_time '1:fork 1+ 1.1 1' shm/race -- \
		'shared_int in child process: 1' \
		'shared_int in parent process: 1' 'Child has exited.'
	each_time '1:waitpid 1~ 1.1' 'shm/race -w' -- \
		'shared_int in child process: 1' \
		'shared_int in parent process: 1'
}
check 'the parent of race wins and loses, and waits with -w' \
	race_is_won_and_lost

increments_are_lost() {
	each_time '1:nanosleep 1.1:nanosleep 1~ 1.1 1' 'shm/counter -n 3' -- \
		'>expected 6, got 3, lost 3'
	each_time '1:fork 1+ 1.1 1' 'shm/counter -n 3' -- \
		'>expected 6, got 6, lost 0'
	each_time '1:nanosleep 1.1~ 1~' 'shm/counter -s -n 3' -- \
		': waited ' '>| semop = 0' '>expected 6, got 6, lost 0'
	in_column 2 ': waited '
}
check 'increments are lost at will, and not with a semaphore' \
	increments_are_lost

recv_waits() {
	new_port
	each_time '1~ 2:send 1~ 2~ 1 2' "socket/server -p $port" \
		"socket/client -p $port" -- 'accept(3)' 'connect(3, ' \
		'accept = 4 <-' 'recv(4, 1023 bytes)' 'send(3, "Hello' \
		'recv = 17 "Hello from client" <-' '>Hello from client'
	in_column 1 'waited '
}
check 'recv waits until the client sends' recv_waits

nonblocking_recv_does_not_wait() {
	new_port
	each_time '1~ 2:send 1 2' "socket/server -n -p $port" \
		"socket/client -p $port" -- 'O_NONBLOCK' \
		'recv(4, 1023 bytes) = -1 EAGAIN' '>recv: no data yet' \
		'send(3, "Hello from client")'
	not_in_column 1 'Hello from client'
}
check 'a non-blocking recv finds nothing, and the server goes on without it' \
	nonblocking_recv_does_not_wait

nonblocking_recv_is_late() {
	new_port
	each_time '1~ 2~ 1 2' "socket/server -n -p $port" \
		"socket/client -p $port" -- \
		'send(3, "Hello from client") = 17' \
		'O_NONBLOCK' '>Hello from client'
	not_in_column 1 'EAGAIN'
}
check 'a client that is in time is heard by the non-blocking server' \
	nonblocking_recv_is_late

queue_is_filled() {
	new_path
	once '1~ 2 1' "msgqueue/reader -f $path" \
		"msgqueue/writer -f $path text" -- 'msgrcv(id ' 'msgsnd(id ' \
		'msgrcv = 5 type 1, "text\x00"' '>Data Received is : text'
	once '2 1' "msgqueue/reader -f $path" \
		"msgqueue/writer -f $path text" -- 'msgsnd(id ' \
		'>Data Received is : text'
	not_in_column 1 ': waited'
}
check 'a reader waits for a message, or finds it there' queue_is_filled

queue_is_full() {
	new_path
	prepare=limit_queue
	once '1 2~ 3:msgctl 2 3' "msgqueue/writer -f $path text" \
		"msgqueue/writer -f $path more" "msgqueue/reader -f $path" \
		-- '"text\x00") = 0' 'msgsnd(id ' '"more\x00")' 'msgrcv(id ' \
		': waited' 'msgsnd = 0' '<--' '>Data send is : more'
}
limit_queue() {
	run tests/odd limit "$path" 5 # bytes
	succeeds
}
check 'a writer waits while the queue is full, and a reader ends that' \
	queue_is_full

pipe_is_waited_for() {
	once '1:write 1+ 1.1~ 1+ 1.1~ 1+ 1.1 1' 'tests/woken bytes' -- \
		'pipe() = 0, 3,4' '= 1 "1"' '= 1 "3"' '... 2 more read' \
		'write(4, "6") = 1' ': waited' '>| read = 1 "6"' \
		'close(4) = 0' ': waited' '>| read = 0'
	folds_some
}
check 'write ends a wait for bytes, close that for the end of file' \
	pipe_is_waited_for

end_of_file_is_not_folded() {
	once '1:waitpid 1.1 1' 'tests/woken bytes' -- '= 1 "3"' \
		'... 3 more read' '| read' '= 0' '_exit(0)'
}
check 'what is called again and again has a row where it finds an end' \
	end_of_file_is_not_folded

messages_are_shown() {
	once '1:sendmsg 1.1~ 1+ 1.1 1' 'tests/woken messages' -- \
		'| recvmsg(3)' 'sendmsg(4, "he"...) = 5' ': waited' \
		'>| recvmsg = 5 "he"...' 'exit status 0'
}
check 'sendmsg ends the wait of recvmsg, and their first bytes are shown' \
	messages_are_shown

signals_end_waits() {
	once '1:kill 1.1~ 1+ 1.1~ 1+ 1.1 1' 'tests/woken signals' -- \
		'| pause()' 'SIGUSR1) = 0' ': waited' '>| pause = -1 EINTR' \
		'| read(3, 1 bytes)' 'SIGUSR1) = 0' ': waited' \
		'>| read = -1 EINTR'
}
check 'kill ends pause, and a read with EINTR' signals_end_waits

enter_is_given() {
	new_key
	once '1~ 2 1' "shm/writer -w -k $key text" "shm/reader -k $key" \
		-- 'press Enter' '>Data read from memory:' '(Enter)' 'read(0' \
		'memory: text'
}
check 'Enter is given where a step goes past it' enter_is_given

scripts_are_passed_over() {
	unless_watchable 'sh -c :'
	new_port
	for name in server client; do
		printf '#!/bin/sh\nexec %s "$@"\n' \
			"$(cd "$build" && pwd)/socket/$name -p $port" \
			>"$work/$name"
		chmod +x "$work/$name"
	done
	once '1~ 2:send 1~ 2~ 1 2' "$work/server" "$work/client" -- \
		'starts' 'starts' '| socket(AF_INET' 'accept(3)' \
		'accept = 4 <-' 'recv = 17 "Hello from client" <-'
	! has_text "$out" 'open(' || fail 'no call of the shell'
	watch -nq -c accept,connect -x '1~ 2~ 1' "$work/server" "$work/client"
	in_order 'accept(3)' 'connect(3, ' '>Hello message sent to server'
	! has_text "$out" 'socket(' || fail 'only the calls of -c'
	! has_text "$out" 'process  ' || fail 'nothing below the drawing'
}
check 'a script is passed over, -c draws only some calls' \
	scripts_are_passed_over

impossible_is_said() {
	new_port
	watch -x '3' shm/race
	fails_with 1 "step 1, '3': there is no process 3"
	watch -x '1:fork 1.2' shm/race
	fails_with 1 "step 2, '1.2': there is no process 1.2"
	new_key
	watch -x '1:semop' "shm/reader -k $key"
	fails_with 1 "step 1, '1:semop': process 1 has ended without calling"
	watch -x '1:waitpid 1.1 1 1+' shm/race
	fails_with 1 "step 4, '1+': process 1 has ended"
	watch -x '1' "socket/server -p $port"
	fails_with 1 "step 1, '1': no progress for 5 s: process 1 waits in acc"
	prints_like '(waits in accept(3))'
}
check 'an order that cannot be followed says so, and where' impossible_is_said

# ---- by key --------------------------------------------------------------

names_stay_in_sight() {
	new_port
	open_screen
	type_there "'$build/scripts/watch/watch' 'socket/server -p $port' \
'socket/client -p $port'; echo came back: \$?"
	comes 'came back: 0'
	shown >"$out"
	in_order '2 socket/client' 'starts' '2 socket/client' 'messages sent'
}
check 'on a terminal the names of columns come again before they scroll away' \
	names_stay_in_sight

key_for_waiting_process() {
	new_port
	open_screen
	type_there "'$build/scripts/watch/watch' -s -S '$work/order' \
'socket/server -p $port' 'socket/client -p $port'; echo came back: \$?"
	comes 'held at its start'
	press "'w" "'1"
	comes 'waits in accept'
	press "'1"
	comes 'It waits for another process.'
	press "'2" "'q"
	comes 'came back: 0'
	read -r order <"$work/order"
	[ "$order" = '1~ 2+' ] ||
		fail "an order without what had no effect, not '$order'"
}
check 'a key for a process that waits is answered, and not kept' \
	key_for_waiting_process

keys_choose() {
	open_screen
	type_there 'stty -a; echo before'
	comes before
	comes 'x[0]'
	type_there "'$build/scripts/watch/watch' -s -S '$work/order' shm/race; \
echo came back: \$?"
	comes 'held at its start'
	press "'1" "'1" "'1" "'1" "'1"
	comes 'held: fork has returned'
	comes '[a] 1.1 '
	press "'a" "'a" "'1" "'1" "'q"
	comes 'came back: 0'
	type_there 'stty -a; echo after'
	comes after
	has_text "$work/screen.out" 'shared_int in parent process: 1' ||
		fail 'what was printed, on the screen'
	shown |
		awk '/before/ { exit } { print }' >"$work/before"
	shown |
		awk '/came back: 0/ { on = 1; next } /after/ { exit } on' \
		>"$work/after"
	cmp "$work/before" "$work/after" || fail 'the terminal as it was'
	read -r order <"$work/order"
	[ "$order" = '1+ 1+ 1+ 1+ 1+ 1.1+ 1.1+ 1+ 1+' ] ||
		fail "the order that was chosen, not '$order'"
	watch -x "$order" shm/race
	succeeds
	prints_like 'shared_int in parent process: 1'
}
check 'keys let processes go on, and their order is kept' keys_choose

ctrl_c_restores() {
	new_key
	open_screen
	type_there 'stty -a; echo before'
	comes before
	comes 'x[0]'
	type_there "'$build/scripts/watch/watch' -s 'shm/writer -k $key'; \
echo came back: \$?"
	comes 'held at its start'
	press "'1" "'1" 3
	comes 'came back: 0'
	type_there 'stty -a; echo after'
	comes after
	shown |
		awk '/before$/ { exit } { print }' >"$work/before"
	shown |
		awk '/came back: 0/ { on = 1; next } /after$/ { exit } on' \
		>"$work/after"
	cmp "$work/before" "$work/after" || fail 'the terminal as it was'
	has_text "$work/screen.out" 'left behind: segment' ||
		fail 'the segment to be removed'
	segment_gone "$key"
}
check 'Ctrl-C leaves the terminal as it was, and nothing else' ctrl_c_restores

finish_tests
