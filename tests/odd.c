/*
 * odd - make segments and queues that our own programs would not make
 *
 * A tool of the tests, no lesson: it stands for the other programs that know
 * a key.
 *
 *     odd segment KEY SIZE MODE   create a segment and fill it from its first
 *                                 byte with standard input, no NUL added
 *     odd poke KEY                standard input to the start of a segment
 *     odd hold KEY                make a segment and stay attached until ended
 *     odd semaphores KEY COUNT    create a set, and set the first one to 7
 *     odd set KEY MODE VALUE ...  create a set of semaphores with these values
 *     odd ring KEY [PATTERN]      what producer and consumer share: the set's
 *                                 values FREE FILLED PRODUCER CONSUMER, a - for
 *                                 each that is not there, and yes or no: is
 *                                 there a segment? PATTERN, as in the shell:
 *                                 wait until it is like that, and say meanwhile
 *                                 how it is
 *     odd mode segment|semaphores|queue KEY|PATH
 *                                 its mode, in octal
 *     odd queue PATH MODE         create PATH's queue
 *     odd limit PATH BYTES        have PATH's queue hold that many bytes
 *     odd room PATH               how many bytes it may hold
 *     odd waiting PATH            how many messages are in it
 *     odd remove PATH             remove it, whoever made it
 *     odd used PATH               send to it, and stay until ended
 *     odd send PATH TYPE          standard input is one message, no NUL added
 *     odd receive PATH TYPE       a message's bytes to standard output
 *     odd answers PATH TYPE COUNT wait for so many answers, print their texts
 *     odd serve PATH PATH         take requests of one queue, put odd answers
 *                                 into the other, until ended
 *     odd socket PATH             listen at a path until ended, leaving it
 *     odd datagram PATH           take datagrams there, which no stream is
 *     odd size                    sizeof(struct message)
 *     odd denied                  does the kernel deny anything to this user?
 *
 * requests:PATH or answers:PATH instead of PATH is one of the server's queues.
 * Exit status: 0 done, 1 failed, 2 usage.
 */

#include <err.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "../msgqueue/message.h"
#include "../msgqueue/request.h"
#include "../shm/buffer.h"

static struct {
	long type;
	char text[8192];
} message;

union semaphore_argument { /* semctl's, which some systems declare */
	int value;
	struct semid_ds *status;
};

static int must(int result, const char *what)
{
	if (result == -1)
		err(1, "%s", what);
	return result;
}

static int octal(const char *text)
{
	return (int)strtol(text, NULL, 8);
}

static int segment_of(const char *key, size_t size, int flags)
{
	return must(shmget((key_t)strtoll(key, NULL, 0), size, flags), key);
}

static int set_of(const char *key, int count, int flags)
{
	return must(semget((key_t)strtoll(key, NULL, 0), count, flags), key);
}

static int queue_of(const char *path, int flags)
{
	key_t key;
	if (strncmp(path, "requests:", 9) == 0)
		key = ftok(path + 9, REQUESTS_PROJECT);
	else if (strncmp(path, "answers:", 8) == 0)
		key = ftok(path + 8, ANSWERS_PROJECT);
	else
		key = ftok(path, QUEUE_PROJECT);
	must(key, path);
	return must(msgget(key, flags), path);
}

static struct msqid_ds status_of(int queue)
{
	struct msqid_ds status;
	must(msgctl(queue, IPC_STAT, &status), "msgctl");
	return status;
}

/* Standard input becomes the start of a segment. */
static void fill(int segment, size_t size)
{
	char *start = shmat(segment, NULL, 0);
	if (start == (void *)-1)
		err(1, "shmat");
	size_t length = fread(start, 1, size, stdin);
	(void)length;
}

static void set_value(int set, int number, int value)
{
	union semaphore_argument argument = {.value = value};
	must(semctl(set, number, SETVAL, argument), "semctl");
}

