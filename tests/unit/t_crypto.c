/*
 * t_crypto.c - digests, MACs and AlgorithmIdentifiers: what is on the list
 * works as OpenSSL's own does, what is not is refused.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include <cmocka.h>

#include "base/error.h"
#include "tests/unit/conform.h"
#include "wire/legacy.h"
#include "wire/random.h"

static struct scep_crypto	*crypto;

static int
setup(void **state)
{
	struct scep_error	 err;

	(void)state;
	return scep_crypto_new(NULL, &crypto, &err) == SCEP_OK &&
	    scep_legacy_load(crypto, &err) == SCEP_OK ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	scep_crypto_free(crypto);
	return 0;
}

/* An AlgorithmIdentifier as any client could write it; value is consumed. */
static X509_ALGOR *
alg(const char *oid, int type, void *value)
{
	X509_ALGOR	*a = X509_ALGOR_new();

	assert_non_null(a);
	assert_int_equal(X509_ALGOR_set0(a, OBJ_txt2obj(oid, 0), type, value),
	    1);
	return a;
}

static ASN1_STRING *
string(int type, const void *data, int len)
{
	ASN1_STRING	*s = ASN1_STRING_type_new(type);

	assert_non_null(s);
	assert_int_equal(ASN1_STRING_set(s, data, len), 1);
	return s;
}

/* The verdict is for badAlg, says why, and leaves no trace in libcrypto. */
static void
is_bad_alg(enum scep_err rc, const struct scep_error *err)
{
	assert_int_equal(rc, SCEP_E_ALG);
	assert_int_equal(err->code, SCEP_E_ALG);
	assert_true(err->text[0] != '\0');
	assert_int_equal(ERR_peek_error(), 0);
}

static void
a_context_that_was_given_stays_the_callers(void **state)
{
	OSSL_LIB_CTX		*ctx = OSSL_LIB_CTX_new();
	struct scep_crypto	*c;
	struct scep_error	 err;
	uint8_t			 octet;

	(void)state;
	assert_int_equal(scep_crypto_new(ctx, &c, &err), SCEP_OK);
	assert_ptr_equal(c->ctx, ctx);
	assert_int_equal(scep_crypto_random(c, &octet, 1, &err), SCEP_OK);
	scep_crypto_free(c);
	assert_int_equal(RAND_bytes_ex(ctx, &octet, 1, 0), 1);
	OSSL_LIB_CTX_free(ctx);
	scep_crypto_free(NULL);
}

static void
random_octets_differ_each_time(void **state)
{
	struct scep_error	 err;
	uint8_t			 a[32] = { 0 }, b[32] = { 0 };

	(void)state;
	assert_int_equal(scep_crypto_random(crypto, a, sizeof(a), &err),
	    SCEP_OK);
	assert_int_equal(scep_crypto_random(crypto, b, sizeof(b), &err),
	    SCEP_OK);
	assert_memory_not_equal(a, b, sizeof(a));
}

/* Sixteen octets at a time, past several fetches: were a part given twice, two
 * would be equal. */
static void
octets_fetched_together_are_given_once(void **state)
{
	static const uint8_t	 zero[16];
	struct scep_random	 random;
	struct scep_error	 err;
	uint8_t			 got[64][16], more[SCEP_RANDOM_ROOM + 1];
	size_t			 i, j;

	(void)state;
	scep_random_init(&random, crypto);
	for (i = 0; i < 64; i++) {
		assert_int_equal(scep_random_take(&random, got[i], 16, &err),
		    SCEP_OK);
		/* Of what was given nothing is left behind. */
		assert_null(memmem(random.octets, sizeof(random.octets),
		    got[i], 16));
		for (j = 0; j < i; j++)
			assert_memory_not_equal(got[i], got[j], 16);
	}
	memset(more, 0, sizeof(more));
	assert_int_equal(scep_random_take(&random, more, sizeof(more), &err),
	    SCEP_OK);
	for (i = 0; i < 64; i++)
		assert_null(memmem(more, sizeof(more), got[i], 16));
	assert_memory_not_equal(more + sizeof(more) - 16,
	    zero, sizeof(zero));
	scep_random_clear(&random);
	for (i = 0; i < sizeof(random.octets); i++)
		assert_int_equal(random.octets[i], 0);
}

