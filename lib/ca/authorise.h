/*
 * authorise.h - who may have a certificate, and the only maker of a grant.
 *
 * A grant is opaque: nothing but this file can make one, and issue() takes
 * nothing else (DESIGN 2, 7.1).  Private to ca/.
 */
#ifndef SCEP_CA_AUTHORISE_H
#define SCEP_CA_AUTHORISE_H

#include "ca/approval.h"
#include "ca/config.h"
#include "ca/decide.h"
#include "store/record.h"

struct scep_grant;

/* What a grant allows to be certified; borrowed from the grant. */
struct scep_grant_view {
	const struct scep_profile	*profile;
	const struct scep_ca_conf	*ca;
	struct scep_span		 subject, spki;	/* DER */
	struct scep_span		 san;		/* value, or empty */
	long				 validity_s;	/* 0: the profile's */
	const char			*request_id;
	const char			*authority;	/* "challenge k3…" */
};
void		 scep_grant_get(const struct scep_grant *grant,
		    struct scep_grant_view *out);
void		 scep_grant_free(struct scep_grant *grant);

/* A checked request: names are within the profile's rules, the key is
 * allowed and proven.  Borrowed. */
struct scep_asked {
	const struct scep_profile	*profile;
	const struct scep_ca_conf	*ca;
	struct scep_span		 subject, spki, san;
	long				 validity_s;	/* 0: the profile's */
	const char			*request_id;
	const char			*authority;
};

/* Run scep_decide() over the facts; only SCEP_GRANT makes a grant. */
enum scep_err	 scep_authorise(const struct scep_rules *rules,
		    const struct scep_facts *facts,
		    const struct scep_asked *asked,
		    struct scep_verdict *verdict, struct scep_grant **out,
		    struct scep_error *err);

/*
 * Somebody approves a pending request: its mac must be ours, it must not have
 * expired, its profile must still authorise by hand.  SCEP_E_REFUSED.  A grant
 * is made if with this one there are as many approvals as the profile demands;
 * else *out is NULL.  Whether those of before still count, the caller has
 * looked at (scep_approvals_sift()).
 */
enum scep_err	 scep_authorise_approval(const struct scep_crypto *crypto,
		    const struct scep_config *cfg,
		    const struct scep_pending *pending, time_t now,
		    const struct scep_approver *by,
		    struct scep_approved *count, struct scep_grant **out,
		    struct scep_error *err);

/* The mac of a pending request, under the challenge key. */
enum scep_err	 scep_pending_mac(const struct scep_crypto *crypto,
		    const struct scep_config *cfg,
		    const struct scep_pending *pending,
		    uint8_t out[SCEP_SHA256_LEN], struct scep_error *err);

#endif /* SCEP_CA_AUTHORISE_H */
