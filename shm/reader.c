/*
 * reader - print the text in a shared memory segment, then remove it
 *
 * Shows that who has the key gets the same segment, at an address of its
 * own, and that the segment is there until somebody removes it.
 *
 *     $ ./writer 'Hello world'
 *     Data written to memory: Hello world
 *     $ ./reader
 *     Data read from memory: Hello world
 *     $ ./reader
 *     reader: shmget: no segment has the key 0x534803e8: start writer first
 *
 * -l leaves the segment where it is. -v tells its id, the same in every
 * process, and its address, in general another one in each.
 *
 * usage: reader [-hlv] [-k KEY]
 *
 * The other half is writer.c; segment.h holds what both must know.
 */

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>
#include <unistd.h>

#include "segment.h"

static const char usage[] = "usage: reader [-hlv] [-k KEY]";

int main(int argc, char *argv[])
{
	key_t key = SEGMENT_KEY;
	int option, leave = 0, verbose = 0;
	while ((option = getopt(argc, argv, "hlvk:")) != -1) {
		switch (option) {
		case 'l':
			leave = 1;
			break;
		case 'v':
			verbose = 1;
			break;
		case 'k': {
			char *end;
			long long number = strtoll(optarg, &end, 0);
			if (*end != '\0' || number < 1 || number > 0xffffffff)
				errx(2, "-k '%s': not 1 to 0xffffffff\n%s",
				     optarg, usage);
			key = (key_t)number;
			break;
		}
		default: /* -h, or what getopt has complained about */
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			return option == 'h' ? 0 : 2;
		}
	}
	if (optind < argc)
		errx(2, "surplus argument '%s'\n%s", argv[optind], usage);
	setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen at once */

	/* Without IPC_CREAT: a reader has no use for an empty new segment. */
	int id = shmget(key, SEGMENT_SIZE, 0);
	if (id == -1 && errno == ENOENT)
		errx(1,
		     "shmget: no segment has the key %#x: start writer first",
		     (unsigned)key);
	if (id == -1 && errno == EINVAL)
		errx(1,
		     "shmget: the segment of key %#x is too small: "
		     "choose another with -k",
		     (unsigned)key);
	if (id == -1)
		err(1, "shmget: key %#x", (unsigned)key);

	/* Read only: a store through this address would be a SIGSEGV. */
	const char *segment = shmat(id, NULL, SHM_RDONLY);
	if (segment == (void *)-1)
		err(1, "shmat: segment %d", id);
	if (verbose)
		printf("segment %d attached at %p\n", id, (void *)segment);

	/* A copy, which nobody changes while it is printed. There need not be
	 * a NUL: the precision ends it at the segment's last byte. */
	char text[SEGMENT_SIZE];
	memcpy(text, segment, sizeof text);
	printf("Data read from memory: %.*s\n", SEGMENT_SIZE, text);
	if (ferror(stdout))
		errx(1, "cannot write to standard output: the segment stays");

	if (shmdt(segment) == -1)
		err(1, "shmdt: segment %d", id);

	/* Marked for removal: the key is free at once, the memory when the last
	 * process has detached. Another reader may have been quicker. */
	if (!leave && shmctl(id, IPC_RMID, NULL) == -1 && errno != EINVAL &&
	    errno != EIDRM)
		err(1, "shmctl: remove segment %d", id);
	return 0;
}
