/*
 * server - answer the requests of many clients (client.c)
 *
 * Shows how types route messages: an answer's type is its client's pid.
 *
 *     terminal 1                            terminal 2
 *                                           $ ./server
 *                                           Server waiting for requests of …
 *     $ ./client hello                      client …: hello
 *     HELLO                                 (Ctrl-C)
 *                                           [130]
 *
 * usage: server [-h] [-f PATH]
 * SIGKILL leaves its queues behind. Many stopped clients can block all others.
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

static const char *path; /* -f: the keys are made from it; or else from HOME */
static volatile sig_atomic_t requests = -1, answers = -1; /* the two queues */
static void remove_on_every_way_out(void);
static void exit_without_queue(key_t key);
static int turn_into_answer(struct request *request, ssize_t length);
static void make_room(void);
static void parse_options(int argc, char *argv[]); /* at the end */

int main(int argc, char *argv[])
{
	parse_options(argc, argv);

	/* Make a key for the answers' queue. The client makes the same one. */
	key_t key = ftok(path, ANSWERS_PROJECT);
	if (key == -1)
		err(1, "ftok: %s", path);

	/* Create this queue. IPC_EXCL: it must not exist already. */
	remove_on_every_way_out();
	answers = msgget(key, IPC_CREAT | IPC_EXCL | REQUEST_MODE);
	if (answers == -1)
		exit_without_queue(key);

	/* Create the requests' queue. It is made last: when a client finds this
	 * queue, the other one exists. */
	key = ftok(path, REQUESTS_PROJECT);
	if (key == -1)
		err(1, "ftok: %s", path);
	requests = msgget(key, IPC_CREAT | IPC_EXCL | REQUEST_MODE);
	if (requests == -1)
		exit_without_queue(key);
	printf("Server waiting for requests of %s (queues %d and %d)\n", path,
	       (int)requests, (int)answers);

	/* Answers not sent yet: 0 or 1, and more only while the answers' queue
	 * is full. */
	struct request waiting[1000];
	const size_t most = sizeof waiting / sizeof *waiting;
	size_t count = 0;
	while (!ferror(stdout)) {
		/* Take the oldest request (type 0: whoever sent it).
		 * - No answer has to be sent: wait for a request.
		 * - There are answers to be sent: do not wait (IPC_NOWAIT).
		 * - There is no place for another answer: take no request.
		 * MSG_NOERROR: a longer message is cut, not refused. */
		struct request request;
		ssize_t length = -1;
		if (count < most) {
			int flags = count > 0 ? IPC_NOWAIT : 0;
			length = msgrcv(requests, &request, REQUEST_SIZE, 0,
					flags | MSG_NOERROR);
			if (length == -1 && errno != ENOMSG && errno != EINTR)
				err(1, "msgrcv: queue %d", (int)requests);
		}

		/* The answer has the type and the number of the request. */
		if (length != -1 && turn_into_answer(&request, length)) {
			waiting[count] = request;
			count++;
		}
		if (count == 0)
			continue;

		/* Send the oldest answer, if there is room. If we waited for
		 * room, we would take no requests. Our client sends one and
		 * then takes its answer, but another program may send many
		 * requests before it takes an answer: it would wait for us,
		 * and we for it. */
		size_t size = NUMBER_SIZE + strlen(waiting[0].text) + 1;
		int result = msgsnd(answers, &waiting[0], size, IPC_NOWAIT);
		if (result == -1 && errno != EAGAIN && errno != EINTR)
			err(1, "msgsnd: queue %d", (int)answers);
		if (result == 0) {
			count--;
			memmove(&waiting[0], &waiting[1],
				count * sizeof *waiting);
		} else if (length == -1) {
			make_room(); /* the queue is full; no request came */
		}
	}
	errx(1, "cannot write to standard output");
}

static void remove_queue(int queue)
{
	if (queue == -1 || msgctl(queue, IPC_RMID, NULL) == 0)
		return;
	if (errno == EINVAL || errno == EIDRM)
		return; /* it has been removed already */

	/* A signal handler may call write, but not printf. */
	static const char left[] = "server: msgctl: a queue is left behind, "
				   "see ipcs\n";
	if (write(STDERR_FILENO, left, sizeof left - 1) == -1)
		_exit(1);
}

static void remove_queues(void)
{
	remove_queue(requests);
	remove_queue(answers);
}

static void interrupted(int signal_number)
{
	remove_queues();
	raise(signal_number);
	_exit(128 + signal_number); /* only reached as pid 1, in a container */
}

