# play.awk - plays sections of lab sheets, for play.sh
#
# It reads the labs' sheets, for the numbers of their sections, and behind
# wanted=1 those that are to be played. lane is 0 on a screen; in a check it is
# 1 to 4, and plays each fourth section: $private/tap* get what it has found.

BEGIN {
	private = ENVIRON["private"]
	commands = private "/commands" lane
	limit = 20000 * ENVIRON["scale"] # milliseconds: then it hangs
	dots = "\002" # stands for three dots in one character: any text
	byte["(Ctrl-C)"] = 3
	byte["(Ctrl-D)"] = 4
	byte["(Enter)"] = 10
	section[""] = section["a"] = 0 # keys: where to go on, 0: just here
}

# ---- sections: what stands from a heading to the next ----------------------

FILENAME ~ /[.]c$/ { # its top comment, whose first line is a heading
	if ($1 == "*/")
		nextfile
	sub(/^.[*] ?/, FNR == 2 ? "# " : "")
}
sub(/^#+ +/, "") {
	if (!((FILENAME, FNR) in number))
		number[FILENAME, FNR] = ++count[wanted]
	if (wanted)
		section[number[FILENAME, FNR]] = ++last
	sheet[last] = FILENAME
	title[last] = $0 = number[FILENAME, FNR] ". " $0
}
wanted { text[last] = text[last] $0 "\n" }

END {
	here = only != "" ? section[only] : lane ? lane : 1
	if (!here) {
		print "play.sh: there is no section " only >"/dev/stderr"
		exit 2
	}
	step = !lane ? 1 : only != "" ? last : 4
	if (lane == 1)
		print "1.." (only != "" ? 1 : last) >(private "/plan")
	for (end_session(); here <= last; here = goal ? goal : here + step)
		play_section()
	exit failed > 0
}

# goal is where to go on when a section is left, and 0 before that.
function play_section(    i, line, lines, source, rows, is_folded) {
	home = private "/" lane "." ++serial
	typed = "$lane=" lane " serial=" serial " sheet='" sheet[here] \
		"'; . \"$root/scripts/session.sh\"; "
	section["q"] = last + 1
	section["r"] = here
	section["b"] = here > 1 ? here - 1 : 1
	goal = 0
	note = ""
	if (stops)
		printf "%s[Enter: go on   q: quit   b: back   r: repeat   " \
			"a: run through   NUMBER]", plain ? "" : "\033[2J\033[H"
	gsub(/-->\n\n/, "-->\n", text[here])
	sub(/\n+$/, "", text[here])
	lines = split(text[here], source, "\n")
	for (i = 1; i <= lines && !goal; i++) {
		line = source[i]
		is_folded += line ~ /<details>/
		rows += line !~ /^ *<!--/ && !is_folded
		if (lane || !is_folded)
			play_line(line, source[i + 1])
		is_folded -= line ~ /<\/details>/
		gsub(/[\200-\277]/, "", line) # the further bytes of characters
		if (length(line) > 80)
			fail("more than 80 columns: " line)
	}
	end_session()
	if (rows > 23)
		fail("it has " rows " lines, 23 fit on a screen")
	stop()
	print ""
	if (goal == here) # once more
		return
	failed += note ~ /^\n/
	if (lane)
		print (note ~ /^\n/ ? "not ok " : "ok ") (only ? 1 : here) \
			" - " sheet[here] " " title[here] note \
			>sprintf("%s/tap%05d", private, here)
}

# A section that needs a tool that is not here is skipped. One whose port
# somebody else has got is checked once more: it has other ports then.
function fail(why) {
	if (goal)
		return
	gsub(dots, "\342\200\246", why)
	put(0, "\nThis is not what the page says: " why)
	note = (why ~ /(ipcs|ipcrm|ss|strace|watch): .*not found/ ? \
		" # SKIP " : "\n#   ") why
	stop()
	if (lane && why ~ /came: .* port [0-9]+ is taken/ && !again[here]++)
		goal = here
	goal = goal ? goal : here + step
}

# Until a key comes, with Enter. Then back to where the row goes on.
function stop(    key) {
	if (!stops || goal)
		return
	fflush()
	do {
		key = "q"
		getline key <"/dev/tty"
	} while (!(key in section))
	goal = section[key]
	stops = key != "a"
	printf "\033[A\033[%dG", at + 1
}

