/*
 * keep.c - what a decision leaves behind: transaction, certificate or pending
 * request, the challenge's use, the log entry; together or not at all.
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/line.h"
#include "base/text.h"
#include "ca/delivery.h"
#include "ca/issue.h"
#include "ca/story.h"
#include "ca/job.h"
#include "ca/log_cert.h"
#include "ca/notice.h"
#include "ca/renew.h"
#include "ca/transaction.h"

/* A line of the log table; what a client sent is escaped there. */
static enum scep_err
log_line(const struct scep_job *job, const char *event,
    const struct scep_cert_rec *cert, struct scep_buf *out,
    struct scep_error *err)
{
	char			 when[SCEP_TIME_TEXT];
	char			 key[2 * SCEP_SHA256_LEN + 1];
	struct scep_line	 line = { .len = 0 };

	scep_time_text(job->now, when);
	scep_hex_text(scep_span_make(job->csr->key.sha256, SCEP_SHA256_LEN),
	    key, sizeof(key));
	scep_line_text(&line, "time", when);
	scep_line_text(&line, "event", event);
	scep_line_text(&line, "id", job->ask->request_id);
	scep_line_text(&line, "profile", job->profile->name);
	scep_line_text(&line, "subject", job->answer->subject);
	if (cert != NULL)
		scep_log_cert(&line, cert, job->issuer->generation);
	else
		scep_line_text(&line, "key", key);
	if (job->facts.validator != SCEP_VA_NOT_ASKED) {
		scep_line_text(&line, "validator",
		    scep_validator_word(job->facts.validator));
		scep_line_text(&line, "validator_reason", job->said.reason);
	}
	scep_line_text(&line, "peer", job->ask->peer);
	scep_line_add(&line, "txid", job->ask->txid);
	return scep_buf_set(out, scep_span_text(line.text), err);
}

/* No challenge is in what is kept in the clear (DESIGN 5). */
static enum scep_err
fill_pending(const struct scep_job *job, struct scep_pending *p,
    struct scep_error *err)
{
	enum scep_err	 rc;

	memset(p, 0, sizeof(*p));
	p->txn = job->key;
	(void)snprintf(p->request_id, sizeof(p->request_id), "%s",
	    job->ask->request_id);
	(void)snprintf(p->profile, sizeof(p->profile), "%s",
	    job->profile->name);
	(void)snprintf(p->peer, sizeof(p->peer), "%s", job->ask->peer);
	if (job->facts.validator != SCEP_VA_NOT_ASKED) {
		(void)snprintf(p->why, sizeof(p->why), "validator: %s%s%.200s",
		    scep_validator_word(job->facts.validator),
		    job->said.reason[0] != '\0' ? ", " : "",
		    job->said.reason);
		scep_text_clean(p->why);	/* cut within a character */
		p->validity_s = job->said.validity_s;
	}
	if (scep_job_by_challenge(job))
		(void)snprintf(p->challenge, sizeof(p->challenge), "%s",
		    job->record.id);
	memcpy(p->key_sha256, job->csr->key.sha256, sizeof(p->key_sha256));
	p->created = job->now;
	p->expires = job->now + job->profile->pending_ttl_s;
	if (job->issuer->state == SCEP_GEN_PUBLISHED)
		p->ca_generation = job->issuer->generation;
	if ((rc = scep_buf_set(&p->txid, job->ask->txid, err)) != SCEP_OK ||
	    (rc = scep_buf_set(&p->subject, job->subject, err)) != SCEP_OK ||
	    (rc = scep_buf_set(&p->spki, job->csr->key.spki, err)) !=
	    SCEP_OK ||
	    (job->san->n > 0 && (rc = scep_san_encode(job->san, &p->san,
	    err)) != SCEP_OK) ||
	    (rc = scep_crypto_sha256(job->ca->crypto, job->ask->signer,
	    p->signer_sha256, err)) != SCEP_OK)
		return rc;
	return scep_pending_mac(job->ca->crypto, job->ca->cfg, p, p->mac, err);
}

static enum scep_err
fill_txn(const struct scep_job *job, enum scep_txn_state state,
    time_t expires, struct scep_txn *txn, struct scep_error *err)
{
	enum scep_err	 rc;

	memset(txn, 0, sizeof(*txn));
	txn->key = job->key;
	txn->rev = job->txn.rev;
	txn->state = state;
	txn->created = job->now;
	txn->decided = state == SCEP_TXN_GRANTED ? job->now : 0;
	txn->expires = expires;
	txn->cipher = job->ask->cipher;
	(void)snprintf(txn->request_id, sizeof(txn->request_id), "%s",
	    job->ask->request_id);
	(void)snprintf(txn->profile, sizeof(txn->profile), "%s",
	    job->profile->name);
	if ((rc = scep_buf_set(&txn->txid, job->ask->txid, err)) != SCEP_OK ||
	    !job->facts.by_password)
		return rc;
	return scep_delivery_seal(job->ca->crypto, job->ca->cfg, &txn->key,
	    job->csr->challenge, &txn->delivery, err);
}

/* The transaction, where its prefix still leads to what was read: another
 * machine has other locks in memory. */
static enum scep_err
write_txn(const struct scep_job *job, const struct scep_txn *txn,
    struct scep_change *change, struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = scep_change_check(change, SCEP_T_NEWEST,
	    scep_span_make(job->key.prefix, sizeof(job->key.prefix)),
	    job->newest, err)) != SCEP_OK)
		return rc;
	return scep_txn_write(change, txn, err);
}

