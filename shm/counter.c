/*
 * counter - two processes add to one number: are all the increments there?
 *
 * Shows that an increment is a load, an addition and a store, that what
 * another process stores in between is lost, and that a semaphore prevents it.
 *
 *     $ ./counter
 *     expected 40000, got 20073, lost 19927
 *     $ ./counter -s
 *     expected 40000, got 40000, lost 0
 *
 * -s: with the semaphore. -n: so many increments in each process.
 *
 * usage: counter [-hs] [-n INCREMENTS]
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

static const char usage[] = "usage: counter [-hs] [-n INCREMENTS]";

static pid_t parent;
static volatile sig_atomic_t semaphore = -1; /* none without -s */

/* On every way out of the parent. The child does it only as an orphan. */
static void remove_semaphore(void)
{
	if (getpid() == parent)
		semctl(semaphore, 0, IPC_RMID);
}

static void interrupted(int signal_number)
{
	remove_semaphore();
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

/* Of value 1: one may enter. Signals wait until the handler knows it. */
static void create_semaphore(void)
{
	sigset_t all, before;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	signal(SIGINT, interrupted);
	signal(SIGTERM, interrupted);
	signal(SIGHUP, interrupted);
	atexit(remove_semaphore); /* err calls exit, too */
	semaphore = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
	union { /* some systems declare it, as semun; most do not */
		int value;
		struct semid_ds *status;
	} one = {.value = 1};
	if (semaphore == -1 || semctl(semaphore, 0, SETVAL, one) == -1)
		err(1, "semget, semctl");
	sigprocmask(SIG_SETMASK, &before, NULL);
}

/* Both processes do this. Volatile, or the compiler may make one addition of
 * all. SEM_UNDO: whoever is killed between enter and leave still leaves. */
static void count(volatile long *number, long increments)
{
	const struct timespec moment = {.tv_nsec = 500000};
	struct sembuf enter = {.sem_op = -1, .sem_flg = SEM_UNDO};
	struct sembuf leave = {.sem_op = 1, .sem_flg = SEM_UNDO};
	for (long i = 0; i < increments; i++) {
		while (semaphore != -1 && semop(semaphore, &enter, 1) == -1) {
			if (errno != EINTR) /* comes even after Ctrl-Z and fg */
				err(1, "semop: was the semaphore removed?");
		}
		long sum = *number + 1;
		/* Before the store the scheduler may take the CPU away, as
		 * anywhere. It rarely does: each 100th time, give it away. (By
		 * a sleep: sched_yield may come back at once.) */
		if (i % 100 == 0) {
			nanosleep(&moment, NULL);
			if (getpid() != parent && getppid() != parent) {
				semctl(semaphore, 0, IPC_RMID); /* instead */
				errx(1, "the parent has gone");
			}
		}
		*number = sum;
		if (semaphore != -1 && semop(semaphore, &leave, 1) == -1)
			err(1, "semop: was the semaphore removed?");
	}
}

int main(int argc, char *argv[])
{
	const char *text = "20000";
	int option, guarded = 0;
	while ((option = getopt(argc, argv, "hsn:")) != -1) {
		if (option == 's')
			guarded = 1;
		else if (option == 'n')
			text = optarg;
		else { /* -h, or what getopt has complained about */
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			return option == 'h' ? 0 : 2;
		}
	}
	if (optind < argc)
		errx(2, "surplus argument '%s'\n%s", argv[optind], usage);
	char *end;
	long increments = strtol(text, &end, 10);
	if (*end != '\0' || increments < 1 || increments > 1000000)
		errx(2, "-n '%s': not 1 to 1000000\n%s", text, usage);
	setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen at once */

	int id = shmget(IPC_PRIVATE, sizeof(long), IPC_CREAT | 0600);
	if (id == -1)
		err(1, "shmget");
	volatile long *number = shmat(id, NULL, 0);
	if (shmctl(id, IPC_RMID, NULL) == -1 || number == (void *)-1)
		err(1, "shmat, shmctl: segment %d", id);
	parent = getpid();
	if (guarded)
		create_semaphore();

	pid_t child = fork(); /* it inherits the attachment */
	if (child == -1)
		err(1, "fork");
	count(number, increments);
	if (child == 0)
		return 0;
	int status = 0;
	if (waitpid(child, &status, 0) == -1 || status != 0)
		errx(1, "the child failed (wait status %#x)", status);
	printf("expected %ld, got %ld, lost %ld\n", 2 * increments, *number,
	       2 * increments - *number);
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}
