/*
 * echo.h - what echo_server and echo_client agree on. See unix(7).
 */

/*
 * The socket's name, a file of the file system, as printf(3) makes it out of
 * the user id: a name for each user. With -u both programs take another one.
 * sockaddr_un has 108 bytes for it and a NUL, on macOS and the BSDs 104.
 */
#define SOCKET_PATH "/tmp/ipc_echo_%lu"

/* What umask(2) takes away, so that only the owner may connect: mode 0600. */
#define SOCKET_UMASK 0177

/* What the client says if it is not told what. */
#define MESSAGE "Hello, server!"

/*
 * A stream socket carries bytes, not messages: to the server a message is what
 * one recv(2) returns, at most MESSAGE_SIZE bytes; any bytes, no NUL at the
 * end. A client must read while it sends: from who leaves its echo unread the
 * server takes nothing more.
 */
#define MESSAGE_SIZE 4096
