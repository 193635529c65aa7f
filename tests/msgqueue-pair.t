#!/bin/sh
# msgqueue-pair.t - writer and reader: their messages, and how they wait
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
	sends Hello -t 3
	fails 1 'no message of this type, -t -2 (ENOMSG)' \
		msgqueue/reader -n -l -f "$path" -t -2
	run tests/odd receive "$path" 3
	printf 'Hello\000' | cmp -s - "$out" || fail 'Hello and one NUL'
}
check 'any 99 bytes arrive as they are, with a NUL and no more' any_text

# What comes in, as printf writes it, and the message.
line_of_input() {
	new_path
	while IFS='|' read -r input words; do
		printf %b "$input" >"$work/in"
		gives "Data send is : $words" msgqueue/writer -f "$path" \
			<"$work/in"
		takes "$words"
	done <<-'END'
		a line of input\nanother line\n|a line of input
		no newline|no newline
		\n|
	END
}
check 'writer: takes one line of standard input' line_of_input

# script(1) of util-linux gives a command a terminal.
prompts_on_a_terminal() {
	script --version 2>/dev/null | grep -q util-linux ||
		skip 'no script(1) of util-linux here'
	new_path
	printf 'typed\n' |
		script -qec "'$build/msgqueue/writer' -f '$path'" /dev/null \
			>"$out" 2>"$err"
	prints_like 'Write Data : '
	prints_like 'Data send is : typed'
}
check 'writer: prompts on a terminal' prompts_on_a_terminal

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
# writer sends as many bytes as the struct has.
foreign_ones() {
	new_path
	rest=$(($("$build/tests/odd" size) - 14))
	nuls=$(letters "$rest" | sed 's/x/\\0000/g')
	while IFS='|' read -r bytes words; do
		printf %b "$bytes" | send_bytes "$path" 1
		takes "$words"
	done <<-END
		$(letters 100)|$(letters 100)
		two\\0000words|two
		from the notes$nuls|from the notes
		|
	END
	(letters 300 && echo) | send_bytes "$path" 1
	fails 1 'stays in the queue' msgqueue/reader -f "$path"
	gives "$(letters 300)" tests/odd receive "$path" 1
}
check "other programs' messages may be longer, or without a NUL" foreign_ones

# SIGSTOP and SIGCONT make some calls return EINTR.
reader_waits() {
	new_path
	start reader msgqueue/reader -f "$path"
	await_that waits reader
	stop reader STOP
	stop reader CONT
	[ ! -s "$work/reader.out" ] || fail 'nothing received yet'
	sends 'after Ctrl-Z'
	ends_well reader
	prints 'Data Received is : after Ctrl-Z'
	queue_gone "$path"
}
check 'reader: may start first, and waits, also after Ctrl-Z' reader_waits

# As the systems come: the administrator may have given queues more room.
holds_less() {
	has_loopback || skip 'there is no loopback interface'
	new_path
	sends text
	room=$("$build/tests/odd" room "$path")
	begin 'listening on' receiver tests/peer listen stay
	run socket/sender -n -p "$(port_of receiver)"
	sent=$(sed -n 's/^sent \([0-9]*\) of .*/\1/p' "$out")
	[ "${sent:-0}" -gt "$room" ] || fail "more than a queue's $room bytes"
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
	run tests/odd remove "$path"
	for name in writer reader; do
		finish "$name"
		fails_with 1 'the queue was removed'
		prints_nothing
	done
}
check 'writer, reader: say when the queue is removed meanwhile' removed

finish_tests
