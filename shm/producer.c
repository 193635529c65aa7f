/*
 * producer - pass standard input on through a buffer in shared memory
 *
 * Shows the bounded buffer: semaphores make the producer sleep while no slot
 * is free, and the consumer while none is filled. Either may start first. If
 * one dies, even by SIGKILL, the other says so within two seconds.
 *
 *     terminal 1                  terminal 2
 *                                 $ ./consumer
 *                                 (waits)
 *     $ echo hello | ./producer   hello
 *
 * usage: producer [-h] [-k KEY]
 * Read buffer.h first: it has what both agree on, the steps with the
 * semaphores, and what is not covered. The other half is consumer.c.
 */

#include <signal.h>
#include <stdio.h>
#include <sys/shm.h>

#include "buffer.h"

static key_t key;      /* -k, or else BUFFER_KEY */
static bool key_given; /* -k: it is not checked whose set it is */

/* What to remove on the way out: remembered once it is ours. */
static volatile sig_atomic_t joined_set = -1, made_segment = -1;
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

	/* Take the producer's seat, if nobody has it. */
	join_or_exit(set, PRODUCER, key);
	joined_set = set;

	/* Make the segment. IPC_EXCL: one that is there already is not ours. */
	int segment = shmget(key, sizeof(struct buffer),
			     IPC_CREAT | IPC_EXCL | BUFFER_MODE);
	if (segment == -1 && errno == EEXIST)
		exit_because_of_a_segment(key);
	if (segment == -1 && errno == ENOSPC)
		errx(1, "shmget: the limit of objects is reached, see ipcs");
	if (segment == -1)
		err(1, "shmget: key 0x%x, %zu bytes", (unsigned)key,
		    sizeof(struct buffer));
	made_segment = segment;

	/* Attach it. */
	struct buffer *buffer = shmat(segment, NULL, 0);
	if (buffer == (void *)-1)
		err(1, "shmat: segment %d", segment);

	/* All slots are free. */
	if (!give(set, FREE, SLOTS))
		errx(1, "the consumer has gone");

	unsigned next = 0;
	ssize_t length;
	do {
		/* Sleep until a slot is free. */
		if (!take(set, FREE, 1, CONSUMER))
			errx(1, "the consumer has gone");
		struct slot *slot = &buffer->slots[next];
		next = (next + 1) % SLOTS;

		/* Read may return fewer bytes than a slot holds: do not wait
		 * for more. */
		do {
			length = read(STDIN_FILENO, slot->bytes, SLOT_SIZE);
			if (length == -1 && errno != EINTR)
				err(1, "read standard input");
			if (length == -1 && has_gone(set, CONSUMER))
				errx(1, "the consumer has gone");
		} while (length == -1);

		/* Pass the slot on, even the empty one, which is the end. */
		slot->length = (int)length;
		if (!give(set, FILLED, 1))
			errx(1, "the consumer has gone");
	} while (length > 0);

	/* When all slots have come back, everything has been written. */
	if (!take(set, FREE, SLOTS, CONSUMER))
		errx(1, "the consumer has gone");

	/* Remove both objects. The consumer waits for this. */
	if (shmctl(segment, IPC_RMID, NULL) == -1 && errno != EINVAL &&
	    errno != EIDRM)
		err(1, "shmctl: remove segment %d", segment);
	if (semctl(set, 0, IPC_RMID) == -1 && errno != EINVAL && errno != EIDRM)
		err(1, "semctl: remove set %d", set);
	return 0;
}

/* The segment first: while the set is there our seat is taken, so no other
 * producer can begin, and meet the old segment. It is no fault if the other
 * side was quicker. */
static void remove_objects(void)
{
	if (made_segment != -1 && shmctl(made_segment, IPC_RMID, NULL) == -1)
		tell_if_left("producer: shmctl: the segment is left\n");
	if (joined_set != -1 && semctl(joined_set, 0, IPC_RMID) == -1)
		tell_if_left("producer: semctl: the semaphores are left\n");
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
	static const char usage[] = "usage: producer [-h] [-k KEY]";
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
