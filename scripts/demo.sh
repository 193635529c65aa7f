#!/bin/sh
#
# demo.sh - run the labs as on a classroom screen: what, why, and what was seen
#
#     $ make
#     $ scripts/demo.sh shm
#
# -s stops before each step until Enter. Each line of a program is marked with
# its role; colours are for terminals, and not where NO_COLOR is set. A step
# that does not show what it says ends the demo with status 1. What the demo
# makes is its own, and is gone when it ends, Ctrl-C included.
#
# usage: demo.sh [-hs] [fork_demo | shm | socket | msgqueue] ...

set -eu

usage='usage: demo.sh [-hs] [fork_demo | shm | socket | msgqueue] ...'
patience=10       # seconds that a program may take
most_messages=700 # to fill a queue with; the usual limits hold 20 to 655

stepwise=no
running=     # processes that were started and not yet waited for
newest=      # the last of them; $! is another one in the moment between
folder=      # our temporary folder
segment_key= # the keys of our objects
queue_key=
requests_key=
answers_key=
roles=       # who has printed something in this step
step_title=
input=/dev/null # what is typed for the programs
steps=0

# --- the end, whichever way it comes ---

# A shell runs a trap between two commands: what has just been started may
# not be in the list yet, but it is in $!.
end_processes() {
	if [ "${!-}" != "$newest" ]; then
		running="$running $!"
	fi
	for pid in $running; do
		kill -s TERM "$pid" 2>/dev/null || :
	done
	for pid in $running; do
		wait "$pid" 2>/dev/null || :
	done
	running=
}

remove_object() { # KIND KEY
	if [ -n "$2" ] && id=$("$BUILD/scripts/sysv" find "$1" "$2"); then
		"$BUILD/scripts/sysv" remove "$1" "$id" || :
	fi
}

clean_up() {
	trap '' HUP INT QUIT PIPE TERM
	end_processes
	remove_object segment "$segment_key"
	remove_object semaphores "$segment_key"
	remove_object queue "$queue_key"
	remove_object queue "$requests_key"
	remove_object queue "$answers_key"
	if [ -n "$folder" ]; then
		rm -rf "$folder"
	fi
}

# Whoever waits for us sees that the signal ended us.
die_of() { # SIGNAL
	trap - EXIT
	clean_up
	trap - "$1"
	kill -s "$1" $$
	exit 1
}

catch_signals() { # HANDLER
	for signal in HUP INT QUIT PIPE TERM; do
		# shellcheck disable=SC2064 # both are known now
		trap "$1 $signal" "$signal"
	done
}

fail() { # REASON
	for role in $roles; do
		show "$role"
	done
	printf 'demo.sh: step %s "%s" failed:\n%s\n' "$steps" "$step_title" \
		"    $1" >&2
	exit 1
}

give_up() { # REASON
	echo "demo.sh: $1" >&2
	exit 1
}

# --- what is our own: folder, keys, file ---

note_signal() { # SIGNAL
	caught=$1
}

deaf_mkdir() {
	(trap '' HUP INT QUIT TERM && mkdir -m 700 "$1") 2>/dev/null
}

# The folder's name must be known as soon as it exists: signals are only
# noted meanwhile, and mkdir itself does not get to see a Ctrl-C.
make_folder() {
	caught=
	catch_signals note_signal
	for number in 0 1 2 3 4 5 6 7 8 9; do
		name="${TMPDIR:-/tmp}/ipc-demo.$$"
		if [ "$number" -gt 0 ]; then
			name="$name.$number"
		fi
		if deaf_mkdir "$name"; then
			folder=$name
			break
		fi
	done
	catch_signals die_of
	if [ -n "$caught" ]; then
		die_of "$caught"
	fi
	if [ -z "$folder" ]; then
		give_up "cannot make a folder in ${TMPDIR:-/tmp}"
	fi
}

is_free() { # KIND KEY
	found=0
	"$BUILD/scripts/sysv" find "$1" "$2" >/dev/null || found=$?
	[ "$found" -eq 1 ]
}

# A key that somebody has already is left alone, and so is its object.
choose_segment_key() {
	for number in 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
		key=$((0x60000000 + ($$ % 4194304) * 16 + number))
		key=$(printf '0x%x' "$key")
		if is_free segment "$key"; then
			segment_key=$key
			return
		fi
	done
	give_up 'no free key for a segment'
}

choose_queue_file() {
	for number in 0 1 2 3 4 5 6 7 8 9; do
		file="$folder/file$number"
		: >"$file"
		key=$("$BUILD/scripts/sysv" key "$file")
		second=$("$BUILD/scripts/sysv" key "$file" requests)
		third=$("$BUILD/scripts/sysv" key "$file" answers)
		if is_free queue "$key" && is_free queue "$second" &&
			is_free queue "$third"; then
			queue_key=$key
			requests_key=$second
			answers_key=$third
			return
		fi
	done
	give_up 'no free key for a queue'
}

# --- the screen ---

