/*
 * reply.c - a CertRep put together and signed (RFC 8894 section 3.3.2).
 *
 * Conservative in what it sends: DER, the oldest versions, each attribute
 * once (PROTOCOL I-020 to I-032).
 */
#include <stdio.h>
#include <string.h>

#include <openssl/objects.h>

#include "base/error.h"
#include "wire/attrs.h"
#include "wire/envelope.h"
#include "wire/reply.h"

#define NONCE_LEN	16		/* RFC 8894 section 3.2.1.5 */

/* Output only: attributes and certificate are encoded already. */
typedef struct {
	ASN1_INTEGER		*version;
	SCEP_SID		*sid;
	X509_ALGOR		*digest_alg;
	ASN1_TYPE		*signed_attrs;
	X509_ALGOR		*sig_alg;
	ASN1_OCTET_STRING	*signature;
} SIGNER_OUT;
DEFINE_STACK_OF(SIGNER_OUT)

ASN1_SEQUENCE(SIGNER_OUT) = {
	ASN1_SIMPLE(SIGNER_OUT, version, ASN1_INTEGER),
	ASN1_SIMPLE(SIGNER_OUT, sid, SCEP_SID),
	ASN1_SIMPLE(SIGNER_OUT, digest_alg, X509_ALGOR),
	ASN1_SIMPLE(SIGNER_OUT, signed_attrs, ASN1_ANY),
	ASN1_SIMPLE(SIGNER_OUT, sig_alg, X509_ALGOR),
	ASN1_SIMPLE(SIGNER_OUT, signature, ASN1_OCTET_STRING),
} static_ASN1_SEQUENCE_END(SIGNER_OUT)

typedef struct {
	ASN1_INTEGER		*version;
	STACK_OF(X509_ALGOR)	*digest_algs;
	SCEP_ENCAP		*encap;
	STACK_OF(SCEP_RAW)	*certs;
	STACK_OF(SIGNER_OUT)	*signers;
} SIGNED_OUT;

ASN1_SEQUENCE(SIGNED_OUT) = {
	ASN1_SIMPLE(SIGNED_OUT, version, ASN1_INTEGER),
	ASN1_SET_OF(SIGNED_OUT, digest_algs, X509_ALGOR),
	ASN1_SIMPLE(SIGNED_OUT, encap, SCEP_ENCAP),
	ASN1_IMP_SET_OF(SIGNED_OUT, certs, ASN1_SEQUENCE, 0),
	ASN1_SET_OF(SIGNED_OUT, signers, SIGNER_OUT),
} static_ASN1_SEQUENCE_END(SIGNED_OUT)

typedef struct {
	ASN1_OBJECT	*type;
	SIGNED_OUT	*signed_data;
} CI_OUT;

ASN1_SEQUENCE(CI_OUT) = {
	ASN1_SIMPLE(CI_OUT, type, ASN1_OBJECT),
	ASN1_EXP(CI_OUT, signed_data, SIGNED_OUT, 0),
} static_ASN1_SEQUENCE_END(CI_OUT)

static void
attrs_free(STACK_OF(SCEP_ATTR) *attrs)
{
	SCEP_ATTR	*attr;

	while ((attr = sk_SCEP_ATTR_pop(attrs)) != NULL)
		scep_asn1_free(attr, ASN1_ITEM_rptr(SCEP_ATTR));
	sk_SCEP_ATTR_free(attrs);
}

/* Add an attribute with one value of a string type. */
static int
add(STACK_OF(SCEP_ATTR) *attrs, enum scep_attr kind, int type,
    struct scep_span value)
{
	SCEP_ATTR	*attr;
	ASN1_TYPE	*any = ASN1_TYPE_new();
	ASN1_STRING	*s = NULL;

	attr = (SCEP_ATTR *)ASN1_item_new(ASN1_ITEM_rptr(SCEP_ATTR));
	if (attr == NULL || any == NULL ||
	    (s = ASN1_STRING_type_new(type)) == NULL ||
	    ASN1_STRING_set(s, value.data, (int)value.len) != 1)
		goto fail;
	ASN1_TYPE_set(any, type, s);
	s = NULL;			/* transferred */
	ASN1_OBJECT_free(attr->type);
	attr->type = OBJ_txt2obj(scep_attr_oid(kind), 1);
	if (attr->type == NULL || sk_ASN1_TYPE_push(attr->values, any) == 0)
		goto fail;
	any = NULL;			/* transferred */
	if (sk_SCEP_ATTR_push(attrs, attr) != 0)
		return 1;
fail:
	scep_asn1_free(attr, ASN1_ITEM_rptr(SCEP_ATTR));
	ASN1_TYPE_free(any);
	ASN1_STRING_free(s);
	return 0;
}

