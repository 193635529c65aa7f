/*
 * terminal - the terminals in which play.sh types what a lab sheet types
 *
 * It answers each line that it obeys. 1$COMMAND is typed in terminal 1 (to 3);
 * 1kNUMBER is a key, a byte; 1e ends what runs there: the answer is the pid of
 * what runs, or 0. 1l looks: = and the next line, x[STATUS] (128 + n by signal
 * n) at the end, or nothing. 1p also takes a part of a line. 0w waits until
 * more comes, 0.1 s at most: the answer says for how many ms nothing came.
 */

#define _GNU_SOURCE /* glibc: posix_openpt */
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

static struct terminal {
	pid_t running;   /* leads the session of what was typed, or 0 */
	int status;      /* with which it has ended */
	int master;      /* what is printed is read here; 0: all is told */
	char text[4000]; /* what has been printed, and not been told */
	size_t used;     /* bytes of it */
} terminals[4];

static int read_printed(struct terminal *terminal)
{
	struct pollfd end = {terminal->master, POLLIN, 0};
	const size_t room = sizeof terminal->text - terminal->used;
	ssize_t size = 0;
	if (poll(&end, 1, 0) == 1)
		size = read(end.fd, terminal->text + terminal->used, room);
	terminal->used += size > 0 ? (size_t)size : 0;
	return size > 0;
}

static void start(struct terminal *terminal, const char *command)
{
	struct termios modes;
	terminal->master = posix_openpt(O_RDWR | O_NOCTTY);
	grantpt(terminal->master);
	unlockpt(terminal->master);
	if ((terminal->running = fork()) == -1)
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

static int has_ended(struct terminal *terminal)
{
	if (terminal->running &&
	    waitpid(terminal->running, &terminal->status, WNOHANG) > 0)
		terminal->running = 0;
	while (!terminal->running && terminal->master && read_printed(terminal))
		; /* all that it has printed, or until there is no room */
	return terminal->running == 0;
}

static void look(struct terminal *terminal, int part)
{
	const int ended = has_ended(terminal), status = terminal->status;
	const size_t used = terminal->used;
	char *text = terminal->text, *end = memchr(text, '\n', used);
	size_t size = end ? (size_t)(end - text) : used;
	if (end || (used && (ended || part || used == sizeof terminal->text))) {
		printf("=%.*s", (int)size, text);
		size += size < used;
		terminal->used -= size;
		memmove(text, text + size, terminal->used);
	} else if (ended && terminal->master) {
		printf("x[%d]", WIFSIGNALED(status) ? 128 + WTERMSIG(status)
						    : WEXITSTATUS(status));
		close(terminal->master);
		terminal->master = 0;
	}
	puts("");
}

static int wait_for_text(void)
{
	struct pollfd ends[4];
	for (int i = 0; i < 4; i++)
		ends[i] = (struct pollfd){
		    terminals[i].master ? terminals[i].master : -1, POLLIN, 0};
	int came = 0, ready = poll(ends, 4, 100);
	for (int i = 0; i < 4; i++)
		came += ends[i].revents && read_printed(&terminals[i]);
	if (ready && !came) /* all have closed it, or there is no room */
		poll(NULL, 0, 5);
	return came ? 0 : ready ? 5 : 100;
}

/* By SIGTERM, and after a second by SIGKILL. What is stopped must go on. */
static void end(struct terminal *terminal)
{
	for (int tries = 0; !has_ended(terminal); tries++) {
		kill(-terminal->running, tries < 200 ? SIGTERM : SIGKILL);
		kill(-terminal->running, SIGCONT);
		terminal->used = 0; /* to end, some have to get rid of it */
		read_printed(terminal);
		poll(NULL, 0, 5);
	}
	if (terminal->master)
		close(terminal->master);
	*terminal = (struct terminal){.running = 0};
}

int main(void)
{
	static char line[8192];
	for (int number = 1; number < 32; number++) /* keys are not for us */
		signal(number, number == SIGCHLD ? SIG_DFL : SIG_IGN);
	while (fgets(line, sizeof line, stdin) != NULL) {
		struct terminal *terminal = &terminals[line[0] & 3];
		if (line[1] == '$')
			start(terminal, line + 2);
		if (line[1] == 'k' && terminal->running)
			dprintf(terminal->master, "%c", atoi(line + 2));
		if (line[1] == 'e')
			end(terminal);
		if (line[1] == 'l' || line[1] == 'p')
			look(terminal, line[1] == 'p');
		else
			printf("%d\n", line[1] == 'w' ? wait_for_text()
						      : (int)terminal->running);
		fflush(stdout);
	}
	for (int i = 0; i < 4; i++)
		end(&terminals[i]);
}
