/*
 * become.h - for faults.c: a command of a run becomes a process
 */

static int find_free_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	struct sockaddr *const name = (struct sockaddr *)&address;
	socklen_t length = sizeof address;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int probe = socket(AF_INET, SOCK_STREAM, 0);
	if (probe == -1)
		err(1, "socket");
	if (bind(probe, name, sizeof address) == -1)
		err(1, "bind to a free port");
	if (getsockname(probe, name, &length) == -1)
		err(1, "getsockname");
	close(probe);
	return ntohs(address.sin_port);
}

static char *filled_in(const char *line)
{
	char number[20];
	snprintf(number, sizeof number, "%ld", (long)key());
	char *text = replace(copy_of(line), "{key}", number);
	text = replace(text, "{dir}", folder);
	text = replace(text, "{build}", build);
	snprintf(number, sizeof number, "%d", port);
	text = replace(text, "{port}", number);
	snprintf(number, sizeof number, "%d", free_port);
	return replace(text, "{free}", number);
}

/* Some compilers cannot build all. */
static const char *missing_program(const struct run *run)
{
	static char path[4300];
	for (int i = 0; i < COMMANDS && run->commands[i].line != NULL; i++) {
		const char *line = run->commands[i].line;
		snprintf(path, sizeof path, "%s/%.*s", build,
			 (int)strcspn(line, " "), line);
		if (access(path, X_OK) == -1)
			return path;
	}
	return NULL;
}

/* Blanks end a word, but not between two of '. */
static void split(char *line, char *words[WORDS + 1])
{
	int count = 0;
	while (*line != '\0' && count < WORDS) {
		const char *ends = *line == '\'' ? "'" : " ";
		line += *line == '\'';
		words[count++] = line;
		line += strcspn(line, ends);
		if (*line != '\0')
			*line++ = '\0';
		line += strspn(line, " ");
	}
	words[count] = NULL;
}

static void set(const char *name, const char *value)
{
	if (setenv(name, value, 1) == -1)
		err(NOT_BEGUN, "setenv %s", name);
}

static void take_stream(const char *path, int mode, int as)
{
	const int from = open(path, mode);
	if (from == -1)
		err(NOT_BEGUN, "open %s", path);
	if (dup2(from, as) == -1)
		err(NOT_BEGUN, "dup2 of %s", path);
}

/* In the child: be the program. */
static void become(const struct run *run, int i, const char *fault, int pipe)
{
	char *words[WORDS + 1], program[4300], number[12];
	split(filled_in(run->commands[i].line), words);
	snprintf(program, sizeof program, "%s/%s", build, words[0]);

	setpgid(0, 0);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGQUIT, SIG_DFL);
	const struct rlimit no_core_file = {0, 0};
	if (setrlimit(RLIMIT_CORE, &no_core_file) == -1)
		err(NOT_BEGUN, "setrlimit: the size of core files");
	if (pipe == -1)
		take_stream(path_of("in", i), O_RDONLY, 0);
	else if (dup2(pipe, 0) == -1)
		err(NOT_BEGUN, "dup2 of a pipe");
	take_stream(path_of("out", i), O_WRONLY | O_APPEND, 1);
	take_stream(path_of("err", i), O_WRONLY | O_APPEND, 2);
	for (int other = 3; other < 20; other++)
		close(other);
	snprintf(number, sizeof number, "%d", i + 1);
	set("WATCH_PROCESS", number);
	set("WATCH_EVENTS", path_of("events", 0));
	set("WATCH_ALONE", "1");
	unsetenv("WATCH_FAULT");
	if (fault != NULL)
		set("WATCH_FAULT", fault);
	set("HOME", folder);
	set("TMPDIR", folder);
	set("BUILD", build);
#ifdef __APPLE__
	set("DYLD_INSERT_LIBRARIES", library);
#else
	set("LD_PRELOAD", library);
#endif
	if (user != 0 && (setgid(user) == -1 || setuid(user) == -1))
		err(NOT_BEGUN, "setuid");
	execv(program, words);
	err(NOT_BEGUN, "execv %s", program);
}

static pid_t begin(const struct run *run, int i, const char *fault)
{
	const struct command *command = &run->commands[i];
	int ends[2] = {-1, -1};
	if ((command->flags & (ENTER | TALKS)) && pipe(ends) == -1)
		err(1, "pipe");
	input[i] = ends[1];
	if (command->flags & TALKS) {
		rest = command->input;
		*awaited = '\0';
	}
	char *text = filled_in(command->input);
	write_file(path_of("in", i), text);
	free(text);
	write_file(path_of("out", i), "");
	write_file(path_of("err", i), "");
	pid_t child = fork();
	if (child == -1)
		err(1, "fork");
	if (child == 0)
		become(run, i, fault, ends[0]);
	setpgid(child, child);
	if (ends[0] != -1)
		close(ends[0]);
	return child;
}
