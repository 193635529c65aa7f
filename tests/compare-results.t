#!/bin/sh
# compare-results.t - scripts/compare: known results as a table and a picture
#
# A line of known results has these words:
#   MECHANISM WAIT BYTES SEGMENT SETUP TIMES CPU SWITCHES [ATTACH TOUCH]
# where `any` stands for all mechanisms or both ways of waiting, SEGMENT is -
# for a message, and TIMES are the round trips of one run after the other, with
# commas.
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

# ---- words ---------------------------------------------------------------

# Results on standard input, and after them lines of a file for table.awk.
draw() { # PROGRAM [ARGUMENT of awk ...]
	awk '
	BEGIN { OFS = "," }
	/^refused/ {
		print
		next
	}
	{
		all = "shm tcp unix msgqueue"
		whos = split($1 == "any" ? all : $1, who, " ")
		series = $4 == "-" ? "message" : "segment"
		ways = split($2 == "any" ? "block poll" : $2, way, " ")
		runs = split($6, time, ",")
		for (i = 1; i <= whos; i++)
			for (j = 1; j <= ways; j++)
				for (k = 1; k <= runs; k++)
					print series, k, 2, who[i], way[j],
						$3, 9, $5, time[k], $7, $8,
						$9, $10, $4
	}' >"$work/compare.csv"
	command="awk -f results.awk -f $*"
	program=scripts/compare/$1
	shift
	run_command awk "$@" -f scripts/compare/results.awk -f "$program" \
		"$work/compare.csv"
	succeeds
}

# Plain ASCII text, 80 columns at most.
table() { # results on standard input
	draw table.awk -v page=4096
	awk '/[^ -~]/ || length($0) > 80 { bad = 1 }
		END { exit bad }' "$out" || fail 'plain text, 80 columns'
}

