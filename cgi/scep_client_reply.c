/*
 * scep_client_reply.c - what a SCEP client gets: the CertRep and the CA's
 * certificates, read by OpenSSL's CMS and X509 code.
 */
#include <stdio.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/pkcs7.h>
#include <openssl/rsa.h>

#include "cgi/scep_client.h"

#define OID_MESSAGE_TYPE	"2.16.840.1.113733.1.9.2"
#define OID_PKI_STATUS		"2.16.840.1.113733.1.9.3"
#define OID_FAIL_INFO		"2.16.840.1.113733.1.9.4"
#define OID_SENDER_NONCE	"2.16.840.1.113733.1.9.5"
#define OID_RECIPIENT_NONCE	"2.16.840.1.113733.1.9.6"
#define OID_TRANSACTION_ID	"2.16.840.1.113733.1.9.7"
#define OID_FAIL_INFO_TEXT	"1.3.6.1.5.5.7.24.1"

/* One such attribute with one value of just this type, or NULL. */
static const ASN1_STRING *
attr(CMS_SignerInfo *si, const char *oid, int type)
{
	ASN1_OBJECT		*obj = OBJ_txt2obj(oid, 1);
	const ASN1_STRING	*s;

	s = CMS_signed_get0_data_by_OBJ(si, obj, -3, type);
	ASN1_OBJECT_free(obj);
	return s;
}

/* Who the answer is for. */
struct whom {
	EVP_PKEY	*key;
	X509		*signer;
	const char	*password;	/* or NULL */
};

static int
small_number(const ASN1_STRING *s)
{
	return s != NULL && ASN1_STRING_length(s) == 1 &&
	    ASN1_STRING_get0_data(s)[0] >= '0' &&
	    ASN1_STRING_get0_data(s)[0] <= '9' ?
	    ASN1_STRING_get0_data(s)[0] - '0' : -1;
}

static size_t
copy(const ASN1_STRING *s, void *out, size_t size)
{
	size_t	 len = s != NULL ? (size_t)ASN1_STRING_length(s) : 0;

	if (len > size)
		len = size;
	if (len > 0)
		memcpy(out, ASN1_STRING_get0_data(s), len);
	return len;
}

static int
wrong(struct client_reply *r, const char *why)
{
	unsigned long	 e = ERR_peek_last_error();

	(void)snprintf(r->why, sizeof(r->why), "%s%s%s", why, e ? ": " : "",
	    e ? ERR_reason_error_string(e) : "");
	ERR_clear_error();
	r->status = -1;
	return 0;
}

static int
read_attrs(CMS_SignerInfo *si, struct client_reply *r)
{
	const ASN1_STRING	*type, *txid;
	size_t			 n;

	type = attr(si, OID_MESSAGE_TYPE, V_ASN1_PRINTABLESTRING);
	if (small_number(type) != 3)
		return wrong(r, "messageType is not 3");
	r->status = small_number(attr(si, OID_PKI_STATUS,
	    V_ASN1_PRINTABLESTRING));
	if (r->status != 0 && r->status != 2 && r->status != 3)
		return wrong(r, "pkiStatus");
	r->fail_info = small_number(attr(si, OID_FAIL_INFO,
	    V_ASN1_PRINTABLESTRING));
	if ((r->status == 2) != (r->fail_info != -1))
		return wrong(r, "failInfo does not go with pkiStatus");
	n = copy(attr(si, OID_FAIL_INFO_TEXT, V_ASN1_UTF8STRING),
	    r->fail_text, sizeof(r->fail_text) - 1);
	r->fail_text[n] = '\0';
	txid = attr(si, OID_TRANSACTION_ID, V_ASN1_PRINTABLESTRING);
	n = copy(txid, r->txid, sizeof(r->txid) - 1);
	r->txid[n] = '\0';
	r->recipient_nonce_len = copy(attr(si, OID_RECIPIENT_NONCE,
	    V_ASN1_OCTET_STRING), r->recipient_nonce,
	    sizeof(r->recipient_nonce));
	r->sender_nonce_len = copy(attr(si, OID_SENDER_NONCE,
	    V_ASN1_OCTET_STRING), r->sender_nonce, sizeof(r->sender_nonce));
	if (n == 0 || r->recipient_nonce_len == 0 ||
	    r->sender_nonce_len != 16)
		return wrong(r, "transactionID or a nonce");
	return 1;
}

/* Step into (or, with over, past) the next value, which has this tag. */
static int
step(const unsigned char **p, const unsigned char *end, int tag, int over)
{
	long	 len;
	int	 got, class;

	if (*p == NULL || *p >= end || **p != tag ||
	    (ASN1_get_object(p, &len, &got, &class, end - *p) & 0x80) != 0)
		return 0;
	if (over)
		*p += len;
	return 1;
}

/* The content cipher of an envelope that PKCS #7 does not know: a walk over
 * the DER. */
