/*
 * session.h - for watch.c: begin commands, take their events, end them, and
 * remove what they have left
 */

#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <limits.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

enum {
	COMMANDS = 9,
	WORDS = 64,
	PROCESSES = 120,
	CONNECTIONS = 200,
	LINE = 600, /* of the events */
	NAME = 100,
	DESCRIPTORS = 64,
	SIGNATURES = 64,
	NAMES = 64
};

static struct command {
	const char *line;
	char *words[WORDS + 1];
	int begun, ended, status; /* waitpid's */
	pid_t pid;
	int input; /* this end of its standard input, or -1 */
	int gave_enter;
	int file;    /* what it prints goes there */
	off_t taken; /* so much of that has been looked at */
	off_t seen;  /* so much there was */
	long long seen_at;
	char partial[200]; /* of a line */
	size_t partial_length;
	int process; /* its number in processes[], or -1 */
} commands[COMMANDS];
static int command_count;

enum state { RUNNING, HELD, ENDED };

static struct process {
	char name[NAME];
	int command, parent; /* numbers */
	pid_t pid;
	int connection; /* number in connections[], or -1 */
	enum state state;
	int at_birth; /* HELD, but before no call */
	int told_end; /* it has said that it ends */
	int unnamed;  /* it came in a way that cannot be steered */

	/* The call that it is in, or is held before. */
	int in_call;
	char call[24];
	char arguments[LINE];
	long long call_begun;
	int call_number; /* in calls[], or -1: not drawn */

	int forks;
	long long woken;    /* when it was last told to go on */
	long long sleeping; /* since when, or 0: it is not */
	long long dropped;

	/* For the figures. */
	struct count {
		char call[24];
		long count;
	} counts[NAMES];
	long long waited;
	long long born, died;
	long sent, received, transfers; /* messages, calls that moved them */
	long attached;                  /* segments */

	/* What its descriptors are the ends of. */
	struct descriptor {
		int fd, channel, side;
		char address[80];
	} descriptors[DESCRIPTORS];
	int descriptor_count;

	/* What is folded. */
	struct {
		unsigned hash;
		long count;
	} signatures[SIGNATURES];
	long folded;
	long long folded_until;
	char folded_call[24];
} processes[PROCESSES];
static int process_count;

static struct connection {
	int fd; /* -1: free */
	int ended;
	int process;
	char text[64 * LINE];
	size_t length;
} connections[CONNECTIONS];

/* Events come through several sockets: they are put in order first. */
struct event {
	long long time;
	int connection; /* -1: a gone process */
	int process;
	char *line; /* NULL: the connection has ended */
};
static struct event *events;
static size_t event_count, event_room;

static int holding;                  /* step: each call waits for us */
static int letting_go;               /* of all that is held */
static const char *wanted_call = ""; /* held before this one in any case */
static int listener = -1;
static char folder[200], socket_path[220];
static char library[PATH_MAX];
static long long origin;        /* the time of the first event */
static long long last_activity; /* when an event has come, or one was let go */
static time_t began_at;         /* by the clock of the kernel's objects */
static volatile sig_atomic_t ended_by; /* the signal that we got */

/* What picture.h makes of it. */
static void note_start(int process, long long time, int is_child);
static void note_begin(int process, long long time);
static void note_return(int process, long long time, const char *result);
static void note_printed(int process, long long time, const char *text);
static void note_enter(int process, long long time);
static void note_end(int process, long long time);
static void note_text(int process, long long time, const char *form, ...);
static int is_drawn(const char *call, const char *arguments);

static long long now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (long long)time.tv_sec * 1000000 + time.tv_nsec / 1000;
}

static void rest(int milliseconds)
{
	poll(NULL, 0, milliseconds);
}

/*
 * What must not outlive us: a guardian does it when we are killed
 */

static struct made {
	enum { SEGMENT, SEMAPHORES, QUEUE, SOCKET, GROUP } kind;
	int id;
	char path[100];
	int gone;
} made[500];
static int made_count;
static int to_guardian = -1;
static struct termios terminal; /* as it was */
static int terminal_changed;

