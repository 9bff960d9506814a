/*
 * t_waiting.c - a validator that takes its time: who waits for it, who does
 * not, and how many may; and what is told of it afterwards.
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

#include "ca/waiting.h"
#include "tests/unit/operator.h"
#include "tests/unit/validating.h"

#define THREADS	4

/* The validator thinks until it is told to go on. */
static pthread_mutex_t	 mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t	 changed = PTHREAD_COND_INITIALIZER;
static int		 thinking, may_answer;

static void
think(void)
{
	(void)pthread_mutex_lock(&mutex);
	thinking++;
	(void)pthread_cond_broadcast(&changed);
	while (!may_answer)
		(void)pthread_cond_wait(&changed, &mutex);
	(void)pthread_mutex_unlock(&mutex);
}

static void
wait_until_it_thinks(int n)
{
	(void)pthread_mutex_lock(&mutex);
	while (thinking < n)
		(void)pthread_cond_wait(&changed, &mutex);
	(void)pthread_mutex_unlock(&mutex);
}

static void
let_it_answer(void)
{
	(void)pthread_mutex_lock(&mutex);
	may_answer = 1;
	(void)pthread_cond_broadcast(&changed);
	(void)pthread_mutex_unlock(&mutex);
}

static int
empty(void **state)
{
	(void)validating_empty(state);
	validating.meanwhile = think;
	thinking = may_answer = 0;
	return 0;
}

/* One device on a thread of its own. */
struct device {
	pthread_t		 thread;
	struct world_request	 r;
	struct scep_answer	 answer;
	struct scep_error	 err;
	enum scep_err		 rc;
};

static void *
enrol(void *arg)
{
	struct device	*d = arg;

	d->rc = world_enrol(w, &d->r, &d->answer, &d->err);
	return NULL;
}

static void
begin(struct device *d)
{
	assert_int_equal(pthread_create(&d->thread, NULL, enrol, d), 0);
}

/* 1 if it has a certificate. */
static int
end(struct device *d)
{
	int	 granted;

	assert_int_equal(pthread_join(d->thread, NULL), 0);
	granted = d->rc == SCEP_OK && d->answer.outcome == SCEP_GRANTED;
	bytes_free(&d->r.csr);
	scep_answer_clear(&d->answer);
	return granted;
}

static struct scep_waiting_row
row_of_one(void)
{
	struct scep_waiting_row	 r;

	scep_waiting_look(((struct scep_local *)w->ca)->memory->waiting,
	    "one", &r);
	return r;
}

static void
has(const char *line)
{
	if (!validating_page_has(line))
		fail_msg("no %s", line);
}

static void
so_many_may_wait_and_other_profiles_do_not(void **state)
{
	struct device		 slow = { .rc = SCEP_OK };
	char			 ch[SCEP_CHALLENGE_TEXT];
	struct world_request	 r;

	(void)state;
	slow.r = validating_new("one", 0, "t1", NULL);
	begin(&slow);
	wait_until_it_thinks(1);
	assert_int_equal(row_of_one().now, 1);
	has("scep_validator_waiting{profile=\"one\"} 1\n");
	has("scep_validator_max_waiting{profile=\"one\"} 1\n");
	has("scep_validator_turned_away_total{profile=\"one\","
	    "limit=\"max_waiting\"} 0\n");
	has("scep_validator_seconds_count{profile=\"one\"} 0\n");
	/* No room, for a retry of the same neither, nor for garbage. */
	r = validating_new("one", 1, "t2", NULL);
	ask_spend(&r, "try again", "max_waiting");
	r = validating_new("one", 0, "t1", NULL);
	ask_spend(&r, "try again", "max_waiting");
	r = validating_new("one", 1, "t2", NULL);
	memset(r.csr.data, 'x', r.csr.len);
	ask_spend(&r, "try again", "max_waiting");
	/* Others go on, with a validator of their own too. */
	ask_mint("main", ch);
	r = ask_new(2, "t3", ch);
	ask_spend(&r, "granted", "challenge");
	ask_mint("vc", ch);
	r = validating_new("vc", 3, "t4", "none");
	ask_spend(&r, "refused", "challenge unknown");
	assert_int_equal(row_of_one().turned_away, 3);
	has("scep_validator_turned_away_total{profile=\"one\","
	    "limit=\"max_waiting\"} 3\n");
	has("scep_validator_turned_away_total{profile=\"one\","
	    "limit=\"workers\"} 0\n");
	let_it_answer();
	assert_int_equal(end(&slow), 1);
	assert_int_equal(row_of_one().now, 0);
	assert_int_equal(row_of_one().answers[SCEP_VA_ALLOWED], 1);
	has("scep_validator_waiting{profile=\"one\"} 0\n");
	/* Nobody was asked about those that were turned away. */
	has("scep_validator_seconds_count{profile=\"one\"} 1\n");
	r = validating_new("one", 1, "t2", NULL);
	ask_spend(&r, "granted", "allowed");
}

