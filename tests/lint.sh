#!/bin/sh
# lint.sh - what a maintainer looks at: warnings, form, portability
#
# Every program compiled alone by each compiler that is here, without a
# warning; scripts checked by shellcheck and by each shell that is here; C in
# the form of .clang-format; no line over 80 characters. A tool that is missing
# is said and skipped. Exit status 1 where something was found.
# shellcheck disable=SC2086 # names of files are words
set -u
cd "${0%/*}/.." || exit 1

warnings='-Wall -Wextra -Wpedantic -Wshadow -Wconversion'
scripts='scripts/*.sh scripts/*/*.sh tests/*.sh tests/*.t'
binary=${TMPDIR:-/tmp}/ipc-lint.$$
trap 'rm -rf "$binary" "$binary.dSYM"' EXIT
trap 'exit 1' HUP INT TERM
found=0

complain() {
	echo "lint: $*" >&2
	found=1
}

have() {
	command -v "$1" >/dev/null && return
	echo "lint: skipped: there is no $1 here"
	return 1
}

compile_each() { # COMPILER [FLAG ...]
	# One for 32 bits may be without its headers.
	if ! echo '#include <stdio.h>' | "$@" -E - >/dev/null 2>&1; then
		echo "lint: skipped: $* cannot be used here"
		return
	fi
	for file in */*.c scripts/*/*.c; do
		if [ "$1" = tcc ] && grep -q '<stdatomic.h>' "$file"; then
			continue # tcc 0.9.27 has no C11 atomics
		fi
		shared=
		[ "$file" != scripts/watch/library.c ] || shared='-c -fPIC'
		"$@" $shared "$file" -o "$binary" || complain "$* $file"
	done
}

compile_each ${CC:-cc} -Werror # but for that as a student does it
compile_each gcc -c -O2 -Werror $warnings
compile_each gcc -m32 -c -O2 -Werror $warnings
compile_each clang -c -O2 -Werror $warnings
compile_each musl-gcc -c -Wall -Wextra -Werror
compile_each tcc

if have clang-format; then
	clang-format --dry-run -Werror ./*/*.[ch] scripts/*/*.[ch] ||
		complain clang-format
fi
if have shellcheck; then
	shellcheck $scripts .ci/run || complain shellcheck
fi
for shell in dash 'busybox sh' mksh bash; do
	have "${shell%% *}" || continue
	for script in $scripts; do
		$shell -n "$script" || complain "$shell -n $script"
	done
done

wide=$(expand Makefile ./*/*.[ch] ./scripts/*/*.[ch] $scripts .ci/run \
	scripts/*.awk scripts/*/*.awk | awk 'length > 80'
	# In a page a table's line, or a link, may be as long as it is.
	awk 'length > 80 && !/^[|]|\]\(/' ./*.md ./*/*.md scripts/*/*.md)
[ -z "$wide" ] || complain "lines over 80 characters: $wide"

[ "$found" -eq 0 ] && echo 'lint: nothing found'
exit "$found"
