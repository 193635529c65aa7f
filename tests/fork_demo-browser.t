#!/bin/sh
# fork_demo-browser.t - browser: a tab that crashes takes no other along. What
# becomes of each is in the sheet
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
	sed -n 's/.*process \([0-9]*\).*/\1/p' "$out" >"$work/processes"
	[ -z "$(sort "$work/processes" | uniq -d)" ] ||
		fail 'each page from a process of its own'
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
	"$build/tests/confined" "$1" true 2>/dev/null ||
		skip 'prctl cannot be kept from its work here'
	run tests/confined "$1" "$build/fork_demo/browser"
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

opens_all_or_ends() {
	see_browsers
	command='ulimit -n 8; fork_demo/browser'
	(
		# shellcheck disable=SC3045 # where it cannot be limited
		ulimit -n 8 2>/dev/null || exit 77
		exec "$build/fork_demo/browser"
	) >"$out" 2>"$err"
	status=$?
	[ "$status" -ne 77 ] || skip 'the descriptors cannot be limited here'
	fails_with 1 'socketpair: '
	await_that no_browsers
}
check 'browser: what was opened ends where not all tabs can be' \
	opens_all_or_ends

# One call fails: of the browser, 1, the first tab, 1.1, the hanging one, 1.6,
# or the plug-in, 1.8. See scripts/watch/library.c.
start_with_fault() { # NAME FAULT
	library=$build/scripts/watch/library.so
	: >"$work/$1.events"
	WATCH_EVENTS=$work/$1.events WATCH_FAULT=$2 LD_PRELOAD=$library \
		DYLD_INSERT_LIBRARIES=$library "$build/fork_demo/browser" \
		>"$work/$1.out" 2>"$work/$1.err" &
	echo "$!" >"$work/$1.pid"
}

failing_calls_are_met() {
	cat >"$work/faults" <<-END
		poll|1 poll 1 EINTR|(news): drew: Rain until noon [|
		read|1 read 1 EINTR|(news): drew: Rain until noon [|
		piece|1 read 1 short|(news): drew: Rain until noon [|
		wait|1 waitpid 1 EINTR|(news): drew: Rain until noon [|
		send|1.1 write 1 EINTR|(news): drew: Rain until noon [|
		hang|1.6 read 1 EINTR|tab 6 (hang): cut off, silent|
		part|1.8 write 1 short|plug-in: drew: /etc/passwd opened [|
		lost|1.1 write 1 EIO|tab 1 (news): failed|another fate: drew
		deaf|1 read 1 EIO|: cut off, cannot be read|browser: read
	END
	while IFS='|' read -r name fault _; do
		start_with_fault "$name" "$fault"
	done <"$work/faults"
	while IFS='|' read -r name fault printed said; do
		finish "$name"
		command="fork_demo/browser, fault $fault"
		[ -s "$work/$name.events" ] ||
			skip 'no calls can be watched here'
		has_text "$work/$name.events" ' fault ' ||
			fail 'a call that fails'
		[ -n "$said" ] || succeeds
		[ -z "$said" ] || exits 1
		[ -z "$said" ] || says "$said"
		prints_like "$printed"
		has_lines "$out" 10 || fail 'ten lines'
		! grep -q ': drew: .*[^]]$' "$out" || fail 'whole pages'
	done <"$work/faults"
}
check 'browser: interrupted calls and short counts change nothing, errors do' \
	failing_calls_are_met

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
