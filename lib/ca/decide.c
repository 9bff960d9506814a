/*
 * decide.c - who gets a certificate.
 *
 * Facts in, a decision out, by the table at the end: who reads it knows the
 * policy, and what `scepadm explain` tells of a request is what it said.
 */
#include <stddef.h>

#include "ca/decide_local.h"

/* RFC 8894 sections 2.3 and 2.4, before any authorisation is looked at. */

static enum scep_rule_outcome
envelope(const struct hearing *h)
{
	return refuse_if(h, h->facts->reused_envelope,
	    "encryptedKey seen before with other content");
}

static enum scep_rule_outcome
readable(const struct hearing *h)
{
	return refuse_if(h, h->facts->unreadable,
	    "no readable request in the envelope");
}

static enum scep_rule_outcome
message_type(const struct hearing *h)
{
	return refuse_if(h, h->facts->unknown_type,
	    "a message of this type is not offered");
}

/* A first certificate: the key that asks is the key that is certified. */

static enum scep_rule_outcome
self_signed(const struct hearing *h)
{
	if (h->facts->is_renewal)
		return SCEP_RULE_SKIPPED;
	return refuse_if(h, !h->facts->self_signed,
	    "signer is not self-signed");
}

static enum scep_rule_outcome
signer_key(const struct hearing *h)
{
	if (h->facts->is_renewal)
		return SCEP_RULE_SKIPPED;
	return refuse_if(h, !h->facts->signer_has_csr_key,
	    "signed with another key than the request's");
}

static enum scep_rule_outcome
own_key(const struct hearing *h)
{
	return refuse_if(h, h->facts->key_is_taboo,
	    "the key is a CA's or RA's own");
}

/* RFC 8894 section 7.6.  Where a rule above refuses, nobody looks; where none
 * does, somebody must have. */
static enum scep_rule_outcome
possession(const struct hearing *h)
{
	return refuse_if(h, h->facts->unsigned_key,
	    "whether the key signed the request was not looked at");
}

static enum scep_rule_outcome
subject(const struct hearing *h)
{
	return refuse_if(h, !h->facts->subject_allowed,
	    "subject is not allowed by the profile");
}

static enum scep_rule_outcome
san(const struct hearing *h)
{
	return refuse_if(h, !h->facts->san_allowed,
	    "alternative name is not allowed by the profile");
}

/* What cannot be delivered is not made (PROTOCOL C-147). */
static enum scep_rule_outcome
deliverable(const struct hearing *h)
{
	if (!h->facts->by_password)
		return SCEP_RULE_SKIPPED;
	return refuse_if(h, h->facts->undeliverable,
	    "no challengePassword to encrypt the answer with");
}

/* What is known of the transaction. */

static enum scep_rule_outcome
first_time(const struct hearing *h)
{
	switch (h->facts->txn) {
	case SCEP_TX_SAME_PENDING:
		return say(h, SCEP_REPEAT, "still waits for approval");
	case SCEP_TX_SAME_GRANTED:
		return say(h, SCEP_REPEAT, "granted before");
	case SCEP_TX_SAME_REFUSED:
		return say(h, SCEP_REPEAT, "refused by an operator");
	case SCEP_TX_SAME_REVOKED:
		/* A challenge may stand for it again; what it was renewed
		 * from may not. */
		return refuse_if(h, h->facts->is_renewal,
		    "the certificate of this renewal was revoked");
	case SCEP_TX_NONE:
	case SCEP_TX_SAME_STALE:
	case SCEP_TX_OTHER_PENDING:
	case SCEP_TX_OTHER_FINISHED:
		break;
	}
	return SCEP_RULE_PASSED;
}

static enum scep_rule_outcome
transaction(const struct hearing *h)
{
	return refuse_if(h, h->facts->txn == SCEP_TX_OTHER_PENDING,
	    "another request under this transactionID is pending");
}

/* Who showed a challenge. */

static const char *
challenge_fault(enum scep_challenge_fact fact)
{
	switch (fact) {
	case SCEP_CH_UNKNOWN:
		return "challenge unknown";
	case SCEP_CH_EXPIRED:
		return "challenge has expired";
	case SCEP_CH_NOT_YET:
		return "challenge is not good yet";
	case SCEP_CH_SPENT:
		return "challenge is used up";
	case SCEP_CH_REVOKED:
		return "challenge was revoked";
	case SCEP_CH_FROZEN:
		return "challenge is frozen";
	case SCEP_CH_OTHER_PROFILE:
		return "challenge is for another profile";
	case SCEP_CH_OTHER_SUBJECT:
		return "challenge is for another subject";
	case SCEP_CH_OTHER_SAN:
		return "challenge is for other alternative names";
	case SCEP_CH_OTHER_KEY:
		return "challenge is for another key";
	case SCEP_CH_ABSENT:
	case SCEP_CH_RECORD:
	case SCEP_CH_AGAIN:
	case SCEP_CH_STATIC:
	case SCEP_CH_SPENT_BY_SAME:
		break;
	}
	return "challenge not understood";
}

/* Where no challenge authorises, that of a device which cannot do without is
 * for the delivery alone, or it is for the validator to look at. */
static int
is_shown(const struct hearing *h)
{
	if (h->facts->is_renewal)
		return 0;
	return h->facts->challenge != SCEP_CH_ABSENT &&
	    (h->rules->by_challenge ||
	    (!h->facts->by_password && !h->rules->by_validator));
}