/* Where the profile does not say, it is half of the workers, or one. */
static void
one_may_wait_where_there_are_no_workers(void **state)
{
	struct device		 slow = { .rc = SCEP_OK };
	struct world_request	 r;

	(void)state;
	slow.r = validating_new("some", 0, "t1", NULL);
	begin(&slow);
	wait_until_it_thinks(1);
	r = validating_new("some", 1, "t2", NULL);
	ask_spend(&r, "try again", "max_waiting");
	let_it_answer();
	assert_int_equal(end(&slow), 1);
}

/* SECURITY T4: the same secret at the same time, by as many devices: one
 * certificate, and whoever comes second is refused without a question. */
static void
one_secret_at_the_same_time_gives_one_certificate(void **state)
{
	struct device	 d[THREADS];
	char		 ch[SCEP_CHALLENGE_TEXT];
	int		 i, granted = 0;

	(void)state;
	memset(d, 0, sizeof(d));
	ask_mint("vc", ch);
	for (i = 0; i < THREADS; i++)
		d[i].r = validating_new("vc", i, "t1", ch);
	for (i = 0; i < THREADS; i++)
		begin(&d[i]);
	wait_until_it_thinks(1);
	let_it_answer();
	for (i = 0; i < THREADS; i++)
		granted += end(&d[i]);
	assert_int_equal(granted, 1);
	assert_int_equal(validating.n, 1);
	assert_int_equal(ask_used(ch), 1);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 1);
}

/* SECURITY T12: a device that does not wait for its answer and asks again:
 * it is asked about once, and each gets the one certificate. */
static void
retries_wait_for_the_first(void **state)
{
	struct device	 d[THREADS];
	int		 i;

	(void)state;
	memset(d, 0, sizeof(d));
	for (i = 0; i < THREADS; i++) {
		d[i].r = validating_new("va", 0, "t1", NULL);
		begin(&d[i]);
	}
	wait_until_it_thinks(1);
	let_it_answer();
	for (i = 0; i < THREADS; i++)
		assert_int_equal(end(&d[i]), 1);
	assert_int_equal(validating.n, 1);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 1);
}

/* Nobody but retries waits for a validator: operators, and whoever tends the
 * store, have the locks of what it is asked about. */
static void
operators_do_not_wait(void **state)
{
	struct device		 slow = { .rc = SCEP_OK };
	char			 ch[SCEP_CHALLENGE_TEXT], id[SCEP_REC_NAME];
	struct scep_error	 err;
	json_t			*done;

	(void)state;
	ask_mint("vc", ch);
	assert_true(scep_challenge_id(scep_span_text(ch), id));
	slow.r = validating_new("vc", 0, "t1", ch);
	begin(&slow);
	wait_until_it_thinks(1);
	assert_int_equal(scep_ca_tend(w->ca, WORLD_NOW, &err), SCEP_OK);
	done = operator_ask_id(w, 0, "{\"do\":\"challenge.revoke\","
	    "\"id\":\"%s\"}", id);
	json_decref(done);
	let_it_answer();
	assert_int_equal(end(&slow), 0);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 0);
}

/* What is told of it afterwards: by explain, in the log, to whoever approves,
 * and to Prometheus. */

