/*
 * envelope.c - an envelope opened without telling how it went (DESIGN 9).
 *
 * From the encrypted key on there is no branch on a secret: what went wrong
 * becomes other plaintext, always the same for the same message.
 */
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "base/error.h"
#include "wire/asn1.h"
#include "wire/envelope.h"

#define RSA_MAX		1024	/* octets of modulus */
#define LABEL		"scep.fcgi substitute content key 1"

enum scep_err
scep_opener_init(const struct scep_crypto *crypto,
    const struct scep_cert *cert, EVP_PKEY *key, struct scep_opener *out,
    struct scep_error *err)
{
	const struct scep_span	 label = scep_span_text(LABEL);
	uint8_t			 d[RSA_MAX];
	BIGNUM			*bn = NULL;
	enum scep_err		 rc;
	int			 len;

	memset(out, 0, sizeof(*out));
	out->cert = cert;
	out->key = key;
	if (EVP_PKEY_get_size(key) > RSA_MAX ||
	    EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_D, &bn) != 1 ||
	    BN_num_bytes(bn) > RSA_MAX) {
		BN_clear_free(bn);
		return scep_fail_ssl(err, SCEP_E_CONFIG,
		    "the RA key is no RSA private key");
	}
	len = BN_bn2bin(bn, d);
	rc = scep_crypto_hmac(crypto, scep_span_make(d, (size_t)len), &label,
	    1, out->secret, err);
	OPENSSL_cleanse(d, sizeof(d));
	BN_clear_free(bn);
	if (rc == SCEP_OK && ((out->raw = EVP_PKEY_CTX_new_from_pkey(
	    crypto->ctx, key, NULL)) == NULL ||
	    EVP_PKEY_decrypt_init(out->raw) != 1 ||
	    EVP_PKEY_CTX_set_rsa_padding(out->raw, RSA_NO_PADDING) != 1)) {
		scep_opener_clear(out);
		rc = scep_fail_ssl(err, SCEP_E_INTERNAL, "decrypt");
	}
	return rc;
}

void
scep_opener_clear(struct scep_opener *opener)
{
	EVP_PKEY_CTX_free(opener->raw);
	OPENSSL_cleanse(opener, sizeof(*opener));
}

/* All ones if x is not 0, else 0; no branch. */
static uint32_t
mask_nonzero(uint32_t x)
{
	return 0u - ((x | (0u - x)) >> 31);
}

/* All ones if a > b (both below 2^31). */
static uint32_t
mask_greater(uint32_t a, uint32_t b)
{
	return 0u - ((b - a) >> 31);
}

/*
 * RFC 8017 section 7.2.2: 00 02 PS 00 M, with M of the length the cipher
 * wants and nothing else.  Raw RSA, and our own look at it.  Whether the
 * ciphertext is of the right length and below the modulus is public.
 */
static enum scep_err
unwrap_v15(const struct scep_opener *opener, struct scep_span ct, uint8_t *key,
    size_t key_len, uint32_t *bad, struct scep_error *err)
{
	uint8_t		 em[RSA_MAX];
	size_t		 k = (size_t)EVP_PKEY_get_size(opener->key);
	size_t		 i, len = sizeof(em), zero = k - 1 - key_len;
	EVP_PKEY_CTX	*ctx;

	if ((ctx = EVP_PKEY_CTX_dup(opener->raw)) == NULL)
		return scep_fail_ssl(err, SCEP_E_NOMEM, "decrypt");
	memset(em, 0, sizeof(em));
	*bad = 0;
	if (ct.len != k || EVP_PKEY_decrypt(ctx, em, &len, ct.data, ct.len) !=
	    1 || len != k)
		*bad = ~0u;
	EVP_PKEY_CTX_free(ctx);
	*bad |= mask_nonzero(em[0]) | mask_nonzero(em[1] ^ 2u) |
	    mask_nonzero(em[zero]);
	for (i = 2; i < zero; i++)
		*bad |= ~mask_nonzero(em[i]);
	memcpy(key, em + zero + 1, key_len);
	OPENSSL_cleanse(em, sizeof(em));
	return SCEP_OK;
}

