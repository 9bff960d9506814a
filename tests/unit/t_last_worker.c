/*
 * t_last_worker.c - several profiles whose validators are slow: one worker is
 * left to those who need none of them.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <string.h>

#include <cmocka.h>

#include "ca/validator.h"
#include "ca/waiting.h"
#include "tests/unit/operator.h"
#include "tests/unit/renewing.h"
#include "tests/unit/validating.h"

#define SLOW_MS	(SCEP_VALIDATOR_SLOW_S * 1000L)

static long	 workers;

/* Who has which, for a while. */
static struct scep_waiting_place	 place[20];
static const char			*whose[20];

static void
look(void *arg, struct scep_host_facts *out)
{
	(void)arg;
	memset(out, 0, sizeof(*out));
	out->workers = workers;
}

static const struct scep_admin_host	 host = { .look = look };

static struct scep_local *
local(void)
{
	return (struct scep_local *)w->ca;
}

static int
empty(void **state)
{
	(void)validating_empty(state);
	scep_admin_attach(w->ca, &host);
	workers = 4;
	memset(whose, 0, sizeof(whose));
	return 0;
}

/* Another worker has a request of the profile: 0 if it may not wait. */
static int
enter(const char *profile, long later, const char *why)
{
	struct scep_error	 err = { .text = "" };
	enum scep_err		 rc;
	int			 i = 0;

	while (whose[i] != NULL)
		i++;
	place[i].since = WORLD_NOW + later;
	rc = scep_validator_enter(local(), scep_config_profile(w->cfg,
	    profile), &place[i], &err);
	if (rc == SCEP_OK) {
		whose[i] = profile;
		return 1;
	}
	assert_int_equal(rc, SCEP_E_BUSY);
	if (strstr(err.text, why) == NULL)
		fail_msg("%s", err.text);
	return 0;
}

/* One of its requests has its answer. */
static void
leave(const char *profile)
{
	int	 i = 0;

	while (whose[i] == NULL || strcmp(whose[i], profile) != 0)
		i++;
	whose[i] = NULL;
	scep_validator_leave(local(), scep_config_profile(w->cfg, profile),
	    &place[i]);
}

/* Its validator answered one of them, after so long. */
static void
answered(const char *profile, long ms)
{
	scep_waiting_count(local()->memory->waiting, profile, SCEP_VA_ALLOWED,
	    ms);
}

static struct scep_waiting_row
row_of(const char *profile)
{
	struct scep_waiting_row	 row;

	scep_waiting_look(local()->memory->waiting, profile, &row);
	return row;
}

/* Three of four workers are with slow validators. */
static void
fill(void)
{
	answered("va", SLOW_MS);
	answered("vc", SLOW_MS);
	assert_true(enter("va", 0, ""));
	assert_true(enter("va", 0, ""));
	assert_true(enter("vc", 0, ""));
}

/* Both may have eight by their own max_waiting. */
static void
so_many_may_wait_for_slow_ones(void **state)
{
	static const struct {
		long		 workers;
		int		 n;
		const char	*why;
	} rows[] = {
		/* Plain CGI, and too few to spare one. */
		{ 0, 16, "max_waiting" },
		{ 1, 16, "max_waiting" },
		{ 2, 16, "max_waiting" },
		{ 3, 2, "raise workers" },
		{ 4, 3, "raise workers" },
		{ 9, 8, "raise workers" },
		{ 16, 15, "raise workers" },
		{ 17, 16, "max_waiting" },
		{ 30, 16, "max_waiting" },
	};
	const char		*one = "va", *other = "vc", *was;
	size_t			 i;
	int			 n;

	(void)state;
	answered("va", SLOW_MS);
	answered("vc", SLOW_MS);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		workers = rows[i].workers;
		for (n = 0; n < 20 && enter(one, 0, rows[i].why); n++) {
			was = one;
			one = other;
			other = was;
		}
		assert_int_equal(n, rows[i].n);
		while (row_of("va").now > 0)
			leave("va");
		while (row_of("vc").now > 0)
			leave("vc");
	}
}

static void
the_last_worker_does_not_wait_for_a_slow_one(void **state)
{
	struct world_request	 r;
	char			 ch[SCEP_CHALLENGE_TEXT];

	(void)state;
	fill();
	r = validating_new("va", 0, "t1", NULL);
	ask_expect(&r, "try again", "the validator of profile va is slow, and "
	    "3 requests are with validators already: the last worker is for "
	    "others; mend the validator, or raise workers");
	memset(r.csr.data, 'x', r.csr.len);
	ask_spend(&r, "try again", "raise workers");
	assert_int_equal(validating_times(), 0);
	assert_int_equal(world_count(w, SCEP_T_CERTIFICATE), 0);
	/* It serves those that ask nobody, and those whose validator is not
	 * known as slow. */
	ask_mint("main", ch);
	r = ask_new(1, "t2", ch);
	ask_spend(&r, "granted", "challenge");
	r = validating_new("vm", 2, "t3", NULL);
	ask_spend(&r, "granted", "allowed");
	/* One of them ends: there is room again, and not for two. */
	leave("vc");
	r = validating_new("va", 0, "t1", NULL);
	ask_spend(&r, "granted", "allowed");
	assert_int_equal(row_of("va").now, 2);
}

/* What it did last counts; that it is not there at all takes nobody long. */
static void
what_is_slow(void **state)
{
	struct world_request	 r;

	(void)state;
	fill();
	assert_false(enter("va", 0, "raise workers"));
	answered("va", SLOW_MS - 1);
	assert_true(enter("va", 0, ""));
	leave("va");
	assert_false(enter("vc", 0, "raise workers"));
	validating.answer = NULL;
	validating.ms = 0;
	r = validating_new("va", 0, "t1", NULL);
	ask_spend(&r, "refused", "no answer");
	r = validating_new("va", 0, "t2", NULL);
	ask_spend(&r, "refused", "no answer");
	validating.ms = SLOW_MS;
	r = validating_new("va", 0, "t3", NULL);
	ask_spend(&r, "refused", "no answer");
	r = validating_new("va", 0, "t4", NULL);
	ask_spend(&r, "try again", "raise workers");
}

