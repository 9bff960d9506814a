/* t_cert.c - certificates, taken apart and put together; OpenSSL judges. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pkcs7.h>
#include <openssl/x509v3.h>

#include "tests/unit/client.h"
#include "tests/unit/conform.h"
#include "tests/unit/der_make.h"
#include "wire/cert.h"

#define LENGTH(a)	(sizeof(a) / sizeof((a)[0]))

#define SHA256_RSA	"1.2.840.113549.1.1.11"
#define NOW		1795521600	/* 2026-11-24T12:00:00Z */
#define YEAR		(365 * 86400L)

static struct scep_crypto	*crypto;
static EVP_PKEY			*rsa, *other, *p256, *p384;
static const struct scep_key_rules any = {
	.types = SCEP_BIT(SCEP_KEY_RSA) | SCEP_BIT(SCEP_KEY_P256),
	.min_rsa_bits = 2048, .max_rsa_bits = 4096,
};

static int
open_all(void **state)
{
	struct scep_error	 err;

	(void)state;
	rsa = der_key(0);
	other = der_key(2);
	p256 = EVP_EC_gen("P-256");
	p384 = EVP_EC_gen("P-384");
	return scep_crypto_new(NULL, &crypto, &err) == SCEP_OK &&
	    p256 != NULL && p384 != NULL ? 0 : -1;
}

static int
close_all(void **state)
{
	(void)state;
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(other);
	EVP_PKEY_free(p256);
	EVP_PKEY_free(p384);
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

/* Parts of a certificate; those that are empty are the usual ones. */
struct made {
	struct scep_span	 version, serial, inner_alg, issuer;
	struct scep_span	 validity, subject, spki, more;
	EVP_PKEY		*key;
};

static struct scep_span
or(struct scep_span given, struct scep_span usual)
{
	return given.data != NULL ? given : usual;
}

static struct scep_span
name(const char *cn)
{
	return SEQ(der_rdn("2.5.4.3", 0x0c, cn));
}

static struct scep_span
validity(const char *from, const char *to)
{
	return SEQ(der_text(0x17, from), der_text(0x17, to));
}

static struct scep_span
make(const struct made *m)
{
	struct scep_span	 alg = der_alg(SHA256_RSA, 1);
	EVP_PKEY		*key = m->key != NULL ? m->key : rsa;

	return der_signed(key, EVP_sha256(), alg,
	    SEQ(or(m->version, der_hex("a003020102")),
	    or(m->serial, der_hex("020101")), or(m->inner_alg, alg),
	    or(m->issuer, name("device")),
	    or(m->validity, validity("260101000000Z", "270101000000Z")),
	    or(m->subject, name("device")), or(m->spki, der_spki(rsa)),
	    m->more));
}

static enum scep_err
parse(struct scep_span der, struct scep_cert *out)
{
	struct scep_error	 err;
	enum scep_err		 rc = scep_cert_parse(crypto, der, out, &err);

	assert_int_equal(ERR_peek_error(), 0);
	if (rc != SCEP_OK)
		assert_null(out->der.data);
	return rc;
}

static enum scep_err
verdict(struct scep_span der)
{
	struct scep_cert	 cert;
	enum scep_err		 rc = parse(der, &cert);

	scep_cert_clear(&cert);
	return rc;
}

static struct scep_span
i2d(X509 *x)
{
	unsigned char		*der = NULL;
	int			 len = i2d_X509(x, &der);
	struct scep_span	 s;

	assert_true(len > 0);
	s = der_raw(der, (size_t)len);
	OPENSSL_free(der);
	return s;
}

static X509 *
d2i(struct scep_span der)
{
	const unsigned char	*p = der.data;
	X509			*x = d2i_X509(NULL, &p, (long)der.len);

	assert_non_null(x);
	assert_ptr_equal(p, der.data + der.len);
	return x;
}

static void
assert_same(struct scep_span ours, unsigned char *theirs, int len)
{
	assert_int_equal(ours.len, len);
	assert_memory_equal(ours.data, theirs, ours.len);
	OPENSSL_free(theirs);
}

/* Each part against libcrypto's idea of it. */
static void
parts_are_those_that_libcrypto_finds(void **state)
{
	X509				*x = client_self_signed(rsa,
					    "/C=CH/O=x/CN=device");
	struct scep_cert		 cert;
	unsigned char			*p;
	uint8_t				 digest[32];
	const ASN1_BIT_STRING		*sig;
	const X509_ALGOR		*alg;
	struct tm			 tm;
	int				 len;

	(void)state;
	assert_int_equal(parse(i2d(x), &cert), SCEP_OK);
	assert_int_equal(cert.version, X509_get_version(x) + 1);
	p = NULL;
	len = i2d_ASN1_INTEGER(X509_get_serialNumber(x), &p);
	assert_same(cert.serial_tlv, p, len);
	assert_int_equal(cert.serial.len + 2, cert.serial_tlv.len);
	p = NULL;
	len = i2d_X509_NAME(X509_get_issuer_name(x), &p);
	assert_same(cert.issuer, p, len);
	p = NULL;
	len = i2d_X509_NAME(X509_get_subject_name(x), &p);
	assert_same(cert.subject, p, len);
	p = NULL;
	len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(x), &p);
	assert_same(cert.spki, p, len);
	p = NULL;
	len = i2d_re_X509_tbs(x, &p);
	assert_same(cert.tbs, p, len);
	X509_get0_signature(&sig, &alg, x);
	p = NULL;
	len = i2d_X509_ALGOR(alg, &p);
	assert_same(cert.sig_alg, p, len);
	assert_int_equal(cert.signature.len, sig->length);
	assert_memory_equal(cert.signature.data, sig->data,
	    cert.signature.len);
	assert_int_equal(ASN1_TIME_to_tm(X509_get0_notBefore(x), &tm), 1);
	assert_int_equal(cert.not_before, timegm(&tm));
	assert_int_equal(ASN1_TIME_to_tm(X509_get0_notAfter(x), &tm), 1);
	assert_int_equal(cert.not_after, timegm(&tm));
	assert_int_equal(X509_digest(x, EVP_sha256(), digest, NULL), 1);
	assert_memory_equal(cert.sha256, digest, sizeof(digest));
	assert_true(scep_cert_is_self_issued(&cert));
	scep_cert_clear(&cert);
	X509_free(x);
}

