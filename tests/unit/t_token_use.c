/*
 * t_token_use.c - requests that show tokens: for whom they are good, when, how
 * often; wrong names; what becomes of their rows.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/crypto.h>

#include "ca/restore_token.h"
#include "tests/unit/operator.h"
#include "tests/unit/tokens.h"

#define DAY		TOKENS_DAY
#define ROUNDS		100
#define LONG_NAME \
	"OU=Printers and other things, O=Example Corporation and its heirs, " \
	"CN=printer-22.building-7.example"

static struct minter	 m;
static char		 token[SCEP_TOKEN_MAX + 1];

static int
setup(void **state)
{
	(void)ask_empty(state);
	tokens_hmac(&m, NULL);
	return 0;
}

static int
setup_ed25519(void **state)
{
	(void)ask_empty(state);
	tokens_ed25519(&m, NULL);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	tokens_clear(&m);
	return 0;
}

static void
mint(const char *subject, const char *dns)
{
	const char *const		 list[] = { dns };
	const struct scep_token_wish	 wish = {
		.subject = subject, .dns = list, .n_dns = dns != NULL,
	};

	tokens_mint(&m, &wish, token);
}

/* Device k asks with the token, so much later. */
static void
tried(long later, int k, const char *txid, const char *subject,
    const char *dns, const char *end, const char *why)
{
	const char *const	 list[] = { dns, NULL };
	struct world_request	 r;

	memset(&r, 0, sizeof(r));
	r.txid = txid;
	r.signer = k;
	r.later = later;
	r.csr = client_csr(w->key[k], subject, token, dns != NULL ? list :
	    NULL);
	ask_spend(&r, end, why);
}

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

/* SECURITY T4, T12. */
static void
one_token_is_one_certificate(void **state)
{
	struct scep_challenge	 rec;

	(void)state;
	mint("CN=x", "x.example");
	tried(0, 0, "t1", "/CN=x", "x.example", "granted", "challenge");
	assert_true(tokens_row(token, &rec));
	assert_int_equal(rec.used, 1);
	assert_int_equal(rec.uses, 1);
	assert_int_equal(rec.subject_is, SCEP_SUBJECT_EXACT);
	assert_string_equal(rec.profile, "main");
	assert_non_null(strstr(rec.issuer, m.kid));
	scep_challenge_clear(&rec);
	tried(1, 1, "t2", "/CN=x", "x.example", "refused", "used up");
	/* Who lost the answer gets it again, under whatever transactionID. */
	tried(1, 0, "t1", "/CN=x", "x.example", "granted", "before");
	tried(2, 0, "t3", "/CN=x", "x.example", "granted", "used by this");
	tried(DAY + 1, 0, "t4", "/CN=x", "x.example", "refused", "used up");
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 1);
	assert_int_equal(used(), 1);
	/* Another token of that id was used, too. */
	{
		const struct scep_token_wish	 again = {
			.id = rec.id + strlen("t-") + SCEP_TOKEN_KID + 1,
			.begins = WORLD_NOW - 1,
		};

		tokens_mint(&m, &again, token);
	}
	tried(3, 2, "t5", "/CN=other", NULL, "refused", "used up");
	mint(NULL, NULL);
	tried(3, 2, "t5", "/CN=other", NULL, "granted", "challenge");
}

/* SECURITY T1, T5. */
static void
it_is_for_whom_it_says(void **state)
{
	(void)state;
	mint("CN=x", "x.example");
	tried(0, 0, "t1", "/CN=y", "x.example", "refused", "another subject");
	tried(0, 0, "t2", "/CN=x", "y.example", "refused", "alternative");
	tried(0, 0, "t3", "/CN=x", NULL, "refused", "alternative");
	assert_int_equal(used(), -1);
	tried(0, 0, "t4", "/CN=x", "x.example", "granted", "challenge");
	mint("CN=dev-*", NULL);
	tried(0, 0, "t5", "/CN=x", NULL, "refused", "another subject");
	tried(0, 0, "t6", "/CN=dev-1", "a.b", "refused", "alternative");
	tried(0, 0, "t7", "/CN=dev-1", NULL, "granted", "challenge");
	mint(NULL, NULL);
	tried(0, 0, "t8", "/CN=whoever", "a.b", "granted", "challenge");
}

