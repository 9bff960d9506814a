/*
 * t_admin_challenge.c - what the operator binds, by JSON; lists in pages,
 * frozen ones thawed, old ones purged.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "tests/unit/asking.h"
#include "tests/unit/operator.h"

#define HOUR	3600L
#define DAY	86400L

/* Each unit test has an empty store, and room for a long request. */
static char	line[3 * SCEP_CSR_MAX];

static const char *
say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static const char *
say(const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	(void)vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	return line;
}

/* One that is added with these members; its record is the result. */
static json_t *
added(const char *members, char challenge[SCEP_CHALLENGE_TEXT])
{
	json_t	*result, *rec;

	result = operator_ask(w, 0, say("{\"do\":\"challenge.add\"%s%s}",
	    members[0] != '\0' ? "," : "", members));
	(void)snprintf(challenge, SCEP_CHALLENGE_TEXT, "%s",
	    operator_text(json_array_get(result, 0), "challenge"));
	rec = operator_ask_id(w, 0,
	    "{\"do\":\"challenge.show\",\"id\":\"%s\"}", challenge);
	operator_is(json_array_get(result, 0), "binds", operator_text(rec,
	    "binds"));
	json_decref(result);
	return rec;
}

static long
number(const json_t *object, const char *member)
{
	const json_t	*n = json_object_get(object, member);

	assert_true(json_is_integer(n));
	return (long)json_integer_value(n);
}

static void
tried(int k, const char *txid, const char *subject, const char *challenge,
    const char *end, const char *why)
{
	struct world_request	 r;

	memset(&r, 0, sizeof(r));
	r.txid = txid;
	r.signer = k;
	r.csr = client_csr(w->key[k], subject, challenge, NULL);
	ask_spend(&r, end, why);
}

/* A request in hex, and the SHA-256 of its key. */
static void
csr_hex(int k, const char *subject, const char *const *dns, char *hex,
    size_t size, char key[2 * SCEP_SHA256_LEN + 1])
{
	struct bytes			 der = client_csr(w->key[k], subject,
					    NULL, dns);
	const struct scep_profile	*p = scep_config_profile(w->cfg,
					    "main");
	struct scep_csr			*csr;
	struct scep_error		 err;

	world_must(scep_csr_parse(w->crypto, scep_span_make(der.data,
	    der.len), &p->keys, 0, &csr, &err) == SCEP_OK);
	scep_hex_text(scep_span_make(der.data, der.len), hex, size);
	scep_hex_text(scep_span_make(csr->key.sha256, SCEP_SHA256_LEN), key,
	    2 * SCEP_SHA256_LEN + 1);
	scep_csr_free(csr);
	bytes_free(&der);
}

/* … with a line break in its name. */
static void
unread_hex(int k, char *hex, size_t size)
{
	struct bytes	 der = client_csr(w->key[k], "/CN=dev\n", NULL, NULL);

	scep_hex_text(scep_span_make(der.data, der.len), hex, size);
	bytes_free(&der);
}

static void
each_member_is_in_the_record(void **state)
{
	char	 ch[SCEP_CHALLENGE_TEXT];
	json_t	*rec;

	(void)state;
	rec = added("\"subject\":\"O=x, CN=dev-*\",\"dns\":[\"a.example\"],"
	    "\"not_before\":1795525200,\"ttl\":60,\"uses\":7,"
	    "\"reuse_for\":300,\"max_wrong\":9,\"note\":\"n\","
	    "\"key\":\"00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:"
	    "00112233445566778899aabbccddeeff\"", ch);
	operator_is(rec, "state", "early");
	operator_is(rec, "binds", "subject template, SAN and key");
	operator_is(rec, "names", "template");
	operator_is(rec, "subject", "O=x, CN=dev-*");
	operator_is(rec, "san", "DNS:a.example");
	operator_is(rec, "key_sha256", "00112233445566778899aabbccddeeff"
	    "00112233445566778899aabbccddeeff");
	operator_is(rec, "not_before", "2026-11-24T13:00:00Z");
	operator_is(rec, "expires", "2026-11-24T13:01:00Z");
	assert_int_equal(number(rec, "uses"), 7);
	assert_int_equal(number(rec, "used"), 0);
	assert_int_equal(number(rec, "reuse_for"), 300);
	assert_int_equal(number(rec, "max_wrong"), 9);
	assert_int_equal(number(rec, "wrong"), 0);
	json_decref(rec);
	rec = added("\"subject\":\"CN=given\",\"set_subject\":1,"
	    "\"expires\":1795525200", ch);
	operator_is(rec, "binds", "set subject and SAN");
	operator_is(rec, "names", "set");
	operator_is(rec, "not_before", "");
	operator_is(rec, "expires", "2026-11-24T13:00:00Z");
	operator_is(rec, "key_sha256", "");
	assert_int_equal(number(rec, "max_wrong"), 5);
	assert_int_equal(number(rec, "reuse_for"), 0);
	json_decref(rec);
	tried(0, "a", "/CN=mine", ch, "granted", "challenge");
}

