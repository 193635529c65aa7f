/*
 * datagram - send standard input as one UDP datagram, print the port it is from
 *
 * A tool of the tests, no lesson: it stands for the other programs that know
 * a group and a port. It stays on this machine, unless INTERFACE, an address,
 * tells it another way out: then it joins the group there first.
 *
 * usage: datagram ADDRESS PORT [INTERFACE]
 */

#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

int main(int argc, char *argv[])
{
	if (argc < 3 || argc > 4)
		errx(2, "usage: datagram ADDRESS PORT [INTERFACE]");
	struct sockaddr_in address = {.sin_family = AF_INET};
	address.sin_addr.s_addr = inet_addr(argv[1]);
	address.sin_port = htons((in_port_t)strtol(argv[2], NULL, 10));
	struct ip_mreq joined = {.imr_multiaddr = address.sin_addr};
	joined.imr_interface.s_addr =
	    inet_addr(argc > 3 ? argv[3] : "127.0.0.1");

	static char bytes[65536];
	size_t size = fread(bytes, 1, sizeof bytes, stdin);
	int sender = socket(AF_INET, SOCK_DGRAM, 0);
	if (sender == -1)
		err(1, "socket");
	if (argc > 3 && setsockopt(sender, IPPROTO_IP, IP_ADD_MEMBERSHIP,
				   &joined, sizeof joined) == -1)
		err(1, "setsockopt IP_ADD_MEMBERSHIP");
	if (setsockopt(sender, IPPROTO_IP, IP_MULTICAST_IF,
		       &joined.imr_interface,
		       sizeof joined.imr_interface) == -1)
		err(1, "setsockopt IP_MULTICAST_IF");
	if (sendto(sender, bytes, size, 0, (struct sockaddr *)&address,
		   sizeof address) == -1)
		err(1, "sendto");
	socklen_t length = sizeof address;
	if (getsockname(sender, (struct sockaddr *)&address, &length) == -1)
		err(1, "getsockname");
	printf("%d\n", ntohs(address.sin_port));
	return 0;
}
