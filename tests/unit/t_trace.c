/*
 * t_trace.c - what became of a request is told by its id, and costs strangers
 * more than us.
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
#include "ca/story.h"
#include "ca/traces.h"
#include "ra/ra.h"
#include "tests/unit/asking.h"
#include "tests/unit/operator.h"

#define DAY	86400L
#define EXPLAIN	"{\"do\":\"explain\",\"what\":\"%s\"}"

/* The id that world.c gave to the last request. */
static const char *
last_id(void)
{
	static char	 id[SCEP_REQUEST_ID_LEN];

	(void)snprintf(id, sizeof(id), "%016x", w->requests);
	return id;
}

static void
tend(time_t later)
{
	struct scep_error	 err;

	assert_int_equal(scep_ca_tend(w->ca, WORLD_NOW + later, &err),
	    SCEP_OK);
}

static enum scep_err
count_row(void *arg, const struct scep_row *row, struct scep_error *err)
{
	(void)err;
	/* One row is no event. */
	*(size_t *)arg += row->key.len == 24;
	return SCEP_OK;
}

/* Events that are stored. */
static size_t
rows(void)
{
	struct scep_error	 err;
	size_t			 n = 0;

	assert_int_equal(scep_store_scan(w->store, SCEP_T_TRACE,
	    scep_span_make(NULL, 0), count_row, &n, &err), SCEP_OK);
	return n;
}

/* A fresh CA on the same store: what was in memory alone is gone. */
static void
restart(void)
{
	world_use(w, w->store);
}

/* The one story that there must be; borrowed from *result. */
static json_t *
story(const char *what, json_t **result)
{
	*result = operator_ask_id(w, 0, EXPLAIN, what);
	assert_int_equal(json_integer_value(json_object_get(*result,
	    "requests")), 1);
	return json_array_get(json_object_get(*result, "stories"), 0);
}

static json_t *
event(const json_t *s, size_t i)
{
	json_t	*e = json_array_get(json_object_get(s, "events"), i);

	if (e == NULL)
		fail_msg("no event %zu", i);
	return e;
}

static size_t
n_events(const json_t *s)
{
	return json_array_size(json_object_get(s, "events"));
}

/* "challenge=FAIL" among the rules (or the checks) of an event. */
static const char *
outcome(const json_t *e, const char *list, const char *name)
{
	json_t	*one;
	size_t	 i;

	json_array_foreach(json_object_get(e, list), i, one)
		if (strcmp(operator_text(one, "name"), name) == 0)
			return operator_text(one, "outcome");
	return "(none)";
}

static void
result_is(const json_t *e, const char *name, const char *words)
{
	const char	*text = operator_text(json_object_get(e, "result"),
			    name);

	if (strstr(text, words) == NULL)
		fail_msg("%s: %s, not %s", name, text, words);
}

static void
in_full(const char *stored, const char *want)
{
	struct scep_line	 line = { .len = 0 };

	scep_story_rules(scep_span_text(stored), &line);
	assert_string_equal(line.text, want);
}

/* Also those that were stored by their names, and those of a table in which
 * the rule that decided has another place. */
static void
rules_are_told_by_their_names(void **state)
{
	(void)state;
	in_full("", "");
	in_full("envelope=pass proof=skip readable=FAIL",
	    "envelope=pass proof=skip readable=FAIL");
	in_full("readable=FAIL table=ppsd-------------------------------",
	    "envelope=pass message_type=pass proof=skip readable=FAIL");
	in_full("envelope=FAIL table=d", "envelope=FAIL");
	in_full("readable=FAIL table=pppsd", "readable=FAIL");
	in_full("gone=FAIL table=pppsd", "gone=FAIL");
	in_full("gone=FAIL table=ppp", "gone=FAIL");
}

/* The only event of this id is such a one, decided by this rule. */
static void
told(const char *id, const char *kind, const char *answer,
    const char *reason, const char *rule, const char *how)
{
	json_t	*all, *e = event(story(id, &all), 0);

	operator_is(e, "event", kind);
	operator_is(e, "id", id);
	result_is(e, "answer", answer);
	result_is(e, "reason", reason);
	if (rule != NULL)
		assert_string_equal(outcome(e, "rules", rule), how);
	json_decref(all);
}

