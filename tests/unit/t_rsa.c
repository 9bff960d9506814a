/*
 * t_rsa.c - RSA public keys as numbers against EVP's: of whatever is shown as
 * a signature both say the same, and what one encrypts the other decrypts.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/rsa.h>

#include "base/error.h"
#include "wire/legacy.h"
#include "wire/rsa.h"

#include "tests/unit/der_make.h"

#define OCTETS_MAX	513		/* of a signature that is too long */

static const struct scep_key_rules	 rules = { SCEP_BIT(SCEP_KEY_RSA),
					    512, 4096 };
static struct scep_crypto		*crypto;
static struct scep_random		 rnd;

/* A key in both shapes. */
static struct pair {
	int		 bits;
	unsigned long	 e;
	EVP_PKEY	*evp;
	struct scep_key	 ours;
	size_t		 k;		/* octets of the modulus */
} keys[] = {
	{ .bits = 512, .e = 65537 },
	{ .bits = 1024, .e = 65537 },
	{ .bits = 1031, .e = 65537 },
	{ .bits = 2048, .e = 65537 },
	{ .bits = 2049, .e = 65539 },
	{ .bits = 2050, .e = 4294967291UL },	/* the largest prime in 32 */
	{ .bits = 2056, .e = 65537 },
	{ .bits = 2112, .e = 16777259 },
	{ .bits = 3072, .e = 65537 },
	{ .bits = 4096, .e = 65537 },
};
#define KEYS	(sizeof(keys) / sizeof(keys[0]))

static EVP_PKEY *
generate(int bits, unsigned long e)
{
	EVP_PKEY_CTX	*ctx = EVP_PKEY_CTX_new_from_name(crypto->ctx, "RSA",
			    NULL);
	BIGNUM		*bn = BN_new();
	EVP_PKEY	*key = NULL;

	assert_int_equal(BN_set_word(bn, e), 1);
	assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, bits), 1);
	assert_int_equal(EVP_PKEY_CTX_set1_rsa_keygen_pubexp(ctx, bn), 1);
	assert_int_equal(EVP_PKEY_generate(ctx, &key), 1);
	EVP_PKEY_CTX_free(ctx);
	BN_free(bn);
	return key;
}

static int
setup(void **state)
{
	struct scep_error	 err;
	size_t			 i;

	(void)state;
	if (scep_crypto_new(NULL, &crypto, &err) == SCEP_OK)
		scep_random_init(&rnd, crypto);
	if (crypto == NULL ||
	    scep_legacy_load(crypto, &err) != SCEP_OK)
		return -1;
	for (i = 0; i < KEYS; i++) {
		keys[i].evp = generate(keys[i].bits, keys[i].e);
		keys[i].k = (size_t)EVP_PKEY_get_size(keys[i].evp);
		if (scep_key_load(crypto, der_spki(keys[i].evp), &rules,
		    &keys[i].ours, &err) != SCEP_OK)
			return -1;
	}
	return 0;
}

static int
teardown(void **state)
{
	size_t	 i;

	(void)state;
	for (i = 0; i < KEYS; i++) {
		scep_key_clear(&keys[i].ours);
		EVP_PKEY_free(keys[i].evp);
	}
	scep_crypto_free(crypto);
	der_forget();
	return 0;
}

static const EVP_MD *
their_md(enum scep_digest md)
{
	return EVP_get_digestbynid(scep_digest_nid(md));
}

/* EVP's verdict: 1 or 0. */
static int
they_accept(const struct pair *key, enum scep_digest md, struct scep_span data,
    struct scep_span sig)
{
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	int		 ok;

	assert_int_equal(EVP_DigestVerifyInit_ex(ctx, NULL,
	    EVP_MD_get0_name(their_md(md)), NULL, NULL, key->evp, NULL), 1);
	ok = EVP_DigestVerify(ctx, sig.data, sig.len, data.data, data.len);
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return ok == 1;
}

static int
we_accept(const struct pair *key, enum scep_digest md, struct scep_span data,
    struct scep_span sig)
{
	struct scep_error	 err;
	enum scep_err		 rc;

