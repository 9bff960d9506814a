/*
 * legacy.c - single DES and MD5, in a library context of their own.
 *
 * Both are broken, and some devices know nothing else.  What is here is
 * reached only through the enum values that a profile's rules must allow;
 * the context that everything else lives in never learns of the legacy
 * provider.
 */
#include <string.h>

#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>

#include "base/error.h"
#include "wire/legacy.h"

#define MD5_LEN	16

struct scep_legacy {
	OSSL_LIB_CTX	*ctx;		/* NULL: not loaded */
	OSSL_PROVIDER	*deflt, *legacy;
	EVP_MD		*md5;
	EVP_CIPHER	*des;
};

/* DigestInfo of MD5 but for the digest: RFC 8017 section 9.2, note 1. */
static const uint8_t	digest_info[] = { 0x30, 0x20, 0x30, 0x0c, 0x06, 0x08,
	0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x05, 0x05, 0x00, 0x04,
	MD5_LEN };
#define INFO_LEN	(sizeof(digest_info) + MD5_LEN)

int
scep_legacy_has(unsigned int digests, unsigned int ciphers)
{
	return (digests & SCEP_BROKEN_DIGESTS) != 0 ||
	    (ciphers & SCEP_BROKEN_CIPHERS) != 0;
}

struct scep_legacy *
scep_legacy_new(void)
{
	return OPENSSL_zalloc(sizeof(struct scep_legacy));
}

static void
clear(struct scep_legacy *l)
{
	EVP_MD_free(l->md5);
	EVP_CIPHER_free(l->des);
	if (l->legacy != NULL)
		(void)OSSL_PROVIDER_unload(l->legacy);
	if (l->deflt != NULL)
		(void)OSSL_PROVIDER_unload(l->deflt);
	OSSL_LIB_CTX_free(l->ctx);
	memset(l, 0, sizeof(*l));
}

void
scep_legacy_free(struct scep_legacy *legacy)
{
	if (legacy == NULL)
		return;
	clear(legacy);
	OPENSSL_free(legacy);
}

/* Naming one provider takes away the one that is there by default (T-50). */
static int
load(struct scep_legacy *l)
{
	return (l->ctx = OSSL_LIB_CTX_new()) != NULL &&
	    (l->deflt = OSSL_PROVIDER_load(l->ctx, "default")) != NULL &&
	    (l->legacy = OSSL_PROVIDER_load(l->ctx, "legacy")) != NULL &&
	    (l->md5 = EVP_MD_fetch(l->ctx, "MD5", NULL)) != NULL &&
	    (l->des = EVP_CIPHER_fetch(l->ctx, "DES-CBC", NULL)) != NULL;
}

enum scep_err
scep_legacy_load(const struct scep_crypto *crypto, struct scep_error *err)
{
	if (crypto->legacy->ctx != NULL || load(crypto->legacy))
		return SCEP_OK;
	clear(crypto->legacy);
	ERR_clear_error();
	return scep_fail(err, SCEP_E_CONFIG, "DES and MD5 need OpenSSL's "
	    "legacy provider, and it cannot be loaded on this machine: "
	    "install legacy.so (on Debian it comes with libssl3, later with "
	    "openssl-provider-legacy; `openssl list -providers -provider "
	    "legacy` must show it), or take des and md5 out of `legacy`");
}

const EVP_MD *
scep_legacy_md5(const struct scep_crypto *crypto)
{
	return crypto->legacy->md5;
}

const EVP_CIPHER *
scep_legacy_des(const struct scep_crypto *crypto)
{
	return crypto->legacy->des;
}

static enum scep_err
make_info(const struct scep_crypto *crypto, struct scep_span data,
    uint8_t info[INFO_LEN], struct scep_error *err)
{
	if (scep_legacy_md5(crypto) == NULL)
		return scep_fail(err, SCEP_E_ALG, "MD5 is not loaded");
	memcpy(info, digest_info, sizeof(digest_info));
	return scep_crypto_digest(crypto, SCEP_MD5, data,
	    info + sizeof(digest_info), NULL, err);
}

enum scep_err
scep_legacy_sign(const struct scep_crypto *crypto, EVP_PKEY *key,
    struct scep_span data, struct scep_buf *out, struct scep_error *err)
{
	uint8_t		 info[INFO_LEN];
	EVP_PKEY_CTX	*ctx;
	size_t		 len = (size_t)EVP_PKEY_get_size(key);
	enum scep_err	 rc;
	int		 ok;

	if ((rc = make_info(crypto, data, info, err)) != SCEP_OK)
		return rc;
	scep_buf_clear(out);
	if ((out->data = OPENSSL_malloc(len)) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "signature");
	ctx = EVP_PKEY_CTX_new_from_pkey(crypto->ctx, key, NULL);
	ok = ctx != NULL && EVP_PKEY_is_a(key, "RSA") &&
	    EVP_PKEY_sign_init(ctx) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 &&
	    EVP_PKEY_sign(ctx, out->data, &len, info, sizeof(info)) == 1;
	EVP_PKEY_CTX_free(ctx);
	if (!ok) {
		scep_buf_clear(out);
		return scep_fail_ssl(err, SCEP_E_INTERNAL, "sign");
	}
	out->len = len;
	return SCEP_OK;
}
