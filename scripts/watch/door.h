/*
 * door.h - for library.c and tests/teller.c: what goes through the door
 */

/* A message of one byte that carries an open descriptor: SCM_RIGHTS, see
 * unix(7) and cmsg(3). It is the same one each time. */
static const struct msghdr *message_with(int fd)
{
	static struct iovec byte = {.iov_base = "", .iov_len = 1};
	static union {
		struct cmsghdr header; /* aligns it */
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	static struct msghdr message = {.msg_iov = &byte,
					.msg_iovlen = 1,
					.msg_control = &control,
					.msg_controllen = sizeof control};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof fd);
	return &message;
}
