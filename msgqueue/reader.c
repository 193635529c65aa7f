/*
 * reader - take one message, then remove the queue with all others in it
 *
 * Shows that msgrcv waits for a message, and can choose it by its type.
 *
 *     terminal 1                        terminal 2
 *     $ ./reader                        $ ./writer 'Hello world'
 *     Data Received is : Hello world    Data send is : Hello world
 *
 * usage: reader [-hln] [-t TYPE] [-f PATH]
 * The other half is writer.c; message.h is for both. Without -t, TYPE is 1.
 */

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/msg.h>
#include <unistd.h>

#include "message.h"

static long type = 1;    /* -t; 0: the oldest, -N: the lowest up to N */
static int leave;        /* -l: do not remove the queue */
static int flags;        /* -n, do not wait for a message: IPC_NOWAIT */
static const char *path; /* -f: the key is made from it; or else from HOME */
static int path_given;   /* -f: it is not checked whose queue it is */
static volatile sig_atomic_t made = -1; /* the queue, if we have to remove it */

static void parse_options(int argc, char *argv[]); /* at the end */
static void remove_on_every_way_out(void);

int main(int argc, char *argv[])
{
	parse_options(argc, argv);

	/* Make the key. The writer makes the same one from the same path. */
	key_t key = ftok(path, QUEUE_PROJECT);
	if (key == -1)
		err(1, "ftok: %s", path);

	/* A reader may start first: then it makes the queue to wait in, and
	 * removes that one if it is interrupted. With -n there is nothing to
	 * wait for. IPC_EXCL: if there is a queue, this fails (EEXIST). */
	int queue = -1;
	if (flags != IPC_NOWAIT) {
		remove_on_every_way_out();
		queue = msgget(key, IPC_CREAT | IPC_EXCL | QUEUE_MODE);
		made = queue;
		if (queue == -1 && errno == ENOSPC)
			errx(1, "msgget: the limit of queues is reached, "
				"see ipcs");
		if (queue == -1 && errno != EEXIST)
			err(1, "msgget: queue of %s", path);
	}

	/* Get the queue that is there. */
	if (queue == -1)
		queue = msgget(key, 0);
	if (queue == -1 && errno == ENOENT)
		errx(1, "msgget: no queue for %s: start writer first", path);
	if (queue == -1)
		err(1, "msgget: queue of %s", path);

	/* Is it ours? Another user can make a queue with our key first, and
	 * put messages there. IPC_STAT only looks; cuid is the user who made
	 * it. */
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

	/* Take a message. The lecture's writer sends more than ours: it gives
	 * msgsnd the size of the whole struct, which counts the type too (a
	 * long). What does not fit here stays in the queue. A signal may
	 * interrupt a call that waits: it returns -1 with EINTR, and we call
	 * again. */
	struct {
		long type;
		char text[sizeof(struct message)];
	} received;
	ssize_t length;
	do
		length =
		    msgrcv(queue, &received, sizeof received.text, type, flags);
	while (length == -1 && errno == EINTR);
	if (length == -1 && errno == ENOMSG)
		errx(1, "msgrcv: no message of this type, -t %ld (ENOMSG)",
		     type);
	if (length == -1 && (errno == EIDRM || errno == EINVAL))
		errx(1, "msgrcv: the queue was removed");
	if (length == -1 && errno == E2BIG)
		errx(1,
		     "msgrcv: the message is longer than %zu bytes: it stays "
		     "in the queue",
		     sizeof received.text);
	if (length == -1)
		err(1, "msgrcv: queue %d", queue);

	/* The text may lack a NUL: its length says where it ends. */
	printf("Data Received is : %.*s\n", (int)length, received.text);

	/* Remove the queue. Messages that are still in it are lost. Another
	 * reader may have been quicker: EINVAL, EIDRM. If we made the queue,
	 * remove_queue tries again at the end: that does no harm. */
	int result = 0;
	if (leave)
		made = -1;
	else
		result = msgctl(queue, IPC_RMID, NULL);
	if (result == -1 && errno != EINVAL && errno != EIDRM)
		err(1, "msgctl: remove queue %d", queue);
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}

static void remove_queue(void)
{
	if (made == -1 || msgctl(made, IPC_RMID, NULL) == 0)
		return;
	if (errno == EINVAL || errno == EIDRM)
		return; /* it has been removed already */

	/* A signal handler may call write, but not printf. */
	static const char left[] = "reader: msgctl: a queue is left behind, "
				   "see ipcs\n";
	if (write(STDERR_FILENO, left, sizeof left - 1) == -1)
		_exit(1);
}

static void interrupted(int signal_number)
{
	remove_queue();
	raise(signal_number);
	_exit(128 + signal_number); /* only reached as pid 1, in a container */
}

/* RESETHAND brings the default action back, and NODEFER lets raise take effect
 * inside the handler. So we end by that signal, and the shell sees why. */
static const struct sigaction interruption = {
    .sa_handler = interrupted, .sa_flags = (int)(SA_RESETHAND | SA_NODEFER)};

static void remove_on_every_way_out(void)
{
	atexit(remove_queue);
	const int signals[] = {SIGINT, SIGQUIT, SIGTERM};
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		sigaction(signals[i], &interruption, NULL);
	if (signal(SIGHUP, SIG_IGN) != SIG_IGN) /* nohup: it stays ignored */
		sigaction(SIGHUP, &interruption, NULL);
}

static void parse_options(int argc, char *argv[])
{
	static const char usage[] = "usage: reader [-hln] [-t TYPE] [-f PATH]";
	path = getenv("HOME");
	int option;
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
			path_given = 1;
			break;
		case 't':
			errno = 0;
			type = strtol(optarg, &end, 10);
			if (*optarg == '\0' || *end != '\0' || errno != 0)
				errx(2, "-t '%s': must be a number\n%s", optarg,
				     usage);
			break;
		default: /* -h, or what getopt has complained about */
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			exit(option == 'h' ? 0 : 2);
		}
	}
	if (optind < argc)
		errx(2, "unexpected argument '%s'\n%s", argv[optind], usage);
	if (path == NULL)
		errx(1, "HOME is not set: choose a path with -f");
	setvbuf(stdout, NULL, _IOLBF, 0); /* each line is seen at once */

	/* Ignore SIGPIPE: a write to a closed pipe then fails with EPIPE
	 * instead of ending us. */
	signal(SIGPIPE, SIG_IGN);
}