static int
cipher_of(const unsigned char *p, const unsigned char *end)
{
	ASN1_OBJECT	*oid = NULL;
	int		 nid = NID_undef;

	if (step(&p, end, 0x30, 0) && step(&p, end, V_ASN1_OBJECT, 1) &&
	    step(&p, end, 0xa0, 0) && step(&p, end, 0x30, 0) &&
	    step(&p, end, V_ASN1_INTEGER, 1) && step(&p, end, 0x31, 1) &&
	    step(&p, end, 0x30, 0) && step(&p, end, V_ASN1_OBJECT, 1) &&
	    step(&p, end, 0x30, 0) &&
	    (oid = d2i_ASN1_OBJECT(NULL, &p, end - p)) != NULL)
		nid = OBJ_obj2nid(oid);
	ASN1_OBJECT_free(oid);
	return nid;
}

/* The digest of RSAES-OAEP; NID_undef if it is not that. */
static int
oaep_of(const X509_ALGOR *alg)
{
	RSA_OAEP_PARAMS		*params = NULL;
	int			 nid = NID_undef;

	if (OBJ_obj2nid(alg->algorithm) == NID_rsaesOaep &&
	    (params = ASN1_TYPE_unpack_sequence(
	    ASN1_ITEM_rptr(RSA_OAEP_PARAMS), alg->parameter)) != NULL)
		nid = params->hashFunc == NULL ? NID_sha1 :
		    OBJ_obj2nid(params->hashFunc->algorithm);
	RSA_OAEP_PARAMS_free(params);
	return nid;
}

/* Content cipher and key transport, which the CMS API hides. */
static void
read_algorithms(const unsigned char *der, long len, struct client_reply *r)
{
	const unsigned char	*p = der, *end = der + len;
	PKCS7			*p7 = d2i_PKCS7(NULL, &p, len);
	PKCS7_ENVELOPE		*env;

	r->cipher_nid = r->oaep_nid = NID_undef;
	if (p7 == NULL)
		r->cipher_nid = cipher_of(der, end);
	else if (p == end && PKCS7_type_is_enveloped(p7)) {
		env = p7->d.enveloped;
		r->cipher_nid = OBJ_obj2nid(
		    env->enc_data->algorithm->algorithm);
		if (sk_PKCS7_RECIP_INFO_num(env->recipientinfo) == 1)
			r->oaep_nid = oaep_of(sk_PKCS7_RECIP_INFO_value(
			    env->recipientinfo, 0)->key_enc_algor);
	}
	PKCS7_free(p7);
	ERR_clear_error();
}

static int
read_certs(struct client_reply *r, BIO *plain, EVP_PKEY *key)
{
	const unsigned char	*p;
	char			*data;
	long			 len = BIO_get_mem_data(plain, &data);
	PKCS7			*p7;
	STACK_OF(X509)		*certs;
	int			 i;

	p = (const unsigned char *)data;
	if ((p7 = d2i_PKCS7(NULL, &p, len)) == NULL ||
	    p != (const unsigned char *)data + len ||
	    !PKCS7_type_is_signed(p7)) {
		PKCS7_free(p7);
		return wrong(r, "no certs-only message inside");
	}
	certs = p7->d.sign->cert;
	r->n_certs = certs != NULL ? sk_X509_num(certs) : 0;
	r->certs = certs != NULL ? X509_chain_up_ref(certs) : NULL;
	for (i = 0; i < r->n_certs; i++)
		if (r->cert == NULL || EVP_PKEY_eq(X509_get0_pubkey(
		    sk_X509_value(certs, i)), key) == 1) {
			X509_free(r->cert);
			r->cert = sk_X509_value(certs, i);
			X509_up_ref(r->cert);
		}
	r->n_crls = sk_X509_CRL_num(p7->d.sign->crl);
	if (r->n_crls < 0)
		r->n_crls = 0;
	if (r->n_crls > 0) {
		r->crl = sk_X509_CRL_value(p7->d.sign->crl, 0);
		X509_CRL_up_ref(r->crl);
	}
	PKCS7_free(p7);
	ERR_clear_error();
	return r->cert != NULL || r->crl != NULL ? 1 :
	    wrong(r, "neither certificate nor CRL inside");
}

/* RFC 8894 section 3.1: by the key, or by the challengePassword. */
static int
open_envelope(CMS_ContentInfo *env, const struct whom *to, BIO *plain)
{
	unsigned char	*copy;
	int		 ok;

	if (EVP_PKEY_is_a(to->key, "RSA"))
		return CMS_decrypt(env, to->key, to->signer, NULL, plain,
		    CMS_BINARY) == 1;
	if (to->password == NULL || (copy = (unsigned char *)OPENSSL_strdup(
	    to->password)) == NULL)
		return 0;
	ok = CMS_decrypt_set1_password(env, copy, -1) == 1 &&
	    CMS_decrypt(env, NULL, NULL, NULL, plain, CMS_BINARY) == 1;
	OPENSSL_cleanse(copy, strlen(to->password));
	OPENSSL_free(copy);
	return ok;
}

