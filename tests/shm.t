#!/bin/sh
# shm.t - System V shared memory
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

default_message() {
	new_key
	run shm/writer -k "$key"
	prints 'Data written to memory: Hello world'
	run shm/reader -k "$key"
	prints 'Data read from memory: Hello world'
}

# The same number in decimal, hexadecimal and octal.
key_forms() {
	new_key
	run shm/writer -k "$(printf '%#x' "$key")" 'one key'
	succeeds
	run shm/reader -k "$(printf '%#o' "$key")" -l
	prints 'Data read from memory: one key'
	segment_exists "$key" || fail "a segment with key $key"
}

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

reader_removes() {
	new_key
	run shm/writer -k "$key"
	run shm/reader -k "$key"
	segment_gone "$key"
	run shm/reader -k "$key"
	fails_with 1 'start writer first'
	prints_nothing
}

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

segment_outlives_writer() {
	new_key
	start writer shm/writer -k "$key" 'from a dead process'
	finish writer
	succeeds
	segment_exists "$key" || fail 'the segment after its writer'
	run shm/reader -k "$key"
	prints 'Data read from memory: from a dead process'
}

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

reader_too_early() {
	new_key
	start writer shm/writer -k "$key" -v -d 60 late
	await writer 'attached at'
	run shm/reader -k "$key" -l
	succeeds
	prints 'Data read from memory: '
	grep -q 'written' "$work/writer.out" && fail 'nothing written yet'
	stop writer
}

writer_waits_then_writes() {
	new_key
	run shm/writer -k "$key" -d 0.05 late
	succeeds
	prints 'Data written to memory: late'
	run shm/reader -k "$key"
	prints 'Data read from memory: late'
}

# Removed while the writer is attached: the key is free, the writer goes on.
removed_under_writer() {
	new_key
	start writer shm/writer -k "$key" -v -d 0.1 late
	await writer 'attached at'
	run shm/reader -k "$key"
	segment_gone "$key"
	finish writer
	succeeds
	prints_line 'Data written to memory: late'
	segment_gone "$key"
}

writer_overwrites() {
	new_key
	run shm/writer -k "$key" 'a long first message'
	run shm/writer -k "$key" second
	succeeds
	run shm/reader -k "$key"
	prints 'Data read from memory: second'
}

empty_message() {
	new_key
	run shm/writer -k "$key" ''
	succeeds
	prints 'Data written to memory: '
	run shm/reader -k "$key"
	succeeds
	prints 'Data read from memory: '
}

bytes_are_kept() {
	new_key
	text=$(printf '\001\377\200\033[31m\t%%s\n.')
	run shm/writer -k "$key" "$text"
	succeeds
	run shm/reader -k "$key"
	succeeds
	prints "Data read from memory: $text"
}

longest_message() {
	new_key
	run shm/writer -k "$key" "$(letters 1023)"
	succeeds
	run shm/reader -k "$key"
	prints "Data read from memory: $(letters 1023)"
}

too_long_message() {
	new_key
	run shm/writer -k "$key" "$(letters 1024)"
	fails_with 1 'at most 1023 fit'
	prints_nothing
	segment_gone "$key"
}

# Somebody else's program filled the segment to its last byte, without a NUL.
full_segment() {
	new_key
	letters 1024 | "$build/tests/odd" segment "$key" 1024 600 ||
		fail 'a full segment'
	run shm/reader -k "$key"
	succeeds
	prints "Data read from memory: $(letters 1024)"
}

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

segment_is_private() {
	new_key
	run shm/writer -k "$key"
	run tests/odd mode segment "$key"
	prints 600
}

unread_text_stays() {
	[ -c /dev/full ] || skip 'no /dev/full here'
	new_key
	run shm/writer -k "$key" unread
	fails_on_full_output 'standard output' shm/reader -k "$key"
	run shm/reader -k "$key"
	prints 'Data read from memory: unread'
}

pair_tells_usage() {
	shows_usage shm/writer
	shows_usage shm/reader
}

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
	for bad in '' -1 nan inf 1s 1e9; do
		refused shm/writer -d "$bad"
	done
}

race_once() {
	run shm/race
	succeeds
	[ "$(head -n 1 "$work/out")" = \
		'Parent process has created a shared memory segment.' ] ||
		fail 'first the line about the segment'
	prints_line 'shared_int in child process: 1'
	grep -qx 'shared_int in parent process: [01]' "$work/out" ||
		fail 'the parent sees 0 or 1'
	[ "$(tail -n 1 "$work/out")" = 'Child has exited.' ] ||
		fail 'the last line is: Child has exited.'
	[ "$(wc -l <"$work/out")" -eq 4 ] || fail 'four lines'
}

race_is_ordered_by_wait() {
	run shm/race -w -n 200
	succeeds
	prints 'parent saw 0: 0 times, 1: 200 times'
	run shm/race -w
	prints 'Parent process has created a shared memory segment.
shared_int in child process: 1
shared_int in parent process: 1
Child has exited.'
}

