/*
 * picture.h - for watch.c: rows become lines: calls, waits, arrows
 */

/* How much of a text fits in a line, broken at a blank or | if possible. */
static int fitting(const char *text, int room)
{
	int width = 0, at = 0, blank = 0;
	while (text[at] != '\0') {
		if (width == room && blank > 0)
			return blank;
		if (width == room) {
			/* Three dots stay together. */
			const char *last = text + at - 1;
			for (int i = 0; i < 2; i++)
				last -= strncmp(last, "..", 2) == 0;
			return (int)(last + 1 - text);
		}
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
	    !canvas->line_used ||
	    (canvas->page > 0 && canvas->lines >= canvas->page)) {
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
		if (call->ended == 0 || call->waited)
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
