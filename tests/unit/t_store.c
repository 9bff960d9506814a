/*
 * t_store.c - what every store must do: one suite, run against the store in
 * memory and against Berkeley DB.
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
#include "store/record.h"
#include "tests/unit/stores.h"

#define THREADS	8
#define COMMITS	50

static const struct scep_span	 nothing = { NULL, 0 };

/* A CRL's row needs no meaning: it has no index. */
static void
add(struct scep_change *change, int what, const char *key, const char *value,
    uint64_t expect)
{
	struct scep_write	*w = &change->write[change->n++];
	struct scep_error	 err;

	w->table = SCEP_T_CRL;
	w->expect = expect;
	w->what = what == SCEP_WRITE_PUT ? SCEP_WRITE_PUT :
	    what == SCEP_WRITE_DELETE ? SCEP_WRITE_DELETE : SCEP_WRITE_CHECK;
	assert_int_equal(scep_buf_set(&w->key, scep_span_text(key), &err),
	    SCEP_OK);
	assert_int_equal(scep_buf_set(&w->value, scep_span_text(value), &err),
	    SCEP_OK);
}

static void
set_log(struct scep_change *change, const char *line)
{
	struct scep_error	 err;

	assert_int_equal(scep_buf_set(&change->log, scep_span_text(line),
	    &err), SCEP_OK);
}

/* Commit and release. */
static enum scep_err
commit(struct scep_change *change)
{
	struct scep_error	 err = { SCEP_OK, "" };
	enum scep_err		 rc = scep_store_commit(stores_one, change,
	    &err);

	if (rc != SCEP_OK) {
		assert_int_equal(err.code, rc);
		assert_string_not_equal(err.text, "");
	}
	scep_change_clear(change);
	return rc;
}

static enum scep_err
write_row(int what, const char *key, const char *value, uint64_t expect)
{
	struct scep_change	 change = { .n = 0 };

	add(&change, what, key, value, expect);
	return commit(&change);
}

/* The revision of a row, 0 if there is none; its value must be this. */
static uint64_t
read_rev(const char *key, const char *value)
{
	struct scep_row		 row;
	struct scep_error	 err;
	uint64_t		 rev;
	enum scep_err		 rc;

	rc = scep_store_get(stores_one, SCEP_T_CRL, scep_span_text(key),
	    &row,
	    &err);
	if (rc == SCEP_E_NOTFOUND)
		return 0;
	assert_int_equal(rc, SCEP_OK);
	assert_true(scep_span_equal(scep_buf_span(&row.key),
	    scep_span_text(key)));
	assert_true(scep_span_equal(scep_buf_span(&row.value),
	    scep_span_text(value)));
	rev = row.rev;
	scep_row_clear(&row);
	return rev;
}

static void
a_row_that_is_not_there_is_not_found(void **state)
{
	struct scep_row		 row;
	struct scep_error	 err;

	(void)state;
	assert_int_equal(scep_store_get(stores_one, SCEP_T_CHALLENGE,
	    scep_span_text("x"), &row, &err), SCEP_E_NOTFOUND);
	assert_int_equal(write_row(SCEP_WRITE_PUT, "x", "1", 0), SCEP_OK);
	assert_int_equal(read_rev("x", "1"), 1);
}

static void
a_revision_counts_the_writes(void **state)
{
	(void)state;
	assert_int_equal(write_row(SCEP_WRITE_PUT, "k", "a", 0), SCEP_OK);
	assert_int_equal(read_rev("k", "a"), 1);
	assert_int_equal(write_row(SCEP_WRITE_PUT, "k", "b", 1), SCEP_OK);
	assert_int_equal(read_rev("k", "b"), 2);
	assert_int_equal(write_row(SCEP_WRITE_PUT, "k", "c", SCEP_REV_ANY),
	    SCEP_OK);
	assert_int_equal(read_rev("k", "c"), 3);
	assert_int_equal(write_row(SCEP_WRITE_DELETE, "k", "", 3), SCEP_OK);
	assert_int_equal(read_rev("k", ""), 0);
	assert_int_equal(write_row(SCEP_WRITE_PUT, "k", "d", SCEP_REV_ABSENT),
	    SCEP_OK);
	assert_int_equal(read_rev("k", "d"), 1);
}

