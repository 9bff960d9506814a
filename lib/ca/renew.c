/*
 * renew.c - the signer of a renewal: found in our records by issuer, serial
 * and SHA-256; its state, dates, CA and profile are the record's.
 *
 * Decides nothing, writes nothing.
 */
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "ca/renew.h"
#include "ca/transaction.h"

enum scep_err
scep_renew_issuer(const struct scep_crypto *crypto,
    const struct scep_ca_conf *ca, const struct scep_cert *cert,
    struct scep_error *err)
{
	const struct scep_key_rules	 any = { ~0u, 2048, 8192 };
	struct scep_key			 key;
	enum scep_err			 rc;

	if (!scep_name_match(cert->issuer, ca->cert.subject))
		return scep_fail(err, SCEP_E_SIG, "issued by another CA");
	if ((rc = scep_key_load(crypto, ca->cert.spki, &any, &key, err)) !=
	    SCEP_OK)
		return rc;
	rc = scep_cert_verify(crypto, cert, &key, err);
	scep_key_clear(&key);
	return rc;
}

/* Names that do not read are nobody's: the request cannot keep them. */
enum scep_err
scep_renew_names(struct scep_job *job, struct scep_error *err)
{
	const struct scep_cert	*old = &job->signer;
	enum scep_err		 rc;

	rc = scep_name_parse(old->subject, &job->old_name, err);
	if (rc == SCEP_OK && old->san.len > 0)
		rc = scep_san_parse(old->san, &job->old_san, err);
	if (rc == SCEP_E_NOMEM)
		return rc;
	if (rc != SCEP_OK)
		return SCEP_OK;
	job->facts.same_subject = scep_name_match(old->subject,
	    job->csr->subject) != 0;
	job->facts.same_san = scep_san_same(&job->old_san,
	    &job->csr->san) != 0;
	return SCEP_OK;
}

static enum scep_life_fact
life(const struct scep_profile *profile, const struct scep_cert_rec *rec,
    time_t now)
{
	if (now < rec->not_before)
		return SCEP_LIFE_NOT_BEGUN;
	if (now > rec->not_after)
		return now - rec->not_after <= profile->renew.grace_s ?
		    SCEP_LIFE_GRACE : SCEP_LIFE_OVER;
	return now < scep_config_renew_opens(profile, rec->not_before,
	    rec->not_after) ? SCEP_LIFE_EARLY : SCEP_LIFE_OPEN;
}

/* To vouch for what it issued, a generation needs its certificate and no
 * more; that this is the right one, its lineage knows. */
static int
can_vouch(const struct scep_crypto *crypto, const struct scep_ca_conf *gen)
{
	uint8_t			 digest[SCEP_SHA256_LEN];
	struct scep_error	 ignored;

	if (*gen->fault == '\0')
		return 1;
	return gen->cert.der.len > 0 && gen->has_key_sha256 &&
	    scep_crypto_sha256(crypto, gen->cert.spki, digest, &ignored) ==
	    SCEP_OK && memcmp(digest, gen->key_sha256, sizeof(digest)) == 0;
}

/* During a rollover: any generation that lives, for as long as it does, also
 * if its keys are lost. */
static enum scep_err
find_issuer(const struct scep_crypto *crypto, const struct scep_ca_conf *ca,
    const struct scep_cert *cert, struct scep_error *err)
{
	enum scep_err	 rc = scep_renew_issuer(crypto, ca, cert, err);
	size_t		 i;

	for (i = 0; (rc == SCEP_E_SIG || rc == SCEP_E_ALG) && i < ca->n_kin;
	    i++)
		if (can_vouch(crypto, &ca->kin[i]))
			rc = scep_renew_issuer(crypto, &ca->kin[i], cert, err);
	return rc;
}

