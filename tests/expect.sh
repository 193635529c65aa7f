#!/bin/sh
# expect.sh - the words for what a test expects: of a program that was run, of
# its output, and of what it leaves in the kernel. lib.sh reads it in.
# shellcheck disable=SC2034,SC2154 # lib.sh and tests know these variables

# ---- how a test ends -----------------------------------------------------

# A figure, to be shown also when the test has passed.
note() { echo "$*" >>"$work/notes"; } # TEXT ...

fail() { # WHAT WAS EXPECTED
	: >"$work/failed"
	echo "expected: $1"
	[ -n "${command:-}" ] || exit 1
	echo "command: $command"
	echo "came: exit status $status"
	echo "standard output:"
	show '  | ' "$out" 2>/dev/null
	echo "standard error:"
	show '  | ' "$err" 2>/dev/null
	exit 1
}

skip() { # REASON
	echo "$1" >"$work/skipped"
	exit 77
}

# ---- what is expected ----------------------------------------------------

letters() { # COUNT of the letter x
	printf "%${1}s" '' | tr ' ' x
}

# Is TEXT a line of a file, or what a PATTERN leaves of it? Sets $line.
find_line() { # FILE TEXT PATTERN
	while IFS= read -r line || [ -n "$line" ]; do
		# shellcheck disable=SC2254 # a pattern is meant
		case $line in
		$3"$2"$3) return 0 ;;
		esac
	done <"$1"
	return 1
}

has_text() { find_line "$1" "$2" '*'; } # FILE TEXT
has_line() { find_line "$1" "$2" ''; }  # FILE TEXT, a whole line

# Has a file so many lines, each of them whole?
has_lines() { # FILE COUNT
	count=0
	while read -r line; do
		count=$((count + 1))
	done <"$1"
	[ "$count" -eq "$2" ]
}

exits() { [ "$status" = "$1" ] || fail "exit status $1"; } # STATUS

succeeds() {
	exits 0
	[ ! -s "$err" ] || fail 'nothing on standard error'
}

prints() { # TEXT, all of standard output
	printf '%s\n' "$1" | cmp -s - "$out" ||
		fail "this standard output, exactly:
$1"
}

prints_nothing() { [ ! -s "$out" ] || fail 'nothing on standard output'; }

# TEXT as a whole line of standard output, within one of its lines, and within
# a line of standard error.
prints_line() { has_line "$out" "$1" || fail "the line '$1'"; }
prints_like() { has_text "$out" "$1" || fail "'$1' in standard output"; }
says() { has_text "$err" "$1" || fail "'$1' on standard error"; }

# The program failed, and one clear line says why.
fails_with() { # STATUS TEXT
	exits "$1"
	says "$2"
	has_lines "$err" 1 || fail 'one line on standard error'
}

# All went well, with this output exactly.
gives() { # TEXT PROGRAM [ARGUMENT ...]
	text=$1
	shift
	run "$@"
	succeeds
	prints "$text"
}

# One clear line says why it failed, and nothing else was printed.
fails() { # STATUS TEXT PROGRAM [ARGUMENT ...]
	wanted_status=$1
	text=$2
	shift 2
	run "$@"
	fails_with "$wanted_status" "$text"
	prints_nothing
}

# A wrong command line: what is wrong, the usage, and nothing was done.
refused() { # PROGRAM [ARGUMENT ...]
	run "$@"
	exits 2
	prints_nothing
	says "usage: ${program##*/} "
	has_lines "$err" 2 ||
		fail 'a line that says what is wrong, and the usage'
}

# -h prints the usage that the program's source has at its top.
shows_usage() { # PROGRAM
	gives "$(sed -n 's/^ \* \(usage: .*\)/\1/p' "$1.c")" "$1" -h
}

# -h and an unknown option, of a script.
usage_is_checked() { # SCRIPT
	run_script "$1" -h
	succeeds
	prints_like 'usage: '
	run_script "$1" -x
	exits 2
	prints_nothing
	says 'usage: '
}

# A program that cannot write its output must not say that all went well.
fails_on_full_output() { # TEXT PROGRAM [ARGUMENT ...]
	text=$1
	[ -c /dev/full ] || skip 'no /dev/full here'
	command="$* >/dev/full"
	program=$2
	shift 2
	new_output
	"$build/$program" "$@" >/dev/full 2>"$err"
	status=$?
	fails_with 1 "$text"
}

# ---- what is in the kernel -----------------------------------------------

# A key, and a path whose queues' keys, that nobody else has.
keys_taken=0
new_key() { # sets $key
	keys_taken=$((keys_taken + 1))
	key=$((0x70000000 + $$ % 4194304 * 16 + keys_taken))
	printf 'segment %s\nsemaphores %s\n' "$key" "$key" >>"$made"
}

new_path() { # sets $path
	keys_taken=$((keys_taken + 1))
	path=$work/queue.$keys_taken
	: >"$path"
	# ftok takes only the low bits of the inode's number.
	if "$sysv" unused "$path" >/dev/null; then
		echo "path $path" >>"$made"
	else
		new_path
	fi
}

# KIND KEY, or queue PATH [requests|answers].
exists() { "$sysv" find "$@" >/dev/null; }
gone() { ! exists "$@" || fail "no $* any more"; }

semaphores_gone() { gone semaphores "$1"; } # KEY
segment_exists() { exists segment "$1"; }   # KEY
segment_gone() { gone segment "$1"; }       # KEY
queue_id() { "$sysv" find queue "$@"; }     # PATH [requests|answers]
queue_exists() { exists queue "$@"; }       # PATH [requests|answers]
queue_gone() { gone queue "$@"; }           # PATH [requests|answers]
