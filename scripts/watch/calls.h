/*
 * calls.h - the calls that are watched, a line each: adding one is a line
 *
 * CALL(result, symbol, name, (parameters), (arguments), "how they are printed")
 *
 * A symbol is what libc exports, its name what the student wrote: libc has
 * others for the same call where a program is fortified (__read_chk), takes
 * 64-bit files (open64) or, on 32-bit machines, 64-bit times (__select64). A
 * libc without a symbol has no program that calls it. So mq_send would be
 *
 *     CALL(int, mq_send, mq_send,
 *          (int fd, const char *bytes, size_t size, unsigned priority),
 *          (fd, bytes, size, priority), "fd:d bytes:< size:z priority:u")
 *
 * How an argument is printed: its name, a colon, a letter of the list in
 * arguments.h (struct use), which also says its type.
 *
 * SIZED    its parameter `size` can be cut to one byte
 * VARIADIC its last argument, `more`, is taken as (type), if (condition)
 * BARE     it takes no arguments
 * OWN      library.c has a function of its own for it
 *
 * Each file that includes this defines what it wants of them.
 */

#ifndef SIZED
#define SIZED CALL
#endif
#ifndef VARIADIC
#define VARIADIC(result, symbol, name, parameters, last, type, condition,      \
		 arguments, print)                                             \
	CALL(result, symbol, name, parameters, arguments, print)
#endif
#ifndef BARE
#define BARE(result, symbol, name) CALL(result, symbol, name, (void), (), "")
#endif
#ifndef OWN
#define OWN CALL
#endif

/* clang-format off */

/* processes */
OWN(pid_t, fork, fork, (void), (), "")
OWN(pid_t, vfork, fork, (void), (), "")
OWN(void, exit, exit, (int status), (status), "status:d")
OWN(void, _exit, _exit, (int status), (status), "status:d")
OWN(void, _Exit, _exit, (int status), (status), "status:d")
CALL(pid_t, wait, wait, (int *status), (status), "status:w")
CALL(pid_t, waitpid, waitpid, (pid_t pid, int *status, int options),
     (pid, status, options), "pid:d status:w options:W")
CALL(int, kill, kill, (pid_t pid, int number), (pid, number), "pid:d signal:G")
BARE(int, pause, pause)

/* System V */
CALL(key_t, ftok, ftok, (const char *path, int project), (path, project),
     "path:s project:d")
CALL(int, shmget, shmget, (key_t key, size_t size, int flags),
     (key, size, flags), "key:k size:z flags:g")
CALL(void *, shmat, shmat, (int id, const void *address, int flags),
     (id, address, flags), "id:d address:p flags:r")
CALL(int, shmdt, shmdt, (const void *address), (address), "address:p")
CALL(int, shmctl, shmctl, (int id, int command, void *status),
     (id, command, status), "id:d command:c status:-")
CALL(int, semget, semget, (key_t key, int count, int flags),
     (key, count, flags), "key:k count:d flags:g")
CALL(int, semop, semop, (int id, struct sembuf *operations, size_t count),
     (id, operations, count), "id:d operations:S count:z")
VARIADIC(int, semctl, semctl, (int id, int number, int command, ...), command,
	 void *, 1, (id, number, command, more),
	 "id:d number:d command:c argument:-")
CALL(int, msgget, msgget, (key_t key, int flags), (key, flags), "key:k flags:g")
CALL(int, msgsnd, msgsnd, (int id, const void *message, size_t size, int flags),
     (id, message, size, flags), "id:d message:m size:z flags:g")
CALL(ssize_t, msgrcv, msgrcv,
     (int id, void *message, size_t size, long type, int flags),
     (id, message, size, type, flags), "id:d message:M size:z type:l flags:g")
CALL(int, msgctl, msgctl, (int id, int command, void *status),
     (id, command, status), "id:d command:c status:-")

/* sockets */
CALL(int, socket, socket, (int domain, int type, int protocol),
     (domain, type, protocol), "domain:D type:T protocol:d")
CALL(int, socketpair, socketpair,
     (int domain, int type, int protocol, int *ends),
     (domain, type, protocol, ends), "domain:D type:T protocol:d ends:v")
CALL(int, bind, bind,
     (int fd, const struct sockaddr *address, socklen_t length),
     (fd, address, length), "fd:d address:a length:u")
CALL(int, listen, listen, (int fd, int backlog), (fd, backlog),
     "fd:d backlog:d")
CALL(int, accept, accept, (int fd, struct sockaddr *address, socklen_t *length),
     (fd, address, length), "fd:d address:- length:-")
CALL(int, connect, connect,
     (int fd, const struct sockaddr *address, socklen_t length),
     (fd, address, length), "fd:d address:a length:u")
CALL(int, shutdown, shutdown, (int fd, int how), (fd, how), "fd:d how:H")
CALL(int, setsockopt, setsockopt,
     (int fd, int level, int option, const void *value, socklen_t length),
     (fd, level, option, value, length),
     "fd:d level:L option:O value:- length:u")
SIZED(ssize_t, send, send, (int fd, const void *bytes, size_t size, int flags),
      (fd, bytes, size, flags), "fd:d bytes:< size:z flags:i")
