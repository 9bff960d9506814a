/*
 * t_confirm.c - certificates whose validator says when they leave.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "tests/unit/operator.h"
#include "tests/unit/renewing.h"
#include "tests/unit/validating.h"

#define REFUSE	VALIDATING_REFUSE
#define QUEUE	VALIDATING_QUEUE

/* The key of the row of what it was asked about. */
static void
row_key(struct scep_buf *key)
{
	struct scep_error	 err;
	uint8_t			 serial[64];
	size_t			 len;

	assert_int_equal(scep_hex_read(validating_said("serial"), serial,
	    sizeof(serial), &len, &err), SCEP_OK);
	world_must(scep_cert_key(scep_span_make(serial, len),
	    w->cfg->ca[0].issuer.id, key, &err) == SCEP_OK);
}

static void
set_state(enum scep_cert_state from, enum scep_cert_state to)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_cert_rec	 rec;
	struct scep_error	 err;
	struct scep_buf		 key = { NULL, 0 };

	row_key(&key);
	world_must(scep_cert_rec_get(w->store, scep_buf_span(&key), &rec,
	    &err) == SCEP_OK);
	assert_int_equal(rec.state, from);
	rec.state = to;
	world_must(scep_cert_rec_write(&change, &rec, &err) == SCEP_OK);
	world_must(scep_store_commit(w->store, &change, &err) == SCEP_OK);
	scep_change_clear(&change);
	scep_cert_rec_clear(&rec);
	scep_buf_clear(&key);
}

/* So many are to be told of as issued. */
static void
told_of(size_t n)
{
	assert_int_equal(world_count(w, SCEP_T_NOTICE), n);
}

static void
nothing_leaves_before_it_is_confirmed(void **state)
{
	static const char *const	 no[] = { NULL, "", REFUSE, QUEUE,
	    "{\"decision\":\"allow\",\"validity\":\"99y\"}" };
	struct world_request		 r = validating_new("vf", 0, "t1",
					    NULL);
	struct outcome			 o;
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		validating.confirm = no[i];
		o = ask_expect_keep(&r, "try again", "does not confirm it");
		assert_int_equal(o.answer.cert.len, 0);
		/* Once to validate it; then each time to let it go. */
		assert_int_equal(validating.n, (int)i + 2);
		operator_is(validating.asked[i + 1], "event", "issued");
		assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 1);
		ask_expect(&r, "try again", "does not confirm");
		json_decref(validating.asked[--validating.n]);
		scep_answer_clear(&o.answer);
		told_of(0);
	}
	assert_memory_equal(validating_said("certificate"), "MII", 3);
	assert_memory_equal(validating_said("csr"), "MII", 3);
	assert_string_equal(validating_said("subject"), "CN=dev-0");
	assert_string_equal(validating_said("issuer"), "CN=Test CA");
	assert_int_equal(strlen(validating_said("not_after")), 20);
	set_state(SCEP_CERT_UNCONFIRMED, SCEP_CERT_UNCONFIRMED);
	assert_true(world_holds(w, "state=unconfirmed"));
	assert_false(world_holds(w, "event=confirmed"));
	/* A restart is no way round it. */
	world_use(w, w->store);
	ask_expect(&r, "try again", "this process calls nobody");
	validating_hook();
	validating.confirm = "{\"decision\":\"allow\"}";
	o = ask_expect_keep(&r, "granted", "granted before");
	X509_free(validating_cert(&o));
	set_state(SCEP_CERT_VALID, SCEP_CERT_VALID);
	told_of(1);
	assert_true(world_holds(w, "event=confirmed"));
	assert_false(world_holds(w, "not asked"));
	/* It has been given: nobody is asked again, or told. */
	(void)validating_times();
	ask_spend(&r, "granted", "granted before");
	assert_int_equal(validating_times(), 0);
	told_of(1);
}

static size_t
listed(const char *state)
{
	json_t		*list = operator_ask_id(w, 0, "{\"do\":\"cert.list\","
			    "\"state\":\"%s\"}", state);
	const size_t	 n = json_array_size(json_object_get(list, "rows"));

	json_decref(list);
	return n;
}

