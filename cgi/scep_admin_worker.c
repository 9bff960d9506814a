/*
 * scep_admin_worker.c - a worker of scep-admin.fcgi: FastCGI requests in,
 * responses out.
 *
 * It holds no key.  What it needs is the connection to the owner of the state,
 * which is made before the sandbox closes, and so before anything is read.
 * Where nobody owns the state it waits for either: an owner, or a request, to
 * which it answers 503, and ends, and the next one waits.
 */
#include <sys/signalfd.h>

#include <errno.h>
#include <limits.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fcgiapp.h>
#include <jansson.h>
#include <openssl/crypto.h>

#include "base/error.h"
#include "cgi/accept.h"
#include "cgi/child.h"
#include "cgi/fcgi_request.h"
#include "cgi/knock_socket.h"
#include "cgi/log.h"
#include "cgi/mdm_request.h"
#include "cgi/peer.h"
#include "cgi/sandbox.h"
#include "cgi/scep_admin.h"
#include "cgi/state_socket.h"

#define STEP_MS		100	/* without an owner, between two looks */

struct serving {
	const struct scep_server_conf	*conf;
	int				 listen_fd, stop_fd;
	int				 owner_fd;	/* -1: nobody owns */
	int				 is_over;
	FCGX_Request			 fcgi;
	char				 path[SCEP_MDM_PATH];
	char				 peer[SCEP_PEER_MAX];
	uint8_t				 body[SCEP_MDM_BODY + 1];
};

static enum scep_err
ask(void *arg, struct scep_span request, struct scep_buf *reply,
    struct scep_error *err)
{
	struct serving	*s = arg;
	enum scep_err	 rc;

	if (s->owner_fd == -1)
		return scep_fail(err, SCEP_E_BUSY, "nobody owns the state; "
		    "start scep.fcgi");
	rc = scep_knock_ask(s->owner_fd, request, reply, err);
	if (rc == SCEP_E_BUSY)
		s->is_over = 1;		/* a late answer is not the next one */
	return rc;
}

static const char *
param(void *arg, const char *name)
{
	FCGX_Request	*fcgi = arg;

	return FCGX_GetParam(name, fcgi->envp);
}

static int
respond(FCGX_Request *fcgi, const struct scep_mdm_response *r)
{
	char		 head[SCEP_MDM_HEAD];
	const size_t	 len = scep_mdm_head(r, head);

	if (FCGX_PutStr(head, (int)len, fcgi->out) == -1 ||
	    r->body.len > INT_MAX || (r->body.len > 0 &&
	    FCGX_PutStr((const char *)r->body.data, (int)r->body.len,
	    fcgi->out) == -1))
		return 0;
	(void)FCGX_FClose(fcgi->err);
	return FCGX_FClose(fcgi->out) != -1;
}

static void
answer(struct serving *s, const struct scep_http_request *http)
{
	const struct scep_mdm_host	 host = { ask, s,
					    s->conf->door_utf16 };
	const int64_t			 began = scep_now_ms();
	struct scep_line		 line = scep_log_begin();
	struct scep_mdm_request		 request;
	struct scep_mdm_response	 response = { .status = 503 };

	scep_mdm_read(s->conf, param, &s->fcgi, s->path, &request);
	scep_peer_find(s->conf, s->fcgi.envp, s->peer);
	request.peer = s->peer;
	request.body = s->body;
	request.body_len = http->body_len;
	scep_mdm_handle(&host, &request, &response, &line);
	if (!respond(&s->fcgi, &response))
		scep_line_text(&line, "delivered", "no");
	scep_line_number(&line, "ms", scep_now_ms() - began);
	scep_log_line(&line);
	scep_mdm_clear(&response);
}

/* An API key, and what it is given, do not outlive their request in memory that
 * was freed: JSON is overwritten (child.h); so are the buffers of libfcgi, which
 * are large enough for this, … */
static void
wipe_what_is_freed(void)
{
	(void)mallopt(M_PERTURB, 0x55);
}

/* … and its variables, which are not. */
static void
wipe_variables(char **variable)
{
	for (; variable != NULL && *variable != NULL; variable++)
		OPENSSL_cleanse(*variable, strlen(*variable));
}

/* The alarm is the deadline for a peer that sends half a request or does not
 * take its answer. */
