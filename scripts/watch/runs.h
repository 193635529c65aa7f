/*
 * runs.h - what `make faults` runs: each program with its partner
 *
 * {"NAME", flags, seconds that the programs say they may wait, {commands}}
 *
 * A command: {"PROGRAM ARGUMENTS", what comes before the next one, "INPUT",
 * flags}. They begin in this order, each one when the one before has ended
 * (NULL), at once (""), or when that one has printed this text. One with STOP
 * gets SIGTERM when the others have ended.
 *
 * {key} a key, {build} where programs are, {dir} a folder, {free} a free port,
 * {port} the number at the end of the first such text: a port, or an id. Words
 * are between blanks or between two of '.
 *
 * ALONE    takes the user's default names: not twice at the same time
 * ASKED    only made when it is named
 * FAILS    it is to fail, as it does without a failure, too
 * NUMBERS  numbers in the output differ from run to run
 * ORDER    its lines come in any order
 * PIECES   what one recv gets is a message, as its top comment says: with one
 *          byte a recv, or a send to it, only how they end is judged
 * TIMING   "send: buffers full" may come or not, "for example: " with another
 *          text: a matter of time
 * HELPER   a partner from tests, whose calls do not fail
 * TENDS    tends other programs: no signal ends its processes
 * KEEPS    what it made is to stay, for the next one
 * LEAVES   killed, it leaves what it has made: there is nobody who could remove
 *          it, or knows it
 * WAITS    waits as long as it takes for a partner: gets SIGTERM when that has
 *          failed before they met (connect, sendto, msgsnd, semop of both)
 * NEXT     comes also where the one before it has failed, and must not notice
 * ENTER    its standard input is Enter, pressed when the others have ended
 * TALKS    its standard input are the lines of INPUT, "LINE\tTEXT": the next
 *          one comes when it has printed TEXT
 * LOSSY    it cannot know what it has not been sent
 */

/* clang-format off */
{"private", 0, 0, {{"fork_demo/private", NULL, "", ORDER}}},
{"private-buffered", 0, 0, {{"fork_demo/private -b", NULL, "", ORDER}}},
{"browser", 0, 0, {{"fork_demo/browser", NULL, "", NUMBERS | ORDER}}},

{"shm-pair", 0, 0, {
	{"shm/writer -k {key} some_text", NULL, "", KEEPS},
	{"shm/reader -k {key}", NULL, "", 0}}},
{"shm-pair-default", ALONE, 0, {
	{"shm/writer -v", NULL, "", KEEPS | NUMBERS},
	{"shm/reader -lv", NULL, "", KEEPS | NUMBERS},
	{"shm/reader", NULL, "", 0}}},
{"shm-pair-waits", 0, 0, {
	{"shm/writer -w -k {key}", NULL, "\n", KEEPS},
	{"shm/reader -k {key}", NULL, "", 0}}},
{"shm-race", 0, 0, {{"shm/race", NULL, "", NUMBERS | ORDER}}},
{"shm-race-waits", 0, 0, {{"shm/race -w", NULL, "", 0}}},
{"shm-race-repeats", 0, 0, {{"shm/race -n 5", NULL, "", NUMBERS}}},
{"shm-counter", 0, 0, {{"shm/counter -n 500", NULL, "", NUMBERS}}},
{"shm-counter-guarded", 0, 0, {{"shm/counter -s -n 50", NULL, "", LEAVES}}},
{"shm-buffer", 0, 2, {
	{"shm/producer -k {key}", "", "some lines\nof text\n", WAITS},
	{"shm/consumer -k {key}", NULL, "", WAITS}}},
{"shm-buffer-late", 0, 2, {
	{"shm/consumer -k {key}", "", "", WAITS},
	{"shm/producer -k {key}", NULL, "some lines\nof text\n", WAITS}}},
{"shm-buffer-default", ALONE, 2, {
	{"shm/producer", "", "some lines\nof text\n", WAITS},
	{"shm/consumer", NULL, "", WAITS}}},
{"shm-buffer-producer", 0, 0, {
	{"shm/producer -k {key}", NULL, "", STOP | LEAVES}}},
{"shm-buffer-consumer", 0, 0, {
	{"shm/consumer -k {key}", NULL, "", STOP | LEAVES}}},
{"shm-no_syscalls", 0, 0, {{"shm/no_syscalls", NULL, "", NUMBERS}}},
{"shm-race-delays", 0, 0, {{"shm/race -d", NULL, "", NUMBERS | ORDER}}},
{"shm-sum", 0, 0, {{"shm/sum -p 3 -n 10000", NULL, "", NUMBERS}}},
{"shm-torn", 0, 0, {{"shm/torn", NULL, "", NUMBERS | TIMING}}},
{"shm-torn-guarded", 0, 0, {{"shm/torn -s", NULL, "", NUMBERS | LEAVES}}},

