# play.awk - plays sections of lab sheets, for play.sh
#
# It reads the labs' sheets, for the numbers of their sections, and behind
# wanted=1 those that are to be played. lane is 0 on a screen; in a check it is
# 1 to 4, and plays each fourth section: what it has found is in
# $private/tap00001 and so on. only is the section to begin with, or to check.
#
# The terminals are those of scripts/terminal: what they obey goes into a FIFO,
# what they say comes from standard input.

BEGIN {
	private = ENVIRON["private"]
	commands = private "/commands" lane
	dots = "\002" # stands for three dots in one character: any text
	ended = "\001" # begins an exit status, which no line that came can be
	limit *= scale # seconds until what has not come is missing
	your_home = ENVIRON["HOME"]
	gsub(/ +/, " ", your_home) # as fits sees it
	split(ENVIRON["missing"], missing, " ")
	keys_line = "[Enter: go on   q: quit   b: back   r: repeat   " \
		"a: run through   NUMBER]"
}

# For session.sh: what a tool prints of a section.
is_filter {
	if ($1 == "queue")
		mine[$2] = 1
	else if ($1 in mine || as_given($0) != $0 || !/0x|:[0-9]|^socket/)
		print as_given($0)
	next
}

# ---- reading: a section is what stands from a heading to the next ----------

FNR == 1 {
	is_program = FILENAME ~ /\.c$/
	is_over = is_folded = after_heading = after_remark = 0
}

# Of a program its top comment, whose first line is a heading.
is_program && /^ \*\// { is_over = 1 }
is_over || (is_program && FNR == 1) { next }
is_program { sub(/^ \* ?/, FNR == 2 ? "# " : "") }

