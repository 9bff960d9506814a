/*
 * t_challenge.c - challenge records: minted, recognised, used up.
 */
#include <ctype.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/conform.h"
#include "tests/unit/world.h"

#define DAY	86400L
#define MINTED	2000
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define GUESSES	20000		/* there it is memory that is looked at */
#else
#define GUESSES	1000000
#endif

static struct world	*w;

/* A record for anybody of "main", or for CN=dev-0 with a DNS name. */
static void
mint(struct scep_challenge *rec, int bound, char text[SCEP_CHALLENGE_TEXT])
{
	struct scep_san_list	 san = { .n = 0 };
	struct scep_error	 err;

	memset(rec, 0, sizeof(*rec));
	(void)strcpy(rec->profile, "main");
	rec->created = WORLD_NOW;
	rec->expires = WORLD_NOW + DAY;
	rec->uses = 1;
	rec->state = SCEP_CHALLENGE_LIVE;
	if (bound) {
		rec->binds_san = 1;
		rec->subject_is = SCEP_SUBJECT_EXACT;
		world_must(scep_name_make("CN=dev-0", &rec->subject, &err) ==
		    SCEP_OK);
		world_must(scep_san_add(&san, SCEP_SAN_DNS,
		    scep_span_text("a.example"), &err) == SCEP_OK);
		world_must(scep_san_encode(&san, &rec->san, &err) ==
		    SCEP_OK);
		scep_san_clear(&san);
	}
	world_must(scep_challenge_mint(w->crypto, w->cfg, rec, text, &err) ==
	    SCEP_OK);
}

static struct scep_csr *
csr(int k, const char *subject, const char *challenge, const char *dns)
{
	const char *const	 list[] = { dns, NULL };
	struct bytes		 der = client_csr(w->key[k], subject,
				    challenge, dns != NULL ? list : NULL);
	const struct scep_profile	*p = scep_config_profile(w->cfg,
					    "main");
	struct scep_csr		*out;
	struct scep_error	 err;

	world_must(scep_csr_parse(w->crypto, scep_span_make(der.data,
	    der.len), &p->keys, 0, &out, &err) == SCEP_OK);
	bytes_free(&der);
	return out;
}

static enum scep_challenge_fact
judge_at(const char *profile, const struct scep_csr *c,
    const struct scep_challenge *rec, time_t now)
{
	const struct scep_challenge_case	 one = {
		.crypto = w->crypto,
		.cfg = w->cfg,
		.profile = scep_config_profile(w->cfg, profile),
		.csr = c,
		.now = now,
	};
	enum scep_challenge_fact		 fact;
	struct scep_error			 err;
	size_t					 use;

	assert_int_equal(scep_challenge_judge(&one, rec, &fact, &use, &err),
	    SCEP_OK);
	return fact;
}

static enum scep_challenge_fact
judge(const struct scep_csr *c, const struct scep_challenge *rec)
{
	return judge_at("main", c, rec, WORLD_NOW);
}

/* What comes of this text, shown with a good CSR. */
static enum scep_challenge_fact
judge_text(const char *text, const struct scep_challenge *rec)
{
	struct scep_csr			*c = csr(0, "/CN=dev-0", text,
					    "a.example");
	enum scep_challenge_fact	 fact = judge(c, rec);

	scep_csr_free(c);
	return fact;
}

static void
what_is_minted_is_recognised(void **state)
{
	struct scep_challenge	 rec;
	char			 text[SCEP_CHALLENGE_TEXT],
				 id[SCEP_REC_NAME];

	(void)state;
	mint(&rec, 0, text);
	assert_int_equal(strlen(text), 37);
	assert_true(scep_challenge_id(scep_span_text(text), id));
	assert_string_equal(id, rec.id);
	assert_int_equal(judge_text(text, &rec), SCEP_CH_RECORD);
	assert_int_equal(judge_text(text, NULL), SCEP_CH_UNKNOWN);
	scep_challenge_clear(&rec);
}

static void
no_challenge_is_absent_whatever_the_record(void **state)
{
	struct scep_challenge	 rec;
	char			 text[SCEP_CHALLENGE_TEXT];

	(void)state;
	mint(&rec, 0, text);
	assert_int_equal(judge_text(NULL, &rec), SCEP_CH_ABSENT);
	assert_int_equal(judge_text(NULL, NULL), SCEP_CH_ABSENT);
	scep_challenge_clear(&rec);
}

