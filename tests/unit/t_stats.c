/*
 * t_stats.c - what RAs count: reports, what the owner makes of them, and how
 * it tells.
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
#include "ca/stats.h"
#include "tests/unit/world.h"

#define NOW	((time_t)1795521600)

static struct scep_tally
tally(const char *profile, const char *operation, const char *result,
    const char *reason)
{
	struct scep_tally	 t;

	memset(&t, 0, sizeof(t));
	(void)snprintf(t.profile, sizeof(t.profile), "%s", profile);
	(void)snprintf(t.operation, sizeof(t.operation), "%s", operation);
	(void)snprintf(t.result, sizeof(t.result), "%s", result);
	(void)snprintf(t.reason, sizeof(t.reason), "%s", reason);
	return t;
}

static void
what_is_alike_is_counted_together(void **state)
{
	const struct scep_tally	 a = tally("main", "PKCSReq", "granted", "");
	const struct scep_tally	 b = tally("main", "PKCSReq", "refused",
				    "no challenge");
	struct scep_report	 r = { .n = 0 };

	(void)state;
	assert_true(scep_report_add(&r, &a, 1));
	assert_true(scep_report_add(&r, &b, 0));
	assert_true(scep_report_add(&r, &a, 7));
	assert_true(scep_report_add(&r, &a, 60000));
	assert_int_equal(r.n, 2);
	assert_int_equal(r.tally[0].n, 3);
	assert_int_equal(r.tally[0].ms, 60008);
	assert_int_equal(r.tally[0].bucket[0], 1);	/* up to 1 ms */
	assert_int_equal(r.tally[0].bucket[3], 1);	/* up to 10 */
	assert_int_equal(r.tally[0].bucket[SCEP_LATENCIES], 1);	/* +Inf */
	assert_int_equal(r.tally[1].n, 1);
}

static void
a_report_has_an_end(void **state)
{
	struct scep_report	 r = { .n = 0 };
	struct scep_tally	 t;
	char			 name[16];
	int			 i;

	(void)state;
	for (i = 0; i < SCEP_TALLIES; i++) {
		(void)snprintf(name, sizeof(name), "p%d", i);
		t = tally(name, "PKCSReq", "granted", "");
		assert_true(scep_report_add(&r, &t, 1));
	}
	t = tally("p0", "PKCSReq", "granted", "");
	assert_true(scep_report_add(&r, &t, 1));	/* control */
	t = tally("one more", "PKCSReq", "granted", "");
	assert_false(scep_report_add(&r, &t, 1));
	assert_int_equal(r.n, SCEP_TALLIES);
}

static void
a_report_arrives_as_it_was_or_not_at_all(void **state)
{
	const struct scep_tally	 a = tally("main", "GetCACaps", "served", "");
	const struct scep_tally	 b = tally("", "none", "error",
				    "no such path");
	struct scep_report	 r = { .n = 0 }, back;
	struct scep_buf		 der = { NULL, 0 }, bad = { NULL, 0 };
	struct scep_error	 err;
	size_t			 i;

	(void)state;
	(void)scep_report_add(&r, &a, 3);
	(void)scep_report_add(&r, &b, 400);
	assert_int_equal(scep_report_encode(&r, &der, &err), SCEP_OK);
	assert_int_equal(scep_report_decode(scep_buf_span(&der), &back, &err),
	    SCEP_OK);
	assert_int_equal(back.n, 2);
	for (i = 0; i < 2; i++) {
		assert_true(scep_tally_is_alike(&back.tally[i],
		    &r.tally[i]));
		assert_int_equal(back.tally[i].n, r.tally[i].n);
		assert_int_equal(back.tally[i].ms, r.tally[i].ms);
		assert_memory_equal(back.tally[i].bucket, r.tally[i].bucket,
		    sizeof(r.tally[i].bucket));
	}
	for (i = 1; i < der.len; i++) {
		if (scep_report_decode(scep_span_make(der.data, i), &back,
		    &err) == SCEP_OK)
			assert_int_equal(back.n, 1);	/* cut between two */
	}
	assert_int_equal(scep_buf_set(&bad, scep_buf_span(&der), &err),
	    SCEP_OK);
	for (i = 0; i < SCEP_TALLIES; i++)
		assert_int_equal(scep_buf_add(&bad, scep_buf_span(&der),
		    &err), SCEP_OK);
	assert_int_equal(scep_report_decode(scep_buf_span(&bad), &back,
	    &err), SCEP_E_FORMAT);
	r.tally[0].bucket[0] = 2000000000L;
	scep_buf_clear(&der);
	assert_int_equal(scep_report_encode(&r, &der, &err), SCEP_OK);
	assert_int_equal(scep_report_decode(scep_buf_span(&der), &back,
	    &err), SCEP_E_FORMAT);
	scep_buf_clear(&der);
	scep_buf_clear(&bad);
}

