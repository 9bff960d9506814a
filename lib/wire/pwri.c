/*
 * pwri.c - PasswordRecipientInfo, made (RFC 8894 section 3.1).
 *
 * RFC 8894 names no derivation, no count and no cipher; scep.conf(5) says
 * what ours are and why.
 */
#include <string.h>

#include <openssl/asn1.h>
#include <openssl/core_names.h>
#include <openssl/kdf.h>

#include "base/error.h"
#include "wire/pwri.h"

#define ITERATIONS	10000
#define SALT_LEN	16
#define KEY_MAX		32
#define IV_MAX		16
#define HEAD_LEN	4	/* length and check octets: RFC 3211, 2.3.1 */
#define WRAPPED_MAX	64
#define TAG_PWRI	0xa3	/* RecipientInfo, RFC 5652 section 6.2 */

enum { SEQUENCE = 0x30, CTX0 = 0xa0 };

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

/* PBKDF2-params, RFC 8018 appendix A.2: no keyLength, hmacWithSHA256. */
static void
put_derivation(struct scep_writer *w, const struct wrapped *key)
{
	static const uint8_t	 pbkdf2[] = { 0x06, 0x09, 0x2a, 0x86, 0x48,
		0x86, 0xf7, 0x0d, 0x01, 0x05, 0x0c };
	static const uint8_t	 count[] = { ITERATIONS >> 8,
		ITERATIONS & 0xff };
	static const uint8_t	 prf[] = { 0x30, 0x0c, 0x06, 0x08, 0x2a, 0x86,
		0x48, 0x86, 0xf7, 0x0d, 0x02, 0x09, 0x05, 0x00 };

	scep_writer_open(w, CTX0);
	scep_writer_raw(w, scep_span_make(pbkdf2, sizeof(pbkdf2)));
	scep_writer_open(w, SEQUENCE);
	scep_writer_add(w, V_ASN1_OCTET_STRING, scep_span_make(key->salt,
	    SALT_LEN));
	scep_writer_add(w, V_ASN1_INTEGER, scep_span_make(count,
	    sizeof(count)));
	scep_writer_raw(w, scep_span_make(prf, sizeof(prf)));
	scep_writer_close(w);
	scep_writer_close(w);
}

/* PasswordRecipientInfo, RFC 5652 section 6.2.4. */
static void
put_recipient(struct scep_writer *w, enum scep_cipher cipher,
    const struct wrapped *key)
{
	static const uint8_t	 version[] = { 0x02, 0x01, 0x00 };

	scep_writer_open(w, TAG_PWRI);
	scep_writer_raw(w, scep_span_make(version, sizeof(version)));
	put_derivation(w, key);
	scep_alg_put_kek(w, cipher, scep_span_make(key->iv,
	    (size_t)scep_cipher_block(cipher)));
	scep_writer_add(w, V_ASN1_OCTET_STRING, scep_span_make(key->key,
	    key->len));
	scep_writer_close(w);
}

enum scep_err
scep_pwri_put(const struct scep_crypto *crypto, struct scep_span password,
    enum scep_cipher cipher, struct scep_span key, struct scep_writer *out,
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
		put_recipient(out, cipher, &w);
	OPENSSL_cleanse(kek, sizeof(kek));
	OPENSSL_cleanse(&w, sizeof(w));
	return rc;
}
