/*
 * fcgi_request.c - a FastCGI request as the engine wants it, and its response
 * as FastCGI wants that.
 *
 * Knows CGI's variables and headers (RFC 3875), and nothing of SCEP.
 */
#include <limits.h>
#include <string.h>

#include "cgi/fcgi_request.h"

#define PEER_MAX	64	/* an address, with its zone */

static const char *
param(const FCGX_Request *fcgi, const char *name)
{
	const char	*value = FCGX_GetParam(name, fcgi->envp);

	return value != NULL ? value : "";
}

/* The web server's word, but it goes into records and quotas: no address is
 * longer. */
static const char *
peer(const FCGX_Request *fcgi)
{
	const char	*value = param(fcgi, "REMOTE_ADDR");

	return strnlen(value, PEER_MAX) < PEER_MAX ? value : "";
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
	out->peer = peer(fcgi);
	out->body = n > 0 ? buf : NULL;
	out->body_len = (size_t)n;
	return 1;
}

/* RFC 9110 section 15: a name for people. */
static const char *
reason(int status)
{
	static const struct {
		int		 status;
		const char	*text;
	} names[] = {
		{ 200, "OK" },
		{ 400, "Bad Request" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 413, "Content Too Large" },
		{ 503, "Service Unavailable" },
	};
	size_t	 i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].status == status)
			return names[i].text;
	return "Error";
}

static int
write_headers(FCGX_Stream *out, const struct scep_http_response *r)
{
	if (FCGX_FPrintF(out, "Status: %d %s\r\n", r->status,
	    reason(r->status)) == -1 ||
	    FCGX_FPrintF(out, "Content-Type: %s\r\nContent-Length: %lu\r\n",
	    r->type, (unsigned long)r->body_len) == -1)
		return 0;
	if (r->no_store && FCGX_PutS("Cache-Control: no-store\r\n"
	    "Pragma: no-cache\r\n", out) == -1)
		return 0;
	if (r->status == 503 && FCGX_PutS("Retry-After: 5\r\n", out) == -1)
		return 0;
	if (r->status == 405 && FCGX_PutS("Allow: GET, POST\r\n", out) == -1)
		return 0;
	return FCGX_PutS("\r\n", out) != -1;
}

int
scep_fcgi_write(FCGX_Request *fcgi, const struct scep_http_response *response)
{
	const char	*body = (const char *)response->body;

	if (!write_headers(fcgi->out, response))
		return 0;
	if (response->body_len > 0 && (response->body_len > INT_MAX ||
	    FCGX_PutStr(body, (int)response->body_len, fcgi->out) == -1))
		return 0;
	return FCGX_FFlush(fcgi->out) != -1;
}
