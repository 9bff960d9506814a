/*
 * admin_notice.c - notices that wait for whoever is to be told: listed, shown,
 * tried again at once, dropped.
 */
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/admin_json.h"
#include "ca/notice.h"
#include "ca/notices.h"

#define BATCH		100		/* rows in a change */
#define READS		SCEP_ADMIN_PAGE	/* rows that one request looks at */
#define AGE_KEY		(1 + SCEP_INDEX_TIME)
#define AFTER_MAX	(2 * AGE_KEY + SCEP_NOTICE_ID)

/* Where a page ended. */
struct place {
	uint8_t	 age[AGE_KEY];
	size_t	 len;
	char	 id[SCEP_NOTICE_ID];
};

/* What is done with each notice that is meant; SCEP_E_EXISTS: enough. */
struct page;
typedef enum scep_err	(*notice_fn)(struct page *page,
			    struct scep_notice *n, struct scep_error *err);
struct page {
	struct scep_admin_call	*call;
	notice_fn		 fn;
	const char		*profile, *event;	/* or NULL: all */
	struct place		 last;
	size_t			 reads;
	int			 is_cut;	/* there may be more */
	json_t			*rows;
	size_t			 limit;
	struct scep_change	 change;
	size_t			 n;		/* retried, dropped */
	long			 dropped[2];	/* of others, of minor ones */
	char			 ids[BATCH * SCEP_NOTICE_ID];
};

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
static json_t *
body_json(const struct scep_notice *n)
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

