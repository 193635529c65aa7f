#!/bin/sh
# watch.t - tests of scripts/watch/watch: the events as a drawing
# shellcheck source=tests/watch.sh
. "${0%/*}/watch.sh"

usage_is_shown() {
	run scripts/watch/watch -h
	succeeds
	prints_like 'usage: watch '
	for arguments in '' '-t 0 a' '-t x a' '-q' '-s -x 1 a' '-S f a'; do
		# shellcheck disable=SC2086 # words
		run scripts/watch/watch $arguments
		exits 2
		prints_nothing
		says 'usage: watch '
	done
}
check 'watch -h prints its usage, a wrong command line is refused' \
	usage_is_shown

needs_watch

late_client_is_waited_for() {
	new_port
	watch "socket/server -p $port" "socket/client -w -p $port"
	succeeds
	in_order 'bind(3, ' '>Server listening on' '| accept(3)' \
		'socket(AF_INET, SOCK_STREAM) = 3' \
		"connect(3, 127.0.0.1:$port) = 0" ': waited ' \
		'| accept = 4 <--' '| recv(4, 1023 bytes)' '(Enter)' \
		'send(3, "Hello from client") = 17' ': waited ' \
		'| recv = 17 "Hello from client" <--' '>Hello from client' \
		'ends, exit status 0' '2 messages sent'
	in_column 1 '| bind(3, '
	in_column 1 '>Hello message sent to client'
	not_in_column 1 'connect('
	in_column 2 '| connect('
	in_column 2 '>Hello message sent to server'
	not_in_column 2 'accept('
	awk 'length > 80' "$out" >"$work/wide"
	[ ! -s "$work/wide" ] || fail 'lines that fit 80 columns'
}
check 'the blocking server waits for the late client: columns, order, arrows' \
	late_client_is_waited_for

nonblocking_server_does_not_wait() {
	new_port
	watch "socket/server -n -p $port" "socket/client -w -p $port"
	succeeds
	in_order '| accept = 4 <--' 'fcntl(4, F_SETFL,' 'O_NONBLOCK) = 0' \
		'| recv(4, 1023 bytes) = -1 EAGAIN' '>recv: no data yet' \
		'(Enter)'
	not_in_column 1 'recv = '
}
check 'the non-blocking server does not wait in recv' \
	nonblocking_server_does_not_wait

message_ends_wait() {
	new_path
	watch "msgqueue/reader -f $path" "msgqueue/writer -f $path hello"
	succeeds
	in_order 'ftok("' 'IPC_CREAT|IPC_EXCL|0600)' '| msgrcv(id ' 'type' \
		'1)' 'msgsnd(id ' '"hello\x00") = 0' ': waited ' \
		'| msgrcv = 6 type 1, "hello\x00" <--' \
		'>Data Received is : hello' 'IPC_RMID) = 0'
	prints_like '1 message sent, by 2 calls that send or receive: 2.0 for'
}
check 'msgsnd ends the wait of msgrcv' message_ends_wait

child_has_a_column() {
	watch fork_demo/private
	succeeds
	prints_like '1.1 child'
	in_order 'fork() = ' '>Child has exited.' 'process    waited  calls' \
		"fork 1, waitpid 1" "_exit 1"
	in_column 2 '_exit(0)'
	in_column 1 '| waitpid'
	in_column 1 '+--'
	watch -x '1:waitpid 1~ 1.1' 'shm/race -w'
	in_order 'fork() = ' '+---' '| waitpid(pid ' '| _exit(0)' ': waited' \
		'| waitpid = ' 'exit 0 <---' '>Child has exited.' \
		'shared memory: 3 calls to set it up, none to read or write it'
}
check 'a child has a column, and its end ends the wait of its parent' \
	child_has_a_column