# On a busy machine the child may be late once, hardly ten times.
race_other_outcome() {
	run shm/race -d 0.02 -n 10
	succeeds
	grep -Eqx 'parent saw 0: [0-9] times, 1: [0-9]+ times' "$work/out" ||
		fail 'the parent saw 1 at least once'
}

race_counts() {
	run shm/race -n 50
	succeeds
	counts='^parent saw 0: \([0-9]*\) times, 1: \([0-9]*\) times$'
	sum=$(sed -n "s/$counts/\1 + \2/p" "$work/out")
	[ "$((${sum:-0}))" -eq 50 ] ||
		fail 'two counts that make 50 together'
	[ "$(wc -l <"$work/out")" -eq 1 ] || fail 'only the counts'
}

# The segment has no key, so it is looked for among all of this user.
race_leaves_nothing() {
	start race shm/race -d 60
	await race 'Parent process'
	stop race KILL
	finish race
	exits 137
	race=$(pid race)
	if [ -r /proc/sysvipc/shm ]; then
		awk -v pid="$race" '$5 == pid' /proc/sysvipc/shm >"$work/left"
		[ ! -s "$work/left" ] || fail "no segment made by $race"
	else
		skip 'no /proc/sysvipc/shm to look into'
	fi
}

race_tells_usage() {
	shows_usage shm/race
}

race_refuses_bad_usage() {
	refused shm/race -x
	refused shm/race surplus
	for bad in '' -1 0 3.5 x 1000001; do
		refused shm/race -n "$bad"
	done
	for bad in '' -1 nan 2x; do
		refused shm/race -d "$bad"
	done
}

needs_its_output() {
	new_key
	fails_on_full_output 'standard output' shm/writer -k "$key"
	fails_on_full_output 'the child failed' shm/race
}

# "expected E, got G, lost L", where G and L make E.
counter_adds_up() { # EXPECTED
	succeeds
	line='^expected \([0-9]*\), got \([0-9]*\), lost \([0-9]*\)$'
	got=$(sed -n "s/$line/\2/p" "$work/out")
	lost=$(sed -n "s/$line/\3/p" "$work/out")
	prints "expected $1, got ${got:-?}, lost ${lost:-?}"
	[ "$((got + lost))" -eq "$1" ] || fail "got and lost make $1 together"
}

counter_loses() {
	run shm/counter
	counter_adds_up 40000
	[ "$lost" -gt 0 ] || fail 'increments that got lost'
}

# Semaphores without a key, with their modes. Nobody tells who made them, so
# those are looked at that have come since; another run's go too, soon.
private_semaphores() {
	[ ! -r /proc/sysvipc/sem ] ||
		awk 'NR > 1 && $1 == 0 { print $2, $3 }' /proc/sysvipc/sem |
		sort
}

note_semaphores() {
	private_semaphores >"$work/before"
}

new_semaphores() {
	private_semaphores | comm -13 "$work/before" -
}

semaphore_went() { # ID MODE
	! private_semaphores | grep -qx "$1"
}

no_semaphores_left() {
	new_semaphores >"$work/new"
	while read -r semaphore; do
		await_that semaphore_went "$semaphore"
	done <"$work/new"
}

# Those without a key are known by who made them.
no_segment_left() { # PID
	[ -r /proc/sysvipc/shm ] || return 0
	awk -v pid="$1" '$5 == pid' /proc/sysvipc/shm >"$work/left"
	[ ! -s "$work/left" ] || fail "no segment made by $1"
}

counter_keeps() {
	note_semaphores
	start counter shm/counter -s
	finish counter
	succeeds
	prints 'expected 40000, got 40000, lost 0'
	no_semaphores_left
	no_segment_left "$(pid counter)"
}

counter_counts_as_told() {
	run shm/counter -n 700
	counter_adds_up 1400
	for increments in 1 100 101; do
		run shm/counter -n "$increments" -s
		sum=$((2 * increments))
		prints "expected $sum, got $sum, lost 0"
	done
}

# As Ctrl-Z and fg do: the stopped process may wait for the other one, or the
# other one for it.
counter_survives_stops() {
	start counter shm/counter -s
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		stop counter STOP
		"$build/tests/await" line /dev/null '' 0
		stop counter CONT
		"$build/tests/await" line /dev/null '' 0
	done
	finish counter
	succeeds
	prints 'expected 40000, got 40000, lost 0'
}

needs_ps() {
	[ -n "$(ps -A -o ppid= -o pid= 2>/dev/null)" ] ||
		skip 'no ps with -A and -o here'
}

has_child() { # NAME; its process number goes into $work/child
	ps -A -o ppid= -o pid= | awk -v parent="$(pid "$1")" \
		'$1 == parent { print $2 }' >"$work/child"
	[ -s "$work/child" ]
}

