/*
 * t_token_key.c - what tokens are verified with: made, revoked, and worth
 * nothing once somebody changed them.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/base64.h"
#include "ca/restore_token.h"
#include "store/record_local.h"
#include "tests/unit/operator.h"
#include "tests/unit/tokens.h"

#define DAY	TOKENS_DAY

static char	 token[SCEP_TOKEN_MAX + 1];

static void
tried(int k, const char *profile, const char *end, const char *why)
{
	static int		 nr;
	struct world_request	 r;
	char			 txid[16];

	(void)snprintf(txid, sizeof(txid), "k%d", ++nr);
	r = ask_new(k, txid, token);
	r.profile = profile;
	ask_spend(&r, end, why);
}

static void
is_good(const struct minter *m, const char *profile)
{
	const struct scep_token_wish	 wish = { .profile = profile };

	tokens_mint(m, &wish, token);
	tried(0, profile, "granted", "challenge");
}

static void
is_not(const struct minter *m, const char *profile, const char *why)
{
	const struct scep_token_wish	 wish = { .profile = profile };

	tokens_mint(m, &wish, token);
	tried(0, profile, "refused", why);
}

static void
a_key_has_its_profiles(void **state)
{
	struct minter	 m, two;

	(void)state;
	tokens_hmac(&m, NULL);
	tokens_hmac(&two, "\"profiles\":[\"both\",\"main\"]");
	is_good(&two, "main");
	is_good(&two, "both");
	is_good(&m, "main");
	is_not(&m, "both", "the key is not for its profile");
	/* One for a profile is of no use with another, whatever the key. */
	tokens_mint(&two, NULL, token);
	tried(0, "both", "refused", "for another profile");
	tried(0, NULL, "granted", "challenge");
	/* A challenge is not asked for, where it is not taken. */
	tokens_mint(&m, NULL, token);
	tried(0, "manual", "refused", "takes no challenges");
}

static void
each_key_is_another(void **state)
{
	struct minter		 m, two, ed;
	struct scep_token_wish	 wish = { .kid = NULL };

	(void)state;
	tokens_hmac(&m, NULL);
	tokens_hmac(&two, NULL);
	tokens_ed25519(&ed, NULL);
	assert_memory_not_equal(m.secret, two.secret, sizeof(m.secret));
	wish.kid = two.kid;
	tokens_mint(&m, &wish, token);
	tried(0, NULL, "refused", "its tag does not verify");
	wish.kid = ed.kid;
	tokens_mint(&m, &wish, token);
	tried(0, NULL, "refused", "its tag does not verify");
	/* A public key is no secret. */
	wish.kid = m.kid;
	tokens_mint(&ed, &wish, token);
	tried(0, NULL, "refused", "its tag does not verify");
	wish.kid = "zzzzzzzzzz";
	tokens_mint(&m, &wish, token);
	tried(0, NULL, "refused", "no such key");
	wish.kid = m.kid;
	tokens_mint(&m, &wish, token);
	tried(0, NULL, "granted", "challenge");
	is_good(&ed, "main");
	tokens_clear(&ed);
}

static void
revoked_is_revoked(void **state)
{
	struct minter	 m, two;
	json_t		*one;

	(void)state;
	tokens_hmac(&m, "\"name\":\"mdm\"");
	tokens_hmac(&two, NULL);
	is_good(&m, "main");
	one = operator_ask(w, 0, "{\"do\":\"tokenkey.revoke\",\"id\":"
	    "\"mdm\"}");
	operator_is(one, "id", m.kid);
	operator_is(one, "state", "revoked");
	json_decref(one);
	/* Also for who used it before: his transaction has his answer. */
	tried(0, NULL, "refused", "the key was revoked");
	is_not(&m, "main", "the key was revoked");
	is_good(&two, "main");
}

/* Somebody called his key as another one's id is. */
static void
an_id_comes_before_a_name(void **state)
{
	struct minter	 m, two;
	char		 more[128];

	(void)state;
	tokens_hmac(&m, NULL);
	operator_refused_id(w, 0, "{\"do\":\"tokenkey.add\",\"alg\":"
	    "\"hmac\",\"name\":\"%s\"}", m.kid, SCEP_E_REFUSED,
	    "in force already");
	tokens_hmac(&two, "\"name\":\"first\"");
	(void)snprintf(more, sizeof(more), "\"name\":\"%.32s\"", two.kid);
	tokens_hmac(&m, more);
	json_decref(operator_ask_id(w, 0, "{\"do\":\"tokenkey.revoke\","
	    "\"id\":\"%s\"}", two.kid));
	is_good(&m, "main");
	is_not(&two, "main", "the key was revoked");
}