static int
read_envelope(struct client_reply *r, BIO *content, const struct whom *to)
{
	const unsigned char	*p;
	char			*data;
	long			 len = BIO_get_mem_data(content, &data);
	CMS_ContentInfo		*env;
	BIO			*plain = BIO_new(BIO_s_mem());
	int			 ok = 0;

	if (r->status != 0) {
		BIO_free(plain);
		return len == 0 ? 1 : wrong(r, "content without SUCCESS");
	}
	p = (const unsigned char *)data;
	read_algorithms(p, len, r);
	if ((env = d2i_CMS_ContentInfo(NULL, &p, len)) == NULL ||
	    p != (const unsigned char *)data + len ||
	    !open_envelope(env, to, plain))
		(void)wrong(r, "cannot decrypt");
	else
		ok = read_certs(r, plain, to->key);
	CMS_ContentInfo_free(env);
	BIO_free(plain);
	return ok;
}

static int
read_signed(struct client_reply *r, CMS_ContentInfo *cms,
    const struct whom *to, X509 *ra)
{
	STACK_OF(CMS_SignerInfo)	*infos = CMS_get0_SignerInfos(cms);
	STACK_OF(X509)			*certs = sk_X509_new_null();
	BIO				*content = BIO_new(BIO_s_mem());
	BIO				*empty = BIO_new_mem_buf("", 0);
	ASN1_OCTET_STRING		**ec = CMS_get0_content(cms);
	X509_ALGOR			*digest;
	int				 ok = 0;

	if (empty != NULL)
		BIO_set_mem_eof_return(empty, 0);
	/* The signer must be the RA that we know, not one from the message. */
	if (certs == NULL || content == NULL || empty == NULL ||
	    sk_X509_push(certs, ra) <= 0)
		(void)wrong(r, "out of memory");
	else if (infos == NULL || sk_CMS_SignerInfo_num(infos) != 1 ||
	    CMS_verify(cms, certs, NULL, ec == NULL || *ec == NULL ? empty :
	    NULL, content, CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY |
	    CMS_NOINTERN) != 1)
		(void)wrong(r, "signature");
	else {
		CMS_SignerInfo_get0_algs(sk_CMS_SignerInfo_value(infos, 0),
		    NULL, NULL, &digest, NULL);
		r->digest_nid = OBJ_obj2nid(digest->algorithm);
		ok = read_attrs(sk_CMS_SignerInfo_value(infos, 0), r) &&
		    read_envelope(r, content, to);
	}
	sk_X509_free(certs);
	BIO_free(content);
	BIO_free(empty);
	return ok;
}

void
scep_client_reply_open(const unsigned char *der, size_t len, EVP_PKEY *key,
    X509 *signer, const char *password, X509 *ra, struct client_reply *out)
{
	const struct whom	 to = { key, signer, password };
	const unsigned char	*p = der;
	CMS_ContentInfo		*cms;

	memset(out, 0, sizeof(*out));
	out->status = out->fail_info = -1;
	if ((cms = d2i_CMS_ContentInfo(NULL, &p, (long)len)) == NULL ||
	    p != der + len ||
	    OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed)
		(void)wrong(out, "no SignedData");
	else if (!read_signed(out, cms, &to, ra))
		out->status = -1;
	CMS_ContentInfo_free(cms);
	ERR_clear_error();
}

void
scep_client_reply_read(const unsigned char *der, size_t len, EVP_PKEY *key,
    X509 *signer, X509 *ra, struct client_reply *out)
{
	scep_client_reply_open(der, len, key, signer, NULL, ra, out);
}

void
scep_client_reply_clear(struct client_reply *r)
{
	X509_free(r->cert);
	X509_CRL_free(r->crl);
	sk_X509_pop_free(r->certs, X509_free);
	r->cert = NULL;
	r->certs = NULL;
	r->crl = NULL;
}

STACK_OF(X509) *
scep_client_cacert(const unsigned char *der, size_t len, int bundle)
{
	const unsigned char	*p = der;
	STACK_OF(X509)		*certs = NULL;
	PKCS7			*p7 = NULL;
	X509			*cert = NULL;

	if (bundle) {
		if ((p7 = d2i_PKCS7(NULL, &p, (long)len)) != NULL &&
		    p == der + len && PKCS7_type_is_signed(p7) &&
		    sk_X509_num(p7->d.sign->cert) > 0)
			certs = X509_chain_up_ref(p7->d.sign->cert);
	} else if ((cert = d2i_X509(NULL, &p, (long)len)) != NULL &&
	    p == der + len && (certs = sk_X509_new_null()) != NULL &&
	    sk_X509_push(certs, cert) > 0)
		cert = NULL;
	X509_free(cert);
	PKCS7_free(p7);
	ERR_clear_error();
	return certs;
}
