/*
 * scep_admin_cgi.c - scep-admin.fcgi as plain CGI: one process, one request
 * (RFC 3875).
 *
 * The request is read after the sandbox has closed.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "cgi/cgi_pipe.h"
#include "cgi/knock_socket.h"
#include "cgi/log.h"
#include "cgi/mdm_request.h"
#include "cgi/peer.h"
#include "cgi/sandbox.h"
#include "cgi/scep_admin.h"
#include "cgi/state_socket.h"

static uint8_t	body[SCEP_MDM_BODY + 1];

static enum scep_err
ask(void *arg, struct scep_span request, struct scep_buf *reply,
    struct scep_error *err)
{
	const int	*fd = arg;

	if (*fd != -1)
		return scep_knock_ask(*fd, request, reply, err);
	return scep_fail(err, SCEP_E_BUSY, "nobody owns the state; start "
	    "scep.fcgi");
}

static const char *
variable(void *arg, const char *name)
{
	(void)arg;
	return getenv(name);
}

static int
respond(const struct scep_mdm_response *response)
{
	char	 head[SCEP_MDM_HEAD];

	return scep_cgi_write(head, scep_mdm_head(response, head)) &&
	    scep_cgi_write(response->body.data, response->body.len);
}

static void
answer(const struct scep_server_conf *conf, int *owner_fd)
{
	const struct scep_mdm_host	 host = { ask, owner_fd,
					    conf->door_utf16 };
	struct scep_line		 line = scep_log_begin();
	struct scep_mdm_response	 response = {
		.status = 503,
		.type = "text/plain",
	};
	struct scep_mdm_request		 request;
	char				 path[SCEP_MDM_PATH];
	char				 peer[SCEP_PEER_MAX];
	long				 left = scep_cgi_body_length();
	ssize_t				 n;

	scep_mdm_read(conf, variable, NULL, path, &request);
	scep_peer_find(conf, environ, peer);
	request.peer = peer;
	request.body = body;
	if ((n = scep_cgi_read(&left, body, sizeof(body))) == -1) {
		scep_log_error("body: %s", strerror(errno));
		(void)respond(&response);
		return;
	}
	request.body_len = (size_t)n;
	scep_mdm_handle(&host, &request, &response, &line);
	if (!respond(&response))
		scep_line_text(&line, "delivered", "no");
	scep_log_line(&line);
	scep_mdm_clear(&response);
	scep_cgi_drain(&left);
}

void
scep_admin_cgi_busy(void)
{
	const struct scep_mdm_response	 response = {
		.status = 503,
		.type = "text/plain",
		.wait_s = 5,
	};

	scep_cgi_begin();
	(void)respond(&response);
}

int
scep_admin_cgi(const struct scep_server_conf *conf)
{
	struct scep_error	 err;
	enum scep_err		 rc;
	int			 owner_fd = -1;

	scep_cgi_begin();
	(void)alarm((unsigned int)conf->request_timeout_s);
	rc = scep_state_dial_door(conf, &owner_fd, &err);
	if (rc != SCEP_OK && rc != SCEP_E_NOTFOUND && rc != SCEP_E_BUSY)
		scep_log_error("%s", err.text);	/* and 503 */
	if ((rc = scep_sandbox_enter(conf->sandbox, &err)) != SCEP_OK) {
		scep_log_error("%s", err.text);
		scep_admin_cgi_busy();
		return scep_err_exit(rc);
	}
	answer(conf, &owner_fd);
	OPENSSL_cleanse(body, sizeof(body));
	return 0;
}
