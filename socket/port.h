/*
 * port.h - what server and client agree on; receiver, sender and prefork take
 * port and address from here too. See ip(7) and tcp(7).
 */

/*
 * The TCP port where the server listens, as the text that getaddrinfo(3)
 * takes. Ports belong to the whole machine, not to a user: with -p both
 * programs take another one, 1 to 65535; 0 asks the server's kernel for any
 * that is free.
 *
 * TIME-WAIT: the side that closes a connection first keeps it in its kernel
 * for about a minute more, so that a late packet of it is not taken for one of
 * the next connection. Until then bind(2) refuses the port to a new server,
 * unless the new one and (on Linux) the old one have set SO_REUSEADDR, as the
 * programs here do.
 */
#define PORT "12345"

/* The address, unless told otherwise: this machine only, IPv4. */
#define HOST "127.0.0.1"

/*
 * A message is text without a NUL at its end, of at most BUFFER_SIZE - 1
 * bytes; a receiver adds the NUL. TCP carries bytes, not messages: the server
 * takes what its first recv(2) returns for the client's message, the client
 * takes all up to end-of-file for the server's.
 */
#define BUFFER_SIZE 1024

/* What the two say to one another. */
#define MESSAGE "Hello from client"
#define ANSWER "Hello from server"

/*
 * What sender sends: the numbers 0, 1, 2, ... of 32 bits each, so that
 * receiver can tell whether they come in order. Both ends are on one machine,
 * so the bytes of a number stand as this machine has them in memory. Both
 * programs have a block of so many numbers (64 KiB) for a call.
 */
#define BLOCK_NUMBERS 16384
