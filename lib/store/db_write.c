/*
 * db_write.c - a row and its entries in the indexes, written in a
 * transaction.
 *
 * The indexes are kept here and not by libdb, which would read and decode a
 * row for each of them: a row is decoded once, and of a new one nothing is
 * read.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "store/db.h"

/* What a write does to a row. */
struct writing {
	struct scep_db			*db;
	DB_TXN				*txn;
	const struct scep_write		*w;
	struct scep_db_key		 place;	/* if it is there */
	uint64_t			 rev;	/* that it has */
	int				 astray;	/* an entry is not where
							   the row says */
	struct scep_index_keys		 was, is;
};

static DBT
entry_data(const struct writing *x, enum scep_index index)
{
	return scep_dbt(scep_db_index_is_numbered(index) ?
	    scep_span_make(x->place.octets, x->place.dbt.size) :
	    scep_buf_span(&x->w->key));
}

static int
put_entry(struct writing *x, enum scep_index index, struct scep_span key)
{
	DB			*tree = x->db->tree[SCEP_TREE_INDEX];
	struct scep_db_key	 index_key;
	DBT			 data = entry_data(x, index);
	int			 r;

	if ((r = scep_db_index_key(index, key, &index_key)) != 0)
		return r;
	r = tree->put(tree, x->txn, &index_key.dbt, &data, DB_NODUPDATA);
	return r == DB_KEYEXIST ? 0 : r;
}

static int
delete_entry(struct writing *x, enum scep_index index, struct scep_span key)
{
	DB			*tree = x->db->tree[SCEP_TREE_INDEX];
	struct scep_db_key	 index_key, data;
	DBT			 plain = entry_data(x, index);
	DBC			*c;
	int			 r, end;

	if ((r = scep_db_index_key(index, key, &index_key)) != 0 ||
	    (r = scep_db_plain_key(scep_span_make(plain.data, plain.size),
	    &data)) != 0 ||
	    (r = tree->cursor(tree, x->txn, &c, 0)) != 0)
		return r;
	if ((r = c->get(c, &index_key.dbt, &data.dbt, DB_GET_BOTH)) == 0)
		r = c->del(c, 0);
	else if (r == DB_NOTFOUND)
		x->astray = 1;
	end = c->close(c);
	return r == 0 || r == DB_NOTFOUND ? end : r;
}

/* Call for each key that is in these and not in the others. */
static int
differ(struct writing *x, const struct scep_index_keys *these,
    const struct scep_index_keys *others,
    int (*fn)(struct writing *, enum scep_index, struct scep_span))
{
	struct scep_span	 key;
	size_t			 i;
	int			 r;

	for (i = 0; i < these->n; i++) {
		key = scep_index_key(these, i);
		if (scep_index_keys_have(others, these->key[i].index, key))
			continue;
		if ((r = fn(x, these->key[i].index, key)) != 0)
			return r;
	}
	return 0;
}

/* Every entry of an index that leads to the row. */
static int
sweep_index(struct writing *x, enum scep_index index)
{
	const DBT		 data = entry_data(x, index);
	struct scep_db_key	 at, end, found;
	DBC			*c;
	int			 r, closed;

	if ((r = scep_db_index_key(index, scep_span_make(NULL, 0), &at)) !=
	    0 || (r = x->db->tree[SCEP_TREE_INDEX]->cursor(
	    x->db->tree[SCEP_TREE_INDEX], x->txn, &c, 0)) != 0)
		return r;
	scep_db_index_end(index, &end);
	scep_db_number_key(0, &found);
	for (r = c->get(c, &at.dbt, &found.dbt, DB_SET_RANGE); r == 0;
	    r = c->get(c, &at.dbt, &found.dbt, DB_NEXT)) {
		if (memcmp(at.octets, end.octets, end.dbt.size) >= 0)
			break;
		if (found.dbt.size == data.size && memcmp(found.octets,
		    data.data, data.size) == 0 && (r = c->del(c, 0)) != 0)
			break;
	}
	closed = c->close(c);
	return r != 0 && r != DB_NOTFOUND ? r : closed;
}

/* Of a row that was damaged nobody knows where its entries are: all are looked
 * at.  Not where rows have numbers: none is given out twice, and what leads to
 * one that is gone leads nowhere. */
static int
sweep(struct writing *x)
{
	int	 i, r = 0;

	x->was.n = 0;		/* those of what is written now are put anew */
	if (scep_db_own_index(x->w->table) != 0)
		return 0;
	for (i = 0; r == 0 && i < SCEP_IX__MAX; i++)
		if (scep_index_table((enum scep_index)i) == x->w->table)
			r = sweep_index(x, (enum scep_index)i);
	return r;
}

/* Where the row is; its revision and index keys, if it is there. */
static int
read_row(struct writing *x)
{
	const size_t		 want = scep_table_has_index(x->w->table) ?
				    0 : SCEP_DB_HEADER;
	struct scep_buf		 stored = { NULL, 0 };
	struct scep_span	 value;
	struct scep_error	 err;
	int			 r;

	if ((r = scep_db_find(x->db, x->txn, x->w->table,
	    scep_buf_span(&x->w->key), &x->place)) != 0 ||
	    (r = scep_db_row_get(x->db, x->w->table, x->txn, &x->place, want,
	    &stored)) != 0)
		return r == DB_NOTFOUND ? 0 : r;
	(void)scep_db_unpack(scep_buf_span(&stored), &value, &x->rev);
	if (scep_record_keys(x->w->table, value, &x->was, &err) != SCEP_OK &&
	    !x->was.is_odd)
		r = ENOMEM;
	scep_buf_clear(&stored);
	return r;
}

