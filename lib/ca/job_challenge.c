/*
 * job_challenge.c - the challenge that one request shows: its record read and
 * judged, the names that the record gives, wrong names counted.
 *
 * Decides nothing.
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "ca/job.h"
#include "ca/kin.h"
#include "ca/wrong.h"

void
scep_job_authority(const struct scep_job *job, char out[SCEP_REC_TEXT])
{
	(void)snprintf(out, SCEP_REC_TEXT, "%s%s", job->has_token ? "" :
	    "challenge ", job->record_id);
}

/* What was counted since it was written counts, too. */
static void
add_wrong(struct scep_job *job)
{
	struct scep_challenge	*rec = &job->record;

	if (job->has_record && rec->state == SCEP_CHALLENGE_LIVE &&
	    rec->max_wrong > 0 && rec->wrong + scep_wrong_count(
	    job->ca->memory->wrong, rec->id) >= rec->max_wrong)
		rec->state = SCEP_CHALLENGE_FROZEN;
}

static enum scep_err
read_record(struct scep_job *job, struct scep_error *err)
{
	struct scep_challenge	*rec = &job->record;
	enum scep_err		 rc = SCEP_E_NOTFOUND;

	if (job->challenge_id[0] != '\0' && !job->has_token)
		rc = scep_challenge_get(job->ca->store, job->challenge_id,
		    rec, err);
	if (rc != SCEP_OK && rc != SCEP_E_NOTFOUND)
		return rc;
	job->has_record = rc == SCEP_OK;
	(void)snprintf(job->record_id, sizeof(job->record_id), "%s",
	    job->has_record ? rec->id : "");
	add_wrong(job);
	return SCEP_OK;
}

/* A certificate of another use: it is for who asks the same CA, and what was
 * revoked is no reason for another one. */
static enum scep_err
check_use(struct scep_job *job, size_t use, struct scep_error *err)
{
	struct scep_cert_rec	 rec;
	enum scep_err		 rc;

	/* By a request that a validator had queued, and that nobody approved
	 * yet: its own retries are told what becomes of it. */
	if (job->record.use[use].cert_key.len == 0) {
		if (job->facts.challenge == SCEP_CH_SPENT_BY_SAME)
			job->facts.challenge = SCEP_CH_SPENT;
		return SCEP_OK;
	}
	rc = scep_cert_rec_get(job->ca->store, scep_buf_span(
	    &job->record.use[use].cert_key), &rec, err);
	if (rc == SCEP_E_NOTFOUND)
		return SCEP_OK;
	if (rc != SCEP_OK)
		return rc;
	if (job->facts.challenge == SCEP_CH_AGAIN) {
		if (rec.state == SCEP_CERT_REVOKED) {
			job->facts.challenge = SCEP_CH_SPENT;
			scep_job_note(job, "a certificate that this key had "
			    "by it was revoked");
		}
	} else if (!scep_kin_answers(job->ca->crypto,
	    &job->ca->cfg->ca[job->profile->ca], job->issuer, &rec))
		job->facts.challenge = SCEP_CH_SPENT;
	scep_cert_rec_clear(&rec);
	return SCEP_OK;
}

static enum scep_err
check_uses(struct scep_job *job, struct scep_error *err)
{
	enum scep_err	 rc = SCEP_OK;
	size_t		 i;

	if (job->facts.challenge == SCEP_CH_SPENT_BY_SAME)
		return check_use(job, job->use, err);
	for (i = 0; rc == SCEP_OK && i < job->record.n_use &&
	    job->facts.challenge == SCEP_CH_AGAIN; i++)
		if (memcmp(job->record.use[i].key, job->csr->key.sha256,
		    SCEP_SHA256_LEN) == 0)
			rc = check_use(job, i, err);
	return rc;
}

/* Whoever does not know the secret is told nothing of the names, not even by
 * what is refused. */
static int
sets_names(const struct scep_job *job)
{
	switch (job->facts.challenge) {
	case SCEP_CH_ABSENT:
	case SCEP_CH_STATIC:
	case SCEP_CH_UNKNOWN:
	case SCEP_CH_OTHER_PROFILE:
		return 0;
	default:
		return job->has_record && !job->facts.is_renewal &&
		    job->record.subject_is == SCEP_SUBJECT_SET &&
		    (job->profile->authorise & SCEP_BIT(SCEP_BY_CHALLENGE)) !=
		    0;
	}
}

/* The profile's rules are for them, too; what it says about the request's is
 * of no interest any more. */
