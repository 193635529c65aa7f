#!/bin/sh
# fork_demo-browser.t - browser: a tab that crashes takes no other along. What
# becomes of each is in the sheet; calls that fail: see scripts/watch/faults.c
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

build=$(cd "$build" && pwd)

has_pages() { # COUNT TEXT at the end of their lines
	[ "$(grep -c -- "$2\$" "$out")" -eq "$1" ] || fail "$1 pages $2"
}

# The browser's lines come in any order, but for the first and the last two.
goes_on_to_the_end() {
	command=fork_demo/browser
	# shellcheck disable=SC3045 # where a core file would be dropped here
	ulimit -c unlimited 2>/dev/null
	(cd "$work" && exec "$build/$command" >out 2>err) &
	browser=$!
	wait "$browser"
	status=$?
	succeeds
	has_lines "$out" 10 || fail 'ten lines'
	read -r line <"$out"
	[ "$line" = "browser: process $browser" ] || fail 'first its process'
	[ "$(tail -n 2 "$out")" = 'tab 6 (hang): cut off, silent
browser: still up' ] || fail 'the hanging tab last: it holds up no other'
	for core in "$work"/core* "$work"/*.core; do
		[ ! -e "$core" ] || fail 'no core file'
	done
	[ -z "$(sed -n 's/.*process \([0-9]*\).*/\1/p' "$out" | sort |
		uniq -d)" ] || fail 'each page from a process of its own'
	# In a container the kernel may refuse the strict mode: see below.
	has_line /proc/self/status 'Seccomp:	0' 2>/dev/null ||
		skip 'the strict mode of seccomp cannot be had here'
	prints_line 'tab 3 (spy): killed by SIGKILL'
	has_pages 2 ', in a sandbox]'
	has_pages 1 ', no sandbox]'
	has_pages 1 'passwd opened.*'
}
check 'browser: in the sandbox a tab is killed, hanging it holds up no other' \
	goes_on_to_the_end

# There prctl fails with this number, or, where it is 0, it lies.
run_confined() { # ERRNO
	run tests/confined "$1" "$build/fork_demo/browser"
	[ "$status" -ne 125 ] || skip "$(cat "$err")"
	prints_like 'tab 3 (spy): drew: /etc/passwd opened [process '
	prints_line 'tab 2 (crash): killed by SIGSEGV'
	prints_line 'tab 6 (hang): cut off, silent'
	prints_line 'browser: still up'
}

wrong_fate_is_told() {
	run_confined 22 # EINVAL
	succeeds
	has_pages 4 ', no sandbox]'
	run_confined 0
	fails_with 1 'tab 3 (spy) was meant for another fate: killed by SIGKILL'
}
check 'browser: says so where there is no sandbox, or one that does not work' \
	wrong_fate_is_told

# The processes of browsers in our process group, zombies left out.
see_browsers() { # sets $group
	[ -r "/proc/$$/stat" ] || skip 'processes cannot be seen here'
	read -r _ _ _ _ group _ <"/proc/$$/stat"
}

browsers() {
	for stat in /proc/[0-9]*/stat; do
		read -r number name state _ its_group _ <"$stat" || continue
		case "$name $state $its_group" in
		"(browser) "[!Z]" $group") echo "$number" ;;
		esac
	done 2>/dev/null
}

no_browsers() {
	[ -z "$(browsers)" ]
}

# Before, while and after the tabs are opened. Each sees the end of its channel.
leaves_no_tab() {
	see_browsers
	for line in '' 'browser: process' 'tab 1' '(mail)'; do
		start browser fork_demo/browser
		[ -z "$line" ] || await browser "$line"
		end browser KILL
		exits 137
		await_that no_browsers
	done
	begin 'tab 1' browser fork_demo/browser
	end browser
	exits 143
	await_that no_browsers
}
check 'browser: killed at any moment, it leaves no tab behind' leaves_no_tab

open_in() { # PROCESS; a line each: NUMBER -> WHAT
	# shellcheck disable=SC2012 # of many files busybox readlink knows none
	ls -l "/proc/$1/fd" | sed -n 's/.* \([0-9]* -> .*\)/\1/p'
}

# Once all is done but the hanging tab, the browser is stopped: Ctrl-Z. Should
# a busy machine have let that tab's second pass, try again.
tab_has_only_its_channel() {
	see_browsers
	tries=0
	hanging=
	while [ -z "$hanging" ]; do
		tries=$((tries + 1))
		[ "$tries" -le 3 ] || fail 'a hanging tab, a second long'
		start browser fork_demo/browser
		await_that has_lines "$work/browser.out" 8
		stop browser STOP
		hanging=$(browsers | grep -vx "$(pid browser)")
		open_in "${hanging:-$$}" >"$work/open"
		# Now not even the end of its channel would make the tab end.
		[ -z "$hanging" ] || kill -s STOP "$hanging"
		stop browser CONT
		ends_well browser
	done
	# What was open before this test, with a high number, is not its fault.
	open_in "$$" | sed 's/.* -> //' >"$work/before"
	grep -Fv -f "$work/before" "$work/open" >"$work/own"
	has_lines "$work/own" 1 && has_text "$work/own" socket &&
		! grep -q '^[012] -> ' "$work/open" && return
	fail "one socket open, and no screen, not: $(cat "$work/open")"
}
check 'browser: a tab has its channel open only, and is ended even if stopped' \
	tab_has_only_its_channel

options_are_checked() {
	shows_usage fork_demo/browser
	refused fork_demo/browser -x
	refused fork_demo/browser surplus
}
check 'browser: -h tells the usage, bad input is refused' options_are_checked

# The output goes away in the middle, and SIGPIPE must not end it; or it is
# closed: then its number is free, and a channel must not get it.
output_is_needed() {
	: >"$out"
	command='fork_demo/browser | head -n 1'
	{
		"$build/fork_demo/browser" 2>"$err"
		echo "$?" >"$work/status"
	} | head -n 1 >"$work/head"
	read -r status <"$work/status"
	fails_with 1 'cannot write to standard output'
	command='fork_demo/browser >&-'
	"$build/fork_demo/browser" >&- 2>"$err"
	status=$?
	fails_with 1 'cannot write to standard output'
	fails_on_full_output 'cannot write to standard output' fork_demo/browser
}
check 'browser: fails when its output goes away, is closed, or is full' \
	output_is_needed

finish_tests
