/* asn1.c - the templates of asn1.h. */
#include <limits.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/objects.h>

#include "base/error.h"
#include "wire/asn1.h"

enum { TAG_NUMBER = 0x1f, CONSTRUCTED = 0x20, INDEFINITE = 0x80 };

/* In the order that was parsed. */
#define SCEP_SET_AS_IS(stname, field, type) \
	ASN1_EX_TYPE(ASN1_TFLG_SEQUENCE_OF | ASN1_TFLG_IMPTAG | \
	    ASN1_TFLG_UNIVERSAL, V_ASN1_SET, stname, field, type)

ASN1_SEQUENCE(SCEP_ATTR) = {
	ASN1_SIMPLE(SCEP_ATTR, type, ASN1_OBJECT),
	ASN1_SET_OF(SCEP_ATTR, values, ASN1_ANY),
} ASN1_SEQUENCE_END(SCEP_ATTR)

ASN1_SEQUENCE(SCEP_IAS) = {
	ASN1_SIMPLE(SCEP_IAS, issuer, ASN1_SEQUENCE),
	ASN1_EX_TYPE(ASN1_TFLG_IMPTAG | ASN1_TFLG_UNIVERSAL, V_ASN1_INTEGER,
	    SCEP_IAS, serial_octets, ASN1_OCTET_STRING),
} ASN1_SEQUENCE_END(SCEP_IAS)

ASN1_CHOICE(SCEP_SID) = {
	ASN1_SIMPLE(SCEP_SID, d.ias, SCEP_IAS),
	ASN1_IMP(SCEP_SID, d.ski, ASN1_OCTET_STRING, 0),
} ASN1_CHOICE_END(SCEP_SID)

ASN1_SEQUENCE(SCEP_SIGNER) = {
	ASN1_SIMPLE(SCEP_SIGNER, version, ASN1_INTEGER),
	ASN1_SIMPLE(SCEP_SIGNER, sid, SCEP_SID),
	ASN1_SIMPLE(SCEP_SIGNER, digest_alg, X509_ALGOR),
	ASN1_IMP_SEQUENCE_OF_OPT(SCEP_SIGNER, signed_attrs, SCEP_ATTR, 0),
	ASN1_SIMPLE(SCEP_SIGNER, sig_alg, X509_ALGOR),
	ASN1_SIMPLE(SCEP_SIGNER, signature, ASN1_OCTET_STRING),
	ASN1_IMP_SET_OF_OPT(SCEP_SIGNER, unsigned_attrs, SCEP_ATTR, 1),
} static_ASN1_SEQUENCE_END(SCEP_SIGNER)

ASN1_SEQUENCE(SCEP_ENCAP) = {
	ASN1_SIMPLE(SCEP_ENCAP, type, ASN1_OBJECT),
	ASN1_EXP_OPT(SCEP_ENCAP, content, ASN1_OCTET_STRING, 0),
} ASN1_SEQUENCE_END(SCEP_ENCAP)

ASN1_SEQUENCE(SCEP_SIGNED) = {
	ASN1_SIMPLE(SCEP_SIGNED, version, ASN1_INTEGER),
	ASN1_SET_OF(SCEP_SIGNED, digest_algs, X509_ALGOR),
	ASN1_SIMPLE(SCEP_SIGNED, encap, SCEP_ENCAP),
	ASN1_IMP_SEQUENCE_OF_OPT(SCEP_SIGNED, certs, ASN1_ANY, 0),
	ASN1_IMP_SET_OF_OPT(SCEP_SIGNED, crls, ASN1_ANY, 1),
	ASN1_SET_OF(SCEP_SIGNED, signers, SCEP_SIGNER),
} static_ASN1_SEQUENCE_END(SCEP_SIGNED)

ASN1_SEQUENCE(SCEP_CI_SIGNED) = {
	ASN1_SIMPLE(SCEP_CI_SIGNED, type, ASN1_OBJECT),
	ASN1_EXP(SCEP_CI_SIGNED, signed_data, SCEP_SIGNED, 0),
} ASN1_SEQUENCE_END(SCEP_CI_SIGNED)

