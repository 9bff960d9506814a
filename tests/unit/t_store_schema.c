/*
 * t_store_schema.c - a store of an older schema, which lacks a table or has
 * its rows in other files.
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
#include "tests/unit/old_store.h"

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

static void
remove_file(const char *name)
{
	char	 path[128];

	(void)snprintf(path, sizeof(path), "%s/db/%s", dir, name);
	assert_int_equal(unlink(path), 0);
}

static int
has_file(const char *name)
{
	char	 path[128];

	(void)snprintf(path, sizeof(path), "%s/db/%s", dir, name);
	return access(path, F_OK) == 0;
}

/* Leave the store as schema 2 had it. */
static void
make_old(struct scep_store *store)
{
	scep_store_close(store);
	old_store_make(dir, 2);
	remove_file("crls.db");
}

/* Schema 2 knew no CRLs. */
static void
a_store_without_crls_gets_a_table(void **state)
{
	struct scep_store	*store = open_store(0);

	(void)state;
	put_cert(store);
	make_old(store);
	store = open_store(0);
	assert_non_null(strstr(said, "schema 2 is migrated to 4"));
	assert_int_equal(revoked(store), 1);
	assert_int_equal(put_crl(store, 9, SCEP_REV_ABSENT, 100), SCEP_OK);
	scep_store_close(store);
	store = open_store(0);
	assert_string_equal(said, "");
	assert_int_equal(revoked(store), 1);
	has_crl(store, 9, 1, 100);
	scep_store_close(store);
}

/* A row of each table that has moved, and of one that has not. */
static void
put_all(struct scep_store *store, unsigned char n)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_challenge	 challenge = { .state = SCEP_CHALLENGE_LIVE,
				    .purge = 50 + n };
	struct scep_pending	 pending = { .expires = 60 + n };
	struct scep_txn		 txn = { .state = SCEP_TXN_GRANTED,
				    .expires = 70 + n };
	struct scep_cert_rec	 cert = { .state = SCEP_CERT_REVOKED,
				    .revoked = 80 + n };
	struct scep_error	 err;

	(void)snprintf(challenge.id, sizeof(challenge.id), "c%u", n);
	(void)snprintf(pending.request_id, sizeof(pending.request_id),
	    "%016u", n);
	txn.key.prefix[0] = txn.key.info[0] = n;
	assert_int_equal(scep_buf_set(&cert.serial, scep_span_make(&n, 1),
	    &err), SCEP_OK);
	assert_int_equal(scep_challenge_write(&change, &challenge, &err),
	    SCEP_OK);
	assert_int_equal(scep_pending_write(&change, &pending, &err),
	    SCEP_OK);
	assert_int_equal(scep_txn_write(&change, &txn, &err), SCEP_OK);
	assert_int_equal(scep_cert_rec_write(&change, &cert, &err), SCEP_OK);
	assert_int_equal(scep_store_commit(store, &change, &err), SCEP_OK);
	scep_change_clear(&change);
	scep_cert_rec_clear(&cert);
}

static void
has_all(struct scep_store *store, int n)
{
	static const enum scep_table	 tables[] = {
		SCEP_T_CHALLENGE, SCEP_T_PENDING, SCEP_T_TRANSACTION,
		SCEP_T_NEWEST, SCEP_T_CERTIFICATE
	};
	static const enum scep_index	 indexes[] = {
		SCEP_IX_CHALLENGE_EXPIRES, SCEP_IX_PENDING_EXPIRES,
		SCEP_IX_TRANSACTION_EXPIRES, SCEP_IX_CERTIFICATE_REVOKED
	};
	const struct scep_span	 all = { NULL, 0 };
	uint8_t			 prefix[SCEP_SHA256_LEN] = { (uint8_t)n };
	struct scep_txn		 txn;
	struct scep_error	 err;
	size_t			 i;
	int			 found;

	for (i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		found = 0;
		assert_int_equal(scep_store_scan(store, tables[i], all, count,
		    &found, &err), SCEP_OK);
		assert_int_equal(found, n);
	}
	for (i = 0; i < sizeof(indexes) / sizeof(indexes[0]); i++) {
		found = 0;
		assert_int_equal(scep_store_scan_index(store, indexes[i], all,
		    all, count, &found, &err), SCEP_OK);
		assert_int_equal(found, n);
	}
	assert_int_equal(scep_txn_newest(store, prefix, &txn, &err), SCEP_OK);
	assert_int_equal(txn.rev, 1);
	assert_int_equal(txn.expires, 70 + n);
	scep_txn_clear(&txn);
}

