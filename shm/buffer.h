/*
 * buffer.h - what producer and consumer agree on: where the buffer is, what
 * it holds, and what its semaphores count. See shmop(2), semop(2), semctl(2).
 */

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
 * then begins again at the first, the consumer empties them in this order.
 * The semaphores say whose a slot is: what is in the others is of no meaning.
 */
#define SLOTS 16
#define SLOT_SIZE 65536 /* bytes; what one read(2) gets fills one slot */

struct slot {
	uint32_t length;       /* bytes in use; 0 says: end of input */
	char bytes[SLOT_SIZE]; /* written by the producer only */
};

struct buffer {
	struct slot slots[SLOTS];
};

/*
 * The set: the semaphores by their numbers. A new set, whoever made it, has 0
 * in all of them: all kernels see to that (POSIX leaves it open), and it is
 * just what is needed, so there is no moment at which a value is missing.
 */
enum {
	FREE,     /* slots that may be filled; the producer adds SLOTS first */
	FILLED,   /* slots that may be emptied */
	PRODUCER, /* 1 while there is one */
	CONSUMER,
	GONE,    /* how many of the two have been there and have ended */
	SET_SIZE /* how many semaphores there are */
};

/*
 * A process joins in one semop(2), which fails unless its own semaphore and
 * GONE are 0. Then it adds 1 to its own, with SEM_UNDO: the kernel takes that
 * back when the process ends, however it ends. And it adds 1 to GONE and takes
 * it away again, the latter with SEM_UNDO: so its end adds 1. (These are five
 * operations, as many as macOS allows in one call.) Later it does nothing with
 * the set but on condition that GONE is 0. GONE above 0 while there is neither
 * producer nor consumer: a run that was killed left this.
 *
 * The end: the slot of length 0 is given back as FREE when everything has been
 * written. The producer waits for all SLOTS, then it removes both objects. The
 * consumer waits for that, and if the producer has ended, it removes them.
 */
