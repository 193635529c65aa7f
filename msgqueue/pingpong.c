/*
 * pingpong - what does a message through a message queue cost?
 *
 * Shows that how a process waits for a message, asleep in the kernel (-w
 * block) or asking again and again (-w poll), costs more than moving it.
 *
 *     $ ./pingpong
 *     mechanism=msgqueue wait=block bytes=64 rounds=10000 setup_us=3.920
 *     round_trip_us=7.204 cpu_us=7.118 switches=1.998
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

struct report {
	double elapsed_us, cpu_us, switches;
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
static pid_t parent;
static volatile sig_atomic_t queue = -1;

static void remove_queue(void)
{
	if (queue != -1)
		msgctl(queue, IPC_RMID, NULL);
}

/* A queue does not tell that the other process has died. The parent gets
 * SIGCHLD, the child looks for its parent at each SIGALRM. Removing the queue
 * ends the calls that wait for it. */
static void end(int signal_number)
{
	static const char text[] = "pingpong: the child has ended\n";
	int before = errno, status = 0, child = signal_number == SIGCHLD;
	if ((signal_number == SIGALRM && getppid() == parent) ||
	    (child && (waitpid(-1, &status, WNOHANG) <= 0 || status == 0))) {
		errno = before;
		return;
	}
	remove_queue();
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

/* A call failed: look again? With -w poll the other process needs a core to
 * answer, and there may be only this one. 64 looks, each a system call, take
 * longer than a short answer from another core. */
static void look_again(const char *call)
{
	static unsigned looks;
	/* The other process removes the queue when it ends. Then a signal
	 * comes. */
	if (errno == EIDRM || errno == EINVAL)
		pause();
	else if (errno != EAGAIN && errno != ENOMSG && errno != EINTR)
		err(1, "%s", call);
	if (++looks % 64 == 0)
		sched_yield();
}

static void send_message(struct message *message, size_t size)
{
	message->type = 1 + !self;
	while (msgsnd(queue, message, size, polls ? IPC_NOWAIT : 0) == -1)
		look_again("msgsnd");
}

/* What is longer than size is an error (E2BIG), what is shorter ours. */
static void receive_message(struct message *message, size_t size)
{
	const int flags = polls ? IPC_NOWAIT : 0;
	ssize_t length;
	while ((length = msgrcv(queue, message, size, 1 + self, flags)) == -1)
		look_again("msgrcv");
	if ((size_t)length != size)
		errx(1, "%zd bytes came, not %zu", length, size);
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
		out->bytes[i] = (unsigned char)((i ^ i >> 8) + (size_t)self);
		in->bytes[i] = 0;
	}
	if (self == CHILD)
		send_message(out, bytes); /* "ready"; the parent has its turn */
	else
		receive_message(in, bytes);
	struct report before = usage_until_now();
	for (long round = 0; round < rounds; round++) {
		unsigned char stamp = (unsigned char)(round * 2 + self);
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
	struct report report = usage_until_now();
	for (size_t i = 1; i + 1 < bytes; i++) {
		if (in->bytes[i] !=
		    (unsigned char)((i ^ i >> 8) + (size_t)!self))
			errx(1, "byte %zu: not what was sent", i);
	}
	if (self == PARENT)
		send_message(out, bytes); /* "thanks"; the child has its turn */
	else
		receive_message(in, bytes);
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
	warm_up(rounds);
	const struct report report = play(rounds);
	memcpy(out->bytes, &report, sizeof report);
	send_message(out, sizeof report);
	_exit(0); /* without remove_queue: the parent has yet to receive */
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
	while ((option = getopt(argc, argv, "hw:s:n:")) != -1) {
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
		default: /* -h, or what getopt has complained about */
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			return option == 'h' ? 0 : 2;
		}
	}
	if (optind < argc)
		errx(2, "surplus argument '%s'\n%s", argv[optind], usage);
	setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen at once */
	const size_t room = sizeof(struct message) + sizeof(struct report);
	out = malloc(room + bytes);
	in = malloc(room + bytes);
	if (out == NULL || in == NULL)
		errx(77, "no memory for a message of %zu bytes", bytes);

	/* Signals wait until the handler knows the queue. */
	sigset_t all, before;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	struct sigaction action = {.sa_handler = end};
	sigfillset(&action.sa_mask); /* one at a time */
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGHUP, &action, NULL);
	sigaction(SIGCHLD, &action, NULL);
	atexit(remove_queue);
	parent = getpid();

	double start = now();
	queue = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
	double set_up = now() - start;
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

	pid_t child = fork();
	if (child == -1)
		err(1, "fork");
	if (child == 0)
		be_the_child(rounds);
	warm_up(rounds);
	const struct report mine = play(rounds);
	receive_message(in, sizeof(struct report));
	struct report childs;
	memcpy(&childs, in->bytes, sizeof childs);
	signal(SIGCHLD, SIG_DFL);
	waitpid(child, NULL, 0); /* the handler may have done so already */

	double n = (double)rounds;
	printf("mechanism=msgqueue wait=%s bytes=%zu rounds=%ld setup_us=%.3f "
	       "round_trip_us=%.3f cpu_us=%.3f switches=%.3f\n",
	       polls ? "poll" : "block", bytes, rounds, set_up,
	       mine.elapsed_us / n, (mine.cpu_us + childs.cpu_us) / n,
	       (mine.switches + childs.switches) / n);
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}