static int object_exists(const struct made *object)
{
	struct shmid_ds segment;
	struct msqid_ds queue;
	struct stat status;
	switch (object->kind) {
	case SEGMENT:
		return shmctl(object->id, IPC_STAT, &segment) == 0;
	case SEMAPHORES:
		return semctl(object->id, 0, GETVAL) != -1;
	case QUEUE:
		return msgctl(object->id, IPC_STAT, &queue) == 0;
	case SOCKET:
		return lstat(object->path, &status) == 0 &&
		       S_ISSOCK(status.st_mode);
	case GROUP:
		return kill(-object->id, 0) == 0;
	}
	return 0;
}

static void remove_object(const struct made *object)
{
	if (object->kind == SEGMENT)
		shmctl(object->id, IPC_RMID, NULL);
	else if (object->kind == SEMAPHORES)
		semctl(object->id, 0, IPC_RMID);
	else if (object->kind == QUEUE)
		msgctl(object->id, IPC_RMID, NULL);
	else if (object->kind == SOCKET)
		unlink(object->path);
}

static void remove_folder(void)
{
	unlink(socket_path);
	rmdir(folder);
}

static void show_cursor(int fd)
{
	static const char restored[] = "\033[?25h\033[?1049l";
	ssize_t ignored = write(fd, restored, sizeof restored - 1);
	(void)ignored;
}

/* Ends when we do: then it ends and removes what we should have. */
static void guard(int pipe_end, int screen)
{
	setsid();
	const int signals[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,
			       SIGPIPE, SIGTTOU, SIGTSTP};
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		signal(signals[i], SIG_IGN);
	const int null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	struct made object;
	int clean = 0;
	while (read(pipe_end, &object, sizeof object) == sizeof object) {
		clean = object.gone;
		for (int i = 0; clean && i < made_count; i++)
			if (made[i].kind == object.kind &&
			    made[i].id == object.id)
				made[i] = made[--made_count];
		if (!clean && object.kind == GROUP && object.id == 0)
			terminal_changed = 1;
		else if (!clean &&
			 made_count < (int)(sizeof made / sizeof *made))
			made[made_count++] = object;
		clean = object.gone && object.id == -1;
		if (clean)
			break;
	}
	if (!clean) {
		if (terminal_changed) {
			tcsetattr(screen, TCSANOW, &terminal);
			show_cursor(screen);
		}
		for (int try = 0; try < 50; try++) {
			int living = 0;
			for (int i = 0; i < made_count; i++) {
				if (made[i].kind != GROUP)
					continue;
				kill(-made[i].id, try < 25 ? SIGTERM : SIGKILL);
				living += object_exists(&made[i]);
			}
			if (living == 0)
				break;
			rest(20);
		}
		for (int i = 0; i < made_count; i++)
			remove_object(&made[i]);
	}
	remove_folder();
	_exit(0);
}

static void tell_guardian(const struct made *object)
{
	ssize_t ignored = write(to_guardian, object, sizeof *object);
	(void)ignored;
}

static void note_made(int kind, int id, const char *path)
{
	struct made object = {.id = id};
	object.kind = (unsigned)kind;
	snprintf(object.path, sizeof object.path, "%s",
		 path == NULL ? "" : path);
	tell_guardian(&object);
	if (kind != GROUP && made_count < (int)(sizeof made / sizeof *made))
		made[made_count++] = object;
}

static void start_guardian(void)
{
	int ends[2];
	const int screen = dup(STDIN_FILENO);
	const int has_terminal = tcgetattr(STDIN_FILENO, &terminal) == 0;
	if (pipe(ends) == -1)
		err(1, "pipe");
	const pid_t guardian = fork();
	if (guardian == -1)
		err(1, "fork");
	if (guardian == 0) {
		close(ends[1]);
		guard(ends[0], has_terminal ? screen : -1);
	}
	close(ends[0]);
	close(screen);
	to_guardian = ends[1];
	fcntl(to_guardian, F_SETFD, FD_CLOEXEC);
}