/* PROTOCOL I-018. */
static void
any_serial_comes_out_as_it_was_sent(void **state)
{
	static const char *const serials[] = {
		"020100", "02017f", "0201ff", "020200ff", "0203000001",
		"0202ff80",
		("0220 ff112233445566778899aabbccddeeff"
		    "00112233445566778899aabbccddeeff"),
	};
	struct scep_span	 serial;
	struct scep_cert	 cert;
	size_t			 i;

	(void)state;
	for (i = 0; i < LENGTH(serials); i++) {
		serial = der_hex(serials[i]);
		assert_int_equal(parse(make(&(struct made){ .serial =
		    serial }), &cert), SCEP_OK);
		assert_true(scep_span_equal(cert.serial_tlv, serial));
		assert_true(scep_span_equal(cert.serial,
		    scep_span_make(serial.data + 2, serial.len - 2)));
		scep_cert_clear(&cert);
	}
	assert_int_equal(verdict(make(&(struct made){ .serial =
	    der_hex("0200") })), SCEP_E_FORMAT);
}

static void
versions_1_to_3_are_read_and_no_other(void **state)
{
	struct scep_cert	 cert;

	(void)state;
	assert_int_equal(parse(make(&(struct made){ .version =
	    der_raw("", 0) }), &cert), SCEP_OK);
	assert_int_equal(cert.version, 1);
	scep_cert_clear(&cert);
	assert_int_equal(parse(make(&(struct made){ .version =
	    der_hex("a003020100") }), &cert), SCEP_OK);
	assert_int_equal(cert.version, 1);
	scep_cert_clear(&cert);
	assert_int_equal(parse(make(&(struct made){ 0 }), &cert), SCEP_OK);
	assert_int_equal(cert.version, 3);
	scep_cert_clear(&cert);
	assert_int_equal(verdict(make(&(struct made){ .version =
	    der_hex("a003020103") })), SCEP_E_FORMAT);
	assert_int_equal(verdict(make(&(struct made){ .version =
	    der_hex("a003020180") })), SCEP_E_FORMAT);
}

static void
times_are_read_or_are_0(void **state)
{
	static const struct {
		int		 tag;
		const char	*text;
		time_t		 want;
	} rows[] = {
		{ 0x17, "261124120000Z", NOW },
		{ 0x18, "20261124120000Z", NOW },
		{ 0x17, "490101000000Z", 2493072000 },
		{ 0x17, "500101000000Z", 0 },		/* 1950 */
		{ 0x18, "99991231235959Z", 253402300799 },
		{ 0x17, "2611241200Z", NOW },	/* BER, and readable */
		{ 0x17, "rubbish", 0 },
		{ 0x17, "", 0 },
		{ 0x18, "", 0 },
		{ 0x17, "261324120000Z", 0 },
		{ 0x0c, "261124120000Z", 0 },
	};
	struct scep_cert	 cert;
	struct scep_span	 t;
	size_t			 i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		t = der_text(rows[i].tag, rows[i].text);
		assert_int_equal(parse(make(&(struct made){ .validity =
		    SEQ(t, t) }), &cert), SCEP_OK);
		if (cert.not_before != rows[i].want ||
		    cert.not_after != rows[i].want)
			fail_msg("%s: %lld", rows[i].text,
			    (long long)cert.not_before);
		scep_cert_clear(&cert);
	}
}

