/*
 * mdm.c - which door a request is for, and what all of them have in common.
 *
 * A path is looked at from behind, so that the doors may be at any place of
 * the web server's.
 */
#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/error.h"
#include "base/text.h"
#include "cgi/http.h"
#include "cgi/mdm_local.h"

#define API	"/api/v1/"

void
scep_mdm_clear(struct scep_mdm_response *response)
{
	scep_buf_clear(&response->body);
}

void
mdm_body(struct mdm *m, int status, const char *type, struct scep_span body)
{
	struct scep_error	 why;

	m->response->status = status;
	m->response->type = type;
	if (scep_buf_set(&m->response->body, body, &why) != SCEP_OK)
		m->response->status = 503;
}

void
mdm_not_done(struct mdm *m, const struct mdm_answer *answer)
{
	m->response->status = mdm_status(answer->no);
	m->response->asks_who = answer->no == MDM_WHO;
	m->response->wait_s = answer->no == MDM_RATE ? answer->wait_s :
	    answer->no == MDM_TROUBLE ? 5 : 0;
}

int
mdm_body_is_empty(const struct scep_mdm_request *request)
{
	size_t	 i;

	for (i = 0; i < request->body_len; i++)
		if (!isspace(request->body[i]))
			return 0;
	return 1;
}

