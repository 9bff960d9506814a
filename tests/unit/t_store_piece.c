/*
 * t_store_piece.c - rows that are larger than a piece: of every length, grown,
 * shrunk, removed, and read while they are written; and what they are for:
 * pages that a power cut cannot tear, and none that holds one row alone.
 */
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/dir.h"
#include "base/error.h"
#include "store/db.h"

#define LONGEST		6000	/* octets of a certificate */
#define STEP		7
#define ROUNDS		400

static char			 dir[64];
static struct scep_store	*store;

static void
open_store(void)
{
	const struct scep_store_db_options	 opt = { .dir = dir,
						    .reserve = 1 };
	struct scep_error			 err;

	assert_int_equal(scep_store_db_open(&opt, &store, &err), SCEP_OK);
}

static int
make(void **state)
{
	(void)state;
	(void)strcpy(dir, "/tmp/t_store_piece.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return -1;
	open_store();
	return 0;
}

static int
unmake(void **state)
{
	(void)state;
	scep_store_close(store);
	scep_dir_remove(dir, 1);
	return 0;
}

/* A record whose DER is len octets, all of them fill. */
static void
put(unsigned int number, size_t len, uint8_t fill)
{
	const uint8_t		 serial[2] = { (uint8_t)(number >> 8),
				    (uint8_t)number };
	struct scep_change	 change = { .n = 0 };
	struct scep_cert_rec	 rec;
	struct scep_error	 err;
	uint8_t			*der;

	memset(&rec, 0, sizeof(rec));
	rec.rev = SCEP_REV_ANY;
	rec.state = SCEP_CERT_VALID;
	rec.issued = rec.not_before = rec.not_after = 1000 + fill;
	assert_int_equal(scep_buf_set(&rec.serial, scep_span_make(serial, 2),
	    &err), SCEP_OK);
	if (len > 0) {
		assert_non_null(der = scep_buf_extend(&rec.der, len));
		memset(der, fill, len);
	}
	assert_int_equal(scep_cert_rec_write(&change, &rec, &err), SCEP_OK);
	if (scep_store_commit(store, &change, &err) != SCEP_OK)
		fail_msg("%s", err.text);
	scep_change_clear(&change);
	scep_cert_rec_clear(&rec);
}

static enum scep_err
get(unsigned int number, struct scep_cert_rec *rec, struct scep_error *err)
{
	static const uint8_t	 issuer[16];
	const uint8_t		 serial[2] = { (uint8_t)(number >> 8),
				    (uint8_t)number };
	struct scep_buf		 key = { NULL, 0 };
	enum scep_err		 rc;

	rc = scep_cert_key(scep_span_make(serial, 2), issuer, &key, err);
	if (rc == SCEP_OK)
		rc = scep_cert_rec_get(store, scep_buf_span(&key), rec, err);
	scep_buf_clear(&key);
	return rc;
}

static int
is_all(const struct scep_buf *der, size_t len, uint8_t fill)
{
	size_t	 i;

	if (der->len != len)
		return 0;
	for (i = 0; i < len; i++)
		if (der->data[i] != fill)
			return 0;
	return 1;
}

static void
expect(unsigned int number, size_t len, uint8_t fill)
{
	struct scep_cert_rec	 rec;
	struct scep_error	 err;

	assert_int_equal(get(number, &rec, &err), SCEP_OK);
	assert_true(is_all(&rec.der, len, fill));
	assert_int_equal(rec.issued, 1000 + fill);
	scep_cert_rec_clear(&rec);
}

static enum scep_err
count_row(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct scep_cert_rec	 rec;

	assert_int_equal(scep_cert_rec_decode(scep_buf_span(&row->value),
	    &rec, err), SCEP_OK);
	assert_true(is_all(&rec.der, rec.der.len, (uint8_t)(rec.issued -
	    1000)));
	scep_cert_rec_clear(&rec);
	++*(size_t *)arg;
	return SCEP_OK;
}

/* By the index of keys; and as they stand in their tree, which is how indexes
 * are made anew. */
static void
expect_rows(size_t n)
{
	const struct scep_span	 all = { NULL, 0 };
	struct scep_error	 err;
	size_t			 found = 0;

	assert_int_equal(scep_store_scan(store, SCEP_T_CERTIFICATE, all,
	    count_row, &found, &err), SCEP_OK);
	assert_int_equal(found, n);
	found = 0;
	assert_int_equal(scep_db_scan_tree((struct scep_db *)store,
	    SCEP_T_CERTIFICATE, all, count_row, &found, &err), SCEP_OK);
	assert_int_equal(found, n);
}

static void
of_any_length(void **state)
{
	unsigned int	 n;

	(void)state;
	for (n = 0; n * STEP < LONGEST; n++)
		put(n, n * STEP, (uint8_t)(1 + n % 250));
	scep_store_close(store);
	open_store();
	for (n = 0; n * STEP < LONGEST; n++)
		expect(n, n * STEP, (uint8_t)(1 + n % 250));
	expect_rows(n);
}

static void
grown_and_shrunk(void **state)
{
	static const size_t	 lens[] = { 0, 2000, 900, 901, 5000, 1, 3000,
				    0, 950, 870, 30000, 10 };
	size_t			 i, j;

	(void)state;
	put(1, 1500, 11);
	put(3, 1500, 33);
	for (i = 0; i < sizeof(lens) / sizeof(lens[0]); i++)
		for (j = 0; j < sizeof(lens) / sizeof(lens[0]); j++) {
			put(2, lens[i], 21);
			put(2, lens[j], 22);
			expect(2, lens[j], 22);
		}
	expect_rows(3);
	expect(1, 1500, 11);
	expect(3, 1500, 33);
}

static void
removed_with_all_its_pieces(void **state)
{
	static const uint8_t	 issuer[16], serial[2] = { 0, 2 };
	struct scep_change	 change = { .n = 0 };
	struct scep_buf		 key = { NULL, 0 };
	struct scep_cert_rec	 rec;
	struct scep_error	 err;

	(void)state;
	put(1, 3000, 1);
	put(2, 3000, 2);
	put(3, 3000, 3);
	expect_rows(3);
	assert_int_equal(scep_cert_key(scep_span_make(serial, 2), issuer,
	    &key, &err), SCEP_OK);
	assert_int_equal(scep_change_delete(&change, SCEP_T_CERTIFICATE,
	    scep_buf_span(&key), SCEP_REV_ANY, &err), SCEP_OK);
	assert_int_equal(scep_store_commit(store, &change, &err), SCEP_OK);
	scep_change_clear(&change);
	scep_buf_clear(&key);
	expect_rows(2);
	assert_int_equal(get(2, &rec, &err), SCEP_E_NOTFOUND);
	expect(1, 3000, 1);
	expect(3, 3000, 3);
}

static atomic_int	 done, reads;

static void *
rewrite(void *arg)
{
	int	 i;

	(void)arg;
	/* As long as the reader takes to get going, within reason. */
	for (i = 0; i < ROUNDS || (atomic_load(&reads) < 10 &&
	    i < 50 * ROUNDS); i++)
		put(7, i % 2 ? 3000 : 2900, (uint8_t)(1 + i % 200));
	atomic_store(&done, 1);
	return NULL;
}

/* Pieces of one row come from one revision, however often it is written. */
static void
read_while_written(void **state)
{
	struct scep_cert_rec	 rec;
	struct scep_error	 err;
	pthread_t		 thread;

	(void)state;
	put(7, 3000, 1);
	atomic_store(&done, 0);
	atomic_store(&reads, 0);
	assert_int_equal(pthread_create(&thread, NULL, rewrite, NULL), 0);
	do {
		assert_int_equal(get(7, &rec, &err), SCEP_OK);
		assert_true(is_all(&rec.der, rec.der.len,
		    (uint8_t)(rec.issued - 1000)));
		scep_cert_rec_clear(&rec);
		expect_rows(1);
		atomic_fetch_add(&reads, 1);
	} while (!atomic_load(&done));
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_true(atomic_load(&reads) >= 10);
}

/* Every file has pages of 4 KiB; and certificates share them. */
static void
pages_are_small_and_shared(void **state)
{
	char		 home[96];
	DB_ENV		*env;
	DB		*h;
	DB_BTREE_STAT	*stat;
	u_int32_t	 size;
	unsigned int	 n;
	int		 i;

	(void)state;
	for (n = 0; n < 500; n++)
		put(n, 1100, 1);
	scep_store_close(store);
	(void)snprintf(home, sizeof(home), "%s/db", dir);
	assert_int_equal(db_env_create(&env, 0), 0);
	assert_int_equal(env->open(env, home, DB_CREATE | DB_INIT_MPOOL |
	    DB_PRIVATE, 0600), 0);
	for (i = 0; i < SCEP_TREE__MAX; i++) {
		assert_int_equal(db_create(&h, env, 0), 0);
		assert_int_equal(h->open(h, NULL, scep_db_tree_file(
		    (enum scep_db_tree)i), NULL, DB_BTREE, DB_RDONLY, 0), 0);
		assert_int_equal(h->get_pagesize(h, &size), 0);
		assert_int_equal(size, 4096);
		assert_int_equal(h->stat(h, NULL, &stat, 0), 0);
		assert_int_equal(stat->bt_over_pg, 0);
		/* Two and more of 1.3 KiB, where one alone would take four. */
		if (i == SCEP_TREE_CERTIFICATE)
			assert_true(stat->bt_leaf_pg < 500 / 2 + 10);
		free(stat);
		assert_int_equal(h->close(h, 0), 0);
	}
	assert_int_equal(env->close(env, 0), 0);
	open_store();
}

#define T(f)	cmocka_unit_test_setup_teardown(f, make, unmake)

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		T(of_any_length),
		T(grown_and_shrunk),
		T(removed_with_all_its_pieces),
		T(read_while_written),
		T(pages_are_small_and_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
