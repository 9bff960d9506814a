/*
 * cgi.c - plain CGI: one process, one request (RFC 3875).
 *
 * RA and CA are in this one process: there is no split to protect the CA's
 * key, and no sandbox (DESIGN 3).  What is asked before an envelope is open
 * touches neither the lock nor the database.
 *
 * Where a server lingers, that answers in our place (linger.h); whatever is
 * wrong with it, we can do without.
 */
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "cgi/cgi.h"
#include "cgi/cgi_pipe.h"
#include "cgi/child.h"
#include "cgi/fcgi_ask.h"
#include "cgi/http.h"
#include "cgi/linger.h"
#include "cgi/log.h"
#include "cgi/peer.h"
#include "cgi/state.h"
#include "cgi/turn.h"
#include "ra/ra.h"

/* Of each second of request_timeout, how long to wait for our turn, and as
 * long for the owner: there must be time left for a 503. */
#define TURN_SHARE_MS	300

/* And before that for a server that lingers.  Its workers wait for their CA for
 * less: what it can answer at all it answers within. */
#define ASK_SHARE_MS	600

struct run {
	struct scep_conf	*conf;	/* until cfg has it */
	struct scep_server_conf	 server;
	int			 alone;	/* no server lingers, and one may */
	struct scep_crypto	*crypto;
	struct scep_config	*cfg;
	struct scep_ca		*ca;
	struct scep_ra		*ra;
	char			 peer[SCEP_PEER_MAX];
	uint8_t			*body;
	long			 left;	/* of it in the pipe */
};

static int
respond(const struct scep_http_response *response)
{
	char	 head[SCEP_HTTP_HEAD];

	return scep_cgi_write(head, scep_http_head(response, head)) &&
	    scep_cgi_write(response->body, response->body_len);
}

/* Warnings are for the operator's check, not for each request. */
static void
log_fault(void *arg, int fatal, const char *text)
{
	(void)arg;
	if (fatal)
		scep_log_error("%s", text);
}

/* Whose the keys are is in the configuration. */
static enum scep_err
begin(struct run *run, struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = scep_state_conf(NULL, &run->conf, err)) != SCEP_OK ||
	    (rc = scep_config_server(run->conf, &run->server, err)) !=
	    SCEP_OK)
		return rc;
	scep_log_configure(&run->server);
	(void)alarm((unsigned int)run->server.request_timeout_s);
	return scep_state_become_owner(run->server.state, err);
}

static enum scep_err
read_request(struct run *run, struct scep_http_request *request,
    struct scep_error *err)
{
	const size_t	 size = run->server.max_request + 1;
	ssize_t		 n;

	if ((run->body = OPENSSL_malloc(size)) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "request of %zu octets",
		    size);
	if ((n = scep_cgi_read(&run->left, run->body, size)) == -1)
		return scep_fail(err, SCEP_E_HTTP, "body: %s",
		    strerror(errno));
	request->body_len = (size_t)n;
	request->method = scep_cgi_variable("REQUEST_METHOD");
	request->path = scep_cgi_variable("PATH_INFO");
	request->query = scep_cgi_variable("QUERY_STRING");
	scep_peer_find(&run->server, environ, run->peer);
	request->peer = run->peer;
	request->body = request->body_len > 0 ? run->body : NULL;
	return SCEP_OK;
}

/* To a server that lingers.  What it could not answer whole may be asked
 * again: a device does so, too. */
static int
hand_over(struct run *run, const struct scep_http_request *request)
{
	struct scep_buf		 answer = { NULL, 0 };
	struct scep_error	 err;
	enum scep_err		 rc;
	int			 fd;

	if (run->server.linger_s == 0 ||
	    request->body_len > run->server.max_request)
		return 0;
	if ((fd = scep_linger_dial(&run->server)) == -1) {
		run->alone = 1;
		return 0;
	}
	rc = scep_fcgi_ask(fd, (int)run->server.request_timeout_s *
	    ASK_SHARE_MS, request, &answer, &err);
	(void)close(fd);
	if (rc == SCEP_OK)
		(void)scep_cgi_write(answer.data, answer.len);
	else
		scep_log_warn("the server that lingers: %s/cgi.sock: %s; "
		    "served without it", run->server.state, err.text);
	scep_buf_clear(&answer);
	return rc == SCEP_OK;
}

