/*
 * t_admin.c - the operator's challenges, by JSON; and what is no request.
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
#include "tests/unit/operator.h"

#define DAY	86400L

static struct world	*w;

static int
open_world(void **state)
{
	(void)state;
	w = world_new(NULL);
	return 0;
}

static int
close_world(void **state)
{
	(void)state;
	world_free(w);
	return 0;
}

static int
empty_world(void **state)
{
	(void)state;
	world_empty(w);
	return 0;
}

/* The one challenge that a request adds. */
static void
add(const char *request, char text[SCEP_CHALLENGE_TEXT])
{
	json_t	*result = operator_ask(w, 0, request);

	assert_int_equal(json_array_size(result), 1);
	(void)snprintf(text, SCEP_CHALLENGE_TEXT, "%s",
	    operator_text(json_array_get(result, 0), "challenge"));
	json_decref(result);
}

static json_t *
show(const char *id, time_t later)
{
	return operator_ask_id(w, later,
	    "{\"do\":\"challenge.show\",\"id\":\"%s\"}", id);
}

static void
state_is(const char *challenge, time_t later, const char *want)
{
	char	 id[11];
	json_t	*rec;

	(void)snprintf(id, sizeof(id), "%.10s", challenge);
	rec = show(id, later);
	operator_is(rec, "state", want);
	json_decref(rec);
}

/* Device k enrols; what comes of it. */
static enum scep_outcome
enrol(int k, const char *profile, const char *subject,
    const char *const *dns, const char *challenge)
{
	char			 txid[16];
	struct scep_answer	 answer;
	struct scep_error	 err;
	struct world_request	 r = { .profile = profile, .txid = txid,
				    .signer = k };
	enum scep_outcome	 outcome;

	(void)snprintf(txid, sizeof(txid), "t%u", w->requests);
	r.csr = client_csr(w->key[k], subject, challenge, dns);
	memset(&answer, 0, sizeof(answer));
	assert_int_equal(world_enrol(w, &r, &answer, &err), SCEP_OK);
	outcome = answer.outcome;
	scep_answer_clear(&answer);
	bytes_free(&r.csr);
	return outcome;
}

static void
what_is_no_request_is_refused_as_usage(void **state)
{
	static const struct {
		const char	*request, *words;
	} bad[] = {
		{ "", "no JSON" },
		{ "{", "no JSON" },
		{ "[]", "no JSON object" },
		{ "\"do\"", "no JSON" },
		{ "{\"do\":\"challenge.list\"} x", "no JSON" },
		{ "{\"do\":\"challenge.list\",\"do\":\"cert.list\"}",
		    "no JSON" },
		{ "{}", "\"do\" asks for nothing" },
		{ "{\"do\":1}", "\"do\" asks for nothing" },
		{ "{\"do\":\"challenge\"}", "\"do\" asks for nothing" },
		{ "{\"do\":\"\"}", "\"do\" asks for nothing" },
		{ "{\"do\":\"request.show\",\"id\":\"0\",\"idd\":\"x\"}",
		    "there is no member \"idd\"; there are id; is scepadm of "
		    "the same version" },
		{ "{\"do\":\"crl.list\",\"a\\u0007\":1}",
		    "no member \"?\"; there are none" },
		{ "{\"do\":\"challenge.show\"}", "id is missing" },
		{ "{\"do\":\"challenge.show\",\"id\":5}", "id is no text" },
		{ "{\"do\":\"challenge.show\",\"id\":\"\"}", "0 octets" },
		{ "{\"do\":\"challenge.add\",\"ttl\":\"1\"}",
		    "ttl is no whole number" },
		{ "{\"do\":\"challenge.add\",\"ttl\":0}", "between" },
		{ "{\"do\":\"challenge.add\",\"uses\":1.5}", "whole number" },
		{ "{\"do\":\"challenge.add\",\"uses\":0}", "between" },
		{ "{\"do\":\"challenge.add\",\"count\":251}", "between" },
		{ "{\"do\":\"challenge.add\",\"dns\":\"a\"}", "no list" },
		{ "{\"do\":\"challenge.add\",\"dns\":[1]}", "no text" },
		{ "{\"do\":\"challenge.add\",\"note\":\"a\\nb\"}",
		    "control character" },
		{ "{\"do\":\"challenge.add\",\"note\":\"a\\u0000b\"}",
		    "no JSON" },
		{ "{\"do\":\"challenge.add\",\"note\":\"\xff\"}", "no JSON" },
		{ "{\"do\":\"challenge.add\",\"subject\":\"nonsense\"}",
		    "TYPE=VALUE" },
		{ "{\"do\":\"request.approve\",\"id\":\"0123456789abcdef0\"}",
		    "octets" },
		{ "{\"do\":\"cert.show\",\"serial\":\"xyz\"}",
		    "not hexadecimal" },
	};
	size_t	 i;
	json_t	*result;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		operator_refused(w, 0, bad[i].request, SCEP_E_USAGE,
		    bad[i].words);
	result = operator_ask(w, 0, "{\"do\":\"challenge.list\"}");
	assert_int_equal(json_is_array(json_object_get(result, "rows")), 1);
	assert_int_equal(json_array_size(json_object_get(result, "rows")), 0);
	assert_null(json_object_get(result, "next"));
	json_decref(result);
}

