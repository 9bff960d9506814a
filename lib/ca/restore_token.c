/*
 * restore_token.c - what restored token keys must learn before tokens are
 * taken: revoked is revoked, used is used.
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/line.h"
#include "base/text.h"
#include "ca/restore_token.h"
#include "ca/token_key.h"

#define BATCH	100		/* keys in one transaction */
#define IDS	(250 * SCEP_REC_NAME)	/* of one act, with commas */
/* The end of a token is not in the log: a row that outlives whatever is minted
 * ahead. */
#define LONG	(10 * 365 * 86400L)

enum scep_err
scep_restore_token_key(const struct scep_restoring *r,
    struct scep_span entry, struct scep_change *change,
    struct scep_error *err)
{
	char			 event[32], id[SCEP_REC_NAME];
	char			 when[SCEP_TIME_TEXT];
	struct scep_error	 why;
	struct scep_token_key	 rec;
	enum scep_err		 rc;

	if (!scep_line_get(entry, "event", event, sizeof(event)) ||
	    strcmp(event, "tokenkey-revoked") != 0 ||
	    !scep_line_get(entry, "id", id, sizeof(id)))
		return SCEP_OK;
	rc = scep_token_key_load(r->crypto, r->cfg, r->store, id, &rec, err);
	if (rc == SCEP_E_NOTFOUND)
		return SCEP_OK;
	if (rc != SCEP_OK || (rec.state == SCEP_TOKEN_KEY_REVOKED &&
	    rec.is_ours))
		return rc;
	rec.state = SCEP_TOKEN_KEY_REVOKED;
	if (scep_line_get(entry, "time", when, sizeof(when)))
		(void)scep_time_read(when, &rec.revoked, &why);
	if ((rc = scep_token_key_seal(r->crypto, r->cfg, &rec, err)) !=
	    SCEP_OK)
		return rc;
	return scep_token_key_write(change, &rec, err);
}

static enum scep_err
put_revoked(struct scep_store *store, const char *id, time_t when,
    struct scep_change *change, struct scep_error *err)
{
	struct scep_challenge	 rec;
	enum scep_err		 rc;

	if (!scep_token_is_row(id))
		return SCEP_OK;
	if ((rc = scep_challenge_get(store, id, &rec, err)) ==
	    SCEP_E_NOTFOUND) {
		(void)snprintf(rec.id, sizeof(rec.id), "%s", id);
		(void)snprintf(rec.note, sizeof(rec.note), "revoked after "
		    "the backup, says the issue log");
		rec.created = when;
		rec.expires = rec.purge = when + LONG;
		rec.uses = 1;
		rec.state = SCEP_CHALLENGE_REVOKED;
		rc = scep_challenge_write(change, &rec, err);
	}
	scep_challenge_clear(&rec);
	return rc;
}

/* Those that are in the store are voided like all others. */
enum scep_err
scep_restore_token(struct scep_store *store, struct scep_span entry,
    struct scep_change *change, struct scep_error *err)
{
	char			 event[32], text[SCEP_TIME_TEXT], ids[IDS];
	char			 id[SCEP_REC_NAME];
	const char		*rest;
	struct scep_error	 why;
	enum scep_err		 rc = SCEP_OK;
	time_t			 when = 0;
	size_t			 n;

	if (!scep_line_get(entry, "event", event, sizeof(event)) ||
	    (strcmp(event, "challenge-revoked") != 0 &&
	    strcmp(event, "challenge-frozen") != 0) ||
	    !scep_line_get(entry, "id", ids, sizeof(ids)) ||
	    !scep_line_get(entry, "time", text, sizeof(text)) ||
	    scep_time_read(text, &when, &why) != SCEP_OK)
		return SCEP_OK;
	for (rest = ids; rc == SCEP_OK && *rest != '\0';
	    rest += n + (rest[n] == ',')) {
		n = strcspn(rest, ",");
		(void)snprintf(id, sizeof(id), "%.*s", (int)n, rest);
		rc = put_revoked(store, id, when, change, err);
	}
	return rc;
}

struct ageing {
	const struct scep_restoring	*r;
	time_t				 now;
	unsigned long			 uid;
	struct scep_change		 change;
	struct scep_restored		*count;
};

static enum scep_err
flush(struct ageing *a, struct scep_error *err)
{
	struct scep_line	 line = { .len = 0 };
	char			 when[SCEP_TIME_TEXT];
	enum scep_err		 rc;

	if (a->change.n == 0)
		return SCEP_OK;
	scep_time_text(a->now, when);
	scep_line_text(&line, "time", when);
	scep_line_text(&line, "event", "tokens-voided");
	scep_line_fmt(&line, "keys", "%zu", a->change.n);
	scep_line_fmt(&line, "by", "uid %lu", a->uid);
	if ((rc = scep_buf_set(&a->change.log, scep_span_text(line.text),
	    err)) == SCEP_OK)
		rc = scep_store_commit(a->r->store, &a->change, err);
	scep_change_clear(&a->change);
	return rc;
}

/* Whoever minted may have been ahead of us, as far as that is allowed.  A row
 * that is not ours is left as it is: it must not become ours by this. */
static enum scep_err
age_row(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct ageing		*a = arg;
	const time_t		 since = a->now + SCEP_TOKEN_SKEW_S;
	struct scep_token_key	 rec;
	enum scep_err		 rc;

	if ((rc = scep_token_key_row(a->r->crypto, a->r->cfg, row, &rec,
	    err)) != SCEP_OK || !rec.is_ours ||
	    rec.state == SCEP_TOKEN_KEY_REVOKED || rec.since >= since)
		return rc;
	rec.since = since;
	if ((rc = scep_token_key_seal(a->r->crypto, a->r->cfg, &rec, err)) !=
	    SCEP_OK ||
	    (rc = scep_token_key_write(&a->change, &rec, err)) != SCEP_OK)
		return rc;
	a->count->token_keys++;
	return a->change.n == BATCH ? flush(a, err) : SCEP_OK;
}

enum scep_err
scep_restore_tokens(const struct scep_restoring *r, time_t now,
    unsigned long uid, struct scep_restored *count, struct scep_error *err)
{
	struct ageing	 a = { .r = r, .now = now, .uid = uid,
			    .count = count };
	enum scep_err	 rc;

	if ((rc = scep_store_scan(r->store, SCEP_T_TOKEN_KEY,
	    scep_span_make(NULL, 0), age_row, &a, err)) == SCEP_OK)
		rc = flush(&a, err);
	scep_change_clear(&a.change);
	return rc;
}
