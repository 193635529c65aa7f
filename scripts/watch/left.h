/*
 * left.h - for watch.c: what must not outlive it. When it is killed, a
 * guardian ends and removes what it should have
 */

static struct made {
	enum { SEGMENT, SEMAPHORES, QUEUE, SOCKET, GROUP } kind;
	int id;
	char path[100];
	int gone;
} made[500];
static int made_count;
static int to_guardian = -1;
static pid_t guardian;
static int objects_to_guardian = -1; /* the programs' side */
static struct termios terminal;      /* as it was */
static int terminal_changed;

static int object_exists(const struct made *object)
{
	struct shmid_ds segment;
	struct msqid_ds queue;
	struct stat status;
	switch (object->kind) {
	case SEGMENT:
		return shmctl(object->id, IPC_STAT, &segment) == 0;
	case SEMAPHORES:
		return semctl(object->id, 0, GETVAL) != -1;
	case QUEUE:
		return msgctl(object->id, IPC_STAT, &queue) == 0;
	case SOCKET:
		return lstat(object->path, &status) == 0 &&
		       S_ISSOCK(status.st_mode);
	case GROUP:
		return kill(-object->id, 0) == 0;
	}
	return 0;
}

static void remove_object(const struct made *object)
{
	if (object->kind == SEGMENT)
		shmctl(object->id, IPC_RMID, NULL);
	else if (object->kind == SEMAPHORES)
		semctl(object->id, 0, IPC_RMID);
	else if (object->kind == QUEUE)
		msgctl(object->id, IPC_RMID, NULL);
	else if (object->kind == SOCKET)
		unlink(object->path);
}

static void show_cursor(int fd)
{
	static const char restored[] = "\033[?25h\033[?1049l";
	ssize_t ignored = write(fd, restored, sizeof restored - 1);
	(void)ignored;
}

static void tell_guardian(const struct made *object)
{
	ssize_t told;
	do
		told = write(to_guardian, object, sizeof *object);
	while (told == -1 && errno == EINTR);
}

static void note_made(int kind, int id, const char *path)
{
	struct made object = {.id = id};
	object.kind = (unsigned)kind;
	snprintf(object.path, sizeof object.path, "%s",
		 path == NULL ? "" : path);
	tell_guardian(&object);
	if (kind != GROUP && made_count < (int)(sizeof made / sizeof *made))
		made[made_count++] = object;
}

/* Ids that were there before us are nobody's business of ours. */
static int *earlier[3], earlier_count[3];

static void note_earlier_objects(void)
{
	static const char *const lists[] = {
	    "/proc/sysvipc/shm", "/proc/sysvipc/sem", "/proc/sysvipc/msg"};
	for (int i = 0; i < 3; i++) {
		char line[1000];
		int id;
		FILE *list = fopen(lists[i], "r");
		while (list != NULL && fgets(line, sizeof line, list) != NULL) {
			if (sscanf(line, "%*d %d", &id) != 1)
				continue;
			int *longer =
			    realloc(earlier[i], ((size_t)earlier_count[i] + 1) *
						    sizeof *longer);
			if (longer == NULL)
				err(1, "realloc");
			earlier[i] = longer;
			earlier[i][earlier_count[i]++] = id;
		}
		if (list != NULL)
			fclose(list);
	}
	began_at = time(NULL);
}

static int kind_of_get(const char *call)
{
	static const char *const calls[] = {"shmget", "semget", "msgget"};
	for (int kind = SEGMENT; kind <= QUEUE; kind++)
		if (strcmp(call, calls[kind]) == 0)
			return kind;
	return -1;
}

/* This call has returned an id. Is it a …get, and has it made the object? */
static void note_object(const char *call, int id)
{
	const int kind = kind_of_get(call);
	struct shmid_ds segment;
	struct msqid_ds queue;
	struct semid_ds set;
	union {
		int value;
		struct semid_ds *set;
	} argument = {.set = &set};
	if (kind == -1)
		return;
	for (int i = 0; i < earlier_count[kind]; i++)
		if (earlier[kind][i] == id)
			return;
	for (int i = 0; i < made_count; i++)
		if (made[i].kind == (unsigned)kind && made[i].id == id)
			return;
	time_t changed = 0;
	if (kind == SEGMENT && shmctl(id, IPC_STAT, &segment) == 0 &&
	    segment.shm_perm.cuid == geteuid())
		changed = segment.shm_ctime;
	if (kind == QUEUE && msgctl(id, IPC_STAT, &queue) == 0 &&
	    queue.msg_perm.cuid == geteuid())
		changed = queue.msg_ctime;
	if (kind == SEMAPHORES && semctl(id, 0, IPC_STAT, argument) == 0 &&
	    set.sem_perm.cuid == geteuid())
		changed = set.sem_ctime;
	if (changed >= began_at)
		note_made(kind, id, NULL);
}

