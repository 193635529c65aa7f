#!/bin/sh
# compare.sh - for the tests of scripts/compare: results that we know
#
# For a file of tests to read after lib.sh. A line of known results is:
#   MECHANISM WAIT BYTES SEGMENT SETUP TIMES CPU SWITCHES [ATTACH TOUCH]
# where `any` stands for all mechanisms or both ways of waiting, SEGMENT is -
# for a message, and TIMES are the round trips of one run after the other, with
# commas.
# shellcheck disable=SC2154 # $work is lib.sh's

# compare.csv of such results.
write_csv() { # FILE, results on standard input
	awk -v cores="${cores:-2}" '
	BEGIN {
		OFS = ","
		print "series,run,cores,mechanism,wait,bytes,rounds,setup_us", \
			"round_trip_us,cpu_us,switches,attach_us,touch_us", \
			"segment"
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
					print series, k, cores, who[i],
						way[j], $3, 9, $5, time[k],
						$7, $8, $9, $10, $4
	}' >"$1"
}

has() { # FILE 'COUNT PATTERN' ...: so many lines of it
	drawn=$1
	shift
	for pattern in "$@"; do
		count=$(grep -c -e "${pattern#* }" "$drawn")
		[ "$count" -eq "${pattern%% *}" ] || {
			cp "$drawn" "$out"
			fail "so many lines in ${drawn##*/}: $pattern"
		}
	done
}

prints_lines() { # on standard input
	while IFS= read -r wanted; do
		prints_line "$wanted"
	done
}

# Each element is closed, and each quotation; no other character than in ASCII.
is_well_formed() { # FILE
	awk '
	{ open += gsub(/<[a-z]/, "&") - gsub(/<\/|\/>/, "&") }
	/[^ -~]/ || gsub(/"/, "&") % 2 || /&/ && !/&(amp|lt|gt);/ { bad = 1 }
	END { exit open != 0 || bad }' "$1" || fail 'well-formed XML'
}

# But for the last line, which may name a folder.
is_plain() {
	awk '/[^ -~]/ || length(last) > 80 { bad = 1 }
		{ last = $0 }
		END { exit bad }' "$out" ||
		fail 'plain ASCII text, 80 columns at most'
}
