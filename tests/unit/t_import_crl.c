/*
 * t_import_crl.c - what was revoked by another server is on our CRLs.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/x509v3.h>

#include <cmocka.h>

#include "base/error.h"
#include "tests/unit/importing.h"

#define DAY	RENEWING_DAY

/* The CRL, as openssl reads it. */
static X509_CRL *
crl_now(long *nr)
{
	struct scep_crl		 crl;
	struct scep_error	 err;
	const unsigned char	*p;
	X509_CRL		*out;

	assert_int_equal(scep_ca_crl(w->ca, WORLD_NOW, "test", SIZE_MAX, &crl,
	    &err), SCEP_OK);
	p = crl.der.data;
	assert_non_null(out = d2i_X509_CRL(NULL, &p, (long)crl.der.len));
	assert_int_equal(X509_CRL_verify(out, w->ca_key), 1);
	*nr = crl.number;
	scep_buf_clear(&crl.der);
	return out;
}

static int
lists(X509_CRL *crl, long serial, time_t when, int reason)
{
	ASN1_INTEGER	*nr = ASN1_INTEGER_new();
	ASN1_TIME	*at = ASN1_TIME_set(NULL, when);
	ASN1_ENUMERATED	*why;
	X509_REVOKED	*entry = NULL;
	int		 found;

	world_must(nr != NULL && at != NULL && ASN1_INTEGER_set(nr,
	    serial) == 1);
	found = X509_CRL_get0_by_serial(crl, &entry, nr) == 1 &&
	    ASN1_TIME_compare(X509_REVOKED_get0_revocationDate(entry), at) ==
	    0;
	if (found) {
		why = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL,
		    NULL);
		found = reason == (why == NULL ? 0 :
		    (int)ASN1_ENUMERATED_get(why));
		ASN1_ENUMERATED_free(why);
	}
	ASN1_INTEGER_free(nr);
	ASN1_TIME_free(at);
	return found;
}

static void
the_next_crl_has_what_was_revoked_long_ago(void **state)
{
	const struct importing_line	 lines[] = {
		{ .serial = "07", .revoked = -100 * DAY, .reason = 1 },
		{ .serial = "08", .revoked = DAY },	/* a wrong clock */
		{ .serial = "09" },
	};
	struct scep_error	 err;
	X509_CRL		*crl;
	long			 before, after;

	(void)state;
	assert_int_equal(scep_ca_tend(w->ca, WORLD_NOW, &err), SCEP_OK);
	X509_CRL_free(crl_now(&before));
	json_decref(importing(lines, 3, NULL, 0));
	/* The old one is served until it is tended to. */
	X509_CRL_free(crl_now(&after));
	assert_int_equal(before, after);
	assert_int_equal(scep_ca_tend(w->ca, WORLD_NOW, &err), SCEP_OK);
	crl = crl_now(&after);
	assert_int_equal(after, before + 1);
	assert_true(lists(crl, 7, WORLD_NOW - 100 * DAY, 1));
	assert_true(lists(crl, 8, WORLD_NOW, 0));
	assert_false(lists(crl, 9, WORLD_NOW, 0));
	assert_int_equal(sk_X509_REVOKED_num(X509_CRL_get_REVOKED(crl)), 2);
	X509_CRL_free(crl);
	/* What is here already makes no other one. */
	json_decref(importing(lines, 3, NULL, 0));
	assert_int_equal(scep_ca_tend(w->ca, WORLD_NOW, &err), SCEP_OK);
	X509_CRL_free(crl_now(&after));
	assert_int_equal(after, before + 1);
}

static void
its_number_is_above_the_old_ones(void **state)
{
	const struct importing_line	 l = { .serial = "07",
					    .revoked = -DAY };
	const long		 high = WORLD_NOW + 12345678;
	json_t			*result;
	struct scep_error	 err;
	long			 nr;

	(void)state;
	/* Where there was none, and where there is one. */
	json_decref(importing(NULL, 0, "crl_number", high));
	X509_CRL_free(crl_now(&nr));
	assert_int_equal(nr, high + 1);
	json_decref(importing(&l, 1, "crl_number", high + 100));
	X509_CRL_free(crl_now(&nr));
	assert_int_equal(nr, high + 101);
	/* A lower one changes nothing. */
	json_decref(importing(&l, 1, "crl_number", high));
	assert_int_equal(scep_ca_tend(w->ca, WORLD_NOW, &err), SCEP_OK);
	X509_CRL_free(crl_now(&nr));
	assert_int_equal(nr, high + 101);
	result = importing(NULL, 0, "finish", 1);
	assert_int_equal(importing_number(result, "crl_number"), high + 102);
	operator_is(result, "no_crl", "");
	json_decref(result);
}

static void
a_ca_without_a_crl_says_so(void **state)
{
	const struct importing_line	 l = { .serial = "07",
					    .revoked = -DAY };
	json_t			*result;

	(void)state;
	w->cfg->ca[0].crl = 0;
	result = importing(&l, 1, "finish", 1);
	assert_int_equal(importing_number(result, "new"), 1);
	assert_int_equal(importing_number(result, "crl_number"), 0);
	operator_is(result, "no_crl", "crl = no");
	json_decref(result);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup(f, importing_setup)
	const struct CMUnitTest	 tests[] = {
		T(the_next_crl_has_what_was_revoked_long_ago),
		T(its_number_is_above_the_old_ones),
		T(a_ca_without_a_crl_says_so),
	};
	int			 failed;

	w = world_new(NULL);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	world_free(w);
	return failed;
}