static void
a_failed_expectation_changes_nothing(void **state)
{
	struct scep_change	 change = { .n = 0 };

	(void)state;
	assert_int_equal(write_row(SCEP_WRITE_PUT, "old", "1", 0), SCEP_OK);
	assert_int_equal(write_row(SCEP_WRITE_PUT, "old", "2", 0),
	    SCEP_E_CHANGED);
	assert_int_equal(write_row(SCEP_WRITE_PUT, "old", "2", 7),
	    SCEP_E_CHANGED);
	assert_int_equal(write_row(SCEP_WRITE_DELETE, "old", "", 7),
	    SCEP_E_CHANGED);
	assert_int_equal(write_row(SCEP_WRITE_CHECK, "old", "", 0),
	    SCEP_E_CHANGED);
	assert_int_equal(write_row(SCEP_WRITE_CHECK, "none", "", 1),
	    SCEP_E_CHANGED);
	add(&change, SCEP_WRITE_PUT, "new", "1", 0);
	add(&change, SCEP_WRITE_PUT, "old", "2", 1);
	add(&change, SCEP_WRITE_CHECK, "none", "", 3);
	assert_int_equal(commit(&change), SCEP_E_CHANGED);
	assert_int_equal(read_rev("new", ""), 0);
	assert_int_equal(read_rev("old", "1"), 1);
	/* The control: with what is there, it is done. */
	add(&change, SCEP_WRITE_PUT, "new", "1", 0);
	add(&change, SCEP_WRITE_PUT, "old", "2", 1);
	add(&change, SCEP_WRITE_CHECK, "none", "", 0);
	assert_int_equal(commit(&change), SCEP_OK);
	assert_int_equal(read_rev("new", "1"), 1);
	assert_int_equal(read_rev("old", "2"), 2);
}

struct seen {
	struct scep_buf	 keys;		/* each with a blank behind */
	size_t		 n, stop;	/* stop: end well after so many */
	enum scep_err	 fail;
};

static enum scep_err
see(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct seen		*seen = arg;
	struct scep_row		 again;

	/* A callback may use the store. */
	assert_int_equal(scep_store_get(stores_one, SCEP_T_LOG,
	    scep_span_text("no"), &again, err), SCEP_E_NOTFOUND);
	assert_true(row->rev > 0);
	(void)scep_buf_add(&seen->keys, scep_buf_span(&row->key), err);
	(void)scep_buf_add(&seen->keys, scep_span_text(" "), err);
	if (++seen->n == seen->stop)
		return SCEP_E_EXISTS;
	return seen->fail == SCEP_OK ? SCEP_OK :
	    scep_fail(err, seen->fail, "enough");
}

static void
expect_seen(struct seen *seen, const char *keys)
{
	assert_true(scep_span_equal(scep_buf_span(&seen->keys),
	    scep_span_text(keys)));
	scep_buf_clear(&seen->keys);
	memset(seen, 0, sizeof(*seen));
}

static void
a_scan_goes_in_the_order_of_keys(void **state)
{
	struct seen		 seen = { .n = 0 };
	struct scep_error	 err;

	(void)state;
	(void)write_row(SCEP_WRITE_PUT, "b", "", 0);
	(void)write_row(SCEP_WRITE_PUT, "ab", "", 0);
	(void)write_row(SCEP_WRITE_PUT, "c", "", 0);
	(void)write_row(SCEP_WRITE_PUT, "a", "", 0);
	assert_int_equal(scep_store_scan(stores_one, SCEP_T_CRL, nothing,
	    see, &seen, &err), SCEP_OK);
	expect_seen(&seen, "a ab b c ");
	assert_int_equal(scep_store_scan(stores_one, SCEP_T_CRL,
	    scep_span_text("aa"), see, &seen, &err), SCEP_OK);
	expect_seen(&seen, "ab b c ");
	seen.stop = 2;
	assert_int_equal(scep_store_scan(stores_one, SCEP_T_CRL, nothing,
	    see, &seen, &err), SCEP_OK);
	expect_seen(&seen, "a ab ");
	seen.fail = SCEP_E_TIME;
	assert_int_equal(scep_store_scan(stores_one, SCEP_T_CRL, nothing,
	    see, &seen, &err), SCEP_E_TIME);
	expect_seen(&seen, "a ");
	assert_int_equal(scep_store_scan(stores_one, SCEP_T_CRL,
	    scep_span_text("d"), see, &seen, &err), SCEP_OK);
	expect_seen(&seen, "");
}

