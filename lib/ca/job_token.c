/*
 * job_token.c - the token that one request shows: verified by its key, held
 * against what that key allows, and made a record of.
 *
 * Decides nothing.  The key and the row of its use are read whatever comes out.
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/job.h"
#include "ca/profiles.h"
#include "ca/token_key.h"

/* What the log says beside the reason. */
static void
note(struct scep_job *job, const char *why)
{
	const struct scep_token	*t = &job->token;
	char			 text[200];

	(void)snprintf(text, sizeof(text), "token %s by key %s: %.100s",
	    t->id, t->kid, why);
	scep_job_note(job, text);
}

void
scep_job_token_read(struct scep_job *job)
{
	struct scep_error	 why;

	job->has_token = 0;
	if (!scep_token_is(job->csr->challenge))
		return;
	if (scep_token_read(job->csr->challenge, &job->token, &why) !=
	    SCEP_OK) {
		scep_job_note(job, why.text);
		return;
	}
	job->has_token = 1;
	scep_token_row(&job->token, job->challenge_id);
}

/* It is right: may its key say so? */
static enum scep_challenge_fact
check_allowed(struct scep_job *job, const struct scep_token_key *key)
{
	const struct scep_token	*t = &job->token;
	char			 max[SCEP_DURATION_TEXT], text[96];

	if (key->state != SCEP_TOKEN_KEY_LIVE) {
		note(job, "the key was revoked");
		return SCEP_CH_REVOKED;
	}
	if (t->begins <= key->since && key->since != 0) {
		note(job, "it is from before the state was restored from a "
		    "backup, which may have forgotten its use");
		return SCEP_CH_REVOKED;
	}
	if (t->expires - t->begins > key->max_ttl_s) {
		scep_duration_text(key->max_ttl_s, max);
		(void)snprintf(text, sizeof(text), "it is good for %lld s, "
		    "and the key allows %s", (long long)(t->expires -
		    t->begins), max);
		note(job, text);
		return SCEP_CH_UNKNOWN;
	}
	if (scep_profiles_have(key->profiles, t->profile))
		return SCEP_CH_RECORD;
	note(job, "the key is not for its profile");
	return SCEP_CH_OTHER_PROFILE;
}

/* What was counted and used before, into a fresh record. */
static void
take_changes(struct scep_challenge *fresh, struct scep_challenge *row)
{
	fresh->rev = row->rev;
	fresh->state = row->state;
	fresh->used = row->used;
	fresh->wrong = row->wrong;
	if (fresh->purge < row->purge)
		fresh->purge = row->purge;
	memcpy(fresh->note, row->note, sizeof(fresh->note));
	memcpy(fresh->use, row->use, sizeof(fresh->use));
	fresh->n_use = row->n_use;
	memset(row->use, 0, sizeof(row->use));		/* transferred */
	row->n_use = 0;
}

static enum scep_err
make_record(struct scep_job *job, struct scep_challenge *row,
    enum scep_challenge_fact *fact, struct scep_error *err)
{
	enum scep_err	 rc;

	rc = scep_token_record(&job->token, &job->record, err);
	if (rc == SCEP_E_FORMAT) {
		note(job, err->text);
		*fact = SCEP_CH_UNKNOWN;
		return SCEP_OK;
	}
	if (rc != SCEP_OK)
		return rc;
	take_changes(&job->record, row);
	job->has_record = 1;
	scep_token_name(&job->token, job->record_id);
	return SCEP_OK;
}

/* The key, or all zero. */
static enum scep_err
verify(struct scep_job *job, enum scep_challenge_fact *fact,
    struct scep_error *err)
{
	struct scep_token_key	 key;
	const char		*why;
	enum scep_err		 rc;

	rc = scep_token_key_load(job->ca->crypto, job->ca->cfg,
	    job->ca->store, job->token.kid, &key, err);
	if (rc != SCEP_OK && rc != SCEP_E_NOTFOUND)
		return rc;
	if ((rc = scep_token_key_verify(job->ca->crypto, job->ca->cfg, &key,
	    &job->token, &why, err)) != SCEP_OK)
		return rc;
	*fact = SCEP_CH_UNKNOWN;
	if (why != NULL)
		note(job, why);
	else
		*fact = check_allowed(job, &key);
	return SCEP_OK;
}

enum scep_err
scep_job_token(struct scep_job *job, enum scep_challenge_fact *fact,
    struct scep_error *err)
{
	struct scep_challenge	 row;
	enum scep_err		 rc;

	rc = scep_challenge_get(job->ca->store, job->challenge_id, &row, err);
	if (rc != SCEP_OK && rc != SCEP_E_NOTFOUND)
		return rc;
	if (rc == SCEP_E_NOTFOUND)
		row.state = SCEP_CHALLENGE_LIVE;
	if ((rc = verify(job, fact, err)) == SCEP_OK &&
	    *fact == SCEP_CH_RECORD)
		rc = make_record(job, &row, fact, err);
	scep_challenge_clear(&row);
	return rc;
}

/* Names that were bound by a hash are known by now: its row is to say them. */
enum scep_err
scep_job_token_names(struct scep_job *job, struct scep_error *err)
{
	struct scep_challenge	*rec = &job->record;
	enum scep_err		 rc;

	if (!job->has_token || job->token.bound == SCEP_TOKEN_CLEAR ||
	    job->facts.challenge != SCEP_CH_RECORD)
		return SCEP_OK;
	rec->subject_is = SCEP_SUBJECT_EXACT;
	rec->binds_san = 1;
	if (job->token.bound == SCEP_TOKEN_ALL_HASHED) {
		rec->has_key = 1;
		memcpy(rec->key_sha256, job->csr->key.sha256,
		    sizeof(rec->key_sha256));
	}
	if ((rc = scep_buf_set(&rec->subject, job->csr->subject, err)) !=
	    SCEP_OK || job->csr->san.n == 0)
		return rc;
	return scep_san_encode(&job->csr->san, &rec->san, err);
}
