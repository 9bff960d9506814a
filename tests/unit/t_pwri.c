/*
 * t_pwri.c - envelopes under a password: CMS_decrypt_set1_password() is the
 * judge.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/cms.h>
#include <openssl/err.h>

#include "base/der.h"
#include "tests/unit/conform.h"
#include "tests/unit/der_make.h"
#include "wire/envelope.h"

#define LENGTH(a)	(sizeof(a) / sizeof((a)[0]))

static struct scep_crypto	*crypto;
static struct scep_random	 rnd;

static int
open_all(void **state)
{
	struct scep_error	 err;

	(void)state;
	if (scep_crypto_new(NULL, &crypto, &err) != SCEP_OK)
		return -1;
	scep_random_init(&rnd, crypto);
	return 0;
}

static int
close_all(void **state)
{
	(void)state;
	scep_crypto_free(crypto);
	der_forget();
	return 0;
}

static struct scep_buf
seal(struct scep_span password, enum scep_cipher cipher,
    struct scep_span content)
{
	struct scep_buf		 out = { NULL, 0 };
	struct scep_error	 err;

	if (scep_envelope_seal_password(crypto, &rnd, password, cipher,
	    content, &out, &err) != SCEP_OK)
		fail_msg("%s", err.text);
	assert_int_equal(ERR_peek_error(), 0);
	assert_int_equal(scep_der_check(scep_buf_span(&out), &err), SCEP_OK);
	return out;
}

/* What comes out; -1 if it does not open. */
static long
opened(const struct scep_buf *der, struct scep_span password,
    uint8_t *out, size_t size)
{
	const unsigned char	*p = der->data;
	CMS_ContentInfo		*cms;
	BIO			*plain = BIO_new(BIO_s_mem());
	uint8_t			 copy[256];
	long			 n = -1;

	assert_true(password.len <= sizeof(copy));
	memcpy(copy, password.data, password.len);
	cms = d2i_CMS_ContentInfo(NULL, &p, (long)der->len);
	assert_non_null(cms);
	assert_ptr_equal(p, der->data + der->len);
	if (CMS_decrypt_set1_password(cms, copy, (ossl_ssize_t)password.len)
	    == 1 && CMS_decrypt(cms, NULL, NULL, NULL, plain, CMS_BINARY) == 1)
		n = BIO_read(plain, out, (int)size);
	CMS_ContentInfo_free(cms);
	BIO_free(plain);
	ERR_clear_error();
	return n;
}

static const char	secret[] = "23456789ab-cdefghijkmnpqrstuvwxyz2345";

static void
openssl_opens_it_in_every_cipher(void **state)
{
	const struct scep_span	 word = scep_span_text(secret);
	const struct scep_span	 text = scep_span_text("certificates");
	struct scep_buf		 der;
	uint8_t			 out[64];
	int			 c;

	(void)state;
	/* (Single DES is not in the judge's library context.) */
	for (c = 0; c < SCEP_DES; c++) {
		der = seal(word, (enum scep_cipher)c, text);
		assert_int_equal(opened(&der, word, out, sizeof(out)),
		    text.len);
		assert_memory_equal(out, text.data, text.len);
		scep_buf_clear(&der);
	}
}

/* Nothing is converted or trimmed.  (A NUL behind it would not be seen: an
 * HMAC pads its key with zeros.) */
static void
the_password_is_its_octets(void **state)
{
	static const char	*words[] = { "x",
				    "gr\xc3\xbc\xc3\x9f-0123456789",
				    " blanks  at both ends ", secret };
	const struct scep_span	 text = scep_span_text("certificates");
	struct scep_span	 word;
	struct scep_buf		 der;
	uint8_t			 out[64];
	char			 other[64];
	size_t			 i;

	(void)state;
	for (i = 0; i < LENGTH(words); i++) {
		word = scep_span_text(words[i]);
		der = seal(word, SCEP_AES128, text);
		assert_int_equal(opened(&der, word, out, sizeof(out)),
		    text.len);
		/* With a blank more, one bit changed, without its end. */
		memcpy(other, words[i], word.len);
		other[word.len] = ' ';
		assert_int_equal(opened(&der, scep_span_make(other,
		    word.len + 1), out, sizeof(out)), -1);
		memcpy(other, words[i], word.len);
		other[0] ^= 1;
		assert_int_equal(opened(&der, scep_span_make(other, word.len),
		    out, sizeof(out)), -1);
		assert_int_equal(opened(&der, scep_span_make(words[i],
		    word.len - 1), out, sizeof(out)), -1);
		scep_buf_clear(&der);
	}
}

