/*
 * t_private.c - private keys out of PKCS #8: what wire/private.c makes of one
 * is what libcrypto's decoder makes of it, or nothing.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <cmocka.h>

#include "base/error.h"
#include "wire/key.h"
#include "wire/private.h"

static struct scep_crypto	*crypto;

/* What libcrypto writes for a key. */
static struct scep_buf
encode(EVP_PKEY *key)
{
	PKCS8_PRIV_KEY_INFO	*p8 = EVP_PKEY2PKCS8(key);
	struct scep_buf		 out = { NULL, 0 };
	unsigned char		*der = NULL;
	int			 len;

	assert_non_null(p8);
	assert_true((len = i2d_PKCS8_PRIV_KEY_INFO(p8, &der)) > 0);
	PKCS8_PRIV_KEY_INFO_free(p8);
	out.data = der;
	out.len = (size_t)len;
	return out;
}

static EVP_PKEY *
decode(const struct scep_buf *der)
{
	const unsigned char	*p = der->data;
	PKCS8_PRIV_KEY_INFO	*p8;
	EVP_PKEY		*key = NULL;

	if ((p8 = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)der->len)) != NULL)
		key = EVP_PKCS82PKEY_ex(p8, crypto->ctx, NULL);
	PKCS8_PRIV_KEY_INFO_free(p8);
	ERR_clear_error();
	return key;
}

static EVP_PKEY *
make(const char *kind, const char *curve, int bits)
{
	EVP_PKEY	*key;

	key = curve != NULL ? EVP_PKEY_Q_keygen(crypto->ctx, NULL, kind,
	    curve) : bits > 0 ? EVP_PKEY_Q_keygen(crypto->ctx, NULL, kind,
	    (size_t)bits) : EVP_PKEY_Q_keygen(crypto->ctx, NULL, kind);
	assert_non_null(key);
	return key;
}

/* Every number is the same: they are encoded to the same octets. */
static void
must_be_same(EVP_PKEY *a, EVP_PKEY *b)
{
	struct scep_buf	 x = encode(a), y = encode(b);

	assert_int_equal(EVP_PKEY_eq(a, b), 1);
	assert_int_equal(x.len, y.len);
	assert_memory_equal(x.data, y.data, x.len);
	scep_buf_clear(&x);
	scep_buf_clear(&y);
}

static const struct {
	const char	*kind, *curve;
	int		 bits;
} common[] = {
	{ "RSA", NULL, 2048 },
	{ "RSA", NULL, 3072 },
	{ "EC", "P-256", 0 },
	{ "EC", "P-384", 0 },
	{ "EC", "P-521", 0 },
};

/* It signs, and the other one's public half verifies that. */
static void
must_sign(EVP_PKEY *key, EVP_PKEY *with)
{
	static const char	 data[] = "data";
	EVP_MD_CTX		*ctx = EVP_MD_CTX_new();
	struct scep_buf		 signature = { NULL, 0 };
	struct scep_error	 err;

	assert_int_equal(scep_key_sign(crypto, key, SCEP_SHA256,
	    scep_span_text(data), &signature, &err), SCEP_OK);
	assert_int_equal(EVP_DigestVerifyInit_ex(ctx, NULL, "SHA2-256",
	    crypto->ctx, NULL, with, NULL), 1);
	assert_int_equal(EVP_DigestVerify(ctx, signature.data, signature.len,
	    (const unsigned char *)data, strlen(data)), 1);
	EVP_MD_CTX_free(ctx);
	scep_buf_clear(&signature);
}

static void
a_key_in_a_common_form_is_that_key(void **state)
{
	struct scep_buf	 der;
	EVP_PKEY	*key, *read;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(common) / sizeof(common[0]); i++) {
		key = make(common[i].kind, common[i].curve, common[i].bits);
		der = encode(key);
		read = scep_private_read(crypto, scep_buf_span(&der));
		assert_non_null(read);
		must_be_same(key, read);
		must_sign(read, key);
		EVP_PKEY_free(read);
		EVP_PKEY_free(key);
		scep_buf_clear(&der);
	}
}

/* The decoder knows them; the control is that it does. */
static void
an_uncommon_form_is_left_to_the_decoder(void **state)
{
	static const struct {
		const char	*kind, *curve;
	} uncommon[] = {
		{ "ED25519", NULL },
		{ "X25519", NULL },
		{ "EC", "secp256k1" },
		{ "EC", "P-224" },
		{ "EC", "P-256" },	/* in hybrid form */
	};
	struct scep_buf	 der;
	EVP_PKEY	*key, *read;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(uncommon) / sizeof(uncommon[0]); i++) {
		key = make(uncommon[i].kind, uncommon[i].curve, 0);
		if (i == sizeof(uncommon) / sizeof(uncommon[0]) - 1)
			assert_int_equal(EVP_PKEY_set_utf8_string_param(key,
			    OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
			    "hybrid"), 1);
		der = encode(key);
		assert_null(scep_private_read(crypto, scep_buf_span(&der)));
		assert_non_null(read = decode(&der));
		EVP_PKEY_free(read);
		EVP_PKEY_free(key);
		scep_buf_clear(&der);
	}
}

static void
a_part_of_a_key_is_none(void **state)
{
	struct scep_buf	 der;
	EVP_PKEY	*key, *read;
	size_t		 i, len;

	(void)state;
	for (i = 0; i < sizeof(common) / sizeof(common[0]); i++) {
		key = make(common[i].kind, common[i].curve, common[i].bits);
		der = encode(key);
		for (len = 0; len < der.len; len++)
			assert_null(scep_private_read(crypto,
			    scep_span_make(der.data, len)));
		read = scep_private_read(crypto, scep_buf_span(&der));
		assert_non_null(read);
		EVP_PKEY_free(read);
		EVP_PKEY_free(key);
		scep_buf_clear(&der);
	}
}

/* Whatever octet is another one: no key, or the one that the decoder reads.
 * Most of those of an RSA key are in its numbers: every third will do. */
static void
a_changed_octet_makes_no_other_key_than_the_decoder(void **state)
{
	struct scep_buf	 der;
	EVP_PKEY	*key, *read, *decoded;
	size_t		 i, k, step, same = 0;

	(void)state;
	for (i = 0; i < sizeof(common) / sizeof(common[0]); i += 2) {
		key = make(common[i].kind, common[i].curve, common[i].bits);
		der = encode(key);
		step = der.len > 512 ? 3 : 1;
		for (k = 0; k < der.len; k += k < 64 ? 1 : step) {
			der.data[k] ^= (uint8_t)(1u << k % 8);
			read = scep_private_read(crypto, scep_buf_span(&der));
			if (read != NULL) {
				assert_non_null(decoded = decode(&der));
				must_be_same(read, decoded);
				EVP_PKEY_free(decoded);
				same++;
			}
			EVP_PKEY_free(read);
			der.data[k] ^= (uint8_t)(1u << k % 8);
		}
		EVP_PKEY_free(key);
		scep_buf_clear(&der);
	}
	assert_true(same > 100);
}

static int
setup(void **state)
{
	struct scep_error	 err;

	(void)state;
	return scep_crypto_new(NULL, &crypto, &err) == SCEP_OK ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	scep_crypto_free(crypto);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(a_key_in_a_common_form_is_that_key),
		cmocka_unit_test(an_uncommon_form_is_left_to_the_decoder),
		cmocka_unit_test(a_part_of_a_key_is_none),
		cmocka_unit_test(
		    a_changed_octet_makes_no_other_key_than_the_decoder),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