static enum scep_err
unwrap_oaep(const struct scep_crypto *crypto, const struct scep_opener *opener,
    enum scep_wrap wrap, struct scep_span ct, uint8_t *key, size_t key_len,
    uint32_t *bad, struct scep_error *err)
{
	uint8_t		 out[RSA_MAX];
	size_t		 len = sizeof(out);
	EVP_PKEY_CTX	*ctx;
	int		 ok;

	if ((ctx = EVP_PKEY_CTX_dup(opener->raw)) == NULL ||
	    !scep_wrap_set(crypto, ctx, wrap)) {
		EVP_PKEY_CTX_free(ctx);
		return scep_fail_ssl(err, SCEP_E_INTERNAL, "decrypt");
	}
	memset(out, 0, sizeof(out));
	/* libcrypto's OAEP check is in constant time; its verdict is not
	 * acted on but turned into a mask. */
	ok = EVP_PKEY_decrypt(ctx, out, &len, ct.data, ct.len);
	EVP_PKEY_CTX_free(ctx);
	*bad = mask_nonzero((uint32_t)ok ^ 1u) |
	    mask_nonzero((uint32_t)(len ^ key_len));
	memcpy(key, out, key_len);
	OPENSSL_cleanse(out, sizeof(out));
	return SCEP_OK;
}

/* The content key, or one that only looks like it. */
static enum scep_err
unwrap(const struct scep_crypto *crypto, const struct scep_opener *opener,
    const struct scep_recipient *rcpt, uint8_t *key, size_t key_len,
    struct scep_error *err)
{
	uint8_t		 substitute[SCEP_SHA256_LEN];
	uint32_t	 bad = 0;
	size_t		 i;
	enum scep_err	 rc;

	if ((rc = scep_crypto_hmac(crypto, scep_span_make(opener->secret,
	    sizeof(opener->secret)), &rcpt->encrypted_key, 1, substitute,
	    err)) != SCEP_OK)
		return rc;
	rc = rcpt->wrap == SCEP_WRAP_V15 ?
	    unwrap_v15(opener, rcpt->encrypted_key, key, key_len, &bad, err) :
	    unwrap_oaep(crypto, opener, rcpt->wrap, rcpt->encrypted_key, key,
	    key_len, &bad, err);
	/* What libcrypto thought of it must not meet the next request. */
	ERR_clear_error();
	for (i = 0; rc == SCEP_OK && i < key_len; i++)
		key[i] = (uint8_t)((key[i] & ~bad) | (substitute[i] & bad));
	OPENSSL_cleanse(substitute, sizeof(substitute));
	return rc;
}

/* RFC 5652 section 6.3: the last octet says how many there are, all alike.
 * Where they are not, nothing is cut off and the first octet becomes 0, which
 * begins no SEQUENCE, whatever it was. */
static void
unpad(struct scep_buf *plain, uint32_t block)
{
	uint32_t	 n = plain->data[plain->len - 1], bad, i, in;

	bad = ~mask_nonzero(n) | mask_greater(n, block);
	for (i = 1; i <= block; i++) {
		in = ~mask_greater(i, n);
		bad |= in & mask_nonzero(plain->data[plain->len - i] ^ n);
	}
	plain->data[0] &= (uint8_t)(~bad & 0xff);
	plain->len -= n & ~bad;
}

