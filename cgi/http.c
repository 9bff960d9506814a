/*
 * http.c - what CGI and FastCGI have in common: a request's variables and a
 * response's head (RFC 3875).
 *
 * Knows nothing of SCEP, and reads and writes nothing.
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cgi/http.h"

#define RETRY_S		5L	/* our own trouble */

/* RFC 9110 section 15. */
const char *
scep_http_reason(int status)
{
	static const struct {
		int		 status;
		const char	*text;
	} names[] = {
		{ 200, "OK" },
		{ 201, "Created" },
		{ 202, "Accepted" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 413, "Content Too Large" },
		{ 415, "Unsupported Media Type" },
		{ 422, "Unprocessable Content" },
		{ 429, "Too Many Requests" },
		{ 503, "Service Unavailable" },
	};
	size_t	 i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].status == status)
			return names[i].text;
	return "Error";
}

/* RFC 9110 section 5.6.7, in English whatever the locale: LC_TIME is not
 * set. */
static void
date(time_t t, char *out, size_t size)
{
	struct tm	 tm;

	if (gmtime_r(&t, &tm) == NULL || strftime(out, size,
	    "Last-Modified: %a, %d %b %Y %H:%M:%S GMT\r\n", &tm) == 0)
		*out = '\0';
}

size_t
scep_http_head(const struct scep_http_response *r, char out[SCEP_HTTP_HEAD])
{
	char	 age[64] = "", modified[64] = "", again[48] = "";
	int	 n;

	if (r->max_age > 0)
		(void)snprintf(age, sizeof(age),
		    "Cache-Control: public, max-age=%ld\r\n", r->max_age);
	if (r->status == 503 || r->retry_after > 0)
		(void)snprintf(again, sizeof(again), "Retry-After: %ld\r\n",
		    r->retry_after > 0 ? r->retry_after : RETRY_S);
	if (r->last_modified != 0)
		date(r->last_modified, modified, sizeof(modified));
	n = snprintf(out, SCEP_HTTP_HEAD, "Status: %d %s\r\n"
	    "Content-Type: %s\r\nContent-Length: %zu\r\n"
	    "%s%s%s%s%s%s%s\r\n",
	    r->status, scep_http_reason(r->status), r->type, r->body_len, age, modified,
	    r->no_store ? "Cache-Control: no-store\r\nPragma: no-cache\r\n" :
	    "", again, r->status == 405 ? "Allow: " : "",
	    r->status == 405 ? r->allow : "",
	    r->status == 405 ? "\r\n" : "");
	return n > 0 && n < SCEP_HTTP_HEAD ? (size_t)n : 0;
}
