#!/bin/sh
# shm-pair.t - writer and reader: one segment, two processes. More of them is
# in the sheet
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

written() { # MESSAGE [OPTION ...]
	message=$1
	shift
	gives "Data written to memory: $message" \
		shm/writer -k "$key" "$@" "$message"
}

found() { # MESSAGE [OPTION ...]
	message=$1
	shift
	gives "Data read from memory: $message" shm/reader -k "$key" "$@"
}

messages_arrive() {
	new_key
	for message in '' "$(letters 1023)" \
		"$(printf '\001\377\200\033[31m\t%%s\n.')"; do
		written "$message"
		found "$message"
	done
	segment_gone "$key"
	fails 1 'start writer first' shm/reader -k "$key"
	fails 1 'at most 1023 fit' shm/writer -k "$key" "$(letters 1024)"
	segment_gone "$key"
}
check 'any bytes, up to 1023, get to the reader, which removes the segment' \
	messages_arrive

# Above 0x7fffffff a key is negative, as a number; ipcs shows it like this.
keys_are_numbers() {
	new_key
	number=$key
	key=$(printf '%#x' "$number")
	written one
	key=0xf$(printf '%x' "$number" | cut -c 2-)
	echo "segment $key" >>"$made"
	written two
	found two
	key=$(printf '%#o' "$number")
	found one -l
	key=$number
	found one
}
check 'another key is another segment; hexadecimal, octal, highest bit' \
	keys_are_numbers

# The kernel chooses addresses at random, unless it was told not to.
addresses_differ() {
	new_key
	written 'the same'
	gives 600 tests/odd mode segment "$key"
	id=$("$sysv" find segment "$key")
	for _ in 1 2 3 4 5 6 7 8; do
		run shm/reader -k "$key" -lv
		read -r _ _ _ _ address <"$out"
		prints "segment $id attached at $address
Data read from memory: the same"
		[ "${first:=$address}" = "$address" ] || return 0
	done
	read -r random </proc/sys/kernel/randomize_va_space 2>/dev/null
	[ "${random:-0}" -gt 0 ] ||
		skip 'addresses are not random on this system'
	fail 'not always the same address'
}
check 'one segment, one id, for its owner only; different addresses' \
	addresses_differ

# Other keys are not Enter, but the end of the input is as good.
writer_waits() {
	new_key
	mkfifo "$work/in"
	start_from "$work/in" late shm/writer -k "$key" -w late
	exec 4>"$work/in"
	printf 'no Enter' >&4
	"$build/scripts/await" "$work/late.err" 'press Enter to write' ||
		fail 'what the writer waits for'
	found '' -l
	! has_text "$work/late.out" written || fail 'nothing written yet'
	exec 4>&-
	finish late
	exits 0
	prints 'Data written to memory: late'
	found late
}
check 'writer: -w waits for Enter or the end of the input; a reader is early' \
	writer_waits

# Somebody else's program has made it: with no NUL to its last byte, or larger.
other_segments_are_used() {
	for size in 1024 5000; do
		new_key
		letters "$size" >"$work/full"
		run tests/odd segment "$key" "$size" 600 <"$work/full"
		succeeds
		found "$(letters 1024)" -l
		written short
		found short
	done
}
check "reader: another program's segment without a NUL ends at its last byte" \
	other_segments_are_used

smaller_one_is_refused() {
	new_key
	run tests/odd segment "$key" 64 600 </dev/null
	succeeds
	fails 1 'too small' shm/writer -k "$key"
	fails 1 'too small' shm/reader -k "$key"
	segment_exists "$key" || fail 'the other program to keep its segment'
}
check "writer, reader: a smaller segment of another program's is refused" \
	smaller_one_is_refused

finish_tests