choose_colours() {
	bold='' plain='' yellow='' green='' cyan='' purple=''
	if [ -t 1 ] && [ -z "${NO_COLOR-}" ] && [ "${TERM-dumb}" != dumb ]; then
		escape=$(printf '\033')
		bold="${escape}[1m" plain="${escape}[0m"
		yellow="${escape}[33m" green="${escape}[32m"
		cyan="${escape}[36m" purple="${escape}[35m"
	fi
}

colour_of() { # ROLE
	case $1 in
	writer | server | producer | *sender) colour=$green ;;
	reader | client* | consumer | *receiver*) colour=$cyan ;;
	*) colour=$yellow ;;
	esac
}

lab() { # TITLE
	printf '\n%s=== %s ===%s\n' "$bold" "$1" "$plain"
}

# Standard input tells what is about to happen, and why.
step() { # TITLE
	if [ "$stepwise" = yes ]; then
		wait_for_enter
	fi
	for role in $roles; do
		rm -f "$folder/$role"
	done
	roles=
	steps=$((steps + 1))
	step_title=$1
	printf '\n%s%s. %s%s\n' "$bold" "$steps" "$1" "$plain"
	fold -s -w 78
}

# Standard input tells what was to be seen.
seen() {
	fold -s -w 76 | sed -e '1s/^/=> /' -e '2,$s/^/   /'
}

# A trap waits until the shell's read is over, in some shells: let another
# process read.
wait_for_enter() {
	printf '\n[Enter] ' >&2
	run_quietly read_line
	if [ "$status" -ne 0 ]; then
		echo >&2
		give_up 'end of input: the demo ends here'
	fi
}

read_line() {
	read -r line <&3
}

show_typed() { # LINE
	printf '%s%s%s\n' "$bold" "$1" "$plain"
}

# The command as typed at a prompt; "&" where the other side comes beside it.
show_command() { # TAIL COMMAND [ARGUMENT ...]
	tail=$1
	shift
	command_line='$'
	for word; do
		case $word in
		*[!A-Za-z0-9_./:=+-]* | '') word="'$word'" ;;
		esac
		if [ $((${#command_line} + ${#word} + ${#tail})) -gt 77 ]; then
			show_typed "$command_line \\"
			command_line='   '
		fi
		command_line="$command_line $word"
	done
	show_typed "$command_line$tail"
}

show_line() { # ROLE LINE
	colour_of "$1"
	if [ "${#2}" -gt 69 ]; then
		printf '%s\n' "$2" | fold -s -w 69 | sed -e 's/ $//'
	else
		printf '%s\n' "$2"
	fi | while IFS= read -r part; do
		printf '%s%-8s |%s %s\n' "$colour" "$1" "$plain" "$part"
	done
}

# The lines of a role that are not on the screen yet, up to the one with TEXT.
show() { # ROLE [TEXT]
	read -r shown <"$folder/$1.shown"
	count=0
	while IFS= read -r line; do
		count=$((count + 1))
		if [ "$count" -gt "$shown" ]; then
			show_line "$1" "$line"
			shown=$count
			case $line in
			*"${2-no such text}"*) break ;;
			esac
		fi
	done <"$folder/$1"
	echo "$shown" >"$folder/$1.shown"
}

# --- processes: never in the foreground, where a trap would have to wait ---

forget() { # PID
	others=
	for pid in $running; do
		if [ "$pid" != "$1" ]; then
			others="$others $pid"
		fi
	done
	running=$others
}

run_quietly() { # COMMAND [ARGUMENT ...]
	"$@" &
	running="$running $!"
	newest=$!
	status=0
	wait "$newest" || status=$?
	forget "$newest"
}

launch() { # ROLE COMMAND [ARGUMENT ...]
	role=$1
	shift
	echo 0 >"$folder/$role.shown"
	: >"$folder/$role"
	case " $roles " in
	*" $role "*) ;;
	*) roles="$roles $role" ;;
	esac
	"$BUILD/scripts/limit" "$patience" "$@" 3<&- <"$input" \
		>"$folder/$role" 2>&1 &
	running="$running $!"
	newest=$!
	echo "$newest" >"$folder/$role.pid"
}

# Start one side; the other one is to come while it runs.
start() { # ROLE COMMAND [ARGUMENT ...]
	role=$1
	shift
	show_command ' &' "$@"
	launch "$role" "$@"
}

# Wait until the role has printed TEXT, and show what it printed so far.
see() { # ROLE TEXT
	run_quietly "$BUILD/scripts/await" line "$folder/$1" "$2"
	show "$1" "$2"
	if [ "$status" -ne 0 ]; then
		fail "$1 did not print \"$2\""
	fi
}

# Wait until the role has ended, show the rest, check status and line.
finish() { # ROLE STATUS TEXT
	read -r pid <"$folder/$1.pid"
	status=0
	# Some shells tell of a signal, here: "Terminated".
	wait "$pid" 2>/dev/null || status=$?
	forget "$pid"
	show "$1"
	if [ "$status" -eq 124 ]; then
		fail "$1 did not end within $patience seconds"
	elif [ "$status" -ne "$2" ]; then
		fail "$1 ended with status $status, $2 was expected"
	fi
	expect "$1" "$3"
}

run() { # ROLE STATUS TEXT COMMAND [ARGUMENT ...]
	role=$1
	expected_status=$2
	expected_text=$3
	shift 3
	show_command '' "$@"
	launch "$role" "$@"
	finish "$role" "$expected_status" "$expected_text"
}

