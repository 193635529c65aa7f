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

refuses_values() { # PROGRAM OPTION WHY VALUE ...
	program=socket/$1
	option=$2
	why=$3
	shift 3
	for value in "$@"; do
		refused "$program" "$option" "$value"
		says "$option '$value'$why"
	done
}

# The last one is 1, to a program that cuts it to 32 bits.
ports_are_checked() {
	while read -r lesson least arguments; do
		refuses_values "$lesson" -p ": must be $least to 65535" \
			"$((least - 1))" 65536 '' 1x 4294967297
		# shellcheck disable=SC2086 # words
		refused "socket/$lesson" -p 1 $arguments unexpected
		says "unexpected argument 'unexpected'"
	done <<-END
		server 0
		receiver 0
		prefork 0
		udp_server 0
		multicast_receiver 1
		client 1 127.0.0.1
		sender 1 127.0.0.1
		udp_client 1
		multicast_sender 1 text
	END
}
check 'what is no port and what is too much is refused' ports_are_checked

values_are_checked() {
	refuses_values server -a ': must be a numeric address' \
		'' localhost 127.0.0.256 127.0.0.1:80
	refuses_values prefork -w ': must be 1 to 100' 0 101 '' 2x 4294967297
	for lesson in multicast_sender multicast_receiver; do
		refuses_values "$lesson" -g ': must be 224.0.0.0 to ' \
			223.255.255.255 240.0.0.0 '' localhost 239.255.0.256
	done
	for lesson in echo_server echo_client; do
		refuses_values "$lesson" -u ': must be 1 to ' ''
	done
	refused socket/echo_server unexpected
	says "unexpected argument 'unexpected'"
}
check 'what is no address, number, group or path is refused' values_are_checked

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
	peer_client close
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
