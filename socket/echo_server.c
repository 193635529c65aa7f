/*
 * echo_server - send back to each of many clients what it sends
 *
 * Shows how one process serves thousands of clients: poll(2) watches them all.
 *
 *     terminal 1                terminal 2
 *     $ ./echo_server -u s
 *     Server listening... s     $ ./echo_client -u s
 *     Accepted connection
 *     Received: Hello, server!  Echoed: Hello, server!
 *     (Ctrl-C)
 *     [130]
 *
 * usage: echo_server [-bhq] [-u PATH]
 * The other half is echo_client.c. If two servers start at the same path at the
 * same moment, clients may not reach one of them: end it and start it again.
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "echo.h"

static struct sockaddr_un address = {.sun_family = AF_UNIX}; /* -u */
static const char *const path = address.sun_path;
static int broadcast; /* -b: send each message to all clients */
static int quiet;     /* -q: print no line for each message */

/* What poll watches: watched[fd] is for descriptor fd. */
enum { MOST_DESCRIPTORS = 10000 };
static struct pollfd watched[MOST_DESCRIPTORS];
static int listener; /* the first of them; all above it are clients */
static int last;     /* the highest descriptor that a client has had */
static void parse_options(int argc, char *argv[]); /* at the end */
static void remove_path_on_every_way_out(void);
static void remove_dead_path_or_exit(void);
static void note_path(void);
static void accept_client(void);
static void serve(int client);

int main(int argc, char *argv[])
{
	parse_options(argc, argv);

	/* A stream socket, as for TCP, but its address will be a path. */
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (listener == -1)
		err(1, "socket");

	/* bind creates the path, with the mode that the umask leaves. If there
	 * is one already, it may be that of a server that was killed. */
	remove_path_on_every_way_out();
	umask(SOCKET_UMASK);
	const struct sockaddr *name = (const struct sockaddr *)&address;
	int bound = bind(listener, name, sizeof address);
	if (bound == -1 && errno == EADDRINUSE) {
		remove_dead_path_or_exit();
		bound = bind(listener, name, sizeof address);
	}
	if (bound == -1)
		err(1, "bind %s", path);
	note_path();

	/* From now on clients can connect. They wait until we accept them. */
	if (listen(listener, SOMAXCONN) == -1)
		err(1, "listen on %s", path);

	/* A client may leave before we accept it: accept must not wait then.
	 * Read the flags, add O_NONBLOCK, write them back. */
	int flags = fcntl(listener, F_GETFL);
	if (flags == -1)
		err(1, "fcntl F_GETFL");
	if (fcntl(listener, F_SETFL, flags | O_NONBLOCK) == -1)
		err(1, "fcntl F_SETFL");

	/* Each client takes a descriptor: have as many as we may. */
	struct rlimit limit;
	if (getrlimit(RLIMIT_NOFILE, &limit) == -1)
		err(1, "getrlimit RLIMIT_NOFILE");
	limit.rlim_cur = limit.rlim_max;
	if (limit.rlim_cur > MOST_DESCRIPTORS)
		limit.rlim_cur = MOST_DESCRIPTORS;
	if (setrlimit(RLIMIT_NOFILE, &limit) == -1)
		err(1, "setrlimit RLIMIT_NOFILE");

	for (int i = 0; i < MOST_DESCRIPTORS; i++)
		watched[i].fd = -1; /* poll skips it */
	watched[listener] = (struct pollfd){.fd = listener, .events = POLLIN};
	last = listener;
	printf("Server listening... %s\n", path);

	/* poll sleeps until at least one of many descriptors is ready; so one
	 * process is enough, without a thread for each client. */
	while (!ferror(stdout)) {
		/* No limit of time. But while we do not watch the listener (see
		 * accept_client), look at it again after a second. */
		int milliseconds = watched[listener].events == 0 ? 1000 : -1;
		int ready = poll(watched, (nfds_t)last + 1, milliseconds);
		if (ready == -1 && errno == EINTR)
			continue;
		if (ready == -1)
			err(1, "poll");
		if (ready == 0)
			watched[listener].events = POLLIN;
		for (int client = listener + 1; client <= last; client++)
			if (watched[client].revents != 0)
				serve(client);
		if (watched[listener].revents != 0)
			accept_client();
	}
	errx(1, "cannot write to standard output");
}

