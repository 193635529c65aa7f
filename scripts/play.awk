# play.awk - take lab sheets apart for play.sh: a file for each section
#
# play.sh says where they go (folder), and the number before the first
# (section). Each line is a letter and its text:
#
#     F sheet   H heading   T a line of text   ! what is wrong with it
#     N a tool that it needs   K, P, Q what -k, -p or -f is given
#     B columns  a session begins; its terminals begin there. Before it:
#     S why it is not run   L Linux only   O any order   D folded away
#     R a row begins; its cells, with their terminals: $1 what is typed,
#     k1 byte name, w1 (waits), [1 status, (1 remark, =1 what comes
#     E the session ends
#
# What differs, and a key or port that is given, is \001NAME\001EXAMPLE\001.

function emit(line) {
	print line > (folder "/" section)
}

# A line of the screen. Empty ones are shown if another follows, and only one.
function show(line,    plain) {
	if (folded || (line == "" && !session)) {
		gap = !folded
		return
	}
	if (gap)
		emit("T")
	plain = line
	gsub(/[\200-\277]/, "", plain) # the further bytes of characters
	if (length(plain) > 80)
		emit("!more than 80 columns: " line)
	height += 1 + gap
	gap = 0
	if (!session)
		emit("T" line)
}

function end_section() {
	end_session()
	if (height > 23 && !program)
		emit("!it has " height " lines, 23 fit on a screen")
}

# A heading that only another one follows shares its screen.
function heading(line) {
	end_session()
	if (height > headings || section == before) {
		end_section()
		section++
		height = headings = 0
		emit("F" FILENAME)
	}
	emit("H" line)
	height++
	headings++
	gap = folded = 0
}

# ---- sessions ----

function begin_session(line,    i, places) {
	columns = column[1] = session = 1
	while ((i = index(line, "terminal " (columns + 1))) > 0)
		column[++columns] = i
	for (i = 1; i <= columns; i++)
		places = places " " indent + column[i] - 1
	printf "%s", (folded ? "D\n" : "") flags > (folder "/" section)
	emit("B" places)
}

function end_session() {
	if (session)
		emit("E")
	else if (flags != "")
		emit("!no session follows a <!-- -->")
	session = empty = words = 0
	flags = ""
}

# <!-- differs: WORD ... -->, any order, Linux only, not run: why
function remark(text,    i) {
	gsub(/^ *<!-- *| *-->.*/, "", text)
	if (text == "any order" || text == "Linux only")
		flags = flags substr(text, 1, 1) "\n"
	else if (sub(/^not run: */, "S", text))
		flags = flags text "\n"
	else if (sub(/^differs: */, "", text)) {
		flags = flags "V\n"
		words = split(text, word, " ")
		for (i = 1; i <= words; i++) {
			text = word[i]
			gsub(/[^A-Za-z0-9_\/ -]/, "[&]", text)
			pattern[i] = "(^|[^A-Za-z0-9_.])" text \
				"($|[^A-Za-z0-9_.]|[.]($|[^A-Za-z0-9]))"
		}
	}
}

# What differs is marked. Words that follow each other are one: a message.
function mark(line,    i, at, first, head, name, last) {
	gsub(/\342\200\246/, "\001a\001&\001", line) # three dots in one
	for (;;) {
		first = 0
		for (i = 1; i <= words; i++)
			if (match(line, pattern[i])) {
				at = RSTART - 1 + \
					index(substr(line, RSTART), word[i])
				if (!first || at < first) {
					first = at
					name = i
				}
			}
		if (!first)
			return head line
		i = (word[name] ~ /^[0-9]+$/ ? "d" : \
			word[name] ~ /^[0-9]/ ? "h" : "w") name
		if (i last ~ /^w.*w/ && first == 2 && line ~ /^ /)
			head = substr(head, 1, length(head) - 1) " "
		else
			head = head substr(line, 1, first - 1) "\001" i "\001"
		head = head word[name] "\001"
		line = substr(line, first + length(word[name]))
		last = i
	}
}