# A long run gets a signal. Its output is a FIFO, which ends when the last of
# its processes has.
signal_counter() { # SIGNAL INCREMENTS [both]
	rm -f "$work/counter.out" "$work/ended"
	mkfifo "$work/counter.out"
	note_semaphores
	(cat "$work/counter.out" && echo ended >"$work/ended") >"$work/out" &
	start counter shm/counter -s -n "$2"
	await_that has_child counter
	! new_semaphores | grep -vq ' 600$' || fail 'a semaphore of mode 600'
	# shellcheck disable=SC2046 # one word or none
	kill -s "$1" $([ -z "${3-}" ] || cat "$work/child") "$(pid counter)" ||
		fail 'two processes for a signal'
	wait "$(pid counter)"
	status=$?
	command="shm/counter -s -n $2, which gets SIG$1"
	await_that test -s "$work/ended"
	cp "$work/counter.err" "$work/err"
	prints_nothing
	no_semaphores_left
	no_segment_left "$(pid counter)"
}

# As Ctrl-C does it: all get the signal.
counter_is_interrupted() {
	needs_ps
	for signal in HUP:129 INT:130 TERM:143; do
		signal_counter "${signal%:*}" 1000000 both
		exits "${signal#*:}"
		[ ! -s "$work/err" ] || fail 'nothing on standard error'
	done
}

# The parent alone. It may be killed while it has the semaphore: the kernel
# gives that back, and the child, which goes on to its end, removes it.
counter_is_killed() {
	needs_ps
	for _ in 1 2 3; do
		signal_counter KILL 60000
		exits 137
		[ ! -s "$work/err" ] || fail 'nothing on standard error'
	done
	signal_counter TERM 1000000
	exits 143
	[ "$(wc -l <"$work/err")" -eq 1 ] || fail 'one line of the child'
}

# Half of the time it has the semaphore when it is killed. It may have ended
# before it was found, but not each time.
counter_child_is_killed() {
	needs_ps
	killed=0
	for _ in 1 2 3 4 5 6; do
		start counter shm/counter -s
		await_that child_found_or_ended
		kill -s KILL "$(cat "$work/child")" 2>/dev/null
		finish counter
		[ "$status" -ne 0 ] || continue
		killed=$((killed + 1))
		fails_with 1 'the child failed'
		prints_nothing
	done
	[ "$killed" -gt 0 ] || fail 'a child that was killed'
}

child_found_or_ended() {
	has_child counter || has_ended "$(pid counter)"
}

counter_tells_usage() {
	shows_usage shm/counter
}

counter_refuses_bad_usage() {
	refused shm/counter -x
	refused shm/counter -n
	refused shm/counter surplus
	for bad in '' -1 0 3.5 x 1x 1000001 99999999999999999999; do
		refused shm/counter -n "$bad"
	done
}

counter_needs_its_output() {
	fails_on_full_output 'standard output' shm/counter -n 1
}

# What the parent reads meanwhile is luck, but it grows; and not each time it
# is nothing.
no_syscalls_works() {
	tries=0
	until grep -qs 'Parent reads' "$work/out"; do
		tries=$((tries + 1))
		[ "$tries" -le 100 ] || fail 'that the parent reads something'
		no_syscalls_once
	done
}

no_syscalls_once() {
	start no_syscalls shm/no_syscalls
	finish no_syscalls
	[ "$status" -ne 77 ] || skip "$(cat "$work/err")"
	succeeds
	no_segment_left "$(pid no_syscalls)"
	[ "$(tail -n 2 "$work/out")" = \
		'Child has made 1000000 updates without a system call.
Then it made one, and was killed for it.' ] || fail 'these last two lines'
	sed '$d' "$work/out" | sed '$d' >"$work/reads"
	! grep -vqx 'Parent reads [1-9][0-9]*' "$work/reads" ||
		fail 'before them nothing but what the parent reads'
	sort -u -k 3n "$work/reads" | cmp -s - "$work/reads" ||
		fail 'a growing number'
	[ -z "$(awk '$3 > 1000000' "$work/reads")" ] || fail '1000000 at most'
}

# As in some containers: the child may not give up its system calls.
no_syscalls_refused() {
	run tests/confined 22 "$build/shm/no_syscalls"
	[ "$status" -ne 125 ] || skip "$(cat "$work/err")"
	fails_with 77 'is refused'
	prints_nothing
}

# A kernel that says yes, and then lets the child make its call.
no_syscalls_not_killed() {
	run tests/confined 0 "$build/shm/no_syscalls"
	[ "$status" -ne 125 ] || skip "$(cat "$work/err")"
	fails_with 1 'the child was not killed for its call'
	! grep -q 'without a system call' "$work/out" ||
		fail 'no word of success'
}

no_syscalls_usage() {
	shows_usage shm/no_syscalls
	refused shm/no_syscalls -x
	refused shm/no_syscalls surplus
}

no_syscalls_needs_its_output() {
	run shm/no_syscalls
	[ "$status" -ne 77 ] || skip "$(cat "$work/err")"
	fails_on_full_output 'standard output' shm/no_syscalls
}

# Three writers and a reader are attached to it at the same time.
many_processes_share() {
	new_key
	for writer in one two three; do
		start "$writer" shm/writer -k "$key" -v -d 60 "$writer"
		await "$writer" 'attached at'
		sed 's/ attached at .*//' "$work/$writer.out" >>"$work/ids"
	done
	run shm/reader -k "$key" -lv
	succeeds
	echo "segment $(identifier)" >>"$work/ids"
	[ "$(sort -u "$work/ids" | wc -l)" -eq 1 ] || fail 'one id for all'
	run scripts/sysv users segment "$(identifier)"
	prints 3
	for writer in one two three; do
		stop "$writer"
		finish "$writer"
	done
	run shm/reader -k "$key"
	succeeds
	segment_gone "$key"
}

# What goes in comes out, and then nothing is left.
transfer() { # FIRST SECOND, the two sides in the order of their start
	for side in "$1" "$2"; do
		start_from "$work/data" "$side" "shm/$side" -k "$key"
		if [ "$side" = "$1" ]; then
			await_that joined "$side"
		fi
	done
	finish producer
	succeeds
	prints_nothing
	finish consumer
	succeeds
	cmp "$work/data" "$work/out" || fail 'the bytes that went in'
	buffer_gone
}

joined() { # SIDE, by the semaphore that says so
	case $1 in
	producer) semaphore_is 2 1 ;;
	consumer) semaphore_is 3 1 ;;
	esac
}

