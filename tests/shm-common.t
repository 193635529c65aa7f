#!/bin/sh
# shm-common.t - what holds for all programs of shm: options, an output that
# cannot be written, objects of another user, their end as process 1
# shellcheck source=tests/shm.sh
. "${0%/*}/shm.sh"

usage_is_told() {
	for source in shm/*.c; do
		shows_usage "${source%.c}"
	done
}
check 'all programs of shm: -h tells the usage' usage_is_told

bad_usage_is_refused() {
	for source in shm/*.c; do
		refused "${source%.c}" -x
		case $source in
		*writer.c) refused shm/writer message surplus ;;
		*) refused "${source%.c}" surplus ;;
		esac
	done
	while read -r asked option bad; do
		refused "shm/$asked" "-$option"
		refused "shm/$asked" "-$option" ''
		for value in $bad; do
			refused "shm/$asked" "-$option" "$value"
		done
	done <<-END
		writer k 0 -1 12three 0x100000000
		reader k 0 -1 12three 0x100000000
		producer k 0 -1 12three 0x100000000
		consumer k 0 -1 12three 0x100000000
		race n 0 -1 1x 1000001
		counter n 0 -1 1x 1000001
		sum n 0 -1 1.5 2000000001 99999999999999999999
		sum p 0 -1 1x 65
	END
}
check 'all programs of shm: bad input is refused' bad_usage_is_refused

# A reader that could not print leaves the segment: the next one finds it.
output_is_needed() {
	note_old
	new_key
	run shm/no_syscalls
	[ "$status" -eq 77 ] || set -- no_syscalls # possible here
	for printing in "$@" 'race -n 1' 'counter -n 1' 'counter -s -n 1' \
		torn 'torn -s' 'sum -n 1' "writer -k $key" "reader -k $key"; do
		# shellcheck disable=SC2086 # these are words
		run_unread shm/$printing
		fails_with 1 'cannot write to standard output'
		nothing_left_of "$pid"
		# shellcheck disable=SC2086 # these are words
		fails_on_full_output 'standard output' shm/$printing
	done
	gives 'Data read from memory: Hello world' shm/reader -k "$key"
	fails_on_full_output 'the child failed' shm/race
}
check 'all programs of shm: fail when their output is not read, or is full' \
	output_is_needed

refused_to_me() { # TEXT PROGRAM
	run_as "$me" limit 5 "./$2" </dev/null
	fails_with 1 "$1"
	says 'another user'
	prints_nothing
}

remove_others_objects() {
	run_as "$other" sysv clear <"$work/names"
	run_as "$me" sysv clear <"$work/names"
}

# Another user was first, and lets everybody use what has our default keys.
others_objects_are_refused() {
	two_users shm/writer shm/reader shm/producer shm/consumer tests/odd \
		scripts/sysv scripts/limit
	run_as "$me" sysv names
	grep '^se' "$out" >"$work/names"
	trap remove_others_objects EXIT
	echo foreign >"$work/text"
	while read -r kind name; do
		key=$name # the last one is the buffer's
		case $kind in
		semaphores) run_as "$other" odd set "$key" 666 0 0 0 0 ;;
		segment) run_as "$other" odd segment "$key" 1048640 666 \
			<"$work/text" ;;
		esac
		succeeds
	done <"$work/names"
	for program in writer reader producer consumer; do
		refused_to_me ' was made by another user' "$program"
	done
	gives '0 0 0 0 yes' tests/ring "$key"

	# Only the buffer's segment.
	echo "semaphores $key" | run_as "$other" sysv clear
	refused_to_me 'already has a segment' producer
	refused_to_me 'already has a segment' consumer
	gives '- - - - yes' tests/ring "$key"

	# -k: this key was chosen.
	run_as "$me" reader -k "$key" -l
	succeeds
	prints_line 'Data read from memory: foreign'
}
check "writer, reader, producer, consumer: another user's objects are refused" \
	others_objects_are_refused

# The program has taken the place of unshare, and waits for something.
process_1_waits() { # NAME; sets $child
	has_child_or_ended container
	read -r _ name state _ <"/proc/$child/stat" &&
		[ "$name $state" = "($1) S" ]
}

# One of users as well, so nobody needs to be root.
needs_namespace() { # OPTION of unshare ...; sets $unshare
	unshare="unshare --user --map-root-user $*"
	$unshare true 2>/dev/null || skip "there is no $unshare here"
}

# Process 1 of a container is not ended by a signal that it sends itself.
process_1_ends() {
	needs_namespace --pid --fork
	note_old
	new_key
	for program in 'counter -s' 'torn -s' "producer -k $key" \
		"consumer -k $key"; do
		# shellcheck disable=SC2086 # these are words
		$unshare "$build"/shm/$program </dev/null \
			>"$work/container.out" 2>"$work/container.err" &
		echo "$!" >"$work/container.pid"
		await_that process_1_waits "${program%% *}"
		kill -s TERM "$child"
		finish container
		exits 143
		prints_nothing
		nothing_left_of "$child"
		segment_gone "$key"
		semaphores_gone "$key"
	done
}
check 'counter -s, torn -s, producer, consumer: SIGTERM ends also process 1' \
	process_1_ends

# The other cause of EINVAL is a segment that is too small.
too_large_for_the_kernel() {
	needs_namespace --ipc
	command='shm/writer, where shmmax is 500'
	# shellcheck disable=SC2016,SC2086 # for that shell; words
	run_command $unshare sh -c '
		echo 500 >/proc/sys/kernel/shmmax || exit 77
		exec "$1"' sh "$build/shm/writer"
	[ "$status" -ne 77 ] || skip 'the limit cannot be changed here'
	fails_with 1 'shmget: key '
	says 'Invalid argument'
	prints_nothing
}
check 'writer: a segment that is larger than the kernel allows is told' \
	too_large_for_the_kernel

finish_tests
