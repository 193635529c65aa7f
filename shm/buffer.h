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
	GONE,    /* 0 until one of the two ends */
	SET_SIZE /* how many semaphores there are */
};

/*
 * Joining is one semop(2) of five operations, as many as macOS allows. It
 * fails unless GONE and the process's own semaphore are 0. It adds 1 to its
 * own, with SEM_UNDO: the kernel takes that back when the process ends,
 * however it ends. It adds 1 to GONE, and takes 1 away with SEM_UNDO: nothing
 * has changed, but the end of the process will add 1.
 *
 * So GONE tells the other one, who does nothing with the set but on condition
 * that GONE is 0. And nobody can join any more.
 *
 * Leaving: the first to go adds 1 to GONE itself, and leaves both objects to
 * the other one, who may not have found the segment yet. The last one removes
 * them. If both were killed, GONE is above 0 and nobody is there: the next one
 * to come removes the set, makes a new one, and uses the old segment.
 *
 * The end of the input: the slot of length 0 is given back as FREE when
 * everything has been written. The producer waits for all SLOTS, then it
 * removes both objects. The consumer waits for that; or, if the producer was
 * killed, it is the last one.
 */
