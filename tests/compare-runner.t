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

# A build folder of programs that print round trips of 77777 microseconds in
# compare's first look, then 5.0, 5.1 and 5.2. What is not named is refused.
# Where there is a file $work/program, they do what it says.
own_programs() { # [COMBINATION ...], like 'unix poll 1024 -'
	works=:
	for combination in "$@"; do
		works=$works$combination:
	done
	export works
	mkdir "$work/results"
	[ ! -d "$own" ] || return 0
	mkdir -p "$own/scripts/compare" "$own/bin"
	ln -s "$(cd "$build" && pwd)/scripts/limit" "$own/scripts/"
	for name in shm socket msgqueue; do
		cat >"$own/scripts/compare/$name" <<-'END'
			#!/bin/sh
			if [ -f "$work/program" ]; then
				. "$work/program"
				exit
			fi
			mechanism=${0##*/}
			[ "$mechanism" != socket ] || mechanism=tcp
			asked=-
			while getopts uw:s:n:S: option; do
				case $option in
				u) mechanism=unix ;;
				w) wait=$OPTARG ;;
				s) bytes=$OPTARG ;;
				n) rounds=$OPTARG ;;
				S) asked=$OPTARG ;;
				esac
			done
			name="$mechanism $wait $bytes $asked"
			if [ "${works#*:"$name":}" = "$works" ]; then
				echo "program: too many for $mechanism" >&2
				exit 77
			fi
			run=0
			[ "$asked" = - ] || run=1
			[ ! -f "$work/$name" ] || read -r run <"$work/$name"
			echo "$((run + 1))" >"$work/$name"
			trip=77777.000
			[ "$run" -eq 0 ] || trip=5.$((run - 1))
			[ "$asked" != - ] || asked=4096
			more=
			[ "$mechanism" != shm ] ||
				more=" attach_us=1.5 touch_us=20 segment=$asked"
			echo "mechanism=$mechanism wait=$wait bytes=$bytes" \
				"rounds=$rounds setup_us=90.5" \
				"round_trip_us=$trip cpu_us=9.2" \
				"switches=1.5$more"
		END
	done
	# shellcheck disable=SC2016 # that script's
	printf '#!/bin/sh\necho "$cores"\n' >"$own/bin/nproc"
	chmod +x "$own"/*/compare/* "$own/bin/nproc"
}

has_cores() { # COUNT
	export cores="$1"
	PATH=$own/bin:$PATH
}

nothing_is_left() {
	[ -z "$(ls -A "$work/results")" ] || fail 'no file left'
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

# As many rounds as fit in a run's time: 13889 microseconds here.
compare_csv() {
	own_programs 'shm block 64 -' 'unix poll 1024 -' 'shm block 64 65536'
	has_cores 2
	COMPARE_SIZES='64 1024' COMPARE_SEGMENTS='4096 65536 16777216'
	COMPARE_SECONDS=1
	compare
	succeeds
	names=series,run,cores,mechanism,wait,bytes,rounds,setup_us,
	names=${names}round_trip_us,cpu_us,switches,attach_us,touch_us,segment
	cat >"$work/expected" <<-END
		$names
		message,1,2,shm,block,64,3,90.5,5.0,9.2,1.5,1.5,20,4096
		message,1,2,unix,poll,1024,3,90.5,5.0,9.2,1.5,,,
		segment,1,2,shm,block,64,10,90.5,5.0,9.2,1.5,1.5,20,65536
		message,2,2,shm,block,64,2777,90.5,5.1,9.2,1.5,1.5,20,4096
		message,2,2,unix,poll,1024,2777,90.5,5.1,9.2,1.5,,,
		segment,2,2,shm,block,64,10,90.5,5.1,9.2,1.5,1.5,20,65536
		message,3,2,shm,block,64,2723,90.5,5.2,9.2,1.5,1.5,20,4096
		message,3,2,unix,poll,1024,2723,90.5,5.2,9.2,1.5,,,
		segment,3,2,shm,block,64,10,90.5,5.2,9.2,1.5,1.5,20,65536
	END
	cmp "$work/results/compare.csv" "$work/expected" || {
		cat "$work/results/compare.csv"
		fail 'a line for the names and one a run'
	}

	# The table has dashes, and says why.
	prints_line 'Microseconds a message: half a round trip, the median'\
' of 3 runs.'
	prints_line "    64 B shm          2.55     4%    4.60   0.75       -\
      -       -      -"
	prints_line '-  no message of 64 B, 1 KiB with tcp here: too many for'\
' tcp'
	prints_line '-  no segment of 4 KiB, 16 MiB with shm here: too many'\
' for shm'
	prints_like "compare.csv and compare.svg are in $work/results"
	is_plain
	prints_like ', 2 cores'
	! grep -q -i 'one core' "$work/out" || fail 'no word of one core'
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
	prints_like ', one core'
	prints_like 'ON ONE CORE'
	prints_like 'Do not compare'
	is_plain
	has_text "$work/results/compare.csv" 'message,1,1,tcp' ||
		fail '1 as the number of cores in compare.csv'
	has_text "$work/results/compare.svg" ', one core' ||
		fail ', one core in compare.svg'
}
check 'compare: a machine with one core is marked' one_core

# One that says so, and ends so. Whatever was there before stays.
program_fails() { # STATUS LINE
	printf '%s\n%s\nexit %s' "echo '$2'" \
		"echo 'program: for a reason' >&2" "$1" >"$work/program"
	echo precious >"$work/results/compare.csv"
	compare
	exits 1
	says 'scripts/compare/shm -w block -s 64 -n 50'
	says 'for a reason'
	printf '%s\n' "$2" | while read -r line; do
		says "$line"
	done || exit
	for file in "$work/results"/*; do
		[ "${file##*/}" = compare.csv ] || fail 'no file of ours'
	done
	read -r kept <"$work/results/compare.csv"
	[ "$kept" = precious ] || fail 'the older file as it was'
}