static void
operators_find_what_was_not_let_go(void **state)
{
	struct world_request	 r = validating_new("vf", 0, "t1", NULL);

	(void)state;
	ask_spend(&r, "granted", "allowed");
	assert_int_equal(listed("valid"), 1);
	assert_int_equal(listed("unconfirmed"), 0);
	validating.confirm = REFUSE;
	r = validating_new("vf", 1, "t2", NULL);
	ask_spend(&r, "try again", "does not confirm");
	assert_int_equal(listed("valid"), 1);
	assert_int_equal(listed("unconfirmed"), 1);
	set_state(SCEP_CERT_UNCONFIRMED, SCEP_CERT_REVOKED);
	assert_int_equal(listed("unconfirmed"), 0);
	assert_int_equal(listed("revoked"), 1);
}

/* The operator has it otherwise now: it is let go, and the log says how. */
static void
without_the_key_nobody_is_asked(void **state)
{
	struct world_request	 r = validating_new("vf", 0, "t1", NULL);
	struct scep_profile	*p = (struct scep_profile *)(uintptr_t)
				    scep_config_profile(w->cfg, "vf");

	(void)state;
	validating.confirm = REFUSE;
	ask_expect(&r, "try again", "does not confirm");
	assert_int_equal(validating_times(), 2);
	p->validator.confirm = 0;
	ask_spend(&r, "granted", "granted before");
	p->validator.confirm = 1;
	assert_int_equal(validating_times(), 0);
	assert_true(world_holds(w, "validator=\"not asked\""));
}

static void
what_is_confirmed_at_once_leaves_at_once(void **state)
{
	struct world_request	 r = validating_new("vf", 0, "t1", NULL);
	struct outcome		 o;

	(void)state;
	o = ask_expect_keep(&r, "granted", "allowed by the validator");
	assert_int_equal(o.answer.repeated, 0);
	X509_free(validating_cert(&o));
	bytes_free(&r.csr);
	assert_int_equal(validating.n, 2);
	set_state(SCEP_CERT_VALID, SCEP_CERT_VALID);
	told_of(1);
}

/* Under another transactionID, by its challenge, it does not leave either. */
static void
a_challenge_shown_again_is_no_way_round_it(void **state)
{
	char			 ch[SCEP_CHALLENGE_TEXT];
	struct world_request	 r;

	(void)state;
	ask_mint("vcf", ch);
	validating.confirm = NULL;
	r = validating_new("vcf", 0, "t1", ch);
	ask_spend(&r, "try again", "does not confirm");
	r = validating_new("vcf", 0, "t2", ch);
	ask_expect(&r, "try again", "does not confirm");
	validating.confirm = "{\"decision\":\"allow\"}";
	ask_spend(&r, "granted", "used by this key");
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 1);
	assert_int_equal(ask_used(ch), 1);
}

/* What an operator approved is fetched by a poll. */
static void
a_poll_is_no_way_round_it(void **state)
{
	struct world_request	 r = validating_new("vmf", 0, "t1", NULL);
	struct scep_answer	 answer;
	struct scep_error	 err;
	json_t			*list, *done;

	(void)state;
	validating.answer = QUEUE;
	validating.confirm = NULL;
	ask_expect(&r, "pending", "queued");
	list = operator_ask(w, 0, "{\"do\":\"request.list\"}");
	done = operator_ask_id(w, 0, "{\"do\":\"request.approve\","
	    "\"id\":\"%s\"}", operator_text(json_array_get(list, 0), "id"));
	json_decref(list);
	json_decref(done);
	(void)validating_times();
	validating.ms = 40;
	assert_int_equal(world_poll(w, &r, &answer, &err), SCEP_E_BUSY);
	assert_int_equal(answer.cert.len, 0);
	assert_int_equal(answer.consulted.n, 1);
	assert_int_equal(answer.consulted.ms, 40);
	assert_non_null(strstr(err.text, "does not confirm"));
	assert_int_equal(validating.n, 1);
	assert_string_equal(validating_said("event"), "issued");
	assert_string_equal(validating_said("transaction"), "t1");
	assert_null(json_object_get(validating.asked[0], "csr"));
	ask_expect(&r, "try again", "does not confirm");
	told_of(0);
	validating.confirm = "{\"decision\":\"allow\"}";
	assert_int_equal(world_poll(w, &r, &answer, &err), SCEP_OK);
	told_of(1);
	assert_int_equal(answer.outcome, SCEP_GRANTED);
	assert_true(answer.cert.len > 0);
	assert_int_equal(answer.consulted.n, 1);
	scep_answer_clear(&answer);
	assert_int_equal(world_poll(w, &r, &answer, &err), SCEP_OK);
	assert_int_equal(answer.consulted.n, 0);	/* it has left */
	scep_answer_clear(&answer);
	(void)validating_times();
	ask_spend(&r, "granted", "granted before");
	assert_int_equal(validating_times(), 0);
}

