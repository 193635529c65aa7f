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
 * Exit status: the command's; 128 + n where signal n ended it; 124 where the
 * time was up; 125 where limit failed; 127 where there is no such command.
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

static volatile sig_atomic_t ended_by; /* the signal that limit got */

/* SIGCHLD only ends a pause early. */
static void note_signal(int signal_number)
{
	if (signal_number != SIGCHLD)
		ended_by = signal_number;
}

static double now(void)
{
	struct timespec time;
	if (clock_gettime(CLOCK_MONOTONIC, &time) == -1)
		err(125, "clock_gettime");
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Returns when the group is empty: nothing of it is left. */
static void end_group(pid_t group)
{
	const struct timespec pause = {.tv_nsec = 5000000};
	double since = now();
	if (kill(-group, SIGTERM) == -1 && errno == ESRCH)
		return;
	kill(-group, SIGCONT); /* a stopped process cannot end */
	while (now() - since < 1) {
		while (waitpid(-group, NULL, WNOHANG) > 0)
			;
		if (kill(-group, 0) == -1)
			return;
		nanosleep(&pause, NULL);
	}
	kill(-group, SIGKILL);
}

/* Where nobody reads the FIFO it cannot be opened: then there is no line. */
static void write_line(const char *path, const char *line)
{
	int file = open(path, O_WRONLY | O_CREAT | O_NONBLOCK, 0600);
	if (file == -1)
		return;
	ssize_t length = write(file, line, strlen(line));
	(void)length;
	close(file);
}

int main(int argc, char *argv[])
{
	int with_folder = argc > 2 && strcmp(argv[1], "-d") == 0;
	const char *folder = with_folder ? argv[2] : NULL;
	char **words = argv + (with_folder ? 3 : 1); /* SECONDS COMMAND ... */
	char *end = NULL;
	double seconds = words[0] == NULL ? 0 : strtod(words[0], &end);
	if (end == NULL || *end != '\0' || !(seconds > 0 && seconds <= 86400) ||
	    words[1] == NULL)
		errx(125, "usage: limit [-d FOLDER] SECONDS COMMAND [ARG ...]");

	const char *scale = getenv("TEST_TIME_SCALE");
	double factor = scale == NULL ? 1 : strtod(scale, &end);
	if (*end != '\0' || !(factor > 0 && factor <= 1000))
		errx(125, "TEST_TIME_SCALE '%s': must be above 0, to 1000",
		     scale);
	seconds *= factor;

	char ticks[4096], slow[4096], line[32];
	if (with_folder) {
		snprintf(ticks, sizeof ticks, "%s/ticks", folder);
		snprintf(slow, sizeof slow, "%s/slow", folder);
		if (mkdir(folder, 0700) == -1)
			err(125, "mkdir %s", folder);
		if (mkfifo(ticks, 0600) == -1)
			err(125, "mkfifo %s", ticks);
	}

	/* The command has no handlers: SIGINT, which comes ignored in a
	 * script's background jobs, ends it. */
	const int signals[] = {SIGINT, SIGQUIT, SIGTERM, SIGHUP, SIGCHLD};
	struct sigaction action = {.sa_handler = note_signal};
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		sigaction(signals[i], &action, NULL);
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
		execvp(words[1], words + 1);
		err(127, "execvp %s", words[1]);
	}
	/* In both: whoever is first, the group is there when it is needed. */
	setpgid(child, child);
	signal(SIGPIPE, SIG_IGN);

	const struct timespec pause = {.tv_nsec =
					   with_folder ? 10000000 : 100000000};
	double passed = 0;
	int status;
	pid_t waited;
	while ((waited = waitpid(child, &status, WNOHANG)) == 0) {
		if (ended_by != 0 || passed > seconds || getppid() != parent)
			break;
		nanosleep(&pause, NULL);
		passed = now() - start;
		if (with_folder)
			write_line(ticks, passed > seconds * 2 / 3 ? "late\n"
								   : "tick\n");
	}
	end_group(child);
	passed = now() - start;
	if (with_folder && passed > (waited == 0 ? 0 : 5 * factor)) {
		snprintf(line, sizeof line, "%.0f\n", passed);
		write_line(slow, line);
	}
	if (ended_by != 0) {
		signal(ended_by, SIG_DFL);
		raise(ended_by);
	}
	if (waited == 0)
		return 124;
	if (waited == -1)
		errx(125, "waitpid: no status of the command");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
