/*
 * counter - two processes add to one number: are all the increments there?
 *
 * Shows that an increment is a load, an addition and a store: what the other
 * process stores in between is lost. In place of the scheduler each 100th one
 * sleeps there. (Without that, most short runs lose nothing, yet any may.)
 *
 *     $ ./counter; ./counter -s
 *     expected 40000, got …, lost …
 *     expected 40000, got 40000, lost 0
 *
 * usage: counter [-hs] [-n INCREMENTS]
 * After SIGKILL the semaphore set of -s stays: see ipcs -s, and ipcrm -s ID.
 */

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int guarded;             /* -s: a semaphore guards each increment */
static long increments = 20000; /* -n: how many, of each process */
static volatile sig_atomic_t to_remove = -1; /* the set, once it is there */
static void count(volatile long *number, int set);
static void change(int set, short difference, short flags);
static void remove_on_every_way_out(void);
static void parse_options(int argc, char *argv[]); /* at the end */

int main(int argc, char *argv[])
{
	parse_options(argc, argv);

	/* Get a segment without a key: it is for us and our child only. */
	int id = shmget(IPC_PRIVATE, sizeof(long), IPC_CREAT | 0600);
	if (id == -1 && errno == ENOSPC)
		errx(1, "shmget: the limit of objects is reached, see ipcs");
	if (id == -1)
		err(1, "shmget");

	/* Attach it. volatile: the compiler must really load and store each
	 * time (it does not put processes in order). */
	volatile long *number = shmat(id, NULL, 0);
	int attach_error = errno;

	/* Remove it. IPC_RMID does not destroy it yet: the kernel does that
	 * when no process has it attached any more. So nothing stays behind,
	 * even after SIGKILL. (If shmat failed, it goes now.) */
	if (shmctl(id, IPC_RMID, NULL) == -1)
		err(1, "shmctl: remove segment %d", id);
	errno = attach_error;
	if (number == (void *)-1)
		err(1, "shmat: segment %d", id);

	/* A semaphore is a number that the kernel keeps, never below 0: whoever
	 * wants to take 1 while it is 0 sleeps until somebody adds 1. System V
	 * has them in sets; ours has one. A set cannot be marked like a
	 * segment: IPC_RMID removes it at once, so we do it at the end. */
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
	pid_t child = fork();
	if (child == -1)
		err(1, "fork");
	if (child == 0) {
		to_remove = -1;
		count(number, set);

		/* _exit: do not run the parent's atexit functions or flush its
		 * buffers again. */
		_exit(0);
	}
	count(number, set);

	/* Wait until the child is done, too. A signal may interrupt a call that
	 * waits: it returns -1 with EINTR, and we call again. */
	int status;
	pid_t ended;
	do
		ended = waitpid(child, &status, 0);
	while (ended == -1 && errno == EINTR);
	if (ended == -1)
		err(1, "waitpid: process %ld", (long)child);
	if (status != 0)
		errx(1, "the child failed (wait status %#x)", (unsigned)status);

	/* Nobody uses the set any more. */
	if (guarded && semctl(set, 0, IPC_RMID) == -1)
		err(1, "semctl: remove semaphore set %d", set);
	to_remove = -1;

	long expected = 2 * increments;
	printf("expected %ld, got %ld, lost %ld\n", expected, *number,
	       expected - *number);
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}

/* Both processes do this. */
static void count(volatile long *number, int set)
{
	/* The scheduler may take the CPU away anywhere. In its place we sleep.
	 * A signal may make the sleep shorter, and that is no harm. */
	const struct timespec moment = {.tv_nsec = 500000};

	for (long i = 0; i < increments; i++) {
		if (guarded) /* enter: take the 1, or wait for it */
			change(set, -1, SEM_UNDO);

		long sum = *number + 1;
		if (i % 100 == 0)
			nanosleep(&moment, NULL);
		*number = sum;

		if (guarded) /* leave: bring it back */
			change(set, 1, SEM_UNDO);
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
	static const char usage[] = "usage: counter [-hs] [-n INCREMENTS]";
	int option;
	while ((option = getopt(argc, argv, "hn:s")) != -1) {
		char *end;
		switch (option) {
		case 'n':
			increments = strtol(optarg, &end, 10);
			if (*end != '\0' || increments < 1 ||
			    increments > 1000000)
				errx(2, "-n '%s': must be 1 to 1000000\n%s",
				     optarg, usage);
			break;
		case 's':
			guarded = 1;
			break;
		default: /* -h, or what getopt has complained about */
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			exit(option == 'h' ? 0 : 2);
		}
	}
	if (optind < argc)
		errx(2, "unexpected argument '%s'\n%s", argv[optind], usage);
	setvbuf(stdout, NULL, _IOLBF, 0); /* each line is seen at once */

	/* Ignore SIGPIPE: a write to a closed pipe then fails with EPIPE
	 * instead of ending us. */
	signal(SIGPIPE, SIG_IGN);
}