static void
it_may_give_the_names(void **state)
{
	const struct scep_token_wish	 wish = {
		.subject = "O=Example, CN=given", .sets = 1,
	};
	struct world_request		 r;
	struct outcome			 o;

	(void)state;
	tokens_mint(&m, &wish, token);
	memset(&r, 0, sizeof(r));
	r.txid = "t1";
	r.csr = client_csr(w->key[0], "/L=Nowhere/CN=mine", token, NULL);
	o = ask_expect_keep(&r, "granted", "challenge");
	assert_string_equal(o.answer.subject, "O=Example, CN=given");
	scep_answer_clear(&o.answer);
	bytes_free(&r.csr);
	/* Those that the profile allows. */
	{
		const struct scep_token_wish	 bad = {
			.subject = "L=Nowhere, CN=given", .sets = 1,
		};

		tokens_mint(&m, &bad, token);
		tried(0, 1, "t2", "/CN=x", NULL, "refused", "subject");
	}
}

static void
key_of(int k, uint8_t out[SCEP_SHA256_LEN])
{
	struct bytes		 der = client_csr(w->key[k], "/CN=x", NULL,
				    NULL);
	const struct scep_profile	*p = scep_config_profile(w->cfg,
					    "main");
	struct scep_csr		*csr;
	struct scep_error	 err;

	world_must(scep_csr_parse(w->crypto, scep_span_make(der.data,
	    der.len), &p->keys, 0, &csr, &err) == SCEP_OK);
	memcpy(out, csr->key.sha256, SCEP_SHA256_LEN);
	scep_csr_free(csr);
	bytes_free(&der);
}

/* SECURITY T1: bound by a hash, of names alone or of the key too: each part
 * of it counts. */
static void
long_names_are_bound_as_well(void **state)
{
	static const char *const	 dns[] = { "a.example", "b.example" };
	static const char *const	 all[] = { "b.example", "a.example",
					    NULL };
	static const char		*const subject =
	    "/OU=Printers and other things"
	    "/O=Example Corporation and its heirs"
	    "/CN=printer-22.building-7.example";
	uint8_t				 sha[SCEP_SHA256_LEN];
	struct scep_token_wish		 wish = {
		.subject = LONG_NAME, .dns = dns, .n_dns = 2,
	};
	struct world_request		 r;
	struct scep_challenge		 rec;
	struct scep_token		 t;
	struct scep_error		 err;
	int				 i;

	(void)state;
	key_of(0, sha);
	for (i = 0; i < 2; i++) {
		wish.key_sha256 = i == 0 ? NULL : sha;
		tokens_mint(&m, &wish, token);
		assert_int_equal(scep_token_read(scep_span_text(token), &t,
		    &err), SCEP_OK);
		assert_int_not_equal(t.bound, SCEP_TOKEN_CLEAR);
		tried(0, 0, "t1", "/CN=printer-22.building-7.example", NULL,
		    "refused", "another subject");
		tried(0, 0, "t2", subject, "a.example", "refused",
		    "another subject");
		memset(&r, 0, sizeof(r));
		if (i == 1) {
			r.txid = "t3";
			r.signer = 1;
			r.csr = client_csr(w->key[1], subject, token, all);
			ask_spend(&r, "refused", "another");
		}
		r.txid = i == 0 ? "t4" : "t5";
		r.signer = 0;
		r.csr = client_csr(w->key[0], subject, token, all);
		ask_spend(&r, "granted", "challenge");
		/* By now it is known whom it was for. */
		assert_true(tokens_row(token, &rec));
		assert_int_equal(rec.subject_is, SCEP_SUBJECT_EXACT);
		assert_true(rec.binds_san && rec.san.len > 0);
		assert_int_equal(rec.has_key, i);
		scep_challenge_clear(&rec);
	}
}