static json_t *
notice_json(struct scep_admin_call *call, const struct scep_notice *n)
{
	json_t	*o, *body = body_json(n);

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

/* Those that are meant, a page at a time. */

static int
is_meant(const struct page *page, const struct scep_notice *n)
{
	return (page->profile == NULL ||
	    strcmp(page->profile, n->profile) == 0) &&
	    (page->event == NULL ||
	    strcmp(page->event, scep_notice_name(n->kind)) == 0);
}

static enum scep_err
see_entry(void *arg, const struct scep_entry *entry, struct scep_error *err)
{
	struct page		*page = arg;
	struct place		*place = &page->last;
	struct scep_notice	 n;
	enum scep_err		 rc;

	if (entry->index_key.len != sizeof(place->age) ||
	    entry->key.len >= sizeof(place->id))
		return scep_fail(err, SCEP_E_STORE, "a notice with a key of "
		    "%zu octets", entry->key.len);
	place->len = entry->index_key.len;
	memcpy(place->age, entry->index_key.data, place->len);
	memcpy(place->id, entry->key.data, entry->key.len);
	place->id[entry->key.len] = '\0';
	rc = scep_notice_get(page->call->ca->store, place->id, &n, err);
	if (rc == SCEP_OK && is_meant(page, &n))
		rc = page->fn(page, &n, err);
	scep_notice_clear(&n);
	if (rc == SCEP_E_NOTFOUND)	/* handed over since */
		rc = SCEP_OK;
	page->is_cut = rc == SCEP_E_EXISTS || ++page->reads == READS;
	return rc == SCEP_OK && page->is_cut ? SCEP_E_EXISTS : rc;
}

/* AGE:ID, as it was given. */
static enum scep_err
read_after(const struct scep_admin_call *call, struct place *place,
    struct scep_error *err)
{
	const char	*after = scep_admin_text(call, "after", NULL), *id;
	char		 text[2 * AGE_KEY + 1];

	memset(place, 0, sizeof(*place));
	if (after == NULL)
		return SCEP_OK;
	if ((id = strchr(after, ':')) != NULL &&
	    (size_t)(id - after) == sizeof(text) - 1 &&
	    strlen(id + 1) < sizeof(place->id)) {
		memcpy(text, after, sizeof(text) - 1);
		text[sizeof(text) - 1] = '\0';
		OPENSSL_strlcpy(place->id, id + 1, sizeof(place->id));
		if (scep_hex_read(text, place->age, sizeof(place->age),
		    &place->len, err) == SCEP_OK &&
		    place->len == sizeof(place->age))
			return SCEP_OK;
	}
	return scep_fail(err, SCEP_E_USAGE,
	    "after is not what \"next\" of a reply was");
}

static enum scep_err
check_event(const char *event, struct scep_error *err)
{
	unsigned int	 kind;

	if (event == NULL)
		return SCEP_OK;
	for (kind = SCEP_NOTICE_ISSUED; kind <= SCEP_NOTICE_REVOKED; kind++)
		if (strcmp(event, scep_notice_name(kind)) == 0)
			return SCEP_OK;
	return scep_fail(err, SCEP_E_USAGE, "event is \"%.16s\", not issued, "
	    "queued, refused, expired or revoked", event);
}

/* Oldest first; those that strangers can cause behind all others. */
static enum scep_err
walk(struct page *page, struct scep_error *err)
{
	struct scep_range	 range = { .index = SCEP_IX_NOTICE_AGE };
	struct place		 after;
	enum scep_err		 rc;

	page->profile = scep_admin_text(page->call, "profile", NULL);
	page->event = scep_admin_text(page->call, "event", NULL);
	if ((rc = check_event(page->event, err)) != SCEP_OK ||
	    (rc = read_after(page->call, &after, err)) != SCEP_OK)
		return rc;
	range.after.index_key = scep_span_make(after.age, after.len);
	range.after.key = scep_span_text(after.id);
	return scep_store_walk(page->call->ca->store, &range, see_entry, page,
	    err);
}

static void
put_next(const struct page *page, json_t *result)
{
	char	 age[2 * AGE_KEY + 1];

	if (!page->is_cut)
		return;
	scep_hex_text(scep_span_make(page->last.age, page->last.len), age,
	    sizeof(age));
	(void)json_object_set_new(result, "next", json_sprintf("%s:%s", age,
	    page->last.id));
}

/* Looking. */

static enum scep_err
list_one(struct page *page, struct scep_notice *n, struct scep_error *err)
{
	if (json_array_append_new(page->rows, notice_json(page->call, n)) !=
	    0)
		return scep_fail(err, SCEP_E_NOMEM, "a row as JSON");
	return json_array_size(page->rows) == page->limit ? SCEP_E_EXISTS :
	    SCEP_OK;
}

static enum scep_err
list(struct scep_admin_call *call, struct scep_error *err)
{
	struct page	 page = {
		.call = call,
		.fn = list_one,
		.rows = json_array(),
		.limit = (size_t)scep_admin_number(call, "limit",
		    SCEP_ADMIN_PAGE),
	};
	json_t		*result;
	enum scep_err	 rc;

	if ((rc = walk(&page, err)) == SCEP_OK) {
		scep_line_fmt(&call->summary, "rows", "%zu",
		    json_array_size(page.rows));
		result = json_pack("{s:O}", "rows", page.rows);
		if (result != NULL)
			put_next(&page, result);
		rc = scep_admin_object(call, result, err);
	}
	json_decref(page.rows);
	return rc;
}

static enum scep_err
get(struct scep_admin_call *call, struct scep_notice *n,
    struct scep_error *err)
{
	const char	*id = scep_admin_text(call, "id", "");
	enum scep_err	 rc;

	rc = scep_notice_get(call->ca->store, id, n, err);
	if (rc == SCEP_E_NOTFOUND)
		return scep_fail(err, rc, "no notice %s waits: it was handed "
		    "over, or dropped; `scepadm notice list` shows those that "
		    "wait", id);
	if (rc == SCEP_OK)
		scep_line_text(&call->summary, "id", n->id);
	return rc;
}

static enum scep_err
show(struct scep_admin_call *call, struct scep_error *err)
{
	struct scep_notice	 n;
	json_t			*o;
	enum scep_err		 rc;

	if ((rc = get(call, &n, err)) != SCEP_OK)
		return rc;
	if ((o = notice_json(call, &n)) != NULL)
		(void)json_object_set_new(o, "body", body_json(&n));
	rc = scep_admin_object(call, o, err);
	scep_notice_clear(&n);
	return rc;
}

/* Acting. */

static enum scep_err
retry_one(struct page *page, struct scep_notice *n, struct scep_error *err)
{
	enum scep_err	 rc;

	n->due = page->call->now;
	if ((rc = scep_notice_put(&page->change, n, err)) != SCEP_OK)
		return rc;
	scep_notices_retry(page->call->ca, n->profile);
	return ++page->n == BATCH ? SCEP_E_EXISTS : SCEP_OK;
}

static enum scep_err
drop_one(struct page *page, struct scep_notice *n, struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = scep_change_delete(&page->change, SCEP_T_NOTICE,
	    scep_span_text(n->id), n->rev, err)) != SCEP_OK)
		return rc;
	if (page->ids[0] != '\0')
		OPENSSL_strlcat(page->ids, ",", sizeof(page->ids));
	OPENSSL_strlcat(page->ids, n->id, sizeof(page->ids));
	page->dropped[n->minor]++;
	return ++page->n == BATCH ? SCEP_E_EXISTS : SCEP_OK;
}

