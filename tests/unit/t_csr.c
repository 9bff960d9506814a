/* t_csr.c - requests: the odd ones of SECURITY 1.6, each beside a good one. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "tests/unit/client.h"
#include "tests/unit/conform.h"
#include "tests/unit/der_make.h"
#include "wire/csr.h"

#define LENGTH(a)	(sizeof(a) / sizeof((a)[0]))

#define CHALLENGE	"1.2.840.113549.1.9.7"
#define EXTREQ		"1.2.840.113549.1.9.14"
#define EXTREQ_MS	"1.3.6.1.4.1.311.2.1.14"
#define EXTREQ_VS	"2.16.840.1.113733.1.9.8"
#define CN		"2.5.4.3"
#define SHA256_RSA	"1.2.840.113549.1.1.11"
#define ECDSA_SHA256	"1.2.840.10045.4.3.2"

enum { UTF8 = 0x0c, PRINTABLE = 0x13, T61 = 0x14, IA5 = 0x16, BMP = 0x1e,
    UNIVERSAL = 0x1c };

static struct scep_crypto	*crypto;
static EVP_PKEY			*rsa, *other, *p256;
static const struct scep_key_rules rules = {
	.types = SCEP_BIT(SCEP_KEY_RSA), .min_rsa_bits = 2048,
	.max_rsa_bits = 4096,
};
static const struct scep_key_rules any = {
	.types = SCEP_BIT(SCEP_KEY_RSA) | SCEP_BIT(SCEP_KEY_P256) |
	    SCEP_BIT(SCEP_KEY_ED25519),
	.min_rsa_bits = 2048, .max_rsa_bits = 4096,
};

static int
open_all(void **state)
{
	struct scep_error	 err;

	(void)state;
	rsa = der_key(2);
	other = der_key(3);
	p256 = EVP_EC_gen("P-256");
	return scep_crypto_new(NULL, &crypto, &err) == SCEP_OK &&
	    p256 != NULL ? 0 : -1;
}

static int
close_all(void **state)
{
	(void)state;
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(other);
	EVP_PKEY_free(p256);
	scep_crypto_free(crypto);
	return 0;
}

static int
forget(void **state)
{
	(void)state;
	der_forget();
	return 0;
}

static struct scep_span
nothing(void)
{
	return scep_span_make(NULL, 0);
}

static struct scep_span
attribute(const char *type, struct scep_span values)
{
	return SEQ(der_oid(type), SET_OF(values));
}

static struct scep_span
extension(const char *type, struct scep_span value)
{
	return SEQ(der_oid(type), DER(0x04, value));
}

/* An extensionRequest of these extensions. */
static struct scep_span
asks(struct scep_span exts)
{
	return attribute(EXTREQ, SEQ(exts));
}

static struct scep_span
dns(const char *host)
{
	return extension("2.5.29.17", SEQ(der_text(0x82, host)));
}

static struct scep_span
secret(int tag, const char *text)
{
	return attribute(CHALLENGE, der_text(tag, text));
}

static struct scep_span
info(struct scep_span version, struct scep_span subject, struct scep_span spki,
    struct scep_span attributes)
{
	return SEQ(version, subject, spki, DER(0xa0, attributes));
}

static struct scep_span
rsa_csr(struct scep_span body)
{
	return der_signed(rsa, EVP_sha256(), der_alg(SHA256_RSA, 1), body);
}

static struct scep_span
subject(void)
{
	return SEQ(der_rdn(CN, UTF8, "device"));
}

/* A good request but for its attributes. */
static struct scep_span
with(struct scep_span attributes)
{
	return rsa_csr(info(der_int(0), subject(), der_spki(rsa),
	    attributes));
}

static enum scep_err
parse(struct scep_span der, struct scep_csr **out)
{
	struct scep_error	 err;
	enum scep_err		 rc;

	memset(&err, 0, sizeof(err));
	rc = scep_csr_parse(crypto, der, &any, 0, out, &err);
	assert_int_equal(ERR_peek_error(), 0);
	if (rc != SCEP_OK) {
		assert_null(*out);
		assert_int_equal(err.code, rc);
		assert_true(strlen(err.text) > 0);
	}
	return rc;
}

