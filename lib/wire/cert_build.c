/*
 * cert_build.c - a certificate put together from bytes (RFC 5280 section 4.1).
 *
 * Nothing of a request is copied but its name and its key, as they were
 * checked; every extension is the profile's or made here.
 */
#include <string.h>

#include <openssl/asn1.h>
#include <openssl/objects.h>

#include "base/der.h"
#include "base/error.h"
#include "wire/asn1.h"
#include "wire/cert_parts.h"

#define KEY_ID_LEN	20	/* SHA-1 */

enum { SEQUENCE = 0x30, CTX0 = 0xa0, CTX3 = 0xa3 };

static enum scep_err
put_validity(struct scep_buf *out, const struct scep_cert_plan *plan,
    struct scep_error *err)
{
	struct scep_buf	 both = { NULL, 0 };
	enum scep_err	 rc;

	if ((rc = scep_part_time(&both, plan->not_before, err)) == SCEP_OK &&
	    (rc = scep_part_time(&both, plan->not_after, err)) == SCEP_OK)
		rc = scep_der_put(out, SEQUENCE, scep_buf_span(&both), err);
	scep_buf_clear(&both);
	return rc;
}

/* RFC 5280 section 4.2.1.2, method 1: SHA-1 of the key's bits. */
static enum scep_err
key_id(const struct scep_crypto *crypto, struct scep_span spki,
    uint8_t out[KEY_ID_LEN], struct scep_error *err)
{
	uint8_t			 digest[SCEP_DIGEST_MAX_LEN];
	struct scep_tlv		 seq, tlv;
	struct scep_span	 rest = spki;
	enum scep_err		 rc;

	if (!scep_der_next(&rest, &seq) ||
	    !scep_der_next(&seq.content, &tlv) ||
	    !scep_der_next(&seq.content, &tlv) ||
	    tlv.tag != V_ASN1_BIT_STRING || tlv.content.len < 2)
		return scep_fail(err, SCEP_E_INTERNAL, "key of the plan");
	if ((rc = scep_crypto_digest(crypto, SCEP_SHA1,
	    scep_span_make(tlv.content.data + 1, tlv.content.len - 1), digest,
	    NULL, err)) == SCEP_OK)
		memcpy(out, digest, KEY_ID_LEN);
	return rc;
}

static enum scep_err
put_key_ids(const struct scep_crypto *crypto, struct scep_buf *out,
    const struct scep_cert_plan *plan, struct scep_error *err)
{
	struct scep_buf	 value = { NULL, 0 };
	uint8_t		 id[KEY_ID_LEN];
	enum scep_err	 rc;

	if ((rc = key_id(crypto, plan->spki, id, err)) == SCEP_OK &&
	    (rc = scep_der_put(&value, V_ASN1_OCTET_STRING, scep_span_make(id,
	    sizeof(id)), err)) == SCEP_OK)
		rc = scep_part_ext(out, NID_subject_key_identifier, 0,
		    scep_buf_span(&value), err);
	scep_buf_clear(&value);
	return rc != SCEP_OK ? rc : scep_part_aki(out, plan->aki, err);
}

static int
is_empty_name(struct scep_span subject)
{
	return subject.len <= 2;	/* 30 00 */
}

static enum scep_err
put_extensions(const struct scep_crypto *crypto, struct scep_buf *out,
    const struct scep_cert_plan *plan, struct scep_error *err)
{
	struct scep_buf	 all = { NULL, 0 }, seq = { NULL, 0 };
	enum scep_err	 rc;

	if ((rc = scep_buf_add(&all, plan->fixed_exts, err)) == SCEP_OK &&
	    (rc = put_key_ids(crypto, &all, plan, err)) == SCEP_OK &&
	    plan->san.len > 0)
		rc = scep_part_ext(&all, NID_subject_alt_name,
		    is_empty_name(plan->subject), plan->san, err);
	if (rc == SCEP_OK &&
	    (rc = scep_der_put(&seq, SEQUENCE, scep_buf_span(&all), err)) ==
	    SCEP_OK)
		rc = scep_der_put(out, CTX3, scep_buf_span(&seq), err);
	scep_buf_clear(&all);
	scep_buf_clear(&seq);
	return rc;
}

static enum scep_err
put_body(const struct scep_crypto *crypto, struct scep_buf *out,
    const struct scep_cert_plan *plan, struct scep_error *err)
{
	static const uint8_t	 v3[] = { 0x02, 0x01, 0x02 };
	const struct scep_signing	 with = { plan->key, plan->digest };
	struct scep_buf		 alg = { NULL, 0 };
	enum scep_err		 rc;

	if (!scep_part_is_serial(plan->serial))
		return scep_fail(err, SCEP_E_INTERNAL,
		    "serial of %zu octets is not positive, or too long",
		    plan->serial.len);
	if ((rc = scep_der_put(out, CTX0, scep_span_make(v3, sizeof(v3)),
	    err)) == SCEP_OK &&
	    (rc = scep_der_put(out, V_ASN1_INTEGER, plan->serial, err)) ==
	    SCEP_OK &&
	    (rc = scep_part_alg(&with, &alg, err)) == SCEP_OK &&
	    (rc = scep_buf_add(out, scep_buf_span(&alg), err)) == SCEP_OK &&
	    (rc = scep_buf_add(out, plan->issuer, err)) == SCEP_OK &&
	    (rc = put_validity(out, plan, err)) == SCEP_OK &&
	    (rc = scep_buf_add(out, plan->subject, err)) == SCEP_OK &&
	    (rc = scep_buf_add(out, plan->spki, err)) == SCEP_OK)
		rc = put_extensions(crypto, out, plan, err);
	scep_buf_clear(&alg);
	return rc;
}

enum scep_err
scep_cert_tbs(const struct scep_crypto *crypto,
    const struct scep_cert_plan *plan, struct scep_buf *tbs,
    struct scep_error *err)
{
	struct scep_buf	 body = { NULL, 0 };
	enum scep_err	 rc;

	scep_buf_clear(tbs);
	if ((rc = put_body(crypto, &body, plan, err)) == SCEP_OK)
		rc = scep_der_put(tbs, SEQUENCE, scep_buf_span(&body), err);
	scep_buf_clear(&body);
	return rc;
}

enum scep_err
scep_cert_sign(const struct scep_crypto *crypto,
    const struct scep_cert_plan *plan, struct scep_span tbs,
    struct scep_buf *der, struct scep_error *err)
{
	const struct scep_signing	 with = { plan->key, plan->digest };

	return scep_part_sign(crypto, &with, tbs, der, err);
}
