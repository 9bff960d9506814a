/*
 * t_damaged.c - a row that cannot be read stops no list, no purge, no expiry
 * and no addition of others, and stays; but nothing is left out of a CRL.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "ca/restore.h"
#include "ca/wrong.h"
#include "tests/unit/operator.h"
#include "tests/unit/spoil.h"

#define DAY	86400L
#define YEAR	(366 * DAY)
#define SERIAL	48		/* octets of one in hex */

static struct world		*w;
static struct scep_store	*store;

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
open_store(void **state)
{
	(void)state;
	store = spoil_open();
	world_use(w, store);
	return 0;
}

static int
close_store(void **state)
{
	(void)state;
	world_empty(w);
	spoil_close(store);
	return 0;
}

/* Device k asks for /CN=dev-<k>. */
static void
enrol_is(int k, const char *profile, const char *challenge,
    enum scep_outcome want, char serial[SERIAL])
{
	char			 subject[32], txid[32];
	struct scep_answer	 answer;
	struct scep_error	 err;
	struct world_request	 r = { .profile = profile, .txid = txid,
				    .signer = k };

	(void)snprintf(subject, sizeof(subject), "/CN=dev-%d", k);
	(void)snprintf(txid, sizeof(txid), "t%d", k);
	r.csr = client_csr(w->key[k], subject, challenge, NULL);
	memset(&answer, 0, sizeof(answer));
	assert_int_equal(world_enrol(w, &r, &answer, &err), SCEP_OK);
	assert_int_equal(answer.outcome, want);
	if (serial != NULL)
		(void)snprintf(serial, SERIAL, "%s", answer.serial);
	scep_answer_clear(&answer);
	bytes_free(&r.csr);
}

static void
grant(int k, char serial[SERIAL])
{
	json_t	*made = operator_ask(w, 0, "{\"do\":\"challenge.add\"}");

	enrol_is(k, "main", operator_text(json_array_get(made, 0),
	    "challenge"), SCEP_GRANTED, serial);
	json_decref(made);
}

/* Its next word names one of these kinds. */
static void
is_told(const char *noun)
{
	struct scep_error	 err;
	char			 words[64];

	(void)snprintf(words, sizeof(words), "%s ", noun);
	assert_int_equal(scep_ca_tend_soon(w->ca, &err), SCEP_E_STORE);
	assert_ptr_equal(strstr(err.text, words), err.text);
	assert_non_null(strstr(err.text, " cannot be read and is set aside"));
	assert_int_equal(scep_ca_tend_soon(w->ca, &err), SCEP_OK);
}

static size_t
listed(const char *verb)
{
	char	 ask[64];
	json_t	*l, *a;
	size_t	 n;

	(void)snprintf(ask, sizeof(ask), "{\"do\":\"%s\"}", verb);
	l = operator_ask(w, 0, ask);
	a = json_is_array(l) ? l : json_object_get(l, "rows");
	assert_true(json_is_array(a));
	n = json_array_size(a);
	json_decref(l);
	return n;
}

/* Whatever tending tells of. */
static void
tend(time_t later)
{
	struct scep_error	 err;

	(void)scep_ca_tend(w->ca, WORLD_NOW + later, &err);
}

/* Tending goes on with the others, with and without a damaged one. */
static void
expire(enum scep_table table, const char *verb, const char *noun,
    size_t want, int damage)
{
	assert_int_equal(spoil_rows(store, table), want);
	if (verb != NULL)
		assert_int_equal(listed(verb), want);
	if (damage)
		spoil_nth(store, table, 1);
	if (verb != NULL)
		assert_int_equal(listed(verb), want - (size_t)damage);
	if (verb != NULL && damage)
		is_told(noun);
	tend(5 * YEAR);
	assert_int_equal(spoil_rows(store, table), damage);
	if (verb == NULL && damage)
		is_told(noun);
}

static void
requests(int damage)
{
	int	 k;

	for (k = 0; k < 3; k++)
		enrol_is(k, "manual", NULL, SCEP_PENDING, NULL);
	expire(SCEP_T_PENDING, "request.list", "waiting request", 3, damage);
}

static void
a_waiting_request(void **state)
{
	(void)state;
	requests(0);		/* the control */
	requests(1);
	/* Nor does anybody wait for it who asks now. */
	enrol_is(3, "manual", NULL, SCEP_PENDING, NULL);
	assert_int_equal(listed("request.list"), 1);
}

/* The request whose transaction it is ends all the same. */
static void
a_transaction_that_waits(void **state)
{
	int	 k;

	(void)state;
	for (k = 0; k < 3; k++)
		enrol_is(k, "manual", NULL, SCEP_PENDING, NULL);
	spoil_nth(store, SCEP_T_TRANSACTION, 1);
	tend(5 * YEAR);
	assert_int_equal(spoil_rows(store, SCEP_T_PENDING), 0);
}

