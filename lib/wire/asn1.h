/*
 * asn1.h - the ASN.1 of SCEP, as templates: what they do not describe does
 * not parse.  This is the structural gate (DESIGN 9).  Private to wire/.
 * Of BER they make DER; DER is read where it stands (signed.h).
 *
 * Certificates, names, keys and algorithm parameters stay the bytes that were
 * received: SCEP_RAW keeps a whole SEQUENCE, tag and length included.
 */
#ifndef SCEP_WIRE_ASN1_H
#define SCEP_WIRE_ASN1_H

#include <openssl/asn1.h>
#include <openssl/asn1t.h>
#include <openssl/x509.h>

#include "base/der.h"

typedef ASN1_STRING	SCEP_RAW;	/* item ASN1_SEQUENCE */
DEFINE_STACK_OF(SCEP_RAW)

/* Attribute, RFC 5652 section 5.3 and RFC 2986 section 4. */
typedef struct {
	ASN1_OBJECT		*type;
	STACK_OF(ASN1_TYPE)	*values;
} SCEP_ATTR;
DEFINE_STACK_OF(SCEP_ATTR)
DECLARE_ASN1_ITEM(SCEP_ATTR)

/* IssuerAndSerialNumber, RFC 5652 section 10.2.4.  The number is not read as
 * one: devices write longer ones than they need to, and get them back. */
typedef struct {
	SCEP_RAW		*issuer;
	ASN1_OCTET_STRING	*serial_octets;	/* content of the INTEGER */
} SCEP_IAS;
DECLARE_ASN1_ITEM(SCEP_IAS)

/* SignerIdentifier and RecipientIdentifier, RFC 5652 sections 5.3, 6.2.1. */
#define SCEP_SID_IAS	0
#define SCEP_SID_SKI	1
typedef struct {
	int	 type;
	union {
		SCEP_IAS		*ias;
		ASN1_OCTET_STRING	*ski;
	} d;
} SCEP_SID;
DECLARE_ASN1_ITEM(SCEP_SID)

/* SignerInfo, RFC 5652 section 5.3. */
typedef struct {
	ASN1_INTEGER		*version;
	SCEP_SID		*sid;
	X509_ALGOR		*digest_alg;
	STACK_OF(SCEP_ATTR)	*signed_attrs;
	X509_ALGOR		*sig_alg;
	ASN1_OCTET_STRING	*signature;
	STACK_OF(SCEP_ATTR)	*unsigned_attrs;
} SCEP_SIGNER;
DEFINE_STACK_OF(SCEP_SIGNER)

/* EncapsulatedContentInfo, RFC 5652 section 5.2. */
typedef struct {
	ASN1_OBJECT		*type;
	ASN1_OCTET_STRING	*content;
} SCEP_ENCAP;
DECLARE_ASN1_ITEM(SCEP_ENCAP)

/* ContentInfo with SignedData, RFC 5652 sections 3 and 5.1. */
typedef struct {
	ASN1_INTEGER		*version;
	STACK_OF(X509_ALGOR)	*digest_algs;
	SCEP_ENCAP		*encap;
	STACK_OF(ASN1_TYPE)	*certs;		/* a CertificateChoices each */
	STACK_OF(ASN1_TYPE)	*crls;
	STACK_OF(SCEP_SIGNER)	*signers;
} SCEP_SIGNED;
typedef struct {
	ASN1_OBJECT	*type;
	SCEP_SIGNED	*signed_data;
} SCEP_CI_SIGNED;
DECLARE_ASN1_ITEM(SCEP_CI_SIGNED)

/* KeyTransRecipientInfo, RFC 5652 section 6.2.1; no other kind parses. */
typedef struct {
	ASN1_INTEGER		*version;
	SCEP_SID		*rid;
	X509_ALGOR		*alg;
	ASN1_OCTET_STRING	*encrypted_key;
} SCEP_KTRI;
DEFINE_STACK_OF(SCEP_KTRI)

/* EncryptedContentInfo and EnvelopedData, RFC 5652 section 6.1. */
typedef struct {
	ASN1_OBJECT		*type;
	X509_ALGOR		*alg;
	ASN1_OCTET_STRING	*content;
} SCEP_ENCRYPTED;
DECLARE_ASN1_ITEM(SCEP_ENCRYPTED)
typedef struct {
	ASN1_INTEGER		*version;
	SCEP_RAW		*originator;
	STACK_OF(SCEP_KTRI)	*recipients;
	SCEP_ENCRYPTED		*encrypted;
	STACK_OF(SCEP_ATTR)	*unprotected_attrs;
} SCEP_ENVELOPED;
typedef struct {
	ASN1_OBJECT	*type;
	SCEP_ENVELOPED	*enveloped;
} SCEP_CI_ENVELOPED;
DECLARE_ASN1_ITEM(SCEP_CI_ENVELOPED)

/* Extension and Extensions, RFC 5280 section 4.1. */
typedef struct {
	ASN1_OBJECT		*type;
	ASN1_BOOLEAN		 critical;	/* -1 absent, 0, 0xff */
	ASN1_OCTET_STRING	*value;
} SCEP_EXT;
DEFINE_STACK_OF(SCEP_EXT)
DECLARE_ASN1_ITEM(SCEP_EXT)
DECLARE_ASN1_ITEM(SCEP_EXTS)		/* STACK_OF(SCEP_EXT) */

/* signedAttrs as an EXPLICIT SET OF, RFC 5652 section 5.4: in the order that
 * was parsed (what the wire had, for verifying), or sorted (for signing). */
DECLARE_ASN1_ITEM(SCEP_ATTRS_ASIS)
DECLARE_ASN1_ITEM(SCEP_ATTRS_DER)

/* All of the bytes, or NULL: trailing octets are an error. */
void	*scep_asn1_parse(struct scep_span bytes, const ASN1_ITEM *it);
/* The same, but *used says how many octets the value took. */
void	*scep_asn1_parse_prefix(struct scep_span bytes, const ASN1_ITEM *it,
	    size_t *used);
/* Is what bytes begin with DER?  It may then be read where it stands. */
int	 scep_asn1_is_der(struct scep_span bytes, struct scep_span *front);
/* Of any other BER the template that describes it makes DER (out is released
 * first), of *used octets.  0: it does not parse. */
int	 scep_asn1_to_der(struct scep_span bytes, const ASN1_ITEM *it,
	    struct scep_buf *out, size_t *used);
/* scep_der_next(), and of an indefinite length too: what a template keeps as
 * it was received (a name, a certificate) may have one. */
int	 scep_any_next(struct scep_span *rest, struct scep_tlv *out);
void	 scep_asn1_free(void *value, const ASN1_ITEM *it);
/* Encode into out (released first). */
enum scep_err	 scep_asn1_encode(const void *value, const ASN1_ITEM *it,
		    struct scep_buf *out, struct scep_error *err);

/* The content octets of a string; a SCEP_RAW's are its whole encoding. */
struct scep_span scep_asn1_span(const ASN1_STRING *s);
/* A borrowed ASN1_STRING, for libcrypto to read times and texts of. */
ASN1_STRING	 scep_asn1_string(int type, struct scep_span bytes);
/* Has the OID these content octets? */
int		 scep_oid_is(const ASN1_OBJECT *oid, struct scep_span octets);

#endif /* SCEP_WIRE_ASN1_H */
