#!/bin/sh
# socket-options.t - of all programs: usage, wrong options, ports, lost output
# shellcheck source=tests/socket.sh
. "${0%/*}/socket.sh"

usage_is_shown() {
	for source in socket/*.c; do
		shows_usage "${source%.c}"
		refused "${source%.c}" -x
	done
}
check 'all show their usage, and refuse an unknown option' usage_is_shown

# The last number is 1, to a program that cuts it to 32 bits.
values_are_checked() {
	while IFS=/ read -r lessons option why values; do
		for lesson in $lessons; do
			for value in $values ''; do
				refused "socket/$lesson" "$option" "$value"
				says "$option '$value': must be $why"
			done
		done
	done <<-END
		server receiver/-p/0 to 65535/-1 65536 1x 4294967297
		prefork udp_server/-p/0 to 65535/-1 65536 1x 4294967297
		client sender udp_client/-p/1 to 65535/0 65536 1x 4294967297
		multicast_sender/-p/1 to 65535/0 65536 1x 4294967297
		multicast_receiver/-p/1 to 65535/0 65536 1x 4294967297
		prefork/-w/1 to 100/0 101 1x 4294967297
		server/-a/a numeric address/localhost 127.0.0.256 127.0.0.1:80
		multicast_sender/-g/224.0.0.0 to /223.255.255.255 240.0.0.0 x
		multicast_receiver/-g/224.0.0.0 to /223.255.255.255 240.0.0.0 x
		echo_server echo_client/-u/1 to /
	END
}
check 'what is no port, address, number, group or path is refused' \
	values_are_checked

too_much_is_refused() {
	for lesson in server receiver prefork udp_server udp_client \
		multicast_receiver echo_server 'client 127.0.0.1' \
		'sender 127.0.0.1' 'multicast_sender text'; do
		# shellcheck disable=SC2086 # words
		refused socket/$lesson unexpected
		says "unexpected argument 'unexpected'"
	done
}
check 'an argument too many is refused' too_much_is_refused

# The server is in the sheet.
ports_are_not_shared() {
	has_loopback || skip 'there is no loopback interface'
	for side in receiver prefork udp_server; do
		serve "$side"
		fails 1 "$side: port $port is taken" "socket/$side" -p "$port"
	done
}
check 'a port that is taken is told, and never shared' ports_are_not_shared

# Those that have closed first: a receiver that was killed, and a worker that
# has served its client.
receiver_leaves_port() {
	serve receiver -w
	start_peer_client read
	await_error receiver 'nothing read yet'
	end receiver KILL
	finish peer
}

prefork_leaves_port() {
	serve prefork -w 1
	run socket/client -p "$port"
	succeeds
	end prefork KILL
	await_that port_is_refused
}

# It listens, or has failed.
has_spoken() { # NAME
	[ -s "$work/$1.out" ] || [ -s "$work/$1.err" ]
}

port_is_refused() {
	run socket/client -p "$port"
	has_text "$err" 'start server first'
}

# Somebody else may happen to get the port: then once more with another.
ports_are_free_again() {
	has_loopback || skip 'there is no loopback interface'
	for side in receiver prefork; do
		for _ in 1 2 3; do
			"${side}_leaves_port"
			start again "socket/$side" -p "$port"
			await_that has_spoken again
			[ ! -s "$work/again.out" ] || break
		done
		end again
		prints_like 'listening on '
	done
}
check 'a port whose program was killed is free at once' ports_are_free_again

this_machine_only() {
	has_loopback || skip 'there is no loopback interface'
	[ "$(uname)" = Linux ] || skip 'elsewhere 127.0.0.2 is not this machine'
	serve receiver
	fails 1 'start receiver first): Connection refused' \
		socket/sender -p "$port" 127.0.0.2
	serve prefork -w 1
	fails 1 'Connection refused' socket/client -p "$port" 127.0.0.2
}
check 'receiver and prefork listen on 127.0.0.1 only' this_machine_only

# Nobody reads what they print: a pipe that had a reader.
loses_output() { # PROGRAM [ARGUMENT ...]
	command="$*, with a pipe that nobody reads"
	program=$1
	shift
	# shellcheck disable=SC2094 # 7 reads so that 8 can be opened
	exec 7<>"$work/unread.out" 8>"$work/unread.out" 7>&-
	new_output
	"$build/socket/$program" "$@" </dev/null >&8 2>"$err"
	status=$?
	fails_with 1 'standard output'
}

# Their reader leaves after the first line. The other program ends them.
loses_the_rest() { # PROGRAM OTHER PORT [OPTION ...]
	program=socket/$1
	other=socket/$2
	port=$3
	shift 3
	start unread "$program" -p "$port" "$@"
	read -r line <"$work/unread.out"
	run "$other" -p "${line##*:}" "$@"
	finish unread
	fails_with 1 'standard output'
}

output_is_lost() {
	has_loopback || skip 'there is no loopback interface'
	mkfifo "$work/unread.out" || skip 'no named pipe here'
	new_group
	loses_the_rest server client 0
	loses_the_rest receiver sender 0
	loses_the_rest multicast_receiver multicast_sender "$group_port" \
		-g "$group"
	loses_output multicast_sender -g "$group" -p "$group_port"
	loses_output udp_client -p "$group_port"
	loses_output udp_server -p 0
	loses_output prefork -p 0
	serve server
	loses_output client -p "$port"
	serve receiver
	loses_output sender -p "$port"
}
check 'TCP and UDP programs that cannot write their output fail' output_is_lost

echo_output_is_lost() {
	mkfifo "$work/unread.out" || skip 'no named pipe here'
	loses_output echo_server -u "$work/echo"
	[ ! -e "$work/echo" ] || fail 'no path any more'
	start_echo
	loses_output echo_client -u "$socket"
	loses_output echo_client -w -u "$socket" Hello
}
check 'echo programs that cannot write their output fail' echo_output_is_lost

finish_tests
