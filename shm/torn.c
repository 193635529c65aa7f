/*
 * torn - a reader copies a text while a writer replaces it
 *
 * Shows that a copy is not one step: the reader gets half of one text and half
 * of the other, like "one one two two": a torn read. In place of the scheduler
 * each 100th copy sleeps halfway. (Without that, torn reads are rarer.)
 *
 *     $ ./torn
 *     20000 reads, torn …
 *     for example: …
 *
 * usage: torn [-hs]
 * After SIGKILL the semaphore set of -s stays: see ipcs -s, and ipcrm -s ID.
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

static int guarded; /* -s: a semaphore guards each copy, and none is torn */
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

	/* Attach it. volatile: the compiler must really load and store each
	 * time (it does not put processes in order). */
	volatile char *shared = shmat(id, NULL, 0);
	int attach_error = errno;

	/* Remove it. IPC_RMID does not destroy it yet: the kernel does that
	 * when no process has it attached any more. So nothing stays behind,
	 * even after SIGKILL. (If shmat failed, it goes now.) */
	if (shmctl(id, IPC_RMID, NULL) == -1)
		err(1, "shmctl: remove segment %d", id);
	errno = attach_error; /* shmctl may have changed it */
	if (shared == (void *)-1)
		err(1, "shmat: segment %d", id);

	/* A semaphore: see counter.c. A set cannot be marked like a segment:
	 * IPC_RMID removes it at once, so we do it at the end. */
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

		/* It starts at 0: add 1, so that one process can enter. No
		 * SEM_UNDO: this 1 must stay. */
		change(set, 1, 0);
	}

	/* The child inherits the attachment, and leaves the set to us. */
	pid_t writer = fork();
	if (writer == -1)
		err(1, "fork");
	if (writer == 0) {
		to_remove = -1;
		write_texts(shared, set);

		/* _exit: do not run the parent's atexit functions or flush its
		 * buffers again. */
		_exit(0);
	}

	/* A new segment is all zeros: wait for the first text's last letter,
	 * some 2 s at most, as the writer may have failed. */
	for (int i = 0; i < 4000 && shared[sizeof *texts - 2] == '\0'; i++)
		give_cpu_away();

	/* Now read: is it one of the two texts? (Both have their NUL at the
	 * same byte, so there is always one.) */
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

	/* Wait until the writer is done, too. A signal may interrupt a call
	 * that waits: it returns -1 with EINTR, and we call again. */
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

	/* Nobody uses the set any more. */
	if (guarded && semctl(set, 0, IPC_RMID) == -1)
		err(1, "semctl: remove semaphore set %d", set);
	to_remove = -1;

	printf("%d reads, torn %d\n", ROUNDS, torn);
	if (torn > 0)
		printf("for example: %s\n", example);
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}

/* The scheduler may take the CPU away anywhere. In its place we sleep. A signal
 * may make the sleep shorter, and that is no harm. */
static void give_cpu_away(void)
{
	const struct timespec moment = {.tv_nsec = 500000};
	nanosleep(&moment, NULL);
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

		/* Pause with a whole text in place, too: otherwise nearly all
		 * reads during pauses would be torn. */
		if (i % 100 == 50)
			give_cpu_away();
	}
}

/* Copy byte by byte. Each 100th time, the CPU is given away halfway: so there
 * are torn reads even where two processes have only one core. */
static void copy(volatile char *to, const volatile char *from, int pauses)
{
	for (size_t i = 0; i < sizeof *texts; i++) {
		if (pauses && i == sizeof *texts / 2)
			give_cpu_away();
		to[i] = from[i];
	}
}

/* Add to the semaphore, or sleep as long as it would fall below 0. SEM_UNDO: if
 * this process is killed, the kernel takes its changes back. */
static void change(int set, short difference, short flags)
{
	struct sembuf operation = {.sem_op = difference, .sem_flg = flags};
	int result;
	do
		result = semop(set, &operation, 1);
	while (result == -1 && errno == EINTR);

	/* In the child: the parent has ended, and has removed the set. */
	if (result == -1 && to_remove == -1 &&
	    (errno == EIDRM || errno == EINVAL))
		_exit(1);
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
	_exit(128 + signal_number); /* only reached as pid 1, in a container */
}

/* RESETHAND brings the default action back, NODEFER lets raise take effect
 * inside the handler. So we end by that signal, and the shell sees why. */
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

	/* Ignore SIGPIPE: a write to a closed pipe then fails with EPIPE
	 * instead of ending us. */
	signal(SIGPIPE, SIG_IGN);
}
