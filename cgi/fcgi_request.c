/*
 * fcgi_request.c - a FastCGI request as the engine wants it, and its response
 * as FastCGI wants that.
 *
 * Knows libfcgi and its streams, and nothing of SCEP.
 */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cgi/fcgi_request.h"
#include "cgi/http.h"

static const char *
param(const FCGX_Request *fcgi, const char *name)
{
	const char	*value = FCGX_GetParam(name, fcgi->envp);

	return value != NULL ? value : "";
}

int
scep_fcgi_read(FCGX_Request *fcgi, uint8_t *buf, size_t size,
    struct scep_http_request *out)
{
	const int	 max = size < INT_MAX ? (int)size : INT_MAX;
	int		 n;

	n = FCGX_GetStr((char *)buf, max, fcgi->in);
	if (FCGX_GetError(fcgi->in) != 0 || n < 0)
		return 0;
	out->method = param(fcgi, "REQUEST_METHOD");
	out->path = param(fcgi, "PATH_INFO");
	out->query = param(fcgi, "QUERY_STRING");
	out->peer = "";
	out->body = n > 0 ? buf : NULL;
	out->body_len = (size_t)n;
	return 1;
}

int
scep_fcgi_write(FCGX_Request *fcgi, const struct scep_http_response *response)
{
	const char	*body = (const char *)response->body;
	char		 head[SCEP_HTTP_HEAD];
	const size_t	 len = scep_http_head(response, head);

	if (FCGX_PutStr(head, (int)len, fcgi->out) == -1)
		return 0;
	if (response->body_len > 0 && (response->body_len > INT_MAX ||
	    FCGX_PutStr(body, (int)response->body_len, fcgi->out) == -1))
		return 0;
	/* With the end of the request in the same write. */
	(void)FCGX_FClose(fcgi->err);
	return FCGX_FClose(fcgi->out) != -1;
}

/*
 * libfcgi waits for the peer to close first, lest octets that were not read
 * make the kernel throw away the answer.  Where all were read, nothing can be
 * lost.
 */
void
scep_fcgi_finish(FCGX_Request *fcgi)
{
	const int	 fd = fcgi->ipcFd;
	const int	 is_read = fcgi->in != NULL &&
			    FCGX_HasSeenEOF(fcgi->in) == EOF &&
			    FCGX_GetError(fcgi->in) == 0;

	/* Kept in earnest, a connection would pin this worker. */
	fcgi->keepConnection = is_read;
	FCGX_Finish_r(fcgi);
	if (is_read && fcgi->ipcFd != -1)
		(void)close(fd);
	fcgi->ipcFd = -1;
}