struct seen {
	size_t	 rows;
	long	 n, odd;
};

static void
see(void *arg, const struct scep_tally *row)
{
	struct seen	*s = arg;

	s->rows++;
	s->n += row->n;
	s->odd += strpbrk(row->profile, "\"\\\n") != NULL ||
	    strpbrk(row->reason, "\"\\\n") != NULL ||
	    strpbrk(row->operation, "\"\\\n") != NULL;
}

/* Whatever a worker that was taken over reports. */
static void
the_table_is_bounded_and_sober(void **state)
{
	struct scep_stats	*s;
	struct scep_report	 r;
	struct scep_tally	 t;
	struct seen		 seen = { 0, 0, 0 };
	struct scep_error	 err;
	char			 reason[64];
	int			 i;

	(void)state;
	assert_int_equal(scep_stats_new(&s, &err), SCEP_OK);
	for (i = 0; i < 3 * SCEP_STATS_ROWS; i++) {
		r.n = 0;
		(void)snprintf(reason, sizeof(reason), "r %d", i);
		t = tally("main", i % 2 == 0 ? "PKCSReq" : "rm -rf /",
		    i % 3 == 0 ? "refused" : "laughed", i % 5 == 0 ?
		    "\"} 1\nevil 2" : reason);
		(void)scep_report_add(&r, &t, 1);
		scep_stats_add(s, NOW, &r);
	}
	scep_stats_each(s, see, &seen);
	assert_int_equal(seen.n, 3 * SCEP_STATS_ROWS);
	assert_in_range(seen.rows, 2, SCEP_STATS_ROWS);
	assert_int_equal(seen.odd, 0);
	scep_stats_free(s);
}

static void
the_last_hour_is_sixty_minutes(void **state)
{
	const struct scep_tally	 t = tally("main", "PKCSReq", "granted", "");
	struct scep_stats	*s;
	struct scep_report	 r = { .n = 0 };
	struct scep_error	 err;
	long			 n[SCEP_RESULTS];

	(void)state;
	assert_int_equal(scep_stats_new(&s, &err), SCEP_OK);
	(void)scep_report_add(&r, &t, 1);
	scep_stats_add(s, NOW, &r);
	scep_stats_add(s, NOW + 30 * 60, &r);
	assert_string_equal(scep_stats_result(1), "granted");
	scep_stats_last_hour(s, NOW + 30 * 60, n);
	assert_int_equal(n[1], 2);
	scep_stats_last_hour(s, NOW + 61 * 60, n);
	assert_int_equal(n[1], 1);
	scep_stats_last_hour(s, NOW + 3600 * 24, n);
	assert_int_equal(n[1], 0);
	/* The same slot of the ring, a day later. */
	scep_stats_add(s, NOW + 86400, &r);
	scep_stats_last_hour(s, NOW + 86400, n);
	assert_int_equal(n[1], 1);
	scep_stats_free(s);
}

static const char *
metrics(struct world *w, struct scep_buf *out)
{
	struct scep_error	 err;

	scep_buf_clear(out);
	assert_int_equal(scep_ca_inspect(w->ca, WORLD_NOW,
	    SCEP_INSPECT_METRICS, out, &err), SCEP_OK);
	return (const char *)out->data;
}

