/*
 * tend.c - what the CA does every second, and every so often: what is over
 * goes, what is due is made, what was damaged is told of.
 */
#include <string.h>

#include "base/error.h"
#include "base/line.h"
#include "base/text.h"
#include "ca/crl.h"
#include "ca/damage.h"
#include "ca/keylock.h"
#include "ca/local.h"
#include "ca/notice.h"
#include "ca/notices.h"
#include "ca/story.h"
#include "ca/traces.h"
#include "ca/wrong.h"
#include "store/record_index.h"

#define TEND_ROWS	256	/* of each kind, each time */

/* What one round of tending is about. */
struct round {
	struct scep_local	*ca;
	time_t			 now;
	enum scep_index		 index;
	uint8_t			 to[SCEP_INDEX_TIME];	/* this is not over */
	int			 left;
};

/* It is for the row to say, too, that it is over: an index that was damaged
 * would let go what a token was used for. */
static int
is_over(const struct round *r, const struct scep_row *row)
{
	struct scep_index_keys	 keys;
	struct scep_error	 ignored;
	struct scep_span	 key;
	size_t			 i;

	if (scep_record_keys(scep_index_table(r->index),
	    scep_buf_span(&row->value), &keys, &ignored) != SCEP_OK)
		return 0;
	for (i = 0; i < keys.n; i++) {
		key = scep_index_key(&keys, i);
		if (keys.key[i].index == r->index &&
		    key.len == sizeof(r->to))
			return memcmp(key.data, r->to, sizeof(r->to)) < 0;
	}
	return 0;
}

/* End a scan when the round has done enough. */
static enum scep_err
done_one(struct round *r, enum scep_err rc)
{
	if (rc != SCEP_OK && rc != SCEP_E_CHANGED)
		return rc;
	return --r->left <= 0 ? SCEP_E_EXISTS : SCEP_OK;
}

static int
is_damaged(struct scep_local *ca, const struct scep_txn_key *key)
{
	struct scep_buf		 text = { NULL, 0 };
	struct scep_error	 ignored;
	int			 is;

	is = scep_txn_key_text(key, &text, &ignored) == SCEP_OK &&
	    scep_damage_at(ca, SCEP_T_TRANSACTION, scep_buf_span(&text));
	scep_buf_clear(&text);
	return is;
}

/* The transaction ends with its request, unless another request has taken its
 * place since. */
static enum scep_err
expire_txn(struct round *r, const struct scep_pending *p,
    struct scep_change *change, struct scep_error *err)
{
	struct scep_txn	 txn;
	enum scep_err	 rc;

	rc = scep_txn_get(r->ca->store, &p->txn, &txn, err);
	if (rc == SCEP_E_NOTFOUND || (rc == SCEP_E_STORE &&
	    is_damaged(r->ca, &p->txn)))
		return SCEP_OK;
	if (rc == SCEP_OK && txn.state == SCEP_TXN_PENDING &&
	    strcmp(txn.request_id, p->request_id) == 0) {
		txn.state = SCEP_TXN_EXPIRED;
		txn.decided = r->now;
		scep_buf_clear(&txn.delivery);
		rc = scep_txn_write(change, &txn, err);
	}
	scep_txn_clear(&txn);
	return rc;
}

static enum scep_err
expire(struct round *r, const struct scep_pending *p, uint64_t rev,
    struct scep_error *err)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_line	 line = { .len = 0 }, result = { .len = 0 };
	char			 when[SCEP_TIME_TEXT];
	enum scep_err		 rc;

	rc = expire_txn(r, p, &change, err);
	scep_line_text(&result, "reason", "nobody decided in time");
	scep_time_text(r->now, when);
	scep_line_text(&line, "time", when);
	scep_line_text(&line, "event", "expired");
	scep_line_text(&line, "id", p->request_id);
	scep_line_text(&line, "profile", p->profile);
	if (rc == SCEP_OK &&
	    (rc = scep_change_delete(&change, SCEP_T_PENDING,
	    scep_span_text(p->request_id), rev, err)) == SCEP_OK &&
	    (rc = scep_story_pending(r->ca, r->now, p, SCEP_TRACE_EXPIRED,
	    &result, "", &change, err)) == SCEP_OK &&
	    (rc = scep_notice_pending(r->ca, r->now, p, SCEP_NOTICE_EXPIRED,
	    NULL, "nobody decided in time", "", &change, err)) == SCEP_OK &&
	    (rc = scep_buf_set(&change.log, scep_span_text(line.text), err)) ==
	    SCEP_OK)
		rc = scep_store_commit(r->ca->store, &change, err);
	scep_change_clear(&change);
	return rc;
}

