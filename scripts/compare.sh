#!/bin/sh
#
# compare.sh - what does a message cost? Each mechanism, each way of waiting
#
#     $ make
#     $ scripts/compare.sh
#
# Runs the pingpong of shm, socket (TCP, and with -u a Unix-domain pair) and
# msgqueue with messages of several sizes, blocking and polling, all of them
# in turn and several times, so that a machine that gets slower or busier is
# unfair to none. Prints a table and three answers. Writes compare.csv, a row
# a run, and compare.svg, a picture, into DIR (-o), or else to where the
# binaries are. Both appear whole or not at all.
#
# -q  quick: fewer and shorter runs, under 15 seconds and not 60
# -o  the folder for the two files; it is made if it is not there
#
# The binaries are under BUILD, the project's root by default. COMPARE_SIZES
# and COMPARE_SEGMENTS are other sizes, of messages and of segments, in bytes,
# from small to large; COMPARE_SECONDS is what all runs are to take together.
#
# usage: compare.sh [-hq] [-o DIR]

set -eu
LC_ALL=C
export LC_ALL

usage='usage: compare.sh [-hq] [-o DIR]'
mechanisms='shm tcp unix msgqueue'
ways='block poll'
sizes=${COMPARE_SIZES:-64 1024 4096 65536 1048576}
segments=${COMPARE_SEGMENTS:-4096 65536 1048576 16777216 268435456}
patience=30 # seconds that a program may take

made_dir= # the folder for the results, if it was not there
folder=   # our own in it, for what is not finished yet
ended=    # the last program that we have waited for
progress= # what is on the terminal's line

# --- the end, whichever way it comes ---

# A shell runs a trap between two commands. So $! is a program that still
# runs, unless we have seen its end.
end_program() {
	if [ "${!-}" != "$ended" ]; then
		kill -s TERM "$!" 2>/dev/null || :
		wait "$!" 2>/dev/null || :
	fi
}

clean_up() {
	trap '' HUP INT QUIT PIPE TERM
	end_program
	show_progress ''
	if [ -n "$folder" ]; then
		rm -rf "$folder"
	fi
	if [ -n "$made_dir" ]; then
		rmdir "$made_dir" 2>/dev/null || :
	fi
}

# Whoever waits for us sees that the signal ended us.
die_of() { # SIGNAL
	trap - EXIT
	clean_up
	trap - "$1"
	kill -s "$1" $$
	exit 1
}

catch_signals() {
	for signal in HUP INT QUIT PIPE TERM; do
		# shellcheck disable=SC2064 # it is known now
		trap "die_of $signal" "$signal"
	done
}

give_up() { # REASON
	show_progress ''
	printf 'compare.sh: %s\n' "$1" >&2
	exit 1
}

# --- a line on the terminal that tells how far we are ---

show_progress() { # TEXT
	if [ -t 2 ] && [ "$1" != "$progress" ]; then
		printf '\r%-78s\r%s' '' "$1" >&2
		progress=$1
	fi
}

# --- where the results go ---

