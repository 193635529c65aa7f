/*
 * await - wait until something has happened, at most so long
 *
 * A tool of scripts and tests, no lesson: a script that sleeps instead
 * is slow, or wrong on a busy machine.
 *
 *     await line FILE TEXT [SECONDS]  FILE has a complete line with TEXT in it
 *     await exit PID [SECONDS]        there is no process PID any more
 *
 * Exit status: 0 it has happened, 1 it has not (within 30 seconds), 2 usage.
 * From the environment: TEST_TIME_SCALE, a factor for the time (default: 1).
 */

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

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

int main(int argc, char *argv[])
{
	int line = argc >= 4 && argc <= 5 && strcmp(argv[1], "line") == 0;
	int exit_of = argc >= 3 && argc <= 4 && strcmp(argv[1], "exit") == 0;
	if (!line && !exit_of)
		errx(2, "usage: await line FILE TEXT [SECONDS] | "
			"await exit PID [SECONDS]");
	const char *limit = argv[line ? 4 : 3];
	double seconds = limit == NULL ? 30 : strtod(limit, NULL);
	const char *scale = getenv("TEST_TIME_SCALE");
	if (scale != NULL)
		seconds *= strtod(scale, NULL);
	const struct timespec pause = {.tv_nsec = 5000000};
	struct timespec start, now;
	clock_gettime(CLOCK_MONOTONIC, &start);
	do {
		if (line && has_line(argv[2], argv[3]))
			return 0;
		if (exit_of && kill((pid_t)strtol(argv[2], NULL, 10), 0) == -1)
			return 0;
		nanosleep(&pause, NULL);
		clock_gettime(CLOCK_MONOTONIC, &now);
	} while (difftime(now.tv_sec, start.tv_sec) +
		     (double)(now.tv_nsec - start.tv_nsec) / 1e9 <
		 seconds);
	return 1;
}
