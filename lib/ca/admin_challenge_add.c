/*
 * admin_challenge_add.c - challenges for the operator to hand out.
 *
 * What one request asks for is one transaction: all of it, or nothing.  A
 * secret leaves here once, in the reply; no log line, no error and no row has
 * any of it.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/admin.h"
#include "ca/admin_challenge.h"
#include "ca/challenge.h"
#include "ca/keylock.h"
#include "ca/live.h"

#define SEVERAL		"several"
#define FEW		12	/* ids in a line for the request log */

/* The same call, for one item of its list. */
static struct scep_admin_call
call_of(const struct scep_admin_call *call, const json_t *item)
{
	struct scep_admin_call	 one = {
		.ca = call->ca,
		.now = call->now,
		.uid = call->uid,
		.caller = call->caller,
		.ask = item,
	};

	OPENSSL_strlcpy(one.by, call->by, sizeof(one.by));
	return one;
}

static enum scep_err
read_item(const struct scep_admin_call *call, const json_t *item,
    struct scep_challenge *rec, struct scep_error *err)
{
	const struct scep_admin_call	 one = call_of(call, item);
	enum scep_err			 rc;

	memset(rec, 0, sizeof(*rec));
	if ((rc = scep_admin_check_item(scep_admin_challenge_item, item,
	    err)) != SCEP_OK)
		return rc;
	return scep_admin_challenge_read(&one, rec, err);
}

/* The challenges of one request. */
struct adding {
	struct scep_admin_call	*call;
	struct scep_change	 change;
	size_t			 n;
	char			 ids[SCEP_ADMIN_ITEMS_MAX *
				    (SCEP_CHALLENGE_ID + 1) + 1];
	/* For the log, of all of them, or SEVERAL: */
	char			 binds[SCEP_BINDS_TEXT];
	char			 profile[SCEP_REC_NAME], uses[24];
};

/* One more of what the log says of all. */
static void
note_one(const struct adding *a, const char *text, char *all, size_t size)
{
	if (a->n == 0)
		OPENSSL_strlcpy(all, text, size);
	else if (strcmp(all, text) != 0)
		OPENSSL_strlcpy(all, SEVERAL, size);
}

static void
add_note(struct adding *a, const struct scep_challenge *rec)
{
	char	 binds[SCEP_BINDS_TEXT], uses[sizeof(a->uses)];

	scep_admin_binds(rec, binds);
	(void)snprintf(uses, sizeof(uses), "%ld", rec->uses);
	note_one(a, binds, a->binds, sizeof(a->binds));
	note_one(a, rec->profile, a->profile, sizeof(a->profile));
	note_one(a, uses, a->uses, sizeof(a->uses));
	if (a->n > 0)
		OPENSSL_strlcat(a->ids, ",", sizeof(a->ids));
	OPENSSL_strlcat(a->ids, rec->id, sizeof(a->ids));
	a->n++;
}

static int
is_capped(const struct scep_admin_call *call)
{
	return call->caller != NULL && call->caller->max_live != 0;
}

static enum scep_err
add_one(struct adding *a, const struct scep_challenge *template,
    struct scep_error *err)
{
	struct scep_challenge	 rec = *template;	/* borrows its bufs */
	char			 text[SCEP_CHALLENGE_TEXT];
	char			 expires[SCEP_TIME_TEXT];
	char			 binds[SCEP_BINDS_TEXT];
	enum scep_err		 rc;

	if ((rc = scep_challenge_mint(a->call->ca->crypto, a->call->ca->cfg,
	    &rec, text, err)) != SCEP_OK ||
	    (rc = scep_challenge_write(&a->change, &rec, err)) != SCEP_OK ||
	    (is_capped(a->call) && (rc = scep_live_add(a->call, rec.id,
	    &a->change, err)) != SCEP_OK)) {
		OPENSSL_cleanse(text, sizeof(text));
		return rc;
	}
	add_note(a, &rec);
	scep_time_text(rec.expires, expires);
	scep_admin_binds(&rec, binds);
	rc = scep_admin_row(a->call, json_pack("{s:s,s:s,s:s,s:s,s:s}",
	    "id", rec.id, "challenge", text, "expires", expires, "profile",
	    rec.profile, "binds", binds), err);
	OPENSSL_cleanse(text, sizeof(text));
	return rc;
}