static void dismiss_guardian(void)
{
	struct made object = {.kind = GROUP, .id = -1, .gone = 1};
	tell_guardian(&object);
	remove_folder();
}

/* Ids that were there before us are nobody's business of ours. */
static int *earlier[3], earlier_count[3];

static void note_earlier_objects(void)
{
	static const char *const lists[] = {
	    "/proc/sysvipc/shm", "/proc/sysvipc/sem", "/proc/sysvipc/msg"};
	for (int i = 0; i < 3; i++) {
		char line[1000];
		int id;
		FILE *list = fopen(lists[i], "r");
		while (list != NULL && fgets(line, sizeof line, list) != NULL) {
			if (sscanf(line, "%*d %d", &id) != 1)
				continue;
			int *longer =
			    realloc(earlier[i], ((size_t)earlier_count[i] + 1) *
						    sizeof *longer);
			if (longer == NULL)
				err(1, "realloc");
			earlier[i] = longer;
			earlier[i][earlier_count[i]++] = id;
		}
		if (list != NULL)
			fclose(list);
	}
	began_at = time(NULL);
}

/* A …get has returned this id. Has it made the object? */
static void note_object(int kind, int id)
{
	struct shmid_ds segment;
	struct msqid_ds queue;
	struct semid_ds set;
	union {
		int value;
		struct semid_ds *set;
	} argument = {.set = &set};
	for (int i = 0; i < earlier_count[kind]; i++)
		if (earlier[kind][i] == id)
			return;
	for (int i = 0; i < made_count; i++)
		if (made[i].kind == (unsigned)kind && made[i].id == id)
			return;
	time_t changed = 0;
	if (kind == SEGMENT && shmctl(id, IPC_STAT, &segment) == 0 &&
	    segment.shm_perm.cuid == geteuid())
		changed = segment.shm_ctime;
	if (kind == QUEUE && msgctl(id, IPC_STAT, &queue) == 0 &&
	    queue.msg_perm.cuid == geteuid())
		changed = queue.msg_ctime;
	if (kind == SEMAPHORES && semctl(id, 0, IPC_STAT, argument) == 0 &&
	    set.sem_perm.cuid == geteuid())
		changed = set.sem_ctime;
	if (changed >= began_at)
		note_made(kind, id, NULL);
}

/*
 * Commands
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

/* Does an ELF program ask for a dynamic linker? Only that loads the library. */
static int is_static(const char *path)
{
#ifdef __linux__
	unsigned char head[4096] = {0};
	const int file = open(path, O_RDONLY);
	const ssize_t length = read(file, head, sizeof head);
	close(file);
	if (length < 64 || memcmp(head, "\177ELF", 4) != 0)
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
		if (at + 4 > (uint64_t)length)
			return 0;
		memcpy(&type, head + at, sizeof type);
		if (type == 3) /* PT_INTERP */
			return 0;
	}
	return 1;
#else
	(void)path;
	return 0;
#endif
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
}

static void set(const char *name, const char *value)
{
	if (setenv(name, value, 1) == -1)
		err(1, "setenv");
}

/* In the child: be the program. */
static void become(const struct command *command, int number, int input)
{
	struct stat status;
	char text[30];
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
	set("WATCH_EVENTS", socket_path);
	unsetenv("WATCH_FAULT");
	unsetenv("WATCH_HOLD");
	if (holding)
		set("WATCH_HOLD", "1");
#ifdef __APPLE__
	set("DYLD_INSERT_LIBRARIES", library);
#else
	set("LD_PRELOAD", library);
#endif
	execv(program_of(command), command->words);
	warn("%s", command->words[0]);
	_exit(127);
}

