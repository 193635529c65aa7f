#!/bin/sh
# play.t - scripts/play.sh: its sessions are apart, and the screen
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck disable=SC2034 # lib.sh has it
time_limit=60 # a session starts many processes: a busy machine needs time

# A copy of a lab whose sheet comes from standard input.
sheet_of() { # LAB PROGRAM ...
	mkdir "$work/lab" "$work/tmp"
	export TMPDIR="$work/tmp"
	export LOOK="$work" # a short name of it, for lines of 80 columns
	cat >"$work/lab/README.md"
	lab=$1
	shift
	for program in "$@"; do
		shift
		set -- "$@" "$build/$lab/$program"
	done
	cp "$lab"/*.[ch] "$@" "$work/lab/"
}

plays() { # [ARGUMENT ...]
	run_script scripts/play.sh "$@" "$work/lab/README.md"
}

passes() {
	plays -c
	succeeds
	! has_text "$out" 'not ok' || fail 'all sections pass'
}

play_usage() {
	usage_is_checked scripts/play.sh
	run_script scripts/play.sh -c "$work/nothing.md"
	exits 2
	says 'there is no sheet'
}
check 'play: -h, an unknown option and an unknown sheet' play_usage

# The default names are this user's: what may be there is not touched.
find_defaults() {
	while read -r kind key _; do
		[ "$kind" != segment ] ||
			"$build/scripts/sysv" find segment "$key"
	done <"$work/defaults"
}

keys_stay_apart() {
	sheet_of shm writer reader <<-'END'
# pair

    $ ./writer
    Data written to memory: Hello world
    $ ./reader -l
    Data read from memory: Hello world

# two keys

    $ ./writer -k 42 one
    Data written to memory: one
    $ ./writer -vk43 two | tail -n 1
    Data written to memory: two
    $ ./writer three
    Data written to memory: three
    $ ./reader -k 0x2a
    Data read from memory: one
    $ ./reader -k 43
    Data read from memory: two
    $ ./reader
    Data read from memory: three

<!-- differs: shmget: no segment has the : start writer first -->

    $ ./reader -k 42
    reader: shmget: no segment has the key 0x2a: start writer first
    [1]
	END
	"$build/scripts/sysv" names >"$work/defaults"
	find_defaults >"$work/before"
	passes
	find_defaults >"$work/after"
	cmp -s "$work/before" "$work/after" || fail 'the same default segments'
}
check 'play: keys are none of the user, stay two, are printed as given' \
	keys_stay_apart

sheet_of_sockets() {
	has_loopback || skip 'there is no loopback interface'
	sheet_of socket server client echo_server echo_client <<-'END'
# TCP

    terminal 1                            terminal 2
    $ ./server
    Server listening on 127.0.0.1:12345
    (waits)                               $ ./client
    Hello from client                     Hello message sent to server
    Hello message sent to client          Hello from server

# another port

    terminal 1                            terminal 2
    $ ./server -p 7000
    Server listening on 127.0.0.1:7000
    (waits)                               $ ./client -p 7000
    Hello from client                     Hello message sent to server
    Hello message sent to client          Hello from server

# Unix

<!-- differs: /tmp/ipc_echo_1000 -->

    terminal 1                                   terminal 2
    $ ./echo_server
    Server listening... /tmp/ipc_echo_1000
    (waits)                                      $ ./echo_client
    Accepted connection                          Echoed: Hello, server!
    Received: Hello, server!
    (Ctrl-C)
    [130]
	END
}

ports_and_paths_are_mapped() {
	sheet_of_sockets
	passes
}
check 'play: ports and paths are printed as in the sheet' \
	ports_and_paths_are_mapped

queues_are_apart() {
	sysv=$(cd "$build" && pwd)/scripts/sysv
	ln -s "$sysv" "$work/sysv"
	sheet_of msgqueue writer reader <<-END
# The home and a path

    terminal 1                            terminal 2
    \$ touch notes; ./writer -f notes one
    Data send is : one
    \$ ./reader
    (waits)                               \$ ./writer two
    Data Received is : two                Data send is : two
    \$ ./reader -nl -f notes
    Data Received is : one
    \$ ./reader -n
    reader: msgget: no queue for YOUR_HOME: start writer first
    [1]
    \$ ./writer three
    Data send is : three
    \$ for path in notes .; do "\$LOOK/sysv" key \$path; done >"\$LOOK/keys"
	END
	HOME="$work/a  home with blanks" passes
	has_lines "$work/keys" 2 || fail 'two keys'
	while read -r key; do
		! "$sysv" find queue "$key" >/dev/null ||
			fail 'the queues of home and path are gone'
	done <"$work/keys"
}
check 'play: queues are apart' queues_are_apart

# The second command comes while the first one makes the section's folder.
folder_is_made_once() {
	sheet_of msgqueue writer reader <<-'END'
# Two readers

    terminal 1                 terminal 2                 terminal 3
    $ ./reader -l -t 1         $ ./reader -l -t 2
    (waits)                    (waits)                    $ ./writer -t 2 Hi
                               Data Received is : Hi      Data send is : Hi
    (Ctrl-C)
    [130]
	END
	mkdir "$work/bin"
	cat >"$work/bin/cp" <<-END
		#!/bin/sh
		sleep 1
		exec $(command -v cp) "\$@"
	END
	chmod +x "$work/bin/cp"
	PATH=$work/bin:$PATH passes
}
check 'play: a section has one folder, also if it takes long to make' \
	folder_is_made_once

taken_port_is_given_up() {
	sheet_of socket <<-'END'
		# Somebody was quicker, but not twice

		    $ mkdir "$LOOK/1" 2>&- || exit 0; echo 'x: port 1 is taken'

		# Each time

		    $ echo 'x: port 1 is taken'
	END
	plays -c
	exits 1
	prints_like ' 1. Somebody'
	! has_text "$out" 'not ok 1' || fail 'it is checked once more'
	prints_like 'not ok 2 '
	prints_line '1..2'
	rmdir "$LOOK/1"
	plays -c -n 1
	succeeds
}
check 'play -c: a section whose port is taken is checked once more' \
	taken_port_is_given_up

copies_run_side_by_side() {
	sheet_of_sockets
	for copy in 1 2 3; do
		$shell scripts/play.sh -c "$work/lab/README.md" \
			>"$work/$copy.out" 2>&1 &
		echo "$!" >"$work/$copy.pid"
	done
	for copy in 1 2 3; do
		finish "$copy"
		exits 0
	done
	[ -z "$(ls -A "$work/tmp")" ] || fail 'no file left behind'
}
check 'play: copies run side by side' copies_run_side_by_side

ipcs_shows_its_own_objects() {
	command -v ipcs >/dev/null || skip 'no ipcs here'
	[ -d /proc/sysvipc ] || skip 'the columns are those of Linux'
	new_key
	"$build/shm/writer" -k "$key" >"$work/theirs"
	id=$("$build/scripts/sysv" find segment "$key")
	sheet_of shm writer <<-END
# ipcs

<!-- differs: 5 0x53480000 root -->

    \$ ./writer
    Data written to memory: Hello world
    \$ ipcs -m

    ------ Shared Memory Segments --------
    key        shmid      owner      perms      bytes      nattch     status
    0x53480000 5          root       600        1024       0

    \$ ./writer -v | sed 's/ attached.*//'
    segment 5
    Data written to memory: Hello world
    \$ ipcrm -m $id
    ipcrm: invalid id ($id)
    [1]
    \$ ipcrm -m 5
    \$ ipcs -m | grep ^0x
    [1]
	END
	passes
	"$build/scripts/sysv" find segment "$key" >/dev/null ||
		fail 'the segment of somebody else is there'
}
check 'play: ipcs and ipcrm know its own objects only' \
	ipcs_shows_its_own_objects

