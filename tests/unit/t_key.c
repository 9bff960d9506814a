/*
 * t_key.c - public keys: refused from their bytes, or made into just the key
 * that OpenSSL's own decoder makes; signatures checked and made.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>

#include "base/error.h"
#include "wire/key.h"
#include "wire/legacy.h"

#include "tests/unit/conform.h"
#include "tests/unit/der_make.h"

#define OID_RSA		"1.2.840.113549.1.1.1"
#define OID_EC		"1.2.840.10045.2.1"
#define OID_P256	"1.2.840.10045.3.1.7"
#define ANY_TYPE	(SCEP_BIT(SCEP_KEY_RSA) | SCEP_BIT(SCEP_KEY_P256) | \
			    SCEP_BIT(SCEP_KEY_P384) | \
			    SCEP_BIT(SCEP_KEY_P521) | \
			    SCEP_BIT(SCEP_KEY_ED25519) | \
			    SCEP_BIT(SCEP_KEY_OTHER))

static const struct scep_key_rules	 any = { ANY_TYPE, 2048, 4096 };
static struct scep_crypto		*crypto;
static EVP_PKEY				*rsa;	/* 2048 bits */

static int
setup(void **state)
{
	struct scep_error	 err;

	(void)state;
	rsa = der_key(2);
	return scep_crypto_new(NULL, &crypto, &err) == SCEP_OK &&
	    scep_legacy_load(crypto, &err) == SCEP_OK ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	EVP_PKEY_free(rsa);
	scep_crypto_free(crypto);
	der_forget();
	return 0;
}

/* The verdict on an SPKI; whatever was loaded is released. */
static enum scep_err
verdict(struct scep_span spki, const struct scep_key_rules *rules)
{
	struct scep_key		 key;
	struct scep_error	 err;
	enum scep_err		 rc;

	rc = scep_key_load(crypto, spki, rules, &key, &err);
	if (rc != SCEP_OK) {
		assert_null(key.rsa);
		assert_null(key.evp);
		assert_int_equal(err.code, rc);
		assert_true(err.text[0] != '\0');
	}
	assert_int_equal(ERR_peek_error(), 0);
	scep_key_clear(&key);
	return rc;
}

/* It loads, and OpenSSL's decoder reads the same key. */
static void
loads_as(struct scep_span spki, enum scep_key_type type, int bits)
{
	const unsigned char	*p = spki.data;
	EVP_PKEY		*theirs, *ours;
	struct scep_key		 key;
	struct scep_error	 err;
	uint8_t			 sha256[SCEP_SHA256_LEN];

	if (scep_key_load(crypto, spki, &any, &key, &err) != SCEP_OK)
		fail_msg("%s", err.text);
	theirs = d2i_PUBKEY_ex(NULL, &p, (long)spki.len, crypto->ctx, NULL);
	assert_non_null(theirs);
	assert_non_null(ours = scep_key_get1_evp(crypto, &key));
	assert_int_equal(EVP_PKEY_eq(ours, theirs), 1);
	assert_int_equal(key.type, type);
	assert_int_equal(key.bits, bits);
	assert_int_equal(EVP_PKEY_get_bits(theirs), bits);
	assert_ptr_equal(key.spki.data, spki.data);
	assert_int_equal(scep_crypto_sha256(crypto, spki, sha256, &err),
	    SCEP_OK);
	assert_memory_equal(key.sha256, sha256, sizeof(sha256));
	EVP_PKEY_free(theirs);
	EVP_PKEY_free(ours);
	scep_key_clear(&key);
}

static struct scep_span
bit_string(struct scep_span content)
{
	return DER(0x03, der_hex("00"), content);
}

static struct scep_span
rsa_spki(struct scep_span n, struct scep_span e)
{
	return SEQ(der_alg(OID_RSA, 1), bit_string(SEQ(n, e)));
}

/* An INTEGER of so many bits, all of them set but the last as odd says. */
static struct scep_span
modulus(int bits, int odd)
{
	uint8_t	 n[2048];
	size_t	 len = (size_t)(bits + 7) / 8;

	memset(n, 0xff, sizeof(n));
	n[0] = 0;
	n[1] = (uint8_t)(0xff >> (len * 8 - (size_t)bits));
	if (!odd)
		n[len] = 0xfe;
	/* A leading zero only where the sign needs it. */
	return n[1] >= 0x80 ? der_octets(0x02, n, len + 1) :
	    der_octets(0x02, n + 1, len);
}

