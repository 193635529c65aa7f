/*
 * picture.h - for watch.c: what has happened, as rows of a sequence diagram
 */

enum { ROWS = 5000, CALLS_KEPT = 8000, FOLD = 3, WIDEST = 300 };

/* A call that has a row. */
static struct call {
	int process;
	char name[24];
	char arguments[LINE];
	char result[200];
	long long begun, ended; /* 0: it has not returned */
	int channel, side;      /* of its descriptor, or -1 */
	int waited;
	int waker; /* the process that ended its wait, or -1 */
} * calls;
static int call_count;

static struct row {
	long long time;
	int process;
	enum { CALL, OPEN, RETURN, STARTS, ENDS, PRINTS, TEXT } kind;
	int call; /* CALL, OPEN, RETURN */
	int from; /* STARTS: the parent's number, or -1 */
	char *text;
} * rows;
static int row_count, emitted; /* these rows are on the screen already */
static long rows_lost;
static int drawing_over; /* what comes now is our doing, not theirs */

static int has_utf8;

/*
 * Rows
 */

static struct row *add_row(int process, long long time, unsigned kind)
{
	if (rows == NULL) {
		rows = calloc(ROWS, sizeof *rows);
		calls = calloc(CALLS_KEPT, sizeof *calls);
		if (rows == NULL || calls == NULL)
			err(1, "calloc");
	}
	if (drawing_over)
		return NULL;
	if (row_count == ROWS) {
		rows_lost++;
		return NULL;
	}
	int at = row_count++;
	while (at > emitted && rows[at - 1].time > time) {
		rows[at] = rows[at - 1];
		at--;
	}
	rows[at] = (struct row){.time = time,
				.process = process,
				.kind = kind,
				.call = -1,
				.from = -1};
	return &rows[at];
}

static void note_text(int process, long long time, const char *form, ...)
{
	char text[300];
	va_list values;
	va_start(values, form);
	vsnprintf(text, sizeof text, form, values);
	va_end(values);
	struct row *row = add_row(process, time, TEXT);
	if (row != NULL)
		row->text = strdup(text);
}

static void forget_rows(void)
{
	for (int i = 0; i < row_count; i++)
		free(rows[i].text);
	row_count = call_count = emitted = 0;
	rows_lost = 0;
	drawing_over = 0;
}

static void note_printed(int process, long long time, const char *text)
{
	struct row *row = add_row(process, time, PRINTS);
	if (row != NULL)
		row->text = strdup(text);
}

static void note_enter(int process, long long time)
{
	note_text(process, time, "(Enter)");
}

static void note_start(int process, long long time, int is_child)
{
	struct row *row = add_row(process, time, STARTS);
	if (row != NULL && is_child)
		row->from = processes[process].parent;
}

static void tell_folded(int number, long long time)
{
	struct process *process = &processes[number];
	if (process->folded == 0)
		return;
	const long folded = process->folded;
	process->folded = 0;
	note_text(
	    number, process->folded_until < time ? process->folded_until : time,
	    "%s %ld more%s%s", has_utf8 ? "\xe2\x80\xa6" : "...", folded,
	    *process->folded_call == '\0' ? "" : " ", process->folded_call);
}

static void note_end(int process, long long time)
{
	tell_folded(process, time);
	struct row *row = add_row(process, time, ENDS);
	const struct command *command = &commands[processes[process].command];
	char text[60] = "ends";
	const int status = command->status;
	if (row == NULL)
		return;
	if (command->process == process && WIFEXITED(status))
		snprintf(text, sizeof text, "ends, exit status %d",
			 WEXITSTATUS(status));
	else if (command->process == process && WIFSIGNALED(status))
		snprintf(text, sizeof text, "ended by signal %d (%s)",
			 WTERMSIG(status), strsignal(WTERMSIG(status)));
	row->text = strdup(text);
}

/*
 * Which calls are drawn, and how
 */

static int is_one_of(const char *word, const char *words)
{
	const size_t length = strlen(word);
	for (const char *at = strstr(words, word); at != NULL;
	     at = strstr(at + 1, word))
		if ((at == words || at[-1] == ' ') &&
		    (at[length] == ' ' || at[length] == '\0'))
			return 1;
	return 0;
}

static const char drawn[] =
    "fork wait waitpid exit _exit kill shmget shmat shmdt shmctl semget semop "
    "semctl msgget msgsnd msgrcv msgctl ftok socket socketpair bind listen "
    "accept connect shutdown close setsockopt fcntl poll select read write "
    "send recv sendto recvfrom sendmsg recvmsg pipe mkfifo open sleep "
    "nanosleep usleep prctl";

/* What it prints itself stands there as output. */
static int is_drawn(const char *call, const char *arguments)
{
	const long fd = number_of(arguments, "fd", -1);
	if (strcmp(call, "write") == 0 && (fd == 1 || fd == 2))
		return 0;
	return is_one_of(call, drawn);
}

