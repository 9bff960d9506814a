/*
 * t_issue.c - what scep_issue() makes, judged by OpenSSL's own X509 code.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "ca/issue.h"
#include "tests/unit/conform.h"
#include "tests/unit/issuing.h"
#include "wire/name.h"

#define SERIALS	200

static struct issuing	rsa, ec;

static int
open_both(void **state)
{
	(void)state;
	issuing_open(&rsa, "RSA");
	issuing_open(&ec, "EC");
	return 0;
}

static int
close_both(void **state)
{
	(void)state;
	issuing_close(&rsa);
	issuing_close(&ec);
	return 0;
}

static enum scep_err
try_issue(const struct issuing *is, time_t now, struct scep_cert_rec *rec,
    struct scep_error *err)
{
	struct scep_grant	*grant = issuing_grant(is);
	enum scep_err		 rc;

	rc = scep_issue(is->crypto, grant, now, rec, err);
	scep_grant_free(grant);
	assert_int_equal(ERR_peek_error(), 0);
	return rc;
}

/* The certificate, issued and read by OpenSSL. */
static X509 *
issued(const struct issuing *is, time_t now, struct scep_cert_rec *rec)
{
	struct scep_error	 err;
	const unsigned char	*p;
	X509			*x;

	err.text[0] = '\0';
	if (try_issue(is, now, rec, &err) != SCEP_OK)
		fail_msg("not issued: %s", err.text);
	p = rec->der.data;
	x = d2i_X509(NULL, &p, (long)rec->der.len);
	assert_non_null(x);
	assert_ptr_equal(p, rec->der.data + rec->der.len);
	return x;
}

static X509 *
ca_of(const struct issuing *is)
{
	const unsigned char	*p = is->ca.cert.der.data;
	X509			*x = d2i_X509(NULL, &p,
				    (long)is->ca.cert.der.len);

	assert_non_null(x);
	return x;
}

static time_t
time_of(const ASN1_TIME *t)
{
	struct tm	 tm;

	assert_int_equal(ASN1_TIME_to_tm(t, &tm), 1);
	return timegm(&tm);
}

static int
strict_verify(X509 *cert, X509 *ca, time_t now)
{
	X509_STORE	*store = X509_STORE_new();
	X509_STORE_CTX	*ctx = X509_STORE_CTX_new();
	int		 ok;

	assert_int_equal(X509_STORE_add_cert(store, ca), 1);
	assert_int_equal(X509_STORE_CTX_init(ctx, store, cert, NULL), 1);
	X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_X509_STRICT |
	    X509_V_FLAG_CHECK_SS_SIGNATURE);
	X509_STORE_CTX_set_time(ctx, 0, now);
	ok = X509_verify_cert(ctx);
	if (ok != 1)
		print_error("%s\n", X509_verify_cert_error_string(
		    X509_STORE_CTX_get_error(ctx)));
	X509_STORE_CTX_free(ctx);
	X509_STORE_free(store);
	ERR_clear_error();
	return ok;
}

static void
what_is_issued_verifies_strictly(void **state)
{
	const struct issuing	*is[] = { &rsa, &ec };
	struct scep_cert_rec	 rec;
	X509			*x, *ca;
	size_t			 i;

	(void)state;
	for (i = 0; i < 2; i++) {
		x = issued(is[i], ISSUING_NOW, &rec);
		ca = ca_of(is[i]);
		assert_int_equal(strict_verify(x, ca, ISSUING_NOW), 1);
		assert_int_equal(X509_get_version(x), 2);
		assert_int_equal(X509_check_issued(ca, x), X509_V_OK);
		X509_free(x);
		X509_free(ca);
		scep_cert_rec_clear(&rec);
	}
}

static void
a_signature_of_another_ca_does_not_verify(void **state)
{
	struct scep_cert_rec	 rec;
	X509			*x = issued(&rsa, ISSUING_NOW, &rec);
	X509			*other = ca_of(&ec), *ca = ca_of(&rsa);

	(void)state;
	assert_int_not_equal(X509_verify(x, X509_get0_pubkey(other)), 1);
	ERR_clear_error();
	assert_int_equal(X509_verify(x, X509_get0_pubkey(ca)), 1);
	X509_free(x);
	X509_free(ca);
	X509_free(other);
	scep_cert_rec_clear(&rec);
}

