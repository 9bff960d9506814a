/*
 * t_validated_names.c - names and validity that a validator gives, and
 * renewals that it is asked about.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/x509v3.h>

#include "tests/unit/operator.h"
#include "tests/unit/renewing.h"
#include "tests/unit/validating.h"

#define REFUSE	VALIDATING_REFUSE
#define QUEUE	VALIDATING_QUEUE

/* Names and validity. */

static void
it_may_write_names_and_shorten_a_life(void **state)
{
	struct world_request	 r = validating_new("va", 0, "t1", NULL);
	struct outcome		 o;
	X509			*cert;
	char			 text[256];
	int			 days = 0, seconds = 0;

	(void)state;
	validating.answer = "{\"decision\":\"allow\",\"subject\":"
	    "\"CN=asset-7,O=Example\",\"san\":[\"DNS:asset-7.example\"],"
	    "\"validity\":\"7d\"}";
	o = ask_expect_keep(&r, "granted", "allowed");
	assert_string_equal(o.answer.subject, "CN=asset-7, O=Example");
	cert = validating_cert(&o);
	(void)X509_NAME_oneline(X509_get_subject_name(cert), text,
	    sizeof(text));
	assert_string_equal(text, "/CN=asset-7/O=Example");
	assert_int_equal(X509_check_host(cert, "asset-7.example", 0, 0, NULL),
	    1);
	assert_int_equal(ASN1_TIME_diff(&days, &seconds,
	    X509_get0_notBefore(cert), X509_get0_notAfter(cert)), 1);
	assert_int_equal(days, 7);
	assert_int_equal(seconds, 600);		/* backdated */
	X509_free(cert);
	bytes_free(&r.csr);
	/* Without them it is what was asked for. */
	validating.answer = "{\"decision\":\"allow\"}";
	r = validating_new("va", 1, "t2", NULL);
	o = ask_expect_keep(&r, "granted", "allowed");
	cert = validating_cert(&o);
	assert_int_equal(ASN1_TIME_diff(&days, &seconds,
	    X509_get0_notBefore(cert), X509_get0_notAfter(cert)), 1);
	assert_int_equal(days, 365);
	X509_free(cert);
	bytes_free(&r.csr);
}

static void
its_names_are_held_to_the_profile(void **state)
{
	struct world_request	 r = validating_new("va", 0, "t1", NULL);

	(void)state;
	validating.answer = "{\"decision\":\"allow\",\"reason\":\"fine\","
	    "\"subject\":\"UID=x\"}";
	ask_expect(&r, "refused", "subject is not allowed");
	validating.answer = "{\"decision\":\"allow\",\"subject\":\"O=x\"}";
	ask_expect(&r, "refused", "subject is not allowed");
	validating.answer = "{\"decision\":\"allow\",\"san\":"
	    "[\"UPN:root@example\"]}";
	ask_expect(&r, "refused", "alternative name is not allowed");
	validating.answer = "{\"decision\":\"allow\",\"san\":"
	    "[\"DNS:*.example\"]}";
	ask_expect(&r, "refused", "alternative name is not allowed");
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 0);
	assert_int_equal(validating.n, 4);
	validating.answer = "{\"decision\":\"allow\",\"subject\":\"CN=x\","
	    "\"san\":[\"DNS:x.example\"]}";
	ask_spend(&r, "granted", "allowed");
}

/* A challenge that binds a name is a promise. */
static void
a_challenge_and_a_validator_do_not_name_two(void **state)
{
	const struct world_challenge	 spec = { .profile = "vc",
	    .subject = "CN=dev-9", .subject_is = SCEP_SUBJECT_SET };
	char				 ch[SCEP_CHALLENGE_TEXT];
	struct world_request		 r;
	struct outcome			 o;

	(void)state;
	world_challenge(w, &spec, ch);
	r = validating_new("vc", 0, "t1", ch);
	validating.answer = "{\"decision\":\"allow\",\"subject\":\"CN=x\"}";
	ask_expect(&r, "refused", "other names than the challenge");
	operator_is(validating.asked[0], "subject", "CN=dev-9");
	validating.answer = "{\"decision\":\"allow\",\"subject\":"
	    "\"CN=dev-9\"}";
	o = ask_expect_keep(&r, "granted", "allowed");
	assert_string_equal(o.answer.subject, "CN=dev-9");
	scep_answer_clear(&o.answer);
	bytes_free(&r.csr);
}

