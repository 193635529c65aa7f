/*
 * judge.h - for faults.c: did a run with a failure end as it should?
 */

#include "run.h"

#include "texts.h"

#include "excuses.h"

static int same_output(const struct run *run, int i,
		       const struct outcome *before,
		       const struct outcome *outcome)
{
	return same_text(before->out[i], outcome->out[i],
			 run->commands[i].flags);
}

/* How many lines of its output did not come without the failure? */
static int new_lines(const struct run *run, int i, const struct outcome *before,
		     const struct outcome *outcome)
{
	char *all = comparable(before->out[i], run->commands[i].flags);
	char *some = comparable(outcome->out[i], run->commands[i].flags);
	const char *at = some;
	char line[LINE];
	int count = 0;
	while (next_line(&at, line))
		count += strstr(all, line) == NULL;
	free(all);
	free(some);
	return count;
}

static int is_less(const struct run *run, int i, const struct outcome *before,
		   const struct outcome *outcome)
{
	return new_lines(run, i, before, outcome) == 0;
}

#include "deaths.h"

/* What strerror or gai_strerror says. */
static const char *message_of(const char *what)
{
	const int lookup = strncmp(what, "EAI_", 4) == 0;
	for (size_t i = 0; i < NAMES; i++)
		if (strcmp(names[i].name, what) == 0)
			return lookup ? gai_strerror((int)names[i].value)
				      : strerror((int)names[i].value);
	return "?";
}

/* Does a line say more than the call's name, up to the error's text? */
static int is_about_something(const char *line, const char *call,
			      const char *message)
{
	size_t letters = 0;
	const char *end = strstr(line, message);
	for (const char *at = line; at < end; at++)
		letters += isalnum((unsigned char)*at) != 0;
	return letters > strlen(call);
}

/* Return what is wrong with a line that tells of the failure, or NULL. */
static const char *what_is_wrong(const char *line, const char *call,
				 const char *what, const char *event)
{
	const char *after = strchr(line, ':');
	after = after == NULL ? line : after + 1;
	const char *named = named_in(after);
	const char *message = message_of(what);
	if (is_told_in_words(after, call, what))
		return NULL;
	if (named == NULL)
		return "not the call's name";
	if (strcmp(named, call) != 0)
		return "another call's name";
	/* Both say that an object has gone. */
	if (strcmp(what, "EIDRM") == 0 && strstr(after, message) == NULL)
		message = strerror(EINVAL);
	else if (strcmp(what, "EINVAL") == 0 && strstr(after, message) == NULL)
		message = strerror(EIDRM);
	if (strstr(after, message) == NULL)
		return "not the error";
	if (!is_about_something(after, call, message) &&
	    !needs_no_object(call, event))
		return "not what it was about";
	return NULL;
}

static void describe(const struct run *run, int i,
		     const struct outcome *outcome, const char *verdict,
		     char *why, size_t size)
{
	const int status = outcome->status[i];
	char ending[40], *error = copy_of(outcome->err[i]);
	if (WIFEXITED(status))
		snprintf(ending, sizeof ending, "exit %d", WEXITSTATUS(status));
	else
		snprintf(ending, sizeof ending, "signal %d", WTERMSIG(status));
	for (char *at = error; *at != '\0'; at++)
		if (*at == '\n')
			*at = at[1] == '\0' ? '\0' : '|';
	snprintf(why, size, "%s%s%.*s: %s%s%s", verdict,
		 *verdict == '\0' ? "" : ": ",
		 (int)strcspn(run->commands[i].line, " "),
		 run->commands[i].line, ending, *error == '\0' ? "" : ": ",
		 error);
	free(error);
}

/* What the failed use was called with, as its event tells. */
static void find_event(const char *events, const char *fault, char *event)
{
	char process[100], call[40], text[200];
	long number;
	sscanf(fault, "%99s %39s %ld", process, call, &number);
	snprintf(text, sizeof text, " %s begin %s %ld ", process, call, number);
	*event = '\0';
	while (next_line(&events, event))
		if (strstr(event, text) != NULL)
			return;
}

