/*
 * ports - keep COUNT successive ports free of other scripts
 *
 * A tool of scripts, no lesson. It prints a number N. As long as it runs, no
 * other `ports` prints the same, and when it printed N nobody used TCP's or
 * UDP's ports N + 1 to N + COUNT - 1. They are below those that the kernel
 * gives out itself.
 *
 * It ends at the end of its input, and when its parent has gone. UDP's port N
 * is what it holds: the kernel gives it back, however it ends.
 *
 * usage: ports COUNT
 */

#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LOWEST = 12800, HIGHEST = 32000 };

/* A socket of this type with the port, or -1. */
static int take(int type, int port)
{
	int taken = socket(AF_INET, type, 0), on = 1;
	struct sockaddr_in address = {.sin_family = AF_INET};
	address.sin_port = htons((in_port_t)port);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	/* Connections that ended lately do no harm. */
	if (type == SOCK_STREAM)
		setsockopt(taken, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(taken, (struct sockaddr *)&address, sizeof address) == 0)
		return taken;
	close(taken);
	return -1;
}

static int is_free(int port)
{
	int stream = take(SOCK_STREAM, port), datagram = take(SOCK_DGRAM, port);
	close(stream);
	close(datagram);
	return stream != -1 && datagram != -1;
}

int main(int argc, char *argv[])
{
	int count = argc == 2 ? atoi(argv[1]) : 0;
	if (count < 1 || count > 1000)
		errx(2, "usage: ports COUNT");
	pid_t parent = getppid();
	int blocks = (HIGHEST - LOWEST) / count, first = 0, held = -1;
	for (int i = 0; i < blocks && held == -1; i++) {
		first = LOWEST + (getpid() + i) % blocks * count;
		held = take(SOCK_DGRAM, first);
		for (int port = first + 1; held != -1 && port < first + count;
		     port++) {
			if (!is_free(port)) {
				close(held);
				held = -1;
			}
		}
	}
	if (held == -1)
		errx(1, "no %d ports are free", count);
	printf("%d\n", first);
	fflush(stdout);
	char byte;
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	while (getppid() == parent &&
	       (poll(&input, 1, 100) == 0 || read(STDIN_FILENO, &byte, 1) > 0))
		;
	return 0;
}
