/*
 * place.h - for faults.c: where a run happens, and what is in its files
 */

static char folder[200]; /* this process's: files and events */
static pid_t maker;      /* of the folder */
static uid_t user;       /* not 0: programs run as this one, for root */

static const char *path_of(const char *kind, int command)
{
	static char path[300];
	snprintf(path, sizeof path, "%s/%s.%d", folder, kind, command);
	return path;
}

/* The names of what we put there begin so. */
static int is_ours(const char *name)
{
	static const char *const kinds[] = {"in.", "out.", "err.", "events.",
					    "kept."};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (strncmp(name, kinds[i], strlen(kinds[i])) == 0)
			return 1;
	return 0;
}

enum whose { OURS, OTHERS, ALL };

/* Remove what is in a folder. A name of it goes into `name`, of 100 bytes. */
static void empty_folder(const char *place, enum whose whose, char *name)
{
	DIR *files = opendir(place);
	const struct dirent *file;
	while (files != NULL && (file = readdir(files)) != NULL) {
		char path[500], inner[100];
		if (strcmp(file->d_name, ".") == 0 ||
		    strcmp(file->d_name, "..") == 0 ||
		    (whose == OURS && !is_ours(file->d_name)) ||
		    (whose == OTHERS && is_ours(file->d_name)))
			continue;
		snprintf(name, 100, "%.90s", file->d_name);
		snprintf(path, sizeof path, "%.240s/%.250s", place,
			 file->d_name);
		if (remove(path) == -1 && errno == ENOTEMPTY) {
			empty_folder(path, ALL, inner);
			rmdir(path);
		}
	}
	if (files != NULL)
		closedir(files);
}

/* At the end of each process that has made one. */
static void remove_folder(void)
{
	char name[100];
	if (maker != getpid())
		return;
	maker = 0;
	empty_folder(folder, OURS, name);
	if (rmdir(folder) == -1)
		warn("rmdir %s", folder);
}

static void make_folder(void)
{
	const char *place = getenv("TMPDIR");
	snprintf(folder, sizeof folder, "%s/ipc-faults.XXXXXX",
		 place == NULL || *place == '\0' ? "/tmp" : place);
	if (mkdtemp(folder) == NULL)
		err(1, "mkdtemp %s", folder);
	maker = getpid();
	/* A namespace may know one user only: then nobody else can be had. */
	if (user != 0 && chown(folder, user, (gid_t)-1) == -1)
		user = 0;
#ifdef __linux__
	/* What a command leaves behind becomes our child. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
#endif
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");
	if (file == NULL)
		err(1, "fopen %s", path);
	if (fputs(text, file) == EOF || fclose(file) == EOF)
		err(1, "write %s", path);
}

/* All of it, on the heap. */
static char *read_file(const char *path)
{
	size_t size = 0, room = 4096;
	char *text = malloc(room);
	int file = open(path, O_RDONLY);
	ssize_t length = 1;
	if (file == -1)
		err(1, "open %s", path);
	while (text != NULL && length != 0) {
		length = read(file, text + size, room - size - 1);
		if (length == -1 && errno != EINTR)
			err(1, "read %s", path);
		if (length > 0)
			size += (size_t)length;
		if (room - size < 2) {
			room *= 2;
			text = realloc(text, room);
		}
	}
	if (text == NULL)
		err(1, "malloc");
	close(file);
	text[size] = '\0';
	return text;
}

/*
 * Texts
 */

static char *copy_of(const char *text)
{
	char *copy = malloc(strlen(text) + 1);
	if (copy == NULL)
		err(1, "malloc");
	return strcpy(copy, text);
}

/* Replace each FROM by TO. The text is on the heap, as is the result. */
static char *replace(char *text, const char *from, const char *to)
{
	char *found;
	size_t at = 0;
	while (*from != '\0' && (found = strstr(text + at, from)) != NULL) {
		const size_t before = (size_t)(found - text);
		char *longer = malloc(strlen(text) + strlen(to) + 1);
		if (longer == NULL)
			err(1, "malloc");
		sprintf(longer, "%.*s%s%s", (int)before, text, to,
			found + strlen(from));
		free(text);
		text = longer;
		at = before + strlen(to);
	}
	return text;
}

/* Copy the next line. Return 0 if there is none. */
enum { LINE = 600 /* of the events */ };
static int next_line(const char **at, char *line)
{
	const size_t length = strcspn(*at, "\n");
	if (**at == '\0')
		return 0;
	snprintf(line, LINE, "%.*s", (int)length, *at);
	*at += length + ((*at)[length] == '\n');
	return 1;
}

static double now(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}