static const char sending[] = "send sendto sendmsg write";
static const char receiving[] = "recv recvfrom recvmsg read";

struct text {
	char text[600];
	size_t length;
};

static void add(struct text *text, const char *form, ...)
{
	va_list values;
	va_start(values, form);
	const size_t room = sizeof text->text - text->length;
	const int length =
	    vsnprintf(text->text + text->length, room, form, values);
	va_end(values);
	if (length > 0)
		text->length +=
		    (size_t)length < room ? (size_t)length : room - 1;
}

/* The next NAME=VALUE of some words. */
static int next_word(const char **at, char *name, char *value, size_t size)
{
	*at += strspn(*at, " ");
	const size_t length = strcspn(*at, "= ");
	if (**at == '\0' || (*at)[length] != '=' || length > 30)
		return 0;
	snprintf(name, 31, "%.*s", (int)length, *at);
	if (!value_of(*at, name, value, size))
		return 0;
	int quoted = 0;
	*at += length;
	for (; **at != '\0' && (quoted || **at != ' '); ++*at) {
		if (**at == '\\' && (*at)[1] != '\0')
			++*at;
		else if (**at == '"')
			quoted = !quoted;
	}
	return 1;
}

/* Bytes in quotes: the first of them. Many NULs are one and their number. */
static void add_bytes(struct text *text, const char *bytes)
{
	const size_t start = text->length;
	const int quoted = *bytes == '"';
	while (*bytes != '\0') {
		int nuls = 0;
		while (strncmp(bytes + 4 * nuls, "\\x00", 4) == 0)
			nuls++;
		const size_t length = *bytes != '\\'    ? 1
				      : bytes[1] == 'x' ? 4
							: 2;
		if (nuls > 2) {
			add(text, "\\x00{%d}", nuls);
			bytes += 4 * nuls;
		} else if (quoted && text->length - start > 27 &&
			   strlen(bytes) > 4) {
			add(text, "\"...");
			return;
		} else {
			add(text, "%.*s", (int)length, bytes);
			bytes +=
			    strlen(bytes) < length ? strlen(bytes) : length;
		}
	}
}

static void add_argument(struct text *text, const char *call, const char *name,
			 const char *value)
{
	char copy[LINE];
	if (strcmp(call, "semop") == 0 && strcmp(name, "operations") == 0) {
		/* 0:-1:SEM_UNDO */
		snprintf(copy, sizeof copy, "%s", value);
		for (char *one = strtok(copy, ","); one != NULL;
		     one = strtok(NULL, ",")) {
			const char *change = strchr(one, ':');
			if (change == NULL)
				continue;
			add(text, "%s[%.*s] ", one == copy ? "" : ", ",
			    (int)(change - one), one);
			for (const char *letter = change + 1; *letter != '\0';
			     letter++)
				add(text, *letter == ':' ? ", " : "%c",
				    *letter);
		}
	} else if (strcmp(name, "size") == 0) {
		add(text, "%s bytes", value);
	} else if (strcmp(name, "polled") == 0) {
		/* -1 is no descriptor. */
		const char *separator = "";
		snprintf(copy, sizeof copy, "%s", value);
		for (char *one = strtok(copy, ","); one != NULL;
		     one = strtok(NULL, ",")) {
			if (*one == '-')
				continue;
			add(text, "%s%s", separator, one);
			separator = " ";
		}
	} else if (strcmp(name, "time") == 0) {
		add(text, "%g ms", atof(value) * 1000);
	} else if (strcmp(name, "key") == 0 && strncmp(value, "0x", 2) == 0) {
		add(text, "key %s", value);
		if (strcmp(value, "0xffffffff") == 0)
			add(text, " (-1)");
	} else if (strcmp(name, "message") == 0) {
		const char *bytes = strchr(value, ':');
		if (bytes != NULL)
			add(text, "type %.*s, ", (int)(bytes - value), value);
		if (bytes != NULL)
			add_bytes(text, bytes + 1);
	} else if (is_one_of(name, "id count backlog pid seconds milliseconds "
				   "microseconds number type project") &&
		   (isdigit((unsigned char)*value) || *value == '-')) {
		add(text, "%s %s", name, value);
	} else {
		add_bytes(text, value);
	}
}

