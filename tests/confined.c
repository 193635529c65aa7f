/*
 * confined - run a command in which prctl(2) does nothing
 *
 * A tool of the tests, no lesson: it stands for a container that refuses
 * seccomp's strict mode. Linux only. There prctl fails with ERRNO, or, where
 * that is 0, returns success.
 *
 * Exit status: the command's; 125 where this cannot be had; 127 where there
 * is no such command.
 *
 * usage: confined ERRNO COMMAND [ARGUMENT ...]
 */

#include <err.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

int main(int argc, char *argv[])
{
	if (argc < 3)
		errx(125, "usage: confined ERRNO COMMAND [ARGUMENT ...]");
#ifdef __linux__
	/* What <linux/filter.h> declares, which is not there with musl. */
	enum { LOAD = 0x20, JUMP_IF_EQUAL = 0x15, RETURN = 0x06, FILTER = 2 };
	struct {
		uint16_t code;
		uint8_t if_true, if_false;
		uint32_t operand;
	} instructions[] = {
	    {LOAD, 0, 0, 0}, /* the system call's number */
	    {JUMP_IF_EQUAL, 0, 1, SYS_prctl},
	    {RETURN, 0, 0, 0x00050000u | (uint32_t)atoi(argv[1])},
	    {RETURN, 0, 0, 0x7fff0000u}, /* allowed */
	};
	struct {
		unsigned short length;
		void *instructions;
	} program = {4, instructions};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_SECCOMP, FILTER, &program, 0, 0) == -1)
		err(125, "prctl");
	execvp(argv[2], argv + 2);
	err(127, "%s", argv[2]);
#else
	errx(125, "only on Linux prctl can be kept from its work");
#endif
}
