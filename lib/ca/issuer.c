/*
 * issuer.c - what all certificates and CRLs of one CA have in common.
 *
 * Knows its certificate; no key, and no grant.
 */
#include <string.h>

#include "ca/issuer.h"

enum scep_err
scep_issuer_make(const struct scep_crypto *crypto, const struct scep_cert *ca,
    struct scep_issuer *out, struct scep_error *err)
{
	uint8_t		 digest[SCEP_SHA256_LEN];
	enum scep_err	 rc;

	memset(out, 0, sizeof(*out));
	out->key_type = scep_key_type_of(ca->spki);
	if ((rc = scep_crypto_sha256(crypto, ca->subject, digest, err)) !=
	    SCEP_OK)
		return rc;
	memcpy(out->id, digest, sizeof(out->id));
	return scep_tbs_key_id(crypto, ca->spki, out->own_key_id, err);
}

struct scep_span
scep_issuer_key_id(const struct scep_cert *ca,
    const struct scep_issuer *issuer)
{
	return ca->ski.len > 0 ? ca->ski :
	    scep_span_make(issuer->own_key_id, sizeof(issuer->own_key_id));
}