static enum scep_err
verdict(struct scep_span der)
{
	struct scep_csr	*csr;
	enum scep_err	 rc = parse(der, &csr);

	scep_csr_free(csr);
	return rc;
}

/* libcrypto finds this request good: what is refused is the oddity. */
static void
assert_verifies(struct scep_span der)
{
	const unsigned char	*p = der.data;
	X509_REQ		*req = d2i_X509_REQ(NULL, &p, (long)der.len);

	assert_non_null(req);
	assert_int_equal(X509_REQ_verify(req, X509_REQ_get0_pubkey(req)), 1);
	X509_REQ_free(req);
	ERR_clear_error();
}

static void
a_good_request_comes_out_whole(void **state)
{
	static const char *const hosts[] = { "a.example", "b.example", NULL };
	struct bytes		 der = client_csr(rsa, "/C=CH/O=x/CN=y",
				    "open sesame", hosts);
	struct scep_csr		*csr;
	const unsigned char	*p = der.data;
	X509_REQ		*req = d2i_X509_REQ(NULL, &p, (long)der.len);
	unsigned char		*tbs = NULL;
	EVP_PKEY		*key;
	uint8_t			 digest[32];
	int			 len;

	(void)state;
	assert_int_equal(parse(scep_span_make(der.data, der.len), &csr),
	    SCEP_OK);
	assert_int_equal(csr->challenge.len, 11);
	assert_memory_equal(csr->challenge.data, "open sesame", 11);
	assert_int_equal(csr->name.n, 3);
	assert_int_equal(csr->san.n, 2);
	assert_int_equal(csr->other_exts, 0);
	assert_int_equal(csr->key.type, SCEP_KEY_RSA);
	assert_int_equal(csr->key.bits, 2048);
	assert_non_null(key = scep_key_get1_evp(crypto, &csr->key));
	assert_int_equal(EVP_PKEY_eq(key, rsa), 1);
	EVP_PKEY_free(key);
	len = i2d_re_X509_REQ_tbs(req, &tbs);
	assert_int_equal(csr->info.len, len);
	assert_memory_equal(csr->info.data, tbs, csr->info.len);
	assert_int_equal(EVP_Digest(tbs, (size_t)len, digest, NULL,
	    EVP_sha256(), NULL), 1);
	assert_memory_equal(csr->info_sha256, digest, sizeof(digest));
	OPENSSL_free(tbs);
	X509_REQ_free(req);
	scep_csr_free(csr);
	bytes_free(&der);
}

static void
a_request_without_attributes_is_one(void **state)
{
	struct scep_csr	*csr;

	(void)state;
	assert_int_equal(parse(with(nothing()), &csr), SCEP_OK);
	assert_int_equal(csr->challenge.len, 0);
	assert_int_equal(csr->san.n, 0);
	scep_csr_free(csr);
	/* RFC 2986 wants an empty [0] there; some clients leave it out. */
	assert_int_equal(verdict(rsa_csr(SEQ(der_int(0), subject(),
	    der_spki(rsa)))), SCEP_OK);
}

static void
odd_names_are_refused(void **state)
{
	static const struct {
		const char	*why;
		const char	*cn;
		size_t		 len;
	} rows[] = {
		{ "a NUL", "admin\0.evil", 11 },
		{ "a log line", "x\r\nresult=granted", 17 },
		{ "no UTF-8", "\xff\xfe", 2 },
	};
	struct scep_span	 cn, der;
	size_t			 i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		cn = SEQ(SET_OF(SEQ(der_oid(CN), der_octets(UTF8,
		    rows[i].cn, rows[i].len))));
		der = rsa_csr(info(der_int(0), cn, der_spki(rsa),
		    nothing()));
		if (verdict(der) != SCEP_E_REFUSED)
			fail_msg("%s: not refused", rows[i].why);
	}
	/* libcrypto finds nothing wrong with the first. */
	cn = SEQ(SET_OF(SEQ(der_oid(CN), der_octets(UTF8, rows[0].cn,
	    rows[0].len))));
	assert_verifies(rsa_csr(info(der_int(0), cn, der_spki(rsa),
	    nothing())));
	assert_int_equal(verdict(with(nothing())), SCEP_OK);
	/* Two CNs and none are the profile's business. */
	assert_int_equal(verdict(rsa_csr(info(der_int(0), SEQ(der_rdn(CN,
	    UTF8, "a"), der_rdn(CN, UTF8, "b")), der_spki(rsa),
	    nothing()))), SCEP_OK);
	assert_int_equal(verdict(rsa_csr(info(der_int(0), der_hex("3000"),
	    der_spki(rsa), nothing()))), SCEP_OK);
}

