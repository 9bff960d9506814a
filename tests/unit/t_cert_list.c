/*
 * t_cert_list.c - lists of certificates: what is asked for, which index
 * answers, and pages; one suite for both stores.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/operator.h"
#include "tests/unit/stores.h"

#define LENGTH(a)	(sizeof(a) / sizeof((a)[0]))
#define DAY		86400L
#define NOW		WORLD_NOW

static struct world	*w;

static const struct stores_cert	certs[] = {
	{ 1, "CN=dev-1", "main", NOW - 100 * DAY, NOW - DAY, 0, NULL },
	{ 2, "CN=dev-2", "main", NOW - 50 * DAY, NOW + 10 * DAY, 0, NULL },
	{ 3, "CN=Dev-30, O=X", "manual", NOW - 7200, NOW + 40 * DAY, 0,
	    NULL },
	{ 4, "CN=printer", "main", NOW - DAY, NOW + 20 * DAY, NOW - 3600,
	    NULL },
	{ 5, "", "tight", NOW - 60, NOW + 400 * DAY, 0, NULL },
	{ 6, "O=Old, CN=dev-6", "manual", NOW - 300 * DAY, NOW - 100 * DAY,
	    NOW - 200 * DAY, NULL },
	{ 7, "CN=dev-7", "main", NOW - 1, NOW + 10 * DAY, 0, "other" },
	{ 8, "CN=m\xc3\xbcller", "mainly", NOW, NOW, 0, NULL },
};
#define ALL	"1 2 3 4 5 6 7 8 "

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
fill(void)
{
	size_t	 i;

	for (i = 0; i < LENGTH(certs); i++)
		stores_put(&certs[i]);
	world_use(w, stores_one);
	return 0;
}

static int
open_mem(void **state)
{
	return stores_open_mem(state) == 0 ? fill() : -1;
}

static int
open_db(void **state)
{
	return stores_open_db(state) == 0 ? fill() : -1;
}

static int
close_any(void **state)
{
	world_empty(w);
	return stores_close(state);
}

/* A page of what is asked for ("", or members of the request). */
static json_t *
ask(const char *members, const char *after)
{
	char	 request[2048];

	(void)snprintf(request, sizeof(request),
	    "{\"do\":\"cert.list\"%s%s%s%s%s}", members[0] != '\0' ? "," : "",
	    members, after != NULL ? ",\"after\":\"" : "",
	    after != NULL ? after : "", after != NULL ? "\"" : "");
	return operator_ask(w, 0, request);
}

static unsigned int
number(const json_t *row)
{
	return (unsigned int)strtoul(operator_text(row, "serial"), NULL, 16);
}

struct pages {
	unsigned int	 number[64];
	size_t		 n, pages;
	int		 sorted;
};

static void
take(struct pages *p, const json_t *result)
{
	json_t	*row;
	size_t	 i;

	p->pages++;
	p->sorted = json_is_true(json_object_get(result, "sorted"));
	assert_true(json_is_array(json_object_get(result, "rows")));
	json_array_foreach(json_object_get(result, "rows"), i, row) {
		assert_true(p->n < LENGTH(p->number));
		p->number[p->n++] = number(row);
	}
}

static void
ask_all(const char *members, struct pages *p)
{
	json_t	*result;
	char	 after[1024] = "";
	int	 more = 1;

	memset(p, 0, sizeof(*p));
	while (more) {
		result = ask(members, p->pages > 0 ? after : NULL);
		take(p, result);
		more = json_object_get(result, "next") != NULL;
		if (more)
			(void)snprintf(after, sizeof(after), "%s",
			    operator_text(result, "next"));
		json_decref(result);
	}
}