/* A certificate whose serial is two octets, so that keys can be read. */
static void
put_cert(struct scep_change *change, unsigned int number, const char *subject,
    time_t not_after, uint64_t rev)
{
	struct scep_cert_rec	 rec;
	struct scep_error	 err;
	uint8_t			 serial[2];

	memset(&rec, 0, sizeof(rec));
	serial[0] = (uint8_t)(number >> 8);
	serial[1] = (uint8_t)number;
	assert_int_equal(scep_buf_set(&rec.serial,
	    scep_span_make(serial, 2), &err), SCEP_OK);
	rec.state = SCEP_CERT_VALID;
	rec.rev = rev;
	rec.not_after = not_after;
	(void)snprintf(rec.subject, sizeof(rec.subject), "%s", subject);
	assert_int_equal(scep_cert_rec_write(change, &rec, &err), SCEP_OK);
	scep_cert_rec_clear(&rec);
}

static void
save_cert(unsigned int number, const char *subject, time_t not_after,
    uint64_t rev)
{
	struct scep_change	 change = { .n = 0 };

	put_cert(&change, number, subject, not_after, rev);
	assert_int_equal(commit(&change), SCEP_OK);
}

struct numbers {
	unsigned int	 list[400];
	size_t		 n;
};

static enum scep_err
see_number(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct numbers	*seen = arg;

	(void)err;
	assert_int_equal(row->key.data[0], 2);	/* length of the serial */
	assert_true(seen->n < 400);
	seen->list[seen->n++] = (unsigned int)(row->key.data[1] << 8 |
	    row->key.data[2]);
	return SCEP_OK;
}

static void
by_time(time_t from, time_t to, struct numbers *seen)
{
	uint8_t			 a[8], b[8];
	struct scep_error	 err;
	int			 i;

	for (i = 0; i < 8; i++) {
		a[i] = (uint8_t)((uint64_t)from >> (56 - 8 * i));
		b[i] = (uint8_t)((uint64_t)to >> (56 - 8 * i));
	}
	seen->n = 0;
	assert_int_equal(scep_store_scan_index(stores_one,
	    SCEP_IX_CERTIFICATE_EXPIRES, scep_span_make(a, 8),
	    to == 0 ? nothing : scep_span_make(b, 8), see_number, seen, &err),
	    SCEP_OK);
}

static void
by_subject(const char *from, const char *to, struct numbers *seen)
{
	struct scep_error	 err;

	seen->n = 0;
	assert_int_equal(scep_store_scan_index(stores_one,
	    SCEP_IX_CERTIFICATE_SUBJECT, scep_span_text(from),
	    scep_span_text(to), see_number, seen, &err), SCEP_OK);
}

static void
an_index_follows_its_rows(void **state)
{
	struct numbers		 seen;
	struct scep_change	 change = { .n = 0 };
	struct scep_error	 err;
	static const uint8_t	 issuer[16];
	struct scep_buf		 key = { NULL, 0 };
	static const uint8_t	 serial[2] = { 0, 2 };

	(void)state;
	save_cert(1, "CN=Bob", 300, 0);
	save_cert(2, "cn=alice", 100, 0);
	save_cert(3, "CN=BOB", 200, 0);
	by_time(0, 0, &seen);
	assert_int_equal(seen.n, 3);
	assert_int_equal(seen.list[0], 2);
	assert_int_equal(seen.list[1], 3);
	assert_int_equal(seen.list[2], 1);
	by_time(100, 300, &seen);	/* from is in, to is not */
	assert_int_equal(seen.n, 2);
	by_time(101, 300, &seen);
	assert_int_equal(seen.n, 1);
	by_subject("cn=bob", "cn=boc", &seen);
	assert_int_equal(seen.n, 2);
	assert_int_equal(seen.list[0], 1);
	assert_int_equal(seen.list[1], 3);
	save_cert(3, "CN=Carol", 400, 1);
	by_subject("cn=bob", "cn=boc", &seen);
	assert_int_equal(seen.n, 1);
	by_time(400, 401, &seen);
	assert_int_equal(seen.n, 1);
	assert_int_equal(scep_cert_key(scep_span_make(serial, 2), issuer,
	    &key, &err), SCEP_OK);
	assert_int_equal(scep_change_delete(&change, SCEP_T_CERTIFICATE,
	    scep_buf_span(&key), 1, &err), SCEP_OK);
	assert_int_equal(commit(&change), SCEP_OK);
	by_subject("cn=alice", "cn=alicf", &seen);
	assert_int_equal(seen.n, 0);
	scep_buf_clear(&key);
}