buffer_gone() {
	segment_gone "$key"
	semaphores_gone "$key"
}

random_bytes() { # COUNT
	head -c "$1" /dev/urandom
}

transfer_either_first() {
	new_key
	random_bytes 5000 >"$work/data"
	transfer producer consumer
	transfer consumer producer
}

transfer_nothing() {
	new_key
	: >"$work/data"
	transfer producer consumer
	transfer consumer producer
}

# All is written and given back. Now the consumer waits for the producer, and
# leaves the removal to it: so the next run may begin when either has ended.
transfer_ends_well() {
	has_state '[SR]*' "$$" || skip 'no ps with -o and -p here'
	new_key
	mkfifo "$work/in"
	start consumer shm/consumer -k "$key"
	start_from "$work/in" producer shm/producer -k "$key"
	exec 4>"$work/in"
	await_that joined consumer
	await_that joined producer
	halt consumer
	exec 4>&-
	await_that semaphore_is 1 1 # filled: the end
	halt producer
	stop consumer CONT
	await_that semaphore_is 0 16 # free: all
	"$build/tests/await" line /dev/null '' 0.5 # the timer, twice
	halt consumer
	stop producer CONT
	finish producer
	succeeds
	buffer_gone
	stop consumer CONT
	finish consumer
	succeeds
}

halt() { # NAME
	stop "$1" STOP
	await_that has_state 'T*' "$(pid "$1")"
}

has_state() { # PATTERN PID
	# shellcheck disable=SC2254 # it is a pattern
	case $(ps -o stat= -p "$2" 2>/dev/null) in
	$1) ;;
	*) false ;;
	esac
}

semaphore_is() { # NUMBER VALUE
	[ "$("$build/tests/odd" semaphore "$key" "$1" 2>&1)" = "$2" ]
}

# More than all slots, and no multiple of one; one slot; one byte more.
transfer_sizes() {
	new_key
	for size in 3333333 1048576 65536 65537 1; do
		random_bytes "$size" >"$work/data"
		transfer producer consumer
	done
}

# What a terminal or a pipe has brought so far is passed on at once.
transfer_passes_on_at_once() {
	new_key
	start consumer shm/consumer -k "$key"
	mkfifo "$work/in"
	start_from "$work/in" producer shm/producer -k "$key"
	exec 4>"$work/in"
	for line in one two three; do
		echo "$line" >&4
		await consumer "$line"
	done
	exec 4>&-
	finish producer
	succeeds
	finish consumer
	succeeds
	prints 'one
two
three'
	buffer_gone
}

transfer_others_refused() {
	new_key
	mkfifo "$work/in"
	start_from "$work/in" producer shm/producer -k "$key"
	exec 4>"$work/in"
	await_that segment_exists "$key"
	run shm/producer -k "$key"
	fails_with 1 'has a producer'
	start consumer shm/consumer -k "$key"
	echo one >&4
	await consumer one
	run shm/consumer -k "$key" 4>&-
	fails_with 1 'has a consumer'
	run shm/producer -k "$key" 4>&-
	fails_with 1 'has a producer'
	# They were no more than looked at: the transfer goes on.
	echo two >&4
	await consumer two
	stop producer
	exec 4>&-
	finish consumer
	buffer_gone
}

survivor() { # NAME OTHER
	finish "$1"
	fails_with 1 "the $2 has gone"
	buffer_gone
}

