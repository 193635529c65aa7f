#!/bin/sh
#
# compare.sh - what does a message cost? Each mechanism, each way of waiting
#
# Runs shm, socket (TCP, and with -u a Unix-domain pair) and msgqueue in turn
# and several times: a machine that gets busier is unfair to none. Prints a
# table and three answers (table.awk). Writes compare.csv, a row a run, and
# compare.svg (picture.awk). Both appear whole or not at all.
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
made_dir=   # the folder for the results, if it was not there
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
	[ -n "$made_dir" ] || return 0
	rm -rf "$private"
	rmdir "$made_dir" 2>/dev/null || :
}

give_up() { # REASON [STATUS]
	show_progress ''
	printf 'compare.sh: %s\n' "$1" >&2
	exit "${2:-1}"
}

# Our own folder is in theirs: a finished file can be moved in one step.
make_folders() {
	if [ ! -d "$dir" ]; then
		mkdir -- "$dir" || exit 1
		made_dir=$dir
	fi
	if [ -d "$dir/compare.csv" ] || [ -d "$dir/compare.svg" ]; then
		give_up "compare.csv or compare.svg in $dir: it is a folder"
	fi
	dir=$(CDPATH='' cd -- "$dir" && pwd)
	TMPDIR=$dir
	private_folder compare.sh
}

# ---- runs ----------------------------------------------------------------

# Whatever takes long runs in the background: a trap has to wait for what is
# in the foreground. limit ends what hangs, and ends it with its child.
measure() { # MECHANISM WAY BYTES SEGMENT ROUNDS
	case $1 in
	tcp) program=socket ;;
	unix) program='socket -u' ;;
	*) program=$1 ;;
	esac
	command="scripts/compare/$program -w $2 -s $3 -n $5"
	[ "$4" = N ] || command="$command -S $4"
	form="mechanism=$1 wait=$2 bytes=$3 rounds=$5"
	form="$form setup_us=N round_trip_us=N cpu_us=N switches=N"
	[ "$1" != shm ] || form="$form attach_us=N touch_us=N segment=$4"
	status=0 line='' more=''
	# shellcheck disable=SC2086 # these are words
	scripts/limit "$patience" $command \
		</dev/null 3<&- >"$private/out" 2>"$private/err" &
	children=$!
	wait "$children" || status=$?
	children=
	case $status in
	0) # a second line makes the first one wrong
		{ read -r line && read -r more; } <"$private/out" || :
		echo "$4|$command|$form|$line$more" >>"$private/lap"
		;;
	77)
		read -r line <"$private/err" || :
		[ "$4" = N ] || more="segment,$1,$4"
		echo "refused,${more:-message,$1,$3},${line#*: }" \
			>>"$private/refused"
		;;
	*)
		[ "$status" -ne 124 ] || status="124, after $patience seconds"
		give_up "$command: failed with status $status:
$(cat "$private/err" "$private/out")"
		;;
	esac
}

# Every line of the plan once. Lap 0 is a first look, which is not counted. What
# a program printed is checked, and becomes a row. Then the plan gets as many
# rounds as fit; a third of the time is for all the rest.
run_lap() { # LAP
	: >"$private/lap"
	while read -r mechanism way bytes segment rounds <&3; do
		show_progress "run $1 of $laps: $mechanism, $way, $bytes bytes"
		measure "$mechanism" "$way" "$bytes" "$segment" "$rounds"
	done 3<"$private/plan"
	show_progress ''
	awk -F '|' -v lap="$1" -v cores="${cores-}" \
		-v csv="$private/compare.csv" -v seconds="$seconds" \
		-v runs="$((laps * planned))" '
	BEGIN { slice = seconds * 2e6 / 3 / runs }
	{
		row = $4
		gsub(/[a-z_]+=/, "", row)
		gsub(/ /, ",", row)
		split(row, figure, ",")
		gsub(/N/, "[0-9]+([.][0-9]+)?", $3)
		if ($4 !~ "^" $3 "$" || figure[6] == 0) {
			print "compare.sh: " $2 ": this is not what was" \
				" asked for:\n" $4 | "cat >&2"
			bad = 1
			next
		}
		if (lap > 0)
			print ($1 == "N" ? "message" : "segment") "," lap "," \
				cores "," row (figure[11] ? "" : ",,,") >>csv
		rounds = $1 == "N" ? 3 + int(slice / figure[6]) : figure[4]
		print figure[1], figure[2], figure[3], $1, rounds
	}
	END { exit bad }' "$private/lap" >"$private/plan"
}

# The plan has a line a combination: mechanism, way, bytes, segment (N for the
# program's own choice), rounds. The rounds are for the first look only.
run_all() {
	planned=0
	for bytes in $sizes; do
		for mechanism in shm tcp unix msgqueue; do
			echo "$mechanism block $bytes N 50"
			echo "$mechanism poll $bytes N 50"
			planned=$((planned + 2))
		done
	done >"$private/plan"
	: >"$private/refused"
	echo 'series,run,cores,mechanism,wait,bytes,rounds,setup_us,'\
'round_trip_us,cpu_us,switches,attach_us,touch_us,segment' \
		>"$private/compare.csv"
	run_lap 0
	cores=$({ nproc || getconf _NPROCESSORS_ONLN || echo '?'; } 2>/dev/null)
	for segment in $segments; do
		echo "shm block 64 $segment 10"
	done >>"$private/plan"
	lap=1
	began=$(date +%s)
	while [ "$lap" -le "$laps" ] && [ "$(date +%s)" -lt $((began + most)) ]
	do
		run_lap "$lap"
		lap=$((lap + 1))
	done
	{ read -r _ && read -r _; } <"$private/compare.csv" ||
		give_up 'no run gave a result'
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
[ -n "$dir" ] || give_up "-o '': not a folder
$usage" 2
seconds=${COMPARE_SECONDS:-$seconds}
for program in compare/shm compare/socket compare/msgqueue limit; do
	[ -x "$BUILD/scripts/$program" ] ||
		give_up "there is no scripts/$program: build first: make"
done

trap remove_private EXIT
trap_signals
make_folders
cd -- "$BUILD"
run_all
machine=$(describe_machine)
awk -v machine="$machine" -f "$here/results.awk" -f "$here/picture.awk" \
	"$private/compare.csv" >"$private/compare.svg"
trap '' HUP INT QUIT TERM # both files or neither
mv -f "$private/compare.csv" "$private/compare.svg" "$dir"

printf '%s\n' "$machine" | fold -s -w 80
echo
awk -v page="$(getconf PAGESIZE 2>/dev/null || :)" -f "$here/results.awk" \
	-f "$here/table.awk" "$dir/compare.csv" "$private/refused"
printf '\ncompare.csv and compare.svg are in %s\n' "$dir"