static void
put(const struct scep_token_key *rec)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_token_key	 row = *rec;
	struct scep_error	 err;

	row.rev = SCEP_REV_ANY;
	assert_int_equal(scep_token_key_write(&change, &row, &err), SCEP_OK);
	assert_int_equal(scep_store_commit(w->store, &change, &err), SCEP_OK);
	scep_change_clear(&change);
}

static void
get(const char *kid, struct scep_token_key *rec)
{
	struct scep_error	 err;

	assert_int_equal(scep_token_key_get(w->store, kid, rec, &err),
	    SCEP_OK);
}

static void
state_is(const char *kid, const char *word)
{
	json_t	*one = operator_ask_id(w, 0, "{\"do\":\"tokenkey.show\","
		    "\"id\":\"%s\"}", kid);

	operator_is(one, "state", word);
	json_decref(one);
}

/* Something else than it says, i: which; what is left out does not exist. */
static int
change_row(struct scep_token_key *rec, int i)
{
	rec->max_ttl_s += i == 0;
	rec->created += i == 1;
	rec->public_key[0] ^= i == 2;
	rec->mac[0] ^= i == 3;
	if (i == 4)
		rec->alg = rec->alg == SCEP_TOKEN_HMAC ? SCEP_TOKEN_ED25519 :
		    SCEP_TOKEN_HMAC;
	if (i == 5)
		(void)snprintf(rec->profiles, sizeof(rec->profiles),
		    "main,both");
	if (i == 6)
		(void)snprintf(rec->name, sizeof(rec->name), "other");
	rec->since += i == 7;
	rec->revoked += i == 8;
	if (i == 9)
		(void)snprintf(rec->issuer, sizeof(rec->issuer), "uid 1");
	if (i == 10)
		(void)snprintf(rec->note, sizeof(rec->note), "x");
	if (i == 11)
		memset(rec->mac, 0, sizeof(rec->mac));
	return i < 12;
}

static void
is_worth_nothing_changed(const struct minter *m)
{
	struct scep_token_key	 good, rec;
	int			 i;

	get(m->kid, &good);
	for (i = 0, rec = good; change_row(&rec, i); i++, rec = good) {
		put(&rec);
		is_not(m, "main", "its row was changed in the database");
		state_is(m->kid, "changed");
		put(&good);
		is_good(m, "main");
		state_is(m->kid, "live");
	}
	assert_int_equal(i, 12);
}

static void
a_row_changed_in_the_database_is_worth_nothing(void **state)
{
	struct minter	 m, ed;

	(void)state;
	tokens_hmac(&m, NULL);
	is_worth_nothing_changed(&m);
	tokens_ed25519(&ed, NULL);
	is_worth_nothing_changed(&ed);
	tokens_clear(&ed);
}

/* Who can write the database, but does not know challenge.key. */
static void
what_was_revoked_is_not_revived(void **state)
{
	struct scep_token_key	 was, rec;
	struct minter		 m, two;

	(void)state;
	tokens_hmac(&m, "\"name\":\"mdm\"");
	tokens_hmac(&two, NULL);
	get(m.kid, &was);
	json_decref(operator_ask(w, 0, "{\"do\":\"tokenkey.revoke\",\"id\":"
	    "\"mdm\"}"));
	state_is(m.kid, "revoked");
	get(m.kid, &rec);
	rec.state = SCEP_TOKEN_KEY_LIVE;
	put(&rec);
	is_not(&m, "main", "its row was changed in the database");
	rec.revoked = 0;
	put(&rec);
	is_not(&m, "main", "its row was changed in the database");
	state_is(m.kid, "changed");
	/* It is not in the way of another one, and stays until it is seen. */
	json_decref(operator_ask(w, 91 * DAY, "{\"do\":\"tokenkey.add\","
	    "\"alg\":\"hmac\",\"name\":\"mdm\"}"));
	state_is(m.kid, "changed");
	json_decref(operator_ask_id(w, 0, "{\"do\":\"tokenkey.revoke\","
	    "\"id\":\"%s\"}", m.kid));
	state_is(m.kid, "revoked");
	is_not(&m, "main", "the key was revoked");
	is_good(&two, "main");
	/* What no mac can tell: the row as it was, all of it. */
	put(&was);
	is_good(&m, "main");
}