static void
the_key_is_bound(void **state)
{
	uint8_t			 sha[SCEP_SHA256_LEN];
	struct scep_token_wish	 wish = { .key_sha256 = sha };

	(void)state;
	key_of(1, sha);
	tokens_mint(&m, &wish, token);
	tried(0, 0, "t1", "/CN=x", NULL, "refused", "another key");
	tried(0, 1, "t2", "/CN=x", NULL, "granted", "challenge");
}

static void
it_has_its_time(void **state)
{
	struct scep_token_wish	 wish = { .expires = 0 };

	(void)state;
	tokens_mint(&m, NULL, token);
	tried(DAY - 1, 0, "t1", "/CN=a", NULL, "granted", "challenge");
	tokens_mint(&m, NULL, token);
	tried(DAY, 1, "t2", "/CN=b", NULL, "refused", "expired");
	/* Whoever minted is ahead of us: so far, and no farther. */
	wish.begins = WORLD_NOW + SCEP_TOKEN_SKEW_S;
	tokens_mint(&m, &wish, token);
	tried(0, 1, "t3", "/CN=c", NULL, "granted", "challenge");
	wish.begins++;
	tokens_mint(&m, &wish, token);
	tried(0, 2, "t4", "/CN=d", NULL, "refused", "not good yet");
	tried(1, 2, "t5", "/CN=d", NULL, "granted", "challenge");
	wish.begins = WORLD_NOW + 10 * 365 * DAY;
	tokens_mint(&m, &wish, token);
	tried(0, 2, "t6", "/CN=e", NULL, "refused", "not good yet");
	/* As long as its key allows. */
	wish.begins = WORLD_NOW;
	wish.expires = WORLD_NOW + DAY + 1;
	tokens_mint(&m, &wish, token);
	tried(0, 2, "t7", "/CN=f", NULL, "refused", "the key allows 1d");
	wish.expires--;
	tokens_mint(&m, &wish, token);
	tried(0, 2, "t8", "/CN=f", NULL, "granted", "challenge");
}

/* SECURITY T5. */
static void
wrong_names_freeze_it(void **state)
{
	struct scep_challenge	 rec;
	struct scep_error	 err;
	char			 txid[16], subject[32], row[SCEP_REC_NAME];
	int			 i;

	(void)state;
	mint("CN=x", NULL);
	for (i = 0; i < SCEP_TOKEN_WRONG; i++) {
		(void)snprintf(txid, sizeof(txid), "w%d", i);
		(void)snprintf(subject, sizeof(subject), "/CN=y%d", i);
		tried(0, 1, txid, subject, NULL, "refused", "wrong name");
		/* Who sends another's request again freezes nothing. */
		tried(0, 1, txid, subject, NULL, "refused", i <
		    SCEP_TOKEN_WRONG - 1 ? "was counted" : "another subject");
	}
	tried(0, 0, "t1", "/CN=x", NULL, "refused", "frozen");
	/* Nothing was written by then; it has a row as soon as it is tended,
	 * of no use to anybody. */
	assert_int_equal(used(), -1);
	assert_int_equal(scep_ca_tend_soon(w->ca, &err), SCEP_OK);
	assert_true(tokens_row(token, &rec));
	assert_int_equal(rec.state, SCEP_CHALLENGE_FROZEN);
	assert_int_equal(rec.wrong, SCEP_TOKEN_WRONG);
	(void)snprintf(row, sizeof(row), "%s", rec.id);
	scep_challenge_clear(&rec);
	tried(0, 0, "t2", "/CN=x", NULL, "refused", "frozen");
	json_decref(operator_ask_id(w, 0,
	    "{\"do\":\"challenge.thaw\",\"id\":\"%s\"}", row));
	tried(0, 1, "t3", "/CN=y", NULL, "refused", "wrong name 1 of 5");
	tried(0, 0, "t4", "/CN=x", NULL, "granted", "challenge");
	/* Just now: the operator is not told that nobody knows of it. */
	mint("CN=x", NULL);
	tried(0, 1, "t9", "/CN=y", NULL, "refused", "wrong name 1 of 5");
	{
		json_t	*one = operator_ask_id(w, 0, "{\"do\":"
			    "\"challenge.show\",\"id\":\"%s\"}", token);

		operator_is(one, "binds", "what the token says");
		operator_is(one, "state", "live");
		assert_int_equal(json_integer_value(json_object_get(one,
		    "wrong")), 1);
		json_decref(one);
	}
	/* One that nobody has thawed, spent by its own device. */
	mint("CN=x", NULL);
	tried(0, 1, "t5", "/CN=y", NULL, "refused", "wrong name 1 of 5");
	assert_int_equal(scep_ca_tend_soon(w->ca, &err), SCEP_OK);
	tried(0, 1, "t6", "/CN=x", NULL, "granted", "challenge");
	assert_true(tokens_row(token, &rec));
	assert_int_equal(rec.wrong, 1);
	assert_int_equal(rec.used, 1);
	scep_challenge_clear(&rec);
}