expect() { # ROLE TEXT
	if [ -n "$2" ] && ! grep -q -F -e "$2" "$folder/$1"; then
		fail "$1 did not print \"$2\""
	fi
}

# --- the kernel's view ---

# The same table from Linux's /proc, which writes keys as decimal numbers
# with a sign.
read_proc() { # KIND KEY
	number=$(($2))
	if [ "$number" -gt 2147483647 ]; then
		number=$((number - 4294967296))
	fi
	case $1 in
	segment) table=/proc/sysvipc/shm ;;
	*) table=/proc/sysvipc/msg ;;
	esac
	awk -v number="$number" -v key="$2" -v kind="$1" '
		NR == 1 || $1 == number {
			if (NR > 1)
				$1 = key
			size = kind == "segment" ? $4 : $4 " " $5
			users = kind == "segment" ? $7 : ""
			print $1, $2, $3, size, users
		}' "$table" | while read -r line; do
		# shellcheck disable=SC2086 # one word a column
		printf '%-10s %-10s %-8s %-10s %s\n' $line
	done
}

kernel_shows() { # KIND KEY yes|no
	case $1 in
	segment) letter=m table=/proc/sysvipc/shm ;;
	*) letter=q table=/proc/sysvipc/msg ;;
	esac
	if command -v ipcs >/dev/null && ipcs "-$letter" >"$folder/ipcs" \
		2>/dev/null && grep -q -i -w -e key "$folder/ipcs"; then
		show_typed "\$ ipcs -$letter | grep -i -e key -e $2"
		grep -i -e key -e "$2" "$folder/ipcs" |
			sed -e 's/[[:space:]]*$//' >"$folder/kernel"
	elif [ -r "$table" ]; then
		echo "(There is no ipcs here: this is out of $table.)"
		read_proc "$1" "$2" >"$folder/kernel"
	else
		echo '(There is no ipcs here: the kernel lets us see no table.)'
		return
	fi
	while IFS= read -r line; do
		printf '%s%s%s\n' "$purple" "$line" "$plain"
	done <"$folder/kernel"
	has_row=no
	if grep -q -i -e "$2" "$folder/kernel"; then
		has_row=yes
	fi
	if [ "$has_row" != "$3" ]; then
		fail "a row of key $2 in the kernel's table: $has_row"
	fi
}

# --- the labs ---

show_fork_demo() {
	lab 'fork_demo: nothing is shared'

	step 'What the child changes' <<-'END'
		fork copies the process with all its variables. The child adds 1
		to an int and 3 to a float. Will the parent see that?
	END
	run private 0 'shared_int in child process: 11' fork_demo/private
	expect private 'shared_float in child process: 28.500000'
	expect private 'shared_int in parent process: 10'
	expect private 'shared_float in parent process: 25.500000'
	expect private 'Child has exited.'
	seen <<-'END'
		The child has 11 and 28.5, the parent still 10 and 25.5: two
		copies. To work together, processes need the kernel's help.
	END

	step 'A process for each tab' <<-'END'
		A browser opens seven tabs and a plug-in, each in a process of
		its own. One tab crashes, one opens a file, two send nonsense
		or too much, and one hangs. What is left of the others?
	END
	run browser 0 'browser: still up' fork_demo/browser
	expect browser 'tab 1 (news): drew: Rain until noon [process '
	expect browser 'tab 2 (crash): killed by SIGSEGV'
	expect browser 'tab 4 (flood): cut off, sent too much'
	expect browser 'tab 5 (vandal): cut off, sent what is no text'
	expect browser 'tab 6 (hang): cut off, silent'
	expect browser 'tab 7 (mail): drew: No new mail [process '
	expect browser 'plug-in: drew: /etc/passwd opened [process '
	if grep -q -x -e 'tab 3 (spy): killed by SIGKILL' "$folder/browser"
	then
		seen <<-'END'
			news and mail drew their pages, and the browser is still
			up. The kernel killed the spy when it opened a file: it
			is in a sandbox. The plug-in opened the same file; it is
			not.
		END
	else
		expect browser 'tab 3 (spy): drew: /etc/passwd opened [process '
		seen <<-'END'
			news and mail drew their pages, and the browser is still
			up. The spy opened a file: this system has no sandbox
			for it (Linux has, unless a container refuses it).
		END
	fi
}

