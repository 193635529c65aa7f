/*
 * excuses.h - for judge.h: endings that are right though they are no `exit 1`
 * with the call's name, its object and the error's text; each with its reason
 */

/* The error says how things are, and the program tells that in words. */
static const struct {
	const char *call, *errors, *text;
} told_in_words[] = {
    /* The other side has ended, or has removed what both use. */
    {"send", "EPIPE ECONNRESET", "the server closed the connection"},
    {"send", "EPIPE ECONNRESET", "the other process has ended"},
    {"recv", "ECONNRESET", "the server closed the connection"},
    {"recv", "ECONNRESET", "the other process has ended"},
    {"msgsnd", "EIDRM EINVAL", "is not there any more"},
    {"msgrcv", "EIDRM EINVAL", "is not there any more"},
    {"semop", "EIDRM EINVAL", "is not there any more"},
    {"semop", "EIDRM EINVAL", "has gone"},
    {"semop", "EIDRM EINVAL", "has just ended: start again"},
    {"semctl", "EIDRM", "has gone"},
    {"shmget", "ENOENT", "has gone"},
    /* Somebody else has it: what to do then. */
    {"semop", "EAGAIN", "choose another key with -k"},
    {"shmget", "EEXIST", "choose another key with -k"},
    {"bind", "EADDRINUSE", "choose another with -p"},
    {"connect", "EAGAIN", "is already listening"},
    /* The limit or the cause, named with the call, and what to do then. */
    {"shmget", "ENOSPC", "shmget: the limit of objects is reached"},
    {"semget", "ENOSPC", "semget: the limit of objects is reached"},
    {"msgget", "ENOSPC", "msgget: the limit of queues is reached"},
    {"shmget", "ENOENT", "start writer first"},
    {"msgget", "ENOENT", "start writer first"},
    {"msgget", "ENOENT", "start server first"},
    {"shmget", "EINVAL", "is too small: choose another key"},
    {"msgsnd", "EAGAIN", "msgsnd: the queue is full (EAGAIN)"},
    {"msgrcv", "ENOMSG", "msgrcv: no message of this type"},
    {"msgrcv", "E2BIG", "msgrcv: the message is longer"},
    {"msgsnd", "EIDRM EINVAL", "msgsnd: the queue was removed"},
    {"msgrcv", "EIDRM EINVAL", "msgrcv: the queue was removed"},
    {"msgsnd", "EIDRM EINVAL", "msgsnd: the server has ended"},
    {"msgrcv", "EIDRM EINVAL", "msgrcv: the server has ended"},
    {"waitpid", "ECHILD", "waitpid: no status of the command"},
    /* There is none when it is looked for: it was gone again. */
    {"msgget", "EEXIST", "No such file or directory"},
    {"msgget", "EEXIST", "start writer first"},
    {"bind", "EADDRINUSE", "No such file or directory"},
    /* In a signal handler, which has no strerror. */
    {"unlink", "EACCES EPERM", "unlink: the path is left"},
    {"msgctl", "EPERM", "msgctl: a queue is left behind"},
    {"shmctl", "EPERM", "shmctl: the segment is left"},
    {"semctl", "EPERM EACCES", "semctl: the semaphores are left"},
    /* The client is at fault, not the call. */
    {"send", "EAGAIN", "a client that does not keep up is disconnected"},
    /* To a child it means that its parent has ended, and its parent tells. */
    {"semop", "EIDRM EINVAL", "failed (wait status"},
    /* A tab has no screen: the browser tells what became of it. */
    {"open", "ENOENT EACCES EMFILE ENFILE", "was meant for another fate"},
    {"read", "EIO", "was meant for another fate"},
    {"write", "EIO EPIPE ENOSPC", "was meant for another fate"},
};

static int is_told_in_words(const char *line, const char *call,
			    const char *what)
{
	for (size_t i = 0; i < sizeof told_in_words / sizeof *told_in_words;
	     i++)
		if (strcmp(told_in_words[i].call, call) == 0 &&
		    is_one_of(what, told_in_words[i].errors) &&
		    strstr(line, told_in_words[i].text) != NULL)
			return 1;
	return 0;
}

/* What these make has no name yet, or what they use has none: the only socket,
 * all that is polled, an address that cannot be told. */