static struct scep_span
extensions(struct scep_span list)
{
	return DER(0xa3, SEQ(list));
}

static void
a_key_identifier_is_found_wherever_it_stands(void **state)
{
	struct scep_span	 oid = der_oid("2.5.29.14");
	struct scep_span	 id = der_hex("0402 abcd");
	struct scep_span	 ski = SEQ(oid, DER(0x04, id));
	struct scep_span	 critical = SEQ(oid, der_hex("0101ff"),
				    DER(0x04, id));
	struct scep_span	 unknown = SEQ(der_oid("1.2.3"),
				    der_hex("0101ff"), der_hex("0400"));
	const struct {
		struct scep_span	 more;
		size_t			 len;
	} rows[] = {
		{ extensions(ski), 2 },
		{ extensions(critical), 2 },
		{ extensions(der_join(unknown, ski)), 2 },
		{ der_join(der_hex("81020080 82020080"), extensions(ski)),
		    2 },
		{ extensions(unknown), 0 },
		{ extensions(SEQ(oid, DER(0x04, der_hex("0500")))), 0 },
		{ extensions(SEQ(oid)), 0 },
		{ extensions(der_raw("", 0)), 0 },
		{ der_raw("", 0), 0 },
	};
	struct scep_cert	 cert;
	size_t			 i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		assert_int_equal(parse(make(&(struct made){ .more =
		    rows[i].more }), &cert), SCEP_OK);
		assert_int_equal(cert.ski.len, rows[i].len);
		if (cert.ski.len > 0)
			assert_memory_equal(cert.ski.data, "\xab\xcd", 2);
		scep_cert_clear(&cert);
	}
}

static void
who_speaks_for_others_is_told_by_its_extensions(void **state)
{
	static const struct {
		const char	*oid, *value;
		int		 vouches;
	} rows[] = {
		{ "2.5.29.19", "3000", 0 },
		{ "2.5.29.19", "3003010100", 0 },
		{ "2.5.29.19", "30030101ff", 1 },
		{ "2.5.29.19", "3003010101", 1 },	/* BER's true */
		{ "2.5.29.19", "3006010100020100", 0 },
		{ "2.5.29.19", "3003020100", 1 },
		{ "2.5.29.19", "0500", 1 },
		{ "2.5.29.19", "30000500", 1 },
		{ "2.5.29.15", "030205a0", 0 },
		{ "2.5.29.15", "03020204", 1 },		/* keyCertSign */
		{ "2.5.29.15", "03020102", 1 },		/* cRLSign */
		{ "2.5.29.15", "0303078080", 0 },
		{ "2.5.29.15", "0500", 1 },
		{ "2.5.29.37", "300a06082b06010505070302", 0 },
		{ "2.5.29.37", "300a06082b06010505070309", 1 },
		{ "2.5.29.37", "301406082b06010505070302"
		    "06082b06010505070309", 1 },
		{ "2.5.29.37", "300c06082b060105050703020500", 1 },
		{ "2.5.29.37", "0500", 1 },
		{ "1.2.3", "30030101ff", 0 },
	};
	struct scep_cert	 cert;
	size_t			 i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		assert_int_equal(parse(make(&(struct made){ .more =
		    extensions(SEQ(der_oid(rows[i].oid), DER(0x04,
		    der_hex(rows[i].value)))) }), &cert), SCEP_OK);
		if (scep_cert_vouches(&cert) != rows[i].vouches)
			fail_msg("%s %s", rows[i].oid, rows[i].value);
		scep_cert_clear(&cert);
	}
	assert_int_equal(parse(make(&(struct made){ .more =
	    der_raw("", 0) }), &cert), SCEP_OK);
	assert_int_equal(scep_cert_vouches(&cert), 0);
	scep_cert_clear(&cert);
}

/* Behind the extensions stands what would be an Extension of 2 GiB. */
static void
extensions_are_read_within_their_bounds(void **state)
{
	struct scep_span	 unknown = SEQ(der_oid("1.2.3"),
				    der_hex("0400"));
	struct scep_cert	 cert;

	(void)state;
	assert_int_equal(parse(make(&(struct made){ .more = der_join(
	    extensions(unknown), der_hex("8106 30847fffffff")) }), &cert),
	    SCEP_OK);
	assert_int_equal(cert.ski.len, 0);
	scep_cert_clear(&cert);
}

