/*
 * t_config_cert.c - what ca/config_cert.c says of a certificate from its
 * bytes is what libcrypto says of it; where it does not say yes, that is
 * expected.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <cmocka.h>

#include "base/error.h"
#include "ca/config_local.h"
#include "wire/private.h"

#define LENGTH(a)	(sizeof(a) / sizeof((a)[0]))
#define NOW		1795521600L	/* 2026-11-24T12:00:00Z */
#define DAY		86400L
#define CA		"basicConstraints=critical,CA:TRUE"
#define CA_USAGE	"keyUsage=critical,digitalSignature,keyCertSign,cRLSign"
#define RA_USAGE	"keyUsage=critical,digitalSignature,keyEncipherment"
#define SKI		"subjectKeyIdentifier=hash"

static struct scep_crypto	*crypto;
static EVP_PKEY			*ca_key, *ra_key;
static X509			*ca;

static void
set_cn(X509_NAME *name, const char *cn)
{
	assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
	    (const unsigned char *)cn, -1, -1, 0), 1);
}

static void
add_ext(X509 *x, X509 *issuer, const char *text)
{
	X509V3_CTX	 ctx;
	X509_EXTENSION	*ext;
	char		 name[64] = "";

	memcpy(name, text, strcspn(text, "="));
	X509V3_set_ctx(&ctx, issuer != NULL ? issuer : x, x, NULL, NULL, 0);
	ext = X509V3_EXT_conf(NULL, &ctx, name, text + strlen(name) + 1);
	assert_non_null(ext);
	assert_int_equal(X509_add_ext(x, ext, -1), 1);
	X509_EXTENSION_free(ext);
}

/* issuer NULL: its own. */
static X509 *
make(const char *const *exts, size_t n, X509 *issuer, const char *issuer_cn,
    EVP_PKEY *key, EVP_PKEY *with)
{
	X509	*x = X509_new_ex(crypto->ctx, NULL);
	size_t	 i;

	(void)X509_set_version(x, X509_VERSION_3);
	(void)ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
	(void)ASN1_TIME_set(X509_getm_notBefore(x), NOW - DAY);
	(void)ASN1_TIME_set(X509_getm_notAfter(x), NOW + DAY);
	set_cn(X509_get_subject_name(x), issuer == NULL ? "CA" : "RA");
	set_cn(X509_get_issuer_name(x), issuer_cn);
	(void)X509_set_pubkey(x, key);
	for (i = 0; i < n && exts[i] != NULL; i++)
		add_ext(x, issuer, exts[i]);
	assert_true(X509_sign(x, with, crypto->md[SCEP_SHA256]) > 0);
	return x;
}

static void
parse(X509 *x, struct scep_cert *out)
{
	struct scep_error	 err;
	unsigned char		*der = NULL;
	int			 len = i2d_X509(x, &der);

	assert_int_equal(scep_cert_parse(crypto, scep_span_make(der,
	    (size_t)len), out, &err), SCEP_OK);
	OPENSSL_free(der);
}

/* libcrypto's object from its bytes, with all flags. */
static X509 *
again(const struct scep_cert *cert)
{
	struct scep_error	 err;
	X509			*x = scep_config_x509(crypto, cert, "test",
				    &err);

	assert_non_null(x);
	(void)X509_check_purpose(x, -1, 0);
	return x;
}

