/*
 * peer - the other side of a socket, as odd as a test wants it
 *
 * A tool of the tests, no lesson. It does its actions in order, and never lives
 * longer than LIFE seconds.
 *
 *     $ ./peer connect 12345 send Hello shutdown read
 *     connected
 *     Hello from server
 *
 *     connect PLACE    to a port of 127.0.0.1, or to the socket at a path, with
 *                      a slash in it; `clients 300` before it makes as many
 *                      connections: of what follows each action is done for all
 *                      of them, one after the other
 *     listen           at any free port, which is printed; wait for a client
 *     reserve          print a port, and have it, without listening: whoever
 *                      connects is refused
 *     send TEXT        the text without a NUL; if there are more clients than
 *                      one, a line with the client's number before it
 *     send-file FILE   the bytes of a file; `piece 1` before it: one a send
 *     hear             print what one recv returns
 *     read             print all up to end-of-file, "(reset)" if it ends so
 *     flood            send until the peer has closed or reset, or print
 *                      "(full)" when there has been no room for a while
 *     shutdown         no more to send: the peer reads end-of-file
 *     reset            close with RST. (Its end closes with FIN.)
 *     wait-file FILE   go on when the file exists
 *     stay             until it is ended
 *     datagram PORT    standard input to a port of 127.0.0.1, or of the `host
 *                      ADDRESS` before it; print the port it is from. By
 *                      loopback, or by the `interface ADDRESS` before it, where
 *                      its group is joined, too
 *
 * What is sent waits until there is room, and what comes meanwhile is printed.
 * The socket of a path knows no RST, but closed with something unread it is a
 * reset for the peer.
 */

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	LIFE = 120,     /* seconds */
	PAUSE = 5,      /* milliseconds */
	PATIENCE = 100, /* milliseconds */
	MOST_CLIENTS = 10000
};

static int connections[MOST_CLIENTS];
static char block[65536];
static size_t clients = 1, piece = sizeof block;
static const char *host = "127.0.0.1";
static const char *interface; /* NULL: loopback */

static union {
	struct sockaddr any;
	struct sockaddr_in port;
	struct sockaddr_un path;
} address;

static int must(int result, const char *what)
{
	if (result == -1)
		err(1, "%s", what);
	return result;
}

static socklen_t set_address(const char *place)
{
	if (strchr(place, '/') != NULL) {
		address.path.sun_family = AF_UNIX;
		if (strlen(place) >= sizeof address.path.sun_path)
			errx(1, "%s is too long", place);
		strcpy(address.path.sun_path, place);
		return sizeof address.path;
	}
	address.port.sin_family = AF_INET;
	address.port.sin_port = htons((in_port_t)strtol(place, NULL, 10));
	address.port.sin_addr.s_addr = inet_addr(host);
	return sizeof address.port;
}

static int new_socket(int type)
{
	return must(socket(address.any.sa_family, type, 0), "socket");
}

static void print_port(const char *title, int bound)
{
	socklen_t size = sizeof address.port;
	must(getsockname(bound, &address.any, &size), "getsockname");
	printf("%s%d\n", title, ntohs(address.port.sin_port));
}

static int bound_socket(void)
{
	const socklen_t size = set_address("0");
	const int bound = new_socket(SOCK_STREAM);
	must(bind(bound, &address.any, size), "bind");
	return bound;
}

static void accept_one(void)
{
	const int listener = bound_socket();
	must(listen(listener, 1), "listen");
	print_port("listening on 127.0.0.1:", listener);
	connections[0] = must(accept(listener, NULL, NULL), "accept");
	close(listener);
	printf("accepted\n");
}

static void set_clients(const char *count)
{
	clients = strtoul(count, NULL, 10);
	if (clients < 1 || clients > MOST_CLIENTS)
		errx(2, "clients: must be 1 to %d", MOST_CLIENTS);
}

static void connect_to(size_t client, const char *place)
{
	const socklen_t size = set_address(place);
	connections[client] = new_socket(SOCK_STREAM);
	must(connect(connections[client], &address.any, size), place);
	if (client + 1 == clients)
		printf("connected\n");
}

/* Print what one recv returns. Is there more to come? */
static int hear(int connection)
{
	static char heard[65536];
	const ssize_t size = recv(connection, heard, sizeof heard, 0);
	if (size == -1 && errno != ECONNRESET)
		err(1, "recv");
	if (size == -1)
		printf("(reset)\n");
	fwrite(heard, 1, size > 0 ? (size_t)size : 0, stdout);
	fflush(stdout);
	return size > 0;
}

