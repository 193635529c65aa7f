#!/bin/sh
#
# compare.sh - what does a message cost? Each mechanism, each way of waiting
#
#     $ make
#     $ scripts/compare/compare.sh
#
# Runs shm, socket (TCP, and with -u a Unix-domain pair) and msgqueue with
# messages of several sizes, blocking and polling, all of them in turn and
# several times: a machine that gets busier is unfair to none. Prints a table
# and three answers (table.awk). Writes compare.csv, a row a run, and
# compare.svg, a picture (picture.awk), into DIR (-o), or else to where the
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
sizes=${COMPARE_SIZES:-64 1024 4096 65536 1048576}
segments=${COMPARE_SEGMENTS:-4096 65536 1048576 16777216 268435456}
patience=30 # seconds that a program may take

case $0 in
*/*) here=${0%/*} ;;
*) here=. ;;
esac
here=$(CDPATH='' cd -- "$here" && pwd)
root=${here%/scripts/compare}
# shellcheck source=scripts/private.sh
. "$root/scripts/private.sh"

made_dir= # the folder for the results, if it was not there
progress= # what is on the terminal's line

# A line on the terminal that tells how far we are.
show_progress() { # TEXT
	if [ -t 2 ] && [ "$1" != "$progress" ]; then
		printf '\r%-78s\r%s' '' "$1" >&2
		progress=$1
	fi
}

tidy_up() {
	show_progress ''
	[ -n "$made_dir" ] || return 0
	rm -rf "$private"
	rmdir "$made_dir" 2>/dev/null || :
}

give_up() { # REASON [FILE ...], whose text is shown below
	show_progress ''
	printf 'compare.sh: %s\n' "$1" >&2
	shift
	[ $# -eq 0 ] || sed 's/^/    /' "$@" >&2
	exit 1
}

bad_usage() { # REASON
	printf 'compare.sh: %s\n%s\n' "$1" "$usage" >&2
	exit 2
}

# --- where the results go ---

# Our folder is in theirs, so that a finished file can be moved in one step.
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
		[ ! -d "$dir/$file" ] ||
			give_up "cannot write $dir/$file: it is a folder"
	done
	TMPDIR=$dir
	private_folder compare.sh
}

# Both or neither.
keep_results() {
	trap '' HUP INT QUIT PIPE TERM
	mv -f "$private/compare.csv" "$private/compare.svg" "$dir"
	trap_signals
}

# --- the machine ---

# How many processors we may use. nproc knows of taskset, and must not know of
# OMP_NUM_THREADS.
count_cores() {
	(unset OMP_NUM_THREADS OMP_THREAD_LIMIT && nproc) 2>/dev/null ||
		getconf _NPROCESSORS_ONLN 2>/dev/null ||
		getconf NPROCESSORS_ONLN 2>/dev/null || :
}

# No backslash: awk would look for more behind it.
describe_machine() {
	{
		uname -srm
		grep '^model name' /proc/cpuinfo 2>/dev/null ||
			sysctl -n machdep.cpu.brand_string 2>/dev/null ||
			sysctl -n hw.model 2>/dev/null || :
	} | awk -v cores="${cores:-?}" '
		NR > 1 { sub(/^model name[^:]*: */, "") }
		NR < 3 && $0 != "" { text = text ", " $0 }
		NR == 1 { text = text (cores == 1 ? ", one core" : \
			", " cores " cores") }
		END { gsub(/[^ -~]|\\/, "", text); print substr(text, 3) }'
}

# --- runs ---

# A line a combination: mechanism, way, bytes, segment (- for the program's
# own choice), rounds. The rounds are for the first look only.
plan_messages() {
	for bytes in $sizes; do
		for mechanism in shm tcp unix msgqueue; do
			echo "$mechanism block $bytes - 50"
			echo "$mechanism poll $bytes - 50"
		done
	done
}

fail_run() { # REASON
	give_up "$command: $1" "$private/err" "$private/out"
}

# Checks the line that the program printed against what was asked for.
read_figures() { # MECHANISM WAY BYTES SEGMENT ROUNDS; sets $figures
	figures=
	names='setup_us round_trip_us cpu_us switches'
	[ "$1" != shm ] || names="$names attach_us touch_us segment"
	{
		read -r line && ! read -r more && [ -z "$more" ]
	} <"$private/out" || return 1
	rest=${line#"mechanism=$1 wait=$2 bytes=$3 rounds=$5 "}
	[ "$rest" != "$line" ] || return 1
	segment=$4
	# shellcheck disable=SC2086 # these are words
	set -- $rest
	for name in $names; do
		[ $# -gt 0 ] || return 1
		figure=${1#"$name="}
		case $figure in
		"$1" | '' | *[!0-9.]* | *.*.* | .* | *.) return 1 ;;
		esac
		case $name$figure in
		*[1-9]*) ;;
		round_trip_us*) return 1 ;;
		esac
		figures="$figures $figure"
		shift
	done
	[ $# -eq 0 ] || return 1
	[ "$segment" = - ] || [ "$figure" = "$segment" ]
}

# Whatever takes long runs in the background: a trap has to wait for what is
# in the foreground. limit ends what hangs, and ends it with its child.
measure() { # MECHANISM WAY BYTES SEGMENT ROUNDS
	case $1 in
	tcp) program=socket ;;
	unix) program='socket -u' ;;
	*) program=$1 ;;
	esac
	command="scripts/compare/$program -w $2 -s $3 -n $5"
	[ "$4" = - ] || command="$command -S $4"
	status=0
	# shellcheck disable=SC2086 # these are words
	scripts/limit "$patience" $command \
		</dev/null 3<&- >"$private/out" 2>"$private/err" &
	children=$!
	wait "$children" || status=$?
	children=
	case $status in
	0)
		read_figures "$@" ||
			fail_run 'this is not what was asked for:'
		echo "$*$figures" >>"$private/lap"
		;;
	77)
		reason=
		read -r reason <"$private/err" || :
		echo "$1 $2 $3 $4 ${reason#*: }" >>"$private/refused"
		;;
	124) fail_run "has not ended within $patience seconds" ;;
	*) fail_run "failed with status $status:" ;;
	esac
}

