/*
 * t_bound_odd.c - SECURITY T1: whoever has a challenge or a token that is bound
 * to a name asks by it for another one, in each way that a request can be odd;
 * and so does who must convince a validator or an operator.
 *
 * What is granted holds the bound name and no other; or the one that was shown.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "store/store.h"
#include "tests/unit/bound.h"
#include "tests/unit/der_make.h"
#include "tests/unit/operator.h"
#include "tests/unit/tokens.h"
#include "tests/unit/validating.h"
#include "wire/cert.h"

#define BOUND		"O=Example, CN=dev-0"
#define GIVEN		"O=Example, CN=given"
#define ROWS_MAX	100

/* What is shown with a request. */
struct secret {
	void		(*mint)(const void *spec, char text[]);
	long		(*used)(const char *text);
	const void	*spec;
};
typedef char	shown[SCEP_TOKEN_MAX + 1];

static const char	*profile = "main";

/* The names of a certificate. */
static void
names_of(struct scep_span der, char *subject, char *san, size_t size)
{
	struct scep_san_list	 list = { .n = 0 };
	struct scep_cert	 cert;
	struct scep_error	 err;

	assert_int_equal(scep_cert_parse(w->crypto, der, &cert, &err),
	    SCEP_OK);
	scep_name_text(cert.subject, subject, size);
	if (cert.san.len > 0)
		assert_int_equal(scep_san_parse(cert.san, &list, &err),
		    SCEP_OK);
	scep_san_text(&list, san, size);
	scep_san_clear(&list);
	scep_cert_clear(&cert);
}

/* Nothing but what was bound. */
static void
judge(const struct scep_answer *answer, const char *subject, const char *what)
{
	char	 text[256], san[256];

	names_of(scep_buf_span(&answer->cert), text, san, sizeof(text));
	if (strcmp(text, subject) != 0 ||
	    strcmp(san, "DNS:" BOUND_HOST) != 0)
		fail_msg("%s: a certificate for %s, %s", what, text, san);
}

/* Carry it out; the caller clears the answer. */
static void
put(const struct bound_row *row, const char *challenge,
    struct scep_answer *answer)
{
	struct scep_span	 der = bound_der(row, challenge);
	struct world_request	 r = { .txid = "t1", .profile = profile };
	struct scep_error	 err;

	r.csr.data = (unsigned char *)(uintptr_t)der.data;
	r.csr.len = der.len;
	assert_int_equal(world_enrol(w, &r, answer, &err), SCEP_OK);
	der_forget();
}

/* … is it granted? */
static int
ask_odd(const struct bound_row *row, const char *challenge,
    const char *subject)
{
	struct scep_answer	 answer;
	int			 granted;

	put(row, challenge, &answer);
	granted = answer.outcome == SCEP_GRANTED;
	if (granted)
		judge(&answer, subject, row != NULL ? row->what : "plain");
	assert_int_not_equal(answer.outcome, SCEP_PENDING);
	scep_answer_clear(&answer);
	return granted;
}

/* Each row in a world of its own, and the control: the plain one, by the same
 * secret, after it. */
static void
ask_all(const struct secret *secret, const char *subject, int *granted)
{
	shown	 text;
	size_t	 i;

	assert_in_range(bound_rows_n, 60, ROWS_MAX);
	for (i = 0; i < bound_rows_n; i++) {
		world_empty(w);
		secret->mint(secret->spec, text);
		granted[i] = ask_odd(&bound_rows[i], text, subject);
		assert_int_equal(secret->used(text), granted[i]);
		assert_int_equal(world_count(w, SCEP_T_CERTIFICATE),
		    granted[i]);
		/* T5: none of them costs the device its secret. */
		if (!granted[i] && !ask_odd(NULL, text, subject))
			fail_msg("%s: the plain one is refused after it",
			    bound_rows[i].what);
	}
}

/* As the table has it: the bound name alone. */
static void
only_bound(const struct secret *secret)
{
	int	 granted[ROWS_MAX];
	size_t	 i;

	ask_all(secret, BOUND, granted);
	for (i = 0; i < bound_rows_n; i++)
		if (granted[i] != bound_rows[i].granted)
			fail_msg("%s: not %d", bound_rows[i].what,
			    bound_rows[i].granted);
}

/* The same, where the name is set. */
static void
only_given(const struct secret *secret)
{
	int	 granted[ROWS_MAX];
	size_t	 i;

	ask_all(secret, GIVEN, granted);
	for (i = 0; i < bound_rows_n; i++)
		if (granted[i] != bound_rows[i].readable)
			fail_msg("%s: not %d", bound_rows[i].what,
			    bound_rows[i].readable);
}

static const char *const	hosts[] = { BOUND_HOST, NULL };

/* ---- challenges ---- */

static void
mint_challenge(const void *spec, char text[])
{
	world_challenge(w, spec, text);
}

/* SECURITY T1, T5. */
static void
an_exact_name_is_the_only_one(void **state)
{
	const struct world_challenge	 spec = { .dns = hosts,
	    .binds_san = 1, .subject = BOUND, .max_wrong = 5 };
	const struct secret		 s = { mint_challenge, ask_used,
	    &spec };

	(void)state;
	only_bound(&s);
}

