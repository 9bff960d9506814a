/*
 * db_rows.c - reading: one row, a tree in order.
 *
 * A scan reads a page of rows, closes its cursor, and only then calls back:
 * what it calls may use the store, and no lock is held meanwhile.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "store/db.h"

#define SCAN_PAGE	64	/* rows */

/* What is none of ours is for whoever decodes it to say, row by row; a line of
 * the log is not decoded. */
static enum scep_err
fill_row(struct scep_db *db, enum scep_table table, struct scep_span key,
    struct scep_span stored, struct scep_row *out, struct scep_error *err)
{
	struct scep_span	 der;
	enum scep_err		 rc;

	memset(out, 0, sizeof(*out));
	if (!scep_db_unpack(stored, &der, &out->rev) && table == SCEP_T_LOG)
		return scep_fail(err, SCEP_E_STORE,
		    "%s/db: a row that is none of ours", db->dir);
	if ((rc = scep_buf_set(&out->key, key, err)) != SCEP_OK ||
	    (rc = scep_buf_set(&out->value, der, err)) != SCEP_OK)
		scep_row_clear(out);
	return rc;
}

static int
get_newest(struct scep_db *db, struct scep_span prefix, struct scep_row *out,
    enum scep_err *rc, struct scep_error *err)
{
	struct scep_db_key	 key;
	int			 r;

	memset(out, 0, sizeof(*out));
	if ((r = scep_db_newest(db, NULL, prefix, &key, &out->rev)) != 0)
		return r;
	if ((*rc = scep_buf_set(&out->key, prefix, err)) != SCEP_OK ||
	    (*rc = scep_buf_set(&out->value, scep_span_make(key.octets,
	    key.dbt.size), err)) != SCEP_OK)
		scep_row_clear(out);
	return 0;
}

/* keys NULL: not asked for. */
static enum scep_err
take_row(struct scep_db *db, enum scep_table table, struct scep_span key,
    struct scep_span stored, struct scep_row *out,
    struct scep_index_keys *keys, struct scep_error *err)
{
	struct scep_index_keys	 own;
	enum scep_err		 rc;

	if (keys == NULL && scep_db_is_number(table, key))
		keys = &own;
	if ((rc = fill_row(db, table, key, stored, out, err)) != SCEP_OK ||
	    keys == NULL)
		return rc;
	rc = scep_record_keys(table, scep_buf_span(&out->value), keys, err);
	if (keys->is_odd)
		return SCEP_OK;
	if (rc == SCEP_OK && scep_db_is_number(table, key))
		rc = scep_buf_set(&out->key, scep_span_make(keys->own,
		    keys->own_len), err);
	if (rc != SCEP_OK)
		scep_row_clear(out);
	return rc;
}

static int
get_row(struct scep_db *db, enum scep_table table, struct scep_span key,
    struct scep_row *out, struct scep_index_keys *keys, enum scep_err *rc,
    struct scep_error *err)
{
	struct scep_db_key	 place;
	struct scep_buf		 stored = { NULL, 0 };
	int			 r;

	if (table == SCEP_T_NEWEST)
		return get_newest(db, key, out, rc, err);
	if ((r = scep_db_find(db, NULL, table, key, &place)) != 0 ||
	    (r = scep_db_row_get(db, table, NULL, &place, 0,
	    &stored)) != 0)
		return r;
	*rc = take_row(db, table, key, scep_buf_span(&stored), out, keys,
	    err);
	scep_buf_clear(&stored);
	return 0;
}

enum scep_err
scep_db_read(struct scep_db *db, enum scep_table table, struct scep_span key,
    struct scep_row *out, struct scep_index_keys *keys,
    struct scep_error *err)
{
	enum scep_err	 rc = SCEP_OK;
	int		 r;

	r = get_row(db, table, key, out, keys, &rc, err);
	return r == 0 ? rc : scep_db_fail(db, r, scep_db_tree_file(
	    scep_db_table_tree(table)), err);
}

enum scep_err
scep_db_get_keys(struct scep_db *db, enum scep_table table,
    struct scep_span key, struct scep_row *out, struct scep_index_keys *keys,
    struct scep_error *err)
{
	enum scep_err	 rc;
	int		 r;

	if ((rc = scep_db_open_table(db, table, err)) != SCEP_OK)
		return rc;
	(void)pthread_rwlock_rdlock(&db->pages);
	r = get_row(db, table, key, out, keys, &rc, err);
	(void)pthread_rwlock_unlock(&db->pages);
	if (r == 0 && rc == SCEP_OK && (r = scep_db_settle(db, table,
	    scep_buf_span(&out->key))) != 0)
		scep_row_clear(out);
	return r == 0 ? rc : scep_db_fail(db, r, scep_db_tree_file(
	    scep_db_table_tree(table)), err);
}