static void
it_may_be_typed_in_capitals_and_with_blanks_around(void **state)
{
	struct scep_challenge	 rec;
	char			 text[SCEP_CHALLENGE_TEXT], typed[64];
	size_t			 i;

	(void)state;
	mint(&rec, 0, text);
	(void)snprintf(typed, sizeof(typed), "  %s ", text);
	for (i = 0; typed[i] != '\0'; i++)
		typed[i] = (char)toupper((unsigned char)typed[i]);
	assert_int_equal(judge_text(typed, &rec), SCEP_CH_RECORD);
	typed[14] = ' ';
	assert_int_equal(judge_text(typed, &rec), SCEP_CH_UNKNOWN);
	scep_challenge_clear(&rec);
}

/* SECURITY T2. */
static void
every_character_of_it_counts(void **state)
{
	struct scep_challenge	 rec;
	char			 text[SCEP_CHALLENGE_TEXT], was;
	size_t			 i;

	(void)state;
	mint(&rec, 0, text);
	/* The id leads to the record; the secret is what is judged. */
	for (i = 11; text[i] != '\0'; i++) {
		was = text[i];
		text[i] = was == 'a' ? 'b' : 'a';
		assert_int_equal(judge_text(text, &rec), SCEP_CH_UNKNOWN);
		text[i] = was;
	}
	assert_int_equal(judge_text(text, &rec), SCEP_CH_RECORD);
	scep_challenge_clear(&rec);
}

static void
what_is_not_of_that_form_has_no_id(void **state)
{
	static const char *const	 bad[] = { "", "-", "secret",
	    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    "aaaaaaaaaa_aaaaaaaaaaaaaaaaaaaaaaaaaa",
	    "aaaaaaaaaa-aaaaaaaaaaaaaaaaaaaaaaaaaaa",
	    "aaaaaaaaaa-aaaaaaaaaaaaaaaaaaaaaaaaa",
	    "aaaaaaaaa0-aaaaaaaaaaaaaaaaaaaaaaaaaa",
	    "aaaaaaaaaa-aaaaaaaaaaaaaaaaaaaaaaaaal",
	    "aaaaaaaa/a-aaaaaaaaaaaaaaaaaaaaaaaaaa" };
	char				 id[SCEP_REC_NAME];
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(scep_challenge_id(scep_span_text(bad[i]), id));
	assert_false(scep_challenge_id(scep_span_make(
	    "aaaaaaaa\0a-aaaaaaaaaaaaaaaaaaaaaaaaaa", 37), id));
	assert_true(scep_challenge_id(scep_span_text(
	    "aaaaaaaaaa-aaaaaaaaaaaaaaaaaaaaaaaaaa"), id));
	assert_string_equal(id, "aaaaaaaaaa");
}

/* A row that was changed by hand is worth nothing (DESIGN 7.6). */
static void
every_bound_member_is_under_the_mac(void **state)
{
	struct scep_challenge	 rec, bad;
	char			 text[SCEP_CHALLENGE_TEXT];

	(void)state;
	mint(&rec, 1, text);
	assert_int_equal(judge_text(text, &rec), SCEP_CH_RECORD);
	bad = rec;
	(void)strcpy(bad.profile, "both");
	assert_int_equal(judge_text(text, &bad), SCEP_CH_UNKNOWN);
	bad = rec;
	bad.id[0] = bad.id[0] == 'a' ? 'b' : 'a';
	assert_int_equal(judge_text(text, &bad), SCEP_CH_UNKNOWN);
	bad = rec;
	bad.subject.len = 0;
	assert_int_equal(judge_text(text, &bad), SCEP_CH_UNKNOWN);
	bad = rec;
	bad.san.len = 0;
	assert_int_equal(judge_text(text, &bad), SCEP_CH_UNKNOWN);
	bad = rec;
	bad.binds_san = 0;
	assert_int_equal(judge_text(text, &bad), SCEP_CH_UNKNOWN);
	bad = rec;
	bad.created++;
	assert_int_equal(judge_text(text, &bad), SCEP_CH_UNKNOWN);
	bad = rec;
	bad.expires++;
	assert_int_equal(judge_text(text, &bad), SCEP_CH_UNKNOWN);
	bad = rec;
	bad.uses++;
	assert_int_equal(judge_text(text, &bad), SCEP_CH_UNKNOWN);
	bad = rec;
	bad.subject_is = SCEP_SUBJECT_TEMPLATE;
	assert_int_equal(judge_text(text, &bad), SCEP_CH_UNKNOWN);
	bad = rec;
	bad.subject_is = SCEP_SUBJECT_SET;
	assert_int_equal(judge_text(text, &bad), SCEP_CH_UNKNOWN);
	bad = rec;
	bad.has_key = 1;
	assert_int_equal(judge_text(text, &bad), SCEP_CH_UNKNOWN);
	bad = rec;
	bad.key_sha256[31] ^= 1;
	assert_int_equal(judge_text(text, &bad), SCEP_CH_UNKNOWN);
	bad = rec;
	bad.not_before++;
	assert_int_equal(judge_text(text, &bad), SCEP_CH_UNKNOWN);
	bad = rec;
	bad.reuse_s++;
	assert_int_equal(judge_text(text, &bad), SCEP_CH_UNKNOWN);
	bad = rec;
	bad.max_wrong++;
	assert_int_equal(judge_text(text, &bad), SCEP_CH_UNKNOWN);
	bad = rec;
	bad.version = 1;
	assert_int_equal(judge_text(text, &bad), SCEP_CH_UNKNOWN);
	/* What is not bound may change. */
	bad = rec;
	bad.purge++;
	bad.wrong++;
	(void)strcpy(bad.note, "for Anna's phone");
	assert_int_equal(judge_text(text, &bad), SCEP_CH_RECORD);
	scep_challenge_clear(&rec);
}

