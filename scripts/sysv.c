/*
 * sysv - find and remove the labs' System V objects
 *
 * For cleanup.sh, play.sh and the tests. It takes keys out of the labs'
 * headers, so that each stands in one place only.
 *
 *     $ ./sysv names
 *     segment 0x534803e8
 *     queue 0x8002c4f1 /home/me
 *     $ ./sysv find segment 0x534803e8
 *     5
 *     $ ./sysv names | ./sysv clean
 *     removed segment 0x534803e8 (id 5)
 *     left queue 0x8002c4f1 (id 2): a process is using it
 *
 * names   the default objects of all labs, a line each
 * key     the key of a path's queue: writer's and reader's, or one of the
 *         server's two
 * unused  is there no queue for any of the three? Exit status 0 yes, 1 no
 * find    the id of the object; it is never created
 * remove  the object, if this user made it: root's power is not made use of
 * clear   the same for each line of standard input, "KIND KEY" or "path PATH"
 *         (a path's three queues), without a word
 * clean   the same for lines, also "socket PATH", but leave what a process is
 *         using, and say what happens; -n: only say it; -f: leave no queue
 *
 * A process is using a segment that it has attached; a queue to which it was
 * the last to send, or from which to receive; a set of semaphores if it was
 * the last to change one. Before its first message a server cannot be told
 * from a dead one. A process that was killed and not waited for counts, too.
 *
 * Exit status: 0; 1 after a failure, or when there is no object for find; 2
 * after bad usage. remove says 2 when another user made it, and 3, without a
 * word, when it is gone. For clear and clean these are no failures.
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "../msgqueue/message.h"
#include "../msgqueue/request.h"
#include "../shm/buffer.h"
#include "../shm/segment.h"
#include "../socket/echo.h"

static const char usage[] =
    "usage: sysv names | key PATH [requests|answers] | unused PATH\n"
    "       sysv find KIND KEY | remove KIND ID | clear | clean [-nf]\n"
    "KIND is segment, queue or semaphores; KEY may be a queue's PATH\n"
    "[requests|answers]";

enum kind { SEGMENT, QUEUE, SEMAPHORES, NO_KIND };

/* Each kind has its own calls. */
static const struct {
	const char *name, *get, *control;
} kinds[] = {{"segment", "shmget", "shmctl"},
	     {"queue", "msgget", "msgctl"},
	     {"semaphores", "semget", "semctl"}};

/* The queues of a path. */
static const struct {
	const char *name;
	int project;
} queues[] = {{"", QUEUE_PROJECT},
	      {"requests", REQUESTS_PROJECT},
	      {"answers", ANSWERS_PROJECT}};

static int takes_used[NO_KIND]; /* clean -f: queues; clear, remove: all */
static int tells;               /* clean, remove: what has happened */
static int is_dry;              /* clean -n */

enum fate { REMOVED, FAILED, LEFT, GONE }; /* exit statuses of remove */

static enum kind kind_of(const char *word)
{
	int kind = SEGMENT;
	while (kind < NO_KIND && strcmp(word, kinds[kind].name) != 0)
		kind++;
	return (enum kind)kind;
}

static int number_of(const char *word)
{
	char *end;
	long long number = strtoll(word, &end, 0);
	if (*word == '\0' || *end != '\0')
		errx(2, "'%s': must be a number\n%s", word, usage);
	return (int)number;
}

/* WHICH: requests or answers; NULL for the queue of writer and reader. */
static key_t key_of_queue(const char *path, const char *which)
{
	int i = 0;
	while (i < 3 && strcmp(which == NULL ? "" : which, queues[i].name) != 0)
		i++;
	if (i == 3)
		errx(2, "'%s': must be requests or answers\n%s", which, usage);
	key_t key = ftok(path, queues[i].project);
	if (key == -1)
		err(1, "ftok %s", path);
	return key;
}

/* The id, or -1. Without IPC_CREAT and with size 0: whatever is there. */
static int find(enum kind kind, key_t key)
{
	errno = ENOENT;
	if (key == 0 || key == -1) /* no number, or ftok failed */
		return -1;
	if (kind == SEGMENT)
		return shmget(key, 0, 0);
	if (kind == QUEUE)
		return msgget(key, 0);
	return semget(key, 0, 0);
}

