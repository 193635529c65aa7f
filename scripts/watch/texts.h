/*
 * texts.h - for judge.h: what programs have printed, and what it names
 */

#include "names.h"

static const char *const call_names[] = {
#define CALL(result, symbol, name, parameters, arguments, print) #name,
#include "calls.h"
};
enum { CALL_NAMES = sizeof call_names / sizeof *call_names };

static int compare_lines(const void *one, const void *other)
{
	return strcmp(*(char *const *)one, *(char *const *)other);
}

static void remove_lines(char *text, const char *beginning)
{
	char *line = strstr(text, beginning);
	while (line != NULL) {
		const char *end = line + strcspn(line, "\n");
		end += *end == '\n';
		memmove(line, end, strlen(end) + 1);
		line = strstr(text, beginning);
	}
}

/* What may differ is made the same. On the heap. */
static char *comparable(const char *text, int flags)
{
	char *copy = copy_of(text), *to = copy;
	if (flags & TIMING) {
		remove_lines(copy, "send: buffers full");
		remove_lines(copy, "for example: ");
	}
	for (const char *from = copy; (flags & NUMBERS) && *from != '\0';) {
		if (!isdigit((unsigned char)*from)) {
			*to++ = *from++;
			continue;
		}
		while (isxdigit((unsigned char)*from) || *from == '.' ||
		       *from == 'x')
			from++;
		*to++ = '#';
	}
	if (flags & NUMBERS)
		*to = '\0';
	if ((flags & ORDER) == 0)
		return copy;
	char *lines[1000], *sorted = malloc(strlen(copy) + 2);
	size_t count = 0;
	for (char *line = strtok(copy, "\n"); line != NULL && count < 1000;
	     line = strtok(NULL, "\n"))
		lines[count++] = line;
	qsort(lines, count, sizeof *lines, compare_lines);
	if (sorted == NULL)
		err(1, "malloc");
	*sorted = '\0';
	for (size_t i = 0; i < count; i++)
		strcat(strcat(sorted, lines[i]), "\n");
	free(copy);
	return sorted;
}

static int same_text(const char *text, const char *other, int flags)
{
	char *one = comparable(text, flags), *two = comparable(other, flags);
	const int same = strcmp(one, two) == 0;
	free(one);
	free(two);
	return same;
}

static int is_word_in(const char *line, const char *word, const char **at)
{
	for (const char *from = line; (*at = strstr(from, word)) != NULL;
	     from = *at + 1) {
		const char after = (*at)[strlen(word)];
		if ((*at == line || !(isalnum((unsigned char)(*at)[-1]) ||
				      (*at)[-1] == '_')) &&
		    !isalnum((unsigned char)after) && after != '_')
			return 1;
	}
	return 0;
}

static int is_one_of(const char *word, const char *words)
{
	const char *at;
	return is_word_in(words, word, &at);
}

/* Lines on standard error, but those that ask for Enter. */
static int count_lines(const char *text)
{
	int count = 0;
	for (; *text != '\0'; text += strcspn(text, "\n"), text += *text != 0) {
		const char *asks = strstr(text, "press Enter to");
		count += asks == NULL || asks > text + strcspn(text, "\n");
	}
	return count;
}

/* The first call that the line names, or NULL. */
static const char *named_in(const char *line)
{
	const char *first = NULL, *place = NULL, *at;
	for (int i = 0; i < CALL_NAMES; i++) {
		if (is_word_in(line, call_names[i], &at) &&
		    (place == NULL || at < place)) {
			place = at;
			first = call_names[i];
		}
	}
	return first;
}

/* Does it begin with the name of another call? Later, such a word may be plain
 * English ("wait"). */
static int names_another(const char *line, const char *call)
{
	const char *named = named_in(line), *at;
	return named != NULL && strcmp(named, call) != 0 &&
	       is_word_in(line, named, &at) && at == line + strspn(line, " ");
}