/* As it is to be typed again. */
static void
a_star_that_is_meant_is_shown_with_a_backslash(void **state)
{
	char	 ch[SCEP_CHALLENGE_TEXT];
	json_t	*rec;

	(void)state;
	rec = added("\"subject\":\"CN=\\\\*.example\"", ch);
	operator_is(rec, "names", "exact");
	operator_is(rec, "subject", "CN=\\*.example");
	json_decref(rec);
	tried(0, "a", "/CN=a.example", ch, "refused", "another subject");
	tried(0, "b", "/CN=*.example", ch, "granted", "challenge");
}

static void
a_request_binds_its_key_and_its_names(void **state)
{
	static const char *const	 dns[] = { "a.example", NULL };
	char				 hex[4096], key[65];
	char				 ch[SCEP_CHALLENGE_TEXT];
	char				 members[8192];
	json_t				*rec;

	(void)state;
	csr_hex(0, "/O=x/CN=dev-0", dns, hex, sizeof(hex), key);
	(void)snprintf(members, sizeof(members), "\"csr\":\"%s\"", hex);
	rec = added(members, ch);
	operator_is(rec, "binds", "subject, SAN and key");
	operator_is(rec, "subject", "O=x, CN=dev-0");
	operator_is(rec, "san", "DNS:a.example");
	operator_is(rec, "key_sha256", key);
	json_decref(rec);
	/* Names that were given are bound in place of its own. */
	(void)snprintf(members, sizeof(members),
	    "\"csr\":\"%s\",\"subject\":\"CN=other\"", hex);
	rec = added(members, ch);
	operator_is(rec, "binds", "subject, SAN and key");
	operator_is(rec, "subject", "CN=other");
	operator_is(rec, "san", "");
	operator_is(rec, "key_sha256", key);
	json_decref(rec);
	tried(1, "a", "/CN=other", ch, "refused", "another key");
	tried(0, "b", "/O=x/CN=dev-0", ch, "refused", "another subject");
	tried(0, "c", "/CN=other", ch, "granted", "challenge");
}

/* Its own names must be names, but where it gets others. */
static void
a_request_without_readable_names_binds_its_key_alone(void **state)
{
	char	 hex[4096], bad[4096], key[65], members[8192];
	char	 ch[SCEP_CHALLENGE_TEXT];
	json_t	*rec;

	(void)state;
	csr_hex(0, "/CN=dev-0", NULL, hex, sizeof(hex), key);
	unread_hex(0, bad, sizeof(bad));
	(void)snprintf(members, sizeof(members),
	    "{\"do\":\"challenge.add\",\"csr\":\"%s\"}", bad);
	operator_refused(w, 0, members, SCEP_E_REFUSED, "control characters");
	(void)snprintf(members, sizeof(members), "{\"do\":\"challenge.add\","
	    "\"csr\":\"%s\",\"subject\":\"CN=other\"}", bad);
	operator_refused(w, 0, members, SCEP_E_REFUSED, "control characters");
	(void)snprintf(members, sizeof(members),
	    "\"csr\":\"%s\",\"subject\":\"CN=given\",\"set_subject\":1",
	    bad);
	rec = added(members, ch);
	operator_is(rec, "subject", "CN=given");
	operator_is(rec, "key_sha256", key);
	json_decref(rec);
	/* Signed it must be. */
	bad[strlen(bad) - 1] = bad[strlen(bad) - 1] == '0' ? '1' : '0';
	(void)snprintf(members, sizeof(members), "{\"do\":\"challenge.add\","
	    "\"csr\":\"%s\",\"subject\":\"CN=given\",\"set_subject\":1}",
	    bad);
	operator_refused(w, 0, members, SCEP_E_REFUSED, "does not verify");
	assert_int_equal(world_count(w, SCEP_T_CHALLENGE), 1);
	tried(1, "a", "/CN=dev\n", ch, "refused", "another key");
	tried(0, "b", "/CN=dev\n", ch, "granted", "challenge");
}