# Our folder is in theirs, so that a finished file can be moved in one step. A
# folder with our process id is ours, if a dead one's.
make_folder() {
	case $dir in
	'') dir=$BUILD ;;
	/*) ;;
	*) dir=$PWD/$dir ;;
	esac
	if [ ! -d "$dir" ]; then
		made_dir=$dir
		reason=$(mkdir "$dir" 2>&1) || {
			made_dir=
			give_up "cannot make the folder $dir: ${reason##*: }"
		}
	fi
	for file in compare.csv compare.svg; do
		if [ -d "$dir/$file" ]; then
			give_up "cannot write $dir/$file: it is a folder"
		fi
	done
	folder=$dir/compare.$$.tmp
	rm -rf "$folder"
	reason=$(mkdir "$folder" 2>&1) ||
		give_up "cannot write to $dir: ${reason##*: }: try -o DIR"
}

# Both or neither.
keep_results() {
	trap '' HUP INT QUIT PIPE TERM
	mv -f "$folder/compare.csv" "$folder/compare.svg" "$dir"
	catch_signals
}

# --- the machine ---

# How many processors we may use. nproc knows of taskset, and must not know of
# OMP_NUM_THREADS.
count_cores() {
	(unset OMP_NUM_THREADS OMP_THREAD_LIMIT && nproc) 2>/dev/null ||
		getconf _NPROCESSORS_ONLN 2>/dev/null ||
		getconf NPROCESSORS_ONLN 2>/dev/null ||
		echo '?'
}

name_processor() {
	name=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo 2>/dev/null |
		sed 1q)
	if [ -z "$name" ]; then
		name=$(sysctl -n machdep.cpu.brand_string 2>/dev/null ||
			sysctl -n hw.model 2>/dev/null) || :
	fi
	printf '%s\n' "$name"
}

describe_machine() {
	description="$(uname -srm), $cores cores"
	if [ "$cores" = 1 ]; then
		description="$(uname -srm), one core"
	fi
	processor=$(name_processor)
	printf '%s\n' "$description${processor:+, $processor}" |
		tr -cd '\040-\176\n'
}

# --- runs ---

# A line a combination: mechanism, way, bytes, segment (- for the program's
# own choice), rounds. The rounds are for the first look only.
plan_messages() {
	for bytes in $sizes; do
		for mechanism in $mechanisms; do
			for way in $ways; do
				echo "$mechanism $way $bytes - 50"
			done
		done
	done
}

plan_segments() {
	for segment in $segments; do
		echo "shm block 64 $segment 10"
	done
}

# Whatever takes long runs in the background: a trap has to wait for what is
# in the foreground. limit ends what hangs, and ends it with its child.
run_program() { # PROGRAM [ARGUMENT ...]
	command=$*
	"$BUILD/scripts/limit" "$patience" "$@" \
		</dev/null 3<&- >"$folder/out" 2>"$folder/err" &
	status=0
	wait "$!" || status=$?
	ended=$!
}

fail_run() { # REASON
	show_progress ''
	{
		printf 'compare.sh: %s: %s\n' "$command" "$1"
		sed 's/^/    /' "$folder/err" "$folder/out"
	} >&2
	exit 1
}

# Checks the line that the program printed against what was asked for. Adds it
# to the runs, and to the next lap's plan with as many rounds as fit.
note_result() { # RUN MECHANISM WAY BYTES SEGMENT ROUNDS
	awk -v run="$1" -v mechanism="$2" -v way="$3" -v bytes="$4" \
		-v segment="$5" -v rounds="$6" -v slice="$slice" '
	BEGIN {
		plan = ENVIRON["folder"] "/next"
		runs = ENVIRON["folder"] "/runs"
		names = "mechanism wait bytes rounds setup_us round_trip_us"
		names = names " cpu_us switches"
		if (mechanism == "shm")
			names = names " attach_us touch_us segment"
		expected = split(names, name, " ")
	}
	{
		bad = NR > 1 || NF != expected
		for (i = 1; i <= NF && !bad; i++) {
			at = index($i, "=")
			value[i] = substr($i, at + 1)
			bad = substr($i, 1, at - 1) != name[i]
			if (i > 2 && value[i] !~ /^[0-9]+(\.[0-9]+)?$/)
				bad = 1
		}
	}
	END {
		if (bad || value[1] != mechanism ||
				value[2] != way || value[3] != bytes ||
				value[4] != rounds || value[6] + 0 <= 0)
			exit 1
		if (segment != "-" && value[11] != segment)
			exit 1
		next_rounds = rounds
		if (segment == "-") {
			next_rounds = int(slice / value[6])
			if (next_rounds < 3)
				next_rounds = 3
			if (next_rounds > 1000000)
				next_rounds = 1000000
		}
		print mechanism, way, bytes, segment, next_rounds >>plan
		if (run == 0)
			exit
		line = (segment == "-" ? "message" : "segment") " " run
		for (i = 1; i <= 11; i++)
			line = line " " (i <= expected ? value[i] : "-")
		print line >>runs
	}' "$folder/out"
}

note_refusal() { # MECHANISM WAY BYTES SEGMENT
	reason=
	read -r reason <"$folder/err" || :
	printf '%s\n' "$1 $2 $3 $4 ${reason#pingpong: }" >>"$folder/refused"
}

measure() { # RUN MECHANISM WAY BYTES SEGMENT ROUNDS
	case $2 in
	tcp) program='socket/pingpong' ;;
	unix) program='socket/pingpong -u' ;;
	*) program=$2/pingpong ;;
	esac
	option=
	if [ "$5" != - ]; then
		option="-S $5"
	fi
	# shellcheck disable=SC2086 # these are words
	run_program $program -w "$3" -s "$4" -n "$6" $option
	case $status in
	0) note_result "$@" || fail_run 'this is not what was asked for:' ;;
	77) note_refusal "$2" "$3" "$4" "$5" ;;
	124) fail_run "has not ended within $patience seconds" ;;
	*) fail_run "failed with status $status:" ;;
	esac
}

# Every line of the plan once. Run 0 is a first look, which is not counted.
lap() { # RUN
	title="run $1 of $laps"
	if [ "$1" -eq 0 ]; then
		title='first look'
	fi
	: >"$folder/next"
	while read -r mechanism way bytes segment rounds <&3; do
		show_progress "$title: $mechanism, $way, $bytes bytes"
		measure "$1" "$mechanism" "$way" "$bytes" "$segment" "$rounds"
	done 3<"$folder/plan"
	mv "$folder/next" "$folder/plan"
}

# So that the laps that are left fit in the time that is left.
shorten_runs() {
	left=$((most - spent))
	needed=$(((laps - number) * (spent - before)))
	if [ "$needed" -gt "$left" ] && [ "$left" -gt 0 ]; then
		slice=$((slice * left / needed))
	fi
}

# A first look is there to choose the rounds. A machine that is slower than we
# thought gets shorter runs, or fewer.
run_all() {
	plan_messages >"$folder/plan"
	: >"$folder/runs"
	: >"$folder/refused"
	began=$(date +%s)
	# Microseconds for a run: a third of the time is for all the rest.
	slice=$(awk -v seconds="$seconds" -v laps="$laps" '
		END { printf "%.0f", seconds * 1e6 * 2 / 3 / laps / NR }
		' "$folder/plan")
	lap 0
	plan_segments >>"$folder/plan"
	number=1
	spent=$(($(date +%s) - began))
	while [ "$number" -le "$laps" ] && [ "$spent" -lt "$most" ]; do
		lap "$number"
		before=$spent
		spent=$(($(date +%s) - began))
		shorten_runs
		number=$((number + 1))
	done
	show_progress ''
}

# --- figures ---

# A line a combination of what was measured:
#   message MECHANISM WAY BYTES RUNS TIME FASTEST SLOWEST CPU SWITCHES SETUP
#   segment BYTES RUNS ATTACH TOUCH SETUP
# Medians all of them, microseconds. A message takes half a round trip.
summarise() {
	awk '
	function median(what, name,    count, i, j, sorted, x) {
		count = runs[name]
		for (i = 1; i <= count; i++) {
			x = value[what, name, i]
			for (j = i; j > 1 && sorted[j - 1] > x; j--)
				sorted[j] = sorted[j - 1]
			sorted[j] = x
		}
		fastest = sorted[1]
		slowest = sorted[count]
		i = int((count + 1) / 2)
		return (sorted[i] + sorted[count + 1 - i]) / 2
	}
	{
		name = "message " $3 " " $4 " " $5
		if ($1 == "segment")
			name = "segment " $13
		if (!(name in runs))
			names[++combinations] = name
		run = ++runs[name]
		value["setup", name, run] = $7 + 0
		value["time", name, run] = $8 / 2
		value["cpu", name, run] = $9 / 2
		value["switches", name, run] = $10 / 2
		value["attach", name, run] = $11 + 0
		value["touch", name, run] = $12 + 0
	}
	END {
		for (c = 1; c <= combinations; c++) {
			name = names[c]
			setup = median("setup", name)
			if (name ~ /^segment/) {
				print name, runs[name], median("attach", name),
					median("touch", name), setup
				continue
			}
			cpu = median("cpu", name)
			switches = median("switches", name)
			time = median("time", name)
			print name, runs[name], time, fastest, slowest, cpu,
				switches, setup
		}
	}' "$folder/runs" >"$folder/figures"
	[ -s "$folder/figures" ] || give_up 'no run gave a result'
}

write_csv() {
	{
		echo 'series,run,cores,mechanism,wait,bytes,rounds,setup_us,'\
'round_trip_us,cpu_us,switches,attach_us,touch_us,segment'
		sed -e "s/^\([a-z]* [0-9]*\)/\1 ${cores#\?}/" \
			-e 's/ -/ /g' -e 's/ /,/g' "$folder/runs"
	} >"$folder/compare.csv"
}

# What several awk programs begin with. Three digits are enough: the spread is
# larger than the fourth.
# shellcheck disable=SC2016 # the fields are those of awk
common='
	BEGIN {
		size_count = split(ENVIRON["sizes"], size, " ")
		mechanism_count = split(ENVIRON["mechanisms"], mechanism, " ")
		way_count = split(ENVIRON["ways"], way, " ")
		one_core = ENVIRON["cores"] == 1
	}
	$1 == "message" {
		name = $2 " " $3 " " $4
		works[$2] = 1
		if ($5 > runs)
			runs = $5
		time[name] = $6
		fastest[name] = $7
		slowest[name] = $8
		cpu[name] = $9
		switches[name] = $10
		setup[name] = $11
	}
	function digits(x,    size, unit) {
		size = x < 0 ? -x : x
		if (size >= 999.5) {
			for (unit = 1; size / unit >= 999.5; unit *= 10)
				;
			return sprintf("%.0f", sprintf("%.0f", x / unit) * unit)
		}
		if (size >= 99.95)
			return sprintf("%.0f", x)
		if (size >= 9.995)
			return sprintf("%.1f", x)
		if (size >= 0.9995)
			return sprintf("%.2f", x)
		return sprintf("%.3f", x)
	}
	function of_runs() {
		return runs == 1 ? "one run" : "the median of " runs " runs"
	}
	function known(list, name) {
		return name in list ? digits(list[name]) : "-"
	}
	function size_name(bytes) {
		if (bytes >= 1048576)
			return bytes / 1048576 " MiB"
		if (bytes >= 1024)
			return bytes / 1024 " KiB"
		return bytes " B"
	}
	'

# --- the table and the three answers ---

# What was refused, once for all sizes of a mechanism or of the segment.
footnotes() { # message | segment
	awk -v kind="$1" "$common"'
	(kind == "segment") == ($4 != "-") {
		name = $1
		amount = size_name(kind == "segment" ? $4 : $3)
		if (!(name in amounts)) {
			names[++count] = name
			amounts[name] = amount
		} else if (index(", " amounts[name] ",", " " amount ",") == 0) {
			amounts[name] = amounts[name] ", " amount
		}
		sub(/^[^ ]* [^ ]* [^ ]* [^ ]* ?/, "")
		reason[name] = $0 == "" ? "" : ": " $0
	}
	END {
		for (i = 1; i <= count; i++)
			print "-  no " kind " of " amounts[names[i]] " with " \
				names[i] " here" reason[names[i]]
	}' "$folder/refused" | fold -s -w 78 | sed 's/ *$//; /^-/!s/^/   /'
}

print_table() {
	awk "$common"'
	function cells(name) {
		if (!(name in time))
			return sprintf(" %7s %6s %7s %6s", "-", "-", "-", "-")
		return sprintf(" %7s %5.0f%% %7s %6.2f", digits(time[name]),
			100 * (slowest[name] - fastest[name]) / time[name],
			digits(cpu[name]), switches[name])
	}
	END {
		print "Microseconds a message" \
			(one_core ? " ON ONE CORE" : "") ":" \
			" half a round trip, " of_runs() "."
		head = sprintf(" %7s %6s %7s %6s", "time", "spread", "cpu",
			"switch")
		printf "\n%18s  ---- block: sleep, woken -----" \
			" ---- poll: ask and ask ------\n", ""
		print " message mechanism" head head
		for (i = 1; i <= size_count; i++) {
			for (j = 1; j <= mechanism_count; j++)
				printf "%8s %-9s%s%s\n", size_name(size[i]),
					mechanism[j],
					cells(mechanism[j] " block " size[i]),
					cells(mechanism[j] " poll " size[i])
			print ""
		}
		print "spread  the slowest run less the fastest, in percent" \
			" of the median"
		print "cpu     microseconds that sender and receiver computed"
		print "switch  how often one of the two went to sleep"
		if (one_core) {
			print "ONE CORE: sender and receiver take turns, and" \
				" a loop that polls must give the"
			print "core away. Do not compare these times with" \
				" those of two cores."
		}
	}' "$folder/figures"
	footnotes message
}

print_break_even() {
	awk "$common"'
	# Two digits, rounded up.
	function round_up(x,    power) {
		for (power = 1; x / power > 99; power *= 10)
			;
		x /= power
		if (x > int(x) + 1e-9)
			x = int(x) + 1
		return sprintf("%.0f", int(x) * power)
	}
	function paid_back(one, other,    dearer, gain, mark) {
		if (!(one in time) || !(other in time))
			return "-"
		dearer = setup[one] - setup[other]
		gain = time[other] - time[one]
		if (fastest[one] <= slowest[other] &&
				fastest[other] <= slowest[one])
			mark = "~"
		if (gain >= 0 && dearer <= 0)
			return mark "at once"
		if (gain <= 0 && dearer >= 0)
			return mark "never"
		return mark (gain < 0 ? "<" : "") round_up(dearer / gain)
	}
	function print_row(way, bytes,    j, tail) {
		tail = " " way " " bytes
		printf "%8s  %-5s", size_name(bytes), way
		for (j = 1; j <= mechanism_count; j++)
			printf " %8s", known(setup, mechanism[j] tail)
		for (j = 2; j <= mechanism_count; j++)
			printf " %8s", paid_back(mechanism[1] tail,
				mechanism[j] tail)
		print ""
	}
	END {
		print "1. After how many messages has shared memory paid back" \
			" its set-up?\n"
		printf "%15s ----- set-up, in microseconds -----" \
			" ---- paid back against ---\n", ""
		printf " message  waits"
		for (j = 1; j <= mechanism_count; j++)
			printf " %8s", mechanism[j]
		for (j = 2; j <= mechanism_count; j++)
			printf " %8s", mechanism[j]
		print ""
		for (i = 1; i <= size_count; i++)
			for (k = 1; k <= way_count; k++)
				print_row(way[k], size[i])
		print "\nset-up   from the first call until both sides are" \
			" ready"
		print "at once  it costs less from the first message on"
		print "never    neither its set-up nor its messages cost less"
		print "<N       its set-up costs less, its messages more: it" \
			" is ahead below N"
		print "~        single runs of the two took equally long:" \
			" luck may decide"
	}' "$folder/figures"
}

print_waiting() {
	awk "$common"'
	function all_carry(bytes,    j) {
		for (j = 1; j <= mechanism_count; j++) {
			name = mechanism[j] " block " bytes
			if (mechanism[j] in works && !(name in time))
				return 0
		}
		return 1
	}
	function cells(mechanism, bytes,    block, poll, all) {
		block = mechanism " block " bytes
		poll = mechanism " poll " bytes
		all = sprintf("  %7s %7s", known(time, block),
			known(time, poll))
		if (!(block in time) || !(poll in time))
			return sprintf("%s %7s %7s", all, "-", "-")
		return sprintf("%s %7s %7s", all,
			digits(time[block] - time[poll]),
			digits(time[block] / time[poll]))
	}
	# How many times as long the slower of two takes.
	function factor(one, other) {
		if (!(one in time) || !(other in time))
			return 1
		return larger(time[one] / time[other], time[other] / time[one])
	}
	function larger(x, y) {
		return x > y ? x : y
	}
	END {
		last = size_count
		while (last > 2 && !all_carry(size[last]))
			last--
		print "2. What does waiting cost, apart from moving?" \
			" (microseconds a message)\n"
		printf "%9s  ------------- %6s -----------" \
			"  ------------- %6s -----------\n", "",
			size_name(size[1]), size_name(size[last])
		head = sprintf("  %7s %7s %7s %7s", "block", "poll",
			"waiting", "ratio")
		print "mechanism" head head
		for (j = 1; j <= mechanism_count; j++)
			printf "%-9s%s%s\n", mechanism[j],
				cells(mechanism[j], size[1]),
				cells(mechanism[j], size[last])
		for (i = 1; i <= mechanism_count; i++) {
			one = mechanism[i] " block " size[1]
			other = mechanism[i] " poll " size[1]
			by_waiting = larger(by_waiting, factor(one, other))
			for (j = 1; j < i; j++)
				for (k = 1; k <= way_count; k++) {
					tail = " " way[k] " " size[1]
					by_mechanism = larger(by_mechanism,
						factor(mechanism[i] tail,
							mechanism[j] tail))
				}
		}
		print "\nwaiting  block less poll: to fall asleep and to be" \
			" woken"
		print "ratio    block divided by poll"
		printf "At %s, how a process waits makes up to %s times the" \
			" difference; which\nmechanism it uses, waiting" \
			" alike, up to %s times.\n", size_name(size[1]),
			digits(by_waiting), digits(by_mechanism)
	}' "$folder/figures"
}

print_segments() {
	page=$(getconf PAGESIZE 2>/dev/null || echo 4096)
	awk -v page="$page" "$common"'
	$1 == "segment" {
		if (!count++) {
			least = $2
			attach_least = $4
			touch_least = $5
		}
		row[count] = sprintf("%8s %10s %13s %14s %15s", size_name($2),
			digits($4), digits($5), digits($5 * page / $2),
			digits($6))
		most = $2
		attach_most = $4
		touch_most = $5
	}
	function times(most, least) {
		return least > 0 ? digits(most / least) : "?"
	}
	END {
		print "3. How does set-up grow with the size of the segment?" \
			" (microseconds)\n"
		printf "%8s %10s %13s %14s %15s\n", "segment", "attach",
			"first touch", "touch a page", "set-up in all"
		for (i = 1; i <= count; i++)
			print row[i]
		print "\nattach   the call of shmat alone"
		print "touch    both processes use each page for the first" \
			" time"
		if (count < 2)
			exit
		printf "%s is %.0f times %s. Attaching it took %s times as" \
			" long, touching\neach of its pages once %s times.\n",
			size_name(most), most / least, size_name(least),
			times(attach_most, attach_least),
			times(touch_most, touch_least)
	}' "$folder/figures"
	footnotes segment
}

report() {
	print_table
	echo
	print_break_even
	echo
	print_waiting
	echo
	print_segments
	printf '\ncompare.csv and compare.svg are in %s\n' "$dir"
}

# --- the picture ---

draw() {
	awk "$common"'
	function floor(x) {
		return int(x) > x ? int(x) - 1 : int(x)
	}
	# To base 2. Some awks have no log: x is halved into 1 to 2, then a
	# series for what remains.
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
		return left + 24 + (right - left - 48) * \
			logarithm(bytes / size[1]) / \
			logarithm(size[size_count] / size[1])
	}
	function place_y(x) {
		return bottom - (bottom - top) * (log10(x) - low) / (high - low)
	}
	function put_text(x, y, attributes, text) {
		gsub(/&/, "\\&amp;", text)
		gsub(/</, "\\&lt;", text)
		gsub(/>/, "\\&gt;", text)
		printf "<text x=\"%.1f\" y=\"%.1f\" %s>%s</text>\n", x, y,
			attributes, text
	}
	function put_path(class, path) {
		printf "<path class=\"%s\" d=\"%s\"/>\n", class, path
	}
	# A shape for each mechanism, hollow where it polls.
	function put_marker(x, y) {
		class = "mark " who " " waits
		path = sprintf("M%.1f %.1f", x, y)
		if (who == "shm")
			put_path(class, path "m-4.5 0a4.5 4.5 0 0 0 9 0" \
				"a4.5 4.5 0 0 0-9 0z")
		else if (who == "tcp")
			put_path(class, path "m-4-4h8v8h-8z")
		else if (who == "unix")
			put_path(class, path "m0-6 5.5 10h-11z")
		else
			put_path(class, path "m0-6 6 6-6 6-6-6z")
	}
	# The line of who waits so. Notes where its label belongs.
	function put_line(    i, name, path, count, xs, ys) {
		for (i = 1; i <= size_count; i++) {
			name = who " " waits " " size[i]
			if (!(name in time))
				continue
			xs[++count] = place_x(size[i])
			ys[count] = place_y(time[name])
			path = path sprintf("%s%.1f %.1f",
				path == "" ? "M" : "L", xs[count], ys[count])
			put_path("spread " who, sprintf("M%.1f %.1fV%.1f",
				xs[count], place_y(fastest[name]),
				place_y(slowest[name])))
			reaches = size[i]
		}
		if (!count)
			return
		put_path("line " who " " waits, path)
		for (i = 1; i <= count; i++)
			put_marker(xs[i], ys[i])
		labels++
		for (i = labels; i > 1 && end_y[i - 1] > ys[count]; i--)
			move_label(i - 1, i)
		label_who[i] = who
		label_waits[i] = waits
		label_reaches[i] = reaches
		label_y[i] = end_y[i] = ys[count]
	}
	function move_label(from, to) {
		label_who[to] = label_who[from]
		label_waits[to] = label_waits[from]
		label_reaches[to] = label_reaches[from]
		label_y[to] = end_y[to] = end_y[from]
	}
	# From top to bottom, with room between them.
	function put_labels(    i, room, text) {
		room = 22
		for (i = 2; i <= labels; i++)
			if (label_y[i] < label_y[i - 1] + room)
				label_y[i] = label_y[i - 1] + room
		if (label_y[labels] > bottom)
			label_y[labels] = bottom
		for (i = labels - 1; i > 0; i--)
			if (label_y[i] > label_y[i + 1] - room)
				label_y[i] = label_y[i + 1] - room
		for (i = 1; i <= labels; i++) {
			who = label_who[i]
			waits = label_waits[i]
			text = who " " waits
			if (label_reaches[i] != size[size_count])
				text = text ", to " size_name(label_reaches[i])
			else
				put_path("lead " who,
					sprintf("M%.1f %.1fL%d %.1f",
						right - 16, end_y[i],
						right + 24, label_y[i]))
			put_path("line " who " " waits, sprintf("M%d %.1fh36",
				right + 28, label_y[i]))
			put_marker(right + 46, label_y[i])
			put_text(right + 72, label_y[i] + 5, "class=\"ink\"",
				text)
		}
	}
	function put_grid(    i, x, y) {
		x = 1
		for (i = 0; i > low; i--)
			x /= 10
		for (i = 0; i < low; i++)
			x *= 10
		for (i = low; i <= high; i++) {
			y = place_y(x)
			put_path("grid", sprintf("M%d %.1fH%d", left, y, right))
			put_text(left - 10, y + 5,
				"class=\"ink\" text-anchor=\"end\"", x)
			x *= 10
		}
		for (i = 1; i <= size_count; i++) {
			put_path("grid", sprintf("M%.1f %dV%d",
				place_x(size[i]), top, bottom))
			put_text(place_x(size[i]), bottom + 24,
				"class=\"ink\" text-anchor=\"middle\"",
				size_name(size[i]))
		}
	}
	function put_words() {
		put_text(left, 36, "class=\"ink head\"",
			"What does a message cost?")
		put_text(left, 61, "class=\"pale\"", "Half a round trip, " \
			of_runs() " (bars: all runs). Filled: block." \
			" Hollow, dashed: poll.")
		put_text(left, 83, "class=\"pale\"",
			substr(ENVIRON["machine"], 1, 110))
		put_text((left + right) / 2, bottom + 52, "class=\"ink\" " \
			"text-anchor=\"middle\"", "size of the message")
		put_text(0, 0, "class=\"ink\" text-anchor=\"middle\" " \
			sprintf("transform=\"translate(24 %d) rotate(-90)\"",
				(top + bottom) / 2), "microseconds a message")
	}
	function describe_line(    i, name, text) {
		for (i = 1; i <= size_count; i++) {
			name = who " " waits " " size[i]
			if (name in time)
				text = text ", " size_name(size[i]) " " \
					digits(time[name])
		}
		if (text != "")
			print who " " waits ": " substr(text, 3) "."
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
		print ".paper, .mark.poll { fill: #ffffff }"
		print ".ink { fill: #222222 } .pale { fill: #666666 }"
		print ".grid { color: #dddddd }"
		print ".shm { color: #0068b5 } .tcp { color: #c2410c }"
		print ".unix { color: #00805a } .msgqueue { color: #9d3c8f }"
		print "@media (prefers-color-scheme: dark) {"
		print ".paper, .mark.poll { fill: #15181d }"
		print ".ink { fill: #e6e6e6 } .pale { fill: #a0a0a0 }"
		print ".grid { color: #3a3f47 }"
		print ".shm { color: #58b0f0 } .tcp { color: #f58a4b }"
		print ".unix { color: #3fc79a } .msgqueue { color: #d98ccb }"
		print "}"
		print "</style>"
	}
	function for_each_line(what,    j, k) {
		for (k = 1; k <= way_count; k++)
			for (j = 1; j <= mechanism_count; j++) {
				who = mechanism[j]
				waits = way[k]
				if (what == "describe")
					describe_line()
				else
					put_line()
			}
	}
	END {
		left = 84
		right = 640
		top = 112
		bottom = 494
		choose_scale()
		print "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\"" \
			" viewBox=\"0 0 930 570\" aria-labelledby=\"name all\">"
		print "<title id=\"name\">What does a message cost?</title>"
		print "<desc id=\"all\">Microseconds a message by the" \
			" size of the message, both axes logarithmic."
		for_each_line("describe")
		print "</desc>"
		put_style()
		print "<rect class=\"paper\" width=\"930\" height=\"570\"/>"
		put_words()
		put_grid()
		for_each_line("draw")
		put_labels()
		print "</svg>"
	}' "$folder/figures" >"$folder/compare.svg"
}

# --- what is asked for ---

# Many short runs, of 40 ms: two processes that keep waking each other are soon
# moved apart by the kernel, and from then on they measure something else.
laps=9
seconds=22
most=46 # after so many seconds there is no other lap
dir=
while getopts hqo: option; do
	case $option in
	h)
		echo "$usage"
		exit 0
		;;
	q)
		laps=3
		seconds=4
		most=10
		;;
	o)
		dir=$OPTARG
		if [ -z "$dir" ]; then
			echo "compare.sh: -o '': not a folder" >&2
			echo "$usage" >&2
			exit 2
		fi
		;;
	*)
		echo "$usage" >&2
		exit 2
		;;
	esac
done
shift $((OPTIND - 1))
if [ $# -gt 0 ]; then
	echo "compare.sh: surplus argument '$1'" >&2
	echo "$usage" >&2
	exit 2
fi
seconds=${COMPARE_SECONDS:-$seconds}

root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
BUILD=$(CDPATH='' cd -- "${BUILD:-$root}" 2>/dev/null && pwd) || BUILD=/nowhere
for program in shm/pingpong socket/pingpong msgqueue/pingpong scripts/limit; do
	if [ ! -x "$BUILD/$program" ]; then
		give_up "there is no $program: build first: make"
	fi
done

trap clean_up EXIT
catch_signals
make_folder
cd -- "$BUILD"
cores=$(count_cores)
machine=$(describe_machine)
export cores folder machine mechanisms sizes ways
printf '%s\n' "$machine" | fold -s -w 80
echo
run_all
summarise
write_csv
draw
report >"$folder/report"
keep_results
cat "$folder/report"
