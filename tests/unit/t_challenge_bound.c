/*
 * t_challenge_bound.c - what else a challenge binds: a template, the key, a
 * time, names that the server gives; keys that come again; wrong names.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "ca/wrong.h"
#include "store/store.h"
#include "tests/unit/asking.h"
#include "wire/cert.h"

#define HOUR	3600L
#define DAY	86400L

/* A request by device k; the caller frees csr. */
static struct world_request
request(int k, const char *txid, const char *subject, const char *dns,
    const char *challenge)
{
	const char *const	 list[] = { dns, NULL };
	struct world_request	 r;

	memset(&r, 0, sizeof(r));
	r.txid = txid;
	r.signer = k;
	r.csr = client_csr(w->key[k], subject, challenge, dns != NULL ? list :
	    NULL);
	return r;
}

/* It, and what comes of it. */
static void
tried(int k, const char *txid, const char *subject, const char *challenge,
    const char *end, const char *why)
{
	struct world_request	 r = request(k, txid, subject, NULL,
				    challenge);

	ask_spend(&r, end, why);
}

static void
later(long seconds, int k, const char *txid, const char *subject,
    const char *challenge, const char *end, const char *why)
{
	struct world_request	 r = request(k, txid, subject, NULL,
				    challenge);

	r.later = seconds;
	ask_spend(&r, end, why);
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

static void
put_record(struct scep_challenge *rec)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_error	 err;

	assert_int_equal(scep_challenge_write(&change, rec, &err), SCEP_OK);
	assert_int_equal(scep_store_commit(w->store, &change, &err), SCEP_OK);
	scep_change_clear(&change);
	scep_challenge_clear(rec);
}

static void
tend_soon(void)
{
	struct scep_error	 err;

	assert_int_equal(scep_ca_tend_soon(w->ca, &err), SCEP_OK);
}

/* What it says, and nothing that is counted in memory alone. */
static long
wrong_in_row(const char *challenge, enum scep_challenge_state state)
{
	struct scep_challenge	 rec;
	long			 n;

	ask_record(challenge, &rec);
	n = rec.wrong;
	assert_int_equal(rec.state, state);
	scep_challenge_clear(&rec);
	return n;
}

/* SECURITY T1. */
static void
a_template_lets_one_value_vary(void **state)
{
	const struct world_challenge	 spec = { .subject =
	    "O=Example, CN=dev-*", .subject_is = SCEP_SUBJECT_TEMPLATE,
	    .uses = 9 };
	char				 ch[SCEP_CHALLENGE_TEXT];

	(void)state;
	world_challenge(w, &spec, ch);
	tried(0, "a", "/O=Example/CN=dev-1", ch, "granted", "challenge");
	tried(1, "b", "/O=Example/CN=dev-22", ch, "granted", "challenge");
	tried(2, "c", "/O=Example/CN=dev-", ch, "refused", "another subject");
	tried(2, "c", "/O=Other/CN=dev-1", ch, "refused", "another subject");
	tried(2, "c", "/CN=dev-1", ch, "refused", "another subject");
	tried(2, "c", "/O=Example/CN=dev-1/OU=x", ch, "refused",
	    "another subject");
	tried(2, "c", "/CN=dev-1/O=Example", ch, "refused",
	    "another subject");
	assert_int_equal(ask_used(ch), 2);
}

/* SECURITY T1. */
static void
a_key_is_bound_whatever_the_name(void **state)
{
	uint8_t				 key[SCEP_SHA256_LEN];
	const struct world_challenge	 spec = { .key = key };
	char				 ch[SCEP_CHALLENGE_TEXT];

	(void)state;
	key_of(1, key);
	world_challenge(w, &spec, ch);
	tried(0, "a", "/CN=dev-1", ch, "refused", "another key");
	tried(1, "b", "/CN=any", ch, "granted", "challenge");
}

static void
it_is_good_from_its_time_on(void **state)
{
	const struct world_challenge	 spec = { .not_before = HOUR,
	    .subject = "CN=dev", .max_wrong = 1 };
	char				 ch[SCEP_CHALLENGE_TEXT];

	(void)state;
	world_challenge(w, &spec, ch);
	/* Nor is it counted as a wrong name. */
	later(HOUR - 1, 0, "a", "/CN=dev", ch, "refused", "not good yet");
	later(HOUR - 1, 0, "b", "/CN=dev", ch, "refused", "not good yet");
	later(HOUR, 0, "c", "/CN=dev", ch, "granted", "challenge");
}

