/*
 * seal.c - an envelope for the one who signed the request, or for the one who
 * knows its challengePassword (RFC 8894 section 3.1, RFC 5652 section 6).
 */
#include <string.h>

#include <openssl/objects.h>

#include "base/error.h"
#include "wire/asn1.h"
#include "wire/envelope.h"
#include "wire/pwri.h"
#include "wire/rsa.h"

#define KEY_MAX	32
#define IV_MAX	16

/* Output only: RecipientInfos that are encoded already. */
typedef struct {
	ASN1_INTEGER		*version;
	STACK_OF(ASN1_TYPE)	*recipients;
	SCEP_ENCRYPTED		*encrypted;
} ENVELOPED_OUT;
typedef struct {
	ASN1_OBJECT	*type;
	ENVELOPED_OUT	*enveloped;
} CI_OUT;

ASN1_SEQUENCE(ENVELOPED_OUT) = {
	ASN1_SIMPLE(ENVELOPED_OUT, version, ASN1_INTEGER),
	ASN1_SET_OF(ENVELOPED_OUT, recipients, ASN1_ANY),
	ASN1_SIMPLE(ENVELOPED_OUT, encrypted, SCEP_ENCRYPTED),
} static_ASN1_SEQUENCE_END(ENVELOPED_OUT)

ASN1_SEQUENCE(CI_OUT) = {
	ASN1_SIMPLE(CI_OUT, type, ASN1_OBJECT),
	ASN1_EXP(CI_OUT, enveloped, ENVELOPED_OUT, 0),
} static_ASN1_SEQUENCE_END(CI_OUT)

/* What is encrypted, and the key it is encrypted with. */
struct sealed {
	uint8_t		 key[KEY_MAX];
	size_t		 key_len;
	X509_ALGOR	*alg;
	struct scep_buf	 content;
};

/* A DES key has odd parity in each octet (FIPS 46-3); some look at it. */
static void
odd_parity(uint8_t *key, size_t len)
{
	size_t	 i;
	uint8_t	 x;

	for (i = 0; i < len; i++) {
		x = (uint8_t)(key[i] ^ key[i] >> 4);
		x = (uint8_t)(x ^ x >> 2);
		x = (uint8_t)(x ^ x >> 1);
		key[i] = (uint8_t)(key[i] ^ (~x & 1));
	}
}

static enum scep_err
make_key(const struct scep_crypto *crypto, enum scep_cipher cipher,
    uint8_t key[KEY_MAX], struct scep_error *err)
{
	const size_t	 len = (size_t)scep_cipher_key_len(cipher);
	enum scep_err	 rc;

	if ((rc = scep_crypto_random(crypto, key, len, err)) == SCEP_OK &&
	    (cipher == SCEP_3DES || cipher == SCEP_DES))
		odd_parity(key, len);
	return rc;
}

static enum scep_err
wrap_oaep(const struct scep_crypto *crypto, const struct scep_key *to,
    enum scep_wrap wrap, struct scep_span key, struct scep_buf *out,
    struct scep_error *err)
{
	EVP_PKEY	*evp = scep_key_get1_evp(crypto, to);
	EVP_PKEY_CTX	*ctx = NULL;
	int		 ok;

	ok = evp != NULL &&
	    (ctx = EVP_PKEY_CTX_new_from_pkey(crypto->ctx, evp, NULL)) !=
	    NULL && EVP_PKEY_encrypt_init(ctx) == 1 &&
	    scep_wrap_set(crypto, ctx, wrap) &&
	    (out->len = (size_t)EVP_PKEY_get_size(evp)) > 0 &&
	    (out->data = OPENSSL_malloc(out->len)) != NULL &&
	    EVP_PKEY_encrypt(ctx, out->data, &out->len, key.data, key.len) ==
	    1;
	EVP_PKEY_CTX_free(ctx);
	EVP_PKEY_free(evp);
	return ok ? SCEP_OK :
	    scep_fail_ssl(err, SCEP_E_INTERNAL, "encrypt to the signer");
}

