# table.awk - compare.csv as a table, and the answers to three questions
#
#     awk -f table.awk [-v page=BYTES] compare.csv [REFUSED]
#
# page is the size of a page of memory, 4096 by default. In the file REFUSED a
# line says what a system did not carry: mechanism, wait, bytes, segment or -,
# and the reason.

BEGIN {
	FS = ","
	mechanism_count = split("shm tcp unix msgqueue", mechanism, " ")
	way_count = split("block poll", way, " ")
	page = page == "" ? 4096 : page
}

# ---- what was measured ---------------------------------------------------

/^series,/ {
	next
}

$1 == "message" {
	name = $4 " " $5 " " $6
	works[$4] = 1
	one_core = $3 == 1
	add("size", $6)
	add("setup " name, $8)
	add("time " name, $9 / 2) # a message takes half a round trip
	add("cpu " name, $10 / 2)
	add("switches " name, $11 / 2)
	if (count["time " name] > runs)
		runs = count["time " name]
	next
}

$1 == "segment" {
	add("segment", $14)
	add("setup " $14, $8)
	add("attach " $14, $12)
	add("touch " $14, $13)
	next
}

# What was refused: once for all sizes of a mechanism or of the segment.
{
	split($0, word, " ")
	reason = $0
	sub(/^[^ ]* [^ ]* [^ ]* [^ ]* ?/, "", reason)
	who = (word[4] == "-" ? "message " : "segment ") word[1]
	amount = word[4] == "-" ? word[3] : word[4]
	if (word[4] == "-")
		add("size", amount)
	if (!(who in refused))
		refused_name[++refused_count] = who
	if (!((who, amount) in seen))
		refused[who] = refused[who] ", " size_name(amount)
	seen[who, amount] = 1
	why[who] = reason == "" ? "" : ": " reason
}

# Each list of values is sorted. Of sizes, each is in it once.
function add(name, x,    i) {
	if ((name == "size" || name == "segment") && (name, x) in known)
		return
	known[name, x] = 1
	for (i = ++count[name]; i > 1 && value[name, i - 1] > x + 0; i--)
		value[name, i] = value[name, i - 1]
	value[name, i] = x + 0
}

function median(name,    n) {
	n = count[name]
	return (value[name, int((n + 1) / 2)] + value[name, int(n / 2) + 1]) / 2
}

function take_medians(    i, name, what) {
	size_count = count["size"]
	for (i = 1; i <= size_count; i++)
		size[i] = value["size", i]
	segment_count = count["segment"]
	for (i = 1; i <= segment_count; i++)
		segment[i] = value["segment", i]
	for (name in count) {
		what = name
		if (sub(/^time /, "", what)) {
			time[what] = median(name)
			fastest[what] = value[name, 1]
			slowest[what] = value[name, count[name]]
		} else if (sub(/^setup /, "", what)) {
			setup[what] = median(name)
		}
	}
}

# ---- how it is written ---------------------------------------------------

# Three digits are enough: the spread is larger than the fourth.
function digits(x,    amount) {
	amount = x < 0 ? -x : x
	if (amount < 0.9995)
		return sprintf("%.3f", x)
	if (amount < 9.995)
		return sprintf("%.2f", x)
	if (amount < 99.95)
		return sprintf("%.1f", x)
	return sprintf("%.0f", sprintf("%.2e", x))
}

function shown(list, name) {
	return name in list ? digits(list[name]) : "-"
}

function size_name(bytes) {
	if (bytes >= 1048576)
		return bytes / 1048576 " MiB"
	if (bytes >= 1024)
		return bytes / 1024 " KiB"
	return bytes " B"
}

function larger(x, y) {
	return x > y ? x : y
}

function footnotes(kind,    i, j, n, who, line, word) {
	for (i = 1; i <= refused_count; i++) {
		who = refused_name[i]
		if (index(who, kind) != 1)
			continue
		n = split("-  no " kind " of " substr(refused[who], 3) \
			" with " substr(who, length(kind) + 2) " here" \
			why[who], word, " ")
		line = "- "
		for (j = 2; j <= n; j++) {
			if (length(line word[j]) > 78) {
				print line
				line = "  "
			}
			line = line " " word[j]
		}
		print line
	}
}

function cells(name) {
	if (!(name in time))
		return sprintf(" %7s %6s %7s %6s", "-", "-", "-", "-")
	return sprintf(" %7s %5.0f%% %7s %6.2f", digits(time[name]),
		100 * (slowest[name] - fastest[name]) / time[name],
		digits(median("cpu " name)), median("switches " name))
}

