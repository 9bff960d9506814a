/*
 * db_walk.c - indexes: their entries, and how much a part of an index is.
 *
 * An entry costs some dozens of octets of a page, as no row is read.  Entries
 * are read by the buffer, and the cursor is closed before anybody is called,
 * as in db_rows.c.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "store/db.h"

#define BULK	16384	/* octets; a multiple of 1024, above the page size */

/* Where a walk stands: behind this entry. */
struct walk {
	struct scep_db		*db;
	DB			*tree;
	struct scep_db_key	 ikey;		/* at its start: the first */
	struct scep_db_key	 end;		/* none from here on */
	u_int32_t		 key_len;	/* 0: at its start */
	uint8_t			 key[SCEP_DB_KEY];
	u_int32_t		 bulk[BULK / sizeof(u_int32_t)];
};

static DBT
place(uint8_t buf[SCEP_DB_KEY], struct scep_span bytes)
{
	DBT	 dbt;

	memset(&dbt, 0, sizeof(dbt));
	dbt.data = buf;
	dbt.ulen = SCEP_DB_KEY;
	dbt.flags = DB_DBT_USERMEM;
	dbt.size = (u_int32_t)bytes.len;
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
	uint8_t		 a[SCEP_DB_KEY], b[SCEP_DB_KEY];
	const u_int32_t	 len = w->ikey.dbt.size;
	DBT		 ikey, key;
	int		 r;

	ikey = place(a, scep_span_make(w->ikey.octets, len));
	key = place(b, scep_span_make(w->key, w->key_len));
	if (w->key_len == 0)
		return c->get(c, &ikey, &key, DB_SET_RANGE);
	r = c->get(c, &ikey, &key, DB_GET_BOTH_RANGE);
	if (r == 0 && is_key(&key, w->key, w->key_len))
		return c->get(c, &ikey, &key, DB_NEXT);
	if (r != DB_NOTFOUND)
		return r;
	r = c->get(c, &ikey, &key, DB_SET_RANGE);
	if (r == 0 && is_key(&ikey, w->ikey.octets, len))
		r = c->get(c, &ikey, &key, DB_NEXT_NODUP);
	return r;
}

static int
fill_here(const struct walk *w, DBT *bulk)
{
	DBT	 none;
	DBC	*c;
	int	 r;

	memset(&none, 0, sizeof(none));
	if ((r = w->tree->cursor(w->tree, NULL, &c, 0)) != 0)
		return r;
	if ((r = seek(c, w)) == 0)
		r = c->get(c, &none, bulk, DB_CURRENT | DB_MULTIPLE_KEY);
	(void)c->close(c);
	return r;
}

static int
fill(const struct walk *w, DBT *bulk)
{
	int	 r;

	(void)pthread_rwlock_rdlock(&w->db->pages);
	r = fill_here(w, bulk);
	(void)pthread_rwlock_unlock(&w->db->pages);
	return r == 0 ? scep_db_settle_all(w->db) : r;
}

static int
is_past(struct scep_span key, struct scep_span to)
{
	size_t	 n = key.len < to.len ? key.len : to.len;
	int	 c = n > 0 ? memcmp(key.data, to.data, n) : 0;

	return to.len > 0 && (c > 0 || (c == 0 && key.len >= to.len));
}

static void
stand(struct walk *w, struct scep_span ikey, struct scep_span key)
{
	w->ikey.dbt.size = (u_int32_t)ikey.len;
	memcpy(w->ikey.octets, ikey.data, ikey.len);
	w->key_len = (u_int32_t)key.len;
	memcpy(w->key, key.data, key.len);
}

static enum scep_err
call(struct scep_db *db, struct walk *w, DBT *bulk, scep_entry_fn fn,
    void *arg, struct scep_error *err)
{
	const struct scep_span	 end = { w->end.octets, w->end.dbt.size };
	struct scep_span	 stored;
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
		stored = scep_span_make(ikey, ilen);
		if (is_past(stored, end))
			return SCEP_E_EXISTS;
		if (ilen < 2 || ilen > SCEP_DB_KEY || len == 0 ||
		    len > SCEP_DB_KEY)
			return scep_fail(err, SCEP_E_STORE,
			    "%s/db: an index key of %zu octets", db->dir,
			    ilen);
		entry.index_key = scep_db_index_strip(stored);
		entry.key = scep_span_make(key, len);
		stand(w, stored, entry.key);
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
	int	 r;

	memset(&bulk, 0, sizeof(bulk));
	bulk.data = w->bulk;
	bulk.ulen = sizeof(w->bulk);
	bulk.flags = DB_DBT_USERMEM;
	if ((r = fill(w, &bulk)) == 0)
		return call(db, w, &bulk, fn, arg, err);
	return r == DB_NOTFOUND ? SCEP_E_EXISTS : scep_db_fail(db, r,
	    scep_db_tree_file(SCEP_TREE_INDEX), err);
}

