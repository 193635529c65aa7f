/*
 * sysv - look at and remove System V objects: segments, queues, semaphores
 *
 * What cleanup.sh and the tests need to know about the labs' objects. It
 * takes keys out of the labs' headers, so that each stands in one place only.
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
 * names  the labs' objects where no option says otherwise, a line each
 * key    the key of the queue that belongs to a path: writer's and reader's,
 *        or one of the server's
 * find   the id of the object that has the key; it is never created
 * owner  the owner's user id, or "unknown" where the object may not be read
 * users  how many processes are known to use the object
 * socket what a path is: none, live or dead (a socket with or without a
 *        server), foreign (another user's), or other (no socket)
 * remove the object, if it is this user's: root's power is not made use of
 *
 * Exit: 0, or 1 after a failure, or 2 after bad usage. find says 1 when there
 * is no such object and 2 after a failure; owner, users and remove say 3,
 * without a word, when the object is gone.
 */

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
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
#include <unistd.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif

#include "../msgqueue/message.h"
#include "../msgqueue/request.h"
#include "../shm/buffer.h"
#include "../shm/segment.h"
#include "../socket/echo.h"

static const char usage[] = "usage: sysv names\n"
			    "       sysv key PATH [requests|answers]\n"
			    "       sysv socket PATH\n"
			    "       sysv find KIND KEY\n"
			    "       sysv owner KIND ID\n"
			    "       sysv users KIND ID\n"
			    "       sysv remove KIND ID\n"
			    "KIND is segment, queue or semaphores";

enum { NOT_THERE = 3 }; /* the exit status when an object is no longer there */

enum kind { SEGMENT, QUEUE, SEMAPHORES };

static const char *const kinds[] = {"segment", "queue", "semaphores"};

union status {
	struct shmid_ds segment;
	struct msqid_ds queue;
	struct semid_ds semaphores;
};

/* The fourth argument of semctl: some systems declare such a union (semun),
 * others leave it to the program. */
union semaphore_argument {
	int value;
	struct semid_ds *status;
	unsigned short *values;
};

static enum kind parse_kind(const char *word)
{
	for (int i = SEGMENT; i <= SEMAPHORES; i++) {
		if (strcmp(word, kinds[i]) == 0)
			return (enum kind)i;
	}
	errx(2, "'%s': not segment, queue or semaphores\n%s", word, usage);
	return SEGMENT; /* for compilers that do not know errx */
}

static long long parse_number(const char *word, long long least, long long most)
{
	char *end;
	errno = 0;
	long long number = strtoll(word, &end, 0);
	if (*word == '\0' || *end != '\0' || errno != 0 || number < least ||
	    number > most)
		errx(2, "'%s': not a number from %lld to %lld\n%s", word, least,
		     most, usage);
	return number;
}

/* IPC_STAT or IPC_RMID: each kind has its own call. */
static int control(enum kind kind, int id, int command, union status *status)
{
	union semaphore_argument argument = {.status = &status->semaphores};
	switch (kind) {
	case SEGMENT:
		return shmctl(id, command, &status->segment);
	case QUEUE:
		return msgctl(id, command, &status->queue);
	case SEMAPHORES:
		return semctl(id, 0, command, argument);
	}
	return -1;
}

/* A call on the object has failed: say so, unless the object is just gone. */
static void give_up(const char *doing, enum kind kind, int id)
{
	if (errno == EINVAL || errno == EIDRM)
		exit(NOT_THERE);
	err(1, "%s %s %d", doing, kinds[kind], id);
}

/*
 * names, key
 */

static void print_queues(void)
{
	const char *home = getenv("HOME");
	if (home == NULL || *home == '\0') {
		warnx("HOME is not set: the queues' keys are not known");
		return;
	}
	if (strchr(home, '\n') != NULL) {
		warnx("HOME has more than one line: its queues are left out");
		return;
	}
	key_t pair = ftok(home, QUEUE_PROJECT);
	key_t requests = ftok(home, REQUESTS_PROJECT);
	key_t answers = ftok(home, ANSWERS_PROJECT);
	if (pair == -1 || requests == -1 || answers == -1) {
		warn("ftok: HOME %s: the queues' keys are not known", home);
		return;
	}
	printf("queue 0x%x %s\n", (unsigned)pair, home);
	printf("queue 0x%x %s\n", (unsigned)requests, home);
	printf("queue 0x%x %s\n", (unsigned)answers, home);
}

