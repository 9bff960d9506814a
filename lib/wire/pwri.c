/*
 * pwri.c - PasswordRecipientInfo, made (RFC 8894 section 3.1).
 *
 * RFC 8894 names no derivation, no count and no cipher; scep.conf(5) says
 * what ours are and why.
 */
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/objects.h>

#include "base/error.h"
#include "wire/asn1.h"
#include "wire/pwri.h"

#define ITERATIONS	10000
#define SALT_LEN	16
#define KEY_MAX		32
#define IV_MAX		16
#define HEAD_LEN	4	/* length and check octets: RFC 3211, 2.3.1 */
#define WRAPPED_MAX	64
#define TAG_PWRI	0xa3	/* RecipientInfo, RFC 5652 section 6.2 */

/* Output only. */
typedef struct {
	ASN1_INTEGER		*version;
	X509_ALGOR		*derivation;
	X509_ALGOR		*kek;
	ASN1_OCTET_STRING	*encrypted_key;
} PWRI;

ASN1_SEQUENCE(PWRI) = {
	ASN1_SIMPLE(PWRI, version, ASN1_INTEGER),
	ASN1_IMP(PWRI, derivation, X509_ALGOR, 0),
	ASN1_SIMPLE(PWRI, kek, X509_ALGOR),
	ASN1_SIMPLE(PWRI, encrypted_key, ASN1_OCTET_STRING),
} static_ASN1_SEQUENCE_END(PWRI)

/* PBKDF2 with HMAC-SHA-256, RFC 8018 section 5.2. */
static enum scep_err
derive(const struct scep_crypto *crypto, struct scep_span password,
    const uint8_t salt[SALT_LEN], uint8_t *out, size_t len,
    struct scep_error *err)
{
	char		 digest[] = "SHA2-256";
	unsigned int	 count = ITERATIONS;
	uint8_t		 copy[SALT_LEN];
	struct scep_buf	 pass = { NULL, 0 };
	OSSL_PARAM	 params[5];
	EVP_KDF		*kdf = NULL;
	EVP_KDF_CTX	*ctx = NULL;
	enum scep_err	 rc;
	int		 ok;

	/* An OSSL_PARAM takes no const. */
	if ((rc = scep_buf_set(&pass, password, err)) != SCEP_OK)
		return rc;
	memcpy(copy, salt, SALT_LEN);
	params[0] = OSSL_PARAM_construct_octet_string(
	    OSSL_KDF_PARAM_PASSWORD, pass.data, pass.len);
	params[1] = OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT,
	    copy, SALT_LEN);
	params[2] = OSSL_PARAM_construct_uint(OSSL_KDF_PARAM_ITER, &count);
	params[3] = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
	    digest, 0);
	params[4] = OSSL_PARAM_construct_end();
	ok = (kdf = EVP_KDF_fetch(crypto->ctx, "PBKDF2", NULL)) != NULL &&
	    (ctx = EVP_KDF_CTX_new(kdf)) != NULL &&
	    EVP_KDF_derive(ctx, out, len, params) == 1;
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	scep_buf_clear(&pass);
	return ok ? SCEP_OK : scep_fail_ssl(err, SCEP_E_INTERNAL, "PBKDF2");
}

/* RFC 3211 section 2.3.1: the length, the complement of the first three
 * octets, the key, random octets up to whole blocks, two of them at least. */
static enum scep_err
pad(const struct scep_crypto *crypto, enum scep_cipher cipher,
    struct scep_span key, uint8_t out[WRAPPED_MAX], size_t *len,
    struct scep_error *err)
{
	const size_t	 block = (size_t)scep_cipher_block(cipher);
	int		 i;

	*len = (HEAD_LEN + key.len + block - 1) / block * block;
	if (*len < 2 * block)
		*len = 2 * block;
	if (key.len < 3 || *len > WRAPPED_MAX)
		return scep_fail(err, SCEP_E_INTERNAL,
		    "a content key of %zu octets", key.len);
	out[0] = (uint8_t)key.len;
	for (i = 0; i < 3; i++)
		out[1 + i] = (uint8_t)~key.data[i];
	memcpy(out + HEAD_LEN, key.data, key.len);
	if (*len == HEAD_LEN + key.len)
		return SCEP_OK;
	return scep_crypto_random(crypto, out + HEAD_LEN + key.len,
	    *len - HEAD_LEN - key.len, err);
}

