/*
 * pingpong - what does a message through shared memory cost?
 *
 * Shows that how a process waits for a message, asleep in the kernel (-w
 * block) or asking again and again (-w poll), costs more than moving it.
 *
 *     $ ./pingpong
 *     mechanism=shm wait=block bytes=64 rounds=10000 setup_us=41.204
 *     round_trip_us=5.193 cpu_us=4.978 switches=1.073 attach_us=5.979
 *     touch_us=7.410 segment=256
 *
 * (on one line). Setting up ends when both can use the segment; attaching it
 * and touching its pages are part of that, fork is not. cpu and switches, how
 * often a process went to sleep, are both sides' in one round trip.
 * -S: a larger segment.
 *
 * usage: pingpong [-h] [-w block|poll] [-s BYTES] [-n ROUNDS] [-S BYTES]
 */

#include <err.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
    "usage: pingpong [-h] [-w block|poll] [-s BYTES] [-n ROUNDS] [-S BYTES]";

enum { PARENT, CHILD };

struct report {
	double touch_us, elapsed_us, cpu_us, switches;
};

/* A store takes the whole cache line away from other cores. So the flag that
 * one looks at has a line of its own, and the message begins on the next: many
 * processors fetch such a pair together. */
struct segment {
	struct report childs; /* at the end */
	char padding[128 - sizeof(struct report)];
	atomic_int turn; /* PARENT or CHILD: who may use the message */
	char rest_of_line[64 - sizeof(atomic_int)];
	unsigned char message[];
};

static struct segment *segment;
static unsigned char *out, *in; /* not shared: what is sent, what has come */
static size_t bytes = 64, size;
static int polls, self = PARENT;
static pid_t parent;
static volatile sig_atomic_t semaphores = -1; /* -w block: one a process */

static void remove_semaphores(void)
{
	if (semaphores != -1)
		semctl(semaphores, 0, IPC_RMID);
}

/* Memory does not tell that the other process has died. The parent gets
 * SIGCHLD, the child looks for its parent at each SIGALRM. */