static void
serve_one(struct serving *s, int fd)
{
	struct scep_http_request	 http;

	(void)alarm((unsigned int)s->conf->request_timeout_s);
	s->fcgi.ipcFd = fd;
	s->fcgi.keepConnection = 1;
	if (FCGX_Accept_r(&s->fcgi) >= 0) {
		if (scep_fcgi_read(&s->fcgi, s->body, sizeof(s->body), &http))
			answer(s, &http);
		else
			scep_log_info("a request was broken off");
		wipe_variables(s->fcgi.envp);
		scep_fcgi_finish(&s->fcgi);
	}
	OPENSSL_cleanse(s->body, sizeof(s->body));
	(void)alarm(0);
}

static void
serve_next(struct serving *s)
{
	struct pollfd	 stop = { .fd = s->stop_fd, .events = POLLIN };
	int		 fd, pause_ms;

	if ((fd = scep_accept(s->listen_fd)) != -1)
		serve_one(s, fd);
	else if ((pause_ms = scep_accept_pause(errno)) > 0)
		(void)poll(&stop, 1, pause_ms);
}

/* It says nothing unless it is asked: what comes then is its end. */
static void
serve(struct serving *s)
{
	struct pollfd	 p[3] = {
		{ .fd = s->stop_fd, .events = POLLIN },
		{ .fd = s->owner_fd, .events = POLLIN },
		{ .fd = s->listen_fd, .events = POLLIN },
	};

	while (!s->is_over) {
		p[0].revents = p[1].revents = p[2].revents = 0;
		/* Without an owner it is for one request, which another one
		 * may have by now; then the next one looks for him again. */
		(void)poll(p, 3, s->owner_fd == -1 ? 0 : -1);
		/* An owner that has gone may have come again: what waits is
		 * for the next one, who asks him. */
		if (p[1].revents == 0 && p[2].revents != 0)
			serve_next(s);
		if (p[0].revents != 0 || p[1].revents != 0 ||
		    s->owner_fd == -1)
			s->is_over = 1;
	}
}

/* Nothing is read here yet. */
static enum scep_err
find_owner(struct serving *s, struct scep_error *err)
{
	struct pollfd	 p[2] = {
		{ .fd = s->stop_fd, .events = POLLIN },
		{ .fd = s->listen_fd, .events = POLLIN },
	};
	enum scep_err	 rc;
	int		 n;

	do {
		n = poll(p, 2, 0);
		rc = scep_state_dial_door(s->conf, &s->owner_fd, err);
		if (rc != SCEP_E_NOTFOUND && rc != SCEP_E_BUSY)
			return rc;
		if (n == 0)
			(void)poll(p, 2, STEP_MS);
	} while (n == 0);
	return SCEP_OK;		/* and 503 */
}

/* SIGTERM waits at stop_fd until a request is answered. */
static enum scep_err
prepare(struct serving *s, struct scep_error *err)
{
	sigset_t	 term;
	enum scep_err	 rc;

	(void)sigemptyset(&term);
	(void)sigaddset(&term, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &term, NULL) == -1 ||
	    (s->stop_fd = signalfd(-1, &term, SFD_CLOEXEC)) == -1)
		return scep_fail(err, SCEP_E_INTERNAL, "SIGTERM: %s",
		    strerror(errno));
	if ((rc = find_owner(s, err)) != SCEP_OK)
		return rc;
	if (FCGX_Init() != 0 || FCGX_InitRequest(&s->fcgi, -1,
	    FCGI_FAIL_ACCEPT_ON_INTR) != 0)
		return scep_fail(err, SCEP_E_INTERNAL, "libfcgi: no request");
	return scep_sandbox_enter(s->conf->sandbox, err);
}

int
scep_admin_worker(int listen_fd, const struct scep_server_conf *conf)
{
	static struct serving	 s;
	struct scep_error	 err;
	enum scep_err		 rc;

	s.conf = conf;
	s.listen_fd = listen_fd;
	s.owner_fd = -1;
	wipe_what_is_freed();
	if ((rc = prepare(&s, &err)) != SCEP_OK) {
		scep_log_error("worker: %s", err.text);
		return scep_err_exit(rc);
	}
	serve(&s);
	return 0;
}