/* As a student wrote it: its arguments that teach. */
static void add_call(struct text *text, const struct call *call)
{
	const char *at = call->arguments;
	char name[31], value[LINE];
	const char *separator = "";
	int whole = 0;
	if (value_of(at, "bytes", value, sizeof value) ||
	    value_of(at, "message", value, sizeof value))
		whole = value[strlen(value) - 1] == '"';
	add(text, "%s(", call->name);
	while (next_word(&at, name, value, sizeof value)) {
		if (is_one_of(name, "printed protocol length room version "
				    "rest mode argument count") &&
		    !(strcmp(name, "count") == 0 &&
		      strcmp(call->name, "semget") == 0) &&
		    !(strcmp(name, "argument") == 0 &&
		      strcmp(call->name, "fcntl") == 0))
			continue;
		if (is_one_of(name, "flags address options argument") &&
		    strcmp(value, "0") == 0)
			continue;
		if (strcmp(name, "argument") == 0 &&
		    strstr(call->arguments, "F_SETFL") == NULL)
			continue; /* it takes none */
		if (strcmp(name, "size") == 0 && whole)
			continue;
		add(text, "%s", separator);
		add_argument(text, call->name, name, value);
		separator = ", ";
	}
	add(text, ")");
}

static void add_result(struct text *text, const struct call *call)
{
	const char *at = call->result;
	char name[31], value[LINE];
	if (strncmp(at, "0xffffffff", 10) == 0) /* shmat has failed */
		add(text, "= -1");
	else
		add(text, "= %.*s", (int)strcspn(at, " "), at);
	at += strcspn(at, " ");
	at += strspn(at, " ");
	if (isupper((unsigned char)*at)) {
		add(text, " %.*s", (int)strcspn(at, " "), at);
		at += strcspn(at, " ");
	}
	while (next_word(&at, name, value, sizeof value)) {
		if (strcmp(name, "printed") == 0 || strcmp(name, "waited") == 0)
			continue;
		if (strcmp(name, "exit") == 0)
			add(text, ", exit %s", value);
		else if (strcmp(name, "ends") == 0)
			add(text, ", %s", value);
		else
			add(text, " ");
		if (strcmp(name, "message") == 0)
			add_argument(text, call->name, name, value);
		else if (strcmp(name, "exit") != 0 && strcmp(name, "ends") != 0)
			add_bytes(text, value);
	}
}

/*
 * Who is connected to whom
 */

static int channels;

static struct connect {
	int channel, taken;
	char address[80];
} connects[500];
static int connect_count;

static struct descriptor *descriptor_of(int process, long fd, int new_one)
{
	struct process *owner = &processes[process];
	for (int i = 0; i < owner->descriptor_count; i++)
		if (owner->descriptors[i].fd == fd)
			return &owner->descriptors[i];
	if (!new_one || fd < 0)
		return NULL;
	const int at = owner->descriptor_count == DESCRIPTORS
			   ? DESCRIPTORS - 1
			   : owner->descriptor_count++;
	owner->descriptors[at] =
	    (struct descriptor){.fd = (int)fd, .channel = -1};
	return &owner->descriptors[at];
}

static void set_end(int process, long fd, int channel, int side)
{
	struct descriptor *end = descriptor_of(process, fd, 1);
	if (end == NULL)
		return;
	end->channel = channel;
	end->side = side;
	*end->address = '\0';
}

static int is_same_address(const char *bound, const char *connected)
{
	const char *port = strrchr(bound, ':');
	const char *other = strrchr(connected, ':');
	if (port == NULL || other == NULL)
		return strcmp(bound, connected) == 0;
	return strcmp(port, ":0") == 0 || strcmp(port, other) == 0;
}

/* The client is known when it begins to connect, before it has. */
static void connect_begins(int process, const char *arguments)
{
	const long fd = number_of(arguments, "fd", -1);
	if (connect_count == (int)(sizeof connects / sizeof *connects))
		connect_count = 0;
	struct connect *one = &connects[connect_count++];
	one->taken = 0;
	one->channel = channels++;
	value_of(arguments, "address", one->address, sizeof one->address);
	set_end(process, fd, one->channel, 0);
}

static void accept_returns(int process, long listening, long accepted)
{
	const struct descriptor *own = descriptor_of(process, listening, 0);
	for (int i = 0; i < connect_count; i++) {
		struct connect *one = &connects[i];
		if (one->taken ||
		    (own != NULL && *own->address != '\0' &&
		     !is_same_address(own->address, one->address)))
			continue;
		one->taken = 1;
		set_end(process, accepted, one->channel, 1);
		return;
	}
	set_end(process, accepted, channels++, 1);
}

/* What a call that has succeeded tells of its descriptors. */
static void learn(int process, const char *name, const char *arguments,
		  const char *result)
{
	const long fd = number_of(arguments, "fd", -1);
	int ends[2];
	char value[80];
	struct descriptor *own;
	if (strcmp(name, "bind") == 0) {
		own = descriptor_of(process, fd, 1);
		if (own != NULL)
			value_of(arguments, "address", own->address,
				 sizeof own->address);
	} else if (strcmp(name, "accept") == 0) {
		accept_returns(process, fd, atol(result));
	} else if (strcmp(name, "close") == 0) {
		own = descriptor_of(process, fd, 0);
		if (own != NULL)
			own->fd = -1;
	} else if (value_of(result, "ends", value, sizeof value) &&
		   sscanf(value, "%d,%d", &ends[0], &ends[1]) == 2) {
		set_end(process, ends[0], channels, 1);
		set_end(process, ends[1], channels++, 0);
	}
}

