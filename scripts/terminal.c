/*
 * terminal - a terminal in which play.sh types what a lab sheet types
 *
 * A tool of scripts, no lesson. It opens a pseudo-terminal without echo, leads
 * its session as a login shell does, and obeys the lines of standard input:
 *
 *     $COMMAND   start it by sh -c in the foreground, with default signals
 *     kNUMBER    press a key: the byte NUMBER
 *     w          tell when for 0.2 s nothing was printed and nothing ended
 *
 * It prints lines of NAME KIND MILLISECONDS TEXT. KIND is = for a printed line
 * (or a part that stands for 0.2 s), x for an exit status (128 + n after signal
 * n), w for the answer to w, ! after SECONDS, when it ends all it has started.
 *
 * usage: terminal NAME SECONDS
 */

#define _GNU_SOURCE /* glibc: posix_openpt */
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static const char *name;      /* NAME */
static int master, slave;     /* the two ends of the pseudo-terminal */
static char part[4000];       /* of a line, whose end has not come yet */
static size_t length;         /* of that part */
static long last_sign, asked; /* when something came; when w came, or 0 */

static long now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (long)(time.tv_sec % 1000000) * 1000 + time.tv_nsec / 1000000;
}

static void report(char kind)
{
	printf("%s %c %ld %.*s\n", name, kind, now(), (int)length, part);
	length = 0;
	asked = 0;
}

static ssize_t read_printed(void)
{
	char bytes[4096];
	ssize_t size = read(master, bytes, sizeof bytes);
	for (ssize_t i = 0; i < size; i++) {
		if (bytes[i] != '\n') /* no control byte reaches the screen */
			part[length++] = (bytes[i] & 0xe0) ? bytes[i] : ' ';
		if (bytes[i] == '\n' || length == sizeof part)
			report('=');
		last_sign = now();
	}
	return size;
}

static void open_terminal(void)
{
	struct termios modes;
	setsid();
	if ((master = posix_openpt(O_RDWR | O_NOCTTY)) == -1 ||
	    grantpt(master) == -1 || unlockpt(master) == -1 ||
	    (slave = open(ptsname(master), O_RDWR)) == -1 ||
	    tcgetattr(slave, &modes) == -1)
		err(1, "open a pseudo-terminal");
	modes.c_lflag &= ~(tcflag_t)ECHO;
	modes.c_oflag &= ~(tcflag_t)ONLCR;
	tcsetattr(slave, TCSANOW, &modes);
	ioctl(slave, TIOCSCTTY, 0); /* where opening has not done it */
	fcntl(master, F_SETFL, O_NONBLOCK);
}

/* As at a prompt, Ctrl-C ends what sh runs, and sh after it. */
static pid_t start(const char *command)
{
	char script[4200];
	snprintf(script, sizeof script, "trap exit INT QUIT\n%s", command);
	pid_t child = fork();
	if (child != 0)
		return child;
	for (int number = 1; number < 32; number++)
		signal(number, SIG_DFL);
	for (int end = 0; end < 32; end++)
		end < 3 ? dup2(slave, end) : close(end);
	execl("/bin/sh", "sh", "-c", script, (char *)NULL);
	_exit(127);
}

int main(int argc, char *argv[])
{
	if (argc != 3)
		errx(2, "usage: terminal NAME SECONDS");
	name = argv[1];
	long limit = now() + 1000 * atol(argv[2]);
	pid_t parent = getppid(), running = 0;
	int status;
	open_terminal();
	for (int number = 1; number < 32; number++) /* keys are not for us */
		signal(number, number == SIGCHLD ? SIG_DFL : SIG_IGN);
	setvbuf(stdin, NULL, _IONBF, 0);
	setvbuf(stdout, NULL, _IOLBF, 0);
	while (getppid() == parent && !ferror(stdout) && now() < limit) {
		struct pollfd ends[] = {{.fd = STDIN_FILENO, .events = POLLIN},
					{.fd = master, .events = POLLIN}};
		char line[4096] = "";
		poll(ends, 2, 5);
		if (ends[0].revents && !fgets(line, sizeof line, stdin))
			break;
		read_printed();
		if (*line == '$')
			running = start(line + 1);
		if (*line == 'k')
			dprintf(master, "%c", atoi(line + 1));
		if (*line == 'w')
			asked = now();
		if (running && waitpid(running, &status, WNOHANG) == running) {
			for (int i = 0; i < 64 && read_printed() > 0; i++)
				; /* the rest, not for ever */
			if (length > 0)
				report('=');
			int code = WIFEXITED(status) ? WEXITSTATUS(status)
						     : 128 + WTERMSIG(status);
			length = (size_t)snprintf(part, 4, "%d", code);
			report('x');
			running = 0;
		}
		if (length > 0 && now() - last_sign >= 200)
			report('=');
		if (asked != 0 && running != 0 && now() - asked >= 200)
			report('w');
	}

	if (now() >= limit)
		report('!');
	kill(0, SIGTERM); /* all that was started is in our process group */
	kill(0, SIGCONT);
	for (limit = now() + 1000; now() < limit; poll(NULL, 0, 5))
		if (waitpid(-1, NULL, WNOHANG) == -1)
			break;
	kill(0, SIGKILL);
}