static void
names_and_key_are_the_grants(void **state)
{
	struct scep_cert_rec	 rec;
	struct scep_cert	 cert;
	struct scep_error	 err;
	X509			*x = issued(&rsa, ISSUING_NOW, &rec);

	(void)state;
	assert_int_equal(X509_check_host(x, "peer.example", 0, 0, NULL), 1);
	assert_int_equal(EVP_PKEY_eq(X509_get0_pubkey(x), rsa.client), 1);
	assert_int_equal(scep_cert_parse(rsa.crypto, scep_buf_span(&rec.der),
	    &cert, &err), SCEP_OK);
	assert_true(scep_span_equal(cert.subject,
	    scep_buf_span(&rsa.subject)));
	assert_true(scep_span_equal(cert.issuer, rsa.ca.cert.subject));
	assert_int_equal(X509_get_ext_by_NID(x, NID_subject_alt_name, -1) >= 0,
	    1);
	scep_cert_clear(&cert);
	X509_free(x);
	scep_cert_rec_clear(&rec);
}

static void
the_record_remembers_the_certificate(void **state)
{
	struct scep_cert_rec	 rec;
	uint8_t			 sha[SCEP_SHA256_LEN];
	struct scep_error	 err;
	X509			*x = issued(&rsa, ISSUING_NOW, &rec);

	(void)state;
	assert_int_equal(rec.rev, 0);
	assert_int_equal(rec.state, SCEP_CERT_VALID);
	assert_string_equal(rec.ca, "main");
	assert_string_equal(rec.profile, "default");
	assert_string_equal(rec.subject, "C=CH, O=strongSwan, CN=peer");
	assert_string_equal(rec.request_id, "0123456789abcdef");
	assert_string_equal(rec.authority, "challenge test");
	assert_int_equal(rec.issued, ISSUING_NOW);
	assert_int_equal(rec.not_before, time_of(X509_get0_notBefore(x)));
	assert_int_equal(rec.not_after, time_of(X509_get0_notAfter(x)));
	assert_int_equal(scep_crypto_sha256(rsa.crypto,
	    rsa.ca.cert.subject, sha, &err), SCEP_OK);
	assert_memory_equal(rec.issuer, sha, sizeof(rec.issuer));
	assert_int_equal(scep_crypto_sha256(rsa.crypto,
	    scep_buf_span(&rsa.spki), sha, &err), SCEP_OK);
	assert_memory_equal(rec.key_sha256, sha, sizeof(sha));
	assert_int_equal(scep_crypto_sha256(rsa.crypto,
	    scep_buf_span(&rec.der), sha, &err), SCEP_OK);
	assert_memory_equal(rec.der_sha256, sha, sizeof(sha));
	X509_free(x);
	scep_cert_rec_clear(&rec);
}

static void
serials_are_positive_of_one_length_and_differ(void **state)
{
	static uint8_t		 seen[SERIALS][16];
	struct scep_cert_rec	 rec;
	struct scep_error	 err;
	int			 i, j, ones = 0;

	(void)state;
	for (i = 0; i < SERIALS; i++) {
		assert_int_equal(try_issue(&ec, ISSUING_NOW, &rec, &err),
		    SCEP_OK);
		assert_int_equal(rec.serial.len, 16);
		assert_int_equal(rec.serial.data[0] & 0xc0, 0x40);
		memcpy(seen[i], rec.serial.data, 16);
		for (j = 0; j < i; j++)
			assert_memory_not_equal(seen[i], seen[j], 16);
		ones += (seen[i][0] & 0x20) != 0;
		scep_cert_rec_clear(&rec);
	}
	/* The other bits are random: all alike has a chance of 2^-199. */
	assert_in_range(ones, 1, SERIALS - 1);
}

static void
dates_are_backdated_and_end_after_validity(void **state)
{
	struct scep_cert_rec	 rec;

	(void)state;
	X509_free(issued(&rsa, ISSUING_NOW, &rec));
	assert_int_equal(rec.not_before, ISSUING_NOW - 600);
	assert_int_equal(rec.not_after, ISSUING_NOW + 365L * 86400);
	scep_cert_rec_clear(&rec);
}

static void
dates_stay_within_those_of_the_ca(void **state)
{
	struct scep_cert_rec	 rec;

	(void)state;
	X509_free(issued(&rsa, ISSUING_FROM, &rec));
	assert_int_equal(rec.not_before, ISSUING_FROM);
	scep_cert_rec_clear(&rec);
	X509_free(issued(&rsa, ISSUING_TO, &rec));
	assert_int_equal(rec.not_after, ISSUING_TO);
	scep_cert_rec_clear(&rec);
}

