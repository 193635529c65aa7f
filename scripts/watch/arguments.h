/*
 * arguments.h - for library.c: how arguments and results are printed, by the
 * letters of calls.h
 */

static void add_bytes(struct line *line, const char *bytes, size_t length)
{
	const size_t shown = length < 24 ? length : 24;
	add(line, "\"");
	for (size_t i = 0; i < shown; i++) {
		if (bytes[i] == '"' || bytes[i] == '\\')
			add(line, "\\%c", bytes[i]);
		else if (bytes[i] == '\n')
			add(line, "\\n");
		else if (bytes[i] >= ' ' && bytes[i] <= '~')
			add(line, "%c", bytes[i]);
		else
			add(line, "\\x%02x", (unsigned char)bytes[i]);
	}
	add(line, "\"%s", shown < length ? "..." : "");
}

static void add_first_part(struct line *line, const struct msghdr *message,
			   size_t size)
{
	const struct iovec *part = message->msg_iov;
	const size_t length = message->msg_iovlen > 0 ? part->iov_len : 0;
	add_bytes(line, length > 0 ? part->iov_base : "",
		  length < size ? length : size);
	if (message->msg_iovlen > 1 && length < size)
		add(line, "...");
}

/* The name of one value. */
static const char *name_of(char kind, long value)
{
	for (int i = 0; i < NAMES; i++)
		if (names[i].kind == kind && names[i].value == value)
			return names[i].name;
	return NULL;
}

static void add_name(struct line *line, char kind, long value)
{
	const char *name = name_of(kind, value);
	if (name != NULL)
		add(line, "%s", name);
	else
		add(line, "%ld", value);
}

/* The names of the bits; what has no name is a number. */
static void add_flags(struct line *line, char kind, int value, const char *form)
{
	int others = value;
	const char *separator = "";
	for (int i = 0; i < NAMES; i++) {
		const int bits = (int)names[i].value;
		if (names[i].kind != kind || bits == 0 ||
		    (value & bits) != bits)
			continue;
		add(line, "%s%s", separator, names[i].name);
		separator = "|";
		others &= ~bits;
	}
	if (others != 0 || value == 0) {
		add(line, "%s", separator);
		add(line, form, others);
	}
}

static void add_address(struct line *line, const struct sockaddr *address,
			socklen_t length)
{
	char host[INET6_ADDRSTRLEN] = "?";
	const struct sockaddr_in *in = (const void *)address;
	const struct sockaddr_in6 *in6 = (const void *)address;
	if (address == NULL)
		add(line, "NULL");
	else if (address->sa_family == AF_UNIX)
		add(line, "%.*s",
		    (int)(length - offsetof(struct sockaddr_un, sun_path)),
		    ((const struct sockaddr_un *)(const void *)address)
			->sun_path);
	else if (address->sa_family == AF_INET)
		add(line, "%s:%d",
		    inet_ntop(AF_INET, &in->sin_addr, host, sizeof host),
		    ntohs(in->sin_port));
	else if (address->sa_family == AF_INET6)
		add(line, "[%s]:%d",
		    inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof host),
		    ntohs(in6->sin6_port));
	else
		add(line, "family:%d", address->sa_family);
}

/* One use of a call: what it was called with, by the letters of calls.h. */
enum { ARGUMENTS = 8 };

struct use {
	struct call *call;
	long number;
	int error;    /* it is to fail with this */
	int one_byte; /* it is to be made with a size of 1 */
	int failed;   /* the call is not made */
	long waits;   /* of this process, before it is made */
	struct argument {
		const char *name; /* up to its colon */
		char letter;
		union {
			long number;
			size_t size;
			void *pointer;
		} value;
	} arguments[ARGUMENTS];
	int count;
	size_t size; /* the z or n: of bytes, operations, or what is polled */
};

/* Take the arguments, each as the type that its letter stands for. */
static void take_arguments(struct use *use, va_list values)
{
	const char *print = use->call->print;
	while (*print != '\0' && use->count < ARGUMENTS) {
		struct argument *argument = &use->arguments[use->count++];
		argument->name = print;
		print += strcspn(print, ":") + 1;
		argument->letter = *print++;
		print += strspn(print, " ");
		switch (argument->letter) {
		case 'd': /* a number */
		case 'k': /* a key */
		case 'g': /* flags of System V calls */
		case 'r': /* flags of shmat */
		case 'i': /* flags of send and recv */
		case 'o': /* flags of open */
		case 'W': /* options of waitpid */
		case 'c': /* commands of shmctl and the like */
		case 'C': /* commands of fcntl */
		case 'D': /* domains */
		case 'T': /* types of sockets */
		case 'L': /* levels of options */
		case 'O': /* options of sockets */
		case 'H': /* how to shut down */
		case 'R': /* options of prctl */
		case 'G': /* signals */
			argument->value.number = va_arg(values, int);
			break;
		case 'u': /* a number without a sign */
		case 'e': /* a mode */
			argument->value.number = (long)va_arg(values, unsigned);
			break;
		case 'l': /* a long number */
			argument->value.number = va_arg(values, long);
			break;
		case 'z': /* a size */
			argument->value.size = va_arg(values, size_t);
			use->size = argument->value.size;
			break;
		case 'n': /* how many are polled */
			argument->value.size = va_arg(values, nfds_t);
			use->size = argument->value.size;
			break;
		default: /* pointers: see print_argument, print_result */
			argument->value.pointer = va_arg(values, void *);
		}
	}
}

