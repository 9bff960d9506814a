/*
 * db_walk.c - an index by itself: its entries, and how much a part of it is.
 *
 * A handle that is not associated with the table reads no row: an entry costs
 * some dozens of octets of a page.  Entries are read by the buffer, and the
 * cursor is closed before anybody is called, as in db_rows.c.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "store/db.h"

#define BULK	16384	/* octets; a multiple of 1024, above the page size */
#define KEY_MAX	512	/* octets of an index key, of a row's key */
#define TRIES	20

/* Where a walk stands: behind this entry. */
struct walk {
	DB			*index;
	const char		*file;
	struct scep_span	 from, to;
	uint8_t			 ikey[KEY_MAX], key[KEY_MAX];
	u_int32_t		 ikey_len, key_len;	/* 0: at its start */
	u_int32_t		 bulk[BULK / sizeof(u_int32_t)];
};

static enum scep_err
open_plain(struct scep_db *db, enum scep_index index, DB **out,
    struct scep_error *err)
{
	const char	*name = scep_db_index_file(index);
	int		 r;

	if ((r = db_create(out, db->env, 0)) != 0) {
		*out = NULL;
		return scep_db_fail(db, r, name, err);
	}
	if ((r = (*out)->open(*out, NULL, name, NULL, DB_BTREE, DB_RDONLY,
	    0)) == 0)
		return SCEP_OK;
	(void)(*out)->close(*out, DB_NOSYNC);
	*out = NULL;
	return scep_db_fail(db, r, name, err);
}

static DBT
place(uint8_t buf[KEY_MAX], struct scep_span bytes)
{
	DBT	 dbt;

	memset(&dbt, 0, sizeof(dbt));
	dbt.data = buf;
	dbt.ulen = KEY_MAX;
	dbt.flags = DB_DBT_USERMEM;
	dbt.size = (u_int32_t)(bytes.len < KEY_MAX ? bytes.len : KEY_MAX);
	if (dbt.size > 0)
		memcpy(buf, bytes.data, dbt.size);
	return dbt;
}

static int
is_key(const DBT *dbt, const uint8_t *bytes, u_int32_t len)
{
	return scep_span_equal(scep_span_make(dbt->data, dbt->size),
	    scep_span_make(bytes, len));
}

/* To the first entry behind where the walk stands. */
static int
seek(DBC *c, const struct walk *w)
{
	uint8_t	 a[KEY_MAX], b[KEY_MAX];
	DBT	 ikey, key;
	int	 r;

	if (w->ikey_len == 0) {
		ikey = place(a, w->from);
		key = place(b, scep_span_make(NULL, 0));
		return c->get(c, &ikey, &key, DB_SET_RANGE);
	}
	ikey = place(a, scep_span_make(w->ikey, w->ikey_len));
	key = place(b, scep_span_make(w->key, w->key_len));
	r = c->get(c, &ikey, &key, DB_GET_BOTH_RANGE);
	if (r == 0 && is_key(&key, w->key, w->key_len))
		return c->get(c, &ikey, &key, DB_NEXT);
	if (r != DB_NOTFOUND)
		return r;
	r = c->get(c, &ikey, &key, DB_SET_RANGE);
	if (r == 0 && is_key(&ikey, w->ikey, w->ikey_len))
		r = c->get(c, &ikey, &key, DB_NEXT_NODUP);
	return r;
}

static int
fill(const struct walk *w, DBT *bulk)
{
	DBT	 none;
	DBC	*c;
	int	 r;

	memset(&none, 0, sizeof(none));
	if ((r = w->index->cursor(w->index, NULL, &c, DB_READ_COMMITTED)) !=
	    0)
		return r;
	if ((r = seek(c, w)) == 0)
		r = c->get(c, &none, bulk, DB_CURRENT | DB_MULTIPLE_KEY);
	(void)c->close(c);
	return r;
}

static int
is_past(struct scep_span key, struct scep_span to)
{
	size_t	 n = key.len < to.len ? key.len : to.len;
	int	 c = n > 0 ? memcmp(key.data, to.data, n) : 0;

	return to.len > 0 && (c > 0 || (c == 0 && key.len >= to.len));
}

static void
stand(struct walk *w, const struct scep_entry *at)
{
	w->ikey_len = (u_int32_t)at->index_key.len;
	w->key_len = (u_int32_t)at->key.len;
	memcpy(w->ikey, at->index_key.data, at->index_key.len);
	memcpy(w->key, at->key.data, at->key.len);
}

