/*
 * t_world.c - the tests' own world: its dice are what libcrypto throws.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <openssl/rand.h>
#include <openssl/rsa.h>

#include <cmocka.h>

#include "tests/unit/world.h"

static struct world	*w;

static void
the_same_seed_gives_the_same_numbers(void **state)
{
	uint8_t	 a[3][40], b[3][40];
	int	 i;

	(void)state;
	for (i = 0; i < 3; i++) {
		world_reseed(w, i < 2 ? 5 : 6);
		assert_int_equal(RAND_bytes_ex(w->ctx, a[i], 40, 0), 1);
		assert_int_equal(RAND_priv_bytes_ex(w->ctx, b[i], 40, 0), 1);
	}
	assert_memory_equal(a[0], a[1], 40);
	assert_memory_equal(b[0], b[1], 40);
	assert_memory_not_equal(a[0], a[2], 40);
	assert_memory_not_equal(b[0], b[2], 40);
	/* Blinding must not move what serials are made from. */
	assert_memory_not_equal(a[0], b[0], 40);
}

/* RSAES-PKCS1-v1_5 pads with random octets. */
static void
padding_is_thrown_with_them(void **state)
{
	static const unsigned char	 text[] = "content key";
	EVP_PKEY			*key = w->cfg->ca[0].ra_key;
	unsigned char			 out[3][512];
	EVP_PKEY_CTX			*ctx;
	size_t				 len = 0;
	int				 i;

	(void)state;
	for (i = 0; i < 3; i++) {
		world_reseed(w, i < 2 ? 5 : 6);
		ctx = EVP_PKEY_CTX_new_from_pkey(w->ctx, key, NULL);
		assert_non_null(ctx);
		assert_int_equal(EVP_PKEY_encrypt_init(ctx), 1);
		assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx,
		    RSA_PKCS1_PADDING), 1);
		len = sizeof(out[i]);
		assert_int_equal(EVP_PKEY_encrypt(ctx, out[i], &len, text,
		    sizeof(text)), 1);
		EVP_PKEY_CTX_free(ctx);
	}
	assert_memory_equal(out[0], out[1], len);
	assert_memory_not_equal(out[0], out[2], len);
}

/* Signing with blinding draws private numbers, and only those. */
static void
signing_leaves_the_public_numbers_alone(void **state)
{
	struct scep_buf		 signature = { NULL, 0 };
	struct scep_error	 err;
	uint8_t			 a[2][16];
	int			 i;

	(void)state;
	for (i = 0; i < 2; i++) {
		world_reseed(w, 5);
		if (i == 1)
			assert_int_equal(scep_key_sign(w->crypto,
			    w->cfg->ca[0].key, SCEP_SHA256,
			    scep_span_text("x"), &signature, &err), SCEP_OK);
		assert_int_equal(RAND_bytes_ex(w->ctx, a[i], 16, 0), 1);
	}
	assert_memory_equal(a[0], a[1], 16);
	scep_buf_clear(&signature);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(the_same_seed_gives_the_same_numbers),
		cmocka_unit_test(padding_is_thrown_with_them),
		cmocka_unit_test(signing_leaves_the_public_numbers_alone),
	};
	int	 rc;

	w = world_new(NULL);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	world_free(w);
	return rc;
}
