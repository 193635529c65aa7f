/*
 * watch - see who waits for whom, and choose who goes next
 *
 * Not a lesson: it runs programs as they are, with library.so loaded before
 * libc, and draws what their calls do. README.md explains all of it.
 *
 *     $ scripts/watch/watch 'socket/server' 'socket/client'
 *     $ scripts/watch/watch -x '1:waitpid 1.1 1' shm/race
 *
 * usage: watch [-hnqs] [-c CALLS] [-o FILE.svg] [-t SECONDS] [-x SCHEDULE]
 *              [-S FILE] COMMAND ...
 *
 * Each COMMAND is one word: quote it. Each begins when the one before waits or
 * has ended. A program that waits for Enter gets it when all else waits or has
 * ended; after that its input ends. What still runs after SECONDS (10) is
 * ended. What the programs have made and left in the kernel is removed.
 *
 * -s: each process is held before each call, and a key lets it go on. -x: the
 * same in a written order: P (process P to its end), P:CALL (until it is held
 * before its next CALL), P+ (to the next stop: its next call is made), P~
 * (until it waits). -S: keep the order that was chosen with -s. -o: also draw
 * it in a file. -c: only these calls, such as send,recv. -q: nothing below it.
 * -n: the same each time and everywhere, for pages that are checked: rows are
 * counted, no times, ids, pids and addresses; ASCII, 76 columns.
 *
 * Exit status: 0; 1 the schedule cannot be followed, or a program cannot be
 * watched; 2 usage. Not seen: what libc does for itself (stdio, system), and
 * the accesses to shared memory. macOS: compiled for it, not run there.
 */

#if defined(__linux__) && !defined(_GNU_SOURCE)
#define _GNU_SOURCE /* strsignal and the like: this is no lesson */
#endif

/* In this order: each uses those above it. */
#include "session.h"

#include "left.h"

#include "commands.h"

#include "connections.h"

#include "events.h"

#include "waits.h"

#include "ends.h"

#include "rows.h"

#include "told.h"

#include "wakers.h"

#include "drawn.h"

#include "columns.h"

#include "picture.h"

#include "paper.h"

#include "svg.h"

#include "step.h"

#include "screen.h"

static const char usage[] =
    "usage: watch [-hnqs] [-c CALLS] [-o FILE.svg] [-t SECONDS] [-x SCHEDULE]\n"
    "             [-S FILE] COMMAND ...";
static const char *svg_path; /* -o */
static int quiet;            /* -q */
static int by_key;           /* -s */
static double seconds = 10;  /* -t */

static struct canvas canvas;
static int live; /* draw while it happens */

static void parse_options(int argc, char *argv[]); /* at the end */
static void run_freely(int next);
static void print_figures(void);

static void note_signal(int number)
{
	ended_by = number;
}

static void draw(void)
{
	if (live) {
		put_new_rows(&canvas, 0);
		fflush(stdout);
	}
}

int main(int argc, char *argv[])
{
	parse_options(argc, argv);
	const int signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		sigaction(signals[i],
			  &(struct sigaction){.sa_handler = note_signal}, NULL);
	signal(SIGPIPE, SIG_IGN);
	open_session(argv[0]);
	watch_itself = getpid();
	atexit(leave_nothing);

	int failed = 0;
	int height;
	measure(&canvas.width, &height);
	if (same_each_time) {
		live = has_colour = has_utf8 = 0;
		canvas.width = 76; /* in a page it is indented */
	}
	/* What names the columns stays in sight. */
	const int page = live && height > 12 ? height - 6 : 0;
	canvas.page = by_key ? 0 : page;
	canvas.put = put_on_output;
	canvas.where = stdout;
	holding = by_key || schedule != NULL;
	if (by_key) {
		failed = !choose(&canvas);
	} else if (schedule != NULL) {
		failed = !play(schedule, draw);
		if (failed)
			tell_where();
		wanted_call = "";
		letting_go = 1;
		for (int i = 0; i < process_count; i++)
			release(i, now());
		if (!failed)
			run_freely(command_count);
	} else {
		run_freely(0);
	}

	/* The end of all, and what there is to say of it. */
	const int interrupted = ended_by;
	end_all();
	canvas.page = page;
	if (by_key)
		put_all_rows(&canvas);
	else
		put_new_rows(&canvas, 1);
	if (!quiet)
		print_figures();
	remove_left(quiet ? NULL : stdout);
	canvas.page = 0;
	if (svg_path != NULL)
		write_svg(svg_path, &canvas);
	for (int i = 0; i < command_count && !failed; i++) {
		if (commands[i].process != -1 || commands[i].pid == 0 ||
		    interrupted != 0)
			continue;
		impossible("'%s' could not be watched: it has not loaded the "
			   "library (another libc's, or a sandbox)",
			   commands[i].line);
		failed = 1;
	}
	dismiss_guardian();
	fflush(stdout);
	if (failed)
		warnx("%s", why_not);
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	if (interrupted != 0) {
		signal(interrupted, SIG_DFL);
		raise(interrupted);
	}
	return failed;
}

