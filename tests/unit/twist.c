/*
 * twist.c - good messages with one thing changed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/error.h"
#include "wire/message.h"

#include "tests/unit/der_make.h"
#include "tests/unit/twist.h"

#define NEED(x)	do {							\
	if (!(x)) {							\
		fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x);	\
		ERR_print_errors_fp(stderr);				\
		abort();						\
	}								\
} while (0)

/* Recipients by key identifier need one. */
static void
add_key_id(X509 *x, EVP_PKEY *key)
{
	ASN1_OCTET_STRING	*id = ASN1_OCTET_STRING_new();

	NEED(id != NULL && ASN1_STRING_set(id, "RA key identifier", -1) == 1);
	NEED(X509_add1_ext_i2d(x, NID_subject_key_identifier, id, 0, 0) ==
	    1);
	NEED(X509_sign(x, key, EVP_sha256()) > 0);
	ASN1_OCTET_STRING_free(id);
}

void
twist_open(struct twist_bench *b)
{
	struct scep_error	 err;
	unsigned char		*der = NULL;
	int			 len;

	memset(b, 0, sizeof(*b));
	NEED(scep_crypto_new(NULL, &b->crypto, &err) == SCEP_OK);
	b->ra_key = der_key(1);
	b->key = der_key(2);
	b->self = client_self_signed(b->key, "/O=Twist/CN=device");
	b->ra_cert = client_self_signed(b->ra_key, "/O=Twist/CN=RA");
	add_key_id(b->ra_cert, b->ra_key);
	NEED((len = i2d_X509(b->ra_cert, &der)) > 0);
	NEED(scep_cert_parse(b->crypto, scep_span_make(der, (size_t)len),
	    &b->ra, &err) == SCEP_OK);
	OPENSSL_free(der);
	NEED(scep_opener_init(b->crypto, &b->ra, b->ra_key, &b->opener,
	    &err) == SCEP_OK);
	b->rules.digests = SCEP_BIT(SCEP_SHA256) | SCEP_BIT(SCEP_SHA384) |
	    SCEP_BIT(SCEP_SHA512);
	b->rules.ciphers = SCEP_BIT(SCEP_AES128) | SCEP_BIT(SCEP_AES192) |
	    SCEP_BIT(SCEP_AES256);
	b->rules.signer.types = SCEP_BIT(SCEP_KEY_RSA);
	b->rules.signer.min_rsa_bits = 2048;
	b->rules.signer.max_rsa_bits = 4096;
	b->csr = client_csr(b->key, "/O=Twist/CN=device", "secret", NULL);
}

void
twist_close(struct twist_bench *b)
{
	bytes_free(&b->csr);
	scep_opener_clear(&b->opener);
	scep_cert_clear(&b->ra);
	X509_free(b->ra_cert);
	X509_free(b->self);
	EVP_PKEY_free(b->ra_key);
	EVP_PKEY_free(b->key);
	scep_crypto_free(b->crypto);
}

struct client_message
twist_plain(const struct twist_bench *b)
{
	struct client_message	 m = {
		.type = 19,
		.txid = TWIST_TXID,
		.nonce = (const unsigned char *)TWIST_NONCE,
		.key = b->key,
		.signer = b->self,
		.recipient = { b->ra_cert },
		.content = b->csr,
	};

	return m;
}

