/*
 * echo_client - say something to the echo server, print what comes back
 *
 * Shows that who sends much must read at the same time: the server takes no
 * more from a client that leaves its echo unread.
 *
 *     terminal 1                               terminal 2
 *     $ ./echo_server
 *     Server listening... /tmp/ipc_echo_1000   $ ./echo_client
 *     Accepted connection                      Echoed: Hello, server!
 *     Received: Hello, server!
 *
 * An echo is as many bytes as the message had: with echo_server -b they may be
 * others'. -w: stay so long and print what comes, as it comes; without a
 * MESSAGE do only that. PATH is the name of the server's socket.
 *
 * usage: echo_client [-h] [-w SECONDS] [-u PATH] [MESSAGE ...]
 *
 * The other half is echo_server.c; echo.h holds what both must know.
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
#include <time.h>
#include <unistd.h>

#include "echo.h"

static const char usage[] =
    "usage: echo_client [-h] [-w SECONDS] [-u PATH] [MESSAGE ...]";

/* Print what has come, at most so many bytes, and return how many. */
static size_t print_some(int connected, const char *title, size_t most)
{
	static char piece[MESSAGE_SIZE];
	size_t size = most < sizeof piece ? most : sizeof piece;
	ssize_t length = recv(connected, piece, size, MSG_DONTWAIT);
	if (length == -1 && errno == EAGAIN)
		return 0;
	if (length == 0 || (length == -1 && errno == ECONNRESET))
		errx(1, "the server closed the connection");
	if (length == -1)
		err(1, "recv");
	printf("%s", title);
	fwrite(piece, 1, (size_t)length, stdout);
	return (size_t)length;
}

/* MSG_DONTWAIT: send takes what there is room for, then its echo is read. */
static void exchange(int connected, const char *message)
{
	const size_t length = strlen(message);
	size_t unsent = length, unread = length;
	while (unread > 0) {
		struct pollfd entry = {.fd = connected, .events = POLLIN};
		if (unsent > 0)
			entry.events = POLLIN | POLLOUT;
		if (poll(&entry, 1, -1) == -1 && errno != EINTR)
			err(1, "poll");
		ssize_t sent = send(connected, message + length - unsent,
				    unsent, MSG_DONTWAIT);
		if (sent == -1 && errno != EAGAIN && errno != EPIPE)
			err(1, "send"); /* EPIPE: recv will tell */
		unsent -= sent == -1 ? 0 : (size_t)sent;
		const char *title = unread == length ? "Echoed: " : "";
		unread -= print_some(connected, title, unread);
	}
	puts(length > 0 ? "" : "Echoed: ");
}

static double clock_seconds(void)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void stay(int connected, double seconds)
{
	const double end = clock_seconds() + seconds;
	double left = seconds;
	while (left > 0) {
		struct pollfd entry = {.fd = connected, .events = POLLIN};
		if (poll(&entry, 1, (int)(left * 1000) + 1) == -1 &&
		    errno != EINTR)
			err(1, "poll");
		if (print_some(connected, "Echoed: ", MESSAGE_SIZE) > 0)
			putchar('\n');
		left = end - clock_seconds();
	}
}

int main(int argc, char *argv[])
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const size_t size = sizeof address.sun_path;
	snprintf(address.sun_path, size, SOCKET_PATH, (unsigned long)getuid());
	double seconds = -1;
	int option;
	while ((option = getopt(argc, argv, "hw:u:")) != -1) {
		char *end = NULL;
		if (option == 'w')
			seconds = strtod(optarg, &end);
		else if (option == 'u')
			snprintf(address.sun_path, size, "%s", optarg);
		else { /* -h, or what getopt has complained about */
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			return option == 'h' ? 0 : 2;
		}
		if (option == 'w' && (*optarg == '\0' || *end != '\0' ||
				      !(seconds >= 0 && seconds <= 86400)))
			errx(2, "-w '%s': not 0 to 86400 seconds\n%s", optarg,
			     usage);
		if (option == 'u' &&
		    (*optarg == '\0' || strlen(optarg) >= size))
			errx(2, "-u '%s': not 1 to %zu bytes\n%s", optarg,
			     size - 1, usage);
	}
	setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen at once */
	signal(SIGPIPE, SIG_IGN); /* a server that left: send says EPIPE */

	int connected = socket(AF_UNIX, SOCK_STREAM, 0);
	if (connected == -1)
		err(1, "socket");
	if (connect(connected, (struct sockaddr *)&address, sizeof address))
		err(1, "connect to %s (start echo_server first)",
		    address.sun_path);
	for (int i = optind; i < argc; i++)
		exchange(connected, argv[i]);
	if (optind == argc && seconds < 0)
		exchange(connected, MESSAGE);
	stay(connected, seconds);
	if (close(connected) == -1)
		err(1, "close");
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}
