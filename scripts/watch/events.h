/*
 * events.h - for watch.c: processes, and what their events say
 */

static int process_named(const char *name)
{
	for (int i = 0; i < process_count; i++)
		if (strcmp(processes[i].name, name) == 0)
			return i;
	return -1;
}

static int process_of_pid(long pid)
{
	for (int i = process_count - 1; i >= 0; i--)
		if (processes[i].pid == pid)
			return i;
	return -1;
}

static void release(int number, long long time)
{
	struct process *process = &processes[number];
	if (process->state != HELD || process->connection == -1)
		return;
	process->state = RUNNING;
	process->woken = time;
	process->woken_by = 0;
	process->sleeping = 0;
	last_activity = now();
	if (process->in_call && !process->at_birth) {
		process->call_begun = process->died = time;
		note_begin(number, time);
	}
	process->at_birth = 0;
	const int fd = connections[process->connection].fd;
	ssize_t put = -1;
	for (int tries = 0; put == -1 && tries < 3; tries++)
		put = write(fd, "", 1);
	if (put == -1)
		shutdown(fd, SHUT_WR); /* if it lives, it is held no more */
}

static void be_held(int number, int at_birth, long long time)
{
	struct process *process = &processes[number];
	process->state = HELD;
	process->at_birth = at_birth;
	if (letting_go || process->unnamed || process->script ||
	    (process->in_call && !at_birth &&
	     !is_drawn(process->call, process->arguments) &&
	     strcmp(process->call, wanted_call) != 0))
		release(number, time);
}

/* The value of NAME=VALUE in a line's words. Quotes stay. */
static int value_of(const char *words, const char *name, char *value,
		    size_t size)
{
	const size_t length = strlen(name);
	const char *at = words;
	while (*(at += strspn(at, " ")) != '\0') {
		const int found =
		    strncmp(at, name, length) == 0 && at[length] == '=';
		const char *end = at;
		int quoted = 0;
		for (; *end != '\0' && (quoted || *end != ' '); end++) {
			if (*end == '\\' && end[1] != '\0')
				end++;
			else if (*end == '"')
				quoted = !quoted;
		}
		if (found) {
			at += length + 1;
			snprintf(value, size, "%.*s", (int)(end - at), at);
			return 1;
		}
		at = end;
	}
	return 0;
}

static long number_of(const char *words, const char *name, long otherwise)
{
	char value[40];
	return value_of(words, name, value, sizeof value) ? atol(value)
							  : otherwise;
}

static void clear_process(int number)
{
	struct process *process = &processes[number];
	char name[NAME];
	strcpy(name, process->name);
	memset(process, 0, sizeof *process);
	strcpy(process->name, name);
	process->connection = -1;
	process->call_number = -1;
	process->parent = -1;
}

/* A connection's first line: whose is it? */
static int new_process(int connection, const char *name, int is_child, long pid,
		       long parent_pid, long long time)
{
	int unnamed = 0;
	char other[NAME];
	snprintf(other, sizeof other, "%s", name);
	/* A child of what libc has started takes itself for one of ours. */
	const int parent = process_of_pid(parent_pid);
	if (is_child && parent != -1 && processes[parent].unnamed) {
		snprintf(other, sizeof other, "%.80s%s", processes[parent].name,
			 strrchr(name, '.'));
		unnamed = 1;
	}
	int number = process_of_pid(pid); /* has it become another program? */
	const int again =
	    !is_child && number != -1 && processes[number].state != ENDED;
	if (!again)
		number = process_named(other);
	if (number != -1 && !again && processes[number].connection != -1) {
		/* What libc started for itself: system, popen. */
		for (int i = 1; number != -1; i++) {
			snprintf(other, sizeof other, "%.80s.s%d", name, i);
			number = process_named(other);
		}
		unnamed = 1;
	}
	if (number == -1) {
		if (process_count == PROCESSES)
			return -1;
		number = process_count++;
	}
	struct process *process = &processes[number];
	if (!again) {
		strcpy(process->name, other);
		clear_process(number);
		process->born = time;
	}
	process->connection = connection;
	process->pid = (pid_t)pid;
	process->unnamed = unnamed || (again && process->unnamed);
	process->state = RUNNING;
	process->in_call = 0;
	*process->call = '\0';
	process->command = atoi(name) - 1;
	if (process->command < 0 || process->command >= command_count)
		process->command = 0;
	if (!again && strchr(other, '.') == NULL) {
		commands[process->command].process = number;
		process->script = is_script(&commands[process->command]);
	} else if (!again) {
		*strrchr(other, '.') = '\0';
		process->parent = process_named(other);
	}
	if (is_child && process->parent != -1) {
		const struct process *from = &processes[process->parent];
		memcpy(process->descriptors, from->at_fork,
		       sizeof process->descriptors);
		process->descriptor_count = from->count_at_fork;
	}
	connections[connection].process = number;
	const int shown = again ? process->script : !process->script;
	if (again)
		process->script = 0;
	if (shown && origin == 0)
		origin = time;
	if (shown)
		note_start(number, time, is_child);
	return number;
}