/* The challenge is used up in the transaction that issues (or queues what a
 * validator wants approved, then cert_key is empty until it is), or not at all;
 * its row is kept for as long as a retry may ask for it.  A renewal uses
 * none. */
static enum scep_err
spend(struct scep_job *job, struct scep_span cert_key,
    struct scep_change *change, struct scep_error *err)
{
	struct scep_challenge		*rec = &job->record;
	struct scep_challenge_user	 by;
	enum scep_err			 rc;

	if (job->facts.is_renewal)
		return scep_renew_check(job, change, err);
	if (!scep_job_by_challenge(job))
		return SCEP_OK;
	memcpy(by.key, job->csr->key.sha256, sizeof(by.key));
	if ((rc = scep_challenge_request(job->ca->crypto, rec, job->csr,
	    by.request, err)) != SCEP_OK ||
	    (rc = scep_challenge_spend(rec, job->now, &by, cert_key, err)) !=
	    SCEP_OK)
		return rc;
	if (rec->purge < job->now + job->profile->retry_window_s)
		rec->purge = job->now + job->profile->retry_window_s;
	if (rec->purge < job->now + rec->reuse_s)
		rec->purge = job->now + rec->reuse_s;
	return scep_challenge_write(change, rec, err);
}

enum scep_err
scep_job_queue(struct scep_job *job, struct scep_error *err)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_pending	 p;
	struct scep_txn		 txn = { .rev = 0 };
	enum scep_err		 rc;

	if ((rc = fill_pending(job, &p, err)) == SCEP_OK &&
	    (rc = fill_txn(job, SCEP_TXN_PENDING, p.expires +
	    SCEP_TXN_KEPT_S, &txn, err)) == SCEP_OK &&
	    (rc = scep_pending_write(&change, &p, err)) == SCEP_OK &&
	    (rc = write_txn(job, &txn, &change, err)) == SCEP_OK &&
	    (rc = spend(job, scep_span_make(NULL, 0), &change, err)) ==
	    SCEP_OK &&
	    (rc = scep_story_kept(job, SCEP_TRACE_QUEUED, &change, err)) ==
	    SCEP_OK &&
	    (rc = scep_notice_job(job, SCEP_NOTICE_QUEUED, NULL, &change,
	    err)) == SCEP_OK &&
	    (rc = log_line(job, "queued", NULL, &change.log, err)) ==
	    SCEP_OK &&
	    (rc = scep_store_commit(job->ca->store, &change, err)) == SCEP_OK)
		scep_notice_wake(job->ca);
	job->is_stored = rc == SCEP_OK;
	scep_txn_clear(&txn);
	scep_pending_clear(&p);
	scep_change_clear(&change);
	return rc;
}

static enum scep_err
commit_grant(struct scep_job *job, const struct scep_cert_rec *cert,
    struct scep_error *err)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_txn		 txn;
	enum scep_err		 rc;

	if ((rc = fill_txn(job, SCEP_TXN_GRANTED, cert->not_after +
	    SCEP_TXN_KEPT_S, &txn, err)) == SCEP_OK &&
	    (rc = scep_cert_key(scep_buf_span(&cert->serial), cert->issuer,
	    &txn.cert_key, err)) == SCEP_OK &&
	    (rc = scep_cert_rec_write(&change, cert, err)) == SCEP_OK &&
	    (rc = write_txn(job, &txn, &change, err)) == SCEP_OK &&
	    (rc = spend(job, scep_buf_span(&txn.cert_key), &change, err)) ==
	    SCEP_OK &&
	    (rc = scep_story_kept(job, SCEP_TRACE_GRANTED, &change, err)) ==
	    SCEP_OK &&
	    (rc = scep_notice_job(job, SCEP_NOTICE_ISSUED, cert, &change,
	    err)) == SCEP_OK &&
	    (rc = log_line(job, "issued", cert, &change.log, err)) ==
	    SCEP_OK &&
	    (rc = scep_store_commit(job->ca->store, &change, err)) == SCEP_OK)
		scep_notice_wake(job->ca);
	job->is_stored = rc == SCEP_OK;
	scep_change_clear(&change);
	scep_txn_clear(&txn);
	return rc;
}

enum scep_err
scep_job_deliver(struct scep_job *job, struct scep_error *err)
{
	return job->facts.by_password ? scep_buf_set(&job->answer->delivery,
	    job->csr->challenge, err) : SCEP_OK;
}

enum scep_err
scep_job_issue(struct scep_job *job, const struct scep_grant *grant,
    struct scep_error *err)
{
	struct scep_answer	*answer = job->answer;
	struct scep_cert_rec	 cert;
	enum scep_err		 rc;

	if ((rc = scep_issue(job->ca->crypto, grant, job->now, &cert, err)) !=
	    SCEP_OK)
		return rc;
	scep_hex_text(scep_buf_span(&cert.serial), answer->serial,
	    sizeof(answer->serial));
	(void)snprintf(answer->authority, sizeof(answer->authority), "%.95s",
	    cert.authority);
	/* The copies first: after the commit nothing may fail. */
	if ((rc = scep_buf_set(&answer->cert, scep_buf_span(&cert.der),
	    err)) == SCEP_OK &&
	    (rc = scep_cert_key(scep_buf_span(&cert.serial), cert.issuer,
	    &job->to_confirm, err)) == SCEP_OK &&
	    (rc = scep_job_deliver(job, err)) == SCEP_OK)
		rc = commit_grant(job, &cert, err);
	if (rc == SCEP_OK && cert.state == SCEP_CERT_UNCONFIRMED)
		job->awaits = SCEP_AWAITS_CONFIRMATION;
	scep_cert_rec_clear(&cert);
	return rc;
}