show_shm() {
	lab 'shm: two processes, one piece of memory'
	choose_segment_key
	key=$segment_key

	step 'A segment outlives its writer' <<-'END'
		The writer gets a segment by its key, attaches it, writes its
		text, and ends.
	END
	run writer 0 'Data written to memory: Hello world' \
		shm/writer -v -k "$key" 'Hello world'
	kernel_shows segment "$key" yes
	seen <<-'END'
		The writer has ended, nobody is attached (nattch is 0). The
		segment and its text are there until somebody removes them.
	END

	step 'Who has the key gets the same segment' <<-'END'
		Two readers, one after the other. -l leaves the segment there,
		-v tells its id and its address in the reader's own memory.
	END
	run reader 0 'Data read from memory: Hello world' \
		shm/reader -l -v -k "$key"
	first=$(sed -n 's/^segment \(.*\) attached at \(.*\)/\1 \2/p' \
		"$folder/reader")
	run reader 0 'Data read from memory: Hello world' \
		shm/reader -l -v -k "$key"
	second=$(sed -n 's/^segment \(.*\) attached at \(.*\)/\1 \2/p' \
		"$folder/reader")
	if [ -z "$first" ] || [ "${first% *}" != "${second% *}" ]; then
		fail "the segments' ids differ: $first and $second"
	fi
	if [ "${first#* }" = "${second#* }" ]; then
		seen <<-'END'
			The same id. This time the addresses are the same too,
			by chance: so never store a pointer in there.
		END
	else
		seen <<-'END'
			The same id, but two addresses: each process has the
			segment somewhere else. So never store a pointer in
			shared memory.
		END
	fi

	step 'The last one removes it' <<-'END'
		Without -l the reader removes the segment when it has read.
	END
	run reader 0 'Data read from memory: Hello world' shm/reader -k "$key"
	kernel_shows segment "$key" no
	run reader 1 'start writer first' shm/reader -k "$key"
	seen <<-'END'
		The row is gone and the key is free. Without a segment the
		reader can only complain.
	END

	step 'A reader comes too early' <<-'END'
		-w: this writer waits for Enter between attaching and writing;
		here its input ends after a second instead. The reader comes in
		that second. Does anything make it wait?
	END
	start writer sh -c "sleep 1 | shm/writer -v -w -k $key"
	see writer 'press Enter to write'
	run reader 0 'Data read from memory: ' shm/reader -l -k "$key"
	if ! grep -q -x -e 'Data read from memory: ' "$folder/reader"; then
		fail 'the reader found a text: it came too late'
	fi
	finish writer 0 'Data written to memory: Hello world'
	seen <<-'END'
		The reader found an empty text: shared memory makes nobody wait.
		To have the two meet in order is the programmer's work.
	END

	step 'A writer comes too early' <<-'END'
		Two writers use the segment before anybody has read.
	END
	run writer 0 'Data written to memory: first' shm/writer -k "$key" first
	run writer 0 'Data written to memory: second' \
		shm/writer -k "$key" second
	run reader 0 'Data read from memory: second' shm/reader -k "$key"
	seen <<-'END'
		The first text was overwritten: nobody has read it, and nobody
		was told.
	END

	step 'Parent and child race for one int' <<-'END'
		Now fork with a segment attached. The child adds 1, the parent
		looks. Nothing says who is first. Once, then many times:
	END
	run race 0 'shared_int in child process: 1' shm/race
	expect race 'Parent process has created a shared memory segment.'
	expect race 'shared_int in parent process: '
	expect race 'Child has exited.'
	run race 0 'parent saw 0: ' shm/race -n 500
	seen <<-'END'
		The parent saw 0 when it was first, 1 when the child was. How
		often which is luck: it depends on the machine and its load.
	END

	step 'The parent looks later' <<-'END'
		-d: the parent sleeps a hundredth of a second, then looks.
	END
	run race 0 'parent saw 0: ' shm/race -d -n 20
	seen <<-'END'
		Now the child wins, as good as always. It is no promise: on a
		busy machine it may take longer. A sleep only hides the race.
	END

	step 'The parent waits' <<-'END'
		-w: the parent waits for the end of its child, then it looks.
	END
	run race 0 'parent saw 0: 0 times, 1: 500 times' shm/race -w -n 500
	seen <<-'END'
		1, each time. wait orders the two, and there is no race left.
	END
	show_counter
	show_no_syscalls
	show_buffer
}

show_counter() {
	step 'Two processes count in one number' <<-'END'
		Each adds 1, 20000 times: load, add, store. Each 100th time it
		sleeps before the store. The scheduler could have it wait there
		at any time.
	END
	run counter 0 'expected 40000, got ' shm/counter
	if grep -q ' lost 0$' "$folder/counter"; then
		fail 'no increment got lost'
	fi
	seen <<-'END'
		Who sleeps has an old sum in hand. The other one counts on, and
		then the old sum is stored over all of that.
	END

	step 'One at a time' <<-'END'
		-s: a semaphore. To count, a process must take it from 1 to 0;
		where it is 0, the process waits. After its store it adds 1.
	END
	run counter 0 'expected 40000, got 40000, lost 0' shm/counter -s
	seen <<-'END'
		Nothing is lost: between a load and its store nobody else
		stores. It takes longer: one waits while the other one sleeps.
	END
}

show_no_syscalls() {
	step 'Without the kernel' <<-'END'
		After fork a child forbids itself all system calls, and adds 1
		to a number in the segment, a million times. The parent looks.
	END
	run_quietly shm/no_syscalls >"$folder/trial" 2>&1
	if [ "$status" -eq 77 ]; then
		run process 77 '' shm/no_syscalls
		seen <<-'END'
			Not here: this system does not let a process do that.
			Try it on Linux, outside a container.
		END
		return
	fi
	run process 0 '1000000 updates without a system call' shm/no_syscalls
	expect process 'Then it made one, and was killed for it.'
	seen <<-'END'
		A million updates reached the parent, and the kernel had no part
		in it. The child was killed at the first call that it made.
	END
}

