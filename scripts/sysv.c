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
 *     $ ./sysv users segment 5
 *     0
 *     $ ./sysv remove segment 5
 *
 * names   the default objects of all labs, a line each
 * key     the key of a path's queue: writer's and reader's, or one of the
 *         server's two
 * unused  is there no queue for any of the three? Exit status 0 yes, 1 no
 * find    the id of the object; it is never created
 * owner   the user id of its creator, or "unknown" where it may not be read
 * users   of a segment the processes that have attached it; of a queue those
 *         that sent or received last and are still there; of semaphores those
 *         that changed one last and are still there, and those that wait
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
 * Exit status: 0; 1 after a failure; 2 after bad usage. find says 1 when there
 * is no such object and 2 after a failure; owner, users and remove say 3,
 * without a word, when the object is gone.
 */

#include <err.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
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
    "       sysv find KIND KEY | find queue PATH [requests|answers]\n"
    "       sysv owner KIND ID | users KIND ID | remove KIND ID\n"
    "       sysv socket PATH\n"
    "KIND is segment, queue or semaphores";

enum { NOT_THERE = 3 }; /* the exit status when an object is gone */

enum kind { SEGMENT, QUEUE, SEMAPHORES };

static const char *const kinds[] = {"segment", "queue", "semaphores"};

static const char *const get_calls[] = {"shmget", "msgget", "semget"};

static const char *const control_calls[] = {"shmctl", "msgctl", "semctl"};

static int failure = 1; /* the exit status after one */

static const int projects[] = {QUEUE_PROJECT, REQUESTS_PROJECT,
			       ANSWERS_PROJECT};

union status {
	struct shmid_ds segment;
	struct msqid_ds queue;
	struct semid_ds semaphores;
};

/* The fourth argument of semctl, which some systems declare (semun). */
union semaphore_argument {
	int value;
	struct semid_ds *status;
};

