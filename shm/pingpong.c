/*
 * pingpong - what does a message through shared memory cost?
 *
 * Shows that how a process waits for a message, asleep in the kernel (-w
 * block) or looking again and again (-w poll), costs more than moving it.
 *
 *     $ ./pingpong
 *     mechanism=shm wait=block bytes=64 rounds=10000 setup_us=34.091
 *     round_trip_us=7.328 cpu_us=6.641 switches=1.131 attach_us=8.443
 *     touch_us=8.453 segment=256
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

/* By one process; switches: how often it went to sleep. */
struct used {
	double time_us, cpu_us, switches;
};

/* A store takes the whole cache line away from other cores. So the flag that
 * one looks at has a line of its own, and the message begins on the next: many
 * processors fetch such a pair together. */
struct segment {
	struct used by_child;  /* written by the child, in the end */
	double child_touch_us; /* this too */
	char padding[128 - sizeof(struct used) - sizeof(double)];
	atomic_int turn; /* PARENT or CHILD: who may use the message */
	char rest_of_line[64 - sizeof(atomic_int)];
	unsigned char message[];
};

static struct segment *segment;
static unsigned char *in; /* not shared: what has come */
static size_t bytes = 64, size;
static int polls, self = PARENT;
static pid_t parent, child;
static volatile sig_atomic_t semaphores = -1; /* -w block: one a process */

/* On every way out. The child leaves it to the parent, while that lives. */
static void remove_semaphores(void)
{
	if (semaphores != -1 && getppid() != parent)
		semctl(semaphores, 0, IPC_RMID);
}