/* Could this call have ended that one's wait? */
static int could_wake(const struct call *call, const struct call *waiting)
{
	char one[LINE], other[LINE];
	const char *name = call->name, *waits_in = waiting->name;
	const int same_id = number_of(call->arguments, "id", -1) ==
			    number_of(waiting->arguments, "id", -2);
	const int failed = call->ended != 0 && *call->result == '-';
	if (failed && strcmp(name, "connect") != 0)
		return 0;
	if (strcmp(waits_in, "accept") == 0)
		return strcmp(name, "connect") == 0 && call->channel != -1 &&
		       call->channel == waiting->channel;
	if (strcmp(waits_in, "connect") == 0)
		return strcmp(name, "accept") == 0;
	if (is_one_of(waits_in, receiving)) {
		if (waiting->channel != -1 && call->channel != -1)
			return call->channel == waiting->channel &&
			       call->side != waiting->side &&
			       (*waiting->result == '0'
				    ? is_one_of(name, "close shutdown")
				    : is_one_of(name, sending));
		return is_one_of(name, sending) &&
		       value_of(call->arguments, "bytes", one, sizeof one) &&
		       value_of(waiting->result, "bytes", other,
				sizeof other) &&
		       strncmp(one, other, strlen(other) - 1) == 0;
	}
	if (is_one_of(waits_in, sending))
		return is_one_of(name, receiving) && call->channel != -1 &&
		       call->channel == waiting->channel &&
		       call->side != waiting->side;
	if (strcmp(waits_in, "msgrcv") == 0)
		return same_id && strcmp(name, "msgsnd") == 0 &&
		       value_of(call->arguments, "message", one, sizeof one) &&
		       (!value_of(waiting->result, "message", other,
				  sizeof other) ||
			strncmp(one, other, strlen(other) - 1) == 0);
	if (strcmp(waits_in, "msgsnd") == 0)
		return same_id && strcmp(name, "msgrcv") == 0;
	if (strcmp(waits_in, "semop") == 0)
		return same_id && (strcmp(name, "semctl") == 0 ||
				   (strcmp(name, "semop") == 0 &&
				    strchr(call->arguments, '+') != NULL));
	if (is_one_of(waits_in, "poll select"))
		return (is_one_of(name, sending) ||
			is_one_of(name, "connect close")) &&
		       call->channel != -1;
	return 0;
}

static int find_waker(const struct call *waiting)
{
	const long pid = atol(waiting->result);
	if (is_one_of(waiting->name, "wait waitpid"))
		return pid > 0 ? process_of_pid(pid) : -1;
	for (int i = call_count - 1; i >= 0 && i > call_count - 300; i--) {
		const struct call *call = &calls[i];
		if (call->process == waiting->process ||
		    call->begun > waiting->ended ||
		    (call->ended != 0 && call->ended < waiting->begun))
			continue;
		if (strstr(waiting->result, "EINTR") != NULL
			? strcmp(call->name, "kill") == 0
			: could_wake(call, waiting))
			return call->process;
	}
	/* End-of-file, because the other end's process has ended. */
	for (int i = 0; i < process_count && waiting->channel != -1 &&
			*waiting->result == '0';
	     i++)
		for (int j = 0; j < processes[i].descriptor_count; j++)
			if (i != waiting->process &&
			    processes[i].descriptors[j].fd != -1 &&
			    processes[i].descriptors[j].channel ==
				waiting->channel &&
			    processes[i].descriptors[j].side != waiting->side)
				return i;
	return -1;
}

/*
 * Calls begin and return
 */

/* What is said again and again is the same but for what is in quotes. */
static int is_folded(struct process *process)
{
	unsigned hash = 2166136261u;
	int quoted = 0;
	for (int part = 0; part < 2; part++) {
		const char *at = part == 0 ? process->call : process->arguments;
		const char *stop = strstr(at, " printed=");
		for (; *at != '\0' && at != stop; at++) {
			quoted ^= *at == '"';
			if (!quoted)
				hash = (hash ^ (unsigned char)*at) * 16777619u;
		}
	}
	for (int i = 0; i < SIGNATURES; i++) {
		if (process->signatures[i].count != 0 &&
		    process->signatures[i].hash != hash)
			continue;
		process->signatures[i].hash = hash;
		return ++process->signatures[i].count > FOLD;
	}
	return 1;
}