static struct scep_span
exponent(const char *hex)
{
	return DER(0x02, der_hex(hex));
}

#define E_65537	exponent("010001")

static EVP_PKEY *
ec_key(const char *curve)
{
	EVP_PKEY	*key = EVP_EC_gen(curve);

	assert_non_null(key);
	return key;
}

static void
rsa_keys_load_as_openssls_decoder_reads_them(void **state)
{
	(void)state;
	loads_as(der_spki(rsa), SCEP_KEY_RSA, 2048);
	loads_as(rsa_spki(modulus(2049, 1), E_65537), SCEP_KEY_RSA, 2049);
	loads_as(rsa_spki(modulus(3071, 1), exponent("010003")),
	    SCEP_KEY_RSA, 3071);
	loads_as(rsa_spki(modulus(4096, 1), exponent("00ffffffff")),
	    SCEP_KEY_RSA, 4096);
	assert_string_equal(scep_key_type_name(SCEP_KEY_RSA), "RSA");
}

static void
the_size_of_an_rsa_key_is_bounded_on_both_sides(void **state)
{
	(void)state;
	assert_int_equal(verdict(rsa_spki(modulus(2048, 1), E_65537), &any),
	    SCEP_OK);
	assert_int_equal(verdict(rsa_spki(modulus(2047, 1), E_65537), &any),
	    SCEP_E_ALG);
	assert_int_equal(verdict(rsa_spki(modulus(4096, 1), E_65537), &any),
	    SCEP_OK);
	assert_int_equal(verdict(rsa_spki(modulus(4097, 1), E_65537), &any),
	    SCEP_E_ALG);
	assert_int_equal(verdict(rsa_spki(modulus(512, 1), E_65537), &any),
	    SCEP_E_ALG);
	assert_int_equal(verdict(rsa_spki(modulus(16376, 1), E_65537), &any),
	    SCEP_E_ALG);
	assert_int_equal(verdict(rsa_spki(der_int(0), E_65537), &any),
	    SCEP_E_ALG);
}

static void
an_rsa_modulus_is_odd_and_positive(void **state)
{
	struct scep_span	 n = modulus(2048, 1);

	(void)state;
	assert_int_equal(verdict(rsa_spki(modulus(2048, 0), E_65537), &any),
	    SCEP_E_ALG);
	/* Without its leading zero it is negative. */
	assert_int_equal(verdict(rsa_spki(der_patch(der_octets(0x02,
	    n.data + 5, 256), 4, 0xbf), E_65537), &any), SCEP_E_ALG);
	/* With two of them it is no INTEGER. */
	assert_int_equal(verdict(rsa_spki(DER(0x02, der_hex("00"),
	    der_raw(n.data + 4, 257)), E_65537), &any), SCEP_E_FORMAT);
}

static void
an_rsa_exponent_is_odd_from_65537_below_2_to_the_32(void **state)
{
	static const struct {
		const char	*hex;
		enum scep_err	 rc;
	} cases[] = {
		{ "010001", SCEP_OK },
		{ "010003", SCEP_OK },
		{ "00ffffffff", SCEP_OK },
		{ "03", SCEP_E_ALG },
		{ "11", SCEP_E_ALG },
		{ "01", SCEP_E_ALG },
		{ "00", SCEP_E_ALG },
		{ "00ffff", SCEP_E_ALG },
		{ "010000", SCEP_E_ALG },
		{ "010002", SCEP_E_ALG },
		{ "0100000001", SCEP_E_ALG },
		{ "ff0001", SCEP_E_ALG },	/* negative */
	};
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (verdict(rsa_spki(modulus(2048, 1),
		    exponent(cases[i].hex)), &any) != cases[i].rc)
			fail_msg("e = %s", cases[i].hex);
}

static void
keys_on_named_curves_load(void **state)
{
	static const struct {
		const char		*curve;
		enum scep_key_type	 type;
		int			 bits;
	} cases[] = {
		{ "P-256", SCEP_KEY_P256, 256 },
		{ "P-384", SCEP_KEY_P384, 384 },
		{ "P-521", SCEP_KEY_P521, 521 },
	};
	EVP_PKEY	*key;
	size_t		 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		key = ec_key(cases[i].curve);
		loads_as(der_spki(key), cases[i].type, cases[i].bits);
		assert_string_equal(scep_key_type_name(cases[i].type),
		    cases[i].curve);
		EVP_PKEY_free(key);
	}
}

