/*
 * ends.h - for watch.c: the beginning and the end of all
 */

/* The waits that have not ended count as well. */
static void count_waiting(void)
{
	for (int i = 0; i < process_count; i++)
		if (processes[i].in_call && waits(&processes[i]))
			processes[i].waited += now() - processes[i].call_begun;
}

/* Signal what still lives, and what has left its group. */
static void signal_all(int number)
{
	for (int i = 0; i < command_count; i++)
		if (commands[i].begun)
			kill(-commands[i].pid, number);
	for (int i = 0; i < process_count; i++)
		if (processes[i].state != ENDED && processes[i].pid > 1 &&
		    getpgid(processes[i].pid) != -1 &&
		    processes[i].parent != -1)
			kill(processes[i].pid, number);
}

static int groups_live(void)
{
	for (int i = 0; i < command_count; i++)
		if (commands[i].begun && kill(-commands[i].pid, 0) == 0)
			return 1;
	return 0;
}

/* End what still runs: first kindly, then not. */
static void end_all(void)
{
	const long long start = now();
	int killed = 0;
	if (!all_ended())
		signal_all(SIGTERM);
	letting_go = 1;
	for (int i = 0; i < process_count; i++)
		release(i, now());
	while (now() - start < 3000000 && (!all_ended() || groups_live())) {
		if (!killed && now() - start > 1000000) {
			signal_all(SIGKILL);
			killed = 1;
		}
		take_events(5, -1);
		if (all_ended() && groups_live()) {
			signal_all(SIGKILL);
			while (waitpid(-1, NULL, WNOHANG) > 0)
				;
		}
	}
	for (int i = 0; i < command_count; i++) {
		if (!commands[i].begun)
			continue;
		close(commands[i].file);
		if (commands[i].input != -1)
			close(commands[i].input);
		struct made group = {
		    .kind = GROUP, .id = commands[i].pid, .gone = 1};
		tell_guardian(&group);
		commands[i].begun = 0;
		commands[i].input = -1;
	}
}

/* Remove what the commands have made and left; print each, if wanted. */
static void remove_left(FILE *report)
{
	static const char *const kinds[] = {"segment", "semaphore set", "queue",
					    "socket"};
	for (int i = 0; i < made_count; i++) {
		if (!object_exists(&made[i]))
			continue;
		if (report != NULL && made[i].kind == SOCKET)
			fprintf(report, "left behind: %s, removed by watch\n",
				made[i].path);
		else if (report != NULL)
			fprintf(report,
				"left behind: %s %s%d, removed by watch\n",
				kinds[made[i].kind], same_each_time ? "#" : "",
				same_each_time
				    ? place_of("hes"[made[i].kind], made[i].id)
				    : made[i].id);
		remove_object(&made[i]);
	}
	for (int i = 0; i < made_count; i++) {
		made[i].gone = 1;
		tell_guardian(&made[i]);
	}
	made_count = 0;
}

/* By atexit: also after an error nothing runs on, and nothing stays. */
static pid_t watch_itself;

static void leave_nothing(void)
{
	if (getpid() != watch_itself)
		return;
	end_all();
	remove_left(NULL);
	dismiss_guardian();
}

static void forget_processes(void)
{
	for (int i = 0; i < CONNECTIONS; i++) {
		if (connections[i].fd != -1)
			close(connections[i].fd);
		connections[i].fd = -1;
	}
	for (size_t i = 0; i < event_count; i++)
		free(events[i].line);
	event_count = 0;
	process_count = 0;
	origin = 0;
	letting_go = 0;
}

static void find_library(const char *self)
{
	char path[PATH_MAX - 20];
	ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
	if (length == -1 && strlen(self) < sizeof path) {
		strcpy(path, self);
		length = (ssize_t)strlen(path);
	}
	if (length >= 0)
		path[length] = '\0';
	char *slash = strrchr(path, '/');
	if (slash != NULL)
		*slash = '\0';
	snprintf(library, sizeof library, "%s/library.so",
		 slash == NULL ? "." : path);
	char *real = realpath(library, NULL);
	if (real == NULL)
		errx(1,
		     "there is no %s: nothing can be watched (make "
		     "scripts/watch/library.so)",
		     library);
	snprintf(library, sizeof library, "%s", real);
	free(real);
}

static void open_session(const char *self)
{
	find_library(self);
	for (int i = 0; i < command_count; i++) {
		split(&commands[i]);
		exit_if_unwatchable(&commands[i]);
		commands[i].input = -1;
	}
	for (int i = 0; i < CONNECTIONS; i++)
		connections[i].fd = -1;
	note_earlier_objects();
	start_guardian();
	open_door();
#ifdef __linux__
	/* What a command leaves behind becomes our child. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
#endif
}
