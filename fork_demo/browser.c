/*
 * browser - a process for each tab: one crashes, the others draw on
 *
 * Shows why Chrome gives each tab a process in a sandbox, and trusts none. A
 * tab's line comes when its process is done, so the order of lines may vary.
 *
 *     $ ./browser
 *     browser: process 6021
 *     tab 1 (news): drew: Rain until noon [process 6022, sandboxed]
 *     tab 2 (crash): killed by SIGSEGV
 *     tab 3 (spy): killed by SIGKILL
 *     tab 4 (liar): cut off, sent less than announced
 *     tab 5 (flood): cut off, sent too much
 *     tab 6 (vandal): cut off, sent what is no text
 *     tab 8 (mail): drew: No new mail [process 6029, sandboxed]
 *     plug-in: drew: /etc/passwd opened [process 6030, no sandbox]
 *     tab 7 (hang): cut off, silent
 *     browser: still up
 *
 * usage: browser [-h]
 */

#include <ctype.h>
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
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

static const char usage[] = "usage: browser [-h]";

static struct tab {
	const char *name;
	enum { DRAW, CRASH, SPY, FLOOD, HANG, PLUG_IN } deed;
	const char *text;  /* what it draws, or the file that it opens */
	unsigned too_many; /* bytes that it announces and does not send */
	const char *meant; /* how its fate should begin */
	pid_t process;
	size_t received; /* bytes of the page, so far */
	int ended;       /* and there are no more */
	struct page {    /* what it sends: a length, then so much text */
		unsigned length;
		char text[200];
	} page;
} tabs[] = {
    {.name = "tab 1 (news)", DRAW, "Rain until noon", 0, "drew"},
    {.name = "tab 2 (crash)", CRASH, "", 0, "killed by SIGSEGV"},
    {.name = "tab 3 (spy)", SPY, "/etc/passwd", 0, "killed by SIGKILL"},
    {.name = "tab 4 (liar)", DRAW, "Long", 1000000, "cut off, sent less"},
    {.name = "tab 5 (flood)", FLOOD, "And again", 0, "cut off, sent too"},
    {.name = "tab 6 (vandal)", DRAW, "\033[2JGone", 0, "cut off, sent what"},
    {.name = "tab 7 (hang)", HANG, "", 0, "cut off, silent"},
    {.name = "tab 8 (mail)", DRAW, "No new mail", 0, "drew"},
    {.name = "plug-in", PLUG_IN, "/etc/passwd", 0, "drew"},
};
enum { TABS = sizeof tabs / sizeof *tabs };

/* The whole life of a tab's process, the renderer, or of the plug-in. */
static void render(const struct tab *tab, int channel)
{
	/* What takes other system calls comes before the sandbox. */
	signal(SIGSEGV, SIG_DFL); /* a sanitizer would make it an exit */
	const long self = getpid();
	const struct rlimit no_core = {0, 0};
	char *nowhere = mmap(NULL, 1, PROT_NONE, MAP_PRIVATE | MAP_ANON, -1, 0);
	if (munmap(nowhere, 1) == -1 || setrlimit(RLIMIT_CORE, &no_core) == -1)
		_exit(1);
	const char *place = "no sandbox", *opened = "";
#ifdef __linux__
	/* Strict mode: read, write and exit are left. The kernel answers any
	 * other call with SIGKILL. Some containers do not allow the mode. */
	const unsigned long strict = 1;
	if (tab->deed != PLUG_IN && prctl(PR_SET_SECCOMP, strict) == 0)
		place = "sandboxed";
#endif
	if (tab->deed == CRASH)
		*(volatile char *)nowhere = 'x';
	if (tab->deed == SPY || tab->deed == PLUG_IN)
		opened = open(tab->text, O_RDONLY) == -1 ? " shut" : " opened";
	struct page page;
	while (tab->deed == HANG && read(channel, page.text, 1) > 0)
		; /* nothing is ever sent: this waits for the browser's end */
	size_t size = sizeof page.text;
	size = (size_t)snprintf(page.text, size, "%s%s [process %ld, %s]",
				tab->text, opened, self, place);
	page.length = (unsigned)size + tab->too_many;
	while (write(channel, &page, sizeof page.length + size) > 0 &&
	       tab->deed == FLOOD)
		;
#ifdef __linux__
	syscall(SYS_exit, 0); /* _exit makes another call: exit_group */
#endif
	_exit(0);
}