static void
each_decision_is_told_with_its_rule(void **state)
{
	char			 ch[SCEP_CHALLENGE_TEXT];
	struct world_request	 r;

	(void)state;
	ask_mint("main", ch);
	r = ask_new(0, "t1", ch);
	ask_spend(&r, "granted", "challenge");
	told(last_id(), "granted", "SUCCESS", "challenge", "challenge",
	    "grant");
	r = ask_new(1, "t2", ch);
	ask_spend(&r, "refused", "used up");
	told(last_id(), "refused", "FAILURE badRequest", "used up",
	    "challenge", "FAIL");
	r = ask_new(1, "t3", "nonsense");
	ask_spend(&r, "refused", "unknown");
	told(last_id(), "refused", "FAILURE badRequest", "unknown",
	    "challenge", "FAIL");
	r = ask_new(1, "t4", NULL);
	r.csr.len -= 3;
	ask_spend(&r, "refused", "no readable request");
	told(last_id(), "refused", "FAILURE badRequest", "no readable",
	    "readable", "FAIL");
	r = ask_new(2, "t5", NULL);
	r.profile = "manual";
	ask_spend(&r, "pending", "queued");
	told(last_id(), "queued", "PENDING", "queued", "approval", "queue");
}

static void
rules_behind_the_one_that_decided_say_so(void **state)
{
	struct world_request	 r = ask_new(0, "t", NULL);
	json_t			*all, *e;

	(void)state;
	bytes_free(&r.csr);
	r.csr = client_csr(w->key[0], "/CN=x/L=here", NULL, NULL);
	ask_spend(&r, "refused", "subject");
	e = event(story(last_id(), &all), 0);
	assert_string_equal(outcome(e, "rules", "own_key"), "pass");
	assert_string_equal(outcome(e, "rules", "subject"), "FAIL");
	assert_string_equal(outcome(e, "rules", "san"), "unreached");
	result_is(e, "reason", "allows no L");
	operator_is(json_object_get(e, "request"), "subject", "CN=x, L=here");
	operator_is(json_object_get(e, "request"), "key", "RSA 2048");
	operator_is(json_object_get(e, "request"), "challenge", "none");
	operator_is(json_object_get(e, "request"), "signer", "self-signed");
	json_decref(all);
}

static void
alternative_names_are_told(void **state)
{
	static const char *const	 dns[] = { "a.example", "b.example",
					    NULL };
	struct world_request		 r = ask_new(0, "t", "wrong");
	json_t				*all, *e;

	(void)state;
	bytes_free(&r.csr);
	r.csr = client_csr(w->key[0], "/CN=x", "wrong", dns);
	ask_spend(&r, "refused", "unknown");
	e = event(story(last_id(), &all), 0);
	operator_is(json_object_get(e, "request"), "san",
	    "DNS:a.example, DNS:b.example");
	json_decref(all);
}

/* Garbage is worked on as the CA's own request, which nobody asked for. */
static void
of_garbage_nothing_is_told(void **state)
{
	struct world_request	 r = ask_new(0, "t", NULL);
	json_t			*all, *e;

	(void)state;
	memset(r.csr.data, 0x5a, r.csr.len);
	ask_spend(&r, "refused", "no readable request");
	e = event(story(last_id(), &all), 0);
	assert_int_equal(json_object_size(json_object_get(e, "request")), 1);
	operator_is(json_object_get(e, "request"), "unreadable", "yes");
	json_decref(all);
}

static void
our_own_trouble_is_told(void **state)
{
	struct world_request	 r;
	int			 k;

	(void)state;
	for (k = 0; k < 2; k++) {
		r = ask_new(k, "t", NULL);
		r.profile = "tight";
		ask_spend(&r, k == 0 ? "pending" : "try again",
		    k == 0 ? "queued" : "full for this address");
	}
	told(last_id(), "trouble", "HTTP 503", "full for this address",
	    "queue_room_for_peer", "defer");
}