static void
another_challenge_key_knows_no_challenge(void **state)
{
	struct scep_challenge	 rec;
	char			 text[SCEP_CHALLENGE_TEXT];

	(void)state;
	mint(&rec, 0, text);
	w->cfg->challenge_key.data[31] ^= 1;
	assert_int_equal(judge_text(text, &rec), SCEP_CH_UNKNOWN);
	w->cfg->challenge_key.data[31] ^= 1;
	assert_int_equal(judge_text(text, &rec), SCEP_CH_RECORD);
	scep_challenge_clear(&rec);
}

static void
what_is_bound_must_be_asked_for_exactly(void **state)
{
	static const struct {
		const char			*subject, *dns;
		enum scep_challenge_fact	 want;
	} rows[] = {
		{ "/CN=dev-0", "a.example", SCEP_CH_RECORD },
		{ "/CN=dev-0", "A.EXAMPLE", SCEP_CH_RECORD },
		{ "/CN=Dev-0", "a.example", SCEP_CH_OTHER_SUBJECT },
		{ "/CN=dev-00", "a.example", SCEP_CH_OTHER_SUBJECT },
		{ "/CN=dev-0/O=x", "a.example", SCEP_CH_OTHER_SUBJECT },
		{ "/O=dev-0", "a.example", SCEP_CH_OTHER_SUBJECT },
		{ "/CN=dev-0", "b.example", SCEP_CH_OTHER_SAN },
		{ "/CN=dev-0", NULL, SCEP_CH_OTHER_SAN },
	};
	struct scep_challenge	 rec;
	struct scep_csr		*c;
	char			 text[SCEP_CHALLENGE_TEXT];
	size_t			 i;

	(void)state;
	mint(&rec, 1, text);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		c = csr(0, rows[i].subject, text, rows[i].dns);
		assert_int_equal(judge(c, &rec), rows[i].want);
		scep_csr_free(c);
	}
	scep_challenge_clear(&rec);
}

static void
time_state_and_profile_are_looked_at(void **state)
{
	struct scep_challenge	 rec;
	struct scep_csr		*c;
	struct scep_error	 err;
	char			 text[SCEP_CHALLENGE_TEXT];

	(void)state;
	mint(&rec, 0, text);
	c = csr(0, "/CN=dev-0", text, NULL);
	assert_int_equal(judge_at("main", c, &rec, rec.expires - 1),
	    SCEP_CH_RECORD);
	assert_int_equal(judge_at("main", c, &rec, rec.expires),
	    SCEP_CH_EXPIRED);
	assert_int_equal(judge_at("both", c, &rec, WORLD_NOW),
	    SCEP_CH_OTHER_PROFILE);
	assert_int_equal(scep_challenge_revoke(w->crypto, &rec, &err),
	    SCEP_OK);
	assert_int_equal(judge(c, &rec), SCEP_CH_REVOKED);
	scep_csr_free(c);
	scep_challenge_clear(&rec);
}