# A heading that only another one follows shares its screen.
{
	is_heading = sub(/^#+ +/, "")
	sub(/ +$/, "")
}
is_heading && !after_heading { begin_section(FILENAME ":" FNR) }
$0 != "" { after_heading = is_heading }

wanted {
	if (is_heading)
		$0 = number[last] ". " $0
	if (/<details>/)
		is_folded = 1
	if (lane || !is_folded)
		keep($0)
	if (/<\/details>/)
		is_folded = 0
}

function begin_section(place) {
	if (!(place in numbers))
		numbers[place] = ++count[wanted]
	if (!wanted)
		return
	last++
	sheet[last] = FILENAME
	title[last] = $0
	number[last] = numbers[place]
	if (!(number[last] in section))
		section[number[last]] = last
	lines = shown = 0
}

function keep(line,    i) {
	if (line == "" && after_remark) # it goes with the remark
		return
	after_remark = line ~ /^ *<!--/
	source[last, ++lines] = line
	shown += !after_remark && !is_folded
	if (line == "")
		return
	size[last] = lines
	rows[last] = shown
	for (i in missing)
		if (index(line, "$ ") && index(line " ", " " missing[i] " "))
			lack[last] = "there is no " missing[i] " here"
}

# ---- playing ---------------------------------------------------------------

END {
	if (is_filter)
		exit
	if (only != "" && !(only in section)) {
		print "play.sh: there is no section " only >"/dev/stderr"
		exit 2
	}
	first = only == "" ? 1 : section[only]
	if (only != "" && lane)
		last = first
	if (lane == 1)
		print "1.." (last - first + 1) >(private "/tap_plan")
	goal = lane ? first + lane - 1 : first
	while (goal <= last) {
		here = goal
		goal += lane ? 4 : 1
		play_section()
	}
	exit failed
}

function play_section(    i, line, indent) {
	left = is_played = 0
	home = found = reason = ""
	begin_block()
	print (stops && !plain ? "\033[2J\033[H" : "") (stops ? keys_line : "")
	for (i = 1; i <= size[here] && !left; i++) {
		line = source[here, i]
		# An empty line belongs to what follows it.
		indent = match(line == "" ? source[here, i + 1] : line, \
			/[^ ]/) - 1
		if (indent < session)
			end_session()
		if (line ~ /^ *<!--/) {
			remark(line)
			continue
		}
		if (!session && line ~ /^    +(\$ |terminal 1( |$))/) {
			session = column[1] = indent
			is_played += skip == ""
			reason = skip
		}
		if (session)
			play_row(line)
		else
			print line
		gsub(/[\200-\277]/, "", line) # the further bytes of characters
		if (length(line) > 80)
			fail("more than 80 columns: " line)
	}
	end_session()
	if (rows[here] > 23 && sheet[here] !~ /\.c$/)
		fail("it has " rows[here] " lines, 23 fit on a screen")
	stop()
	if (lane)
		report()
}

function report(    line) {
	line = "ok " (here - first + 1) " - " sheet[here] " " number[here] \
		": " title[here]
	if (found != "")
		line = "not " line "\n#   " found
	else if (reason != "" && !is_played)
		line = line " # SKIP " reason
	print line >sprintf("%s/tap%05d", private, here)
}

function fail(why) {
	if (left)
		return
	end_row()
	print "\nThis is not what the page says: " why
	failed = 1
	found = why
	stop()
	left = 1
}

# Until Enter; then on behind what stands in the row. Other keys leave.
function stop(    key) {
	if (!stops || left)
		return
	fflush()
	key = "q"
	getline key <"/dev/tty"
	if (key == "a")
		stops = 0
	if (key == "a" || key == "") {
		printf (at ? "\033[A\033[" (at + 1) "G" : "")
		return
	}
	left = 1
	goal = here
	if (key == "q")
		goal = last + 1
	if (key == "b" && here > 1)
		goal = here - 1
	if (key in section)
		goal = section[key]
}

# What is put in a row stands in its terminal's column.
function put(terminal, cell,    start) {
	start = plain ? 0 : column[terminal]
	if (plain && columns > 1)
		cell = terminal "| " cell
	if (at > start)
		end_row()
	printf "%" (start - at) "s%s", "", cell
	at = start + length(cell)
}

function end_row() {
	if (at)
		print ""
	at = 0
}

# ---- what the terminals say ------------------------------------------------

# What comes until it has obeyed waits in the queues of the terminals.
function tell(terminal, letter, text) {
	print terminal letter text >commands
	fflush(commands)
	do
		read_event()
	while (event[1] != letter)
}

# A kind, the terminal, the time, a pid, a text.
function read_event(    line) {
	if ((getline line <"/dev/stdin") < 1) {
		print "play.sh: the terminals have gone" >"/dev/stderr"
		exit 2
	}
	split(line, event, " ")
	clock = event[3]
	# What prints without end that nobody waits for is not kept.
	if (event[1] ~ /[=x]/ && came[event[2]] - taken[event[2]] < 10000)
		queue[event[2], ++came[event[2]]] = line
}

# Has something come in a terminal, in so many seconds? Sets text and time.
function has_come(terminal, seconds,    end, kind) {
	fflush()
	end = clock + seconds
	while (taken[terminal] == came[terminal] && running[terminal] && \
		clock < end)
		read_event()
	news = running[terminal] ? "nothing has come in " limit " seconds" : \
		"nothing runs"
	if (taken[terminal] == came[terminal])
		return 0
	text = queue[terminal, ++taken[terminal]]
	delete queue[terminal, taken[terminal]]
	kind = substr(text, 1, 1)
	time = substr(text, 5) + 0
	sub(/^[^ ]* [^ ]* [^ ]* [^ ]* /, "", text)
	gsub(/[\001-\037]/, " ", text) # none reaches the screen
	sub(/ +$/, "", text)
	text = as_given(text)
	news = "this came: \"" text "\""
	if (kind == "x") {
		news = "it ended with exit status " text
		text = ended "[" text "]"
		running[terminal] = 0
	}
	return 1
}

# As it would be with the names that were given: stand_in.sh has used others,
# and its list has both.
function as_given(line,    pair, word) {
	while ((getline pair <(home ".names")) > 0) {
		split(pair, word, "=")
		gsub(/[^A-Za-z0-9]/, "[&]", word[1]) # as it stands
		gsub(word[1], word[2], line)
	}
	close(home ".names")
	return line
}

# ---- what differs from run to run ------------------------------------------

# Is a line that came the one of the page? With what is listed widths differ,
# too.
function fits(line, came_line,    exact) {
	exact = line == came_line
	if (line came_line ~ ended)
		return exact
	gsub(/ +/, " ", line)
	gsub(/ +/, " ", came_line)
	of_page = split_line(line, on_page)
	has_listed = 0
	of_line = split_line(came_line, in_line)
	return fits_from(1, 1) && (has_listed || exact)
}

# Into words, numbers, and what stands between them. Listed words in a row are
# one text. Returns how many there are.
function split_line(line, part,    n) {
	n = 0
	while (match(line, /^([A-Za-z0-9_\/]+([.][A-Za-z0-9_\/]+)*|.)/)) {
		part[++n] = substr(line, 1, RLENGTH)
		line = substr(line, RLENGTH + 1)
		if (n > 2 && part[n - 1] == " " && is_text(part[n]) && \
			is_text(part[n - 2])) {
			n -= 2
			part[n] = part[n] " " part[n + 2]
			listed[part[n]] = 1
		}
	}
	return n
}

function is_text(part) {
	return part in listed && part !~ /^[0-9]/ && part != dots
}

# Do these parts fit, and all behind them? What is listed has one value.
function fits_from(i, j,    known, text) {
	if (i > of_page)
		return j > of_line
	if (!(on_page[i] in listed))
		return on_page[i] == in_line[j] && fits_from(i + 1, j + 1)
	has_listed = 1
	known = on_page[i] == dots ? "" : value[on_page[i]]
	for (; j <= of_line; j++) {
		text = text in_line[j]
		if (text !~ pattern_of(on_page[i]) && text != your_home)
			continue
		if (known != "" && text != known)
			continue
		value[on_page[i]] = text
		if (fits_from(i + 1, j + 1))
			return 1
	}
	value[on_page[i]] = known
	return 0
}

# What may come for an example.
function pattern_of(example) {
	if (example == dots || example ~ / /)
		return "."
	if (example ~ /^[0-9]+$/)
		return "^[0-9]+$"
	return example ~ /^[0-9]/ ? "^[0-9][0-9A-Za-z.]*$" : "^[^ ]+$"
}

# What is typed, with the values that came.
function fill(cell,    n, i, typed) {
	n = split_line(cell, on_page)
	for (i = 1; i <= n; i++) {
		if (on_page[i] in listed)
			on_page[i] = value[on_page[i]]
		if (on_page[i] == "")
			fail("nothing has come yet for what differs in " cell)
		typed = typed on_page[i]
	}
	return typed
}

# ---- a session -------------------------------------------------------------

# What holds for one session only, and for the remarks above it.
function begin_block() {
	session = any_order = latest = row_latest = 0
	columns = is_settled = 1
	skip = lack[here]
	split("", listed)
	split("", value)
	listed[dots] = 1
}

function remark(line,    word, i) {
	gsub(/^ *<!-- *| *-->.*/, "", line)
	if (line == "any order")
		any_order = 1
	else if (line == "Linux only" && ENVIRON["system"] != "Linux")
		skip = "for Linux only"
	else if (sub(/^not run: */, "", line))
		skip = line
	else if (sub(/^differs: */, "", line))
		for (i = split(line, word, " "); i > 0; i--)
			listed[word[i]] = 1
}

function end_session(    i) {
	if (!session)
		return
	receive_all()
	for (i = 1; i <= 3; i++) {
		if (running[i])
			expect(i, ended "[0]")
		if (running[i]) # it failed, or a key was pressed
			tell(i, "e")
		running[i] = pending[i] = 0
		taken[i] = came[i]
	}
	end_row()
	begin_block()
}

# A line that crosses the start of the next column belongs to the first.
function play_row(row,    i, cell) {
	end_row()
	latest = row_latest
	if (row ~ /^ *terminal 1/) {
		print row
		for (i = 1; index(row, "terminal " i); i++)
			column[i] = index(row, "terminal " i) - 1
		columns = i - 1
		return
	}
	gsub(/\342\200\246/, dots, row) # one column, as it is seen
	for (i = columns; i > 1; i--)
		if (substr(row, column[i] - 1, 2) == "  ") {
			cell[i] = substr(row, column[i] + 1)
			row = substr(row, 1, column[i])
			sub(/ +$/, "", row)
		}
	cell[1] = substr(row, column[1] + 1)
	for (i = 1; i <= columns; i++)
		if ((cell[i] != "" || columns == 1) && !left)
			play_cell(i, cell[i])
}

function play_cell(terminal, cell) {
	if (skip != "") {
		put(terminal, cell)
		return
	}
	if (cell !~ /^(\$|\$ .*|\[[0-9]+\]|\(.*\))$/) {
		expect(terminal, cell)
		return
	}
	receive_all()
	if (cell ~ /^\[/)
		expect(terminal, ended cell)
	if (cell ~ /^\(waits/)
		expect_waiting(terminal)
	if (cell ~ /^\$/) {
		if (running[terminal])
			expect(terminal, ended "[0]")
		cell = fill(cell)
	}
	if (left || cell ~ /^\[/)
		return
	put(terminal, cell)
	if (cell ~ /^\$ /)
		type(terminal, substr(cell, 3))
	if (cell ~ /^\((Enter|Ctrl-[A-Z\\])\)$/)
		act(terminal, "k", index("ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\", \
			cell == "(Enter)" ? "J" : substr(cell, 7, 1)))
}

function expect(terminal, cell) {
	page[terminal, ++pending[terminal]] = cell
	if (!any_order || cell ~ ended)
		receive(terminal)
}

function receive_all(    i) {
	for (i = 1; i <= 3; i++)
		receive(i)
}

# Each line that comes must be one of those that are pending; if the page has
# them in order there is only one.
function receive(terminal,    i) {
	while (pending[terminal] && !left) {
		i = has_come(terminal, limit) ? pending[terminal] : 0
		while (i > 0 && !fits(page[terminal, i], text))
			i--
		if (i && text !~ ended && time < latest - 1 && !any_order) {
			news = "it came before what stands above it"
			i = 0
		}
		if (i == 0)
			complain(terminal, page[terminal, 1])
		else if (text != ended "[0]")
			put(terminal, text)
		page[terminal, i] = page[terminal, pending[terminal]--]
		if (time > row_latest)
			row_latest = time
		is_settled = 1
	}
}

function expect_waiting(terminal) {
	settle(running[terminal], 0.2, 100)
	if (has_come(terminal, 0) || !running[terminal])
		complain(terminal, "(waits)")
	row_latest = clock + 0.8
}

function complain(terminal, cell) {
	sub(ended, "", cell)
	gsub(dots, "\342\200\246", cell)
	fail("terminal " terminal ": \"" cell "\" was to come, but " news)
}

# Until two looks have found all at their waits: on a busy machine a program, or
# the kernel's part that brings it a key, may not get the processor for long.
# But not for ever.
function settle(pids, seconds, tries,    looks, end) {
	for (; tries > 0 && looks < 2; tries--) {
		end = clock + seconds / 2
		while (clock < end)
			read_event()
		looks = computes(pids) ? 0 : looks + 1
		tell(1, "?") # all that has come until now has been read
	}
	is_settled = 1
}

# Linux tells whether a process, or a child of it, wants the processor, or is
# looked at by strace. Elsewhere its silence must do.
function computes(pids,    pid, i, folder) {
	for (i = split(pids, pid, " "); i > 0; i--) {
		folder = "/proc/" pid[i]
		if (first_line(folder "/stat") ~ /\) [RDt] /)
			return 1
		if (computes(first_line(folder "/task/" pid[i] "/children")))
			return 1
	}
	return 0
}

function first_line(file,    line) {
	getline line <file
	close(file)
	return line
}

# At the first command session.sh makes a folder for the section. Its keys and
# ports are not those of copies of play.sh that run side by side.
function type(terminal, command,    n, built) {
	if (home == "") {
		home = private "/" lane "." ++serial
		n = serial * 5 + lane
		keys = 1610612736 + ENVIRON["pid"] % 32768 * 4096 + n % 256 * 16
		ports = 12800 + (ENVIRON["pid"] * 37 + n) % 2400 * 8
	}
	built = sheet[here]
	sub(/\/[^\/]*$/, "", built)
	gsub(/'/, "'\\''", built)
	if (built !~ /^\//)
		built = "'\"$build\"'/" built
	act(terminal, "$", "HOME=\"$private/" lane "." serial "\" keys=" keys \
		" ports=" ports " built='" built "'; " \
		". \"$scripts/session.sh\"; " command)
}

# Nobody types so fast that what was typed before has not got to its wait.
function act(terminal, letter, text) {
	stop()
	if (left)
		return
	if (!is_settled || letter == "k")
		settle(running[1] " " running[2] " " running[3], 0.1, 10)
	tell(terminal, letter, text)
	if (letter == "$")
		running[terminal] = event[4]
	is_settled = 0
}
