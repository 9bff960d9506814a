/*
 * t_nextca.c - the answer to GetNextCACert, judged by OpenSSL's CMS and
 * PKCS #7 code.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pkcs7.h>

#include "ca/ca.h"
#include "tests/unit/conform.h"
#include "tests/unit/generations.h"

static struct generations	 g;
static struct scep_config	*cfg;
static X509			*first, *second, *second_ra;

static void
publish_it(struct scep_lineage *l)
{
	struct scep_error	 err;
	unsigned int		 n;

	assert_int_equal(scep_lineage_publish(l, GENERATIONS_NOW, &n, &err),
	    SCEP_OK);
}

static void
open_with(const char *key)
{
	struct scep_error	 err;

	generations_open(&g, key);
	generations_stage(&g, "Second");
	generations_edit(&g, publish_it);
	cfg = generations_load(&g, &err);
	assert_non_null(cfg);
	first = generations_cert(&g, "ca.pem");
	second = generations_cert(&g, "ca/main/2/ca.pem");
	second_ra = generations_cert(&g, "ca/main/2/ra1.pem");
}

static int
open_rsa(void **state)
{
	(void)state;
	open_with("rsa:2048");
	return 0;
}

static int
open_ec(void **state)
{
	(void)state;
	open_with("ec:p384");
	return 0;
}

static int
close_all(void **state)
{
	(void)state;
	X509_free(first);
	X509_free(second);
	X509_free(second_ra);
	scep_config_free(cfg);
	generations_close(&g);
	return 0;
}

/* Is it among them? */
static int
holds(STACK_OF(X509) *certs, const X509 *cert)
{
	int	 i;

	for (i = 0; i < sk_X509_num(certs); i++)
		if (X509_cmp(sk_X509_value(certs, i), cert) == 0)
			return 1;
	return 0;
}

static CMS_ContentInfo *
parse(struct scep_span der)
{
	const unsigned char	*p = der.data;
	CMS_ContentInfo		*cms;

	cms = d2i_CMS_ContentInfo(NULL, &p, (long)der.len);
	assert_non_null(cms);
	assert_ptr_equal(p, der.data + der.len);
	return cms;
}

/* With the certificate of this CA alone: 1 if it is the signer. */
static int
verifies(CMS_ContentInfo *cms, X509 *by, BIO *out)
{
	STACK_OF(X509)	*certs = sk_X509_new_null();
	int		 ok;

	assert_true(sk_X509_push(certs, by) > 0);
	ok = CMS_verify(cms, certs, NULL, NULL, out, CMS_BINARY | CMS_NOINTERN |
	    CMS_NO_SIGNER_CERT_VERIFY);
	sk_X509_free(certs);
	ERR_clear_error();
	return ok == 1;
}

static void
the_current_ca_signs_the_next_certificates(void **state)
{
	CMS_ContentInfo	*cms = parse(scep_buf_span(&cfg->ca[0].next_answer));
	CMS_ContentInfo	*inner;
	STACK_OF(X509)	*certs;
	BIO		*out = BIO_new(BIO_s_mem());
	char		*p;
	long		 len;

	(void)state;
	assert_int_equal(OBJ_obj2nid(CMS_get0_eContentType(cms)),
	    NID_pkcs7_data);
	assert_true(verifies(cms, first, out));
	assert_int_equal(sk_CMS_SignerInfo_num(CMS_get0_SignerInfos(cms)), 1);
	certs = CMS_get1_certs(cms);
	assert_int_equal(sk_X509_num(certs), 2);
	assert_true(holds(certs, second) && holds(certs, second_ra));
	sk_X509_pop_free(certs, X509_free);
	len = BIO_get_mem_data(out, &p);
	inner = parse(scep_span_make(p, (size_t)len));
	assert_int_equal(sk_CMS_SignerInfo_num(CMS_get0_SignerInfos(inner)),
	    0);
	certs = CMS_get1_certs(inner);
	assert_int_equal(sk_X509_num(certs), 2);
	assert_true(holds(certs, second) && holds(certs, second_ra));
	sk_X509_pop_free(certs, X509_free);
	CMS_ContentInfo_free(inner);
	CMS_ContentInfo_free(cms);
	BIO_free(out);
}