static void
challenges(int damage)
{
	int	 k;

	for (k = 0; k < 3; k++)
		json_decref(operator_ask(w, 0, "{\"do\":\"challenge.add\"}"));
	expire(SCEP_T_CHALLENGE, "challenge.list", "challenge", 3, damage);
}

static void
a_challenge(void **state)
{
	json_t	*l;

	(void)state;
	challenges(0);
	challenges(1);
	json_decref(operator_ask(w, 0, "{\"do\":\"challenge.add\"}"));
	l = operator_ask(w, 30 * DAY, "{\"do\":\"challenge.purge\"}");
	assert_int_equal(json_integer_value(json_object_get(l, "purged")), 1);
	json_decref(l);
	assert_int_equal(spoil_rows(store, SCEP_T_CHALLENGE), 1);
}

/* The names that were wrong count no more. */
static void
a_challenge_that_is_counted(void **state)
{
	struct scep_wrong	*wrong;
	struct scep_error	 err;
	json_t			*made;

	(void)state;
	wrong = ((struct scep_local *)w->ca)->memory->wrong;
	made = operator_ask(w, 0, "{\"do\":\"challenge.add\"}");
	assert_int_equal(scep_wrong_add(wrong, operator_text(
	    json_array_get(made, 0), "id"), WORLD_NOW), 1);
	spoil_nth(store, SCEP_T_CHALLENGE, 0);
	assert_int_equal(scep_ca_tend_soon(w->ca, &err), SCEP_OK);
	assert_int_equal(scep_wrong_count(wrong, operator_text(
	    json_array_get(made, 0), "id")), 0);
	json_decref(made);
}

static void
transactions(int damage)
{
	int	 k;

	for (k = 0; k < 3; k++)
		grant(k, NULL);
	expire(SCEP_T_TRANSACTION, NULL, "transaction", 3, damage);
}

static void
a_transaction(void **state)
{
	(void)state;
	transactions(0);
	transactions(1);
}

static void
explain(const char *what)
{
	json_decref(operator_ask_id(w, 0, "{\"do\":\"explain\","
	    "\"what\":\"%s\"}", what));
}

static void
an_event(void **state)
{
	size_t	 n, left;
	int	 k;

	(void)state;
	for (k = 0; k < 3; k++)
		grant(k, NULL);
	tend(0);
	n = spoil_rows(store, SCEP_T_TRACE);
	assert_true(n >= 3);
	explain("t0");
	/* Memory, which has it too, goes with the process. */
	world_use(w, store);
	spoil_nth(store, SCEP_T_TRACE, 1);
	explain("t0");
	explain("t1");
	explain("t2");
	tend(5 * YEAR);
	left = spoil_rows(store, SCEP_T_TRACE);
	assert_true(left >= 1 && left <= n - 2);
}

static void
a_challenge_at_a_restore(void **state)
{
	const struct scep_restoring	 to = {
		.store = store, .crypto = w->crypto, .cfg = w->cfg
	};
	struct scep_restored	 count = { .entries = 0 };
	struct scep_error	 err;

	(void)state;
	/* A restore voids the others. */
	json_decref(operator_ask(w, 0, "{\"do\":\"challenge.add\"}"));
	json_decref(operator_ask(w, 0, "{\"do\":\"challenge.add\"}"));
	spoil_nth(store, SCEP_T_CHALLENGE, 0);
	assert_int_equal(scep_restore_void(&to, WORLD_NOW, 7, &count,
	    &err), SCEP_OK);
	assert_int_equal(count.challenges, 1);
}

/* Without the one that was revoked it would say that it is not. */
static void
but_not_a_revoked_certificate(void **state)
{
	static const char	 make[] = "{\"do\":\"crl.make\",\"ca\":"
				    "\"test\"}";
	char			 serial[2][SERIAL];
	int			 k;

	(void)state;
	for (k = 0; k < 2; k++) {
		grant(k, serial[k]);
		json_decref(operator_ask_id(w, 1, "{\"do\":\"cert.revoke\","
		    "\"serial\":\"%s\",\"reason\":\"keyCompromise\"}",
		    serial[k]));
	}
	json_decref(operator_ask(w, 2, make));
	spoil_nth(store, SCEP_T_CERTIFICATE, 0);
	operator_refused(w, 3, make, SCEP_E_STORE, "certificate record");
}

#define T(test)	cmocka_unit_test_setup_teardown(test, open_store, close_store)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		T(a_waiting_request),
		T(a_transaction_that_waits),
		T(a_challenge),
		T(a_challenge_that_is_counted),
		T(a_transaction),
		T(an_event),
		T(a_challenge_at_a_restore),
		T(but_not_a_revoked_certificate),
	};

	return cmocka_run_group_tests(tests, open_world, close_world);
}