ASN1_SEQUENCE(SCEP_KTRI) = {
	ASN1_SIMPLE(SCEP_KTRI, version, ASN1_INTEGER),
	ASN1_SIMPLE(SCEP_KTRI, rid, SCEP_SID),
	ASN1_SIMPLE(SCEP_KTRI, alg, X509_ALGOR),
	ASN1_SIMPLE(SCEP_KTRI, encrypted_key, ASN1_OCTET_STRING),
} static_ASN1_SEQUENCE_END(SCEP_KTRI)

ASN1_SEQUENCE(SCEP_ENCRYPTED) = {
	ASN1_SIMPLE(SCEP_ENCRYPTED, type, ASN1_OBJECT),
	ASN1_SIMPLE(SCEP_ENCRYPTED, alg, X509_ALGOR),
	ASN1_IMP_OPT(SCEP_ENCRYPTED, content, ASN1_OCTET_STRING, 0),
} ASN1_SEQUENCE_END(SCEP_ENCRYPTED)

ASN1_SEQUENCE(SCEP_ENVELOPED) = {
	ASN1_SIMPLE(SCEP_ENVELOPED, version, ASN1_INTEGER),
	ASN1_IMP_OPT(SCEP_ENVELOPED, originator, ASN1_SEQUENCE, 0),
	SCEP_SET_AS_IS(SCEP_ENVELOPED, recipients, SCEP_KTRI),
	ASN1_SIMPLE(SCEP_ENVELOPED, encrypted, SCEP_ENCRYPTED),
	ASN1_IMP_SET_OF_OPT(SCEP_ENVELOPED, unprotected_attrs, SCEP_ATTR, 1),
} static_ASN1_SEQUENCE_END(SCEP_ENVELOPED)

ASN1_SEQUENCE(SCEP_CI_ENVELOPED) = {
	ASN1_SIMPLE(SCEP_CI_ENVELOPED, type, ASN1_OBJECT),
	ASN1_EXP(SCEP_CI_ENVELOPED, enveloped, SCEP_ENVELOPED, 0),
} ASN1_SEQUENCE_END(SCEP_CI_ENVELOPED)

ASN1_SEQUENCE(SCEP_EXT) = {
	ASN1_SIMPLE(SCEP_EXT, type, ASN1_OBJECT),
	ASN1_OPT(SCEP_EXT, critical, ASN1_BOOLEAN),
	ASN1_SIMPLE(SCEP_EXT, value, ASN1_OCTET_STRING),
} ASN1_SEQUENCE_END(SCEP_EXT)

ASN1_ITEM_TEMPLATE(SCEP_EXTS) =
	ASN1_EX_TEMPLATE_TYPE(ASN1_TFLG_SEQUENCE_OF, 0, SCEP_EXTS, SCEP_EXT)
ASN1_ITEM_TEMPLATE_END(SCEP_EXTS)

ASN1_ITEM_TEMPLATE(SCEP_ATTRS_ASIS) =
	ASN1_EX_TEMPLATE_TYPE(ASN1_TFLG_SEQUENCE_OF | ASN1_TFLG_IMPTAG |
	    ASN1_TFLG_UNIVERSAL, V_ASN1_SET, SCEP_ATTRS_ASIS, SCEP_ATTR)
ASN1_ITEM_TEMPLATE_END(SCEP_ATTRS_ASIS)

ASN1_ITEM_TEMPLATE(SCEP_ATTRS_DER) =
	ASN1_EX_TEMPLATE_TYPE(ASN1_TFLG_SET_OF, 0, SCEP_ATTRS_DER, SCEP_ATTR)
ASN1_ITEM_TEMPLATE_END(SCEP_ATTRS_DER)

void *
scep_asn1_parse_prefix(struct scep_span bytes, const ASN1_ITEM *it,
    size_t *used)
{
	const unsigned char	*p = bytes.data;
	void			*value;

	*used = 0;
	if (bytes.data == NULL || bytes.len > LONG_MAX)
		return NULL;
	value = ASN1_item_d2i(NULL, &p, (long)bytes.len, it);
	if (value == NULL)
		ERR_clear_error();
	else
		*used = (size_t)(p - bytes.data);
	return value;
}