# Each element is closed, and each quotation; all is ASCII.
picture() { # TEXT below the title; results on standard input
	draw picture.awk -v machine="$1"
	awk '{ open += gsub(/<[a-z]/, "&") - gsub(/<\/|\/>/, "&") }
		/[^ -~]/ || gsub(/"/, "&") % 2 { bad = 1 }
		/&/ && !/&(amp|lt|gt);/ { bad = 1 }
		END { exit open != 0 || bad }' "$out" || fail 'well-formed XML'
}

prints_lines() { # on standard input
	while IFS= read -r wanted; do
		prints_line "$wanted"
	done
}

has() { # 'COUNT PATTERN' ...: so many lines
	for pattern in "$@"; do
		[ "$(grep -c -e "${pattern#* }" "$out")" = "${pattern%% *}" ] ||
			fail "so many lines: $pattern"
	done
}

# ---- the table -----------------------------------------------------------

medians() {
	table <<-'END'
		shm block 64 - 100 8.0,9.0,8.2 14.3 2.03 1.5 0.5
		shm poll 64 - 100 0.2,0.21,0.2004 0.4 0 1.5 0.5
		tcp any 1048576 - 100 2000,4000,3400,2600 4321 0.1
		refused,message,tcp,64,too many for tcp
		refused,message,tcp,64,too many for tcp
		refused,message,tcp,4096,too many for tcp
		refused,segment,shm,4096,too many for shm
		refused,segment,shm,16777216,it is so long that it goes on below
	END
	prints_lines <<'END'
Microseconds a message: half a round trip, the median of 4 runs.
    64 B shm          4.10    12%    7.15   1.01   0.100     5%   0.200   0.00
   1 MiB tcp          1500    67%    2160   0.05    1500    67%    2160   0.05
   4 KiB msgqueue        -      -       -      -       -      -       -      -
-  no message of 64 B, 4 KiB with tcp here: too many for tcp
-  no segment of 4 KiB, 16 MiB with shm here: it is so long that it goes on
   below
END
	prints_like '-------------   64 B -----------  -------------  4 KiB -'
}
check 'table: has medians, spreads and what is missing' medians

break_even() {
	table <<-'END'
		shm block 64 - 200 8,8,8 9 2 1 1
		tcp block 64 - 100 10,10,10 9 2
		unix block 64 - 201 10,10,10 9 2
		msgqueue block 64 - 100 5,5,5 9 2
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
	prints_lines <<'END'
    64 B  block      200      100      201      100      100  at once    never
    64 B  poll       200      300     11.0      100     <100      190    ~1000
   1 KiB  block      200      100      100      100       67     1000   ~never
   1 KiB  poll      1230        -        -        -        -        -        -
END
	prints_like 'waiting alike, up to 2.00 times'
}
check 'table: when shared memory has paid back its set-up' break_even

cost_of_waiting() {
	table <<-'END'
		shm block 64 - 200 10,10,10 9 2 1 1
		shm poll 64 - 200 0.5,0.5,0.5 9 2 1 1
		tcp block 64 - 200 40,40,40 9 2
		tcp poll 64 - 200 50,50,50 9 2
		shm any 4096 - 200 12,12,12 9 2 1 1
		tcp block 4096 - 200 30,30,30 9 2
		tcp poll 4096 - 200 20,20,20 9 2
		shm any 65536 - 200 99,99,99 9 2 1 1
	END
	prints_like '-------------   64 B -----------  -------------  4 KiB -'
	prints_lines <<'END'
shm           5.00   0.250    4.75    20.0     6.00    6.00   0.000    1.00
tcp           20.0    25.0   -5.00   0.800     15.0    10.0    5.00    1.50
unix             -       -       -       -        -       -       -       -
At 64 B, how a process waits makes up to 20.0 times the difference; which
mechanism it uses, waiting alike, up to 100 times.
END
}
check 'table: what waiting costs apart from moving' cost_of_waiting

setup_by_segment() {
	table <<-'END'
		tcp poll 64 - 100 2 9 2
		shm block 64 4096 100 9,9 9 2 0.9996 0.5
		shm block 64 65536 110 9,9 9 2 2.5 8
		shm block 64 16777216 2200 9,9 9 2 3.0 2048
	END
	prints_lines <<'END'
Microseconds a message: half a round trip, one run.
   4 KiB       1.00         0.500          0.500             100
  64 KiB       2.50          8.00          0.500             110
  16 MiB       3.00          2050          0.500            2200
16 MiB is 4096 times 4 KiB. Attaching it took 3.00 times as long, touching
each of its pages once 4100 times.
END
}
check 'table: how set-up grows with the segment' setup_by_segment

# ---- the picture ---------------------------------------------------------

# From 0.01 to 10000 microseconds: six powers of ten, 382 units high.
picture_has_results() {
	picture 'A<B>&C, one core' <<-'END'
		shm block 64 - 100 2,2,2 9 2 1 1
		shm block 1048576 - 100 2000,1900,2100 9 2 1 1
		tcp poll 4096 - 100 2000 9 2
		tcp poll 65536 - 100 2000 9 2
		msgqueue poll 64 - 100 0.02,0.02,0.02 9 2
		msgqueue poll 1024 - 100 200,200,200 9 2
	END
	has '1 ^<path class="line shm block" d="M108.0 366.7L616.0 175' \
		'1 ^<path class="spread shm" d="M616.0 177.1V174.3"/>$' \
		'1 ^<path class="line msgqueue poll" d="M108.0 494.0L253.' \
		'3 ^<path class="mark msgqueue poll" d="M' \
		'7 ^<path class="grid" d="M84 .*H640"/>$' \
		'5 ^<path class="grid" d="M.* 112V494"/>$' \
		'1 >shm block</text>' \
		'1 >msgqueue poll, to 1 KiB</text>' \
		'1 ^shm block: 64 B 1.00, 1 MiB 1000[.]$' \
		'1 >A&lt;B&gt;&amp;C, one core<' \
		'1 the median of 3 runs' \
		'1 ^<title' \
		'1 ^@media .prefers-color-scheme: dark. .$'
	scale=$(sed -n 's/.* text-anchor="end">\(.*\)<.*/\1/p' "$out" |
		tr '\n' ' ')
	[ "$scale" = '0.01 0.1 1 10 100 1000 10000 ' ] ||
		fail "powers of ten, not $scale"
}
check 'picture: has what was measured where it belongs' picture_has_results

# Lines end at the same height, at the top and at the bottom: labels do not.
picture_of_all() {
	picture '' <<-'END'
		any any 64 - 100 20,20,20 9 2 1 1
		shm any 1048576 - 100 2000,2000,2000 9 2 1 1
		tcp any 1048576 - 100 2,2,2 9 2
		unix any 1048576 - 100 2,2,2 9 2
		msgqueue any 1048576 - 100 2,2,2 9 2
	END
	has '16 ^<path class="line ' '24 ^<path class="mark '
	sed -n 's/^<text x="712.0" y="\([0-9.]*\)".*/\1/p' "$out" \
		>"$work/heights"
	awk 'NR > 1 && $1 - last < 15 || $1 > 500 || $1 < 112 { bad = 1 }
		{ last = $1 }
		END { exit NR != 8 || bad }' "$work/heights" ||
		fail 'eight labels apart'
}
check 'picture: has eight lines, and labels apart' picture_of_all

finish_tests