static void
each_digest_is_openssls(void **state)
{
	const struct scep_span	 data = scep_span_text("abc");
	struct scep_error	 err;
	uint8_t			 ours[SCEP_DIGEST_MAX_LEN];
	uint8_t			 theirs[EVP_MAX_MD_SIZE];
	unsigned int		 n;
	size_t			 len;
	int			 i;

	(void)state;
	for (i = 0; i < SCEP_DIGEST__MAX; i++) {
		const enum scep_digest	 md = (enum scep_digest)i;

		assert_int_equal(EVP_Digest(data.data, data.len, theirs, &n,
		    EVP_get_digestbynid(scep_digest_nid(md)), NULL), 1);
		assert_int_equal(scep_crypto_digest(crypto, md, data, ours,
		    &len, &err), SCEP_OK);
		assert_int_equal(len, n);
		assert_memory_equal(ours, theirs, n);
		/* scep.conf's word is one that `openssl` knows. */
		assert_int_equal(EVP_MD_get_type(EVP_get_digestbyname(
		    scep_digest_word(md))), scep_digest_nid(md));
		assert_true(strlen(scep_digest_name(md)) > 0);
	}
	assert_int_equal(scep_crypto_digest(crypto, SCEP_SHA1,
	    scep_span_make(NULL, 0), ours, NULL, &err), SCEP_OK);
}

/* RFC 4231, test cases 1 and 2, the data in parts. */
static void
hmac_is_that_of_rfc_4231(void **state)
{
	static const uint8_t	 one[] = { 0xb0, 0x34, 0x4c, 0x61, 0xd8, 0xdb,
	    0x38, 0x53, 0x5c, 0xa8, 0xaf, 0xce, 0xaf, 0x0b, 0xf1, 0x2b, 0x88,
	    0x1d, 0xc2, 0x00, 0xc9, 0x83, 0x3d, 0xa7, 0x26, 0xe9, 0x37, 0x6c,
	    0x2e, 0x32, 0xcf, 0xf7 };
	static const uint8_t	 two[] = { 0x5b, 0xdc, 0xc1, 0x46, 0xbf, 0x60,
	    0x75, 0x4e, 0x6a, 0x04, 0x24, 0x26, 0x08, 0x95, 0x75, 0xc7, 0x5a,
	    0x00, 0x3f, 0x08, 0x9d, 0x27, 0x39, 0x83, 0x9d, 0xec, 0x58, 0xb9,
	    0x64, 0xec, 0x38, 0x43 };
	struct scep_span	 parts[3];
	struct scep_error	 err;
	uint8_t			 key[20], out[SCEP_SHA256_LEN];

	(void)state;
	memset(key, 0x0b, sizeof(key));
	parts[0] = scep_span_text("Hi There");
	assert_int_equal(scep_crypto_hmac(crypto, scep_span_make(key,
	    sizeof(key)), parts, 1, out, &err), SCEP_OK);
	assert_memory_equal(out, one, sizeof(one));
	parts[0] = scep_span_text("what do ya want ");
	parts[1] = scep_span_make(NULL, 0);
	parts[2] = scep_span_text("for nothing?");
	assert_int_equal(scep_crypto_hmac(crypto, scep_span_text("Jefe"),
	    parts, 3, out, &err), SCEP_OK);
	assert_memory_equal(out, two, sizeof(two));
}

