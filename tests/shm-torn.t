#!/bin/sh
# shm-torn.t - torn: half of one text and half of another; what -s adds is in
# shm-guarded.t
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

# "20000 reads, torn N", and an example that is made of both texts.
torn_was_seen() {
	succeeds
	{
		read -r _ _ _ torn
		read -r _ _ example
	} <"$work/out"
	prints "20000 reads, torn $torn
for example: $example"
	[ "$torn" -gt 0 ] || fail 'reads that were torn'
	echo "$example" | grep -Eqx '((one|two) ?){8}' ||
		fail 'an example of eight words'
	case $example in
	*one*two* | *two*one*) ;;
	*) fail 'an example that is made of both texts' ;;
	esac
}

reads_are_torn() {
	run shm/torn
	torn_was_seen
	note "torn $torn"
}
check 'torn: the reader gets half of each text' reads_are_torn

reads_are_torn_on_one_core() {
	taskset -c 0 true 2>/dev/null || skip 'no taskset here, or no core 0'
	command='taskset -c 0 shm/torn'
	taskset -c 0 "$build/shm/torn" >"$work/out" 2>"$work/err"
	status=$?
	torn_was_seen
}
check 'torn: also on one core' reads_are_torn_on_one_core

finish_tests