static void
a_challenge_is_read_from_any_string_type(void **state)
{
	static const struct {
		int		 tag;
		const char	*value;
		size_t		 len;
	} rows[] = {
		{ PRINTABLE, "ab", 2 }, { UTF8, "ab", 2 }, { IA5, "ab", 2 },
		{ T61, "ab", 2 }, { BMP, "\0a\0b", 4 },
		{ UNIVERSAL, "\0\0\0a\0\0\0b", 8 },
	};
	struct scep_csr	*csr;
	size_t		 i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		assert_int_equal(parse(with(attribute(CHALLENGE,
		    der_octets(rows[i].tag, rows[i].value, rows[i].len))),
		    &csr), SCEP_OK);
		assert_int_equal(csr->challenge.len, 2);
		assert_memory_equal(csr->challenge.data, "ab", 2);
		scep_csr_free(csr);
	}
	assert_int_equal(parse(with(secret(PRINTABLE, "")), &csr), SCEP_OK);
	assert_int_equal(csr->challenge.len, 0);
	scep_csr_free(csr);
}

static void
odd_challenges_are_refused(void **state)
{
	struct scep_span	 one = der_text(PRINTABLE, "secret");
	char			 text[SCEP_CHALLENGE_MAX + 2];

	(void)state;
	assert_int_equal(verdict(with(attribute(CHALLENGE, one))), SCEP_OK);
	assert_int_equal(verdict(with(attribute(CHALLENGE, nothing()))),
	    SCEP_E_REFUSED);
	assert_int_equal(verdict(with(attribute(CHALLENGE, der_int(7)))),
	    SCEP_E_REFUSED);
	assert_int_equal(verdict(with(attribute(CHALLENGE, SEQ(one)))),
	    SCEP_E_REFUSED);
	assert_int_equal(verdict(with(attribute(CHALLENGE, der_text(0x04,
	    "secret")))), SCEP_E_REFUSED);
	assert_int_equal(verdict(with(attribute(CHALLENGE, der_join(one,
	    der_text(PRINTABLE, "tesrec"))))), SCEP_E_REFUSED);
	assert_int_equal(verdict(with(der_repeat(attribute(CHALLENGE, one),
	    2))), SCEP_E_REFUSED);
	assert_int_equal(verdict(with(attribute(CHALLENGE,
	    der_octets(PRINTABLE, "secret\0junk", 11)))), SCEP_E_REFUSED);
	assert_int_equal(verdict(with(attribute(CHALLENGE, der_octets(BMP,
	    "\0a\0", 3)))), SCEP_E_REFUSED);
	memset(text, 'x', sizeof(text));
	text[SCEP_CHALLENGE_MAX] = '\0';
	assert_int_equal(verdict(with(secret(UTF8, text))), SCEP_OK);
	text[SCEP_CHALLENGE_MAX] = 'x';
	text[SCEP_CHALLENGE_MAX + 1] = '\0';
	assert_int_equal(verdict(with(secret(UTF8, text))), SCEP_E_REFUSED);
}

static void
each_extension_request_is_read_and_only_one_of_them(void **state)
{
	static const char *const oids[] = { EXTREQ, EXTREQ_MS, EXTREQ_VS };
	struct scep_span	 exts = SEQ(dns("a.example"));
	struct scep_csr		*csr;
	size_t			 i, j;

	(void)state;
	for (i = 0; i < LENGTH(oids); i++) {
		assert_int_equal(parse(with(attribute(oids[i], exts)), &csr),
		    SCEP_OK);
		assert_int_equal(csr->san.n, 1);
		scep_csr_free(csr);
		for (j = 0; j < LENGTH(oids); j++)
			assert_int_equal(verdict(with(der_join(
			    attribute(oids[i], exts), attribute(oids[j],
			    exts)))), SCEP_E_REFUSED);
		assert_int_equal(verdict(with(attribute(oids[i],
		    der_repeat(exts, 2)))), SCEP_E_REFUSED);
		assert_int_equal(verdict(with(attribute(oids[i],
		    nothing()))), SCEP_E_REFUSED);
		assert_int_equal(verdict(with(attribute(oids[i],
		    der_hex("0500")))), SCEP_E_FORMAT);
	}
}

