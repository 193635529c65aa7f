#!/bin/sh
# shm-pair.t - writer and reader: one segment, two processes
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
	for message in 'Hello, segment' '' "$(letters 1023)" \
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

reader_leaves() {
	new_key
	written stays
	gives 600 tests/odd mode segment "$key"
	for _ in 1 2 3; do
		found stays -l
		segment_exists "$key" || fail 'the segment after -l'
	done
}
check 'reader: -l leaves the segment, which is for its owner only' \
	reader_leaves

# What -v prints before a line.
tells_attachment() { # LINE; sets $id and $address
	succeeds
	read -r _ id _ _ address <"$out"
	prints "segment $id attached at $address
$1"
	[ "$id" = "$("$build/scripts/sysv" find segment "$key")" ] ||
		fail 'the id that the kernel has for this key'
	case ${address#0x} in
	"$address" | '' | *[!0-9a-f]*) fail 'an address' ;;
	esac
}

# The kernel chooses addresses at random, unless it was told not to.
addresses_differ() {
	new_key
	run shm/writer -k "$key" -v
	tells_attachment 'Data written to memory: Hello world'
	first=$address
	for _ in 1 2 3 4 5 6 7 8; do
		run shm/reader -k "$key" -lv
		tells_attachment 'Data read from memory: Hello world'
		[ "$address" = "$first" ] || return 0
	done
	random=$(cat /proc/sys/kernel/randomize_va_space 2>/dev/null)
	[ "${random:-0}" -gt 0 ] ||
		skip 'addresses are not random on this system'
	fail 'not always the same address'
}
check 'one segment, one id, different addresses' addresses_differ

# It says what it waits for; other keys are not Enter; then all is done. fd 4 is
# its input.
writer_waits() {
	new_key
	mkfifo "$work/in"
	start_from "$work/in" late shm/writer -k "$key" -w late
	exec 4>"$work/in"
	printf 'no Enter' >&4
	"$build/scripts/await" line "$work/late.err" 'press Enter to write' ||
		fail 'what the writer waits for'
	found '' -l
	! has_text "$work/late.out" written || fail 'nothing written yet'
	echo >&4
	finish late
	exits 0
	says 'writer: attached, nothing written yet: press Enter to write'
	prints 'Data written to memory: late'
	found late
	run shm/writer -k "$key" -w 'the end of the input' </dev/null
	exits 0
	prints 'Data written to memory: the end of the input'
	found 'the end of the input'
	run shm/writer -k "$key" -w text <.
	exits 1
	says 'read standard input'
	prints_nothing
	found ''
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

both_refuse() { # TEXT SIZE MODE
	new_key
	run tests/odd segment "$key" "$2" "$3" </dev/null
	succeeds
	fails 1 "$1" shm/writer -k "$key"
	fails 1 "$1" shm/reader -k "$key"
	segment_exists "$key" || fail 'the other program to keep its segment'
}

other_segments_are_refused() {
	both_refuse 'too small' 64 600
	[ "$(id -u)" -ne 0 ] || skip 'root is denied nothing'
	both_refuse 'Permission denied' 1024 000
}
check "writer, reader: a smaller or a closed segment of another's is refused" \
	other_segments_are_refused

unread_message_stays() {
	new_key
	written unread
	fails_on_full_output 'standard output' shm/reader -k "$key"
	found unread
}
check 'reader: does not remove a message that it could not print' \
	unread_message_stays

# Another user was first, and lets everybody use it.
others_segment_is_refused() {
	two_users shm/writer shm/reader tests/odd scripts/sysv
	run_as "$me" sysv names
	read -r _ key <"$out"
	printf foreign >"$work/text"
	run_as "$other" odd segment "$key" 1024 666 <"$work/text"
	succeeds
	id=$("$build/scripts/sysv" find segment "$key")
	# shellcheck disable=SC2064 # its id is known now
	trap "run_as $other sysv remove segment $id" EXIT
	for program in writer reader; do
		run_as "$me" "$program"
		fails_with 1 "segment $id was made by another user"
		prints_nothing
	done
	# -k: this key was chosen.
	run_as "$me" reader -k "$key" -l
	succeeds
	prints 'Data read from memory: foreign'
}
check "writer, reader: another user's segment is refused, unless with -k" \
	others_segment_is_refused

finish_tests
