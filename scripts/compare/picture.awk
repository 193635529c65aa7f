# picture.awk - compare.csv as a picture, an SVG file for a browser
#
#     awk [-v machine=TEXT] -f results.awk -f picture.awk compare.csv
#
# A line for each mechanism and way of waiting: microseconds a message by its
# size, both axes logarithmic. TEXT is written below the title.

BEGIN {
	left = 84
	right = 640
	top = 112
	bottom = 494
	shape["shm"] = "m-4.5 0a4.5 4.5 0 0 0 9 0a4.5 4.5 0 0 0-9 0z"
	shape["tcp"] = "m-4-4h8v8h-8z"
	shape["unix"] = "m0-6 5.5 10h-11z"
	shape["msgqueue"] = "m0-6 6 6-6 6-6-6z"
}

# Some awks have no log. Squared, a number has a logarithm twice as large: each
# time that shows the next binary digit of it.
function log10(x,    sum, digit) {
	for (; x < 1; x *= 10)
		sum--
	for (digit = 1; digit > 1e-9; digit /= 2) {
		for (; x >= 10; x /= 10)
			sum += digit
		x *= x
	}
	return sum
}

function place_x(bytes,    range) {
	range = log10(most("size") / least("size"))
	return left + 24 + (right - left - 48) * \
		log10(bytes / least("size")) / (range > 0 ? range : 1)
}

function place_y(x) {
	return bottom - (bottom - top) * (log10(x) - low) / (high - low)
}

function put_text(class, x, y, text) {
	gsub(/&/, "\\&amp;", text)
	gsub(/</, "\\&lt;", text)
	gsub(/>/, "\\&gt;", text)
	printf "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\">%s</text>\n", class,
		x, y, text
}

function put_path(class, path) {
	printf "<path class=\"%s\" d=\"%s\"/>\n", class, path
}

END {
	print "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\"" \
		" viewBox=\"0 0 930 570\" aria-labelledby=\"name all\">"
	print "<title id=\"name\">What does a message cost?</title>"
	print "<style>"
	print "text { font: 15px system-ui, sans-serif }"
	print ".head { font-size: 21px; font-weight: 600 }"
	print ".middle { text-anchor: middle } .end { text-anchor: end }"
	print ".up { transform: rotate(-90deg) }"
	print "path { fill: none; stroke: currentColor }"
	print ".line { stroke-width: 2.5; stroke-linejoin: round }"
	print ".line.poll { stroke-dasharray: 7 4 }"
	print ".mark { stroke-width: 2 } .mark.block { fill: currentColor }"
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
	print "<rect class=\"paper\" width=\"930\" height=\"570\"/>"
	put_text("ink head", left, 36, "What does a message cost?")
	put_text("pale", left, 61, "Half a round trip, " of_all_runs() \
		" (bars: all runs). Filled: block. Hollow, dashed: poll.")
	put_text("pale", left, 83, substr(machine, 1, 110))
	put_text("ink middle", (left + right) / 2, bottom + 52,
		"size of the message")
	put_text("ink middle up", -(top + bottom) / 2, 24,
		"microseconds a message")
}

# The grid, from one power of ten to another.
END {
	for (low = -9; ("1e" (low + 1)) + 0 <= least("time"); low++)
		;
	for (high = low + 1; ("1e" high) + 0 < most("time"); high++)
		;
	for (i = low; i <= high; i++) {
		y = place_y(("1e" i) + 0)
		put_path("grid", sprintf("M%d %.1fH%d", left, y, right))
		put_text("ink end", left - 10, y + 5, ("1e" i) + 0)
	}
	for (i = 1; i <= count["size"]; i++) {
		x = place_x(value["size", i])
		put_path("grid", sprintf("M%.1f %dV%d", x, top, bottom))
		put_text("ink middle", x, bottom + 24,
			size_name(value["size", i]))
	}
}

# A line's name is "shm block". Marks are hollow where it polls.
function put_line(line, mark,    i, name, x, y, path, bars, marks, text) {
	for (i = 1; i <= count["size"]; i++) {
		name = line " " value["size", i]
		if (!(name in count))
			continue
		reaches[line] = value["size", i]
		x = place_x(reaches[line])
		y = place_y(median(name))
		path = path sprintf("%s%.1f %.1f", path ? "L" : "M", x, y)
		bars = bars sprintf("M%.1f %.1fV%.1f", x, place_y(least(name)),
			place_y(most(name)))
		marks = marks sprintf("M%.1f %.1f%s", x, y, mark)
		text = text sprintf("%s %s %s", text ? "," : "",
			size_name(reaches[line]), digits(median(name)))
	}
	if (!path)
		return
	put_path("spread " line, bars)
	put_path("line " line, path)
	put_path("mark " line, marks)
	described = described "\n" line ":" text "."
	mark_of[line] = mark
	# Labels are sorted by where their lines end, from top to bottom.
	end_y[line] = y
	for (i = ++labels; i > 1 && end_y[label[i - 1]] > y; i--)
		label[i] = label[i - 1]
	label[i] = line
}

# Labels with room between them. A lead goes from each line's end to its label.
END {
	for (k = 1; k in way; k++)
		for (j = 1; j in mechanism; j++)
			put_line(mechanism[j] " " way[k], shape[mechanism[j]])
	room = 22
	y = 0
	for (i = 1; i <= labels; i++) {
		line = text = label[i]
		lowest = bottom - room * (labels - i)
		y = end_y[line] > y + room ? end_y[line] : y + room
		y = y < lowest ? y : lowest
		if (reaches[line] == most("size"))
			put_path("lead " line, sprintf("M%d %.1fL%d %.1f",
				right - 16, end_y[line], right + 24, y))
		else
			text = text ", to " size_name(reaches[line])
		put_path("line " line, sprintf("M%d %.1fh36", right + 28, y))
		put_path("mark " line, sprintf("M%d %.1f%s", right + 46, y,
			mark_of[line]))
		put_text("ink", right + 72, y + 5, text)
	}
	# For readers who do not see the picture.
	print "<desc id=\"all\">Microseconds a message by the size of the" \
		" message, both axes logarithmic." described "</desc>"
	print "</svg>"
}
