#!/bin/sh
# shm-pair.t - writer and reader: one segment, two processes
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

denied_or_skip() {
	"$build/tests/odd" denied || skip 'this user is denied nothing (root)'
}

same_key_same_segment() {
	new_key
	run shm/writer -k "$key" 'Hello, segment'
	succeeds
	prints 'Data written to memory: Hello, segment'
	run shm/reader -k "$key"
	succeeds
	prints 'Data read from memory: Hello, segment'
	segment_gone "$key"
}
check 'who has the key gets the same segment' same_key_same_segment

default_message() {
	new_key
	run shm/writer -k "$key"
	prints 'Data written to memory: Hello world'
	run shm/reader -k "$key"
	prints 'Data read from memory: Hello world'
}
check 'the default message is Hello world' default_message

# The same number in decimal, hexadecimal and octal.
key_forms() {
	new_key
	run shm/writer -k "$(printf '%#x' "$key")" 'one key'
	succeeds
	run shm/reader -k "$(printf '%#o' "$key")" -l
	prints 'Data read from memory: one key'
	segment_exists "$key" || fail "a segment with key $key"
}
check 'a key may be decimal, hexadecimal or octal' key_forms

# Above 0x7fffffff a key is negative, as a number; ipcs shows it like this.
large_key() {
	new_key
	key=0xf$(printf '%x' "$key" | cut -c 2-)
	echo "segment $key" >>"$work/made"
	run shm/writer -k "$key" large
	succeeds
	run shm/reader -k "$key"
	prints 'Data read from memory: large'
}
check 'a key may have its highest bit set' large_key

other_key_other_segment() {
	new_key
	first=$key
	new_key
	run shm/writer -k "$first" first
	run shm/writer -k "$key" second
	run shm/reader -k "$first"
	prints 'Data read from memory: first'
	run shm/reader -k "$key"
	prints 'Data read from memory: second'
}
check 'another key is another segment' other_key_other_segment

reader_removes() {
	new_key
	run shm/writer -k "$key"
	run shm/reader -k "$key"
	segment_gone "$key"
	run shm/reader -k "$key"
	fails_with 1 'start writer first'
	prints_nothing
}
check 'reader: removes the segment; then there is none' reader_removes

reader_leaves() {
	new_key
	run shm/writer -k "$key" stays
	for _ in 1 2 3; do
		run shm/reader -k "$key" -l
		succeeds
		prints 'Data read from memory: stays'
		segment_exists "$key" || fail 'the segment after -l'
	done
}
check 'reader: -l leaves the segment' reader_leaves

segment_outlives_writer() {
	new_key
	start writer shm/writer -k "$key" 'from a dead process'
	finish writer
	succeeds
	segment_exists "$key" || fail 'the segment after its writer'
	run shm/reader -k "$key"
	prints 'Data read from memory: from a dead process'
}
check 'the segment outlives its writer until it is removed' \
	segment_outlives_writer

identifier() { # in the last output
	sed -n 's/^segment \([0-9]*\) attached at .*/\1/p' "$work/out"
}

address() {
	sed -n 's/^segment [0-9]* attached at \(0x[0-9a-f]*\)$/\1/p' "$work/out"
}

# The kernel chooses addresses at random, unless it was told not to.
same_id_other_address() {
	new_key
	run shm/writer -k "$key" -v
	succeeds
	prints_line 'Data written to memory: Hello world'
	id=$(identifier)
	[ "$id" = "$("$build/scripts/sysv" find segment "$key")" ] ||
		fail 'the id that the kernel has for this key'
	address >"$work/addresses"
	[ -s "$work/addresses" ] || fail 'an address'
	for _ in 1 2 3 4 5 6 7 8; do
		run shm/reader -k "$key" -lv
		[ "$(identifier)" = "$id" ] || fail "the id $id again"
		address >>"$work/addresses"
	done
	[ "$(sort -u "$work/addresses" | wc -l)" -gt 1 ] && return
	random=$(cat /proc/sys/kernel/randomize_va_space 2>/dev/null)
	[ "${random:-0}" -gt 0 ] ||
		skip 'addresses are not random on this system'
	fail "not always the same address: $(cat "$work/addresses")"
}
check 'one segment, one id, different addresses' same_id_other_address

