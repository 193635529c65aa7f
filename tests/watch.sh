#!/bin/sh
# watch.sh - what the tests of scripts/watch/watch share
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"

# Some compilers and libcs leave nothing that could be watched.
unless_watchable() { # [COMMAND], not one of ours
	[ -f "$build/scripts/watch/library.so" ] ||
		skip 'there is no library to watch with'
	run scripts/watch/watch -t 5 "${1:-tests/faulty none}"
	! has_text "$work/err" 'watched' || skip "$(head -n 1 "$work/err")"
	[ -z "${made_folder:-}" ] || return 0
	# Nothing is made there: see watch.
	TMPDIR=$work/tmp
	mkdir -p "$TMPDIR"
	export TMPDIR
	made_folder=yes
}

watch() { # ARGUMENT ...
	run scripts/watch/watch "$@"
	makes_no_file
}

makes_no_file() {
	set -- "$TMPDIR"/* "$TMPDIR"/.[!.]*
	[ "$*" = "$TMPDIR/* $TMPDIR/.[!.]*" ] || fail 'nothing in TMPDIR'
}

# A port that was free just now.
new_port() { # sets $port
	start reserve tests/tcp_peer reserve
	await reserve ''
	# shellcheck disable=SC2034 # for the tests
	read -r port <"$work/reserve.out"
	stop reserve
	wait
}

# Cut a column out of a drawing for two processes in 76 columns.
column() { # 1 or 2
	case $1 in
	1) cut -c 9-42 "$work/out" ;;
	2) cut -c 43-76 "$work/out" ;;
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

# A terminal, for what is typed and for keys. $work/screen.out gets what it
# shows.
open_screen() {
	mkfifo "$work/keys" "$work/answers"
	exec 5<>"$work/keys"
	start_from "$work/keys" terminal scripts/terminal "$work/answers"
	: >"$work/screen.out"
	while echo '1?100000' >&5; do
		cat "$work/answers"
	done >>"$work/screen.out" &
}

type_there() { # COMMAND
	echo "1\$$1" >&5
}

press() { # KEY ..., as printf reads numbers
	printf '1k%d\n' "$@" >&5
}

# The lines that it has shown, without the times.
shown() {
	sed -n 's/^= [0-9]* \(.*\)/\1/p' "$work/screen.out"
}
