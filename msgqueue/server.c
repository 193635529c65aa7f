/*
 * server - answer the requests of many clients through one queue
 *
 * Shows that types route messages among many processes: requests are of type
 * 1, and the type of an answer is the pid of the client that is to have it.
 *
 *     terminal 1                            terminal 2
 *     $ ./server
 *     Server waiting for requests of /home/me (queue 3)
 *     client 4711: hello                    $ ./client hello
 *     ^C                                    HELLO
 *
 * usage: server [-h] [-f PATH]
 *
 * The other half is client.c; request.h holds what both must know.
 */

#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "request.h"

static const char usage[] = "usage: server [-h] [-f PATH]";

static int queue = -1, place = -1; /* the queue, and its semaphore */
static pid_t guard;

/* The last answer to each client, until that is dead; the oldest is first. */
static struct {
	struct request answer;
	int sent;
} * kept;
static size_t count;

/* On every way out but SIGKILL. */
static void remove_objects(void)
{
	msgctl(queue, IPC_RMID, NULL);
	semctl(place, 0, IPC_RMID);
	waitpid(guard, NULL, 0); /* it sees that there is nothing to do */
}

static void handle(int signal_number)
{
	if (signal_number == SIGALRM)
		return; /* it makes msgrcv return EINTR */
	remove_objects();
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

/* Be the only server: semop finds 0 and adds, and nobody comes in between. */
static void take_place(key_t key, const char *path)
{
	struct sembuf serve[] = {{0, 0, IPC_NOWAIT}, {0, SERVING, SEM_UNDO}};
	do { /* once more if it is just being removed */
		place = semget(key, 1, IPC_CREAT | SERVER_MODE);
		if (place != -1 && semop(place, serve, 2) == 0)
			return;
		int value = errno == EAGAIN ? semctl(place, 0, GETVAL) : 0;
		if (value > 0 && value != CLEARING)
			errx(1, "semop: there is a server for %s", path);
	} while (errno == EAGAIN || errno == EIDRM || errno == EINVAL);
	err(1, "semaphore of %s", path);
}

/* After SIGKILL a child tidies up: it waits until the kernel has taken back
 * what the server added. What ends the server's group is not to end it. */
static void guard_objects(key_t key)
{
	struct sembuf watch[] = {{0, 0, 0}, {0, CLEARING, SEM_UNDO}};
	setpgid(0, 0);
	while (semop(place, watch, 2) == -1) {
		if (errno != EINTR) /* removed: the server has done it */
			_exit(0);
	}
	msgctl(msgget(key, 0), IPC_RMID, NULL);
	semctl(place, 0, IPC_RMID);
	_exit(0);
}

static void forget(size_t i)
{
	memmove(&kept[i], &kept[i + 1], (--count - i) * sizeof *kept);
}

/* Any program may have sent the request. */
static void keep_answer(const struct request *request, ssize_t length)
{
	if (length <= (ssize_t)HEAD_SIZE || request->pid <= REQUEST_TYPE ||
	    !memchr(request->text, '\0', (size_t)length - HEAD_SIZE)) {
		warnx("ignored a message that is no request");
		return;
	}
	printf("client %d: %s\n", request->pid, request->text);
	for (size_t i = 0; i < count; i++)
		if (kept[i].answer.type == request->pid)
			forget(i); /* it has asked again: it has that one */
	kept = realloc(kept, (count + 1) * sizeof *kept);
	if (kept == NULL)
		err(1, "realloc");
	kept[count].sent = 0;
	kept[count].answer = *request;
	kept[count].answer.type = request->pid;
	for (char *byte = kept[count++].answer.text; *byte != '\0'; byte++)
		*byte = (char)toupper((unsigned char)*byte);
}

/* Never wait for room: in a queue full of requests, which only the server
 * takes out, it never comes. Take out what dead clients have not taken. */
static void send_answers(void)
{
	for (size_t i = 0; i < count; i++) {
		struct request *answer = &kept[i].answer;
		size_t size = HEAD_SIZE + strlen(answer->text) + 1;
		if (kill((pid_t)answer->type, 0) == -1 && errno == ESRCH) {
			while (msgrcv(queue, answer, REQUEST_SIZE, answer->type,
				      IPC_NOWAIT | MSG_NOERROR) != -1)
				;
			forget(i--);
		} else if (!kept[i].sent) {
			kept[i].sent =
			    msgsnd(queue, answer, size, IPC_NOWAIT) == 0;
		}
	}
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
	if (optind < argc)
		errx(2, "surplus argument '%s'\n%s", argv[optind], usage);
	if (path == NULL)
		errx(1, "HOME is not set: choose a path with -f");
	key_t key = ftok(path, SERVER_PROJECT);
	if (key == -1)
		err(1, "ftok: %s", path);
	setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen at once */

	/* The signals wait until their handler knows what there is. */
	sigset_t all, before;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	signal(SIGINT, handle);
	signal(SIGTERM, handle);
	signal(SIGHUP, handle);
	signal(SIGPIPE, SIG_IGN); /* nobody reads our output: printf fails */
	sigaction(SIGALRM, &(struct sigaction){.sa_handler = handle}, NULL);
	take_place(key, path);
	atexit(remove_objects);
	guard = fork();
	if (guard == 0)
		guard_objects(key);
	if (guard == -1)
		err(1, "fork");
	msgctl(msgget(key, 0), IPC_RMID, NULL); /* a dead server's, if any */
	queue = msgget(key, IPC_CREAT | IPC_EXCL | SERVER_MODE);
	if (queue == -1)
		err(1, "msgget: queue of %s", path);
	sigprocmask(SIG_SETMASK, &before, NULL);
	printf("Server waiting for requests of %s (queue %d)\n", path, queue);
	const struct itimerval off = {{0, 0}, {0, 0}};
	const struct itimerval tenth = {{0, 100000}, {0, 100000}};
	struct request request;
	ssize_t length;
	while (!ferror(stdout)) {
		/* With answers to look after, wait a tenth of a second. */
		setitimer(ITIMER_REAL, count > 0 ? &tenth : &off, NULL);
		int flags = MSG_NOERROR;
		/* First take all requests, which makes room for answers. There
		 * is an end to them: each client waits for its answer. */
		while ((length = msgrcv(queue, &request, REQUEST_SIZE,
					REQUEST_TYPE, flags)) != -1) {
			setitimer(ITIMER_REAL, &off, NULL);
			keep_answer(&request, length);
			flags = MSG_NOERROR | IPC_NOWAIT;
		}
		if (errno != ENOMSG && errno != EINTR)
			err(1, "msgrcv: queue %d", queue);
		send_answers();
	}
	errx(1, "cannot write to standard output");
}
