/*
 * accept.c - a connection from the web server, where there may be nothing to
 * take it with.
 *
 * Without descriptors or memory a connection stays where it is, and whoever
 * waits for one is woken up again at once.  Knows nothing of who waits.
 */
#include <sys/socket.h>

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "cgi/accept.h"
#include "cgi/child.h"
#include "cgi/log.h"

#define PAUSE_MS	100
#define SAY_MS		10000	/* one line in this time */

int
scep_accept(int listen_fd)
{
	return accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
}

static void
say(int error)
{
	static int64_t	 due;	/* of the next line */
	const int64_t	 now = scep_now_ms();

	if (now < due)
		return;
	due = now + SAY_MS;
	scep_log_warn("no connection can be accepted: %s; tried again every "
	    "%d ms%s", strerror(error), PAUSE_MS, error == EMFILE ?
	    "; give more descriptors: LimitNOFILE= of systemd.exec(5), or "
	    "ulimit -n" : "");
}

int
scep_accept_pause(int error)
{
	/* Another was faster, a signal came, or the web server gave up. */
	if (error == EAGAIN || error == EINTR || error == ECONNABORTED)
		return 0;
	say(error);
	return PAUSE_MS;
}
