/*
 * library.c - loaded before libc, it sees a program's calls
 *
 * Not a program: `make` builds library.so, which LD_PRELOAD (on macOS
 * DYLD_INSERT_LIBRARIES: written for it, untried) puts before libc, so that
 * the program calls the functions here, and these call libc's. calls.h lists
 * the calls. It reports each as it begins and as it returns, can hold it back,
 * and can make one fail. From the environment:
 *
 * WATCH_EVENTS  where the events go: the path of a socket (each process then
 *               has a connection of its own, whose end is the process's), of a
 *               FIFO or a file, or /dev/fd/N. Events that do not fit in there
 *               are dropped and counted: the program never waits.
 * WATCH_PROCESS the process's name: the command's number; its first child is
 *               called NUMBER.1 (set here)
 * WATCH_HOLD    set: with a socket, a process waits for a byte from there
 *               after each start, child and begin, and after fork's return
 * WATCH_FAULT   'PROCESS CALL NUMBER WHAT': this use of the call (the first is
 *               1) is not made but fails; WHAT is an errno (EINTR), one of
 *               getaddrinfo's errors (EAI_AGAIN), or `short`: it is made with
 *               a size of one byte. A failing close does close. EIDRM, and
 *               EINVAL of a call with an id (not shmat), remove the object.
 *               `all` instead of a call, and 0 as its number, mean each, where
 *               errors.h has this WHAT; a call that has just failed is made.
 * WATCH_ALONE   set: programs that the process becomes are not seen
 * WATCH_OUTPUT  the inode of a file. If it is the standard output, that is line
 *               buffered, as on a terminal, and each event ends with its size,
 *               printed=BYTES; a return has waited=1 before that if the process
 *               gave the CPU away, and so has waited for something
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

#include "failures.h"

/*
 * The tables
 */

enum { /* each symbol's place in calls[] */
#define CALL(result, symbol, name, parameters, arguments, print) CALL_##symbol,
#define SIZED CALL
#define VARIADIC(result, symbol, name, parameters, last, type, condition,      \
		 arguments, print)                                             \
	CALL_##symbol,
#include "calls.h"
       CALL_fork,
       CALL_vfork,
       CALL_exit,
       CALL__exit,
       CALL__Exit,
       CALLS
};
#undef CALL
#undef VARIADIC