static void
what_cannot_be_is_refused(void **state)
{
	static const struct {
		const char	*members, *words;
		enum scep_err	 code;
	} bad[] = {
		{ "\"subject\":\"CN=*-*\"", "2 times *", SCEP_E_USAGE },
		{ "\"subject\":\"CN=*\",\"set_subject\":1", "names nobody",
		    SCEP_E_USAGE },
		{ "\"set_subject\":1", "no subject to set", SCEP_E_USAGE },
		{ "\"set_subject\":1,\"dns\":[\"a.example\"]",
		    "no subject to set", SCEP_E_USAGE },
		{ "\"set_subject\":2", "between", SCEP_E_USAGE },
		{ "\"key\":\"0011\"", "64 digits", SCEP_E_USAGE },
		{ "\"key\":\"x\"", "64 digits", SCEP_E_USAGE },
		{ "\"key\":\"00\",\"csr\":\"00\"", "give one of them",
		    SCEP_E_USAGE },
		{ "\"csr\":\"3000\"", "takes no such request",
		    SCEP_E_REFUSED },
		{ "\"csr\":\"zz\"", "takes no such request", SCEP_E_REFUSED },
		{ "\"ttl\":60,\"expires\":1795525200", "give one of them",
		    SCEP_E_USAGE },
		{ "\"expires\":1795521600", "in the past", SCEP_E_USAGE },
		{ "\"expires\":1795521500", "in the past, 100 s ago",
		    SCEP_E_USAGE },
		{ "\"expires\":1795525200,\"not_before\":1795525200",
		    "expires 0 s before not_before", SCEP_E_USAGE },
		{ "\"expires\":2795525200", "ten years", SCEP_E_USAGE },
		{ "\"not_before\":2795525200", "ten years", SCEP_E_USAGE },
		{ "\"max_wrong\":-1", "between", SCEP_E_USAGE },
		{ "\"reuse_for\":-1", "between", SCEP_E_USAGE },
		{ "\"profile\":\"tight\",\"subject\":\"CN=other\","
		    "\"set_subject\":1", "subject_allow", SCEP_E_REFUSED },
		{ "\"profile\":\"tight\",\"subject\":\"L=*, CN=dev-1\"",
		    "allows no L", SCEP_E_REFUSED },
		{ "\"profile\":\"main\",\"subject\":\"O=*\"",
		    "requires a CN", SCEP_E_REFUSED },
	};
	char	 ch[SCEP_CHALLENGE_TEXT];
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		operator_refused(w, 0, say("{\"do\":\"challenge.add\",%s}",
		    bad[i].members), bad[i].code, bad[i].words);
	assert_int_equal(world_count(w, SCEP_T_CHALLENGE), 0);
	/* The controls: a star may stand for what the profile allows. */
	json_decref(added("\"profile\":\"tight\",\"subject\":\"CN=*\"", ch));
	json_decref(added("\"profile\":\"tight\",\"subject\":\"CN=dev-1\","
	    "\"set_subject\":1", ch));
	json_decref(added("\"expires\":1795525201,\"not_before\":1795525200",
	    ch));
}

static void
a_frozen_one_is_thawed(void **state)
{
	static const char	 thaw[] =
	    "{\"do\":\"challenge.thaw\",\"id\":\"%s\"}";
	char			 ch[SCEP_CHALLENGE_TEXT];
	json_t			*rec;

	(void)state;
	rec = added("\"subject\":\"CN=right\",\"max_wrong\":2", ch);
	operator_is(rec, "state", "live");
	json_decref(rec);
	tried(0, "a", "/CN=wrong", ch, "refused", "1 of 2");
	rec = operator_ask_id(w, 0,
	    "{\"do\":\"challenge.show\",\"id\":\"%s\"}", ch);
	assert_int_equal(number(rec, "wrong"), 1);
	operator_is(rec, "state", "live");
	json_decref(rec);
	tried(1, "b", "/CN=wrong", ch, "refused", "2 of 2, and is frozen");
	rec = operator_ask_id(w, 0,
	    "{\"do\":\"challenge.show\",\"id\":\"%s\"}", ch);
	operator_is(rec, "state", "frozen");
	assert_int_equal(number(rec, "wrong"), 2);
	json_decref(rec);
	rec = operator_ask_id(w, 0, thaw, ch);
	operator_is(rec, "state", "live");
	assert_int_equal(number(rec, "wrong"), 0);
	json_decref(rec);
	assert_int_equal(world_holds(w, "event=challenge-thawed"), 1);
	/* It counts from nothing again. */
	tried(2, "c", "/CN=wrong", ch, "refused", "1 of 2");
	tried(0, "d", "/CN=right", ch, "granted", "challenge");
	json_decref(operator_ask_id(w, 0,
	    "{\"do\":\"challenge.revoke\",\"id\":\"%s\"}", ch));
	operator_refused_id(w, 0, thaw, ch, SCEP_E_REFUSED, "for good");
	operator_refused_id(w, 0, thaw, "aaaaaaaaaa", SCEP_E_NOTFOUND,
	    "no challenge");
}

