/*
 * cert.c - certificates, taken apart as bytes.
 *
 * Reads what any client may sign with (v1 or v3, any serial, any extension);
 * believes nothing of it but its key.  The message around it may be BER; a
 * certificate is signed as DER (RFC 5280 section 4.1), and one with an
 * indefinite length in it is none to us.
 */
#include <string.h>

#include <openssl/asn1.h>

#include "base/der.h"
#include "base/error.h"
#include "wire/asn1.h"
#include "wire/cert.h"
#include "wire/name.h"

#define CERT_MAX	32768	/* octets */

enum { INTEGER = 0x02, BIT_STRING = 0x03, SEQUENCE = 0x30, CTX0 = 0xa0,
    CTX3 = 0xa3 };

/* Seconds since 1970, or 0 for what is no time. */
static time_t
time_read(const struct scep_tlv *tlv)
{
	ASN1_TIME	 t = scep_asn1_string(tlv->tag, tlv->content);
	struct tm	 tm;
	time_t		 when;

	if ((tlv->tag != V_ASN1_UTCTIME && tlv->tag != V_ASN1_GENERALIZEDTIME)
	    || ASN1_TIME_to_tm(&t, &tm) != 1)
		return 0;
	when = timegm(&tm);
	return when > 0 ? when : 0;
}

static int
take(struct scep_span *rest, uint8_t tag, struct scep_tlv *out)
{
	return scep_der_next(rest, out) && out->tag == tag;
}

static int
read_validity(struct scep_span content, struct scep_cert *out)
{
	struct scep_tlv	 tlv;

	if (!scep_der_next(&content, &tlv))
		return 0;
	out->not_before = time_read(&tlv);
	if (!scep_der_next(&content, &tlv))
		return 0;
	out->not_after = time_read(&tlv);
	return 1;
}

static int
read_version(struct scep_span *tbs, struct scep_cert *out)
{
	struct scep_tlv	 tlv, number;

	out->version = 1;
	if (tbs->len == 0 || tbs->data[0] != CTX0)
		return 1;
	if (!scep_der_next(tbs, &tlv) ||
	    !take(&tlv.content, INTEGER, &number) ||
	    number.content.len != 1 || number.content.data[0] > 2)
		return 0;
	out->version = number.content.data[0] + 1;
	return 1;
}

/* What is in the OCTET STRING of extension 2.5.29.arc, which somebody may have
 * marked critical; empty if there is none such. */
static struct scep_span
ext_value(struct scep_span extensions, uint8_t arc)
{
	const uint8_t		 oid[] = { 0x06, 0x03, 0x55, 0x1d, arc };
	struct scep_tlv		 ext, tlv;
	struct scep_span	 rest;

	while (take(&extensions, SEQUENCE, &ext)) {
		rest = ext.content;
		if (!scep_der_next(&rest, &tlv) || !scep_span_equal(tlv.whole,
		    scep_span_make(oid, sizeof(oid))))
			continue;
		if (rest.len > 0 && rest.data[0] == V_ASN1_BOOLEAN)
			(void)scep_der_next(&rest, &tlv);
		if (take(&rest, V_ASN1_OCTET_STRING, &tlv))
			return tlv.content;
		break;
	}
	return scep_span_make(NULL, 0);
}

/* RFC 5280 section 4.2.1; whatever else stands there is not read. */
static void
read_exts(struct scep_span extensions, struct scep_cert *out)
{
	struct scep_span	 value = ext_value(extensions, 14);
	struct scep_tlv		 tlv;

	/* An OCTET STRING in the OCTET STRING. */
	if (take(&value, V_ASN1_OCTET_STRING, &tlv))
		out->ski = tlv.content;
	out->key_usage = ext_value(extensions, 15);
	out->san = ext_value(extensions, 17);
	out->basic_constraints = ext_value(extensions, 19);
	out->ext_usage = ext_value(extensions, 37);
}

static int
read_tbs(struct scep_span tbs, struct scep_cert *out)
{
	struct scep_tlv	 tlv, list;

	if (!read_version(&tbs, out) || !take(&tbs, INTEGER, &tlv) ||
	    tlv.content.len == 0)
		return 0;
	out->serial = tlv.content;
	out->serial_tlv = tlv.whole;
	if (!take(&tbs, SEQUENCE, &tlv) ||
	    !scep_span_equal(tlv.whole, out->sig_alg))
		return 0;		/* RFC 5280 section 4.1.1.2 */
	if (!take(&tbs, SEQUENCE, &tlv))
		return 0;
	out->issuer = tlv.whole;
	if (!take(&tbs, SEQUENCE, &tlv) || !read_validity(tlv.content, out) ||
	    !take(&tbs, SEQUENCE, &tlv))
		return 0;
	out->subject = tlv.whole;
	if (!take(&tbs, SEQUENCE, &tlv))
		return 0;
	out->spki = tlv.whole;
	while (scep_der_next(&tbs, &tlv))
		if (tlv.tag == CTX3 && take(&tlv.content, SEQUENCE, &list))
			read_exts(list.content, out);
	return tbs.len == 0;
}