{"socket-pair", 0, 0, {
	{"socket/server -p 0", "listening", "", WAITS | PIECES},
	{"socket/client -p {port}", NULL, "", 0}}},
{"socket-pair-told", 0, 0, {
	{"socket/server -v -p 0", "listening", "", WAITS | PIECES | NUMBERS},
	{"socket/client -v -p {port}", NULL, "", NUMBERS}}},
{"socket-pair-by-name", 0, 0, {
	{"socket/server -p 0", "listening", "", WAITS | PIECES},
	{"socket/client -p {port} localhost", NULL, "", 0}}},
{"socket-pair-nonblocking", 0, 0, {
	{"socket/server -n -p 0", "listening", "", WAITS | PIECES},
	{"socket/client -w -p {port}", NULL, "", ENTER}}},
{"socket-client", 0, 0, {
	{"tests/peer listen send answer shutdown read", "\n", "",
	 HELPER | WAITS | NUMBERS},
	{"socket/client -p {port}", NULL, "", 0}}},
{"socket-buffers", 0, 0, {
	{"socket/receiver -p 0", "listening", "", WAITS | NUMBERS},
	{"socket/sender -p {port}", NULL, "", NUMBERS | TIMING}}},
{"socket-buffers-full", 0, 0, {
	{"socket/receiver -w -p 0", "listening", "", ENTER | WAITS | NUMBERS},
	{"socket/sender -n -p {port}", NULL, "", NUMBERS}}},
{"socket-udp", 0, 0, {
	{"socket/udp_server -p 0", "listening", "", STOP | NUMBERS},
	{"socket/udp_client -p {port}", NULL, "", 0}}},
{"socket-echo", 0, 0, {
	{"socket/echo_server -u {dir}/echo", "listening", "",
	 STOP | PIECES | LEAVES},
	{"socket/echo_client -u {dir}/echo one two", NULL, "", 0},
	{"socket/echo_client -u {dir}/echo three", NULL, "", NEXT}}},
{"socket-echo-dead", 0, 0, {
	{"scripts/limit 0.05 {build}/tests/odd socket {dir}/echo", NULL, "",
	 HELPER | FAILS | KEEPS},
	{"socket/echo_server -u {dir}/echo", "listening", "",
	 STOP | KEEPS | PIECES},
	{"socket/echo_client -u {dir}/echo one", NULL, "", 0}}},
{"socket-echo-default", ALONE, 0, {
	{"socket/echo_server -q", "listening", "", STOP | LEAVES},
	{"socket/echo_client", NULL, "", 0}}},
{"socket-echo-broadcast", 0, 0, {
	{"socket/echo_server -b -u {dir}/echo", "listening", "",
	 STOP | PIECES | LEAVES},
	{"socket/echo_client -w -u {dir}/echo one", "Echoed", "",
	 ENTER | PIECES | LOSSY},
	{"socket/echo_client -u {dir}/echo two", NULL, "", 0}}},
{"socket-echo-all", 0, 0, {
	{"socket/echo_server -b -u {dir}/echo", "listening", "",
	 STOP | PIECES | LEAVES},
	{"tests/peer connect {dir}/echo read stay", "connected", "",
	 HELPER | STOP},
	{"socket/echo_client -u {dir}/echo two", NULL, "", 0}}},
{"socket-prefork", 0, 0, {
	{"socket/prefork -w 2 -p 0", "listening", "",
	 STOP | NUMBERS | ORDER | PIECES},
	{"socket/client -p {port}", NULL, "", NUMBERS},
	{"socket/client -p {port}", NULL, "", NUMBERS | NEXT}}},
{"socket-multicast", 0, 0, {
	{"socket/multicast_receiver -p {free}", "listening", "",
	 WAITS | NUMBERS},
	{"socket/multicast_sender -p {free}", NULL, "", 0}}},

