/*
 * echo_server - send back to each of many clients what it says
 *
 * Shows one process that serves thousands of clients with poll(2), and that no
 * client has to wait for one that does not read.
 *
 *     terminal 1                               terminal 2
 *     $ ./echo_server
 *     Server listening... /tmp/ipc_echo_1000   $ ./echo_client
 *     Accepted connection                      Echoed: Hello, server!
 *     Received: Hello, server!
 *
 * -b: each message goes to all. -q: no line for each message. PATH: the name of
 * the server's socket. The other half is echo_client.c; see echo.h.
 *
 * usage: echo_server [-bhq] [-u PATH]
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "echo.h"

static const char usage[] = "usage: echo_server [-bhq] [-u PATH]";
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static const char *const path = address.sun_path;
static struct stat own; /* the path as we made it; another server's stays */
static struct pollfd *polled; /* for poll: the listener, then the clients */
static nfds_t count;

static void remove_path(void)
{
	struct stat status;
	if (lstat(path, &status) == 0 && status.st_ino == own.st_ino)
		unlink(path);
}

static void end_by(int signal_number)
{
	remove_path();
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

static void watch(int descriptor)
{
	polled = realloc(polled, (count + 1) * sizeof *polled);
	if (polled == NULL)
		err(1, "realloc");
	polled[count++] = (struct pollfd){.fd = descriptor, .events = POLLIN};
}

static void accept_clients(void)
{
	int accepted;
	while ((accepted = accept(polled[0].fd, NULL, NULL)) != -1) {
		watch(accepted);
		printf("Accepted connection\n");
	}
	/* EMFILE: poll would say on and on that somebody waits. Try later. */
	int full = errno != EAGAIN && errno != ECONNABORTED;
	if (full && polled[0].events != 0)
		warn("accept: new clients wait until one leaves");
	polled[0].events = full ? 0 : POLLIN;
}

/* One message of one client. MSG_PEEK leaves it in the kernel's buffer: only
 * what is on its way back is taken out there. MSG_DONTWAIT: no call waits. */
static void serve(struct pollfd *client, int broadcast, int quiet)
{
	static char bytes[MESSAGE_SIZE];
	ssize_t length =
	    recv(client->fd, bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);
	ssize_t sent = length;
	if (length > 0)
		sent = send(client->fd, bytes, (size_t)length, MSG_DONTWAIT);
	/* Does it not read? Then we do not read from it either. */
	client->events = sent < length ? POLLOUT : POLLIN;
	if (sent > 0)
		sent = recv(client->fd, bytes, (size_t)sent, MSG_DONTWAIT);
	if (sent == 0 || (sent == -1 && errno != EAGAIN)) {
		/* End-of-file, or a reset. The last one takes the place. */
		if (close(client->fd) == -1)
			warn("close");
		*client = polled[--count];
	}
	if (sent <= 0)
		return;
	if (!quiet)
		printf("Received: %.*s\n", (int)sent, bytes);
	for (nfds_t i = 1; broadcast && i < count; i++) {
		if (&polled[i] == client)
			continue;
		length = send(polled[i].fd, bytes, (size_t)sent, MSG_DONTWAIT);
		if (length == sent || (length == -1 && errno != EAGAIN))
			continue; /* if it has gone, poll will say so */
		warnx("a client that does not keep up is disconnected");
		shutdown(polled[i].fd, SHUT_RDWR); /* poll will say so */
	}
}

/* A path outlives its server: it is dead when a connection is refused. Whatever
 * else is there, or would keep us waiting, stays, and bind says so. Each locks
 * first what all have in common, the root folder: none comes in between. */
static void take_path(int listener)
{
	struct stat status;
	int lock = open("/", O_RDONLY);
	if (lock == -1 || flock(lock, LOCK_EX) == -1)
		err(1, "lock /");
	int call = socket(AF_UNIX, SOCK_STREAM, 0);
	if (call == -1 || fcntl(call, F_SETFL, fcntl(listener, F_GETFL)) == -1)
		err(1, "socket");
	if (connect(call, (struct sockaddr *)&address, sizeof address) == 0)
		errx(1, "a server is already listening at %s: see -u", path);
	if (errno == ECONNREFUSED && lstat(path, &status) == 0 &&
	    S_ISSOCK(status.st_mode) && status.st_uid == geteuid())
		unlink(path);
	sigset_t all, before;
	sigfillset(&all); /* signals wait until the handler knows our path */
	sigprocmask(SIG_BLOCK, &all, &before);
	signal(SIGINT, end_by);
	signal(SIGTERM, end_by);
	signal(SIGHUP, end_by);
	atexit(remove_path);
	umask(SOCKET_UMASK);
	if (bind(listener, (struct sockaddr *)&address, sizeof address) == -1 ||
	    lstat(path, &own) == -1 || listen(listener, SOMAXCONN) == -1 ||
	    close(call) == -1 || close(lock) == -1)
		err(1, "bind %s (see -u)", path);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

int main(int argc, char *argv[])
{
	const size_t size = sizeof address.sun_path;
	snprintf(address.sun_path, size, SOCKET_PATH, (unsigned long)getuid());
	int option, length = 1, broadcast = 0, quiet = 0;
	while ((option = getopt(argc, argv, "bhqu:")) != -1) {
		if (option == 'b')
			broadcast = 1;
		else if (option == 'q')
			quiet = 1;
		else if (option == 'u')
			length = snprintf(address.sun_path, size, "%s", optarg);
		else { /* -h, or what getopt has complained about */
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			return option == 'h' ? 0 : 2;
		}
	}
	if (length < 1 || length >= (int)size)
		errx(2, "-u '%s': not 1 to %zu bytes\n%s", path, size - 1,
		     usage);
	if (optind < argc)
		errx(2, "surplus argument '%s'\n%s", argv[optind], usage);
	setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen at once */
	signal(SIGPIPE, SIG_IGN); /* a client that left: send says EPIPE */

	/* Each client takes a descriptor: have as many as we may. */
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		err(1, "getrlimit");
	limit.rlim_cur = limit.rlim_max;
#ifdef __APPLE__ /* there "unlimited" is refused */
	limit.rlim_cur = OPEN_MAX < limit.rlim_max ? OPEN_MAX : limit.rlim_max;
#endif
	if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
		err(1, "setrlimit");
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	int flags = listener == -1 ? -1 : fcntl(listener, F_GETFL);
	if (flags == -1 || fcntl(listener, F_SETFL, flags | O_NONBLOCK) == -1)
		err(1, "socket");
	watch(listener);
	take_path(listener);
	printf("Server listening... %s\n", path);
	while (!ferror(stdout)) {
		int patience = polled[0].events == 0 ? 1000 : -1; /* ms */
		if (poll(polled, count, patience) == -1 && errno != EINTR)
			err(1, "poll");
		for (nfds_t i = count - 1; i > 0; i--) /* the last one first */
			if (polled[i].revents != 0)
				serve(&polled[i], broadcast, quiet);
		if (polled[0].revents != 0 || patience != -1)
			accept_clients();
	}
	errx(1, "cannot write to standard output");
}
