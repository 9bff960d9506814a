/*
 * t_notice_bounds.c - how many notices there are, and what the operator may do
 * with them.
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
#include "ca/post.h"
#include "tests/unit/operator.h"

#define DAY	86400L
#define MAX	100		/* max_notices */

static const char	more[] =
	"[profile all]\nauthorise = challenge manual\nmax_pending = 1000\n"
	"max_pending_per_peer = 1000\n"
	"notify = https://told.example/x\n"
	"notify_on = issued queued refused expired revoked\n";

static struct world	*w;

static int
open_world(void **state)
{
	(void)state;
	w = world_new(more);
	w->cfg->server.max_notices = MAX;
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

static enum scep_err
send(const char *txid, const char *challenge, time_t later,
    enum scep_outcome *outcome)
{
	struct scep_answer	 answer;
	struct scep_error	 err;
	enum scep_err		 rc;
	struct world_request	 r = { .profile = "all", .txid = txid,
				    .later = later };

	r.csr = client_csr(w->key[0], "/CN=dev", challenge, NULL);
	memset(&answer, 0, sizeof(answer));
	rc = world_enrol(w, &r, &answer, &err);
	*outcome = answer.outcome;
	scep_answer_clear(&answer);
	bytes_free(&r.csr);
	return rc;
}

static void
queue(int n, time_t later)
{
	enum scep_outcome	 outcome;
	char			 txid[16];
	int			 i;

	for (i = 0; i < n; i++) {
		(void)snprintf(txid, sizeof(txid), "q%d-%d", (int)later, i);
		assert_int_equal(send(txid, NULL, later, &outcome), SCEP_OK);
		assert_int_equal(outcome, SCEP_PENDING);
	}
}

static void
refuse(int n, time_t later)
{
	enum scep_outcome	 outcome;
	char			 txid[16];
	int			 i;

	for (i = 0; i < n; i++) {
		(void)snprintf(txid, sizeof(txid), "r%d-%d", (int)later, i);
		assert_int_equal(send(txid, "wrong", later, &outcome),
		    SCEP_OK);
		assert_int_equal(outcome, SCEP_REFUSED);
	}
}

static size_t
rows(void)
{
	return world_count(w, SCEP_T_NOTICE);
}

static void
tend_soon(const char *want)
{
	struct scep_error	 err;
	enum scep_err		 rc = scep_ca_tend_soon(w->ca, &err);

	assert_int_equal(rc, want == NULL ? SCEP_OK : SCEP_E_BUSY);
	if (want != NULL && strstr(err.text, want) == NULL)
		fail_msg("%s", err.text);
}

static void
metric_at(time_t later, const char *line)
{
	struct scep_local	*ca = (struct scep_local *)w->ca;
	struct scep_store	*store = ca->store;
	struct scep_buf		 out = { NULL, 0 };
	struct scep_error	 err;

	ca->store = w->store;		/* a faulty one has no figures */
	assert_int_equal(scep_metrics(ca, WORLD_NOW + later, &out, &err),
	    SCEP_OK);
	ca->store = store;
	if (strstr((const char *)out.data, line) == NULL)
		fail_msg("no %s in:\n%s", line, (const char *)out.data);
	scep_buf_clear(&out);
}

static void
metric_is(const char *line)
{
	metric_at(0, line);
}

static json_t *
list(const char *request)
{
	json_t	*result = operator_ask(w, 0, request);
	json_t	*l = json_incref(json_object_get(result, "rows"));

	json_decref(result);
	assert_true(json_is_array(l));
	return l;
}

static void
when_there_are_too_many_new_ones_are_dropped(void **state)
{
	(void)state;
	queue(MAX, 0);
	assert_int_equal(rows(), MAX);
	tend_soon(NULL);
	/* What is told of goes on. */
	queue(3, 1);
	assert_int_equal(rows(), MAX);
	assert_int_equal(world_count(w, SCEP_T_PENDING), MAX + 3);
	metric_is("scep_notices_waiting{kind=\"other\"} 100\n");
	metric_is("scep_notices_dropped_total{profile=\"all\","
	    "reason=\"full\"} 3\n");
	tend_soon("3 notices are dropped, the first one of profile all");
	tend_soon(NULL);		/* said once */
	json_decref(operator_ask(w, 1,
	    "{\"do\":\"notice.drop\",\"event\":\"queued\"}"));
	assert_int_equal(rows(), 0);
}

/* Refusals have room of their own, and the newest of it. */
static void
the_oldest_refusals_make_room_for_the_newest(void **state)
{
	json_t	*l;

	(void)state;
	queue(MAX, 0);
	refuse(MAX / 2, 1);
	tend_soon(NULL);
	assert_int_equal(rows(), MAX + MAX / 2);
	refuse(20, 2);
	tend_soon("20 notices are dropped");
	assert_int_equal(rows(), MAX + MAX / 2);
	l = list("{\"do\":\"notice.list\",\"event\":\"refused\"}");
	assert_int_equal(json_array_size(l), MAX / 2);
	operator_is(json_array_get(l, 29), "created",
	    "2026-11-24T12:00:01Z");
	operator_is(json_array_get(l, 30), "created",
	    "2026-11-24T12:00:02Z");
	json_decref(l);
}

/* Between two rounds of tending there is room in memory for so many. */
static void
refusals_in_memory_are_bounded(void **state)
{
	(void)state;
	refuse(300, 0);
	tend_soon("notices are dropped");
	assert_int_equal(rows(), MAX / 2);
	metric_is("scep_notices_waiting{kind=\"refused\"} 50\n");
}

static void
the_age_of_the_oldest_is_told(void **state)
{
	static const char	 none[] =
				    "scep_notices_oldest_seconds{kind="
				    "\"refused\"} 0\n"
				    "scep_notices_oldest_seconds{kind="
				    "\"other\"} 0\n";

	(void)state;
	metric_at(150, none);
	queue(1, 100);
	queue(2, 0);
	refuse(1, 40);
	tend_soon(NULL);
	metric_at(150, "scep_notices_oldest_seconds{kind=\"other\"} 150\n");
	metric_at(150, "scep_notices_oldest_seconds{kind=\"refused\"} "
	    "110\n");
	metric_at(-1, none);		/* the clock was put back */
	json_decref(operator_ask(w, 1,
	    "{\"do\":\"notice.drop\",\"event\":\"queued\"}"));
	metric_at(150, "scep_notices_oldest_seconds{kind=\"other\"} 0\n");
	metric_at(150, "scep_notices_oldest_seconds{kind=\"refused\"} "
	    "110\n");
}

static void
what_nobody_takes_goes_in_the_end(void **state)
{
	struct scep_error	 err;

	(void)state;
	queue(2, 0);
	refuse(1, 0);
	tend_soon(NULL);
	assert_int_equal(scep_ca_tend(w->ca, WORLD_NOW + 6 * DAY, &err),
	    SCEP_OK);
	assert_int_equal(rows(), 3);
	w->cfg->server.notify_keep_s = 5 * DAY;
	assert_int_equal(scep_ca_tend(w->ca, WORLD_NOW + 6 * DAY, &err),
	    SCEP_OK);
	assert_int_equal(rows(), 0);
	tend_soon("3 notices that nobody took for 5d are gone");
	metric_is("scep_notices_dropped_total{profile=\"all\","
	    "reason=\"old\"} 3\n");
	w->cfg->server.notify_keep_s = 7 * DAY;
}

/* Refusals that were in memory at the end are there at the next start. */
static void
the_end_writes_what_is_in_memory(void **state)
{
	(void)state;
	refuse(2, 0);
	assert_int_equal(rows(), 0);
	world_use(w, w->store);
	assert_int_equal(rows(), 2);
}

/* A store whose commits fail. */

static struct faulty {
	struct scep_store	 store;
	struct scep_store_ops	 ops;
	struct scep_store	*real;
	enum scep_err		 with;
	int			 is_blind;	/* a walk sees nothing */
	int			 garbles;	/* certificates */
	int			 walks;		/* that count notices */
	int			 times;		/* it fails; 0: always */
	int			 spares;	/* -1, or so many changes of
						   notices; others all */
} faulty;

static enum scep_err
faulty_get(struct scep_store *s, enum scep_table table, struct scep_span key,
    struct scep_row *out, struct scep_error *err)
{
	enum scep_err	 rc;

	(void)s;
	rc = scep_store_get(faulty.real, table, key, out, err);
	if (rc == SCEP_OK && faulty.garbles && table == SCEP_T_CERTIFICATE)
		out->value.len /= 2;
	return rc;
}

static enum scep_err
faulty_scan_index(struct scep_store *s, enum scep_index index,
    struct scep_span from, struct scep_span to, scep_row_fn fn, void *arg,
    struct scep_error *err)
{
	(void)s;
	return scep_store_scan_index(faulty.real, index, from, to, fn, arg,
	    err);
}

static enum scep_err
faulty_walk(struct scep_store *s, const struct scep_range *range,
    scep_entry_fn fn, void *arg, struct scep_error *err)
{
	(void)s;
	faulty.walks += range->index == SCEP_IX_NOTICE_AGE;
	return faulty.is_blind ? SCEP_OK :
	    scep_store_walk(faulty.real, range, fn, arg, err);
}

static enum scep_err
faulty_commit(struct scep_store *s, const struct scep_change *change,
    struct scep_error *err)
{
	const enum scep_err	 with = faulty.with;

	(void)s;
	if (faulty.spares >= 0 && (change->n == 0 ||
	    change->write[0].table != SCEP_T_NOTICE || faulty.spares-- > 0))
		return scep_store_commit(faulty.real, change, err);
	if (faulty.times > 0 && --faulty.times == 0)
		faulty.with = SCEP_OK;
	return with != SCEP_OK ? scep_fail(err, with, "full") :
	    scep_store_commit(faulty.real, change, err);
}

static void
use_faulty(void)
{
	faulty.ops.get = faulty_get;
	faulty.ops.scan_index = faulty_scan_index;
	faulty.ops.walk = faulty_walk;
	faulty.ops.commit = faulty_commit;
	faulty.store.ops = &faulty.ops;
	faulty.real = w->store;
	faulty.with = SCEP_OK;
	faulty.spares = -1;
	faulty.is_blind = faulty.times = faulty.garbles =
	    faulty.walks = 0;
	world_use(w, &faulty.store);
}

static void
what_did_not_happen_is_not_told(void **state)
{
	enum scep_outcome	 outcome;

	(void)state;
	use_faulty();
	faulty.with = SCEP_E_STORE;
	assert_int_equal(send("t1", NULL, 0, &outcome), SCEP_E_STORE);
	faulty.with = SCEP_OK;
	assert_int_equal(rows(), 0);
	assert_int_equal(send("t1", NULL, 0, &outcome), SCEP_OK);
	assert_int_equal(outcome, SCEP_PENDING);
	assert_int_equal(rows(), 1);
}

/* With a full disk it cannot be forgotten: nobody else takes it meanwhile. */
static void
what_is_told_and_cannot_be_forgotten_is_not_told_in_a_loop(void **state)
{
	struct scep_parcel	 parcel, other;
	struct scep_error	 err;

	(void)state;
	use_faulty();
	queue(1, 0);
	assert_int_equal(scep_post_take(w->ca, WORLD_NOW, &parcel, &err),
	    SCEP_OK);
	faulty.with = SCEP_E_STORE;
	assert_int_equal(scep_post_done(w->ca, WORLD_NOW, &parcel, NULL,
	    &err), SCEP_E_STORE);
	assert_int_equal(scep_post_take(w->ca, WORLD_NOW + DAY, &other, &err),
	    SCEP_E_NOTFOUND);
	faulty.with = SCEP_OK;
	assert_int_equal(scep_post_done(w->ca, WORLD_NOW, &parcel, NULL,
	    &err), SCEP_OK);
	assert_int_equal(rows(), 0);
	scep_parcel_clear(&parcel);
}

/* The row of its certificate is no row: it is told without, and keeps no other
 * one waiting. */
static void
a_notice_is_told_without_a_certificate_that_is_garbled(void **state)
{
	const struct world_challenge	 spec = { .profile = "all" };
	char				 ch[SCEP_CHALLENGE_TEXT];
	struct scep_parcel		 parcel;
	struct scep_error		 why, err;
	enum scep_outcome		 outcome;
	int				 garbled;

	(void)state;
	(void)scep_fail(&why, SCEP_E_BUSY, "down");
	for (garbled = 0; garbled <= 1; garbled++) {
		world_empty(w);
		use_faulty();
		world_challenge(w, &spec, ch);
		assert_int_equal(send("t1", ch, 0, &outcome), SCEP_OK);
		assert_int_equal(outcome, SCEP_GRANTED);
		faulty.garbles = garbled;
		assert_int_equal(scep_post_take(w->ca, WORLD_NOW, &parcel,
		    &err), SCEP_OK);
		assert_int_equal(strstr((const char *)parcel.question.data,
		    "\"certificate\":") == NULL, garbled);
		assert_non_null(strstr((const char *)parcel.question.data,
		    "\"event\":\"issued\""));
		assert_int_equal(strstr(parcel.lacks, "certificate") != NULL,
		    garbled);
		assert_int_equal(scep_post_done(w->ca, WORLD_NOW, &parcel,
		    &why, &err), SCEP_OK);
		scep_parcel_clear(&parcel);
		/* Tried again, it is not said again. */
		assert_int_equal(scep_post_take(w->ca, WORLD_NOW + 1,
		    &parcel, &err), SCEP_OK);
		assert_string_equal(parcel.lacks, "");
		assert_int_equal(scep_post_done(w->ca, WORLD_NOW + 1,
		    &parcel, NULL, &err), SCEP_OK);
		scep_parcel_clear(&parcel);
		assert_int_equal(rows(), 0);
	}
}

static void
only_what_is_gone_is_counted(void **state)
{
	struct scep_error	 err;

	(void)state;
	use_faulty();
	queue(40, 0);
	w->cfg->server.notify_keep_s = 5 * DAY;
	faulty.with = SCEP_E_STORE;
	faulty.spares = 1;
	assert_int_equal(scep_ca_tend(w->ca, WORLD_NOW + 6 * DAY, &err),
	    SCEP_E_STORE);
	assert_int_equal(rows(), 8);
	metric_is("scep_notices_dropped_total{profile=\"all\","
	    "reason=\"old\"} 32\n");
	faulty.with = SCEP_OK;
	(void)scep_ca_tend(w->ca, WORLD_NOW + 6 * DAY, &err);
	assert_int_equal(rows(), 0);
	metric_is("scep_notices_dropped_total{profile=\"all\","
	    "reason=\"old\"} 40\n");
	w->cfg->server.notify_keep_s = 7 * DAY;
	tend_soon("8 notices that nobody took for 7d are gone");
	/* Refusals that make room for others. */
	refuse(MAX / 2, 1);
	tend_soon(NULL);
	refuse(40, 2);
	faulty.with = SCEP_E_STORE;
	faulty.spares = 0;
	assert_int_equal(scep_ca_tend_soon(w->ca, &err), SCEP_E_STORE);
	assert_int_equal(rows(), MAX / 2);
	metric_is("scep_notices_dropped_total{profile=\"all\","
	    "reason=\"full\"} 40\n");
}

/* One that came while they were counted. */
static void
what_was_not_counted_is_told_all_the_same(void **state)
{
	struct scep_parcel	 parcel;
	struct scep_error	 err;

	(void)state;
	use_faulty();
	queue(1, 0);
	faulty.is_blind = 1;
	assert_int_equal(scep_ca_tend(w->ca, WORLD_NOW, &err), SCEP_OK);
	faulty.is_blind = 0;
	assert_int_equal(rows(), 1);
	assert_int_equal(scep_ca_tend(w->ca, WORLD_NOW + 5, &err), SCEP_OK);
	assert_int_equal(scep_post_take(w->ca, WORLD_NOW + 5, &parcel, &err),
	    SCEP_OK);
	assert_int_equal(scep_post_done(w->ca, WORLD_NOW + 5, &parcel, NULL,
	    &err), SCEP_OK);
	scep_parcel_clear(&parcel);
	assert_int_equal(rows(), 0);
}

static void
fill(int n)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_notice	 row = { .kind = SCEP_NOTICE_QUEUED,
				    .profile = "all", .created = WORLD_NOW,
				    .due = WORLD_NOW };
	struct scep_error	 err;
	char			 body[128];
	int			 i;

	for (i = 0; i < n; i++) {
		(void)snprintf(row.id, sizeof(row.id), "%032x", i);
		(void)snprintf(body, sizeof(body), "{\"id\":\"%s\","
		    "\"event\":\"queued\",\"profile\":\"all\"}", row.id);
		assert_int_equal(scep_buf_set(&row.body,
		    scep_span_text(body), &err), SCEP_OK);
		assert_int_equal(scep_notice_put(&change, &row, &err),
		    SCEP_OK);
		assert_int_equal(scep_store_commit(w->store, &change, &err),
		    SCEP_OK);
		scep_change_clear(&change);
	}
	scep_notice_clear(&row);
}

