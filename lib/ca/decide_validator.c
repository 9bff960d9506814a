/*
 * decide_validator.c - the rules for a validator: a program or a server of the
 * operator's that has a say in who gets a certificate.
 *
 * It is asked once all rules before it have nothing against the request.  What
 * is no answer allows nothing.
 */
#include "ca/decide_local.h"

/* Something that is good for one certificate came with it. */
int
scep_rule_is_fresh(const struct hearing *h)
{
	if (h->facts->is_renewal)
		return 1;
	return h->rules->by_challenge &&
	    (h->facts->challenge == SCEP_CH_RECORD ||
	    h->facts->challenge == SCEP_CH_AGAIN ||
	    h->facts->challenge == SCEP_CH_STATIC);
}

/* Nothing is missing but the validator's word. */
static int
is_ready(const struct hearing *h)
{
	return h->rules->by_validator &&
	    (!h->rules->by_challenge || scep_rule_is_fresh(h));
}

/* Is it on its way to an operator, by what is known so far? */
int
scep_rule_may_queue(const struct hearing *h)
{
	switch (h->facts->validator) {
	case SCEP_VA_NOT_ASKED:
	case SCEP_VA_ALLOWED:
		return !is_ready(h);
	case SCEP_VA_QUEUED:
		return h->rules->by_manual;
	case SCEP_VA_TROUBLE:
		return h->rules->by_manual &&
		    h->rules->trouble == SCEP_TROUBLE_QUEUES;
	case SCEP_VA_REFUSED:
		break;
	}
	return 0;
}

enum scep_rule_outcome
scep_rule_approval_offered(const struct hearing *h)
{
	if (is_ready(h))
		return SCEP_RULE_SKIPPED;
	return refuse_if(h, !h->rules->by_manual, "no challenge");
}

enum scep_rule_outcome
scep_rule_validator(const struct hearing *h)
{
	if (!h->rules->by_validator)
		return SCEP_RULE_SKIPPED;
	switch (h->facts->validator) {
	case SCEP_VA_NOT_ASKED:
		return say(h, SCEP_ASK, "the validator is to be asked");
	case SCEP_VA_ALLOWED:
		return is_ready(h) ? say(h, SCEP_GRANT,
		    "allowed by the validator") : SCEP_RULE_PASSED;
	case SCEP_VA_QUEUED:
		return refuse_if(h, !h->rules->by_manual, "the validator "
		    "wants an approval, and the profile has none");
	case SCEP_VA_TROUBLE:
		if (h->rules->trouble == SCEP_TROUBLE_DEFERS)
			return say(h, SCEP_DEFER,
			    "no answer of the validator");
		return refuse_if(h, !scep_rule_may_queue(h),
		    "no answer of the validator");
	case SCEP_VA_REFUSED:
		break;
	}
	return say(h, SCEP_REFUSE, "refused by the validator");
}
