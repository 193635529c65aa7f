#!/bin/sh
# lint.sh - what a maintainer looks at: warnings, form, portability
#
# Every program compiled alone by each compiler that is here, without a
# warning; scripts checked by shellcheck and by each shell that is here; C in
# the form of .clang-format; no line over 80 characters. A tool that is missing
# is said and skipped. Exit status 1 where something was found.
set -u
cd "${0%/*}/.." || exit 1

warnings='-O2 -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Werror'
scripts='scripts/*.sh scripts/*/*.sh tests/*.sh tests/*.t .ci/run'
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

compile_each() { # FLAGS COMPILER [ARGUMENT ...]
	flags=$1
	shift
	have "$1" || return 0
	for file in */*.c scripts/*/*.c; do
		if [ "$1" = tcc ] && grep -q '<stdatomic.h>' "$file"; then
			continue # tcc 0.9.27 has no C11 atomics
		fi
		shared=
		[ "$file" != scripts/watch/library.c ] || shared='-c -fPIC'
		# shellcheck disable=SC2086 # the flags are words
		"$@" $flags $shared "$file" -o "$binary" ||
			complain "$* $file"
	done
}

binary=${TMPDIR:-/tmp}/ipc-lint.$$
trap 'rm -rf "$binary" "$binary.dSYM"' EXIT
trap 'exit 1' HUP INT TERM

# As a student does it, with nothing but the file's name.
for file in fork_demo/*.c shm/*.c socket/*.c msgqueue/*.c \
	scripts/compare/*.c; do
	[ -z "$(${CC:-cc} "$file" -o "$binary" 2>&1)" ] ||
		complain "cc $file: not silent"
done
compile_each "-c $warnings" gcc
compile_each "-c $warnings" clang
compile_each '-c -Wall -Wextra -Werror' musl-gcc
compile_each '' tcc
if echo 'int main(void) { return 0; }' |
	gcc -m32 -x c - -o "$binary" 2>/dev/null; then
	compile_each "-c $warnings" gcc -m32
else
	echo 'lint: skipped: no 32-bit compiler here'
fi

if have clang-format; then
	clang-format --dry-run -Werror ./*/*.[ch] scripts/*/*.[ch] ||
		complain 'clang-format'
fi
if have shellcheck; then
	# shellcheck disable=SC2086 # these are names of files
	shellcheck $scripts || complain 'shellcheck'
fi
for shell in dash 'busybox sh' mksh bash; do
	have "${shell%% *}" || continue
	for script in scripts/*.sh scripts/*/*.sh tests/*.sh tests/*.t; do
		$shell -n "$script" || complain "$shell -n $script"
	done
done

wide=$(expand Makefile ./*/*.[ch] \
	scripts/*/*.[ch] ./*/*.sh scripts/*/*.sh scripts/*/*.awk ./*/*.t \
	.ci/run |
	awk 'length > 80' | head -n 5
	# In a page a table's line, or a link, may be as long as it is.
	awk 'length > 80 && !/^[|]|\]\(/' ./*.md ./*/*.md scripts/*/*.md)
[ -z "$wide" ] || complain "lines over 80 characters: $wide"

[ "$found" -eq 0 ] && echo 'lint: nothing found'
exit "$found"
