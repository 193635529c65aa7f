/*
 * no_syscalls - use shared memory while all system calls are forbidden
 *
 * Shows that after attaching no system call is needed: a child gives them all
 * up (Linux only) and works in a segment in which its parent can see it. Then
 * it makes one system call, and the kernel kills it.
 *
 *     $ ./no_syscalls
 *     Parent reads 153627
 *     Parent reads 820933
 *     Child has made 1000000 updates without a system call.
 *     Then it made one, and was killed for it.
 *
 * What the parent reads meanwhile is luck: other numbers each time, or none.
 * Exit status 77 where system calls cannot be given up.
 *
 * usage: no_syscalls [-h]
 */

#include <err.h>
#include <signal.h>
#include <stdio.h>
#include <sys/shm.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

static const char usage[] = "usage: no_syscalls [-h]";

enum { UPDATES = 1000000, STRICT = 1, REFUSED = 77 };

/* For good. The kernel still allows read, write, the return from a signal's
 * handler, and the call exit, but not exit_group: so not even _exit works. */
static void give_up_system_calls(void)
{
#ifdef __linux__
	if (prctl(PR_SET_SECCOMP, STRICT) == -1)
		err(REFUSED, "prctl: seccomp's strict mode is refused");
#else
	errx(REFUSED, "only on Linux a process can give up system calls");
#endif
}

int main(int argc, char *argv[])
{
	int option = getopt(argc, argv, "h");
	if (option != -1) { /* -h, or what getopt has complained about */
		fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
		return option == 'h' ? 0 : 2;
	}
	if (optind < argc)
		errx(2, "surplus argument '%s'\n%s", argv[optind], usage);
	setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen at once */

	/* Removed at once: it is freed with the last process that has it. */
	int id = shmget(IPC_PRIVATE, sizeof(int), IPC_CREAT | 0600);
	if (id == -1)
		err(1, "shmget");
	/* Volatile: a million stores, of which the compiler drops none. */
	volatile int *number = shmat(id, NULL, 0);
	if (shmctl(id, IPC_RMID, NULL) == -1)
		err(1, "shmctl: remove segment %d", id);
	if (number == (void *)-1)
		errx(1, "shmat: segment %d cannot be attached", id);

	pid_t child = fork(); /* it inherits the attachment */
	if (child == -1)
		err(1, "fork");
	if (child == 0) {
		give_up_system_calls();
		for (int i = 0; i < UPDATES; i++)
			*number = *number + 1;
		getppid(); /* any call would do: there is no way back */
		_exit(0);
	}

	const struct timespec moment = {.tv_nsec = 200000};
	int status, seen = 0;
	pid_t ended;
	while ((ended = waitpid(child, &status, WNOHANG)) == 0) {
		int before = seen;
		seen = *number; /* the child does not know that we look */
		if (seen != before)
			printf("Parent reads %d\n", seen);
		nanosleep(&moment, NULL);
	}
	if (ended == -1)
		err(1, "waitpid");
	seen = *number;
	if (WIFEXITED(status) && WEXITSTATUS(status) == REFUSED)
		return REFUSED; /* the child has said why */
	if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
		errx(1,
		     "the child was not killed for its call (wait status %#x)",
		     status);
	if (seen != UPDATES)
		errx(1, "the child was killed early, after %d updates", seen);
	printf("Child has made %d updates without a system call.\n", seen);
	printf("Then it made one, and was killed for it.\n");
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}
