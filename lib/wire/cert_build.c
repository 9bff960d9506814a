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
#include "wire/cert.h"

#define KEY_ID_LEN	20	/* SHA-1 */
#define SERIAL_MAX	20		/* RFC 5280 section 4.1.2.2 */
#define YEAR_2050	2524608000	/* RFC 5280 section 4.1.2.5 */
#define YEAR_10000	253402300800

enum { SEQUENCE = 0x30, CTX0 = 0xa0, CTX3 = 0xa3 };

/* The signature algorithm follows the CA's key: RFC 4055 section 5 (NULL),
 * RFC 5758 section 3.2 (no parameters). */
static enum scep_err
signature_alg(const struct scep_cert_plan *plan, struct scep_buf *out,
    struct scep_error *err)
{
	X509_ALGOR	*alg;
	const int	 rsa = EVP_PKEY_is_a(plan->key, "RSA");
	int		 nid = NID_undef;
	enum scep_err	 rc;

	if (!rsa && !EVP_PKEY_is_a(plan->key, "EC"))
		return scep_fail(err, SCEP_E_INTERNAL,
		    "CA key is of type %s, not RSA or EC",
		    EVP_PKEY_get0_type_name(plan->key));
	if ((alg = X509_ALGOR_new()) == NULL)
		return scep_fail_ssl(err, SCEP_E_NOMEM, "signature algorithm");
	if (OBJ_find_sigid_by_algs(&nid, scep_digest_nid(plan->digest),
	    rsa ? NID_rsaEncryption : NID_X9_62_id_ecPublicKey) != 1 ||
	    X509_ALGOR_set0(alg, OBJ_nid2obj(nid), rsa ? V_ASN1_NULL :
	    V_ASN1_UNDEF, NULL) != 1)
		rc = scep_fail_ssl(err, SCEP_E_INTERNAL,
		    "signature algorithm");
	else
		rc = scep_asn1_encode(alg, ASN1_ITEM_rptr(X509_ALGOR), out,
		    err);
	X509_ALGOR_free(alg);
	return rc;
}

