/*
 * admin_request_list.c - requests that wait, all of them or a page, and those
 * alone that are asked for.
 *
 * A request does not change while it waits, but for its approvals: who has a
 * list may act on it by the ids, and what waits through all pages comes once.
 *
 * What the caller may not see is passed over as if it were not there: it makes
 * no page shorter, and where a page ended is a request of his own.  Where there
 * is much of it, it is not even read.
 */
#include <ctype.h>
#include <limits.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/glob.h"
#include "ca/admin.h"
#include "ca/admin_place.h"
#include "ca/admin_request.h"
#include "ca/admin_request_own.h"
#include "ca/damage.h"

#define READ_MAX	4000	/* requests looked at for a page */
#define OTHERS		500	/* … of other people, before it is asked which
				   are the caller's own */

/* Which are asked for; "" and -1: whichever. */
struct wanted {
	const char	*state, *profile, *peer;
	char		 subject[SCEP_REC_TEXT], san[SCEP_REC_TEXT];
	time_t		 from, to;	/* came in behind, and not behind */
};

struct page {
	struct scep_admin_call	*call;
	struct wanted		 wanted;
	json_t			*rows;		/* NULL: those of the call */
	struct scep_admin_place	 last;
	size_t			 limit, reads;	/* 0: none */
	int			 is_cut;
	size_t			 others;
	struct scep_admin_own	 own;		/* if others is OTHERS */
};

/* Letters of ASCII are the same in either case. */
static int
fits(const char *glob, const char *text)
{
	char	 lower[SCEP_NAME_TEXT];

	OPENSSL_strlcpy(lower, text, sizeof(lower));
	scep_index_subject(lower);
	return scep_glob_match(glob, lower);
}

/* "DNS:a.example", or "a.example". */
static int
san_fits(const char *glob, const struct scep_san *san)
{
	const struct scep_san_list	 one = { .san = { *san }, .n = 1 };
	char				 text[SCEP_NAME_TEXT];
	const char			*colon;

	scep_san_text(&one, text, sizeof(text));
	colon = strchr(text, ':');
	return fits(glob, text) || (colon != NULL && fits(glob, colon + 1));
}

static int
is_san(const struct wanted *w, struct scep_span der)
{
	struct scep_san_list	 list;
	struct scep_error	 why;
	size_t			 i;
	int			 found = 0;

	if (w->san[0] == '\0')
		return 1;
	if (der.len == 0 || scep_san_parse(der, &list, &why) != SCEP_OK)
		return 0;
	for (i = 0; i < list.n && !found; i++)
		found = san_fits(w->san, &list.san[i]);
	scep_san_clear(&list);
	return found;
}

static int
is_subject(const struct wanted *w, struct scep_span der)
{
	struct scep_admin_name	 name;

	if (w->subject[0] == '\0')
		return 1;
	scep_admin_subject(der, &name);
	return fits(w->subject, name.text);
}

static int
is_wanted(const struct page *page, const struct scep_pending *p)
{
	const struct wanted	*w = &page->wanted;

	return (w->state[0] == '\0' || strcmp(w->state,
	    scep_admin_request_state(page->call, p)) == 0) &&
	    (w->profile[0] == '\0' || strcmp(w->profile, p->profile) == 0) &&
	    (w->peer[0] == '\0' || strcmp(w->peer, p->peer) == 0) &&
	    p->created > w->from && p->created <= w->to &&
	    is_subject(w, scep_buf_span(&p->subject)) &&
	    is_san(w, scep_buf_span(&p->san));
}

static enum scep_err
add_row(struct page *page, const struct scep_pending *p,
    struct scep_error *err)
{
	json_t		*row;
	enum scep_err	 rc;

	if ((rc = scep_admin_request_json(page->call, p, &row, err)) !=
	    SCEP_OK)
		return rc;
	if (page->rows == NULL)
		return scep_admin_row(page->call, row, err);
	return json_array_append_new(page->rows, row) == 0 ? SCEP_OK :
	    scep_fail(err, SCEP_E_NOMEM, "a row as JSON");
}

static enum scep_err
look_at(struct page *page, const struct scep_pending *p,
    const struct scep_admin_place *place, struct scep_error *err)
{
	enum scep_err	 rc;

	if (is_wanted(page, p) && (rc = add_row(page, p, err)) != SCEP_OK)
		return rc;
	page->last = *place;
	page->is_cut = page->rows != NULL && (++page->reads == READ_MAX ||
	    json_array_size(page->rows) == page->limit);
	return page->is_cut ? SCEP_E_EXISTS : SCEP_OK;
}

/* Is it worth reading? */
static int
may_be_own(const struct page *page, const char *id)
{
	return page->others < OTHERS || scep_admin_own_has(&page->own, id);
}

static enum scep_err
pass_over(struct page *page, struct scep_error *err)
{
	return page->others < OTHERS && ++page->others == OTHERS ?
	    scep_admin_own_read(page->call, &page->own, err) : SCEP_OK;
}

