/*
 * many_calls - make a call COUNT times, and that ten times
 *
 * A tool of the tests, no lesson. The call is shmdt(NULL), which fails at once.
 * It prints the microseconds of CPU time of one, in the best of the ten.
 *
 * usage: many_calls COUNT
 */

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/shm.h>
#include <time.h>

int main(int argc, char *argv[])
{
	const long count = argc == 2 ? atol(argv[1]) : 0;
	clock_t best = 0;
	if (count < 1)
		errx(2, "usage: many_calls COUNT");
	for (int round = 0; round < 10; round++) {
		const clock_t start = clock();
		for (long i = 0; i < count; i++)
			shmdt(NULL);
		const clock_t needed = clock() - start;
		if (round == 0 || needed < best)
			best = needed;
	}
	printf("%.3f\n", (double)best * 1e6 / CLOCKS_PER_SEC / (double)count);
	return 0;
}
