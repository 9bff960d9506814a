/*
 * db_find.c - where a row stands: at its number, which the index of its keys
 * has; and the number of the next one.
 *
 * Rows in the order they came in fill their pages, and a new one goes to the
 * page that the last one went to; what is spread over all of a file is the
 * index alone, of some dozens of octets a row.
 */
#include <string.h>

#include "base/error.h"
#include "store/db.h"

int
scep_db_find(struct scep_db *db, DB_TXN *txn, enum scep_table table,
    struct scep_span key, struct scep_db_key *place)
{
	const unsigned int	 own = scep_db_own_index(table);
	DB			*index = db->tree[SCEP_TREE_INDEX];
	struct scep_db_key	 index_key;

	if (own == 0)
		return scep_db_row_key(table, key, place) == 0 ? 0 :
		    DB_NOTFOUND;
	if (scep_db_is_number(table, key))
		return scep_db_plain_key(key, place);
	if (scep_db_index_key(own, key, &index_key) != 0)
		return DB_NOTFOUND;
	scep_db_number_key(0, place);
	return index->get(index, txn, &index_key.dbt, &place->dbt, 0);
}

/* Transactions of a prefix stand side by side; of several, the one that came
 * last has the highest number. */
static int
find_newest(DBC *c, const struct scep_db_key *prefix,
    struct scep_db_key *newest, uint64_t *rev)
{
	struct scep_db_key	 at = *prefix, number;
	uint64_t		 n;
	int			 r;

	at.dbt.data = at.octets;
	scep_db_number_key(0, &number);
	*rev = 0;
	for (r = c->get(c, &at.dbt, &number.dbt, DB_SET_RANGE); r == 0;
	    r = c->get(c, &at.dbt, &number.dbt, DB_NEXT)) {
		if (at.dbt.size <= prefix->dbt.size || memcmp(at.octets,
		    prefix->octets, prefix->dbt.size) != 0)
			break;
		n = scep_db_number(scep_span_make(number.octets,
		    number.dbt.size));
		if (n < *rev)
			continue;
		*rev = n + 1;
		(void)scep_db_plain_key(scep_db_index_strip(scep_span_make(
		    at.octets, at.dbt.size)), newest);
	}
	return r != 0 && r != DB_NOTFOUND ? r : *rev == 0 ? DB_NOTFOUND : 0;
}

int
scep_db_newest(struct scep_db *db, DB_TXN *txn, struct scep_span prefix,
    struct scep_db_key *key, uint64_t *rev)
{
	DB			*index = db->tree[SCEP_TREE_INDEX];
	struct scep_db_key	 from;
	DBC			*c;
	int			 r, end;

	if (scep_db_index_key(SCEP_DB_OWN_TRANSACTION, prefix, &from) != 0)
		return DB_NOTFOUND;
	if ((r = index->cursor(index, txn, &c, 0)) != 0)
		return r;
	r = find_newest(c, &from, key, rev);
	end = c->close(c);
	return r != 0 ? r : end;
}

/* One more than the last; of a tree that is empty, 1. */
int
scep_db_read_next(DB *tree, uint64_t *next)
{
	struct scep_db_key	 key;
	DBT			 nothing;
	DBC			*c;
	int			 r;

	memset(&nothing, 0, sizeof(nothing));
	nothing.flags = DB_DBT_USERMEM | DB_DBT_PARTIAL;
	scep_db_number_key(0, &key);
	if ((r = tree->cursor(tree, NULL, &c, 0)) != 0)
		return r;
	*next = 1;
	if ((r = c->get(c, &key.dbt, &nothing, DB_LAST)) == 0)
		*next = 1 + scep_db_number(scep_span_make(key.octets,
		    key.dbt.size));
	(void)c->close(c);
	return r == DB_NOTFOUND ? 0 : r;
}
