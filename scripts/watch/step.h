/*
 * step.h - for watch.c: processes that make their calls one at a time, in a
 * written order (-x) or by key (-s)
 */

enum { STEPS = 2000, PATIENCE = 5 /* seconds */ };

/* One step: P (to its end), P:CALL, P+ or P~. */
struct step {
	char name[NAME]; /* the process's */
	char kind;       /* '.', ':', '+', '~' */
	char call[24];
	int goes; /* it has been told to go on */
};

static const char *schedule;    /* -x */
static const char *record_path; /* -S */
static char *record;            /* what was chosen by hand */
static char keys_of_children[] = "acdefhijklmnoprstuvxyz";

static int read_step(const char *word, size_t length, struct step *step)
{
	memset(step, 0, sizeof *step);
	const size_t name = strspn(word, "0123456789.");
	if (name == 0 || name >= sizeof step->name || name > length)
		return 0;
	memcpy(step->name, word, name);
	step->kind = '.';
	if (name == length)
		return 1;
	step->kind = word[name];
	const size_t call = length - name - 1;
	if (step->kind == ':' && call > 0 && call < sizeof step->call) {
		memcpy(step->call, word + name + 1, call);
		return strspn(step->call, "abcdefghijklmnopqrstuvwxyz_") ==
		       call;
	}
	return length == name + 1 && (step->kind == '+' || step->kind == '~');
}

/* Is there such a process, or can there be one still? */
static int can_be_born(const char *name)
{
	char parent[NAME];
	const char *dot = strrchr(name, '.');
	if (dot == NULL)
		return atoi(name) >= 1 && atoi(name) <= command_count;
	snprintf(parent, sizeof parent, "%.*s", (int)(dot - name), name);
	const int number = process_named(parent);
	if (number == -1)
		return can_be_born(parent);
	const struct process *process = &processes[number];
	return process->forks >= atoi(dot + 1) ||
	       (process->state == RUNNING && !waits(process));
}

enum progress { DONE, NOT_YET, IMPOSSIBLE };
static char why_not[300];

static enum progress impossible(const char *form, ...)
{
	va_list values;
	va_start(values, form);
	vsnprintf(why_not, sizeof why_not, form, values);
	va_end(values);
	return IMPOSSIBLE;
}

/* Let a step's process go on, if the step wants that. */
static enum progress advance(struct step *step)
{
	const int number = process_named(step->name);
	if (number == -1 && !can_be_born(step->name))
		return impossible("there is no process %s", step->name);
	if (number == -1)
		return NOT_YET;
	struct process *process = &processes[number];
	const int at_call = process->state == HELD && !process->at_birth;
	if (process->state == ENDED && step->kind == ':')
		return impossible("process %s has ended without calling %s",
				  step->name, step->call);
	if (process->state == ENDED && step->kind == '+' && !step->goes)
		return impossible("process %s has ended", step->name);
	if (process->state == ENDED)
		return DONE;
	if (process->state == RUNNING) {
		if (!waits(process))
			return NOT_YET;
		if (step->kind == '~' || (step->kind == '+' && step->goes))
			return DONE;
		if (!process->in_call) { /* in libc: for its input? */
			give_enter(process->command);
			process->sleeping = 0;
		}
		return NOT_YET;
	}
	if (step->kind == '+' && step->goes)
		return DONE;
	if (step->kind == '~' && at_call && reads_input(process) &&
	    !commands[process->command].gave_enter)
		return DONE;
	if (step->kind == ':' && step->goes && at_call &&
	    strcmp(process->call, step->call) == 0)
		return DONE;
	/* A call that it is held before already is not its next one, unless
	 * it has come there by itself. */
	step->goes = 1;
	if (at_call && reads_input(process))
		give_enter(process->command);
	release(number, now());
	return NOT_YET;
}

/* Is each process held, or waits, or has ended? */
static int is_settled(void)
{
	if (event_count > 0)
		return 0;
	for (int i = 0; i < process_count; i++)
		if (processes[i].state == RUNNING && !waits(&processes[i]) &&
		    !processes[i].unnamed)
			return 0;
	/* The child of a fork that has returned comes by itself. */
	for (int i = 0; i < process_count; i++) {
		char child[NAME + 20];
		if (processes[i].forks == 0 || processes[i].state == ENDED)
			continue;
		snprintf(child, sizeof child, "%.99s.%d", processes[i].name,
			 processes[i].forks);
		if (process_named(child) == -1)
			return 0;
	}
	return 1;
}

