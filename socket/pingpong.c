/*
 * pingpong - what does a message through a socket cost?
 *
 * Shows that how a process waits for a message, asleep in the kernel (-w
 * block) or asking again and again (-w poll), costs more than moving it.
 *
 *     $ ./pingpong
 *     mechanism=tcp wait=block bytes=64 rounds=10000 setup_us=107.259
 *     round_trip_us=37.447 cpu_us=30.157 switches=1.664
 *
 * (on one line). Setting up ends when both ends are connected; fork is no part
 * of it. cpu and switches, how often a process went to sleep, are both sides'
 * in one round trip. -u: a Unix-domain pair instead of TCP on 127.0.0.1.
 *
 * usage: pingpong [-hu] [-w block|poll] [-s BYTES] [-n ROUNDS]
 */

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
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char usage[] =
    "usage: pingpong [-hu] [-w block|poll] [-s BYTES] [-n ROUNDS]";

enum { PARENT, CHILD };

/* By one process; switches: how often it went to sleep. */
struct used {
	double time_us, cpu_us, switches;
};

static unsigned char *out, *in; /* what is sent, what has come */
static size_t bytes = 64;
static int polls, self = PARENT, end; /* our end of the connection */

/* A call did not work: return if it is to be made again. */
static void ask_again(const char *call, int times)
{
	if (errno == EPIPE || errno == ECONNRESET)
		errx(1, "the other process has ended");
	if (errno != EAGAIN && errno != EINTR)
		err(1, "%s", call);
	/* So many calls take longer than a short answer from another core. If
	 * there is none, the answer needs this one. */
	if (times % 64 == 0)
		sched_yield();
}

/* A stream has no messages, only bytes: one call may move a part of them. */
static void send_message(const void *message, size_t size)
{
	const int flags = polls ? MSG_DONTWAIT : 0;
	int times = 0;
	for (size_t done = 0; done < size;) {
		ssize_t part =
		    send(end, (const char *)message + done, size - done, flags);
		if (part == -1)
			ask_again("send", ++times);
		else
			done += (size_t)part;
	}
}

static void receive_message(void *message, size_t size)
{
	const int flags = polls ? MSG_DONTWAIT : 0;
	int times = 0;
	for (size_t done = 0; done < size;) {
		ssize_t part =
		    recv(end, (char *)message + done, size - done, flags);
		if (part == 0)
			errx(1, "the other process has ended");
		if (part == -1)
			ask_again("recv", ++times);
		else
			done += (size_t)part;
	}
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
		out[0] = out[bytes - 1] = stamp;
		if (self == PARENT)
			send_message(out, bytes);
		receive_message(in, bytes);
		if (in[0] != (stamp ^ 1) || in[bytes - 1] != in[0])
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
		out[i] = (unsigned char)(i % 251 + (size_t)self);
	/* Begin as it will go on. Who polls computes: then the kernel gives
	 * each a core of its own, if it can. Who blocks is asleep. */
	for (double start = now(); polls && now() - start < 50000;)
		;
	if (!polls && self == PARENT)
		nanosleep(&(struct timespec){.tv_nsec = 60000000}, NULL);
	play(rounds < 1000 ? rounds / 10 + 1 : 100); /* to warm up */
	const struct used used = play(rounds);
	for (size_t i = 1; i + 1 < bytes; i++)
		if (in[i] != (unsigned char)(i % 251 + (size_t)!self))
			errx(1, "byte %zu: not what was sent", i);
	return used;
}

/* All is done by one process: connect does not wait for accept. */
static void connect_by_tcp(int ends[2])
{
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
	if (ends[CHILD] == -1 || close(listener) == -1)
		err(1, "accept");
	/* Otherwise TCP may hold back the end of a message until the peer has
	 * acknowledged the part before, and the peer takes its time. */
	const int on = 1;
	for (int i = 0; i < 2; i++)
		if (setsockopt(ends[i], IPPROTO_TCP, TCP_NODELAY, &on,
			       sizeof on) == -1)
			err(1, "setsockopt");
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
	int option, unix_pair = 0;
	while ((option = getopt(argc, argv, "huw:s:n:")) != -1) {
		if (option == 'u')
			unix_pair = 1;
		else if (option == 's')
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
	signal(SIGPIPE, SIG_IGN); /* a peer that left: send says EPIPE */
	out = malloc(bytes);
	in = malloc(bytes);
	if (out == NULL || in == NULL)
		errx(77, "no memory for a message of %zu bytes", bytes);

	int ends[2];
	const double start = now();
	if (!unix_pair)
		connect_by_tcp(ends);
	else if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1)
		err(1, "socketpair");
	const double set_up = now() - start;

	pid_t child = fork();
	if (child == -1)
		err(1, "fork");
	/* Each keeps its own end only. When a process ends, however that comes,
	 * its end is closed, and the other one's calls return. */
	self = child == 0 ? CHILD : PARENT;
	end = ends[self];
	if (close(ends[!self]) == -1)
		err(1, "close");
	const struct used mine = take_part(rounds);
	if (self == CHILD) {
		send_message(&mine, sizeof mine);
		return 0;
	}
	struct used childs;
	receive_message(&childs, sizeof childs);
	while (waitpid(child, NULL, 0) == -1)
		if (errno != EINTR)
			err(1, "waitpid");

	const double n = (double)rounds;
	printf("mechanism=%s wait=%s bytes=%zu rounds=%ld setup_us=%.3f "
	       "round_trip_us=%.3f cpu_us=%.3f switches=%.3f\n",
	       unix_pair ? "unix" : "tcp", polls ? "poll" : "block", bytes,
	       rounds, set_up, mine.time_us / n,
	       (mine.cpu_us + childs.cpu_us) / n,
	       (mine.switches + childs.switches) / n);
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}
