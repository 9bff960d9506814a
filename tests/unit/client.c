/*
 * client.c - a SCEP client made of OpenSSL's CMS and X509 code.
 *
 * Uses nothing of lib/: what it accepts and what it makes is OpenSSL's word,
 * not ours.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "tests/unit/client.h"

#define OID_MESSAGE_TYPE	"2.16.840.1.113733.1.9.2"
#define OID_PKI_STATUS		"2.16.840.1.113733.1.9.3"
#define OID_FAIL_INFO		"2.16.840.1.113733.1.9.4"
#define OID_SENDER_NONCE	"2.16.840.1.113733.1.9.5"
#define OID_RECIPIENT_NONCE	"2.16.840.1.113733.1.9.6"
#define OID_TRANSACTION_ID	"2.16.840.1.113733.1.9.7"
#define OID_FAIL_INFO_TEXT	"1.3.6.1.5.5.7.24.1"

#define NEED(x)	do {							\
	if (!(x)) {							\
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x);	\
		ERR_print_errors_fp(stderr);				\
		abort();						\
	}								\
} while (0)

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
	struct bytes	 b = { der, (size_t)len };

	NEED(der != NULL && len > 0);
	return b;
}

static X509_NAME *
name_of(const char *subject)
{
	X509_NAME	*name = X509_NAME_new();
	char		*copy = OPENSSL_strdup(subject), *p, *next, *value;

	NEED(name != NULL && copy != NULL);
	for (p = copy; *p == '/'; p = next) {
		next = p + 1 + strcspn(p + 1, "/");
		value = memchr(p, '=', (size_t)(next - p));
		NEED(value != NULL);
		*value++ = '\0';
		NEED(X509_NAME_add_entry_by_txt(name, p + 1, MBSTRING_UTF8,
		    (unsigned char *)value, (int)(next - value), -1, 0) == 1);
		if (*next == '\0')
			break;
	}
	OPENSSL_free(copy);
	return name;
}

static void
add_san(X509_REQ *req, const char *const *dns)
{
	STACK_OF(X509_EXTENSION)	*exts = sk_X509_EXTENSION_new_null();
	GENERAL_NAMES			*names = GENERAL_NAMES_new();
	GENERAL_NAME			*name;
	ASN1_IA5STRING			*s;
	X509_EXTENSION			*ext;

	NEED(exts != NULL && names != NULL);
	for (; *dns != NULL; dns++) {
		NEED((name = GENERAL_NAME_new()) != NULL);
		NEED((s = ASN1_IA5STRING_new()) != NULL);
		NEED(ASN1_STRING_set(s, *dns, -1) == 1);
		GENERAL_NAME_set0_value(name, GEN_DNS, s);
		NEED(sk_GENERAL_NAME_push(names, name) > 0);
	}
	NEED((ext = X509V3_EXT_i2d(NID_subject_alt_name, 0, names)) != NULL);
	NEED(sk_X509_EXTENSION_push(exts, ext) > 0);
	NEED(X509_REQ_add_extensions(req, exts) == 1);
	sk_X509_EXTENSION_pop_free(exts, X509_EXTENSION_free);
	GENERAL_NAMES_free(names);
}

struct bytes
client_csr(EVP_PKEY *key, const char *subject, const char *challenge,
    const char *const *dns)
{
	X509_REQ	*req = X509_REQ_new();
	X509_NAME	*name = name_of(subject);
	unsigned char	*der = NULL;
	int		 len;

	NEED(req != NULL && X509_REQ_set_version(req, 0) == 1);
	NEED(X509_REQ_set_subject_name(req, name) == 1);
	NEED(X509_REQ_set_pubkey(req, key) == 1);
	if (challenge != NULL)
		NEED(X509_REQ_add1_attr_by_NID(req, NID_pkcs9_challengePassword,
		    MBSTRING_UTF8, (const unsigned char *)challenge, -1) == 1);
	if (dns != NULL)
		add_san(req, dns);
	NEED(X509_REQ_sign(req, key, EVP_sha256()) > 0);
	len = i2d_X509_REQ(req, &der);
	X509_NAME_free(name);
	X509_REQ_free(req);
	return from_der(der, len);
}

X509 *
client_self_signed(EVP_PKEY *key, const char *subject)
{
	X509		*cert = X509_new();
	X509_NAME	*name = name_of(subject);
	unsigned char	 serial[8];
	BIGNUM		*bn;

	NEED(cert != NULL && X509_set_version(cert, X509_VERSION_3) == 1);
	NEED(RAND_bytes(serial, sizeof(serial)) == 1);
	NEED((bn = BN_bin2bn(serial, sizeof(serial), NULL)) != NULL);
	NEED(BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(cert)) != NULL);
	BN_free(bn);
	NEED(X509_gmtime_adj(X509_getm_notBefore(cert), -86400) != NULL);
	NEED(X509_gmtime_adj(X509_getm_notAfter(cert), 86400) != NULL);
	NEED(X509_set_subject_name(cert, name) == 1);
	NEED(X509_set_issuer_name(cert, name) == 1);
	NEED(X509_set_pubkey(cert, key) == 1);
	NEED(X509_sign(cert, key, EVP_sha256()) > 0);
	X509_NAME_free(name);
	return cert;
}

struct bytes
client_issuer_and_subject(X509 *ca, const char *subject)
{
	X509_NAME	*name = name_of(subject);
	unsigned char	*p, *der;
	int		 a = i2d_X509_NAME(X509_get_subject_name(ca), NULL);
	int		 b = i2d_X509_NAME(name, NULL);
	int		 len = ASN1_object_size(1, a + b, V_ASN1_SEQUENCE);

	NEED((der = p = OPENSSL_malloc((size_t)len)) != NULL);
	ASN1_put_object(&p, 1, a + b, V_ASN1_SEQUENCE, V_ASN1_UNIVERSAL);
	i2d_X509_NAME(X509_get_subject_name(ca), &p);
	i2d_X509_NAME(name, &p);
	X509_NAME_free(name);
	return from_der(der, len);
}

static void
add_recipient(CMS_ContentInfo *env, X509 *cert,
    const struct client_message *m)
{
	CMS_RecipientInfo	*ri;
	EVP_PKEY_CTX		*ctx;
	unsigned int		 flags = CMS_BINARY;

	flags |= m->use_ski ? CMS_USE_KEYID : 0;
	flags |= m->oaep ? CMS_KEY_PARAM : 0;
	NEED((ri = CMS_add1_recipient_cert(env, cert, flags)) != NULL);
	if (!m->oaep)
		return;
	NEED((ctx = CMS_RecipientInfo_get0_pkey_ctx(ri)) != NULL);
	NEED(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1);
}

static struct bytes
envelope(const struct client_message *m)
{
	const EVP_CIPHER	*cipher = m->cipher != NULL ? m->cipher :
				    EVP_aes_128_cbc();
	CMS_ContentInfo		*env;
	BIO			*in;
	unsigned char		*der = NULL;
	int			 i, len;

	env = CMS_encrypt(NULL, NULL, cipher, CMS_PARTIAL | CMS_BINARY);
	NEED(env != NULL);
	for (i = 0; i < 8 && m->recipient[i] != NULL; i++)
		add_recipient(env, m->recipient[i], m);
	NEED((in = BIO_new_mem_buf(m->content.data, (int)m->content.len)) !=
	    NULL);
	NEED(CMS_final(env, in, NULL, CMS_BINARY) == 1);
	len = i2d_CMS_ContentInfo(env, &der);
	BIO_free(in);
	CMS_ContentInfo_free(env);
	return from_der(der, len);
}

static void
add_attr(CMS_SignerInfo *si, const char *oid, int type, const void *data,
    size_t len)
{
	ASN1_OBJECT	*obj = OBJ_txt2obj(oid, 1);

	NEED(obj != NULL && CMS_signed_add1_attr_by_OBJ(si, obj, type, data,
	    (int)len) == 1);
	ASN1_OBJECT_free(obj);
}

static void
add_attrs(CMS_SignerInfo *si, const struct client_message *m)
{
	unsigned char	 nonce[16];
	char		 type[16];

	if (m->type != -1) {
		(void)snprintf(type, sizeof(type), "%d", m->type);
		add_attr(si, OID_MESSAGE_TYPE, V_ASN1_PRINTABLESTRING, type,
		    strlen(type));
	}
	if (m->txid != NULL)
		add_attr(si, OID_TRANSACTION_ID, V_ASN1_PRINTABLESTRING,
		    m->txid, strlen(m->txid));
	NEED(RAND_bytes(nonce, sizeof(nonce)) == 1);
	add_attr(si, OID_SENDER_NONCE, V_ASN1_OCTET_STRING,
	    m->nonce != NULL ? m->nonce : nonce, 16);
}

struct bytes
client_message(const struct client_message *m)
{
	const EVP_MD	*md = m->digest != NULL ? m->digest : EVP_sha256();
	struct bytes	 env = { NULL, 0 };
	CMS_ContentInfo	*cms;
	CMS_SignerInfo	*si;
	BIO		*in;
	unsigned char	*der = NULL;
	int		 len;

	if (!m->no_envelope)
		env = envelope(m);
	cms = CMS_sign(NULL, NULL, NULL, NULL, CMS_PARTIAL | CMS_BINARY);
	NEED(cms != NULL);
	si = CMS_add1_signer(cms, m->signer, m->key, md, CMS_BINARY |
	    CMS_NOSMIMECAP);
	NEED(si != NULL);
	add_attrs(si, m);
	NEED((in = BIO_new_mem_buf(env.data != NULL ? (const void *)env.data :
	    "", (int)env.len)) != NULL);
	NEED(CMS_final(cms, in, NULL, CMS_BINARY) == 1);
	len = i2d_CMS_ContentInfo(cms, &der);
	BIO_free(in);
	CMS_ContentInfo_free(cms);
	bytes_free(&env);
	return from_der(der, len);
}

#define SEGMENT	100		/* octets of an OCTET STRING's part */