static void
what_it_said_is_told(void **state)
{
	struct world_request	 r;
	struct scep_pending	 p;
	struct scep_error	 err;
	json_t			*told, *result;
	char			 id[SCEP_REQUEST_ID_LEN];

	(void)state;
	validating.meanwhile = NULL;
	validating.ms = 12;
	validating.answer = "{\"decision\":\"allow\",\"reason\":\"asset 7\","
	    "\"subject\":\"CN=asset-7\",\"validity\":\"1d\"}";
	r = validating_new("va", 0, "t1", NULL);
	ask_spend(&r, "granted", "allowed by the validator (asset 7)");
	(void)snprintf(id, sizeof(id), "%016x", w->requests);
	told = operator_ask_id(w, 0, "{\"do\":\"explain\",\"what\":"
	    "\"%s\"}", id);
	result = json_object_get(json_array_get(json_object_get(
	    json_array_get(json_object_get(told, "stories"), 0), "events"),
	    0), "result");
	operator_is(result, "validator", "allow");
	operator_is(result, "validator_reason", "asset 7");
	operator_is(result, "validator_sets", "subject validity");
	operator_is(result, "validator_ms", "12");
	json_decref(told);
	assert_true(world_holds(w, "validator=allow validator_reason=\"asset "
	    "7\""));
	/* A refusal is in memory alone. */
	validating.ms = 3456;
	validating.answer = VALIDATING_REFUSE;
	r = validating_new("va", 1, "t2", NULL);
	ask_spend(&r, "refused", "stolen");
	(void)snprintf(id, sizeof(id), "%016x", w->requests);
	told = operator_ask_id(w, 0, "{\"do\":\"explain\",\"what\":"
	    "\"%s\"}", id);
	result = json_object_get(json_array_get(json_object_get(
	    json_array_get(json_object_get(told, "stories"), 0), "events"),
	    0), "result");
	operator_is(result, "validator", "refuse");
	operator_is(result, "validator_ms", "3456");
	json_decref(told);
	assert_false(world_holds(w, "stolen"));
	validating.answer = VALIDATING_QUEUE;
	r = validating_new("vm", 2, "t3", NULL);
	ask_spend(&r, "pending", "new here");
	(void)snprintf(id, sizeof(id), "%016x", w->requests);
	assert_int_equal(scep_pending_get(w->store, id, &p, &err), SCEP_OK);
	assert_string_equal(p.why, "validator: queue, new here");
	scep_pending_clear(&p);
	has("scep_validator_waiting{profile=\"va\"} 0\n");
	has("scep_validator_answers_total{profile=\"va\",answer=\"refuse\"} "
	    "1\n");
	has("scep_validator_answers_total{profile=\"vm\",answer=\"queue\"} "
	    "1\n");
}

/* Of each question, whatever came of it. */
static void
how_long_it_takes_is_told(void **state)
{
	static const struct {
		const char	*answer, *why;
		long		 ms;
	} rows[] = {
		{ VALIDATING_REFUSE, "stolen", 5 },
		{ NULL, "no answer", 6 },
		{ "nonsense", "no answer", 10000 },
		{ VALIDATING_QUEUE, "wants an approval", 20001 },
	};
	static const char *const	 want[] = {
		"bucket{profile=\"vf\",le=\"0.005\"} 1\n",
		"bucket{profile=\"vf\",le=\"0.010\"} 2\n",
		"bucket{profile=\"vf\",le=\"5.000\"} 2\n",
		"bucket{profile=\"vf\",le=\"10.000\"} 3\n",
		"bucket{profile=\"vf\",le=\"20.000\"} 3\n",
		"bucket{profile=\"vf\",le=\"+Inf\"} 4\n",
		"scep_validator_seconds_sum{profile=\"vf\"} 30.012\n",
		"scep_validator_seconds_count{profile=\"vf\"} 4\n",
		"{profile=\"vf\",answer=\"allow\"} 0\n",
		"{profile=\"vf\",answer=\"refuse\"} 1\n",
		"{profile=\"vf\",answer=\"queue\"} 1\n",
		"{profile=\"vf\",answer=\"trouble\"} 2\n",
	};
	struct world_request		 r;
	size_t				 i;

	(void)state;
	validating.meanwhile = NULL;
	has("scep_validator_seconds_count{profile=\"vf\"} 0\n");
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		validating.answer = rows[i].answer;
		validating.ms = rows[i].ms;
		r = validating_new("vf", (int)i, "t1", NULL);
		ask_spend(&r, "refused", rows[i].why);
	}
	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		has(want[i]);
	/* It is asked twice where it confirms. */
	validating.answer = "{\"decision\":\"allow\"}";
	validating.ms = 100;
	r = validating_new("vf", 0, "t2", NULL);
	ask_spend(&r, "granted", "allowed");
	has("scep_validator_seconds_sum{profile=\"vf\"} 30.212\n");
	has("scep_validator_seconds_count{profile=\"vf\"} 6\n");
}