static void
other_curves_and_explicit_parameters_are_refused(void **state)
{
	EVP_PKEY	*key = ec_key("secp256k1");

	(void)state;
	assert_int_equal(verdict(der_spki(key), &any), SCEP_E_ALG);
	EVP_PKEY_free(key);
	key = ec_key("P-256");
	assert_int_equal(verdict(der_spki(key), &any), SCEP_OK);
	assert_int_equal(EVP_PKEY_set_utf8_string_param(key,
	    OSSL_PKEY_PARAM_EC_ENCODING, OSSL_PKEY_EC_ENCODING_EXPLICIT), 1);
	assert_int_equal(verdict(der_spki(key), &any), SCEP_E_ALG);
	EVP_PKEY_free(key);
}

static struct scep_span
ec_spki(struct scep_span point)
{
	return SEQ(SEQ(der_oid(OID_EC), der_oid(OID_P256)),
	    bit_string(point));
}

static void
an_ec_point_is_uncompressed_and_on_the_curve(void **state)
{
	EVP_PKEY		*key = ec_key("P-256");
	uint8_t			 p[65];
	struct scep_span	 point;
	size_t			 len;

	(void)state;
	assert_int_equal(EVP_PKEY_get_octet_string_param(key,
	    OSSL_PKEY_PARAM_PUB_KEY, p, sizeof(p), &len), 1);
	assert_int_equal(len, sizeof(p));
	point = der_raw(p, len);
	assert_int_equal(verdict(ec_spki(point), &any), SCEP_OK);
	/* Compressed, hybrid, infinity, cut short, off the curve. */
	assert_int_equal(verdict(ec_spki(der_join(der_hex(p[64] & 1 ? "03" :
	    "02"), der_raw(p + 1, 32))), &any), SCEP_E_ALG);
	assert_int_equal(verdict(ec_spki(der_patch(point, 0,
	    p[64] & 1 ? 7 : 6)), &any), SCEP_E_ALG);
	assert_int_equal(verdict(ec_spki(der_hex("00")), &any), SCEP_E_ALG);
	assert_int_equal(verdict(ec_spki(der_raw(p, 64)), &any), SCEP_E_ALG);
	assert_int_equal(verdict(ec_spki(der_patch(point, 64,
	    (uint8_t)(p[64] ^ 1))), &any), SCEP_E_ALG);
	assert_int_equal(verdict(ec_spki(der_raw("", 0)), &any), SCEP_E_ALG);
	EVP_PKEY_free(key);
}

static void
types_that_are_not_in_the_rules_are_refused(void **state)
{
	struct scep_key_rules	 only_rsa = { SCEP_BIT(SCEP_KEY_RSA), 2048,
				    4096 };
	struct scep_key_rules	 only_ec = { SCEP_BIT(SCEP_KEY_P256), 2048,
				    4096 };
	EVP_PKEY		*ec = ec_key("P-256");
	EVP_PKEY		*ed = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

	(void)state;
	loads_as(der_spki(ed), SCEP_KEY_ED25519, 256);
	assert_int_equal(verdict(der_spki(rsa), &only_rsa), SCEP_OK);
	assert_int_equal(verdict(der_spki(rsa), &only_ec), SCEP_E_ALG);
	assert_int_equal(verdict(der_spki(ec), &only_ec), SCEP_OK);
	assert_int_equal(verdict(der_spki(ec), &only_rsa), SCEP_E_ALG);
	assert_int_equal(verdict(der_spki(ed), &only_rsa), SCEP_E_ALG);
	EVP_PKEY_free(ec);
	EVP_PKEY_free(ed);
}

/* RFC 8410 section 3; 00 00 is no value of any type either. */
static void
an_ed25519_key_has_no_parameters(void **state)
{
	EVP_PKEY		*key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	struct scep_span	 oid = der_oid("1.3.101.112"), bits, with;
	uint8_t			 raw[32];
	size_t			 len = sizeof(raw);

	(void)state;
	assert_int_equal(EVP_PKEY_get_raw_public_key(key, raw, &len), 1);
	bits = bit_string(der_raw(raw, len));
	loads_as(SEQ(SEQ(oid), bits), SCEP_KEY_ED25519, 256);
	with = SEQ(SEQ(oid, der_hex("0000")), bits);
	assert_int_equal(verdict(with, &any), SCEP_E_FORMAT);
	assert_int_equal(scep_key_type_of(with), SCEP_KEY_OTHER);
	with = SEQ(SEQ(oid, der_hex("0500")), bits);
	assert_int_equal(verdict(with, &any), SCEP_E_ALG);
	EVP_PKEY_free(key);
}