static void note_begin(int number, long long time)
{
	struct process *process = &processes[number];
	const char *name = process->call;
	process->call_number = -1;
	if (drawing_over)
		return;
	if (strcmp(name, "connect") == 0)
		connect_begins(number, process->arguments);
	if (!is_drawn(name, process->arguments))
		return;
	count_call(process, name);
	if (call_count == CALLS_KEPT || is_folded(process)) {
		if (process->folded++ == 0)
			strcpy(process->folded_call, name);
		else if (strcmp(process->folded_call, name) != 0)
			*process->folded_call = '\0';
		process->folded_until = time;
		return;
	}
	tell_folded(number, time);
	struct row *row = add_row(number, time, CALL);
	if (row == NULL)
		return;
	struct call *call = &calls[call_count];
	memset(call, 0, sizeof *call);
	call->process = number;
	call->waker = -1;
	call->begun = time;
	strcpy(call->name, name);
	strcpy(call->arguments, process->arguments);
	const struct descriptor *end =
	    descriptor_of(number, number_of(process->arguments, "fd", -1), 0);
	call->channel = end == NULL ? -1 : end->channel;
	call->side = end == NULL ? 0 : end->side;
	process->call_number = row->call = call_count++;
}

static void note_return(int number, long long time, const char *result)
{
	struct process *process = &processes[number];
	const char *name = process->call;
	const int failed = *result == '-';
	int waited = number_of(result, "waited", 0) == 1 &&
		     !is_one_of(name, "fork close socket exit");
	if (!failed)
		learn(number, name, process->arguments, result);
	if (is_one_of(name, "wait waitpid") && atol(result) > 0) {
		/* One that was killed has not said that it ends. */
		const int child = process_of_pid(atol(result));
		if (child != -1 && !processes[child].told_end) {
			processes[child].told_end = 1;
			processes[child].died = time;
		}
	}
	if (drawing_over || !is_drawn(name, process->arguments))
		return;
	if (waited)
		process->waited += time - process->call_begun;
	const int on_standard = number_of(process->arguments, "fd", 9) <= 2;
	if (!failed && !on_standard && *result != '0' &&
	    (is_one_of(name, sending) || strcmp(name, "msgsnd") == 0))
		process->sent++;
	if (!on_standard &&
	    (is_one_of(name, sending) || is_one_of(name, receiving) ||
	     is_one_of(name, "msgsnd msgrcv")))
		process->transfers++;
	if (!failed && strcmp(name, "msgsnd") == 0)
		process->sent += *result == '0';
	if (!failed && strcmp(name, "shmat") == 0)
		process->attached++;

	if (process->call_number == -1) {
		process->folded_until = time;
		return;
	}
	struct call *call = &calls[process->call_number];
	call->ended = time;
	call->waited = waited;
	snprintf(call->result, sizeof call->result, "%s", result);
	if (strcmp(name, "accept") == 0 && !failed) {
		const struct descriptor *end =
		    descriptor_of(number, atol(result), 0);
		call->channel = end == NULL ? -1 : end->channel;
	}
	int at = row_count - 1;
	while (at >= 0 && rows[at].call != process->call_number)
		at--;
	if (waited)
		call->waker = find_waker(call);
	if (waited && at >= 0 && rows[at].kind == CALL)
		rows[at].kind = OPEN;
	if (at >= 0 && rows[at].kind == OPEN) {
		const int own = process->call_number;
		struct row *row = add_row(number, time, RETURN);
		if (row != NULL)
			row->call = own;
	}
}

/*
 * A diagram of characters
 */

enum style { PLAIN, DIM, STRONG, FAILED, OUTPUT, WAITING, ARROW };

struct cell {
	unsigned glyph;
	unsigned char style;
};

enum { /* glyphs */
       RUNS_LINE = 0x2502,
       WAITS_LINE = 0x250a,
       ACROSS = 0x2500,
       LEFT = 0x25c0,
       RIGHT = 0x25b6,
       FROM_LEFT = 0x251c,
       FROM_RIGHT = 0x2524,
       CROSSING = 0x253c,
       PRINTED = 0x25b8
};

struct canvas {
	void (*put)(const struct cell *cells, int width, void *where);
	void *where;
	int width;
	int columns, shown;      /* columns; processes that there are */
	int at[PROCESSES], wide; /* by process: where its column begins */
	int crowded[PROCESSES];  /* the last column is that of several */
	int order[PROCESSES];
	char life[PROCESSES]; /* ' ' not yet or no more, '|', ':' */
	struct cell cells[WIDEST];
	int line_used;
};

enum { TIME_WIDTH = 8, NARROWEST = 16 };

