/*
 * db_scan.c - tables and indexes in the order of their keys: a walk through
 * an index that fetches the rows.
 */
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "store/db.h"

struct fetching {
	struct scep_db		*db;
	enum scep_table		 table;
	enum scep_index		 index;
	scep_row_fn		 fn;
	void			*arg;
};

/* Is the entry in the index at the same time as a row that says it is not? */
static int
is_astray(const struct fetching *f, const struct scep_entry *entry)
{
	DB			*tree = f->db->tree[SCEP_TREE_INDEX];
	struct scep_index_keys	 keys;
	struct scep_error	 ignored;
	struct scep_db_key	 at, key;
	struct scep_row		 row;
	int			 astray = 0;

	if (scep_db_index_key(f->index, entry->index_key, &at) != 0 ||
	    scep_db_plain_key(entry->key, &key) != 0)
		return 0;
	(void)pthread_rwlock_rdlock(&f->db->pages);
	if (tree->get(tree, NULL, &at.dbt, &key.dbt, DB_GET_BOTH) == 0 &&
	    scep_db_read(f->db, f->table, entry->key, &row, &keys,
	    &ignored) == SCEP_OK) {
		astray = !scep_index_keys_have(&keys, f->index,
		    entry->index_key);
		scep_row_clear(&row);
	}
	(void)pthread_rwlock_unlock(&f->db->pages);
	return astray;
}

static enum scep_err
fetch(void *arg, const struct scep_entry *entry, struct scep_error *err)
{
	struct fetching		*f = arg;
	struct scep_index_keys	 keys;
	struct scep_row		 row;
	enum scep_err		 rc;

	rc = scep_db_get_keys(f->db, f->table, entry->key, &row, &keys, err);
	if (rc == SCEP_E_NOTFOUND)
		return SCEP_OK;
	if (rc != SCEP_OK)
		return rc;
	/* It may have been written since its entry was read: then it is
	 * elsewhere in the index, or not at all.  One that is damaged is where
	 * it was; who is called finds out what it is. */
	if (scep_index_keys_have(&keys, f->index, entry->index_key) ||
	    is_astray(f, entry))
		rc = f->fn(f->arg, &row, err);
	scep_row_clear(&row);
	return rc;
}

enum scep_err
scep_db_scan_index(struct scep_store *store, enum scep_index index,
    struct scep_span from, struct scep_span to, scep_row_fn fn, void *arg,
    struct scep_error *err)
{
	struct fetching	 f = { (struct scep_db *)store,
			    scep_index_table(index), index, fn, arg };

	return scep_db_walk_all(f.db, index, from, to, fetch, &f, err);
}

static enum scep_err
fetch_own(void *arg, const struct scep_entry *entry, struct scep_error *err)
{
	struct fetching	*f = arg;
	struct scep_row	 row;
	enum scep_err	 rc;

	rc = scep_db_get(&f->db->store, f->table, entry->index_key, &row,
	    err);
	if (rc == SCEP_OK) {
		rc = f->fn(f->arg, &row, err);
		scep_row_clear(&row);
	}
	return rc == SCEP_E_NOTFOUND ? SCEP_OK : rc;
}

/* The newest of each prefix. */
struct newest {
	struct scep_db	*db;
	uint8_t		 prefix[SCEP_SHA256_LEN];	/* the last one's */
	int		 begun;
	scep_row_fn	 fn;
	void		*arg;
};

static enum scep_err
fetch_newest(void *arg, const struct scep_entry *entry,
    struct scep_error *err)
{
	struct newest	*n = arg;
	struct scep_row	 row;
	enum scep_err	 rc;

	if (entry->index_key.len < sizeof(n->prefix) || (n->begun &&
	    memcmp(n->prefix, entry->index_key.data, sizeof(n->prefix)) ==
	    0))
		return SCEP_OK;
	n->begun = 1;
	memcpy(n->prefix, entry->index_key.data, sizeof(n->prefix));
	rc = scep_db_get(&n->db->store, SCEP_T_NEWEST,
	    scep_span_make(n->prefix, sizeof(n->prefix)), &row, err);
	if (rc == SCEP_OK) {
		rc = n->fn(n->arg, &row, err);
		scep_row_clear(&row);
	}
	return rc == SCEP_E_NOTFOUND ? SCEP_OK : rc;
}

enum scep_err
scep_db_scan(struct scep_store *store, enum scep_table table,
    struct scep_span from, scep_row_fn fn, void *arg, struct scep_error *err)
{
	const struct scep_span	 end = { NULL, 0 };
	const unsigned int	 own = scep_db_own_index(table);
	struct scep_db		*db = (struct scep_db *)store;
	struct fetching		 f = { .db = db, .table = table, .fn = fn,
				    .arg = arg };
	struct newest		 n = { .db = db, .fn = fn, .arg = arg };

	if (own == 0)
		return scep_db_scan_tree(db, table, from, fn, arg, err);
	if (table == SCEP_T_NEWEST)
		return scep_db_walk_all(db, own, from, end, fetch_newest, &n,
		    err);
	return scep_db_walk_all(db, own, from, end, fetch_own, &f, err);
}