static enum scep_err
put_time(struct scep_buf *out, time_t t, struct scep_error *err)
{
	char		 text[20];
	struct tm	 tm;

	if (t < 0 || t >= YEAR_10000 || gmtime_r(&t, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y%m%d%H%M%SZ", &tm) == 0)
		return scep_fail(err, SCEP_E_INTERNAL, "time out of range");
	if (t >= YEAR_2050)
		return scep_der_put(out, V_ASN1_GENERALIZEDTIME,
		    scep_span_text(text), err);
	return scep_der_put(out, V_ASN1_UTCTIME, scep_span_text(text + 2), err);
}

static enum scep_err
put_validity(struct scep_buf *out, const struct scep_cert_plan *plan,
    struct scep_error *err)
{
	struct scep_buf	 both = { NULL, 0 };
	enum scep_err	 rc;

	if ((rc = put_time(&both, plan->not_before, err)) == SCEP_OK &&
	    (rc = put_time(&both, plan->not_after, err)) == SCEP_OK)
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
put_ext(struct scep_buf *out, int nid, int critical, struct scep_span value,
    struct scep_error *err)
{
	ASN1_OCTET_STRING	 octets = scep_asn1_string(
				    V_ASN1_OCTET_STRING, value);
	SCEP_EXT		 ext = {
		.type = OBJ_nid2obj(nid),
		.critical = critical ? 0xff : -1,
		.value = &octets,
	};
	struct scep_buf		 der = { NULL, 0 };
	enum scep_err		 rc;

	if ((rc = scep_asn1_encode(&ext, ASN1_ITEM_rptr(SCEP_EXT), &der,
	    err)) == SCEP_OK)
		rc = scep_buf_add(out, scep_buf_span(&der), err);
	scep_buf_clear(&der);
	return rc;
}

static enum scep_err
put_key_ids(const struct scep_crypto *crypto, struct scep_buf *out,
    const struct scep_cert_plan *plan, struct scep_error *err)
{
	struct scep_buf	 value = { NULL, 0 }, keyid = { NULL, 0 };
	uint8_t		 id[KEY_ID_LEN];
	enum scep_err	 rc;

	if ((rc = key_id(crypto, plan->spki, id, err)) == SCEP_OK &&
	    (rc = scep_der_put(&value, V_ASN1_OCTET_STRING, scep_span_make(id,
	    sizeof(id)), err)) == SCEP_OK)
		rc = put_ext(out, NID_subject_key_identifier, 0,
		    scep_buf_span(&value), err);
	scep_buf_clear(&value);
	/* AuthorityKeyIdentifier ::= SEQUENCE { keyIdentifier [0] … } */
	if (rc == SCEP_OK &&
	    (rc = scep_der_put(&keyid, 0x80, plan->aki, err)) == SCEP_OK &&
	    (rc = scep_der_put(&value, SEQUENCE, scep_buf_span(&keyid), err)) ==
	    SCEP_OK)
		rc = put_ext(out, NID_authority_key_identifier, 0,
		    scep_buf_span(&value), err);
	scep_buf_clear(&value);
	scep_buf_clear(&keyid);
	return rc;
}

/* RFC 5280 section 4.1.2.2: positive, in its one encoding. */
static int
is_serial(struct scep_span s)
{
	if (s.len == 0 || s.len > SERIAL_MAX || s.data[0] >= 0x80)
		return 0;
	return s.data[0] != 0 || (s.len > 1 && s.data[1] >= 0x80);
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
		rc = put_ext(&all, NID_subject_alt_name,
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
	struct scep_buf		 alg = { NULL, 0 };
	enum scep_err		 rc;

	if (!is_serial(plan->serial))
		return scep_fail(err, SCEP_E_INTERNAL,
		    "serial of %zu octets is not positive, or too long",
		    plan->serial.len);
	if ((rc = scep_der_put(out, CTX0, scep_span_make(v3, sizeof(v3)),
	    err)) == SCEP_OK &&
	    (rc = scep_der_put(out, V_ASN1_INTEGER, plan->serial, err)) ==
	    SCEP_OK &&
	    (rc = signature_alg(plan, &alg, err)) == SCEP_OK &&
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
	struct scep_buf	 alg = { NULL, 0 }, sig = { NULL, 0 };
	ASN1_STRING	 raw_tbs, raw_alg, bits;
	SCEP_SIGNED_RAW	 cert = { &raw_tbs, &raw_alg, &bits };
	enum scep_err	 rc;

	if ((rc = signature_alg(plan, &alg, err)) == SCEP_OK &&
	    (rc = scep_key_sign(crypto, plan->key, plan->digest, tbs, &sig,
	    err)) == SCEP_OK) {
		raw_tbs = scep_asn1_string(V_ASN1_SEQUENCE, tbs);
		raw_alg = scep_asn1_string(V_ASN1_SEQUENCE,
		    scep_buf_span(&alg));
		bits = scep_asn1_string(V_ASN1_BIT_STRING,
		    scep_buf_span(&sig));
		rc = scep_asn1_encode(&cert, ASN1_ITEM_rptr(SCEP_SIGNED_RAW),
		    der, err);
	}
	scep_buf_clear(&alg);
	scep_buf_clear(&sig);
	return rc;
}

/*
 * RFC 8894 section 3.4: no content, no signers, no digests; and in the order
 * given, because clients take the first (PROTOCOL T-10).
 */
enum scep_err
scep_certs_only(const struct scep_span *certs, size_t n, struct scep_buf *der,
    struct scep_error *err)
{
	static const uint8_t	 front[] = {
		0x02, 0x01, 0x01,			/* version 1 */
		0x31, 0x00,				/* digestAlgorithms */
		0x30, 0x0b, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
		0x01, 0x07, 0x01,			/* id-data */
	};
	static const uint8_t	 signed_data[] = { 0x06, 0x09, 0x2a, 0x86,
		0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02 };
	static const uint8_t	 no_signers[] = { 0x31, 0x00 };
	struct scep_buf		 bag = { NULL, 0 }, body = { NULL, 0 };
	struct scep_buf		 seq = { NULL, 0 }, info = { NULL, 0 };
	enum scep_err		 rc = SCEP_OK;
	size_t			 i;

	scep_buf_clear(der);
	for (i = 0; rc == SCEP_OK && i < n; i++)
		rc = scep_buf_add(&bag, certs[i], err);
	if (rc == SCEP_OK &&
	    (rc = scep_buf_add(&body, scep_span_make(front, sizeof(front)),
	    err)) == SCEP_OK &&
	    (rc = scep_der_put(&body, CTX0, scep_buf_span(&bag), err)) ==
	    SCEP_OK &&
	    (rc = scep_buf_add(&body, scep_span_make(no_signers,
	    sizeof(no_signers)), err)) == SCEP_OK &&
	    (rc = scep_der_put(&seq, SEQUENCE, scep_buf_span(&body), err)) ==
	    SCEP_OK &&
	    (rc = scep_buf_add(&info, scep_span_make(signed_data,
	    sizeof(signed_data)), err)) == SCEP_OK &&
	    (rc = scep_der_put(&info, CTX0, scep_buf_span(&seq), err)) ==
	    SCEP_OK)
		rc = scep_der_put(der, SEQUENCE, scep_buf_span(&info), err);
	scep_buf_clear(&bag);
	scep_buf_clear(&body);
	scep_buf_clear(&seq);
	scep_buf_clear(&info);
	return rc;
}
