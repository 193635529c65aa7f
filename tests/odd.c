/*
 * odd - make segments and queues that our own programs would not make
 *
 * A tool of the tests, no lesson: it stands for the other programs that know
 * a key.
 *
 *     odd segment KEY SIZE MODE   create a segment and fill it from its first
 *                                 byte with standard input, no NUL added
 *     odd mode segment KEY        the segment's mode, in octal
 *     odd mode semaphores KEY     the set's
 *     odd mode queue PATH         the queue's
 *     odd semaphores KEY COUNT    create a set, and set the first one to 7
 *     odd set KEY MODE VALUE ...  create a set of semaphores with these values
 *     odd semaphore KEY NUMBER    the value of that semaphore
 *     odd poke KEY                standard input to the start of a segment
 *     odd queue PATH MODE         create PATH's queue
 *     odd limit PATH BYTES        have PATH's queue hold that many bytes
 *     odd waiting PATH            how many messages are in PATH's queue
 *     odd remove PATH             remove PATH's queue, whoever made it
 *     odd room PATH               how many bytes it may hold
 *     odd send PATH TYPE          standard input is one message, no NUL added
 *     odd request PATH TYPE NUMBER
 *                                 the same after the number of a request
 *     odd receive PATH TYPE       a message's bytes to standard output
 *     odd socket PATH             listen at a path until ended, leaving it
 *     odd datagram PATH           take datagrams there, which no stream is
 *     odd hold KEY                make a segment and stay attached until ended
 *     odd used PATH               send to PATH's queue, and stay until ended
 *     odd size                    sizeof(struct message)
 *     odd denied                  does the kernel deny anything to this user?
 *
 * requests:PATH or answers:PATH instead of PATH is one of the server's queues.
 * Exit status: 0 done, 1 failed, 2 usage.
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
#include <unistd.h>

#include "../msgqueue/message.h"
#include "../msgqueue/request.h"

static struct {
	long type;
	char text[8192];
} message;

static int queue_of(const char *path, int flags)
{
	key_t key;
	if (strncmp(path, "requests:", 9) == 0)
		key = ftok(path + 9, REQUESTS_PROJECT);
	else if (strncmp(path, "answers:", 8) == 0)
		key = ftok(path + 8, ANSWERS_PROJECT);
	else
		key = ftok(path, QUEUE_PROJECT);
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

static void poke(key_t key)
{
	char *segment = shmat(shmget(key, 0, 0), NULL, 0);
	if (segment == (void *)-1)
		err(1, "shmat");
	size_t length = fread(segment, 1, 1024, stdin);
	(void)length;
}

union semaphore_argument { /* semctl's, which some systems declare */
	int value;
	struct semid_ds *status;
};

static void make_semaphores(key_t key, int count)
{
	union semaphore_argument seven = {.value = 7};
	int set = semget(key, count, IPC_CREAT | IPC_EXCL | 0600);
	if (set == -1 || semctl(set, 0, SETVAL, seven) == -1)
		err(1, "semaphores");
}

static void make_set(key_t key, int mode, int count, char *values[])
{
	int set = semget(key, count, IPC_CREAT | IPC_EXCL | mode);
	if (set == -1)
		err(1, "semget");
	for (int i = 0; i < count; i++) {
		union semaphore_argument argument = {
		    .value = (int)strtol(values[i], NULL, 10)};
		if (semctl(set, i, SETVAL, argument) == -1)
			err(1, "semctl");
	}
}

static void print_mode(const char *kind, const char *name)
{
	struct shmid_ds segment = {0};
	struct msqid_ds queue = {0};
	if (strcmp(kind, "segment") == 0) {
		int id = shmget((key_t)strtoll(name, NULL, 0), 0, 0);
		if (id == -1 || shmctl(id, IPC_STAT, &segment) == -1)
			err(1, "segment %s", name);
	} else if (strcmp(kind, "semaphores") == 0) {
		struct semid_ds set;
		union semaphore_argument out = {.status = &set};
		int id = semget((key_t)strtoll(name, NULL, 0), 0, 0);
		if (id == -1 || semctl(id, 0, IPC_STAT, out) == -1)
			err(1, "semaphores %s", name);
		printf("%o\n", set.sem_perm.mode & 0777u);
		return;
	} else if (msgctl(queue_of(name, 0), IPC_STAT, &queue) == -1) {
		err(1, "queue of %s", name);
	}
	printf("%o\n", (segment.shm_perm.mode | queue.msg_perm.mode) & 0777u);
}

