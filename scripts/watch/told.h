/*
 * told.h - for watch.c: which calls are drawn, and how they are told
 */

static int is_one_of(const char *word, const char *words)
{
	const size_t length = strlen(word);
	for (const char *at = strstr(words, word); at != NULL;
	     at = strstr(at + 1, word))
		if ((at == words || at[-1] == ' ') &&
		    (at[length] == ' ' || at[length] == '\0'))
			return 1;
	return 0;
}

/* The names in calls.h, less those that nobody waits in. */
static const char drawn[] = ""
#define DRAWN
#define CALL(result, symbol, name, parameters, arguments, print) #name " "
#include "calls.h"
    ;

/* What it prints itself stands there as output. */
static int is_drawn(const char *call, const char *arguments)
{
	const long fd = number_of(arguments, "fd", -1);
	if (strcmp(call, "write") == 0 && (fd == 1 || fd == 2))
		return 0;
	return is_one_of(call, drawn);
}

/* -c: only these calls have rows. */
static const char *only_calls;

static int is_wanted(const char *call)
{
	const size_t length = strlen(call);
	for (const char *at = only_calls; at != NULL; at = strchr(at, ',')) {
		at += *at == ',';
		if (strncmp(at, call, length) == 0 &&
		    (at[length] == ',' || at[length] == '\0'))
			return 1;
	}
	return only_calls == NULL;
}

/* The kernel may be slow in these, but nobody waits in them for another. */
static const char immediate[] =
    "fork exit _exit kill ftok shmget shmat shmdt shmctl semget semctl msgget "
    "msgctl socket socketpair bind listen shutdown close setsockopt pipe "
    "mkfifo prctl";

static const char sending[] = "send sendto sendmsg write";
static const char receiving[] = "recv recvfrom recvmsg read";

struct text {
	char text[600];
	size_t length;
};

static void add(struct text *text, const char *form, ...)
{
	va_list values;
	va_start(values, form);
	const size_t room = sizeof text->text - text->length;
	const int length =
	    vsnprintf(text->text + text->length, room, form, values);
	va_end(values);
	if (length > 0)
		text->length +=
		    (size_t)length < room ? (size_t)length : room - 1;
}

/* The next NAME=VALUE of some words. */
static int next_word(const char **at, char *name, char *value, size_t size)
{
	*at += strspn(*at, " ");
	const size_t length = strcspn(*at, "= ");
	if (**at == '\0' || (*at)[length] != '=' || length > 30)
		return 0;
	snprintf(name, 31, "%.*s", (int)length, *at);
	if (!value_of(*at, name, value, size))
		return 0;
	int quoted = 0;
	*at += length;
	for (; **at != '\0' && (quoted || **at != ' '); ++*at) {
		if (**at == '\\' && (*at)[1] != '\0')
			++*at;
		else if (**at == '"')
			quoted = !quoted;
	}
	return 1;
}

/* Bytes in quotes: the first of them. Many NULs are one and their number. */
static void add_bytes(struct text *text, const char *bytes)
{
	const size_t start = text->length;
	const int quoted = *bytes == '"';
	while (*bytes != '\0') {
		int nuls = 0;
		while (strncmp(bytes + 4 * nuls, "\\x00", 4) == 0)
			nuls++;
		const size_t length = *bytes != '\\'    ? 1
				      : bytes[1] == 'x' ? 4
							: 2;
		if (nuls > 2) {
			add(text, "\\x00{%d}", nuls);
			bytes += 4 * nuls;
		} else if (quoted && text->length - start > 27 &&
			   strlen(bytes) > 4) {
			add(text, "\"...");
			return;
		} else {
			add(text, "%.*s", (int)length, bytes);
			bytes +=
			    strlen(bytes) < length ? strlen(bytes) : length;
		}
	}
}

/* ftok's path in the labs. */
static int is_home(const char *value)
{
	const char *home = getenv("HOME");
	const size_t length = home == NULL ? 0 : strlen(home);
	return length > 0 && *value == '"' &&
	       strncmp(value + 1, home, length) == 0 &&
	       strncmp(value + 1 + length, "\"", 2) == 0;
}

