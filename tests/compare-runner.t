#!/bin/sh
# compare-runner.t - scripts/compare/compare.sh: its runs, files, ways to end
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

export COMPARE_SIZES=64
export COMPARE_SEGMENTS=4096
export COMPARE_SECONDS=0.001

compare() { # [ARGUMENT ...]
	BUILD=$work/build run_script scripts/compare/compare.sh -q \
		-o "$work/results" "$@"
}

# A build folder where scripts/limit plays the programs, and refuses what is not
# among COMBINATIONS. A round trip takes as many microseconds as there are
# rounds, and 5: so it changes with each lap. There is an nproc of our own.
own_programs() { # CORES COMBINATIONS, patterns like msgqueue.poll.1024.
	mkdir -p "$work/build/scripts" "$work/bin"
	cat >"$work/build/scripts/limit" <<-END
		#!/bin/sh
		mechanism=\${2##*/} # limit 30 scripts/compare/shm -w ...
		case \$mechanism.\$4.\$6.\${10-} in
		$2) ;;
		*) echo "program: too many for \$mechanism" >&2 && exit 77 ;;
		esac
		more=
		[ "\$mechanism" != shm ] ||
			more=" attach_us=1.5 touch_us=20 segment=\${10:-128}"
		echo "mechanism=\$mechanism wait=\$4 bytes=\$6 rounds=\$8" \
			"setup_us=90.5 round_trip_us=\$((\$8 + 5)).0" \
			"cpu_us=9.2 switches=1.5\$more"
	END
	printf '#!/bin/sh\necho "%s"\n' "\${OMP_NUM_THREADS:-$1}" \
		>"$work/bin/nproc"
	chmod +x "$work/build/scripts/limit" "$work/bin/nproc"
	PATH=$work/bin:$PATH
}

compare_usage() {
	usage_is_checked scripts/compare/compare.sh
	run_script scripts/compare/compare.sh surplus
	exits 2
	says "unexpected argument 'surplus'"
}
check 'compare: -h, an unknown option and an argument' compare_usage

# As many rounds as fit in a run's time, 13889 microseconds here, and three.
compare_csv() {
	own_programs 2 \
		'shm.block.64. | msgqueue.poll.1024. | shm.block.64.65536'
	COMPARE_SIZES='64 1024' COMPARE_SEGMENTS='4096 65536 16777216'
	COMPARE_SECONDS=1
	script=$PWD/scripts/compare/compare.sh
	cd "$work" || exit 1
	BUILD=$work/build run_script "$script" -q -o 'new folder'
	succeeds
	[ "$(ls -A 'new folder')" = 'compare.csv
compare.svg' ] || fail 'two files in a new folder'
	names=series,run,cores,mechanism,wait,bytes,rounds,setup_us,
	names=${names}round_trip_us,cpu_us,switches,attach_us,touch_us,segment
	cat >expected <<-END
		$names
		message,1,2,shm,block,64,255,90.5,260.0,9.2,1.5,1.5,20,128
		message,1,2,msgqueue,poll,1024,255,90.5,260.0,9.2,1.5,,,
		segment,1,2,shm,block,64,10,90.5,15.0,9.2,1.5,1.5,20,65536
		message,2,2,shm,block,64,56,90.5,61.0,9.2,1.5,1.5,20,128
		message,2,2,msgqueue,poll,1024,56,90.5,61.0,9.2,1.5,,,
		segment,2,2,shm,block,64,10,90.5,15.0,9.2,1.5,1.5,20,65536
		message,3,2,shm,block,64,230,90.5,235.0,9.2,1.5,1.5,20,128
		message,3,2,msgqueue,poll,1024,230,90.5,235.0,9.2,1.5,,,
		segment,3,2,shm,block,64,10,90.5,15.0,9.2,1.5,1.5,20,65536
	END
	cmp 'new folder/compare.csv' expected || {
		cat 'new folder/compare.csv'
		fail 'a line for the names and one a run'
	}

	# The table has dashes, and says why.
	prints_like ', 2 cores'
	prints_like ' shm           118    85%    4.60   0.75       -      -   '
	prints_line '-  no message of 64 B, 1 KiB with tcp here:'
	prints_line '   too many for socket'
	prints_line '-  no segment of 4 KiB, 16 MiB with shm here:'
	prints_line "compare.csv and compare.svg are in $work/new folder"
}
check 'compare: compare.csv has a row a run, and what was refused is told' \
	compare_csv

one_core() {
	own_programs 1 msgqueue.poll.64.
	BUILD=$work/build OMP_NUM_THREADS=3 \
		run_script scripts/compare/compare.sh -q
	succeeds
	prints_like ', one core'
	prints_like ' message ON ONE CORE: half'
	prints_like 'Do not compare'
	has_text "$work/build/compare.csv" 'message,1,1,msgqueue' ||
		fail '1 as the number of cores in compare.csv, without -o'
	has_text "$work/build/compare.svg" ', one core' ||
		fail ', one core in compare.svg'
}
check 'compare: a machine with one core is marked' one_core

# What was there stays, and nothing else.
failures_are_told() {
	own_programs 2 none
	mkdir "$work/results"
	echo precious >"$work/results/compare.csv"
	compare -o "$work/results/compare.csv"
	fails_with 1 'compare.csv'
	compare
	fails_with 1 'no run gave a result'
	printf '#!/bin/sh\necho line\necho for a reason >&2\nexit 124' \
		>"$work/build/scripts/limit"
	compare
	exits 1
	for text in 'scripts/compare/shm -w block -s 64 -n 50: failed' \
		'status 124, after 30 s' 'for a reason' line; do
		says "$text"
	done
	[ "$(ls -A "$work/results")" = compare.csv ] || fail 'no file of ours'
	has_line "$work/results/compare.csv" precious ||
		fail 'the older file as it was'
}
check 'compare: a failure is told, and no file is written' failures_are_told

output_is_full() {
	[ -c /dev/full ] || skip 'no /dev/full here'
	own_programs 2 msgqueue.poll.64.
	! BUILD=$work/build $shell scripts/compare/compare.sh -q >/dev/full ||
		fail 'a failure'
}
check 'compare: output that cannot be written is a failure' output_is_full

# Ended in the middle: no process and no file is left.
can_be_stopped() {
	own_programs 2 none
	real=$(cd "$build" && pwd)/scripts
	cat >"$work/build/scripts/limit" <<-END
		#!/bin/sh
		exec "$real/limit" 30 sh -c 'echo \$\$; exec sleep 60'
	END
	BUILD=$work/build $shell scripts/compare/compare.sh -o "$work/results" \
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

# Every mechanism, both ways, of the programs themselves: eight lines.
compare_for_real() {
	has_loopback || skip 'there is no loopback interface'
	COMPARE_SECONDS=0.1
	run_script scripts/compare/compare.sh -q -o "$work"
	succeeds
	grep -q '^segment,.*,shm,block,64,.*,4096$' "$work/compare.csv" ||
		fail 'a run with -S 4096'
	[ "$(grep -c '^<path class="line ' "$work/compare.svg")" -eq 16 ] ||
		fail '16 lines in compare.svg, half of them in the legend'
}
check 'compare: measures the programs that there are' compare_for_real

finish_tests
