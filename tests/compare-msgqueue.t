#!/bin/sh
# compare-msgqueue.t - scripts/compare/msgqueue, messages through a queue
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

pingpong=scripts/compare/msgqueue
mechanism=msgqueue
sizes='1 2 3 64 2048'
more=
# shellcheck source=tests/pingpong.sh
. tests/pingpong.sh

# What all three do with an option's value.
pingpong_numbers() {
	for bad in w= w=spin w=blocked \
		s= s=-1 s=x s=1x s=1.5 s=1073741825 s=99999999999999999999 \
		n= n=-1 n=x n=1x n=1000000001; do
		refused "$pingpong" "-${bad%=*}" "${bad#*=}"
		says "-${bad%=*} '${bad#*=}': must be "
		[ "${bad%=*}" != n ] || says 'must be 1 to 1000000000'
	done
}
check 'msgqueue: numbers that are none are refused' pingpong_numbers

# Another process puts messages of 64 bytes into the queue.
pingpong_verifies() {
	start_endless spoilt "$pingpong"
	spoil queue
	has_noticed 'not what was sent'
	start_endless spoilt "$pingpong" -s 100
	spoil queue
	has_noticed '64 bytes came, not 100'
}
check 'msgqueue: notices a message that was not sent' pingpong_verifies

# Where a queue holds more than a gigabyte it would not be told.
pingpong_too_large() {
	for wait in block poll; do
		fails 77 'a message of 1073741824 bytes' \
			"$pingpong" -w "$wait" -s 1073741824
	done
	[ -r /proc/sys/kernel/msgmax ] || return 0
	most=$(cat /proc/sys/kernel/msgmax)
	fails 77 "a message of $((most + 1)) bytes" \
		"$pingpong" -n 1 -s "$((most + 1))"
}
check 'msgqueue: what is too large for the system, exit 77' pingpong_too_large

finish_tests
