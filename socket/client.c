/*
 * client - connect to the server, send a message, print the answer
 *
 * Shows the third kind of socket, the connected one, and how reading ends.
 *
 *     terminal 1                            terminal 2
 *     $ ./server
 *     Server listening on 127.0.0.1:12345   $ ./client
 *     Hello from client                     Hello message sent to server
 *     Hello message sent to client          Hello from server
 *
 * usage: client [-hvw] [-p PORT] [HOST]
 * The other half is server.c. A successful send does not mean that the server
 * has read the message.
 */

#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "port.h"

static const char *host = HOST; /* HOST: the server's, a name or an address */
static const char *port = PORT; /* -p: where the server listens */
static int verbose;             /* -v: name the socket with its addresses */
static int waiting;             /* -w: wait for Enter before sending */
static void parse_options(int argc, char *argv[]); /* at the end */
static const char *text_of(const struct sockaddr *, socklen_t);
static void wait_for_enter(const char *prompt);
static void hide_controls(char *text);

int main(int argc, char *argv[])
{
	parse_options(argc, argv);

	/* A name may have several addresses, IPv4 and IPv6. */
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *addresses;
	int failure = getaddrinfo(host, port, &hints, &addresses);
	if (failure != 0)
		errx(1, "getaddrinfo %s: %s", host, gai_strerror(failure));

	/* Try each, until connect finds a program that listens there. */
	int connected; /* the socket */
	const struct addrinfo *peer = addresses;
	for (;; peer = peer->ai_next) {
		const int is_last = peer->ai_next == NULL;
		connected = socket(peer->ai_family, SOCK_STREAM, 0);
		if (connected == -1 && errno == EAFNOSUPPORT && !is_last)
			continue; /* this machine has no IPv6 */
		if (connected == -1)
			err(1, "socket");

		/* Success: the server's kernel has taken the connection. */
		if (connect(connected, peer->ai_addr, peer->ai_addrlen) == 0)
			break;
		if (is_last && errno == ECONNREFUSED)
			err(1, "connect to %s port %s (start server first)",
			    host, port);
		if (is_last)
			err(1, "connect to %s port %s", host, port);
		close(connected); /* the next address gets a new socket */
	}

	/* The kernel has chosen a port for this end too. */
	if (verbose) {
		struct sockaddr_storage own;
		socklen_t size = sizeof own;
		if (getsockname(connected, (struct sockaddr *)&own, &size) != 0)
			err(1, "getsockname");
		printf("connected socket: %s",
		       text_of((struct sockaddr *)&own, size));
		printf(", peer %s\n", text_of(peer->ai_addr, peer->ai_addrlen));
	}
	freeaddrinfo(addresses);

	if (waiting)
		wait_for_enter("client: connected, nothing sent yet: "
			       "press Enter to send");

	/* send returns when the kernel has the bytes, or a part of them: then
	 * send the rest. A signal may interrupt a call that waits: it returns
	 * -1 with EINTR, and we call again. */
	const char *rest = MESSAGE;
	while (*rest != '\0') {
		ssize_t taken = send(connected, rest, strlen(rest), 0);
		if (taken == -1 && errno == EINTR)
			continue;
		if (taken == -1)
			err(1, "send");
		rest += taken;
	}
	printf("Hello message sent to server\n");

	/* TCP may deliver the answer in pieces. Read until end-of-file (the
	 * server has closed: recv returns 0) or until the buffer is full. */
	char answer[BUFFER_SIZE];
	size_t length = 0;
	while (length < sizeof answer - 1) {
		ssize_t received = recv(connected, answer + length,
					sizeof answer - 1 - length, 0);
		if (received == 0)
			break;
		if (received > 0) {
			length += (size_t)received;
			continue;
		}
		if (errno == EINTR)
			continue;
		/* A server that closes without reading our message resets the
		 * connection: no harm once its answer is here. */
		if (errno == ECONNRESET && length > 0)
			break;
		err(1, "recv");
	}
	if (length == 0)
		errx(1, "recv: the server closed without an answer");
	answer[length] = '\0'; /* it came without one */
	hide_controls(answer);
	printf("%s\n", answer);

	if (close(connected) == -1)
		err(1, "close");
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}

/* An address as text. It is overwritten by the next call. */
static const char *text_of(const struct sockaddr *address, socklen_t size)
{
	static char text[NI_MAXHOST + NI_MAXSERV + 4];
	char name[NI_MAXHOST], number[NI_MAXSERV];
	int failure =
	    getnameinfo(address, size, name, sizeof name, number, sizeof number,
			NI_NUMERICHOST | NI_NUMERICSERV);
	if (failure != 0)
		errx(1, "getnameinfo: %s", gai_strerror(failure));
	if (address->sa_family == AF_INET6)
		snprintf(text, sizeof text, "[%s]:%s", name, number);
	else
		snprintf(text, sizeof text, "%s:%s", name, number);
	return text;
}

/* Wait for Enter, or for the end of the input. */
static void wait_for_enter(const char *prompt)
{
	fprintf(stderr, "%s\n", prompt);
	char key;
	ssize_t length;
	do
		length = read(STDIN_FILENO, &key, 1);
	while ((length == 1 && key != '\n') ||
	       (length == -1 && errno == EINTR));
	if (length == -1)
		err(1, "read standard input");
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
	static const char usage[] = "usage: client [-hvw] [-p PORT] [HOST]";
	int option;
	while ((option = getopt(argc, argv, "hvwp:")) != -1) {
		if (option == 'v') {
			verbose = 1;
		} else if (option == 'w') {
			waiting = 1;
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