static void print_names(void)
{
	printf("segment 0x%x\n", (unsigned)SEGMENT_KEY);
	printf("segment 0x%x\n", (unsigned)BUFFER_KEY);
	printf("semaphores 0x%x\n", (unsigned)BUFFER_KEY);
	print_queues();
	printf("socket " SOCKET_PATH "\n", (unsigned long)getuid());
}

static void print_key(const char *path, int project)
{
	key_t key = ftok(path, project);
	if (key == -1)
		err(1, "ftok: %s", path);
	printf("0x%x\n", (unsigned)key);
}

/* In doubt a server is there: only a refused connection says that none is. */
static const char *socket_state(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct stat status;
	if (lstat(path, &status) == -1 && errno == ENOENT)
		return "none";
	if (strlen(path) >= sizeof address.sun_path ||
	    lstat(path, &status) == -1 || !S_ISSOCK(status.st_mode))
		return "other";
	if (status.st_uid != geteuid())
		return "foreign";
	memcpy(address.sun_path, path, strlen(path));
	int probe = socket(AF_UNIX, SOCK_STREAM, 0);
	if (probe == -1)
		err(1, "socket");
	int refused =
	    connect(probe, (struct sockaddr *)&address, sizeof address) == -1 &&
	    errno == ECONNREFUSED;
	close(probe);
	return refused ? "dead" : "live";
}

/*
 * find, owner, remove
 */

static int find(enum kind kind, key_t key)
{
	/* Without IPC_CREAT and with size 0: what is there, if anything. */
	int id = -1;
	switch (kind) {
	case SEGMENT:
		id = shmget(key, 0, 0);
		break;
	case QUEUE:
		id = msgget(key, 0);
		break;
	case SEMAPHORES:
		id = semget(key, 0, 0);
		break;
	}
	if (id == -1 && errno == ENOENT)
		return 1;
	if (id == -1)
		err(2, "find %s 0x%x", kinds[kind], (unsigned)key);
	printf("%d\n", id);
	return 0;
}

static uid_t owner_of(enum kind kind, const union status *status)
{
	if (kind == SEGMENT)
		return status->segment.shm_perm.uid;
	if (kind == QUEUE)
		return status->queue.msg_perm.uid;
	return status->semaphores.sem_perm.uid;
}

static void print_owner(enum kind kind, int id)
{
	union status status;
	if (control(kind, id, IPC_STAT, &status) == 0)
		printf("%lu\n", (unsigned long)owner_of(kind, &status));
	else if (errno == EACCES)
		puts("unknown");
	else
		give_up("look at", kind, id);
}

static void remove_object(enum kind kind, int id)
{
	/* What may not be read the kernel lets only its owner remove: root,
	 * whom it would let remove anything, may read everything. */
	union status status;
	if (control(kind, id, IPC_STAT, &status) == 0) {
		if (owner_of(kind, &status) != geteuid())
			errx(1, "%s %d belongs to another user", kinds[kind],
			     id);
	} else if (errno != EACCES) {
		give_up("look at", kind, id);
	}
	if (control(kind, id, IPC_RMID, &status) == -1)
		give_up("remove", kind, id);
}

/*
 * users
 */

#ifdef __linux__

/* What a small file of /proc says, as a string; 0 where it cannot be read. */
static int read_text(const char *path, char *text, size_t size)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	if (file == -1)
		return 0;
	ssize_t length = read(file, text, size - 1);
	close(file);
	text[length > 0 ? length : 0] = '\0';
	return length > 0;
}

/* A process that has ended and waits for its parent to notice. */
static int is_zombie(long pid)
{
	char path[64], text[512];
	snprintf(path, sizeof path, "/proc/%ld/stat", pid);
	if (!read_text(path, text, sizeof text))
		return 0;
	const char *state = strrchr(text, ')'); /* PID (NAME) STATE ... */
	return state != NULL && strncmp(state, ") Z", 3) == 0;
}