# The producer waits for input, the consumer for the producer.
transfer_ends_while_idle() {
	new_key
	mkfifo "$work/in"
	for signal in KILL INT TERM HUP; do
		for killed in producer consumer; do
			start consumer shm/consumer -k "$key"
			start_from "$work/in" producer shm/producer -k "$key"
			exec 4>"$work/in"
			echo one >&4
			await consumer one
			stop "$killed" "$signal"
			case $killed in
			producer) survivor consumer producer ;;
			consumer) survivor producer consumer ;;
			esac
			exec 4>&-
			finish "$killed"
			[ "$status" -gt 128 ] || fail "an end by SIG$signal"
		done
	done
}

# The consumer has stopped reading: the producer waits for a free slot.
transfer_ends_while_full() {
	new_key
	start consumer shm/consumer -k "$key"
	await_that segment_exists "$key"
	stop consumer STOP
	start_from /dev/zero producer shm/producer -k "$key"
	await_that all_slots_filled
	stop consumer KILL
	survivor producer consumer
}

all_slots_filled() {
	case $("$build/tests/odd" semaphore "$key" 1 2>&1) in
	15 | 16) ;;
	*) false ;;
	esac
}

# Nobody reads what the consumer writes: it waits in write.
transfer_ends_while_writing() {
	new_key
	mkfifo "$work/consumer.out"
	start consumer shm/consumer -k "$key"
	exec 5<"$work/consumer.out"
	start_from /dev/zero producer shm/producer -k "$key"
	await_that all_slots_filled
	stop producer KILL
	wait "$(pid consumer)"
	status=$?
	cp "$work/consumer.err" "$work/err"
	fails_with 1 'the producer has gone'
	buffer_gone
}

# Nobody waits for the killed one: the kernel keeps its process number, so
# that kill(2) would find it, but its semaphore tells.
transfer_ends_beside_a_zombie() {
	new_key
	mkfifo "$work/hold" "$work/in"
	# shellcheck disable=SC2016,SC2086 # for that shell, of one word or two
	$shell -c '"$0" -k "$1" >/dev/null & echo "$!" >"$2"; exec cat "$3"' \
		"$build/shm/consumer" "$key" "$work/zombie" "$work/hold" &
	exec 6>"$work/hold"
	await_that test -s "$work/zombie"
	await_that joined consumer
	start_from "$work/in" producer shm/producer -k "$key"
	exec 4>"$work/in"
	await_that joined producer
	kill -s KILL "$(cat "$work/zombie")"
	survivor producer consumer
	exec 6>&-
}

transfer_interrupted_alone() {
	new_key
	for alone in producer consumer; do
		for signal in INT=130 TERM=143 HUP=129; do
			start "$alone" "shm/$alone" -k "$key"
			await_that segment_exists "$key"
			stop "$alone" "${signal%=*}"
			finish "$alone"
			exits "${signal#*=}"
			buffer_gone
		done
	done
}

# The other side may not have found the segment yet. Were its set removed, it
# would take, or remove, that of the next ones to come.
transfer_last_removes() {
	new_key
	mkfifo "$work/in"
	for last in consumer producer; do
		case $last in
		consumer) first=producer ;;
		producer) first=consumer ;;
		esac
		start consumer shm/consumer -k "$key"
		start_from "$work/in" producer shm/producer -k "$key"
		exec 4>"$work/in"
		await_that joined consumer
		await_that joined producer
		stop "$last" STOP
		stop "$first"
		finish "$first"
		exits 143
		for side in producer consumer; do
			run "shm/$side" -k "$key" 4>&-
			fails_with 1 "has a $side, or just had"
		done
		segment_exists "$key" || fail 'a segment for who is left'
		stop "$last" CONT
		survivor "$last" "$first"
		exec 4>&-
	done
}

# As Ctrl-C does it where both are in the foreground.
transfer_both_interrupted() {
	new_key
	mkfifo "$work/in"
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		start consumer shm/consumer -k "$key"
		start_from "$work/in" producer shm/producer -k "$key"
		exec 4>"$work/in"
		await_that joined consumer
		await_that joined producer
		kill -s INT "$(pid producer)" "$(pid consumer)"
		exec 4>&-
		finish producer
		finish consumer
		buffer_gone
	done
}

# Both killed: nobody could tidy up, so the next ones do.
transfer_takes_over() {
	new_key
	random_bytes 100000 >"$work/data"
	for first in producer consumer; do
		start consumer shm/consumer -k "$key"
		start_from /dev/zero producer shm/producer -k "$key"
		await_that test -s "$work/consumer.out"
		stop producer STOP
		stop consumer STOP
		stop producer KILL
		stop consumer KILL
		finish producer
		finish consumer
		segment_exists "$key" || fail 'a segment that was left'
		case $first in
		producer) transfer producer consumer ;;
		consumer) transfer consumer producer ;;
		esac
	done
	start producer shm/producer -k "$key"
	await_that joined producer
	stop producer KILL
	finish producer
	transfer consumer producer
}

