#!/bin/sh
# compare-runner.t - scripts/compare/compare.sh: its runs, files, ways to end
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/compare.sh
. tests/compare.sh

export COMPARE_SIZES=64
export COMPARE_SEGMENTS=4096
export COMPARE_SECONDS=0.001
own=${work-}
own=${own%/*}/own # the first test that needs it makes it
compare() { # [ARGUMENT ...]
	BUILD=$own run_script scripts/compare/compare.sh -q \
		-o "$work/results" "$@"
}

# A build folder where scripts/limit plays the programs, and bin has an nproc.
# Round trips take 5.0 microseconds in compare's first look, then 5.1, 5.2 and
# 5.3. What is not named is refused. $work/program says what is done instead.
# Where $work/change says what is changed, and to what, nothing is refused.
own_programs() { # [COMBINATION ...], like 'unix poll 1024 -'
	works=:
	for combination in "$@"; do
		works=$works$combination:
	done
	export works
	mkdir "$work/results"
	[ ! -d "$own" ] || return 0
	mkdir -p "$own/scripts/compare" "$own/bin"
	cat >"$own/program" <<-'END'
		#!/bin/sh
		if [ -f "$work/program" ]; then
			. "$work/program"
			exit
		fi
		mechanism=${2##*/} # limit 30 scripts/compare/socket -u -w ...
		shift 2
		case $mechanism$1 in
		socket-u) mechanism=unix && shift ;;
		socket*) mechanism=tcp ;;
		esac
		wait=$2 bytes=$4 rounds=$6 segment=${8:-4096}
		name="$mechanism $wait $bytes ${8:--}"
		if [ ! -f "$work/change" ] &&
			[ "${works#*:"$name":}" = "$works" ]; then
			echo "program: too many for $mechanism" >&2
			exit 77
		fi
		run=0
		[ $# -lt 8 ] || run=1
		[ ! -f "$work/$name" ] || read -r run <"$work/$name"
		echo "$((run + 1))" >"$work/$name"
		line="mechanism=$mechanism wait=$wait bytes=$bytes"
		line="$line rounds=$rounds setup_us=90.5"
		line="$line round_trip_us=5.$run cpu_us=9.2 switches=1.5"
		[ "$mechanism" != shm ] ||
			line="$line attach_us=1.5 touch_us=20 segment=$segment"
		[ ! -f "$work/change" ] || while IFS='|' read -r of old new; do
			[ "$of" != "$name" ] ||
				line=${line%%"$old"*}$new${line#*"$old"}
		done <"$work/change"
		printf '%b\n' "$line"
	END
	# shellcheck disable=SC2016 # that script's
	printf '#!/bin/sh\necho "$cores"\n' >"$own/bin/nproc"
	chmod +x "$own/program" "$own/bin/nproc"
	for name in limit compare/shm compare/socket compare/msgqueue; do
		ln -s "$own/program" "$own/scripts/$name"
	done
}

has_cores() { # COUNT
	export cores="$1"
	PATH=$own/bin:$PATH
}

# Whatever was there before stays, and nothing else.
file_is_kept() {
	exits 1
	[ "$(ls -A "$work/results")" = compare.csv ] || fail 'no file of ours'
	has_line "$work/results/compare.csv" precious ||
		fail 'the older file as it was'
}

compare_usage() {
	usage_is_checked scripts/compare/compare.sh
	run_script scripts/compare/compare.sh surplus
	exits 2
	says "unexpected argument 'surplus'"
	run_script scripts/compare/compare.sh -o ''
	exits 2
	says "-o ''"
}
check 'compare: -h, an unknown option and an argument' compare_usage

# As many rounds as fit in a run's time, 13889 microseconds here, and three.
compare_csv() {
	own_programs 'shm block 64 -' 'unix poll 1024 -' 'shm block 64 65536'
	has_cores 2
	COMPARE_SIZES='64 1024' COMPARE_SEGMENTS='4096 65536 16777216'
	COMPARE_SECONDS=1
	script=$PWD/scripts/compare/compare.sh
	cd "$work/results" || exit 1
	BUILD=$own run_script "$script" -q -o 'new folder'
	succeeds
	[ "$(ls -A "$work/results/new folder")" = 'compare.csv
compare.svg' ] || fail 'two files in a new folder'
	names=series,run,cores,mechanism,wait,bytes,rounds,setup_us,
	names=${names}round_trip_us,cpu_us,switches,attach_us,touch_us,segment
	cat >"$work/expected" <<-END
		$names
		message,1,2,shm,block,64,2780,90.5,5.1,9.2,1.5,1.5,20,4096
		message,1,2,unix,poll,1024,2780,90.5,5.1,9.2,1.5,,,
		segment,1,2,shm,block,64,10,90.5,5.1,9.2,1.5,1.5,20,65536
		message,2,2,shm,block,64,2726,90.5,5.2,9.2,1.5,1.5,20,4096
		message,2,2,unix,poll,1024,2726,90.5,5.2,9.2,1.5,,,
		segment,2,2,shm,block,64,10,90.5,5.2,9.2,1.5,1.5,20,65536
		message,3,2,shm,block,64,2673,90.5,5.3,9.2,1.5,1.5,20,4096
		message,3,2,unix,poll,1024,2673,90.5,5.3,9.2,1.5,,,
		segment,3,2,shm,block,64,10,90.5,5.3,9.2,1.5,1.5,20,65536
	END
	cmp "$work/results/new folder/compare.csv" "$work/expected" || {
		cat "$work/results/new folder/compare.csv"
		fail 'a line for the names and one a run'
	}

	# The table has dashes, and says why.
	prints_lines <<'END'
Microseconds a message: half a round trip, the median of 3 runs.
    64 B shm          2.60     4%    4.60   0.75       -      -       -      -
-  no message of 64 B, 1 KiB with tcp here: too many for tcp
-  no segment of 4 KiB, 16 MiB with shm here: too many for shm
END
	prints_like "compare.svg are in $work/results/new folder"
	is_plain
	prints_like ', 2 cores'
	! grep -q -i 'one core' "$out" || fail 'no word of one core'
}
check 'compare: compare.csv has a row a run, and what was refused is told' \
	compare_csv

# One out of several, where the system can give us that.
one_core() {
	own_programs 'tcp poll 64 -'
	if taskset -c 0 true 2>/dev/null; then
		shell="taskset -c 0 $shell"
	else
		has_cores 1
	fi
	BUILD=$own OMP_NUM_THREADS=3 run_script scripts/compare/compare.sh -q
	succeeds
	mv "$own/compare.svg" "$own/compare.csv" "$work/results" ||
		fail 'without -o, files in the build folder'
	for text in ', one core' 'ON ONE CORE' 'Do not compare'; do
		prints_like "$text"
	done
	is_plain
	has_text "$work/results/compare.csv" 'message,1,1,tcp' ||
		fail '1 as the number of cores in compare.csv'
	has_text "$work/results/compare.svg" ', one core' ||
		fail ', one core in compare.svg'
}
check 'compare: a machine with one core is marked' one_core

fails_with_its_program() {
	own_programs
	echo precious >"$work/results/compare.csv"
	for bad in 1 124 137; do
		printf '%s; exit %s' 'echo line; echo "for a reason" >&2' \
			"$bad" >"$work/program"
		compare
		for text in 'scripts/compare/shm -w block -s 64 -n 50: ' \
			"status $bad" 'for a reason' line; do
			says "$text"
		done
		file_is_kept
	done
}
check 'compare: a program that fails is told, and no file is written' \
	fails_with_its_program

# 13 of 16 lines are not what was asked for. \c is the end of what is printed.
malformed_lines() {
	own_programs
	echo precious >"$work/results/compare.csv"
	cat >"$work/change" <<-'END'
		shm block 64 -|mechanism|\c
		shm poll 64 -|=4096|=4096 more=1
		tcp block 64 -| switches=1.5|
		tcp poll 64 -|=1.5|=1.5\nmore=1
		unix block 64 -|unix|shm
		unix poll 64 -|poll|block
		msgqueue block 64 -|=64|=65
		msgqueue poll 64 -|=50|=49
		shm block 65 -|cpu|gpu
		shm poll 65 -|=5.0|=0.0
		tcp block 65 -|=5.0|=9e3
		tcp poll 65 -|=5.0|=
		unix block 65 -|=9.2|9.2
		shm block 64 4096|=4096|=40967
	END
	COMPARE_SIZES='64 65'
	compare
	says 'scripts/compare/shm -w block -s 64 -n 50: this is not what was'
	has "$err" '13 : this is not what was asked for:$'
	file_is_kept
	COMPARE_SIZES=66
	compare # only -S is answered by another segment
	says 'segment=40967'
	has "$err" '1 -S 4096: this is not what was asked for:$'
	file_is_kept
}
check 'compare: so is a line that is not what was asked for' malformed_lines

nothing_works() {
	own_programs
	for program in compare/shm compare/socket compare/msgqueue limit; do
		mv "$own/scripts/$program" "$work/aside"
		compare
		mv "$work/aside" "$own/scripts/$program"
		fails_with 1 "there is no scripts/$program: build first: make"
	done
	compare
	fails_with 1 'no run gave a result'
	[ -z "$(ls -A "$work/results")" ] || fail 'no file left'
}
check 'compare: nothing built, or no run with a result, is a failure' \
	nothing_works

nowhere_to_write() {
	own_programs 'tcp poll 64 -'
	compare -o "$work/results/none/such"
	fails_with 1 'No such file or directory'
	: >"$work/file"
	compare -o "$work/file"
	fails_with 1 "$work/file"
	mkdir "$work/results/compare.svg"
	compare
	fails_with 1 'it is a folder'
	[ ! -e "$work/results/compare.csv" ] || fail 'no file of the two'
	rmdir "$work/results/compare.svg"
	[ -c /dev/full ] || return 0
	command='scripts/compare/compare.sh >/dev/full'
	BUILD=$own $shell scripts/compare/compare.sh -q \
		-o "$work/results" >/dev/full 2>"$err"
	status=$?
	[ "$status" -ne 0 ] || fail 'a failure'
}
check 'compare: fails when files or output cannot be written' nowhere_to_write

# Ended in the middle: no process, no file, no folder is left.
can_be_stopped() {
	own_programs
	ln -sf "$(cd "$build" && pwd)/scripts/limit" "$own/scripts/"
	# shellcheck disable=SC2016 # that script's
	printf 'echo "$$" >"$work/program.pid"\nexec sleep 60' >"$work/program"
	for signal in TERM HUP INT QUIT; do
		rm -f "$work/program.pid"
		# shellcheck disable=SC2016,SC2086 # the shell may be two words
		BUILD=$own "$build/scripts/limit" 9 $shell -c \
			'echo "$$" >"$1" && shift && exec "$@"' - \
			"$work/compare.pid" $shell scripts/compare/compare.sh \
			-o "$work/results/new" >"$work/compare.out" 2>&1 &
		await_that test -s "$work/program.pid"
		stop compare "$signal"
		wait "$!"
		status=$?
		[ "$status" -gt 128 ] || fail "death by SIG$signal"
		await_that has_ended "$(pid program)"
		[ -z "$(ls -A "$work/results")" ] || fail 'no file left'
	done
}
check 'compare: stopped, leaves nothing behind' can_be_stopped

# Every mechanism, both ways, of the programs themselves.
compare_for_real() {
	has_loopback || skip 'there is no loopback interface'
	mkdir "$work/results"
	COMPARE_SECONDS=0.1
	run_script scripts/compare/compare.sh -q -o "$work/results"
	succeeds
	for mechanism in shm tcp unix msgqueue; do
		for wait in block poll; do
			has_text "$work/results/compare.csv" \
				",$mechanism,$wait,64," ||
				fail "a run of $mechanism $wait in compare.csv"
		done
	done
	grep -q '^segment,.*,shm,block,64,.*,4096$' \
		"$work/results/compare.csv" || fail 'a run with -S 4096'
	has "$work/results/compare.svg" '16 ^<path class="line '
	is_well_formed "$work/results/compare.svg"
	# And it can be drawn again.
	read -r machine <"$out"
	awk -v machine="$machine" -f scripts/compare/results.awk \
		-f scripts/compare/picture.awk "$work/results/compare.csv" |
		cmp - "$work/results/compare.svg" ||
		fail 'the same picture from compare.csv alone'
}
check 'compare: measures the programs that there are' compare_for_real

finish_tests