	rc = scep_key_verify(crypto, &key->ours, md, data, sig, &err);
	if (rc != SCEP_OK)
		assert_int_equal(rc, SCEP_E_SIG);
	assert_int_equal(ERR_peek_error(), 0);
	return rc == SCEP_OK;
}

/* Both of them say this of it. */
static void
both_say(int good, const struct pair *key, enum scep_digest md,
    struct scep_span data, struct scep_span sig, const char *what)
{
	int	 theirs = they_accept(key, md, data, sig);
	int	 ours = we_accept(key, md, data, sig);

	if (theirs != good || ours != good)
		fail_msg("%d bits, %s, %s: EVP says %d, we say %d, not %d",
		    key->bits, scep_digest_name(md), what, theirs, ours,
		    good);
}

static size_t
sign(const struct pair *key, enum scep_digest md, struct scep_span data,
    uint8_t *out)
{
	EVP_MD_CTX	*ctx = EVP_MD_CTX_new();
	size_t		 len = key->k;

	assert_int_equal(EVP_DigestSignInit_ex(ctx, NULL,
	    EVP_MD_get0_name(their_md(md)), NULL, NULL, key->evp, NULL), 1);
	assert_int_equal(EVP_DigestSign(ctx, out, &len, data.data, data.len),
	    1);
	EVP_MD_CTX_free(ctx);
	return len;
}

/* The octets that are em when the public operation is done on them. */
static void
raw_sign(const struct pair *key, const uint8_t *em, uint8_t *out)
{
	EVP_PKEY_CTX	*ctx = EVP_PKEY_CTX_new(key->evp, NULL);
	size_t		 len = key->k;

	assert_int_equal(EVP_PKEY_decrypt_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING),
	    1);
	assert_int_equal(EVP_PKEY_decrypt(ctx, out, &len, em, key->k), 1);
	assert_int_equal(len, key->k);
	EVP_PKEY_CTX_free(ctx);
}

static void
what_evp_signed_verifies_and_nothing_else(void **state)
{
	const struct scep_span	 data = scep_span_text("to be signed");
	uint8_t			 sig[OCTETS_MAX];
	size_t			 i, len;
	int			 md, other;

	(void)state;
	for (i = 0; i < KEYS; i++)
		for (md = 0; md < SCEP_DIGEST__MAX; md++) {
			/* 512 bits have no room for these. */
			if (keys[i].bits == 512 && (md == SCEP_SHA384 ||
			    md == SCEP_SHA512))
				continue;
			len = sign(&keys[i], (enum scep_digest)md, data, sig);
			for (other = 0; other < SCEP_DIGEST__MAX; other++)
				both_say(other == md, &keys[i],
				    (enum scep_digest)other, data,
				    scep_span_make(sig, len), "as it is");
			both_say(0, &keys[i], (enum scep_digest)md,
			    scep_span_text("to be signet"),
			    scep_span_make(sig, len), "of something else");
			both_say(0, &keys[(i + 1) % KEYS],
			    (enum scep_digest)md, data,
			    scep_span_make(sig, len), "by another key");
		}
}

static void
no_bit_of_a_signature_may_change(void **state)
{
	const struct scep_span	 data = scep_span_text("to be signed");
	uint8_t			 sig[OCTETS_MAX];
	size_t			 i, bit, len;

	(void)state;
	for (i = 0; i < KEYS; i++) {
		len = sign(&keys[i], SCEP_SHA256, data, sig);
		for (bit = 0; bit < 8 * len; bit += keys[i].bits > 2048 ? 61 :
		    1) {
			sig[bit / 8] ^= (uint8_t)(1 << bit % 8);
			both_say(0, &keys[i], SCEP_SHA256, data,
			    scep_span_make(sig, len), "a bit flipped");
			sig[bit / 8] ^= (uint8_t)(1 << bit % 8);
		}
		both_say(1, &keys[i], SCEP_SHA256, data,
		    scep_span_make(sig, len), "flipped back");
	}
}

