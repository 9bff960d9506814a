/*
 * restore.c - what a restored store must learn before it serves.
 *
 * A backup does not know what happened after it.  A challenge that it has as
 * unused may have been used; the issue log, where it survived, knows which
 * certificates devices hold.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/line.h"
#include "base/text.h"
#include "ca/apikey.h"
#include "ca/log_cert.h"
#include "ca/restore.h"
#include "ca/restore_token.h"

#define BATCH		12	/* challenges in one transaction */
#define CRLS_LOST	100000	/* made after the backup, at most */
#define IMPORTED	"; known from the issue log"

static void
log_start(struct scep_line *line, time_t now, const char *event)
{
	char	 when[SCEP_TIME_TEXT];

	scep_time_text(now, when);
	scep_line_text(line, "time", when);
	scep_line_text(line, "event", event);
}

static enum scep_err
commit(struct scep_store *store, struct scep_change *change,
    struct scep_line *line, unsigned long uid, struct scep_error *err)
{
	enum scep_err	 rc;

	scep_line_fmt(line, "by", "uid %lu", uid);
	if ((rc = scep_buf_set(&change->log, scep_span_text(line->text),
	    err)) == SCEP_OK)
		rc = scep_store_commit(store, change, err);
	scep_change_clear(change);
	return rc;
}

/* What the log tells. */

/* The certificate that a device holds, as far as it is known. */
static enum scep_err
put_cert(struct scep_span entry, struct scep_change *change,
    struct scep_restored *count, struct scep_error *err)
{
	struct scep_cert_rec	 rec;
	size_t			 n;
	enum scep_err		 rc;

	rc = scep_log_cert_read(entry, &rec, err);
	if (rc == SCEP_E_NOTFOUND)
		return SCEP_OK;
	if (rc == SCEP_E_FORMAT) {
		count->poor++;
		return SCEP_OK;
	}
	if (rc != SCEP_OK)
		return rc;
	n = strlen(rec.authority);
	if (n + sizeof(IMPORTED) <= sizeof(rec.authority))
		(void)snprintf(rec.authority + n, sizeof(rec.authority) - n,
		    "%s", IMPORTED);
	rc = scep_cert_rec_write(change, &rec, err);
	scep_cert_rec_clear(&rec);
	count->certificates++;
	return rc;
}

/* How the waiting of a request ended.  What was approved cannot be delivered:
 * the device begins anew. */
static int
is_end(struct scep_span entry, enum scep_txn_state *state)
{
	static const struct {
		const char		*event;
		enum scep_txn_state	 state;
	} ends[] = {
		{ "approved", SCEP_TXN_EXPIRED },
		{ "refused", SCEP_TXN_REFUSED },
		{ "expired", SCEP_TXN_EXPIRED },
	};
	char	 event[32];
	size_t	 i;

	if (!scep_line_get(entry, "event", event, sizeof(event)))
		return 0;
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (strcmp(event, ends[i].event) == 0) {
			*state = ends[i].state;
			return 1;
		}
	return 0;
}

static enum scep_err
end_txn(struct scep_store *store, const struct scep_pending *p,
    enum scep_txn_state state, struct scep_span entry,
    struct scep_change *change, struct scep_error *err)
{
	char			 when[SCEP_TIME_TEXT];
	struct scep_error	 why;
	struct scep_txn		 txn;
	enum scep_err		 rc;

	rc = scep_txn_get(store, &p->txn, &txn, err);
	if (rc == SCEP_E_NOTFOUND)
		return SCEP_OK;
	if (rc == SCEP_OK && txn.state == SCEP_TXN_PENDING &&
	    strcmp(txn.request_id, p->request_id) == 0) {
		txn.state = state;
		if (scep_line_get(entry, "time", when, sizeof(when)))
			(void)scep_time_read(when, &txn.decided, &why);
		if (state == SCEP_TXN_REFUSED)
			(void)scep_line_get(entry, "reason", txn.reason,
			    sizeof(txn.reason));
		rc = scep_txn_write(change, &txn, err);
	}
	scep_txn_clear(&txn);
	return rc;
}

static enum scep_err
end_request(struct scep_store *store, struct scep_span entry,
    struct scep_change *change, struct scep_restored *count,
    struct scep_error *err)
{
	enum scep_txn_state	 state;
	struct scep_pending	 p;
	char			 id[SCEP_REQUEST_ID];
	enum scep_err		 rc;

	if (!is_end(entry, &state) ||
	    !scep_line_get(entry, "id", id, sizeof(id)))
		return SCEP_OK;
	rc = scep_pending_get(store, id, &p, err);
	if (rc == SCEP_E_NOTFOUND)
		return SCEP_OK;
	if (rc == SCEP_OK && (rc = end_txn(store, &p, state, entry, change,
	    err)) == SCEP_OK)
		rc = scep_change_delete(change, SCEP_T_PENDING,
		    scep_span_text(id), p.rev, err);
	scep_pending_clear(&p);
	count->requests++;
	return rc;
}