SIZED(ssize_t, recv, recv, (int fd, void *bytes, size_t size, int flags),
      (fd, bytes, size, flags), "fd:d bytes:> size:z flags:i")
SIZED(ssize_t, sendto, sendto,
      (int fd, const void *bytes, size_t size, int flags,
       const struct sockaddr *address, socklen_t length),
      (fd, bytes, size, flags, address, length),
      "fd:d bytes:< size:z flags:i address:a length:u")
SIZED(ssize_t, recvfrom, recvfrom,
      (int fd, void *bytes, size_t size, int flags, struct sockaddr *address,
       socklen_t *length),
      (fd, bytes, size, flags, address, length),
      "fd:d bytes:> size:z flags:i address:- length:-")
CALL(ssize_t, sendmsg, sendmsg,
     (int fd, const struct msghdr *message, int flags), (fd, message, flags),
     "fd:d bytes:{ flags:i")
CALL(ssize_t, recvmsg, recvmsg, (int fd, struct msghdr *message, int flags),
     (fd, message, flags), "fd:d bytes:} flags:i")

/* descriptors */
VARIADIC(int, open, open, (const char *path, int flags, ...), flags, int,
	 flags & O_CREAT, (path, flags, more), "path:s flags:o mode:e")
CALL(int, close, close, (int fd), (fd), "fd:d")
SIZED(ssize_t, read, read, (int fd, void *bytes, size_t size),
      (fd, bytes, size), "fd:d bytes:> size:z")
SIZED(ssize_t, write, write, (int fd, const void *bytes, size_t size),
      (fd, bytes, size), "fd:d bytes:< size:z")
VARIADIC(int, fcntl, fcntl, (int fd, int command, ...), command, void *, 1,
	 (fd, command, more), "fd:d command:C argument:f")
CALL(int, poll, poll, (struct pollfd *polled, nfds_t count, int milliseconds),
     (polled, count, milliseconds), "polled:P count:n milliseconds:d")
CALL(int, select, select,
     (int count, fd_set *to_read, fd_set *to_write, fd_set *exceptional,
      struct timeval *limit),
     (count, to_read, to_write, exceptional, limit),
     "count:d read:- write:- except:- limit:-")
CALL(int, pipe, pipe, (int *ends), (ends), "ends:v")
CALL(int, mkfifo, mkfifo, (const char *path, mode_t mode), (path, mode),
     "path:s mode:e")

/* time, and what a process may do */
CALL(unsigned, sleep, sleep, (unsigned seconds), (seconds), "seconds:u")
CALL(int, usleep, usleep, (useconds_t microseconds), (microseconds),
     "microseconds:u")
CALL(int, nanosleep, nanosleep,
     (const struct timespec *time, struct timespec *rest), (time, rest),
     "time:t rest:-")

#ifdef __linux__
CALL(int, prctl, prctl,
     (int option, unsigned long two, unsigned long three, unsigned long four,
      unsigned long five),
     (option, two, three, four, five), "option:R argument:l")
CALL(int, accept4, accept,
     (int fd, struct sockaddr *address, socklen_t *length, int flags),
     (fd, address, length, flags), "fd:d address:- length:- flags:T")
CALL(int, pipe2, pipe, (int *ends, int flags), (ends, flags),
     "ends:v flags:o")

/* fortified: what the buffer holds is known */
SIZED(ssize_t, __read_chk, read,
      (int fd, void *bytes, size_t size, size_t room), (fd, bytes, size, room),
      "fd:d bytes:> size:z")
SIZED(ssize_t, __recv_chk, recv,
      (int fd, void *bytes, size_t size, size_t room, int flags),
      (fd, bytes, size, room, flags), "fd:d bytes:> size:z room:z flags:i")
SIZED(ssize_t, __recvfrom_chk, recvfrom,
      (int fd, void *bytes, size_t size, size_t room, int flags,
       struct sockaddr *address, socklen_t *length),
      (fd, bytes, size, room, flags, address, length),
      "fd:d bytes:> size:z room:z flags:i address:- length:-")
CALL(int, __poll_chk, poll,
     (struct pollfd *polled, nfds_t count, int milliseconds, size_t room),
     (polled, count, milliseconds, room),
     "polled:P count:n milliseconds:d")
CALL(int, __open_2, open, (const char *path, int flags), (path, flags),
     "path:s flags:o")
CALL(int, __open64_2, open, (const char *path, int flags), (path, flags),
     "path:s flags:o")

/* 64-bit files; some libcs have macros of these names */
#undef open64
#undef fcntl64
#undef lstat64
#undef mmap64
#undef setrlimit64
VARIADIC(int, open64, open, (const char *path, int flags, ...), flags, int,
	 flags & O_CREAT, (path, flags, more), "path:s flags:o mode:e")
VARIADIC(int, fcntl64, fcntl, (int fd, int command, ...), command, void *, 1,
	 (fd, command, more), "fd:d command:C argument:f")

/* 64-bit times on 32-bit machines: glibc's, then musl's */
CALL(int, __nanosleep64, nanosleep, (const void *time, void *rest),
     (time, rest), "time:- rest:-")