static const char *ring_of(const char *key)
{
	static char state[100];
	const key_t number = (key_t)strtoll(key, NULL, 0);
	const int set = semget(number, 0, 0);
	state[0] = '\0';
	for (int i = 0; i < SET_SIZE; i++) {
		const int value = semctl(set, i, GETVAL);
		char word[20] = "- ";
		if (value != -1)
			snprintf(word, sizeof word, "%d ", value);
		strcat(state, word);
	}
	return strcat(state, shmget(number, 0, 0) == -1 ? "no" : "yes");
}

static void await_ring(const char *key, const char *pattern)
{
	const struct timespec pause = {.tv_nsec = 2000000};
	const char *state = ring_of(key);
	char seen[100] = "";
	while (fnmatch(pattern, state, 0) != 0) {
		if (strcmp(seen, state) != 0)
			warnx("%s, awaited: %s", state, pattern);
		strcpy(seen, state);
		nanosleep(&pause, NULL);
		state = ring_of(key);
	}
}

static unsigned mode_of(const char *kind, const char *name)
{
	if (strcmp(kind, "segment") == 0) {
		struct shmid_ds status;
		must(shmctl(segment_of(name, 0, 0), IPC_STAT, &status), name);
		return status.shm_perm.mode;
	}
	if (strcmp(kind, "semaphores") == 0) {
		struct semid_ds status;
		union semaphore_argument out = {.status = &status};
		must(semctl(set_of(name, 0, 0), 0, IPC_STAT, out), name);
		return status.sem_perm.mode;
	}
	return status_of(queue_of(name, 0)).msg_perm.mode;
}

static void send_message(int queue, long type, size_t size)
{
	message.type = type;
	must(msgsnd(queue, &message, size, 0), "msgsnd");
}

static size_t take_message(int queue, long type, int flags)
{
	ssize_t size =
	    msgrcv(queue, &message, sizeof message.text, type, flags);
	return (size_t)must((int)size, "msgrcv");
}

/* Before each answer comes what is none: not to this request, too short, too
 * long. The answer is the request itself, without a NUL, and twice. */
static void answer_oddly(int requests, int answers)
{
	struct request request;
	ssize_t size = msgrcv(requests, &request, REQUEST_SIZE, 0, 0);
	must((int)size, "msgrcv");
	struct request old = {request.type, request.number - 1, "OLD"};
	must(msgsnd(answers, &old, NUMBER_SIZE + sizeof "OLD", 0), "msgsnd");
	memset(message.text, 'x', 300);
	send_message(answers, request.type, 1);
	send_message(answers, request.type, 300);
	for (int i = 0; i < 2; i++)
		must(msgsnd(answers, &request, (size_t)size - 1, 0), "msgsnd");
}

static void listen_at(const char *path, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof address.sun_path)
		errx(1, "%s is too long", path);
	memcpy(address.sun_path, path, strlen(path));
	int listener = must(socket(AF_UNIX, type, 0), "socket");
	must(bind(listener, (struct sockaddr *)&address, sizeof address), path);
	if (type == SOCK_STREAM)
		must(listen(listener, 3), path);
	puts("listening");
	pause();
}

static const char *verb;
static int arguments;

static int is(const char *name, int count)
{
	return strcmp(verb, name) == 0 && arguments == count;
}

