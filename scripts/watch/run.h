/*
 * run.h - for faults.c: make a run of runs.h, and keep what comes of it
 */

#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "failures.h"

#include "place.h"

enum { /* of a run or a command: see runs.h */
       ALONE = 1,
       TALKS = 2,
       NUMBERS = 4,
       ORDER = 8,
       PIECES = 16,
       KEEPS = 32,
       LOSSY = 64,
       STOP = 128,
       WAITS = 256,
       ENTER = 512,
       ASKED = 1024,
       HELPER = 2048,
       FAILS = 4096,
       TIMING = 8192,
       LEAVES = 16384,
       TENDS = 32768,
       NEXT = 65536
};
enum { COMMANDS = 5, WORDS = 16, PATIENCE = 3 /* seconds */ };
enum { MOST_JOBS = 64, NOT_BEGUN = 126 /* an exit status */ };

static const struct run {
	const char *name;
	int flags;
	double wait;
	struct command {
		const char *line, *ready, *input;
		int flags;
	} commands[COMMANDS];
} runs[] = {
#include "runs.h"
};
enum { RUNS = sizeof runs / sizeof *runs };

/* How a run went. */
struct outcome {
	int begun[COMMANDS];  /* 1: it runs, 2: it has ended */
	int status[COMMANDS]; /* waitpid's */
	char *out[COMMANDS], *err[COMMANDS];
	char *events;
	double seconds;
	off_t events_size; /* when looked at last */
	double quiet_since;
	char late[100]; /* which program has not ended in time */
	char left[100]; /* what was left behind */
	int left_by;    /* the command that made it, or -1 */
};

static struct outcome normal[RUNS]; /* without a failure */
static const char *build = ".";     /* BUILD */
static char library[4096];
static double patience = PATIENCE; /* more with TEST_TIME_SCALE */
static int port, free_port;
static const char *rest;    /* TALKS: the input that is to come */
static char awaited[100];   /* TALKS: what has to be printed before */
static double given_at;     /* TALKS: when the last line was given */
static int input[COMMANDS]; /* our end of a pipe to its input, or -1 */
static volatile sig_atomic_t ended_by; /* the signal that we got */

static key_t key(void)
{
	return (key_t)(0x71000000 + (long)maker % 4194304);
}

#include "become.h"

#include "state.h"

#include "remains.h"

/* Give it the rest of its input, and the end. */
static void end_input(int i, const char *text)
{
	if (input[i] == -1)
		return;
	if (write(input[i], text, strlen(text)) == -1 && errno != EPIPE)
		err(1, "write to a pipe");
	close(input[i]);
	input[i] = -1;
}

/* Give it the next line of its input, "LINE\tTEXT", if the TEXT of the one
 * before has been printed. If that has not come for a second, the input ends.
 */
static void talk(int i)
{
	char line[200];
	char *out = read_file(path_of("out", i));
	const int has_answered = strstr(out, awaited) != NULL;
	free(out);
	const int too_late = now() - given_at > patience / PATIENCE;
	if (input[i] == -1 || (!has_answered && !too_late))
		return;
	if (*rest == '\0' || !has_answered) {
		end_input(i, "");
		return;
	}
	const size_t length = strcspn(rest, "\t");
	const size_t end = strcspn(rest, "\n");
	snprintf(line, sizeof line, "%.*s\n", (int)length, rest);
	snprintf(awaited, sizeof awaited, "%.*s", (int)(end - length - 1),
		 rest + length + 1);
	rest += end + 1;
	given_at = now();
	if (write(input[i], line, length + 1) == -1 && errno != EPIPE)
		err(1, "write to a pipe");
}

/* Begin the commands, each when the one before has come so far. */
static void begin_all(const struct run *run, const char *fault, double limit,
		      const struct outcome *before, pid_t *pids,
		      struct outcome *outcome)
{
	const struct timespec pause = {.tv_nsec = 300000};
	for (int i = 0; i < COMMANDS && run->commands[i].line != NULL; i++) {
		const char *ready = run->commands[i].ready;
		const int is_last =
		    i + 1 == COMMANDS || run->commands[i + 1].line == NULL;
		pids[i] = begin(run, i, fault);
		outcome->begun[i] = 1;
		if (is_last || (ready != NULL && *ready == '\0'))
			continue;
		while (outcome->begun[i] == 1 && now() < limit &&
		       ended_by == 0) {
			look(pids, outcome);
			if (ready != NULL && has_printed(i, ready))
				break;
			nanosleep(&pause, NULL);
		}
		/* One that has failed has no use for the others. */
		if (!is_last && (run->commands[i + 1].flags & NEXT))
			continue;
		if (outcome->begun[i] == 2 && before != NULL &&
		    (outcome->status[i] != before->status[i] ||
		     (ready != NULL && !has_printed(i, ready))))
			break;
	}
}