static struct call {
	const char *symbol, *name, *print;
	long uses;          /* at the first of this name */
	int same;           /* the first of this name */
	int interrupted;    /* its last use failed: this one does not */
	void (*libc)(void); /* the function itself */
} calls[CALLS] = {
#define CALL(result, symbol, name, parameters, arguments, print)               \
	{#symbol, #name, print, 0, 0, 0, NULL},
#define VARIADIC(result, symbol, name, parameters, last, type, condition,      \
		 arguments, print)                                             \
	{#symbol, #name, print, 0, 0, 0, NULL},
#include "calls.h"
    {"fork", "fork", "", 0, 0, 0, NULL},
    {"vfork", "fork", "", 0, 0, 0, NULL},
    {"exit", "exit", "status:d", 0, 0, 0, NULL},
    {"_exit", "_exit", "status:d", 0, 0, 0, NULL},
    {"_Exit", "_exit", "status:d", 0, 0, 0, NULL},
};
#undef CALL
#undef VARIADIC

static const struct {
	char kind;
	long value;
	const char *name;
} names[] = {
#define NAME(kind, name) {#kind[0], (long)name, #name},
#include "names.h"
#undef NAME
};
enum { NAMES = sizeof names / sizeof *names };

/* libc's function of a symbol, to be called as a function of this type. */
#define LIBC(symbol, type) ((type)calls[CALL_##symbol].libc)

/*
 * The state of this process
 */

static int started;
static int stream = -1;   /* the events go there */
static int to_socket;     /* it is a connection, not a file or FIFO */
static int held;          /* each call waits until it is told to go on */
static int strict;        /* a sandbox leaves read, write and exit */
static int output = -1;   /* what it prints goes to this file */
static long dropped;      /* events since the last that was written */
static char process[100]; /* WATCH_PROCESS */
static int children;      /* forked so far */
static char unsent[512];  /* of a line that was written in part */
static size_t unsent_length;

enum { NO_CALL = -1, EACH_CALL = -2 };
enum { MOST_SHORT = 1000 }; /* of each call: megabytes would take minutes */

static struct {
	char process[100];
	int call;    /* the first of this name, or one of the above */
	long number; /* 0: each */
	int error;   /* 0: short */
	const char *what;
} fault = {.call = NO_CALL};

/*
 * Events
 */

struct line {
	char text[sizeof unsent];
	size_t length;
};

static void add(struct line *line, const char *form, ...)
{
	const size_t room = sizeof line->text - 1 - line->length; /* newline */
	va_list values;
	va_start(values, form);
	int length = vsnprintf(line->text + line->length, room, form, values);
	va_end(values);
	if (length > 0)
		line->length +=
		    (size_t)length < room ? (size_t)length : room - 1;
}

/* Never waits: what finds no room is dropped. */
static int put(const char *text, size_t length)
{
	ssize_t put;
#ifdef MSG_NOSIGNAL
	if (to_socket && !strict)
		put = LIBC(send, ssize_t(*)(int, const void *, size_t, int))(
		    stream, text, length, MSG_NOSIGNAL);
	else
#endif
		put = LIBC(write, ssize_t(*)(int, const void *, size_t))(
		    stream, text, length);
	if (put <= 0)
		return 0;
	unsent_length = length - (size_t)put;
	memmove(unsent, text + put, unsent_length);
	return 1;
}

static void begin_line(struct line *line, const char *what)
{
	struct timespec now = {0, 0};
	if (!strict) /* the clock may be a system call */
		clock_gettime(CLOCK_MONOTONIC, &now);
	line->length = 0;
	add(line, "%lld %s %s",
	    (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000, process,
	    what);
}

static void end_line(struct line *line)
{
	if (stream == -1)
		return;
	struct stat status;
	if (output != -1 && !strict && fstat(output, &status) == 0)
		add(line, " printed=%lld", (long long)status.st_size);
	line->text[line->length++] = '\n';
	if (unsent_length > 0)
		put(unsent, unsent_length);
	if (dropped > 0 && unsent_length == 0) {
		struct line lost;
		begin_line(&lost, "dropped");
		add(&lost, " %ld\n", dropped);
		if (put(lost.text, lost.length))
			dropped = 0;
	}
	if (dropped > 0 || unsent_length > 0 || !put(line->text, line->length))
		dropped++;
}

/* Until there is a byte that says: go on. */
static void hold(void)
{
	struct pollfd polled = {.fd = stream, .events = POLLIN};
	char byte;
	while (held && to_socket && !strict) {
		LIBC(poll, int (*)(struct pollfd *, nfds_t, int))
		(&polled, 1, -1);
		ssize_t length = LIBC(read, ssize_t(*)(int, void *, size_t))(
		    stream, &byte, 1);
		if (length == 1)
			return;
		if (length == 0 || (errno != EAGAIN && errno != EINTR))
			held = 0; /* nobody is there any more */
	}
}

/* How arguments are printed */

static void add_bytes(struct line *line, const char *bytes, size_t length)
{
	const size_t shown = length < 24 ? length : 24;
	add(line, "\"");
	for (size_t i = 0; i < shown; i++) {
		if (bytes[i] == '"' || bytes[i] == '\\')
			add(line, "\\%c", bytes[i]);
		else if (bytes[i] == '\n')
			add(line, "\\n");
		else if (bytes[i] >= ' ' && bytes[i] <= '~')
			add(line, "%c", bytes[i]);
		else
			add(line, "\\x%02x", (unsigned char)bytes[i]);
	}
	add(line, "\"%s", shown < length ? "..." : "");
}

/* The name of one value. */
static const char *name_of(char kind, long value)
{
	for (int i = 0; i < NAMES; i++)
		if (names[i].kind == kind && names[i].value == value)
			return names[i].name;
	return NULL;
}

static void add_name(struct line *line, char kind, long value)
{
	const char *name = name_of(kind, value);
	if (name != NULL)
		add(line, "%s", name);
	else
		add(line, "%ld", value);
}

/* The names of the bits; what has no name is a number. */
static void add_flags(struct line *line, char kind, int value, const char *form)
{
	int others = value;
	const char *separator = "";
	for (int i = 0; i < NAMES; i++) {
		const int bits = (int)names[i].value;
		if (names[i].kind != kind || bits == 0 ||
		    (value & bits) != bits)
			continue;
		add(line, "%s%s", separator, names[i].name);
		separator = "|";
		others &= ~bits;
	}
	if (others != 0 || value == 0) {
		add(line, "%s", separator);
		add(line, form, others);
	}
}

static void add_address(struct line *line, const struct sockaddr *address,
			socklen_t length)
{
	char host[INET6_ADDRSTRLEN] = "?";
	const struct sockaddr_in *in = (const void *)address;
	const struct sockaddr_in6 *in6 = (const void *)address;
	if (address == NULL)
		add(line, "NULL");
	else if (address->sa_family == AF_UNIX)
		add(line, "%.*s",
		    (int)(length - offsetof(struct sockaddr_un, sun_path)),
		    ((const struct sockaddr_un *)(const void *)address)
			->sun_path);
	else if (address->sa_family == AF_INET)
		add(line, "%s:%d",
		    inet_ntop(AF_INET, &in->sin_addr, host, sizeof host),
		    ntohs(in->sin_port));
	else if (address->sa_family == AF_INET6)
		add(line, "[%s]:%d",
		    inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof host),
		    ntohs(in6->sin6_port));
	else
		add(line, "family:%d", address->sa_family);
}

/* One use of a call: what it was called with, by the letters of calls.h. */
enum { ARGUMENTS = 8 };

struct use {
	struct call *call;
	long number;
	int error;    /* it is to fail with this */
	int one_byte; /* it is to be made with a size of 1 */
	int failed;   /* the call is not made */
	long waits;   /* of this process, before it is made */
	struct argument {
		const char *name; /* up to its colon */
		char letter;
		union {
			long number;
			size_t size;
			void *pointer;
		} value;
	} arguments[ARGUMENTS];
	int count;
	size_t size; /* the z or n: of bytes, operations, or what is polled */
};

/* Take the arguments, each as the type that its letter stands for. */
static void take_arguments(struct use *use, va_list values)
{
	const char *print = use->call->print;
	while (*print != '\0' && use->count < ARGUMENTS) {
		struct argument *argument = &use->arguments[use->count++];
		argument->name = print;
		print += strcspn(print, ":") + 1;
		argument->letter = *print++;
		print += strspn(print, " ");
		switch (argument->letter) {
		case 'd': /* a number */
		case 'k': /* a key */
		case 'g': /* flags of System V calls */
		case 'r': /* flags of shmat */
		case 'i': /* flags of send and recv */
		case 'o': /* flags of open */
		case 'W': /* options of waitpid */
		case 'c': /* commands of shmctl and the like */
		case 'C': /* commands of fcntl */
		case 'D': /* domains */
		case 'T': /* types of sockets */
		case 'L': /* levels of options */
		case 'O': /* options of sockets */
		case 'H': /* how to shut down */
		case 'R': /* options of prctl */
		case 'G': /* signals */
			argument->value.number = va_arg(values, int);
			break;
		case 'u': /* a number without a sign */
		case 'e': /* a mode */
			argument->value.number = (long)va_arg(values, unsigned);
			break;
		case 'l': /* a long number */
			argument->value.number = va_arg(values, long);
			break;
		case 'z': /* a size */
			argument->value.size = va_arg(values, size_t);
			use->size = argument->value.size;
			break;
		case 'n': /* how many are polled */
			argument->value.size = va_arg(values, nfds_t);
			use->size = argument->value.size;
			break;
		default: /* pointers: see print_argument, print_result */
			argument->value.pointer = va_arg(values, void *);
		}
	}
}

static const struct argument *argument_of(const struct use *use, char letter)
{
	for (int i = 0; i < use->count; i++)
		if (use->arguments[i].letter == letter)
			return &use->arguments[i];
	return NULL;
}

static void print_argument(struct line *line, const struct use *use, int i)
{
	const struct argument *argument = &use->arguments[i];
	const void *pointer = argument->value.pointer;
	const long number = argument->value.number;
	if (strchr("-><vwM", argument->letter) != NULL &&
	    argument->letter != '<')
		return; /* it says nothing, or does when the call returns */
	add(line, " %.*s=", (int)strcspn(argument->name, ":"), argument->name);
	switch (argument->letter) {
	case 'k':
		if (number == (long)IPC_PRIVATE)
			add(line, "IPC_PRIVATE");
		else
			add(line, "%#x", (unsigned)number);
		break;
	case 'g':
	case 'r':
	case 'i':
	case 'o':
	case 'W':
		add_flags(line, argument->letter, (int)number,
			  argument->letter == 'g' ? "%#o" : "%d");
		break;
	case 'T':
		add_name(line, 'T', number & 0xf);
		if ((number & ~0xfL) != 0) {
			add(line, "|");
			add_flags(line, 't', (int)(number & ~0xfL), "%d");
		}
		break;
	case 'c':
	case 'C':
	case 'D':
	case 'L':
	case 'O':
	case 'H':
	case 'R':
	case 'G':
		add_name(line, argument->letter, number);
		break;
	case 'e':
		add(line, "%#lo", number);
		break;
	case 'z':
	case 'n':
		add(line, "%zu", argument->value.size);
		break;
	case 's': /* a text */
		if (pointer == NULL)
			add(line, "NULL");
		else
			add_bytes(line, pointer, strlen(pointer));
		break;
	case '<': /* bytes that the call takes */
		add_bytes(line, pointer, use->size);
		break;
	case 'm': { /* a message, msgsnd's */
		long type;
		memcpy(&type, pointer, sizeof type);
		add(line, "%ld:", type);
		add_bytes(line, (const char *)pointer + sizeof type, use->size);
		break;
	}
	case 'a': /* an address; its length is the u that follows */
		add_address(line, pointer,
			    (socklen_t)use->arguments[i + 1].value.number);
		break;
	case 'p': /* where something is in memory */
		add(line, "%#lx", (unsigned long)(size_t)pointer);
		break;
	case 'f': /* what fcntl takes: a number, for the commands we know */
		add_flags(line, 'o', (int)(long)pointer, "%d");
		break;
	case 't': { /* a time */
		const struct timespec *time = pointer;
		add(line, "%lld.%09ld", (long long)time->tv_sec,
		    (long)time->tv_nsec);
		break;
	}
	case 'S': { /* operations on semaphores: number+change */
		const struct sembuf *operation = pointer;
		for (size_t j = 0; j < use->size && j < 8; j++, operation++) {
			add(line, "%s%d:%+d", j > 0 ? "," : "",
			    operation->sem_num, operation->sem_op);
			if ((operation->sem_flg & IPC_NOWAIT) != 0)
				add(line, ":IPC_NOWAIT");
			if ((operation->sem_flg & SEM_UNDO) != 0)
				add(line, ":SEM_UNDO");
		}
		break;
	}
	case 'P': { /* what is polled */
		const struct pollfd *polled = pointer;
		for (size_t j = 0; j < use->size && j < 8; j++)
			add(line, "%s%d", j > 0 ? "," : "", polled[j].fd);
		break;
	}
	default:
		add(line, "%ld", number);
	}
}

/* What the call has given. */
static void print_result(struct line *line, const struct use *use, long result)
{
	const struct argument *given;
	if ((given = argument_of(use, '>')) != NULL && result > 0) {
		add(line, " bytes=");
		add_bytes(line, given->value.pointer, (size_t)result);
	}
	if ((given = argument_of(use, 'M')) != NULL) {
		long type;
		memcpy(&type, given->value.pointer, sizeof type);
		add(line, " message=%ld:", type);
		add_bytes(line,
			  (const char *)given->value.pointer + sizeof type,
			  (size_t)result);
	}
	if ((given = argument_of(use, 'v')) != NULL) {
		const int *ends = given->value.pointer;
		add(line, " ends=%d,%d", ends[0], ends[1]);
	}
	given = argument_of(use, 'w');
	if (given != NULL && given->value.pointer != NULL && result > 0) {
		const int status = *(const int *)given->value.pointer;
		if (WIFEXITED(status))
			add(line, " exit=%d", WEXITSTATUS(status));
		else if (WIFSIGNALED(status)) {
			add(line, " signal=");
			add_name(line, 'G', WTERMSIG(status));
		}
	}
}

/*
 * Around a call
 */

static void start(void);

static int is(const struct call *call, const char *name)
{
	return strcmp(call->name, name) == 0;
}

static void remove_object(const struct call *call, int id)
{
	if (strncmp(call->name, "sem", 3) == 0)
		LIBC(semctl, int (*)(int, int, int, ...))(id, 0, IPC_RMID);
	else if (strncmp(call->name, "shm", 3) == 0)
		LIBC(shmctl, int (*)(int, int, void *))(id, IPC_RMID, NULL);
	else
		LIBC(msgctl, int (*)(int, int, void *))(id, IPC_RMID, NULL);
}

/* Can the kernel take or give one byte of these? Messages go whole, and so do
 * short writes to a pipe. */
static int can_be_short(const struct use *use)
{
	const int fd = (int)use->arguments[0].value.number;
	struct stat status;
	int type;
	socklen_t length = sizeof type;
	if (use->size <= 1 || strict) /* we may not ask what it is */
		return use->size > 1;
	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &length) == 0)
		return type == SOCK_STREAM;
	return !is(use->call, "write") || use->size > PIPE_BUF ||
	       fstat(fd, &status) == -1 || !S_ISFIFO(status.st_mode);
}

