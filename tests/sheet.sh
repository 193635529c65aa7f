#!/bin/sh
# sheet.sh - what a page says is what comes: for the files tests/LAB-sheet.t
#
# Each section of a page, and each top comment, is a test: play.sh prints TAP.
# shellcheck disable=SC2086 # $shell may be two words
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

export ASAN_OPTIONS=detect_leaks=0 # under strace leaks cannot be looked for

play_pages() { # PAGE ...
	status=0
	if [ -n "$skip_all" ]; then
		echo "1..0 # SKIP $skip_all"
	else
		$shell scripts/play.sh -c "$@" 2>&1 &
		children=$!
		wait "$children" || status=$?
		children=
	fi
	remove_private
	exit "$status"
}
