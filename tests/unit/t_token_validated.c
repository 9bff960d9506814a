/*
 * t_token_validated.c - a token, and a validator beside it: both must say yes,
 * and what the token promised is nobody else's to give.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "tests/unit/operator.h"
#include "tests/unit/tokens.h"
#include "tests/unit/validating.h"

#define ALLOW	"{\"decision\":\"allow\"}"

static struct minter	 m;
static char		 token[SCEP_TOKEN_MAX + 1];

static int
setup(void **state)
{
	(void)validating_empty(state);
	tokens_hmac(&m, "\"profiles\":[\"vc\",\"vq\",\"vcf\"]");
	return 0;
}

static void
mint(const char *profile, const char *subject)
{
	const struct scep_token_wish	 wish = {
		.profile = profile, .subject = subject,
	};

	tokens_mint(&m, &wish, token);
}

/* -1 if nobody knows of it. */
static long
used(void)
{
	struct scep_challenge	 rec;
	long			 n;

	if (!tokens_row(token, &rec))
		return -1;
	n = rec.used;
	scep_challenge_clear(&rec);
	return n;
}

/* SECURITY T5: a refusal does not use it up. */
static void
both_must_say_yes(void **state)
{
	struct world_request	 r;
	struct outcome		 o;

	(void)state;
	mint("vc", NULL);
	r = validating_new("vc", 0, "t1", token);
	validating.answer = VALIDATING_REFUSE;
	ask_expect(&r, "refused", "refused by the validator");
	assert_int_equal(used(), -1);
	validating.answer = ALLOW;
	o = ask_expect_keep(&r, "granted", "allowed by the validator");
	assert_memory_equal(o.answer.authority, "token ", 6);
	scep_answer_clear(&o.answer);
	bytes_free(&r.csr);
	assert_int_equal(used(), 1);
	assert_int_equal(validating_times(), 2);
	r = validating_new("vc", 1, "t2", token);
	ask_spend(&r, "refused", "used up");
	token[strlen(token) - 5] ^= 1;
	r = validating_new("vc", 2, "t3", token);
	ask_spend(&r, "refused", "challenge unknown");
	assert_int_equal(validating_times(), 0);
}

/* What it is told can be looked up. */
static void
it_is_told_the_id_of_the_record(void **state)
{
	struct world_request	 r;
	json_t			*one;

	(void)state;
	mint("vc", NULL);
	r = validating_new("vc", 0, "t1", token);
	ask_spend(&r, "granted", "allowed");
	assert_null(json_object_get(validating.asked[0], "challenge"));
	one = operator_ask_id(w, 0,
	    "{\"do\":\"challenge.show\",\"id\":\"%s\"}",
	    validating_said("challenge_id"));
	operator_is(one, "state", "used");
	json_decref(one);
}

/* SECURITY T4. */
static void
what_is_queued_uses_it(void **state)
{
	struct world_request	 r;

	(void)state;
	mint("vq", NULL);
	validating.answer = VALIDATING_QUEUE;
	r = validating_new("vq", 0, "t1", token);
	ask_expect(&r, "pending", "queued");
	assert_int_equal(used(), 1);
	validating.answer = ALLOW;
	ask_spend(&r, "pending", "still waits");
	r = validating_new("vq", 1, "t2", token);
	ask_spend(&r, "refused", "used up");
	r = validating_new("vq", 0, "t3", token);
	ask_spend(&r, "refused", "used up");
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 0);
}

/* As whoever wrote it by hand: s CN=dev-0, hashed where there is room. */
static void
mint_hashed(void)
{
	static const char	 line[] = "s CN=dev-0\n";
	uint8_t			 hash[SCEP_SHA256_LEN];
	uint8_t			 tag[SCEP_TOKEN_ED25519_LEN];
	char			 text[160];
	struct scep_error	 err;
	size_t			 len;

	world_must(scep_crypto_sha256(w->crypto, scep_span_text(line), hash,
	    &err) == SCEP_OK);
	(void)snprintf(text, sizeof(text), "b %ld\nx %ld\ni by-hand\np vc\n"
	    "h ", (long)WORLD_NOW, (long)WORLD_NOW + TOKENS_DAY);
	scep_base64_text(scep_span_make(hash, sizeof(hash)), text);
	len = strlen(text);
	text[len] = '\n';
	(void)snprintf(token, sizeof(token), "st1.%.10s.", m.kid);
	scep_base64_text(scep_span_make(text, len + 1), token);
	len = tokens_tag(&m, scep_span_text(token), tag);
	scep_token_close(token, scep_span_make(tag, len));
}

/* SECURITY T1. */
static void
what_it_promised_is_not_anothers_to_give(void **state)
{
	struct world_request	 r;
	int			 i;

	(void)state;
	for (i = 0; i < 2; i++) {
		if (i == 0)
			mint("vc", "CN=dev-0");
		else
			mint_hashed();
		r = validating_new("vc", 0, i == 0 ? "t1" : "t2", token);
		validating.answer =
		    "{\"decision\":\"allow\",\"subject\":\"CN=x\"}";
		ask_expect(&r, "refused", "other names than the challenge");
		validating.answer = ALLOW;
		ask_spend(&r, "granted", "allowed");
		assert_int_equal(used(), 1);
	}
}

/* While it thinks, the key is revoked. */

static void
revoke_key(void)
{
	json_decref(operator_ask_id(w, 0,
	    "{\"do\":\"tokenkey.revoke\",\"id\":\"%s\"}", m.kid));
}

static void
what_changes_meanwhile_counts(void **state)
{
	struct world_request	 r;

	(void)state;
	mint("vc", NULL);
	r = validating_new("vc", 0, "t1", token);
	validating.meanwhile = revoke_key;
	ask_spend(&r, "refused", "the key was revoked");
	assert_int_equal(validating.n, 1);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 0);
}

/* The certificate stays here; the token is used up. */
static void
what_is_not_confirmed_is_not_given(void **state)
{
	struct world_request	 r;

	(void)state;
	mint("vcf", NULL);
	validating.confirm = NULL;
	r = validating_new("vcf", 0, "t1", token);
	ask_expect(&r, "try again", "does not confirm");
	assert_int_equal(used(), 1);
	validating.confirm = ALLOW;
	ask_spend(&r, "granted", "before");
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 1);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_setup(both_must_say_yes, setup),
		cmocka_unit_test_setup(it_is_told_the_id_of_the_record,
		    setup),
		cmocka_unit_test_setup(what_is_queued_uses_it, setup),
		cmocka_unit_test_setup(
		    what_it_promised_is_not_anothers_to_give, setup),
		cmocka_unit_test_setup(what_changes_meanwhile_counts, setup),
		cmocka_unit_test_setup(what_is_not_confirmed_is_not_given,
		    setup),
	};
	int			 failed;

	w = world_new(validating_conf);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	validating_forget();
	world_free(w);
	return failed;
}
