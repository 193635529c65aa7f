/*
 * pingpong - what does a message through a socket cost?
 *
 * Shows that how a process waits for a message, asleep in the kernel (-w
 * block) or asking again and again (-w poll), costs more than moving it.
 *
 *     $ ./pingpong
 *     mechanism=tcp wait=block bytes=64 rounds=10000 setup_us=97.311
 *     round_trip_us=12.204 cpu_us=12.118 switches=1.998
 *
 * (on one line). Setting up ends when both ends are connected; fork is no part
 * of it. cpu and switches, how often a process went to sleep, are both sides'
 * in one round trip. -u: a Unix-domain pair instead of TCP on 127.0.0.1.
 *
 * usage: pingpong [-hu] [-w block|poll] [-s BYTES] [-n ROUNDS]
 */

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
    "usage: pingpong [-hu] [-w block|poll] [-s BYTES] [-n ROUNDS]";

enum { PARENT, CHILD };

struct report {
	double elapsed_us, cpu_us, switches;
};

static unsigned char *out, *in; /* what is sent, what has come */
static size_t bytes = 64;
static int unix_pair, polls, self = PARENT;

static double now(void) /* microseconds */
{
	struct timespec time;
	if (clock_gettime(CLOCK_MONOTONIC, &time) == -1)
		err(1, "clock_gettime");
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

/* A pair of connected sockets. All is done by one process: connect does not
 * wait for accept. Return how long it took. */
static double connect_pair(int ends[2])
{
	double start = now();
	if (unix_pair) {
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1)
			err(1, "socketpair");
		return now() - start;
	}
	struct sockaddr_in address = {.sin_family = AF_INET}; /* port 0: any */
	struct sockaddr *const name = (struct sockaddr *)&address;
	socklen_t size = sizeof address;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	if (listener == -1 || bind(listener, name, size) == -1 ||
	    listen(listener, 1) == -1 ||
	    getsockname(listener, name, &size) == -1)
		err(1, "listen on 127.0.0.1");
	ends[PARENT] = socket(AF_INET, SOCK_STREAM, 0);
	if (ends[PARENT] == -1 || connect(ends[PARENT], name, size) == -1)
		err(1, "connect to 127.0.0.1");
	ends[CHILD] = accept(listener, NULL, NULL);
	if (ends[CHILD] == -1)
		err(1, "accept");
	/* Otherwise TCP may hold back the end of a message until the peer has
	 * acknowledged the part before, and the peer takes its time. */
	const int on = 1;
	for (int i = 0; i < 2; i++) {
		if (setsockopt(ends[i], IPPROTO_TCP, TCP_NODELAY, &on,
			       sizeof on) == -1)
			err(1, "setsockopt");
	}
	double connected = now();
	if (close(listener) == -1)
		err(1, "close");
	return connected - start;
}

static void peer_ended(void)
{
	if (self == PARENT)
		errx(1, "the child has ended");
	exit(1); /* the parent has ended, and has said why */
}

/* A call failed: look again? With -w poll the other process needs a core to
 * answer, and there may be only this one. 64 looks, each a system call, take
 * longer than a short answer from another core. */
static void look_again(const char *call)
{
	static unsigned looks;
	if (errno == EPIPE || errno == ECONNRESET)
		peer_ended();
	if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
		err(1, "%s", call);
	if (++looks % 64 == 0)
		sched_yield();
}

/* A stream has no messages, only bytes: one call may move a part. */
static void send_all(int end, const void *data, size_t size)
{
	const int flags = polls ? MSG_DONTWAIT : 0;
	for (size_t done = 0; done < size;) {
		ssize_t part =
		    send(end, (const char *)data + done, size - done, flags);
		if (part == -1)
			look_again("send");
		else
			done += (size_t)part;
	}
}

