#!/bin/sh
# solutions.t - the tasks of the sheets: each check fails on the lab as it is,
# with a hint, and passes on the solution in tests/solutions/
# shellcheck disable=SC2086 # $rooms and $old are words
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

rooms='fork_demo shm socket msgqueue scripts tests'

# The tree, and what was built: only what the solution changes is built anew.
copy_tree() {
	mkdir "$work/tree"
	tar cf - Makefile $rooms | tar xof - -C "$work/tree"
	[ "$build" = . ] ||
		(cd "$build" && tar cf - $rooms) | tar xof - -C "$work/tree"
}

first_test() { # FILE
	awk '/^check / { found = 1 }
		found && !/\\$/ {
			print $NF
			exit
		}' "$1"
}

# make check-NAME, in the copy. Where a header has changed, so have the programs
# that are to be built.
run_check() { # NAME
	command="make check-$1"
	old=$(sed -n 's/^+++ b\/\(.*\.h\)$/-o \1/p' "tests/solutions/$1.patch")
	(
		cd "$work/tree" || exit 1
		unset MAKEFLAGS MAKELEVEL BUILD
		${MAKE:-make} -o .built_with $old "check-$1" CFLAGS=-O1
	) >"$out" 2>"$err" </dev/null
	status=$?
}

solution_is_needed() { # NAME
	case $1 in
	socket-*) has_loopback || skip 'there is no loopback interface' ;;
	esac
	unset TEST_PROGRESS # it is this file that tells
	run_script "tests/check-$1.sh" "$(first_test "tests/check-$1.sh")"
	exits 1
	prints_like 'not ok 1 - '
	prints_like 'hint: '
	command -v patch >/dev/null || skip 'no patch here'
	copy_tree
	(cd "$work/tree" && patch -p1) <"tests/solutions/$1.patch" \
		>"$out" 2>"$err" || fail "tests/solutions/$1.patch"
	run_check "$1"
	exits 0
	prints_like 'ok 1 - '
	! has_text "$out" 'not ok' || fail 'the solution passes'
}

# One test a task, as if each stood here by itself.
for task in tests/check-*.sh; do
	name=${task##*/check-}
	name=${name%.sh}
	function=task_$name
	while [ "$function" != "${function#*-}" ]; do
		function=${function%%-*}_${function#*-}
	done
	eval "$function() { solution_is_needed '$name'; }"
	check "make check-$name fails on the lab, and passes on its solution" \
		"$function"
done

finish_tests
