#!/bin/sh
# fork_demo-browser.t - browser: a tab that crashes takes no other along
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

# The browser's lines come in any order, but for the first and the last two.
meets_each_fate() {
	here=$PWD
	case $build in
	/*) ;;
	*) build=$here/$build ;;
	esac
	cd "$work" || exit 1
	# shellcheck disable=SC3045 # where a core file would be dropped here
	ulimit -c unlimited 2>/dev/null
	run fork_demo/browser
	cd "$here" || exit 1
	succeeds
	[ "$(wc -l <"$work/out")" -eq 10 ] || fail 'ten lines'
	prints_like 'tab 1 (news): drew: Rain until noon [process '
	prints_line 'tab 2 (crash): killed by SIGSEGV'
	prints_line 'tab 4 (flood): cut off, sent too much'
	prints_line 'tab 5 (vandal): cut off, sent what is no text'
	prints_like 'tab 7 (mail): drew: No new mail [process '
	prints_like 'plug-in: drew: /etc/passwd opened [process '
	[ "$(tail -n 2 "$work/out")" = 'tab 6 (hang): cut off, silent
browser: still up' ] || fail 'the hanging tab is the last: it holds up no other'
	for core in "$work"/core* "$work"/*.core; do
		[ ! -e "$core" ] || fail 'no core file'
	done
}
check 'browser: each process meets its fate, and the browser stays up' \
	meets_each_fate

draws_in_other_processes() {
	start browser fork_demo/browser
	finish browser
	succeeds
	prints_line "browser: process $(pid browser)"
	sed -n 's/.*process \([0-9]*\).*/\1/p' "$work/out" >"$work/processes"
	[ "$(wc -l <"$work/processes")" -eq 4 ] ||
		fail 'the processes of the browser, two tabs and the plug-in'
	[ "$(sort -u "$work/processes" | wc -l)" -eq 4 ] ||
		fail 'four different processes'
}
check 'browser: pages come from processes of their own' \
	draws_in_other_processes

# In a container the kernel may refuse the strict mode: see confined below.
sandbox_keeps_from_file() {
	grep -q '^Seccomp:[[:space:]]*0$' /proc/self/status 2>/dev/null ||
		skip 'the strict mode of seccomp cannot be had here'
	run fork_demo/browser
	succeeds
	prints_line 'tab 3 (spy): killed by SIGKILL'
	[ "$(grep -c '^tab .*, in a sandbox\]$' "$work/out")" -eq 2 ] ||
		fail 'two pages from the sandbox'
	prints_like ', no sandbox]'
	[ "$(grep -c 'passwd opened' "$work/out")" -eq 1 ] ||
		fail 'the file was opened by the plug-in only'
}
check 'browser: in the sandbox a tab is killed for opening a file' \
	sandbox_keeps_from_file

run_confined() { # ERRNO: prctl fails with it; 0: it lies
	"$build/tests/confined" "$1" true 2>/dev/null ||
		skip 'prctl cannot be kept from its work here'
	run tests/confined "$1" "$build/fork_demo/browser"
}

says_where_no_sandbox_is() {
	run_confined 22 # EINVAL
	succeeds
	prints_like 'tab 3 (spy): drew: /etc/passwd opened [process '
	[ "$(grep -c ', no sandbox\]$' "$work/out")" -eq 4 ] ||
		fail 'four pages, all from outside a sandbox'
	prints_line 'tab 2 (crash): killed by SIGSEGV'
	prints_line 'browser: still up'
}
check 'browser: says so where there is no sandbox' says_where_no_sandbox_is

tells_wrong_fate() {
	run_confined 0
	fails_with 1 'tab 3 (spy) was meant for another fate: killed by SIGKILL'
	prints_like 'tab 3 (spy): drew: /etc/passwd opened [process '
	prints_line 'tab 6 (hang): cut off, silent'
	prints_line 'browser: still up'
}
check 'browser: another fate than the one meant is an error' tells_wrong_fate

# The browser and its tabs, zombies left out: they are of our process group.
browsers() {
	cat /proc/[0-9]*/stat 2>/dev/null | awk -v "group=$group" '
		$2 == "(browser)" && $3 != "Z" && $5 == group { print $1 }'
}

