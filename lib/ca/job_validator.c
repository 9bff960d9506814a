/*
 * job_validator.c - one request and its validator: what is asked, what the
 * answer does to the request, and what is told afterwards.
 *
 * Decides nothing: that is decide_validator.c's.
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "ca/job.h"

int
scep_job_by_challenge(const struct scep_job *job)
{
	return !job->facts.is_renewal &&
	    (job->profile->authorise & SCEP_BIT(SCEP_BY_CHALLENGE)) != 0 &&
	    scep_challenge_serves(job->facts.challenge);
}

/* Anybody may write the id of a record: it counts with the right secret. */
static int
has_right_challenge(const struct scep_job *job)
{
	return scep_job_by_challenge(job) || (!job->facts.is_renewal &&
	    (job->profile->authorise & SCEP_BIT(SCEP_BY_CHALLENGE)) != 0 &&
	    job->facts.challenge == SCEP_CH_SPENT_BY_SAME);
}

/* What does not change between the questions about one request: its own, even
 * if it was disowned since the first. */
static void
fill(struct scep_job *job, struct scep_validator_ask *ask)
{
	const struct scep_csr	*csr = job->own;
	const int		 disowned = job->csr != csr;

	memset(ask, 0, sizeof(*ask));
	ask->profile = job->profile;
	ask->ca = job->issuer;
	ask->request_id = job->ask->request_id;
	ask->peer = job->ask->peer;
	ask->txid = job->ask->txid;
	ask->csr = scep_buf_span(&csr->der);
	ask->name = disowned ? &csr->name : job->name;
	ask->san = disowned ? &csr->san : job->san;
	ask->key_type = csr->key.type;
	ask->key_bits = csr->key.bits;
	ask->key_sha256 = csr->key.sha256;
	ask->signer_sha256 = job->signer.sha256;
	ask->self_signed = job->facts.self_signed;
	ask->renews = job->facts.is_renewal ? &job->signer : NULL;
	/* For whoever looks it up: of a token, too, its row's. */
	ask->challenge_id = has_right_challenge(job) ? job->challenge_id :
	    "";
	ask->consulted = &job->consulted;
}

/* A challenge that authorised here is nothing for the validator to judge. */
enum scep_err
scep_job_question(struct scep_job *job, struct scep_error *err)
{
	struct scep_validator_ask	 ask;

	fill(job, &ask);
	ask.event = "validate";
	if ((job->profile->authorise & SCEP_BIT(SCEP_BY_CHALLENGE)) == 0)
		ask.challenge = job->csr->challenge;
	job->awaits = SCEP_AWAITS_ANSWER;
	return scep_validator_question(&ask, &job->question, err);
}

void
scep_job_ask(struct scep_job *job)
{
	scep_validator_call(job->ca, job->profile, &job->question,
	    &job->consulted, &job->said);
	scep_buf_clear(&job->question);
	job->facts.validator = job->said.fact;
	job->was_allowed = job->said.fact == SCEP_VA_ALLOWED;
	if (job->said.reason[0] != '\0')
		scep_job_note(job, job->said.reason);
}

/* Names that a challenge promised are not another's to give. */
static int
breaks_promise(const struct scep_job *job)
{
	const struct scep_challenge	*rec = &job->record;

	if (!job->has_record || !scep_job_by_challenge(job))
		return 0;
	return (job->said.subject.len > 0 && rec->subject_is !=
	    SCEP_SUBJECT_ANY && !scep_name_same(job->name, &job->said.name)) ||
	    (job->said.has_san && rec->binds_san &&
	    !scep_san_same(job->san, &job->said.san));
}

/* Of a renewal: whether its names are the signer's, is for a rule to say. */
static void
compare_old(struct scep_job *job)
{
	if (job->said.subject.len > 0)
		job->facts.same_subject = scep_name_match(job->signer.subject,
		    scep_buf_span(&job->said.subject)) != 0;
	if (job->said.has_san)
		job->facts.same_san = scep_san_same(&job->old_san,
		    &job->said.san) != 0;
}

void
scep_job_validator_names(struct scep_job *job)
{
	struct scep_validator_answer	*said = &job->said;

	if (job->facts.validator != SCEP_VA_ALLOWED ||
	    (said->subject.len == 0 && !said->has_san))
		return;
	if (breaks_promise(job)) {
		scep_validator_trouble(said, "it gives other names than the "
		    "challenge that was shown");
		job->facts.validator = SCEP_VA_TROUBLE;
		job->detail[0] = '\0';
		scep_job_note(job, said->reason);
		return;
	}
	/* Those that it keeps it keeps as they stand there. */
	if (job->facts.is_renewal) {
		compare_old(job);
		if (!job->profile->renew.any_names)
			return;
	}
	if (said->subject.len > 0) {
		job->subject = scep_buf_span(&said->subject);
		job->name = &said->name;
	}
	if (said->has_san)
		job->san = &said->san;
	job->detail[0] = '\0';
	scep_job_check_names(job);
	scep_job_note(job, said->reason);
	scep_name_write(job->name, job->answer->subject,
	    sizeof(job->answer->subject));
}

enum scep_err
scep_job_confirm(struct scep_job *job, struct scep_error *err)
{
	struct scep_validator_ask	 ask;

	fill(job, &ask);
	return scep_confirm(job->ca, job->now, &ask,
	    scep_buf_span(&job->to_confirm), err);
}

/* Best effort: it cannot be helped if nobody hears. */
void
scep_job_tell_failed(struct scep_job *job, enum scep_err rc,
    const struct scep_error *why)
{
	struct scep_validator_answer	 ignored;
	struct scep_validator_ask	 ask;
	struct scep_error		 trouble;

	if (!job->was_allowed || job->is_stored ||
	    !job->profile->validator.confirm ||
	    (rc == SCEP_OK && job->answer->outcome != SCEP_REFUSED))
		return;
	fill(job, &ask);
	ask.event = "failed";
	ask.reason = rc == SCEP_OK ? job->answer->reason : why->text;
	if (scep_validator_question(&ask, &job->question, &trouble) !=
	    SCEP_OK)
		return;
	scep_validator_call(job->ca, job->profile, &job->question,
	    &job->consulted, &ignored);
	scep_validator_clear(&ignored);
}