/* As another version wrote it, or nobody. */
static void
spoil(const char *kid)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_write	*to = NULL;
	struct scep_error	 err;

	assert_int_equal(scep_change_add(&change, SCEP_T_TOKEN_KEY,
	    scep_span_text(kid), SCEP_REV_ANY, &to, &err), SCEP_OK);
	assert_int_equal(scep_buf_set(&to->value, scep_span_text("0\003x"),
	    &err), SCEP_OK);
	assert_int_equal(scep_store_commit(w->store, &change, &err), SCEP_OK);
	scep_change_clear(&change);
}

/* It is worth nothing, and is in nobody's way. */
static void
a_row_that_cannot_be_read_is_told_of(void **state)
{
	const struct scep_restoring	 to = { w->crypto, w->cfg,
						w->store };
	struct scep_restored		 count = { .token_keys = 0 };
	struct scep_error		 err;
	struct minter			 m, two;
	json_t				*rows;

	(void)state;
	tokens_hmac(&m, "\"name\":\"old\"");
	tokens_hmac(&two, "\"name\":\"mdm\"");
	is_good(&m, "main");
	spoil(m.kid);
	is_not(&m, "main", "its row was changed in the database");
	state_is(m.kid, "changed");
	rows = operator_ask(w, 0, "{\"do\":\"tokenkey.list\"}");
	assert_int_equal(json_array_size(rows), 2);
	json_decref(rows);
	json_decref(operator_ask(w, 0, "{\"do\":\"tokenkey.show\",\"id\":"
	    "\"mdm\"}"));
	json_decref(operator_ask(w, 0, "{\"do\":\"tokenkey.add\",\"alg\":"
	    "\"hmac\"}"));
	is_good(&two, "main");
	/* A backup may have one. */
	assert_int_equal(scep_restore_void(&to, WORLD_NOW, 0, &count, &err),
	    SCEP_OK);
	assert_int_equal(count.token_keys, 2);
	state_is(m.kid, "changed");
	json_decref(operator_ask_id(w, 0, "{\"do\":\"tokenkey.revoke\","
	    "\"id\":\"%s\"}", m.kid));
	state_is(m.kid, "revoked");
	/* What its secret was made of is lost. */
	is_not(&m, "main", "its tag does not verify");
}

/* Put under the id of one that was revoked, it is not that one's. */
static void
a_row_stands_where_it_was_put(void **state)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_write	*to = NULL;
	struct scep_token_key	 rec;
	struct scep_error	 err;
	struct minter		 m, two;

	(void)state;
	tokens_hmac(&m, NULL);
	tokens_hmac(&two, NULL);
	get(two.kid, &rec);
	assert_int_equal(scep_change_add(&change, SCEP_T_TOKEN_KEY,
	    scep_span_text(m.kid), SCEP_REV_ANY, &to, &err), SCEP_OK);
	assert_int_equal(scep_token_key_encode(&rec, &to->value, &err),
	    SCEP_OK);
	assert_int_equal(scep_store_commit(w->store, &change, &err), SCEP_OK);
	scep_change_clear(&change);
	is_not(&m, "main", "its row was changed in the database");
	state_is(m.kid, "changed");
	json_decref(operator_ask_id(w, 0, "{\"do\":\"tokenkey.revoke\","
	    "\"id\":\"%s\"}", m.kid));
	state_is(m.kid, "revoked");
	is_good(&two, "main");
}

/* RFC 8032 section 5.1.7: S is below the order of the group, or somebody could
 * make another signature of one. */
static void
a_signature_has_one_form(void **state)
{
	static const uint8_t	 order[32] = {
		0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
		0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
		[31] = 0x10
	};
	uint8_t			 tag[SCEP_TOKEN_ED25519_LEN];
	struct minter		 ed;
	char			*dot, good[SCEP_TOKEN_MAX + 1];
	unsigned int		 carry = 0;
	size_t			 len;
	int			 i;

	(void)state;
	tokens_ed25519(&ed, NULL);
	tokens_mint(&ed, NULL, good);
	(void)snprintf(token, sizeof(token), "%s", good);
	dot = strrchr(token, '.');
	assert_true(scep_base64_read(scep_span_text(dot + 1), tag,
	    sizeof(tag), &len));
	for (i = 0; i < 32; i++) {
		carry += tag[32 + i] + order[i];
		tag[32 + i] = (uint8_t)carry;
		carry >>= 8;
	}
	dot[1] = '\0';
	scep_base64_text(scep_span_make(tag, sizeof(tag)), token);
	tried(0, NULL, "refused", "its tag does not verify");
	(void)snprintf(token, sizeof(token), "%s", good);
	tried(0, NULL, "granted", "challenge");
	tokens_clear(&ed);
}

