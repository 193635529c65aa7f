/*
 * buffer.h - what producer and consumer agree on: where the buffer is, what
 * it holds, and the steps that both take with its semaphores. See shmop(2),
 * semop(2), semctl(2).
 */

#include <err.h>
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sem.h>
#include <unistd.h>

/*
 * The name of both objects, the segment and the set of semaphores, one for
 * each user: 0x4252 ("BR" in ASCII) and the user id. Another key can be given
 * to both programs with -k, never 0 (IPC_PRIVATE).
 */
#define BUFFER_KEY ((key_t)(0x42520000u + getuid()))

/* Who may use them: their owner. */
#define BUFFER_MODE 0600

/*
 * The segment: a ring of slots. The producer fills one after the other and
 * then begins again at the first; the consumer empties them in this order.
 * The semaphores say which side a slot belongs to.
 */
#define SLOTS 16
#define SLOT_SIZE 65536 /* bytes; what one read(2) gets fills one slot */

struct slot {
	int length; /* bytes in use; 0: the end of the input */
	char bytes[SLOT_SIZE];
};

struct buffer {
	struct slot slots[SLOTS];
};

/*
 * The set: the semaphores (see counter.c) by their numbers. In a new set all
 * are 0. (POSIX leaves that open, but all kernels do it.)
 */
enum {
	FREE,     /* slots that may be filled; the producer adds SLOTS first */
	FILLED,   /* slots that may be emptied */
	PRODUCER, /* its seat. 0: nobody yet; 2: it is there; 1: it has ended
		   * (the kernel took its SEM_UNDO 1 back) */
	CONSUMER, /* the other seat */
	SET_SIZE  /* how many semaphores there are */
};

/*
 * A transfer:
 *
 * 1. Either side may come first. It finds or makes the set, and takes its seat.
 *    The producer then makes the segment; nobody else does. The consumer looks
 *    for it once a slot has been filled.
 * 2. For each slot the producer takes 1 from FREE, fills the slot, and gives 1
 *    to FILLED. The consumer takes 1 from FILLED, and gives 1 to FREE when it
 *    has written the bytes.
 * 3. After the end of the input the producer takes all SLOTS from FREE: so
 *    everything has been written. It removes both objects. The consumer waits
 *    for that, so when one of the two has ended the next transfer can begin.
 *
 * A third semaphore, to let only one side in at a time, is not needed: there is
 * one producer and one consumer, and they are never in the same slot. Nor need
 * the slots be volatile: semop is a call, and the compiler keeps nothing of the
 * segment in a register across a call.
 *
 * A side that leaves earlier removes both objects too (a consumer that does not
 * know the segment yet leaves that to the producer). If it was killed, its seat
 * tells the other side, which checks that each second while it waits.
 *
 * Not covered: when the consumer dies, the bytes in the slots are lost. If both
 * are killed, the objects stay, and the next start says so: `make clean-ipc`
 * removes those of the default key, `ipcrm -M KEY -S KEY` those of another one.
 * A signal in the few instructions between making an object and remembering it
 * can leave it too. A start at the moment in which another transfer ends may
 * fail with a message; it never gets the other's data.
 */

/* What the kernel knows about a set. The last argument of semctl(2) is a union
 * that some systems declare and others leave to us. */
static inline struct semid_ds status_of_set(int set)
{
	struct semid_ds status;
	union {
		int value;
		struct semid_ds *status;
	} argument = {.status = &status};
	if (semctl(set, 0, IPC_STAT, argument) == -1)
		err(1, "semctl: look at set %d", set);
	return status;
}

/* What a seat's value is. -1: the set has been removed. */
static inline int look_at_seat(int set, int seat)
{
	int value = semctl(set, seat, GETVAL);
	if (value == -1 && errno != EIDRM && errno != EINVAL)
		err(1, "semctl: read a semaphore of set %d", set);
	return value;
}