static void
certified(const struct scep_answer *answer, const char *subject,
    const char *san)
{
	struct scep_san_list	 list = { .n = 0 };
	struct scep_cert	 cert;
	struct scep_error	 err;
	char			 text[256];

	assert_int_equal(scep_cert_parse(w->crypto,
	    scep_buf_span(&answer->cert), &cert, &err), SCEP_OK);
	scep_name_text(cert.subject, text, sizeof(text));
	assert_string_equal(text, subject);
	if (cert.san.len > 0)
		assert_int_equal(scep_san_parse(cert.san, &list, &err),
		    SCEP_OK);
	scep_san_text(&list, text, sizeof(text));
	assert_string_equal(text, san);
	scep_san_clear(&list);
	scep_cert_clear(&cert);
}

static void
the_server_writes_the_name_whatever_is_asked_for(void **state)
{
	static const char *const	 dns[] = { "given.example", NULL };
	static const struct {
		const char	*subject, *dns;
	} asked[] = {
		{ "/CN=mine", NULL },
		{ "/CN=mine", "mine.example" },
		{ "/L=not allowed/CN=mine", NULL },
		{ "/CN=mine/CN=mine again", "*.mine.example" },
		{ "/O=no CN", NULL },
	};
	const struct world_challenge	 spec = { .subject =
	    "O=Example, CN=given", .subject_is = SCEP_SUBJECT_SET,
	    .dns = dns, .binds_san = 1, .max_wrong = 1 };
	const struct world_challenge	 bare = { .subject = "CN=given",
	    .subject_is = SCEP_SUBJECT_SET, .binds_san = 1 };
	struct world_request		 r;
	struct outcome			 o;
	char				 ch[SCEP_CHALLENGE_TEXT], txid[8];
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		world_challenge(w, &spec, ch);
		(void)snprintf(txid, sizeof(txid), "t%zu", i);
		r = request(0, txid, asked[i].subject, asked[i].dns, ch);
		o = ask_expect_keep(&r, "granted", "challenge");
		certified(&o.answer, "O=Example, CN=given",
		    "DNS:given.example");
		assert_string_equal(o.answer.subject, "O=Example, CN=given");
		scep_answer_clear(&o.answer);
		/* Another name by the same key is the same request. */
		r.txid = "again";
		bytes_free(&r.csr);
		r.csr = client_csr(w->key[0], "/CN=other", ch, NULL);
		ask_spend(&r, "granted", "used by this key");
	}
	/* The control: without the challenge those names are refused. */
	ask_mint("main", ch);
	tried(0, "n", "/L=not allowed/CN=mine", ch, "refused", "not allowed");
	world_challenge(w, &bare, ch);
	r = request(0, "bare", "/CN=x", "mine.example", ch);
	o = ask_expect_keep(&r, "granted", "challenge");
	certified(&o.answer, "CN=given", "");
	scep_answer_clear(&o.answer);
	bytes_free(&r.csr);
}

/* Names that are given pass the profile's rules, too: they may have changed
 * since the challenge was made. */
static void
a_given_name_is_held_to_the_profile(void **state)
{
	const struct world_challenge	 good = { .profile = "tight",
	    .subject = "CN=dev-1", .subject_is = SCEP_SUBJECT_SET,
	    .binds_san = 1 };
	struct world_challenge		 bad = good;
	struct world_request		 r;
	char				 ch[SCEP_CHALLENGE_TEXT];

	(void)state;
	bad.subject = "CN=other";
	world_challenge(w, &bad, ch);
	r = request(0, "a", "/CN=dev-1", NULL, ch);
	r.profile = "tight";
	ask_spend(&r, "refused", "subject is not allowed");
	world_challenge(w, &good, ch);
	r = request(0, "b", "/CN=other", NULL, ch);
	r.profile = "tight";
	ask_spend(&r, "granted", "challenge");
}

/* Who does not know the secret gets no other refusal for the id. */
static void
a_wrong_secret_is_told_nothing_of_given_names(void **state)
{
	const struct world_challenge	 spec = { .subject = "CN=given",
	    .subject_is = SCEP_SUBJECT_SET };
	struct world_request		 r;
	struct outcome			 o;
	char				 ch[SCEP_CHALLENGE_TEXT];

	(void)state;
	world_challenge(w, &spec, ch);
	ch[36] = ch[36] == 'a' ? 'b' : 'a';
	r = request(0, "a", "/CN=mine", NULL, ch);
	o = ask_expect_keep(&r, "refused", "unknown");
	assert_string_equal(o.answer.subject, "CN=mine");
	scep_answer_clear(&o.answer);
	bytes_free(&r.csr);
}

