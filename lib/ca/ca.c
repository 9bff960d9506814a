/*
 * ca.c - the CA in this process: opened and closed; and the calls that an RA
 * makes through struct scep_ca.
 */
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
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
#include "ca/traces.h"
#include "ca/waiting.h"
#include "ca/wrong.h"

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
