# play.awk - plays sections of lab sheets, for play.sh
#
# It reads the labs' sheets, for the numbers of their sections, and behind
# wanted=1 those that are to be played. lane is 0 on a screen; in a check it is
# 1 to 4, and plays each fourth section: $private/tap00001 and so on get what it
# has found. A text that came, or is to come, begins with = if it is a line,
# with x if it is an exit status. given.awk comes before it.

BEGIN {
	private = ENVIRON["private"]
	commands = private "/commands" lane
	step = lane ? 4 : 1
	limit = 20 * ENVIRON["scale"] # seconds: then it hangs
	dots = "\002" # stands for three dots in one character: any text
	number_class = "[0-9][0-9A-Fa-fx]*([.][0-9]+)*"
	no_tool = "(ipcs|ipcrm|ss|strace|watch): .*not found\"$"
	is_taken = "this came: .* port [0-9]+ is taken"
	byte["(Ctrl-C)"] = 3
	byte["(Ctrl-D)"] = 4
	byte["(Enter)"] = 10
}

# ---- reading: a section is what stands from a heading to the next ----------

# Of a program its top comment, whose first line is a heading.
FILENAME ~ /[.]c$/ {
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
	if (only != "" && !(only in section)) {
		print "play.sh: there is no section " only >"/dev/stderr"
		exit 2
	}
	here = only == "" ? 1 : section[only]
	if (lane && only != "")
		last = here
	section[""] = section["a"] = 0 # go on
	section["q"] = last + 1
	for (here += lane ? lane - 1 : 0; here <= last; \
		here = goal ? goal : here + step)
		play_section()
	exit failed > 0
}