static void
what_is_no_certificate_is_refused(void **state)
{
	struct scep_span	 good = make(&(struct made){ 0 });
	static uint8_t		 zeros[32769];
	size_t			 i;

	(void)state;
	assert_int_equal(verdict(good), SCEP_OK);
	for (i = 0; i < good.len; i++)
		assert_int_equal(verdict(der_raw(good.data, i)),
		    SCEP_E_FORMAT);
	assert_int_equal(verdict(der_join(good, der_hex("00"))),
	    SCEP_E_FORMAT);
	assert_int_equal(verdict(make(&(struct made){ .inner_alg =
	    der_alg("1.2.840.113549.1.1.12", 1) })), SCEP_E_FORMAT);
	assert_int_equal(verdict(make(&(struct made){ .spki =
	    der_hex("0500") })), SCEP_E_FORMAT);
	assert_int_equal(verdict(make(&(struct made){ .validity = SEQ(
	    der_text(0x17, "261124120000Z")) })), SCEP_E_FORMAT);
	/* A kilobyte of comment is fine, 32 are not. */
	assert_int_equal(verdict(make(&(struct made){ .more = extensions(
	    SEQ(der_oid("1.2.3"), der_octets(0x04, zeros, 1024))) })),
	    SCEP_OK);
	assert_int_equal(verdict(make(&(struct made){ .more = extensions(
	    SEQ(der_oid("1.2.3"), der_octets(0x04, zeros, 32768))) })),
	    SCEP_E_FORMAT);
}

/* The whole certificate, with one indefinite length around its contents. */
static void
a_certificate_is_definite(void **state)
{
	struct scep_span	 good = make(&(struct made){ 0 });

	(void)state;
	assert_int_equal(verdict(good), SCEP_OK);
	assert_int_equal(verdict(der_join(der_hex("3080"),
	    der_join(der_raw(good.data + 4, good.len - 4),
	    der_hex("0000")))), SCEP_E_FORMAT);
}

static void
self_issued_means_the_same_name(void **state)
{
	struct scep_cert	 cert;

	(void)state;
	assert_int_equal(parse(make(&(struct made){ .issuer =
	    name("DEVICE ") }), &cert), SCEP_OK);
	assert_true(scep_cert_is_self_issued(&cert));
	scep_cert_clear(&cert);
	assert_int_equal(parse(make(&(struct made){ .issuer = name("CA") }),
	    &cert), SCEP_OK);
	assert_false(scep_cert_is_self_issued(&cert));
	scep_cert_clear(&cert);
}

static enum scep_err
verify_with(struct scep_span der, EVP_PKEY *with)
{
	struct scep_cert	 cert;
	struct scep_key		 key;
	struct scep_error	 err;
	enum scep_err		 rc;

	assert_int_equal(parse(der, &cert), SCEP_OK);
	assert_int_equal(scep_key_load(crypto, der_spki(with), &any, &key,
	    &err), SCEP_OK);
	rc = scep_cert_verify(crypto, &cert, &key, &err);
	assert_int_equal(ERR_peek_error(), 0);
	scep_key_clear(&key);
	scep_cert_clear(&cert);
	return rc;
}

static void
a_signature_is_that_of_the_key(void **state)
{
	struct scep_span	 good = make(&(struct made){ 0 });
	struct scep_span	 md5 = der_alg("1.2.840.113549.1.1.4", 1);
	struct scep_span	 sha1 = der_alg("1.2.840.113549.1.1.5", 1);
	struct scep_span	 tbs;

	(void)state;
	assert_int_equal(verify_with(good, rsa), SCEP_OK);
	assert_int_equal(verify_with(good, other), SCEP_E_SIG);
	assert_int_equal(verify_with(good, p256), SCEP_E_ALG);
	assert_int_equal(verify_with(der_patch(good, good.len - 1,
	    (uint8_t)(good.data[good.len - 1] ^ 1)), rsa), SCEP_E_SIG);
	tbs = SEQ(der_hex("020101"), sha1, name("x"),
	    validity("260101000000Z", "270101000000Z"), name("x"),
	    der_spki(rsa));
	assert_int_equal(verify_with(der_signed(rsa, EVP_sha1(), sha1, tbs),
	    rsa), SCEP_OK);
	tbs = SEQ(der_hex("020101"), md5, name("x"),
	    validity("260101000000Z", "270101000000Z"), name("x"),
	    der_spki(rsa));
	assert_int_equal(verify_with(der_signed(rsa, EVP_md5(), md5, tbs),
	    rsa), SCEP_E_ALG);
}