static int is_there(pid_t pid)
{
	return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM);
}

union status {
	struct shmid_ds segment;
	struct msqid_ds queue;
	struct semid_ds set;
};

static int control(enum kind kind, int id, int command, union status *status)
{
	union { /* semctl's, which some systems declare */
		int value;
		struct semid_ds *set;
	} argument = {.set = &status->set};
	if (kind == SEGMENT)
		return shmctl(id, command, &status->segment);
	if (kind == QUEUE)
		return msgctl(id, command, &status->queue);
	return semctl(id, 0, command, argument);
}

/* Is a process using the object? -1 after a failure. */
static int look_at(enum kind kind, int id, uid_t *creator)
{
	union status status;
	if (control(kind, id, IPC_STAT, &status) == -1)
		return -1;
	if (kind == SEGMENT) {
		*creator = status.segment.shm_perm.cuid;
		return status.segment.shm_nattch > 0;
	}
	if (kind == QUEUE) {
		*creator = status.queue.msg_perm.cuid;
		return is_there(status.queue.msg_lspid) ||
		       is_there(status.queue.msg_lrpid);
	}
	*creator = status.set.sem_perm.cuid;
	int last = 0;
	for (int i = 0; i < (int)status.set.sem_nsems && !is_there(last); i++) {
		last = semctl(id, i, GETPID);
		if (last == -1)
			return -1;
	}
	return is_there(last);
}

static enum fate tell(const char *what, const char *why_left)
{
	if (tells && why_left == NULL)
		printf("%s %s\n", is_dry ? "would remove" : "removed", what);
	else if (tells)
		printf("%s %s: %s\n", is_dry ? "would leave" : "left", what,
		       why_left);
	return why_left == NULL ? REMOVED : LEFT;
}

static enum fate fail(const char *call, const char *what)
{
	warn("%s: %s", call, what);
	return FAILED;
}

static enum fate clean_object(enum kind kind, int id, const char *what)
{
	union status ignored;
	uid_t creator = geteuid();
	int result = look_at(kind, id, &creator);
	const char *why_left = NULL;
	if (result == -1 && errno == EACCES) {
		/* The kernel lets only its owner remove it, or root; but root
		 * may read everything. */
		result = 0;
		if (!takes_used[kind])
			why_left = "it may not be read";
	} else if (creator != geteuid()) {
		why_left = "it was made by another user";
	} else if (result == 1 && !takes_used[kind]) {
		why_left = "a process is using it";
	}
	if (result != -1 && why_left == NULL && !is_dry)
		result = control(kind, id, IPC_RMID, &ignored);
	if (result != -1)
		return tell(what, why_left);
	if (errno == EINVAL || errno == EIDRM)
		return GONE; /* somebody was quicker */
	return fail(kinds[kind].control, what);
}

static enum fate clean_key(enum kind kind, key_t key)
{
	int id = find(kind, key);
	if (id == -1 && errno == ENOENT)
		return GONE;
	char what[80];
	snprintf(what, sizeof what, "%s 0x%x (id %d)", kinds[kind].name,
		 (unsigned)key, id);
	if (id == -1)
		return fail(kinds[kind].get, what);
	return clean_object(kind, id, what);
}

/* In doubt a server is there: only a refused connection says that none is. */
static int has_server(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
	int probe = socket(AF_UNIX, SOCK_STREAM, 0);
	if (probe == -1)
		err(1, "socket");
	fcntl(probe, F_SETFL, O_NONBLOCK); /* it may not accept at all */
	int result =
	    connect(probe, (struct sockaddr *)&address, sizeof address);
	return result == 0 || errno != ECONNREFUSED;
}

static enum fate clean_socket(const char *path)
{
	struct stat status;
	if (lstat(path, &status) == -1)
		return errno == ENOENT ? GONE : fail("lstat", path);
	const char *why_left = NULL;
	if (!S_ISSOCK(status.st_mode))
		why_left = "it is no socket";
	else if (status.st_uid != geteuid())
		why_left = "it was made by another user";
	else if (has_server(path))
		why_left = "a server is there";
	else if (time(NULL) - status.st_mtime <= 2) /* it may yet listen */
		why_left = "it was made just now: try again in 3 s";
	else if (!is_dry && unlink(path) == -1)
		return fail("unlink", path);
	char what[200];
	snprintf(what, sizeof what, "socket %s", path);
	return tell(what, why_left);
}

