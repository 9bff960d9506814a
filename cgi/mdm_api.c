/*
 * mdm_api.c - the JSON door: challenges made, requests listed and decided.
 *
 *   POST …/api/v1/challenges               a challenge to be made (admin.h)
 *   GET  …/api/v1/requests?limit=N&…       {"requests":[…],"next":"…"}
 *   GET  …/api/v1/requests/ID
 *   POST …/api/v1/requests/ID/approve       202: others must approve it too
 *   POST …/api/v1/requests/ID/refuse       {"reason":"…"}
 *
 * An error is {"error":"…"}.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ca/knock.h"
#include "cgi/mdm_local.h"

#define JSON	"application/json"
#define ID_MAX	16

/* As `scepadm request list` has them, but for after. */
static const struct mdm_param	list_params[] = {
	{ "limit", MDM_NUMBER, SCEP_KNOCK_PAGE_MAX },
	{ "after", MDM_TEXT, 0 },
	{ "state", MDM_TEXT, 0 },
	{ "profile", MDM_TEXT, 0 },
	{ "subject", MDM_TEXT, 0 },
	{ "san", MDM_TEXT, 0 },
	{ "peer", MDM_TEXT, 0 },
	{ "older", MDM_DURATION, 0 },
	{ "newer", MDM_DURATION, 0 },
	{ NULL, MDM_TEXT, 0 }
};
static const struct mdm_param	no_params[] = { { NULL, MDM_TEXT, 0 } };

static const struct act {
	const char	*method;
	const char	*path;		/* * stands for an id */
	const char	*verb;
	enum {
		NO_BODY,
		MAY_HAVE_BODY,
		HAS_BODY	/* one that got lost would bind nothing */
	}		 body;
	int		 status;
	const struct mdm_param	*params;
} acts[] = {
	{ "POST", "challenges", "challenge.add", HAS_BODY, 201, no_params },
	{ "GET", "requests", "request.list", NO_BODY, 200, list_params },
	{ "GET", "requests/*", "request.show", NO_BODY, 200, no_params },
	{ "POST", "requests/*/approve", "request.approve", MAY_HAVE_BODY,
	    200, no_params },
	{ "POST", "requests/*/refuse", "request.refuse", MAY_HAVE_BODY, 200,
	    no_params },
};

static void
put(struct mdm *m, int status, json_t *json)
{
	char	*text = json_dumps(json, JSON_COMPACT);

	if (text != NULL) {
		mdm_body(m, status, JSON, scep_span_text(text));
		OPENSSL_cleanse(text, strlen(text));
	}
	free(text);
	json_decref(json);
}

void
mdm_api_error(struct mdm *m, int status, const char *why)
{
	scep_line_text(m->line, "reason", why);
	put(m, status, json_pack("{s:s}", "error", why));
}

/* Does the path match, and with which id? */
static int
matches(const char *pattern, const char *path, char id[ID_MAX + 1])
{
	size_t	 n;

	id[0] = '\0';
	for (; *pattern != '\0'; pattern++) {
		if (*pattern != '*') {
			if (*pattern != *path++)
				return 0;
			continue;
		}
		n = strspn(path, "0123456789abcdefABCDEF");
		if (n == 0 || n > ID_MAX)
			return 0;
		memcpy(id, path, n);
		id[n] = '\0';
		path += n;
	}
	return *path == '\0';
}

/* NULL: there is none; *allow is the method that there is. */
static const struct act *
find(const char *method, const char *path, char id[ID_MAX + 1],
    const char **allow)
{
	size_t	 i;

	*allow = NULL;
	for (i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		if (!matches(acts[i].path, path, id))
			continue;
		if (strcmp(acts[i].method, method) == 0)
			return &acts[i];
		*allow = acts[i].method;
	}
	return NULL;
}

/* A form of a page elsewhere cannot send this type. */
static int
is_json(const char *type)
{
	const size_t	 len = sizeof(JSON) - 1;

	return strncasecmp(type, JSON, len) == 0 &&
	    (type[len] == '\0' || strchr(" ;", type[len]) != NULL);
}

