/*
 * prefork - many processes accept on one listening socket
 *
 * Shows that children of fork share their parent's listening socket.
 *
 *     terminal 1                            terminal 2
 *     $ ./prefork -w 2
 *     Server listening on 127.0.0.1:12345
 *     worker … started
 *     worker … started
 *     (waits)                               $ ./client | grep worker
 *                                           Hello from worker …
 *     (Ctrl-C)
 *     [130]
 *
 * usage: prefork [-h] [-p PORT] [-w WORKERS]
 * See client.c. A client that sends nothing holds a worker for 5 s, unanswered.
 */

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "port.h"

static long port;        /* -p, or else PORT; 0: any that is free */
static long workers = 3; /* -w: how many processes wait for clients */
static void parse_options(int argc, char *argv[]); /* at the end */
static void work(int listener, int lifeline);

int main(int argc, char *argv[])
{
	parse_options(argc, argv);

	/* One listening socket, for all workers. */
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	if (listener == -1)
		err(1, "socket");

	/* A client wakes all workers that wait, and accept gives it to one of
	 * them. It must not make the other workers wait: with O_NONBLOCK they
	 * get EAGAIN. Read the flags, add O_NONBLOCK, write them back. */
	int flags = fcntl(listener, F_GETFL);
	if (flags == -1)
		err(1, "fcntl F_GETFL");
	if (fcntl(listener, F_SETFL, flags | O_NONBLOCK) == -1)
		err(1, "fcntl F_SETFL");

	/* Take the port even if an old connection is in TIME-WAIT: port.h. */
	int on = 1;
	if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on))
		err(1, "setsockopt SO_REUSEADDR");
	struct sockaddr_in address = {.sin_family = AF_INET};
	address.sin_port = htons((in_port_t)port);
	address.sin_addr.s_addr = inet_addr(HOST);
	socklen_t size = sizeof address;
	int failed = bind(listener, (struct sockaddr *)&address, size);
	if (failed && errno == EADDRINUSE)
		errx(1,
		     "port %ld is taken, or was until a minute ago: "
		     "wait, or choose another with -p",
		     port);
	if (failed)
		err(1, "bind %s port %ld", HOST, port);
	if (listen(listener, SOMAXCONN) == -1)
		err(1, "listen on %s port %ld", HOST, port);

	/* Which port is it? With -p 0 the kernel has chosen one. */
	if (getsockname(listener, (struct sockaddr *)&address, &size) == -1)
		err(1, "getsockname");
	printf("Server listening on %s:%d\n", HOST, ntohs(address.sin_port));

	/* A pipe into which nobody writes. Only the parent keeps the end for
	 * writing, lifeline[1]. When the parent ends, in whatever way, the
	 * kernel closes that end. The workers poll the other end, lifeline[0]:
	 * there is end-of-file now, so they end too. */
	int lifeline[2];
	if (pipe(lifeline) == -1)
		err(1, "pipe");

	long running = 0;
	while (!ferror(stdout)) {
		/* A child has what its parent had open, the listener too. */
		if (running < workers) {
			pid_t worker = fork();
			if (worker == -1)
				err(1, "fork");
			if (worker == 0) {
				/* Otherwise the worker itself would keep the
				 * pipe open, and never see its end. */
				close(lifeline[1]);
				work(listener, lifeline[0]);
			}
			printf("worker %ld started\n", (long)worker);
			running++;
			continue;
		}

		/* All are there. Wait until one of them ends. */
		int status;
		pid_t ended = waitpid(-1, &status, 0);
		if (ended == -1 && errno == EINTR)
			continue;
		if (ended == -1)
			err(1, "waitpid: a worker");
		if (WIFEXITED(status)) /* a call failed: so would the next's */
			errx(1, "worker %ld failed", (long)ended);
		printf("worker %ld was ended by signal %d\n", (long)ended,
		       WTERMSIG(status));
		running--;
		poll(NULL, 0, 100); /* sleep 0.1 s: at most 10 forks a second */
	}
	errx(1, "cannot write to standard output");
}

/* Wait until there is something to read. Returns 0 if the time is up first. If
 * the parent ends, so does this process. */
static int readable_or_exit(int descriptor, int lifeline, int milliseconds)
{
	struct pollfd both[] = {{.fd = descriptor, .events = POLLIN},
				{.fd = lifeline, .events = POLLIN}};
	int ready;
	do
		ready = poll(both, 2, milliseconds);
	while (ready == -1 && errno == EINTR);
	if (ready == -1) {
		/* _exit: do not run the parent's atexit functions or flush its
		 * buffers again. */
		warn("poll");
		_exit(1);
	}
	if (both[1].revents != 0)
		_exit(0); /* the parent has ended */
	return both[0].revents != 0;
}

/* One client: receive its message (which is not used), send the answer. Both
 * may fail, if it has gone: then the worker takes the next one. */
static void answer(int client)
{
	char message[BUFFER_SIZE];
	ssize_t received;
	do
		received = recv(client, message, sizeof message, 0);
	while (received == -1 && errno == EINTR);
	if (received <= 0)
		return; /* end-of-file without a message, or a reset */

	char text[64];
	int length = snprintf(text, sizeof text, "Hello from worker %ld",
			      (long)getpid());
	for (int sent = 0; sent < length;) {
		ssize_t taken =
		    send(client, text + sent, (size_t)(length - sent), 0);
		if (taken == -1 && errno == EINTR)
			continue;
		if (taken == -1) {
			warn("send");
			return;
		}
		sent += (int)taken;
	}
}

/* What a worker does until its parent ends, or it is killed. */
static void work(int listener, int lifeline)
{
	for (;;) {
		readable_or_exit(listener, lifeline, -1);
		int client = accept(listener, NULL, NULL);
		if (client == -1 && (errno == EAGAIN || errno == EINTR ||
				     errno == ECONNABORTED))
			continue; /* another worker has it, or it has left */
		if (client == -1) {
			warn("accept");
			_exit(1);
		}

		/* Wait for its message, but 5 seconds at most. If there are as
		 * many silent clients as workers, nobody else is served
		 * meanwhile. */
		if (readable_or_exit(client, lifeline, 5000))
			answer(client);
		if (close(client) == -1)
			warn("close");
	}
}

static void parse_options(int argc, char *argv[])
{
	static const char usage[] =
	    "usage: prefork [-h] [-p PORT] [-w WORKERS]";
	const char *word = PORT;
	char *rest;
	int option;
	while ((option = getopt(argc, argv, "hp:w:")) != -1) {
		if (option == 'p') {
			word = optarg;
		} else if (option == 'w') {
			workers = strtol(optarg, &rest, 10);
			if (*rest != '\0' || workers < 1 || workers > 100)
				errx(2, "-w '%s': must be 1 to 100\n%s", optarg,
				     usage);
		} else { /* -h, or what getopt has complained about */
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			exit(option == 'h' ? 0 : 2);
		}
	}
	if (optind < argc)
		errx(2, "unexpected argument '%s'\n%s", argv[optind], usage);
	port = strtol(word, &rest, 10);
	if (*word == '\0' || *rest != '\0' || port < 0 || port > 65535)
		errx(2, "-p '%s': must be 0 to 65535\n%s", word, usage);
	setvbuf(stdout, NULL, _IOLBF, 0); /* fork must not copy a full buffer */

	/* Ignore SIGPIPE: a write to a closed socket or pipe then fails with
	 * EPIPE instead of ending us. */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_DFL); /* ignored in a script's background job */
	signal(SIGQUIT, SIG_DFL);
}
