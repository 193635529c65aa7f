/*
 * echo_client - say something to the echo server, print what comes back
 *
 * Shows that who sends much must also read: the server takes no more from a
 * client that leaves its echo unread.
 *
 *     terminal 1                               terminal 2
 *     $ ./echo_server
 *     Server listening... /tmp/ipc_echo_1000   $ ./echo_client
 *     Accepted connection                      Echoed: Hello, server!
 *     Received: Hello, server!
 *
 * -w: then stay and print what comes, until nothing has come for so long;
 * without a MESSAGE do only that. PATH is the name of the server's socket.
 * The other half is echo_server.c; echo.h holds what both must know.
 *
 * usage: echo_client [-h] [-w SECONDS] [-u PATH] [MESSAGE ...]
 */

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "echo.h"

static const char usage[] =
    "usage: echo_client [-h] [-w SECONDS] [-u PATH] [MESSAGE ...]";

/* Wait for something, print it, at most so many bytes; return how many. */
static size_t print_some(int connected, const char *title, size_t most)
{
	char message[MESSAGE_SIZE];
	ssize_t length = recv(connected, message, most, 0);
	if (length == -1 && errno != ECONNRESET)
		err(1, "recv");
	if (length <= 0)
		errx(1, "the server closed the connection");
	printf("%s", title);
	fwrite(message, 1, (size_t)length, stdout);
	return (size_t)length;
}

/* Piece by piece: the next is sent when as much as the last has come back. */
static void exchange(int connected, const char *message)
{
	const char *title = "Echoed: ";
	while (*message != '\0') {
		size_t unread = strnlen(message, MESSAGE_SIZE);
		if (send(connected, message, unread, 0) == -1 && errno != EPIPE)
			err(1, "send"); /* EPIPE: recv will tell */
		message += unread;
		for (; unread > 0; title = "")
			unread -= print_some(connected, title, unread);
	}
	puts(title); /* alone, or the end of its line */
}

int main(int argc, char *argv[])
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const size_t size = sizeof address.sun_path;
	snprintf(address.sun_path, size, SOCKET_PATH, (unsigned long)getuid());
	const char *path = address.sun_path;
	double seconds = -1; /* do not stay */
	int option, length = 1;
	char *rest;
	while ((option = getopt(argc, argv, "hw:u:")) != -1) {
		if (option == 'w') {
			seconds = strtod(optarg, &rest);
			if (*optarg == '\0' || *rest != '\0' ||
			    !(seconds >= 0 && seconds <= 86400))
				errx(2, "-w '%s': not 0 to 86400 seconds\n%s",
				     optarg, usage);
		} else if (option == 'u') {
			length = snprintf(address.sun_path, size, "%s", optarg);
		} else { /* -h, or what getopt has complained about */
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			return option == 'h' ? 0 : 2;
		}
	}
	if (length < 1 || length >= (int)size)
		errx(2, "-u '%s': not 1 to %zu bytes\n%s", path, size - 1,
		     usage);
	setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen at once */
	signal(SIGPIPE, SIG_IGN); /* a server that left: send says EPIPE */

	int connected = socket(AF_UNIX, SOCK_STREAM, 0);
	if (connected == -1)
		err(1, "socket");
	if (connect(connected, (struct sockaddr *)&address, sizeof address))
		err(1, "connect to %s (start echo_server first)", path);
	for (int i = optind; i < argc; i++)
		exchange(connected, argv[i]);
	if (optind == argc && seconds < 0)
		exchange(connected, MESSAGE);
	struct pollfd entry = {.fd = connected, .events = POLLIN};
	int ready = seconds >= 0;
	while (ready != 0 && !ferror(stdout)) {
		ready = poll(&entry, 1, (int)(seconds * 1000));
		if (ready == -1 && errno != EINTR)
			err(1, "poll");
		if (ready == 1) {
			print_some(connected, "Echoed: ", MESSAGE_SIZE);
			putchar('\n');
		}
	}
	if (close(connected) == -1)
		err(1, "close");
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}
