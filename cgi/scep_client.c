/*
 * scep_client.c - what a SCEP client sends: requests, certificates, messages,
 * made by OpenSSL's CMS and X509 code.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "cgi/scep_client.h"

#define OID_MESSAGE_TYPE	"2.16.840.1.113733.1.9.2"
#define OID_SENDER_NONCE	"2.16.840.1.113733.1.9.5"
#define OID_TRANSACTION_ID	"2.16.840.1.113733.1.9.7"
#define DAY			86400

int
scep_client_legacy(void)
{
	const int	 ok = OSSL_PROVIDER_load(NULL, "legacy") != NULL &&
			    OSSL_PROVIDER_load(NULL, "default") != NULL;

	ERR_clear_error();
	return ok;
}

void
bytes_free(struct bytes *b)
{
	OPENSSL_free(b->data);
	b->data = NULL;
	b->len = 0;
}

static struct bytes
from_der(unsigned char *der, int len)
{
	struct bytes	 b = { NULL, 0 };

	if (der != NULL && len > 0) {
		b.data = der;
		b.len = (size_t)len;
	}
	return b;
}

static GENERAL_NAME *
dns_name(const char *dns)
{
	GENERAL_NAME	*name = GENERAL_NAME_new();
	ASN1_IA5STRING	*s = ASN1_IA5STRING_new();

	if (name == NULL || s == NULL || ASN1_STRING_set(s, dns, -1) != 1) {
		GENERAL_NAME_free(name);
		ASN1_IA5STRING_free(s);
		return NULL;
	}
	GENERAL_NAME_set0_value(name, GEN_DNS, s);
	return name;
}

static int
add_san(X509_REQ *req, const char *const *dns)
{
	STACK_OF(X509_EXTENSION)	*exts = sk_X509_EXTENSION_new_null();
	GENERAL_NAMES			*names = GENERAL_NAMES_new();
	GENERAL_NAME			*name;
	X509_EXTENSION			*ext = NULL;
	int				 ok = exts != NULL && names != NULL;

	for (; ok && *dns != NULL; dns++) {
		name = dns_name(*dns);
		ok = name != NULL && sk_GENERAL_NAME_push(names, name) > 0;
		if (!ok)
			GENERAL_NAME_free(name);
	}
	ok = ok && (ext = X509V3_EXT_i2d(NID_subject_alt_name, 0, names)) !=
	    NULL;
	if (ok && sk_X509_EXTENSION_push(exts, ext) <= 0) {
		X509_EXTENSION_free(ext);
		ok = 0;
	}
	ok = ok && X509_REQ_add_extensions(req, exts) == 1;
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	GENERAL_NAMES_free(names);
	return ok;
}

/* A key that brings its digest along takes none. */
static const EVP_MD *
digest_for(EVP_PKEY *key)
{
	return EVP_PKEY_is_a(key, "ED25519") ? NULL : EVP_sha256();
}

struct bytes
scep_client_csr(EVP_PKEY *key, const X509_NAME *subject,
    const char *challenge, const char *const *dns)
{
	X509_REQ	*req = X509_REQ_new();
	unsigned char	*der = NULL;
	int		 len = 0;

	if (req != NULL && X509_REQ_set_version(req, 0) == 1 &&
	    X509_REQ_set_subject_name(req, subject) == 1 &&
	    X509_REQ_set_pubkey(req, key) == 1 &&
	    (challenge == NULL || X509_REQ_add1_attr_by_NID(req,
	    NID_pkcs9_challengePassword, MBSTRING_UTF8,
	    (const unsigned char *)challenge, -1) == 1) &&
	    (dns == NULL || add_san(req, dns)) &&
	    X509_REQ_sign(req, key, digest_for(key)) > 0)
		len = i2d_X509_REQ(req, &der);
	X509_REQ_free(req);
	return from_der(der, len);
}

/* Eight octets of the key's digest: another key, another number. */
static int
set_serial(X509 *cert, EVP_PKEY *key)
{
	unsigned char	 digest[EVP_MAX_MD_SIZE], *der = NULL;
	BIGNUM		*bn = NULL;
	int		 len = i2d_PUBKEY(key, &der), ok;

	ok = len > 0 && EVP_Digest(der, (size_t)len, digest, NULL,
	    EVP_sha256(), NULL) == 1 &&
	    (bn = BN_bin2bn(digest, 8, NULL)) != NULL &&
	    BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(cert)) != NULL;
	BN_free(bn);
	OPENSSL_free(der);
	return ok;
}

X509 *
scep_client_self_signed(EVP_PKEY *key, const X509_NAME *subject)
{
	X509	*cert = X509_new();

	if (cert != NULL && X509_set_version(cert, X509_VERSION_3) == 1 &&
	    set_serial(cert, key) &&
	    X509_gmtime_adj(X509_getm_notBefore(cert), -DAY) != NULL &&
	    X509_gmtime_adj(X509_getm_notAfter(cert), DAY) != NULL &&
	    X509_set_subject_name(cert, subject) == 1 &&
	    X509_set_issuer_name(cert, subject) == 1 &&
	    X509_set_pubkey(cert, key) == 1 &&
	    X509_sign(cert, key, digest_for(key)) > 0)
		return cert;
	X509_free(cert);
	return NULL;
}