/* Is this use, which an event has told of, to fail or to be cut short? */
static int is_chosen(const struct use *use, const char *event)
{
	struct call *first = &calls[use->call->same];
	if (strcmp(fault.process, process) != 0)
		return 0;
	if (fault.call != EACH_CALL && fault.call != use->call->same)
		return 0;
	if (fault.number != 0)
		return fault.number == use->number;
	if (!can_be_gentle(use->call->name, event, fault.what))
		return 0;
	if (fault.error == 0)
		return use->number <= MOST_SHORT;
	first->interrupted = !first->interrupted;
	return first->interrupted;
}

/* This use is to fail, or to be cut short: how? */
static void inject(struct use *use)
{
	if (fault.error == 0 && !can_be_short(use))
		return;
	struct line line;
	begin_line(&line, "fault");
	add(&line, " %s %ld %s", use->call->name, use->number, fault.what);
	end_line(&line);
	/* What is said of an object that is gone has to be true. */
	if (fault.error == EIDRM ||
	    (fault.error == EINVAL && !is(use->call, "shmat") &&
	     strncmp(use->call->print, "id:", 3) == 0))
		remove_object(use->call, (int)use->arguments[0].value.number);
	use->error = fault.error;
	use->one_byte = fault.error == 0;
	use->failed = fault.error != 0 && !is(use->call, "close");
}

