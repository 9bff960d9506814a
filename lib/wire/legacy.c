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

#include "base/error.h"
#include "wire/legacy.h"

struct scep_legacy {
	OSSL_LIB_CTX	*ctx;		/* NULL: not loaded */
	OSSL_PROVIDER	*deflt, *legacy;
	EVP_MD		*md5;
	EVP_CIPHER	*des;
};

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
