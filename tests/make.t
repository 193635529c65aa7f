#!/bin/sh
# make.t - the Makefile, and the tree as people get it
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

make=${MAKE:-make}
unset MAKEFLAGS MAKELEVEL BUILD CFLAGS LDFLAGS

run_make() { # [ARGUMENT ...]
	command="make $*"
	$make "$@" >"$work/out" 2>"$work/err" </dev/null
	status=$?
}

# A copy of the tree, without what was built.
copy_tree() {
	mkdir "$work/tree"
	find . -name .git -prune -o -name .build -prune -o -type f \
		\( -name '*.[cht]' -o -name '*.sh' -o -name '*.awk' -o \
		-name Makefile -o -name '*.md' \) -print |
		tar cf - -T - 2>/dev/null | tar xf - -C "$work/tree"
	[ -f "$work/tree/Makefile" ] || skip 'no tar that reads a list here'
}

help_is_complete() {
	run_make help
	succeeds
	for target in demo demo-LAB compare test test-LAB check-TASK soak lint \
		sanitize faults clean clean-ipc help; do
		grep -q "^make $target  *[a-z]" "$work/out" ||
			fail "a line about make $target"
	done
}
check 'make help tells every target' help_is_complete

builds_again() {
	copy_tree
	(
		cd "$work/tree" || exit
		run_make fork_demo CFLAGS=-O0
		succeeds
		run_make fork_demo CFLAGS=-O0
		[ ! -s "$work/out" ] || prints_like 'Nothing to be done'
		# Some makes tell times apart only by their seconds.
		find . -exec touch -t 202001010000 {} +
		run_make fork_demo CFLAGS=-O1
		prints_like '-O1'
		find . -exec touch -t 202001010000 {} +
		run_make fork_demo CFLAGS="-O1 -DWORD='\"a b\"'"
		succeeds
		prints_like 'a b'
		run_make BUILD='b 3' fork_demo
		exits 2
		says 'a name without blanks'
		has_lines "$work/err" 1 || fail 'one line'
		[ ! -e b ] || fail 'nothing was made'
	) || exit
}
check 'make: other flags build again; a blank in BUILD is refused' builds_again

labs_stand_alone() {
	copy_tree
	(
		cd "$work/tree" || exit
		echo 'an error' >>shm/race.c
		run_make -k -n test-fork_demo
		succeeds
		run_make -C fork_demo CFLAGS=-O0
		succeeds
		[ -x fork_demo/private ] || fail 'the lab is built'
		[ ! -e shm/writer ] || fail 'no other lab is built'
		run_make -C shm writer CFLAGS=-O0
		succeeds
		[ -x shm/writer ] || fail 'one program of a lab'
		run_make test-fork_demo-private CFLAGS=-O0
		succeeds
		prints_like ' 0 failed'
		run_make -C shm CFLAGS=-O0
		exits 2
	) || exit
}
check 'make: a lab needs no other lab' labs_stand_alone

# As they come out of a zip file, in a folder with a blank in its name.
no_run_bits() {
	copy_tree
	mv "$work/tree" "$work/a tree"
	find "$work/a tree" -type f -exec chmod a-x {} +
	(
		cd "$work/a tree" || exit
		run_make fork_demo scripts/sysv CFLAGS=-O0
		succeeds
		run_make clean-ipc -n
		run_make test-fork_demo-private CFLAGS=-O0
		succeeds
		prints_like ' 0 failed'
		run_make clean
		succeeds
	) || exit
}
check 'make: without run bits, in a folder with a blank in its name' no_run_bits

# Whatever a user's git makes of line ends, these files keep theirs.
line_ends() {
	git rev-parse HEAD >"$work/out" 2>&1 || skip 'no git, or no repository'
	git -c core.autocrlf=true -c advice.detachedHead=false clone -q . \
		"$work/clone" 2>"$work/err" || skip 'this cannot be cloned'
	cr=$(printf '\r')
	! grep -l "$cr" "$work/clone/Makefile" "$work/clone"/*/*.sh \
		"$work/clone"/*/*.[ct] >"$work/found" ||
		fail "plain line ends: $(cat "$work/found")"
}
check 'cloned with core.autocrlf, the files have plain line ends' line_ends

# What a compiler without atomics cannot build it says, and builds the rest.
no_atomics() {
	copy_tree
	cat >"$work/cc" <<-'END'
		#!/bin/sh
		for word; do
			[ "$word" != -E ] || exit 1
		done
		exec cc "$@"
	END
	chmod +x "$work/cc"
	command -v cc >/dev/null || skip 'no cc here'
	(
		cd "$work/tree" || exit
		atomic=$(grep -l '<stdatomic.h>' ./*/*.c ./*/*/*.c | head -n 1)
		[ -n "$atomic" ] || skip 'no program needs atomics'
		atomic=${atomic#./}
		run_make "${atomic%.c}" shm/race CC="$work/cc" CFLAGS=-O0
		succeeds
		prints_like "has no <stdatomic.h>: ${atomic%.c} is not built"
		[ -x shm/race ] || fail 'the rest is built'
	) || exit
}
check 'make: a compiler without atomics builds the rest' no_atomics

finish_tests