static int
add_content_type(STACK_OF(SCEP_ATTR) *attrs)
{
	SCEP_ATTR	*attr;
	ASN1_TYPE	*any = ASN1_TYPE_new();

	attr = (SCEP_ATTR *)ASN1_item_new(ASN1_ITEM_rptr(SCEP_ATTR));
	if (attr != NULL && any != NULL) {
		ASN1_TYPE_set(any, V_ASN1_OBJECT,
		    OBJ_nid2obj(NID_pkcs7_data));
		ASN1_OBJECT_free(attr->type);
		attr->type = OBJ_nid2obj(NID_pkcs9_contentType);
		if (sk_ASN1_TYPE_push(attr->values, any) != 0) {
			any = NULL;	/* transferred */
			if (sk_SCEP_ATTR_push(attrs, attr) != 0)
				return 1;
		}
	}
	scep_asn1_free(attr, ASN1_ITEM_rptr(SCEP_ATTR));
	ASN1_TYPE_free(any);
	return 0;
}

/* RFC 8894 sections 3.2.1 and 3.3.2: what every CertRep carries, and what a
 * FAILURE carries besides. */
static int
add_all(STACK_OF(SCEP_ATTR) *attrs, const struct scep_reply *reply,
    struct scep_span digest, struct scep_span nonce)
{
	char	 status[2] = { (char)('0' + reply->status), '\0' };
	char	 fail[2] = { (char)('0' + reply->fail_info), '\0' };

	return add_content_type(attrs) &&
	    add(attrs, SCEP_ATTR_MESSAGE_DIGEST, V_ASN1_OCTET_STRING,
	    digest) &&
	    add(attrs, SCEP_ATTR_MESSAGE_TYPE, V_ASN1_PRINTABLESTRING,
	    scep_span_text("3")) &&
	    add(attrs, SCEP_ATTR_PKI_STATUS, V_ASN1_PRINTABLESTRING,
	    scep_span_text(status)) &&
	    add(attrs, SCEP_ATTR_TRANSACTION_ID, V_ASN1_PRINTABLESTRING,
	    scep_span_make(reply->to->txid, reply->to->txid_len)) &&
	    add(attrs, SCEP_ATTR_RECIPIENT_NONCE, V_ASN1_OCTET_STRING,
	    scep_span_make(reply->to->nonce, reply->to->nonce_len)) &&
	    add(attrs, SCEP_ATTR_SENDER_NONCE, V_ASN1_OCTET_STRING, nonce) &&
	    (reply->status != SCEP_STATUS_FAILURE ||
	    add(attrs, SCEP_ATTR_FAIL_INFO, V_ASN1_PRINTABLESTRING,
	    scep_span_text(fail))) &&
	    (reply->status != SCEP_STATUS_FAILURE ||
	    reply->fail_text == NULL ||
	    add(attrs, SCEP_ATTR_FAIL_INFO_TEXT, V_ASN1_UTF8STRING,
	    scep_span_text(reply->fail_text)));
}

/* The attributes as they are signed: an explicit SET OF, sorted. */
static enum scep_err
make_attrs(const struct scep_crypto *crypto, const struct scep_reply *reply,
    struct scep_span content, struct scep_buf *out, struct scep_error *err)
{
	STACK_OF(SCEP_ATTR)	*attrs;
	uint8_t			 digest[SCEP_DIGEST_MAX_LEN];
	uint8_t			 nonce[NONCE_LEN];
	size_t			 len;
	enum scep_err		 rc;

	if ((rc = scep_crypto_digest(crypto, reply->to->digest, content,
	    digest, &len, err)) != SCEP_OK ||
	    (rc = scep_crypto_random(crypto, nonce, sizeof(nonce), err)) !=
	    SCEP_OK)
		return rc;
	if ((attrs = sk_SCEP_ATTR_new_null()) == NULL ||
	    !add_all(attrs, reply, scep_span_make(digest, len),
	    scep_span_make(nonce, sizeof(nonce))))
		rc = scep_fail_ssl(err, SCEP_E_NOMEM, "attributes");
	else
		rc = scep_asn1_encode(attrs, ASN1_ITEM_rptr(SCEP_ATTRS_DER),
		    out, err);
	attrs_free(attrs);
	return rc;
}

/* What encode() needs, each of it to be freed. */
struct parts {
	X509_ALGOR		*digest, *rsa;
	STACK_OF(X509_ALGOR)	*digests;
	STACK_OF(SCEP_RAW)	*certs;
	STACK_OF(SIGNER_OUT)	*signers;
};

static int
parts_make(const struct scep_reply *reply, struct parts *p)
{
	p->digest = scep_alg_new_digest(reply->to->digest);
	p->rsa = scep_alg_new_rsa();
	p->digests = sk_X509_ALGOR_new_null();
	p->certs = sk_SCEP_RAW_new_null();
	p->signers = sk_SIGNER_OUT_new_null();
	return p->digest != NULL && p->rsa != NULL &&
	    p->digests != NULL && p->certs != NULL && p->signers != NULL &&
	    sk_X509_ALGOR_push(p->digests, p->digest) != 0;
}

static void
parts_free(struct parts *p)
{
	X509_ALGOR_free(p->digest);
	X509_ALGOR_free(p->rsa);
	sk_X509_ALGOR_free(p->digests);
	sk_SCEP_RAW_free(p->certs);
	sk_SIGNER_OUT_free(p->signers);
}

