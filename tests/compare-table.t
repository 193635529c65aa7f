#!/bin/sh
# compare-table.t - scripts/compare/table.awk: medians, and three answers
# shellcheck source=tests/lib.sh
. "${0%/*}/lib.sh"
# shellcheck source=tests/compare.sh
. tests/compare.sh

table() { # [REFUSED]; results on standard input
	write_csv "$work/compare.csv"
	command='awk -f results.awk -f table.awk'
	awk -v page=4096 -f scripts/compare/results.awk \
		-f scripts/compare/table.awk "$work/compare.csv" "$@" \
		>"$out" 2>"$err"
	status=$?
	succeeds
	is_plain
}

medians() {
	cat >"$work/refused" <<'END'
refused,message,tcp,64,too many for tcp
refused,message,tcp,64,too many for tcp
refused,message,tcp,4096,too many for tcp
refused,segment,shm,4096,too many for shm
refused,segment,shm,16777216,too many for shm
refused,message,shm,64,a reason so long that it goes on in another line
END
	table "$work/refused" <<-'END'
		shm block 64 - 100 8.0,9.0,8.2 14.3 2.03 1.5 0.5
		shm poll 64 - 100 0.2,0.21,0.2004 0.4 0 1.5 0.5
		tcp any 1048576 - 100 2000,4000,3400,2600 4321 0.1
	END
	prints_lines <<'END'
Microseconds a message: half a round trip, the median of 4 runs.
    64 B shm          4.10    12%    7.15   1.01   0.100     5%   0.200   0.00
   1 MiB tcp          1500    67%    2160   0.05    1500    67%    2160   0.05
   4 KiB msgqueue        -      -       -      -       -      -       -      -
-  no message of 64 B, 4 KiB with tcp here: too many for tcp
-  no segment of 4 KiB, 16 MiB with shm here: too many for shm
-  no message of 64 B with shm here: a reason so long that it goes on in
   another line
END
	prints_like '-------------   64 B -----------  -------------  4 KiB -'
}
check 'table: has medians, spreads and what is missing' medians

break_even() {
	table <<-'END'
		shm block 64 - 200 8,8,8 9 2 1 1
		tcp block 64 - 100 10,10,10 9 2
		unix block 64 - 201 10,10,10 9 2
		msgqueue block 64 - 100 5,5,5 9 2
		shm poll 64 - 200 8,8,8 9 2 1 1
		tcp poll 64 - 300 6,6,6 9 2
		unix poll 64 - 11 10,10,10 9 2
		msgqueue poll 64 - 100 7.9,8.2,9 9 2
		shm block 1024 - 200 8,8,8 9 2 1 1
		tcp block 1024 - 100 11,11,11 9 2
		unix block 1024 - 100 8.2,8.2,8.2 9 2
		msgqueue block 1024 - 100 8,8,8 9 2
		shm poll 1024 - 1234.5 8,8,8 9 2 1 1
	END
	prints_lines <<'END'
    64 B  block      200      100      201      100      100  at once    never
    64 B  poll       200      300     11.0      100     <100      190    ~1000
   1 KiB  block      200      100      100      100       67     1000   ~never
   1 KiB  poll      1230        -        -        -        -        -        -
END
	prints_like 'waiting alike, up to 2.00 times'
}
check 'table: when shared memory has paid back its set-up' break_even

cost_of_waiting() {
	table <<-'END'
		shm block 64 - 200 10,10,10 9 2 1 1
		shm poll 64 - 200 0.5,0.5,0.5 9 2 1 1
		tcp block 64 - 200 40,40,40 9 2
		tcp poll 64 - 200 50,50,50 9 2
		shm any 4096 - 200 12,12,12 9 2 1 1
		tcp block 4096 - 200 30,30,30 9 2
		tcp poll 4096 - 200 20,20,20 9 2
		shm any 65536 - 200 99,99,99 9 2 1 1
	END
	prints_like '-------------   64 B -----------  -------------  4 KiB -'
	prints_lines <<'END'
shm           5.00   0.250    4.75    20.0     6.00    6.00   0.000    1.00
tcp           20.0    25.0   -5.00   0.800     15.0    10.0    5.00    1.50
unix             -       -       -       -        -       -       -       -
At 64 B, how a process waits makes up to 20.0 times the difference; which
mechanism it uses, waiting alike, up to 100 times.
END
}
check 'table: what waiting costs apart from moving' cost_of_waiting

setup_by_segment() {
	table <<-'END'
		tcp poll 64 - 100 2 9 2
		shm block 64 4096 100 9,9 9 2 0.997 0.5
		shm block 64 65536 110 9,9 9 2 2.5 8
		shm block 64 16777216 2200 9,9 9 2 3.0 2048
	END
	prints_lines <<'END'
Microseconds a message: half a round trip, one run.
   4 KiB      0.997         0.500          0.500             100
  64 KiB       2.50          8.00          0.500             110
  16 MiB       3.00          2050          0.500            2200
16 MiB is 4096 times 4 KiB. Attaching it took 3.01 times as long, touching
each of its pages once 4100 times.
END
}
check 'table: how set-up grows with the segment' setup_by_segment

finish_tests
