/*
 * multicast_sender - send one datagram to all that have joined a group
 *
 * Shows that UDP has no connections: no accept, no peer. One sendto reaches all
 * receivers, however many there are, and the sender cannot tell how many.
 *
 *     terminal 1                    terminal 2
 *     $ ./multicast_receiver
 *     Receiver listening on 239.255.12.34:12346
 *     (waits)                       $ ./multicast_sender
 *                                   Sent to 239.255.12.34:12346: Hello all
 *     Received from …: Hello all
 *
 * usage: multicast_sender [-h] [-g GROUP] [-p PORT] [MESSAGE]
 * The other half is multicast_receiver.c. A lost datagram is not sent again.
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

#include "multicast.h"

static struct sockaddr_in group = {.sin_family = AF_INET}; /* -g, -p */
static const char *message = "Hello all";                  /* MESSAGE */
static void parse_options(int argc, char *argv[]);         /* at the end */

int main(int argc, char *argv[])
{
	parse_options(argc, argv);

	/* A datagram socket. sendto will give it a port of its own. */
	int sender = socket(AF_INET, SOCK_DGRAM, 0);
	if (sender == -1)
		err(1, "socket");

	/* Datagrams for a group leave by this interface: loopback. */
	struct in_addr interface = {.s_addr = inet_addr(INTERFACE)};
	if (setsockopt(sender, IPPROTO_IP, IP_MULTICAST_IF, &interface,
		       sizeof interface) == -1)
		err(1, "setsockopt IP_MULTICAST_IF %s", INTERFACE);

	/* A datagram is sent whole or not at all: there is no short count. */
	ssize_t sent;
	do
		sent = sendto(sender, message, strlen(message), 0,
			      (struct sockaddr *)&group, sizeof group);
	while (sent == -1 && errno == EINTR);
	if (sent == -1)
		err(1, "sendto %s:%d", inet_ntoa(group.sin_addr),
		    ntohs(group.sin_port));
	printf("Sent to %s:%d: %s\n", inet_ntoa(group.sin_addr),
	       ntohs(group.sin_port), message);

	if (close(sender) == -1)
		err(1, "close");
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}

static void parse_options(int argc, char *argv[])
{
	static const char usage[] =
	    "usage: multicast_sender [-h] [-g GROUP] [-p PORT] [MESSAGE]";
	const char *name = GROUP;
	const char *port = GROUP_PORT;
	int option;
	while ((option = getopt(argc, argv, "hg:p:")) != -1) {
		if (option == 'g') {
			name = optarg;
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
		message = argv[optind];
	if (strlen(message) > TEXT_SIZE)
		errx(1, "the message is longer than %d bytes", TEXT_SIZE);
	if (inet_pton(AF_INET, name, &group.sin_addr) != 1 ||
	    !IN_MULTICAST(ntohl(group.sin_addr.s_addr)))
		errx(2, "-g '%s': must be 224.0.0.0 to 239.255.255.255\n%s",
		     name, usage);
	char *rest;
	long number = strtol(port, &rest, 10);
	if (*rest != '\0' || number < 1 || number > 65535)
		errx(2, "-p '%s': must be 1 to 65535\n%s", port, usage);
	group.sin_port = htons((in_port_t)number);
	setvbuf(stdout, NULL, _IOLBF, 0); /* each line is seen at once */

	/* Ignore SIGPIPE: a write to a closed pipe then fails with EPIPE
	 * instead of ending us. */
	signal(SIGPIPE, SIG_IGN);
}
