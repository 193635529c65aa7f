/*
 * no_syscalls - use shared memory while all system calls are forbidden
 *
 * Shows that after attaching no system call is needed: a child gives them all
 * up (Linux only) and works in a segment in which its parent can see it. Then
 * it makes one system call, and the kernel kills it.
 *
 *     $ ./no_syscalls
 *     Parent reads …
 *     Parent reads …
 *     Child has made 1000000 updates without a system call.
 *     Then it made one, and was killed for it.
 *
 * usage: no_syscalls [-h]
 *
 * What the parent reads meanwhile is luck. Exit status 77: not possible here,
 * on another system or in a container that refuses it.
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

	/* Attach it. Volatile: the compiler drops none of a million stores. */
	volatile int *number = shmat(id, NULL, 0);
	if (number == (void *)-1)
		warn("shmat: segment %d", id); /* it must be removed, too */

	/* Mark it for removal already now: the kernel frees it when no process
	 * has it attached any more, however they ended. */
	if (shmctl(id, IPC_RMID, NULL) == -1)
		err(1, "shmctl: remove segment %d", id);
	if (number == (void *)-1)
		return 1;

	/* The child inherits the attachment, and needs no more of the kernel.
	 * Any call would do in the end: there is no way back. */
	pid_t child = fork();
	if (child == -1)
		err(1, "fork");
	if (child == 0) {
		give_up_system_calls();
		for (int i = 0; i < UPDATES; i++)
			*number = *number + 1;
		getppid();
		_exit(0);
	}

	/* Look at the number now and then. The child does not know. */
	signal(SIGPIPE, SIG_IGN); /* if nobody reads our output, printf fails */
	const struct timespec moment = {.tv_nsec = 200000};
	int seen = 0, status;
	pid_t ended;
	do {
		int before = seen;
		seen = *number;
		if (seen != before)
			printf("Parent reads %d\n", seen);
		nanosleep(&moment, NULL); /* less, if a signal comes */
		ended = waitpid(child, &status, WNOHANG);
	} while (ended == 0 || (ended == -1 && errno == EINTR));
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

/* For good. The kernel still allows read, write, the return from a signal's
 * handler, and the call exit, but not exit_group: so not even _exit works. */
static void give_up_system_calls(void)
{
#ifdef __linux__
	const unsigned long strict = 1; /* SECCOMP_MODE_STRICT */
	if (prctl(PR_SET_SECCOMP, strict) == 0)
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
}
