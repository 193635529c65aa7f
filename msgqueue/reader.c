/*
 * reader - take a message out of a queue, then remove the queue
 *
 * Shows that msgrcv waits for a message, that the message may be older than
 * the reader, and that the message's type says who is to take it.
 *
 *     $ ./writer 'Hello world'
 *     Data send is : Hello world
 *     $ ./reader
 *     Data Received is : Hello world
 *
 * It may also start first: then it creates the queue and waits. Removing the
 * queue throws away the messages still in it; -l leaves it. -n: do not wait.
 * TYPE 0 takes the oldest message of any type, -N the lowest type up to N.
 *
 * usage: reader [-hln] [-t TYPE] [-f PATH]
 *
 * The other half is writer.c; message.h holds what both must know.
 */

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/msg.h>
#include <unistd.h>

#include "message.h"

static const char usage[] = "usage: reader [-hln] [-t TYPE] [-f PATH]";

static volatile sig_atomic_t created = -1; /* the queue, if we made it */

/* Interrupted before a message came: nobody else will remove the queue. */
static void remove_queue(int signal_number)
{
	if (created != -1)
		msgctl(created, IPC_RMID, NULL);
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

/* The key's queue. The signals wait until the handler knows a new one. */
static int get_queue(key_t key, const char *path)
{
	sigset_t all, before;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	signal(SIGINT, remove_queue);
	signal(SIGTERM, remove_queue);
	signal(SIGHUP, remove_queue);
	int queue;
	do { /* once more if it was removed between the two calls */
		queue = msgget(key, IPC_CREAT | IPC_EXCL | QUEUE_MODE);
		created = queue;
		if (queue == -1 && errno == EEXIST)
			queue = msgget(key, 0);
	} while (queue == -1 && errno == ENOENT);
	if (queue == -1)
		err(1, "msgget: queue of %s", path);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return queue;
}

int main(int argc, char *argv[])
{
	const char *path = getenv("HOME");
	long type = 1;
	int option, leave = 0, flags = 0;
	while ((option = getopt(argc, argv, "hlnt:f:")) != -1) {
		char *end;
		switch (option) {
		case 'l':
			leave = 1;
			break;
		case 'n':
			flags = IPC_NOWAIT;
			break;
		case 'f':
			path = optarg;
			break;
		case 't':
			errno = 0;
			type = strtol(optarg, &end, 10);
			if (*optarg == '\0' || *end != '\0' || errno != 0)
				errx(2, "-t '%s': not a type\n%s", optarg,
				     usage);
			break;
		default: /* -h, or what getopt has complained about */
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			return option == 'h' ? 0 : 2;
		}
	}
	if (optind < argc)
		errx(2, "surplus argument '%s'\n%s", argv[optind], usage);
	if (path == NULL)
		errx(1, "HOME is not set: choose a path with -f");
	setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen at once */

	key_t key = ftok(path, QUEUE_PROJECT);
	if (key == -1)
		err(1, "ftok: %s", path);
	/* Who does not wait has no use for an empty new queue. */
	int queue = flags & IPC_NOWAIT ? msgget(key, 0) : get_queue(key, path);
	if (queue == -1 && errno == ENOENT)
		errx(1, "msgget: no queue for %s: start writer first", path);
	if (queue == -1)
		err(1, "msgget: queue of %s", path);

	/* Other programs may send more than ours: the lecture's own writer
	 * sends sizeof(struct message) bytes. What is longer stays there. */
	struct {
		long type;
		char text[sizeof(struct message)];
	} message;
	ssize_t length;
	while ((length = msgrcv(queue, &message, sizeof message.text, type,
				flags)) == -1) {
		if (errno == ENOMSG)
			errx(1, "msgrcv: no message of this type (ENOMSG)");
		if (errno == EIDRM || errno == EINVAL)
			errx(1, "msgrcv: the queue was removed");
		if (errno == E2BIG)
			errx(1,
			     "msgrcv: the message is longer than %zu bytes: "
			     "it stays in the queue",
			     sizeof message.text);
		if (errno != EINTR)
			err(1, "msgrcv");
	}
	/* There need not be a NUL: the length says where the text ends. */
	printf("Data Received is : %.*s\n", (int)length, message.text);
	if (ferror(stdout))
		errx(1, "cannot write to standard output: the queue stays");
	/* Another reader may have been quicker. */
	if (!leave && msgctl(queue, IPC_RMID, NULL) == -1 && errno != EINVAL &&
	    errno != EIDRM)
		err(1, "msgctl: remove the queue of %s", path);
	return 0;
}
