/*
 * no_syscalls - use shared memory while almost all system calls are forbidden
 *
 * Shows that after attaching no system call is needed: a child gives them up
 * (Linux only), and works in a segment in which its parent can see it. Then it
 * makes one, and the kernel kills it. (The first line may be missing.)
 *
 *     $ ./no_syscalls
 *     Parent reads …
 *     Child has made 1000000 updates without a system call.
 *     Then it made one, and was killed for it.
 *
 * usage: no_syscalls [-h]
 * Exit status 77: not possible here (another system, or a container refuses).
 */

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

enum { UPDATES = 1000000, NOT_POSSIBLE_HERE = 77 };

static void give_up_system_calls(void);
static void parse_options(int argc, char *argv[]); /* at the end */

int main(int argc, char *argv[])
{
	parse_options(argc, argv);

	/* Get a segment without a key: it is for us and our child only. */
	int id = shmget(IPC_PRIVATE, sizeof(int), IPC_CREAT | 0600);
	if (id == -1 && errno == ENOSPC)
		errx(1, "shmget: the limit of objects is reached, see ipcs");
	if (id == -1)
		err(1, "shmget");

	/* Attach it. volatile: the compiler must really load and store each
	 * time (it does not put processes in order). */
	volatile int *number = shmat(id, NULL, 0);
	int attach_error = errno;

	/* Remove it. IPC_RMID does not destroy it yet: the kernel does that
	 * when no process has it attached any more. So nothing stays behind,
	 * even after SIGKILL. (If shmat failed, it goes now.) */
	if (shmctl(id, IPC_RMID, NULL) == -1)
		err(1, "shmctl: remove segment %d", id);
	errno = attach_error;
	if (number == (void *)-1)
		err(1, "shmat: segment %d", id);

	/* The child inherits the attachment. It needs nothing from the kernel
	 * any more. At the end it makes a forbidden call, and is killed for it.
	 */
	pid_t child = fork();
	if (child == -1)
		err(1, "fork");
	if (child == 0) {
		give_up_system_calls();
		for (int i = 0; i < UPDATES; i++)
			*number = *number + 1;
		getppid(); /* killed here */
		_exit(0);
	}

	/* Look at the number until the child has changed it. That is luck: it
	 * may be at the end by now. The child does not know that we look.
	 * WNOHANG: see whether it has ended, do not wait. */
	const struct timespec moment = {.tv_nsec = 10000};
	int seen, status;
	pid_t ended;
	do {
		nanosleep(&moment, NULL); /* a signal may shorten it */
		seen = *number;
		ended = waitpid(child, &status, WNOHANG);
		if (ended == -1 && errno == EINTR)
			ended = 0;
	} while (seen == 0 && ended == 0);
	if (seen != 0)
		printf("Parent reads %d\n", seen);

	/* Wait for its end. A signal may interrupt a call that waits: it
	 * returns -1 with EINTR, and we call again. */
	while (ended == 0) {
		ended = waitpid(child, &status, 0);
		if (ended == -1 && errno == EINTR)
			ended = 0;
	}
	if (ended == -1)
		err(1, "waitpid: process %ld", (long)child);

	/* How did it end? It should have been killed, after its work. */
	if (WIFEXITED(status) && WEXITSTATUS(status) == NOT_POSSIBLE_HERE)
		return NOT_POSSIBLE_HERE; /* the child has said why */
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		errx(1, "the child was not killed for its call (status %#x)",
		     (unsigned)status);
	if (*number != UPDATES)
		errx(1, "the child was killed early, after %d updates",
		     *number);
	printf("Child has made %d updates without a system call.\n", UPDATES);
	printf("Then it made one, and was killed for it.\n");

	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}

/* This cannot be undone. The kernel still allows read, write, the return from a
 * signal's handler (sigreturn), and exit, but not exit_group, which _exit
 * calls: so not even that works. */
static void give_up_system_calls(void)
{
#ifdef __linux__
	/* Its header is not everywhere, so this constant is named here. */
	const unsigned long seccomp_mode_strict = 1;
	if (prctl(PR_SET_SECCOMP, seccomp_mode_strict) == 0)
		return;
	const int refused = errno == EINVAL || errno == EPERM ||
			    errno == EACCES || errno == ENOSYS;
	warn("prctl: seccomp's strict mode is refused");
	_exit(refused ? NOT_POSSIBLE_HERE : 1);
#else
	warnx("only on Linux a process can give up system calls");
	_exit(NOT_POSSIBLE_HERE);
#endif
}

static void parse_options(int argc, char *argv[])
{
	static const char usage[] = "usage: no_syscalls [-h]";
	int option = getopt(argc, argv, "h");
	if (option != -1) { /* -h, or what getopt has complained about */
		fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
		exit(option == 'h' ? 0 : 2);
	}
	if (optind < argc)
		errx(2, "unexpected argument '%s'\n%s", argv[optind], usage);
	setvbuf(stdout, NULL, _IOLBF, 0); /* each line is seen at once */

	/* Ignore SIGPIPE: a write to a closed pipe then fails with EPIPE
	 * instead of ending us. */
	signal(SIGPIPE, SIG_IGN);
}
