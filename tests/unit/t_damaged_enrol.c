/*
 * t_damaged_enrol.c - nobody comes to a certificate by a row that cannot be
 * read: not by what it would have allowed, nor as if it were not there.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "tests/unit/knocking.h"
#include "tests/unit/spoil.h"
#include "tests/unit/tokens.h"

#define DAY	TOKENS_DAY
#define YEAR	(366 * DAY)

static struct scep_store	*kept, *store;	/* the world's own; on a disk */
static char			 id[SCEP_REC_NAME];	/* of a challenge */

static int
setup(void **state)
{
	(void)ask_empty(state);
	kept = w->store;
	w->store = store = spoil_open();
	world_use(w, store);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	w->store = kept;
	world_empty(w);
	spoil_close(store);
	return 0;
}

/* Device k asks, as often as it likes, and gets this. */
static void
asks(int k, const char *txid, const char *challenge, time_t later,
    const char *end, const char *why)
{
	struct world_request	 r = ask_new(k, txid, challenge);

	r.later = later;
	ask_expect(&r, end, why);
	ask_spend(&r, end, why);
}

static void
mint(char challenge[SCEP_CHALLENGE_TEXT])
{
	ask_mint("main", challenge);
	assert_true(scep_challenge_id(scep_span_text(challenge), id));
}

/* Every row of a table. */
static void
spoil_table(enum scep_table table)
{
	size_t	 i, n = spoil_rows(store, table);

	assert_true(n > 0);
	for (i = 0; i < n; i++)
		spoil_nth(store, table, i);
}

/* Whatever tending does about it. */
static void
tend(time_t later)
{
	struct scep_error	 err;
	int			 i;

	for (i = 0; i < 3; i++)
		(void)scep_ca_tend(w->ca, WORLD_NOW + later, &err);
}

static void
a_challenge(void **state)
{
	char	 challenge[SCEP_CHALLENGE_TEXT];
	size_t	 at;

	(void)state;
	/* The DER, and the format in front of it. */
	for (at = 0; at <= SCEP_SHA256_LEN; at += SCEP_SHA256_LEN / 2) {
		mint(challenge);
		spoil(store, SCEP_T_CHALLENGE, scep_span_text(id), at > 0 ?
		    9 : 0, 0xff);
		asks(0, "t1", challenge, 0, "store", "challenge record");
		tend(0);
		asks(0, "t1", challenge, 0, "store", "challenge record");
		tend(5 * YEAR);
		asks(0, "t1", challenge, 0, "store", "challenge record");
		assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 0);
	}
	mint(challenge);
	asks(0, "t1", challenge, 0, "granted", "");	/* the control */
}

/* Nor is it good for another one when its row is gone bad. */
static void
a_used_challenge(void **state)
{
	char	 challenge[SCEP_CHALLENGE_TEXT];

	(void)state;
	mint(challenge);
	asks(0, "t1", challenge, 0, "granted", "");
	asks(1, "t2", challenge, 0, "refused", "used up");
	spoil(store, SCEP_T_CHALLENGE, scep_span_text(id), 0, 0xff);
	asks(1, "t2", challenge, 0, "store", "challenge record");
	tend(5 * YEAR);
	asks(1, "t2", challenge, 0, "store", "challenge record");
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 1);
}

/* A token has no row before its first use: one that cannot be read is not none,
 * and does not go as long as somebody could use it again. */
static void
the_use_of_a_token(void **state)
{
	struct minter	 m;
	char		 token[SCEP_TOKEN_MAX + 1];

	(void)state;
	tokens_hmac(&m, NULL);
	tokens_mint(&m, NULL, token);
	asks(0, "t1", token, 0, "granted", "");
	asks(1, "t2", token, 0, "refused", "used up");
	spoil_table(SCEP_T_CHALLENGE);
	asks(1, "t2", token, 0, "store", "challenge record");
	tend(5 * YEAR);
	asks(1, "t2", token, 0, "store", "challenge record");
	world_use(w, store);
	asks(1, "t2", token, 0, "store", "challenge record");
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 1);
	assert_int_equal(spoil_rows(store, SCEP_T_CHALLENGE), 1);
	tokens_clear(&m);
}

