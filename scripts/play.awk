# play.awk - reads lab sheets and plays their sections, for play.sh
#
# From the environment: lane, 1 to 4 for each fourth of the wanted sections, of
# which all are checked; 0 plays all of them. wanted is a list of sheets, only
# a section. In private are tap1, tap2 ... then, what the checks have found.

# ---- a sheet is read into sections, a section into entries ----
#
# An entry is a letter and its text: H heading, T text, ! what is wrong; above
# a session V what differs, O any order, S why it is not run; B where its
# terminals begin, R a row, E its end.

function keep(letter, text) {
	if (!folded || checks)
		entries[section, ++size[section]] = letter text
}

# It is a line of the screen.
function keep_line(letter, text,    bytes) {
	keep(letter, text)
	bytes = text
	gsub(/[\200-\277]/, "", bytes) # the further bytes of characters
	if (length(bytes) > 80)
		keep("!", "more than 80 columns: " text)
	height += !folded
}

# A heading that only another one follows shares its screen.
function heading(text) {
	if (height > headings || !section) {
		end_section()
		sheet[++section] = FILENAME
		height = headings = 0
	}
	if (!headings++)
		title[section] = text
	keep_line("H", text)
}

function end_section() {
	end_session()
	if (height > 23 && !program)
		keep("!", "it has " height " lines, 23 fit on a screen")
}

function end_session() {
	if (session)
		keep("E")
	else if (remarked)
		keep("!", "no session follows a <!-- -->")
	session = remarked = 0
}

function remark(text) {
	gsub(/^ *<!-- *| *-->.*/, "", text)
	remarked = 1
	if (text == "any order")
		keep("O")
	else if (text == "Linux only")
		keep(ENVIRON["system"] == "Linux" ? "" : "S", "for Linux only")
	else if (sub(/^not run: */, "", text))
		keep("S", text)
	else if (sub(/^differs: */, "", text))
		keep("V", text)
}

# Of empty lines between two of the text one is shown.
function keep_gap() {
	if (gap)
		keep_line("T", "")
	gap = 0
}

function keep_row(line,    used) {
	for (; gap > 0; gap--)
		keep_line("R", "")
	keep_line("R", line)
	if (line ~ /\$ / && match(line, ENVIRON["missing"])) {
		used = substr(line, RSTART, RLENGTH)
		gsub(/[^a-z]/, "", used)
		lacks[section] = "there is no " used " here"
	}
}

FNR == 1 {
	skip_file = FILENAME in seen
	seen[FILENAME] = 1
	program = FILENAME ~ /\.c$/
	over = folded = after_text = gap = 0
}

skip_file { next }