/* Has the other side ended, or left and removed the set? */
static inline bool has_gone(int set, int seat)
{
	int value = look_at_seat(set, seat);
	return value == -1 || value == 1;
}

/*
 * Join: take a seat, PRODUCER or CONSUMER. One semop(2) makes all its changes
 * at once or none. An operation of 0 means: go on only if the value is 0. So it
 * succeeds only if the seat is 0, and adds 1 for good and 1 with SEM_UNDO. The
 * kernel takes that one back when the process ends, however it ends. Exits if
 * the seat is not free.
 */
static inline void join_or_exit(int set, unsigned short seat, key_t key)
{
	const char *name = seat == PRODUCER ? "producer" : "consumer";
	struct sembuf changes[] = {
	    {.sem_num = seat, .sem_op = 0, .sem_flg = IPC_NOWAIT},
	    {.sem_num = seat, .sem_op = 1},
	    {.sem_num = seat, .sem_op = 1, .sem_flg = SEM_UNDO}};
	int result;
	do
		result = semop(set, changes, 3);
	while (result == -1 && errno == EINTR);
	if (result == 0)
		return;

	if (errno == EIDRM || errno == EINVAL)
		errx(1, "a transfer of key 0x%x has just ended: start again",
		     (unsigned)key);
	if (errno != EAGAIN) {
		warn("semop: join set %d", set);
		if (status_of_set(set).sem_otime == 0) /* no semop yet: */
			semctl(set, 0, IPC_RMID);      /* we have made it */
		exit(1);
	}
	if (look_at_seat(set, seat) == 1)
		errx(1,
		     "key 0x%x: a %s was killed here: run make clean-ipc, or "
		     "choose another key with -k",
		     (unsigned)key, name);
	errx(1, "key 0x%x has a %s: choose another key with -k", (unsigned)key,
	     name);
}

/* Removing has failed. It is no fault if the other side was quicker. A signal
 * handler may call this: so it calls write, and not printf. */
static inline void tell_if_left(const char *text)
{
	if (errno == EINVAL || errno == EIDRM)
		return;
	if (write(STDERR_FILENO, text, strlen(text)) == -1)
		_exit(1);
}

/* The key has a segment, and no producer made it for this transfer. */
static inline void exit_because_of_a_segment(key_t key)
{
	errx(1,
	     "key 0x%x already has a segment: another user's, another "
	     "program's, or one that a killed producer left: choose another "
	     "key with -k, or run make clean-ipc",
	     (unsigned)key);
}

/* SIGALRM, each second: it interrupts whatever waits, so that it checks. */
static inline void alarm_again(int signal_number)
{
	(void)signal_number;
	alarm(1);
}

/*
 * Take: sleep until the semaphore is at least count, and subtract that. A
 * signal, above all SIGALRM, interrupts a call that waits: it returns -1 with
 * EINTR. Then we look at the other side's seat, and call again. Returns false
 * if the other side has gone.
 */
static inline bool take(int set, unsigned short semaphore, short count,
			int other_seat)
{
	struct sembuf change = {.sem_num = semaphore, .sem_op = (short)-count};
	while (semop(set, &change, 1) == -1) {
		if (errno == EIDRM || errno == EINVAL)
			return false; /* the set has been removed */
		if (errno != EINTR)
			err(1, "semop: take from set %d", set);
		if (has_gone(set, other_seat))
			return false;
	}
	return true;
}

/* Give: add count, and wake the other side if that is what it waits for.
 * Returns false if the set has been removed. */
static inline bool give(int set, unsigned short semaphore, short count)
{
	struct sembuf change = {.sem_num = semaphore, .sem_op = count};
	int result;
	do
		result = semop(set, &change, 1);
	while (result == -1 && errno == EINTR);
	if (result == -1 && errno != EIDRM && errno != EINVAL)
		err(1, "semop: give to set %d", set);
	return result == 0;
}