static void
odd_alternative_names_are_refused(void **state)
{
	struct scep_span	 good = SEQ(der_text(0x82, "a.example"));
	struct scep_span	 five = SEQ(der_octets(0x87, "\1\2\3\4\5",
				    5));
	struct scep_span	 nul = SEQ(der_octets(0x82,
				    "a.example\0.evil", 15));

	(void)state;
	assert_int_equal(verdict(with(asks(extension("2.5.29.17", good)))),
	    SCEP_OK);
	assert_int_equal(verdict(with(asks(extension("2.5.29.17", nul)))),
	    SCEP_E_REFUSED);
	assert_int_equal(verdict(with(asks(extension("2.5.29.17", five)))),
	    SCEP_E_REFUSED);
	assert_int_equal(verdict(with(asks(extension("2.5.29.17",
	    der_hex("3000"))))), SCEP_E_REFUSED);
	assert_int_equal(verdict(with(asks(extension("2.5.29.17",
	    der_join(good, der_hex("0000")))))), SCEP_E_FORMAT);
	assert_int_equal(verdict(with(asks(der_repeat(dns("a.example"),
	    2)))), SCEP_E_REFUSED);
	assert_verifies(with(asks(extension("2.5.29.17", nul))));
}

/* A good request but for its subject and its attributes. */
static struct scep_span
named(struct scep_span name, struct scep_span attributes)
{
	return rsa_csr(info(der_int(0), name, der_spki(rsa), attributes));
}

static enum scep_err
read_alone(struct scep_span der, struct scep_csr **out)
{
	struct scep_error	 err;
	enum scep_err		 rc;

	rc = scep_csr_read(crypto, der, &any, out, &err);
	assert_int_equal(ERR_peek_error(), 0);
	return rc;
}

/* It is the one request, but nobody's: half of its names are none of them. */
static void
a_request_comes_without_names_where_one_does_not_read(void **state)
{
	struct scep_span	 empty = SEQ(der_rdn(CN, UTF8, ""));
	struct scep_span	 good = der_join(secret(UTF8, "open sesame"),
				    asks(dns("a.example")));
	struct scep_span	 bad = der_join(secret(UTF8, "open sesame"),
				    asks(dns("a.example.")));
	struct scep_span	 der[4];
	struct scep_csr		*csr;
	struct scep_error	 err;
	int			 i;

	(void)state;
	der[0] = named(subject(), good);
	der[1] = named(empty, good);
	der[2] = named(subject(), bad);
	der[3] = named(empty, bad);
	for (i = 0; i < 4; i++) {
		assert_int_equal(read_alone(der[i], &csr), SCEP_OK);
		assert_int_equal(csr->name.n, i == 0);
		assert_int_equal(csr->san.n, i == 0);
		assert_int_equal(csr->subject.len > 2, i == 0);
		assert_int_equal(csr->challenge.len, 11);
		assert_int_equal(scep_csr_verify(crypto, csr, 0, &err),
		    SCEP_OK);
		assert_int_equal(scep_csr_names(csr, &err), i == 0 ? SCEP_OK :
		    SCEP_E_REFUSED);
		/* The first is told. */
		if (i > 0)
			assert_non_null(strstr(err.text, i == 2 ?
			    "a.example. is not one" : "CN of 0 characters"));
		scep_csr_free(csr);
		assert_int_equal(verdict(der[i]), i == 0 ? SCEP_OK :
		    SCEP_E_REFUSED);
	}
}