show_buffer() {
	step 'A buffer in which both sides wait' <<-'END'
		The producer reads into the slots of a segment, the consumer
		writes out of them. Two semaphores count the free slots and the
		filled ones, and who finds none sleeps. A program goes through:
	END
	sum=$(cksum <shm/producer)
	run file 0 "$sum" sh -c 'cksum <shm/producer'
	start producer sh -c "shm/producer -k $key <shm/producer"
	run consumer 0 "$sum" sh -c "shm/consumer -k $key | cksum"
	finish producer 0 ''
	seen <<-'END'
		The same checksum and number of bytes. The producer was first:
		it waited for its consumer. Now the reader comes not too early
		and the writer overwrites nothing.
	END

	step 'One of the two is killed' <<-'END'
		Once more, with an input that never ends. After a second the
		consumer is killed, by a signal that leaves it no last word.
	END
	start producer sh -c "yes | shm/producer -k $key"
	killed='& sleep 1; kill -KILL $!'
	run consumer 0 '' sh -c "shm/consumer -k $key >/dev/null $killed"
	finish producer 1 'the consumer has gone'
	kernel_shows segment "$key" no
	seen <<-'END'
		The kernel took back what the consumer had done to a semaphore,
		and so the producer saw that it was alone. It removed the
		segment and the semaphores, and ended.
	END
}

# The server chooses a free port, and names it in its first line.
start_server() { # [OPTION ...]
	start server socket/server "$@" -p 0
	see server 'Server listening on 127.0.0.1:'
	port=$(sed -n '1s/.*:\([0-9]*\)$/\1/p' "$folder/server")
	if [ -z "$port" ]; then
		fail 'the server did not name its port'
	fi
}

# A role's first line ends with its address; the kernel has chosen the port.
see_port() { # ROLE
	see "$1" ' listening on 127.0.0.1:'
	port=$(sed -n '1s/.*:\([0-9]*\)$/\1/p' "$folder/$1")
	if [ -z "$port" ]; then
		fail "the $1 did not name its port"
	fi
}

# The number of bytes in a role's line that begins with TEXT.
bytes_of() { # ROLE TEXT
	sed -n "s/^$2 \([0-9]*\) .*/\1/p" "$folder/$1"
}

show_buffers() {
	step 'Nobody reads: send waits' <<-'END'
		The sender has 64 MiB to send. -w: the receiver does not read
		until Enter, which comes after a second here. Where are the
		bytes meanwhile?
	END
	start receiver sh -c 'sleep 1 | socket/receiver -w -p 0'
	see_port receiver
	start sender socket/sender -p "$port"
	see receiver 'connected, nothing read yet'
	see sender '(now it waits)'
	echo '(nothing for a second: the sender waits in send)'
	finish sender 0 'sent 67108864 of 67108864 bytes'
	finish receiver 0 'received 67108864 bytes'
	expect receiver 'all in order'
	seen <<-'END'
		In the kernel's buffers, until those were full. Then send had
		to wait, and went on when recv made room: one send took about
		as long as the receiver had waited.
	END

	step 'Nobody reads, and send does not wait' <<-'END'
		-n: a sender that ends where it would have to wait.
	END
	start receiver sh -c 'sleep 1 | socket/receiver -w -p 0'
	see_port receiver
	start sender socket/sender -n -p "$port"
	see receiver 'connected, nothing read yet'
	finish sender 0 '(EAGAIN)'
	echo '(the sender has ended, its bytes are in the kernel)'
	finish receiver 0 'received '
	taken=$(bytes_of sender sent)
	if [ "$taken" != "$(bytes_of receiver received)" ]; then
		fail "the receiver did not get the $taken bytes"
	fi
	seen <<-END
		EAGAIN. The buffers took $taken bytes, and just as many
		came out of them later, when the sender was gone.
	END
}

start_prefork() {
	start prefork socket/prefork -w 2 -p 0
	see_port prefork
	see prefork 'worker '
}

# The parent pauses a little before it starts another one.
see_third_worker() {
	tries=0
	while run_quietly sleep 1 &&
		[ "$(grep -c ' started$' "$folder/prefork")" -ne 3 ]; do
		tries=$((tries + 1))
		if [ "$tries" -ge 5 ]; then
			fail 'no worker took the place of the dead one'
		fi
	done
	show prefork
}

stop_prefork() {
	read -r pid <"$folder/prefork.pid"
	kill -s TERM "$pid"
	finish prefork 143 'worker '
}

