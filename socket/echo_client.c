/*
 * echo_client - send messages to the echo server, print what comes back
 *
 * Shows a socket whose address is a path, and poll(2) on two things at once.
 *
 *     terminal 1                terminal 2
 *     $ ./echo_server -u s
 *     Server listening... s     $ ./echo_client -u s
 *     Accepted connection
 *     Received: Hello, server!  Echoed: Hello, server!
 *     (Ctrl-C)
 *     [130]
 *
 * usage: echo_client [-hw] [-u PATH] [MESSAGE ...]
 * The other half is echo_server.c. The client only counts the bytes it gets.
 */

#include <err.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "echo.h"

static struct sockaddr_un address = {.sun_family = AF_UNIX}; /* -u */
static int path_given;        /* -u: it is not checked whose the path is */
static int stay;              /* -w: after the messages, print what comes */
static char *const *messages; /* MESSAGE ...; with -w there may be none */
static void parse_options(int argc, char *argv[]); /* at the end */
static void exchange(int connected, const char *message);
static void print_until_enter(int connected);

int main(int argc, char *argv[])
{
	parse_options(argc, argv);

	/* A socket of our own. It needs no path: nobody connects to it. */
	int connected = socket(AF_UNIX, SOCK_STREAM, 0);
	if (connected == -1)
		err(1, "socket");

	/* Is the server ours? Anybody may have made the default path. */
	const char *path = address.sun_path;
	if (!path_given) {
		struct stat status;
		int failed = lstat(path, &status);
		if (failed && errno != ENOENT) /* connect reports that one */
			err(1, "lstat %s", path);
		if (!failed && status.st_uid != geteuid())
			errx(1,
			     "%s was made by another user: choose another path "
			     "with -u",
			     path);
	}

	/* Connect it to the server's. The kernel finds that by its path. */
	const struct sockaddr *server = (const struct sockaddr *)&address;
	int failed = connect(connected, server, sizeof address);
	if (failed && (errno == ENOENT || errno == ECONNREFUSED))
		err(1, "connect to %s (start echo_server first)", path);
	if (failed)
		err(1, "connect to %s", path);

	/* Send each message, and wait until it has come back. */
	for (int i = 0; messages[i] != NULL; i++)
		exchange(connected, messages[i]);

	/* echo_server -b also sends us what other clients have sent to it. */
	if (stay && !ferror(stdout))
		print_until_enter(connected);

	/* The server reads end-of-file. */
	if (close(connected) == -1)
		err(1, "close");
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}

/* Send it all, even if the kernel takes only a part at a time. */
static void send_all(int connected, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t sent = send(connected, bytes, length, 0);
		if (sent == -1 && errno == EINTR)
			continue;
		if (sent == -1 && (errno == EPIPE || errno == ECONNRESET))
			errx(1, "the server closed the connection");
		if (sent == -1)
			err(1, "send");
		bytes += sent;
		length -= (size_t)sent;
	}
}

/* Wait until something comes, at most SIZE bytes; return how many came. */
static size_t receive(int connected, char *bytes, size_t size)
{
	ssize_t length;
	do
		length = recv(connected, bytes, size, 0);
	while (length == -1 && errno == EINTR);
	if (length == 0 || (length == -1 && errno == ECONNRESET))
		errx(1, "the server closed the connection");
	if (length == -1)
		err(1, "recv");
	return (size_t)length;
}

/*
 * Send one message, piece by piece, and read as much as we have sent before
 * the next piece: the server stops reading from a client that does not read. We
 * count the bytes, and cannot see whose they are: with echo_server -b they may
 * be another client's.
 */
static void exchange(int connected, const char *message)
{
	char bytes[MESSAGE_SIZE];
	size_t left = strlen(message);
	const char *title = "Echoed: ";
	while (left > 0) {
		size_t piece = left < MESSAGE_SIZE ? left : MESSAGE_SIZE;
		send_all(connected, message, piece);
		message += piece;
		left -= piece;

		/* The echo may come in other pieces than were sent. */
		while (piece > 0) {
			size_t length = receive(connected, bytes, piece);
			printf("%s", title);
			fwrite(bytes, 1, length, stdout);
			title = "";
			piece -= length;
		}
	}
	printf("%s\n", title); /* an empty message sends nothing */
}

/* Wait for the server and for standard input at once, until Enter. poll sleeps
 * until one of the two descriptors is ready. */
static void print_until_enter(int connected)
{
	struct pollfd both[] = {{.fd = connected, .events = POLLIN},
				{.fd = STDIN_FILENO, .events = POLLIN}};
	warnx("printing what comes: press Enter to leave");
	while (!ferror(stdout)) {
		int ready = poll(both, 2, -1);
		if (ready == -1 && errno == EINTR)
			continue;
		if (ready == -1)
			err(1, "poll");

		if (both[0].revents != 0) {
			char bytes[MESSAGE_SIZE];
			size_t length = receive(connected, bytes, sizeof bytes);
			printf("Echoed: ");
			fwrite(bytes, 1, length, stdout);
			printf("\n");
		}

		if (both[1].revents != 0) {
			char key;
			ssize_t length = read(STDIN_FILENO, &key, 1);
			if (length == -1 && errno != EINTR)
				err(1, "read standard input");
			if (length == 0 || (length == 1 && key == '\n'))
				return;
		}
	}
}

static void parse_options(int argc, char *argv[])
{
	static const char usage[] =
	    "usage: echo_client [-hw] [-u PATH] [MESSAGE ...]";
	static char *const greeting[] = {MESSAGE, NULL};
	const size_t size = sizeof address.sun_path;
	char *const path = address.sun_path;
	snprintf(path, size, SOCKET_PATH, (unsigned long)getuid());
	int option;
	int length = 1;
	while ((option = getopt(argc, argv, "hwu:")) != -1) {
		if (option == 'w') {
			stay = 1;
		} else if (option == 'u') {
			path_given = 1;
			length = snprintf(path, size, "%s", optarg);
		} else { /* -h, or what getopt has complained about */
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			exit(option == 'h' ? 0 : 2);
		}
	}
	if (length < 1 || length >= (int)size)
		errx(2, "-u '%s': must be 1 to %zu bytes\n%s", path, size - 1,
		     usage);
	messages = argv + optind;
	if (optind == argc && !stay)
		messages = greeting;
	setvbuf(stdout, NULL, _IOLBF, 0); /* each line is seen at once */

	/* Ignore SIGPIPE: a write to a closed socket or pipe then fails with
	 * EPIPE instead of ending us. */
	signal(SIGPIPE, SIG_IGN);
}
