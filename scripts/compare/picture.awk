# picture.awk - compare.csv as a picture, an SVG file for a browser
#
#     awk -f picture.awk [-v machine=TEXT] compare.csv >compare.svg
#
# A line for each mechanism and way of waiting: microseconds a message by its
# size, both axes logarithmic. TEXT is written below the title.

BEGIN {
	FS = ","
	mechanism_count = split("shm tcp unix msgqueue", mechanism, " ")
	way_count = split("block poll", way, " ")
	left = 84
	right = 640
	top = 112
	bottom = 494
}

# Each list of values is sorted. A message takes half a round trip.
$1 == "message" {
	name = $4 " " $5 " " $6
	x = $9 / 2
	for (i = ++count[name]; i > 1 && value[name, i - 1] > x; i--)
		value[name, i] = value[name, i - 1]
	value[name, i] = x
	if (count[name] > runs)
		runs = count[name]
	if ($6 in known)
		next
	known[$6] = 1
	for (i = ++size_count; i > 1 && size[i - 1] > $6 + 0; i--)
		size[i] = size[i - 1]
	size[i] = $6 + 0
}

function take_medians(    name, n) {
	for (name in count) {
		n = count[name]
		time[name] = (value[name, int((n + 1) / 2)] + \
			value[name, int(n / 2) + 1]) / 2
		fastest[name] = value[name, 1]
		slowest[name] = value[name, n]
	}
}

# Three digits.
function digits(x) {
	if (x < 0.9995)
		return sprintf("%.3f", x)
	if (x < 9.995)
		return sprintf("%.2f", x)
	if (x < 99.95)
		return sprintf("%.1f", x)
	return sprintf("%.0f", sprintf("%.2e", x))
}

function size_name(bytes) {
	if (bytes >= 1048576)
		return bytes / 1048576 " MiB"
	if (bytes >= 1024)
		return bytes / 1024 " KiB"
	return bytes " B"
}

# ---- where things are ----------------------------------------------------

# To base 2. Some awks have no log: x is halved into 1 to 2, then a series for
# what remains.
function logarithm(x,    whole, y, power, sum, i) {
	for (; x >= 2; x /= 2)
		whole++
	for (; x < 1; x *= 2)
		whole--
	power = y = (x - 1) / (x + 1)
	for (i = 1; i < 30; i += 2) {
		sum += power / i
		power *= y * y
	}
	return whole + 2 * sum / 0.693147180559945
}

function log10(x) {
	return logarithm(x) / logarithm(10)
}

function floor(x) {
	return int(x) > x ? int(x) - 1 : int(x)
}

# From one power of ten to another.
function choose_scale(    name) {
	low = 99
	high = -99
	for (name in time) {
		if (log10(fastest[name]) < low)
			low = log10(fastest[name])
		if (log10(slowest[name]) > high)
			high = log10(slowest[name])
	}
	low = floor(low + 1e-9)
	high = -floor(1e-9 - high)
	if (high <= low)
		high = low + 1
}

