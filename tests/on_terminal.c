/*
 * on_terminal - run a command whose output goes to a terminal
 *
 * A tool of the tests, no lesson. It opens a pseudo-terminal, and prints what
 * the command has printed there, byte for byte. Standard input and error stay
 * what they are.
 *
 * Exit status: the command's, or 128 and the number of the signal that ended
 * it; 77 where there are no pseudo-terminals, 127 where there is no such
 * command.
 *
 * usage: on_terminal COMMAND [ARGUMENT ...]
 */

#define _XOPEN_SOURCE 600 /* posix_openpt */

#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
	if (argc < 2)
		errx(2, "usage: on_terminal COMMAND [ARGUMENT ...]");
	int controller = posix_openpt(O_RDWR | O_NOCTTY);
	int terminal = -1;
	struct termios mode;
	if (grantpt(controller) == 0 && unlockpt(controller) == 0)
		terminal = open(ptsname(controller), O_RDWR | O_NOCTTY);
	if (tcgetattr(terminal, &mode) == -1)
		err(77, "pseudo-terminal");
	mode.c_oflag &= ~(tcflag_t)OPOST; /* a newline stays one byte */
	tcsetattr(terminal, TCSANOW, &mode);
	pid_t child = fork();
	if (child == -1)
		err(1, "fork");
	if (child == 0) {
		dup2(terminal, STDOUT_FILENO);
		close(terminal);
		close(controller);
		execvp(argv[1], argv + 1);
		err(127, "%s", argv[1]);
	}

	/* When the last process has closed the terminal, read says 0, or on
	 * Linux EIO. */
	close(terminal);
	char block[4096];
	ssize_t length;
	while ((length = read(controller, block, sizeof block)) > 0)
		if (write(STDOUT_FILENO, block, (size_t)length) != length)
			err(1, "write");
	int status;
	if (waitpid(child, &status, 0) == -1)
		err(1, "waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
