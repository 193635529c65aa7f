/*
 * writer - put a message into a queue
 *
 * Shows that a queue needs no reader at the other end: the kernel keeps the
 * message, even after this program has ended. A full queue makes msgsnd wait.
 *
 *     $ ./writer 'Hello world'
 *     Data send is : Hello world
 *
 * usage: writer [-hn] [-t TYPE] [-f PATH] [MESSAGE]
 * The other half is reader.c; message.h is for both. Without -t, TYPE is 1.
 */

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <unistd.h>

#include "message.h"

static struct message message = {.type = 1}; /* -t: another type */
static const char *text; /* MESSAGE, or else one line of standard input */
static int flags;        /* -n, do not wait if the queue is full: IPC_NOWAIT */
static const char *path; /* -f: the key is made from it; or else from HOME */
static int path_given;   /* -f: it is not checked whose queue it is */

static void parse_options(int argc, char *argv[]); /* at the end */
static size_t read_line(char line[TEXT_SIZE]);

int main(int argc, char *argv[])
{
	parse_options(argc, argv);

	/* Make the key. The reader makes the same one from the same path. */
	key_t key = ftok(path, QUEUE_PROJECT);
	if (key == -1)
		err(1, "ftok: %s", path);

	/* The text, from the command line or from standard input. */
	size_t length = text != NULL ? strlen(text) : read_line(message.text);
	if (length >= TEXT_SIZE)
		errx(1, "the message is too long: at most %d bytes fit",
		     TEXT_SIZE - 1);
	if (text != NULL)
		memcpy(message.text, text, length);
	message.text[length] = '\0';

	/* A NUL ends a text: the reader would not print what comes after it. */
	if (memchr(message.text, '\0', length) != NULL)
		errx(1, "the message is not a text: it has a NUL byte");

	/* Get the key's queue. The kernel creates it if there is none yet. */
	int queue = msgget(key, IPC_CREAT | QUEUE_MODE);
	if (queue == -1 && errno == ENOSPC)
		errx(1, "msgget: the limit of queues is reached, see ipcs");
	if (queue == -1)
		err(1, "msgget: queue of %s", path);

	/* Is it ours? Another user who makes a queue with our key first chooses
	 * its mode, and can read our messages. IPC_STAT only looks; cuid is the
	 * user who made it. */
	if (!path_given) {
		struct msqid_ds status;
		if (msgctl(queue, IPC_STAT, &status) == -1)
			err(1, "msgctl: look at queue %d", queue);
		if (status.msg_perm.cuid != geteuid())
			errx(1,
			     "queue %d was made by another user: choose "
			     "another path with -f",
			     queue);
	}

	/* Send the text with its NUL, not the whole struct. The kernel copies
	 * it. While the queue is full this waits, unless IPC_NOWAIT is set. A
	 * signal may interrupt a call that waits: it returns -1 with EINTR, and
	 * we call again. */
	int result;
	do
		result = msgsnd(queue, &message, length + 1, flags);
	while (result == -1 && errno == EINTR);
	if (result == -1 && errno == EAGAIN)
		errx(1, "msgsnd: the queue is full (EAGAIN)");
	if (result == -1 && errno == EIDRM)
		errx(1, "msgsnd: the queue was removed");
	if (result == -1)
		err(1, "msgsnd: %zu bytes to queue %d", length + 1, queue);

	printf("Data send is : %s\n", message.text);
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}

/* Read one line of standard input, without its newline. Returns its length, or
 * TEXT_SIZE if it does not fit. It reads byte by byte, so that the next lines
 * stay there for the next program. */
static size_t read_line(char line[TEXT_SIZE])
{
	if (isatty(STDIN_FILENO)) {
		printf("Write Data : ");
		fflush(stdout);
	}
	size_t length = 0;
	while (length < TEXT_SIZE) {
		ssize_t result;
		do
			result = read(STDIN_FILENO, &line[length], 1);
		while (result == -1 && errno == EINTR);
		if (result == -1)
			err(1, "read standard input");
		if (result == 0 && length == 0)
			errx(1, "no message: standard input has ended");
		if (result == 0 || line[length] == '\n')
			break;
		length++;
	}
	return length;
}

static void parse_options(int argc, char *argv[])
{
	static const char usage[] =
	    "usage: writer [-hn] [-t TYPE] [-f PATH] [MESSAGE]";
	path = getenv("HOME");
	int option;
	while ((option = getopt(argc, argv, "hnt:f:")) != -1) {
		char *end;
		switch (option) {
		case 'n':
			flags = IPC_NOWAIT;
			break;
		case 'f':
			path = optarg;
			path_given = 1;
			break;
		case 't':
			errno = 0;
			message.type = strtol(optarg, &end, 10);
			if (*end != '\0' || errno != 0 || message.type < 1)
				errx(2, "-t '%s': must be a number from 1\n%s",
				     optarg, usage);
			break;
		default: /* -h, or what getopt has complained about */
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			exit(option == 'h' ? 0 : 2);
		}
	}
	if (argc - optind > 1)
		errx(2, "unexpected argument '%s'\n%s", argv[optind + 1],
		     usage);
	if (optind < argc)
		text = argv[optind];
	if (path == NULL)
		errx(1, "HOME is not set: choose a path with -f");
	setvbuf(stdout, NULL, _IOLBF, 0); /* each line is seen at once */

	/* Ignore SIGPIPE: a write to a closed pipe then fails with EPIPE
	 * instead of ending us. */
	signal(SIGPIPE, SIG_IGN);
}
