/*
 * consumer - write what comes through a buffer in shared memory
 *
 * Shows the other side of the bounded buffer: the consumer sleeps while no
 * slot is filled, empties them in the producer's order, and gives each back.
 *
 *     terminal 1                  terminal 2
 *     $ ./producer
 *     hello                       $ ./consumer
 *     (Ctrl-D: end of input)      hello
 *
 * usage: consumer [-h] [-k KEY]
 *
 * The other half is producer.c; buffer.h holds what both must know.
 */

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/time.h>
#include <unistd.h>

#include "buffer.h"

static const char usage[] = "usage: consumer [-h] [-k KEY]";
static volatile sig_atomic_t set = -1, segment = -1; /* what we take part in */
static sigset_t all;                                 /* signals */

/* The segment is the first to go: while the set is there, nobody makes a new
 * one. The other side may have been quicker. */
static void remove_objects(void)
{
	shmctl(segment, IPC_RMID, NULL);
	semctl(set, 0, IPC_RMID);
}

/* On every way out, and once: no signal comes any more. The first to go leaves
 * the objects to the other side, if there is one; the last removes them. */
static void leave(void)
{
	struct sembuf first[] = {
	    {.sem_num = GONE, .sem_op = 0, .sem_flg = IPC_NOWAIT},
	    {.sem_num = GONE, .sem_op = 1}};
	sigprocmask(SIG_BLOCK, &all, NULL);
	if (semop(set, first, 2) == -1 || semctl(set, PRODUCER, GETVAL) != 1)
		remove_objects();
}

/* SIGALRM is our timer's: what waits gets EINTR, and looks for the other. */
static void stop(int signal_number)
{
	if (signal_number == SIGALRM)
		return;
	leave();
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

/* Find or make the set, and join. No set is removed while somebody is in it:
 * so the segment that we find after this is that of this set. */
static int join(key_t key)
{
	struct sembuf operations[] = {
	    {.sem_num = GONE, .sem_op = 0, .sem_flg = IPC_NOWAIT},
	    {.sem_num = CONSUMER, .sem_op = 0, .sem_flg = IPC_NOWAIT},
	    {.sem_num = CONSUMER, .sem_op = 1, .sem_flg = SEM_UNDO},
	    {.sem_num = GONE, .sem_op = 1},
	    {.sem_num = GONE, .sem_op = -1, .sem_flg = SEM_UNDO}};
	for (;;) {
		int found = semget(key, SET_SIZE, IPC_CREAT | BUFFER_MODE);
		if (found == -1)
			err(1, "semget: key 0x%x", (unsigned)key);
		if (semctl(found, SET_SIZE, GETVAL) != -1) /* it has more */
			errx(1, "key 0x%x is another program's", (unsigned)key);
		if (semop(found, operations, 5) == 0)
			return found;
		if (errno != EAGAIN && errno != EIDRM && errno != EINVAL)
			err(1, "semop: key 0x%x", (unsigned)key);
		if (semctl(found, GONE, GETVAL) == 0 ||
		    semctl(found, PRODUCER, GETVAL) > 0 ||
		    semctl(found, CONSUMER, GETVAL) > 0)
			errx(1, "key 0x%x has a consumer, or just had: try -k",
			     (unsigned)key);
		semctl(found, 0, IPC_RMID); /* both were killed: try again */
	}
}

/* Take from a semaphore, asleep as long as there is too little, or add; or
 * fail if the other side has gone. Its death, a change of GONE, wakes us. */
static void change(unsigned short semaphore, short by)
{
	struct sembuf operations[] = {
	    {.sem_num = GONE, .sem_op = 0, .sem_flg = IPC_NOWAIT},
	    {.sem_num = semaphore, .sem_op = by}};
	while (semop(set, operations, 2) == -1)
		if (errno != EINTR) /* GONE is not 0, or the set is removed */
			errx(1, "the producer has gone: the end is missing");
}

int main(int argc, char *argv[])
{
	key_t key = BUFFER_KEY;
	int option;
	while ((option = getopt(argc, argv, "hk:")) != -1) {
		if (option != 'k') { /* -h, or what getopt complained about */
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			return option == 'h' ? 0 : 2;
		}
		char *end;
		long long number = strtoll(optarg, &end, 0);
		if (*end != '\0' || number < 1 || number > 0xffffffff)
			errx(2, "-k '%s': not 1 to 0xffffffff\n%s", optarg,
			     usage);
		key = (key_t)number;
	}
	if (optind < argc)
		errx(2, "surplus argument '%s'\n%s", argv[optind], usage);

	/* The signals wait until the handler knows the objects. */
	sigset_t before;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	signal(SIGINT, stop);
	signal(SIGTERM, stop);
	signal(SIGHUP, stop);
	signal(SIGPIPE, SIG_IGN); /* nobody reads any more: write says EPIPE */
	atexit(leave);
	set = join(key);
	int id = shmget(key, sizeof(struct buffer), IPC_CREAT | BUFFER_MODE);
	if (id == -1)
		err(1, "shmget: key 0x%x", (unsigned)key);
	if (shmget(key, sizeof(struct buffer) + 1, 0) != -1) /* it is larger */
		errx(1, "key 0x%x is another program's", (unsigned)key);
	segment = id;
	struct buffer *buffer = shmat(segment, NULL, 0);
	if (buffer == (void *)-1)
		err(1, "shmat: segment %d", id);
	sigaction(SIGALRM, &(struct sigaction){.sa_handler = stop}, NULL);
	const struct itimerval fifth = {{0, 200000}, {0, 200000}};
	setitimer(ITIMER_REAL, &fifth, NULL);
	sigprocmask(SIG_SETMASK, &before, NULL);

	size_t length = 1;
	for (unsigned next = 0; length != 0; next = (next + 1) % SLOTS) {
		const struct slot *slot = &buffer->slots[next];
		change(FILLED, -1);
		length = slot->length;
		if (length > SLOT_SIZE)
			errx(1, "%zu bytes in a slot of %d", length, SLOT_SIZE);
		for (size_t done = 0; done < length;) {
			ssize_t more = write(STDOUT_FILENO, slot->bytes + done,
					     length - done);
			if (more == -1 && errno != EINTR)
				err(1, "write standard output");
			if (more == -1)
				change(GONE, 0);
			else
				done += (size_t)more;
		}
		if (length == 0 && close(STDOUT_FILENO) == -1)
			err(1, "close standard output");
		change(FREE, 1);
	}
	/* Asleep until the producer removes the set, or has ended. */
	struct sembuf end = {.sem_num = PRODUCER, .sem_op = 0};
	while (semop(set, &end, 1) == -1 && errno == EINTR)
		;
	return 0;
}
