/*
 * admin_story.c - one request's story for the operator: its events, from the
 * store and from memory, as JSON.
 *
 * What stands in their texts was escaped when they were made, or is not
 * shown.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/admin_story.h"
#include "ca/cert_revoke.h"
#include "ca/damage.h"
#include "ca/decide.h"
#include "ca/story.h"
#include "ca/traces.h"

#define EVENTS_MAX	1000	/* looked at */
#define SHOWN_MAX	50	/* the first and the last of them */

struct story {
	struct scep_local	*ca;
	const char		*request_id;
	struct scep_trace	 event[EVENTS_MAX];
	size_t			 n;
	size_t			 more;		/* that found no room */
};

/* Collecting. */

static int
compare(const void *a, const void *b)
{
	const struct scep_trace	*x = a, *y = b;

	if (x->when != y->when)
		return x->when < y->when ? -1 : 1;
	if (x->nr != y->nr)
		return x->nr < y->nr ? -1 : 1;
	return (x->kind > y->kind) - (x->kind < y->kind);
}

/* Where this very event is already, or would be. */
static struct scep_trace *
place(struct story *s, const struct scep_trace *t)
{
	size_t	 i;

	for (i = 0; i < s->n; i++)
		if (compare(&s->event[i], t) == 0 &&
		    strcmp(s->event[i].id, t->id) == 0)
			break;
	return &s->event[i];
}

static enum scep_err
take(struct story *s, const struct scep_trace *t, struct scep_error *err)
{
	struct scep_trace	*to = place(s, t);
	enum scep_err		 rc;

	if (to == &s->event[EVENTS_MAX]) {
		s->more++;
		return SCEP_OK;
	}
	if (to < &s->event[s->n])	/* memory knows more than the store */
		scep_trace_clear(to);
	if ((rc = scep_trace_copy(t, to, err)) != SCEP_OK)
		memset(to, 0, sizeof(*to));
	else if (to == &s->event[s->n])
		s->n++;
	return rc;
}

static enum scep_err
take_row(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct story		*s = arg;
	struct scep_trace	 t;
	enum scep_err		 rc;

	if (scep_damage_is(s->ca, SCEP_T_TRACE, row))
		return SCEP_OK;
	if ((rc = scep_trace_decode(scep_buf_span(&row->value), &t, err)) !=
	    SCEP_OK)
		return rc;
	rc = strcmp(t.request_id, s->request_id) == 0 ? take(s, &t, err) :
	    strcmp(t.id, s->request_id) == 0 ? SCEP_OK : SCEP_E_EXISTS;
	scep_trace_clear(&t);
	return rc;
}

static enum scep_err
take_event(void *arg, const struct scep_trace *t, struct scep_error *err)
{
	struct story	*s = arg;

	return strcmp(t->request_id, s->request_id) == 0 ? take(s, t, err) :
	    SCEP_OK;
}

static enum scep_err
collect(struct scep_admin_call *call, struct story *s, struct scep_error *err)
{
	struct scep_store	*store = call->ca->store;
	const struct scep_span	 id = scep_span_text(s->request_id);
	enum scep_err		 rc;

	s->ca = call->ca;
	if ((rc = scep_store_scan(store, SCEP_T_TRACE, id, take_row, s,
	    err)) != SCEP_OK ||
	    (rc = scep_store_scan_index(store, SCEP_IX_TRACE_REQUEST, id,
	    scep_span_make(id.data, id.len + 1), take_row, s, err)) !=
	    SCEP_OK ||
	    (rc = scep_traces_each(call->ca->memory->traces, take_event, s,
	    err)) != SCEP_OK)
		return rc;
	qsort(s->event, s->n, sizeof(s->event[0]), compare);
	return SCEP_OK;
}

/* Telling. */

static json_t *
text_json(struct scep_span s)
{
	return json_stringn(s.len > 0 ? (const char *)s.data : "", s.len);
}

static void
set_time(json_t *to, const char *name, time_t t)
{
	char	 text[SCEP_TIME_TEXT];

	scep_time_text(t, text);
	(void)json_object_set_new(to, name, json_string(text));
}

/* One more value of a name that is there already. */
static void
set_more(json_t *to, const char *name, struct scep_span value)
{
	const json_t	*before = json_object_get(to, name);

	(void)json_object_set_new(to, name, before == NULL ?
	    text_json(value) : json_sprintf("%s, %.*s",
	    json_string_value(before), (int)value.len,
	    value.len > 0 ? (const char *)value.data : ""));
}

