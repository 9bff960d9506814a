/*
 * load_keys.c - the devices' keys.
 *
 * A store of real devices has a key for each.  Many RSA keys are made of the
 * primes of a few, each two of which make another: none of them is worth
 * anything, and all are different.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "tests/bench/bench.h"
#include "tests/bench/load.h"

#define FRESH	16	/* keys, at least, that have primes of their own */

static EVP_PKEY *
key_make(const char *type)
{
	static const struct {
		const char	*name;
		size_t		 bits;
	} rsa[] = { { "rsa2048", 2048 }, { "rsa3072", 3072 },
		{ "rsa4096", 4096 } };
	size_t			 i;

	for (i = 0; i < sizeof(rsa) / sizeof(rsa[0]); i++)
		if (strcmp(type, rsa[i].name) == 0)
			return EVP_RSA_gen(rsa[i].bits);
	if (strcmp(type, "p256") == 0)
		return EVP_EC_gen("P-256");
	bench_die("%s: no key type; rsa2048, rsa3072, rsa4096, p256", type);
}

/* The keys of an earlier run, as many as there are and fit. */
static int
keys_read(struct load *l, const char *path, int n)
{
	FILE	*f = fopen(path, "r");
	int	 i;

	if (f == NULL)
		return 0;
	for (i = 0; i < n && (l->key[i] = PEM_read_PrivateKey(f, NULL, NULL,
	    NULL)) != NULL; i++)
		;
	(void)fclose(f);
	return i;
}

static void
keys_write(const struct load *l, const char *path)
{
	FILE	*f;
	int	 i;

	if ((f = fopen(path, "w")) == NULL)
		bench_die("%s: %s", path, strerror(errno));
	for (i = 0; i < l->n_keys; i++)
		if (PEM_write_PrivateKey(f, l->key[i], NULL, NULL, 0, NULL,
		    NULL) != 1)
			bench_die("%s: cannot write", path);
	(void)fclose(f);
}

enum { N, E, D, P, Q, DP, DQ, QI, NUMBERS };

/* The others, of P and Q. */
static int
rsa_numbers(BIGNUM *x[NUMBERS])
{
	BIGNUM	*p1 = BN_dup(x[P]), *q1 = BN_dup(x[Q]), *phi = BN_new();
	BN_CTX	*ctx = BN_CTX_new();
	int	 ok;

	ok = BN_sub_word(p1, 1) && BN_sub_word(q1, 1) &&
	    BN_mul(phi, p1, q1, ctx) && BN_mul(x[N], x[P], x[Q], ctx) &&
	    BN_set_word(x[E], RSA_F4) &&
	    BN_mod_inverse(x[D], x[E], phi, ctx) != NULL &&
	    BN_nnmod(x[DP], x[D], p1, ctx) &&
	    BN_nnmod(x[DQ], x[D], q1, ctx) &&
	    BN_mod_inverse(x[QI], x[Q], x[P], ctx) != NULL;
	BN_free(p1);
	BN_free(q1);
	BN_free(phi);
	BN_CTX_free(ctx);
	return ok;
}

static EVP_PKEY *
rsa_key(BIGNUM *x[NUMBERS])
{
	static const char	*const names[NUMBERS] = {
		OSSL_PKEY_PARAM_RSA_N, OSSL_PKEY_PARAM_RSA_E,
		OSSL_PKEY_PARAM_RSA_D, OSSL_PKEY_PARAM_RSA_FACTOR1,
		OSSL_PKEY_PARAM_RSA_FACTOR2, OSSL_PKEY_PARAM_RSA_EXPONENT1,
		OSSL_PKEY_PARAM_RSA_EXPONENT2,
		OSSL_PKEY_PARAM_RSA_COEFFICIENT1
	};
	OSSL_PARAM_BLD	*build = OSSL_PARAM_BLD_new();
	OSSL_PARAM	*params;
	EVP_PKEY_CTX	*ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	EVP_PKEY	*key = NULL;
	int		 i, ok = 1;

	for (i = 0; i < NUMBERS; i++)
		ok = ok && OSSL_PARAM_BLD_push_BN(build, names[i], x[i]);
	params = OSSL_PARAM_BLD_to_param(build);
	if (!ok || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, params) != 1)
		bench_die("a key of two primes");
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	return key;
}

/* The first prime of a and the second of b. */
static EVP_PKEY *
mix(const EVP_PKEY *a, const EVP_PKEY *b)
{
	BIGNUM		*x[NUMBERS] = { NULL };
	EVP_PKEY	*key;
	int		 i;

	if (!EVP_PKEY_get_bn_param(a, OSSL_PKEY_PARAM_RSA_FACTOR1, &x[P]) ||
	    !EVP_PKEY_get_bn_param(b, OSSL_PKEY_PARAM_RSA_FACTOR2, &x[Q]))
		bench_die("a key's primes");
	for (i = 0; i < NUMBERS; i++)
		if (x[i] == NULL)
			x[i] = bench_need(BN_new());
	if (!rsa_numbers(x))
		bench_die("two primes");
	key = rsa_key(x);
	for (i = 0; i < NUMBERS; i++)
		BN_free(x[i]);
	return key;
}

static int
is_rsa(const struct load *l)
{
	return strncmp(l->key_type, "rsa", 3) == 0;
}

/* So many make n keys: of each two of them, two. */
static int
fresh_for(const struct load *l, int n)
{
	int	 fresh = FRESH;

	while (fresh * fresh < n)
		fresh++;
	return is_rsa(l) && fresh < n ? fresh : n;
}

static void
key_make_nth(void *arg, long i)
{
	struct load	*l = arg;

	if (l->key[i] == NULL)
		l->key[i] = bench_need(key_make(l->key_type));
}

static void
key_mix_nth(void *arg, long i)
{
	struct load	*l = arg;
	const int	 fresh = fresh_for(l, l->n_keys);
	const long	 a = i / (fresh - 1), b = i % (fresh - 1);

	if (l->key[fresh + i] == NULL)
		l->key[fresh + i] = mix(l->key[a], l->key[b + (b >= a)]);
}

/* A pool of n keys; path: a file that keeps them, or NULL. */
void
load_keys_make(struct load *l, const char *path, int n)
{
	const int	 fresh = fresh_for(l, n);
	int		 had;

	l->key = bench_need(calloc((size_t)n, sizeof(*l->key)));
	l->n_keys = n;
	had = path != NULL ? keys_read(l, path, n) : 0;
	bench_for_all(fresh, key_make_nth, l);
	bench_for_all(n - fresh, key_mix_nth, l);
	if (path != NULL && had < n)
		keys_write(l, path);
}

