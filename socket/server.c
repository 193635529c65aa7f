/*
 * server - wait for one client, print its message, answer
 *
 * Shows the listening and the accepted socket, and that recv waits for data.
 *
 *     terminal 1                            terminal 2
 *     $ ./server
 *     Server listening on 127.0.0.1:12345   $ ./client
 *     Hello from client                     Hello message sent to server
 *     Hello message sent to client          Hello from server
 *
 * usage: server [-hnv] [-a ADDRESS] [-p PORT]
 * The other half is client.c. The server calls recv once: if the message comes
 * in pieces, it prints only the first one.
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

static const char *host = HOST;  /* -a: the address to listen at */
static const char *port = PORT;  /* -p; 0: any that is free */
static struct addrinfo *address; /* both of them, as bind needs them */
static int nonblocking;          /* -n: recv does not wait */
static int verbose;              /* -v: name each socket with its addresses */
static void parse_options(int argc, char *argv[]); /* at the end */
static const char *text_of(const struct sockaddr_storage *, socklen_t);
static void hide_controls(char *text);

int main(int argc, char *argv[])
{
	parse_options(argc, argv);

	/* The listening socket takes connections, never data. It is of IPv4 or
	 * IPv6, as the address is. */
	int listener = socket(address->ai_family, SOCK_STREAM, 0);
	if (listener == -1)
		err(1, "socket");

	/* SO_REUSEADDR: take the port even if an old connection of a server
	 * that has ended is still in TIME-WAIT (see port.h). A running server
	 * keeps its port. */
	int on = 1;
	if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
		err(1, "setsockopt SO_REUSEADDR");

	/* bind gives the socket its address and port. EADDRINUSE: a program has
	 * the port now. (Or one without SO_REUSEADDR has left it in TIME-WAIT.)
	 */
	if (bind(listener, address->ai_addr, address->ai_addrlen) == -1) {
		if (errno == EADDRINUSE)
			errx(1,
			     "port %s is taken, or was until a minute ago: "
			     "wait, or choose another with -p",
			     port);
		err(1, "bind %s port %s", host, port);
	}
	freeaddrinfo(address);

	/* From here on clients can connect: about 3 may wait for accept. listen
	 * itself does not wait. */
	if (listen(listener, 3) == -1)
		err(1, "listen on %s port %s", host, port);

	/* For port 0 the kernel has chosen one: getsockname says which. */
	struct sockaddr_storage own;
	socklen_t size = sizeof own;
	if (getsockname(listener, (struct sockaddr *)&own, &size) == -1)
		err(1, "getsockname");
	printf("Server listening on %s\n", text_of(&own, size));
	if (verbose)
		printf("listening socket: %s, no peer\n", text_of(&own, size));

	/* accept waits for a client. It returns a new socket: this end of the
	 * connection. The peer is the client's end. A signal may interrupt a
	 * call that waits: it returns -1 with EINTR, and we call again. */
	struct sockaddr_storage peer;
	socklen_t peer_size = sizeof peer;
	int accepted;
	do
		accepted =
		    accept(listener, (struct sockaddr *)&peer, &peer_size);
	while (accepted == -1 && errno == EINTR);
	if (accepted == -1)
		err(1, "accept");
	if (verbose) {
		size = sizeof own;
		if (getsockname(accepted, (struct sockaddr *)&own, &size) == -1)
			err(1, "getsockname");
		printf("accepted socket: %s", text_of(&own, size));
		printf(", peer %s\n", text_of(&peer, peer_size));
	}

	/* Read the flags, add O_NONBLOCK, write them back. */
	if (nonblocking) {
		int flags = fcntl(accepted, F_GETFL);
		if (flags == -1)
			err(1, "fcntl F_GETFL");
		if (fcntl(accepted, F_SETFL, flags | O_NONBLOCK) == -1)
			err(1, "fcntl F_SETFL");
	}

	/* recv waits for data, but with O_NONBLOCK fails with EAGAIN. TCP keeps
	 * no message boundaries: what one recv finds, up to the buffer's size,
	 * is our message. */
	char message[BUFFER_SIZE];
	ssize_t length;
	do
		length = recv(accepted, message, sizeof message - 1, 0);
	while (length == -1 && errno == EINTR);
	if (length == 0)
		errx(1, "recv: the client closed without a message");
	if (length > 0) {
		message[length] = '\0'; /* it came without one */
		hide_controls(message);
		printf("%s\n", message);
	} else if (errno == EAGAIN) {
		/* We do not wait for a message, but answer all the same. */
		printf("recv: no data yet (EAGAIN)\n");
	} else {
		err(1, "recv");
	}

	/* send may take a part of the bytes only: then send the rest. */
	const char *rest = ANSWER;
	while (*rest != '\0') {
		ssize_t taken = send(accepted, rest, strlen(rest), 0);
		if (taken == -1 && errno == EINTR)
			continue;
		if (taken == -1)
			err(1, "send");
		rest += taken;
	}
	printf("Hello message sent to client\n");

	/* The client sees end-of-file once this end is closed. */
	if (close(accepted) == -1)
		err(1, "close the accepted socket");
	if (close(listener) == -1)
		err(1, "close the listening socket");
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}

