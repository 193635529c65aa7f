/*
 * multicast_receiver - join a group and print the first datagram sent to it
 *
 * Shows that message passing is not only one-to-one: start more receivers. They
 * share one port, and each gets its own copy.
 *
 *     terminal 1                    terminal 2
 *     $ ./multicast_receiver
 *     Receiver listening on 239.255.12.34:12346
 *     (waits)                       $ ./multicast_sender
 *                                   Sent to 239.255.12.34:12346: Hello all
 *     Received from …: Hello all
 *
 * usage: multicast_receiver [-h] [-g GROUP] [-p PORT]
 * The other half is multicast_sender.c; multicast.h holds what both must know.
 */

#include <arpa/inet.h>
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "multicast.h"

static struct sockaddr_in group = {.sin_family = AF_INET}; /* -g, -p */
static void parse_options(int argc, char *argv[]);         /* at the end */

int main(int argc, char *argv[])
{
	parse_options(argc, argv);

	/* A datagram socket. */
	int receiver = socket(AF_INET, SOCK_DGRAM, 0);
	if (receiver == -1)
		err(1, "socket");

	/* SO_REUSEADDR: here it lets several receivers share the port. Each
	 * gets its own copy of a datagram, so none takes it from another. */
	int on = 1;
	if (setsockopt(receiver, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on))
		err(1, "setsockopt SO_REUSEADDR");

	/* bind chooses what the socket gets: only what is sent to this address
	 * and port. INADDR_ANY would be any address. */
	int failed = bind(receiver, (struct sockaddr *)&group, sizeof group);
	if (failed && errno == EADDRINUSE)
		errx(1, "port %d is taken: choose another with -p",
		     ntohs(group.sin_port));
	if (failed)
		err(1, "bind %s port %d", inet_ntoa(group.sin_addr),
		    ntohs(group.sin_port));

	/* Join the group: without that the kernel delivers none of its
	 * datagrams. We take those of the loopback interface. */
	struct ip_mreq membership = {.imr_multiaddr = group.sin_addr};
	membership.imr_interface.s_addr = inet_addr(INTERFACE);
	if (setsockopt(receiver, IPPROTO_IP, IP_ADD_MEMBERSHIP, &membership,
		       sizeof membership) == -1)
		err(1, "setsockopt IP_ADD_MEMBERSHIP %s on %s",
		    inet_ntoa(group.sin_addr), INTERFACE);

#ifdef IP_MULTICAST_ALL
	/* Linux otherwise also delivers datagrams that arrive on an interface
	 * where another program has joined the group. */
	int off = 0;
	if (setsockopt(receiver, IPPROTO_IP, IP_MULTICAST_ALL, &off,
		       sizeof off) == -1)
		err(1, "setsockopt IP_MULTICAST_ALL");
#endif
	printf("Receiver listening on %s:%d\n", inet_ntoa(group.sin_addr),
	       ntohs(group.sin_port));

	/* Wait for one datagram. The buffer has one byte more than a message
	 * may have: if it is filled, the datagram was too long. */
	unsigned char text[TEXT_SIZE + 1];
	struct sockaddr_in sender;
	socklen_t size = sizeof sender;
	ssize_t length;
	do
		length = recvfrom(receiver, text, sizeof text, 0,
				  (struct sockaddr *)&sender, &size);
	while (length == -1 && errno == EINTR);
	if (length == -1)
		err(1, "recvfrom");
	if (length > TEXT_SIZE)
		errx(1, "a datagram with more than %d bytes came", TEXT_SIZE);

	/* It may be another user's, and a terminal obeys control characters:
	 * print '?' for each byte that is not printable ASCII. (So a character
	 * of UTF-8 becomes several '?'.) */
	for (ssize_t i = 0; i < length; i++)
		if (!isprint(text[i]))
			text[i] = '?';
	printf("Received from %s:%d: %.*s\n", inet_ntoa(sender.sin_addr),
	       ntohs(sender.sin_port), (int)length, (char *)text);

	/* close also leaves the group. */
	if (close(receiver) == -1)
		err(1, "close");
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}

static void parse_options(int argc, char *argv[])
{
	static const char usage[] =
	    "usage: multicast_receiver [-h] [-g GROUP] [-p PORT]";
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
	if (optind < argc)
		errx(2, "unexpected argument '%s'\n%s", argv[optind], usage);
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