/* ---- the clients ---- */

/*
 * The last message of each client, at the place of its descriptor. The server
 * reads the next one only when this one has been sent back whole, so one place
 * for each is enough. (They are 40 MB: only the pages that are used take
 * memory.)
 */
static struct {
	char bytes[MESSAGE_SIZE];
	size_t length; /* how many bytes it has */
	size_t sent;   /* how many of them have been sent back */
} messages[MOST_DESCRIPTORS];

static void accept_client(void)
{
	int client = accept(listener, NULL, NULL);
	if (client == -1 && errno == EMFILE) {
		/* No descriptor is free. The client goes on waiting, and poll
		 * would report it again and again: do not watch the listener
		 * until a client leaves, or a second has passed. */
		static int told;
		if (!told)
			warn("accept: new clients wait until one leaves");
		told = 1;
		watched[listener].events = 0;
		return;
	}
	if (client == -1 &&
	    (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR))
		return; /* it has left, or poll will report it again */
	if (client == -1)
		err(1, "accept");

	messages[client].length = 0;
	messages[client].sent = 0;
	watched[client] = (struct pollfd){.fd = client, .events = POLLIN};
	if (client > last)
		last = client;
	printf("Accepted connection\n");
}

static void disconnect(int client)
{
	if (close(client) == -1)
		warn("close");
	watched[client] = (struct pollfd){.fd = -1};
	watched[listener].events = POLLIN; /* there is a free descriptor */
}

/*
 * Send as much as the kernel takes without waiting (MSG_DONTWAIT). Returns how
 * much that was, or -1 if the client has gone.
 */
static ssize_t send_without_waiting(int client, const char *bytes,
				    size_t length)
{
	size_t sent = 0;
	while (sent < length) {
		ssize_t taken =
		    send(client, bytes + sent, length - sent, MSG_DONTWAIT);
		if (taken == -1 && errno == EINTR)
			continue;
		if (taken == -1 && errno == EAGAIN)
			break; /* its buffer is full: it does not read */
		if (taken == -1)
			return -1;
		sent += (size_t)taken;
	}
	return (ssize_t)sent;
}

/* -b: nobody waits for a client that does not read. A client whose last message
 * is not out yet, or that cannot take all of this one, is disconnected. */
static void send_to_others(int sender)
{
	size_t length = messages[sender].length;
	for (int other = listener + 1; other <= last; other++) {
		if (watched[other].fd == -1 || other == sender)
			continue;
		ssize_t sent = 0;
		if (messages[other].sent == messages[other].length)
			sent = send_without_waiting(
			    other, messages[sender].bytes, length);
		if (sent == (ssize_t)length)
			continue;
		if (sent != -1)
			warnx("a client that does not keep up is disconnected");
		disconnect(other);
	}
}

/* poll says that this client has sent something, reads again, or has gone. */
static void serve(int client)
{
	char *bytes = messages[client].bytes;

	/* Has it got all of the last message? Then receive the next one. */
	if (messages[client].sent == messages[client].length) {
		ssize_t length =
		    recv(client, bytes, MESSAGE_SIZE, MSG_DONTWAIT);
		if (length == -1 && (errno == EAGAIN || errno == EINTR))
			return;    /* poll will report it again */
		if (length <= 0) { /* end-of-file, or a reset */
			disconnect(client);
			return;
		}
		messages[client].length = (size_t)length;
		messages[client].sent = 0;
		if (!quiet)
			printf("Received: %.*s\n", (int)length, bytes);
		if (broadcast)
			send_to_others(client);
	}

	/* Send it back, or what is left of it. */
	ssize_t sent = send_without_waiting(
	    client, bytes + messages[client].sent,
	    messages[client].length - messages[client].sent);
	if (sent == -1) {
		disconnect(client);
		return;
	}
	messages[client].sent += (size_t)sent;

	/* Wait for room in its buffer, or for its next message: never both. */
	if (messages[client].sent < messages[client].length)
		watched[client].events = POLLOUT;
	else
		watched[client].events = POLLIN;
}

/* ---- the path ---- */

static volatile sig_atomic_t made; /* bind has made our path: remove it */
static ino_t inode;                /* its number; 0 while not known */