CALL(int, __select64, select,
     (int count, fd_set *to_read, fd_set *to_write, fd_set *exceptional,
      void *limit),
     (count, to_read, to_write, exceptional, limit),
     "count:d read:- write:- except:- limit:-")
VARIADIC(int, __fcntl_time64, fcntl, (int fd, int command, ...), command,
	 void *, 1, (fd, command, more), "fd:d command:C argument:f")
CALL(int, __shmctl64, shmctl, (int id, int command, void *status),
     (id, command, status), "id:d command:c status:-")
CALL(int, __msgctl64, msgctl, (int id, int command, void *status),
     (id, command, status), "id:d command:c status:-")
VARIADIC(int, __semctl64, semctl, (int id, int number, int command, ...),
	 command, void *, 1, (id, number, command, more),
	 "id:d number:d command:c argument:-")
CALL(int, __setsockopt64, setsockopt,
     (int fd, int level, int option, const void *value, socklen_t length),
     (fd, level, option, value, length),
     "fd:d level:L option:O value:- length:u")
CALL(ssize_t, __sendmsg64, sendmsg,
     (int fd, const struct msghdr *message, int flags), (fd, message, flags),
     "fd:d bytes:{ flags:i")
CALL(ssize_t, __recvmsg64, recvmsg, (int fd, struct msghdr *message, int flags),
     (fd, message, flags), "fd:d bytes:} flags:i")
CALL(int, __prctl_time64, prctl,
     (int option, unsigned long two, unsigned long three, unsigned long four,
      unsigned long five),
     (option, two, three, four, five), "option:R argument:l")
CALL(int, __nanosleep_time64, nanosleep, (const void *time, void *rest),
     (time, rest), "time:- rest:-")
CALL(int, __select_time64, select,
     (int count, fd_set *to_read, fd_set *to_write, fd_set *exceptional,
      void *limit),
     (count, to_read, to_write, exceptional, limit),
     "count:d read:- write:- except:- limit:-")
#endif

/* not drawn, as nobody waits in them; but faults makes them fail */
#ifndef DRAWN
CALL(int, getsockname, getsockname,
     (int fd, struct sockaddr *address, socklen_t *length),
     (fd, address, length), "fd:d address:- length:-")
CALL(int, getpeername, getpeername,
     (int fd, struct sockaddr *address, socklen_t *length),
     (fd, address, length), "fd:d address:- length:-")
CALL(int, getaddrinfo, getaddrinfo,
     (const char *host, const char *port, const struct addrinfo *hints,
      struct addrinfo **found),
     (host, port, hints, found), "host:s port:s hints:- found:-")
CALL(int, getnameinfo, getnameinfo,
     (const struct sockaddr *address, socklen_t length, char *host,
      socklen_t host_size, char *port, socklen_t port_size, int flags),
     (address, length, host, host_size, port, port_size, flags),
     "address:a length:u host:- size:u port:- size:u flags:d")
CALL(int, unlink, unlink, (const char *path), (path), "path:s")
CALL(int, lstat, lstat, (const char *path, void *status), (path, status),
     "path:s status:-")
CALL(mode_t, umask, umask, (mode_t mode), (mode), "mode:e")
CALL(int, flock, flock, (int fd, int operation), (fd, operation),
     "fd:d operation:d")
CALL(void *, mmap, mmap,
     (void *address, size_t size, int protection, int flags, int fd, off_t at),
     (address, size, protection, flags, fd, at),
     "address:p size:z protection:d flags:d fd:d")
CALL(int, munmap, munmap, (void *address, size_t size), (address, size),
     "address:p size:z")
CALL(int, setrlimit, setrlimit, (int what, const void *limit), (what, limit),
     "what:d limit:-")
CALL(int, execv, execv, (const char *path, char *const *words), (path, words),
     "path:s words:-")
CALL(int, execvp, execvp, (const char *path, char *const *words),
     (path, words), "path:s words:-")
CALL(int, posix_openpt, posix_openpt, (int flags), (flags), "flags:o")
#ifdef __linux__
CALL(int, setrlimit64, setrlimit, (int what, const void *limit), (what, limit),
     "what:d limit:-")
CALL(int, lstat64, lstat, (const char *path, void *status), (path, status),
     "path:s status:-")
CALL(int, __lxstat, lstat, (int version, const char *path, void *status),
     (version, path, status), "version:d path:s status:-")
CALL(int, __lxstat64, lstat, (int version, const char *path, void *status),
     (version, path, status), "version:d path:s status:-")
CALL(void *, mmap64, mmap,
     (void *address, size_t size, int protection, int flags, int fd,
      long long at),
     (address, size, protection, flags, fd, at),
     "address:p size:z protection:d flags:d fd:d")
CALL(int, __lstat64_time64, lstat, (const char *path, void *status),
     (path, status), "path:s status:-")
CALL(int, __lstat_time64, lstat, (const char *path, void *status),
     (path, status), "path:s status:-")
#endif
#endif
/* clang-format on */

#undef CALL
#undef SIZED
#undef VARIADIC
#undef BARE
#undef OWN