static void
what_is_revoked_before_it_left_does_not_leave(void **state)
{
	struct world_request	 r = validating_new("vf", 0, "t1", NULL);

	(void)state;
	validating.confirm = NULL;
	ask_expect(&r, "try again", "does not confirm");
	set_state(SCEP_CERT_UNCONFIRMED, SCEP_CERT_REVOKED);
	validating.confirm = "{\"decision\":\"allow\"}";
	/* Nothing of it is left: the request is a new one. */
	ask_spend(&r, "granted", "allowed by the validator");
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 2);
	told_of(1);
}

static void
revoke_cert(void)
{
	set_state(SCEP_CERT_UNCONFIRMED, SCEP_CERT_REVOKED);
}

static void
lose_cert(void)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_error	 err;
	struct scep_buf		 key = { NULL, 0 };

	row_key(&key);
	world_must(scep_change_delete(&change, SCEP_T_CERTIFICATE,
	    scep_buf_span(&key), SCEP_REV_ANY, &err) == SCEP_OK);
	world_must(scep_store_commit(w->store, &change, &err) == SCEP_OK);
	scep_change_clear(&change);
	scep_buf_clear(&key);
}

/* Its answer is about what was there when it was asked. */
static void
what_is_revoked_or_lost_while_it_is_asked_does_not_leave(void **state)
{
	struct world_request	 r;

	(void)state;
	validating.confirming = revoke_cert;
	r = validating_new("vf", 0, "t1", NULL);
	ask_spend(&r, "try again", "was revoked before it left");
	validating.confirming = lose_cert;
	r = validating_new("vf", 1, "t2", NULL);
	ask_spend(&r, "try again", "not in the store any more");
	validating.confirming = NULL;
	r = validating_new("vf", 2, "t3", NULL);
	ask_spend(&r, "granted", "allowed by the validator");
}

/* The validator has seen it, and may have given it to somebody. */
static X509 *
seen(void)
{
	const char		*text = validating_said("certificate");
	const size_t		 len = strlen(text);
	unsigned char		*der = malloc(len);
	const unsigned char	*p = der;
	X509			*cert;

	assert_non_null(der);
	assert_true(EVP_DecodeBlock(der, (const unsigned char *)text,
	    (int)len) > 0);
	cert = d2i_X509(NULL, &p, (long)len);
	assert_non_null(cert);
	free(der);
	return cert;
}

static void
what_has_not_left_renews_nothing(void **state)
{
	struct world_request	 r = validating_new("vf", 0, "t1", NULL);
	struct renewal		 again = { .profile = "vf" };

	(void)state;
	validating.confirm = NULL;
	ask_expect(&r, "try again", "does not confirm");
	again.old = seen();
	validating.confirm = "{\"decision\":\"allow\"}";
	renewing(&again, "refused", "the signer was never let go");
	ask_spend(&r, "granted", "granted before");
	renewing(&again, "granted", "allowed by the validator");
	X509_free(again.old);
}

