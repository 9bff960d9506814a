/*
 * decide.c - who gets a certificate.
 *
 * Facts in, a decision out; who reads this file knows the policy.
 */
#include <stddef.h>

#include "ca/decide.h"

/* RFC 8894 section 2.3 and 2.4, before any authorisation is looked at. */
static const char *
objection(const struct scep_facts *facts)
{
	if (facts->reused_envelope)
		return "encryptedKey seen before with other content";
	if (facts->unreadable)
		return "no readable request in the envelope";
	if (facts->is_renewal)
		return "renewal is not offered";
	if (!facts->self_signed)
		return "signer is not self-signed";
	if (!facts->signer_has_csr_key)
		return "signed with another key than the request's";
	if (facts->key_is_taboo)
		return "the key is a CA's or RA's own";
	if (!facts->subject_allowed)
		return "subject is not allowed by the profile";
	if (!facts->san_allowed)
		return "alternative name is not allowed by the profile";
	return NULL;
}

static const char *
challenge_fault(enum scep_challenge_fact challenge)
{
	switch (challenge) {
	case SCEP_CH_UNKNOWN:
		return "challenge unknown";
	case SCEP_CH_EXPIRED:
		return "challenge has expired";
	case SCEP_CH_SPENT:
		return "challenge is used up";
	case SCEP_CH_REVOKED:
		return "challenge was revoked";
	case SCEP_CH_OTHER_PROFILE:
		return "challenge is for another profile";
	case SCEP_CH_OTHER_SUBJECT:
		return "challenge is for another subject";
	case SCEP_CH_OTHER_SAN:
		return "challenge is for other alternative names";
	case SCEP_CH_ABSENT:
	case SCEP_CH_RECORD:
	case SCEP_CH_STATIC:
	case SCEP_CH_SPENT_BY_SAME:
		break;
	}
	return "challenge not understood";
}

static enum scep_decision
say(enum scep_decision decision, const char **why, const char *text)
{
	*why = text;
	return decision;
}

/* Nobody showed a challenge: a human decides, or nobody does. */
static enum scep_decision
without_challenge(const struct scep_rules *rules,
    const struct scep_facts *facts, const char **why)
{
	if (!rules->by_manual)
		return say(SCEP_REFUSE, why, "no challenge");
	if (facts->txn == SCEP_TX_OTHER_FINISHED)
		return say(SCEP_REFUSE, why, "another request under a "
		    "finished transaction, without a fresh challenge");
	if (facts->queue_full)
		return say(SCEP_DEFER, why, "the queue is full");
	if (facts->peer_queue_full)
		return say(SCEP_DEFER, why, "the queue is full for this "
		    "address");
	return say(SCEP_PEND, why, "queued for approval");
}

/* A wrong challenge is refused, never queued (DESIGN 7.6). */
static enum scep_decision
by_challenge(const struct scep_rules *rules, const struct scep_facts *facts,
    const char **why)
{
	if (facts->challenge == SCEP_CH_ABSENT)
		return without_challenge(rules, facts, why);
	if (!rules->by_challenge)
		return say(SCEP_REFUSE, why,
		    "the profile takes no challenges");
	if (facts->challenge == SCEP_CH_SPENT_BY_SAME)
		return say(SCEP_REPEAT, why, "used by this key for this name");
	if (facts->challenge == SCEP_CH_RECORD)
		return say(SCEP_GRANT, why, "challenge");
	if (facts->challenge == SCEP_CH_STATIC)
		return say(SCEP_GRANT, why, "static challenge");
	return say(SCEP_REFUSE, why, challenge_fault(facts->challenge));
}

enum scep_decision
scep_decide(const struct scep_rules *rules, const struct scep_facts *facts,
    const char **why)
{
	const char	*no = objection(facts);

	if (no != NULL)
		return say(SCEP_REFUSE, why, no);
	switch (facts->txn) {
	case SCEP_TX_SAME_PENDING:
		return say(SCEP_REPEAT, why, "still waits for approval");
	case SCEP_TX_SAME_GRANTED:
		return say(SCEP_REPEAT, why, "granted before");
	case SCEP_TX_SAME_REFUSED:
		return say(SCEP_REPEAT, why, "refused by an operator");
	case SCEP_TX_OTHER_PENDING:
		return say(SCEP_REFUSE, why, "another request under this "
		    "transactionID is pending");
	case SCEP_TX_NONE:
	case SCEP_TX_SAME_STALE:
	case SCEP_TX_OTHER_FINISHED:
		break;
	}
	return by_challenge(rules, facts, why);
}
