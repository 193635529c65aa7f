#!/bin/sh
# compare.t - scripts/compare.sh: its figures, its files, its ways to end
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

export COMPARE_SIZES='64 1024'
export COMPARE_SEGMENTS=4096
export COMPARE_SECONDS=0.001
compare() { # [ARGUMENT ...]
	BUILD=$work/build run_script scripts/compare.sh -q \
		-o "$work/results" "$@"
}

# A build folder whose programs say what standard input tells. A line is:
#   MECHANISM WAIT BYTES SEGMENT SETUP TIMES CPU SWITCHES [ATTACH TOUCH]
# where the first four are patterns, and TIMES are the round trips of one run
# after the other, with commas. Before them comes compare's first look at each
# size of message, which takes very long. What no line tells is refused.
own_programs() {
	mkdir "$work/build" "$work/build/scripts" "$work/results"
	ln -s "$(cd "$build" && pwd)/scripts/limit" "$work/build/scripts/"
	cat >"$work/figures"
	cat >"$work/program" <<-END
		#!/bin/sh
		work='$work'
	END
	cat >>"$work/program" <<-'END'
		mechanism=${0%/pingpong}
		mechanism=${mechanism##*/}
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
		while read -r a b c d setup times cpu switches attach touch; do
			case $name in
			$a\ $b\ $c\ $d) break ;;
			esac
			a=
		done <"$work/figures"
		if [ -z "$a" ]; then
			echo "pingpong: too many for $mechanism" >&2
			exit 77
		fi
		run=1
		[ "$asked" = - ] || run=2
		count=$work/$mechanism.$wait.$bytes.$asked.count
		[ ! -f "$count" ] || read -r run <"$count"
		echo "$((run + 1))" >"$count"
		times=$times,
		while [ "$run" -gt 2 ] && [ -n "${times#*,}" ]; do
			times=${times#*,}
			run=$((run - 1))
		done
		[ "$run" -gt 1 ] || times=77777.000,
		[ "$mechanism" = shm ] || attach=
		[ "$asked" != - ] || asked=4096
		more=" attach_us=$attach touch_us=$touch segment=$asked"
		echo "mechanism=$mechanism wait=$wait bytes=$bytes" \
			"rounds=$rounds setup_us=$setup" \
			"round_trip_us=${times%%,*} cpu_us=$cpu" \
			"switches=$switches${attach:+$more}"
	END
	chmod +x "$work/program"
	for lab in shm socket msgqueue; do
		mkdir "$work/build/$lab"
		ln -s "$work/program" "$work/build/$lab/pingpong"
	done
}

# In place of a program of the system, one that prints this.
replace_command() { # NAME TEXT
	mkdir -p "$work/bin"
	printf '#!/bin/sh\necho "%s"\n' "$2" >"$work/bin/$1"
	chmod +x "$work/bin/$1"
	PATH=$work/bin:$PATH
}

is_plain() {
	[ -z "$(LC_ALL=C tr -d '\012\040-\176' <"$work/out")" ] ||
		fail 'plain ASCII text'
	# The last line names a folder.
	[ -z "$(sed '$d' "$work/out" | awk 'length > 80')" ] ||
		fail '80 columns at most'
}

nothing_is_left() {
	[ -z "$(ls -A "$work/results")" ] || fail 'no file left'
}

compare_usage() {
	usage_is_checked scripts/compare.sh
	run_script scripts/compare.sh surplus
	exits 2
	says "surplus argument 'surplus'"
	run_script scripts/compare.sh -o ''
	exits 2
	says "-o ''"
}

compare_table() {
	own_programs <<-'END'
		shm block 64 - 100 8.0,9.0,8.2 14.3 2.03 1.5 0.5
		shm poll 64 - 100 0.2,0.21,0.2004 0.4 0 1.5 0.5
		tcp * 1048576 - 100 2469,4000,3000 4321 0.1
	END
	COMPARE_SIZES='64 4096 1048576' COMPARE_SEGMENTS='4096 16777216'
	compare
	succeeds
	prints_line 'Microseconds a message: half a round trip, the median'\
' of 3 runs.'
	prints_line "    64 B shm          4.10    12%    7.15   1.01   0.100\
     5%   0.200   0.00"
	prints_line "   1 MiB tcp          1500    51%    2160   0.05    1500\
    51%    2160   0.05"
	prints_line "   4 KiB msgqueue        -      -       -      -       -\
      -       -      -"
	prints_line '-  no message of 64 B, 4 KiB with tcp here: too many for'\
' tcp'
	prints_line '-  no segment of 4 KiB, 16 MiB with shm here: too many'\
' for shm'
	is_plain
}

# As many rounds as fit in a run's time: 27778 microseconds here.
compare_csv() {
	own_programs <<-'END'
		unix poll 1024 - 90.5 5.0,5.1,5.2 9.25 0.01
		shm block 64 65536 130 9,8,7 14 2 1.5 20.25
	END
	replace_command nproc 2
	COMPARE_SIZES=1024 COMPARE_SEGMENTS=65536 COMPARE_SECONDS=1
	compare
	succeeds
	names=series,run,cores,mechanism,wait,bytes,rounds,setup_us,
	names=${names}round_trip_us,cpu_us,switches,attach_us,touch_us,segment
	cat >"$work/expected" <<-END
		$names
		message,1,2,unix,poll,1024,3,90.5,5.0,9.25,0.01,,,
		segment,1,2,shm,block,64,10,130,9,14,2,1.5,20.25,65536
		message,2,2,unix,poll,1024,5555,90.5,5.1,9.25,0.01,,,
		segment,2,2,shm,block,64,10,130,8,14,2,1.5,20.25,65536
		message,3,2,unix,poll,1024,5446,90.5,5.2,9.25,0.01,,,
		segment,3,2,shm,block,64,10,130,7,14,2,1.5,20.25,65536
	END
	cmp "$work/results/compare.csv" "$work/expected" || {
		cat "$work/results/compare.csv"
		fail 'a line for the names and one a run'
	}
}

break_even() {
	own_programs <<-'END'
		shm block 64 - 200 8,8,8 9 2 1 1
		tcp block 64 - 100 10,10,10 9 2
		unix block 64 - 201 10,10,10 9 2
		msgqueue block 64 - 100 6,6,6 9 2
		shm poll 64 - 200 8,8,8 9 2 1 1
		tcp poll 64 - 300 6,6,6 9 2
		unix poll 64 - 11 10,10,10 9 2
		msgqueue poll 64 - 100 7.9,8.2,9 9 2
		shm block 1024 - 200 8,8,8 9 2 1 1
		tcp block 1024 - 100 11,11,11 9 2
		unix block 1024 - 100 8.2,8.2,8.2 9 2
		msgqueue block 1024 - 100 8,8,8 9 2
		shm poll 1024 - 1234.5 8,8,8 9 2 1 1
	END
	compare
	succeeds
	prints_line "    64 B  block      200      100      201      100\
      100  at once    never"
	prints_line "    64 B  poll       200      300     11.0      100\
     <100      190    ~1000"
	prints_line "   1 KiB  block      200      100      100      100\
       67     1000   ~never"
	prints_line "   1 KiB  poll      1230        -        -        -\
        -        -        -"
}

cost_of_waiting() {
	own_programs <<-'END'
		shm block 64 - 200 10,10,10 9 2 1 1
		shm poll 64 - 200 0.5,0.5,0.5 9 2 1 1
		tcp block 64 - 200 40,40,40 9 2
		tcp poll 64 - 200 50,50,50 9 2
		shm * 4096 - 200 12,12,12 9 2 1 1
		tcp block 4096 - 200 30,30,30 9 2
		tcp poll 4096 - 200 20,20,20 9 2
		shm * 65536 - 200 99,99,99 9 2 1 1
	END
	COMPARE_SIZES='64 4096 65536'
	compare
	succeeds
	prints_like '-------------   64 B -----------  -------------  4 KiB -'
	prints_line "shm           5.00   0.250    4.75    20.0     6.00\
    6.00   0.000    1.00"
	prints_line "tcp           20.0    25.0   -5.00   0.800     15.0\
    10.0    5.00    1.50"
	prints_line "unix             -       -       -       -        -\
       -       -       -"
	prints_like 'waits makes up to 20.0 times the difference'
	prints_like 'waiting alike, up to 100 times'
}

setup_by_segment() {
	own_programs <<-'END'
		shm block 64 4096 100 9 9 2 2.0 0.5
		shm block 64 65536 110 9 9 2 2.5 8
		shm block 64 16777216 2200 9 9 2 3.0 2048
	END
	replace_command getconf 4096
	COMPARE_SEGMENTS='4096 65536 1048576 16777216 268435456'
	compare
	succeeds
	prints_line '   4 KiB       2.00         0.500          0.500'\
'             100'
	prints_line '  64 KiB       2.50          8.00          0.500'\
'             110'
	prints_line '  16 MiB       3.00          2050          0.500'\
'            2200'
	prints_like 'Attaching it took 1.50 times as long'
	prints_line 'each of its pages once 4100 times.'
	prints_line '-  no segment of 1 MiB, 256 MiB with shm here: too many'\
' for shm'
}

# ---- the picture ---------------------------------------------------------

# Lines without one, a line inside of <style>, or elements that are closed.
is_well_formed() { # FILE
	awk '
	{ open += gsub(/<[a-z]/, "&") - gsub(/<\/|\/>/, "&") }
	/[^ -~]/ { bad = 1 }
	/&/ && !/&(amp|lt|gt);/ { bad = 1 }
	END { exit open != 0 || bad }' "$1" || fail 'well-formed XML'
	if command -v xmllint >/dev/null; then
		xmllint --noout "$1" || fail 'well-formed XML (xmllint)'
	fi
}

picture() {
	own_programs <<-'END'
		shm block 64 - 100 2,2,2 9 2 1 1
		shm block 1048576 - 100 2000,1900,2100 9 2 1 1
		msgqueue poll 64 - 100 0.02,0.02,0.02 9 2
		msgqueue poll 1024 - 100 200,200,200 9 2
	END
	replace_command uname 'A<B>&C'
	COMPARE_SIZES='64 1024 4096 65536 1048576'
	compare
	succeeds
	is_well_formed "$work/results/compare.svg"
	# From 0.01 to 10000 microseconds: six powers of ten, 382 units high.
	has 1 '^<path class="line shm block" d="M108.0 366.7L616.0 175.7"/>$'
	has 1 '^<path class="spread shm" d="M616.0 177.1V174.3"/>$'
	has 1 '^<path class="line msgqueue poll" d="M108.0 494.0L253.'
	has 3 '^<path class="mark msgqueue poll" d="M'
	has 7 '^<path class="grid" d="M84 .*H640"/>$'
	has 5 '^<path class="grid" d="M.* 112V494"/>$'
	for tick in 0.01 0.1 1 10 100 1000 10000; do
		has 1 "text-anchor=\"end\">$tick</text>"
	done
	has 1 '>shm block</text>'
	has 1 '>msgqueue poll, to 1 KiB</text>'
	has 1 '^shm block: 64 B 1.00, 1 MiB 1000\.$'
	has 1 '>A&lt;B&gt;&amp;C, '
	has 1 '^<title'
	has 1 '^@media (prefers-color-scheme: dark) {$'
}

has() { # COUNT PATTERN in the picture
	[ "$(grep -c -e "$2" "$work/results/compare.svg")" -eq "$1" ] || {
		cp "$work/results/compare.svg" "$work/out"
		fail "$1 lines with '$2' in compare.svg"
	}
}

# Lines end at the same height, at the top and at the bottom: labels do not.
picture_of_all() {
	own_programs <<-'END'
		* * 64 - 100 20,20,20 9 2 1 1
		shm * 1048576 - 100 2000,2000,2000 9 2 1 1
		* * 1048576 - 100 2,2,2 9 2 1 1
	END
	COMPARE_SIZES='64 1048576'
	compare
	succeeds
	is_well_formed "$work/results/compare.svg"
	has 16 '^<path class="line '
	has 24 '^<path class="mark '
	sed -n 's/^<text x="712.0" y="\([0-9.]*\)".*/\1/p' \
		"$work/results/compare.svg" >"$work/heights"
	awk 'NR > 1 && $1 - last < 15 || $1 > 500 || $1 < 112 { bad = 1 }
		{ last = $1 }
		END { exit NR != 8 || bad }' "$work/heights" ||
		fail "eight labels apart, not at these heights:
$(cat "$work/heights")"
}

# ---- the machine ---------------------------------------------------------

one_core() {
	own_programs <<-'END'
		tcp poll 64 - 100 2,2,2 9 2
	END
	replace_command nproc 1
	BUILD=$work/build run_script scripts/compare.sh -q
	succeeds
	mv "$work/build/compare.svg" "$work/build/compare.csv" \
		"$work/results" || fail 'without -o, files in the build folder'
	prints_like ', one core'
	prints_like 'ON ONE CORE'
	prints_like 'Do not compare'
	is_plain
	grep -q '^message,1,1,tcp' "$work/results/compare.csv" ||
		fail '1 as the number of cores in compare.csv'
	has 1 ', one core'
	replace_command nproc 2
	compare
	succeeds
	prints_like ', 2 cores'
	! grep -q -i 'one core' "$work/out" || fail 'no word of one core'
}

one_core_by_affinity() {
	taskset -c 0 true 2>/dev/null || skip 'no taskset here'
	own_programs <<-'END'
		tcp poll 64 - 100 2,2,2 9 2
	END
	shell="taskset -c 0 $shell"
	OMP_NUM_THREADS=3 compare
	succeeds
	prints_like 'ON ONE CORE'
}

# ---- what can go wrong ---------------------------------------------------

# One that says so, and ends so. Whatever was there before stays.
program_fails() { # STATUS LINE
	own_programs <<-'END'
	END
	cat >"$work/program" <<-END
		#!/bin/sh
		echo '$2'
		echo 'pingpong: for a reason' >&2
		exit $1
	END
	echo precious >"$work/results/compare.csv"
	compare
	exits 1
	says 'shm/pingpong -w block -s 64 -n 50'
	says 'for a reason'
	printf '%s\n' "$2" | while read -r line; do
		says "$line"
	done || exit
	[ "$(ls -A "$work/results")" = compare.csv ] || fail 'no file of ours'
	[ "$(cat "$work/results/compare.csv")" = precious ] ||
		fail 'the older file as it was'
	rm -r "$work/build" "$work/results"
}

fails_with_its_program() {
	for bad in 1 2 125 127 137; do
		program_fails "$bad" 'a line'
	done
}

good='mechanism=shm wait=block bytes=64 rounds=50 setup_us=9.0
 round_trip_us=9.0 cpu_us=9.0 switches=2.0 attach_us=1.0 touch_us=1.0
 segment=4096'

malformed_line() {
	good=$(echo "$good" | tr -d '\n')
	program_fails 0 ''
	program_fails 0 "$good more=1"
	program_fails 0 "${good% *}"
	program_fails 0 "$good
$good"
	for change in shm/unix block/poll =64/=65 =50/=49 cpu/gpu \
		trip_us=9.0/trip_us=0.0 =9.0/=9e3 =9.0/= =9.0/9.0; do
		program_fails 0 "$(echo "$good" | sed "s/$change/")"
	done
}

nothing_works() {
	own_programs </dev/null
	compare
	exits 1
	says 'no run gave a result'
	nothing_is_left
}

not_built() {
	own_programs </dev/null
	for program in shm/pingpong msgqueue/pingpong scripts/limit; do
		mv "$work/build/$program" "$work/aside"
		compare
		fails_with 1 "there is no $program: build first: make"
		mv "$work/aside" "$work/build/$program"
	done
	nothing_is_left
}

results_go_where_they_can() {
	own_programs <<-'END'
		tcp poll 64 - 100 2,2,2 9 2
	END
	compare -o "$work/results/new folder"
	succeeds
	[ "$(ls "$work/results/new folder")" = 'compare.csv
compare.svg' ] || fail 'two files in a new folder'
	prints_like "compare.svg are in $work/results/new folder"
	compare -o "$work/results/none/such"
	fails_with 1 'No such file or directory'
	compare -o "$work/figures"
	fails_with 1 "cannot make the folder $work/figures"
	mkdir "$work/results/compare.svg"
	compare
	fails_with 1 'it is a folder'
	[ ! -e "$work/results/compare.csv" ] || fail 'no file of the two'
	(
		cd "$work/results" || exit 1
		BUILD=$work/build $shell "$OLDPWD/scripts/compare.sh" \
			-q -o 'new folder'
	) >"$work/out" 2>"$work/err"
	status=$?
	succeeds
}

needs_its_output() {
	[ -c /dev/full ] || skip 'no /dev/full here'
	own_programs <<-'END'
		tcp poll 64 - 100 2,2,2 9 2
	END
	command='scripts/compare.sh >/dev/full'
	BUILD=$work/build $shell scripts/compare.sh -q -o "$work/results" \
		>/dev/full 2>"$work/err"
	status=$?
	[ "$status" -ne 0 ] || fail 'a failure'
}

# Ended in the middle: no process, no file, no folder is left.
can_be_stopped() {
	own_programs </dev/null
	cat >"$work/program" <<-END
		#!/bin/sh
		echo "\$\$" >'$work/program.pid'
		exec sleep 60
	END
	for signal in TERM HUP INT; do
		rm -f "$work/program.pid"
		# shellcheck disable=SC2016,SC2086 # the shell may be two words
		BUILD=$work/build "$build/scripts/limit" 9 $shell -c \
			'echo "$$" >"$1" && shift && exec "$@"' - \
			"$work/compare.pid" $shell scripts/compare.sh \
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

# Every mechanism, both ways: three runs of each, of the programs themselves.
compare_for_real() {
	mkdir "$work/results"
	COMPARE_SIZES=64 COMPARE_SECONDS=0.1
	run_script scripts/compare.sh -q -o "$work/results"
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
	has 16 '^<path class="line '
	is_well_formed "$work/results/compare.svg"
}

check 'compare: -h, an unknown option and an argument' compare_usage
check 'compare: the table has medians, spreads and what is missing' \
	compare_table
check 'compare: compare.csv has a row a run' compare_csv
check 'compare: when shared memory has paid back its set-up' break_even
check 'compare: what waiting costs apart from moving' cost_of_waiting
check 'compare: how set-up grows with the segment' setup_by_segment
check 'compare: compare.svg has what was measured where it belongs' picture
check 'compare: compare.svg has eight lines, and labels apart' picture_of_all
check 'compare: a machine with one core is marked' one_core
check 'compare: so is a single core out of several' one_core_by_affinity
check 'compare: a program that fails is told, and no file is written' \
	fails_with_its_program
check 'compare: so is a line that is not what was asked for' malformed_line
check 'compare: not one run with a result is a failure' nothing_works
check 'compare: what is not built yet is told' not_built
check 'compare: results go to -o or to the build folder' \
	results_go_where_they_can
check 'compare: fails when its output cannot be written' needs_its_output
check 'compare: stopped, leaves nothing behind' can_be_stopped
time_limit=20
check 'compare: measures the programs that there are' compare_for_real
finish_tests