/* A place for a new row.  DB_KEYEXIST if there is one. */
static int
make_place(struct writing *x)
{
	const enum scep_db_tree	 tree = scep_db_table_tree(x->w->table);
	const unsigned int	 own = scep_db_own_index(x->w->table);
	DB			*index = x->db->tree[SCEP_TREE_INDEX];
	struct scep_db_key	 index_key;
	int			 r;

	if (own == 0)
		return scep_db_row_key(x->w->table,
		    scep_buf_span(&x->w->key), &x->place);
	/* An index that is made anew has the keys of records. */
	if (!scep_span_equal(scep_buf_span(&x->w->key),
	    scep_span_make(x->is.own, x->is.own_len)))
		return EINVAL;
	scep_db_number_key(x->db->next[tree]++, &x->place);
	if (x->db->bulk)
		return 0;
	if ((r = scep_db_index_key(own, scep_buf_span(&x->w->key),
	    &index_key)) != 0)
		return r;
	return index->put(index, x->txn, &index_key.dbt, &x->place.dbt,
	    DB_NOOVERWRITE);
}

static int
put_row(struct writing *x)
{
	struct scep_buf		 packed = { NULL, 0 };
	struct scep_error	 err;
	int			 r;

	if (scep_record_keys(x->w->table, scep_buf_span(&x->w->value),
	    &x->is, &err) != SCEP_OK)
		return EINVAL;
	if (x->rev == SCEP_REV_ABSENT && (r = make_place(x)) != 0)
		return r;
	if (scep_db_pack(x->rev + 1, scep_buf_span(&x->w->value), &packed,
	    &err) != SCEP_OK)
		return ENOMEM;
	r = scep_db_row_put(x->db, x->w->table, x->txn, &x->place,
	    scep_buf_span(&packed), x->rev == SCEP_REV_ABSENT ?
	    DB_NOOVERWRITE : 0);
	scep_buf_clear(&packed);
	return r;
}

static int
delete_row(struct writing *x)
{
	const unsigned int	 own = scep_db_own_index(x->w->table);
	DB			*index = x->db->tree[SCEP_TREE_INDEX];
	struct scep_db_key	 index_key;
	int			 r;

	if ((r = scep_db_row_del(x->db, x->w->table, x->txn, &x->place)) != 0
	    || own == 0)
		return r;
	if ((r = scep_db_index_key(own, scep_buf_span(&x->w->key),
	    &index_key)) != 0)
		return r;
	return index->del(index, x->txn, &index_key.dbt, 0);
}

static int
write_row(struct writing *x)
{
	int	 r;

	if (x->db->bulk && x->w->what == SCEP_WRITE_PUT)
		return put_row(x);
	if ((x->w->what != SCEP_WRITE_PUT || x->w->expect !=
	    SCEP_REV_ABSENT) && (r = read_row(x)) != 0)
		return r;
	if (x->w->expect != SCEP_REV_ANY && x->w->expect != x->rev)
		return DB_KEYEXIST;
	if (x->w->what == SCEP_WRITE_CHECK ||
	    (x->w->what == SCEP_WRITE_DELETE && x->rev == SCEP_REV_ABSENT))
		return 0;
	if ((r = x->w->what == SCEP_WRITE_DELETE ? delete_row(x) :
	    put_row(x)) != 0 ||
	    (r = differ(x, &x->was, &x->is, delete_entry)) != 0 ||
	    ((x->was.is_odd || x->astray) && (r = sweep(x)) != 0))
		return r;
	return differ(x, &x->is, &x->was, put_entry);
}

/* What is newest follows from the transactions: it is there and gone with
 * them, and all that can be asked is which it was. */
static int
check_newest(struct scep_db *db, DB_TXN *txn, const struct scep_write *w)
{
	struct scep_db_key	 key;
	uint64_t		 rev;
	int			 r;

	r = scep_db_newest(db, txn, scep_buf_span(&w->key), &key, &rev);
	if (r != 0 && r != DB_NOTFOUND)
		return r;
	return w->expect == SCEP_REV_ANY || w->expect == (r == 0 ? rev :
	    SCEP_REV_ABSENT) ? 0 : DB_KEYEXIST;
}

int
scep_db_write(struct scep_db *db, DB_TXN *txn, const struct scep_write *w)
{
	struct writing	 x = { .db = db, .txn = txn, .w = w };

	if (w->table == SCEP_T_NEWEST)
		return db->bulk ? 0 : check_newest(db, txn, w);
	return write_row(&x);
}

int
scep_db_write_log(struct scep_db *db, DB_TXN *txn, uint64_t seq,
    struct scep_span line)
{
	DB			*log = db->tree[SCEP_TREE_LOG];
	uint8_t			 octets[8];
	struct scep_buf		 packed = { NULL, 0 };
	struct scep_error	 err;
	DBT			 key, v;
	int			 r;

	scep_db_seq_key(seq, octets);
	key = scep_dbt(scep_span_make(octets, sizeof(octets)));
	if (scep_db_pack(1, line, &packed, &err) != SCEP_OK)
		return ENOMEM;
	v = scep_dbt(scep_buf_span(&packed));
	r = log->put(log, txn, &key, &v, DB_NOOVERWRITE);
	scep_buf_clear(&packed);
	return r == DB_KEYEXIST ? DB_RUNRECOVERY : r;
}
