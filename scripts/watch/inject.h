/*
 * inject.h - for library.c: a call that is to fail, or is cut short
 */

#include "failures.h"

enum { NO_CALL = -1, EACH_CALL = -2 };
enum { MOST_SHORT = 1000 }; /* of each call: megabytes would take minutes */

static struct {
	char process[100];
	int call;    /* the first of this name, or one of the above */
	long number; /* 0: each */
	int error;   /* or one of the next two */
	int signal;
	int cut; /* short */
	const char *what;
} fault = {.call = NO_CALL};

static int is(const struct call *call, const char *name)
{
	return strcmp(call->name, name) == 0;
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
	fault.cut = strcmp(what, "short") == 0;
	for (int i = 0; i < NAMES; i++) {
		if (strcmp(names[i].name, what) != 0)
			continue;
		if (names[i].kind == 'G')
			fault.signal = (int)names[i].value;
		else
			fault.error = (int)names[i].value;
	}
	if (fault.error == 0 && fault.signal == 0 && !fault.cut)
		return;
	for (int i = CALLS - 1; i >= 0; i--)
		if (strcmp(calls[i].name, name) == 0)
			fault.call = i;
	if (strcmp(name, "all") == 0)
		fault.call = EACH_CALL;
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
	if (fault.cut)
		return use->number <= MOST_SHORT;
	first->interrupted = !first->interrupted;
	return first->interrupted;
}

/* This use is to fail, or to be cut short: how? */
static void inject(struct use *use)
{
	if (fault.cut && !can_be_short(use))
		return;
	struct line line;
	begin_line(&line, "fault");
	add(&line, " %s %ld %s", use->call->name, use->number, fault.what);
	end_line(&line);
	if (fault.signal != 0) /* that it may handle */
		LIBC(kill, int (*)(pid_t, int))(getpid(), fault.signal);
	if (fault.error == EPIPE && !strict) /* the kernel sends it then */
		LIBC(kill, int (*)(pid_t, int))(getpid(), SIGPIPE);
	/* What is said of an object that is gone has to be true. */
	if (fault.error == EIDRM ||
	    (fault.error == EINVAL && !is(use->call, "shmat") &&
	     strncmp(use->call->print, "id:", 3) == 0))
		remove_object(use->call, (int)use->arguments[0].value.number);
	use->error = fault.error;
	use->one_byte = fault.cut;
	use->failed = fault.error != 0 && !is(use->call, "close");
}

/* An interrupted nanosleep says what is left. */
static void nothing_slept(const struct use *use)
{
	void *left = use->arguments[1].value.pointer;
	if (left != NULL)
		memcpy(left, use->arguments[0].value.pointer,
		       sizeof(struct timespec));
}
