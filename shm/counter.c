/*
 * counter - two processes add to one number: are all the increments there?
 *
 * Shows that an increment is a load, an addition and a store; what others
 * store in between is lost. -s: a semaphore prevents it. -n: so many of each.
 *
 *     $ ./counter
 *     expected 40000, got 20073, lost 19927
 *     $ ./counter -s
 *     expected 40000, got 40000, lost 0
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
static volatile sig_atomic_t semaphore = -1; /* once there is one, its id */

/* On every way out. The child leaves it to the parent, while that lives. */
static void remove_semaphore(void)
{
	if (getppid() != parent)
		semctl(semaphore, 0, IPC_RMID);
}

static void interrupted(int signal_number)
{
	remove_semaphore();
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

/* Both processes do this. Volatile, or the compiler may make one addition of
 * all. SEM_UNDO: whoever is killed between enter and leave still leaves. */
static void count(volatile long *number, long increments, int guarded)
{
	struct sembuf enter = {.sem_op = -1, .sem_flg = SEM_UNDO};
	struct sembuf leave = {.sem_op = 1, .sem_flg = SEM_UNDO};
	for (long i = 0; i < increments; i++) {
		while (guarded && semop(semaphore, &enter, 1) == -1)
			if (errno != EINTR) /* comes even after Ctrl-Z and fg */
				err(1, "semop: was the semaphore removed?");
		long sum = *number + 1;
		/* Give the CPU away: the scheduler may take it anywhere. */
		if (i % 100 == 0)
			nanosleep(&(struct timespec){.tv_nsec = 500000}, NULL);
		*number = sum;
		if (guarded && semop(semaphore, &leave, 1) == -1)
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

	int id = shmget(IPC_PRIVATE, sizeof(long), IPC_CREAT | 0600);
	if (id == -1)
		err(1, "shmget");
	volatile long *number = shmat(id, NULL, 0);
	if (shmctl(id, IPC_RMID, NULL) == -1 || number == (void *)-1)
		err(1, "shmat, shmctl: segment %d", id);
	/* Signals wait until the handler knows the semaphore. */
	sigset_t all, before;
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	signal(SIGINT, interrupted);
	signal(SIGTERM, interrupted);
	signal(SIGHUP, interrupted);
	atexit(remove_semaphore); /* err calls exit, too */
	parent = getpid();
	semaphore = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
	struct sembuf one = {.sem_op = 1}; /* it begins at 0 */
	if (semaphore == -1 || semop(semaphore, &one, 1) == -1)
		err(1, "semget, semop");
	sigprocmask(SIG_SETMASK, &before, NULL);

	pid_t child = fork(); /* it inherits the attachment */
	if (child == -1)
		err(1, "fork");
	count(number, increments, guarded);
	if (child == 0)
		return 0;
	int status = 0;
	if (waitpid(child, &status, 0) == -1 || status != 0)
		errx(1, "the child failed (wait status %#x)", status);
	printf("expected %ld, got %ld, lost %ld\n", 2 * increments, *number,
	       2 * increments - *number);
	if (fflush(stdout) == EOF || ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}
