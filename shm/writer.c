/*
 * writer - put a text into a shared memory segment
 *
 * Shows how to get, attach, use and detach System V shared memory. The segment
 * outlives this program: reader.c, the other half, removes it.
 *
 *     $ ./writer 'Hello world'
 *     Data written to memory: Hello world
 *     $ ./reader
 *     Data read from memory: Hello world
 *
 * usage: writer [-hvw] [-k KEY] [MESSAGE]
 * Both include segment.h. Neither waits for the other: see producer.c for that.
 */

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/shm.h>

#include "segment.h"

static const char *message = "Hello world"; /* MESSAGE */
static key_t key;                           /* -k, or else SEGMENT_KEY */
static int key_given;  /* -k: it is not checked whose segment it is */
static int verbose;    /* -v: print the segment's id and address */
static int wait_first; /* -w: wait for Enter before writing */
static void parse_options(int argc, char *argv[]); /* at the end */
static void exit_without_segment(void);
static void wait_for_enter(const char *purpose);

int main(int argc, char *argv[])
{
	parse_options(argc, argv);

	/* Get: the id of the key's segment, which is made if there is none. */
	int id = shmget(key, SEGMENT_SIZE, IPC_CREAT | SEGMENT_MODE);
	if (id == -1)
		exit_without_segment();

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

	/* Attach: the kernel chooses an address in this process. */
	char *segment = shmat(id, NULL, 0);
	if (segment == (void *)-1)
		err(1, "shmat: segment %d", id);
	if (verbose)
		printf("segment %d attached at %p\n", id, (void *)segment);

	/* A reader that comes meanwhile finds an empty or old text, and removes
	 * the segment: then what we write is lost. (reader -l leaves it.) */
	if (wait_first)
		wait_for_enter("write");

	/* Use: it is plain memory, and memcpy needs no system call. The new
	 * text overwrites the start of the old one; the rest stays behind the
	 * NUL. */
	memcpy(segment, message, strlen(message) + 1); /* with its NUL */
	printf("Data written to memory: %s\n", message);

	/* Detach: the segment and its text stay until somebody removes it. */
	if (shmdt(segment) == -1)
		err(1, "shmdt: segment %d", id);
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}

/* shmget has failed: say why. EINVAL has two causes: the segment that exists is
 * smaller, or the kernel does not allow this size. With size 0 shmget finds the
 * segment whatever its size. */
static void exit_without_segment(void)
{
	int error = errno;
	if (error == ENOSPC)
		errx(1, "shmget: the limit of objects is reached, see ipcs");
	if (error == EINVAL && shmget(key, 0, 0) != -1)
		errx(1,
		     "shmget: the segment of key %#x is too small: choose "
		     "another key with -k",
		     (unsigned)key);
	errno = error;
	err(1, "shmget: key %#x, %d bytes", (unsigned)key, SEGMENT_SIZE);
}

/* Wait for Enter, or for the end of the input. A signal may interrupt a call
 * that waits: it returns -1 with EINTR, and we call again. */
static void wait_for_enter(const char *purpose)
{
	warnx("attached, nothing written yet: press Enter to %s", purpose);
	char typed;
	ssize_t length;
	do
		length = read(STDIN_FILENO, &typed, 1);
	while ((length == 1 && typed != '\n') ||
	       (length == -1 && errno == EINTR));
	if (length == -1)
		err(1, "read standard input");
}

static void parse_options(int argc, char *argv[])
{
	static const char usage[] = "usage: writer [-hvw] [-k KEY] [MESSAGE]";
	key = SEGMENT_KEY;
	int option;
	while ((option = getopt(argc, argv, "hvwk:")) != -1) {
		switch (option) {
		case 'v':
			verbose = 1;
			break;
		case 'w':
			wait_first = 1;
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
	if (argc - optind > 1)
		errx(2, "unexpected argument '%s'\n%s", argv[optind + 1],
		     usage);
	if (optind < argc)
		message = argv[optind];
	if (strlen(message) + 1 > SEGMENT_SIZE)
		errx(1, "the message has %zu bytes, at most %d fit",
		     strlen(message), SEGMENT_SIZE - 1);
	setvbuf(stdout, NULL, _IOLBF, 0); /* each line is seen at once */

	/* Ignore SIGPIPE: a write to a closed pipe then fails with EPIPE
	 * instead of ending us. */
	signal(SIGPIPE, SIG_IGN);
}