/* From the first question to the certificate, by any id on the way. */
static void
a_life_is_told_in_order(void **state)
{
	static const char *const	 kinds[] = { "queued", "waiting",
					    "approved", "delivered" };
	struct world_request		 r = ask_new(0, "poll me", NULL);
	struct scep_answer		 answer;
	struct scep_error		 err;
	char				 id[SCEP_REQUEST_ID_LEN];
	char				 serial[64];
	const char			*ways[5];
	char				 first_poll[SCEP_REQUEST_ID_LEN];
	char				 last_poll[SCEP_REQUEST_ID_LEN];
	json_t				*all, *s;
	size_t				 i, j;

	(void)state;
	r.profile = "manual";
	ask_spend(&r, "pending", "queued");
	(void)strcpy(id, last_id());
	for (i = 0; i < 3; i++) {
		r.later = (time_t)i + 1;
		world_must(world_poll(w, &r, &answer, &err) == SCEP_OK);
		scep_answer_clear(&answer);
		if (i == 0)
			(void)strcpy(first_poll, last_id());
	}
	json_decref(operator_ask_id(w, 5,
	    "{\"do\":\"request.approve\",\"id\":\"%s\"}", id));
	r.later = 9;
	world_must(world_poll(w, &r, &answer, &err) == SCEP_OK);
	assert_int_equal(answer.outcome, SCEP_GRANTED);
	(void)strcpy(serial, answer.serial);
	scep_answer_clear(&answer);
	(void)strcpy(last_poll, last_id());
	ways[0] = id;
	ways[1] = serial;
	ways[2] = "poll me";
	ways[3] = first_poll;
	ways[4] = last_poll;
	for (j = 0; j < 10; j++) {
		if (j == 5)		/* from the store alone */
			restart();
		s = story(ways[j % 5], &all);
		operator_is(s, "request", id);
		operator_is(s, "profile", "manual");
		operator_is(s, "transaction", "poll me");
		assert_int_equal(n_events(s), 4);
		for (i = 0; i < 4; i++)
			operator_is(event(s, i), "event", kinds[i]);
		assert_int_equal(json_integer_value(json_object_get(
		    event(s, 1), "count")), 3);
		result_is(event(s, 2), "by", "uid 1000");
		operator_is(event(s, 2), "serial", serial);
		operator_is(event(s, 3), "at", "2026-11-24T12:00:09Z");
		json_decref(all);
	}
}

/* The id in failInfoText is the poll's. */
static void
an_operators_refusal_is_told_by_the_polls_id(void **state)
{
	struct world_request	 r = ask_new(0, "t", NULL);
	struct scep_answer	 answer;
	struct scep_error	 err;
	char			 id[SCEP_REQUEST_ID_LEN];
	json_t			*all, *s;
	int			 i;

	(void)state;
	r.profile = "manual";
	ask_spend(&r, "pending", "queued");
	(void)strcpy(id, last_id());
	json_decref(operator_ask_id(w, 5, "{\"do\":\"request.refuse\","
	    "\"id\":\"%s\",\"reason\":\"not ours\"}", id));
	r.later = 9;
	world_must(world_poll(w, &r, &answer, &err) == SCEP_OK);
	assert_int_equal(answer.outcome, SCEP_REFUSED);
	for (i = 0; i < 2; i++) {
		s = story(last_id(), &all);
		operator_is(s, "request", id);
		assert_int_equal(n_events(s), 3);
		operator_is(event(s, 1), "event", "denied");
		result_is(event(s, 1), "reason", "not ours");
		operator_is(event(s, 2), "event", "refused");
		operator_is(event(s, 2), "id", last_id());
		json_decref(all);
		restart();
	}
	scep_answer_clear(&answer);
}

static void
what_nobody_decides_is_told(void **state)
{
	struct world_request	 r = ask_new(0, "t", NULL);
	json_t			*all, *s;

	(void)state;
	r.profile = "manual";
	ask_spend(&r, "pending", "queued");
	tend(8 * DAY);
	s = story(last_id(), &all);
	assert_int_equal(n_events(s), 2);
	operator_is(event(s, 1), "event", "expired");
	json_decref(all);
}

