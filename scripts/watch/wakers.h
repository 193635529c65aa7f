/*
 * wakers.h - for watch.c: who is connected to whom, and which call ended a wait
 */

static int channels;

static struct connect {
	int channel, taken;
	char address[80];
} connects[500];
static int connect_count;

static struct descriptor *descriptor_of(int process, long fd, int new_one)
{
	struct process *owner = &processes[process];
	for (int i = 0; i < owner->descriptor_count; i++)
		if (owner->descriptors[i].fd == fd)
			return &owner->descriptors[i];
	if (!new_one || fd < 0)
		return NULL;
	const int at = owner->descriptor_count == DESCRIPTORS
			   ? DESCRIPTORS - 1
			   : owner->descriptor_count++;
	owner->descriptors[at] =
	    (struct descriptor){.fd = (int)fd, .channel = -1};
	return &owner->descriptors[at];
}

static void set_end(int process, long fd, int channel, int side)
{
	struct descriptor *end = descriptor_of(process, fd, 1);
	if (end == NULL)
		return;
	end->channel = channel;
	end->side = side;
	*end->address = '\0';
}

static int is_same_address(const char *bound, const char *connected)
{
	const char *port = strrchr(bound, ':');
	const char *other = strrchr(connected, ':');
	if (port == NULL || other == NULL)
		return strcmp(bound, connected) == 0;
	return strcmp(port, ":0") == 0 || strcmp(port, other) == 0;
}

/* The client is known when it begins to connect, before it has. */
static void connect_begins(int process, const char *arguments)
{
	const long fd = number_of(arguments, "fd", -1);
	if (connect_count == (int)(sizeof connects / sizeof *connects))
		connect_count = 0;
	struct connect *one = &connects[connect_count++];
	one->taken = 0;
	one->channel = channels++;
	value_of(arguments, "address", one->address, sizeof one->address);
	set_end(process, fd, one->channel, 0);
}

static void accept_returns(int process, long listening, long accepted)
{
	const struct descriptor *own = descriptor_of(process, listening, 0);
	for (int i = 0; i < connect_count; i++) {
		struct connect *one = &connects[i];
		if (one->taken ||
		    (own != NULL && *own->address != '\0' &&
		     !is_same_address(own->address, one->address)))
			continue;
		one->taken = 1;
		set_end(process, accepted, one->channel, 1);
		return;
	}
	set_end(process, accepted, channels++, 1);
}

/* What a call that has succeeded tells of its descriptors. */
static void learn(int process, const char *name, const char *arguments,
		  const char *result)
{
	const long fd = number_of(arguments, "fd", -1);
	int ends[2];
	char value[80];
	struct descriptor *own;
	if (strcmp(name, "bind") == 0) {
		own = descriptor_of(process, fd, 1);
		if (own != NULL)
			value_of(arguments, "address", own->address,
				 sizeof own->address);
	} else if (strcmp(name, "accept") == 0) {
		accept_returns(process, fd, atol(result));
	} else if (strcmp(name, "close") == 0) {
		own = descriptor_of(process, fd, 0);
		if (own != NULL)
			own->fd = -1;
	} else if (value_of(result, "ends", value, sizeof value) &&
		   sscanf(value, "%d,%d", &ends[0], &ends[1]) == 2) {
		set_end(process, ends[0], channels, 1);
		set_end(process, ends[1], channels++, 0);
	}
}

/* Is this the other end of what that process polls? */
static int ends_poll(const struct call *call, const struct call *waiting)
{
	const struct process *process = &processes[waiting->process];
	char address[80] = "";
	if (strcmp(call->name, "connect") == 0)
		value_of(call->arguments, "address", address, sizeof address);
	for (int i = 0; i < process->descriptor_count; i++) {
		const struct descriptor *end = &process->descriptors[i];
		if (end->fd == -1)
			continue;
		if (*address != '\0' && *end->address != '\0' &&
		    is_same_address(end->address, address))
			return 1;
		if (*address == '\0' && end->channel != -1 &&
		    end->channel == call->channel && end->side != call->side)
			return is_one_of(call->name, sending) ||
			       is_one_of(call->name, "close shutdown");
	}
	return 0;
}

