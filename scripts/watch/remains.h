/*
 * remains.h - for faults.c: what a run has left behind, which is then removed
 */

/* Every process that the events speak of, if it is our child. */
static void kill_the_rest(const pid_t *pids, const struct outcome *outcome)
{
	for (int i = 0; i < COMMANDS; i++)
		if (outcome->begun[i] != 0)
			kill(-pids[i], SIGKILL);
	const struct timespec pause = {.tv_nsec = 10000000};
	struct outcome ended = *outcome;
	for (int tries = 0; tries < 50 && look(pids, &ended); tries++) {
		nanosleep(&pause, NULL);
		char *events = read_file(path_of("events", 0));
		const char *at = events;
		char line[LINE];
		while (next_line(&at, line)) {
			long pid = 0;
			if ((sscanf(line, "%*s %*s start %ld", &pid) == 1 ||
			     sscanf(line, "%*s %*s child %ld", &pid) == 1) &&
			    waitpid((pid_t)pid, NULL, WNOHANG) == 0)
				kill((pid_t)pid, SIGKILL);
		}
		free(events);
	}
}

/* An object that a call has returned, if it is there. */
static const char *remove_object(const char *call, int id)
{
	struct shmid_ds segment;
	struct msqid_ds queue;
	if (strcmp(call, "shmget") == 0 &&
	    shmctl(id, IPC_STAT, &segment) == 0) {
		shmctl(id, IPC_RMID, NULL);
		return "segment";
	}
	if (strcmp(call, "msgget") == 0 && msgctl(id, IPC_STAT, &queue) == 0) {
		msgctl(id, IPC_RMID, NULL);
		return "queue";
	}
	if (strcmp(call, "semget") == 0 && semctl(id, 0, GETVAL) != -1) {
		semctl(id, 0, IPC_RMID);
		return "semaphores";
	}
	return NULL;
}

/* What a command has made or bound, and is still there. */
static void find_left_by(int command, const char *line, struct outcome *outcome)
{
	char call[20], path[200];
	const char *kind = NULL;
	int id = -1;
	if (sscanf(line, "%*s %*s return %19s %*s %d", call, &id) == 2 &&
	    id != -1)
		kind = remove_object(call, id);
	if (sscanf(line, "%*s %*s begin bind %*s %*s address=%199s", path) ==
		1 &&
	    *path == '/' && unlink(path) == 0)
		kind = "socket path";
	if (kind == NULL)
		return;
	snprintf(outcome->left, sizeof outcome->left, "%s", kind);
	outcome->left_by = command;
}

/* By atexit: an error of ours may have come before what is left was found. */
static void remove_left_objects(void)
{
	struct outcome ignored;
	char line[LINE];
	FILE *events =
	    maker == getpid() ? fopen(path_of("events", 0), "r") : NULL;
	while (events != NULL && fgets(line, sizeof line, events) != NULL)
		find_left_by(0, line, &ignored);
	if (events != NULL)
		fclose(events);
}

/* What has our key, made by a program that a command has started. */
static void find_left_of_key(struct outcome *outcome)
{
	const char *const calls[] = {"shmget", "msgget", "semget"};
	const int ids[] = {shmget(key(), 0, 0), msgget(key(), 0),
			   semget(key(), 0, 0)};
	for (int i = 0; i < 3; i++) {
		if (ids[i] == -1)
			continue;
		snprintf(outcome->left, sizeof outcome->left, "%s of the key",
			 remove_object(calls[i], ids[i]));
		outcome->left_by = -1;
	}
}

static void find_left(struct outcome *outcome)
{
	const char *at = outcome->events;
	char line[LINE], name[100] = "";
	while (next_line(&at, line)) {
		int process;
		if (sscanf(line, "%*s %d", &process) == 1)
			find_left_by(process - 1, line, outcome);
	}
	find_left_of_key(outcome);
	empty_folder(folder, OTHERS, name);
	if (*name == '\0')
		return;
	snprintf(outcome->left, sizeof outcome->left, "file %.80s", name);
	outcome->left_by = -1;
}