/* "Other" stays refused even if somebody puts it into the rules. */
static void
key_algorithms_we_do_not_know_are_refused(void **state)
{
	static const char *const	 oids[] = {
		"1.2.840.113549.1.1.10",	/* id-RSASSA-PSS */
		"1.2.840.113549.1.1.7",		/* id-RSAES-OAEP */
		"1.2.840.10040.4.1",		/* id-dsa */
		"1.3.101.110",			/* id-X25519 */
		"1.2.3.4",
	};
	struct scep_span	 body = bit_string(SEQ(modulus(2048, 1),
				    E_65537));
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(oids) / sizeof(oids[0]); i++) {
		assert_int_equal(verdict(SEQ(der_alg(oids[i], 1), body),
		    &any), SCEP_E_ALG);
		assert_int_equal(verdict(SEQ(der_alg(oids[i], 0), body),
		    &any), SCEP_E_ALG);
	}
	/* RFC 3279 section 2.3.1: NULL, and not nothing. */
	assert_int_equal(verdict(SEQ(der_alg(OID_RSA, 0), body), &any),
	    SCEP_E_ALG);
	assert_int_equal(verdict(SEQ(der_alg(OID_RSA, 1), body), &any),
	    SCEP_OK);
}

static void
what_is_no_key_does_not_parse(void **state)
{
	struct scep_span	 good = der_spki(rsa);
	struct scep_span	 key = SEQ(modulus(2048, 1), E_65537);

	(void)state;
	assert_int_equal(verdict(good, &any), SCEP_OK);
	assert_int_equal(verdict(der_join(good, der_hex("00")), &any),
	    SCEP_E_FORMAT);
	assert_int_equal(verdict(der_raw(good.data, good.len - 1), &any),
	    SCEP_E_FORMAT);
	assert_int_equal(verdict(der_raw("", 0), &any), SCEP_E_FORMAT);
	assert_int_equal(verdict(der_hex("3000"), &any), SCEP_E_FORMAT);
	/* Of an indefinite length; one with a longer length than it needs is
	 * read like any in the certificates of devices. */
	assert_int_equal(verdict(der_join(der_hex("3080"),
	    der_join(der_alg(OID_RSA, 1), der_join(bit_string(key),
	    der_hex("0000")))), &any), SCEP_E_FORMAT);
	assert_int_equal(verdict(der_join(der_hex("3083000122"),
	    der_raw(good.data + 4, 0x122)), &any), SCEP_OK);
	/* Octets behind the RSAPublicKey, a third INTEGER, unused bits. */
	assert_int_equal(verdict(SEQ(der_alg(OID_RSA, 1),
	    bit_string(der_join(key, der_hex("00")))), &any), SCEP_E_FORMAT);
	assert_int_equal(verdict(SEQ(der_alg(OID_RSA, 1),
	    bit_string(SEQ(modulus(2048, 1), E_65537, der_int(1)))), &any),
	    SCEP_E_FORMAT);
	assert_int_equal(verdict(SEQ(der_alg(OID_RSA, 1),
	    DER(0x03, der_hex("04"), key, der_hex("00"))), &any),
	    SCEP_E_FORMAT);
}

