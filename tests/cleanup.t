#!/bin/sh
# cleanup.t - make clean-ipc: cleanup.sh and sysv
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

# The test's own keys and path in place of the user's, who may be at work.
own_names() {
	new_key
	new_path
	hex=$(printf '%#x' "$key")
	requests=$("$sysv" key "$path" requests)
	socket=$work/socket
	printf '%s\n' "segment $hex" "semaphores $hex" \
		"queue $requests $path" "socket $socket" >"$work/names"
	mkdir "$work/scripts"
	cat >"$work/scripts/sysv" <<-END
		#!/bin/sh
		[ "\$1" = names ] || exec '$sysv' "\$@"
		cat '$work/names'
	END
	chmod +x "$work/scripts/sysv"
}

object() { # KIND; how cleanup.sh calls the one that is there
	case $1 in
	queue) echo "queue $requests (id $(queue_id "$path" requests))" ;;
	*) echo "$1 $hex (id $("$sysv" find "$1" "$key"))" ;;
	esac
}

cleanup() { # [OPTION ...]
	BUILD=$work run_script scripts/cleanup.sh "$@"
}

# A line for each object that is there.
cleans() { # OPTION LINES
	cleanup ${1:+"$1"}
	succeeds
	prints "$2"
}

leaves() { # LINE
	cleanup -n
	has_line "$out" "would leave $1"
}

cleanup_fails() {
	usage_is_checked scripts/cleanup.sh
	run_script scripts/cleanup.sh -n argument
	exits 2
	says "unexpected argument 'argument'"
	HOME=$work/nowhere run_script scripts/cleanup.sh -n
	fails_with 1 "ftok $work/nowhere"
	own_names
	"$build/tests/odd" set "$key" 600 7
	semaphores=$(object semaphores)
	echo "socket $work/names/none" >>"$work/names"
	cleanup
	fails_with 1 "lstat: $work/names/none"
	prints "removed $semaphores"
}
check 'cleanup: -h, what it does not take, what it cannot look at' cleanup_fails

# A server that waits for its first request cannot be told from a dead one.
cleanup_of_objects() {
	own_names
	use='a process is using it'
	start consumer shm/consumer -k "$key"
	await_that exists semaphores "$key"
	semaphores=$(object semaphores)
	await_that leaves "$semaphores: $use"
	mkfifo "$work/enter"
	start_from "$work/enter" writer shm/writer -w -k "$key"
	exec 3>"$work/enter"
	await_that exists segment "$key"
	segment=$(object segment)
	await_that leaves "$segment: $use"
	begin 'Server waiting' server msgqueue/server -f "$path"
	queue=$(object queue)
	cleanup -n
	prints_line "would remove $queue"
	gives TEXT msgqueue/client -f "$path" text
	answers="queue $("$sysv" key "$path" answers)"
	echo "path $path" | "$sysv" clean -n >"$out"
	prints "would leave $queue: $use
would leave $answers (id $(queue_id "$path" answers)): $use"
	used="left $segment: $use
left $semaphores: $use"
	cleans '' "$used
left $queue: $use"
	cleans -f "$used
removed $queue"

	end writer
	end consumer KILL
	"$build/tests/odd" queue "requests:$path" 600
	objects=$(object segment && object semaphores && object queue)
	new_key
	run shm/writer -k "$key" 'not the default key'
	cleans -n "$(echo "$objects" | sed 's/^/would remove /')"
	cleans '' "$(echo "$objects" | sed 's/^/removed /')"
	cleans '' 'nothing to remove'
	segment_exists "$key" || fail 'a segment at another key is not touched'
}
check "cleanup: removes the labs' own objects, but leaves what is used" \
	cleanup_of_objects

# A busy machine may take two seconds for it, but not each time.
young_socket_is_left() {
	touch "$socket"
	leaves "socket $socket: it was made just now: try again in 3 s"
}

cleanup_of_a_socket() {
	own_names
	begin listening server socket/echo_server -u "$socket"
	touch -t 202001010000 "$socket"
	cleans '' "left socket $socket: a server is there"
	[ -S "$socket" ] || fail 'the socket of a living server'
	end server KILL
	await_that young_socket_is_left
	touch -t 202001010000 "$socket"
	cleans -n "would remove socket $socket"
	cleans '' "removed socket $socket"
	[ ! -e "$socket" ] || fail 'no socket of a dead server'
	echo precious >"$socket"
	cleans '' "left socket $socket: it is no socket"
	[ -s "$socket" ] || fail 'a file that is no socket stays'
}
check 'cleanup: removes a socket that no server answers at' \
	cleanup_of_a_socket

# Also when root runs this.
others_objects_stay() {
	two_users shm/writer scripts/sysv
	own_names
	run_as "$me" writer -k "$key"
	id=$("$sysv" find segment "$key")
	# shellcheck disable=SC2064 # its id is known now
	trap "run_as $me sysv remove segment $id" EXIT
	begin listening server socket/echo_server -u "$socket"
	end server KILL
	chown "$me" "$socket"
	why='it was made by another user'
	cleans -f "left $(object segment): $why
left socket $socket: $why"
	[ -S "$socket" ] || fail 'the socket stays'
	run scripts/sysv remove segment "$id"
	exits 1
	run_as "$other" sysv remove segment "$id"
	fails_with 1 'not permitted'
	echo "segment $key" | run_as "$other" sysv clean
	prints "left $(object segment): it may not be read"
	segment_exists "$key" || fail 'the segment stays'
}
check "cleanup: another user's objects at the default names stay" \
	others_objects_stay

default_names() {
	new_path
	user=$(id -u)
	segment=$((0x53480000 + user)) buffer=$((0x42520000 + user))
	HOME=$path gives "$(
		printf 'segment %#x\n' "$segment" "$buffer"
		printf 'semaphores %#x\n' "$buffer"
		echo "socket /tmp/ipc_echo_$user"
		for which in '' requests answers; do
			echo "queue $("$sysv" key "$path" "$which") $path"
		done
	)" scripts/sysv names
	HOME=$work/nowhere run scripts/sysv names
	fails_with 1 "ftok $work/nowhere"
	prints_line "socket /tmp/ipc_echo_$user"
}
check "sysv: names the labs' default objects" default_names

numbers_of_objects() {
	fails 2 usage scripts/sysv remove segment ''
	run scripts/sysv remove segment -5 # a number, as macOS gives them
	exits 3
	run scripts/sysv find queue 0 # which msgget would make
	exits 1
	prints_nothing
}
check 'sysv: what it takes for the number of an object' numbers_of_objects

finish_tests