static void
a_request_has_at_most_64_kib(void **state)
{
	static const char	 front[] = "{\"do\":\"challenge.list\"";
	char			*text = malloc(SCEP_ADMIN_ASK_MAX + 2);

	(void)state;
	assert_non_null(text);
	memset(text, ' ', SCEP_ADMIN_ASK_MAX + 1);
	memcpy(text, front, sizeof(front) - 1);
	text[SCEP_ADMIN_ASK_MAX] = '}';
	text[SCEP_ADMIN_ASK_MAX + 1] = '\0';
	operator_refused(w, 0, text, SCEP_E_USAGE, "65537 octets");
	text[SCEP_ADMIN_ASK_MAX - 1] = '}';
	text[SCEP_ADMIN_ASK_MAX] = '\0';
	json_decref(operator_ask(w, 0, text));
	free(text);
}

static void
what_is_not_said_has_a_default(void **state)
{
	json_t	*result, *one, *rec;

	(void)state;
	result = operator_ask(w, 0, "{\"do\":\"challenge.add\"}");
	one = json_array_get(result, 0);
	operator_is(one, "profile", "main");
	operator_is(one, "binds", "nothing");
	operator_is(one, "expires", "2026-11-25T12:00:00Z");
	assert_int_equal(strlen(operator_text(one, "id")), 10);
	assert_int_equal(strlen(operator_text(one, "challenge")), 37);
	rec = show(operator_text(one, "id"), 0);
	operator_is(rec, "profile", "main");
	operator_is(rec, "state", "live");
	operator_is(rec, "binds", "nothing");
	operator_is(rec, "subject", "");
	operator_is(rec, "san", "");
	operator_is(rec, "created", "2026-11-24T12:00:00Z");
	operator_is(rec, "expires", "2026-11-25T12:00:00Z");
	operator_is(rec, "note", "");
	operator_is(rec, "issuer", "uid 1000");
	assert_int_equal(json_integer_value(json_object_get(rec, "uses")), 1);
	assert_int_equal(json_integer_value(json_object_get(rec, "used")), 0);
	json_decref(rec);
	json_decref(result);
}

static void
an_added_challenge_enrols_once_and_is_then_used(void **state)
{
	char	 ch[SCEP_CHALLENGE_TEXT];
	json_t	*list, *rows;

	(void)state;
	add("{\"do\":\"challenge.add\",\"note\":\"for a test\"}", ch);
	state_is(ch, 0, "live");
	assert_int_equal(enrol(0, "main", "/CN=a", NULL, ch), SCEP_GRANTED);
	state_is(ch, 0, "used");
	assert_int_equal(enrol(1, "main", "/CN=a", NULL, ch), SCEP_REFUSED);
	list = operator_ask(w, 0, "{\"do\":\"challenge.list\"}");
	rows = json_object_get(list, "rows");
	assert_int_equal(json_array_size(rows), 1);
	operator_is(json_array_get(rows, 0), "state", "used");
	operator_is(json_array_get(rows, 0), "note", "for a test");
	json_decref(list);
}