void *
scep_asn1_parse(struct scep_span bytes, const ASN1_ITEM *it)
{
	size_t	 used;
	void	*value = scep_asn1_parse_prefix(bytes, it, &used);

	if (value != NULL && used != bytes.len) {
		scep_asn1_free(value, it);
		return NULL;
	}
	return value;
}

void
scep_asn1_free(void *value, const ASN1_ITEM *it)
{
	ASN1_item_free(value, it);
}

enum scep_err
scep_asn1_encode(const void *value, const ASN1_ITEM *it, struct scep_buf *out,
    struct scep_error *err)
{
	unsigned char	*der = NULL;
	int		 len;

	if ((len = ASN1_item_i2d(value, &der, it)) <= 0)
		return scep_fail_ssl(err, SCEP_E_INTERNAL, "encode");
	scep_buf_clear(out);
	out->data = der;
	out->len = (size_t)len;
	return SCEP_OK;
}

static int
is_indefinite(struct scep_span s)
{
	return s.len >= 2 && (s.data[0] & CONSTRUCTED) != 0 &&
	    (s.data[0] & TAG_NUMBER) != TAG_NUMBER &&
	    s.data[1] == INDEFINITE;
}

/* Up to the end-of-contents that belongs to it: X.690 section 8.1.5. */
int
scep_any_next(struct scep_span *rest, struct scep_tlv *out)
{
	const uint8_t		*front = rest->data;
	struct scep_span	 at = *rest;
	struct scep_tlv		 tlv;
	size_t			 depth = 0;

	if (!is_indefinite(*rest))
		return scep_der_next(rest, out);
	do {
		if (is_indefinite(at)) {
			at = scep_span_make(at.data + 2, at.len - 2);
			depth++;
		} else if (!scep_der_next(&at, &tlv))
			return 0;
		else if (tlv.tag == 0 && tlv.content.len > 0)
			return 0;
		else if (tlv.tag == 0)
			depth--;
	} while (depth > 0);
	*rest = at;
	out->tag = *front;
	out->whole = scep_span_make(front, (size_t)(at.data - front));
	out->content = scep_span_make(front + 2, out->whole.len - 4);
	return 1;
}

int
scep_asn1_is_der(struct scep_span bytes, struct scep_span *front)
{
	struct scep_tlv		 tlv;
	struct scep_error	 ignored;

	if (!scep_der_next(&bytes, &tlv) ||
	    scep_der_check(tlv.whole, &ignored) != SCEP_OK)
		return 0;
	*front = tlv.whole;
	return 1;
}

int
scep_asn1_to_der(struct scep_span bytes, const ASN1_ITEM *it,
    struct scep_buf *out, size_t *used)
{
	struct scep_error	 ignored;
	enum scep_err		 rc;
	void			*value;

	if ((value = scep_asn1_parse_prefix(bytes, it, used)) == NULL)
		return 0;
	rc = scep_asn1_encode(value, it, out, &ignored);
	scep_asn1_free(value, it);
	return rc == SCEP_OK;
}

struct scep_span
scep_asn1_span(const ASN1_STRING *s)
{
	if (s == NULL)
		return scep_span_make(NULL, 0);
	return scep_span_make(ASN1_STRING_get0_data(s),
	    (size_t)ASN1_STRING_length(s));
}

ASN1_STRING
scep_asn1_string(int type, struct scep_span bytes)
{
	ASN1_STRING	 s = {
		.length = (int)bytes.len,
		.type = type,
		.data = (unsigned char *)(uintptr_t)bytes.data,
	};

	return s;
}

int
scep_oid_is(const ASN1_OBJECT *oid, struct scep_span octets)
{
	return oid != NULL && scep_span_equal(scep_span_make(
	    OBJ_get0_data(oid), OBJ_length(oid)), octets);
}
