/*
 * confined - run a command that cannot give up system calls
 *
 * A tool of the tests, no lesson: it stands for a container that refuses
 * seccomp's strict mode. Linux only. There prctl(2) fails with this number in
 * errno; where that is 0, it does nothing, and returns success.
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

/* What <linux/filter.h> declares, which is not there with musl. */
struct instruction {
	uint16_t code;
	uint8_t if_true, if_false;
	uint32_t operand;
};

struct program {
	unsigned short length;
	struct instruction *instructions;
};

enum { LOAD = 0x20, JUMP_IF_EQUAL = 0x15, RETURN = 0x06, FILTER = 2 };

static void confine(unsigned number)
{
	struct instruction instructions[] = {
	    {LOAD, 0, 0, 0}, /* the system call's number */
	    {JUMP_IF_EQUAL, 0, 1, SYS_prctl},
	    {RETURN, 0, 0, 0x00050000u | number}, /* errno */
	    {RETURN, 0, 0, 0x7fff0000u},          /* allowed */
	};
	struct program program = {4, instructions};
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1 ||
	    prctl(PR_SET_SECCOMP, FILTER, &program, 0, 0) == -1)
		err(125, "prctl");
}

#else

static void confine(unsigned number)
{
	errx(125, "only on Linux prctl can be made to return %u", number);
}

#endif

int main(int argc, char *argv[])
{
	if (argc < 3)
		errx(125, "usage: confined ERRNO COMMAND [ARGUMENT ...]");
	confine((unsigned)strtoul(argv[1], NULL, 10) & 0xfffu);
	execvp(argv[2], argv + 2);
	err(127, "%s", argv[2]);
}