/* SECURITY T1, T5. */
static void
a_template_fits_no_odd_one(void **state)
{
	const struct world_challenge	 spec = { .dns = hosts,
	    .binds_san = 1, .subject = "O=Ex*ple, CN=dev-0",
	    .subject_is = SCEP_SUBJECT_TEMPLATE, .max_wrong = 5 };
	const struct secret		 s = { mint_challenge, ask_used,
	    &spec };

	(void)state;
	only_bound(&s);
}

/* SECURITY T1: what the request says of names is of no interest. */
static void
a_name_that_is_set_is_the_only_one(void **state)
{
	const struct world_challenge	 spec = { .dns = hosts,
	    .binds_san = 1, .subject = GIVEN,
	    .subject_is = SCEP_SUBJECT_SET, .max_wrong = 5 };
	const struct secret		 s = { mint_challenge, ask_used,
	    &spec };

	(void)state;
	only_given(&s);
}

/* SECURITY T1: the key is another one, whatever is said besides. */
static void
a_key_is_the_only_one(void **state)
{
	uint8_t				 key[SCEP_SHA256_LEN];
	const struct world_challenge	 spec = { .key = key, .dns = hosts,
	    .binds_san = 1, .subject = BOUND };
	struct scep_span		 spki;
	struct scep_error		 err;
	char				 ch[SCEP_CHALLENGE_TEXT];
	size_t				 i;
	int				 k;

	(void)state;
	for (k = 0; k < 2; k++) {
		spki = der_spki(w->key[1 - k]);
		assert_int_equal(scep_crypto_sha256(w->crypto, spki, key,
		    &err), SCEP_OK);
		world_empty(w);
		world_challenge(w, &spec, ch);
		for (i = 0; k == 0 && i < bound_rows_n; i++)
			if (ask_odd(&bound_rows[i], ch, BOUND))
				fail_msg("%s: granted", bound_rows[i].what);
		/* The control is its own key. */
		assert_int_equal(ask_odd(NULL, ch, BOUND), k);
	}
}

/* ---- tokens ---- */

static int	ed25519;	/* or HMAC */

static void
mint_token(const void *spec, char text[])
{
	struct minter	 m;

	if (ed25519)
		tokens_ed25519(&m, NULL);
	else
		tokens_hmac(&m, NULL);
	tokens_mint(&m, spec, text);
	tokens_clear(&m);
}

/* As whoever wrote it by hand: names hashed where there is room. */
static void
mint_hashed(const void *spec, char text[])
{
	uint8_t			 hash[SCEP_SHA256_LEN];
	uint8_t			 tag[SCEP_TOKEN_ED25519_LEN];
	char			 payload[160];
	struct scep_error	 err;
	struct minter		 m;
	size_t			 len;

	tokens_hmac(&m, NULL);
	world_must(scep_crypto_sha256(w->crypto, scep_span_text(spec), hash,
	    &err) == SCEP_OK);
	(void)snprintf(payload, sizeof(payload), "b %ld\nx %ld\ni by-hand\n"
	    "p main\nh ", (long)WORLD_NOW, (long)WORLD_NOW + TOKENS_DAY);
	scep_base64_text(scep_span_make(hash, sizeof(hash)), payload);
	len = strlen(payload);
	payload[len] = '\n';
	(void)snprintf(text, sizeof(shown), "st1.%.10s.", m.kid);
	scep_base64_text(scep_span_make(payload, len + 1), text);
	len = tokens_tag(&m, scep_span_text(text), tag);
	scep_token_close(text, scep_span_make(tag, len));
	tokens_clear(&m);
}

static long
used_token(const char *text)
{
	struct scep_challenge	 rec;
	long			 n;

	if (!tokens_row(text, &rec))
		return 0;
	n = rec.used;
	scep_challenge_clear(&rec);
	return n;
}

/* SECURITY T1, T5. */
static void
a_tokens_name_is_the_only_one(void **state)
{
	static const char *const		 subjects[] = { BOUND,
						    "O=Ex*ple, CN=dev-0" };
	struct scep_token_wish			 wish = { .dns = hosts,
						    .n_dns = 1 };
	const struct secret			 s = { mint_token,
						    used_token, &wish };
	size_t					 i;

	(void)state;
	for (i = 0; i < 4; i++) {
		ed25519 = i >= 2;
		wish.subject = subjects[i % 2];
		only_bound(&s);
	}
}

/* SECURITY T1, T5. */
static void
a_name_by_its_hash_is_the_only_one(void **state)
{
	const struct secret	 s = { mint_hashed, used_token,
	    "s " BOUND "\nd " BOUND_HOST "\n" };

	(void)state;
	only_bound(&s);
}

/* SECURITY T1. */
static void
a_name_that_a_token_sets_is_the_only_one(void **state)
{
	const struct scep_token_wish	 wish = { .dns = hosts, .n_dns = 1,
	    .subject = GIVEN, .sets = 1 };
	const struct secret		 s = { mint_token, used_token, &wish };

	(void)state;
	ed25519 = 0;
	only_given(&s);
}

