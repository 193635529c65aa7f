# play.awk - plays the sections of lab sheets as it reads them, for play.sh
#
# lane is 0 on a screen. In a check it is 1 to 4, and plays each fourth section;
# what it has found is in $private/tap00001 and so on. The terminals are those
# of scripts/terminal: what they obey goes into a FIFO, what they say comes from
# standard input. only is the section to begin with, or the one to check; back
# is where to go back to if there is none.

BEGIN {
	private = ENVIRON["private"]
	commands = private "/commands" lane
	dots = "\002" # stands for three dots in one character: any text
	examples = dots
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

# ---- a section is what stands from a heading to the next -------------------

FNR == 1 {
	is_again = FILENAME in seen
	seen[FILENAME] = 1
	is_wanted = index("\n" ENVIRON["wanted"], "\n" FILENAME "\n")
	is_program = FILENAME ~ /\.c$/
	is_over = is_folded = after_heading = 0
}

# Of a program its top comment, whose first line is a heading.
is_program && /^ \*\// { is_over = 1 }
is_again || is_over || (is_program && FNR == 1) { next }
is_program { sub(/^ \* ?/, FNR == 2 ? "# " : "") }

# A heading that only another one follows shares its screen.
{ is_heading = sub(/^#+ +/, "") }
is_heading && !after_heading {
	end_section()
	begin_section($0)
}
is_heading { $0 = section ". " $0 }
!/^ *$/ { after_heading = is_heading }

/<details>/ { is_folded = 1 }
is_playing && !left && (lane || !is_folded) { play_line($0) }
/<\/details>/ { is_folded = 0 }

END {
	if (is_filter)
		exit
	if (goal == "")
		end_section()
	if (lane == 1)
		print "1.." count >(private "/tap_plan")
	if (here < only && back)
		print back >(private "/next")
	else if (here < only && lane < 2) {
		print "play.sh: there is no section " only >"/dev/stderr"
		failed = 2
	}
	exit failed
}

function begin_section(heading) {
	section++
	if (is_wanted) {
		before = here
		here = section
	}
	is_playing = is_wanted && section >= only
	if (lane && only && section != only)
		is_playing = 0
	if (lane && is_playing)
		is_playing = ++count % 4 == lane % 4
	if (!is_playing)
		return
	sheet = FILENAME
	title = heading
	rows = left = gap = is_remarked = is_played = 0
	home = found = reason = skip = lack = ""
	print (stops && !plain ? "\033[2J\033[H" : "") (stops ? keys_line : "")
}

function end_section(    line) {
	if (!is_playing)
		return
	end_session()
	if (rows > 23 && sheet !~ /\.c$/)
		fail("it has " rows " lines, 23 fit on a screen")
	if (is_remarked)
		fail("no session follows a <!-- -->")
	stop()
	line = sheet
	if (index(line, ENVIRON["root"] "/") == 1)
		line = substr(line, length(ENVIRON["root"]) + 2)
	line = "ok " count " - " line " " section ": " title
	if (found != "")
		line = "not " line "\n#   " found
	else if (!is_played && reason != "")
		line = line " # SKIP " reason
	if (lane)
		print line >sprintf("%s/tap%05d", private, count)
}

function play_line(line) {
	if (line ~ /^ *$/) {
		gap += !after_remark # which takes this line along
		return
	}
	match(line, /^ */)
	after_remark = line ~ /^ *<!--/
	if (after_remark || RLENGTH < session)
		end_session()
	if (after_remark) {
		remark(line)
		return
	}
	rows += (gap + 1) * !is_folded
	for (; gap > 0; gap--) {
		after_text = 0
		if (session)
			play_row("")
		else
			print ""
	}
	if (!session && !after_text && line ~ /^    +(\$ |terminal 1( |$))/)
		begin_session(line)
	if (session)
		play_row(line)
	else
		play_text(line)
	gsub(/[\200-\277]/, "", line) # the further bytes of characters
	if (length(line) > 80)
		fail("more than 80 columns: " line)
}

function play_text(line) {
	if (line ~ /^    +\$ /)
		fail("no session can begin here: " line)
	if (is_remarked)
		fail("no session follows a <!-- -->")
	print line
	after_text = 1
}

function remark(line) {
	gsub(/^ *<!-- *| *-->.*/, "", line)
	is_remarked = 1
	if (line == "any order")
		any_order = 1
	else if (line == "Linux only" && ENVIRON["system"] != "Linux")
		skip = "for Linux only"
	else if (sub(/^not run: */, "", line))
		skip = line
	else if (sub(/^differs: */, "", line))
		set_examples(line)
}

# ---- the screen: what is put in a row stands in its terminal's column ------

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

# Until Enter; then on behind what stands in the row. Other keys leave: play.sh
# begins again at the section that is the goal.
function stop() {
	if (!stops || left)
		return
	fflush()
	key = "q"
	getline key <"/dev/tty"
	goal = key
	if (key == "a")
		stops = 0
	if (key == "a" || key == "") {
		goal = ""
		printf (at ? "\033[A\033[" (at + 1) "G" : "")
		return
	}
	if (key == "b" && before)
		goal = before
	else if (key !~ /^[0-9]+$/)
		goal = here
	if (key != "q")
		print goal, here >(private "/next")
	exit
}

function fail(reason) {
	if (left)
		return
	end_row()
	print "\nThis is not what the page says: " reason
	failed = 1
	stop()
	left = 1
	found = reason
}

# ---- what comes ------------------------------------------------------------

# What comes until it has obeyed waits in the queues of the terminals.
function tell(terminal, letter, text) {
	print terminal letter text >commands
	fflush(commands)
	while (read_event() != letter)
		;
}

function read_event(    event, word) {
	if ((getline event <"/dev/stdin") < 1) {
		print "play.sh: the terminals have gone" >"/dev/stderr"
		exit 2
	}
	split(event, word, " ")
	clock = word[3]
	# What prints without end that nobody waits for is not kept.
	if (word[1] ~ /[=x]/ && came[word[2]] - taken[word[2]] < 10000)
		queue[word[2], ++came[word[2]]] = event
	return word[1]
}

# The next thing in a terminal: kind is = or x, or nothing in so many seconds.
function next_of(terminal, seconds,    end) {
	fflush()
	end = clock + seconds
	while (taken[terminal] == came[terminal] && running[terminal] != "" && \
		clock < end)
		read_event()
	kind = ""
	news = running[terminal] == "" ? "nothing runs" : \
		"nothing has come in " limit " seconds"
	if (taken[terminal] == came[terminal])
		return
	text = queue[terminal, ++taken[terminal]]
	delete queue[terminal, taken[terminal]]
	kind = substr(text, 1, 1)
	time = substr(text, 5) + 0
	sub(/^[^ ]* [^ ]* [^ ]* /, "", text)
	gsub(/[\001-\037]/, " ", text) # none reaches the screen
	sub(/ +$/, "", text)
	text = as_given(text)
	news = "this came: \"" text "\""
	if (kind == "x") {
		news = "it ended with exit status " text
		text = "[" text "]"
		running[terminal] = ""
	}
}

# As it would be with the names that were given: stand_in.sh has used others,
# and its list has those that were given.
function as_given(line,    pattern, name, word, number) {
	gsub(/[.]\/socket/, ENVIRON["socket"], line)
	pattern = home
	gsub(/[^A-Za-z0-9\/]/, "[&]", pattern)
	if (home != "")
		gsub(pattern, ENVIRON["HOME"], line)
	while ((getline name <(home ".names")) > 0) {
		split(name, word, " ")
		if (word[1] == "k")
			gsub(sprintf("0x%x", keys + number), \
				sprintf("0x%x", word[2]), line)
		gsub(":" (ports + number), ":" word[2], line)
		gsub("port " (ports + number), "port " word[2], line)
		number++
	}
	close(home ".names")
	return line
}

# ---- what differs from run to run ------------------------------------------

# Numbers are one by one, other words that follow each other are one text.
function set_examples(list,    word, i, n, words) {
	gsub(/[^A-Za-z0-9_\/ -]/, "[&]", list)
	n = split(list, word, " ")
	for (i = 1; i <= n; i++)
		if (word[i] ~ /^[0-9]/)
			examples = examples "|" word[i]
		else
			words = words "|" word[i]
	words = "(" substr(words, 2) ")"
	if (words != "()")
		examples = examples "|" words "( " words ")*"
}

# Sets RSTART and RLENGTH to the next one, a whole word.
function has_example(line,    start) {
	while (match(substr(line, start + 1), examples)) {
		start += RSTART
		RSTART = start
		if (substr(line, start, 1) == dots)
			return 1
		if (substr(line, 1, start - 1) !~ /[A-Za-z0-9_.]$/ && \
			substr(line, start + RLENGTH) !~ /^[.]?[A-Za-z0-9_]/)
			return 1
	}
	return 0
}

# A line of the page with the values that came. An example that has none yet
# gets what stands in its place in the line that came.
function fill(page, line,    head, example) {
	split("", new)
	while (has_example(page)) {
		head = head substr(page, 1, RSTART - 1)
		example = substr(page, RSTART, RLENGTH)
		page = substr(page, RSTART + RLENGTH)
		if (!(example in value) || example == dots) {
			value[example] = value_of(example, page, \
				substr(line, length(head) + 1))
			new[example] = 1
		}
		head = head value[example]
	}
	return head page
}

# A number for a number, a word (or a home with blanks in its name) for a word;
# for words any text up to what follows on the page.
function value_of(example, page, line,    size) {
	if (has_example(page))
		page = substr(page, 1, RSTART - 1)
	size = page == "" ? length(line) : index(line, page) - 1
	if (example ~ /^[0-9]/) {
		match(line, example ~ /[^0-9]/ ? \
			"^[0-9][0-9A-Za-z]*([.][0-9A-Za-z]+)*" : "^[0-9]+")
		size = RLENGTH
	}
	line = substr(line, 1, size)
	if (example == dots || line == your_home || \
		line ~ (example ~ / / ? "." : "^[^ ]+$"))
		return line
	return "\001" # which never comes
}

function fits(page, line,    example) {
	if (has_example(page)) { # then widths differ, too
		gsub(/ +/, " ", page)
		gsub(/ +/, " ", line)
	}
	if (fill(page, line) == line)
		return 1
	for (example in new)
		delete value[example]
	return 0
}

# ---- a session -------------------------------------------------------------

function begin_session(line) {
	match(line, /^ */)
	session = column[1] = RLENGTH
	columns = is_settled = 1
	is_remarked = latest = row_latest = 0
	split("", value)
	if (skip == "")
		is_played = 1
	else
		reason = skip
}

function end_session(    i) {
	if (!session)
		return
	receive_all()
	for (i = 1; i <= 3; i++) {
		if (running[i] != "" && skip == "")
			expect(i, "[0]")
		if (running[i] != "") # it failed, or was skipped from there on
			tell(i, "e")
		running[i] = ""
		taken[i] = came[i]
		pending[i] = 0
	}
	end_row()
	session = any_order = 0
	skip = lack
	examples = dots
}

# A line that crosses the start of the next column belongs to the first.
function play_row(row,    terminal, i, cell) {
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
	column[columns + 1] = length(row) + 2
	terminal = 1
	for (i = 2; i <= columns + 1; i++) {
		if (length(row) > column[i] && \
			substr(row, column[i] - 1, 2) != "  ")
			continue
		cell = substr(row, 1, column[i])
		cell = substr(cell, column[terminal] + 1)
		sub(/ +$/, "", cell)
		if ((cell != "" || columns == 1) && !left)
			play_cell(terminal, cell)
		terminal = i
	}
}

function play_cell(terminal, cell,    i, typed) {
	for (i in missing)
		if (cell ~ /^\$ / && index(cell " ", " " missing[i] " ")) {
			lack = skip = reason = "there is no " missing[i] " here"
			is_played = 0
		}
	if (skip != "") {
		put(terminal, cell)
		return
	}
	if (cell !~ /^(\$|\$ .*|\[[0-9]+\]|\(.*\))$/) {
		page[terminal, ++pending[terminal]] = cell
		if (!any_order)
			receive(terminal)
		return
	}
	receive_all()
	if (cell ~ /^\[/)
		expect(terminal, cell)
	if (cell ~ /^\$/ && running[terminal] != "")
		expect(terminal, "[0]")
	if (cell ~ /^\(waits/)
		expect_waiting(terminal)
	typed = cell ~ /^\$/ ? fill(cell, "") : cell
	if (typed ~ /\001/)
		fail("nothing has come yet for what differs in " cell)
	if (left || cell ~ /^\[/)
		return
	put(terminal, typed)
	if (cell ~ /^\$ /)
		type(terminal, substr(typed, 3))
	if (cell ~ /^\((Enter|Ctrl-[A-Z\\])\)$/)
		act(terminal, "k", index("ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\", \
			cell == "(Enter)" ? "J" : substr(cell, 7, 1)))
}

function expect(terminal, cell) {
	page[terminal, ++pending[terminal]] = cell
	receive(terminal)
}

function receive_all(    i) {
	for (i = 1; i <= 3; i++)
		receive(i)
}

# Each line that comes must be one of those that are pending; if the page has
# them in order there is only one.
function receive(terminal,    i, cell) {
	while (pending[terminal] && !left) {
		next_of(terminal, limit)
		for (i = pending[terminal]; i > 0; i--) {
			cell = page[terminal, i]
			if (kind == "x" && text == cell)
				break
			if (kind == "=" && cell !~ /^\[[0-9]+\]$/ && \
				fits(cell, text))
				break
		}
		if (kind == "=" && time < latest - 1 && !any_order) {
			news = "it came before what stands above it"
			i = 0
		}
		if (i == 0)
			complain(terminal, page[terminal, 1])
		else if (text != "[0]")
			put(terminal, text)
		page[terminal, i] = page[terminal, pending[terminal]--]
		if (time > row_latest)
			row_latest = time
		is_settled = 1
	}
}

function expect_waiting(terminal) {
	settle(running[terminal], 0.2, 50)
	next_of(terminal, 0)
	if (kind != "" || running[terminal] == "")
		complain(terminal, "(waits)")
	row_latest = clock + 0.8
}

function complain(terminal, cell) {
	gsub(dots, "\342\200\246", cell)
	fail("terminal " terminal ": \"" cell "\" was to come, but " news)
}

# Until all have got to their waits: on a busy machine a program may not get
# the processor for long. But not for ever.
function settle(groups, seconds, tries,    end) {
	for (; tries > 0; tries--) {
		end = clock + seconds
		while (clock < end)
			read_event()
		if (!computes(groups))
			break
	}
	tell(1, "?") # all that has come until now has been read
	is_settled = 1
}

function computes(groups,    process, word, found) {
	while (("ps -A -o pgid= -o stat=" | getline process) > 0) {
		split(process, word, " ")
		if (index(groups " ", " " word[1] " ") && word[2] ~ /^[RD]/)
			found = 1
	}
	close("ps -A -o pgid= -o stat=")
	return found
}

# At the first command session.sh makes a folder for the section. Its keys and
# ports are not those of copies of play.sh that run side by side.
function type(terminal, command,    number, lab) {
	if (home == "") {
		home = private "/" lane "." ++serial
		number = serial * 5 + lane
		keys = 1610612736 + ENVIRON["pid"] % 32768 * 4096 + \
			number % 256 * 16
		ports = 12800 + (ENVIRON["pid"] * 37 + number) % 4800 * 4
	}
	lab = sheet
	sub(/\/[^\/]*$/, "", lab)
	gsub(/'/, "'\\''", lab)
	act(terminal, "$", "HOME=\"$private/" lane "." serial "\" keys=" keys \
		" ports=" ports " lab='" lab "'; . \"$scripts/session.sh\"; " \
		"echo $$; " command)
	running[terminal] = "?"
	next_of(terminal, limit)
	if (kind == "=")
		running[terminal] = " " text
	else
		complain(terminal, "a shell")
}

# Nobody types so fast that what was typed before has not got to its wait.
function act(terminal, letter, text) {
	stop()
	if (!is_settled || letter == "k")
		settle(running[1] running[2] running[3], 0.1, 10)
	tell(terminal, letter, text)
	is_settled = 0
}
