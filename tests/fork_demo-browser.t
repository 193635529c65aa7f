#!/bin/sh
# fork_demo-browser.t - browser: a tab that crashes takes no other along. What
# becomes of each is in the sheet; calls that fail, and signals at each of them,
# after which no tab is left: see scripts/watch/errors.h
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

# After a first silence, of held tabs, it looks once more: a browser that was
# stopped (Ctrl-Z, then fg) finds that no tab has drawn, in all this time.
silence_is_heard_twice() {
	run scripts/watch/watch -n -x '1:poll 1:poll' fork_demo/browser
	! has_text "$err" watched || skip "$(head -n 1 "$err")"
	succeeds
	prints_like silent
	! has_text "$out" meant || fail 'each tab to meet its fate'
}
check 'browser: no tab is cut off for one silence, as after Ctrl-Z, and fg' \
	silence_is_heard_twice

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

# Those that are there wait: the hanging one for the end of its channel, and the
# flood for the browser. Each has one socket, and no screen. (What this shell
# has open, with a high number, is not their fault.)
tabs_wait() { # sets $tabs
	tabs=$(child_of "$(pid browser)")
	for tab in $tabs; do
		read -r _ _ state _ <"/proc/$tab/stat"
		ls -l "/proc/$tab/fd" >"$work/open" 2>&1
		sockets=$(grep -Fv -f "$work/before" "$work/open" |
			grep -c socket:)
		[ "$state" = S ] && [ "$sockets" -eq 1 ] &&
			! grep -q ' [012] -> ' "$work/open" || return 1
	done
}

# Ctrl-Z for the browser, then also for these tabs. Should a busy machine have
# let the hanging one's second pass before, try again.
tab_has_only_its_channel() {
	[ -r /proc/self/stat ] || skip 'open files cannot be seen here'
	ls -l "/proc/$$/fd" >"$work/mine"
	sed -n 's/.* -> //p' "$work/mine" >"$work/before"
	begin 'tab 1' browser fork_demo/browser
	stop browser STOP
	await_that tabs_wait
	# shellcheck disable=SC2086 # these are words
	[ -z "$tabs" ] || kill -s STOP $tabs
	stop browser CONT
	ends_well browser
	[ -n "$tabs" ] || tab_has_only_its_channel
}
check 'browser: a tab has its channel open only, and is ended even if stopped' \
	tab_has_only_its_channel

# The output goes away in the middle, and SIGPIPE must not end it; or it is
# closed: then its number is free, and a channel must not get it. (Here there
# are no two numbers for a channel; but a sanitizer waits for more than one.)
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
	(
		exec >&- 2>"$err"
		# shellcheck disable=SC3045 # all shells that we know have it
		grep -q __asan "$build/fork_demo/browser" || ulimit -S -n 3
		exec "$build/fork_demo/browser"
	)
	status=$?
	fails_with 1 'cannot write to standard output'
	fails_on_full_output 'cannot write to standard output' fork_demo/browser
}
check 'browser: fails when its output goes away, is closed, or is full' \
	output_is_needed

finish_tests
