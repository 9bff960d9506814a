/*
 * t_admin_list.c - lists of challenges: added, checked and revoked in one
 * transaction each.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/line.h"
#include "tests/unit/operator.h"

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

/* Ask with a list of n items (or ids), each made by printf from fmt and its
 * number. */
static char *
list_request(const char *front, int n, const char *fmt)
{
	const size_t	 size = 128 + (size_t)n * 128;
	char		*text = malloc(size);
	size_t		 len;
	int		 i;

	assert_non_null(text);
	len = (size_t)snprintf(text, size, "%s[", front);
	for (i = 0; i < n; i++) {
		len += (size_t)snprintf(text + len, size - len, "%s%.*s%d%s",
		    i > 0 ? "," : "", (int)strcspn(fmt, "#"), fmt, i,
		    strchr(fmt, '#') + 1);
		assert_true(len + 3 < size);
	}
	(void)snprintf(text + len, size - len, "]}");
	return text;
}

#define ADD	"{\"do\":\"challenge.addlist\",\"items\":"
#define CHECK	"{\"do\":\"challenge.checklist\",\"items\":"
#define REVOKE	"{\"do\":\"challenge.revokelist\",\"ids\":"

static enum scep_err
keep_last(void *arg, const struct scep_row *row, struct scep_error *err)
{
	(void)err;
	(void)snprintf(arg, SCEP_LINE_MAX, "%.*s", (int)row->value.len,
	    (const char *)row->value.data);
	return SCEP_OK;
}

/* The newest line of the log. */
static void
last_log(char out[SCEP_LINE_MAX])
{
	struct scep_error	 err;

	out[0] = '\0';
	assert_int_equal(scep_store_scan(w->store, SCEP_T_LOG,
	    scep_span_make(NULL, 0), keep_last, out, &err), SCEP_OK);
}

