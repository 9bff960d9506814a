/*
 * admin.c - the operator's requests: read, sent to whoever acts, answered.
 *
 * Knows the frame of a request and of a reply; what the verbs do is in
 * admin_challenge.c, admin_request.c and their neighbours.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ca/admin.h"
#include "ca/admin_json.h"

const struct scep_admin_verb *
scep_admin_find(const char *name)
{
	static const struct scep_admin_verb	*const tables[] = {
		scep_admin_challenge, scep_admin_request, scep_admin_cert,
		scep_admin_crl, scep_admin_server, scep_admin_explain,
		scep_admin_backup, scep_admin_log, scep_admin_ca,
		scep_admin_ca_show, scep_admin_import, scep_admin_apikey,
		scep_admin_limits, scep_admin_token, scep_admin_notice
	};
	const struct scep_admin_verb		*v;
	size_t					 i;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
		for (v = tables[i]; v->name != NULL; v++)
			if (strcmp(v->name, name) == 0)
				return v;
	return NULL;
}

/* Messages say where, not what stood there: it may be a secret. */
enum scep_err
scep_admin_parse(struct scep_span request, json_t **out,
    struct scep_error *err)
{
	json_error_t	 where;

	*out = NULL;
	if (request.len > SCEP_ADMIN_ASK_MAX)
		return scep_fail(err, SCEP_E_USAGE,
		    "request of %zu octets, at most %d", request.len,
		    SCEP_ADMIN_ASK_MAX);
	*out = json_loadb((const char *)request.data, request.len,
	    JSON_REJECT_DUPLICATES, &where);
	if (*out == NULL)
		return scep_fail(err, SCEP_E_USAGE,
		    "request is no JSON at line %d, column %d", where.line,
		    where.column);
	if (!json_is_object(*out))
		return scep_fail(err, SCEP_E_USAGE,
		    "request is no JSON object");
	return SCEP_OK;
}

static enum scep_err
act(struct scep_admin_call *call, struct scep_error *err)
{
	const char			*name;
	const struct scep_admin_verb	*verb;
	enum scep_err			 rc;

	name = scep_admin_text(call, "do", NULL);
	if (name == NULL || (verb = scep_admin_find(name)) == NULL) {
		scep_line_text(&call->summary, "do", "unknown");
		return scep_fail(err, SCEP_E_USAGE, "\"do\" asks for nothing "
		    "that is known; is scepadm of the same version as "
		    "scep.fcgi");
	}
	scep_line_text(&call->summary, "do", name);
	scep_line_fmt(&call->summary, "uid", "%lu", call->uid);
	if ((rc = scep_admin_check(verb->members, call->ask, err)) != SCEP_OK)
		return scep_fail_within(err, "%s", name);
	return verb->act(call, err);
}

void
scep_admin_reply_refusal(enum scep_err rc, struct scep_error *err,
    json_t *more, struct scep_buf *reply)
{
	struct scep_error	 lost;
	json_t			*root;

	scep_admin_printable(err->text);
	root = json_pack("{s:b,s:s,s:i,s:s}", "ok", 0, "code",
	    scep_err_name(rc), "exit", scep_err_exit(rc), "error", err->text);
	/* Without a reply the caller has rc and err. */
	if (root != NULL && more != NULL)
		(void)json_object_update(root, more);
	json_decref(more);
	if (root != NULL)
		(void)scep_admin_dump(root, reply, &lost);
}

static enum scep_err
reply_rows(const struct scep_admin_rows *rows, struct scep_buf *reply,
    struct scep_error *err)
{
	static const char	 front[] = "{\"ok\":true,\"result\":[";
	static const char	 back[] = "]}";
	const size_t		 len = sizeof(front) - 1 + rows->len +
				    sizeof(back) - 1;
	char			*p;

	if ((p = OPENSSL_malloc(len + 1)) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "a reply of %zu octets",
		    len);
	reply->data = (uint8_t *)p;
	reply->len = len;
	memcpy(p, front, sizeof(front) - 1);
	p += sizeof(front) - 1;
	if (rows->len > 0)
		memcpy(p, rows->text, rows->len);
	memcpy(p + rows->len, back, sizeof(back));
	return SCEP_OK;
}

enum scep_err
scep_admin_reply(struct scep_admin_call *call, struct scep_buf *reply,
    struct scep_error *err)
{
	json_t	*root;

	if (call->rows.open)
		return reply_rows(&call->rows, reply, err);
	root = json_pack("{s:b,s:o}", "ok", 1, "result", call->result);
	call->result = NULL;		/* transferred, on failure too */
	if (root == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "the reply as JSON");
	return scep_admin_dump(root, reply, err);
}

void
scep_admin_call_clear(struct scep_admin_call *call)
{
	json_decref(call->result);
	OPENSSL_clear_free(call->rows.text, call->rows.size);
}

enum scep_err
scep_admin(struct scep_ca *ca, time_t now, unsigned long uid,
    struct scep_span request, struct scep_buf *reply, char *summary,
    size_t summary_size, struct scep_error *err)
{
	const struct scep_admin_watch	 nobody = { NULL, NULL, NULL };

	return scep_admin_watched(ca, now, uid, request, &nobody, reply,
	    summary, summary_size, err);
}

enum scep_err
scep_admin_watched(struct scep_ca *ca, time_t now, unsigned long uid,
    struct scep_span request, const struct scep_admin_watch *watch,
    struct scep_buf *reply, char *summary, size_t summary_size,
    struct scep_error *err)
{
	struct scep_admin_call	 call = {
		.ca = (struct scep_local *)ca,
		.now = now,
		.uid = uid,
		.watch = watch,
	};
	json_t			*ask;
	enum scep_err		 rc;

	(void)snprintf(call.by, sizeof(call.by), "uid %lu", uid);
	scep_buf_clear(reply);
	if ((rc = scep_admin_parse(request, &ask, err)) == SCEP_OK) {
		call.ask = ask;
		rc = act(&call, err);
	}
	if (rc == SCEP_OK)
		rc = scep_admin_reply(&call, reply, err);
	if (rc != SCEP_OK)
		scep_admin_reply_refusal(rc, err, NULL, reply);
	(void)snprintf(summary, summary_size, "%s", call.summary.text);
	json_decref(ask);
	scep_admin_call_clear(&call);
	return rc;
}