/* An API key that was revoked after the backup stays so. */
static enum scep_err
end_apikey(const struct scep_restoring *r, struct scep_span entry,
    struct scep_change *change, struct scep_error *err)
{
	char			 event[32], id[SCEP_REC_NAME];
	char			 when[SCEP_TIME_TEXT];
	struct scep_error	 why;
	struct scep_apikey	 rec;
	enum scep_err		 rc;

	if (!scep_line_get(entry, "event", event, sizeof(event)) ||
	    strcmp(event, "apikey-revoked") != 0 ||
	    !scep_line_get(entry, "id", id, sizeof(id)))
		return SCEP_OK;
	rc = scep_apikey_load(r->crypto, r->cfg, r->store, id, &rec, err);
	if (rc == SCEP_E_NOTFOUND)
		return SCEP_OK;
	if (rc != SCEP_OK || (rec.state == SCEP_APIKEY_REVOKED &&
	    rec.is_ours))
		return rc;
	rec.state = SCEP_APIKEY_REVOKED;
	if (scep_line_get(entry, "time", when, sizeof(when)))
		(void)scep_time_read(when, &rec.revoked, &why);
	if ((rc = scep_apikey_seal(r->crypto, r->cfg, &rec, err)) != SCEP_OK)
		return rc;
	return scep_apikey_write(change, &rec, err);
}

/* Keys and certificates came or went that the backup does not know. */
static int
is_step(struct scep_span entry)
{
	char	 event[32];

	return scep_line_get(entry, "event", event, sizeof(event)) &&
	    (strncmp(event, "ca-", 3) == 0 ||
	    strcmp(event, "ra-renewed") == 0);
}

static enum scep_err
put_back(const struct scep_restoring *r, const struct scep_log_line *line,
    struct scep_restored *count, struct scep_error *err)
{
	struct scep_store	*store = r->store;
	struct scep_change	 change = { .log_seq = line->seq };
	enum scep_err		 rc;

	if ((rc = scep_buf_set(&change.log, line->text, err)) == SCEP_OK &&
	    (rc = put_cert(line->text, &change, count, err)) == SCEP_OK &&
	    (rc = end_request(store, line->text, &change, count, err)) ==
	    SCEP_OK &&
	    (rc = end_apikey(r, line->text, &change, err)) == SCEP_OK &&
	    (rc = scep_restore_token_key(r, line->text, &change, err)) ==
	    SCEP_OK &&
	    (rc = scep_restore_token(store, line->text, &change, err)) ==
	    SCEP_OK &&
	    (rc = scep_restore_confirmed(store, line->text, &change, count,
	    err)) == SCEP_OK &&
	    (rc = scep_restore_revoked(store, line->text, &change, count,
	    err)) == SCEP_OK)
		rc = scep_store_commit(store, &change, err);
	scep_change_clear(&change);
	count->entries++;
	count->steps += is_step(line->text) ? 1 : 0;
	return rc == SCEP_OK ? rc : scep_fail_within(err, "log entry %"
	    PRIu64, line->seq);
}

enum scep_err
scep_restore_import(const struct scep_restoring *r,
    struct scep_log_file *log, uint64_t after, struct scep_restored *count,
    struct scep_error *err)
{
	struct scep_log_line	 line;
	enum scep_err		 rc;

	while ((rc = scep_log_file_next(log, &line, err)) == SCEP_OK)
		if (line.seq > after &&
		    (rc = put_back(r, &line, count, err)) != SCEP_OK)
			return rc;
	return rc == SCEP_E_NOTFOUND ? SCEP_OK : rc;
}

/* Challenges. */

struct voiding {
	const struct scep_restoring	*r;
	time_t				 now;
	unsigned long			 uid;
	struct scep_change		 change;
	char				 ids[BATCH * SCEP_REC_NAME];	/* commas */
	struct scep_restored		*count;
};

static enum scep_err
flush(struct voiding *v, struct scep_error *err)
{
	struct scep_line	 line = { .len = 0 };

	if (v->change.n == 0)
		return SCEP_OK;
	log_start(&line, v->now, "challenges-voided");
	scep_line_text(&line, "id", v->ids);
	v->ids[0] = '\0';
	return commit(v->r->store, &v->change, &line, v->uid, err);
}

static enum scep_err
void_one(struct voiding *v, struct scep_challenge *rec,
    struct scep_error *err)
{
	const size_t	 n = strlen(v->ids);
	enum scep_err	 rc;

	/* Used up is used up, but for a key that may come again; what has
	 * expired may come back with a clock that is wrong, what is frozen
	 * with an operator. */
	if (rec->state == SCEP_CHALLENGE_REVOKED ||
	    (rec->used >= rec->uses && rec->reuse_s == 0))
		return SCEP_OK;
	if ((rc = scep_challenge_revoke(v->r->crypto, rec, err)) != SCEP_OK ||
	    (rc = scep_challenge_write(&v->change, rec, err)) != SCEP_OK)
		return rc;
	(void)snprintf(v->ids + n, sizeof(v->ids) - n, "%s%s",
	    n > 0 ? "," : "", rec->id);
	v->count->challenges++;
	return v->change.n == BATCH ? flush(v, err) : SCEP_OK;
}