struct bytes
scep_client_issuer_and_subject(const X509 *ca, const X509_NAME *subject)
{
	unsigned char	*p, *der;
	int		 a = i2d_X509_NAME(X509_get_subject_name(ca), NULL);
	int		 b = i2d_X509_NAME(subject, NULL);
	int		 len = ASN1_object_size(1, a + b, V_ASN1_SEQUENCE);

	if (a <= 0 || b <= 0 || len <= 0 ||
	    (der = p = OPENSSL_malloc((size_t)len)) == NULL)
		return from_der(NULL, 0);
	ASN1_put_object(&p, 1, a + b, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	i2d_X509_NAME(X509_get_subject_name(ca), &p);
	i2d_X509_NAME(subject, &p);
	return from_der(der, len);
}

struct bytes
scep_client_issuer_and_serial(const X509_NAME *issuer,
    const ASN1_INTEGER *serial)
{
	unsigned char	*p, *der;
	int		 a = i2d_X509_NAME(issuer, NULL);
	int		 b = i2d_ASN1_INTEGER(serial, NULL);
	int		 len = ASN1_object_size(1, a + b, V_ASN1_SEQUENCE);

	if (a <= 0 || b <= 0 || len <= 0 ||
	    (der = p = OPENSSL_malloc((size_t)len)) == NULL)
		return from_der(NULL, 0);
	ASN1_put_object(&p, 1, a + b, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	i2d_X509_NAME(issuer, &p);
	i2d_ASN1_INTEGER(serial, &p);
	return from_der(der, len);
}

static int
add_recipient(CMS_ContentInfo *env, X509 *cert,
    const struct client_message *m)
{
	CMS_RecipientInfo	*ri;
	EVP_PKEY_CTX		*ctx;
	unsigned int		 flags = CMS_BINARY;

	flags |= m->use_ski ? CMS_USE_KEYID : 0;
	flags |= m->oaep ? CMS_KEY_PARAM : 0;
	if ((ri = CMS_add1_recipient_cert(env, cert, flags)) == NULL)
		return 0;
	return !m->oaep || ((ctx = CMS_RecipientInfo_get0_pkey_ctx(ri)) !=
	    NULL && EVP_PKEY_CTX_set_rsa_padding(ctx,
	    RSA_PKCS1_OAEP_PADDING) == 1 && (m->oaep_digest == NULL ||
	    (EVP_PKEY_CTX_set_rsa_oaep_md(ctx, m->oaep_digest) == 1 &&
	    EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, m->oaep_digest) == 1)));
}

/* Encrypt or sign data, which ends up in cms; cms is freed. */
static struct bytes
finish(CMS_ContentInfo *cms, int ok, const struct bytes *data)
{
	BIO		*in;
	unsigned char	*der = NULL;
	int		 len = 0;

	in = BIO_new_mem_buf(data->data != NULL ? (const void *)data->data :
	    "", (int)data->len);
	if (ok && in != NULL && CMS_final(cms, in, NULL, CMS_BINARY) == 1)
		len = i2d_CMS_ContentInfo(cms, &der);
	BIO_free(in);
	CMS_ContentInfo_free(cms);
	return from_der(der, len);
}

static struct bytes
envelope(const struct client_message *m)
{
	CMS_ContentInfo	*env;
	int		 i, ok;

	env = CMS_encrypt(NULL, NULL, m->cipher != NULL ? m->cipher :
	    EVP_aes_128_cbc(), CMS_PARTIAL | CMS_BINARY);
	ok = env != NULL;
	for (i = 0; ok && i < 8 && m->recipient[i] != NULL; i++)
		ok = add_recipient(env, m->recipient[i], m);
	return finish(env, ok, &m->content);
}

static int
add_attr(CMS_SignerInfo *si, const char *oid, int type, const void *data,
    size_t len)
{
	ASN1_OBJECT	*obj = OBJ_txt2obj(oid, 1);
	int		 ok;

	ok = obj != NULL && CMS_signed_add1_attr_by_OBJ(si, obj, type, data,
	    (int)len) == 1;
	ASN1_OBJECT_free(obj);
	return ok;
}

static int
add_attrs(CMS_SignerInfo *si, const struct client_message *m)
{
	char	 type[16];

	(void)snprintf(type, sizeof(type), "%d", m->type);
	return (m->type == -1 || add_attr(si, OID_MESSAGE_TYPE,
	    V_ASN1_PRINTABLESTRING, type, strlen(type))) &&
	    (m->txid == NULL || add_attr(si, OID_TRANSACTION_ID,
	    V_ASN1_PRINTABLESTRING, m->txid, strlen(m->txid))) &&
	    add_attr(si, OID_SENDER_NONCE, V_ASN1_OCTET_STRING, m->nonce,
	    CLIENT_NONCE);
}

struct bytes
scep_client_message(const struct client_message *m)
{
	struct bytes	 env = { NULL, 0 }, der;
	CMS_ContentInfo	*cms;
	CMS_SignerInfo	*si;

	if (!m->no_envelope && (env = envelope(m)).data == NULL)
		return env;
	cms = CMS_sign(NULL, NULL, NULL, NULL, CMS_PARTIAL | CMS_BINARY);
	si = cms == NULL ? NULL : CMS_add1_signer(cms, m->signer, m->key,
	    m->digest != NULL ? m->digest : EVP_sha256(), CMS_BINARY |
	    CMS_NOSMIMECAP);
	der = finish(cms, si != NULL && add_attrs(si, m), &env);
	bytes_free(&env);
	return der;
}
