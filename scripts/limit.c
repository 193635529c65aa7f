/*
 * limit - run a command in its own process group, and end the whole group
 *
 * A tool of scripts and tests, no lesson: there is no timeout(1) and no
 * setsid(1) on macOS.
 *
 * The group is ended when the command has exited (what it left behind), when
 * the time is up, when limit gets SIGINT, SIGQUIT, SIGTERM or SIGHUP, and when
 * limit's own parent is gone: first by SIGTERM, a second later by SIGKILL.
 *
 * Exit status: the command's; 128 + n where signal n ended it; 124 where the
 * time was up; 125 where limit failed; 127 where there is no such command.
 *
 * From the environment: TEST_TIME_SCALE, a factor for the time (default: 1).
 *
 * -n FILE: after 5 seconds or more, or when the time is up, the whole seconds
 * are noted in FILE.
 *
 * usage: limit [-n FILE] SECONDS COMMAND [ARGUMENT ...]
 */

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile sig_atomic_t ended_by; /* the signal that limit got */

static void note_signal(int signal_number)
{
	ended_by = signal_number;
}

/* Interrupts waitpid, so that the clock and the parent are looked at. */
static void tick(int signal_number)
{
	(void)signal_number;
}

static void handle(int signal_number, void (*handler)(int))
{
	struct sigaction action = {.sa_handler = handler}; /* no SA_RESTART */
	sigemptyset(&action.sa_mask);
	if (sigaction(signal_number, &action, NULL) == -1)
		err(125, "sigaction");
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

static void note_seconds(const char *path, double seconds)
{
	FILE *file = fopen(path, "w");
	if (file == NULL)
		return;
	fprintf(file, "%.0f\n", seconds);
	fclose(file);
}

int main(int argc, char *argv[])
{
	const char *note = NULL;
	if (argc > 2 && strcmp(argv[1], "-n") == 0) {
		note = argv[2];
		argv += 2;
		argc -= 2;
	}
	char *end;
	double seconds = argc < 3 ? 0 : strtod(argv[1], &end);
	if (argc < 3 || *end != '\0' || !(seconds > 0 && seconds <= 86400))
		errx(125, "usage: limit [-n FILE] SECONDS COMMAND [ARG ...]");

	const char *scale = getenv("TEST_TIME_SCALE");
	double factor = scale == NULL ? 1 : strtod(scale, &end);
	if (scale != NULL && (*end != '\0' || !(factor > 0 && factor <= 1000)))
		errx(125, "TEST_TIME_SCALE '%s': must be above 0, to 1000",
		     scale);

	pid_t parent = getppid();
	double start = now();
	double deadline = start + seconds * factor;
	handle(SIGINT, note_signal);
	handle(SIGQUIT, note_signal);
	handle(SIGTERM, note_signal);
	handle(SIGHUP, note_signal);
	handle(SIGALRM, tick);

#ifdef __linux__
	/* Orphans of the group become limit's children, not those of an init
	 * that takes its time: until they are waited for, they are there. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
#endif
	pid_t child = fork();
	if (child == -1)
		err(125, "fork");
	if (child == 0) {
		setpgid(0, 0);
		/* In a script's background jobs SIGINT came ignored. */
		signal(SIGINT, SIG_DFL);
		signal(SIGQUIT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
		signal(SIGHUP, SIG_DFL);
		signal(SIGALRM, SIG_DFL);
		execvp(argv[2], argv + 2);
		err(127, "execvp %s", argv[2]);
	}
	/* In both: whoever is first, the group is there when it is needed. */
	setpgid(child, child);

	const struct itimerval ticks = {.it_interval = {.tv_usec = 100000},
					.it_value = {.tv_usec = 100000}};
	if (setitimer(ITIMER_REAL, &ticks, NULL) == -1)
		err(125, "setitimer");
	int status = 0, timed_out = 0;
	pid_t waited;
	while ((waited = waitpid(child, &status, 0)) == -1 && errno == EINTR) {
		timed_out = now() > deadline;
		if (ended_by != 0 || timed_out || getppid() != parent)
			break;
	}
	end_group(child);
	if (note != NULL && (timed_out || now() - start >= 5 * factor))
		note_seconds(note, now() - start);
	if (timed_out)
		return 124;
	if (ended_by != 0) {
		signal(ended_by, SIG_DFL);
		raise(ended_by);
	}
	if (waited != child)
		errx(125, "waitpid: no status of the command");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
