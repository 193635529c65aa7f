/*
 * client - send requests to the server, print its answers
 *
 * Shows that msgrcv can ask for one type: all answers come through one queue,
 * and each client takes only those whose type is its pid.
 *
 *     terminal 1                            terminal 2
 *     $ ./server
 *     Server waiting for requests of …      $ ./client hello
 *     client 4711: hello                    HELLO
 *
 * usage: client [-h] [-f PATH] [TEXT ...]
 *
 * The other half is server.c; request.h holds what both must know. A client
 * that waits checks once a second whether the server has ended. It waits on if
 * the server is a zombie, or if another process has the server's pid now.
 */

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <time.h>
#include <unistd.h>

#include "request.h"

static char *hello[] = {"Hello world", NULL};
static char **texts = hello; /* TEXT ...: each is a request */
static const char *path;     /* -f, or else the user's home */
static int path_is_default = 1;
static int requests, answers; /* the two queues */

static void parse_options(int argc, char *argv[]); /* at the end */
static void exit_without_queue(void);
static void exit_unless_ours(int queue);
static void exit_unless_served(const char *call, time_t began);
static void tick(int signal_number);

int main(int argc, char *argv[])
{
	parse_options(argc, argv);

	/* Get the requests' queue, which the server has created. */
	key_t key = ftok(path, REQUESTS_PROJECT);
	if (key == -1)
		err(1, "ftok: %s", path);
	requests = msgget(key, 0);
	if (requests == -1)
		exit_without_queue();
	if (path_is_default)
		exit_unless_ours(requests);

	/* Get the answers' queue in the same way. */
	key = ftok(path, ANSWERS_PROJECT);
	if (key == -1)
		err(1, "ftok: %s", path);
	answers = msgget(key, 0);
	if (answers == -1)
		exit_without_queue();
	if (path_is_default)
		exit_unless_ours(answers);

	/* An alarm each second is to interrupt the calls that wait (EINTR). So
	 * there is no SA_RESTART, which would make the kernel repeat them. */
	const struct sigaction ticking = {.sa_handler = tick};
	sigaction(SIGALRM, &ticking, NULL);

	/* Numbers of requests begin with the time: see request.h. */
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	struct request request = {.type = getpid()};
	request.number =
	    (unsigned)now.tv_sec * 1000000000u + (unsigned)now.tv_nsec;

	for (; *texts != NULL; texts++) {
		/* Send a request. While the queue is full this waits. */
		size_t size = strlen(*texts) + 1;
		memcpy(request.text, *texts, size);
		request.number++;
		alarm(1);
		while (msgsnd(requests, &request, NUMBER_SIZE + size, 0) == -1)
			exit_unless_served("msgsnd", now.tv_sec);

		/* Wait for an answer of our type. If its number is another one,
		 * it answers an earlier process that had the same pid. */
		struct request answer;
		ssize_t length;
		do {
			length = msgrcv(answers, &answer, REQUEST_SIZE,
					getpid(), MSG_NOERROR);
			if (length == -1)
				exit_unless_served("msgrcv", now.tv_sec);
		} while (length < (ssize_t)NUMBER_SIZE ||
			 answer.number != request.number);
		alarm(0);

		/* The text may lack a NUL: its length says where it ends. */
		length -= (ssize_t)NUMBER_SIZE;
		printf("%.*s\n", (int)length, answer.text);
		if (ferror(stdout))
			errx(1, "cannot write to standard output");
	}
	return 0;
}

/* msgget has failed: say why. */
static void exit_without_queue(void)
{
	if (errno == ENOENT)
		errx(1, "msgget: no server for %s: start server first", path);
	err(1, "msgget: queue of %s", path);
}

/* Any user may have made a queue with our key, and be able to read it. */
static void exit_unless_ours(int queue)
{
	struct msqid_ds status;
	if (msgctl(queue, IPC_STAT, &status) == -1)
		err(1, "msgctl: look at queue %d", queue);
	if (status.msg_perm.cuid != geteuid())
		errx(1,
		     "queue %d was made by another user: choose another path "
		     "with -f",
		     queue);
}

/* A call has failed. Return only if it was interrupted, and there may still be
 * a server: a queue remembers which process was the last to take a message. A
 * server that is busy or stopped exists, so we wait for it. */
static void exit_unless_served(const char *call, time_t began)
{
	const int error = errno;
	if (error != EINTR && error != EIDRM && error != EINVAL)
		err(1, "%s", call);
	struct msqid_ds status;
	int result = msgctl(requests, IPC_STAT, &status);
	if (result == -1 && (errno == EINVAL || errno == EIDRM))
		errx(1, "%s: the server has ended, its queue is gone", call);
	if (result == -1)
		err(1, "msgctl: look at queue %d", requests);
	pid_t server = status.msg_lrpid; /* 0: nobody has taken one yet */
	if (server == 0 && time(NULL) - began >= 5)
		errx(1, "%s: for 5 seconds no server has taken a request",
		     call);
	if (server != 0 && kill(server, 0) == -1 && errno == ESRCH)
		errx(1,
		     "%s: the server (process %ld) has ended, its queues are "
		     "left",
		     call, (long)server);
	if (error != EINTR) {
		errno = error;
		err(1, "%s", call);
	}
}

/* It interrupts one of the calls, and comes again after a second, in case
 * the call had not begun yet. */
static void tick(int signal_number)
{
	(void)signal_number;
	alarm(1);
}

static void parse_options(int argc, char *argv[])
{
	static const char usage[] = "usage: client [-h] [-f PATH] [TEXT ...]";
	path = getenv("HOME");
	int option;
	while ((option = getopt(argc, argv, "hf:")) == 'f') {
		path = optarg;
		path_is_default = 0;
	}
	if (option != -1) { /* -h, or what getopt has complained about */
		fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
		exit(option == 'h' ? 0 : 2);
	}
	if (optind < argc)
		texts = argv + optind;
	for (char **text = texts; *text != NULL; text++) {
		if (strlen(*text) >= REQUEST_TEXT)
			errx(1, "a text is too long: at most %d bytes fit",
			     REQUEST_TEXT - 1);
	}
	if (path == NULL)
		errx(1, "HOME is not set: choose a path with -f");
	setvbuf(stdout, NULL, _IOLBF, 0); /* each line is seen at once */
	signal(SIGPIPE, SIG_IGN);         /* printf fails instead */
}
