/*
 * seal.c - an envelope for the one who signed the request (RFC 8894 section
 * 3.1, RFC 5652 section 6).
 */
#include <string.h>

#include <openssl/objects.h>
#include <openssl/rsa.h>

#include "base/error.h"
#include "wire/asn1.h"
#include "wire/envelope.h"

#define KEY_MAX	32
#define IV_MAX	16

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
wrap_key(const struct scep_crypto *crypto, EVP_PKEY *to, enum scep_wrap wrap,
    struct scep_span key, struct scep_buf *out, struct scep_error *err)
{
	EVP_PKEY_CTX	*ctx;
	size_t		 len = (size_t)EVP_PKEY_get_size(to);
	int		 ok;

	if ((out->data = OPENSSL_malloc(len)) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "encrypted key");
	ctx = EVP_PKEY_CTX_new_from_pkey(crypto->ctx, to, NULL);
	ok = ctx != NULL && EVP_PKEY_encrypt_init(ctx) == 1 &&
	    scep_wrap_set(crypto, ctx, wrap) &&
	    EVP_PKEY_encrypt(ctx, out->data, &len, key.data, key.len) == 1;
	EVP_PKEY_CTX_free(ctx);
	out->len = len;
	return ok ? SCEP_OK :
	    scep_fail_ssl(err, SCEP_E_INTERNAL, "encrypt to the signer");
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

/* Versions 0, issuerAndSerialNumber: what old parsers look for (PROTOCOL
 * C-090, C-091). */
static enum scep_err
encode(const struct scep_cert *recipient, X509_ALGOR *wrap_alg,
    X509_ALGOR *cipher_alg, const struct scep_buf *ek,
    const struct scep_buf *ct, struct scep_buf *out, struct scep_error *err)
{
	static const uint8_t	 zero = 0;
	ASN1_STRING	 version = scep_asn1_string(V_ASN1_INTEGER,
			    scep_span_make(&zero, 1));
	ASN1_STRING	 issuer = scep_asn1_string(V_ASN1_SEQUENCE,
			    recipient->issuer);
	ASN1_STRING	 key = scep_asn1_string(V_ASN1_OCTET_STRING,
			    scep_buf_span(ek));
	ASN1_STRING	 content = scep_asn1_string(V_ASN1_OCTET_STRING,
			    scep_buf_span(ct));
	ASN1_STRING	 serial = scep_asn1_string(V_ASN1_OCTET_STRING,
			    recipient->serial);
	SCEP_IAS	 ias = { &issuer, &serial };
	SCEP_SID	 rid = { SCEP_SID_IAS, { &ias } };
	SCEP_KTRI	 ktri = { &version, &rid, wrap_alg, &key };
	SCEP_ENCRYPTED	 encrypted = { OBJ_nid2obj(NID_pkcs7_data),
			    cipher_alg, &content };
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
	uint8_t		 key[KEY_MAX], iv[IV_MAX];
	const size_t	 key_len = (size_t)scep_cipher_key_len(cipher);
	const size_t	 block = (size_t)scep_cipher_block(cipher);
	struct scep_buf	 ek = { NULL, 0 }, ct = { NULL, 0 };
	X509_ALGOR	*wrap_alg = scep_alg_new_wrap(wrap);
	X509_ALGOR	*cipher_alg = NULL;
	enum scep_err	 rc;

	if ((rc = make_key(crypto, cipher, key, err)) != SCEP_OK ||
	    (rc = scep_crypto_random(crypto, iv, block, err)) != SCEP_OK ||
	    (rc = wrap_key(crypto, to->pkey, wrap, scep_span_make(key,
	    key_len), &ek, err)) != SCEP_OK ||
	    (rc = encrypt(crypto, cipher, key, iv, content, &ct, err)) !=
	    SCEP_OK)
		goto out;
	cipher_alg = scep_alg_new_cipher(cipher, scep_span_make(iv, block));
	if (wrap_alg == NULL || cipher_alg == NULL)
		rc = scep_fail_ssl(err, SCEP_E_NOMEM, "envelope");
	else
		rc = encode(recipient, wrap_alg, cipher_alg, &ek, &ct, out,
		    err);
out:
	OPENSSL_cleanse(key, sizeof(key));
	X509_ALGOR_free(wrap_alg);
	X509_ALGOR_free(cipher_alg);
	scep_buf_clear(&ek);
	scep_buf_clear(&ct);
	return rc;
}
