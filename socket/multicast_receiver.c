/*
 * multicast_receiver - join a group and print the first datagram sent to it
 *
 * Shows that message passing is not only one-to-one: each receiver gets its
 * own copy. They share one port, and none takes another's away.
 *
 *     $ ./multicast_receiver & ./multicast_receiver & sleep 1
 *     Receiver listening on 239.255.12.34:12346
 *     Receiver listening on 239.255.12.34:12346
 *     $ ./multicast_sender 'Hello all'
 *     Sent to 239.255.12.34:12346: Hello all
 *     Received from 127.0.0.1:41210: Hello all
 *     Received from 127.0.0.1:41210: Hello all
 *
 * -t: how long it waits, else for ever. The other half is multicast_sender.c;
 * multicast.h holds what both know.
 *
 * usage: multicast_receiver [-h] [-g GROUP] [-p PORT] [-t SECONDS]
 */

#include <arpa/inet.h>
#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "multicast.h"

static const char usage[] =
    "usage: multicast_receiver [-h] [-g GROUP] [-p PORT] [-t SECONDS]";

int main(int argc, char *argv[])
{
	const char *name = GROUP, *port = GROUP_PORT;
	int option, milliseconds = -1; /* poll: no limit */
	char *rest;
	while ((option = getopt(argc, argv, "hg:p:t:")) != -1) {
		if (option == 'g')
			name = optarg;
		else if (option == 'p')
			port = optarg;
		else if (option == 't') {
			double seconds = strtod(optarg, &rest);
			if (*optarg == '\0' || *rest != '\0' ||
			    !(seconds >= 0 && seconds <= 86400))
				errx(2, "-t '%s': not 0 to 86400 seconds\n%s",
				     optarg, usage);
			milliseconds = (int)(seconds * 1000);
		} else { /* -h, or what getopt has complained about */
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			return option == 'h' ? 0 : 2;
		}
	}
	if (optind < argc)
		errx(2, "surplus argument '%s'\n%s", argv[optind], usage);
	struct sockaddr_in group = {.sin_family = AF_INET};
	if (inet_pton(AF_INET, name, &group.sin_addr) != 1 ||
	    !IN_MULTICAST(ntohl(group.sin_addr.s_addr)))
		errx(2, "-g '%s': not 224.0.0.0 to 239.255.255.255\n%s", name,
		     usage);
	long number = strtol(port, &rest, 10);
	if (*rest != '\0' || number < 1 || number > 65535)
		errx(2, "-p '%s': not 1 to 65535\n%s", port, usage);
	group.sin_port = htons((in_port_t)number);
	setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen at once */

	/* With a group's address SO_REUSEADDR lets many sockets have one port:
	 * that is right, since each gets every datagram. Bound to the group,
	 * not to INADDR_ANY, we get nothing that is sent elsewhere. */
	int receiver = socket(AF_INET, SOCK_DGRAM, 0), on = 1;
	if (receiver == -1)
		err(1, "socket");
	if (setsockopt(receiver, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
		err(1, "setsockopt");
	int bound = bind(receiver, (struct sockaddr *)&group, sizeof group);
	if (bound == -1 && errno == EADDRINUSE)
		errx(1, "port %s is taken: choose another with -p", port);
	if (bound == -1)
		err(1, "bind %s port %s", name, port);
	struct ip_mreq membership = {.imr_multiaddr = group.sin_addr};
	membership.imr_interface.s_addr = inet_addr(INTERFACE);
	if (setsockopt(receiver, IPPROTO_IP, IP_ADD_MEMBERSHIP, &membership,
		       sizeof membership) == -1)
		err(1, "join %s by %s (is loopback up?)", name, INTERFACE);
	printf("Receiver listening on %s:%ld\n", name, number);

	struct pollfd datagram = {.fd = receiver, .events = POLLIN};
	int ready;
	while ((ready = poll(&datagram, 1, milliseconds)) == -1)
		if (errno != EINTR)
			err(1, "poll");
	if (ready == 0)
		errx(1, "nobody has sent anything in %g s",
		     (double)milliseconds / 1000);
	/* What does not fit is lost. One byte more tells of too long a one. */
	unsigned char text[TEXT_SIZE + 1];
	struct sockaddr_in sender;
	socklen_t size = sizeof sender;
	ssize_t length = recvfrom(receiver, text, sizeof text, 0,
				  (struct sockaddr *)&sender, &size);
	if (length == -1)
		err(1, "recvfrom");
	if (length > TEXT_SIZE)
		errx(1, "recvfrom: it has more than %d bytes", TEXT_SIZE);
	for (ssize_t i = 0; i < length; i++)
		if (!isprint(text[i])) /* a terminal might obey it */
			text[i] = '?';
	printf("Received from %s:%d: %.*s\n", inet_ntoa(sender.sin_addr),
	       ntohs(sender.sin_port), (int)length, (char *)text);
	if (close(receiver) == -1)
		err(1, "close");
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}
