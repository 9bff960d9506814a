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
#include "ca/delivery.h"
#include "ca/dummy_csr.h"
#include "ca/job.h"
#include "ca/kin.h"
#include "ca/queue.h"
#include "ca/renew.h"
#include "ca/rules.h"
#include "ca/seen.h"
#include "ca/transaction.h"

void
scep_job_note(struct scep_job *job, const char *text)
{
	if (job->detail[0] == '\0')
		(void)snprintf(job->detail, sizeof(job->detail), "%.255s",
		    text);
}

static enum scep_err
prepare_dummy(struct scep_job *job, enum scep_key_type type,
    struct scep_error *err)
{
	struct scep_csr	**dummy = &job->ca->memory->dummy[type];

	return *dummy != NULL ? SCEP_OK : scep_csr_read(job->ca->crypto,
	    scep_dummy_csr(type), &scep_dummy_rules, dummy, err);
}

/*
 * Where the CA's own were not read beforehand, one is now, whatever will become
 * of the request.  And one of each kind that may come out: the first key of a
 * kind takes libcrypto four times as long as the next, of any curve, and that
 * would tell that a request came out.
 */
static enum scep_err
prepare_dummies(struct scep_job *job, struct scep_error *err)
{
	const unsigned int	 types = job->profile->keys.types;
	enum scep_err		 rc;

	if ((rc = prepare_dummy(job, job->signer_type, err)) == SCEP_OK &&
	    (types & (SCEP_BIT(SCEP_KEY_P256) | SCEP_BIT(SCEP_KEY_P384) |
	    SCEP_BIT(SCEP_KEY_P521))) != 0)
		rc = prepare_dummy(job, SCEP_KEY_P256, err);
	if (rc == SCEP_OK && (types & SCEP_BIT(SCEP_KEY_ED25519)) != 0)
		rc = prepare_dummy(job, SCEP_KEY_ED25519, err);
	return rc;
}

/* No request came out: go on with the CA's, that of a key like the signer's:
 * read it, and (scep_job_prove()) verify it. */
static enum scep_err
read_dummy(struct scep_job *job, struct scep_error *err)
{
	enum scep_err	 rc;

	rc = scep_csr_read(job->ca->crypto, scep_dummy_csr(job->signer_type),
	    &scep_dummy_rules, &job->own, err);
	job->csr = job->own;
	return rc;
}

/* Step 6: what came out is a request, or the built-in one takes its place. */
static enum scep_err
read_csr(struct scep_job *job, struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = prepare_dummies(job, err)) != SCEP_OK)
		return rc;
	if (job->facts.unproven) {
		job->facts.unreadable = 1;
		return read_dummy(job, err);
	}
	if (scep_seen_other(job->ca->memory->seen, job->ask->key_sha256,
	    job->ask->content_sha256)) {
		job->facts.reused_envelope = 1;
		return read_dummy(job, err);
	}
	rc = scep_csr_read(job->ca->crypto, job->ask->plaintext,
	    &job->profile->keys, &job->own, err);
	job->csr = job->own;
	/* Whether it is given others is known when all work is done. */
	if (rc == SCEP_OK && scep_csr_names(job->own, err) != SCEP_OK)
		scep_job_note(job, err->text);
	if (rc == SCEP_OK || (scep_err_fail_info(rc) == -1 &&
	    rc != SCEP_E_FORMAT))
		return rc;		/* good, or our own trouble */
	job->facts.unreadable = 1;
	scep_job_note(job, err->text);
	return read_dummy(job, err);
}

/* What stands for a certificate of ours is proven here, or by nobody; from
 * then on, the message's word is what was asked. */