/* How often this process has given the CPU away. */
static long waits_so_far(void)
{
	struct rusage usage;
	if (output == -1 || strict || getrusage(RUSAGE_SELF, &usage) == -1)
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
	     use->arguments[0].value.number == output)) {
		use->failed = 1; /* these are ours */
		use->error = EBADF;
	}
	use->waits = waits_so_far();
	errno = saved;
}

/* An interrupted nanosleep says what is left. */
static void nothing_slept(const struct use *use)
{
	void *left = use->arguments[1].value.pointer;
	if (left != NULL)
		memcpy(left, use->arguments[0].value.pointer,
		       sizeof(struct timespec));
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

/* Out of the way: the program may close the low ones, or count. */
static int high_copy(int fd)
{
	int (*const control)(int, int, ...) =
	    LIBC(fcntl, int (*)(int, int, ...));
	struct rlimit limit = {.rlim_cur = 64};
	getrlimit(RLIMIT_NOFILE, &limit);
	const int high = limit.rlim_cur < 1024 ? (int)limit.rlim_cur - 4 : 1000;
	const int copy = control(fd, F_DUPFD, high);
	if (copy != -1)
		control(copy, F_SETFD, FD_CLOEXEC);
	return copy;
}

static void open_output(void)
{
	const char *inode = getenv("WATCH_OUTPUT");
	struct stat status;
	if (inode == NULL || fstat(STDOUT_FILENO, &status) == -1 ||
	    (unsigned long long)status.st_ino != strtoull(inode, NULL, 10))
		return;
	setvbuf(stdout, NULL, _IOLBF, 0);
	output = high_copy(STDOUT_FILENO);
}

static void open_stream(void)
{
	const char *path = getenv("WATCH_EVENTS");
	struct stat status;
	stream = -1;
	if (path == NULL || stat(path, &status) == -1)
		return;
	to_socket = S_ISSOCK(status.st_mode);
	if (to_socket) {
		struct sockaddr_un address = {.sun_family = AF_UNIX};
		strncpy(address.sun_path, path, sizeof address.sun_path - 1);
		stream = LIBC(socket, int (*)(int, int, int))(AF_UNIX,
							      SOCK_STREAM, 0);
		if (LIBC(connect,
			 int (*)(int, const struct sockaddr *, socklen_t))(
			stream, (const struct sockaddr *)&address,
			sizeof address) == -1) {
			LIBC(close, int (*)(int))(stream);
			stream = -1;
		}
	} else {
		/* A FIFO that we could read as well never says EPIPE. */
		stream = LIBC(open, int (*)(const char *, int, ...))(
		    path, O_RDWR | O_APPEND | O_NONBLOCK);
	}
	if (stream == -1)
		return;

	int (*const control)(int, int, ...) =
	    LIBC(fcntl, int (*)(int, int, ...));
	const int moved = high_copy(stream);
	if (moved != -1) {
		LIBC(close, int (*)(int))(stream);
		stream = moved;
	}
	control(stream, F_SETFD, FD_CLOEXEC);
	control(stream, F_SETFL, control(stream, F_GETFL) | O_NONBLOCK);
#ifdef SO_NOSIGPIPE
	const int on = 1;
	LIBC(setsockopt, int (*)(int, int, int, const void *, socklen_t))
	(stream, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
}

static void read_fault(void)
{
	static char text[200];
	char name[40], what[40];
	const char *given = getenv("WATCH_FAULT");
	if (given == NULL || sscanf(given, "%99s %39s %ld %39s", fault.process,
				    name, &fault.number, what) != 4)
		return;
	strncpy(text, what, sizeof text - 1);
	fault.what = text;
	for (int i = 0; i < NAMES; i++)
		if (strcmp(names[i].name, what) == 0)
			fault.error = (int)names[i].value;
	if (fault.error == 0 && strcmp(what, "short") != 0)
		return;
	for (int i = CALLS - 1; i >= 0; i--)
		if (strcmp(calls[i].name, name) == 0)
			fault.call = i;
	if (strcmp(name, "all") == 0)
		fault.call = EACH_CALL;
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

__attribute__((constructor)) static void start(void)
{
	if (started)
		return;
	started = 1;
	find_libc();
	for (int i = 0; i < CALLS; i++)
		while (strcmp(calls[calls[i].same].name, calls[i].name) != 0)
			calls[i].same++;
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
	announce("start");
}

__attribute__((destructor)) static void finish(void)
{
	struct line line;
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

/*
 * The functions that the program calls instead of libc's
 */

#ifdef __APPLE__
#define NAMED(symbol)
#else
#define NAMED(symbol) __asm__(symbol) /* no clash with what headers declare */
#endif
#define LIST(...) __VA_ARGS__

#define CALL(result, symbol, name, parameters, arguments, print)               \
	result watch_##symbol parameters NAMED(#symbol);                       \
	result watch_##symbol parameters                                       \
	{                                                                      \
		struct use use;                                                \
		begin(&use, CALL_##symbol, LIST arguments);                    \
		result given = (result)0;                                      \
		if (!use.failed)                                               \
			given =                                                \
			    ((result(*) parameters)calls[CALL_##symbol].libc)  \
				arguments;                                     \
		return (result)end(&use, (long)given);                         \
	}
#undef SIZED
#define SIZED(result, symbol, name, parameters, arguments, print)              \
	result watch_##symbol parameters NAMED(#symbol);                       \
	result watch_##symbol parameters                                       \
	{                                                                      \
		struct use use;                                                \
		begin(&use, CALL_##symbol, LIST arguments);                    \
		result given = (result)0;                                      \
		if (use.one_byte)                                              \
			size = 1;                                              \
		if (!use.failed)                                               \
			given =                                                \
			    ((result(*) parameters)calls[CALL_##symbol].libc)  \
				arguments;                                     \
		return (result)end(&use, (long)given);                         \
	}
#define VARIADIC(result, symbol, name, parameters, last, type, condition,      \
		 arguments, print)                                             \
	result watch_##symbol parameters NAMED(#symbol);                       \
	result watch_##symbol parameters                                       \
	{                                                                      \
		struct use use;                                                \
		va_list values;                                                \
		va_start(values, last);                                        \
		type more = 0;                                                 \
		if (condition)                                                 \
			more = va_arg(values, type);                           \
		va_end(values);                                                \
		begin(&use, CALL_##symbol, LIST arguments);                    \
		result given = (result)0;                                      \
		if (!use.failed)                                               \
			given =                                                \
			    ((result(*) parameters)calls[CALL_##symbol].libc)  \
				arguments;                                     \
		return (result)end(&use, (long)given);                         \
	}
#include "calls.h"
#undef CALL
#undef SIZED
#undef VARIADIC

/* These return twice, or not at all. A vfork that is a fork is slower, but its
 * child may do what it likes. */
static pid_t make_child(int symbol)
{
	struct use use;
	begin(&use, symbol);
	pid_t child = -1;
	if (!use.failed) {
		children++;
		child = LIBC(fork, pid_t(*)(void))();
	}
	if (child == 0) {
		be_born(children);
		return 0;
	}
	child = (pid_t)end(&use, (long)child);
	if (child != -1)
		hold();
	return child;
}

pid_t watch_fork(void) NAMED("fork");
pid_t watch_fork(void)
{
	return make_child(CALL_fork);
}

pid_t watch_vfork(void) NAMED("vfork");
pid_t watch_vfork(void)
{
	return make_child(CALL_vfork);
}

#define ENDING(symbol)                                                         \
	__attribute__((noreturn)) void watch_##symbol(int status)              \
	    NAMED(#symbol);                                                    \
	void watch_##symbol(int status)                                        \
	{                                                                      \
		struct use use;                                                \
		begin(&use, CALL_##symbol, status);                            \
		LIBC(symbol, void (*)(int))(status);                           \
		for (;;)                                                       \
			;                                                      \
	}
ENDING(exit)
ENDING(_exit)
ENDING(_Exit)

#ifdef __APPLE__
/* dyld puts each first one in the place of the second, but not here. */
#define PAIR(symbol) {(const void *)watch_##symbol, (const void *)symbol},
#define CALL(result, symbol, name, parameters, arguments, print) PAIR(symbol)
#define SIZED CALL
#define VARIADIC(result, symbol, name, parameters, last, type, condition,      \
		 arguments, print)                                             \
	PAIR(symbol)
__attribute__((used, section("__DATA,__interpose"))) static const struct {
	const void *ours, *libc;
} interposed[] = {
#include "calls.h"
    PAIR(fork) PAIR(vfork) PAIR(exit) PAIR(_exit) PAIR(_Exit)};

static void find_libc(void)
{
	for (int i = 0; i < CALLS; i++)
		*(const void **)&calls[i].libc = interposed[i].libc;
}
#endif
