/*
 * t_store_schema.c - a store of an older schema that lacks a table, and what
 * is in that table then.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/dir.h"
#include "base/error.h"
#include "store/db.h"

#define BIG	(3u * 1024 * 1024)	/* octets of a CRL: more than the cache
					   of a brief store, and its log */

static char	 dir[64];
static char	 said[4096];

static int
make_dir(void **state)
{
	(void)state;
	(void)strcpy(dir, "/tmp/t_store_schema.XXXXXX");
	return mkdtemp(dir) != NULL ? 0 : -1;
}

static int
remove_dir(void **state)
{
	(void)state;
	scep_dir_remove(dir, 1);
	return 0;
}

static void
say(void *arg, const char *text)
{
	(void)arg;
	(void)snprintf(said + strlen(said), sizeof(said) - strlen(said),
	    "%s\n", text);
}

static struct scep_store *
open_store(int brief)
{
	const struct scep_store_db_options	 opt = {
		.dir = dir, .reserve = 1, .brief = brief, .say = say
	};
	struct scep_store	*store;
	struct scep_error	 err;

	said[0] = '\0';
	if (scep_store_db_open(&opt, &store, &err) != SCEP_OK)
		fail_msg("%s", err.text);
	return store;
}

static enum scep_err
put_crl(struct scep_store *store, long number, uint64_t rev, size_t len)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_crl_rec	 rec = { .ca_sha256 = { 7 }, .rev = rev,
				    .number = number, .this_update = 5,
				    .next_update = 6, .entries = 3 };
	struct scep_error	 err;
	enum scep_err		 rc;

	assert_non_null(rec.der.data = OPENSSL_zalloc(len));
	rec.der.len = len;
	rec.der.data[len - 1] = 0x5a;
	assert_int_equal(scep_crl_rec_write(&change, &rec, &err), SCEP_OK);
	assert_int_equal(scep_buf_set(&change.log, scep_span_text("a CRL"),
	    &err), SCEP_OK);
	rc = scep_store_commit(store, &change, &err);
	scep_change_clear(&change);
	scep_crl_rec_clear(&rec);
	return rc;
}

static void
has_crl(struct scep_store *store, long number, uint64_t rev, size_t len)
{
	const uint8_t		 ca[SCEP_SHA256_LEN] = { 7 };
	const uint8_t		 other[SCEP_SHA256_LEN] = { 8 };
	struct scep_crl_rec	 rec;
	struct scep_error	 err;

	assert_int_equal(scep_crl_rec_get(store, ca, &rec, &err), SCEP_OK);
	assert_int_equal(rec.number, number);
	assert_int_equal(rec.rev, rev);
	assert_int_equal(rec.next_update, 6);
	assert_int_equal(rec.entries, 3);
	assert_int_equal(rec.stale, 0);
	assert_int_equal(rec.der.len, len);
	assert_int_equal(rec.der.data[len - 1], 0x5a);
	scep_crl_rec_clear(&rec);
	assert_int_equal(scep_crl_rec_get(store, other, &rec, &err),
	    SCEP_E_NOTFOUND);
}

static void
put_cert(struct scep_store *store)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_cert_rec	 rec = { .state = SCEP_CERT_REVOKED,
				    .issued = 1, .not_after = 2,
				    .revoked = 3 };
	struct scep_error	 err;

	assert_int_equal(scep_buf_set(&rec.serial, scep_span_text("1"), &err),
	    SCEP_OK);
	assert_int_equal(scep_cert_rec_write(&change, &rec, &err), SCEP_OK);
	assert_int_equal(scep_store_commit(store, &change, &err), SCEP_OK);
	scep_change_clear(&change);
	scep_cert_rec_clear(&rec);
}

static enum scep_err
count(void *arg, const struct scep_row *row, struct scep_error *err)
{
	(void)row;
	(void)err;
	++*(int *)arg;
	return SCEP_OK;
}

static int
revoked(struct scep_store *store)
{
	const struct scep_span	 all = { NULL, 0 };
	struct scep_error	 err;
	int			 n = 0;

	assert_int_equal(scep_store_scan_index(store,
	    SCEP_IX_CERTIFICATE_REVOKED, all, all, count, &n, &err), SCEP_OK);
	return n;
}

/* Leave the store as schema 2 had it. */
static void
make_old(struct scep_store *store)
{
	struct scep_db	*db = (struct scep_db *)store;
	DBT		 key = scep_dbt(scep_span_text("schema"));
	DBT		 two = scep_dbt(scep_span_text("2"));
	char		 path[128];

	assert_int_equal(db->meta->put(db->meta, NULL, &key, &two,
	    DB_AUTO_COMMIT), 0);
	scep_store_close(store);
	(void)snprintf(path, sizeof(path), "%s/db/crls.db", dir);
	assert_int_equal(unlink(path), 0);
}

/* Schema 2 knew no CRLs; its indexes are ours. */
static void
a_store_without_crls_gets_a_table(void **state)
{
	struct scep_store	*store = open_store(0);
	char			 path[128];

	(void)state;
	put_cert(store);
	make_old(store);
	store = open_store(0);
	assert_non_null(strstr(said, "schema 2 is migrated to 3"));
	assert_null(strstr(said, "indexes"));
	assert_int_equal(revoked(store), 1);
	assert_int_equal(put_crl(store, 9, SCEP_REV_ABSENT, 100), SCEP_OK);
	scep_store_close(store);
	store = open_store(0);
	assert_string_equal(said, "");
	assert_int_equal(revoked(store), 1);
	has_crl(store, 9, 1, 100);
	/* One that also lacks an index gets that made. */
	make_old(store);
	(void)snprintf(path, sizeof(path), "%s/db/certificates-revoked.db",
	    dir);
	assert_int_equal(unlink(path), 0);
	store = open_store(0);
	assert_non_null(strstr(said, "indexes are made anew"));
	assert_int_equal(revoked(store), 1);
	assert_int_equal(put_crl(store, 9, SCEP_REV_ABSENT, 100), SCEP_OK);
	scep_store_close(store);
}

static void
a_crl_of_megabytes_is_a_row_like_others(void **state)
{
	struct scep_store	*store = open_store(1);
	int			 brief;

	(void)state;
	assert_int_equal(put_crl(store, 1, SCEP_REV_ABSENT, BIG), SCEP_OK);
	has_crl(store, 1, 1, BIG);
	/* A rival's is not overwritten. */
	assert_int_equal(put_crl(store, 2, SCEP_REV_ABSENT, BIG),
	    SCEP_E_CHANGED);
	assert_int_equal(put_crl(store, 2, 1, BIG - 1), SCEP_OK);
	scep_store_close(store);
	for (brief = 0; brief < 2; brief++) {
		store = open_store(brief);
		has_crl(store, 2, 2, BIG - 1);
		scep_store_close(store);
	}
}

int
main(void)
{
#define T(f)	cmocka_unit_test_setup_teardown(f, make_dir, remove_dir)
	const struct CMUnitTest	 tests[] = {
		T(a_store_without_crls_gets_a_table),
		T(a_crl_of_megabytes_is_a_row_like_others),
	};

	return cmocka_run_group_tests_name("store_schema", tests, NULL, NULL);
}
