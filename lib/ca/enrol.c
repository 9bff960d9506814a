/*
 * enrol.c - one PKCSReq or RenewalReq, from what came out of its envelope to
 * the answer: steps 6 to 11 of DESIGN 5.
 *
 * Refusals look alike from outside, garbage included: same code, same work.
 * The reason is for the log.
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/delivery.h"
#include "ca/keylock.h"
#include "ca/kin.h"
#include "ca/notice.h"
#include "ca/renew.h"
#include "ca/story.h"
#include "ca/transaction.h"
#include "ca/waiting.h"

#define TRIES		5	/* when a rival was faster */
#define REASON_SIZE	sizeof(((struct scep_answer *)NULL)->reason)

static void
answer_is(struct scep_job *job, enum scep_outcome outcome, const char *reason)
{
	job->answer->outcome = outcome;
	job->answer->code = outcome == SCEP_REFUSED ? SCEP_E_REFUSED : SCEP_OK;
	(void)snprintf(job->answer->reason, sizeof(job->answer->reason),
	    "%.255s", reason);
}

static void
add_detail(const char *why, const char *whose, const char *detail,
    char out[REASON_SIZE])
{
	char	 said[181];

	(void)snprintf(said, sizeof(said), "%.180s", detail);
	if (scep_is_clean_utf8(scep_span_text(detail)))
		scep_text_clean(said);
	(void)snprintf(out, REASON_SIZE, "%s (%s%s)", why, whose, said);
}

static enum scep_err
refuse(struct scep_job *job, const char *why)
{
	char	 text[REASON_SIZE];

	if (job->detail[0] != '\0') {
		add_detail(why, "", job->detail, text);
		why = text;
	}
	answer_is(job, SCEP_REFUSED, why);
	if (job->facts.is_renewal && job->signer_is_ours) {
		scep_renew_authority(job, text);
		(void)snprintf(job->answer->authority,
		    sizeof(job->answer->authority), "%.95s", text);
	} else if (job->has_record && !job->facts.is_renewal) {
		scep_job_authority(job, text);
		(void)snprintf(job->answer->authority,
		    sizeof(job->answer->authority), "%.95s", text);
	}
	return SCEP_OK;
}

/* A certificate of before: what it was issued for is its story, and it leaves
 * once its validator, which has a say in that, lets it go. */
static enum scep_err
hand_out(struct scep_job *job, struct scep_span cert_key,
    struct scep_error *err)
{
	struct scep_cert_rec	 rec;
	enum scep_err		 rc;

	if ((rc = scep_transaction_read(job->ca, cert_key, &rec, err)) !=
	    SCEP_OK)
		return rc;
	if (job->facts.txn != SCEP_TX_SAME_GRANTED)
		(void)snprintf(job->story, sizeof(job->story), "%s",
		    rec.request_id);
	if (rec.state == SCEP_CERT_UNCONFIRMED) {
		job->awaits = SCEP_AWAITS_CONFIRMATION;
		rc = scep_buf_set(&job->to_confirm, cert_key, err);
	} else
		rc = scep_transaction_hand_out(&rec, job->now, job->answer,
		    err);
	scep_cert_rec_clear(&rec);
	return rc;
}

/* The answer that was given before; nothing is issued. */
static enum scep_err
repeat(struct scep_job *job, const char *why, struct scep_error *err)
{
	const struct scep_buf	*cert_key = &job->txn.cert_key;
	enum scep_err		 rc;

	job->answer->repeated = 1;
	(void)snprintf(job->story, sizeof(job->story), "%s",
	    job->txn.request_id);
	if (job->facts.txn == SCEP_TX_SAME_PENDING) {
		answer_is(job, SCEP_PENDING, why);
		return SCEP_OK;
	}
	if (job->facts.txn == SCEP_TX_SAME_REFUSED)
		return refuse(job, why);
	if (job->facts.txn != SCEP_TX_SAME_GRANTED)
		cert_key = &job->record.use[job->use].cert_key;
	rc = hand_out(job, scep_buf_span(cert_key), err);
	if (rc == SCEP_OK && job->awaits != SCEP_AWAITS_NOTHING)
		return SCEP_OK;
	if (rc == SCEP_E_CERTID)
		return refuse(job, err->text);
	answer_is(job, SCEP_GRANTED, why);
	return rc == SCEP_OK ? scep_job_deliver(job, err) : rc;
}

