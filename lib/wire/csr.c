/*
 * csr.c - PKCS #10 requests: strict DER, everything once, proof of possession.
 *
 * Knows what a request says; not whether it may have it.
 */
#include <string.h>

#include <openssl/asn1.h>
#include <openssl/objects.h>
#include <openssl/x509v3.h>

#include "base/der.h"
#include "base/error.h"
#include "base/text.h"
#include "wire/asn1.h"
#include "wire/csr.h"

#define ATTRS_MAX	16
#define EXTS_MAX	32

#define OID_CHALLENGE	"1.2.840.113549.1.9.7"
#define OID_EXTREQ	"1.2.840.113549.1.9.14"
#define OID_EXTREQ_MS	"1.3.6.1.4.1.311.2.1.14"
#define OID_EXTREQ_VS	"2.16.840.1.113733.1.9.8"
#define OID_MS_SID	"1.3.6.1.4.1.311.25.2"

/* RFC 2985 section 5.4.1, and what devices send besides (PROTOCOL C-140). */
static enum scep_err
read_challenge(const ASN1_TYPE *value, struct scep_csr *csr,
    struct scep_error *err)
{
	unsigned char	*utf8 = NULL;
	int		 len;

	switch (value->type) {
	case V_ASN1_PRINTABLESTRING:
	case V_ASN1_UTF8STRING:
	case V_ASN1_IA5STRING:
	case V_ASN1_T61STRING:
	case V_ASN1_BMPSTRING:
	case V_ASN1_UNIVERSALSTRING:
		break;
	default:
		return scep_fail(err, SCEP_E_REFUSED,
		    "challengePassword is no string");
	}
	if ((len = ASN1_STRING_to_UTF8(&utf8, value->value.asn1_string)) < 0)
		return scep_fail_ssl(err, SCEP_E_REFUSED,
		    "challengePassword");
	csr->challenge_buf.data = utf8;
	csr->challenge_buf.len = (size_t)len;
	csr->challenge = scep_buf_span(&csr->challenge_buf);
	if (len > SCEP_CHALLENGE_MAX || memchr(utf8, '\0', (size_t)len) !=
	    NULL)
		return scep_fail(err, SCEP_E_REFUSED,
		    "challengePassword of %d octets, or with a NUL", len);
	return SCEP_OK;
}

/* What no client may ask for, even if it would be ignored (C-167). */
static enum scep_err
refuse_authority(const SCEP_EXT *ext, struct scep_error *err)
{
	struct scep_span	 value = scep_asn1_span(ext->value);
	BASIC_CONSTRAINTS	*bc;
	ASN1_BIT_STRING		*ku;
	int			 nid = OBJ_obj2nid(ext->type), bad = 0;

	if (nid == NID_basic_constraints) {
		bc = scep_asn1_parse(value,
		    ASN1_ITEM_rptr(BASIC_CONSTRAINTS));
		bad = bc == NULL || bc->ca != 0;
		BASIC_CONSTRAINTS_free(bc);
	} else if (nid == NID_key_usage) {
		ku = scep_asn1_parse(value, ASN1_ITEM_rptr(ASN1_BIT_STRING));
		/* RFC 5280 section 4.2.1.3: keyCertSign (5), cRLSign (6). */
		bad = ku == NULL || ASN1_BIT_STRING_get_bit(ku, 5) != 0 ||
		    ASN1_BIT_STRING_get_bit(ku, 6) != 0;
		ASN1_BIT_STRING_free(ku);
	} else
		bad = scep_oid_is(ext->type, OID_MS_SID);
	return !bad ? SCEP_OK : scep_fail(err, SCEP_E_REFUSED,
	    "asks for the rights of a CA, or for somebody's SID");
}

static enum scep_err
read_extension(const SCEP_EXT *ext, struct scep_csr *csr,
    struct scep_error *err)
{
	if (OBJ_obj2nid(ext->type) == NID_subject_alt_name)
		return scep_san_parse(scep_asn1_span(ext->value), &csr->san,
		    err);
	csr->other_exts++;
	return refuse_authority(ext, err);
}

static int
is_doubled(const STACK_OF(SCEP_EXT) *exts, int i)
{
	int	 j;

	for (j = 0; j < i; j++)
		if (OBJ_cmp(sk_SCEP_EXT_value(exts, i)->type,
		    sk_SCEP_EXT_value(exts, j)->type) == 0)
			return 1;
	return 0;
}

