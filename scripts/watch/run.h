/*
 * run.h - for faults.c: make a run of runs.h, and keep what comes of it
 */

#include <arpa/inet.h>
#include <ctype.h>
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

enum { /* of a run or a command: see runs.h */
       ALONE = 1,
       ANY = 2,
       NUMBERS = 4,
       ORDER = 8,
       PIECES = 16,
       KEEPS = 32,
       LOSSY = 64,
       STOP = 128,
       WAITS = 256,
       ENTER = 512,
       ASKED = 1024,
       HELPER = 2048
};
enum { COMMANDS = 4, WORDS = 16, PATIENCE = 3 /* seconds */ };
enum { LINE = 600 /* of the events */ };
enum { MOST_JOBS = 64 };

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
	int begun[COMMANDS];
	int status[COMMANDS]; /* waitpid's */
	char *out[COMMANDS], *err[COMMANDS];
	char *events;
	double seconds;
	off_t events_size; /* when looked at last */
	double quiet_since;
	char late[100]; /* who has not ended in time */
	char left[100]; /* what was left behind */
	int left_by;    /* the command that made it */
};

static struct outcome normal[RUNS]; /* without a failure */
static const char *build = ".";     /* BUILD */
static char library[4096];
static uid_t user;       /* not 0: programs run as this one, for root */
static char folder[200]; /* this process's: files and events */
static pid_t maker;      /* of the folder */
static int port, free_port;
static int enter[COMMANDS]; /* ENTER: this end of its standard input, or -1 */
static volatile sig_atomic_t ended_by; /* the signal that we got */

/*
 * Where it happens
 */

