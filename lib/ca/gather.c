/*
 * gather.c - the facts about one request: what it says, who signed it, what
 * the store knows.  Decides nothing, writes nothing.
 *
 * Whatever came out of the envelope, the same is done: refusals must not
 * differ in their work (DESIGN 7.4).
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "ca/dummy_csr.h"
#include "ca/job.h"
#include "ca/queue.h"
#include "ca/rules.h"
#include "ca/seen.h"
#include "ca/transaction.h"

static void
note(struct scep_job *job, const char *text)
{
	if (job->detail[0] == '\0')
		(void)snprintf(job->detail, sizeof(job->detail), "%.255s",
		    text);
}

/* No request came out: go on with the CA's.  A signature that was verified,
 * in vain, is all the work there is; anything less is made up for. */
static enum scep_err
read_dummy(struct scep_job *job, enum scep_err fault, struct scep_error *err)
{
	enum scep_err	 rc;

	if (fault == SCEP_E_SIG) {
		job->csr = job->ca->memory->dummy;
		return SCEP_OK;
	}
	rc = scep_csr_parse(job->ca->crypto, scep_dummy_csr(),
	    &scep_dummy_rules, 0, &job->own, err);
	job->csr = job->own;
	return rc;
}

/* Step 6: what came out is a request, or the built-in one takes its place. */
static enum scep_err
read_csr(struct scep_job *job, struct scep_error *err)
{
	enum scep_err	 rc;

	if (scep_seen_other(job->ca->memory->seen, job->ask->key_sha256,
	    job->ask->content_sha256)) {
		job->facts.reused_envelope = 1;
		return read_dummy(job, SCEP_E_REFUSED, err);
	}
	rc = scep_csr_parse(job->ca->crypto, job->ask->plaintext,
	    &job->profile->keys, job->profile->csr_sha1, &job->own, err);
	job->csr = job->own;
	if (rc == SCEP_OK || (scep_err_fail_info(rc) == -1 &&
	    rc != SCEP_E_FORMAT))
		return rc;		/* good, or our own trouble */
	job->facts.unreadable = 1;
	note(job, err->text);
	return read_dummy(job, rc, err);
}

/* The signer's certificate is read here again: the worker's word makes no
 * certificate (DESIGN 3).  Whether it signed, only the worker knows; but
 * whoever holds the request's key made the request. */
static enum scep_err
read_signer(struct scep_job *job, struct scep_error *err)
{
	struct scep_cert	 signer;
	enum scep_err		 rc;

	if ((rc = scep_cert_parse(job->ca->crypto, job->ask->signer, &signer,
	    err)) != SCEP_OK)
		return scep_fail_within(err, "signer of the worker's request");
	job->facts.self_signed = job->ask->self_signed &&
	    scep_cert_is_self_issued(&signer);
	job->facts.signer_has_csr_key = scep_span_equal(signer.spki,
	    job->csr->key.spki) != 0;
	rc = scep_transaction_key(job->ca, job->profile->name, &signer,
	    job->ask->txid, job->csr->info_sha256, &job->key,
	    &job->signer_is_ours, err);
	scep_cert_clear(&signer);
	return rc;
}

static int
is_taboo(const struct scep_config *cfg, struct scep_span spki)
{
	size_t	 i;

	for (i = 0; i < cfg->n_cas; i++)
		if (scep_span_equal(spki, cfg->ca[i].cert.spki) ||
		    scep_span_equal(spki, cfg->ca[i].ra_cert.spki))
			return 1;
	return 0;
}

