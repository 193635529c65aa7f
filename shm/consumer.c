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
 * Either may be first. Does the other side live? The semaphores know: what is
 * done with SEM_UNDO the kernel undoes when a process ends, even by SIGKILL. A
 * timer interrupts each call that waits, to look at that.
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
#include <time.h>
#include <unistd.h>

#include "buffer.h"

static const char usage[] = "usage: consumer [-h] [-k KEY]";

static volatile sig_atomic_t set = -1, segment = -1; /* what we take part in */
static int complete; /* the end of the input has come */

/* On every way out. The segment is the first to go: while the set is there,
 * nobody makes a new one. The other side may have been quicker. */
static void remove_objects(void)
{
	if (segment != -1)
		shmctl(segment, IPC_RMID, NULL);
	if (set != -1)
		semctl(set, 0, IPC_RMID);
}

static void stop(int signal_number)
{
	remove_objects();
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

/* The timer's signal. It is not ignored: so a call that waits gets EINTR. */
static void tick(int signal_number)
{
	(void)signal_number;
}

/* Find or make the set, and join. */
static void join(key_t key)
{
	struct sembuf operations[] = {
	    {.sem_num = CONSUMER, .sem_op = 0, .sem_flg = IPC_NOWAIT},
	    {.sem_num = CONSUMER, .sem_op = 1},
	    {.sem_num = CONSUMER, .sem_op = 1, .sem_flg = SEM_UNDO}};
	const struct timespec nap = {.tv_nsec = 10000000};
	for (int tries = 0; tries < 200; tries++, nanosleep(&nap, NULL)) {
		int found =
		    semget(key, SEMAPHORE_COUNT, IPC_CREAT | BUFFER_MODE);
		if (found == -1)
			err(1, "semget: key 0x%x", (unsigned)key);
		int producer = semctl(found, PRODUCER, GETVAL);
		int consumer = semctl(found, CONSUMER, GETVAL);
		if (producer > PRESENT || consumer > PRESENT ||
		    semctl(found, SEMAPHORE_COUNT, GETVAL) != -1)
			errx(1, "key 0x%x is another program's", (unsigned)key);
		if (producer != LEFT && semop(found, operations, 3) == 0) {
			set = found;
			return;
		}
		if (producer != LEFT && errno != EAGAIN && errno != EIDRM &&
		    errno != EINVAL)
			err(1, "semop: key 0x%x", (unsigned)key);
		if (consumer == PRESENT && producer != LEFT)
			errx(1, "key 0x%x has a consumer: choose one with -k",
			     (unsigned)key);
		/* Nobody is left of a run, or somebody is about to end. */
		if (producer != PRESENT && consumer != PRESENT &&
		    producer + consumer > 0)
			semctl(found, 0, IPC_RMID);
	}
	errx(1, "key 0x%x: its last run has not ended yet", (unsigned)key);
}

/* A call was interrupted, or the set is gone: may we wait on? */
static void look_at_producer(void)
{
	int state = semctl(set, PRODUCER, GETVAL);
	if (state != -1 && state != LEFT)
		return;
	if (complete)
		exit(0);
	errx(1, "the producer has gone: the end is missing");
}

/* Take from a semaphore, asleep as long as there is too little, or add. */
static void change(unsigned short semaphore, short by)
{
	struct sembuf operation = {.sem_num = semaphore, .sem_op = by};
	while (semop(set, &operation, 1) == -1) {
		if (errno != EINTR && errno != EIDRM && errno != EINVAL)
			err(1, "semop");
		look_at_producer();
	}
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
	sigset_t all, before;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	signal(SIGINT, stop);
	signal(SIGTERM, stop);
	signal(SIGHUP, stop);
	signal(SIGPIPE, SIG_IGN); /* nobody reads any more: write says EPIPE */
	atexit(remove_objects);
	join(key);
	int id = shmget(key, sizeof(struct buffer), IPC_CREAT | BUFFER_MODE);
	struct shmid_ds status;
	if (id == -1 || shmctl(id, IPC_STAT, &status) == -1)
		err(1, "shmget: key 0x%x", (unsigned)key);
	if (status.shm_segsz != sizeof(struct buffer))
		errx(1, "key 0x%x is another program's", (unsigned)key);
	segment = id;
	struct buffer *buffer = shmat(segment, NULL, 0);
	if (buffer == (void *)-1)
		err(1, "shmat: segment %d", id);
	const struct itimerval five_times_a_second = {
	    .it_interval.tv_usec = 200000, .it_value.tv_usec = 200000};
	sigaction(SIGALRM, &(struct sigaction){.sa_handler = tick}, NULL);
	setitimer(ITIMER_REAL, &five_times_a_second, NULL);
	sigprocmask(SIG_SETMASK, &before, NULL);

	for (unsigned next = 0; !complete; next = (next + 1) % SLOTS) {
		const struct slot *slot = &buffer->slots[next];
		change(FILLED, -1);
		size_t length = slot->length, written = 0;
		if (length > SLOT_SIZE)
			errx(1, "%zu bytes in a slot of %d", length, SLOT_SIZE);
		while (written < length) {
			ssize_t more =
			    write(STDOUT_FILENO, slot->bytes + written,
				  length - written);
			if (more == -1 && errno != EINTR)
				err(1, "write standard output");
			if (more == -1)
				look_at_producer();
			else
				written += (size_t)more;
		}
		complete = length == 0;
		if (complete && close(STDOUT_FILENO) == -1)
			err(1, "close standard output");
		change(FREE, 1);
	}
	change(FILLED, -1); /* asleep until the producer removes the set */
	return 0;
}
