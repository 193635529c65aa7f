/*
 * woken - a child waits, its parent ends each wait: programs for watch
 *
 * A tool of the tests, no lesson. A child reads from a pipe, byte by byte,
 * until it ends.
 *
 *     woken bytes     the parent writes five bytes, one more, and closes
 *     woken messages  they use sendmsg and recvmsg, with a message in two parts
 *     woken family    the child has a child (fork), and that has one (vfork),
 *                     which exits with status 3
 *     woken signals   the child pauses first; the parent ends that, and a read,
 *                     with SIGUSR1
 *     woken sleep     the child sleeps first, longer than any test may take;
 *                     the parent sends SIGUSR1 until the child has ended
 */

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifdef __APPLE__
#pragma clang diagnostic ignored "-Wdeprecated-declarations" /* vfork */
#endif

static const char *what;

static int is(const char *word)
{
	return strcmp(what, word) == 0;
}

static void do_nothing(int signal_number)
{
	(void)signal_number;
}

/* What is sent or received: 2 bytes, then the rest. */
static char text[6] = "hello";
static struct iovec parts[] = {{.iov_base = text, .iov_len = 2},
			       {.iov_base = text + 2, .iov_len = 3}};
static struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};

static void have_family(void)
{
	int status;
	const pid_t child = fork();
	if (child == 0) {
		const pid_t grandchild = vfork();
		if (grandchild == 0)
			_exit(3);
		if (waitpid(grandchild, &status, 0) == -1)
			_exit(1);
		_exit(WEXITSTATUS(status));
	}
	if (waitpid(child, &status, 0) == -1)
		err(1, "waitpid");
	_exit(WEXITSTATUS(status));
}

static void wait_in_many_calls(int from)
{
	char byte;
	if (is("family"))
		have_family();
	if (is("messages")) {
		memset(text, '-', sizeof text);
		recvmsg(from, &message, 0);
		_exit(memcmp(text, "hello", 5) != 0);
	}
	if (is("signals"))
		pause();
	if (is("sleep"))
		sleep(1000);
	while (!is("sleep") && read(from, &byte, 1) == 1)
		;
	_exit(0);
}

static void signal_child(pid_t child)
{
	if (kill(child, SIGUSR1) == -1)
		err(1, "kill");
}

static void write_bytes(int to, const char *bytes)
{
	if (write(to, bytes, strlen(bytes)) == -1)
		err(1, "write");
}

int main(int argc, char *argv[])
{
	if (argc != 2)
		errx(2, "usage: see the top of tests/woken.c");
	what = argv[1];
	const struct sigaction action = {.sa_handler = do_nothing};
	sigaction(SIGUSR1, &action, NULL);
	int ends[2];
	if (is("messages") && socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1)
		err(1, "socketpair");
	if (!is("messages") && pipe(ends) == -1)
		err(1, "pipe");
	const pid_t child = fork();
	if (child == -1)
		err(1, "fork");
	if (child == 0) {
		close(ends[1]);
		wait_in_many_calls(ends[0]);
	}
	close(ends[0]);

	if (is("bytes")) {
		write_bytes(ends[1], "12345");
		write_bytes(ends[1], "6");
		close(ends[1]);
	}
	if (is("messages") && sendmsg(ends[1], &message, 0) == -1)
		err(1, "sendmsg");
	if (is("signals")) {
		signal_child(child);
		signal_child(child);
	}
	const struct timespec moment = {.tv_nsec = 10000000};
	while (is("sleep") && waitpid(child, NULL, WNOHANG) == 0) {
		signal_child(child);
		nanosleep(&moment, NULL);
	}
	int status = 0;
	if (!is("sleep") && waitpid(child, &status, 0) == -1)
		err(1, "waitpid");
	return WEXITSTATUS(status);
}
