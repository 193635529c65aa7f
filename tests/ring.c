/*
 * ring - the state of what producer and consumer share
 *
 * A tool of the tests, no lesson. The state is a line of five words: the set's
 * semaphores FREE FILLED PRODUCER CONSUMER (see buffer.h), a - for each that
 * is not there, and whether there is a segment: yes or no.
 *
 * Without PATTERN it prints the state. With one, which is as in the shell, it
 * first waits until the state is like that, and says what it finds meanwhile.
 *
 * usage: ring KEY [PATTERN]
 */

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/shm.h>
#include <time.h>

#include "../shm/buffer.h"

static char state[100];

static void look(key_t key)
{
	const int set = semget(key, 0, 0);
	state[0] = '\0';
	for (int i = 0; i < SET_SIZE; i++) {
		const int value = semctl(set, i, GETVAL);
		char word[20] = "- ";
		if (value != -1)
			snprintf(word, sizeof word, "%d ", value);
		strcat(state, word);
	}
	strcat(state, shmget(key, 0, 0) == -1 ? "no" : "yes");
}

int main(int argc, char *argv[])
{
	if (argc < 2 || argc > 3)
		errx(2, "usage: ring KEY [PATTERN]");
	const key_t key = (key_t)strtoll(argv[1], NULL, 0);
	const char *pattern = argc == 3 ? argv[2] : "*";
	const struct timespec pause = {.tv_nsec = 2000000};
	char seen[sizeof state] = "";
	for (look(key); fnmatch(pattern, state, 0) != 0; look(key)) {
		if (strcmp(seen, state) != 0)
			warnx("%s, awaited: %s", state, pattern);
		memcpy(seen, state, sizeof seen);
		nanosleep(&pause, NULL);
	}
	puts(state);
	return 0;
}
