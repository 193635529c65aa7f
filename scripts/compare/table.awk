# table.awk - compare.csv as a table, and the answers to three questions
#
#     awk [-v page=BYTES] -f results.awk -f table.awk compare.csv [REFUSED]
#
# page is the size of a page of memory, 4096 by default. In the file REFUSED a
# line says what a system did not carry:
# refused,message|segment,MECHANISM,BYTES,REASON

# Told once for all sizes, in whatever way it waited.
$1 == "refused" {
	what = $2 " " $3
	if ($2 == "message")
		add_once("size", $4)
	add_once(what, $4)
	reason[what] = $5
}

function print_refused(kind,    i, j, what, text, cut) {
	for (j = 1; j in mechanism; j++) {
		what = kind " " mechanism[j]
		if (!(what in count))
			continue
		text = ""
		for (i = 1; i <= count[what]; i++)
			text = text ", " size_name(value[what, i])
		text = "-  no " kind " of" substr(text, 2) " with " \
			mechanism[j] " here: " reason[what]
		while (length(text) > 79) {
			for (cut = 80; substr(text, cut, 1) != " "; cut--)
				;
			print substr(text, 1, cut - 1)
			text = "   " substr(text, cut + 1)
		}
		print text
	}
}

# ---- the table -----------------------------------------------------------

# The median of a list that may be empty.
function shown(list) {
	return list in count ? digits(median(list)) : "-"
}

function cells(name) {
	if (!(name in count))
		return sprintf(" %7s %6s %7s %6s", "-", "-", "-", "-")
	return sprintf(" %7s %5.0f%% %7s %6.2f", shown(name),
		100 * (slowest(name) - fastest(name)) / median(name),
		shown("cpu " name), median("switches " name))
}

function print_table(    i, j, bytes, head) {
	print "Microseconds a message" (one_core ? " ON ONE CORE" : "") \
		": half a round trip, " of_all_runs() "."
	printf "\n%18s  ---- block: sleep, woken ----- ---- poll: ask and ask" \
		" ------\n", ""
	head = sprintf(" %7s %6s %7s %6s", "time", "spread", "cpu", "switch")
	print " message mechanism" head head
	for (i = 1; i <= count["size"]; i++) {
		bytes = value["size", i]
		for (j = 1; j in mechanism; j++)
			printf "%8s %-9s%s%s\n", size_name(bytes), mechanism[j],
				cells(mechanism[j] " block " bytes),
				cells(mechanism[j] " poll " bytes)
		print ""
	}
	print "spread  the slowest run less the fastest, in percent of the" \
		" median"
	print "cpu     microseconds that sender and receiver computed"
	print "switch  how often one of the two went to sleep"
	if (one_core) {
		print "ONE CORE: sender and receiver take turns, and a loop" \
			" that polls must give the"
		print "core away. Do not compare these times with those of" \
			" two cores."
	}
	print_refused("message")
}

# ---- the answers ---------------------------------------------------------

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
	if (fastest(one) <= slowest(other) && fastest(other) <= slowest(one))
		mark = "~"
	if (gain >= 0 && dearer <= 0)
		return mark "at once"
	if (gain <= 0 && dearer >= 0)
		return mark "never"
	return mark (gain < 0 ? "<" : "") round_up(dearer / gain)
}

function print_break_even(    i, j, k, tail) {
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
				printf " %8s", paid_back(mechanism[1] tail,
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

# The largest size that all mechanisms carry, but not the smallest of all.
function last_size(    i, j, all) {
	for (i = count["size"]; i > 2; i--) {
		all = 1
		for (j in works)
			all = all && (j " block " value["size", i]) in count
		if (all)
			break
	}
	return value["size", i]
}

function waiting_cells(who, bytes,    block, poll, difference, ratio) {
	block = who " block " bytes
	poll = who " poll " bytes
	difference = ratio = "-"
	if (block in count && poll in count) {
		difference = digits(median(block) - median(poll))
		ratio = digits(median(block) / median(poll))
	}
	return sprintf("  %7s %7s %7s %7s", shown(block), shown(poll),
		difference, ratio)
}

# How many times as long the slower of two takes, or most where that is more.
function larger_factor(most, one, other,    factor) {
	if (!(one in count) || !(other in count))
		return most
	factor = median(one) / median(other)
	if (factor < 1)
		factor = 1 / factor
	return factor > most ? factor : most
}

function print_waiting(    i, j, k, who, least, last, head, by_waiting,
		by_mechanism) {
	least = value["size", 1]
	last = last_size()
	print "\n2. What does waiting cost, apart from moving? (microseconds" \
		" a message)\n"
	printf "%9s  ------------- %6s -----------  ------------- %6s" \
		" -----------\n", "", size_name(least), size_name(last)
	head = sprintf("  %7s %7s %7s %7s", "block", "poll", "waiting", "ratio")
	print "mechanism" head head
	by_waiting = by_mechanism = 1
	for (i = 1; i in mechanism; i++) {
		who = mechanism[i]
		printf "%-9s%s%s\n", who, waiting_cells(who, least),
			waiting_cells(who, last)
		by_waiting = larger_factor(by_waiting, who " block " least,
			who " poll " least)
		for (j = 1; j < i; j++)
			for (k = 1; k in way; k++)
				by_mechanism = larger_factor(by_mechanism,
					who " " way[k] " " least,
					mechanism[j] " " way[k] " " least)
	}
	print "\nwaiting  block less poll: to fall asleep and to be woken"
	print "ratio    block divided by poll"
	printf "At %s, how a process waits makes up to %s times the" \
		" difference; which\nmechanism it uses, waiting alike, up to" \
		" %s times.\n", size_name(least), digits(by_waiting),
		digits(by_mechanism)
}

function print_segments(    i, least, bytes, attaching, touching) {
	print "\n3. How does set-up grow with the size of the segment?" \
		" (microseconds)\n"
	print " segment     attach   first touch   touch a page" \
		"   set-up in all"
	for (i = 1; i <= count["segment"]; i++) {
		bytes = value["segment", i]
		printf "%8s %10s %13s %14s %15s\n", size_name(bytes),
			shown("attach " bytes), shown("touch " bytes),
			digits(median("touch " bytes) * page / bytes),
			shown("setup " bytes)
	}
	print "\nattach   the call of shmat alone"
	print "touch    both processes use each page for the first time"
	if (i > 2) {
		least = value["segment", 1]
		attaching = median("attach " bytes) / median("attach " least)
		touching = median("touch " bytes) / median("touch " least)
		printf "%s is %.0f times %s. Attaching it took %s times as" \
			" long, touching\neach of its pages once %s times.\n",
			size_name(bytes), bytes / least, size_name(least),
			digits(attaching), digits(touching)
	}
	print_refused("segment")
}

END {
	page = page ? page : 4096
	print_table()
	print_break_even()
	print_waiting()
	print_segments()
}