/* What is asked for in the body, over what the query says; ask is stolen.
 * NULL where the body is none. */
static json_t *
read_body(const struct scep_mdm_request *r, const struct act *act,
    const char *id, json_t *ask)
{
	json_t	*body = NULL;
	int	 ok = 1;

	if (act->body == HAS_BODY || !mdm_body_is_empty(r)) {
		body = json_loadb((const char *)r->body, r->body_len,
		    JSON_REJECT_DUPLICATES, NULL);
		ok = json_is_object(body) && json_object_update(ask, body) ==
		    0;
	}
	json_decref(body);
	if (ok && id[0] != '\0')
		ok = json_object_get(ask, "id") == NULL &&
		    json_object_set_new(ask, "id", json_string(id)) == 0;
	if (ok)
		return ask;
	json_decref(ask);
	return NULL;
}

/* How it is set up here, and what ails it, is for the log. */
static const char *
told(const struct mdm_answer *a)
{
	switch (a->no) {
	case MDM_WHO:
	case MDM_STRANGER:
		return "not known here";
	case MDM_TROUBLE:
		return "trouble of the server's own; try again later";
	default:
		return a->why;
	}
}

/* Approved, and somebody else must do so too. */
static int
is_pending(const struct act *act, const struct mdm_answer *a)
{
	const char	*state = json_string_value(json_object_get(a->result,
			    "state"));

	return strcmp(act->verb, "request.approve") == 0 && state != NULL &&
	    strcmp(state, "pending") == 0;
}

/* A page, and where the next one begins. */
static void
put_page(struct mdm *m, const struct act *act, const json_t *result)
{
	json_t	*rows = json_object_get(result, "rows");
	json_t	*next = json_object_get(result, "next"), *page;

	if (!json_is_array(rows)) {
		mdm_api_error(m, 503, "the owner's answer is no list");
		return;
	}
	page = json_pack("{s:O}", "requests", rows);
	if (next != NULL)
		(void)json_object_set(page, "next", next);
	put(m, act->status, page);
}

static void
carry_out(struct mdm *m, const struct act *act, json_t *ask)
{
	struct mdm_answer	 a;

	mdm_ask(m, act->verb, ask, &a);
	if (a.no != MDM_DONE) {
		mdm_not_done(m, &a);
		put(m, mdm_status(a.no), json_pack("{s:s}", "error",
		    told(&a)));
	} else if (act->params == list_params)
		put_page(m, act, a.result);
	else
		put(m, is_pending(act, &a) ? 202 : act->status,
		    json_incref(a.result));
	mdm_answer_clear(&a);
}

void
mdm_api(struct mdm *m, const char *rest)
{
	const struct scep_mdm_request	*r = m->request;
	const struct act		*act;
	struct scep_error		 err;
	char				 id[ID_MAX + 1];
	json_t				*ask;

	if ((act = find(r->method, rest, id, &m->response->allow)) == NULL) {
		if (m->response->allow != NULL)
			mdm_api_error(m, 405, "no such method here");
		else
			mdm_api_error(m, 404, "there is no such path; see "
			    "scep-admin.fcgi(8)");
		return;
	}
	if (act->body != NO_BODY && !is_json(r->type)) {
		mdm_api_error(m, 415, "say Content-Type: " JSON);
		return;
	}
	if (act->body == NO_BODY && !mdm_body_is_empty(r)) {
		mdm_api_error(m, 400, "GET takes no body");
		return;
	}
	if ((ask = mdm_query(act->params, r->query, &err)) == NULL) {
		mdm_api_error(m, err.code == SCEP_E_NOMEM ? 503 : 400,
		    err.text);
		return;
	}
	if ((ask = read_body(r, act, id, ask)) == NULL) {
		mdm_api_error(m, 400, "the body is no JSON object ({} says "
		    "nothing), or has members twice, or an id of its own");
		return;
	}
	carry_out(m, act, ask);
}