/* What is dropped is in the log: nobody was told of it. */
static enum scep_err
commit(struct page *page, struct scep_error *err)
{
	struct scep_local	*ca = page->call->ca;
	struct scep_line	 line = { .len = 0 };
	enum scep_err		 rc = SCEP_OK;
	int			 minor;

	if (page->n == 0)
		return SCEP_OK;
	if (page->fn == drop_one) {
		scep_admin_log_start(page->call, "notices-dropped", NULL,
		    &line);
		scep_line_whole(&line, "id", page->ids);
		rc = scep_admin_log_end(page->call, &line, &page->change,
		    err);
	}
	if (rc == SCEP_OK)
		rc = scep_store_commit(ca->store, &page->change, err);
	for (minor = 0; rc == SCEP_OK && minor <= 1; minor++)
		scep_notices_sub(ca->memory->notices, minor,
		    page->dropped[minor]);
	return rc;
}

/* SCEP_E_CHANGED: one was handed over meanwhile. */
static enum scep_err
act_once(struct scep_admin_call *call, notice_fn fn, const char *done,
    struct scep_error *err)
{
	struct page		 page = { .call = call, .fn = fn };
	struct scep_notice	 n;
	json_t			*result;
	enum scep_err		 rc;

	if (scep_admin_text(call, "id", NULL) == NULL)
		rc = walk(&page, err);
	else if ((rc = get(call, &n, err)) == SCEP_OK) {
		rc = fn(&page, &n, err);
		scep_notice_clear(&n);
	}
	if (rc == SCEP_OK && (rc = commit(&page, err)) == SCEP_OK) {
		scep_notice_wake(call->ca);
		scep_line_fmt(&call->summary, "count", "%zu", page.n);
		result = json_pack("{s:I}", done, (json_int_t)page.n);
		if (result != NULL)
			put_next(&page, result);
		rc = scep_admin_object(call, result, err);
	}
	scep_change_clear(&page.change);
	return rc;
}

static enum scep_err
act(struct scep_admin_call *call, notice_fn fn, const char *done,
    struct scep_error *err)
{
	enum scep_err	 rc = SCEP_E_CHANGED;
	int		 i;

	for (i = 0; i < SCEP_ADMIN_TRIES && rc == SCEP_E_CHANGED; i++)
		rc = act_once(call, fn, done, err);
	return rc != SCEP_E_CHANGED ? rc : scep_fail(err, SCEP_E_BUSY,
	    "notices were handed over meanwhile, %d times; do it again",
	    SCEP_ADMIN_TRIES);
}

static enum scep_err
retry(struct scep_admin_call *call, struct scep_error *err)
{
	return act(call, retry_one, "retried", err);
}

static enum scep_err
drop(struct scep_admin_call *call, struct scep_error *err)
{
	return act(call, drop_one, "dropped", err);
}

#define MEANT								\
	{ "profile", SCEP_ADMIN_TEXT, 0, 1, SCEP_REC_NAME - 1 },	\
	{ "event", SCEP_ADMIN_TEXT, 0, 1, SCEP_NOTICE_NAME_MAX },	\
	{ "after", SCEP_ADMIN_TEXT, 0, 1, AFTER_MAX },
#define ID_LEN	(SCEP_NOTICE_ID - 1)

static const struct scep_admin_member	list_members[] = {
	MEANT
	{ "limit", SCEP_ADMIN_NUMBER, 0, 1, SCEP_ADMIN_PAGE },
	{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
};
static const struct scep_admin_member	show_members[] = {
	{ "id", SCEP_ADMIN_TEXT, 1, 1, ID_LEN },
	{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
};
static const struct scep_admin_member	act_members[] = {
	MEANT
	{ "id", SCEP_ADMIN_TEXT, 0, 1, ID_LEN },
	{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
};

const struct scep_admin_verb	scep_admin_notice[] = {
	{ "notice.list", list_members, list },
	{ "notice.show", show_members, show },
	{ "notice.retry", act_members, retry },
	{ "notice.drop", act_members, drop },
	{ NULL, NULL, NULL }
};