/* A device that lost the answer, and one that starts anew. */
static void
a_repeated_answer_belongs_to_the_first_request(void **state)
{
	char			 ch[SCEP_CHALLENGE_TEXT];
	char			 id[SCEP_REQUEST_ID_LEN];
	struct world_request	 r;
	json_t			*all, *s;

	(void)state;
	ask_mint("main", ch);
	r = ask_new(0, "t1", ch);
	ask_expect(&r, "granted", "challenge");
	(void)strcpy(id, last_id());
	ask_expect(&r, "granted", "granted before");
	r.txid = "t2";
	ask_spend(&r, "granted", "used by this key");
	s = story(last_id(), &all);
	operator_is(s, "request", id);
	assert_int_equal(n_events(s), 2);
	operator_is(event(s, 1), "event", "delivered");
	assert_int_equal(json_integer_value(json_object_get(event(s, 1),
	    "count")), 2);
	json_decref(all);
	/* The control: the other transactionID leads there as well. */
	tend(0);
	assert_int_equal(rows(), 2);
}

static void
one_transaction_id_of_several_devices_gives_all(void **state)
{
	struct world_request	 r;
	json_t			*all, *stories;
	int			 k;

	(void)state;
	for (k = 0; k < 3; k++) {
		r = ask_new(k, "same", "wrong");
		r.later = k;
		ask_spend(&r, "refused", "unknown");
	}
	all = operator_ask_id(w, 0, EXPLAIN, "same");
	assert_int_equal(json_integer_value(json_object_get(all,
	    "requests")), 3);
	stories = json_object_get(all, "stories");
	for (k = 0; k < 3; k++)
		operator_is(json_object_get(event(json_array_get(stories,
		    (size_t)k), 0), "request"), "subject", k == 0 ?
		    "CN=dev-2" : k == 1 ? "CN=dev-1" : "CN=dev-0");
	json_decref(all);
}

static void
a_hostile_name_is_told_escaped(void **state)
{
	struct world_request	 r = ask_new(0, "\x1b[31m\n\"x", "wrong");
	json_t			*all, *s;

	(void)state;
	r.csr.len = r.csr.len / 2;
	ask_spend(&r, "refused", "no readable");
	s = story(last_id(), &all);
	operator_is(s, "transaction", "1b5b33316d0a2278");
	json_decref(all);
	/* As it is shown it can be typed, in hex. */
	s = story("1b5b33316d0a2278", &all);
	operator_is(s, "request", last_id());
	json_decref(all);
}

static void
what_is_unknown_is_not_found(void **state)
{
	static const char *const	 none[] = { "0123456789abcdef", "t",
					    "00", "0:1", "%s", "ffff" };
	struct world_request		 r = ask_new(0, "known", "wrong");
	json_t				*all;
	size_t				 i;

	(void)state;
	ask_spend(&r, "refused", "unknown");
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		operator_refused_id(w, 0, EXPLAIN, none[i], SCEP_E_NOTFOUND,
		    "explain_keep");
	(void)story("known", &all);
	json_decref(all);
}

/* Refusals are for anybody to cause. */

static void
a_refusal_costs_no_disk_when_it_happens(void **state)
{
	struct world_request	 r = ask_new(0, "t", "wrong");

	(void)state;
	ask_spend(&r, "refused", "unknown");
	assert_int_equal(rows(), 0);
	tend(0);
	assert_int_equal(rows(), 1);
	tend(0);
	assert_int_equal(rows(), 1);
	restart();
	told(last_id(), "refused", "FAILURE badRequest", "unknown",
	    "challenge", "FAIL");
}

static void
note(unsigned int i, const char *txid, time_t later)
{
	char			 id[SCEP_REQUEST_ID_LEN];
	const struct scep_note	 n = {
		.profile = "main",
		.request_id = id,
		.txid = scep_span_text(txid),
		.asked = scep_span_text("peer=192.0.2.1 check.structure=FAIL"),
		.result = scep_span_text("answer=\"HTTP 400\" reason=no"),
	};

	(void)snprintf(id, sizeof(id), "%016x", 0x10000000 + i);
	scep_ca_note(w->ca, WORLD_NOW + later, &n);
}