function print_table(    i, j, head) {
	print "Microseconds a message" (one_core ? " ON ONE CORE" : "") \
		": half a round trip, " \
		(runs == 1 ? "one run" : "the median of " runs " runs") "."
	head = sprintf(" %7s %6s %7s %6s", "time", "spread", "cpu", "switch")
	printf "\n%18s  ---- block: sleep, woken ----- ---- poll: ask and ask" \
		" ------\n", ""
	print " message mechanism" head head
	for (i = 1; i <= size_count; i++) {
		for (j = 1; j <= mechanism_count; j++)
			printf "%8s %-9s%s%s\n", size_name(size[i]),
				mechanism[j],
				cells(mechanism[j] " block " size[i]),
				cells(mechanism[j] " poll " size[i])
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
	footnotes("message")
}

# Two digits, rounded up.
function round_up(x,    power) {
	for (power = 1; x / power > 99; power *= 10)
		;
	x /= power
	return (x > int(x) + 1e-9 ? int(x) + 1 : int(x)) * power
}

function paid_back(one, other,    dearer, gain, mark) {
	if (!(one in time) || !(other in time))
		return "-"
	dearer = setup[one] - setup[other]
	gain = time[other] - time[one]
	if (fastest[one] <= slowest[other] && fastest[other] <= slowest[one])
		mark = "~"
	if (gain >= 0 && dearer <= 0)
		return mark "at once"
	if (gain <= 0 && dearer >= 0)
		return mark "never"
	return sprintf("%s%.0f", mark (gain < 0 ? "<" : ""),
		round_up(dearer / gain))
}

function print_break_even(    i, j, k, tail) {
	print "1. After how many messages has shared memory paid back its" \
		" set-up?\n"
	printf "%15s ----- set-up, in microseconds ----- ---- paid back" \
		" against ---\n message  waits", ""
	for (j = 1; j <= mechanism_count; j++)
		printf " %8s", mechanism[j]
	for (j = 2; j <= mechanism_count; j++)
		printf " %8s", mechanism[j]
	print ""
	for (i = 1; i <= size_count; i++)
		for (k = 1; k <= way_count; k++) {
			tail = " " way[k] " " size[i]
			printf "%8s  %-5s", size_name(size[i]), way[k]
			for (j = 1; j <= mechanism_count; j++)
				printf " %8s", shown(setup,
					mechanism[j] tail)
			for (j = 2; j <= mechanism_count; j++)
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

function all_carry(bytes,    j) {
	for (j = 1; j <= mechanism_count; j++)
		if (mechanism[j] in works &&
				!(mechanism[j] " block " bytes in time))
			return 0
	return 1
}

function waiting_cells(who, bytes,    block, poll, all) {
	block = who " block " bytes
	poll = who " poll " bytes
	all = sprintf("  %7s %7s", shown(time, block), shown(time, poll))
	if (!(block in time) || !(poll in time))
		return sprintf("%s %7s %7s", all, "-", "-")
	return sprintf("%s %7s %7s", all, digits(time[block] - time[poll]),
		digits(time[block] / time[poll]))
}

# How many times as long the slower of two takes.
function factor(one, other) {
	if (!(one in time) || !(other in time))
		return 1
	return larger(time[one] / time[other], time[other] / time[one])
}

function print_waiting(    i, j, k, last, head, tail, by_waiting,
		by_mechanism) {
	last = size_count
	while (last > 2 && !all_carry(size[last]))
		last--
	print "2. What does waiting cost, apart from moving? (microseconds a" \
		" message)\n"
	printf "%9s  ------------- %6s -----------  ------------- %6s" \
		" -----------\n", "", size_name(size[1]), size_name(size[last])
	head = sprintf("  %7s %7s %7s %7s", "block", "poll", "waiting", "ratio")
	print "mechanism" head head
	for (i = 1; i <= mechanism_count; i++) {
		printf "%-9s%s%s\n", mechanism[i],
			waiting_cells(mechanism[i], size[1]),
			waiting_cells(mechanism[i], size[last])
		by_waiting = larger(by_waiting,
			factor(mechanism[i] " block " size[1],
				mechanism[i] " poll " size[1]))
		for (j = 1; j < i; j++)
			for (k = 1; k <= way_count; k++) {
				tail = " " way[k] " " size[1]
				by_mechanism = larger(by_mechanism,
					factor(mechanism[i] tail,
						mechanism[j] tail))
			}
	}
	print "\nwaiting  block less poll: to fall asleep and to be woken"
	print "ratio    block divided by poll"
	printf "At %s, how a process waits makes up to %s times the" \
		" difference; which\nmechanism it uses, waiting alike, up to" \
		" %s times.\n", size_name(size[1]), digits(by_waiting),
		digits(by_mechanism)
}

function times(most, least) {
	return least > 0 ? digits(most / least) : "?"
}

function print_segments(    i, least, most) {
	print "3. How does set-up grow with the size of the segment?" \
		" (microseconds)\n"
	printf "%8s %10s %13s %14s %15s\n", "segment", "attach",
		"first touch", "touch a page", "set-up in all"
	least = segment[1]
	for (i = 1; i <= segment_count; i++) {
		most = segment[i]
		printf "%8s %10s %13s %14s %15s\n", size_name(most),
			digits(median("attach " most)),
			digits(median("touch " most)),
			digits(median("touch " most) * page / most),
			digits(setup[most])
	}
	print "\nattach   the call of shmat alone"
	print "touch    both processes use each page for the first time"
	if (segment_count > 1)
		printf "%s is %.0f times %s. Attaching it took %s times as" \
			" long, touching\neach of its pages once %s times.\n",
			size_name(most), most / least, size_name(least),
			times(median("attach " most), median("attach " least)),
			times(median("touch " most), median("touch " least))
	footnotes("segment")
}

END {
	take_medians()
	print_table()
	print ""
	print_break_even()
	print ""
	print_waiting()
	print ""
	print_segments()
}