/* What a profile and a request would give, for the CA whose key is given. */
static struct scep_cert_plan
usual(EVP_PKEY *ca)
{
	static const char	 fixed[] =
	    "300c0603551d130101ff04023000"		/* CA:FALSE */
	    "300e0603551d0f0101ff0404030205a0"		/* keyUsage */
	    "30130603551d25040c300a06082b06010505070302";	/* clientAuth */
	struct scep_cert_plan	 plan = {
		.serial = der_hex("4f112233445566778899aabbccddeeff"),
		.issuer = SEQ(der_rdn("2.5.4.10", 0x13, "Test CA")),
		.subject = name("device"),
		.spki = der_spki(other),
		.not_before = NOW, .not_after = NOW + YEAR,
		.fixed_exts = der_hex(fixed),
		.aki = der_hex("0102030405060708090a0b0c0d0e0f1011121314"),
		.san = SEQ(der_text(0x82, "a.example")),
		.key = ca, .digest = SCEP_SHA256,
	};

	return plan;
}

static enum scep_err
build(const struct scep_cert_plan *plan, struct scep_span *der)
{
	struct scep_buf		 tbs = { NULL, 0 }, out = { NULL, 0 };
	struct scep_error	 err;
	enum scep_err		 rc;

	if ((rc = scep_cert_tbs(crypto, plan, &tbs, &err)) == SCEP_OK &&
	    (rc = scep_cert_sign(crypto, plan, scep_buf_span(&tbs), &out,
	    &err)) == SCEP_OK)
		*der = der_raw(out.data, out.len);
	assert_int_equal(ERR_peek_error(), 0);
	scep_buf_clear(&tbs);
	scep_buf_clear(&out);
	return rc;
}

static X509 *
built(const struct scep_cert_plan *plan)
{
	struct scep_span	 der;
	unsigned char		*again = NULL;
	int			 len;
	X509			*x;

	assert_int_equal(build(plan, &der), SCEP_OK);
	x = d2i(der);
	len = i2d_X509(x, &again);
	assert_same(der, again, len);
	again = NULL;
	len = i2d_re_X509_tbs(x, &again);	/* no cached encoding */
	assert_int_equal(verdict(der), SCEP_OK);
	assert_true(len > 0);
	OPENSSL_free(again);
	return x;
}

static void
a_certificate_says_what_the_plan_said(void **state)
{
	struct scep_cert_plan	 plan = usual(rsa);
	X509			*x = built(&plan);
	struct tm		 tm;
	uint8_t			 want[20];
	GENERAL_NAMES		*san;
	struct scep_cert	 cert;
	int			 critical;

	(void)state;
	assert_int_equal(X509_get_version(x), X509_VERSION_3);
	assert_int_equal(X509_get_signature_nid(x),
	    NID_sha256WithRSAEncryption);
	assert_int_equal(X509_verify(x, rsa), 1);
	assert_int_equal(X509_verify(x, other), 0);
	ERR_clear_error();
	assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(x), other), 1);
	assert_int_equal(ASN1_TIME_to_tm(X509_get0_notBefore(x), &tm), 1);
	assert_int_equal(timegm(&tm), NOW);
	assert_int_equal(ASN1_TIME_to_tm(X509_get0_notAfter(x), &tm), 1);
	assert_int_equal(timegm(&tm), NOW + YEAR);
	assert_int_equal(X509_pubkey_digest(x, EVP_sha1(), want, NULL), 1);
	assert_memory_equal(ASN1_STRING_get0_data(
	    X509_get0_subject_key_id(x)), want, sizeof(want));
	assert_memory_equal(ASN1_STRING_get0_data(
	    X509_get0_authority_key_id(x)), plan.aki.data, 20);
	assert_int_equal(X509_check_ca(x), 0);
	assert_int_equal(X509_get_key_usage(x), KU_DIGITAL_SIGNATURE |
	    KU_KEY_ENCIPHERMENT);
	assert_int_equal(X509_check_purpose(x, X509_PURPOSE_SSL_CLIENT, 0),
	    1);
	assert_int_equal(X509_check_host(x, "a.example", 0, 0, NULL), 1);
	assert_int_equal(X509_check_host(x, "b.example", 0, 0, NULL), 0);
	san = X509_get_ext_d2i(x, NID_subject_alt_name, &critical, NULL);
	assert_non_null(san);
	assert_int_equal(critical, 0);
	GENERAL_NAMES_free(san);
	assert_int_equal(parse(i2d(x), &cert), SCEP_OK);
	assert_int_equal(cert.ski.len, sizeof(want));
	assert_memory_equal(cert.ski.data, want, sizeof(want));
	assert_true(scep_span_equal(cert.subject, plan.subject));
	assert_true(scep_span_equal(cert.serial, plan.serial));
	scep_cert_clear(&cert);
	X509_free(x);
}