static enum scep_signer_fact
signer_fact(enum scep_cert_state state)
{
	switch (state) {
	case SCEP_CERT_VALID:
		return SCEP_SIGNER_VALID;
	case SCEP_CERT_UNCONFIRMED:
		return SCEP_SIGNER_UNCONFIRMED;
	case SCEP_CERT_REVOKED:
		break;
	}
	return SCEP_SIGNER_REVOKED;
}

static enum scep_err
judge(struct scep_job *job, const struct scep_cert_rec *rec,
    struct scep_error *err)
{
	const struct scep_ca_conf	*ca =
					    &job->ca->cfg->ca[job->profile->ca];
	struct scep_error		 why;
	enum scep_err			 rc;

	job->signer_rev = rec->rev;
	if (memcmp(rec->der_sha256, job->signer.sha256, SCEP_SHA256_LEN) !=
	    0) {
		job->facts.signer = SCEP_SIGNER_ALTERED;
		return SCEP_OK;
	}
	job->facts.signer = signer_fact(rec->state);
	job->facts.signer_is_of_profile = scep_config_renews_profile(
	    job->ca->cfg, job->profile, rec->profile) != 0;
	job->facts.life = life(job->profile, rec, job->now);
	job->over_s = job->facts.life == SCEP_LIFE_GRACE ?
	    (long)(job->now - rec->not_after) : 0;
	rc = find_issuer(job->ca->crypto, ca, &job->signer, &why);
	if (rc != SCEP_OK && rc != SCEP_E_SIG && rc != SCEP_E_ALG) {
		*err = why;
		return rc;
	}
	job->facts.signer_is_of_ca = rc == SCEP_OK;
	/* Such ones are in the records only if somebody put them there. */
	job->facts.signer_is_device = !scep_cert_vouches(&job->signer) &&
	    !scep_job_is_taboo(job->ca->cfg, job->signer.spki);
	return SCEP_OK;
}

enum scep_err
scep_renew_gather(struct scep_job *job, struct scep_error *err)
{
	struct scep_cert_rec	 rec;
	enum scep_err		 rc;

	job->facts.signer = SCEP_SIGNER_UNKNOWN;
	job->facts.life = SCEP_LIFE_NONE;
	job->facts.signer_is_of_ca = job->facts.signer_is_of_profile =
	    job->facts.signer_is_device = 0;
	rc = scep_transaction_signer(job->ca, &job->signer, &job->signer_key,
	    &rec, err);
	if (rc == SCEP_E_NOTFOUND)
		return SCEP_OK;
	if (rc != SCEP_OK)
		return rc;
	rc = judge(job, &rec, err);
	scep_cert_rec_clear(&rec);
	return rc;
}

/* In the biggest unit that it fills. */
static void
over_text(long s, char out[SCEP_DURATION_TEXT])
{
	const long	 unit = s >= 86400 ? 86400 : s >= 3600 ? 3600 :
			    s >= 60 ? 60 : 1;

	(void)snprintf(out, SCEP_DURATION_TEXT, "%ld%c", s / unit,
	    unit == 86400 ? 'd' : unit == 3600 ? 'h' : unit == 60 ? 'm' : 's');
}

void
scep_renew_authority(const struct scep_job *job, char out[SCEP_REC_TEXT])
{
	char	 serial[2 * 40 + 1], over[SCEP_DURATION_TEXT];

	scep_hex_text(job->signer.serial, serial, sizeof(serial));
	over_text(job->over_s, over);
	(void)snprintf(out, SCEP_REC_TEXT, "renewal of %s%s%s%s", serial,
	    job->over_s > 0 ? ", " : "", job->over_s > 0 ? over : "",
	    job->over_s > 0 ? " after its end" : "");
}

enum scep_err
scep_renew_check(const struct scep_job *job, struct scep_change *change,
    struct scep_error *err)
{
	return scep_change_check(change, SCEP_T_CERTIFICATE,
	    scep_buf_span(&job->signer_key), job->signer_rev, err);
}