static enum scep_err
void_row(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct scep_challenge	 rec;
	enum scep_err		 rc;

	/* Nobody can use one that cannot be read. */
	if (scep_record_check(SCEP_T_CHALLENGE, row, err) == SCEP_E_STORE)
		return SCEP_OK;
	if ((rc = scep_challenge_decode(scep_buf_span(&row->value), &rec,
	    err)) != SCEP_OK)
		return rc;
	rec.rev = row->rev;
	rc = void_one(arg, &rec, err);
	scep_challenge_clear(&rec);
	return rc;
}

enum scep_err
scep_restore_void(const struct scep_restoring *r, time_t now,
    unsigned long uid, struct scep_restored *count, struct scep_error *err)
{
	struct voiding	 v = { .r = r, .now = now, .uid = uid,
			    .count = count };
	enum scep_err	 rc;

	if ((rc = scep_store_scan(r->store, SCEP_T_CHALLENGE,
	    scep_span_make(NULL, 0), void_row, &v, err)) == SCEP_OK &&
	    (rc = flush(&v, err)) == SCEP_OK)
		rc = scep_restore_tokens(r, now, uid, count, err);
	scep_change_clear(&v.change);
	return rc;
}

/* CRLs. */

struct aging {
	time_t			 now;
	struct scep_change	 change;
	struct scep_restored	*count;
};

static enum scep_err
age_row(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct aging		*a = arg;
	struct scep_crl_rec	 rec;
	enum scep_err		 rc;

	if ((rc = scep_crl_rec_decode(scep_buf_span(&row->value), &rec,
	    err)) != SCEP_OK)
		return rc;
	rec.rev = row->rev;
	rec.stale = SCEP_CRL_STALE;
	/* Numbers follow the clock, but one that was ahead has been set back;
	 * nor does a backup know of those that were made after it. */
	rec.number = (rec.number > a->now ? rec.number : a->now) + CRLS_LOST;
	scep_buf_clear(&rec.der);
	rc = scep_crl_rec_write(&a->change, &rec, err);
	scep_crl_rec_clear(&rec);
	a->count->crls++;
	return rc;
}

enum scep_err
scep_restore_crls(struct scep_store *store, time_t now, unsigned long uid,
    struct scep_restored *count, struct scep_error *err)
{
	struct aging		 a = { .now = now, .count = count };
	struct scep_line	 line = { .len = 0 };
	enum scep_err		 rc;

	rc = scep_store_scan(store, SCEP_T_CRL, scep_span_make(NULL, 0),
	    age_row, &a, err);
	if (rc == SCEP_OK && a.change.n > 0) {
		log_start(&line, now, "crls-aged");
		scep_line_fmt(&line, "crls", "%zu", a.change.n);
		rc = commit(store, &a.change, &line, uid, err);
	}
	scep_change_clear(&a.change);
	return rc;
}

/* The log. */

enum scep_err
scep_restore_note(struct scep_store *store, time_t now, unsigned long uid,
    time_t until, const struct scep_restored *count, struct scep_error *err)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_line	 line = { .len = 0 };
	char			 when[SCEP_TIME_TEXT];

	log_start(&line, now, "restored");
	scep_time_text(until, when);
	scep_line_text(&line, "backup", when);
	scep_line_fmt(&line, "entries", "%zu", count->entries);
	scep_line_fmt(&line, "certificates", "%zu", count->certificates);
	scep_line_fmt(&line, "challenges_voided", "%zu", count->challenges);
	return commit(store, &change, &line, uid, err);
}

static enum scep_err
last_row(void *arg, const struct scep_row *row, struct scep_error *err)
{
	uint64_t	*seq = arg;
	size_t		 i;

	(void)err;
	for (*seq = 0, i = 0; i < row->key.len; i++)
		*seq = *seq << 8 | row->key.data[i];
	return SCEP_OK;
}

enum scep_err
scep_restore_check(struct scep_store *store, uint64_t last,
    struct scep_error *err)
{
	uint64_t	 found = 0;
	uint8_t		 from[8];
	enum scep_err	 rc;
	int		 i;

	for (i = 0; i < 8; i++)
		from[i] = (uint8_t)(last >> (56 - 8 * i));
	if ((rc = scep_store_scan(store, SCEP_T_LOG, scep_span_make(from, 8),
	    last_row, &found, err)) != SCEP_OK)
		return rc;
	return found == last ? SCEP_OK : scep_fail(err, SCEP_E_STORE,
	    "the log ends with entry %" PRIu64 ", and the backup's was %"
	    PRIu64 ": the backup is damaged; restore another", found, last);
}
