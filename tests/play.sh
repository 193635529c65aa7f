#!/bin/sh
# play.sh - sheets for the tests of scripts/play.sh, which read this in
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

sheet() { # from standard input
	[ -d "$work/lab" ] || mkdir "$work/lab"
	cat >"$work/lab/README.md"
}

program() { # NAME, from standard input
	[ -d "$work/lab" ] || mkdir "$work/lab"
	cat >"$work/lab/$1"
	chmod +x "$work/lab/$1"
}

checks() { # [ARGUMENT ...]
	run_script scripts/play.sh -c "$@" "$work/lab/README.md"
}

passes() {
	checks
	succeeds
	! has_text "$out" 'not ok' || fail 'all sections pass'
}

# The check has found that a section is not true, and why. That of another
# section tells nothing.
finds() { # SECTION TEXT
	is_there=
	while IFS= read -r line; do
		case $is_there$line in
		"not ok $1 - "*) is_there=yes ;;
		yes*"$2"*) return ;;
		yes*) break ;;
		esac
	done <"$out"
	fail "section $1 is wrong: $2"
}

holds() { # SECTION
	has_text "$out" "ok $1 - " || fail "section $1 is checked"
	! has_text "$out" "not ok $1 - " || fail "section $1 is true"
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