static enum scep_err
read_proof(struct scep_job *job, struct scep_error *err)
{
	const struct scep_enrolment	*ask = job->ask;
	enum scep_err			 rc;

	job->facts.unknown_type = ask->type != SCEP_MSG_PKCSREQ &&
	    ask->type != SCEP_MSG_RENEWALREQ;
	job->facts.is_renewal = ask->message.len > 0 ||
	    scep_enrolment_is_renewal((enum scep_msg_type)ask->type,
	    ask->self_signed);
	if (!job->facts.is_renewal)
		return SCEP_OK;
	rc = scep_proof_read(job->ca->crypto, job->profile, job->now, ask,
	    &job->proof, err);
	job->ask = &job->proof.ask;
	if (rc == SCEP_OK) {
		job->facts.is_renewal = scep_enrolment_is_renewal(
		    job->proof.msg->type, job->proof.msg->self_signed) != 0;
		job->issuer = scep_kin_addressed(&job->ca->cfg->ca[
		    job->profile->ca], &job->proof.msg->envelope);
	}
	if (rc == SCEP_OK || (scep_err_fail_info(rc) == -1 &&
	    rc != SCEP_E_FORMAT))
		return rc;
	job->facts.unproven = 1;
	scep_job_note(job, err->text);
	return SCEP_OK;
}

/* The signer's certificate is read here again: the worker's word makes no
 * certificate (DESIGN 3). */
static enum scep_err
read_signer(struct scep_job *job, struct scep_error *err)
{
	if (job->facts.unproven)
		return SCEP_OK;
	if (scep_cert_parse(job->ca->crypto, job->ask->signer, &job->signer,
	    err) != SCEP_OK)
		return scep_fail_within(err, "signer of the worker's request");
	job->signer_type = scep_key_type_of(job->signer.spki);
	job->facts.by_password = !scep_key_encrypts(job->signer_type);
	return SCEP_OK;
}

/* Whether a self-signed one signed, only the worker knows; but whoever holds
 * the request's key made the request. */
static enum scep_err
compare_signer(struct scep_job *job, struct scep_error *err)
{
	if (job->facts.unproven)
		return SCEP_OK;
	job->facts.self_signed = job->ask->self_signed &&
	    scep_cert_is_self_issued(&job->signer);
	job->facts.signer_has_csr_key = scep_span_equal(job->signer.spki,
	    job->csr->key.spki) != 0;
	return scep_transaction_key(job->ca, job->profile->name, &job->signer,
	    job->ask->txid, job->csr->info_sha256, &job->key,
	    &job->signer_is_ours, err);
}

int
scep_job_is_taboo(const struct scep_config *cfg, struct scep_span spki)
{
	return scep_config_has_key(cfg, spki);
}

/* A renewal keeps the names of what it renews as they stand there; a request
 * that wants others is refused, or the profile lets it. */
static enum scep_err
choose_names(struct scep_job *job, struct scep_error *err)
{
	enum scep_err	 rc;

	job->subject = job->csr->subject;
	job->name = &job->csr->name;
	job->san = &job->csr->san;
	if (!job->facts.is_renewal || job->facts.unproven)
		return SCEP_OK;
	if ((rc = scep_renew_names(job, err)) != SCEP_OK)
		return rc;
	if (job->facts.same_subject && job->facts.same_san &&
	    !job->profile->renew.any_names) {
		job->subject = job->signer.subject;
		job->name = &job->old_name;
		job->san = &job->old_san;
	}
	return SCEP_OK;
}

/* Step 7. */
void
scep_job_check_names(struct scep_job *job)
{
	const int		 is_dummy = job->facts.unreadable ||
				    job->facts.reused_envelope;
	struct scep_error	 why;

	job->facts.key_is_taboo = scep_job_is_taboo(job->ca->cfg,
	    job->csr->key.spki) != 0;
	job->facts.subject_allowed = scep_rules_subject(job->profile,
	    job->name, &why) == SCEP_OK &&
	    scep_rules_named(job->name, job->san, &why) == SCEP_OK;
	if (!job->facts.subject_allowed && !is_dummy)
		scep_job_note(job, why.text);
	job->facts.san_allowed = scep_rules_san(job->profile, job->san,
	    &why) == SCEP_OK;
	if (!job->facts.san_allowed && !is_dummy)
		scep_job_note(job, why.text);
}