/* One line has to tell of it; if there are children, another process may add
 * one that names no call ("a child failed"). */
static const char *verdict_on_lines(int i, const char *fault, const char *call,
				    const char *what,
				    const struct outcome *outcome)
{
	char children[20], one[LINE], event[LINE];
	snprintf(children, sizeof children, " %d.", i + 1);
	const int most = strstr(outcome->events, children) != NULL ? 2 : 1;
	const char *wrong = NULL, *at = outcome->err[i];
	int told = 0, misleading = 0;
	if (count_lines(at) == 0)
		return "no message";
	if (count_lines(at) > most)
		return "more than one line";
	find_event(outcome->events, fault, event);
	while (next_line(&at, one)) {
		if (strstr(one, "press Enter to") != NULL)
			continue;
		const char *judged = what_is_wrong(one, call, what, event);
		const char *after = strchr(one, ':');
		if (judged == NULL)
			told++;
		else if (names_another(after == NULL ? one : after + 1, ""))
			misleading = 1;
		if (wrong == NULL)
			wrong = judged;
	}
	if (told == 0)
		return wrong;
	return misleading ? "a second line that misleads" : NULL;
}

static int as_before(int i, const struct outcome *before,
		     const struct outcome *outcome)
{
	return outcome->status[i] == before->status[i];
}

/* The command in which the call has failed. */
static const char *verdict_on(const struct run *run, int i, const char *fault,
			      const struct outcome *before,
			      const struct outcome *outcome)
{
	const int status = outcome->status[i], flags = run->commands[i].flags;
	const int other_message =
	    (flags & FAILS)
		? !same_text(outcome->err[i], before->err[i], flags)
		: count_lines(outcome->err[i]) > count_lines(before->err[i]);
	char call[40], what[40];
	sscanf(fault, "%*s %39s %*s %39s", call, what);
	const int signal_number = signal_of(what), is_child = fault[1] == '.';
	if (signal_number != 0 && is_child)
		return verdict_on_parent(run, i, call, before, outcome);
	if (signal_number != 0)
		return verdict_on_killed(run, i, signal_number, before,
					 outcome);
	const char *lines = verdict_on_lines(i, fault, call, what, outcome);
	if (is_gentle(call, what)) {
		if (is_cut(run, fault) && WIFEXITED(status) &&
		    WEXITSTATUS(status) == 1)
			return count_lines(outcome->err[i]) == 1
				   ? NULL
				   : "more than one line";
		if (!as_before(i, before, outcome))
			return "not as without";
		if (!same_output(run, i, before, outcome) &&
		    !is_cut(run, fault))
			return "other output";
		return other_message ? "a message" : NULL;
	}
	if (copes(run->commands[i].line, call, what, status, outcome->out[i]))
		return NULL;
	if (as_before(i, before, outcome)) {
		if (!same_output(run, i, before, outcome) &&
		    !((flags & STOP) && is_less(run, i, before, outcome)))
			return "other output";
		return other_message ? lines : NULL;
	}
	if (!WIFEXITED(status))
		return "ended by a signal";
	if (WEXITSTATUS(status) == 0)
		return "other output";
	if (WEXITSTATUS(status) != status_of(run->commands[i].line))
		return "its status";
	return lines;
}

/* One of the others. */
static const char *verdict_on_partner(const struct run *run, int i,
				      const char *fault,
				      const struct outcome *before,
				      const struct outcome *outcome)
{
	const int status = outcome->status[i], flags = run->commands[i].flags;
	char call[40], what[40];
	sscanf(fault, "%*s %39s %*s %39s", call, what);
	if (as_before(i, before, outcome) &&
	    (same_output(run, i, before, outcome) || is_cut(run, fault)))
		return NULL;
	if (is_gentle(call, what) && !is_cut(run, fault))
		return "the partner's output";
	if ((flags & NEXT) && *fault - '1' == i - 1)
		return "the next one";
	if (as_before(i, before, outcome) &&
	    ((flags & HELPER) ||
	     ((flags & (STOP | LOSSY)) && is_less(run, i, before, outcome))))
		return NULL; /* it got less to do */
	if ((flags & WAITS) && WIFSIGNALED(status) &&
	    WTERMSIG(status) == SIGTERM)
		return NULL; /* it waited for one that never came */
	if (WIFEXITED(status) && WEXITSTATUS(status) == 1 &&
	    count_lines(outcome->err[i]) == 1)
		return NULL;
	return "the partner";
}

