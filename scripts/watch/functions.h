/*
 * functions.h - for library.c: what the program calls instead of libc's
 * functions, made from the lines of calls.h
 */

#ifdef __APPLE__
#define NAMED(symbol)
#else
#define NAMED(symbol) __asm__(symbol) /* no clash with what headers declare */
#endif
#define LIST(...) __VA_ARGS__

#define FUNCTION(result, symbol, parameters)                                   \
	result watch_##symbol parameters NAMED(#symbol);                       \
	result watch_##symbol parameters

/* libc's, unless it is to fail; what is returned then. */
#define MAKE(result, symbol, parameters, arguments)                            \
	result given = (result)0;                                              \
	if (!use.failed)                                                       \
		given = LIBC(symbol, result(*) parameters) arguments;          \
	return (result)end(&use, (long)given);

#define CALL(result, symbol, name, parameters, arguments, print)               \
	FUNCTION(result, symbol, parameters)                                   \
	{                                                                      \
		struct use use;                                                \
		begin(&use, CALL_##symbol, LIST arguments);                    \
		MAKE(result, symbol, parameters, arguments)                    \
	}
#define SIZED(result, symbol, name, parameters, arguments, print)              \
	FUNCTION(result, symbol, parameters)                                   \
	{                                                                      \
		struct use use;                                                \
		begin(&use, CALL_##symbol, LIST arguments);                    \
		if (use.one_byte)                                              \
			size = 1;                                              \
		MAKE(result, symbol, parameters, arguments)                    \
	}
#define VARIADIC(result, symbol, name, parameters, last, type, condition,      \
		 arguments, print)                                             \
	FUNCTION(result, symbol, parameters)                                   \
	{                                                                      \
		struct use use;                                                \
		va_list values;                                                \
		va_start(values, last);                                        \
		type more = 0;                                                 \
		if (condition)                                                 \
			more = va_arg(values, type);                           \
		va_end(values);                                                \
		begin(&use, CALL_##symbol, LIST arguments);                    \
		MAKE(result, symbol, parameters, arguments)                    \
	}
#define BARE(result, symbol, name)                                             \
	FUNCTION(result, symbol, (void))                                       \
	{                                                                      \
		struct use use;                                                \
		begin(&use, CALL_##symbol);                                    \
		MAKE(result, symbol, (void), ())                               \
	}
#define OWN(result, symbol, name, parameters, arguments, print)
#include "calls.h"

/* These return twice, or not at all. A vfork that is a fork is slower, but its
 * child may do what it likes. */
static pid_t make_child(int symbol)
{
	struct use use;
	begin(&use, symbol);
	pid_t child = -1;
	if (!use.failed) {
		children++;
		child = LIBC(fork, pid_t(*)(void))();
	}
	if (child == 0) {
		be_born(children);
		return 0;
	}
	child = (pid_t)end(&use, (long)child);
	if (child != -1)
		hold();
	return child;
}

FUNCTION(pid_t, fork, (void))
{
	return make_child(CALL_fork);
}

FUNCTION(pid_t, vfork, (void))
{
	return make_child(CALL_vfork);
}

#define ENDING(symbol)                                                         \
	__attribute__((noreturn)) FUNCTION(void, symbol, (int status))         \
	{                                                                      \
		struct use use;                                                \
		begin(&use, CALL_##symbol, status);                            \
		LIBC(symbol, void (*)(int))(status);                           \
		for (;;)                                                       \
			;                                                      \
	}
ENDING(exit)
ENDING(_exit)
ENDING(_Exit)

#ifdef __APPLE__
/* dyld puts each first one in the place of the second, but not here. */
#pragma clang diagnostic ignored "-Wdeprecated-declarations" /* vfork */
__attribute__((used, section("__DATA,__interpose"))) static const struct {
	const void *ours, *libc;
} interposed[CALLS] = {
#define CALL(result, symbol, name, parameters, arguments, print)               \
	{(const void *)watch_##symbol, (const void *)symbol},
#include "calls.h"
};

static void find_libc(void)
{
	for (int i = 0; i < CALLS; i++)
		*(const void **)&calls[i].libc = interposed[i].libc;
}
#endif