enum scep_err
scep_job_read(struct scep_job *job, struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = read_proof(job, err)) != SCEP_OK ||
	    (rc = read_signer(job, err)) != SCEP_OK ||
	    (rc = read_csr(job, err)) != SCEP_OK ||
	    (rc = compare_signer(job, err)) != SCEP_OK ||
	    (rc = choose_names(job, err)) != SCEP_OK ||
	    (rc = scep_job_prove(job, err)) != SCEP_OK)
		return rc;
	scep_job_check_names(job);
	if (!scep_challenge_id(job->csr->challenge, job->challenge_id))
		job->challenge_id[0] = '\0';
	scep_job_token_read(job);
	return SCEP_OK;
}

/* Is there a secret to encrypt the answer with?  One of 128 bits, or one that
 * authorises (a renewal authorises itself); or what was good enough when this
 * very request was answered first.  Any other would be guessed, by whoever
 * recorded an answer. */
static void
check_delivery(struct scep_job *job)
{
	const size_t	 len = job->csr->challenge.len;
	int		 good = len >= SCEP_DELIVERY_MIN;

	if (len > 0 && (job->facts.txn == SCEP_TX_SAME_GRANTED ||
	    job->facts.txn == SCEP_TX_SAME_PENDING))
		good = 1;
	if (!job->facts.is_renewal &&
	    (scep_challenge_serves(job->facts.challenge) ||
	    job->facts.challenge == SCEP_CH_STATIC ||
	    job->facts.challenge == SCEP_CH_SPENT_BY_SAME))
		good = 1;
	job->facts.undeliverable = job->facts.by_password && !good;
}

/* Only what may queue has to be counted; what a validator sends there, when it
 * has. */
static int
may_queue(const struct scep_job *job)
{
	const unsigned int	 by = job->profile->authorise;
	const int		 has_validator = (by &
				    SCEP_BIT(SCEP_BY_VALIDATOR)) != 0;
	const int		 by_challenge = (by &
				    SCEP_BIT(SCEP_BY_CHALLENGE)) != 0;

	if ((by & SCEP_BIT(SCEP_BY_MANUAL)) == 0 ||
	    job->facts.validator == SCEP_VA_REFUSED)
		return 0;
	if (job->facts.validator == SCEP_VA_QUEUED ||
	    job->facts.validator == SCEP_VA_TROUBLE)
		return 1;
	if (job->facts.is_renewal || (has_validator && !by_challenge))
		return 0;
	return job->facts.challenge == SCEP_CH_ABSENT ||
	    (job->facts.by_password && !by_challenge);
}

static enum scep_err
gather_queue(struct scep_job *job, struct scep_error *err)
{
	const struct scep_profile	*p = job->profile;
	struct scep_buf			 key = { NULL, 0 };
	enum scep_err			 rc;
	long				 n = 0, n_peer = 0;

	if (!may_queue(job))
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

	if ((rc = scep_transaction_fact(job->ca, job->profile, job->issuer,
	    &job->key, job->now, &job->txn, &job->newest, &job->facts.txn,
	    err)) != SCEP_OK ||
	    (job->facts.is_renewal && !job->facts.unproven &&
	    (rc = scep_renew_gather(job, err)) != SCEP_OK) ||
	    (rc = scep_job_challenge(job, err)) != SCEP_OK)
		return rc;
	scep_job_validator_names(job);
	check_delivery(job);
	return gather_queue(job, err);
}

void
scep_job_clear(struct scep_job *job)
{
	scep_csr_free(job->own);
	scep_cert_clear(&job->signer);
	scep_proof_clear(&job->proof);
	scep_name_clear(&job->old_name);
	scep_san_clear(&job->old_san);
	scep_name_clear(&job->set_name);
	scep_san_clear(&job->set_san);
	scep_buf_clear(&job->signer_key);
	scep_validator_clear(&job->said);
	scep_buf_clear(&job->question);
	scep_buf_clear(&job->to_confirm);
}

void
scep_job_forget(struct scep_job *job)
{
	scep_txn_clear(&job->txn);
	if (job->has_record)
		scep_challenge_clear(&job->record);
	job->has_record = 0;
	/* They were the record's. */
	if (job->sets_names)
		job->subject = scep_span_make(NULL, 0);
}