/* ---- those who look at a request ---- */

/* Of these names, one after the other. */
static void
was_told(const char *san)
{
	const json_t	*names = json_object_get(validating.asked[0], "san");
	char		 all[256] = "";
	size_t		 i, len = 0;

	for (i = 0; i < json_array_size(names); i++)
		len += (size_t)snprintf(all + len, sizeof(all) - len, "%s%s",
		    i > 0 ? ", " : "", json_string_value(json_array_get(
		    names, i)));
	assert_string_equal(all, san);
}

/* SECURITY T1: what a validator was shown is what it lets go. */
static void
a_validator_was_shown_what_is_certified(void **state)
{
	struct scep_answer	 answer;
	char			 text[256], san[256];
	size_t			 i, granted = 0;

	profile = "va";
	for (i = 0; i < bound_rows_n; i++) {
		(void)validating_empty(state);
		put(&bound_rows[i], "of an MDM", &answer);
		assert_int_not_equal(answer.outcome, SCEP_PENDING);
		if (answer.outcome == SCEP_GRANTED) {
			granted++;
			names_of(scep_buf_span(&answer.cert), text, san,
			    sizeof(text));
			assert_string_equal(validating_said("subject"), text);
			was_told(san);
		}
		assert_int_equal(world_count(w, SCEP_T_CERTIFICATE),
		    answer.outcome == SCEP_GRANTED);
		scep_answer_clear(&answer);
	}
	assert_in_range(granted, 10, bound_rows_n - 20);
	profile = "main";
}

/* SECURITY T1: the name that it writes is the only one. */
static void
a_name_that_a_validator_writes_is_the_only_one(void **state)
{
	struct scep_answer	 answer;
	size_t			 i, granted = 0;

	profile = "va";
	for (i = 0; i < bound_rows_n; i++) {
		(void)validating_empty(state);
		validating.answer = "{\"decision\":\"allow\",\"subject\":\""
		    GIVEN "\",\"san\":[\"DNS:" BOUND_HOST "\"]}";
		put(&bound_rows[i], "of an MDM", &answer);
		if (answer.outcome == SCEP_GRANTED) {
			granted++;
			judge(&answer, GIVEN, bound_rows[i].what);
		}
		scep_answer_clear(&answer);
	}
	assert_in_range(granted, 10, bound_rows_n - 20);
	profile = "main";
}

/* SECURITY T1: what an operator saw is what he approved; the poll, signed by
 * the key that asked, gets it. */
static void
an_operator_saw_what_is_certified(void **state)
{
	const struct world_request	 poll = { .txid = "t1",
	    .profile = "manual" };
	struct scep_answer		 answer;
	struct scep_error		 err;
	json_t				*list, *one;
	char				 text[256], san[256];
	size_t				 i, waited = 0;

	(void)state;
	profile = "manual";
	for (i = 0; i < bound_rows_n; i++) {
		world_empty(w);
		put(&bound_rows[i], NULL, &answer);
		assert_int_not_equal(answer.outcome, SCEP_GRANTED);
		list = operator_ask(w, 0, "{\"do\":\"request.list\"}");
		assert_int_equal(json_array_size(list),
		    answer.outcome == SCEP_PENDING);
		scep_answer_clear(&answer);
		if ((one = json_array_get(list, 0)) != NULL) {
			waited++;
			json_decref(operator_ask_id(w, 0,
			    "{\"do\":\"request.approve\",\"id\":\"%s\"}",
			    operator_text(one, "id")));
			assert_int_equal(world_poll(w, &poll, &answer, &err),
			    SCEP_OK);
			assert_int_equal(answer.outcome, SCEP_GRANTED);
			names_of(scep_buf_span(&answer.cert), text, san,
			    sizeof(text));
			operator_is(one, "subject", text);
			operator_is(one, "san", san);
			scep_answer_clear(&answer);
		}
		json_decref(list);
	}
	assert_in_range(waited, 10, bound_rows_n - 20);
	profile = "main";
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_setup(an_exact_name_is_the_only_one,
		    ask_empty),
		cmocka_unit_test_setup(a_template_fits_no_odd_one,
		    ask_empty),
		cmocka_unit_test_setup(a_name_that_is_set_is_the_only_one,
		    ask_empty),
		cmocka_unit_test_setup(a_key_is_the_only_one, ask_empty),
		cmocka_unit_test_setup(a_tokens_name_is_the_only_one,
		    ask_empty),
		cmocka_unit_test_setup(a_name_by_its_hash_is_the_only_one,
		    ask_empty),
		cmocka_unit_test_setup(
		    a_name_that_a_token_sets_is_the_only_one, ask_empty),
		cmocka_unit_test_setup(
		    a_validator_was_shown_what_is_certified,
		    validating_empty),
		cmocka_unit_test_setup(
		    a_name_that_a_validator_writes_is_the_only_one,
		    validating_empty),
		cmocka_unit_test_setup(
		    an_operator_saw_what_is_certified, ask_empty),
	};
	int	 rc;

	w = world_new(validating_conf);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	validating_forget();
	world_free(w);
	return rc;
}