static void make_folder(void)
{
	const char *place = getenv("TMPDIR");
	snprintf(folder, sizeof folder, "%s/ipc-faults.XXXXXX",
		 place == NULL || *place == '\0' ? "/tmp" : place);
	maker = getpid();
	if (mkdtemp(folder) == NULL)
		err(1, "mkdtemp %s", folder);
	if (user != 0 && chown(folder, user, (gid_t)-1) == -1)
		err(1, "chown %s", folder);
#ifdef __linux__
	/* What a command leaves behind becomes our child. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
#endif
}

static const char *path_of(const char *kind, int command)
{
	static char path[300];
	snprintf(path, sizeof path, "%s/%s.%d", folder, kind, command);
	return path;
}

static void remove_folder(void)
{
	for (int i = 0; i <= COMMANDS; i++) {
		unlink(path_of("in", i));
		unlink(path_of("out", i));
		unlink(path_of("err", i));
	}
	unlink(path_of("events", 0));
	if (rmdir(folder) == -1)
		warn("rmdir %s", folder);
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	if (file == NULL || fputs(text, file) == EOF || fclose(file) == EOF)
		err(1, "%s", path);
}

static char *read_file(const char *path)
{
	size_t size = 0, room = 4096;
	char *text = malloc(room);
	int file = open(path, O_RDONLY);
	ssize_t length = 0;
	while (text != NULL && file != -1) {
		length = read(file, text + size, room - size - 1);
		if (length <= 0)
			break;
		size += (size_t)length;
		if (room - size < 2)
			text = realloc(text, room *= 2);
	}
	if (text == NULL || file == -1 || length == -1)
		err(1, "%s", path);
	close(file);
	text[size] = '\0';
	return text;
}

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int find_free_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t length = sizeof address;
	int probe = socket(AF_INET, SOCK_STREAM, 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(probe, (struct sockaddr *)&address, sizeof address) == -1 ||
	    getsockname(probe, (struct sockaddr *)&address, &length) == -1)
		err(1, "a free port");
	close(probe);
	return ntohs(address.sin_port);
}

/*
 * A run
 */

/* Replace each FROM by TO. The text is on the heap, as is the result. */
static char *replace(char *text, const char *from, const char *to)
{
	char *found;
	size_t at = 0;
	while (*from != '\0' && (found = strstr(text + at, from)) != NULL) {
		const size_t before = (size_t)(found - text);
		char *longer = malloc(strlen(text) + strlen(to) + 1);
		if (longer == NULL)
			err(1, "malloc");
		sprintf(longer, "%.*s%s%s", (int)before, text, to,
			found + strlen(from));
		free(text);
		text = longer;
		at = before + strlen(to);
	}
	return text;
}

static char *copy_of(const char *text)
{
	char *copy = malloc(strlen(text) + 1);
	if (copy == NULL)
		err(1, "malloc");
	return strcpy(copy, text);
}

static char *filled_in(const char *line)
{
	char number[20];
	snprintf(number, sizeof number, "%ld",
		 0x71000000 + (long)maker % 4194304);
	char *text = replace(copy_of(line), "{key}", number);
	text = replace(text, "{dir}", folder);
	text = replace(text, "{build}", build);
	snprintf(number, sizeof number, "%d", port);
	text = replace(text, "{port}", number);
	snprintf(number, sizeof number, "%d", free_port);
	return replace(text, "{free}", number);
}

/* Some compilers cannot build all. */
static const char *missing_program(const struct run *run)
{
	static char path[4300];
	for (int i = 0; i < COMMANDS && run->commands[i].line != NULL; i++) {
		const char *line = run->commands[i].line;
		snprintf(path, sizeof path, "%s/%.*s", build,
			 (int)strcspn(line, " "), line);
		if (access(path, X_OK) == -1)
			return path;
	}
	return NULL;
}

static void set(const char *name, const char *value)
{
	if (setenv(name, value, 1) == -1)
		err(1, "setenv");
}

/* In the child: be the program. */
static void become(const struct run *run, int i, const char *fault, int input)
{
	char *line = filled_in(run->commands[i].line), *words[WORDS + 1];
	int count = 0;
	for (char *word = strtok(line, " "); word != NULL && count < WORDS;
	     word = strtok(NULL, " "))
		words[count++] = word;
	words[count] = NULL;
	char program[4300], number[12];
	snprintf(program, sizeof program, "%s/%s", build, words[0]);

	setpgid(0, 0);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	if (dup2(input, 0) == -1 ||
	    dup2(open(path_of("out", i), O_WRONLY | O_APPEND), 1) == -1 ||
	    dup2(open(path_of("err", i), O_WRONLY | O_APPEND), 2) == -1)
		_exit(126);
	for (int other = 3; other < 20; other++)
		close(other);
	snprintf(number, sizeof number, "%d", i + 1);
	set("WATCH_PROCESS", number);
	set("WATCH_EVENTS", path_of("events", 0));
	if (fault != NULL)
		set("WATCH_FAULT", fault);
	set("HOME", folder);
	set("BUILD", build);
#ifdef __APPLE__
	set("DYLD_INSERT_LIBRARIES", library);
#else
	set("LD_PRELOAD", library);
#endif
	if (user != 0 && (setgid(user) == -1 || setuid(user) == -1))
		err(126, "setuid");
	execv(program, words);
	warn("%s", program);
	_exit(127);
}

static pid_t begin(const struct run *run, int i, const char *fault)
{
	int ends[2] = {-1, -1};
	if ((run->commands[i].flags & ENTER) && pipe(ends) == -1)
		err(1, "pipe");
	enter[i] = ends[1];
	write_file(path_of("in", i), run->commands[i].input);
	write_file(path_of("out", i), "");
	write_file(path_of("err", i), "");
	if (ends[0] == -1)
		ends[0] = open(path_of("in", i), O_RDONLY);
	pid_t child = fork();
	if (child == -1)
		err(1, "fork");
	if (child == 0)
		become(run, i, fault, ends[0]);
	setpgid(child, child);
	close(ends[0]);
	return child;
}

/* Has it printed a line with this? A number at its end may be its port. */
static int has_printed(int i, const char *text)
{
	char *out = read_file(path_of("out", i));
	char *found = strstr(out, text);
	char *end = found == NULL ? NULL : strchr(found, '\n');
	if (end != NULL && port == 0) {
		char *digits = end;
		while (digits > out && isdigit((unsigned char)digits[-1]))
			digits--;
		port = atoi(digits);
	}
	free(out);
	return end != NULL;
}

/* Take note of what has ended. Return whether there is any child left. */
static int look(const pid_t *pids, struct outcome *outcome)
{
	int status;
	pid_t pid;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (int i = 0; i < COMMANDS; i++) {
			if (outcome->begun[i] == 1 && pids[i] == pid) {
				outcome->status[i] = status;
				outcome->begun[i] = 2; /* and ended */
			}
		}
	}
	return pid == 0;
}