/* Section 2.3.1, steps 3 and 4: all of it twice in one chain of CBC, so that
 * each octet depends on every other. */
static enum scep_err
wrap(const struct scep_crypto *crypto, enum scep_cipher cipher,
    const uint8_t *kek, const uint8_t *iv, uint8_t *padded, size_t len,
    struct scep_error *err)
{
	const EVP_CIPHER	*evp = scep_crypto_cipher(crypto, cipher);
	EVP_CIPHER_CTX		*ctx;
	int			 ok, n = 0;

	ok = (ctx = EVP_CIPHER_CTX_new()) != NULL && evp != NULL &&
	    EVP_EncryptInit_ex2(ctx, evp, kek, iv, NULL) == 1 &&
	    EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
	    EVP_EncryptUpdate(ctx, padded, &n, padded, (int)len) == 1 &&
	    n == (int)len &&
	    EVP_EncryptUpdate(ctx, padded, &n, padded, (int)len) == 1 &&
	    n == (int)len;
	EVP_CIPHER_CTX_free(ctx);
	return ok ? SCEP_OK :
	    scep_fail_ssl(err, SCEP_E_INTERNAL, "wrap the content key");
}

/* What is known once the key is wrapped. */
struct wrapped {
	uint8_t		 salt[SALT_LEN], iv[IV_MAX], key[WRAPPED_MAX];
	size_t		 len;
};

static enum scep_err
encode(enum scep_cipher cipher, struct wrapped *w, struct scep_buf *out,
    struct scep_error *err)
{
	static const uint8_t	 zero = 0;
	ASN1_STRING	 version = scep_asn1_string(V_ASN1_INTEGER,
			    scep_span_make(&zero, 1));
	ASN1_STRING	 key = scep_asn1_string(V_ASN1_OCTET_STRING,
			    scep_span_make(w->key, w->len));
	PWRI		 pwri = { &version, NULL, NULL, &key };
	struct scep_buf	 der = { NULL, 0 };
	enum scep_err	 rc;

	pwri.derivation = PKCS5_pbkdf2_set(ITERATIONS, w->salt, SALT_LEN,
	    NID_hmacWithSHA256, -1);
	pwri.kek = scep_alg_new_kek(cipher, scep_span_make(w->iv,
	    (size_t)scep_cipher_block(cipher)));
	if (pwri.derivation == NULL || pwri.kek == NULL)
		rc = scep_fail_ssl(err, SCEP_E_NOMEM, "recipient");
	else
		rc = scep_asn1_encode(&pwri, ASN1_ITEM_rptr(PWRI), &der, err);
	if (rc == SCEP_OK) {
		der.data[0] = TAG_PWRI;
		rc = scep_buf_add(out, scep_buf_span(&der), err);
	}
	scep_buf_clear(&der);
	X509_ALGOR_free(pwri.derivation);
	X509_ALGOR_free(pwri.kek);
	return rc;
}

enum scep_err
scep_pwri_make(const struct scep_crypto *crypto, struct scep_span password,
    enum scep_cipher cipher, struct scep_span key, struct scep_buf *out,
    struct scep_error *err)
{
	uint8_t		 kek[KEY_MAX];
	struct wrapped	 w;
	enum scep_err	 rc;

	if (password.len == 0)
		return scep_fail(err, SCEP_E_INTERNAL,
		    "no password to encrypt with");
	if ((rc = scep_crypto_random(crypto, w.salt, sizeof(w.salt), err)) ==
	    SCEP_OK &&
	    (rc = scep_crypto_random(crypto, w.iv, sizeof(w.iv), err)) ==
	    SCEP_OK &&
	    (rc = derive(crypto, password, w.salt, kek,
	    (size_t)scep_cipher_key_len(cipher), err)) == SCEP_OK &&
	    (rc = pad(crypto, cipher, key, w.key, &w.len, err)) == SCEP_OK &&
	    (rc = wrap(crypto, cipher, kek, w.iv, w.key, w.len, err)) ==
	    SCEP_OK)
		rc = encode(cipher, &w, out, err);
	OPENSSL_cleanse(kek, sizeof(kek));
	OPENSSL_cleanse(&w, sizeof(w));
	return rc;
}