/* Start a tab's process. Return the browser's end of their channel. */
static int open_tab(struct tab *tab)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1)
		err(1, "socketpair");
	if ((tab->process = fork()) == -1)
		err(1, "fork"); /* the tabs see their channels end, and end */
	if (tab->process == 0) {
		/* No screen, no other tab's channel: only its own is open. */
		for (int other = 0; other < ends[1]; other++)
			close(other);
		render(tab, ends[1]);
	}
	if (close(ends[1]) == -1) /* only the tab has it now */
		err(1, "close");
	return ends[0];
}

/* Take what has come, and judge it. Return NULL while more may come. */
static const char *receive(struct tab *tab, int channel)
{
	struct page *page = &tab->page; /* all zero: so a NUL ends the text */
	ssize_t count = read(channel, (char *)page + tab->received,
			     sizeof *page - tab->received);
	tab->received += count > 0 ? (size_t)count : 0;
	tab->ended = count <= 0;
	const size_t whole = sizeof page->length + page->length;
	if (tab->received > whole || tab->received == sizeof *page)
		return "cut off, sent too much";
	for (size_t i = 0; sizeof page->length + i < tab->received; i++)
		if (!isprint((unsigned char)page->text[i]))
			return "cut off, sent what is no text";
	if (tab->ended && tab->received < whole)
		return "cut off, sent less than announced";
	return tab->ended ? "drew: " : NULL;
}

/* End the process and tell its fate. Return 1 if it was not meant for that. */
static int close_tab(const struct tab *tab, const char *fate)
{
	int status;
	kill(tab->process, SIGKILL); /* one that has ended does not mind */
	if (waitpid(tab->process, &status, 0) == -1)
		err(1, "waitpid");
	if (tab->ended && WIFSIGNALED(status))
		fate = WTERMSIG(status) == SIGSEGV   ? "killed by SIGSEGV"
		       : WTERMSIG(status) == SIGKILL ? "killed by SIGKILL"
						     : "killed by a signal";
	const char *drawn = *fate == 'd' ? tab->page.text : "";
	printf("%s: %s%s\n", tab->name, fate, drawn);
	if (strncmp(fate, tab->meant, strlen(tab->meant)) == 0 ||
	    (tab->deed == SPY && strstr(drawn, "no sandbox") != NULL))
		return 0;
	warnx("%s was meant for another fate: %s", tab->name, tab->meant);
	return 1;
}

int main(int argc, char *argv[])
{
	int option = getopt(argc, argv, "h");
	if (option != -1) { /* -h, or what getopt has complained about */
		fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
		return option == 'h' ? 0 : 2;
	}
	if (optind < argc)
		errx(2, "surplus argument '%s'\n%s", argv[optind], usage);
	setvbuf(stdout, NULL, _IOLBF, 0); /* a line is seen at once */
	if (printf("browser: process %ld\n", (long)getpid()) < 0)
		errx(1, "cannot write to standard output");
	struct pollfd channels[TABS];
	for (int i = 0; i < TABS; i++)
		channels[i] = (struct pollfd){open_tab(&tabs[i]), POLLIN, 0};
	int failed = 0, ready, patience = 2; /* Ctrl-Z and fg use up one */
	while (patience > 0) {
		if ((ready = poll(channels, TABS, 500)) == -1)
			err(1, "poll");
		patience = ready > 0 ? 2 : patience - 1;
		for (int i = 0; i < TABS; i++) {
			const char *fate = patience ? NULL : "cut off, silent";
			if (channels[i].revents != 0)
				fate = receive(&tabs[i], channels[i].fd);
			if (fate == NULL || channels[i].fd == -1)
				continue;
			if (close(channels[i].fd) == -1)
				err(1, "close");
			channels[i].fd = -1; /* poll leaves it out */
			failed |= close_tab(&tabs[i], fate);
		}
	}
	printf("browser: still up\n");
	if (ferror(stdout))
		errx(1, "cannot write to standard output");
	return failed;
}