static void
a_key_may_come_again_without_being_counted(void **state)
{
	const struct world_challenge	 spec = { .ttl = HOUR,
	    .reuse_s = 10 * DAY };
	char				 ch[SCEP_CHALLENGE_TEXT];
	struct scep_challenge		 rec;

	(void)state;
	world_challenge(w, &spec, ch);
	tried(0, "a", "/CN=dev-0", ch, "granted", "challenge");
	/* Not for another name; the same one is repeated for a day. */
	later(60, 0, "b", "/CN=dev-0b", ch, "refused", "used up");
	later(60, 0, "c", "/CN=dev-0", ch, "granted", "used by this key");
	later(60, 1, "d", "/CN=dev-0", ch, "refused", "used up");
	later(2 * DAY, 0, "e", "/CN=dev-0", ch, "granted",
	    "again for its key");
	assert_int_equal(ask_used(ch), 1);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 2);
	/* From the first use on, not from the last. */
	later(10 * DAY - 1, 0, "f", "/CN=dev-0", ch, "granted",
	    "again for its key");
	later(12 * DAY, 0, "g", "/CN=dev-0", ch, "refused", "used up");
	ask_record(ch, &rec);
	assert_true(rec.purge >= WORLD_NOW + 20 * DAY - 1);
	scep_challenge_clear(&rec);
	/* The control: one without the window. */
	ask_mint("main", ch);
	later(0, 2, "h", "/CN=dev-2", ch, "granted", "challenge");
	later(2 * DAY, 2, "i", "/CN=dev-2", ch, "refused", "used up");
}

/* One use of a template is one name, for whoever keeps his key, too. */
static void
a_key_that_comes_again_is_nobody_else(void **state)
{
	const struct world_challenge	 spec = { .subject = "CN=dev-*",
	    .subject_is = SCEP_SUBJECT_TEMPLATE, .reuse_s = 10 * DAY };
	struct world_challenge		 twice = spec;
	char				 ch[SCEP_CHALLENGE_TEXT];

	(void)state;
	world_challenge(w, &spec, ch);
	tried(0, "a", "/CN=dev-1", ch, "granted", "challenge");
	later(2 * DAY, 0, "b", "/CN=dev-2", ch, "refused", "used up");
	later(2 * DAY, 0, "c", "/CN=dev-1", ch, "granted",
	    "again for its key");
	assert_int_equal(ask_used(ch), 1);
	/* The control: where there is a use left, it is used. */
	twice.uses = 2;
	world_challenge(w, &twice, ch);
	tried(0, "d", "/CN=dev-1", ch, "granted", "challenge");
	tried(0, "e", "/CN=dev-2", ch, "granted", "challenge");
	assert_int_equal(ask_used(ch), 2);
}

static void
a_revoked_certificate_ends_its_keys_window(void **state)
{
	const struct world_challenge	 spec = { .reuse_s = 10 * DAY };
	struct scep_change		 change = { .n = 0 };
	struct scep_cert_rec		 cert;
	struct scep_challenge		 rec;
	struct scep_error		 err;
	char				 ch[SCEP_CHALLENGE_TEXT];

	(void)state;
	world_challenge(w, &spec, ch);
	tried(0, "a", "/CN=dev-0", ch, "granted", "challenge");
	ask_record(ch, &rec);
	assert_int_equal(scep_cert_rec_get(w->store,
	    scep_buf_span(&rec.use[0].cert_key), &cert, &err), SCEP_OK);
	cert.state = SCEP_CERT_REVOKED;
	assert_int_equal(scep_cert_rec_write(&change, &cert, &err), SCEP_OK);
	assert_int_equal(scep_store_commit(w->store, &change, &err), SCEP_OK);
	scep_change_clear(&change);
	scep_cert_rec_clear(&cert);
	scep_challenge_clear(&rec);
	later(2 * DAY, 0, "b", "/CN=dev-0", ch, "refused", "revoked");
}