static void
a_use_is_repeated_for_the_same_key_and_names_alone(void **state)
{
	const struct scep_span	 cert = scep_span_text("row");
	struct scep_challenge_user	 by;
	struct scep_challenge	 rec;
	struct scep_csr		*same, *key, *name, *dns;
	struct scep_error	 err;
	char			 text[SCEP_CHALLENGE_TEXT];

	(void)state;
	mint(&rec, 0, text);
	same = csr(0, "/CN=dev-0", text, NULL);
	key = csr(1, "/CN=dev-0", text, NULL);
	name = csr(0, "/CN=dev-1", text, NULL);
	dns = csr(0, "/CN=dev-0", text, "a.example");
	assert_int_equal(scep_challenge_request(w->crypto, &rec, same,
	    by.request, &err), SCEP_OK);
	memcpy(by.key, same->key.sha256, sizeof(by.key));
	assert_int_equal(scep_challenge_spend(&rec, WORLD_NOW, &by, cert,
	    &err), SCEP_OK);
	assert_int_equal(rec.used, 1);
	assert_int_equal(judge(same, &rec), SCEP_CH_SPENT_BY_SAME);
	assert_int_equal(judge(key, &rec), SCEP_CH_SPENT);
	assert_int_equal(judge(name, &rec), SCEP_CH_SPENT);
	assert_int_equal(judge(dns, &rec), SCEP_CH_SPENT);
	assert_int_equal(judge_at("main", same, &rec, WORLD_NOW + DAY),
	    SCEP_CH_SPENT_BY_SAME);
	assert_int_equal(judge_at("main", same, &rec, WORLD_NOW + DAY + 1),
	    SCEP_CH_SPENT);
	assert_int_equal(scep_challenge_revoke(w->crypto, &rec, &err),
	    SCEP_OK);
	assert_int_equal(judge(same, &rec), SCEP_CH_REVOKED);
	scep_csr_free(same);
	scep_csr_free(key);
	scep_csr_free(name);
	scep_csr_free(dns);
	scep_challenge_clear(&rec);
}

static void
the_last_uses_are_remembered(void **state)
{
	struct scep_challenge_user	 by = { .key = { 0 } };
	struct scep_challenge	 rec;
	struct scep_error	 err;
	char			 text[SCEP_CHALLENGE_TEXT];
	int			 i;

	(void)state;
	mint(&rec, 0, text);
	for (i = 0; i < SCEP_USES_KEPT + 4; i++) {
		by.request[0] = (uint8_t)i;
		assert_int_equal(scep_challenge_spend(&rec, WORLD_NOW + i,
		    &by, scep_span_make(by.request, 1), &err), SCEP_OK);
	}
	assert_int_equal(rec.used, SCEP_USES_KEPT + 4);
	assert_int_equal(rec.n_use, SCEP_USES_KEPT);
	assert_int_equal(rec.use[0].request[0], 4);
	assert_int_equal(rec.use[0].cert_key.data[0], 4);
	assert_int_equal(rec.use[SCEP_USES_KEPT - 1].when, WORLD_NOW +
	    SCEP_USES_KEPT + 3);
	scep_challenge_clear(&rec);
}

/* SECURITY T1. */
static void
the_static_one_is_its_profiles(void **state)
{
	struct scep_csr	*right = csr(0, "/CN=x", WORLD_STATIC, NULL);
	struct scep_csr	*wrong = csr(0, "/CN=x", WORLD_STATIC " ", NULL);

	(void)state;
	assert_int_equal(judge_at("static", right, NULL, WORLD_NOW),
	    SCEP_CH_STATIC);
	assert_int_equal(judge_at("static", wrong, NULL, WORLD_NOW),
	    SCEP_CH_UNKNOWN);
	assert_int_equal(judge_at("main", right, NULL, WORLD_NOW),
	    SCEP_CH_UNKNOWN);
	scep_csr_free(right);
	scep_csr_free(wrong);
}

/* No hash is not the hash of nothing. */
static void
without_a_static_one_none_is_right(void **state)
{
	const struct scep_profile	*with = scep_config_profile(w->cfg,
					    "static");
	struct scep_profile		 p = *with;
	struct scep_csr			*c = csr(0, "/CN=x", WORLD_STATIC,
					    NULL);
	const struct scep_challenge_case	 one = {
		.crypto = w->crypto,
		.cfg = w->cfg,
		.profile = &p,
		.csr = c,
		.now = WORLD_NOW,
	};
	enum scep_challenge_fact	 fact;
	struct scep_error		 err;
	size_t				 use;

	(void)state;
	p.has_static = 0;
	assert_int_equal(scep_challenge_judge(&one, NULL, &fact, &use, &err),
	    SCEP_OK);
	assert_int_equal(fact, SCEP_CH_UNKNOWN);
	scep_csr_free(c);
}

