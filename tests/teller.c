/*
 * teller - tell watch of calls that nobody has made
 *
 * A tool of the tests, no lesson: calls overlap as a test wants them to. As the
 * command of a watch, it sends each line of FILE through the door (see
 * scripts/watch/library.c): MICROSECONDS PROCESS EVENT, where the time counts
 * from now, and each process gets a connection of its own. The process of a pid
 * that nobody has is one that has ended.
 *
 * usage: teller FILE
 */

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../scripts/watch/door.h"

enum { PROCESSES = 9 };

static struct process {
	char name[20];
	FILE *stream;
} processes[PROCESSES];

/* One end of a new pair of sockets goes through the door. */
static FILE *open_connection(int door)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1)
		err(1, "socketpair");
	if (sendmsg(door, message_with(ends[1]), 0) == -1)
		err(1, "sendmsg");
	close(ends[1]);
	return fdopen(ends[0], "w");
}

static FILE *stream_of(const char *name)
{
	const char *door = getenv("WATCH_EVENTS");
	struct process *process = processes;
	while (*process->name != '\0' && strcmp(process->name, name) != 0)
		process++;
	if (process == processes + PROCESSES - 1)
		errx(1, "too many processes");
	if (*process->name == '\0') {
		strcpy(process->name, name);
		process->stream = open_connection(atoi(door));
	}
	return process->stream;
}

int main(int argc, char *argv[])
{
	char line[500], name[20];
	long late;
	int at;
	struct timespec now;
	if (argc != 2 || freopen(argv[1], "r", stdin) == NULL)
		errx(2, "usage: see the top of tests/teller.c");
	clock_gettime(CLOCK_MONOTONIC, &now);
	const long long start =
	    (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000;
	while (fgets(line, sizeof line, stdin) != NULL) {
		if (sscanf(line, "%ld %n%19s", &late, &at, name) != 2)
			errx(1, "%s", line);
		fprintf(stream_of(name), "%lld %s", start + late, line + at);
	}
	return 0;
}
