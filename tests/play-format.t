#!/bin/sh
# play-format.t - scripts/play.sh: what a sheet can say
# shellcheck source=tests/play.sh
. "${0%/*}/play.sh"

values_differ() {
	printf '#!/bin/sh\necho 41, 42.\n' | program two
	printf '#!/bin/sh\necho "bind: Address in use (98)"\n' |
		program complain
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

		## The number that came is typed

		<!-- differs: 5 5.5 word 0x5f -->

		    $ echo '42, 0xabc, 0.25: is a text.'
		    5, 0x5f, 5.5: is a word.
		    $ echo 5 5.5 0x5f 5.51 word 5x
		    5 5.5 0x5f 5.51 word 5x
		    $ expr 5 + 1
		    43

		## None came

		<!-- differs: 5 -->

		    $ touch made-5; echo made >&2
		    $ echo 5
		    5

		## A message of the system is one text

		<!-- differs: Address already in use -->

		    $ ./complain
		    bind: Address already in use (98)

		## A word is a word

		<!-- differs: word -->

		    $ echo 'it is a long text.'
		    it is a word.

		## No text came yet

		<!-- differs: Address already in use -->

		    $ touch 'Address already in use'

		## Widths differ only with what is listed

		<!-- differs: 5 -->

		    $ echo '42  x'; echo 'a  b'
		    5 x
		    a b
	END
	checks
	exits 1
	prints_line '1..8'
	finds 1 'this came: "41, 42."'
	holds 2
	holds 3
	finds 4 'nothing has come yet for 5'
	holds 5
	finds 6 'this came: "it is a long text."'
	finds 7 'nothing has come yet for …'
	finds 8 'this came: "a  b"'
}
check 'play -c: what differs has one value throughout its block, and is typed' \
	values_differ

any_order_passes() {
	sheet <<-'END'
		## Any order

		<!-- any order -->

		    $ echo b; echo a; echo b
		    a
		    b
		    b

		## Any order of what differs

		<!-- any order -->
		<!-- differs: 4711 4712 -->

		    $ echo 1: a; echo 2: b
		    4711: a
		    4712: b

		## No line of these

		<!-- any order -->

		    $ echo b; echo a; echo b
		    b
		    b
		    b

		## An exit status is none of what differs

		<!-- any order -->
		<!-- differs: 0 -->

		    $ echo number 5
		    number 0

		## Not so often

		<!-- any order -->

		    $ echo b; echo a
		    a
		    b
		    b
	END
	checks
	exits 1
	holds 1
	holds 2
	finds 3 'was to come, but this came: "a"'
	holds 4
	finds 5 'was to come, but this came: "[0]"'
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

		## It needs one halfway

		    terminal 1          terminal 2
		    $ read line         $ strace -c true
		                        a line

		<!-- any order -->

		    $ echo no
		    yes
	END
	mkdir "$work/bin"
	set --
	for tool in "${shell%% *}" sh awk sed dirname stty mkdir mkfifo rm ln \
		cp tee chmod cat grep; do
		set -- "$@" "$(command -v "$tool")"
	done
	ln -s "$@" "$work/bin/" 2>/dev/null
	PATH=$work/bin checks
	succeeds
	prints_like '1. It needs root # SKIP it needs root'
	prints_like '2. It needs a tool # SKIP'
	prints_like '3. It needs one halfway # SKIP'
}
check 'play -c: what cannot be run is skipped, and counted as skipped' \
	skipped_is_counted

top_comments_are_checked() {
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
	sed 's/others/friends/' "$work/lab/greet.c" >"$work/lab/liar.c"
	run_script scripts/play.sh -c "$work/lab/greet.c" "$work/lab/liar.c"
	exits 1
	prints_like "ok 1 - "
	prints_like "/lab/greet.c 1. greet - greets"
	finds 2 '"and 7 friends" was to come, but this came: "and 7 others"'
}
check 'play -c: the session of a top comment' top_comments_are_checked

finish_tests