static void
what_has_no_wrong_name_is_not_written_by_thawing(void **state)
{
	char	 ch[SCEP_CHALLENGE_TEXT];

	(void)state;
	json_decref(added("", ch));
	json_decref(operator_ask_id(w, 0,
	    "{\"do\":\"challenge.thaw\",\"id\":\"%s\"}", ch));
	assert_int_equal(world_holds(w, "event=challenge-thawed"), 0);
}

/* All pages of it; how many rows came, each once. */
static size_t
walked(const char *members, long limit)
{
	char	 seen[200 * 12] = "", after[128] = "", id[16];
	json_t	*page, *rows, *row;
	size_t	 i, n = 0;

	do {
		page = operator_ask(w, 0, say("{\"do\":\"challenge.list\","
		    "\"limit\":%ld%s%s}", limit, members, after));
		rows = json_object_get(page, "rows");
		assert_true(json_array_size(rows) <= (size_t)limit);
		json_array_foreach(rows, i, row) {
			(void)snprintf(id, sizeof(id), "%s,",
			    operator_text(row, "id"));
			assert_null(strstr(seen, id));
			(void)strcat(seen, id);
			n++;
		}
		after[0] = '\0';
		if (json_object_get(page, "next") != NULL)
			(void)snprintf(after, sizeof(after),
			    ",\"after\":\"%s\"", operator_text(page, "next"));
		json_decref(page);
	} while (after[0] != '\0');
	return n;
}

static void
a_list_comes_in_pages(void **state)
{
	char	 ch[SCEP_CHALLENGE_TEXT];
	int	 i;

	(void)state;
	/* Many with one time, and some with others. */
	json_decref(operator_ask(w, 0,
	    "{\"do\":\"challenge.add\",\"count\":50}"));
	json_decref(operator_ask(w, 0,
	    "{\"do\":\"challenge.add\",\"count\":5,\"profile\":\"both\"}"));
	for (i = 0; i < 5; i++)
		json_decref(operator_ask(w, 0, say("{\"do\":\"challenge.add\""
		    ",\"ttl\":%d}", 100 + i)));
	json_decref(added("\"not_before\":1795525200", ch));
	assert_int_equal(walked("", 2000), 61);
	assert_int_equal(walked("", 7), 61);
	assert_int_equal(walked("", 1), 61);
	assert_int_equal(walked(",\"profile\":\"both\"", 3), 5);
	assert_int_equal(walked(",\"state\":\"early\"", 3), 1);
	assert_int_equal(walked(",\"state\":\"live\"", 3), 60);
	assert_int_equal(walked(",\"state\":\"frozen\"", 3), 0);
	operator_refused(w, 0,
	    "{\"do\":\"challenge.list\",\"state\":\"dead\"}", SCEP_E_USAGE,
	    "not live, early");
	operator_refused(w, 0,
	    "{\"do\":\"challenge.list\",\"after\":\"x\"}", SCEP_E_USAGE,
	    "next");
	operator_refused(w, 0,
	    "{\"do\":\"challenge.list\",\"after\":\"00000000000000zz:a\"}",
	    SCEP_E_USAGE, "next");
}