see_processes() { # sets $group
	[ -r "/proc/$$/stat" ] || skip 'processes cannot be seen here'
	group=$(awk '{ print $5 }' "/proc/$$/stat")
}

# Each sees the end of its channel.
no_browser_left() {
	tries=0
	while [ -n "$(browsers)" ]; do
		tries=$((tries + 1))
		[ "$tries" -le 200 ] || fail "no such process: $(browsers)"
		"$build/scripts/await" line /dev/null '' 0 # 5 milliseconds
	done
}

# Later in each round: before, while and after the tabs are opened.
leaves_no_tab() {
	see_processes
	for round in 0 1 2 3 4 5 6 7; do
		start browser fork_demo/browser
		"$build/scripts/await" line /dev/null '' "0.00$round"
		[ "$round" -lt 6 ] || await browser 'plug-in'
		stop browser KILL
		finish browser
		exits 137
		no_browser_left
	done
	start browser fork_demo/browser
	await browser 'tab 1'
	stop browser TERM
	finish browser
	exits 143
	no_browser_left
}
check 'browser: killed at any moment, it leaves no tab behind' leaves_no_tab

open_in() { # PROCESS
	for descriptor in "/proc/$1/fd"/*; do
		echo "${descriptor##*/} -> $(readlink "$descriptor")"
	done
}

# Once all is done but the hanging tab, the browser is stopped: Ctrl-Z. Should
# a busy machine have let that tab's second pass, try again.
tab_has_only_its_channel() {
	see_processes
	tries=0
	hanging=
	while [ -z "$hanging" ]; do
		tries=$((tries + 1))
		[ "$tries" -le 3 ] || fail 'a hanging tab, a second long'
		start browser fork_demo/browser
		for name in news crash spy flood vandal mail; do
			await browser "($name)"
		done
		await browser plug-in
		stop browser STOP
		hanging=$(browsers | grep -vx "$(pid browser)")
		open_in "${hanging:-$$}" >"$work/open"
		# Now not even the end of its channel would make the tab end.
		[ -z "$hanging" ] || kill -s STOP "$hanging"
		stop browser CONT
		finish browser
		succeeds
	done
	# What was open before this test, with a high number, is not its fault.
	open_in "$$" | sed -n 's/.*-> \(.\)/\1/p' >"$work/before"
	grep -Fv -f "$work/before" "$work/open" >"$work/own"
	[ "$(wc -l <"$work/own")" -eq 1 ] && grep -q 'socket' "$work/own" &&
		! grep -q '^[012] -> ' "$work/open" && return
	fail "one socket open, and no screen, not: $(cat "$work/open")"
}
check 'browser: a tab has its channel open only, and is ended even if stopped' \
	tab_has_only_its_channel

opens_all_or_ends() {
	see_processes
	status=0
	command='ulimit -n 8; fork_demo/browser'
	(
		# shellcheck disable=SC3045 # where it cannot be limited
		ulimit -n 8 2>/dev/null || exit 77
		exec "$build/fork_demo/browser"
	) >"$work/out" 2>"$work/err" || status=$?
	[ "$status" -ne 77 ] || skip 'the descriptors cannot be limited here'
	fails_with 1 'socketpair: '
	no_browser_left
}
check 'browser: what was opened ends where not all tabs can be' \
	opens_all_or_ends

# Each call that can wait fails with EINTR every other time, and each read and
# write takes one byte. The shim is for dynamic programs without a sanitizer.
make_shim() { # sets $shim
	shim=$work/shim.so
	cat >"$work/shim.c" <<-'END'
		#include <errno.h>
		#include <poll.h>
		#include <sys/syscall.h>
		#include <sys/wait.h>
		#include <unistd.h>
		static int interrupted(void) {
			static int calls;
			errno = EINTR;
			return ++calls % 2;
		}
		ssize_t read(int fd, void *place, size_t size) {
			return interrupted() ? -1 :
				syscall(SYS_read, fd, place, size ? 1 : 0);
		}
		ssize_t write(int fd, const void *place, size_t size) {
			return interrupted() ? -1 :
				syscall(SYS_write, fd, place, size ? 1 : 0);
		}
		pid_t waitpid(pid_t pid, int *status, int options) {
			return interrupted() ? -1 :
				wait4(pid, status, options, NULL);
		}
		int poll(struct pollfd *all, nfds_t count, int limit) {
			struct timespec rest = {limit / 1000,
				limit % 1000 * 1000000L};
			return interrupted() ? -1 :
				ppoll(all, count, &rest, NULL);
		}
	END
	${CC:-cc} -D_GNU_SOURCE -shared -fPIC "$work/shim.c" -o "$shim" \
		2>/dev/null || skip 'no library can be built here'
	LD_PRELOAD=$shim "$build/tests/odd" size >"$work/trial" 2>&1 ||
		skip 'no calls can be put in between here'
}

