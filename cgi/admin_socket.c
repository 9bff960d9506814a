/*
 * admin_socket.c - an operator's request over STATE/admin.sock: asked by
 * scepadm, answered by the owner.
 */
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

static void
act(struct scep_ca *ca, int fd, uid_t uid, struct scep_span request)
{
	struct scep_buf		 reply = { NULL, 0 };
	struct scep_line	 line = scep_log_begin();
	struct scep_error	 err;
	char			 summary[512] = "";
	enum scep_err		 rc;

	rc = scep_admin(ca, time(NULL), (unsigned long)uid, request, &reply,
	    summary, sizeof(summary), &err);
	scep_line_text(&line, "admin", summary);
	scep_line_number(&line, "uid", (long)uid);
	scep_line_text(&line, "result", rc == SCEP_OK ? "done" : "refused");
	if (rc != SCEP_OK)
		scep_line_text(&line, "reason", err.text);
	/* Before the answer, so that what is known was logged. */
	scep_log_line(&line);
	if (reply.len > 0 && scep_frame_send(fd, scep_buf_span(&reply),
	    SERVE_MS, &err) != SCEP_OK)
		scep_log_warn("answer to scepadm: %s", err.text);
	scep_buf_clear(&reply);		/* may hold new challenges */
}

void
scep_admin_serve(struct scep_ca *ca, int fd)
{
	struct scep_buf		 request = { NULL, 0 };
	struct scep_error	 err;
	uid_t			 uid;

	if (!scep_state_peer(fd, &uid))
		scep_log_warn("user %ld may not use the admin socket",
		    (long)uid);
	else if (scep_frame_receive(fd, SCEP_ADMIN_ASK_MAX, SERVE_MS,
	    SERVE_MS, &request, &err) == SCEP_OK)
		act(ca, fd, uid, scep_buf_span(&request));
	else
		scep_log_warn("admin socket, user %ld: %s", (long)uid,
		    err.text);
	scep_buf_clear(&request);
	(void)close(fd);
}

enum scep_err
scep_admin_ask(const char *dir, struct scep_span request,
    struct scep_buf *reply, struct scep_error *err)
{
	enum scep_err	 rc;
	int		 fd;

	if (request.len > SCEP_ADMIN_ASK_MAX)
		return scep_fail(err, SCEP_E_USAGE,
		    "request of %zu octets, at most %d", request.len,
		    SCEP_ADMIN_ASK_MAX);
	if ((rc = scep_state_dial(dir, SCEP_ADMIN_SOCK, &fd, err)) != SCEP_OK)
		return rc;
	/* Half a request is not carried out; a whole one may have been, and
	 * is not to be sent again. */
	rc = scep_frame_send(fd, request, ASK_MS, err);
	if (rc == SCEP_OK && scep_frame_receive(fd, SCEP_ADMIN_MAX, ASK_MS,
	    ASK_MS, reply, err) != SCEP_OK) {
		err->code = SCEP_E_STORE;
		rc = scep_fail_within(err, "%s/admin.sock: no answer; see "
		    "whether it was done", dir);
	}
	(void)close(fd);
	return rc;
}
