/*
 * drawn.h - for watch.c: calls begin and return, and get rows; what is called
 * again and again is folded
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
	process->signature = -1;
	for (int i = 0; i < SIGNATURES; i++) {
		if (process->signatures[i].count != 0 &&
		    process->signatures[i].hash != hash)
			continue;
		process->signatures[i].hash = hash;
		process->signature = i;
		return ++process->signatures[i].count > FOLD;
	}
	return 1;
}

/* The call that a process is in. */
static void fill_call(struct call *call, int number, long long time)
{
	const struct process *process = &processes[number];
	memset(call, 0, sizeof *call);
	call->process = number;
	call->waker = -1;
	call->begun = time;
	strcpy(call->name, process->call);
	strcpy(call->arguments, process->arguments);
	const struct descriptor *end =
	    descriptor_of(number, number_of(process->arguments, "fd", -1), 0);
	call->channel = end == NULL ? -1 : end->channel;
	call->side = end == NULL ? 0 : end->side;
}

static void keep_call(int number, long long time)
{
	struct process *process = &processes[number];
	if (is_wanted(process->call)) { /* others can end a wait as well */
		tell_folded(number, time);
		struct row *row = add_row(number, time, CALL);
		if (row == NULL)
			return;
		row->call = call_count;
	}
	fill_call(&calls[call_count], number, time);
	process->call_number = call_count++;
}

static void keep_folded_call(int number, long long time)
{
	const int kept = sizeof folded_calls / sizeof *folded_calls;
	processes[number].folded_call_number = next_folded_call;
	fill_call(&folded_calls[next_folded_call], number, time);
	next_folded_call = (next_folded_call + 1) % kept;
}

static void end_folded_call(int number, long long time, const char *result)
{
	const struct process *process = &processes[number];
	if (process->folded_call_number == -1)
		return;
	struct call *call = &folded_calls[process->folded_call_number];
	if (call->process != number || call->begun != process->call_begun)
		return; /* another's by now */
	call->ended = time;
	snprintf(call->result, sizeof call->result, "%s", result);
}

static void note_begin(int number, long long time)
{
	struct process *process = &processes[number];
	const char *name = process->call;
	process->call_number = process->folded_call_number = -1;
	process->signature = -1;
	process->folding = 0;
	if (drawing_over || process->script)
		return;
	if (strcmp(name, "connect") == 0)
		connect_begins(number, process->arguments);
	if (!is_drawn(name, process->arguments))
		return;
	count_call(process, name);
	if (call_count < CALLS_KEPT && !is_folded(process)) {
		keep_call(number, time);
		return;
	}
	keep_folded_call(number, time);
	if (!is_wanted(name))
		return;
	process->folding = 1;
	if (process->folded++ == 0)
		strcpy(process->folded_call, name);
	else if (strcmp(process->folded_call, name) != 0)
		*process->folded_call = '\0';
	process->folded_until = time;
}

/* A folded call is drawn after all. */
static void unfold(int number)
{
	struct process *process = &processes[number];
	process->folding = 0;
	process->folded--;
	keep_call(number, process->call_begun);
}

static int is_folded_now(const struct process *process)
{
	return process->in_call && process->folding &&
	       process->signature != -1 && call_count < CALLS_KEPT &&
	       !drawing_over;
}

/* One that waits longer than those before is worth a row. */
static void unfold_wait(int number)
{
	const struct process *process = &processes[number];
	if (process->state != RUNNING || process->sleeping == 0 ||
	    !is_folded_now(process))
		return;
	const long long time = now();
	const int is_long =
	    same_each_time
		? waits(process)
		: time - process->sleeping > 3000 &&
		      time - process->call_begun >
			  process->signatures[process->signature].longest;
	if (is_long)
		unfold(number);
}

/* So is one that fails, or finds the end of a file or of a child, if that is
 * new. */
static void unfold_result(int number, const char *result)
{
	struct process *process = &processes[number];
	const int finds_end = *result == '0'
				  ? is_one_of(process->call, receiving)
				  : is_one_of(process->call, "wait waitpid");
	if (process->signature == -1 || (*result != '-' && !finds_end))
		return;
	const long before = process->signatures[process->signature].unusual++;
	if (before < FOLD && is_folded_now(process))
		unfold(number);
}

/* A call that has got something and did not wait: is that from a call, or a
 * child, whose row came in the meantime? Its result must not stand above. */
static int is_overtaken(const struct call *call, int at)
{
	const int is_wait = is_one_of(call->name, "wait waitpid");
	const int child = is_wait ? process_of_pid(atol(call->result)) : -1;
	const int gets = is_wait || is_one_of(call->name, receiving) ||
			 is_one_of(call->name, "accept msgrcv poll select");
	if (!gets || same_each_time)
		return 0;
	while (++at < row_count) {
		const struct row *row = &rows[at];
		if (child != -1 && row->process == child)
			return 1;
		if ((row->kind == CALL || row->kind == OPEN) &&
		    ends_wait(&calls[row->call], call))
			return 1;
	}
	return 0;
}

static void note_return(int number, long long time, const char *result)
{
	struct process *process = &processes[number];
	const char *name = process->call;
	const int failed = *result == '-';
	int waited =
	    number_of(result, "waited", 0) == 1 && !is_one_of(name, immediate);
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
	if (drawing_over || process->script ||
	    !is_drawn(name, process->arguments))
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

	end_folded_call(number, time, result);
	unfold_result(number, result);
	if (process->call_number == -1 && !is_wanted(name))
		return;
	if (process->call_number == -1) {
		process->folded_until = time;
		return;
	}
	struct call *call = &calls[process->call_number];
	call->ended = time;
	call->waited = waited;
	if (waited && process->signature != -1 &&
	    process->signatures[process->signature].longest <
		time - call->begun)
		process->signatures[process->signature].longest =
		    time - call->begun;
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
	process->woken_by = call->waker + 1;
	if (at >= 0 && rows[at].kind == CALL &&
	    (waited || (!failed && is_overtaken(call, at))))
		rows[at].kind = OPEN;
	if (at >= 0 && rows[at].kind == OPEN) {
		const int own = process->call_number;
		struct row *row = add_row(number, time, RETURN);
		if (row != NULL)
			row->call = own;
	}
}