/* One wrong name a line, from whoever and wherever. */
static void
wrong_names(const char *ch, int n)
{
	char	 txid[16], subject[32];
	int	 i;

	for (i = 0; i < n; i++) {
		(void)snprintf(txid, sizeof(txid), "w%d", i);
		(void)snprintf(subject, sizeof(subject), "/CN=wrong-%d", i);
		tried(i % WORLD_KEYS, txid, subject, ch, "refused",
		    "another subject");
	}
}

/* SECURITY T5: a wrong name costs the device nothing; many of them stop the
 * record, and nobody's address. */
static void
too_many_wrong_names_freeze_it(void **state)
{
	const struct world_challenge	 spec = { .subject = "CN=right",
	    .max_wrong = 3 };
	char				 ch[SCEP_CHALLENGE_TEXT];

	(void)state;
	/* The control: one fewer does not. */
	world_challenge(w, &spec, ch);
	wrong_names(ch, 2);
	tried(0, "r1", "/CN=right", ch, "granted", "challenge");
	world_challenge(w, &spec, ch);
	wrong_names(ch, 2);
	tried(0, "w", "/CN=wrong", ch, "refused", "3 of 3, and is frozen");
	/* At once, before anything is written. */
	assert_int_equal(wrong_in_row(ch, SCEP_CHALLENGE_LIVE), 0);
	tried(0, "r2", "/CN=right", ch, "refused", "challenge is frozen");
	tend_soon();
	assert_int_equal(wrong_in_row(ch, SCEP_CHALLENGE_FROZEN), 3);
	assert_int_equal(world_holds(w, "event=challenge-frozen"), 1);
	tend_soon();
	assert_int_equal(wrong_in_row(ch, SCEP_CHALLENGE_FROZEN), 3);
	tried(0, "r3", "/CN=right", ch, "refused", "challenge is frozen");
}

static void
wrong_keys_and_alternative_names_count_too(void **state)
{
	static const char *const	 dns[] = { "a.example", NULL };
	uint8_t				 key[SCEP_SHA256_LEN];
	const struct world_challenge	 spec = { .key = key, .dns = dns,
	    .binds_san = 1, .max_wrong = 2 };
	struct world_request		 r;
	char				 ch[SCEP_CHALLENGE_TEXT];

	(void)state;
	key_of(0, key);
	world_challenge(w, &spec, ch);
	r = request(1, "a", "/CN=x", "a.example", ch);
	ask_spend(&r, "refused", "another key (wrong name 1 of 2)");
	r = request(0, "b", "/CN=x", "b.example", ch);
	ask_spend(&r, "refused", "other alternative names (wrong name 2 of "
	    "2");
	r = request(0, "c", "/CN=x", "a.example", ch);
	ask_spend(&r, "refused", "frozen");
}

/* Nor do replays, of who recorded the mistake of somebody with the secret:
 * not even when it has been written. */
static void
a_replay_freezes_nothing(void **state)
{
	const struct world_challenge	 spec = { .subject = "CN=right",
	    .max_wrong = 3 };
	struct world_request		 r;
	char				 ch[SCEP_CHALLENGE_TEXT], txid[16];
	int				 i;

	(void)state;
	world_challenge(w, &spec, ch);
	r = request(0, "a", "/CN=wrong", NULL, ch);
	ask_expect(&r, "refused", "another subject (wrong name 1 of 3)");
	for (i = 0; i < 5; i++) {
		if (i == 2)
			tend_soon();
		(void)snprintf(txid, sizeof(txid), "a%d", i & 1);
		r.txid = txid;
		ask_expect(&r, "refused", "another subject (the same request "
		    "as before, which was counted)");
	}
	tend_soon();
	assert_int_equal(wrong_in_row(ch, SCEP_CHALLENGE_LIVE), 1);
	bytes_free(&r.csr);
	tried(0, "b", "/CN=right", ch, "granted", "challenge");
	/* The control: others count. */
	world_challenge(w, &spec, ch);
	wrong_names(ch, 2);
	tried(0, "c", "/CN=wrong", ch, "refused", "3 of 3, and is frozen");
}