fails_with_its_program() {
	own_programs
	for bad in 1 2 125 127 137; do
		program_fails "$bad" 'a line'
	done
}
check 'compare: a program that fails is told, and no file is written' \
	fails_with_its_program

good='mechanism=shm wait=block bytes=64 rounds=50 setup_us=9.0'\
' round_trip_us=9.0 cpu_us=9.0 switches=2.0 attach_us=1.0 touch_us=1.0'\
' segment=4096'

malformed_line() {
	own_programs
	program_fails 0 ''
	program_fails 0 "$good more=1"
	program_fails 0 "${good% *}"
	program_fails 0 "$good
$good"
	for change in shm/unix block/poll =64/=65 =50/=49 cpu/gpu \
		trip_us=9.0/trip_us=0.0 =9.0/=9e3 =9.0/= =9.0/9.0; do
		old=${change%/*}
		program_fails 0 "${good%%"$old"*}${change#*/}${good#*"$old"}"
	done
	echo "[ \$# -eq 8 ] || exit 77; echo '${good%%=50*}=10${good#*=50}7'" \
		>"$work/program" # another segment than -S asked for
	compare
	exits 1
	says 'segment=40967'
}
check 'compare: so is a line that is not what was asked for' malformed_line

nothing_works() {
	own_programs
	compare
	exits 1
	says 'no run gave a result'
	nothing_is_left
}
check 'compare: not one run with a result is a failure' nothing_works

not_built() {
	own_programs
	for program in compare/shm compare/msgqueue limit; do
		mv "$own/scripts/$program" "$work/aside"
		compare
		mv "$work/aside" "$own/scripts/$program"
		fails_with 1 "there is no scripts/$program: build first: make"
	done
	nothing_is_left
}
check 'compare: what is not built yet is told' not_built

results_go_where_they_can() {
	own_programs 'tcp poll 64 -'
	command='compare.sh -q -o "new folder"'
	(
		cd "$work/results" || exit 1
		BUILD=$own $shell "$OLDPWD/scripts/compare/compare.sh" \
			-q -o 'new folder'
	) >"$work/out" 2>"$work/err"
	status=$?
	succeeds
	[ "$(ls "$work/results/new folder")" = 'compare.csv
compare.svg' ] || fail 'two files in a new folder'
	prints_like "compare.svg are in $work/results/new folder"
	compare -o "$work/results/none/such"
	fails_with 1 'No such file or directory'
	: >"$work/file"
	compare -o "$work/file"
	fails_with 1 "cannot make the folder $work/file"
	mkdir "$work/results/compare.svg"
	compare
	fails_with 1 'it is a folder'
	[ ! -e "$work/results/compare.csv" ] || fail 'no file of the two'
}
check 'compare: results go to -o or to the build folder' \
	results_go_where_they_can

needs_its_output() {
	[ -c /dev/full ] || skip 'no /dev/full here'
	own_programs 'tcp poll 64 -'
	command='scripts/compare/compare.sh >/dev/full'
	BUILD=$own $shell scripts/compare/compare.sh -q \
		-o "$work/results" >/dev/full 2>"$work/err"
	status=$?
	[ "$status" -ne 0 ] || fail 'a failure'
}
check 'compare: fails when its output cannot be written' needs_its_output

# Ended in the middle: no process, no file, no folder is left.
can_be_stopped() {
	own_programs
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
		"$build/scripts/await" exit "$(pid program)" ||
			fail 'no process left'
		nothing_is_left
	done
}
check 'compare: stopped, leaves nothing behind' can_be_stopped

# Every mechanism, both ways: three runs of each, of the programs themselves.
compare_for_real() {
	has_loopback || skip 'there is no loopback interface'
	mkdir "$work/results"
	COMPARE_SIZES=64 COMPARE_SECONDS=0.1
	run_script scripts/compare/compare.sh -q -o "$work/results"
	succeeds
	for mechanism in shm tcp unix msgqueue; do
		for wait in block poll; do
			grep "^message,.*,$mechanism,$wait,64," \
				"$work/results/compare.csv" >"$work/rows"
			[ "$(wc -l <"$work/rows")" -gt 0 ] ||
				fail "a run of $mechanism $wait in compare.csv"
		done
	done
	grep -q '^segment,.*,shm,block,64,.*,4096$' \
		"$work/results/compare.csv" || fail 'a run with -S 4096'
	has "$work/results/compare.svg" '16 ^<path class="line '
	is_well_formed "$work/results/compare.svg"
	# And it can be drawn again.
	read -r machine <"$work/out"
	awk -v machine="$machine" -f scripts/compare/picture.awk \
		"$work/results/compare.csv" >"$work/again"
	cmp "$work/again" "$work/results/compare.svg" ||
		fail 'the same picture from compare.csv alone'
}
check 'compare: measures the programs that there are' compare_for_real

finish_tests
