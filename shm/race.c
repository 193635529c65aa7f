/*
 * race - parent and child share an int: which of them is first?
 *
 * Shows that sharing memory is not enough: the child adds 1 while the parent
 * looks. What the parent sees is a matter of luck, unless it waits (-w).
 *
 *     $ ./race | sort
 *     Child has exited.
 *     Parent process has created a shared memory segment.
 *     shared_int in child process: 1
 *     shared_int in parent process: …
 *     $ ./race -n 1000
 *     parent saw 0: … times, 1: … times
 *
 * usage: race [-dhw] [-n RUNS]
 */

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int looks_late;  /* -d: the parent looks a hundredth second later */
static int waits_first; /* -w: it looks after the child has ended */
static long runs = 1;   /* -n: how often */
static int only_counts; /* -n: print nothing else */

static void wait_for_end(pid_t child);
static void delay(void);
static void parse_options(int argc, char *argv[]); /* at the end */

int main(int argc, char *argv[])
{
	parse_options(argc, argv);

	/* Get a segment without a key: it is for us and our child only. */
	int id = shmget(IPC_PRIVATE, sizeof(int), IPC_CREAT | 0600);
	if (id == -1 && errno == ENOSPC)
		errx(1, "shmget: the limit of objects is reached, see ipcs");
	if (id == -1)
		err(1, "shmget");

	/* Attach it. Volatile: each access is a real one, because another
	 * process may have changed the int. */
	volatile int *shared_int = shmat(id, NULL, 0);
	if (shared_int == (void *)-1)
		warn("shmat: segment %d", id); /* it must be removed, too */

	/* Mark it for removal already now: the kernel frees it when no process
	 * has it attached any more, however they ended. */
	if (shmctl(id, IPC_RMID, NULL) == -1)
		err(1, "shmctl: remove segment %d", id);
	if (shared_int == (void *)-1)
		return 1;

	signal(SIGPIPE, SIG_IGN); /* if nobody reads our output, printf fails */
	if (!only_counts)
		printf("Parent process has created a shared memory segment.\n");

	long zeros = 0, ones = 0;
	for (long run = 0; run < runs; run++) {
		*shared_int = 0;

		/* The child inherits the attachment: the same int. */
		pid_t child = fork();
		if (child == -1)
			err(1, "fork");
		if (child == 0) {
			*shared_int = *shared_int + 1;
			if (!only_counts)
				printf("shared_int in child process: %d\n",
				       *shared_int);
			_exit(ferror(stdout) ? 1 : 0);
		}

		/* The child may add before this look, or after it. */
		if (waits_first)
			wait_for_end(child);
		if (looks_late)
			delay();
		int seen = *shared_int;
		if (!only_counts)
			printf("shared_int in parent process: %d\n", seen);

		if (!waits_first)
			wait_for_end(child);
		if (seen == 0)
			zeros++;
		else
			ones++;
	}

	if (only_counts)
		printf("parent saw 0: %ld times, 1: %ld times\n", zeros, ones);
	else
		printf("Child has exited.\n");
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}

static void wait_for_end(pid_t child)
{
	int status;
	pid_t ended;
	do
		ended = waitpid(child, &status, 0);
	while (ended == -1 && errno == EINTR);
	if (ended == -1)
		err(1, "waitpid: process %ld", (long)child);
	if (status != 0)
		errx(1, "the child failed (wait status %#x)", (unsigned)status);
}

/* Sleep for a hundredth second. Most likely the child is done by then, but a
 * delay puts nothing in order: only waiting does. */
static void delay(void)
{
	struct timespec rest = {.tv_nsec = 10000000};
	int result;
	do
		result = nanosleep(&rest, &rest);
	while (result == -1 && errno == EINTR);
	if (result == -1)
		err(1, "nanosleep");
}

static void parse_options(int argc, char *argv[])
{
	static const char usage[] = "usage: race [-dhw] [-n RUNS]";
	int option;
	while ((option = getopt(argc, argv, "dhn:w")) != -1) {
		char *end;
		switch (option) {
		case 'd':
			looks_late = 1;
			break;
		case 'n':
			only_counts = 1;
			runs = strtol(optarg, &end, 10);
			if (*end != '\0' || runs < 1 || runs > 1000000)
				errx(2, "-n '%s': must be 1 to 1000000\n%s",
				     optarg, usage);
			break;
		case 'w':
			waits_first = 1;
			break;
		default: /* -h, or what getopt has complained about */
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			exit(option == 'h' ? 0 : 2);
		}
	}
	if (optind < argc)
		errx(2, "unexpected argument '%s'\n%s", argv[optind], usage);
	setvbuf(stdout, NULL, _IOLBF, 0); /* fork must not copy a full buffer */
}
