#!/bin/sh
# watch.sh - what the tests of scripts/watch/watch share
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

# Some compilers and libcs leave nothing that could be watched.
unless_watchable() {
	[ -f "$build/scripts/watch/library.so" ] ||
		skip 'there is no library to watch with'
	run scripts/watch/watch -t 5 'tests/faulty none'
	! has_text "$work/err" 'watched' || skip "$(head -n 1 "$work/err")"
	[ -z "${made_folder:-}" ] || return 0
	# What watch makes in TMPDIR must be gone again.
	TMPDIR=$work/tmp
	mkdir -p "$TMPDIR"
	export TMPDIR
	made_folder=yes
}

watch() { # ARGUMENT ...
	run scripts/watch/watch "$@"
	rmdir "$TMPDIR" || fail 'nothing left in TMPDIR'
	mkdir "$TMPDIR"
}

# A port that nobody else takes as long as this test runs.
new_port() { # sets $port
	mkfifo "$work/ports.in"
	exec 8<>"$work/ports.in"
	"$build/scripts/ports" 2 <"$work/ports.in" >"$work/ports.out" 8<&- &
	"$build/scripts/await" line "$work/ports.out" '' 10 || fail 'a port'
	read -r port <"$work/ports.out"
	port=$((port + 1))
}

# Cut a column out of a drawing for two processes in 80 columns.
column() { # 1 or 2
	case $1 in
	1) cut -c 9-44 "$work/out" ;;
	2) cut -c 45-80 "$work/out" ;;
	esac >"$work/column"
}

in_column() { # 1 or 2, TEXT
	column "$1"
	has_text "$work/column" "$2" || fail "'$2' in column $1"
}

not_in_column() { # 1 or 2, TEXT
	column "$1"
	! has_text "$work/column" "$2" || fail "no '$2' in column $1"
}

# These texts are in the drawing, in this order: a line is read from the left.
in_order() { # TEXT ...
	for text in "$@"; do
		printf '%s\n' "$text"
	done >"$work/texts"
	awk 'NR == FNR { text[NR] = $0; count = NR; next }
		{
			while (done < count && at = index($0, text[done + 1])) {
				done++
				$0 = substr($0, at + length(text[done]))
			}
		}
		END {
			if (done < count)
				print text[done + 1]
		}' "$work/texts" "$work/out" >"$work/missing"
	[ ! -s "$work/missing" ] || fail "in order: $(cat "$work/missing")"
}