static void
the_operator_is_told(void **state)
{
	static const struct {
		const char	*members;
		enum scep_err	 code;
		const char	*words;
	} bad[] = {
		{ "", SCEP_E_USAGE, "alg" },
		{ ",\"alg\":\"rsa\"", SCEP_E_USAGE, "hmac" },
		{ ",\"alg\":\"ed25519\"", SCEP_E_USAGE, "public" },
		{ ",\"alg\":\"hmac\",\"public\":\"00\"", SCEP_E_USAGE,
		    "public" },
		{ ",\"alg\":\"ed25519\",\"public\":\"00\"", SCEP_E_USAGE,
		    "no public key" },
		{ ",\"alg\":\"ed25519\",\"public\":\""
		    "302a300506032b65700321000100000000000000000000000000000"
		    "000000000000000000000000000000080\"", SCEP_E_USAGE,
		    "anybody's signature" },
		{ ",\"alg\":\"hmac\",\"profiles\":[\"none\"]",
		    SCEP_E_NOTFOUND, "no [profile none]" },
		{ ",\"alg\":\"hmac\",\"profiles\":[\"manual\"]",
		    SCEP_E_REFUSED, "does not take challenges" },
		{ ",\"alg\":\"hmac\",\"name\":\"a b\"", SCEP_E_USAGE,
		    "letters" },
		{ ",\"alg\":\"hmac\",\"name\":\"mdm\"", SCEP_E_REFUSED,
		    "in force already" },
		{ ",\"alg\":\"hmac\",\"max_ttl\":0", SCEP_E_USAGE,
		    "max_ttl" },
	};
	struct minter	 m;
	json_t		*list, *one;
	char		 ask[512];
	size_t		 i;

	(void)state;
	tokens_hmac(&m, "\"name\":\"mdm\",\"max_ttl\":3600,\"note\":\"n\"");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(ask, sizeof(ask), "{\"do\":\"tokenkey.add\"%s}",
		    bad[i].members);
		operator_refused(w, 0, ask, bad[i].code, bad[i].words);
	}
	list = operator_ask(w, 0, "{\"do\":\"tokenkey.list\"}");
	assert_int_equal(json_array_size(list), 1);
	one = json_array_get(list, 0);
	operator_is(one, "id", m.kid);
	operator_is(one, "alg", "hmac");
	operator_is(one, "max_ttl", "1h");
	operator_is(one, "state", "live");
	operator_is(one, "profiles", "main");
	assert_null(json_object_get(one, "secret"));
	json_decref(list);
	one = operator_ask_id(w, 0, "{\"do\":\"tokenkey.show\",\"id\":"
	    "\"%s\"}", m.kid);
	operator_is(one, "name", "mdm");
	assert_null(json_object_get(one, "secret"));
	json_decref(one);
	operator_refused(w, 0, "{\"do\":\"tokenkey.show\",\"id\":\"x\"}",
	    SCEP_E_NOTFOUND, "token key list");
	/* A name is free again, and its row goes after a while. */
	json_decref(operator_ask(w, 0,
	    "{\"do\":\"tokenkey.revoke\",\"id\":\"mdm\"}"));
	json_decref(operator_ask(w, 0,
	    "{\"do\":\"tokenkey.revoke\",\"id\":\"mdm\"}"));
	json_decref(operator_ask(w, 1, "{\"do\":\"tokenkey.add\",\"alg\":"
	    "\"hmac\",\"name\":\"mdm\"}"));
	assert_int_equal(world_count(w, SCEP_T_TOKEN_KEY), 2);
	json_decref(operator_ask(w, 91 * DAY, "{\"do\":\"tokenkey.add\","
	    "\"alg\":\"hmac\",\"name\":\"b\"}"));
	assert_int_equal(world_count(w, SCEP_T_TOKEN_KEY), 2);
}

