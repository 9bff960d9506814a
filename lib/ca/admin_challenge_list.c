/*
 * admin_challenge_list.c - challenges as the operator sees them, one or a page
 * of them.
 *
 * Where a page ended stands in the reply and comes back with the request for
 * the next one, as with certificates (admin_cert_list.c).
 */
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/admin.h"
#include "ca/admin_challenge.h"
#include "ca/admin_place.h"
#include "ca/damage.h"
#include "ca/token.h"
#include "ca/wrong.h"

static long
wrong_names(const struct scep_admin_call *call,
    const struct scep_challenge *rec)
{
	return rec->wrong + scep_wrong_count(call->ca->memory->wrong,
	    rec->id);
}

static const char *
state(const struct scep_admin_call *call, const struct scep_challenge *rec)
{
	if (rec->state == SCEP_CHALLENGE_REVOKED)
		return "revoked";
	if (rec->used >= rec->uses)
		return "used";
	if (call->now >= rec->expires)
		return "expired";
	if (rec->state == SCEP_CHALLENGE_FROZEN || (rec->max_wrong > 0 &&
	    wrong_names(call, rec) >= rec->max_wrong))
		return "frozen";
	return call->now < rec->not_before ? "early" : "live";
}

/* As it is to be typed: a * that is meant as it stands has a backslash. */
static void
subject_text(const struct scep_challenge *rec, char out[2 * SCEP_NAME_TEXT])
{
	struct scep_admin_name	 name;
	const char		*p;
	size_t			 n = 0;

	scep_admin_subject(scep_buf_span(&rec->subject), &name);
	for (p = name.text; *p != '\0'; p++) {
		if (*p == '*' && rec->subject_is != SCEP_SUBJECT_TEMPLATE)
			out[n++] = '\\';
		out[n++] = *p;
	}
	out[n] = '\0';
}

/* "" for what is not there. */
static json_t *
time_json(time_t t)
{
	char	 text[SCEP_TIME_TEXT] = "";

	if (t > 0)
		scep_time_text(t, text);
	return json_string(text);
}

json_t *
scep_admin_challenge_json(const struct scep_admin_call *call,
    const struct scep_challenge *rec)
{
	static const char *const	 names[] = {
		[SCEP_SUBJECT_ANY] = "any",
		[SCEP_SUBJECT_EXACT] = "exact",
		[SCEP_SUBJECT_TEMPLATE] = "template",
		[SCEP_SUBJECT_SET] = "set",
	};
	char			 subject[2 * SCEP_NAME_TEXT];
	char			 key[2 * SCEP_SHA256_LEN + 1] = "";
	char			 binds[SCEP_BINDS_TEXT];
	struct scep_admin_name	 san;

	subject_text(rec, subject);
	scep_admin_san(scep_buf_span(&rec->san), &san);
	scep_admin_binds(rec, binds);
	/* Wrong names made its row, which has none. */
	if (scep_token_is_row(rec->id) && rec->subject_is ==
	    SCEP_SUBJECT_ANY && rec->n_use == 0)
		OPENSSL_strlcpy(binds, "what the token says", sizeof(binds));
	if (rec->has_key)
		scep_hex_text(scep_span_make(rec->key_sha256,
		    sizeof(rec->key_sha256)), key, sizeof(key));
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:I,s:I,s:I,s:I,"
	    "s:I,s:o,s:o,s:o,s:s,s:s}",
	    "id", rec->id, "profile", rec->profile, "state", state(call, rec),
	    "binds", binds, "names", names[rec->subject_is],
	    "subject", subject, "san", san.text, "key_sha256", key,
	    "uses", (json_int_t)rec->uses, "used", (json_int_t)rec->used,
	    "reuse_for", (json_int_t)rec->reuse_s,
	    "wrong", (json_int_t)wrong_names(call, rec),
	    "max_wrong", (json_int_t)rec->max_wrong,
	    "created", time_json(rec->created),
	    "not_before", time_json(rec->not_before),
	    "expires", time_json(rec->expires),
	    "note", rec->note, "issuer", rec->issuer);
}

/* Pages. */

struct page {
	const struct scep_admin_call	*call;
	scep_challenge_fn		 fn;
	void				*arg;
	struct scep_admin_place		 last;
	size_t				 reads;
	int				 is_cut;
};