# As Ctrl-Z and fg do.
transfer_survives_stops() {
	new_key
	random_bytes 20000000 >"$work/data"
	start consumer shm/consumer -k "$key"
	start_from "$work/data" producer shm/producer -k "$key"
	for side in producer consumer producer consumer producer consumer; do
		stop "$side" STOP 2>/dev/null || break
		"$build/tests/await" line /dev/null '' 0
		stop "$side" CONT
	done
	finish producer
	succeeds
	finish consumer
	succeeds
	cmp "$work/data" "$work/out" || fail 'the bytes that went in'
	buffer_gone
}

# Interrupted by the timer, write may have written a part.
transfer_slow_reader() {
	new_key
	random_bytes 500000 >"$work/data"
	mkfifo "$work/consumer.out"
	start consumer shm/consumer -k "$key"
	exec 5<"$work/consumer.out"
	echo first >"$work/consumer.out" # so that no whole number of slots fits
	start_from "$work/data" producer shm/producer -k "$key"
	"$build/tests/await" line /dev/null '' 0.5
	cat <&5 | tail -n +2 >"$work/got"
	cmp "$work/data" "$work/got" || fail 'the bytes that went in'
	finish producer
	succeeds
}

transfer_bad_input() {
	new_key
	start consumer shm/consumer -k "$key"
	await_that joined consumer
	start_from . producer shm/producer -k "$key"
	finish producer
	fails_with 1 'read standard input'
	survivor consumer producer
}

transfer_full_output() {
	[ -c /dev/full ] || skip 'no /dev/full here'
	new_key
	start_from /dev/zero producer shm/producer -k "$key"
	await_that joined producer
	fails_on_full_output 'write standard output' shm/consumer -k "$key"
	survivor producer consumer
}

transfer_broken_pipe() {
	new_key
	start_from /dev/zero producer shm/producer -k "$key"
	await_that joined producer
	{
		"$build/shm/consumer" -k "$key" 2>"$work/err"
		echo "$?" >"$work/status"
	} | head -c 1 >"$work/out"
	command='shm/consumer | head -c 1'
	status=$(cat "$work/status")
	fails_with 1 'write standard output'
	survivor producer consumer
}

# A length in the segment is somebody else's word.
transfer_wrong_length() {
	new_key
	echo text >"$work/data"
	start_from "$work/data" producer shm/producer -k "$key"
	await_that semaphore_is 1 2 # filled: the text, and the end
	printf '\001\000\001\000' >"$work/length"
	run tests/odd poke "$key" <"$work/length"
	succeeds
	run shm/consumer -k "$key"
	fails_with 1 '65537 bytes in a slot of 65536'
	survivor producer consumer
}

# Others' objects that happen to have the key are neither used nor removed.
transfer_foreign_objects() {
	new_key
	run shm/writer -k "$key" mine
	for side in producer consumer; do
		run "shm/$side" -k "$key"
		exits 1
		says "key $(printf '0x%x' "$key")"
		semaphores_gone "$key"
	done
	run shm/reader -k "$key" -l
	prints 'Data read from memory: mine'
	run shm/reader -k "$key"
	run tests/odd segment "$key" 2000000 600 </dev/null
	succeeds
	for side in producer consumer; do
		run "shm/$side" -k "$key"
		fails_with 1 "another program's"
		segment_exists "$key" || fail "the segment that is somebody's"
	done
	run shm/reader -k "$key"
	for number in 1 6; do
		new_key
		run tests/odd semaphores "$key" "$number"
		succeeds
		for side in producer consumer; do
			run "shm/$side" -k "$key"
			exits 1
			says "key $(printf '0x%x' "$key")"
		done
		run tests/odd semaphore "$key" 0
		prints 7
	done
}

transfer_is_private() {
	new_key
	start producer shm/producer -k "$key"
	await_that segment_exists "$key"
	run tests/odd mode segment "$key"
	prints 600
	run tests/odd mode semaphores "$key"
	prints 600
	stop producer
}

# Who waits sleeps. Whoever asks again and again is never found asleep.
transfer_sleeps() {
	ps -o stat= -p $$ >/dev/null 2>&1 || skip 'no ps with -o and -p here'
	new_key
	mkfifo "$work/in"
	start consumer shm/consumer -k "$key"
	start_from "$work/in" producer shm/producer -k "$key"
	exec 4>"$work/in"
	echo one >&4
	await consumer one
	for _ in 1 2 3; do
		await_that asleep producer
		await_that asleep consumer
	done
	stop producer
}

asleep() { # NAME
	case $(ps -o stat= -p "$(pid "$1")") in
	S* | I*) ;;
	*) false ;;
	esac
}

transfer_tells_usage() {
	shows_usage shm/producer
	shows_usage shm/consumer
}

transfer_refuses_bad_usage() {
	for side in producer consumer; do
		refused "shm/$side" -x
		refused "shm/$side" surplus
		for bad in '' 0 -1 x 1x 0x100000000; do
			refused "shm/$side" -k "$bad"
		done
	done
}

