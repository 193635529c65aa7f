/*
 * message.h - what writer and reader agree on: where the queue is and what
 * goes through it. See ftok(3), msgget(2) and msgop(2).
 */

/*
 * The queue's key is ftok(PATH, QUEUE_PROJECT). PATH is the user's home folder,
 * so that each user has a queue, or what -f says. The file must exist; its
 * contents do not matter. ftok is a library function: it makes a number from
 * the low bits of the file's inode and device numbers and this one byte, so two
 * files can get the same key. The kernel sees the number only.
 *
 * ftok returns -1 when it fails, and that must not be used as a key. "~" is for
 * the shell only: no file has that name, so ftok("~/somefile", …) is -1.
 */
#define QUEUE_PROJECT 128

/* Only processes of the queue's owner may send and receive. */
#define QUEUE_MODE 0600

/* Bytes of a message's text. The last one is its NUL, so 99 fit. */
#define TEXT_SIZE 100

/*
 * Layout of a message, as msgsnd and msgrcv want it: first the type, at least
 * 1, by which a reader can choose; then the text. The sizes that are given to
 * these calls count the text only. The writer sends the text with its NUL, and
 * nothing after it. ("Data send is" are the words of the lecture's program.)
 */
struct message {
	long type;
	char text[TEXT_SIZE];
};