/* What becomes of a request of device k with this challenge. */
static enum scep_outcome
enrol(int k, const char *subject, const char *const *dns,
    const char *challenge)
{
	char			 txid[16];
	struct scep_answer	 answer;
	struct scep_error	 err;
	struct world_request	 r = { .profile = "main", .txid = txid,
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
a_list_is_answered_in_its_order_and_each_binds_its_own(void **state)
{
	static const char	*dns[] = { "b.example", NULL };
	json_t			*result, *rec;
	const char		*first, *second;

	(void)state;
	result = operator_ask(w, 0, ADD "[{\"subject\":\"CN=a\"},"
	    "{\"subject\":\"CN=b\",\"dns\":[\"b.example\"],\"ttl\":60,"
	    "\"uses\":3,\"note\":\"the second\"}]}");
	assert_int_equal(json_array_size(result), 2);
	first = operator_text(json_array_get(result, 0), "challenge");
	second = operator_text(json_array_get(result, 1), "challenge");
	operator_is(json_array_get(result, 0), "expires",
	    "2026-11-25T12:00:00Z");
	operator_is(json_array_get(result, 1), "expires",
	    "2026-11-24T12:01:00Z");
	rec = operator_ask_id(w, 0,
	    "{\"do\":\"challenge.show\",\"id\":\"%s\"}", second);
	operator_is(rec, "subject", "CN=b");
	operator_is(rec, "san", "DNS:b.example");
	operator_is(rec, "note", "the second");
	operator_is(rec, "issuer", "uid 1000");
	assert_int_equal(json_integer_value(json_object_get(rec, "uses")), 3);
	json_decref(rec);
	assert_int_equal(enrol(0, "/CN=b", dns, first), SCEP_REFUSED);
	assert_int_equal(enrol(0, "/CN=a", NULL, second), SCEP_REFUSED);
	assert_int_equal(enrol(0, "/CN=a", NULL, first), SCEP_GRANTED);
	assert_int_equal(enrol(1, "/CN=b", dns, second), SCEP_GRANTED);
	json_decref(result);
}

static void
a_list_is_one_transaction_and_its_log_names_each(void **state)
{
	char	*request = list_request(ADD, SCEP_ADMIN_ITEMS_MAX,
		    "{\"subject\":\"CN=dev-#\"}");
	char	 line[SCEP_LINE_MAX];
	json_t	*result, *one;
	size_t	 i;

	(void)state;
	result = operator_ask(w, 0, request);
	assert_int_equal(json_array_size(result), SCEP_ADMIN_ITEMS_MAX);
	assert_int_equal(world_count(w, SCEP_T_CHALLENGE),
	    SCEP_ADMIN_ITEMS_MAX);
	assert_int_equal(world_count(w, SCEP_T_LOG), 1);
	last_log(line);
	json_array_foreach(result, i, one)
		assert_non_null(strstr(line, operator_text(one, "id")));
	assert_non_null(strstr(line, " profile=main binds=\"subject and SAN\""
	    " uses=1 by=\"uid 1000\""));
	assert_string_equal(operator_summary, "do=challenge.addlist "
	    "uid=1000 profile=main count=250");
	json_decref(result);
	free(request);
}

static void
what_a_list_has_not_in_common_is_several(void **state)
{
	char	 line[SCEP_LINE_MAX];

	(void)state;
	json_decref(operator_ask(w, 0, ADD "[{\"subject\":\"CN=a\"},"
	    "{\"dns\":[\"a.example\"],\"uses\":2},{\"subject\":\"CN=dev-1\","
	    "\"profile\":\"tight\"}]}"));
	last_log(line);
	assert_non_null(strstr(line, " profile=several binds=several "
	    "uses=several by="));
}

static void
one_bad_item_and_nothing_is_stored(void **state)
{
	static const struct {
		const char	*item, *words;
		enum scep_err	 code;
	} bad[] = {
		{ "{\"subject\":\"nonsense\"}", "item 2: name: TYPE=VALUE",
		    SCEP_E_USAGE },
		{ "{\"dns\":[\"a b\"]}", "item 2: no request of profile",
		    SCEP_E_REFUSED },
		{ "{\"profile\":\"nobody\"}", "item 2: there is no [profile",
		    SCEP_E_NOTFOUND },
		{ "{\"profile\":\"manual\"}", "does not take challenges",
		    SCEP_E_REFUSED },
		{ "{\"profile\":\"tight\",\"subject\":\"CN=x\"}", "pattern",
		    SCEP_E_REFUSED },
		{ "{\"ttl\":0}", "item 2: ttl is not between",
		    SCEP_E_USAGE },
		{ "{\"uses\":\"1\"}", "item 2: uses is no whole number",
		    SCEP_E_USAGE },
		{ "{\"count\":1}", "item 2: there is no member \"count\"",
		    SCEP_E_USAGE },
		{ "{\"do\":\"challenge.add\"}",
		    "item 2: there is no member \"do\"",
		    SCEP_E_USAGE },
		{ "{\"dns\":\"a\"}", "item 2: dns is no list",
		    SCEP_E_USAGE },
		{ "5", "item 2 of items is no object", SCEP_E_USAGE },
	};
	char	 request[512];
	size_t	 i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(request, sizeof(request), ADD
		    "[{\"subject\":\"CN=a\"},%s]}", bad[i].item);
		operator_refused(w, 0, request, bad[i].code, bad[i].words);
		assert_int_equal(world_count(w, SCEP_T_CHALLENGE), 0);
		assert_int_equal(world_count(w, SCEP_T_LOG), 0);
	}
	json_decref(operator_ask(w, 0, ADD "[{\"subject\":\"CN=a\"},{}]}"));
	assert_int_equal(world_count(w, SCEP_T_CHALLENGE), 2);
}

static void
a_list_has_1_to_250_items(void **state)
{
	char	*request = list_request(ADD, SCEP_ADMIN_ITEMS_MAX + 1,
		    "{\"subject\":\"CN=dev-#\"}");

	(void)state;
	operator_refused(w, 0, request, SCEP_E_USAGE,
	    "items is no list of 1 to 250 objects");
	operator_refused(w, 0, ADD "[]}", SCEP_E_USAGE, "no list of 1");
	operator_refused(w, 0, ADD "{}}", SCEP_E_USAGE, "no list of 1");
	operator_refused(w, 0, "{\"do\":\"challenge.addlist\"}",
	    SCEP_E_USAGE, "items is missing");
	assert_int_equal(world_count(w, SCEP_T_CHALLENGE), 0);
	free(request);
}

static void
a_check_names_each_fault_and_stores_nothing(void **state)
{
	json_t	*result;

	(void)state;
	result = operator_ask(w, 0, CHECK "[{\"subject\":\"CN=a\"},"
	    "{\"subject\":\"nonsense\"},{\"dns\":[\"ok.example\"]},"
	    "{\"dns\":[\"*.example\"]},{\"profile\":\"nobody\"}]}");
	assert_int_equal(json_array_size(result), 3);
	assert_int_equal(json_integer_value(json_object_get(
	    json_array_get(result, 0), "item")), 1);
	assert_non_null(strstr(operator_text(json_array_get(result, 0),
	    "error"), "TYPE=VALUE"));
	assert_int_equal(json_integer_value(json_object_get(
	    json_array_get(result, 1), "item")), 3);
	assert_non_null(strstr(operator_text(json_array_get(result, 1),
	    "error"), "wildcard"));
	assert_int_equal(json_integer_value(json_object_get(
	    json_array_get(result, 2), "item")), 4);
	assert_non_null(strstr(operator_text(json_array_get(result, 2),
	    "error"), "no [profile nobody]"));
	json_decref(result);
	result = operator_ask(w, 0, CHECK "[{\"subject\":\"CN=a\"}]}");
	assert_int_equal(json_array_size(result), 0);
	json_decref(result);
	assert_int_equal(world_count(w, SCEP_T_CHALLENGE), 0);
	assert_int_equal(world_count(w, SCEP_T_LOG), 0);
}

/* A message that is cut inside of a character is still JSON. */
static void
a_fault_in_utf8_is_told(void **state)
{
	json_t	*result;

	(void)state;
	result = operator_ask(w, 0, CHECK "[{\"subject\":"
	    "\"a\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4"
	    "\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\"}]}");
	assert_int_equal(json_array_size(result), 1);
	json_decref(result);
}

static void
show_is(const char *id, const char *want)
{
	json_t	*rec;

	rec = operator_ask_id(w, 0,
	    "{\"do\":\"challenge.show\",\"id\":\"%s\"}", id);
	operator_is(rec, "state", want);
	json_decref(rec);
}

static void
a_list_is_revoked_in_one_transaction(void **state)
{
	json_t		*result, *done;
	char		 request[256], line[SCEP_LINE_MAX];
	const char	*a, *b, *c;

	(void)state;
	result = operator_ask(w, 0, "{\"do\":\"challenge.add\","
	    "\"count\":3}");
	a = operator_text(json_array_get(result, 0), "id");
	b = operator_text(json_array_get(result, 1), "id");
	c = operator_text(json_array_get(result, 2), "id");
	(void)snprintf(request, sizeof(request), REVOKE "[\"%s\",\"%s\","
	    "\"abcdefghjk\"]}", a, b);
	operator_refused(w, 0, request, SCEP_E_NOTFOUND,
	    "no challenge abcdefghjk");
	show_is(a, "live");
	/* Said twice, and it is still one. */
	(void)snprintf(request, sizeof(request), REVOKE "[\"%s\",\"%s\","
	    "\"%s\"]}", a, b, a);
	done = operator_ask(w, 0, request);
	assert_int_equal(json_integer_value(json_object_get(done,
	    "revoked")), 2);
	json_decref(done);
	show_is(a, "revoked");
	show_is(b, "revoked");
	show_is(c, "live");
	assert_int_equal(world_count(w, SCEP_T_LOG), 2);
	last_log(line);
	(void)snprintf(request, sizeof(request),
	    " event=challenge-revoked id=%s,%s by=", a, b);
	assert_non_null(strstr(line, request));
	done = operator_ask_id(w, 0, REVOKE "[\"%s\"]}", a);
	assert_int_equal(json_integer_value(json_object_get(done,
	    "revoked")), 0);
	json_decref(done);
	assert_int_equal(world_count(w, SCEP_T_LOG), 2);
	json_decref(result);
}

#define T(name)	cmocka_unit_test_setup(name, empty_world)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		T(a_list_is_answered_in_its_order_and_each_binds_its_own),
		T(a_list_is_one_transaction_and_its_log_names_each),
		T(what_a_list_has_not_in_common_is_several),
		T(one_bad_item_and_nothing_is_stored),
		T(a_list_has_1_to_250_items),
		T(a_check_names_each_fault_and_stores_nothing),
		T(a_fault_in_utf8_is_told),
		T(a_list_is_revoked_in_one_transaction),
	};

	return cmocka_run_group_tests(tests, open_world, close_world);
}
