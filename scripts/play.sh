#!/bin/sh
# play.sh - play the sessions of lab sheets with the real programs, or check them
#
# A section is what is below a heading, 23 lines of 80 columns at most. In it
# each indented block that begins with a prompt is a session:
#
#     terminal 1                      terminal 2       (only if there are two)
#     $ ./writer -w                                    what is typed
#     writer: attached: press Enter   $ ./reader -l    the other lines come
#     (waits)                         (Enter)          it waits; a key; or
#     Data written: Hello             [1]              Ctrl-C; exit status 1
#
# Rows are played from the top, their cells from the left. Above a block stand
#     <!-- differs: 5 0x7f01 -->      words for which others may come: a number
#                                     for a number, words in a row for some
#     <!-- any order -->  <!-- Linux only -->  <!-- not run: why -->
# In a top comment (FILE.c) three dots in one character are any text.
#
# -c checks, and prints TAP; -a does not stop for Enter; -n begins at a section,
# or checks only that. Keys are lines: Enter, q quits, b goes back, r repeats,
# a runs through, a number goes to that section.
#
# usage: play.sh [-ach] [-n SECTION] [SHEET ...]
# shellcheck source=scripts/private.sh

set -u
usage='usage: play.sh [-ach] [-n SECTION] [SHEET ...]'
LC_ALL=C
export LC_ALL
where=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
root=${where%/*}
build=$(CDPATH='' cd -- "${BUILD:-$root}" && pwd)
. "$where/private.sh"
newline='
'
mark=$(printf '\001')
keys='[Enter: go on   q: quit   b: back   r: repeat   a: run through   NUMBER]'

# ---- the screen: what is put in a row stands in its terminal's column ----

put() { # TERMINAL TEXT
	case $mode in
	check) return ;;
	plain)
		[ "$places" = " ${places##* }" ] || set -- "$1" "$1| $2"
		printf '%s\n' "$2"
		return
		;;
	esac
	# shellcheck disable=SC2086 # they are words
	column=$(nth "$1" $places)
	[ "$at" -le "$column" ] || end_row
	[ "$at" -eq "$column" ] || printf "%$((column - at))s" ''
	printf '%s' "$2"
	at=$((column + ${#2}))
	row=open
}

nth() { # NUMBER WORD ...
	shift "$1"
	echo "$1"
}

end_row() {
	[ "$row" = closed ] || echo
	at=0
	row=closed
}

# The lowest line tells the keys: a section leaves it free.
clear_screen() {
	case $stops$mode in
	yescolumns) ;;
	*)
		[ "$stops" = no ] || say "$keys"
		say ''
		return
		;;
	esac
	printf '\033[2J\033[%s;1H%s\033[H' "${size% *}" "$keys"
}

last_stop() {
	case $stops$mode in yescolumns)
		printf '\033[%s;%sH' "${size% *}" "$((${#keys} + 2))"
		;;
	esac
	stop
}

say() { # TEXT
	[ "$mode" = check ] || printf '%s\n' "$1"
}

# Stop until Enter, and go on behind what stands in the row; or leave.
stop() {
	[ "$stops" = yes ] || return 0
	read -r key <&3 || key=q
	case $key in
	'') ;;
	a)
		echo >"$private/runs"
		stops=no
		printf '\0337\033[%s;1H\033[2K\0338' "${size% *}"
		;;
	*) leave "$key" ;;
	esac
	[ "$row" = closed ] || printf '\033[A\033[%sG' "$((at + 1))"
}

# ---- terminals: what comes from each is kept until it is looked at ----

tell() { # TERMINAL LINE
	case $1 in
	1) printf '%s\n' "$2" >&4 ;;
	2) printf '%s\n' "$2" >&5 ;;
	3) printf '%s\n' "$2" >&6 ;;
	esac
}

# The next thing that happens in a terminal: its $kind, $time and $text.
take() { # TERMINAL
	while eval "queue=\$queue$1" && [ -z "$queue" ]; do
		IFS= read -r event <&9 || fail 'the terminals have gone'
		from=${event%% *}
		event=${event#* }
		[ "${event%% *}" != '!' ] ||
			fail "$waiting_for has not come in $limit seconds"
		eval "queue$from=\$queue$from\$event\$newline"
	done
	event=${queue%%"$newline"*}
	eval "queue$1=\${queue#*\"\$newline\"}"
	kind=${event%% *}
	event=${event#* }
	time=${event%% *}
	text=${event#* }
}

# ---- what the page says, and what came ----

# LITERAL, mark, NAME, mark, EXAMPLE, mark, the rest: the first of it.
split() { # LINE
	literal=${1%%"$mark"*}
	rest=${1#"$literal"}
	[ -n "$rest" ] || return 1
	rest=${rest#"$mark"}
	name=${rest%%"$mark"*}
	rest=${rest#*"$mark"}
	example=${rest%%"$mark"*}
	rest=${rest#*"$mark"}
	eval "value=\${value_$name-}"
}

squeeze() { # LINE; sets $line: where something differs, widths do too
	set -f
	# shellcheck disable=SC2086 # so that blanks between words are one
	set -- $1
	set +f
	line=$*
}

# Does $text fit a line of the page? Values of what differs are remembered.
fits() { # LINE
	came=${text%"${text##*[! ]}"}
	new=
	line=$1
	case $1 in *"$mark"*)
		squeeze "$came"
		came=$line
		squeeze "$1"
		;;
	esac
	while split "$line"; do
		case $came in "$literal"*) ;; *) return 1 ;; esac
		came=${came#"$literal"}
		line=$rest
		next=${rest%%"$mark"*}
		if [ -z "$value" ]; then
			case $name in
			d*) value=${came%%[!0-9]*} ;;
			h*) value=${came%%[!0-9A-Za-z.]*} && value=${value%.} ;;
			*) value=${came%%"${next:-$newline}"*} ;;
			esac
			case $name:$example/$value in
			*/) return 1 ;;
			a:* | *:*' '*/*) ;;
			*' '*) return 1 ;;
			esac
			[ "$name" = a ] || {
				new="$new $name" values="$values $name"
				eval "value_$name=\$value"
			}
		fi
		case $came in "$value"*) ;; *) return 1 ;; esac
		came=${came#"$value"}
	done
	[ "$came" = "$line" ]
}

forget() { # NAME ...
	for name; do
		unset "value_$name"
	done
}

# Put values that came where the page has examples: $typed, and $shown.
fill() { # LINE
	line=$1 typed='' shown=''
	while split "$line"; do
		[ -n "$value" ] || fail "nothing came for $example, so nothing is typed"
		typed=$typed$literal$value
		case $name in
		[KP]*) shown=$shown$literal$example ;;
		*) shown=$shown$literal$value ;;
		esac
		line=$rest
	done
	typed=$typed$line
	shown=$shown$line
}

plain() { # LINE; sets $shown: with its examples
	line=$1 shown=''
	while split "$line"; do
		shown=$shown$literal$example
		line=$rest
	done
	shown=$shown$line
}

# As the program would have printed it in the student's folder.
map_back() { # sets $text
	while IFS='>' read -r from to; do
		before=
		while :; do
			case $text in *"$from"*) ;; *) break ;; esac
			before=$before${text%%"$from"*}
			text=${text#*"$from"}
			case $before$mark$text in
			*[0-9]"$mark"* | *"$mark"[0-9]*) before=$before$from ;;
			*) before=$before$to ;;
			esac
		done
		text=$before$text
	done <"$session/back"
}

fail() { # REASON
	log=$1
	end_row
	say ''
	say "This is not what the page says: $1"
	last_stop
	leave ''
}

# Its next line, which is to be this one.
expect() { # TERMINAL LINE
	plain "$2"
	waiting_for="terminal $1: \"$shown\""
	take "$1"
	wanted="$waiting_for was to come, but"
	case $kind in
	x) fail "$wanted it ended with exit status $text" ;;
	esac
	map_back
	fits "$2" || fail "$wanted this came: \"$text\""
	put "$1" "$text"
	[ "$time" -ge $((latest - 1000)) ] ||
		fail "$wanted it came before what stands above it"
	[ "$time" -le "$row_latest" ] || row_latest=$time
}

# What comes in any order is looked at when all of it must have come.
expect_all() { # TERMINAL
	eval "pending=\$pending$1 pending$1="
	while [ -n "$pending" ]; do
		waiting_for="terminal $1: one of ${pending%"$newline"}"
		take "$1"
		[ "$kind" = '=' ] || fail "$waiting_for: ended"
		map_back
		before=
		while :; do
			[ -n "$pending" ] || fail "this was not to come: $text"
			one=${pending%%"$newline"*}
			pending=${pending#*"$newline"}
			fits "$one" && break
			# shellcheck disable=SC2086 # names
			forget $new
			before=$before$one$newline
		done
		pending=$before$pending
		put "$1" "$text"
		end_row
	done
}

# A program that has not got the processor for so long does not wait yet.
expect_waiting() { # TERMINAL
	for _ in 1 2 3 4 5 6 7 8; do
		waiting_for="terminal $1: (waits)"
		tell "$1" w
		take "$1"
		case $kind in
		=) map_back && fail "$waiting_for, but this came: \"$text\"" ;;
		x) fail "$waiting_for, but it ended with exit status $text" ;;
		esac
		computes "$1" || break
	done
	row_latest=$((time + 800))
}

computes() { # TERMINAL
	# shellcheck disable=SC2086 # they are words
	ps -A -o pgid= -o stat= 2>/dev/null |
		awk -v group="$(nth "$1" $terminals)" '
			$1 == group && $2 ~ /^[RD]/ { found = 1 }
			END { exit !found }'
}

expect_end() { # TERMINAL STATUS
	eval "running=\$running$1 running$1="
	if [ -z "$running" ]; then
		[ "$2" -eq 0 ] || fail "terminal $1: nothing runs that ends with $2"
		return
	fi
	waiting_for="terminal $1: the end, with exit status $2,"
	take "$1"
	case $kind in
	=) map_back && fail "$waiting_for was to come, but: \"$text\"" ;;
	esac
	[ "$text" -eq "$2" ] ||
		fail "$waiting_for was to come, but exit status $text came"
}

play_cell() { # KIND TERMINAL TEXT
	case ${skip:+skip}$1$any_order in
	skip*)
		[ "$skip" != folded ] || return 0
		plain "$3"
		case $1 in
		'$') put "$2" "$ $shown" ;;
		k) put "$2" "${3#* }" ;;
		w) put "$2" '(waits)' ;;
		'[') put "$2" "[$3]" ;;
		*) put "$2" "$shown" ;;
		esac
		return
		;;
	=yes)
		eval "pending$2=\$pending$2\$3\$newline"
		return
		;;
	esac
	expect_all "$2"
	case $1 in
	'$')
		expect_end "$2" 0
		fill "$3"
		put "$2" "$ $shown"
		stop
		eval "running$2=yes"
		tell "$2" "\$$typed"
		;;
	k)
		put "$2" "${3#* }"
		stop
		tell "$2" "k${3%% *}"
		;;
	w)
		expect_waiting "$2"
		put "$2" '(waits)'
		;;
	'[')
		expect_end "$2" "$3"
		put "$2" "[$3]"
		;;
	'(') put "$2" "$3" ;;
	=) expect "$2" "$3" ;;
	esac
}

begin_session() { # COLUMN ...
	places=$*
	skip=${missing:-$skip}
	[ -z "$skip" ] || reason=$skip
	[ -n "$skip" ] || [ -n "$ports" ] || open_section
	latest=0 row_latest=0
	# shellcheck disable=SC2086 # names
	forget $values
	values=
	for terminal in 1 2 3; do
		eval "queue$terminal= running$terminal= pending$terminal="
	done
}

end_session() {
	for terminal in 1 2 3; do
		expect_all "$terminal"
		expect_end "$terminal" 0
	done
	end_row
	skip='' any_order=''
}

# ---- a section ----

open_terminals() {
	mkfifo "$session/events"
	for terminal in 1 2 3; do
		mkfifo "$session/in$terminal"
		(
			cd "$session/lab" || exit
			unset BUILD MAKEFLAGS MAKELEVEL LANGUAGE
			HOME=$session/home TMPDIR=$session/tmp
			PATH=$session/bin:$PATH
			export HOME TMPDIR PATH
			exec "$build/scripts/terminal" "$terminal" "$limit"
		) >"$session/events" <"$session/in$terminal" &
		terminals="$terminals $!"
	done
	# In this order: then each has opened both when all is opened here.
	exec 9<"$session/events"
	exec 4>"$session/in1" 5>"$session/in2" 6>"$session/in3"
}

close_terminals() {
	exec 4>&- 5>&- 6>&- 9<&-
	for terminal in $terminals; do
		wait "$terminal"
	done 2>/dev/null
}

# Its folder, with ports, keys and names of its own, and its terminals.
open_section() {
	mkfifo "$private/port$section"
	"$build/scripts/ports" 16 <&7 >"$private/port$section" &
	ports=$!
	read -r port <"$private/port$section" || fail 'there are no ports'
	# shellcheck disable=SC2046 # they are words
	$run "$where/apart.sh" "$session" "${sheet%/*}" "$port" \
		$(sed -n '/^[KP]/p' "$private/$section") >"$session.given" ||
		fail 'the folder cannot be made'
	while read -r name value; do
		eval "value_$name=\$value"
	done <"$session.given"
	open_terminals
}

# The end of this section's process. What was pressed says what comes next.
leave() { # KEY
	trap - EXIT
	end_row
	if [ -n "$ports" ]; then
		close_terminals
		kill "$ports"
		remove_session "$session"
	fi
	rm -f "$private/port$section"
	echo "$1" >"$private/pressed"
	echo "$log" >"$private/log$section"
	[ -z "$log" ] || exit 1
	[ -n "$ports" ] || [ -z "$reason" ] || {
		echo "$reason" >"$private/log$section"
		exit 77
	}
	exit 0
}

remove_session() { # FOLDER
	# shellcheck disable=SC2046 # they are words
	$run "$where/apart.sh" -r "$1" \
		$(sed -n 's/^Q//p' "$private/${1##*session}")
	rm -rf "$1"
}

play_section() { # NUMBER
	section=$1 session=$private/session$1
	skip='' missing='' reason='' any_order='' terminals=''
	ports='' values='' log=''
	at=0 row=closed
	[ ! -f "$private/runs" ] || stops=no
	clear_screen
	# shellcheck disable=SC2013 # they are words
	for tool in $(sed -n 's/^N//p' "$private/$1"); do
		command -v "$tool" >/dev/null || missing="there is no $tool here"
	done
	while IFS= read -r entry; do
		cell=${entry#?}
		case $entry in
		F*) sheet=$cell ;;
		H*) say "$section. $cell" ;;
		T*) say "$cell" ;;
		!*) [ "$mode" != check ] || fail "$cell" ;;
		S*) skip=$cell ;;
		L*) [ "$(uname)" = Linux ] || skip='for Linux only' ;;
		a*) any_order=yes ;;
		D*) [ "$mode" = check ] || skip=folded ;;
		B*) begin_session "$cell" ;;
		R*)
			end_row
			latest=$row_latest
			;;
		E*) end_session ;;
		[NKPQV]*) ;;
		*) play_cell "${entry%"$cell"}" "${cell%"${cell#?}"}" "${cell#?}" ;;
		esac
	done <"$private/$1"
	last_stop
	leave ''
}

# ---- all of them ----

tidy_up() {
	[ "$stops" = no ] || printf '\033[%s;1H\n' "${size% *}"
	exec 7>&-
	cat <&8 >/dev/null # until all that was started has ended
	for folder in "$private"/session*; do
		[ ! -d "$folder/lab" ] || remove_session "$folder"
	done
}

# One section after the other, whichever no other lane has taken.
run_lane() {
	trap 'kill "$!" 2>/dev/null; wait "$!" 2>/dev/null; exit 143' TERM
	for number in $numbers; do
		mkdir "$private/taken$number" 2>/dev/null || continue
		(play_section "$number") &
		wait "$!"
		echo "$?" >"$private/status$number"
	done
}

check_all() {
	[ -z "$only" ] || numbers=$only
	for lane in 1 2 3 4; do
		run_lane &
		children="$children $!"
	done
	for lane in $children; do
		wait "$lane"
	done
	children='' count=0
	for number in $numbers; do
		count=$((count + 1))
		title="$count - $(title_of "$number")"
		log=$(cat "$private/log$number" 2>/dev/null)
		case $(cat "$private/status$number") in
		0) echo "ok $title" ;;
		77) echo "ok $title # SKIP $log" ;;
		*)
			failed=1
			printf '%s\n' "not ok $title" "#   ${log:-it was ended}"
			;;
		esac
	done
	echo "1..$count"
}

title_of() { # NUMBER
	awk -v root="$root/" -v number="$1" '
		/^F/ {
			sheet = substr($0, 2)
			if (index(sheet, root) == 1)
				sheet = substr(sheet, length(root) + 1)
		}
		/^H/ { title = substr($0, 2) }
		END { print sheet " " number ": " title }' "$private/$1"
}

play_all() {
	# shellcheck disable=SC2086 # words
	set -- $numbers
	first=$1
	number=${only:-$first}
	for last; do :; done
	while [ "$number" -le "$last" ]; do
		(play_section "$number") &
		children=$!
		wait "$children" || [ "$?" -eq 77 ] || failed=1
		children=
		pressed=$(cat "$private/pressed")
		case $pressed in
		q) break ;;
		r) ;;
		b) [ "$number" -eq "$first" ] || number=$((number - 1)) ;;
		*[!0-9]*) ;;
		'') number=$((number + 1)) ;;
		*) case " $numbers " in *" $pressed "*) number=$pressed ;; esac ;;
		esac
	done
}

# The labs' sheets count as if all were played, so numbers are the same always.
take_sheets_apart() { # SHEET ...
	known=
	for lab in fork_demo shm socket msgqueue; do
		known="$known$root/$lab/README.md$newline"
	done
	wanted=
	[ $# -gt 0 ] || wanted=$known
	for sheet; do
		[ -r "$sheet" ] || give_up "there is no sheet $sheet"
		folder=$(CDPATH='' cd -- "$(dirname -- "$sheet")" && pwd)
		wanted="$wanted$folder/${sheet##*/}$newline"
	done
	all=$wanted
	case $newline$wanted in *"$newline$root"/*/README.md"$newline"*)
		all=$(printf %s "$known$wanted" | awk '!seen[$0]++')
		;;
	esac
	set -f
	IFS=$newline
	# shellcheck disable=SC2086 # a name a line
	last=$(awk -v folder="$private" -v section=0 -f "$where/play.awk" $all)
	IFS=' 	'$newline
	set +f
	numbers=
	number=0
	while [ "$number" -lt "$last" ]; do
		number=$((number + 1))
		sheet=$(sed -n 's/^F//p' "$private/$number")
		case $newline$wanted in *"$newline$sheet$newline"*)
			numbers="$numbers $number"
			;;
		esac
	done
}

give_up() { # REASON
	echo "play.sh: $1" >&2
	remove_private
	exit 2
}

run=${TEST_SHELL:-sh} mode=columns stops=yes only=''
while getopts ahcn: option; do
	case $option in
	a) stops=no ;;
	c) mode=check ;;
	n) only=$OPTARG ;;
	h)
		echo "$usage"
		exit 0
		;;
	*)
		echo "$usage" >&2
		exit 2
		;;
	esac
done
shift $((OPTIND - 1))
for program in terminal ports sysv; do
	[ -x "$build/scripts/$program" ] || give_up 'build first: make'
done

limit=100000 failed=0 size=
private_folder ipc-play
trap_signals
mkfifo "$private/life"
# shellcheck disable=SC2094 # both ends of it
exec 3<&0 7<>"$private/life" 8<"$private/life"
take_sheets_apart "$@"
case " $numbers " in
*" ${only:-${numbers##* }} "*) ;;
*) give_up "there is no section $only" ;;
esac
if [ "$mode" = check ] || [ ! -t 1 ]; then
	stops=no
	limit=$(awk -v scale="${TEST_TIME_SCALE:-1}" \
		'BEGIN { print int(20 * scale + 0.9) }')
else
	size=$(stty size </dev/tty 2>/dev/null) || size='24 80'
	if [ "${size% *}" -lt 24 ] || [ "${size#* }" -lt 80 ]; then
		keys="This terminal is smaller than 80x24: without columns. $keys"
		mode=plain
	fi
fi
case $mode in
check) check_all ;;
*) play_all ;;
esac
remove_private
exit "$failed"