/* More than one page, with a run of equal index keys across its end. */
static void
a_long_scan_sees_each_row_once(void **state)
{
	struct scep_change	 change = { .n = 0 };
	struct numbers		 seen;
	unsigned int		 i;

	(void)state;
	for (i = 0; i < 300; i++) {
		put_cert(&change, i, i < 250 ? "CN=same" : "CN=zebra",
		    (time_t)(1000 + i / 100), 0);
		if (change.n == SCEP_CHANGE_MAX || i == 299)
			assert_int_equal(commit(&change), SCEP_OK);
	}
	by_subject("cn=same", "cn=samf", &seen);
	assert_int_equal(seen.n, 250);
	for (i = 0; i < 250; i++)
		assert_int_equal(seen.list[i], i);
	by_time(1000, 0, &seen);
	assert_int_equal(seen.n, 300);
	for (i = 0; i < 300; i++)
		assert_int_equal(seen.list[i], i);
}

static void
a_row_without_an_expiry_is_in_no_index_of_times(void **state)
{
	struct numbers	 seen;

	(void)state;
	save_cert(1, "CN=a", 0, 0);
	save_cert(2, "CN=b", 1, 0);
	by_time(0, 0, &seen);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.list[0], 2);
}

static void
a_value_that_cannot_be_indexed_is_not_written(void **state)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_row		 row;
	struct scep_error	 err;

	(void)state;
	add(&change, SCEP_WRITE_PUT, "x", "rubbish", 0);
	change.write[0].table = SCEP_T_CHALLENGE;
	add(&change, SCEP_WRITE_PUT, "y", "1", 0);
	assert_int_equal(commit(&change), SCEP_E_STORE);
	assert_int_equal(read_rev("y", ""), 0);
	assert_int_equal(scep_store_get(stores_one, SCEP_T_CHALLENGE,
	    scep_span_text("x"), &row, &err), SCEP_E_NOTFOUND);
}

static enum scep_err
see_line(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct scep_buf	*lines = arg;

	assert_int_equal(row->key.len, 8);
	(void)scep_buf_add(lines, scep_buf_span(&row->value), err);
	return scep_buf_add(lines, scep_span_text("|"), err);
}

static void
a_log_entry_is_there_with_its_change_or_not_at_all(void **state)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_buf		 lines = { NULL, 0 };
	struct scep_error	 err;

	(void)state;
	add(&change, SCEP_WRITE_PUT, "a", "1", 0);
	set_log(&change, "first");
	assert_int_equal(commit(&change), SCEP_OK);
	add(&change, SCEP_WRITE_PUT, "a", "2", 0);
	set_log(&change, "never");
	assert_int_equal(commit(&change), SCEP_E_CHANGED);
	set_log(&change, "alone");
	assert_int_equal(commit(&change), SCEP_OK);
	assert_int_equal(scep_store_scan(stores_one, SCEP_T_LOG, nothing,
	    see_line, &lines, &err), SCEP_OK);
	assert_true(scep_span_equal(scep_buf_span(&lines),
	    scep_span_text("first|alone|")));
	scep_buf_clear(&lines);
}

