/*
 * t_knock_list.c - requests that wait, as who has an API key lists them: page
 * after page, while others come and go, and nothing of profiles that are not
 * his.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ca/knock.h"
#include "tests/unit/asking.h"
#include "tests/unit/knocking.h"
#include "tests/unit/operator.h"

#define DAY	86400L
#define LIST	"request.list"

/* Requests as the store has them; they are listed, not issued. */

struct batch {
	const char	*profile, *peer;
	unsigned int	 first, n, step;	/* ids */
	time_t		 created, expires;
	unsigned int	 same;		/* so many expire in one second */
};

static void
name_id(unsigned int nr, char id[SCEP_REQUEST_ID])
{
	(void)snprintf(id, SCEP_REQUEST_ID, "%016x", nr);
}

static void
commit(struct scep_change *change)
{
	struct scep_error	 err;

	assert_int_equal(scep_store_commit(w->store, change, &err), SCEP_OK);
	scep_change_clear(change);
}

static void
put_batch(const struct batch *b)
{
	static struct scep_change	 change;
	struct scep_pending		 p;
	struct scep_error		 err;
	unsigned int			 i;

	for (i = 0; i < b->n; i++) {
		memset(&p, 0, sizeof(p));
		name_id(b->first + i * b->step, p.request_id);
		(void)snprintf(p.profile, sizeof(p.profile), "%s",
		    b->profile);
		(void)snprintf(p.peer, sizeof(p.peer), "%s", b->peer);
		p.created = b->created;
		p.expires = b->expires + i / b->same;
		assert_int_equal(scep_pending_write(&change, &p, &err),
		    SCEP_OK);
		if (change.n == SCEP_CHANGE_MAX)
			commit(&change);
	}
	commit(&change);
}

static void
put_some(const char *profile, unsigned int first, unsigned int n,
    unsigned int step)
{
	const struct batch	 b = { profile, "192.0.2.1", first, n, step,
				    WORLD_NOW, WORLD_NOW + DAY, 3 };

	put_batch(&b);
}

/* Decided. */
static void
drop(unsigned int nr)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_error	 err;
	char			 id[SCEP_REQUEST_ID];

	name_id(nr, id);
	assert_int_equal(scep_change_delete(&change, SCEP_T_PENDING,
	    scep_span_text(id), SCEP_REV_ANY, &err), SCEP_OK);
	commit(&change);
}

static void
key_for(const char *profile)
{
	char	 members[128];

	(void)snprintf(members, sizeof(members), "\"may\":[\"request:list\"],"
	    "\"profiles\":[\"%s\"],\"rate_n\":100000", profile);
	free(knock_record(members));
}

/* One page behind *after, which becomes that of the next one, or "". */
static json_t *
page(const char *more, char after[128])
{
	char	 ask[256];
	json_t	*got;

	(void)snprintf(ask, sizeof(ask), "%s%s%s%s%s", more,
	    *more != '\0' && *after != '\0' ? "," : "", *after != '\0' ?
	    "\"after\":\"" : "", after, *after != '\0' ? "\"" : "");
	got = knock_opened(0, knock_by(), LIST, ask);
	(void)snprintf(after, 128, "%s", json_object_get(got, "next") !=
	    NULL ? operator_text(got, "next") : "");
	return got;
}

static size_t
rows(const json_t *got)
{
	return json_array_size(json_object_get(got, "rows"));
}

static unsigned int
row_nr(const json_t *got, size_t i)
{
	return (unsigned int)strtoul(operator_text(json_array_get(
	    json_object_get(got, "rows"), i), "id"), NULL, 16);
}

/* How many come with these conditions, all on one page. */
static size_t
count(const char *more)
{
	char	 after[128] = "";
	json_t	*got = page(more, after);
	size_t	 n = rows(got);

	assert_string_equal(after, "");
	json_decref(got);
	return n;
}