/* All else is looked at, behind them too. */
static void
names_that_do_not_read_hide_no_other_fault(void **state)
{
	struct scep_span	 empty = SEQ(der_rdn(CN, UTF8, ""));
	struct scep_span	 host = dns("a.example.");
	struct scep_span	 ca = extension("2.5.29.19",
				    der_hex("30030101ff"));
	struct scep_csr		*csr;

	(void)state;
	assert_int_equal(read_alone(named(empty, asks(host)), &csr),
	    SCEP_OK);			/* the control */
	scep_csr_free(csr);
	assert_int_equal(read_alone(named(empty, asks(ca)), &csr),
	    SCEP_E_REFUSED);
	assert_int_equal(read_alone(with(asks(der_join(host, ca))), &csr),
	    SCEP_E_REFUSED);
	assert_int_equal(read_alone(with(asks(der_repeat(host, 2))), &csr),
	    SCEP_E_REFUSED);
	assert_int_equal(read_alone(named(empty, der_repeat(secret(UTF8,
	    "x"), 2)), &csr), SCEP_E_REFUSED);
	assert_int_equal(read_alone(named(der_hex("0500"), nothing()), &csr),
	    SCEP_E_FORMAT);
	/* No DER, however deep, is no request. */
	assert_int_equal(read_alone(named(SEQ(SET_OF(SEQ(der_oid(CN),
	    der_octets(0x2c, "\x0c\x01x", 3)))), nothing()), &csr),
	    SCEP_E_FORMAT);
	assert_null(csr);
}

/* C-167: each beside the harmless form of the same extension. */
static void
the_rights_of_a_ca_are_not_for_the_asking(void **state)
{
	static const struct {
		const char	*why;
		const char	*oid;
		const char	*value;
		enum scep_err	 want;
	} rows[] = {
		{ "CA:FALSE", "2.5.29.19", "3000", SCEP_OK },
		{ "CA:TRUE", "2.5.29.19", "30030101ff", SCEP_E_REFUSED },
		{ "unreadable basicConstraints", "2.5.29.19", "0500",
		    SCEP_E_REFUSED },
		{ "digitalSignature", "2.5.29.15", "03020780", SCEP_OK },
		{ "keyEncipherment", "2.5.29.15", "03020520", SCEP_OK },
		{ "keyCertSign", "2.5.29.15", "03020204", SCEP_E_REFUSED },
		{ "cRLSign", "2.5.29.15", "03020102", SCEP_E_REFUSED },
		{ "unreadable keyUsage", "2.5.29.15", "0500",
		    SCEP_E_REFUSED },
		{ "clientAuth", "2.5.29.37", "300a06082b06010505070302",
		    SCEP_OK },
		{ "a template", "1.3.6.1.4.1.311.20.2", "1e04004100 42",
		    SCEP_OK },
		{ "a SID", "1.3.6.1.4.1.311.25.2", "3000", SCEP_E_REFUSED },
		{ "something near a SID", "1.3.6.1.4.1.311.25.3", "3000",
		    SCEP_OK },
	};
	struct scep_csr		*csr;
	enum scep_err		 got;
	size_t			 i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		got = parse(with(asks(extension(rows[i].oid,
		    der_hex(rows[i].value)))), &csr);
		if (got != rows[i].want)
			fail_msg("%s: got %d, wanted %d", rows[i].why, got,
			    rows[i].want);
		if (got == SCEP_OK)
			assert_int_equal(csr->other_exts, 1);
		scep_csr_free(csr);
	}
}

static struct scep_span
many_extensions(int n)
{
	struct scep_span	 all = nothing();
	char			 oid[32];

	while (n-- > 0) {
		(void)snprintf(oid, sizeof(oid), "1.2.3.4.%d", n);
		all = der_join(all, extension(oid, der_hex("0500")));
	}
	return all;
}

static void
extensions_and_attributes_have_a_limit(void **state)
{
	struct scep_span	 unknown = attribute("1.2.3.4",
				    der_hex("0500"));

	(void)state;
	assert_int_equal(verdict(with(asks(many_extensions(32)))), SCEP_OK);
	assert_int_equal(verdict(with(asks(many_extensions(33)))),
	    SCEP_E_REFUSED);
	assert_int_equal(verdict(with(asks(many_extensions(2000)))),
	    SCEP_E_FORMAT);		/* above SCEP_CSR_MAX by then */
	/* Windows sends some of its own, and some twice. */
	assert_int_equal(verdict(with(der_repeat(unknown, 16))), SCEP_OK);
	assert_int_equal(verdict(with(der_repeat(unknown, 17))),
	    SCEP_E_REFUSED);
}

