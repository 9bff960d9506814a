/*
 * t_validated.c - requests under a profile with a validator, end to end: what
 * it is asked, what its answer is worth, and what never comes to it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/operator.h"
#include "tests/unit/validating.h"

#define REFUSE	VALIDATING_REFUSE
#define QUEUE	VALIDATING_QUEUE
#define DAY	86400L

/* Alone: it is asked about each, and its word is what counts. */

static void
alone_it_says_who_gets_a_certificate(void **state)
{
	struct world_request	 r;

	(void)state;
	r = validating_new("va", 0, "t1", NULL);
	ask_expect(&r, "granted", "allowed by the validator");
	assert_int_equal(validating_times(), 1);
	assert_int_equal(validating.kind, SCEP_HOOK_EXEC);
	/* The same request, the same certificate: nothing to ask. */
	ask_spend(&r, "granted", "granted before");
	assert_int_equal(validating_times(), 0);
	validating.answer = REFUSE;
	r = validating_new("va", 1, "t2", NULL);
	ask_expect(&r, "refused", "refused by the validator (stolen)");
	validating.answer = QUEUE;
	ask_expect(&r, "refused", "wants an approval");
	validating.answer = NULL;
	ask_expect(&r, "refused", "no answer of the validator");
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 1);
	assert_int_equal(world_count(w, SCEP_T_PENDING), 0);
	/* Nothing of it is remembered against the device. */
	validating.answer = "{\"decision\":\"allow\"}";
	ask_spend(&r, "granted", "allowed by the validator");
}

/* Each of these as an answer; each is refused, and the control is not. */
static void
what_is_no_permission_issues_nothing(void **state)
{
	static const char *const	 wrong[] = {
		"", " ", "allow", "yes", "1", "null", "[]", "{}",
		"{\"decision\":\"Allow\"}", "{\"decision\":true}",
		"{\"decision\":\"allow\"} ok", "{\"decision\":\"allow\"",
		"{\"decision\":\"refuse\",\"decision\":\"allow\"}",
		"{\"decision\":\"allow\",\"reason\":1}",
		"{\"decision\":\"allow\",\"validity\":\"10y\"}",
		"{\"decision\":\"allow\",\"subject\":\"\\n\"}",
		"{\"decision\":\"allow\",\"san\":{}}",
		"{\"answer\":{\"decision\":\"allow\"}}",
		"HTTP/1.1 200 OK\r\n\r\n{\"decision\":\"allow\"}",
		"<html>{\"decision\":\"allow\"}</html>",
		"{\"decision\":\"pending\"}", "{\"decision\":\"queue\"}",
		"{\"decision\":\"refuse\"}", "\xff\xfe",
	};
	struct world_request	 r = validating_new("va", 0, "t1", NULL);
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		validating.answer = wrong[i];
		ask_expect(&r, "refused", "validator");
		assert_int_equal(validating_times(), 1);
	}
	scep_ca_use_hooks(w->ca, NULL);		/* nobody who calls */
	ask_expect(&r, "refused", "no answer");
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 0);
	assert_int_equal(world_count(w, SCEP_T_TRANSACTION), 0);
	assert_int_equal(world_count(w, SCEP_T_LOG), 0);
	(void)validating_empty(NULL);
	ask_spend(&r, "granted", "allowed");
}

/* What is refused anyway is not told to anybody else (and takes no time that
 * could be measured: DESIGN 7.4). */
