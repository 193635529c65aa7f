/*
 * pingpong.h - the harness of shm.c, socket.c and msgqueue.c
 *
 * Two processes send a message to and fro. What all mechanisms have in common
 * is here: options, clock, warm-up, verification, the line of figures. Each
 * program adds its own: to set up, to send and to receive.
 */

#include <err.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PARENT, CHILD };

/* By one process; switches: how often it went to sleep. */
struct used {
	double time_us, cpu_us, switches;
};

static const char *usage;
static size_t bytes = 64;   /* -s BYTES */
static long rounds = 10000; /* -n ROUNDS */
static int polls;           /* -w poll */

static int self = PARENT;
static pid_t parent, child;            /* child: 0 when it has ended */
static volatile struct used *by_child; /* in memory of both */

/* What is sent, what has come. The first and the last byte are a stamp, another
 * one in each round. The bytes between are those of byte_from. Without
 * `out` the sender writes to where the receiver reads: all bytes are stamps. */
static unsigned char *out, *in;

static char through[40]; /* for messages: what they are sent through */

/* These are each program's own. */
static void send_message(unsigned char stamp);
static void receive_message(void);
static void remove_objects(void); /* called by the signal handler as well */

/* ---- options ----------------------------------------------------------- */

static long parse_number(int option, long most)
{
	char *rest;
	errno = 0;
	long number = strtol(optarg, &rest, 10);
	if (errno != 0 || *rest != '\0' || number < 1 || number > most)
		errx(2, "-%c '%s': must be 1 to %ld\n%s", option, optarg, most,
		     usage);
	return number;
}

/* The next option that only this program has, or -1. */
static int next_option(int argc, char *argv[], const char *letters)
{
	int option;
	while ((option = getopt(argc, argv, letters)) != -1) {
		if (option == 's') {
			bytes = (size_t)parse_number(option, 1 << 30);
		} else if (option == 'n') {
			rounds = parse_number(option, 1000000000);
		} else if (option == 'w') {
			polls = strcmp(optarg, "poll") == 0;
			if (!polls && strcmp(optarg, "block") != 0)
				errx(2, "-w '%s': must be block or poll\n%s",
				     optarg, usage);
		} else if (option == 'h' || option == '?') {
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			exit(option == 'h' ? 0 : 2);
		} else {
			return option;
		}
	}
	if (optind < argc)
		errx(2, "unexpected argument '%s'\n%s", argv[optind], usage);
	return -1;
}

/* ---- the two processes and their ends ---------------------------------- */

/* The child leaves all to its parent, while the parent lives. */
static void clean_up(void)
{
	if (getpid() == parent && child > 0)
		kill(child, SIGKILL); /* it does not miss what is removed now */
	if (getpid() == parent || getppid() != parent)
		remove_objects();
}

static void interrupted(int signal_number)
{
	clean_up();
	raise(signal_number);
	_exit(128 + signal_number); /* process 1 survives the line above */
}

/* From now on every way out removes what there is. */
static void prepare_ends(void)
{
	const struct sigaction interruption = {
	    .sa_handler = interrupted,
	    .sa_flags = (int)(SA_RESETHAND | SA_NODEFER)};
	parent = getpid();
	atexit(clean_up);
	sigaction(SIGINT, &interruption, NULL);
	sigaction(SIGQUIT, &interruption, NULL);
	sigaction(SIGTERM, &interruption, NULL);
	if (signal(SIGHUP, SIG_IGN) != SIG_IGN) /* nohup: it stays ignored */
		sigaction(SIGHUP, &interruption, NULL);
	signal(SIGPIPE, SIG_IGN); /* a write that fails says EPIPE */
	signal(SIGCHLD, SIG_DFL); /* a child can be waited for */
}

/* A system without the memory cannot carry the message: status 77. */
static void *allocate(size_t size)
{
	void *memory = calloc(1, size);
	if (memory == NULL)
		errx(77, "no memory for a message of %zu bytes", bytes);
	return memory;
}

/* Called from time to time while nothing comes. If there is one core only, the
 * other process needs it. If that has died, not every mechanism would tell. A
 * child that ended well has sent all that it had to. */
static void give_way(void)
{
	int status = 0;
	const pid_t ended = child > 0 ? waitpid(child, &status, WNOHANG) : 0;
	if (ended == -1 && errno != EINTR)
		err(1, "waitpid: the other process");
	if (ended > 0)
		child = 0;
	if (status != 0 || (self == CHILD && getppid() != parent))
		errx(1, "the other process has ended");
	sched_yield();
}

