/*
 * t_import.c - certificates of another server's, taken over: what is, what is
 * not, and what devices make of it.
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
#define MINUTE	60L

static json_t *
show(const char *serial)
{
	return operator_ask_id(w, 0, "{\"do\":\"cert.show\",\"serial\":"
	    "\"%s\"}", serial);
}

static void
shows(const char *serial, const char *member, const char *want)
{
	json_t	*cert = show(serial);

	operator_is(cert, member, want);
	json_decref(cert);
}

static void
a_certificate_is_taken_over_and_renews(void **state)
{
	X509		*cert = importing_make("dev-0", 7);
	struct importing_line	 l = { .serial = "07", .cert = cert };
	struct renewal	 r = { .old = cert, .profile = "main",
			    .later = MINUTE };

	(void)state;
	renewing(&r, "refused", "");		/* the control */
	importing_one(&l, "new");
	shows("07", "state", "valid");
	shows("07", "subject", "CN=dev-0");
	shows("07", "profile", "main");
	shows("07", "ca", "test");
	shows("07", "issued", "2026-05-08T12:00:00Z");
	shows("07", "authority", "import of openssl-ca by uid 1000");
	assert_true(world_holds(w, "event=imported ca=test"));
	assert_true(world_holds(w, "serials=07"));
	assert_non_null(strstr(operator_summary, "do=cert.show"));
	r.txid = "r2";
	renewing(&r, "granted", "renewal");
	X509_free(cert);
}

static void
another_profile_does_not_renew_it(void **state)
{
	X509		*cert = importing_make("dev-0", 7);
	struct importing_line	 l = { .serial = "07", .cert = cert };
	struct renewal	 r = { .old = cert, .profile = "static",
			    .later = MINUTE };

	(void)state;
	importing_one(&l, "new");
	renewing(&r, "refused", "profile");
	r.profile = "main";
	renewing(&r, "granted", "renewal");
	X509_free(cert);
}

static void
what_is_revoked_does_not_renew(void **state)
{
	X509		*cert = importing_make("dev-0", 7);
	struct importing_line	 l = { .serial = "07", .cert = cert,
			    .revoked = -5 * DAY, .reason = 4 };
	struct renewal	 r = { .old = cert, .profile = "main",
			    .later = MINUTE };

	(void)state;
	importing_one(&l, "new");
	shows("07", "state", "revoked");
	assert_true(world_holds(w, "revoked=07"));
	renewing(&r, "refused", "revoked");
	X509_free(cert);
}

static void
twice_is_once(void **state)
{
	X509		*cert = importing_make("dev-0", 7);
	struct importing_line	 l = { .serial = "07", .cert = cert };
	size_t		 entries;

	(void)state;
	importing_one(&l, "new");
	entries = world_count(w, SCEP_T_LOG);
	importing_one(&l, "there");
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 1);
	assert_int_equal(world_count(w, SCEP_T_LOG), entries);
	X509_free(cert);
}

static void
dry_writes_nothing(void **state)
{
	X509		*cert = importing_make("dev-0", 7);
	struct importing_line	 l = { .serial = "07", .cert = cert,
			    .revoked = -DAY };
	json_t		*result = importing(&l, 1, "dry", 1);

	(void)state;
	assert_int_equal(importing_number(result, "new"), 1);
	json_decref(result);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 0);
	assert_int_equal(world_count(w, SCEP_T_LOG), 0);
	importing_one(&l, "new");
	X509_free(cert);
}

/* Revoked there after it came here. */
static void
a_revocation_comes_later(void **state)
{
	X509		*cert = importing_make("dev-0", 7);
	struct importing_line	 l = { .serial = "07", .cert = cert };

	(void)state;
	importing_one(&l, "new");
	l.revoked = -DAY;
	l.reason = 1;
	importing_one(&l, "revoked");
	shows("07", "state", "revoked");
	importing_one(&l, "there");
	/* And what is revoked here stays so, from when it was. */
	l.revoked = -2 * DAY;
	importing_one(&l, "there");
	l.revoked = 0;
	importing_told(&l, "there", "kept", "revoked here, and stays so");
	shows("07", "state", "revoked");
	X509_free(cert);
}

static void
a_certificate_that_was_missing_is_put_in(void **state)
{
	X509		*cert = importing_make("dev-0", 7);
	struct importing_line	 l = { .serial = "07" };
	struct renewal	 r = { .old = cert, .profile = "main",
			    .later = MINUTE };
	json_t		*one;

	(void)state;
	importing_one(&l, "new");
	one = show("07");
	operator_is(one, "subject", "/CN=of the list");
	operator_is(one, "not_before", "");
	operator_is(one, "issued", "");
	operator_is(one, "sha256", "");
	operator_is(one, "key_sha256", "");
	assert_true(json_is_false(json_object_get(one, "kept")));
	json_decref(one);
	operator_refused(w, 0, "{\"do\":\"cert.export\",\"serial\":\"07\"}",
	    SCEP_E_NOTFOUND, "without it");
	operator_refused(w, 0, "{\"do\":\"explain\",\"what\":\"07\"}",
	    SCEP_E_NOTFOUND, "import of openssl-ca");
	renewing(&r, "refused", "");
	importing_one(&l, "there");
	l.cert = cert;
	importing_one(&l, "completed");
	shows("07", "subject", "CN=dev-0");
	shows("07", "issued", "2026-05-08T12:00:00Z");
	importing_one(&l, "there");
	l.cert = NULL;
	importing_one(&l, "there");
	r.txid = "r2";
	renewing(&r, "granted", "renewal");
	X509_free(cert);
}

