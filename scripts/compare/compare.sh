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

sizes=${COMPARE_SIZES:-64 1024 4096 65536 1048576}
segments=${COMPARE_SEGMENTS:-4096 65536 1048576 16777216 268435456}
patience=30 # seconds that a program may take
BUILD=${BUILD:-$root}
dir=$BUILD

# Many short runs, of 40 ms: two processes that keep waking each other are soon
# moved apart by the kernel, and from then on they measure something else.
laps=9 seconds=22 most=46 # after so many seconds there is no other lap

show_progress() { # TEXT
	[ ! -t 2 ] || printf '\r%-78s\r%s' '' "$1" >&2
}

tidy_up() {
	show_progress ''
}

give_up() { # REASON [STATUS]
	show_progress ''
	printf 'compare.sh: %s\n' "$1" >&2
	exit "${2:-1}"
}

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
	scripts/limit "$patience" $command \
		</dev/null 3<&- >"$private/out" 2>"$private/err" &
	children=$!
	wait "$children" || status=$?
	children=
	case $status in
	0)
		read -r line <"$private/out" || :
		echo "$1,$lap,$cores $line" >>"$private/lap"
		;;
	77)
		read -r line <"$private/err" || :
		echo "refused,$1,$2,${6:-$4},${line#*: }" >>"$private/refused"
		;;
	*)
		[ "$status" -ne 124 ] || status="124, after $patience seconds"
		give_up "$command: failed with status $status:
$(cat "$private/err" "$private/out")"
		;;
	esac
}

# Every line of the plan once: series, mechanism, way, bytes, rounds, and for a
# segment its size. What programs print becomes rows. Lap 0 is a first look,
# which is not counted. The next plan has what was carried, and as many rounds
# as fit; a third of the time is for all the rest.
run_lap() {
	: >"$private/lap"
	while read -r series mechanism way bytes rounds segment <&3; do
		what="$mechanism, $way, $bytes bytes"
		show_progress "run $lap of $laps: $what"
		measure "$series" "$mechanism" "$way" "$bytes" "$rounds" \
			"$segment"
	done 3<"$private/plan"
	show_progress ''
	sed '/segment=/!s/$/,,,/; s/ [a-z_]*=/,/g' "$private/lap" \
		>"$private/rows"
	[ "$lap" -eq 0 ] || cat "$private/rows" >>"$private/compare.csv"
	awk -F , -v seconds="$seconds" -v runs="$((laps * planned))" '
	BEGIN { slice = seconds * 2e6 / 3 / runs }
	$1 == "message" { print $1, $4, $5, $6, 3 + int(slice / $9) }
	$1 == "segment" { print $1, $4, $5, $6, $7, $14 }' \
		"$private/rows" >"$private/plan"
}

run_all() {
	cores=$({ nproc || getconf _NPROCESSORS_ONLN || echo '?'; } 2>/dev/null)
	planned=0
	for bytes in $sizes; do
		for mechanism in shm tcp unix msgqueue; do
			echo "message $mechanism block $bytes 50"
			echo "message $mechanism poll $bytes 50"
			planned=$((planned + 2))
		done
	done >"$private/plan"
	: >"$private/refused"
	echo 'series,run,cores,mechanism,wait,bytes,rounds,setup_us,'\
'round_trip_us,cpu_us,switches,attach_us,touch_us,segment' \
		>"$private/compare.csv"
	lap=0
	run_lap
	for segment in $segments; do
		echo "segment shm block 64 10 $segment"
	done >>"$private/plan"
	began=$(date +%s)
	while [ "$lap" -lt "$laps" ] &&
		[ "$(date +%s)" -lt $((began + most)) ]; do
		lap=$((lap + 1))
		run_lap
	done
	[ -s "$private/rows" ] || give_up 'no run gave a result'
}

describe_machine() {
	text="$(uname -srm), $cores cores"
	[ "$cores" != 1 ] || text="${text%,*}, one core"
	model=$({
		sed -n '/^model name/{s/^[^:]*: *//p;q;}' /proc/cpuinfo ||
			sysctl -n machdep.cpu.brand_string ||
			sysctl -n hw.model
	} 2>/dev/null) || model=
	echo "$text${model:+, $model}"
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
seconds=${COMPARE_SECONDS:-$seconds}

# Our own folder is in theirs: a finished file can be moved in one step.
mkdir -p -- "$dir"
dir=$(CDPATH='' cd -- "$dir" && pwd)
TMPDIR=$dir
trap remove_private EXIT
trap_signals
private_folder compare.sh

cd -- "$BUILD"
run_all
machine=$(describe_machine)
awk -v machine="$machine" -f "$here/results.awk" -f "$here/picture.awk" \
	"$private/compare.csv" >"$private/compare.svg"
mv -f "$private/compare.csv" "$private/compare.svg" "$dir"

printf '%s\n' "$machine" | fold -s -w 80
echo
awk -v page="$(getconf PAGESIZE 2>/dev/null || :)" -f "$here/results.awk" \
	-f "$here/table.awk" "$dir/compare.csv" "$private/refused"
printf '\ncompare.csv and compare.svg are in %s\n' "$dir"
