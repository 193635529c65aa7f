#!/bin/sh
#
# compare.sh - what does a message cost? Each mechanism, each way of waiting
#
# Runs shm, socket (TCP, and with -u a Unix-domain pair) and msgqueue in turn
# and several times: a machine that gets busier is unfair to none. Prints a
# table and three answers (table.awk). Writes compare.csv, a row a run, and
# compare.svg (picture.awk), when all has been measured.
#
# -q  quick: fewer and shorter runs, under 15 seconds and not 60
# -o  the folder for the two files, which is made; default: the binaries'
#
# From the environment: BUILD, where the binaries are; COMPARE_SIZES and
# COMPARE_SEGMENTS, other sizes of messages and of segments in bytes, from small
# to large; COMPARE_SECONDS, what all runs are to take together.
#
# usage: compare.sh [-hq] [-o DIR]
# shellcheck source=scripts/private.sh

set -eu
LC_ALL=C
export LC_ALL
unset OMP_NUM_THREADS OMP_THREAD_LIMIT # nproc would print them

usage='usage: compare.sh [-hq] [-o DIR]'
root=$(CDPATH='' cd -- "${0%"${0##*/}"}../.." && pwd)
here=$root/scripts/compare
. "$root/scripts/private.sh"

BUILD=${BUILD:-$root}
dir=$BUILD

# Many short runs, of 40 ms: two processes that keep waking each other are soon
# moved apart by the kernel, and from then on they measure something else.
laps=9
seconds=22
most=46 # after so many seconds there is no other lap

give_up() { # REASON [STATUS]
	printf 'compare.sh: %s\n' "$1" >&2
	exit "${2:-1}"
}

# ---- what is asked for ---------------------------------------------------

while getopts hqo: option; do
	case $option in
	h)
		echo "$usage"
		exit 0
		;;
	q) laps=3 seconds=4 most=10 ;;
	o) dir=$OPTARG ;;
	*)
		echo "$usage" >&2
		exit 2
		;;
	esac
done
shift $((OPTIND - 1))
[ $# -eq 0 ] || give_up "unexpected argument '$1'
$usage" 2

# Our own folder is in theirs: a finished file can be moved in one step.
mkdir -p -- "$dir"
dir=$(CDPATH='' cd -- "$dir" && pwd)
TMPDIR=$dir
trap remove_private EXIT
trap_signals
private_folder compare.sh
cd -- "$BUILD"

# ---- runs ----------------------------------------------------------------

# Whatever takes long runs in the background: a trap has to wait for what is
# in the foreground. limit ends what hangs, and ends it with its child.
measure() { # SERIES MECHANISM WAY BYTES ROUNDS [SEGMENT]
	case $2 in
	tcp) program=socket ;;
	unix) program='socket -u' ;;
	*) program=$2 ;;
	esac
	command="scripts/compare/$program -w $3 -s $4 -n $5${6:+ -S $6}"
	status=0
	# shellcheck disable=SC2086 # these are words
	scripts/limit 30 $command \
		</dev/null 3<&- >"$private/out" 2>"$private/err" &
	children=$!
	wait "$children" || status=$?
	children=
	if [ "$status" -eq 0 ]; then
		read -r line <"$private/out" || :
		echo "$1,$lap,$cores $line" >>"$private/lap"
	elif [ "$status" -eq 77 ]; then
		read -r line <"$private/err" || :
		echo "refused,$1,$2,${6:-$4},${line#*: }" >>"$private/refused"
	else
		[ "$status" -ne 124 ] || status="124, after 30 seconds"
		give_up "$command: failed with status $status:
$(cat "$private/err" "$private/out")"
	fi
}

# Measure every line of the plan once. What programs print becomes rows; those
# of lap 0, a first look, are not counted. The next plan has what was carried,
# and as many rounds as fit; a third of the time is for all the rest.
run_lap() {
	[ ! -t 2 ] || printf 'run %s of %s\r' "$lap" "$laps" >&2
	: >"$private/lap"
	while read -r line <&3; do
		# shellcheck disable=SC2086 # these are words
		measure $line
	done 3<"$private/plan"
	awk -F , -v lap="$lap" -v slice="$slice" -v csv="$private/compare.csv" '
	{
		gsub(/ [a-z_]*=/, ",")
		if (lap > 0)
			print $0 (NF < 14 ? ",,," : "") >>csv
	}
	$1 == "message" { print $1, $4, $5, $6, 3 + int(slice / $9) }
	$1 == "segment" { print $1, $4, $5, $6, $7, $14 }' \
		"$private/lap" >"$private/plan"
}

# A line for each message that is tried, and how many microseconds one has.
for bytes in ${COMPARE_SIZES:-64 1024 4096 65536 1048576}; do
	for mechanism in shm tcp unix msgqueue; do
		echo "message $mechanism block $bytes 50"
		echo "message $mechanism poll $bytes 50"
	done
done >"$private/plan"
slice=$(awk -v seconds="${COMPARE_SECONDS:-$seconds}" -v laps="$laps" \
	'END { print seconds * 2e6 / 3 / laps / NR }' "$private/plan")
: >"$private/refused"
echo 'series,run,cores,mechanism,wait,bytes,rounds,setup_us,'\
'round_trip_us,cpu_us,switches,attach_us,touch_us,segment' \
	>"$private/compare.csv"
cores=$({ nproc || getconf _NPROCESSORS_ONLN || echo '?'; } 2>/dev/null)
lap=0
run_lap
for segment in ${COMPARE_SEGMENTS:-4096 65536 1048576 16777216 268435456}; do
	echo "segment shm block 64 10 $segment"
done >>"$private/plan"
began=$(date +%s)
while [ "$lap" -lt "$laps" ] && [ "$(date +%s)" -lt $((began + most)) ]; do
	lap=$((lap + 1))
	run_lap
done
[ -s "$private/lap" ] || give_up 'no run gave a result'

# ---- results -------------------------------------------------------------

model=$({
	sed -n '/^model name/{s/^[^:]*: *//p;q;}' /proc/cpuinfo ||
		sysctl -n machdep.cpu.brand_string
} 2>/dev/null) || model=
machine="$(uname -srm), $cores cores${model:+, $model}"
[ "$cores" != 1 ] || machine="$(uname -srm), one core${model:+, $model}"
awk -v machine="$machine" -f "$here/results.awk" -f "$here/picture.awk" \
	"$private/compare.csv" >"$private/compare.svg"
mv -f "$private/compare.csv" "$private/compare.svg" "$dir"

printf '%s\n' "$machine" | fold -s -w 80
echo
awk -v page="$(getconf PAGESIZE 2>/dev/null || :)" -f "$here/results.awk" \
	-f "$here/table.awk" "$dir/compare.csv" "$private/refused"
printf '\ncompare.csv and compare.svg are in %s\n' "$dir"
