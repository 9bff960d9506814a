/*
 * t_store_walk.c - the entries of an index, and how much a part of it is: one
 * suite for both stores.
 */
#include <pthread.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/error.h"
#include "tests/unit/stores.h"

#define MANY	3000

struct seen {
	unsigned int	 number[MANY];
	size_t		 n, stop;	/* stop: end well after so many */
	enum scep_err	 fail;
	uint8_t		 ikey[300], key[64];	/* of the last one */
	size_t		 ikey_len, key_len;
};

/* The serial of the certificate that an entry leads to. */
static unsigned int
serial(const struct scep_entry *entry)
{
	struct scep_row		 row;
	struct scep_error	 err;
	unsigned int		 n;

	if (scep_store_get(stores_one, SCEP_T_CERTIFICATE, entry->key, &row,
	    &err) != SCEP_OK)
		fail_msg("%s", err.text);
	assert_int_equal(row.key.data[0], 2);	/* length of serial */
	n = (unsigned int)(row.key.data[1] << 8 | row.key.data[2]);
	scep_row_clear(&row);
	return n;
}

static enum scep_err
see(void *arg, const struct scep_entry *entry, struct scep_error *err)
{
	struct seen	*seen = arg;

	assert_true(seen->n < MANY);
	seen->number[seen->n++] = serial(entry);
	memcpy(seen->ikey, entry->index_key.data, entry->index_key.len);
	seen->ikey_len = entry->index_key.len;
	memcpy(seen->key, entry->key.data, entry->key.len);
	seen->key_len = entry->key.len;
	if (seen->fail != SCEP_OK)
		return scep_fail(err, seen->fail, "enough");
	return seen->n == seen->stop ? SCEP_E_EXISTS : SCEP_OK;
}

/* From the start of the range, or behind the last one seen. */
static void
walk(const char *from, const char *to, struct seen *seen)
{
	struct scep_range	 range = {
		.index = SCEP_IX_CERTIFICATE_SUBJECT,
		.from = scep_span_text(from),
		.to = scep_span_text(to),
		.after = { { seen->ikey, seen->ikey_len },
		    { seen->key, seen->key_len } },
	};
	uint8_t			 ikey[300], key[64];
	struct scep_error	 err;

	memcpy(ikey, seen->ikey, sizeof(ikey));
	memcpy(key, seen->key, sizeof(key));
	range.after.index_key.data = ikey;
	range.after.key.data = key;
	seen->n = 0;
	if (scep_store_walk(stores_one, &range, see, seen, &err) != SCEP_OK)
		fail_msg("%s", err.text);
}

static void
expect(const struct seen *seen, const char *want)
{
	char	 got[256] = "";
	size_t	 i;

	for (i = 0; i < seen->n; i++)
		(void)snprintf(got + strlen(got), sizeof(got) - strlen(got),
		    "%u ", seen->number[i]);
	assert_string_equal(got, want);
}

static void
put(unsigned int number, const char *subject)
{
	const struct stores_cert	 cert = { .number = number,
					    .subject = subject,
					    .not_after = (time_t)number + 1 };

	stores_put(&cert);
}

static void
an_index_is_walked_in_its_order(void **state)
{
	struct seen	 seen = { .n = 0 };

	(void)state;
	put(1, "CN=b");
	put(2, "CN=a");
	put(3, "CN=c");
	put(4, "CN=B");
	walk("", "", &seen);
	expect(&seen, "2 1 4 3 ");
	assert_int_equal(seen.ikey_len, 4);
	assert_memory_equal(seen.ikey, "cn=c", 4);
	memset(&seen, 0, sizeof(seen));
	walk("cn=b", "cn=c", &seen);
	expect(&seen, "1 4 ");
	memset(&seen, 0, sizeof(seen));
	walk("cn=c", "", &seen);
	expect(&seen, "3 ");
	memset(&seen, 0, sizeof(seen));
	walk("cn=d", "", &seen);
	expect(&seen, "");
}