/* What one step has woken goes on by itself to its next call. */
static void settle(void (*look)(void))
{
	long long since = now();
	while (!is_settled() && now() - since < 1000000 && ended_by == 0) {
		if (take_events(2, -1))
			since = now();
		look();
	}
}

static const char *where_it_is(const struct process *process)
{
	static char text[400];
	struct text call = {.length = 0};
	if (process->state == ENDED)
		return "has ended";
	if (process->in_call) {
		struct call made_up = {.process = 0};
		strcpy(made_up.name, process->call);
		strcpy(made_up.arguments, process->arguments);
		add_call(&call, &made_up);
	}
	if (process->state == HELD && process->at_birth)
		return strcmp(process->call, "fork") == 0
			   ? "held: fork has returned"
			   : "held at its start";
	if (process->state == HELD && process->woken_by != 0)
		snprintf(text, sizeof text,
			 "woken by %.40s, held before %.300s",
			 processes[process->woken_by - 1].name, call.text);
	else if (process->state == HELD)
		snprintf(text, sizeof text, "held before %.300s", call.text);
	else if (process->in_call && waits(process))
		snprintf(text, sizeof text, "waits in %.300s", call.text);
	else if (waits(process))
		return "waits, not in a call that can be seen";
	else if (process->in_call)
		snprintf(text, sizeof text, "is in %.300s", call.text);
	else
		return "runs";
	return text;
}

/* The drawing ends here: say where each process is. */
static void tell_where(void)
{
	current_step++;
	current_process = -1;
	for (int i = 0; i < process_count; i++)
		if (processes[i].state != ENDED)
			note_text(i, now(), "(%s)", where_it_is(&processes[i]));
	count_waiting();
	drawing_over = 1;
}

/* A script has to become its program first. */
static int is_held_or_waits(int command)
{
	const int number = commands[command].process;
	return number != -1 &&
	       (processes[number].state == HELD || waits(&processes[number]));
}

/* All commands begin, and are held at their start. */
static int begin_all(void)
{
	for (int i = 0; i < command_count; i++)
		commands[i].process = -1;
	for (int i = 0; i < command_count; i++) {
		const long long start = now();
		begin_command(i);
		while (!is_held_or_waits(i) && ended_by == 0) {
			take_events(5, -1);
			if ((commands[i].ended && quiet_rounds > 1) ||
			    now() - start > 5000000) {
				if (commands[i].process != -1)
					break;
				impossible("'%s' cannot be watched: it has "
					   "not loaded the library",
					   commands[i].line);
				return 0;
			}
		}
	}
	return 1;
}

/* Play a written order. Return 0 if it cannot be followed, and say why. */
static int play(const char *order, void (*look)(void))
{
	static struct step step;
	int number = 0;
	current_process = -1;
	if (!begin_all())
		return 0;
	while (*(order += strspn(order, " \t\n")) != '\0') {
		const size_t length = strcspn(order, " \t\n");
		long long since = now();
		char why[500];
		number++;
		read_step(order, length, &step);
		wanted_call = step.call;
		current_step = number;
		current_process = process_named(step.name);
		for (;;) {
			enum progress progress = advance(&step);
			if (progress == NOT_YET &&
			    now() - since > PATIENCE * 1000000LL) {
				const int at = process_named(step.name);
				progress = impossible(
				    "no progress for %d s: process %s %s",
				    PATIENCE, step.name,
				    at == -1 ? "is not there"
					     : where_it_is(&processes[at]));
			}
			if (progress == IMPOSSIBLE) {
				strcpy(why, why_not);
				impossible("step %d, '%.*s': %s", number,
					   (int)length, order, why);
				return 0;
			}
			if (progress == DONE || ended_by != 0)
				break;
			current_process = process_named(step.name);
			const int at = process_named(step.name);
			if (take_events(2, -1) ||
			    (at != -1 && is_asleep_on_purpose(&processes[at])))
				since = now();
			look();
		}
		if (ended_by != 0)
			return 1;
		settle(look);
		order += length;
	}
	current_step++;
	current_process = -1;
	return 1;
}

static int is_schedule(const char *order)
{
	struct step step;
	int count = 0;
	while (*(order += strspn(order, " \t\n")) != '\0') {
		const size_t length = strcspn(order, " \t\n");
		if (!read_step(order, length, &step))
			return 0;
		order += length;
		count++;
	}
	return count > 0;
}