/* How often they are counted when the CA is tended so much later. */
static int
counts(time_t later)
{
	const int		 before = faulty.walks;
	struct scep_error	 err;

	assert_int_equal(scep_ca_tend(w->ca, WORLD_NOW + later, &err),
	    SCEP_OK);
	return faulty.walks - before;
}

#define MANY	1200

static void
many_are_counted_rarely(void **state)
{
	struct scep_parcel	 parcel;
	struct scep_error	 err;
	int			 before, few;

	(void)state;
	use_faulty();
	w->cfg->server.max_notices = MANY + 50;
	queue(1, 0);
	refuse(1, 0);
	tend_soon(NULL);
	few = counts(5);
	assert_true(few > 0);		/* the control */
	assert_int_equal(counts(10), few);
	fill(MANY);
	use_faulty();
	assert_int_equal(scep_post_take(w->ca, WORLD_NOW, &parcel, &err),
	    SCEP_OK);
	scep_post_return(w->ca, &parcel);
	scep_parcel_clear(&parcel);
	few = counts(15);
	assert_int_equal(counts(20), few - 1);
	assert_int_equal(counts(300), few - 1);
	assert_int_equal(counts(615), few);
	assert_int_equal(counts(620), few - 1);
	assert_int_equal(counts(10), few);	/* a clock put back */
	/* Neither do refusals make them be counted. */
	refuse(1, 1);
	tend_soon(NULL);		/* whose number nobody knew */
	before = faulty.walks;
	refuse(40, 2);
	tend_soon(NULL);
	assert_int_equal(faulty.walks, before);
	assert_int_equal(rows(), MANY + 43);
	w->cfg->server.max_notices = MAX;
}