{"msgqueue-pair", 0, 0, {
	{"msgqueue/writer -f {dir} text", NULL, "", KEEPS},
	{"msgqueue/reader -f {dir}", NULL, "", 0}}},
{"msgqueue-pair-default", ALONE, 0, {
	{"msgqueue/writer -n", NULL, "a line\n", KEEPS},
	{"msgqueue/reader -ln", NULL, "", KEEPS},
	{"msgqueue/writer", NULL, "a line\n", KEEPS},
	{"msgqueue/reader", NULL, "", 0}}},
{"msgqueue-pair-early", 0, 0, {
	{"msgqueue/reader -f {dir}", "", "", WAITS | LEAVES},
	{"msgqueue/writer -f {dir} text", NULL, "", KEEPS}}},
{"msgqueue-reader", 0, 0, {
	{"msgqueue/reader -f {dir}", NULL, "", STOP | LEAVES}}},
{"msgqueue-server", 0, 5, {
	{"msgqueue/server -f {dir}", "waiting", "", STOP | NUMBERS | LEAVES},
	{"msgqueue/client -f {dir} one two three", NULL, "", 0}}},
{"msgqueue-server-full", 0, 5, {
	{"msgqueue/server -f {dir}", "waiting", "", STOP | NUMBERS | LEAVES},
	{"tests/odd send answers:{dir} 1", NULL, "to be kept", HELPER | KEEPS},
	{"tests/odd send answers:{dir} 99999999", NULL,
	 "a text to be thrown out: no process has this pid", HELPER | KEEPS},
	{"tests/odd limit answers:{dir} 60", NULL, "", HELPER | KEEPS},
	{"msgqueue/client -f {dir} one", NULL, "", 0}}},
{"msgqueue-server-default", ALONE, 5, {
	{"msgqueue/server", "waiting", "", STOP | NUMBERS | LEAVES},
	{"msgqueue/client one", NULL, "", 0}}},
{"msgqueue-server-taken", 0, 5, {
	{"msgqueue/server -f {dir}", "waiting", "", STOP | NUMBERS | LEAVES},
	{"msgqueue/server -f {dir}", NULL, "",
	 FAILS | STOP | WAITS | NUMBERS}}},

