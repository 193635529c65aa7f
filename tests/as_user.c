/*
 * as_user - run a program as another user
 *
 * A tool of the tests, no lesson: it stands for a second user of the machine,
 * who needs no account. Only root can do it.
 *
 *     as_user UID FOLDER COMMAND [ARGUMENT ...]
 *
 * COMMAND is started in FOLDER, which need not be reachable for that user: as
 * ./writer, say. Exit status: the command's; 77 where this is not root; 125
 * where something else failed; 127 where there is no such command.
 */

#include <err.h>
#include <grp.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
	if (argc < 4)
		errx(125, "usage: as_user UID FOLDER COMMAND [ARGUMENT ...]");
	if (geteuid() != 0)
		errx(77, "only root can be another user");
	uid_t user = (uid_t)strtoul(argv[1], NULL, 10);
	if (chdir(argv[2]) == -1)
		err(125, "chdir %s", argv[2]);
	if (setgroups(0, NULL) == -1)
		err(125, "setgroups");
	if (setgid((gid_t)user) == -1)
		err(125, "setgid %lu", (unsigned long)user);
	if (setuid(user) == -1)
		err(125, "setuid %lu", (unsigned long)user);
	execvp(argv[3], argv + 3);
	err(127, "%s", argv[3]);
}