# What comes in a terminal stands in its column. Terminal 0 is the page's own
# text, which begins a row.
function put(terminal, text,    start) {
	start = terminal && !plain ? column[terminal] - 1 : 0
	if (terminal && plain && columns > 1)
		text = terminal "| " text
	if (at > start || start == 0) {
		print ""
		at = 0
	}
	printf "%" (start - at) "s%s", "", text
	at = start + length(text)
}

# ---- a session: see session.sh ---------------------------------------------

# An empty line belongs to what follows it.
function play_line(line, next_line,    indent) {
	indent = match(line == "" ? next_line : line, /[^ ]/)
	if (indent < column[1])
		end_session()
	if (!column[1] && line ~ /^    +([$] |terminal 1( |$))/)
		column[1] = indent
	if (line ~ /^ *<!--/)
		remark(line)
	else if (column[1])
		play_row(line)
	else
		put(0, line)
}

# Also forgets what held for it, and for the remarks above it.
function end_session(    i) {
	receive()
	for (i = 1; i <= 3; i++) {
		if (running[i])
			receive(i, "x[0]")
		if (running[i]) # it failed, or a key was pressed
			ask(i "e")
		running[i] = pending[i] = 0
		unread[i] = ""
	}
	any_order = column[1] = 0
	columns = 1
	skip = ""
	several = "\001" # no page has it
	split("", class)
	split("", value)
	class[dots]
}

function remark(line,    words, word, i) {
	gsub(/^ *<!-- *| *-->.*/, "", line)
	any_order += line == "any order"
	if (line == "Linux only" && first_line("/proc/version") == "")
		skip = "for Linux only"
	if (sub(/^not run: */, "", line))
		skip = line
	if (skip != "")
		note = " # SKIP " skip
	if (!sub(/^differs: */, "", line))
		return
	for (i = split(line, word, " "); i > 0; i--) {
		class[word[i]] = "[0-9][0-9A-Fa-fx]*([.][0-9]+)*"
		if (word[i] !~ /^[0-9]/) {
			class[word[i]] = "[^ ]*[A-Za-z0-9_]"
			words = words (words ? "|" : "") word[i]
			several = "(" words ")( (" words "))+"
		}
	}
}

# A line that crosses the start of the next column belongs to the first.
function play_row(row,    i) {
	at = 999
	if (row ~ /^ *terminal 1/) {
		put(0, row)
		for (i = 1; index(row, "terminal " i); i++)
			column[columns = i] = index(row, "terminal " i)
		return
	}
	gsub(/\342\200\246/, dots, row) # one column, as it is seen
	for (i = columns; i > 0; i--) {
		cell[i] = ""
		if (i == 1 || substr(row, column[i] - 2, 2) == "  ") {
			cell[i] = substr(row, column[i])
			row = substr(row, 1, column[i] - 1)
			sub(/ +$/, "", row)
			gsub(several, dots, cell[i])
		}
	}
	for (i = 1; i <= columns && !goal; i++)
		if (cell[i] != "" || columns == 1)
			play_cell(i, cell[i])
}

