#!/bin/sh
# socket-options.t - of all programs: usage, wrong options, lost output
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

loses_output() { # PROGRAM [ARGUMENT ...]
	program=socket/$1
	shift
	fails_on_full_output 'standard output' "$program" "$@"
}

# The reader of its output leaves after the first line.
start_unread() { # PROGRAM [ARGUMENT ...]; sets $port
	[ -p "$work/unread.out" ] || mkfifo "$work/unread.out" ||
		skip 'no named pipe here'
	program=socket/$1
	shift
	start unread "$program" "$@"
	read -r line <"$work/unread.out"
	port=${line##*:}
}

fails_unread() {
	finish unread
	fails_with 1 'standard output'
}

# Where there is no /dev/full, half of it is tested.
output_is_lost() {
	has_loopback || skip 'there is no loopback interface'
	start_unread server -p 0
	peer_client send Hello read
	fails_unread
	start_unread receiver -p 0
	peer_client
	fails_unread
	start_unread udp_server -p 0
	run tests/peer datagram "127.0.0.1:$port" </dev/null
	fails_unread
	new_group
	set -- -g "$group" -p "$group_port"
	start_unread multicast_receiver "$@"
	run socket/multicast_sender "$@"
	fails_unread
	# It is read as far as its worker, whose end would be told next.
	mkfifo "$work/prefork.out"
	start prefork socket/prefork -p 0 -w 1
	{
		read -r _
		read -r _ worker _
	} <"$work/prefork.out"
	kill -s KILL "$worker"
	finish prefork
	fails_with 1 'standard output'

	loses_output multicast_sender "$@"
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
	socket=$work/echo
	start_unread echo_server -u "$socket"
	say
	fails_unread
	loses_output echo_server -u "$socket"
	[ ! -e "$socket" ] || fail "no $socket any more"
	start_echo
	loses_output echo_client -u "$socket"
	mkfifo "$work/keys"
	exec 9<>"$work/keys"
	loses_output echo_client -w -u "$socket" Hello <&9
}
check 'echo programs that cannot write their output fail' echo_output_is_lost

finish_tests
