/*
 * sender - send more than the kernel's buffers hold
 *
 * Shows that send only fills the kernel's buffers, and waits while they are
 * full: see it with receiver -w, which does not read until Enter.
 *
 *     terminal 1                              terminal 2
 *     $ ./receiver
 *     Receiver listening on 127.0.0.1:12345   $ ./sender | grep sent
 *     received 67108864 bytes in …            sent 67108864 of 67108864 …
 *     all in order
 *
 * usage: sender [-hn] [-p PORT] [HOST]
 * The other half is receiver.c. Both know IPv4 only.
 */

#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "port.h"

static const char *host = HOST; /* HOST: another name of this machine */
static const char *port = PORT; /* -p: where the receiver listens */
static int nonblocking;         /* -n: end where send would wait */
static void parse_options(int argc, char *argv[]); /* at the end */
static double clock_now(void);

int main(int argc, char *argv[])
{
	parse_options(argc, argv);

	/* A TCP socket (SOCK_STREAM) of IPv4 (AF_INET). */
	int connected = socket(AF_INET, SOCK_STREAM, 0);
	if (connected == -1)
		err(1, "socket");

	/* The receiver listens on IPv4: the name's first such address. */
	const struct addrinfo hints = {.ai_family = AF_INET,
				       .ai_socktype = SOCK_STREAM};
	struct addrinfo *address;
	int failure = getaddrinfo(host, port, &hints, &address);
	if (failure != 0)
		errx(1, "getaddrinfo %s: %s", host, gai_strerror(failure));

	/* connect succeeds when the other kernel has taken the connection, even
	 * if the receiver has not called accept yet. */
	double start = clock_now();
	if (connect(connected, address->ai_addr, address->ai_addrlen) == -1) {
		if (errno == ECONNREFUSED)
			err(1, "connect to %s port %s (start receiver first)",
			    host, port);
		err(1, "connect to %s port %s", host, port);
	}
	freeaddrinfo(address);

	/* First send with MSG_DONTWAIT: this one call does not wait, and EAGAIN
	 * tells us that the buffers are full. Print that. From then on send
	 * without the flag: the kernel makes us wait until there is room. */
	const unsigned long amount = 67108864; /* 64 MiB: buffers hold less */
	static uint32_t block[BLOCK_NUMBERS];
	unsigned long sent = 0;
	unsigned long calls = 0;
	double longest = 0;
	int flags = MSG_DONTWAIT;
	while (sent < amount) {
		/* When the whole block is sent, fill in the next numbers. */
		size_t offset = sent % sizeof block;
		if (offset == 0)
			for (size_t i = 0; i < BLOCK_NUMBERS; i++)
				block[i] = (uint32_t)(sent / sizeof *block + i);

		double before = clock_now();
		ssize_t taken = send(connected, (char *)block + offset,
				     sizeof block - offset, flags);
		calls++;
		if (taken == -1 && errno == EINTR)
			continue;
		if (taken == -1 && errno == EAGAIN) {
			/* If the receiver reads nothing (-w), this is what both
			 * buffers hold, the sender's and the receiver's. */
			printf("send: buffers full after %lu bytes (%s)\n",
			       sent, nonblocking ? "EAGAIN" : "now it waits");
			if (nonblocking)
				break;
			flags = 0;
			continue;
		}
		if (taken == -1)
			err(1, "send: after %lu bytes", sent);
		double passed = clock_now() - before;
		if (passed > longest)
			longest = passed;
		sent += (unsigned long)taken; /* the block, or a part of it */
	}
	printf("sent %lu of %lu bytes in %.3f s\n", sent, amount,
	       clock_now() - start);
	printf("%lu calls of send, the longest took %.3f s\n", calls, longest);

	/* What is in the buffers of the two kernels still arrives. */
	if (close(connected) == -1)
		err(1, "close");
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}

static double clock_now(void)
{
	struct timespec now;
	if (clock_gettime(CLOCK_MONOTONIC, &now) == -1)
		err(1, "clock_gettime");
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void parse_options(int argc, char *argv[])
{
	static const char usage[] = "usage: sender [-hn] [-p PORT] [HOST]";
	int option;
	while ((option = getopt(argc, argv, "hnp:")) != -1) {
		if (option == 'n') {
			nonblocking = 1;
		} else if (option == 'p') {
			port = optarg;
		} else { /* -h, or what getopt has complained about */
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			exit(option == 'h' ? 0 : 2);
		}
	}
	if (argc - optind > 1)
		errx(2, "unexpected argument '%s'\n%s", argv[optind + 1],
		     usage);
	if (optind < argc)
		host = argv[optind];
	char *rest;
	long number = strtol(port, &rest, 10);
	if (*rest != '\0' || number < 1 || number > 65535)
		errx(2, "-p '%s': must be 1 to 65535\n%s", port, usage);
	setvbuf(stdout, NULL, _IOLBF, 0); /* each line is seen at once */

	/* Ignore SIGPIPE: a write to a closed socket or pipe then fails with
	 * EPIPE instead of ending us. */
	signal(SIGPIPE, SIG_IGN);
}
