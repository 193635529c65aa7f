/*
 * shm - what does a message through shared memory cost?
 *
 *     $ ./shm
 *     mechanism=shm wait=block bytes=64 rounds=10000 setup_us=34.091
 *     round_trip_us=7.328 cpu_us=6.641 switches=1.131 attach_us=8.443
 *     touch_us=8.453 segment=128
 *
 * (on one line). -w block: the receiver sleeps on a semaphore. -w poll: it
 * looks at a flag in the segment again and again. -S: a larger segment. The
 * set-up ends when both can use the segment. README.md explains the figures.
 *
 * usage: shm [-h] [-w block|poll] [-s BYTES] [-n ROUNDS] [-S BYTES]
 */

#include <stdatomic.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "pingpong.h"

/* A store takes the whole cache line away from other cores. So the flag has a
 * line of its own, and the message begins on the next one: many processors
 * fetch such a pair together. */
struct segment {
	atomic_int turn; /* PARENT or CHILD: who may use the message */
	char rest_of_line[64 - sizeof(atomic_int)];
	unsigned char message[];
};

static struct segment *segment;
static size_t size; /* -S BYTES */
static volatile sig_atomic_t segment_id = -1, semaphores = -1;

static double touch(void);

int main(int argc, char *argv[])
{
	usage = "usage: shm [-h] [-w block|poll] [-s BYTES] [-n ROUNDS] "
		"[-S BYTES]";
	while (next_option(argc, argv, "hw:s:n:S:") != -1)
		size = (size_t)parse_number('S', 0x7fffffff);
	const size_t least = sizeof(struct segment) + bytes;
	if (size != 0 && size < least)
		errx(2, "-S %zu: message and flag need %zu bytes\n%s", size,
		     least, usage);
	size = size == 0 ? least : size;
	in = allocate(bytes);
	prepare_ends();

	const double start = now();
	segment_id = shmget(IPC_PRIVATE, size, IPC_CREAT | 0600);
	if (segment_id == -1)
		err(77, "shmget: a segment of %zu bytes", size);
	const double got = now();
	segment = shmat(segment_id, NULL, 0);
	const int failure = errno;
	const double attached = now();
	/* Removed at once: it is freed with its last process. */
	if (shmctl(segment_id, IPC_RMID, NULL) == -1)
		err(1, "shmctl: remove segment %d", (int)segment_id);
	segment_id = -1;
	errno = failure;
	if (segment == (void *)-1)
		err(errno == ENOMEM ? 77 : 1, "shmat: a segment of %zu bytes",
		    size);
	if (!polls) {
		semaphores = semget(IPC_PRIVATE, 2, IPC_CREAT | 0600);
		if (semaphores == -1)
			err(1, "semget");
		snprintf(through, sizeof through, "semaphores %d",
			 (int)semaphores);
	}
	double touched = touch();
	atomic_init(&segment->turn, PARENT);
	const double set_up = now() - start;

	/* fork is no part of the set-up, but the child's first use is. */
	start_child();
	if (self == CHILD) {
		by_child->touch_us = touch();
		by_child->is_ready = 1;
	}
	for (; !by_child->is_ready; check_on_other(WNOHANG))
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	const struct used used = measure();
	touched += by_child->touch_us;
	print_figures("shm", set_up + by_child->touch_us, used);
	printf(" attach_us=%.3f touch_us=%.3f segment=%zu", attached - got,
	       touched, size);
	return end_line();
}

/* The kernel provides a page when a process uses it for the first time, in
 * each process again. Returns how long that took for all pages. */
static double touch(void)
{
	volatile char *memory = (volatile char *)segment;
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	double start = now();
	for (size_t i = 0; i < size; i += page)
		memory[i] = PARENT; /* the flag is in the first page */
	return now() - start;
}

static void change_semaphore(int number, short change)
{
	struct sembuf operation = {.sem_num = (unsigned short)number,
				   .sem_op = change};
	while (semop(semaphores, &operation, 1) == -1)
		try_again("semop", 1);
}

/* Every byte is written where the other one will find it: nothing is copied.
 * Release here and acquire there: a process that sees the flag changed sees
 * the message as well. With semaphores the kernel takes care of that. */
static void send_message(unsigned char stamp)
{
	memset(segment->message, stamp, bytes);
	if (polls)
		atomic_store_explicit(&segment->turn, !self,
				      memory_order_release);
	else
		change_semaphore(!self, 1);
}

static void receive_message(void)
{
	if (!polls)
		change_semaphore(self, -1);
	for (int looks = 1; polls; looks++) {
		if (atomic_load_explicit(&segment->turn,
					 memory_order_acquire) == self)
			break;
#if defined(__i386__) || defined(__x86_64__)
		/* Each look takes the line from the core that will write it. */
		for (int i = 0; i < 3; i++)
			__builtin_ia32_pause();
#endif
		if (looks % 256 == 0)
			give_way();
	}
	memcpy(in, segment->message, bytes);
}

static void remove_objects(void)
{
	if (segment_id != -1)
		shmctl(segment_id, IPC_RMID, NULL);
	if (semaphores != -1 && semctl(semaphores, 0, IPC_RMID) == -1 &&
	    errno != EINVAL) /* somebody else has removed them */
		warn("semctl: remove %s", through);
}