int main(int argc, char *argv[])
{
	verb = argc > 1 ? argv[1] : "";
	arguments = argc - 2;
	char **argument = argv + 2;
	const int new = IPC_CREAT | IPC_EXCL;
	alarm(20); /* no longer, in case the test has been killed */
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (is("segment", 3)) {
		size_t size = strtoul(argument[1], NULL, 10);
		int segment = segment_of(argument[0], size, new | 0600);
		fill(segment, size);
		struct shmid_ds status;
		must(shmctl(segment, IPC_STAT, &status), "shmctl");
		status.shm_perm.mode = (unsigned short)octal(argument[2]);
		must(shmctl(segment, IPC_SET, &status), "shmctl");
	} else if (is("poke", 1)) {
		fill(segment_of(argument[0], 0, 0), 1024);
	} else if (is("hold", 1)) {
		fill(segment_of(argument[0], 1024, IPC_CREAT | 0600), 0);
		puts("attached");
		pause();
	} else if (is("semaphores", 2)) {
		int count = atoi(argument[1]);
		set_value(set_of(argument[0], count, new | 0600), 0, 7);
	} else if (arguments > 2 && is("set", arguments)) {
		int count = arguments - 2;
		int flags = new | octal(argument[1]);
		int set = set_of(argument[0], count, flags);
		for (int i = 0; i < count; i++)
			set_value(set, i, atoi(argument[2 + i]));
	} else if (is("ring", 1)) {
		puts(ring_of(argument[0]));
	} else if (is("ring", 2)) {
		await_ring(argument[0], argument[1]);
	} else if (is("mode", 2)) {
		printf("%o\n", mode_of(argument[0], argument[1]) & 0777);
	} else if (is("queue", 2)) {
		queue_of(argument[0], new | octal(argument[1]));
	} else if (is("limit", 2)) {
		int queue = queue_of(argument[0], IPC_CREAT | QUEUE_MODE);
		struct msqid_ds status = status_of(queue);
		status.msg_qbytes = strtoul(argument[1], NULL, 10);
		must(msgctl(queue, IPC_SET, &status), "msgctl");
	} else if (is("room", 1)) {
		struct msqid_ds status = status_of(queue_of(argument[0], 0));
		printf("%lu\n", (unsigned long)status.msg_qbytes);
	} else if (is("waiting", 1)) {
		struct msqid_ds status = status_of(queue_of(argument[0], 0));
		printf("%lu\n", (unsigned long)status.msg_qnum);
	} else if (is("remove", 1)) {
		must(msgctl(queue_of(argument[0], 0), IPC_RMID, NULL),
		     "remove");
	} else if (is("used", 1)) {
		send_message(queue_of(argument[0], IPC_CREAT | 0600), 1, 1);
		puts("sent");
		pause();
	} else if (is("send", 2)) {
		int queue = queue_of(argument[0], IPC_CREAT | QUEUE_MODE);
		size_t most = sizeof message.text;
		size_t size = fread(message.text, 1, most, stdin);
		send_message(queue, atol(argument[1]), size);
	} else if (is("receive", 2)) {
		int queue = queue_of(argument[0], 0);
		long type = atol(argument[1]);
		size_t size = take_message(queue, type, IPC_NOWAIT);
		fwrite(message.text, 1, size, stdout);
	} else if (is("answers", 3)) {
		int queue = queue_of(argument[0], 0);
		for (int i = 0; i < atoi(argument[2]); i++) {
			take_message(queue, atol(argument[1]), 0);
			puts(message.text + NUMBER_SIZE);
		}
	} else if (is("serve", 2)) {
		int requests = queue_of(argument[0], new | 0600);
		int answers = queue_of(argument[1], new | 0600);
		puts("serving");
		for (;;)
			answer_oddly(requests, answers);
	} else if (is("socket", 1)) {
		listen_at(argument[0], SOCK_STREAM);
	} else if (is("datagram", 1)) {
		listen_at(argument[0], SOCK_DGRAM);
	} else if (is("size", 0)) {
		printf("%zu\n", sizeof(struct message));
	} else if (is("denied", 0)) {
		/* root, and whoever may override permissions, is denied none */
		int id = must(shmget(IPC_PRIVATE, 1, IPC_CREAT), "shmget");
		void *place = shmat(id, NULL, 0);
		shmctl(id, IPC_RMID, NULL);
		return place == (void *)-1 ? 0 : 1;
	} else {
		errx(2, "usage: see the top of tests/odd.c");
	}
	return 0;
}
