#!/bin/sh
# watch.sh - what the tests of scripts/watch/watch share
# shellcheck source=tests/socket.sh
. "${0%/*}/socket.sh"

# Some compilers and libcs leave nothing that could be watched: the tests after
# this line of a file are skipped then.
needs_watch() {
	if [ -n "$inside" ]; then
		# Nothing is made there: it would fail.
		TMPDIR=$work/none
		export TMPDIR
	elif [ ! -f "$build/scripts/watch/library.so" ]; then
		skip_all='there is no library to watch with'
	else
		said=$("$build/scripts/watch/watch" -t 5 'tests/faulty none' \
			2>&1 >/dev/null) || :
		case $said in
		*' be watched'*) skip_all=$said ;;
		esac
	fi
}

# A program that is not one of ours may be of another libc.
unless_watchable() { # COMMAND
	watch "$1"
	! has_text "$err" 'watched' || skip "$(head -n 1 "$err")"
}

watch() { # ARGUMENT ...
	run scripts/watch/watch "$@"
}

# A port that was free just now.
new_port() { # sets $port
	has_loopback || skip 'there is no loopback interface'
	reserve_port
	stop reserve
	wait
}

# Cut a column out of a drawing for two processes in 76 columns.
column() { # 1 or 2
	case $1 in
	1) cut -c 9-42 "$out" ;;
	2) cut -c 43-76 "$out" ;;
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
	exec 3<"$out"
	rest=
	for text in "$@"; do
		until is_in_rest; do
			IFS= read -r rest <&3 || fail "in order: $text"
		done
		rest=${rest#*"$text"}
	done
	exec 3<&-
}
is_in_rest() {
	case $rest in
	*"$text"*) ;;
	*) return 1 ;;
	esac
}

folds_some() {
	! grep -q -e '-[0-9]* more' "$out" || fail 'no less than no call folded'
}