/* GetCert, by its own key. */
static enum scep_outcome
fetch(X509 *cert)
{
	struct bytes		 which = client_issuer_and_serial(
				    X509_get_issuer_name(cert),
				    X509_get0_serialNumber(cert));
	unsigned char		*der = NULL;
	const int		 len = i2d_X509(cert, &der);
	const struct scep_lookup ask = {
		.profile = "vf",
		.request_id = "0123456789abcdef",
		.peer = "192.0.2.1",
		.type = SCEP_MSG_GETCERT,
		.signer = { der, (size_t)len },
		.plaintext = { which.data, which.len },
	};
	struct scep_answer	 answer;
	struct scep_error	 err;
	enum scep_outcome	 outcome;

	assert_int_equal(scep_ca_find_cert(w->ca, WORLD_NOW, &ask, &answer,
	    &err), SCEP_OK);
	outcome = answer.outcome;
	assert_int_equal(answer.cert.len > 0, outcome == SCEP_GRANTED);
	if (outcome != SCEP_GRANTED)
		assert_non_null(strstr(answer.reason, "its confirmation"));
	scep_answer_clear(&answer);
	OPENSSL_free(der);
	bytes_free(&which);
	return outcome;
}

static void
getcert_is_no_way_round_it(void **state)
{
	struct world_request	 r = validating_new("vf", 0, "t1", NULL);
	X509			*cert;

	(void)state;
	validating.confirm = NULL;
	ask_expect(&r, "try again", "does not confirm");
	cert = seen();
	assert_int_equal(fetch(cert), SCEP_REFUSED);
	validating.confirm = "{\"decision\":\"allow\"}";
	ask_spend(&r, "granted", "granted before");
	assert_int_equal(fetch(cert), SCEP_GRANTED);
	X509_free(cert);
}

static char	spent[SCEP_CHALLENGE_TEXT];

static void
revoke_it(void)
{
	ask_revoke(spent);
}

/* What it allowed and we did not issue, it is told of; only one that is told
 * of certificates is. */
static void
it_is_told_what_came_to_nothing(void **state)
{
	struct world_request	 r;

	(void)state;
	ask_mint("vcf", spent);
	validating.meanwhile = revoke_it;
	r = validating_new("vcf", 0, "t1", spent);
	ask_spend(&r, "refused", "challenge was revoked");
	assert_int_equal(validating.n, 2);
	assert_string_equal(validating_said("event"), "failed");
	assert_non_null(strstr(validating_said("reason"), "was revoked"));
	assert_null(json_object_get(validating.asked[1], "certificate"));
	(void)validating_times();
	/* Allowed, under a name that the profile does not. */
	ask_mint("vcf", spent);
	validating.meanwhile = NULL;
	validating.answer = "{\"decision\":\"allow\",\"subject\":\"UID=x\"}";
	r = validating_new("vcf", 0, "t1", spent);
	ask_spend(&r, "refused", "subject is not allowed");
	assert_int_equal(validating.n, 2);
	assert_non_null(strstr(validating_said("reason"), "not allowed"));
	(void)validating_times();
	validating.answer = "{\"decision\":\"allow\"}";
	validating.meanwhile = revoke_it;
	ask_mint("vc", spent);
	r = validating_new("vc", 0, "t1", spent);
	ask_spend(&r, "refused", "challenge was revoked");
	assert_int_equal(validating.n, 1);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_setup(nothing_leaves_before_it_is_confirmed,
		    validating_empty),
		cmocka_unit_test_setup(operators_find_what_was_not_let_go,
		    validating_empty),
		cmocka_unit_test_setup(without_the_key_nobody_is_asked,
		    validating_empty),
		cmocka_unit_test_setup(what_is_confirmed_at_once_leaves_at_once,
		    validating_empty),
		cmocka_unit_test_setup(
		    a_challenge_shown_again_is_no_way_round_it,
		    validating_empty),
		cmocka_unit_test_setup(a_poll_is_no_way_round_it,
		    validating_empty),
		cmocka_unit_test_setup(
		    what_is_revoked_before_it_left_does_not_leave,
		    validating_empty),
		cmocka_unit_test_setup(
		    what_is_revoked_or_lost_while_it_is_asked_does_not_leave,
		    validating_empty),
		cmocka_unit_test_setup(what_has_not_left_renews_nothing,
		    validating_empty),
		cmocka_unit_test_setup(getcert_is_no_way_round_it,
		    validating_empty),
		cmocka_unit_test_setup(it_is_told_what_came_to_nothing,
		    validating_empty),
	};
	int			 failed;

	w = world_new(validating_conf);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	validating_forget();
	world_free(w);
	return failed;
}