static void
a_request_has_at_most_16_kib(void **state)
{
	struct scep_span	 fill;
	size_t			 base = with(attribute("1.2.3.4",
				    der_octets(0x04, "", 0))).len;
	static char		 zeros[SCEP_CSR_MAX];

	(void)state;
	/* Four longer lengths of two more octets each around the filling. */
	fill = der_octets(0x04, zeros, SCEP_CSR_MAX - base - 10);
	fill = with(attribute("1.2.3.4", fill));
	assert_true(fill.len <= SCEP_CSR_MAX &&
	    fill.len > SCEP_CSR_MAX - 10);
	assert_int_equal(verdict(fill), SCEP_OK);
	fill = with(attribute("1.2.3.4", der_octets(0x04, zeros,
	    SCEP_CSR_MAX - base)));
	assert_true(fill.len > SCEP_CSR_MAX);
	assert_int_equal(verdict(fill), SCEP_E_FORMAT);
}

static void
what_is_no_request_is_refused(void **state)
{
	struct scep_span	 spki = der_spki(rsa), good = with(nothing());
	struct scep_span	 cn = subject(), none = der_hex("a000");

	(void)state;
	assert_int_equal(verdict(good), SCEP_OK);
	assert_int_equal(verdict(nothing()), SCEP_E_FORMAT);
	assert_int_equal(verdict(der_join(good, der_hex("00"))),
	    SCEP_E_FORMAT);
	assert_int_equal(verdict(der_patch(good, 0, 0x31)), SCEP_E_FORMAT);
	assert_int_equal(verdict(rsa_csr(SEQ(der_int(1), cn, spki, none))),
	    SCEP_E_FORMAT);
	assert_int_equal(verdict(rsa_csr(SEQ(der_hex("0400"), cn, spki,
	    none))), SCEP_E_FORMAT);
	assert_int_equal(verdict(rsa_csr(SEQ(der_int(0), spki, cn, none))),
	    SCEP_E_FORMAT);
	assert_int_equal(verdict(rsa_csr(SEQ(der_int(0), cn, spki,
	    der_hex("a100")))), SCEP_E_FORMAT);
	assert_int_equal(verdict(rsa_csr(SEQ(der_int(0), cn, spki, none,
	    der_hex("0500")))), SCEP_E_FORMAT);
	assert_int_equal(verdict(rsa_csr(SEQ(der_int(0), cn, spki,
	    der_hex("a002 0500")))), SCEP_E_FORMAT);
	assert_int_equal(verdict(rsa_csr(SEQ(der_int(0), cn, spki, DER(0xa0,
	    SEQ(der_oid(CHALLENGE), der_text(PRINTABLE, "x")))))),
	    SCEP_E_FORMAT);
	assert_int_equal(verdict(rsa_csr(SEQ(der_int(0), cn))),
	    SCEP_E_FORMAT);
}

static void
proof_of_possession_is_demanded(void **state)
{
	struct scep_span	 body = info(der_int(0), subject(),
				    der_spki(rsa), nothing());
	struct scep_span	 alg = der_alg(SHA256_RSA, 1);
	struct scep_span	 good = der_signed(rsa, EVP_sha256(), alg,
				    body);

	(void)state;
	assert_int_equal(verdict(good), SCEP_OK);
	assert_int_equal(verdict(der_signed(other, EVP_sha256(), alg, body)),
	    SCEP_E_SIG);
	assert_int_equal(verdict(der_signed(rsa, EVP_sha384(), alg, body)),
	    SCEP_E_SIG);
	assert_int_equal(verdict(der_patch(good, good.len - 1,
	    (uint8_t)(good.data[good.len - 1] ^ 1))), SCEP_E_SIG);
	assert_int_equal(verdict(SEQ(body, alg, der_hex("030100"))),
	    SCEP_E_FORMAT);
}

