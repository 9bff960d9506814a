/* spoil.c - rows damaged behind the store's back; see spoil.h. */
#include <stdlib.h>
#include <string.h>

#include "base/dir.h"
#include "base/error.h"
#include "store/db.h"
#include "tests/unit/spoil.h"
#include "tests/unit/world.h"

static char	 dir[64];

struct scep_store *
spoil_open(void)
{
	struct scep_store_db_options	 opt = { .dir = dir, .reserve = 1 };
	struct scep_error		 err;
	struct scep_store		*store;

	(void)strcpy(dir, "/tmp/t_spoil.XXXXXX");
	world_must(mkdtemp(dir) != NULL);
	world_must(scep_store_db_open(&opt, &store, &err) == SCEP_OK);
	return store;
}

void
spoil_close(struct scep_store *store)
{
	scep_store_close(store);
	scep_dir_remove(dir, 1);
}

static void
read_row(struct scep_db *db, enum scep_table table, struct scep_span key,
    struct scep_db_key *place, struct scep_buf *stored)
{
	struct scep_error	 err;

	stored->data = NULL;
	stored->len = 0;
	world_must(scep_db_open_table(db, table, &err) == SCEP_OK);
	world_must(scep_db_find(db, NULL, table, key, place) == 0);
	world_must(scep_db_row_get(db, table, NULL, place, 0, stored) == 0);
}

static void
write_row(struct scep_db *db, enum scep_table table,
    const struct scep_db_key *place, const struct scep_buf *stored)
{
	DB_TXN	*txn;

	world_must(db->env->txn_begin(db->env, NULL, &txn, 0) == 0);
	world_must(scep_db_row_put(db, table, txn, place,
	    scep_buf_span(stored), 0) == 0);
	world_must(txn->commit(txn, DB_TXN_NOSYNC) == 0);
}

size_t
spoil_size(struct scep_store *store, enum scep_table table,
    struct scep_span key)
{
	struct scep_db_key	 place;
	struct scep_buf		 stored;
	size_t			 n;

	read_row((struct scep_db *)store, table, key, &place, &stored);
	n = stored.len;
	scep_buf_clear(&stored);
	return n;
}

void
spoil(struct scep_store *store, enum scep_table table, struct scep_span key,
    size_t at, uint8_t bits)
{
	struct scep_db_key	 place;
	struct scep_buf		 stored;

	read_row((struct scep_db *)store, table, key, &place, &stored);
	world_must(at < stored.len);
	stored.data[at] ^= bits;
	write_row((struct scep_db *)store, table, &place, &stored);
	scep_buf_clear(&stored);
}

void
spoil_all(struct scep_store *store, enum scep_table table, struct scep_span key)
{
	spoil(store, table, key, SCEP_DB_HEADER, 0xff);
}

struct finding {
	size_t		 left, n;
	struct scep_buf	 key;
};

static enum scep_err
see_row(void *arg, const struct scep_row *row, struct scep_error *err)
{
	struct finding	*f = arg;

	f->n++;
	if (f->key.len > 0 || f->left-- > 0)
		return SCEP_OK;
	return scep_buf_set(&f->key, scep_buf_span(&row->key), err);
}

size_t
spoil_rows(struct scep_store *store, enum scep_table table)
{
	struct finding		 f = { .left = SIZE_MAX };
	struct scep_error	 err;

	world_must(scep_store_scan(store, table, scep_span_make(NULL, 0),
	    see_row, &f, &err) == SCEP_OK);
	return f.n;
}

void
spoil_nth(struct scep_store *store, enum scep_table table, size_t n)
{
	struct finding		 f = { .left = n };
	struct scep_error	 err;

	world_must(scep_store_scan(store, table, scep_span_make(NULL, 0),
	    see_row, &f, &err) == SCEP_OK);
	world_must(f.key.len > 0);
	spoil_all(store, table, scep_buf_span(&f.key));
	scep_buf_clear(&f.key);
}

struct entry {
	struct scep_db	*db;
	enum scep_index	 index;
	time_t		 t;
	int		 n;
};

static enum scep_err
add_entry(void *arg, const struct scep_entry *entry, struct scep_error *err)
{
	struct entry		*e = arg;
	struct scep_db_key	 at, key;
	uint8_t			 octets[SCEP_INDEX_TIME];
	DB			*tree = e->db->tree[SCEP_TREE_INDEX];
	DB_TXN			*txn;

	(void)err;
	scep_index_time(e->t, octets);
	world_must(scep_db_index_key(e->index, scep_span_make(octets,
	    sizeof(octets)), &at) == 0);
	world_must(scep_db_plain_key(entry->key, &key) == 0);
	world_must(e->db->env->txn_begin(e->db->env, NULL, &txn, 0) == 0);
	world_must(tree->put(tree, txn, &at.dbt, &key.dbt, DB_NODUPDATA) ==
	    0);
	world_must(txn->commit(txn, DB_TXN_NOSYNC) == 0);
	e->n++;
	return SCEP_E_EXISTS;
}

void
spoil_entry(struct scep_store *store, enum scep_index index, time_t t)
{
	const struct scep_range	 all = { .index = index };
	struct entry		 e = { (struct scep_db *)store, index, t, 0 };
	struct scep_error	 err;

	world_must(scep_store_walk(store, &all, add_entry, &e, &err) ==
	    SCEP_OK);
	world_must(e.n == 1);
}
