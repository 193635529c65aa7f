/*
 * sum - several processes add up the same numbers faster than one
 *
 * Shows why processes work together: to speed up a computation. Each adds up
 * its part of the numbers 1 to NUMBERS, and leaves its sum in the segment.
 *
 *     $ ./sum
 *     sum of 1 to 300000000: 45000000150000000
 *     1 process: … s
 *     2 processes: … s
 *     ratio: …
 *
 * usage: sum [-h] [-n NUMBERS] [-p PROCESSES]
 * The times include fork and wait, so with few numbers there is no gain.
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

static long long numbers = 300000000;     /* -n: add up 1 to this */
static long processes = 2;                /* -p: how many the second time */
enum { MOST_PROCESSES = 64, SPACE = 16 }; /* from a sum to the next */
static void add_up(volatile long long *sum, long long first, long long last);
static void wait_for_end(pid_t child);
static double now(void);
static void parse_options(int argc, char *argv[]); /* at the end */

int main(int argc, char *argv[])
{
	parse_options(argc, argv);

	/* Get a segment without a key: it is for us and our children only. */
	int id = shmget(IPC_PRIVATE, MOST_PROCESSES * SPACE * sizeof(long long),
			IPC_CREAT | 0600);
	if (id == -1 && errno == ENOSPC)
		errx(1, "shmget: the limit of objects is reached, see ipcs");
	if (id == -1)
		err(1, "shmget");

	/* Attach it. The space puts each sum into a cache line of its own:
	 * cores that write to the same line wait for each other. volatile: the
	 * compiler must really load and store each time (it does not put
	 * processes in order). */
	volatile long long *sums = shmat(id, NULL, 0);
	int attach_error = errno;

	/* Remove it. IPC_RMID does not destroy it yet: the kernel does that
	 * when no process has it attached any more. So nothing stays behind,
	 * even after SIGKILL. (If shmat failed, it goes now.) */
	if (shmctl(id, IPC_RMID, NULL) == -1)
		err(1, "shmctl: remove segment %d", id);
	errno = attach_error;
	if (sums == (void *)-1)
		err(1, "shmat: segment %d", id);

	/* The same work twice: by one process, then by several. We know the sum
	 * before, but only to check it. */
	const long long expected = numbers * (numbers + 1) / 2;
	double seconds[2];
	for (int round = 0; round < 2; round++) {
		const long count = round == 0 ? 1 : processes;
		const double start = now();

		/* Each child inherits the attachment, and has its own part. */
		pid_t children[MOST_PROCESSES];
		for (long i = 0; i < count; i++) {
			children[i] = fork();
			if (children[i] == -1)
				err(1, "fork");
			if (children[i] == 0) {
				add_up(&sums[i * SPACE],
				       numbers * i / count + 1,
				       numbers * (i + 1) / count);

				/* _exit: do not run the parent's atexit
				 * functions or flush its buffers again. */
				_exit(0);
			}
		}

		/* A sum is complete when its process has ended. */
		long long sum = 0;
		for (long i = 0; i < count; i++) {
			wait_for_end(children[i]);
			sum += sums[i * SPACE];
		}
		seconds[round] = now() - start;
		if (sum != expected)
			errx(1, "the sum is %lld instead of %lld", sum,
			     expected);
	}

	/* The ratio is the first time divided by the second: 2 would be ideal
	 * for 2 processes. More processes than cores bring nothing, so with one
	 * core there is no gain. */
	printf("sum of 1 to %lld: %lld\n", numbers, expected);
	printf("1 process: %.3f s\n", seconds[0]);
	printf("%ld process%s: %.3f s\n", processes, processes == 1 ? "" : "es",
	       seconds[1]);
	printf("ratio: %.2f\n", seconds[0] / seconds[1]);
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}

static void add_up(volatile long long *sum, long long first, long long last)
{
	*sum = 0;
	for (long long number = first; number <= last; number++)
		*sum = *sum + number;
}

/* A signal may interrupt a call that waits: it returns -1 with EINTR, and we
 * call again. */
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
		errx(1, "a child failed (wait status %#x)", (unsigned)status);
}

/* Seconds since some moment. */
static double now(void)
{
	struct timespec time;
	if (clock_gettime(CLOCK_MONOTONIC, &time) == -1)
		err(1, "clock_gettime");
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void parse_options(int argc, char *argv[])
{
	static const char usage[] =
	    "usage: sum [-h] [-n NUMBERS] [-p PROCESSES]";
	int option;
	while ((option = getopt(argc, argv, "hn:p:")) != -1) {
		char *end;
		switch (option) {
		case 'n':
			numbers = strtoll(optarg, &end, 10);
			if (*end != '\0' || numbers < 1 || numbers > 2000000000)
				errx(2, "-n '%s': must be 1 to 2000000000\n%s",
				     optarg, usage);
			break;
		case 'p':
			processes = strtol(optarg, &end, 10);
			if (*end != '\0' || processes < 1 ||
			    processes > MOST_PROCESSES)
				errx(2, "-p '%s': must be 1 to %d\n%s", optarg,
				     MOST_PROCESSES, usage);
			break;
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