static int
read_cert(struct scep_span der, struct scep_cert *out)
{
	struct scep_span	 rest;
	struct scep_tlv		 cert, tlv;

	if (!take(&der, SEQUENCE, &cert) || der.len > 0)
		return 0;
	rest = cert.content;
	if (!take(&rest, SEQUENCE, &cert) || !take(&rest, SEQUENCE, &tlv))
		return 0;
	out->tbs = cert.whole;
	out->sig_alg = tlv.whole;
	if (!take(&rest, BIT_STRING, &tlv) || rest.len > 0 ||
	    tlv.content.len < 2 || tlv.content.data[0] != 0)
		return 0;
	out->signature = scep_span_make(tlv.content.data + 1,
	    tlv.content.len - 1);
	return read_tbs(cert.content, out);
}

enum scep_err
scep_cert_peek(struct scep_span der, struct scep_cert *out,
    struct scep_error *err)
{
	memset(out, 0, sizeof(*out));
	if (der.len > CERT_MAX)
		return scep_fail(err, SCEP_E_FORMAT,
		    "certificate of %zu octets, at most %d", der.len,
		    CERT_MAX);
	return read_cert(der, out) ? SCEP_OK : scep_fail(err, SCEP_E_FORMAT,
	    "no certificate in %zu octets", der.len);
}

enum scep_err
scep_cert_parse(const struct scep_crypto *crypto, struct scep_span der,
    struct scep_cert *out, struct scep_error *err)
{
	struct scep_buf	 copy = { NULL, 0 };
	enum scep_err	 rc;

	memset(out, 0, sizeof(*out));
	if ((rc = scep_buf_set(&copy, der, err)) != SCEP_OK)
		return rc;
	rc = scep_cert_peek(scep_buf_span(&copy), out, err);
	out->der = copy;
	if (rc != SCEP_OK || (rc = scep_crypto_sha256(crypto, der,
	    out->sha256, err)) != SCEP_OK)
		scep_cert_clear(out);
	return rc;
}

void
scep_cert_clear(struct scep_cert *cert)
{
	scep_buf_clear(&cert->der);
	memset(cert, 0, sizeof(*cert));
}

/* RFC 5280 section 4.2.1.9: an empty SEQUENCE, or one that begins with a
 * BOOLEAN. */
static int
is_no_ca(struct scep_span value)
{
	struct scep_tlv	 list, tlv;

	if (value.len == 0)
		return 1;
	if (!take(&value, SEQUENCE, &list) || value.len > 0)
		return 0;
	return list.content.len == 0 || (take(&list.content, V_ASN1_BOOLEAN,
	    &tlv) && tlv.content.len == 1 && tlv.content.data[0] == 0);
}

/* RFC 5280 section 4.2.1.3: neither keyCertSign nor cRLSign. */
static int
signs_nothing(struct scep_span value)
{
	struct scep_tlv	 bits;

	if (value.len == 0)
		return 1;
	return take(&value, V_ASN1_BIT_STRING, &bits) && value.len == 0 &&
	    bits.content.len >= 2 && (bits.content.data[1] & 0x06) == 0;
}

/* RFC 5280 section 4.2.1.12: no id-kp-OCSPSigning. */
static int
answers_nothing(struct scep_span value)
{
	static const uint8_t	 ocsp[] = { 0x06, 0x08, 0x2b, 0x06, 0x01,
				    0x05, 0x05, 0x07, 0x03, 0x09 };
	struct scep_tlv		 list, oid;

	if (value.len == 0)
		return 1;
	if (!take(&value, SEQUENCE, &list) || value.len > 0)
		return 0;
	while (scep_der_next(&list.content, &oid))
		if (oid.tag != V_ASN1_OBJECT || scep_span_equal(oid.whole,
		    scep_span_make(ocsp, sizeof(ocsp))))
			return 0;
	return list.content.len == 0;
}

int
scep_cert_vouches(const struct scep_cert *cert)
{
	return !is_no_ca(cert->basic_constraints) ||
	    !signs_nothing(cert->key_usage) ||
	    !answers_nothing(cert->ext_usage);
}

int
scep_cert_is_self_issued(const struct scep_cert *cert)
{
	return scep_name_match(cert->issuer, cert->subject);
}

enum scep_err
scep_cert_verify(const struct scep_crypto *crypto,
    const struct scep_cert *cert, const struct scep_key *key,
    struct scep_error *err)
{
	return scep_cert_verify_weak(crypto, cert, key, 0, err);
}

enum scep_err
scep_cert_verify_weak(const struct scep_crypto *crypto,
    const struct scep_cert *cert, const struct scep_key *key,
    unsigned int weak, struct scep_error *err)
{
	enum scep_digest	 md;
	enum scep_err		 rc;

	if ((rc = scep_key_signature_digest(key, cert->sig_alg, &md,
	    err)) != SCEP_OK)
		return rc;
	if ((SCEP_BIT(md) & SCEP_BROKEN_DIGESTS & ~weak) != 0)
		return scep_fail(err, SCEP_E_ALG, "signed with %s",
		    scep_digest_name(md));
	return scep_key_verify(crypto, key, md, cert->tbs, cert->signature,
	    err);
}
