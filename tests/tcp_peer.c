/*
 * tcp_peer - the other end of a connection, as odd as a test wants it
 *
 * No lesson. It stays on this machine (127.0.0.1, with -6 ::1), does its
 * actions in order, and never lives longer than LIFE seconds.
 *
 *     $ ./tcp_peer connect 12345 send 'Hello' shutdown read
 *     connected
 *     Hello from server
 *
 * connect goes to a port, or to the socket at a path, which has a slash in
 * it: such a one knows no RST, but closed with something unread it is a reset
 * for the peer. listen takes any free port, prints it, and waits for one
 * connection. reserve prints a port that it keeps without listening, so that a
 * connection to it is refused, until it is ended; probe only says by its exit
 * status whether this machine has the address.
 *
 *     send TEXT        the text without a NUL
 *     send-stdin       standard input to its end, byte for byte
 *     send-file FILE   the same from a file: a shell takes the standard
 *                      input away from what it starts in the background
 *     wait-file FILE   go on when the file exists
 *     read             print all up to end-of-file, "(reset)" if it ends so
 *     flood            send until the peer has closed or reset
 *     shutdown         no more to send: the peer reads end-of-file
 *     reset            close with RST instead of FIN
 *     close            close, when the peer's kernel has all that was sent
 *
 * usage: tcp_peer [-6] connect PORT|PATH ACTION ...
 *                      | listen ACTION ...
 *                      | reserve | probe
 */

#include <err.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { LIFE = 15, PATIENCE = 10, POLL_MILLISECONDS = 5, BLOCK_SIZE = 65536 };

static const char usage[] = "usage: tcp_peer [-6] connect PORT|PATH ACTION ... "
			    "| listen ACTION ... | reserve | probe";

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

/* A whole block at a time: up to BLOCK_SIZE it is one call of send. */
static void send_stream(int connection, FILE *stream)
{
	static char block[BLOCK_SIZE];
	size_t size;
	while ((size = fread(block, 1, sizeof block, stream)) > 0)
		send_bytes(connection, block, size);
	if (ferror(stream))
		err(1, "read");
}

static void send_file(int connection, const char *path)
{
	FILE *stream = fopen(path, "rb");
	if (stream == NULL)
		err(1, "open %s", path);
	send_stream(connection, stream);
	fclose(stream);
}

/* Also where the file is there already it pauses: what was sent before and
 * what is sent after arrive apart. */
static void wait_for_file(const char *path)
{
	const struct timespec pause = {.tv_nsec = POLL_MILLISECONDS * 1000000L};
	const time_t end = time(NULL) + PATIENCE;
	do {
		if (time(NULL) > end)
			errx(1, "wait-file: no %s in %d s", path, PATIENCE);
		nanosleep(&pause, NULL);
	} while (access(path, F_OK) == -1);
}

static void print_what_comes(int connection)
{
	static char block[BLOCK_SIZE];
	ssize_t size;
	while ((size = recv(connection, block, sizeof block, 0)) > 0) {
		fwrite(block, 1, (size_t)size, stdout);
		fflush(stdout);
	}
	if (size == -1 && errno != ECONNRESET)
		err(1, "recv");
	if (size == -1)
		printf("(reset)\n");
}

static void flood(int connection)
{
	static char block[BLOCK_SIZE];
	memset(block, 'f', sizeof block);
	struct pollfd room = {.fd = connection, .events = POLLOUT};
	const time_t end = time(NULL) + PATIENCE;
	while (time(NULL) <= end) {
		if (poll(&room, 1, PATIENCE * 1000) == -1)
			err(1, "poll");
		if (send(connection, block, sizeof block, MSG_DONTWAIT) != -1)
			continue;
		if (errno == ECONNRESET || errno == EPIPE)
			return;
		if (errno != EAGAIN)
			err(1, "send");
	}
	errx(1, "flood: the peer is still there after %d s", PATIENCE);
}

/* For 0 seconds the connection is reset. For more, close waits until the
 * peer's kernel has acknowledged all that was sent. */
static void close_lingering(int connection, int seconds)
{
	struct linger linger = {.l_onoff = 1};
	linger.l_linger = seconds;
	if (setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger,
		       sizeof linger) == -1)
		err(1, "setsockopt SO_LINGER");
	if (close(connection) == -1)
		err(1, "close");
}

