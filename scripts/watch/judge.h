/*
 * judge.h - for faults.c: did a run with a failure end as it should?
 */

#include "run.h"

/* Where the program goes on with other output, as it says itself. */
static const struct {
	const char *run, *call, *errors;
} copings[] = {
    {"browser", "prctl", "EINVAL"},                     /* "no sandbox" */
    {"browser", "open", "ENOENT EACCES EMFILE ENFILE"}, /* "refused" */
    /* A tab has no screen to tell it on: the browser says that it failed. */
    {"browser", "read", "EIO"},
    {"browser", "write", "EIO"},
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
	int told = 0, misleading = 0;
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
		else if (names_another(after == NULL ? one : after + 1, ""))
			misleading = 1;
		if (wrong == NULL)
			wrong = judged;
	}
	if (told == 0)
		return wrong;
	return misleading ? "a second line that misleads" : NULL;
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
	if (as_before && (same_output(run, i, before, outcome) ||
			  (strcmp(what, "short") == 0 && (flags & PIECES))))
		return NULL;
	if (is_gentle(call, what))
		return "the partner's output";
	if (as_before && (flags & (STOP | LOSSY)))
		return NULL; /* it got less to do */
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
	/* A handler, which ends its program, must not print. */
	const int told = count_lines(outcome->err[failed]) > 0 ||
			 WIFSIGNALED(outcome->status[failed]);
	if (*outcome->left != '\0' && !kept && !others && !(removal && told)) {
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