static void
schema_3_is_migrated_and_its_files_go(void **state)
{
	struct scep_store	*store = open_store(0);
	struct scep_error	 err;
	unsigned char		 n;

	(void)state;
	for (n = 1; n <= 9; n++)
		put_all(store, n);
	has_all(store, 9);
	assert_int_equal(put_crl(store, 4, SCEP_REV_ABSENT, BIG), SCEP_OK);
	scep_store_close(store);
	old_store_make(dir, 3);
	assert_true(has_file("certificates.db") && has_file("newest.db"));
	assert_false(has_file("certs.db"));
	store = open_store(1);
	assert_non_null(strstr(said, "schema 3 is migrated to 4"));
	assert_false(has_file("certificates.db") || has_file("newest.db") ||
	    has_file("certificates-key.db") || has_file("crls.db"));
	has_all(store, 9);
	has_crl(store, 4, 1, BIG);
	put_all(store, 10);
	has_all(store, 10);
	assert_int_equal(scep_store_tend(store, &err), SCEP_OK);
	scep_store_close(store);
	store = open_store(0);
	assert_string_equal(said, "");
	has_all(store, 10);
	scep_store_close(store);
}

static enum scep_err
put_txn(struct scep_store *store, uint8_t prefix, uint8_t info, uint64_t rev,
    uint64_t newest)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_txn		 txn = { .state = SCEP_TXN_PENDING,
				    .rev = rev, .expires = 100 + info };
	struct scep_error	 err;
	enum scep_err		 rc;

	txn.key.prefix[0] = prefix;
	txn.key.info[0] = info;
	assert_int_equal(scep_change_check(&change, SCEP_T_NEWEST,
	    scep_span_make(txn.key.prefix, SCEP_SHA256_LEN), newest, &err),
	    SCEP_OK);
	assert_int_equal(scep_txn_write(&change, &txn, &err), SCEP_OK);
	rc = scep_store_commit(store, &change, &err);
	scep_change_clear(&change);
	return rc;
}

/* Its info and the revision of what leads to it. */
static int
newest_is(struct scep_store *store, uint8_t prefix, uint64_t *rev)
{
	uint8_t			 octets[SCEP_SHA256_LEN] = { prefix };
	struct scep_row		 row;
	struct scep_txn		 txn;
	struct scep_error	 err;
	int			 info;

	if (scep_store_get(store, SCEP_T_NEWEST, scep_span_make(octets,
	    sizeof(octets)), &row, &err) != SCEP_OK) {
		*rev = SCEP_REV_ABSENT;
		return -1;
	}
	*rev = row.rev;
	assert_memory_equal(row.value.data, octets, sizeof(octets));
	info = row.value.data[SCEP_SHA256_LEN];
	scep_row_clear(&row);
	assert_int_equal(scep_txn_newest(store, octets, &txn, &err),
	    SCEP_OK);
	assert_int_equal(txn.key.info[0], info);
	scep_txn_clear(&txn);
	return info;
}

/* Also where that is not the last in the order of keys, and in what an older
 * schema left. */
static void
what_came_last_is_the_newest_of_a_prefix(void **state)
{
	static const uint8_t	 infos[] = { 5, 9, 2, 7 };
	struct scep_store	*store = open_store(0);
	uint64_t		 rev, before;
	size_t			 i;

	(void)state;
	assert_int_equal(newest_is(store, 3, &rev), -1);
	for (i = 0; i < sizeof(infos); i++) {
		before = rev;
		assert_int_equal(put_txn(store, 3, infos[i], 0, rev),
		    SCEP_OK);
		assert_int_equal(newest_is(store, 3, &rev), infos[i]);
		assert_int_not_equal(rev, before);
		/* A rival that had read what was newest before. */
		assert_int_equal(put_txn(store, 3, 200, 0, before),
		    SCEP_E_CHANGED);
		assert_int_equal(put_txn(store, 4, infos[i], 0, i == 0 ? 0 :
		    SCEP_REV_ANY), SCEP_OK);
	}
	/* One that is decided does not become newer by that. */
	assert_int_equal(put_txn(store, 3, 9, 1, rev), SCEP_OK);
	assert_int_equal(newest_is(store, 3, &before), 7);
	assert_int_equal(rev, before);
	scep_store_close(store);
	old_store_make(dir, 3);
	store = open_store(0);
	assert_non_null(strstr(said, "migrated"));
	assert_int_equal(newest_is(store, 3, &rev), 7);
	assert_int_equal(newest_is(store, 4, &rev), 7);
	assert_int_equal(newest_is(store, 5, &rev), -1);
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
		T(schema_3_is_migrated_and_its_files_go),
		T(what_came_last_is_the_newest_of_a_prefix),
		T(a_crl_of_megabytes_is_a_row_like_others),
	};

	return cmocka_run_group_tests_name("store_schema", tests, NULL, NULL);
}