# goal is where to go on when a section is left, and 0 before that.
function play_section(    i, line, lines, source) {
	home = private "/" lane "." ++serial
	section["r"] = here
	section["b"] = here > 1 ? here - 1 : 1
	goal = is_played = is_folded = rows = 0
	note = ""
	end_session()
	if (stops)
		printf "%s[Enter: go on   q: quit   b: back   r: repeat   " \
			"a: run through   NUMBER]", plain ? "" : "\033[2J\033[H"
	gsub(/-->\n\n/, "-->\n", text[here])
	sub(/\n+$/, "", text[here])
	lines = split(text[here], source, "\n")
	for (i = 1; i <= lines && !goal; i++) {
		line = source[i]
		is_folded += line ~ /<details>/
		if (lane || !is_folded)
			play_line(line, source[i + 1])
		rows += line !~ /^ *<!--/ && !is_folded
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
	if (lane && goal != here)
		print (note ~ /^\n/ ? "not ok" : "ok") " - " sheet[here] " " \
			title[here] note >sprintf("%s/tap%05d", private, here)
	failed += note ~ /^\n/
}

# An empty line belongs to what follows it.
function play_line(line, next_line,    indent) {
	indent = match(line == "" ? next_line : line, /[^ ]/)
	if (indent < column[1])
		end_session()
	if (!column[1] && line ~ /^    +([$] |terminal 1( |$))/) {
		column[1] = indent
		is_played += skip == ""
		note = is_played ? "" : " # SKIP " skip
	}
	if (line ~ /^ *<!--/)
		remark(line)
	else if (column[1])
		play_row(line)
	else
		put(0, line)
}

# A section that needs a tool that is not here is skipped. One whose port
# somebody else has got is checked once more: it has other ports then.
function fail(why) {
	if (goal)
		return
	if (lane && why ~ is_taken && !is_again[here]++) {
		goal = here
		return
	}
	put(0, "\nThis is not what the page says: " why)
	note = (why ~ no_tool ? " # SKIP " : "\n#   ") why
	stop()
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
	if (key == "a")
		stops = 0
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

# ---- a session -------------------------------------------------------------

# Also forgets what held for it, and for the remarks above it.
function end_session(    i) {
	receive()
	for (i = 1; i <= 3; i++) {
		if (running[i])
			expect(i, "x[0]")
		if (running[i]) # it failed, or a key was pressed
			tell(i, "e")
		running[i] = pending[i] = 0
		taken[i] = came[i]
	}
	any_order = column[1] = 0
	columns = 1
	skip = ""
	several = "^\001" # no text has it
	split("", class)
	split("", value)
	class[dots] = ".+"
}

function remark(line,    words, word, i) {
	gsub(/^ *<!-- *| *-->.*/, "", line)
	if (line == "any order")
		any_order = 1
	else if (line == "Linux only" && first_line("/proc/version") == "")
		skip = "for Linux only"
	else if (sub(/^not run: */, "", line))
		skip = line
	else if (sub(/^differs: */, "", line))
		for (i = split(line, word, " "); i > 0; i--)
			if (word[i] ~ /^[0-9]/)
				class[word[i]] = number_class
			else {
				class[word[i]] = "[^ ]*[A-Za-z0-9_]"
				words = words (words ? "|" : "") word[i]
				several = "^(" words ")( (" words "))+"
			}
}

# A line that crosses the start of the next column belongs to the first.
function play_row(row,    i) {
	at = 999
	if (row ~ /^ *terminal 1/) {
		put(0, row)
		for (i = 1; index(row, "terminal " i); i++)
			column[i] = index(row, "terminal " i)
		columns = i - 1
		return
	}
	gsub(/\342\200\246/, dots, row) # one column, as it is seen
	for (i = columns; i > 0; i--) {
		cell[i] = ""
		if (i == 1 || substr(row, column[i] - 2, 2) == "  ") {
			cell[i] = substr(row, column[i])
			row = substr(row, 1, column[i] - 1)
			sub(/ +$/, "", row)
		}
	}
	for (i = 1; i <= columns; i++)
		if ((cell[i] != "" || columns == 1) && !goal)
			play_cell(i, cell[i])
}

function play_cell(terminal, text) {
	if (skip != "")
		put(terminal, text)
	else if (text ~ /^[$]( |$)/ || text ~ /^\(.*\)$/)
		play_order(terminal, text)
	else
		expect(terminal, (text ~ /^\[[0-9]+\]$/ ? "x" : "=") text)
}

# A command, a key, or what waits. Nobody types so fast that what was typed
# before has not got to its wait.
function play_order(terminal, text,    order) {
	receive()
	if (text ~ /^[$]/) {
		if (running[terminal])
			expect(terminal, "x[0]")
		text = with_values(text)
	} else if (text ~ /^\(waits/) {
		settle(100)
		if (came[terminal] > taken[terminal] || !running[terminal])
			complain(terminal, "=(waits)", await(terminal))
	}
	if (goal)
		return
	put(terminal, text)
	if (text in byte)
		order = "k" byte[text]
	else if (text ~ /^[$] /)
		order = "$lane=" lane " serial=" serial " sheet='" sheet[here] \
			"'; . \"$root/scripts/session.sh\"; " substr(text, 3)
	else
		return
	stop()
	if (!is_settled || text in byte)
		settle(10)
	if (goal)
		return
	tell(terminal, order)
	if (text ~ /^[$]/)
		running[terminal] = event[4]
	is_settled = 0
}

function expect(terminal, text) {
	page[terminal, ++pending[terminal]] = text
	if (!any_order || text ~ /^x/)
		receive()
}

# Each text that comes must be one of those that are pending; if the page has
# them in order there is only one.
function receive(    terminal, i, text) {
	for (terminal = 1; terminal <= 3 && !goal; terminal++)
		while (pending[terminal] && !goal) {
			text = await(terminal)
			i = pending[terminal]
			while (i > 0 && !fits(page[terminal, i], text))
				i--
			if (i == 0)
				complain(terminal, page[terminal, 1], text)
			else if (text != "x[0]")
				put(terminal, substr(text, 2))
			page[terminal, i] = page[terminal, pending[terminal]--]
		}
}

function complain(terminal, expected, text) {
	gsub(dots, "\342\200\246", expected)
	if (text)
		text = "this came: \"" substr(text, 2) "\""
	else if (running[terminal])
		text = "nothing came in " limit " seconds"
	else
		text = "nothing runs"
	fail("terminal " terminal ": \"" substr(expected, 2) \
		"\" was to come, but " text)
}

# Until two looks have found all at their waits: on a busy machine a program, or
# the kernel's part that brings it a key, may not get the processor for long.
# But not for ever. Then nothing has come that the page has further down.
function settle(tries,    looks, end, i) {
	for (; tries > 0 && looks < 2; tries--) {
		end = clock + 0.09
		while (clock < end)
			read_event()
		looks = computes(running[1] " " running[2] " " running[3]) ? \
			0 : looks + 1
	}
	tell(1, "?") # all that has come until now has been read
	is_settled = 1
	for (i = 1; i <= columns && !any_order; i++)
		if (cell[i] == "" && queue[i, taken[i] + 1] ~ /^=/)
			complain(i, "=(nothing)", await(i))
}

# Linux tells whether a process, or a child of it, wants the processor, or is
# looked at by strace. Elsewhere its silence must do.
function computes(pids,    pid, i, folder, busy) {
	for (i = split(pids, pid, " "); i > 0; i--) {
		folder = "/proc/" pid[i]
		busy += first_line(folder "/stat") ~ /\) [RDt] /
		busy += computes(first_line(folder "/task/" pid[i] "/children"))
	}
	return busy + 0
}

function first_line(file,    line) {
	getline line <file
	close(file)
	return line
}

# ---- the terminals: scripts/terminal ---------------------------------------

# What comes in a terminal, or nothing.
function await(terminal,    end) {
	fflush()
	end = clock + limit
	while (taken[terminal] == came[terminal] && running[terminal] && \
		clock < end)
		read_event()
	is_settled = 1
	if (queue[terminal, ++taken[terminal]] ~ /^x/)
		running[terminal] = 0
	return queue[terminal, taken[terminal]]
}

# What comes until it has obeyed waits in the queues of the terminals.
function tell(terminal, order) {
	print terminal order >commands
	fflush(commands)
	do
		read_event()
	while (event[1] != substr(order, 1, 1))
}

# A kind, the terminal, the time, a pid, a text. What prints without end that
# nobody waits for is not kept.
function read_event(    line) {
	if ((getline line <"/dev/stdin") < 1)
		exit 2
	split(line, event, " ")
	clock = event[3]
	if (event[1] !~ /[=x]/ || came[event[2]] - taken[event[2]] > 10000)
		return
	sub(/ [^ ]* [^ ]* [^ ]* /, "", line)
	gsub(/[\001-\037]/, " ", line) # none reaches the screen
	sub(/ +$/, "", line)
	if (event[1] == "x")
		line = "x[" event[5] "]"
	queue[event[2], ++came[event[2]]] = as_given(line, home ".names")
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
	split("", is_new)
	if (with_values(line, text) == text)
		return 1
	for (word in is_new)
		delete value[word]
	return 0
}

# The page's line with what came for what is listed, now or before. Its parts
# are words, listed ones in a row, and what stands between words.
function with_values(line, text,    part, result, rest, end) {
	while (line != "") {
		if (!match(line, several))
			match(line, /^([A-Za-z0-9_\/]+([.][A-Za-z0-9_\/]+)*|.)/)
		part = substr(line, 1, RLENGTH)
		line = substr(line, RLENGTH + 1)
		rest = substr(text, length(result) + 1)
		if (text == "" && !(part in value) && \
			(part in class || part ~ several))
			fail("nothing has come yet for " part)
		else if (part == dots || part ~ several) {
			# Up to what follows on the page, if anything does.
			end = line "\n"
			sub(dots ".*", "", end)
			part = substr(rest, 1, index(rest "\n", end) - 1)
		} else if (part in class && !(part in value) && \
			match(rest, "^" class[part])) {
			value[part] = substr(rest, 1, RLENGTH)
			is_new[part] = 1
		}
		result = result (part in value ? value[part] : part)
	}
	return result
}
