#!/bin/sh
# session.sh - play one section of a sheet, for play.sh
#
# From play.sh: private, its folder, where play.awk has put the section; mode
# (columns, plain or check); stops (yes or no), whether to stop for Enter; rows
# of the screen; limit, in seconds. Descriptor 3 is the keyboard, 7 is open as
# long as anything that was started lives.
#
# Exit status: 0; 1 if something came that the page does not say; 77 if nothing
# was run. log and the section's number is a file that says why, and pressed
# what was pressed at last.
#
# usage: session.sh SECTION

set -u
: "${private:?}" "${mode:?}" "${stops:?}" "${rows:?}" "${limit:?}"
where=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
build=$(CDPATH='' cd -- "${BUILD:-$where/..}" && pwd)
run=${TEST_SHELL:-sh}
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
	printf '\033[2J\033[%s;1H%s\033[H' "$rows" "$keys"
}

last_stop() {
	case $stops$mode in yescolumns)
		printf '\033[%s;%sH' "$rows" "$((${#keys} + 2))"
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
		printf '\0337\033[%s;1H\033[2K\0338' "$rows"
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
		[ -n "$value" ] || fail "nothing came for $example"
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
		# shellcheck disable=SC2046,SC2086 # they are words
		compute $(nth "$1" $terminals) || break
	done
	row_latest=$((time + 800))
}

# Nobody types so fast that what was typed before has not got to its wait.
settle() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		# shellcheck disable=SC2086 # they are words
		compute $terminals || break
	done
}

compute() { # PID ..., leaders of process groups
	ps -A -o pgid= -o stat= 2>/dev/null | awk -v groups=" $* " '
		index(groups, " " $1 " ") && $2 ~ /^[RD]/ { found = 1 }
		END { exit !found }'
}

expect_end() { # TERMINAL STATUS
	eval "running=\$running$1 running$1="
	if [ -z "$running" ]; then
		[ "$2" -eq 0 ] || fail "terminal $1: [$2], but nothing runs"
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
		settle
		eval "running$2=yes"
		tell "$2" "\$$typed"
		;;
	k)
		put "$2" "${3#* }"
		stop
		settle
		tell "$2" "k${3%% *}"
		;;
	w)
		expect_waiting "$2"
		put "$2" "$3"
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
		$(sed -n '/^[KPQ]/p' "$private/$section") >"$session.given" ||
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
		$run "$where/apart.sh" -r "$session"
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
	S*) skip=${cell:-not run} ;;
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
