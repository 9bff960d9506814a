/*
 * csr.c - PKCS #10 requests: strict DER, everything once, proof of possession.
 *
 * Knows what a request says; not whether it may have it.  Reads it where it
 * stands, so that no second copy of the challengePassword is left behind.
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

/* szOID_NTDS_CA_SECURITY_EXT, 1.3.6.1.4.1.311.25.2 */
#define OID_MS_SID	"\x2b\x06\x01\x04\x01\x82\x37\x19\x02"

enum { SEQUENCE = 0x30, SET = 0x31, CTX0 = 0xa0 };

enum kind { CHALLENGE, EXTENSIONS, KINDS, UNKNOWN = KINDS };

/* The attributes we read, as TLVs of their types (PROTOCOL 1.0). */
static const struct {
	enum kind	 kind;
	uint8_t		 len;
	uint8_t		 oid[12];
} known[] = {
	/* challengePassword, 1.2.840.113549.1.9.7 */
	{ CHALLENGE, 11, { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
	    0x01, 0x09, 0x07 } },
	/* extensionRequest, 1.2.840.113549.1.9.14 */
	{ EXTENSIONS, 11, { 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
	    0x01, 0x09, 0x0e } },
	/* Microsoft's, 1.3.6.1.4.1.311.2.1.14 */
	{ EXTENSIONS, 12, { 0x06, 0x0a, 0x2b, 0x06, 0x01, 0x04, 0x01, 0x82,
	    0x37, 0x02, 0x01, 0x0e } },
	/* VeriSign's, 2.16.840.1.113733.1.9.8 */
	{ EXTENSIONS, 12, { 0x06, 0x0a, 0x60, 0x86, 0x48, 0x01, 0x86, 0xf8,
	    0x45, 0x01, 0x09, 0x08 } },
};

/* RFC 2985 section 5.4.1, and what devices send besides (PROTOCOL C-140). */
static enum scep_err
read_challenge(const struct scep_tlv *value, struct scep_csr *csr,
    struct scep_error *err)
{
	ASN1_STRING	 s = scep_asn1_string(value->tag, value->content);
	unsigned char	*utf8 = NULL;
	int		 len;

	switch (value->tag) {
	case V_ASN1_PRINTABLESTRING:
	case V_ASN1_UTF8STRING:
	case V_ASN1_IA5STRING:
	case V_ASN1_T61STRING:
	case V_ASN1_BMPSTRING:
	case V_ASN1_UNIVERSALSTRING:
		break;
	default:
		return scep_fail(err, SCEP_E_REFUSED,
		    "challengePassword is no string, but of type 0x%02x",
		    value->tag);
	}
	if ((len = ASN1_STRING_to_UTF8(&utf8, &s)) < 0)
		return scep_fail_ssl(err, SCEP_E_REFUSED,
		    "challengePassword");
	csr->challenge_buf.data = utf8;
	csr->challenge_buf.len = (size_t)len;
	csr->challenge = scep_buf_span(&csr->challenge_buf);
	if (len > SCEP_CHALLENGE_MAX || memchr(utf8, '\0', (size_t)len) !=
	    NULL)
		return scep_fail(err, SCEP_E_REFUSED, "challengePassword of "
		    "%d octets, at most %d, or with a NUL", len,
		    SCEP_CHALLENGE_MAX);
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
		bad = scep_oid_is(ext->type, scep_span_text(OID_MS_SID));
	return !bad ? SCEP_OK : scep_fail(err, SCEP_E_REFUSED,
	    "asks for the rights of a CA, or for somebody's SID");
}

/* A name that is none is no fault of the request (csr.h); the first is told. */
static enum scep_err
keep_fault(struct scep_csr *csr, enum scep_err rc,
    const struct scep_error *err)
{
	if (rc != SCEP_E_FORMAT && rc != SCEP_E_REFUSED)
		return rc;
	if (csr->names.code == SCEP_OK)
		csr->names = *err;
	return SCEP_OK;
}

static enum scep_err
read_extension(const SCEP_EXT *ext, struct scep_csr *csr,
    struct scep_error *err)
{
	if (OBJ_obj2nid(ext->type) == NID_subject_alt_name)
		return keep_fault(csr, scep_san_parse(scep_asn1_span(
		    ext->value), &csr->san, err), err);
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
read_extensions(const struct scep_tlv *value, struct scep_csr *csr,
    struct scep_error *err)
{
	STACK_OF(SCEP_EXT)	*exts;
	enum scep_err		 rc = SCEP_OK;
	int			 i;