static void add_argument(struct text *text, const char *call, const char *name,
			 const char *value)
{
	char copy[LINE];
	if (strcmp(call, "semop") == 0 && strcmp(name, "operations") == 0) {
		/* 0:-1:SEM_UNDO */
		snprintf(copy, sizeof copy, "%s", value);
		for (char *one = strtok(copy, ","); one != NULL;
		     one = strtok(NULL, ",")) {
			const char *change = strchr(one, ':');
			if (change == NULL)
				continue;
			add(text, "%s[%.*s] ", one == copy ? "" : ", ",
			    (int)(change - one), one);
			for (const char *letter = change + 1; *letter != '\0';
			     letter++)
				add(text, *letter == ':' ? ", " : "%c",
				    *letter);
		}
	} else if (same_each_time && strcmp(name, "id") == 0) {
		add(text, "id #%d", place_of(call[1], atol(value)));
	} else if (same_each_time && strcmp(name, "pid") == 0 &&
		   process_of_pid(atol(value)) != -1) {
		add(text, "%s", processes[process_of_pid(atol(value))].name);
	} else if (same_each_time && strncmp(value, "0x", 2) == 0 &&
		   strcmp(value, "0xffffffff") != 0) {
		add(text, strcmp(name, "key") == 0 ? "key #%d" : "address",
		    place_of('k', (int)strtol(value, NULL, 0)));
	} else if (strcmp(name, "size") == 0) {
		add(text, "%s bytes", value);
	} else if (strcmp(name, "polled") == 0) {
		/* -1 is no descriptor. */
		const char *separator = "";
		snprintf(copy, sizeof copy, "%s", value);
		for (char *one = strtok(copy, ","); one != NULL;
		     one = strtok(NULL, ",")) {
			if (*one == '-')
				continue;
			add(text, "%s%s", separator, one);
			separator = " ";
		}
	} else if (same_each_time && is_home(value)) {
		add(text, "home");
	} else if (strcmp(name, "milliseconds") == 0) {
		add(text, *value == '-' ? "no limit" : "%s ms", value);
	} else if (strcmp(name, "seconds") == 0) {
		add(text, "%s s", value);
	} else if (strcmp(name, "time") == 0) {
		add(text, "%g ms", atof(value) * 1000);
	} else if (strcmp(name, "key") == 0 && strncmp(value, "0x", 2) == 0) {
		add(text, "key %s", value);
		if (strcmp(value, "0xffffffff") == 0)
			add(text, " (-1)");
	} else if (strcmp(name, "message") == 0) {
		const char *bytes = strchr(value, ':');
		if (bytes != NULL)
			add(text, "type %.*s, ", (int)(bytes - value), value);
		if (bytes != NULL)
			add_bytes(text, bytes + 1);
	} else if (is_one_of(name, "id count backlog pid "
				   "microseconds number type project") &&
		   (isdigit((unsigned char)*value) || *value == '-')) {
		add(text, "%s %s", name, value);
	} else {
		add_bytes(text, value);
	}
}

/* As a student wrote it: its arguments that teach. */
static void add_call(struct text *text, const struct call *call)
{
	const char *at = call->arguments;
	char name[31], value[LINE];
	const char *separator = "";
	int whole = 0;
	if (value_of(at, "bytes", value, sizeof value) ||
	    value_of(at, "message", value, sizeof value))
		whole = value[strlen(value) - 1] == '"';
	add(text, "%s(", call->name);
	while (next_word(&at, name, value, sizeof value)) {
		if (is_one_of(name, "printed protocol length room version "
				    "rest mode argument count") &&
		    !(strcmp(name, "count") == 0 &&
		      strcmp(call->name, "semget") == 0) &&
		    !(strcmp(name, "argument") == 0 &&
		      strcmp(call->name, "fcntl") == 0))
			continue;
		if (is_one_of(name, "flags address options argument") &&
		    strcmp(value, "0") == 0)
			continue;
		if (strcmp(name, "argument") == 0 &&
		    strstr(call->arguments, "F_SETFL") == NULL)
			continue; /* it takes none */
		if (strcmp(name, "size") == 0 && whole)
			continue;
		add(text, "%s", separator);
		add_argument(text, call->name, name, value);
		separator = ", ";
	}
	add(text, ")");
}

static void add_result(struct text *text, const struct call *call)
{
	const char *at = call->result;
	char name[31], value[LINE];
	const long number = strtol(at, NULL, 0);
	const int gives_pid = is_one_of(call->name, "fork wait waitpid");
	if (strncmp(at, "0xffffffff", 10) == 0) /* shmat has failed */
		add(text, "= -1");
	else if (same_each_time && gives_pid && process_of_pid(number) != -1)
		add(text, "= %s", processes[process_of_pid(number)].name);
	else if (same_each_time && number != -1 && strstr(call->name, "get"))
		add(text, "= #%d", place_of(call->name[1], number));
	else if (same_each_time && strcmp(call->name, "shmat") == 0)
		add(text, "= address");
	else if (same_each_time && number != -1 &&
		 strcmp(call->name, "ftok") == 0)
		add(text, "= key #%d", place_of('k', number));
	else if (number != -1 && strcmp(call->name, "ftok") == 0)
		add(text, "= %#x", (unsigned)number);
	else
		add(text, "= %.*s", (int)strcspn(at, " "), at);
	at += strcspn(at, " ");
	at += strspn(at, " ");
	if (isupper((unsigned char)*at)) {
		add(text, " %.*s", (int)strcspn(at, " "), at);
		at += strcspn(at, " ");
	}
	while (next_word(&at, name, value, sizeof value)) {
		if (strcmp(name, "printed") == 0 || strcmp(name, "waited") == 0)
			continue;
		if (strcmp(name, "exit") == 0)
			add(text, ", exit %s", value);
		else if (strcmp(name, "ends") == 0)
			add(text, ", %s", value);
		else
			add(text, " ");
		if (strcmp(name, "message") == 0)
			add_argument(text, call->name, name, value);
		else if (strcmp(name, "exit") != 0 && strcmp(name, "ends") != 0)
			add_bytes(text, value);
	}
}
