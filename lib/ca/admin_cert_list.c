/*
 * admin_cert_list.c - certificates, a page at a time.
 *
 * Where a page ended stands in the reply, as text, and comes back with the
 * request for the next one: nothing is remembered in between.  What is
 * written meanwhile moves no entry that is there already.  A page ends when it
 * has rows enough, and also when it has looked at enough without finding
 * them: nobody else waits long for the owner.
 */
#include <limits.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/admin.h"
#include "ca/admin_cert.h"
#include "ca/cert_query.h"

#define KEYS_MAX	100000	/* looked at for a page */
#define READ_MAX	4000	/* records read for a page */
#define ROW_KEY_MAX	64	/* octets of a certificate's key */
#define AFTER_MAX	(16 + 2 * (SCEP_QUERY_KEY + ROW_KEY_MAX))

/* Where a page ended. */
struct place {
	uint8_t	 index_key[SCEP_QUERY_KEY], key[ROW_KEY_MAX];
	size_t	 index_len, len;	/* 0: at the start */
};

struct page {
	const struct scep_admin_call	*call;
	struct scep_cert_query		 query;
	struct scep_cert_part		 part;
	struct place			 after, last;	/* page; entry seen */
	json_t				*rows;
	size_t				 limit, keys, reads;
	int				 is_brief, is_cut;
};

/* What a table shows; there are many, and nothing has to be parsed. */
static enum scep_err
brief_json(const struct page *page, const struct scep_cert_rec *rec,
    json_t **out)
{
	char	 serial[97], issued[SCEP_TIME_TEXT], not_after[SCEP_TIME_TEXT];

	scep_hex_text(scep_buf_span(&rec->serial), serial, sizeof(serial));
	scep_time_text(rec->issued, issued);
	scep_time_text(rec->not_after, not_after);
	*out = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s}", "serial", serial,
	    "subject", rec->subject, "profile", rec->profile,
	    "state", scep_cert_state_text(rec, page->query.now),
	    "not_after", not_after, "issued", issued);
	return SCEP_OK;
}

static enum scep_err
add_row(struct page *page, const struct scep_cert_rec *rec,
    struct scep_error *err)
{
	json_t		*row = NULL;
	enum scep_err	 rc;

	/* The record's subject may be cut. */
	if (page->is_brief && strlen(rec->subject) < SCEP_REC_TEXT - 4)
		rc = brief_json(page, rec, &row);
	else
		rc = scep_admin_cert_json(page->call, rec, &row, err);
	if (rc == SCEP_OK && json_array_append_new(page->rows, row) != 0)
		rc = scep_fail(err, SCEP_E_NOMEM, "a row as JSON");
	return rc;
}

static enum scep_err
look_at(struct page *page, struct scep_span key, struct scep_error *err)
{
	struct scep_cert_rec	 rec;
	enum scep_err		 rc;

	page->reads++;
	rc = scep_cert_rec_get(page->call->ca->store, key, &rec, err);
	if (rc == SCEP_E_NOTFOUND)	/* deleted since its entry was read */
		return SCEP_OK;
	if (rc == SCEP_OK && scep_cert_query_match(&page->query, &rec))
		rc = add_row(page, &rec, err);
	scep_cert_rec_clear(&rec);
	return rc;
}

static enum scep_err
see_entry(void *arg, const struct scep_entry *entry, struct scep_error *err)
{
	struct page	*page = arg;
	struct place	*place = &page->last;
	enum scep_err	 rc;

	if (entry->index_key.len > sizeof(place->index_key) ||
	    entry->key.len > sizeof(place->key))
		return scep_fail(err, SCEP_E_STORE,
		    "a certificate with a key of %zu octets", entry->key.len);
	page->keys++;
	if (scep_cert_query_may(&page->query, page->part.index,
	    entry->index_key) &&
	    (rc = look_at(page, entry->key, err)) != SCEP_OK)
		return rc;
	place->index_len = entry->index_key.len;
	memcpy(place->index_key, entry->index_key.data, place->index_len);
	place->len = entry->key.len;
	memcpy(place->key, entry->key.data, place->len);
	page->is_cut = json_array_size(page->rows) == page->limit ||
	    page->keys == KEYS_MAX || page->reads == READ_MAX;
	return page->is_cut ? SCEP_E_EXISTS : SCEP_OK;
}