static void act(int connection, char *actions[])
{
	for (; *actions != NULL; actions++) {
		const char *action = *actions;
		const char *operand = actions[1];
		if (strcmp(action, "send-stdin") == 0)
			send_stream(connection, stdin);
		else if (strcmp(action, "read") == 0)
			print_what_comes(connection);
		else if (strcmp(action, "flood") == 0)
			flood(connection);
		else if (strcmp(action, "reset") == 0)
			close_lingering(connection, 0);
		else if (strcmp(action, "shutdown") == 0) {
			if (shutdown(connection, SHUT_WR) == -1)
				err(1, "shutdown");
		} else if (strcmp(action, "close") == 0)
			close_lingering(connection, PATIENCE);
		else if (operand == NULL)
			errx(2, "%s: no such action, or nothing after it\n%s",
			     action, usage);
		else {
			if (strcmp(action, "send") == 0)
				send_bytes(connection, operand,
					   strlen(operand));
			else if (strcmp(action, "send-file") == 0)
				send_file(connection, operand);
			else if (strcmp(action, "wait-file") == 0)
				wait_for_file(operand);
			else
				errx(2, "%s: no such action\n%s", action,
				     usage);
			actions++;
		}
	}
}

/* A socket at a loopback port, for "0" at any free one. */
static int bound_socket(const struct addrinfo *address)
{
	int descriptor = socket(address->ai_family, SOCK_STREAM, 0);
	if (descriptor == -1)
		err(1, "socket");
	if (bind(descriptor, address->ai_addr, address->ai_addrlen) == -1)
		err(1, "bind");
	return descriptor;
}

static const char *port_of(int descriptor)
{
	static char port[NI_MAXSERV];
	struct sockaddr_storage address;
	socklen_t size = sizeof address;
	if (getsockname(descriptor, (struct sockaddr *)&address, &size) == -1)
		err(1, "getsockname");
	if (getnameinfo((struct sockaddr *)&address, size, NULL, 0, port,
			sizeof port, NI_NUMERICSERV) != 0)
		errx(1, "getnameinfo");
	return port;
}

static int connected_socket(const struct addrinfo *address, const char *port)
{
	int connection = socket(address->ai_family, SOCK_STREAM, 0);
	if (connection == -1)
		err(1, "socket");
	if (connect(connection, address->ai_addr, address->ai_addrlen) == -1)
		err(1, "connect to port %s", port);
	printf("connected\n");
	return connection;
}

static int socket_at_path(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof address.sun_path)
		errx(1, "%s is too long", path);
	memcpy(address.sun_path, path, strlen(path));
	int connection = socket(AF_UNIX, SOCK_STREAM, 0);
	if (connection == -1)
		err(1, "socket");
	if (connect(connection, (struct sockaddr *)&address, sizeof address))
		err(1, "connect to %s", path);
	printf("connected\n");
	return connection;
}

static int accepted_socket(const struct addrinfo *address, const char *host)
{
	int listener = bound_socket(address);
	if (listen(listener, 1) == -1)
		err(1, "listen");
	printf("listening on %s:%s\n", host, port_of(listener));
	int connection = accept(listener, NULL, NULL);
	if (connection == -1)
		err(1, "accept");
	close(listener);
	printf("accepted\n");
	return connection;
}

int main(int argc, char *argv[])
{
	signal(SIGALRM, SIG_DFL);
	alarm(LIFE);
	signal(SIGPIPE, SIG_IGN); /* a peer that left: send says EPIPE */
	setvbuf(stdout, NULL, _IOLBF, 0);

	const char *host = "127.0.0.1", *port = "0";
	char **word = argv + (argc > 0);
	if (*word != NULL && strcmp(*word, "-6") == 0) {
		host = "::1";
		word++;
	}
	const char *role = *word;
	if (role == NULL)
		errx(2, "%s", usage);
	word++;
	const int connecting = strcmp(role, "connect") == 0;
	if (connecting && *word != NULL)
		port = *word++;
	if (connecting && strchr(port, '/') != NULL) {
		act(socket_at_path(port), word);
		return ferror(stdout) != 0;
	}
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
	struct addrinfo *address;
	if (getaddrinfo(host, port, &hints, &address) != 0)
		errx(2, "%s: not a port\n%s", port, usage);

	if (connecting)
		act(connected_socket(address, port), word);
	else if (strcmp(role, "listen") == 0)
		act(accepted_socket(address, host), word);
	else if (strcmp(role, "reserve") == 0) {
		printf("%s\n", port_of(bound_socket(address)));
		pause();
	} else if (strcmp(role, "probe") == 0)
		close(bound_socket(address));
	else
		errx(2, "%s: not connect, listen, reserve or probe\n%s", role,
		     usage);
	freeaddrinfo(address);
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}