/* In two steps; the first one believes nothing. */
static void
a_request_is_read_before_its_signature_is_looked_at(void **state)
{
	struct scep_span	 body = info(der_int(0), subject(),
				    der_spki(rsa), nothing());
	struct scep_span	 alg = der_alg(SHA256_RSA, 1);
	struct scep_span	 der[2];
	struct scep_csr		*csr;
	struct scep_error	 err;
	int			 i;

	(void)state;
	der[0] = der_signed(rsa, EVP_sha256(), alg, body);
	der[1] = der_signed(other, EVP_sha256(), alg, body);
	for (i = 0; i < 2; i++) {
		assert_int_equal(scep_csr_read(crypto, der[i], &any, &csr,
		    &err), SCEP_OK);
		assert_true(scep_span_equal(csr->key.spki, der_spki(rsa)));
		assert_int_equal(scep_csr_verify(crypto, csr, 0, &err),
		    i == 0 ? SCEP_OK : SCEP_E_SIG);
		scep_csr_free(csr);
	}
	assert_int_equal(scep_csr_read(crypto, body, &any, &csr, &err),
	    SCEP_E_FORMAT);
	assert_null(csr);
}

static void
signature_algorithms_are_those_of_the_list_and_of_the_key(void **state)
{
	struct scep_span	 r = info(der_int(0), subject(),
				    der_spki(rsa), nothing());
	struct scep_span	 e = info(der_int(0), subject(),
				    der_spki(p256), nothing());
	struct scep_span	 ec = der_alg(ECDSA_SHA256, 0);

	(void)state;
	assert_int_equal(verdict(der_signed(rsa, EVP_sha384(),
	    der_alg("1.2.840.113549.1.1.12", 1), r)), SCEP_OK);
	assert_int_equal(verdict(der_signed(rsa, EVP_sha512(),
	    der_alg("1.2.840.113549.1.1.13", 1), r)), SCEP_OK);
	assert_int_equal(verdict(der_signed(rsa, EVP_md5(),
	    der_alg("1.2.840.113549.1.1.4", 1), r)), SCEP_E_ALG);
	assert_int_equal(verdict(der_signed(rsa, EVP_sha256(),
	    der_alg("1.2.840.113549.1.1.1", 1), r)), SCEP_E_ALG);
	assert_int_equal(verdict(der_signed(rsa, EVP_sha256(), ec, r)),
	    SCEP_E_ALG);
	assert_int_equal(verdict(der_signed(p256, EVP_sha256(), ec, e)),
	    SCEP_OK);
	assert_int_equal(verdict(der_signed(p256, EVP_sha256(),
	    der_alg(SHA256_RSA, 1), e)), SCEP_E_ALG);
	assert_int_equal(verdict(der_signed(p256, EVP_sha384(), ec, e)),
	    SCEP_E_SIG);
}

static void
sha1_is_taken_only_where_it_is_allowed(void **state)
{
	struct scep_span	 der = der_signed(rsa, EVP_sha1(),
	    der_alg("1.2.840.113549.1.1.5", 1), info(der_int(0), subject(),
	    der_spki(rsa), nothing()));
	struct scep_csr		*csr;
	struct scep_error	 err;

	(void)state;
	assert_int_equal(scep_csr_parse(crypto, der, &rules, 1, &csr, &err),
	    SCEP_OK);
	scep_csr_free(csr);
	assert_int_equal(scep_csr_parse(crypto, der, &rules, 0, &csr, &err),
	    SCEP_E_ALG);
	assert_null(csr);
}

static void
keys_outside_of_the_rules_are_refused(void **state)
{
	struct scep_span	 der = der_signed(p256, EVP_sha256(),
	    der_alg(ECDSA_SHA256, 0), info(der_int(0), subject(),
	    der_spki(p256), nothing()));
	struct scep_key_rules	 big = rules;
	struct scep_csr		*csr;
	struct scep_error	 err;

	(void)state;
	assert_int_equal(scep_csr_parse(crypto, der, &any, 0, &csr, &err),
	    SCEP_OK);
	scep_csr_free(csr);
	assert_int_equal(scep_csr_parse(crypto, der, &rules, 0, &csr, &err),
	    SCEP_E_ALG);
	big.min_rsa_bits = 3072;
	assert_int_equal(scep_csr_parse(crypto, with(nothing()), &big, 0,
	    &csr, &err), SCEP_E_ALG);
	assert_int_equal(scep_csr_parse(crypto, with(nothing()), &rules, 0,
	    &csr, &err), SCEP_OK);
	scep_csr_free(csr);
}