/* The request. */

static enum scep_err
read_state(struct scep_cert_query *q, const char *state,
    struct scep_error *err)
{
	static const char *const	 names[] = {
		[SCEP_QUERY_ANY] = "",
		[SCEP_QUERY_VALID] = "valid",
		[SCEP_QUERY_EXPIRED] = "expired",
		[SCEP_QUERY_REVOKED] = "revoked",
		[SCEP_QUERY_UNCONFIRMED] = "unconfirmed",
		[SCEP_QUERY_LIVE] = "live",
	};
	size_t				 i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], state) == 0) {
			q->state = (enum scep_query_state)i;
			return SCEP_OK;
		}
	return scep_fail(err, SCEP_E_USAGE, "state is \"%.32s\", not valid, "
	    "expired, revoked, unconfirmed or live", state);
}

static enum scep_err
read_order(struct scep_cert_query *q, const char *order,
    struct scep_error *err)
{
	static const char *const	 names[] = {
		"", "expires", "issued", "profile", "serial", "subject"
	};
	size_t				 i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], order) == 0) {
			q->order = names[i];
			return SCEP_OK;
		}
	return scep_fail(err, SCEP_E_USAGE, "sort is \"%.32s\", not expires, "
	    "issued, profile, serial or subject", order);
}

static enum scep_err
read_query(struct page *page, struct scep_error *err)
{
	const struct scep_admin_call	*call = page->call;
	struct scep_cert_query		*q = &page->query;
	enum scep_err			 rc;

	q->now = call->now;
	q->expires_in = scep_admin_number(call, "expires_in", 0);
	q->since = scep_admin_number(call, "since", 0);
	OPENSSL_strlcpy(q->glob, scep_admin_text(call, "subject", ""),
	    sizeof(q->glob));
	scep_index_subject(q->glob);
	OPENSSL_strlcpy(q->profile, scep_admin_text(call, "profile", ""),
	    sizeof(q->profile));
	OPENSSL_strlcpy(q->ca, scep_admin_text(call, "ca", ""),
	    sizeof(q->ca));
	page->limit = (size_t)scep_admin_number(call, "limit",
	    SCEP_ADMIN_PAGE);
	page->is_brief = scep_admin_number(call, "brief", 0) != 0;
	if ((rc = read_state(q, scep_admin_text(call, "state", ""), err)) !=
	    SCEP_OK)
		return rc;
	return read_order(q, scep_admin_text(call, "sort", ""), err);
}

/* Where the last page ended: INDEX:HEX:HEX. */

static enum scep_err
bad_after(struct scep_error *err)
{
	return scep_fail(err, SCEP_E_USAGE,
	    "after is not what \"next\" of a reply was");
}

static enum scep_err
read_after(struct page *page, const char *after, struct scep_error *err)
{
	char		 text[AFTER_MAX], *first, *second = NULL;
	struct place	*place = &page->after;
	enum scep_index	 index;

	OPENSSL_strlcpy(text, after, sizeof(text));
	if ((first = strchr(text, ':')) != NULL)
		second = strchr(first + 1, ':');
	if (second == NULL)
		return bad_after(err);
	*first++ = *second++ = '\0';
	if (!scep_cert_order_find(text, &index) ||
	    scep_hex_read(first, place->index_key, sizeof(place->index_key),
	    &place->index_len, err) != SCEP_OK || place->index_len == 0 ||
	    scep_hex_read(second, place->key, sizeof(place->key), &place->len,
	    err) != SCEP_OK || place->len == 0)
		return bad_after(err);
	scep_cert_query_part(&page->query, index, &page->part);
	return SCEP_OK;
}

