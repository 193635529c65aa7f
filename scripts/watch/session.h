/*
 * session.h - for watch.c: the commands, their processes and events
 */

#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

enum {
	COMMANDS = 9,
	WORDS = 64,
	PROCESSES = 120,
	CONNECTIONS = 200,
	LINE = 600, /* of the events */
	NAME = 100,
	DESCRIPTORS = 64,
	SIGNATURES = 64,
	NAMES = 64
};

static struct command {
	const char *line;
	char *words[WORDS + 1];
	int begun, ended, status; /* waitpid's */
	pid_t pid;
	int input; /* this end of its standard input, or -1 */
	int gave_enter;
	int file;    /* what it prints goes there */
	off_t taken; /* so much of that has been looked at */
	off_t seen;  /* so much there was */
	long long seen_at;
	char partial[200]; /* of a line */
	size_t partial_length;
	char last_line[200]; /* printed */
	long same_lines;     /* so often */
	int too_much;        /* it has printed, and is ended for it */
	int process;         /* its number in processes[], or -1 */
} commands[COMMANDS];
static int command_count;

enum state { RUNNING, HELD, ENDED };

static struct process {
	char name[NAME];
	int command, parent; /* numbers */
	pid_t pid;
	int connection; /* number in connections[], or -1 */
	enum state state;
	int at_birth; /* HELD, but before no call */
	int told_end; /* it has said that it ends */
	int script;   /* a shell's: not shown before it becomes another */
	int unnamed;  /* it came in a way that cannot be steered */

	/* The call that it is in, or is held before. */
	int in_call;
	char call[24];
	char arguments[LINE];
	long long call_begun;
	int call_number;        /* in calls[], or -1: not drawn */
	int folded_call_number; /* then in folded_calls[], or -1 */

	int forks;
	long long woken; /* when it was last told to go on */
	int woken_by;    /* the number of the process that ended its wait + 1 */
	long long sleeping; /* since when, or 0: it is not */
	long long dropped;

	/* For the figures. */
	struct count {
		char call[24];
		long count;
	} counts[NAMES];
	long long waited;
	long long born, died;
	long sent, received, transfers; /* messages, calls that moved them */
	long attached;                  /* segments */

	/* What its descriptors are the ends of; what they were when it called
	 * fork last: that is what the child has. */
	struct descriptor {
		int fd, channel, side;
		char address[80];
	} descriptors[DESCRIPTORS], at_fork[DESCRIPTORS];
	int descriptor_count, count_at_fork;

	/* What is folded. */
	struct {
		unsigned hash;
		long count;
		long long longest; /* wait that is drawn */
		long unusual;      /* results: failed, or the end of file */
	} signatures[SIGNATURES];
	int signature; /* of the call that it is in, or -1 */
	int folding;   /* that call is one of the folded ones */
	long folded;
	long long folded_until;
	char folded_call[24];
} processes[PROCESSES];
static int process_count;

static struct connection {
	int fd; /* -1: free */
	int ended;
	int process;
	char text[64 * LINE];
	size_t length;
} connections[CONNECTIONS];

/* Events come through several sockets: they are put in order first. */
struct event {
	long long time;
	int connection; /* -1: a gone process */
	int process;
	char *line; /* NULL: the connection has ended */
};
static struct event *events;
static size_t event_count, event_room;

static int holding;                  /* step: each call waits for us */
static int letting_go;               /* of all that is held */
static const char *wanted_call = ""; /* held before this one in any case */
static int door = -1;       /* each process sends a socket through it */
static int other_side = -1; /* of the door: what our commands inherit */
static char library[PATH_MAX];
static long long origin;        /* the time of the first event */
static long long last_activity; /* when an event has come, or one was let go */
static time_t began_at;         /* by the clock of the kernel's objects */
static volatile sig_atomic_t ended_by; /* the signal that we got */

/* What picture.h makes of it. */
static void note_start(int process, long long time, int is_child);
static void note_begin(int process, long long time);
static void unfold_wait(int process);
static void note_return(int process, long long time, const char *result);
static void note_printed(int process, long long time, const char *text);
static void note_enter(int process, long long time);
static void note_end(int process, long long time);
static void note_text(int process, long long time, const char *form, ...);
static int is_drawn(const char *call, const char *arguments);
static int same_each_time; /* -n: nothing that differs from run to run */
static int place_of(char kind, long value);

static long long now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (long long)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static void rest(int milliseconds)
{
	poll(NULL, 0, milliseconds);
}