/* RESETHAND brings the default action back, and NODEFER lets raise take effect
 * inside the handler. So we end by that signal, and the shell sees why. */
static const struct sigaction interruption = {
    .sa_handler = interrupted, .sa_flags = (int)(SA_RESETHAND | SA_NODEFER)};

static void remove_on_every_way_out(void)
{
	atexit(remove_queues);
	const int signals[] = {SIGINT, SIGQUIT, SIGTERM};
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		sigaction(signals[i], &interruption, NULL);
	if (signal(SIGHUP, SIG_IGN) != SIG_IGN) /* nohup: it stays ignored */
		sigaction(SIGHUP, &interruption, NULL);
}

/* msgget has failed: say why. */
static void exit_without_queue(key_t key)
{
	if (errno == ENOSPC)
		errx(1, "msgget: the limit of queues is reached, see ipcs");
	if (errno != EEXIST)
		err(1, "msgget: new queue of %s", path);

	/* There is a queue with this key. Whose? IPC_STAT only looks; cuid is
	 * the user who made it. */
	int queue = msgget(key, 0);
	if (queue == -1)
		err(1, "msgget: queue of %s", path);
	struct msqid_ds status;
	if (msgctl(queue, IPC_STAT, &status) == -1)
		err(1, "msgctl: look at queue %d", queue);
	if (status.msg_perm.cuid != geteuid())
		errx(1,
		     "queue %d was made by another user: choose another path "
		     "with -f",
		     queue);
	errx(1,
	     "queue %d exists: there is a server, or it was killed: "
	     "make clean-ipc",
	     queue);
}

/* Print a request, and put its text in capitals. Returns 0 if it is not one:
 * any program may have put the message into the queue, and without a NUL. */
static int turn_into_answer(struct request *request, ssize_t length)
{
	if (length <= (ssize_t)NUMBER_SIZE ||
	    memchr(request->text, '\0', (size_t)length - NUMBER_SIZE) == NULL) {
		warnx("ignored a message that is not a request");
		return 0;
	}
	printf("client %ld: %s\n", request->type, request->text);

	/* The 26 letters of ASCII. The bytes of others (UTF-8) stay. */
	for (char *byte = request->text; *byte != '\0'; byte++)
		if (*byte >= 'a' && *byte <= 'z')
			*byte = (char)(*byte - 'a' + 'A');
	return 1;
}

/* The answers' queue is full. Take each answer out, and put it back at the end
 * if its client is alive. If all clients are alive, wait a tenth of a second.
 *
 * All answers go round once, so their order stays, unless a client takes one
 * meanwhile. To our client the order does not matter: it has one answer here.
 *
 * Many stopped clients (Ctrl-Z) can fill the queue with answers that they do
 * not take: then no other client gets an answer until they go on. */
static void make_room(void)
{
	struct msqid_ds status;
	if (msgctl(answers, IPC_STAT, &status) == -1)
		err(1, "msgctl: look at queue %d", (int)answers);
	int thrown_out = 0;
	for (msgqnum_t i = 0; i < status.msg_qnum; i++) {
		struct request answer;
		ssize_t length = msgrcv(answers, &answer, REQUEST_SIZE, 0,
					IPC_NOWAIT | MSG_NOERROR);
		if (length == -1 && (errno == ENOMSG || errno == EINTR))
			continue; /* its client has taken it meanwhile */
		if (length == -1)
			err(1, "msgrcv: queue %d", (int)answers);

		/* Signal 0 is not sent: kill only tells whether the process
		 * exists. */
		if (kill((pid_t)answer.type, 0) == -1 && errno == ESRCH) {
			thrown_out++;
			continue;
		}
		int result;
		do
			result = msgsnd(answers, &answer, (size_t)length,
					IPC_NOWAIT);
		while (result == -1 && errno == EINTR);
		if (result == -1)
			err(1, "msgsnd: queue %d", (int)answers);
	}
	const struct timespec tenth = {.tv_nsec = 100000000};
	if (thrown_out == 0)
		nanosleep(&tenth, NULL);
}

static void parse_options(int argc, char *argv[])
{
	static const char usage[] = "usage: server [-h] [-f PATH]";
	path = getenv("HOME");
	int option;
	while ((option = getopt(argc, argv, "hf:")) == 'f')
		path = optarg;
	if (option != -1) { /* -h, or what getopt has complained about */
		fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
		exit(option == 'h' ? 0 : 2);
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
