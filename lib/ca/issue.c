/*
 * issue.c - the one function that issues, and it demands a grant.
 *
 * Knows how a certificate is put together from a grant and its profile; does
 * not know who may have one.
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/issue.h"
#include "ca/lint.h"
#include "wire/name.h"

#define SERIAL_LEN	16

/* One certificate on its way. */
struct job {
	struct scep_grant_view	 granted;
	uint8_t			 serial[SERIAL_LEN];
	struct scep_cert_plan	 plan;
	struct scep_key		 verify;	/* borrows the CA's key */
	struct scep_buf		 tbs, der;
};

static void
job_clear(struct job *job)
{
	scep_buf_clear(&job->tbs);
	scep_buf_clear(&job->der);
}

/*
 * 128 bits of one length (RFC 5280 section 4.1.2.2): the top bit clear, so
 * that it is positive, and the next one set, so that it is never shorter.
 */
static enum scep_err
draw_serial(const struct scep_crypto *crypto, struct job *job,
    struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = scep_crypto_random(crypto, job->serial, SERIAL_LEN, err)) !=
	    SCEP_OK)
		return rc;
	job->serial[0] = (uint8_t)((job->serial[0] & 0x7f) | 0x40);
	job->plan.serial = scep_span_make(job->serial, SERIAL_LEN);
	return SCEP_OK;
}

/* A certificate that outlives its CA is worth nothing after it. */
static enum scep_err
set_validity(struct job *job, time_t now, struct scep_error *err)
{
	const struct scep_profile	*profile = job->granted.profile;
	const struct scep_ca_conf	*ca = job->granted.ca;
	char				 text[SCEP_TIME_TEXT];

	/* The next CA may begin later: devices keep what they get of it. */
	if (now < ca->cert.not_before && ca->state == SCEP_GEN_PUBLISHED)
		now = ca->cert.not_before;
	if (now < ca->cert.not_before) {
		scep_time_text(ca->cert.not_before, text);
		return scep_fail(err, SCEP_E_CONFIG, "%s: the certificate of "
		    "CA %s is not valid before %s; set the clock, or run "
		    "`scepadm check`", ca->cert_path, ca->name, text);
	}
	if (now > ca->cert.not_after) {
		scep_time_text(ca->cert.not_after, text);
		return scep_fail(err, SCEP_E_CONFIG, "%s: the certificate of "
		    "CA %s expired at %s; put a new one in its place and run "
		    "`scepadm check`", ca->cert_path, ca->name, text);
	}
	job->plan.not_before = now - profile->backdate_s;
	if (job->plan.not_before < ca->cert.not_before)
		job->plan.not_before = ca->cert.not_before;
	job->plan.not_after = now + (job->granted.validity_s > 0 ?
	    job->granted.validity_s : profile->validity_s);
	if (job->plan.not_after > ca->cert.not_after)
		job->plan.not_after = ca->cert.not_after;
	return SCEP_OK;
}

/*
 * A fault while a CA signs can give its key away.  With RSA that is
 * libcrypto's to find: it verifies what the Chinese remainder theorem gave it,
 * and does without if that is wrong.  ECDSA it hands out as it comes, so that
 * is verified here, with the public half that was the certificate's when the
 * key was loaded (config_pair.c).
 */
static void
verify_again(struct job *job)
{
	const struct scep_ca_conf	*ca = job->granted.ca;

	if (ca->issuer.key_type == SCEP_KEY_RSA)
		return;
	job->verify.type = ca->issuer.key_type;
	job->verify.evp = ca->key;
	job->plan.verify = &job->verify;
}

static enum scep_err
make_plan(const struct scep_crypto *crypto, struct job *job, time_t now,
    struct scep_error *err)
{
	const struct scep_ca_conf	*ca = job->granted.ca;
	enum scep_err			 rc;