/* Profiles that were never asked about have series, so that the first trouble
 * is an increase; those that have no validator have none. */
static void
each_profile_with_a_validator_is_told_of(void **state)
{
	(void)state;
	has("scep_validator_max_waiting{profile=\"vq\"} 8\n");
	has("scep_validator_waiting{profile=\"vq\"} 0\n");
	has("scep_validator_answers_total{profile=\"vq\",answer=\"trouble\"} "
	    "0\n");
	has("scep_validator_turned_away_total{profile=\"vq\","
	    "limit=\"workers\"} 0\n");
	has("scep_validator_seconds_count{profile=\"vq\"} 0\n");
	/* Half of no workers. */
	has("scep_validator_max_waiting{profile=\"some\"} 1\n");
	has("scep_profile_up{profile=\"main\"} 1\n");
	assert_false(validating_page_has("scep_validator_max_waiting{profile="
	    "\"main\"}"));
	assert_false(validating_page_has("scep_validator_seconds_count{profile="
	    "\"main\"}"));
}

/* 255 octets of three each: wherever it is cut, it is cut between two. */
static void
a_long_reason_is_told_too(void **state)
{
	struct world_request	 r = validating_new("vm", 0, "t1", NULL);
	char			 answer[512], euros[256] = "x";
	char			 id[SCEP_REQUEST_ID_LEN];
	json_t			*told, *list, *event;

	(void)state;
	while (strlen(euros) + 3 < sizeof(euros))
		(void)strcat(euros, "\xe2\x82\xac");
	(void)snprintf(answer, sizeof(answer), "{\"decision\":\"queue\","
	    "\"reason\":\"%s\"}", euros);
	validating.meanwhile = NULL;
	validating.answer = answer;
	ask_spend(&r, "pending", "(validator: x\xe2\x82\xac");
	(void)snprintf(id, sizeof(id), "%016x", w->requests);
	list = operator_ask(w, 0, "{\"do\":\"request.list\"}");
	assert_int_equal(json_array_size(list), 1);
	assert_memory_equal(operator_text(json_array_get(list, 0), "why"),
	    "validator: queue, x\xe2\x82\xac", 22);
	told = operator_ask_id(w, 0, "{\"do\":\"explain\",\"what\":"
	    "\"%s\"}", id);
	event = json_array_get(json_object_get(json_array_get(
	    json_object_get(told, "stories"), 0), "events"), 0);
	operator_is(json_object_get(event, "result"), "validator_reason",
	    euros);
	json_decref(told);
	json_decref(list);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_setup(
		    so_many_may_wait_and_other_profiles_do_not, empty),
		cmocka_unit_test_setup(
		    one_may_wait_where_there_are_no_workers, empty),
		cmocka_unit_test_setup(
		    one_secret_at_the_same_time_gives_one_certificate,
		    empty),
		cmocka_unit_test_setup(retries_wait_for_the_first, empty),
		cmocka_unit_test_setup(operators_do_not_wait, empty),
		cmocka_unit_test_setup(what_it_said_is_told, empty),
		cmocka_unit_test_setup(how_long_it_takes_is_told, empty),
		cmocka_unit_test_setup(
		    each_profile_with_a_validator_is_told_of, empty),
		cmocka_unit_test_setup(a_long_reason_is_told_too, empty),
	};
	int			 failed;

	w = world_new(validating_conf);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	validating_forget();
	world_free(w);
	return failed;
}
