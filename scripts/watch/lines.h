/*
 * lines.h - for library.c: an event is a line of text, and goes into the stream
 */

struct line {
	char text[sizeof unsent];
	size_t length;
};

static void add(struct line *line, const char *form, ...)
{
	const size_t room = sizeof line->text - 1 - line->length; /* newline */
	va_list values;
	va_start(values, form);
	int length = vsnprintf(line->text + line->length, room, form, values);
	va_end(values);
	if (length > 0)
		line->length +=
		    (size_t)length < room ? (size_t)length : room - 1;
}

#ifdef MSG_NOSIGNAL
#define NO_SIGNAL MSG_NOSIGNAL
#else
#define NO_SIGNAL 0 /* but SO_NOSIGPIPE */
#endif

/* Never waits: what finds no room is dropped. */
static int put(const char *text, size_t length)
{
	ssize_t put;
	if (to_socket && !strict)
		put = LIBC(send, ssize_t(*)(int, const void *, size_t, int))(
		    stream, text, length, NO_SIGNAL);
	else
		put = LIBC(write, ssize_t(*)(int, const void *, size_t))(
		    stream, text, length);
	if (put <= 0)
		return 0;
	unsent_length = length - (size_t)put;
	memmove(unsent, text + put, unsent_length);
	return 1;
}

static void begin_line(struct line *line, const char *what)
{
	struct timespec now = {0, 0};
	if (!strict) /* the clock may be a system call */
		clock_gettime(CLOCK_MONOTONIC, &now);
	line->length = 0;
	add(line, "%lld %s %s",
	    (long long)now.tv_sec * 1000000 + now.tv_nsec / 1000, process,
	    what);
}

static void end_line(struct line *line)
{
	if (stream == -1)
		return;
	struct stat status;
	if (output != -1 && !strict && fstat(output, &status) == 0)
		add(line, " printed=%lld", (long long)status.st_size);
	line->text[line->length++] = '\n';
	if (unsent_length > 0)
		put(unsent, unsent_length);
	if (dropped > 0 && unsent_length == 0) {
		struct line lost;
		begin_line(&lost, "dropped");
		add(&lost, " %ld\n", dropped);
		if (put(lost.text, lost.length))
			dropped = 0;
	}
	if (dropped > 0 || unsent_length > 0 || !put(line->text, line->length))
		dropped++;
}

/* Until there is a byte that says: go on. */
static void hold(void)
{
	struct pollfd polled = {.fd = stream, .events = POLLIN};
	char byte;
	while (held && to_socket && !strict) {
		LIBC(poll, int (*)(struct pollfd *, nfds_t, int))
		(&polled, 1, -1);
		ssize_t length = LIBC(read, ssize_t(*)(int, void *, size_t))(
		    stream, &byte, 1);
		if (length == 1)
			return;
		if (length == 0 || (errno != EAGAIN && errno != EINTR))
			held = 0; /* nobody is there any more */
	}
}
