/*
 * receiver - take a connection, and read nothing from it for a while
 *
 * Shows that what was sent and not yet read stands in the kernel's buffers:
 * when they are full, the sender has to wait for this program.
 *
 *     terminal 1                              terminal 2
 *     $ ./receiver
 *     Receiver listening on 127.0.0.1:12345   $ ./sender -n
 *     connected: recv begins in 2 s           send: buffers full after ...
 *     received 3910656 bytes in 2.003 s, 87 calls of recv
 *
 * The sender has ended long before: its bytes waited for this program. -d: how
 * long it does not read; 2 seconds unless told otherwise.
 *
 * usage: receiver [-h] [-d SECONDS] [-p PORT]
 *
 * The other half is sender.c; port.h holds what both must know.
 */

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "port.h"

static const char usage[] = "usage: receiver [-h] [-d SECONDS] [-p PORT]";

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
	double seconds = 2;
	int option;
	char *rest;
	while ((option = getopt(argc, argv, "hd:p:")) != -1) {
		if (option == 'd') {
			seconds = strtod(optarg, &rest);
			if (*optarg == '\0' || *rest != '\0' ||
			    !(seconds >= 0 && seconds <= 86400))
				errx(2, "-d '%s': not 0 to 86400 seconds\n%s",
				     optarg, usage);
		} else if (option == 'p') {
			port = optarg;
		} else { /* -h, or what getopt has complained about */
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			return option == 'h' ? 0 : 2;
		}
	}
	if (optind < argc)
		errx(2, "surplus argument '%s'\n%s", argv[optind], usage);
	long number = strtol(port, &rest, 10);
	if (*port == '\0' || *rest != '\0' || number < 0 || number > 65535)
		errx(2, "-p '%s': not 0 to 65535\n%s", port, usage);
	setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen at once */

	/* With port 0, bind takes any free one, and getsockname tells which. */
	struct sockaddr_in address = {.sin_family = AF_INET};
	address.sin_port = htons((in_port_t)number);
	address.sin_addr.s_addr = inet_addr(HOST);
	socklen_t size = sizeof address;
	int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	if (listener == -1)
		err(1, "socket");
	/* The port of a receiver that has ended is free at once. */
	if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
		err(1, "setsockopt");
	int failed = bind(listener, (struct sockaddr *)&address, size) == -1 ||
		     listen(listener, 1) == -1;
	if (failed && errno == EADDRINUSE)
		errx(1, "port %s is taken: choose another with -p", port);
	if (failed)
		err(1, "bind %s port %s", HOST, port);
	if (getsockname(listener, (struct sockaddr *)&address, &size) == -1)
		err(1, "getsockname");
	printf("Receiver listening on %s:%d\n", HOST, ntohs(address.sin_port));

	int accepted = accept(listener, NULL, NULL);
	if (accepted == -1)
		err(1, "accept");
	double start = clock_now();
	printf("connected: recv begins in %g s\n", seconds);
	struct timespec delay = {.tv_sec = (time_t)seconds};
	delay.tv_nsec = (long)((seconds - (double)delay.tv_sec) * 1e9);
	while (nanosleep(&delay, &delay) == -1 && errno == EINTR)
		;

	/* Each recv takes what is there and makes room: a sender that waits
	 * can go on. recv returns 0 when the sender has closed, or was killed:
	 * TCP does not tell which. */
	static char block[65536];
	long long bytes = 0, calls = 1;
	ssize_t received;
	while ((received = recv(accepted, block, sizeof block, 0)) > 0) {
		bytes += received;
		calls++;
	}
	if (received == -1)
		err(1, "recv: after %lld bytes", bytes);
	printf("received %lld bytes in %.3f s, %lld calls of recv\n", bytes,
	       clock_now() - start, calls);
	if (close(accepted) == -1 || close(listener) == -1)
		err(1, "close");
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}
