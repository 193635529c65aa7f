/*
 * await - wait until a file has a line with some text, at most so long
 *
 * A tool of scripts and tests, no lesson: a script that sleeps instead
 * is slow, or wrong on a busy machine.
 *
 * A line is written by one call, and has at most 4 KiB.
 *
 * Exit status: 0 it is there, 1 it is not (within 30 seconds), 2 usage.
 * From the environment: TEST_TIME_SCALE, a factor for the time (default: 1).
 *
 * usage: await FILE TEXT [SECONDS]
 */

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int has_line(const char *path, const char *text)
{
	FILE *file = fopen(path, "r");
	if (file == NULL)
		return 0; /* not there yet */
	char line[4096];
	int found = 0;
	while (!found && fgets(line, sizeof line, file) != NULL)
		found = strstr(line, text) != NULL;
	fclose(file);
	return found;
}

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char *argv[])
{
	if (argc < 3 || argc > 4)
		errx(2, "usage: await FILE TEXT [SECONDS]");
	const char *scale = getenv("TEST_TIME_SCALE");
	double seconds = argc == 4 ? atof(argv[3]) : 30;
	double end = now() + seconds * (scale == NULL ? 1 : atof(scale));
	const struct timespec pause = {.tv_nsec = 5000000};
	while (!has_line(argv[1], argv[2])) {
		if (now() > end)
			return 1;
		nanosleep(&pause, NULL);
	}
	return 0;
}