static void
what_is_to_be_refused_is_not_asked_about(void **state)
{
	char			 ch[SCEP_CHALLENGE_TEXT];
	struct world_request	 r;
	uint8_t			 envelope[SCEP_SHA256_LEN] = { 1 };

	(void)state;
	r = validating_new("va", 0, "t1", NULL);
	r.csr.data[r.csr.len - 1] ^= 1;		/* its signature */
	ask_spend(&r, "refused", "no readable request");
	r = validating_new("va", 0, "t1", NULL);
	memset(r.csr.data, 'x', r.csr.len);
	ask_spend(&r, "refused", "no readable request");
	r = validating_new("va", 0, "t1", NULL);
	r.signer = 1;
	ask_spend(&r, "refused", "another key");
	r = validating_new("va", 0, "t1", NULL);
	bytes_free(&r.csr);
	r.csr = client_csr(w->key[0], "/UID=dev-0", NULL, NULL);
	ask_spend(&r, "refused", "subject");
	r = validating_new("vc", 0, "t1", NULL);
	ask_spend(&r, "refused", "no challenge");
	ask_mint("vc", ch);
	ch[20] = ch[20] == 'a' ? 'b' : 'a';
	r = validating_new("vc", 0, "t1", ch);
	ask_spend(&r, "refused", "challenge unknown");
	assert_int_equal(validating_times(), 0);
	/* An encrypted key that comes with other content. */
	r = validating_new("va", 0, "t2", NULL);
	r.envelope = envelope;
	ask_spend(&r, "granted", "allowed");
	r = validating_new("va", 1, "t3", NULL);
	r.envelope = envelope;
	assert_int_equal(validating_times(), 1);
	ask_spend(&r, "refused", "encryptedKey seen before");
	assert_int_equal(validating_times(), 0);
}

static void
it_is_asked_about_all_that_is_known(void **state)
{
	static const char *const	 dns[] = { "a.example", NULL };
	struct world_request		 r = validating_new("va", 0, "t1",
					    NULL);
	json_t				*q;

	(void)state;
	bytes_free(&r.csr);
	r.csr = client_csr(w->key[0], "/CN=dev-0/O=Example", "an mdm's token",
	    dns);
	ask_spend(&r, "granted", "allowed");
	q = validating.asked[0];
	assert_int_equal(json_integer_value(json_object_get(q, "version")),
	    1);
	operator_is(q, "event", "validate");
	operator_is(q, "profile", "va");
	operator_is(q, "ca", "test");
	operator_is(q, "transaction", "t1");
	operator_is(q, "peer", "192.0.2.1");
	operator_is(q, "subject", "CN=dev-0, O=Example");
	operator_is(q, "challenge", "an mdm's token");
	assert_int_equal(strlen(operator_text(q, "id")), 16);
	assert_null(json_object_get(q, "challenge_id"));
	assert_string_equal(json_string_value(json_array_get(
	    json_object_get(q, "san"), 0)), "DNS:a.example");
	operator_is(json_object_get(q, "key"), "type", "RSA");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(
	    q, "key"), "bits")), 2048);
	assert_int_equal(strlen(operator_text(json_object_get(q, "key"),
	    "sha256")), 64);
	assert_int_equal(strlen(operator_text(json_object_get(q, "signer"),
	    "sha256")), 64);
	assert_true(json_is_true(json_object_get(json_object_get(q,
	    "signer"), "self_signed")));
	assert_true(json_is_null(json_object_get(q, "renewal")));
	assert_memory_equal(operator_text(q, "csr"), "MII", 3);
	assert_null(json_object_get(q, "certificate"));
}

/* What is no text is base64. */
static void
odd_octets_do_not_spoil_the_question(void **state)
{
	struct world_request	 r = validating_new("va", 0, "t\x01\"\n",
				    NULL);

	(void)state;
	ask_spend(&r, "granted", "allowed");
	operator_is(validating.asked[0], "transaction", "dAEiCg==");
	assert_true(json_is_true(json_object_get(validating.asked[0],
	    "transaction_base64")));
}

/* Behind a challenge: both, and the challenge first. */

/* SECURITY T5: a refusal does not use it up. */
static void
a_challenge_and_a_validator_must_both_say_yes(void **state)
{
	char			 ch[SCEP_CHALLENGE_TEXT];
	struct world_request	 r;
	struct outcome		 o;

	(void)state;
	ask_mint("vc", ch);
	r = validating_new("vc", 0, "t1", ch);
	validating.answer = REFUSE;
	ask_expect(&r, "refused", "refused by the validator");
	assert_int_equal(ask_used(ch), 0);
	/* The secret is none of its business (the CSR has it, though). */
	assert_null(json_object_get(validating.asked[0], "challenge"));
	assert_memory_equal(ch, validating_said("challenge_id"),
	    strlen(validating_said("challenge_id")));
	validating.answer = "{\"decision\":\"allow\"}";
	o = ask_expect_keep(&r, "granted", "allowed by the validator");
	assert_memory_equal(o.answer.authority, "challenge ", 10);
	scep_answer_clear(&o.answer);
	bytes_free(&r.csr);
	assert_int_equal(ask_used(ch), 1);
	(void)validating_times();
	r = validating_new("vc", 1, "t2", ch);
	ask_spend(&r, "refused", "used up");
	/* The same key and name, another transaction: the same answer. */
	r = validating_new("vc", 0, "t3", ch);
	ask_spend(&r, "granted", "used by this key");
	assert_int_equal(validating_times(), 0);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 1);
}