static int compare_names(const char *one, const char *other)
{
	for (;;) {
		char *one_end, *other_end;
		const long difference =
		    strtol(one, &one_end, 10) - strtol(other, &other_end, 10);
		if (difference != 0)
			return difference < 0 ? -1 : 1;
		if (*one_end == '\0' || *other_end == '\0' || one_end == one ||
		    other_end == other)
			return (*one_end != '\0') - (*other_end != '\0');
		one = one_end + 1;
		other = other_end + 1;
	}
}

/* A column for each process that there is: 1, 1.1, 1.2, 2. */
static void lay_out(struct canvas *canvas)
{
	canvas->shown = process_count;
	for (int i = 0; i < process_count; i++) {
		int at = i;
		while (at > 0 &&
		       compare_names(processes[canvas->order[at - 1]].name,
				     processes[i].name) > 0) {
			canvas->order[at] = canvas->order[at - 1];
			at--;
		}
		canvas->order[at] = i;
	}
	int coming = 0; /* commands that have not begun */
	for (int i = 0; i < command_count; i++)
		coming += commands[i].process == -1;
	const int room = canvas->width - TIME_WIDTH;
	canvas->columns = process_count + coming;
	if (canvas->columns > room / NARROWEST)
		canvas->columns = room / NARROWEST;
	if (canvas->columns < 1)
		canvas->columns = 1;
	canvas->wide = room / canvas->columns;
	for (int i = 0; i < process_count; i++) {
		const int last = canvas->columns - 1;
		canvas->at[canvas->order[i]] =
		    TIME_WIDTH + canvas->wide * (i < last ? i : last);
		canvas->crowded[canvas->order[i]] =
		    i >= last && process_count + coming > canvas->columns;
	}
}

static void clear_cells(struct canvas *canvas)
{
	for (int i = 0; i < WIDEST; i++)
		canvas->cells[i] = (struct cell){' ', PLAIN};
}

/* Put UTF-8 there; return its width. What a terminal would obey becomes '?'. */
static int put_text(struct canvas *canvas, int at, int room, const char *text,
		    enum style style)
{
	int width = 0;
	const unsigned char *byte = (const unsigned char *)text;
	while (*byte != '\0' && width < room) {
		unsigned glyph = *byte++;
		int more = glyph >= 0xf0   ? 3
			   : glyph >= 0xe0 ? 2
			   : glyph >= 0xc0 ? 1
					   : 0;
		if (glyph >= 0x80 && more == 0)
			glyph = '?';
		if (more > 0)
			glyph &= 0x3fu >> more;
		for (; more > 0 && (*byte & 0xc0) == 0x80; more--)
			glyph = glyph << 6 | (*byte++ & 0x3fu);
		if (glyph == '\t')
			glyph = ' ';
		if (glyph < ' ' || (glyph >= 0x7f && glyph < 0xa0))
			glyph = '?';
		if (at + width < WIDEST)
			canvas->cells[at + width] =
			    (struct cell){glyph, (unsigned char)style};
		width++;
	}
	return width;
}

static void put_lifelines(struct canvas *canvas)
{
	clear_cells(canvas);
	for (int i = 0; i < canvas->shown; i++) {
		if (canvas->life[i] == ' ' || canvas->life[i] == '\0')
			continue;
		struct cell *cell = &canvas->cells[canvas->at[i]];
		const int runs = canvas->life[i] == '|';
		if (cell->glyph == RUNS_LINE)
			continue;
		cell->glyph = runs ? RUNS_LINE : WAITS_LINE;
		cell->style = runs ? DIM : WAITING;
	}
}

static void put_line(struct canvas *canvas)
{
	canvas->put(canvas->cells, canvas->width, canvas->where);
}

static void put_header(struct canvas *canvas)
{
	clear_cells(canvas);
	put_text(canvas, 0, TIME_WIDTH, "     ms", DIM);
	for (int i = 0; i < canvas->shown; i++) {
		const struct process *process = &processes[i];
		char text[200];
		if (canvas->crowded[i] &&
		    canvas->cells[canvas->at[i]].glyph != ' ') {
			put_text(canvas, canvas->at[i] + canvas->wide - 4, 3,
				 "...", STRONG);
			continue;
		}
		snprintf(text, sizeof text, "%.40s %.150s", process->name,
			 commands[process->command].process == i
			     ? commands[process->command].line
			     : "child");
		put_text(canvas, canvas->at[i], canvas->wide - 1, text, STRONG);
	}
	put_line(canvas);
}

static void put_time(struct canvas *canvas, long long time)
{
	char text[30];
	snprintf(text, sizeof text, "%7.2f", (double)(time - origin) / 1000);
	put_text(canvas, 0, TIME_WIDTH - 1, text, DIM);
}