	if ((exts = scep_asn1_parse(value->whole,
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

static enum kind
kind_of(struct scep_span type)
{
	size_t	 i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (scep_span_equal(type, scep_span_make(known[i].oid,
		    known[i].len)))
			return known[i].kind;
	return UNKNOWN;
}

/* Attribute ::= SEQUENCE { type, SET OF value }; one value is all we take. */
static enum scep_err
read_attribute(struct scep_span attr, struct scep_csr *csr, int seen[KINDS],
    struct scep_error *err)
{
	struct scep_tlv	 type, set, value;
	enum kind	 kind;

	if (!scep_der_next(&attr, &type) || type.tag != V_ASN1_OBJECT ||
	    !scep_der_next(&attr, &set) || set.tag != SET || attr.len > 0)
		return scep_fail(err, SCEP_E_FORMAT,
		    "attribute of the request does not parse");
	if ((kind = kind_of(type.whole)) == UNKNOWN)
		return SCEP_OK;
	if (seen[kind]++ > 0)
		return scep_fail(err, SCEP_E_REFUSED,
		    "attribute of the request given twice");
	if (!scep_der_next(&set.content, &value) || set.content.len > 0)
		return scep_fail(err, SCEP_E_REFUSED,
		    "attribute of the request without a value, or with more "
		    "than one");
	return kind == CHALLENGE ? read_challenge(&value, csr, err) :
	    read_extensions(&value, csr, err);
}

/* attributes [0] IMPLICIT SET OF Attribute; some clients leave it out. */
static enum scep_err
read_attributes(struct scep_span rest, struct scep_csr *csr,
    struct scep_error *err)
{
	struct scep_tlv	 all, attr;
	enum scep_err	 rc;
	int		 n, seen[KINDS] = { 0 };

	if (rest.len == 0)
		return SCEP_OK;
	if (!scep_der_next(&rest, &all) || all.tag != CTX0 || rest.len > 0)
		return scep_fail(err, SCEP_E_FORMAT,
		    "attributes of the request do not parse");
	for (n = 1; all.content.len > 0; n++) {
		if (n > ATTRS_MAX)
			return scep_fail(err, SCEP_E_REFUSED,
			    "more than %d attributes in the request",
			    ATTRS_MAX);
		if (!scep_der_next(&all.content, &attr) ||
		    attr.tag != SEQUENCE)
			return scep_fail(err, SCEP_E_FORMAT,
			    "attribute of the request does not parse");
		if ((rc = read_attribute(attr.content, csr, seen, err)) !=
		    SCEP_OK)
			return rc;
	}
	return SCEP_OK;
}

/* A request's parts, where they stand in our copy. */
struct parts {
	struct scep_span	 spki;
	struct scep_span	 attributes;	/* and nothing behind them */
};

/* CertificationRequest, RFC 2986 section 4.2: three parts and no more. */
static enum scep_err
find_parts(struct scep_csr *csr, struct scep_span *info,
    struct scep_error *err)
{
	struct scep_span	 rest = scep_buf_span(&csr->der);
	struct scep_tlv		 req, cri, alg, sig;

	if (!scep_der_next(&rest, &req) || req.tag != SEQUENCE ||
	    !scep_der_next(&req.content, &cri) || cri.tag != SEQUENCE ||
	    !scep_der_next(&req.content, &alg) || alg.tag != SEQUENCE ||
	    !scep_der_next(&req.content, &sig) || req.content.len > 0 ||
	    sig.tag != V_ASN1_BIT_STRING || sig.content.len < 2 ||
	    sig.content.data[0] != 0)
		return scep_fail(err, SCEP_E_FORMAT,
		    "no CertificationRequest");
	csr->info = cri.whole;
	*info = cri.content;
	csr->sig_alg = alg.whole;
	csr->signature = scep_span_make(sig.content.data + 1,
	    sig.content.len - 1);
	return SCEP_OK;
}

/* CertificationRequestInfo, section 4.1: v1(0), subject, key, attributes. */
static enum scep_err
find_info(struct scep_csr *csr, struct parts *out, struct scep_span info,
    struct scep_error *err)
{
	struct scep_tlv	 version, subject, key;

	if (!scep_der_next(&info, &version) ||
	    version.tag != V_ASN1_INTEGER || version.content.len != 1 ||
	    version.content.data[0] != 0)
		return scep_fail(err, SCEP_E_FORMAT,
		    "no request of version 0");
	if (!scep_der_next(&info, &subject) || subject.tag != SEQUENCE ||
	    !scep_der_next(&info, &key) || key.tag != SEQUENCE)
		return scep_fail(err, SCEP_E_FORMAT,
		    "no CertificationRequestInfo");
	csr->subject = subject.whole;
	out->spki = key.whole;
	out->attributes = info;
	return SCEP_OK;
}

/* Proof of possession, RFC 8894 section 7.6. */
enum scep_err
scep_csr_verify(const struct scep_crypto *crypto, const struct scep_csr *csr,
    unsigned int weak, struct scep_error *err)
{
	enum scep_digest	 md;
	enum scep_err		 rc;

	if ((rc = scep_key_signature_digest(&csr->key, csr->sig_alg, &md,
	    err)) != SCEP_OK)
		return rc;
	if ((md == SCEP_SHA1 || md == SCEP_MD5) &&
	    (weak & SCEP_BIT(md)) == 0)
		return scep_fail(err, SCEP_E_ALG, "request signed with %s",
		    scep_digest_name(md));
	return scep_key_verify(crypto, &csr->key, md, csr->info,
	    csr->signature, err);
}

/* Half of them would be others. */
static void
forget_names(struct scep_csr *csr)
{
	static const uint8_t	 empty[] = { SEQUENCE, 0 };

	csr->subject = scep_span_make(empty, sizeof(empty));
	scep_name_clear(&csr->name);
	scep_san_clear(&csr->san);
}

static enum scep_err
parse(const struct scep_crypto *crypto, struct scep_span der,
    const struct scep_key_rules *rules, struct scep_csr *csr,
    struct scep_error *err)
{
	struct parts		 parts;
	struct scep_span	 info;
	enum scep_err		 rc;

	if ((rc = scep_der_check(der, err)) != SCEP_OK ||
	    (rc = scep_buf_set(&csr->der, der, err)) != SCEP_OK ||
	    (rc = find_parts(csr, &info, err)) != SCEP_OK ||
	    (rc = find_info(csr, &parts, info, err)) != SCEP_OK ||
	    (rc = scep_crypto_sha256(crypto, csr->info, csr->info_sha256,
	    err)) != SCEP_OK ||
	    (rc = scep_key_load(crypto, parts.spki, rules, &csr->key, err)) !=
	    SCEP_OK ||
	    (rc = keep_fault(csr, scep_name_parse(csr->subject, &csr->name,
	    err), err)) != SCEP_OK ||
	    (rc = read_attributes(parts.attributes, csr, err)) != SCEP_OK)
		return rc;
	if (csr->names.code != SCEP_OK)
		forget_names(csr);
	return SCEP_OK;
}

enum scep_err
scep_csr_read(const struct scep_crypto *crypto, struct scep_span der,
    const struct scep_key_rules *rules, struct scep_csr **out,
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
	if ((rc = parse(crypto, der, rules, csr, err)) != SCEP_OK) {
		scep_csr_free(csr);
		return rc;
	}
	*out = csr;
	return SCEP_OK;
}

enum scep_err
scep_csr_names(const struct scep_csr *csr, struct scep_error *err)
{
	if (csr->names.code != SCEP_OK)
		*err = csr->names;
	return csr->names.code;
}

enum scep_err
scep_csr_parse(const struct scep_crypto *crypto, struct scep_span der,
    const struct scep_key_rules *rules, unsigned int weak,
    struct scep_csr **out, struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = scep_csr_read(crypto, der, rules, out, err)) != SCEP_OK)
		return rc;
	if ((rc = scep_csr_names(*out, err)) != SCEP_OK ||
	    (rc = scep_csr_verify(crypto, *out, weak, err)) != SCEP_OK) {
		scep_csr_free(*out);
		*out = NULL;
	}
	return rc;
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