/* SECURITY T3: the secret is in no row, and in no log. */
static void
a_secret_is_nowhere(void **state)
{
	char		 hex[2 * SCEP_TOKEN_SECRET + 1];
	struct minter	 m;
	size_t		 i;

	(void)state;
	tokens_hmac(&m, NULL);
	is_good(&m, "main");
	for (i = 0; i < sizeof(m.secret); i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", m.secret[i]);
	assert_false(world_holds(w, hex));
	assert_false(world_holds(w, token));
	assert_true(world_holds(w, m.kid));	/* it would be found */
	assert_null(strstr(operator_summary, hex));
}

/* A restore writes rows; one that was changed is not made ours by that. */
static void
a_restore_makes_no_changed_row_ours(void **state)
{
	const struct scep_restoring	 to = { w->crypto, w->cfg,
						w->store };
	struct scep_restored		 count = { .token_keys = 0 };
	struct scep_token_wish		 wish = { .begins = WORLD_NOW - 1 };
	struct scep_token_key		 rec;
	struct scep_error		 err;
	struct minter			 m, two;

	(void)state;
	tokens_hmac(&m, NULL);
	tokens_hmac(&two, NULL);
	get(m.kid, &rec);
	rec.max_ttl_s *= 100;
	put(&rec);
	assert_int_equal(scep_restore_void(&to, WORLD_NOW, 0, &count, &err),
	    SCEP_OK);
	assert_int_equal(count.token_keys, 1);
	is_not(&m, "main", "its row was changed in the database");
	tokens_mint(&two, &wish, token);
	tried(0, NULL, "refused", "restored");
	/* Nor does it forget what that has written. */
	get(two.kid, &rec);
	assert_true(rec.since > WORLD_NOW);
	rec.since = 0;
	put(&rec);
	tried(0, NULL, "refused", "its row was changed in the database");
}

static void
revoked_after_the_backup_stays_so(void **state)
{
	const struct scep_restoring	 to = { w->crypto, w->cfg,
						w->store };
	struct scep_change	 change = { .n = 0 };
	struct scep_error	 err;
	struct minter		 m, two;
	char			 entry[256];

	(void)state;
	tokens_hmac(&m, NULL);
	tokens_hmac(&two, NULL);
	(void)snprintf(entry, sizeof(entry), "time=2026-11-24T12:00:00Z "
	    "event=tokenkey-revoked id=%s name=%s by=\"uid 0\"", m.kid,
	    m.kid);
	assert_int_equal(scep_restore_token_key(&to,
	    scep_span_text(entry), &change, &err), SCEP_OK);
	assert_int_equal(change.n, 1);
	assert_int_equal(scep_store_commit(w->store, &change, &err), SCEP_OK);
	scep_change_clear(&change);
	is_not(&m, "main", "the key was revoked");
	is_good(&two, "main");
	/* What tells of others says nothing of it. */
	(void)snprintf(entry, sizeof(entry), "event=tokenkey-added id=%s",
	    two.kid);
	assert_int_equal(scep_restore_token_key(&to,
	    scep_span_text(entry), &change, &err), SCEP_OK);
	assert_int_equal(change.n, 0);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_setup(a_key_has_its_profiles, ask_empty),
		cmocka_unit_test_setup(each_key_is_another, ask_empty),
		cmocka_unit_test_setup(revoked_is_revoked, ask_empty),
		cmocka_unit_test_setup(an_id_comes_before_a_name, ask_empty),
		cmocka_unit_test_setup(
		    a_row_changed_in_the_database_is_worth_nothing,
		    ask_empty),
		cmocka_unit_test_setup(what_was_revoked_is_not_revived,
		    ask_empty),
		cmocka_unit_test_setup(a_row_that_cannot_be_read_is_told_of,
		    ask_empty),
		cmocka_unit_test_setup(a_row_stands_where_it_was_put,
		    ask_empty),
		cmocka_unit_test_setup(a_restore_makes_no_changed_row_ours,
		    ask_empty),
		cmocka_unit_test_setup(a_signature_has_one_form, ask_empty),
		cmocka_unit_test_setup(the_operator_is_told, ask_empty),
		cmocka_unit_test_setup(a_secret_is_nowhere, ask_empty),
		cmocka_unit_test_setup(revoked_after_the_backup_stays_so,
		    ask_empty),
	};
	int			 failed;

	w = world_new(NULL);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	world_free(w);
	return failed;
}
