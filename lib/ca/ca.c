/*
 * ca.c - the CA in this process: opened, tended, closed; and the calls that
 * an RA makes through struct scep_ca.
 */
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "base/line.h"
#include "base/text.h"
#include "ca/crl.h"
#include "ca/damage.h"
#include "ca/dummy_csr.h"
#include "ca/keylock.h"
#include "ca/limits.h"
#include "ca/local.h"
#include "ca/notice.h"
#include "ca/notices.h"
#include "ca/rate.h"
#include "ca/seen.h"
#include "ca/stats.h"
#include "ca/story.h"
#include "ca/traces.h"
#include "ca/waiting.h"
#include "ca/wrong.h"

#define TEND_ROWS	256	/* of each kind, each time */

struct scep_span
scep_plaintext(const struct scep_buf *plain)
{
	return scep_span_make(plain->data, plain->len < SCEP_PLAINTEXT_MAX ?
	    plain->len : SCEP_PLAINTEXT_MAX);
}

void
scep_answer_clear(struct scep_answer *answer)
{
	scep_buf_clear(&answer->cert);
	scep_buf_clear(&answer->delivery);
	memset(answer, 0, sizeof(*answer));
	answer->cipher = -1;
}

enum scep_err
scep_ca_enrol(struct scep_ca *ca, time_t now, const struct scep_enrolment *ask,
    struct scep_answer *answer, struct scep_error *err)
{
	return ca->ops->enrol(ca, now, ask, answer, err);
}

enum scep_err
scep_ca_poll(struct scep_ca *ca, time_t now, const struct scep_poll *ask,
    struct scep_answer *answer, struct scep_error *err)
{
	return ca->ops->poll(ca, now, ask, answer, err);
}

enum scep_err
scep_ca_find_cert(struct scep_ca *ca, time_t now,
    const struct scep_lookup *ask, struct scep_answer *answer,
    struct scep_error *err)
{
	return ca->ops->find_cert(ca, now, ask, answer, err);
}

enum scep_err
scep_ca_published(struct scep_ca *ca, struct scep_published *out,
    struct scep_error *err)
{
	return ca->ops->published(ca, out, err);
}

enum scep_err
scep_ca_report(struct scep_ca *ca, time_t now,
    const struct scep_report *report, struct scep_error *err)
{
	return ca->ops->report(ca, now, report, err);
}

enum scep_err
scep_ca_inspect(struct scep_ca *ca, time_t now, enum scep_inspect what,
    struct scep_buf *out, struct scep_error *err)
{
	return ca->ops->inspect(ca, now, what, out, err);
}

void
scep_ca_note(struct scep_ca *ca, time_t now, const struct scep_note *note)
{
	ca->ops->note(ca, now, note);
}

void
scep_ca_close(struct scep_ca *ca)
{
	if (ca != NULL)
		ca->ops->close(ca);
}

/* What became of requests, and what was counted, goes into the store with the
 * last user. */
static void
memory_drop(struct scep_local *l)
{
	struct scep_memory	*m = l->memory;
	struct scep_store	*store = l->store;
	struct scep_error	 ignored;
	int			 i;

	if (m == NULL || atomic_fetch_sub(&m->users, 1) > 1)
		return;
	if (m->traces != NULL)
		(void)scep_traces_flush(m->traces, store, 1, &ignored);
	if (m->wrong != NULL && m->lock != NULL)
		(void)scep_wrong_tend(m->wrong, m->lock, store, &ignored);
	if (m->notices != NULL)
		(void)scep_notices_flush(l, &ignored);
	scep_notices_free(m->notices);
	scep_damage_free(m->damage);
	scep_wrong_free(m->wrong);
	scep_waiting_free(m->waiting);
	scep_rates_free(m->rates);
	scep_limits_free(m->limits);
	scep_traces_free(m->traces);
	scep_crls_free(m->crls);
	scep_seen_free(m->seen);
	scep_keylock_free(m->lock);
	scep_stats_free(m->stats);
	for (i = 0; i <= SCEP_KEY_OTHER; i++)
		scep_csr_free(m->dummy[i]);
	(void)pthread_mutex_destroy(&m->rolling);
	OPENSSL_free(m);
}