static const char *
note_id(unsigned int i)
{
	static char	 id[SCEP_REQUEST_ID_LEN];

	(void)snprintf(id, sizeof(id), "%016x", 0x10000000 + i);
	return id;
}

static void
what_the_ra_refuses_is_told(void **state)
{
	json_t	*all, *e;
	int	 i;

	(void)state;
	note(1, "t", 0);
	for (i = 0; i < 2; i++) {
		told(note_id(1), "rejected", "HTTP 400", "no", NULL, NULL);
		e = event(story(note_id(1), &all), 0);
		assert_string_equal(outcome(e, "checks", "structure"),
		    "FAIL");
		operator_is(json_object_get(e, "message"), "peer",
		    "192.0.2.1");
		json_decref(all);
		restart();
	}
}

static void
memory_holds_so_many_and_the_oldest_goes(void **state)
{
	json_t		*all;
	unsigned int	 i;

	(void)state;
	for (i = 0; i <= SCEP_TRACES; i++)
		note(i, "t", 0);
	operator_refused_id(w, 0, EXPLAIN, note_id(0), SCEP_E_NOTFOUND, "");
	(void)story(note_id(1), &all);
	json_decref(all);
	tend(0);
	assert_int_equal(rows(), SCEP_TRACES);
	(void)story(note_id(SCEP_TRACES), &all);
	json_decref(all);
}

static void
the_store_holds_so_many_refusals_and_the_oldest_go(void **state)
{
	const long	 usual = w->cfg->server.explain_refused;
	char		 ch[SCEP_CHALLENGE_TEXT];
	char		 granted[SCEP_REQUEST_ID_LEN];
	struct world_request	 r;
	json_t		*all;
	unsigned int	 i;

	(void)state;
	ask_mint("main", ch);
	r = ask_new(0, "t1", ch);
	ask_spend(&r, "granted", "challenge");
	(void)strcpy(granted, last_id());
	w->cfg->server.explain_refused = 100;
	for (i = 0; i < 300; i++) {
		note(i, "t", (time_t)i);
		if (i % 50 == 0)
			tend((time_t)i);
	}
	tend(300);
	assert_in_range(rows(), 96, 101);
	restart();
	operator_refused_id(w, 300, EXPLAIN, note_id(190), SCEP_E_NOTFOUND,
	    "100 of them");
	(void)story(note_id(299), &all);
	json_decref(all);
	(void)story(note_id(206), &all);
	json_decref(all);
	/* Not for the price of what was granted. */
	told(granted, "granted", "SUCCESS", "challenge", "challenge",
	    "grant");
	w->cfg->server.explain_refused = 0;
	tend(301);
	assert_int_equal(rows(), 1);
	w->cfg->server.explain_refused = usual;
}

/* A device that asks each second for an hour. */
static void
a_thousand_polls_are_one_row(void **state)
{
	struct world_request	 r = ask_new(0, "t", NULL);
	struct scep_answer	 answer;
	struct scep_error	 err;
	char			 id[SCEP_REQUEST_ID_LEN];
	json_t			*all, *s;
	int			 i;

	(void)state;
	r.profile = "manual";
	ask_spend(&r, "pending", "queued");
	(void)strcpy(id, last_id());
	for (i = 1; i <= 60; i++) {
		r.later = i;
		world_must(world_poll(w, &r, &answer, &err) == SCEP_OK);
		scep_answer_clear(&answer);
		if (i % 20 == 0)
			tend(i);
		if (i == 30)		/* memory forgets */
			restart();
	}
	assert_int_equal(rows(), 2);
	restart();
	assert_int_equal(rows(), 2);
	s = story(id, &all);
	assert_int_equal(n_events(s), 2);
	operator_is(event(s, 1), "at", "2026-11-24T12:00:01Z");
	assert_int_equal(json_integer_value(json_object_get(event(s, 1),
	    "count")), 60);
	json_decref(all);
}

