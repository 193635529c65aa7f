/*
 * echo.h - what echo_server and echo_client agree on. See unix(7).
 */

/*
 * The socket's name is a path, a file of the type "socket". %lu becomes the
 * user id, so that each user has another path; -u chooses a different one. With
 * its final NUL it must fit into sockaddr_un's sun_path: 108 bytes on Linux,
 * 104 on macOS and the BSDs.
 */
#define SOCKET_PATH "/tmp/ipc_echo_%lu"

/* What umask(2) takes away, so that only the owner may connect: mode 0600. */
#define SOCKET_UMASK 0177

/* What the client sends if no MESSAGE is given (without -w). */
#define MESSAGE "Hello, server!"

/*
 * A stream socket carries bytes, not messages: for the server, a message is
 * what one recv(2) returns, at most MESSAGE_SIZE bytes. They may have any
 * value, and there is no NUL at the end. A client must read while it sends:
 * the server stops reading from a client that does not read its echo.
 */
#define MESSAGE_SIZE 4096
