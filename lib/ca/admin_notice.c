/*
 * admin_notice.c - notices that wait for whoever is to be told: listed, shown,
 * tried again at once, dropped.  One that cannot be read is among them, and
 * can be dropped.
 */
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/admin_notice.h"
#include "ca/damage.h"
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
	struct scep_error	 why;		/* of the one at hand: it
						   cannot be read */
	size_t			 reads;
	int			 is_cut;	/* there may be more */
	json_t			*rows;
	size_t			 limit;
	struct scep_change	 change;
	size_t			 n;		/* retried, dropped */
	long			 dropped[2];	/* of others, of minor ones */
	char			 ids[BATCH * SCEP_NOTICE_ID];
};

/* Those that are meant, a page at a time. */

/* Whose one is that cannot be read nobody knows. */
static int
is_meant(const struct page *page, const struct scep_notice *n)
{
	if (page->why.code != SCEP_OK)
		return page->profile == NULL && page->event == NULL;
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
	rc = scep_notice_look(page->call->ca, place->id, &n, &page->why, err);
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
	if (json_array_append_new(page->rows,
	    scep_admin_notice_json(page->call, n, &page->why)) != 0)
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
    struct scep_error *why, struct scep_error *err)
{
	const char	*id = scep_admin_text(call, "id", "");
	enum scep_err	 rc;

	rc = scep_notice_look(call->ca, id, n, why, err);
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
	struct scep_error	 why;
	json_t			*o;
	enum scep_err		 rc;

	if ((rc = get(call, &n, &why, err)) != SCEP_OK)
		return rc;
	if ((o = scep_admin_notice_json(call, &n, &why)) != NULL &&
	    why.code == SCEP_OK)
		(void)json_object_set_new(o, "body",
		    scep_admin_notice_body(&n));
	rc = scep_admin_object(call, o, err);
	scep_notice_clear(&n);
	return rc;
}

/* Acting. */

static enum scep_err
retry_one(struct page *page, struct scep_notice *n, struct scep_error *err)
{
	enum scep_err	 rc;

	if (page->why.code != SCEP_OK)
		return scep_admin_text(page->call, "id", NULL) == NULL ?
		    SCEP_OK : scep_fail(err, SCEP_E_REFUSED, "notice %s cannot "
		    "be read: %s; `scepadm notice drop %s` removes it, or "
		    "scepadm restore brings a store back from a backup", n->id,
		    page->why.text, n->id);
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
	size_t			 i;
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
	if (rc != SCEP_OK)
		return rc;
	for (minor = 0; minor <= 1; minor++)
		scep_notices_sub(ca->memory->notices, minor,
		    page->dropped[minor]);
	for (i = 0; page->fn == drop_one && i < page->change.n; i++)
		scep_damage_forget(ca, SCEP_T_NOTICE,
		    scep_buf_span(&page->change.write[i].key));
	return SCEP_OK;
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
	else if ((rc = get(call, &n, &page.why, err)) == SCEP_OK) {
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