check 'who has the key gets the same segment' same_key_same_segment
check 'the default message is Hello world' default_message
check 'a key may be decimal, hexadecimal or octal' key_forms
check 'a key may have its highest bit set' large_key
check 'another key is another segment' other_key_other_segment
check 'reader: removes the segment; then there is none' reader_removes
check 'reader: -l leaves the segment' reader_leaves
check 'the segment outlives its writer until it is removed' \
	segment_outlives_writer
check 'one segment, one id, different addresses' same_id_other_address
check 'a reader that comes too early reads an empty text' reader_too_early
check 'writer: -d waits, then writes' writer_waits_then_writes
check 'a segment removed under the writer goes when it detaches' \
	removed_under_writer
check 'a second writer overwrites what was not yet read' writer_overwrites
check 'an empty message works' empty_message
check 'bytes that are not text arrive as they are' bytes_are_kept
check 'a message of 1023 bytes fits' longest_message
check 'writer: a longer message is refused, and no segment made' \
	too_long_message
check 'reader: a full segment without a NUL ends at its last byte' full_segment
check "a larger segment of another program's can be used" larger_segment
check "a smaller segment of another program's cannot" smaller_segment
check 'a segment whose mode denies access stays closed' refuses_denied_segment
check 'the segment is for its owner only' segment_is_private
check 'reader: does not remove a text that it could not print' \
	unread_text_stays
check 'writer, reader: -h tells the usage' pair_tells_usage
check 'writer, reader: bad input is refused' pair_refuses_bad_usage
check 'race: prints its four lines' race_once
check 'race: with -w the parent always sees 1' race_is_ordered_by_wait
check 'race: with -d the child can win' race_other_outcome
check 'race: -n counts its runs and prints nothing else' race_counts
check 'race: its segment goes with it, even when it is killed' \
	race_leaves_nothing
check 'race: -h tells the usage' race_tells_usage
check 'race: bad input is refused' race_refuses_bad_usage
check 'writer, race: fail when their output cannot be written' needs_its_output
check 'many processes share one segment' many_processes_share
check 'counter: unguarded increments get lost' counter_loses
check 'counter: -s guards them, and none is lost' counter_keeps
check 'counter: -n sets how many' counter_counts_as_told
check 'counter: Ctrl-Z and fg do not disturb it' counter_survives_stops
check 'counter: a signal ends it, and nothing is left' counter_is_interrupted
check 'counter: its child ends after it, and nothing is left' counter_is_killed
check 'counter: a killed child blocks nobody' counter_child_is_killed
check 'counter: -h tells the usage' counter_tells_usage
check 'counter: bad input is refused' counter_refuses_bad_usage
check 'counter: fails when its output cannot be written' \
	counter_needs_its_output
check 'no_syscalls: a million updates, then killed at the first call' \
	no_syscalls_works
check 'no_syscalls: says so where the kernel refuses' no_syscalls_refused
check 'no_syscalls: a child that lives on is a failure' no_syscalls_not_killed
check 'no_syscalls: -h tells the usage, bad input is refused' no_syscalls_usage
check 'no_syscalls: fails when its output cannot be written' \
	no_syscalls_needs_its_output
check 'producer, consumer: either may be first' transfer_either_first
check 'producer, consumer: no input, no output' transfer_nothing
check 'producer, consumer: any length, byte for byte' transfer_sizes
check 'producer, consumer: when either has ended, nothing is left' \
	transfer_ends_well
check 'producer, consumer: what is there is passed on at once' \
	transfer_passes_on_at_once
check 'producer, consumer: a second one of either is refused' \
	transfer_others_refused
time_limit=20
check 'producer, consumer: any signal to one ends both, nothing is left' \
	transfer_ends_while_idle
time_limit=10
check 'producer: ends when the consumer dies with the buffer full' \
	transfer_ends_while_full
check 'consumer: ends when the producer dies and nobody reads' \
	transfer_ends_while_writing
check 'producer: a dead consumer that is still a zombie is dead' \
	transfer_ends_beside_a_zombie
check 'producer, consumer: interrupted while alone, nothing is left' \
	transfer_interrupted_alone
check 'producer, consumer: who goes first leaves the objects to the last' \
	transfer_last_removes
check 'producer, consumer: Ctrl-C for both, and nothing is left' \
	transfer_both_interrupted
check 'producer, consumer: what two killed ones left is taken over' \
	transfer_takes_over
check 'producer, consumer: Ctrl-Z and fg lose nothing' transfer_survives_stops
check 'consumer: writes all also to a slow reader' transfer_slow_reader
check 'producer: input that cannot be read ends both' transfer_bad_input
check 'consumer: output that cannot be written ends both' transfer_full_output
check 'consumer: a reader that has gone ends both' transfer_broken_pipe
check 'consumer: a slot cannot hold more than a slot' transfer_wrong_length
check 'producer, consumer: objects of other programs are left alone' \
	transfer_foreign_objects
check 'producer, consumer: their objects are for their owner only' \
	transfer_is_private
