/*
 * columns.h - for watch.c: a column for each process, and lines of characters
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
	int page;   /* lines until the names come again, or 0: never */
	int lines;  /* since they came last */
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
	canvas->lines++;
	canvas->put(canvas->cells, canvas->width, canvas->where);
}

static void put_header(struct canvas *canvas)
{
	canvas->lines = 0;
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
