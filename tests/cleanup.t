#!/bin/sh
# cleanup.t - make clean-ipc: cleanup.sh and sysv
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

absolute=$(cd "$build" && pwd)

# The test's own keys and path in place of the user's, who may be at work.
own_names() {
	new_key
	new_path
	hex=$(printf '%#x' "$key")
	requests=$("$sysv" key "$path" requests)
	socket=$work/socket
	printf '%s\n' "segment $hex" "semaphores $hex" \
		"queue $requests $path" "socket $socket" >"$work/names"
	mkdir "$work/build" "$work/build/scripts"
	cat >"$work/build/scripts/sysv" <<-END
		#!/bin/sh
		[ "\$1" = names ] || exec '$absolute/scripts/sysv' "\$@"
		cat '$work/names'
	END
	chmod +x "$work/build/scripts/sysv"
}

cleanup() { # [OPTION ...]
	BUILD=$work/build run_script scripts/cleanup.sh "$@"
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

cleanup_usage() {
	usage_is_checked scripts/cleanup.sh
	run_script scripts/cleanup.sh -n argument
	exits 2
	says "unexpected argument 'argument'"
	HOME=$work/nowhere run_script scripts/cleanup.sh -n
	fails_with 1 "ftok $work/nowhere"
}
check 'cleanup: -h, an unknown option, an argument, a HOME that is not there' \
	cleanup_usage

cleanup_removes() {
	own_names
	run shm/writer -k "$key"
	"$build/tests/odd" set "$key" 600 7
	"$build/tests/odd" queue "requests:$path" 600
	objects="segment $hex (id $("$sysv" find segment "$key"))
semaphores $hex (id $("$sysv" find semaphores "$key"))
queue $requests (id $(queue_id "$path" requests))"
	new_key
	run shm/writer -k "$key" 'not the default key'
	cleans -n "$(echo "$objects" | sed 's/^/would remove /')"
	cleans '' "$(echo "$objects" | sed 's/^/removed /')"
	cleans '' 'nothing to remove'
	segment_exists "$key" || fail 'a segment at another key is not touched'
}
check "cleanup: removes the labs' own objects and no others" cleanup_removes

# A server that waits for its first request cannot be told from a dead one.
cleanup_leaves_what_is_used() {
	own_names
	use='a process is using it'
	start consumer shm/consumer -k "$key"
	await_that exists semaphores "$key"
	set="semaphores $hex (id $("$sysv" find semaphores "$key"))"
	await_that leaves "$set: $use"
	mkfifo "$work/enter"
	start_from "$work/enter" writer shm/writer -w -k "$key"
	exec 3>"$work/enter"
	await_that exists segment "$key"
	segment="segment $hex (id $("$sysv" find segment "$key"))"
	await_that leaves "$segment: $use"
	begin 'Server waiting' server msgqueue/server -f "$path"
	queue="queue $requests (id $(queue_id "$path" requests))"
	cleanup -n
	prints_line "would remove $queue"
	gives TEXT msgqueue/client -f "$path" text
	cleans '' "left $segment: $use
left $set: $use
left $queue: $use"
	cleans -f "left $segment: $use
left $set: $use
removed $queue"
	end writer
	end consumer KILL
	cleans '' "removed $segment
removed $set"
}
check 'cleanup: leaves what is used, but with -f no queue' \
	cleanup_leaves_what_is_used

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
	cleans -f "left segment $hex (id $id): $why
left socket $socket: $why"
	[ -S "$socket" ] || fail 'the socket stays'
	run scripts/sysv remove segment "$id"
	exits 2
	run_as "$other" sysv remove segment "$id"
	fails_with 1 'not permitted'
	echo "segment $key" | run_as "$other" sysv clean
	prints "left segment $hex (id $id): it may not be read"
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
		echo "queue $("$sysv" key "$path") $path"
		echo "queue $("$sysv" key "$path" requests) $path"
		echo "queue $("$sysv" key "$path" answers) $path"
	)" scripts/sysv names
	HOME=$work/nowhere run scripts/sysv names
	fails_with 1 "ftok $work/nowhere"
	prints_line "socket /tmp/ipc_echo_$user"
}
check "sysv: names the labs' default objects" default_names

sysv_usage() {
	for bad in '' 'find thing 5' 'find segment five' 'key / other' \
		'remove segment 5x' 'remove segment 5 6'; do
		# shellcheck disable=SC2086 # these are words
		run scripts/sysv $bad
		exits 2
		says 'usage: sysv'
	done
	run scripts/sysv remove segment -5 # a number, as macOS gives them
	exits 3
	run scripts/sysv find queue 0 # which msgget would make
	exits 1
	prints_nothing
}
check 'sysv: what it cannot take' sysv_usage

finish_tests