static void receive_all(int end, void *data, size_t size)
{
	const int flags = polls ? MSG_DONTWAIT : 0;
	for (size_t done = 0; done < size;) {
		ssize_t part =
		    recv(end, (char *)data + done, size - done, flags);
		if (part == 0)
			peer_ended();
		else if (part == -1)
			look_again("recv");
		else
			done += (size_t)part;
	}
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
static struct report play(int end, long rounds)
{
	for (size_t i = 0; i < bytes; i++) {
		out[i] = (unsigned char)((i ^ i >> 8) + (size_t)self);
		in[i] = 0;
	}
	if (self == CHILD)
		send_all(end, out,
			 bytes); /* "ready"; the parent has its turn */
	else
		receive_all(end, in, bytes);
	struct report before = usage_until_now();
	for (long round = 0; round < rounds; round++) {
		unsigned char stamp = (unsigned char)(round * 2 + self);
		out[0] = out[bytes - 1] = stamp;
		if (self == PARENT)
			send_all(end, out, bytes);
		receive_all(end, in, bytes);
		if (in[0] != (stamp ^ 1) || in[bytes - 1] != in[0])
			errx(1, "round %ld: not what was sent", round);
		if (self == CHILD)
			send_all(end, out, bytes);
	}
	struct report report = usage_until_now();
	for (size_t i = 1; i + 1 < bytes; i++) {
		if (in[i] != (unsigned char)((i ^ i >> 8) + (size_t)!self))
			errx(1, "byte %zu: not what was sent", i);
	}
	if (self == PARENT)
		send_all(end, out,
			 bytes); /* "thanks"; the child has its turn */
	else
		receive_all(end, in, bytes);
	report.elapsed_us -= before.elapsed_us;
	report.cpu_us -= before.cpu_us;
	report.switches -= before.switches;
	return report;
}

/* Begin as it will go on. With -w block the child is asleep when the first
 * message comes. With -w poll each has a core of its own, but after fork both
 * may be on one for long: so compute until the kernel has given this process
 * nine of ten milliseconds, or there is no such core. */
static void warm_up(int end, long rounds)
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
	play(end, rounds < 10000 ? rounds / 10 + 1 : 1000);
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
	while ((option = getopt(argc, argv, "huw:s:n:")) != -1) {
		switch (option) {
		case 'u':
			unix_pair = 1;
			break;
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
	out = malloc(bytes);
	in = malloc(bytes);
	if (out == NULL || in == NULL)
		errx(77, "no memory for a message of %zu bytes", bytes);

	signal(SIGPIPE, SIG_IGN); /* a peer that left: send says EPIPE */
	int ends[2];
	double set_up = connect_pair(ends);

	pid_t child = fork();
	if (child == -1)
		err(1, "fork");
	if (child == 0)
		self = CHILD;
	/* Each keeps its own end only. When a process ends, however that comes,
	 * its end is closed, and the other one's calls return. */
	if (close(ends[!self]) == -1)
		err(1, "close");
	warm_up(ends[self], rounds);
	const struct report mine = play(ends[self], rounds);
	if (self == CHILD) {
		send_all(ends[CHILD], &mine, sizeof mine);
		return 0;
	}
	struct report childs;
	receive_all(ends[PARENT], &childs, sizeof childs);
	int status;
	while (waitpid(child, &status, 0) == -1) {
		if (errno != EINTR)
			err(1, "waitpid");
	}
	if (status != 0)
		errx(1, "the child failed (wait status %#x)", status);

	double n = (double)rounds;
	printf("mechanism=%s wait=%s bytes=%zu rounds=%ld setup_us=%.3f "
	       "round_trip_us=%.3f cpu_us=%.3f switches=%.3f\n",
	       unix_pair ? "unix" : "tcp", polls ? "poll" : "block", bytes,
	       rounds, set_up, mine.elapsed_us / n,
	       (mine.cpu_us + childs.cpu_us) / n,
	       (mine.switches + childs.switches) / n);
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}
