#!/bin/sh
# sheet.sh - what a page says is what comes: for the files tests/LAB-sheet.t
#
# Each section of a page, and each top comment, is a test: play.sh prints TAP
# itself. TEST_COUNTS gets the counts, as from finish_tests.
# shellcheck disable=SC2034,SC2086 # lib.sh uses them; $shell may be two words
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

export ASAN_OPTIONS=detect_leaks=0 # under strace leaks cannot be looked for

play_pages() { # PAGE ...
	status=0
	if [ -n "$skip_all" ]; then
		echo "1..0 # SKIP $skip_all" >"$folder.log"
	else
		$shell scripts/play.sh -c "$@" >"$folder.log" 2>&1 &
		children=$!
		wait "$children" || status=$?
		children=
	fi
	cat "$folder.log"
	counts=$(awk '
		/^(ok .*|1[.][.]0) # SKIP/ { skipped++; next }
		/^ok / { passed++ }
		/^not ok / { failed++ }
		END { print passed + 0, failed + 0, skipped + 0 }' \
		"$folder.log")
	[ "$counts" != '0 0 0' ] || return 1 # it did not get through
	[ -z "${TEST_COUNTS:-}" ] || echo "$counts" >>"$TEST_COUNTS"
	return "$status"
}
