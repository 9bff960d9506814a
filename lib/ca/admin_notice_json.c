/* admin_notice_json.c - a notice that waits, as JSON. */
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/admin_notice.h"
#include "ca/local.h"
#include "ca/notice.h"

static const char *
state_of(struct scep_admin_call *call, const struct scep_notice *n)
{
	const struct scep_profile	*p = scep_config_profile(call->ca->cfg,
					    n->profile);

	if (p == NULL || p->notify.hook.kind == SCEP_HOOK_NONE)
		return "nobody to tell";
	return n->tries > 0 ? "failing" : "waiting";
}

static void
put_time(json_t *o, const char *member, time_t t)
{
	char	 text[SCEP_TIME_TEXT] = "";

	if (t != 0)
		scep_time_text(t, text);
	(void)json_object_set_new(o, member, json_string(text));
}

/* What receivers are told, but for the certificate. */
json_t *
scep_admin_notice_body(const struct scep_notice *n)
{
	return json_loadb((const char *)n->body.data, n->body.len,
	    JSON_REJECT_DUPLICATES, NULL);
}

static void
put_of_body(json_t *o, const json_t *body, const char *member)
{
	const json_t	*text = json_object_get(body, member);

	if (text == NULL)
		(void)json_object_set_new(o, member, json_string(""));
	else
		(void)json_object_set(o, member, (json_t *)(uintptr_t)text);
}

/* Nothing of what is in it is shown: it may be anything. */
static json_t *
damaged_json(const char *id, const struct scep_error *why)
{
	char	 text[SCEP_ERROR_MAX];

	OPENSSL_strlcpy(text, why->text, sizeof(text));
	scep_admin_printable(text);
	return json_pack("{s:s,s:s,s:s,s:s,s:i,s:s,s:s,s:s,s:s,s:s,s:s,s:s}",
	    "id", id, "event", "", "profile", "", "state", "damaged",
	    "tries", 0, "error", text, "created", "", "next", "", "last", "",
	    "subject", "", "serial", "", "request_id", "");
}

json_t *
scep_admin_notice_json(struct scep_admin_call *call,
    const struct scep_notice *n, const struct scep_error *why)
{
	json_t	*o, *body;

	if (why->code != SCEP_OK)
		return damaged_json(n->id, why);
	body = scep_admin_notice_body(n);
	o = json_pack("{s:s,s:s,s:s,s:s,s:I,s:s}", "id", n->id, "event",
	    scep_notice_name(n->kind), "profile", n->profile, "state",
	    state_of(call, n), "tries", (json_int_t)n->tries, "error",
	    n->trouble);
	if (o != NULL) {
		put_time(o, "created", n->created);
		put_time(o, "next", n->due);
		put_time(o, "last", n->last);
		put_of_body(o, body, "subject");
		put_of_body(o, body, "serial");
		put_of_body(o, body, "request_id");
	}
	json_decref(body);
	return o;
}
