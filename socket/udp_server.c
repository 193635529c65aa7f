/*
 * udp_server - print each datagram that arrives
 *
 * Shows messages without a connection: one socket, no listen and no accept.
 *
 *     terminal 1                              terminal 2
 *     $ ./udp_server
 *     Server listening on 127.0.0.1:12345     $ ./udp_client
 *     Received from …: Hello from client      Sent to …: Hello from client
 *     Received from …: Goodbye                Sent to …: Goodbye
 *     (Ctrl-C)
 *     [130]
 *
 * usage: udp_server [-h] [-p PORT]
 * The other half is udp_client.c. UDP may lose datagrams, and does so when they
 * come faster than we read. Bytes after the 1023rd of a datagram are lost.
 */

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "port.h"

static in_port_t port; /* -p, or else PORT; 0: any free one */
static void parse_options(int argc, char *argv[]); /* at the end */
static void hide_controls(char *text);

int main(int argc, char *argv[])
{
	parse_options(argc, argv);

	/* SOCK_DGRAM: a socket for datagrams, single messages. */
	int server = socket(AF_INET, SOCK_DGRAM, 0);
	if (server == -1)
		err(1, "socket");

	/* From bind on, the kernel keeps what is sent to this port. UDP has its
	 * own ports: a TCP server may have the same number. */
	struct sockaddr_in own = {.sin_family = AF_INET,
				  .sin_port = htons(port)};
	own.sin_addr.s_addr = inet_addr(HOST);
	socklen_t size = sizeof own;
	if (bind(server, (struct sockaddr *)&own, size) == -1) {
		if (errno == EADDRINUSE)
			errx(1, "port %d is taken: choose another with -p",
			     port);
		err(1, "bind %s port %d", HOST, port);
	}

	/* For port 0 the kernel has chosen one: getsockname says which. */
	if (getsockname(server, (struct sockaddr *)&own, &size) == -1)
		err(1, "getsockname");
	printf("Server listening on %s:%d\n", HOST, ntohs(own.sin_port));

	/* Until Ctrl-C. Nothing of ours outlives us then: the kernel closes the
	 * socket and throws away what is still in it. */
	while (!ferror(stdout)) {
		/* recvfrom waits for one datagram, which comes as it was sent:
		 * not in pieces, not joined with another. It also returns the
		 * sender's address. */
		char message[BUFFER_SIZE];
		struct sockaddr_in client;
		socklen_t client_size = sizeof client;
		ssize_t length =
		    recvfrom(server, message, sizeof message - 1, 0,
			     (struct sockaddr *)&client, &client_size);
		if (length == -1 && errno == EINTR)
			continue;
		if (length == -1)
			err(1, "recvfrom");

		/* An empty datagram is not end-of-file: others may follow. */
		message[length] = '\0';
		hide_controls(message);
		printf("Received from %s:%d: %s\n", inet_ntoa(client.sin_addr),
		       ntohs(client.sin_port), message);
	}
	errx(1, "cannot write to standard output");
}

/* A terminal obeys control characters, and a client may be anybody. So on a
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
	static const char usage[] = "usage: udp_server [-h] [-p PORT]";
	const char *word = PORT;
	int option;
	while ((option = getopt(argc, argv, "hp:")) != -1) {
		if (option == 'p') {
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
