/*
 * private - what a child changes, its parent does not see
 *
 * Shows that processes share nothing by default: fork(2) gives the child a
 * copy of every variable, automatic and static alike.
 *
 *     $ ./private
 *     shared_int in parent process: 10
 *     shared_float in parent process: 25.500000
 *     shared_int in child process: 11
 *     shared_float in child process: 28.500000
 *     Child has exited.
 *
 * The child's two lines may also come first: nothing orders the two
 * processes. Compare ../shm/race.c, where they do share an int.
 *
 * usage: private [-h]
 */

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static const char usage[] = "usage: private [-h]";

int main(int argc, char *argv[])
{
	int option = getopt(argc, argv, "h");
	if (option != -1) { /* -h, or what getopt has complained about */
		fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
		return option == 'h' ? 0 : 2;
	}
	if (optind < argc)
		errx(2, "surplus argument '%s'\n%s", argv[optind], usage);
	/* A line leaves at once, also into a pipe: fork would copy what is
	 * still in the buffer, and both processes would print it. */
	setvbuf(stdout, NULL, _IOLBF, 0);

	int shared_int = 10;               /* on the stack */
	static float shared_float = 25.5f; /* in the data segment */

	pid_t child = fork();
	if (child == -1)
		err(1, "fork");
	if (child == 0) {
		shared_int++;
		printf("shared_int in child process: %d\n", shared_int);
		shared_float += 3;
		printf("shared_float in child process: %f\n", shared_float);
		return ferror(stdout) ? 1 : 0;
	}

	/* Before or after the child's lines: these are the parent's own. */
	printf("shared_int in parent process: %d\n", shared_int);
	printf("shared_float in parent process: %f\n", shared_float);

	int status;
	if (waitpid(child, &status, 0) == -1)
		err(1, "waitpid");
	if (status != 0)
		errx(1, "the child failed (wait status %#x)", status);
	printf("Child has exited.\n");
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}
