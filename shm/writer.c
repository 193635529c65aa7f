/*
 * writer - put a text into a shared memory segment
 *
 * Shows the five steps of System V shared memory: get, attach, use, detach,
 * and (in the reader) remove. The segment outlives this program.
 *
 *     $ ./writer 'Hello world'
 *     Data written to memory: Hello world
 *     $ ipcs -m
 *     $ ./reader
 *     Data read from memory: Hello world
 *
 * With -d the writer waits between attaching and writing: a reader that
 * comes meanwhile reads an empty text. Nothing makes it wait.
 *
 * usage: writer [-hv] [-k KEY] [-d SECONDS] [MESSAGE]
 *
 * The other half is reader.c; segment.h holds what both must know.
 */

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <time.h>
#include <unistd.h>

#include "segment.h"

static const char usage[] =
    "usage: writer [-hv] [-k KEY] [-d SECONDS] [MESSAGE]";

int main(int argc, char *argv[])
{
	key_t key = SEGMENT_KEY;
	double seconds = 0;
	int option, verbose = 0;
	char *end;
	while ((option = getopt(argc, argv, "hvk:d:")) != -1) {
		switch (option) {
		case 'v':
			verbose = 1;
			break;
		case 'k': {
			long long number = strtoll(optarg, &end, 0);
			if (*end != '\0' || number < 1 || number > 0xffffffff)
				errx(2, "-k '%s': not 1 to 0xffffffff\n%s",
				     optarg, usage);
			key = (key_t)number;
			break;
		}
		case 'd':
			seconds = strtod(optarg, &end);
			if (*optarg == '\0' || *end != '\0' ||
			    !(seconds >= 0 && seconds <= 86400))
				errx(2, "-d '%s': not 0 to 86400 seconds\n%s",
				     optarg, usage);
			break;
		default: /* -h, or what getopt has complained about */
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			return option == 'h' ? 0 : 2;
		}
	}
	if (argc - optind > 1)
		errx(2, "surplus argument '%s'\n%s", argv[optind + 1], usage);
	const char *message = optind < argc ? argv[optind] : "Hello world";
	size_t size = strlen(message) + 1; /* with its NUL */
	if (size > SEGMENT_SIZE)
		errx(1, "the message has %zu bytes, at most %d fit", size - 1,
		     SEGMENT_SIZE - 1);
	setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen at once */

	/* Get: the id of the key's segment, which is created if need be. */
	int id = shmget(key, SEGMENT_SIZE, IPC_CREAT | SEGMENT_MODE);
	if (id == -1 && errno == EINVAL)
		errx(1,
		     "shmget: the segment of key %#x is too small: "
		     "choose another with -k",
		     (unsigned)key);
	if (id == -1)
		err(1, "shmget: key %#x", (unsigned)key);

	/* Attach: the kernel chooses an address in this process. */
	char *segment = shmat(id, NULL, 0);
	if (segment == (void *)-1)
		err(1, "shmat: segment %d", id);
	if (verbose)
		printf("segment %d attached at %p\n", id, (void *)segment);

	struct timespec delay = {.tv_sec = (time_t)seconds};
	delay.tv_nsec = (long)((seconds - (double)delay.tv_sec) * 1e9);
	while (nanosleep(&delay, &delay) == -1 && errno == EINTR)
		;

	/* Use: plain memory, no system call; what was there is lost. */
	memcpy(segment, message, size);
	printf("Data written to memory: %s\n", message);

	/* Detach: the segment and its text stay, until somebody removes it. */
	if (shmdt(segment) == -1)
		err(1, "shmdt: segment %d", id);
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}
