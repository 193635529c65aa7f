/*
 * many_calls - how long does a call take? It is made COUNT times, ten times
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

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

int main(int argc, char *argv[])
{
	const long count = argc == 2 ? strtol(argv[1], NULL, 10) : 0;
	double best = 0;
	if (count < 1)
		errx(2, "usage: many_calls COUNT");
	for (int round = 0; round < 10; round++) {
		const double start = now();
		for (long i = 0; i < count; i++)
			if (shmdt(NULL) == 0)
				errx(1, "shmdt(NULL) has not failed");
		const double each = (now() - start) / (double)count;
		if (round == 0 || each < best)
			best = each;
	}
	printf("%.3f\n", best);
	return 0;
}
