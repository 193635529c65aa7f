/*
 * browser - a process for each tab: one crashes, the others draw on
 *
 * Shows why Chrome gives each tab a process of its own, in a sandbox, and
 * trusts none. A tab's line comes when its process is done, in any order.
 *
 *     $ ./browser
 *     browser: process …
 *     tab 1 (news): drew: Rain until noon [process …, sandboxed]
 *     tab 2 (crash): killed by SIGSEGV
 *     tab 3 (spy): killed by SIGKILL
 *     tab 4 (flood): cut off, sent too much
 *     tab 5 (vandal): cut off, sent what is no text
 *     tab 7 (mail): drew: No new mail [process …, sandboxed]
 *     plug-in: drew: /etc/passwd opened [process …, no sandbox]
 *     tab 6 (hang): cut off, silent
 *     browser: still up
 *
 * usage: browser [-h]
 *
 * The sandbox is for Linux; elsewhere, and in a container that refuses it, the
 * lines say "no sandbox". A tab may still use all of its memory and time.
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

/* What each process is here for, and what should become of it. */
enum deed { DRAW, CRASH, SPY, FLOOD, HANG, PLUG_IN };
static const struct tab {
	const char *name;
	enum deed deed;
	const char *text; /* what it draws, or the file that it opens */
	const char *meant;
} tabs[] = {
    {"tab 1 (news)", DRAW, "Rain until noon", "drew"},
    {"tab 2 (crash)", CRASH, "", "killed by SIGSEGV"},
    {"tab 3 (spy)", SPY, "/etc/passwd", "killed by SIGKILL"},
    {"tab 4 (flood)", FLOOD, "Buy now! ", "cut off, sent too much"},
    {"tab 5 (vandal)", DRAW, "\033[2JGone", "cut off, sent what is no text"},
    {"tab 6 (hang)", HANG, "", "cut off, silent"},
    {"tab 7 (mail)", DRAW, "No new mail", "drew"},
    {"plug-in", PLUG_IN, "/etc/passwd", "drew"},
};
enum { TABS = sizeof tabs / sizeof *tabs };

/* What the browser knows of each. All zero: so a NUL ends each page. */
static struct renderer {
	pid_t process;
	char page[200];
	size_t received;
} renderers[TABS];

static void render(const struct tab *tab, int channel);
static const char *receive(struct renderer *renderer, int channel);
static const char *end_of(const struct renderer *renderer, const char *fate);
static int report(int number, const char *fate);
static void parse_options(int argc, char *argv[]); /* at the end */

int main(int argc, char *argv[])
{
	parse_options(argc, argv);
	signal(SIGPIPE, SIG_IGN); /* a write that nobody reads fails: EPIPE */
	printf("browser: process %ld\n", (long)getpid());
	if (ferror(stdout)) /* closed? A channel would get its number */
		errx(1, "cannot write to standard output");

	/* Open the tabs: for each a channel, and a process at its other end. */
	struct pollfd channels[TABS];
	for (int i = 0; i < TABS; i++) {
		int ends[2]; /* the browser's, and the tab's */
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1)
			err(1, "socketpair");
		renderers[i].process = fork();
		if (renderers[i].process == -1)
			err(1, "fork"); /* other tabs see the end, and end */
		if (renderers[i].process == 0)
			render(&tabs[i], ends[1]); /* never returns */

		/* Now only the tab has its end, so we see when it has gone. */
		if (close(ends[1]) == -1)
			err(1, "close");
		channels[i] = (struct pollfd){.fd = ends[0], .events = POLLIN};
	}

	/* Wait for all of them at once: a tab that hangs delays no other. */
	int open_tabs = TABS, failed = 0;
	int silence = 0; /* in half seconds; Ctrl-Z and fg make it one */
	while (open_tabs > 0) {
		int ready;
		do
			ready = poll(channels, TABS, 500);
		while (ready == -1 && errno == EINTR);
		if (ready == -1)
			err(1, "poll");
		silence = ready == 0 ? silence + 1 : 0;

		for (int i = 0; i < TABS; i++) {
			const char *fate = NULL; /* not yet known */
			if (channels[i].fd == -1)
				continue;
			if (channels[i].revents != 0)
				fate = receive(&renderers[i], channels[i].fd);
			else if (silence == 2)
				fate = "cut off, silent";
			if (fate == NULL)
				continue;

			/* This tab is done. The kernel tells how it ended. */
			if (close(channels[i].fd) == -1)
				err(1, "close");
			channels[i].fd = -1; /* poll leaves it out */
			open_tabs--;
			fate = end_of(&renderers[i], fate);
			if (!report(i, fate))
				failed = 1;
		}
	}

	printf("browser: still up\n");
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return failed;
}

