/*
 * db_rows.c - reading: one row, a table in order, an index in order.
 *
 * A scan reads a page of rows, closes its cursor, and only then calls back:
 * what it calls may use the store, and no lock is held meanwhile.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/error.h"
#include "store/db.h"

#define SCAN_PAGE	64	/* rows */
#define TRIES		20
#define WAIT_NS		500000L	/* before the second; doubled each time,
				   up to an eighth of a second */

static enum scep_err
fill_row(struct scep_db *db, const DBT *key, const DBT *value,
    struct scep_row *out, struct scep_error *err)
{
	struct scep_span	 der;
	enum scep_err		 rc;

	memset(out, 0, sizeof(*out));
	if (!scep_db_unpack(scep_span_make(value->data, value->size), &der,
	    &out->rev))
		return scep_fail(err, SCEP_E_STORE,
		    "%s/db: a row that is none of ours", db->dir);
	if ((rc = scep_buf_set(&out->key, scep_span_make(key->data,
	    key->size), err)) != SCEP_OK ||
	    (rc = scep_buf_set(&out->value, der, err)) != SCEP_OK)
		scep_row_clear(out);
	return rc;
}

enum scep_err
scep_db_get(struct scep_store *store, enum scep_table table,
    struct scep_span key, struct scep_row *out, struct scep_error *err)
{
	struct scep_db	*db = (struct scep_db *)store;
	DBT		 k = scep_dbt(key), v;
	enum scep_err	 rc;
	int		 i, r = DB_LOCK_DEADLOCK;

	memset(&v, 0, sizeof(v));
	v.flags = DB_DBT_MALLOC;
	for (i = 0; r == DB_LOCK_DEADLOCK && i < TRIES; i++)
		r = db->table[table]->get(db->table[table], NULL, &k, &v, 0);
	if (r != 0)
		return scep_db_fail(db, r, scep_db_table_file(table), err);
	rc = fill_row(db, &k, &v, out, err);
	free(v.data);
	return rc;
}

/* Where a scan stands. */
struct place {
	DB			*db;		/* table or index */
	char			 file[96];	/* what may be at fault */
	int			 is_index;
	struct scep_buf		 ikey, pkey;	/* of the last row seen */
	struct scep_span	 to;		/* index: where it ends */
};

static int
is_past(const DBT *key, struct scep_span to)
{
	size_t	 n = key->size < to.len ? key->size : to.len;
	int	 c;

	if (to.len == 0)
		return 0;
	c = n > 0 ? memcmp(key->data, to.data, n) : 0;
	return c > 0 || (c == 0 && key->size >= to.len);
}

static int
step(DBC *c, const struct place *at, DBT *ikey, DBT *pkey, DBT *v,
    u_int32_t how)
{
	return at->is_index ? c->pget(c, ikey, pkey, v, how) :
	    c->get(c, ikey, v, how);
}

/* Keys that libdb may grow: freed once, at the end of a page. */
static int
grown(struct scep_span bytes, DBT *out)
{
	memset(out, 0, sizeof(*out));
	out->flags = DB_DBT_REALLOC;
	if ((out->data = malloc(bytes.len + 1)) == NULL)
		return ENOMEM;
	if (bytes.len > 0)
		memcpy(out->data, bytes.data, bytes.len);
	out->size = (u_int32_t)bytes.len;
	return 0;
}

static int
is_at(const DBT *key, const struct scep_buf *where)
{
	return scep_span_equal(scep_span_make(key->data, key->size),
	    scep_buf_span(where));
}

/* To the first row behind the last one seen, or to the first one. */
static int
seek(DBC *c, const struct place *at, int first, DBT *ikey, DBT *pkey, DBT *v)
{
	int	 r;

	if (first || !at->is_index) {
		r = step(c, at, ikey, pkey, v, DB_SET_RANGE);
		return first || r != 0 || !is_at(ikey, &at->ikey) ? r :
		    step(c, at, ikey, pkey, v, DB_NEXT);
	}
	r = c->pget(c, ikey, pkey, v, DB_GET_BOTH_RANGE);
	if (r == DB_NOTFOUND) {		/* no more of this index key */
		r = c->pget(c, ikey, pkey, v, DB_SET_RANGE);
		while (r == 0 && is_at(ikey, &at->ikey))
			r = c->pget(c, ikey, pkey, v, DB_NEXT_NODUP);
		return r;
	}
	return r == 0 && is_at(pkey, &at->pkey) ?
	    c->pget(c, ikey, pkey, v, DB_NEXT) : r;
}

static enum scep_err
keep(struct scep_db *db, struct place *at, const DBT *ikey, const DBT *pkey,
    const DBT *v, struct scep_row *row, struct scep_error *err)
{
	enum scep_err	 rc;

	if ((rc = fill_row(db, at->is_index ? pkey : ikey, v, row, err)) !=
	    SCEP_OK)
		return rc;
	if ((rc = scep_buf_set(&at->ikey, scep_span_make(ikey->data,
	    ikey->size), err)) == SCEP_OK && at->is_index)
		rc = scep_buf_set(&at->pkey, scep_span_make(pkey->data,
		    pkey->size), err);
	if (rc != SCEP_OK)
		scep_row_clear(row);
	return rc;
}

