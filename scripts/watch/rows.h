/*
 * rows.h - for watch.c: what has happened, as rows of a sequence diagram
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
	long long time, key; /* they are in the order of their keys */
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

/* With -n and -x, rows come in the order of the steps; in a step first those of
 * its process, then those of what it has woken, which runs at the same time. */
static long long current_step; /* 0: in the order of time */
static int current_process;    /* the step's, or -1 */

static long long key_of_row(int process, long long time)
{
	if (!same_each_time || !holding)
		return time;
	const long long late =
	    time - origin < 99999999 ? time - origin : 99999999;
	const int others = current_process == -1 || current_process == process
			       ? 0
			       : process + 1;
	return (current_step * 1000 + others) * 100000000 + late;
}

/* A number in its place: the first of its kind that comes is 1. */
static int place_of(char kind, long value)
{
	static struct {
		char kind;
		long value;
	} known[1000];
	static int count;
	int place = 1;
	for (int i = 0; i < count; i++) {
		if (known[i].kind == kind && known[i].value == value)
			return place;
		place += known[i].kind == kind;
	}
	if (count < (int)(sizeof known / sizeof *known)) {
		known[count].kind = kind;
		known[count++].value = value;
	}
	return place;
}

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
	/* There is always room to tell how it has ended. */
	if (row_count >= ROWS - (kind == ENDS || kind == TEXT ? 0 : 300) ||
	    row_count == ROWS) {
		rows_lost++;
		return NULL;
	}
	const long long key = key_of_row(process, time);
	int at = row_count++;
	while (at > emitted && rows[at - 1].key > key) {
		rows[at] = rows[at - 1];
		at--;
	}
	rows[at] = (struct row){.time = time,
				.key = key,
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

/* The same line again and again is folded. */
static void tell_folded_lines(struct command *command, int process,
			      long long time)
{
	const long more = command->same_lines - FOLD;
	command->same_lines = 0;
	if (more > 0)
		note_text(process, time, "%s %ld more lines",
			  has_utf8 ? "\xe2\x80\xa6" : "...", more);
}

static void note_printed(int process, long long time, const char *text)
{
	struct command *command = &commands[processes[process].command];
	if (strcmp(command->last_line, text) != 0)
		tell_folded_lines(command, process, time);
	snprintf(command->last_line, sizeof command->last_line, "%s", text);
	if (++command->same_lines > FOLD)
		return;
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
	struct command *command = &commands[processes[process].command];
	tell_folded(process, time);
	if (command->process == process)
		tell_folded_lines(command, process, time);
	struct row *row = add_row(process, time, ENDS);
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
