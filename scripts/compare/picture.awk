# picture.awk - compare.csv as a picture, an SVG file for a browser
#
#     awk [-v machine=TEXT] -f results.awk -f picture.awk compare.csv
#
# A line for each mechanism and way of waiting: microseconds a message by its
# size, both axes logarithmic. TEXT is written below the title.

BEGIN {
	middle = "class=\"ink\" text-anchor=\"middle\""
	left = 84
	right = 640
	top = 112
	bottom = 494
	shape["shm"] = "m-4.5 0a4.5 4.5 0 0 0 9 0a4.5 4.5 0 0 0-9 0z"
	shape["tcp"] = "m-4-4h8v8h-8z"
	shape["unix"] = "m0-6 5.5 10h-11z"
	shape["msgqueue"] = "m0-6 6 6-6 6-6-6z"
}

# ---- where things are ----------------------------------------------------

# Some awks have no log. Squared, a number has a logarithm twice as large: each
# time that shows the next binary digit of it.
function log10(x,    sum, digit) {
	for (; x >= 10; x /= 10)
		sum++
	for (; x < 1; x *= 10)
		sum--
	for (digit = 0.5; digit > 1e-9; digit /= 2) {
		x *= x
		if (x >= 10) {
			x /= 10
			sum += digit
		}
	}
	return sum
}

# From one power of ten to another.
function choose_scale() {
	for (low = -9; ("1e" (low + 1)) + 0 <= fastest("time"); low++)
		;
	for (high = low + 1; ("1e" high) + 0 < slowest("time"); high++)
		;
}

function place_x(bytes,    least, most) {
	least = value["size", 1]
	most = value["size", count["size"]]
	if (least == most)
		return (left + right) / 2
	return left + 24 + (right - left - 48) * log10(bytes / least) / \
		log10(most / least)
}

function place_y(x) {
	return bottom - (bottom - top) * (log10(x) - low) / (high - low)
}

# ---- elements ------------------------------------------------------------

function put_text(x, y, attributes, text) {
	gsub(/&/, "\\&amp;", text)
	gsub(/</, "\\&lt;", text)
	gsub(/>/, "\\&gt;", text)
	printf "<text x=\"%.1f\" y=\"%.1f\" %s>%s</text>\n", x, y, attributes,
		text
}

function put_path(class, path) {
	printf "<path class=\"%s\" d=\"%s\"/>\n", class, path
}

# Filled, or hollow where it polls: that is the style's.
function put_marker(line, x, y,    word) {
	split(line, word, " ")
	put_path("mark " line, sprintf("M%.1f %.1f", x, y) shape[word[1]])
}

# A line's name is "shm block".
function put_line(line,    i, n, name, path, xs, ys, who) {
	who = line
	sub(/ .*/, "", who)
	for (i = 1; i <= count["size"]; i++) {
		name = line " " value["size", i]
		if (!(name in count))
			continue
		xs[++n] = place_x(value["size", i])
		ys[n] = place_y(median(name))
		path = path sprintf("%s%.1f %.1f", n == 1 ? "M" : "L", xs[n],
			ys[n])
		put_path("spread " who, sprintf("M%.1f %.1fV%.1f", xs[n],
			place_y(fastest(name)), place_y(slowest(name))))
		reaches[line] = value["size", i]
		end_y[line] = ys[n]
	}
	if (!n)
		return
	put_path("line " line, path)
	for (i = 1; i <= n; i++)
		put_marker(line, xs[i], ys[i])
	# Labels are sorted by where their lines end, from top to bottom.
	for (i = ++labels; i > 1 && end_y[label[i - 1]] > end_y[line]; i--)
		label[i] = label[i - 1]
	label[i] = line
}

# With room between them. A lead goes from each line's end to its label.
function put_labels(    i, y, room, text, who) {
	room = 22
	for (i = 1; i <= labels; i++) {
		y[i] = end_y[label[i]]
		if (i > 1 && y[i] < y[i - 1] + room)
			y[i] = y[i - 1] + room
	}
	if (y[labels] > bottom)
		y[labels] = bottom
	for (i = labels - 1; i > 0; i--)
		if (y[i] > y[i + 1] - room)
			y[i] = y[i + 1] - room
	for (i = 1; i <= labels; i++) {
		text = who = label[i]
		sub(/ .*/, "", who)
		if (reaches[text] == value["size", count["size"]])
			put_path("lead " who, sprintf("M%.1f %.1fL%d %.1f",
				right - 16, end_y[text], right + 24, y[i]))
		else
			text = text ", to " size_name(reaches[text])
		put_path("line " label[i], sprintf("M%d %.1fh36", right + 28,
			y[i]))
		put_marker(label[i], right + 46, y[i])
		put_text(right + 72, y[i] + 5, "class=\"ink\"", text)
	}
}

