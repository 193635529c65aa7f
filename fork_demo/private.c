/*
 * private - what a child changes, its parent does not see
 *
 * Shows that fork(2) copies every variable into the child, on the stack or
 * static, and even what printf has not written yet (./private -b | cat).
 *
 *     $ ./private | sort
 *     Child has exited.
 *     shared_float in child process: 28.500000
 *     shared_float in parent process: 25.500000
 *     shared_int in child process: 11
 *     shared_int in parent process: 10
 *
 * usage: private [-bh]
 */

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int buffered; /* -b: print a line before fork, and leave it buffered */
static void parse_options(int argc, char *argv[]); /* at the end */

int main(int argc, char *argv[])
{
	parse_options(argc, argv);
	if (buffered)
		printf("Parent process is about to fork.\n");

	int shared_int = 10; /* the lecture's name; it is on the stack */
	static float shared_float = 25.5f; /* this one: in the data segment */

	/* The kernel copies this process, its memory and its open files; only
	 * the pid differs. What is still in printf's buffer is copied too, so
	 * both would print it. Both go on from here. */
	pid_t child = fork();
	if (child == -1)
		err(1, "fork");

	/* In the child fork returned 0. The child changes its own copies. */
	if (child == 0) {
		shared_int++;
		printf("shared_int in child process: %d\n", shared_int);
		shared_float += 3;
		printf("shared_float in child process: %f\n", shared_float);
		fflush(stdout); /* with -b also its copy of the first line */

		/* _exit: do not run the parent's atexit functions or flush its
		 * buffers again. */
		_exit(ferror(stdout) ? 1 : 0);
	}

	/* Whether or not the child has changed its copies, the parent's keep
	 * their values. */
	printf("shared_int in parent process: %d\n", shared_int);
	printf("shared_float in parent process: %f\n", shared_float);

	/* Wait until the child has ended. A signal may interrupt a call that
	 * waits: it returns -1 with EINTR, and we call again. */
	int status;
	pid_t ended;
	do
		ended = waitpid(child, &status, 0);
	while (ended == -1 && errno == EINTR);
	if (ended == -1)
		err(1, "waitpid: process %ld", (long)child);
	if (status != 0) /* 0: it ended by itself, with exit status 0 */
		errx(1, "the child failed (wait status %#x)", (unsigned)status);
	printf("Child has exited.\n");

	fflush(stdout);
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return 0;
}

static void parse_options(int argc, char *argv[])
{
	static const char usage[] = "usage: private [-bh]";
	int option;
	while ((option = getopt(argc, argv, "bh")) != -1) {
		switch (option) {
		case 'b':
			buffered = 1;
			break;
		default: /* -h, or what getopt has complained about */
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			exit(option == 'h' ? 0 : 2);
		}
	}
	if (optind < argc)
		errx(2, "unexpected argument '%s'\n%s", argv[optind], usage);

	/* Write each line at once, even into a pipe or file, where printf
	 * usually collects some thousand bytes first. So fork finds an empty
	 * buffer. With -b they are collected, by every C library. */
	if (!buffered)
		setvbuf(stdout, NULL, _IOLBF, 0);
	else if (!isatty(STDOUT_FILENO))
		setvbuf(stdout, NULL, _IOFBF, BUFSIZ);

	/* Ignore SIGPIPE: a write to a closed pipe then fails with EPIPE
	 * instead of ending us. */
	signal(SIGPIPE, SIG_IGN);
}