static enum scep_rule_outcome
challenge_taken(const struct hearing *h)
{
	if (!is_shown(h))
		return SCEP_RULE_SKIPPED;
	return refuse_if(h, !h->rules->by_challenge,
	    "the profile takes no challenges");
}

/* A wrong challenge is refused, never queued (DESIGN 7.6). */
static enum scep_rule_outcome
challenge(const struct hearing *h)
{
	if (!is_shown(h))
		return SCEP_RULE_SKIPPED;
	switch (h->facts->challenge) {
	case SCEP_CH_SPENT_BY_SAME:
		return say(h, SCEP_REPEAT, "used by this key for this name");
	case SCEP_CH_RECORD:
		return grant(h, "challenge");
	case SCEP_CH_AGAIN:
		return grant(h, "challenge, again for its key");
	case SCEP_CH_STATIC:
		return grant(h, "static challenge");
	default:
		return say(h, SCEP_REFUSE,
		    challenge_fault(h->facts->challenge));
	}
}

/* Who showed none, or is sent on by the validator: a human decides, or nobody
 * does. */

static enum scep_rule_outcome
fresh_challenge(const struct hearing *h)
{
	if (!scep_rule_may_queue(h) || scep_rule_is_fresh(h))
		return SCEP_RULE_SKIPPED;
	return refuse_if(h, h->facts->txn == SCEP_TX_OTHER_FINISHED,
	    "another request under a finished transaction, without a fresh "
	    "challenge");
}

static enum scep_rule_outcome
queue_room(const struct hearing *h)
{
	if (!scep_rule_may_queue(h))
		return SCEP_RULE_SKIPPED;
	return h->facts->queue_full ? say(h, SCEP_DEFER, "the queue is full") :
	    SCEP_RULE_PASSED;
}

static enum scep_rule_outcome
queue_room_for_peer(const struct hearing *h)
{
	if (!scep_rule_may_queue(h))
		return SCEP_RULE_SKIPPED;
	return h->facts->peer_queue_full ? say(h, SCEP_DEFER,
	    "the queue is full for this address") : SCEP_RULE_PASSED;
}

static enum scep_rule_outcome
approval(const struct hearing *h)
{
	return say(h, SCEP_PEND, "queued for approval");
}

static const struct {
	const char		*name;
	enum scep_rule_outcome	(*look)(const struct hearing *h);
} table[] = {
	{ "envelope",		envelope },
	{ "message_type",	message_type },
	{ "proof",		scep_rule_proof },
	{ "readable",		readable },
	{ "self_signed",	self_signed },
	{ "signer_key",		signer_key },
	{ "renewal_offered",	scep_rule_renewal_offered },
	{ "signer_issued",	scep_rule_signer_issued },
	{ "signer_known",	scep_rule_signer_known },
	{ "signer_genuine",	scep_rule_signer_genuine },
	{ "signer_ca",		scep_rule_signer_ca },
	{ "signer_role",	scep_rule_signer_role },
	{ "signer_profile",	scep_rule_signer_profile },
	{ "signer_revoked",	scep_rule_signer_revoked },
	{ "signer_begun",	scep_rule_signer_begun },
	{ "own_key",		own_key },
	{ "renewal_key",	scep_rule_renewal_key },
	{ "renewal_subject",	scep_rule_renewal_subject },
	{ "renewal_san",	scep_rule_renewal_san },
	{ "possession",		possession },
	{ "subject",		subject },
	{ "san",		san },
	{ "deliverable",	deliverable },
	{ "first_time",		first_time },
	{ "transaction",	transaction },
	{ "signer_expired",	scep_rule_signer_expired },
	{ "renewal_window",	scep_rule_renewal_window },
	{ "renewal",		scep_rule_renewal },
	{ "challenge_taken",	challenge_taken },
	{ "challenge",		challenge },
	{ "approval_offered",	scep_rule_approval_offered },
	{ "fresh_challenge",	fresh_challenge },
	{ "queue_room",		queue_room },
	{ "queue_room_for_peer", queue_room_for_peer },
	{ "validator",		scep_rule_validator },
	{ "approval",		approval },
};

_Static_assert(sizeof(table) / sizeof(table[0]) == SCEP_RULES,
    "a verdict has room for each rule");

enum scep_decision
scep_decide(const struct scep_rules *rules, const struct scep_facts *facts,
    struct scep_verdict *verdict)
{
	const struct hearing	 h = { rules, facts, verdict };
	unsigned int		 i;

	*verdict = (struct scep_verdict){ .decision = SCEP_REFUSE,
	    .why = "no rule decided" };
	for (i = 0; i < SCEP_RULES; i++)
		if ((verdict->rule[i] = table[i].look(&h)) ==
		    SCEP_RULE_DECIDED)
			break;
	return verdict->decision;
}

const char *
scep_rule_name(unsigned int rule)
{
	return rule < SCEP_RULES ? table[rule].name : "unknown";
}

const char *
scep_decision_name(enum scep_decision decision)
{
	switch (decision) {
	case SCEP_GRANT:
		return "grant";
	case SCEP_PEND:
		return "queue";
	case SCEP_REPEAT:
		return "repeat";
	case SCEP_DEFER:
		return "defer";
	case SCEP_ASK:
		return "ask";
	case SCEP_REFUSE:
		break;
	}
	return "FAIL";
}