static void
nothing_is_issued_outside_the_days_of_the_ca(void **state)
{
	struct scep_cert_rec	 rec;
	struct scep_error	 err;

	(void)state;
	assert_int_equal(try_issue(&rsa, ISSUING_FROM - 1, &rec, &err),
	    SCEP_E_CONFIG);
	assert_non_null(strstr(err.text, "not valid before"));
	assert_null(rec.der.data);
	assert_int_equal(try_issue(&rsa, ISSUING_TO + 1, &rec, &err),
	    SCEP_E_CONFIG);
	assert_non_null(strstr(err.text, "expired at"));
	assert_null(rec.der.data);
}

static void
nothing_is_issued_without_the_key_of_the_ca(void **state)
{
	struct scep_cert_rec	 rec;
	struct scep_error	 err;
	EVP_PKEY		*key = rsa.ca.key;

	(void)state;
	rsa.ca.key = NULL;
	assert_int_equal(try_issue(&rsa, ISSUING_NOW, &rec, &err),
	    SCEP_E_CONFIG);
	rsa.ca.key = key;
	assert_int_equal(try_issue(&rsa, ISSUING_NOW, &rec, &err), SCEP_OK);
	scep_cert_rec_clear(&rec);
}

static void
what_lint_refuses_is_not_signed(void **state)
{
	struct scep_cert_rec	 rec;
	struct scep_error	 err;
	struct scep_buf		 good = rsa.profile.fixed_exts;

	(void)state;
	memset(&rsa.profile.fixed_exts, 0, sizeof(good));
	issuing_ext(&rsa, "basicConstraints", "critical,CA:TRUE");
	assert_int_equal(try_issue(&rsa, ISSUING_NOW, &rec, &err),
	    SCEP_E_INTERNAL);
	assert_non_null(strstr(err.text, "bc_not_ca"));
	assert_null(rec.der.data);
	scep_buf_clear(&rsa.profile.fixed_exts);
	rsa.profile.fixed_exts = good;
}

/* Why a certificate that names itself as its issuer is not looked for in the
 * store: transaction.c. */
static void
no_certificate_names_itself_as_its_issuer(void **state)
{
	const struct scep_buf	 subject = ec.subject;
	struct scep_cert_rec	 rec;
	struct scep_cert	 cert;
	struct scep_error	 err;
	int			 as_it_is;

	(void)state;
	for (as_it_is = 0; as_it_is < 2; as_it_is++) {
		memset(&ec.subject, 0, sizeof(ec.subject));
		assert_int_equal(as_it_is ? scep_buf_set(&ec.subject,
		    ec.ca.cert.subject, &err) : scep_name_make(
		    "O=issuing, CN=test  CA", &ec.subject, &err), SCEP_OK);
		assert_int_equal(try_issue(&ec, ISSUING_NOW, &rec, &err),
		    SCEP_E_INTERNAL);
		assert_non_null(strstr(err.text, "subject_not_ca"));
		assert_null(rec.der.data);
		scep_buf_clear(&ec.subject);
	}
	ec.subject = subject;
	assert_int_equal(try_issue(&ec, ISSUING_NOW, &rec, &err), SCEP_OK);
	assert_int_equal(scep_cert_peek(scep_buf_span(&rec.der), &cert, &err),
	    SCEP_OK);
	assert_true(scep_span_equal(cert.subject, scep_buf_span(&subject)));
	assert_false(scep_span_equal(cert.subject, cert.issuer));
	scep_cert_rec_clear(&rec);
}

static void
an_empty_subject_makes_the_san_critical(void **state)
{
	struct scep_cert_rec	 rec;
	struct scep_error	 err;
	struct scep_buf		 subject = rsa.subject, san = rsa.san;
	X509			*x, *ca = ca_of(&rsa);
	int			 crit;

	(void)state;
	memset(&rsa.subject, 0, sizeof(subject));
	assert_int_equal(scep_buf_set(&rsa.subject, scep_span_make("\x30\x00",
	    2), &err), SCEP_OK);
	x = issued(&rsa, ISSUING_NOW, &rec);
	GENERAL_NAMES_free(X509_get_ext_d2i(x, NID_subject_alt_name, &crit,
	    NULL));
	assert_int_equal(crit, 1);
	assert_int_equal(strict_verify(x, ca, ISSUING_NOW), 1);
	X509_free(x);
	scep_cert_rec_clear(&rec);
	/* With neither there is nobody to certify. */
	memset(&rsa.san, 0, sizeof(san));
	assert_int_equal(try_issue(&rsa, ISSUING_NOW, &rec, &err),
	    SCEP_E_INTERNAL);
	assert_non_null(strstr(err.text, "san_instead_of_subject"));
	scep_buf_clear(&rsa.subject);
	rsa.subject = subject;
	rsa.san = san;
	X509_free(ca);
}