static void
requests_that_were_counted_are_known_for_a_while(void **state)
{
	struct scep_wrong	*wrong =
	    ((struct scep_local *)w->ca)->memory->wrong;
	uint8_t			 hash[SCEP_SHA256_LEN] = { 1 };
	int			 i;

	(void)state;
	for (i = 0; i < SCEP_WRONG_SEEN; i++) {
		memcpy(hash + 1, &i, sizeof(i));
		assert_int_equal(scep_wrong_is_again(wrong, hash), 0);
		assert_int_equal(scep_wrong_is_again(wrong, hash), 1);
	}
	memset(hash + 1, 0, sizeof(i));		/* the first of them */
	assert_int_equal(scep_wrong_is_again(wrong, hash), 1);
	hash[0] = 2;
	assert_int_equal(scep_wrong_is_again(wrong, hash), 0);
	hash[0] = 1;
	assert_int_equal(scep_wrong_is_again(wrong, hash), 0);
}

/* SECURITY T5.  Guesses of the secret do not count: else anybody could
 * freeze it. */
static void
a_wrong_secret_freezes_nothing(void **state)
{
	const struct world_challenge	 spec = { .subject = "CN=right",
	    .max_wrong = 1 };
	char				 ch[SCEP_CHALLENGE_TEXT], bad[64];
	int				 i;

	(void)state;
	world_challenge(w, &spec, ch);
	(void)strcpy(bad, ch);
	bad[36] = bad[36] == 'a' ? 'b' : 'a';
	for (i = 0; i < 5; i++)
		tried(0, "x", "/CN=wrong", bad, "refused", "unknown");
	tend_soon();
	assert_int_equal(wrong_in_row(ch, SCEP_CHALLENGE_LIVE), 0);
	tried(0, "r", "/CN=right", ch, "granted", "challenge");
}

static void
without_a_bound_it_never_freezes(void **state)
{
	const struct world_challenge	 spec = { .subject = "CN=right" };
	char				 ch[SCEP_CHALLENGE_TEXT];

	(void)state;
	world_challenge(w, &spec, ch);
	wrong_names(ch, 20);
	tend_soon();
	assert_int_equal(wrong_in_row(ch, SCEP_CHALLENGE_LIVE), 0);
	tried(0, "r", "/CN=right", ch, "granted", "challenge");
}

/* What was counted survives: it is written when the CA ends. */
static void
a_restart_forgets_no_wrong_name(void **state)
{
	const struct world_challenge	 spec = { .subject = "CN=right",
	    .max_wrong = 3 };
	struct scep_error		 err;
	char				 ch[SCEP_CHALLENGE_TEXT];

	(void)state;
	world_challenge(w, &spec, ch);
	wrong_names(ch, 2);
	scep_ca_close(w->ca);
	world_must(scep_ca_open(w->crypto, w->cfg, w->store, &w->ca, &err) ==
	    SCEP_OK);
	assert_int_equal(wrong_in_row(ch, SCEP_CHALLENGE_LIVE), 2);
	tried(1, "w", "/CN=wrong", ch, "refused", "3 of 3, and is frozen");
	scep_ca_close(w->ca);
	world_must(scep_ca_open(w->crypto, w->cfg, w->store, &w->ca, &err) ==
	    SCEP_OK);
	assert_int_equal(wrong_in_row(ch, SCEP_CHALLENGE_FROZEN), 3);
	tried(0, "r", "/CN=right", ch, "refused", "frozen");
}

/* The device that has its certificate may ask for it again. */
static void
a_frozen_one_still_repeats_what_it_made(void **state)
{
	const struct world_challenge	 spec = { .subject = "CN=right",
	    .uses = 2, .max_wrong = 1 };
	char				 ch[SCEP_CHALLENGE_TEXT];

	(void)state;
	world_challenge(w, &spec, ch);
	tried(0, "a", "/CN=right", ch, "granted", "challenge");
	wrong_names(ch, 1);
	tried(1, "b", "/CN=right", ch, "refused", "frozen");
	tried(0, "c", "/CN=right", ch, "granted", "used by this key");
	assert_int_equal(ask_used(ch), 1);
}