static enum fate clean_line(const char *kind, const char *name)
{
	if (strcmp(kind, "socket") == 0)
		return clean_socket(name);
	if (kind_of(kind) != NO_KIND)
		return clean_key(kind_of(kind), (key_t)strtoll(name, NULL, 0));
	enum fate fate = GONE;
	for (int i = 0; i < 3 && strcmp(kind, "path") == 0; i++)
		if (clean_key(QUEUE, ftok(name, queues[i].project)) == FAILED)
			fate = FAILED;
	return fate;
}

static int clean(void)
{
	int failed = 0, found = 0;
	char line[4096];
	while (fgets(line, sizeof line, stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		char *name = strchr(line, ' ');
		if (name == NULL)
			continue;
		*name = '\0';
		enum fate fate = clean_line(line, name + 1);
		failed |= fate == FAILED;
		found |= fate != GONE;
	}
	if (tells && !found)
		puts("nothing to remove");
	return failed;
}

/* A queue's KEY may be a path, and WHICH. */
static int print_id(enum kind kind, const char *word, const char *which)
{
	key_t key = kind == QUEUE && strchr(word, '/') != NULL
			? key_of_queue(word, which)
			: number_of(word);
	int id = find(kind, key);
	if (id == -1 && errno == ENOENT)
		return 1;
	if (id == -1)
		err(1, "%s: 0x%x", kinds[kind].get, (unsigned)key);
	printf("%d\n", id);
	return 0;
}

static void print_names(void)
{
	printf("segment 0x%x\n", (unsigned)SEGMENT_KEY);
	printf("segment 0x%x\n", (unsigned)BUFFER_KEY);
	printf("semaphores 0x%x\n", (unsigned)BUFFER_KEY);
	printf("socket " SOCKET_PATH "\n", (unsigned long)getuid());
	const char *home = getenv("HOME");
	if (home == NULL || *home == '\0' || strchr(home, '\n') != NULL)
		warnx("HOME is no path of one line: no queues without it");
	else
		for (int i = 0; i < 3; i++)
			printf("queue 0x%x %s\n",
			       (unsigned)key_of_queue(home, queues[i].name),
			       home);
}

static int run(int count, char *words[])
{
	const char *command = words[0];
	enum kind kind = count > 2 ? kind_of(words[1]) : NO_KIND;
	if (strcmp(command, "names") == 0 && count == 1) {
		print_names();
	} else if (strcmp(command, "clear") == 0 && count == 1) {
		for (int i = 0; i < NO_KIND; i++)
			takes_used[i] = 1;
		return clean();
	} else if (strcmp(command, "clean") == 0) {
		for (int i = 1; i < count; i++) {
			is_dry |= strchr(words[i], 'n') != NULL;
			takes_used[QUEUE] |= strchr(words[i], 'f') != NULL;
		}
		tells = 1;
		return clean();
	} else if (strcmp(command, "unused") == 0 && count == 2) {
		for (int i = 0; i < 3; i++)
			if (find(QUEUE,
				 key_of_queue(words[1], queues[i].name)) != -1)
				return 1;
	} else if (strcmp(command, "key") == 0 && (count == 2 || count == 3)) {
		printf("0x%x\n", (unsigned)key_of_queue(words[1], words[2]));
	} else if (strcmp(command, "find") == 0 && kind != NO_KIND &&
		   count <= 4) {
		return print_id(kind, words[2], words[3]);
	} else if (strcmp(command, "remove") == 0 && kind != NO_KIND &&
		   count == 3) {
		takes_used[kind] = tells = 1;
		return (int)clean_object(kind, number_of(words[2]), words[1]);
	} else {
		errx(2, "no such command, or not with these words\n%s", usage);
	}
	return 0;
}

int main(int argc, char *argv[])
{
	if (argc < 2)
		errx(2, "a command is missing\n%s", usage);
	int status = run(argc - 1, argv + 1);
	if (fflush(stdout) == EOF)
		err(2, "cannot write to standard output");
	return status;
}
