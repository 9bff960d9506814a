/*
 * t_damaged_row.c - what the store makes of a row that cannot be read: nothing
 * is written over it by whoever does not know that, and want of memory is no
 * damage.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/crypto.h>

#include "base/error.h"
#include "store/record_index.h"
#include "tests/unit/spoil.h"
#include "tests/unit/world.h"

#define ID		"c-0"
#define REV_AT		8	/* the last octet of a stored revision */
#define FORMAT_AT	0
#define MANY		1000	/* allocations of one commit, at most */

static struct scep_store	*store;
static long			 left = -1;	/* allocations before the one
						   that fails; -1: none does */

static int
may_allocate(void)
{
	return left < 0 || left-- > 0;
}

static void *
get_memory(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return may_allocate() ? malloc(size) : NULL;
}

static void *
get_other_memory(void *old, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	return may_allocate() ? realloc(old, size) : NULL;
}

static void
give_memory(void *old, const char *file, int line)
{
	(void)file;
	(void)line;
	free(old);
}

static int
open_store(void **state)
{
	(void)state;
	store = spoil_open();
	return 0;
}

static int
close_store(void **state)
{
	(void)state;
	left = -1;
	spoil_close(store);
	return 0;
}

/* A challenge that was used so often, expecting that revision. */
static enum scep_err
put(uint64_t rev, long used)
{
	struct scep_challenge	 rec = {
		.id = ID, .profile = "main", .state = SCEP_CHALLENGE_LIVE,
		.uses = 9, .created = 1, .expires = 2, .rev = rev,
		.used = used, .purge = 10 + used,
	};
	struct scep_change	 change = { .n = 0 };
	struct scep_error	 err;
	enum scep_err		 rc;

	assert_int_equal(scep_challenge_write(&change, &rec, &err), SCEP_OK);
	rc = scep_store_commit(store, &change, &err);
	scep_change_clear(&change);
	return rc;
}

static enum scep_err
get(struct scep_challenge *rec)
{
	struct scep_error	 err;
	const enum scep_err	 rc = scep_challenge_get(store, ID, rec, &err);

	scep_challenge_clear(rec);
	return rc;
}

static uint64_t
revision(void)
{
	struct scep_row		 row;
	struct scep_error	 err;
	uint64_t		 rev;

	assert_int_equal(scep_store_get(store, SCEP_T_CHALLENGE,
	    scep_span_text(ID), &row, &err), SCEP_OK);
	rev = row.rev;
	scep_row_clear(&row);
	return rev;
}

static enum scep_err
count(void *arg, const struct scep_row *row, struct scep_error *err)
{
	(void)row;
	(void)err;
	++*(int *)arg;
	return SCEP_OK;
}

/* Rows that an index leads to, each entry of its own. */
static int
indexed(enum scep_index index)
{
	struct scep_error	 err;
	int			 n = 0;

	assert_int_equal(scep_store_scan_index(store, index,
	    scep_span_make(NULL, 0), scep_span_make(NULL, 0), count, &n,
	    &err), SCEP_OK);
	return n;
}

/* Who read it before it was written again, and then damaged, does not bring
 * back what he read: a challenge would be good for one use more. */
static void
a_rival_is_told(void **state)
{
	struct scep_challenge	 rec;
	uint64_t		 rev;

	(void)state;
	assert_int_equal(put(SCEP_REV_ABSENT, 0), SCEP_OK);
	assert_int_equal(put(1, 1), SCEP_OK);
	assert_int_equal(put(1, 1), SCEP_E_CHANGED);	/* the control */
	spoil(store, SCEP_T_CHALLENGE, scep_span_text(ID), FORMAT_AT, 0xff);
	assert_int_equal(get(&rec), SCEP_E_STORE);
	rev = revision();
	assert_int_equal(put(SCEP_REV_ABSENT, 0), SCEP_E_CHANGED);
	assert_int_equal(put(1, 1), SCEP_E_CHANGED);
	assert_int_equal(put(2, 2), SCEP_E_CHANGED);
	assert_int_equal(get(&rec), SCEP_E_STORE);
	/* Who knows that it is damaged may, and nobody who read it before is
	 * let through behind him. */
	assert_int_equal(put(rev, 5), SCEP_OK);
	assert_int_equal(put(rev, 6), SCEP_E_CHANGED);
	assert_int_equal(put(2, 2), SCEP_E_CHANGED);
	assert_int_equal(get(&rec), SCEP_OK);
	assert_int_equal(rec.used, 5);
	assert_int_equal(put(rec.rev, 6), SCEP_OK);
	assert_int_equal(indexed(SCEP_IX_CHALLENGE_EXPIRES), 1);
}

