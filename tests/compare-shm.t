#!/bin/sh
# compare-shm.t - scripts/compare/shm, messages through shared memory
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

pingpong=scripts/compare/shm
mechanism=shm
sizes='1 2 3 64 4097 1048576'
more='attach_us touch_us segment '
# shellcheck source=tests/pingpong.sh
. tests/pingpong.sh

pingpong_segment() {
	run "$pingpong" -s 1000 -n 1
	figures_hold 'segment > 1000 && segment < 2000'
	run "$pingpong" -n 1 -S 16777216
	prints_figures shm block 64 1
	figures_hold 'segment == 16777216 && touch_us > attach_us &&
		setup_us > attach_us + touch_us'
	touching=${line#*touch_us=}
	touching=${touching%% *}
	run "$pingpong" -n 1 -w poll -S 4096
	figures_hold "segment == 4096 && touch_us * 2 < $touching &&
		setup_us > attach_us + touch_us"
	for bad in '' 0 -1 x 64 99999999999; do
		refused "$pingpong" -S "$bad"
	done
}
check 'shm: a large segment takes its time, a small one is refused' \
	pingpong_segment

# Linux tells without ps, and BusyBox's knows no -p.
is_resident() { # PID
	kib=
	if [ -r "/proc/$1/status" ]; then
		while read -r name amount _; do
			[ "$name" != VmRSS: ] || kib=$amount
		done <"/proc/$1/status"
	else
		kib=$(ps -o rss= -p "$1")
	fi
	[ "${kib:-0}" -ge 65536 ]
}

# Both have touched every page, so all of it is in memory.
pingpong_touches_all() {
	start_endless large "$pingpong" -S 67108864
	await_that is_resident "$parent"
	await_that is_resident "$child"
	end large
}
check 'shm: both processes touch each page' pingpong_touches_all

# The last byte of the message is written to meanwhile.
pingpong_verifies() {
	for wait in block poll; do
		start_endless spoilt "$pingpong" -w "$wait"
		spoil segment 1
		says 'round '
		has_noticed 'not what was sent'
	done
}
check 'shm: notices a byte that was not sent' pingpong_verifies

# One in the middle has to be wrong in the last message: on a busy machine that
# may take some tries.
pingpong_verifies_all() {
	status=0
	while [ "$status" -eq 0 ]; do
		start_parent spoilt "$pingpong" -s 10000 -n 9000
		spoil segment 5000
	done
	has_noticed 'byte 5000: not what was sent'
}
check 'shm: and one in the middle of the message' pingpong_verifies_all

# A system has no room for every segment: here by a limit of our own.
pingpong_too_large() {
	# shellcheck disable=SC3045 # where it is not there, skip
	(ulimit -v 200000 && "$build/$pingpong" -n 1) >"$out" 2>&1 ||
		skip 'memory cannot be limited here'
	# shellcheck disable=SC3045
	ulimit -v 200000
	for option in -S -s; do
		fails 77 '1073741824 bytes' "$pingpong" "$option" 1073741824
	done
}
check 'shm: what is too large for the system, exit 77' pingpong_too_large

# A limit of the system (macOS has one of 4 MiB), in a namespace of our own.
pingpong_over_limit() {
	command='scripts/compare/shm -S 1000000, with a shmmax of 100000'
	echo 'echo 100000 >/proc/sys/kernel/shmmax; exec "$@"' >"$work/limited"
	unshare -r -i sh "$work/limited" true 2>"$err" ||
		skip 'no namespace of our own to be had here'
	unshare -r -i sh "$work/limited" "$build/$pingpong" -S 1000000 \
		>"$out" 2>"$err"
	status=$?
	fails_with 77 'shmget: a segment of 1000000 bytes'
	prints_nothing
}
check 'shm: what is over a limit of the system, too' pingpong_over_limit

finish_tests