static void
the_key_of_a_token(void **state)
{
	struct minter	 m;
	char		 token[SCEP_TOKEN_MAX + 1];

	(void)state;
	tokens_hmac(&m, NULL);
	tokens_mint(&m, NULL, token);
	asks(0, "t1", token, 0, "granted", "");		/* the control */
	tokens_mint(&m, NULL, token);
	spoil_table(SCEP_T_TOKEN_KEY);
	asks(1, "t2", token, 0, "refused", "its row was changed");
	world_use(w, store);
	asks(1, "t2", token, 0, "refused", "its row was changed");
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 1);
	tokens_clear(&m);
}

/* Who asks again with another challenge is not served twice. */
static void
a_transaction(void **state)
{
	char	 challenge[SCEP_CHALLENGE_TEXT];

	(void)state;
	mint(challenge);
	asks(0, "t1", challenge, 0, "granted", "");
	spoil_table(SCEP_T_TRANSACTION);
	mint(challenge);
	asks(0, "t1", challenge, 0, "store", "transaction record");
	tend(0);
	asks(0, "t1", challenge, 0, "store", "transaction record");
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 1);
	assert_int_equal(ask_used(challenge), 0);
	asks(1, "t2", challenge, 0, "granted", "");	/* the control */
}

static void
a_certificate(void **state)
{
	char	 challenge[SCEP_CHALLENGE_TEXT];

	(void)state;
	mint(challenge);
	asks(0, "t1", challenge, 0, "granted", "");
	spoil_table(SCEP_T_CERTIFICATE);
	asks(0, "t1", challenge, 0, "store", "certificate record");
	asks(0, "t3", challenge, 0, "store", "certificate record");
	mint(challenge);
	asks(1, "t2", challenge, 0, "granted", "");	/* the control */
}

#define ADD	"challenge.add"
#define MAY	"\"may\":[\"challenge:add\"],\"max_live\":2"

static void
an_api_key(void **state)
{
	enum scep_err	 rc;

	(void)state;
	free(knock_record(MAY));
	knock_open(0, knock_by(), ADD, "");		/* the control */
	spoil_table(SCEP_T_APIKEY);
	json_decref(knock_ask(0, knock_by(), ADD, "", &rc));
	assert_int_not_equal(rc, SCEP_OK);
	world_use(w, store);
	json_decref(knock_ask(0, knock_by(), ADD, "", &rc));
	assert_int_not_equal(rc, SCEP_OK);
	assert_int_equal(spoil_rows(store, SCEP_T_CHALLENGE), 1);
	/* Others are let in. */
	free(knock_record(MAY));
	knock_open(0, knock_by(), ADD, "");
}

/* Nobody can use it: so it does not count as one that is good. */
static void
a_challenge_of_an_api_key(void **state)
{
	(void)state;
	free(knock_record(MAY));
	knock_open(0, knock_by(), ADD, "");
	spoil_table(SCEP_T_CHALLENGE);
	knock_open(0, knock_by(), ADD, "");
	knock_open(0, knock_by(), ADD, "");
	knock_closed(0, knock_by(), ADD, "", SCEP_DENY_LIVE);
}

/* An index may be damaged as well: what says itself that it is to stay does. */
static void
an_entry_before_its_time(void **state)
{
	struct minter	 m;
	char		 token[SCEP_TOKEN_MAX + 1];

	(void)state;
	tokens_hmac(&m, NULL);
	tokens_mint(&m, NULL, token);
	asks(0, "t1", token, 0, "granted", "");
	spoil_entry(store, SCEP_IX_CHALLENGE_EXPIRES, WORLD_NOW - DAY);
	spoil_entry(store, SCEP_IX_TRANSACTION_EXPIRES, WORLD_NOW - DAY);
	tend(0);
	assert_int_equal(spoil_rows(store, SCEP_T_CHALLENGE), 1);
	assert_int_equal(spoil_rows(store, SCEP_T_TRANSACTION), 1);
	asks(1, "t2", token, 0, "refused", "used up");
	tend(5 * YEAR);
	assert_int_equal(spoil_rows(store, SCEP_T_CHALLENGE), 0);
	assert_int_equal(spoil_rows(store, SCEP_T_TRANSACTION), 0);
	tokens_clear(&m);
}

#define T(test)	cmocka_unit_test_setup_teardown(test, setup, teardown)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		T(a_challenge),
		T(a_used_challenge),
		T(the_use_of_a_token),
		T(the_key_of_a_token),
		T(a_transaction),
		T(a_certificate),
		T(an_api_key),
		T(a_challenge_of_an_api_key),
		T(an_entry_before_its_time),
	};
	int			 rc;

	w = world_new(NULL);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	world_free(w);
	return rc;
}