static void
a_log_entry_is_one_line(void **state)
{
	struct scep_change	 change = { .n = 0 };

	(void)state;
	add(&change, SCEP_WRITE_PUT, "a", "1", 0);
	set_log(&change, "one\ntwo");
	assert_int_equal(commit(&change), SCEP_E_INTERNAL);
	assert_int_equal(read_rev("a", ""), 0);
	add(&change, SCEP_WRITE_PUT, "a", "1", 0);
	set_log(&change, "one two");
	assert_int_equal(commit(&change), SCEP_OK);
}

static void
nobody_but_commit_writes_the_log(void **state)
{
	struct scep_change	 change = { .n = 0 };

	(void)state;
	add(&change, SCEP_WRITE_PUT, "12345678", "forged", 0);
	change.write[0].table = SCEP_T_LOG;
	assert_int_equal(commit(&change), SCEP_E_INTERNAL);
}

/* It follows from the transactions: what is expected of it can be said, and
 * nothing else. */
static void
nobody_writes_what_is_newest(void **state)
{
	static const int	 whats[] = {
		SCEP_WRITE_PUT, SCEP_WRITE_DELETE, SCEP_WRITE_CHECK
	};
	struct scep_change	 change = { .n = 0 };
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(whats) / sizeof(whats[0]); i++) {
		add(&change, whats[i], "prefix", "value", SCEP_REV_ABSENT);
		change.write[0].table = SCEP_T_NEWEST;
		assert_int_equal(commit(&change), whats[i] ==
		    SCEP_WRITE_CHECK ? SCEP_OK : SCEP_E_INTERNAL);
	}
}

static void
an_updated_transaction_does_not_become_the_newest(void **state)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_txn		 txn, got;
	struct scep_error	 err;

	(void)state;
	memset(&txn, 0, sizeof(txn));
	txn.state = SCEP_TXN_PENDING;
	txn.key.info[0] = 1;
	assert_int_equal(scep_txn_write(&change, &txn, &err), SCEP_OK);
	assert_int_equal(commit(&change), SCEP_OK);
	txn.key.info[0] = 2;
	assert_int_equal(scep_txn_write(&change, &txn, &err), SCEP_OK);
	assert_int_equal(commit(&change), SCEP_OK);
	assert_int_equal(scep_txn_newest(stores_one, txn.key.prefix, &got,
	    &err), SCEP_OK);
	assert_int_equal(got.key.info[0], 2);
	scep_txn_clear(&got);
	txn.key.info[0] = 1;
	txn.rev = 1;
	txn.state = SCEP_TXN_REFUSED;
	assert_int_equal(scep_txn_write(&change, &txn, &err), SCEP_OK);
	assert_int_equal(commit(&change), SCEP_OK);
	assert_int_equal(scep_txn_get(stores_one, &txn.key, &got, &err),
	    SCEP_OK);
	assert_int_equal(got.state, SCEP_TXN_REFUSED);
	assert_int_equal(got.rev, 2);
	scep_txn_clear(&got);
	assert_int_equal(scep_txn_newest(stores_one, txn.key.prefix, &got,
	    &err), SCEP_OK);
	assert_int_equal(got.key.info[0], 2);
	scep_txn_clear(&got);
	memset(txn.key.prefix, 9, sizeof(txn.key.prefix));
	assert_int_equal(scep_txn_newest(stores_one, txn.key.prefix, &got,
	    &err), SCEP_E_NOTFOUND);
}

static void
delete_txn(const struct scep_txn_key *key)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_buf		 text = { NULL, 0 };
	struct scep_error	 err;

	assert_int_equal(scep_txn_key_text(key, &text, &err), SCEP_OK);
	assert_int_equal(scep_change_delete(&change, SCEP_T_TRANSACTION,
	    scep_buf_span(&text), SCEP_REV_ANY, &err), SCEP_OK);
	assert_int_equal(commit(&change), SCEP_OK);
	scep_buf_clear(&text);
}

static enum scep_err
count_row(void *arg, const struct scep_row *row, struct scep_error *err)
{
	(void)row;
	(void)err;
	++*(size_t *)arg;
	return SCEP_OK;
}

