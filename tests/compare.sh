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
	echo 'series,run,cores,mechanism,wait,bytes,rounds,setup_us,'\
'round_trip_us,cpu_us,switches,attach_us,touch_us,segment' >"$1"
	while read -r who wait bytes segment setup times cpu switches attach \
		touch; do
		[ "$who" != any ] || who='shm tcp unix msgqueue'
		[ "$wait" != any ] || wait='block poll'
		series=segment
		[ "$segment" != - ] || series=message
		rest=$times,
		times=
		while [ -n "$rest" ]; do
			times="$times ${rest%%,*}"
			rest=${rest#*,}
		done
		for mechanism in $who; do
			for way in $wait; do
				run=0
				for time in $times; do
					run=$((run + 1))
					printf '%s,' "$series" "$run" \
						"${cores:-2}" "$mechanism" \
						"$way" "$bytes" 9 "$setup" \
						"$time" "$cpu" "$switches" \
						"$attach" "$touch"
					echo "$segment"
				done
			done
		done
	done >>"$1"
}

has() { # FILE COUNT PATTERN
	[ "$(grep -c -e "$3" "$1")" -eq "$2" ] || {
		cp "$1" "$work/out"
		fail "$2 lines with '$3' in ${1##*/}"
	}
}

# Lines without an element, a line inside of <style>, or elements that are
# closed.
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

is_plain() {
	[ -z "$(LC_ALL=C tr -d '\012\040-\176' <"$work/out")" ] ||
		fail 'plain ASCII text'
	# The last line may name a folder.
	awk 'length(last) > 80 { exit 1 } { last = $0 }' "$work/out" ||
		fail '80 columns at most'
}