# What comes; or a command, a key, or what waits: nobody types so fast that what
# was typed before has not got to its wait.
function play_cell(terminal, text) {
	if (skip != "")
		return put(terminal, text)
	if (text !~ /^[$]( |$)|^\(.*\)$/)
		return receive(terminal, \
			(text ~ /^\[[0-9]+\]$/ ? "x" : "=") text)
	receive()
	if (text ~ /^[$]/) {
		if (running[terminal])
			receive(terminal, "x[0]")
		text = with_values(text)
	} else if (text ~ /^\(waits/) {
		settle(100)
		if (await(terminal, 0) != "" || !running[terminal])
			complain(terminal, "=(waits)")
	}
	if (goal)
		return
	put(terminal, text)
	if (text !~ /^[$] / && !(text in byte))
		return
	stop()
	if (!is_settled || text in byte)
		settle(10)
	if (text in byte)
		ask(terminal "k" byte[text])
	else if (!goal)
		running[terminal] = ask(terminal typed substr(text, 3))
	is_settled = 0
}

# A text is to come, or all that are pending. What comes must be one of them; if
# the page has them in order there is only one.
function receive(terminal, expected,    i, text) {
	if (expected != "")
		page[terminal, ++pending[terminal]] = expected
	if (any_order && expected ~ /^=/)
		return
	for (terminal = 1; terminal <= 3; terminal++)
		while (pending[terminal] && !goal) {
			text = await(terminal, limit)
			i = pending[terminal]
			while (i > 0 && !fits(page[terminal, i], text))
				i--
			if (i == 0)
				return complain(terminal, page[terminal, 1])
			if (text ~ /^x/)
				running[terminal] = 0
			if (text != "x[0]")
				put(terminal, substr(text, 2))
			page[terminal, i] = page[terminal, pending[terminal]--]
			unread[terminal] = ""
			is_settled = 1
		}
}

function complain(terminal, expected) {
	fail("terminal " terminal ": \"" substr(expected, 2) \
		"\" was to come, but " (unread[terminal] != "" ? \
		"this came: \"" substr(unread[terminal], 2) "\"" : \
		!running[terminal] ? "nothing runs" : \
		"nothing came in " limit / 1000 " seconds"))
}

# Until two looks have found all at their waits: on a busy machine a program, or
# the kernel's part that brings it a key, may not get the processor for long.
# But not for ever. Then nothing has come that the page has further down.
function settle(tries,    looks, time, i) {
	for (; tries > 0 && looks < 2; tries--) {
		for (time = 0; time < 90; time += ask("0w"))
			;
		looks = computes(running[1] " " running[2] " " running[3]) ? \
			0 : looks + 1
	}
	for (i = 1; i <= columns && !any_order; i++)
		if (cell[i] == "" && await(i, 0) ~ /^=/)
			complain(i, "=(nothing)")
	is_settled = 1
}

# Linux tells whether a process, or a child of it, wants the processor, or is
# looked at by strace. Elsewhere its silence must do.
function computes(pids,    pid, i, busy) {
	for (i = split(pids, pid, " "); i > 0; i--)
		busy += first_line("/proc/" pid[i] "/stat") ~ /\) [RDt] / || \
			computes(first_line("/proc/" pid[i] "/task/" pid[i] \
			"/children"))
	return busy
}

function first_line(file,    line) {
	getline line <file
	close(file)
	return line
}

# ---- the terminals: scripts/terminal ---------------------------------------

function ask(order,    answer) {
	print order >commands
	fflush(commands)
	if ((getline answer <"/dev/stdin") < 1)
		exit 2
	return answer
}

# What comes within a time: = and a line, x and an exit status, or nothing. A
# part of a line, such as a prompt, comes when it has stood for half a second.
function await(terminal, milliseconds,    silent, time, text) {
	fflush()
	while (unread[terminal] == "" && running[terminal]) {
		text = ask(terminal (silent < 500 ? "l" : "p"))
		gsub(/[\001-\037]/, " ", text) # none reaches the screen
		sub(/ +$/, "", text)
		unread[terminal] = as_given(text, home ".names")
		if (text != "" || silent >= milliseconds)
			break
		time = ask("0w") + 0
		silent = time ? silent + time : 0
	}
	return unread[terminal]
}

# ---- what differs from run to run ------------------------------------------

# Is a text that came the one of the page? Where something is listed widths
# differ, too.
function fits(line, text,    word, differs) {
	for (word in class)
		differs += index(line, word)
	if (!differs || line ~ /^x/)
		return line == text
	gsub(/ +/, " ", line)
	gsub(/ +/, " ", text)
	return with_values(line, text) == text && \
		with_values(line, text, "kept") == text
}

# The page's line with what came for what is listed, now or before. Its parts
# are words, and what stands between words.
function with_values(line, text, is_kept,    part, result, rest, end) {
	while (match(line, /^([A-Za-z0-9_\/]+([.][A-Za-z0-9_\/]+)*|.)/)) {
		part = substr(line, 1, RLENGTH)
		line = substr(line, RLENGTH + 1)
		rest = substr(text, length(result) + 1)
		if (text == "" && part in class && !(part in value))
			fail("nothing has come yet for " part)
		if (part == dots) { # up to what follows it, if anything does
			end = line "\n"
			sub(dots ".*", "", end)
			part = substr(rest, 1, index(rest "\n", end) - 1)
		} else if (part in value)
			part = value[part]
		else if (part in class && match(rest, "^" class[part])) {
			rest = substr(rest, 1, RLENGTH)
			if (is_kept)
				value[part] = rest
			part = rest
		}
		result = result part
	}
	return result
}
