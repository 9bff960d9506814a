/*
 * crypto.c - libcrypto's algorithms, fetched once from one library context.
 *
 * Knows no message and no key.
 */
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/provider.h>
#include <openssl/rand.h>

#include "base/error.h"
#include "wire/legacy.h"

#define HMAC_BLOCK	64	/* of SHA-256 */

/* What libcrypto calls it; NULL: legacy.c's. */
static const char *const	md_fetch[SCEP_DIGEST__MAX] = {
	[SCEP_SHA1] = "SHA1",
	[SCEP_SHA256] = "SHA2-256",
	[SCEP_SHA384] = "SHA2-384",
	[SCEP_SHA512] = "SHA2-512",
};

static const char *const	cipher_fetch[SCEP_CIPHER__MAX] = {
	[SCEP_3DES] = "DES-EDE3-CBC",
	[SCEP_AES128] = "AES-128-CBC",
	[SCEP_AES192] = "AES-192-CBC",
	[SCEP_AES256] = "AES-256-CBC",
};

static enum scep_err
fetch_digests(struct scep_crypto *crypto, struct scep_error *err)
{
	int	 i;

	for (i = 0; i < SCEP_DIGEST__MAX; i++)
		if (md_fetch[i] != NULL &&
		    (crypto->md[i] = EVP_MD_fetch(crypto->ctx, md_fetch[i],
		    NULL)) == NULL)
			return scep_fail_ssl(err, SCEP_E_INTERNAL,
			    "libcrypto offers no %s", md_fetch[i]);
	return SCEP_OK;
}

static enum scep_err
fetch_ciphers(const struct scep_crypto *crypto, struct scep_error *err)
{
	int	 i;

	for (i = 0; i < SCEP_CIPHER__MAX; i++)
		if (cipher_fetch[i] != NULL &&
		    (crypto->cipher[i] = EVP_CIPHER_fetch(crypto->ctx,
		    cipher_fetch[i], NULL)) == NULL)
			return scep_fail_ssl(err, SCEP_E_INTERNAL,
			    "libcrypto offers no %s", cipher_fetch[i]);
	return SCEP_OK;
}

/* libcrypto's usual generator is made of AES-CTR: whoever asks it for a number
 * has all ciphers there are registered. */
static enum scep_err
prepare_brief(const struct scep_crypto *crypto, struct scep_error *err)
{
	return RAND_set_DRBG_type(crypto->ctx, "HASH-DRBG", NULL, NULL,
	    "SHA2-256") == 1 ? SCEP_OK : scep_fail_ssl(err, SCEP_E_INTERNAL,
	    "libcrypto offers no HASH-DRBG");
}

static enum scep_err
make(OSSL_LIB_CTX *ctx, int is_brief, struct scep_crypto **out,
    struct scep_error *err)
{
	struct scep_crypto	*crypto;
	enum scep_err		 rc;

	*out = NULL;
	if ((crypto = OPENSSL_zalloc(sizeof(*crypto))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "crypto");
	crypto->owns_ctx = ctx == NULL;
	crypto->is_brief = is_brief;
	crypto->ctx = ctx != NULL ? ctx : OSSL_LIB_CTX_new();
	crypto->cipher = OPENSSL_zalloc(SCEP_CIPHER__MAX *
	    sizeof(crypto->cipher[0]));
	crypto->legacy = scep_legacy_new();
	if (crypto->ctx == NULL || crypto->cipher == NULL ||
	    crypto->legacy == NULL)
		rc = scep_fail_ssl(err, SCEP_E_NOMEM, "library context");
	else if ((rc = fetch_digests(crypto, err)) == SCEP_OK)
		rc = is_brief ? prepare_brief(crypto, err) :
		    fetch_ciphers(crypto, err);
	if (rc != SCEP_OK) {
		scep_crypto_free(crypto);
		return rc;
	}
	*out = crypto;
	return SCEP_OK;
}

enum scep_err
scep_crypto_new(OSSL_LIB_CTX *ctx, struct scep_crypto **out,
    struct scep_error *err)
{
	return make(ctx, 0, out, err);
}

enum scep_err
scep_crypto_new_brief(struct scep_crypto **out, struct scep_error *err)
{
	return make(NULL, 1, out, err);
}

void
scep_crypto_free(struct scep_crypto *crypto)
{
	int	 i;

	if (crypto == NULL)
		return;
	for (i = 0; i < SCEP_DIGEST__MAX; i++)
		EVP_MD_free(crypto->md[i]);
	for (i = 0; crypto->cipher != NULL && i < SCEP_CIPHER__MAX; i++)
		EVP_CIPHER_free(crypto->cipher[i]);
	OPENSSL_free(crypto->cipher);
	scep_legacy_free(crypto->legacy);
	if (crypto->owns_ctx)
		OSSL_LIB_CTX_free(crypto->ctx);
	OPENSSL_free(crypto);
}

const EVP_MD *
scep_crypto_md(const struct scep_crypto *crypto, enum scep_digest md)
{
	return md == SCEP_MD5 ? scep_legacy_md5(crypto) : crypto->md[md];
}

const EVP_CIPHER *
scep_crypto_cipher(const struct scep_crypto *crypto, enum scep_cipher cipher)
{
	EVP_CIPHER	**slot = &crypto->cipher[cipher];

	if (cipher == SCEP_DES)
		return scep_legacy_des(crypto);
	if (*slot == NULL && crypto->is_brief)
		*slot = EVP_CIPHER_fetch(crypto->ctx, cipher_fetch[cipher],
		    NULL);
	return *slot;
}

enum scep_err
scep_crypto_random(const struct scep_crypto *crypto, uint8_t *out, size_t len,
    struct scep_error *err)
{
	if (RAND_bytes_ex(crypto->ctx, out, len, 0) != 1)
		return scep_fail_ssl(err, SCEP_E_INTERNAL,
		    "%zu random octets", len);
	return SCEP_OK;
}

enum scep_err
scep_crypto_digest(const struct scep_crypto *crypto, enum scep_digest md,
    struct scep_span data, uint8_t *out, size_t *len, struct scep_error *err)
{
	const EVP_MD	*evp = scep_crypto_md(crypto, md);
	unsigned int	 n = 0;

