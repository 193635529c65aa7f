#!/bin/sh
# compare-runner.t - scripts/compare/compare.sh: its runs, files, ways to end
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

export COMPARE_SIZES=64
export COMPARE_SEGMENTS=4096
export COMPARE_SECONDS=0.001

compare() { # [ARGUMENT ...]
	BUILD=$work run_script scripts/compare/compare.sh -q "$@"
}

# What plays the programs in their place.
limit_is() { # LINES
	mkdir -p "$work/scripts"
	printf '#!/bin/sh\n%s\n' "$1" >"$work/scripts/limit"
	chmod +x "$work/scripts/limit"
}

compare_usage() {
	usage_is_checked scripts/compare/compare.sh
	run_script scripts/compare/compare.sh surplus
	exits 2
	says "unexpected argument 'surplus'"
}
check 'compare: -h, an unknown option and an argument' compare_usage

# Every mechanism, both ways, of the programs themselves, but for what no system
# carries. From the second lap on there are as many rounds as fit in a run's
# time, and three: 0.5 s * 2/3, of 3 laps, of 16 runs. Slow machines make fewer.
compare_for_real() {
	has_loopback || skip 'there is no loopback interface'
	ln -s "$(cd "$build" && pwd)/scripts" "$work/scripts"
	COMPARE_SIZES='64 1048576' COMPARE_SEGMENTS='4096 2147483647'
	COMPARE_SECONDS=0.5
	# shellcheck disable=SC3045 # macOS has no -v, but its own limit
	ulimit -v 1500000 2>"$work/none" || :
	script=$PWD/scripts/compare/compare.sh
	cd "$work" || exit 1
	BUILD=$work run_script "$script" -q -o 'new folder'
	succeeds
	[ "$(ls -A 'new folder')" = 'compare.csv
compare.svg' ] || fail 'two files in a new folder'
	names=series,run,cores,mechanism,wait,bytes,rounds,setup_us,
	names=${names}round_trip_us,cpu_us,switches,attach_us,touch_us,segment
	awk -F , -v names="$names" -v slice=6944.44 '
	NR == 1 { bad = $0 != names }
	NF != 14 { bad = 1 }
	$1 == "message" {
		messages++
		name = $4 " " $5 " " $6
		if (name in before && $7 != 3 + int(slice / before[name]))
			bad = 1
		before[name] = $9
	}
	/^segment,.*,shm,block,64,10,.*,.*,.*,.*,.*,.*,4096$/ { segments++ }
	{ laps = $2 }
	END { exit bad || laps < 1 || messages != 14 * laps ||
		segments != laps || NR != 1 + 15 * laps }' \
		'new folder/compare.csv' || {
		cat 'new folder/compare.csv'
		fail 'a line for the names and one a run'
	}
	has_text 'new folder/compare.csv' message,1, # sets $line
	cores=${line#message,1,}
	[ "${cores%%,*}" = 1 ] || prints_like ", ${cores%%,*} cores"
	prints_line '-  no message of 1 MiB with msgqueue here:'
	prints_line '   msgsnd: a message of 1048576 bytes is too long here'
	prints_line '-  no segment of 2048 MiB with shm here:'
	prints_line "compare.csv and compare.svg are in $work/new folder"
	lines=$(grep -c '^<path class="line ' 'new folder/compare.svg')
	[ "$lines" -eq 16 ] ||
		fail '16 lines in compare.svg, half of them in the legend'
}
check 'compare: measures the programs; compare.csv has a row a run' \
	compare_for_real

one_run="echo 'mechanism=tcp wait=poll bytes=64 rounds=9 setup_us=9'\
 round_trip_us=9 cpu_us=9 switches=1 attach_us=9 touch_us=9 segment=4096"

one_core() {
	taskset -p 1 "$$" >"$work/pinned" 2>&1 || skip 'no taskset here'
	limit_is "$one_run"
	export OMP_NUM_THREADS=3
	compare
	succeeds
	prints_like ', one core'
	prints_like ' message ON ONE CORE: half'
	prints_like 'Do not compare'
	has_text "$work/compare.csv" 'message,1,1,tcp' ||
		fail '1 as the number of cores in compare.csv, without -o'
	has_text "$work/compare.svg" ', one core' ||
		fail ', one core in compare.svg'
}
check 'compare: a machine with one core is marked' one_core

# What was there stays, and nothing else.
failures_are_told() {
	limit_is 'exit 77'
	mkdir "$work/results"
	echo precious >"$work/results/compare.csv"
	compare -o "$work/results/compare.csv"
	fails_with 1 'compare.csv'
	compare -o "$work/results"
	fails_with 1 'no run gave a result'
	limit_is 'echo line; echo for a reason >&2; exit 124'
	compare -o "$work/results"
	exits 1
	for text in 'scripts/compare/shm -w block -s 64 -n 50: failed' \
		'status 124, after 30 s' 'for a reason' line; do
		says "$text"
	done
	[ "$(ls -A "$work/results")" = compare.csv ] || fail 'no file of ours'
	has_line "$work/results/compare.csv" precious ||
		fail 'the older file as it was'
	limit_is "$one_run"
	[ ! -c /dev/full ] ||
		! BUILD=$work $shell scripts/compare/compare.sh -q >/dev/full ||
		fail 'a failure if the output cannot be written'
}
check 'compare: a failure is told, and no file is written' failures_are_told

# Ended in the middle: no process and no file is left.
can_be_stopped() {
	real=$(cd "$build" && pwd)/scripts
	limit_is "exec '$real/limit' 30 sh -c 'echo \$\$; exec sleep 60'"
	BUILD=$work $shell scripts/compare/compare.sh -o "$work/results" \
		>"$work/compare.out" 2>&1 &
	echo "$!" >"$work/compare.pid"
	await_that program_has_begun
	end compare
	exits 143
	await_that has_ended "$program"
	[ -z "$(ls -A "$work/results")" ] || fail 'no file left'
}

program_has_begun() { # sets $program
	cat "$work"/results/compare.sh.*/out >"$work/began" 2>"$work/none"
	read -r program <"$work/began"
}
check 'compare: stopped, leaves nothing behind' can_be_stopped

finish_tests