static void begin_command(int number)
{
	struct command *command = &commands[number];
	char path[230];
	int ends[2];
	if (pipe(ends) == -1)
		err(1, "pipe");
	fcntl(ends[0], F_SETFD, FD_CLOEXEC);
	fcntl(ends[1], F_SETFD, FD_CLOEXEC);
	snprintf(path, sizeof path, "%s/out", folder);
	command->file = open(path, O_RDWR | O_CREAT | O_EXCL | O_APPEND, 0600);
	if (command->file == -1)
		err(1, "%s", path);
	unlink(path); /* it lives as long as it is open */
	fcntl(command->file, F_SETFD, FD_CLOEXEC);
	command->input = ends[1];
	command->process = -1;
	command->begun = 1;
	command->ended = command->gave_enter = 0;
	command->taken = command->seen = 0;
	command->partial_length = 0;
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
	if (status.st_size > MOST_PRINTED && !command->ended) {
		note_text(command->process, now(), "prints too much: ended");
		kill(-command->pid, SIGKILL);
	}
}

/*
 * Processes and what they say
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
	process->sleeping = 0;
	last_activity = now();
	if (process->in_call && !process->at_birth) {
		process->call_begun = process->died = time;
		note_begin(number, time);
	}
	process->at_birth = 0;
	const ssize_t put = write(connections[process->connection].fd, "", 1);
	(void)put; /* it may have been killed meanwhile */
}

static void be_held(int number, int at_birth, long long time)
{
	struct process *process = &processes[number];
	process->state = HELD;
	process->at_birth = at_birth;
	if (letting_go || process->unnamed ||
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
		       long long time)
{
	int number = process_named(name);
	int again = 0, unnamed = 0;
	char other[NAME];
	snprintf(other, sizeof other, "%s", name);
	if (number != -1 && processes[number].connection != -1) {
		/* What libc started for itself: system, popen. */
		for (int i = 1; number != -1; i++) {
			snprintf(other, sizeof other, "%.80s.s%d", name, i);
			number = process_named(other);
		}
		unnamed = 1;
	} else if (number != -1 && processes[number].pid == pid) {
		again = 1; /* it has become another program */
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
	process->unnamed = unnamed;
	process->state = RUNNING;
	process->in_call = 0;
	process->command = atoi(name) - 1;
	if (process->command < 0 || process->command >= command_count)
		process->command = 0;
	if (strchr(other, '.') == NULL) {
		commands[process->command].process = number;
	} else {
		*strrchr(other, '.') = '\0';
		process->parent = process_named(other);
	}
	if (is_child && process->parent != -1) {
		const struct process *parent = &processes[process->parent];
		memcpy(process->descriptors, parent->descriptors,
		       sizeof process->descriptors);
		process->descriptor_count = parent->descriptor_count;
	}
	connections[connection].process = number;
	if (origin == 0)
		origin = time;
	if (!again)
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
	if (value != -1 && strcmp(process->call, "shmget") == 0)
		note_object(SEGMENT, (int)value);
	else if (value != -1 && strcmp(process->call, "semget") == 0)
		note_object(SEMAPHORES, (int)value);
	else if (value != -1 && strcmp(process->call, "msgget") == 0)
		note_object(QUEUE, (int)value);
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
	long pid = 0;
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
	    sscanf(words, "%ld", &pid) == 1)
		number = new_process(event->connection, name, is_child, pid,
				     event->time);
	if (number == -1) { /* too many */
		ssize_t ignored = write(connection->fd, "", 1);
		(void)ignored;
		return;
	}
	struct process *process = &processes[number];
	const long long printed = number_of(words, "printed", 0);
	struct command *command = &commands[process->command];
	/* One process goes at a time: then it is the one that has printed. */
	if (command->process != -1)
		take_output(process->command, printed,
			    holding && !letting_go ? number : command->process,
			    event->time);
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
		note_text(number, event->time, "(%ld events dropped)",
			  atol(words));
	}
}

/*
 * The stream
 */

static void add_event(int connection, long long time, const char *line)
{
	if (event_count == event_room) {
		event_room = event_room * 2 + 64;
		events = realloc(events, event_room * sizeof *events);
		if (events == NULL)
			err(1, "realloc");
	}
	size_t at = event_count++;
	while (at > 0 && events[at - 1].time > time) {
		events[at] = events[at - 1];
		at--;
	}
	events[at] = (struct event){.time = time, .connection = connection};
	if (line == NULL)
		return;
	events[at].line = malloc(strlen(line) + 1);
	if (events[at].line == NULL)
		err(1, "malloc");
	strcpy(events[at].line, line);
}

