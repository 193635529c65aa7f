/*
 * injections.h - for faults.c: what there is to inject into a run
 */

/* One failure in one run. */
struct injection {
	int run;
	char fault[200]; /* PROCESS CALL NUMBER WHAT */
};

static struct injection *injections;
static size_t injection_count;
static unsigned part = 1, parts = 1, seed; /* -t, -s */

static unsigned hash(const char *text, unsigned sum)
{
	for (; *text != '\0'; text++)
		sum = (sum ^ (unsigned char)*text) * 16777619u;
	return sum;
}

static void add_injection(int run, const char *fault)
{
	for (size_t i = 0; i < injection_count; i++)
		if (injections[i].run == run &&
		    strcmp(injections[i].fault, fault) == 0)
			return;
	injections =
	    realloc(injections, (injection_count + 1) * sizeof *injections);
	if (injections == NULL)
		err(1, "realloc");
	injections[injection_count].run = run;
	snprintf(injections[injection_count++].fault, sizeof injections->fault,
		 "%s", fault);
}

/* The same, if it is in the part that was asked for. */
static void offer_injection(int run, const char *process, const char *call,
			    long number, const char *what)
{
	char fault[200];
	snprintf(fault, sizeof fault, "%s %s %ld %s", process, call, number,
		 what);
	const unsigned sum = hash(fault, hash(runs[run].name, 2166136261u));
	if ((sum / 7 + seed) % parts == part - 1)
		add_injection(run, fault);
}

/* How often each process has made each call. */
static struct use {
	char process[100], call[40];
	long last;
} uses[1000];

static struct use *use_of(const char *process, const char *call)
{
	struct use *use = uses;
	while (use->last != 0 && (strcmp(use->process, process) != 0 ||
				  strcmp(use->call, call) != 0))
		if (++use == &uses[sizeof uses / sizeof *uses])
			errx(1, "too many processes and calls");
	return use;
}

/* All failures that errors.h has for this use. */
static void fail_use(int run, const char *event, const struct use *use,
		     long number)
{
	for (int i = 0; i < FAILURES; i++) {
		if (!fits(i, use->call, event))
			continue;
		char *words = copy_of(failures[i].errors);
		for (char *word = strtok(words, " "); word != NULL;
		     word = strtok(NULL, " ")) {
			if (signal_of(word) != 0 && (runs[run].flags & TENDS))
				continue;
			offer_injection(run, use->process, use->call, number,
					word);
		}
		free(words);
	}
}

/* The whole process with EINTR first, or with one byte at a time. */
static void fail_all(int run, const char *event, const struct use *use)
{
	static const char *const gentle[] = {"EINTR", "short"};
	for (int i = 0; i < 2; i++)
		if (can_be_gentle(use->call, event, gentle[i]))
			offer_injection(run, use->process, "all", 0, gentle[i]);
}

/* The first, second, third and last use of each call in each process. */
static void find_injections(int run)
{
	memset(uses, 0, sizeof uses);
	for (int pass = 1; pass <= 2; pass++) {
		const char *at = normal[run].events;
		char line[LINE], process[100], call[40];
		long number;
		while (next_line(&at, line)) {
			if (sscanf(line, "%*s %99s begin %39s %ld", process,
				   call, &number) != 3)
				continue;
			if (runs[run].commands[*process - '1'].flags & HELPER)
				continue;
			struct use *use = use_of(process, call);
			if (pass == 1) {
				strcpy(use->process, process);
				strcpy(use->call, call);
				use->last = number;
				continue;
			}
			fail_all(run, line, use);
			if (number <= 3 || number == use->last)
				fail_use(run, line, use, number);
		}
	}
}