grandchildren_are_watched() {
	COLUMNS=200 # no result is in two lines
	export COLUMNS
	watch 'tests/woken family'
	succeeds
	in_order '| fork() = ' '| fork() = ' '| fork() = ' '| _exit(3)' \
		', exit 3' '| _exit(3)' ', exit 3' 'status 3' '1.1.1.1'
	for count in 'fork 1, waitpid 1, _exit 1' '1.1.1.1 '; do
		prints_like "$count"
	done
}
check 'children of children have columns, and vfork is a fork' \
	grandchildren_are_watched

sandbox_stays() {
	run shm/no_syscalls
	[ "$status" -eq 0 ] || skip 'no strict sandbox here'
	watch shm/no_syscalls
	succeeds
	# A look that has begun before it may be what finds its end.
	in_order '| waitpid(' ' SIGKILL'
	in_order 'prctl(PR_SET_SECCOMP)' '>Then it made one, and was'
}
check 'in a sandbox without system calls watch makes none' sandbox_stays

full_buffers_are_waited_for() {
	new_port
	watch "socket/receiver -w -p $port" "socket/sender -p $port"
	succeeds
	in_order 'MSG_DONTWAIT) =' ' more send' '= -1 EAGAIN' '| send(3,' \
		'(Enter)' '| recv(4, ' ': waited' '>| send = ' '>all in order'
}
check 'a send waits while the buffers are full, and recv ends that' \
	full_buffers_are_waited_for

end_of_file_is_waited_for() {
	watch 'tests/woken enter'
	succeeds
	in_order '| pipe() = 0, 3,4' '(Enter)' '| close(4) = 0' '>| read = 0'
}
check 'the close that ends a wait for the end of file has an arrow' \
	end_of_file_is_waited_for

sleep_is_interrupted() {
	watch 'tests/woken sleep'
	succeeds
	in_order '| sleep(1000 s)' ': slept' '>| sleep = ' 'ends, exit status 0'
}
check 'kill ends a sleep' sleep_is_interrupted

repetitions_are_folded() {
	watch 'shm/counter -s -n 60' # all their events find room
	succeeds
	prints_like '... '
	prints_like ' more semop'
	prints_like '>expected 120, got 120, lost 0'
	prints_like 'semop 121'
	lines=$(grep -c 'semop(' "$out")
	[ "$lines" -lt 25 ] || fail 'few lines of semop'
	in_order 'semop(id ' '[0] -1' 'SEM_UNDO'
}
check 'repetitions are folded and counted' repetitions_are_folded

lines_are_folded() {
	unless_watchable 'sh -c :'
	watch "sh -c 'for i in 1 2 3 4 5 6 7 8 9 10; do echo again; done
echo x'"
	succeeds
	[ "$(grep -c '>again' "$out")" -eq 3 ] || fail 'three lines of ten'
	in_order '>again' '... 7 more lines' '>x' 'ends, exit status 0'
}
check 'a line that is printed again and again is folded' lines_are_folded

endless_output_is_ended() {
	unless_watchable 'sh -c :'
	watch -t 20 "sh -c 'while :; do echo $(letters 150); done'"
	succeeds
	in_order 'prints too much: ended' ' more lines' 'ended by signal 9'
}
check 'a program that prints without end is ended' endless_output_is_ended

enter_comes_last() {
	new_key
	watch "shm/writer -w -k $key text" "shm/reader -l -k $key"
	succeeds
	in_order "shmget(key $(printf '%#x' "$key"), 1024" 'IPC_CREAT|0600) =' \
		'press Enter' '| read(0, 1 bytes)' 'SHM_RDONLY' \
		'>Data read from memory:' '(Enter)' ': waited' 'read = 1 "\n"' \
		'>Data written to memory: text' 'left behind: segment '
	segment_gone "$key"
}
check 'Enter is given when all else has ended, and a left segment removed' \
	enter_comes_last