static enum scep_err
call(struct scep_db *db, struct walk *w, DBT *bulk, scep_entry_fn fn,
    void *arg, struct scep_error *err)
{
	struct scep_entry	 entry;
	enum scep_err		 rc;
	void			*at;
	uint8_t			*ikey, *key;
	size_t			 ilen, len;

	DB_MULTIPLE_INIT(at, bulk);
	for (;;) {
		DB_MULTIPLE_KEY_NEXT(at, bulk, ikey, ilen, key, len);
		if (at == NULL)
			return SCEP_OK;
		entry.index_key = scep_span_make(ikey, ilen);
		entry.key = scep_span_make(key, len);
		if (is_past(entry.index_key, w->to))
			return SCEP_E_EXISTS;
		if (ilen == 0 || ilen > KEY_MAX || len > KEY_MAX)
			return scep_fail(err, SCEP_E_STORE,
			    "%s/db: an index key of %zu octets", db->dir,
			    ilen);
		stand(w, &entry);
		if ((rc = fn(arg, &entry, err)) != SCEP_OK)
			return rc;
	}
}

/* A buffer of entries, and the calls. */
static enum scep_err
go_on(struct scep_db *db, struct walk *w, scep_entry_fn fn, void *arg,
    struct scep_error *err)
{
	DBT	 bulk;
	int	 i, r = DB_LOCK_DEADLOCK;

	memset(&bulk, 0, sizeof(bulk));
	bulk.data = w->bulk;
	bulk.ulen = sizeof(w->bulk);
	bulk.flags = DB_DBT_USERMEM;
	for (i = 0; (r = fill(w, &bulk)) == DB_LOCK_DEADLOCK && i < TRIES;
	    i++)
		scep_db_pause(i);
	if (r == 0)
		return call(db, w, &bulk, fn, arg, err);
	if (r == DB_NOTFOUND)
		return SCEP_E_EXISTS;
	return r == DB_LOCK_DEADLOCK ? scep_fail(err, SCEP_E_BUSY,
	    "%s/db: rivals for the same index", db->dir) :
	    scep_db_fail(db, r, w->file, err);
}

enum scep_err
scep_db_walk(struct scep_store *store, const struct scep_range *range,
    scep_entry_fn fn, void *arg, struct scep_error *err)
{
	struct scep_db	*db = (struct scep_db *)store;
	struct walk	*w;
	enum scep_err	 rc;

	if (range->after.index_key.len > KEY_MAX ||
	    range->after.key.len > KEY_MAX)
		return scep_fail(err, SCEP_E_USAGE,
		    "no entry has keys of %zu and %zu octets",
		    range->after.index_key.len, range->after.key.len);
	if ((w = calloc(1, sizeof(*w))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "walk");
	w->file = scep_db_index_file(range->index);
	w->from = range->from;
	w->to = range->to;
	/* What lies before from is behind no entry of the range. */
	if (range->after.index_key.len > 0 && (range->from.len == 0 ||
	    is_past(range->after.index_key, range->from)))
		stand(w, &range->after);
	rc = open_plain(db, range->index, &w->index, err);
	while (rc == SCEP_OK)
		rc = go_on(db, w, fn, arg, err);
	if (w->index != NULL)
		(void)w->index->close(w->index, DB_NOSYNC);
	free(w);
	return rc;
}

/* The part of an index that is below a key. */
static int
below(DB *index, struct scep_span bytes, double *part)
{
	DB_KEY_RANGE	 range;
	DBT		 key = scep_dbt(bytes);
	int		 i, r = DB_LOCK_DEADLOCK;

	for (i = 0; r == DB_LOCK_DEADLOCK && i < TRIES; i++)
		r = index->key_range(index, NULL, &key, &range, 0);
	*part = r == 0 ? range.less : 0;
	return r;
}

enum scep_err
scep_db_weigh(struct scep_store *store, const struct scep_range *range,
    unsigned int *weight, struct scep_error *err)
{
	struct scep_db	*db = (struct scep_db *)store;
	DB		*index = NULL;
	double		 from = 0, to = 1;
	enum scep_err	 rc;
	int		 r = 0;

	*weight = 0;
	if ((rc = open_plain(db, range->index, &index, err)) != SCEP_OK)
		return rc;
	if (range->from.len > 0)
		r = below(index, range->from, &from);
	if (r == 0 && range->to.len > 0)
		r = below(index, range->to, &to);
	(void)index->close(index, DB_NOSYNC);
	if (r != 0)
		return scep_db_fail(db, r, scep_db_index_file(range->index),
		    err);
	if (to > from)
		*weight = (unsigned int)((to - from) * SCEP_WEIGHT_ALL);
	return SCEP_OK;
}