static enum scep_err
memory_new(const struct scep_crypto *crypto, struct scep_memory **out,
    struct scep_error *err)
{
	struct scep_memory	*m;
	enum scep_err		 rc = SCEP_OK;
	int			 i;

	if ((m = *out = OPENSSL_zalloc(sizeof(*m))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "CA");
	atomic_init(&m->users, 1);
	(void)pthread_mutex_init(&m->rolling, NULL);
	if ((rc = scep_seen_new(crypto, &m->seen, err)) != SCEP_OK ||
	    (rc = scep_keylock_new(&m->lock, err)) != SCEP_OK ||
	    (rc = scep_wrong_new(&m->wrong, err)) != SCEP_OK ||
	    (rc = scep_waiting_new(&m->waiting, err)) != SCEP_OK ||
	    (rc = scep_rates_new(&m->rates, err)) != SCEP_OK ||
	    (rc = scep_stats_new(&m->stats, err)) != SCEP_OK ||
	    (rc = scep_traces_new(&m->traces, err)) != SCEP_OK ||
	    (rc = scep_damage_new(&m->damage, err)) != SCEP_OK ||
	    (rc = scep_notices_new(&m->notices, err)) != SCEP_OK ||
	    (rc = scep_crls_new(&m->crls, err)) != SCEP_OK)
		return rc;
	/* Who answers one request has use for few (gather.c). */
	for (i = 0; rc == SCEP_OK && !crypto->is_brief && i <= SCEP_KEY_OTHER;
	    i++)
		rc = scep_csr_read(crypto,
		    scep_dummy_csr((enum scep_key_type)i), &scep_dummy_rules,
		    &m->dummy[i], err);
	return rc;
}

static void
local_close(struct scep_ca *ca)
{
	struct scep_local	*l = (struct scep_local *)ca;

	memory_drop(l);
	OPENSSL_free(l);
}

static const struct scep_ca_ops	local_ops = {
	.enrol = scep_limited_enrol,
	.poll = scep_limited_poll,
	.find_cert = scep_limited_find_cert,
	.crl = scep_local_crl,
	.published = scep_local_published,
	.report = scep_local_report,
	.inspect = scep_local_inspect,
	.note = scep_limited_note,
	.close = local_close,
};

enum scep_err
scep_ca_open(const struct scep_crypto *crypto, const struct scep_config *cfg,
    struct scep_store *store, struct scep_ca **out, struct scep_error *err)
{
	struct scep_local	*l;
	enum scep_err		 rc;

	*out = NULL;
	if ((l = OPENSSL_zalloc(sizeof(*l))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "CA");
	l->ca.ops = &local_ops;
	l->ca.generation = 1;
	l->crypto = crypto;
	l->cfg = cfg;
	l->store = store;
	if ((rc = memory_new(crypto, &l->memory, err)) != SCEP_OK) {
		local_close(&l->ca);
		return rc;
	}
	*out = &l->ca;
	return SCEP_OK;
}

enum scep_err
scep_ca_reopen(const struct scep_ca *before, const struct scep_config *cfg,
    struct scep_ca **out, struct scep_error *err)
{
	const struct scep_local	*old = (const struct scep_local *)before;
	struct scep_local	*l;

	*out = NULL;
	if ((l = OPENSSL_malloc(sizeof(*l))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "CA");
	*l = *old;
	l->ca.generation++;
	l->cfg = cfg;
	(void)atomic_fetch_add(&l->memory->users, 1);
	*out = &l->ca;
	return SCEP_OK;
}

void
scep_ca_use_hooks(struct scep_ca *ca, const struct scep_hook_host *hooks)
{
	((struct scep_local *)ca)->memory->hooks = hooks;
}

/* What one round of tending is about. */
struct round {
	struct scep_local	*ca;
	time_t			 now;
	int			 left;
};

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

	if (scep_damage_is(r->ca, SCEP_T_PENDING, row))
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

	if (scep_damage_is(r->ca, table, row))
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
	struct round	 r = { .ca = ca, .now = now, .left = TEND_ROWS };
	uint8_t		 to[SCEP_INDEX_TIME];

	scep_index_time(now + 1, to);
	return scep_store_scan_index(ca->store, index, scep_span_make(NULL, 0),
	    scep_span_make(to, sizeof(to)), fn, &r, err);
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