/* Could this call have ended that one's wait? */
static int could_wake(const struct call *call, const struct call *waiting)
{
	char one[LINE], other[LINE];
	const char *name = call->name, *waits_in = waiting->name;
	const int same_id = number_of(call->arguments, "id", -1) ==
			    number_of(waiting->arguments, "id", -2);
	const int failed = call->ended != 0 && *call->result == '-';
	if (failed && strcmp(name, "connect") != 0)
		return 0;
	if (strcmp(waits_in, "accept") == 0)
		return strcmp(name, "connect") == 0 && call->channel != -1 &&
		       call->channel == waiting->channel;
	if (strcmp(waits_in, "connect") == 0)
		return strcmp(name, "accept") == 0;
	if (is_one_of(waits_in, receiving)) {
		if (waiting->channel != -1 && call->channel != -1)
			return call->channel == waiting->channel &&
			       call->side != waiting->side &&
			       (*waiting->result == '0'
				    ? is_one_of(name, "close shutdown")
				    : is_one_of(name, sending));
		return is_one_of(name, sending) &&
		       value_of(call->arguments, "bytes", one, sizeof one) &&
		       value_of(waiting->result, "bytes", other,
				sizeof other) &&
		       strncmp(one, other, strlen(other) - 1) == 0;
	}
	if (is_one_of(waits_in, sending))
		return is_one_of(name, receiving) && call->channel != -1 &&
		       call->channel == waiting->channel &&
		       call->side != waiting->side;
	if (strcmp(waits_in, "msgrcv") == 0)
		return same_id && strcmp(name, "msgsnd") == 0 &&
		       value_of(call->arguments, "message", one, sizeof one) &&
		       (!value_of(waiting->result, "message", other,
				  sizeof other) ||
			strncmp(one, other, strlen(other) - 1) == 0);
	if (strcmp(waits_in, "msgsnd") == 0)
		return same_id && strcmp(name, "msgrcv") == 0;
	if (strcmp(waits_in, "semop") == 0)
		return same_id && (strcmp(name, "semctl") == 0 ||
				   (strcmp(name, "semop") == 0 &&
				    strchr(call->arguments, '+') != NULL));
	if (is_one_of(waits_in, "poll select"))
		return *waiting->result != '0' && ends_poll(call, waiting);
	return 0;
}

/* Has a signal ended this wait? What is left to sleep is not 0 then. */
static int is_interrupted(const struct call *waiting)
{
	return strstr(waiting->result, "EINTR") != NULL ||
	       (strcmp(waiting->name, "sleep") == 0 &&
		atol(waiting->result) > 0);
}

static int could_interrupt(const struct call *call, const struct call *waiting)
{
	const long pid = number_of(call->arguments, "pid", -1);
	return strcmp(call->name, "kill") == 0 &&
	       (pid <= 0 || pid == processes[waiting->process].pid);
}

static int find_waker(const struct call *waiting)
{
	const long pid = atol(waiting->result);
	if (is_one_of(waiting->name, "wait waitpid"))
		return pid > 0 ? process_of_pid(pid) : -1;
	for (int i = call_count - 1; i >= 0 && i > call_count - 300; i--) {
		const struct call *call = &calls[i];
		if (call->process == waiting->process ||
		    call->begun > waiting->ended ||
		    (call->ended != 0 && call->ended < waiting->begun))
			continue;
		if (is_interrupted(waiting) ? could_interrupt(call, waiting)
					    : could_wake(call, waiting))
			return call->process;
	}
	/* End-of-file, because the other end's process has ended. */
	for (int i = 0; i < process_count && waiting->channel != -1 &&
			*waiting->result == '0';
	     i++)
		for (int j = 0; j < processes[i].descriptor_count; j++)
			if (i != waiting->process &&
			    processes[i].descriptors[j].fd != -1 &&
			    processes[i].descriptors[j].channel ==
				waiting->channel &&
			    processes[i].descriptors[j].side != waiting->side)
				return i;
	return -1;
}
