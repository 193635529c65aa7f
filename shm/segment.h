/*
 * segment.h - what writer and reader agree on: where the segment is and
 * what it holds. See shmget(2) and shmop(2).
 */

#include <unistd.h>

/*
 * The segment's name, one for each user: 0x5348 ("SH" in ASCII) and the user
 * id, so 0x534803e8 for user 1000, which is 0x3e8. Another key can be given to
 * both programs with -k. Never 0, which is IPC_PRIVATE: a new segment at each
 * call, that no second program can get.
 */
#define SEGMENT_KEY ((key_t)(0x53480000u + getuid()))

/* Its size in bytes. The kernel hands out whole pages, zeroed. */
#define SEGMENT_SIZE 1024

/* Who may attach: its owner, to read and to write. */
#define SEGMENT_MODE 0600

/*
 * Layout: from byte 0 the text that the writer put there, ended by a NUL. A
 * reader does not rely on the NUL: any program of this user that has the key
 * may have written. In a new segment all bytes are 0: that is the empty text.
 */
