/*
 * terminal - the terminals in which play.sh types what a lab sheet types
 *
 * It obeys lines: 1$COMMAND is typed in terminal 1 (to 3), 1kNUMBER is a key, a
 * byte; 1e ends what runs. It prints a kind, the terminal, the time, the pid of
 * what runs, a text: = a line, or a part that stood for 0.5 s; x an end (128 +
 * n by signal n; 126: no terminal); t that 0.1 s are over; $, k, e: obeyed.
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

static struct terminal {
	pid_t running;   /* leads the session of what was typed, or 0 */
	int master;      /* what is printed is read here */
	char line[1000]; /* what has been printed of a line */
	int used;        /* bytes of it */
} terminals[4];

static void say(char kind, struct terminal *by)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	dprintf(STDOUT_FILENO, "%c %d %ld.%03ld %d %.*s\n", kind,
		(int)(by - terminals), (long)time.tv_sec,
		time.tv_nsec / 1000000, (int)by->running, by->used, by->line);
	by->used = 0;
}

static int read_printed(struct terminal *terminal)
{
	char bytes[500];
	ssize_t size = read(terminal->master, bytes, sizeof bytes);
	for (ssize_t i = 0; i < size; i++) {
		terminal->line[terminal->used] = bytes[i];
		terminal->used += bytes[i] != '\n';
		if (bytes[i] == '\n' || terminal->used == sizeof terminal->line)
			say('=', terminal);
	}
	return size > 0;
}

static void start(struct terminal *terminal, const char *command)
{
	struct termios modes;
	terminal->master = posix_openpt(O_RDWR | O_NOCTTY);
	grantpt(terminal->master);
	unlockpt(terminal->master);
	fcntl(terminal->master, F_SETFL, O_NONBLOCK);
	terminal->running = fork();
	if (terminal->running == -1)
		err(1, "fork");
	if (terminal->running > 0)
		return;
	setsid();
	int slave = open(ptsname(terminal->master), O_RDWR);
	if (tcgetattr(slave, &modes) == -1)
		_exit(126);
	modes.c_lflag &= ~(tcflag_t)ECHO;
	tcsetattr(slave, TCSANOW, &modes);
	ioctl(slave, TIOCSCTTY, 0); /* where opening has not done it */
	for (int number = 1; number < 32; number++)
		signal(number, SIG_DFL);
	for (int end = 0; end < 64; end++)
		end < 3 ? dup2(slave, end) : close(end);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

/* Where what is printed can be read, or -1 where nothing runs any more. */
static int open_end(struct terminal *terminal)
{
	int status = 0;
	if (terminal->running == 0)
		return -1;
	if (waitpid(terminal->running, &status, WNOHANG) <= 0)
		return terminal->master;
	for (int i = 0; i < 64 && read_printed(terminal); i++)
		; /* the rest, not for ever */
	if (terminal->used > 0)
		say('=', terminal);
	close(terminal->master);
	terminal->running = 0;
	terminal->used = sprintf(terminal->line, "%d",
				 WIFSIGNALED(status) ? 128 + WTERMSIG(status)
						     : WEXITSTATUS(status));
	say('x', terminal);
	return -1;
}

/* By SIGTERM, and after a second by SIGKILL. What is stopped must go on. */
static void end(struct terminal *terminal)
{
	for (int tries = 0; open_end(terminal) != -1; tries++) {
		if (tries % 200 == 0)
			kill(-terminal->running, tries ? SIGKILL : SIGTERM);
		kill(-terminal->running, SIGCONT);
		poll(NULL, 0, 5);
	}
}

int main(void)
{
	static char line[8192];
	int ticks = 0; /* so often nothing has happened for 0.1 s */
	struct pollfd ends[5] = {{0, POLLIN, 0}, {1, 0, 0}};
	for (int number = 1; number < 32; number++) /* keys are not for us */
		signal(number, number == SIGCHLD ? SIG_DFL : SIG_IGN);
	setvbuf(stdin, NULL, _IONBF, 0);
	while (ends[1].revents == 0) {
		for (int i = 1; i < 4; i++)
			ends[i + 1] =
			    (struct pollfd){open_end(&terminals[i]), POLLIN, 0};
		const int ready = poll(ends, 5, 100);
		ticks = ready == 0 ? ticks + 1 : 0;
		for (int i = 1; i < 4; i++) {
			if (ends[i + 1].revents && !read_printed(&terminals[i]))
				poll(NULL, 0, 5); /* all have closed it */
			if (ticks >= 5 && terminals[i].used > 0)
				say('=', &terminals[i]);
		}
		if (ticks > 0)
			say('t', terminals);
		if (ready < 1 || ends[0].revents == 0)
			continue;
		if (fgets(line, sizeof line, stdin) == NULL)
			break;
		struct terminal *terminal = &terminals[line[0] & 3];
		if (line[1] == '$')
			start(terminal, line + 2);
		if (line[1] == 'k')
			dprintf(terminal->master, "%c", atoi(line + 2));
		if (line[1] == 'e')
			end(terminal);
		say(line[1], terminal);
	}
	for (int i = 1; i < 4; i++)
		end(&terminals[i]);
}
