/*
 * sysv - find and remove the labs' System V objects
 *
 * What cleanup.sh and the tests need to know about segments, queues and sets
 * of semaphores. It takes keys out of the labs' headers, so that each stands
 * in one place only.
 *
 *     $ ./sysv names
 *     segment 0x534803e8
 *     queue 0x8002c4f1 /home/me
 *     $ ./sysv find segment 0x534803e8
 *     5
 *     $ ./sysv state segment 0x534803e8
 *     5 1000 0
 *     $ ./sysv remove segment 5
 *
 * names   the default objects of all labs, a line each
 * key     the key of a path's queue: writer's and reader's, or one of the
 *         server's two
 * unused  is there no queue for any of the three? Exit status 0 yes, 1 no
 * find    the id of the object; it is never created
 * state   its id, the user id of its creator, and how many processes use it:
 *         a segment those that have attached it; a queue those that sent or
 *         received last and are still there; semaphores those that changed one
 *         last and are still there, and those that wait. "unknown" twice where
 *         it may not be read
 * remove  the object, if this user made it: root's power is not made use of
 * clear   the same for each line of standard input, "KIND KEY" or "path PATH"
 *         (a path's three queues); what is not there is no failure
 * socket  what a path is: none, live or dead (a socket with or without a
 *         server), young (dead, but made less than two seconds ago), foreign
 *         (another user's), or other (no socket)
 *
 * Before its first message a server cannot be told from a dead one. A process
 * that was killed and not waited for counts as there.
 *
 * Exit status: 0; 1 after a failure; 2 after bad usage. find and state say 1
 * when there is no such object and 2 after a failure; remove says 3, without a
 * word, when it is gone.
 */

#include <err.h>
#include <errno.h>
#include <limits.h>
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
    "usage: sysv names | key PATH [requests|answers] | unused PATH | clear\n"
    "       sysv find KIND KEY | state KIND KEY | remove KIND ID\n"
    "       sysv socket PATH\n"
    "KIND is segment, queue or semaphores; KEY may be a queue's PATH\n"
    "[requests|answers]";

enum kind { SEGMENT, QUEUE, SEMAPHORES, NO_KIND };

/* Each kind has its own calls. */
static const struct {
	const char *name, *get, *control;
} kinds[] = {{"segment", "shmget", "shmctl"},
	     {"queue", "msgget", "msgctl"},
	     {"semaphores", "semget", "semctl"}};

static int failure = 1; /* the exit status after one; 2 where 1 is an answer */

static const int projects[] = {QUEUE_PROJECT, REQUESTS_PROJECT,
			       ANSWERS_PROJECT};

/* The fourth argument of semctl, which some systems declare (semun). */
union semaphore_argument {
	int value;
	struct semid_ds *status;
};

static enum kind kind_of(const char *word)
{
	int kind = SEGMENT;
	while (kind < NO_KIND && strcmp(word, kinds[kind].name) != 0)
		kind++;
	return (enum kind)kind;
}

static long long number_of(const char *word, long long least, long long most)
{
	char *end;
	long long number = strtoll(word, &end, 0);
	if (*word == '\0' || *end != '\0' || number < least || number > most)
		errx(2, "'%s': must be %lld to %lld\n%s", word, least, most,
		     usage);
	return number;
}

static key_t key_of_path(const char *path, int project)
{
	key_t key = ftok(path, project);
	if (key == -1)
		err(failure, "ftok %s", path);
	return key;
}

/* The key of one of a path's queues. */
static key_t key_of_queue(const char *path, const char *which)
{
	if (which == NULL)
		return key_of_path(path, QUEUE_PROJECT);
	if (strcmp(which, "requests") == 0)
		return key_of_path(path, REQUESTS_PROJECT);
	if (strcmp(which, "answers") != 0)
		errx(2, "'%s': must be requests or answers\n%s", which, usage);
	return key_of_path(path, ANSWERS_PROJECT);
}

/* The id, or -1. Without IPC_CREAT and with size 0: whatever is there. */
static int find(enum kind kind, key_t key)
{
	if (kind == SEGMENT)
		return shmget(key, 0, 0);
	if (kind == QUEUE)
		return msgget(key, 0);
	return semget(key, 0, 0);
}

static int is_there(pid_t pid)
{
	return pid > 0 && pid != getpid() &&
	       (kill(pid, 0) == 0 || errno == EPERM);
}

/* Looks at one semaphore after the other. -1 after a failure, as below. */
static long semaphore_users(int id, int size)
{
	long users = 0;
	pid_t counted = 0;
	for (int i = 0; i < size; i++) {
		int more = semctl(id, i, GETNCNT);
		int zero = semctl(id, i, GETZCNT);
		pid_t last = (pid_t)semctl(id, i, GETPID);
		if (more == -1 || zero == -1 || last == -1)
			return -1;
		users += more + zero;
		if (last != counted && is_there(last)) {
			users++;
			counted = last;
		}
	}
	return users;
}

/* Returns the number of users, or -1. */
static long look_at(enum kind kind, int id, uid_t *creator)
{
	if (kind == SEGMENT) {
		struct shmid_ds segment;
		if (shmctl(id, IPC_STAT, &segment) == -1)
			return -1;
		*creator = segment.shm_perm.cuid;
		return (long)segment.shm_nattch;
	}
	if (kind == QUEUE) {
		struct msqid_ds queue;
		if (msgctl(id, IPC_STAT, &queue) == -1)
			return -1;
		*creator = queue.msg_perm.cuid;
		int same = queue.msg_lspid == queue.msg_lrpid;
		return is_there(queue.msg_lspid) +
		       (same ? 0 : is_there(queue.msg_lrpid));
	}
	struct semid_ds set;
	union semaphore_argument argument = {.status = &set};
	if (semctl(id, 0, IPC_STAT, argument) == -1)
		return -1;
	*creator = set.sem_perm.cuid;
	return semaphore_users(id, (int)set.sem_nsems);
}

