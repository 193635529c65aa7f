#!/bin/sh
# compare-picture.t - scripts/compare/picture.awk: lines, labels, a scale
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/compare.sh
. tests/compare.sh

picture() { # [ARGUMENT of awk ...]; results on standard input
	write_csv "$work/compare.csv"
	svg=$work/compare.svg
	command='awk -f results.awk -f picture.awk'
	awk "$@" -f scripts/compare/results.awk \
		-f scripts/compare/picture.awk "$work/compare.csv" \
		>"$svg" 2>"$err"
	status=$?
	: >"$out"
	succeeds
	is_well_formed "$svg"
}

# From 0.01 to 10000 microseconds: six powers of ten, 382 units high.
picture_has_results() {
	picture -v 'machine=A<B>&C, one core' <<-'END'
		shm block 64 - 100 2,2,2 9 2 1 1
		shm block 1048576 - 100 2000,1900,2100 9 2 1 1
		tcp poll 4096 - 100 2000 9 2
		tcp poll 65536 - 100 2000 9 2
		msgqueue poll 64 - 100 0.02,0.02,0.02 9 2
		msgqueue poll 1024 - 100 200,200,200 9 2
	END
	has "$svg" '1 ^<path class="line shm block" d="M108.0 366.7L616.0 175' \
		'1 ^<path class="spread shm" d="M616.0 177.1V174.3"/>$' \
		'1 ^<path class="line msgqueue poll" d="M108.0 494.0L253.' \
		'3 ^<path class="mark msgqueue poll" d="M' \
		'7 ^<path class="grid" d="M84 .*H640"/>$' \
		'5 ^<path class="grid" d="M.* 112V494"/>$' \
		'1 >shm block</text>' \
		'1 >msgqueue poll, to 1 KiB</text>' \
		'1 ^shm block: 64 B 1.00, 1 MiB 1000[.]$' \
		'1 >A&lt;B&gt;&amp;C, one core<' \
		'1 the median of 3 runs' \
		'1 ^<title' \
		'1 ^@media .prefers-color-scheme: dark. .$'
	scale=$(sed -n 's/.* text-anchor="end">\(.*\)<.*/\1/p' "$svg" |
		tr '\n' ' ')
	[ "$scale" = '0.01 0.1 1 10 100 1000 10000 ' ] ||
		fail "powers of ten, not $scale"
}
check 'picture: has what was measured where it belongs' picture_has_results

# Lines end at the same height, at the top and at the bottom: labels do not.
picture_of_all() {
	picture <<-'END'
		any any 64 - 100 20,20,20 9 2 1 1
		shm any 1048576 - 100 2000,2000,2000 9 2 1 1
		tcp any 1048576 - 100 2,2,2 9 2
		unix any 1048576 - 100 2,2,2 9 2
		msgqueue any 1048576 - 100 2,2,2 9 2
	END
	has "$svg" '16 ^<path class="line ' '24 ^<path class="mark '
	sed -n 's/^<text x="712.0" y="\([0-9.]*\)".*/\1/p' "$svg" \
		>"$work/heights"
	awk 'NR > 1 && $1 - last < 15 || $1 > 500 || $1 < 112 { bad = 1 }
		{ last = $1 }
		END { exit NR != 8 || bad }' "$work/heights" || {
		cp "$work/heights" "$out"
		fail 'eight labels apart, not at these heights'
	}
}
check 'picture: has eight lines, and labels apart' picture_of_all

finish_tests
