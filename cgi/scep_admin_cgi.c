/*
 * scep_admin_cgi.c - scep-admin.fcgi as plain CGI: one process, one request
 * (RFC 3875).
 *
 * The request is read after the sandbox has closed.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/text.h"
#include "cgi/child.h"
#include "cgi/http.h"
#include "cgi/knock_socket.h"
#include "cgi/log.h"
#include "cgi/mdm.h"
#include "cgi/sandbox.h"
#include "cgi/scep_admin.h"
#include "cgi/state_socket.h"

#define PATH_LEN	1024

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
variable(const char *name)
{
	const char	*value = name[0] != '\0' ? getenv(name) : NULL;

	return value != NULL ? value : "";
}

/* As much as CONTENT_LENGTH says, and no more is waited for. */
static size_t
read_body(void)
{
	struct scep_error	 why;
	size_t			 n = 0;
	ssize_t			 got = 1;
	long			 length;

	if (scep_number_read(variable("CONTENT_LENGTH"), 0, LONG_MAX,
	    &length, &why) != SCEP_OK)
		return 0;
	if ((unsigned long)length > sizeof(body))
		length = (long)sizeof(body);
	while (n < (size_t)length && got != 0) {
		got = read(STDIN_FILENO, body + n, (size_t)length - n);
		if (got == -1 && errno != EINTR)
			break;
		n += got > 0 ? (size_t)got : 0;
	}
	return n;
}

static int
write_all(const void *data, size_t len)
{
	const uint8_t	*p = data;
	ssize_t		 n;

	for (; len > 0; p += n, len -= (size_t)n)
		if ((n = write(STDOUT_FILENO, p, len)) == -1) {
			if (errno != EINTR)
				return 0;
			n = 0;
		}
	return 1;
}

static void
answer(const struct scep_server_conf *conf, int *owner_fd, const char *path)
{
	const struct scep_mdm_host	 host = { ask, owner_fd,
					    conf->door_utf16 };
	const struct scep_mdm_request	 request = {
		.method = variable("REQUEST_METHOD"),
		.path = path,
		.query = variable("QUERY_STRING"),
		.type = variable("CONTENT_TYPE"),
		.auth = variable("HTTP_AUTHORIZATION"),
		.site = variable("HTTP_SEC_FETCH_SITE"),
		.user = variable(conf->door_user),
		.peer = scep_http_peer(variable("REMOTE_ADDR")),
		.body = body,
		.body_len = read_body(),
	};
	struct scep_line		 line = scep_log_begin();
	struct scep_mdm_response	 response = { .status = 503 };
	char				 head[SCEP_MDM_HEAD];

	scep_mdm_handle(&host, &request, &response, &line);
	if (!write_all(head, scep_mdm_head(&response, head)) ||
	    !write_all(response.body.data, response.body.len))
		scep_line_text(&line, "delivered", "no");
	scep_log_line(&line);
	scep_mdm_clear(&response);
}

int
scep_admin_cgi(const struct scep_server_conf *conf)
{
	char			 path[PATH_LEN];
	struct scep_error	 err;
	enum scep_err		 rc;
	int			 owner_fd = -1;

	(void)signal(SIGPIPE, SIG_IGN);
	(void)alarm((unsigned int)conf->request_timeout_s);
	rc = scep_state_dial_door(conf, &owner_fd, &err);
	if (rc != SCEP_OK && rc != SCEP_E_NOTFOUND && rc != SCEP_E_BUSY)
		scep_log_error("%s", err.text);	/* and 503 */
	if ((rc = scep_sandbox_enter(conf->sandbox, &err)) != SCEP_OK) {
		scep_log_error("%s", err.text);
		return scep_err_exit(rc);
	}
	(void)snprintf(path, sizeof(path), "%s%s", variable("SCRIPT_NAME"),
	    variable("PATH_INFO"));
	answer(conf, &owner_fd, path);
	OPENSSL_cleanse(body, sizeof(body));
	return 0;
}
