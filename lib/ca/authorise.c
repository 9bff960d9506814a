/*
 * authorise.c - the only maker of a grant.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "ca/authorise.h"
#include "ca/config_kin.h"

#define PENDING_LABEL	"scep.fcgi pending request 1"

struct scep_grant {
	const struct scep_profile	*profile;
	const struct scep_ca_conf	*ca;
	struct scep_buf			 subject, spki, san;
	long				 validity_s;
	char				 request_id[SCEP_REQUEST_ID];
	char				 authority[SCEP_REC_TEXT];
};

void
scep_grant_get(const struct scep_grant *grant, struct scep_grant_view *out)
{
	out->profile = grant->profile;
	out->ca = grant->ca;
	out->subject = scep_buf_span(&grant->subject);
	out->spki = scep_buf_span(&grant->spki);
	out->san = scep_buf_span(&grant->san);
	out->validity_s = grant->validity_s;
	out->request_id = grant->request_id;
	out->authority = grant->authority;
}

void
scep_grant_free(struct scep_grant *grant)
{
	if (grant == NULL)
		return;
	scep_buf_clear(&grant->subject);
	scep_buf_clear(&grant->spki);
	scep_buf_clear(&grant->san);
	OPENSSL_free(grant);
}

static enum scep_err
grant_make(const struct scep_asked *asked, struct scep_grant **out,
    struct scep_error *err)
{
	struct scep_grant	*grant;
	enum scep_err		 rc;

	if ((grant = OPENSSL_zalloc(sizeof(*grant))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "grant");
	grant->profile = asked->profile;
	grant->ca = asked->ca;
	grant->validity_s = asked->validity_s;
	(void)snprintf(grant->request_id, sizeof(grant->request_id), "%s",
	    asked->request_id);
	(void)snprintf(grant->authority, sizeof(grant->authority), "%s",
	    asked->authority);
	if ((rc = scep_buf_set(&grant->subject, asked->subject, err)) !=
	    SCEP_OK ||
	    (rc = scep_buf_set(&grant->spki, asked->spki, err)) != SCEP_OK ||
	    (rc = scep_buf_set(&grant->san, asked->san, err)) != SCEP_OK) {
		scep_grant_free(grant);
		return rc;
	}
	*out = grant;
	return SCEP_OK;
}

enum scep_err
scep_authorise(const struct scep_rules *rules, const struct scep_facts *facts,
    const struct scep_asked *asked, struct scep_verdict *verdict,
    struct scep_grant **out, struct scep_error *err)
{
	*out = NULL;
	return scep_decide(rules, facts, verdict) == SCEP_GRANT ?
	    grant_make(asked, out, err) : SCEP_OK;
}

enum scep_err
scep_pending_mac(const struct scep_crypto *crypto,
    const struct scep_config *cfg, const struct scep_pending *pending,
    uint8_t out[SCEP_SHA256_LEN], struct scep_error *err)
{
	struct scep_buf		 body = { NULL, 0 };
	struct scep_span	 parts[2];
	enum scep_err		 rc;

	if ((rc = scep_pending_body(pending, &body, err)) != SCEP_OK)
		return rc;
	parts[0] = scep_span_text(PENDING_LABEL);
	parts[1] = scep_buf_span(&body);
	rc = scep_crypto_hmac(crypto, scep_buf_span(&cfg->challenge_key),
	    parts, 2, out, err);
	scep_buf_clear(&body);
	return rc;
}

static enum scep_err
check_pending(const struct scep_crypto *crypto, const struct scep_config *cfg,
    const struct scep_pending *pending, time_t now,
    const struct scep_profile **profile, struct scep_error *err)
{
	uint8_t		 mac[SCEP_SHA256_LEN];
	enum scep_err	 rc;

	if ((rc = scep_pending_mac(crypto, cfg, pending, mac, err)) !=
	    SCEP_OK)
		return rc;
	if (CRYPTO_memcmp(mac, pending->mac, sizeof(mac)) != 0)
		return scep_fail(err, SCEP_E_REFUSED, "request %s was changed "
		    "in the database since it came in; refuse it with "
		    "`scepadm request refuse %s`", pending->request_id,
		    pending->request_id);
	if (now >= pending->expires)
		return scep_fail(err, SCEP_E_REFUSED,
		    "request %s has expired", pending->request_id);
	*profile = scep_config_profile(cfg, pending->profile);
	if (pending->profile[0] == '\0' || *profile == NULL ||
	    ((*profile)->authorise & SCEP_BIT(SCEP_BY_MANUAL)) == 0)
		return scep_fail(err, SCEP_E_REFUSED, "request %s: profile "
		    "\"%s\" is gone, or no longer has `authorise = manual`",
		    pending->request_id, pending->profile);
	return SCEP_OK;
}

/* The CA that was asked: the next one has become the current one, or it was
 * taken back. */
static enum scep_err
find_ca(const struct scep_config *cfg, const struct scep_profile *profile,
    const struct scep_pending *pending, const struct scep_ca_conf **out,
    struct scep_error *err)
{
	const struct scep_ca_conf	*ca = &cfg->ca[profile->ca];

	*out = ca;
	if (pending->ca_generation == 0)
		return SCEP_OK;
	*out = scep_ca_conf_generation(ca, pending->ca_generation);
	if (*out != NULL && (*out)->state == SCEP_GEN_PREVIOUS)
		*out = ca;
	return *out != NULL && (*out)->state != SCEP_GEN_STAGED ? SCEP_OK :
	    scep_fail(err, SCEP_E_REFUSED, "request %s asks for a "
	    "certificate of generation %u of CA %s, which is not there "
	    "(`scepadm ca list`); refuse it with `scepadm request refuse "
	    "%s`", pending->request_id, pending->ca_generation, ca->name,
	    pending->request_id);
}

enum scep_err
scep_authorise_approval(const struct scep_crypto *crypto,
    const struct scep_config *cfg, const struct scep_pending *pending,
    time_t now, const struct scep_approver *by, struct scep_approved *count,
    struct scep_grant **out, struct scep_error *err)
{
	const struct scep_profile	*profile = NULL;
	char				 names[SCEP_APPROVERS];
	char				 authority[SCEP_REC_TEXT];
	struct scep_asked		 asked;
	enum scep_err			 rc;

	*out = NULL;
	if ((rc = check_pending(crypto, cfg, pending, now, &profile, err)) !=
	    SCEP_OK ||
	    (rc = scep_approvals_count(crypto, cfg, pending, by,
	    profile->approvals, count, err)) != SCEP_OK)
		return rc;
	asked.profile = profile;
	if ((rc = find_ca(cfg, profile, pending, &asked.ca, err)) !=
	    SCEP_OK || count->n < count->needed)
		return rc;
	scep_approvers_text(pending, by, names);
	(void)snprintf(authority, sizeof(authority), "approved by %s",
	    names);
	asked.subject = scep_buf_span(&pending->subject);
	asked.spki = scep_buf_span(&pending->spki);
	asked.san = scep_buf_span(&pending->san);
	asked.validity_s = pending->validity_s < profile->validity_s ?
	    pending->validity_s : 0;
	asked.request_id = pending->request_id;
	asked.authority = authority;
	return grant_make(&asked, out, err);
}