static void
more_records_at_a_time_than_there_is_room_for(void **state)
{
	const struct world_challenge	 spec = { .subject = "CN=right",
	    .max_wrong = 1 };
	char				 id[24], ch[SCEP_CHALLENGE_TEXT];
	struct scep_wrong		*wrong =
	    ((struct scep_local *)w->ca)->memory->wrong;
	int				 i;

	(void)state;
	for (i = 0; i < SCEP_WRONG_MAX; i++) {
		(void)snprintf(id, sizeof(id), "none-%d", i);
		assert_int_equal(scep_wrong_add(wrong, id, WORLD_NOW), 1);
	}
	assert_int_equal(scep_wrong_add(wrong, "none-0", WORLD_NOW), 2);
	assert_int_equal(scep_wrong_add(wrong, "more", WORLD_NOW), 0);
	world_challenge(w, &spec, ch);
	tried(0, "a", "/CN=wrong", ch, "refused", "1 of 1");
	assert_int_equal(wrong_in_row(ch, SCEP_CHALLENGE_FROZEN), 1);
	tried(0, "b", "/CN=right", ch, "refused", "frozen");
	/* Those of records that are gone are forgotten. */
	tend_soon();
	assert_int_equal(scep_wrong_count(wrong, "none-0"), 0);
	assert_int_equal(scep_wrong_add(wrong, "more", WORLD_NOW), 1);
	scep_wrong_forget(wrong, "more");
	assert_int_equal(scep_wrong_count(wrong, "more"), 0);
}

/* A store that cannot read one row. */
static enum scep_err
torn_get(struct scep_store *store, enum scep_table table,
    struct scep_span key, struct scep_row *out, struct scep_error *err)
{
	(void)store;
	if (scep_span_equal(key, scep_span_text("broken")))
		return scep_fail(err, SCEP_E_STORE, "a torn row");
	return scep_store_get(w->store, table, key, out, err);
}

static enum scep_err
torn_commit(struct scep_store *store, const struct scep_change *change,
    struct scep_error *err)
{
	(void)store;
	return scep_store_commit(w->store, change, err);
}

static void
one_row_that_is_torn_keeps_no_other_from_freezing(void **state)
{
	static const struct scep_store_ops	 ops = { .get = torn_get,
	    .commit = torn_commit };
	const struct world_challenge		 spec = { .subject =
	    "CN=right", .max_wrong = 1 };
	struct scep_memory	*memory = ((struct scep_local *)w->ca)->
				    memory;
	struct scep_store	 torn = { .ops = &ops };
	struct scep_error	 err;
	char			 ch[SCEP_CHALLENGE_TEXT];

	(void)state;
	world_challenge(w, &spec, ch);
	wrong_names(ch, 1);
	assert_int_equal(scep_wrong_add(memory->wrong, "broken", WORLD_NOW),
	    1);
	assert_int_equal(scep_wrong_tend(memory->wrong, memory->lock, &torn,
	    &err), SCEP_E_STORE);
	assert_string_equal(err.text, "a torn row");
	assert_int_equal(wrong_in_row(ch, SCEP_CHALLENGE_FROZEN), 1);
	/* It is kept, to be tried again. */
	assert_int_equal(scep_wrong_count(memory->wrong, "broken"), 1);
}

/* DESIGN 7.6: the mac of a row of before is that of before. */
static void
a_record_of_version_1_is_good_and_stays_one(void **state)
{
	char			 ch[SCEP_CHALLENGE_TEXT];
	struct scep_challenge	 rec;
	struct scep_error	 err;
	struct scep_span	 secret;

	(void)state;
	ask_mint("main", ch);
	ask_record(ch, &rec);
	assert_int_equal(rec.version, 2);
	rec.version = 1;
	put_record(&rec);
	/* Called one of version 1, it is worth nothing. */
	tried(0, "a", "/CN=dev-0", ch, "refused", "unknown");
	ask_record(ch, &rec);
	secret = scep_span_text(ch + SCEP_CHALLENGE_ID + 1);
	assert_int_equal(scep_challenge_mac(w->crypto, w->cfg, &rec, secret,
	    rec.mac, &err), SCEP_OK);
	put_record(&rec);
	tried(0, "b", "/CN=dev-0", ch, "granted", "challenge");
	ask_record(ch, &rec);
	assert_int_equal(rec.version, 1);
	assert_int_equal(rec.used, 1);
	/* Nor one of version 2, with a window that it never had. */
	rec.version = 2;
	rec.reuse_s = DAY * 30;
	put_record(&rec);
	later(2 * DAY, 0, "c", "/CN=dev-0", ch, "refused", "unknown");
}

