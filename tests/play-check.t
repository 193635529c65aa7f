#!/bin/sh
# play-check.t - scripts/play.sh -c: a true sheet passes, each lie is caught
# shellcheck source=tests/play.sh
. "${0%/*}/play.sh"

sheet_greet() {
	program_greet
	sheet <<-'END'
		## Two greet

		<!-- differs: 4711 4712 -->

		    terminal 1                   terminal 2
		    $ ./greet -w
		    press Enter
		    (waits)                      $ ./greet
		                                 hello from 4712
		                                 and 7 others
		    (Enter)
		    hello from 4711
		    and 7 others                 $ (exit 2)
		                                 [2]

		## Nobody greets

		    $ true
	END
}

true_sheet_passes() {
	sheet_greet
	passes
	prints_line "ok 1 - $work/lab/README.md 1: Two greet"
	prints_line "ok 2 - $work/lab/README.md 2: Nobody greets"
	prints_line '1..2'
}
check 'play -c: a true sheet passes, a test a section' true_sheet_passes

changed_word_is_caught() {
	sheet_greet
	change 's/others/friends/' greet
	catches '"and 7 others" was to come, but this came: "and 7 friends"'
}
check 'play -c: a changed word is caught' changed_word_is_caught

changed_number_is_caught() {
	sheet_greet
	change 's/7/8/' greet
	catches 'this came: "and 8 others"'
}
check 'play -c: a changed number that is not listed is caught' \
	changed_number_is_caught

word_for_number_is_caught() {
	sheet_greet
	# shellcheck disable=SC2016 # it is for the other script
	change 's/\$\$/nobody/' greet
	catches 'this came: "hello from nobody"'
}
check 'play -c: for a number that differs only a number comes' \
	word_for_number_is_caught

removed_option_is_caught() {
	sheet_greet
	change 's/= -w /= -x /; s/!= -w/!= -x/' greet
	catches '"press Enter" was to come'
}
check 'play -c: a removed option is caught' removed_option_is_caught

more_is_caught() {
	sheet_greet
	echo 'echo more' >>"$work/lab/greet"
	catches '"[0]" was to come, but this came: "more"'
}
check 'play -c: one more line is caught' more_is_caught

less_is_caught() {
	sheet_greet
	change '/others/d' greet
	catches '"and 7 others" was to come, but it ended with exit status 0'
}
check 'play -c: one line less is caught' less_is_caught

other_order_is_caught() {
	sheet_greet
	# shellcheck disable=SC2016 # it is for the other script
	change '/hello/d; $a\
		echo "hello from $$"' greet
	catches 'this came: "and 7 others"'
}
check 'play -c: another order is caught' other_order_is_caught

early_line_is_caught() {
	sheet <<-'END'
		## It is said to come second

		    terminal 1                   terminal 2
		    $ sleep 6; echo late         $ echo early; sleep 7
		    late
		    (this is row 3)              early
	END
	checks
	exits 1
	prints_like 'it came before what stands above it'
}
check 'play -c: a line that came long before those above it is caught' \
	early_line_is_caught

hang_is_caught() {
	sheet_greet
	echo "echo \$\$ >'$work/pid'; exec sleep 1000" >>"$work/lab/greet"
	export TEST_TIME_SCALE=0.1
	catches '"[0]" was to come, but nothing has come'
	await_that has_ended "$(cat "$work/pid")"
}
check 'play -c: a hang is caught, and fails its own section only' hang_is_caught

exit_status_is_caught() {
	sheet_greet
	echo 'exit 3' >>"$work/lab/greet"
	catches '"[0]" was to come, but it ended with exit status 3'
	sheet_greet
	change 's/\[2\]/[1]/' README.md
	catches 'but it ended with exit status 2'
	change '/\[1\]/d' README.md
	catches 'but it ended with exit status 2'
}
check 'play -c: another exit status is caught' exit_status_is_caught

no_waiting_is_caught() {
	sheet_greet
	change 's/&& read -r _//' greet
	catches '"(waits)" was to come, but this came: "hello from'
	program greet <<-'END'
		#!/bin/sh
		echo 'press Enter'
	END
	catches '"(waits)" was to come, but it ended with exit status 0'
}
check 'play -c: a (waits) that does not wait is caught' no_waiting_is_caught

# 23 lines fit, the heading and the empty line below it are two of them.
too_large_is_caught() {
	lines=$(awk 'BEGIN { while (i++ < 21) print "text" }')
	printf '## Long\n\n%s\n\n## Short\n\nText.\n' "$lines" | sheet
	passes
	printf '## Long\n\n%s\nmore\n\n## Short\n\nText.\n' "$lines" | sheet
	catches 'it has 24 lines'
	printf '## Wide\n\n%s\n\n## Short\n\nText.\n' "$(letters 80)" | sheet
	passes
	printf '## Wide\n\n    $ : %s\n\n## Short\n\nText.\n' "$(letters 73)" |
		sheet
	catches 'more than 80 columns'
	printf '## Long\n\n%s\n<details>\n%s\n</details>\n' 'text' "$lines" |
		sheet
	passes
}
check 'play -c: a section larger than 80x23 is caught' too_large_is_caught

finish_tests
