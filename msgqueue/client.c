/*
 * client - send requests to the server, print its answers
 *
 * Shows that many processes can use one queue in both directions: an answer's
 * type is its client's pid, and msgrcv takes no other.
 *
 *     terminal 1                            terminal 2
 *     $ ./server
 *     Server waiting for requests ...       $ ./client hello world
 *     client 4711: hello                    HELLO
 *     client 4711: world                    WORLD
 *
 * Each TEXT is a request of its own; without one it is "Hello world".
 *
 * usage: client [-h] [-f PATH] [TEXT ...]
 *
 * The other half is server.c; request.h holds what both must know.
 */

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <time.h>
#include <unistd.h>

#include "request.h"

static const char usage[] = "usage: client [-h] [-f PATH] [TEXT ...]";

/* Makes the call that waits return EINTR, each second anew. */
static void tick(int signal_number)
{
	(void)signal_number;
	alarm(1);
}

/* A call on the queue has failed: return if it is to be made again. A server
 * that ends removes the queue; one that was killed may be unable to. */
static void go_on(const char *call, int place)
{
	if (errno == EINTR && semctl(place, 0, GETVAL) > 0)
		return;
	if (errno == EINTR || errno == EIDRM || errno == EINVAL)
		errx(1, "%s: the server has ended", call);
	err(1, "%s", call);
}

int main(int argc, char *argv[])
{
	const char *path = getenv("HOME");
	int option;
	while ((option = getopt(argc, argv, "hf:")) == 'f')
		path = optarg;
	if (option != -1) { /* -h, or what getopt has complained about */
		fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
		return option == 'h' ? 0 : 2;
	}
	static char *hello[] = {"Hello world", NULL};
	char **texts = optind < argc ? argv + optind : hello;
	for (char **text = texts; *text != NULL; text++) {
		if (strlen(*text) >= REQUEST_TEXT)
			errx(1, "a text is too long: at most %d bytes fit",
			     REQUEST_TEXT - 1);
	}
	if (path == NULL)
		errx(1, "HOME is not set: choose a path with -f");
	if (getpid() == REQUEST_TYPE)
		errx(1, "process 1 cannot be a client: see request.h");
	setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen at once */

	key_t key = ftok(path, SERVER_PROJECT);
	if (key == -1)
		err(1, "ftok: %s", path);
	int queue = msgget(key, 0);
	if (queue == -1 && errno != ENOENT)
		err(1, "msgget: queue of %s", path);
	int place = semget(key, 1, 0);
	if (queue == -1 || place == -1 || semctl(place, 0, GETVAL) == 0)
		errx(1, "msgget: no server for %s: start server first", path);

	/* No SA_RESTART: the call that waits is to come back. */
	sigaction(SIGALRM, &(struct sigaction){.sa_handler = tick}, NULL);
	/* An earlier process may have had our pid, and its answer may still be
	 * there: begin with a number that it hardly had. */
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	struct request request = {.type = REQUEST_TYPE, .pid = getpid()};
	request.number =
	    (unsigned)now.tv_sec * 1000000000u + (unsigned)now.tv_nsec;

	for (; *texts != NULL; texts++) {
		size_t size = strlen(*texts) + 1;
		memcpy(request.text, *texts, size);
		request.number++;
		alarm(1);
		while (msgsnd(queue, &request, HEAD_SIZE + size, 0) == -1)
			go_on("msgsnd", place); /* it waits for room */
		struct request answer;
		ssize_t length;
		do { /* until it is the answer to this very request */
			length = msgrcv(queue, &answer, REQUEST_SIZE, getpid(),
					MSG_NOERROR);
			if (length == -1)
				go_on("msgrcv", place);
		} while (length < (ssize_t)HEAD_SIZE ||
			 answer.number != request.number);
		alarm(0);
		/* Any program may have sent it: there need not be a NUL. */
		length -= (ssize_t)HEAD_SIZE;
		printf("%.*s\n", (int)length, answer.text);
		if (ferror(stdout))
			errx(1, "cannot write to standard output");
	}
	return 0;
}