/* All that is refused looks alike, from outside. */
static void
refusals_are_alike(void **state)
{
	static const char *const	 shown[] = {
		"st1.", "st1.abc", "st1...", "rubbish",
		"2345678923-23456789234567892345678923",
	};
	struct world_request		 r;
	struct outcome			 o;
	char				 bad[SCEP_TOKEN_MAX + 1];
	size_t				 i;

	(void)state;
	mint("CN=x", NULL);
	for (i = 0; i < 9; i++) {
		memset(&r, 0, sizeof(r));
		r.txid = "t1";
		(void)snprintf(bad, sizeof(bad), "%s", i < 5 ? shown[i] :
		    token);
		if (i == 5)		/* another tag */
			bad[strlen(bad) - 10] ^= 1;
		if (i == 6)		/* no such key */
			bad[4] = bad[4] == 'a' ? 'b' : 'a';
		if (i == 7)		/* another payload */
			bad[20] = bad[20] == 'c' ? 'd' : 'c';
		/* 8: its own, with another name */
		r.csr = client_csr(w->key[0], "/CN=y", bad, NULL);
		o = ask_expect_keep(&r, "refused", i < 8 ?
		    "challenge unknown" : "another subject");
		assert_int_equal(o.answer.code, SCEP_E_REFUSED);
		assert_int_equal(o.answer.cert.len, 0);
		scep_answer_clear(&o.answer);
		bytes_free(&r.csr);
	}
	assert_int_equal(world_count(w, SCEP_T_CHALLENGE), 0);
	tried(0, 0, "t1", "/CN=x", NULL, "granted", "challenge");
}

/* Rivals. */

struct rival {
	pthread_t		 thread;
	struct world_request	 r;
	char			 txid[16];
	struct outcome		 o;
};

static void *
run_rival(void *arg)
{
	struct rival	*rival = arg;

	rival->o.rc = world_enrol(w, &rival->r, &rival->o.answer,
	    &rival->o.err);
	OPENSSL_thread_stop_ex(w->ctx);
	return NULL;
}

static void
one_round(int round)
{
	struct rival	 rival[WORLD_KEYS];
	char		 subject[32];
	int		 k, won = 0;

	memset(rival, 0, sizeof(rival));
	tokens_mint(&m, NULL, token);
	for (k = 0; k < WORLD_KEYS; k++) {
		(void)snprintf(rival[k].txid, sizeof(rival[k].txid), "%d-%d",
		    round, k);
		(void)snprintf(subject, sizeof(subject), "/CN=r-%d-%d", round,
		    k);
		rival[k].r.txid = rival[k].txid;
		rival[k].r.signer = k;
		rival[k].r.csr = client_csr(w->key[k], subject, token, NULL);
	}
	for (k = 0; k < WORLD_KEYS; k++)
		world_must(pthread_create(&rival[k].thread, NULL, run_rival,
		    &rival[k]) == 0);
	for (k = 0; k < WORLD_KEYS; k++) {
		world_must(pthread_join(rival[k].thread, NULL) == 0);
		assert_int_equal(rival[k].o.rc, SCEP_OK);
		if (rival[k].o.answer.outcome == SCEP_GRANTED)
			won++;
		else
			assert_non_null(strstr(rival[k].o.answer.reason,
			    "used up"));
		scep_answer_clear(&rival[k].o.answer);
		bytes_free(&rival[k].r.csr);
	}
	assert_int_equal(won, 1);
}

