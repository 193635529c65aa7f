/*
 * odd - do to objects what our own programs would not do
 *
 * A tool of the tests, no lesson: it stands for other programs, which know a
 * key, or find an object that has none.
 *
 *     odd segment KEY SIZE MODE   create a segment, fill it from its first byte
 *                                 with standard input, no NUL added
 *     odd poke KEY                standard input to the start of a segment
 *     odd set KEY MODE VALUE ...  create a set of semaphores with these values
 *     odd mode KIND KEY           of a segment or semaphores: in octal
 *     odd queue PATH MODE         create PATH's queue, as the next words do
 *     odd limit PATH BYTES        have PATH's queue hold that many bytes
 *     odd state PATH              its messages, the bytes it may hold, its mode
 *     odd send PATH TYPE          standard input is one message, no NUL added
 *     odd send PATH TYPE TEXT ... each text is one, with its NUL
 *     odd take PATH TYPE COUNT    wait for so many, print them byte for byte
 *     odd socket PATH             listen at a path until ended, leaving it
 *     odd datagram PATH           take datagrams there, which no stream is
 *     odd list [PID ...]          objects without a key, which these processes
 *                                 made or used last, or all: segment ID,
 *                                 queue ID, semaphores ID, a line each
 *     odd spoil segment ID BYTE   keep changing a byte, 1 is the last one,
 *                                 until nobody else has attached it
 *     odd spoil queue ID          put in messages of type 1 until it is gone
 *
 * requests:PATH or answers:PATH instead of PATH is one of the server's queues.
 * Exit status: 0 done, 1 failed, 2 usage, 77 this system lists no objects.
 */

#include <err.h>
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

