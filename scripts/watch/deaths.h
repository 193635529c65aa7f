/*
 * deaths.h - for judge.h: endings that are right where a process got a signal,
 * with the reason of each
 */

/* Its number, or 0: an error, or `short`. */
static int signal_of(const char *what)
{
	for (size_t i = 0; i < NAMES; i++)
		if (names[i].kind == 'G' && strcmp(names[i].name, what) == 0)
			return (int)names[i].value;
	return 0;
}

/* Does the line say that another process has ended too early? */
static int tells_of_death(const char *line)
{
	static const char *const texts[] = {
	    "failed (wait status 0x", "the other process has ended",
	    "the child was killed early", "the child was not killed for its",
	    "was meant for another fate"};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		if (strstr(line, texts[i]) != NULL)
			return 1;
	return 0;
}

/* The command itself got it. It may have a child left, which says so. */
static const char *verdict_on_killed(const struct run *run, int i,
				     int signal_number,
				     const struct outcome *before,
				     const struct outcome *outcome)
{
	const int status = outcome->status[i];
	const char *error = outcome->err[i];
	if (!WIFSIGNALED(status) || WTERMSIG(status) != signal_number)
		return "not ended by the signal";
	if (new_lines(run, i, before, outcome) > 0)
		return "other output";
	if (count_lines(error) <= count_lines(before->err[i]) ||
	    (count_lines(error) == 1 && tells_of_death(error)))
		return NULL;
	return "a message";
}

/* Is it right to say nothing of a child's end? A browser's tab was meant to end
 * so; a worker of prefork ends when prefork has ended. */
static int is_no_news(const struct command *command, const char *call)
{
	return strcmp(command->line, "fork_demo/browser") == 0 ||
	       ((command->flags & STOP) && strcmp(call, "_exit") == 0);
}

/* One of its children got it. It says so: in its output, and goes on, or it
 * fails. */
static const char *verdict_on_parent(const struct run *run, int i,
				     const char *call,
				     const struct outcome *before,
				     const struct outcome *outcome)
{
	const int status = outcome->status[i];
	const char *error = outcome->err[i];
	const int told = new_lines(run, i, before, outcome);
	if (told > 1)
		return "other output";
	if (status == before->status[i] && *error != '\0')
		return "a message";
	if (status == before->status[i])
		return told == 1 || (is_no_news(&run->commands[i], call) &&
				     same_output(run, i, before, outcome))
			   ? NULL
			   : "not told";
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 1)
		return "its status";
	if (count_lines(error) != 1)
		return "not one line";
	return tells_of_death(error) ? NULL : "not why it failed";
}

/* May it be there? */
static int may_stay(const struct run *run, const char *fault, const char *call,
		    int signal_number, const struct outcome *outcome)
{
	const int killed = *fault - '1', is_child = fault[1] == '.';
	const struct command *command = &run->commands[killed];
	if (outcome->left_by != killed || is_child)
		return 0;
	/* It was made, and is marked to be removed after the next call. */
	if (strcmp(outcome->left, "segment") == 0 &&
	    strstr(outcome->events, "key=IPC_PRIVATE") != NULL)
		return is_one_of(call, "shmat shmctl");
	/* Nobody else could remove it. */
	if (signal_number == SIGKILL)
		return command->flags & LEAVES;
	if ((command->flags & STOP) == 0)
		return 0;
	/* It is remembered when the process has joined: see shm/buffer.h. */
	if (strcmp(outcome->left, "semaphores") == 0 &&
	    !has_called(outcome->events, killed, "semop"))
		return 1;
	/* A second signal, while it removed what it had made. */
	return is_removal(call) || strcmp(call, "lstat") == 0;
}
