/*
 * screen.h - for watch.c: step by key, on a screen of its own
 */

enum { LINES = 300 };

static char *screen_now[LINES]; /* what each line of the terminal shows */
static char *diagram[ROWS * 4];
static int diagram_lines;

static void keep_line(const struct cell *cells, int width, void *where)
{
	char line[ENCODED];
	(void)where;
	encode(cells, width, line);
	if (diagram_lines < (int)(sizeof diagram / sizeof *diagram))
		diagram[diagram_lines++] = strdup(line);
}

static void forget_diagram(void)
{
	while (diagram_lines > 0)
		free(diagram[--diagram_lines]);
}

/* Only lines that have changed are written. */
static void show_line(int number, const char *text)
{
	if (number >= LINES || (screen_now[number] != NULL &&
				strcmp(screen_now[number], text) == 0))
		return;
	free(screen_now[number]);
	screen_now[number] = strdup(text);
	printf("\033[%d;1H%s\033[0m\033[K", number + 1, text);
}

static void forget_screen(void)
{
	for (int i = 0; i < LINES; i++) {
		free(screen_now[i]);
		screen_now[i] = NULL;
	}
	printf("\033[2J");
}

/* 1 to 9 for commands, a letter for a child. */
static char key_of(int number)
{
	if (processes[number].parent == -1)
		return (char)('1' + processes[number].command);
	int child = 0;
	for (int i = 0; i < number; i++)
		child += processes[i].parent != -1;
	return child < (int)strlen(keys_of_children) ? keys_of_children[child]
						     : '\0';
}

static int process_of_key(char key)
{
	for (int i = 0; i < process_count; i++)
		if (key != '\0' && key_of(i) == key)
			return i;
	return -1;
}

/* A text cut to a width, with an attribute. */
static void show_text(int number, int width, const char *attribute,
		      const char *text)
{
	char line[WIDEST * 4 + 40], cut[WIDEST * 4];
	int end = 0;
	for (int i = 0; i < width && text[end] != '\0'; i++) {
		end++;
		while ((text[end] & 0xc0) == 0x80)
			end++;
	}
	snprintf(cut, sizeof cut, "%.*s", end, text);
	snprintf(line, sizeof line, "\033[0;%sm%s", attribute, cut);
	show_line(number, line);
}

static void show_screen(struct canvas *canvas, char prefix, const char *said)
{
	int width, height, line = 0;
	static int old_width, old_height;
	char text[1000];
	measure(&width, &height);
	if (height > LINES)
		height = LINES;
	if (width != old_width || height != old_height)
		forget_screen();
	old_width = width;
	old_height = height;
	canvas->width = width;

	/* Each process, and what it is about to do. */
	lay_out(canvas);
	int processes_shown = process_count;
	if (processes_shown > height / 3)
		processes_shown = height / 3;
	for (int i = 0; i < processes_shown; i++) {
		const int number = canvas->order[i];
		const struct process *process = &processes[number];
		const struct command *command = &commands[process->command];
		const char *name =
		    command->process == number ? command->line : "child";
		const char *attribute = process->state == ENDED  ? "2"
					: process->state == HELD ? "1"
					: waits(process)         ? "33"
								 : "32";
		char key[4] = "   ";
		if (process->state != ENDED && key_of(number) != '\0')
			snprintf(key, sizeof key, "[%c]", key_of(number));
		snprintf(text, sizeof text, "%s %-4s %-*.*s %.400s", key,
			 process->name, width / 3 - 9, width / 3 - 9, name,
			 where_it_is(process));
		show_text(line++, width, attribute, text);
	}

	/* The diagram: its head, and the last lines that fit. */
	forget_diagram();
	canvas->put = keep_line;
	put_all_rows(canvas);
	const int room = height - line - 3;
	int first = diagram_lines - room;
	if (first < 1)
		first = 1;
	const char *order = record == NULL ? "" : record;
	const size_t most = (size_t)width - 8;
	if (strlen(order) > most) { /* its end */
		order += strlen(order) - most;
		order += strcspn(order, " ");
	}
	snprintf(text, sizeof text, "%s%.900s",
		 *order == '\0' ? "" : "order: ", order);
	show_text(line++, width, "2", text);
	show_line(line++, diagram_lines > 0 ? diagram[0] : "");
	for (int i = 0; i < room; i++)
		show_line(line++,
			  first + i < diagram_lines ? diagram[first + i] : "");
	if (prefix != '\0')
		snprintf(text, sizeof text,
			 "until it waits or ends: which process?");
	else if (*said != '\0')
		snprintf(text, sizeof text, "%s   b: back   q: quit", said);
	else
		snprintf(text, sizeof text,
			 "KEY: next call  w KEY: until it waits  g: all go on"
			 "  b: back  q: quit");
	show_text(height - 1, width - 1, "7", text);
	fflush(stdout);
}