static int needs_no_object(const char *call, const char *event)
{
	static const char calls[] =
	    "fork pipe socket socketpair mmap poll accept recv send recvfrom "
	    "getsockname getnameinfo posix_openpt close";
	return is_one_of(call, calls) || (strcmp(call + 3, "get") == 0 &&
					  strstr(event, "IPC_PRIVATE") != NULL);
}

/* It ends in another way, as its top comment says, and its output tells. */
static int copes(const char *line, const char *call, const char *what,
		 int status, const char *output)
{
	static const struct {
		const char *program, *call, *errors;
		int status;
		const char *text;
	} copings[] = {
	    {"fork_demo/browser", "prctl", "EINVAL", 0, "no sandbox"},
	    {"fork_demo/browser", "open", "ENOENT EACCES EMFILE ENFILE", 0,
	     "refused"},
	    /* The system refuses it, or cannot carry so much. */
	    {"shm/no_syscalls", "prctl", "EINVAL", 77, ""},
	    {"scripts/compare/shm", "shmget", "ENOSPC ENOMEM EINVAL", 77, ""},
	    {"scripts/compare/shm", "shmat", "ENOMEM", 77, ""},
	    {"scripts/compare/msgqueue", "msgsnd", "EINVAL EAGAIN", 77, ""},
	    {"scripts/terminal", "open", "ENOENT EACCES EMFILE ENFILE", 0, ""},
	    {"scripts/terminal", "posix_openpt", "EMFILE ENFILE ENOSPC", 0, ""},
	    {"scripts/limit", "execvp", "ENOENT EACCES ENOMEM", 127, ""},
	    /* It draws what its programs do without the object. */
	    {"scripts/watch/watch", "msgctl", "EIDRM", 0, ""},
	    /* The answers of sysv. */
	    {"scripts/sysv find", "shmget msgget semget", "ENOENT", 1, ""},
	    {"scripts/sysv clean", "shmget msgget semget", "ENOENT", 0,
	     "nothing to remove"},
	    {"scripts/sysv remove", "shmctl msgctl semctl", "EIDRM EINVAL", 3,
	     ""},
	    {"scripts/sysv clean", "shmctl msgctl semctl", "EIDRM EINVAL", 0,
	     "nothing to remove"},
	    {"scripts/sysv clean", "shmctl msgctl semctl", "EACCES", 0,
	     "it may not be read"},
	    {"scripts/sysv clean", "kill", "EPERM", 0, "is using it"},
	    {"scripts/sysv clean", "ftok", "ENOENT EACCES", 0, ""},
	    {"scripts/sysv clean", "lstat", "ENOENT", 0, "nothing to remove"},
	    {"scripts/sysv clean", "connect", "ECONNREFUSED", 0, "just now"},
	};
	for (size_t i = 0; i < sizeof copings / sizeof *copings; i++)
		if (strncmp(copings[i].program, line,
			    strlen(copings[i].program)) == 0 &&
		    is_one_of(call, copings[i].call) &&
		    is_one_of(what, copings[i].errors) && WIFEXITED(status) &&
		    WEXITSTATUS(status) == copings[i].status &&
		    strstr(output, copings[i].text) != NULL)
			return 1;
	return 0;
}

/* limit has 1 for its command. */
static int status_of(const char *line)
{
	return strncmp(line, "scripts/limit", 13) == 0 ? 125 : 1;
}

/* Where a message is what one recv gets (PIECES), one byte a recv of it, or a
 * send to it, makes many messages, or ends the talk early. */
static int is_cut(const struct run *run, const char *fault)
{
	char call[40], what[40];
	int cut = 0;
	sscanf(fault, "%*s %39s %*s %39s", call, what);
	for (int i = 0; i < COMMANDS; i++)
		if (run->commands[i].flags & PIECES)
			cut |= is_one_of(call, i == *fault - '1' ? "recv all"
								 : "send all");
	return cut && strcmp(what, "short") == 0;
}

static int is_removal(const char *call)
{
	return strcmp(call, "unlink") == 0 || strcmp(call, "shmctl") == 0 ||
	       strcmp(call, "semctl") == 0 || strcmp(call, "msgctl") == 0;
}