/* A revision that means something else is none. */
static void
no_revision_is_a_wildcard(void **state)
{
	struct scep_challenge	 rec;
	int			 i;

	(void)state;
	assert_int_equal(put(SCEP_REV_ABSENT, 0), SCEP_OK);
	spoil(store, SCEP_T_CHALLENGE, scep_span_text(ID), REV_AT, 1);
	assert_int_equal(put(SCEP_REV_ABSENT, 1), SCEP_E_CHANGED);
	assert_int_equal(get(&rec), SCEP_E_STORE);
	spoil(store, SCEP_T_CHALLENGE, scep_span_text(ID), REV_AT, 1);
	assert_int_equal(get(&rec), SCEP_OK);		/* the control */
	for (i = 1; i <= REV_AT; i++)
		spoil(store, SCEP_T_CHALLENGE, scep_span_text(ID), (size_t)i,
		    i < REV_AT ? 0xff : 0xfe);
	assert_int_equal(get(&rec), SCEP_E_STORE);
}

static void
want_of_memory_is_no_damage(void **state)
{
	struct scep_challenge	 rec;
	struct scep_index_keys	 keys;
	struct scep_row		 row;
	struct scep_error	 err;
	enum scep_err		 rc = SCEP_E_NOMEM;
	int			 i;

	(void)state;
	memset(&rec, 0, sizeof(rec));
	rec.subject_is = SCEP_SUBJECT_EXACT;
	rec.state = SCEP_CHALLENGE_LIVE;
	rec.n_use = 1;
	memset(&row, 0, sizeof(row));
	assert_int_equal(scep_buf_set(&rec.subject, scep_span_text("x"), &err),
	    SCEP_OK);
	assert_int_equal(scep_buf_set(&rec.use[0].cert_key,
	    scep_span_text("x"), &err), SCEP_OK);
	assert_int_equal(scep_challenge_encode(&rec, &row.value, &err),
	    SCEP_OK);
	scep_challenge_clear(&rec);
	for (i = 1; rc == SCEP_E_NOMEM && i < MANY; i++) {
		left = i;
		rc = scep_record_check(SCEP_T_CHALLENGE, &row, &err);
		left = i;
		(void)scep_record_keys(SCEP_T_CHALLENGE,
		    scep_buf_span(&row.value), &keys, &err);
		left = -1;
		assert_false(keys.is_odd);
	}
	assert_int_equal(rc, SCEP_OK);
	assert_true(i > 2);
	row.value.data[0] ^= 0xff;
	assert_int_equal(scep_record_check(SCEP_T_CHALLENGE, &row, &err),
	    SCEP_E_STORE);
	assert_int_not_equal(scep_record_keys(SCEP_T_CHALLENGE,
	    scep_buf_span(&row.value), &keys, &err), SCEP_OK);
	assert_true(keys.is_odd);
	scep_row_clear(&row);
}

static enum scep_err
put_txn(uint64_t rev, time_t expires)
{
	struct scep_txn		 txn = { .state = SCEP_TXN_PENDING, .rev = rev,
				    .expires = expires, .profile = "main" };
	struct scep_change	 change = { .n = 0 };
	struct scep_error	 err;
	enum scep_err		 rc;
	const long		 kept = left;

	left = -1;
	assert_int_equal(scep_buf_set(&txn.txid, scep_span_text("t"), &err),
	    SCEP_OK);
	assert_int_equal(scep_txn_write(&change, &txn, &err), SCEP_OK);
	left = kept;
	rc = scep_store_commit(store, &change, &err);
	left = -1;
	scep_change_clear(&change);
	scep_txn_clear(&txn);
	return rc;
}

/* Or entries of what it was stay behind, and it is purged by one of them. */
static void
nor_does_it_leave_entries_behind(void **state)
{
	enum scep_err	 rc = SCEP_E_STORE;
	int		 i;

	(void)state;
	assert_int_equal(put_txn(SCEP_REV_ABSENT, 100), SCEP_OK);
	for (i = 1; rc != SCEP_OK && i < MANY; i++) {
		left = i;
		rc = put_txn(1, 200);
		assert_int_equal(indexed(SCEP_IX_TRANSACTION_EXPIRES), 1);
	}
	assert_int_equal(rc, SCEP_OK);
	assert_true(i > 2);
}

#define T(test)	cmocka_unit_test_setup_teardown(test, open_store, close_store)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		T(a_rival_is_told),
		T(no_revision_is_a_wildcard),
		T(want_of_memory_is_no_damage),
		T(nor_does_it_leave_entries_behind),
	};

	/* Before anything is allocated. */
	world_must(CRYPTO_set_mem_functions(get_memory, get_other_memory,
	    give_memory) == 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