static void count_call(struct process *process, const char *call)
{
	for (int i = 0; i < NAMES; i++) {
		struct count *count = &process->counts[i];
		if (count->count == 0)
			snprintf(count->call, sizeof count->call, "%s", call);
		if (strcmp(count->call, call) != 0)
			continue;
		count->count++;
		break;
	}
}

static void take_begin(int number, long long time, const char *call,
		       const char *arguments)
{
	struct process *process = &processes[number];
	process->in_call = 1;
	process->call_number = -1;
	process->call_begun = process->woken = process->died = time;
	process->sleeping = 0;
	process->told_end = strstr(call, "exit") != NULL;
	if (strcmp(call, "fork") == 0) {
		memcpy(process->at_fork, process->descriptors,
		       sizeof process->at_fork);
		process->count_at_fork = process->descriptor_count;
	}
	snprintf(process->call, sizeof process->call, "%s", call);
	snprintf(process->arguments, sizeof process->arguments, "%s",
		 arguments);
	if (holding)
		be_held(number, 0, time);
	else
		note_begin(number, time);
}

static void take_return(int number, long long time, const char *call,
			const char *result)
{
	struct process *process = &processes[number];
	const long value = strtol(result, NULL, 0);
	if (!process->in_call || strcmp(process->call, call) != 0)
		return; /* its begin was dropped */
	if (value != -1)
		note_object(call, (int)value);
	char path[100];
	if (value == 0 && strcmp(process->call, "bind") == 0 &&
	    value_of(process->arguments, "address", path, sizeof path) &&
	    *path == '/')
		note_made(SOCKET, 0, path);
	note_return(number, time, result);
	process->in_call = 0;
	process->woken = time;
	process->sleeping = 0;
	if (strcmp(process->call, "fork") == 0 && value > 0) {
		process->forks++;
		if (holding)
			be_held(number, 1, time);
	}
}

static void take_event(const struct event *event)
{
	char name[NAME], what[20], call[24];
	int at = 0, more = 0;
	struct connection *connection = &connections[event->connection];
	int number = connection->process;
	long pid = 0, parent = 0;
	if (event->line == NULL) {
		if (number != -1 &&
		    processes[number].connection == event->connection)
			processes[number].connection = -1;
		close(connection->fd);
		connection->fd = -1;
		return;
	}
	if (sscanf(event->line, "%*s %99s %19s%n", name, what, &at) != 2)
		return;
	const char *words = event->line + at;
	const int is_child = strcmp(what, "child") == 0;
	if (number == -1 && (is_child || strcmp(what, "start") == 0) &&
	    sscanf(words, "%ld %ld", &pid, &parent) == 2)
		number = new_process(event->connection, name, is_child, pid,
				     parent, event->time);
	if (number == -1) { /* too many */
		ssize_t ignored = write(connection->fd, "", 1);
		(void)ignored;
		return;
	}
	struct process *process = &processes[number];
	const long long printed = number_of(words, "printed", 0);
	struct command *command = &commands[process->command];
	/* One process goes at a time: then it is the one that has printed. One
	 * that is just born has not. */
	int printer = command->process;
	if (holding && !letting_go)
		printer = is_child && process->parent != -1 ? process->parent
							    : number;
	if (command->process != -1)
		take_output(process->command, printed, printer, event->time);
	if (is_child || strcmp(what, "start") == 0) {
		if (holding)
			be_held(number, 1, event->time);
	} else if (strcmp(what, "begin") == 0 &&
		   sscanf(words, "%23s %*s%n", call, &more) == 1) {
		take_begin(number, event->time, call, words + more);
	} else if (strcmp(what, "return") == 0 &&
		   sscanf(words, "%23s %*s%n", call, &more) == 1) {
		take_return(number, event->time, call,
			    words + more + strspn(words + more, " "));
	} else if (strcmp(what, "end") == 0) {
		process->in_call = 0;
		process->told_end = 1;
		process->woken = process->died = event->time;
	} else if (strcmp(what, "dropped") == 0) {
		process->dropped += atol(words);
	}
}