static enum scep_err
prepare(struct run *run, struct scep_error *err)
{
	struct scep_conf	*conf = run->conf;
	enum scep_err		 rc;

	if ((rc = scep_crypto_new_brief(&run->crypto, err)) != SCEP_OK)
		return rc;
	run->conf = NULL;
	if ((rc = scep_config_parse(run->crypto, conf, &run->cfg, err)) !=
	    SCEP_OK ||
	    (rc = scep_config_load(run->crypto, run->cfg, err)) != SCEP_OK ||
	    (rc = scep_config_check(run->crypto, run->cfg, time(NULL),
	    log_fault, NULL, err)) != SCEP_OK ||
	    (rc = scep_turn_open(run->crypto, run->cfg,
	    (int)run->server.request_timeout_s * TURN_SHARE_MS, &run->ca,
	    err)) != SCEP_OK)
		return rc;
	return scep_ra_new(run->crypto, run->ca, &run->ra, err);
}

/* One line for each request (DESIGN 7.9). */
static void
answer(struct run *run, const struct scep_http_request *request,
    int64_t began)
{
	struct scep_http_response	 response;
	struct scep_line		 line = scep_log_begin();

	scep_ra_handle(run->ra, time(NULL), request, &response, &line);
	if (!respond(&response))
		scep_line_text(&line, "delivered", "no");
	scep_line_number(&line, "status", response.status);
	scep_line_number(&line, "ms", scep_now_ms() - began);
	scep_log_line(&line);
	scep_ra_count(run->ra, (long)(scep_now_ms() - began));
	scep_http_response_clear(&response);
}

/* Who is told nothing of why: the log is. */
static void
refuse(const struct scep_error *err)
{
	const struct scep_http_response	 response = {
		.status = scep_err_http(err->code),
		.type = "text/plain",
		.no_store = 1,
	};

	scep_log_error("%s", err->text);
	(void)respond(&response);
}

static void
run_clear(struct run *run)
{
	OPENSSL_free(run->body);
	scep_ra_free(run->ra);
	scep_ca_close(run->ca);
	scep_config_free(run->cfg);
	scep_conf_free(run->conf);
	/* There is no secret in run->crypto, and taking it apart would cost
	 * more than the end of the process does. */
}

/* The client need not wait for what we do besides.  Not a descriptor less: the
 * next file would be what we write answers to. */
static void
hang_up(void)
{
	int	 null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)shutdown(STDOUT_FILENO, SHUT_WR);
	if (null == -1)
		return;
	(void)dup2(null, STDOUT_FILENO);
	(void)close(null);
}

/* The answer is out. */
static void
tend(struct run *run)
{
	hang_up();
	scep_ra_report(run->ra, time(NULL));
	scep_turn_tend(run->ca, time(NULL));
	if (!run->alone)	/* else a server comes, and does it */
		scep_turn_deliver(run->ca);
}

/* Whoever needed the state, and nobody had it, leaves a server behind for
 * those who come next. */
static void
leave(struct run *run)
{
	const int		 lock = run->alone && run->ca != NULL ?
				    scep_turn_keep(run->ca) : -1;
	struct scep_error	 err;

	run_clear(run);
	if (lock == -1)
		return;
	if (scep_linger_start(&run->server, &err) != SCEP_OK)
		scep_log_warn("%s", err.text);
	(void)close(lock);
}

int
scep_cgi_run(void)
{
	static struct run		 run;
	const int64_t			 began = scep_now_ms();
	struct scep_http_request	 request;
	struct scep_error		 err;

	memset(&request, 0, sizeof(request));
	scep_cgi_begin();
	run.left = scep_cgi_body_length();
	if (begin(&run, &err) != SCEP_OK ||
	    read_request(&run, &request, &err) != SCEP_OK)
		refuse(&err);
	else if (!hand_over(&run, &request)) {
		if (prepare(&run, &err) != SCEP_OK)
			refuse(&err);
		else {
			answer(&run, &request, began);
			tend(&run);
		}
	}
	leave(&run);
	scep_cgi_drain(&run.left);
	return 0;
}