# It says which key it has, makes a segment, and stays, also if the terminal
# goes, or after SIGNAL.
sheet_that_stays() { # [SIGNAL]
	sheet_of shm writer <<-END
# It stays

    terminal 1                   terminal 2
    \$ ./writer -k 42 >made; sleep 500
    (waits)                      \$ trap '' HUP ${1-}; ./stay
	END
	mv "$work/lab/writer" "$work/lab/writer.real"
	cat >"$work/lab/writer" <<-END
		#!/bin/sh
		echo "\$*" >'$work/arguments'
		exec '$work/lab/writer.real' "\$@"
	END
	cat >"$work/lab/stay" <<-END
		#!/bin/sh
		echo "\$\$" >'$work/pid'
		exec sleep 500
	END
	chmod +x "$work/lab/writer" "$work/lab/stay"
}

nothing_is_left() {
	await_that has_ended "$(cat "$work/pid")"
	read -r arguments <"$work/arguments"
	key=${arguments##*-k }
	! "$build/scripts/sysv" find segment "$key" >/dev/null ||
		fail "no segment $key left behind"
	[ -z "$(ls -A "$work/tmp")" ] || fail 'no file left behind'
}

nothing_is_left_after_signals() {
	sheet_that_stays
	for signal in TERM INT HUP QUIT PIPE; do
		rm -f "$work/pid"
		# shellcheck disable=SC2086 # the shell may be two words
		"$build/scripts/limit" 20 $shell scripts/play.sh -c \
			-n 1 "$work/lab/README.md" >"$work/play.out" 2>&1 &
		echo "$!" >"$work/play.pid"
		await_that test -s "$work/pid"
		play=$(child_of "$(pid play)")
		kill -s "$signal" "$play"
		wait "$(pid play)"
		status=$?
		[ "$status" -gt 128 ] || fail "death by SIG$signal"
		nothing_is_left
	done
}
check 'play: nothing is left after a signal' nothing_is_left_after_signals

nothing_is_left_after_a_hang() {
	sheet_that_stays TERM
	TEST_TIME_SCALE=0.1 plays -c
	exits 1
	nothing_is_left
}
check 'play: nothing is left after a hang' nothing_is_left_after_a_hang

finish_tests