/* SECURITY T4. */
static void
of_rivals_one_wins_a_hundred_times(void **state)
{
	int	 i;

	(void)state;
	for (i = 0; i < ROUNDS; i++)
		one_round(i);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), ROUNDS);
	assert_int_equal(world_count(w, SCEP_T_CHALLENGE), ROUNDS);
}

/* Rows. */

static size_t
rows_after(time_t later)
{
	struct scep_error	 err;

	assert_int_equal(scep_ca_tend(w->ca, WORLD_NOW + later, &err),
	    SCEP_OK);
	return world_count(w, SCEP_T_CHALLENGE);
}

static json_int_t
purged(time_t later)
{
	json_t		*result = operator_ask(w, later,
			    "{\"do\":\"challenge.purge\"}");
	json_int_t	 n = json_integer_value(json_object_get(result,
			    "purged"));

	json_decref(result);
	return n;
}

static void
its_row_outlives_it(void **state)
{
	(void)state;
	tokens_mint(&m, NULL, token);
	tried(0, 0, "t1", "/CN=a", NULL, "granted", "challenge");
	assert_int_equal(rows_after(DAY + SCEP_TOKEN_KEPT_S - 1), 1);
	assert_int_equal(rows_after(DAY + SCEP_TOKEN_KEPT_S + 1), 0);
	/* Nor does who purges bring it back to life: not as long as it
	 * verifies, and a day longer, for clocks are set back. */
	tokens_mint(&m, NULL, token);
	tried(0, 1, "t2", "/CN=b", NULL, "granted", "challenge");
	assert_int_equal(purged(DAY - 1), 0);
	assert_int_equal(purged(DAY + SCEP_TOKEN_HELD_S - 1), 0);
	tried(1, 2, "t3", "/CN=c", NULL, "refused", "used up");
	assert_int_equal(purged(DAY + SCEP_TOKEN_HELD_S + 1), 1);
	tried(DAY + SCEP_TOKEN_HELD_S + 2, 2, "t4", "/CN=c", NULL, "refused",
	    "expired");
}

static void
the_operator_sees_it(void **state)
{
	json_t	*one;
	char	 row[SCEP_REC_NAME];

	(void)state;
	mint("CN=x", NULL);
	operator_refused_id(w, 0, "{\"do\":\"challenge.show\",\"id\":\"%s\"}",
	    token, SCEP_E_NOTFOUND, "was not used yet");
	tried(0, 0, "t1", "/CN=x", NULL, "granted", "challenge");
	one = operator_ask_id(w, 0, "{\"do\":\"challenge.show\",\"id\":"
	    "\"%s\"}", token);
	operator_is(one, "state", "used");
	operator_is(one, "binds", "subject and SAN");
	operator_is(one, "subject", "CN=x");
	(void)snprintf(row, sizeof(row), "%s", operator_text(one, "id"));
	json_decref(one);
	assert_memory_equal(row, "t-", 2);
	/* No more is given to that device, once it is revoked. */
	one = operator_ask_id(w, 0, "{\"do\":\"challenge.revoke\",\"id\":"
	    "\"%s\"}", row);
	operator_is(one, "state", "revoked");
	json_decref(one);
	tried(1, 0, "t2", "/CN=x", NULL, "refused", "revoked");
	assert_false(world_holds(w, token));
	/* One that nobody has used yet. */
	mint("CN=y", NULL);
	one = operator_ask_id(w, 0, "{\"do\":\"challenge.revoke\",\"id\":"
	    "\"%s\"}", token);
	operator_is(one, "state", "revoked");
	operator_is(one, "subject", "CN=y");
	json_decref(one);
	tried(1, 1, "t3", "/CN=y", NULL, "refused", "challenge was revoked");
	mint("CN=y", NULL);
	tried(1, 1, "t4", "/CN=y", NULL, "granted", "challenge");
}