/* ---- in the browser's process ---- */

/* Take what has come. Return the tab's fate, or NULL while more may come. */
static const char *receive(struct renderer *renderer, int channel)
{
	char *place = renderer->page + renderer->received;
	size_t room = sizeof renderer->page - renderer->received;
	ssize_t count;
	do
		count = read(channel, place, room);
	while (count == -1 && errno == EINTR);
	if (count == -1)
		return "cut off, cannot be read";
	if (count == 0)
		return "drew"; /* the end: the page is complete */

	/* A tab may send anything. Our terminal gets text only. */
	for (ssize_t i = 0; i < count; i++) {
		if (!isprint((unsigned char)place[i]))
			return "cut off, sent what is no text";
	}
	renderer->received += (size_t)count;
	if (renderer->received == sizeof renderer->page)
		return "cut off, sent too much";
	return NULL;
}

/* Take leave of a tab's process, and return its fate. If it was not cut off,
 * it has ended by itself, and the kernel tells how. */
static const char *end_of(const struct renderer *renderer, const char *fate)
{
	const long process = (long)renderer->process;
	const int cut_off = strcmp(fate, "drew") != 0;
	if (cut_off && kill(renderer->process, SIGKILL) == -1)
		err(1, "kill: process %ld", process);

	int status;
	pid_t ended;
	do
		ended = waitpid(renderer->process, &status, 0);
	while (ended == -1 && errno == EINTR);
	if (ended == -1)
		err(1, "waitpid: process %ld", process);

	if (cut_off || status == 0)
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
	const char *page = renderers[number].page;
	const int drew = strcmp(fate, "drew") == 0;
	if (drew)
		printf("%s: drew: %s\n", tab->name, page);
	else
		printf("%s: %s\n", tab->name, fate);

	if (strcmp(fate, tab->meant) == 0)
		return 1;
	if (tab->deed == SPY && drew && strstr(page, "no sandbox") != NULL)
		return 1; /* nothing keeps it from the file here */
	warnx("%s was meant for another fate: %s", tab->name, tab->meant);
	return 0;
}

/* ---- in a tab's process, the renderer, or in the plug-in's ---- */

/* For good. Strict mode leaves read, write and exit: the kernel answers any
 * other system call with SIGKILL. Return 0 where this cannot be had. */
static int enter_sandbox(void)
{
#ifdef __linux__
	const unsigned long strict = 1; /* SECCOMP_MODE_STRICT */
	return prctl(PR_SET_SECCOMP, strict) == 0;
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

static void render(const struct tab *tab, int channel)
{
	/* No screen, no channel of another tab: only its own stays open. */
	for (int other = 0; other < channel; other++)
		close(other);

	/* What needs other system calls must be done before the sandbox. A page
	 * is mapped and unmapped, so nothing is at this address. */
	const long process = (long)getpid();
	char *nowhere = mmap(NULL, 1, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0);
	if (nowhere == MAP_FAILED || munmap(nowhere, 1) == -1)
		_exit(1);
	const struct rlimit no_core = {0, 0};
	if (setrlimit(RLIMIT_CORE, &no_core) == -1)
		_exit(1);
	signal(SIGSEGV, SIG_DFL); /* a sanitizer would make it an exit */

	const char *place = "no sandbox";
	if (tab->deed != PLUG_IN && enter_sandbox())
		place = "sandboxed";

	const char *opened = "";
	if (tab->deed == CRASH)
		*(volatile char *)nowhere = 'x';
	if (tab->deed == SPY || tab->deed == PLUG_IN)
		opened = open(tab->text, O_RDONLY) == -1 ? " shut" : " opened";

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

#ifdef __linux__
	syscall(SYS_exit, 0); /* _exit makes another call: exit_group */
#endif
	_exit(0);
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
}