static void
extensions_stand_in_one_order_and_once(void **state)
{
	static const int	 order[] = { NID_basic_constraints,
				    NID_key_usage, NID_ext_key_usage,
				    NID_subject_key_identifier,
				    NID_authority_key_identifier,
				    NID_subject_alt_name };
	struct scep_cert_plan	 plan = usual(rsa);
	X509			*x = built(&plan);
	int			 i;

	(void)state;
	assert_int_equal(X509_get_ext_count(x), (int)LENGTH(order));
	for (i = 0; i < (int)LENGTH(order); i++)
		assert_int_equal(OBJ_obj2nid(X509_EXTENSION_get_object(
		    X509_get_ext(x, i))), order[i]);
	X509_free(x);
	plan.san = scep_span_make(NULL, 0);
	x = built(&plan);
	assert_int_equal(X509_get_ext_count(x), (int)LENGTH(order) - 1);
	X509_free(x);
}

/* RFC 5280 section 4.1.2.6. */
static void
names_are_critical_where_there_is_no_subject(void **state)
{
	struct scep_cert_plan	 plan = usual(rsa);
	GENERAL_NAMES		*san;
	int			 critical;
	X509			*x;

	(void)state;
	plan.subject = der_hex("3000");
	x = built(&plan);
	san = X509_get_ext_d2i(x, NID_subject_alt_name, &critical, NULL);
	assert_non_null(san);
	assert_int_equal(critical, 1);
	GENERAL_NAMES_free(san);
	X509_free(x);
}

static void
the_signature_follows_the_cas_key(void **state)
{
	const struct {
		EVP_PKEY		*key;
		enum scep_digest	 digest;
		int			 nid, param;
	} rows[] = {
		{ rsa, SCEP_SHA256, NID_sha256WithRSAEncryption,
		    V_ASN1_NULL },
		{ rsa, SCEP_SHA384, NID_sha384WithRSAEncryption,
		    V_ASN1_NULL },
		{ rsa, SCEP_SHA512, NID_sha512WithRSAEncryption,
		    V_ASN1_NULL },
		{ p256, SCEP_SHA256, NID_ecdsa_with_SHA256, V_ASN1_UNDEF },
		{ p384, SCEP_SHA384, NID_ecdsa_with_SHA384, V_ASN1_UNDEF },
	};
	struct scep_cert_plan	 plan;
	const X509_ALGOR	*alg;
	size_t			 i;
	int			 type;
	X509			*x;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		plan = usual(rows[i].key);
		plan.digest = rows[i].digest;
		x = built(&plan);
		assert_int_equal(X509_get_signature_nid(x), rows[i].nid);
		alg = X509_get0_tbs_sigalg(x);
		X509_ALGOR_get0(NULL, &type, NULL, alg);
		assert_int_equal(type, rows[i].param);
		assert_int_equal(X509_verify(x, rows[i].key), 1);
		X509_free(x);
	}
}

static void
dates_are_utctime_up_to_2049(void **state)
{
	struct scep_cert_plan	 plan = usual(rsa);
	struct scep_span	 der;
	struct tm		 tm;
	X509			*x;

	(void)state;
	plan.not_before = 2524607999;	/* 2049-12-31T23:59:59Z */
	plan.not_after = 2524608000;
	x = built(&plan);
	assert_int_equal(X509_get0_notBefore(x)->type, V_ASN1_UTCTIME);
	assert_int_equal(X509_get0_notAfter(x)->type,
	    V_ASN1_GENERALIZEDTIME);
	assert_int_equal(ASN1_TIME_to_tm(X509_get0_notAfter(x), &tm), 1);
	assert_int_equal(timegm(&tm), 2524608000);
	X509_free(x);
	plan.not_after = 253402300799;	/* 9999, RFC 5280 section 4.1.2.5 */
	assert_int_equal(build(&plan, &der), SCEP_OK);
	plan.not_after = 253402300800;
	assert_int_equal(build(&plan, &der), SCEP_E_INTERNAL);
	plan.not_after = NOW;
	plan.not_before = -1;
	assert_int_equal(build(&plan, &der), SCEP_E_INTERNAL);
}