/* What a certificate of this request would be issued for. */
static void
say_authority(const struct scep_job *job, char out[SCEP_REC_TEXT])
{
	if (job->facts.is_renewal)
		scep_renew_authority(job, out);
	else if (scep_job_by_challenge(job))
		scep_job_authority(job, out);
	else
		(void)snprintf(out, SCEP_REC_TEXT, "%s", (job->profile->
		    authorise & SCEP_BIT(SCEP_BY_CHALLENGE)) != 0 ?
		    "static challenge" : "validator");
}

/* Step 9: the decision, and the grant if there is one. */
static enum scep_err
decide(struct scep_job *job, struct scep_grant **grant, struct scep_error *err)
{
	const unsigned int	 by = job->profile->authorise;
	const struct scep_rules	 rules = {
		.by_challenge = (by & SCEP_BIT(SCEP_BY_CHALLENGE)) != 0,
		.by_manual = (by & SCEP_BIT(SCEP_BY_MANUAL)) != 0,
		.by_validator = (by & SCEP_BIT(SCEP_BY_VALIDATOR)) != 0,
		.trouble = (enum scep_trouble)job->profile->validator.trouble,
		.renew = job->profile->renew.on != 0,
		.new_key = job->profile->renew.key == SCEP_RENEW_NEW_KEY,
		.same_key = job->profile->renew.key == SCEP_RENEW_SAME_KEY,
		.any_names = job->profile->renew.any_names != 0,
	};
	struct scep_buf		 san = { NULL, 0 };
	char			 authority[SCEP_REC_TEXT];
	struct scep_asked	 asked = {
		.profile = job->profile,
		.ca = job->issuer,
		.subject = job->subject,
		.spki = job->csr->key.spki,
		.validity_s = job->said.validity_s,
		.request_id = job->ask->request_id,
		.authority = authority,
	};
	enum scep_err		 rc = SCEP_OK;

	say_authority(job, authority);
	/* What may not be issued does not encode, and is refused anyway. */
	if (job->san->n > 0 && job->facts.san_allowed)
		rc = scep_san_encode(job->san, &san, err);
	asked.san = scep_buf_span(&san);
	if (rc == SCEP_OK)
		rc = scep_authorise(&rules, &job->facts, &asked,
		    &job->verdict, grant, err);
	scep_buf_clear(&san);
	return rc;
}

static int
is_decided_by(const struct scep_verdict *verdict, const char *rule)
{
	unsigned int	 i;

	for (i = 0; i < SCEP_RULES; i++)
		if (verdict->rule[i] == SCEP_RULE_DECIDED)
			return strcmp(scep_rule_name(i), rule) == 0;
	return 0;
}

static enum scep_err
refuse_by_rule(struct scep_job *job, struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = scep_job_count_wrong(job, err)) != SCEP_OK)
		return rc;
	if (is_decided_by(&job->verdict, "deliverable"))
		(void)snprintf(job->detail, sizeof(job->detail), "of %d "
		    "octets or more, or one that authorises, for a %s key; "
		    "it has %zu", SCEP_DELIVERY_MIN,
		    scep_key_type_name(job->signer_type),
		    job->csr->challenge.len);
	return refuse(job, job->verdict.why);
}

/* What a validator gave as its reason is for the log. */
static void
answer_with_reason(struct scep_job *job, enum scep_outcome outcome)
{
	char	 text[REASON_SIZE];

	add_detail(job->verdict.why, outcome == SCEP_GRANTED ? "" :
	    job->facts.validator == SCEP_VA_TROUBLE ?
	    "no answer of the validator: " : "validator: ",
	    job->said.reason, text);
	answer_is(job, outcome, job->said.reason[0] != '\0' ? text :
	    job->verdict.why);
}

static enum scep_err
act(struct scep_job *job, const struct scep_grant *grant,
    struct scep_error *err)
{
	const char	*why = job->verdict.why;

	switch (job->verdict.decision) {
	case SCEP_GRANT:
		answer_with_reason(job, SCEP_GRANTED);
		return scep_job_issue(job, grant, err);
	case SCEP_PEND:
		answer_with_reason(job, SCEP_PENDING);
		return scep_job_queue(job, err);
	case SCEP_ASK:
		return scep_job_question(job, err);
	case SCEP_REPEAT:
		return repeat(job, why, err);
	case SCEP_DEFER:
		return job->detail[0] == '\0' ?
		    scep_fail(err, SCEP_E_BUSY, "%s", why) :
		    scep_fail(err, SCEP_E_BUSY, "%s (%s)", why, job->detail);
	case SCEP_REFUSE:
		break;
	}
	return refuse_by_rule(job, err);
}