static int queue_of(const char *path, int mode)
{
	key_t key;
	if (strncmp(path, "requests:", 9) == 0)
		key = ftok(path + 9, REQUESTS_PROJECT);
	else if (strncmp(path, "answers:", 8) == 0)
		key = ftok(path + 8, ANSWERS_PROJECT);
	else
		key = ftok(path, QUEUE_PROJECT);
	must(key, path);
	return must(msgget(key, IPC_CREAT | mode), path);
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

static unsigned mode_of(const char *kind, const char *name)
{
	if (strcmp(kind, "segment") == 0) {
		struct shmid_ds status;
		must(shmctl(segment_of(name, 0, 0), IPC_STAT, &status), name);
		return status.shm_perm.mode;
	}
	struct semid_ds status;
	union semaphore_argument out = {.status = &status};
	must(semctl(set_of(name, 0, 0), 0, IPC_STAT, out), name);
	return status.sem_perm.mode;
}

static void send_messages(int queue, long type, char *texts[])
{
	const size_t most = sizeof message.text;
	message.type = type;
	size_t size = 0;
	if (*texts == NULL) {
		size = fread(message.text, 1, most, stdin);
		must(msgsnd(queue, &message, size, 0), "msgsnd");
	}
	for (; *texts != NULL; texts++) {
		size = strlen(*texts) + 1;
		memcpy(message.text, *texts, size);
		must(msgsnd(queue, &message, size, 0), "msgsnd");
	}
}

static void take_messages(int queue, long type, int count)
{
	const size_t most = sizeof message.text;
	for (int i = 0; i < count; i++) {
		ssize_t size = msgrcv(queue, &message, most, type, 0);
		must((int)size, "msgrcv");
		fwrite(message.text, 1, (size_t)size, stdout);
	}
}

static void listen_at(const char *path, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	int listener = must(socket(AF_UNIX, type, 0), "socket");
	must(bind(listener, (struct sockaddr *)&address, sizeof address), path);
	if (type == SOCK_STREAM)
		must(listen(listener, 3), path);
	puts("listening");
	pause();
}

/* In the files of /proc/sysvipc: key, id, mode, size or number, then three of
 * which two are pids. For semaphores the kernel has to be asked. */
static void list(const char *kind, const char *path, int count, char *pids[])
{
	FILE *file = fopen(path, "r");
	if (file == NULL)
		errx(77, "there is no %s", path);
	char line[512];
	long key, id, user[3];
	while (fgets(line, sizeof line, file) != NULL) {
		if (sscanf(line, "%ld %ld %*s %*s %ld %ld %ld", &key, &id,
			   &user[0], &user[1], &user[2]) != 5 ||
		    key != 0)
			continue;
		if (strcmp(kind, "queue") == 0)
			user[0] = user[2];
		if (strcmp(kind, "semaphores") == 0) {
			user[0] = semctl((int)id, 0, GETPID);
			user[1] = semctl((int)id, 1, GETPID);
		}
		int is_used = count == 0;
		for (int i = 0; i < count; i++) {
			long pid = strtol(pids[i], NULL, 10);
			is_used |= pid == user[0] || pid == user[1];
		}
		if (is_used)
			printf("%s %ld\n", kind, id);
	}
	fclose(file);
}

static void spoil_segment(int id, long byte)
{
	struct shmid_ds status;
	unsigned char *segment = shmat(id, NULL, 0);
	if (segment == (void *)-1 || shmctl(id, IPC_STAT, &status) == -1)
		err(1, "segment %d", id);
	volatile unsigned char *place = segment + status.shm_segsz - byte;
	do {
		for (int i = 0; i < 100000; i++)
			*place = (unsigned char)(*place + 3);
	} while (shmctl(id, IPC_STAT, &status) == 0 && status.shm_nattch > 1);
}

static void spoil_queue(int id)
{
	message.type = 1;
	memset(message.text, 'x', 64);
	const struct timespec millisecond = {.tv_nsec = 1000000};
	while (msgsnd(id, &message, 64, IPC_NOWAIT) == 0)
		nanosleep(&millisecond, NULL);
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
		int mode = octal(argument[2]);
		int segment = segment_of(argument[0], size, new | mode);
		if (mode != 0)
			fill(segment, size);
	} else if (is("poke", 1)) {
		fill(segment_of(argument[0], 0, 0), 1024);
	} else if (arguments > 2 && is("set", arguments)) {
		int count = arguments - 2;
		int flags = new | octal(argument[1]);
		int set = set_of(argument[0], count, flags);
		for (int i = 0; i < count; i++) {
			union semaphore_argument value = {
			    .value = atoi(argument[2 + i])};
			must(semctl(set, i, SETVAL, value), "semctl");
		}
	} else if (is("mode", 2)) {
		printf("%o\n", mode_of(argument[0], argument[1]) & 0777);
	} else if (is("queue", 2)) {
		queue_of(argument[0], octal(argument[1]));
	} else if (is("limit", 2)) {
		int queue = queue_of(argument[0], QUEUE_MODE);
		struct msqid_ds status = status_of(queue);
		status.msg_qbytes = strtoul(argument[1], NULL, 10);
		must(msgctl(queue, IPC_SET, &status), "msgctl");
	} else if (is("state", 1)) {
		struct msqid_ds status =
		    status_of(queue_of(argument[0], QUEUE_MODE));
		printf("%lu %lu %o\n", (unsigned long)status.msg_qnum,
		       (unsigned long)status.msg_qbytes,
		       (unsigned)status.msg_perm.mode & 0777);
	} else if (arguments >= 2 && is("send", arguments)) {
		send_messages(queue_of(argument[0], QUEUE_MODE),
			      atol(argument[1]), argument + 2);
	} else if (is("take", 3)) {
		take_messages(queue_of(argument[0], QUEUE_MODE),
			      atol(argument[1]), atoi(argument[2]));
	} else if (is("socket", 1)) {
		listen_at(argument[0], SOCK_STREAM);
	} else if (is("datagram", 1)) {
		listen_at(argument[0], SOCK_DGRAM);
	} else if (is("list", arguments)) {
		list("segment", "/proc/sysvipc/shm", arguments, argument);
		list("queue", "/proc/sysvipc/msg", arguments, argument);
		list("semaphores", "/proc/sysvipc/sem", arguments, argument);
	} else if (is("spoil", 3)) {
		spoil_segment(atoi(argument[1]), atol(argument[2]));
	} else if (is("spoil", 2)) {
		spoil_queue(atoi(argument[1]));
	} else {
		errx(2, "usage: see the top of tests/odd.c");
	}
	return 0;
}