static void record_step(const char *name, char kind)
{
	if (record == NULL)
		record = calloc(STEPS, 16);
	if (record == NULL || strlen(record) + strlen(name) + 3 > STEPS * 16)
		return;
	sprintf(record + strlen(record), "%s%s%c", *record == '\0' ? "" : " ",
		name, kind);
}

static void write_record(void)
{
	if (record_path == NULL || record == NULL)
		return;
	FILE *file = fopen(record_path, "w");
	if (file == NULL || fprintf(file, "%s\n", record) < 0 ||
	    fclose(file) == EOF)
		warn("%s", record_path);
}

static void start_screen(void)
{
	struct termios raw;
	struct made changed = {.kind = GROUP, .id = 0};
	tcgetattr(STDIN_FILENO, &terminal);
	tell_guardian(&changed);
	terminal_changed = 1;
	raw = terminal;
	raw.c_lflag &= (tcflag_t) ~(ICANON | ECHO | ISIG);
	raw.c_cc[VMIN] = 1; /* no end-of-file for a shell, if we are killed */
	raw.c_cc[VTIME] = 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &raw);
	printf("\033[?1049h\033[?25l\033[2J");
}

static void end_screen(void)
{
	fflush(stdout);
	show_cursor(STDOUT_FILENO);
	tcsetattr(STDIN_FILENO, TCSANOW, &terminal);
}

static void begin_again(void)
{
	end_all();
	remove_left(NULL);
	forget_processes();
	forget_rows();
	memset(folded_calls, 0, sizeof folded_calls);
	if (record != NULL)
		*record = '\0';
}

/* It waits in the kernel, not for Enter: a key cannot end that. */
static int is_out_of_reach(const struct process *process)
{
	return process->state == RUNNING && process->in_call &&
	       !reads_input(process) && waits(process);
}

/* Let people choose, until they quit. Return 0 if it cannot be watched. */
static int choose(struct canvas *canvas)
{
	struct step step = {.kind = '\0'};
	struct pollfd keyboard = {.fd = STDIN_FILENO, .events = POLLIN};
	long long stepped = 0;
	char prefix = '\0';
	const char *said = "", *answer = "";
	start_screen();
	int possible = begin_all();
	show_screen(canvas, prefix, said);
	while (possible && ended_by == 0) {
		char key = '\0';
		const int ready = letting_go || now() - stepped > 500000 ||
				  (step.kind == '\0' && is_settled());
		if (ready && step.kind == '\0')
			take_events(100, STDIN_FILENO);
		else
			take_events(5, -1);
		if (letting_go)
			give_enter_where_wanted();
		said = all_ended() ? "All have ended." : answer;
		/* What is typed ahead waits until a step is done. */
		if (ready && poll(&keyboard, 1, 0) == 1 &&
		    read(STDIN_FILENO, &key, 1) == 1) {
			const int number = process_of_key(key);
			answer = "";
			if (key == 'q' || key == 3 || key == 4)
				break;
			if (key == 'b') {
				begin_again();
				possible = begin_all();
				step.kind = prefix = '\0';
			} else if (key == 'g') {
				letting_go = 1;
				step.kind = prefix = '\0';
				for (int i = 0; i < process_count; i++)
					release(i, now());
			} else if (key == 'w' && !letting_go) {
				prefix = 'w';
			} else if (number != -1 &&
				   is_out_of_reach(&processes[number])) {
				answer = "It waits for another process.";
				prefix = '\0';
			} else if (number != -1 && !letting_go &&
				   processes[number].state != ENDED) {
				memset(&step, 0, sizeof step);
				strcpy(step.name, processes[number].name);
				step.kind = prefix == 'w' ? '~' : '+';
				stepped = now();
				record_step(step.name, step.kind);
				prefix = '\0';
			} else {
				prefix = '\0';
			}
		}
		if (step.kind != '\0' && advance(&step) != NOT_YET)
			step.kind = '\0';
		show_screen(canvas, prefix, said);
	}
	tell_where();
	end_screen();
	write_record();
	canvas->put = put_on_output;
	return possible;
}