/* Longer, shorter, empty, with a zero in front. */
static void
a_signature_is_as_long_as_the_modulus(void **state)
{
	const struct scep_span	 data = scep_span_text("to be signed");
	uint8_t			 sig[OCTETS_MAX];
	size_t			 i, len;

	(void)state;
	for (i = 0; i < KEYS; i++) {
		len = sign(&keys[i], SCEP_SHA256, data, sig + 1);
		sig[0] = 0;
		assert_int_equal(len, keys[i].k);
		both_say(1, &keys[i], SCEP_SHA256, data,
		    scep_span_make(sig + 1, len), "as it is");
		both_say(0, &keys[i], SCEP_SHA256, data,
		    scep_span_make(sig, len + 1), "a zero in front");
		both_say(0, &keys[i], SCEP_SHA256, data,
		    scep_span_make(sig, len), "moved by an octet");
		both_say(0, &keys[i], SCEP_SHA256, data,
		    scep_span_make(sig + 1, len - 1), "the last octet gone");
		both_say(0, &keys[i], SCEP_SHA256, data,
		    scep_span_make(sig + 1, 0), "nothing");
	}
}

static void
a_signature_that_begins_with_a_zero_keeps_it(void **state)
{
	const struct pair	*key = &keys[1];
	struct scep_span	 data;
	char			 text[32];
	uint8_t			 sig[OCTETS_MAX];
	int			 i = 0;

	(void)state;
	do {
		assert_true(i < 100000);
		(void)snprintf(text, sizeof(text), "attempt %d", i++);
		data = scep_span_text(text);
		(void)sign(key, SCEP_SHA256, data, sig);
	} while (sig[0] != 0);
	both_say(1, key, SCEP_SHA256, data, scep_span_make(sig, key->k),
	    "a zero in front");
	both_say(0, key, SCEP_SHA256, data,
	    scep_span_make(sig + 1, key->k - 1), "without its zero");
}

/* s + n is the same number to the arithmetic, and no signature.  1 if one of
 * so many signatures leaves room for n above it. */
static size_t
refuses_s_plus_n(const struct pair *key, const BIGNUM *n)
{
	uint8_t		 sig[OCTETS_MAX], text[1] = { 0 };
	size_t		 fit = 0;
	BIGNUM		*s;

	for (; !fit && text[0] < 64; text[0]++) {
		(void)sign(key, SCEP_SHA256, scep_span_make(text, 1), sig);
		s = BN_bin2bn(sig, (int)key->k, NULL);
		assert_int_equal(BN_add(s, s, n), 1);
		fit = (size_t)BN_num_bytes(s) == key->k;
		(void)BN_bn2binpad(s, sig, (int)key->k);
		if (fit)
			both_say(0, key, SCEP_SHA256, scep_span_make(text, 1),
			    scep_span_make(sig, key->k), "s + n");
		BN_free(s);
	}
	return fit;
}

static void
a_signature_is_below_the_modulus(void **state)
{
	const struct scep_span	 data = scep_span_text("to be signed");
	uint8_t			 sig[OCTETS_MAX];
	BIGNUM			*n;
	size_t			 i, fit = 0;

	(void)state;
	for (i = 0; i < KEYS; i++) {
		n = NULL;
		assert_int_equal(EVP_PKEY_get_bn_param(keys[i].evp,
		    OSSL_PKEY_PARAM_RSA_N, &n), 1);
		fit += refuses_s_plus_n(&keys[i], n);
		(void)BN_bn2binpad(n, sig, (int)keys[i].k);
		both_say(0, &keys[i], SCEP_SHA256, data,
		    scep_span_make(sig, keys[i].k), "n");
		assert_int_equal(BN_sub_word(n, 1), 1);
		(void)BN_bn2binpad(n, sig, (int)keys[i].k);
		both_say(0, &keys[i], SCEP_SHA256, data,
		    scep_span_make(sig, keys[i].k), "n - 1");
		memset(sig, 0, sizeof(sig));
		both_say(0, &keys[i], SCEP_SHA256, data,
		    scep_span_make(sig, keys[i].k), "0");
		sig[keys[i].k - 1] = 1;
		both_say(0, &keys[i], SCEP_SHA256, data,
		    scep_span_make(sig, keys[i].k), "1");
		BN_free(n);
	}
	/* Few moduli are so near to a power of 256 that none fits. */
	assert_true(fit >= 3);
}

#define SHA256_INFO	"3031300d060960864801650304020105000420"