static const struct row {
	const char	*what;
	const char	*ext[6];
	const char	*issuer_cn;	/* NULL: "CA" */
	int		 other_key;	/* signed it */
	int		 plain, issued;
} rows[] = {
	{ "as scepadm makes it", { "basicConstraints=critical,CA:FALSE",
	    RA_USAGE, "extendedKeyUsage=1.3.6.1.4.1.311.20.2.1", SKI,
	    "authorityKeyIdentifier=keyid:always" }, NULL, 0, 1, 1 },
	{ "without a word of its issuer's key", { RA_USAGE }, NULL, 0, 1, 1 },
	{ "no extensions", { NULL }, NULL, 0, 0, 0 },
	{ "another issuer's name", { RA_USAGE }, "Ca", 0, 1, 0 },
	{ "another issuer's signature", { RA_USAGE }, NULL, 1, 1, 0 },
	{ "another issuer's key named", { RA_USAGE,
	    "authorityKeyIdentifier=DER:30:06:80:04:01:02:03:04" }, NULL, 0,
	    1, 0 },
	{ "its issuer by name and serial", { RA_USAGE,
	    "authorityKeyIdentifier=issuer:always" }, NULL, 0, 1, 0 },
	{ "a path length of no CA", { "basicConstraints=DER:30:03:02:01:01",
	    RA_USAGE }, NULL, 0, 0, 0 },
	{ "a negative path length", {
	    "basicConstraints=DER:30:06:01:01:FF:02:01:FF", RA_USAGE }, NULL,
	    0, 0, 0 },
	{ "keyUsage that is none", { "keyUsage=DER:04:01:80" }, NULL, 0, 0,
	    0 },
	{ "keyUsage with more behind it", { "keyUsage=DER:03:02:05:A0:05:00" },
	    NULL, 0, 0, 0 },
	{ "keyUsage with unused bits that are set", {
	    "keyUsage=DER:03:02:05:B6" }, NULL, 0, 1, 1 },
	{ "keyUsage with more unused bits than there are", {
	    "keyUsage=DER:03:02:08:A0" }, NULL, 0, 0, 0 },
	{ "keyUsage twice", { RA_USAGE, RA_USAGE }, NULL, 0, 0, 0 },
	{ "an extension that is not known here", { RA_USAGE,
	    "nsComment=none" }, NULL, 0, 0, 0 },
	{ "an unknown critical one", { RA_USAGE,
	    "1.2.3.4=critical,DER:05:00" }, NULL, 0, 0, 0 },
};

static void
look(const struct row *row, const struct scep_cert *authority)
{
	struct scep_cert	 cert;
	X509			*x, *made;

	made = make(row->ext, LENGTH(row->ext), ca, row->issuer_cn != NULL ?
	    row->issuer_cn : "CA", ra_key, row->other_key ? ra_key : ca_key);
	parse(made, &cert);
	x = again(&cert);
	if (scep_config_is_plain(&cert) != row->plain ||
	    scep_config_is_issued(crypto, &cert, authority) != row->issued)
		fail_msg("%s", row->what);
	if (row->plain)
		assert_false(X509_get_extension_flags(x) & EXFLAG_INVALID);
	if (row->issued) {
		assert_int_equal(X509_check_issued(ca, x), X509_V_OK);
		assert_int_equal(X509_verify(x, ca_key), 1);
	}
	if (row->plain && cert.key_usage.len > 0)
		assert_int_equal(scep_config_key_usage(&cert),
		    X509_get_key_usage(x) & 0xff);
	assert_int_equal(ERR_peek_error(), 0);
	X509_free(x);
	X509_free(made);
	scep_cert_clear(&cert);
}

static void
what_is_said_of_a_certificate_is_so(void **state)
{
	struct scep_cert	 authority;
	size_t			 i;

	(void)state;
	parse(ca, &authority);
	for (i = 0; i < LENGTH(rows); i++)
		look(&rows[i], &authority);
	scep_cert_clear(&authority);
}

/* A CA's own; the first is the control. */
static void
only_a_ca_is_taken_for_one(void **state)
{
	static const struct {
		const char	*ext[3];
		int		 yes;
	} cas[] = {
		{ { CA, CA_USAGE, SKI }, 1 },
		{ { "basicConstraints=critical,CA:TRUE,pathlen:0", CA_USAGE },
		    1 },
		{ { CA }, 0 },		/* may be one: not looked at here */
		{ { CA_USAGE }, 0 },
		{ { "basicConstraints=CA:FALSE", CA_USAGE }, 0 },
		{ { CA, RA_USAGE }, 0 },
		{ { CA, "keyUsage=DER:03:02:01:86" }, 1 },
		/* digitalSignature alone: the others are unused bits. */
		{ { CA, "keyUsage=DER:03:02:05:86" }, 0 },
		{ { CA, "keyUsage=DER:03:03:07:86:80" }, 1 },
		{ { CA, "keyUsage=digitalSignature,keyCertSign" }, 0 },
		{ { CA, "keyUsage=digitalSignature,cRLSign" }, 0 },
	};
	struct scep_cert	 cert;
	X509			*made;
	size_t			 i;

	(void)state;
	for (i = 0; i < LENGTH(cas); i++) {
		made = make(cas[i].ext, LENGTH(cas[i].ext), NULL, "CA",
		    ca_key, ca_key);
		parse(made, &cert);
		assert_int_equal(scep_config_is_plain_ca(&cert), cas[i].yes);
		assert_int_equal(scep_config_is_issued(crypto, &cert, &cert),
		    cas[i].yes);
		if (cas[i].yes)
			assert_int_equal(X509_check_ca(made), 1);
		scep_cert_clear(&cert);
		X509_free(made);
	}
}

