#!/bin/sh
# play-screen.t - scripts/play.sh on a terminal, which scripts/terminal is
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/screen.sh
. "${0%/*}/screen.sh"

plays() { # [ARGUMENT ...]
	run_script scripts/play.sh "$@" "$work/lab/README.md"
}

type_line() { # LINE
	line=$1
	while [ -n "$line" ]; do
		rest=${line#?}
		press "'${line%"$rest"}"
		line=$rest
	done
	press 10
}

sheet_of_three() {
	mkdir -p "$work/lab" "$work/tmp"
	cat >"$work/lab/README.md" <<-'END'
		# First

		The text of one.

		    terminal 1          terminal 2
		    $ echo from 1
		    from 1              $ echo from 2
		                        from 2

		That was one.

		# Second

		    $ echo two; sleep 500
		    two
		    (Ctrl-C)
		    [130]

		# Third

		The text of three.
	END
	export TMPDIR="$work/tmp"
}

play_on_screen() { # ROWS
	sheet_of_three
	open_screen
	# shellcheck disable=SC2086 # the shell may be two words
	type_there "stty rows $1 cols 80; $shell '$PWD/scripts/play.sh' \
'$work/lab/README.md'; echo status \$?"
}

comes_not() { # TEXT
	! grep -Fq -- "$1" "$work/screen.out" || fail "no '$1' yet"
}

keys_are_obeyed() {
	play_on_screen 24
	comes 'The text of one.'
	comes 'echo from 1'
	comes_not '    from 1'
	type_line ''
	comes '    from 1              $ echo from 2'
	comes_not '        from 2'
	type_line ''
	comes 'That was one.'
	type_line ''
	comes 'echo two'
	comes_not '    two'
	type_line 3
	comes 'The text of three.'
	: >"$work/screen.out"
	type_line 99
	type_line b
	comes '2. Second'
	type_line ''
	comes '    (Ctrl-C)'
	: >"$work/screen.out"
	type_line r
	comes '2. Second'
	type_line q
	comes 'status 0'
	comes_not 'Third'
	[ -z "$(ls -A "$work/tmp")" ] || fail 'no file left behind'
}
check 'play: on a terminal it stops before what is typed, and obeys keys' \
	keys_are_obeyed

a_runs_through() {
	play_on_screen 24
	comes 'echo from 1'
	type_line a
	comes 'The text of three.'
	comes 'status 0'
	comes_not 'not what the page says'
}
check 'play: a runs through' a_runs_through

small_terminal_has_no_columns() {
	play_on_screen 23
	comes 'smaller than 80x24'
	type_line ''
	comes '1| from 1'
	type_line ''
	comes '2| from 2'
	! grep -q '1|.*2|' "$work/screen.out" || fail 'no columns'
	type_line q
	comes 'status 0'
}
check 'play: a small terminal is told, and gets no columns' \
	small_terminal_has_no_columns

ctrl_c_ends_it() {
	play_on_screen 24
	comes 'echo from 1'
	type_line 2
	comes '2. Second'
	type_line ''
	comes '    (Ctrl-C)'
	press 3
	comes 'x[130]'
	[ -z "$(ls -A "$work/tmp")" ] || fail 'no file left behind'
}
check 'play: Ctrl-C ends what it started, and itself' ctrl_c_ends_it

runs_through_into_a_file() {
	sheet_of_three
	plays
	succeeds
	prints_line '    from 1              $ echo from 2'
	prints_line 'The text of three.'
	! LC_ALL=C grep -q "$(printf '\033')" "$out" || fail 'plain text'
	plays -n 3
	prints_like '3. Third'
	! grep -q Second "$out" || fail 'it begins at section 3'
	plays -c -n 3
	prints_line '1..1'
	prints_like '3. Third'
	plays -n 4
	exits 2
	says 'there is no section 4'
}
check 'play: into a file it runs through; -n begins at a section' \
	runs_through_into_a_file

# Section 45 is one of the second lab.
numbers_stay() {
	run_script scripts/play.sh -c -n 45
	cp "$out" "$work/all"
	prints_like 'shm/README.md 45. '
	run_script scripts/play.sh -c -n 45 shm/README.md
	cmp "$work/all" "$out" || fail 'the same section'
}
check 'play: numbers of sections are the same however it was called' \
	numbers_stay

lie_is_told_on_screen() {
	sheet_of_three
	sed 's/^    from 1  /    from 0  /' "$work/lab/README.md" >"$work/new"
	mv "$work/new" "$work/lab/README.md"
	plays
	exits 1
	prints_like 'This is not what the page says'
	prints_like 'The text of three.'
}
check 'play: a lie is told, and the next section is played' \
	lie_is_told_on_screen

finish_tests