const char *
twist_oid(enum scep_attr attr)
{
	static const char *const	 oids[SCEP_ATTR__MAX] = {
		[SCEP_ATTR_CONTENT_TYPE] = "1.2.840.113549.1.9.3",
		[SCEP_ATTR_MESSAGE_DIGEST] = "1.2.840.113549.1.9.4",
		[SCEP_ATTR_SIGNING_TIME] = "1.2.840.113549.1.9.5",
		[SCEP_ATTR_MESSAGE_TYPE] = "2.16.840.1.113733.1.9.2",
		[SCEP_ATTR_PKI_STATUS] = "2.16.840.1.113733.1.9.3",
		[SCEP_ATTR_FAIL_INFO] = "2.16.840.1.113733.1.9.4",
		[SCEP_ATTR_SENDER_NONCE] = "2.16.840.1.113733.1.9.5",
		[SCEP_ATTR_RECIPIENT_NONCE] = "2.16.840.1.113733.1.9.6",
		[SCEP_ATTR_TRANSACTION_ID] = "2.16.840.1.113733.1.9.7",
		[SCEP_ATTR_FAIL_INFO_TEXT] = "1.3.6.1.5.5.7.24.1",
	};

	return oids[attr];
}

static int
is_oid(const ASN1_OBJECT *oid, const char *dotted)
{
	char	 text[80];

	return OBJ_obj2txt(text, (int)sizeof(text), oid, 1) > 0 &&
	    strcmp(text, dotted) == 0;
}

STACK_OF(SCEP_ATTR) *
twist_attrs(SCEP_SIGNED *sd)
{
	return sk_SCEP_SIGNER_value(sd->signers, 0)->signed_attrs;
}

SCEP_ATTR *
twist_attr(SCEP_SIGNED *sd, const char *oid)
{
	STACK_OF(SCEP_ATTR)	*attrs = twist_attrs(sd);
	int			 i;

	for (i = 0; i < sk_SCEP_ATTR_num(attrs); i++)
		if (is_oid(sk_SCEP_ATTR_value(attrs, i)->type, oid))
			return sk_SCEP_ATTR_value(attrs, i);
	return NULL;
}

void
twist_drop(SCEP_SIGNED *sd, const char *oid)
{
	SCEP_ATTR	*attr = twist_attr(sd, oid);

	NEED(attr != NULL);
	NEED(sk_SCEP_ATTR_delete_ptr(twist_attrs(sd), attr) == attr);
	scep_asn1_free(attr, ASN1_ITEM_rptr(SCEP_ATTR));
}

void
twist_value(SCEP_ATTR *attr, int type, const void *data, int len)
{
	ASN1_TYPE	*any = ASN1_TYPE_new();
	ASN1_STRING	*s;

	NEED(any != NULL);
	if (type == V_ASN1_OBJECT)
		ASN1_TYPE_set(any, type, OBJ_txt2obj(data, 0));
	else if (type == V_ASN1_NULL)
		ASN1_TYPE_set(any, type, NULL);
	else {
		NEED((s = ASN1_STRING_type_new(type)) != NULL);
		NEED(ASN1_STRING_set(s, data, len) == 1);
		ASN1_TYPE_set(any, type, s);
	}
	NEED(sk_ASN1_TYPE_push(attr->values, any) > 0);
}

void
twist_add(SCEP_SIGNED *sd, const char *oid, int type, const void *data,
    int len)
{
	SCEP_ATTR	*attr;

	attr = (SCEP_ATTR *)ASN1_item_new(ASN1_ITEM_rptr(SCEP_ATTR));
	NEED(attr != NULL);
	ASN1_OBJECT_free(attr->type);
	NEED((attr->type = OBJ_txt2obj(oid, 1)) != NULL);
	twist_value(attr, type, data, len);
	NEED(sk_SCEP_ATTR_push(twist_attrs(sd), attr) > 0);
}

void
twist_alg(X509_ALGOR *alg, const char *oid, int type, const void *data,
    int len)
{
	ASN1_STRING	*s = NULL;

	if (type != V_ASN1_UNDEF && type != V_ASN1_NULL) {
		NEED((s = ASN1_STRING_type_new(type)) != NULL);
		NEED(ASN1_STRING_set(s, data, len) == 1);
	}
	NEED(X509_ALGOR_set0(alg, OBJ_txt2obj(oid, 0), type, s) == 1);
}