/* Up to a page of rows; *n of them, 0 at the end. */
static int
read_rows(struct scep_db *db, struct place *at, int first, DBT dbts[3],
    struct scep_row *rows, size_t *n, enum scep_err *rc,
    struct scep_error *err)
{
	DBC	*c;
	int	 r;

	if ((r = at->db->cursor(at->db, NULL, &c, DB_READ_COMMITTED)) != 0)
		return r;
	r = seek(c, at, first, &dbts[0], &dbts[1], &dbts[2]);
	while (r == 0 && !is_past(&dbts[0], at->to)) {
		*rc = keep(db, at, &dbts[0], &dbts[1], &dbts[2], &rows[*n],
		    err);
		if (*rc != SCEP_OK || ++*n == SCAN_PAGE)
			break;
		r = step(c, at, &dbts[0], &dbts[1], &dbts[2], DB_NEXT);
	}
	(void)c->close(c);
	return r == DB_NOTFOUND ? 0 : r;
}

/* One go at it, from where the page stands. */
static int
go_on(struct scep_db *db, struct place *at, int first, struct scep_row *rows,
    size_t *n, enum scep_err *rc, struct scep_error *err)
{
	DBT	 dbts[3];	/* index key or key, key, value */
	int	 i, r;

	memset(dbts, 0, sizeof(dbts));
	dbts[2].flags = DB_DBT_REALLOC;
	if ((r = grown(scep_buf_span(&at->ikey), &dbts[0])) == 0 &&
	    (r = grown(scep_buf_span(&at->pkey), &dbts[1])) == 0)
		r = read_rows(db, at, first, dbts, rows, n, rc, err);
	for (i = 0; i < 3; i++)
		free(dbts[i].data);
	return r;
}

void
scep_db_pause(int tries)
{
	struct timespec	 wait = { 0, WAIT_NS << (tries < 8 ? tries : 8) };

	(void)nanosleep(&wait, NULL);
}

/* An index and its table are locked in the other order by writers: losing to
 * one is normal, and what was read till then stays. */
static enum scep_err
read_page(struct scep_db *db, struct place *at, int first,
    struct scep_row *rows, size_t *n, struct scep_error *err)
{
	enum scep_err	 rc = SCEP_OK;
	int		 i, r;

	*n = 0;
	for (i = 0; (r = go_on(db, at, first && *n == 0, rows, n, &rc, err)) ==
	    DB_LOCK_DEADLOCK && i < TRIES; i++)
		scep_db_pause(i);
	if (rc != SCEP_OK || r == 0)
		return rc;
	return r == DB_LOCK_DEADLOCK ? scep_fail(err, SCEP_E_BUSY,
	    "%s/db: rivals for the same rows", db->dir) :
	    scep_db_fail(db, r, at->file, err);
}

static enum scep_err
scan(struct scep_db *db, struct place *at, struct scep_span from,
    scep_row_fn fn, void *arg, struct scep_error *err)
{
	struct scep_row	*rows;
	enum scep_err	 rc;
	size_t		 i, n = 0;
	int		 first = 1;

	if ((rows = calloc(SCAN_PAGE, sizeof(*rows))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "scan");
	rc = scep_buf_set(&at->ikey, from, err);
	do {
		if (rc == SCEP_OK)
			rc = read_page(db, at, first, rows, &n, err);
		first = 0;
		for (i = 0; rc == SCEP_OK && i < n; i++)
			rc = fn(arg, &rows[i], err);
		for (i = 0; i < SCAN_PAGE; i++)
			scep_row_clear(&rows[i]);
	} while (rc == SCEP_OK && n == SCAN_PAGE);
	scep_buf_clear(&at->ikey);
	scep_buf_clear(&at->pkey);
	free(rows);
	return rc;
}

enum scep_err
scep_db_scan(struct scep_store *store, enum scep_table table,
    struct scep_span from, scep_row_fn fn, void *arg, struct scep_error *err)
{
	struct scep_db	*db = (struct scep_db *)store;
	struct place	 at = { .db = db->table[table] };

	(void)snprintf(at.file, sizeof(at.file), "%s",
	    scep_db_table_file(table));
	return scan(db, &at, from, fn, arg, err);
}

enum scep_err
scep_db_scan_index(struct scep_store *store, enum scep_index index,
    struct scep_span from, struct scep_span to, scep_row_fn fn, void *arg,
    struct scep_error *err)
{
	struct scep_db	*db = (struct scep_db *)store;
	struct place	 at = { .db = db->index[index], .is_index = 1,
			    .to = to };

	(void)snprintf(at.file, sizeof(at.file), "%s by %s",
	    scep_db_table_file(scep_index_table(index)),
	    scep_db_index_file(index));
	return scan(db, &at, from, fn, arg, err);
}
