/*
 * library.c - loaded before libc, it sees a program's calls
 *
 * Not a program: `make` builds library.so, which LD_PRELOAD (on macOS
 * DYLD_INSERT_LIBRARIES: never run there) puts before libc, so that
 * the program calls the functions here, and these call libc's. calls.h lists
 * the calls. It reports each as it begins and as it returns, can hold it back,
 * and can make one fail. From the environment:
 *
 * WATCH_EVENTS  where the events go: the path of a FIFO or a file, /dev/fd/N,
 *               or N, an open Unix socket, the door: each process makes a
 *               pair of sockets, sends one end through the door (SCM_RIGHTS),
 *               and its events through the other, which ends when it does.
 *               Events that do not fit in there are dropped and counted: the
 *               program never waits.
 * WATCH_PROCESS the process's name: the command's number; its first child is
 *               called NUMBER.1 (set here)
 * WATCH_HOLD    set: with a door, a process waits for a byte from there
 *               after each start, child and begin, and after fork's return
 * WATCH_MADE    N, an open datagram socket: each shmget, semget and msgget that
 *               has given an id says so there, as "shmget ID"
 * WATCH_FAULT   'PROCESS CALL NUMBER WHAT': this use of the call (the first is
 *               1) is not made but fails; WHAT is an errno (EINTR), one of
 *               getaddrinfo's errors (EAI_AGAIN), or `short`: it is made with
 *               a size of one byte. A failing close does close. EIDRM, and
 *               EINVAL of a call with an id (not shmat), remove the object.
 *               WHAT may be a signal, which the process gets before the call;
 *               SIGPIPE comes with EPIPE.
 *               `all` instead of a call, and 0 as its number, mean each, where
 *               errors.h has this WHAT; a call that has just failed is made.
 * WATCH_ALONE   set: programs that the process becomes are not seen
 * WATCH_OUTPUT  the inode of a file: a return ends with waited=1 if the process
 *               gave the CPU away, and so has waited for something. If the file
 *               is the standard output, that is line buffered, as on a
 *               terminal, and each event ends with its size, printed=BYTES
 *
 * An event is a line. MICROSECONDS is of the monotonic clock (0 in a strict
 * sandbox, where nobody may ask for it), PROCESS as above.
 *
 *     MICROSECONDS PROCESS start PID PARENT
 *     MICROSECONDS PROCESS child PID PARENT
 *     MICROSECONDS PROCESS begin CALL NUMBER NAME=VALUE ...
 *     MICROSECONDS PROCESS fault CALL NUMBER WHAT
 *     MICROSECONDS PROCESS return CALL NUMBER RESULT [ERRNO] [NAME=VALUE ...]
 *     MICROSECONDS PROCESS end
 *     MICROSECONDS PROCESS dropped COUNT
 *
 * A VALUE is one word, or bytes in quotes: "\n\x01\"\\", cut ones end in
 * "...". There is no `end` where exit of libc was not called. What a call
 * gives (bytes, status, ends) comes with `return`.
 *
 * Not seen: what libc does for itself (stdio reads and writes, system), static
 * and set-user-id programs, more than one thread. In a strict sandbox
 * (seccomp) no call is held.
 */

#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* RTLD_NEXT, accept4 and the like: this is no lesson */
#endif
#undef _FORTIFY_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <arpa/inet.h>

/*
 * The tables
 */

enum { /* each symbol's place in calls[] */
#define CALL(result, symbol, name, parameters, arguments, print) CALL_##symbol,
#include "calls.h"
       CALLS
};