/* Each command begins when the one before waits or has ended. */
static int may_begin(int next)
{
	if (next == 0)
		return 1;
	const struct command *before = &commands[next - 1];
	if (before->ended)
		return 1;
	return before->process != -1 && waits(&processes[before->process]);
}

static void run_freely(int next)
{
	const long long start = now();
	for (int i = next; i < command_count; i++)
		commands[i].process = -1;
	while (ended_by == 0) {
		if ((double)(now() - start) > seconds * 1000000)
			break;
		if (next < command_count && may_begin(next))
			begin_command(next++);
		else if (next == command_count && all_ended())
			return;
		take_events(5, -1);
		if (next == command_count)
			give_enter_where_wanted();
		draw();
	}
	count_waiting();
	for (int i = 0; i < process_count && ended_by == 0; i++)
		if (processes[i].state != ENDED)
			note_text(i, now(), "(after %g s: ended by watch)",
				  seconds);
}

/* What each process has called, and what a message has cost. */
static void print_figures(void)
{
	long sent = 0, transfers = 0, attached = 0, shared = 0;
	struct canvas list = canvas;
	lay_out(&list);
	printf(same_each_time ? "\nprocess   calls\n"
			      : "\nprocess    waited  calls\n");
	for (int i = 0; i < process_count; i++) {
		const struct process *process = &processes[list.order[i]];
		char text[1000] = "";
		size_t length = 0;
		int at = same_each_time
			     ? printf("%-7s   ", process->name)
			     : printf("%-7s %8.2f  ", process->name,
				      (double)process->waited / 1000);
		const int begin = at;
		for (int j = 0; j < NAMES && process->counts[j].count > 0;
		     j++) {
			length = (size_t)snprintf(
			    text, sizeof text, "%s%s %ld", j > 0 ? ", " : "",
			    process->counts[j].call, process->counts[j].count);
			if (at + (int)length > canvas.width - 1) {
				printf(",\n%*s", begin, "");
				at = begin;
				memmove(text, text + 2, length - 1);
				length -= 2;
			}
			printf("%s", text);
			at += (int)length;
			if (strncmp(process->counts[j].call, "shm", 3) == 0)
				shared += process->counts[j].count;
		}
		printf("\n");
		sent += process->sent;
		transfers += process->transfers;
		attached += process->attached;
		if (process->dropped > 0)
			printf("          %lld events were dropped: they came "
			       "too fast to be read\n",
			       process->dropped);
	}
	if (sent > 0)
		printf("%ld message%s sent, by %ld calls that send or receive: "
		       "%.1f for each\n",
		       sent, sent == 1 ? "" : "s", transfers,
		       (double)transfers / (double)sent);
	if (attached > 0)
		printf("shared memory: %ld calls to set it up, none to read or "
		       "write it\n",
		       shared);
	if (rows_lost > 0)
		printf("(%ld more lines were not drawn)\n", rows_lost);
}

static void parse_options(int argc, char *argv[])
{
	int option;
	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C");
	has_utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
	live = isatty(STDOUT_FILENO);
	has_colour = live;
	while ((option = getopt(argc, argv, "+hnqsc:o:t:x:S:")) != -1) {
		char *end;
		switch (option) {
		case 'c':
			only_calls = optarg;
			break;
		case 'n':
			same_each_time = 1;
			break;
		case 'q':
			quiet = 1;
			break;
		case 's':
			by_key = 1;
			break;
		case 'o':
			svg_path = optarg;
			break;
		case 'x':
			schedule = optarg;
			if (!is_schedule(schedule))
				errx(2,
				     "-x '%s': must be steps like 1, 1:shmat, "
				     "1.1+ or 2~\n%s",
				     schedule, usage);
			break;
		case 'S':
			record_path = optarg;
			break;
		case 't':
			seconds = strtod(optarg, &end);
			if (*optarg == '\0' || *end != '\0' || seconds <= 0 ||
			    seconds > 86400)
				errx(2, "-t '%s': must be 0.1 to 86400\n%s",
				     optarg, usage);
			break;
		default: /* -h, or what getopt has complained about */
			fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
			exit(option == 'h' ? 0 : 2);
		}
	}
	if (optind == argc)
		errx(2, "a COMMAND is missing\n%s", usage);
	if (argc - optind > COMMANDS)
		errx(2, "at most %d commands\n%s", COMMANDS, usage);
	if (by_key && schedule != NULL)
		errx(2, "-s and -x exclude each other\n%s", usage);
	if (record_path != NULL && !by_key)
		errx(2, "-S needs -s\n%s", usage);
	if (by_key && same_each_time)
		errx(2, "-s and -n exclude each other\n%s", usage);
	if (by_key && (!isatty(STDIN_FILENO) || !live))
		errx(2, "-s needs a terminal\n%s", usage);
	for (; optind < argc; optind++)
		commands[command_count++].line = argv[optind];
}