static void
a_walk_goes_on_behind_an_entry(void **state)
{
	struct seen	 seen = { .stop = 1 };

	(void)state;
	walk("", "", &seen);
	expect(&seen, "");
	put(1, "CN=b");
	put(4, "CN=b");
	put(2, "CN=a");
	put(3, "CN=c");
	walk("", "", &seen);
	expect(&seen, "2 ");
	walk("", "", &seen);
	expect(&seen, "1 ");
	walk("", "", &seen);
	expect(&seen, "4 ");
	stores_delete(4);		/* where it stands is no more */
	put(5, "CN=b");
	walk("", "", &seen);
	expect(&seen, "5 ");
	stores_delete(5);
	stores_delete(1);
	walk("", "", &seen);
	expect(&seen, "3 ");
	walk("", "", &seen);
	expect(&seen, "");
}

/* What lies before the range is behind none of it. */
static void
a_place_before_the_range_is_its_start(void **state)
{
	struct seen	 seen = { .ikey = "cn=a", .ikey_len = 4,
			    .key = { 2, 9, 9 }, .key_len = 3 };

	(void)state;
	put(1, "CN=b");
	put(2, "CN=a");
	put(3, "CN=c");
	walk("cn=b", "", &seen);
	expect(&seen, "1 3 ");
}

static void
a_walk_can_be_ended_well_and_badly(void **state)
{
	const struct scep_range	 range = {
		.index = SCEP_IX_CERTIFICATE_EXPIRES };
	struct seen		 seen = { .fail = SCEP_E_TIME };
	struct scep_error	 err;

	(void)state;
	put(1, "CN=a");
	put(2, "CN=b");
	assert_int_equal(scep_store_walk(stores_one, &range, see, &seen,
	    &err), SCEP_E_TIME);
	assert_int_equal(seen.n, 1);
	seen.fail = SCEP_OK;
	assert_int_equal(scep_store_walk(stores_one, &range, see, &seen,
	    &err), SCEP_OK);
	assert_int_equal(seen.n, 3);
}

/* More than a buffer, with a long run of one index key, and long keys. */
static void
a_long_walk_sees_each_entry_once(void **state)
{
	char			 subject[200];
	struct stores_cert	 like = { .number = 0, .subject = subject,
				    .not_after = 1 };
	struct seen		 seen = { .n = 0 };
	unsigned int		 i;

	(void)state;
	memset(subject, 'x', sizeof(subject));
	subject[sizeof(subject) - 1] = '\0';
	stores_put_many(&like, 700);
	like.number = 700;
	(void)strcpy(subject, "CN=zebra");
	stores_put_many(&like, 300);
	walk("", "", &seen);
	assert_int_equal(seen.n, 1000);
	/* "cn=…" stands before "xxx…". */
	for (i = 0; i < 1000; i++)
		assert_int_equal(seen.number[i], (i + 700) % 1000);
	memset(&seen, 0, sizeof(seen));
	seen.stop = 7;
	for (i = 0; i < 1000; i += (unsigned int)seen.n) {
		walk("", "", &seen);
		assert_in_range(seen.n, 1, 7);
		assert_int_equal(seen.number[0], (i + 700) % 1000);
	}
	walk("", "", &seen);
	assert_int_equal(seen.n, 0);
}

/* A callback may write: no lock is held. */
static enum scep_err
see_and_put(void *arg, const struct scep_entry *entry, struct scep_error *err)
{
	(void)err;
	put(1000 + serial(entry), "CN=new");
	++*(size_t *)arg;
	return SCEP_OK;
}

static void
what_is_called_may_write(void **state)
{
	const struct stores_cert	 like = { .number = 1,
					    .subject = "CN=old",
					    .not_after = 1 };
	struct scep_range	 range = {
		.index = SCEP_IX_CERTIFICATE_SUBJECT,
		.from = scep_span_text("cn=o"),
	};
	struct scep_error	 err;
	struct seen		 seen = { .n = 0 };
	size_t			 n = 0;

	(void)state;
	stores_put_many(&like, 20);
	assert_int_equal(scep_store_walk(stores_one, &range, see_and_put, &n,
	    &err), SCEP_OK);
	assert_int_equal(n, 20);
	walk("", "", &seen);
	assert_int_equal(seen.n, 40);
}