static void
a_count_is_written_again_after_an_hour(void **state)
{
	struct world_request	 r = ask_new(0, "t", NULL);
	static const time_t	 at[] = { 1, 2, 3599, 3601, 3602 };
	static const uint64_t	 rev[] = { 1, 1, 1, 2, 2 };
	struct scep_answer	 answer;
	struct scep_error	 err;
	struct scep_row		 row;
	struct scep_trace	 t = { .kind = SCEP_TRACE_WAITING, .nr = 1,
				    .when = WORLD_NOW + 1 };
	struct scep_buf		 key = { NULL, 0 };
	size_t			 i;

	(void)state;
	r.profile = "manual";
	ask_spend(&r, "pending", "queued");
	for (i = 0; i < 5; i++) {
		r.later = at[i];
		world_must(world_poll(w, &r, &answer, &err) == SCEP_OK);
		scep_answer_clear(&answer);
		if (i == 0)
			(void)strcpy(t.id, last_id());
		tend(at[i]);
		assert_int_equal(scep_trace_key(&t, &key, &err), SCEP_OK);
		assert_int_equal(scep_store_get(w->store, SCEP_T_TRACE,
		    scep_buf_span(&key), &row, &err), SCEP_OK);
		assert_int_equal(row.rev, rev[i]);
		scep_row_clear(&row);
	}
	scep_buf_clear(&key);
}

static void
each_is_kept_as_long_as_it_should_be(void **state)
{
	char			 ch[SCEP_CHALLENGE_TEXT];
	char			 id[SCEP_REQUEST_ID_LEN];
	struct world_request	 r;
	json_t			*all, *s;

	(void)state;
	ask_mint("main", ch);
	r = ask_new(0, "t1", ch);
	ask_spend(&r, "granted", "challenge");
	(void)strcpy(id, last_id());
	note(1, "t2", 0);
	tend(14 * DAY - 1);
	assert_int_equal(rows(), 2);
	tend(14 * DAY);
	assert_int_equal(rows(), 1);
	tend(90 * DAY - 1);
	assert_int_equal(rows(), 1);
	tend(90 * DAY);
	assert_int_equal(rows(), 0);
	/* The transaction and the certificate are still there. */
	s = story(id, &all);
	operator_is(s, "transaction", "t1");
	assert_int_equal(n_events(s), 1);
	operator_is(event(s, 0), "event", "granted");
	operator_is(event(s, 0), "record", "certificate");
	result_is(event(s, 0), "authority", "challenge ");
	json_decref(all);
	s = story("t1", &all);
	operator_is(s, "request", id);
	json_decref(all);
}

/* What a request's transaction still knows. */
static void
without_its_trace_a_refused_request_is_told_from_its_record(void **state)
{
	struct world_request	 r = ask_new(0, "t", NULL);
	json_t			*all, *s;

	(void)state;
	r.profile = "manual";
	w->cfg->server.explain_keep_s = 3600;
	ask_spend(&r, "pending", "queued");
	json_decref(operator_ask_id(w, 5, "{\"do\":\"request.refuse\","
	    "\"id\":\"%s\",\"reason\":\"not ours\"}", last_id()));
	w->cfg->server.explain_keep_s = 90 * DAY;
	tend(8 * DAY);
	assert_int_equal(rows(), 0);
	s = story(last_id(), &all);
	assert_int_equal(n_events(s), 2);
	operator_is(event(s, 0), "event", "queued");
	operator_is(event(s, 1), "event", "denied");
	operator_is(event(s, 1), "record", "transaction");
	result_is(event(s, 1), "reason", "not ours");
	json_decref(all);
}

/* Secrets. */

