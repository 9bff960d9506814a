/*
 * admin_socket.c - an operator's request over STATE/admin.sock: asked by
 * scepadm, answered by the owner.
 */
#include <sys/socket.h>

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "ca/frame.h"
#include "cgi/admin_socket.h"
#include "cgi/log.h"
#include "cgi/state_socket.h"

#define SERVE_MS	10000	/* silence of a scepadm */
#define ASK_MS		120000	/* silence of the owner: many challenges */
#define TELL_MS		250	/* between two words of how far it is */

#define PROGRESS	"{\"progress\":["

/* An act, and who waits for its end. */
struct waiting {
	int	 fd, stop_fd;
	int64_t	 told_ms;
};

static time_t
wall_clock(void)
{
	return time(NULL);
}

static int64_t
now_ms(void)
{
	struct timespec	 t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Keeps the peer from giving up, and notices if it did. */
static int
tell(void *arg, uint64_t done, uint64_t total)
{
	struct waiting		*w = arg;
	struct pollfd		 fds[2] = {
		{ .fd = w->fd, .events = POLLRDHUP },
		{ .fd = w->stop_fd, .events = POLLIN },
	};
	const int64_t		 now = now_ms();
	struct scep_error	 why;
	char			 text[96];

	if (now - w->told_ms < TELL_MS)
		return 1;
	w->told_ms = now;
	if (poll(fds, 2, 0) > 0)
		return 0;
	(void)snprintf(text, sizeof(text), PROGRESS "%" PRIu64 ",%" PRIu64
	    "]}", done, total);
	return scep_frame_send(w->fd, scep_span_text(text), SERVE_MS,
	    &why) == SCEP_OK;
}

static void
act(struct scep_ca *ca, struct waiting *w, uid_t uid,
    struct scep_buf *request)
{
	const struct scep_admin_watch	 watch = { tell, w, wall_clock };
	struct scep_buf			 reply = { NULL, 0 };
	struct scep_line		 line = scep_log_begin();
	struct scep_error		 err;
	char				 summary[512] = "";
	enum scep_err			 rc;

	rc = scep_admin_watched(ca, time(NULL), (unsigned long)uid,
	    scep_buf_span(request), &watch, &reply, summary, sizeof(summary),
	    &err);
	scep_buf_clear(request);	/* may have a secret; before the answer */
	scep_line_text(&line, "admin", summary);
	scep_line_number(&line, "uid", (long)uid);
	scep_line_text(&line, "result", rc == SCEP_OK ? "done" : "refused");
	if (rc != SCEP_OK)
		scep_line_text(&line, "reason", err.text);
	/* Before the answer, so that what is known was logged. */
	scep_log_line(&line);
	if (reply.len > 0 && scep_frame_send(w->fd, scep_buf_span(&reply),
	    SERVE_MS, &err) != SCEP_OK)
		scep_log_warn("answer to scepadm: %s", err.text);
	scep_buf_clear(&reply);		/* may hold new challenges */
}

void
scep_admin_serve(struct scep_ca *ca, int fd, int stop_fd)
{
	struct waiting		 w = { fd, stop_fd, 0 };
	struct scep_buf		 request = { NULL, 0 };
	struct scep_error	 err;
	uid_t			 uid;

	if (!scep_state_peer(fd, &uid))
		scep_log_warn("user %ld may not use the admin socket",
		    (long)uid);
	else if (scep_frame_receive(fd, SCEP_ADMIN_ASK_MAX, SERVE_MS,
	    SERVE_MS, &request, &err) == SCEP_OK)
		act(ca, &w, uid, &request);
	else
		scep_log_warn("admin socket, user %ld: %s", (long)uid,
		    err.text);
	scep_buf_clear(&request);
	(void)close(fd);
}

/*
 * Something has come, or did not in all the time there is.  An owner that stops
 * closes what it has not accepted or not read, and only then we are told of a
 * reset (unix(7)): what nobody has read was not carried out, and is asked
 * again.
 */
static enum scep_err
is_read(int fd, const char *dir, struct scep_error *err)
{
	struct pollfd	 p = { .fd = fd, .events = POLLIN };
	socklen_t	 len = sizeof(int);
	int		 why = 0;

	if (poll(&p, 1, ASK_MS) == 0)
		return scep_fail(err, SCEP_E_STORE, "%s/admin.sock: no "
		    "answer for %d s; is the owner of the state stopped, does "
		    "its disk hang? See whether it was done", dir,
		    ASK_MS / 1000);
	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &len) == 0 &&
	    why == ECONNRESET)
		return scep_fail(err, SCEP_E_NOTFOUND, "admin.sock: the owner "
		    "of the state left before it read the request");
	return SCEP_OK;
}

/* Is it not the answer yet?  Then watch is told. */
static int
is_progress(const struct scep_buf *frame, const struct scep_admin_watch *watch)
{
	char		 text[96];
	uint64_t	 done, total;

	if (frame->len >= sizeof(text))
		return 0;
	(void)snprintf(text, sizeof(text), "%.*s", (int)frame->len,
	    (const char *)frame->data);
	if (sscanf(text, PROGRESS "%" SCNu64 ",%" SCNu64, &done, &total) != 2)
		return 0;
	if (watch->go_on != NULL)
		(void)watch->go_on(watch->arg, done, total);
	return 1;
}

enum scep_err
scep_admin_ask(const char *dir, struct scep_span request,
    struct scep_buf *reply, struct scep_error *err)
{
	const struct scep_admin_watch	 nobody = { NULL, NULL, NULL };

	return scep_admin_ask_watched(dir, request, &nobody, reply, err);
}

enum scep_err
scep_admin_ask_watched(const char *dir, struct scep_span request,
    const struct scep_admin_watch *watch, struct scep_buf *reply,
    struct scep_error *err)
{
	enum scep_err	 rc;
	int		 fd;

	if (request.len > SCEP_ADMIN_ASK_MAX)
		return scep_fail(err, SCEP_E_USAGE,
		    "request of %zu octets, at most %d", request.len,
		    SCEP_ADMIN_ASK_MAX);
	if ((rc = scep_state_dial(dir, SCEP_ADMIN_SOCK, &fd, err)) != SCEP_OK)
		return rc;
	if ((rc = scep_frame_send(fd, request, ASK_MS, err)) == SCEP_OK)
		rc = is_read(fd, dir, err);
	/* Half a request is not carried out; a whole one may have been, and
	 * is not to be sent again. */
	do {
		scep_buf_clear(reply);
		if (rc == SCEP_OK && scep_frame_receive(fd, SCEP_ADMIN_MAX,
		    ASK_MS, ASK_MS, reply, err) != SCEP_OK) {
			err->code = SCEP_E_STORE;
			rc = scep_fail_within(err, "%s/admin.sock: no "
			    "answer; see whether it was done", dir);
		}
	} while (rc == SCEP_OK && is_progress(reply, watch));
	(void)close(fd);
	return rc;
}
