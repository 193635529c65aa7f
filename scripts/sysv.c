/*
 * sysv - find and remove the labs' System V objects
 *
 * For cleanup.sh, play.sh and the tests. It takes keys out of the labs'
 * headers, so that each stands in one place only.
 *
 *     sysv names             the default objects of all labs, a line each
 *     sysv key PATH [WHICH]  the key of a path's queue: writer's and reader's,
 *                            or that of the server's requests or answers
 *     sysv unused PATH       the same; exit status 1 if one of its three queues
 *                            exists
 *     sysv find KIND KEY     the id of a segment, queue or semaphores, or exit
 *     sysv find queue PATH [WHICH]            status 1; it is never created
 *     sysv remove KIND ID    remove it if this user made it: root's power is
 *                            not made use of. Exit status 3: it was gone
 *     sysv clear             the same for each line of standard input, KIND KEY
 *                            or "path PATH", a path's three queues
 *     sysv clean [-hnf]      the same for lines, also "socket PATH", but leave
 *                            what a process is using, and say what happens.
 *                            These are cleanup.sh's options
 *
 * A process is using a segment that it has attached; a queue to which it was
 * the last to send, or from which to receive; a set of semaphores if it was
 * the last to change one. Before its first message a server cannot be told
 * from a dead one. A process that was killed and not waited for counts, too.
 *
 * Exit status: 0; 1 after a failure, 2 after bad usage. What is gone, or is
 * left on purpose, is no failure for clear and clean.
 */

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

static int is_clean;      /* clean: leave what is used, say what happens */
static int is_dry;        /* clean -n: only say it */
static int is_forced;     /* clean -f: leave no queue */
static int found, failed; /* has any object been? */
static int removed;       /* has the last one been? */

static enum kind kind_of(const char *word)
{
	int kind = SEGMENT;
	while (kind < NO_KIND && strcmp(word, kinds[kind].name) != 0)
		kind++;
	return (enum kind)kind;
}