check 'producer, consumer: who waits sleeps' transfer_sleeps
check 'producer, consumer: -h tells the usage' transfer_tells_usage
check 'producer, consumer: bad input is refused' transfer_refuses_bad_usage

# ---- pingpong ------------------------------------------------------------

pingpong=shm/pingpong
mechanism=shm
sizes='1 2 3 64 4097 1048576'
more=' attach_us=[0-9]+\.[0-9]{3} touch_us=[0-9]+\.[0-9]{3} segment=[0-9]+'
# shellcheck source=tests/pingpong.sh
. tests/pingpong.sh

pingpong_segment() {
	run shm/pingpong -s 1000 -n 1
	figures_hold 'segment > 1000 && segment < 2000'
	run shm/pingpong -n 1 -S 16777216
	prints_figures shm block 64 1
	figures_hold 'segment == 16777216 && touch_us > attach_us'
	figures_hold 'setup_us > attach_us + touch_us'
	touching=$(sed 's/.* touch_us=\([0-9]*\).*/\1/' "$work/out")
	run shm/pingpong -n 1 -w poll -S 4096
	figures_hold "segment == 4096 && touch_us * 2 < $touching"
	figures_hold 'setup_us > attach_us + touch_us'
}

# Both have touched every page, so all of it is in memory.
pingpong_touches_all() {
	start_endless large shm/pingpong -S 67108864
	await_that is_resident "$parent"
	await_that is_resident "$child"
	stop large
	finish large
}

is_resident() { # PID
	[ "$(ps -o rss= -p "$1")" -ge 65536 ] # KiB
}

# Somebody else writes to the last byte of the message meanwhile.
pingpong_verifies() {
	for wait in block poll; do
		start_endless spoilt shm/pingpong -w "$wait"
		start_spoiler 1
		finish spoilt
		exits 1
		says 'round '
		says 'not what was sent'
		prints_nothing
		no_keyless "$parent" "$child"
		! grep semaphores "$work/left" || fail 'no semaphores'
		finish spoiler
		no_keyless "$parent" "$child" || fail 'nothing is left'
	done
}

start_spoiler() { # BYTE of the segment, 1 is the last one
	await_that can_be_spoilt
	[ -z "$id" ] || start spoiler tests/keyless spoil segment "$id" "$1"
}

can_be_spoilt() {
	no_keyless "$parent"
	[ ! -s "$work/cannot" ] || skip "$(cat "$work/cannot")"
	id=$(sed -n 's/^segment //p' "$work/left")
	[ -n "$id" ] || has_ended "$parent"
}

# To a byte in the middle. It has to be wrong in the last message: on a busy
# machine that may take some tries.
pingpong_verifies_all() {
	status=0
	while [ "$status" -eq 0 ]; do
		start_parent spoilt shm/pingpong -s 10000 -n 9000
		start_spoiler 5000
		finish spoilt
	done
	exits 1
	says 'byte 5000: not what was sent'
}

# A system has no room for every segment: here by a limit of our own.
pingpong_too_large() {
	# shellcheck disable=SC3045 # where it is not there, skip
	(ulimit -v 200000 && "$build/shm/pingpong" -n 1) >"$work/out" 2>&1 ||
		skip 'memory cannot be limited here'
	# shellcheck disable=SC3045
	ulimit -v 200000
	run shm/pingpong -S 1073741824
	fails_with 77 '1073741824 bytes'
	prints_nothing
	run shm/pingpong -s 1073741824
	fails_with 77 '1073741824 bytes'
}

# A limit of the system (macOS has one of 4 MiB), in a namespace of our own.
pingpong_over_limit() {
	command='shm/pingpong -S 1000000, with a shmmax of 100000'
	echo 'echo 100000 >/proc/sys/kernel/shmmax; exec "$@"' >"$work/limited"
	unshare -r -i sh "$work/limited" true 2>"$work/err" ||
		skip 'no namespace of our own to be had here'
	unshare -r -i sh "$work/limited" "$build/shm/pingpong" -S 1000000 \
		>"$work/out" 2>"$work/err"
	status=$?
	fails_with 77 'shmget: a segment of 1000000 bytes'
	prints_nothing
}

pingpong_refuses_small_segment() {
	for bad in '' 0 -1 x 64 99999999999; do
		refused shm/pingpong -S "$bad"
	done
}

check_pingpong
check 'pingpong: Ctrl-C leaves nothing' pingpong_interrupted
check 'pingpong: touching a large segment takes its time' pingpong_segment
check 'pingpong: both processes touch each page' pingpong_touches_all
check 'pingpong: notices a byte that was not sent' pingpong_verifies
check 'pingpong: and one in the middle of the message' pingpong_verifies_all
check 'pingpong: what is too large for the system, exit 77' pingpong_too_large
check 'pingpong: what is over a limit of the system, too' pingpong_over_limit
check 'pingpong: a segment smaller than the message is refused' \
	pingpong_refuses_small_segment

finish_tests
