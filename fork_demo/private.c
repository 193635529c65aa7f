/*
 * private - what a child changes, its parent does not see
 *
 * Shows that processes share nothing by default: fork(2) gives the child a
 * copy of every variable, whether it is on the stack or static.
 *
 *     $ ./private
 *     shared_int in parent process: 10
 *     shared_float in parent process: 25.500000
 *     shared_int in child process: 11
 *     shared_float in child process: 28.500000
 *     Child has exited.
 *
 * The child's two lines may also come first: nothing here puts the two
 * processes in order. In ../shm/race.c they do share an int.
 *
 * usage: private [-h]
 */

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void parse_options(int argc, char *argv[]); /* at the end */

int main(int argc, char *argv[])
{
	parse_options(argc, argv);
	signal(SIGPIPE, SIG_IGN); /* if nobody reads our output, printf fails */

	int shared_int = 10;               /* on the stack */
	static float shared_float = 25.5f; /* in the data segment */

	/* The kernel copies this process. Both go on from here. */
	pid_t child = fork();
	if (child == -1)
		err(1, "fork");

	/* In the child fork returned 0. It changes its own copies. */
	if (child == 0) {
		shared_int++;
		printf("shared_int in child process: %d\n", shared_int);
		shared_float += 3;
		printf("shared_float in child process: %f\n", shared_float);
		_exit(ferror(stdout) ? 1 : 0);
	}

	/* Before the child's change or after it: the parent's stay. */
	printf("shared_int in parent process: %d\n", shared_int);
	printf("shared_float in parent process: %f\n", shared_float);

	/* Wait until the child has ended. */
	int status;
	pid_t ended;
	do
		ended = waitpid(child, &status, 0);
	while (ended == -1 && errno == EINTR);
	if (ended == -1)
		err(1, "waitpid: process %ld", (long)child);
	if (status != 0)
		errx(1, "the child failed (wait status %#x)", (unsigned)status);
	printf("Child has exited.\n");

	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}

static void parse_options(int argc, char *argv[])
{
	static const char usage[] = "usage: private [-h]";
	int option = getopt(argc, argv, "h");
	if (option != -1) { /* -h, or what getopt has complained about */
		fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
		exit(option == 'h' ? 0 : 2);
	}
	if (optind < argc)
		errx(2, "unexpected argument '%s'\n%s", argv[optind], usage);

	/* Each line leaves at once, also into a pipe: fork would copy what is
	 * still in the buffer, and both processes would print it. */
	setvbuf(stdout, NULL, _IOLBF, 0);
}
