/*
 * multicast_sender - send one datagram to all who have joined a group
 *
 * Shows that UDP is connectionless: no accept, no peer. One sendto reaches
 * every receiver, be there three or none, and the sender cannot tell.
 *
 *     $ ./multicast_receiver & ./multicast_receiver & sleep 1
 *     Receiver listening on 239.255.12.34:12346
 *     Receiver listening on 239.255.12.34:12346
 *     $ ./multicast_sender 'Hello all'
 *     Sent to 239.255.12.34:12346: Hello all
 *     Received from 127.0.0.1:41210: Hello all
 *     Received from 127.0.0.1:41210: Hello all
 *
 * usage: multicast_sender [-h] [-g GROUP] [-p PORT] [MESSAGE]
 *
 * The other half is multicast_receiver.c; multicast.h holds what both know.
 */

#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "multicast.h"

static const char usage[] =
    "usage: multicast_sender [-h] [-g GROUP] [-p PORT] [MESSAGE]";

int main(int argc, char *argv[])
{
	const char *name = GROUP, *port = GROUP_PORT;
	int option;
	while ((option = getopt(argc, argv, "hg:p:")) != -1) {
		if (option == 'g')
			name = optarg;
		else if (option == 'p')
			port = optarg;
		else { /* -h, or what getopt has complained about */
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			return option == 'h' ? 0 : 2;
		}
	}
	if (argc - optind > 1)
		errx(2, "surplus argument '%s'\n%s", argv[optind + 1], usage);
	struct sockaddr_in group = {.sin_family = AF_INET};
	if (inet_pton(AF_INET, name, &group.sin_addr) != 1 ||
	    !IN_MULTICAST(ntohl(group.sin_addr.s_addr)))
		errx(2, "-g '%s': not 224.0.0.0 to 239.255.255.255\n%s", name,
		     usage);
	char *rest;
	long number = strtol(port, &rest, 10);
	if (*rest != '\0' || number < 1 || number > 65535)
		errx(2, "-p '%s': not 1 to 65535\n%s", port, usage);
	group.sin_port = htons((in_port_t)number);
	const char *text = optind < argc ? argv[optind] : "Hello all";
	size_t length = strlen(text);
	if (length > TEXT_SIZE)
		errx(1, "the message is too long: at most %d bytes fit",
		     TEXT_SIZE);
	setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen at once */

	int sender = socket(AF_INET, SOCK_DGRAM, 0);
	if (sender == -1)
		err(1, "socket");
	/* A group is in no routing table: say which way the datagram goes. */
	struct in_addr interface = {.s_addr = inet_addr(INTERFACE)};
	if (setsockopt(sender, IPPROTO_IP, IP_MULTICAST_IF, &interface,
		       sizeof interface) == -1)
		err(1, "setsockopt: no way out by %s (is loopback up?)",
		    INTERFACE);
	/* All or nothing: a datagram is never sent in part. */
	if (sendto(sender, text, length, 0, (struct sockaddr *)&group,
		   sizeof group) == -1)
		err(1, "sendto %s port %s", name, port);
	printf("Sent to %s:%ld: %s\n", name, number, text);
	if (close(sender) == -1)
		err(1, "close");
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}
