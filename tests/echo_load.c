/*
 * echo_load - many clients of an echo server, in one process
 *
 * A tool of the tests, no lesson. It connects CLIENTS times to the socket PATH;
 * then each client has ROUNDS messages of SIZE bytes echoed, one after the
 * other, all clients at once. Every byte that comes back is compared. At the
 * end it prints "clients 300, round trips 3000".
 *
 * A client reads only when it cannot send: what can wait in the server or in
 * the kernel does so.
 *
 * -e        having sent all, a client says so (shutdown), and wants the rest
 *           of its echoes and then end-of-file
 * -k        print "connected" when all are, and at the end stay until ended
 * -n        one client more that sends and sends, and never reads: it must
 *           not be read from for ever
 * -p PIECE  bytes for one call of send, at most
 *
 * usage: echo_load [-ekn] [-c CLIENTS] [-r ROUNDS] [-s SIZE] [-p PIECE] PATH
 */

#include <err.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	LIFE = 120, /* seconds, at most */
	BLOCK_SIZE = 65536,
	MOST = 1000000000,
	FLOOD_MOST = 8 * 1024 * 1024,
	FLOOD_PATIENCE = 100 /* milliseconds */
};

static const char usage[] =
    "usage: echo_load [-ekn] [-c CLIENTS] [-r ROUNDS] [-s SIZE] [-p PIECE] "
    "PATH";

/* Client i has entries[i], for poll; the one that never reads has the last. */
static struct client {
	size_t sent, received; /* bytes */
	int done;
} * clients;
static struct pollfd *entries;
static size_t size = 64, total, piece = BLOCK_SIZE, flooded;
static int ends;
static unsigned char block[BLOCK_SIZE];

static size_t number(const char *word)
{
	char *end;
	unsigned long value = strtoul(word, &end, 10);
	if (*word < '0' || *word > '9' || *end != '\0' || value > MOST)
		errx(2, "'%s': not 0 to %d\n%s", word, MOST, usage);
	return value;
}

static size_t least_of(size_t one, size_t other)
{
	return one < other ? one : other;
}

/* What a client says at a place of its stream: nothing looks like what another
 * client says, or like what is near. */
static unsigned char byte_at(size_t client, size_t place)
{
	return (client * 131 + place * 7 + place / 251) & 0x7f;
}

static void raise_limit(void)
{
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		err(1, "getrlimit");
	limit.rlim_cur = limit.rlim_max;
#ifdef __APPLE__
	limit.rlim_cur = OPEN_MAX < limit.rlim_max ? OPEN_MAX : limit.rlim_max;
#endif
	if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
		err(1, "setrlimit");
}

static struct pollfd connected(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof address.sun_path)
		errx(1, "%s is too long", path);
	memcpy(address.sun_path, path, strlen(path));
	int made = socket(AF_UNIX, SOCK_STREAM, 0);
	if (made == -1)
		err(1, "socket");
	if (connect(made, (struct sockaddr *)&address, sizeof address) == -1)
		err(1, "connect to %s", path);
	return (struct pollfd){.fd = made, .events = POLLIN | POLLOUT};
}

/* Where its round ends: so much it may say now. */
static size_t end_of_round(const struct client *client)
{
	return least_of((client->received / size + 1) * size, total);
}

static void say(size_t i)
{
	struct client *client = &clients[i];
	size_t length = least_of(end_of_round(client) - client->sent, piece);
	for (size_t at = 0; at < length; at++)
		block[at] = byte_at(i, client->sent + at);
	ssize_t sent = send(entries[i].fd, block, length, MSG_DONTWAIT);
	if (sent == -1 && errno == EAGAIN)
		return;
	if (sent == -1)
		err(1, "client %zu: send after %zu bytes", i, client->sent);
	client->sent += (size_t)sent;
	if (ends && client->sent == total &&
	    shutdown(entries[i].fd, SHUT_WR) == -1)
		err(1, "shutdown");
}

static void hear(size_t i)
{
	struct client *client = &clients[i];
	ssize_t length = recv(entries[i].fd, block, sizeof block, 0);
	if (length == -1)
		err(1, "client %zu: recv after %zu bytes", i, client->received);
	if (length == 0 && (!ends || client->received < total))
		errx(1, "client %zu: end-of-file after %zu bytes", i,
		     client->received);
	for (ssize_t at = 0; at < length; at++) {
		if (block[at] != byte_at(i, client->received))
			errx(1, "client %zu: byte %zu is wrong", i,
			     client->received);
		client->received++;
	}
	if (client->received > client->sent)
		errx(1, "client %zu: more came than it had sent", i);
	client->done = ends ? length == 0 : client->received == total;
}

static void flood(int flooder)
{
	memset(block, 'f', sizeof block);
	ssize_t sent = send(flooder, block, sizeof block, MSG_DONTWAIT);
	if (sent == -1 && errno != EAGAIN)
		err(1, "the client that never reads: send");
	flooded += sent == -1 ? 0 : (size_t)sent;
	if (flooded > FLOOD_MOST)
		errx(1, "the client that never reads is read from for ever");
}

static void work(size_t count, struct pollfd *flooder)
{
	size_t watched = flooder == NULL ? count : count + 1;
	size_t left = total == 0 ? 0 : count;
	while (left > 0) {
		if (poll(entries, (nfds_t)watched, -1) == -1)
			err(1, "poll");
		for (size_t i = 0; i < count; i++) {
			struct pollfd *entry = &entries[i];
			if (entry->revents == 0)
				continue;
			if (entry->revents & POLLOUT)
				say(i);
			else
				hear(i);
			entry->events = POLLIN;
			if (clients[i].sent < end_of_round(&clients[i]))
				entry->events = POLLIN | POLLOUT;
			if (clients[i].done) {
				entry->fd = -1; /* poll skips it */
				left--;
			}
		}
		if (flooder != NULL && flooder->revents != 0)
			flood(flooder->fd);
	}
	while (flooder != NULL && poll(flooder, 1, FLOOD_PATIENCE) > 0)
		flood(flooder->fd);
}

int main(int argc, char *argv[])
{
	size_t count = 1, rounds = 1;
	int option, stays = 0, floods = 0;
	while ((option = getopt(argc, argv, "eknc:r:s:p:")) != -1) {
		if (option == 'e')
			ends = 1;
		else if (option == 'k')
			stays = 1;
		else if (option == 'n')
			floods = 1;
		else if (option == 'c')
			count = number(optarg);
		else if (option == 'r')
			rounds = number(optarg);
		else if (option == 's')
			size = number(optarg);
		else if (option == 'p')
			piece = least_of(number(optarg), BLOCK_SIZE);
		else
			errx(2, "%s", usage);
	}
	if (argc - optind != 1 || size == 0 || piece == 0)
		errx(2, "%s", usage);
	total = rounds * size;
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	alarm(LIFE);
	raise_limit();
	entries = calloc(count + 1, sizeof *entries);
	clients = calloc(count + 1, sizeof *clients);
	if (entries == NULL || clients == NULL)
		err(1, "calloc");
	for (size_t i = 0; i < count; i++)
		entries[i] = connected(argv[optind]);
	struct pollfd *flooder = NULL;
	if (floods) {
		flooder = &entries[count];
		*flooder = connected(argv[optind]);
		flooder->events = POLLOUT;
	}
	if (stays)
		printf("connected\n");

	work(count, flooder);
	printf("clients %zu, round trips %zu\n", count, count * rounds);
	if (floods)
		printf("one that never reads has sent %zu bytes\n", flooded);
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	if (stays)
		pause();
	return 0;
}