static void read_connection(int number)
{
	struct connection *connection = &connections[number];
	static long long last[CONNECTIONS]; /* a strict sandbox has no clock */
	for (;;) {
		const ssize_t length =
		    read(connection->fd, connection->text + connection->length,
			 sizeof connection->text - 1 - connection->length);
		if (length == -1 && (errno == EAGAIN || errno == EINTR))
			return;
		if (length <= 0) {
			connection->ended = 1;
			add_event(number, now(), NULL);
			return;
		}
		connection->length += (size_t)length;
		connection->text[connection->length] = '\0';
		char *line = connection->text, *end;
		while ((end = strchr(line, '\n')) != NULL) {
			*end = '\0';
			long long time = atoll(line);
			if (time == 0)
				time = last[number];
			last[number] = time;
			add_event(number, time, line);
			line = end + 1;
		}
		connection->length = strlen(line);
		memmove(connection->text, line, connection->length + 1);
		if (connection->length == sizeof connection->text - 1)
			connection->length = 0; /* no line of ours */
	}
}

static void take_connection(void)
{
	const int fd = accept(listener, NULL, NULL);
	if (fd == -1)
		return;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	fcntl(fd, F_SETFL, O_NONBLOCK);
	for (int i = 0; i < CONNECTIONS; i++) {
		if (connections[i].fd != -1)
			continue;
		connections[i].fd = fd;
		connections[i].ended = 0;
		connections[i].process = -1;
		connections[i].length = 0;
		return;
	}
	close(fd); /* not watched, but not held either */
}

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
			look_at_output(process->command, 0);
			if (is_command)
				take_unfinished_line(process->command);
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
	}
}

/* Take what has come, or wait so long for it. Return 1 if there was any. */
static int take_events(int milliseconds, int keyboard)
{
	struct pollfd polled[CONNECTIONS + 2];
	int owner[CONNECTIONS + 2];
	nfds_t count = 0;
	int taken = 0;
	polled[count] = (struct pollfd){.fd = listener, .events = POLLIN};
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
		if (owner[i] == -1)
			take_connection();
		else
			read_connection(owner[i]);
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
	memmove(events, events + done, (event_count - done) * sizeof *events);
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

/* End what still runs: first kindly, then not. Return whether there was any. */
static int end_all(void)
{
	const long long start = now();
	int killed = 0;
	const int living = !all_ended();
	if (living)
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
	return living;
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
				"left behind: %s %d, removed by watch\n",
				kinds[made[i].kind], made[i].id);
		remove_object(&made[i]);
	}
	for (int i = 0; i < made_count; i++) {
		made[i].gone = 1;
		tell_guardian(&made[i]);
	}
	made_count = 0;
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
	const char *place = getenv("TMPDIR");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	find_library(self);
	for (int i = 0; i < command_count; i++) {
		split(&commands[i]);
		exit_if_unwatchable(&commands[i]);
		commands[i].input = -1;
	}
	for (int i = 0; i < CONNECTIONS; i++)
		connections[i].fd = -1;
	snprintf(folder, sizeof folder, "%s/ipc-watch.XXXXXX",
		 place == NULL || *place == '\0' || strlen(place) > 60 ? "/tmp"
								       : place);
	if (mkdtemp(folder) == NULL)
		err(1, "mkdtemp %s", folder);
	snprintf(socket_path, sizeof socket_path, "%s/events", folder);
	start_guardian();
	strcpy(address.sun_path, socket_path);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	if (listener == -1 ||
	    bind(listener, (struct sockaddr *)&address, sizeof address) == -1 ||
	    listen(listener, 100) == -1)
		err(1, "%s", socket_path);
	fcntl(listener, F_SETFD, FD_CLOEXEC);
	fcntl(listener, F_SETFL, O_NONBLOCK);
#ifdef __linux__
	/* What a command leaves behind becomes our child. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
#endif
	note_earlier_objects();
}
