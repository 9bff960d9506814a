/*
 * cert_parts.c - what a certificate and a CRL are both put together from:
 * times, extensions, the signature (RFC 5280 sections 4.1 and 5.1).
 */
#include <string.h>

#include <openssl/asn1.h>
#include <openssl/objects.h>

#include "base/der.h"
#include "base/error.h"
#include "wire/asn1.h"
#include "wire/cert_parts.h"

#define SERIAL_MAX	20		/* RFC 5280 section 4.1.2.2 */
#define YEAR_2050	2524608000	/* RFC 5280 section 4.1.2.5 */
#define YEAR_10000	253402300800

/* The signature algorithm follows the CA's key: RFC 4055 section 5 (NULL),
 * RFC 5758 section 3.2 (no parameters). */
enum scep_err
scep_part_alg(const struct scep_signing *with, struct scep_buf *out,
    struct scep_error *err)
{
	X509_ALGOR	*alg;
	const int	 rsa = EVP_PKEY_is_a(with->key, "RSA");
	int		 nid = NID_undef;
	enum scep_err	 rc;

	if (!rsa && !EVP_PKEY_is_a(with->key, "EC"))
		return scep_fail(err, SCEP_E_INTERNAL,
		    "CA key is of type %s, not RSA or EC",
		    EVP_PKEY_get0_type_name(with->key));
	if ((alg = X509_ALGOR_new()) == NULL)
		return scep_fail_ssl(err, SCEP_E_NOMEM, "signature algorithm");
	if (OBJ_find_sigid_by_algs(&nid, scep_digest_nid(with->digest),
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

enum scep_err
scep_part_time(struct scep_buf *out, time_t t, struct scep_error *err)
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

enum scep_err
scep_part_ext(struct scep_buf *out, int nid, int critical,
    struct scep_span value, struct scep_error *err)
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

/* AuthorityKeyIdentifier ::= SEQUENCE { keyIdentifier [0] … } */
enum scep_err
scep_part_aki(struct scep_buf *out, struct scep_span id,
    struct scep_error *err)
{
	struct scep_buf	 value = { NULL, 0 }, keyid = { NULL, 0 };
	enum scep_err	 rc;

	if ((rc = scep_der_put(&keyid, 0x80, id, err)) == SCEP_OK &&
	    (rc = scep_der_put(&value, 0x30, scep_buf_span(&keyid), err)) ==
	    SCEP_OK)
		rc = scep_part_ext(out, NID_authority_key_identifier, 0,
		    scep_buf_span(&value), err);
	scep_buf_clear(&value);
	scep_buf_clear(&keyid);
	return rc;
}

/* RFC 5280 section 4.1.2.2: positive, in its one encoding. */
int
scep_part_is_serial(struct scep_span s)
{
	if (s.len == 0 || s.len > SERIAL_MAX || s.data[0] >= 0x80)
		return 0;
	return s.data[0] != 0 || (s.len > 1 && s.data[1] >= 0x80);
}

enum scep_err
scep_part_sign(const struct scep_crypto *crypto,
    const struct scep_signing *with, struct scep_span tbs,
    struct scep_buf *der, struct scep_error *err)
{
	struct scep_buf	 alg = { NULL, 0 }, sig = { NULL, 0 };
	ASN1_STRING	 raw_tbs, raw_alg, bits;
	SCEP_SIGNED_RAW	 all = { &raw_tbs, &raw_alg, &bits };
	enum scep_err	 rc;

	if ((rc = scep_part_alg(with, &alg, err)) == SCEP_OK &&
	    (rc = scep_key_sign(crypto, with->key, with->digest, tbs, &sig,
	    err)) == SCEP_OK) {
		raw_tbs = scep_asn1_string(V_ASN1_SEQUENCE, tbs);
		raw_alg = scep_asn1_string(V_ASN1_SEQUENCE,
		    scep_buf_span(&alg));
		bits = scep_asn1_string(V_ASN1_BIT_STRING,
		    scep_buf_span(&sig));
		rc = scep_asn1_encode(&all, ASN1_ITEM_rptr(SCEP_SIGNED_RAW),
		    der, err);
	}
	scep_buf_clear(&alg);
	scep_buf_clear(&sig);
	return rc;
}