static enum scep_err
read_extensions(const ASN1_TYPE *value, struct scep_csr *csr,
    struct scep_error *err)
{
	STACK_OF(SCEP_EXT)	*exts = NULL;
	enum scep_err		 rc = SCEP_OK;
	int			 i;

	if (value->type != V_ASN1_SEQUENCE || (exts = scep_asn1_parse(
	    scep_asn1_span(value->value.sequence),
	    ASN1_ITEM_rptr(SCEP_EXTS))) == NULL)
		return scep_fail(err, SCEP_E_FORMAT,
		    "extension request does not parse");
	if (sk_SCEP_EXT_num(exts) > EXTS_MAX)
		rc = scep_fail(err, SCEP_E_REFUSED, "%d extensions, at most "
		    "%d", sk_SCEP_EXT_num(exts), EXTS_MAX);
	for (i = 0; rc == SCEP_OK && i < sk_SCEP_EXT_num(exts); i++) {
		if (is_doubled(exts, i))
			rc = scep_fail(err, SCEP_E_REFUSED,
			    "an extension is asked for twice");
		else
			rc = read_extension(sk_SCEP_EXT_value(exts, i), csr,
			    err);
	}
	scep_asn1_free(exts, ASN1_ITEM_rptr(SCEP_EXTS));
	return rc;
}

static int
is_extension_request(const ASN1_OBJECT *oid)
{
	return scep_oid_is(oid, OID_EXTREQ) ||
	    scep_oid_is(oid, OID_EXTREQ_MS) || scep_oid_is(oid, OID_EXTREQ_VS);
}

static enum scep_err
read_attribute(const SCEP_ATTR *attr, struct scep_csr *csr, int *has_challenge,
    int *has_exts, struct scep_error *err)
{
	const int	 challenge = scep_oid_is(attr->type, OID_CHALLENGE);
	const int	 exts = is_extension_request(attr->type);

	if (!challenge && !exts)
		return SCEP_OK;
	if ((challenge && (*has_challenge)++ > 0) || (exts && (*has_exts)++ >
	    0))
		return scep_fail(err, SCEP_E_REFUSED,
		    "attribute of the request given twice");
	if (sk_ASN1_TYPE_num(attr->values) != 1)
		return scep_fail(err, SCEP_E_REFUSED,
		    "attribute of the request with %d values",
		    sk_ASN1_TYPE_num(attr->values));
	return challenge ?
	    read_challenge(sk_ASN1_TYPE_value(attr->values, 0), csr, err) :
	    read_extensions(sk_ASN1_TYPE_value(attr->values, 0), csr, err);
}

static enum scep_err
read_attributes(const STACK_OF(SCEP_ATTR) *attrs, struct scep_csr *csr,
    struct scep_error *err)
{
	enum scep_err	 rc;
	int		 i, has_challenge = 0, has_exts = 0;

	if (attrs == NULL)
		return SCEP_OK;
	if (sk_SCEP_ATTR_num(attrs) > ATTRS_MAX)
		return scep_fail(err, SCEP_E_REFUSED,
		    "%d attributes in the request, at most %d",
		    sk_SCEP_ATTR_num(attrs), ATTRS_MAX);
	for (i = 0; i < sk_SCEP_ATTR_num(attrs); i++)
		if ((rc = read_attribute(sk_SCEP_ATTR_value(attrs, i), csr,
		    &has_challenge, &has_exts, err)) != SCEP_OK)
			return rc;
	return SCEP_OK;
}

/* Where the parts stand in our copy: the templates made copies of theirs. */
static enum scep_err
find_parts(struct scep_csr *csr, struct scep_span *sig_alg,
    struct scep_span *signature, struct scep_span *spki,
    struct scep_error *err)
{
	struct scep_span	 rest = scep_buf_span(&csr->der);
	struct scep_tlv		 req, info, alg, sig, version, subject, key;