static void
a_signature_algorithm_must_fit_the_key(void **state)
{
	static const struct {
		const char		*oid;
		int			 with_null;
		enum scep_digest	 rsa_md, ec_md;	/* __MAX: refused */
	} cases[] = {
		{ "1.2.840.113549.1.1.11", 1, SCEP_SHA256, SCEP_DIGEST__MAX },
		{ "1.2.840.113549.1.1.11", 0, SCEP_SHA256, SCEP_DIGEST__MAX },
		{ "1.2.840.113549.1.1.5", 1, SCEP_SHA1, SCEP_DIGEST__MAX },
		{ "1.2.840.113549.1.1.13", 1, SCEP_SHA512, SCEP_DIGEST__MAX },
		{ "1.2.840.10045.4.3.2", 0, SCEP_DIGEST__MAX, SCEP_SHA256 },
		{ "1.2.840.10045.4.3.3", 0, SCEP_DIGEST__MAX, SCEP_SHA384 },
		{ "1.2.840.10045.4.1", 0, SCEP_DIGEST__MAX, SCEP_SHA1 },
		/* RFC 5758 section 3.2: no parameters. */
		{ "1.2.840.10045.4.3.2", 1, SCEP_DIGEST__MAX,
		    SCEP_DIGEST__MAX },
		/* Names no digest; SHA-224; MD5. */
		{ OID_RSA, 1, SCEP_DIGEST__MAX, SCEP_DIGEST__MAX },
		{ "1.2.840.10045.4.3.1", 0, SCEP_DIGEST__MAX,
		    SCEP_DIGEST__MAX },
		{ "1.2.840.113549.1.1.4", 1, SCEP_MD5, SCEP_DIGEST__MAX },
	};
	const struct scep_key	 r = { .type = SCEP_KEY_RSA };
	const struct scep_key	 e = { .type = SCEP_KEY_P256 };
	struct scep_error	 err;
	struct scep_span	 alg;
	enum scep_digest	 md;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		alg = der_alg(cases[i].oid, cases[i].with_null);
		assert_int_equal(scep_key_signature_digest(&r, alg, &md,
		    &err), cases[i].rsa_md == SCEP_DIGEST__MAX ? SCEP_E_ALG :
		    SCEP_OK);
		assert_int_equal(md, cases[i].rsa_md);
		assert_int_equal(scep_key_signature_digest(&e, alg, &md,
		    &err), cases[i].ec_md == SCEP_DIGEST__MAX ? SCEP_E_ALG :
		    SCEP_OK);
		assert_int_equal(md, cases[i].ec_md);
	}
	assert_int_equal(scep_key_signature_digest(&r, der_hex("0500"), &md,
	    &err), SCEP_E_FORMAT);
	assert_int_equal(ERR_peek_error(), 0);
}

/* Sign with ours; ours and OpenSSL's agree that it is good, and that it is
 * not after any change. */
static void
signs_and_verifies(EVP_PKEY *private, enum scep_digest md)
{
	const struct scep_span	 data = scep_span_text("to be signed");
	struct scep_buf		 sig = { NULL, 0 };
	struct scep_key		 key;
	struct scep_error	 err;
	EVP_MD_CTX		*ctx = EVP_MD_CTX_new();

	assert_int_equal(scep_key_load(crypto, der_spki(private), &any, &key,
	    &err), SCEP_OK);
	assert_int_equal(scep_key_sign(crypto, private, md, data, &sig, &err),
	    SCEP_OK);
	assert_int_equal(EVP_DigestVerifyInit(ctx, NULL,
	    EVP_get_digestbynid(scep_digest_nid(md)), NULL, private), 1);
	assert_int_equal(EVP_DigestVerify(ctx, sig.data, sig.len, data.data,
	    data.len), 1);
	EVP_MD_CTX_free(ctx);
	assert_int_equal(scep_key_verify(crypto, &key, md, data,
	    scep_buf_span(&sig), &err), SCEP_OK);
	assert_int_equal(scep_key_verify(crypto, &key, md,
	    scep_span_text("to be signet"), scep_buf_span(&sig), &err),
	    SCEP_E_SIG);
	assert_int_equal(scep_key_verify(crypto, &key, md == SCEP_SHA256 ?
	    SCEP_SHA512 : SCEP_SHA256, data, scep_buf_span(&sig), &err),
	    SCEP_E_SIG);
	assert_int_equal(scep_key_verify(crypto, &key, md, data,
	    scep_span_make(sig.data, sig.len - 1), &err), SCEP_E_SIG);
	assert_int_equal(scep_key_verify(crypto, &key, md, data,
	    scep_span_make(NULL, 0), &err), SCEP_E_SIG);
	sig.data[sig.len - 1] ^= 1;
	assert_int_equal(scep_key_verify(crypto, &key, md, data,
	    scep_buf_span(&sig), &err), SCEP_E_SIG);
	assert_int_equal(ERR_peek_error(), 0);
	scep_buf_clear(&sig);
	scep_key_clear(&key);
}

static void
signatures_are_those_of_openssl(void **state)
{
	EVP_PKEY	*ec = ec_key("P-384");
	int		 i;

	(void)state;
	for (i = 0; i < SCEP_DIGEST__MAX; i++) {
		signs_and_verifies(rsa, (enum scep_digest)i);
		if (i != SCEP_MD5)	/* only with RSA */
			signs_and_verifies(ec, (enum scep_digest)i);
	}
	EVP_PKEY_free(ec);
}

