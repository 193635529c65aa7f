/*
 * faulty - has one fault in how it treats failing calls, for faults to find
 *
 * No lesson. It makes a semaphore and a child that sends a text through a pair
 * of sockets, and prints the text. FAULT is what it does wrong:
 *
 *     none   nothing
 *     exit   exit status 0 when shmget has failed
 *     name   says "semctl" when shmat has failed
 *     errno  says the errno of another call than semctl
 *     left   leaves the semaphore when shmdt has failed
 *     eintr  does not make recv again after EINTR
 *     short  does not send what a first send has not taken
 *     rest   sends once more, but no third time
 *     file   leaves a file in $TMPDIR when shmdt has failed
 *     hang   does not look at a failing recv: it waits on
 *     lines  says a second line when waitpid has failed
 *     deaf   leaves the semaphore when a signal ends it
 *     death  does not look at how its child has ended
 *
 * usage: faulty FAULT
 */

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const char text[] = "a text of some length\n";
static const char *fault;
static int semaphore = -1;

static int faulty(const char *name)
{
	return strcmp(fault, name) == 0;
}

static void remove_semaphore(void)
{
	if (semaphore != -1 && semctl(semaphore, 0, IPC_RMID) == -1 &&
	    errno != EINVAL) /* it was gone */
		warn("semctl: remove semaphore %d", semaphore);
}

static void interrupted(int signal_number)
{
	remove_semaphore();
	raise(signal_number);
}

static void leave_file(void)
{
	char path[1000];
	snprintf(path, sizeof path, "%s/left", getenv("TMPDIR"));
	FILE *file = fopen(path, "w");
	if (file == NULL || fclose(file) == EOF)
		err(1, "fopen %s", path);
}

static void send_text(int channel)
{
	size_t sent = 0;
	int most = 1000;
	if (faulty("short"))
		most = 1;
	if (faulty("rest"))
		most = 2;
	for (int tries = 0; sent < sizeof text - 1 && tries < most;) {
		ssize_t count =
		    send(channel, text + sent, sizeof text - 1 - sent, 0);
		if (count == -1 && errno != EINTR) {
			warn("send to the parent");
			_exit(1);
		}
		sent += count == -1 ? 0 : (size_t)count;
		tries += count != -1;
	}
	_exit(0);
}

static void print_text(int channel)
{
	char bytes[100];
	ssize_t length;
	do {
		length = recv(channel, bytes, sizeof bytes, 0);
		if (length == -1 && errno == EINTR && !faulty("eintr"))
			continue;
		if (length == -1 && faulty("hang"))
			pause();
		if (length == -1)
			err(1, "recv from the child");
		printf("%.*s", (int)length, bytes);
	} while (length != 0);
}

int main(int argc, char *argv[])
{
	if (argc != 2)
		errx(2, "usage: faulty FAULT");
	fault = argv[1];
	signal(SIGPIPE, SIG_IGN);
	atexit(remove_semaphore);
	const struct sigaction interruption = {
	    .sa_handler = interrupted,
	    .sa_flags = (int)(SA_RESETHAND | SA_NODEFER)};
	if (!faulty("deaf"))
		sigaction(SIGTERM, &interruption, NULL);
	semaphore = semget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
	if (semaphore == -1)
		err(1, "semget of a private semaphore");
	if (semctl(semaphore, 0, GETVAL) == -1) {
		if (faulty("errno"))
			errno = EIO;
		err(1, "semctl: semaphore %d", semaphore);
	}

	int segment = shmget(IPC_PRIVATE, 1, IPC_CREAT | 0600);
	if (segment == -1)
		err(faulty("exit") ? 0 : 1, "shmget of a private segment");
	char *address = shmat(segment, NULL, 0);
	int failure = errno;
	if (shmctl(segment, IPC_RMID, NULL) == -1)
		err(1, "shmctl: remove segment %d", segment);
	errno = failure;
	if (address == (void *)-1)
		err(1, "%s: segment %d", faulty("name") ? "semctl" : "shmat",
		    segment);
	if (shmdt(address) == -1) {
		int failed = errno;
		if (faulty("left"))
			semaphore = -1;
		if (faulty("file"))
			leave_file();
		errno = failed;
		err(1, "shmdt: segment %d", segment);
	}

	int ends[2];
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1)
		err(1, "socketpair");
	pid_t child = fork();
	if (child == -1)
		err(1, "fork");
	if (child == 0)
		send_text(ends[1]);
	if (close(ends[1]) == -1)
		err(1, "close the child's end");
	print_text(ends[0]);
	int status;
	pid_t waited;
	do
		waited = waitpid(child, &status, 0);
	while (waited == -1 && errno == EINTR);
	if (waited == -1) {
		if (faulty("lines"))
			warnx("semop: is the child there?");
		err(1, "waitpid: the child");
	}
	if (status != 0 && !faulty("death"))
		errx(1, "the child failed (wait status 0x%x)",
		     (unsigned)status);
	return 0;
}