static json_t *
next_json(const struct page *page)
{
	const struct place	*place = &page->last;
	char			 index_key[2 * SCEP_QUERY_KEY + 1];
	char			 key[2 * ROW_KEY_MAX + 1];

	scep_hex_text(scep_span_make(place->index_key, place->index_len),
	    index_key, sizeof(index_key));
	scep_hex_text(scep_span_make(place->key, place->len), key,
	    sizeof(key));
	return json_sprintf("%s:%s:%s",
	    scep_cert_order_name(page->part.index), index_key, key);
}

/* The page. */

static enum scep_err
fill_page(struct page *page, struct scep_error *err)
{
	const struct scep_cert_part	*part = &page->part;
	const struct scep_range		 range = {
		.index = part->index,
		.from = { part->from, part->from_len },
		.to = { part->to, part->to_len },
		.after = {
			{ page->after.index_key, page->after.index_len },
			{ page->after.key, page->after.len },
		},
	};

	if ((page->rows = json_array()) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "rows as JSON");
	return scep_store_walk(page->call->ca->store, &range, see_entry, page,
	    err);
}

static enum scep_err
put_result(struct scep_admin_call *call, struct page *page,
    struct scep_error *err)
{
	json_t	*result;

	scep_line_text(&call->summary, "index",
	    scep_cert_order_name(page->part.index));
	scep_line_fmt(&call->summary, "rows", "%zu",
	    json_array_size(page->rows));
	result = json_pack("{s:b,s:O}", "sorted", scep_cert_query_is_sorted(
	    &page->query, page->part.index), "rows", page->rows);
	if (result != NULL && page->is_cut &&
	    json_object_set_new(result, "next", next_json(page)) != 0) {
		json_decref(result);
		result = NULL;
	}
	return scep_admin_object(call, result, err);
}

enum scep_err
scep_admin_cert_list(struct scep_admin_call *call, struct scep_error *err)
{
	struct page	 page;
	const char	*after = scep_admin_text(call, "after", NULL);
	enum scep_err	 rc;

	memset(&page, 0, sizeof(page));
	page.call = call;
	if ((rc = read_query(&page, err)) != SCEP_OK)
		return rc;
	rc = after != NULL ? read_after(&page, after, err) :
	    scep_cert_query_pick(&page.query, call->ca->store, &page.part,
	    err);
	if (rc == SCEP_OK)
		rc = fill_page(&page, err);
	if (rc == SCEP_OK)
		rc = put_result(call, &page, err);
	json_decref(page.rows);
	return rc;
}

const struct scep_admin_member	scep_admin_cert_list_members[] = {
	{ "subject", SCEP_ADMIN_TEXT, 0, 1, SCEP_REC_TEXT - 1 },
	{ "expires_in", SCEP_ADMIN_SECONDS, 0, 1, 100L * 365 * 86400 },
	{ "since", SCEP_ADMIN_NUMBER, 0, 1, LONG_MAX },
	{ "profile", SCEP_ADMIN_TEXT, 0, 1, SCEP_REC_NAME - 1 },
	{ "ca", SCEP_ADMIN_TEXT, 0, 1, SCEP_REC_NAME - 1 },
	{ "state", SCEP_ADMIN_TEXT, 0, 1, 16 },
	{ "sort", SCEP_ADMIN_TEXT, 0, 1, 16 },
	{ "limit", SCEP_ADMIN_NUMBER, 0, 1, SCEP_ADMIN_PAGE },
	{ "brief", SCEP_ADMIN_NUMBER, 0, 0, 1 },
	{ "after", SCEP_ADMIN_TEXT, 0, 1, AFTER_MAX - 1 },
	{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
};