static void
a_list_is_a_page(void **state)
{
	char		 after[128] = "";
	json_t		*got;
	unsigned int	 nr = 0;
	size_t		 i, pages = 0;

	(void)state;
	key_for("manual");
	put_some("manual", 0, 250, 1);
	do {
		got = page("", after);
		assert_int_equal(rows(got), pages < 2 ? SCEP_KNOCK_PAGE : 50);
		for (i = 0; i < rows(got); i++)
			assert_int_equal(row_nr(got, i), nr++);
		json_decref(got);
		pages++;
	} while (after[0] != '\0');
	assert_int_equal(pages, 3);
	assert_int_equal(nr, 250);
	put_some("manual", 250, 800, 1);
	got = page("\"limit\":1000", after);
	assert_int_equal(rows(got), SCEP_KNOCK_PAGE_MAX);
	assert_string_not_equal(after, "");
	json_decref(got);
	knock_closed(0, knock_by(), LIST, "\"limit\":1001", NULL);
	assert_non_null(strstr(knock_reason, "between 1 and 1000"));
	knock_closed(0, knock_by(), LIST, "\"limit\":0", NULL);
	knock_closed(0, knock_by(), LIST, "\"limit\":\"9\"", NULL);
	knock_closed(0, knock_by(), LIST, "\"sort\":\"id\"", NULL);
	got = page("\"limit\":1", (after[0] = '\0', after));
	assert_int_equal(rows(got), 1);
	json_decref(got);
}

/* One more that expires when nr does, of those that stay a while. */
static void
put_near(unsigned int nr)
{
	const struct batch	 b = { "manual", "192.0.2.1", nr + 1, 1, 1,
				    WORLD_NOW, WORLD_NOW + DAY + nr / 2 / 3,
				    1 };

	put_batch(&b);
}

/* Every request that is there all the while comes once, whatever comes and
 * goes in front of the place, behind it and at it. */
static void
what_stays_comes_once(void **state)
{
	enum { N = 300 };
	unsigned int	 dice = 1, seen[2 * N] = { 0 }, gone[2 * N] = { 0 };
	unsigned int	 nr, i, went = 0, stayed = 0, last = 0;
	char		 after[128] = "";
	json_t		*got;
	size_t		 k;

	(void)state;
	key_for("manual");
	put_some("manual", 0, N, 2);
	do {
		got = page("\"limit\":7", after);
		for (k = 0; k < rows(got); k++) {
			last = row_nr(got, k);
			seen[last]++;
		}
		json_decref(got);
		drop(last);		/* the very place */
		gone[last] = 1;
		for (i = 0; i < 3; i++) {
			dice = dice * 1103515245 + 12345;
			nr = (dice >> 8) % N * 2;
			if (!gone[nr])
				drop(nr);
			gone[nr] = 1;
			if (!gone[nr + 1])
				put_near(nr);
			gone[nr + 1] = 1;
		}
	} while (after[0] != '\0');
	for (nr = 0; nr < 2 * N; nr += 2)
		assert_true(seen[nr] == 1 || (gone[nr] && seen[nr] == 0));
	for (nr = 1; nr < 2 * N; nr += 2)
		assert_true(seen[nr] <= 1);
	/* The control: some stayed, and some went before their page. */
	for (nr = 0; nr < 2 * N; nr += 2) {
		went += gone[nr] && !seen[nr];
		stayed += !gone[nr];
	}
	assert_true(went > 0 && stayed > 0);
}

/* What a key's pages are, as one text. */
static char *
all_pages(void)
{
	char	 after[128] = "", *text, *more;
	size_t	 len = 0;
	json_t	*got;

	text = calloc(1, 1);
	assert_non_null(text);
	do {
		got = page("\"limit\":10", after);
		more = json_dumps(got, JSON_COMPACT | JSON_SORT_KEYS);
		json_decref(got);
		assert_non_null(more);
		text = realloc(text, len + strlen(more) + 1);
		assert_non_null(text);
		memcpy(text + len, more, strlen(more) + 1);
		len += strlen(more);
		free(more);
	} while (after[0] != '\0');
	return text;
}

