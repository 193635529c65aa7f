/*
 * msgqueue - what does a message through a message queue cost?
 *
 *     $ ./msgqueue
 *     mechanism=msgqueue wait=block bytes=64 rounds=10000 setup_us=4.556
 *     round_trip_us=16.524 cpu_us=12.999 switches=1.304
 *
 * (on one line). -w block: msgrcv sleeps. -w poll: msgrcv returns ENOMSG, and
 * is called again and again. The set-up is one call. README.md explains the
 * figures.
 *
 * usage: msgqueue [-h] [-w block|poll] [-s BYTES] [-n ROUNDS]
 */

#include <sys/msg.h>

#include "pingpong.h"

/* The kernel wants the type in front of the bytes: it says for whom the
 * message is, 1 + PARENT or 1 + CHILD. */
struct message {
	long type;
	unsigned char bytes[];
};

static struct message *sent, *received;
static int flags;
static volatile sig_atomic_t queue = -1;

int main(int argc, char *argv[])
{
	usage = "usage: msgqueue [-h] [-w block|poll] [-s BYTES] [-n ROUNDS]";
	while (next_option(argc, argv, "hw:s:n:") != -1)
		;
	sent = allocate(sizeof *sent + bytes);
	received = allocate(sizeof *received + bytes);
	out = sent->bytes;
	in = received->bytes;
	flags = polls ? IPC_NOWAIT : 0;
	prepare_ends();

	const double start = now();
	queue = msgget(IPC_PRIVATE, IPC_CREAT | 0600);
	const double set_up = now() - start;
	if (queue == -1)
		err(1, "msgget");
	snprintf(through, sizeof through, "queue %d", (int)queue);

	/* Does the system carry such a message at all? It has a limit for each
	 * (msgmax) and one for a queue (msgmnb). */
	fill_out();
	sent->type = 1;
	const int failed = msgsnd(queue, sent, bytes, IPC_NOWAIT);
	if (failed && (errno == EINVAL || errno == EAGAIN))
		errx(77, "msgsnd: a message of %zu bytes is too long here",
		     bytes);
	if (failed)
		err(1, "msgsnd: %s", through);
	if (msgrcv(queue, received, bytes, 1, IPC_NOWAIT) == -1)
		err(1, "msgrcv: %s", through);

	start_child();
	print_figures("msgqueue", set_up, measure());
	return end_line();
}

static void send_message(unsigned char stamp)
{
	int tries = 0;
	out[0] = out[bytes - 1] = stamp;
	sent->type = 1 + !self;
	while (msgsnd(queue, sent, bytes, flags) == -1)
		try_again("msgsnd", ++tries);
}

/* A longer message is an error of the call (E2BIG), a shorter one is ours. */
static void receive_message(void)
{
	int tries = 0;
	ssize_t length;
	while ((length = msgrcv(queue, received, bytes, 1 + self, flags)) == -1)
		try_again("msgrcv", ++tries);
	if ((size_t)length != bytes)
		errx(1, "%zd bytes came, not %zu", length, bytes);
}

static void remove_objects(void)
{
	if (queue != -1 && msgctl(queue, IPC_RMID, NULL) == -1 &&
	    errno != EINVAL) /* somebody else has removed it */
		warn("msgctl: remove %s", through);
}