/* An address as text. It is overwritten by the next call. */
static const char *text_of(const struct sockaddr_storage *given, socklen_t size)
{
	static char text[NI_MAXHOST + NI_MAXSERV + 4];
	char name[NI_MAXHOST], number[NI_MAXSERV];
	int failure =
	    getnameinfo((const struct sockaddr *)given, size, name, sizeof name,
			number, sizeof number, NI_NUMERICHOST | NI_NUMERICSERV);
	if (failure != 0)
		errx(1, "getnameinfo: %s", gai_strerror(failure));
	if (given->ss_family == AF_INET6)
		snprintf(text, sizeof text, "[%s]:%s", name, number);
	else
		snprintf(text, sizeof text, "%s:%s", name, number);
	return text;
}

/* A terminal obeys control characters, and a peer may be anybody. So on a
 * terminal, print '?' for each control character but newline, also for the
 * two-byte ones of UTF-8. All other characters stay. */
static void hide_controls(char *text)
{
	if (!isatty(STDOUT_FILENO))
		return;
	unsigned char before = 0;
	for (; *text != '\0'; text++) {
		unsigned char byte = (unsigned char)*text;
		if ((byte < ' ' && byte != '\n') || byte == 0x7f)
			*text = '?';
		if (before == 0xc2 && byte >= 0x80 && byte <= 0x9f)
			*text = '?';
		before = byte;
	}
}

static void parse_options(int argc, char *argv[])
{
	static const char usage[] =
	    "usage: server [-hnv] [-a ADDRESS] [-p PORT]";
	int option;
	while ((option = getopt(argc, argv, "hnva:p:")) != -1) {
		if (option == 'n') {
			nonblocking = 1;
		} else if (option == 'v') {
			verbose = 1;
		} else if (option == 'a') {
			host = optarg;
		} else if (option == 'p') {
			port = optarg;
		} else { /* -h, or what getopt has complained about */
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			exit(option == 'h' ? 0 : 2);
		}
	}
	if (optind < argc)
		errx(2, "unexpected argument '%s'\n%s", argv[optind], usage);
	char *rest;
	long number = strtol(port, &rest, 10);
	if (*port == '\0' || *rest != '\0' || number < 0 || number > 65535)
		errx(2, "-p '%s': must be 0 to 65535\n%s", port, usage);

	/* getaddrinfo, a library function, makes out of the two texts the
	 * struct for bind, of IPv4 or IPv6. */
	const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST,
				       .ai_socktype = SOCK_STREAM};
	int failure = getaddrinfo(host, port, &hints, &address);
	if (failure == EAI_NONAME)
		errx(2, "-a '%s': must be a numeric address\n%s", host, usage);
	if (failure != 0)
		errx(1, "getaddrinfo %s: %s", host, gai_strerror(failure));
	setvbuf(stdout, NULL, _IOLBF, 0); /* each line is seen at once */

	/* Ignore SIGPIPE: a write to a closed socket or pipe then fails with
	 * EPIPE instead of ending us. */
	signal(SIGPIPE, SIG_IGN);
}