/* That it hangs shows before the first call to it has ended, and although it
 * answers about others. */
static void
one_that_hangs_is_slow(void **state)
{
	const long	 then = 10 + SCEP_VALIDATOR_SLOW_S;

	(void)state;
	answered("vc", SLOW_MS);
	assert_true(enter("vc", 0, ""));
	assert_true(enter("va", 10, ""));
	assert_true(enter("va", then, ""));
	assert_true(enter("va", then, ""));
	leave("vc");
	answered("va", 0);
	assert_false(enter("va", then + 1, "raise workers"));
	/* Nobody waits for this one. */
	assert_true(enter("vm", then + 1, ""));
	leave("vm");
	/* The first leaves, and the others have not waited for long. */
	leave("va");
	assert_true(enter("vc", then, ""));
	assert_true(enter("va", then + 1, ""));
	leave("va");
	assert_false(enter("va", then + 2, "raise workers"));
}

static void
renewals_are_turned_away_too(void **state)
{
	struct renewal		 again = { .profile = "va" };
	struct renewal		 alone = { .profile = "static" };
	struct world_request	 r = validating_new("va", 0, "t1", NULL);
	struct outcome		 o;

	(void)state;
	alone.old = renewing_first("static", NULL);
	o = ask_expect_keep(&r, "granted", "allowed");
	bytes_free(&r.csr);
	again.old = validating_cert(&o);
	(void)validating_times();
	fill();
	renewing(&again, "try again", "raise workers");
	assert_int_equal(validating_times(), 0);
	renewing(&alone, "granted", "renewal");
	leave("vc");
	renewing(&again, "granted", "allowed by the validator");
	X509_free(again.old);
	X509_free(alone.old);
}

static enum scep_outcome
poll(const struct world_request *r, enum scep_err want, const char *why)
{
	struct scep_answer	 answer;
	struct scep_error	 err = { .text = "" };
	enum scep_outcome	 outcome;

	assert_int_equal(world_poll(w, r, &answer, &err), want);
	assert_non_null(strstr(err.text, why));
	outcome = answer.outcome;
	scep_answer_clear(&answer);
	return outcome;
}

/* A poll waits for a validator only where that has to let go what was
 * approved. */
static void
polls_are_answered(void **state)
{
	struct world_request	 r = validating_new("vmf", 0, "t1", NULL);
	json_t			*list, *done;

	(void)state;
	validating.answer = VALIDATING_QUEUE;
	ask_expect(&r, "pending", "queued");
	answered("vmf", SLOW_MS);
	fill();
	assert_int_equal(poll(&r, SCEP_OK, ""), SCEP_PENDING);
	list = operator_ask(w, 0, "{\"do\":\"request.list\"}");
	done = operator_ask_id(w, 0, "{\"do\":\"request.approve\","
	    "\"id\":\"%s\"}", operator_text(json_array_get(list, 0), "id"));
	json_decref(list);
	json_decref(done);
	(void)validating_times();
	(void)poll(&r, SCEP_E_BUSY, "raise workers");
	ask_expect(&r, "try again", "raise workers");
	assert_int_equal(validating_times(), 0);
	leave("vc");
	assert_int_equal(poll(&r, SCEP_OK, ""), SCEP_GRANTED);
	assert_int_equal(validating_times(), 1);
	assert_true(enter("vc", 0, ""));
	answered("vmf", SLOW_MS);
	assert_int_equal(poll(&r, SCEP_OK, ""), SCEP_GRANTED);
	/* The request itself may have to be asked about. */
	ask_expect(&r, "try again", "raise workers");
	leave("vc");
	ask_spend(&r, "granted", "granted before");
}

static void
it_is_counted(void **state)
{
	(void)state;
	fill();
	assert_false(enter("vc", 0, "raise workers"));
	assert_false(enter("vc", 0, "raise workers"));
	assert_true(enter("one", 0, ""));
	assert_false(enter("one", 0, "max_waiting"));
	assert_true(validating_page_has("scep_validator_turned_away_total{"
	    "profile=\"vc\",limit=\"workers\"} 2\n"));
	assert_true(validating_page_has("scep_validator_turned_away_total{"
	    "profile=\"vc\",limit=\"max_waiting\"} 0\n"));
	assert_true(validating_page_has("scep_validator_turned_away_total{"
	    "profile=\"one\",limit=\"workers\"} 0\n"));
	assert_true(validating_page_has("scep_validator_turned_away_total{"
	    "profile=\"one\",limit=\"max_waiting\"} 1\n"));
	assert_true(validating_page_has("scep_validator_waiting{"
	    "profile=\"va\"} 2\n"));
	assert_true(validating_page_has("scep_validator_waiting{"
	    "profile=\"vc\"} 1\n"));
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_setup(so_many_may_wait_for_slow_ones, empty),
		cmocka_unit_test_setup(
		    the_last_worker_does_not_wait_for_a_slow_one, empty),
		cmocka_unit_test_setup(what_is_slow, empty),
		cmocka_unit_test_setup(one_that_hangs_is_slow, empty),
		cmocka_unit_test_setup(renewals_are_turned_away_too, empty),
		cmocka_unit_test_setup(polls_are_answered, empty),
		cmocka_unit_test_setup(it_is_counted, empty),
	};
	int			 failed;

	w = world_new(validating_conf);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	validating_forget();
	world_free(w);
	return failed;
}