/* BER is at most this much longer: 4 octets for each that is constructed. */
static unsigned char *
put(unsigned char *out, const void *data, size_t len)
{
	memcpy(out, data, len);
	return out + len;
}

/* An OCTET STRING, or one with an implicit tag, in segments. */
static unsigned char *
put_segments(unsigned char *out, unsigned char tag, const unsigned char *data,
    size_t len)
{
	size_t	 n;

	*out++ = tag | V_ASN1_CONSTRUCTED;
	*out++ = 0x80;
	for (; len > 0; data += n, len -= n) {
		n = len < SEGMENT ? len : SEGMENT;
		*out++ = V_ASN1_OCTET_STRING;
		*out++ = (unsigned char)n;
		out = put(out, data, n);
	}
	return put(out, "\0", 2);
}

/*
 * One value after another.  certificates [0] of SignedData is the only [0]
 * that stands behind a SET and a SEQUENCE: it is left alone.
 */
static unsigned char *
put_ber(unsigned char *out, const unsigned char *p, const unsigned char *end)
{
	const unsigned char	*start;
	unsigned char		 tag, last = 0, before = 0;
	long			 len;
	int			 number, class;

	for (; p < end; p += len, before = last, last = tag) {
		start = p;
		tag = *p;
		NEED((ASN1_get_object(&p, &len, &number, &class, end - p) &
		    0x80) == 0);
		if (tag == V_ASN1_OCTET_STRING || tag == 0x80)
			out = put_segments(out, tag, p, (size_t)len);
		else if ((tag & V_ASN1_CONSTRUCTED) == 0 || (tag == 0xa0 &&
		    last == 0x30 && before == 0x31))
			out = put(out, start, (size_t)(p + len - start));
		else {
			*out++ = tag;
			*out++ = 0x80;
			out = put(put_ber(out, p, p + len), "\0", 2);
		}
	}
	return out;
}