/* A call failed. Return if it is to be made again. 64 tries of a process that
 * polls take longer than a short answer from another core. */
static void try_again(const char *call, int tries)
{
	if (errno == EIDRM || errno == EINVAL) /* removed by ipcrm, say */
		errx(1, "%s is not there any more", through);
	if (errno != EAGAIN && errno != ENOMSG && errno != EINTR &&
	    errno != EPIPE && errno != ECONNRESET) /* give_way knows of these */
		err(1, "%s: %s", call, through);
	if (!polls || tries % 64 == 0)
		give_way();
}

static void tick(int signal_number)
{
	(void)signal_number;
}

/* The child inherits what has been set up. In both a timer interrupts a call
 * that waits, five times a second: it returns EINTR. */
static void start_child(void)
{
	const struct sigaction ticking = {.sa_handler = tick};
	const struct itimerval fifth = {{0, 200000}, {0, 200000}};
	by_child = mmap(NULL, sizeof *by_child, PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANON, -1, 0);
	if (by_child == MAP_FAILED)
		err(1, "mmap");
	child = fork();
	if (child == -1)
		err(1, "fork");
	self = child == 0 ? CHILD : PARENT;
	sigaction(SIGALRM, &ticking, NULL);
	setitimer(ITIMER_REAL, &fifth, NULL);
}

/* ---- measuring --------------------------------------------------------- */

static double now(void) /* microseconds */
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static struct used used_since(struct used start)
{
	struct rusage used;
	getrusage(RUSAGE_SELF, &used);
	const double cpu_us = (double)clock() * 1e6 / (double)CLOCKS_PER_SEC;
	return (struct used){now() - start.time_us, cpu_us - start.cpu_us,
			     (double)used.ru_nvcsw - start.switches};
}

/* To and fro. First and last byte are checked each time. */
static struct used play(long count)
{
	const struct used start = used_since((struct used){0});
	for (long round = 0; round < count; round++) {
		const unsigned char stamp = (unsigned char)(round * 2 + self);
		if (self == PARENT)
			send_message(stamp);
		receive_message();
		if (in[0] != (stamp ^ 1) || in[bytes - 1] != in[0])
			errx(1, "round %ld: not what was sent", round);
		if (self == CHILD)
			send_message(stamp);
	}
	return used_since(start);
}

static unsigned char byte_from(int sender, size_t i)
{
	return (unsigned char)(i % 251 + (size_t)sender);
}

/* Returns what both used; only the parent does. */
static struct used measure(void)
{
	for (size_t i = 0; out != NULL && i < bytes; i++)
		out[i] = byte_from(self, i);
	/* Warm up the way we will measure. A process that polls keeps its core
	 * busy, so the kernel gives each of the two one of its own, if it can.
	 * One that blocks sleeps. */
	for (double start = now(); polls && now() - start < 50000;)
		;
	if (!polls && self == PARENT)
		nanosleep(&(struct timespec){.tv_nsec = 60000000}, NULL);
	play(rounds < 1000 ? rounds / 10 + 1 : 100);

	struct used used = play(rounds);
	/* The bytes between are checked when the clock has stopped. */
	for (size_t i = 1; i + 1 < bytes; i++)
		if (in[i] != (out == NULL ? in[0] : byte_from(!self, i)))
			errx(1, "byte %zu: not what was sent", i);
	if (self == CHILD) {
		*by_child = used;
		_exit(0);
	}
	while (child != 0)
		give_way();
	used.cpu_us += by_child->cpu_us;
	used.switches += by_child->switches;
	return used;
}

/* All that a program has to tell; `more` has figures of its own. */
static void print_figures(const char *mechanism, double setup_us,
			  struct used used, const char *more)
{
	const double n = (double)rounds;
	printf("mechanism=%s wait=%s bytes=%zu rounds=%ld setup_us=%.3f "
	       "round_trip_us=%.3f cpu_us=%.3f switches=%.3f%s\n",
	       mechanism, polls ? "poll" : "block", bytes, rounds, setup_us,
	       used.time_us / n, used.cpu_us / n, used.switches / n, more);
	if (fflush(stdout) == EOF || ferror(stdout))
		errx(1, "cannot write to standard output");
}
