/*
 * t_halted.c - a process that is halted where it waits, and goes on: a
 * container that is paused, a debugger, kill -STOP.
 */
#include <sys/socket.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/ready.h"
#include "ca/ca.h"
#include "ca/door.h"

/* Programs' sources are in no library; here they are a part of the test. */
#include "cgi/log.c"
#include "cgi/metrics_socket.c"
#include "cgi/notify.c"
#include "cgi/state_socket.c"
#include "tests/unit/proc.h"

#define LONG_MS		60000	/* never waited for */
#define ROUNDS		8
#define TRIES		20	/* where we were held up longer than it waits */
#define FIGURES		1000000	/* more than a socket takes */

/* Till it waits, or has ended. */
static void
await_sleep(pid_t pid)
{
	const int64_t	 until = scep_now_ms() + LONG_MS;
	char		 is;

	while ((is = proc_state(pid)) != 'S' && is != 'Z' && is != 'X' &&
	    scep_now_ms() < until)
		(void)poll(NULL, 0, 1);
}

/* 0: it has ended, and is reaped. */
static int
halt(pid_t pid)
{
	int	 status;

	assert_int_equal(kill(pid, SIGSTOP), 0);
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	return WIFSTOPPED(status);
}

static int
ended_well(pid_t pid)
{
	int	 status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void
what_has_come_is_ready_and_nothing_is_late(void **state)
{
	int	 fd[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	assert_int_equal(scep_ready(fd[0], POLLIN, 0), 0);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(scep_ready(fd[0], POLLIN, 20), 0);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(scep_ready(fd[0], POLLOUT, 0), 1);
	assert_int_equal(write(fd[1], "x", 1), 1);
	assert_int_equal(scep_ready(fd[0], POLLIN, 0), 1);
	assert_int_equal(scep_ready(fd[0], POLLIN, -1), 1);
	assert_int_equal(scep_ready_send(fd[0], scep_span_text("whole"), 0),
	    1);
	(void)close(fd[1]);
	assert_int_equal(scep_ready_send(fd[0], scep_span_text("x"), LONG_MS),
	    0);
	assert_int_equal(errno, EPIPE);
	(void)close(fd[0]);
}

static void
who_takes_nothing_is_not_waited_for(void **state)
{
	struct scep_span	 much;
	uint8_t			*octets;
	int			 fd[2];

	(void)state;
	assert_non_null(octets = calloc(1, FIGURES));
	much = scep_span_make(octets, FIGURES);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	assert_int_equal(scep_ready_send(fd[0], much, 20), 0);
	assert_int_equal(errno, EAGAIN);
	(void)close(fd[0]);
	(void)close(fd[1]);
	free(octets);
}

static void
on_signal(int sig)
{
	(void)sig;
}

/* A handler breaks off poll(2), whatever its flags are. */
static void
a_signal_is_no_reason_to_give_up(void **state)
{
	struct sigaction	 sa = { .sa_handler = on_signal };
	struct scep_error	 err;
	int			 fd[2], i, taken;
	pid_t			 pid;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	assert_int_equal(sigaction(SIGUSR1, &sa, NULL), 0);
	if ((pid = fork()) == 0)
		_exit(scep_door_take_fd(fd[0], LONG_MS, &taken, &err) ==
		    SCEP_OK ? 0 : 1);
	for (i = 0; i < ROUNDS; i++) {
		await_sleep(pid);
		assert_int_equal(kill(pid, SIGUSR1), 0);
	}
	await_sleep(pid);
	assert_int_equal(scep_door_pass_fd(fd[1], STDIN_FILENO, &err),
	    SCEP_OK);
	assert_true(ended_well(pid));
	(void)close(fd[0]);
	(void)close(fd[1]);
}

/* The figures of a CA that has many. */

static enum scep_err
fake_inspect(struct scep_ca *ca, time_t now, enum scep_inspect what,
    struct scep_buf *out, struct scep_error *err)
{
	char		*text = malloc(FIGURES);
	enum scep_err	 rc;

	(void)ca;
	(void)now;
	(void)what;
	if (text == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "figures");
	memset(text, 'x', FIGURES);
	rc = scep_buf_set(out, scep_span_make(text, FIGURES), err);
	free(text);
	return rc;
}

static pid_t
start_scrape(int *fd)
{
	static const struct scep_ca_ops	 ops = { .inspect = fake_inspect };
	static const char		 ask[] = "GET / HTTP/1.0\r\n\r\n";
	struct scep_ca			 fake = { .ops = &ops };
	int				 pair[2];
	pid_t				 pid;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	if ((pid = fork()) == 0) {
		(void)close(pair[0]);
		scep_metrics_serve(&fake, pair[1]);
		_exit(0);
	}
	(void)close(pair[1]);
	assert_int_equal(write(pair[0], ask, strlen(ask)), strlen(ask));
	*fd = pair[0];
	return pid;
}

/* Some of the answer; how long we took for it is in *slowest. */
static ssize_t
take_some(int fd, int64_t *at, int64_t *slowest)
{
	static char	 octets[30000];
	const ssize_t	 n = recv(fd, octets, sizeof(octets), 0);
	const int64_t	 now = scep_now_ms();

	if (now - *at > *slowest)
		*slowest = now - *at;
	*at = now;
	return n;
}

/* How many octets came while it is halted again and again. */
static size_t
scrape(int64_t *slowest)
{
	int64_t	 at = scep_now_ms();
	size_t	 len = 0;
	ssize_t	 n = 1;
	pid_t	 pid;
	int	 fd, i;

	*slowest = 0;
	pid = start_scrape(&fd);
	for (i = 0; i < ROUNDS && n > 0; i++) {
		await_sleep(pid);
		if (!halt(pid)) {
			pid = -1;
			break;
		}
		if (i > 0 && (n = take_some(fd, &at, slowest)) > 0)
			len += (size_t)n;
		assert_int_equal(kill(pid, SIGCONT), 0);
	}
	while ((n = take_some(fd, &at, slowest)) > 0)
		len += (size_t)n;
	(void)close(fd);
	if (pid != -1)
		(void)ended_well(pid);
	return len;
}

static void
a_scraper_gets_all_of_it(void **state)
{
	int64_t	 slowest = PATIENCE_MS;
	size_t	 len = 0;
	int	 i;

	(void)state;
	/* Nobody is waited for longer: then it says nothing. */
	for (i = 0; i < TRIES && len < FIGURES && slowest >= PATIENCE_MS / 2;
	    i++)
		len = scrape(&slowest);
	assert_in_range(len, FIGURES + 1, FIGURES + 256);
}

/* A service manager that is behind. */

static int
manager_open(char name[64])
{
	struct sockaddr_un	 at = { .sun_family = AF_UNIX };
	int			 fd;

	(void)snprintf(name, 64, "@t_halted.%ld", (long)getpid());
	memcpy(at.sun_path + 1, name + 1, strlen(name) - 1);
	assert_int_not_equal(fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC,
	    0), -1);
	assert_int_equal(bind(fd, (const struct sockaddr *)&at, (socklen_t)
	    (offsetof(struct sockaddr_un, sun_path) + strlen(name))), 0);
	return fd;
}

/* Till not one more is taken, from whomever. */
static void
fill(void)
{
	int	 fd, n;

	do {
		assert_int_not_equal(fd = socket(AF_UNIX, SOCK_DGRAM |
		    SOCK_CLOEXEC, 0), -1);
		for (n = 0; sendto(fd, "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL,
		    (const struct sockaddr *)&manager, manager_len) == 1; n++)
			continue;
		assert_int_equal(errno, EAGAIN);
		(void)close(fd);
	} while (n > 0);
}

/* Is one of all that wait there READY=1? */
static int
drain(int fd)
{
	char	 text[512];
	ssize_t	 n;
	int	 ready = 0;

	while ((n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT)) > 0) {
		text[n] = '\0';
		if (strcmp(text, "READY=1\nSTATUS=ready: 7 workers") == 0)
			ready = 1;
	}
	return ready;
}