# Also what is given to options, and whether a tool is used that may be missing.
function typed(line,    head, option, value, tool) {
	for (tool in tools)
		if (line ~ ("(^|[^a-z_./-])" tool "([^a-z_./-]|$)"))
			emit("N" tool)
	line = mark(line)
	while (match(line, / -[A-Za-z]*[kpf] *[^ \001-]+/)) {
		value = substr(line, RSTART, RLENGTH)
		option = head substr(line, 1, RSTART - 1)
		line = substr(line, RSTART + RLENGTH)
		match(value, /^ -[A-Za-z]*[kpf] */)
		head = option substr(value, 1, RLENGTH)
		option = substr(value, 1, RLENGTH)
		value = substr(value, RLENGTH + 1)
		option = option ~ /f *$/ ? "Q" : option ~ /k *$/ ? "K" : "P"
		if (option == "Q")
			emit(option value)
		else if (value ~ /^(0x[0-9A-Fa-f]+|[1-9][0-9]*)$/) {
			emit(option value)
			value = "\001" option value "\001" value "\001"
		}
		head = head value
	}
	return head line
}

function cell(terminal, line,    inner) {
	inner = substr(line, 2, length(line) - 2)
	if (line ~ /^\$ /)
		emit("$" terminal typed(substr(line, 3)))
	else if (line ~ /^(\$|\[[0-9]+\])$/)
		emit("[" terminal (inner == "" ? 0 : inner))
	else if (line ~ /^\(waits.*\)$/)
		emit("w" terminal line)
	else if (inner == "Enter")
		emit("k" terminal "10 (Enter)")
	else if (line ~ /^\(Ctrl-[A-Z\\]\)$/)
		emit("k" terminal index("ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\", \
			substr(inner, 6)) " " line)
	else
		emit((line ~ /^\(.*\)$/ ? "(" : "=") terminal mark(line))
}

# A line that crosses the start of the next column belongs to the first.
function row(line,    i, begin, terminal, end, text) {
	emit("R")
	terminal = 1
	for (i = 2; i <= columns + 1; i++) {
		end = i > columns ? length(line) : column[i] - 1
		if (i <= columns && length(line) > end && \
			substr(line, end - 1, 2) != "  ")
			continue
		begin = column[terminal]
		text = substr(line, begin, end - begin + 1)
		sub(/ +$/, "", text)
		if (text != "" || columns == 1)
			cell(terminal, text)
		terminal = i
	}
}

BEGIN {
	split("ipcs ipcrm ss strace ltrace gdb netstat lsof", list)
	for (i in list)
		tools[list[i]]
	before = section
}

FNR == 1 {
	program = FILENAME ~ /\.c$/
	fence = ended = folded = after_text = 0
}

{
	sub(/[ \t\r]+$/, "")
}

# Of a program its top comment, whose first line is a heading.
program {
	if ($0 ~ /^ \*\//)
		ended = 1
	if (ended || FNR == 1)
		next
	sub(/^ \* ?/, "")
	if (FNR == 2)
		sub(/^/, "# ")
}

!fence && (comment != "" || /^ *<!--/) {
	comment = comment " " $0
	if (comment ~ /-->/) {
		if (session)
			end_session()
		remark(comment)
		comment = ""
	}
	after_text = 0
	next
}

/^ *```/ {
	fence = !fence
}

!fence && /^#+ / {
	sub(/^#+ +/, "")
	heading($0)
	after_text = 0
	next
}

session && $0 == "" {
	empty++
	next
}

session && match($0, /^ */) && RLENGTH >= indent {
	for (; empty > 0; empty--) {
		show("")
		row("")
	}
	show($0)
	row(substr($0, indent + 1))
	next
}

session {
	gap = empty > 0
	after_text = !gap
	end_session()
}

!fence && !after_text && /^    +(\$ |terminal 1( |$))/ {
	match($0, /^ */)
	indent = RLENGTH
	gap = gap && !folded
	begin_session(substr($0, indent + 1))
	show($0)
	if ($0 ~ /^ *terminal/)
		emit("T" $0)
	else
		row(substr($0, indent + 1))
	next
}

/^    +\$ / {
	emit("!no session can begin here: " $0)
}

/<details>/ {
	folded = 1
}

section > before {
	show($0)
	after_text = $0 != ""
}

after_text && flags != "" {
	end_session() # which complains
}

/<\/details>/ {
	folded = 0
}

END {
	end_section()
	print section
}