/* The info of the newest, -1 if there is none; as a scan says, too. */
static int
newest_of(const struct scep_txn_key *key, uint64_t *rev)
{
	const struct scep_span	 from = { NULL, 0 };
	struct scep_row		 row;
	struct scep_error	 err;
	size_t			 n = 0;
	int			 info = -1;

	*rev = SCEP_REV_ABSENT;
	if (scep_store_get(stores_one, SCEP_T_NEWEST, scep_span_make(
	    key->prefix, sizeof(key->prefix)), &row, &err) == SCEP_OK) {
		assert_int_equal(row.value.len, 2 * SCEP_SHA256_LEN);
		assert_memory_equal(row.key.data, key->prefix, row.key.len);
		info = row.value.data[SCEP_SHA256_LEN];
		*rev = row.rev;
		scep_row_clear(&row);
	}
	assert_int_equal(scep_store_scan(stores_one, SCEP_T_NEWEST, from,
	    count_row, &n, &err), SCEP_OK);
	assert_int_equal(n, info != -1);
	return info;
}

/* Not by the order of keys, but as they came in. */
static void
the_one_before_a_deleted_newest_is_the_newest_again(void **state)
{
	static const uint8_t	 infos[] = { 5, 9, 2 };
	struct scep_change	 change = { .n = 0 };
	struct scep_txn		 txn;
	struct scep_error	 err;
	uint64_t		 rev, before = 0;
	size_t			 i;

	(void)state;
	memset(&txn, 0, sizeof(txn));
	txn.state = SCEP_TXN_PENDING;
	for (i = 0; i < 3; i++) {
		txn.key.info[0] = infos[i];
		assert_int_equal(scep_txn_write(&change, &txn, &err),
		    SCEP_OK);
		assert_int_equal(commit(&change), SCEP_OK);
		assert_int_equal(newest_of(&txn.key, &rev), infos[i]);
		assert_int_not_equal(rev, before);
		before = rev;
	}
	delete_txn(&txn.key);
	assert_int_equal(newest_of(&txn.key, &rev), 9);
	assert_int_equal(scep_change_check(&change, SCEP_T_NEWEST,
	    scep_span_make(txn.key.prefix, sizeof(txn.key.prefix)), before,
	    &err), SCEP_OK);
	assert_int_equal(commit(&change), SCEP_E_CHANGED);
	assert_int_equal(scep_change_check(&change, SCEP_T_NEWEST,
	    scep_span_make(txn.key.prefix, sizeof(txn.key.prefix)), rev,
	    &err), SCEP_OK);
	assert_int_equal(commit(&change), SCEP_OK);	/* control */
	txn.key.info[0] = 5;				/* not the newest */
	delete_txn(&txn.key);
	assert_int_equal(newest_of(&txn.key, &rev), 9);
	txn.key.info[0] = 9;
	delete_txn(&txn.key);
	assert_int_equal(newest_of(&txn.key, &rev), -1);
}

static void
tend_is_content(void **state)
{
	struct scep_error	 err;

	(void)state;
	assert_int_equal(scep_store_tend(stores_one, &err), SCEP_OK);
}

/* One use of the shared challenge, and a certificate of its own. */
static int
use_once(unsigned int number)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_challenge	 ch;
	struct scep_cert_rec	 rec;
	struct scep_error	 err;
	uint8_t			 serial[2] = { (uint8_t)(number >> 8),
				    (uint8_t)number };
	enum scep_err		 rc;

	memset(&rec, 0, sizeof(rec));
	rec.state = SCEP_CERT_VALID;
	rec.not_after = (time_t)number + 1;
	(void)strcpy(rec.subject, "CN=x");
	rc = scep_challenge_get(stores_one, "shared", &ch, &err);
	if (rc == SCEP_OK) {
		ch.used++;
		rc = scep_challenge_write(&change, &ch, &err);
	}
	if (rc == SCEP_OK)
		rc = scep_buf_set(&rec.serial, scep_span_make(serial, 2),
		    &err);
	if (rc == SCEP_OK)
		rc = scep_cert_rec_write(&change, &rec, &err);
	if (rc == SCEP_OK)
		rc = scep_buf_set(&change.log, scep_span_text("use"), &err);
	if (rc == SCEP_OK)
		rc = scep_store_commit(stores_one, &change, &err);
	scep_change_clear(&change);
	scep_challenge_clear(&ch);
	scep_cert_rec_clear(&rec);
	return rc == SCEP_OK ? 1 : rc == SCEP_E_CHANGED ||
	    rc == SCEP_E_BUSY ? 0 : -1;
}

