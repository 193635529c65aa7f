/*
 * faults - let each call of each program fail once, and judge what comes
 *
 *     $ scripts/watch/faults shm-pair
 *     wrong: faults shm-pair 2 shmat 1 EACCES: shm/reader: exit 0
 *     43 injections, 1 wrong
 *
 * A maintainer's tool, no lesson. Each run of runs.h is made once as it is,
 * watched by library.so, which says what calls its processes make. Then once
 * for each failure of errors.h: the first, second, third and last use of each
 * call in each process; then each process with EINTR first in all calls that
 * wait, and with one byte a read, write, send and recv. A failure may also be a
 * signal that ends the process there. `PROCESS CALL NUMBER WHAT` is one of
 * them, as library.c explains: process 2 is the run's second command, 2.1 its
 * child.
 *
 * Right is what the run does without the failure, and must be with EINTR and
 * short counts; or exit 1 and one line on standard error that names the call
 * and what it was about; or one of the endings in excuses.h, each of which
 * has its reason there (in deaths.h for signals). The partner ends as well: as
 * without the failure, or with exit 1 and one line. Nobody takes more than 3 s
 * beyond the wait in runs.h, and nothing is left behind. A wrong ending is made
 * once more: if it is right then, it is told, "wrong once", but not counted.
 *
 * usage: faults [-hlv] [-j JOBS] [-t M/N] [-s SEED]
 *               [RUN ... | RUN PROCESS CALL NUMBER WHAT]
 *
 * -l: only print what would be injected. -v: print also what is right. -j: how
 * many runs at a time (4). -t: only the Mth of N parts, chosen by the number
 * SEED. RUN: a run's name, or its beginning. CALL `all` and NUMBER 0 mean each.
 * BUILD, from the environment, is where the binaries are.
 *
 * Exit status: 0; 1 something was wrong; 2 usage; 77 programs cannot be
 * watched here (static, set-user-id, sanitized, or another libc's).
 * As root the programs run as a user whom nobody else is, who must be able to
 * read them. Linux's subreapers find processes that were left behind; elsewhere
 * only those of a command's own process group are found.
 */

#include "judge.h"

#include "injections.h"

static struct counts { /* a worker's */
	int injections, wrong, unreached;
} * counts;

static const char usage[] =
    "usage: faults [-hlv] [-j JOBS] [-t M/N] [-s SEED]\n"
    "              [RUN ... | RUN PROCESS CALL NUMBER WHAT]";
static int verbose;    /* -v */
static int list_only;  /* -l */
static int jobs = 4;   /* -j */
static char only[200]; /* PROCESS CALL NUMBER WHAT, or empty */

static void parse_options(int argc, char *argv[]); /* at the end */
static int chosen(const struct run *run, char *words[]);
static int watch_run(int number);
static void work(int worker, int queue);
static void put_into(int queue, size_t number);
static int take_from(int queue, size_t *number);
static void inject(const struct injection *injection, struct counts *count);
static void show(const struct run *run, const struct outcome *outcome);

static void note_signal(int signal_number)
{
	ended_by = signal_number;
}

int main(int argc, char *argv[])
{
	parse_options(argc, argv);
	atexit(remove_folder);
	atexit(remove_left_objects);
	const int signals[] = {SIGHUP, SIGINT, SIGTERM};
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		sigaction(signals[i],
			  &(struct sigaction){.sa_handler = note_signal}, NULL);
	signal(SIGPIPE, SIG_IGN); /* a program that ended before its Enter */

	/* Each run as it is: its calls say what there is to inject. */
	int wrong = 0;
	make_folder();
	for (int i = 0; i < RUNS && ended_by == 0; i++)
		if (chosen(&runs[i], argv + optind))
			wrong += watch_run(i);
	remove_folder();
	for (size_t i = 0; list_only && i < injection_count; i++)
		printf("faults %s %s\n", runs[injections[i].run].name,
		       injections[i].fault);
	if (list_only)
		return 0;

	/* Workers take what is to be injected from a pipe, but for what must
	 * not be done twice at a time: that is the first one's. */
	counts = mmap(NULL, (size_t)jobs * sizeof *counts,
		      PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANON, -1, 0);
	if (counts == MAP_FAILED)
		err(1, "mmap");
	int queue[2];
	if (pipe(queue) == -1)
		err(1, "pipe");
	pid_t workers[MOST_JOBS];
	for (int i = 0; i < jobs; i++) {
		workers[i] = fork();
		if (workers[i] == -1)
			err(1, "fork");
		if (workers[i] == 0) {
			close(queue[1]);
			work(i, queue[0]);
			_exit(0);
		}
	}
	close(queue[0]);
	for (size_t i = 0; i < injection_count && ended_by == 0; i++)
		if ((runs[injections[i].run].flags & ALONE) == 0)
			put_into(queue[1], i);
	close(queue[1]);

	int injected = 0, unreached = 0;
	for (int i = 0; i < jobs; i++) {
		int status;
		pid_t ended;
		do {
			if (ended_by != 0)
				kill(workers[i], SIGTERM);
			ended = waitpid(workers[i], &status, 0);
		} while (ended == -1 && errno == EINTR);
		if (ended == -1)
			err(1, "waitpid: a worker");
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
			printf("wrong: faults: a worker has failed\n");
			wrong++;
		}
		injected += counts[i].injections;
		unreached += counts[i].unreached;
		wrong += counts[i].wrong;
	}
	if (ended_by != 0) {
		signal(ended_by, SIG_DFL);
		raise(ended_by);
	}
	if (unreached > 0)
		printf("%d calls were not made again\n", unreached);
	printf("%d injections, %d wrong\n", injected, wrong);
	return wrong > 0;
}

