#!/bin/sh
# play-format.t - scripts/play.sh: what a sheet can say
# shellcheck source=tests/play.sh
. "${0%/*}/play.sh"

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
	prints_like 'nothing has come yet for what differs in $ touch made-'
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
	catches 'was to come, but this came: "a"'
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
	for tool in "${shell%% *}" sh awk sed cat mkdir mkfifo rm ln ls chmod \
		id ps paste mv grep dirname uname printf; do
		ln -sf "$(command -v "$tool")" "$work/bin/"
	done
	PATH=$work/bin checks
	succeeds
	prints_like '1: It needs root # SKIP it needs root'
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