/* SECURITY T13: not by a short page, nor by where it ends. */
static void
others_requests_leave_no_trace(void **state)
{
	const struct batch	 his = { "manual", "192.0.2.1", 1000, 35,
				    1000, WORLD_NOW, WORLD_NOW + DAY, 100 };
	const struct batch	 also = { "both", "192.0.2.1", 500, 35, 1000,
				    WORLD_NOW, WORLD_NOW + DAY, 100 };
	const struct batch	 others = { "main", "192.0.2.1", 1, 18000, 2,
				    WORLD_NOW, WORLD_NOW + DAY, 20000 };
	char			*alone, *among, after[128] = "";
	json_t			*got;

	(void)state;
	key_for("manual\",\"both");
	put_batch(&his);
	put_batch(&also);
	alone = all_pages();
	put_batch(&others);	/* 250 between two of his, 2500 in a page */
	among = all_pages();
	assert_string_equal(among, alone);
	free(among);
	free(alone);
	assert_int_equal(count("\"profile\":\"manual\""), 35);
	assert_int_equal(count(""), 70);
	key_for("both");
	assert_int_equal(count(""), 35);
	assert_int_equal(count("\"profile\":\"main\""), 0);
	assert_int_equal(count("\"profile\":\"no-such\""), 0);
	/* The control: who may see them does, and looks at so many at a
	 * time. */
	key_for("main");
	got = page("\"limit\":10", after);
	assert_int_equal(rows(got), 10);
	json_decref(got);
	got = page("\"subject\":\"none\"", (after[0] = '\0', after));
	assert_int_equal(rows(got), 0);
	assert_string_equal(after + 17, "0000000000001f3f");
	json_decref(got);
}

static void
a_place_is_one_of_ours(void **state)
{
	static const char	*const bad[] = {
		"x", ":", "0", "0000000000000001", "0000000000000001:",
		":0000000000000001", "000000000000001:0000000000000001",
		"0000000000000001:000000000000001",
		"0000000000000001:00000000000000011",
		"0000000000000001:000000000000000g",
		"0000000000000001:000000000000000A",
		"00000000000000AB:0000000000000001",
		"0000000000 00001:0000000000000001",
		"00:00:00:00:00:0:0000000000000001",
		"0000000000000001:0000000000000001:",
		"expires:0000000000000001:0000000000000001",
	};
	char			 ask[256], after[128] = "";
	size_t			 i;

	(void)state;
	key_for("manual");
	put_some("manual", 1, 3, 1);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(ask, sizeof(ask), "\"after\":\"%s\"", bad[i]);
		knock_closed(0, knock_by(), LIST, ask, NULL);
		assert_non_null(strstr(knock_reason, "after is not what"));
	}
	knock_closed(0, knock_by(), LIST, "\"after\":\"\"", NULL);
	knock_closed(0, knock_by(), LIST, "\"after\":1", NULL);
	json_decref(page("\"limit\":2", after));
	assert_int_equal(strlen(after), 33);
	(void)snprintf(ask, sizeof(ask), "\"after\":\"%s\"", after);
	assert_int_equal(count(ask), 1);
}

static void
conditions_are_those_of_scepadm(void **state)
{
	static const struct {
		const char	*more;
		size_t		 n;
	} cases[] = {
		{ "", 9 },
		{ "\"state\":\"pending\"", 5 },
		{ "\"state\":\"expired\"", 4 },
		{ "\"peer\":\"192.0.2.9\"", 4 },
		{ "\"peer\":\"192.0.2\"", 0 },
		{ "\"profile\":\"manual\"", 9 },
		{ "\"older\":600", 4 },
		{ "\"older\":601", 0 },
		{ "\"newer\":600", 5 },
		{ "\"newer\":601", 9 },
		{ "\"state\":\"expired\",\"newer\":1", 0 },
		{ "\"subject\":\"*\"", 9 },
		{ "\"subject\":\"CN=*\"", 0 },
		{ "\"san\":\"*\"", 0 },
	};
	const struct batch	 old = { "manual", "192.0.2.9", 100, 4, 1,
				    WORLD_NOW - 600, WORLD_NOW - 3, 1 };
	size_t			 i;

	(void)state;
	key_for("manual");
	put_some("manual", 1, 5, 1);
	put_batch(&old);		/* the last one ends just now */
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(count(cases[i].more), cases[i].n);
	knock_closed(0, knock_by(), LIST, "\"state\":\"waiting\"", NULL);
	assert_non_null(strstr(knock_reason, "not pending or expired"));
	knock_closed(0, knock_by(), LIST, "\"state\":\"\"", NULL);
	knock_closed(0, knock_by(), LIST, "\"older\":\"7d\"", NULL);
	knock_closed(0, knock_by(), LIST, "\"newer\":-1", NULL);
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup(f, ask_empty)
	const struct CMUnitTest	 tests[] = {
		T(a_list_is_a_page),
		T(what_stays_comes_once),
		T(others_requests_leave_no_trace),
		T(a_place_is_one_of_ours),
		T(conditions_are_those_of_scepadm),
	};
	int			 failed;

	w = world_new(NULL);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	world_free(w);
	return failed;
}