/* What was counted and then not written takes nobody's room for long. */
static void
too_many_are_counted_again_before_they_are_too_many(void **state)
{
	enum scep_outcome	 outcome;
	char			 txid[16];
	int			 i, few;

	(void)state;
	fill(MANY);
	use_faulty();
	w->cfg->server.max_notices = MANY + 10;
	queue(1, 0);
	few = counts(5);
	assert_int_equal(counts(10), few - 1);
	faulty.with = SCEP_E_STORE;
	for (i = 0; i < 9; i++) {
		(void)snprintf(txid, sizeof(txid), "f%d", i);
		assert_int_equal(send(txid, NULL, 0, &outcome),
		    SCEP_E_STORE);
	}
	faulty.with = SCEP_OK;
	queue(1, 11);
	assert_int_equal(rows(), MANY + 1);
	tend_soon("1 notices are dropped");
	assert_int_equal(counts(15), few);
	queue(9, 16);
	assert_int_equal(rows(), MANY + 10);
	tend_soon(NULL);
	queue(1, 17);
	assert_int_equal(rows(), MANY + 10);
	tend_soon("1 notices are dropped");
	w->cfg->server.max_notices = MAX;
}

/* The operator. */

static void
notices_are_listed_and_shown(void **state)
{
	json_t		*l, *one, *body;
	const char	*id;

	(void)state;
	queue(3, 0);
	refuse(1, 1);
	tend_soon(NULL);
	l = list("{\"do\":\"notice.list\"}");
	assert_int_equal(json_array_size(l), 4);
	one = json_array_get(l, 3);
	operator_is(one, "event", "refused");
	operator_is(one, "state", "waiting");
	operator_is(one, "profile", "all");
	operator_is(one, "created", "2026-11-24T12:00:01Z");
	operator_is(one, "last", "");
	id = operator_text(one, "id");
	one = operator_ask_id(w, 0, "{\"do\":\"notice.show\",\"id\":\"%s\"}",
	    id);
	body = json_object_get(one, "body");
	operator_is(body, "id", id);
	operator_is(body, "event", "refused");
	json_decref(one);
	json_decref(l);
	l = list("{\"do\":\"notice.list\",\"profile\":\"main\"}");
	assert_int_equal(json_array_size(l), 0);
	json_decref(l);
	operator_refused(w, 0, "{\"do\":\"notice.list\",\"event\":\"x\"}",
	    SCEP_E_USAGE, "not issued, queued");
	operator_refused(w, 0, "{\"do\":\"notice.show\",\"id\":\"x\"}",
	    SCEP_E_NOTFOUND, "scepadm notice list");
}

