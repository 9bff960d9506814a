/*
 * knock_socket.c - scep-admin.fcgi's requests over STATE/door.sock: served by
 * the owner, each by the configuration that is in force then.
 */
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include "base/error.h"
#include "ca/frame.h"
#include "cgi/knock_socket.h"
#include "cgi/log.h"
#include "cgi/state_socket.h"

#define SERVE_MS	10000	/* for a request that has begun */

static int
act(struct scep_generations *generations, int fd, uid_t uid,
    struct scep_buf *request)
{
	struct scep_generation	*gen = scep_generation_hold(generations);
	struct scep_buf		 reply = { NULL, 0 };
	struct scep_line	 line = scep_log_begin();
	struct scep_error	 err;
	char			 summary[512] = "";
	enum scep_err		 rc;

	rc = scep_knock(gen->ca, time(NULL), (unsigned long)uid,
	    scep_buf_span(request), &reply, summary, sizeof(summary), &err);
	scep_generation_drop(generations, gen);
	scep_buf_clear(request);	/* has an API key; before the answer */
	scep_line_text(&line, "knock", summary);
	scep_line_number(&line, "uid", (long)uid);
	scep_line_text(&line, "result", rc == SCEP_OK ? "done" : "refused");
	if (rc != SCEP_OK)
		scep_line_text(&line, "reason", err.text);
	/* Before the answer, so that what is known was logged. */
	scep_log_line(&line);
	rc = scep_frame_send(fd, scep_buf_span(&reply), SERVE_MS, &err);
	scep_buf_clear(&reply);		/* may hold a new challenge */
	if (rc != SCEP_OK)
		scep_log_warn("answer to scep-admin.fcgi: %s", err.text);
	return rc == SCEP_OK;
}

/* Something to read; 0: we stop. */
static int
wait_for(int fd, int stop_fd)
{
	struct pollfd	 p[2] = {
		{ .fd = stop_fd, .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
	};

	while (p[0].revents == 0 && p[1].revents == 0)
		(void)poll(p, 2, -1);
	return p[0].revents == 0;
}

void
scep_knock_serve(struct scep_generations *generations, int fd, int stop_fd,
    int has_group)
{
	struct scep_buf		 request = { NULL, 0 };
	struct scep_error	 err;
	uid_t			 uid;
	enum scep_err		 rc;
	int			 go_on;

	go_on = scep_state_peer(fd, &uid) || has_group;
	if (!go_on)
		scep_log_warn("user %ld may not use door.sock; say door_group "
		    "in scep.conf", (long)uid);
	while (go_on && wait_for(fd, stop_fd)) {
		rc = scep_frame_receive(fd, SCEP_KNOCK_ASK_MAX, SERVE_MS,
		    SERVE_MS, &request, &err);
		if (rc != SCEP_OK && rc != SCEP_E_NOTFOUND)
			scep_log_warn("door.sock, user %ld: %s", (long)uid,
			    err.text);
		go_on = rc == SCEP_OK && act(generations, fd, uid, &request);
		scep_buf_clear(&request);
	}
	(void)close(fd);
}
