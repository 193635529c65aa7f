/*
 * server - wait for one client, print its message, answer
 *
 * Shows a server's two sockets, the listening and the accepted one, and that
 * recv(2) waits until data comes.
 *
 *     terminal 1                            terminal 2
 *     $ ./server
 *     Server listening on 127.0.0.1:12345   $ ./client
 *     Hello from client                     Hello message sent to server
 *     Hello message sent to client          Hello from server
 *
 * -n: recv does not wait; try it with ./client -d 1. -v tells each socket's
 * two addresses. The other half is client.c; port.h holds what both know.
 *
 * usage: server [-hnv] [-a ADDRESS] [-p PORT]
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "port.h"

static const char usage[] = "usage: server [-hnv] [-a ADDRESS] [-p PORT]";

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
		return "none"; /* a listening socket has no peer */
	const char *form = address.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s";
	snprintf(text, sizeof text, form, host, port);
	return text;
}

int main(int argc, char *argv[])
{
	const char *host = HOST, *port = PORT;
	int option, nonblocking = 0, verbose = 0;
	while ((option = getopt(argc, argv, "hnva:p:")) != -1) {
		if (option == 'n')
			nonblocking = 1;
		else if (option == 'v')
			verbose = 1;
		else if (option == 'a')
			host = optarg;
		else if (option == 'p')
			port = optarg;
		else { /* -h, or what getopt has complained about */
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			return option == 'h' ? 0 : 2;
		}
	}
	if (optind < argc)
		errx(2, "surplus argument '%s'\n%s", argv[optind], usage);
	char *rest;
	long number = strtol(port, &rest, 10);
	if (*port == '\0' || *rest != '\0' || number < 0 || number > 65535)
		errx(2, "-p '%s': not 0 to 65535\n%s", port, usage);
	const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST,
				       .ai_socktype = SOCK_STREAM};
	struct addrinfo *address; /* IPv4 or IPv6, as the text says */
	if (getaddrinfo(host, port, &hints, &address) != 0)
		errx(2, "-a '%s': not an address\n%s", host, usage);
	setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen at once */
	signal(SIGPIPE, SIG_IGN); /* a client that left: send says EPIPE */

	/* The listening socket takes connections, never data. SO_REUSEADDR: the
	 * port of a server that has ended is free at once, a living one's not.
	 */
	int listener = socket(address->ai_family, SOCK_STREAM, 0), on = 1;
	if (listener == -1)
		err(1, "socket");
	if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
		err(1, "setsockopt");
	int failed =
	    bind(listener, address->ai_addr, address->ai_addrlen) == -1 ||
	    listen(listener, 3) == -1;
	if (failed && errno == EADDRINUSE)
		errx(1, "port %s is taken: choose another with -p", port);
	if (failed)
		err(1, "bind %s port %s", host, port);
	freeaddrinfo(address);
	printf("Server listening on %s\n", address_of(getsockname, listener));
	if (verbose)
		printf("listening socket: %s, no peer\n",
		       address_of(getsockname, listener));

	/* The accepted socket is this end of one connection. accept waits. */
	int accepted = accept(listener, NULL, NULL);
	if (accepted == -1)
		err(1, "accept");
	if (verbose) {
		printf("accepted socket: %s",
		       address_of(getsockname, accepted));
		printf(", peer %s\n", address_of(getpeername, accepted));
	}
	int flags = fcntl(accepted, F_GETFL); /* the others stay as they are */
	if (nonblocking && fcntl(accepted, F_SETFL, flags | O_NONBLOCK) == -1)
		err(1, "fcntl");

	/* TCP keeps no message boundaries: what one recv finds, up to the
	 * buffer's size, is the message. It has no NUL, or one too early. */
	char message[BUFFER_SIZE];
	ssize_t length = recv(accepted, message, sizeof message - 1, 0);
	if (length == -1 && errno != EAGAIN)
		err(1, "recv");
	if (length == 0)
		errx(1, "recv: the client closed without a message");
	if (length == -1)
		printf("recv: no data yet (EAGAIN)\n");
	else
		printf("%.*s\n", (int)length, message);

	if (send(accepted, ANSWER, strlen(ANSWER), 0) == -1)
		err(1, "send");
	printf("Hello message sent to client\n");
	if (close(accepted) == -1 || close(listener) == -1)
		err(1, "close");
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}
