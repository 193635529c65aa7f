/*
 * udp_server - print each datagram that arrives
 *
 * Shows messages without a connection: no listen and no accept, one socket
 * for all clients, and each message arrives whole, as a message of its own.
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
 *
 * The other half is udp_client.c; see port.h. UDP may lose datagrams, and does
 * when they come faster than we read. After 1023 bytes the rest of one is lost.
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

static const char *port = PORT;  /* -p */
static in_port_t number_of_port; /* the same as a number */

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
				  .sin_port = htons(number_of_port)};
	own.sin_addr.s_addr = inet_addr(HOST);
	socklen_t size = sizeof own;
	if (bind(server, (struct sockaddr *)&own, size) == -1) {
		if (errno == EADDRINUSE)
			errx(1, "port %s is taken: choose another with -p",
			     port);
		err(1, "bind %s port %s", HOST, port);
	}

	/* For port 0 the kernel has chosen one: getsockname tells which. */
	if (getsockname(server, (struct sockaddr *)&own, &size) == -1)
		err(1, "getsockname");
	printf("Server listening on %s:%d\n", HOST, ntohs(own.sin_port));

	/* Until Ctrl-C. Nothing of ours outlives us then: the kernel closes the
	 * socket and throws away what is still in it. */
	while (!ferror(stdout)) {
		/* recvfrom waits for one datagram, and tells whose it is. */
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

		/* A length of 0 is no end-of-file: it is an empty message. */
		message[length] = '\0';
		hide_controls(message);
		printf("Received from %s:%d: %s\n", inet_ntoa(client.sin_addr),
		       ntohs(client.sin_port), message);
	}
	errx(1, "cannot write to standard output");
}

/* A client may be anybody, and a terminal obeys control characters: there each
 * but newline becomes '?'. Those of two bytes too (in UTF-8, 0xc2 and then
 * 0x80 to 0x9f); all other characters of UTF-8 stay. */
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
	int option;
	while ((option = getopt(argc, argv, "hp:")) != -1) {
		if (option == 'p') {
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
	number_of_port = (in_port_t)number;
	setvbuf(stdout, NULL, _IOLBF, 0); /* each line is seen at once */
	signal(SIGPIPE, SIG_IGN); /* if the reader leaves, printf fails */
}