/* Steps 8 to 11; transaction and challenge are locked against a rival. */
static enum scep_err
attempt(struct scep_job *job, struct scep_error *err)
{
	struct scep_grant	*grant = NULL;
	enum scep_err		 rc;

	job->awaits = SCEP_AWAITS_NOTHING;
	scep_answer_clear(job->answer);
	if (!job->facts.unreadable && !job->facts.reused_envelope)
		scep_name_write(job->name, job->answer->subject,
		    sizeof(job->answer->subject));
	if ((rc = scep_job_gather(job, err)) == SCEP_OK &&
	    (rc = decide(job, &grant, err)) == SCEP_OK)
		rc = act(job, grant, err);
	scep_grant_free(grant);
	scep_job_forget(job);
	return rc;
}

/* With the locks, until it has come to something, or somebody has to be asked
 * about it without them. */
static enum scep_err
try(struct scep_job *job, int *tries, struct scep_error *err)
{
	struct scep_span	 keys[2];
	enum scep_err		 rc;

	keys[0] = scep_span_make(job->key.prefix, sizeof(job->key.prefix));
	keys[1] = scep_span_text(job->challenge_id);
	scep_keylock_take(job->ca->memory->lock, keys, 2);
	do {
		rc = attempt(job, err);
	} while (rc == SCEP_E_CHANGED && --*tries > 0);
	scep_keylock_give(job->ca->memory->lock, keys, 2);
	return rc;
}

/*
 * Operators and whoever tends the store lock what they change, and must not
 * wait for a validator: so it is asked between two attempts.  What came of the
 * first may be different by then, and is looked at again.
 */
static enum scep_err
decide_and_ask(struct scep_job *job, struct scep_error *err)
{
	enum scep_err	 rc;
	int		 tries = TRIES;

	while ((rc = try(job, &tries, err)) == SCEP_OK &&
	    job->awaits != SCEP_AWAITS_NOTHING) {
		if (job->awaits == SCEP_AWAITS_ANSWER)
			scep_job_ask(job);
		else if ((rc = scep_job_confirm(job, err)) != SCEP_OK ||
		    job->answer->cert.len > 0)
			break;
	}
	if (rc == SCEP_E_CHANGED)
		rc = scep_fail(err, SCEP_E_BUSY, "overtaken %d times", TRIES);
	return rc;
}

static enum scep_err
run(struct scep_job *job, struct scep_error *err)
{
	struct scep_validator_lock	 lock;
	enum scep_err			 rc;

	if ((rc = scep_job_read(job, err)) != SCEP_OK)
		return rc;
	if (job->profile->validator.hook.kind == SCEP_HOOK_NONE)
		return decide_and_ask(job, err);
	/* A retry waits here for what is asked about the first. */
	scep_validator_lock(job->ca, scep_span_make(job->key.prefix,
	    sizeof(job->key.prefix)), scep_span_text(job->challenge_id),
	    &lock);
	rc = decide_and_ask(job, err);
	scep_validator_unlock(job->ca, &lock);
	scep_job_tell_failed(job, rc, err);
	return rc;
}

/* Whoever waits for a validator counts from here on: the retries that wait
 * behind him, too. */
static enum scep_err
run_counted(struct scep_job *job, struct scep_error *err)
{
	struct scep_waiting_place	 place = { .since = job->now };
	enum scep_err			 rc;

	if ((rc = scep_validator_enter(job->ca, job->profile, &place,
	    err)) != SCEP_OK)
		return rc;
	rc = run(job, err);
	scep_validator_leave(job->ca, job->profile, &place);
	return rc;
}

enum scep_err
scep_local_enrol(struct scep_ca *ca, time_t now,
    const struct scep_enrolment *ask, struct scep_answer *answer,
    struct scep_error *err)
{
	struct scep_job	 job = {
		.ca = (struct scep_local *)ca,
		.now = now,
		.ask = ask,
		.answer = answer,
	};
	enum scep_err	 rc;

	memset(answer, 0, sizeof(*answer));
	answer->cipher = -1;
	job.profile = scep_config_profile(job.ca->cfg, ask->profile);
	if (job.profile == NULL)
		return scep_fail(err, SCEP_E_INTERNAL,
		    "the worker asks for profile \"%s\"", ask->profile);
	job.issuer = scep_kin_asked(&job.ca->cfg->ca[job.profile->ca],
	    ask->ca_generation);
	rc = *job.profile->fault != '\0' ? scep_fail(err, SCEP_E_CONFIG,
	    "%s", job.profile->fault) : run_counted(&job, err);
	scep_story_passed(&job, rc, err);
	if (rc == SCEP_OK)
		scep_notice_refused(&job);
	scep_job_clear(&job);
	if (rc != SCEP_OK)
		scep_answer_clear(answer);
	answer->consulted = job.consulted;
	return rc;
}
