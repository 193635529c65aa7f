/*
 * port.h - what server and client agree on. The programs receiver, sender,
 * prefork, udp_server and udp_client have the same address and port. See
 * ip(7), tcp(7) and udp(7).
 */

/*
 * The port (of TCP, or of UDP for udp_server and udp_client), as the text that
 * getaddrinfo(3) takes. Ports belong to the whole machine, not to a user. With
 * -p both programs take another one, 1 to 65535. For 0 the server's kernel
 * chooses one that is free.
 *
 * TIME-WAIT: the side that closes a connection first keeps it in its kernel
 * for about a minute more. A packet that comes late is then not taken for one
 * of the next connection. Meanwhile bind(2) refuses the port to a new server.
 * It does not refuse if the new server has set SO_REUSEADDR, and on Linux the
 * old one too. The programs here set it.
 */
#define PORT "12345"

/* The address, unless told otherwise: this machine only, IPv4. */
#define HOST "127.0.0.1"

/*
 * A message is text without a NUL at its end, of at most BUFFER_SIZE - 1
 * bytes; a receiver adds the NUL. TCP carries bytes, not messages: the server
 * treats what its first recv(2) returns as the client's message, the client
 * treats all up to end-of-file as the server's.
 */
#define BUFFER_SIZE 1024

/* What the two say to each other. */
#define MESSAGE "Hello from client"
#define ANSWER "Hello from server"

/*
 * What sender sends: the numbers 0, 1, 2, ... of 32 bits each, so that
 * receiver can check their order. Both programs are on one machine, so the
 * bytes of a number stand as this machine has them in memory. One call sends
 * or receives a block of at most 16384 numbers (64 KiB).
 */
#define BLOCK_NUMBERS 16384