static int
days_of(X509 *cert)
{
	int	 days = 0, seconds = 0;

	assert_int_equal(ASN1_TIME_diff(&days, &seconds,
	    X509_get0_notBefore(cert), X509_get0_notAfter(cert)), 1);
	return days;
}

/* The certificate of a request that waits, once it is approved. */
static X509 *
approved(struct world_request *r, const char *validity)
{
	json_t		*list = operator_ask(w, 0,
			    "{\"do\":\"request.list\"}"), *done;
	struct outcome	 o;

	operator_is(json_array_get(list, 0), "validity", validity);
	done = operator_ask_id(w, 0, "{\"do\":\"request.approve\","
	    "\"id\":\"%s\"}", operator_text(json_array_get(list, 0), "id"));
	json_decref(list);
	json_decref(done);
	o = ask_expect_keep(r, "granted", "granted before");
	bytes_free(&r->csr);
	return validating_cert(&o);
}

/* It allows a short life, and the operator approves that. */
static void
what_waits_lives_no_longer_than_was_allowed(void **state)
{
	struct scep_profile	*p = (struct scep_profile *)(uintptr_t)
				    scep_config_profile(w->cfg, "vq");
	const long		 was = p->validity_s;
	struct world_request	 r = validating_new("vq", 0, "t1", NULL);
	X509			*cert;

	(void)state;
	validating.answer = "{\"decision\":\"allow\",\"subject\":"
	    "\"CN=asset-7\",\"validity\":\"7d\"}";
	ask_expect(&r, "pending", "queued");
	cert = approved(&r, "7d");
	assert_int_equal(days_of(cert), 7);
	X509_free(cert);
	validating.answer = "{\"decision\":\"allow\"}";
	r = validating_new("vq", 1, "t2", NULL);
	ask_expect(&r, "pending", "queued");
	cert = approved(&r, "");
	assert_int_equal(days_of(cert), 365);
	X509_free(cert);
	/* The profile allows less by the time that it is approved. */
	validating.answer = "{\"decision\":\"allow\",\"validity\":"
	    "\"30d\"}";
	r = validating_new("vq", 2, "t3", NULL);
	ask_expect(&r, "pending", "queued");
	p->validity_s = 86400;
	cert = approved(&r, "30d");
	p->validity_s = was;
	assert_int_equal(days_of(cert), 1);
	X509_free(cert);
}

/* What waits has the names that would have been issued, too. */
static void
names_that_a_challenge_gives_wait_with_the_request(void **state)
{
	const struct world_challenge	 spec = { .profile = "vq",
	    .subject = "CN=dev-9", .subject_is = SCEP_SUBJECT_SET };
	char				 ch[SCEP_CHALLENGE_TEXT];
	struct world_request		 r;
	json_t				*list, *done;

	(void)state;
	world_challenge(w, &spec, ch);
	r = validating_new("vq", 0, "t1", ch);
	validating.answer = QUEUE;
	ask_spend(&r, "pending", "queued");
	list = operator_ask(w, 0, "{\"do\":\"request.list\"}");
	operator_is(json_array_get(list, 0), "subject", "CN=dev-9");
	done = operator_ask_id(w, 0, "{\"do\":\"request.approve\","
	    "\"id\":\"%s\"}", operator_text(json_array_get(list, 0), "id"));
	operator_is(done, "subject", "CN=dev-9");
	json_decref(list);
	json_decref(done);
}

/* Renewals. */