static int is_kind(const char *word, enum kind *kind)
{
	for (int i = SEGMENT; i <= SEMAPHORES; i++) {
		if (strcmp(word, kinds[i]) == 0) {
			*kind = (enum kind)i;
			return 1;
		}
	}
	return 0;
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

static key_t key_of(const char *path, int project)
{
	key_t key = ftok(path, project);
	if (key == -1)
		err(failure, "ftok %s", path);
	return key;
}

/* Which of a path's queues is meant. */
static int project_of(const char *word)
{
	if (word == NULL)
		return QUEUE_PROJECT;
	if (strcmp(word, "requests") == 0)
		return REQUESTS_PROJECT;
	if (strcmp(word, "answers") == 0)
		return ANSWERS_PROJECT;
	errx(2, "'%s': must be requests or answers\n%s", word, usage);
	return -1; /* for compilers that do not know errx */
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

/* IPC_STAT or IPC_RMID: each kind has its own call. */
static int control(enum kind kind, int id, int command, union status *status)
{
	union semaphore_argument argument = {.status = &status->semaphores};
	if (kind == SEGMENT)
		return shmctl(id, command, &status->segment);
	if (kind == QUEUE)
		return msgctl(id, command, &status->queue);
	return semctl(id, 0, command, argument);
}

static uid_t creator_of(enum kind kind, const union status *status)
{
	if (kind == SEGMENT)
		return status->segment.shm_perm.cuid;
	if (kind == QUEUE)
		return status->queue.msg_perm.cuid;
	return status->semaphores.sem_perm.cuid;
}

/* A call on the object has failed: say so, unless the object is just gone. */
static void give_up(const char *doing, enum kind kind, int id)
{
	if (errno == EINVAL || errno == EIDRM)
		exit(NOT_THERE);
	err(1, "%s: %s %s %d", control_calls[kind], doing, kinds[kind], id);
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
			       (unsigned)key_of(home, projects[i]), home);
}

static void print_owner(enum kind kind, int id)
{
	union status status;
	if (control(kind, id, IPC_STAT, &status) == 0)
		printf("%lu\n", (unsigned long)creator_of(kind, &status));
	else if (errno == EACCES)
		puts("unknown");
	else
		give_up("look at", kind, id);
}

static int is_there(pid_t pid)
{
	return pid > 0 && pid != getpid() &&
	       (kill(pid, 0) == 0 || errno == EPERM);
}

/* For one semaphore after the other: who waits, and who changed it last. */
static unsigned long semaphore_users(int id, int size)
{
	unsigned long users = 0;
	pid_t counted = 0;
	for (int i = 0; i < size; i++) {
		int more = semctl(id, i, GETNCNT);
		int zero = semctl(id, i, GETZCNT);
		pid_t last = (pid_t)semctl(id, i, GETPID);
		if (more == -1 || zero == -1 || last == -1)
			give_up("look at", SEMAPHORES, id);
		users += (unsigned)(more + zero);
		if (last != counted && is_there(last)) {
			users++;
			counted = last;
		}
	}
	return users;
}

static void print_users(enum kind kind, int id)
{
	union status status;
	if (control(kind, id, IPC_STAT, &status) == -1)
		give_up("look at", kind, id);
	unsigned long users = 0;
	if (kind == SEGMENT) {
		users = (unsigned long)status.segment.shm_nattch;
	} else if (kind == QUEUE) {
		pid_t sender = status.queue.msg_lspid;
		pid_t receiver = status.queue.msg_lrpid;
		users = (unsigned long)is_there(sender);
		if (receiver != sender)
			users += (unsigned long)is_there(receiver);
	} else {
		users = semaphore_users(id, (int)status.semaphores.sem_nsems);
	}
	printf("%lu\n", users);
}

static void remove_object(enum kind kind, int id)
{
	/* What may not be read the kernel lets only its owner remove: root,
	 * whom it would let remove anything, may read everything. */
	union status status;
	int known = control(kind, id, IPC_STAT, &status);
	if (known == -1 && errno != EACCES)
		give_up("look at", kind, id);
	if (known == 0 && creator_of(kind, &status) != geteuid())
		errx(1, "%s %d was made by another user", kinds[kind], id);
	if (control(kind, id, IPC_RMID, &status) == -1)
		give_up("remove", kind, id);
}

/* What is not there, or not ours, is no failure. */
static int clear_object(enum kind kind, key_t key)
{
	union status status;
	int id = find(kind, key);
	if (id == -1 && errno == ENOENT)
		return 0;
	if (id == -1) {
		warn("%s: %s 0x%x", get_calls[kind], kinds[kind],
		     (unsigned)key);
		return 1;
	}
	int known = control(kind, id, IPC_STAT, &status);
	if (known == 0 && creator_of(kind, &status) != geteuid())
		return 0;
	if ((known == 0 || errno == EACCES) && /* as in remove_object */
	    control(kind, id, IPC_RMID, &status) == 0)
		return 0;
	if (errno == EINVAL || errno == EIDRM)
		return 0;
	warn("%s: remove %s %d", control_calls[kind], kinds[kind], id);
	return 1;
}

static int clear(void)
{
	char line[4096];
	enum kind kind;
	int failed = 0;
	while (fgets(line, sizeof line, stdin) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		char *name = strchr(line, ' ');
		if (name == NULL)
			continue;
		*name++ = '\0';
		if (is_kind(line, &kind)) {
			failed |=
			    clear_object(kind, (key_t)strtoll(name, NULL, 0));
			continue;
		}
		for (int i = 0; strcmp(line, "path") == 0 && i < 3; i++) {
			key_t key = ftok(name, projects[i]);
			if (key != -1)
				failed |= clear_object(QUEUE, key);
		}
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

static int run(int count, char *words[])
{
	const char *command = words[0];
	enum kind kind;
	if (count == 1 && strcmp(command, "names") == 0) {
		print_names();
	} else if (count == 1 && strcmp(command, "clear") == 0) {
		return clear();
	} else if (count == 2 && strcmp(command, "socket") == 0) {
		puts(socket_state(words[1]));
	} else if (count == 2 && strcmp(command, "unused") == 0) {
		for (int i = 0; i < 3; i++)
			if (find(QUEUE, key_of(words[1], projects[i])) != -1)
				return 1;
	} else if (strcmp(command, "key") == 0 && (count == 2 || count == 3)) {
		printf("0x%x\n",
		       (unsigned)key_of(words[1], project_of(words[2])));
	} else if (count < 3 || count > 4 || !is_kind(words[1], &kind)) {
		errx(2, "no such command, or not with these words\n%s", usage);
	} else if (strcmp(command, "find") == 0) {
		failure = 2; /* 1 is an answer */
		int is_path = kind == QUEUE && strchr(words[2], '/') != NULL;
		key_t key = is_path ? key_of(words[2], project_of(words[3]))
				    : (key_t)number_of(words[2], 1, 0xffffffff);
		int id = find(kind, key);
		if (id == -1 && errno == ENOENT)
			return 1;
		if (id == -1)
			err(failure, "%s: %s 0x%x", get_calls[kind],
			    kinds[kind], (unsigned)key);
		printf("%d\n", id);
	} else {
		int id = (int)number_of(words[2], INT_MIN, INT_MAX);
		if (strcmp(command, "owner") == 0)
			print_owner(kind, id);
		else if (strcmp(command, "users") == 0)
			print_users(kind, id);
		else if (strcmp(command, "remove") == 0)
			remove_object(kind, id);
		else
			errx(2, "'%s': no such command\n%s", command, usage);
	}
	return 0;
}

int main(int argc, char *argv[])
{
	if (argc < 2)
		errx(2, "a command is missing\n%s", usage);
	if (strcmp(argv[1], "-h") == 0)
		puts(usage);
	int status = strcmp(argv[1], "-h") == 0 ? 0 : run(argc - 1, argv + 1);
	if (fflush(stdout) == EOF)
		err(2, "cannot write to standard output");
	return status;
}