/* For one request: the same, but not before it is asked for. */
static void
a_brief_one_has_all_that_the_other_has(void **state)
{
	static const uint8_t	 none[32];
	struct scep_crypto	*brief;
	struct scep_error	 err;
	uint8_t			 one[32] = { 0 }, two[32] = { 0 };
	int			 i;

	(void)state;
	assert_int_equal(scep_crypto_new_brief(&brief, &err), SCEP_OK);
	for (i = 0; i < SCEP_CIPHER__MAX; i++) {
		assert_null(brief->cipher[i]);
		if (i == SCEP_DES) {	/* as in any before it is loaded */
			assert_null(scep_crypto_cipher(brief,
		    (enum scep_cipher)i));
			continue;
		}
		assert_int_equal(EVP_CIPHER_get_nid(scep_crypto_cipher(brief,
		    (enum scep_cipher)i)), EVP_CIPHER_get_nid(
		    scep_crypto_cipher(crypto, (enum scep_cipher)i)));
		assert_ptr_equal(scep_crypto_cipher(brief,
		    (enum scep_cipher)i),
		    brief->cipher[i]);
	}
	for (i = 0; i < SCEP_DIGEST__MAX; i++)
		if (i != SCEP_MD5)
			assert_int_equal(EVP_MD_get_type(brief->md[i]),
			    EVP_MD_get_type(crypto->md[i]));
	assert_int_equal(scep_crypto_random(brief, one, sizeof(one), &err),
	    SCEP_OK);
	assert_int_equal(scep_crypto_random(brief, two, sizeof(two), &err),
	    SCEP_OK);
	assert_memory_not_equal(one, two, sizeof(one));
	assert_memory_not_equal(one, none, sizeof(one));
	scep_crypto_free(brief);
}

/* Keys shorter and longer than a block, and just as long. */
static void
hmac_is_libcrypto_s_whatever_the_key(void **state)
{
	uint8_t			 key[300], data[200], ours[SCEP_SHA256_LEN];
	uint8_t			 theirs[SCEP_SHA256_LEN];
	struct scep_span	 parts[2];
	struct scep_error	 err;
	size_t			 i, len;

	(void)state;
	for (i = 0; i < sizeof(key); i++)
		key[i] = (uint8_t)(i * 7 + 1);
	memset(data, 0x5a, sizeof(data));
	for (len = 0; len <= sizeof(key); len++) {
		parts[0] = scep_span_make(data, len % sizeof(data));
		parts[1] = scep_span_make(data + parts[0].len,
		    sizeof(data) - parts[0].len);
		assert_int_equal(scep_crypto_hmac(crypto, scep_span_make(
		    len > 0 ? key : NULL, len), parts, 2, ours, &err),
		    SCEP_OK);
		assert_non_null(HMAC(EVP_sha256(), key, (int)len, data,
		    sizeof(data), theirs, NULL));
		assert_memory_equal(ours, theirs, sizeof(ours));
	}
}

/* As OpenSSL reads what was written. */
static X509_ALGOR *
written(struct scep_writer *w)
{
	struct scep_buf		 der = { NULL, 0 };
	struct scep_error	 err;
	const unsigned char	*p;
	X509_ALGOR		*a;

	assert_int_equal(scep_writer_end(w, SCEP_OK, &der, &err), SCEP_OK);
	assert_int_equal(scep_der_check(scep_buf_span(&der), &err), SCEP_OK);
	p = der.data;
	assert_non_null(a = d2i_X509_ALGOR(NULL, &p, (long)der.len));
	assert_ptr_equal(p, der.data + der.len);
	scep_buf_clear(&der);
	return a;
}

/* As it stands on the wire. */
static const struct scep_alg *
raw(const X509_ALGOR *a)
{
	static uint8_t		 der[512];
	static struct scep_alg	 alg;
	struct scep_span	 rest;
	uint8_t			*p = der;
	int			 len = i2d_X509_ALGOR(a, NULL);

	assert_in_range(len, 1, sizeof(der));
	assert_int_equal(i2d_X509_ALGOR(a, &p), len);
	rest = scep_span_make(der, (size_t)len);
	assert_int_equal(scep_alg_take(&rest, &alg), 1);
	assert_int_equal(rest.len, 0);
	return &alg;
}

static void
digests_on_the_list_are_read_with_null_or_without_parameters(void **state)
{
	struct scep_error	 err;
	enum scep_digest	 md;
	struct scep_writer	 w;
	X509_ALGOR		*a;
	int			 i;

	(void)state;
	for (i = 0; i < SCEP_DIGEST__MAX; i++) {
		scep_writer_init(&w, 64);
		scep_alg_put_digest(&w, (enum scep_digest)i);
		a = written(&w);
		assert_int_equal(scep_alg_digest(raw(a), &md, &err), SCEP_OK);
		assert_int_equal(md, i);
		X509_ALGOR_free(a);
		a = alg(OBJ_nid2sn(scep_digest_nid((enum scep_digest)i)),
		    V_ASN1_UNDEF, NULL);
		assert_int_equal(scep_alg_digest(raw(a), &md, &err), SCEP_OK);
		assert_int_equal(md, i);
		X509_ALGOR_free(a);
	}
}

