/*
 * consumer - write what comes through a buffer in shared memory
 *
 * Shows the other side of the bounded buffer: the consumer sleeps while no
 * slot is filled, empties them in the producer's order, and gives each back. If
 * one dies, even by SIGKILL, the other says so within two seconds.
 *
 *     terminal 1                  terminal 2
 *                                 $ ./consumer
 *                                 (waits)
 *     $ echo hello | ./producer   hello
 *
 * usage: consumer [-h] [-k KEY]
 * Read buffer.h first: it has what both agree on, the steps with the
 * semaphores, and what is not covered. The other half is producer.c.
 */

#include <signal.h>
#include <stdio.h>
#include <sys/shm.h>

#include "buffer.h"

static key_t key;      /* -k, or else BUFFER_KEY */
static bool key_given; /* -k: it is not checked whose set it is */

/* What to remove on the way out: remembered once it is ours. */
static volatile sig_atomic_t joined_set = -1, found_segment = -1;
static void parse_options(int argc, char *argv[]); /* at the end */
static void catch_signals(void);
static void remove_objects(void);

int main(int argc, char *argv[])
{
	parse_options(argc, argv);
	catch_signals();

	/* Get the set of semaphores. The side that comes first makes it. */
	int set = semget(key, SET_SIZE, IPC_CREAT | BUFFER_MODE);
	if (set == -1 && errno == ENOSPC)
		errx(1, "semget: the limit of objects is reached, see ipcs");
	if (set == -1)
		err(1, "semget: key 0x%x", (unsigned)key);

	/* Is it ours? Anybody can make a set with our key first. IPC_STAT only
	 * looks; cuid is the user who made it. */
	const struct semid_ds set_status = status_of_set(set);
	if (!key_given && set_status.sem_perm.cuid != geteuid())
		errx(1,
		     "semaphore set %d was made by another user: choose "
		     "another key with -k",
		     set);
	if (set_status.sem_nsems != SET_SIZE)
		errx(1, "key 0x%x is another program's", (unsigned)key);

	/* Take the consumer's seat, if nobody has it. */
	join_or_exit(set, CONSUMER, key);
	joined_set = set;

	/* If there is a segment but no producer yet, it is somebody else's.
	 * Look for the segment first: a producer that comes in between already
	 * has its seat. */
	const int early_segment = shmget(key, 0, 0);
	if (early_segment != -1 && look_at_seat(set, PRODUCER) == 0)
		exit_because_of_a_segment(key);

	/* A filled slot says that the producer has made the segment. */
	const bool filled = take(set, FILLED, 1, PRODUCER);

	/* Get it even if the producer was killed, because then we must remove
	 * it. But it is the right one only while the set exists: so look at the
	 * set afterwards. */
	int segment = shmget(key, sizeof(struct buffer), 0);
	if (segment == -1 && errno != ENOENT)
		err(1, "shmget: key 0x%x", (unsigned)key);
	if (look_at_seat(set, PRODUCER) != -1)
		found_segment = segment;
	if (!filled || found_segment == -1)
		errx(1, "the producer has gone");

	/* Attach it: we only read there. */
	const struct buffer *buffer = shmat(segment, NULL, SHM_RDONLY);
	if (buffer == (void *)-1)
		err(1, "shmat: segment %d", segment);

	unsigned next = 0;
	for (;;) {
		const struct slot *slot = &buffer->slots[next];
		next = (next + 1) % SLOTS;
		const int length = slot->length;
		if (length == 0)
			break;
		if (length < 0 || length > SLOT_SIZE)
			errx(1, "%d bytes in a slot of %d", length, SLOT_SIZE);

		/* Write all of it. A write that a signal interrupts may have
		 * written a part, or nothing. */
		int done = 0;
		while (done < length) {
			ssize_t written =
			    write(STDOUT_FILENO, slot->bytes + done,
				  (size_t)(length - done));
			if (written == -1 && errno != EINTR)
				err(1, "write standard output");
			if (written > 0)
				done += (int)written;
			if (done < length && has_gone(set, PRODUCER))
				errx(1, "the producer has gone");
		}

		/* Give it back, and sleep until the next slot is filled. */
		if (!give(set, FREE, 1))
			errx(1, "the producer has gone");
		if (!take(set, FILLED, 1, PRODUCER))
			errx(1, "the producer has gone");
	}

	/* Some file systems report a failed write only now. */
	if (close(STDOUT_FILENO) == -1 && errno != EINTR)
		err(1, "close standard output");

	/* This tells the producer that everything has been written. */
	if (!give(set, FREE, 1))
		errx(1, "the producer has gone");

	/* No slot will be filled: this waits until the producer has removed the
	 * set, or has died without removing it. */
	take(set, FILLED, 1, PRODUCER);
	remove_objects();
	return 0;
}

/* The segment first: while the set is there its seats are taken, so no other
 * producer can begin, and meet the old segment. It is no fault if the other
 * side was quicker. */
static void remove_objects(void)
{
	if (found_segment != -1 && shmctl(found_segment, IPC_RMID, NULL) == -1)
		tell_if_left("consumer: shmctl: the segment is left\n");
	if (joined_set != -1 && semctl(joined_set, 0, IPC_RMID) == -1)
		tell_if_left("consumer: semctl: the semaphores are left\n");
}

static void interrupted(int signal_number)
{
	remove_objects();
	raise(signal_number);
	_exit(128 + signal_number); /* only reached as pid 1, in a container */
}

/* Every way out removes the objects. */
static void catch_signals(void)
{
	atexit(remove_objects);

	/* RESETHAND brings the default action back, NODEFER lets raise take
	 * effect inside the handler. So we end by that signal, and the shell
	 * sees why. */
	const struct sigaction interruption = {
	    .sa_handler = interrupted,
	    .sa_flags = (int)(SA_RESETHAND | SA_NODEFER)};
	sigaction(SIGINT, &interruption, NULL);
	sigaction(SIGQUIT, &interruption, NULL);
	sigaction(SIGTERM, &interruption, NULL);
	if (signal(SIGHUP, SIG_IGN) != SIG_IGN) /* nohup: it stays ignored */
		sigaction(SIGHUP, &interruption, NULL);

	/* Ignore SIGPIPE: a write to a closed pipe then fails with EPIPE
	 * instead of ending us. */
	signal(SIGPIPE, SIG_IGN);

	/* Without SA_RESTART: semop, read and write end with EINTR. */
	const struct sigaction each_second = {.sa_handler = alarm_again};
	sigaction(SIGALRM, &each_second, NULL);
	alarm(1);
}

static void parse_options(int argc, char *argv[])
{
	static const char usage[] = "usage: consumer [-h] [-k KEY]";
	key = BUFFER_KEY;
	int option;
	while ((option = getopt(argc, argv, "hk:")) != -1) {
		if (option != 'k') { /* -h, or what getopt complained about */
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			exit(option == 'h' ? 0 : 2);
		}
		char *end;
		long long number = strtoll(optarg, &end, 0);
		if (*end != '\0' || number < 1 || number > 0xffffffff)
			errx(2, "-k '%s': must be 1 to 0xffffffff\n%s", optarg,
			     usage);
		key = (key_t)number;
		key_given = true;
	}
	if (optind < argc)
		errx(2, "unexpected argument '%s'\n%s", argv[optind], usage);
}
