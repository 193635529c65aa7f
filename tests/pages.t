#!/bin/sh
# pages.t - the pages and what they speak of: links, programs, options, targets
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

pages='README.md fork_demo/README.md shm/README.md socket/README.md
	msgqueue/README.md scripts/compare/README.md'

# A link is (PAGE), (PAGE#HEADING) or (#HEADING) behind a ]. GitHub's names of
# headings: small letters, digits, hyphens for blanks.
links_resolve() {
	# shellcheck disable=SC2086 # these are names
	LC_ALL=C awk '/^#+ / {
			name = tolower($0)
			sub(/^#+ /, "", name)
			gsub(/[^a-z0-9 _-]/, "", name)
			gsub(/ /, "-", name)
			heading[FILENAME "#" name] = 1
		}
		{
			folder = FILENAME
			sub(/[^\/]*$/, "", folder)
			while ((start = index($0, "](")) > 0) {
				$0 = substr($0, start + 2)
				link = substr($0, 1, index($0, ")") - 1)
				if (link ~ /^http/)
					continue
				link = (link ~ /^#/ ? FILENAME : folder) link
				while (sub(/[^\/]+\/[.][.]\//, "", link))
					;
				page[link] = FILENAME
			}
		}
		END {
			for (link in page) {
				file = link
				sub(/#.*/, "", file)
				found = link !~ /#/ || link in heading
				if (!found || (getline line <file) < 0)
					print link ", a link of " page[link]
			}
		}' $pages scripts/watch/README.md >"$work/missing"
	[ ! -s "$work/missing" ] || fail "$(cat "$work/missing")"
}
check 'links and their headings are there' links_resolve

# Each program is named by README.md and by its sheet, and there its options, in
# a line with it: they are typed, or in the table of programs.
programs_are_mentioned() {
	# shellcheck disable=SC2086 # these are names
	awk '{ text[FILENAME] = text[FILENAME] $0 "\n" }
		/^ \* usage: / { usage[FILENAME] = $0 }
		function need(page, name, option) {
			if (text[page] !~ name (option == "" ? "" : \
					"[^\n]*[ []-[a-z]*" option))
				print page " about " name, option
		}
		END {
			for (file in usage) {
				split(file, part, /[\/.]/)
				sheet = part[1] "/README.md"
				need("README.md", part[2], "")
				need(sheet, part[2], "")
				groups = split(usage[file], group, /\[-/)
				for (g = 2; g <= groups; g++) {
					gsub(/[^a-z].*|h/, "", group[g])
					for (i = 1; i <= length(group[g]); i++)
						need(sheet, part[2], \
							substr(group[g], i, 1))
				}
			}
		}' $pages fork_demo/*.c shm/*.c socket/*.c msgqueue/*.c \
		>"$work/missing"
	[ ! -s "$work/missing" ] || fail "$(cat "$work/missing")"
}
check 'each program and each of its options is mentioned by its sheet' \
	programs_are_mentioned

# Where a page shows a command: in `...`, or in an indented block.
targets_exist() {
	# shellcheck disable=SC2016,SC2086 # no commands; these are names
	sed -n -e 's/.*`\(make [a-z][a-z_-]*\).*/\1/p' \
		-e 's/^    \$* *\(make [a-z][a-z_-]*\).*/\1/p' $pages \
		>"$work/named"
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
	for task in tests/check-*.sh; do
		task=${task##*/}
		has_line "$work/named" "make ${task%.sh}" ||
			fail "make ${task%.sh} in a page"
	done
}
check 'targets of make that a page names are there; each task is named' \
	targets_exist

finish_tests