static void
nobody_else_does(void **state)
{
	CMS_ContentInfo	*cms = parse(scep_buf_span(&cfg->ca[0].next_answer));

	(void)state;
	assert_false(verifies(cms, second, NULL));
	CMS_ContentInfo_free(cms);
	cms = parse(scep_buf_span(&cfg->ca[0].next_answer));
	assert_true(verifies(cms, first, NULL));
	CMS_ContentInfo_free(cms);
}

/* Each octet of the signed certificates counts. */
static void
a_changed_one_does_not_verify(void **state)
{
	struct scep_buf	*answer = &cfg->ca[0].next_answer;
	unsigned char	*der = NULL;
	CMS_ContentInfo	*cms;
	int		 len = i2d_X509(second, &der);
	uint8_t		*at;

	(void)state;
	assert_true(len > 0);
	at = memmem(answer->data, answer->len, der, (size_t)len);
	assert_non_null(at);
	if (memmem(at + 1, answer->len - (size_t)(at + 1 - answer->data), der,
	    (size_t)len) == NULL)
		fail_msg("it is there once");
	at[len - 1] ^= 1;
	cms = parse(scep_buf_span(answer));
	assert_false(verifies(cms, first, NULL));
	CMS_ContentInfo_free(cms);
	at[len - 1] ^= 1;
	cms = parse(scep_buf_span(answer));
	assert_true(verifies(cms, first, NULL));
	CMS_ContentInfo_free(cms);
	OPENSSL_free(der);
}

static void
it_has_no_attributes(void **state)
{
	CMS_ContentInfo	*cms = parse(scep_buf_span(&cfg->ca[0].next_answer));
	CMS_SignerInfo	*si;

	(void)state;
	si = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms), 0);
	assert_true(CMS_signed_get_attr_count(si) <= 0);
	assert_true(CMS_unsigned_get_attr_count(si) <= 0);
	CMS_ContentInfo_free(cms);
}

/* sscep and what else is built on PKCS7_verify(). */
static void
old_parsers_take_it(void **state)
{
	const struct scep_buf	*answer = &cfg->ca[0].next_answer;
	const unsigned char	*p = answer->data;
	STACK_OF(X509)		*certs = sk_X509_new_null();
	PKCS7			*p7 = d2i_PKCS7(NULL, &p, (long)answer->len);

	(void)state;
	assert_non_null(p7);
	assert_true(sk_X509_push(certs, first) > 0);
	assert_int_equal(PKCS7_verify(p7, certs, NULL, NULL, NULL,
	    PKCS7_BINARY | PKCS7_NOINTERN | PKCS7_NOVERIFY), 1);
	assert_int_equal(sk_X509_num(p7->d.sign->cert), 2);
	sk_X509_free(certs);
	PKCS7_free(p7);
}

/* The same bytes, whenever they are made: RSA signs alike. */
static void
it_is_the_same_each_time(void **state)
{
	struct scep_error	 err;
	struct scep_config	*again = generations_load(&g, &err);

	(void)state;
	assert_non_null(again);
	assert_true(scep_span_equal(
	    scep_buf_span(&cfg->ca[0].next_answer),
	    scep_buf_span(&again->ca[0].next_answer)));
	scep_config_free(again);
}

int
main(void)
{
	const struct CMUnitTest	 rsa[] = {
		conforms(the_current_ca_signs_the_next_certificates,
		    "C-200"),
		conforms(nobody_else_does, "C-200 C-203"),
		conforms(a_changed_one_does_not_verify, "C-203"),
		conforms(it_has_no_attributes, "C-201"),
		cmocka_unit_test(old_parsers_take_it),
		conforms(it_is_the_same_each_time, "C-065"),
	};
	const struct CMUnitTest	 ec[] = {
		conforms(the_current_ca_signs_the_next_certificates, "C-200"),
		conforms(nobody_else_does, "C-200 C-203"),
		cmocka_unit_test(old_parsers_take_it),
	};

	return cmocka_run_group_tests(rsa, open_rsa, close_all) +
	    cmocka_run_group_tests(ec, open_ec, close_all);
}