time_is_limited() {
	new_port
	watch -t 1.5 "socket/udp_server -p $port"
	succeeds
	in_order '| recvfrom(3, ' '(after 1.5 s: ended by watch)' \
		'ended by signal'
	awk '/ended by watch/ { late = $1 > 9000 } END { exit late }' \
		"$out" || fail 'an end after 1.5 s'
}
check 'what still runs after SECONDS is ended' time_is_limited

many_processes_fit() {
	COLUMNS=120
	export COLUMNS
	watch 'shm/sum -p 9 -n 1000'
	succeeds
	[ "$(grep -c ' starts' "$out")" -eq 11 ] ||
		fail 'each process in the drawing'
	awk 'length > 120' "$out" >"$work/wide"
	[ ! -s "$work/wide" ] || fail 'lines that fit 120 columns'
}
check 'many processes share the width' many_processes_fit

picture_is_drawn() {
	new_port
	watch -o "$work/a.svg" "socket/server -p $port" "socket/client -p $port"
	succeeds
	for text in '<svg ' 'prefers-color-scheme: dark' '<polygon ' \
		'class="lw"' \
		"connect(3, 127.0.0.1:$port) = 0" '</svg>'; do
		has_text "$work/a.svg" "$text" || fail "'$text' in the picture"
	done
	[ "$(grep -c '<text' "$work/a.svg")" = "$(grep -c '</text>' \
		"$work/a.svg")" ] || fail 'well-formed text'
}
check 'watch -o draws the same in a file' picture_is_drawn

utf8_is_drawn() {
	[ "$(LC_ALL=C.UTF-8 locale charmap 2>/dev/null)" = UTF-8 ] ||
		skip 'no locale C.UTF-8 here'
	LC_ALL=C.UTF-8 LANG=C.UTF-8 "$build/scripts/watch/watch" shm/race \
		>"$out" 2>"$err"
	status=$?
	LC_ALL=C awk '/\342\224\202/ { found = 1 } END { exit !found }' \
		"$out" || fail 'lines in UTF-8'
	succeeds
	watch shm/race
	! LC_ALL=C grep -q '[^ -~]' "$out" || fail 'plain ASCII'
}
check 'lines are drawn in UTF-8, and in ASCII elsewhere' utf8_is_drawn

terminal_has_colour() {
	run tests/on_terminal "$build/scripts/watch/watch" shm/race
	[ "$status" -ne 77 ] || skip 'no pseudo-terminals here'
	succeeds
	esc=$(printf '\033')
	in_order "$esc" '>' "$esc" 'Child has exited.' 'exit status 0'
	watch shm/race
	! has_text "$out" "$esc" || fail 'no colour in a file'
}
check 'there is colour on a terminal only' terminal_has_colour

unwatchable_is_said() {
	cp "$build/shm/race" "$work/setuid"
	if [ "$(id -u)" -eq 0 ]; then
		chown 1 "$work/setuid" 2>/dev/null ||
			skip 'there is no other user here'
		chmod 4755 "$work/setuid"
		watch "$work/setuid"
		fails_with 1 'cannot be watched: it is set-user-id'
		prints_nothing
	fi
	echo 'int main(void) { return 0; }' >"$work/static.c"
	${CC:-cc} -static "$work/static.c" -o "$work/static" 2>/dev/null ||
		skip 'nothing can be linked statically here'
	watch "$work/static"
	fails_with 1 'cannot be watched: it is linked statically'
	watch "$work/nothing"
	fails_with 1 'No such file'
	if ${CC:-cc} -m32 "$work/static.c" -o "$work/narrow" 2>/dev/null; then
		watch "$work/narrow"
		fails_with 1 'of another width (32 or 64 bits)'
	fi
}
check 'what cannot be watched is said' unwatchable_is_said

sanitized_is_watched() {
	${CC:-cc} -fsanitize=address shm/race.c -o "$work/race" 2>/dev/null ||
		skip 'no AddressSanitizer here'
	ASAN_OPTIONS=detect_leaks=0 # strace leaves no way to look for them
	export ASAN_OPTIONS
	unless_watchable "$work/race"
	succeeds
	in_order '| shmget(IPC_PRIVATE' '| fork() = ' 'ends, exit status 0'
}
check 'a program with AddressSanitizer is watched' sanitized_is_watched