/* Is the file of this process a program of the msgqueue lab? */
static int is_queue_program(const char *task)
{
	static const char *const programs[] = {"reader", "writer", "server",
					       "client"};
	static const char folder[] = "/msgqueue/";
	char path[96], file[PATH_MAX];
	snprintf(path, sizeof path, "%s/exe", task);
	ssize_t length = readlink(path, file, sizeof file - 1);
	if (length <= 0)
		return 0;
	file[length] = '\0';
	char *deleted = strstr(file, " (deleted)"); /* rebuilt meanwhile */
	if (deleted != NULL)
		*deleted = '\0';
	const char *name = strrchr(file, '/');
	size_t before = strlen(folder) - 1; /* without the last slash */
	if (name == NULL || (size_t)(name - file) < before ||
	    strncmp(name - before, folder, before) != 0)
		return 0;
	for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
		if (strcmp(name + 1, programs[i]) == 0)
			return 1;
	}
	return 0;
}

/* Does /proc/PID/syscall show this task in a call on the queue? 1 yes, 0 no,
 * -1 it is in another call, as far as the number says. */
static int is_call_on_queue(const char *text, int queue)
{
	long call;
	unsigned long long first, second;
	if (sscanf(text, "%ld %llx %llx", &call, &first, &second) != 3)
		return 0; /* "running" */
#ifdef SYS_msgrcv
	if (call == SYS_msgrcv || call == SYS_msgsnd)
		return (int)first == queue;
#endif
#ifdef SYS_ipc /* one call for all: 11 is msgsnd, 12 is msgrcv */
	if (call == SYS_ipc &&
	    ((first & 0xffff) == 11 || (first & 0xffff) == 12))
		return (int)second == queue;
#endif
	return -1;
}

/* Does this task (a thread, named by its folder in /proc) wait in msgrcv or
 * msgsnd on the queue? In doubt yes. */
static int waits_on_queue(const char *task, int queue)
{
	char path[96], text[256];
	/* Only who might trace the process may read which call it is in. */
	snprintf(path, sizeof path, "%s/syscall", task);
	int known = read_text(path, text, sizeof text);
	if (known) {
		int answer = is_call_on_queue(text, queue);
		if (answer != -1)
			return answer;
	}
	/* Where in the kernel it waits: not on which queue. It is asked also
	 * about other numbers: a 32-bit program has its own. */
	snprintf(path, sizeof path, "%s/wchan", task);
	if (read_text(path, text, sizeof text) && strcmp(text, "0") != 0)
		return strstr(text, "msgrcv") != NULL ||
		       strstr(text, "msgsnd") != NULL;
	return !known && is_queue_program(task);
}

static int process_waits(const char *pid, int queue)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%.12s/task", pid);
	DIR *tasks = opendir(path);
	if (tasks == NULL)
		return 0; /* it has ended */
	int waits = 0;
	const struct dirent *entry;
	while (!waits && (entry = readdir(tasks)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "/proc/%.12s/task/%.12s", pid,
			 entry->d_name);
		waits = waits_on_queue(path, queue);
	}
	closedir(tasks);
	return waits;
}

/* How many processes wait on the queue, beside two that are known. The kernel
 * shows of other users' processes nothing, unless root asks. */
static unsigned long count_waiting(int queue, long sender, long receiver)
{
	unsigned long count = 0;
	DIR *processes = opendir("/proc");
	if (processes == NULL)
		err(1, "/proc: cannot tell who waits on queue %d", queue);
	const struct dirent *entry;
	while ((entry = readdir(processes)) != NULL) {
		long pid = strtol(entry->d_name, NULL, 10);
		if (pid <= 0 || pid == sender || pid == receiver)
			continue;
		if (process_waits(entry->d_name, queue))
			count++;
	}
	closedir(processes);
	return count;
}

#else

static int is_zombie(long pid)
{
	(void)pid;
	return 0;
}

/* macOS and the BSDs do not tell who waits on a queue: there only the last
 * sender and the last receiver are known. */
static unsigned long count_waiting(int queue, long sender, long receiver)
{
	(void)queue;
	(void)sender;
	(void)receiver;
	return 0;
}

#endif

/* A number may meanwhile belong to another process: then the object counts as
 * in use, which is the mistake that does no harm. */