static struct bytes
encode(const void *value, const ASN1_ITEM *it)
{
	struct bytes	 b = { NULL, 0 };
	int		 len = ASN1_item_i2d(value, &b.data, it);

	NEED(len > 0);
	b.len = (size_t)len;
	return b;
}

/* The digest that the signer names; SHA-256 for one that OpenSSL does not
 * know either. */
static const EVP_MD *
digest_of(const SCEP_SIGNER *si)
{
	const EVP_MD	*md = EVP_get_digestbyobj(si->digest_alg->algorithm);

	return md != NULL ? md : EVP_sha256();
}

static void
set_message_digest(SCEP_SIGNED *sd, const EVP_MD *md)
{
	SCEP_ATTR	*attr = twist_attr(sd,
			    twist_oid(SCEP_ATTR_MESSAGE_DIGEST));
	unsigned char	 digest[EVP_MAX_MD_SIZE];
	unsigned int	 n;

	if (attr == NULL || sk_ASN1_TYPE_num(attr->values) != 1 ||
	    sk_ASN1_TYPE_value(attr->values, 0)->type != V_ASN1_OCTET_STRING)
		return;
	NEED(EVP_Digest(ASN1_STRING_get0_data(sd->encap->content),
	    (size_t)ASN1_STRING_length(sd->encap->content), digest, &n, md,
	    NULL) == 1);
	NEED(ASN1_STRING_set(sk_ASN1_TYPE_value(attr->values,
	    0)->value.octet_string, digest, (int)n) == 1);
}

static void
sign_again(SCEP_SIGNED *sd, EVP_PKEY *key)
{
	SCEP_SIGNER	*si = sk_SCEP_SIGNER_value(sd->signers, 0);
	const EVP_MD	*md = digest_of(si);
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	struct bytes	 attrs;
	unsigned char	 sig[1024];
	size_t		 len = sizeof(sig);

	if (sd->encap->content != NULL)
		set_message_digest(sd, md);
	attrs = encode(si->signed_attrs, ASN1_ITEM_rptr(SCEP_ATTRS_DER));
	NEED(EVP_DigestSignInit(ctx, NULL, md, NULL, key) == 1);
	NEED(EVP_DigestSign(ctx, sig, &len, attrs.data, attrs.len) == 1);
	NEED(ASN1_STRING_set(si->signature, sig, (int)len) == 1);
	EVP_MD_CTX_free(ctx);
	bytes_free(&attrs);
}

static void
twist_inside(SCEP_SIGNED *sd, const struct twist *t)
{
	SCEP_CI_ENVELOPED	*env;
	struct bytes		 der, ber;

	env = scep_asn1_parse(scep_asn1_span(sd->encap->content),
	    ASN1_ITEM_rptr(SCEP_CI_ENVELOPED));
	NEED(env != NULL);
	if (t->inside != NULL)
		t->inside(env->enveloped, t->arg);
	der = encode(env, ASN1_ITEM_rptr(SCEP_CI_ENVELOPED));
	if (t->ber_inside) {
		ber = client_to_ber(&der);
		bytes_free(&der);
		der = ber;
	}
	NEED(ASN1_STRING_set(sd->encap->content, der.data, (int)der.len) ==
	    1);
	bytes_free(&der);
	scep_asn1_free(env, ASN1_ITEM_rptr(SCEP_CI_ENVELOPED));
}

struct bytes
twist_message(const struct twist_bench *b, const struct bytes *der,
    const struct twist *t)
{
	SCEP_CI_SIGNED	*ci;
	struct bytes	 out;

	ci = scep_asn1_parse(scep_span_make(der->data, der->len),
	    ASN1_ITEM_rptr(SCEP_CI_SIGNED));
	NEED(ci != NULL);
	if (t->inside != NULL || t->ber_inside)
		twist_inside(ci->signed_data, t);
	if (t->before != NULL)
		t->before(ci->signed_data, t->arg);
	if (sk_SCEP_SIGNER_num(ci->signed_data->signers) > 0)
		sign_again(ci->signed_data, t->key != NULL ? t->key : b->key);
	if (t->after != NULL)
		t->after(ci, t->arg);
	out = encode(ci, ASN1_ITEM_rptr(SCEP_CI_SIGNED));
	scep_asn1_free(ci, ASN1_ITEM_rptr(SCEP_CI_SIGNED));
	return out;
}

