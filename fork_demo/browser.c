/*
 * browser - a process for each tab: one crashes, the others go on drawing
 *
 * Shows why Chrome gives each tab a process of its own, in a sandbox, and
 * trusts none. Without sort, each line comes when its process has ended.
 *
 *     $ ./browser | sort
 *     browser: process …
 *     browser: still up
 *     plug-in: drew: /etc/passwd opened [process …, no sandbox]
 *     tab 1 (news): drew: Rain until noon [process …]
 *     tab 2 (crash): killed by SIGSEGV
 *     tab 3 (spy): …
 *     tab 4 (flood): cut off, sent too much
 *     tab 5 (vandal): cut off, sent what is no text
 *     tab 6 (hang): cut off, silent
 *     tab 7 (mail): drew: No new mail [process …]
 *
 * usage: browser [-h]
 * On Linux the kernel kills the spy for calling open. Elsewhere, and where a
 * container refuses the sandbox, all lines have "no sandbox". Nothing limits
 * how much memory and CPU time a tab uses.
 */

#include <ctype.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

enum { TABS = 8 }; /* the plug-in counts as one */
static void render(int number, int channel);
static const char *receive(int number, int channel);
static const char *end_of(pid_t process, const char *fate);
static int report(int number, const char *fate);
static void parse_options(int argc, char *argv[]); /* at the end */

int main(int argc, char *argv[])
{
	parse_options(argc, argv);
	printf("browser: process %ld\n", (long)getpid());
	if (ferror(stdout)) /* if it is closed, see below */
		errx(1, "cannot write to standard output");

	/* Open the tabs: for each a channel, and a process at its other end.
	 * (If stdout was closed, the first socketpair would get descriptor 1,
	 * and our printf would go to a tab.) */
	struct pollfd channels[TABS];
	pid_t processes[TABS];
	for (int i = 0; i < TABS; i++) {
		int ends[2]; /* the browser's, and the tab's */
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1)
			err(1, "socketpair");
		processes[i] = fork();
		if (processes[i] == -1)
			err(1, "fork"); /* the tabs so far read EOF, and end */
		if (processes[i] == 0)
			render(i, ends[1]); /* never returns */

		/* Now only the tab has its end, so we see when it has gone. */
		if (close(ends[1]) == -1)
			err(1, "close");
		channels[i] = (struct pollfd){.fd = ends[0], .events = POLLIN};
	}

	/* Wait for all of them at once: a tab that hangs delays no other. A
	 * signal may interrupt a call that waits: it returns -1 with EINTR, and
	 * we call again. */
	int open_tabs = TABS, failed = 0;
	int silence = 0; /* how many times in a row nothing came from any tab */
	while (open_tabs > 0) {
		int ready;
		do
			ready = poll(channels, TABS, 500); /* milliseconds */
		while (ready == -1 && errno == EINTR);
		if (ready == -1)
			err(1, "poll");
		silence = ready == 0 ? silence + 1 : 0;

		for (int i = 0; i < TABS; i++) {
			const char *fate = NULL; /* not yet known */
			if (channels[i].fd == -1)
				continue;

			/* Twice, because once may be the time for which we
			 * were stopped ourselves (Ctrl-Z, then fg). */
			if (channels[i].revents != 0)
				fate = receive(i, channels[i].fd);
			else if (silence == 2)
				fate = "cut off, silent";
			if (fate == NULL)
				continue;

			/* This tab is done. The kernel tells how it ended. */
			if (close(channels[i].fd) == -1)
				err(1, "close");
			channels[i].fd = -1; /* poll leaves it out */
			open_tabs--;
			fate = end_of(processes[i], fate);
			if (!report(i, fate))
				failed = 1;
		}
	}

	printf("browser: still up\n");
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return failed;
}

/* What each process is here for, and what should become of it. */
enum deed { DRAW, CRASH, SPY, FLOOD, HANG, PLUG_IN };
static const struct tab {
	const char *name;
	enum deed deed;
	const char *text; /* what it draws, or the file that it opens */
	const char *meant;
} tabs[TABS] = {
    {"tab 1 (news)", DRAW, "Rain until noon", "drew"},
    {"tab 2 (crash)", CRASH, "", "killed by SIGSEGV"},
    {"tab 3 (spy)", SPY, "/etc/passwd", "killed by SIGKILL"},
    {"tab 4 (flood)", FLOOD, "Buy now! ", "cut off, sent too much"},
    /* \033[2J clears the screen of a terminal */
    {"tab 5 (vandal)", DRAW, "\033[2JGone", "cut off, sent what is no text"},
    {"tab 6 (hang)", HANG, "", "cut off, silent"},
    {"tab 7 (mail)", DRAW, "No new mail", "drew"},
    {"plug-in", PLUG_IN, "/etc/passwd", "drew"},
};

/* ---- in the browser's process ---- */

/* The web page that each tab has sent. All zero: so a NUL ends each. */
static struct page {
	char text[200];
	size_t received;
} pages[TABS];

/* Take what has come. Return the tab's fate, or NULL while more may come. */
static const char *receive(int number, int channel)
{
	struct page *page = &pages[number];
	char *place = page->text + page->received;
	ssize_t count;
	do
		count =
		    read(channel, place, sizeof page->text - page->received);
	while (count == -1 && errno == EINTR);
	if (count == -1) {
		warn("read: %s", tabs[number].name);
		return "cut off, cannot be read";
	}
	if (count == 0)
		return "drew"; /* the end: the page is complete */

	/* A tab may send anything. Our terminal gets text only. */
	for (ssize_t i = 0; i < count; i++) {
		if (!isprint((unsigned char)place[i]))
			return "cut off, sent what is no text";
	}
	page->received += (size_t)count;
	if (page->received == sizeof page->text)
		return "cut off, sent too much";
	return NULL;
}