static int is_alive(pid_t pid)
{
	if (pid <= 0 || pid == getpid())
		return 0;
	return (kill(pid, 0) == 0 || errno == EPERM) && !is_zombie(pid);
}

static unsigned long queue_users(int id, const struct msqid_ds *status)
{
	pid_t sender = status->msg_lspid, receiver = status->msg_lrpid;
	unsigned long count = count_waiting(id, sender, receiver);
	if (is_alive(sender))
		count++;
	if (receiver != sender && is_alive(receiver))
		count++;
	return count;
}

static int ask_semaphore(int id, int number, int command)
{
	int answer = semctl(id, number, command);
	if (answer == -1)
		give_up("look at", SEMAPHORES, id);
	return answer;
}

static int contains(const pid_t *list, size_t length, pid_t pid)
{
	for (size_t i = 0; i < length; i++) {
		if (list[i] == pid)
			return 1;
	}
	return 0;
}

/* Who waits, and who was last to change a semaphore: a process that did both
 * is counted twice. */
static unsigned long semaphore_users(int id, const struct semid_ds *status)
{
	int size = (int)status->sem_nsems;
	pid_t *last = calloc((size_t)size + 1, sizeof *last);
	if (last == NULL)
		err(1, "calloc");
	unsigned long waiting = 0;
	size_t alive = 0;
	for (int i = 0; i < size; i++) {
		waiting += (unsigned)ask_semaphore(id, i, GETNCNT);
		waiting += (unsigned)ask_semaphore(id, i, GETZCNT);
		pid_t pid = (pid_t)ask_semaphore(id, i, GETPID);
		if (is_alive(pid) && !contains(last, alive, pid))
			last[alive++] = pid;
	}
	free(last);
	return waiting + alive;
}

static void print_users(enum kind kind, int id)
{
	union status status;
	if (control(kind, id, IPC_STAT, &status) == -1)
		give_up("look at", kind, id);
	unsigned long count = 0;
	switch (kind) {
	case SEGMENT:
		count = (unsigned long)status.segment.shm_nattch;
		break;
	case QUEUE:
		count = queue_users(id, &status.queue);
		break;
	case SEMAPHORES:
		count = semaphore_users(id, &status.semaphores);
		break;
	}
	printf("%lu\n", count);
}

static int run(int count, char *words[])
{
	const char *command = words[0];
	if (count == 1 && strcmp(command, "names") == 0) {
		print_names();
		return 0;
	}
	if (count == 2 && strcmp(command, "key") == 0) {
		print_key(words[1], QUEUE_PROJECT);
		return 0;
	}
	if (count == 3 && strcmp(command, "key") == 0 &&
	    strcmp(words[2], "requests") == 0) {
		print_key(words[1], REQUESTS_PROJECT);
		return 0;
	}
	if (count == 3 && strcmp(command, "key") == 0 &&
	    strcmp(words[2], "answers") == 0) {
		print_key(words[1], ANSWERS_PROJECT);
		return 0;
	}
	if (count == 2 && strcmp(command, "socket") == 0) {
		puts(socket_state(words[1]));
		return 0;
	}
	if (count != 3)
		errx(2, "not a command with its arguments\n%s", usage);
	if (strcmp(command, "find") == 0)
		return find(parse_kind(words[1]),
			    (key_t)parse_number(words[2], 1, 0xffffffff));

	void (*act)(enum kind, int) = NULL;
	if (strcmp(command, "owner") == 0)
		act = print_owner;
	else if (strcmp(command, "users") == 0)
		act = print_users;
	else if (strcmp(command, "remove") == 0)
		act = remove_object;
	else
		errx(2, "'%s': not a command\n%s", command, usage);
	act(parse_kind(words[1]), (int)parse_number(words[2], 0, INT_MAX));
	return 0;
}

int main(int argc, char *argv[])
{
	int option = getopt(argc, argv, "h");
	if (option != -1 || optind == argc) {
		fprintf(option == 'h' ? stdout : stderr, "%s\n", usage);
		return option == 'h' ? 0 : 2;
	}
	int status = run(argc - optind, argv + optind);
	if (fflush(stdout) == EOF)
		err(2, "cannot write to standard output");
	return status;
}