show_prefork() {
	step 'One socket, many processes' <<-'END'
		A parent makes a listening socket and then two children. They
		inherit it, and both accept on it. Who will answer the clients?
	END
	start_prefork
	for client in client1 client2 client3; do
		run $client 0 'Hello from worker ' socket/client -p "$port"
	done
	stop_prefork
	seen <<-'END'
		Whichever worker was quickest. Two processes share one socket,
		and the clients do not notice.
	END

	step 'A worker dies' <<-'END'
		Once more. We kill the worker that has answered, and ask again.
	END
	start_prefork
	run client1 0 'Hello from worker ' socket/client -p "$port"
	worker=$(sed -n 's/^Hello from worker //p' "$folder/client1")
	show_command '' kill -9 "$worker"
	kill -s KILL "$worker"
	see prefork "worker $worker was ended by signal 9"
	run client2 0 'Hello from worker ' socket/client -p "$port"
	if grep -q -x -e "Hello from worker $worker" "$folder/client2"; then
		fail "the dead worker $worker has answered"
	fi
	see_third_worker
	stop_prefork
	seen <<-'END'
		Another one answered: the socket did not die with the worker,
		as others have it too. The parent has started a third.
	END
}

# A client with -w stays; its first echo tells that the server knows it.
start_echo_client() { # ROLE MESSAGE
	input=$folder/keys
	start "$1" socket/echo_client -w -u "$folder/echo" "$2"
	input=/dev/null
	see "$1" "Echoed: $2"
	see "$1" 'press Enter to leave'
}

stop_echo() {
	printf '\n\n' >&4 # Enter for both
	for role in client1 client2; do
		finish $role 0 'press Enter to leave'
	done
	read -r pid <"$folder/server.pid"
	kill -s TERM "$pid"
	finish server 143 'Server listening... '
	if [ -e "$folder/echo" ]; then
		fail "the server did not remove $folder/echo"
	fi
}

show_echo() {
	[ -p "$folder/keys" ] || mkfifo "$folder/keys"
	exec 4<>"$folder/keys"

	step 'One server, many clients' <<-'END'
		One process serves all who come, and they may stay (-w). Its
		socket has a path (-u) in the place of a port.
	END
	start server socket/echo_server -u "$folder/echo"
	see server 'Server listening... '
	start_echo_client client1 one
	start_echo_client client2 two
	run client3 0 'Echoed: Hello, server!' \
		socket/echo_client -u "$folder/echo"
	see server 'Received: Hello, server!'
	stop_echo
	seen <<-'END'
		client3 came, said its word and left, while the others were
		there: poll tells the server who has something to say. It ended
		by a signal, and removed its path.
	END

	step 'A message for all' <<-'END'
		-b: what one client says goes to all clients.
	END
	start server socket/echo_server -b -u "$folder/echo"
	see server 'Server listening... '
	start_echo_client client1 one
	start_echo_client client2 two
	see client1 'Echoed: two' # else it may come as one with the next
	run client3 0 'Echoed: to all' \
		socket/echo_client -u "$folder/echo" 'to all'
	see client1 'Echoed: to all'
	see client2 'Echoed: to all'
	stop_echo
	seen <<-'END'
		One sent, three received. client1 got "two" as well; client2
		came too late for "one".
	END
}

show_multicast() {
	group="239.255.$(($$ / 250 % 250 + 1)).$(($$ % 250 + 1))"
	port=$((20000 + $$ % 12000))

	step 'One datagram, many receivers' <<-'END'
		Three receivers join a group (-g) on one port. The sender sends
		one datagram to the group. Who gets it?
	END
	for number in 1 2 3; do
		start "member$number" socket/multicast_receiver \
			-g "$group" -p "$port"
	done
	for number in 1 2 3; do
		see "member$number" 'Receiver listening on '
	done
	run sender 0 'Sent to ' socket/multicast_sender -g "$group" \
		-p "$port" 'Hello group'
	for number in 1 2 3; do
		finish "member$number" 0 ': Hello group'
	done
	seen <<-'END'
		All three: the kernel made a copy for each. Message passing is
		not only one-to-one.
	END

	step 'A datagram for nobody' <<-'END'
		All receivers have ended. We send once more.
	END
	run sender 0 'Sent to ' socket/multicast_sender -g "$group" \
		-p "$port" 'Anybody here?'
	seen <<-'END'
		No error: UDP has no connection that could be refused. The
		message is lost, and nobody was told.
	END
}