static enum scep_err
wrap_key(const struct scep_crypto *crypto, const struct scep_key *to,
    enum scep_wrap wrap, struct scep_span key, struct scep_buf *out,
    struct scep_error *err)
{
	if (wrap == SCEP_WRAP_V15 && to->rsa != NULL)
		return scep_rsa_encrypt(crypto, to->rsa, key, out, err);
	return wrap_oaep(crypto, to, wrap, key, out, err);
}

static enum scep_err
encrypt(const struct scep_crypto *crypto, enum scep_cipher cipher,
    const uint8_t *key, const uint8_t *iv, struct scep_span content,
    struct scep_buf *out, struct scep_error *err)
{
	EVP_CIPHER_CTX	*ctx;
	int		 ok, n = 0, last = 0;

	if ((out->data = OPENSSL_malloc(content.len + 32)) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "encrypted content");
	ctx = EVP_CIPHER_CTX_new();
	ok = ctx != NULL && EVP_EncryptInit_ex2(ctx,
	    scep_crypto_cipher(crypto, cipher), key, iv, NULL) == 1 &&
	    EVP_EncryptUpdate(ctx, out->data, &n, content.data,
	    (int)content.len) == 1 &&
	    EVP_EncryptFinal_ex(ctx, out->data + n, &last) == 1;
	EVP_CIPHER_CTX_free(ctx);
	out->len = (size_t)(n + last);
	return ok ? SCEP_OK :
	    scep_fail_ssl(err, SCEP_E_INTERNAL, "encrypt");
}

static enum scep_err
seal(const struct scep_crypto *crypto, enum scep_cipher cipher,
    struct scep_span content, struct sealed *out, struct scep_error *err)
{
	const size_t	 block = (size_t)scep_cipher_block(cipher);
	uint8_t		 iv[IV_MAX];
	enum scep_err	 rc;

	memset(out, 0, sizeof(*out));
	out->key_len = (size_t)scep_cipher_key_len(cipher);
	if ((rc = make_key(crypto, cipher, out->key, err)) != SCEP_OK ||
	    (rc = scep_crypto_random(crypto, iv, block, err)) != SCEP_OK ||
	    (rc = encrypt(crypto, cipher, out->key, iv, content,
	    &out->content, err)) != SCEP_OK)
		return rc;
	out->alg = scep_alg_new_cipher(cipher, scep_span_make(iv, block));
	return out->alg != NULL ? SCEP_OK :
	    scep_fail_ssl(err, SCEP_E_NOMEM, "envelope");
}

static void
sealed_clear(struct sealed *s)
{
	X509_ALGOR_free(s->alg);
	scep_buf_clear(&s->content);
	OPENSSL_cleanse(s, sizeof(*s));
}

/* Versions 0, issuerAndSerialNumber: what old parsers look for (PROTOCOL
 * C-090, C-091). */
static enum scep_err
encode(const struct scep_cert *recipient, X509_ALGOR *wrap_alg,
    const struct scep_buf *ek, const struct sealed *s, struct scep_buf *out,
    struct scep_error *err)
{
	static const uint8_t	 zero = 0;
	ASN1_STRING	 version = scep_asn1_string(V_ASN1_INTEGER,
			    scep_span_make(&zero, 1));
	ASN1_STRING	 issuer = scep_asn1_string(V_ASN1_SEQUENCE,
			    recipient->issuer);
	ASN1_STRING	 key = scep_asn1_string(V_ASN1_OCTET_STRING,
			    scep_buf_span(ek));
	ASN1_STRING	 content = scep_asn1_string(V_ASN1_OCTET_STRING,
			    scep_buf_span(&s->content));
	ASN1_STRING	 serial = scep_asn1_string(V_ASN1_OCTET_STRING,
			    recipient->serial);
	SCEP_IAS	 ias = { &issuer, &serial };
	SCEP_SID	 rid = { SCEP_SID_IAS, { &ias } };
	SCEP_KTRI	 ktri = { &version, &rid, wrap_alg, &key };
	SCEP_ENCRYPTED	 encrypted = { OBJ_nid2obj(NID_pkcs7_data),
			    s->alg, &content };
	SCEP_ENVELOPED	 ed = { &version, NULL, NULL, &encrypted, NULL };
	SCEP_CI_ENVELOPED	 ci = { OBJ_nid2obj(NID_pkcs7_enveloped),
				    &ed };
	enum scep_err	 rc;

