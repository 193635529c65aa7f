/*
 * stream.h - for library.c: where the events go, and what is printed
 */

/* Out of the way: the program may close the low ones, or count. */
static int high_copy(int fd)
{
	int (*const control)(int, int, ...) =
	    LIBC(fcntl, int (*)(int, int, ...));
	struct rlimit limit = {.rlim_cur = 64};
	getrlimit(RLIMIT_NOFILE, &limit);
	const int high = limit.rlim_cur < 1024 ? (int)limit.rlim_cur - 4 : 1002;
	const int copy = control(fd, F_DUPFD, high);
	if (copy != -1)
		control(copy, F_SETFD, FD_CLOEXEC);
	return copy;
}

static void open_output(void)
{
	const char *inode = getenv("WATCH_OUTPUT");
	struct stat status;
	tells_waits = inode != NULL;
	if (inode == NULL || fstat(STDOUT_FILENO, &status) == -1 ||
	    (unsigned long long)status.st_ino != strtoull(inode, NULL, 10))
		return;
	setvbuf(stdout, NULL, _IOLBF, 0);
	output = high_copy(STDOUT_FILENO);
}

/* Make a pair of sockets, and send one end through the door. */
static int open_pair(void)
{
	int ends[2];
	if (LIBC(socketpair, int (*)(int, int, int, int *))(
		AF_UNIX, SOCK_STREAM, 0, ends) == -1)
		return -1;
	const ssize_t sent =
	    LIBC(sendmsg, ssize_t(*)(int, const struct msghdr *, int))(
		door, message_with(ends[1]), NO_SIGNAL);
	LIBC(close, int (*)(int))(ends[1]);
	if (sent != -1)
		return ends[0];
	LIBC(close, int (*)(int))(ends[0]);
	return -1;
}

static void open_stream(void)
{
	int (*const control)(int, int, ...) =
	    LIBC(fcntl, int (*)(int, int, ...));
	const char *where = getenv("WATCH_EVENTS");
	if (where == NULL)
		return;
	to_socket = strspn(where, "0123456789") == strlen(where);
	if (to_socket) {
		door = (int)strtol(where, NULL, 10);
		stream = open_pair();
	} else {
		/* A FIFO that we could read as well never says EPIPE. */
		stream = LIBC(open, int (*)(const char *, int, ...))(
		    where, O_RDWR | O_APPEND | O_NONBLOCK);
	}
	if (stream == -1) {
		to_socket = 0; /* nobody is there who could hold us */
		return;
	}

	const int moved = high_copy(stream);
	if (moved != -1) {
		LIBC(close, int (*)(int))(stream);
		stream = moved;
	}
	control(stream, F_SETFD, FD_CLOEXEC);
	control(stream, F_SETFL, control(stream, F_GETFL) | O_NONBLOCK);
#ifdef SO_NOSIGPIPE
	const int on = 1;
	LIBC(setsockopt, int (*)(int, int, int, const void *, socklen_t))
	(stream, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
#endif
}

/* It may be full. There is to be room for the last lines, and in them for the
 * number of those that were dropped. */
static void make_room(void)
{
	const int size = 1 << 20;
	if (to_socket && !strict)
		LIBC(setsockopt,
		     int (*)(int, int, int, const void *, socklen_t))
	(stream, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}
