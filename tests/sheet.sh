#!/bin/sh
# sheet.sh - what a page says is what comes: for the files tests/LAB-sheet.t
#
# Each section of a page, and each top comment, is a test: play.sh prints TAP
# itself. TEST_COUNTS gets the counts, as from finish_tests.
set -u
cd "${0%/*}/.." || exit 1
# shellcheck source=scripts/private.sh
. scripts/private.sh

ASAN_OPTIONS=detect_leaks=0 # under strace leaks cannot be looked for
export ASAN_OPTIONS
private_folder ipc-test
trap_signals

# Without a loopback interface TCP and UDP reach nobody.
needs_loopback() {
	case $("${BUILD:-.}/socket/client" -p 1 2>&1) in
	*unreachable*)
		echo '1..0 # SKIP there is no loopback interface'
		[ -z "${TEST_COUNTS:-}" ] || echo '0 0 1' >>"$TEST_COUNTS"
		remove_private
		exit 0
		;;
	esac
}

play_pages() { # PAGE ...
	${TEST_SHELL:-sh} scripts/play.sh -c "$@" >"$private/tap" 2>&1 &
	children=$!
	wait "$children"
	status=$?
	children=
	cat "$private/tap"
	counts=$(awk '
		/^ok .* # SKIP/ { skipped++; next }
		/^ok / { passed++ }
		/^not ok / { failed++ }
		END { print passed + 0, failed + 0, skipped + 0 }' \
		"$private/tap")
	[ "$counts" != '0 0 0' ] || return 1 # it did not get through
	[ -z "${TEST_COUNTS:-}" ] || echo "$counts" >>"$TEST_COUNTS"
	return "$status"
}