struct bytes
client_to_ber(const struct bytes *der)
{
	unsigned char	*out = OPENSSL_malloc(3 * der->len), *end;

	NEED(out != NULL);
	end = put_ber(out, der->data, der->data + der->len);
	return from_der(out, (int)(end - out));
}

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

/* The content cipher, which the CMS API hides: a walk over the DER. */
static int
cipher_of(const unsigned char *der, long len)
{
	const unsigned char	*p = der, *end = der + len;
	PKCS7			*p7 = d2i_PKCS7(NULL, &p, len);
	int			 nid = NID_undef;

	if (p7 != NULL && p == end && PKCS7_type_is_enveloped(p7))
		nid = OBJ_obj2nid(
		    p7->d.enveloped->enc_data->algorithm->algorithm);
	PKCS7_free(p7);
	ERR_clear_error();
	return nid;
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
	for (i = 0; i < r->n_certs; i++)
		if (r->cert == NULL || EVP_PKEY_eq(X509_get0_pubkey(
		    sk_X509_value(certs, i)), key) == 1) {
			X509_free(r->cert);
			r->cert = sk_X509_value(certs, i);
			X509_up_ref(r->cert);
		}
	PKCS7_free(p7);
	ERR_clear_error();
	return r->cert != NULL ? 1 : wrong(r, "no certificate inside");
}