static int
compare(const void *a, const void *b)
{
	const unsigned int	*x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static void
text_of(const struct pages *p, char out[256])
{
	size_t	 i, len = 0;

	out[0] = '\0';
	for (i = 0; i < p->n; i++)
		len += (size_t)snprintf(out + len, 256 - len, "%u ",
		    p->number[i]);
}

static void
expect_set(const char *members, const char *want)
{
	struct pages	 p;
	char		 got[256];

	ask_all(members, &p);
	qsort(p.number, p.n, sizeof(p.number[0]), compare);
	text_of(&p, got);
	if (strcmp(got, want) != 0)
		fail_msg("%s: %s, not %s (%s)", members, got, want,
		    operator_summary);
}

static void
each_condition_finds_its_own(void **state)
{
	static const struct {
		const char	*members, *want;
	} rows[] = {
		{ "", ALL },
		{ "\"subject\":\"CN=dev-*\"", "1 2 3 7 " },
		{ "\"subject\":\"cn=DEV-?\"", "1 2 7 " },
		{ "\"subject\":\"*dev-*\"", "1 2 3 6 7 " },
		{ "\"subject\":\"*, CN=dev-[5-7]\"", "6 " },
		{ "\"subject\":\"CN=printer\"", "4 " },
		{ "\"subject\":\"CN=print\"", "" },
		{ "\"subject\":\"CN=m?ller\"", "8 " },
		{ "\"subject\":\"*\"", ALL },
		{ "\"subject\":\"?*\"", "1 2 3 4 6 7 8 " },
		{ "\"expires_in\":2592000", "2 4 7 8 " },
		{ "\"expires_in\":864000", "2 7 8 " },
		{ "\"expires_in\":863999", "8 " },
		{ "\"expires_in\":2592000,\"state\":\"expired\"", "1 " },
		{ "\"expires_in\":2592000,\"state\":\"revoked\"", "4 6 " },
		{ "\"state\":\"valid\"", "2 3 5 7 8 " },
		{ "\"state\":\"expired\"", "1 " },
		{ "\"state\":\"revoked\"", "4 6 " },
		{ "\"profile\":\"main\"", "1 2 4 7 " },
		{ "\"profile\":\"mai\"", "" },
		{ "\"profile\":\"manual\"", "3 6 " },
		{ "\"since\":1795514400", "3 5 7 8 " },	/* NOW - 7200 */
		{ "\"since\":1795514401", "5 7 8 " },
		{ "\"since\":1795521601", "" },
		{ "\"ca\":\"other\"", "7 " },
		{ "\"ca\":\"test\"", "1 2 3 4 5 6 8 " },
	};
	size_t	 i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++)
		expect_set(rows[i].members, rows[i].want);
}

static void
conditions_hold_together(void **state)
{
	(void)state;
	expect_set("\"profile\":\"main\",\"subject\":\"*dev*\"", "1 2 7 ");
	expect_set("\"profile\":\"main\",\"expires_in\":2592000", "2 4 7 ");
	expect_set("\"profile\":\"main\",\"expires_in\":2592000,"
	    "\"state\":\"valid\"", "2 7 ");
	expect_set("\"profile\":\"main\",\"state\":\"expired\"", "1 ");
	expect_set("\"profile\":\"manual\",\"since\":1795514400", "3 ");
	expect_set("\"subject\":\"CN=dev*\",\"since\":1795514400", "3 7 ");
	expect_set("\"state\":\"revoked\",\"profile\":\"manual\"", "6 ");
	expect_set("\"subject\":\"CN=dev*\",\"ca\":\"other\"", "7 ");
	expect_set("\"subject\":\"CN=dev*\",\"ca\":\"nobody\"", "");
}