show_socket() {
	lab 'socket: messages through the kernel'

	step 'A message and its answer, through three sockets' <<-'END'
		The server listens, the client connects. -v makes both name
		their sockets, each with its own address and its peer's.
	END
	start_server -v
	see server 'listening socket: '
	start client socket/client -v -p "$port"
	see client 'connected socket: '
	see server 'accepted socket: '
	see client 'Hello message sent to server'
	see server 'Hello message sent to client'
	finish client 0 'Hello from server'
	finish server 0 'Hello from client'
	seen <<-'END'
		Three sockets. The listening one has no peer and carries no
		data. The accepted (server) and the connected one (client) are
		the two ends of a connection: one's address is the other's peer.
	END

	step 'The client is late: recv waits' <<-'END'
		-w: this client connects, and sends at Enter, which comes after
		a second here. The server is in recv all that time.
	END
	start_server -v
	see server 'listening socket: '
	start client sh -c "sleep 1 | socket/client -v -w -p $port"
	see client 'connected socket: '
	see server 'accepted socket: '
	echo '(nothing for a second: the server waits in recv)'
	see client 'Hello message sent to server'
	see server 'Hello message sent to client'
	finish client 0 'Hello from server'
	finish server 0 'Hello from client'
	seen <<-'END'
		The server got the message, late as it was. A blocking recv
		puts the two in order: here nobody can come too early.
	END

	step 'The client is late, and recv does not wait' <<-'END'
		-n: the accepted socket is non-blocking. What does recv do now,
		while there is nothing to receive?
	END
	start_server -n
	start client sh -c "sleep 1 | socket/client -w -p $port"
	finish server 0 'recv: no data yet (EAGAIN)'
	expect server 'Hello message sent to client'
	see client 'Hello message sent to server'
	finish client 0 'Hello from server'
	seen <<-'END'
		recv came back at once with EAGAIN. The server answered and
		ended without the message. The client sent it all the same, to
		nobody, and its send was no failure: the message is lost.
	END

	step 'The client is prompt, and recv does not wait' <<-'END'
		The same server, and a client that sends as soon as it is
		connected. Is that soon enough?
	END
	start_server -n
	start client socket/client -p "$port"
	run_quietly "$BUILD/scripts/await" line "$folder/server" \
		'Hello message sent to client'
	if grep -q -F -e 'Hello from client' "$folder/server"; then
		see client 'Hello message sent to server'
	fi
	finish server 0 'Hello message sent to client'
	finish client 0 'Hello from server'
	if grep -q -F -e 'Hello from client' "$folder/server"; then
		seen <<-'END'
			This time the message was there when the server looked.
			That is luck: run it again, and it may say EAGAIN.
		END
	else
		expect server 'recv: no data yet (EAGAIN)'
		seen <<-'END'
			This time the server looked before the message came.
			That is luck: run it again, and it may get the message.
		END
	fi

	step 'A client without a server' <<-'END'
		The server has ended. We try its port once more.
	END
	run client 1 'start server first' socket/client -p "$port"
	seen <<-'END'
		Refused: a socket needs a live peer. Nobody keeps the message
		for a server that comes later.
	END

	show_buffers
	show_prefork
	show_multicast
	show_echo
}

# Send with -n until the queue refuses: $sent messages fit.
fill_queue() { # TEXT
	# shellcheck disable=SC2016 # this is shown, not done
	show_command ' "$text"; do :; done' while msgqueue/writer -n -f "$file"
	sent=0
	while [ "$sent" -lt "$most_messages" ]; do
		launch writer msgqueue/writer -n -f "$file" "$1"
		status=0
		wait "$newest" || status=$?
		forget "$newest"
		if [ "$status" -ne 0 ]; then
			break
		fi
		sent=$((sent + 1))
		if [ "$sent" -eq 1 ]; then
			show writer
		fi
	done
	echo "... (the same line for each message: $sent in all)"
}

show_full_queue() {
	text='A message has ninety-nine bytes at most, and this one'
	show_typed "\$ text='$text'"
	end=' has them all: one byte more would be refused.'
	show_typed "\$ text=\"\$text$end\""
	text=$text$end
	fill_queue "$text"
	if [ "$sent" -eq "$most_messages" ]; then
		kernel_shows queue "$queue_key" yes
		run reader 0 "Data Received is : $text" \
			msgqueue/reader -f "$file"
		seen <<-END
			$sent messages, and the queue took them all: this
			system's limit is higher than the demo's patience. It
			has one nevertheless.
		END
		return
	fi
	finish_full_queue
}

finish_full_queue() {
	show writer
	if [ "$status" -ne 1 ]; then
		fail "writer ended with status $status, 1 was expected"
	fi
	expect writer 'msgsnd: the queue is full (EAGAIN)'
	kernel_shows queue "$queue_key" yes
	run reader 0 "Data Received is : $text" msgqueue/reader -l -f "$file"
	run writer 0 'Data send is : one more' \
		msgqueue/writer -n -f "$file" 'one more'
	run reader 0 "Data Received is : $text" msgqueue/reader -f "$file"
	seen <<-END
		$sent messages of 100 bytes fit, then msgsnd said EAGAIN;
		without -n it would wait. A reader took one, and there was room
		again. The last reader removed the queue, and the rest with it.
	END
}

show_many_clients() {
	step 'One server, many clients, and each gets its own answer' <<-'END'
		Requests go through one queue, answers through another. The type
		of an answer is the pid of its client. Three clients at once:
	END
	start server msgqueue/server -f "$file"
	see server 'Server waiting for requests'
	for number in 1 2 3; do
		start "client$number" msgqueue/client -f "$file" \
			"client $number" 'once more'
	done
	for number in 1 2 3; do
		finish "client$number" 0 "CLIENT $number"
		expect "client$number" 'ONCE MORE'
	done
	kernel_shows queue "$answers_key" yes
	show_end_of_server
	seen <<-'END'
		Four processes used two queues, and each client got the answers
		to its own words. Ended by a signal, the server removed both
		queues: a client without a server says so.
	END
}

show_end_of_server() {
	echo '(no answer is left there; now the server is ended, by SIGTERM)'
	read -r pid <"$folder/server.pid"
	kill -s TERM "$pid"
	finish server 143 ': client 3'
	kernel_shows queue "$answers_key" no
	run client1 1 'start server first' msgqueue/client -f "$file" hello
}

