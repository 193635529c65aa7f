/*
 * prefork - many processes accept on one listening socket
 *
 * Shows that children of fork share a socket that their parent has made: any
 * of them may take the next client. A worker that was killed is replaced.
 *
 *     $ ./prefork -w 2 & sleep 1; ./client
 *     Server listening on 127.0.0.1:12345
 *     worker 4243 started
 *     worker 4244 started
 *     Hello message sent to server
 *     Hello from worker 4244
 *
 * Then kill -9 a worker. The other half is client.c; see port.h.
 *
 * usage: prefork [-h] [-p PORT] [-w WORKERS]
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

static const char usage[] = "usage: prefork [-h] [-p PORT] [-w WORKERS]";

/* Is there something to read, in time? The lifeline is a pipe into which
 * nobody writes: it is at end-of-file when the parent is no more. */
static int readable(int descriptor, int lifeline, int milliseconds)
{
	struct pollfd either[] = {{.fd = descriptor, .events = POLLIN},
				  {.fd = lifeline, .events = POLLIN}};
	while (poll(either, 2, milliseconds) == -1)
		if (errno != EINTR)
			err(1, "poll");
	if (either[1].revents != 0)
		exit(0);
	return either[0].revents != 0;
}

/* A client wakes all the workers that wait. One gets it, the others find
 * nothing (EAGAIN). Who is silent for 5 s, closes or resets gets no answer;
 * meanwhile the other workers go on. On macOS and the BSDs the accepted socket
 * is non-blocking as well: no harm, recv is called when there is something. */
static void work(int listener, int lifeline)
{
	char message[BUFFER_SIZE], answer[64];
	int size = snprintf(answer, sizeof answer, "Hello from worker %ld",
			    (long)getpid());
	while (readable(listener, lifeline, -1)) {
		int accepted = accept(listener, NULL, NULL);
		if (accepted == -1 && errno != EAGAIN && errno != ECONNABORTED)
			err(1, "accept");
		if (accepted == -1)
			continue;
		if (readable(accepted, lifeline, 5000) &&
		    recv(accepted, message, sizeof message, 0) > 0 &&
		    send(accepted, answer, (size_t)size, 0) == -1)
			warn("send");
		if (close(accepted) == -1)
			warn("close");
	}
}

int main(int argc, char *argv[])
{
	const char *port = PORT, *count = "3";
	int option;
	while ((option = getopt(argc, argv, "hp:w:")) != -1) {
		if (option == 'p')
			port = optarg;
		else if (option == 'w')
			count = optarg;
		else { /* -h, or what getopt has complained about */
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			return option == 'h' ? 0 : 2;
		}
	}
	if (optind < argc)
		errx(2, "surplus argument '%s'\n%s", argv[optind], usage);
	char *rest;
	long number = strtol(port, &rest, 10);
	if (*port == '\0' || *rest != '\0' || number < 0 || number > 65535)
		errx(2, "-p '%s': not 0 to 65535\n%s", port, usage);
	long workers = strtol(count, &rest, 10);
	if (*rest != '\0' || workers < 1 || workers > 100)
		errx(2, "-w '%s': not 1 to 100\n%s", count, usage);
	setvbuf(stdout, NULL, _IOLBF, 0); /* fork must not copy a full buffer */
	signal(SIGPIPE, SIG_IGN); /* a client that left: send says EPIPE */
	signal(SIGINT, SIG_DFL);  /* ignored in a script's background job */

	int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	if (listener == -1)
		err(1, "socket");
	int flags = fcntl(listener, F_GETFL); /* the others stay as they are */
	if (fcntl(listener, F_SETFL, flags | O_NONBLOCK) == -1)
		err(1, "fcntl");
	if (setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
		err(1, "setsockopt");
	struct sockaddr_in address = {.sin_family = AF_INET};
	address.sin_port = htons((in_port_t)number);
	address.sin_addr.s_addr = inet_addr(HOST);
	socklen_t size = sizeof address;
	int failed = bind(listener, (struct sockaddr *)&address, size) == -1 ||
		     listen(listener, SOMAXCONN) == -1;
	if (failed && errno == EADDRINUSE)
		errx(1, "port %s is taken: choose another with -p", port);
	if (failed)
		err(1, "bind %s port %s", HOST, port);
	if (getsockname(listener, (struct sockaddr *)&address, &size) == -1)
		err(1, "getsockname");
	printf("Server listening on %s:%d\n", HOST, ntohs(address.sin_port));

	/* However the parent ends, also by kill -9, the kernel then closes its
	 * end of the pipe: so it needs no handler to end its workers. */
	int lifeline[2], status;
	if (pipe(lifeline) == -1)
		err(1, "pipe");
	for (long started = 0; !ferror(stdout); started++) {
		if (started >= workers) {
			pid_t ended = waitpid(-1, &status, 0);
			if (ended == -1)
				err(1, "waitpid");
			if (WIFEXITED(status)) /* as would the next one */
				errx(1, "worker %ld failed", (long)ended);
			printf("worker %ld was ended by signal %d\n",
			       (long)ended, WTERMSIG(status));
			poll(NULL, 0, 100); /* ten new ones a second at most */
		}
		pid_t worker = fork();
		if (worker == -1)
			err(1, "fork");
		if (worker == 0) {
			if (close(lifeline[1]) == -1) /* the parent's end */
				err(1, "close");
			work(listener, lifeline[0]);
		}
		printf("worker %ld started\n", (long)worker);
	}
	errx(1, "cannot write to standard output");
}