/* What is kept for a key makes signatures, of either kind and any digest, one
 * after the other; and none of another key. */
static void
what_is_kept_for_a_key_signs_again_and_again(void **state)
{
	const struct scep_span	 data = scep_span_text("to be signed");
	EVP_PKEY		*private[2] = { rsa, ec_key("P-256") };
	struct scep_buf		 sig = { NULL, 0 };
	struct scep_key		 key;
	struct scep_error	 err;
	EVP_PKEY_CTX		*signing;
	int			 i, md;

	(void)state;
	for (i = 0; i < 2; i++) {
		assert_int_equal(scep_key_load(crypto, der_spki(private[i]),
		    &any, &key, &err), SCEP_OK);
		assert_non_null(signing = scep_key_signing(crypto,
		    private[i]));
		for (md = SCEP_SHA1; md <= SCEP_SHA512; md++) {
			assert_int_equal(scep_key_sign_with(crypto,
			    private[i], signing, (enum scep_digest)md, data,
			    &sig, &err), SCEP_OK);
			assert_int_equal(scep_key_verify(crypto, &key,
			    (enum scep_digest)md, data, scep_buf_span(&sig),
			    &err), SCEP_OK);
			assert_int_equal(scep_key_verify(crypto, &key,
			    (enum scep_digest)md, scep_span_text("x"),
			    scep_buf_span(&sig), &err), SCEP_E_SIG);
			assert_int_equal(scep_key_sign_with(crypto,
			    private[!i], signing, (enum scep_digest)md, data,
			    &sig, &err), SCEP_OK);
			assert_int_equal(scep_key_verify(crypto, &key,
			    (enum scep_digest)md, data, scep_buf_span(&sig),
			    &err), SCEP_E_SIG);
		}
		EVP_PKEY_CTX_free(signing);
		scep_key_clear(&key);
	}
	EVP_PKEY_free(private[1]);
	scep_buf_clear(&sig);
	/* One that cannot is told from it. */
	private[0] = EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	assert_null(scep_key_signing(crypto, private[0]));
	EVP_PKEY_free(private[0]);
	ERR_clear_error();
}

static void
a_public_key_cannot_sign(void **state)
{
	struct scep_buf		 sig = { NULL, 0 };
	struct scep_key		 key;
	struct scep_error	 err;
	EVP_PKEY		*public;

	(void)state;
	assert_int_equal(scep_key_load(crypto, der_spki(rsa), &any, &key,
	    &err), SCEP_OK);
	assert_non_null(public = scep_key_get1_evp(crypto, &key));
	assert_int_equal(scep_key_sign(crypto, public, SCEP_SHA256,
	    scep_span_text("x"), &sig, &err), SCEP_E_INTERNAL);
	EVP_PKEY_free(public);
	assert_null(sig.data);
	assert_int_equal(ERR_peek_error(), 0);
	scep_key_clear(&key);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(
		    rsa_keys_load_as_openssls_decoder_reads_them),
		conforms(the_size_of_an_rsa_key_is_bounded_on_both_sides,
		    "T-96"),
		conforms(an_rsa_modulus_is_odd_and_positive, "T-96"),
		conforms(an_rsa_exponent_is_odd_from_65537_below_2_to_the_32,
		    "T-96"),
		cmocka_unit_test(keys_on_named_curves_load),
		conforms(other_curves_and_explicit_parameters_are_refused,
		    "T-96"),
		cmocka_unit_test(
		    an_ec_point_is_uncompressed_and_on_the_curve),
		cmocka_unit_test(types_that_are_not_in_the_rules_are_refused),
		cmocka_unit_test(an_ed25519_key_has_no_parameters),
		cmocka_unit_test(key_algorithms_we_do_not_know_are_refused),
		cmocka_unit_test(what_is_no_key_does_not_parse),
		cmocka_unit_test(a_signature_algorithm_must_fit_the_key),
		cmocka_unit_test(signatures_are_those_of_openssl),
		cmocka_unit_test(what_is_kept_for_a_key_signs_again_and_again),
		cmocka_unit_test(a_public_key_cannot_sign),
	};

	return cmocka_run_group_tests_name("key", tests, setup, teardown);
}