static void
a_list_goes_on_where_it_ended(void **state)
{
	json_t	*page, *next;
	char	 ask[256];
	int	 n = 0, pages = 0;

	(void)state;
	queue(5, 0);
	refuse(4, 0);
	tend_soon(NULL);
	(void)snprintf(ask, sizeof(ask),
	    "{\"do\":\"notice.list\",\"limit\":2}");
	for (;;) {
		page = operator_ask(w, 0, ask);
		n += (int)json_array_size(json_object_get(page, "rows"));
		pages++;
		if ((next = json_object_get(page, "next")) == NULL)
			break;
		(void)snprintf(ask, sizeof(ask), "{\"do\":\"notice.list\","
		    "\"limit\":2,\"after\":\"%s\"}", json_string_value(next));
		json_decref(page);
	}
	json_decref(page);
	assert_int_equal(n, 9);
	assert_true(pages >= 5);
	operator_refused(w, 0, "{\"do\":\"notice.list\",\"after\":\"x\"}",
	    SCEP_E_USAGE, "after is not");
}

static void
one_is_tried_again_when_the_operator_says_so(void **state)
{
	struct scep_parcel	 parcel;
	struct scep_error	 why, err;
	json_t			*done;
	int			 i;

	(void)state;
	queue(1, 0);
	(void)scep_fail(&why, SCEP_E_BUSY, "down");
	for (i = 0; i < 8; i++) {
		assert_int_equal(scep_post_take(w->ca, WORLD_NOW +
		    3600L * i, &parcel, &err), SCEP_OK);
		assert_int_equal(scep_post_done(w->ca, WORLD_NOW + 3600L * i,
		    &parcel, &why, &err), SCEP_OK);
		scep_parcel_clear(&parcel);
	}
	assert_int_equal(scep_post_take(w->ca, WORLD_NOW + 3600L * 7, &parcel,
	    &err), SCEP_E_NOTFOUND);
	done = operator_ask(w, 3600L * 7, "{\"do\":\"notice.retry\"}");
	assert_int_equal(json_integer_value(json_object_get(done,
	    "retried")), 1);
	json_decref(done);
	assert_int_equal(scep_post_take(w->ca, WORLD_NOW + 3600L * 7, &parcel,
	    &err), SCEP_OK);
	scep_post_return(w->ca, &parcel);
	scep_parcel_clear(&parcel);
	assert_int_equal(rows(), 1);
}

