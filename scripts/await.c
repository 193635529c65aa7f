/*
 * await - wait until a file has a line with a text in it
 *
 * A tool of scripts and tests, no lesson: a script that sleeps instead is slow,
 * or wrong on a busy machine. Only a complete line counts.
 *
 *     await line FILE TEXT [SECONDS]
 *
 * Exit status: 0 it has, 1 it has not (within 30 seconds), 2 usage.
 * From the environment: TEST_TIME_SCALE, a factor for the time (default: 1).
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
	char *line = NULL;
	size_t size = 0;
	ssize_t length;
	int found = 0;
	while (!found && (length = getline(&line, &size, file)) > 0)
		found = line[length - 1] == '\n' && strstr(line, text) != NULL;
	free(line);
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
	if (argc < 4 || argc > 5 || strcmp(argv[1], "line") != 0)
		errx(2, "usage: await line FILE TEXT [SECONDS]");
	const char *scale = getenv("TEST_TIME_SCALE");
	double seconds = argc == 5 ? strtod(argv[4], NULL) : 30;
	if (scale != NULL)
		seconds *= strtod(scale, NULL);
	const struct timespec pause = {.tv_nsec = 5000000};
	double start = now();
	while (!has_line(argv[2], argv[3])) {
		if (now() - start >= seconds)
			return 1;
		nanosleep(&pause, NULL);
	}
	return 0;
}
