/*
 * faults - let each call of each program fail once, and judge what comes
 *
 *     $ scripts/watch/faults shm-pair
 *     wrong: faults shm-pair 2 shmat 1 EACCES: shm/reader: exit 0
 *     43 injections, 1 wrong
 *
 * A maintainer's tool, no lesson. Each run of runs.h is made once as it is,
 * watched by library.so, which says what calls its processes make. Then once
 * for each failure of errors.h: the first, second, third and last use of each
 * call in each process. `PROCESS CALL NUMBER WHAT` is one of them, as
 * library.c explains: process 2 is the run's second command, 2.1 its child.
 *
 * Right is what the run does without the failure, and must be with EINTR and
 * short counts; or exit 1 and one line on standard error that names the call
 * and what it was about; or exit 77. An error that says how things are
 * (ENOENT, EPIPE, ...) may be told in words. The partner ends as well: as it
 * does without the failure, or with exit 1 and one line. Nobody takes more
 * than 3 s beyond the wait in runs.h, and nothing is left behind.
 *
 * usage: faults [-hlv] [-j JOBS] [-t M/N] [-s SEED]
 *               [RUN ... | RUN PROCESS CALL NUMBER WHAT]
 *
 * -l: only print what would be injected. -v: print also what is right. -j: how
 * many runs at a time (4). -t: only the Mth of N parts, chosen by the number
 * SEED. RUN: a run's name, or its beginning. BUILD, from the environment, is
 * where the binaries are.
 *
 * Exit status: 0; 1 something was wrong; 2 usage; 77 programs cannot be
 * watched here (static, set-user-id, sanitized, or another libc's).
 * As root the programs run as a user whom nobody else is, who must be able to
 * read them. Linux's subreapers find processes that were left behind; elsewhere
 * only those of a command's own process group are found.
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
       ASKED = 1024
};
enum { COMMANDS = 4, WORDS = 16, PATIENCE = 3 /* seconds */ };
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

static const struct {
	const char *call, *with, *errors;
} errors[] = {
#include "errors.h"
};
enum { ERRORS = sizeof errors / sizeof *errors };

/* Where the program goes on with other output, as it says itself. */
static const struct {
	const char *run, *call, *errors;
} copings[] = {
    {"browser", "prctl", "EINVAL"},              /* "no sandbox" */
    {"browser", "open", "ENOENT EACCES EMFILE"}, /* "shut" */
    /* The server has gone already, as a second send says. */
    {"socket-pair-nonblocking", "send", "short"},
    {"sysv", "lstat", "ENOENT"}, /* "none" */
};
enum { COPINGS = sizeof copings / sizeof *copings };

static const struct {
	char kind;
	long value;
	const char *name;
} names[] = {
#define NAME(kind, name) {#kind[0], (long)name, #name},
#include "names.h"
};

static const char *const call_names[] = {
#define CALL(result, symbol, name, parameters, arguments, print) #name,
#define SIZED CALL
#define VARIADIC(result, symbol, name, parameters, last, type, condition,      \
		 arguments, print)                                             \
#name,
#include "calls.h"
    "fork", "exit"};
enum { CALL_NAMES = sizeof call_names / sizeof *call_names };

/* How a run went. */
struct outcome {
	int begun[COMMANDS];
	int status[COMMANDS]; /* waitpid's */
	char *out[COMMANDS], *err[COMMANDS];
	char *events;
	double seconds;
	char late[100]; /* who has not ended in time */
	char left[100]; /* what was left behind */
	int left_by;    /* the command that made it */
};

/* One failure in one run. */
struct injection {
	int run;
	char fault[200]; /* PROCESS CALL NUMBER WHAT */
};

static struct counts { /* a worker's */
	int injections, wrong, unreached;
} * counts;

static struct injection *injections;
static size_t injection_count;
static struct outcome normal[RUNS]; /* without a failure */

static const char usage[] =
    "usage: faults [-hlv] [-j JOBS] [-t M/N] [-s SEED]\n"
    "              [RUN ... | RUN PROCESS CALL NUMBER WHAT]";