/* Whatever the size of the page. */
static void
a_page_is_as_long_as_asked_for(void **state)
{
	static const char *const	 orders[] = {
		"expires", "issued", "profile", "subject"
	};
	struct pages			 p, whole;
	char				 members[128];
	size_t				 i, limit;

	(void)state;
	for (i = 0; i < LENGTH(orders); i++) {
		(void)snprintf(members, sizeof(members), "\"sort\":\"%s\"",
		    orders[i]);
		ask_all(members, &whole);
		assert_int_equal(whole.n, LENGTH(certs));
		assert_int_equal(whole.pages, 1);
		for (limit = 1; limit <= LENGTH(certs) + 1; limit++) {
			(void)snprintf(members, sizeof(members),
			    "\"sort\":\"%s\",\"limit\":%zu", orders[i],
			    limit);
			ask_all(members, &p);
			assert_int_equal(p.pages, LENGTH(certs) / limit + 1);
			assert_int_equal(p.n, whole.n);
			assert_memory_equal(p.number, whole.number,
			    sizeof(p.number));
		}
	}
}

static void
an_order_is_kept_or_it_is_said_that_it_is_not(void **state)
{
	static const struct {
		const char	*members, *want;
		int		 sorted;
	} rows[] = {
		{ "\"sort\":\"expires\"", "6 1 8 2 7 4 3 5 ", 1 },
		{ "\"sort\":\"issued\"", "6 1 2 4 3 5 7 8 ", 1 },
		{ "\"sort\":\"subject\"", "5 1 2 3 7 8 4 6 ", 1 },
		{ "\"sort\":\"profile\"", "1 2 7 4 8 6 3 5 ", 1 },
		{ "", "6 1 8 2 7 4 3 5 ", 1 },
		{ "\"profile\":\"main\",\"sort\":\"expires\"", "1 2 7 4 ",
		    1 },
		{ "\"profile\":\"manual\",\"sort\":\"issued\"", "6 3 ", 0 },
		{ "\"state\":\"revoked\",\"sort\":\"subject\"", "6 4 ", 0 },
		{ "\"state\":\"revoked\"", "6 4 ", 1 },
		{ "\"sort\":\"serial\"", "6 1 8 2 7 4 3 5 ", 0 },
	};
	struct pages	 p;
	char		 got[256];
	size_t		 i;

	(void)state;
	for (i = 0; i < LENGTH(rows); i++) {
		ask_all(rows[i].members, &p);
		text_of(&p, got);
		if (strcmp(got, rows[i].want) != 0 ||
		    p.sorted != rows[i].sorted)
			fail_msg("%s: %s %d (%s)", rows[i].members, got,
			    p.sorted, operator_summary);
	}
}

/* Between any two pages something comes and something goes. */
static void
what_is_there_all_the_while_comes_once(void **state)
{
	static const char *const	 orders[] = {
		"expires", "issued", "profile", "subject"
	};
	struct stores_cert		 cert;
	char				 members[64], after[1024] = "";
	json_t				*result;
	struct pages			 p;
	size_t				 i, k, seen;
	unsigned int			 n;
	int				 more;

	(void)state;
	for (k = 0; k < LENGTH(orders); k++) {
		memset(&p, 0, sizeof(p));
		(void)snprintf(members, sizeof(members),
		    "\"sort\":\"%s\",\"limit\":1", orders[k]);
		for (more = 1, n = 100; more && n < 150; n++) {
			result = ask(members, n > 100 ? after : NULL);
			take(&p, result);
			if ((more = json_object_get(result, "next") != NULL))
				(void)snprintf(after, sizeof(after), "%s",
				    operator_text(result, "next"));
			json_decref(result);
			/* A twin of one of them, before or behind; and the
			 * last one, where the page may have ended, goes. */
			cert = certs[n % LENGTH(certs)];
			cert.number = n;
			stores_put(&cert);
			stores_delete(n - 2);
		}
		assert_true(n < 150);
		for (i = 0; i < LENGTH(certs); i++) {
			for (seen = n = 0; n < p.n; n++)
				seen += p.number[n] == certs[i].number;
			assert_int_equal(seen, 1);
		}
		qsort(p.number, p.n, sizeof(p.number[0]), compare);
		for (n = 1; n < p.n; n++)
			assert_true(p.number[n] != p.number[n - 1]);
		for (n = 98; n < 150; n++)
			stores_delete(n);
	}
}