	if (*job->granted.profile->fault != '\0')
		return scep_fail(err, SCEP_E_CONFIG, "%s",
		    job->granted.profile->fault);
	if (ca->key == NULL)
		return scep_fail(err, SCEP_E_CONFIG,
		    "the key of CA %s is not loaded", ca->name);
	if ((rc = set_validity(job, now, err)) != SCEP_OK)
		return rc;
	job->plan.issuer = ca->cert.subject;
	job->plan.aki = scep_issuer_key_id(&ca->cert, &ca->issuer);
	job->plan.subject = job->granted.subject;
	job->plan.spki = job->granted.spki;
	job->plan.san = job->granted.san;
	job->plan.fixed_exts = scep_profile_exts(job->granted.profile, ca,
	    job->granted.spki);
	job->plan.key = ca->key;
	job->plan.signing = ca->signing;
	job->plan.digest = ca->digest;
	verify_again(job);
	return draw_serial(crypto, job, err);
}

static enum scep_err
build(const struct scep_crypto *crypto, struct job *job,
    struct scep_error *err)
{
	struct scep_lint_case	 lint;
	enum scep_err		 rc;

	if ((rc = scep_cert_tbs(crypto, &job->plan, &job->tbs, err)) !=
	    SCEP_OK)
		return rc;
	lint.tbs = scep_buf_span(&job->tbs);
	lint.granted = &job->granted;
	if ((rc = scep_lint(crypto, &lint, err)) != SCEP_OK)
		return rc;
	rc = scep_cert_sign(crypto, &job->plan, lint.tbs, &job->der, err);
	return rc != SCEP_E_SIG ? rc : scep_fail(err, SCEP_E_INTERNAL,
	    "the certificate just signed does not verify with the key of CA "
	    "%s; run `scepadm check`", job->granted.ca->name);
}

static enum scep_err
fill_record(const struct scep_crypto *crypto, struct job *job, time_t now,
    struct scep_cert_rec *out, struct scep_error *err)
{
	const struct scep_grant_view	*g = &job->granted;
	enum scep_err			 rc;

	out->rev = SCEP_REV_ABSENT;
	out->state = g->profile->validator.confirm ? SCEP_CERT_UNCONFIRMED :
	    SCEP_CERT_VALID;
	out->issued = now;
	out->not_before = job->plan.not_before;
	out->not_after = job->plan.not_after;
	(void)snprintf(out->ca, sizeof(out->ca), "%s", g->ca->name);
	(void)snprintf(out->profile, sizeof(out->profile), "%s",
	    g->profile->name);
	(void)snprintf(out->request_id, sizeof(out->request_id), "%s",
	    g->request_id);
	(void)snprintf(out->authority, sizeof(out->authority), "%s",
	    g->authority);
	scep_name_text(g->subject, out->subject, sizeof(out->subject));
	scep_text_clean(out->subject);
	memcpy(out->issuer, g->ca->issuer.id, sizeof(out->issuer));
	if ((rc = scep_buf_set(&out->serial, job->plan.serial, err)) !=
	    SCEP_OK ||
	    (rc = scep_crypto_sha256(crypto, g->spki, out->key_sha256, err)) !=
	    SCEP_OK ||
	    (rc = scep_crypto_sha256(crypto, scep_buf_span(&job->der),
	    out->der_sha256, err)) != SCEP_OK)
		return rc;
	out->der = job->der;
	memset(&job->der, 0, sizeof(job->der));		/* transferred */
	return SCEP_OK;
}

enum scep_err
scep_issue(const struct scep_crypto *crypto, const struct scep_grant *grant,
    time_t now, struct scep_cert_rec *out, struct scep_error *err)
{
	struct job	 job;
	enum scep_err	 rc;

	memset(out, 0, sizeof(*out));
	memset(&job, 0, sizeof(job));
	scep_grant_get(grant, &job.granted);
	if ((rc = make_plan(crypto, &job, now, err)) == SCEP_OK &&
	    (rc = build(crypto, &job, err)) == SCEP_OK)
		rc = fill_record(crypto, &job, now, out, err);
	if (rc != SCEP_OK)
		scep_cert_rec_clear(out);
	job_clear(&job);
	return rc;
}