static enum scep_err
expire_row(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct round		*r = arg;
	struct scep_pending	 p;
	struct scep_span	 key;
	enum scep_err		 rc;

	if (scep_damage_is(r->ca, SCEP_T_PENDING, row) || !is_over(r, row))
		return SCEP_OK;
	if ((rc = scep_pending_decode(scep_buf_span(&row->value), &p, err)) !=
	    SCEP_OK)
		return rc;
	key = scep_span_make(p.txn.prefix, sizeof(p.txn.prefix));
	scep_keylock_take(r->ca->memory->lock, &key, 1);
	rc = expire(r, &p, row->rev, err);
	scep_keylock_give(r->ca->memory->lock, &key, 1);
	scep_pending_clear(&p);
	return done_one(r, rc);
}

static enum scep_err
purge(struct round *r, enum scep_table table, const struct scep_row *row,
    struct scep_error *err)
{
	struct scep_change	 change = { .n = 0 };
	enum scep_err		 rc;

	if (scep_damage_is(r->ca, table, row) || !is_over(r, row))
		return SCEP_OK;
	rc = scep_change_delete(&change, table, scep_buf_span(&row->key),
	    row->rev, err);
	if (rc == SCEP_OK)
		rc = scep_store_commit(r->ca->store, &change, err);
	scep_change_clear(&change);
	return done_one(r, rc);
}

static enum scep_err
purge_txn(void *arg, const struct scep_row *row, struct scep_error *err)
{
	return purge(arg, SCEP_T_TRANSACTION, row, err);
}

static enum scep_err
purge_challenge(void *arg, const struct scep_row *row, struct scep_error *err)
{
	return purge(arg, SCEP_T_CHALLENGE, row, err);
}

/* Everything whose time is up, by the index that is in the order of times. */
static enum scep_err
sweep(struct scep_local *ca, time_t now, enum scep_index index,
    scep_row_fn fn, struct scep_error *err)
{
	struct round	 r = { .ca = ca, .now = now, .index = index,
			    .left = TEND_ROWS };

	scep_index_time(now + 1, r.to);
	return scep_store_scan_index(ca->store, index, scep_span_make(NULL, 0),
	    scep_span_make(r.to, sizeof(r.to)), fn, &r, err);
}

static void
keep_first(enum scep_err one, const struct scep_error *why,
    enum scep_err *rc, struct scep_error *err)
{
	if (one == SCEP_OK || *rc != SCEP_OK)
		return;
	*rc = one;
	*err = *why;
}

enum scep_err
scep_ca_tend_soon(struct scep_ca *ca, struct scep_error *err)
{
	struct scep_local	*l = (struct scep_local *)ca;

	struct scep_error	 why;
	enum scep_err		 rc, told;

	rc = scep_wrong_tend(l->memory->wrong, l->memory->lock, l->store,
	    err);
	told = scep_notices_flush(l, &why);
	keep_first(told, &why, &rc, err);
	/* What is not told now is told a second later. */
	return rc == SCEP_OK ? scep_damage_tell(l, err) : rc;
}

enum scep_err
scep_ca_tend(struct scep_ca *ca, time_t now, struct scep_error *err)
{
	static const struct {
		enum scep_index	 index;
		scep_row_fn	 fn;
	} sweeps[] = {
		{ SCEP_IX_PENDING_EXPIRES, expire_row },
		{ SCEP_IX_TRANSACTION_EXPIRES, purge_txn },
		{ SCEP_IX_CHALLENGE_EXPIRES, purge_challenge },
	};
	struct scep_local	*l = (struct scep_local *)ca;
	struct scep_error	 why;
	enum scep_err		 rc = SCEP_OK, one;
	size_t			 i;

	/* Trouble with one kind does not stop the others; the first is told. */
	one = scep_ca_tend_soon(ca, &why);
	keep_first(one, &why, &rc, err);
	for (i = 0; i < sizeof(sweeps) / sizeof(sweeps[0]); i++) {
		one = sweep(l, now, sweeps[i].index, sweeps[i].fn, &why);
		keep_first(one, &why, &rc, err);
	}
	one = scep_traces_tend(l->memory->traces, l->store, now,
	    l->cfg->server.explain_refused, &why);
	keep_first(one, &why, &rc, err);
	one = scep_notices_tend(l, now, &why);
	keep_first(one, &why, &rc, err);
	scep_notice_wake(l);
	one = scep_crl_tend(l, now, &why);
	keep_first(one, &why, &rc, err);
	return rc;
}