static int
read_envelope(struct client_reply *r, BIO *content, EVP_PKEY *key,
    X509 *signer)
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
	r->cipher_nid = cipher_of(p, len);
	if ((env = d2i_CMS_ContentInfo(NULL, &p, len)) == NULL ||
	    p != (const unsigned char *)data + len ||
	    CMS_decrypt(env, key, signer, NULL, plain, CMS_BINARY) != 1)
		(void)wrong(r, "cannot decrypt");
	else
		ok = read_certs(r, plain, key);
	CMS_ContentInfo_free(env);
	BIO_free(plain);
	return ok;
}

static int
read_signed(struct client_reply *r, CMS_ContentInfo *cms, EVP_PKEY *key,
    X509 *signer, X509 *ra)
{
	STACK_OF(CMS_SignerInfo)	*infos = CMS_get0_SignerInfos(cms);
	STACK_OF(X509)			*certs = sk_X509_new_null();
	BIO				*content = BIO_new(BIO_s_mem());
	BIO				*empty = BIO_new_mem_buf("", 0);
	ASN1_OCTET_STRING		**ec = CMS_get0_content(cms);
	X509_ALGOR			*digest;
	int				 ok = 0;

	NEED(certs != NULL && content != NULL && empty != NULL);
	NEED(sk_X509_push(certs, ra) > 0);
	BIO_set_mem_eof_return(empty, 0);
	/* The signer must be the RA that we know, not one from the message. */
	if (infos == NULL || sk_CMS_SignerInfo_num(infos) != 1 ||
	    CMS_verify(cms, certs, NULL, ec == NULL || *ec == NULL ? empty :
	    NULL, content, CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY |
	    CMS_NOINTERN) != 1)
		(void)wrong(r, "signature");
	else {
		CMS_SignerInfo_get0_algs(sk_CMS_SignerInfo_value(infos, 0),
		    NULL, NULL, &digest, NULL);
		r->digest_nid = OBJ_obj2nid(digest->algorithm);
		ok = read_attrs(sk_CMS_SignerInfo_value(infos, 0), r) &&
		    read_envelope(r, content, key, signer);
	}
	sk_X509_free(certs);
	BIO_free(content);
	BIO_free(empty);
	return ok;
}

void
client_reply_read(const unsigned char *der, size_t len, EVP_PKEY *key,
    X509 *signer, X509 *ra, struct client_reply *out)
{
	const unsigned char	*p = der;
	CMS_ContentInfo		*cms;

	memset(out, 0, sizeof(*out));
	out->status = out->fail_info = -1;
	if ((cms = d2i_CMS_ContentInfo(NULL, &p, (long)len)) == NULL ||
	    p != der + len ||
	    OBJ_obj2nid(CMS_get0_type(cms)) != NID_pkcs7_signed)
		(void)wrong(out, "no SignedData");
	else if (!read_signed(out, cms, key, signer, ra))
		out->status = -1;
	CMS_ContentInfo_free(cms);
	ERR_clear_error();
}

void
client_reply_clear(struct client_reply *r)
{
	X509_free(r->cert);
	r->cert = NULL;
}
