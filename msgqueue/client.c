/*
 * client - send requests to the server (server.c), print its answers
 *
 * Shows that msgrcv can ask for one type: here it is the client's own pid.
 *
 *     terminal 1                            terminal 2
 *                                           $ ./server
 *                                           Server waiting for requests of …
 *     $ ./client hello                      client …: hello
 *     HELLO                                 (Ctrl-C)
 *                                           [130]
 *
 * usage: client [-h] [-f PATH] [TEXT ...]
 * If no server takes any request for 5 s it gives up; its request stays queued.
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

static char **texts;     /* TEXT ...: each is a request */
static const char *path; /* -f: the keys are made from it; or else from HOME */
static int path_given;   /* -f: it is not checked whose queue it is */

static void parse_options(int argc, char *argv[]); /* at the end */
static void exit_unless_served(const char *call, int requests, time_t began);
static void tick(int signal_number);

int main(int argc, char *argv[])
{
	parse_options(argc, argv);

	/* Get the requests' queue, which the server has created. */
	key_t key = ftok(path, REQUESTS_PROJECT);
	if (key == -1)
		err(1, "ftok: %s", path);
	int requests = msgget(key, 0);
	if (requests == -1 && errno == ENOENT)
		errx(1, "msgget: no server for %s: start server first", path);
	if (requests == -1)
		err(1, "msgget: requests' queue of %s", path);

	/* Get the answers' queue in the same way. The server made it first. */
	key = ftok(path, ANSWERS_PROJECT);
	if (key == -1)
		err(1, "ftok: %s", path);
	int answers = msgget(key, 0);
	if (answers == -1)
		err(1, "msgget: answers' queue of %s", path);

	/* Are they ours? Another user who makes a queue with our key first
	 * chooses its mode, and can read our messages. IPC_STAT only looks;
	 * cuid is the user who made it. */
	const int queues[] = {requests, answers};
	for (int i = 0; i < 2 && !path_given; i++) {
		struct msqid_ds status;
		if (msgctl(queues[i], IPC_STAT, &status) == -1)
			err(1, "msgctl: look at queue %d", queues[i]);
		if (status.msg_perm.cuid != geteuid())
			errx(1,
			     "queue %d was made by another user: choose "
			     "another path with -f",
			     queues[i]);
	}

	/* An alarm each second interrupts a call that waits: it returns -1 with
	 * EINTR, and we check if the server is alive. So there is no
	 * SA_RESTART, which would make the kernel repeat the call. */
	const struct sigaction ticking = {.sa_handler = tick};
	if (sigaction(SIGALRM, &ticking, NULL) == -1)
		err(1, "sigaction: SIGALRM");

	/* Numbers of requests begin with the time: see request.h. */
	struct timespec now;
	if (clock_gettime(CLOCK_REALTIME, &now) == -1)
		err(1, "clock_gettime");
	struct request request = {.type = getpid()};
	request.number =
	    (unsigned)now.tv_sec * 1000000000u + (unsigned)now.tv_nsec;

	for (; *texts != NULL; texts++) {
		/* Send a request. While the queue is full this waits. If a
		 * signal interrupted it and the server is alive, send again. */
		size_t size = strlen(*texts) + 1;
		memcpy(request.text, *texts, size);
		request.number++;
		alarm(1);
		while (msgsnd(requests, &request, NUMBER_SIZE + size, 0) == -1)
			exit_unless_served("msgsnd", requests, now.tv_sec);

		/* Wait for an answer of our type. If its number is another one,
		 * it answers an earlier process that had the same pid.
		 * MSG_NOERROR: a longer message is cut, not refused. */
		struct request answer;
		ssize_t length;
		do {
			length = msgrcv(answers, &answer, REQUEST_SIZE,
					getpid(), MSG_NOERROR);
			if (length == -1)
				exit_unless_served("msgrcv", requests,
						   now.tv_sec);
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

/* A call has failed. Return only if a signal interrupted it, and there may
 * still be a server: a queue remembers the process that took a message last.
 *
 * If the server was killed or stopped before it took any request, there is no
 * such process: we give up after 5 seconds, and our request stays in the queue.
 * If it took one, we go on waiting while it exists, even if it is stopped, or a
 * zombie (it has ended, but its parent has not called wait), or if another
 * process has got its pid. */
static void exit_unless_served(const char *call, int requests, time_t began)
{
	const int error = errno;
	if (error != EINTR && error != EIDRM && error != EINVAL)
		err(1, "%s: queue of %s", call, path);
	struct msqid_ds status;
	int result = msgctl(requests, IPC_STAT, &status);
	if (result == -1 && (errno == EINVAL || errno == EIDRM))
		errx(1, "%s: the server has ended, its queue is gone", call);
	if (result == -1)
		err(1, "msgctl: look at queue %d", requests);

	/* Signal 0 is not sent: kill only tells whether the process exists. */
	pid_t server = status.msg_lrpid; /* 0: nobody has taken one yet */
	if (server == 0 && time(NULL) - began >= 5)
		errx(1, "%s: for 5 seconds no server has taken a request",
		     call);
	if (server != 0 && kill(server, 0) == -1 && errno == ESRCH)
		errx(1,
		     "%s: the server (pid %ld) has ended, its queues are left "
		     "behind",
		     call, (long)server);
	if (error != EINTR) {
		errno = error;
		err(1, "%s: queue of %s", call, path);
	}
}

/* It interrupts one of the calls. It comes again after a second, in case the
 * call had not begun yet. */
static void tick(int signal_number)
{
	(void)signal_number;
	alarm(1);
}

static void parse_options(int argc, char *argv[])
{
	static const char usage[] = "usage: client [-h] [-f PATH] [TEXT ...]";
	static char *hello[] = {"Hello world", NULL};
	path = getenv("HOME");
	int option;
	while ((option = getopt(argc, argv, "hf:")) == 'f') {
		path = optarg;
		path_given = 1;
	}
	if (option != -1) { /* -h, or what getopt has complained about */
		fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
		exit(option == 'h' ? 0 : 2);
	}
	texts = optind < argc ? argv + optind : hello;
	for (char **text = texts; *text != NULL; text++) {
		if (strlen(*text) >= REQUEST_TEXT)
			errx(1, "a text is too long: at most %d bytes fit",
			     REQUEST_TEXT - 1);
	}
	if (path == NULL)
		errx(1, "HOME is not set: choose a path with -f");
	setvbuf(stdout, NULL, _IOLBF, 0); /* each line is seen at once */

	/* Ignore SIGPIPE: a write to a closed pipe then fails with EPIPE
	 * instead of ending us. */
	signal(SIGPIPE, SIG_IGN);
}
