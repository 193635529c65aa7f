/*
 * server - answer the requests of many clients
 *
 * Shows that message types route messages among many processes: the type of
 * an answer is its client's pid. Requests come through a queue of their own.
 *
 *     terminal 1                            terminal 2
 *     $ ./server
 *     Server waiting for requests of …      $ ./client hello
 *     client 4711: hello                    HELLO
 *
 * usage: server [-h] [-f PATH]
 *
 * The other half is client.c; request.h holds what both must know. After
 * SIGKILL both queues stay. Clients that are stopped and do not take their
 * answers can fill the answers' queue: then all others wait for them.
 */

#include <ctype.h>
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

static const char *path; /* -f, or else the user's home */

static volatile sig_atomic_t requests = -1, answers = -1; /* the two queues */

static void parse_options(int argc, char *argv[]); /* at the end */
static void remove_on_every_way_out(void);
static void exit_without_queue(key_t key);
static int is_request(const struct request *request, ssize_t length);
static void write_in_capitals(char *text);
static void make_room(void);

int main(int argc, char *argv[])
{
	parse_options(argc, argv);
	remove_on_every_way_out();

	/* Create the answers' queue. IPC_EXCL: it must not exist already. */
	key_t key = ftok(path, ANSWERS_PROJECT);
	if (key == -1)
		err(1, "ftok: %s", path);
	answers = msgget(key, IPC_CREAT | IPC_EXCL | REQUEST_MODE);
	if (answers == -1)
		exit_without_queue(key);

	/* Create the requests' queue. A client that finds it finds both. */
	key = ftok(path, REQUESTS_PROJECT);
	if (key == -1)
		err(1, "ftok: %s", path);
	requests = msgget(key, IPC_CREAT | IPC_EXCL | REQUEST_MODE);
	if (requests == -1)
		exit_without_queue(key);
	printf("Server waiting for requests of %s (queues %d and %d)\n", path,
	       (int)requests, (int)answers);

	/* Answers that have not been sent. Most of the time it is one. */
	struct request waiting[1000];
	const size_t most = sizeof waiting / sizeof *waiting;
	size_t count = 0;
	while (!ferror(stdout)) {
		/* Take the oldest request. The server waits for one, unless
		 * there are answers to be sent: then it only looks. When it
		 * has no place for another answer, it takes no request. */
		struct request request;
		ssize_t length = -1;
		if (count < most) {
			int flags = count > 0 ? IPC_NOWAIT : 0;
			length = msgrcv(requests, &request, REQUEST_SIZE, 0,
					flags | MSG_NOERROR);
			if (length == -1 && errno != ENOMSG && errno != EINTR)
				err(1, "msgrcv: queue %d", (int)requests);
		}

		/* The answer is the request, in capitals: same type, number. */
		if (length != -1 && is_request(&request, length)) {
			printf("client %ld: %s\n", request.type, request.text);
			write_in_capitals(request.text);
			waiting[count] = request;
			count++;
		}
		if (count == 0)
			continue;

		/* Send the oldest answer, if there is room. Waiting for room
		 * would stop the server from taking requests, and a client
		 * that sends many of them before it reads would wait for us,
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
			make_room(); /* the queue is full, no request came */
		}
	}
	errx(1, "cannot write to standard output");
}

static void remove_queues(void)
{
	if (requests != -1)
		msgctl(requests, IPC_RMID, NULL);
	if (answers != -1)
		msgctl(answers, IPC_RMID, NULL);
}

static void interrupted(int signal_number)
{
	remove_queues();
	raise(signal_number);
	_exit(128 + signal_number); /* process 1 survives the line above */
}

/* The handler runs once, and can then raise the signal that called it. */
static const struct sigaction interruption = {
    .sa_handler = interrupted, .sa_flags = (int)(SA_RESETHAND | SA_NODEFER)};

static void remove_on_every_way_out(void)
{
	atexit(remove_queues);
	const int signals[] = {SIGINT, SIGQUIT, SIGTERM};
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		sigaction(signals[i], &interruption, NULL);
	if (signal(SIGHUP, SIG_IGN) != SIG_IGN)
		sigaction(SIGHUP, &interruption, NULL); /* nohup: ignored */
}

/* msgget has failed: say why. */
static void exit_without_queue(key_t key)
{
	if (errno == ENOSPC)
		errx(1, "msgget: the limit of queues is reached, see ipcs");
	if (errno != EEXIST)
		err(1, "msgget: new queue of %s", path);

	/* There is a queue with this key. Whose? */
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
	     "queue %d exists: there is a server for %s, or it was killed "
	     "(then run make clean-ipc)",
	     queue, path);
}

/* Any program may have put it into the queue. */
static int is_request(const struct request *request, ssize_t length)
{
	if (length > (ssize_t)NUMBER_SIZE &&
	    memchr(request->text, '\0', (size_t)length - NUMBER_SIZE) != NULL)
		return 1;
	warnx("ignored a message that is not a request");
	return 0;
}

static void write_in_capitals(char *text)
{
	for (; *text != '\0'; text++)
		*text = (char)toupper((unsigned char)*text);
}

/* The answers' queue is full. Take each answer out, and put it back if its
 * client lives. If no client was gone, try again a tenth of a second later. */
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
	signal(SIGPIPE, SIG_IGN);         /* printf fails instead */
}