/* Up to the size of a block it is one call of send. */
static void send_bytes(int connection, const char *bytes, size_t size)
{
	struct pollfd ready = {connection, POLLIN | POLLOUT, 0};
	while (size > 0) {
		must(poll(&ready, 1, -1), "poll");
		if ((ready.revents & POLLOUT) == 0) {
			hear(connection);
			continue;
		}
		const size_t most = size < piece ? size : piece;
		const ssize_t sent =
		    send(connection, bytes, most, MSG_DONTWAIT);
		if (sent == -1 && errno == EAGAIN)
			continue;
		if (sent == -1)
			err(1, "send");
		bytes += sent;
		size -= (size_t)sent;
	}
}

static void send_text(size_t client, const char *text)
{
	if (clients > 1) {
		snprintf(block, sizeof block, "%zu %s\n", client, text);
		text = block;
	}
	send_bytes(connections[client], text, strlen(text));
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

static void flood(int connection)
{
	struct pollfd room = {connection, POLLOUT, 0};
	memset(block, 'f', sizeof block);
	while (poll(&room, 1, PATIENCE) == 1)
		if (send(connection, block, sizeof block, MSG_DONTWAIT) == -1 &&
		    errno != EAGAIN)
			return; /* the peer has gone */
	printf("(full)\n");
}

static void reset(int connection)
{
	const struct linger linger = {.l_onoff = 1, .l_linger = 0};
	must(setsockopt(connection, SOL_SOCKET, SO_LINGER, &linger,
			sizeof linger),
	     "setsockopt SO_LINGER");
	must(close(connection), "close");
}

/* Also where the file is there already it pauses: what was sent before and
 * what is sent after arrive apart. */
static void wait_for_file(const char *path)
{
	do
		poll(NULL, 0, PAUSE);
	while (access(path, F_OK) == -1);
}

static void send_datagram(const char *place)
{
	const size_t size = fread(block, 1, sizeof block, stdin);
	const socklen_t length = set_address(place);
	const int sender = new_socket(SOCK_DGRAM);
	struct ip_mreq group = {.imr_multiaddr = address.port.sin_addr};
	group.imr_interface.s_addr =
	    inet_addr(interface == NULL ? "127.0.0.1" : interface);
	if (interface != NULL)
		must(setsockopt(sender, IPPROTO_IP, IP_ADD_MEMBERSHIP, &group,
				sizeof group),
		     "setsockopt IP_ADD_MEMBERSHIP");
	must(setsockopt(sender, IPPROTO_IP, IP_MULTICAST_IF,
			&group.imr_interface, sizeof group.imr_interface),
	     "setsockopt IP_MULTICAST_IF");
	must((int)sendto(sender, block, size, 0, &address.any, length),
	     "sendto");
	print_port("", sender);
}

static const char *action;

static int is(const char *name)
{
	return strcmp(action, name) == 0;
}

/* An action without an operand. Is it one? */
static int act(int connection)
{
	if (is("listen"))
		accept_one();
	else if (is("reserve"))
		print_port("", bound_socket());
	else if (is("hear"))
		hear(connection);
	else if (is("read"))
		while (hear(connection))
			continue;
	else if (is("flood"))
		flood(connection);
	else if (is("shutdown"))
		must(shutdown(connection, SHUT_WR), "shutdown");
	else if (is("reset"))
		reset(connection);
	else if (is("stay"))
		poll(NULL, 0, -1);
	else
		return 0;
	return 1;
}

static void act_with(const char *operand, size_t client)
{
	if (is("connect"))
		connect_to(client, operand);
	else if (is("send"))
		send_text(client, operand);
	else if (is("send-file"))
		send_file(connections[client], operand);
	else if (is("wait-file"))
		wait_for_file(operand);
	else if (is("datagram"))
		send_datagram(operand);
	else if (is("host"))
		host = operand;
	else if (is("interface"))
		interface = operand;
	else if (is("piece"))
		piece = strtoul(operand, NULL, 10);
	else if (is("clients"))
		set_clients(operand);
	else
		errx(2, "'%s': no action; see the top of tests/peer.c", action);
}

int main(int argc, char *argv[])
{
	alarm(LIFE);
	signal(SIGPIPE, SIG_IGN); /* a peer that left: send says EPIPE */
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 1; i < argc; i++) {
		action = argv[i];
		int known = 0;
		for (size_t j = 0; j < clients; j++)
			known = act(connections[j]);
		if (known)
			continue;
		i++;
		if (i == argc)
			errx(2, "%s: nothing after it", action);
		for (size_t j = 0; j < clients; j++)
			act_with(argv[i], j);
	}
	return ferror(stdout) != 0;
}