/* attrs is re-tagged as [0] IMPLICIT for its place in the SignerInfo. */
static enum scep_err
encode(const struct scep_reply *reply, struct parts *p,
    struct scep_span content, struct scep_buf *attrs,
    const struct scep_buf *signature, struct scep_buf *out,
    struct scep_error *err)
{
	static const uint8_t	 one = 1;
	ASN1_STRING	 version = scep_asn1_string(V_ASN1_INTEGER,
			    scep_span_make(&one, 1));
	ASN1_STRING	 issuer = scep_asn1_string(V_ASN1_SEQUENCE,
			    reply->ra_cert->issuer);
	ASN1_STRING	 serial = scep_asn1_string(V_ASN1_OCTET_STRING,
			    reply->ra_cert->serial);
	ASN1_STRING	 cert = scep_asn1_string(V_ASN1_SEQUENCE,
			    scep_buf_span(&reply->ra_cert->der));
	ASN1_STRING	 sig = scep_asn1_string(V_ASN1_OCTET_STRING,
			    scep_buf_span(signature));
	ASN1_STRING	 octets = scep_asn1_string(V_ASN1_OCTET_STRING,
			    content);
	ASN1_STRING	 tagged;
	ASN1_TYPE	 any = { V_ASN1_OTHER, { NULL } };
	SCEP_IAS	 ias = { &issuer, &serial };
	SCEP_SID	 sid = { SCEP_SID_IAS, { &ias } };
	SIGNER_OUT	 signer = { &version, &sid, p->digest, &any, p->rsa,
			    &sig };
	SCEP_ENCAP	 encap = { OBJ_nid2obj(NID_pkcs7_data), &octets };
	SIGNED_OUT	 sd = { &version, p->digests, &encap, p->certs,
			    p->signers };
	CI_OUT		 ci = { OBJ_nid2obj(NID_pkcs7_signed), &sd };

	attrs->data[0] = 0xa0;
	tagged = scep_asn1_string(V_ASN1_OTHER, scep_buf_span(attrs));
	any.value.asn1_string = &tagged;
	/* I-030: empty by default, because PKCS7_verify() wants to see one. */
	if (reply->omit_content && reply->status != SCEP_STATUS_SUCCESS)
		encap.content = NULL;
	if (sk_SCEP_RAW_push(p->certs, &cert) == 0 ||
	    sk_SIGNER_OUT_push(p->signers, &signer) == 0)
		return scep_fail_ssl(err, SCEP_E_NOMEM, "CertRep");
	return scep_asn1_encode(&ci, ASN1_ITEM_rptr(CI_OUT), out, err);
}

static enum scep_err
sign_and_encode(const struct scep_crypto *crypto,
    const struct scep_reply *reply, struct scep_span content,
    struct scep_buf *out, struct scep_error *err)
{
	struct scep_buf	 attrs = { NULL, 0 }, signature = { NULL, 0 };
	struct parts	 p = { NULL, NULL, NULL, NULL, NULL };
	enum scep_err	 rc;

	if ((rc = make_attrs(crypto, reply, content, &attrs, err)) ==
	    SCEP_OK &&
	    (rc = scep_key_sign(crypto, reply->ra_key, reply->to->digest,
	    scep_buf_span(&attrs), &signature, err)) == SCEP_OK) {
		if (!parts_make(reply, &p))
			rc = scep_fail_ssl(err, SCEP_E_NOMEM, "CertRep");
		else
			rc = encode(reply, &p, content, &attrs, &signature,
			    out, err);
	}
	parts_free(&p);
	scep_buf_clear(&attrs);
	scep_buf_clear(&signature);
	return rc;
}

/* RFC 8894 section 3.1: the recipient's key decides. */
static enum scep_err
seal(const struct scep_crypto *crypto, const struct scep_reply *reply,
    struct scep_buf *out, struct scep_error *err)
{
	const struct scep_address	*to = reply->to;

	if (scep_key_encrypts(reply->to_key->type))
		return scep_envelope_seal(crypto, &to->signer, reply->to_key,
		    to->cipher, to->wrap, reply->certs_only, out, err);
	return scep_envelope_seal_password(crypto, reply->password,
	    to->cipher, reply->certs_only, out, err);
}

enum scep_err
scep_reply_build(const struct scep_crypto *crypto,
    const struct scep_reply *reply, struct scep_buf *out,
    struct scep_error *err)
{
	struct scep_buf	 envelope = { NULL, 0 };
	enum scep_err	 rc = SCEP_OK;

	/* Only a SUCCESS has one: RFC 8894 sections 3.3.2.2 and 3.3.2.3. */
	if (reply->status == SCEP_STATUS_SUCCESS)
		rc = seal(crypto, reply, &envelope, err);
	if (rc == SCEP_OK)
		rc = sign_and_encode(crypto, reply, scep_buf_span(&envelope),
		    out, err);
	scep_buf_clear(&envelope);
	return rc;
}