static void
a_bound_subject_is_all_that_may_be_asked_for(void **state)
{
	static const char	*dns[] = { "a.example", NULL };
	char			 ch[SCEP_CHALLENGE_TEXT];

	(void)state;
	add("{\"do\":\"challenge.add\",\"subject\":\"O=x, CN=dev-0\"}", ch);
	assert_int_equal(enrol(0, "main", "/O=x/CN=dev-1", NULL, ch),
	    SCEP_REFUSED);
	assert_int_equal(enrol(0, "main", "/CN=dev-0", NULL, ch),
	    SCEP_REFUSED);
	assert_int_equal(enrol(0, "main", "/O=x/CN=dev-0", dns, ch),
	    SCEP_REFUSED);
	assert_int_equal(enrol(0, "main", "/O=x/CN=dev-0", NULL, ch),
	    SCEP_GRANTED);
}

static void
bound_names_are_all_that_may_be_asked_for(void **state)
{
	static const char	*one[] = { "a.example", NULL };
	static const char	*both[] = { "b.example", "A.example", NULL };
	char			 ch[SCEP_CHALLENGE_TEXT];
	json_t			*rec;

	(void)state;
	add("{\"do\":\"challenge.add\",\"dns\":[\"a.example\","
	    "\"B.example\"]}", ch);
	rec = operator_ask_id(w, 0,
	    "{\"do\":\"challenge.show\",\"id\":\"%s\"}", ch);
	operator_is(rec, "binds", "SAN");
	operator_is(rec, "san", "DNS:a.example, DNS:b.example");
	json_decref(rec);
	assert_int_equal(enrol(0, "main", "/CN=x", one, ch), SCEP_REFUSED);
	assert_int_equal(enrol(0, "main", "/CN=x", NULL, ch), SCEP_REFUSED);
	assert_int_equal(enrol(0, "main", "/CN=x", both, ch), SCEP_GRANTED);
}

static void
nothing_is_bound_that_the_profile_would_refuse(void **state)
{
	static const struct {
		const char	*request, *words;
		enum scep_err	 code;
	} bad[] = {
		{ "{\"do\":\"challenge.add\",\"profile\":\"tight\","
		    "\"subject\":\"CN=other\"}", "pattern", SCEP_E_REFUSED },
		{ "{\"do\":\"challenge.add\",\"profile\":\"tight\","
		    "\"subject\":\"L=x,CN=dev-1\"}", "no L", SCEP_E_REFUSED },
		{ "{\"do\":\"challenge.add\",\"profile\":\"tight\","
		    "\"subject\":\"O=x\"}", "requires a CN",
		    SCEP_E_REFUSED },
		{ "{\"do\":\"challenge.add\",\"profile\":\"tight\","
		    "\"dns\":[\"a.other\"]}", "pattern", SCEP_E_REFUSED },
		{ "{\"do\":\"challenge.add\",\"dns\":[\"*.example\"]}",
		    "wildcard", SCEP_E_REFUSED },
		{ "{\"do\":\"challenge.add\",\"dns\":[\"a b\"]}",
		    "is not one", SCEP_E_REFUSED },
		{ "{\"do\":\"challenge.add\",\"profile\":\"manual\"}",
		    "does not take challenges", SCEP_E_REFUSED },
		{ "{\"do\":\"challenge.add\",\"profile\":\"nobody\"}",
		    "no [profile nobody]", SCEP_E_NOTFOUND },
	};
	char	 ch[SCEP_CHALLENGE_TEXT];
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		operator_refused(w, 0, bad[i].request, bad[i].code,
		    bad[i].words);
	assert_int_equal(world_count(w, SCEP_T_CHALLENGE), 0);
	add("{\"do\":\"challenge.add\",\"profile\":\"tight\",\"subject\":"
	    "\"CN=dev-1\",\"dns\":[\"a.example\"]}", ch);
	assert_int_equal(world_count(w, SCEP_T_CHALLENGE), 1);
}