static char	spent[SCEP_CHALLENGE_TEXT];

static void
revoke_it(void)
{
	ask_revoke(spent);
}

/* While the validator thinks, the world goes on: what it allowed is looked at
 * once more. */
static void
what_changes_meanwhile_counts(void **state)
{
	struct world_request	 r;

	(void)state;
	ask_mint("vc", spent);
	r = validating_new("vc", 0, "t1", spent);
	validating.meanwhile = revoke_it;
	ask_spend(&r, "refused", "challenge was revoked");
	assert_int_equal(validating.n, 1);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 0);
}

/* Operators, and validators that send requests to them. */

static void
what_it_sends_to_operators_waits(void **state)
{
	struct world_request	 r;
	json_t			*list, *done;
	const char		*id;

	(void)state;
	validating.answer = QUEUE;
	r = validating_new("vm", 0, "t1", NULL);
	ask_expect(&r, "pending", "queued for approval (validator: new here)");
	ask_expect(&r, "pending", "still waits");
	assert_int_equal(validating_times(), 1);
	list = operator_ask(w, 0, "{\"do\":\"request.list\"}");
	id = operator_text(json_array_get(list, 0), "id");
	done = operator_ask_id(w, 0, "{\"do\":\"request.approve\","
	    "\"id\":\"%s\"}", id);
	ask_spend(&r, "granted", "granted before");
	assert_int_equal(validating_times(), 0);
	json_decref(list);
	json_decref(done);
	/* No answer, and trouble is theirs. */
	validating.answer = NULL;
	r = validating_new("vm", 1, "t2", NULL);
	ask_spend(&r, "pending", "queued for approval (no answer of the "
	    "validator: /usr/lib/scep/validator: it died)");
	/* Allowed: nobody else has to. */
	validating.answer = "{\"decision\":\"allow\"}";
	r = validating_new("vm", 2, "t3", NULL);
	ask_spend(&r, "granted", "allowed");
	validating.answer = REFUSE;
	r = validating_new("vm", 3, "t4", NULL);
	ask_spend(&r, "refused", "stolen");
}

/* Of the reason, what is kept with the request ends with a character. */
static void
a_long_reason_is_no_hindrance(void **state)
{
	static const char	 euro[] = "\xe2\x82\xac";
	char			 answer[400] = "{\"decision\":\"queue\","
				    "\"reason\":\"";
	struct world_request	 r = validating_new("vm", 0, "t1", NULL);
	struct scep_pending	 p;
	struct scep_error	 err;
	char			 id[SCEP_REQUEST_ID];
	int			 i;

	(void)state;
	for (i = 0; i < 85; i++)
		(void)strcat(answer, euro);
	(void)strcat(answer, "\"}");
	validating.answer = answer;
	ask_expect(&r, "pending", "queued");
	(void)snprintf(id, sizeof(id), "%016x", w->requests);
	assert_int_equal(scep_pending_get(w->store, id, &p, &err), SCEP_OK);
	assert_string_equal(p.why + strlen(p.why) - 3, euro);
	scep_pending_clear(&p);
	ask_spend(&r, "pending", "waits");
}

/* SECURITY T4: a right challenge is used up by what it queues: approved or not,
 * there is no second certificate for it. */