static enum scep_err
add_same(struct adding *a, struct scep_error *err)
{
	const long		 count = scep_admin_number(a->call, "count",
				    1);
	struct scep_challenge	 template;
	enum scep_err		 rc;
	long			 i;

	rc = scep_admin_challenge_read(a->call, &template, err);
	for (i = 0; rc == SCEP_OK && i < count; i++)
		rc = add_one(a, &template, err);
	scep_challenge_clear(&template);
	return rc;
}

static enum scep_err
add_items(struct adding *a, const json_t *items, struct scep_error *err)
{
	struct scep_challenge	 template;
	enum scep_err		 rc = SCEP_OK;
	size_t			 i;

	for (i = 0; rc == SCEP_OK && i < json_array_size(items); i++) {
		if ((rc = read_item(a->call, json_array_get(items, i),
		    &template, err)) != SCEP_OK)
			(void)scep_fail_within(err, "item %zu", i + 1);
		else
			rc = add_one(a, &template, err);
		scep_challenge_clear(&template);
	}
	return rc;
}

static enum scep_err
store_all(struct adding *a, struct scep_error *err)
{
	struct scep_line	 line = { .len = 0 };
	enum scep_err		 rc;

	scep_admin_log_start(a->call, "challenge-added", NULL, &line);
	scep_line_whole(&line, "id", a->ids);
	scep_line_text(&line, "profile", a->profile);
	scep_line_text(&line, "binds", a->binds);
	scep_line_text(&line, "uses", a->uses);
	if ((rc = scep_admin_log_end(a->call, &line, &a->change, err)) !=
	    SCEP_OK)
		return rc;
	return scep_store_commit(a->call->ca->store, &a->change, err);
}

static enum scep_err
add_all(struct scep_admin_call *call, struct scep_error *err)
{
	const json_t	*items = json_object_get(call->ask, "items");
	struct adding	 a = { .call = call };
	enum scep_err	 rc;

	call->rows.len = 0;		/* of a try before */
	if ((rc = items != NULL ? add_items(&a, items, err) :
	    add_same(&a, err)) == SCEP_OK)
		rc = store_all(&a, err);
	if (rc == SCEP_OK) {
		scep_line_text(&call->summary, "profile", a.profile);
		scep_line_fmt(&call->summary, "count", "%zu", a.n);
		if (a.n <= FEW)		/* the log has them all */
			scep_line_text(&call->summary, "id", a.ids);
	}
	scep_change_clear(&a.change);
	return rc;
}

enum scep_err
scep_admin_challenge_add(struct scep_admin_call *call, struct scep_error *err)
{
	struct scep_keylock	*lock = call->ca->memory->lock;
	struct scep_span	 key = scep_span_make(NULL, 0);
	enum scep_err		 rc;

	scep_admin_open_rows(call);
	/* Those who count write one row: in turn, so that none gives up. */
	if (is_capped(call))
		key = scep_span_text(call->caller->id);
	scep_keylock_take(lock, &key, 1);
	/* An id that is taken: others are drawn. */
	rc = scep_admin_retry(call, add_all, err);
	scep_keylock_give(lock, &key, 1);
	return rc;
}

/* Faults of an item are rows; trouble of our own ends it. */
static enum scep_err
check_one(struct scep_admin_call *call, const json_t *item, size_t i,
    struct scep_error *err)
{
	struct scep_challenge	 template;
	enum scep_err		 rc;

	rc = read_item(call, item, &template, err);
	scep_challenge_clear(&template);
	if (rc != SCEP_E_USAGE && rc != SCEP_E_REFUSED &&
	    rc != SCEP_E_NOTFOUND)
		return rc;
	scep_admin_printable(err->text);
	return scep_admin_row(call, json_pack("{s:I,s:s}", "item",
	    (json_int_t)i, "error", err->text), err);
}

enum scep_err
scep_admin_challenge_check(struct scep_admin_call *call,
    struct scep_error *err)
{
	const json_t	*items = json_object_get(call->ask, "items");
	enum scep_err	 rc = SCEP_OK;
	size_t		 i;

	scep_admin_open_rows(call);
	scep_line_fmt(&call->summary, "count", "%zu", json_array_size(items));
	for (i = 0; rc == SCEP_OK && i < json_array_size(items); i++)
		rc = check_one(call, json_array_get(items, i), i, err);
	return rc;
}