# A writer that is attached and waits for Enter, which is fd 4's to give.
start_waiting_writer() { # NAME
	[ -p "$work/in" ] || mkfifo "$work/in"
	start_from "$work/in" "$1" shm/writer -k "$key" -vw "$1"
	exec 4>"$work/in"
	await "$1" 'attached at'
}

reader_too_early() {
	new_key
	start_waiting_writer late
	run shm/reader -k "$key" -l
	succeeds
	prints 'Data read from memory: '
	grep -q 'written' "$work/late.out" && fail 'nothing written yet'
	echo >&4
	finish late
	prints_line 'Data written to memory: late'
	run shm/reader -k "$key"
	prints 'Data read from memory: late'
}
check 'a reader that comes too early reads an empty text' reader_too_early

# It says what it waits for; other keys are not Enter; then all is done.
writer_waits_then_writes() {
	new_key
	start_waiting_writer late
	printf 'no Enter' >&4
	"$build/scripts/await" line "$work/late.err" 'press Enter to write' ||
		fail 'what the writer waits for'
	run shm/reader -k "$key" -l
	prints 'Data read from memory: '
	echo >&4
	finish late
	exits 0
	says 'writer: attached, nothing written yet: press Enter to write'
	prints_line 'Data written to memory: late'
	run shm/writer -k "$key" -w 'the end of the input' </dev/null
	exits 0
	prints 'Data written to memory: the end of the input'
}
check 'writer: -w waits for Enter or the end of the input, then writes' \
	writer_waits_then_writes

writer_waits_for_its_input_only() {
	new_key
	run shm/writer -k "$key" -w text <.
	exits 1
	says 'read standard input'
	prints_nothing
	run shm/reader -k "$key"
	prints 'Data read from memory: '
}
check 'writer: -w fails, and writes nothing, where it cannot read' \
	writer_waits_for_its_input_only

# Removed while the writer is attached: the key is free, the writer goes on.
removed_under_writer() {
	new_key
	start_waiting_writer late
	run shm/reader -k "$key"
	segment_gone "$key"
	echo >&4
	finish late
	exits 0
	prints_line 'Data written to memory: late'
	segment_gone "$key"
}
check 'a segment removed under the writer goes when it detaches' \
	removed_under_writer

writer_overwrites() {
	new_key
	run shm/writer -k "$key" 'a long first message'
	run shm/writer -k "$key" second
	succeeds
	run shm/reader -k "$key"
	prints 'Data read from memory: second'
}
check 'a second writer overwrites what was not yet read' writer_overwrites

empty_message() {
	new_key
	run shm/writer -k "$key" ''
	succeeds
	prints 'Data written to memory: '
	run shm/reader -k "$key"
	succeeds
	prints 'Data read from memory: '
}
check 'an empty message works' empty_message

bytes_are_kept() {
	new_key
	text=$(printf '\001\377\200\033[31m\t%%s\n.')
	run shm/writer -k "$key" "$text"
	succeeds
	run shm/reader -k "$key"
	succeeds
	prints "Data read from memory: $text"
}
check 'bytes that are not text arrive as they are' bytes_are_kept

longest_message() {
	new_key
	run shm/writer -k "$key" "$(letters 1023)"
	succeeds
	run shm/reader -k "$key"
	prints "Data read from memory: $(letters 1023)"
}
check 'a message of 1023 bytes fits' longest_message

too_long_message() {
	new_key
	run shm/writer -k "$key" "$(letters 1024)"
	fails_with 1 'at most 1023 fit'
	prints_nothing
	segment_gone "$key"
}
check 'writer: a longer message is refused, and no segment made' \
	too_long_message

# Somebody else's program filled the segment to its last byte, without a NUL.
full_segment() {
	new_key
	letters 1024 | "$build/tests/odd" segment "$key" 1024 600 ||
		fail 'a full segment'
	run shm/reader -k "$key"
	succeeds
	prints "Data read from memory: $(letters 1024)"
}
check 'reader: a full segment without a NUL ends at its last byte' full_segment

# Of a larger one the first 1024 bytes are the contract's.
larger_segment() {
	new_key
	letters 5000 | "$build/tests/odd" segment "$key" 5000 600 ||
		fail 'a larger segment'
	run shm/reader -k "$key" -l
	succeeds
	prints "Data read from memory: $(letters 1024)"
	run shm/writer -k "$key" short
	succeeds
	run shm/reader -k "$key"
	prints 'Data read from memory: short'
}
check "a larger segment of another program's can be used" larger_segment

