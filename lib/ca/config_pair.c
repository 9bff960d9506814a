/*
 * config_pair.c - do a certificate and a key belong together?
 *
 * Asked of every key that a configuration loads, and by who adopts a CA.
 * What an RSA key signs is not verified anew each time (issue.c): so its
 * secret half must belong to its public one, too.
 */
#include <stdio.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>

#include "base/error.h"
#include "ca/config_local.h"

#define FACTORS	10	/* that libcrypto takes: RFC 8017 allows more than 2 */

/* Is d the inverse of e modulo prime - 1? */
static int
is_inverse(const BIGNUM *d, const BIGNUM *e, const BIGNUM *prime, BN_CTX *ctx)
{
	BIGNUM	*m, *r;
	int	 ok;

	BN_CTX_start(ctx);
	m = BN_CTX_get(ctx);
	r = BN_CTX_get(ctx);
	ok = r != NULL && BN_sub(m, prime, BN_value_one()) == 1 &&
	    BN_mod(r, d, m, ctx) == 1 && BN_mod_mul(r, r, e, m, ctx) == 1 &&
	    BN_is_one(r);
	BN_CTX_end(ctx);
	return ok;
}

/* Each factor fits d; their product comes out. */
static int
factors_fit(const EVP_PKEY *key, const BIGNUM *d, const BIGNUM *e,
    BIGNUM *product, BN_CTX *ctx)
{
	BIGNUM	*factor = NULL;
	char	 name[32];
	int	 i, ok = BN_one(product);

	for (i = 1; ok && i <= FACTORS; i++) {
		(void)snprintf(name, sizeof(name), "rsa-factor%d", i);
		if (EVP_PKEY_get_bn_param(key, name, &factor) != 1)
			break;
		ok = is_inverse(d, e, factor, ctx) &&
		    BN_mul(product, product, factor, ctx) == 1;
		BN_clear_free(factor);
		factor = NULL;
	}
	return ok;
}

/*
 * RFC 8017 section 3.2: n is the product of the factors, and d is for each of
 * them.  The exponents and coefficients for the Chinese remainder theorem may
 * be anything: what comes of them is verified, and where that fails d takes
 * their place.  Whether factors are prime is not asked: no accident makes
 * others that fit.
 */
static int
rsa_fits(const EVP_PKEY *key)
{
	BIGNUM	*n = NULL, *e = NULL, *d = NULL;
	BIGNUM	*product = BN_secure_new();
	BN_CTX	*ctx = BN_CTX_secure_new();
	int	 ok;

	ok = product != NULL && ctx != NULL &&
	    EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
	    EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1 &&
	    EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_D, &d) == 1 &&
	    factors_fit(key, d, e, product, ctx) && BN_cmp(product, n) == 0;
	BN_free(n);
	BN_free(e);
	BN_clear_free(d);
	BN_clear_free(product);
	BN_CTX_free(ctx);
	return ok;
}

/* libcrypto's own check is quick for EC alone: it looks for primes in RSA. */
static int
fits(const struct scep_crypto *crypto, EVP_PKEY *key)
{
	EVP_PKEY_CTX	*ctx;
	int		 ok;

	if (EVP_PKEY_is_a(key, "RSA"))
		return rsa_fits(key);
	ctx = EVP_PKEY_CTX_new_from_pkey(crypto->ctx, key, NULL);
	ok = ctx != NULL && EVP_PKEY_pairwise_check(ctx) == 1;
	EVP_PKEY_CTX_free(ctx);
	return ok;
}

enum scep_err
scep_config_key_is_whole(const struct scep_crypto *crypto, EVP_PKEY *key,
    const char *path, struct scep_error *err)
{
	const int	 is_whole = fits(crypto, key);

	ERR_clear_error();
	return is_whole ? SCEP_OK : scep_fail(err, SCEP_E_CONFIG, "%s: the "
	    "secret half of the key does not belong to its public half: "
	    "openssl pkey -in %s -noout -check says more", path, path);
}

enum scep_err
scep_config_pair_check(const struct scep_crypto *crypto, X509 *cert,
    const char *cert_path, EVP_PKEY *key, const char *key_path,
    struct scep_error *err)
{
	EVP_PKEY	*public = X509_get0_pubkey(cert);
	const int	 is_its = public != NULL && EVP_PKEY_eq(public, key) ==
			    1;

	ERR_clear_error();
	if (is_its)
		return scep_config_key_is_whole(crypto, key, key_path, err);
	return scep_fail(err, SCEP_E_CONFIG, "%s: not the key of the "
	    "certificate in %s: openssl pkey -in %s -pubout shows the one, "
	    "openssl x509 -in %s -noout -pubkey the other", key_path,
	    cert_path, key_path, cert_path);
}
