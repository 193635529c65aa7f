/*
 * ring - the state of what producer and consumer share
 *
 * A tool of the tests, no lesson. The state is a line of five words: the set's
 * semaphores FREE FILLED PRODUCER CONSUMER (see buffer.h), a - for each that
 * is not there, and whether there is a segment: yes or no.
 *
 * Without PATTERN it prints the state. With one, which is as in the shell, it
 * first waits until the state is like that, within 25 seconds.
 *
 * Exit status: 0; 1 it has not become like that; 2 usage.
 * From the environment: TEST_TIME_SCALE, a factor for the time (default: 1).
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
	const char *scale = getenv("TEST_TIME_SCALE");
	const struct timespec pause = {.tv_nsec = 2000000};

	double looks = 12500 * (scale == NULL ? 1 : strtod(scale, NULL));
	look(key);
	while (fnmatch(pattern, state, 0) != 0 && looks > 0) {
		nanosleep(&pause, NULL);
		look(key);
		looks--;
	}
	puts(state);
	return looks > 0 ? 0 : 1;
}