/* SIGALRM is our timer's: it makes a semop that waits return EINTR. */
static void interrupted(int signal_number)
{
	if (signal_number == SIGALRM)
		return;
	remove_semaphores();
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

/* Memory does not tell that the other process has died: who waits looks for
 * it now and then. A child that has ended well has done all its part. */
static void look_for_other(void)
{
	int status = 0;
	if (self == CHILD ? getppid() != parent
			  : waitpid(child, &status, WNOHANG) > 0 && status != 0)
		errx(1, "the other process has ended");
}

static void change_semaphore(int number, short change)
{
	struct sembuf operation = {.sem_num = (unsigned short)number,
				   .sem_op = change};
	while (semop(semaphores, &operation, 1) == -1) {
		if (errno != EINTR)
			err(1, "semop: has the other process ended?");
		look_for_other();
	}
}

/* Every byte is written where the other one will find it: nothing is copied.
 * Release here and acquire there: who sees the flag changed also sees the
 * message that was written before. With semaphores the kernel does that. */
static void send_message(int letter)
{
	memset(segment->message, letter, bytes);
	if (polls)
		atomic_store_explicit(&segment->turn, !self,
				      memory_order_release);
	else
		change_semaphore(!self, 1);
}

static void receive_message(void)
{
	if (!polls)
		change_semaphore(self, -1);
	for (int looks = 1; polls; looks++) {
		/* Have the end of the message come along with the flag. */
		__builtin_prefetch(&segment->message[bytes - 1]);
		if (atomic_load_explicit(&segment->turn,
					 memory_order_acquire) == self)
			break;
#if defined(__i386__) || defined(__x86_64__)
		/* Each look takes the line away from who is to write it. */
		for (int i = 0; i < 3; i++)
			__builtin_ia32_pause();
#endif
		/* So many looks take longer than a short answer from another
		 * core. If there is none, the answer needs this one. */
		if (looks % 256 == 0) {
			look_for_other();
			sched_yield();
		}
	}
	memcpy(in, segment->message, bytes);
}

static double now(void) /* microseconds */
{
	struct timespec time;
	if (clock_gettime(CLOCK_MONOTONIC, &time) == -1)
		err(1, "clock_gettime");
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static struct used used_until_now(void)
{
	struct rusage used;
	if (getrusage(RUSAGE_SELF, &used) == -1)
		err(1, "getrusage");
	double seconds = (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec);
	double rest = (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec);
	return (struct used){now(), seconds * 1e6 + rest,
			     (double)used.ru_nvcsw};
}

/* To and fro. All bytes of a message are the same, others in each round. */
static struct used play(long rounds)
{
	const struct used before = used_until_now();
	for (long round = 0; round < rounds; round++) {
		const int letter = (int)(round * 2 % 256) + self;
		if (self == PARENT)
			send_message(letter);
		receive_message();
		if (in[0] != (letter ^ 1) || in[bytes - 1] != in[0])
			errx(1, "round %ld: not what was sent", round);
		if (self == CHILD)
			send_message(letter);
	}
	const struct used after = used_until_now();
	return (struct used){after.time_us - before.time_us,
			     after.cpu_us - before.cpu_us,
			     after.switches - before.switches};
}

/* Both do this. The bytes between the first and the last are looked at when no
 * time is taken any more. */
static struct used take_part(long rounds)
{
	/* Begin as it will go on. Who polls computes: then the kernel gives
	 * each a core of its own, if it can. Who blocks is asleep. */
	for (double start = now(); polls && now() - start < 50000;)
		;
	if (!polls && self == PARENT)
		nanosleep(&(struct timespec){.tv_nsec = 60000000}, NULL);
	play(rounds < 1000 ? rounds / 10 + 1 : 100); /* to warm up */
	const struct used used = play(rounds);
	for (size_t i = 1; i < bytes; i++)
		if (in[i] != in[0])
			errx(1, "byte %zu: not what was sent", i);
	return used;
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

static long parse_number(int option, long most)
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
		if (option == 's')
			bytes = (size_t)parse_number(option, 1 << 30);
		else if (option == 'n')
			rounds = parse_number(option, 1000000000);
		else if (option == 'S')
			size = (size_t)parse_number(option, 0x7fffffff);
		else if (option == 'w' && strcmp(optarg, "block") == 0)
			polls = 0;
		else if (option == 'w' && strcmp(optarg, "poll") == 0)
			polls = 1;
		else if (option == 'w')
			errx(2, "-w '%s': not block or poll\n%s", optarg,
			     usage);
		else { /* -h, or what getopt has complained about */
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
	in = malloc(bytes);
	if (in == NULL)
		errx(77, "no memory for a message of %zu bytes", bytes);

	/* Signals wait until the handler knows the semaphores. */
	sigset_t all, before;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	signal(SIGINT, interrupted);
	signal(SIGTERM, interrupted);
	signal(SIGHUP, interrupted);
	sigaction(SIGALRM, &(struct sigaction){.sa_handler = interrupted}, 0);
	atexit(remove_semaphores);
	parent = getpid();

	const double start = now();
	int id = shmget(IPC_PRIVATE, size, IPC_CREAT | 0600);
	if (id == -1)
		err(77, "shmget: a segment of %zu bytes", size);
	const double got = now();
	segment = shmat(id, NULL, 0);
	const double attached = now();
	/* Removed at once: it is freed with its last process. */
	if (shmctl(id, IPC_RMID, NULL) == -1)
		err(1, "shmctl: remove segment %d", id);
	if (segment == (void *)-1)
		errx(77, "shmat: no room for a segment of %zu bytes", size);
	if (!polls) {
		semaphores = semget(IPC_PRIVATE, 2, IPC_CREAT | 0600);
		if (semaphores == -1)
			err(1, "semget");
	}
	double touched = touch();
	atomic_init(&segment->turn, CHILD);
	const double set_up = now() - start;
	sigprocmask(SIG_SETMASK, &before, NULL);

	child = fork(); /* it inherits the attachment */
	if (child == -1)
		err(1, "fork");
	const struct itimerval fifth = {{0, 200000}, {0, 200000}};
	if (setitimer(ITIMER_REAL, &fifth, NULL) == -1)
		err(1, "setitimer");
	if (child == 0) {
		self = CHILD;
		segment->child_touch_us = touch();
		send_message('r'); /* "ready" */
		const struct used mine = take_part(rounds);
		receive_message(); /* "thanks": the parent is through */
		segment->by_child = mine;
		send_message('u'); /* "used" */
		_exit(0);
	}
	receive_message();
	const struct used mine = take_part(rounds);
	send_message('t');
	receive_message();
	const struct used childs = segment->by_child;
	touched += segment->child_touch_us;
	while (waitpid(child, NULL, 0) == -1 && errno == EINTR)
		; /* ECHILD: look_for_other has waited for it */

	const double n = (double)rounds;
	printf("mechanism=shm wait=%s bytes=%zu rounds=%ld setup_us=%.3f "
	       "round_trip_us=%.3f cpu_us=%.3f switches=%.3f attach_us=%.3f "
	       "touch_us=%.3f segment=%zu\n",
	       polls ? "poll" : "block", bytes, rounds,
	       set_up + segment->child_touch_us, mine.time_us / n,
	       (mine.cpu_us + childs.cpu_us) / n,
	       (mine.switches + childs.switches) / n, attached - got, touched,
	       size);
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}