/* WHICH: requests or answers; NULL for the queue of writer and reader. */
static key_t key_of_queue(const char *path, const char *which)
{
	int i = 0;
	while (i < 3 && strcmp(which == NULL ? "" : which, queues[i].name) != 0)
		i++;
	if (i == 3)
		errx(2, "'%s': must be requests or answers", which);
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

/* Is a process using the object? -1 after a failure. */
static int look_at(enum kind kind, int id, uid_t *creator)
{
	if (kind == SEGMENT) {
		struct shmid_ds status;
		if (shmctl(id, IPC_STAT, &status) == -1)
			return -1;
		*creator = status.shm_perm.cuid;
		return status.shm_nattch > 0;
	}
	if (kind == QUEUE) {
		struct msqid_ds status;
		if (msgctl(id, IPC_STAT, &status) == -1)
			return -1;
		*creator = status.msg_perm.cuid;
		return is_there(status.msg_lspid) || is_there(status.msg_lrpid);
	}
	struct semid_ds status;
	union { /* semctl's, which some systems declare */
		int value;
		struct semid_ds *status;
	} argument = {.status = &status};
	if (semctl(id, 0, IPC_STAT, argument) == -1)
		return -1;
	*creator = status.sem_perm.cuid;
	const int count = (int)status.sem_nsems;
	int last = 0;
	for (int i = 0; i < count && last != -1 && !is_there(last); i++)
		last = semctl(id, i, GETPID);
	return last == -1 ? -1 : is_there(last);
}

static int remove_object(enum kind kind, int id)
{
	if (kind == SEGMENT)
		return shmctl(id, IPC_RMID, NULL);
	if (kind == QUEUE)
		return msgctl(id, IPC_RMID, NULL);
	return semctl(id, 0, IPC_RMID);
}

static void tell(const char *kind, const char *name, const char *why_left)
{
	found = 1;
	removed = why_left == NULL;
	if (is_clean && removed)
		printf("%s %s %s\n", is_dry ? "would remove" : "removed", kind,
		       name);
	else if (is_clean)
		printf("%s %s %s: %s\n", is_dry ? "would leave" : "left", kind,
		       name, why_left);
}

static void fail(const char *call, const char *name)
{
	warn("%s: %s", call, name);
	found = failed = 1;
}

static void clean_object(enum kind kind, int id, const char *name)
{
	const int takes_used = !is_clean || (is_forced && kind == QUEUE);
	uid_t creator = geteuid();
	int result = look_at(kind, id, &creator);
	const char *why_left = NULL;
	if (creator != geteuid())
		why_left = "it was made by another user";
	else if (result == 1 && !takes_used)
		why_left = "a process is using it";
	else if (result == -1 && errno == EACCES && !takes_used)
		why_left = "it may not be read";
	if (why_left != NULL) {
		tell(kinds[kind].name, name, why_left);
		return;
	}

	/* What may not be read only its owner can remove, or root, who may read
	 * everything. */
	if (!is_dry && (result != -1 || errno == EACCES))
		result = remove_object(kind, id);
	if (result != -1)
		tell(kinds[kind].name, name, NULL);
	else if (errno != EINVAL && errno != EIDRM) /* not gone meanwhile */
		fail(kinds[kind].control, name);
}

static void clean_key(enum kind kind, key_t key)
{
	int id = find(kind, key);
	if (id == -1 && errno == ENOENT)
		return;
	char name[40];
	snprintf(name, sizeof name, "0x%x (id %d)", (unsigned)key, id);
	if (id == -1)
		fail(kinds[kind].get, name);
	else
		clean_object(kind, id, name);
}

/* In doubt a server is there: only a refused connection says that none is. */
static int has_server(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t size = sizeof address.sun_path;
	if (snprintf(address.sun_path, size, "%s", path) >= (int)size)
		return 1;
	int probe = socket(AF_UNIX, SOCK_STREAM, 0);
	if (probe == -1)
		err(1, "socket");
	fcntl(probe, F_SETFL, O_NONBLOCK); /* it may not accept at all */
	int result =
	    connect(probe, (struct sockaddr *)&address, sizeof address);
	return result == 0 || errno != ECONNREFUSED;
}

static void clean_socket(const char *path)
{
	struct stat status;
	const char *why_left = NULL;
	if (lstat(path, &status) == -1) {
		if (errno != ENOENT)
			fail("lstat", path);
		return;
	}
	if (!S_ISSOCK(status.st_mode))
		why_left = "it is no socket";
	else if (status.st_uid != geteuid())
		why_left = "it was made by another user";
	else if (has_server(path))
		why_left = "a server is there";
	else if (time(NULL) - status.st_mtime <= 2) /* it may yet listen */
		why_left = "it was made just now: try again in 3 s";
	if (why_left == NULL && !is_dry && unlink(path) == -1) {
		fail("unlink", path);
		return;
	}
	tell("socket", path, why_left);
}

static int clean(void)
{
	char kind[20], name[4096];
	while (scanf("%19s %4095[^\n]", kind, name) == 2) {
		if (strcmp(kind, "socket") == 0)
			clean_socket(name);
		if (kind_of(kind) != NO_KIND)
			clean_key(kind_of(kind), (key_t)strtoll(name, NULL, 0));
		for (int i = 0; i < 3 && strcmp(kind, "path") == 0; i++)
			clean_key(QUEUE, ftok(name, queues[i].project));
	}
	if (is_clean && !found)
		puts("nothing to remove");
	return failed;
}

/* A queue's KEY may be a path, and WHICH. */
static int print_id(enum kind kind, const char *word, const char *which)
{
	key_t key = kind == QUEUE && strchr(word, '/') != NULL
			? key_of_queue(word, which)
			: (key_t)strtoll(word, NULL, 0);
	int id = find(kind, key);
	if (id == -1 && errno != ENOENT)
		err(1, "%s: 0x%x", kinds[kind].get, (unsigned)key);
	if (id != -1)
		printf("%d\n", id);
	return id == -1;
}

static void print_names(void)
{
	printf("segment 0x%x\n", (unsigned)SEGMENT_KEY);
	printf("segment 0x%x\n", (unsigned)BUFFER_KEY);
	printf("semaphores 0x%x\n", (unsigned)BUFFER_KEY);
	printf("socket " SOCKET_PATH "\n", (unsigned long)getuid());
	const char *home = getenv("HOME");
	if (home == NULL)
		errx(1, "HOME is not set: no queues without it");
	for (int i = 0; i < 3; i++)
		printf("queue 0x%x %s\n",
		       (unsigned)key_of_queue(home, queues[i].name), home);
}

static void parse_options(int argc, char *argv[])
{
	static const char usage[] = "usage: cleanup.sh [-hnf]";
	int option;
	while ((option = getopt(argc, argv, "hnf")) == 'n' || option == 'f') {
		is_dry |= option == 'n';
		is_forced |= option == 'f';
	}
	if (option != -1) { /* -h, or what getopt has complained about */
		fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
		exit(option == 'h' ? 0 : 2);
	}
	if (optind < argc)
		errx(2, "unexpected argument '%s'\n%s", argv[optind], usage);
}

int main(int argc, char *argv[])
{
	const char *verb = argc > 1 ? argv[1] : "";
	const char *name = argc > 3 ? argv[3] : "";
	const enum kind kind = *name != '\0' ? kind_of(argv[2]) : NO_KIND;
	int status = 0;
	if (strcmp(verb, "names") == 0) {
		print_names();
	} else if (strcmp(verb, "key") == 0 && argc > 2) {
		printf("0x%x\n", (unsigned)key_of_queue(argv[2], argv[3]));
	} else if (strcmp(verb, "unused") == 0 && argc > 2) {
		printf("0x%x\n", (unsigned)key_of_queue(argv[2], NULL));
		for (int i = 0; i < 3; i++) {
			key_t key = key_of_queue(argv[2], queues[i].name);
			status |= find(QUEUE, key) != -1;
		}
	} else if (strcmp(verb, "find") == 0 && kind != NO_KIND) {
		status = print_id(kind, name, argv[4]);
	} else if (strcmp(verb, "remove") == 0 && kind != NO_KIND) {
		clean_object(kind, atoi(name), name);
		status = found ? !removed : 3;
	} else if (strcmp(verb, "clear") == 0) {
		status = clean();
	} else if (strcmp(verb, "clean") == 0) {
		is_clean = 1;
		parse_options(argc - 1, argv + 1);
		status = clean();
	} else {
		errx(2, "usage: see the top of scripts/sysv.c");
	}
	if (fflush(stdout) == EOF)
		err(2, "cannot write to standard output");
	return status;
}
