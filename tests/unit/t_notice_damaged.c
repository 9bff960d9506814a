/*
 * t_notice_damaged.c - a notice that cannot be read keeps no other waiting,
 * and does not go before an operator says so.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "ca/inspect.h"
#include "ca/notices.h"
#include "tests/unit/operator.h"
#include "tests/unit/spoil.h"

#define DAY	86400L
#define BEFORE	"0000000000000000000000000000000a"
#define DAMAGED	"5555555555555555555555555555555b"
#define BEHIND	"ffffffffffffffffffffffffffffffff"
#define OTHER	"7777777777777777777777777777777c"
#define MINOR	"8888888888888888888888888888888d"

static const char	more[] =
	"[profile told]\nauthorise = challenge\n"
	"notify = exec:/usr/lib/told\n"
	"[profile other]\nauthorise = challenge\n"
	"notify = exec:/usr/lib/other\n";

static struct world		*w;
static struct scep_store	*store;

/* What they are told, in that order: ids. */
static char	 told[2048];

static enum scep_err
receive(void *arg, const struct scep_hook *hook, struct scep_span question,
    struct scep_buf *answer, long *ms, struct scep_error *err)
{
	json_t	*o = json_loadb((const char *)question.data, question.len,
		    JSON_REJECT_DUPLICATES, NULL);

	(void)arg;
	(void)hook;
	*ms = 0;
	assert_non_null(o);
	assert_true(strlen(told) < sizeof(told) - 64);
	(void)strcat(told, operator_text(o, "id"));
	(void)strcat(told, " ");
	json_decref(o);
	return scep_buf_set(answer, scep_span_text("{}"), err);
}

static const struct scep_hook_host	host = { NULL, receive };

static int
open_world(void **state)
{
	(void)state;
	w = world_new(more);
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
	scep_ca_use_hooks(w->ca, &host);
	told[0] = '\0';
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

static void
add(struct scep_change *change, const char *id, const char *profile,
    time_t age, int minor)
{
	struct scep_notice	 n = {
		.kind = minor ? SCEP_NOTICE_REFUSED : SCEP_NOTICE_ISSUED,
		.minor = minor,
		.created = WORLD_NOW - age,
		.due = WORLD_NOW - age,
	};
	struct scep_error	 err;
	char			 body[256];

	(void)snprintf(n.id, sizeof(n.id), "%s", id);
	(void)snprintf(n.profile, sizeof(n.profile), "%s", profile);
	(void)snprintf(body, sizeof(body), "{\"version\":1,\"event\":\"%s\","
	    "\"id\":\"%s\",\"profile\":\"%s\",\"subject\":\"CN=x\"}",
	    minor ? "refused" : "issued", id, profile);
	assert_int_equal(scep_buf_set(&n.body, scep_span_text(body), &err),
	    SCEP_OK);
	assert_int_equal(scep_notice_put(change, &n, &err), SCEP_OK);
	assert_true(scep_notices_add((struct scep_local *)w->ca, profile,
	    minor));
	scep_notice_clear(&n);
}

/* The one to be damaged between two of the same profile, and two more. */
static void
put_all(void)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_error	 err;

	add(&change, BEFORE, "told", 3, 0);
	add(&change, DAMAGED, "told", 2, 0);
	add(&change, BEHIND, "told", 1, 0);
	add(&change, OTHER, "other", 1, 0);
	add(&change, MINOR, "told", 1, 1);
	assert_int_equal(scep_store_commit(store, &change, &err), SCEP_OK);
	scep_change_clear(&change);
}

static void
deliver_all(time_t later)
{
	struct scep_parcel	 parcel;
	struct scep_error	 err;
	enum scep_err		 rc;
	int			 n;

	for (n = 0; (rc = scep_post_take(w->ca, WORLD_NOW + later, &parcel,
	    &err)) == SCEP_OK; n++) {
		assert_true(n < 20);
		assert_int_equal(scep_parcel_send(&parcel, &err), SCEP_OK);
		assert_int_equal(scep_post_done(w->ca, WORLD_NOW + later,
		    &parcel, NULL, &err), SCEP_OK);
		scep_parcel_clear(&parcel);
	}
	if (rc != SCEP_E_NOTFOUND)
		fail_msg("deliveries stop: %s", err.text);
}

static size_t
rows(void)
{
	return spoil_rows(store, SCEP_T_NOTICE);
}

static void
tend_soon_says(const char *words)
{
	struct scep_error	 err;
	enum scep_err		 rc = scep_ca_tend_soon(w->ca, &err);

	if (words == NULL)
		assert_int_equal(rc, SCEP_OK);
	else {
		assert_int_equal(rc, SCEP_E_STORE);
		if (strstr(err.text, words) == NULL)
			fail_msg("\"%s\" lacks \"%s\"", err.text, words);
	}
}