static const char *build = ".";            /* BUILD */
static int verbose;                        /* -v */
static int list_only;                      /* -l */
static int jobs = 4;                       /* -j */
static unsigned part = 1, parts = 1, seed; /* -t, -s */
static char only[200]; /* PROCESS CALL NUMBER WHAT, or empty */
static uid_t user;     /* not 0: programs run as this one, for root */
static char library[4096];
static char folder[200]; /* this worker's: files and events */
static int port, free_port;
static int enter[COMMANDS]; /* ENTER: this end of its standard input, or -1 */
static volatile sig_atomic_t ended_by;

static void parse_options(int argc, char *argv[]); /* at the end */
static int chosen(const struct run *run, char *words[]);
static int watch_run(int number);
static const char *missing_program(const struct run *run);
static void find_injections(int run);
static void add_injection(int run, const char *fault);
static void work(int worker, int queue);
static void inject(const struct injection *injection, struct counts *count);
static void make_folder(void);
static void remove_folder(void);
static void make_run(int run, const char *fault, struct outcome *outcome);
static void show(const struct run *run, const struct outcome *outcome);
static void forget(struct outcome *outcome);
static int judge(int run, const char *fault, const struct outcome *outcome,
		 char *why, size_t size);
static const char *what_is_wrong_already(const struct run *run,
					 const struct outcome *outcome);

static void note_signal(int signal_number)
{
	ended_by = signal_number;
}

int main(int argc, char *argv[])
{
	parse_options(argc, argv);
	const int signals[] = {SIGHUP, SIGINT, SIGTERM};
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		sigaction(signals[i],
			  &(struct sigaction){.sa_handler = note_signal}, NULL);
	signal(SIGPIPE, SIG_IGN); /* a program that ended before its Enter */

	/* Each run as it is: its calls say what there is to inject. */
	int wrong = 0;
	make_folder();
	for (int i = 0; i < RUNS && ended_by == 0; i++)
		if (chosen(&runs[i], argv + optind))
			wrong += watch_run(i);
	remove_folder();
	for (size_t i = 0; list_only && i < injection_count; i++)
		printf("faults %s %s\n", runs[injections[i].run].name,
		       injections[i].fault);
	if (list_only)
		return 0;

	/* Workers take what is to be injected from a pipe, but for what must
	 * not be done twice at a time: that is the first one's. */
	counts = mmap(NULL, (size_t)jobs * sizeof *counts,
		      PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0);
	if (counts == MAP_FAILED)
		err(1, "mmap");
	int queue[2];
	if (pipe(queue) == -1)
		err(1, "pipe");
	pid_t workers[MOST_JOBS];
	for (int i = 0; i < jobs; i++) {
		workers[i] = fork();
		if (workers[i] == -1)
			err(1, "fork");
		if (workers[i] == 0) {
			close(queue[1]);
			work(i, queue[0]);
			_exit(0);
		}
	}
	close(queue[0]);
	for (size_t i = 0; i < injection_count && ended_by == 0; i++)
		if ((runs[injections[i].run].flags & ALONE) == 0 &&
		    write(queue[1], &i, sizeof i) != sizeof i)
			break;
	close(queue[1]);

	int injected = 0, unreached = 0;
	for (int i = 0; i < jobs; i++) {
		int status;
		while (waitpid(workers[i], &status, 0) == -1 && errno == EINTR)
			kill(workers[i], SIGTERM);
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
			printf("wrong: faults: a worker has failed\n");
			wrong++;
		}
		injected += counts[i].injections;
		unreached += counts[i].unreached;
		wrong += counts[i].wrong;
	}
	if (ended_by != 0) {
		signal(ended_by, SIG_DFL);
		raise(ended_by);
	}
	if (unreached > 0)
		printf("%d calls were not made again\n", unreached);
	printf("%d injections, %d wrong\n", injected, wrong);
	return wrong > 0;
}

/* Make a run without a failure, and find what can be injected. Return 1 if it
 * does not end well. */