static void
index_is(const char *members, const char *want)
{
	char	 text[64];

	json_decref(ask(members, NULL));
	(void)snprintf(text, sizeof(text), " index=%s ", want);
	if (strstr(operator_summary, text) == NULL)
		fail_msg("%s: %s, not %s", members, operator_summary, want);
}

/* 300 more of one profile, that all expire and were issued within a day. */
static void
the_index_with_the_least_to_read_is_walked(void **state)
{
	struct stores_cert	 cert = { .profile = "many" };
	char			 subject[32];
	unsigned int		 i;

	(void)state;
	cert.subject = subject;
	for (i = 0; i < 300; i++) {
		(void)snprintf(subject, sizeof(subject), "CN=zz-%u", i);
		cert.number = 1000 + i;
		cert.issued = NOW - 20 * DAY + i;
		cert.not_after = NOW + 60 * DAY + i;
		stores_put(&cert);
	}
	index_is("", "expires");
	index_is("\"subject\":\"CN=dev-1\"", "subject");
	index_is("\"subject\":\"*1\"", "subject");
	index_is("\"profile\":\"many\"", "profile");
	index_is("\"profile\":\"many\",\"subject\":\"CN=zz-1?\"", "subject");
	index_is("\"profile\":\"main\",\"subject\":\"CN=zz-*\"", "profile");
	index_is("\"profile\":\"many\",\"since\":1795514400", "issued");
	index_is("\"profile\":\"many\",\"expires_in\":2592000", "profile");
	index_is("\"since\":1735514400,\"expires_in\":2592000", "expires");
	index_is("\"state\":\"revoked\"", "revoked");
	index_is("\"state\":\"valid\"", "expires");
	index_is("\"sort\":\"subject\"", "subject");
	index_is("\"sort\":\"serial\"", "expires");
	/* An order that costs little is had from the index. */
	index_is("\"profile\":\"many\",\"sort\":\"subject\"", "subject");
	index_is("\"profile\":\"main\",\"sort\":\"subject\"", "profile");
}

static void
a_page_that_finds_little_ends_too(void **state)
{
	const struct stores_cert	 like = { .number = 1000,
					    .subject = "CN=x",
					    .not_after = NOW + DAY };
	struct pages			 p;
	json_t				*result;

	(void)state;
	stores_put_many(&like, 4100);
	result = ask("\"ca\":\"nobody\"", NULL);
	assert_int_equal(json_array_size(json_object_get(result, "rows")), 0);
	assert_non_null(json_object_get(result, "next"));
	json_decref(result);
	ask_all("\"ca\":\"nobody\"", &p);
	assert_int_equal(p.pages, 2);
	assert_int_equal(p.n, 0);
	result = ask("\"subject\":\"*y*\"", NULL);	/* by its keys alone */
	assert_null(json_object_get(result, "next"));
	json_decref(result);
}

static void
a_brief_row_has_what_a_table_shows(void **state)
{
	char			 subject[SCEP_REC_TEXT];
	struct stores_cert	 cut = { .number = 9, .subject = subject,
				    .issued = NOW + 5, .not_after = NOW };
	json_t			*result, *row;

	(void)state;
	memset(subject, 'x', sizeof(subject) - 1);
	subject[sizeof(subject) - 1] = '\0';
	stores_put(&cut);
	result = ask("\"subject\":\"CN=printer\",\"brief\":1", NULL);
	row = json_array_get(json_object_get(result, "rows"), 0);
	assert_int_equal(json_object_size(row), 6);
	operator_is(row, "serial", "0004");
	operator_is(row, "subject", "CN=printer");
	operator_is(row, "profile", "main");
	operator_is(row, "state", "revoked");
	operator_is(row, "not_after", "2026-12-14T12:00:00Z");
	operator_is(row, "issued", "2026-11-23T12:00:00Z");
	json_decref(result);
	result = ask("\"subject\":\"CN=printer\",\"brief\":0", NULL);
	row = json_array_get(json_object_get(result, "rows"), 0);
	assert_int_equal(json_object_size(row), 18);
	operator_is(row, "ca", "test");
	json_decref(result);
	/* A subject that may be cut is read from the certificate. */
	result = ask("\"subject\":\"xxxxxxx*\",\"brief\":1", NULL);
	row = json_array_get(json_object_get(result, "rows"), 0);
	assert_int_equal(json_object_size(row), 18);
	json_decref(result);
}

