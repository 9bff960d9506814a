/*
 * engine_ops.c - the operations that an enrolment cannot do without, as
 * libcrypto does them: private ones with blinding and the check of the CRT.
 */
#include <stdlib.h>
#include <string.h>

#include <openssl/rsa.h>

#include "tests/bench/bench.h"
#include "tests/bench/engine.h"

struct engine_ops {
	EVP_PKEY	*ec;
	EVP_PKEY_CTX	*rsa_sign, *rsa_verify, *rsa_encrypt, *ec_sign,
			*ec_verify;
	unsigned char	 digest[32];
	unsigned char	 rsa_value[512], ec_value[80], room[512];
	size_t		 rsa_len, ec_len;
};

static void
must(int ok)
{
	if (ok != 1)
		bench_die("libcrypto failed");
}

static void
rsa_private(void *arg, long i)
{
	struct engine_ops	*ops = arg;

	ops->rsa_len = sizeof(ops->rsa_value);
	ops->digest[0] = (unsigned char)i;
	must(EVP_PKEY_sign(ops->rsa_sign, ops->rsa_value, &ops->rsa_len,
	    ops->digest, sizeof(ops->digest)));
}

static void
rsa_verify(void *arg, long i)
{
	struct engine_ops	*ops = arg;

	(void)i;
	must(EVP_PKEY_verify(ops->rsa_verify, ops->rsa_value, ops->rsa_len,
	    ops->digest, sizeof(ops->digest)));
}

static void
rsa_encrypt(void *arg, long i)
{
	struct engine_ops	*ops = arg;
	size_t			 len = sizeof(ops->room);

	(void)i;
	must(EVP_PKEY_encrypt(ops->rsa_encrypt, ops->room, &len, ops->digest,
	    16));
}

static void
p256_sign(void *arg, long i)
{
	struct engine_ops	*ops = arg;

	(void)i;
	ops->ec_len = sizeof(ops->ec_value);
	must(EVP_PKEY_sign(ops->ec_sign, ops->ec_value, &ops->ec_len,
	    ops->digest, sizeof(ops->digest)));
}

static void
p256_verify(void *arg, long i)
{
	struct engine_ops	*ops = arg;

	(void)i;
	must(EVP_PKEY_verify(ops->ec_verify, ops->ec_value, ops->ec_len,
	    ops->digest, sizeof(ops->digest)));
}

static EVP_PKEY_CTX *
context(OSSL_LIB_CTX *ctx, EVP_PKEY *key, int (*init)(EVP_PKEY_CTX *))
{
	EVP_PKEY_CTX	*c = bench_need(EVP_PKEY_CTX_new_from_pkey(ctx, key,
			    NULL));

	must(init(c));
	if (EVP_PKEY_is_a(key, "RSA"))
		must(EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING));
	if (init != EVP_PKEY_encrypt_init)
		must(EVP_PKEY_CTX_set_signature_md(c, EVP_sha256()));
	return c;
}

/* Batches of about 20 ms each, as those of enrolments: the quickest of short
 * ones would be quicker.  Order: what is verified was signed before. */
struct engine_ops *
engine_ops_new(OSSL_LIB_CTX *ctx, EVP_PKEY *rsa,
    struct engine_item item[ENGINE_OPS])
{
	static const struct {
		const char	*name;
		void		 (*fn)(void *arg, long i);
		long		 batch;
	}			 table[ENGINE_OPS] = {
		[ENGINE_RSA_PRIVATE] = { "rsa_private", rsa_private, 100 },
		[ENGINE_RSA_VERIFY] = { "rsa_verify", rsa_verify, 1000 },
		[ENGINE_RSA_ENCRYPT] = { "rsa_encrypt", rsa_encrypt, 1000 },
		[ENGINE_P256_SIGN] = { "p256_sign", p256_sign, 1000 },
		[ENGINE_P256_VERIFY] = { "p256_verify", p256_verify, 300 },
	};
	struct engine_ops	*ops;
	int			 i;

	ops = bench_need(calloc(1, sizeof(*ops)));
	ops->ec = bench_need(EVP_PKEY_Q_keygen(ctx, NULL, "EC", "P-256"));
	ops->rsa_sign = context(ctx, rsa, EVP_PKEY_sign_init);
	ops->rsa_verify = context(ctx, rsa, EVP_PKEY_verify_init);
	ops->rsa_encrypt = context(ctx, rsa, EVP_PKEY_encrypt_init);
	ops->ec_sign = context(ctx, ops->ec, EVP_PKEY_sign_init);
	ops->ec_verify = context(ctx, ops->ec, EVP_PKEY_verify_init);
	for (i = 0; i < ENGINE_OPS; i++) {
		item[i].name = table[i].name;
		item[i].fn = table[i].fn;
		item[i].batch = table[i].batch;
		item[i].arg = ops;
		item[i].done = 0;
	}
	return ops;
}

void
engine_ops_free(struct engine_ops *ops)
{
	EVP_PKEY_CTX_free(ops->rsa_sign);
	EVP_PKEY_CTX_free(ops->rsa_verify);
	EVP_PKEY_CTX_free(ops->rsa_encrypt);
	EVP_PKEY_CTX_free(ops->ec_sign);
	EVP_PKEY_CTX_free(ops->ec_verify);
	EVP_PKEY_free(ops->ec);
	free(ops);
}
