#!/bin/sh
# compare-results.t - scripts/compare: known results as a table and a picture
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

# A row of compare.csv for each time of a round trip.
rows() { # MECHANISM WAIT BYTES SETUP CPU SWITCHES TIME ...
	before=2,$1,$2,$3,9,$4
	after=$5,$6,1,1,128
	shift 6
	lap=0
	for time in "$@"; do
		lap=$((lap + 1))
		echo "message,$lap,$before,$time,$after"
	done >>"$work/compare.csv"
}

draw() { # PROGRAM [ARGUMENT of awk ...]
	command="awk -f results.awk -f $*"
	program=scripts/compare/$1
	shift
	run_command awk "$@" -f scripts/compare/results.awk -f "$program" \
		"$work/compare.csv"
	succeeds
}

has() { # 'COUNT PATTERN' ...: so many lines
	for pattern in "$@"; do
		[ "$(grep -c -e "${pattern#* }" "$out")" = "${pattern%% *}" ] ||
			fail "so many lines: $pattern"
	done
}

# What each line is about: medians and spreads; what is missing; when shared
# memory has paid back its set-up; what waiting costs; large segments. All is
# plain ASCII text, 80 columns at most.
table_has_results() {
	rows shm block 64 200 9 2 8
	rows tcp block 64 100 9 2 10
	rows unix block 64 201 9 2 10
	rows msgqueue block 64 100 9 2 4
	rows shm poll 64 200 9 2 8
	rows tcp poll 64 300 9 2 6
	rows unix poll 64 11 9 2 12
	rows msgqueue poll 64 100 14.3 2.03 8.2 9 7.9
	rows shm block 1024 200 9 2 8
	rows tcp block 1024 100 9 2 11
	rows unix block 1024 100 9 2 8.2
	rows msgqueue block 1024 100 9 2 8
	rows shm poll 1024 1234.5 9 2 8
	rows shm poll 4096 100 0.4 0 0.2 0.21 0.2004
	rows tcp block 4096 100 9 2 30
	rows tcp poll 4096 100 9 2 20
	rows tcp block 1048576 100 4321 0.1 2000 4000 3400 2600
	cat >>"$work/compare.csv" <<-'END'
		segment,1,2,shm,block,64,9,100,9,9,2,0.9996,0.5,4096
		segment,1,2,shm,block,64,9,110,9,9,2,2.5,8,65536
		segment,1,2,shm,block,64,9,2200,9,9,2,3.0,2048,16777216
		refused,message,unix,4096,too many for unix
		refused,message,unix,4096,too many for unix
		refused,message,unix,2097152,too many for unix
		refused,segment,shm,16384,too many for shm
		refused,segment,shm,2097152,too many for shm
	END
	draw table.awk -v page=4096
	while IFS= read -r wanted; do
		prints_line "$wanted"
	done <<'END'
Microseconds a message: half a round trip, the median of 4 runs.
    64 B msgqueue     2.00     0%    4.50   1.00    4.10    13%    7.15   1.01
   4 KiB shm             -      -       -      -   0.100     5%   0.200   0.00
   1 MiB tcp          1500    67%    2160   0.05       -      -       -      -
   2 MiB msgqueue        -      -       -      -       -      -       -      -
-  no message of 2 MiB with unix here:
   too many for unix
-  no segment of 2 MiB with shm here:
   too many for shm
    64 B  block      200      100      201      100      100  at once    never
    64 B  poll       200      300     11.0      100     <100       95    ~1000
   1 KiB  block      200      100      100      100       67     1000   ~never
   1 KiB  poll      1230        -        -        -        -        -        -
           -------------   64 B -----------  -------------  4 KiB -----------
tcp           5.00    3.00    2.00    1.67     15.0    10.0    5.00    1.50
unix          5.00    6.00   -1.00   0.833        -       -       -       -
msgqueue      2.00    4.10   -2.10   0.488        -       -       -       -
At 64 B, how a process waits makes up to 2.05 times the difference; which
mechanism it uses, waiting alike, up to 2.50 times.
   4 KiB       1.00         0.500          0.500             100
  64 KiB       2.50          8.00          0.500             110
  16 MiB       3.00          2050          0.500            2200
16 MiB is 4096 times 4 KiB. Attaching it took 3.00 times as long, touching
each of its pages once 4100 times.
END
	has '1 no message of 4 KiB with unix'
	awk '/[^ -~]/ || length($0) > 80 { bad = 1 }
		END { exit bad }' "$out" || fail 'plain text, 80 columns'
}
check 'table: has what follows from known results' table_has_results

# ---- the picture ---------------------------------------------------------

# Each element is closed, and each quotation; all is ASCII.
picture() { # TEXT below the title
	draw picture.awk -v machine="$1"
	awk '{ open += gsub(/<[a-z]/, "&") - gsub(/<\/|\/>/, "&") }
		/[^ -~]/ || gsub(/"/, "&") % 2 { bad = 1 }
		/&/ && !/&(amp|lt|gt);/ { bad = 1 }
		END { exit open != 0 || bad }' "$out" || fail 'well-formed XML'
}

# From 0.01 to 10000 microseconds: six powers of ten, 382 units high.
picture_has_results() {
	rows shm block 64 100 9 2 2 2 2
	rows shm block 1048576 100 9 2 2000 1900 2100
	rows tcp poll 4096 100 9 2 2000
	rows tcp poll 65536 100 9 2 2000
	rows msgqueue poll 64 100 9 2 0.02
	rows msgqueue poll 1024 100 9 2 200
	picture 'A<B>&C, one core'
	has '1 ^<path class="line shm block" d="M108.0 366.7L616.0 175.7"/>$' \
		'1 ^<path class="spread shm block" .*M616.0 177.1V174.3"/>$' \
		'1 ^<path class="mark shm .*M108.0 366.7m-4[^M]*M616.0 175.7m' \
		'1 ^<path class="line msgqueue poll" d="M108.0 494.0L253.' \
		'2 ^<path class="mark msgqueue poll" d="M' \
		'5 ^<path class="grid" d="M.* 112V494"/>$' \
		'1 >shm block</text>' \
		'1 >msgqueue poll, to 1 KiB</text>' \
		'1 ^shm block: 64 B 1.00, 1 MiB 1000[.]$' \
		'1 >A&lt;B&gt;&amp;C, one core<' \
		'1 the median of 3 runs' \
		'1 ^<title' \
		'1 ^@media .prefers-color-scheme: dark. .$'
	scale=$(sed -n 's/.*"ink end".*>\(.*\)<.*/\1/p' "$out" | tr '\n' ' ')
	[ "$scale" = '0.01 0.1 1 10 100 1000 10000 ' ] ||
		fail "powers of ten, not $scale"
}
check 'picture: has what was measured where it belongs' picture_has_results

# Lines end close to each other, at the top and at the bottom: labels do not.
picture_of_all() {
	for wait in block poll; do
		for mechanism in tcp unix msgqueue; do
			rows "$mechanism" "$wait" 64 100 9 2 20
			rows "$mechanism" "$wait" 1048576 100 9 2 2
		done
	done
	rows shm block 1048576 100 9 2 2000
	rows shm poll 1048576 100 9 2 1900
	picture ''
	has '16 ^<path class="line ' '16 ^<path class="mark ' \
		'1 , one run (bars'
	sed -n 's/^<text.* x="712.0" y="\([0-9.]*\)".*/\1/p' "$out" \
		>"$work/heights"
	awk 'NR > 1 && $1 - last < 15 || $1 > 500 || $1 < 112 { bad = 1 }
		{ last = $1 }
		END { exit NR != 8 || bad }' "$work/heights" ||
		fail 'eight labels apart'
}
check 'picture: has eight lines, and labels apart' picture_of_all

finish_tests
