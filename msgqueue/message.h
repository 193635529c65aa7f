/*
 * message.h - what writer and reader agree on: where the queue is and what
 * goes through it. See ftok(3), msgget(2) and msgop(2).
 */

/*
 * The queue's key is ftok(PATH, QUEUE_PROJECT): made of the low bits of the
 * file's inode and device number and this one byte. PATH is the user's home
 * folder, so that each user has a queue, or what -f says; it must exist, its
 * contents do not matter. ftok is a library function: the kernel sees the key
 * only. It returns -1 when it fails, which must not be taken for a key.
 */
#define QUEUE_PROJECT 128

/* Who may send and receive: its owner. */
#define QUEUE_MODE 0600

/* Bytes of a message's text, of which the last one is its NUL: 99 fit. */
#define TEXT_SIZE 100

/*
 * Layout of a message, as msgsnd and msgrcv want it: first the type, at least
 * 1, which a reader can choose by; then the text. Sizes given to the calls
 * count the text only. The writer sends the text with its NUL and no more.
 */
struct message {
	long type;
	char text[TEXT_SIZE];
};