/* Make a run without a failure, and find what can be injected. Return 1 if it
 * does not end well. */
static int watch_run(int number)
{
	const struct run *run = &runs[number];
	struct outcome *outcome = &normal[number];
	const char *missing = missing_program(run);
	if (missing != NULL) {
		printf("skipped: %s: there is no %s\n", run->name, missing);
		return 0;
	}
	make_run(number, NULL, outcome);
	if (ended_by != 0)
		return 0;
	if (WIFEXITED(outcome->status[0]) &&
	    WEXITSTATUS(outcome->status[0]) == NOT_BEGUN) {
		fputs(outcome->err[0], stderr); /* it says why */
		exit(1);
	}
	if (strstr(outcome->events, " start ") == NULL) {
		printf("faults: %s cannot be watched: it is static, "
		       "set-user-id, sanitized,\nor of another libc than %s\n",
		       run->commands[0].line, library);
		remove_folder();
		exit(77);
	}
	const char *why = what_is_wrong_already(run, outcome);
	if (why != NULL && strcmp(why, "77") == 0) {
		printf("skipped: %s: not possible here\n", run->name);
	} else if (why != NULL) {
		printf("wrong: faults %s: without a failure: %s\n", run->name,
		       why);
		show(run, outcome);
		return 1;
	} else if (*only == '\0') {
		find_injections(number);
	} else {
		add_injection(number, only);
	}
	return 0;
}

/* A pipe takes so few bytes at once or not at all. EPIPE: all workers have
 * failed. */
static void put_into(int queue, size_t number)
{
	ssize_t length;
	do
		length = write(queue, &number, sizeof number);
	while (length == -1 && errno == EINTR && ended_by == 0);
	if (length == -1 && errno != EINTR)
		err(1, "write to the workers");
}

static int take_from(int queue, size_t *number)
{
	char *bytes = (char *)number;
	size_t taken = 0;
	while (taken < sizeof *number) {
		const ssize_t length =
		    read(queue, bytes + taken, sizeof *number - taken);
		if (length == 0 || (length == -1 && ended_by != 0))
			return 0;
		if (length == -1 && errno != EINTR)
			err(1, "read from the queue of workers");
		if (length > 0)
			taken += (size_t)length;
	}
	return 1;
}

/* Inject one failure after the other, until there is none left. */
static void work(int worker, int queue)
{
	size_t next, alone = 0;
	make_folder();
	while (ended_by == 0) {
		while (worker == 0 && alone < injection_count &&
		       (runs[injections[alone].run].flags & ALONE) == 0)
			alone++;
		if (worker == 0 && alone < injection_count)
			next = alone++;
		else if (!take_from(queue, &next))
			break;
		inject(&injections[next], &counts[worker]);
	}
	remove_folder();
}