static void
no_challenge_is_in_any_trace(void **state)
{
	char			 ch[2][SCEP_CHALLENGE_TEXT];
	char			 wrong[SCEP_CHALLENGE_TEXT];
	struct world_request	 r;
	json_t			*all;
	char			*text;

	(void)state;
	ask_mint("main", ch[0]);
	ask_mint("main", ch[1]);
	r = ask_new(0, "t", ch[0]);
	ask_spend(&r, "granted", "challenge");
	r = ask_new(1, "t", ch[0]);
	ask_spend(&r, "refused", "used up");
	(void)strcpy(wrong, ch[1]);
	wrong[12] = wrong[12] == 'x' ? 'y' : 'x';
	r = ask_new(1, "t", wrong);
	ask_spend(&r, "refused", "unknown");
	r = ask_new(1, "t", "my password, mistyped");
	ask_spend(&r, "refused", "unknown");
	r = ask_new(1, "t", WORLD_STATIC);
	r.profile = "static";
	ask_spend(&r, "granted", "static challenge");
	tend(0);
	/* The id is told, and the secret behind it is not. */
	assert_true(world_holds(w, "challenge "));
	assert_false(world_holds(w, ch[0] + 11));
	assert_false(world_holds(w, ch[1] + 11));
	assert_false(world_holds(w, wrong + 11));
	assert_false(world_holds(w, "password"));
	assert_false(world_holds(w, WORLD_STATIC));
	all = operator_ask_id(w, 0, EXPLAIN, "t");
	text = json_dumps(all, 0);
	assert_null(strstr(text, ch[0] + 11));
	assert_null(strstr(text, wrong + 11));
	assert_null(strstr(text, "password"));
	assert_null(strstr(text, WORLD_STATIC));
	ch[0][10] = wrong[10] = '\0';
	assert_non_null(strstr(text, ch[0]));
	assert_non_null(strstr(text, wrong));
	free(text);
	json_decref(all);
}

/* A worker that was taken over says what it likes. */
static void
a_workers_words_are_not_believed(void **state)
{
	static const char *const	 asked[] = { "\x1b[2J", "peer=\xff",
	    "peer=\"x", "PEER=x", "a=b\ncheck.structure=pass" };
	struct scep_note		 n = { .txid = { NULL, 0 } };
	json_t				*all, *e;
	char				 id[SCEP_REQUEST_ID_LEN];
	char				*text;
	size_t				 i;

	(void)state;
	for (i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		(void)snprintf(id, sizeof(id), "%016zx", i + 77);
		n.request_id = id;
		n.profile = i == 0 ? "\xff" : "main";
		n.asked = n.result = scep_span_text(asked[i]);
		scep_ca_note(w->ca, WORLD_NOW, &n);
		e = event(story(id, &all), 0);
		assert_null(json_object_get(e, "message"));
		assert_null(json_object_get(e, "checks"));
		text = json_dumps(all, 0);
		assert_null(strstr(text, "u001b"));
		free(text);
		json_decref(all);
	}
	/* None of them keeps the others from being written. */
	tend(0);
	assert_int_equal(rows(), i);
}

/* The whole way: what the client is told leads to what the operator is. */

static void
ra_told(struct scep_ra *ra, const struct client_message *m, long flip,
    const char *kind, const char *check, const char *reason)
{
	struct bytes			 msg = client_message(m);
	struct scep_http_request	 http = {
		.method = "POST", .path = "/main",
		.query = "operation=PKIOperation", .peer = "192.0.2.9",
	};
	struct scep_http_response	 response;
	struct client_reply		 reply;
	struct scep_line		 log = { .len = 0 };
	json_t				*all, *e;
	const char			*id;

	if (flip > 0)
		msg.data[msg.len - (size_t)flip] ^= 1;
	http.body = msg.data;
	http.body_len = msg.len;
	scep_ra_handle(ra, WORLD_NOW, &http, &response, &log);
	client_reply_read(response.body, response.body_len, m->key,
	    m->signer, w->ra_cert, &reply);
	assert_int_equal(reply.status, 2);
	id = strstr(reply.fail_text, "request ");
	assert_non_null(id);
	e = event(story(id + strlen("request "), &all), 0);
	operator_is(e, "event", kind);
	operator_is(json_object_get(e, "message"), "peer", "192.0.2.9");
	operator_is(json_object_get(e, "message"), "type", "PKCSReq");
	assert_string_equal(outcome(e, "checks", check), strcmp(kind,
	    "rejected") == 0 ? "FAIL" : "pass");
	result_is(e, "reason", reason);
	json_decref(all);
	client_reply_clear(&reply);
	scep_http_response_clear(&response);
	bytes_free(&msg);
}