	if (evp == NULL || EVP_Digest(data.data, data.len, out, &n, evp,
	    NULL) != 1)
		return scep_fail_ssl(err, SCEP_E_INTERNAL, "%s",
		    scep_digest_name(md));
	if (len != NULL)
		*len = n;
	return SCEP_OK;
}

enum scep_err
scep_crypto_sha256(const struct scep_crypto *crypto, struct scep_span data,
    uint8_t out[SCEP_SHA256_LEN], struct scep_error *err)
{
	return scep_crypto_digest(crypto, SCEP_SHA256, data, out, NULL, err);
}

/* One of the two digests: over a block made of the key, and then the parts. */
static int
hash_padded(EVP_MD_CTX *ctx, const EVP_MD *md, const uint8_t key[HMAC_BLOCK],
    uint8_t pad, const struct scep_span *parts, size_t n,
    uint8_t out[SCEP_SHA256_LEN])
{
	uint8_t	 block[HMAC_BLOCK];
	size_t	 i;
	int	 ok;

	for (i = 0; i < HMAC_BLOCK; i++)
		block[i] = key[i] ^ pad;
	ok = EVP_DigestInit_ex2(ctx, md, NULL) == 1 &&
	    EVP_DigestUpdate(ctx, block, HMAC_BLOCK) == 1;
	OPENSSL_cleanse(block, sizeof(block));
	for (i = 0; ok && i < n; i++)
		ok = EVP_DigestUpdate(ctx, parts[i].data, parts[i].len) == 1;
	return ok && EVP_DigestFinal_ex(ctx, out, NULL) == 1;
}

/* RFC 2104; libcrypto's own takes three times as long to be set up for a key
 * as for what it does with it. */
enum scep_err
scep_crypto_hmac(const struct scep_crypto *crypto, struct scep_span key,
    const struct scep_span *parts, size_t n, uint8_t out[SCEP_SHA256_LEN],
    struct scep_error *err)
{
	const EVP_MD		*md = crypto->md[SCEP_SHA256];
	const struct scep_span	 inner = { out, SCEP_SHA256_LEN };
	uint8_t			 block[HMAC_BLOCK] = { 0 };
	EVP_MD_CTX		*ctx;
	int			 ok = 1;

	if ((ctx = EVP_MD_CTX_new()) == NULL)
		return scep_fail_ssl(err, SCEP_E_NOMEM, "HMAC");
	if (key.len > HMAC_BLOCK)
		ok = EVP_Digest(key.data, key.len, block, NULL, md, NULL) == 1;
	else if (key.len > 0)
		memcpy(block, key.data, key.len);
	ok = ok && hash_padded(ctx, md, block, 0x36, parts, n, out) &&
	    hash_padded(ctx, md, block, 0x5c, &inner, 1, out);
	OPENSSL_cleanse(block, sizeof(block));
	EVP_MD_CTX_free(ctx);
	return ok ? SCEP_OK : scep_fail_ssl(err, SCEP_E_INTERNAL, "HMAC");
}