static void
one_or_those_that_are_meant_are_dropped_and_logged(void **state)
{
	json_t	*l;
	char	 id[SCEP_NOTICE_ID];

	(void)state;
	queue(2, 0);
	refuse(2, 0);
	tend_soon(NULL);
	l = list("{\"do\":\"notice.list\"}");
	(void)strcpy(id, operator_text(json_array_get(l, 0), "id"));
	json_decref(l);
	json_decref(operator_ask_id(w, 0,
	    "{\"do\":\"notice.drop\",\"id\":\"%s\"}", id));
	assert_int_equal(rows(), 3);
	assert_true(world_holds(w, "event=notices-dropped"));
	assert_true(world_holds(w, id));
	operator_refused_id(w, 0, "{\"do\":\"notice.drop\",\"id\":\"%s\"}",
	    id, SCEP_E_NOTFOUND, "handed over, or dropped");
	json_decref(operator_ask(w, 0,
	    "{\"do\":\"notice.drop\",\"event\":\"refused\"}"));
	assert_int_equal(rows(), 1);
	json_decref(operator_ask(w, 0,
	    "{\"do\":\"notice.drop\",\"profile\":\"main\"}"));
	assert_int_equal(rows(), 1);
}

/* Notices are handed over while the operator is at them. */
static void
who_is_overtaken_tries_again(void **state)
{
	static const char	 retry[] = "{\"do\":\"notice.retry\"}";
	json_t			*done;

	(void)state;
	use_faulty();
	queue(2, 0);
	faulty.with = SCEP_E_CHANGED;
	faulty.times = 3;
	done = operator_ask(w, 0, retry);
	assert_int_equal(json_integer_value(json_object_get(done,
	    "retried")), 2);
	json_decref(done);
	faulty.with = SCEP_E_CHANGED;
	operator_refused(w, 0, retry, SCEP_E_BUSY, "do it again");
	faulty.with = SCEP_E_CHANGED;
	faulty.times = 2;
	json_decref(operator_ask(w, 0, "{\"do\":\"notice.drop\"}"));
	assert_int_equal(rows(), 0);
}

