#!/bin/sh
# watch-left.t - when watch is killed, nothing stays
# shellcheck source=tests/watch.sh
. "${0%/*}/watch.sh"

needs_watch

watch_is_killed() {
	new_key
	new_port
	for signal in KILL TERM INT; do
		start watch scripts/watch/watch -t 20 "shm/writer -k $key" \
			"socket/server -p $port"
		await_that server_of "$(pid watch)" # the segment is there
		segment_exists "$key" || fail 'a segment'
		end watch "$signal"
		if [ "$signal" = KILL ]; then # the guardian tidies up
			await_that segment_is_gone "$key"
		fi
		segment_gone "$key"
		has_ended "$server" || fail 'no server any more'
	done
}
segment_is_gone() {
	! segment_exists "$1"
}
server_of() {
	server=$(ps -A -o ppid= -o pid= -o args= | awk -v parent="$1" \
		'$1 == parent && $3 ~ /socket\/server$/ { print $2 }')
	[ -n "$server" ]
}
check 'killed at any moment, no process and no segment stays' \
	watch_is_killed

held_is_killed() {
	new_key
	new_port
	start watch scripts/watch/watch -x '1:shmdt 2' "shm/writer -k $key" \
		"socket/server -p $port"
	await_that segment_exists "$key"
	end watch KILL
	await_that segment_is_gone "$key"
}
check 'killed while a process is held, nothing stays' held_is_killed

killed_before_it_knows() {
	unless_watchable 'sh -c :'
	new_key
	mkfifo "$work/go"
	start watch scripts/watch/watch -t 25 "sh -c 'echo >$work/here
read _ <$work/go; exec $build/shm/writer -k $key'"
	await_that [ -s "$work/here" ]
	stop watch STOP
	echo >"$work/go"
	await_that segment_exists "$key"
	end watch KILL
	await_that segment_is_gone "$key"
}
check 'killed before it has read of a segment, its guardian knows of it' \
	killed_before_it_knows

# Two processes are held: race, and the child of woken, whose parent is busy.
begin_held() {
	start watch scripts/watch/watch -t 25 -x '1:fork 2' 'shm/race -w' \
		'tests/woken sleep'
	await_that children_of "$(pid watch)"
}
both_are_killed() {
	begin_held
	kill -s KILL "$guardian" "$(pid watch)"
	finish watch
	await_that has_ended "$race"
	await_that has_ended "$woken"
}
children_of() { # PID of watch
	guardian=
	race=
	woken=
	while read -r parent child program; do
		case "$parent $program" in
		"$1 "*watch/watch*) guardian=$child ;; # its words, too
		"$1 "*shm/race*) race=$child ;;
		"$1 "*tests/woken*) woken=$child ;;
		esac
	done <<-END
		$(ps -A -o ppid= -o pid= -o args=)
	END
	[ -n "$guardian" ] && [ -n "$race" ] && [ -n "$woken" ]
}
check 'killed together with its guardian, no process stays held' \
	both_are_killed

guardian_has_another_name() {
	[ -r /proc/self/comm ] || skip 'there is no /proc/PID/comm'
	begin_held
	await_that is_named guardian
	end watch KILL
	await_that has_ended "$race"
	await_that has_ended "$guardian"
}
is_named() { # the guardian
	read -r name <"/proc/$guardian/comm"
	[ "$name" = "$1" ]
}
check 'its guardian has another name, for those who kill by name' \
	guardian_has_another_name

no_zombie_is_left() {
	watch shm/race
	succeeds
	look_for_children "$PPID" # limit's: on Linux it gets what others leave
	count=0
	for born in $born; do
		count=$((count + 1))
	done
	[ "$count" -eq 1 ] || fail "no child of limit but this shell: $born"
}
check 'its guardian has ended before it ends' no_zombie_is_left

finish_tests