static void
a_queued_request_uses_its_challenge(void **state)
{
	char			 ch[SCEP_CHALLENGE_TEXT];
	struct world_request	 r, other;

	(void)state;
	ask_mint("vq", ch);
	validating.answer = QUEUE;
	r = validating_new("vq", 0, "t1", ch);
	ask_expect(&r, "pending", "queued");
	assert_int_equal(ask_used(ch), 1);
	validating.answer = "{\"decision\":\"allow\"}";
	other = validating_new("vq", 1, "t2", ch);
	ask_spend(&other, "refused", "used up");
	other = validating_new("vq", 0, "t3", ch);
	ask_spend(&other, "refused", "used up");
	ask_spend(&r, "pending", "still waits");
	/* Without a challenge its permission is not enough. */
	r = validating_new("vq", 2, "t4", NULL);
	ask_spend(&r, "pending", "queued");
	/* Two may wait. */
	(void)validating_times();
	r = validating_new("vq", 3, "t5", NULL);
	ask_spend(&r, "try again", "queue is full");
	assert_int_equal(validating_times(), 0);
	ask_mint("vq", ch);
	validating.answer = QUEUE;
	r = validating_new("vq", 3, "t6", ch);
	ask_spend(&r, "try again", "queue is full");
	assert_int_equal(ask_used(ch), 0);
	validating.answer = "{\"decision\":\"allow\"}";
	r = validating_new("vq", 3, "t6", ch);
	ask_spend(&r, "granted", "allowed");
}

/* How the same key fares with the same challenge again, when what an operator
 * approved for it is revoked or not. */
static void
comes_again(long reuse_s, int is_revoked, const char *result, const char *why)
{
	const struct world_challenge	 spec = { .profile = "vq",
					    .reuse_s = reuse_s };
	char				 ch[SCEP_CHALLENGE_TEXT];
	char				 id[SCEP_REQUEST_ID];
	struct world_request		 r;
	json_t				*done;

	(void)validating_empty(NULL);
	world_challenge(w, &spec, ch);
	validating.answer = QUEUE;
	r = validating_new("vq", 0, "t1", ch);
	ask_expect(&r, "pending", "queued");
	(void)snprintf(id, sizeof(id), "%016x", w->requests);
	done = operator_ask_id(w, 0, "{\"do\":\"request.approve\","
	    "\"id\":\"%s\"}", id);
	if (is_revoked)
		json_decref(operator_ask_id(w, 1, "{\"do\":\"cert.revoke\","
		    "\"serial\":\"%s\",\"reason\":\"keyCompromise\"}",
		    operator_text(done, "serial")));
	json_decref(done);
	assert_int_equal(ask_used(ch), 1);
	bytes_free(&r.csr);
	validating.answer = "{\"decision\":\"allow\"}";
	r = validating_new("vq", 0, "t2", ch);
	r.later = reuse_s / 5;
	ask_spend(&r, result, why);
}

static void
a_challenge_learns_what_was_approved(void **state)
{
	(void)state;
	comes_again(10 * DAY, 0, "granted", "allowed");
	comes_again(10 * DAY, 1, "refused", "was revoked");
	comes_again(0, 0, "granted", "used by this key");
	comes_again(0, 1, "refused", "revoked");
}

/* SECURITY T1: what it was shown is what is certified, whatever was asked. */
static void
it_sees_what_would_be_certified(void **state)
{
	static const char *const	 subjects[] = {
		"/CN=dev-0", "/CN=dev-0/CN=root", "/O=a+CN=dev-0",
		"/CN=dev-0\\/O=b", "/CN=\xc3\xa4", "/CN= dev-0 ",
		"/C=CH/O=x/OU=y/CN=z,O=w", "/CN=a\"b\\\\c/serialNumber=7",
	};
	struct world_request	 r;
	struct outcome		 o;
	char			 text[SCEP_NAME_TEXT];
	unsigned char		*p;
	X509			*cert;
	size_t			 i, granted = 0;
	int			 len;

	(void)state;
	for (i = 0; i < sizeof(subjects) / sizeof(subjects[0]); i++) {
		r = validating_new("va", 0, subjects[i], NULL);
		bytes_free(&r.csr);
		r.csr = client_csr(w->key[0], subjects[i], NULL, NULL);
		assert_int_equal(world_enrol(w, &r, &o.answer, &o.err),
		    SCEP_OK);
		bytes_free(&r.csr);
		if (o.answer.outcome != SCEP_GRANTED) {
			scep_answer_clear(&o.answer);
			assert_int_equal(validating_times(), 0);
			continue;
		}
		granted++;
		cert = validating_cert(&o);
		p = NULL;
		len = i2d_X509_NAME(X509_get_subject_name(cert), &p);
		assert_true(len > 0);
		scep_name_text(scep_span_make(p, (size_t)len), text,
		    sizeof(text));
		assert_string_equal(validating_said("subject"), text);
		assert_int_equal(validating_times(), 1);
		OPENSSL_free(p);
		X509_free(cert);
	}
	assert_in_range(granted, 4, i - 1);
}

