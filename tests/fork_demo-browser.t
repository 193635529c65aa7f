#!/bin/sh
# fork_demo-browser.t - browser: a tab that crashes takes no other along. What
# becomes of each is in the sheet
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

build=$(cd "$build" && pwd)

has_pages() { # COUNT TEXT at the end of their lines
	[ "$(grep -c -- "$2\$" "$work/out")" -eq "$1" ] || fail "$1 pages $2"
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
	has_lines "$work/out" 10 || fail 'ten lines'
	read -r line <"$work/out"
	[ "$line" = "browser: process $browser" ] || fail 'first its process'
	[ "$(tail -n 2 "$work/out")" = 'tab 6 (hang): cut off, silent
browser: still up' ] || fail 'the hanging tab last: it holds up no other'
	for core in "$work"/core* "$work"/*.core; do
		[ ! -e "$core" ] || fail 'no core file'
	done
	sed -n 's/.*process \([0-9]*\).*/\1/p' "$work/out" >"$work/processes"
	[ "$(sort "$work/processes" | uniq -d)" = '' ] ||
		fail 'each page from a process of its own'
}
check 'browser: pages come from other processes, the hanging tab is the last' \
	goes_on_to_the_end

# In a container the kernel may refuse the strict mode: see confined below.
sandbox_keeps_from_file() {
	has_line /proc/self/status 'Seccomp:	0' 2>/dev/null ||
		skip 'the strict mode of seccomp cannot be had here'
	run fork_demo/browser
	succeeds
	prints_line 'tab 3 (spy): killed by SIGKILL'
	has_pages 2 ', in a sandbox]'
	has_pages 1 ', no sandbox]'
	has_pages 1 'passwd opened.*'
}
check 'browser: in the sandbox a tab is killed for opening a file' \
	sandbox_keeps_from_file

run_confined() { # ERRNO: prctl fails with it; 0: it lies
	"$build/tests/confined" "$1" true 2>/dev/null ||
		skip 'prctl cannot be kept from its work here'
	run tests/confined "$1" "$build/fork_demo/browser"
	prints_like 'tab 3 (spy): drew: /etc/passwd opened [process '
	prints_line 'tab 2 (crash): killed by SIGSEGV'
	prints_line 'tab 6 (hang): cut off, silent'
	prints_line 'browser: still up'
}

says_where_no_sandbox_is() {
	run_confined 22 # EINVAL
	succeeds
	has_pages 4 ', no sandbox]'
}
check 'browser: says so where there is no sandbox' says_where_no_sandbox_is

tells_wrong_fate() {
	run_confined 0
	fails_with 1 'tab 3 (spy) was meant for another fate: killed by SIGKILL'
}
check 'browser: another fate than the one meant is an error' tells_wrong_fate

# The processes of browsers in our process group, zombies left out.
see_browsers() { # sets $group
	[ -r "/proc/$$/stat" ] || skip 'processes cannot be seen here'
	read -r _ _ _ _ group _ <"/proc/$$/stat"
}

browsers() {
	for stat in /proc/[0-9]*/stat; do
		read -r number name state _ its_group _ <"$stat" || continue
		case $name$state$its_group in
		'(browser)Z'*) ;;
		"(browser)"[A-Z]"$group") echo "$number" ;;
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

opens_all_or_ends() {
	see_browsers
	command='ulimit -n 8; fork_demo/browser'
	(
		# shellcheck disable=SC3045 # where it cannot be limited
		ulimit -n 8 2>/dev/null || exit 77
		exec "$build/fork_demo/browser"
	) >"$work/out" 2>"$work/err"
	status=$?
	[ "$status" -ne 77 ] || skip 'the descriptors cannot be limited here'
	fails_with 1 'socketpair: '
	await_that no_browsers
}
check 'browser: what was opened ends where not all tabs can be' \
	opens_all_or_ends

# One call of one process fails, see scripts/watch/library.c: 1 is the browser,
# 1.1 the first tab, 1.6 the hanging one, 1.8 the plug-in.
start_with_fault() { # NAME FAULT [PROGRAM [ARGUMENT]]
	library=$build/scripts/watch/library.so
	: >"$work/$1.events"
	WATCH_EVENTS=$work/$1.events WATCH_FAULT=$2 LD_PRELOAD=$library \
		DYLD_INSERT_LIBRARIES=$library \
		"$build/${3:-fork_demo/browser}" ${4:+"$4"} \
		>"$work/$1.out" 2>"$work/$1.err" &
	echo "$!" >"$work/$1.pid"
}

finish_with_fault() { # NAME FAULT
	finish "$1"
	command="fork_demo/browser, fault $2"
	has_text "$work/$1.events" ' fault ' || fail 'a call that fails'
}

needs_faults() {
	start_with_fault trial '' tests/odd size
	finish trial
	[ -s "$work/trial.events" ] || skip 'no calls can be watched here'
}

short_counts_change_nothing() {
	needs_faults
	cat >"$work/faults" <<-END
		poll 1 poll 1 EINTR
		read 1 read 1 EINTR
		piece 1 read 1 short
		wait 1 waitpid 1 EINTR
		send 1.1 write 1 EINTR
		part 1.8 write 1 short
		hang 1.6 read 1 EINTR
	END
	while read -r name fault; do
		start_with_fault "$name" "$fault"
	done <"$work/faults"
	while read -r name fault; do
		finish_with_fault "$name" "$fault"
		succeeds
		has_lines "$work/out" 10 || fail 'ten lines'
		prints_like 'tab 1 (news): drew: Rain until noon ['
		prints_like 'plug-in: drew: /etc/passwd opened ['
		! grep -q ': drew: .*[^]]$' "$work/out" || fail 'whole pages'
	done <"$work/faults"
}
check 'browser: interrupted calls and short counts change nothing' \
	short_counts_change_nothing

failed_calls_are_told() {
	needs_faults
	start_with_fault read '1 read 1 EIO'
	start_with_fault write '1.1 write 1 EIO'
	finish_with_fault write '1.1 write 1 EIO'
	fails_with 1 'tab 1 (news) was meant for another fate: drew'
	prints_line 'tab 1 (news): failed'
	prints_line 'browser: still up'
	finish_with_fault read '1 read 1 EIO'
	exits 1
	tab=$(sed -n 's/: cut off, cannot be read$//p' "$work/out")
	says "browser: read: $tab: "
	prints_line "$tab: cut off, cannot be read"
	prints_line 'browser: still up'
}
check 'browser: a page that is not sent is not drawn, a failed read is named' \
	failed_calls_are_told

options_are_checked() {
	shows_usage fork_demo/browser
	refused fork_demo/browser -x
	refused fork_demo/browser surplus
}
check 'browser: -h tells the usage, bad input is refused' options_are_checked

output_is_needed() {
	fails_on_full_output 'cannot write to standard output' fork_demo/browser
}
check 'browser: fails when its output cannot be written' output_is_needed

# In the middle, and SIGPIPE must not end it.
output_goes_away() {
	command='fork_demo/browser | head -n 1'
	{
		"$build/fork_demo/browser" 2>"$work/err"
		echo "$?" >"$work/status"
	} | head -n 1 >"$work/out"
	read -r status <"$work/status"
	fails_with 1 'cannot write to standard output'
}
check 'browser: fails when its output goes away' output_goes_away

# Its number is free then, and a channel must not get it.
output_is_closed() {
	command='fork_demo/browser >&-'
	: >"$work/out"
	"$build/fork_demo/browser" >&- 2>"$work/err"
	status=$?
	fails_with 1 'cannot write to standard output'
}
check 'browser: fails when its output is closed' output_is_closed

finish_tests