static void
what_is_of_no_use_is_purged(void **state)
{
	char	 used[SCEP_CHALLENGE_TEXT], revoked[SCEP_CHALLENGE_TEXT];
	char	 again[SCEP_CHALLENGE_TEXT], live[SCEP_CHALLENGE_TEXT];
	char	 over[SCEP_CHALLENGE_TEXT];
	json_t	*result;

	(void)state;
	json_decref(added("\"ttl\":1000000", live));
	json_decref(added("\"ttl\":60", over));
	json_decref(added("", used));
	json_decref(added("\"reuse_for\":864000", again));
	json_decref(added("", revoked));
	tried(0, "a", "/CN=dev-0", used, "granted", "challenge");
	tried(1, "b", "/CN=dev-1", again, "granted", "challenge");
	json_decref(operator_ask_id(w, 0,
	    "{\"do\":\"challenge.revoke\",\"id\":\"%s\"}", revoked));
	/* The used one may still be asked for what it made. */
	result = operator_ask(w, HOUR, "{\"do\":\"challenge.purge\","
	    "\"older\":1800}");
	assert_int_equal(number(result, "purged"), 2);
	assert_null(json_object_get(result, "next"));
	json_decref(result);
	operator_refused_id(w, 0, "{\"do\":\"challenge.show\",\"id\":\"%s\"}",
	    over, SCEP_E_NOTFOUND, "no challenge");
	operator_refused_id(w, 0, "{\"do\":\"challenge.show\",\"id\":\"%s\"}",
	    revoked, SCEP_E_NOTFOUND, "no challenge");
	assert_int_equal(world_holds(w, "event=challenges-purged"), 1);
	result = operator_ask(w, DAY + HOUR, "{\"do\":\"challenge.purge\","
	    "\"older\":864000}");
	assert_int_equal(number(result, "purged"), 0);
	json_decref(result);
	result = operator_ask(w, DAY + HOUR, "{\"do\":\"challenge.purge\"}");
	assert_int_equal(number(result, "purged"), 1);
	json_decref(result);
	operator_refused_id(w, 0, "{\"do\":\"challenge.show\",\"id\":\"%s\"}",
	    used, SCEP_E_NOTFOUND, "no challenge");
	json_decref(operator_ask_id(w, 0,
	    "{\"do\":\"challenge.show\",\"id\":\"%s\"}", again));
	tried(2, "c", "/CN=dev-2", live, "granted", "challenge");
	tried(3, "d", "/CN=dev-3", revoked, "refused", "unknown");
}

static void
more_than_a_change_holds_are_purged_in_turns(void **state)
{
	const char	*after = NULL;
	json_t		*result;
	long		 n = 0;
	int		 i, turns = 0;

	(void)state;
	for (i = 0; i < 3; i++)
		json_decref(operator_ask(w, 0, "{\"do\":\"challenge.add\","
		    "\"count\":150,\"ttl\":1}"));
	do {
		result = operator_ask(w, HOUR, after == NULL ?
		    "{\"do\":\"challenge.purge\"}" : line);
		n += number(result, "purged");
		after = json_string_value(json_object_get(result, "next"));
		if (after != NULL)
			(void)say("{\"do\":\"challenge.purge\","
			    "\"after\":\"%s\"}", after);
		json_decref(result);
		turns++;
	} while (after != NULL);
	assert_int_equal(n, 450);
	assert_true(turns > 1);
	assert_int_equal(world_count(w, SCEP_T_CHALLENGE), 0);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_setup(each_member_is_in_the_record,
		    ask_empty),
		cmocka_unit_test_setup(
		    a_star_that_is_meant_is_shown_with_a_backslash,
		    ask_empty),
		cmocka_unit_test_setup(a_request_binds_its_key_and_its_names,
		    ask_empty),
		cmocka_unit_test_setup(
		    a_request_without_readable_names_binds_its_key_alone,
		    ask_empty),
		cmocka_unit_test_setup(what_cannot_be_is_refused, ask_empty),
		cmocka_unit_test_setup(a_frozen_one_is_thawed, ask_empty),
		cmocka_unit_test_setup(
		    what_has_no_wrong_name_is_not_written_by_thawing,
		    ask_empty),
		cmocka_unit_test_setup(a_list_comes_in_pages, ask_empty),
		cmocka_unit_test_setup(what_is_of_no_use_is_purged,
		    ask_empty),
		cmocka_unit_test_setup(
		    more_than_a_change_holds_are_purged_in_turns, ask_empty),
	};
	int	 rc;

	w = world_new(NULL);
	rc = cmocka_run_group_tests(tests, NULL, NULL);
	world_free(w);
	return rc;
}