function place_x(bytes) {
	if (size_count == 1)
		return (left + right) / 2
	return left + 24 + (right - left - 48) * logarithm(bytes / size[1]) / \
		logarithm(size[size_count] / size[1])
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

# A shape for each mechanism, hollow where it polls.
function put_marker(who, waits, x, y,    shape) {
	shape = "m0-6 6 6-6 6-6-6z"
	if (who == "shm")
		shape = "m-4.5 0a4.5 4.5 0 0 0 9 0a4.5 4.5 0 0 0-9 0z"
	else if (who == "tcp")
		shape = "m-4-4h8v8h-8z"
	else if (who == "unix")
		shape = "m0-6 5.5 10h-11z"
	put_path("mark " who " " waits, sprintf("M%.1f %.1f%s", x, y, shape))
}

function put_line(who, waits,    i, n, name, path, xs, ys) {
	for (i = 1; i <= size_count; i++) {
		name = who " " waits " " size[i]
		if (!(name in time))
			continue
		xs[++n] = place_x(size[i])
		ys[n] = place_y(time[name])
		path = path sprintf("%s%.1f %.1f", path == "" ? "M" : "L",
			xs[n], ys[n])
		put_path("spread " who, sprintf("M%.1f %.1fV%.1f", xs[n],
			place_y(fastest[name]), place_y(slowest[name])))
		name = who " " waits
		reaches[name] = size[i]
		end_y[name] = ys[n]
	}
	if (!n)
		return
	put_path("line " who " " waits, path)
	for (i = 1; i <= n; i++)
		put_marker(who, waits, xs[i], ys[i])
	# Labels are sorted by where their lines end, from top to bottom.
	name = who " " waits
	for (i = ++labels; i > 1 && end_y[label[i - 1]] > end_y[name]; i--)
		label[i] = label[i - 1]
	label[i] = name
}

# With room between them. A lead goes from each line's end to its label.
function put_labels(    i, y, room, text, word) {
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
		text = label[i]
		split(text, word, " ")
		if (reaches[text] == size[size_count])
			put_path("lead " word[1], sprintf("M%.1f %.1fL%d %.1f",
				right - 16, end_y[text], right + 24, y[i]))
		else
			text = text ", to " size_name(reaches[text])
		put_path("line " label[i], sprintf("M%d %.1fh36", right + 28,
			y[i]))
		put_marker(word[1], word[2], right + 46, y[i])
		put_text(right + 72, y[i] + 5, "class=\"ink\"", text)
	}
}

function put_grid(    i, y) {
	for (i = low; i <= high; i++) {
		y = bottom - (bottom - top) * (i - low) / (high - low)
		put_path("grid", sprintf("M%d %.1fH%d", left, y, right))
		put_text(left - 10, y + 5, "class=\"ink\" text-anchor=\"end\"",
			i < 0 ? sprintf("0.%0" (-i) "d", 1) : \
				sprintf("%.0f", "1e" i))
	}
	for (i = 1; i <= size_count; i++) {
		put_path("grid", sprintf("M%.1f %dV%d", place_x(size[i]), top,
			bottom))
		put_text(place_x(size[i]), bottom + 24,
			"class=\"ink\" text-anchor=\"middle\"",
			size_name(size[i]))
	}
}

function put_words() {
	put_text(left, 36, "class=\"ink head\"", "What does a message cost?")
	put_text(left, 61, "class=\"pale\"", "Half a round trip, " \
		(runs == 1 ? "one run" : "the median of " runs " runs") \
		" (bars: all runs). Filled: block. Hollow, dashed: poll.")
	put_text(left, 83, "class=\"pale\"", substr(machine, 1, 110))
	put_text((left + right) / 2, bottom + 52,
		"class=\"ink\" text-anchor=\"middle\"", "size of the message")
	put_text(0, 0, "class=\"ink\" text-anchor=\"middle\" " \
		sprintf("transform=\"translate(24 %d) rotate(-90)\"",
			(top + bottom) / 2), "microseconds a message")
}

# For readers who do not see the picture.
function describe_line(name,    i, text) {
	for (i = 1; i <= size_count; i++)
		if (name " " size[i] in time)
			text = text ", " size_name(size[i]) " " \
				digits(time[name " " size[i]])
	if (text != "")
		print name ": " substr(text, 3) "."
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
	take_medians()
	choose_scale()
	print "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\"" \
		" viewBox=\"0 0 930 570\" aria-labelledby=\"name all\">"
	print "<title id=\"name\">What does a message cost?</title>"
	print "<desc id=\"all\">Microseconds a message by the size of the" \
		" message, both axes logarithmic."
	for (k = 1; k <= way_count; k++)
		for (j = 1; j <= mechanism_count; j++)
			describe_line(mechanism[j] " " way[k])
	print "</desc>"
	put_style()
	print "<rect class=\"paper\" width=\"930\" height=\"570\"/>"
	put_words()
	put_grid()
	for (k = 1; k <= way_count; k++)
		for (j = 1; j <= mechanism_count; j++)
			put_line(mechanism[j], way[k])
	put_labels()
	print "</svg>"
}