/* Copy the next line of the events. Return 0 if there is none. */
static int next_line(const char **at, char *line)
{
	size_t length = strcspn(*at, "\n");
	if (**at == '\0')
		return 0;
	snprintf(line, LINE, "%.*s", (int)length, *at);
	*at += length + ((*at)[length] == '\n');
	return 1;
}

/* Every process that the events speak of, if it is our child. */
static void kill_the_rest(const pid_t *pids, const struct outcome *outcome)
{
	for (int i = 0; i < COMMANDS; i++)
		if (outcome->begun[i] != 0)
			kill(-pids[i], SIGKILL);
	const struct timespec pause = {.tv_nsec = 10000000};
	struct outcome ended = *outcome;
	for (int tries = 0; tries < 50 && look(pids, &ended); tries++) {
		nanosleep(&pause, NULL);
		char *events = read_file(path_of("events", 0));
		const char *at = events;
		char line[LINE];
		while (next_line(&at, line)) {
			long pid = 0;
			if ((sscanf(line, "%*s %*s start %ld", &pid) == 1 ||
			     sscanf(line, "%*s %*s child %ld", &pid) == 1) &&
			    waitpid((pid_t)pid, NULL, WNOHANG) == 0)
				kill((pid_t)pid, SIGKILL);
		}
		free(events);
	}
}

/* What the calls have made, and is still there. It is removed. */
static void find_left(struct outcome *outcome)
{
	const char *at = outcome->events;
	char line[LINE];
	while (next_line(&at, line)) {
		int process, id = -1;
		char call[20], path[200];
		if (strstr(line, "get ") == NULL &&
		    strstr(line, " bind ") == NULL)
			continue;
		struct shmid_ds segment;
		struct msqid_ds queue;
		const char *kind = NULL;
		if (sscanf(line, "%*s %d%*s return %19s %*s %d", &process, call,
			   &id) == 3 ||
		    sscanf(line, "%*s %d return %19s %*s %d", &process, call,
			   &id) == 3) {
			if (id == -1)
				continue;
			if (strcmp(call, "shmget") == 0 &&
			    shmctl(id, IPC_STAT, &segment) == 0) {
				kind = "segment";
				shmctl(id, IPC_RMID, NULL);
			} else if (strcmp(call, "msgget") == 0 &&
				   msgctl(id, IPC_STAT, &queue) == 0) {
				kind = "queue";
				msgctl(id, IPC_RMID, NULL);
			} else if (strcmp(call, "semget") == 0 &&
				   semctl(id, 0, GETVAL) != -1) {
				kind = "semaphores";
				semctl(id, 0, IPC_RMID);
			}
			if (kind == NULL)
				continue;
			snprintf(outcome->left, sizeof outcome->left, "%s %d",
				 kind, id);
			outcome->left_by = process - 1;
		} else if (sscanf(line,
				  "%*s %d begin bind %*s %*s address=%199s",
				  &process, path) == 2 &&
			   *path == '/' && unlink(path) == 0) {
			snprintf(outcome->left, sizeof outcome->left,
				 "socket path");
			outcome->left_by = process - 1;
		}
	}
}

/* Has a process called this with success, before the other one's end? */
static int has_called(const char *events, int command, const char *call,
		      int other)
{
	char text[100], end[20];
	snprintf(text, sizeof text, " %d return %s ", command + 1, call);
	snprintf(end, sizeof end, " %d end\n", other + 1);
	const char *ended = strstr(events, end);
	while ((events = strstr(events, text)) != NULL) {
		events += strlen(text);
		events += strcspn(events, " ") + 1; /* its number */
		if (*events != '-' && (ended == NULL || events < ended))
			return 1;
	}
	return 0;
}

/* Had the failing command reached its partner? Semaphores need both. */
static int has_met(int failing, int partner)
{
	char *events = read_file(path_of("events", 0));
	const int met = has_called(events, failing, "connect", failing) ||
			has_called(events, failing, "sendto", failing) ||
			has_called(events, failing, "msgsnd", failing) ||
			(has_called(events, failing, "semop", failing) &&
			 has_called(events, partner, "semop", failing));
	free(events);
	return met;
}

/* Has there been no event for a fiftieth of a second? Then a server that waits
 * has done all that it was asked to do. */
static int is_quiet(struct outcome *outcome)
{
	struct stat status;
	if (stat(path_of("events", 0), &status) == -1)
		err(1, "stat");
	if (status.st_size != outcome->events_size)
		outcome->quiet_since = now();
	outcome->events_size = status.st_size;
	return status.st_size > 0 && now() - outcome->quiet_since > 0.02;
}