function put_grid(    i, x, y) {
	for (i = low; i <= high; i++) {
		y = place_y(("1e" i) + 0)
		put_path("grid", sprintf("M%d %.1fH%d", left, y, right))
		put_text(left - 10, y + 5, "class=\"ink\" text-anchor=\"end\"",
			("1e" i) + 0)
	}
	for (i = 1; i <= count["size"]; i++) {
		x = place_x(value["size", i])
		put_path("grid", sprintf("M%.1f %dV%d", x, top, bottom))
		put_text(x, bottom + 24, middle, size_name(value["size", i]))
	}
}

function put_words() {
	put_text(left, 36, "class=\"ink head\"", "What does a message cost?")
	put_text(left, 61, "class=\"pale\"", "Half a round trip, " \
		of_all_runs() " (bars: all runs). Filled: block. Hollow," \
		" dashed: poll.")
	put_text(left, 83, "class=\"pale\"", substr(machine, 1, 110))
	put_text((left + right) / 2, bottom + 52, middle, "size of the message")
	put_text(0, 0, middle sprintf(" transform=\"translate(24 %d)" \
		" rotate(-90)\"", (top + bottom) / 2), "microseconds a message")
}

# For readers who do not see the picture.
function describe_line(line,    i, name, text) {
	for (i = 1; i <= count["size"]; i++) {
		name = line " " value["size", i]
		if (name in count)
			text = text ", " size_name(value["size", i]) " " \
				digits(median(name))
	}
	if (text != "")
		print line ": " substr(text, 3) "."
}

function put_style() {
	print "<style>"
	print "text { font: 15px system-ui, sans-serif }"
	print ".head { font-size: 21px; font-weight: 600 }"
	print "path { fill: none; stroke: currentColor }"
	print ".line { stroke-width: 2.5; stroke-linejoin: round }"
	print ".line.poll { stroke-dasharray: 7 4 }"
	print ".mark { stroke-width: 2 }"
	print ".mark.block { fill: currentColor }"
	print ".spread { stroke-width: 1.5 } .lead { opacity: 0.5 }"
	print "svg { background: #ffffff } .paper, .mark.poll { fill: #ffffff }"
	print ".ink { fill: #222222 } .pale { fill: #666666 }"
	print ".grid { color: #dddddd }"
	print ".shm { color: #0068b5 } .tcp { color: #c2410c }"
	print ".unix { color: #00805a } .msgqueue { color: #9d3c8f }"
	print "@media (prefers-color-scheme: dark) {"
	print "svg { background: #15181d } .paper, .mark.poll { fill: #15181d }"
	print ".ink { fill: #e6e6e6 } .pale { fill: #a0a0a0 }"
	print ".grid { color: #3a3f47 }"
	print ".shm { color: #58b0f0 } .tcp { color: #f58a4b }"
	print ".unix { color: #3fc79a } .msgqueue { color: #d98ccb }"
	print "}"
	print "</style>"
}

END {
	choose_scale()
	print "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\"" \
		" viewBox=\"0 0 930 570\" aria-labelledby=\"name all\">"
	print "<title id=\"name\">What does a message cost?</title>"
	print "<desc id=\"all\">Microseconds a message by the size of the" \
		" message, both axes logarithmic."
	for (k = 1; k in way; k++)
		for (j = 1; j in mechanism; j++)
			describe_line(mechanism[j] " " way[k])
	print "</desc>"
	put_style()
	print "<rect class=\"paper\" width=\"930\" height=\"570\"/>"
	put_words()
	put_grid()
	for (k = 1; k in way; k++)
		for (j = 1; j in mechanism; j++)
			put_line(mechanism[j] " " way[k])
	put_labels()
	print "</svg>"
}