/* The secret is the record's: with more bound by hand, or less, it is not. */
static void
a_changed_row_is_worth_nothing(void **state)
{
	uint8_t				 key[SCEP_SHA256_LEN];
	const struct world_challenge	 spec = { .key = key, .subject =
	    "CN=dev-0" };
	char				 ch[SCEP_CHALLENGE_TEXT];
	struct scep_challenge		 rec;
	int				 i;

	(void)state;
	key_of(0, key);
	for (i = 0; i < 6; i++) {
		world_challenge(w, &spec, ch);
		ask_record(ch, &rec);
		switch (i) {
		case 1:
			rec.has_key = 0;
			break;
		case 2:
			rec.subject_is = SCEP_SUBJECT_SET;
			break;
		case 3:
			rec.reuse_s = DAY;
			break;
		case 4:
			rec.max_wrong = 100;
			break;
		case 5:
			rec.not_before = 1;
			break;
		default:		/* the control */
			break;
		}
		put_record(&rec);
		tried(0, i == 0 ? "good" : "bad", "/CN=dev-0", ch,
		    i == 0 ? "granted" : "refused",
		    i == 0 ? "challenge" : "unknown");
	}
}

/* By who can write the database, and does not know challenge.key. */
static void
what_was_revoked_is_not_revived(void **state)
{
	static const enum scep_challenge_state	 states[] = {
		SCEP_CHALLENGE_REVOKED, SCEP_CHALLENGE_LIVE,
		SCEP_CHALLENGE_FROZEN
	};
	const struct world_challenge	 spec = { .subject = "CN=dev-0" };
	char				 ch[SCEP_CHALLENGE_TEXT], txid[8];
	struct scep_challenge		 rec;
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		world_challenge(w, &spec, ch);
		ask_revoke(ch);
		ask_record(ch, &rec);
		rec.state = states[i];
		put_record(&rec);
		(void)snprintf(txid, sizeof(txid), "t%zu", i);
		tried(0, txid, "/CN=dev-0", ch, "refused", i == 0 ?
		    "challenge was revoked" : "challenge unknown");
	}
	world_challenge(w, &spec, ch);		/* the control */
	tried(0, "good", "/CN=dev-0", ch, "granted", "challenge");
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_setup(a_template_lets_one_value_vary,
		    ask_empty),
		cmocka_unit_test_setup(a_key_is_bound_whatever_the_name,
		    ask_empty),
		cmocka_unit_test_setup(it_is_good_from_its_time_on,
		    ask_empty),
		cmocka_unit_test_setup(
		    the_server_writes_the_name_whatever_is_asked_for,
		    ask_empty),
		cmocka_unit_test_setup(a_given_name_is_held_to_the_profile,
		    ask_empty),
		cmocka_unit_test_setup(
		    a_wrong_secret_is_told_nothing_of_given_names, ask_empty),
		cmocka_unit_test_setup(
		    a_key_may_come_again_without_being_counted, ask_empty),
		cmocka_unit_test_setup(a_key_that_comes_again_is_nobody_else,
		    ask_empty),
		cmocka_unit_test_setup(
		    a_revoked_certificate_ends_its_keys_window, ask_empty),
		cmocka_unit_test_setup(too_many_wrong_names_freeze_it,
		    ask_empty),
		cmocka_unit_test_setup(
		    wrong_keys_and_alternative_names_count_too, ask_empty),
		cmocka_unit_test_setup(a_replay_freezes_nothing, ask_empty),
		cmocka_unit_test_setup(
		    requests_that_were_counted_are_known_for_a_while,
		    ask_empty),
		cmocka_unit_test_setup(a_wrong_secret_freezes_nothing,
		    ask_empty),
		cmocka_unit_test_setup(without_a_bound_it_never_freezes,
		    ask_empty),
		cmocka_unit_test_setup(a_restart_forgets_no_wrong_name,
		    ask_empty),
		cmocka_unit_test_setup(
		    a_frozen_one_still_repeats_what_it_made, ask_empty),
		cmocka_unit_test_setup(
		    more_records_at_a_time_than_there_is_room_for,
		    ask_empty),
		cmocka_unit_test_setup(
		    one_row_that_is_torn_keeps_no_other_from_freezing,
		    ask_empty),
		cmocka_unit_test_setup(
		    a_record_of_version_1_is_good_and_stays_one, ask_empty),
		cmocka_unit_test_setup(a_changed_row_is_worth_nothing,
		    ask_empty),
		cmocka_unit_test_setup(what_was_revoked_is_not_revived,
		    ask_empty),
	};
	int	 rc;

	w = world_new(NULL);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	world_free(w);
	return rc;
}