static enum scep_err
set_names(struct scep_job *job, struct scep_error *err)
{
	const struct scep_challenge	*rec = &job->record;
	enum scep_err			 rc;

	scep_name_clear(&job->set_name);
	scep_san_clear(&job->set_san);
	if ((rc = scep_name_parse(scep_buf_span(&rec->subject),
	    &job->set_name, err)) != SCEP_OK ||
	    (rec->san.len > 0 && (rc = scep_san_parse(
	    scep_buf_span(&rec->san), &job->set_san, err)) != SCEP_OK))
		return err->code = SCEP_E_STORE;
	job->sets_names = 1;
	job->subject = scep_buf_span(&rec->subject);
	job->name = &job->set_name;
	job->san = &job->set_san;
	job->detail[0] = '\0';
	scep_job_check_names(job);
	scep_name_write(job->name, job->answer->subject,
	    sizeof(job->answer->subject));
	return SCEP_OK;
}

/* The record is gone, or another, since the last try. */
static void
unset_names(struct scep_job *job)
{
	job->sets_names = 0;
	job->subject = job->csr->subject;
	job->name = &job->csr->name;
	job->san = &job->csr->san;
	scep_job_check_names(job);
}

/* Its own names do not read, and it was given no others: whatever it showed,
 * nothing was asked for. */
static void
disown(struct scep_job *job)
{
	const char	*why = job->csr->names.text;

	scep_job_disown(job);
	if (job->has_record)
		scep_challenge_clear(&job->record);
	job->has_record = 0;
	job->record_id[0] = '\0';
	job->facts.challenge = SCEP_CH_ABSENT;
	job->detail[0] = '\0';
	scep_job_note(job, why);
}

/* Besides: the same work was done as for what is no token. */
static enum scep_err
judge_token(struct scep_job *job, struct scep_challenge_case *c,
    struct scep_error *err)
{
	enum scep_challenge_fact	*fact = &job->facts.challenge;
	enum scep_err			 rc;

	if (!job->has_token || *fact == SCEP_CH_STATIC)
		return SCEP_OK;
	if ((rc = scep_job_token(job, fact, err)) != SCEP_OK ||
	    *fact != SCEP_CH_RECORD)
		return rc;
	c->token = &job->token;
	add_wrong(job);
	if ((rc = scep_challenge_judge_right(c, &job->record, fact, &job->use,
	    err)) != SCEP_OK)
		return rc;
	return scep_job_token_names(job, err);
}

enum scep_err
scep_job_challenge(struct scep_job *job, struct scep_error *err)
{
	struct scep_challenge_case	 c = {
		.crypto = job->ca->crypto,
		.cfg = job->ca->cfg,
		.profile = job->profile,
		.csr = job->csr,
		.now = job->now,
	};
	enum scep_err			 rc;

	if ((rc = read_record(job, err)) != SCEP_OK ||
	    (rc = scep_challenge_judge(&c, job->has_record ? &job->record :
	    NULL, &job->facts.challenge, &job->use, err)) != SCEP_OK ||
	    (rc = judge_token(job, &c, err)) != SCEP_OK ||
	    (rc = check_uses(job, err)) != SCEP_OK)
		return rc;
	if (sets_names(job))
		return set_names(job, err);
	if (job->sets_names)
		unset_names(job);
	if (job->csr->names.code != SCEP_OK)
		disown(job);
	return SCEP_OK;
}

enum scep_err
scep_job_count_wrong(struct scep_job *job, struct scep_error *err)
{
	const struct scep_challenge	*rec = &job->record;
	enum scep_err			 rc = SCEP_OK;
	long				 n;
	char				 text[96];

	if (!job->has_record || job->facts.is_renewal ||
	    !scep_challenge_is_anothers(job->facts.challenge) ||
	    rec->state != SCEP_CHALLENGE_LIVE || rec->max_wrong == 0)
		return SCEP_OK;
	if (scep_wrong_is_again(job->ca->memory->wrong,
	    job->csr->info_sha256)) {
		scep_job_note(job, "the same request as before, which was "
		    "counted");
		return SCEP_OK;
	}
	n = scep_wrong_add(job->ca->memory->wrong, rec->id, job->now);
	/* So many at once that there is no room: it is written now. */
	if (n == 0) {
		rc = scep_wrong_write(job->ca->store, rec->id,
		    rec->rev == 0 ? rec : NULL, 1, job->now, err);
		n = 1;
	} else if (job->has_token)
		scep_wrong_first(job->ca->memory->wrong, rec);
	n += rec->wrong;
	(void)snprintf(text, sizeof(text), "wrong name %ld of %ld%s", n,
	    rec->max_wrong,
	    n >= rec->max_wrong ? ", and is frozen; thaw it with `scepadm "
	    "challenge thaw`" : "");
	scep_job_note(job, text);
	return rc;
}
