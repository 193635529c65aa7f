#!/bin/sh
# solutions.t - the tasks of the sheets: each check fails on the lab as it is,
# with a hint, and passes on the solution in tests/solutions/
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

# A copy of the tree, without what was built.
copy_tree() {
	mkdir "$work/tree"
	find Makefile ./*/ -name solutions -prune -o -type f \
		\( -name '*.[ch]' -o -name '*.sh' -o -name Makefile \) -print |
		sed 's/.*/"&"/' | xargs tar cf - | tar xf - -C "$work/tree"
}

# make check-NAME, in the copy.
run_check() { # NAME
	command="make check-$1"
	(
		cd "$work/tree" || exit 1
		unset MAKEFLAGS MAKELEVEL BUILD TEST_COUNTS TEST_PROGRESS
		${MAKE:-make} "check-$1" CFLAGS=-O1
	) >"$work/out" 2>"$work/err" </dev/null
	status=$?
}

solution_is_needed() { # NAME
	case $1 in
	socket-*) has_loopback || skip 'there is no loopback interface' ;;
	esac
	copy_tree
	run_check "$1"
	exits 2
	prints_like 'not ok 1 - '
	prints_like 'hint: '
	command -v patch >/dev/null || skip 'no patch here'
	(cd "$work/tree" && patch -p1) <"tests/solutions/$1.patch" \
		>"$work/out" 2>"$work/err" || fail "tests/solutions/$1.patch"
	run_check "$1"
	exits 0
	! grep '^not ok' "$work/out" || fail 'the solution passes'
}

# One test a task, as if each stood here by itself.
for task in tests/check-*.sh; do
	[ -f "$task" ] || continue
	name=${task##*/check-}
	name=${name%.sh}
	eval "task_$(echo "$name" | tr - _)() { solution_is_needed '$name'; }"
	check "make check-$name fails on the lab, and passes on its solution" \
		"task_$(echo "$name" | tr - _)"
done

finish_tests