/* What an encoded message is made of: head, so many octets of fill, DigestInfo
 * but for its digest, the digest, tail; then as much fill as is missing. */
static const struct {
	const char	*what;
	int		 good;
	const char	*head;
	size_t		 fill;		/* 0: whatever is missing */
	uint8_t		 with;
	const char	*info;
	int		 digest;	/* 0: left out, 2: spoiled */
	const char	*tail;
} forged[] = {
	{ "the real thing", 1, "0001", 0, 0xff, "00" SHA256_INFO, 1, "" },
	{ "block type 0", 0, "0000", 0, 0xff, "00" SHA256_INFO, 1, "" },
	{ "block type 2", 0, "0002", 0, 0xff, "00" SHA256_INFO, 1, "" },
	{ "a padding of something else", 0, "0001", 0, 0xfe,
	    "00" SHA256_INFO, 1, "" },
	{ "a padding that begins otherwise", 0, "0001fe", 0, 0xff,
	    "00" SHA256_INFO, 1, "" },
	{ "a padding that ends otherwise", 0, "0001", 0, 0xff,
	    "fe00" SHA256_INFO, 1, "" },
	{ "no zero behind the padding", 0, "0001", 0, 0xff, SHA256_INFO, 1,
	    "" },
	{ "a zero more", 0, "0001", 0, 0xff, "0000" SHA256_INFO, 1, "" },
	{ "a short padding, and garbage behind the digest", 0, "0001", 8,
	    0xff, "00" SHA256_INFO, 1, "" },
	{ "no padding, and garbage behind the digest", 0, "0001", 0, 0xff,
	    "00" SHA256_INFO, 1, "5a5a5a5a5a5a5a5a" },
	{ "an octet behind the digest", 0, "0001", 0, 0xff, "00" SHA256_INFO,
	    1, "00" },
	{ "garbage in the parameters", 0, "0001", 0, 0xff,
	    "003039301506096086480165030402010508" "5a5a5a5a5a5a5a5a" "0420",
	    1, "" },
	{ "no parameters", 0, "0001", 0, 0xff,
	    "00302f300b0609608648016503040201" "0420", 1, "" },
	{ "a length of BER", 0, "0001", 0, 0xff,
	    "00308131300d060960864801650304020105000420", 1, "" },
	{ "an indefinite length", 0, "0001", 0, 0xff,
	    "003080300d060960864801650304020105000420", 1, "0000" },
	{ "a digest of another kind", 0, "0001", 0, 0xff,
	    "003031300d060960864801650304020305000420", 1, "" },
	{ "no DigestInfo", 0, "0001", 0, 0xff, "00", 1, "" },
	{ "no digest", 0, "0001", 0, 0xff, "00" SHA256_INFO, 0, "" },
	{ "another digest", 0, "0001", 0, 0xff, "00" SHA256_INFO, 2, "" },
	{ "nothing", 0, "", 0, 0, "", 0, "" },
};
#define FORGED	(sizeof(forged) / sizeof(forged[0]))

/* The encoded message of row i, of k octets; 0 if there is no room. */
static int
forge(size_t i, size_t k, struct scep_span digest, uint8_t *em)
{
	struct scep_span	 head = der_hex(forged[i].head);
	struct scep_span	 info = der_hex(forged[i].info);
	struct scep_span	 tail = der_hex(forged[i].tail);
	size_t			 at, fill;

	if (!forged[i].digest)
		digest.len = 0;
	if (head.len + info.len + digest.len + tail.len + forged[i].fill > k)
		return 0;
	fill = forged[i].fill != 0 ? forged[i].fill :
	    k - head.len - info.len - digest.len - tail.len;
	memset(em, forged[i].with, k);
	memcpy(em, head.data, head.len);
	at = head.len + fill;
	memcpy(em + at, info.data, info.len);
	memcpy(em + at + info.len, digest.data, digest.len);
	if (forged[i].digest == 2)
		em[at + info.len] ^= 1;
	memcpy(em + at + info.len + digest.len, tail.data, tail.len);
	return 1;
}