static void
many_are_added_in_one_transaction(void **state)
{
	json_t		*result, *list;
	const char	*a, *b;
	size_t		 i, j;

	(void)state;
	result = operator_ask(w, 0, "{\"do\":\"challenge.add\","
	    "\"count\":250,\"uses\":2}");
	assert_int_equal(json_array_size(result), 250);
	for (i = 0; i < 250; i++) {
		a = operator_text(json_array_get(result, i), "id");
		for (j = 0; j < i; j++) {
			b = operator_text(json_array_get(result, j), "id");
			assert_string_not_equal(a, b);
		}
	}
	assert_int_equal(world_count(w, SCEP_T_CHALLENGE), 250);
	assert_int_equal(world_count(w, SCEP_T_LOG), 1);
	assert_int_equal(world_holds(w, " uses=2 by="), 1);
	assert_non_null(strstr(operator_summary, "count=250"));
	list = operator_ask(w, 0, "{\"do\":\"challenge.list\"}");
	assert_int_equal(json_array_size(json_object_get(list, "rows")), 250);
	json_decref(list);
	json_decref(result);
}

static void
what_is_added_is_logged_with_who_did_it(void **state)
{
	char	 ch[SCEP_CHALLENGE_TEXT], want[160];

	(void)state;
	add("{\"do\":\"challenge.add\",\"subject\":\"CN=x\"}", ch);
	(void)snprintf(want, sizeof(want), "time=2026-11-24T12:00:00Z "
	    "event=challenge-added id=%.10s profile=main binds=\"subject and "
	    "SAN\" uses=1 by=\"uid 1000\"", ch);
	assert_int_equal(world_holds(w, want), 1);
	(void)snprintf(want, sizeof(want), "do=challenge.add uid=1000 "
	    "profile=main count=1 id=%.10s", ch);
	assert_string_equal(operator_summary, want);
}

/* SECURITY T3. */
static void
a_secret_is_nowhere_but_in_the_reply(void **state)
{
	char	 ch[SCEP_CHALLENGE_TEXT], part[9];
	size_t	 i;

	(void)state;
	add("{\"do\":\"challenge.add\",\"subject\":\"CN=a\"}", ch);
	assert_int_equal(enrol(0, "main", "/CN=a", NULL, ch), SCEP_GRANTED);
	/* Not even eight characters of it. */
	for (i = 11; i + 8 <= strlen(ch); i++) {
		(void)snprintf(part, sizeof(part), "%.8s", ch + i);
		assert_int_equal(world_holds(w, part), 0);
		assert_null(strstr(operator_summary, part));
	}
	(void)snprintf(part, sizeof(part), "%.8s", ch);
	assert_int_equal(world_holds(w, part), 1);	/* the id is */
}

static void
a_challenge_expires_and_the_row_stays_a_while(void **state)
{
	char	 ch[SCEP_CHALLENGE_TEXT];

	(void)state;
	add("{\"do\":\"challenge.add\",\"ttl\":60}", ch);
	state_is(ch, 59, "live");
	state_is(ch, 60, "expired");
	state_is(ch, 89 * DAY, "expired");
}

static void
a_revoked_challenge_grants_nothing(void **state)
{
	char	 ch[SCEP_CHALLENGE_TEXT], id[11];
	json_t	*rec;
	int	 i;

	(void)state;
	add("{\"do\":\"challenge.add\"}", ch);
	(void)snprintf(id, sizeof(id), "%.10s", ch);
	for (i = 0; i < 2; i++) {	/* a second time is as good */
		rec = operator_ask_id(w, 0,
		    "{\"do\":\"challenge.revoke\",\"id\":\"%s\"}", id);
		operator_is(rec, "state", "revoked");
		operator_is(rec, "id", id);
		json_decref(rec);
	}
	assert_int_equal(world_count(w, SCEP_T_LOG), 2);
	assert_int_equal(world_holds(w, "event=challenge-revoked"), 1);
	assert_int_equal(enrol(0, "main", "/CN=a", NULL, ch), SCEP_REFUSED);
	add("{\"do\":\"challenge.add\"}", ch);
	assert_int_equal(enrol(0, "main", "/CN=a", NULL, ch), SCEP_GRANTED);
}

static void
an_unknown_id_is_not_found(void **state)
{
	static const char *const	 dos[] = {
		"{\"do\":\"challenge.show\",\"id\":\"%s\"}",
		"{\"do\":\"challenge.revoke\",\"id\":\"%s\"}",
	};
	size_t				 i;

	(void)state;
	for (i = 0; i < 2; i++) {
		operator_refused_id(w, 0, dos[i], "abcdefghjk",
		    SCEP_E_NOTFOUND, "abcdefghjk; `scepadm challenge list`");
		operator_refused_id(w, 0, dos[i], "abc", SCEP_E_NOTFOUND,
		    "no id of a challenge");
	}
}