/* Has the call failed because somebody was quicker? */
static int is_gone(void)
{
	return errno == EINVAL || errno == EIDRM;
}

/* 0, -1 after a failure, or 1: another user made it. What may not be read the
 * kernel lets only its owner remove; root, whom it would let remove anything,
 * may read everything. */
static int remove_object(enum kind kind, int id)
{
	uid_t creator = geteuid();
	if (look_at(kind, id, &creator) == -1 && errno != EACCES)
		return -1;
	if (creator != geteuid())
		return 1;
	if (kind == SEGMENT)
		return shmctl(id, IPC_RMID, NULL);
	if (kind == QUEUE)
		return msgctl(id, IPC_RMID, NULL);
	return semctl(id, 0, IPC_RMID);
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
			       (unsigned)key_of_path(home, projects[i]), home);
}

/* What is not there, or not ours, is no failure. */
static int clear_key(enum kind kind, key_t key)
{
	if (key == 0 || key == -1) /* no number, or ftok failed */
		return 0;
	int id = find(kind, key);
	if (id == -1 && errno != ENOENT) {
		warn("%s: 0x%x", kinds[kind].get, (unsigned)key);
		return 1;
	}
	if (id == -1 || remove_object(kind, id) != -1 || is_gone())
		return 0;
	warn("%s: remove %d", kinds[kind].control, id);
	return 1;
}

static int clear(void)
{
	int failed = 0;
	char line[4096];
	while (fgets(line, sizeof line, stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		char *name = strchr(line, ' ');
		if (name == NULL)
			continue;
		*name++ = '\0';
		enum kind kind = kind_of(line);
		if (kind != NO_KIND)
			failed |=
			    clear_key(kind, (key_t)strtoll(name, NULL, 0));
		for (int i = 0; strcmp(line, "path") == 0 && i < 3; i++)
			failed |= clear_key(QUEUE, ftok(name, projects[i]));
	}
	return failed;
}

/* In doubt a server is there: only a refused connection says that none is. */
static const char *socket_state(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct stat status;
	if (lstat(path, &status) == -1)
		return errno == ENOENT ? "none" : "other";
	if (!S_ISSOCK(status.st_mode) ||
	    strlen(path) >= sizeof address.sun_path)
		return "other";
	if (status.st_uid != geteuid())
		return "foreign";
	memcpy(address.sun_path, path, strlen(path));
	int probe = socket(AF_UNIX, SOCK_STREAM, 0);
	if (probe == -1)
		err(1, "socket");
	int connected =
	    connect(probe, (struct sockaddr *)&address, sizeof address);
	if (connected == 0 || errno != ECONNREFUSED)
		return "live";
	/* Between bind and listen a new server refuses, too. */
	return time(NULL) - status.st_mtime > 2 ? "dead" : "young";
}

/* find and state. A queue's KEY may be a path, and WHICH. */
static int look_up(const char *command, enum kind kind, char *words[])
{
	failure = 2;
	key_t key = kind == QUEUE && strchr(words[0], '/') != NULL
			? key_of_queue(words[0], words[1])
			: (key_t)number_of(words[0], 1, 0xffffffff);
	int id = find(kind, key);
	if (id == -1 && errno == ENOENT)
		return 1;
	if (id == -1)
		err(2, "%s: 0x%x", kinds[kind].get, (unsigned)key);
	if (strcmp(command, "find") == 0) {
		printf("%d\n", id);
		return 0;
	}
	uid_t creator;
	long users = look_at(kind, id, &creator);
	if (users != -1)
		printf("%d %lu %ld\n", id, (unsigned long)creator, users);
	else if (errno == EACCES)
		printf("%d unknown unknown\n", id);
	else if (is_gone())
		return 1;
	else
		err(2, "%s: look at %d", kinds[kind].control, id);
	return 0;
}

static int remove_by_id(enum kind kind, const char *word)
{
	int id = (int)number_of(word, INT_MIN, INT_MAX);
	int result = remove_object(kind, id);
	if (result == 1)
		errx(1, "%s %d was made by another user", kinds[kind].name, id);
	if (result == -1 && is_gone())
		return 3;
	if (result == -1)
		err(1, "%s: remove %d", kinds[kind].control, id);
	return 0;
}

static int run(int count, char *words[])
{
	const char *command = words[0];
	enum kind kind = count > 2 ? kind_of(words[1]) : NO_KIND;
	int looks =
	    strcmp(command, "find") == 0 || strcmp(command, "state") == 0;
	if (strcmp(command, "names") == 0 && count == 1) {
		print_names();
	} else if (strcmp(command, "clear") == 0 && count == 1) {
		return clear();
	} else if (strcmp(command, "socket") == 0 && count == 2) {
		puts(socket_state(words[1]));
	} else if (strcmp(command, "unused") == 0 && count == 2) {
		for (int i = 0; i < 3; i++)
			if (find(QUEUE, key_of_path(words[1], projects[i])) !=
			    -1)
				return 1;
	} else if (strcmp(command, "key") == 0 && (count == 2 || count == 3)) {
		printf("0x%x\n", (unsigned)key_of_queue(words[1], words[2]));
	} else if (looks && kind != NO_KIND && count <= 4) {
		return look_up(command, kind, words + 2);
	} else if (strcmp(command, "remove") == 0 && kind != NO_KIND &&
		   count == 3) {
		return remove_by_id(kind, words[2]);
	} else if (strcmp(command, "-h") == 0) {
		puts(usage);
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