static X509 *
first(void)
{
	struct world_request	 r = validating_new("va", 0, "t1", NULL);
	struct outcome		 o = ask_expect_keep(&r, "granted",
				    "allowed");

	bytes_free(&r.csr);
	(void)validating_times();
	return validating_cert(&o);
}

static void
renewals_are_asked_about(void **state)
{
	struct renewal	 again = { .profile = "va" };
	json_t		*old;

	(void)state;
	again.old = first();
	validating.answer = REFUSE;
	renewing(&again, "refused", "refused by the validator");
	old = json_object_get(validating.asked[0], "renewal");
	assert_true(json_is_object(old));
	operator_is(old, "subject", "CN=dev-0");
	assert_int_equal(strlen(operator_text(old, "serial")), 32);
	assert_int_equal(strlen(operator_text(old, "sha256")), 64);
	assert_int_equal(strlen(operator_text(old, "not_after")), 20);
	/* Names stay as they are, unless the profile has it otherwise. */
	validating.answer = "{\"decision\":\"allow\",\"subject\":\"CN=x\"}";
	renewing(&again, "refused", "renewal to another subject");
	validating.answer = "{\"decision\":\"allow\",\"san\":"
	    "[\"DNS:a.example\"]}";
	renewing(&again, "refused", "other alternative names");
	validating.answer = "{\"decision\":\"allow\",\"subject\":"
	    "\"CN=dev-0\",\"san\":[]}";
	renewing(&again, "granted", "allowed by the validator");
	X509_free(again.old);
}

/* As they stand there: a name that is the same to whoever compares names is
 * not written in another way. */
static void
a_renewal_keeps_its_names_to_the_octet(void **state)
{
	struct renewal	 again = { .profile = "va" };
	struct outcome	 o;
	X509		*cert;

	(void)state;
	again.old = first();
	validating.answer = "{\"decision\":\"allow\",\"subject\":"
	    "\"CN=DEV-0\"}";
	o = renewing_keep(&again, "granted", "allowed by the validator");
	cert = renewing_cert(&o);
	assert_int_equal(X509_NAME_get_text_by_NID(X509_get_subject_name(
	    cert), NID_commonName, NULL, 0), 5);
	assert_string_equal((const char *)ASN1_STRING_get0_data(
	    X509_NAME_ENTRY_get_data(X509_NAME_get_entry(
	    X509_get_subject_name(cert), 0))), "dev-0");
	X509_free(cert);
	X509_free(again.old);
}

/* A challenge that a renewal shows authorises nothing, whoever's it is. */
static void
only_a_right_challenge_is_named(void **state)
{
	struct renewal		 again = { .profile = "vc" };
	char			 ch[SCEP_CHALLENGE_TEXT];
	struct world_request	 r;
	struct outcome		 o;

	(void)state;
	ask_mint("vc", ch);
	r = validating_new("vc", 0, "t1", ch);
	o = ask_expect_keep(&r, "granted", "allowed");
	assert_memory_equal(ch, validating_said("challenge_id"),
	    strlen(validating_said("challenge_id")));
	again.old = validating_cert(&o);
	bytes_free(&r.csr);
	(void)validating_times();
	ask_mint("vc", ch);
	ch[20] = ch[20] == 'a' ? 'b' : 'a';
	again.challenge = ch;
	renewing(&again, "granted", "allowed");
	assert_null(json_object_get(validating.asked[0], "challenge_id"));
	X509_free(again.old);
}

