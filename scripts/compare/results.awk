# results.awk - reads compare.csv, for table.awk or picture.awk after it
#
# Lists of values have names and are sorted: "shm poll 64" has the time of a
# message in each run of that combination. "time" has all of them, "size" each
# size of messages, "segment" each size of segments.

BEGIN {
	FS = ","
	split("shm tcp unix msgqueue", mechanism, " ")
	split("block poll", way, " ")
}

# A row is a run. A message takes half a round trip.
$1 == "message" {
	name = $4 " " $5 " " $6
	add_once("size", $6)
	add("setup " name, $8)
	add("time", $9 / 2)
	add(name, $9 / 2)
	add("cpu " name, $10 / 2)
	add("switches " name, $11 / 2)
	rows[$6]++
	one_core = $3 == 1
	if (count[name] > runs)
		runs = count[name]
}

$1 == "segment" {
	add_once("segment", $14)
	add("setup " $14, $8)
	add("attach " $14, $12)
	add("touch " $14, $13)
}

function add(list, x,    i) {
	for (i = ++count[list]; i > 1 && value[list, i - 1] > x + 0; i--)
		value[list, i] = value[list, i - 1]
	value[list, i] = x + 0
}

function add_once(list, x) {
	if (!known[list, x]++)
		add(list, x)
}

function least(list) {
	return value[list, 1]
}

function most(list) {
	return value[list, count[list]]
}

function median(list,    n) {
	n = count[list]
	return (value[list, int((n + 1) / 2)] + value[list, int(n / 2) + 1]) / 2
}

# Three digits are enough: the spread is larger than the fourth.
function digits(x,    size, places) {
	size = x < 0 ? -x : x
	places = 3 - (size >= 0.9995) - (size >= 9.995) - (size >= 99.95)
	return sprintf("%." places "f", places > 0 ? x : sprintf("%.2e", x))
}

function size_name(bytes) {
	if (bytes >= 1048576)
		return bytes / 1048576 " MiB"
	if (bytes >= 1024)
		return bytes / 1024 " KiB"
	return bytes " B"
}

function of_all_runs() {
	return runs == 1 ? "one run" : "the median of " runs " runs"
}