/* Is this one right to wait until all others have ended? */
static int may_wait(const struct run *run, int i, const char *fault,
		    const struct outcome *outcome)
{
	const int failing = fault == NULL ? -1 : *fault - '1';
	if (run->commands[i].flags & STOP)
		return 1;
	return (run->commands[i].flags & WAITS) && failing != -1 &&
	       failing != i && outcome->begun[failing] == 2 &&
	       !has_met(failing, i);
}

static void press_enter(int i)
{
	if (enter[i] == -1)
		return;
	if (write(enter[i], "\n", 1) == -1 && errno != EPIPE)
		err(1, "write to a pipe");
	close(enter[i]);
	enter[i] = -1;
}

static void make_run(int number, const char *fault, struct outcome *outcome)
{
	const struct run *run = &runs[number];
	const struct outcome *before = fault == NULL ? NULL : &normal[number];
	const struct timespec pause = {.tv_nsec = 300000};
	const double start = now();
	const double limit = start + run->wait + PATIENCE +
			     (before == NULL ? 5 : before->seconds);
	pid_t pids[COMMANDS] = {0};
	int last = -1;
	memset(outcome, 0, sizeof *outcome);
	for (int i = 0; i < COMMANDS; i++)
		enter[i] = -1;
	port = 0;
	free_port = find_free_port();
	write_file(path_of("events", 0), "");
	chmod(path_of("events", 0), 0666); /* for another user, too */

	for (int i = 0; i < COMMANDS && run->commands[i].line != NULL; i++) {
		const char *ready = run->commands[i].ready;
		pids[i] = begin(run, i, fault);
		outcome->begun[i] = 1;
		last = i;
		if (i + 1 == COMMANDS || run->commands[i + 1].line == NULL ||
		    (ready != NULL && *ready == '\0'))
			continue;
		while (outcome->begun[i] == 1 && now() < limit &&
		       ended_by == 0) {
			look(pids, outcome);
			if (ready != NULL && has_printed(i, ready))
				break;
			nanosleep(&pause, NULL);
		}
		/* One that has failed has no use for the others. */
		if (outcome->begun[i] == 2 && before != NULL &&
		    outcome->status[i] != before->status[i])
			break;
	}

	/* Until all have ended: first those who wait for nobody. */
	int more = 1, stopped = 0, told[COMMANDS] = {0};
	while (more && now() < limit && ended_by == 0) {
		int at_enter = 0, others = 0;
		more = look(pids, outcome);
		for (int i = 0; !stopped && i <= last; i++) {
			if (outcome->begun[i] != 1 ||
			    may_wait(run, i, fault, outcome))
				continue;
			if (run->commands[i].flags & ENTER)
				at_enter++;
			else
				others++;
		}
		for (int i = 0; others == 0 && i <= last; i++)
			press_enter(i);
		stopped =
		    stopped || (others + at_enter == 0 && is_quiet(outcome));
		for (int i = 0; stopped && i <= last; i++) {
			if (outcome->begun[i] == 1 && !told[i])
				kill(pids[i], SIGTERM);
			told[i] = 1;
		}
		if (more)
			nanosleep(&pause, NULL);
	}
	outcome->seconds = now() - start;
	for (int i = 0; i <= last; i++)
		press_enter(i);
	if (more) {
		snprintf(outcome->late, sizeof outcome->late, "a process");
		for (int i = 0; i <= last; i++)
			if (outcome->begun[i] == 1)
				snprintf(
				    outcome->late, sizeof outcome->late, "%.*s",
				    (int)strcspn(run->commands[i].line, " "),
				    run->commands[i].line);
		kill_the_rest(pids, outcome);
	}

	char text[20];
	snprintf(text, sizeof text, "%d", port);
	for (int i = 0; i <= last; i++) {
		char **const texts[] = {&outcome->out[i], &outcome->err[i]};
		*texts[0] = read_file(path_of("out", i));
		*texts[1] = read_file(path_of("err", i));
		for (int j = 0; j < 2; j++) {
			*texts[j] = replace(*texts[j], folder, "{dir}");
			if (port != 0)
				*texts[j] = replace(*texts[j], text, "{port}");
		}
	}
	outcome->events = read_file(path_of("events", 0));
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