static enum scep_err
decrypt(const struct scep_crypto *crypto, const struct scep_envelope *env,
    const uint8_t *key, struct scep_buf *out, struct scep_error *err)
{
	EVP_CIPHER_CTX	*ctx;
	int		 ok, n = 0, last = 0;

	if ((out->data = OPENSSL_malloc(env->content.len + 32)) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "%zu octets",
		    env->content.len);
	out->len = env->content.len;
	if ((ctx = EVP_CIPHER_CTX_new()) == NULL)
		return scep_fail_ssl(err, SCEP_E_NOMEM, "decrypt");
	ok = EVP_DecryptInit_ex2(ctx, scep_crypto_cipher(crypto,
	    env->cipher), key, env->iv.data, NULL) == 1 &&
	    EVP_CIPHER_CTX_set_padding(ctx, 0) == 1 &&
	    EVP_DecryptUpdate(ctx, out->data, &n, env->content.data,
	    (int)env->content.len) == 1 &&
	    EVP_DecryptFinal_ex(ctx, out->data + n, &last) == 1;
	EVP_CIPHER_CTX_free(ctx);
	if (!ok)
		return scep_fail_ssl(err, SCEP_E_INTERNAL, "decrypt");
	unpad(out, (uint32_t)scep_cipher_block(env->cipher));
	return SCEP_OK;
}

enum scep_err
scep_envelope_unwrap(const struct scep_crypto *crypto,
    const struct scep_opener *opener, const struct scep_envelope *env,
    size_t i, uint8_t key[SCEP_CONTENT_KEY_MAX], struct scep_span *out,
    struct scep_error *err)
{
	const struct scep_recipient	*rcpt = &env->recipient[i];
	const size_t	 len = (size_t)scep_cipher_key_len(env->cipher);

	*out = scep_span_make(key, len);
	if (!rcpt->wrap_known)
		return scep_fail(err, SCEP_E_ALG,
		    "key transport algorithm not allowed");
	return unwrap(crypto, opener, rcpt, key, len, err);
}

enum scep_err
scep_envelope_decrypt(const struct scep_crypto *crypto,
    const struct scep_envelope *env, struct scep_span key,
    struct scep_buf *out, struct scep_error *err)
{
	enum scep_err	 rc;

	scep_buf_clear(out);
	if (key.len != (size_t)scep_cipher_key_len(env->cipher))
		return scep_fail(err, SCEP_E_FORMAT,
		    "a content key of %zu octets for %s", key.len,
		    scep_cipher_name(env->cipher));
	if ((rc = decrypt(crypto, env, key.data, out, err)) != SCEP_OK)
		scep_buf_clear(out);
	return rc;
}

enum scep_err
scep_envelope_open(const struct scep_crypto *crypto,
    const struct scep_opener *opener, const struct scep_envelope *env,
    size_t i, struct scep_buf *out, struct scep_error *err)
{
	uint8_t			 octets[SCEP_CONTENT_KEY_MAX];
	struct scep_span	 key;
	enum scep_err		 rc;

	scep_buf_clear(out);
	if ((rc = scep_envelope_unwrap(crypto, opener, env, i, octets, &key,
	    err)) == SCEP_OK)
		rc = scep_envelope_decrypt(crypto, env, key, out, err);
	OPENSSL_cleanse(octets, sizeof(octets));
	return rc;
}

enum scep_err
scep_envelope_digests(const struct scep_crypto *crypto,
    const struct scep_envelope *env, size_t i, uint8_t key[SCEP_SHA256_LEN],
    uint8_t content[SCEP_SHA256_LEN], struct scep_error *err)
{
	struct scep_buf	 sealed = { NULL, 0 };
	enum scep_err	 rc;

	if ((rc = scep_crypto_sha256(crypto, env->recipient[i].encrypted_key,
	    key, err)) == SCEP_OK &&
	    (rc = scep_buf_set(&sealed, env->iv, err)) == SCEP_OK &&
	    (rc = scep_buf_add(&sealed, env->content, err)) == SCEP_OK)
		rc = scep_crypto_sha256(crypto, scep_buf_span(&sealed),
		    content, err);
	scep_buf_clear(&sealed);
	return rc;
}