	ed.recipients = sk_SCEP_KTRI_new_null();
	if (ed.recipients == NULL ||
	    sk_SCEP_KTRI_push(ed.recipients, &ktri) == 0)
		rc = scep_fail_ssl(err, SCEP_E_NOMEM, "envelope");
	else
		rc = scep_asn1_encode(&ci, ASN1_ITEM_rptr(SCEP_CI_ENVELOPED),
		    out, err);
	sk_SCEP_KTRI_free(ed.recipients);
	return rc;
}

enum scep_err
scep_envelope_seal(const struct scep_crypto *crypto,
    const struct scep_cert *recipient, const struct scep_key *to,
    enum scep_cipher cipher, enum scep_wrap wrap, struct scep_span content,
    struct scep_buf *out, struct scep_error *err)
{
	struct sealed	 s;
	struct scep_buf	 ek = { NULL, 0 };
	X509_ALGOR	*wrap_alg = NULL;
	enum scep_err	 rc;

	if ((rc = seal(crypto, cipher, content, &s, err)) == SCEP_OK &&
	    (rc = wrap_key(crypto, to, wrap, scep_span_make(s.key,
	    s.key_len), &ek, err)) == SCEP_OK) {
		if ((wrap_alg = scep_alg_new_wrap(wrap)) == NULL)
			rc = scep_fail_ssl(err, SCEP_E_NOMEM, "envelope");
		else
			rc = encode(recipient, wrap_alg, &ek, &s, out, err);
	}
	X509_ALGOR_free(wrap_alg);
	scep_buf_clear(&ek);
	sealed_clear(&s);
	return rc;
}

/* Version 3: RFC 5652 section 6.1 wants it with such a recipient. */
static enum scep_err
encode_password(struct scep_span recipient, const struct sealed *s,
    struct scep_buf *out, struct scep_error *err)
{
	static const uint8_t	 three = 3;
	ASN1_STRING	 version = scep_asn1_string(V_ASN1_INTEGER,
			    scep_span_make(&three, 1));
	ASN1_STRING	 content = scep_asn1_string(V_ASN1_OCTET_STRING,
			    scep_buf_span(&s->content));
	ASN1_STRING	 tagged = scep_asn1_string(V_ASN1_OTHER, recipient);
	ASN1_TYPE	 any = { V_ASN1_OTHER, { NULL } };
	SCEP_ENCRYPTED	 encrypted = { OBJ_nid2obj(NID_pkcs7_data), s->alg,
			    &content };
	ENVELOPED_OUT	 ed = { &version, sk_ASN1_TYPE_new_null(),
			    &encrypted };
	CI_OUT		 ci = { OBJ_nid2obj(NID_pkcs7_enveloped), &ed };
	enum scep_err	 rc;

	any.value.asn1_string = &tagged;
	if (ed.recipients == NULL ||
	    sk_ASN1_TYPE_push(ed.recipients, &any) == 0)
		rc = scep_fail_ssl(err, SCEP_E_NOMEM, "envelope");
	else
		rc = scep_asn1_encode(&ci, ASN1_ITEM_rptr(CI_OUT), out, err);
	sk_ASN1_TYPE_free(ed.recipients);
	return rc;
}

enum scep_err
scep_envelope_seal_password(const struct scep_crypto *crypto,
    struct scep_span password, enum scep_cipher cipher,
    struct scep_span content, struct scep_buf *out, struct scep_error *err)
{
	struct sealed	 s;
	struct scep_buf	 recipient = { NULL, 0 };
	enum scep_err	 rc;

	if ((rc = seal(crypto, cipher, content, &s, err)) == SCEP_OK &&
	    (rc = scep_pwri_make(crypto, password, cipher,
	    scep_span_make(s.key, s.key_len), &recipient, err)) == SCEP_OK)
		rc = encode_password(scep_buf_span(&recipient), &s, out, err);
	scep_buf_clear(&recipient);
	sealed_clear(&s);
	return rc;
}