/* Records are read as they are now, in whatever order they were changed. */
static enum scep_err
see(struct page *page, const char *id, struct scep_error *err)
{
	struct scep_challenge	 rec;
	enum scep_err		 rc;

	rc = scep_challenge_get(page->call->ca->store, id, &rec, err);
	if (rc == SCEP_E_NOTFOUND)	/* gone since its entry was read */
		return SCEP_OK;
	/* Nobody can use it; it is neither listed nor purged. */
	if (rc == SCEP_E_STORE && scep_damage_at(page->call->ca,
	    SCEP_T_CHALLENGE, scep_span_text(id)))
		return SCEP_OK;
	if (rc == SCEP_OK)
		rc = page->fn(page->arg, &rec, err);
	scep_challenge_clear(&rec);
	return rc;
}

static enum scep_err
see_entry(void *arg, const struct scep_entry *entry, struct scep_error *err)
{
	struct page	*page = arg;
	enum scep_err	 rc;

	if ((rc = scep_admin_place_set(&page->last, entry, err)) != SCEP_OK)
		return rc;
	rc = see(page, page->last.id, err);
	page->is_cut = rc == SCEP_E_EXISTS ||
	    ++page->reads == SCEP_CHALLENGE_PAGE;
	return rc == SCEP_OK && page->is_cut ? SCEP_E_EXISTS : rc;
}

enum scep_err
scep_admin_challenge_walk(const struct scep_admin_call *call,
    scep_challenge_fn fn, void *arg, json_t **next, struct scep_error *err)
{
	struct page		 page = { .call = call, .fn = fn, .arg = arg };
	struct scep_range	 range = {
		.index = SCEP_IX_CHALLENGE_EXPIRES
	};
	struct scep_admin_place	 after;
	enum scep_err		 rc;

	*next = NULL;
	if ((rc = scep_admin_place_read(call, &after, err)) != SCEP_OK)
		return rc;
	scep_admin_place_begin(&after, &range);
	if ((rc = scep_store_walk(call->ca->store, &range, see_entry, &page,
	    err)) != SCEP_OK || !page.is_cut)
		return rc;
	*next = scep_admin_place_json(&page.last);
	return *next != NULL ? SCEP_OK :
	    scep_fail(err, SCEP_E_NOMEM, "the place in a list as JSON");
}

struct list {
	const struct scep_admin_call	*call;
	const char			*profile, *state;	/* or NULL */
	json_t				*rows;
	size_t				 limit;
};

static enum scep_err
list_one(void *arg, struct scep_challenge *rec, struct scep_error *err)
{
	struct list	*list = arg;

	if ((list->profile != NULL &&
	    strcmp(list->profile, rec->profile) != 0) ||
	    (list->state != NULL && strcmp(list->state,
	    state(list->call, rec)) != 0))
		return SCEP_OK;
	if (json_array_append_new(list->rows,
	    scep_admin_challenge_json(list->call, rec)) != 0)
		return scep_fail(err, SCEP_E_NOMEM, "a row as JSON");
	return json_array_size(list->rows) == list->limit ? SCEP_E_EXISTS :
	    SCEP_OK;
}

static enum scep_err
check_state(const char *word, struct scep_error *err)
{
	static const char *const	 states[] = {
		"live", "early", "used", "expired", "frozen", "revoked"
	};
	size_t				 i;

	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (word == NULL || strcmp(word, states[i]) == 0)
			return SCEP_OK;
	return scep_fail(err, SCEP_E_USAGE, "state is \"%.16s\", not live, "
	    "early, used, expired, frozen or revoked", word);
}

/* What goes first comes first. */
enum scep_err
scep_admin_challenge_list(struct scep_admin_call *call,
    struct scep_error *err)
{
	struct list	 list = {
		.call = call,
		.profile = scep_admin_text(call, "profile", NULL),
		.state = scep_admin_text(call, "state", NULL),
		.rows = json_array(),
		.limit = (size_t)scep_admin_number(call, "limit",
		    SCEP_ADMIN_PAGE),
	};
	json_t		*next = NULL, *result = NULL;
	enum scep_err	 rc;

	if ((rc = check_state(list.state, err)) == SCEP_OK)
		rc = scep_admin_challenge_walk(call, list_one, &list, &next,
		    err);
	if (rc == SCEP_OK) {
		scep_line_fmt(&call->summary, "rows", "%zu",
		    json_array_size(list.rows));
		result = json_pack("{s:O}", "rows", list.rows);
		if (next != NULL)
			(void)json_object_set(result, "next", next);
		rc = scep_admin_object(call, result, err);
	}
	json_decref(next);
	json_decref(list.rows);
	return rc;
}
