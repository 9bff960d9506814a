/*
 * decide_renew.c - the rules for renewals: the certificate that signed is the
 * authority, and each way that it is none has a rule of its own.
 */
#include "ca/decide_local.h"

static enum scep_rule_outcome
refuse_renewal_if(const struct hearing *h, unsigned int fault,
    const char *why)
{
	return h->facts->is_renewal ? refuse_if(h, fault, why) :
	    SCEP_RULE_SKIPPED;
}

enum scep_rule_outcome
scep_rule_proof(const struct hearing *h)
{
	return refuse_renewal_if(h, h->facts->unproven,
	    "the message is not what the worker said");
}

enum scep_rule_outcome
scep_rule_renewal_offered(const struct hearing *h)
{
	return refuse_renewal_if(h, !h->rules->renew,
	    "renewal is not offered");
}

/* RFC 8894 section 2.4: whoever signs for himself proves nothing. */
enum scep_rule_outcome
scep_rule_signer_issued(const struct hearing *h)
{
	return refuse_renewal_if(h, h->facts->self_signed,
	    "a renewal by a self-signed certificate");
}

enum scep_rule_outcome
scep_rule_signer_known(const struct hearing *h)
{
	return refuse_renewal_if(h, h->facts->signer == SCEP_SIGNER_UNKNOWN,
	    "the signer is neither self-signed nor a certificate of ours");
}

enum scep_rule_outcome
scep_rule_signer_genuine(const struct hearing *h)
{
	return refuse_renewal_if(h, h->facts->signer == SCEP_SIGNER_ALTERED,
	    "the signer has a serial number of ours, and is another "
	    "certificate");
}

enum scep_rule_outcome
scep_rule_signer_ca(const struct hearing *h)
{
	return refuse_renewal_if(h, !h->facts->signer_is_of_ca,
	    "the signer was not issued by the profile's CA");
}

enum scep_rule_outcome
scep_rule_signer_role(const struct hearing *h)
{
	return refuse_renewal_if(h, !h->facts->signer_is_device,
	    "the signer is a CA, an RA or an OCSP responder");
}

enum scep_rule_outcome
scep_rule_signer_profile(const struct hearing *h)
{
	return refuse_renewal_if(h, !h->facts->signer_is_of_profile,
	    "the signer was issued under another profile");
}

enum scep_rule_outcome
scep_rule_signer_revoked(const struct hearing *h)
{
	if (h->facts->signer == SCEP_SIGNER_UNCONFIRMED)
		return refuse_renewal_if(h, 1, "the signer was never let go "
		    "by its validator");
	return refuse_renewal_if(h, h->facts->signer != SCEP_SIGNER_VALID,
	    "the signer was revoked");
}

enum scep_rule_outcome
scep_rule_signer_begun(const struct hearing *h)
{
	return refuse_renewal_if(h, h->facts->life == SCEP_LIFE_NONE ||
	    h->facts->life == SCEP_LIFE_NOT_BEGUN,
	    "the signer is not valid yet");
}

enum scep_rule_outcome
scep_rule_renewal_key(const struct hearing *h)
{
	if (h->rules->new_key)
		return refuse_renewal_if(h, h->facts->signer_has_csr_key,
		    "the profile renews to new keys alone");
	return refuse_renewal_if(h, h->rules->same_key &&
	    !h->facts->signer_has_csr_key,
	    "the profile renews to the same key alone");
}

enum scep_rule_outcome
scep_rule_renewal_subject(const struct hearing *h)
{
	return refuse_renewal_if(h, !h->facts->same_subject &&
	    !h->rules->any_names, "a renewal to another subject");
}

enum scep_rule_outcome
scep_rule_renewal_san(const struct hearing *h)
{
	return refuse_renewal_if(h, !h->facts->same_san &&
	    !h->rules->any_names, "a renewal to other alternative names");
}

/* A retry of a renewal may come when its signer's time is over, as a poll
 * may; a renewal may not. */

enum scep_rule_outcome
scep_rule_signer_expired(const struct hearing *h)
{
	return refuse_renewal_if(h, h->facts->life == SCEP_LIFE_OVER,
	    "the signer has expired");
}

enum scep_rule_outcome
scep_rule_renewal_window(const struct hearing *h)
{
	return refuse_renewal_if(h, h->facts->life != SCEP_LIFE_OPEN &&
	    h->facts->life != SCEP_LIFE_GRACE,
	    "it is too early to renew the signer");
}

/* No challenge is looked at (RFC 8894 section 2.4). */
enum scep_rule_outcome
scep_rule_renewal(const struct hearing *h)
{
	if (!h->facts->is_renewal)
		return SCEP_RULE_SKIPPED;
	return grant(h, h->facts->life == SCEP_LIFE_GRACE ?
	    "renewal after its signer's end" : "renewal");
}