struct bytes
twist_good(const struct twist_bench *b, const struct twist *t)
{
	const struct client_message	 m = twist_plain(b);
	struct bytes			 der = client_message(&m), out;

	out = twist_message(b, &der, t);
	bytes_free(&der);
	return out;
}

enum scep_err
twist_read(const struct twist_bench *b, const struct bytes *der,
    struct scep_address *addr, struct scep_message **msg)
{
	struct scep_error	 err = { SCEP_OK, "" };
	enum scep_err		 rc;
	size_t			 trailing;

	rc = scep_message_read(b->crypto, &b->rules, time(NULL),
	    scep_span_make(der->data, der->len), addr, &trailing, msg, &err);
	NEED(ERR_peek_error() == 0);
	NEED((rc == SCEP_OK) == (*msg != NULL));
	NEED(rc == SCEP_OK || (err.code == rc && err.text[0] != '\0'));
	/* What needs an address has one, what has none says so. */
	NEED(addr->complete || rc == SCEP_E_FORMAT);
	NEED(!addr->complete || (addr->txid_len > 0 && addr->nonce_len > 0 &&
	    addr->signer.der.len > 0));
	return rc;
}

enum scep_err
twist_verdict(const struct twist_bench *b, const struct bytes *der,
    int *complete)
{
	struct scep_address	 addr;
	struct scep_message	*msg;
	enum scep_err		 rc = twist_read(b, der, &addr, &msg);

	if (complete != NULL)
		*complete = addr.complete;
	scep_message_free(msg);
	scep_address_clear(&addr);
	return rc;
}

enum scep_err
twist_tried(const struct twist_bench *b, struct bytes der, int *complete)
{
	enum scep_err	 rc = twist_verdict(b, &der, complete);

	bytes_free(&der);
	return rc;
}

static struct bytes
from_bio(BIO *bio)
{
	struct bytes	 b = { NULL, 0 };
	char		*data;
	long		 len = BIO_get_mem_data(bio, &data);

	if (len > 0) {
		NEED((b.data = OPENSSL_memdup(data, (size_t)len)) != NULL);
		b.len = (size_t)len;
	}
	return b;
}

int
twist_cms_verify(const struct bytes *der, struct bytes *content)
{
	const unsigned char	*p = der->data;
	CMS_ContentInfo		*cms;
	BIO			*out = BIO_new(BIO_s_mem());
	int			 ok;

	cms = d2i_CMS_ContentInfo(NULL, &p, (long)der->len);
	ok = cms != NULL && CMS_verify(cms, NULL, NULL, NULL, out,
	    CMS_NO_SIGNER_CERT_VERIFY | CMS_BINARY) == 1;
	if (content != NULL)
		*content = from_bio(out);
	CMS_ContentInfo_free(cms);
	BIO_free(out);
	ERR_clear_error();
	return ok;
}

int
twist_cms_decrypt(const struct twist_bench *b, const struct bytes *content,
    struct bytes *plain)
{
	const unsigned char	*p = content->data;
	CMS_ContentInfo		*cms;
	BIO			*out = BIO_new(BIO_s_mem());
	int			 ok;

	cms = d2i_CMS_ContentInfo(NULL, &p, (long)content->len);
	ok = cms != NULL && CMS_decrypt(cms, b->ra_key, b->ra_cert, NULL, out,
	    CMS_BINARY) == 1;
	*plain = from_bio(out);
	CMS_ContentInfo_free(cms);
	BIO_free(out);
	ERR_clear_error();
	return ok;
}
