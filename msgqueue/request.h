/*
 * request.h - what server and client agree on: where their two queues are and
 * what goes through them. See ftok(3), msgget(2) and msgop(2).
 */

/*
 * Two keys are made of one path, ftok(PATH, …), with a different byte each.
 * PATH is the user's home folder or what -f says. Clients put requests into
 * one queue, and the server puts answers into the other. If they shared one,
 * requests could fill it, and no answer would find room.
 */
#define REQUESTS_PROJECT 129
#define ANSWERS_PROJECT 130

/* Only processes of the queues' owner may use them. */
#define REQUEST_MODE 0600

/* Bytes of a text. The last one is its NUL, so 99 fit. */
#define REQUEST_TEXT 100

/*
 * Layout of a request, and of its answer. The type of both is the client's
 * pid. The server takes the oldest request, whatever its type. A client asks
 * msgrcv for answers of its own type only. A pid must mean the same process for
 * all: client and server cannot be in different containers.
 *
 * The kernel reuses pids, and a request whose client gave up stays in the queue
 * and is answered later: so a client may find an answer to an earlier process.
 * Each request therefore has a number, and its answer has the same one. A
 * client makes its first number from the time, in nanoseconds. An earlier
 * process made its own at another time, so it hardly ever is the same.
 *
 * Sizes for msgsnd and msgrcv count what comes after the type. Of the text,
 * only what is used is sent, up to its NUL.
 *
 * A client sends its next request when it has its answer.
 */
struct request {
	long type;
	unsigned number;
	char text[REQUEST_TEXT];
};

#define NUMBER_SIZE sizeof(unsigned)
#define REQUEST_SIZE (NUMBER_SIZE + REQUEST_TEXT)
