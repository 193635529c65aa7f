#!/bin/sh
# play-check.t - scripts/play.sh -c: what it lets pass, and each lie it catches
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

sheet() { # from standard input
	mkdir -p "$work/lab"
	cat >"$work/lab/README.md"
}

program() { # NAME, from standard input
	mkdir -p "$work/lab"
	cat >"$work/lab/$1"
	chmod +x "$work/lab/$1"
}

# What the sheets below are about: it greets, and with -w waits for Enter.
program_greet() {
	program greet <<-'END'
		#!/bin/sh
		[ "${1-}" != -w ] || { echo 'press Enter' && read -r _; }
		echo "hello from $$"
		echo 'and 7 others'
	END
}

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
		    and 7 others                 $ ls nothing 2>/dev/null
		                                 [2]

		## Nobody greets

		    $ true
	END
}

checks() { # [ARGUMENT ...]
	run_script scripts/play.sh -c "$@" "$work/lab/README.md"
}

passes() {
	checks
	succeeds
	! grep -q '^not ok' "$work/out" || fail 'all sections pass'
}

# The first section is found to lie, and the second one is not.
catches() { # TEXT
	checks
	exits 1
	prints_like 'not ok 1 - '
	grep -v '^ok' "$work/out" | grep -Fq -- "$1" || fail "why: $1"
	! grep -q 'not ok 2' "$work/out" || fail 'the other section passes'
}

change() { # SED-SCRIPT FILE
	sed "$1" "$work/lab/$2" >"$work/lab/changed"
	! cmp -s "$work/lab/changed" "$work/lab/$2" || fail "a change: $1"
	cat "$work/lab/changed" >"$work/lab/$2"
	rm "$work/lab/changed"
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
	catches 'the end, with exit status 0, was to come, but: "more"'
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
		    $ sleep 2; echo late         $ echo early; sleep 3
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
	catches 'has not come in 2 seconds'
	await_that has_ended "$(cat "$work/pid")"
}
check 'play -c: a hang is caught, and fails its own section only' hang_is_caught

exit_status_is_caught() {
	sheet_greet
	echo 'exit 3' >>"$work/lab/greet"
	catches 'the end, with exit status 0, was to come, but exit status 3 came'
	sheet_greet
	change 's/\[2\]/[1]/' README.md
	catches 'exit status 2 came'
	change '/\[1\]/d' README.md
	catches 'exit status 2 came'
}
check 'play -c: another exit status is caught' exit_status_is_caught

no_waiting_is_caught() {
	sheet_greet
	change 's/&& read -r _//' greet
	catches '(waits), but this came: "hello from'
	program greet <<-'END'
		#!/bin/sh
		echo 'press Enter'
	END
	catches '(waits), but it ended with exit status 0'
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

value_differs_once() {
	printf '#!/bin/sh\necho 41, 42.\n' | program two
	sheet <<-'END'
		## The same number twice

		<!-- differs: 5 -->

		    $ ./two
		    5, 5.

		## Another block, another number

		<!-- differs: 5 -->

		    $ expr 40 + 1
		    5

		<!-- differs: 5 -->

		    $ expr 40 + 2
		    5
	END
	catches 'this came: "41, 42."'
}
check 'play -c: what differs has one value throughout its block' \
	value_differs_once

value_is_typed() {
	echo '42, 0xabc, 0.25: is a text.' | program numbers
	sheet <<-'END'
		## The number that came is typed

		<!-- differs: 5 5.5 word 0x5f -->

		    $ cat numbers
		    5, 0x5f, 5.5: is a word.
		    $ echo 5 5.5 0x5f 5.51 word 5x
		    5 5.5 0x5f 5.51 word 5x

		## None came

		<!-- differs: 5 -->

		    $ touch made-5
		    $ echo 5
		    5
	END
	checks
	exits 1
	prints_like 'ok 1 - '
	prints_like 'not ok 2 - '
	prints_like 'nothing came for 5, so nothing is typed'
}
check 'play -c: the value that came is typed, and without one nothing' \
	value_is_typed

words_in_a_row_are_one() {
	program complain <<-'END'
		#!/bin/sh
		echo 'bind: Address in use (98)'
	END
	sheet <<-'END'
		## A message of the system

		<!-- differs: Address already in use -->

		    $ ./complain
		    bind: Address already in use (98)
	END
	passes
}
check 'play -c: words in a row that differ are one text' words_in_a_row_are_one

any_order_passes() {
	sheet <<-'END'
		## Any order

		<!-- any order -->

		    $ echo b; echo a; echo b
		    a
		    b
		    b

		## Not any number

		Text.
	END
	passes
	change 's/^    a$/    b/' README.md
	catches 'this was not to come: a'
}
check 'play -c: any order, where the sheet says so' any_order_passes

skipped_is_counted() {
	sheet <<-'END'
		## It needs root

		<!-- not run: it needs root -->

		    $ touch /made-by-play
		    never

		## It needs a tool

		    $ strace -c true
	END
	mkdir "$work/bin"
	for tool in sh awk sed cat mkdir mkfifo rm ln ls chmod id ps paste mv \
		grep dirname uname printf; do
		ln -s "$(command -v "$tool")" "$work/bin/"
	done
	command -v busybox >/dev/null && ln -s "$(command -v busybox)" "$work/bin/"
	shell=$(command -v "${shell%% *}")${shell#"${shell%% *}"}
	PATH=$work/bin checks
	succeeds
	prints_line "ok 1 - $work/lab/README.md 1: It needs root # SKIP it needs root"
	prints_like '2: It needs a tool # SKIP there is no strace here'
}
check 'play -c: what cannot be run is skipped, and counted as skipped' \
	skipped_is_counted

lost_remark_is_caught() {
	printf '## A\n\n<!-- differs: 5 -->\n\nText.\n\n## B\n\nText.\n' | sheet
	catches 'no session follows'
	printf '## A\n\nText:\n    $ false\n\n## B\n\nText.\n' | sheet
	catches 'no session can begin here'
}
check 'play -c: a session or remark that would not be seen is caught' \
	lost_remark_is_caught

top_comment_is_checked() {
	program_greet
	cat >"$work/lab/greet.c" <<-'END'
		/*
		 * greet - greets
		 *
		 *     terminal 1                    terminal 2
		 *     $ ./greet -w
		 *     press Enter
		 *     (waits for you)               $ ./greet
		 *                                   hello from …
		 *     (Enter)                       and 7 others
		 *     hello from …
		 *     and 7 others
		 *
		 * usage: greet [-w]
		 */
		    $ not a session
	END
	run_script scripts/play.sh -c "$work/lab/greet.c"
	succeeds
	prints_line "ok 1 - $work/lab/greet.c 1: greet - greets"
	change 's/others/friends/' greet
	run_script scripts/play.sh -c "$work/lab/greet.c"
	exits 1
}
check 'play -c: the session of a top comment' top_comment_is_checked

finish_tests
