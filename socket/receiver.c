/*
 * receiver - take a connection, and read what comes; with -w not at once
 *
 * Shows with -w that the sender must wait when the kernel's buffers are full.
 *
 *     terminal 1                              terminal 2
 *     $ ./receiver
 *     Receiver listening on 127.0.0.1:12345   $ ./sender | grep sent
 *     received 67108864 bytes in …            sent 67108864 of 67108864 …
 *     all in order
 *
 * usage: receiver [-hw] [-p PORT]
 * The other half is sender.c. Both know IPv4 only.
 */

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "port.h"

static in_port_t port; /* -p, or else PORT; 0: any free one */
static int waiting;    /* -w: wait for Enter before reading */
static void parse_options(int argc, char *argv[]); /* at the end */
static void wait_for_enter(const char *prompt);
static double clock_now(void);

int main(int argc, char *argv[])
{
	parse_options(argc, argv);

	/* A TCP socket (SOCK_STREAM) of IPv4 (AF_INET). */
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	if (listener == -1)
		err(1, "socket");

	/* Take the port even if an old connection is in TIME-WAIT: port.h. */
	int on = 1;
	if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
		err(1, "setsockopt SO_REUSEADDR");

	/* bind gives it an address and a port; htons puts the port's bytes in
	 * the order of the network. EADDRINUSE: a program has the port now. (Or
	 * one without SO_REUSEADDR has left it in TIME-WAIT.) */
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_port = htons(port)};
	address.sin_addr.s_addr = inet_addr(HOST);
	socklen_t size = sizeof address;
	if (bind(listener, (struct sockaddr *)&address, size) == -1) {
		if (errno == EADDRINUSE)
			errx(1,
			     "port %d is taken, or was until a minute ago: "
			     "wait, or choose another with -p",
			     port);
		err(1, "bind %s port %d", HOST, port);
	}

	/* From here on a sender can connect. */
	if (listen(listener, 1) == -1)
		err(1, "listen on %s port %d", HOST, port);

	/* For port 0 the kernel has chosen one: getsockname says which. */
	if (getsockname(listener, (struct sockaddr *)&address, &size) == -1)
		err(1, "getsockname");
	printf("Receiver listening on %s:%d\n", HOST, ntohs(address.sin_port));

	/* accept waits for a sender, and returns this end of the connection. */
	int accepted;
	do
		accepted = accept(listener, NULL, NULL);
	while (accepted == -1 && errno == EINTR);
	if (accepted == -1)
		err(1, "accept");
	double start = clock_now();

	/* While we read nothing, what is sent stays in the buffers of the two
	 * kernels, the sender's and ours, until both are full. */
	if (waiting)
		wait_for_enter("receiver: connected, nothing read yet: "
			       "press Enter to read");

	/* Each recv takes what is there and makes room: a sender that waits
	 * can go on. recv returns 0 when the sender has closed or was killed:
	 * we cannot tell which. */
	static uint32_t block[BLOCK_NUMBERS];
	unsigned long bytes = 0;
	unsigned long calls = 0;
	unsigned long checked = 0; /* how many numbers have been checked */
	int in_order = 1;
	while (1) {
		/* Fill the block from where the last recv ended, perhaps in the
		 * middle of a number. */
		size_t filled = bytes % sizeof block;
		ssize_t received = recv(accepted, (char *)block + filled,
					sizeof block - filled, 0);
		calls++;
		if (received == -1 && errno == EINTR)
			continue;
		if (received == -1)
			err(1, "recv: after %lu bytes", bytes);
		if (received == 0)
			break;
		bytes += (unsigned long)received;

		/* Look at the numbers that are whole now. */
		for (; checked < bytes / sizeof *block; checked++)
			if (block[checked % BLOCK_NUMBERS] != checked)
				in_order = 0;
	}
	printf("received %lu bytes in %.3f s, %lu calls of recv\n", bytes,
	       clock_now() - start, calls);
	if (in_order) /* each number came at its place */
		printf("all in order\n");
	else
		errx(1, "these are not a sender's numbers in their order");

	if (close(accepted) == -1)
		err(1, "close the accepted socket");
	if (close(listener) == -1)
		err(1, "close the listening socket");
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
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

static double clock_now(void)
{
	struct timespec now;
	if (clock_gettime(CLOCK_MONOTONIC, &now) == -1)
		err(1, "clock_gettime");
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void parse_options(int argc, char *argv[])
{
	static const char usage[] = "usage: receiver [-hw] [-p PORT]";
	const char *word = PORT;
	int option;
	while ((option = getopt(argc, argv, "hwp:")) != -1) {
		if (option == 'w') {
			waiting = 1;
		} else if (option == 'p') {
			word = optarg;
		} else { /* -h, or what getopt has complained about */
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			exit(option == 'h' ? 0 : 2);
		}
	}
	if (optind < argc)
		errx(2, "unexpected argument '%s'\n%s", argv[optind], usage);
	char *rest;
	long number = strtol(word, &rest, 10);
	if (*word == '\0' || *rest != '\0' || number < 0 || number > 65535)
		errx(2, "-p '%s': must be 0 to 65535\n%s", word, usage);
	port = (in_port_t)number;
	setvbuf(stdout, NULL, _IOLBF, 0); /* each line is seen at once */

	/* Ignore SIGPIPE: a write to a closed pipe then fails with EPIPE
	 * instead of ending us. */
	signal(SIGPIPE, SIG_IGN);
}