static void listen_at(const char *path, int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof address.sun_path)
		errx(1, "%s is too long", path);
	memcpy(address.sun_path, path, strlen(path));
	int listener = socket(AF_UNIX, type, 0);
	if (listener == -1 ||
	    bind(listener, (struct sockaddr *)&address, sizeof address) == -1 ||
	    (type == SOCK_STREAM && listen(listener, 3) == -1))
		err(1, "%s", path);
	alarm(20);
	puts("listening");
	fflush(stdout);
	pause();
}

static void hold_segment(key_t key)
{
	int id = shmget(key, 1024, IPC_CREAT | 0600);
	if (id == -1 || shmat(id, NULL, 0) == (void *)-1)
		err(1, "segment");
	alarm(20);
	puts("attached");
	fflush(stdout);
	pause();
}

static void use_queue(const char *path)
{
	message.type = 1;
	if (msgsnd(queue_of(path, IPC_CREAT | 0600), &message, 1, 0) == -1)
		err(1, "msgsnd");
	alarm(20);
	puts("sent");
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
	} else if (argc == 3 && strcmp(verb, "poke") == 0) {
		poke((key_t)strtoll(argv[2], NULL, 0));
	} else if (argc == 4 && strcmp(verb, "semaphores") == 0) {
		make_semaphores((key_t)strtoll(argv[2], NULL, 0),
				(int)strtol(argv[3], NULL, 10));
	} else if (argc > 4 && strcmp(verb, "set") == 0) {
		make_set((key_t)strtoll(argv[2], NULL, 0),
			 (int)strtol(argv[3], NULL, 8), argc - 4, argv + 4);
	} else if (argc == 4 && strcmp(verb, "semaphore") == 0) {
		int set = semget((key_t)strtoll(argv[2], NULL, 0), 0, 0);
		int value = semctl(set, (int)strtol(argv[3], NULL, 10), GETVAL);
		if (value == -1)
			err(1, "semaphore %s of %s", argv[3], argv[2]);
		printf("%d\n", value);
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
	} else if (argc == 3 && strcmp(verb, "remove") == 0) {
		if (msgctl(queue_of(argv[2], 0), IPC_RMID, NULL) == -1)
			err(1, "msgctl");
	} else if (argc == 3 && (strcmp(verb, "waiting") == 0 ||
				 strcmp(verb, "room") == 0)) {
		struct msqid_ds status;
		if (msgctl(queue_of(argv[2], 0), IPC_STAT, &status) == -1)
			err(1, "msgctl");
		printf("%lu\n",
		       (unsigned long)(*verb == 'w' ? status.msg_qnum
						    : status.msg_qbytes));
	} else if (argc == 5 && strcmp(verb, "request") == 0) {
		static struct request request;
		request.type = strtol(argv[3], NULL, 10);
		request.number = (unsigned)strtoul(argv[4], NULL, 10);
		size_t size = fread(request.text, 1, REQUEST_TEXT, stdin);
		if (msgsnd(queue_of(argv[2], 0), &request, NUMBER_SIZE + size,
			   IPC_NOWAIT) == -1)
			err(1, "msgsnd");
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
		listen_at(argv[2], SOCK_STREAM);
	} else if (argc == 3 && strcmp(verb, "datagram") == 0) {
		listen_at(argv[2], SOCK_DGRAM);
	} else if (argc == 3 && strcmp(verb, "hold") == 0) {
		hold_segment((key_t)strtoll(argv[2], NULL, 0));
	} else if (argc == 3 && strcmp(verb, "used") == 0) {
		use_queue(argv[2]);
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