static void
the_id_in_a_failure_leads_to_its_reason(void **state)
{
	struct bytes		 csr = client_csr(w->key[0], "/CN=dev-0",
				    "wrong", NULL);
	struct client_message	 m = {
		.type = 19,
		.txid = "t",
		.key = w->key[0],
		.signer = w->self[0],
		.recipient = { w->ra_cert },
		.content = csr,
	};
	struct scep_error	 err;
	struct scep_ra		*ra;

	(void)state;
	assert_int_equal(scep_ra_new(w->crypto, w->ca, &ra, &err), SCEP_OK);
	ra_told(ra, &m, 0, "refused", "all", "challenge unknown");
	ra_told(ra, &m, 1, "rejected", "signature", "");
	m.digest = EVP_sha1();
	ra_told(ra, &m, 0, "rejected", "algorithms", "SHA-1");
	m.digest = NULL;
	m.recipient[0] = w->self[1];
	ra_told(ra, &m, 0, "refused", "all", "no readable request");
	scep_ra_free(ra);
	bytes_free(&csr);
}

/* What is asked for all the time is nobody's story. */
static void
only_operations_are_kept(void **state)
{
	static const struct {
		const char	*method, *query;
		size_t		 n;
	} cases[] = {
		{ "GET", "operation=GetCACaps", 0 },
		{ "GET", "operation=GetCACert", 0 },
		{ "GET", "operation=Nonsense", 0 },
		{ "GET", "operation=PKIOperation", 1 },
		{ "GET", "operation=PKIOperation&message=!", 2 },
		{ "POST", "operation=PKIOperation", 3 },
		{ "POST", "", 4 },
		{ "PUT", "", 4 },
	};
	struct scep_http_request	 http = { .path = "/main",
					    .peer = "::1" };
	struct scep_http_response	 response;
	struct scep_line		 log;
	struct scep_error		 err;
	struct scep_ra			*ra;
	size_t				 i;

	(void)state;
	assert_int_equal(scep_ra_new(w->crypto, w->ca, &ra, &err), SCEP_OK);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		memset(&log, 0, sizeof(log));
		http.method = cases[i].method;
		http.query = cases[i].query;
		scep_ra_handle(ra, WORLD_NOW, &http, &response, &log);
		scep_http_response_clear(&response);
		tend(0);
		assert_int_equal(rows(), cases[i].n);
	}
	scep_ra_free(ra);
}

int
main(void)
{
#define T(test)	cmocka_unit_test_setup(test, ask_empty)
	const struct CMUnitTest	 tests[] = {
		T(each_decision_is_told_with_its_rule),
		T(rules_behind_the_one_that_decided_say_so),
		T(rules_are_told_by_their_names),
		T(alternative_names_are_told),
		T(of_garbage_nothing_is_told),
		T(our_own_trouble_is_told),
		T(a_life_is_told_in_order),
		T(an_operators_refusal_is_told_by_the_polls_id),
		T(what_nobody_decides_is_told),
		T(a_repeated_answer_belongs_to_the_first_request),
		T(one_transaction_id_of_several_devices_gives_all),
		T(a_hostile_name_is_told_escaped),
		T(what_is_unknown_is_not_found),
		T(a_refusal_costs_no_disk_when_it_happens),
		T(what_the_ra_refuses_is_told),
		T(memory_holds_so_many_and_the_oldest_goes),
		T(the_store_holds_so_many_refusals_and_the_oldest_go),
		T(a_thousand_polls_are_one_row),
		T(a_count_is_written_again_after_an_hour),
		T(each_is_kept_as_long_as_it_should_be),
		T(without_its_trace_a_refused_request_is_told_from_its_record),
		T(no_challenge_is_in_any_trace),
		T(a_workers_words_are_not_believed),
		T(the_id_in_a_failure_leads_to_its_reason),
		T(only_operations_are_kept),
	};
	int	 rc;

	w = world_new(NULL);
	rc = cmocka_run_group_tests_name("trace", tests, NULL, NULL);
	world_free(w);
	return rc;
}