/* Step 7: names and key against the profile. */
static void
check_names(struct scep_job *job)
{
	const int		 is_dummy = job->facts.unreadable ||
				    job->facts.reused_envelope;
	struct scep_error	 why;

	job->facts.key_is_taboo = is_taboo(job->ca->cfg, job->csr->key.spki)
	    != 0;
	job->facts.subject_allowed = scep_rules_subject(job->profile,
	    &job->csr->name, &why) == SCEP_OK &&
	    scep_rules_named(&job->csr->name, &job->csr->san, &why) ==
	    SCEP_OK;
	if (!job->facts.subject_allowed && !is_dummy)
		note(job, why.text);
	job->facts.san_allowed = scep_rules_san(job->profile, &job->csr->san,
	    &why) == SCEP_OK;
	if (!job->facts.san_allowed && !is_dummy)
		note(job, why.text);
}

enum scep_err
scep_job_read(struct scep_job *job, struct scep_error *err)
{
	enum scep_err	 rc;

	/* RFC 8894 section 3.2.1.2: a PKCSReq, or what is not offered. */
	job->facts.is_renewal = job->ask->type != SCEP_MSG_PKCSREQ;
	if ((rc = read_csr(job, err)) != SCEP_OK ||
	    (rc = read_signer(job, err)) != SCEP_OK)
		return rc;
	check_names(job);
	if (!scep_challenge_id(job->csr->challenge, job->challenge_id))
		job->challenge_id[0] = '\0';
	return SCEP_OK;
}

static enum scep_err
gather_challenge(struct scep_job *job, struct scep_error *err)
{
	enum scep_err	 rc = SCEP_E_NOTFOUND;

	if (job->challenge_id[0] != '\0')
		rc = scep_challenge_get(job->ca->store, job->challenge_id,
		    &job->record, err);
	if (rc != SCEP_OK && rc != SCEP_E_NOTFOUND)
		return rc;
	job->has_record = rc == SCEP_OK;
	(void)snprintf(job->record_id, sizeof(job->record_id), "%s",
	    job->has_record ? job->record.id : "");
	return scep_challenge_judge(job->ca->crypto, job->ca->cfg,
	    job->profile, job->csr, job->has_record ? &job->record : NULL,
	    job->now, &job->facts.challenge, &job->use, err);
}

/* Only what may queue has to be counted. */
static enum scep_err
gather_queue(struct scep_job *job, struct scep_error *err)
{
	const struct scep_profile	*p = job->profile;
	struct scep_buf			 key = { NULL, 0 };
	enum scep_err			 rc;
	long				 n = 0, n_peer = 0;

	if (job->facts.challenge != SCEP_CH_ABSENT ||
	    (p->authorise & SCEP_BIT(SCEP_BY_MANUAL)) == 0)
		return SCEP_OK;
	if ((rc = scep_buf_set(&key, scep_span_text(p->name), err)) ==
	    SCEP_OK &&
	    (rc = scep_queue_count(job->ca->store, SCEP_IX_PENDING_PROFILE,
	    scep_buf_span(&key), p->max_pending, &n, err)) == SCEP_OK &&
	    (rc = scep_buf_add(&key, scep_span_make("", 1), err)) ==
	    SCEP_OK &&
	    (rc = scep_buf_add(&key, scep_span_text(job->ask->peer), err)) ==
	    SCEP_OK)
		rc = scep_queue_count(job->ca->store, SCEP_IX_PENDING_PEER,
		    scep_buf_span(&key), p->max_pending_per_peer, &n_peer,
		    err);
	scep_buf_clear(&key);
	job->facts.queue_full = n >= p->max_pending;
	job->facts.peer_queue_full = n_peer >= p->max_pending_per_peer;
	return rc;
}

enum scep_err
scep_job_gather(struct scep_job *job, struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = scep_transaction_fact(job->ca, job->profile, &job->key,
	    job->now, &job->txn, &job->newest, &job->facts.txn, err)) !=
	    SCEP_OK ||
	    (rc = gather_challenge(job, err)) != SCEP_OK)
		return rc;
	return gather_queue(job, err);
}

void
scep_job_forget(struct scep_job *job)
{
	scep_txn_clear(&job->txn);
	if (job->has_record)
		scep_challenge_clear(&job->record);
	job->has_record = 0;
}