/* Until all have ended: first those that wait for nobody, then those that wait
 * for Enter, then those that wait for SIGTERM. Return whether any is left. */
static int wait_for_all(const struct run *run, const char *fault, double limit,
			const pid_t *pids, struct outcome *outcome)
{
	const struct timespec pause = {.tv_nsec = 300000};
	int more = 1, stopped = 0;
	while (more && now() < limit && ended_by == 0) {
		int at_enter = 0, others = 0;
		more = look(pids, outcome);
		for (int i = 0; !stopped && i < COMMANDS; i++) {
			const int flags = run->commands[i].flags;
			if (flags & TALKS)
				talk(i);
			if (outcome->begun[i] != 1 ||
			    may_wait(run, i, fault, outcome))
				continue;
			if (flags & ENTER)
				at_enter++;
			else
				others++;
		}
		for (int i = 0; others == 0 && i < COMMANDS; i++)
			end_input(i, "\n");
		if (!stopped && others + at_enter == 0 && is_quiet(outcome)) {
			stopped = 1;
			for (int i = 0; i < COMMANDS; i++)
				if (outcome->begun[i] == 1)
					kill(pids[i], SIGTERM);
		}
		for (int i = 0; !more && i < COMMANDS; i++) {
			if (outcome->begun[i] != 1)
				continue;
			kill(pids[i], SIGKILL);
			errno = ECHILD;
			err(1, "waitpid: no status of a command");
		}
		if (more)
			nanosleep(&pause, NULL);
	}
	return more;
}

/* What a command has printed, with names for what differs. */
static char *text_of(const char *kind, int i)
{
	char number[20], hex[20], port_number[20];
	char *text = read_file(path_of(kind, i));
	snprintf(number, sizeof number, "%ld", (long)key());
	snprintf(hex, sizeof hex, "%#lx", (unsigned long)key());
	snprintf(port_number, sizeof port_number, "%d", port);
	text = replace(text, folder, "{dir}");
	text = replace(text, number, "{key}");
	text = replace(text, hex, "{key}");
	return port == 0 ? text : replace(text, port_number, "{port}");
}

static void take_texts(struct outcome *outcome)
{
	for (int i = 0; i < COMMANDS; i++) {
		if (outcome->begun[i] == 0)
			continue;
		outcome->out[i] = text_of("out", i);
		outcome->err[i] = text_of("err", i);
	}
	outcome->events = read_file(path_of("events", 0));
}

static void make_run(int number, const char *fault, struct outcome *outcome)
{
	const struct run *run = &runs[number];
	const struct outcome *before = fault == NULL ? NULL : &normal[number];
	const double start = now();
	/* Several runs at a time are slower than one. */
	const double limit = start + run->wait + patience +
			     (before == NULL ? 5 : 3 * before->seconds);
	pid_t pids[COMMANDS] = {0};
	memset(outcome, 0, sizeof *outcome);
	for (int i = 0; i < COMMANDS; i++)
		input[i] = -1;
	port = 0;
	free_port = find_free_port();
	write_file(path_of("events", 0), "");
	chmod(path_of("events", 0), 0666); /* for another user, too */

	begin_all(run, fault, limit, before, pids, outcome);
	const int more = wait_for_all(run, fault, limit, pids, outcome);
	outcome->seconds = now() - start;
	for (int i = 0; i < COMMANDS; i++)
		end_input(i, "\n");
	if (more) {
		snprintf(outcome->late, sizeof outcome->late, "a process");
		for (int i = 0; i < COMMANDS; i++)
			if (outcome->begun[i] == 1)
				snprintf(
				    outcome->late, sizeof outcome->late, "%.*s",
				    (int)strcspn(run->commands[i].line, " "),
				    run->commands[i].line);
		kill_the_rest(pids, outcome);
	}
	take_texts(outcome);
	find_left(outcome);
}

static void forget(struct outcome *outcome)
{
	for (int i = 0; i < COMMANDS; i++) {
		free(outcome->out[i]);
		free(outcome->err[i]);
	}
	free(outcome->events);
}