int
mdm_query_profile(const char *query, char out[64])
{
	static const char	 name[] = "profile=";
	const size_t		 front = sizeof(name) - 1;
	size_t			 len;

	out[0] = '\0';
	for (; *query != '\0'; query += len + (query[len] == '&')) {
		len = strcspn(query, "&");
		if (len < front || strncmp(query, name, front) != 0)
			continue;
		/* Once: of two, others may look at the other one. */
		if (len == front || len - front >= 64 || out[0] != '\0')
			return 0;
		memcpy(out, query + front, len - front);
		out[len - front] = '\0';
	}
	return out[strspn(out, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789_-")] == '\0';
}

json_t *
mdm_challenge(struct mdm *m, const char *note)
{
	char	 profile[64];
	json_t	*ask;

	if (!mdm_query_profile(m->request->query, profile) ||
	    (ask = json_pack("{s:s}", "note", note)) == NULL)
		return NULL;
	if (profile[0] != '\0')
		(void)json_object_set_new(ask, "profile",
		    json_string(profile));
	return ask;
}

static void
api(struct mdm *m)
{
	mdm_api(m, strstr(m->request->path, API) + sizeof(API) - 1);
}

static int
ends_with(const char *path, const char *tail)
{
	const size_t	 n = strlen(path), t = strlen(tail);

	return n >= t && strcmp(path + n - t, tail) == 0;
}

static const struct door {
	const char	*name, *tail;
	void		(*open)(struct mdm *m);
	const char	*methods;	/* of all but the API */
} doors[] = {
	{ "ndes", "/mscep_admin/", mdm_ndes, "GET, POST" },
	{ "ndes", "/mscep_admin", mdm_ndes, "GET, POST" },
	{ "webhook", "/challenge", mdm_webhook, "POST" },
};
static const struct door	api_door = { "api", API, api, NULL };

/* Refused before anybody is asked; door is NULL where there is none. */
static void
refuse(struct mdm *m, const struct door *door, int status, const char *why)
{
	if (door == &api_door) {
		mdm_api_error(m, status, why);
		return;
	}
	scep_line_text(m->line, "reason", why);
	mdm_body(m, status, "text/plain", scep_span_text(why));
}

static const struct door *
find(const char *path)
{
	size_t	 i;

	if (strstr(path, API) != NULL)
		return &api_door;
	for (i = 0; i < sizeof(doors) / sizeof(doors[0]); i++)
		if (ends_with(path, doors[i].tail))
			return &doors[i];
	return NULL;
}

/* Is the method one of "GET, POST"? */
static int
has_method(const char *methods, const char *method)
{
	const size_t	 len = strlen(method);
	const char	*p = methods;
	size_t		 n;

	for (; *p != '\0'; p += n, p += strspn(p, ", "))
		if ((n = strcspn(p, ",")) == len && len > 0 &&
		    memcmp(p, method, len) == 0)
			return 1;
	return 0;
}

/*
 * A browser says from where it was sent.  Who has logged in there is not to
 * be made to act by a page of somebody else's.  One that is old, or has no
 * TLS, says so by Origin alone, and not where it asks by GET.
 */
static int
is_cross_site(const struct scep_mdm_request *r)
{
	const char	*authority = strstr(r->origin, "://");

	if (r->site[0] != '\0')
		return strcasecmp(r->site, "same-origin") != 0 &&
		    strcasecmp(r->site, "none") != 0;
	return r->origin[0] != '\0' && (authority == NULL ||
	    strcasecmp(authority + 3, r->host) != 0);
}

/* Of {"dry":1} nothing may have come, and that would be done: a body that is
 * broken off is no shorter one. */
static int
is_broken_off(const struct scep_mdm_request *r)
{
	struct scep_error	 unknown;
	long			 length;

	return strcmp(r->method, "POST") == 0 && scep_number_read(r->length,
	    0, LONG_MAX, &length, &unknown) == SCEP_OK &&
	    r->body_len < (size_t)length;
}

static void
route(struct mdm *m)
{
	const struct scep_mdm_request	*r = m->request;
	const struct door		*door = find(r->path);

	if (door == NULL) {
		refuse(m, door, 404, "there is no such door");
		return;
	}
	m->door = door->name;
	scep_line_text(m->line, "door", door->name);
	if (is_cross_site(r))
		refuse(m, door, 403, "sent by a page of another site");
	else if (r->body_len > SCEP_MDM_BODY)
		refuse(m, door, 413, "the body is too long");
	else if (is_broken_off(r))
		refuse(m, door, 400, "the body is broken off");
	else if (door->methods != NULL &&
	    !has_method(door->methods, r->method)) {
		m->response->allow = door->methods;
		refuse(m, door, 405, "no such method here");
	} else
		door->open(m);
}

void
scep_mdm_handle(const struct scep_mdm_host *host,
    const struct scep_mdm_request *request,
    struct scep_mdm_response *response, struct scep_line *line)
{
	struct mdm	 m = { host, request, response, line, "none" };

	memset(response, 0, sizeof(*response));
	response->status = 503;
	response->type = "text/plain";
	scep_line_text(line, "method", request->method);
	scep_line_text(line, "path", request->path);
	scep_line_text(line, "peer", request->peer);
	route(&m);
	scep_line_number(line, "status", response->status);
}

/* No cache keeps a challenge; and nothing of ours is to be drawn into a page
 * of somebody else's. */
size_t
scep_mdm_head(const struct scep_mdm_response *r, char out[SCEP_MDM_HEAD])
{
	char	 wait[48] = "", allow[64] = "";
	int	 n;

	if (r->wait_s > 0)
		(void)snprintf(wait, sizeof(wait), "Retry-After: %ld\r\n",
		    r->wait_s);
	if (r->status == 405 && r->allow != NULL)
		(void)snprintf(allow, sizeof(allow), "Allow: %s\r\n",
		    r->allow);
	n = snprintf(out, SCEP_MDM_HEAD, "Status: %d %s\r\n"
	    "Content-Type: %s\r\nContent-Length: %zu\r\n"
	    "Cache-Control: no-store\r\nPragma: no-cache\r\n"
	    "X-Content-Type-Options: nosniff\r\n"
	    "Content-Security-Policy: default-src 'none'; "
	    "frame-ancestors 'none'\r\n%s%s%s\r\n",
	    r->status, scep_http_reason(r->status), r->type, r->body.len,
	    r->asks_who ? "WWW-Authenticate: Basic realm=\"SCEP\"\r\n" : "",
	    wait, allow);
	return n > 0 && n < SCEP_MDM_HEAD ? (size_t)n : 0;
}