static void *
rival(void *arg)
{
	unsigned int	 base = *(const unsigned int *)arg, i;
	int		 r;

	for (i = 0; i < COMMITS; i++) {
		while ((r = use_once(base + i)) == 0)
			continue;
		if (r == -1)
			return arg;	/* failed */
	}
	return NULL;
}

/* Reads the index while it changes; NULL if that always went well. */
static void *
reader(void *arg)
{
	struct scep_error	 err;
	size_t			 i;
	int			 *n = arg;

	for (i = 0; i < 20; i++) {
		struct numbers	 seen = { .n = 0 };

		if (scep_store_scan_index(stores_one,
		    SCEP_IX_CERTIFICATE_SUBJECT, nothing, nothing, see_number,
		    &seen, &err) != SCEP_OK) {
			(void)fprintf(stderr, "reader: %s\n", err.text);
			return arg;
		}
		*n = (int)seen.n;
	}
	return NULL;
}

static void
rivals_lose_no_write(void **state)
{
	struct scep_change	 change = { .n = 0 };
	struct scep_challenge	 ch;
	struct scep_error	 err;
	struct numbers		 seen;
	struct scep_buf		 lines = { NULL, 0 };
	pthread_t		 thread[THREADS], look;
	unsigned int		 base[THREADS], i;
	void			*failed;
	int			 n = 0;

	(void)state;
	memset(&ch, 0, sizeof(ch));
	(void)strcpy(ch.id, "shared");
	ch.state = SCEP_CHALLENGE_LIVE;
	ch.uses = THREADS * COMMITS;
	assert_int_equal(scep_challenge_write(&change, &ch, &err), SCEP_OK);
	assert_int_equal(commit(&change), SCEP_OK);
	assert_int_equal(pthread_create(&look, NULL, reader, &n), 0);
	for (i = 0; i < THREADS; i++) {
		base[i] = i * COMMITS;
		assert_int_equal(pthread_create(&thread[i], NULL, rival,
		    &base[i]), 0);
	}
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(thread[i], &failed), 0);
		assert_null(failed);
	}
	assert_int_equal(pthread_join(look, &failed), 0);
	assert_null(failed);
	assert_int_equal(scep_challenge_get(stores_one, "shared", &ch, &err),
	    SCEP_OK);
	assert_int_equal(ch.used, THREADS * COMMITS);
	assert_int_equal(ch.rev, THREADS * COMMITS + 1);
	scep_challenge_clear(&ch);
	by_time(0, 0, &seen);
	assert_int_equal(seen.n, THREADS * COMMITS);
	assert_int_equal(scep_store_scan(stores_one, SCEP_T_LOG, nothing,
	    see_line, &lines, &err), SCEP_OK);
	assert_int_equal(lines.len, THREADS * COMMITS * 4);
	scep_buf_clear(&lines);
}

#define T(f, open)	cmocka_unit_test_setup_teardown(f, open, stores_close)
#define SUITE(open) { \
	T(a_row_that_is_not_there_is_not_found, open), \
	T(a_revision_counts_the_writes, open), \
	T(a_failed_expectation_changes_nothing, open), \
	T(a_scan_goes_in_the_order_of_keys, open), \
	T(an_index_follows_its_rows, open), \
	T(a_long_scan_sees_each_row_once, open), \
	T(a_row_without_an_expiry_is_in_no_index_of_times, open), \
	T(a_value_that_cannot_be_indexed_is_not_written, open), \
	T(a_log_entry_is_there_with_its_change_or_not_at_all, open), \
	T(a_log_entry_is_one_line, open), \
	T(nobody_but_commit_writes_the_log, open), \
	T(nobody_writes_what_is_newest, open), \
	T(an_updated_transaction_does_not_become_the_newest, open), \
	T(the_one_before_a_deleted_newest_is_the_newest_again, open), \
	T(tend_is_content, open), \
	T(rivals_lose_no_write, open), \
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