/* SECURITY T1: a subject is told whole. */
static void
nothing_hides_behind_a_long_name(void **state)
{
	struct world_request	 r = validating_new("va", 0, "t1", NULL);
	struct scep_error	 err;
	struct scep_buf		 der = { NULL, 0 };
	struct outcome		 o;
	unsigned char		*p = NULL;
	char			 subject[2048] = "/CN=dev-0", part[80];
	X509			*cert;
	int			 i, len;

	(void)state;
	memset(part, '"', sizeof(part));
	memcpy(part, "/O=", 3);
	part[3 + 61] = '\0';
	for (i = 0; i < 12; i++)
		(void)strcat(subject, part);
	(void)strcat(subject, "/serialNumber=root");
	bytes_free(&r.csr);
	r.csr = client_csr(w->key[0], subject, NULL, NULL);
	o = ask_expect_keep(&r, "granted", "allowed");
	cert = validating_cert(&o);
	len = i2d_X509_NAME(X509_get_subject_name(cert), &p);
	assert_non_null(strstr(validating_said("subject"),
	    ", serialNumber=root"));
	assert_int_equal(scep_name_make(validating_said("subject"), &der,
	    &err), SCEP_OK);
	assert_int_equal(len, (int)der.len);
	assert_true(scep_name_match(scep_span_make(p, (size_t)len),
	    scep_buf_span(&der)));
	OPENSSL_free(p);
	scep_buf_clear(&der);
	X509_free(cert);
	bytes_free(&r.csr);
}

static X509	*old;

static void
revoke_old(void)
{
	renewing_revoke(old);
}

static void
a_signer_that_is_revoked_meanwhile_renews_nothing(void **state)
{
	struct renewal	 again = { .profile = "va" };

	(void)state;
	again.old = old = first();
	validating.meanwhile = revoke_old;
	renewing(&again, "refused", "the signer was revoked");
	assert_int_equal(validating_times(), 1);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 1);
	X509_free(old);
	/* The control. */
	(void)validating_empty(NULL);
	again.old = first();
	renewing(&again, "granted", "allowed by the validator");
	X509_free(again.old);
}

/* SECURITY T11: a PKCSReq by a certificate of ours is a renewal, too. */
static void
a_pkcsreq_that_renews_is_asked_about(void **state)
{
	struct renewal	 again = { .profile = "va",
			    .type = SCEP_MSG_PKCSREQ };

	(void)state;
	again.old = first();
	validating.answer = REFUSE;
	renewing(&again, "refused", "refused by the validator");
	assert_true(json_is_object(json_object_get(validating.asked[0],
	    "renewal")));
	validating.answer = "{\"decision\":\"allow\"}";
	renewing(&again, "granted", "allowed by the validator");
	X509_free(again.old);
}

static void
a_renewal_too_early_is_not_asked_about(void **state)
{
	struct renewal	 again = { .profile = "va", .later = 1 };

	(void)state;
	again.old = first();
	renewing(&again, "refused", "too early");
	assert_int_equal(validating_times(), 0);
	X509_free(again.old);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_setup(it_may_write_names_and_shorten_a_life,
		    validating_empty),
		cmocka_unit_test_setup(its_names_are_held_to_the_profile,
		    validating_empty),
		cmocka_unit_test_setup(
		    a_challenge_and_a_validator_do_not_name_two,
		    validating_empty),
		cmocka_unit_test_setup(
		    what_waits_lives_no_longer_than_was_allowed,
		    validating_empty),
		cmocka_unit_test_setup(
		    names_that_a_challenge_gives_wait_with_the_request,
		    validating_empty),
		cmocka_unit_test_setup(renewals_are_asked_about,
		    validating_empty),
		cmocka_unit_test_setup(a_renewal_keeps_its_names_to_the_octet,
		    validating_empty),
		cmocka_unit_test_setup(only_a_right_challenge_is_named,
		    validating_empty),
		cmocka_unit_test_setup(nothing_hides_behind_a_long_name,
		    validating_empty),
		cmocka_unit_test_setup(
		    a_signer_that_is_revoked_meanwhile_renews_nothing,
		    validating_empty),
		cmocka_unit_test_setup(a_pkcsreq_that_renews_is_asked_about,
		    validating_empty),
		cmocka_unit_test_setup(a_renewal_too_early_is_not_asked_about,
		    validating_empty),
	};
	int			 failed;

	w = world_new(validating_conf);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	validating_forget();
	world_free(w);
	return failed;
}