/* Finish with a tab's process, and return its fate. If it was not cut off, it
 * has ended by itself, and the kernel tells how. */
static const char *end_of(pid_t process, const char *fate)
{
	const int cut_off = strcmp(fate, "drew") != 0;
	if (cut_off && kill(process, SIGKILL) == -1)
		err(1, "kill: process %ld", (long)process);

	int status;
	pid_t ended;
	do
		ended = waitpid(process, &status, 0);
	while (ended == -1 && errno == EINTR);
	if (ended == -1)
		err(1, "waitpid: process %ld", (long)process);

	if (cut_off || status == 0) /* 0: ended, with exit status 0 */
		return fate;
	if (!WIFSIGNALED(status))
		return "failed";
	if (WTERMSIG(status) == SIGSEGV)
		return "killed by SIGSEGV";
	if (WTERMSIG(status) == SIGKILL)
		return "killed by SIGKILL";
	return "killed by a signal";
}

/* Print a tab's fate, and its page if it drew one. Was it meant for that? */
static int report(int number, const char *fate)
{
	const struct tab *tab = &tabs[number];
	const char *text = pages[number].text;
	const int drew = strcmp(fate, "drew") == 0;
	if (drew)
		printf("%s: drew: %s\n", tab->name, text);
	else
		printf("%s: %s\n", tab->name, fate);

	if (strcmp(fate, tab->meant) == 0)
		return 1;
	if (tab->deed == SPY && drew && strstr(text, "no sandbox") != NULL)
		return 1; /* nothing keeps it from the file here */
	warnx("%s was meant for another fate: %s", tab->name, tab->meant);
	return 0;
}

/* ---- in a tab's process, the renderer, or in the plug-in's ---- */

/* This cannot be undone. Strict mode leaves read, write and exit: for any
 * other system call the kernel kills the process. Return 0 where it cannot be
 * had. */
static int enter_sandbox(void)
{
#ifdef __linux__
	/* Its header is not everywhere, so this constant is named here. */
	const unsigned long seccomp_mode_strict = 1;
	return prctl(PR_SET_SECCOMP, seccomp_mode_strict) == 0;
#else
	return 0;
#endif
}

/* A write may take less than it was given, so the rest is written again.
 * Return 0 if the browser has closed the channel. */
static int send_page(int channel, const char *page, size_t length)
{
	size_t sent = 0;
	while (sent < length) {
		ssize_t count = write(channel, page + sent, length - sent);
		if (count == -1 && errno != EINTR)
			return 0;
		if (count > 0)
			sent += (size_t)count;
	}
	return 1;
}

static void render(int number, int channel)
{
	/* What needs other system calls must be done before the sandbox, even
	 * getpid. A memory page is mapped and unmapped: so nothing is at this
	 * address. (_exit: do not run the parent's atexit functions or flush
	 * its buffers again.) */
	const struct tab *tab = &tabs[number];
	const long process = (long)getpid();
	char *nowhere = mmap(NULL, 1, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0);
	if (nowhere == MAP_FAILED) {
		warn("mmap: %s", tab->name);
		_exit(1);
	}
	if (munmap(nowhere, 1) == -1) {
		warn("munmap: %s", tab->name);
		_exit(1);
	}

	const struct rlimit no_core = {0, 0}; /* no core file from the crash */
	if (setrlimit(RLIMIT_CORE, &no_core) == -1) {
		warn("setrlimit: %s", tab->name);
		_exit(1);
	}
	signal(SIGSEGV, SIG_DFL); /* a sanitizer would make it an exit */

	/* No screen, no channel of another tab: only its own stays open. The
	 * kernel gives the lowest free number to what is opened, so all that
	 * was opened earlier has a lower one than this channel. */
	for (int other = 0; other < channel; other++)
		close(other);

	const char *place = "no sandbox";
	if (tab->deed != PLUG_IN && enter_sandbox())
		place = "in a sandbox";

	const char *opened = "";
	if (tab->deed == CRASH)
		*(volatile char *)nowhere = 'x';
	if (tab->deed == SPY || tab->deed == PLUG_IN) /* the spy ends here */
		opened =
		    open(tab->text, O_RDONLY) == -1 ? " refused" : " opened";

	char page[100];
	int length = snprintf(page, sizeof page, "%s%s [process %ld, %s]",
			      tab->text, opened, process, place);
	if (tab->deed == HANG) { /* send nothing until the browser closes */
		ssize_t count;
		do
			count = read(channel, page, 1);
		while (count == -1 && errno == EINTR);
	}
	int sent;
	do
		sent = send_page(channel, page, (size_t)length);
	while (tab->deed == FLOOD && sent);

	/* It has no screen to report an error on, but the exit status. */
	const int status = sent ? 0 : 1;
#ifdef __linux__
	syscall(SYS_exit, status); /* _exit makes another call: exit_group */
#endif
	_exit(status);
}

static void parse_options(int argc, char *argv[])
{
	static const char usage[] = "usage: browser [-h]";
	int option = getopt(argc, argv, "h");
	if (option != -1) { /* -h, or what getopt has complained about */
		fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
		exit(option == 'h' ? 0 : 2);
	}
	if (optind < argc)
		errx(2, "unexpected argument '%s'\n%s", argv[optind], usage);
	setvbuf(stdout, NULL, _IOLBF, 0); /* each line is seen at once */

	/* Ignore SIGPIPE: a write to a closed pipe or socket then fails with
	 * EPIPE instead of ending us. */
	signal(SIGPIPE, SIG_IGN);
}