static int watch_run(int number)
{
	const struct run *run = &runs[number];
	struct outcome *outcome = &normal[number];
	const char *missing = missing_program(run);
	if (missing != NULL) {
		printf("skipped: %s: there is no %s\n", run->name, missing);
		return 0;
	}
	make_run(number, NULL, outcome);
	if (ended_by != 0)
		return 0;
	if (strstr(outcome->events, " start ") == NULL) {
		printf("faults: %s cannot be watched: it is static, "
		       "set-user-id, sanitized,\nor of another libc than %s\n",
		       run->commands[0].line, library);
		remove_folder();
		exit(77);
	}
	const char *why = what_is_wrong_already(run, outcome);
	if (why != NULL && strcmp(why, "77") == 0) {
		printf("skipped: %s: not possible here\n", run->name);
	} else if (why != NULL) {
		printf("wrong: faults %s: without a failure: %s\n", run->name,
		       why);
		show(run, outcome);
		return 1;
	} else if (*only == '\0') {
		find_injections(number);
	} else {
		add_injection(number, only);
	}
	return 0;
}

/* Inject one failure after the other, until there is none left. */
static void work(int worker, int queue)
{
	size_t next, alone = 0;
	make_folder();
	while (ended_by == 0) {
		while (worker == 0 && alone < injection_count &&
		       (runs[injections[alone].run].flags & ALONE) == 0)
			alone++;
		if (worker == 0 && alone < injection_count)
			next = alone++;
		else if (read(queue, &next, sizeof next) != sizeof next)
			break;
		inject(&injections[next], &counts[worker]);
	}
	remove_folder();
}

static void inject(const struct injection *injection, struct counts *count)
{
	const struct run *run = &runs[injection->run];
	struct outcome outcome;
	char why[800] = "";
	const char *verdict = "right";
	make_run(injection->run, injection->fault, &outcome);
	if (ended_by != 0)
		return;
	if (strstr(outcome.events, " fault ") == NULL) {
		count->unreached++;
		verdict = "not reached";
	} else {
		count->injections++;
		if (!judge(injection->run, injection->fault, &outcome, why,
			   sizeof why)) {
			count->wrong++;
			verdict = "wrong";
		}
	}
	if (verbose || strcmp(verdict, "wrong") == 0)
		printf("%s: faults %s %s: %s\n", verdict, run->name,
		       injection->fault, why);
	if (*only != '\0')
		show(run, &outcome);
	fflush(stdout);
	forget(&outcome);
}

static void show(const struct run *run, const struct outcome *outcome)
{
	for (int i = 0; i < COMMANDS; i++)
		if (outcome->begun[i])
			printf("  %s\n%s%s", run->commands[i].line,
			       outcome->out[i], outcome->err[i]);
}

/*
 * Where it happens
 */

static void make_folder(void)
{
	const char *place = getenv("TMPDIR");
	snprintf(folder, sizeof folder, "%s/ipc-faults.XXXXXX",
		 place == NULL || *place == '\0' ? "/tmp" : place);
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
		 0x71000000 + (long)getpid() % 4194304);
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