# Of a program its top comment, whose first line is a heading.
program {
	if (/^ \*\//)
		over = 1
	if (over || FNR == 1)
		next
	sub(/^ \* ?/, FNR == 2 ? "# " : "")
}

/^ *<!--/ {
	if (session)
		end_session()
	remark($0)
	next
}

/^#+ / {
	end_session()
	sub(/^#+ +/, "")
	folded = after_text = gap = 0
	heading($0)
	next
}

/^ *$/ {
	gap++
	after_text = 0
	next
}

session && match($0, /^ */) && RLENGTH >= session {
	keep_row($0)
	next
}

session { end_session() }

!after_text && /^    +(\$ |terminal 1( |$))/ {
	keep_gap()
	remarked = 0
	match($0, /^ */)
	session = RLENGTH
	keep("B", session)
	keep_row($0)
	next
}

/^    +\$ / { keep("!", "no session can begin here: " $0) }

/<details>/ { folded = 1 }

section && !folded {
	if (remarked)
		end_session()
	keep_gap()
	keep_line("T", $0)
	after_text = 1
}

/<\/details>/ { folded = 0 }

# ---- the screen: what is put in a row stands in its terminal's column ----

function say(text) {
	if (!checks)
		print text
}

function put(terminal, text) {
	if (checks)
		return
	if (plain) {
		print (columns > 1 ? terminal "| " : "") text
		return
	}
	if (at > place[terminal])
		end_row()
	printf "%" (place[terminal] - at) "s%s", "", text
	at = place[terminal] + length(text)
}

function end_row() {
	if (at)
		print ""
	at = 0
}

function clear_screen() {
	if (stops && !plain)
		printf "\033[2J\033[%d;1H%s\033[H", rows, keys_line
	else
		say(stops ? keys_line "\n" : "")
}

function last_stop() {
	end_row()
	if (stops && !plain)
		printf "\033[%d;%dH", rows, length(keys_line) + 2
	stop()
}

# Stop until Enter, and go on behind what stands in the row; or leave.
function stop() {
	if (!stops)
		return
	ask(0, 100000)
	key = kind == "=" ? text : "q"
	if (key == "a") {
		stops = 0
		printf "\0337\033[%d;1H\033[2K\0338", rows
	} else if (key != "")
		left = 1
	if (at)
		printf "\033[A\033[%dG", at + 1
}

# ---- terminals ----

# What comes next in a terminal, or from the keyboard: kind, time and text.
function ask(terminal, seconds,    answer) {
	tell(terminal "?" seconds * 1000)
	answer = "! 0 the terminals have gone"
	while ((getline answer <fifo) == 0)
		close(fifo) # the writer of the last answer was still there
	close(fifo)
	kind = substr(answer, 1, 1)
	answer = substr(answer, 3)
	time = answer + 0
	text = map_back(substr(answer, index(answer, " ") + 1))
	sub(/ +$/, "", text)
}

function tell(command) {
	print command | helper
	fflush(helper)
	fflush()
}

# As the program would have printed it in the student's folder.
function map_back(line,    i, head, start) {
	for (i = 1; i <= pairs; i++) {
		head = ""
		while (match(line, "(^|[^0-9])" ours[i] "([^0-9]|$)")) {
			start = RSTART - 1 + index(substr(line, RSTART), ours[i])
			head = head substr(line, 1, start - 1) theirs[i]
			line = substr(line, start + length(ours[i]))
		}
		line = head line
	}
	return line
}

function pair(our, their) {
	ours[++pairs] = our
	theirs[pairs] = their
}

# ---- what the page says, and what came ----

# What differs comes to stand between two \001. Words in a row are one text.
function mark(line,    head, word, start) {
	while (differing != "" && match(line, differing)) {
		word = substr(line, RSTART, RLENGTH)
		head = head substr(line, 1, RSTART - 1)
		line = substr(line, RSTART + RLENGTH)
		if (head ~ /[A-Za-z0-9_.]$/ || line ~ /^[.]?[A-Za-z0-9_]/)
			head = head word
		else
			head = head "\001" word "\001"
	}
	line = head line
	while (sub(/\342\200\246/, "\001any " ++dots "\001", line))
		; # three dots in one character
	while (match(line, /\001[^0-9\001][^\001]*\001 \001[^0-9]/)) {
		start = RSTART + RLENGTH - 4
		line = substr(line, 1, start - 1) " " substr(line, start + 3)
	}
	return line
}

# Is it the text that came? Values of what differs are remembered.
function fits(line,    i, parts, part, came, want, new) {
	came = text
	if (line ~ /\001/) { # then widths differ too
		gsub(/ +/, " ", line)
		gsub(/ +/, " ", came)
	}
	parts = split(line, part, "\001")
	for (i = 1; i <= parts; i++) {
		want = part[i]
		if (i % 2 == 0) {
			if (want in value)
				new[want] = value[want]
			else if (!(want in new))
				new[want] = first_of(came, want, part[i + 1])
			want = new[want]
			if (want == "" && part[i] !~ / /)
				return 0
		}
		if (index(came, want) != 1 && want != "")
			return 0
		came = substr(came, length(want) + 1)
	}
	for (want in new)
		value[want] = new[want]
	return came == ""
}

# The value of an example: a number's is a number, a word's has no blank.
function first_of(came, example, next_text,    end) {
	if (example ~ /^[0-9]/) {
		end = example ~ /[^0-9]/ ? "^[A-Za-z0-9]+([.][A-Za-z0-9]+)*" : \
			"^[0-9]+"
		return match(came, end) ? substr(came, 1, RLENGTH) : ""
	}
	end = next_text == "" ? length(came) + 1 : index(came, next_text)
	came = substr(came, 1, end - 1)
	return came ~ / / && example !~ / / ? "" : came
}

# Values that came, where the page has examples.
function fill(line,    i, parts, part) {
	parts = split(line, part, "\001")
	line = part[1]
	for (i = 2; i <= parts; i += 2) {
		if (!(part[i] in value))
			fail("nothing came for " part[i])
		line = line value[part[i]] part[i + 1]
	}
	return line
}

function fail(reason) {
	if (left)
		return
	failed = left = 1
	found = reason
	end_row()
	say("\nThis is not what the page says: " reason)
	last_stop()
}

function as_page(line) {
	gsub(/any [0-9]+\001/, "\342\200\246", line)
	gsub(/\001/, "", line)
	return line
}

function expect(terminal, line,    wanted) {
	wanted = "terminal " terminal ": \"" as_page(line) "\""
	come(terminal, wanted)
	if (kind == "x")
		fail(wanted " was to come, but it ended with exit status " text)
	else if (!fits(line))
		fail(wanted " was to come, but this came: \"" text "\"")
	if (left)
		return
	put(terminal, text)
	if (time < latest - 1000)
		fail(wanted " was to come, but it came before what stands above it")
	if (time > row_latest)
		row_latest = time
}

function come(terminal, wanted) {
	if (left)
		return
	ask(terminal, limit)
	if (kind == "-")
		fail(wanted " has not come in " limit " seconds")
	else if (kind == "!")
		fail(text)
}

# What comes in any order is looked at when all of it must have come.
function expect_all(terminal,    i) {
	while (pending[terminal] > 0 && !left) {
		come(terminal, "terminal " terminal ": the rest")
		for (i = 1; i <= pending[terminal]; i++)
			if (kind == "=" && fits(lines[terminal, i]))
				break
		if (i > pending[terminal])
			fail("this was not to come: " \
				(kind == "x" ? "exit status " : "") text)
		if (left)
			return
		lines[terminal, i] = lines[terminal, pending[terminal]--]
		put(terminal, text)
		end_row()
	}
}

# A program that has not got the processor for so long does not wait yet.
function expect_waiting(terminal,    tries) {
	if (!running[terminal])
		fail("terminal " terminal ": (waits), but nothing runs")
	for (tries = 1; tries <= 8 && !left; tries++) {
		ask(terminal, 0.2)
		if (kind == "=")
			fail("terminal " terminal \
				": (waits), but this came: \"" text "\"")
		if (kind == "x")
			fail("terminal " terminal \
				": (waits), but it ended with exit status " text)
		if (!computes(group[terminal]))
			break
	}
	row_latest = time + 800
}

function computes(groups,    found, process, word) {
	while (("ps -A -o pgid= -o stat=" | getline process) > 0) {
		split(process, word, " ")
		if (index(" " groups " ", " " word[1] " ") && word[2] ~ /^[RD]/)
			found = 1
	}
	close("ps -A -o pgid= -o stat=")
	return found
}

function expect_end(terminal, status,    wanted) {
	wanted = "terminal " terminal ": the end, with exit status " status ","
	if (!running[terminal]) {
		if (status)
			fail("terminal " terminal ": [" status "], but nothing runs")
		return
	}
	come(terminal, wanted)
	running[terminal] = 0
	if (kind == "=")
		fail(wanted " was to come, but: \"" text "\"")
	else if (text != status)
		fail(wanted " was to come, but exit status " text " came")
}

# ---- a session ----

function begin_session(    i) {
	for (i in value)
		delete value[i]
	latest = row_latest = 0
	if (skip == "")
		skip = lacks[section]
	if (skip == "")
		open_terminals()
	else
		reason = skip
	columns = 1
	place[1] = session
}

function finish_session(    i) {
	for (i = 1; i <= 3; i++) {
		expect_all(i)
		expect_end(i, 0)
	}
	end_row()
	skip = differing = any_order = ""
}

# A line that crosses the start of the next column belongs to the first.
function play_row(line,    i, terminal, end, cell) {
	end_row()
	latest = row_latest
	if (line ~ /^ *terminal 1/) {
		say(line)
		columns = 0
		while ((i = index(line, "terminal " (columns + 1))) > 0)
			place[++columns] = i - 1
		return
	}
	gsub(/\342\200\246/, "\002", line) # one column, as it is seen
	terminal = 1
	for (i = 2; i <= columns + 1; i++) {
		end = i > columns ? length(line) : place[i]
		if (end < length(line) && substr(line, end - 1, 2) != "  ")
			continue
		cell = substr(line, 1, end)
		cell = substr(cell, place[terminal] + 1)
		sub(/ +$/, "", cell)
		gsub(/\002/, "\342\200\246", cell)
		if (cell != "" || columns == 1)
			play_cell(terminal, cell)
		terminal = i
	}
}

function play_cell(terminal, cell) {
	if (left)
		return
	if (skip == "" && cell !~ /^(\$|\$ .*|\[[0-9]+\]|\(.*\))$/) {
		cell = mark(cell)
		if (any_order)
			lines[terminal, ++pending[terminal]] = cell
		else
			expect(terminal, cell)
		return
	}
	if (skip == "") {
		expect_all(terminal)
		if (cell ~ /^\$ /)
			cell = "$ " fill(mark(substr(cell, 3)))
		if (cell ~ /^\(waits/)
			expect_waiting(terminal)
		else if (cell ~ /^(\$|\[.*)$/)
			expect_end(terminal, substr(cell, 2) + 0)
		else if (cell ~ /^\$/)
			expect_end(terminal, 0)
	}
	if (left)
		return
	put(terminal, cell)
	if (skip == "" && cell ~ /^\$ /)
		type(terminal, substr(cell, 3))
	else if (skip == "" && cell ~ /^\((Enter|Ctrl-[A-Z\\])\)$/)
		act(terminal, "k" index("ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\", \
			cell == "(Enter)" ? "J" : substr(cell, 7, 1)))
}

# As at a prompt, Ctrl-C ends what sh runs, and sh after it.
function type(terminal, command) {
	act(terminal, "$trap exit INT QUIT; " private_names(command))
	come(terminal, "a start")
	group[terminal] = text
	running[terminal] = 1
}

# Nobody types so fast that what was typed before has not got to its wait.
function act(terminal, what,    i, tries, groups) {
	stop()
	if (left)
		return
	for (i = 1; i <= 3; i++)
		if (running[i])
			groups = groups " " group[i]
	while (groups != "" && tries++ < 10 && computes(groups))
		;
	tell(terminal what)
}

# ---- a section's folder: names of its own for what its programs share ----

function quote(text) {
	gsub(/'/, "'\\''", text)
	return "'" text "'"
}

function number_of(text,    i, number) {
	if (text !~ /^0x/)
		return text + 0
	for (i = 3; i <= length(text); i++)
		number = 16 * number + \
			index("123456789abcdef", tolower(substr(text, i, 1)))
	return number
}

# What is used in place of a key or a port that is given, and how ipcs, whose
# filter sed reads, shows it to the user.
function replacement(kind, given,    our) {
	if (kind == "k")
		given = sprintf("0x%x", number_of(given))
	if (!((kind, given) in replaced)) {
		our = kind == "p" ? port++ : sprintf("0x%x", key_number++)
		replaced[kind, given] = our
		pair(our, given)
		if (kind == "k")
			append("made", "segment " our "\nsemaphores " our)
		append("back", "s," our "," (kind == "p" ? given : \
			sprintf("0x%08x", number_of(given))) ",")
	}
	return replaced[kind, given]
}

function append(name, text) {
	name = folder "/" name
	print text >>name
	close(name)
}

# Those that are given to options of what is typed.
function private_names(line,    head, value, option) {
	while (options != "" && match(line, " -[A-Za-z]*[" options "] *" \
		"(0x[0-9A-Fa-f]+|[1-9][0-9]*)")) {
		value = option = substr(line, RSTART, RLENGTH)
		head = head substr(line, 1, RSTART - 1)
		line = substr(line, RSTART + RLENGTH)
		sub(/.*[kp] */, "", value)
		sub(/[^kp]*$/, "", option)
		head = head option " " \
			replacement(substr(option, length(option)), value)
	}
	return head line
}

# For each program with such options, ./PROGRAM gives them: so nothing that this
# user may have is touched. Another option behind it counts more.
function write_wrappers(lab, built,    find, line, file, word, name, kind) {
	find = "cd " quote(lab) " && grep -e '^ \\* usage: ' -e '^#include \"' " \
		"-e 'KEY (' -e 'PORT \"' *.h *.c /dev/null 2>/dev/null"
	while ((find | getline line) > 0) {
		file = line
		sub(/:.*/, "", file)
		split(line, word, /[ "]+/)
		if (line ~ /usage:/) {
			name = word[4]
			kind = line ~ /\[-k / ? "k" : line ~ /\[-p / ? "p" : ""
			added[name] = line ~ / \[-u / ? \
				" -u " quote(folder "/home/socket") : ""
		} else if (match(line, /0x[0-9A-Fa-f]+/))
			common[file, "k"] = ENVIRON["user"] + \
				number_of(substr(line, RSTART, RLENGTH))
		else if (match(line, /"[0-9]+"/))
			common[file, "p"] = substr(line, RSTART + 1, RLENGTH - 2)
		else if ((word[2], kind) in common) {
			options = options kind
			added[name] = added[name] " -" kind " " \
				replacement(kind, common[word[2], kind])
		}
	}
	close(find)
	for (name in added) {
		if (added[name] != "") {
			file = folder "/lab/" name
			print "#!/bin/sh\nexec " quote(built "/" name) \
				added[name] " \"$@\"" >file
			close(file)
			wrapped = wrapped " " name
		}
		delete added[name]
	}
}

# The section's folder has links to all that its lab has.
function open_terminals(    lab, built) {
	if (helper != "")
		return
	folder = private "/" ++serial
	fifo = private "/answers" lane
	# Copies of play.sh that run side by side have others.
	key_number = 1610612736 + ENVIRON["pid"] % 32768 * 4096 + serial % 256 * 16
	port = 12800 + (ENVIRON["pid"] * 37 + serial) % 4800 * 4
	lab = sheet[section]
	sub(/\/[^\/]*$/, "", lab)
	built = lab
	if (index(lab "/", ENVIRON["root"] "/") == 1)
		built = ENVIRON["build"] substr(lab, length(ENVIRON["root"]) + 1)
	for (pairs in replaced)
		delete replaced[pairs]
	pairs = 0
	pair(folder "/home/socket", ENVIRON["socket"])
	pair(folder "/home", ENVIRON["home"])
	if (system("cd " quote(private) " && mkdir " serial " " serial "/lab " \
		serial "/home " serial "/tmp")) {
		fail("there is no room for a folder")
		return
	}
	append("made", "path " folder "/home")
	append("back", "")
	options = wrapped = ""
	write_wrappers(lab, built)
	if (wrapped != "")
		wrapped = "chmod u+x" wrapped ";"
	helper = "cd " quote(folder "/lab") " && { " wrapped " ln -s " \
		quote(private "/scripts") " ..; ln -s " \
		quote(built) "/* . 2>/dev/null; ln -s " \
		quote(lab) "/* . 2>/dev/null; " \
		"HOME=" quote(folder "/home") " TMPDIR=" quote(folder "/tmp") \
		" PATH=" quote(private "/bin") ":$PATH " \
		quote(ENVIRON["build"] "/scripts/terminal") " " quote(fifo) \
		"; } || echo '! 0 the terminals have gone' >" quote(fifo)
}

function close_terminals(    i) {
	if (helper != "")
		close(helper)
	helper = ""
	for (i = 1; i <= 3; i++)
		pending[i] = running[i] = 0
}

# ---- all of it ----

function play(    i) {
	left = skip = reason = differing = key = found = ""
	any_order = 0
	if (stops) # also the keyboard is read there
		open_terminals()
	clear_screen()
	for (i = 1; i <= size[section] && !left; i++)
		play_entry(substr(entries[section, i], 1, 1), \
			substr(entries[section, i], 2))
	if (!left)
		last_stop()
	end_row()
	played = helper != ""
	close_terminals()
}

function play_entry(letter, text) {
	if (letter == "H")
		say(section ". " text)
	else if (letter == "T")
		say(text)
	else if (letter == "!" && checks)
		fail(text)
	else if (letter == "V")
		differing = alternatives(text)
	else if (letter == "O")
		any_order = 1
	else if (letter == "S")
		skip = text
	else if (letter == "B") {
		session = text
		begin_session()
	}
	else if (letter == "R")
		play_row(text)
	else if (letter == "E")
		finish_session()
}

function alternatives(words) {
	gsub(/[^A-Za-z0-9_\/ -]/, "[&]", words)
	gsub(/ +/, "|", words)
	return words
}

function is_wanted(number) {
	return index("\n" ENVIRON["wanted"], "\n" sheet[number] "\n") > 0
}

function check_all(    count, name, root) {
	root = ENVIRON["root"] "/"
	for (section = 1; section <= last; section++) {
		if (!is_wanted(section) || (only != "" && section != only) || \
			count++ % 4 != lane - 1)
			continue
		serial = section - 1
		play()
		name = sheet[section]
		if (index(name, root) == 1)
			name = substr(name, length(root) + 1)
		name = "ok " count " - " name " " section ": " title[section]
		if (found != "")
			name = "not " name "\n#   " found
		else if (!played && reason != "")
			name = name " # SKIP " reason
		printf "%s\n", name >sprintf("%s/tap%05d", private, count)
	}
	if (lane == 1)
		print "1.." count >(private "/tap_plan")
}

function next_wanted(step) {
	do
		section += step
	while ((section in sheet) && !is_wanted(section))
}

function play_all(    before) {
	section = only
	if (section == "")
		next_wanted(1)
	while ((section in sheet) && key != "q") {
		before = section
		play()
		if (key == "" || key == "a")
			next_wanted(1)
		else if (key == "b")
			next_wanted(-1)
		else if ((key in sheet) && is_wanted(key))
			section = key + 0
		if (section < 1)
			section = before
	}
}

BEGIN {
	private = ENVIRON["private"]
	lane = ENVIRON["lane"]
	only = ENVIRON["only"]
	limit = ENVIRON["limit"]
	rows = ENVIRON["rows"]
	checks = lane > 0
	plain = ENVIRON["mode"] == "plain"
	stops = ENVIRON["stops"] == "yes"
	keys_line = "[Enter: go on   q: quit   b: back   r: repeat   " \
		"a: run through   NUMBER]"
}

END {
	end_section()
	last = section
	section = 0
	if (only != "" && (!(only in sheet) || !is_wanted(only))) {
		if (lane < 2)
			print "play.sh: there is no section " only >"/dev/stderr"
		exit 2
	}
	if (checks)
		check_all()
	else
		play_all()
	exit failed
}
