/* ed_message.c - OpenSSL's message of another signer, signed anew by ours. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "tests/unit/der_make.h"
#include "tests/unit/ed_message.h"
#include "wire/asn1.h"
#include "wire/attrs.h"

#define NEED(x)	do {							\
	if (!(x)) {							\
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x);	\
		ERR_print_errors_fp(stderr);				\
		abort();						\
	}								\
} while (0)

static struct bytes
encode(const void *value, const ASN1_ITEM *it)
{
	struct bytes	 b = { NULL, 0 };
	int		 len = ASN1_item_i2d(value, &b.data, it);

	NEED(len > 0);
	b.len = (size_t)len;
	return b;
}

/* The message as an RSA key would sign it. */
static SCEP_CI_SIGNED *
by_another(const struct client_message *m)
{
	struct client_message	 other = *m;
	struct bytes		 der;
	SCEP_CI_SIGNED		*ci;

	other.key = der_key(3);
	other.signer = client_self_signed(other.key, "/CN=another");
	der = client_message(&other);
	NEED((ci = scep_asn1_parse(scep_span_make(der.data, der.len),
	    ASN1_ITEM_rptr(SCEP_CI_SIGNED))) != NULL);
	bytes_free(&der);
	X509_free(other.signer);
	EVP_PKEY_free(other.key);
	return ci;
}

static void
put_certificate(SCEP_SIGNED *sd, X509 *cert)
{
	struct bytes	 der = { NULL, 0 };
	int		 len = i2d_X509(cert, &der.data);

	NEED(len > 0 && ASN1_STRING_set(sk_ASN1_TYPE_value(sd->certs,
	    0)->value.sequence, der.data, len) == 1);
	bytes_free(&der);
}

/* The content octets of the INTEGER. */
static int
put_serial(ASN1_OCTET_STRING *out, const ASN1_INTEGER *serial)
{
	unsigned char	*der = NULL;
	int		 len = i2d_ASN1_INTEGER(serial, &der), ok;

	ok = len > 2 && ASN1_STRING_set(out, der + 2, len - 2) == 1;
	OPENSSL_free(der);
	return ok;
}

static void
put_signer_id(SCEP_SIGNER *si, X509 *cert)
{
	SCEP_IAS	*ias = si->sid->d.ias;
	struct bytes	 der = { NULL, 0 };
	int		 len = i2d_X509_NAME(X509_get_issuer_name(cert),
			    &der.data);

	NEED(si->sid->type == SCEP_SID_IAS && len > 0 &&
	    ASN1_STRING_set(ias->issuer, der.data, len) == 1);
	bytes_free(&der);
	NEED(put_serial(ias->serial_octets, X509_get0_serialNumber(cert)));
}

static void
put_algorithms(SCEP_SIGNED *sd, SCEP_SIGNER *si, const EVP_MD *md)
{
	ASN1_OBJECT	*oid = OBJ_nid2obj(EVP_MD_get_type(md));

	NEED(X509_ALGOR_set0(sk_X509_ALGOR_value(sd->digest_algs, 0), oid,
	    V_ASN1_UNDEF, NULL) == 1);
	NEED(X509_ALGOR_set0(si->digest_alg, oid, V_ASN1_UNDEF, NULL) == 1);
	NEED(X509_ALGOR_set0(si->sig_alg, OBJ_nid2obj(NID_ED25519),
	    V_ASN1_UNDEF, NULL) == 1);
}

static void
put_digest(SCEP_SIGNED *sd, SCEP_SIGNER *si, const EVP_MD *md)
{
	unsigned char	 digest[EVP_MAX_MD_SIZE];
	unsigned int	 n;
	SCEP_ATTR	*attr = NULL;
	int		 i;

	for (i = 0; i < sk_SCEP_ATTR_num(si->signed_attrs); i++)
		if (OBJ_obj2nid(sk_SCEP_ATTR_value(si->signed_attrs,
		    i)->type) == NID_pkcs9_messageDigest)
			attr = sk_SCEP_ATTR_value(si->signed_attrs, i);
	NEED(attr != NULL && EVP_Digest(ASN1_STRING_get0_data(
	    sd->encap->content), (size_t)ASN1_STRING_length(
	    sd->encap->content), digest, &n, md, NULL) == 1);
	NEED(ASN1_STRING_set(sk_ASN1_TYPE_value(attr->values,
	    0)->value.octet_string, digest, (int)n) == 1);
}

static void
sign(SCEP_SIGNER *si, EVP_PKEY *key)
{
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	struct bytes	 attrs = encode(si->signed_attrs,
			    ASN1_ITEM_rptr(SCEP_ATTRS_DER));
	unsigned char	 sig[64];
	size_t		 len = sizeof(sig);

	NEED(EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) == 1);
	NEED(EVP_DigestSign(ctx, sig, &len, attrs.data, attrs.len) == 1);
	NEED(ASN1_STRING_set(si->signature, sig, (int)len) == 1);
	EVP_MD_CTX_free(ctx);
	bytes_free(&attrs);
}

struct bytes
ed_message(const struct client_message *m)
{
	const EVP_MD	*md = m->digest != NULL ? m->digest : EVP_sha512();
	SCEP_CI_SIGNED	*ci = by_another(m);
	SCEP_SIGNED	*sd = ci->signed_data;
	SCEP_SIGNER	*si = sk_SCEP_SIGNER_value(sd->signers, 0);
	struct bytes	 der;

	put_certificate(sd, m->signer);
	put_signer_id(si, m->signer);
	put_algorithms(sd, si, md);
	put_digest(sd, si, md);
	sign(si, m->key);
	der = encode(ci, ASN1_ITEM_rptr(SCEP_CI_SIGNED));
	scep_asn1_free(ci, ASN1_ITEM_rptr(SCEP_CI_SIGNED));
	return der;
}