# Every line of the plan once. Lap 0 is a first look, which is not counted.
# Then the plan gets as many rounds as fit.
run_lap() { # LAP
	title="run $1 of $laps"
	[ "$1" -gt 0 ] || title='first look'
	: >"$private/lap"
	while read -r mechanism way bytes segment rounds <&3; do
		show_progress "$title: $mechanism, $way, $bytes bytes"
		measure "$mechanism" "$way" "$bytes" "$segment" "$rounds"
	done 3<"$private/plan"
	# Microseconds for a run: a third of the time is for all the rest.
	awk -v lap="$1" -v cores="${cores-}" -v csv="$private/compare.csv" \
		-v seconds="$seconds" -v runs="$((laps * planned))" \
		-v share="$share" '
	BEGIN { slice = seconds * 2e6 / 3 / runs * share / 1000 }
	lap > 0 {
		OFS = ","
		print ($4 == "-" ? "message" : "segment"), lap, cores, $1, $2,
			$3, $5, $6, $7, $8, $9, $10, $11, $12 >>csv
		OFS = " "
	}
	$4 == "-" {
		$5 = int(slice / $7)
		if ($5 < 3)
			$5 = 3
		if ($5 > 1000000)
			$5 = 1000000
	}
	{ print $1, $2, $3, $4, $5 }' "$private/lap" >"$private/plan"
}

# A first look is there to choose the rounds. A machine that is slower than we
# thought gets shorter runs, or fewer.
run_all() {
	plan_messages >"$private/plan"
	# shellcheck disable=SC2086 # these are words
	set -- $sizes
	planned=$(($# * 8))
	share=1000 # of its time a run gets so many thousandths
	: >"$private/refused"
	echo 'series,run,cores,mechanism,wait,bytes,rounds,setup_us,'\
'round_trip_us,cpu_us,switches,attach_us,touch_us,segment' \
		>"$private/compare.csv"
	run_lap 0
	cores=$(count_cores)
	for segment in $segments; do
		echo "shm block 64 $segment 10"
	done >>"$private/plan"
	number=1
	began=$(date +%s)
	spent=0
	while [ "$number" -le "$laps" ] && [ "$spent" -lt "$most" ]; do
		run_lap "$number"
		before=$spent
		spent=$(($(date +%s) - began))
		# The laps that are left must fit in the time that is left.
		left=$((most - spent))
		needed=$(((laps - number) * (spent - before)))
		if [ "$needed" -gt "$left" ] && [ "$left" -gt 0 ]; then
			share=$((share * left / needed))
		fi
		number=$((number + 1))
	done
	show_progress ''
	{ read -r _ && read -r _; } <"$private/compare.csv" ||
		give_up 'no run gave a result'
}

report() {
	printf '%s\n' "$machine" | fold -s -w 80
	echo
	page=$(getconf PAGESIZE 2>/dev/null || echo 4096)
	awk -v page="$page" -f "$here/table.awk" "$dir/compare.csv" \
		"$private/refused"
	printf '\ncompare.csv and compare.svg are in %s\n' "$dir"
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
		[ -n "$dir" ] || bad_usage "-o '': not a folder"
		;;
	*)
		echo "$usage" >&2
		exit 2
		;;
	esac
done
shift $((OPTIND - 1))
[ $# -eq 0 ] || bad_usage "unexpected argument '$1'"
seconds=${COMPARE_SECONDS:-$seconds}

BUILD=$(CDPATH='' cd -- "${BUILD:-$root}" 2>/dev/null && pwd) || BUILD=/nowhere
for program in compare/shm compare/socket compare/msgqueue limit; do
	[ -x "$BUILD/scripts/$program" ] ||
		give_up "there is no scripts/$program: build first: make"
done

trap remove_private EXIT
trap_signals
make_folder
cd -- "$BUILD"
run_all
machine=$(describe_machine)
awk -v machine="$machine" -f "$here/picture.awk" "$private/compare.csv" \
	>"$private/compare.svg"
keep_results
report
