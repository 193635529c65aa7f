/*
 * datagram - send standard input as one UDP datagram, print the port it is from
 *
 * A tool of the tests, no lesson: it stands for the other programs that know
 * a group and a port. It stays on this machine, unless INTERFACE, an address,
 * tells it another way out: then it joins the group there first.
 *
 *     $ printf 'no\0text' | ./datagram 239.255.12.34 12346
 *     41210
 *
 * usage: datagram ADDRESS PORT [INTERFACE]
 */

#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../socket/multicast.h"

int main(int argc, char *argv[])
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	if (argc < 3 || argc > 4 ||
	    inet_pton(AF_INET, argv[1], &address.sin_addr) != 1)
		errx(2, "usage: datagram ADDRESS PORT [INTERFACE]");
	address.sin_port = htons((in_port_t)strtol(argv[2], NULL, 10));

	static char bytes[65536];
	size_t size = fread(bytes, 1, sizeof bytes, stdin);
	if (ferror(stdin))
		err(1, "read");
	int sender = socket(AF_INET, SOCK_DGRAM, 0);
	if (sender == -1)
		err(1, "socket");
	struct in_addr interface = {.s_addr = inet_addr(INTERFACE)};
	struct ip_mreq membership = {.imr_multiaddr = address.sin_addr};
	if (argc == 4) {
		interface.s_addr = inet_addr(argv[3]);
		membership.imr_interface = interface;
		if (setsockopt(sender, IPPROTO_IP, IP_ADD_MEMBERSHIP,
			       &membership, sizeof membership) == -1)
			err(1, "setsockopt");
	}
	if (setsockopt(sender, IPPROTO_IP, IP_MULTICAST_IF, &interface,
		       sizeof interface) == -1)
		err(1, "setsockopt");
	if (sendto(sender, bytes, size, 0, (struct sockaddr *)&address,
		   sizeof address) == -1)
		err(1, "sendto");
	socklen_t length = sizeof address;
	if (getsockname(sender, (struct sockaddr *)&address, &length) == -1)
		err(1, "getsockname");
	printf("%d\n", ntohs(address.sin_port));
	close(sender);
	return 0;
}
