/*
 * sender - send more than the kernel's buffers hold
 *
 * Shows that send only fills a buffer, and waits while there is no room.
 *
 *     $ ./receiver & sleep 1; ./sender
 *     Receiver listening on 127.0.0.1:12345
 *     connected: recv begins in 2 s
 *     send: buffers full after 3910656 bytes (now it waits)
 *     sent 67108864 of 67108864 bytes in 2.051 s
 *     1026 calls of send, the longest took 2.010 s
 *     received 67108864 bytes in 2.051 s, 1037 calls of recv
 *
 * -n: does not wait, but ends where it would. The other half is receiver.c;
 * port.h holds what both must know.
 *
 * usage: sender [-hn] [-p PORT] [HOST]
 */

#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "port.h"

#define AMOUNT 67108864UL /* 64 MiB: no system's buffers hold so much */

static const char usage[] = "usage: sender [-hn] [-p PORT] [HOST]";

static double clock_now(void)
{
	struct timespec now;
	if (clock_gettime(CLOCK_MONOTONIC, &now) == -1)
		err(1, "clock_gettime");
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char *argv[])
{
	const char *port = PORT;
	int option, nonblocking = 0;
	while ((option = getopt(argc, argv, "hnp:")) != -1) {
		if (option == 'n')
			nonblocking = 1;
		else if (option == 'p')
			port = optarg;
		else { /* -h, or what getopt has complained about */
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			return option == 'h' ? 0 : 2;
		}
	}
	if (argc - optind > 1)
		errx(2, "surplus argument '%s'\n%s", argv[optind + 1], usage);
	char *rest;
	long number = strtol(port, &rest, 10);
	if (*rest != '\0' || number < 1 || number > 65535)
		errx(2, "-p '%s': not 1 to 65535\n%s", port, usage);
	const char *host = optind < argc ? argv[optind] : HOST;
	setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen at once */
	signal(SIGPIPE, SIG_IGN); /* a receiver that left: send says EPIPE */

	/* IPv4, as the receiver: so the first address of a name will do. */
	const struct addrinfo hints = {.ai_family = AF_INET,
				       .ai_socktype = SOCK_STREAM};
	struct addrinfo *address;
	int failure = getaddrinfo(host, port, &hints, &address);
	if (failure != 0)
		errx(1, "%s: %s", host, gai_strerror(failure));
	int connected = socket(AF_INET, SOCK_STREAM, 0);
	if (connected == -1)
		err(1, "socket");
	double start = clock_now();
	if (connect(connected, address->ai_addr, address->ai_addrlen) == -1)
		err(1, "connect to %s port %s (start receiver first)", host,
		    port);
	freeaddrinfo(address);

	/* A send that waits cannot say so. Hence MSG_DONTWAIT, which makes one
	 * call non-blocking, as O_NONBLOCK makes all: when it fails the buffers
	 * are full. From then on, plain sends, which wait for room. */
	static char block[65536];
	unsigned long sent = 0, calls = 0;
	double longest = 0;
	int flags = MSG_DONTWAIT;
	while (sent < AMOUNT) {
		unsigned long size = AMOUNT - sent;
		if (size > sizeof block)
			size = sizeof block;
		double before = clock_now();
		ssize_t taken = send(connected, block, size, flags);
		calls++;
		if (taken == -1 && errno == EAGAIN) {
			printf("send: buffers full after %lu bytes (%s)\n",
			       sent, nonblocking ? "EAGAIN" : "now it waits");
			if (nonblocking)
				break;
			flags = 0;
			continue;
		}
		if (taken == -1)
			err(1, "send: after %lu bytes", sent);
		if (clock_now() - before > longest)
			longest = clock_now() - before;
		sent += (unsigned long)taken; /* the block, or a part of it */
	}
	printf("sent %lu of %lu bytes in %.3f s\n", sent, AMOUNT,
	       clock_now() - start);
	printf("%lu calls of send, the longest took %.3f s\n", calls, longest);
	if (close(connected) == -1) /* what is in the buffers still arrives */
		err(1, "close");
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}