/* Letters at random, as a challenge has them; xorshift64. */
static void
guess(uint64_t *dice, char out[SCEP_CHALLENGE_TEXT])
{
	uint8_t	 octets[SCEP_CHALLENGE_SECRET];
	size_t	 i;

	for (i = 0; i < sizeof(octets); i++) {
		*dice ^= *dice << 13;
		*dice ^= *dice >> 7;
		*dice ^= *dice << 17;
		octets[i] = (uint8_t)(*dice >> 32);
	}
	scep_challenge_letters(octets, sizeof(octets),
	    out + SCEP_CHALLENGE_ID + 1);
}

/* SECURITY T2: who knows the id guesses secrets. */
static void
a_million_guesses_hit_nothing(void **state)
{
	struct scep_csr		*c;
	struct scep_csr		 one;
	struct scep_challenge	 rec;
	uint64_t		 dice = 1;
	char			 text[SCEP_CHALLENGE_TEXT];
	char			 wrong[SCEP_CHALLENGE_TEXT];
	long			 i;

	(void)state;
	mint(&rec, 0, text);
	c = csr(0, "/CN=dev-0", text, NULL);
	one = *c;			/* borrowed */
	(void)strcpy(wrong, text);
	one.challenge = scep_span_make(wrong, strlen(wrong));
	for (i = 0; i < GUESSES; i++) {
		guess(&dice, wrong);
		if (judge(&one, &rec) != SCEP_CH_UNKNOWN)
			fail_msg("%ld: %s is as good as %s", i, wrong, text);
	}
	/* The control. */
	(void)strcpy(wrong, text);
	assert_int_equal(judge(&one, &rec), SCEP_CH_RECORD);
	scep_csr_free(c);
	scep_challenge_clear(&rec);
}

/* SECURITY T2: each of the 32 characters at each place, about equally. */
static void
the_dice_are_fair_and_nothing_comes_twice(void **state)
{
	static char		 all[MINTED][SCEP_CHALLENGE_TEXT];
	static const char	 alphabet[] =
	    "23456789abcdefghijkmnpqrstuvwxyz";
	struct scep_challenge	 rec;
	int			 count[32], i, c;
	size_t			 at;

	(void)state;
	for (i = 0; i < MINTED; i++) {
		mint(&rec, 0, all[i]);
		scep_challenge_clear(&rec);
	}
	for (at = 0; at < 37; at++) {
		memset(count, 0, sizeof(count));
		for (i = 0; at != 10 && i < MINTED; i++) {
			assert_non_null(strchr(alphabet, all[i][at]));
			count[strchr(alphabet, all[i][at]) - alphabet]++;
		}
		/* 62.5 expected; 5 standard deviations either way. */
		for (c = 0; at != 10 && c < 32; c++)
			assert_in_range(count[c], 23, 102);
	}
	for (i = 0; i < MINTED; i++)
		for (c = 0; c < i; c++)
			assert_memory_not_equal(all[i], all[c], 10);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(what_is_minted_is_recognised),
		cmocka_unit_test(no_challenge_is_absent_whatever_the_record),
		cmocka_unit_test(
		    it_may_be_typed_in_capitals_and_with_blanks_around),
		cmocka_unit_test(every_character_of_it_counts),
		cmocka_unit_test(what_is_not_of_that_form_has_no_id),
		cmocka_unit_test(every_bound_member_is_under_the_mac),
		cmocka_unit_test(another_challenge_key_knows_no_challenge),
		cmocka_unit_test(what_is_bound_must_be_asked_for_exactly),
		cmocka_unit_test(time_state_and_profile_are_looked_at),
		cmocka_unit_test(
		    a_use_is_repeated_for_the_same_key_and_names_alone),
		cmocka_unit_test(the_last_uses_are_remembered),
		cmocka_unit_test(the_static_one_is_its_profiles),
		cmocka_unit_test(without_a_static_one_none_is_right),
		cmocka_unit_test(a_million_guesses_hit_nothing),
		conforms(the_dice_are_fair_and_nothing_comes_twice,
		    "C-145 C-231"),
	};
	int	 rc;

	w = world_new(NULL);
	world_reseed(w, 1);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	world_free(w);
	return rc;
}