static void
other_digests_and_odd_parameters_are_bad_alg(void **state)
{
	static const char *const	 oids[] = { "MD2", "MD4", "SHA224",
	    "SHA512-256", "SHA3-256", "RIPEMD160", "rsaEncryption",
	    "sha256WithRSAEncryption", "1.2.3.4" };
	struct scep_error		 err;
	enum scep_digest		 md;
	X509_ALGOR			*a;
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(oids) / sizeof(oids[0]); i++) {
		a = alg(oids[i], V_ASN1_NULL, NULL);
		is_bad_alg(scep_alg_digest(raw(a), &md, &err), &err);
		X509_ALGOR_free(a);
	}
	a = alg("SHA256", V_ASN1_OCTET_STRING,
	    string(V_ASN1_OCTET_STRING, "", 0));
	is_bad_alg(scep_alg_digest(raw(a), &md, &err), &err);
	X509_ALGOR_free(a);
}

static void
rsa_signatures_name_their_digest_or_none(void **state)
{
	static const struct {
		const char		*oid;
		enum scep_digest	 md;
	} good[] = {
		{ "rsaEncryption", SCEP_DIGEST__MAX },
		{ "sha1WithRSAEncryption", SCEP_SHA1 },
		{ "sha256WithRSAEncryption", SCEP_SHA256 },
		{ "sha384WithRSAEncryption", SCEP_SHA384 },
		{ "sha512WithRSAEncryption", SCEP_SHA512 },
		{ "md5WithRSAEncryption", SCEP_MD5 },
	};
	static const char *const	 bad[] = { "md2WithRSAEncryption",
	    "md4WithRSAEncryption", "rsassaPss", "ecdsa-with-SHA256",
	    "dsaEncryption", "sha224WithRSAEncryption", "SHA256" };
	struct scep_error	 err;
	enum scep_digest	 md;
	X509_ALGOR		*a;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		a = alg(good[i].oid, V_ASN1_NULL, NULL);
		assert_int_equal(scep_alg_rsa_signature(raw(a), &md, &err),
		    SCEP_OK);
		assert_int_equal(md, good[i].md);
		X509_ALGOR_free(a);
		a = alg(good[i].oid, V_ASN1_INTEGER,
		    string(V_ASN1_INTEGER, "\1", 1));
		is_bad_alg(scep_alg_rsa_signature(raw(a), &md, &err), &err);
		X509_ALGOR_free(a);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		a = alg(bad[i], V_ASN1_NULL, NULL);
		is_bad_alg(scep_alg_rsa_signature(raw(a), &md, &err), &err);
		X509_ALGOR_free(a);
	}
}

static void
each_cipher_is_openssls_and_reads_back(void **state)
{
	static const uint8_t	 iv[16] = "0123456789abcde";
	struct scep_error	 err;
	enum scep_cipher	 cipher;
	struct scep_span	 got;
	struct scep_writer	 w;
	const EVP_CIPHER	*theirs;
	X509_ALGOR		*a;
	int			 i;

	(void)state;
	for (i = 0; i < SCEP_CIPHER__MAX; i++) {
		const enum scep_cipher	 c = (enum scep_cipher)i;
		const int		 block = scep_cipher_block(c);

		theirs = EVP_get_cipherbyname(scep_cipher_name(c));
		assert_non_null(theirs);
		assert_int_equal(EVP_CIPHER_get_mode(theirs),
		    EVP_CIPH_CBC_MODE);
		assert_int_equal(EVP_CIPHER_get_key_length(theirs),
		    scep_cipher_key_len(c));
		assert_int_equal(EVP_CIPHER_get_block_size(theirs), block);
		scep_writer_init(&w, 64);
		scep_alg_put_cipher(&w, c, scep_span_make(iv, (size_t)block));
		a = written(&w);
		assert_int_equal(scep_alg_cipher(raw(a), &cipher, &got, &err),
		    SCEP_OK);
		assert_int_equal(cipher, c);
		assert_int_equal(got.len, block);
		assert_memory_equal(got.data, iv, (size_t)block);
		X509_ALGOR_free(a);
		/* One octet less or more is no IV. */
		scep_writer_init(&w, 64);
		scep_alg_put_cipher(&w, c, scep_span_make(iv,
		    (size_t)block - 1));
		a = written(&w);
		is_bad_alg(scep_alg_cipher(raw(a), &cipher, &got, &err), &err);
		X509_ALGOR_free(a);
	}
}

