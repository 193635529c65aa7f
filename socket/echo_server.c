/*
 * echo_server - send back to each of many clients what it says
 *
 * Shows one process that serves thousands of clients with poll(2), without a
 * thread for each, and that no client has to wait for one that does not read.
 *
 *     terminal 1                               terminal 2
 *     $ ./echo_server
 *     Server listening... /tmp/ipc_echo_1000   $ ./echo_client
 *     Accepted connection                      Echoed: Hello, server!
 *     Received: Hello, server!
 *
 * Ctrl-C ends it. PATH is the socket's name, a file that clients connect to.
 * -b: each message goes to all clients. -q: without a line for each message.
 *
 * usage: echo_server [-bhq] [-u PATH]
 *
 * The other half is echo_client.c; echo.h holds what both must know.
 */

#include <ctype.h>
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
static ino_t own; /* the path's inode, once we have made it */

/* What poll is to watch: in place 0 the listener, then the clients. That is
 * all we keep of them: what waits to be sent on waits in the kernel. */
static struct pollfd *entries;
static nfds_t count;

/* If another server's path is there by now, it stays. */
static void remove_path(void)
{
	struct stat status;
	if (lstat(path, &status) == 0 && status.st_ino == own)
		unlink(path);
}

static void end_by(int signal_number)
{
	remove_path();
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

static int nonblocking_socket(void)
{
	int made = socket(AF_UNIX, SOCK_STREAM, 0);
	int flags = made == -1 ? -1 : fcntl(made, F_GETFL);
	if (flags == -1 || fcntl(made, F_SETFL, flags | O_NONBLOCK) == -1)
		err(1, "socket");
	return made;
}

/* A path outlives its server. A connection tells whether there is one. */
static void remove_dead_path(void)
{
	struct stat status;
	if (lstat(path, &status) == -1)
		return; /* nothing there; if it is worse, bind will say */
	if (!S_ISSOCK(status.st_mode) || status.st_uid != geteuid())
		errx(1, "%s stays: it is no socket of yours", path);
	int probe = nonblocking_socket();
	if (connect(probe, (struct sockaddr *)&address, sizeof address) == 0 ||
	    errno == EAGAIN) /* so many clients wait there already */
		errx(1, "a server is already listening at %s: see -u", path);
	if (errno != ECONNREFUSED || unlink(path) == -1 || close(probe) == -1)
		err(1, "remove %s", path);
}

/* Between bind and listen a path looks dead: no other server must look then.
 * So each locks first what all have in common, the root folder; the kernel
 * unlocks it, however we end. */
static void listen_at_path(int listener)
{
	int lock = open("/", O_RDONLY);
	if (lock == -1 || flock(lock, LOCK_EX) == -1)
		err(1, "lock /");
	remove_dead_path();
	sigset_t all, before;
	sigfillset(&all); /* signals wait until the handler knows our path */
	sigprocmask(SIG_BLOCK, &all, &before);
	signal(SIGINT, end_by);
	signal(SIGTERM, end_by);
	signal(SIGHUP, end_by);
	atexit(remove_path);
	umask(SOCKET_UMASK);
	struct stat status;
	if (bind(listener, (struct sockaddr *)&address, sizeof address) == -1 ||
	    listen(listener, SOMAXCONN) == -1 || lstat(path, &status) == -1)
		err(1, "bind %s", path);
	own = status.st_ino;
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (close(lock) == -1)
		err(1, "close");
}

static void watch(int descriptor)
{
	entries = realloc(entries, (count + 1) * sizeof *entries);
	if (entries == NULL)
		err(1, "realloc");
	entries[count] = (struct pollfd){.fd = descriptor, .events = POLLIN};
	count++;
}

static void accept_clients(void)
{
	static int told;
	int accepted;
	while ((accepted = accept(entries[0].fd, NULL, NULL)) != -1) {
		watch(accepted);
		printf("Accepted connection\n");
	}
	if (errno == EAGAIN || errno == ECONNABORTED)
		return;
	/* EMFILE: no descriptor is left, and poll would say on and on that
	 * somebody waits. Do not watch until a client has left. */
	entries[0].events = 0;
	if (!told++)
		warn("accept: new clients wait until one leaves");
}

static void hang_up(nfds_t place)
{
	if (close(entries[place].fd) == -1)
		warn("close");
	entries[place] = (struct pollfd){.fd = -1}; /* poll passes over it */
}

static void print_message(const unsigned char *message, size_t length)
{
	printf("Received: ");
	for (size_t i = 0; i < length && i < SHOWN_SIZE; i++)
		putchar(isprint(message[i]) ? message[i] : '.');
	if (length > SHOWN_SIZE)
		printf("... (%zu bytes)", length);
	putchar('\n');
}

/* To another client: whole, or it has left too much unread. */
static void pass_on(nfds_t place, const void *message, size_t length)
{
	ssize_t sent = send(entries[place].fd, message, length, MSG_DONTWAIT);
	if (sent == (ssize_t)length || (sent == -1 && errno != EAGAIN))
		return; /* if it has gone, poll will say so */
	warnx("a client that does not keep up is disconnected");
	hang_up(place);
}

/* One message of one client. MSG_PEEK leaves it in the kernel's buffer: only
 * what the kernel takes for the way back is taken out there. MSG_DONTWAIT: the
 * call does not block, whatever the socket's flags are: on the BSDs an
 * accepted one inherits O_NONBLOCK, on Linux not. */
static void serve(nfds_t place, int broadcast, int quiet)
{
	static unsigned char message[MESSAGE_SIZE];
	struct pollfd *client = &entries[place];
	ssize_t sent =
	    recv(client->fd, message, sizeof message, MSG_PEEK | MSG_DONTWAIT);
	client->events = POLLIN;
	if (sent > 0) {
		ssize_t length = sent;
		sent = send(client->fd, message, (size_t)length, MSG_DONTWAIT);
		if (sent < length) /* it does not read: we do not read either */
			client->events = POLLOUT;
	}
	/* It is all there still, unless a client plays with MSG_OOB. */
	if (sent > 0 &&
	    recv(client->fd, message, (size_t)sent, MSG_DONTWAIT) != sent)
		sent = 0;
	if (sent == 0 || (sent == -1 && errno != EAGAIN))
		hang_up(place); /* end-of-file, or a reset */
	if (sent <= 0)
		return;
	if (!quiet)
		print_message(message, (size_t)sent);
	for (nfds_t each = 1; broadcast && each < count; each++) {
		if (each != place && entries[each].fd != -1)
			pass_on(each, message, (size_t)sent);
	}
}

int main(int argc, char *argv[])
{
	const size_t size = sizeof address.sun_path;
	snprintf(address.sun_path, size, SOCKET_PATH, (unsigned long)getuid());
	int option, broadcast = 0, quiet = 0;
	while ((option = getopt(argc, argv, "bhqu:")) != -1) {
		if (option == 'b')
			broadcast = 1;
		else if (option == 'q')
			quiet = 1;
		else if (option == 'u' && *optarg != '\0' &&
			 strlen(optarg) < size)
			strcpy(address.sun_path, optarg);
		else if (option == 'u')
			errx(2, "-u '%s': not 1 to %zu bytes\n%s", optarg,
			     size - 1, usage);
		else { /* -h, or what getopt has complained about */
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			return option == 'h' ? 0 : 2;
		}
	}
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

	watch(nonblocking_socket());
	listen_at_path(entries[0].fd);
	printf("Server listening... %s\n", path);
	while (!ferror(stdout)) {
		/* Even if nobody leaves, accept gets a try each second. */
		int ready = poll(entries, count, entries[0].events ? -1 : 1000);
		if (ready == -1 && errno == EINTR)
			continue; /* Ctrl-Z and fg */
		if (ready == -1)
			err(1, "poll");
		for (nfds_t place = 1; place < count; place++) {
			if (entries[place].revents != 0)
				serve(place, broadcast, quiet);
		}
		if (entries[0].revents != 0)
			accept_clients();
		else if (ready == 0)
			entries[0].events = POLLIN;
		for (nfds_t place = count - 1; place > 0; place--) {
			if (entries[place].fd != -1)
				continue;
			entries[place] = entries[--count]; /* the last one */
			entries[0].events = POLLIN;
		}
	}
	errx(1, "cannot write to standard output");
}
