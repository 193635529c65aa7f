#!/bin/sh
# pages.t - the pages and what they speak of: links, programs, options, targets
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

pages='README.md fork_demo/README.md shm/README.md socket/README.md
	msgqueue/README.md scripts/compare/README.md'

# GitHub's name for a heading: small letters, digits, hyphens for blanks.
anchors() { # PAGE
	sed -n 's/^##* //p' "$1" | LC_ALL=C tr '[:upper:]' '[:lower:]' |
		LC_ALL=C sed 's/[^a-z0-9 _-]//g; s/ /-/g'
}

# A link is (PAGE), (PAGE#HEADING) or (#HEADING) behind a ].
links_resolve() {
	for page in $pages; do
		folder=${page%/*}
		[ "$folder" != "$page" ] || folder=.
		awk '{
			while ((start = index($0, "](")) > 0) {
				$0 = substr($0, start + 2)
				print substr($0, 1, index($0, ")") - 1)
			}
		}' "$page" | grep -v '^http' >"$work/links" || continue
		while read -r link; do
			file=$folder/${link%%#*}
			[ -n "${link%%#*}" ] || file=$page
			[ -e "$file" ] || fail "the file of $link in $page"
			case $link in
			*'#'*)
				anchors "$file" >"$work/anchors"
				has_line "$work/anchors" "${link#*#}" ||
					fail "a heading for $link in $page"
				;;
			esac
		done <"$work/links"
	done
}
check 'links and their headings are there' links_resolve

programs_are_mentioned() {
	for source in fork_demo/*.c shm/*.c socket/*.c msgqueue/*.c; do
		program=${source%.c}
		program=${program##*/}
		has_text "${source%/*}/README.md" "$program" ||
			fail "$program in ${source%/*}/README.md"
		grep -q "$program" README.md || fail "$program in README.md"
	done
}
check 'each program is mentioned by its sheet and by README.md' \
	programs_are_mentioned

# An option is typed in a sheet, or named in its table of programs.
options_are_mentioned() {
	for source in fork_demo/*.c shm/*.c socket/*.c msgqueue/*.c; do
		program=${source%.c}
		program=${program##*/}
		usage=$(sed -n 's/^ \* usage: //p' "$source")
		letters=$(echo "$usage" | tr ' ' '\n' |
			sed -n 's/^\[-\([a-z]*\)\]*$/\1/p' | tr -d '\n')
		while [ -n "$letters" ]; do
			letter=${letters%"${letters#?}"}
			letters=${letters#?}
			[ "$letter" != h ] || continue
			page=${source%/*}/README.md
			grep "$program" "$page" | grep -q -e " -[a-z]*$letter" \
				-e "\[-[a-z]*$letter" ||
				fail "$program -$letter in $page"
		done
	done
}
check 'each option is mentioned beside its program' options_are_mentioned

# Where a page shows a command: in `...`, or in an indented block.
targets_exist() {
	# shellcheck disable=SC2016,SC2086 # no commands; these are names
	sed -n -e 's/.*`\(make [a-z][a-z_-]*\).*/\1/p' \
		-e 's/^    \$* *\(make [a-z][a-z_-]*\).*/\1/p' $pages |
		sort -u >"$work/named"
	while read -r _ target; do
		case $target in
		demo-* | test-* | watch* | step* | check-) continue ;;
		check-*) [ -f "tests/$target.sh" ] && continue ;;
		esac
		grep -q -e "^$target:" -e "^## $target:" Makefile && continue
		for lab in fork_demo shm socket msgqueue; do
			[ ! -f "$lab/$target.c" ] || continue 2
		done
		fail "make $target: a target"
	done <"$work/named"
}
check 'each target of make that a page names is there' targets_exist

tasks_are_named() {
	for task in tests/check-*.sh; do
		[ -f "$task" ] || continue
		task=${task##*/}
		# shellcheck disable=SC2086 # these are names
		grep -q "make ${task%.sh}" $pages ||
			fail "make ${task%.sh} in a page"
	done
}
check 'each task that can be checked is named in a sheet' tasks_are_named

finish_tests