static void
other_ciphers_and_missing_ivs_are_bad_alg(void **state)
{
	static const char *const	 oids[] = { "DES-ECB", "RC2-CBC",
	    "AES-128-ECB", "AES-128-CFB", "id-aes128-GCM", "DES-EDE",
	    "id-smime-alg-CMS3DESwrap", "CAMELLIA-128-CBC", "1.2.3.4" };
	static const uint8_t		 iv[16] = { 0 };
	struct scep_error		 err;
	enum scep_cipher		 cipher;
	struct scep_span		 got;
	X509_ALGOR			*a;
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(oids) / sizeof(oids[0]); i++) {
		a = alg(oids[i], V_ASN1_OCTET_STRING,
		    string(V_ASN1_OCTET_STRING, iv, i == 0 ? 8 : 16));
		is_bad_alg(scep_alg_cipher(raw(a), &cipher, &got, &err), &err);
		X509_ALGOR_free(a);
	}
	a = alg("AES-128-CBC", V_ASN1_NULL, NULL);
	is_bad_alg(scep_alg_cipher(raw(a), &cipher, &got, &err), &err);
	X509_ALGOR_free(a);
	a = alg("AES-128-CBC", V_ASN1_UNDEF, NULL);
	is_bad_alg(scep_alg_cipher(raw(a), &cipher, &got, &err), &err);
	X509_ALGOR_free(a);
}

static void
each_key_transport_reads_back(void **state)
{
	struct scep_error	 err;
	enum scep_wrap		 wrap;
	struct scep_writer	 w;
	X509_ALGOR		*a;
	int			 i;

	(void)state;
	for (i = 0; i < SCEP_WRAP__MAX; i++) {
		scep_writer_init(&w, 64);
		scep_alg_put_wrap(&w, (enum scep_wrap)i);
		a = written(&w);
		assert_int_equal(scep_alg_wrap(raw(a), &wrap, &err), SCEP_OK);
		assert_int_equal(wrap, i);
		X509_ALGOR_free(a);
	}
	a = alg("rsaEncryption", V_ASN1_UNDEF, NULL);
	assert_int_equal(scep_alg_wrap(raw(a), &wrap, &err), SCEP_OK);
	assert_int_equal(wrap, SCEP_WRAP_V15);
	X509_ALGOR_free(a);
}

/* RSAES-OAEP-params as a client may write them. */
static X509_ALGOR *
oaep(const char *hash, const char *mgf_hash, const char *label)
{
	RSA_OAEP_PARAMS	*p = RSA_OAEP_PARAMS_new();
	ASN1_STRING	*packed = NULL, *inner = NULL;
	X509_ALGOR	*mgf;

	assert_non_null(p);
	if (hash != NULL)
		p->hashFunc = alg(hash, V_ASN1_NULL, NULL);
	if (mgf_hash != NULL) {
		mgf = alg(mgf_hash, V_ASN1_NULL, NULL);
		assert_non_null(ASN1_item_pack(mgf,
		    ASN1_ITEM_rptr(X509_ALGOR), &inner));
		p->maskGenFunc = alg("MGF1", V_ASN1_SEQUENCE, inner);
		X509_ALGOR_free(mgf);
	}
	if (label != NULL)
		p->pSourceFunc = alg("PSPECIFIED", V_ASN1_OCTET_STRING,
		    string(V_ASN1_OCTET_STRING, label, (int)strlen(label)));
	assert_non_null(ASN1_item_pack(p, ASN1_ITEM_rptr(RSA_OAEP_PARAMS),
	    &packed));
	RSA_OAEP_PARAMS_free(p);
	return alg("RSAES-OAEP", V_ASN1_SEQUENCE, packed);
}