/* SECURITY T3. */
static void
a_challenge_that_it_judges_is_kept_nowhere(void **state)
{
	static const char	 token[] = "an mdm's own token, kept secret";
	struct world_request	 r = validating_new("va", 0, "t1", token);
	struct scep_error	 err;

	(void)state;
	ask_spend(&r, "granted", "allowed");
	assert_string_equal(validating_said("challenge"), token);
	validating.answer = REFUSE;
	r = validating_new("va", 1, "t2", token);
	ask_spend(&r, "refused", "stolen");
	validating.answer = QUEUE;
	r = validating_new("vm", 2, "t3", token);
	ask_spend(&r, "pending", "queued");
	assert_int_equal(scep_ca_tend(w->ca, WORLD_NOW, &err), SCEP_OK);
	assert_true(world_holds(w, "dev-2"));	/* the control */
	assert_false(world_holds(w, "own token"));
}

/* SECURITY T6. */
static void
other_messages_never_come_to_it(void **state)
{
	struct world_request	 r = validating_new("va", 0, "t1", NULL);
	int			 type;

	(void)state;
	for (type = 1; type < 100; type++) {
		if (type == SCEP_MSG_PKCSREQ || type == SCEP_MSG_RENEWALREQ)
			continue;
		r.type = type;
		ask_expect(&r, "refused", "not offered");
	}
	assert_int_equal(validating_times(), 0);
	r.type = SCEP_MSG_PKCSREQ;
	ask_spend(&r, "granted", "allowed");
	assert_int_equal(validating_times(), 1);
}

/* SECURITY T12: whoever recorded a message may send it for ever. */
static void
a_replay_is_not_asked_about(void **state)
{
	struct world_request	 r = validating_new("va", 0, "t1", NULL);
	int			 i;

	(void)state;
	ask_expect(&r, "granted", "allowed");
	for (i = 0; i < 1000; i++)
		ask_expect(&r, "granted", "granted before");
	bytes_free(&r.csr);
	assert_int_equal(validating_times(), 1);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 1);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_setup(alone_it_says_who_gets_a_certificate,
		    validating_empty),
		cmocka_unit_test_setup(what_is_no_permission_issues_nothing,
		    validating_empty),
		cmocka_unit_test_setup(
		    what_is_to_be_refused_is_not_asked_about,
		    validating_empty),
		cmocka_unit_test_setup(it_is_asked_about_all_that_is_known,
		    validating_empty),
		cmocka_unit_test_setup(odd_octets_do_not_spoil_the_question,
		    validating_empty),
		cmocka_unit_test_setup(
		    a_challenge_and_a_validator_must_both_say_yes,
		    validating_empty),
		cmocka_unit_test_setup(what_changes_meanwhile_counts,
		    validating_empty),
		cmocka_unit_test_setup(what_it_sends_to_operators_waits,
		    validating_empty),
		cmocka_unit_test_setup(a_long_reason_is_no_hindrance,
		    validating_empty),
		cmocka_unit_test_setup(a_challenge_learns_what_was_approved,
		    validating_empty),
		cmocka_unit_test_setup(a_queued_request_uses_its_challenge,
		    validating_empty),
		cmocka_unit_test_setup(it_sees_what_would_be_certified,
		    validating_empty),
		cmocka_unit_test_setup(
		    a_challenge_that_it_judges_is_kept_nowhere,
		    validating_empty),
		cmocka_unit_test_setup(other_messages_never_come_to_it,
		    validating_empty),
		cmocka_unit_test_setup(a_replay_is_not_asked_about,
		    validating_empty),
	};
	int			 failed;

	w = world_new(validating_conf);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	validating_forget();
	world_free(w);
	return failed;
}
