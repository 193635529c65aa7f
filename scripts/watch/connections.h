/*
 * connections.h - for watch.c: a socket for each process comes through the
 * door, events come through the sockets, and are put in order
 */

static void add_event(int connection, long long time, const char *line)
{
	if (event_count == event_room) {
		event_room = event_room * 2 + 64;
		events = realloc(events, event_room * sizeof *events);
		if (events == NULL)
			err(1, "realloc");
	}
	size_t at = event_count++;
	while (at > 0 && events[at - 1].time > time) {
		events[at] = events[at - 1];
		at--;
	}
	events[at] = (struct event){.time = time, .connection = connection};
	if (line == NULL)
		return;
	events[at].line = malloc(strlen(line) + 1);
	if (events[at].line == NULL)
		err(1, "malloc");
	strcpy(events[at].line, line);
}

static void read_connection(int number)
{
	struct connection *connection = &connections[number];
	static long long last[CONNECTIONS]; /* a strict sandbox has no clock */
	for (;;) {
		const ssize_t length =
		    read(connection->fd, connection->text + connection->length,
			 sizeof connection->text - 1 - connection->length);
		if (length == -1 && errno != ECONNRESET)
			return; /* EAGAIN, mostly */
		if (length <= 0) {
			connection->ended = 1;
			add_event(number, now(), NULL);
			return;
		}
		connection->length += (size_t)length;
		connection->text[connection->length] = '\0';
		char *line = connection->text, *end;
		while ((end = strchr(line, '\n')) != NULL) {
			*end = '\0';
			long long time = atoll(line);
			if (time == 0)
				time = last[number];
			last[number] = time;
			add_event(number, time, line);
			line = end + 1;
		}
		connection->length = strlen(line);
		memmove(connection->text, line, connection->length + 1);
		if (connection->length == sizeof connection->text - 1)
			connection->length = 0; /* no line of ours */
	}
}

/* Each process makes a pair of sockets, and sends us one through the door. */
static void open_door(void)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1)
		err(1, "socketpair");
	for (int i = 0; i < 2; i++)
		fcntl(ends[i], F_SETFD, FD_CLOEXEC);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	door = ends[0];
	other_side = ends[1];
}

/* The socket that has come, or -1. */
static int come_through_door(void)
{
	char byte;
	struct iovec bytes = {.iov_base = &byte, .iov_len = 1};
	union {
		struct cmsghdr header; /* aligns it */
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr message = {.msg_iov = &bytes,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof control};
	ssize_t length;
	do
		length = recvmsg(door, &message, 0);
	while (length == -1 && errno == EINTR);
	if (length != 1)
		return -1;
	const struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int fd = -1;
	if (header != NULL && header->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(header), sizeof fd);
	return fd;
}

/* Return whether there was one. What it says is older than what others say
 * now, so it is read at once. */
static int take_connection(void)
{
	const int fd = come_through_door();
	if (fd == -1)
		return 0;
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	if (fcntl(fd, F_SETFL, O_NONBLOCK) == -1)
		err(1, "fcntl F_SETFL");
	for (int i = 0; i < CONNECTIONS; i++) {
		if (connections[i].fd != -1)
			continue;
		connections[i].fd = fd;
		connections[i].ended = 0;
		connections[i].process = -1;
		connections[i].length = 0;
		read_connection(i);
		return 1;
	}
	close(fd); /* not watched, but not held either */
	return 1;
}