static void
a_ca_without_key_identifier_still_gives_one(void **state)
{
	struct scep_cert_rec	 rec;
	X509			*x, *ca;

	(void)state;
	issuing_ca_cert(&ec, 0);
	x = issued(&ec, ISSUING_NOW, &rec);
	ca = ca_of(&ec);
	assert_non_null(X509_get0_authority_key_id(x));
	assert_int_equal(X509_verify(x, X509_get0_pubkey(ca)), 1);
	X509_free(x);
	X509_free(ca);
	scep_cert_rec_clear(&rec);
	issuing_ca_cert(&ec, 1);
}

static void
dates_beyond_2049_are_generalized_time(void **state)
{
	struct scep_cert_rec	 rec;
	const time_t		 was = ec.ca.cert.not_after;
	X509			*x;

	(void)state;
	ec.ca.cert.not_after = 2600000000;	/* 2052 */
	ec.profile.validity_s = 30L * 365 * 86400;
	x = issued(&ec, ISSUING_NOW, &rec);
	assert_int_equal(ASN1_STRING_type(X509_get0_notAfter(x)),
	    V_ASN1_GENERALIZEDTIME);
	assert_int_equal(ASN1_STRING_type(X509_get0_notBefore(x)),
	    V_ASN1_UTCTIME);
	X509_free(x);
	scep_cert_rec_clear(&rec);
	ec.ca.cert.not_after = was;
	ec.profile.validity_s = 365L * 86400;
}

static void
a_long_subject_is_cut_between_two_characters(void **state)
{
	struct scep_cert_rec	 rec;
	struct scep_error	 err;
	struct scep_buf		 subject = rsa.subject, row = { NULL, 0 };
	char			 text[700] = "", part[80];
	int			 i, j;

	(void)state;
	for (i = 0; i < 5; i++) {
		(void)snprintf(part, sizeof(part), "%sOU=", i > 0 ? "," : "");
		strcat(text, part);
		for (j = 0; j < 60; j++)
			strcat(text, "\xc3\xa4");
	}
	strcat(text, ",CN=x");
	memset(&rsa.subject, 0, sizeof(subject));
	assert_int_equal(scep_name_make(text, &rsa.subject, &err), SCEP_OK);
	X509_free(issued(&rsa, ISSUING_NOW, &rec));
	assert_in_range(strlen(rec.subject), 250, 255);
	assert_int_equal(scep_cert_rec_encode(&rec, &row, &err), SCEP_OK);
	scep_buf_clear(&row);
	scep_cert_rec_clear(&rec);
	scep_buf_clear(&rsa.subject);
	rsa.subject = subject;
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		conforms(what_is_issued_verifies_strictly, "C-067"),
		cmocka_unit_test(a_signature_of_another_ca_does_not_verify),
		conforms(names_and_key_are_the_grants, "T-94"),
		cmocka_unit_test(the_record_remembers_the_certificate),
		conforms(serials_are_positive_of_one_length_and_differ, "T-95"),
		conforms(dates_are_backdated_and_end_after_validity, "I-036"),
		cmocka_unit_test(dates_stay_within_those_of_the_ca),
		cmocka_unit_test(nothing_is_issued_outside_the_days_of_the_ca),
		cmocka_unit_test(nothing_is_issued_without_the_key_of_the_ca),
		cmocka_unit_test(what_lint_refuses_is_not_signed),
		cmocka_unit_test(no_certificate_names_itself_as_its_issuer),
		cmocka_unit_test(an_empty_subject_makes_the_san_critical),
		cmocka_unit_test(a_ca_without_key_identifier_still_gives_one),
		cmocka_unit_test(dates_beyond_2049_are_generalized_time),
		cmocka_unit_test(a_long_subject_is_cut_between_two_characters),
	};

	return cmocka_run_group_tests(tests, open_both, close_both);
}