{"compare-shm", 0, 0, {
	{"scripts/compare/shm -n 5", NULL, "", NUMBERS | LEAVES}}},
{"compare-shm-polls", 0, 0, {
	{"scripts/compare/shm -w poll -n 5", NULL, "", NUMBERS | LEAVES}}},
{"compare-socket", 0, 0, {
	{"scripts/compare/socket -n 5", NULL, "", NUMBERS}}},
{"compare-socket-unix", 0, 0, {
	{"scripts/compare/socket -u -n 5", NULL, "", NUMBERS}}},
{"compare-socket-polls", 0, 0, {
	{"scripts/compare/socket -w poll -n 5", NULL, "", NUMBERS}}},
{"compare-msgqueue-polls", 0, 0, {
	{"scripts/compare/msgqueue -w poll -n 5", NULL, "", NUMBERS | LEAVES}}},
{"compare-msgqueue", 0, 0, {
	{"scripts/compare/msgqueue -n 5", NULL, "", NUMBERS | LEAVES}}},
{"limit", TENDS, 1, {
	{"scripts/limit -d {dir}/own 5 {build}/fork_demo/private", NULL, "",
	 ORDER | KEEPS},
	{"scripts/limit 5 rm -rf {dir}/own", NULL, "", HELPER}}},
{"limit-late", TENDS, 1, {
	{"scripts/limit -d {dir}/own 0.1 {build}/scripts/await "
	 "/dev/null text 9", NULL, "", FAILS | KEEPS},
	{"scripts/limit 5 rm -rf {dir}/own", NULL, "", HELPER}}},
{"await-line", 0, 1, {
	{"scripts/await scripts/watch/runs.h runs.h 1", NULL, "", 0}}},
{"await-late", 0, 1, {
	{"scripts/await /dev/null text 0.1", NULL, "", FAILS}}},
{"sysv-names", 0, 0, {
	{"scripts/sysv names", NULL, "", NUMBERS},
	{"scripts/sysv key {dir} requests", NULL, "", NUMBERS},
	{"scripts/sysv unused {dir}", NULL, "", NUMBERS}}},
{"sysv-segment", 0, 0, {
	{"shm/writer -k {key}", NULL, "", HELPER | KEEPS},
	{"scripts/sysv find segment {key}", "\n", "", NUMBERS},
	{"scripts/sysv remove segment {port}", NULL, "", 0}}},
{"sysv-queue", 0, 0, {
	{"msgqueue/writer -f {dir} text", NULL, "", HELPER | KEEPS},
	{"scripts/sysv find queue {dir}", "\n", "", NUMBERS},
	{"scripts/sysv clean", NULL, "path {dir}\n", NUMBERS},
	{"scripts/sysv clear", NULL, "path {dir}\n", HELPER}}},
{"sysv-semaphores", 0, 0, {
	{"tests/odd set {key} 600 7 0", NULL, "", HELPER | KEEPS},
	{"scripts/sysv find semaphores {key}", "\n", "", NUMBERS},
	{"scripts/sysv clean", NULL, "semaphores {key}\n", NUMBERS},
	{"scripts/sysv clear", NULL, "semaphores {key}\n", HELPER}}},
{"sysv-clear", 0, 0, {
	{"shm/writer -k {key}", NULL, "", HELPER | KEEPS},
	{"scripts/sysv clear", NULL, "segment {key}\npath {dir}\n", 0}}},
{"sysv-socket", 0, 0, {
	{"socket/echo_server -u {dir}/echo", "listening", "", HELPER | STOP},
	{"scripts/sysv clean", NULL, "socket {dir}/echo\n", 0}}},
/* What they draw is the same each time, also on a busy machine. */
{"watch", TENDS, 2, {
	{"scripts/watch/watch -t 2 -n -c msgsnd,msgrcv -o {dir}/kept.svg "
	 "-x '1 2' "
	 "'msgqueue/writer text' 'msgqueue/reader -n'", NULL, "", 0}}},
{"watch-waits", TENDS, 2, {
	{"scripts/watch/watch -t 2 -n -c msgsnd,msgrcv -x '1~ 2 1' "
	 "msgqueue/reader 'msgqueue/writer text'", NULL, "", 0}}},
{"faults", TENDS, 1, {
	{"scripts/watch/faults faulty-none 1 recv 1 EINTR", NULL, "",
	 NUMBERS}}},
{"terminal", TENDS, 1, {
	{"scripts/terminal", NULL,
	 "1$echo text; read key\t\n0w\t\n1k10\t\n0w\t\n1e\t\n",
	 TALKS | NUMBERS}}},

/* With a fault each, which has to be found: see tests/faults.t. */
{"faulty-none", ASKED, 0, {{"tests/faulty none", NULL, "", LEAVES}}},
{"faulty-exit", ASKED, 0, {{"tests/faulty exit", NULL, "", 0}}},
{"faulty-name", ASKED, 0, {{"tests/faulty name", NULL, "", 0}}},
{"faulty-errno", ASKED, 0, {{"tests/faulty errno", NULL, "", 0}}},
{"faulty-left", ASKED, 0, {{"tests/faulty left", NULL, "", 0}}},
{"faulty-eintr", ASKED, 0, {{"tests/faulty eintr", NULL, "", 0}}},
{"faulty-short", ASKED, 0, {{"tests/faulty short", NULL, "", 0}}},
{"faulty-rest", ASKED, 0, {{"tests/faulty rest", NULL, "", 0}}},
{"faulty-file", ASKED, 0, {{"tests/faulty file", NULL, "", 0}}},
{"faulty-hang", ASKED, 0, {{"tests/faulty hang", NULL, "", 0}}},
{"faulty-lines", ASKED, 0, {{"tests/faulty lines", NULL, "", 0}}},
{"faulty-deaf", ASKED, 0, {{"tests/faulty deaf", NULL, "", LEAVES}}},
{"faulty-death", ASKED, 0, {{"tests/faulty death", NULL, "", LEAVES}}},
    /* clang-format on */