/* What is pasted must be a token of ours: another row, or one that goes too
 * early, would leave the real one good. */
static void
only_a_token_of_ours_is_revoked(void **state)
{
	static const char	 ask[] =
	    "{\"do\":\"challenge.revoke\",\"id\":\"%s\"}";
	char			 good[SCEP_TOKEN_MAX + 1];
	char			*c;

	(void)state;
	mint("CN=x", NULL);
	OPENSSL_strlcpy(good, token, sizeof(good));
	c = strrchr(token, '.') + 1;
	*c = *c == 'A' ? 'B' : 'A';
	operator_refused_id(w, 0, ask, token, SCEP_E_REFUSED,
	    "its tag does not verify");
	OPENSSL_strlcpy(token, good, sizeof(token));
	token[4] = token[4] == 'a' ? 'b' : 'a';
	operator_refused_id(w, 0, ask, token, SCEP_E_REFUSED, "no such key");
	assert_int_equal(world_count(w, SCEP_T_CHALLENGE), 0);
	json_decref(operator_ask_id(w, 0, ask, good));
	OPENSSL_strlcpy(token, good, sizeof(token));
	tried(1, 0, "t1", "/CN=x", NULL, "refused", "challenge was revoked");
}

/* Of a wrong name that was counted just now there is no row yet. */
static void
what_was_counted_just_now_is_revoked(void **state)
{
	static const char	 ask[] =
	    "{\"do\":\"challenge.revoke\",\"id\":\"%s\"}";
	static const char	 ask_list[] =
	    "{\"do\":\"challenge.revokelist\",\"ids\":[\"%s\"]}";
	struct scep_token	 t;
	struct scep_error	 err;
	char			 row[SCEP_REC_NAME];
	int			 i;

	(void)state;
	for (i = 0; i < 2; i++) {
		mint("CN=x", NULL);
		assert_int_equal(scep_token_read(scep_span_text(token), &t,
		    &err), SCEP_OK);
		scep_token_row(&t, row);
		operator_refused_id(w, 0, i == 0 ? ask : ask_list, row,
		    SCEP_E_NOTFOUND, "was not used yet");
		tried(0, 1, i == 0 ? "t1" : "t2", "/CN=y", NULL, "refused",
		    "wrong name 1 of 5");
		json_decref(operator_ask_id(w, 0, i == 0 ? ask : ask_list,
		    row));
		tried(0, 0, i == 0 ? "t3" : "t4", "/CN=x", NULL, "refused",
		    "challenge was revoked");
	}
}

/* A backup may have forgotten that it was used. */
static void
a_restored_state_takes_none_of_before(void **state)
{
	const struct scep_restoring	 to = { w->crypto, w->cfg,
						w->store };
	struct scep_restored	 count = { .challenges = 0 };
	struct scep_token_wish	 wish = { .begins = 0 };
	struct scep_error	 err;

	(void)state;
	tokens_mint(&m, NULL, token);
	tried(0, 0, "t1", "/CN=a", NULL, "granted", "challenge");
	assert_int_equal(scep_restore_void(&to, WORLD_NOW + 60, 0, &count,
	    &err), SCEP_OK);
	assert_int_equal(count.token_keys, 1);
	tried(61, 0, "t2", "/CN=a", NULL, "refused", "restored");
	wish.begins = WORLD_NOW + 60 + SCEP_TOKEN_SKEW_S;
	tokens_mint(&m, &wish, token);
	tried(400, 1, "t3", "/CN=b", NULL, "refused", "restored");
	wish.begins++;
	tokens_mint(&m, &wish, token);
	tried(400, 1, "t4", "/CN=b", NULL, "granted", "challenge");
}