static unsigned int
weight(const char *from, const char *to)
{
	const struct scep_range	 range = {
		.index = SCEP_IX_CERTIFICATE_SUBJECT,
		.from = scep_span_text(from),
		.to = scep_span_text(to),
	};
	struct scep_error	 err;
	unsigned int		 w;

	assert_int_equal(scep_store_weigh(stores_one, &range, &w, &err),
	    SCEP_OK);
	return w;
}

static void
a_part_weighs_about_what_it_has(void **state)
{
	char		 subject[32];
	unsigned int	 i;

	(void)state;
	(void)weight("", "");		/* of nothing: anything */
	for (i = 0; i < 1000; i++) {
		(void)snprintf(subject, sizeof(subject), "CN=%c%u",
		    i < 700 ? 'a' : i < 900 ? 'b' : 'c', i);
		put(i, subject);
	}
	assert_in_range(weight("", ""), 990000, 1000000);
	assert_in_range(weight("cn=a", "cn=b"), 500000, 850000);
	assert_in_range(weight("cn=b", "cn=c"), 100000, 400000);
	assert_true(weight("cn=c", "") < weight("cn=b", ""));
	assert_true(weight("cn=b", "") < weight("cn=a", ""));
	assert_in_range(weight("cn=x", "cn=y"), 0, 10000);
	assert_int_equal(weight("cn=c", "cn=b"), 0);
}

/* Rivals. */

#define WRITES	300

static int	writing;

static void *
writer(void *arg)
{
	unsigned int	 i;
	char		 subject[32];

	for (i = 0; i < WRITES; i++) {
		(void)snprintf(subject, sizeof(subject), "CN=new-%u",
		    i * 7919 % WRITES);
		put(10000 + i, subject);
	}
	__atomic_store_n(&writing, 0, __ATOMIC_SEQ_CST);
	return arg;
}

static void
what_was_there_is_seen_once_while_others_write(void **state)
{
	const struct stores_cert	 like = { .number = 0,
					    .subject = "CN=old",
					    .not_after = 1 };
	struct seen	*seen = calloc(1, sizeof(*seen));
	pthread_t	 thread;
	size_t		 i, old;
	int		 rounds = 0, last;

	(void)state;
	assert_non_null(seen);
	stores_put_many(&like, 500);
	writing = 1;
	assert_int_equal(pthread_create(&thread, NULL, writer, NULL), 0);
	do {
		last = !__atomic_load_n(&writing, __ATOMIC_SEQ_CST);
		memset(seen, 0, sizeof(*seen));
		walk("", "", seen);
		for (i = old = 0; i < seen->n; i++)
			if (seen->number[i] < 10000)
				assert_int_equal(seen->number[i], old++);
		assert_int_equal(old, 500);
		rounds++;
	} while (!last);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_int_equal(seen->n, 500 + WRITES);
	assert_true(rounds > 0);
	free(seen);
}

#define T(f, open)	cmocka_unit_test_setup_teardown(f, open, stores_close)
#define SUITE(open) { \
	T(an_index_is_walked_in_its_order, open), \
	T(a_walk_goes_on_behind_an_entry, open), \
	T(a_place_before_the_range_is_its_start, open), \
	T(a_walk_can_be_ended_well_and_badly, open), \
	T(a_long_walk_sees_each_entry_once, open), \
	T(what_is_called_may_write, open), \
	T(a_part_weighs_about_what_it_has, open), \
	T(what_was_there_is_seen_once_while_others_write, open), \
}

int
main(void)
{
	const struct CMUnitTest	 memory[] = SUITE(stores_open_mem);
	const struct CMUnitTest	 berkeley[] = SUITE(stores_open_db);
	int			 failed;

	failed = cmocka_run_group_tests_name("memory", memory, NULL, NULL);
	return failed + cmocka_run_group_tests_name("Berkeley DB", berkeley,
	    NULL, NULL);
}