static void
what_is_no_list_is_refused(void **state)
{
	static const struct {
		const char	*members, *words;
	} bad[] = {
		{ "\"subject\":\"\"", "subject has 0 octets" },
		{ "\"subject\":5", "subject is no text" },
		{ "\"expires_in\":0", "expires_in is not between" },
		{ "\"expires_in\":\"30d\"", "expires_in is no whole" },
		{ "\"since\":0", "since is not between" },
		{ "\"state\":\"gone\"", "state is \"gone\", not valid" },
		{ "\"sort\":\"colour\"", "sort is \"colour\", not expires" },
		{ "\"limit\":0", "limit is not between" },
		{ "\"limit\":2001", "limit is not between" },
		{ "\"brief\":2", "brief is not between" },
		{ "\"after\":\"x\"", "after is not what" },
		{ "\"after\":\"expires:00\"", "after is not what" },
		{ "\"after\":\"expires::00\"", "after is not what" },
		{ "\"after\":\"expires:00:\"", "after is not what" },
		{ "\"after\":\"expires:0g:00\"", "after is not what" },
		{ "\"after\":\"key:00:00\"", "after is not what" },
		{ "\"after\":\"expires:00:00:00:0x\"", "after is not what" },
		{ "\"san\":\"x\"", "no member \"san\"" },
	};
	char	 request[256], subject[300];
	size_t	 i;

	(void)state;
	for (i = 0; i < LENGTH(bad); i++) {
		(void)snprintf(request, sizeof(request),
		    "{\"do\":\"cert.list\",%s}", bad[i].members);
		operator_refused(w, 0, request, SCEP_E_USAGE, bad[i].words);
	}
	(void)memset(subject, 'x', 256);
	subject[256] = '\0';
	operator_refused_id(w, 0, "{\"do\":\"cert.list\",\"subject\":\"%s\"}",
	    subject, SCEP_E_USAGE, "subject has 256 octets");
	subject[255] = '\0';
	json_decref(operator_ask_id(w, 0,
	    "{\"do\":\"cert.list\",\"subject\":\"%s\"}", subject));
	json_decref(ask("", "expires:00:00"));		/* controls */
	json_decref(ask("\"limit\":2000,\"brief\":1", NULL));
}

#define T(f, open)	cmocka_unit_test_setup_teardown(f, open, close_any)
#define SUITE(open) { \
	T(each_condition_finds_its_own, open), \
	T(conditions_hold_together, open), \
	T(a_page_is_as_long_as_asked_for, open), \
	T(an_order_is_kept_or_it_is_said_that_it_is_not, open), \
	T(what_is_there_all_the_while_comes_once, open), \
	T(the_index_with_the_least_to_read_is_walked, open), \
	T(a_page_that_finds_little_ends_too, open), \
	T(a_brief_row_has_what_a_table_shows, open), \
	T(what_is_no_list_is_refused, open), \
}

int
main(void)
{
	const struct CMUnitTest	 memory[] = SUITE(open_mem);
	const struct CMUnitTest	 berkeley[] = SUITE(open_db);
	int			 failed;

	failed = cmocka_run_group_tests_name("memory", memory, open_world,
	    close_world);
	return failed + cmocka_run_group_tests_name("Berkeley DB", berkeley,
	    open_world, close_world);
}
