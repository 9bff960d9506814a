/*
 * t_guess.c - SECURITY T2: who knows the id of a token key, of an API key or of
 * nothing at all, and guesses what goes with it; and the dice behind them.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "ca/apikey.h"
#include "ca/challenge.h"
#include "store/store.h"
#include "tests/unit/operator.h"
#include "tests/unit/tokens.h"

#define ALPHABET	"23456789abcdefghijkmnpqrstuvwxyz"
#define MINTED		1000
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define GUESSES	20000		/* there it is memory that is looked at */
#else
#define GUESSES	1000000
#endif

/* Octets at random; xorshift64. */
static void
guess(uint64_t *dice, uint8_t *out, size_t len)
{
	size_t	 i;

	for (i = 0; i < len; i++) {
		*dice ^= *dice << 13;
		*dice ^= *dice >> 7;
		*dice ^= *dice << 17;
		out[i] = (uint8_t)(*dice >> 32);
	}
}

static int
verifies(const struct scep_token_key *rec, const struct scep_token *t)
{
	struct scep_error	 err;
	const char		*why;

	assert_int_equal(scep_token_key_verify(w->crypto, w->cfg, rec, t,
	    &why, &err), SCEP_OK);
	return why == NULL;
}

/* SECURITY T2: of a token that says what somebody would like, he guesses the
 * tag. */
static void
a_million_tags_verify_nothing(void **state)
{
	struct scep_token_key	 rec;
	struct scep_token	 t;
	struct scep_error	 err;
	struct minter		 m;
	uint64_t		 dice = 1;
	uint8_t			 right[SCEP_TOKEN_ED25519_LEN];
	char			 token[SCEP_TOKEN_MAX + 1];
	int			 ed, i, guesses;

	for (ed = 0; ed < 2; ed++) {
		(void)ask_empty(state);
		if (ed)
			tokens_ed25519(&m, NULL);
		else
			tokens_hmac(&m, NULL);
		tokens_mint(&m, NULL, token);
		assert_int_equal(scep_token_read(scep_span_text(token), &t,
		    &err), SCEP_OK);
		assert_int_equal(scep_token_key_load(w->crypto, w->cfg,
		    w->store, m.kid, &rec, &err), SCEP_OK);
		memcpy(right, t.tag, sizeof(right));
		/* A signature takes thirty times as long to verify. */
		guesses = ed ? GUESSES / 50 : GUESSES;
		for (i = 0; i < guesses; i++) {
			guess(&dice, t.tag, t.tag_len);
			if (verifies(&rec, &t))
				fail_msg("%d: a tag was guessed", i);
		}
		/* All but a bit of it is not enough either. */
		for (i = 0; i < (int)t.tag_len * 8; i++) {
			memcpy(t.tag, right, sizeof(right));
			t.tag[i / 8] ^= (uint8_t)(1U << i % 8);
			assert_false(verifies(&rec, &t));
		}
		memcpy(t.tag, right, sizeof(right));
		assert_true(verifies(&rec, &t));	/* the control */
		tokens_clear(&m);
	}
}

static void
api_key(char key[SCEP_APIKEY_TEXT])
{
	json_t	*made = operator_ask(w, 0, "{\"do\":\"apikey.add\","
		    "\"may\":[\"challenge:add\"]}");

	(void)snprintf(key, SCEP_APIKEY_TEXT, "%s", operator_text(made,
	    "key"));
	json_decref(made);
}

static int
opens(const char *key)
{
	const struct scep_knocker	 who = { .key = key };
	struct scep_apikey		 rec;
	struct scep_error		 err;

	return scep_apikey_find(w->crypto, w->cfg, w->store, WORLD_NOW, &who,
	    &rec, &err) == SCEP_OK;
}

static void
a_million_api_keys_open_nothing(void **state)
{
	char		 key[SCEP_APIKEY_TEXT], wrong[SCEP_APIKEY_TEXT];
	char		*secret;
	uint8_t		 octets[SCEP_CHALLENGE_SECRET];
	uint64_t	 dice = 2;
	int		 i;
	size_t		 at;

	(void)ask_empty(state);
	api_key(key);
	(void)strcpy(wrong, key);
	secret = wrong + strlen(wrong) - SCEP_CHALLENGE_SECRET;
	for (i = 0; i < GUESSES; i++) {
		guess(&dice, octets, sizeof(octets));
		scep_challenge_letters(octets, sizeof(octets), secret);
		if (opens(wrong))
			fail_msg("%d: %s opens", i, wrong);
	}
	/* Each of its letters counts. */
	for (at = 0; at < SCEP_CHALLENGE_SECRET; at++) {
		(void)strcpy(wrong, key);
		secret[at] = secret[at] == '2' ? '3' : '2';
		assert_false(opens(wrong));
	}
	assert_true(opens(key));	/* the control */
}

/* Each of the 32 letters at each place, about equally. */
static void
the_dice_of_api_keys_are_fair(void **state)
{
	static char	 all[MINTED][SCEP_APIKEY_TEXT];
	int		 count[32], i, c;
	size_t		 at;

	(void)ask_empty(state);
	for (i = 0; i < MINTED; i++)
		api_key(all[i]);
	for (at = strlen(SCEP_APIKEY_PREFIX); all[0][at] != '\0'; at++) {
		if (all[0][at] == '-')
			continue;
		memset(count, 0, sizeof(count));
		for (i = 0; i < MINTED; i++) {
			assert_non_null(strchr(ALPHABET, all[i][at]));
			count[strchr(ALPHABET, all[i][at]) - ALPHABET]++;
		}
		/* 31.25 expected; 5 standard deviations either way. */
		for (c = 0; c < 32; c++)
			assert_in_range(count[c], 3, 60);
	}
	for (i = 0; i < MINTED; i++)
		for (c = 0; c < i; c++)
			assert_string_not_equal(all[i], all[c]);
}

/* Each bit of a token key's secret, about every other time. */
static void
the_secrets_of_token_keys_are_fair(void **state)
{
	static uint8_t	 all[MINTED][SCEP_TOKEN_SECRET];
	struct minter	 m;
	int		 bit, i, c, n;

	(void)ask_empty(state);
	for (i = 0; i < MINTED; i++) {
		tokens_hmac(&m, NULL);
		memcpy(all[i], m.secret, sizeof(m.secret));
		tokens_clear(&m);
	}
	for (bit = 0; bit < 8 * SCEP_TOKEN_SECRET; bit++) {
		for (n = i = 0; i < MINTED; i++)
			n += all[i][bit / 8] >> bit % 8 & 1;
		/* 500 expected; 5 standard deviations either way. */
		assert_in_range(n, 420, 580);
	}
	for (i = 0; i < MINTED; i++)
		for (c = 0; c < i; c++)
			assert_memory_not_equal(all[i], all[c],
			    SCEP_TOKEN_SECRET);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(a_million_tags_verify_nothing),
		cmocka_unit_test(a_million_api_keys_open_nothing),
		cmocka_unit_test(the_dice_of_api_keys_are_fair),
		cmocka_unit_test(the_secrets_of_token_keys_are_fair),
	};
	int	 failed;

	w = world_new(NULL);
	world_reseed(w, 1);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	world_free(w);
	return failed;
}
