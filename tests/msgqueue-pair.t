#!/bin/sh
# msgqueue-pair.t - writer and reader: what a message may be
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/queue.sh
. "${0%/*}/queue.sh"

any_text() {
	new_path
	for words in '' "$(printf '\001\377\200\033[31m\t%%s.')" \
		"$(letters 99)"; do
		sends "$words"
		takes "$words"
	done
}
check 'any 99 bytes arrive as they are' any_text

# What a writer does not take is there for the next one.
lines_of_input() {
	new_path
	printf 'a line\n\nno newline' >"$work/in"
	exec 9<"$work/in"
	for words in 'a line' '' 'no newline'; do
		gives "Data send is : $words" msgqueue/writer -f "$path" <&9
		takes "$words"
	done
}
check 'writer: takes one line of standard input' lines_of_input

no_text() {
	new_path
	printf 'a\000b\n' >"$work/in"
	fails 1 NUL msgqueue/writer -f "$path" <"$work/in"
	fails 1 'no message' msgqueue/writer -f "$path" </dev/null
	fails 1 'at most 99 bytes fit' msgqueue/writer -f "$path" </dev/zero
	fails 1 'at most 99 bytes fit' msgqueue/writer -f "$path" \
		"$(letters 100)"
	queue_gone "$path"
}
check 'writer: refuses what is no text, and does not cut it' no_text

# Of each message the bytes, and what the reader prints. The lecture's own
# writer sends as many bytes as the struct has, 4 or 12 more than the text.
foreign_ones() {
	new_path
	while IFS='|' read -r bytes words; do
		printf %b "$bytes" | send_bytes "$path" 1
		takes "$words"
	done <<-END
		$(letters 104)|$(letters 104)
		two\\0000words|two
		|
	END
	(letters 300 && echo) | send_bytes "$path" 1
	fails 1 'stays in the queue' msgqueue/reader -f "$path"
	queue_holds "$path" 1 || fail 'the message in the queue'
}
check "other programs' messages may be longer, or without a NUL" foreign_ones

# As the systems come: the administrator may have given queues more room.
holds_less() {
	has_loopback || skip 'there is no loopback interface'
	new_path
	sends text
	look_at_queue "$path"
	begin 'listening on' receiver tests/peer listen stay
	run socket/sender -n -p "$(port_of receiver)"
	sent=$(sed -n 's/^sent \([0-9]*\) of .*/\1/p' "$out")
	[ "${sent:-0}" -gt "$room" ] || fail "more than a queue's $room"
}
check 'a default queue holds less than a TCP connection' holds_less

removed() {
	new_path
	"$build/tests/odd" limit "$path" 10
	sends 123456789
	start writer msgqueue/writer -f "$path" 223456789
	start reader msgqueue/reader -f "$path" -t 2
	await_that waits writer
	await_that waits reader
	echo "path $path" | "$sysv" clear
	for name in writer reader; do
		finish "$name"
		fails_with 1 'the queue was removed'
	done
}
check 'writer, reader: say when the queue is removed meanwhile' removed

finish_tests
