/*
 * echo_load - many clients of an echo server, in one process
 *
 * A tool of the tests and of measuring, no lesson. It connects CLIENTS times
 * to the socket PATH; BUSY of them (if not told otherwise, all) then have
 * ROUNDS messages of SIZE bytes echoed each, one after the other, all at once.
 * Every byte that comes back is compared. At the end it prints, on one line:
 *
 *     clients 300, busy 300, round trips 3000, seconds 0.021, per second 141201
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
 * usage: echo_load [-ekn] [-c CLIENTS] [-b BUSY] [-r ROUNDS] [-s SIZE]
 *                  [-p PIECE] PATH
 */

#include <err.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum {
	LIFE = 120, /* seconds, at most */
	BLOCK_SIZE = 65536,
	FLOOD_MOST = 8 * 1024 * 1024,
	FLOOD_PATIENCE = 100 /* milliseconds */
};

static const char usage[] =
    "usage: echo_load [-ekn] [-c CLIENTS] [-b BUSY] [-r ROUNDS] [-s SIZE] "
    "[-p PIECE] PATH";

struct client {
	size_t sent, received; /* bytes */
	int done;
};

static struct pollfd *entries;
static struct client *clients;

static size_t size = 64, total, piece = BLOCK_SIZE, flooded;
static int ends;
static unsigned char block[BLOCK_SIZE];

static double now(void)
{
	struct timespec time;
	if (clock_gettime(CLOCK_MONOTONIC, &time) == -1)
		err(1, "clock_gettime");
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static size_t number(const char *word, size_t least)
{
	char *end;
	unsigned long long value = strtoull(word, &end, 10);
	if (*word < '0' || *word > '9' || *end != '\0' || value < least ||
	    value > 1000000000)
		errx(2, "'%s': not %zu to 1000000000\n%s", word, least, usage);
	return (size_t)value;
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

static int connected_socket(const char *path)
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
	return made;
}

/* As much as it may say now: its round to the end. 0: there is no room. */
static int say(size_t number_of)
{
	struct client *client = &clients[number_of];
	size_t until = (client->received / size + 1) * size;
	until = least_of(until, total);
	while (client->sent < until) {
		size_t length = least_of(until - client->sent, piece);
		for (size_t i = 0; i < length; i++)
			block[i] = byte_at(number_of, client->sent + i);
		ssize_t sent =
		    send(entries[number_of].fd, block, length, MSG_DONTWAIT);
		if (sent == -1 && errno == EAGAIN)
			return 0;
		if (sent == -1)
			err(1, "client %zu: send after %zu bytes", number_of,
			    client->sent);
		client->sent += (size_t)sent;
	}
	entries[number_of].events = POLLIN;
	if (ends && client->sent == total &&
	    shutdown(entries[number_of].fd, SHUT_WR) == -1)
		err(1, "shutdown");
	return 1;
}

static void hear(size_t number_of)
{
	struct client *client = &clients[number_of];
	ssize_t length =
	    recv(entries[number_of].fd, block, sizeof block, MSG_DONTWAIT);
	if (length == -1 && errno == EAGAIN)
		return;
	if (length == -1)
		err(1, "client %zu: recv after %zu bytes", number_of,
		    client->received);
	if (length == 0 && (!ends || client->received < total))
		errx(1, "client %zu: end-of-file after %zu bytes", number_of,
		     client->received);
	for (ssize_t i = 0; i < length; i++) {
		if (block[i] != byte_at(number_of, client->received))
			errx(1, "client %zu: byte %zu is wrong", number_of,
			     client->received);
		client->received++;
	}
	if (client->received > client->sent)
		errx(1, "client %zu: more came than it had sent", number_of);
	client->done = ends ? length == 0 : client->received == total;
	if (client->done)
		entries[number_of].fd = -1 - entries[number_of].fd;
	else if (client->received == client->sent && client->sent < total)
		entries[number_of].events = POLLIN | POLLOUT;
}

static void flood(struct pollfd *entry)
{
	memset(block, 'f', sizeof block);
	ssize_t sent = send(entry->fd, block, sizeof block, MSG_DONTWAIT);
	if (sent == -1 && errno != EAGAIN)
		err(1, "the client that never reads: send");
	flooded += sent == -1 ? 0 : (size_t)sent;
	if (flooded > FLOOD_MOST)
		errx(1, "the client that never reads is read from for ever");
}

static void work(size_t busy, struct pollfd *flooder, size_t watched)
{
	for (size_t left = busy; left > 0;) {
		if (poll(entries, (nfds_t)watched, -1) == -1)
			err(1, "poll");
		for (size_t i = 0; i < busy; i++) {
			if (entries[i].revents == 0)
				continue;
			int sent = 0;
			if (entries[i].revents & POLLOUT)
				sent = say(i);
			else
				hear(i);
			/* The next message at once, not after a poll. */
			if (!sent && (entries[i].events & POLLOUT) &&
			    !clients[i].done &&
			    clients[i].received == clients[i].sent)
				say(i);
			left -= (size_t)clients[i].done;
		}
		if (flooder != NULL && flooder->revents != 0)
			flood(flooder);
	}
}

int main(int argc, char *argv[])
{
	size_t count = 1, busy = SIZE_MAX, rounds = 1;
	int option, stays = 0, floods = 0;
	while ((option = getopt(argc, argv, "eknc:b:r:s:p:")) != -1) {
		if (option == 'e')
			ends = 1;
		else if (option == 'k')
			stays = 1;
		else if (option == 'n')
			floods = 1;
		else if (option == 'c')
			count = number(optarg, 1);
		else if (option == 'b')
			busy = number(optarg, 0);
		else if (option == 'r')
			rounds = number(optarg, 0);
		else if (option == 's')
			size = number(optarg, 1);
		else if (option == 'p')
			piece = least_of(number(optarg, 1), BLOCK_SIZE);
		else
			errx(2, "%s", usage);
	}
	if (argc - optind != 1)
		errx(2, "%s", usage);
	busy = rounds == 0 ? 0 : least_of(busy, count);
	total = rounds * size;
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGALRM, SIG_DFL);
	alarm(LIFE);
	raise_limit();
	entries = calloc(count + 1, sizeof *entries);
	clients = calloc(count, sizeof *clients);
	if (entries == NULL || clients == NULL)
		err(1, "calloc");

	/* Those who only are there come last: poll does not look at them. */
	for (size_t i = 0; i < count; i++) {
		entries[i].fd = connected_socket(argv[optind]);
		entries[i].events = POLLIN | POLLOUT;
	}
	size_t watched = busy;
	/* It may take the place of an idle one, who stays connected. */
	struct pollfd *flooder = NULL;
	if (floods) {
		flooder = &entries[watched++];
		flooder->fd = connected_socket(argv[optind]);
		flooder->events = POLLOUT;
	}
	if (stays)
		printf("connected\n");

	double start = now();
	work(busy, flooder, watched);
	double seconds = now() - start;
	while (floods && poll(flooder, 1, FLOOD_PATIENCE) > 0)
		flood(flooder);
	printf("clients %zu, busy %zu, round trips %zu, seconds %.3f, "
	       "per second %.0f\n",
	       count, busy, busy * rounds, seconds,
	       (double)(busy * rounds) / seconds);
	if (floods)
		printf("one that never reads has sent %zu bytes\n", flooded);
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	if (stays)
		pause();
	return 0;
}