show_msgqueue() {
	lab 'msgqueue: messages that wait in the kernel'
	choose_queue_file

	step 'The message outlives its writer' <<-'END'
		The writer puts a message into the queue and ends. There is no
		reader yet.
	END
	run writer 0 'Data send is : Hello world' \
		msgqueue/writer -f "$file" 'Hello world'
	kernel_shows queue "$queue_key" yes
	run reader 0 'Data Received is : Hello world' msgqueue/reader -f "$file"
	kernel_shows queue "$queue_key" no
	seen <<-'END'
		The kernel kept the message for a reader that came later. The
		reader removed the queue when it had read.
	END

	step 'The reader is first: msgrcv waits' <<-'END'
		Now the reader comes first. It makes the queue, as there is
		none, and waits for a message.
	END
	start reader msgqueue/reader -f "$file"
	tries=0
	while run_quietly sleep 1 && is_free queue "$queue_key"; do
		tries=$((tries + 1))
		if [ "$tries" -ge 5 ]; then
			fail 'the reader made no queue'
		fi
	done
	kernel_shows queue "$queue_key" yes
	echo '(the queue is empty: the reader waits in msgrcv)'
	start writer msgqueue/writer -f "$file" 'Here it is'
	finish writer 0 'Data send is : Here it is'
	finish reader 0 'Data Received is : Here it is'
	seen <<-'END'
		As with recv: no message, so the reader waits, and the kernel
		wakes it when one comes.
	END

	step 'First in, first out' <<-'END'
		Three messages, then three readers. -l leaves the queue there.
	END
	for text in one two three; do
		run writer 0 "Data send is : $text" \
			msgqueue/writer -f "$file" "$text"
	done
	run reader 0 'Data Received is : one' msgqueue/reader -l -f "$file"
	run reader 0 'Data Received is : two' msgqueue/reader -l -f "$file"
	run reader 0 'Data Received is : three' msgqueue/reader -f "$file"
	seen <<-'END'
		They came out as they went in. None overwrote another, and each
		was given to one reader only.
	END

	step 'Types say who is to take a message' <<-'END'
		Each message has a type. -t sets it, and a reader's -t chooses.
	END
	run writer 0 'Data send is : for two' \
		msgqueue/writer -t 2 -f "$file" 'for two'
	run writer 0 'Data send is : for one' \
		msgqueue/writer -t 1 -f "$file" 'for one'
	run reader 0 'Data Received is : for one' \
		msgqueue/reader -l -t 1 -f "$file"
	run reader 0 'Data Received is : for two' \
		msgqueue/reader -t 2 -f "$file"
	seen <<-'END'
		The reader of type 1 got its own message, though the other was
		older. So many processes can share a queue, a type for each.
	END

	step 'Removed with a message in it' <<-'END'
		Two messages. One reader takes the first, and removes the queue.
	END
	run writer 0 'Data send is : first' msgqueue/writer -f "$file" first
	run writer 0 'Data send is : second' msgqueue/writer -f "$file" second
	run reader 0 'Data Received is : first' msgqueue/reader -f "$file"
	run reader 1 'start writer first' msgqueue/reader -n -f "$file"
	seen <<-'END'
		The second message is gone with its queue. A queue loses no
		message: that holds until somebody removes it.
	END

	step 'A queue is full' <<-'END'
		-n: a writer that does not wait. We send messages, as long as
		they may be, until the kernel refuses one.
	END
	show_full_queue
	show_many_clients
}

# --- what is asked for ---

while getopts hs option; do
	case $option in
	h)
		echo "$usage"
		exit 0
		;;
	s) stepwise=yes ;;
	*)
		echo "$usage" >&2
		exit 2
		;;
	esac
done
shift $((OPTIND - 1))
for name; do
	case $name in
	fork_demo | shm | socket | msgqueue) ;;
	*)
		echo "demo.sh: no lab is called '$name'" >&2
		echo "$usage" >&2
		exit 2
		;;
	esac
done
if [ $# -eq 0 ]; then
	set -- fork_demo shm socket msgqueue
fi

# From BUILD the short names of the programs are right as they are shown.
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
BUILD=$(CDPATH='' cd -- "${BUILD:-$root}" 2>/dev/null && pwd) || BUILD=/nowhere
for program in scripts/await scripts/limit scripts/sysv $(cd "$root" &&
	for source in fork_demo/*.c shm/*.c socket/*.c msgqueue/*.c; do
		echo "${source%.c}"
	done); do
	if [ ! -x "$BUILD/$program" ]; then
		give_up "there is no $program: build first: make"
	fi
done

trap clean_up EXIT
make_folder
folder=$(CDPATH='' cd -- "$folder" && pwd)
cd -- "$BUILD"
if [ "$stepwise" = yes ]; then
	exec 3<&0
fi
choose_colours
fold -s -w 78 <<-END
	The demo uses a key (-k), a file (-f) and a port (-p) of its own.
	Without them each program takes your default one, and a demo must not
	touch what you may have there. Lines are marked with who printed them.
END
for name; do
	"show_$name"
done
clean_up
printf '\nThe demo has ended, and nothing of it is left.\n'
echo 'What a message costs in each lab is measured by make compare.'
