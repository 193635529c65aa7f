#!/bin/sh
# shm-common.t - what holds for all programs of shm: options, an output that
# cannot be written, limits of the kernel, a segment that goes with them
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
	for keyed in shm/writer shm/reader shm/producer shm/consumer; do
		refused "$keyed" -k
		for key in '' 0 0x -1 12three 0x100000000 ' '; do
			refused "$keyed" -k "$key"
		done
	done
	for most in race=1000000 counter=1000000 sum=2000000000; do
		refused "shm/${most%=*}" -n
		for number in '' -1 0 3.5 x 1x 99999999999999999999 \
			"$((${most#*=} + 1))"; do
			refused "shm/${most%=*}" -n "$number"
		done
	done
	for processes in '' -1 0 1.5 x 1x 65; do
		refused shm/sum -p "$processes"
	done
	refused shm/reader -w
	refused shm/writer -d 1
	refused shm/race -d 0.2
}
check 'all programs of shm: bad input is refused' bad_usage_is_refused

# For -s and for no_syscalls see their own files.
output_is_needed() {
	note_old
	for printing in 'race -n 1' 'counter -n 1' torn 'sum -n 1'; do
		# shellcheck disable=SC2086 # these are words
		run_unread shm/$printing
		fails_with 1 'cannot write to standard output'
		nothing_left_of "$pid"
		# shellcheck disable=SC2086 # these are words
		fails_on_full_output 'standard output' shm/$printing
	done
	new_key
	fails_on_full_output 'standard output' shm/writer -k "$key"
	fails_on_full_output 'the child failed' shm/race
}
check 'all programs of shm: fail when their output is not read, or is full' \
	output_is_needed

# Its children may be alive a moment longer.
segment_goes_after_kill() {
	needs_children
	note_old
	for program in 'race -d -n 10000' 'sum -p 4'; do
		# shellcheck disable=SC2086 # these are words
		start killed shm/$program
		await_child killed # the segment is marked by then
		segment_of "$(pid killed)" || fail 'its segment'
		end killed KILL
		exits 137
		await_that segment_of_gone "$(pid killed)"
	done
}
check 'race, sum: their segment goes with them, even when they are killed' \
	segment_goes_after_kill

# In a namespace of objects that has other limits.
meets() { # LIMIT VALUE TEXT PROGRAM [ARGUMENT ...]
	limit=$1
	value=$2
	text=$3
	shift 3
	command="$*, where $limit is $value"
	program=$build/$1
	shift
	# shellcheck disable=SC2016 # for that shell
	$unshare sh -c 'limit=$1 value=$2
		shift 2
		echo "$value" >"/proc/sys/kernel/$limit" || exit 77
		exec "$@"' sh "$limit" "$value" "$program" "$@" \
		</dev/null >"$out" 2>"$err"
	status=$?
	[ "$status" -ne 77 ] || skip 'the limits cannot be changed here'
	fails_with 1 "$text"
	prints_nothing
}

limits_are_told() {
	needs_namespace --ipc
	for program in writer race counter torn sum no_syscalls producer; do
		meets shmmni 0 \
			'shmget: the limit of objects is reached, see ipcs' \
			"shm/$program"
	done
	for program in 'counter -s' 'torn -s' producer consumer; do
		# shellcheck disable=SC2086 # these are words
		meets sem '250 32000 32 0' \
			'semget: the limit of objects is reached, see ipcs' \
			shm/$program
	done
	meets shmmax 500 'Invalid argument' shm/writer
	meets shmmax 5000 'Invalid argument' shm/producer
}
check 'all programs of shm: a limit of the kernel is told as what it is' \
	limits_are_told

finish_tests