static void
oaep_needs_one_known_hash_and_no_label(void **state)
{
	static const struct {
		const char	*hash, *mgf, *label;
		int		 wrap;		/* -1: badAlg */
	} cases[] = {
		{ NULL, NULL, NULL, SCEP_WRAP_OAEP_SHA1 },
		{ "SHA1", "SHA1", NULL, SCEP_WRAP_OAEP_SHA1 },
		{ NULL, NULL, "", SCEP_WRAP_OAEP_SHA1 },
		{ "SHA256", "SHA256", NULL, SCEP_WRAP_OAEP_SHA256 },
		{ "SHA256", "SHA256", "", SCEP_WRAP_OAEP_SHA256 },
		{ "SHA384", "SHA384", NULL, SCEP_WRAP_OAEP_SHA384 },
		{ "SHA512", "SHA512", NULL, SCEP_WRAP_OAEP_SHA512 },
		{ "SHA256", "SHA256", "x", -1 },
		{ "SHA256", NULL, NULL, -1 },
		{ NULL, "SHA256", NULL, -1 },
		{ "MD5", "MD5", NULL, -1 },
		{ "SHA256", "SHA512", NULL, -1 },
	};
	struct scep_error	 err;
	enum scep_wrap		 wrap;
	enum scep_err		 rc;
	X509_ALGOR		*a;
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		a = oaep(cases[i].hash, cases[i].mgf, cases[i].label);
		rc = scep_alg_wrap(raw(a), &wrap, &err);
		if (cases[i].wrap == -1)
			is_bad_alg(rc, &err);
		else {
			assert_int_equal(rc, SCEP_OK);
			assert_int_equal(wrap, cases[i].wrap);
		}
		X509_ALGOR_free(a);
	}
}

static void
other_key_transports_are_bad_alg(void **state)
{
	struct scep_error	 err;
	enum scep_wrap		 wrap;
	X509_ALGOR		*a[4];
	size_t			 i;

	(void)state;
	a[0] = alg("RSAES-OAEP", V_ASN1_NULL, NULL);
	a[1] = alg("RSAES-OAEP", V_ASN1_SEQUENCE,
	    string(V_ASN1_SEQUENCE, "\x30\x01\x00", 3));
	a[2] = alg("rsassaPss", V_ASN1_NULL, NULL);
	a[3] = alg("rsaEncryption", V_ASN1_OCTET_STRING,
	    string(V_ASN1_OCTET_STRING, "x", 1));
	for (i = 0; i < 4; i++) {
		is_bad_alg(scep_alg_wrap(raw(a[i]), &wrap, &err), &err);
		X509_ALGOR_free(a[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(a_context_that_was_given_stays_the_callers),
		cmocka_unit_test(random_octets_differ_each_time),
		cmocka_unit_test(octets_fetched_together_are_given_once),
		cmocka_unit_test(each_digest_is_openssls),
		cmocka_unit_test(a_brief_one_has_all_that_the_other_has),
		cmocka_unit_test(hmac_is_that_of_rfc_4231),
		cmocka_unit_test(hmac_is_libcrypto_s_whatever_the_key),
		conforms(
	    digests_on_the_list_are_read_with_null_or_without_parameters,
		    "T-03"),
		conforms(other_digests_and_odd_parameters_are_bad_alg,
		    "C-009 C-221"),
		cmocka_unit_test(rsa_signatures_name_their_digest_or_none),
		cmocka_unit_test(each_cipher_is_openssls_and_reads_back),
		conforms(other_ciphers_and_missing_ivs_are_bad_alg,
		    "C-009 C-221 T-50 T-52"),
		cmocka_unit_test(each_key_transport_reads_back),
		cmocka_unit_test(oaep_needs_one_known_hash_and_no_label),
		conforms(other_key_transports_are_bad_alg, "C-221"),
	};

	return cmocka_run_group_tests_name("crypto", tests, setup, teardown);
}
