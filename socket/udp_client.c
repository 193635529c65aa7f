/*
 * udp_client - send two messages, each as a datagram
 *
 * Shows that two sends are two messages, sent even if no server is running.
 *
 *     terminal 1                              terminal 2
 *     $ ./udp_server
 *     Server listening on 127.0.0.1:12345     $ ./udp_client
 *     Received from …: Hello from client      Sent to …: Hello from client
 *     Received from …: Goodbye                Sent to …: Goodbye
 *     (Ctrl-C)
 *     [130]
 *
 * usage: udp_client [-h] [-p PORT]
 * The other half is udp_server.c. The client cannot tell whether anybody has
 * received its messages: it asks for no answer, and UDP gives none.
 */

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "port.h"

static in_port_t port;                             /* -p, or else PORT */
static void parse_options(int argc, char *argv[]); /* at the end */

int main(int argc, char *argv[])
{
	parse_options(argc, argv);

	/* SOCK_DGRAM: a socket for datagrams, single messages. */
	int client = socket(AF_INET, SOCK_DGRAM, 0);
	if (client == -1)
		err(1, "socket");

	/* There is no connection, so each sendto says where to send. (Not done
	 * here: connect(2), which on a UDP socket only notes that address. Then
	 * send is enough, and a later call fails with ECONNREFUSED if nobody
	 * has the port.) */
	struct sockaddr_in server = {.sin_family = AF_INET,
				     .sin_port = htons(port)};
	server.sin_addr.s_addr = inet_addr(HOST);

	/* The first sendto also makes the kernel choose a port for us. */
	const char *const messages[] = {MESSAGE, "Goodbye"};
	for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
		/* A datagram is sent whole or not at all. Success only means
		 * that the kernel has taken it. */
		ssize_t sent;
		do
			sent =
			    sendto(client, messages[i], strlen(messages[i]), 0,
				   (struct sockaddr *)&server, sizeof server);
		while (sent == -1 && errno == EINTR);
		if (sent == -1)
			err(1, "sendto %s port %d", HOST, port);
		printf("Sent to %s:%d: %s\n", HOST, port, messages[i]);
	}

	if (close(client) == -1)
		err(1, "close");
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}

static void parse_options(int argc, char *argv[])
{
	static const char usage[] = "usage: udp_client [-h] [-p PORT]";
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
	if (*rest != '\0' || number < 1 || number > 65535)
		errx(2, "-p '%s': must be 1 to 65535\n%s", word, usage);
	port = (in_port_t)number;
	setvbuf(stdout, NULL, _IOLBF, 0); /* each line is seen at once */

	/* Ignore SIGPIPE: a write to a closed pipe then fails with EPIPE
	 * instead of ending us. */
	signal(SIGPIPE, SIG_IGN);
}
