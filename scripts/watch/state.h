/*
 * state.h - for faults.c: what do the processes of a run do just now?
 */

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
	return pid == 0 || errno == EINTR;
}

/* Has a process called this with success, before its end? */
static int has_called(const char *events, int command, const char *call)
{
	char text[100];
	snprintf(text, sizeof text, " %d return %s ", command + 1, call);
	while ((events = strstr(events, text)) != NULL) {
		events += strlen(text);
		events += strcspn(events, " ") + 1; /* its number */
		if (*events != '-')
			return 1;
	}
	return 0;
}

/* Have both changed the same set of semaphores? */
static int have_same_set(const char *events, int one, int other)
{
	char line[LINE];
	int asked[COMMANDS + 1] = {0}, changed[COMMANDS + 1] = {0};
	while (next_line(&events, line)) {
		int process, id, result;
		if (sscanf(line, "%*s %d begin semop %*d id=%d", &process,
			   &id) == 2)
			asked[process] = id;
		if (sscanf(line, "%*s %d return semop %*d %d", &process,
			   &result) == 2 &&
		    result == 0)
			changed[process] = asked[process] + 1; /* not 0 */
		if (changed[one + 1] != 0 &&
		    changed[one + 1] == changed[other + 1])
			return 1;
	}
	return 0;
}

/* Had the failing command reached its partner? */
static int has_met(int failing, int partner)
{
	char *events = read_file(path_of("events", 0));
	const int met = has_called(events, failing, "connect") ||
			has_called(events, failing, "sendto") ||
			has_called(events, failing, "msgsnd") ||
			have_same_set(events, failing, partner);
	free(events);
	return met;
}

/* What each process that the events tell of has done last. */
enum { PROCESSES = 100 };
struct last {
	char process[100], what[20], call[40], line[LINE];
	long pid;
};

static int find_last(const char *events, struct last *lasts)
{
	int count = 0;
	char line[LINE];
	while (next_line(&events, line)) {
		struct last last = {"", "", "", "", 0};
		sscanf(line, "%*s %99s %19s %39s", last.process, last.what,
		       last.call);
		strcpy(last.line, line);
		int i = 0;
		while (i < count && strcmp(lasts[i].process, last.process) != 0)
			i++;
		if (i == PROCESSES)
			continue;
		if (strcmp(last.what, "start") == 0 ||
		    strcmp(last.what, "child") == 0)
			last.pid = atol(last.call);
		else if (i < count)
			last.pid = lasts[i].pid;
		lasts[i] = last;
		count += i == count;
	}
	return count;
}

/* Linux tells whether it sleeps: within a call it may be before its turn. */
static int sleeps(long pid)
{
	char path[40], stat[500];
	snprintf(path, sizeof path, "/proc/%ld/stat", pid);
	const int file = open(path, O_RDONLY);
	if (file == -1)
		return 1;
	const ssize_t length = read(file, stat, sizeof stat - 1);
	close(file);
	stat[length > 0 ? length : 0] = '\0';
	const char *name_end = strrchr(stat, ')');
	return name_end == NULL || strncmp(name_end, ") R", 3) != 0;
}

/* Does each process wait that has not ended? A command that has no process yet
 * has not begun. */
static int all_wait(const struct outcome *outcome)
{
	struct last lasts[PROCESSES];
	int running = 0, found = 0;
	char *events = read_file(path_of("events", 0));
	const int count = find_last(events, lasts);
	free(events);
	for (int i = 0; i < COMMANDS; i++)
		running += outcome->begun[i] == 1;
	for (int i = 0; i < count; i++) {
		const struct last *last = &lasts[i];
		const int command = atoi(last->process) - 1;
		if (command < 0 || command >= COMMANDS ||
		    outcome->begun[command] != 1)
			continue;
		found += strchr(last->process, '.') == NULL;
		if (strcmp(last->what, "end") == 0 ||
		    strcmp(last->what, "fault") == 0 || /* a signal's */
		    strstr(last->call, "exit") != NULL)
			continue;
		if (strcmp(last->what, "begin") != 0 ||
		    !can_be_gentle(last->call, last->line, "EINTR") ||
		    !sleeps(last->pid))
			return 0;
	}
	return found == running;
}

/* Has there been no event for a fiftieth of a second? Then a server that waits
 * has done all that it was asked to do. */
static int is_quiet(struct outcome *outcome)
{
	struct stat status;
	if (stat(path_of("events", 0), &status) == -1)
		err(1, "stat %s", path_of("events", 0));
	if (status.st_size != outcome->events_size)
		outcome->quiet_since = now();
	outcome->events_size = status.st_size;
	return now() - outcome->quiet_since > 0.02 && all_wait(outcome);
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
