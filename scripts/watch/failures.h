/*
 * failures.h - for faults.c and library.c: can a call fail so?
 */

#include <string.h>

static const struct {
	const char *call, *with, *errors;
} failures[] = {
#include "errors.h"
};
enum { FAILURES = sizeof failures / sizeof *failures };

/* Does this line of errors.h fit a call, as an event tells it? */
static int fits(int line, const char *call, const char *event)
{
	const char *with = failures[line].with;
	if (*failures[line].call != '\0' &&
	    strcmp(failures[line].call, call) != 0)
		return 0;
	if (*with == '!')
		return strstr(event, with + 1) == NULL;
	return strstr(event, with) != NULL;
}

/* It must be as without: the call is made again, or goes on. But a connect that
 * was interrupted goes on by itself. */
static int is_gentle(const char *call, const char *what)
{
	return strcmp(what, "short") == 0 ||
	       (strcmp(what, "EINTR") == 0 && strcmp(call, "connect") != 0);
}

/* Can this call, as an event tells it, be failed so gently? */
static int can_be_gentle(const char *call, const char *event, const char *what)
{
	for (int i = 0; i < FAILURES; i++)
		if (is_gentle(call, what) && fits(i, call, event) &&
		    strstr(failures[i].errors, what) != NULL)
			return 1;
	return 0;
}
