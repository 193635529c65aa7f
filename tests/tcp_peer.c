/*
 * tcp_peer - the other end of a connection, as odd as a test wants it
 *
 * No lesson. It stays on this machine (127.0.0.1), does its actions in order,
 * and never lives longer than LIFE seconds.
 *
 *     $ ./tcp_peer connect 12345 send 'Hello' shutdown read
 *     connected
 *     Hello from server
 *
 * connect goes to a port, or to the socket at a path, which has a slash in it:
 * such a one knows no RST, but closed with something unread it is a reset for
 * the peer. listen takes any free port, prints it, and waits for a connection.
 * reserve prints a port that it keeps without listening, until it is ended: a
 * connection to it is refused.
 *
 *     send TEXT        the text without a NUL
 *     send-file FILE   the bytes of a file
 *     wait-file FILE   go on when the file exists
 *     hear             print what one recv returns
 *     read             print all up to end-of-file, "(reset)" if it ends so
 *     flood            send until the peer has closed or reset
 *     shutdown         no more to send: the peer reads end-of-file
 *     reset            close with RST instead of FIN
 *     close            close, when the peer's kernel has all that was sent
 *
 * usage: tcp_peer connect PORT|PATH ACTION ... | listen ACTION ... | reserve
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
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { LIFE = 120, PAUSE_MILLISECONDS = 5 };

static const char usage[] = "usage: tcp_peer connect PORT|PATH ACTION ... | "
			    "listen ACTION ... | reserve";
static char block[65536];

/* Up to the size of a block it is one call of send. */
static void send_bytes(int connection, const char *bytes, size_t size)
{
	while (size > 0) {
		ssize_t sent = send(connection, bytes, size, 0);
		if (sent == -1)
			err(1, "send");
		bytes += sent;
		size -= (size_t)sent;
	}
}

static void send_file(int connection, const char *path)
{
	FILE *stream = fopen(path, "rb");
	if (stream == NULL)
		err(1, "open %s", path);
	size_t size;
	while ((size = fread(block, 1, sizeof block, stream)) > 0)
		send_bytes(connection, block, size);
	if (ferror(stream))
		err(1, "read %s", path);
	fclose(stream);
}

/* Also where the file is there already it pauses: what was sent before and
 * what is sent after arrive apart. */
static void wait_for_file(const char *path)
{
	const struct timespec pause = {.tv_nsec = PAUSE_MILLISECONDS * 1000000};
	do
		nanosleep(&pause, NULL);
	while (access(path, F_OK) == -1);
}

/* Is there more to come? */
static int hear(int connection)
{
	ssize_t size = recv(connection, block, sizeof block, 0);
	if (size == -1 && errno != ECONNRESET)
		err(1, "recv");
	if (size == -1)
		printf("(reset)\n");
	fwrite(block, 1, size > 0 ? (size_t)size : 0, stdout);
	fflush(stdout);
	return size > 0;
}

static void flood(int connection)
{
	memset(block, 'f', sizeof block);
	while (send(connection, block, sizeof block, 0) != -1)
		continue;
	if (errno != ECONNRESET && errno != EPIPE)
		err(1, "send");
}

/* In no time it is a reset. Otherwise close waits until the peer's kernel has
 * acknowledged all. */
static void close_lingering(int connection, int seconds)
{
	const struct linger linger = {.l_onoff = 1, .l_linger = seconds};
	if (setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger,
		       sizeof linger) == -1)
		err(1, "setsockopt SO_LINGER");
	if (close(connection) == -1)
		err(1, "close");
}

static void act(int connection, char *words[])
{
	for (; *words != NULL; words++) {
		const char *action = *words;
		if (strcmp(action, "hear") == 0) {
			hear(connection);
		} else if (strcmp(action, "read") == 0) {
			while (hear(connection))
				continue;
		} else if (strcmp(action, "flood") == 0) {
			flood(connection);
		} else if (strcmp(action, "reset") == 0) {
			close_lingering(connection, 0);
		} else if (strcmp(action, "close") == 0) {
			close_lingering(connection, LIFE);
		} else if (strcmp(action, "shutdown") == 0) {
			if (shutdown(connection, SHUT_WR) == -1)
				err(1, "shutdown");
		} else {
			const char *operand = words[1];
			if (operand == NULL)
				errx(2, "%s: nothing after it\n%s", action,
				     usage);
			if (strcmp(action, "send") == 0)
				send_bytes(connection, operand,
					   strlen(operand));
			else if (strcmp(action, "send-file") == 0)
				send_file(connection, operand);
			else if (strcmp(action, "wait-file") == 0)
				wait_for_file(operand);
			else
				errx(2, "%s: no action\n%s", action, usage);
			words++;
		}
	}
}

static union {
	struct sockaddr any;
	struct sockaddr_in port;
	struct sockaddr_un path;
} address;

static socklen_t set_address(const char *place)
{
	if (strchr(place, '/') != NULL) {
		address.path.sun_family = AF_UNIX;
		if (strlen(place) >= sizeof address.path.sun_path)
			errx(1, "%s is too long", place);
		memcpy(address.path.sun_path, place, strlen(place));
		return sizeof address.path;
	}
	address.port.sin_family = AF_INET;
	address.port.sin_port = htons((in_port_t)strtol(place, NULL, 10));
	address.port.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return sizeof address.port;
}

static int accepted_socket(int listener)
{
	int connection = accept(listener, NULL, NULL);
	if (connection == -1)
		err(1, "accept");
	close(listener);
	printf("accepted\n");
	return connection;
}

int main(int argc, char *argv[])
{
	alarm(LIFE);
	signal(SIGPIPE, SIG_IGN); /* a peer that left: send says EPIPE */
	setvbuf(stdout, NULL, _IOLBF, 0);

	const char *role = argc > 1 ? argv[1] : "";
	const int connects = strcmp(role, "connect") == 0 && argc > 2;
	const char *place = connects ? argv[2] : "0";
	socklen_t size = set_address(place);
	int made = socket(address.any.sa_family, SOCK_STREAM, 0);
	if (made == -1)
		err(1, "socket");
	if (connects) {
		if (connect(made, &address.any, size) == -1)
			err(1, "connect to %s", place);
		printf("connected\n");
		act(made, argv + 3);
		return ferror(stdout) != 0;
	}

	if (bind(made, &address.any, size) == -1)
		err(1, "bind");
	if (getsockname(made, &address.any, &size) == -1)
		err(1, "getsockname");
	const int port = ntohs(address.port.sin_port);
	if (strcmp(role, "reserve") == 0) {
		printf("%d\n", port);
		pause();
	} else if (strcmp(role, "listen") == 0) {
		if (listen(made, 1) == -1)
			err(1, "listen");
		printf("listening on 127.0.0.1:%d\n", port);
		act(accepted_socket(made), argv + 2);
	} else {
		errx(2, "%s", usage);
	}
	return ferror(stdout) != 0;
}