static void
metrics_tell_what_was_reported(void **state)
{
	const struct scep_tally	 a = tally("main", "PKCSReq", "refused",
				    "no challenge");
	const struct scep_tally	 b = tally("main", "PKCSReq", "refused",
				    "badAlg");
	const struct scep_tally	 c = tally("nowhere", "PKCSReq", "granted",
				    "");
	struct world		*w = world_new(NULL);
	struct scep_report	 r = { .n = 0 };
	struct scep_buf		 out = { NULL, 0 };
	struct scep_error	 err;
	const char		*text;

	(void)state;
	assert_null(strstr(metrics(w, &out), "operation=\"PKCSReq\""));
	(void)scep_report_add(&r, &a, 3);
	(void)scep_report_add(&r, &b, 30);
	assert_int_equal(scep_ca_report(w->ca, WORLD_NOW, &r, &err), SCEP_OK);
	text = metrics(w, &out);
	assert_non_null(strstr(text, "scep_requests_total{profile=\"main\","
	    "operation=\"PKCSReq\",result=\"refused\"} 2\n"));
	assert_non_null(strstr(text, "reason=\"no challenge\"} 1\n"));
	assert_non_null(strstr(text, "reason=\"badAlg\"} 1\n"));
	assert_non_null(strstr(text, "bucket{operation=\"PKCSReq\","
	    "le=\"0.005\"} 1\n"));
	assert_non_null(strstr(text, "bucket{operation=\"PKCSReq\","
	    "le=\"+Inf\"} 2\n"));
	assert_non_null(strstr(text, "seconds_sum{operation=\"PKCSReq\"} "
	    "0.033\n"));
	assert_non_null(strstr(text, "scep_profile_up{profile=\"main\"} 1\n"));
	assert_non_null(strstr(text, "kind=\"ra\"} "));
	/* Of a profile that is not there nothing is believed. */
	r.n = 0;
	(void)scep_report_add(&r, &c, 3);
	assert_int_equal(scep_ca_report(w->ca, WORLD_NOW, &r, &err),
	    SCEP_E_FORMAT);
	assert_null(strstr(metrics(w, &out), "nowhere"));
	scep_buf_clear(&out);
	world_free(w);
}

static void
health_is_a_ca_that_can_issue(void **state)
{
	struct world		*w = world_new(NULL);
	struct scep_buf		 out = { NULL, 0 };
	struct scep_error	 err;
	size_t			 i;

	(void)state;
	assert_int_equal(scep_ca_inspect(w->ca, WORLD_NOW,
	    SCEP_INSPECT_HEALTH, &out, &err), SCEP_OK);
	assert_string_equal(out.data, "ok\n");
	scep_buf_clear(&out);
	for (i = 1; i < w->cfg->n_profiles; i++)
		strcpy(w->cfg->profile[i].fault, "gone");
	assert_int_equal(scep_ca_inspect(w->ca, WORLD_NOW,
	    SCEP_INSPECT_HEALTH, &out, &err), SCEP_OK);	/* one is left */
	scep_buf_clear(&out);
	strcpy(w->cfg->profile[0].fault, "gone");
	assert_int_equal(scep_ca_inspect(w->ca, WORLD_NOW,
	    SCEP_INSPECT_HEALTH, &out, &err), SCEP_E_CONFIG);
	for (i = 0; i < w->cfg->n_profiles; i++)
		w->cfg->profile[i].fault[0] = '\0';
	assert_int_equal(scep_ca_inspect(w->ca,
	    w->cfg->ca[0].cert.not_after + 1, SCEP_INSPECT_HEALTH, &out,
	    &err), SCEP_E_CONFIG);
	scep_buf_clear(&out);
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(what_is_alike_is_counted_together),
		cmocka_unit_test(a_report_has_an_end),
		cmocka_unit_test(a_report_arrives_as_it_was_or_not_at_all),
		cmocka_unit_test(the_table_is_bounded_and_sober),
		cmocka_unit_test(the_last_hour_is_sixty_minutes),
		cmocka_unit_test(metrics_tell_what_was_reported),
		cmocka_unit_test(health_is_a_ca_that_can_issue),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
