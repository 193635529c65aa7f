#!/bin/sh
# make.t - the Makefile, and the tree as people get it
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

unset MAKEFLAGS MAKELEVEL BUILD CFLAGS LDFLAGS

run_make() { # [ARGUMENT ...]
	command="make $*"
	${MAKE:-make} "$@" >"$out" 2>"$err" </dev/null
	status=$?
}

help_is_complete() {
	run_make help
	succeeds
	for target in demo demo-LAB compare test test-LAB check-TASK soak lint \
		sanitize faults clean clean-ipc help; do
		prints_like "make $target "
	done
}
check 'make help tells every target' help_is_complete

# A project of few programs and one test, in a folder with a blank in its name,
# without run bits: as it comes out of a zip file.
enter_small_tree() {
	mkdir "$work/a tree"
	tar cf - Makefile ./*/Makefile ./*/*.h scripts/*.sh scripts/*.c \
		scripts/watch/library.c scripts/watch/*.h fork_demo/private.c \
		shm/race.c shm/writer.c \
		tests/lib.sh tests/expect.sh tests/run.sh |
		(cd "$work/a tree" && tar xof -) || fail 'a copy'
	cd "$work/a tree" || exit
	cat >tests/fork_demo-private.t <<-'END'
		. "${0%/*}/lib.sh"
		it_runs() { run fork_demo/private; succeeds; }
		check 'it runs' it_runs
		finish_tests
	END
	find . -type f -exec chmod a-x {} +
}

# All files get the same time: some makes tell times apart only by seconds.
build_with() { # CC CFLAGS
	find . -exec touch -t 202001010000 {} +
	run_make fork_demo CC="$1" CFLAGS="$2"
	succeeds
}

# Its compiler makes empty files, prints its words, and knows no header.
falsely_built() {
	enter_small_tree
	cat >"$work/cc" <<-'END'
		#!/bin/sh
		printf '%s\n' "$@"
		for word; do
			[ "$word" != -E ] || exit 1
			[ "${last:-}" != -o ] || : >"$word"
			last=$word
		done
	END
	chmod +x "$work/cc"
	build_with "$work/cc" -O0
	build_with "$work/cc" -O0
	! has_line "$out" -O0 || fail 'nothing is built again'
	build_with "$work/cc" "-DWORD='\"a b\"'"
	prints_line '-DWORD="a b"'
	build_with "$work/cc -c" "-DWORD='\"a b\"'"
	prints_line -c
	run_make BUILD='b 3' fork_demo
	fails_with 2 'a name without blanks'
	[ ! -e b ] || fail 'nothing was made'
	echo '#include <stdatomic.h>' >shm/atomic.c
	run_make shm/atomic shm/race CC="$work/cc"
	succeeds
	prints_like 'has no <stdatomic.h>: shm/atomic is not built'
	[ ! -e shm/atomic ] || fail 'it is not built'
	[ -e shm/race ] || fail 'the rest is built'
}
check 'make: other flags build again; without atomics the rest is built' \
	falsely_built

labs_stand_alone() {
	enter_small_tree
	echo 'an error' >>shm/race.c
	run_make -n test-fork_demo test-socket test-msgqueue
	succeeds
	! has_text "$out" shm/race || fail 'no other lab is built'
	run_make -C fork_demo CFLAGS=-O0
	succeeds
	[ -x fork_demo/private ] || fail 'the lab is built'
	[ ! -e shm/writer ] || fail 'no other lab is built'
	run_make -C shm writer CFLAGS=-O0
	succeeds
	[ -x shm/writer ] || fail 'one program of a lab'
	run_make test-fork_demo-private CFLAGS=-O0
	succeeds
	prints_line '1 passed, 0 failed, 0 skipped'
	run_make -C shm CFLAGS=-O0
	exits 2
	run_make clean
	succeeds
	[ ! -e shm/writer ] || fail 'what was built is gone'
}
check 'make: a lab needs no other lab, no run bits, and may stand in "a tree"' \
	labs_stand_alone

# What a lab's folder hands on to the Makefile above.
folders_hand_on() {
	for lab in fork_demo socket msgqueue; do
		cmp -s shm/Makefile "$lab/Makefile" ||
			fail "the same Makefile in shm and in $lab"
	done
	run_make -n -C shm test demo watch step check-shm-second-reader \
		clean clean-ipc
	succeeds
	for words in 'run.sh shm' 'play.sh shm/README.md' 'watch/watch  ' \
		'watch/watch -s' check-shm-second-reader.sh 'rm -rf ' \
		cleanup.sh; do
		prints_like "$words"
	done
}
check "make: in a lab's folder there are the targets of the lab" \
	folders_hand_on

# Whatever a user's git makes of line ends, these files keep theirs.
line_ends() {
	git rev-parse HEAD >"$out" 2>&1 || skip 'no git, or no repository'
	git -c core.autocrlf=true -c advice.detachedHead=false clone -qs . \
		"$work/clone" 2>"$err" || skip 'this cannot be cloned'
	cr=$(printf '\r')
	! grep -l "$cr" "$work/clone/Makefile" "$work/clone"/*/*.sh \
		"$work/clone"/*/*.[ct] >"$work/found" ||
		fail "plain line ends: $(cat "$work/found")"
}
check 'cloned with core.autocrlf, the files have plain line ends' line_ends

finish_tests