static void
serials_that_no_certificate_has_are_not_built(void **state)
{
	static const struct {
		const char	*serial;
		enum scep_err	 want;
	} rows[] = {
		{ "01", SCEP_OK },
		{ "00ff", SCEP_OK },
		{ "7f000000000000000000000000000000000000ff", SCEP_OK },
		{ "", SCEP_E_INTERNAL },
		{ "00", SCEP_E_INTERNAL },
		{ "ff", SCEP_E_INTERNAL },
		{ "0001", SCEP_E_INTERNAL },
		{ "7f00000000000000000000000000000000000000ff",
		    SCEP_E_INTERNAL },
	};
	struct scep_cert_plan	 plan = usual(rsa);
	struct scep_span	 der;
	size_t			 i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		plan.serial = der_hex(rows[i].serial);
		if (build(&plan, &der) != rows[i].want)
			fail_msg("serial %s", rows[i].serial);
	}
}

static void
a_ca_signs_with_rsa_or_ec_alone(void **state)
{
	EVP_PKEY		*key = EVP_PKEY_Q_keygen(NULL, NULL,
				    "ED25519");
	struct scep_cert_plan	 plan = usual(key);
	struct scep_span	 der;

	(void)state;
	assert_int_equal(build(&plan, &der), SCEP_E_INTERNAL);
	plan.key = rsa;
	assert_int_equal(build(&plan, &der), SCEP_OK);
	EVP_PKEY_free(key);
}

static int
strict(X509 *ca, X509 *leaf)
{
	X509_STORE	*store = X509_STORE_new();
	X509_STORE_CTX	*ctx = X509_STORE_CTX_new();
	int		 why;

	assert_int_equal(X509_STORE_add_cert(store, ca), 1);
	assert_int_equal(X509_STORE_CTX_init(ctx, store, leaf, NULL), 1);
	X509_STORE_CTX_set_time(ctx, 0, NOW + 1);
	X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_X509_STRICT |
	    X509_V_FLAG_CHECK_SS_SIGNATURE);
	assert_int_equal(X509_STORE_CTX_set_purpose(ctx,
	    X509_PURPOSE_SSL_CLIENT), 1);
	(void)X509_verify_cert(ctx);
	why = X509_STORE_CTX_get_error(ctx);
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	ERR_clear_error();
	return why;
}

/* openssl verify -x509_strict -purpose sslclient, for each kind of CA. */
static void
the_chain_passes_strict_verification(void **state)
{
	static const char	 ca_exts[] =
	    "300f0603551d130101ff040530030101ff"	/* CA:TRUE */
	    "300e0603551d0f0101ff040403020106";		/* sign, CRL */
	EVP_PKEY *const		 keys[] = { rsa, p256, p384 };
	struct scep_cert_plan	 root, leaf;
	struct scep_span	 id;
	X509			*ca, *x;
	uint8_t			 ski[20];
	size_t			 i;

	(void)state;
	for (i = 0; i < LENGTH(keys); i++) {
		leaf = usual(keys[i]);
		root = usual(keys[i]);
		root.subject = root.issuer;
		root.spki = der_spki(keys[i]);
		root.fixed_exts = der_hex(ca_exts);
		root.san = scep_span_make(NULL, 0);
		x = built(&root);	/* to have the key's identifier */
		assert_int_equal(X509_pubkey_digest(x, EVP_sha1(), ski,
		    NULL), 1);
		X509_free(x);
		id = der_raw(ski, sizeof(ski));
		root.aki = leaf.aki = id;
		ca = built(&root);
		x = built(&leaf);
		assert_int_equal(strict(ca, x), X509_V_OK);
		X509_free(x);
		/* The control: another's key identifier. */
		leaf.aki = der_hex("00112233");
		x = built(&leaf);
		assert_int_not_equal(strict(ca, x), X509_V_OK);
		X509_free(x);
		X509_free(ca);
	}
}

/* RFC 8894 section 3.4; the shorter certificate comes second here, and would
 * overtake in a sorted SET. */