static void
health_says(const char *note)
{
	struct scep_buf		 out = { NULL, 0 };
	struct scep_error	 err;
	char			 want[128];

	(void)snprintf(want, sizeof(want), "ok\n%s", note);
	assert_int_equal(scep_health((struct scep_local *)w->ca, WORLD_NOW,
	    &out, &err), SCEP_OK);
	assert_true(scep_span_equal(scep_buf_span(&out),
	    scep_span_text(want)));
	scep_buf_clear(&out);
}

static void
metrics_say(const char *line, int whether)
{
	struct scep_buf		 out = { NULL, 0 };
	struct scep_error	 err;

	assert_int_equal(scep_metrics((struct scep_local *)w->ca, WORLD_NOW,
	    &out, &err), SCEP_OK);
	assert_int_equal(scep_buf_add(&out, scep_span_make("", 1), &err),
	    SCEP_OK);
	if ((strstr((const char *)out.data, line) != NULL) != whether)
		fail_msg("metrics %s \"%s\"", whether ? "lack" : "have", line);
	scep_buf_clear(&out);
}

/* What an operator drops is gone from every index, too. */
static void
nothing_is_left(void)
{
	long			 n[2];
	struct scep_error	 err;

	assert_int_equal(rows(), 0);
	assert_int_equal(scep_notices_count(store, 0, &n[0], &err), SCEP_OK);
	assert_int_equal(scep_notices_count(store, 1, &n[1], &err), SCEP_OK);
	assert_int_equal(n[0] + n[1], 0);
	deliver_all(8 * DAY);
}

static void
undamaged_all_arrive(void **state)
{
	(void)state;
	put_all();
	deliver_all(0);
	assert_non_null(strstr(told, OTHER));
	assert_non_null(strstr(told, MINOR));
	assert_true(strstr(told, BEFORE) < strstr(told, DAMAGED));
	assert_true(strstr(told, DAMAGED) < strstr(told, BEHIND));
	assert_true(strstr(told, BEHIND) < strstr(told, MINOR));
	assert_int_equal(strlen(told), 5 * 33);
	tend_soon_says(NULL);
	nothing_is_left();
}

static int
times(const char *id)
{
	const char	*at = told;
	int		 n = 0;

	while ((at = strstr(at, id)) != NULL) {
		at += strlen(id);
		n++;
	}
	return n;
}

/* The damaged one, if it was not told: it is listed, and can be dropped. */
static void
drop_it(int n_listed)
{
	json_t	*l;

	l = operator_ask(w, 0, "{\"do\":\"notice.list\"}");
	assert_int_equal(json_array_size(json_object_get(l, "rows")),
	    n_listed);
	json_decref(l);
	if (n_listed == 0)
		return;
	l = operator_ask(w, 0, "{\"do\":\"notice.drop\",\"id\":\"" DAMAGED
	    "\"}");
	assert_int_equal(json_integer_value(json_object_get(l, "dropped")),
	    1);
	json_decref(l);
}

/* Is the damage seen, or is it told nevertheless? */
static int
flip(size_t at, uint8_t bits)
{
	int	 delivered;

	put_all();
	spoil(store, SCEP_T_NOTICE, scep_span_text(DAMAGED), at, bits);
	told[0] = '\0';
	deliver_all(0);
	if (times(BEFORE) != 1 || times(BEHIND) != 1 || times(OTHER) != 1 ||
	    times(MINOR) != 1 || strstr(told, BEFORE) > strstr(told, BEHIND) ||
	    strstr(told, BEHIND) > strstr(told, MINOR))
		fail_msg("octet %zu ^ %02x: told %s", at, bits, told);
	delivered = times(DAMAGED);
	if (delivered > 1 || (size_t)(1 - delivered) != rows())
		fail_msg("octet %zu ^ %02x: delivered %d times, %zu rows", at,
		    bits, delivered, rows());
	tend_soon_says(delivered ? NULL : "notice " DAMAGED " cannot be read "
	    "and is set aside: ");
	tend_soon_says(NULL);		/* once */
	drop_it(1 - delivered);
	nothing_is_left();
	return !delivered;
}

static void
each_octet_of_one_keeps_no_other_waiting(void **state)
{
	static const uint8_t	 bits[] = { 0x01, 0xff };
	size_t			 at, n, i, seen = 0;

	(void)state;
	put_all();
	n = spoil_size(store, SCEP_T_NOTICE, scep_span_text(DAMAGED));
	deliver_all(0);
	assert_true(n > 150);
	for (i = 0; i < sizeof(bits); i++)
		for (at = 0; at < n; at++)
			seen += (size_t)flip(at, bits[i]);
	/* What only says how often it failed, or when, does not matter. */
	assert_true(seen > n);
	assert_true(seen < sizeof(bits) * n);
}

