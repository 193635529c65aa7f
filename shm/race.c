/*
 * race - parent and child share an int: which of them is first?
 *
 * Shows that sharing memory is not enough: the child adds 1 while the parent
 * looks, and what the parent sees is a matter of luck, until it waits.
 *
 *     $ ./race
 *     Parent process has created a shared memory segment.
 *     shared_int in parent process: 0
 *     shared_int in child process: 1
 *     Child has exited.
 *     $ ./race -n 1000
 *     parent saw 0: 206 times, 1: 794 times (luck)
 *
 * -d: the parent looks later. -w: it waits first. -n: repeat and count.
 *
 * usage: race [-hw] [-d SECONDS] [-n RUNS]
 */

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char usage[] = "usage: race [-hw] [-d SECONDS] [-n RUNS]";

/* Return what the parent saw. Volatile: each access is a real one, since
 * somebody else may have changed it. */
static int race(volatile int *shared_int, int waits, double seconds, int quiet)
{
	*shared_int = 0;
	pid_t child = fork(); /* the child inherits the attachment */
	if (child == -1)
		err(1, "fork");
	if (child == 0) {
		int sum = ++*shared_int;
		if (!quiet)
			printf("shared_int in child process: %d\n", sum);
		exit(ferror(stdout) != 0);
	}
	int status = 0;
	if (waits && waitpid(child, &status, 0) == -1)
		err(1, "waitpid");
	struct timespec delay = {.tv_sec = (time_t)seconds};
	delay.tv_nsec = (long)((seconds - (double)delay.tv_sec) * 1e9);
	while (nanosleep(&delay, &delay) == -1 && errno == EINTR)
		;
	int seen = *shared_int; /* the child may add before this, or after */
	if (!quiet)
		printf("shared_int in parent process: %d\n", seen);
	if (!waits && waitpid(child, &status, 0) == -1)
		err(1, "waitpid");
	if (status != 0)
		errx(1, "the child failed (wait status %#x)", status);
	return seen;
}

int main(int argc, char *argv[])
{
	double seconds = 0;
	long runs = 0;
	int option, waits = 0;
	while ((option = getopt(argc, argv, "hwd:n:")) != -1) {
		char *end;
		switch (option) {
		case 'w':
			waits = 1;
			break;
		case 'd':
			seconds = strtod(optarg, &end);
			if (*optarg == '\0' || *end != '\0' ||
			    !(seconds >= 0 && seconds <= 86400))
				errx(2, "-d '%s': not 0 to 86400 seconds\n%s",
				     optarg, usage);
			break;
		case 'n':
			runs = strtol(optarg, &end, 10);
			if (*end != '\0' || runs < 1 || runs > 1000000)
				errx(2, "-n '%s': not 1 to 1000000\n%s", optarg,
				     usage);
			break;
		default: /* -h, or what getopt has complained about */
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			return option == 'h' ? 0 : 2;
		}
	}
	if (optind < argc)
		errx(2, "surplus argument '%s'\n%s", argv[optind], usage);
	setvbuf(stdout, NULL, _IOLBF, 0); /* fork must not copy a full buffer */

	/* No key: only this process and its children have it. Removed at once:
	 * it is freed with its last process, however that ends. */
	int id = shmget(IPC_PRIVATE, sizeof(int), IPC_CREAT | 0600);
	if (id == -1)
		err(1, "shmget");
	volatile int *shared_int = shmat(id, NULL, 0);
	if (shmctl(id, IPC_RMID, NULL) == -1)
		err(1, "shmctl: remove segment %d", id);
	if (shared_int == (void *)-1)
		errx(1, "shmat: segment %d cannot be attached", id);

	long saw[2] = {0, 0};
	for (long run = 0; run < runs; run++)
		saw[race(shared_int, waits, seconds, 1) != 0]++;
	if (runs > 0) {
		printf("parent saw 0: %ld times, 1: %ld times\n", saw[0],
		       saw[1]);
	} else {
		printf("Parent process has created a shared memory segment.\n");
		race(shared_int, waits, seconds, 0);
		printf("Child has exited.\n");
	}
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}