/* A line's pairs as members; those with this prefix go to list, in their
 * order. */
static void
pairs(struct scep_span rest, const char *prefix, json_t *members,
    json_t *list)
{
	struct scep_span	 key, value;
	const size_t		 skip = strlen(prefix);
	char			 name[64];

	while (scep_line_next(&rest, &key, &value)) {
		memcpy(name, key.data, key.len);
		name[key.len] = '\0';
		if (list != NULL && strncmp(name, prefix, skip) == 0)
			(void)json_array_append_new(list, json_pack("{s:s,s:o}",
			    "name", name + skip, "outcome",
			    text_json(value)));
		else if (members != NULL)
			set_more(members, name, value);
	}
}

/* Only the rules up to the one that decided are told of. */
static void
add_unreached(json_t *rules)
{
	const size_t	 n = json_array_size(rules);
	const char	*last = json_string_value(json_object_get(
			    json_array_get(rules, n - 1), "name"));
	unsigned int	 i;

	for (i = 0; last != NULL && i < SCEP_RULES; i++)
		if (strcmp(scep_rule_name(i), last) == 0)
			break;
	for (i++; last != NULL && i < SCEP_RULES; i++)
		(void)json_array_append_new(rules, json_pack("{s:s,s:s}",
		    "name", scep_rule_name(i), "outcome", "unreached"));
}

/* An object or array that is empty is left out. */
static void
set_unless_empty(json_t *to, const char *name, json_t *value)
{
	if (json_object_size(value) + json_array_size(value) > 0)
		(void)json_object_set_new(to, name, value);
	else
		json_decref(value);
}

static void
set_texts(json_t *to, const struct scep_trace *t)
{
	json_t			*result = json_object();
	json_t			*message = json_object();
	json_t			*checks = json_array();
	json_t			*request = json_object();
	json_t			*rules = json_array();
	struct scep_line	 line = { .len = 0 };

	scep_story_rules(scep_buf_span(&t->rules), &line);
	pairs(scep_buf_span(&t->result), "", result, NULL);
	pairs(scep_buf_span(&t->message), "check.", message, checks);
	pairs(scep_buf_span(&t->request), "", request, NULL);
	pairs(scep_span_make(line.text, line.len), "", NULL, rules);
	add_unreached(rules);
	set_unless_empty(to, "result", result);
	set_unless_empty(to, "message", message);
	set_unless_empty(to, "checks", checks);
	set_unless_empty(to, "request", request);
	set_unless_empty(to, "rules", rules);
}

static const char *
kind_name(enum scep_trace_kind kind)
{
	static const char *const	 names[] = {
		[SCEP_TRACE_REJECTED] = "rejected",
		[SCEP_TRACE_REFUSED] = "refused",
		[SCEP_TRACE_TROUBLE] = "trouble",
		[SCEP_TRACE_QUEUED] = "queued",
		[SCEP_TRACE_WAITING] = "waiting",
		[SCEP_TRACE_APPROVED] = "approved",
		[SCEP_TRACE_DENIED] = "denied",
		[SCEP_TRACE_EXPIRED] = "expired",
		[SCEP_TRACE_GRANTED] = "granted",
		[SCEP_TRACE_DELIVERED] = "delivered",
		[SCEP_TRACE_APPROVAL] = "approval",
		[SCEP_TRACE_REVOKED] = "revoked",
	};

	return names[kind];
}

static json_t *
event_json(const struct scep_trace *t)
{
	json_t	*o = json_object();

	set_time(o, "at", t->when);
	(void)json_object_set_new(o, "event", json_string(kind_name(t->kind)));
	(void)json_object_set_new(o, "id", json_string(t->id));
	if (t->count > 1) {
		(void)json_object_set_new(o, "count",
		    json_integer(t->count));
		set_time(o, "last", t->last);
		(void)json_object_set_new(o, "last_id",
		    json_string(t->last_id));
	}
	if (t->serial[0] != '\0')
		(void)json_object_set_new(o, "serial",
		    json_string(t->serial));
	set_texts(o, t);
	return o;
}

/* Without its events: what the records say. */