/* How much of a text fits in a line, broken at a blank if possible. */
static int fitting(const char *text, int room)
{
	int width = 0, at = 0, blank = 0;
	while (text[at] != '\0') {
		if (width == room)
			return blank > 0 ? blank : at;
		if (text[at] == ' ' && width > room / 3)
			blank = at;
		at++;
		while ((text[at] & 0xc0) == 0x80)
			at++;
		width++;
	}
	return at;
}

static int width_of(const char *text)
{
	int width = 0;
	for (; *text != '\0'; text++)
		width += (*text & 0xc0) != 0x80;
	return width;
}

/* From the lifeline of the process that ended a wait, to that which waited:
 * past its text, if it comes from the right. */
static void put_arrow(struct canvas *canvas, int from, int to, int text_end)
{
	const int source = canvas->at[from], target = canvas->at[to];
	const int left = source < target ? source + 1 : text_end + 1;
	const int right = source < target ? target - 1 : source - 1;
	for (int i = left; i <= right; i++) {
		struct cell *cell = &canvas->cells[i];
		const int is_line =
		    cell->glyph == RUNS_LINE || cell->glyph == WAITS_LINE;
		*cell = (struct cell){is_line ? CROSSING : ACROSS, ARROW};
	}
	canvas->cells[source] =
	    (struct cell){source < target ? FROM_LEFT : FROM_RIGHT, ARROW};
	if (source < target)
		canvas->cells[right] = (struct cell){RIGHT, ARROW};
	else
		canvas->cells[left] = (struct cell){LEFT, ARROW};
}

/* One process's text, in as many lines as it takes. */
static void put_cell_text(struct canvas *canvas, const struct row *row,
			  const char *text, enum style style, int from)
{
	char prefixed[800];
	const int at = canvas->at[row->process];
	const int room = canvas->wide - 3;
	const int arrow_left =
	    from != -1 && canvas->at[from] > at; /* it comes from the right */
	int first = 1, arrow_put = from == -1 || canvas->at[from] == at;
	if (canvas->crowded[row->process]) {
		snprintf(prefixed, sizeof prefixed, "%s: %s",
			 processes[row->process].name, text);
		text = prefixed;
	}
	do {
		const int indent = first ? 0 : 2;
		const int length = fitting(text, room - indent);
		char part[WIDEST * 4];
		snprintf(part, sizeof part, "%.*s", length, text);
		put_lifelines(canvas);
		if (first)
			put_time(canvas, row->time);
		if (style == OUTPUT)
			canvas->cells[at + 1] = (struct cell){PRINTED, OUTPUT};
		put_text(canvas, at + 2 + indent, room, part, style);
		if (row->kind == RETURN || row->kind == CALL) {
			/* The failure in a call's line. */
			const char *error = strstr(part, "= -1");
			if (error != NULL)
				put_text(canvas,
					 at + 2 + indent + width_of(part) -
					     width_of(error),
					 room, error, FAILED);
		}
		const int end = at + 2 + indent + width_of(part);
		text += length;
		text += strspn(text, " ");
		if (!arrow_put && !arrow_left) {
			put_arrow(canvas, from, row->process, 0);
			arrow_put = 1;
		} else if (!arrow_put && *text == '\0' &&
			   end + 3 < canvas->at[from]) {
			put_arrow(canvas, from, row->process, end);
			arrow_put = 1;
		}
		put_line(canvas);
		first = 0;
	} while (*text != '\0');
	if (!arrow_put) { /* there was no room beside the text */
		put_lifelines(canvas);
		put_arrow(canvas, from, row->process, at + 1);
		put_line(canvas);
	}
}

static void put_wait(struct canvas *canvas, const struct row *row,
		     const struct call *call)
{
	char text[80];
	const int asleep = is_one_of(call->name, "sleep nanosleep usleep");
	const double time = (double)(call->ended - call->begun) / 1000;
	snprintf(text, sizeof text, "%s %.2f ms", asleep ? "slept" : "waited",
		 time);
	put_lifelines(canvas);
	put_text(canvas, canvas->at[row->process] + 2, canvas->wide - 2, text,
		 WAITING);
	put_line(canvas);
}

static void put_row(struct canvas *canvas, const struct row *row)
{
	struct text text = {.length = 0};
	const struct call *call = row->call == -1 ? NULL : &calls[row->call];
	if (canvas->shown < process_count || canvas->line_used == 0) {
		canvas->line_used = 1;
		lay_out(canvas);
		put_header(canvas);
	}
	char *life = &canvas->life[row->process];
	switch (row->kind) {
	case STARTS:
		*life = '|';
		put_cell_text(canvas, row, "starts", DIM, row->from);
		break;
	case ENDS:
		put_cell_text(canvas, row, row->text, DIM, -1);
		*life = ' ';
		break;
	case PRINTS:
		put_cell_text(canvas, row, row->text, OUTPUT, -1);
		break;
	case TEXT:
		put_cell_text(canvas, row, row->text, DIM, -1);
		break;
	case CALL:
		*life = '|';
		add_call(&text, call);
		if (call->ended != 0) {
			add(&text, " ");
			add_result(&text, call);
		}
		put_cell_text(canvas, row, text.text, PLAIN, -1);
		if (call->ended == 0 && strstr(call->name, "exit") == NULL)
			*life = ':';
		break;
	case OPEN:
		*life = '|';
		add_call(&text, call);
		put_cell_text(canvas, row, text.text, PLAIN, -1);
		*life = ':';
		break;
	case RETURN:
		if (call->waited)
			put_wait(canvas, row, call);
		*life = '|';
		add(&text, "%s ", call->name);
		add_result(&text, call);
		put_cell_text(canvas, row, text.text, PLAIN, call->waker);
	}
}