static void
an_encoded_message_has_one_form(void **state)
{
	const struct scep_span	 data = scep_span_text("to be signed");
	uint8_t			 em[OCTETS_MAX], sig[OCTETS_MAX];
	uint8_t			 digest[SCEP_DIGEST_MAX_LEN];
	struct scep_error	 err;
	size_t			 i, j, len, n = 0;

	(void)state;
	assert_int_equal(scep_crypto_digest(crypto, SCEP_SHA256, data, digest,
	    &len, &err), SCEP_OK);
	for (i = 0; i < KEYS; i++)
		for (j = 0; j < FORGED; j++) {
			if (!forge(j, keys[i].k, scep_span_make(digest, len),
			    em))
				continue;
			n++;
			raw_sign(&keys[i], em, sig);
			both_say(forged[j].good, &keys[i], SCEP_SHA256, data,
			    scep_span_make(sig, keys[i].k), forged[j].what);
		}
	assert_true(n > (KEYS - 1) * FORGED);
}

/* RFC 8017 section 9.2: what is shorter could be found by trying. */
static void
a_padding_has_eight_octets_or_more(void **state)
{
	static const struct {
		int			 bits;
		enum scep_digest	 md;
		int			 good;
	} cases[] = {
		{ 624, SCEP_SHA384, 1 },	/* 3 + 8 + 67 octets */
		{ 616, SCEP_SHA384, 0 },
		{ 752, SCEP_SHA512, 1 },	/* 3 + 8 + 83 */
		{ 744, SCEP_SHA512, 0 },
	};
	const struct scep_span	 data = scep_span_text("to be signed");
	struct scep_error	 err;
	struct pair		 key;
	uint8_t			 em[OCTETS_MAX], sig[OCTETS_MAX];
	uint8_t			 di[SCEP_DIGEST_INFO_MAX];
	size_t			 i, len;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		key = (struct pair){ .bits = cases[i].bits,
		    .evp = generate(cases[i].bits, 65537) };
		key.k = (size_t)EVP_PKEY_get_size(key.evp);
		assert_int_equal(scep_key_load(crypto, der_spki(key.evp),
		    &rules, &key.ours, &err), SCEP_OK);
		assert_int_equal(scep_rsa_digest_info(crypto, cases[i].md,
		    data, di, &len, &err), SCEP_OK);
		memset(em, 0xff, sizeof(em));
		em[0] = 0;
		em[1] = 1;
		em[key.k - len - 1] = 0;
		memcpy(em + key.k - len, di, len);
		raw_sign(&key, em, sig);
		both_say(cases[i].good, &key, cases[i].md, data,
		    scep_span_make(sig, key.k), "the least padding");
		scep_key_clear(&key.ours);
		EVP_PKEY_free(key.evp);
	}
}

static void
decrypts_to(const struct pair *key, const struct scep_buf *ct, int padding,
    uint8_t *out, size_t *len)
{
	EVP_PKEY_CTX	*ctx = EVP_PKEY_CTX_new(key->evp, NULL);

	*len = OCTETS_MAX;
	assert_int_equal(EVP_PKEY_decrypt_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, padding), 1);
	assert_int_equal(EVP_PKEY_decrypt(ctx, out, len, ct->data, ct->len),
	    1);
	EVP_PKEY_CTX_free(ctx);
}

static void
encrypts(const struct pair *key, struct scep_span message)
{
	struct scep_buf		 ct = { NULL, 0 }, again = { NULL, 0 };
	struct scep_error	 err;
	uint8_t			 out[OCTETS_MAX];
	size_t			 i, len;

	assert_int_equal(scep_rsa_encrypt(&rnd, key->ours.rsa, message, &ct,
	    &err), SCEP_OK);
	assert_int_equal(ct.len, key->k);
	decrypts_to(key, &ct, RSA_PKCS1_PADDING, out, &len);
	assert_int_equal(len, message.len);
	assert_memory_equal(out, message.data, message.len);
	/* And with nothing left to a lenient reader. */
	decrypts_to(key, &ct, RSA_NO_PADDING, out, &len);
	assert_int_equal(len, key->k);
	assert_int_equal(out[0], 0);
	assert_int_equal(out[1], 2);
	for (i = 2; i < key->k - 1 - message.len; i++)
		assert_int_not_equal(out[i], 0);
	assert_int_equal(out[i], 0);
	assert_int_equal(scep_rsa_encrypt(&rnd, key->ours.rsa, message,
	    &again, &err), SCEP_OK);
	assert_memory_not_equal(again.data, ct.data, key->k);
	scep_buf_clear(&ct);
	scep_buf_clear(&again);
}