/* What the programs' own library says of objects, see WATCH_MADE there: we may
 * be killed before we have read the events. */
static void take_objects(int objects)
{
	char line[60], call[20];
	int id;
	ssize_t length;
	while ((length = recv(objects, line, sizeof line - 1, MSG_DONTWAIT)) >
	       0) {
		line[length] = '\0';
		if (sscanf(line, "%19s %d", call, &id) == 2)
			note_object(call, id);
	}
}

/* The next of the objects, whole. Return 0 at the end. */
static int read_made(int pipe_end, struct made *object)
{
	size_t taken = 0;
	for (int tries = 0; taken < sizeof *object && tries < 1000; tries++) {
		const ssize_t length = read(pipe_end, (char *)object + taken,
					    sizeof *object - taken);
		if (length == 0)
			return 0;
		if (length > 0)
			taken += (size_t)length;
	}
	return taken == sizeof *object;
}

/* Ends when we do: then it ends and removes what we should have. */
static void guard(int pipe_end, int objects, int screen)
{
	setsid();
#ifdef __linux__
	prctl(PR_SET_NAME, "guardian"); /* `killall watch` passes it by */
#endif
	const int signals[] = {SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,
			       SIGPIPE, SIGTTOU, SIGTSTP};
	for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
		signal(signals[i], SIG_IGN);
	const int null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	struct made object;
	int clean = 0;
	for (;;) {
		struct pollfd polled[2] = {{.fd = pipe_end, .events = POLLIN},
					   {.fd = objects, .events = POLLIN}};
		poll(polled, 2, -1);
		take_objects(objects);
		if (polled[0].revents == 0)
			continue;
		if (!read_made(pipe_end, &object))
			break;
		clean = object.gone;
		for (int i = 0; clean && i < made_count; i++)
			if (made[i].kind == object.kind &&
			    made[i].id == object.id)
				made[i] = made[--made_count];
		if (!clean && object.kind == GROUP && object.id == 0)
			terminal_changed = 1;
		else if (!clean &&
			 made_count < (int)(sizeof made / sizeof *made))
			made[made_count++] = object;
		clean = object.gone && object.id == -1;
		if (clean)
			break;
	}
	if (!clean) {
		if (terminal_changed) {
			tcsetattr(screen, TCSANOW, &terminal);
			show_cursor(screen);
		}
		/* A zombie that nobody has waited for seems to live. */
		for (int try = 0; try < 28; try++) {
			int living = 0;
			for (int i = 0; i < made_count; i++) {
				if (made[i].kind != GROUP)
					continue;
				kill(-made[i].id, try < 25 ? SIGTERM : SIGKILL);
				living += object_exists(&made[i]);
			}
			if (living == 0)
				break;
			rest(20);
		}
		take_objects(objects);
		for (int i = 0; i < made_count; i++)
			remove_object(&made[i]);
	}
	_exit(0);
}

static void start_guardian(void)
{
	int ends[2], objects[2];
	const int screen = dup(STDIN_FILENO);
	const int has_terminal = tcgetattr(STDIN_FILENO, &terminal) == 0;
	if (pipe(ends) == -1)
		err(1, "pipe");
	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, objects) == -1)
		err(1, "socketpair");
	guardian = fork();
	if (guardian == -1)
		err(1, "fork");
	if (guardian == 0) {
		close(ends[1]);
		close(objects[1]);
		guard(ends[0], objects[0], has_terminal ? screen : -1);
	}
	close(ends[0]);
	close(objects[0]);
	close(screen);
	to_guardian = ends[1];
	objects_to_guardian = objects[1];
	fcntl(to_guardian, F_SETFD, FD_CLOEXEC);
	fcntl(objects_to_guardian, F_SETFD, FD_CLOEXEC);
	fcntl(objects_to_guardian, F_SETFL, O_NONBLOCK);
#ifdef SO_NOSIGPIPE
	const int on = 1;
	setsockopt(objects_to_guardian, SOL_SOCKET, SO_NOSIGPIPE, &on,
		   sizeof on);
#endif
}

static void dismiss_guardian(void)
{
	struct made object = {.kind = GROUP, .id = -1, .gone = 1};
	tell_guardian(&object);
	waitpid(guardian, NULL, 0); /* no zombie for those who never wait */
}