	if (!scep_der_next(&rest, &req) ||
	    !scep_der_next(&req.content, &info) ||
	    !scep_der_next(&req.content, &alg) ||
	    !scep_der_next(&req.content, &sig) || req.content.len > 0 ||
	    sig.tag != V_ASN1_BIT_STRING || sig.content.len < 2 ||
	    sig.content.data[0] != 0 ||
	    !scep_der_next(&info.content, &version) ||
	    !scep_der_next(&info.content, &subject) ||
	    !scep_der_next(&info.content, &key))
		return scep_fail(err, SCEP_E_FORMAT,
		    "no CertificationRequest");
	csr->info = info.whole;
	csr->subject = subject.whole;
	*spki = key.whole;
	*sig_alg = alg.whole;
	*signature = scep_span_make(sig.content.data + 1,
	    sig.content.len - 1);
	/* RFC 2986 section 4.1: v1(0). */
	if (version.content.len != 1 || version.content.data[0] != 0)
		return scep_fail(err, SCEP_E_FORMAT, "request of version %d",
		    version.content.data[0]);
	return SCEP_OK;
}

static enum scep_err
read_info(const struct scep_crypto *crypto, struct scep_csr *csr,
    struct scep_error *err)
{
	SCEP_CRI	*cri;
	enum scep_err	 rc;

	if ((cri = scep_asn1_parse(csr->info, ASN1_ITEM_rptr(SCEP_CRI))) ==
	    NULL)
		return scep_fail(err, SCEP_E_FORMAT,
		    "no CertificationRequestInfo");
	if ((rc = scep_crypto_sha256(crypto, csr->info, csr->info_sha256,
	    err)) == SCEP_OK &&
	    (rc = scep_name_parse(csr->subject, &csr->name, err)) == SCEP_OK)
		rc = read_attributes(cri->attributes, csr, err);
	scep_asn1_free(cri, ASN1_ITEM_rptr(SCEP_CRI));
	return rc;
}

/* Proof of possession, RFC 8894 section 7.6. */
static enum scep_err
verify(const struct scep_crypto *crypto, const struct scep_csr *csr,
    struct scep_span sig_alg, struct scep_span signature, int sha1,
    struct scep_error *err)
{
	enum scep_digest	 md;
	enum scep_err		 rc;

	if ((rc = scep_key_signature_digest(&csr->key, sig_alg, &md, err)) !=
	    SCEP_OK)
		return rc;
	if (md == SCEP_SHA1 && !sha1)
		return scep_fail(err, SCEP_E_ALG,
		    "request signed with SHA-1");
	return scep_key_verify(crypto, &csr->key, md, csr->info, signature,
	    err);
}

static enum scep_err
parse(const struct scep_crypto *crypto, struct scep_span der,
    const struct scep_key_rules *rules, int sha1, struct scep_csr *csr,
    struct scep_error *err)
{
	struct scep_span	 sig_alg, signature, spki;
	enum scep_err		 rc;

	if ((rc = scep_der_check(der, err)) != SCEP_OK ||
	    (rc = scep_buf_set(&csr->der, der, err)) != SCEP_OK ||
	    (rc = find_parts(csr, &sig_alg, &signature, &spki, err)) !=
	    SCEP_OK ||
	    (rc = scep_key_load(crypto, spki, rules, &csr->key, err)) !=
	    SCEP_OK ||
	    (rc = read_info(crypto, csr, err)) != SCEP_OK)
		return rc;
	return verify(crypto, csr, sig_alg, signature, sha1, err);
}

enum scep_err
scep_csr_parse(const struct scep_crypto *crypto, struct scep_span der,
    const struct scep_key_rules *rules, int sha1, struct scep_csr **out,
    struct scep_error *err)
{
	struct scep_csr	*csr;
	enum scep_err	 rc;

	*out = NULL;
	if (der.len > SCEP_CSR_MAX)
		return scep_fail(err, SCEP_E_FORMAT,
		    "request of %zu octets, at most %d", der.len,
		    SCEP_CSR_MAX);
	if ((csr = OPENSSL_zalloc(sizeof(*csr))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "request");
	if ((rc = parse(crypto, der, rules, sha1, csr, err)) != SCEP_OK) {
		scep_csr_free(csr);
		return rc;
	}
	*out = csr;
	return SCEP_OK;
}

void
scep_csr_free(struct scep_csr *csr)
{
	if (csr == NULL)
		return;
	scep_buf_clear(&csr->der);
	scep_buf_clear(&csr->challenge_buf);
	scep_name_clear(&csr->name);
	scep_san_clear(&csr->san);
	scep_key_clear(&csr->key);
	OPENSSL_free(csr);
}