static void
evp_decrypts_what_we_encrypt(void **state)
{
	static const size_t	 lens[] = { 1, 8, 16, 24, 32 };
	uint8_t			 key[OCTETS_MAX];
	struct scep_buf		 ct = { NULL, 0 };
	struct scep_error	 err;
	size_t			 i, j;

	(void)state;
	for (i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(i * 7);
	for (i = 0; i < KEYS; i++) {
		for (j = 0; j < sizeof(lens) / sizeof(lens[0]); j++)
			encrypts(&keys[i], scep_span_make(key, lens[j]));
		/* As much as there is room for, and an octet more. */
		encrypts(&keys[i], scep_span_make(key, keys[i].k - 11));
		assert_int_equal(scep_rsa_encrypt(&rnd, keys[i].ours.rsa,
		    scep_span_make(key, keys[i].k - 10), &ct, &err),
		    SCEP_E_INTERNAL);
		assert_int_equal(scep_rsa_encrypt(&rnd, keys[i].ours.rsa,
		    scep_span_make(key, keys[i].k + 1), &ct, &err),
		    SCEP_E_INTERNAL);
		assert_null(ct.data);
	}
	assert_int_equal(ERR_peek_error(), 0);
}

/* No octet of the padding favours a value: 0 would be the one. */
static void
all_values_but_zero_pad(void **state)
{
	const struct pair	*key = &keys[1];
	unsigned int		 seen[256] = { 0 };
	struct scep_buf		 ct = { NULL, 0 };
	struct scep_error	 err;
	uint8_t			 out[OCTETS_MAX];
	size_t			 i, len;
	int			 n;

	(void)state;
	for (n = 0; n < 200; n++) {
		assert_int_equal(scep_rsa_encrypt(&rnd, key->ours.rsa,
		    scep_span_text("0123456789abcdef"), &ct, &err), SCEP_OK);
		decrypts_to(key, &ct, RSA_NO_PADDING, out, &len);
		for (i = 2; i < key->k - 17; i++)
			seen[out[i]]++;
	}
	assert_int_equal(seen[0], 0);
	/* 21,800 octets: about 85 of each. */
	for (i = 1; i < 256; i++)
		assert_in_range(seen[i], 30, 170);
	scep_buf_clear(&ct);
}

static void *
verify_often(void *arg)
{
	const struct scep_span	*sig = arg;
	struct scep_error	 err;
	size_t			 i, good = 0;

	for (i = 0; i < 500; i++)
		good += scep_key_verify(crypto, &keys[3].ours, SCEP_SHA256,
		    scep_span_text("to be signed"), *sig, &err) == SCEP_OK;
	return good == 500 ? arg : NULL;
}

static void
threads_may_share_a_key(void **state)
{
	uint8_t			 octets[OCTETS_MAX];
	struct scep_span	 sig = { octets, 0 };
	pthread_t		 thread[4];
	void			*result;
	size_t			 i;

	(void)state;
	sig.len = sign(&keys[3], SCEP_SHA256, scep_span_text("to be signed"),
	    octets);
	for (i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&thread[i], NULL,
		    verify_often, &sig), 0);
	for (i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(thread[i], &result), 0);
		assert_ptr_equal(result, &sig);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(what_evp_signed_verifies_and_nothing_else),
		cmocka_unit_test(no_bit_of_a_signature_may_change),
		cmocka_unit_test(a_signature_is_as_long_as_the_modulus),
		cmocka_unit_test(a_signature_that_begins_with_a_zero_keeps_it),
		cmocka_unit_test(a_signature_is_below_the_modulus),
		cmocka_unit_test(an_encoded_message_has_one_form),
		cmocka_unit_test(a_padding_has_eight_octets_or_more),
		cmocka_unit_test(evp_decrypts_what_we_encrypt),
		cmocka_unit_test(all_values_but_zero_pad),
		cmocka_unit_test(threads_may_share_a_key),
	};

	return cmocka_run_group_tests_name("rsa", tests, setup, teardown);
}
