/*
 * pingpong - what does a message through a message queue cost?
 *
 * Shows that how a process waits for a message, asleep in the kernel (-w
 * block) or asking again and again (-w poll), costs more than moving it.
 *
 *     $ ./pingpong
 *     mechanism=msgqueue wait=block bytes=64 rounds=10000 setup_us=4.556
 *     round_trip_us=16.524 cpu_us=12.999 switches=1.304
 *
 * (on one line). Setting up is one call; fork is no part of it. cpu and
 * switches, how often a process went to sleep, are both sides' in one round
 * trip.
 *
 * usage: pingpong [-h] [-w block|poll] [-s BYTES] [-n ROUNDS]
 */

#include <err.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
    "usage: pingpong [-h] [-w block|poll] [-s BYTES] [-n ROUNDS]";

enum { PARENT, CHILD };

/* By one process; switches: how often it went to sleep. */
struct used {
	double time_us, cpu_us, switches;
};

/* The kernel wants the type in front of the bytes: it says for whom the
 * message is, 1 + PARENT or 1 + CHILD. */
struct message {
	long type;
	unsigned char bytes[];
};

static struct message *out, *in; /* what is sent, what has come */
static size_t bytes = 64;
static int polls, self = PARENT;
static pid_t parent, child;
static volatile sig_atomic_t queue = -1;

/* On every way out. The child leaves it to the parent, while that lives. */
static void remove_queue(void)
{
	if (queue != -1 && getppid() != parent)
		msgctl(queue, IPC_RMID, NULL);
}

/* SIGALRM is our timer's: it makes a call that waits return EINTR. */
static void interrupted(int signal_number)
{
	if (signal_number == SIGALRM)
		return;
	remove_queue();
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

/* A queue does not tell that the other process has died: who waits looks for
 * it now and then. A child that has ended well has done all its part. */
static void look_for_other(void)
{
	int status = 0;
	if (self == CHILD ? getppid() != parent
			  : waitpid(child, &status, WNOHANG) > 0 && status != 0)
		errx(1, "the other process has ended");
}

/* A call did not work: return if it is to be made again. */
static void ask_again(const char *call, int times)
{
	if (errno != EAGAIN && errno != ENOMSG && errno != EINTR)
		err(1, "%s: has the other process ended?", call);
	/* So many calls take longer than a short answer from another core. If
	 * there is none, the answer needs this one. */
	if (errno == EINTR || times % 64 == 0) {
		look_for_other();
		sched_yield();
	}
}

static void send_message(struct message *message, size_t size)
{
	const int flags = polls ? IPC_NOWAIT : 0;
	int times = 0;
	message->type = 1 + !self;
	while (msgsnd(queue, message, size, flags) == -1)
		ask_again("msgsnd", ++times);
}

/* What is longer than size is an error (E2BIG), what is shorter ours. */
static void receive_message(struct message *message, size_t size)
{
	const int flags = polls ? IPC_NOWAIT : 0;
	int times = 0;
	ssize_t length;
	while ((length = msgrcv(queue, message, size, 1 + self, flags)) == -1)
		ask_again("msgrcv", ++times);
	if ((size_t)length != size)
		errx(1, "%zd bytes came, not %zu", length, size);
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

/* To and fro. First and last byte are new in each round, and looked at. */
static struct used play(long rounds)
{
	const struct used before = used_until_now();
	for (long round = 0; round < rounds; round++) {
		const unsigned char stamp = (unsigned char)(round * 2 + self);
		out->bytes[0] = out->bytes[bytes - 1] = stamp;
		if (self == PARENT)
			send_message(out, bytes);
		receive_message(in, bytes);
		if (in->bytes[0] != (stamp ^ 1) ||
		    in->bytes[bytes - 1] != in->bytes[0])
			errx(1, "round %ld: not what was sent", round);
		if (self == CHILD)
			send_message(out, bytes);
	}
	const struct used after = used_until_now();
	return (struct used){after.time_us - before.time_us,
			     after.cpu_us - before.cpu_us,
			     after.switches - before.switches};
}

/* Both do this. The bytes between the first and the last travel each time, and
 * are looked at when no time is taken any more. */
static struct used take_part(long rounds)
{
	for (size_t i = 0; i < bytes; i++)
		out->bytes[i] = (unsigned char)(i % 251 + (size_t)self);
	/* Begin as it will go on. Who polls computes: then the kernel gives
	 * each a core of its own, if it can. Who blocks is asleep. */
	for (double start = now(); polls && now() - start < 50000;)
		;
	if (!polls && self == PARENT)
		nanosleep(&(struct timespec){.tv_nsec = 60000000}, NULL);
	play(rounds < 1000 ? rounds / 10 + 1 : 100); /* to warm up */
	const struct used used = play(rounds);
	for (size_t i = 1; i + 1 < bytes; i++)
		if (in->bytes[i] != (unsigned char)(i % 251 + (size_t)!self))
			errx(1, "byte %zu: not what was sent", i);
	return used;
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
	while ((option = getopt(argc, argv, "hw:s:n:")) != -1) {
		if (option == 's')
			bytes = (size_t)parse_number(option, 1 << 30);
		else if (option == 'n')
			rounds = parse_number(option, 1000000000);
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
	setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen at once */
	const size_t room = sizeof(struct message) + sizeof(struct used);
	out = malloc(room + bytes);
	in = malloc(room + bytes);
	if (out == NULL || in == NULL)
		errx(77, "no memory for a message of %zu bytes", bytes);

	/* Signals wait until the handler knows the queue. */
	sigset_t all, before;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	signal(SIGINT, interrupted);
	signal(SIGTERM, interrupted);
	signal(SIGHUP, interrupted);
	sigaction(SIGALRM, &(struct sigaction){.sa_handler = interrupted}, 0);
	atexit(remove_queue);
	parent = getpid();
	const double start = now();
	queue = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
	const double set_up = now() - start;
	if (queue == -1)
		err(1, "msgget");
	sigprocmask(SIG_SETMASK, &before, NULL);

	/* Does the system carry such a message at all? It has a limit for each
	 * (msgmax) and one for a queue (msgmnb). */
	out->type = 1;
	if (msgsnd(queue, out, bytes, IPC_NOWAIT) == -1)
		errx(77, "msgsnd: a message of %zu bytes is too long here",
		     bytes);
	if (msgrcv(queue, in, bytes, 1, IPC_NOWAIT) == -1)
		err(1, "msgrcv");

	child = fork();
	if (child == -1)
		err(1, "fork");
	const struct itimerval fifth = {{0, 200000}, {0, 200000}};
	if (setitimer(ITIMER_REAL, &fifth, NULL) == -1)
		err(1, "setitimer");
	if (child == 0)
		self = CHILD;
	const struct used mine = take_part(rounds);
	if (self == CHILD) {
		memcpy(out->bytes, &mine, sizeof mine);
		send_message(out, sizeof mine);
		_exit(0);
	}
	struct used childs;
	receive_message(in, sizeof childs);
	memcpy(&childs, in->bytes, sizeof childs);
	while (waitpid(child, NULL, 0) == -1 && errno == EINTR)
		; /* ECHILD: look_for_other has waited for it */

	const double n = (double)rounds;
	printf("mechanism=msgqueue wait=%s bytes=%zu rounds=%ld setup_us=%.3f "
	       "round_trip_us=%.3f cpu_us=%.3f switches=%.3f\n",
	       polls ? "poll" : "block", bytes, rounds, set_up,
	       mine.time_us / n, (mine.cpu_us + childs.cpu_us) / n,
	       (mine.switches + childs.switches) / n);
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}
