# table.awk - compare.csv as a table, and the answers to three questions
#
#     awk [-v page=BYTES] -f results.awk -f table.awk compare.csv [REFUSED]
#
# page is the size of a page of memory, 4096 by default. In the file REFUSED a
# line says what a system did not carry:
# refused,message|segment,MECHANISM,BYTES,REASON

BEGIN {
	run_cells = " %7s %6s %7s %6s"
	waiting_cells = "  %7s %7s %7s %7s"
}

# Told once, in whatever way it waited.
$1 == "refused" && !told[$0]++ {
	if ($2 == "message")
		add_once("size", $4)
	refused[$2] = refused[$2] sprintf("-  no %s of %s with %s here:\n" \
		"   %s\n", $2, size_name($4), $3, $5)
}

# The median of a list that may be empty.
function shown(list) {
	return list in count ? digits(median(list)) : "-"
}

# ---- the table -----------------------------------------------------------

function runs_of(name) {
	if (!(name in count))
		return sprintf(run_cells, "-", "-", "-", "-")
	return sprintf(run_cells, shown(name), sprintf("%.0f%%",
		100 * (most(name) - least(name)) / median(name)),
		shown("cpu " name), sprintf("%.2f", median("switches " name)))
}

END {
	print "Microseconds a message" (one_core ? " ON ONE CORE" : "") \
		": half a round trip, " of_all_runs() "."
	printf "\n%18s  ---- block: sleep, woken ----- ---- poll: ask and ask" \
		" ------\n", ""
	head = sprintf(run_cells, "time", "spread", "cpu", "switch")
	print " message mechanism" head head
	for (i = 1; i <= count["size"]; i++) {
		bytes = value["size", i]
		for (j = 1; j in mechanism; j++)
			printf "%8s %-9s%s%s\n", size_name(bytes), mechanism[j],
				runs_of(mechanism[j] " block " bytes),
				runs_of(mechanism[j] " poll " bytes)
		print ""
	}
	print "spread  the slowest run less the fastest, in percent of the" \
		" median"
	print "cpu     microseconds that sender and receiver computed"
	print "switch  how often one of the two went to sleep"
	if (one_core)
		print "ONE CORE: sender and receiver take turns, and a loop" \
			" that polls must give the\ncore away. Do not" \
			" compare these times with those of two cores."
	printf "%s", refused["message"]
}

# ---- when shared memory pays ---------------------------------------------

# Two digits, rounded up.
function round_up(x,    power) {
	for (power = 1; x / power > 99; power *= 10)
		;
	x /= power
	return (x > int(x) + 1e-9 ? int(x) + 1 : int(x)) * power
}

function paid_back(one, other,    dearer, gain, mark) {
	if (!(one in count) || !(other in count))
		return "-"
	dearer = median("setup " one) - median("setup " other)
	gain = median(other) - median(one)
	if (least(one) <= most(other) && least(other) <= most(one))
		mark = "~"
	if (gain >= 0 && dearer <= 0)
		return mark "at once"
	if (gain <= 0 && dearer >= 0)
		return mark "never"
	return mark (gain < 0 ? "<" : "") round_up(dearer / gain)
}

END {
	print "\n1. After how many messages has shared memory paid back its" \
		" set-up?\n"
	printf "%15s ----- set-up, in microseconds ----- ---- paid back" \
		" against ---\n", ""
	print " message  waits      shm      tcp     unix msgqueue     " \
		" tcp     unix msgqueue"
	for (i = 1; i <= count["size"]; i++)
		for (k = 1; k in way; k++) {
			tail = " " way[k] " " value["size", i]
			printf "%8s  %-5s", size_name(value["size", i]), way[k]
			for (j = 1; j in mechanism; j++)
				printf " %8s", shown("setup " mechanism[j] tail)
			for (j = 2; j in mechanism; j++)
				printf " %8s", paid_back("shm" tail,
					mechanism[j] tail)
			print ""
		}
	print "\nset-up   from the first call until both sides are ready"
	print "at once  it costs less from the first message on"
	print "never    neither its set-up nor its messages cost less"
	print "<N       its set-up costs less, its messages more: it is ahead" \
		" below N"
	print "~        single runs of the two took equally long: luck may" \
		" decide"
}

# ---- what waiting costs --------------------------------------------------

function waiting_of(block, poll) {
	if (!(block in count) || !(poll in count))
		return sprintf(waiting_cells, shown(block), shown(poll), "-",
			"-")
	return sprintf(waiting_cells, shown(block), shown(poll),
		digits(median(block) - median(poll)),
		digits(median(block) / median(poll)))
}

# How many times as long the slowest takes as the fastest: of one mechanism in
# the two ways, or of all mechanisms that wait in the same way.
function largest_factor(lists,    i, factor, largest) {
	largest = 1
	for (i = 1; i in lists; i++) {
		if (lists[i] in count)
			factor = most(lists[i]) / least(lists[i])
		largest = factor > largest ? factor : largest
	}
	return digits(largest)
}

END {
	# The largest size that as much was measured of as of any other one,
	# but not the smallest of all.
	small = least("size")
	large = value["size", count["size"] > 1 ? 2 : 1]
	for (i = 3; i <= count["size"]; i++)
		if (rows[value["size", i]] >= rows[large])
			large = value["size", i]
	print "\n2. What does waiting cost, apart from moving? (microseconds" \
		" a message)\n"
	printf "%9s  ------------- %6s -----------  ------------- %6s" \
		" -----------\n", "", size_name(small), size_name(large)
	head = sprintf(waiting_cells, "block", "poll", "waiting", "ratio")
	print "mechanism" head head
	for (j = 1; j in mechanism; j++) {
		who = mechanism[j]
		printf "%-9s%s%s\n", who,
			waiting_of(who " block " small, who " poll " small),
			waiting_of(who " block " large, who " poll " large)
		for (k = 1; k in way; k++) {
			name = who " " way[k] " " small
			if (name in count) {
				add(who, median(name))
				add(way[k], median(name))
			}
		}
	}
	print "\nwaiting  block less poll: to fall asleep and to be woken"
	print "ratio    block divided by poll"
	printf "At %s, how a process waits makes up to %s times the" \
		" difference; which\nmechanism it uses, waiting alike, up to" \
		" %s times.\n", size_name(small), largest_factor(mechanism),
		largest_factor(way)
}

# ---- large segments ------------------------------------------------------

function growth(what) {
	return digits(median(what large) / median(what small))
}

END {
	print "\n3. How does set-up grow with the size of the segment?" \
		" (microseconds)\n"
	print " segment     attach   first touch   touch a page" \
		"   set-up in all"
	for (i = 1; i <= count["segment"]; i++) {
		bytes = value["segment", i]
		printf "%8s %10s %13s %14s %15s\n", size_name(bytes),
			shown("attach " bytes), shown("touch " bytes),
			digits(median("touch " bytes) * \
			(page ? page : 4096) / bytes), shown("setup " bytes)
	}
	print "\nattach   the call of shmat alone"
	print "touch    both processes use each page for the first time"
	small = least("segment")
	large = most("segment")
	if (large > small)
		printf "%s is %.0f times %s. Attaching it took %s times as" \
			" long, touching\neach of its pages once %s times.\n",
			size_name(large), large / small, size_name(small),
			growth("attach "), growth("touch ")
	printf "%s", refused["segment"]
}
