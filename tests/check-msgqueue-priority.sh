#!/bin/sh
# check-msgqueue-priority.sh - the task "Write: urgent messages first" of
# msgqueue/README.md
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

sends() { # [-u | -t TYPE] TEXT
	run msgqueue/writer -n -f "$path" "$@"
	for text; do :; done
	[ "$status" -eq 0 ] || fail "that ./writer $* sends its message"
	prints "Data send is : $text"
}

takes() { # TEXT WHY
	run msgqueue/reader -ln -f "$path"
	has_line "$out" "Data Received is : $1" || fail "$1: $2"
}

knows_urgent() {
	new_path
	run msgqueue/writer -u -n -f "$path" 'fire!'
	[ "$status" -eq 0 ] || fail "that ./writer -u 'fire!' sends its message
hint: give getopt in writer.c a u, and the urgent message a type of its own"
	prints 'Data send is : fire!'
	takes 'fire!' 'the reader must take the urgent message.
hint: which types does the reader ask for, when there is no -t?'
}
check 'writer -u sends an urgent message, and the reader takes it' \
	knows_urgent

urgent_first() {
	new_path
	sends 'lunch is ready'
	sends -u 'fire!'
	takes 'fire!' 'the reader must take the urgent message first.
hint: a negative type asks for the lowest type: which of yours is lower?'
	takes 'lunch is ready' 'the reader must take ordinary messages after it.
hint: one msgrcv can ask for two types: what does it do with a negative one?'
}
check 'an urgent message is read before an older ordinary one' urgent_first

in_order() {
	new_path
	sends 'ordinary 1'
	sends -u 'urgent 1'
	sends 'ordinary 2'
	sends -u 'urgent 2'
	for text in 'urgent 1' 'urgent 2' 'ordinary 1' 'ordinary 2'; do
		takes "$text" 'equally urgent messages keep their order.
hint: all urgent messages have one type, all ordinary ones another type'
	done
}
check 'messages that are equally urgent keep their order' in_order

# For two seconds at most, so that a loop that never sleeps is told as such.
sleeps() { # NAME
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		! waits "$1" || return 0
		"$build/scripts/await" /dev/null '' 0.1
	done
	return 1
}

waits_for_both() {
	new_path
	for urgent in -u ''; do
		start reader msgqueue/reader -l -f "$path"
		await_that queue_exists "$path"
		sleeps reader || fail 'a reader with nothing to read sleeps.
hint: let msgrcv wait for you, without IPC_NOWAIT'
		# shellcheck disable=SC2086 # an option or none
		sends $urgent 'at last'
		"$build/scripts/await" "$work/reader.out" 'at last' 5 ||
			fail "./writer $urgent, and a waiting reader gets it.
hint: wait for both types in one msgrcv: two calls wait for one type each"
		finish reader
		exits 0
	done
}
check 'a reader that waits gets whichever comes' waits_for_both

other_types_stay() {
	new_path
	sends -t 70 'for reader 70'
	run msgqueue/reader -ln -f "$path"
	[ "$status" -eq 1 ] || fail "that ./reader leaves type 70 for others.
hint: the reader must not ask for more types than your two"
	says ENOMSG
	run msgqueue/reader -ln -t 70 -f "$path"
	prints 'Data Received is : for reader 70'
}
check '-t works as before' other_types_stay

finish_tests