static void
a_bag_keeps_its_order_and_holds_nothing_else(void **state)
{
	struct scep_cert_plan	 plan = usual(rsa);
	struct scep_span	 certs[2];
	struct scep_buf		 der = { NULL, 0 };
	struct scep_error	 err;
	const unsigned char	*p;
	PKCS7			*p7;
	CMS_ContentInfo		*cms;
	STACK_OF(X509)		*found;
	X509			*x[2];
	int			 i;

	(void)state;
	assert_int_equal(build(&plan, &certs[0]), SCEP_OK);
	plan.san = scep_span_make(NULL, 0);
	assert_int_equal(build(&plan, &certs[1]), SCEP_OK);
	assert_true(certs[1].len < certs[0].len);
	assert_int_equal(scep_certs_only(certs, 2, &der, &err), SCEP_OK);
	p = der.data;
	p7 = d2i_PKCS7(NULL, &p, (long)der.len);
	assert_non_null(p7);
	assert_ptr_equal(p, der.data + der.len);
	assert_true(PKCS7_type_is_signed(p7));
	assert_int_equal(ASN1_INTEGER_get(p7->d.sign->version), 1);
	assert_int_equal(sk_X509_ALGOR_num(p7->d.sign->md_algs), 0);
	assert_int_equal(sk_PKCS7_SIGNER_INFO_num(
	    p7->d.sign->signer_info), 0);
	assert_int_equal(OBJ_obj2nid(p7->d.sign->contents->type),
	    NID_pkcs7_data);
	assert_null(p7->d.sign->contents->d.ptr);
	assert_null(p7->d.sign->crl);
	assert_int_equal(sk_X509_num(p7->d.sign->cert), 2);
	for (i = 0; i < 2; i++) {
		x[i] = d2i(certs[i]);
		assert_int_equal(X509_cmp(x[i],
		    sk_X509_value(p7->d.sign->cert, i)), 0);
	}
	PKCS7_free(p7);
	p = der.data;
	cms = d2i_CMS_ContentInfo(NULL, &p, (long)der.len);
	assert_non_null(cms);
	found = CMS_get1_certs(cms);
	assert_int_equal(sk_X509_num(found), 2);
	assert_int_equal(X509_cmp(sk_X509_value(found, 0), x[0]), 0);
	sk_X509_pop_free(found, X509_free);
	CMS_ContentInfo_free(cms);
	X509_free(x[0]);
	X509_free(x[1]);
	scep_buf_clear(&der);
}

/* Byte by byte what libcrypto's own maker of such bags gives (T-11, T-12). */
static void
a_bag_of_one_is_what_pkcs7_makes(void **state)
{
	struct scep_cert_plan	 plan = usual(rsa);
	struct scep_span	 cert;
	struct scep_buf		 der = { NULL, 0 };
	struct scep_error	 err;
	PKCS7			*p7 = PKCS7_new();
	unsigned char		*want = NULL;
	X509			*x;
	int			 len;

	(void)state;
	assert_int_equal(build(&plan, &cert), SCEP_OK);
	assert_int_equal(scep_certs_only(&cert, 1, &der, &err), SCEP_OK);
	x = d2i(cert);
	assert_true(PKCS7_set_type(p7, NID_pkcs7_signed) == 1 &&
	    PKCS7_content_new(p7, NID_pkcs7_data) == 1 &&
	    PKCS7_set_detached(p7, 1) == 1 &&
	    PKCS7_add_certificate(p7, x) == 1);
	len = i2d_PKCS7(p7, &want);
	assert_same(scep_buf_span(&der), want, len);
	PKCS7_free(p7);
	X509_free(x);
	scep_buf_clear(&der);
}

int
main(void)
{
#define TEST(t)	cmocka_unit_test_teardown(t, forget)
#define SHOWS(t, n)	conforms_teardown(t, forget, n)
	const struct CMUnitTest	 tests[] = {
		TEST(parts_are_those_that_libcrypto_finds),
		SHOWS(any_serial_comes_out_as_it_was_sent, "I-018"),
		TEST(versions_1_to_3_are_read_and_no_other),
		TEST(times_are_read_or_are_0),
		TEST(a_key_identifier_is_found_wherever_it_stands),
		TEST(who_speaks_for_others_is_told_by_its_extensions),
		TEST(extensions_are_read_within_their_bounds),
		TEST(what_is_no_certificate_is_refused),
		TEST(a_certificate_is_definite),
		TEST(self_issued_means_the_same_name),
		TEST(a_signature_is_that_of_the_key),
		TEST(a_certificate_says_what_the_plan_said),
		TEST(extensions_stand_in_one_order_and_once),
		TEST(names_are_critical_where_there_is_no_subject),
		TEST(the_signature_follows_the_cas_key),
		TEST(dates_are_utctime_up_to_2049),
		TEST(serials_that_no_certificate_has_are_not_built),
		TEST(a_ca_signs_with_rsa_or_ec_alone),
		TEST(the_chain_passes_strict_verification),
		SHOWS(a_bag_keeps_its_order_and_holds_nothing_else,
		    "C-070 C-071 C-072 T-10 T-12 T-13"),
		SHOWS(a_bag_of_one_is_what_pkcs7_makes, "C-070 T-11 T-12"),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