/* May it be there? */
static int may_be_left(const struct run *run, const char *fault,
		       const struct outcome *before,
		       const struct outcome *outcome)
{
	const int by = outcome->left_by, failed = *fault - '1';
	char call[40], what[40];
	sscanf(fault, "%*s %39s %*s %39s", call, what);
	int all_well = 1;
	for (int i = 0; i < COMMANDS; i++)
		all_well = all_well && outcome->begun[i] == before->begun[i] &&
			   outcome->status[i] == before->status[i];
	for (int i = 0; i < COMMANDS; i++)
		if ((i == by || by == -1) && !all_well &&
		    (run->commands[i].flags & KEEPS))
			return 1; /* it is for the next one */
	if (signal_of(what) != 0)
		return may_stay(run, fault, call, signal_of(what), outcome);
	/* The error said that there is none. */
	if (strcmp(what, "ENOENT") == 0 &&
	    (strcmp(call + 3, "get") == 0 || strcmp(call, "unlink") == 0))
		return 1;
	/* EAGAIN said that somebody else takes part, who would remove it. */
	if (strcmp(call, "semop") == 0 && strcmp(what, "EAGAIN") == 0)
		return 1;
	/* What the failed call was to remove, and this is said. */
	return is_removal(call) && count_lines(outcome->err[failed]) > 0;
}

static int judge(int number, const char *fault, const struct outcome *outcome,
		 char *why, size_t size)
{
	const struct run *run = &runs[number];
	const struct outcome *before = &normal[number];
	const int failed = *fault - '1';
	int told = 0, lacks = 0;
	char call[40], what[40];
	sscanf(fault, "%*s %39s %*s %39s", call, what);
	if (*outcome->late != '\0') {
		snprintf(why, size, "a hang: %s: %.0f s", outcome->late,
			 outcome->seconds);
		return 0;
	}
	for (int i = 0; i < COMMANDS; i++) {
		if (outcome->begun[i] == 0)
			continue; /* another one has failed before */
		const char *wrong =
		    i == failed
			? verdict_on(run, i, fault, before, outcome)
			: verdict_on_partner(run, i, fault, before, outcome);
		if (wrong != NULL || i == failed)
			describe(run, i, outcome, wrong == NULL ? "" : wrong,
				 why, size);
		if (wrong != NULL)
			return 0;
		told |= copes(run->commands[i].line, call, what,
			      outcome->status[i], outcome->out[i]) ||
			signal_of(what) != 0 ||
			!as_before(i, before, outcome) ||
			strcmp(outcome->err[i], before->err[i]) != 0;
		lacks |= !is_cut(run, fault) &&
			 (run->commands[i].flags & HELPER) == 0 &&
			 !same_output(run, i, before, outcome) &&
			 is_less(run, i, before, outcome);
	}
	char *ending = copy_of(why);
	int right = 1;
	if (*outcome->left != '\0' &&
	    !may_be_left(run, fault, before, outcome)) {
		snprintf(why, size, "%.90s is left: %.600s", outcome->left,
			 ending);
		right = 0;
	} else if (lacks && !told) {
		snprintf(why, size, "less output, and nobody says why: %.600s",
			 ending);
		right = 0;
	}
	free(ending);
	return right;
}

/* Without any failure all must be well. */
static const char *what_is_wrong_already(const struct run *run,
					 const struct outcome *outcome)
{
	if (*outcome->late != '\0')
		return "it hangs";
	for (int i = 0; i < COMMANDS && run->commands[i].line != NULL; i++) {
		const int status = outcome->status[i];
		if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
			return "77";
		if (status != 0 &&
		    (run->commands[i].flags & (STOP | FAILS)) == 0)
			return "a program fails";
	}
	return *outcome->left == '\0' ? NULL : outcome->left;
}
