/*
 * cert_parts.c - what a certificate and a CRL are both put together from:
 * times, extensions, the signature (RFC 5280 sections 4.1 and 5.1).
 */
#include <string.h>

#include <openssl/asn1.h>
#include <openssl/objects.h>

#include "base/error.h"
#include "wire/cert_parts.h"

#define SERIAL_MAX	20		/* RFC 5280 section 4.1.2.2 */
#define YEAR_2050	2524608000	/* RFC 5280 section 4.1.2.5 */
#define YEAR_10000	253402300800
#define AROUND		1024	/* octets around what is signed, at most */

enum { SEQUENCE = 0x30 };

/* The signature algorithm follows the CA's key: RFC 4055 section 5 (NULL),
 * RFC 5758 section 3.2 (no parameters). */
enum scep_err
scep_part_alg(const struct scep_signing *with, struct scep_writer *w,
    struct scep_error *err)
{
	const ASN1_OBJECT	*oid;
	const int		 rsa = EVP_PKEY_is_a(with->key, "RSA");
	int			 nid = NID_undef;

	if (!rsa && !EVP_PKEY_is_a(with->key, "EC"))
		return scep_fail(err, SCEP_E_INTERNAL,
		    "CA key is of type %s, not RSA or EC",
		    EVP_PKEY_get0_type_name(with->key));
	if (OBJ_find_sigid_by_algs(&nid, scep_digest_nid(with->digest),
	    rsa ? NID_rsaEncryption : NID_X9_62_id_ecPublicKey) != 1)
		return scep_fail_ssl(err, SCEP_E_INTERNAL,
		    "signature algorithm");
	oid = OBJ_nid2obj(nid);
	scep_writer_open(w, SEQUENCE);
	scep_writer_add(w, V_ASN1_OBJECT, scep_span_make(OBJ_get0_data(oid),
	    OBJ_length(oid)));
	if (rsa)
		scep_writer_add(w, V_ASN1_NULL, scep_span_make(NULL, 0));
	scep_writer_close(w);
	return SCEP_OK;
}

enum scep_err
scep_part_time(struct scep_writer *w, time_t t, struct scep_error *err)
{
	char		 text[20];
	struct tm	 tm;

	if (t < 0 || t >= YEAR_10000 || gmtime_r(&t, &tm) == NULL ||
	    strftime(text, sizeof(text), "%Y%m%d%H%M%SZ", &tm) == 0)
		return scep_fail(err, SCEP_E_INTERNAL, "time out of range");
	if (t >= YEAR_2050)
		scep_writer_add(w, V_ASN1_GENERALIZEDTIME,
		    scep_span_text(text));
	else
		scep_writer_add(w, V_ASN1_UTCTIME, scep_span_text(text + 2));
	return SCEP_OK;
}

void
scep_part_ext(struct scep_writer *w, uint8_t arc, int critical,
    struct scep_span value)
{
	const uint8_t		 oid[] = { 0x55, 0x1d, arc };
	static const uint8_t	 yes = 0xff;

	scep_writer_open(w, SEQUENCE);
	scep_writer_add(w, V_ASN1_OBJECT, scep_span_make(oid, sizeof(oid)));
	if (critical)
		scep_writer_add(w, V_ASN1_BOOLEAN, scep_span_make(&yes, 1));
	scep_writer_add(w, V_ASN1_OCTET_STRING, value);
	scep_writer_close(w);
}

/* AuthorityKeyIdentifier ::= SEQUENCE { keyIdentifier [0] … } */
void
scep_part_aki(struct scep_writer *w, struct scep_span id)
{
	static const uint8_t	 oid[] = { 0x06, 0x03, 0x55, 0x1d, 35 };

	scep_writer_open(w, SEQUENCE);
	scep_writer_raw(w, scep_span_make(oid, sizeof(oid)));
	scep_writer_open(w, V_ASN1_OCTET_STRING);
	scep_writer_open(w, SEQUENCE);
	scep_writer_add(w, 0x80, id);
	scep_writer_close(w);
	scep_writer_close(w);
	scep_writer_close(w);
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
	static const uint8_t	 all_bits = 0;
	struct scep_buf		 sig = { NULL, 0 };
	struct scep_writer	 w;
	enum scep_err		 rc;

	scep_writer_init(&w, tbs.len + AROUND);
	scep_writer_open(&w, SEQUENCE);
	scep_writer_raw(&w, tbs);
	if ((rc = scep_part_alg(with, &w, err)) == SCEP_OK &&
	    (rc = scep_key_sign_with(crypto, with->key, with->signing,
	    with->digest, tbs, &sig, err)) == SCEP_OK &&
	    (with->verify == NULL || (rc = scep_key_verify(crypto,
	    with->verify, with->digest, tbs, scep_buf_span(&sig), err)) ==
	    SCEP_OK)) {
		scep_writer_open(&w, V_ASN1_BIT_STRING);
		scep_writer_raw(&w, scep_span_make(&all_bits, 1));
		scep_writer_raw(&w, scep_buf_span(&sig));
	}
	scep_buf_clear(&sig);
	return scep_writer_end(&w, rc, der, err);
}