/* Refusals whose rows cannot be written are lost, and counted. */
static void
refusals_that_cannot_be_written_are_counted(void **state)
{
	struct scep_error	 err;

	(void)state;
	use_faulty();
	refuse(40, 0);
	faulty.with = SCEP_E_STORE;
	assert_int_equal(scep_ca_tend_soon(w->ca, &err), SCEP_E_STORE);
	faulty.with = SCEP_OK;
	tend_soon("40 notices are dropped");
	refuse(1, 1);
	tend_soon(NULL);
	assert_int_equal(rows(), 1);
}

/* The profile tells nobody any more. */
static void
what_nobody_is_to_be_told_waits(void **state)
{
	struct scep_profile	*p = &w->cfg->profile[w->cfg->n_profiles - 1];
	struct scep_parcel	 parcel;
	struct scep_error	 err;
	json_t			*l;

	(void)state;
	queue(1, 0);
	assert_string_equal(p->name, "all");
	p->notify.hook.kind = SCEP_HOOK_NONE;
	assert_int_equal(scep_post_take(w->ca, WORLD_NOW, &parcel, &err),
	    SCEP_E_NOTFOUND);
	l = list("{\"do\":\"notice.list\"}");
	operator_is(json_array_get(l, 0), "state", "nobody to tell");
	json_decref(l);
	p->notify.hook.kind = SCEP_HOOK_HTTP;
	assert_int_equal(scep_post_take(w->ca, WORLD_NOW, &parcel, &err),
	    SCEP_OK);
	scep_post_return(w->ca, &parcel);
	scep_parcel_clear(&parcel);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup(f, empty_world)
	const struct CMUnitTest	 tests[] = {
		T(when_there_are_too_many_new_ones_are_dropped),
		T(the_oldest_refusals_make_room_for_the_newest),
		T(refusals_in_memory_are_bounded),
		T(the_age_of_the_oldest_is_told),
		T(what_nobody_takes_goes_in_the_end),
		T(the_end_writes_what_is_in_memory),
		T(what_did_not_happen_is_not_told),
		T(what_is_told_and_cannot_be_forgotten_is_not_told_in_a_loop),
		T(a_notice_is_told_without_a_certificate_that_is_garbled),
		T(only_what_is_gone_is_counted),
		T(what_was_not_counted_is_told_all_the_same),
		T(many_are_counted_rarely),
		T(too_many_are_counted_again_before_they_are_too_many),
		T(notices_are_listed_and_shown),
		T(a_list_goes_on_where_it_ended),
		T(one_is_tried_again_when_the_operator_says_so),
		T(one_or_those_that_are_meant_are_dropped_and_logged),
		T(who_is_overtaken_tries_again),
		T(refusals_that_cannot_be_written_are_counted),
		T(what_nobody_is_to_be_told_waits),
	};

	return cmocka_run_group_tests(tests, open_world, close_world);
}
