/*
 * ra_new.c - an RA made of what its CA publishes: rules, keys, and what broken
 * algorithms need; before the sandbox closes.
 */
#include <openssl/x509.h>

#include "base/error.h"
#include "ra/local.h"
#include "wire/legacy.h"
#include "wire/private.h"

static enum scep_err
private_read(const struct scep_crypto *crypto, struct scep_span der,
    EVP_PKEY **out, struct scep_error *err)
{
	PKCS8_PRIV_KEY_INFO	*p8;
	const unsigned char	*p = der.data;

	if ((*out = scep_private_read(crypto, der)) != NULL)
		return SCEP_OK;
	if ((p8 = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)der.len)) != NULL)
		*out = EVP_PKCS82PKEY_ex(p8, crypto->ctx, NULL);
	PKCS8_PRIV_KEY_INFO_free(p8);
	return *out != NULL ? SCEP_OK :
	    scep_fail_ssl(err, SCEP_E_INTERNAL, "RA key from the CA process");
}

static enum scep_err
key_init(const struct scep_crypto *crypto, const struct scep_published_ra *ra,
    struct scep_ra_key *out, struct scep_error *err)
{
	enum scep_err	 rc;

	out->ca_generation = ra->ca_generation;
	if (ra->cert.len == 0)		/* its profiles have a fault */
		return SCEP_OK;
	if ((rc = scep_cert_parse(crypto, scep_buf_span(&ra->cert), &out->cert,
	    err)) != SCEP_OK)
		return rc;
	if (ra->pkey != NULL && EVP_PKEY_up_ref(ra->pkey) == 1)
		out->key = ra->pkey;
	else if ((rc = private_read(crypto, scep_buf_span(&ra->key),
	    &out->key, err)) != SCEP_OK)
		return rc;
	if ((rc = scep_opener_init(crypto, &out->cert, out->key, &out->opener,
	    err)) != SCEP_OK)
		return rc;
	out->signing = scep_key_signing(crypto, out->key);
	return out->signing != NULL ? SCEP_OK :
	    scep_fail_ssl(err, SCEP_E_INTERNAL, "RA key");
}

static enum scep_err
keys_init(struct scep_ra *ra, struct scep_error *err)
{
	const struct scep_published_profile	*p;
	size_t		 i, n = ra->published.n_ras;
	enum scep_err	 rc;

	if ((ra->keys = OPENSSL_zalloc((n + 1) * sizeof(*ra->keys))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "RA keys");
	for (i = 0; i < n; i++)
		if ((rc = key_init(ra->crypto, &ra->published.ra[i],
		    &ra->keys[i], err)) != SCEP_OK)
			return rc;
	for (i = 0; i < ra->published.n_profiles; i++) {
		p = &ra->published.profile[i];
		if (p->n_ras < 1 || p->ra >= n || p->n_ras > n - p->ra)
			return scep_fail(err, SCEP_E_INTERNAL,
			    "profile %s has no RA", p->name);
	}
	return SCEP_OK;
}

/* What some profile takes that is broken; the sandbox is still open. */
static enum scep_err
legacy_init(const struct scep_ra *ra, struct scep_error *err)
{
	const struct scep_msg_rules	*rules;
	enum scep_err			 rc;
	size_t				 i;

	for (i = 0; i < ra->published.n_profiles; i++) {
		rules = &ra->published.profile[i].rules;
		if (*ra->published.profile[i].fault == '\0' &&
		    scep_legacy_has(rules->digests, rules->ciphers) &&
		    (rc = scep_legacy_load(ra->crypto, err)) != SCEP_OK)
			return rc;
	}
	return SCEP_OK;
}

enum scep_err
scep_ra_new(const struct scep_crypto *crypto, struct scep_ca *ca,
    struct scep_ra **out, struct scep_error *err)
{
	struct scep_ra	*ra;
	enum scep_err	 rc;

	*out = NULL;
	if ((ra = OPENSSL_zalloc(sizeof(*ra))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "RA");
	ra->crypto = crypto;
	ra->ca = ca;
	if ((rc = scep_counts_new(&ra->counts, err)) != SCEP_OK ||
	    (rc = scep_kept_new(&ra->kept, err)) != SCEP_OK ||
	    (rc = scep_ca_published(ca, &ra->published, err)) != SCEP_OK ||
	    (rc = keys_init(ra, err)) != SCEP_OK ||
	    (rc = legacy_init(ra, err)) != SCEP_OK) {
		scep_ra_free(ra);
		return rc;
	}
	*out = ra;
	return SCEP_OK;
}

void
scep_ra_free(struct scep_ra *ra)
{
	size_t	 i;

	if (ra == NULL)
		return;
	for (i = 0; ra->keys != NULL && i < ra->published.n_ras; i++) {
		scep_opener_clear(&ra->keys[i].opener);
		scep_cert_clear(&ra->keys[i].cert);
		EVP_PKEY_CTX_free(ra->keys[i].signing);
		EVP_PKEY_free(ra->keys[i].key);
	}
	scep_kept_free(ra->kept);
	OPENSSL_free(ra->counts);
	OPENSSL_free(ra->keys);
	scep_published_clear(&ra->published);
	OPENSSL_free(ra);
}