static void
what_the_ca_did_not_sign_is_refused(void **state)
{
	struct renewing_plan	 plan = {
		.subject = "dev-0",
		.serial = 7,
		.from = -200 * DAY,
		.to = IMPORTING_END,
		.by = w->key[2],
	};
	struct importing_line		 l = { .serial = "07",
					    .revoked = -DAY };

	(void)state;
	l.cert = renewing_make(&plan);
	importing_told(&l, "refused", "refused",
	    "not signed with this CA's key");
	X509_free(l.cert);
	plan.issuer = w->self[2];
	l.cert = renewing_make(&plan);
	importing_told(&l, "refused", "refused", "and not by this CA");
	X509_free(l.cert);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 0);
	plan.by = NULL;
	plan.issuer = NULL;
	l.cert = renewing_make(&plan);
	importing_one(&l, "new");			/* the control */
	X509_free(l.cert);
}

static void
a_file_of_another_certificate_is_refused(void **state)
{
	X509		*cert = importing_make("dev-0", 7);
	struct importing_line	 l = { .serial = "08", .cert = cert };

	(void)state;
	importing_told(&l, "refused", "refused", "has the serial 07");
	l.serial = "07";
	l.end = IMPORTING_YEAR;
	importing_told(&l, "refused", "refused", "was issued twice");
	/* Two digits of the year: a century is not to be known. */
	l.end = IMPORTING_END + 100 * IMPORTING_YEAR + 24 * DAY;
	importing_told(&l, "refused", "refused", "was issued twice");
	l.two_digits = 1;
	importing_one(&l, "new");
	X509_free(cert);
}

static void
a_serial_that_is_here_for_another_is_refused(void **state)
{
	X509		*cert = importing_make("dev-0", 7);
	X509		*other = importing_make("dev-1", 7);
	struct importing_line	 l = { .serial = "07", .cert = cert };

	(void)state;
	importing_one(&l, "new");
	l.cert = other;
	l.revoked = -DAY;
	importing_told(&l, "refused", "refused", "serial 07 is here");
	l.cert = NULL;
	l.end = IMPORTING_YEAR;
	importing_told(&l, "refused", "refused", "serial 07 is here");
	shows("07", "state", "valid");
	l.end = 0;
	importing_one(&l, "revoked");
	X509_free(cert);
	X509_free(other);
}

static void
a_serial_twice_in_a_request_is_refused(void **state)
{
	const struct importing_line	 lines[] = {
		{ .serial = "07" }, { .serial = "08" },
		{ .serial = "07", .revoked = -DAY },
	};
	json_t			*result = importing(lines, 3, NULL, 0);

	(void)state;
	assert_int_equal(importing_number(result, "new"), 2);
	assert_int_equal(importing_number(result, "refused"), 1);
	assert_int_equal(importing_number(json_array_get(json_object_get(result,
	    "told"), 0), "line"), 3);
	json_decref(result);
}

static void
the_ca_itself_is_left_out(void **state)
{
	struct renewing_plan	 plan = {
		.serial = 7,
		.from = -200 * DAY,
		.to = IMPORTING_END,
		.key = w->ca_key,
	};
	char			 name[256];
	struct importing_line		 l = { .serial = "07" };

	(void)state;
	world_must(X509_NAME_get_text_by_NID(X509_get_subject_name(
	    w->ca_cert), NID_commonName, name, sizeof(name)) > 0);
	plan.subject = name;
	l.cert = renewing_make(&plan);
	importing_one(&l, "own");
	l.revoked = -DAY;
	importing_told(&l, "refused", "refused", "own certificate is revoked");
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 0);
	X509_free(l.cert);
}

static void
what_does_not_parse_is_refused(void **state)
{
	struct importing_line	 l = { .serial = "07" };
	char		*text = importing_request(&l, 1, NULL, 0), *more;
	char		*at = strstr(text, "\"serial\"");
	json_t		*result;

	(void)state;
	assert_true(asprintf(&more, "%.*s\"der\":\"3000\",%s", (int)(at -
	    text), text, at) > 0);
	result = operator_ask(w, 0, more);
	assert_int_equal(importing_number(result, "refused"), 1);
	json_decref(result);
	result = operator_ask(w, 0, text);
	assert_int_equal(importing_number(result, "new"), 1);
	json_decref(result);
	free(more);
	free(text);
}

static void
another_ca_is_refused(void **state)
{
	char	 key[2 * SCEP_SHA256_LEN + 1];
	char	*text = importing_request(NULL, 0, NULL, 0);

	(void)state;
	json_decref(operator_ask(w, 0, text));
	importing_key(key);
	*strstr(text, key) = key[0] == '0' ? '1' : '0';
	operator_refused(w, 0, text, SCEP_E_REFUSED, "whose key is another");
	free(text);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup(f, importing_setup)
	const struct CMUnitTest	 tests[] = {
		T(a_certificate_is_taken_over_and_renews),
		T(another_profile_does_not_renew_it),
		T(what_is_revoked_does_not_renew),
		T(twice_is_once),
		T(dry_writes_nothing),
		T(a_revocation_comes_later),
		T(a_certificate_that_was_missing_is_put_in),
		T(what_the_ca_did_not_sign_is_refused),
		T(a_file_of_another_certificate_is_refused),
		T(a_serial_that_is_here_for_another_is_refused),
		T(a_serial_twice_in_a_request_is_refused),
		T(the_ca_itself_is_left_out),
		T(what_does_not_parse_is_refused),
		T(another_ca_is_refused),
	};
	int			 failed;

	w = world_new(NULL);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	world_free(w);
	return failed;
}