static pid_t begin(const struct run *run, int i, const char *fault)
{
	const struct command *command = &run->commands[i];
	char *line = filled_in(command->line), *words[WORDS + 1], number[10];
	int count = 0;
	for (char *word = strtok(line, " "); word != NULL && count < WORDS;
	     word = strtok(NULL, " "))
		words[count++] = word;
	words[count] = NULL;
	int ends[2] = {-1, -1};
	write_file(path_of("in", i), command->input);
	if ((command->flags & ENTER) && pipe(ends) == -1)
		err(1, "pipe");
	enter[i] = ends[1];
	write_file(path_of("out", i), "");
	write_file(path_of("err", i), "");
	char program[4300];
	snprintf(program, sizeof program, "%s/%s", build, words[0]);
	pid_t child = fork();
	if (child == -1)
		err(1, "fork");
	if (child != 0) {
		setpgid(child, child);
		free(line);
		if (ends[0] != -1)
			close(ends[0]);
		return child;
	}
	setpgid(0, 0);
	signal(SIGPIPE, SIG_DFL);
	if (ends[0] == -1)
		ends[0] = open(path_of("in", i), O_RDONLY);
	if (dup2(ends[0], 0) == -1 ||
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

/* Has it printed this? */
static int has_printed(int i, const char *text)
{
	char *out = read_file(path_of("out", i));
	char *found = strstr(out, text);
	const int whole = found != NULL && strchr(found, '\n') != NULL;
	if (whole && port == 0) {
		char *colon = strrchr(out, ':');
		port = colon == NULL ? 0 : atoi(colon + 1);
	}
	free(out);
	return whole;
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
		for (char *line = events; line != NULL && *line != '\0';
		     line = strchr(line, '\n')) {
			long pid = 0;
			line += *line == '\n';
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
	for (char *line = outcome->events; line != NULL && *line != '\0';
	     line = strchr(line, '\n')) {
		int process, id = -1;
		char call[20], path[200];
		line += *line == '\n';
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

/* Has the command's process called this with success, before the failure? */
static int has_called(char *events, int command, const char *call)
{
	char text[100];
	const char *failure = strstr(events, " fault ");
	snprintf(text, sizeof text, " %d return %s ", command + 1, call);
	for (char *at = events; (at = strstr(at, text)) != NULL;) {
		at += strlen(text);
		at += strcspn(at, " ") + 1; /* its number */
		if (*at != '-' && (failure == NULL || at < failure))
			return 1;
	}
	return 0;
}

/* Had the failing command reached its partner? Semaphores need both. */
static int has_met(int failing, int partner)
{
	char *events = read_file(path_of("events", 0));
	const int met = has_called(events, failing, "connect") ||
			has_called(events, failing, "sendto") ||
			has_called(events, failing, "msgsnd") ||
			(has_called(events, failing, "semop") &&
			 has_called(events, partner, "semop"));
	free(events);
	return met;
}

/* Has there been no event for a hundredth of a second? Then a server that waits
 * has done all that it was asked to do. */
static int is_quiet(void)
{
	static off_t size = -1;
	static double since;
	struct stat status;
	if (stat(path_of("events", 0), &status) == -1)
		err(1, "stat");
	if (status.st_size != size)
		since = now();
	size = status.st_size;
	return now() - since > 0.01;
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
		stopped = stopped || (others + at_enter == 0 && is_quiet());
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

/*
 * What to inject
 */

static int matches(const char *arguments, const char *with)
{
	if (*with == '!')
		return strstr(arguments, with + 1) == NULL;
	return strstr(arguments, with) != NULL;
}

static unsigned hash(const char *text, unsigned sum)
{
	for (; *text != '\0'; text++)
		sum = (sum ^ (unsigned char)*text) * 16777619u;
	return sum;
}

static void add_injection(int run, const char *fault)
{
	for (size_t i = 0; i < injection_count; i++)
		if (injections[i].run == run &&
		    strcmp(injections[i].fault, fault) == 0)
			return;
	injections =
	    realloc(injections, (injection_count + 1) * sizeof *injections);
	if (injections == NULL)
		err(1, "realloc");
	injections[injection_count].run = run;
	snprintf(injections[injection_count++].fault, sizeof injections->fault,
		 "%s", fault);
}

static int is_in_part(int run, const char *fault)
{
	const unsigned sum = hash(fault, hash(runs[run].name, 2166136261u));
	return (sum / 7 + seed) % parts == part - 1;
}

static long last_use(const char *events, const char *process, const char *call)
{
	char text[200];
	long last = 0;
	snprintf(text, sizeof text, " %s begin %s ", process, call);
	while ((events = strstr(events, text)) != NULL) {
		events += strlen(text);
		last = strtol(events, NULL, 10);
	}
	return last;
}

static void find_injections(int run)
{
	char *events = normal[run].events;
	for (char *line = events; line != NULL && *line != '\0';
	     line = strchr(line, '\n')) {
		char process[100], call[40], arguments[600], fault[200];
		long number;
		line += *line == '\n';
		if (sscanf(line, "%*s %99s begin %39s %ld", process, call,
			   &number) != 3)
			continue;
		if (number > 3 && number != last_use(events, process, call))
			continue;
		snprintf(arguments, sizeof arguments, "%.*s",
			 (int)strcspn(line, "\n"), line);
		for (int i = 0; i < ERRORS; i++) {
			if (strcmp(errors[i].call, call) != 0 ||
			    !matches(arguments, errors[i].with))
				continue;
			char *words = copy_of(errors[i].errors);
			for (char *word = strtok(words, " "); word != NULL;
			     word = strtok(NULL, " ")) {
				snprintf(fault, sizeof fault, "%s %s %ld %s",
					 process, call, number, word);
				if (is_in_part(run, fault))
					add_injection(run, fault);
			}
			free(words);
		}
	}
}

/*
 * What is right
 */

static int compare_lines(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

/* What may differ is made the same. On the heap. */
static char *comparable(const char *text, int flags)
{
	char *copy = copy_of(text), *to = copy;
	for (const char *from = copy; (flags & NUMBERS) && *from != '\0';) {
		if (!isdigit((unsigned char)*from)) {
			*to++ = *from++;
			continue;
		}
		while (isxdigit((unsigned char)*from) || *from == '.' ||
		       *from == 'x')
			from++;
		*to++ = '#';
	}
	if (flags & NUMBERS)
		*to = '\0';
	if ((flags & ORDER) == 0)
		return copy;
	char *lines[1000], *sorted = malloc(strlen(copy) + 2);
	size_t count = 0;
	for (char *line = strtok(copy, "\n"); line != NULL && count < 1000;
	     line = strtok(NULL, "\n"))
		lines[count++] = line;
	qsort(lines, count, sizeof *lines, compare_lines);
	if (sorted == NULL)
		err(1, "malloc");
	*sorted = '\0';
	for (size_t i = 0; i < count; i++)
		strcat(strcat(sorted, lines[i]), "\n");
	free(copy);
	return sorted;
}

static int same_output(const struct run *run, int i,
		       const struct outcome *before,
		       const struct outcome *outcome)
{
	const int flags = run->commands[i].flags;
	if (flags & ANY)
		return 1;
	if (outcome->out[i] == NULL)
		return 0;
	char *one = comparable(before->out[i], flags);
	char *other = comparable(outcome->out[i], flags);
	const int same = strcmp(one, other) == 0;
	free(one);
	free(other);
	return same;
}

/* Lines on standard error, but those that ask for Enter. */
static int count_lines(const char *text)
{
	int count = 0;
	for (; *text != '\0'; text += strcspn(text, "\n"), text += *text != 0) {
		const char *asks = strstr(text, "press Enter to");
		count += asks == NULL || asks > text + strcspn(text, "\n");
	}
	return count;
}

static int is_word_in(const char *line, const char *word, const char **at)
{
	for (const char *from = line; (*at = strstr(from, word)) != NULL;
	     from = *at + 1) {
		const char after = (*at)[strlen(word)];
		if ((*at == line || !(isalnum((unsigned char)(*at)[-1]) ||
				      (*at)[-1] == '_')) &&
		    !isalnum((unsigned char)after) && after != '_')
			return 1;
	}
	return 0;
}

/* The first call that the line names, or NULL. */
static const char *named_in(const char *line)
{
	const char *first = NULL, *place = NULL, *at;
	for (int i = 0; i < CALL_NAMES; i++) {
		if (is_word_in(line, call_names[i], &at) &&
		    (place == NULL || at < place)) {
			place = at;
			first = call_names[i];
		}
	}
	return first;
}

static int is_one_of(const char *word, const char *words)
{
	const char *at;
	return is_word_in(words, word, &at);
}

/* Does it begin with the name of another call? Later, such a word may be plain
 * English ("wait"). */
static int names_another(const char *line, const char *call)
{
	const char *named = named_in(line), *at;
	return named != NULL && strcmp(named, call) != 0 &&
	       is_word_in(line, named, &at) && at == line + strspn(line, " ");
}

/* Return what is wrong with a line that tells of the failure, or NULL. */
static const char *what_is_wrong(const char *line, const char *call,
				 const char *what, int about_private)
{
	static const char told_in_words[] =
	    "ENOENT ECONNREFUSED EIDRM EEXIST EADDRINUSE ENOSPC EAGAIN ENOMSG "
	    "EPIPE ECONNRESET ECHILD EINVAL E2BIG";
	/* These have nothing that has a name, but a descriptor at most. */
	static const char about_nothing[] =
	    "fork wait waitpid socket socketpair poll select pipe nanosleep "
	    "sleep usleep mmap munmap umask prctl accept listen recv send "
	    "recvfrom recvmsg read write close getsockname getpeername fcntl "
	    "setsockopt shutdown";
	const char *after = strchr(line, ':');
	after = after == NULL ? line : after + 1;
	const char *named = named_in(after);
	const char *message = NULL;
	char rest[1000];
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i].kind == 'E' && strcmp(names[i].name, what) == 0)
			message = strerror((int)names[i].value);
	const int lookup = strncmp(what, "EAI_", 4) == 0;
	for (size_t i = 0; lookup && i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i].name, what) == 0)
			message = gai_strerror((int)names[i].value);
	const int as_errno = message != NULL && strstr(after, message) != NULL;
	if ((is_one_of(what, told_in_words) && !as_errno) ||
	    (lookup && as_errno))
		return names_another(after, call) ? "another call's name"
						  : NULL;
	if (named == NULL)
		return "not the call's name";
	if (strcmp(named, call) != 0)
		return "another call's name";
	if (!as_errno)
		return "not the error";
	if (is_one_of(call, about_nothing) ||
	    (strcmp(call + 3, "get") == 0 && about_private))
		return NULL;
	snprintf(rest, sizeof rest, "%s", after);
	*strstr(rest, message) = '\0';
	size_t others = 0;
	for (const char *at = rest; *at != '\0'; at++)
		others += isalnum((unsigned char)*at) != 0;
	return others > strlen(call) ? NULL : "not what it was about";
}

static void describe(const struct run *run, int i,
		     const struct outcome *outcome, const char *verdict,
		     char *why, size_t size)
{
	const int status = outcome->status[i];
	char ending[40], *error = copy_of(outcome->err[i]);
	if (WIFEXITED(status))
		snprintf(ending, sizeof ending, "exit %d", WEXITSTATUS(status));
	else
		snprintf(ending, sizeof ending, "signal %d", WTERMSIG(status));
	for (char *at = error; *at != '\0'; at++)
		if (*at == '\n')
			*at = at[1] == '\0' ? '\0' : '|';
	snprintf(why, size, "%s%s%.*s: %s%s%s", verdict,
		 *verdict == '\0' ? "" : ": ",
		 (int)strcspn(run->commands[i].line, " "),
		 run->commands[i].line, ending, *error == '\0' ? "" : ": ",
		 error);
	free(error);
}

/* It must be as without the failure. connect and open are not made again. */
static int is_gentle(const char *call, const char *what)
{
	return strcmp(what, "short") == 0 ||
	       (strcmp(what, "EINTR") == 0 && strcmp(call, "connect") != 0 &&
		strcmp(call, "open") != 0);
}

static int is_coping(const struct run *run, const char *call, const char *what)
{
	for (int i = 0; i < COPINGS; i++)
		if (strcmp(copings[i].run, run->name) == 0 &&
		    strcmp(copings[i].call, call) == 0 &&
		    is_one_of(what, copings[i].errors))
			return 1;
	return 0;
}

static int count(const char *text, const char *word)
{
	int found = 0;
	for (; (text = strstr(text, word)) != NULL; text += strlen(word))
		found++;
	return found;
}

/* One line has to tell of it; each other process may add one that names no
 * call. */
static const char *verdict_on_lines(int i, const char *call, const char *what,
				    const struct outcome *outcome)
{
	char children[20];
	snprintf(children, sizeof children, " %d.", i + 1);
	const int most = 1 + count(outcome->events, children) > 1 ? 2 : 1;
	const int private = strstr(outcome->events, "IPC_PRIVATE") != NULL;
	if (count_lines(outcome->err[i]) == 0)
		return "no message";
	if (count_lines(outcome->err[i]) > most)
		return "more than one line";
	const char *wrong = NULL;
	int told = 0;
	for (char *line = outcome->err[i]; *line != '\0';) {
		char one[1000];
		const size_t length = strcspn(line, "\n");
		snprintf(one, sizeof one, "%.*s", (int)length, line);
		line += length + (line[length] == '\n');
		if (strstr(one, "press Enter to") != NULL)
			continue;
		const char *judged = what_is_wrong(one, call, what, private);
		const char *after = strchr(one, ':');
		if (judged == NULL)
			told++;
		else if (wrong == NULL ||
			 names_another(after == NULL ? one : after + 1, ""))
			wrong = judged;
	}
	if (told > 0 &&
	    (wrong == NULL || strcmp(wrong, "not the call's name") == 0))
		return NULL;
	return told > 0 ? "a second line that misleads" : wrong;
}

/* The command in which the call has failed. */
static const char *verdict_on(const struct run *run, int i, const char *call,
			      const char *what, const struct outcome *before,
			      const struct outcome *outcome)
{
	const int status = outcome->status[i], flags = run->commands[i].flags;
	const int as_before = status == before->status[i];
	if (as_before && (same_output(run, i, before, outcome) ||
			  (strcmp(what, "short") == 0 && (flags & PIECES)))) {
		if (is_gentle(call, what) &&
		    count_lines(outcome->err[i]) > count_lines(before->err[i]))
			return "a message";
		return NULL;
	}
	if (is_coping(run, call, what))
		return NULL;
	if (is_gentle(call, what))
		return as_before ? "other output" : "not as without";
	if (as_before && (flags & STOP))
		return NULL; /* a server that goes on: a client tells of it */
	if (!WIFEXITED(status))
		return "ended by a signal";
	if (WEXITSTATUS(status) == 0)
		return "other output";
	if (WEXITSTATUS(status) == 77)
		return NULL;
	if (WEXITSTATUS(status) != 1 &&
	    strncmp(run->commands[i].line, "scripts/", 8) != 0)
		return "its status";
	return verdict_on_lines(i, call, what, outcome);
}

/* One of the others. */
static const char *verdict_on_partner(const struct run *run, int i,
				      const char *call, const char *what,
				      const struct outcome *before,
				      const struct outcome *outcome)
{
	const int status = outcome->status[i], flags = run->commands[i].flags;
	const int as_before = status == before->status[i];
	if (as_before &&
	    (same_output(run, i, before, outcome) || (flags & LOSSY) ||
	     (strcmp(what, "short") == 0 && (flags & PIECES))))
		return NULL;
	if (is_gentle(call, what))
		return "the partner's output";
	if (as_before && (flags & STOP))
		return NULL; /* a server that got less to do */
	if ((flags & WAITS) && WIFSIGNALED(status) &&
	    WTERMSIG(status) == SIGTERM)
		return NULL; /* it waited for one who never came */
	if (WIFEXITED(status) && WEXITSTATUS(status) == 1 &&
	    count_lines(outcome->err[i]) == 1)
		return NULL;
	return "the partner";
}

static int judge(int number, const char *fault, const struct outcome *outcome,
		 char *why, size_t size)
{
	const struct run *run = &runs[number];
	const struct outcome *before = &normal[number];
	char process[100], call[40], what[40];
	sscanf(fault, "%99s %39s %*s %39s", process, call, what);
	const int failed = atoi(process) - 1;
	if (*outcome->late != '\0') {
		snprintf(why, size, "a hang: %s: %.0f s", outcome->late,
			 outcome->seconds);
		return 0;
	}
	int all_well = 1;
	for (int i = 0; i < COMMANDS; i++) {
		if (before->begun[i] == 0)
			continue;
		if (outcome->begun[i] == 0) {
			all_well = 0; /* was not begun, as another has failed */
			continue;
		}
		const char *wrong =
		    i == failed
			? verdict_on(run, i, call, what, before, outcome)
			: verdict_on_partner(run, i, call, what, before,
					     outcome);
		all_well = all_well && outcome->status[i] == before->status[i];
		if (wrong != NULL || i == failed)
			describe(run, i, outcome, wrong == NULL ? "" : wrong,
				 why, size);
		if (wrong != NULL)
			return 0;
	}
	const int removal = strcmp(call, "unlink") == 0 ||
			    (strlen(call) == 6 && strcmp(call + 3, "ctl") == 0);
	const int kept = outcome->left_by >= 0 && !all_well &&
			 (run->commands[outcome->left_by].flags & KEEPS);
	/* EAGAIN said that somebody else takes part, who would remove it. */
	const int others =
	    strcmp(call, "semop") == 0 && strcmp(what, "EAGAIN") == 0;
	if (*outcome->left != '\0' && !kept && !others &&
	    !(removal && count_lines(outcome->err[failed]) > 0)) {
		char *ending = copy_of(why);
		snprintf(why, size, "%.90s is left: %.600s", outcome->left,
			 ending);
		free(ending);
		return 0;
	}
	return 1;
}

/* Without any failure all must be well. */
static const char *what_is_wrong_already(const struct run *run,
					 const struct outcome *outcome)
{
	if (*outcome->late != '\0')
		return "it hangs";
	for (int i = 0; i < COMMANDS && run->commands[i].line != NULL; i++) {
		const int status = outcome->status[i];
		if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
			return "77";
		if (status != 0 && (run->commands[i].flags & STOP) == 0)
			return "a program fails";
	}
	return *outcome->left == '\0' ? NULL : outcome->left;
}

/*
 * What is asked for
 */

/* The runs that are named, or all but those with ASKED. */
static int chosen(const struct run *run, char *words[])
{
	if (*only != '\0')
		return strcmp(run->name, words[0]) == 0;
	for (int i = 0; words[i] != NULL; i++)
		if (strncmp(run->name, words[i], strlen(words[i])) == 0)
			return 1;
	return words[0] == NULL && (run->flags & ASKED) == 0;
}

static void parse_options(int argc, char *argv[])
{
	int option;
	while ((option = getopt(argc, argv, "hlvj:t:s:")) != -1) {
		char *end = NULL;
		switch (option) {
		case 'l':
			list_only = 1;
			break;
		case 'v':
			verbose = 1;
			break;
		case 'j':
			jobs = (int)strtol(optarg, &end, 10);
			if (*end != '\0' || jobs < 1 || jobs > MOST_JOBS)
				errx(2, "-j '%s': must be 1 to %d\n%s", optarg,
				     MOST_JOBS, usage);
			break;
		case 't':
			if (sscanf(optarg, "%u/%u", &part, &parts) != 2 ||
			    part < 1 || part > parts || parts > 10000)
				errx(2, "-t '%s': must be like 1/3\n%s", optarg,
				     usage);
			break;
		case 's':
			seed = (unsigned)strtoul(optarg, &end, 0);
			if (*optarg == '\0' || *end != '\0')
				errx(2, "-s '%s': must be a number\n%s", optarg,
				     usage);
			break;
		default: /* -h, or what getopt has complained about */
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			exit(option == 'h' ? 0 : 2);
		}
	}
	if (argc - optind == 5) {
		snprintf(only, sizeof only, "%s %s %s %s", argv[optind + 1],
			 argv[optind + 2], argv[optind + 3], argv[optind + 4]);
		jobs = 1;
	}
	for (int i = optind; i < argc && (*only == '\0' || i == optind); i++) {
		int found = 0;
		for (int j = 0; j < RUNS; j++)
			found |= strncmp(runs[j].name, argv[i],
					 strlen(argv[i])) == 0;
		if (!found)
			errx(2, "unexpected argument '%s'\n%s", argv[i], usage);
	}
	if (geteuid() == 0) /* default names contain the user: be nobody else */
		user = (uid_t)(1900000000 + getpid() % 4194304 * 16);
	setvbuf(stdout, NULL, _IOLBF, 0); /* workers print whole lines */
	if (getenv("BUILD") != NULL && *getenv("BUILD") != '\0')
		build = getenv("BUILD");
	char *real = realpath(build, NULL);
	if (real == NULL)
		err(1, "%s", build);
	build = real;
	snprintf(library, sizeof library, "%s/scripts/watch/library.so", real);
	if (access(library, R_OK) == -1) {
		printf("faults: nothing can be watched here: there is no %s\n",
		       library);
		exit(77);
	}
}
