/*
 * db_fill.c - indexes filled from their tables.
 *
 * libdb would do it in one transaction, which a table of a million rows does
 * not fit into: its locks are counted, and its log cannot be removed before
 * it ends.  Here many small ones do, each slice of rows sorted first, so that
 * a page is visited once for a slice and not once for a row.  Who calls keeps
 * a marker: what was left halfway is thrown away and done again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "store/db.h"

#define SLICE	32768	/* rows */
#define BATCH	1000	/* entries of a transaction; a lock or two each */

struct item {
	struct scep_buf	 index_key, key;
};

/* What a slice gives to one index. */
struct pile {
	struct item	*item;		/* SLICE of them */
	size_t		 n;
};

struct filling {
	struct scep_db	*db;
	enum scep_table	 table;
	struct pile	 pile[SCEP_IX__MAX];
	size_t		 rows;		/* in this slice */
};

static int
compare_bufs(const struct scep_buf *a, const struct scep_buf *b)
{
	size_t	 n = a->len < b->len ? a->len : b->len;
	int	 c = n > 0 ? memcmp(a->data, b->data, n) : 0;

	return c != 0 ? c : (a->len > b->len) - (a->len < b->len);
}

/* As DB_BTREE and DB_DUPSORT have it. */
static int
compare_items(const void *a, const void *b)
{
	const struct item	*x = a, *y = b;
	int			 c = compare_bufs(&x->index_key,
				    &y->index_key);

	return c != 0 ? c : compare_bufs(&x->key, &y->key);
}

/* Nobody else is there: no deadlock.  Not flushed either, as only the end of
 * all counts. */
static int
put_batch(struct scep_db *db, DB *index, const struct item *item, size_t n)
{
	DB_TXN	*txn;
	DBT	 index_key, key;
	size_t	 i;
	int	 r;

	if ((r = db->env->txn_begin(db->env, NULL, &txn, DB_TXN_NOSYNC)) != 0)
		return r;
	for (i = 0; r == 0 && i < n; i++) {
		index_key = scep_dbt(scep_buf_span(&item[i].index_key));
		key = scep_dbt(scep_buf_span(&item[i].key));
		r = index->put(index, txn, &index_key, &key, DB_NODUPDATA);
	}
	if (r == 0)
		return txn->commit(txn, DB_TXN_NOSYNC);
	(void)txn->abort(txn);
	return r;
}

static void
pile_clear(struct pile *pile)
{
	for (; pile->n > 0; pile->n--) {
		scep_buf_clear(&pile->item[pile->n - 1].index_key);
		scep_buf_clear(&pile->item[pile->n - 1].key);
	}
}

static int
pile_put(struct scep_db *db, DB *index, struct pile *pile)
{
	size_t	 i, n;
	int	 r = 0;

	qsort(pile->item, pile->n, sizeof(*pile->item), compare_items);
	for (i = 0; r == 0 && i < pile->n; i += n) {
		n = pile->n - i < BATCH ? pile->n - i : BATCH;
		r = put_batch(db, index, &pile->item[i], n);
	}
	pile_clear(pile);
	return r;
}

static enum scep_err
put_slice(struct filling *f, struct scep_error *err)
{
	DB_ENV	*env = f->db->env;
	int	 i, r;

	for (i = 0; i < SCEP_IX__MAX; i++)
		if (f->pile[i].n > 0 && (r = pile_put(f->db, f->db->index[i],
		    &f->pile[i])) != 0)
			return scep_db_fail(f->db, r,
			    scep_db_index_file((enum scep_index)i), err);
	/* The log is not to grow to several times the database. */
	if (f->rows == SLICE &&
	    ((r = env->txn_checkpoint(env, 0, 0, 0)) != 0 ||
	    (r = env->log_archive(env, NULL, DB_ARCH_REMOVE)) != 0))
		return scep_db_fail(f->db, r, "checkpoint", err);
	f->rows = 0;
	return SCEP_OK;
}

static enum scep_err
take_key(struct pile *pile, enum scep_index index, const struct scep_row *row,
    struct scep_error *err)
{
	struct item	*item;
	enum scep_err	 rc;
	int		 has;

	if (pile->item == NULL &&
	    (pile->item = calloc(SLICE, sizeof(*pile->item))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "a slice of an index");
	item = &pile->item[pile->n];
	memset(item, 0, sizeof(*item));
	if ((rc = scep_record_index(index, scep_buf_span(&row->value), &has,
	    &item->index_key, err)) != SCEP_OK || !has)
		return rc;
	pile->n++;
	return scep_buf_set(&item->key, scep_buf_span(&row->key), err);
}

static enum scep_err
take_row(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct filling	*f = arg;
	enum scep_err	 rc = SCEP_OK;
	int		 i;

	for (i = 0; rc == SCEP_OK && i < SCEP_IX__MAX; i++)
		if (scep_index_table((enum scep_index)i) == f->table)
			rc = take_key(&f->pile[i], (enum scep_index)i, row,
			    err);
	if (rc == SCEP_OK && ++f->rows == SLICE)
		rc = put_slice(f, err);
	return rc;
}

static enum scep_err
fill_table(struct filling *f, struct scep_error *err)
{
	enum scep_err	 rc;
	int		 i;

	if ((rc = scep_db_scan(&f->db->store, f->table,
	    scep_span_make(NULL, 0), take_row, f, err)) == SCEP_OK)
		rc = put_slice(f, err);
	for (i = 0; i < SCEP_IX__MAX; i++) {
		pile_clear(&f->pile[i]);
		free(f->pile[i].item);
		f->pile[i].item = NULL;
	}
	return rc;
}

enum scep_err
scep_db_fill_indexes(struct scep_db *db, struct scep_error *err)
{
	struct filling	 f = { .db = db };
	enum scep_err	 rc = SCEP_OK;
	int		 i, t;

	for (t = 0; rc == SCEP_OK && t < SCEP_T__MAX; t++)
		for (i = 0; rc == SCEP_OK && i < SCEP_IX__MAX; i++)
			if (scep_index_table((enum scep_index)i) ==
			    (enum scep_table)t) {
				f.table = (enum scep_table)t;
				rc = fill_table(&f, err);
				break;
			}
	return rc;
}