/* Where a call does not return soon, its line comes without the result. */
static int is_ready(struct row *row, int finished)
{
	if (finished)
		return 1;
	if (now() - row->time < 12000)
		return 0;
	if (row->kind != CALL || calls[row->call].ended != 0)
		return 1;
	if (now() - row->time < 20000 && processes[row->process].state != ENDED)
		return 0;
	row->kind = OPEN;
	return 1;
}

static void put_new_rows(struct canvas *canvas, int finished)
{
	while (emitted < row_count && is_ready(&rows[emitted], finished))
		put_row(canvas, &rows[emitted++]);
}

static void put_all_rows(struct canvas *canvas)
{
	canvas->line_used = 0;
	memset(canvas->life, ' ', sizeof canvas->life);
	for (int i = 0; i < row_count; i++)
		put_row(canvas, &rows[i]);
}

/*
 * On paper: a terminal, a pipe, a picture
 */

static int has_colour;

static const char *const colours[] = {"", "2", "1", "31", "32", "33", "36"};

static size_t put_glyph(char *out, unsigned glyph)
{
	static const struct {
		unsigned glyph;
		char ascii;
	} plain[] = {{RUNS_LINE, '|'},  {WAITS_LINE, ':'}, {ACROSS, '-'},
		     {LEFT, '<'},       {RIGHT, '>'},      {FROM_LEFT, '+'},
		     {FROM_RIGHT, '+'}, {CROSSING, '+'},   {PRINTED, '>'}};
	if (glyph < 0x80) {
		*out = (char)glyph;
		return 1;
	}
	if (!has_utf8) {
		*out = '?';
		for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
			if (plain[i].glyph == glyph)
				*out = plain[i].ascii;
		return 1;
	}
	if (glyph < 0x800) {
		out[0] = (char)(0xc0 | glyph >> 6);
		out[1] = (char)(0x80 | (glyph & 0x3f));
		return 2;
	}
	if (glyph < 0x10000) {
		out[0] = (char)(0xe0 | glyph >> 12);
		out[1] = (char)(0x80 | (glyph >> 6 & 0x3f));
		out[2] = (char)(0x80 | (glyph & 0x3f));
		return 3;
	}
	out[0] = (char)(0xf0 | (glyph >> 18 & 0x7));
	out[1] = (char)(0x80 | (glyph >> 12 & 0x3f));
	out[2] = (char)(0x80 | (glyph >> 6 & 0x3f));
	out[3] = (char)(0x80 | (glyph & 0x3f));
	return 4;
}

/* A line as a terminal wants it, without blanks at its end. */
static void encode(const struct cell *cells, int width, char *out)
{
	size_t length = 0;
	int style = PLAIN;
	while (width > 0 && cells[width - 1].glyph == ' ')
		width--;
	for (int i = 0; i < width; i++) {
		const int wanted =
		    cells[i].glyph == ' ' ? style : cells[i].style;
		if (has_colour && wanted != style)
			length += (size_t)sprintf(out + length, "\033[0%s%sm",
						  wanted == PLAIN ? "" : ";",
						  colours[wanted]);
		style = wanted;
		length += put_glyph(out + length, cells[i].glyph);
	}
	if (has_colour && style != PLAIN)
		length += (size_t)sprintf(out + length, "\033[0m");
	out[length] = '\0';
}

enum { ENCODED = WIDEST * 20 };

static void put_on_output(const struct cell *cells, int width, void *where)
{
	char line[ENCODED];
	encode(cells, width, line);
	fprintf(where, "%s\n", line);
}

/* How wide is the terminal? */
static void measure(int *width, int *height)
{
	struct winsize size;
	const char *columns = getenv("COLUMNS");
	*width = 80;
	*height = 24;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
		*width = size.ws_col;
		*height = size.ws_row;
	} else if (columns != NULL && atoi(columns) > 0) {
		*width = atoi(columns);
	}
	if (*width > WIDEST - 2)
		*width = WIDEST - 2;
	if (*width < 40)
		*width = 40;
}
