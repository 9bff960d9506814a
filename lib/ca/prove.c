/*
 * prove.c - did the key that is to be certified sign the request?  RFC 8894
 * section 7.6.
 *
 * What it costs to look depends on that key.  So its signature is not looked
 * at where the request cannot be the signer's, who would have wrapped up
 * another one's to learn from the time whether it came out of its envelope
 * (DESIGN 7.4).
 */
#include <string.h>

#include "base/error.h"
#include "ca/dummy_csr.h"
#include "ca/job.h"

/* A key like the signer's, on a request of the CA's own. */
static const struct scep_csr *
dummy_of(const struct scep_job *job)
{
	return job->ca->memory->dummy[job->signer_type];
}

/* Where this says no, a rule refuses, and does not ask for more. */
static int
may_be_signers(const struct scep_job *job)
{
	const struct scep_facts		*f = &job->facts;
	const struct scep_renew_conf	*renew = &job->profile->renew;

	if (!f->is_renewal)
		return f->self_signed && f->signer_has_csr_key;
	if (!renew->on || !job->signer_is_ours || (f->signer_has_csr_key ?
	    renew->key == SCEP_RENEW_NEW_KEY :
	    renew->key == SCEP_RENEW_SAME_KEY))
		return 0;
	return renew->any_names || (f->same_subject && f->same_san);
}

void
scep_job_disown(struct scep_job *job)
{
	job->facts.unreadable = 1;
	job->facts.signer_has_csr_key = job->facts.same_subject =
	    job->facts.same_san = 0;
	job->csr = dummy_of(job);
	job->subject = job->csr->subject;
	job->name = &job->csr->name;
	job->san = &job->csr->san;
	memcpy(job->key.info, job->csr->info_sha256, sizeof(job->key.info));
}

/* A key that was used before takes as long as one that was just loaded: what
 * is prepared of it is prepared when it is loaded. */
static enum scep_err
verify_dummy(const struct scep_job *job, struct scep_error *err)
{
	return scep_csr_verify(job->ca->crypto, dummy_of(job), 0, err);
}

/* The work alone.  Where their keys are alike, another one's request costs
 * just what the CA's own does. */
static enum scep_err
waste(struct scep_job *job, struct scep_error *err)
{
	const struct scep_key	*key = &job->csr->key;
	const struct scep_key	*own = &dummy_of(job)->key;
	enum scep_err		 rc = SCEP_E_ALG;

	job->facts.unsigned_key = 1;
	if (key->type == own->type && key->bits == own->bits)
		rc = scep_csr_verify(job->ca->crypto, job->csr,
		    job->profile->csr_weak, err);
	return rc == SCEP_OK || rc == SCEP_E_SIG ? SCEP_OK :
	    verify_dummy(job, err);
}

enum scep_err
scep_job_prove(struct scep_job *job, struct scep_error *err)
{
	enum scep_err	 rc;

	/* The CA's own took its place, and was just read. */
	if (job->facts.unreadable || job->facts.reused_envelope)
		return scep_csr_verify(job->ca->crypto, job->csr, 0, err);
	if (!may_be_signers(job))
		return waste(job, err);
	rc = scep_csr_verify(job->ca->crypto, job->csr,
	    job->profile->csr_weak, err);
	if (rc == SCEP_OK || (scep_err_fail_info(rc) == -1 &&
	    rc != SCEP_E_FORMAT))
		return rc;		/* good, or our own trouble */
	scep_job_note(job, err->text);
	scep_job_disown(job);
	/* A signature that was verified, in vain, is all the work there is. */
	return rc == SCEP_E_SIG ? SCEP_OK : verify_dummy(job, err);
}
