/*
 * writer - put a message into a queue
 *
 * Shows that a message queue needs no reader at the other end: the kernel
 * keeps the message, also when this program has ended.
 *
 *     $ ./writer 'Hello world'
 *     Data send is : Hello world
 *     $ ipcs -q
 *     $ ./reader
 *     Data Received is : Hello world
 *
 * Without MESSAGE it takes one line of standard input. A queue is bounded:
 * msgsnd waits while it is full, or with -n says so (EAGAIN).
 *
 * usage: writer [-hn] [-t TYPE] [-f PATH] [MESSAGE]
 *
 * The other half is reader.c; message.h holds what both must know.
 */

#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <unistd.h>

#include "message.h"

static const char usage[] = "usage: writer [-hn] [-t TYPE] [-f PATH] [MESSAGE]";

/* One line of standard input, without its newline. Returns its length, or
 * TEXT_SIZE where there is more than fits. */
static size_t read_line(char text[TEXT_SIZE])
{
	if (isatty(STDIN_FILENO)) {
		printf("Write Data : ");
		fflush(stdout);
	}
	size_t length = 0;
	int byte = getchar();
	if (byte == EOF)
		errx(1, "no message: standard input has ended");
	while (byte != EOF && byte != '\n' && length < TEXT_SIZE) {
		text[length++] = (char)byte;
		byte = getchar();
	}
	if (ferror(stdin))
		err(1, "standard input");
	return length;
}

int main(int argc, char *argv[])
{
	const char *path = getenv("HOME");
	struct message message = {.type = 1};
	int option, flags = 0;
	char *end;
	while ((option = getopt(argc, argv, "hnt:f:")) != -1) {
		switch (option) {
		case 'n':
			flags = IPC_NOWAIT;
			break;
		case 'f':
			path = optarg;
			break;
		case 't':
			errno = 0;
			message.type = strtol(optarg, &end, 10);
			if (*end != '\0' || errno != 0 || message.type < 1)
				errx(2, "-t '%s': not a type, at least 1\n%s",
				     optarg, usage);
			break;
		default: /* -h, or what getopt has complained about */
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			return option == 'h' ? 0 : 2;
		}
	}
	if (argc - optind > 1)
		errx(2, "surplus argument '%s'\n%s", argv[optind + 1], usage);
	if (path == NULL)
		errx(1, "HOME is not set: choose a path with -f");
	setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen at once */

	size_t length;
	if (optind == argc) {
		length = read_line(message.text);
	} else {
		length = strlen(argv[optind]);
		if (length < TEXT_SIZE)
			memcpy(message.text, argv[optind], length);
	}
	if (length >= TEXT_SIZE)
		errx(1, "the message is too long: at most %d bytes fit",
		     TEXT_SIZE - 1);
	if (memchr(message.text, '\0', length) != NULL)
		errx(1, "the message is no text: it has a NUL byte");

	key_t key = ftok(path, QUEUE_PROJECT);
	if (key == -1)
		err(1, "ftok: %s", path);
	int queue = msgget(key, IPC_CREAT | QUEUE_MODE);
	if (queue == -1)
		err(1, "msgget: queue of %s", path);

	/* What is sent is the text with its NUL, not the whole struct. */
	while (msgsnd(queue, &message, length + 1, flags) == -1) {
		if (errno == EAGAIN)
			errx(1, "msgsnd: the queue is full (EAGAIN)");
		if (errno == EIDRM || errno == EINVAL)
			errx(1, "msgsnd: the queue was removed");
		if (errno != EINTR)
			err(1, "msgsnd");
	}
	printf("Data send is : %s\n", message.text);
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}