/* It has room again while the one who tells it is halted. */
static int
tell_and_halt(int fd, int64_t *took)
{
	const int64_t	 began = scep_now_ms();
	int		 told;
	pid_t		 pid;

	fill();
	if ((pid = fork()) == 0) {
		scep_notify(SCEP_NOTICE_READY, "ready: %d workers", 7);
		_exit(0);
	}
	await_sleep(pid);
	if (!halt(pid)) {
		*took = scep_now_ms() - began;
		return drain(fd);
	}
	*took = scep_now_ms() - began;
	told = drain(fd);	/* makes room; or somebody woke it before */
	assert_int_equal(kill(pid, SIGCONT), 0);
	assert_true(ended_well(pid));
	return told || drain(fd);
}

static void
a_service_manager_that_is_behind_is_told(void **state)
{
	char	 name[64];
	int64_t	 took = SEND_MS;
	int	 fd, i, told = 0;

	(void)state;
	fd = manager_open(name);
	assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
	scep_notify_open();
	scep_notify(SCEP_NOTICE_READY, "ready: %d workers", 7);
	assert_true(drain(fd));			/* control */
	/* Nobody is waited for longer: then it says nothing. */
	for (i = 0; i < TRIES && !told && took >= SEND_MS / 2; i++)
		told = tell_and_halt(fd, &took);
	assert_true(told);
	(void)close(fd);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(what_has_come_is_ready_and_nothing_is_late),
		cmocka_unit_test(who_takes_nothing_is_not_waited_for),
		cmocka_unit_test(a_signal_is_no_reason_to_give_up),
		cmocka_unit_test(a_scraper_gets_all_of_it),
		cmocka_unit_test(a_service_manager_that_is_behind_is_told),
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