survives_short_counts() {
	[ -r /proc/self/status ] || skip 'the shim is for Linux'
	make_shim
	command='fork_demo/browser, calls interrupted, one byte each'
	status=0
	LD_PRELOAD=$shim "$build/fork_demo/browser" >"$work/out" \
		2>"$work/err" || status=$?
	succeeds
	grep -q '^tab 1 (news): drew: Rain until noon \[.*]$' "$work/out" ||
		fail 'the whole page of news'
	grep -q '^plug-in: drew: /etc/passwd opened \[.*]$' "$work/out" ||
		fail 'the whole page of the plug-in'
	[ "$(wc -l <"$work/out")" -eq 10 ] || fail 'ten lines'
}
check 'browser: interrupted calls and short counts change nothing' \
	survives_short_counts

# Each call of this name fails, in the tabs or in the browser. (The C library
# prints by others.)
run_failing() { # CALL
	[ -r /proc/self/status ] || skip 'the shim is for Linux'
	shim=$work/$1.so
	cat >"$work/$1.c" <<-END
		#include <errno.h>
		#include <stddef.h>
		long $1(int fd, const void *place, size_t size) {
			(void)fd, (void)place, (void)size;
			errno = EIO;
			return -1;
		}
	END
	${CC:-cc} -shared -fPIC -fno-builtin "$work/$1.c" -o "$shim" \
		2>/dev/null || skip 'no library can be built here'
	LD_PRELOAD=$shim "$build/tests/odd" size >"$work/trial" 2>&1 ||
		skip 'no calls can be put in between here'
	command="fork_demo/browser, each $1 fails"
	status=0
	LD_PRELOAD=$shim "$build/fork_demo/browser" >"$work/out" \
		2>"$work/err" || status=$?
}

unsent_page_is_not_drawn() {
	run_failing write
	exits 1
	says 'tab 1 (news) was meant for another fate: drew'
	prints_line 'tab 1 (news): failed'
	prints_line 'plug-in: failed'
	prints_line 'browser: still up'
}
check 'browser: a page that could not be sent is not drawn' \
	unsent_page_is_not_drawn

unread_channel_is_named() {
	run_failing read
	exits 1
	says 'browser: read: tab 1 (news): '
	prints_line 'tab 1 (news): cut off, cannot be read'
	prints_line 'browser: still up'
}
check 'browser: a channel that cannot be read is an error of read' \
	unread_channel_is_named

tells_browser_usage() {
	shows_usage fork_demo/browser
}
check 'browser: -h tells the usage' tells_browser_usage

browser_refuses_bad_usage() {
	refused fork_demo/browser -x
	refused fork_demo/browser surplus
}
check 'browser: an unknown option and an argument are refused' \
	browser_refuses_bad_usage

browser_needs_its_output() {
	fails_on_full_output 'cannot write to standard output' fork_demo/browser
}
check 'browser: fails when its output cannot be written' \
	browser_needs_its_output

# Here the output goes away in the middle, and SIGPIPE must not end it.
browser_needs_all_of_its_output() {
	command='fork_demo/browser | head -n 1'
	(
		"$build/fork_demo/browser" 2>"$work/err"
		echo "$?" >"$work/status"
	) | head -n 1 >"$work/out"
	status=$(cat "$work/status")
	fails_with 1 'cannot write to standard output'
}
check 'browser: fails when its output goes away' \
	browser_needs_all_of_its_output

# Closed, its number is free, and a channel must not get it.
browser_needs_an_output() {
	status=0
	command='fork_demo/browser >&-'
	: >"$work/out"
	"$build/fork_demo/browser" >&- 2>"$work/err" || status=$?
	fails_with 1 'cannot write to standard output'
}
check 'browser: fails when its output is closed' browser_needs_an_output

finish_tests