static void
an_ed25519_key_proves_itself(void **state)
{
	EVP_PKEY		*key = EVP_PKEY_Q_keygen(NULL, NULL,
				    "ED25519");
	struct scep_span	 about = info(der_int(0), subject(),
				    der_spki(key), nothing());
	struct scep_span	 der = der_signed(key, NULL,
				    der_alg("1.3.101.112", 0), about);

	(void)state;
	assert_verifies(der);
	assert_int_equal(verdict(der), SCEP_OK);
	assert_int_equal(verdict(der_patch(der, der.len - 1,
	    (uint8_t)(der.data[der.len - 1] ^ 1))), SCEP_E_SIG);
	/* RFC 8410 section 3: no parameters. */
	assert_int_equal(verdict(der_signed(key, NULL,
	    der_alg("1.3.101.112", 1), about)), SCEP_E_ALG);
	EVP_PKEY_free(key);
}

static void
no_single_bit_of_a_request_can_be_changed(void **state)
{
	struct scep_span	 good = with(der_join(secret(PRINTABLE,
				    "secret"), asks(dns("a.example"))));
	struct scep_span	 keep, bad;
	struct bytes		 copy = { NULL, 0 };
	size_t			 i;
	int			 bit;

	(void)state;
	assert_int_equal(verdict(good), SCEP_OK);
	copy.data = OPENSSL_memdup(good.data, good.len);
	copy.len = good.len;
	keep = scep_span_make(copy.data, copy.len);
	der_forget();
	for (i = 0; i < keep.len; i++)
		for (bit = 0; bit < 8; bit++) {
			bad = der_patch(keep, i,
			    (uint8_t)(keep.data[i] ^ 1 << bit));
			if (verdict(bad) == SCEP_OK)
				fail_msg("octet %zu, bit %d: accepted", i,
				    bit);
			der_forget();
		}
	bytes_free(&copy);
}

static void
a_request_that_is_none_can_be_freed(void **state)
{
	(void)state;
	scep_csr_free(NULL);
}

int
main(void)
{
#define TEST(t)	cmocka_unit_test_teardown(t, forget)
#define SHOWS(t, n)	conforms_teardown(t, forget, n)
	const struct CMUnitTest	 tests[] = {
		TEST(a_good_request_comes_out_whole),
		TEST(a_request_without_attributes_is_one),
		TEST(odd_names_are_refused),
		SHOWS(a_challenge_is_read_from_any_string_type, "C-140 T-91"),
		SHOWS(odd_challenges_are_refused, "C-140 T-91"),
		SHOWS(each_extension_request_is_read_and_only_one_of_them,
		    "C-167 T-92"),
		TEST(odd_alternative_names_are_refused),
		TEST(a_request_comes_without_names_where_one_does_not_read),
		TEST(names_that_do_not_read_hide_no_other_fault),
		SHOWS(the_rights_of_a_ca_are_not_for_the_asking, "C-167"),
		SHOWS(extensions_and_attributes_have_a_limit, "C-239"),
		SHOWS(a_request_has_at_most_16_kib, "C-239 T-49"),
		SHOWS(what_is_no_request_is_refused, "C-160 T-49"),
		SHOWS(proof_of_possession_is_demanded, "C-161 T-90"),
		cmocka_unit_test(
		    a_request_is_read_before_its_signature_is_looked_at),
		SHOWS(signature_algorithms_are_those_of_the_list_and_of_the_key,
		    "T-90"),
		TEST(sha1_is_taken_only_where_it_is_allowed),
		SHOWS(keys_outside_of_the_rules_are_refused, "C-221"),
		TEST(an_ed25519_key_proves_itself),
		TEST(no_single_bit_of_a_request_can_be_changed),
		TEST(a_request_that_is_none_can_be_freed),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
