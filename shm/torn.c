/*
 * torn - a reader copies a text while a writer replaces it
 *
 * Shows that a copy is not one step: the reader gets half of one text and half
 * of the other, a torn read. With -s a semaphore prevents it.
 *
 *     $ ./torn
 *     20000 reads, torn …
 *     for example: …
 *     $ ./torn -s
 *     20000 reads, torn 0
 *
 * usage: torn [-hs]
 *
 * Killed with SIGKILL, torn -s leaves its semaphore set: see counter.c.
 */

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 20000 }; /* of writing, and of reading */
static const char texts[2][32] = {"one one one one one one one one",
				  "two two two two two two two two"};

static int guarded;                          /* -s: by a semaphore */
static volatile sig_atomic_t to_remove = -1; /* the set, once it is there */

static void write_texts(volatile char *shared, int set);
static void copy(volatile char *to, const volatile char *from, int pauses);
static void give_cpu_away(void);
static void change(int set, short difference, short flags);
static void remove_on_every_way_out(void);
static void parse_options(int argc, char *argv[]); /* at the end */

int main(int argc, char *argv[])
{
	parse_options(argc, argv);

	/* Get a segment without a key: it is for us and our child only. */
	int id = shmget(IPC_PRIVATE, sizeof *texts, IPC_CREAT | 0600);
	if (id == -1 && errno == ENOSPC)
		errx(1, "shmget: the limit of objects is reached, see ipcs");
	if (id == -1)
		err(1, "shmget");

	/* Attach it. Volatile: each byte is really loaded and stored. */
	volatile char *shared = shmat(id, NULL, 0);
	if (shared == (void *)-1)
		warn("shmat: segment %d", id); /* it must be removed, too */

	/* Mark it for removal already now: the kernel frees it when no process
	 * has it attached any more, however they ended. */
	if (shmctl(id, IPC_RMID, NULL) == -1)
		err(1, "shmctl: remove segment %d", id);
	if (shared == (void *)-1)
		return 1;
	copy(shared, texts[0], 0);
	signal(SIGPIPE, SIG_IGN); /* if nobody reads our output, printf fails */

	/* A semaphore set has no such mark, so we remove it at the end. */
	int set = -1;
	if (guarded) {
		remove_on_every_way_out();
		set = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
		if (set == -1 && errno == ENOSPC)
			errx(1, "semget: the limit of objects is reached, "
				"see ipcs");
		if (set == -1)
			err(1, "semget");
		to_remove = set;
		change(set, 1, 0); /* it starts at 0: let one process in */
	}

	/* The child inherits the attachment, and leaves the set to us. */
	pid_t writer = fork();
	if (writer == -1)
		err(1, "fork");
	if (writer == 0) {
		to_remove = -1;
		write_texts(shared, set);
		_exit(0);
	}

	/* Meanwhile read: is it one of the two texts? */
	char text[sizeof *texts], example[sizeof *texts];
	int torn = 0;
	for (int i = 0; i < ROUNDS; i++) {
		if (guarded) /* enter: take the 1, or wait for it */
			change(set, -1, SEM_UNDO);
		copy(text, shared, i % 100 == 0);
		if (guarded) /* leave: bring it back */
			change(set, 1, SEM_UNDO);

		if (strcmp(text, texts[0]) != 0 &&
		    strcmp(text, texts[1]) != 0) {
			memcpy(example, text, sizeof text);
			torn++;
		}
	}

	/* Wait until the writer is done, too. */
	int status;
	pid_t ended;
	do
		ended = waitpid(writer, &status, 0);
	while (ended == -1 && errno == EINTR);
	if (ended == -1)
		err(1, "waitpid: process %ld", (long)writer);
	if (status != 0)
		errx(1, "the writer failed (wait status %#x)",
		     (unsigned)status);

	printf("%d reads, torn %d\n", ROUNDS, torn);
	if (torn > 0)
		printf("for example: %s\n", example);
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}

/* The child does this: the second text, the first, the second, ... */
static void write_texts(volatile char *shared, int set)
{
	for (int i = 1; i <= ROUNDS; i++) {
		if (guarded)
			change(set, -1, SEM_UNDO);
		copy(shared, texts[i % 2], i % 100 == 0);
		if (guarded)
			change(set, 1, SEM_UNDO);

		if (i % 100 == 50) /* a text stays as long as half a one */
			give_cpu_away();
	}
}

/* Copy byte by byte. Each 100th time, the CPU is given away halfway: so there
 * are torn reads also where two processes have only one core. */
static void copy(volatile char *to, const volatile char *from, int pauses)
{
	for (size_t i = 0; i < sizeof *texts; i++) {
		if (pauses && i == sizeof *texts / 2)
			give_cpu_away();
		to[i] = from[i];
	}
}

/* This stands for the scheduler, which may take the CPU away anywhere. It is
 * no harm if a signal makes the pause shorter. */
static void give_cpu_away(void)
{
	const struct timespec moment = {.tv_nsec = 500000};
	nanosleep(&moment, NULL);
}

/* Add to the semaphore, or wait as long as it would fall below 0. SEM_UNDO:
 * if this process is killed, the kernel takes its changes back. */
static void change(int set, short difference, short flags)
{
	struct sembuf operation = {.sem_op = difference, .sem_flg = flags};
	int result;
	do
		result = semop(set, &operation, 1);
	while (result == -1 && errno == EINTR);
	if (result == -1)
		err(1, "semop: semaphore set %d", set);
}

static void remove_set(void)
{
	if (to_remove != -1)
		semctl(to_remove, 0, IPC_RMID);
}

static void interrupted(int signal_number)
{
	remove_set();
	raise(signal_number);
	_exit(128 + signal_number); /* process 1 survives the line above */
}

/* The handler runs once, and can then raise the signal that called it. */
static void remove_on_every_way_out(void)
{
	const struct sigaction interruption = {
	    .sa_handler = interrupted,
	    .sa_flags = (int)(SA_RESETHAND | SA_NODEFER)};
	atexit(remove_set); /* err calls exit, too */
	sigaction(SIGINT, &interruption, NULL);
	sigaction(SIGQUIT, &interruption, NULL);
	sigaction(SIGTERM, &interruption, NULL);
	if (signal(SIGHUP, SIG_IGN) != SIG_IGN)
		sigaction(SIGHUP, &interruption, NULL); /* not under nohup */
}

static void parse_options(int argc, char *argv[])
{
	static const char usage[] = "usage: torn [-hs]";
	int option;
	while ((option = getopt(argc, argv, "hs")) != -1) {
		if (option != 's') { /* -h, or what getopt has complained of */
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			exit(option == 'h' ? 0 : 2);
		}
		guarded = 1;
	}
	if (optind < argc)
		errx(2, "unexpected argument '%s'\n%s", argv[optind], usage);
	setvbuf(stdout, NULL, _IOLBF, 0); /* each line is seen at once */
}