smaller_segment() {
	new_key
	echo hi | "$build/tests/odd" segment "$key" 64 600
	run shm/writer -k "$key"
	fails_with 1 'too small'
	run shm/reader -k "$key"
	fails_with 1 'too small'
	prints_nothing
	segment_exists "$key" || fail 'the other program keeps its segment'
}
check "a smaller segment of another program's cannot" smaller_segment

refuses_denied_segment() {
	denied_or_skip
	new_key
	echo secret | "$build/tests/odd" segment "$key" 1024 000
	run shm/writer -k "$key"
	fails_with 1 'Permission denied'
	run shm/reader -k "$key"
	fails_with 1 'Permission denied'
	prints_nothing
	segment_exists "$key" || fail 'the other program keeps its segment'
}
check 'a segment whose mode denies access stays closed' refuses_denied_segment

segment_is_private() {
	new_key
	run shm/writer -k "$key"
	run tests/odd mode segment "$key"
	prints 600
}
check 'the segment is for its owner only' segment_is_private

unread_text_stays() {
	[ -c /dev/full ] || skip 'no /dev/full here'
	new_key
	run shm/writer -k "$key" unread
	fails_on_full_output 'standard output' shm/reader -k "$key"
	run shm/reader -k "$key"
	prints 'Data read from memory: unread'
}
check 'reader: does not remove a text that it could not print' \
	unread_text_stays

pair_tells_usage() {
	shows_usage shm/writer
	shows_usage shm/reader
}
check 'writer, reader: -h tells the usage' pair_tells_usage

pair_refuses_bad_usage() {
	for program in shm/writer shm/reader; do
		pair=$program
		refused "$pair" -x
		refused "$pair" -k
		for bad in '' 0 0x -1 12three 0x100000000 ' '; do
			refused "$pair" -k "$bad"
		done
	done
	refused shm/reader surplus
	refused shm/writer message surplus
	refused shm/writer -d 1
	refused shm/reader -w
}
check 'writer, reader: bad input is refused' pair_refuses_bad_usage

needs_its_output() {
	new_key
	fails_on_full_output 'standard output' shm/writer -k "$key"
	fails_on_full_output 'the child failed' shm/race
}
check 'writer, race: fail when their output cannot be written' needs_its_output

# Another user was first, and lets everybody use it.
others_segment_refused() {
	two_users shm/writer shm/reader tests/odd scripts/sysv
	run_as "$me" sysv names
	key=$(sed -n '1s/^segment //p' "$work/out")
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
	# Who names the key has chosen it.
	run_as "$me" reader -k "$key" -l
	succeeds
	prints 'Data read from memory: foreign'
}
check "writer, reader: another user's segment is refused" \
	others_segment_refused

# The limits of an IPC namespace of its own: 500 bytes, then no segment.
kernel_limits_are_named() {
	unshare -i true 2>/dev/null || skip 'no IPC namespace can be made here'
	new_key
	for limit in shmmax=500 shmmni=0; do
		command="shm/writer with $limit"
		# shellcheck disable=SC2016 # for that shell
		unshare -i sh -c 'echo "$1" >"/proc/sys/kernel/$2" && "$3"' sh \
			"${limit#*=}" "${limit%=*}" "$build/shm/writer" \
			>"$work/out" 2>"$work/err"
		status=$?
		prints_nothing
		case $limit in
		shmmax*) fails_with 1 'Invalid argument' ;;
		shmmni*) fails_with 1 'the limit of objects is reached' ;;
		esac
	done
}
check 'writer: a limit of the kernel is told as what it is' \
	kernel_limits_are_named

# Three writers and a reader are attached to it at the same time.
many_processes_share() {
	new_key
	for writer in one two three; do
		start_waiting_writer "$writer"
		sed 's/ attached at .*//' "$work/$writer.out" >>"$work/ids"
	done
	run shm/reader -k "$key" -lv
	succeeds
	echo "segment $(identifier)" >>"$work/ids"
	[ "$(sort -u "$work/ids" | wc -l)" -eq 1 ] || fail 'one id for all'
	gives "$(identifier) $(id -u) 3" scripts/sysv state segment "$key"
	for writer in one two three; do
		stop "$writer"
		finish "$writer"
	done
	run shm/reader -k "$key"
	succeeds
	segment_gone "$key"
}
check 'many processes share one segment' many_processes_share

finish_tests
