/* cgi_pipe.c - plain CGI: variables, the body, the answer, in time. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "cgi/cgi_pipe.h"
#include "cgi/log.h"

#define DRAIN_S		10	/* for what is left of a body */

static volatile sig_atomic_t	 answered, over;

/* The alarm: what was not answered yet is, and it is over.  Nothing that is
 * not safe in a handler. */
static void
give_up(int sig)
{
	static const char	 answer[] =
	    "Status: 503 Service Unavailable\r\n"
	    "Content-Type: text/plain\r\nContent-Length: 0\r\n"
	    "Retry-After: 5\r\n\r\n";
	static const char	 line[] = "level=error "
	    "msg=\"the request took longer than request_timeout\"\n";

	(void)sig;
	if (over)
		_exit(0);
	if (!answered)
		(void)!write(STDOUT_FILENO, answer, sizeof(answer) - 1);
	(void)!write(STDERR_FILENO, line, sizeof(line) - 1);
	_exit(0);
}

void
scep_cgi_begin(void)
{
	sigset_t	 alarms;

	(void)signal(SIGALRM, give_up);
	(void)sigemptyset(&alarms);
	(void)sigaddset(&alarms, SIGALRM);
	(void)sigprocmask(SIG_UNBLOCK, &alarms, NULL);
	/* lighttpd sends it as soon as it has the whole answer: the line in
	 * the log and what is tended afterwards would be cut off. */
	(void)signal(SIGTERM, SIG_IGN);
	/* Whoever does not take the answer must not end the run: its line in
	 * the log would be missing, and the store unclean. */
	(void)signal(SIGPIPE, SIG_IGN);
}

const char *
scep_cgi_variable(const char *name)
{
	const char	*value = getenv(name);

	return value != NULL ? value : "";
}

long
scep_cgi_body_length(void)
{
	struct scep_error	 why;
	long			 length;

	if (strcmp(scep_cgi_variable("REQUEST_METHOD"), "POST") != 0)
		return 0;		/* nobody may ever close it */
	return scep_number_read(scep_cgi_variable("CONTENT_LENGTH"), 0,
	    LONG_MAX - 1, &length, &why) == SCEP_OK ? length :
	    SCEP_CGI_UNTIL_END;
}

static ssize_t
read_some(long *left, uint8_t *buf, size_t size)
{
	ssize_t	 n;

	if ((long)size > *left)
		size = (size_t)*left;
	do
		n = read(STDIN_FILENO, buf, size);
	while (n == -1 && errno == EINTR);
	if (n <= 0)
		*left = 0;
	else if (*left != SCEP_CGI_UNTIL_END)
		*left -= n;
	return n;
}

ssize_t
scep_cgi_read(long *left, uint8_t *buf, size_t size)
{
	size_t	 len;
	ssize_t	 n;

	for (len = 0; len < size && *left > 0; len += (size_t)n)
		if ((n = read_some(left, buf + len, size - len)) == -1)
			return -1;
	return (ssize_t)len;
}

int
scep_cgi_write(const void *data, size_t len)
{
	const uint8_t	*p = data;
	ssize_t		 n;

	answered = 1;
	for (; len > 0; p += n, len -= (size_t)n)
		if ((n = write(STDOUT_FILENO, p, len)) == -1) {
			if (errno != EINTR)
				return 0;
			n = 0;
		}
	return 1;
}

void
scep_cgi_over(unsigned int seconds)
{
	over = 1;
	(void)alarm(seconds);
}

static void
close_pipes(void)
{
	int	 null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null != -1) {
		(void)dup2(null, STDIN_FILENO);
		(void)dup2(null, STDOUT_FILENO);
		(void)close(null);
	}
	scep_log_let_go();
}

/*
 * Apache reads stderr to its end, holds its worker until the run has ended, and
 * kills it after three seconds.
 */
int
scep_cgi_leave(unsigned int seconds)
{
	const pid_t	 pid = fork();

	if (pid > 0)
		return 0;
	if (pid == 0) {
		(void)setsid();
		close_pipes();
	}
	scep_cgi_over(seconds);		/* no alarm is inherited */
	return 1;
}

/*
 * Apache's mod_cgid has one socket for both directions: with something unread
 * in it the answer would be lost.
 */
void
scep_cgi_drain(long *left)
{
	uint8_t	 rest[4096];

	scep_cgi_over(DRAIN_S);
	while (scep_cgi_read(left, rest, sizeof(rest)) > 0)
		continue;
}