static const struct argument *argument_of(const struct use *use, char letter)
{
	for (int i = 0; i < use->count; i++)
		if (use->arguments[i].letter == letter)
			return &use->arguments[i];
	return NULL;
}

/* The same number is another option at another level. */
static char kind_of_option(long level)
{
	if (level == SOL_SOCKET)
		return 'O';
	return level == IPPROTO_IP ? 'I' : '-';
}

static void print_argument(struct line *line, const struct use *use, int i)
{
	const struct argument *argument = &use->arguments[i];
	const void *pointer = argument->value.pointer;
	const long number = argument->value.number;
	if (strchr("->}vwM", argument->letter) != NULL)
		return; /* it says nothing, or does when the call returns */
	add(line, " %.*s=", (int)strcspn(argument->name, ":"), argument->name);
	switch (argument->letter) {
	case 'k':
		if (number == (long)IPC_PRIVATE)
			add(line, "IPC_PRIVATE");
		else
			add(line, "%#x", (unsigned)number);
		break;
	case 'g':
	case 'r':
	case 'i':
	case 'o':
	case 'W':
		add_flags(line, argument->letter, (int)number,
			  argument->letter == 'g' ? "%#o" : "%d");
		break;
	case 'T':
		add_name(line, 'T', number & 0xf);
		if ((number & ~0xfL) != 0) {
			add(line, "|");
			add_flags(line, 't', (int)(number & ~0xfL), "%d");
		}
		break;
	case 'c':
	case 'C':
	case 'D':
	case 'L':
	case 'H':
	case 'R':
	case 'G':
		add_name(line, argument->letter, number);
		break;
	case 'O': /* the argument before is its level */
		add_name(line,
			 kind_of_option(use->arguments[i - 1].value.number),
			 number);
		break;
	case 'e':
		add(line, "%#lo", number);
		break;
	case 'z':
	case 'n':
		add(line, "%zu", argument->value.size);
		break;
	case 's': /* a text */
		if (pointer == NULL)
			add(line, "NULL");
		else
			add_bytes(line, pointer, strlen(pointer));
		break;
	case '<': /* bytes that the call takes */
		add_bytes(line, pointer, use->size);
		break;
	case '{': /* the first part of the bytes that sendmsg takes */
		add_first_part(line, pointer, SIZE_MAX);
		break;
	case 'm': { /* a message, msgsnd's */
		long type;
		memcpy(&type, pointer, sizeof type);
		add(line, "%ld:", type);
		add_bytes(line, (const char *)pointer + sizeof type, use->size);
		break;
	}
	case 'a': /* an address; its length is the u that follows */
		add_address(line, pointer,
			    (socklen_t)use->arguments[i + 1].value.number);
		break;
	case 'p': /* where something is in memory */
		add(line, "%#lx", (unsigned long)(size_t)pointer);
		break;
	case 'f': /* what fcntl takes: a number, for the commands we know */
		add_flags(line, 'o', (int)(long)pointer, "%d");
		break;
	case 't': { /* a time */
		const struct timespec *time = pointer;
		add(line, "%lld.%09ld", (long long)time->tv_sec,
		    (long)time->tv_nsec);
		break;
	}
	case 'S': { /* operations on semaphores: number+change */
		const struct sembuf *operation = pointer;
		for (size_t j = 0; j < use->size && j < 8; j++, operation++) {
			add(line, "%s%d:%+d", j > 0 ? "," : "",
			    operation->sem_num, operation->sem_op);
			if ((operation->sem_flg & IPC_NOWAIT) != 0)
				add(line, ":IPC_NOWAIT");
			if ((operation->sem_flg & SEM_UNDO) != 0)
				add(line, ":SEM_UNDO");
		}
		break;
	}
	case 'P': { /* what is polled */
		const struct pollfd *polled = pointer;
		for (size_t j = 0; j < use->size && j < 8; j++)
			add(line, "%s%d", j > 0 ? "," : "", polled[j].fd);
		break;
	}
	default:
		add(line, "%ld", number);
	}
}

/* What the call has given. */
static void print_result(struct line *line, const struct use *use, long result)
{
	const struct argument *given;
	if ((given = argument_of(use, '>')) != NULL && result > 0) {
		add(line, " bytes=");
		add_bytes(line, given->value.pointer, (size_t)result);
	}
	if ((given = argument_of(use, '}')) != NULL && result > 0) {
		add(line, " bytes=");
		add_first_part(line, given->value.pointer, (size_t)result);
	}
	if ((given = argument_of(use, 'M')) != NULL) {
		long type;
		memcpy(&type, given->value.pointer, sizeof type);
		add(line, " message=%ld:", type);
		add_bytes(line,
			  (const char *)given->value.pointer + sizeof type,
			  (size_t)result);
	}
	if ((given = argument_of(use, 'v')) != NULL) {
		const int *ends = given->value.pointer;
		add(line, " ends=%d,%d", ends[0], ends[1]);
	}
	given = argument_of(use, 'w');
	if (given != NULL && given->value.pointer != NULL && result > 0) {
		const int status = *(const int *)given->value.pointer;
		if (WIFEXITED(status))
			add(line, " exit=%d", WEXITSTATUS(status));
		else if (WIFSIGNALED(status)) {
			add(line, " signal=");
			add_name(line, 'G', WTERMSIG(status));
		}
	}
}