static void end(int signal_number)
{
	static const char text[] = "pingpong: the child has ended\n";
	int before = errno, status = 0, child = signal_number == SIGCHLD;
	if ((signal_number == SIGALRM && getppid() == parent) ||
	    (child && (waitpid(-1, &status, WNOHANG) <= 0 || status == 0))) {
		errno = before;
		return;
	}
	remove_semaphores();
	if (child && write(STDERR_FILENO, text, sizeof text - 1) != 0)
		_exit(1);
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

static double now(void) /* microseconds */
{
	struct timespec time;
	if (clock_gettime(CLOCK_MONOTONIC, &time) == -1)
		err(1, "clock_gettime");
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

/* The kernel provides a page when a process first uses it, in each process
 * anew. Return how long that took for all. */
static double touch(void)
{
	volatile char *memory = (volatile char *)segment;
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	double start = now();
	for (size_t i = 0; i < size; i += page)
		memory[i] = 0;
	return now() - start;
}

static void change_semaphore(int number, short change)
{
	struct sembuf operation = {.sem_num = (unsigned short)number,
				   .sem_op = change};
	while (semop(semaphores, &operation, 1) == -1) {
		/* The other process removes them when it ends. Then a
		 * signal comes. */
		if (errno == EIDRM || errno == EINVAL)
			pause();
		else if (errno != EINTR)
			err(1, "semop");
	}
}

/* Release here and acquire there: who sees the flag changed also sees the
 * message that was written before. With semaphores the kernel does that. */
static void send_message(void)
{
	memcpy(segment->message, out, bytes);
	if (polls)
		atomic_store_explicit(&segment->turn, !self,
				      memory_order_release);
	else
		change_semaphore(!self, 1);
}

static void receive_message(void)
{
	for (int looks = 1; polls; looks++) {
		if (atomic_load_explicit(&segment->turn,
					 memory_order_acquire) == self)
			break;
#if defined(__i386__) || defined(__x86_64__)
		/* Each look takes the line away from who is to write it. */
		for (int i = 0; i < 4; i++)
			__builtin_ia32_pause();
#endif
		/* So many looks take longer than a short answer from another
		 * core. If there is none, the answer needs this one. */
		if (looks % 256 == 0)
			sched_yield();
	}
	if (!polls)
		change_semaphore(self, -1);
	memcpy(in, segment->message, bytes);
}

static struct report usage_until_now(void)
{
	struct rusage used;
	if (getrusage(RUSAGE_SELF, &used) == -1)
		err(1, "getrusage");
	double seconds = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec);
	double rest = (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
	return (struct report){.elapsed_us = now(),
			       .cpu_us = seconds * 1e6 + rest,
			       .switches = (double)used.ru_nvcsw};
}

/* To and fro. The first and the last byte are new in each round, and looked
 * at. The others travel too; those of the last message are looked at when no
 * time is taken any more. */
static struct report play(long rounds)
{
	for (size_t i = 0; i < bytes; i++) {
		out[i] = (unsigned char)((i ^ i >> 8) + (size_t)self);
		in[i] = 0;
	}
	if (self == CHILD)
		send_message(); /* "ready"; the parent has its turn */
	else
		receive_message();
	struct report before = usage_until_now();
	for (long round = 0; round < rounds; round++) {
		unsigned char stamp = (unsigned char)(round * 2 + self);
		out[0] = out[bytes - 1] = stamp;
		if (self == PARENT)
			send_message();
		receive_message();
		if (in[0] != (stamp ^ 1) || in[bytes - 1] != in[0])
			errx(1, "round %ld: not what was sent", round);
		if (self == CHILD)
			send_message();
	}
	struct report report = usage_until_now();
	for (size_t i = 1; i + 1 < bytes; i++) {
		if (in[i] != (unsigned char)((i ^ i >> 8) + (size_t)!self))
			errx(1, "byte %zu: not what was sent", i);
	}
	if (self == PARENT)
		send_message(); /* "thanks"; the child has its turn */
	else
		receive_message();
	report.elapsed_us -= before.elapsed_us;
	report.cpu_us -= before.cpu_us;
	report.switches -= before.switches;
	return report;
}

/* Begin as it will go on. With -w block the child is asleep when the first
 * message comes. With -w poll each has a core of its own, but after fork both
 * may be on one for long: so compute until the kernel has given this process
 * nine of ten milliseconds, or there is no such core. */
static void warm_up(long rounds)
{
	const struct timespec rest = {.tv_nsec = 20000000};
	if (!polls && self == PARENT)
		nanosleep(&rest, NULL);
	const struct report start = usage_until_now();
	struct report before = start, after = start;
	while (polls && after.cpu_us - before.cpu_us < 9000 &&
	       after.elapsed_us - start.elapsed_us < 100000) {
		before = after;
		while (after.elapsed_us - before.elapsed_us < 10000)
			after = usage_until_now();
	}
	play(rounds < 10000 ? rounds / 10 + 1 : 1000);
}

static void be_the_child(long rounds)
{
	self = CHILD;
	signal(SIGALRM, end);
	const struct itimerval every_second = {{1, 0}, {1, 0}};
	if (setitimer(ITIMER_REAL, &every_second, NULL) == -1)
		err(1, "setitimer");
	double touched = touch();
	warm_up(rounds);
	segment->childs = play(rounds);
	segment->childs.touch_us = touched;
	send_message();
	_exit(0); /* without remove_semaphores: the parent may still wait */
}

static long parse_number(char option, long most)
{
	char *rest;
	long number = strtol(optarg, &rest, 10);
	if (*rest != '\0' || number < 1 || number > most)
		errx(2, "-%c '%s': not 1 to %ld\n%s", option, optarg, most,
		     usage);
	return number;
}

int main(int argc, char *argv[])
{
	long rounds = 10000;
	int option;
	while ((option = getopt(argc, argv, "hw:s:n:S:")) != -1) {
		switch (option) {
		case 'w':
			polls = strcmp(optarg, "poll") == 0;
			if (!polls && strcmp(optarg, "block") != 0)
				errx(2, "-w '%s': not block or poll\n%s",
				     optarg, usage);
			break;
		case 's':
			bytes = (size_t)parse_number('s', 1 << 30);
			break;
		case 'n':
			rounds = parse_number('n', 1000000000);
			break;
		case 'S':
			size = (size_t)parse_number('S', 0x7fffffff);
			break;
		default: /* -h, or what getopt has complained about */
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			return option == 'h' ? 0 : 2;
		}
	}
	if (optind < argc)
		errx(2, "surplus argument '%s'\n%s", argv[optind], usage);
	const size_t least = sizeof(struct segment) + bytes;
	if (size != 0 && size < least)
		errx(2, "-S %zu: message and flags need %zu bytes\n%s", size,
		     least, usage);
	size = size == 0 ? least : size;
	setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen at once */
	out = malloc(bytes);
	in = malloc(bytes);
	if (out == NULL || in == NULL)
		errx(77, "no memory for a message of %zu bytes", bytes);

	/* Signals wait until the handler knows the semaphores. */
	sigset_t all, before;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	struct sigaction action = {.sa_handler = end};
	sigfillset(&action.sa_mask); /* one at a time */
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	sigaction(SIGCHLD, &action, NULL);
	atexit(remove_semaphores);
	parent = getpid();

	double start = now();
	int id = shmget(IPC_PRIVATE, size, IPC_CREAT | 0600);
	if (id == -1)
		err(77, "shmget: a segment of %zu bytes", size);
	double got = now();
	segment = shmat(id, NULL, 0);
	double attached = now();
	/* Removed at once: it is freed with its last process. */
	if (shmctl(id, IPC_RMID, NULL) == -1)
		err(1, "shmctl: remove segment %d", id);
	if (segment == (void *)-1)
		errx(77, "shmat: no room for a segment of %zu bytes", size);
	if (!polls)
		semaphores = semget(IPC_PRIVATE, 2, IPC_CREAT | 0600);
	if (!polls && semaphores == -1)
		err(1, "semget");
	sigprocmask(SIG_SETMASK, &before, NULL);
	double touched = touch();
	atomic_init(&segment->turn, CHILD);
	double set_up = now() - start;

	pid_t child = fork(); /* it inherits the attachment */
	if (child == -1)
		err(1, "fork");
	if (child == 0)
		be_the_child(rounds);
	warm_up(rounds);
	const struct report mine = play(rounds);
	receive_message(); /* the child's report is in the segment */
	const struct report childs = segment->childs;
	signal(SIGCHLD, SIG_DFL);
	waitpid(child, NULL, 0); /* the handler may have done so already */

	double n = (double)rounds;
	printf("mechanism=shm wait=%s bytes=%zu rounds=%ld setup_us=%.3f "
	       "round_trip_us=%.3f cpu_us=%.3f switches=%.3f attach_us=%.3f "
	       "touch_us=%.3f segment=%zu\n",
	       polls ? "poll" : "block", bytes, rounds,
	       set_up + childs.touch_us, mine.elapsed_us / n,
	       (mine.cpu_us + childs.cpu_us) / n,
	       (mine.switches + childs.switches) / n, attached - got,
	       touched + childs.touch_us, size);
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}
