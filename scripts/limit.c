/*
 * limit - run a command in its own process group, and end the whole group
 *
 * A tool of scripts and tests, no lesson: there is no timeout(1) and no
 * setsid(1) on macOS.
 *
 *     limit [-d FOLDER] SECONDS COMMAND [ARGUMENT ...]
 *
 * The group is ended when the command has exited (what it left behind), when
 * the time is up, when limit gets SIGINT, SIGQUIT, SIGTERM or SIGHUP, and when
 * limit's own parent is gone: first by SIGTERM, a second later by SIGKILL.
 *
 * -d FOLDER: limit makes it, for a test. FOLDER/ticks is a FIFO: a shell that
 * reads a line from it pauses for some 10 ms without starting a process. The
 * line is "late" when less than a third of the time is left. If it took more
 * than 5 seconds, or the time was up, the seconds are written to FOLDER/slow.
 *
 * Exit status: the command's; 128 + n where signal n came to it or to limit;
 * 124 where the time was up; 125 where limit failed; 127: no such command.
 * From the environment: TEST_TIME_SCALE, a factor for the time (default: 1).
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *folder;             /* -d, or NULL */
static volatile sig_atomic_t ended_by; /* the signal that limit got */
static const struct timespec pause_10_ms = {.tv_nsec = 10000000};

/* SIGCHLD only ends a pause early. */
static void note_signal(int signal_number)
{
	if (signal_number != SIGCHLD)
		ended_by = signal_number;
}

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Returns when the group is empty: nothing of it is left. */
static void end_group(pid_t group)
{
	double since = now();
	if (kill(-group, SIGTERM) == -1 && errno == ESRCH)
		return;
	kill(-group, SIGCONT); /* a stopped process cannot end */
	while (now() - since < 1) {
		while (waitpid(-group, NULL, WNOHANG) > 0)
			;
		if (kill(-group, 0) == -1)
			return;
		nanosleep(&pause_10_ms, NULL);
	}
	kill(-group, SIGKILL);
}

static const char *in_folder(const char *name)
{
	static char path[4096];
	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

/* Where nobody reads the FIFO it cannot be opened: then there is no line. */
static void write_line(const char *name, const char *line)
{
	int file = open(in_folder(name), O_WRONLY | O_CREAT | O_NONBLOCK, 0600);
	if (file == -1)
		return;
	dprintf(file, "%s\n", line);
	close(file);
}

int main(int argc, char *argv[])
{
	if (argc > 2 && strcmp(argv[1], "-d") == 0) {
		folder = argv[2];
		argv += 2;
		argc -= 2;
	}
	const char *scale = getenv("TEST_TIME_SCALE");
	double factor = scale == NULL ? 1 : atof(scale);
	double seconds = argc < 3 ? 0 : atof(argv[1]) * factor;
	if (!(seconds > 0))
		errx(125, "usage: limit [-d FOLDER] SECONDS COMMAND [ARG ...]; "
			  "SECONDS and TEST_TIME_SCALE are above 0");
	if (folder != NULL && mkdir(folder, 0700) == -1)
		err(125, "mkdir %s", folder);
	if (folder != NULL && mkfifo(in_folder("ticks"), 0600) == -1)
		err(125, "mkfifo %s", in_folder("ticks"));

	/* The command has no handlers: SIGINT, which comes ignored in a
	 * script's background jobs, ends it. */
	const int signals[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGCHLD};
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		signal(signals[i], note_signal);
#ifdef __linux__
	/* Orphans of the group become limit's children, not those of an init
	 * that takes its time: until they are waited for, they are there. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
#endif
	pid_t parent = getppid();
	double start = now();
	pid_t child = fork();
	if (child == -1)
		err(125, "fork");
	if (child == 0) {
		setpgid(0, 0);
		execvp(argv[2], argv + 2);
		err(127, "execvp %s", argv[2]);
	}
	/* In both: whoever is first, the group is there when it is needed. */
	setpgid(child, child);
	signal(SIGPIPE, SIG_IGN);

	double passed = 0;
	int status;
	pid_t waited;
	while ((waited = waitpid(child, &status, WNOHANG)) == 0) {
		if (ended_by != 0 || passed > seconds || getppid() != parent)
			break;
		nanosleep(&pause_10_ms, NULL);
		passed = now() - start;
		if (folder != NULL)
			write_line("ticks",
				   passed > seconds * 2 / 3 ? "late" : "tick");
	}
	end_group(child);
	passed = now() - start;
	if (folder != NULL && (waited == 0 || passed > 5 * factor)) {
		char slow[32];
		snprintf(slow, sizeof slow, "%.0f", passed);
		write_line("slow", slow);
	}
	if (ended_by != 0)
		return 128 + ended_by;
	if (waited == 0)
		return 124;
	if (waited == -1)
		errx(125, "waitpid: no status of the command");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