static void
any_length_of_content_comes_back(void **state)
{
	const struct scep_span	 word = scep_span_text(secret);
	uint8_t			 text[1100], out[1200];
	struct scep_buf		 der;
	size_t			 n;

	(void)state;
	memset(text, 0x5a, sizeof(text));
	for (n = 1; n <= sizeof(text); n = n < 40 ? n + 1 : n + 353) {
		der = seal(word, SCEP_AES256, scep_span_make(text, n));
		assert_int_equal(opened(&der, word, out, sizeof(out)), n);
		assert_memory_equal(out, text, n);
		scep_buf_clear(&der);
	}
}

static struct scep_tlv
next(struct scep_span *rest, int tag)
{
	struct scep_tlv	 tlv;

	assert_true(scep_der_next(rest, &tlv));
	assert_int_equal(tlv.tag, tag);
	return tlv;
}

static void
is_same(struct scep_span got, struct scep_span want)
{
	assert_int_equal(got.len, want.len);
	assert_memory_equal(got.data, want.data, want.len);
}

/* RFC 5652 sections 6.1 and 6.2.4, RFC 8018 appendix A.2, RFC 3211: each
 * octet that is not random. */
static void
its_parameters_are_those_of_the_manual(void **state)
{
	struct scep_buf		 der = seal(scep_span_text(secret),
				    SCEP_AES192, scep_span_text("x"));
	struct scep_span	 rest = scep_buf_span(&der), set, kdf, kek;
	struct scep_tlv		 tlv;

	(void)state;
	rest = next(&rest, 0x30).content;
	is_same(next(&rest, 0x06).whole, der_oid("1.2.840.113549.1.7.3"));
	rest = next(&rest, 0xa0).content;
	rest = next(&rest, 0x30).content;
	is_same(next(&rest, 0x02).whole, der_int(3));
	set = next(&rest, 0x31).content;
	set = next(&set, 0xa3).content;		/* pwri [3] */
	is_same(next(&set, 0x02).whole, der_int(0));
	kdf = next(&set, 0xa0).content;
	is_same(next(&kdf, 0x06).whole, der_oid("1.2.840.113549.1.5.12"));
	kdf = next(&kdf, 0x30).content;
	assert_int_equal(next(&kdf, 0x04).content.len, 16);
	is_same(next(&kdf, 0x02).whole, der_int(10000));
	is_same(kdf, der_alg("1.2.840.113549.2.9", 1));
	kek = next(&set, 0x30).content;
	is_same(next(&kek, 0x06).whole,
	    der_oid("1.2.840.113549.1.9.16.3.9"));
	kek = next(&kek, 0x30).content;
	is_same(next(&kek, 0x06).whole,
	    der_oid("2.16.840.1.101.3.4.1.22"));
	tlv = next(&kek, 0x04);
	assert_int_equal(tlv.content.len, 16);
	assert_int_equal(next(&set, 0x04).content.len, 32);
	assert_int_equal(set.len, 0);
	scep_buf_clear(&der);
}

/* Salt, IVs and content key are fresh each time. */
static void
no_two_are_alike(void **state)
{
	const struct scep_span	 word = scep_span_text(secret);
	struct scep_buf		 a = seal(word, SCEP_AES128,
				    scep_span_text("x"));
	struct scep_buf		 b = seal(word, SCEP_AES128,
				    scep_span_text("x"));
	size_t			 i, same = 0;

	(void)state;
	assert_int_equal(a.len, b.len);
	for (i = 0; i < a.len; i++)
		same += a.data[i] == b.data[i];
	/* 16 each of salt, two IVs and content, 32 of the wrapped key. */
	assert_true(same < a.len - 80);
	scep_buf_clear(&a);
	scep_buf_clear(&b);
}

static void
without_a_password_there_is_no_envelope(void **state)
{
	struct scep_buf		 out = { NULL, 0 };
	struct scep_error	 err;

	(void)state;
	assert_int_equal(scep_envelope_seal_password(crypto, &rnd,
	    scep_span_make(NULL, 0), SCEP_AES128, scep_span_text("x"), &out,
	    &err), SCEP_E_INTERNAL);
	assert_int_equal(out.len, 0);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		conforms(openssl_opens_it_in_every_cipher, "C-088 T-54"),
		conforms(the_password_is_its_octets, "C-088 T-58"),
		cmocka_unit_test(any_length_of_content_comes_back),
		conforms(its_parameters_are_those_of_the_manual,
		    "C-088 T-54"),
		cmocka_unit_test(no_two_are_alike),
		cmocka_unit_test(without_a_password_there_is_no_envelope),
	};

	return cmocka_run_group_tests_name("pwri", tests, open_all, close_all);
}