static void inject(const struct injection *injection, struct counts *count)
{
	const struct run *run = &runs[injection->run];
	struct outcome outcome;
	char why[800] = "", ignored[sizeof why];
	int reached = 0, is_right = 0, wrong_times = 0;

	/* A wrong ending is made once more: what comes once only may be the
	 * machine's. It is told, but does not count. */
	for (int tries = 0; tries < 3 && !is_right && wrong_times < 2;
	     tries++) {
		if (tries > 0)
			forget(&outcome);
		make_run(injection->run, injection->fault, &outcome);
		if (ended_by != 0)
			return;
		if (strstr(outcome.events, " fault ") == NULL)
			continue;
		reached = 1;
		is_right = judge(injection->run, injection->fault, &outcome,
				 wrong_times == 0 ? why : ignored, sizeof why);
		wrong_times += !is_right;
	}
	const char *verdict = "wrong";
	if (!reached)
		verdict = "not reached";
	else if (is_right)
		verdict = wrong_times == 0 ? "right" : "wrong once";
	count->unreached += !reached;
	count->injections += reached;
	count->wrong += reached && !is_right;
	if (verbose || wrong_times > 0)
		printf("%s: faults %s %s: %s\n", verdict, run->name,
		       injection->fault, why);
	if (*only != '\0')
		show(run, &outcome);
	fflush(stdout);
	forget(&outcome);
}

static void show(const struct run *run, const struct outcome *outcome)
{
	for (int i = 0; i < COMMANDS; i++)
		if (outcome->begun[i])
			printf("  %s\n%s%s", run->commands[i].line,
			       outcome->out[i], outcome->err[i]);
}

/*
 * What is asked for
 */

/* The runs that are named, or all but those with ASKED. */
static int chosen(const struct run *run, char *words[])
{
	if (*only != '\0')
		return strcmp(run->name, words[0]) == 0;
	for (int i = 0; words[i] != NULL; i++)
		if (strncmp(run->name, words[i], strlen(words[i])) == 0)
			return 1;
	return words[0] == NULL && (run->flags & ASKED) == 0;
}

static int is_number(const char *word)
{
	return *word != '\0' && strspn(word, "0123456789") == strlen(word);
}

static void parse_options(int argc, char *argv[])
{
	int option;
	while ((option = getopt(argc, argv, "hlvj:t:s:")) != -1) {
		char *end = NULL;
		switch (option) {
		case 'l':
			list_only = 1;
			break;
		case 'v':
			verbose = 1;
			break;
		case 'j':
			jobs = (int)strtol(optarg, &end, 10);
			if (*end != '\0' || jobs < 1 || jobs > MOST_JOBS)
				errx(2, "-j '%s': must be 1 to %d\n%s", optarg,
				     MOST_JOBS, usage);
			break;
		case 't':
			if (sscanf(optarg, "%u/%u", &part, &parts) != 2 ||
			    part < 1 || part > parts || parts > 10000)
				errx(2, "-t '%s': must be like 1/3\n%s", optarg,
				     usage);
			break;
		case 's':
			seed = (unsigned)strtoul(optarg, &end, 0);
			if (*optarg == '\0' || *end != '\0')
				errx(2, "-s '%s': must be a number\n%s", optarg,
				     usage);
			break;
		default: /* -h, or what getopt has complained about */
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			exit(option == 'h' ? 0 : 2);
		}
	}
	if (argc - optind == 5 && is_number(argv[optind + 3])) {
		snprintf(only, sizeof only, "%s %s %s %s", argv[optind + 1],
			 argv[optind + 2], argv[optind + 3], argv[optind + 4]);
		jobs = 1;
	}
	for (int i = optind; i < argc && (*only == '\0' || i == optind); i++) {
		int found = 0;
		for (int j = 0; j < RUNS; j++)
			found |= strncmp(runs[j].name, argv[i],
					 strlen(argv[i])) == 0;
		if (!found)
			errx(2, "unexpected argument '%s'\n%s", argv[i], usage);
	}
	if (geteuid() == 0) /* default names contain the user: be nobody else */
		user = (uid_t)(1900000000 + getpid() % 4194304 * 16);
	if (getenv("TEST_TIME_SCALE") != NULL)
		patience *= strtod(getenv("TEST_TIME_SCALE"), NULL);
	setvbuf(stdout, NULL, _IOLBF, 0); /* workers print whole lines */
	if (getenv("BUILD") != NULL && *getenv("BUILD") != '\0')
		build = getenv("BUILD");
	char *real = realpath(build, NULL);
	if (real == NULL)
		err(1, "realpath %s", build);
	build = real;
	snprintf(library, sizeof library, "%s/scripts/watch/library.so", real);
	if (access(library, R_OK) == -1) {
		printf("faults: nothing can be watched here: there is no %s\n",
		       library);
		exit(77);
	}
}