/* People paste what they have; a secret must not end in the log by it. */
static void
a_challenge_in_place_of_an_id_is_not_repeated(void **state)
{
	char	 ch[SCEP_CHALLENGE_TEXT], upper[SCEP_CHALLENGE_TEXT];
	json_t	*rec;
	size_t	 i;

	(void)state;
	add("{\"do\":\"challenge.add\"}", ch);
	for (i = 0; ch[i] != '\0'; i++)
		upper[i] = ch[i] >= 'a' && ch[i] <= 'z' ?
		    (char)(ch[i] - 'a' + 'A') : ch[i];
	upper[i] = '\0';
	rec = show(upper, 0);
	assert_memory_equal(operator_text(rec, "id"), ch, 10);
	json_decref(rec);
	assert_null(strstr(operator_summary, ch + 11));
	ch[strlen(ch) - 1] = '\0';
	/* operator_refused() finds the same text in reply and error. */
	operator_refused_id(w, 0, "{\"do\":\"challenge.show\",\"id\":\"%s\"}",
	    ch, SCEP_E_NOTFOUND, "that is no id of a challenge: it has 10 "
	    "letters and digits; `scepadm challenge list` shows them");
	assert_string_equal(operator_summary, "do=challenge.show uid=1000");
}

static void
the_hash_of_a_static_challenge_is_what_a_profile_compares(void **state)
{
	static const char	 secret[] = "correct horse battery";
	uint8_t			 mac[SCEP_SHA256_LEN];
	char			 hex[65];
	struct scep_error	 err;
	json_t			*result;

	(void)state;
	result = operator_ask_id(w, 0, "{\"do\":\"challenge.hash\","
	    "\"profile\":\"static\",\"secret\":\"%s\"}", secret);
	assert_int_equal(scep_challenge_static(w->crypto, w->cfg, "static",
	    scep_span_text(secret), mac, &err), SCEP_OK);
	scep_hex_text(scep_span_make(mac, sizeof(mac)), hex, sizeof(hex));
	operator_is(result, "hash", hex);
	json_decref(result);
	assert_string_equal(operator_summary,
	    "do=challenge.hash uid=1000 profile=static");
	operator_refused(w, 0, "{\"do\":\"challenge.hash\",\"secret\":"
	    "\"fifteen octets.\"}", SCEP_E_REFUSED, "can be guessed");
	json_decref(operator_ask(w, 0, "{\"do\":\"challenge.hash\","
	    "\"secret\":\"sixteen octets..\"}"));
	assert_int_equal(world_holds(w, secret), 0);
}

static void
a_secret_in_broken_json_is_not_repeated(void **state)
{
	(void)state;
	operator_refused(w, 0, "{\"do\":\"challenge.hash\",\"secret\":\"open "
	    "sesame\" x", SCEP_E_USAGE, "request is no JSON at line 1, ");
	assert_string_equal(operator_summary, "");
}

#define T(name)	cmocka_unit_test_setup(name, empty_world)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		T(what_is_no_request_is_refused_as_usage),
		T(a_request_has_at_most_64_kib),
		T(what_is_not_said_has_a_default),
		T(an_added_challenge_enrols_once_and_is_then_used),
		T(a_bound_subject_is_all_that_may_be_asked_for),
		T(bound_names_are_all_that_may_be_asked_for),
		T(nothing_is_bound_that_the_profile_would_refuse),
		T(many_are_added_in_one_transaction),
		T(what_is_added_is_logged_with_who_did_it),
		T(a_secret_is_nowhere_but_in_the_reply),
		T(a_challenge_expires_and_the_row_stays_a_while),
		T(a_revoked_challenge_grants_nothing),
		T(an_unknown_id_is_not_found),
		T(a_challenge_in_place_of_an_id_is_not_repeated),
		T(the_hash_of_a_static_challenge_is_what_a_profile_compares),
		T(a_secret_in_broken_json_is_not_repeated),
	};

	return cmocka_run_group_tests(tests, open_world, close_world);
}