results_are_the_same() {
	watch "shm/reader -k 1"
	succeeds
	prints_like '= -1 ENOENT'
	prints_like 'ends, exit status 1'
	prints_like '>reader: '
	watch "shm/race -q"
	prints_like 'ends, exit status 2'
}
check 'exit status and errors are those of the program' results_are_the_same

stream_tells_more() {
	library=$(cd "$build" && pwd)/scripts/watch/library.so
	: >"$work/printed"
	: >"$work/events"
	read -r inode _ <<-END
		$(ls -i "$work/printed")
	END
	ASAN_OPTIONS=verify_asan_link_order=0 \
		WATCH_OUTPUT=$inode WATCH_EVENTS=$work/events \
		LD_PRELOAD=$library \
		DYLD_INSERT_LIBRARIES=$library "$build/shm/race" -dw \
		>>"$work/printed"
	for event in '1 start [0-9]* [0-9]* printed=0' \
		'1 begin shmget 1 key=IPC_PRIVATE size=4 .* printed=0' \
		'1 begin fork 1 printed=52' \
		'1.1 begin _exit 1 status=0 printed=83' \
		'1 return nanosleep 1 0 waited=1 printed=83' \
		'1 end printed=133'; do
		sed 's/^[0-9]* //' "$work/events" | grep -q -- "^$event\$" || {
			cat "$work/events"
			fail "an event '$event'"
		}
	done
}
check 'the stream tells what has been printed, and which calls have waited' \
	stream_tells_more

calls_cost_little() {
	run tests/many_calls 1000
	succeeds
	read -r alone <"$out"
	watch 'tests/many_calls 1000'
	succeeds
	watched=$(sed -n 's/.*>\([0-9][0-9.]*\)$/\1/p' "$out")
	note "$(awk -v alone="$alone" -v watched="$watched" 'BEGIN {
		printf "a call takes %s us alone, %s us watched: %.0f times",
			alone, watched, watched / alone }')"
	awk -v cost="$watched" 'BEGIN { exit !(cost > 0) }' ||
		fail "what a call costs, not '$watched'"
	# All of the calls are counted, or it is said how many are missing.
	has_text "$out" '9997 more shmdt' ||
		prints_like ' events were dropped: '
	prints_like 'shmdt '
}
check 'what a watched call costs is shown as a ratio' calls_cost_little

# watch's first child is its guardian, the second one the program.
program_begins() {
	look_for_children "$(pid watch)"
	born=${born% }
	program=${born##* }
	[ "$program" != "${born%% *}" ]
}

# watch does not read until the program is through.
dropped_are_counted() {
	start watch scripts/watch/watch 'tests/many_calls 5000'
	await_that program_begins
	stop watch STOP
	await_that has_ended "$program"
	stop watch CONT
	ends_well watch
	prints_like ' events were dropped: '
}
check 'what has been dropped at the end is told as well' dropped_are_counted

orders_are_the_same() {
	new_path
	watch -n -x '1~ 2 1' "msgqueue/reader -f $path" \
		"msgqueue/writer -f $path text"
	cp "$out" "$work/first"
	new_path
	for _ in 1 2 3 4 5; do
		watch -n -x '1~ 2 1' "msgqueue/reader -f $path" \
			"msgqueue/writer -f $path text"
		sed 's/queue\.2/queue.1/g' "$out" |
			cmp - "$work/first" || fail 'the same each time'
	done
	in_order 'msgget(key #1' '= #1' 'msgrcv(id #1' 'msgsnd(id #1' 'waited' \
		'<--' 'process   calls' 'msgsnd 1'
}
check 'watch -n draws an order the same each time' orders_are_the_same

finish_tests