static enum scep_err
see_entry(void *arg, const struct scep_entry *entry, struct scep_error *err)
{
	struct page		*page = arg;
	struct scep_admin_place	 place;
	struct scep_pending	 p;
	enum scep_err		 rc;

	if ((rc = scep_admin_place_set(&place, entry, err)) != SCEP_OK)
		return rc;
	if (!may_be_own(page, place.id))
		return SCEP_OK;
	rc = scep_pending_get(page->call->ca->store, place.id, &p, err);
	if (rc == SCEP_E_NOTFOUND)	/* decided since its entry was read */
		return SCEP_OK;
	/* Nothing is known of it that could be decided on. */
	if (rc == SCEP_E_STORE && scep_damage_at(page->call->ca,
	    SCEP_T_PENDING, entry->key))
		return SCEP_OK;
	if (rc == SCEP_OK)
		rc = scep_admin_may_see(page->call, p.profile) ?
		    look_at(page, &p, &place, err) : pass_over(page, err);
	scep_pending_clear(&p);
	return rc;
}

static enum scep_err
read_state(const struct scep_admin_call *call, struct wanted *w,
    struct scep_error *err)
{
	w->state = scep_admin_text(call, "state", "");
	if (w->state[0] == '\0' || strcmp(w->state, "pending") == 0 ||
	    strcmp(w->state, "expired") == 0)
		return SCEP_OK;
	return scep_fail(err, SCEP_E_USAGE, "state is \"%.16s\", not pending "
	    "or expired", w->state);
}

static enum scep_err
read_wanted(const struct scep_admin_call *call, struct wanted *w,
    struct scep_error *err)
{
	const long	 older = scep_admin_number(call, "older", -1);
	const long	 newer = scep_admin_number(call, "newer", -1);

	w->profile = scep_admin_text(call, "profile", "");
	w->peer = scep_admin_text(call, "peer", "");
	OPENSSL_strlcpy(w->subject, scep_admin_text(call, "subject", ""),
	    sizeof(w->subject));
	scep_index_subject(w->subject);
	OPENSSL_strlcpy(w->san, scep_admin_text(call, "san", ""),
	    sizeof(w->san));
	scep_index_subject(w->san);
	w->to = older >= 0 ? call->now - older : LONG_MAX;
	w->from = newer >= 0 ? call->now - newer : -1;
	return read_state(call, w, err);
}

/* Where a page ended: the id is that of a request. */
static enum scep_err
read_after(const struct scep_admin_call *call, struct scep_admin_place *after,
    struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = scep_admin_place_read(call, after, err)) != SCEP_OK)
		return rc;
	if (after->len == 0 || (strlen(after->id) == SCEP_REQUEST_ID - 1 &&
	    after->id[strspn(after->id, "0123456789abcdef")] == '\0'))
		return SCEP_OK;
	return scep_admin_place_bad(err);
}

static enum scep_err
put_page(struct scep_admin_call *call, const struct page *page,
    struct scep_error *err)
{
	json_t	*result = json_pack("{s:O}", "rows", page->rows);

	scep_line_fmt(&call->summary, "rows", "%zu",
	    json_array_size(page->rows));
	if (result != NULL && page->is_cut &&
	    json_object_set_new(result, "next",
	    scep_admin_place_json(&page->last)) != 0) {
		json_decref(result);
		result = NULL;
	}
	return scep_admin_object(call, result, err);
}

/* What must be decided first comes first. */
enum scep_err
scep_admin_request_list(struct scep_admin_call *call, struct scep_error *err)
{
	struct page		 page = { .call = call };
	struct scep_range	 range = { .index = SCEP_IX_PENDING_EXPIRES };
	struct scep_admin_place	 after;
	enum scep_err		 rc;

	if ((rc = read_after(call, &after, err)) != SCEP_OK ||
	    (rc = read_wanted(call, &page.wanted, err)) != SCEP_OK)
		return rc;
	scep_admin_place_begin(&after, &range);
	page.limit = (size_t)scep_admin_number(call, "limit", 0);
	if (page.limit == 0)
		scep_admin_open_rows(call);
	else if ((page.rows = json_array()) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "rows as JSON");
	rc = scep_store_walk(call->ca->store, &range, see_entry, &page, err);
	if (rc == SCEP_OK && page.rows != NULL)
		rc = put_page(call, &page, err);
	json_decref(page.rows);
	scep_admin_own_clear(&page.own);
	return rc;
}

const struct scep_admin_member	scep_admin_request_list_members[] = {
	{ "state", SCEP_ADMIN_TEXT, 0, 1, 16 },
	{ "profile", SCEP_ADMIN_TEXT, 0, 1, SCEP_REC_NAME - 1 },
	{ "subject", SCEP_ADMIN_TEXT, 0, 1, SCEP_REC_TEXT - 1 },
	{ "san", SCEP_ADMIN_TEXT, 0, 1, SCEP_REC_TEXT - 1 },
	{ "peer", SCEP_ADMIN_TEXT, 0, 1, SCEP_REC_TEXT - 1 },
	{ "older", SCEP_ADMIN_SECONDS, 0, 0, 100L * 365 * 86400 },
	{ "newer", SCEP_ADMIN_SECONDS, 0, 0, 100L * 365 * 86400 },
	{ "limit", SCEP_ADMIN_NUMBER, 0, 1, SCEP_ADMIN_PAGE },
	{ "after", SCEP_ADMIN_TEXT, 0, 1, SCEP_ADMIN_PLACE - 1 },
	{ NULL, SCEP_ADMIN_TEXT, 0, 0, 0 }
};