static void note_path(void)
{
	made = 1;
	struct stat status;
	if (lstat(path, &status) == -1)
		err(1, "lstat %s", path);
	inode = status.st_ino;
}

/* If somebody has removed our path, another server may have made a new one. */
static void remove_path(void)
{
	if (!made)
		return;
	struct stat status;
	int failed = lstat(path, &status);
	if (!failed && inode != 0 && status.st_ino != inode)
		return;
	if (unlink(path) == 0 || errno == ENOENT)
		return;

	/* A signal handler may call write, but not printf. */
	static const char left[] = "echo_server: unlink: the path is left\n";
	if (write(STDERR_FILENO, left, sizeof left - 1) == -1)
		_exit(1);
}

static void interrupted(int signal_number)
{
	remove_path();
	raise(signal_number);
	_exit(128 + signal_number); /* only reached as pid 1, in a container */
}

/* RESETHAND brings the default action back, NODEFER lets raise take effect
 * inside the handler. So we end by that signal, and the shell sees why. */
static void remove_path_on_every_way_out(void)
{
	const struct sigaction interruption = {
	    .sa_handler = interrupted,
	    .sa_flags = (int)(SA_RESETHAND | SA_NODEFER)};
	atexit(remove_path);
	const int signals[] = {SIGINT, SIGQUIT, SIGTERM};
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		sigaction(signals[i], &interruption, NULL);
	if (signal(SIGHUP, SIG_IGN) != SIG_IGN)
		sigaction(SIGHUP, &interruption, NULL); /* not under nohup */
}

/*
 * Is somebody listening at the path? connect tells: refused means nobody. Then
 * the path is that of a server that was killed: if it is ours, remove it.
 * Otherwise leave it, and end. (macOS and the BSDs also refuse if too many
 * clients wait to be accepted: there a server that was stopped for long may
 * lose its path.)
 */
static void remove_dead_path_or_exit(void)
{
	struct stat status;
	if (lstat(path, &status) == -1)
		err(1, "lstat %s", path);
	if (!S_ISSOCK(status.st_mode))
		errx(1, "%s is not a socket: choose another path with -u",
		     path);
	if (status.st_uid != geteuid())
		errx(1, "%s is another user's: choose another path with -u",
		     path);

	/* Ask, but do not wait: a server that is stopped accepts nobody. */
	int probe = socket(AF_UNIX, SOCK_STREAM, 0);
	if (probe == -1)
		err(1, "socket");
	if (fcntl(probe, F_SETFL, O_NONBLOCK) == -1)
		err(1, "fcntl F_SETFL");
	int connected =
	    connect(probe, (const struct sockaddr *)&address, sizeof address);
	if (connected == 0 || errno == EAGAIN) /* or too many are waiting */
		errx(1,
		     "a server is already listening at %s: "
		     "choose another path with -u",
		     path);
	if (errno != ECONNREFUSED)
		err(1, "connect to %s", path);
	if (close(probe) == -1)
		err(1, "close");

	if (unlink(path) == -1)
		err(1, "unlink %s", path);
}

static void parse_options(int argc, char *argv[])
{
	static const char usage[] = "usage: echo_server [-bhq] [-u PATH]";
	const size_t size = sizeof address.sun_path;
	snprintf(address.sun_path, size, SOCKET_PATH, (unsigned long)getuid());
	int option;
	int length = 1;
	while ((option = getopt(argc, argv, "bhqu:")) != -1) {
		if (option == 'b') {
			broadcast = 1;
		} else if (option == 'q') {
			quiet = 1;
		} else if (option == 'u') {
			length = snprintf(address.sun_path, size, "%s", optarg);
		} else { /* -h, or what getopt has complained about */
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			exit(option == 'h' ? 0 : 2);
		}
	}
	if (length < 1 || length >= (int)size)
		errx(2, "-u '%s': must be 1 to %zu bytes\n%s", path, size - 1,
		     usage);
	if (optind < argc)
		errx(2, "unexpected argument '%s'\n%s", argv[optind], usage);
	setvbuf(stdout, NULL, _IOLBF, 0); /* each line is seen at once */

	/* Ignore SIGPIPE: a write to a closed socket or pipe then fails with
	 * EPIPE instead of ending us. */
	signal(SIGPIPE, SIG_IGN);
}
