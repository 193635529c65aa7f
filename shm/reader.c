/*
 * reader - print the text in a shared memory segment, then remove it
 *
 * Shows that any process of this user that has the key gets the same segment,
 * at an address of its own, and that it is there until somebody removes it.
 *
 *     $ ./writer 'Hello world'
 *     Data written to memory: Hello world
 *     $ ./reader
 *     Data read from memory: Hello world
 *     $ ./reader
 *     reader: shmget: no segment has the key …: start writer first
 *     [1]
 *
 * usage: reader [-hlv] [-k KEY]
 * The other half is writer.c; segment.h holds what both must know.
 */

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>

#include "segment.h"

static key_t key;     /* -k, or else SEGMENT_KEY */
static int key_given; /* -k: it is not checked whose segment it is */
static int leave;     /* -l: leave the segment where it is, do not remove it */
static int verbose;   /* -v: print its id, and its address in this process */
static void parse_options(int argc, char *argv[]); /* at the end */

int main(int argc, char *argv[])
{
	parse_options(argc, argv);

	/* Get, without IPC_CREAT: an empty new segment would be of no use. */
	int id = shmget(key, SEGMENT_SIZE, 0);
	if (id == -1 && errno == ENOENT)
		errx(1,
		     "shmget: no segment has the key %#x: start writer first",
		     (unsigned)key);
	if (id == -1 && errno == EINVAL)
		errx(1,
		     "shmget: the segment of key %#x is too small: choose "
		     "another key with -k",
		     (unsigned)key);
	if (id == -1)
		err(1, "shmget: key %#x", (unsigned)key);

	/* Is it ours? Anybody can make a segment with our key first. IPC_STAT
	 * only looks; cuid is the user who made it. */
	struct shmid_ds status;
	if (shmctl(id, IPC_STAT, &status) == -1)
		err(1, "shmctl: look at segment %d", id);
	if (!key_given && status.shm_perm.cuid != geteuid())
		errx(1,
		     "segment %d was made by another user: choose another key "
		     "with -k",
		     id);

	/* Attach, read only: a store at this address would be a SIGSEGV. */
	const char *segment = shmat(id, NULL, SHM_RDONLY);
	if (segment == (void *)-1)
		err(1, "shmat: segment %d", id);
	if (verbose)
		printf("segment %d attached at %p\n", id,
		       (const void *)segment);

	/* Use a copy, which nobody changes while we print it. (The copy itself
	 * can be torn: see torn.c.) `%.*s` prints no more bytes than the
	 * number says; there may be no NUL. */
	char text[SEGMENT_SIZE];
	memcpy(text, segment, sizeof text);
	printf("Data read from memory: %.*s\n", SEGMENT_SIZE, text);
	if (ferror(stdout))
		errx(1, "cannot write to standard output: the segment stays");

	/* Detach. */
	if (shmdt(segment) == -1)
		err(1, "shmdt: segment %d", id);
	if (leave)
		return 0;

	/* Remove. The key is free at once. The memory is free when the last
	 * process has detached. Another reader may have been quicker. */
	if (shmctl(id, IPC_RMID, NULL) == -1 && errno != EINVAL &&
	    errno != EIDRM)
		err(1, "shmctl: remove segment %d", id);
	return 0;
}

static void parse_options(int argc, char *argv[])
{
	static const char usage[] = "usage: reader [-hlv] [-k KEY]";
	key = SEGMENT_KEY;
	int option;
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
				errx(2, "-k '%s': must be 1 to 0xffffffff\n%s",
				     optarg, usage);
			key = (key_t)number;
			key_given = 1;
			break;
		}
		default: /* -h, or what getopt has complained about */
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			exit(option == 'h' ? 0 : 2);
		}
	}
	if (optind < argc)
		errx(2, "unexpected argument '%s'\n%s", argv[optind], usage);
	setvbuf(stdout, NULL, _IOLBF, 0); /* each line is seen at once */

	/* Ignore SIGPIPE: a write to a closed pipe then fails with EPIPE
	 * instead of ending us. */
	signal(SIGPIPE, SIG_IGN);
}