/* Each octet of a good one changed: never a yes that libcrypto has not, but
 * for the key, which is not looked at. */
static void
a_changed_octet_is_no_yes(void **state)
{
	struct scep_cert	 good, cert;
	struct scep_error	 err;
	struct scep_buf		 key = { NULL, 0 };
	struct scep_span	 spki;
	X509			*x;
	size_t			 i, yes = 0;

	(void)state;
	parse(ca, &good);
	assert_int_equal(scep_buf_set(&key, good.spki, &err), SCEP_OK);
	spki = scep_buf_span(&key);
	for (i = 0; i < good.der.len; i++) {
		good.der.data[i] ^= 1;
		if (scep_cert_parse(crypto, scep_buf_span(&good.der), &cert,
		    &err) == SCEP_OK) {
			assert_false(scep_config_is_issued(crypto, &cert,
			    &cert));
			if (scep_config_is_plain(&cert)) {
				x = scep_config_x509(crypto, &cert, "test",
				    &err);
				assert_true(x != NULL ? (
				    X509_get_extension_flags(x) &
				    EXFLAG_INVALID) == 0 : !scep_span_equal(
				    cert.spki, spki));
				X509_free(x);
				yes++;
			}
			scep_cert_clear(&cert);
		}
		good.der.data[i] ^= 1;
	}
	assert_true(scep_config_is_issued(crypto, &good, &good));
	assert_true(yes > 50);		/* serial, names, signature … */
	scep_buf_clear(&key);
	scep_cert_clear(&good);
}

static void
a_key_belongs_to_its_certificate_alone(void **state)
{
	struct scep_cert	 cert;
	struct scep_error	 err;

	(void)state;
	parse(ca, &cert);
	assert_int_equal(scep_config_key_belongs(crypto, &cert, "ca.pem",
	    ca_key, "ca.key", &err), SCEP_OK);
	assert_true(scep_private_is_of(ca_key, cert.spki));
	assert_false(scep_private_is_of(ra_key, cert.spki));
	assert_int_equal(scep_config_key_belongs(crypto, &cert, "ca.pem",
	    ra_key, "ca.key", &err), SCEP_E_CONFIG);
	assert_non_null(strstr(err.text, "not the key of the certificate"));
	scep_cert_clear(&cert);
}

static int
setup(void **state)
{
	static const char *const	 exts[] = { CA, CA_USAGE, SKI };
	struct scep_error		 err;

	(void)state;
	if (scep_crypto_new(NULL, &crypto, &err) != SCEP_OK)
		return -1;
	ca_key = EVP_PKEY_Q_keygen(crypto->ctx, NULL, "EC", "P-256");
	ra_key = EVP_PKEY_Q_keygen(crypto->ctx, NULL, "RSA", (size_t)2048);
	ca = make(exts, LENGTH(exts), NULL, "CA", ca_key, ca_key);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	X509_free(ca);
	EVP_PKEY_free(ca_key);
	EVP_PKEY_free(ra_key);
	scep_crypto_free(crypto);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(what_is_said_of_a_certificate_is_so),
		cmocka_unit_test(only_a_ca_is_taken_for_one),
		cmocka_unit_test(a_changed_octet_is_no_yes),
		cmocka_unit_test(a_key_belongs_to_its_certificate_alone),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
