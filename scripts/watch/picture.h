/*
 * picture.h - for watch.c: rows as lines of characters, in a column for each
 * process
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
	int number; /* of the row, with -n */
};

enum { NARROWEST = 16 };

/* How wide the times are, or the numbers. */
static int time_width(void)
{
	return same_each_time ? 4 : 8;
}

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

/* A column for each process that there is: 1, 1.1, 1.2, 2. Return whether any
 * has another place than before. */
static int lay_out(struct canvas *canvas)
{
	const int columns = canvas->columns, shown = canvas->shown;
	int before[PROCESSES], moved = 0;
	memcpy(before, canvas->at, sizeof before);
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
	const int room = canvas->width - time_width();
	canvas->columns = process_count + coming;
	if (canvas->columns > room / NARROWEST)
		canvas->columns = room / NARROWEST;
	if (canvas->columns < 1)
		canvas->columns = 1;
	canvas->wide = room / canvas->columns;
	for (int i = 0; i < process_count; i++) {
		const int last = canvas->columns - 1;
		canvas->at[canvas->order[i]] =
		    time_width() + canvas->wide * (i < last ? i : last);
		canvas->crowded[canvas->order[i]] =
		    i >= last && process_count + coming > canvas->columns;
	}
	for (int i = 0; i < shown && i < process_count; i++)
		moved |= before[i] != canvas->at[i];
	return moved || columns != canvas->columns;
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
	put_text(canvas, 0, time_width(), same_each_time ? "   " : "     ms",
		 DIM);
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
	for (int i = 0, at = canvas->shown; i < command_count; i++) {
		char text[200];
		if (commands[i].process != -1)
			continue; /* it has begun */
		snprintf(text, sizeof text, "%d %.150s", i + 1,
			 commands[i].line);
		if (at < canvas->columns)
			put_text(canvas, time_width() + canvas->wide * at++,
				 canvas->wide - 1, text, STRONG);
	}
	put_line(canvas);
}

static void put_time(struct canvas *canvas, long long time)
{
	char text[30];
	if (same_each_time)
		snprintf(text, sizeof text, "%3d", ++canvas->number);
	else
		snprintf(text, sizeof text, "%7.2f",
			 (double)(time - origin) / 1000);
	put_text(canvas, 0, time_width() - 1, text, DIM);
}

/* How much of a text fits in a line, broken at a blank or | if possible. */
static int fitting(const char *text, int room)
{
	int width = 0, at = 0, blank = 0;
	while (text[at] != '\0') {
		if (width == room)
			return blank > 0 ? blank : at;
		if (text[at] == ' ' && width > 4)
			blank = at;
		if (text[at] == '|' && width > 4 && width + 1 < room)
			blank = at + 1; /* flags */
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
	snprintf(text, sizeof text, "%s", asleep ? "slept" : "waited");
	if (!same_each_time)
		snprintf(text, sizeof text, "%s %.2f ms",
			 asleep ? "slept" : "waited", time);
	put_lifelines(canvas);
	put_text(canvas, canvas->at[row->process] + 2, canvas->wide - 2, text,
		 WAITING);
	put_line(canvas);
}

static void put_row(struct canvas *canvas, const struct row *row)
{
	struct text text = {.length = 0};
	const struct call *call = row->call == -1 ? NULL : &calls[row->call];
	if ((canvas->shown < process_count && lay_out(canvas)) ||
	    !canvas->line_used) {
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
	if (row->kind != CALL || calls[row->call].ended != 0 ||
	    strstr(calls[row->call].name, "exit") != NULL)
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
	canvas->line_used = canvas->number = 0;
	memset(canvas->life, ' ', sizeof canvas->life);
	for (int i = 0; i < row_count; i++)
		put_row(canvas, &rows[i]);
}