static struct call {
	const char *symbol, *name, *print;
	long uses;          /* at the first of this name */
	int same;           /* the first of this name */
	int interrupted;    /* its last use failed: this one does not */
	void (*libc)(void); /* the function itself */
} calls[CALLS] = {
#define CALL(result, symbol, name, parameters, arguments, print)               \
	{#symbol, #name, print, 0, 0, 0, NULL},
#include "calls.h"
};

#include "names.h"

/* libc's function of a symbol, to be called as a function of this type. */
#define LIBC(symbol, type) ((type)calls[CALL_##symbol].libc)

/*
 * The state of this process
 */

static int started;
static int stream = -1;   /* the events go there */
static int to_socket;     /* it is one of a pair, not a file or FIFO */
static int door = -1;     /* the other one is sent through this */
static int objects = -1;  /* WATCH_MADE */
static int held;          /* each call waits until it is told to go on */
static int strict;        /* a sandbox leaves read, write and exit */
static int tells_waits;   /* WATCH_OUTPUT */
static int output = -1;   /* what it prints goes to this file */
static long dropped;      /* events since the last that was written */
static char process[100]; /* WATCH_PROCESS */
static int children;      /* forked so far */
static char unsent[512];  /* of a line that was written in part */
static size_t unsent_length;

/* In this order: each uses those above it. */
#include "lines.h"

#include "arguments.h"

#include "inject.h"

#include "door.h"

#include "stream.h"

/*
 * Around a call
 */

static void start(void);

/* How often this process has given the CPU away. */
static long waits_so_far(void)
{
	struct rusage usage;
	if (!tells_waits || strict || getrusage(RUSAGE_SELF, &usage) == -1)
		return 0;
	return usage.ru_nvcsw;
}

/* Does not go on before it is told to. Changes no errno. */
static void begin(struct use *use, int symbol, ...)
{
	const int saved = errno;
	if (!started)
		start();
	struct call *call = &calls[symbol];
	use->call = call;
	use->number = ++calls[call->same].uses;
	use->count = use->error = use->one_byte = use->failed = 0;
	use->size = 0;
	va_list values;
	va_start(values, symbol);
	take_arguments(use, values);
	va_end(values);

	struct line line = {.length = 0};
	if (stream != -1) {
		if (is(call, "_exit"))
			make_room();
		begin_line(&line, "begin");
		add(&line, " %s %ld", call->name, use->number);
		for (int i = 0; i < use->count; i++)
			print_argument(&line, use, i);
		end_line(&line);
	}
	line.text[line.length] = '\0';
	hold();
	if (fault.call != NO_CALL && is_chosen(use, line.text))
		inject(use);
	if (is(call, "close") && use->arguments[0].value.number != -1 &&
	    (use->arguments[0].value.number == stream ||
	     use->arguments[0].value.number == output ||
	     use->arguments[0].value.number == door ||
	     use->arguments[0].value.number == objects)) {
		use->failed = 1; /* these are ours */
		use->error = EBADF;
	}
	use->waits = waits_so_far();
	errno = saved;
}

/* An object may have been made. */
static void tell_made(const struct call *call, long id)
{
	char text[60];
	if (objects == -1 || id == -1 ||
	    (!is(call, "shmget") && !is(call, "semget") && !is(call, "msgget")))
		return;
	snprintf(text, sizeof text, "%s %ld", call->name, id);
	LIBC(send, ssize_t(*)(int, const void *, size_t, int))
	(objects, text, strlen(text), NO_SIGNAL);
}

/* Return the call's result, or that of the failure. errno is set. */
static long end(const struct use *use, long result)
{
	int saved = errno;
	const char *error = NULL;
#ifdef __linux__
	if (is(use->call, "prctl") && result == 0 &&
	    use->arguments[0].value.number == PR_SET_SECCOMP)
		strict = 1; /* before the next system call */
#endif
	const int waited = waits_so_far() > use->waits;
	tell_made(use->call, result);
	if (use->error != 0) {
		result = -1;
		saved = use->error;
		if (is(use->call, "getaddrinfo") ||
		    is(use->call, "getnameinfo"))
			result = use->error;
		if (is(use->call, "sleep"))
			result = use->arguments[0].value.number;
		if (strcmp(use->call->symbol, "nanosleep") == 0)
			nothing_slept(use);
	}
	if (stream != -1) {
		struct line line;
		begin_line(&line, "return");
		add(&line, " %s %ld", use->call->name, use->number);
		if (is(use->call, "shmat") || is(use->call, "mmap"))
			add(&line, " %#lx", (unsigned long)result);
		else
			add(&line, " %ld", result);
		if (result == -1)
			error = name_of('E', saved);
		if (error != NULL)
			add(&line, " %s", error);
		if (result != -1 && use->error == 0)
			print_result(&line, use, result);
		if (waited)
			add(&line, " waited=1");
		end_line(&line);
	}
	errno = saved;
	return result;
}

/*
 * A process begins and ends
 */

static void announce(const char *what)
{
	struct line line;
	begin_line(&line, what);
	add(&line, " %ld %ld", (long)getpid(), (long)getppid());
	end_line(&line);
	hold();
}

#ifdef __APPLE__
static void find_libc(void); /* see below */
#else
static void find_libc(void)
{
	for (int i = 0; i < CALLS; i++)
		*(void **)&calls[i].libc = dlsym(RTLD_NEXT, calls[i].symbol);
}
#endif

/* Is it too early? A sanitizer calls mmap before libc knows the environment. */
static int is_too_early(void)
{
#ifdef __APPLE__
	return 0;
#else
	return environ == NULL;
#endif
}

__attribute__((constructor)) static void start(void)
{
	if (started)
		return;
	if (calls[0].libc == NULL)
		find_libc();
	if (is_too_early())
		return;
	started = 1;
	for (int i = 0; i < CALLS; i++) {
		calls[i].uses = 0;
		while (strcmp(calls[calls[i].same].name, calls[i].name) != 0)
			calls[i].same++;
	}
	const char *name = getenv("WATCH_PROCESS");
	snprintf(process, sizeof process, "%s", name == NULL ? "1" : name);
	held = getenv("WATCH_HOLD") != NULL;
	if (getenv("WATCH_ALONE") != NULL) {
		unsetenv("LD_PRELOAD");
		unsetenv("DYLD_INSERT_LIBRARIES");
	}
	read_fault();
	open_output();
	open_stream();
	if (getenv("WATCH_MADE") != NULL)
		objects = (int)strtol(getenv("WATCH_MADE"), NULL, 10);
	announce("start");
}

__attribute__((destructor)) static void finish(void)
{
	struct line line;
	make_room();
	begin_line(&line, "end");
	end_line(&line);
}

/* In the child: its own counts, its own stream. */
static void be_born(int number)
{
	for (int i = 0; i < CALLS; i++)
		calls[i].uses = calls[i].interrupted = 0;
	const size_t length = strlen(process);
	snprintf(process + length, sizeof process - length, ".%d", number);
	setenv("WATCH_PROCESS", process, 1); /* for a program that it becomes */
	children = 0;
	dropped = 0;
	unsent_length = 0;
	if (to_socket && stream != -1) {
		LIBC(close, int (*)(int))(stream);
		open_stream();
	}
	announce("child");
}

#include "functions.h"
