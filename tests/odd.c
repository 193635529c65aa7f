/*
 * odd - make segments and queues that our own programs would not make
 *
 * A tool of the tests, no lesson: it stands for the other programs that know
 * a key.
 *
 *     odd segment KEY SIZE MODE   create a segment and fill it from its first
 *                                 byte with standard input, no NUL added
 *     odd mode segment KEY        the segment's mode, in octal
 *     odd mode queue PATH         the queue's
 *     odd queue PATH MODE         create PATH's queue
 *     odd limit PATH BYTES        have PATH's queue hold that many bytes
 *     odd send PATH TYPE          standard input is one message, no NUL added
 *     odd receive PATH TYPE       a message's bytes to standard output
 *     odd socket PATH             listen at a path until ended, leaving it
 *     odd size                    sizeof(struct message)
 *     odd denied                  does the kernel deny anything to this user?
 *
 * Exit status: 0 done, 1 failed, 2 usage.
 */

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../msgqueue/message.h"

static struct {
	long type;
	char text[8192];
} message;

static int queue_of(const char *path, int flags)
{
	key_t key = ftok(path, QUEUE_PROJECT);
	if (key == -1)
		err(1, "ftok %s", path);
	int queue = msgget(key, flags);
	if (queue == -1)
		err(1, "msgget %s", path);
	return queue;
}

static void fill_segment(key_t key, size_t size, int mode)
{
	int id = shmget(key, size, IPC_CREAT | IPC_EXCL | 0600);
	if (id == -1)
		err(1, "shmget");
	char *segment = shmat(id, NULL, 0);
	if (segment == (void *)-1)
		err(1, "shmat");
	size_t length = fread(segment, 1, size, stdin);
	(void)length;
	struct shmid_ds status;
	if (shmctl(id, IPC_STAT, &status) == -1)
		err(1, "shmctl");
	status.shm_perm.mode = (unsigned short)mode;
	if (shmctl(id, IPC_SET, &status) == -1)
		err(1, "shmctl");
}

static void print_mode(const char *kind, const char *name)
{
	struct shmid_ds segment = {0};
	struct msqid_ds queue = {0};
	if (strcmp(kind, "segment") == 0) {
		int id = shmget((key_t)strtoll(name, NULL, 0), 0, 0);
		if (id == -1 || shmctl(id, IPC_STAT, &segment) == -1)
			err(1, "segment %s", name);
	} else if (msgctl(queue_of(name, 0), IPC_STAT, &queue) == -1) {
		err(1, "queue of %s", name);
	}
	printf("%o\n", (segment.shm_perm.mode | queue.msg_perm.mode) & 0777u);
}

static void listen_at(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof address.sun_path)
		errx(1, "%s is too long", path);
	memcpy(address.sun_path, path, strlen(path));
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (listener == -1 ||
	    bind(listener, (struct sockaddr *)&address, sizeof address) == -1 ||
	    listen(listener, 3) == -1)
		err(1, "%s", path);
	alarm(20);
	puts("listening");
	fflush(stdout);
	pause();
}

int main(int argc, char *argv[])
{
	const char *verb = argc > 1 ? argv[1] : "";
	if (argc == 5 && strcmp(verb, "segment") == 0) {
		fill_segment((key_t)strtoll(argv[2], NULL, 0),
			     strtoul(argv[3], NULL, 10),
			     (int)strtol(argv[4], NULL, 8));
	} else if (argc == 4 && strcmp(verb, "mode") == 0) {
		print_mode(argv[2], argv[3]);
	} else if (argc == 4 && strcmp(verb, "queue") == 0) {
		int mode = (int)strtol(argv[3], NULL, 8);
		queue_of(argv[2], IPC_CREAT | IPC_EXCL | mode);
	} else if (argc == 4 && strcmp(verb, "limit") == 0) {
		int queue = queue_of(argv[2], IPC_CREAT | QUEUE_MODE);
		struct msqid_ds status;
		if (msgctl(queue, IPC_STAT, &status) == -1)
			err(1, "msgctl");
		status.msg_qbytes = strtoul(argv[3], NULL, 10);
		if (msgctl(queue, IPC_SET, &status) == -1)
			err(1, "msgctl");
	} else if (argc == 4 && strcmp(verb, "send") == 0) {
		int queue = queue_of(argv[2], IPC_CREAT | QUEUE_MODE);
		message.type = strtol(argv[3], NULL, 10);
		size_t size =
		    fread(message.text, 1, sizeof message.text, stdin);
		if (msgsnd(queue, &message, size, IPC_NOWAIT) == -1)
			err(1, "msgsnd");
	} else if (argc == 4 && strcmp(verb, "receive") == 0) {
		ssize_t size =
		    msgrcv(queue_of(argv[2], 0), &message, sizeof message.text,
			   strtol(argv[3], NULL, 10), IPC_NOWAIT);
		if (size == -1)
			err(1, "msgrcv");
		fwrite(message.text, 1, (size_t)size, stdout);
	} else if (argc == 3 && strcmp(verb, "socket") == 0) {
		listen_at(argv[2]);
	} else if (argc == 2 && strcmp(verb, "size") == 0) {
		printf("%zu\n", sizeof(struct message));
	} else if (argc == 2 && strcmp(verb, "denied") == 0) {
		/* root, and whoever may override permissions, is denied none */
		int id = shmget(IPC_PRIVATE, 1, IPC_CREAT);
		if (id == -1)
			err(1, "shmget");
		void *segment = shmat(id, NULL, 0);
		shmctl(id, IPC_RMID, NULL);
		return segment == (void *)-1 ? 0 : 1;
	} else {
		errx(2, "usage: see the top of tests/odd.c");
	}
	return 0;
}
