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

#define SLICE_FIRST	1024	/* rows */
#define SLICE_PART	8	/* then a part of those before: an eighth */
#define SLICE_MIN	32768	/* at most; by the cache */
#define SLICE_MAX	(1u << 20)
#define SLICE_OCTETS	4096	/* of cache, for each row of a slice */
#define BATCH	1000	/* entries of a transaction; a lock or two each */
#define LOG_KB	65536	/* of log between checkpoints, or a slice's */

struct item {
	struct scep_buf	 index_key, key;
};

/* What a slice gives to one index. */
struct pile {
	struct item	*item;		/* a slice of them */
	size_t		 n;
};

struct filling {
	struct scep_db	*db;
	enum scep_table	 table;
	struct pile	 pile[SCEP_DB_INDEXES];
	size_t		 slice;		/* rows, at most */
	size_t		 rows;		/* in this slice */
	size_t		 before;	/* in those before it */
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
put_batch(struct scep_db *db, unsigned int index, const struct item *item,
    size_t n)
{
	struct scep_db_key	 index_key;
	DB			*tree = db->tree[SCEP_TREE_INDEX];
	DB_TXN			*txn;
	DBT			 key;
	size_t			 i;
	int			 r;

	if ((r = db->env->txn_begin(db->env, NULL, &txn, DB_TXN_NOSYNC)) != 0)
		return r;
	for (i = 0; r == 0 && i < n; i++) {
		key = scep_dbt(scep_buf_span(&item[i].key));
		if ((r = scep_db_index_key(index,
		    scep_buf_span(&item[i].index_key), &index_key)) == 0)
			r = tree->put(tree, txn, &index_key.dbt, &key,
			    DB_NODUPDATA);
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
pile_put(struct scep_db *db, unsigned int index, struct pile *pile)
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

/* If a slice is small beside what is there, pages become as full as if rows
 * had come one by one.  One large slice leaves them full at the end of the
 * tree and half full elsewhere, where libdb splits them in the middle. */
static int
is_enough(const struct filling *f)
{
	return f->rows == f->slice || (f->rows >= SLICE_FIRST &&
	    f->rows >= f->before / SLICE_PART);
}

static enum scep_err
put_slice(struct filling *f, struct scep_error *err)
{
	DB_ENV	*env = f->db->env;
	int	 i, r;

	for (i = 0; i < SCEP_DB_INDEXES; i++)
		if (f->pile[i].n > 0 && (r = pile_put(f->db,
		    (unsigned int)i, &f->pile[i])) != 0)
			return scep_db_fail(f->db, r,
			    scep_db_tree_file(SCEP_TREE_INDEX), err);
	f->before += f->rows;
	f->rows = 0;
	/* The log is not to grow to several times the database. */
	if ((r = env->txn_checkpoint(env, LOG_KB, 0, 0)) != 0 ||
	    (r = env->log_archive(env, NULL, DB_ARCH_REMOVE)) != 0)
		return scep_db_fail(f->db, r, "checkpoint", err);
	return SCEP_OK;
}

static enum scep_err
take_key(struct filling *f, unsigned int index, struct scep_span index_key,
    struct scep_span key, struct scep_error *err)
{
	struct pile	*pile = &f->pile[index];
	struct item	*item;
	enum scep_err	 rc;

	if (pile->item == NULL &&
	    (pile->item = calloc(f->slice, sizeof(*pile->item))) == NULL)
		return scep_fail(err, SCEP_E_NOMEM, "a slice of an index");
	item = &pile->item[pile->n];
	memset(item, 0, sizeof(*item));
	if ((rc = scep_buf_set(&item->index_key, index_key, err)) != SCEP_OK)
		return rc;
	pile->n++;
	return scep_buf_set(&item->key, key, err);
}

static enum scep_err
take_row(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct filling		*f = arg;
	const unsigned int	 own = scep_db_own_index(f->table);
	struct scep_span	 key = scep_buf_span(&row->key);
	struct scep_index_keys	 keys;
	enum scep_err		 rc;
	size_t			 i;

	if ((rc = scep_record_keys(f->table, scep_buf_span(&row->value),
	    &keys, err)) != SCEP_OK)
		return rc;
	if (own != 0) {
		key = scep_span_make(keys.own, keys.own_len);
		rc = take_key(f, own, key, scep_buf_span(&row->key),
		    err);
	}
	for (i = 0; rc == SCEP_OK && i < keys.n; i++)
		rc = take_key(f, keys.key[i].index, scep_index_key(&keys, i),
		    scep_db_index_is_numbered(keys.key[i].index) ?
		    scep_buf_span(&row->key) : key, err);
	if (rc != SCEP_OK)
		return rc;
	f->rows++;
	return is_enough(f) ? put_slice(f, err) : SCEP_OK;
}

static enum scep_err
fill_table(struct filling *f, struct scep_error *err)
{
	enum scep_err	 rc;
	int		 i;

	f->before = 0;
	if ((rc = scep_db_scan_tree(f->db, f->table, scep_span_make(NULL, 0),
	    take_row, f, err)) == SCEP_OK)
		rc = put_slice(f, err);
	for (i = 0; i < SCEP_DB_INDEXES; i++) {
		pile_clear(&f->pile[i]);
		free(f->pile[i].item);
		f->pile[i].item = NULL;
	}
	return rc;
}

enum scep_err
scep_db_fill_indexes(struct scep_db *db, struct scep_error *err)
{
	struct filling	 f = { .db = db, .slice = db->cache / SLICE_OCTETS };
	enum scep_err	 rc = SCEP_OK;
	int		 i;

	if (f.slice < SLICE_MIN)
		f.slice = SLICE_MIN;
	if (f.slice > SLICE_MAX)
		f.slice = SLICE_MAX;
	for (i = 0; rc == SCEP_OK && i < SCEP_T__MAX; i++)
		if (scep_table_has_index((enum scep_table)i)) {
			f.table = (enum scep_table)i;
			rc = fill_table(&f, err);
		}
	return rc;
}