static enum scep_err
too_long(size_t index_key, size_t key, struct scep_error *err)
{
	return scep_fail(err, SCEP_E_USAGE,
	    "no entry has keys of %zu and %zu octets", index_key, key);
}

static enum scep_err
bounds(struct walk *w, unsigned int index, struct scep_span from,
    struct scep_span to, struct scep_error *err)
{
	if (scep_db_index_key(index, from, &w->ikey) != 0)
		return too_long(from.len, 0, err);
	if (to.len == 0 || scep_db_index_key(index, to, &w->end) != 0)
		scep_db_index_end(index, &w->end);
	return SCEP_OK;
}

/* What lies before from is behind no entry of the range. */
static enum scep_err
begin_behind(struct walk *w, const struct scep_range *range,
    struct scep_error *err)
{
	const struct scep_entry	*after = &range->after;
	struct scep_db_key	 ikey;

	if (after->key.len > SCEP_DB_KEY ||
	    scep_db_index_key(range->index, after->index_key, &ikey) != 0)
		return too_long(after->index_key.len, after->key.len, err);
	if (after->index_key.len > 0 && (range->from.len == 0 ||
	    is_past(after->index_key, range->from)))
		stand(w, scep_span_make(ikey.octets, ikey.dbt.size),
		    after->key);
	return SCEP_OK;
}

static enum scep_err
walk(struct scep_db *db, struct walk *w, scep_entry_fn fn, void *arg,
    struct scep_error *err)
{
	enum scep_err	 rc;

	w->db = db;
	rc = scep_db_tree(db, SCEP_TREE_INDEX, &w->tree, err);
	while (rc == SCEP_OK)
		rc = go_on(db, w, fn, arg, err);
	return rc;
}

enum scep_err
scep_db_walk_all(struct scep_db *db, unsigned int index,
    struct scep_span from, struct scep_span to, scep_entry_fn fn, void *arg,
    struct scep_error *err)
{
	struct walk	*w;
	enum scep_err	 rc;

	if ((w = calloc(1, sizeof(*w))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "walk");
	if ((rc = bounds(w, index, from, to, err)) == SCEP_OK)
		rc = walk(db, w, fn, arg, err);
	free(w);
	return rc;
}

enum scep_err
scep_db_walk(struct scep_store *store, const struct scep_range *range,
    scep_entry_fn fn, void *arg, struct scep_error *err)
{
	struct walk	*w;
	enum scep_err	 rc;

	if ((w = calloc(1, sizeof(*w))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "walk");
	if ((rc = bounds(w, range->index, range->from, range->to, err)) ==
	    SCEP_OK && (rc = begin_behind(w, range, err)) == SCEP_OK)
		rc = walk((struct scep_db *)store, w, fn, arg, err);
	free(w);
	return rc;
}

/* The part of the tree that is below a key. */
static int
below(DB *tree, struct scep_db_key *key, double *part)
{
	DB_KEY_RANGE	 range;
	int		 r;

	r = tree->key_range(tree, NULL, &key->dbt, &range, 0);
	*part = r == 0 ? range.less : 0;
	return r;
}

/* Bounds in the tree: of the index, and of the range in it. */
static int
measure(DB *tree, const struct scep_range *range, double part[4])
{
	struct scep_db_key	 key[4];
	int			 i, r = 0;

	if ((r = scep_db_index_key(range->index, scep_span_make(NULL, 0),
	    &key[0])) != 0 ||
	    (r = scep_db_index_key(range->index, range->from, &key[1])) != 0 ||
	    (r = scep_db_index_key(range->index, range->to, &key[2])) != 0)
		return r;
	scep_db_index_end(range->index, &key[3]);
	if (range->to.len == 0)
		scep_db_index_end(range->index, &key[2]);
	for (i = 0; r == 0 && i < 4; i++)
		r = below(tree, &key[i], &part[i]);
	return r;
}

enum scep_err
scep_db_weigh(struct scep_store *store, const struct scep_range *range,
    unsigned int *weight, struct scep_error *err)
{
	struct scep_db	*db = (struct scep_db *)store;
	double		 part[4] = { 0 };
	DB		*tree;
	enum scep_err	 rc;
	int		 r;

	*weight = 0;
	if ((rc = scep_db_tree(db, SCEP_TREE_INDEX, &tree, err)) != SCEP_OK)
		return rc;
	(void)pthread_rwlock_rdlock(&db->pages);
	r = measure(tree, range, part);
	(void)pthread_rwlock_unlock(&db->pages);
	if (r != 0)
		return scep_db_fail(db, r, scep_db_tree_file(SCEP_TREE_INDEX),
		    err);
	if (part[2] > part[1] && part[3] > part[0])
		*weight = (unsigned int)((part[2] - part[1]) /
		    (part[3] - part[0]) * SCEP_WEIGHT_ALL);
	if (*weight > SCEP_WEIGHT_ALL)
		*weight = SCEP_WEIGHT_ALL;
	return SCEP_OK;
}