/* One that begins later than that is good whatever was forgotten, unless the
 * log says that it was revoked. */
static void
what_was_revoked_after_the_backup_stays_so(void **state)
{
	const struct scep_restoring	 to = { w->crypto, w->cfg,
						w->store };
	struct scep_restored	 count = { .challenges = 0 };
	struct scep_token_wish	 wish = { .begins = WORLD_NOW + DAY };
	struct scep_change	 change = { .n = 0 };
	struct scep_token	 t;
	struct scep_error	 err;
	char			 row[2][SCEP_REC_NAME], entry[256];
	char			 other[SCEP_TOKEN_MAX + 1];
	int			 i;

	(void)state;
	tokens_mint(&m, &wish, other);
	tokens_mint(&m, &wish, token);
	assert_int_equal(scep_token_read(scep_span_text(token), &t, &err),
	    SCEP_OK);
	scep_token_row(&t, row[0]);
	(void)snprintf(row[1], sizeof(row[1]), "t-%.10s-more", m.kid);
	(void)snprintf(entry, sizeof(entry), "time=2026-11-24T12:00:00Z "
	    "event=challenge-revoked id=2345678923,%s,%s by=\"uid 0\"",
	    row[1], row[0]);
	/* Twice in the log: there is one row of each. */
	for (i = 0; i < 2; i++) {
		assert_int_equal(scep_restore_token(w->store,
		    scep_span_text(entry), &change, &err), SCEP_OK);
		assert_int_equal(change.n, i == 0 ? 2 : 0);
		assert_int_equal(scep_store_commit(w->store, &change, &err),
		    SCEP_OK);
		scep_change_clear(&change);
	}
	assert_int_equal(scep_restore_void(&to, WORLD_NOW + 60, 0, &count,
	    &err), SCEP_OK);
	/* Nor does it go before the token does. */
	assert_int_equal(scep_ca_tend(w->ca, WORLD_NOW + 300 * DAY, &err),
	    SCEP_OK);
	assert_int_equal(purged(300 * DAY), 0);
	tried(DAY, 0, "t1", "/CN=a", NULL, "refused",
	    "challenge was revoked");
	(void)snprintf(token, sizeof(token), "%s", other);
	tried(DAY, 0, "t2", "/CN=a", NULL, "granted", "challenge");
	/* What tells of others says nothing of it. */
	(void)snprintf(entry, sizeof(entry), "time=2026-11-24T12:00:00Z "
	    "event=challenge-thawed id=t-%.10s-third", m.kid);
	assert_int_equal(scep_restore_token(w->store,
	    scep_span_text(entry), &change, &err), SCEP_OK);
	assert_int_equal(change.n, 0);
}

#define TEST(f) \
	cmocka_unit_test_setup_teardown(f, setup, teardown)
#define BOTH(f) \
	TEST(f), cmocka_unit_test_setup_teardown(f, setup_ed25519, teardown)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		BOTH(one_token_is_one_certificate),
		BOTH(it_is_for_whom_it_says),
		TEST(it_may_give_the_names),
		BOTH(long_names_are_bound_as_well),
		BOTH(the_key_is_bound),
		BOTH(it_has_its_time),
		TEST(wrong_names_freeze_it),
		BOTH(refusals_are_alike),
		BOTH(of_rivals_one_wins_a_hundred_times),
		TEST(its_row_outlives_it),
		TEST(the_operator_sees_it),
		BOTH(only_a_token_of_ours_is_revoked),
		TEST(what_was_counted_just_now_is_revoked),
		TEST(a_restored_state_takes_none_of_before),
		TEST(what_was_revoked_after_the_backup_stays_so),
	};
	int			 failed;

	w = world_new(NULL);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	world_free(w);
	return failed;
}