static void
set_record(json_t *events, time_t when, const char *event, const char *record,
    const char *name, const char *text)
{
	json_t	*o = json_object();

	set_time(o, "at", when);
	(void)json_object_set_new(o, "event", json_string(event));
	(void)json_object_set_new(o, "record", json_string(record));
	if (text[0] != '\0')
		(void)json_object_set_new(o, "result", json_pack("{s:s}", name,
		    text));
	(void)json_array_append_new(events, o);
}

static void
tell_left(const struct scep_story_left *left, int to_the_end,
    json_t *events)
{
	const struct scep_txn		*txn = left->txn;
	const struct scep_cert_rec	*cert = left->cert;
	char				 serial[2 * 40 + 1];

	if (txn != NULL && txn->state != SCEP_TXN_GRANTED)
		set_record(events, txn->created, "queued", "transaction", "",
		    "");
	if (txn != NULL && txn->state == SCEP_TXN_REFUSED)
		set_record(events, txn->decided, "denied", "transaction",
		    "reason", txn->reason);
	if (txn != NULL && txn->state == SCEP_TXN_EXPIRED)
		set_record(events, txn->decided, "expired", "transaction", "",
		    "");
	if (cert == NULL)
		return;
	set_record(events, cert->issued, "granted", "certificate",
	    "authority", cert->authority);
	scep_hex_text(scep_buf_span(&cert->serial), serial, sizeof(serial));
	(void)json_object_set_new(json_array_get(events,
	    json_array_size(events) - 1), "serial", json_string(serial));
	if (to_the_end && cert->state == SCEP_CERT_REVOKED)
		set_record(events, cert->revoked, "revoked", "certificate",
		    "reason", scep_reason_name(cert->reason));
}

/* The middle of a long story is left out. */
static size_t
tell(const struct story *s, json_t *events)
{
	const size_t	 half = SHOWN_MAX / 2;
	size_t		 i, left_out = 0;

	for (i = 0; i < s->n; i++)
		if (s->n > SHOWN_MAX && i >= half && i < s->n - half)
			left_out++;
		else
			(void)json_array_append_new(events,
			    event_json(&s->event[i]));
	return left_out + s->more;
}

void
scep_admin_txid(const struct scep_buf *txid, char *out, size_t size)
{
	if (txid->len < size && scep_is_clean_utf8(scep_buf_span(txid)))
		OPENSSL_strlcpy(out, txid->len > 0 ?
		    (const char *)txid->data : "", size);
	else
		scep_hex_text(scep_buf_span(txid), out, size);
}

static json_t *
story_json(const struct story *s, const struct scep_story_left *left)
{
	const struct scep_buf	 none = { NULL, 0 };
	const struct scep_buf	*txid = s->n > 0 ? &s->event[0].txid :
				    left->txn != NULL ? &left->txn->txid :
				    &none;
	const char		*profile = s->n > 0 ? s->event[0].profile :
				    left->txn != NULL ? left->txn->profile :
				    left->cert != NULL ? left->cert->profile :
				    "";
	json_t			*o = json_object(), *events = json_array();
	char			 text[2 * 1024 + 1];
	size_t			 left_out;

	scep_admin_txid(txid, text, sizeof(text));
	(void)json_object_set_new(o, "request", json_string(s->request_id));
	(void)json_object_set_new(o, "profile", json_string(profile));
	(void)json_object_set_new(o, "transaction", json_string(text));
	/* What led to a revocation may be long ago. */
	if (s->n == 0 || s->event[0].kind == SCEP_TRACE_REVOKED)
		tell_left(left, s->n == 0, events);
	left_out = tell(s, events);
	(void)json_object_set_new(o, "events", events);
	if (left_out > 0)
		(void)json_object_set_new(o, "left_out",
		    json_integer((json_int_t)left_out));
	return o;
}

enum scep_err
scep_admin_story(struct scep_admin_call *call, const char *request_id,
    const struct scep_story_left *left, json_t **out, struct scep_error *err)
{
	struct story	*s;
	enum scep_err	 rc;

	*out = NULL;
	if ((s = OPENSSL_zalloc(sizeof(*s))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "a request's story");
	s->request_id = request_id;
	if ((rc = collect(call, s, err)) == SCEP_OK)
		*out = story_json(s, left);
	while (s->n > 0)
		scep_trace_clear(&s->event[--s->n]);
	OPENSSL_free(s);
	return rc;
}
