/*
 * decide_local.h - what the rules of the decision share.
 * Private to decide*.c.
 */
#ifndef SCEP_CA_DECIDE_LOCAL_H
#define SCEP_CA_DECIDE_LOCAL_H

#include "ca/decide.h"

/* One request in front of the rules. */
struct hearing {
	const struct scep_rules		*rules;
	const struct scep_facts		*facts;
	struct scep_verdict		*verdict;
};

static inline enum scep_rule_outcome
say(const struct hearing *h, enum scep_decision decision, const char *why)
{
	h->verdict->decision = decision;
	h->verdict->why = why;
	return SCEP_RULE_DECIDED;
}

static inline enum scep_rule_outcome
refuse_if(const struct hearing *h, unsigned int fault, const char *why)
{
	return fault ? say(h, SCEP_REFUSE, why) : SCEP_RULE_PASSED;
}

/* What the profile's other ways in would grant: a validator has the last
 * word. */
static inline enum scep_rule_outcome
grant(const struct hearing *h, const char *why)
{
	return h->rules->by_validator ? SCEP_RULE_PASSED :
	    say(h, SCEP_GRANT, why);
}

/* The validator, and who decides where it does not: decide_validator.c. */
int			 scep_rule_is_fresh(const struct hearing *h);
int			 scep_rule_may_queue(const struct hearing *h);
enum scep_rule_outcome	 scep_rule_approval_offered(const struct hearing *h);
enum scep_rule_outcome	 scep_rule_validator(const struct hearing *h);
/* Of renewals alone: decide_renew.c. */
enum scep_rule_outcome	 scep_rule_proof(const struct hearing *h);
enum scep_rule_outcome	 scep_rule_renewal_offered(const struct hearing *h);
enum scep_rule_outcome	 scep_rule_signer_issued(const struct hearing *h);
enum scep_rule_outcome	 scep_rule_signer_known(const struct hearing *h);
enum scep_rule_outcome	 scep_rule_signer_genuine(const struct hearing *h);
enum scep_rule_outcome	 scep_rule_signer_ca(const struct hearing *h);
enum scep_rule_outcome	 scep_rule_signer_role(const struct hearing *h);
enum scep_rule_outcome	 scep_rule_signer_profile(const struct hearing *h);
enum scep_rule_outcome	 scep_rule_signer_revoked(const struct hearing *h);
enum scep_rule_outcome	 scep_rule_signer_begun(const struct hearing *h);
enum scep_rule_outcome	 scep_rule_renewal_key(const struct hearing *h);
enum scep_rule_outcome	 scep_rule_renewal_subject(const struct hearing *h);
enum scep_rule_outcome	 scep_rule_renewal_san(const struct hearing *h);
enum scep_rule_outcome	 scep_rule_signer_expired(const struct hearing *h);
enum scep_rule_outcome	 scep_rule_renewal_window(const struct hearing *h);
enum scep_rule_outcome	 scep_rule_renewal(const struct hearing *h);

#endif /* SCEP_CA_DECIDE_LOCAL_H */
