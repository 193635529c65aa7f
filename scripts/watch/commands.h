/*
 * commands.h - for watch.c: begin the commands, and take what they print
 */

/* Split a command as a shell does: blanks, '…', "…" and \. */
static void split(struct command *command)
{
	char *out = malloc(strlen(command->line) + 1);
	if (out == NULL)
		err(1, "malloc");
	int count = 0;
	const char *in = command->line;
	for (;;) {
		in += strspn(in, " \t\n");
		if (*in == '\0' || count == WORDS)
			break;
		command->words[count++] = out;
		char quote = '\0';
		for (; *in != '\0'; in++) {
			if (quote == '\0' && strchr(" \t\n", *in) != NULL)
				break;
			if (quote != '\0' && *in == quote)
				quote = '\0';
			else if (quote == '\0' && (*in == '\'' || *in == '"'))
				quote = *in;
			else if (*in == '\\' && quote != '\'' && in[1] != '\0')
				*out++ = *++in;
			else
				*out++ = *in;
		}
		*out++ = '\0';
	}
	command->words[count] = NULL;
	if (count == 0)
		errx(2, "'%s': a command, please", command->line);
}

/* Where a command's program is: under BUILD, here, or in PATH. */
static const char *program_of(const struct command *command)
{
	static char path[PATH_MAX];
	const char *name = command->words[0], *build = getenv("BUILD");
	if (build != NULL && *build != '\0' && *name != '/') {
		snprintf(path, sizeof path, "%s/%s", build, name);
		if (access(path, X_OK) == 0)
			return path;
	}
	if (strchr(name, '/') != NULL)
		return name;
	const char *places = getenv("PATH");
	while (places != NULL && *places != '\0') {
		const int length = (int)strcspn(places, ":");
		snprintf(path, sizeof path, "%.*s/%s", length, places, name);
		if (access(path, X_OK) == 0)
			return path;
		places += length + (places[length] == ':');
	}
	return name;
}

/* Its interpreter's own calls say nothing to a student. */
static int is_script(const struct command *command)
{
	char head[2] = "";
	const int file = open(program_of(command), O_RDONLY);
	const ssize_t length = read(file, head, sizeof head);
	close(file);
	return length == 2 && head[0] == '#' && head[1] == '!';
}

/* The beginning of an ELF file. Return 0 if it is none. */
static int read_elf(const char *path, unsigned char head[4096])
{
	memset(head, 0, 4096);
	const int file = open(path, O_RDONLY);
	const ssize_t length = read(file, head, 4096);
	close(file);
	return length >= 64 && memcmp(head, "\177ELF", 4) == 0;
}

/* Does a program ask for a dynamic linker? Only that loads the library. */
static int is_static(const char *path)
{
	unsigned char head[4096];
	if (!read_elf(path, head))
		return 0;
	const int wide = head[4] == 2;
	uint64_t table = 0;
	uint32_t table32, type;
	uint16_t size, count;
	if (wide) {
		memcpy(&table, head + 32, 8);
	} else {
		memcpy(&table32, head + 28, 4);
		table = table32;
	}
	memcpy(&size, head + (wide ? 54 : 42), 2);
	memcpy(&count, head + (wide ? 56 : 44), 2);
	for (uint64_t i = 0; i < count; i++) {
		const uint64_t at = table + i * size;
		if (at + 4 > sizeof head)
			return 0;
		memcpy(&type, head + at, sizeof type);
		if (type == 3) /* PT_INTERP */
			return 0;
	}
	return 1;
}

/* Is it for a machine, or of a width, that the library is not for? */
static int is_foreign(const char *path)
{
	unsigned char head[4096], own[4096];
	return read_elf(path, head) && read_elf(library, own) &&
	       (head[4] != own[4] || memcmp(head + 18, own + 18, 2) != 0);
}

static void exit_if_unwatchable(const struct command *command)
{
	struct stat status;
	const char *path = program_of(command);
	if (stat(path, &status) == -1 || access(path, X_OK) == -1)
		err(1, "%s", path);
	if (S_ISDIR(status.st_mode))
		errx(1, "%s: is a directory", path);
	if (((status.st_mode & S_ISUID) != 0 && status.st_uid != geteuid()) ||
	    ((status.st_mode & S_ISGID) != 0 && status.st_gid != getegid()))
		errx(1,
		     "%s cannot be watched: it is set-user-id, and runs "
		     "without what others want to load before libc",
		     path);
	if (is_static(path))
		errx(1,
		     "%s cannot be watched: it is linked statically, so that "
		     "nothing can be loaded before libc",
		     path);
	if (is_foreign(path))
		errx(1,
		     "%s cannot be watched: it is for another machine, or of "
		     "another width (32 or 64 bits), than %s",
		     path, library);
}

static void set(const char *name, const char *value)
{
	if (setenv(name, value, 1) == -1)
		err(1, "setenv");
}

/* AddressSanitizer wants to be loaded first, if it is not told otherwise. */
static void calm_sanitizer(void)
{
	const char *options = getenv("ASAN_OPTIONS");
	char more[1000];
	snprintf(more, sizeof more, "%s:verify_asan_link_order=0",
		 options == NULL ? "" : options);
	set("ASAN_OPTIONS", more);
}

