/*
 * waits.h - for watch.c: who waits in the kernel, and who has ended
 */

/* Is it the kernel that it waits in? 1 yes, 0 no, -1: it is gone or a zombie,
 * -2: nobody can say. */
static int sleeps(pid_t pid)
{
	char path[40], text[400];
	snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
	const int file = open(path, O_RDONLY);
	if (file == -1)
		return access("/proc/self/stat", R_OK) == 0 ? -1 : -2;
	const ssize_t length = read(file, text, sizeof text - 1);
	close(file);
	if (length <= 0)
		return -1;
	text[length] = '\0';
	const char *state = strrchr(text, ')');
	if (state == NULL || state[1] == '\0')
		return -2;
	if (state[2] == 'Z' || state[2] == 'X')
		return -1;
	return state[2] == 'S';
}

static int reads_input(const struct process *process)
{
	return process->in_call && strcmp(process->call, "read") == 0 &&
	       number_of(process->arguments, "fd", -1) == 0;
}

static int is_asleep_on_purpose(const struct process *process)
{
	return process->in_call && (strcmp(process->call, "sleep") == 0 ||
				    strcmp(process->call, "nanosleep") == 0 ||
				    strcmp(process->call, "usleep") == 0);
}

/* Has it been waiting in the kernel, for more than a moment? When processes
 * are held, the moment begins with whatever any of them has done: what that
 * woke may not run yet (the kernel hands over packets in its own time). */
static int waits(const struct process *process)
{
	long long moment = process->in_call ? 15000 : 60000;
	long long since = process->sleeping;
	if (is_asleep_on_purpose(process))
		moment = holding ? LLONG_MAX / 2 : 100000;
	if (holding && since < last_activity)
		since = last_activity;
	if (holding && moment < 25000)
		moment = 25000;
	return process->state == RUNNING && process->sleeping != 0 &&
	       now() - since > moment;
}

/* How often nothing has come, since the last command ended: what it has said
 * before may not have been accepted yet. */
static int quiet_rounds;

static void look_at_processes(void)
{
	int status;
	pid_t pid;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (int i = 0; i < command_count; i++) {
			if (!commands[i].begun || commands[i].ended ||
			    commands[i].pid != pid)
				continue;
			commands[i].ended = 1;
			commands[i].status = status;
			quiet_rounds = 0;
		}
	}
	for (int i = 0; i < process_count; i++) {
		struct process *process = &processes[i];
		if (process->state == ENDED)
			continue;
		const struct command *command = &commands[process->command];
		const int is_command = command->process == i;
		const int state =
		    is_command && command->ended ? -1 : sleeps(process->pid);
		if (process->connection == -1 && event_count == 0 &&
		    (is_command ? command->ended : state < 0)) {
			if (is_command) {
				look_at_output(process->command, 0);
				take_unfinished_line(process->command);
			}
			process->state = ENDED;
			process->in_call = 0;
			/* Its last event, if that was its end: a parent's wait
			 * returns after that. */
			if (!process->told_end || process->died == 0)
				process->died = now();
			note_end(i, process->died);
			continue;
		}
		const int asleep =
		    state == 1 ||
		    (state == -2 && now() - process->woken > 200000);
		if (process->state != RUNNING || !asleep)
			process->sleeping = 0;
		else if (process->sleeping == 0)
			process->sleeping = now();
		unfold_wait(i);
	}
}

/* Take what has come, or wait so long for it. Return 1 if there was any. */
static int take_events(int milliseconds, int keyboard)
{
	struct pollfd polled[CONNECTIONS + 2];
	int owner[CONNECTIONS + 2];
	nfds_t count = 0;
	int taken = 0;
	polled[count] = (struct pollfd){.fd = door, .events = POLLIN};
	owner[count++] = -1;
	for (int i = 0; i < CONNECTIONS; i++) {
		if (connections[i].fd == -1 || connections[i].ended)
			continue;
		polled[count] =
		    (struct pollfd){.fd = connections[i].fd, .events = POLLIN};
		owner[count++] = i;
	}
	polled[count] = (struct pollfd){.fd = keyboard, .events = POLLIN};
	poll(polled, count + (keyboard != -1), milliseconds);
	const long long drained = now();
	quiet_rounds++;
	for (nfds_t i = 0; i < count; i++) {
		if (polled[i].revents == 0)
			continue;
		taken = 1;
		last_activity = drained;
		quiet_rounds = 0;
		if (owner[i] != -1)
			read_connection(owner[i]);
		while (owner[i] == -1 && take_connection())
			;
	}

	/* Another process's event may be on its way still. */
	const long long safe = holding ? LLONG_MAX : drained - 3000;
	size_t done = 0;
	while (done < event_count && events[done].time <= safe) {
		const struct event event = events[done++];
		/* Taking it may release a process, but adds no event. */
		take_event(&event);
		free(event.line);
	}
	if (done > 0)
		memmove(events, events + done,
			(event_count - done) * sizeof *events);
	event_count -= done;
	for (int i = 0; i < command_count; i++)
		look_at_output(i, 20000);
	look_at_processes();
	return taken;
}

static int all_ended(void)
{
	for (int i = 0; i < command_count; i++)
		if (commands[i].begun && !commands[i].ended)
			return 0;
	for (int i = 0; i < process_count; i++)
		if (processes[i].state != ENDED)
			return 0;
	return event_count == 0 && quiet_rounds > 1;
}

/* Has everything that lives been waiting for more than a moment? */
static int all_wait(void)
{
	if (event_count > 0)
		return 0;
	for (int i = 0; i < command_count; i++)
		if (commands[i].begun && !commands[i].ended &&
		    commands[i].process == -1)
			return 0;
	for (int i = 0; i < process_count; i++)
		if (processes[i].state != ENDED && !waits(&processes[i]))
			return 0;
	return 1;
}

/* To the first that waits for Enter, when all else waits or has ended. */
static void give_enter_where_wanted(void)
{
	if (!all_wait())
		return;
	for (int sure = 1; sure >= 0; sure--) {
		for (int i = 0; i < process_count; i++) {
			const struct process *process = &processes[i];
			if (process->state == ENDED ||
			    commands[process->command].input == -1 ||
			    (sure ? !reads_input(process) : process->in_call))
				continue;
			take_unfinished_line(process->command);
			give_enter(process->command);
			processes[i].sleeping = 0;
			return;
		}
	}
}
