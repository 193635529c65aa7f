/*
 * client - connect to the server, send a message, print the answer
 *
 * Shows the third socket of a connection, the client's connected one, and
 * that reading ends, with end-of-file, when the server closes its end.
 *
 *     terminal 1                            terminal 2
 *     $ ./server
 *     Server listening on 127.0.0.1:12345   $ ./client
 *     Hello from client                     Hello message sent to server
 *     Hello message sent to client          Hello from server
 *
 * -d waits between connecting and sending: a late client. -v names the
 * connected socket with its two addresses.
 *
 * usage: client [-hv] [-d SECONDS] [-p PORT] [HOST]
 *
 * The other half is server.c; port.h holds what both must know.
 */

#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "port.h"

static const char usage[] = "usage: client [-hv] [-d SECONDS] [-p PORT] [HOST]";

/* The address of this end (getsockname) or of the other (getpeername). */
static const char *address_of(int (*end)(int, struct sockaddr *, socklen_t *),
			      int descriptor)
{
	static char text[NI_MAXHOST + NI_MAXSERV];
	char host[NI_MAXHOST - 3], port[NI_MAXSERV];
	struct sockaddr_storage address;
	socklen_t size = sizeof address;
	if (end(descriptor, (struct sockaddr *)&address, &size) == -1 ||
	    getnameinfo((struct sockaddr *)&address, size, host, sizeof host,
			port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV))
		return "none"; /* the peer has reset the connection */
	const char *form = address.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s";
	snprintf(text, sizeof text, form, host, port);
	return text;
}

int main(int argc, char *argv[])
{
	const char *host = HOST, *port = PORT;
	double seconds = 0;
	int option, verbose = 0;
	char *rest;
	while ((option = getopt(argc, argv, "hvd:p:")) != -1) {
		if (option == 'v')
			verbose = 1;
		else if (option == 'p')
			port = optarg;
		else if (option == 'd') {
			seconds = strtod(optarg, &rest);
			if (*optarg == '\0' || *rest != '\0' ||
			    !(seconds >= 0 && seconds <= 86400))
				errx(2, "-d '%s': not 0 to 86400 seconds\n%s",
				     optarg, usage);
		} else { /* -h, or what getopt has complained about */
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			return option == 'h' ? 0 : 2;
		}
	}
	if (argc - optind > 1)
		errx(2, "surplus argument '%s'\n%s", argv[optind + 1], usage);
	long number = strtol(port, &rest, 10);
	if (*rest != '\0' || number < 1 || number > 65535)
		errx(2, "-p '%s': not 1 to 65535\n%s", port, usage);
	if (optind < argc)
		host = argv[optind];
	setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen at once */
	signal(SIGPIPE, SIG_IGN); /* a server that left: send says EPIPE */

	/* A name may have several addresses, IPv4 and IPv6: try each. */
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *addresses, *address;
	int failure = getaddrinfo(host, port, &hints, &addresses);
	if (failure != 0)
		errx(1, "%s: %s", host, gai_strerror(failure));
	int connected;
	for (address = addresses;; address = address->ai_next) {
		connected = socket(address->ai_family, SOCK_STREAM, 0);
		if (connected != -1 && connect(connected, address->ai_addr,
					       address->ai_addrlen) == 0)
			break;
		if (address->ai_next == NULL)
			err(1, "connect to %s port %s (start server first)",
			    host, port);
		if (connected != -1 && close(connected) == -1)
			err(1, "close");
	}
	freeaddrinfo(addresses);
	if (verbose) {
		printf("connected socket: %s",
		       address_of(getsockname, connected));
		printf(", peer %s\n", address_of(getpeername, connected));
	}
	struct timespec delay = {.tv_sec = (time_t)seconds};
	delay.tv_nsec = (long)((seconds - (double)delay.tv_sec) * 1e9);
	while (nanosleep(&delay, &delay) == -1 && errno == EINTR)
		;

	/* send is done when the kernel has the bytes: whether the server will
	 * ever read them, it does not say. */
	if (send(connected, MESSAGE, strlen(MESSAGE), 0) == -1)
		err(1, "send");
	printf("Hello message sent to server\n");

	/* TCP may deliver the answer in pieces: it ends with end-of-file, when
	 * recv returns 0, or when no more fits. */
	char answer[BUFFER_SIZE];
	size_t length = 0;
	ssize_t received;
	do {
		received = recv(connected, answer + length,
				sizeof answer - 1 - length, 0);
		length += received > 0 ? (size_t)received : 0;
	} while (received > 0 && length < sizeof answer - 1);
	/* A server that went on without reading resets the connection when it
	 * closes: no harm once its answer is here. */
	if (received == -1 && (length == 0 || errno != ECONNRESET))
		err(1, "recv");
	if (length == 0)
		errx(1, "recv: the server closed without an answer");
	printf("%.*s\n", (int)length, answer);
	if (close(connected) == -1)
		err(1, "close");
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}
