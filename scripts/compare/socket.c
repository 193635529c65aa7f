/*
 * socket - what does a message through a socket cost?
 *
 *     $ ./socket
 *     mechanism=tcp wait=block bytes=64 rounds=10000 setup_us=107.259
 *     round_trip_us=37.447 cpu_us=30.157 switches=1.664
 *
 * (on one line). -w block: recv sleeps. -w poll: recv returns EAGAIN, and is
 * called again and again. -u: a Unix-domain pair instead of TCP on 127.0.0.1.
 * The set-up ends when both ends are connected. README.md explains the figures.
 *
 * usage: socket [-hu] [-w block|poll] [-s BYTES] [-n ROUNDS]
 */

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "pingpong.h"

static int end, flags; /* our end of the connection */

static void connect_by_tcp(int ends[2]);

int main(int argc, char *argv[])
{
	int unix_pair = 0;
	usage = "usage: socket [-hu] [-w block|poll] [-s BYTES] [-n ROUNDS]";
	while (next_option(argc, argv, "huw:s:n:") != -1)
		unix_pair = 1;
	out = allocate(bytes);
	in = allocate(bytes);
	flags = polls ? MSG_DONTWAIT : 0;
	prepare_ends();

	int ends[2];
	const double start = now();
	if (!unix_pair)
		connect_by_tcp(ends);
	else if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == -1)
		err(1, "socketpair");
	const double set_up = now() - start;

	strcpy(through, unix_pair ? "socket pair" : "connection");
	/* Each keeps its own end only. When a process ends, in whatever way,
	 * its end is closed, and the other one's calls return. */
	start_child();
	end = ends[self];
	close(ends[!self]);

	print_figures(unix_pair ? "unix" : "tcp", set_up, measure());
	return end_line();
}

/* One process makes both ends: connect does not wait for accept. */
static void connect_by_tcp(int ends[2])
{
	struct sockaddr_in address = {.sin_family = AF_INET}; /* port 0: any */
	struct sockaddr *const name = (struct sockaddr *)&address;
	socklen_t size = sizeof address;
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	ends[PARENT] = socket(AF_INET, SOCK_STREAM, 0);
	if (listener == -1 || ends[PARENT] == -1)
		err(1, "socket");
	if (bind(listener, name, size) == -1)
		err(1, "bind to 127.0.0.1");
	if (listen(listener, 1) == -1)
		err(1, "listen on 127.0.0.1");
	if (getsockname(listener, name, &size) == -1)
		err(1, "getsockname");
	if (connect(ends[PARENT], name, size) == -1)
		err(1, "connect to 127.0.0.1");
	do
		ends[CHILD] = accept(listener, NULL, NULL);
	while (ends[CHILD] == -1 && errno == EINTR);
	if (ends[CHILD] == -1)
		err(1, "accept");
	close(listener);

	/* Otherwise TCP may hold back the end of a message until the peer has
	 * acknowledged the part before, and the peer takes its time. */
	const int on = 1;
	for (int i = 0; i < 2; i++)
		if (setsockopt(ends[i], IPPROTO_TCP, TCP_NODELAY, &on,
			       sizeof on) == -1)
			err(1, "setsockopt TCP_NODELAY");
}

/* A stream has no messages, only bytes: one call may move a part of them. */
static void send_message(unsigned char stamp)
{
	int tries = 0;
	out[0] = out[bytes - 1] = stamp;
	for (size_t done = 0; done < bytes;) {
		ssize_t part = send(end, out + done, bytes - done, flags);
		if (part == -1)
			try_again("send", ++tries);
		else
			done += (size_t)part;
	}
}

static void receive_message(void)
{
	int tries = 0;
	for (size_t done = 0; done < bytes;) {
		ssize_t part = recv(end, in + done, bytes - done, flags);
		if (part == 0)
			exit_without_other();
		if (part == -1)
			try_again("recv", ++tries);
		else
			done += (size_t)part;
	}
}

static void remove_objects(void)
{
	/* Sockets without a path end with their processes. */
}