/* In the child: be the program. */
static void become(const struct command *command, int number, int input)
{
	struct stat status;
	char text[30];
	struct rlimit limit = {.rlim_cur = 64};
	const int complaints = dup(2);
	fcntl(complaints, F_SETFD, FD_CLOEXEC);
	setsid();
	signal(SIGPIPE, SIG_DFL);
	dup2(input, 0);
	dup2(command->file, 1);
	dup2(command->file, 2);
	fstat(1, &status);
	snprintf(text, sizeof text, "%llu", (unsigned long long)status.st_ino);
	set("WATCH_OUTPUT", text);
	snprintf(text, sizeof text, "%d", number + 1);
	set("WATCH_PROCESS", text);
	/* Out of the way of the program's own. */
	getrlimit(RLIMIT_NOFILE, &limit);
	const int high = limit.rlim_cur < 1024 ? (int)limit.rlim_cur - 8 : 1000;
	const int copy = fcntl(other_side, F_DUPFD, high);
	if (copy == -1)
		fcntl(other_side, F_SETFD, 0);
	snprintf(text, sizeof text, "%d", copy == -1 ? other_side : copy);
	set("WATCH_EVENTS", text);
	unsetenv("WATCH_FAULT");
	unsetenv("WATCH_HOLD");
	if (holding)
		set("WATCH_HOLD", "1");
	calm_sanitizer();
#ifdef __APPLE__
	set("DYLD_INSERT_LIBRARIES", library);
#else
	set("LD_PRELOAD", library);
#endif
	execv(program_of(command), command->words);
	const int failure = errno;
	dup2(complaints, 2);
	errno = failure;
	warn("execv %s", program_of(command));
	_exit(127);
}

static void begin_command(int number)
{
	struct command *command = &commands[number];
	int ends[2];
	if (pipe(ends) == -1)
		err(1, "pipe");
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	FILE *file = tmpfile(); /* it has no name */
	if (file == NULL)
		err(1, "tmpfile");
	command->file = dup(fileno(file));
	fclose(file);
	fcntl(command->file, F_SETFL, O_APPEND);
	fcntl(command->file, F_SETFD, FD_CLOEXEC);
	command->input = ends[1];
	command->process = -1;
	command->begun = 1;
	command->ended = command->gave_enter = 0;
	command->taken = command->seen = 0;
	command->partial_length = 0;
	command->same_lines = command->too_much = 0;
	fflush(NULL);
	command->pid = fork();
	if (command->pid == -1)
		err(1, "fork");
	if (command->pid == 0)
		become(command, number, ends[0]);
	close(ends[0]);
	note_made(GROUP, command->pid, NULL);
}

/* Enter, once; after that the end of the input. */
static void give_enter(int number)
{
	struct command *command = &commands[number];
	const long long time = now();
	if (command->input == -1)
		return;
	if (!command->gave_enter && write(command->input, "\n", 1) == 1) {
		command->gave_enter = 1;
		if (command->process != -1)
			note_enter(command->process, time);
		return;
	}
	close(command->input);
	command->input = -1;
}

/* What a command has printed, up to a size of its file. */
static void take_output(int number, long long size, int process, long long time)
{
	struct command *command = &commands[number];
	char bytes[4096];
	while (command->begun && command->taken < size) {
		size_t wanted = (size_t)(size - command->taken);
		if (wanted > sizeof bytes)
			wanted = sizeof bytes;
		const ssize_t length =
		    pread(command->file, bytes, wanted, command->taken);
		if (length <= 0)
			return;
		command->taken += length;
		for (ssize_t i = 0; i < length; i++) {
			if (bytes[i] != '\n')
				command->partial[command->partial_length++] =
				    bytes[i];
			if (bytes[i] != '\n' && command->partial_length <
						    sizeof command->partial - 1)
				continue;
			command->partial[command->partial_length] = '\0';
			note_printed(process, time, command->partial);
			command->partial_length = 0;
		}
	}
}

static void take_unfinished_line(int number)
{
	struct command *command = &commands[number];
	if (command->partial_length == 0 || command->process == -1)
		return;
	command->partial[command->partial_length] = '\0';
	note_printed(command->process, now(), command->partial);
	command->partial_length = 0;
}

enum { MOST_PRINTED = 16 << 20 /* bytes: then a program is ended */ };

/* What no event has told of, for a moment: its process prints and makes no
 * call, or has ended. */
static void look_at_output(int number, long long moment)
{
	struct command *command = &commands[number];
	struct stat status;
	if (!command->begun || command->process == -1 ||
	    fstat(command->file, &status) == -1)
		return;
	if (status.st_size != command->seen)
		command->seen_at = now();
	command->seen = status.st_size;
	if (event_count == 0 && now() - command->seen_at >= moment)
		take_output(number, status.st_size, command->process,
			    command->seen_at);
	if (status.st_size > MOST_PRINTED && !command->ended &&
	    !command->too_much) {
		command->too_much = 1;
		note_text(command->process, now(), "prints too much: ended");
		kill(-command->pid, SIGKILL);
	}
}