enum scep_err
scep_db_get(struct scep_store *store, enum scep_table table,
    struct scep_span key, struct scep_row *out, struct scep_error *err)
{
	return scep_db_get_keys((struct scep_db *)store, table, key, out,
	    NULL, err);
}

/* Where a scan stands. */
struct place {
	enum scep_table		 table;
	DB			*tree;
	struct scep_db_key	 key;	/* from here on, or behind it */
	int			 begun;	/* behind it */
};

/* To the first row behind the last one seen, or to the first one. */
static int
seek(DBC *c, const struct place *at, struct scep_db_key *key,
    struct scep_buf *stored)
{
	int	 r;

	*key = at->key;
	key->dbt.data = key->octets;
	r = scep_db_row_next(c, at->table, key, DB_SET_RANGE, stored);
	if (r == 0 && at->begun && scep_span_equal(
	    scep_span_make(key->octets, key->dbt.size),
	    scep_span_make(at->key.octets, at->key.dbt.size)))
		r = scep_db_row_next(c, at->table, key, DB_NEXT, stored);
	return r;
}

/* Up to a page of rows; *n of them, 0 at the end. */
static int
read_rows(struct scep_db *db, struct place *at, struct scep_row *rows,
    size_t *n, enum scep_err *rc, struct scep_error *err)
{
	struct scep_buf		 stored = { NULL, 0 };
	struct scep_db_key	 key;
	struct scep_span	 place, own;
	DBC			*c;
	int			 r;

	if ((r = at->tree->cursor(at->tree, NULL, &c, 0)) != 0)
		return r;
	for (r = seek(c, at, &key, &stored); r == 0;
	    r = scep_db_row_next(c, at->table, &key, DB_NEXT, &stored)) {
		place = scep_span_make(key.octets, key.dbt.size);
		if (!scep_db_row_strip(at->table, place, &own) ||
		    (*rc = fill_row(db, at->table, own,
		    scep_buf_span(&stored), &rows[*n], err)) != SCEP_OK)
			break;
		at->begun = 1;
		(void)scep_db_plain_key(place, &at->key);
		if (++*n == SCAN_PAGE)
			break;
	}
	(void)c->close(c);
	scep_buf_clear(&stored);
	return r == DB_NOTFOUND ? 0 : r;
}

static enum scep_err
read_page(struct scep_db *db, struct place *at, struct scep_row *rows,
    size_t *n, struct scep_error *err)
{
	enum scep_err	 rc = SCEP_OK;
	int		 r;

	*n = 0;
	(void)pthread_rwlock_rdlock(&db->pages);
	r = read_rows(db, at, rows, n, &rc, err);
	(void)pthread_rwlock_unlock(&db->pages);
	if (r == 0 && rc == SCEP_OK)
		r = scep_db_settle_all(db);
	return r == 0 ? rc : scep_db_fail(db, r, scep_db_tree_file(
	    scep_db_table_tree(at->table)), err);
}

static enum scep_err
scan(struct scep_db *db, struct place *at, scep_row_fn fn, void *arg,
    struct scep_error *err)
{
	struct scep_row	*rows;
	enum scep_err	 rc = SCEP_OK;
	size_t		 i, n = 0;

	if ((rows = calloc(SCAN_PAGE, sizeof(*rows))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "scan");
	do {
		rc = read_page(db, at, rows, &n, err);
		for (i = 0; rc == SCEP_OK && i < n; i++)
			rc = fn(arg, &rows[i], err);
		for (i = 0; i < SCAN_PAGE; i++)
			scep_row_clear(&rows[i]);
	} while (rc == SCEP_OK && n == SCAN_PAGE);
	free(rows);
	return rc;
}

enum scep_err
scep_db_scan_tree(struct scep_db *db, enum scep_table table,
    struct scep_span from, scep_row_fn fn, void *arg, struct scep_error *err)
{
	struct place	 at = { .table = table };
	enum scep_err	 rc;

	if ((rc = scep_db_tree(db, scep_db_table_tree(table), &at.tree,
	    err)) != SCEP_OK)
		return rc;
	if (scep_db_row_key(table, from, &at.key) != 0)
		return scep_fail(err, SCEP_E_USAGE,
		    "no row has a key of %zu octets", from.len);
	return scan(db, &at, fn, arg, err);
}
