#!/bin/sh
# check-shm-second-reader.sh - a task of shm/README.md: each text is for two
# readers. The first leaves the segment, the second removes it.
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

writes() { # TEXT
	run shm/writer -k "$key" "$1"
	exits 0
}

has_read() { # TEXT
	has_line "$out" "Data read from memory: $1"
}

reads() { # TEXT HINT
	run shm/reader -k "$key"
	[ "$status" -lt 128 ] ||
		fail "no signal $((status - 128)). hint: with SHM_RDONLY a \
store into the segment is a SIGSEGV"
	has_read "$1" || fail "that it reads the text. hint: $2"
	exits 0
}

is_there() { # HINT
	segment_exists "$key" || fail "the segment is still there. hint: $1"
}

is_gone() { # HINT
	! segment_exists "$key" || fail "that the segment is gone. hint: $1"
}

second_reads() {
	new_key
	writes 'for two'
	reads 'for two' 'the first reader reads as it always did'
	is_there 'who removes it? The first reader must not'
	reads 'for two' 'did the first reader change it?'
	is_gone "how can a reader know that it is the second? Its variables \
are new in each process: only the segment outlives them"
	run shm/reader -k "$key"
	exits 1
	says 'start writer first'
}
check 'the second reader finds the text, too, and removes it' second_reads

new_text_for_two() {
	new_key
	writes one
	reads one 'the first reader reads as it always did'
	writes two
	reads two 'writer overwrites, as it always did'
	is_there "a new text is for two readers, too, although one has read \
the old text. Who sets the count back?"
	reads two 'the first reader of this text must leave it'
	is_gone 'two readers have had the new text'
}
check 'a new text is for two readers again' new_text_for_two

look_does_not_count() {
	new_key
	writes 'look at me'
	for _ in 1 2 3; do
		run shm/reader -l -k "$key"
		has_read 'look at me' ||
			fail 'the text. hint: reader -l always leaves it'
	done
	reads 'look at me' 'three looks with -l change nothing'
	is_there 'reader -l only looks: it must not count'
	reads 'look at me' '-l does not count, so this is the second reader'
	is_gone 'two readers have had the text, beside the looks'
}
check 'reader -l looks, and does not count' look_does_not_count

text_and_count_are_apart() {
	for length in 900 1015 1019 1020 1021 1022 1023; do
		new_key
		text=$(letters "$length")
		run shm/writer -k "$key" "$text"
		[ "$status" -eq 0 ] || {
			[ "$length" -gt 900 ] ||
				fail 'that a text of 900 bytes fits'
			fails_with 1 fit
			continue
		}
		for _ in 1 2; do
			reads "$text" "a text of $length bytes comes whole, or \
writer refuses it. Do the text and the count share bytes?"
		done
		is_gone "a text of $length bytes was read twice. Do the text \
and the count share bytes?"
	done
}
check 'a long text and the count do not overwrite each other' \
	text_and_count_are_apart

both_at_once() {
	for round in 1 2 3 4 5 6 7 8 9 10; do
		new_key
		writes 'at once'
		start "one$round" shm/reader -k "$key"
		start "two$round" shm/reader -k "$key"
		wait
		for reader in "one$round" "two$round"; do
			! has_text "$work/$reader.out" ': at once' || continue
			take_output "$reader"
			command='shm/reader, at the same time as another one'
			fail "the text in both readers. hint: when is it safe \
to remove the segment?"
		done
		is_gone 'two readers ran at once: is the count right then?'
	done
}
check 'two readers at the same time both have it' both_at_once

finish_tests