static void
it_is_not_deleted_when_others_are(void **state)
{
	struct scep_error	 err;

	(void)state;
	put_all();
	spoil_all(store, SCEP_T_NOTICE, scep_span_text(DAMAGED));
	assert_int_equal(scep_ca_tend(w->ca, WORLD_NOW + 8 * DAY, &err),
	    SCEP_OK);
	assert_int_equal(rows(), 1);
	/* Nobody took the others; and the damaged one is told of then. */
	assert_int_equal(scep_ca_tend_soon(w->ca, &err), SCEP_E_BUSY);
	assert_non_null(strstr(err.text, "4 notices that nobody took"));
	tend_soon_says(DAMAGED);
	tend_soon_says(NULL);
	metrics_say("scep_store_damaged_rows{kind=\"notice\"} 1\n", 1);
	health_says("note: rows of the store that cannot be read: 1\n");
	drop_it(1);
	health_says("");
	metrics_say("scep_store_damaged_rows{kind=\"notice\"} 0\n", 1);
	nothing_is_left();
}

static void
operators_see_it_and_drop_it(void **state)
{
	json_t	*l, *one;

	(void)state;
	put_all();
	metrics_say("scep_store_damaged_rows{kind=\"notice\"} 0\n", 1);
	spoil_all(store, SCEP_T_NOTICE, scep_span_text(DAMAGED));
	l = operator_ask(w, 0, "{\"do\":\"notice.list\"}");
	assert_int_equal(json_array_size(json_object_get(l, "rows")), 5);
	one = json_array_get(json_object_get(l, "rows"), 1);
	operator_is(one, "id", DAMAGED);
	operator_is(one, "state", "damaged");
	assert_non_null(strstr(operator_text(one, "error"),
	    "notice record"));
	operator_is(json_array_get(json_object_get(l, "rows"), 0), "state",
	    "waiting");
	json_decref(l);
	/* Whose it is nobody knows. */
	l = operator_ask(w, 0, "{\"do\":\"notice.list\",\"profile\":"
	    "\"told\"}");
	assert_int_equal(json_array_size(json_object_get(l, "rows")), 3);
	json_decref(l);
	l = operator_ask(w, 0, "{\"do\":\"notice.show\",\"id\":\"" DAMAGED
	    "\"}");
	operator_is(l, "state", "damaged");
	assert_null(json_object_get(l, "body"));
	json_decref(l);
	operator_refused(w, 0, "{\"do\":\"notice.retry\",\"id\":\"" DAMAGED
	    "\"}", SCEP_E_REFUSED, "`scepadm notice drop " DAMAGED "`");
	l = operator_ask(w, 0, "{\"do\":\"notice.retry\"}");
	assert_int_equal(json_integer_value(json_object_get(l, "retried")),
	    4);
	json_decref(l);
	l = operator_ask(w, 0, "{\"do\":\"notice.drop\",\"profile\":"
	    "\"told\"}");
	assert_int_equal(json_integer_value(json_object_get(l, "dropped")),
	    3);
	json_decref(l);
	assert_int_equal(rows(), 2);
	/* All are all. */
	l = operator_ask(w, 0, "{\"do\":\"notice.drop\"}");
	assert_int_equal(json_integer_value(json_object_get(l, "dropped")),
	    2);
	json_decref(l);
	nothing_is_left();
}

/* It was told: it need not be told again. */
static void
damage_on_the_way_is_forgotten(void **state)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_parcel	 parcel;
	struct scep_error	 err;

	(void)state;
	add(&change, DAMAGED, "told", 2, 0);
	assert_int_equal(scep_store_commit(store, &change, &err), SCEP_OK);
	scep_change_clear(&change);
	assert_int_equal(scep_post_take(w->ca, WORLD_NOW, &parcel, &err),
	    SCEP_OK);
	assert_int_equal(scep_parcel_send(&parcel, &err), SCEP_OK);
	spoil_all(store, SCEP_T_NOTICE, scep_span_text(DAMAGED));
	assert_int_equal(scep_post_done(w->ca, WORLD_NOW, &parcel, NULL,
	    &err), SCEP_OK);
	scep_parcel_clear(&parcel);
	tend_soon_says(NULL);
	nothing_is_left();
}

#define T(test)	cmocka_unit_test_setup_teardown(test, open_store, close_store)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		T(undamaged_all_arrive),
		T(each_octet_of_one_keeps_no_other_waiting),
		T(it_is_not_deleted_when_others_are),
		T(operators_see_it_and_drop_it),
		T(damage_on_the_way_is_forgotten),
	};

	return cmocka_run_group_tests(tests, open_world, close_world);
}
