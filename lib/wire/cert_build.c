/*
 * cert_build.c - a certificate put together from bytes (RFC 5280 section 4.1).
 *
 * Nothing of a request is copied but its name and its key, as they were
 * checked; every extension is the profile's or made here.
 */
#include <string.h>

#include <openssl/asn1.h>

#include "base/der.h"
#include "base/error.h"
#include "wire/cert_parts.h"

#define KEY_ID_LEN	20	/* SHA-1 */
#define AROUND		512	/* octets around what is planned, as a rule */

enum { SEQUENCE = 0x30, CTX0 = 0xa0, CTX3 = 0xa3 };

/* Of extensions, 2.5.29: RFC 5280 section 4.2.1. */
enum { KEY_ID = 14, ALT_NAME = 17 };

static enum scep_err
put_validity(struct scep_writer *w, const struct scep_cert_plan *plan,
    struct scep_error *err)
{
	enum scep_err	 rc;

	scep_writer_open(w, SEQUENCE);
	if ((rc = scep_part_time(w, plan->not_before, err)) == SCEP_OK)
		rc = scep_part_time(w, plan->not_after, err);
	scep_writer_close(w);
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

static int
is_empty_name(struct scep_span subject)
{
	return subject.len <= 2;	/* 30 00 */
}

static void
put_extensions(struct scep_writer *w, const struct scep_cert_plan *plan,
    const uint8_t id[KEY_ID_LEN])
{
	uint8_t	 octets[2 + KEY_ID_LEN] = { V_ASN1_OCTET_STRING, KEY_ID_LEN };

	memcpy(octets + 2, id, KEY_ID_LEN);
	scep_writer_open(w, CTX3);
	scep_writer_open(w, SEQUENCE);
	scep_writer_raw(w, plan->fixed_exts);
	scep_part_ext(w, KEY_ID, 0, scep_span_make(octets, sizeof(octets)));
	scep_part_aki(w, plan->aki);
	if (plan->san.len > 0)
		scep_part_ext(w, ALT_NAME, is_empty_name(plan->subject),
		    plan->san);
	scep_writer_close(w);
	scep_writer_close(w);
}

static enum scep_err
put_body(const struct scep_crypto *crypto, struct scep_writer *w,
    const struct scep_cert_plan *plan, struct scep_error *err)
{
	static const uint8_t		 v3[] = { 0x02, 0x01, 0x02 };
	const struct scep_signing	 with = { plan->key, plan->signing,
					    plan->digest, plan->verify };
	uint8_t				 id[KEY_ID_LEN];
	enum scep_err			 rc;

	if (!scep_part_is_serial(plan->serial))
		return scep_fail(err, SCEP_E_INTERNAL,
		    "serial of %zu octets is not positive, or too long",
		    plan->serial.len);
	scep_writer_add(w, CTX0, scep_span_make(v3, sizeof(v3)));
	scep_writer_add(w, V_ASN1_INTEGER, plan->serial);
	if ((rc = scep_part_alg(&with, w, err)) != SCEP_OK)
		return rc;
	scep_writer_raw(w, plan->issuer);
	if ((rc = put_validity(w, plan, err)) != SCEP_OK ||
	    (rc = key_id(crypto, plan->spki, id, err)) != SCEP_OK)
		return rc;
	scep_writer_raw(w, plan->subject);
	scep_writer_raw(w, plan->spki);
	put_extensions(w, plan, id);
	return SCEP_OK;
}

enum scep_err
scep_cert_tbs(const struct scep_crypto *crypto,
    const struct scep_cert_plan *plan, struct scep_buf *tbs,
    struct scep_error *err)
{
	struct scep_writer	 w;
	enum scep_err		 rc;

	scep_writer_init(&w, plan->issuer.len + plan->subject.len +
	    plan->spki.len + plan->fixed_exts.len + plan->san.len + AROUND);
	scep_writer_open(&w, SEQUENCE);
	rc = put_body(crypto, &w, plan, err);
	return scep_writer_end(&w, rc, tbs, err);
}

enum scep_err
scep_cert_sign(const struct scep_crypto *crypto,
    const struct scep_cert_plan *plan, struct scep_span tbs,
    struct scep_buf *der, struct scep_error *err)
{
	const struct scep_signing	 with = { plan->key, plan->signing,
					    plan->digest, plan->verify };

	return scep_part_sign(crypto, &with, tbs, der, err);
}
