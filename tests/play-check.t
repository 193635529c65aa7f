#!/bin/sh
# play-check.t - scripts/play.sh -c: a true sheet passes, each lie is caught
# shellcheck source=tests/play.sh
. "${0%/*}/play.sh"

true_sheet_passes() {
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

		## A part of a line, and a prompt

		    $ sleep 0.7; printf 'a '; sleep 0.2; echo line
		    a line
		    $ printf 'Who? '; read -r name; echo "nobody"
		    Who?
		    (Enter)
		    nobody
	END
	passes
	prints_like "/lab/README.md 1. Two greet"
	prints_like "/lab/README.md 2. Nobody greets"
	prints_line '1..3'
}
check 'play -c: a true sheet passes, a test a section' true_sheet_passes

# It greets as the page says, and with -w waits. What the page says of it here
# is what would be there if the program were another one.
lies_are_caught() {
	program_greet
	sheet <<-'END'
		## The truth

		<!-- differs: 4711 -->

		    $ ./greet
		    hello from 4711
		    and 7 others

		## Another word

		<!-- differs: 4711 -->

		    $ ./greet
		    hello from 4711
		    and 7 friends

		## Another number, which is not listed

		<!-- differs: 4711 -->

		    $ ./greet
		    hello from 4711
		    and 8 others

		## A word for a number

		<!-- differs: 4711 -->

		    $ echo hello from nobody
		    hello from 4711

		## A removed option

		<!-- differs: 4711 -->

		    $ ./greet -x
		    press Enter
		    (Enter)
		    hello from 4711
		    and 7 others

		## One more line

		<!-- differs: 4711 -->

		    $ ./greet; echo more
		    hello from 4711
		    and 7 others

		## One line less

		<!-- differs: 4711 -->

		    $ ./greet | sed 1q
		    hello from 4711
		    and 7 others

		## Another order

		<!-- differs: 4711 -->

		    $ ./greet
		    and 7 others
		    hello from 4711

		## A terminal that came too early

		    terminal 1                   terminal 2
		    $ read line                  $ echo early
		    (Enter)
		                                 early
	END
	checks
	exits 1
	prints_line '1..9'
	holds 1
	finds 2 '"and 7 friends" was to come, but this came: "and 7 others"'
	finds 3 '"and 8 others" was to come, but this came: "and 7 others"'
	finds 4 'but this came: "hello from nobody"'
	finds 5 '"press Enter" was to come, but this came: "hello from '
	finds 6 '"[0]" was to come, but this came: "more"'
	finds 7 '"and 7 others" was to come, but this came: "[0]"'
	finds 8 '"and 7 others" was to come, but this came: "hello from '
	finds 9 '"(nothing)" was to come, but this came: "early"'
}
check 'play -c: another word, number, option, order, more and less is caught' \
	lies_are_caught

ends_and_waits_are_checked() {
	program_greet
	sheet <<-'END'
		## As it is

		    $ (exit 3)
		    [3]
		    $ (exit 2)
		    [2]
		    $ kill -TERM $$
		    [143]
		    $ sh -c 'trap "echo bye; exit 5" INT; echo on; read x'; pwd
		    on
		    (Ctrl-C)
		    bye
		    [5]

		## An exit status that is not on the page

		Text, and a session at once:
		    $ (exit 3)

		## Another exit status

		    $ (exit 2)
		    [1]

		## An exit status before the next command

		    $ (exit 2)
		    $ true

		## A line in place of an exit status

		    $ echo '[1]'
		    [1]

		## An exit status of nothing

		    $ true
		    $
		    [1]

		## It prints something

		    $ ./greet
		    (waits)

		## It has ended

		    $ sleep 0.01
		    (waits)

		## Nothing runs

		    terminal 1                   terminal 2
		    $ ./greet -w
		    press Enter                  (waits)

		## Nothing runs any more

		    $ true
		    $
		    (waits)

		## It computes, and does not wait

		    $ while [ $((i += 1)) -lt 400000 ]; do :; done; echo done
		    (waits)

		## It waits

		    $ ./greet -w
		    press Enter
		    (waits)
		    (Ctrl-C)
		    [130]
	END
	checks
	exits 1
	prints_line '1..12'
	holds 1
	finds 2 '"[0]" was to come, but this came: "[3]"'
	finds 3 '"[1]" was to come, but this came: "[2]"'
	finds 4 '"[0]" was to come, but this came: "[2]"'
	finds 5 '"[1]" was to come, but this came: "[1]"'
	finds 6 '"[1]" was to come, but nothing runs'
	finds 7 '"(waits)" was to come, but this came: "hello from '
	finds 8 '"(waits)" was to come, but this came: "[0]"'
	finds 9 'terminal 2: "(waits)" was to come, but nothing runs'
	finds 10 '"(waits)" was to come, but nothing runs'
	[ ! -r /proc/self/stat ] || # which tells what computes
		finds 11 '"(waits)" was to come, but this came: "done"'
	holds 12
}
check 'play -c: another exit status is caught, and (waits) that does not wait' \
	ends_and_waits_are_checked

# The limit of 20 s is a tenth of that here.
hang_is_caught() {
	program hang <<-END
		#!/bin/sh
		echo \$\$ >'$work/pid'
		exec sleep 1000
	END
	sheet <<-'END'
		## It hangs

		    $ ./hang

		## It prints nothing

		    $ sleep 1000
		    a line

		## It does not hang

		    $ echo a line
		    a line
	END
	TEST_TIME_SCALE=0.1 checks
	exits 1
	finds 1 '"[0]" was to come, but nothing came in 2 seconds'
	finds 2 '"a line" was to come, but nothing came in 2 seconds'
	holds 3
	await_that has_ended "$(cat "$work/pid")"
}
check 'play -c: a hang is caught, and fails its own section only' hang_is_caught

# 23 lines fit, the heading and the empty line below it are two of them. What is
# folded away does not count.
too_large_is_caught() {
	lines=$(printf 'text%.0s\n' 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1)
	x70=$(printf 'x%.0s' 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 \
		6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 \
		7 8 9 0 1 2 3 4 5 6 7 8 9 0)
	sheet <<-END
		## As high as it may be

		$lines

		## Too high

		$lines
		more

		## Two lines more, and a remark

		$lines

		<!-- any order -->

		    \$ true

		## As wide as it may be

		${x70}1234567890

		## A command that is too wide

		    \$ : ${x70}123

		## A text that is too wide

		${x70}12345678901

		## Folded

		$lines
		<details>
		$lines
		</details>
	END
	checks
	exits 1
	holds 1
	finds 2 'it has 24 lines'
	finds 3 'it has 25 lines'
	holds 4
	finds 5 'more than 80 columns'
	finds 6 'more than 80 columns'
	holds 7
}
check 'play -c: a section larger than 80x23 is caught' too_large_is_caught

# The parent of what is typed makes the terminals. A file of tests that has no
# plan counts as a failure.
cut_short_is_no_pass() {
	sheet <<-'END'
		## It ends its terminal

		    $ kill -s KILL $PPID

		## Another lane goes on

		    $ true
	END
	checks
	prints_like "/lab/README.md 2. Another lane goes on"
	[ "$status" -gt 1 ] || fail 'an exit status above 1'
	! has_text "$out" '1..' || fail 'no plan'
}
check 'play -c: what is cut short has no plan' cut_short_is_no_pass

finish_tests
