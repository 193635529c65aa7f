/*
 * terminal - the terminals in which play.sh types what a lab sheet types
 *
 * A tool of scripts, no lesson. It obeys lines of standard input:
 *
 *     1$COMMAND   start it in terminal 1 (to 3) by sh -c, with default signals
 *     1kNUMBER    press a key there: the byte NUMBER
 *     1?WAIT      what comes next there, within WAIT milliseconds?
 *     0?WAIT      the same of the keyboard, which is descriptor 3
 *
 * An answer goes into the FIFO, a kind, a time in milliseconds and a text: = a
 * printed line, or a part that stood for 0.2 s; s a start's process id; x an
 * exit status (128 + n after signal n; 126: no terminal); - nothing came. At
 * the end of input all that was started is ended.
 *
 * usage: terminal FIFO
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
#include <time.h>
#include <unistd.h>

static struct terminal {
	int master;         /* what is printed is read here */
	pid_t running;      /* leads the session of what was typed */
	char events[65536]; /* the answers to come, a line each */
	size_t used;        /* bytes of them */
	int is_part;        /* the end of the last line has not come yet */
	long last_sign;     /* when something came */
} terminals[4] = {
    {.master = 3}, {.master = -1}, {.master = -1}, {.master = -1}};
static struct terminal *asked;
static long patience; /* the time when it ends */

static long now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (long)(time.tv_sec % 1000000) * 1000 + time.tv_nsec / 1000000;
}

static void add(struct terminal *terminal, char kind, long number)
{
	terminal->used += (size_t)sprintf(terminal->events + terminal->used,
					  "%c %ld %ld\n", kind, now(), number);
}

static void end_line(struct terminal *terminal)
{
	if (terminal->is_part)
		terminal->events[terminal->used++] = '\n';
	terminal->is_part = 0;
}

/* Without room the program has to wait. */
static ssize_t read_printed(struct terminal *terminal)
{
	char bytes[500];
	if (terminal->used > sizeof terminal->events - 20 * sizeof bytes)
		return 0;
	ssize_t size = read(terminal->master, bytes, sizeof bytes);
	for (ssize_t i = 0; i < size; i++) {
		if (!terminal->is_part) {
			add(terminal, '=', 0);
			terminal->used -= 2;
		}
		terminal->is_part = 1;
		terminal->last_sign = now();
		if (bytes[i] == '\n')
			end_line(terminal);
		else /* no control byte reaches the screen */
			terminal->events[terminal->used++] =
			    (bytes[i] & 0xe0) ? bytes[i] : ' ';
	}
	return size;
}

static void start(struct terminal *terminal, char *command)
{
	struct termios modes;
	terminal->master = posix_openpt(O_RDWR | O_NOCTTY);
	if (terminal->master == -1)
		err(1, "posix_openpt");
	grantpt(terminal->master);
	unlockpt(terminal->master);
	terminal->running = fork();
	if (terminal->running == -1)
		err(1, "fork");
	if (terminal->running == 0) {
		setsid();
		int slave = open(ptsname(terminal->master), O_RDWR);
		if (tcgetattr(slave, &modes) == -1)
			_exit(126);
		modes.c_lflag &= ~(tcflag_t)ECHO;
		modes.c_oflag &= ~(tcflag_t)ONLCR;
		tcsetattr(slave, TCSANOW, &modes);
		ioctl(slave, TIOCSCTTY, 0); /* where opening has not done it */
		for (int number = 1; number < 32; number++)
			signal(number, SIG_DFL);
		for (int end = 0; end < 64; end++)
			end < 3 ? dup2(slave, end) : close(end);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	fcntl(terminal->master, F_SETFL, O_NONBLOCK);
	add(terminal, 's', terminal->running);
}

static void notice_end(struct terminal *terminal)
{
	int status;
	if (waitpid(terminal->running, &status, WNOHANG) <= 0)
		return;
	for (int i = 0; i < 64 && read_printed(terminal) > 0; i++)
		; /* the rest, not for ever */
	end_line(terminal);
	close(terminal->master);
	terminal->master = -1;
	terminal->running = 0;
	add(terminal, 'x',
	    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static void answer(const char *fifo)
{
	char *end = memchr(asked->events, '\n', asked->used);
	if (end == NULL && now() < patience)
		return;
	int to = open(fifo, O_WRONLY | O_NONBLOCK);
	if (to == -1)
		return; /* who asked does not listen yet */
	if (end == NULL) {
		dprintf(to, "- %ld \n", now());
	} else {
		size_t size = (size_t)(end + 1 - asked->events);
		dprintf(to, "%.*s", (int)size, asked->events);
		asked->used -= size;
		memmove(asked->events, end + 1, asked->used);
	}
	close(to);
	asked = NULL;
}

/* The end of input says no. */
static int obey(void)
{
	char line[4200];
	if (fgets(line, sizeof line, stdin) == NULL)
		return 0;
	struct terminal *terminal = &terminals[line[0] & 3];
	if (line[1] == '$')
		start(terminal, line + 2);
	if (line[1] == 'k')
		dprintf(terminal->master, "%c", atoi(line + 2));
	if (line[1] == '?') {
		asked = terminal;
		patience = now() + atol(line + 2);
	}
	return 1;
}

static void signal_all(int number)
{
	for (int i = 1; i < 4; i++)
		if (terminals[i].running)
			kill(-terminals[i].running, number);
}

int main(int argc, char *argv[])
{
	int goes_on = argc == 2;
	pid_t parent = getppid();
	for (int number = 1; number < 32; number++) /* keys are not for us */
		signal(number, number == SIGCHLD ? SIG_DFL : SIG_IGN);
	setvbuf(stdin, NULL, _IONBF, 0);
	while (goes_on && getppid() == parent) {
		struct pollfd ends[5] = {
		    {.fd = STDIN_FILENO, .events = POLLIN}};
		for (int i = 0; i < 4; i++)
			ends[i + 1] =
			    (struct pollfd){.fd = i > 0 || asked == terminals
						      ? terminals[i].master
						      : -1,
					    .events = POLLIN};
		poll(ends, 5, 5);
		if (ends[0].revents)
			goes_on = obey();
		for (int i = 0; i < 4; i++) {
			struct terminal *terminal = &terminals[i];
			if (ends[i + 1].revents &&
			    read_printed(terminal) == 0 && i == 0)
				add(terminal, '-', 0);
			if (terminal->is_part &&
			    now() - terminal->last_sign >= 200)
				end_line(terminal);
			if (terminal->running)
				notice_end(terminal);
		}
		if (asked != NULL)
			answer(argv[1]);
	}
	signal_all(SIGTERM);
	signal_all(SIGCONT);
	for (long limit = now() + 1000; now() < limit; poll(NULL, 0, 5))
		if (waitpid(-1, NULL, WNOHANG) == -1)
			return 0;
	signal_all(SIGKILL);
}
