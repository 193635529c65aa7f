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
				print file, page[link], (link !~ /#/ || \
					link in heading) ? "yes" : link
			}
		}' $pages scripts/watch/README.md >"$work/links"
	[ -s "$work/links" ] || fail 'links'
	while read -r name page found; do
		[ -e "$name" ] || fail "the file $name, as in $page"
		[ "$found" = yes ] || fail "the heading $found, as in $page"
	done <"$work/links"
}
check 'links and their headings are there' links_resolve

programs_are_mentioned() {
	for source in fork_demo/*.c shm/*.c socket/*.c msgqueue/*.c; do
		program=${source%.c}
		program=${program##*/}
		has_text "${source%/*}/README.md" "$program" ||
			fail "$program in ${source%/*}/README.md"
		has_text README.md "$program" || fail "$program in README.md"
	done
}
check 'each program is mentioned by its sheet and by README.md' \
	programs_are_mentioned

# An option is typed in a sheet, or named in its table of programs.
options_are_mentioned() {
	for lab in fork_demo shm socket msgqueue; do
		awk '/^ \* usage: / {
				for (i = 4; i <= NF; i++)
					if ($i ~ /^\[-[a-z]+\]*$/)
						options[$3] = options[$3] $i
				gsub(/[^a-z]|h/, "", options[$3])
			}
			FILENAME ~ /[.]md$/ { line[FNR] = $0 }
			function look(letters,    i, letter) {
				if (letters == "")
					return
				look(substr(letters, 2))
				letter = substr(letters, 1, 1)
				for (i in line)
					if (index(line[i], name) && \
						line[i] ~ "[ []-[a-z]*" letter)
						return
				print name " -" letter
			}
			END {
				for (name in options)
					look(options[name])
			}' "$lab"/*.c "$lab/README.md" >"$work/missing"
		[ ! -s "$work/missing" ] ||
			fail "in the sheet of $lab: $(cat "$work/missing")"
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
