/*
 * request.h - what server and client agree on: where their queue is, how a
 * client sees that there is a server, and what goes through the queue. See
 * ftok(3), msgop(2) and semop(2).
 */

/*
 * The key is ftok(PATH, SERVER_PROJECT): another byte than the pair's, so the
 * same PATH gives another queue. PATH is the user's home folder or what -f
 * says.
 */
#define SERVER_PROJECT 129
#define REQUESTS_PROJECT 129
#define ANSWERS_PROJECT 130

/* Who may use the queue and the semaphore: their owner. */
#define SERVER_MODE 0600

/*
 * With the same key there is a set of one semaphore, which says who is in
 * charge of the queue. A server adds SERVING, and removes the set in the end,
 * after the queue. Every addition is made with SEM_UNDO: the kernel takes it
 * back when the process dies, however it dies, and before anybody has waited
 * for it. 0 thus means: what is here was left by a dead server.
 */
#define SERVING 1  /* a server lives */
#define CLEARING 2 /* a process removes what a dead server has left */

/* Bytes of a text, of which the last one is its NUL: 99 fit. */
#define REQUEST_TEXT 100

/*
 * Layout of a request and of its answer. Only the text's bytes that are used
 * are sent, up to its NUL: a size for msgsnd is HEAD_SIZE and the text's.
 *
 * Requests are of type 1. The type of an answer is its client's pid: so each
 * client takes its own out of the one queue. No client may be process 1, as
 * it may happen in a container, and all must see the same pids (containers
 * again). Pids are used anew: what belongs together has the same number.
 *
 * A client has one request on its way, and sends the next one when it has its
 * answer. So the server never has to keep more than one answer for each.
 */
#define REQUEST_TYPE 1

struct request {
	long type;
	int pid;         /* who sent it: the client, in an answer the server */
	unsigned number; /* chosen by the client, given back in the answer */
	char text[REQUEST_TEXT];
};

#define HEAD_SIZE (sizeof(int) + sizeof(unsigned))
#define REQUEST_SIZE (HEAD_SIZE + REQUEST_TEXT)
