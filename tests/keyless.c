/*
 * keyless - the objects without a key that some processes use
 *
 * A tool of the tests, no lesson: nobody else can find such an object by its
 * name. Linux lists them.
 *
 *     keyless list [PID ...]    a line each: segment ID, queue ID, semaphores
 *                               ID; which these processes made or used last,
 *                               or all that there are
 *     keyless stop PID          stop that process where it has taken the 1 of
 *                               a semaphore, and print the set's id
 *     keyless spoil segment ID BYTE
 *                               keep changing a byte of the segment, 1 is the
 *                               last one, until nobody else is attached
 *     keyless spoil queue ID    put messages of type 1 in between, until the
 *                               queue is gone
 *
 * Exit status: 0 done, 1 failed, 2 usage, 77 this system does not list them.
 */

#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <time.h>

static void rest(long milliseconds)
{
	const struct timespec time = {.tv_nsec = milliseconds * 1000000};
	nanosleep(&time, NULL);
}

static FILE *open_list(const char *path)
{
	FILE *file = fopen(path, "r");
	if (file == NULL)
		errx(77, "there is no %s", path);
	return file;
}

static int is_one_of(int count, char *pids[], long pid)
{
	for (int i = 0; i < count; i++) {
		if (strtol(pids[i], NULL, 10) == pid)
			return 1;
	}
	return 0;
}

/* In the files of /proc/sysvipc: key, id, mode, size or number, then three of
 * which two are pids. For semaphores the kernel has to be asked. */
static void list(const char *kind, const char *path, int count, char *pids[])
{
	FILE *file = open_list(path);
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
		if (count == 0 || is_one_of(count, pids, user[0]) ||
		    is_one_of(count, pids, user[1]))
			printf("%s %ld\n", kind, id);
	}
	fclose(file);
}

/* The set whose semaphore is 0, by this process, or -1. */
static int taken_by(pid_t pid)
{
	FILE *file = open_list("/proc/sysvipc/sem");
	char line[512];
	int set, taken = -1;
	while (fgets(line, sizeof line, file) != NULL) {
		if (sscanf(line, " 0 %d", &set) == 1 &&
		    semctl(set, 0, GETPID) == pid &&
		    semctl(set, 0, GETVAL) == 0)
			taken = set;
	}
	fclose(file);
	return taken;
}

/* For a second at most: a process that has ended, for which nobody has waited
 * yet, can be sent signals. */
static void stop_inside(pid_t pid)
{
	int set = -1;
	for (int tries = 0; set == -1 && tries < 250; tries++) {
		kill(pid, SIGCONT);
		rest(2);
		kill(pid, SIGSTOP);
		rest(2); /* by then it has stopped */
		set = taken_by(pid);
	}
	if (set == -1)
		errx(1, "process %ld takes no semaphore", (long)pid);
	printf("%d\n", set);
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
	struct {
		long type;
		char text[64];
	} message = {.type = 1};
	memset(message.text, 'x', sizeof message.text);
	while (msgsnd(id, &message, sizeof message.text, IPC_NOWAIT) == 0)
		rest(1);
}

int main(int argc, char *argv[])
{
	const int spoils = argc > 3 && strcmp(argv[1], "spoil") == 0;
	if (argc > 1 && strcmp(argv[1], "list") == 0) {
		list("segment", "/proc/sysvipc/shm", argc - 2, argv + 2);
		list("queue", "/proc/sysvipc/msg", argc - 2, argv + 2);
		list("semaphores", "/proc/sysvipc/sem", argc - 2, argv + 2);
	} else if (argc == 3 && strcmp(argv[1], "stop") == 0 &&
		   atol(argv[2]) > 0) {
		stop_inside((pid_t)atol(argv[2]));
	} else if (spoils && argc == 5 && strcmp(argv[2], "segment") == 0) {
		spoil_segment(atoi(argv[3]), atol(argv[4]));
	} else if (spoils && argc == 4 && strcmp(argv[2], "queue") == 0) {
		spoil_queue(atoi(argv[3]));
	} else {
		errx(2, "usage: see the top of tests/keyless.c");
	}
	return 0;
}
