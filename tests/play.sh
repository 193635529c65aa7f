#!/bin/sh
# play.sh - sheets for the tests of scripts/play.sh, which read this in
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

# What most sheets are about: it greets, and with -w waits for Enter.
program_greet() {
	program greet <<-'END'
		#!/bin/sh
		[ "${1-}" != -w ] || { echo 'press Enter' && read -r _; }
		echo "hello from $$"
		echo 'and 7 others'
	END
}
